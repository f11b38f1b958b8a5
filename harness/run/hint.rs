//! What to do about a run that did not finish: guessed from how it ended and from the last lines of its log.

use super::{End, Record};

/// Words in a log, and what they mostly mean under our conditions. The first that fits is told.
const SIGNS: [(&[&str], &str); 4] = [
    (
        &["No module named", "ModuleNotFoundError", "ImportError"],
        "the stage ran with the Python that `driftless doctor` shows; choose another with `python = \"...\"` under `[environment]`, or give a `lock` file",
    ),
    (
        &["Permission denied", "PermissionError", "Read-only file system", "EACCES"],
        "large staged files are read-only links; all else has the permissions of your own files; write to `{out.NAME}`, to new files, or below `$TMPDIR`",
    ),
    (
        &["No such file or directory", "FileNotFoundError", "ENOENT", "not found"],
        "a run sees a copy of `dir` and the data that its command names, nothing else; declare what lies elsewhere under `[data.NAME]` and pass `{data.NAME}`",
    ),
    (&["No space left on device"], "free some space, or choose another place with `--store DIR`"),
];

impl Record {
    /// What the user can do about a run that did not finish, where it can be guessed.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match &self.end {
            End::Finished => return None,
            End::Killed { signal } if *signal != libc::SIGKILL => return None,
            End::Failed { .. } => return from_log(&self.log_tail()).map(str::to_owned),
            End::Killed { .. } => {
                "if nobody killed it, the system ran out of memory (`dmesg` tells); `memory = \"...\"` at the stage sets a limit that is told"
            }
            End::TimedOut { .. } => {
                "give the stage more time with `timeout = \"...\"`, or its input less data"
            }
            End::OverLimit { limit } => return Some(about_limit(limit).to_owned()),
            End::Unsupervised { .. } => {
                "a program that kills its parent does this, and so does a system that ran out of memory (`dmesg` tells)"
            }
            End::NotStarted { reason } if reason.contains("ermission") => {
                "make the program executable (`chmod +x`), or name its interpreter first: `command = [\"sh\", \"run.sh\"]`"
            }
            End::NotStarted { .. } => {
                "install it and put it on the `PATH`, or name it by its path in the pipeline's folder, such as `./train`"
            }
            End::OutputMissing { .. } => {
                "the program must write to the path that `{out.NAME}` stands for in its command, or to the declared path below its working directory"
            }
            End::OutputUnfit { .. } => "leave a regular file, or a directory of them",
            End::InputChanged { .. } => "let the program copy its input and write to the copy",
        };
        Some(text.to_owned())
    }
}

fn from_log(log: &str) -> Option<&'static str> {
    let fits = |signs: &[&str]| signs.iter().any(|sign| log.contains(sign));
    SIGNS.iter().find(|(signs, _)| fits(signs)).map(|(_, hint)| *hint)
}

fn about_limit(limit: &str) -> &'static str {
    if limit.starts_with("memory") {
        "raise it with `memory = \"...\"` at the stage"
    } else if limit.starts_with("output") {
        "raise it with `output = \"...\"` at the stage"
    } else if limit.starts_with("free disk") {
        "free some space, or choose another place with `--store DIR`"
    } else {
        "let the stage start fewer processes"
    }
}

#[cfg(test)]
mod tests {
    use super::from_log;

    #[test]
    fn a_log_that_tells_of_a_refused_write_explains_staging() {
        let log = "PermissionError: [Errno 13] Permission denied: 'run.py'";
        assert!(from_log(log).is_some_and(|hint| hint.contains("read-only links")));
    }

    #[test]
    fn a_missing_file_is_told_to_be_declared_and_a_missing_module_to_be_installed() {
        let file = "FileNotFoundError: [Errno 2] No such file or directory: '/data/a.csv'";
        assert!(from_log(file).is_some_and(|hint| hint.contains("[data.NAME]")));
        let module = "ModuleNotFoundError: No module named 'torch'";
        assert!(from_log(module).is_some_and(|hint| hint.contains("[environment]")));
    }

    #[test]
    fn nothing_is_guessed_from_an_ordinary_log() {
        assert_eq!(from_log("ValueError: shapes do not match"), None);
    }
}
