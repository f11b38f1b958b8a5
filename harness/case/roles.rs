//! What an output is to the pipeline: said in the case file, or guessed from its name.

use std::path::Path;

use super::raw;

/// What an output is to the pipeline. It decides which audits look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// What training leaves: weights, scaler, chosen hyper-parameters. It must not depend on held-out rows.
    Model,
    /// Features of rows.
    Features,
    /// What the model is shown at evaluation.
    Inputs,
    /// Rows of data: a split, a cleaned table.
    Data,
    /// Predictions.
    Predictions,
    /// Scores of an evaluation; they may depend on held-out rows.
    Metrics,
    /// A checkpoint to go on from.
    Checkpoint,
    /// A log.
    Log,
}

impl Role {
    /// Whether training leaves it for others to predict with or to go on from.
    #[must_use]
    pub fn is_trained(self) -> bool {
        matches!(self, Role::Model | Role::Checkpoint)
    }

    /// The word, as it stands in case files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Model => "model",
            Role::Features => "features",
            Role::Inputs => "inputs",
            Role::Data => "data",
            Role::Predictions => "predictions",
            Role::Metrics => "metrics",
            Role::Checkpoint => "checkpoint",
            Role::Log => "log",
        }
    }
}

impl From<raw::Role> for Role {
    fn from(role: raw::Role) -> Self {
        match role {
            raw::Role::Model => Role::Model,
            raw::Role::Features => Role::Features,
            raw::Role::Inputs => Role::Inputs,
            raw::Role::Data => Role::Data,
            raw::Role::Predictions => Role::Predictions,
            raw::Role::Metrics => Role::Metrics,
            raw::Role::Checkpoint => Role::Checkpoint,
            raw::Role::Log => Role::Log,
        }
    }
}

/// Words by which people name such outputs: beginnings of words in names, or whole words where a blank follows (a
/// `logistic` is no log). The first role that fits is taken.
const WORDS: &[(Role, &[&str])] = &[
    (Role::Predictions, &["pred", "submission", "proba", "forecast", "yhat"]),
    (
        Role::Metrics,
        &["metric", "score", "result", "report", "eval", "accuracy", "confusion", "plot", "figure"],
    ),
    (Role::Checkpoint, &["checkpoint", "ckpt"]),
    (Role::Log, &["log ", "logs ", "history", "order ", "trace"]),
    (Role::Features, &["feature"]),
    (Role::Data, &["rows", "split"]),
];

/// The role that the name of an output or of its file speaks of; a model where it speaks of none: an audit that looks at
/// too much is put right by one word in the case file, one that looks at too little is never noticed.
pub(super) fn guess(name: &str, path: &Path) -> Role {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.to_lowercase();
    if path.extension().is_some_and(|ending| ending == "ckpt") {
        return Role::Checkpoint;
    }
    let both = format!("{name} {stem}");
    let words: Vec<String> =
        both.split(|letter: char| !letter.is_ascii_alphanumeric()).map(|word| format!("{word} ")).collect();
    let fits = |beginnings: &[&str]| {
        words.iter().any(|word| beginnings.iter().any(|beginning| word.starts_with(beginning)))
    };
    WORDS.iter().find(|(_, beginnings)| fits(beginnings)).map_or(Role::Model, |(role, _)| *role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_speak_of_roles() {
        for (name, path, role) in [
            ("weights", "weights.npz", Role::Model),
            ("scaler", "scaler.json", Role::Model),
            ("m", "test_metrics.json", Role::Metrics),
            ("scores", "a.json", Role::Metrics),
            ("p", "predictions.csv", Role::Predictions),
            ("sub", "submission.csv", Role::Predictions),
            ("last", "last.ckpt", Role::Checkpoint),
            ("logistic", "logistic.npz", Role::Model),
            ("checkpoint", "c.pt", Role::Checkpoint),
            ("train_features", "f.csv", Role::Features),
            ("epochs", "order_log.csv", Role::Log),
            ("catalog", "catalog.json", Role::Model),
            ("train_rows", "train.csv", Role::Data),
        ] {
            assert_eq!(guess(name, Path::new(path)), role, "{name} {path}");
        }
    }
}
