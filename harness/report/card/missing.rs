//! The standard sections that this card lacks, and what would fill them.

use crate::report::prose::{self, list, sentence};
use crate::report::subject::Subject;

/// A section or key, how to see that it is there, and what fills it.
struct Wanted {
    what: &'static str,
    is_there: fn(&Subject<'_>) -> bool,
    fill: &'static str,
}

const WANTED: &[Wanted] = &[
    Wanted {
        what: "Description",
        is_there: |one| one.text("description").is_some(),
        fill: "`description` below `[card]`",
    },
    Wanted {
        what: "Developed by",
        is_there: |one| !one.list("authors").is_empty(),
        fill: "`authors` below `[card]`",
    },
    Wanted {
        what: "Licence",
        is_there: |one| one.text("license").is_some(),
        fill: "`license` below `[card]`",
    },
    Wanted {
        what: "Task, and with it the metadata `model-index`",
        is_there: |one| one.text("task").is_some(),
        fill: "`task` below `[card]`",
    },
    Wanted { what: "Library", is_there: |one| one.library().is_some(), fill: "`library` below `[card]`" },
    Wanted {
        what: "Direct use",
        is_there: |one| one.text("intended-use").is_some(),
        fill: "`intended-use` below `[card]`",
    },
    Wanted {
        what: "Out-of-scope use",
        is_there: |one| one.text("out-of-scope").is_some(),
        fill: "`out-of-scope` below `[card]`",
    },
    Wanted {
        what: "Limitations",
        is_there: |one| one.text("limitations").is_some(),
        fill: "`limitations` below `[card]`",
    },
    Wanted {
        what: "Recommendations",
        is_there: |one| one.text("recommendations").is_some(),
        fill: "`recommendations` below `[card]`",
    },
    Wanted {
        what: "Training data",
        is_there: |one| !one.training().is_empty(),
        fill: "the table or folder as `[data.NAME]`, used in a command as `{data.NAME}`",
    },
    Wanted {
        what: "Testing data",
        is_there: |one| !one.evaluation().is_empty(),
        fill: "`[data.NAME]` with `held-out = true`",
    },
    Wanted {
        what: "Results",
        is_there: |one| !one.metrics().is_empty(),
        fill: "`[audit.metrics]` with truth, predictions and floors",
    },
    Wanted {
        what: "Results by group",
        is_there: |one| one.metrics().iter().any(|metric| metric.group.is_some()),
        fill: "`by = \"COLUMN\"` in `[audit.metrics]`",
    },
    Wanted {
        what: "Results over seeds",
        is_there: |one| !one.seeds().is_empty(),
        fill: "`[audit.variance]` with seeds and a metric",
    },
    Wanted {
        what: "Citation",
        is_there: |one| one.text("citation").is_some(),
        fill: "`citation` below `[card]`",
    },
    Wanted {
        what: "Contact",
        is_there: |one| one.text("contact").is_some(),
        fill: "`contact` below `[card]`",
    },
    Wanted {
        what: "Environmental impact",
        is_there: |one| one.text("compute").is_some(),
        fill: "`compute` below `[card]`; energy and carbon are not measured",
    },
];

/// "Not in this card".
pub(super) fn section(subject: &Subject<'_>, level: usize) -> String {
    let missing = WANTED.iter().filter(|wanted| !(wanted.is_there)(subject));
    let lines: Vec<String> = missing
        .map(|wanted| format!("{}: declare {}", sentence(wanted.what), sentence(wanted.fill)))
        .collect();
    prose::section(level, "Not in this card", &[list(&lines)])
}
