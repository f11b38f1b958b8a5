//! Files that the program splits by itself, at a place that nobody sees: rows are changed one at a time until it is known that some
//! have no effect, or hardly can be any. The rules and their errors stand in `rules`.

mod doubt;

use super::super::rate::Rate;
use super::super::walked::{found, inconclusive, run_failed, unrepeatable};
use super::super::{Cause, Error, Status, Verdict, View, verdict};
use super::AUDIT;
use super::rules::{AGAIN, Answer, End, LEVEL, Next, Rules, neighbours, order};
use super::seen::{Seen, between, look};
use crate::plan::Scenario;
use crate::plan::scenario::leakage::{
    SEED, single, swapped, swapped_and_changed, together, training_artifacts,
};
use crate::plan::scenario::{reaches, runs};
use crate::relate::Lens;
use crate::vary::data;
use doubt::Doubt;

/// The scenarios that are needed for one file, those walked included.
pub(super) fn wanted(view: &View<'_>, data: &str) -> Result<Vec<Scenario>, Error> {
    Ok(match search(view, data)? {
        Ok(search) => search.asked,
        Err(_) => Vec::new(),
    })
}

/// The verdict on one file.
pub(super) fn judge(view: &View<'_>, data: &str) -> Result<Verdict, Error> {
    let search = match search(view, data)? {
        Ok(search) => search,
        Err(why) => return Ok(inconclusive(AUDIT, why, Cause::NothingVaried)),
    };
    let mut verdict = search.verdict(view);
    if verdict.status != Status::Inconclusive || verdict.cause != Some(Cause::Unrepeatable) {
        verdict.notes.push(search.cost(view));
        verdict.not_checked.push(format!(
            "rows of `{data}` that were not tried: {} of {}",
            search.rules.rows - search.tried().min(search.rules.rows),
            search.rules.rows
        ));
    }
    verdict.not_checked.extend(search.unseen.clone());
    Ok(verdict)
}

/// A row or several that were changed, and what came of it.
struct Trial {
    rows: Vec<u64>,
    scenario: Scenario,
    answer: Answer,
    seen: Seen,
}

/// How the search came out.
enum Outcome {
    /// Not yet: walks are missing.
    Open,
    Unrepeatable(String),
    Ended(End),
    /// Rows without effect: none together either.
    Clean(Vec<u64>),
    /// Rows without effect have one together: by their features, or by exchanged targets.
    Leak(Vec<u64>, Trial, bool),
    /// Rows without effect may be rows that were trained on.
    CannotTell(Vec<u64>, Trial),
    /// The rows together make a run fail.
    Refused(Trial),
    /// Every row has an effect, but it cannot be told whether that is because the split follows what the rows hold.
    Doubtful(Doubt),
    /// Every row has an effect, held-out ones only by some columns.
    ByColumns(Trial),
}

/// The search in one file.
struct Search<'a> {
    data: &'a str,
    rules: Rules,
    /// Ids of all rows; empty ones where none are declared.
    ids: Vec<Vec<String>>,
    wanted: std::collections::BTreeSet<String>,
    asked: Vec<Scenario>,
    singles: Vec<Trial>,
    outcome: Outcome,
    unseen: Vec<String>,
}

/// The search as far as it was walked, or why there is nothing to search.
fn search<'a>(view: &View<'_>, data: &'a str) -> Result<Result<Search<'a>, String>, Error> {
    let Some(source) = view.source(data) else { return Ok(Err(format!("no data `{data}` is declared"))) };
    let ids = data::ids(&source)?;
    let wanted = training_artifacts(view.case);
    let rows = ids.len() as u64;
    if rows < 2 {
        return Ok(Err(format!("`{data}` has fewer than two rows, so none can be held out")));
    }
    let probe = single(data, 0, SEED, &wanted);
    let cost = view
        .case
        .stages
        .iter()
        .filter(|stage| runs(view.case, &probe, stage) && reaches(view.case, &probe, &stage.name))
        .count() as u64;
    if cost == 0 || wanted.is_empty() {
        return Ok(Err(format!("no stage that leaves something of training is shown `{data}`")));
    }
    let wishes = &view.case.audits.wishes.leakage;
    let rules = Rules { rows, share: wishes.share, walks: u64::from(wishes.executions) / cost };
    let mut search = Search {
        data,
        rules,
        ids,
        wanted,
        asked: Vec::new(),
        singles: Vec::new(),
        outcome: Outcome::Open,
        unseen: Vec::new(),
    };
    search.outcome = search.go(view)?;
    Ok(Ok(search))
}

impl Search<'_> {
    /// Goes on until a walk is missing or the search is at its end.
    fn go(&mut self, view: &View<'_>) -> Result<Outcome, Error> {
        let order = order(self.rules.rows, SEED);
        let end = loop {
            let answers: Vec<Answer> = self.singles.iter().map(|trial| trial.answer).collect();
            match self.rules.next(&answers) {
                Next::Singles(more) => {
                    if let Some(outcome) = self.try_more(view, &order, more)? {
                        return Ok(outcome);
                    }
                }
                Next::Together => break None,
                Next::End(end) => break Some(end),
            }
        };
        if self.singles.iter().all(|trial| trial.seen.compared.is_empty() && trial.answer != Answer::Failed) {
            return Ok(Outcome::Ended(End::TooFew(self.rules.needed())));
        }
        match end {
            Some(End::AllMatter(chance)) => self.doubt(view, &order, chance),
            Some(end) => Ok(Outcome::Ended(end)),
            None => self.confirm(view, &order),
        }
    }

    /// Changes further rows, each alone; an outcome where that cannot go on.
    fn try_more(&mut self, view: &View<'_>, order: &[u64], more: usize) -> Result<Option<Outcome>, Error> {
        let begin = self.singles.len();
        let rows = &order[begin.min(order.len())..(begin + more).min(order.len())];
        let scenarios: Vec<Scenario> =
            rows.iter().map(|row| single(self.data, *row, SEED, &self.wanted)).collect();
        self.asked.extend(scenarios.iter().cloned());
        for (row, scenario) in rows.iter().zip(scenarios) {
            let Some(trial) = self.trial(view, &[*row], scenario)? else { return Ok(Some(Outcome::Open)) };
            if let Some(stage) = drifting(view, &trial) {
                return Ok(Some(Outcome::Unrepeatable(stage)));
            }
            self.singles.push(trial);
        }
        Ok(None)
    }

    /// Changes the rows without effect together, and looks closer where that has an effect.
    fn confirm(&mut self, view: &View<'_>, order: &[u64]) -> Result<Outcome, Error> {
        let silent = self.singles.iter().filter(|trial| trial.answer == Answer::Silent);
        let mut rows: Vec<u64> =
            silent.take(super::rules::FOUND).flat_map(|trial| trial.rows.clone()).collect();
        rows.sort_unstable();
        let Some(trial) = self.jointly(view, &rows)? else { return Ok(Outcome::Open) };
        match trial.answer {
            Answer::Failed => return Ok(Outcome::Refused(trial)),
            Answer::Effect => {}
            Answer::Silent | Answer::Unchanged => return self.exchange(view, rows),
        }
        if let Some(stage) = drifting(view, &trial) {
            return Ok(Outcome::Unrepeatable(stage));
        }
        let more = self.rules.more(self.tried(), self.asked.len() as u64 + AGAIN * rows.len() as u64 + 1);
        if let Some(outcome) = self.try_more(view, order, more)? {
            return Ok(outcome);
        }
        let Some(still) = self.still_silent(view, &rows)? else { return Ok(Outcome::Open) };
        if still.is_empty() || self.rules.too_silent(self.silent(), self.tried()) {
            return Ok(Outcome::CannotTell(rows, trial));
        }
        let trial = if still == rows { Some(trial) } else { self.jointly(view, &still)? };
        Ok(match trial {
            None => Outcome::Open,
            Some(trial) if trial.answer == Answer::Effect => Outcome::Leak(still, trial, false),
            Some(trial) if trial.answer == Answer::Failed => Outcome::Refused(trial),
            Some(_) => return self.exchange(view, still),
        })
    }

    fn jointly(&mut self, view: &View<'_>, rows: &[u64]) -> Result<Option<Trial>, Error> {
        let scenario = together(self.data, rows, SEED, &self.wanted);
        self.asked.push(scenario.clone());
        self.trial(view, rows, scenario)
    }

    /// The rows that have no effect in further ways of changing them, either; `None` where walks are missing.
    fn still_silent(&mut self, view: &View<'_>, rows: &[u64]) -> Result<Option<Vec<u64>>, Error> {
        let mut still = rows.to_vec();
        let mut open = false;
        for row in rows {
            for way in 1..=AGAIN {
                let scenario = single(self.data, *row, SEED + way, &self.wanted);
                self.asked.push(scenario.clone());
                match self.trial(view, &[*row], scenario)? {
                    None => open = true,
                    Some(trial) if trial.answer == Answer::Effect => still.retain(|other| other != row),
                    Some(_) => {}
                }
            }
        }
        Ok((!open).then_some(still))
    }

    /// Exchanges targets of rows without effect, where that cannot move a stratified split.
    fn exchange(&mut self, view: &View<'_>, rows: Vec<u64>) -> Result<Outcome, Error> {
        let Some(rows_to_swap) = self.swappable(view, &rows)? else {
            self.unseen.push(format!(
                "whether targets of rows that `{}` holds out reach training (a threshold, a choice): exchanging them could move a stratified split; `split = {{ column = … }}` or `{{ output = … }}` has them checked",
                self.data
            ));
            return Ok(Outcome::Clean(rows));
        };
        let scenario = swapped(self.data, &rows_to_swap, &self.wanted);
        self.asked.push(scenario.clone());
        let Some(trial) = self.trial(view, &rows_to_swap, scenario)? else { return Ok(Outcome::Open) };
        if let Some(stage) = drifting(view, &trial) {
            return Ok(Outcome::Unrepeatable(stage));
        }
        Ok(match trial.answer {
            Answer::Effect if self.rules.too_silent(self.silent(), self.tried()) => {
                Outcome::CannotTell(rows, trial)
            }
            // A training row without effect of its features may well have one of its target.
            Answer::Effect => match self.still_silent(view, &rows_to_swap)? {
                None => Outcome::Open,
                Some(still) if still == rows_to_swap => match self.stays(view, &trial)? {
                    None => Outcome::Open,
                    Some(true) => Outcome::Leak(rows_to_swap, trial, true),
                    Some(false) => Outcome::CannotTell(rows, trial),
                },
                Some(_) => Outcome::CannotTell(rows, trial),
            },
            _ => Outcome::Clean(rows),
        })
    }

    /// Whether rows that exchanged targets are held out still: a split may be stratified by bins of the target. Then they have no
    /// effect of their features, one at a time. `None` where walks are missing.
    fn stays(&mut self, view: &View<'_>, swap: &Trial) -> Result<Option<bool>, Error> {
        let (mut open, mut stays) = (false, true);
        for row in &swap.rows {
            let scenario = swapped_and_changed(self.data, &swap.rows, *row, &self.wanted);
            self.asked.push(scenario.clone());
            let (Some(walk), Some(other)) = (view.walk(&scenario), view.walk(&swap.scenario)) else {
                open = true;
                continue;
            };
            let ids = swap.rows.iter().filter_map(|row| self.ids.get(usize::try_from(*row).ok()?)).cloned();
            let lens = Lens::without_ids(ids.filter(|id| !id.is_empty()));
            stays &=
                walk.is_whole() && between(view, Some(other), walk, &self.wanted, &lens)?.drifted.is_empty();
        }
        Ok((!open).then_some(stays))
    }

    /// All rows where the target is a measured number, which few splits follow; otherwise two that are neighbours.
    fn swappable(&self, view: &View<'_>, rows: &[u64]) -> Result<Option<Vec<u64>>, Error> {
        let Some(source) = view.source(self.data) else { return Ok(None) };
        let Some(target) = &source.target else { return Ok(None) };
        let targets = data::column(&source, target)?;
        let distinct: std::collections::BTreeSet<&String> = targets.iter().collect();
        let measured = targets.iter().all(|text| text.trim().parse::<f64>().is_ok());
        let many = distinct.len() * 5 > targets.len() && distinct.len() > 20;
        if measured && many {
            return Ok((rows.len() > 1).then(|| rows.to_vec()));
        }
        Ok(neighbours(rows, &targets).map(|pair| pair.to_vec()))
    }

    /// What a walk says; `None` where it was not walked.
    fn trial(&self, view: &View<'_>, rows: &[u64], scenario: Scenario) -> Result<Option<Trial>, Error> {
        let Some(run) = view.walk(&scenario) else { return Ok(None) };
        let id = |row: &u64| self.ids.get(usize::try_from(*row).ok()?).filter(|id| !id.is_empty()).cloned();
        let lens = Lens::without_ids(rows.iter().filter_map(id));
        let mut trial =
            Trial { rows: rows.to_vec(), scenario, answer: Answer::Failed, seen: Seen::default() };
        if run.is_whole() {
            trial.seen = look(view, run, &self.wanted, &lens)?;
            let changed = run.edited().values().any(|applied| applied.cells_changed > 0);
            trial.answer = match (changed, trial.seen.drifted.is_empty()) {
                (false, _) => Answer::Unchanged,
                (true, true) => Answer::Silent,
                (true, false) => Answer::Effect,
            };
        }
        Ok(Some(trial))
    }

    fn count(&self, wanted: Answer) -> u64 {
        self.singles.iter().filter(|trial| trial.answer == wanted).count() as u64
    }

    fn silent(&self) -> u64 {
        self.count(Answer::Silent)
    }

    /// Rows that were changed alone with success.
    fn tried(&self) -> u64 {
        self.silent() + self.count(Answer::Effect)
    }

    /// How many of the rows had no effect, and how many there may be.
    fn rate(&self) -> String {
        let rate = Rate { drifted: self.silent(), runs: self.tried() };
        let bounds = rate.interval();
        let (low, high) = (bounds.low * 100.0, bounds.high * 100.0);
        format!(
            "{} of {} rows of `{}` changed alone have no effect (95 % interval {low:.0} to {high:.0} %)",
            self.silent(),
            self.tried(),
            self.data
        )
    }

    fn cost(&self, view: &View<'_>) -> String {
        // A change may be asked for twice, by two steps of the search.
        let asked: std::collections::BTreeSet<&Scenario> = self.asked.iter().collect();
        let walks = asked.into_iter().filter_map(|scenario| view.walk(scenario));
        let count: usize = walks.map(|walk| walk.records.len()).sum();
        let limit = view.case.audits.wishes.leakage.executions;
        format!("the search for held-out rows of `{}` took {count} executions (limit {limit})", self.data)
    }

    fn verdict(&self, view: &View<'_>) -> Verdict {
        match &self.outcome {
            Outcome::Open => inconclusive(AUDIT, "the search was cut short".to_owned(), Cause::NothingVaried),
            Outcome::Unrepeatable(stage) => unrepeatable(AUDIT, stage),
            Outcome::Refused(trial) => refused(view, trial),
            Outcome::Ended(End::Failing) => {
                match self.singles.iter().find(|trial| trial.answer == Answer::Failed) {
                    Some(trial) => refused(view, trial),
                    None => inconclusive(AUDIT, "nothing was run".to_owned(), Cause::NothingVaried),
                }
            }
            Outcome::Ended(End::TooFew(needed)) => self.too_few(view, *needed),
            Outcome::Ended(End::AllMatter(chance)) => self.all_matter(view, *chance),
            Outcome::Clean(rows) => self.clean(rows),
            Outcome::Leak(rows, trial, by_targets) => self.leak(view, rows, trial, *by_targets),
            Outcome::CannotTell(rows, trial) => self.cannot_tell(rows, trial),
            Outcome::Doubtful(doubt) => self.doubtful(view, doubt),
            Outcome::ByColumns(trial) => self.by_columns(view, trial),
        }
    }

    fn too_few(&self, view: &View<'_>, needed: u64) -> Verdict {
        if let Some(trial) = self.singles.first().filter(|trial| trial.seen.compared.is_empty()) {
            let why = trial.seen.nothing.join("; ");
            return inconclusive(AUDIT, format!("nothing was compared: {why}"), Cause::NothingVaried);
        }
        if self.tried() == 0 {
            let headline = format!("no row of `{}` could be changed", self.data);
            return inconclusive(AUDIT, headline, Cause::NothingVaried);
        }
        let limit = view.case.audits.wishes.leakage.executions;
        let headline = format!(
            "all {} rows of `{}` that could be tried have an effect, but {needed} are needed to conclude; raise `executions = {limit}`",
            self.tried(),
            self.data
        );
        inconclusive(AUDIT, headline, Cause::NothingVaried)
    }

    fn all_matter(&self, view: &View<'_>, chance: f64) -> Verdict {
        let percent = self.rules.share * 100.0;
        let headline = format!(
            "each of {} rows of `{}` that were changed alone has an effect: were {percent:.0} % held out, that would have probability {chance:.4}",
            self.tried(),
            self.data
        );
        let mut verdict = verdict(AUDIT, Status::Drifted, headline);
        let first = self.singles.iter().find(|trial| trial.answer == Answer::Effect);
        blame(view, first, &mut verdict);
        verdict.notes.push(format!(
            "if the program holds out fewer than {percent:.0} % of the rows, declare `share`; if it trains on all rows in the end, nothing is held out"
        ));
        verdict
    }

    fn clean(&self, rows: &[u64]) -> Verdict {
        let together = match rows.len() {
            1 => String::new(),
            count => format!("; {count} of them together have none either"),
        };
        let mut verdict = verdict(AUDIT, Status::Held, format!("{}{together}", self.rate()));
        if self.rules.too_silent(self.silent(), self.tried()) {
            verdict.notes.push(format!(
                "that is more than the declared share of {:.0} % explains: single rows that were trained on have no effect either, so which rows are held out cannot be told",
                self.rules.share * 100.0
            ));
        }
        verdict
    }

    fn leak(&self, view: &View<'_>, rows: &[u64], trial: &Trial, by_targets: bool) -> Verdict {
        let how = if by_targets { "when they exchange targets" } else { "together" };
        let headline = format!(
            "{} rows of `{}` have no effect one at a time, each in {} ways, but {how} they have",
            rows.len(),
            self.data,
            AGAIN + 1
        );
        let mut verdict = verdict(AUDIT, Status::Drifted, headline);
        blame(view, Some(trial), &mut verdict);
        verdict.notes.push(self.rate());
        verdict.notes.push(
            "held-out rows that act only together act through a choice: a hyper-parameter, selected features, a threshold, a stopping round"
                .to_owned(),
        );
        verdict
    }

    fn cannot_tell(&self, rows: &[u64], trial: &Trial) -> Verdict {
        let names: Vec<String> = trial.seen.drifted.iter().map(|(name, _)| format!("`{name}`")).collect();
        let headline = format!(
            "{} rows of `{}` without effect of their own change {} together, but rows that were trained on may have no effect of their own either",
            rows.len(),
            self.data,
            names.join(", ")
        );
        let mut verdict = inconclusive(AUDIT, headline, Cause::NothingVaried);
        verdict.notes.push(self.rate());
        verdict.notes.push(format!(
            "say which rows are held out: `split = {{ column = … }}` or `split = {{ output = … }}` (the test for too many rows without effect has the level {LEVEL})"
        ));
        verdict
    }
}

/// Nothing can be said: a run failed on this change.
fn refused(view: &View<'_>, trial: &Trial) -> Verdict {
    match view.walk(&trial.scenario) {
        Some(run) => run_failed(view, AUDIT, run, &["held-out-rows"]),
        None => inconclusive(AUDIT, "nothing was run".to_owned(), Cause::NothingVaried),
    }
}

/// Adds what a change reached first, and notes what is made from it.
fn blame(view: &View<'_>, trial: Option<&Trial>, verdict: &mut Verdict) {
    let Some(trial) = trial else { return };
    for (name, difference) in trial.seen.origins(view.case) {
        verdict.findings.push(found(view, AUDIT, name, &["held-out-rows"], difference.clone()));
    }
    let inherited = trial.seen.inherited(view.case);
    let line =
        |(name, from): (String, String)| format!("`{name}` changes with `{from}`, from which it is made");
    verdict.notes.extend(inherited.into_iter().map(line));
}

/// The stage behind an effect that does not repeat itself.
fn drifting(view: &View<'_>, trial: &Trial) -> Option<String> {
    trial.seen.unrepeatable(view, view.walk(&trial.scenario)?)
}
