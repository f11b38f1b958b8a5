//! Submit or don't, after the pipeline was rebuilt: what the audits say, what it took, and whether the file that lies
//! there is the one that comes out. Pure: nothing is run here, only read.

use std::path::Path;
use std::time::Duration;

use crate::artifact::{Artifact, Digest, Error};
use crate::case::{Case, Output, Submission};
use crate::flow::Session;
use crate::judge::{Status, Verdict};
use crate::relate::compare;
use crate::rule::{Looked, Problem, Rule, Severity, rebuild};
use crate::run::{End, Missing, Network, Record};
use crate::submission;

/// What stands against handing in a case whose audits were judged.
///
/// # Errors
/// Where a file that is there cannot be read.
pub fn rebuilt(case: &Case, session: &Session, verdicts: &[Verdict]) -> Result<Looked, Error> {
    let gate = Gate { case, session, name: below(case, &case.file) };
    // A case that could not run here was not rebuilt, however politely its audits are skipped.
    if !session.missing.is_empty() {
        return Ok(gate.lacks());
    }
    let mut looked = gate.audits(verdicts);
    if case.kernel.is_some() {
        return Ok(looked);
    }
    if session.baseline_failed() {
        looked.not_checked.push("the rebuilt file: there is none".to_owned());
        return Ok(looked);
    }
    let Some(submission) = &case.submission else {
        looked.not_checked.push("the file that is handed in: declare `[submission]`".to_owned());
        return Ok(looked);
    };
    looked.add(gate.limits(submission));
    looked.add(gate.output(submission)?);
    Ok(looked)
}

/// What can be said of the file that is handed in without rebuilding it.
///
/// # Errors
/// Where it is there and cannot be read.
pub fn lying(case: &Case, submission: &Submission) -> Result<Looked, submission::Error> {
    let mut looked = Looked::default();
    let Some(file) = &submission.file else { return Ok(looked) };
    if !file.exists() {
        let message = format!("`{}` is declared as the file to hand in, and is not there", below(case, file));
        let problem = Problem::new(&rebuild::OTHER_FILE, below(case, file), message);
        looked.problems.push(problem.mend("run the pipeline, or declare the path that it leaves"));
        return Ok(looked);
    }
    looked.add(submission::check(file, &submission.wish)?);
    Ok(looked)
}

/// A path as the user would write it.
fn below(case: &Case, path: &Path) -> String {
    path.strip_prefix(&case.project).unwrap_or(path).display().to_string()
}

/// One case and what was run for it.
struct Gate<'a> {
    case: &'a Case,
    session: &'a Session,
    /// The case file, as the user would write it.
    name: String,
}

impl Gate<'_> {
    fn problem(&self, rule: &'static Rule, message: impl Into<String>) -> Problem {
        Problem::new(rule, self.name.clone(), message)
    }

    /// What this machine lacks.
    fn lacks(&self) -> Looked {
        let lacks = |missing: &Missing| {
            let message = format!("nothing was rebuilt: this machine lacks {}", missing.what);
            self.problem(&rebuild::FAILED, message).mend(missing.hint.clone())
        };
        Looked { problems: self.session.missing.iter().map(lacks).collect(), ..Looked::default() }
    }

    /// What the audits say. A baseline that failed fails them all: that is one problem.
    fn audits(&self, verdicts: &[Verdict]) -> Looked {
        let mut looked = Looked::default();
        let mut failed = false;
        let held = verdicts.iter().filter(|verdict| verdict.status == Status::Held).count();
        if held > 0 {
            looked.checked.push(format!("rebuilt; {held} audits held"));
        }
        for verdict in verdicts {
            let said = format!("{}: {}", verdict.audit, verdict.headline);
            match verdict.status {
                Status::Held => {}
                Status::Skipped => looked.not_checked.push(said),
                Status::Drifted | Status::Blind => looked.problems.push(self.drift(verdict, said)),
                // Where the pipeline itself fails, no audit can say anything else.
                Status::Inconclusive if self.case.kernel.is_none() && self.session.baseline_failed() => {
                    if !std::mem::replace(&mut failed, true) {
                        looked.problems.push(self.failure(verdict, verdict.headline.clone()));
                    }
                }
                Status::Inconclusive => looked.problems.push(self.failure(verdict, said)),
            }
        }
        looked
    }

    fn drift(&self, verdict: &Verdict, said: String) -> Problem {
        let problem = self.problem(&rebuild::DRIFT, said);
        let first = verdict.findings.first();
        match first {
            Some(finding) => problem.mend(format!("see where: {}", finding.rerun)),
            None => problem,
        }
    }

    fn failure(&self, verdict: &Verdict, said: String) -> Problem {
        if let Some(rule) = self.limit_passed() {
            return self.problem(rule, said);
        }
        let problem = self.problem(&rebuild::FAILED, said);
        let failure = verdict.findings.iter().find_map(|finding| finding.failure.as_ref());
        let Some(failure) = failure else { return problem };
        let last = failure.log.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        let problem = if last.is_empty() { problem } else { problem.value(last) };
        let offline = self.case.environment.offline.then_some(
            "the run had no network; if the grader gives it one, declare `network = \"on\"` in `[submission]`",
        );
        match failure.hint.as_deref().or(offline) {
            Some(hint) => problem.mend(hint),
            None => problem,
        }
    }

    /// The rule for a limit of the contest that ended the baseline.
    fn limit_passed(&self) -> Option<&'static Rule> {
        let submission = self.case.submission.as_ref()?;
        self.baselines().find_map(|(_, record)| match record.end {
            End::TimedOut { .. } if submission.wall.is_some() => Some(&rebuild::OVER_TIME),
            End::OverLimit { .. } if submission.memory_bytes_max.is_some() => Some(&rebuild::OVER_MEMORY),
            _ => None,
        })
    }

    /// The baseline of every stage, in stage order.
    fn baselines(&self) -> impl Iterator<Item = (&str, &Record)> {
        let stages = self.case.stages.iter().map(|stage| stage.name.as_str());
        stages.filter_map(|stage| Some((stage, self.session.baseline(stage)?)))
    }

    /// What the contest allows, beside what the baseline took.
    fn limits(&self, submission: &Submission) -> Looked {
        let mut looked = Looked::default();
        let micros = self.baselines().map(|(_, record)| record.cost.wall_us).sum();
        let wall = Duration::from_micros(micros);
        if let Some(limit) = submission.wall {
            if wall > limit {
                let message = format!("the stages took {wall:.1?} together, the limit is {limit:?}");
                looked.problems.push(self.problem(&rebuild::OVER_TIME, message));
            } else {
                looked.notes.push(format!("the stages took {wall:.1?} of {limit:?}, on this machine"));
            }
        }
        let largest = self.baselines().max_by_key(|(_, record)| record.cost.peak_bytes);
        if let (Some(limit), Some((stage, record))) = (submission.memory_bytes_max, largest) {
            let peak = record.cost.peak_bytes;
            let said = format!("stage `{stage}` took {} MB of {} MB", peak / 1_000_000, limit / 1_000_000);
            if peak > limit {
                looked.problems.push(self.problem(&rebuild::OVER_MEMORY, said));
            } else {
                looked.notes.push(said);
            }
        }
        let network = if self.case.environment.offline { Network::off() } else { Network::Free };
        looked.notes.push(format!("network: {}", network.sentence()));
        looked
    }

    /// What came out, beside what lies there and beside what the contest asks for.
    fn output(&self, submission: &Submission) -> Result<Looked, Error> {
        let mut looked = Looked::default();
        let Some(artifact) = &submission.artifact else {
            looked.not_checked.push(
                "whether the file comes out of the pipeline: declare `artifact = \"…\"` in `[submission]`"
                    .to_owned(),
            );
            return Ok(looked);
        };
        let found = self.case.stages.iter().find_map(|stage| {
            let output = stage.outputs.get(artifact)?;
            let record = self.session.baseline(&stage.name)?;
            Some((stage.name.as_str(), output, record, record.outputs.get(artifact)?))
        });
        let Some((stage, output, record, rebuilt)) = found else {
            looked.not_checked.push(format!("`{artifact}`: the rebuild left none"));
            return Ok(looked);
        };
        looked.problems.extend(self.prints(submission, stage, record));
        if self.case.environment.lock.is_none() {
            looked.not_checked.push("a fresh environment: the rebuild used the one of this machine; declare `lock = \"…\"` under `[environment]`".to_owned());
        }
        match &submission.file {
            Some(file) if file.exists() => {
                looked.add(self.beside(file, artifact, output, &rebuilt.path)?);
            }
            Some(_) => {}
            None => looked.add(self.alone(submission, artifact, output, &rebuilt.path)),
        }
        Ok(looked)
    }

    fn prints(&self, submission: &Submission, stage: &str, record: &Record) -> Option<Problem> {
        if submission.silent == Some(false) {
            return None;
        }
        let printed = std::fs::read(record.logs.join("stdout")).ok().filter(|text| !text.is_empty())?;
        let printed = String::from_utf8_lossy(&printed);
        let message = format!("stage `{stage}` prints on standard output");
        let mut problem = self.problem(&rebuild::PRINTS, message);
        problem = problem.value(printed.lines().next().unwrap_or_default());
        if submission.silent == Some(true) {
            problem.severity = Severity::Error;
        }
        Some(problem)
    }

    /// The file that lies there beside the one that came out.
    fn beside(&self, file: &Path, artifact: &str, output: &Output, rebuilt: &Path) -> Result<Looked, Error> {
        let mut looked = Looked::default();
        let (lies, came) = (Digest::of_path(file)?, Digest::of_path(rebuilt)?);
        let name = below(self.case, file);
        if lies == came {
            looked.checked.push(format!("`{name}` comes out of a rebuild bit by bit (sha256 {lies})"));
            return Ok(looked);
        }
        let read = |path: &Path| Artifact::at(path.to_path_buf(), output.format, output.id.clone());
        let difference = compare(&read(file)?, &read(rebuilt)?)?;
        let message = format!("the rebuilt `{artifact}` is another file: {}", difference.sentence());
        let problem = Problem::new(&rebuild::OTHER_FILE, name, message);
        looked.problems.push(problem.value(&format!(
            "sha256 {} here, {} rebuilt",
            lies.short(),
            came.short()
        )));
        Ok(looked)
    }

    /// The file that came out, where none is declared to lie anywhere.
    fn alone(&self, submission: &Submission, artifact: &str, output: &Output, rebuilt: &Path) -> Looked {
        let shown = output.path.display().to_string();
        submission::check_as(rebuilt, &shown, &submission.wish).unwrap_or_else(|error| Looked {
            problems: vec![
                self.problem(&rebuild::FAILED, format!("the rebuilt `{artifact}` cannot be read: {error}")),
            ],
            ..Looked::default()
        })
    }
}
