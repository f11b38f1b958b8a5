//! What is planted for each audit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Error;
use crate::artifact::{self, Artifact, Entry, Format, Kind, column};
use crate::case::{Case, Data, Role, Split, marks_held_out};
use crate::flow::{ScenarioRun, Session};
use crate::judge::without_a_need;
use crate::plan::scenario::checkpoints;
use crate::plan::scenario::overlap::{Side, Which, side, sides};
use crate::plan::{Question, Scenario, StagePlan};
use crate::run::{Output, Record, Runner};
use crate::vary::data::{self, Applied, Edit, Part, Rows, Source};
use crate::vary::{self, FACTORS};

/// A fault, ready to be planted.
pub(super) struct Plant {
    kind: Kinds,
    /// The artifact that is spoilt, and its spoilt copy.
    spoilt: Option<(String, Output)>,
    /// The case as the audit is to see it, where it is not the user's.
    case: Option<Case>,
}

enum Kinds {
    /// A second pinned run gives other bits.
    Unrepeatable,
    /// A run in which this factor is varied gives other bits.
    Factor(&'static str),
    /// Every walk leaves the spoilt artifact.
    Walks,
    /// Every walk leaves what the baseline left.
    Baseline,
    /// The baseline itself left the spoilt artifact, for audits that look at nothing else.
    Own,
    /// Nothing that is run; only the case is another one.
    Declared,
}

impl Plant {
    /// What is planted for an audit, or why nothing can be.
    pub(super) fn of(
        audit: &str,
        case: &Case,
        session: &Session,
        runner: &Runner,
    ) -> Result<Result<Self, String>, Error> {
        let plain = |kind, case| Ok(Ok(Self { kind, spoilt: None, case }));
        match audit {
            "repeat" => Self::spoilt(Kinds::Unrepeatable, any_output(case), case, session, runner),
            "nuisance" | "seed-coverage" => {
                let kinds: &[vary::Kind] = if audit == "nuisance" {
                    &[vary::Kind::Environment, vary::Kind::Machine]
                } else {
                    &[vary::Kind::Generator]
                };
                match factor(session, kinds) {
                    Some(factor) => {
                        Self::spoilt(Kinds::Factor(factor), any_output(case), case, session, runner)
                    }
                    None => Ok(Err("no factor is varied".to_owned())),
                }
            }
            "shuffled-targets" => plain(Kinds::Baseline, None),
            "overlap" => Self::overlapping(case, session, runner),
            "drift" => Self::drifting(case, session, runner),
            "variance" => plain(Kinds::Declared, Some(claiming(case))),
            "metrics" => Self::mispredicting(case, session, runner),
            "payload" => Self::lacking(case, session, runner),
            "normalization" => {
                let wish = case.audits.wishes.normalization.as_ref();
                let output = wish.map(|wish| wish.infer.clone());
                // Where both paths are given the same data, nothing is walked: the baseline has both answers.
                let walks = wish.is_none_or(|wish| wish.from != wish.to);
                Self::spoilt(if walks { Kinds::Walks } else { Kinds::Own }, output, case, session, runner)
            }
            _ => {
                let output = wanted(audit, case, session);
                Self::spoilt(Kinds::Walks, output, case, session, runner)
            }
        }
    }

    fn spoilt(
        kind: Kinds,
        output: Option<String>,
        case: &Case,
        session: &Session,
        runner: &Runner,
    ) -> Result<Result<Self, String>, Error> {
        let Some(name) = output else { return Ok(Err("no output is compared".to_owned())) };
        let Some(record) = case.producer(&name).and_then(|stage| session.baseline(&stage.name)) else {
            return Ok(Err(format!("there is no `{name}`")));
        };
        match spoil(case, &name, &record.outputs[&name].path, runner)? {
            Some(output) => Ok(Ok(Self { kind, spoilt: Some((name, output)), case: None })),
            None => Ok(Err(format!("`{name}` is empty"))),
        }
    }

    /// Predictions of which every one is another.
    fn mispredicting(case: &Case, session: &Session, runner: &Runner) -> Result<Result<Self, String>, Error> {
        let Some(wish) = &case.audits.wishes.metrics else {
            return Ok(Err("nothing is declared".to_owned()));
        };
        let name = wish.scoring.predictions.clone();
        let (Some(declared), Some(record)) = (case.output(&name), own_record(case, session, &name)) else {
            return Ok(Err(format!("there is no `{name}`")));
        };
        let artifact =
            Artifact::at(record.outputs[&name].path.clone(), declared.format, declared.id.clone())?;
        let prediction = match &wish.scoring.prediction {
            Some(column) => column.clone(),
            None => match column::header(&artifact)?.into_iter().find(|name| !declared.id.contains(name)) {
                Some(column) => column,
                None => return Ok(Err(format!("`{name}` has no column beside its id"))),
            },
        };
        let folder = tempfile::tempdir_in(runner.store().root())?;
        let change = Edit::Change { rows: Rows::All, parts: BTreeSet::from([Part::Targets]), seed: 1 };
        // Scores of all classes in a row belong together, so that rows of them change places.
        let shuffle = Edit::PermuteTargets { rows: Rows::All, seed: 1 };
        let scores = wish.scoring.score.iter();
        let edits = scores
            .map(|score| (score.clone(), if wish.scoring.score.len() == 1 { &change } else { &shuffle }));
        let mut path = artifact.path.clone();
        for (place, (column, edit)) in std::iter::once((prediction, &change)).chain(edits).enumerate() {
            let source = Source { target: Some(column), ..Source::of(&artifact) };
            let copy = folder.path().join(place.to_string());
            if let Err(error) =
                data::apply(std::slice::from_ref(edit), &Source { path, ..source }, &BTreeMap::new(), &copy)
            {
                return Ok(Err(error.to_string()));
            }
            path = copy;
        }
        let spoilt = runner.store().keep(&path)?;
        Ok(Ok(Self { kind: Kinds::Own, spoilt: Some((name, spoilt)), case: None }))
    }

    /// A checkpoint without what is needed first of what it holds.
    fn lacking(case: &Case, session: &Session, runner: &Runner) -> Result<Result<Self, String>, Error> {
        for name in checkpoints(case) {
            let (Some(declared), Some(record)) = (case.output(name), own_record(case, session, name)) else {
                continue;
            };
            let path = record.outputs[name].path.clone();
            let artifact = Artifact::at(path, declared.format, declared.id.clone())?;
            let Ok(entries) = artifact::entries(&artifact)? else { continue };
            let Some(rest) = without_a_need(&entries, &case.audits.wishes.payload.needs) else { continue };
            let folder = tempfile::tempdir_in(runner.store().root())?;
            let copy = folder.path().join("lacking");
            std::fs::write(&copy, listing(&rest).to_string())?;
            let spoilt = runner.store().keep(&copy)?;
            let mut changed = case.clone();
            let outputs = changed.stages.iter_mut().filter_map(|stage| stage.outputs.get_mut(name));
            outputs.for_each(|output| output.format = Format::Json);
            return Ok(Ok(Self {
                kind: Kinds::Own,
                spoilt: Some((name.to_owned(), spoilt)),
                case: Some(changed),
            }));
        }
        Ok(Err("no checkpoint holds anything that is needed and could be taken away".to_owned()))
    }

    /// The baseline as the fault would have it.
    pub(super) fn spoil_baseline(&self, case: &Case, session: &mut Session) {
        let (Kinds::Own, Some((name, output))) = (&self.kind, &self.spoilt) else { return };
        let Some(stage) = case.producer(name) else { return };
        for run in session.stages.iter_mut().filter(|run| run.plan.stage == stage.name) {
            if let Some(record) = run.records.get_mut(&Question::default()) {
                record.outputs.insert(name.clone(), output.clone());
            }
        }
    }

    /// A case whose held-out rows are the user's, with training rows added.
    fn overlapping(case: &Case, session: &Session, runner: &Runner) -> Result<Result<Self, String>, Error> {
        let sides = match sides(case) {
            Ok(sides) => sides,
            Err(why) => return Ok(Err(why)),
        };
        let (train, test) = (&sides.train[0], &sides.test[0]);
        let (Some(from), Some(to)) = (table(case, session, &train.name), table(case, session, &test.name))
        else {
            return Ok(Err(format!("there is no `{}` or no `{}`", train.name, test.name)));
        };
        let sources = BTreeMap::from([
            (train.name.clone(), from.source(from.path.clone())),
            (test.name.clone(), to.source(to.path.clone())),
        ]);
        let edits = match (own_rows(&from, train), own_rows(&to, test)) {
            (Ok(mut theirs), Ok(ours)) => {
                theirs.truncate(theirs.len().clamp(1, 1000) / 2 + 1);
                let append = Edit::Append { from: train.name.clone(), rows: Rows::Numbers(theirs) };
                [Edit::Keep { rows: Rows::Numbers(ours) }, append]
            }
            (Err(why), _) | (_, Err(why)) => return Ok(Err(why)),
        };
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join("rows");
        if let Err(error) = data::apply(&edits, &sources[&test.name], &sources, &copy) {
            return Ok(Err(error.to_string()));
        }
        let kept = runner.store().keep(&copy)?;
        let mut changed = case.clone();
        let planted = "planted".to_owned();
        changed.data.insert(planted.clone(), Data { path: kept.path, split: None, held_out: true, ..to });
        changed.audits.wishes.overlap.train = vec![train.name.clone()];
        changed.audits.wishes.overlap.test = vec![planted];
        Ok(Ok(Self { kind: Kinds::Declared, spoilt: None, case: Some(changed) }))
    }

    /// A case in which the first compared table is the user's, all of its columns shifted.
    fn drifting(case: &Case, session: &Session, runner: &Runner) -> Result<Result<Self, String>, Error> {
        let named = case.audits.wishes.drift.as_ref().and_then(|wish| Some((wish, wish.current.first()?)));
        let Some((wish, name)) = named else { return Ok(Err("nothing is declared".to_owned())) };
        let Some(from) = table(case, session, name) else { return Ok(Err(format!("there is no `{name}`"))) };
        let rows = match own_rows(&from, &side(case, name, true)) {
            Ok(rows) if (rows.len() as u64) < wish.limits.rows => {
                return Ok(Err(format!("`{name}` has fewer than {} rows", wish.limits.rows)));
            }
            Ok(rows) => Rows::Numbers(rows),
            Err(why) => return Ok(Err(why)),
        };
        let parts = BTreeSet::from([Part::Features, Part::Targets]);
        let edits = [Edit::Keep { rows }, Edit::Change { rows: Rows::All, parts, seed: 1 }];
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join("rows");
        if let Err(error) = data::apply(&edits, &from.source(from.path.clone()), &BTreeMap::new(), &copy) {
            return Ok(Err(error.to_string()));
        }
        let kept = runner.store().keep(&copy)?;
        let mut changed = case.clone();
        let planted = "planted".to_owned();
        changed.data.insert(planted.clone(), Data { path: kept.path, split: None, held_out: true, ..from });
        if let Some(wish) = &mut changed.audits.wishes.drift {
            wish.current = vec![planted];
        }
        Ok(Ok(Self { kind: Kinds::Declared, spoilt: None, case: Some(changed) }))
    }

    /// The case that the audit is shown.
    pub(super) fn case(&self, case: &Case) -> Case {
        self.case.clone().unwrap_or_else(|| case.clone())
    }

    /// Whether the runs of a stage are spoilt.
    pub(super) fn spoils_stage(&self, plan: &StagePlan) -> bool {
        match self.kind {
            Kinds::Unrepeatable => true,
            Kinds::Factor(factor) => plan.factors.contains(&factor),
            Kinds::Walks | Kinds::Baseline | Kinds::Own | Kinds::Declared => false,
        }
    }

    /// Which bits a run of a spoilt stage gives: 0 for the baseline's.
    pub(super) fn bits(&self, question: &Question) -> u32 {
        match self.kind {
            Kinds::Unrepeatable => u32::from(question.repetition > 0 || !question.varied.is_empty()),
            Kinds::Factor(factor) => {
                u32::from(question.varied.contains(factor)) + 2 * u32::from(question.seed.is_some())
            }
            Kinds::Walks | Kinds::Baseline | Kinds::Own | Kinds::Declared => 0,
        }
    }

    /// The baseline's record, with the spoilt artifact where the bits are other ones.
    pub(super) fn record(&self, baseline: &Record, bits: u32) -> Record {
        let mut record = baseline.clone();
        if let Some((name, output)) = self.spoilt.as_ref().filter(|_| bits != 0) {
            // A stage that does not leave the spoilt artifact leaves it under the name of its first one.
            let name = record.outputs.get_key_value(name).or(record.outputs.first_key_value());
            if let Some(name) = name.map(|(name, _)| name.clone()) {
                record.outputs.insert(name, output.clone());
            }
        }
        record
    }

    /// A walk as the fault would leave it.
    pub(super) fn walk(
        &self,
        case: &Case,
        session: &Session,
        scenario: &Scenario,
        mut walked: ScenarioRun,
        runner: &Runner,
    ) -> Result<ScenarioRun, Error> {
        match (&self.kind, &self.spoilt) {
            (Kinds::Baseline, _) => {
                for (stage, record) in &mut walked.records {
                    if let Some(baseline) = session.baseline(stage) {
                        record.outputs.clone_from(&baseline.outputs);
                    }
                }
            }
            (Kinds::Walks, Some((name, _))) if scenario.changes_anything() => {
                let Some(stage) = case.producer(name) else { return Ok(walked) };
                let Some(baseline) = session.baseline(&stage.name) else { return Ok(walked) };
                let record =
                    walked.records.entry(stage.name.clone()).or_insert_with(|| reached(baseline, scenario));
                // What this walk left is spoilt, not what the baseline left: other rows may stand there.
                if let Some(own) = record.outputs.get(name)
                    && let Some(spoilt) = spoil(case, name, &own.path, runner)?
                {
                    record.outputs.insert(name.clone(), spoilt);
                }
            }
            _ => {}
        }
        Ok(walked)
    }
}

/// Declared data, or an output of the baseline as if it were declared.
fn table(case: &Case, session: &Session, name: &str) -> Option<Data> {
    if let Some(data) = case.data.get(name) {
        return Some(data.clone());
    }
    let (stage, output) = (case.producer(name)?, case.output(name)?);
    Some(Data {
        path: session.baseline(&stage.name)?.outputs.get(name)?.path.clone(),
        format: output.format,
        id: output.id.clone(),
        target: output.target.clone(),
        held_out: false,
        group: output.group.clone(),
        time: output.time.clone(),
        split: None,
    })
}

/// The numbers of the rows that a side means.
fn own_rows(data: &Data, side: &Side) -> Result<Vec<u64>, String> {
    let source = data.source(data.path.clone());
    match (&side.rows, &data.split) {
        (Which::All, _) => {
            data::row_count(&source).map(|rows| (0..rows).collect()).map_err(|error| error.to_string())
        }
        (Which::Split { held_out }, Some(Split::Column { column, held_out: declared })) => {
            let values = data::column(&source, column).map_err(|error| error.to_string())?;
            let meant =
                values.iter().zip(0..).filter(|(value, _)| marks_held_out(value, declared) == *held_out);
            Ok(meant.map(|(_, row)| row).collect())
        }
        (Which::Split { .. }, _) => Err(format!("`{}` is split by an output", side.name)),
    }
}

/// A stage that the change does not reach, as if it did: that is the fault.
fn reached(baseline: &Record, scenario: &Scenario) -> Record {
    let applied = Applied { rows: 1, rows_changed: 1, cells_changed: 1, ..Applied::default() };
    let edited = scenario.edits.keys().map(|name| (name.clone(), applied.clone())).collect();
    Record { edited, ..baseline.clone() }
}

/// Some output, the first of the last stage.
fn any_output(case: &Case) -> Option<String> {
    case.stages.iter().rev().find_map(|stage| stage.outputs.keys().next().cloned())
}

/// An output that the walks of an audit look at: predictions first.
fn wanted(audit: &str, case: &Case, session: &Session) -> Option<String> {
    let own = session.plan.scenarios.iter().find(|(name, _)| *name == audit)?;
    let named: BTreeSet<&String> = own.1.iter().flat_map(|scenario| &scenario.wanted).collect();
    let all: Vec<&String> = if named.is_empty() {
        case.stages.iter().flat_map(|stage| stage.outputs.keys()).collect()
    } else {
        named.into_iter().collect()
    };
    let role = |name: &&&String| {
        let role = case.output(name).map(|output| output.role);
        match role {
            Some(Role::Model) if audit == "leakage" || audit == "resume" => 0,
            Some(Role::Predictions) => 1,
            Some(Role::Metrics | Role::Log) => 3,
            _ => 2,
        }
    };
    all.iter().min_by_key(role).map(|name| (*name).clone())
}

/// A factor of these kinds that is varied.
fn factor(session: &Session, kinds: &[vary::Kind]) -> Option<&'static str> {
    let varied: BTreeSet<&str> =
        session.plan.stages.iter().flat_map(|stage| stage.factors.iter().copied()).collect();
    FACTORS
        .iter()
        .find(|factor| kinds.contains(&factor.kind()) && varied.contains(factor.name()))
        .map(|factor| factor.name())
}

/// The case with a claim that nothing reaches.
fn claiming(case: &Case) -> Case {
    let mut case = case.clone();
    if let Some(wish) = &mut case.audits.wishes.variance {
        wish.claim = Some(f64::MAX);
    }
    case
}

/// What the baseline's stage left that leaves this output.
fn own_record<'a>(case: &Case, session: &'a Session, name: &str) -> Option<&'a Record> {
    let record = session.baseline(&case.producer(name)?.name)?;
    record.outputs.contains_key(name).then_some(record)
}

/// Entries as a document that holds just them, by their names.
fn listing(entries: &[Entry]) -> Value {
    let mut document = serde_json::Map::new();
    for entry in entries {
        let Some((last, above)) = entry.path.split_last() else { continue };
        let mut place = Some(&mut document);
        for name in above {
            place = place.and_then(|object| {
                let below =
                    object.entry(name.clone()).or_insert_with(|| Value::Object(serde_json::Map::new()));
                below.as_object_mut()
            });
        }
        let value = match entry.kind {
            Kind::Numbers => Value::from(1),
            Kind::Nothing => Value::Null,
            Kind::Other => Value::from("other"),
        };
        // A name that is both a leaf and a folder stays a folder.
        if let Some(object) = place {
            object.entry(last.clone()).or_insert(value);
        }
    }
    Value::Object(document)
}

/// A spoilt copy of a file in the store: one row strongly changed where rows are known, one bit elsewhere. `None` of
/// something empty.
fn spoil(case: &Case, name: &str, path: &Path, runner: &Runner) -> Result<Option<Output>, Error> {
    let Some(declared) = case.output(name) else { return Ok(None) };
    let folder = tempfile::tempdir_in(runner.store().root())?;
    let copy = folder.path().join("spoilt");
    let done = change_row(path, declared.format, &declared.id, &copy) || flip_bit(path, &copy)?;
    if !done {
        return Ok(None);
    }
    Ok(Some(runner.store().keep(&copy)?))
}

fn change_row(path: &Path, format: Format, id: &[String], copy: &Path) -> bool {
    let source =
        Source { path: path.to_path_buf(), format, id: id.to_vec(), target: None, fixed: Vec::new() };
    let edit =
        Edit::Change { rows: Rows::Numbers(vec![0]), parts: BTreeSet::from([Part::Features]), seed: 1 };
    data::apply(&[edit], &source, &BTreeMap::new(), copy).is_ok_and(|applied| applied.cells_changed > 0)
}

/// Flips the lowest bit of the last byte of a file, or of the last file below a folder.
fn flip_bit(path: &Path, copy: &Path) -> Result<bool, Error> {
    let file = |root: &Path| -> Option<PathBuf> {
        let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
        entries.filter(|entry| entry.file_type().is_file()).last().map(walkdir::DirEntry::into_path)
    };
    if path.is_dir() {
        for entry in walkdir::WalkDir::new(path).into_iter().filter_map(Result::ok) {
            let Ok(below) = entry.path().strip_prefix(path) else { continue };
            let target = copy.join(below);
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(&target)?;
            } else {
                std::fs::copy(entry.path(), &target)?;
            }
        }
    } else {
        std::fs::copy(path, copy)?;
    }
    let Some(target) = file(copy) else { return Ok(false) };
    let mut bytes = std::fs::read(&target)?;
    let Some(last) = bytes.last_mut() else { return Ok(false) };
    *last ^= 1;
    std::fs::remove_file(&target)?;
    std::fs::write(&target, bytes)?;
    Ok(true)
}
