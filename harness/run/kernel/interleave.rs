//! Interleavings on the reference machine: what comes out where one workgroup, or invocation, is interrupted by another.

use std::collections::BTreeMap;

use super::reference::{dispatch, give_back, lend, options};
use super::{Bench, Outputs, ReferenceRuns};
use crate::case::kernel::Pass;
use crate::plan::kernel::{INTERLEAVINGS_OF_A_PASS, Interleavings};
use crate::run::Error;
use crate::wgsl::Line;
use crate::wgsl::machine::explore::{self, End, Explored, Explorer, Unit};
use crate::wgsl::machine::{Ended, Finding, NotInterpreted};

/// Schedules of one pass that are tried: those with one preemption and as many with two as fit, then random ones.
const TRIED: u64 = 320;

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
    /// What it left; `None` where some wait for ever.
    pub outputs: Option<Outputs>,
}

/// The bytes of every buffer, by name.
type Contents = BTreeMap<String, Vec<u8>>;

/// A pass to be explored.
struct Place<'a> {
    /// From 0.
    number: usize,
    pass: &'a Pass,
    before: &'a Contents,
    /// What it leaves where nobody is interrupted.
    after: &'a Contents,
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
        for (number, pass) in self.kernel.passes.iter().enumerate() {
            let mut after = before.clone();
            let Ok(usual) = dispatch(pass, pass.grid, &mut after, &options(pass)) else { break };
            let numbers = wanted.of_pass(number, TRIED.min(*left / usual.operations.max(1)));
            let place = Place { number, pass, before: &before, after: &after };
            self.go_on(&format!("reference machine, interleavings of `{}`", pass.program.entry().name))?;
            self.explore(&place, wanted, numbers, runs, left)?;
            if runs.interleaved.guilty.is_some() {
                break;
            }
            before = after;
        }
        Ok(())
    }

    fn explore(
        &self,
        place: &Place<'_>,
        wanted: Interleavings,
        numbers: std::ops::Range<u64>,
        runs: &mut ReferenceRuns,
        left: &mut u64,
    ) -> Result<(), Error> {
        let memory = lend(place.pass, &mut place.before.clone());
        let how = explore::Options { machine: options(place.pass), ..explore::Options::default() };
        let mut explorer = match Explorer::new(&place.pass.program, place.pass.grid, &memory, &how) {
            Ok(explorer) if explorer.is_vacuous() => return Ok(()),
            Ok(explorer) => explorer,
            Err(why) => {
                runs.interleaved.left_out.push(why.to_string());
                return Ok(());
            }
        };
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
        Ok(())
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
        let number = (place.number as u64 + 1) * INTERLEAVINGS_OF_A_PASS + number;
        note(&seen, place.number, number, &mut runs.findings);
        let outputs = match &seen.ended {
            End::Stuck(_) => None,
            End::Ended(Ended::Whole) if contents != *place.after => {
                for pass in &self.kernel.passes[place.number + 1..] {
                    if dispatch(pass, pass.grid, &mut contents, &options(pass)).is_err() {
                        break;
                    }
                }
                Some(self.outputs(&contents)?).filter(|outputs| *outputs != runs.usual())
            }
            End::Ended(_) => return Ok(Ok(seen)),
        };
        if outputs.is_some() || matches!(seen.ended, End::Stuck(_)) {
            runs.interleaved.guilty = Some(Interleaving { number, story: story(&seen), outputs });
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
fn story(seen: &Explored) -> Vec<String> {
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
    interrupted.chain(waits).collect()
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
