//! Interleavings on the reference machine: what comes out where one workgroup, or invocation, is interrupted by another.

use std::collections::BTreeMap;

use super::reference::{dispatch, give_back, lend, options};
use super::{Bench, Outputs, ReferenceRuns};
use crate::case::kernel::Pass;
use crate::plan::kernel::{INTERLEAVINGS_MAX, INTERLEAVINGS_OF_A_PASS, Interleavings};
use crate::run::Error;
use crate::wgsl::Line;
use crate::wgsl::machine::explore::{self, End, Explored, Explorer, Grain, Unit};
use crate::wgsl::machine::{Ended, Finding, NotInterpreted};

/// One workgroup.
const ALONE: [u32; 3] = [1, 1, 1];

/// Schedules inside one workgroup are numbered from here on within a pass.
const INSIDE: u64 = INTERLEAVINGS_OF_A_PASS / 2;

/// What the schedules of all passes showed.
#[derive(Clone, Debug, Default)]
pub struct Interleaved {
    /// Schedules that were run.
    pub tried: usize,
    /// The first that left other bits or never came to an end; none is tried after it.
    pub guilty: Option<Interleaving>,
    /// Passes whose schedules were not tried, each with the reason.
    pub left_out: Vec<String>,
}

/// One schedule.
#[derive(Clone, Debug)]
pub struct Interleaving {
    /// By which it is run again: a thousand for each pass, and its number within the pass.
    pub number: u64,
    /// Who was interrupted where, and who waits for ever, in words.
    pub story: Vec<String>,
    /// What is left where nobody is interrupted.
    pub usual: Outputs,
    /// What it left; `None` where some wait for ever.
    pub outputs: Option<Outputs>,
}

/// The bytes of every buffer, by name.
type Contents = BTreeMap<String, Vec<u8>>;

/// A dispatch to be explored.
struct Place<'a> {
    /// Of the pass, from 0.
    number: usize,
    pass: &'a Pass,
    grid: [u32; 3],
    grain: Option<Grain>,
    /// Number of the first schedule.
    first: u64,
    before: &'a Contents,
    /// What it leaves where nobody is interrupted.
    after: &'a Contents,
    /// The passes after it, which run as well where it left anything else.
    rest: &'a [Pass],
    /// What is usually left then.
    usual: &'a Outputs,
}

impl Bench<'_> {
    /// Runs the schedules of every pass until one leaves other bits than usual, with at most `left` operations.
    pub(super) fn interleave(
        &self,
        wanted: Interleavings,
        runs: &mut ReferenceRuns,
        left: &mut u64,
    ) -> Result<(), Error> {
        let mut before = self.inputs.clone();
        let usual = runs.usual();
        for (number, pass) in self.kernel.passes.iter().enumerate() {
            let mut after = before.clone();
            let Ok(ran) = dispatch(pass, pass.grid, &mut after, &options(pass)) else { break };
            self.go_on(&format!("reference machine, interleavings of `{}`", pass.program.entry().name))?;
            let place = Place {
                number,
                pass,
                grid: pass.grid,
                grain: None,
                first: (number as u64 + 1) * INTERLEAVINGS_OF_A_PASS,
                before: &before,
                after: &after,
                usual: &usual,
                rest: &self.kernel.passes[number + 1..],
            };
            let grain = self.explore(&place, wanted, ran.operations, runs, left)?;
            if grain != Some(Grain::Invocations) && runs.interleaved.guilty.is_none() {
                self.inside(&place, wanted, runs, left)?;
            }
            if runs.interleaved.guilty.is_some() {
                break;
            }
            before = after;
        }
        Ok(())
    }

    /// Where there are too many invocations to interrupt each, those of the first workgroup are, without the others: what is
    /// in a workgroup's memory no other workgroup can see.
    fn inside(
        &self,
        whole: &Place<'_>,
        wanted: Interleavings,
        runs: &mut ReferenceRuns,
        left: &mut u64,
    ) -> Result<(), Error> {
        let mut after = whole.before.clone();
        let Ok(ran) = dispatch(whole.pass, ALONE, &mut after, &options(whole.pass)) else { return Ok(()) };
        if ran.ended != Ended::Whole {
            return Ok(());
        }
        let usual = self.outputs(&after)?;
        let place = Place {
            grid: ALONE,
            grain: Some(Grain::Invocations),
            first: whole.first + INSIDE,
            after: &after,
            usual: &usual,
            rest: &[],
            ..*whole
        };
        self.explore(&place, wanted, ran.operations, runs, left)?;
        Ok(())
    }

    /// What took turns, where the dispatch could be explored.
    fn explore(
        &self,
        place: &Place<'_>,
        wanted: Interleavings,
        operations: u64,
        runs: &mut ReferenceRuns,
        left: &mut u64,
    ) -> Result<Option<Grain>, Error> {
        let memory = lend(place.pass, &mut place.before.clone());
        let how = explore::Options {
            machine: options(place.pass),
            grain: place.grain,
            ..explore::Options::default()
        };
        let mut explorer = match Explorer::new(&place.pass.program, place.grid, &memory, &how) {
            Ok(explorer) if explorer.is_vacuous() => return Ok(Some(explorer.grain())),
            Ok(explorer) => explorer,
            Err(why) => {
                if place.pass.program.uses_atomics() {
                    runs.interleaved.left_out.push(why.what);
                }
                return Ok(None);
            }
        };
        let numbers = wanted.from(place.first, INTERLEAVINGS_MAX.min(*left / operations.max(1)));
        if numbers.is_empty() && wanted == Interleavings::All {
            runs.interleaved.left_out.push("the kernel is too long; audit a smaller size".to_owned());
        }
        let there = explorer.count(numbers.end).unwrap_or(0).max(numbers.start + 1);
        for number in numbers.start..there.min(numbers.end) {
            let Ok(seen) = self.under(&mut explorer, place, number, runs)? else { break };
            runs.interleaved.tried += 1;
            *left = left.saturating_sub(seen.operations);
            if runs.interleaved.guilty.is_some() || *left == 0 {
                break;
            }
        }
        Ok(Some(explorer.grain()))
    }

    /// Runs one schedule, and the passes after it where it left anything else than usual.
    fn under(
        &self,
        explorer: &mut Explorer<'_>,
        place: &Place<'_>,
        number: u64,
        runs: &mut ReferenceRuns,
    ) -> Result<Result<Explored, NotInterpreted>, Error> {
        let mut contents = place.before.clone();
        let mut memory = lend(place.pass, &mut contents);
        let seen = match explorer.run(number, &mut memory) {
            Ok(seen) => seen,
            Err(why) => return Ok(Err(why)),
        };
        give_back(place.pass, memory, &mut contents);
        let number = place.first + number;
        note(&seen, place.number, number, &mut runs.findings);
        let outputs = match &seen.ended {
            End::Stuck(_) => None,
            End::Ended(Ended::Whole) if contents != *place.after => {
                for pass in place.rest {
                    if dispatch(pass, pass.grid, &mut contents, &options(pass)).is_err() {
                        break;
                    }
                }
                Some(self.outputs(&contents)?).filter(|outputs| outputs != place.usual)
            }
            End::Ended(_) => return Ok(Ok(seen)),
        };
        if outputs.is_some() || matches!(seen.ended, End::Stuck(_)) {
            let (story, usual) = (story(&seen, place), place.usual.clone());
            runs.interleaved.guilty = Some(Interleaving { number, story, usual, outputs });
        }
        Ok(Ok(seen))
    }
}

/// Mistakes that show under a schedule and did not before.
fn note(seen: &Explored, pass: usize, number: u64, known: &mut Vec<(usize, Finding)>) {
    for new in &seen.findings {
        let same = |(at, old): &(usize, Finding)| {
            *at == pass && old.kind == new.kind && old.first.line == new.first.line
        };
        if !known.iter().any(same) {
            let mut new = new.clone();
            new.detail = format!("{} (under schedule {number})", new.detail);
            known.push((pass, new));
        }
    }
}

/// Who was interrupted, and who waits for ever.
fn story(seen: &Explored, place: &Place<'_>) -> Vec<String> {
    let alone = (place.grid != place.pass.grid).then(|| "in a dispatch of one workgroup".to_owned());
    let in_turn = "one after another, each until it ends or waits at a barrier".to_owned();
    let in_turn = seen.preemptions.is_empty().then_some(in_turn);
    let interrupted = seen.preemptions.iter().flat_map(|one| {
        let before = format!("{} is interrupted before {}", said(one.unit), at(one.line.as_ref()));
        [before, format!("{} goes on", said(one.went_on))]
    });
    let waiting: &[explore::Waiting] = match &seen.ended {
        End::Stuck(waiting) => waiting,
        End::Ended(_) => &[],
    };
    let waits = waiting.iter().take(4).map(|one| {
        let what = if one.at_barrier { "waits for ever at the barrier in" } else { "repeats without end" };
        format!("{} {what} {}", said(one.unit), at(one.line.as_ref()))
    });
    alone.into_iter().chain(in_turn).chain(interrupted).chain(waits).collect()
}

fn said(unit: Unit) -> String {
    match unit {
        Unit::Workgroup([x, y, z]) => format!("workgroup ({x}, {y}, {z})"),
        Unit::Invocation([x, y, z]) => format!("invocation ({x}, {y}, {z})"),
    }
}

fn at(line: Option<&Line>) -> String {
    line.map_or_else(|| "its end".to_owned(), |line| format!("line {}: {}", line.number, line.text))
}
