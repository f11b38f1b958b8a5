//! Plans `resume`: the training stops early and goes on, or is killed and goes on.

use std::collections::{BTreeMap, BTreeSet};

use super::{Before, How, Kill, Moment, Planner, Scenario, uses_knob};
use crate::case::{self, Case, Role, Stage};

/// SIGINT and SIGKILL on every system that we run on.
const SIGINT: i32 = 2;
/// See above.
const SIGKILL: i32 = 9;

/// Changes of the checkpoint that are waited for: the first write is over then, and an older one is overwritten.
const CHANGES: u32 = 2;

/// See the module.
pub(super) struct Resume;

impl Planner for Resume {
    fn audit(&self) -> &'static str {
        "resume"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let wish = case.audits.wishes.resume.as_ref();
        let wish = wish.ok_or("declare `[audit.resume]` with `stage`, `stop`, `resume` and `checkpoint`")?;
        let stage = case.stage(&wish.stage).ok_or_else(|| format!("there is no stage `{}`", wish.stage))?;
        if !stage.outputs.contains_key(&wish.checkpoint) {
            return Err(format!("stage `{}` leaves no `{}`", stage.name, wish.checkpoint));
        }
        let changes = |(knob, value): (&String, &String)| {
            uses_knob(stage, knob) && case.knobs.get(knob).is_none_or(|usual| usual != value)
        };
        if !wish.stop.iter().any(changes) {
            let why = format!("no knob of `stop` changes the command of stage `{}`", stage.name);
            return Err(why);
        }
        let mut scenarios = vec![stopped(stage, wish)];
        scenarios.extend(kills(wish).filter_map(|kill| killed(stage, wish, &kill, None)));
        Ok(scenarios)
    }
}

/// The outputs that must end as they do without an interruption.
pub fn lasting(stage: &Stage) -> impl Iterator<Item = (&String, &case::Output)> {
    stage.outputs.iter().filter(|(_, output)| !matches!(output.role, Role::Metrics | Role::Log))
}

/// The stage stops early and goes on.
#[must_use]
pub fn stopped(stage: &Stage, wish: &case::Resume) -> Scenario {
    after(stage, wish, Before { knobs: wish.stop.clone(), kill: None })
}

/// One way of being killed. Fractions are of the baseline's duration, which the plan does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// As soon as the checkpoint holds something.
    FirstWrite,
    /// After further changes of the checkpoint.
    LaterWrite,
    /// At `share` of `of` parts of the baseline's duration.
    Fraction {
        /// The signal's number.
        signal: i32,
        /// How many parts.
        share: u32,
        /// Of how many.
        of: u32,
    },
}

impl Strike {
    /// When and how, in words that do not depend on how long anything took.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Strike::FirstWrite => "SIGKILL when it first writes its checkpoint".to_owned(),
            Strike::LaterWrite => "SIGKILL when it writes its checkpoint again".to_owned(),
            Strike::Fraction { signal, share, of } => {
                let name = if *signal == SIGINT { "SIGINT" } else { "SIGKILL" };
                format!("{name} at {share}/{of} of its duration")
            }
        }
    }
}

/// The ways of being killed, the most telling first.
pub fn kills(wish: &case::Resume) -> impl Iterator<Item = Strike> {
    let writes = [Strike::FirstWrite, Strike::LaterWrite];
    // 1/2, 1/4, 3/4, 1/8, 3/8, …: each further one halves a gap that the others leave.
    let halves = (1_u32..).map(|level| 1 << level);
    let fractions = halves.flat_map(|of| (1..of).step_by(2).map(move |share| (share, of)));
    let strikes = fractions.enumerate().map(|(at, (share, of))| {
        let signal = if at % 2 == 0 { SIGINT } else { SIGKILL };
        Strike::Fraction { signal, share, of }
    });
    writes.into_iter().chain(strikes).take(wish.kills as usize)
}

/// The stage is killed and goes on; `None` where the moment depends on a duration that is not known.
#[must_use]
pub fn killed(
    stage: &Stage,
    wish: &case::Resume,
    strike: &Strike,
    baseline_us: Option<u64>,
) -> Option<Scenario> {
    let checkpoint = || wish.checkpoint.clone();
    let (signal, moment) = match strike {
        Strike::FirstWrite => (SIGKILL, Moment::Appears(checkpoint())),
        Strike::LaterWrite => (SIGKILL, Moment::Changes(checkpoint(), CHANGES)),
        Strike::Fraction { signal, share, of } => {
            let moment = baseline_us? / 1000 * u64::from(*share) / u64::from(*of);
            (*signal, Moment::AfterMs(moment.max(1)))
        }
    };
    let kill = Some(Kill { signal, moment });
    Some(after(stage, wish, Before { knobs: BTreeMap::new(), kill }))
}

fn after(stage: &Stage, wish: &case::Resume, before: Before) -> Scenario {
    Scenario {
        knobs: wish.resume.clone(),
        how: How::After(vec![before]),
        stage: Some(stage.name.clone()),
        wanted: stage.outputs.keys().cloned().collect::<BTreeSet<_>>(),
        ..Scenario::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_kills_halve_the_gaps() {
        let wish = case::Resume { kills: 6, ..case::Resume::default() };
        let words: Vec<String> = kills(&wish).map(|strike| strike.words()).collect();
        assert_eq!(
            words,
            [
                "SIGKILL when it first writes its checkpoint",
                "SIGKILL when it writes its checkpoint again",
                "SIGINT at 1/2 of its duration",
                "SIGKILL at 1/4 of its duration",
                "SIGINT at 3/4 of its duration",
                "SIGKILL at 1/8 of its duration",
            ]
        );
        assert_eq!(kills(&case::Resume::default()).count(), 0);
    }
}
