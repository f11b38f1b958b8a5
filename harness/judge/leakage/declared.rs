//! Held-out rows that the case file names.
//!
//! First all of them change in every way at once. A run that fails on that gets ever milder changes. Only on drift each way is
//! tried alone, to name those that reach training.

use std::collections::BTreeSet;

use super::super::walked::{found, inconclusive, run_failed, unrepeatable};
use super::super::{Cause, Error, Finding, Status, Verdict, View, verdict};
use super::AUDIT;
use super::seen::{Seen, look};
use crate::artifact::Digest;
use crate::case::Split;
use crate::flow::ScenarioRun;
use crate::plan::Scenario;
use crate::plan::scenario::leakage::{HeldOut, held_out, ladder, of_targets, training_artifacts, walk};
use crate::relate::{Class, Lens};
use crate::vary::data::{self, Part, Rows, Source};

/// The scenarios that are needed, those walked included.
pub(super) fn wanted(view: &View<'_>) -> Result<Vec<Scenario>, Error> {
    let Some(Ok(ground)) = ground(view)? else { return Ok(Vec::new()) };
    let course = course(view, &ground)?;
    Ok(course.asked)
}

/// The verdict on these rows; `None` where the case file names none.
pub(super) fn judge(view: &View<'_>) -> Result<Option<Verdict>, Error> {
    let ground = match ground(view)? {
        None => return Ok(None),
        Some(Err(why)) => return Ok(Some(inconclusive(AUDIT, why, Cause::NothingVaried))),
        Some(Ok(ground)) => ground,
    };
    let course = course(view, &ground)?;
    let mut verdict = of_training(view, &ground, &course)?;
    of_predictions(view, &course, &mut verdict)?;
    Ok(Some(verdict))
}

/// What is held out, and how to look at what training leaves.
struct Ground {
    held: Vec<HeldOut>,
    /// Leaves out the held-out rows.
    lens: Lens,
    artifacts: BTreeSet<String>,
    /// Outputs that say which rows the program holds out.
    splits: Vec<String>,
}

/// `None` where the case file names no rows; otherwise the rows, or why there is nothing to look at.
fn ground(view: &View<'_>) -> Result<Option<Result<Ground, String>>, Error> {
    let case = view.case;
    let mut held = held_out(case)?;
    let mut splits = Vec::new();
    for (name, declared) in &case.data {
        let Some(Split::Output(output)) = declared.split.as_ref().filter(|_| !declared.held_out) else {
            continue;
        };
        match rows_of(view, name, output)? {
            Ok(rows) => held.push(HeldOut { data: name.clone(), rows, countable: false }),
            Err(why) => return Ok(Some(Err(why))),
        }
        splits.push(output.clone());
    }
    if held.is_empty() {
        return Ok(None);
    }
    let mut ids = Vec::new();
    for held in &held {
        let Some(source) = view.source(&held.data) else { continue };
        let rows = data::select(&held.rows, &source)?;
        if rows.is_empty() {
            return Ok(Some(Err(nobody(view, held))));
        }
        if let Some(train) = twin(view, &held.data) {
            return Ok(Some(Err(format!(
                "`{train}` and `{}` hold the same bytes: nothing is held out",
                held.data
            ))));
        }
        let all = data::ids(&source)?;
        ids.extend(rows.iter().filter_map(|row| all.get(usize::try_from(*row).ok()?).cloned()));
    }
    ids.retain(|id| !id.is_empty());
    let artifacts = training_artifacts(case);
    Ok(Some(Ok(Ground { held, lens: Lens::without_ids(ids), artifacts, splits })))
}

/// Why no row of a file is held out.
fn nobody(view: &View<'_>, held: &HeldOut) -> String {
    let data = &held.data;
    match (&held.rows, view.case.data.get(data).and_then(|declared| declared.split.as_ref())) {
        (Rows::Where { column, .. }, Some(Split::Column { held_out, .. })) if held_out.is_empty() => format!(
            "no row of `{data}` is held out: `{column}` holds none of the usual words; declare `held-out = [\"…\"]`"
        ),
        (Rows::Where { column, values }, _) => {
            format!("no row of `{data}` is held out: `{column}` never holds {}", values.join(" or "))
        }
        _ => format!("`{data}` has no rows, so none can be changed"),
    }
}

/// A file that is trained on and holds the same bytes as a wholly held-out one.
fn twin<'a>(view: &View<'a>, held: &str) -> Option<&'a String> {
    let own = view.case.data.get(held).filter(|data| data.held_out)?;
    let digest = Digest::of_path(&own.path).ok()?;
    let trained = view.case.data.iter().filter(|(_, data)| !data.held_out && data.split.is_none());
    let mut same = trained.filter(|(_, data)| Digest::of_path(&data.path).is_ok_and(|other| other == digest));
    same.next().map(|(name, _)| name)
}

/// The rows of a file whose ids stand in an output of the baseline.
fn rows_of(view: &View<'_>, name: &str, output: &str) -> Result<Result<Rows, String>, Error> {
    let declared = &view.case.data[name];
    let ids = match ids_in(view, output, None)? {
        Ok(ids) => Lens::without_ids(ids),
        Err(why) => return Ok(Err(why)),
    };
    if declared.id.is_empty() {
        return Ok(Err(format!("which rows of `{name}` are held out cannot be told: declare its `id`")));
    }
    let all = data::ids(&declared.source(declared.path.clone()))?;
    let rows: Vec<u64> = (0..).zip(&all).filter(|(_, id)| ids.leaves_out(id)).map(|(row, _)| row).collect();
    if rows.is_empty() {
        return Ok(Err(format!("no id of `{name}` stands in `{output}`, so no row is known to be held out")));
    }
    if rows.len() == all.len() {
        return Ok(Err(format!("all ids of `{name}` stand in `{output}`, so no row is left to train on")));
    }
    Ok(Ok(Rows::Numbers(rows)))
}

/// The ids in an output, of the baseline or of a walk.
fn ids_in(
    view: &View<'_>,
    output: &str,
    walk: Option<&ScenarioRun>,
) -> Result<Result<BTreeSet<Vec<String>>, String>, Error> {
    let artifact = match walk {
        None => view.baseline(output),
        Some(walk) => view.artifact(walk, output),
    };
    match artifact {
        None => Ok(Err(format!("`{output}` was not left, so no row is known to be held out"))),
        Some(artifact) if artifact.id.is_empty() => {
            Ok(Err(format!("`{output}` declares no `id`, so no row is known to be held out")))
        }
        Some(artifact) => Ok(Ok(data::ids(&Source::of(&artifact))?.into_iter().collect())),
    }
}

/// What was walked so far, and what comes next.
#[derive(Default)]
struct Course {
    asked: Vec<Scenario>,
    /// Changes on which the pipeline failed, or split its rows otherwise: the parts, the walk, whether the split moved.
    refused: Vec<(BTreeSet<Part>, Scenario, bool)>,
    /// The strongest change that the pipeline bears.
    joint: Option<(BTreeSet<Part>, Scenario, Seen)>,
    /// On drift: each part alone.
    separate: Vec<(Part, Scenario)>,
    targets: Option<Scenario>,
}

fn course(view: &View<'_>, ground: &Ground) -> Result<Course, Error> {
    let mut course = Course { targets: of_targets(view.case), ..Course::default() };
    course.asked.extend(course.targets.clone());
    if ground.artifacts.is_empty() {
        return Ok(course);
    }
    for parts in ladder(!ground.splits.is_empty()) {
        let mut wanted = ground.artifacts.clone();
        wanted.extend(ground.splits.iter().cloned());
        let scenario = walk(&ground.held, &parts, &wanted);
        course.asked.push(scenario.clone());
        let Some(run) = view.walk(&scenario) else { return Ok(course) };
        let moved = has_moved(view, ground, run)?;
        if !run.is_whole() || moved {
            course.refused.push((parts, scenario, moved));
            continue;
        }
        let seen = look(view, run, &ground.artifacts, &ground.lens)?;
        if !seen.drifted.is_empty()
            && parts.len() > 1
            && !by_hand(&parts)
            && seen.unrepeatable(view, run).is_none()
        {
            let one = |part: &Part| (*part, walk(&ground.held, &BTreeSet::from([*part]), &scenario.wanted));
            course.separate = parts.iter().map(one).collect();
            course.asked.extend(course.separate.iter().map(|(_, scenario)| scenario.clone()));
        }
        course.joint = Some((parts, scenario, seen));
        break;
    }
    Ok(course)
}

/// Whether the program held out other rows than in the baseline: then training was shown other rows, too.
fn has_moved(view: &View<'_>, ground: &Ground, run: &ScenarioRun) -> Result<bool, Error> {
    if !run.is_whole() {
        return Ok(false);
    }
    for split in &ground.splits {
        if ids_in(view, split, None)?.ok() != ids_in(view, split, Some(run))?.ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The word for a part.
fn word(part: Part) -> &'static str {
    match part {
        Part::Features | Part::FirstHand | Part::SecondHand | Part::Undealt => "held-out-features",
        Part::Targets => "held-out-targets",
        Part::Categories => "held-out-categories",
        Part::Count => "held-out-count",
    }
}

/// Without repetition: hands of features are features.
fn words(parts: &BTreeSet<Part>) -> Vec<&'static str> {
    let mut words: Vec<&str> = parts.iter().map(|part| word(*part)).collect();
    words.dedup();
    words
}

/// Whether not all features change.
fn by_hand(parts: &BTreeSet<Part>) -> bool {
    parts.iter().any(|part| Part::DEALT.contains(part))
}

/// Whether anything that training leaves follows the held-out rows.
fn of_training(view: &View<'_>, ground: &Ground, course: &Course) -> Result<Verdict, Error> {
    if ground.artifacts.is_empty() {
        return Ok(verdict(AUDIT, Status::Held, "no output is left by training".to_owned()));
    }
    let Some((parts, scenario, seen)) = &course.joint else { return Ok(all_refused(view, course)) };
    let Some(run) = view.walk(scenario) else { return Ok(all_refused(view, course)) };
    if run.records.is_empty() {
        let names = ground.held.iter().map(|held| format!("`{}`", held.data)).collect::<Vec<_>>().join(", ");
        let headline = format!("no stage that trains is shown {names}");
        return Ok(verdict(AUDIT, Status::Held, headline));
    }
    let edited = run.edited();
    let idle: Vec<&String> = edited
        .iter()
        .filter(|(_, applied)| applied.cells_changed == 0 && applied.rows_changed == 0)
        .map(|(name, _)| name)
        .collect();
    if idle.len() == edited.len() {
        let names = idle.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let headline = format!("nothing of {names} could be changed, so nothing could have been found");
        return Ok(inconclusive(AUDIT, headline, Cause::NothingVaried));
    }
    if seen.compared.is_empty() {
        let headline = format!("nothing was compared: {}", seen.nothing.join("; "));
        return Ok(inconclusive(AUDIT, headline, Cause::NothingVaried));
    }
    if let Some(stage) = seen.unrepeatable(view, run) {
        return Ok(unrepeatable(AUDIT, &stage));
    }
    let mut verdict = if seen.drifted.is_empty() {
        let all = seen.compared.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let plain: Vec<&str> = words(parts).into_iter().map(plain).collect();
        let headline = format!("other held-out rows ({}) give the same bits in {all}", plain.join(", "));
        verdict(AUDIT, Status::Held, headline)
    } else {
        drifted(view, ground, course, (parts, seen))?
    };
    verdict.notes.extend(refusals(view, course, parts));
    verdict.not_checked.extend(limits(view, ground, parts, run));
    verdict.not_checked.extend(idle.iter().map(|name| format!("`{name}`: nothing of it could be changed")));
    verdict.not_checked.extend(seen.nothing.iter().cloned());
    Ok(verdict)
}

fn plain(word: &'static str) -> &'static str {
    word.trim_start_matches("held-out-")
}

/// Findings for each part that reaches training by itself; for all together where none does.
fn drifted(
    view: &View<'_>,
    ground: &Ground,
    course: &Course,
    (parts, joint): (&BTreeSet<Part>, &Seen),
) -> Result<Verdict, Error> {
    let case = view.case;
    let mut findings: Vec<Finding> = Vec::new();
    let (mut notes, mut inherited) = (Vec::new(), joint.inherited(case));
    for (part, scenario) in &course.separate {
        let Some(run) = view.walk(scenario) else { continue };
        if let Some((stage, record)) = run.failure() {
            notes.push(format!(
                "`{}` alone makes stage `{stage}` fail: {}",
                word(*part),
                record.end.sentence()
            ));
            continue;
        }
        if run.unfit.is_some() || has_moved(view, ground, run)? {
            continue;
        }
        let seen = look(view, run, &ground.artifacts, &ground.lens)?;
        let own = seen.origins(case);
        findings.extend(
            own.map(|(name, difference)| found(view, AUDIT, name, &[word(*part)], difference.clone())),
        );
        inherited.extend(seen.inherited(case));
    }
    if findings.is_empty() {
        let all = words(parts);
        let own = joint.origins(case);
        findings.extend(own.map(|(name, difference)| found(view, AUDIT, name, &all, difference.clone())));
        if all.len() > 1 {
            notes.push("no part of the change does it alone: they act together".to_owned());
        }
    }
    let guilty: BTreeSet<&String> = findings.iter().filter_map(|finding| finding.artifact.as_ref()).collect();
    inherited.retain(|(name, _)| !guilty.contains(name));
    inherited.sort();
    inherited.dedup_by(|one, other| one.0 == other.0);
    notes.extend(
        inherited.iter().map(|(name, from)| format!("`{name}` changes with `{from}`, from which it is made")),
    );
    let mut verdict = verdict(AUDIT, Status::Drifted, headline(&findings));
    verdict.findings = findings;
    verdict.notes = notes;
    Ok(verdict)
}

/// ``held-out rows reach `model` of stage `train` (features, count)``.
fn headline(findings: &[Finding]) -> String {
    let mut parts: Vec<(String, Vec<&str>)> = Vec::new();
    for finding in findings {
        let artifact = finding.artifact.as_deref().unwrap_or_default();
        let whom = format!("`{artifact}` of stage `{}`", finding.stage);
        let kinds = finding.factors.iter().map(|name| name.trim_start_matches("held-out-"));
        match parts.iter_mut().find(|(known, _)| *known == whom) {
            Some((_, known)) => known.extend(kinds),
            None => parts.push((whom, kinds.collect())),
        }
    }
    let text = parts.iter().map(|(whom, kinds)| format!("{whom} (by {})", kinds.join(", ")));
    format!("held-out rows reach {}", text.collect::<Vec<_>>().join(" and "))
}

/// No change was borne.
fn all_refused(view: &View<'_>, course: &Course) -> Verdict {
    let Some((parts, scenario, moved)) = course.refused.last() else {
        return inconclusive(AUDIT, "nothing was run".to_owned(), Cause::NothingVaried);
    };
    if *moved {
        let headline =
            "the program holds out other rows when held-out rows change, so nothing can be compared";
        return inconclusive(AUDIT, headline.to_owned(), Cause::NothingVaried);
    }
    let empty = ScenarioRun::default();
    run_failed(view, AUDIT, view.walk(scenario).unwrap_or(&empty), &words(parts))
}

/// Which change made a run fail, when a milder one did not.
fn refusals(view: &View<'_>, course: &Course, borne: &BTreeSet<Part>) -> Vec<String> {
    let Some((parts, scenario, moved)) = course.refused.last() else { return Vec::new() };
    let lacking: Vec<&str> = parts.difference(borne).map(|part| word(*part)).collect();
    let what = lacking.join(" and ");
    if *moved && by_hand(borne) {
        let what = "the program's own split follows targets or features, so those of few values stay as they are, or one half of the rest";
        return vec![what.to_owned()];
    }
    if *moved {
        return vec![format!("the program's own split follows {what}, so that stays as it is")];
    }
    let Some(run) = view.walk(scenario) else { return Vec::new() };
    match (run.failure(), parts.difference(borne).collect::<Vec<_>>().as_slice()) {
        (Some((stage, record)), [Part::Categories]) => {
            vec![format!("a category never seen makes stage `{stage}` fail: {}", record.end.sentence())]
        }
        (Some((stage, record)), _) => {
            vec![format!("{what} makes stage `{stage}` fail: {}", record.end.sentence())]
        }
        (None, _) => run.unfit.clone().into_iter().collect(),
    }
}

/// What was not changed, and why.
fn limits(view: &View<'_>, ground: &Ground, parts: &BTreeSet<Part>, run: &ScenarioRun) -> Vec<String> {
    let mut lines = Vec::new();
    let all: BTreeSet<Part> = [Part::Features, Part::Targets, Part::Categories, Part::Count].into();
    let by_program = !ground.splits.is_empty();
    for part in all.difference(parts) {
        let why = match part {
            Part::Features if by_hand(parts) => {
                "not of all columns, since the program's own split follows some"
            }
            Part::Count if by_program => "with fewer rows the program would split otherwise",
            _ => "the pipeline does not bear it",
        };
        lines.push(format!("{}: {why}", word(*part)));
    }
    for (name, applied) in run.edited() {
        lines.extend(applied.notes.iter().map(|note| format!("`{name}`: {note}")));
    }
    for held in &ground.held {
        let shown = run.records.values().any(|record| record.edited.contains_key(&held.data));
        if !shown && view.case.data.contains_key(&held.data) {
            lines.push(format!("`{}`: no stage that trains is shown it", held.data));
        }
    }
    lines
}

/// Whether predictions for held-out rows follow their targets.
fn of_predictions(view: &View<'_>, course: &Course, verdict: &mut Verdict) -> Result<(), Error> {
    let Some(scenario) = &course.targets else { return Ok(()) };
    let Some(run) = view.walk(scenario) else { return Ok(()) };
    if let Some(reason) = &run.unfit {
        verdict.not_checked.push(format!("whether predictions follow held-out targets: {reason}"));
        return Ok(());
    }
    if let Some((stage, record)) = run.failure() {
        verdict.not_checked.push(format!(
            "whether predictions follow held-out targets: stage `{stage}` fails when they change ({})",
            record.end.sentence()
        ));
        return Ok(());
    }
    if run.edited().values().all(|applied| applied.cells_changed == 0) {
        return Ok(());
    }
    let told = |finding: &Finding| finding.factors.iter().any(|factor| factor == "held-out-targets");
    if verdict.findings.iter().any(told) {
        verdict
            .notes
            .push("predictions were not looked at: the model itself follows held-out targets".to_owned());
        return Ok(());
    }
    for name in &scenario.wanted {
        let Some(difference) = super::answers::compare(view, run, name)? else { continue };
        let Ok(difference) = difference.map_err(|why| verdict.not_checked.push(why)) else { continue };
        if difference.class == Class::Identical {
            continue;
        }
        let stage = view.case.producer(name).map(|stage| stage.name.clone()).unwrap_or_default();
        if view.is_unrepeatable(&stage) {
            if verdict.status != Status::Drifted {
                *verdict = unrepeatable(AUDIT, &stage);
            }
            return Ok(());
        }
        let more = format!("targets of held-out rows change `{name}`, the predictions for them");
        verdict.headline = match verdict.status {
            Status::Drifted => format!("{}; {more}", verdict.headline),
            _ => more,
        };
        verdict.status = Status::Drifted;
        verdict.cause = None;
        verdict.findings.push(found(view, AUDIT, name, &["held-out-targets"], difference));
    }
    Ok(())
}
