//! Judges `idempotence`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::walked::{failed, found, inconclusive, told, unrepeatable};
use super::{Cause, Error, Failure, Finding, Judge, Status, Verdict, View, stored, verdict};
use crate::artifact::{Artifact, table};
use crate::case::{Role, Stage};
use crate::flow::ScenarioRun;
use crate::plan::Scenario;
use crate::plan::scenario::How;
use crate::relate::{self, Class, Difference, Place};
use crate::run::{End, Output, Record};

const NAME: &str = "idempotence";
/// Bytes of a printed line that are quoted.
const QUOTED_BYTES_MAX: u64 = 200;

/// See the module.
pub(super) struct Idempotence;

impl Judge for Idempotence {
    fn audit(&self) -> &'static str {
        NAME
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let mut seen = Seen::default();
        for scenario in view.first(NAME) {
            let Some(walk) = view.walk(&scenario) else { continue };
            let outcome = match (&scenario.how, &scenario.stage) {
                (How::After(_), Some(stage)) => again(view, walk, stage, &mut seen)?,
                (How::Twins, Some(stage)) => twins(view, walk, stage, &mut seen)?,
                _ => empty(view, &scenario, walk, &mut seen)?,
            };
            seen.unclear = seen.unclear.take().or(outcome);
        }
        undeclared(view, &mut seen);
        silent(view, &mut seen);
        Ok(seen.verdict(view))
    }
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    findings: Vec<Finding>,
    notes: Vec<String>,
    not_checked: Vec<String>,
    /// What could not be concluded.
    unclear: Option<Verdict>,
    /// What was looked at, in words.
    held: Vec<&'static str>,
}

impl Seen {
    fn looked_at(&mut self, what: &'static str) {
        if !self.held.contains(&what) {
            self.held.push(what);
        }
    }

    fn verdict(self, view: &View<'_>) -> Verdict {
        let mut verdict = match (self.findings.first(), self.unclear) {
            (Some(first), _) => verdict(NAME, Status::Drifted, headline(first)),
            (None, Some(unclear)) => unclear,
            (None, None) if self.held.is_empty() => {
                inconclusive(NAME, "nothing was asked for".to_owned(), Cause::NothingVaried)
            }
            (None, None) => verdict(NAME, Status::Held, self.held.join("; ")),
        };
        if !self.findings.is_empty() {
            verdict.findings = self.findings;
        }
        verdict.notes.extend(self.notes);
        verdict.not_checked.extend(self.not_checked);
        let exclusive = view.case.stages.iter().filter(|stage| !stage.exclusive.is_empty());
        let twins = view.case.audits.wishes.idempotence.as_ref().is_some_and(|wish| wish.twins);
        for stage in exclusive.filter(|_| twins) {
            let why = format!("two copies of stage `{}`: it declares an exclusive resource", stage.name);
            verdict.not_checked.push(why);
        }
        verdict
    }
}

fn headline(finding: &Finding) -> String {
    let stage = &finding.stage;
    let artifact = finding.artifact.as_deref().unwrap_or_default();
    let fails = finding.failure.is_some();
    match finding.factors.first().map(String::as_str) {
        Some("again") if fails => format!("stage `{stage}` fails when it runs again over its own outputs"),
        Some("again") => format!("a second run of stage `{stage}` over its own outputs changes `{artifact}`"),
        Some("twins") if fails => format!("stage `{stage}` fails when two copies run at the same time"),
        Some("twins") => format!("two copies of stage `{stage}` at the same time change `{artifact}`"),
        Some("empty") if fails => format!("stage `{stage}` fails on data without rows"),
        Some("empty") => format!("data without rows gives no `{artifact}` with a header alone"),
        Some("undeclared") => format!("stage `{stage}` writes files that nobody declared"),
        _ => format!("stage `{stage}` prints on standard output"),
    }
}

fn again(
    view: &View<'_>,
    walk: &ScenarioRun,
    stage: &str,
    seen: &mut Seen,
) -> Result<Option<Verdict>, Error> {
    let Some(record) = walk.records.get(stage) else { return Ok(None) };
    if let Some(earlier) = record.before.iter().find(|earlier| earlier.end != End::Finished) {
        let headline =
            format!("the first of two runs of stage `{stage}` did not finish: {}", earlier.end.sentence());
        return Ok(Some(inconclusive(NAME, headline, Cause::VariedRunFailed)));
    }
    seen.looked_at("a second run over its own outputs changes nothing");
    if record.end != End::Finished {
        return Ok(not_finished(view, stage, record, "again", seen));
    }
    let differing = differing(view, record, &record.outputs)?;
    if !differing.is_empty() && view.is_unrepeatable(stage) {
        return Ok(Some(unrepeatable(NAME, stage)));
    }
    let finding = |(name, difference): (String, Difference)| found(view, NAME, &name, &["again"], difference);
    seen.findings.extend(differing.into_iter().map(finding));
    Ok(None)
}

fn twins(
    view: &View<'_>,
    walk: &ScenarioRun,
    stage: &str,
    seen: &mut Seen,
) -> Result<Option<Verdict>, Error> {
    let Some((record, twin)) =
        walk.records.get(stage).and_then(|record| Some((record, record.twin.as_ref()?)))
    else {
        return Ok(None);
    };
    seen.looked_at("two copies at the same time leave the same bits");
    if record.end != End::Finished {
        return Ok(not_finished(view, stage, record, "twins", seen));
    }
    if twin.end != End::Finished {
        if let Some(unclear) = timed_out(stage, &twin.end) {
            return Ok(Some(unclear));
        }
        let failure = Failure { end: twin.end.sentence(), log: twin.log_tail(), hint: None };
        seen.findings
            .push(Finding { failure: Some(failure), ..failed(view, NAME, stage, record, &["twins"]) });
        return Ok(None);
    }
    let mut differing = differing(view, record, &record.outputs)?;
    for (name, difference) in self::differing(view, record, &twin.outputs)? {
        if differing.iter().all(|(known, _)| *known != name) {
            differing.push((name, difference));
        }
    }
    if !differing.is_empty() && view.is_unrepeatable(stage) {
        return Ok(Some(unrepeatable(NAME, stage)));
    }
    let finding = |(name, difference): (String, Difference)| found(view, NAME, &name, &["twins"], difference);
    seen.findings.extend(differing.into_iter().map(finding));
    Ok(None)
}

/// How outputs differ from the baseline's, those that do.
fn differing(
    view: &View<'_>,
    record: &Record,
    outputs: &std::collections::BTreeMap<String, Output>,
) -> Result<Vec<(String, Difference)>, Error> {
    let other = Record { outputs: outputs.clone(), ..record.clone() };
    let mut differing = Vec::new();
    for name in outputs.keys() {
        let (Some(left), Some(right)) = (view.baseline(name), stored(view.case, &other, name)) else {
            continue;
        };
        let difference = relate::compare(&left, &right)?;
        if difference.class != Class::Identical {
            differing.push((name.clone(), difference));
        }
    }
    Ok(differing)
}

/// A run that failed is a finding; one that ran out of time decides nothing.
fn not_finished(
    view: &View<'_>,
    stage: &str,
    record: &Record,
    word: &str,
    seen: &mut Seen,
) -> Option<Verdict> {
    let unclear = timed_out(stage, &record.end);
    if unclear.is_none() {
        seen.findings.push(failed(view, NAME, stage, record, &[word]));
    }
    unclear
}

fn timed_out(stage: &str, end: &End) -> Option<Verdict> {
    matches!(end, End::TimedOut { .. })
        .then(|| inconclusive(NAME, format!("a run of stage `{stage}` {}", end.sentence()), Cause::TimedOut))
}

fn empty(
    view: &View<'_>,
    scenario: &Scenario,
    walk: &ScenarioRun,
    seen: &mut Seen,
) -> Result<Option<Verdict>, Error> {
    if let Some(reason) = &walk.unfit {
        return Ok(Some(inconclusive(NAME, reason.clone(), Cause::NothingVaried)));
    }
    if !walk.edited().values().any(|applied| applied.rows_changed > 0) {
        let names: Vec<&str> = scenario.edits.keys().map(String::as_str).collect();
        let headline = format!("`{}` has no rows, so none could be taken away", names.join("`, `"));
        return Ok(Some(inconclusive(NAME, headline, Cause::NothingVaried)));
    }
    if let Some((stage, record)) = walk.failure() {
        if view.case.stage(stage).is_some_and(|stage| owes_an_answer(stage, scenario)) {
            seen.looked_at("data without rows gives a header alone");
            return Ok(not_finished(view, stage, record, "empty", seen));
        }
        let headline = format!("stage `{stage}`, which predicts nothing, fails on data without rows");
        return Ok(Some(inconclusive(NAME, headline, Cause::VariedRunFailed)));
    }
    seen.looked_at("data without rows gives a header alone");
    for name in &scenario.wanted {
        let (Some(before), Some(after)) = (view.baseline(name), view.artifact(walk, name)) else { continue };
        if !after.format.is_table() {
            seen.not_checked.push(format!("what `{name}` holds when there are no rows: it is no table"));
        } else if let Some(difference) = beside_header(&before, &after)? {
            seen.findings.push(found(view, NAME, name, &["empty"], difference));
        }
    }
    Ok(None)
}

/// Whether a stage must cope with data that has no rows: it predicts, or it only hands the data on.
fn owes_an_answer(stage: &Stage, scenario: &Scenario) -> bool {
    let leaves = |role: Role| stage.outputs.values().any(|output| output.role == role);
    let reads = stage.data.iter().any(|data| scenario.edits.contains_key(data));
    leaves(Role::Predictions) || (reads && !leaves(Role::Model) && !leaves(Role::Checkpoint))
}

/// What a table holds besides the header of another; `None` where it is the header alone.
fn beside_header(before: &Artifact, after: &Artifact) -> Result<Option<Difference>, Error> {
    let quoted = |columns: &[String]| format!("columns `{}`", columns.join("`, `"));
    let wanted = table::open(&before.origin())?.columns().to_vec();
    let mut now = match table::open(&after.origin()) {
        Ok(table) => table,
        Err(error) if error.is_about_content() => {
            let note = format!("data without rows gives no header: {}", error.fault);
            return Ok(Some(told(Class::Shape, Some(Place::Whole), note)));
        }
        Err(error) => return Err(error.into()),
    };
    if now.columns() != wanted {
        let note = "data without rows gives another header".to_owned();
        let (left, right) = (Some(quoted(&wanted)), Some(quoted(now.columns())));
        return Ok(Some(Difference { left, right, ..told(Class::Shape, Some(Place::Whole), note) }));
    }
    let rows = now.advance()?;
    let note = "data without rows gives rows".to_owned();
    Ok(rows.then(|| told(Class::Shape, Some(Place::Row { row: 1, key: None }), note)))
}

fn undeclared(view: &View<'_>, seen: &mut Seen) {
    if !view.case.audits.wishes.idempotence.as_ref().is_some_and(|wish| wish.undeclared) {
        return;
    }
    seen.looked_at("nothing undeclared is written");
    for stage in &view.case.stages {
        let Some(record) = view.session.baseline(&stage.name) else { continue };
        let files: Vec<String> = record
            .undeclared
            .iter()
            .filter(|path| !is_cache(path))
            .map(|path| path.display().to_string())
            .collect();
        let Some(first) = files.first() else { continue };
        let others = match files.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let place = Place::File { path: first.clone(), inside: None };
        let note = format!("`{first}`{others} below the working directory is no declared output");
        seen.findings.push(spoken(view, &stage.name, "undeclared", told(Class::Missing, Some(place), note)));
    }
}

/// What tools leave for themselves: compiled Python, and hidden folders that say that they are caches.
fn is_cache(path: &Path) -> bool {
    let hidden_cache = |name: &str| name.starts_with('.') && name.contains("cache");
    let folders = path.iter().map(|part| part.to_string_lossy());
    folders.into_iter().any(|part| part == "__pycache__" || hidden_cache(&part))
        || path.extension().is_some_and(|ending| ending == "pyc")
}

fn silent(view: &View<'_>, seen: &mut Seen) {
    for stage in view.case.stages.iter().filter(|stage| stage.silent) {
        seen.looked_at("nothing is printed on standard output");
        let Some(record) = view.session.baseline(&stage.name) else { continue };
        if let Some(line) = first_line(&record.logs.join("stdout")) {
            let note = "standard output is declared silent".to_owned();
            let difference = told(Class::Missing, Some(Place::Line(1)), note);
            let difference = Difference { right: Some(line), ..difference };
            seen.findings.push(spoken(view, &stage.name, "stdout", difference));
        }
    }
}

/// The first line of a log, quoted; `None` where nothing was written.
fn first_line(log: &Path) -> Option<String> {
    let file = std::fs::File::open(log).ok()?;
    let mut line = Vec::new();
    BufReader::new(file).take(QUOTED_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
    let text = String::from_utf8_lossy(&line);
    (!line.is_empty()).then(|| format!("{:?}", text.trim_end_matches(['\r', '\n'])))
}

/// A finding about a stage and no artifact.
fn spoken(view: &View<'_>, stage: &str, word: &str, difference: Difference) -> Finding {
    Finding {
        stage: stage.to_owned(),
        on: None,
        source: Vec::new(),
        regions: Vec::new(),
        artifact: None,
        factors: vec![word.to_owned()],
        difference: Some(difference),
        failure: None,
        rerun: view.rerun(NAME, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Format;

    fn table(folder: &tempfile::TempDir, name: &str, text: &str) -> Artifact {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Artifact::at(path, Format::Csv, vec!["id".to_owned()]).unwrap()
    }

    #[test]
    fn a_header_alone_is_all_that_an_empty_table_may_hold() {
        let folder = tempfile::tempdir().unwrap();
        let before = table(&folder, "before.csv", "id,label\n1,a\n");
        let against = |text: &str| beside_header(&before, &table(&folder, "after.csv", text)).unwrap();
        assert_eq!(against("id,label\n"), None);
        assert_eq!(against("id,label"), None);
        let row = against("id,label\n0,a\n").unwrap();
        assert_eq!(row.place, Some(Place::Row { row: 1, key: None }));
        let header = against("id\n").unwrap();
        assert_eq!(header.left.as_deref(), Some("columns `id`, `label`"));
        assert!(against("").is_some(), "a file without a header is no table");
    }

    #[test]
    fn caches_of_tools_are_no_results() {
        for (path, cache) in [
            ("__pycache__/a.cpython-311.pyc", true),
            ("pkg/__pycache__/x", true),
            ("old.pyc", true),
            (".cache/blob", true),
            ("deep/.pytest_cache/v/x", true),
            ("cache/blob", false),
            (".hidden", false),
            ("results.csv", false),
        ] {
            assert_eq!(is_cache(Path::new(path)), cache, "{path}");
        }
    }

    #[test]
    fn the_first_printed_line_is_quoted_and_silence_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("stdout");
        std::fs::write(&log, "epoch 1\nepoch 2\n").unwrap();
        assert_eq!(first_line(&log).as_deref(), Some("\"epoch 1\""));
        std::fs::write(&log, "\n").unwrap();
        assert_eq!(first_line(&log).as_deref(), Some("\"\""));
        std::fs::write(&log, b"\xff\x1b[31m").unwrap();
        assert_eq!(first_line(&log).as_deref(), Some("\"\u{fffd}\\u{1b}[31m\""));
        std::fs::write(&log, "").unwrap();
        assert_eq!(first_line(&log), None);
    }
}
