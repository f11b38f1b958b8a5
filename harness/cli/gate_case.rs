//! `driftless gate` on a project: its files, and what its case declares to be handed in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::progress::Line;
use super::select::{jobs, open_store};
use super::wish::failure;
use super::{Failure, listen};
use crate::case::{Case, Submission};
use crate::plan::{self, Selection};
use crate::report::{CaseReport, Measured};
use crate::rule::Looked;
use crate::run::Runner;
use crate::{flow, gate, judge, project, submission};

/// How the gate goes about it.
pub(super) struct How<'a> {
    /// Look at files only.
    pub(super) no_run: bool,
    /// Show no progress.
    pub(super) quiet: bool,
    /// Where sessions are kept.
    pub(super) store: Option<&'a Path>,
}

/// Looks at a project's folder, or at the project of a case file; with the folder of the session in which it was rebuilt.
pub(super) fn look(path: &Path, how: &How<'_>) -> Result<(Looked, Option<PathBuf>), Failure> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut looked = project::look(folder);
    let Some(file) = case_file(path) else {
        looked.not_checked.push(
            "the pipeline and what it hands in: there is no case file; `driftless init` writes one"
                .to_owned(),
        );
        return Ok((looked, None));
    };
    let cases = super::read(&crate::case::find(&file)?)?;
    let runner = runner(&cases, how)?;
    for case in cases {
        looked.add(one(case, how, runner.as_ref())?);
    }
    Ok((looked, runner.map(|runner| runner.store().session().to_path_buf())))
}

/// The case file that a path names, or that lies directly in a folder.
fn case_file(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_path_buf());
    }
    ["driftless.toml", "case.toml"].map(|name| path.join(name)).into_iter().find(|file| file.is_file())
}

/// What rebuilds all cases, in one session; `None` where nothing is to be run.
fn runner(cases: &[Case], how: &How<'_>) -> Result<Option<Runner>, Failure> {
    let Some(case) = cases.first().filter(|_| !how.no_run) else { return Ok(None) };
    listen();
    Ok(Some(Runner::new(open_store(&case.project, how.store)?, jobs(None))?))
}

fn one(mut case: Case, how: &How<'_>, runner: Option<&Runner>) -> Result<Looked, Failure> {
    let mut looked = Looked::default();
    if let Some(submission) = &case.submission {
        looked.add(gate::lying(&case, submission).map_err(|error| failure(&error))?);
        looked.add(since(submission)?);
    }
    let Some(runner) = runner else {
        looked
            .not_checked
            .push(format!("`{}`: whether it comes out of the pipeline again (--no-run)", case.name));
        return Ok(looked);
    };
    if let Some(submission) = case.submission.clone() {
        prepare(&mut case, &submission);
    }
    looked.add(rebuild(&case, runner, how.quiet)?);
    Ok(looked)
}

/// What changed since the last submission, where both are there.
fn since(submission: &Submission) -> Result<Looked, Failure> {
    let (Some(previous), Some(file)) = (&submission.previous, &submission.file) else {
        return Ok(Looked::default());
    };
    if !previous.exists() {
        let line = format!("what changed since the last submission: there is no `{}`", previous.display());
        return Ok(Looked { not_checked: vec![line], ..Looked::default() });
    }
    if !file.exists() {
        return Ok(Looked::default());
    }
    Ok(submission::change::change(previous, file, &submission.wish.id)?)
}

/// The conditions of the contest: no network, and no stage that goes on once its limits are passed.
fn prepare(case: &mut Case, submission: &Submission) {
    case.environment.offline |= submission.offline;
    for stage in &mut case.stages {
        stage.timeout = stage.timeout.min(submission.wall.unwrap_or(Duration::MAX));
        stage.memory_bytes_max = stage.memory_bytes_max.min(submission.memory_bytes_max.unwrap_or(u64::MAX));
    }
}

fn rebuild(case: &Case, runner: &Runner, quiet: bool) -> Result<Looked, Failure> {
    let line = Line::new(quiet, 1);
    let plan = plan::plan(case, &Selection::default());
    let session = flow::walk(case, plan, runner, &line, &judge::wanted)?;
    let verdicts = judge::judge(case, &session)?;
    line.clear();
    let looked = gate::rebuilt(case, &session, &verdicts)?;
    let report = CaseReport::new(case, &session, verdicts);
    crate::report::session::keep(runner.store().session(), &report, &Measured::of(case, &session))?;
    Ok(looked)
}
