//! What the gate objects to when it rebuilds what is handed in.

use super::{Rule, Severity};

/// A pipeline that could not be rebuilt, so nothing is known about its output.
pub const FAILED: Rule = Rule {
    name: "rebuild/failed",
    severity: Severity::Error,
    summary: "a pipeline that could not be rebuilt, so nothing is known about its output",
    why: "The grader runs what you hand in on a fresh machine, often without a network. A run that fails there scores nothing, and a rebuild that failed here says nothing about bits.",
    bad: "train.py reads ../cache/features.npy, which is not declared",
    good: "train.py reads {data.features}",
    mend: "Look at the log, mend the program or declare what it needs, and run the gate again.",
};

/// An audit of the pipeline that objects.
pub const DRIFT: Rule = Rule {
    name: "rebuild/drift",
    severity: Severity::Error,
    summary: "an audit of the pipeline that objects",
    why: "What the grader rebuilds is then not what you looked at: other threads, another hash seed or another directory give other numbers, or held-out rows reach the model.",
    bad: "for name in set(columns):",
    good: "for name in sorted(set(columns)):",
    mend: "`driftless run` shows the guilty factor and the first element that differs; `driftless explain` has a page for each.",
};

/// A file to hand in that the pipeline does not give when it is rebuilt from scratch.
pub const OTHER_FILE: Rule = Rule {
    name: "rebuild/other-file",
    severity: Severity::Error,
    summary: "a file to hand in that the pipeline does not give when it is rebuilt from scratch",
    why: "The file was made by another state of the code, the data or the machine. What you hand in cannot be reproduced from what you have.",
    bad: "submission.csv of yesterday, train.py of today",
    good: "submission.csv as the last run left it",
    mend: "Run the pipeline again and hand in what it leaves, or go back to the commit that made the file.",
};

/// A pipeline that takes longer than `limits = { wall = … }` allows.
pub const OVER_TIME: Rule = Rule {
    name: "rebuild/over-time",
    severity: Severity::Error,
    summary: "a pipeline that takes longer than `limits = { wall = … }` allows",
    why: "Graders end what passes the time limit of the contest, and often run on slower machines than yours.",
    bad: "limits = { wall = \"30min\" }, and the stages take 41 minutes",
    good: "limits = { wall = \"30min\" }, and the stages take 12 minutes",
    mend: "Make it faster, or leave room: the grader's machine is another one.",
};

/// A stage that takes more memory than `limits = { memory = … }` allows.
pub const OVER_MEMORY: Rule = Rule {
    name: "rebuild/over-memory",
    severity: Severity::Error,
    summary: "a stage that takes more memory than `limits = { memory = … }` allows",
    why: "Graders end what passes the memory limit of the contest, mostly without a message.",
    bad: "limits = { memory = \"16GB\" }, and a stage peaks at 21 GB",
    good: "limits = { memory = \"16GB\" }, and the largest stage peaks at 3 GB",
    mend: "Load the data in pieces, in smaller types, or with fewer workers at a time.",
};

/// A stage that makes the submission and prints on standard output.
pub const PRINTS: Rule = Rule {
    name: "rebuild/prints",
    severity: Severity::Warning,
    summary: "a stage that makes the submission and prints on standard output",
    why: "Graders that read predictions from standard output take what is printed for predictions; others cut long logs. An error where `stdout = \"silent\"` is declared.",
    bad: "print(\"done\")",
    good: "print(\"done\", file=sys.stderr)",
    mend: "Print on standard error, or declare `stdout = \"free\"` in `[submission]`.",
};

/// What a rebuild finds.
pub static RULES: &[Rule] = &[FAILED, DRIFT, OTHER_FILE, OVER_TIME, OVER_MEMORY, PRINTS];
