//! Judges `resume`.

use super::walked::{failed, found, inconclusive, unrepeatable};
use super::{Cause, Error, Failure, Finding, Judge, Status, Verdict, View, verdict};
use crate::artifact::Format;
use crate::case::{self, Role, Stage};
use crate::flow::ScenarioRun;
use crate::plan::Scenario;
use crate::plan::scenario::{Strike, killed, kills, lasting, stopped};
use crate::relate::{Class, Difference};
use crate::run::{Earlier, End, Record};

const NAME: &str = "resume";

/// See the module.
pub(super) struct Resume;

impl Judge for Resume {
    fn audit(&self) -> &'static str {
        NAME
    }

    fn wanted(&self, view: &View<'_>) -> Result<Vec<Scenario>, Error> {
        let Some((wish, stage)) = declared(view) else { return Ok(Vec::new()) };
        let mut wanted = vec![stopped(stage, wish)];
        wanted.extend(strikes(view, wish, stage).into_iter().map(|(_, scenario)| scenario));
        Ok(wanted)
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let Some((wish, stage)) = declared(view) else {
            return Ok(inconclusive(NAME, "no stage is declared".to_owned(), Cause::NothingVaried));
        };
        let after_stop = match after_stop(view, wish, stage)? {
            Ok(after_stop) => after_stop,
            Err(unclear) => return Ok(unclear),
        };
        let after_kills = after_kills(view, wish, stage, after_stop.findings.is_empty())?;
        let findings = [after_stop.findings, after_kills.findings].concat();
        if findings.iter().any(|finding| finding.failure.is_none()) && view.is_unrepeatable(&stage.name) {
            return Ok(unrepeatable(NAME, &stage.name));
        }
        let mut verdict = match findings.first() {
            Some(first) => verdict(NAME, Status::Drifted, headline(first)),
            None => verdict(NAME, Status::Held, held(&stage.name, after_kills.came_through)),
        };
        verdict.findings = findings;
        verdict.notes = [after_stop.notes, after_kills.notes].concat();
        Ok(verdict)
    }
}

/// Whether a run that was stopped and resumed gave the uninterrupted one's values: then the checkpoint holds what it needs.
pub(super) fn holds(view: &View<'_>, checkpoint: &str) -> Result<bool, Error> {
    let asked = view.session.plan.audits.contains(&NAME);
    let Some((wish, stage)) = declared(view).filter(|(wish, _)| asked && wish.checkpoint == checkpoint)
    else {
        return Ok(false);
    };
    Ok(after_stop(view, wish, stage)?.is_ok_and(|part| part.findings.is_empty()))
}

fn declared<'a>(view: &'a View<'_>) -> Option<(&'a case::Resume, &'a Stage)> {
    let wish = view.case.audits.wishes.resume.as_ref()?;
    Some((wish, view.case.stage(&wish.stage)?))
}

fn strikes(view: &View<'_>, wish: &case::Resume, stage: &Stage) -> Vec<(Strike, Scenario)> {
    // The record is the session's, so that all processes that share it ask for the same moment.
    let baseline_us = view.session.baseline(&stage.name).map(|record| record.cost.wall_us);
    kills(wish).filter_map(|strike| Some((strike, killed(stage, wish, &strike, baseline_us)?))).collect()
}

/// What one half of the audit says.
#[derive(Default)]
struct Part {
    findings: Vec<Finding>,
    notes: Vec<String>,
    /// Kills after which the resumed run left the baseline's values.
    came_through: usize,
}

fn held(stage: &str, came_through: usize) -> String {
    let kills = match came_through {
        0 => String::new(),
        1 => ", and so does one that was killed".to_owned(),
        more => format!(", and so do {more} that were killed"),
    };
    format!("stage `{stage}`, stopped and resumed, ends as the uninterrupted run{kills}")
}

fn headline(first: &Finding) -> String {
    let stage = &first.stage;
    let killed = first.factors.first().is_some_and(|word| word == "kill");
    match (&first.artifact, killed) {
        (None, true) => format!("stage `{stage}` cannot go on after it was killed"),
        (None, false) => format!("stage `{stage}` cannot go on after it was stopped"),
        (Some(name), true) => format!("`{name}` is another one after stage `{stage}` was killed and resumed"),
        (Some(name), false) => {
            format!("`{name}` is another one after stage `{stage}` was stopped and resumed")
        }
    }
}

/// The polite half: stopped by a knob. `Err` where nothing can be concluded.
fn after_stop(view: &View<'_>, wish: &case::Resume, stage: &Stage) -> Result<Result<Part, Verdict>, Error> {
    let walk = view.walk(&stopped(stage, wish));
    let Some((walk, record, earlier)) = walk.and_then(|walk| ran(walk, stage)) else {
        return Ok(Err(inconclusive(NAME, "nothing was run".to_owned(), Cause::NothingVaried)));
    };
    if let Some(unclear) = nothing_stopped(view, wish, stage, record, earlier) {
        return Ok(Err(unclear));
    }
    let mut part = Part::default();
    if let Some(unclear) = timed_out(stage, &record.end) {
        return Ok(Err(unclear));
    }
    if record.end != End::Finished {
        part.findings.push(failed(view, NAME, &stage.name, record, &["resume"]));
        return Ok(Ok(part));
    }
    let differing = differing(view, walk, stage)?;
    part.notes.extend(differing.opaque);
    let finding = |(name, difference)| found(view, NAME, name, &["resume"], difference);
    part.findings.extend(differing.lasting.into_iter().map(finding));
    order(view, walk, stage, &mut part)?;
    Ok(Ok(part))
}

fn ran<'a>(walk: &'a ScenarioRun, stage: &Stage) -> Option<(&'a ScenarioRun, &'a Record, &'a Earlier)> {
    let record = walk.records.get(&stage.name)?;
    Some((walk, record, record.before.first()?))
}

/// Why there was nothing to resume, if so.
fn nothing_stopped(
    view: &View<'_>,
    wish: &case::Resume,
    stage: &Stage,
    record: &Record,
    earlier: &Earlier,
) -> Option<Verdict> {
    let name = &stage.name;
    if earlier.end != End::Finished {
        let headline =
            format!("stage `{name}` does not end well when it stops early: {}", earlier.end.sentence());
        let mut verdict = inconclusive(NAME, headline, Cause::VariedRunFailed);
        let failure = Failure { end: earlier.end.sentence(), log: earlier.log_tail(), hint: None };
        let finding = failed(view, NAME, name, record, &["resume"]);
        verdict.findings.push(Finding { failure: Some(failure), ..finding });
        return Some(verdict);
    }
    let baseline = view.session.baseline(name)?;
    let Some(left) = earlier.left.get(&wish.checkpoint) else {
        let headline = format!(
            "stage `{name}` leaves no `{}` when it stops early, so nothing was resumed",
            wish.checkpoint
        );
        return Some(inconclusive(NAME, headline, Cause::NothingVaried));
    };
    let whole = baseline.outputs.get(&wish.checkpoint).is_some_and(|output| output.digest == *left);
    whole.then(|| {
        let headline = format!(
            "stage `{name}` leaves the same `{}` with the `stop` knobs as without, so nothing was resumed",
            wish.checkpoint
        );
        inconclusive(NAME, headline, Cause::NothingVaried)
    })
}

fn timed_out(stage: &Stage, end: &End) -> Option<Verdict> {
    matches!(end, End::TimedOut { .. }).then(|| {
        let headline = format!("the resumed run of stage `{}` {}", stage.name, end.sentence());
        inconclusive(NAME, headline, Cause::TimedOut)
    })
}

/// How the outputs that must last differ from the baseline's.
struct Differing<'a> {
    lasting: Vec<(&'a str, Difference)>,
    /// Opaque bytes that differ beside values that hold.
    opaque: Vec<String>,
}

fn differing<'a>(view: &View<'_>, walk: &ScenarioRun, stage: &'a Stage) -> Result<Differing<'a>, Error> {
    let (mut values, mut opaque, mut same) = (Vec::new(), Vec::new(), false);
    for (name, output) in lasting(stage) {
        let Some(difference) = view.difference(walk, name)? else { continue };
        if difference.class <= Class::ContainerOnly {
            same |= output.format != Format::Pickle;
        } else if difference.class == Class::Bytes && output.format == Format::Pickle {
            opaque.push((name.as_str(), difference));
        } else {
            values.push((name.as_str(), difference));
        }
    }
    // A pickle that was loaded and saved again may spell the same values otherwise. It is no evidence against values that
    // can be read and hold.
    if same && values.is_empty() {
        let note = |(name, _): (&str, Difference)| {
            format!(
                "`{name}` differs in bytes that are not read without executing code; all other values hold"
            )
        };
        return Ok(Differing { lasting: values, opaque: opaque.into_iter().map(note).collect() });
    }
    values.extend(opaque);
    Ok(Differing { lasting: values, opaque: Vec::new() })
}

/// Where the outputs drift and a log does too, its first other row says what did not go on. Alone it is no finding: logs
/// hold times.
fn order(view: &View<'_>, walk: &ScenarioRun, stage: &Stage, part: &mut Part) -> Result<(), Error> {
    if part.findings.is_empty() {
        return Ok(());
    }
    let logs = stage.outputs.iter().filter(|(_, output)| output.role == Role::Log);
    for (name, _) in logs {
        let Some((before, after)) = view.baseline(name).zip(view.artifact(walk, name)) else { continue };
        if let Some(difference) = super::tail::parts_from_end(&before, &after)? {
            part.findings.push(found(view, NAME, name, &["order"], difference));
        }
    }
    Ok(())
}

/// The rude half. `polite` says whether the run that was stopped by a knob ended as the baseline: if it did not, other
/// values after a kill are the same fault.
fn after_kills(view: &View<'_>, wish: &case::Resume, stage: &Stage, polite: bool) -> Result<Part, Error> {
    let mut part = Part::default();
    let mut differs = false;
    for (strike, scenario) in strikes(view, wish, stage) {
        let Some((walk, record, earlier)) = view.walk(&scenario).and_then(|walk| ran(walk, stage)) else {
            continue;
        };
        let words = strike.words();
        if !earlier.struck {
            part.notes.push(format!("not killed ({words}): it had ended before"));
            continue;
        }
        let checkpoint = earlier.left.contains_key(&wish.checkpoint);
        match &record.end {
            End::Finished => {
                let differing = differing(view, walk, stage)?;
                if differing.lasting.is_empty() {
                    part.came_through += 1;
                } else if polite && !differs {
                    differs = true;
                    let finding = |(name, difference): (&str, Difference)| {
                        let note = [difference.note.clone(), Some(format!("killed by {words}"))];
                        let note = note.into_iter().flatten().collect::<Vec<_>>().join("; ");
                        found(view, NAME, name, &["kill"], Difference { note: Some(note), ..difference })
                    };
                    part.findings.extend(differing.lasting.into_iter().map(finding));
                }
            }
            End::TimedOut { .. } => {
                part.notes.push(format!("killed by {words}: the resumed run {}", record.end.sentence()));
            }
            end if !checkpoint => part.notes.push(format!(
                "killed by {words}: no checkpoint stood there yet, and the resumed run refuses to go on ({})",
                end.sentence()
            )),
            _ if part.findings.iter().any(|finding| finding.failure.is_some()) => {}
            _ => part.findings.push(after_kill(view, stage, record, &words)),
        }
    }
    Ok(part)
}

fn after_kill(view: &View<'_>, stage: &Stage, record: &Record, words: &str) -> Finding {
    let mut finding = failed(view, NAME, &stage.name, record, &["kill"]);
    if let Some(failure) = &mut finding.failure {
        failure.end = format!("{}, when resumed after {words}", failure.end);
    }
    finding
}
