//! Judges `eval-mode`.

use std::collections::BTreeSet;

use super::by_id::{Site, Stop, difference, held_words};
use super::walked::{failed, inconclusive, run_failed, told, unrepeatable};
use super::{Cause, Error, Finding, Judge, Status, Verdict, View, verdict};
use crate::flow::ScenarioRun;
use crate::plan::Scenario;
use crate::plan::scenario::eval_mode::{knob, reference, seed, sizes};
use crate::plan::scenario::tested::{RowChange, evaluated};
use crate::relate::Class;
use crate::relate::by_id::{Kind, Outcome};

const AUDIT: &str = "eval-mode";
/// What puts a row into other batches, one by one.
const SEPARATE: [RowChange; 2] = [RowChange::Order, RowChange::Dropped];

/// See the module.
pub(super) struct EvalMode;

impl Judge for EvalMode {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn wanted(&self, view: &View<'_>) -> Result<Vec<Scenario>, Error> {
        let mut wanted = view.first(AUDIT);
        for tested in evaluated(view.case) {
            let more = Site::new(view, AUDIT, tested).and_then(|site| Batches::new(view, site).wanted());
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
    let mut all = Told::default();
    for tested in evaluated(view.case) {
        let stage = tested.stage.name.clone();
        let mut batches = Batches::new(view, Site::new(view, AUDIT, tested)?);
        batches.look()?;
        let random = |finding: &Finding| finding.factors.iter().any(|factor| factor != "weights");
        if batches.told.findings.iter().any(random) && view.is_unrepeatable(&stage) {
            return Ok(unrepeatable(AUDIT, &stage));
        }
        all.add(batches.told);
    }
    Ok(all.verdict())
}

/// What is found, stage by stage.
#[derive(Default)]
struct Told {
    findings: Vec<Finding>,
    failures: Vec<Finding>,
    failed: Option<Verdict>,
    notes: Vec<String>,
    not_checked: Vec<String>,
    held: Vec<Outcome>,
    /// What was varied, in words.
    varied: Vec<String>,
}

impl Told {
    fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.failures.extend(other.failures);
        self.notes.extend(other.notes);
        self.not_checked.extend(other.not_checked);
        self.held.extend(other.held);
        self.varied.extend(other.varied);
        self.failed = self.failed.take().or(other.failed);
    }

    fn verdict(self) -> Verdict {
        let (words, measured) = held_words(&self.held);
        let mut verdict = if self.findings.is_empty() {
            match self.failed {
                Some(failed) => failed,
                None if self.held.is_empty() => inconclusive(
                    AUDIT,
                    "neither batches nor rows could be varied, or no ids were compared".to_owned(),
                    Cause::NothingVaried,
                ),
                None => verdict(
                    AUDIT,
                    Status::Held,
                    format!("predictions {words} with {}", self.varied.join(", ")),
                ),
            }
        } else {
            verdict(AUDIT, Status::Drifted, headline(&self.findings))
        };
        if verdict.status == Status::Drifted {
            verdict.findings = self.findings;
            verdict.findings.extend(self.failures);
        } else if verdict.status == Status::Held {
            verdict.notes.extend(measured);
        }
        verdict.notes.extend(self.notes);
        verdict.not_checked.extend(self.not_checked);
        verdict
    }
}

fn headline(findings: &[Finding]) -> String {
    let all = findings.iter().flat_map(|finding| &finding.factors).map(String::as_str);
    let factors: BTreeSet<&str> = all.collect();
    if factors.iter().eq(&["weights"]) {
        let name = findings[0].artifact.as_deref().unwrap_or_default();
        return format!("prediction changes `{name}`, the model it was given");
    }
    let names = factors.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!("a prediction depends on more than its own row: {names}")
}

/// One stage under judgement.
struct Batches<'a> {
    view: &'a View<'a>,
    site: Site<'a>,
    strict: bool,
    told: Told,
}

impl<'a> Batches<'a> {
    fn new(view: &'a View<'a>, site: Site<'a>) -> Self {
        let strict = view.case.audits.wishes.eval_mode.strict;
        Self { view, site, strict, told: Told::default() }
    }

    fn sizes(&self) -> Vec<(String, Scenario)> {
        sizes(self.view.case, &self.site.tested, self.site.data.as_ref().map(|(name, _)| name))
    }

    fn wanted(&self) -> Result<Vec<Scenario>, Stop> {
        let mut wanted: Vec<Scenario> = self.sizes().into_iter().map(|(_, walk)| walk).collect();
        wanted.extend(seed(self.view.case, self.site.stage()));
        if let Some((data, _)) = &self.site.data {
            wanted.push(self.site.tested.scenario(data, RowChange::Joint));
            if let Some(joint) = self.site.walk(RowChange::Joint)
                && (!joint.is_whole()
                    || self.site.drift(joint, Some(RowChange::Joint), self.strict)?.is_some())
            {
                wanted.extend(SEPARATE.map(|change| self.site.tested.scenario(data, change)));
            }
        }
        if self.needs_reference()? {
            wanted.push(reference(&self.site.tested));
        }
        Ok(wanted)
    }

    /// Whether something differs that might be noise.
    fn needs_reference(&self) -> Result<bool, Stop> {
        let sizes = self.sizes();
        let by_size = sizes.iter().filter_map(|(_, scenario)| Some((self.view.walk(scenario)?, None)));
        let changed = [RowChange::Joint].into_iter().chain(SEPARATE);
        let changed = changed.filter_map(|change| Some((self.site.walk(change)?, Some(change))));
        Ok(!self.strict && self.site.needs_reference(by_size.chain(changed))?)
    }

    fn look(&mut self) -> Result<(), Stop> {
        self.batch_sizes()?;
        self.composition()?;
        self.other_seed()?;
        self.weights();
        Ok(())
    }

    fn batch_sizes(&mut self) -> Result<(), Stop> {
        let stage = self.site.stage();
        if knob(self.view.case, stage).is_none() {
            self.told.not_checked.push(format!(
                "batch sizes in stage `{}`: declare `batch_size = 64` under `[knobs]` and `{{batch_size}}` in the command",
                stage.name
            ));
        }
        let mut first: Option<(String, Outcome)> = None;
        let (mut drifting, mut holding) = (Vec::new(), Vec::new());
        for (size, scenario) in self.sizes() {
            let Some(walk) = self.view.walk(&scenario) else { continue };
            if !walk.is_whole() {
                self.fail_size(walk, &size);
            } else if walk.records.is_empty() {
                self.told.notes.push(format!("a batch size of {size} is no other than the baseline's"));
            } else if let Some(found) = self.site.drift(walk, None, self.strict)? {
                drifting.push(size);
                first.get_or_insert(found);
            } else {
                holding.push(size);
                self.keep(walk, None)?;
            }
        }
        if !holding.is_empty() {
            self.told.varied.push(format!("batch sizes {}", holding.join(", ")));
        }
        if let Some((output, outcome)) = first {
            let holding =
                if holding.is_empty() { String::new() } else { format!(", not of {}", holding.join(", ")) };
            let more = format!("in batches of {}{holding}; {}", drifting.join(", "), suspected(&outcome));
            let finding = self.site.finding(&output, &["batch-size"], difference(&outcome, &more));
            self.told.findings.push(finding);
        }
        Ok(())
    }

    fn fail_size(&mut self, walk: &ScenarioRun, size: &str) {
        if let Some((stage, record)) = walk.failure() {
            self.told.failures.push(failed(self.view, AUDIT, stage, record, &["batch-size"]));
        }
        let mut verdict = run_failed(self.view, AUDIT, walk, &["batch-size"]);
        verdict.headline = format!("{} (a batch size of {size})", verdict.headline);
        if size == "1" {
            verdict.notes.push(
                "batch normalisation in training mode refuses a single row, since it has no variance: is `model.eval()` \
                 called? Where one row per batch is not meant to work, set `sizes` under `[audit.eval-mode]`"
                    .to_owned(),
            );
        }
        self.told.failed.get_or_insert(verdict);
    }

    fn composition(&mut self) -> Result<(), Stop> {
        let Some((data, ids)) = self.site.data.clone() else {
            self.told.not_checked.push(format!(
                "whether the other rows of a batch matter to stage `{}`: declare `id` for the data that it predicts",
                self.site.stage().name
            ));
            return Ok(());
        };
        let Some(joint) = self.site.walk(RowChange::Joint).filter(|_| ids.len() > 1) else { return Ok(()) };
        if let Some(model) = self.site.trained_anew(joint) {
            self.told.not_checked.push(format!(
                "whether the other rows of a batch matter: the rows of `{data}` reach `{model}`, see `leakage`"
            ));
            return Ok(());
        }
        if joint.is_whole() && self.site.drift(joint, Some(RowChange::Joint), self.strict)?.is_none() {
            self.told.varied.push("other rows beside each".to_owned());
            return self.keep(joint, Some(RowChange::Joint));
        }
        let mut held = true;
        for change in SEPARATE {
            let Some(walk) = self.site.walk(change) else { continue };
            if !walk.is_whole() {
                held = false;
                self.fail_rows(walk);
            } else if let Some((output, outcome)) = self.site.drift(walk, Some(change), self.strict)? {
                let how =
                    if change == RowChange::Order { "in another order" } else { "with other rows left out" };
                let more = format!("{how}; {}", suspected_of_rows(&outcome, &self.told.findings));
                let finding = self.site.finding(&output, &["batch-composition"], difference(&outcome, &more));
                self.told.findings.push(finding);
                return Ok(());
            } else {
                self.keep(walk, Some(change))?;
            }
        }
        if held {
            self.told.varied.push("other rows beside each".to_owned());
        }
        Ok(())
    }

    fn fail_rows(&mut self, walk: &ScenarioRun) {
        if let Some((stage, record)) = walk.failure() {
            self.told.failures.push(failed(self.view, AUDIT, stage, record, &["batch-composition"]));
        }
        let verdict = run_failed(self.view, AUDIT, walk, &["batch-composition"]);
        self.told.failed.get_or_insert(verdict);
    }

    /// Another seed changes no sum's order: the bits must stay.
    fn other_seed(&mut self) -> Result<(), Stop> {
        let Some(scenario) = seed(self.view.case, self.site.stage()) else { return Ok(()) };
        let Some(walk) = self.view.walk(&scenario) else { return Ok(()) };
        if !walk.is_whole() {
            let verdict = run_failed(self.view, AUDIT, walk, &["seed"]);
            self.told.failed.get_or_insert(verdict);
            return Ok(());
        }
        if let Some((output, outcome)) = self.site.drift(walk, None, true)? {
            let more = "suspected: dropout or augmentation left on at evaluation";
            let finding = self.site.finding(&output, &["seed"], difference(&outcome, more));
            self.told.findings.push(finding);
            return Ok(());
        }
        self.told.varied.push("another seed".to_owned());
        self.keep(walk, None)
    }

    /// Prediction must leave the model as it was given it.
    fn weights(&mut self) {
        let stage = self.site.stage();
        let Some(record) = self.view.session.baseline(&stage.name) else { return };
        for name in &record.inputs_changed {
            if self.view.case.is_model(name) {
                let note = format!("stage `{}` changes the file that it was given to read", stage.name);
                let mut finding = self.site.finding(name, &["weights"], told(Class::Bytes, None, note));
                finding.stage.clone_from(&stage.name);
                self.told.findings.push(finding);
            }
        }
    }

    fn keep(&mut self, walk: &ScenarioRun, change: Option<RowChange>) -> Result<(), Stop> {
        self.told.held.extend(self.site.outcomes(walk, change)?);
        Ok(())
    }
}

/// What the pattern of a drift over batch sizes speaks for.
fn suspected(outcome: &Outcome) -> &'static str {
    match outcome.kind {
        Kind::Lost | Kind::Doubled => "suspected: a loader that drops or repeats the last rows",
        Kind::Swapped => "suspected: predictions are paired with ids by their place in the batch",
        Kind::Rounding | Kind::FlipsByRounding => "bits were asked for (`strict`)",
        Kind::LabelFlips => "suspected: statistics of the batch, or padding",
        // Statistics of the batch and dropout reach every row; padding spares the longest of each batch.
        _ if outcome.ids_differing == outcome.ids => {
            "suspected: batch normalisation (or dropout) in training mode, for all rows differ"
        }
        _ => "suspected: padding or length, for some rows do not differ",
    }
}

/// The same for other rows in the batch.
fn suspected_of_rows(outcome: &Outcome, findings: &[Finding]) -> &'static str {
    let sizes = findings.iter().any(|finding| finding.factors.iter().any(|factor| factor == "batch-size"));
    match outcome.kind {
        Kind::Swapped => "suspected: a loader that shuffles, or ids that are not read with the rows",
        Kind::LabelFlips | Kind::StateLeak if !sizes => {
            "suspected: statistics of the file as a whole, or order of rows"
        }
        _ => suspected(outcome),
    }
}
