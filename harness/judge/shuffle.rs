//! Judges `shuffle`.

use super::by_id::{Site, Stop, difference, held_words, order_difference, refuses};
use super::walked::{failed, inconclusive, run_failed, unrepeatable};
use super::{Cause, Error, Finding, Judge, Status, Verdict, View, verdict};
use crate::flow::ScenarioRun;
use crate::plan::Scenario;
use crate::plan::scenario::eval_mode::reference;
use crate::plan::scenario::tested::{RowChange, tested};
use crate::relate::by_id::{Id, Outcome, Table, ascending, follows};
use crate::relate::{Class, Difference, Place};

const AUDIT: &str = "shuffle";
/// What the joint walk changes, one by one.
const SEPARATE: [RowChange; 3] = [RowChange::Order, RowChange::Dropped, RowChange::Columns];

/// See the module.
pub(super) struct Shuffle;

impl Judge for Shuffle {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn wanted(&self, view: &View<'_>) -> Result<Vec<Scenario>, Error> {
        let mut wanted = view.first(AUDIT);
        for tested in tested(view.case) {
            let more = Site::new(view, AUDIT, tested).and_then(|site| Sorting::new(view, site).wanted());
            match more {
                Ok(more) => wanted.extend(more),
                Err(Stop::Told(_)) => {}
                Err(Stop::Error(error)) => return Err(error),
            }
        }
        Ok(wanted)
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        judge(view).or_else(|stop| stop.verdict(AUDIT))
    }
}

fn judge(view: &View<'_>) -> Result<Verdict, Stop> {
    let mut told = Told::default();
    for tested in tested(view.case) {
        let stage = tested.stage.name.clone();
        let mut sorting = Sorting::new(view, Site::new(view, AUDIT, tested)?);
        sorting.look()?;
        if !sorting.told.findings.is_empty() && view.is_unrepeatable(&stage) {
            return Ok(unrepeatable(AUDIT, &stage));
        }
        told.add(sorting.told);
    }
    Ok(told.verdict())
}

/// What is found, stage by stage.
#[derive(Default)]
struct Told {
    findings: Vec<Finding>,
    failures: Vec<Finding>,
    failed: Option<Verdict>,
    notes: Vec<String>,
    held: Vec<Outcome>,
    nothing: Option<String>,
}

impl Told {
    fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.failures.extend(other.failures);
        self.notes.extend(other.notes);
        self.held.extend(other.held);
        self.failed = self.failed.take().or(other.failed);
        self.nothing = self.nothing.take().or(other.nothing);
    }

    fn verdict(self) -> Verdict {
        let (words, measured) = held_words(&self.held);
        let mut verdict = if let Some(first) = self.findings.first() {
            verdict(AUDIT, Status::Drifted, headline(first))
        } else if let Some(failed) = self.failed {
            failed
        } else if let Some(reason) = self.nothing {
            inconclusive(AUDIT, reason, Cause::NothingVaried)
        } else if self.held.is_empty() {
            let headline = "no predictions were compared".to_owned();
            inconclusive(AUDIT, headline, Cause::NothingVaried)
        } else {
            let headline = format!(
                "predictions stay with their ids and {words} when rows stand elsewhere, are missing or doubled"
            );
            verdict(AUDIT, Status::Held, headline)
        };
        if !self.findings.is_empty() {
            verdict.findings = self.findings;
            verdict.findings.extend(self.failures);
        } else if verdict.status == Status::Held {
            verdict.notes.extend(measured);
        }
        verdict.notes.extend(self.notes);
        verdict
    }
}

fn headline(finding: &Finding) -> String {
    let artifact = finding.artifact.as_deref().unwrap_or_default();
    let factors = finding.factors.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
    match finding.factors.first().map(String::as_str) {
        Some("output-order") => format!("`{artifact}` does not list its rows as promised"),
        _ => format!("{factors} changes what `{artifact}` says of an id"),
    }
}

/// One stage under judgement.
struct Sorting<'a> {
    view: &'a View<'a>,
    site: Site<'a>,
    strict: bool,
    told: Told,
}

impl<'a> Sorting<'a> {
    fn new(view: &'a View<'a>, site: Site<'a>) -> Self {
        let strict = view.case.audits.wishes.shuffle.strict;
        Self { view, site, strict, told: Told::default() }
    }

    fn wanted(&self) -> Result<Vec<Scenario>, Stop> {
        let Some((data, _)) = &self.site.data else { return Ok(Vec::new()) };
        let of = |change| self.site.tested.scenario(data, change);
        let mut wanted = vec![of(RowChange::Joint), of(RowChange::Doubled)];
        if self.needs_reference()? {
            wanted.push(reference(&self.site.tested));
        }
        if let Some(joint) = self.site.walk(RowChange::Joint)
            && (!joint.is_whole() || self.drifts(joint, RowChange::Joint)?)
        {
            wanted.extend(SEPARATE.map(of));
        }
        Ok(wanted)
    }

    fn needs_reference(&self) -> Result<bool, Stop> {
        let changes = [RowChange::Joint, RowChange::Doubled].into_iter().chain(SEPARATE);
        let walks = changes.filter_map(|change| Some((self.site.walk(change)?, Some(change))));
        Ok(!self.strict && self.site.needs_reference(walks)?)
    }

    fn drifts(&self, walk: &ScenarioRun, change: RowChange) -> Result<bool, Stop> {
        Ok(self.site.drift(walk, Some(change), self.strict)?.is_some())
    }

    fn look(&mut self) -> Result<(), Stop> {
        let Some((name, ids)) = self.site.data.clone() else {
            let stage = &self.site.stage().name;
            self.told.nothing = Some(format!("no declared data holds all ids that stage `{stage}` predicts"));
            return Ok(());
        };
        if !self.holds_some(&ids) {
            self.told.nothing =
                Some(format!("no predicted id stands in `{name}`, so nothing can be compared"));
            return Ok(());
        }
        if ids.len() < 2 {
            self.told.nothing = Some(format!("`{name}` has {} rows: no other order", ids.len()));
            return Ok(());
        }
        if let Some(model) = self.retrained() {
            self.told.nothing = Some(format!(
                "the rows of `{name}` reach `{model}`, so training would be judged; see `leakage`"
            ));
            return Ok(());
        }
        self.changes()?;
        self.doubled()?;
        self.order(&ids)
    }

    fn holds_some(&self, ids: &[Id]) -> bool {
        self.site.tables.values().any(|table| {
            let aligned = table.aligned(ids);
            table.ids().iter().any(|id| aligned.contains(id))
        })
    }

    fn retrained(&self) -> Option<String> {
        let walks =
            [RowChange::Joint, RowChange::Doubled].into_iter().filter_map(|change| self.site.walk(change));
        let mut models = walks.filter_map(|walk| self.site.trained_anew(walk));
        models.next()
    }

    /// The joint walk, or each change alone where that differs or fails.
    fn changes(&mut self) -> Result<(), Stop> {
        let Some(joint) = self.site.walk(RowChange::Joint) else { return Ok(()) };
        if joint.is_whole() && !self.drifts(joint, RowChange::Joint)? {
            return self.keep(joint, RowChange::Joint);
        }
        let before = self.told.findings.len();
        let mut failing = false;
        for change in SEPARATE {
            let Some(walk) = self.site.walk(change) else { continue };
            if walk.is_whole() {
                self.compare(walk, change)?;
            } else if change == RowChange::Columns && (refuses(walk) || walk.unfit.is_some()) {
                self.told
                    .notes
                    .push("columns in another order are refused with an error, which is fine".to_owned());
            } else {
                failing = true;
                self.fail(walk, change);
            }
        }
        if self.told.findings.len() == before && !failing && joint.is_whole() {
            let factors: Vec<&str> = SEPARATE.into_iter().filter_map(RowChange::word).collect();
            self.find(joint, RowChange::Joint, &factors)?;
        }
        Ok(())
    }

    fn doubled(&mut self) -> Result<(), Stop> {
        let Some(walk) = self.site.walk(RowChange::Doubled) else { return Ok(()) };
        if walk.is_whole() {
            return self.compare(walk, RowChange::Doubled);
        }
        if refuses(walk) {
            self.told.notes.push("a doubled id is refused with an error, which is fine".to_owned());
        } else {
            self.fail(walk, RowChange::Doubled);
        }
        Ok(())
    }

    fn fail(&mut self, walk: &ScenarioRun, change: RowChange) {
        let factors: Vec<&str> = change.word().into_iter().collect();
        if let Some((stage, record)) = walk.failure() {
            self.told.failures.push(failed(self.view, AUDIT, stage, record, &factors));
        }
        let verdict = run_failed(self.view, AUDIT, walk, &factors);
        self.told.failed.get_or_insert(verdict);
    }

    fn compare(&mut self, walk: &ScenarioRun, change: RowChange) -> Result<(), Stop> {
        if self.drifts(walk, change)? {
            let factors: Vec<&str> = change.word().into_iter().collect();
            return self.find(walk, change, &factors);
        }
        self.keep(walk, change)
    }

    fn find(&mut self, walk: &ScenarioRun, change: RowChange, factors: &[&str]) -> Result<(), Stop> {
        for output in self.site.tested.outputs.clone() {
            let Some(outcome) = self.site.compare(walk, &output, Some(change))? else { continue };
            if outcome.kind.is_drift(self.strict) {
                let finding = self.site.finding(&output, factors, difference(&outcome, ""));
                self.told.findings.push(finding);
            }
        }
        Ok(())
    }

    fn keep(&mut self, walk: &ScenarioRun, change: RowChange) -> Result<(), Stop> {
        self.told.held.extend(self.site.outcomes(walk, Some(change))?);
        Ok(())
    }

    /// The declared order, in the baseline and in the joint walk.
    fn order(&mut self, ids: &[Id]) -> Result<(), Stop> {
        for (output, table) in &self.site.tables {
            let declared = self.site.stage().outputs.get(output).and_then(|output| output.order.as_ref());
            if declared.is_none() {
                self.told
                    .notes
                    .push(format!("`{output}` promises no order; its rows {}", followed(table, ids)));
                continue;
            }
            let found = match self.site.misplaced(output, table, ids)? {
                Some((wrong, rule)) => Some(order_difference(table, &wrong, &rule, "")),
                None => self.order_when_permuted(output)?,
            };
            let found = found.or_else(|| self.told.findings.is_empty().then(|| amiss(table, ids)).flatten());
            if let Some(difference) = found {
                let finding = self.site.finding(output, &["output-order"], difference);
                self.told.findings.push(finding);
            }
        }
        Ok(())
    }

    fn order_when_permuted(&self, output: &str) -> Result<Option<Difference>, Stop> {
        let walks = [RowChange::Joint, RowChange::Order];
        let walked = walks.into_iter().filter_map(|change| Some((change, self.site.walk(change)?)));
        let Some((change, walk)) = walked.into_iter().find(|(_, walk)| walk.is_whole()) else {
            return Ok(None);
        };
        let Some(artifact) = self.view.artifact(walk, output) else { return Ok(None) };
        let table = Table::read(&artifact)?;
        let input = self.site.ids_after(change)?;
        let wrong = self.site.misplaced(output, &table, &input)?;
        let when = " once the input stands in another order";
        Ok(wrong.map(|(wrong, rule)| order_difference(&table, &wrong, &rule, when)))
    }
}

/// Which order the rows follow, though none is promised.
fn followed(table: &Table, ids: &[Id]) -> &'static str {
    if follows(table.ids(), &table.aligned(ids)).is_none() {
        "follow the input"
    } else if ascending(table.ids()).is_none() {
        "ascend by id"
    } else if table.ids().is_sorted() {
        "ascend by id as text, `10` before `2`"
    } else {
        "follow neither the input nor the ids"
    }
}

/// A row of the input that has no prediction, or has two, though the order is that of the input.
fn amiss(table: &Table, ids: &[Id]) -> Option<Difference> {
    let input = table.aligned(ids);
    let predicted = table.ids();
    let known: std::collections::BTreeSet<&Id> = predicted.iter().collect();
    let missing: Vec<(usize, &Id)> = input.iter().enumerate().filter(|(_, id)| !known.contains(id)).collect();
    let unique = input.iter().collect::<std::collections::BTreeSet<_>>().len() == input.len();
    let shape = |row: usize, id: &Id, note: String| Difference {
        class: Class::Shape,
        place: Some(Place::Row { row: row as u64 + 1, key: Some(table.key(id)) }),
        note: Some(note),
        ..Difference::identical()
    };
    if let Some((row, id)) = missing.first() {
        let note =
            format!("rows lost: {} of {} rows of the input have no prediction", missing.len(), input.len());
        return Some(shape(*row, id, note));
    }
    let mut seen = std::collections::BTreeSet::new();
    let again = predicted.iter().enumerate().find(|(_, id)| !seen.insert(*id));
    again
        .filter(|_| unique)
        .map(|(row, id)| shape(row, id, "rows doubled: an id has two predictions".to_owned()))
}
