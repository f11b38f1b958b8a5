//! Every row has an effect: a leak, or a split that follows what the rows hold? The rules stand in `rules`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::walked::inconclusive;
use super::super::super::{Cause, Error, Status, Verdict, View, verdict};
use super::super::AUDIT;
use super::super::rules::{AGAIN, Answer, End, FOUND};
use super::super::seen::between;
use super::{Outcome, Search, Trial, blame, drifting};
use crate::flow::ScenarioRun;
use crate::plan::scenario::leakage::{SEED, everywhere, of_parts, single};
use crate::relate::Lens;
use crate::vary::data::Part;

/// Rows that are asked for at once.
const ROUND: usize = 3;

/// Why nothing is concluded though every row has an effect.
pub(super) enum Doubt {
    /// A row without effect of some columns is trained on once others change: the row, the former, the latter.
    Follows(u64, Vec<String>, Vec<String>),
    /// Rows are without effect of these columns, but that may be because training ignores them.
    Ignored(Vec<String>),
    /// There is but one column, or nothing changes in the others.
    OneColumn,
    /// The executions ran out.
    Short,
}

/// What came of changing one hand of the features, one row at a time.
enum Played {
    Open,
    Unrepeatable(String),
    Short,
    /// Nothing changed.
    Idle,
    /// Every row has an effect.
    Matters,
    /// These have none, of so many.
    Silent(Vec<Trial>, u64),
}

/// Whether two changes of one row give the same bits.
enum Pair {
    Open,
    Same,
    /// They do not; the columns of the smaller change.
    Other(Vec<String>),
    /// Not even the change of all features has an effect.
    Quiet,
    Failed,
}

impl Search<'_> {
    /// Looks whether the split may follow what the rows hold.
    pub(super) fn doubt(&mut self, view: &View<'_>, order: &[u64], chance: f64) -> Result<Outcome, Error> {
        let mut idle = Vec::new();
        // Of these it is known that a change of all features has an effect.
        let known = self.singles.iter().filter(|trial| trial.answer == Answer::Effect);
        let known: Vec<u64> = known.flat_map(|trial| trial.rows.clone()).collect();
        for hand in [Part::FirstHand, Part::SecondHand] {
            match self.play(view, &known, (hand, SEED), 1)? {
                Played::Matters => {}
                Played::Idle => idle.push(hand),
                Played::Silent(silent, _) => match self.follow(view, order, hand, &silent[0])? {
                    Some(outcome) => return Ok(outcome),
                    None => idle.push(hand),
                },
                other => return Ok(ended(other)),
            }
        }
        let other = match idle.as_slice() {
            [] => return Ok(Outcome::Ended(End::AllMatter(chance))),
            [Part::FirstHand] => Part::SecondHand,
            [_] => Part::FirstHand,
            _ => return Ok(Outcome::Doubtful(Doubt::OneColumn)),
        };
        // A split by the one column would deal the rows out again in another way of changing it.
        Ok(match self.play(view, &known, (other, SEED + 1), 1)? {
            Played::Matters => Outcome::Ended(End::AllMatter(chance)),
            Played::Idle | Played::Silent(..) => Outcome::Doubtful(Doubt::OneColumn),
            other => ended(other),
        })
    }

    /// Changes one hand of the features in one row after the other, until so many are without effect or enough have one.
    fn play(
        &mut self,
        view: &View<'_>,
        order: &[u64],
        (hand, seed): (Part, u64),
        until: usize,
    ) -> Result<Played, Error> {
        let parts = BTreeSet::from([hand]);
        let (mut silent, mut told, mut rows) = (Vec::new(), 0, order.chunks(ROUND));
        let mut tried = 0;
        while silent.len() < until && (!silent.is_empty() || told < self.rules.needed()) {
            let Some(round) = rows.next() else { break };
            if tried >= FOUND && told == 0 {
                return Ok(Played::Idle);
            }
            let scenarios = round.iter().map(|row| of_parts(self.data, *row, seed, &parts, &self.wanted));
            let scenarios: Vec<_> = scenarios.collect();
            if scenarios.iter().any(|scenario| view.walk(scenario).is_none()) && !self.affords(round.len()) {
                return Ok(Played::Short);
            }
            self.asked.extend(scenarios.iter().cloned());
            for (row, scenario) in round.iter().zip(scenarios) {
                let Some(trial) = self.trial(view, &[*row], scenario)? else { return Ok(Played::Open) };
                if let Some(stage) = drifting(view, &trial) {
                    return Ok(Played::Unrepeatable(stage));
                }
                tried += 1;
                told += u64::from(matches!(trial.answer, Answer::Effect | Answer::Silent));
                if trial.answer == Answer::Silent {
                    silent.push(trial);
                }
            }
        }
        Ok(match (silent.is_empty(), told) {
            (true, 0) => Played::Idle,
            (true, _) => Played::Matters,
            (false, _) => Played::Silent(silent, told),
        })
    }

    /// Whether so many further walks may be made.
    fn affords(&self, walks: usize) -> bool {
        let asked: BTreeSet<_> = self.asked.iter().collect();
        (asked.len() + walks) as u64 <= self.rules.walks
    }

    /// A row is without effect of one hand: does the split follow the other columns, or do those leak? `None` where nothing at all
    /// follows that hand.
    fn follow(
        &mut self,
        view: &View<'_>,
        order: &[u64],
        hand: Part,
        first: &Trial,
    ) -> Result<Option<Outcome>, Error> {
        let columns = self.columns(view, first);
        let follows = |row, others| Outcome::Doubtful(Doubt::Follows(row, columns.clone(), others));
        match self.pair(view, first.rows[0], hand)? {
            Pair::Open => return Ok(Some(Outcome::Open)),
            Pair::Other(others) => return Ok(Some(follows(first.rows[0], others))),
            Pair::Same | Pair::Quiet | Pair::Failed => {}
        }
        let (silent, told) = match self.play(view, order, (hand, SEED), self.rules.agreeing() + 1)? {
            Played::Silent(silent, told) => (silent, told),
            other => return Ok(Some(ended(other))),
        };
        if self.rules.too_silent(silent.len() as u64, told) {
            let Some(all) = self.of_all_rows(view, hand)? else { return Ok(Some(Outcome::Open)) };
            let ignored = all.answer == Answer::Silent;
            return Ok((!ignored).then_some(Outcome::Doubtful(Doubt::Ignored(columns))));
        }
        let (mut open, mut agreeing) = (false, 0);
        for trial in &silent {
            match self.pair(view, trial.rows[0], hand)? {
                Pair::Open => open = true,
                Pair::Same => agreeing += 1,
                // A row that lacks what leaks, or one that is held out still.
                Pair::Quiet => {}
                Pair::Other(others) => return Ok(Some(follows(trial.rows[0], others))),
                Pair::Failed => return Ok(Some(Outcome::Doubtful(Doubt::Ignored(columns)))),
            }
        }
        for (trial, way) in silent.iter().flat_map(|trial| (1..=AGAIN).map(move |way| (trial, way))) {
            let parts = BTreeSet::from([hand]);
            let scenario = of_parts(self.data, trial.rows[0], SEED + way, &parts, &self.wanted);
            self.asked.push(scenario.clone());
            match self.trial(view, &trial.rows, scenario)? {
                None => open = true,
                Some(again) if again.answer == Answer::Effect => {
                    return Ok(Some(Outcome::Doubtful(Doubt::Ignored(columns))));
                }
                Some(_) => {}
            }
        }
        if !open && agreeing < self.rules.agreeing() {
            return Ok(Some(Outcome::Doubtful(Doubt::Ignored(columns))));
        }
        if open {
            return Ok(Some(Outcome::Open));
        }
        let rest = of_parts(self.data, first.rows[0], SEED, &without(hand), &self.wanted);
        Ok(Some(self.trial(view, &first.rows, rest)?.map_or(Outcome::Open, Outcome::ByColumns)))
    }

    /// Changes one hand of the features in all rows at once.
    fn of_all_rows(&mut self, view: &View<'_>, hand: Part) -> Result<Option<Trial>, Error> {
        let scenario = everywhere(self.data, SEED, &BTreeSet::from([hand]), &self.wanted);
        self.asked.push(scenario.clone());
        self.trial(view, &[], scenario)
    }

    /// Compares the change of all features of a row with that of all but one hand.
    fn pair(&mut self, view: &View<'_>, row: u64, hand: Part) -> Result<Pair, Error> {
        let all = single(self.data, row, SEED, &self.wanted);
        let rest = of_parts(self.data, row, SEED, &without(hand), &self.wanted);
        self.asked.extend([all.clone(), rest.clone()]);
        let (whole, part) = (self.trial(view, &[row], all.clone())?, self.trial(view, &[row], rest.clone())?);
        let (Some(whole), Some(trial)) = (whole, part) else { return Ok(Pair::Open) };
        match (whole.answer, trial.answer) {
            (Answer::Failed, _) | (_, Answer::Failed) => return Ok(Pair::Failed),
            (Answer::Effect, _) => {}
            _ => return Ok(Pair::Quiet),
        }
        let (Some(all), Some(walk)) = (view.walk(&all), view.walk(&rest)) else { return Ok(Pair::Open) };
        let id = usize::try_from(row).ok().and_then(|row| self.ids.get(row)).filter(|id| !id.is_empty());
        let lens = Lens::without_ids(id.cloned());
        let seen = between(view, Some(all), walk, &self.wanted, &lens)?;
        Ok(if seen.drifted.is_empty() { Pair::Same } else { Pair::Other(self.columns(view, &trial)) })
    }

    /// The columns that a walk changed.
    fn columns(&self, view: &View<'_>, trial: &Trial) -> Vec<String> {
        let edited = view.walk(&trial.scenario).map(ScenarioRun::edited).unwrap_or_default();
        let own = BTreeMap::get(&edited, self.data);
        own.map(|applied| applied.columns.clone()).unwrap_or_default()
    }

    /// What to call a row: its id, or its number from 1.
    fn name(&self, row: u64) -> String {
        let id = usize::try_from(row).ok().and_then(|row| self.ids.get(row)).filter(|id| !id.is_empty());
        id.map_or_else(|| format!("row {}", row + 1), |id| format!("the row `{}`", id.join(", ")))
    }

    pub(super) fn doubtful(&self, view: &View<'_>, doubt: &Doubt) -> Verdict {
        let data = self.data;
        let all = format!("each of {} rows of `{data}` that were changed alone has an effect", self.tried());
        let why = match doubt {
            Doubt::Follows(row, kept, others) => format!(
                "the split moves with what the rows hold: {} is held out with other values of {}, but trained on with other values of {}",
                self.name(*row),
                listed(kept),
                listed(others)
            ),
            Doubt::Ignored(columns) => format!(
                "{all}, but some have none by {}: training may ignore these columns, or the split follow others",
                listed(columns)
            ),
            Doubt::OneColumn => format!("{all}, but the split may follow the one column that changes"),
            Doubt::Short => format!(
                "{all}, but whether the split follows what the rows hold could not be told; raise `executions = {}`",
                view.case.audits.wishes.leakage.executions
            ),
        };
        let mut verdict = inconclusive(AUDIT, why, Cause::NothingVaried);
        verdict.notes.push(format!(
            "if the program stratifies, groups or sorts by columns of `{data}` other than the target, declare those as `group`, which is never changed; or say which rows are held out: `split = {{ column = … }}` or `split = {{ output = … }}`"
        ));
        verdict
    }

    pub(super) fn by_columns(&self, view: &View<'_>, trial: &Trial) -> Verdict {
        let headline = format!(
            "each of {} rows of `{}` that were changed alone has an effect, also those that are held out: by {}",
            self.tried(),
            self.data,
            listed(&self.columns(view, trial))
        );
        let mut verdict = verdict(AUDIT, Status::Drifted, headline);
        blame(view, Some(trial), &mut verdict);
        verdict.notes.push(
            "other columns of these rows have no effect, whether those change or not: so the split has not moved"
                .to_owned(),
        );
        verdict
    }
}

/// All features but one hand.
fn without(hand: Part) -> BTreeSet<Part> {
    Part::DEALT.into_iter().filter(|part| *part != hand).collect()
}

fn ended(played: Played) -> Outcome {
    match played {
        Played::Unrepeatable(stage) => Outcome::Unrepeatable(stage),
        Played::Open => Outcome::Open,
        _ => Outcome::Doubtful(Doubt::Short),
    }
}

/// How many names are told.
const NAMES_MAX: usize = 6;

fn listed(names: &[String]) -> String {
    let mut told: Vec<String> = names.iter().take(NAMES_MAX).map(|name| format!("`{name}`")).collect();
    if names.len() > NAMES_MAX {
        told.push(format!("{} more", names.len() - NAMES_MAX));
    }
    told.join(", ")
}
