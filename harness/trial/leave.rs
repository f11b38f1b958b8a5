//! What trials leave behind: the session's report and fingerprint, and reports in any format where that is asked for.
//!
//! - `DRIFTLESS_REPORT=DIR` writes reports into a folder, relative to where the tests run (the crate's root under cargo);
//! - `DRIFTLESS_REPORT_FORMAT=html,junit` names the formats; all of them otherwise.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Shared, Walked};
use crate::keep::{self, Keeper, Mode};
use crate::report::format::{self, Context, FORMATS, Format};
use crate::report::{CaseReport, Datasheet, Measured, files, left, session};
use crate::run::Interpreter;
use crate::run::fingerprint::{self, Adapters, CaseFacts, Gathering};

/// The reports that the environment asks for.
pub(super) struct Wish {
    folder: PathBuf,
    formats: Vec<&'static Format>,
}

impl Wish {
    /// Reads the environment; `None` where it asks for nothing.
    pub(super) fn from_environment() -> Result<Option<Self>, String> {
        let Some(folder) = std::env::var_os("DRIFTLESS_REPORT").filter(|folder| !folder.is_empty()) else {
            return Ok(None);
        };
        let formats = formats(std::env::var("DRIFTLESS_REPORT_FORMAT").ok().as_deref())?;
        Ok(Some(Self { folder: folder.into(), formats }))
    }
}

/// The formats of a list such as `html,junit`; all of them where there is none.
fn formats(names: Option<&str>) -> Result<Vec<&'static Format>, String> {
    let names: Vec<&str> =
        names.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Ok(FORMATS.iter().collect());
    }
    let one = |name: &&str| {
        format::by_name(name).ok_or_else(|| {
            let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
            format!(
                "error: DRIFTLESS_REPORT_FORMAT names `{name}`, which is no format\nhint: there are: {}",
                known.join(", ")
            )
        })
    };
    names.iter().map(one).collect()
}

/// Keeps what was found in the session, and writes the reports that are wished for.
pub(super) fn leave(shared: &Shared, cases: &[Arc<Walked>], wish: Option<&Wish>) -> Result<(), String> {
    let Some(Ok(runner)) = shared.runner.get() else { return Ok(()) };
    let facts: Vec<_> = cases.iter().filter_map(facts).collect();
    if facts.is_empty() {
        return Ok(());
    }
    let folder = runner.store().session();
    let told = |error: session::Error| {
        let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        format!("error: the report of this session: {error}{hint}")
    };
    // Processes of one session take turns, so that the last one sees the cases of all.
    let _turn = session::lock(folder).map_err(told)?;
    for walked in cases {
        let own = facts.iter().find(|(facts, _)| facts.name == walked.case.name);
        let Some((facts, _)) = own else { continue };
        if let Some((case, measured)) = walked.report(facts)? {
            session::keep(folder, &case, &measured).map_err(told)?;
        }
    }
    let found = Gathering::begin(&shared.project, Adapters::NotAsked).finish(facts, &[]);
    fingerprint::keep(&found, folder).map_err(|error| format!("error: {}", super::told(&error)))?;
    match wish {
        Some(wish) => write(wish, folder, &shared.project).map_err(told),
        None => Ok(()),
    }
}

fn write(wish: &Wish, folder: &Path, project: &Path) -> Result<(), session::Error> {
    let Some(report) = session::load(folder)? else { return Ok(()) };
    let accepted = session::accepted(project)?;
    let context = Context { accepted: accepted.as_ref() };
    files::write(&wish.formats, &report, context, &wish.folder).map(drop)
}

/// What the results of a case may depend on, if it was walked.
fn facts(walked: &Arc<Walked>) -> Option<(CaseFacts, Option<Interpreter>)> {
    let outcome = walked.known()?;
    let outputs = left(&walked.case, &outcome.session);
    Some((CaseFacts { outputs, ..fingerprint::of_case(&walked.case) }, outcome.session.python.clone()))
}

impl Walked {
    /// The report of the case, if it was walked.
    fn report(&self, facts: &CaseFacts) -> Result<Option<(CaseReport, Measured)>, String> {
        let Some(outcome) = self.known() else { return Ok(None) };
        let mut report = CaseReport::new(&self.case, &outcome.session, outcome.verdicts.clone());
        report.data = Datasheet::all(&self.case, &facts.data);
        let keeper = Keeper::new(&self.case.project, Mode::Compare);
        let compared =
            keep::canonical::keep(&self.case, &outcome.session, &report.verdicts, &keeper, Mode::Compare);
        report.snapshots = compared.map_err(|error| error.to_string())?;
        Ok(Some((report, Measured::of(&self.case, &outcome.session))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: Option<&str>) -> Result<Vec<&'static str>, String> {
        formats(list).map(|formats| formats.iter().map(|format| format.name).collect())
    }

    #[test]
    fn a_list_names_formats_and_no_list_means_all() {
        assert_eq!(names(Some("json, text,")).unwrap(), ["json", "text"]);
        assert_eq!(names(None).unwrap().len(), FORMATS.len());
        assert_eq!(names(Some(" ")).unwrap().len(), FORMATS.len());
    }

    #[test]
    fn an_unknown_format_is_named_beside_those_that_there_are() {
        let message = names(Some("text,htlm")).unwrap_err();
        assert!(message.contains("`htlm`") && message.contains("there are: text, "), "{message}");
    }
}
