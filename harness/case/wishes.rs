//! What the user wishes of the audits of data and models, resolved: names are known to exist.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::relate::drift::Limits;

/// Wishes for the audits of data and models. `None` where the file has no table for an audit that must be asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// `[audit.leakage]`.
    pub leakage: Leakage,
    /// `[audit.overlap]`.
    pub overlap: Overlap,
    /// `[audit.drift]`.
    pub drift: Option<Drift>,
    /// `[audit.shuffled-targets]`.
    pub shuffled_targets: Option<ShuffledTargets>,
    /// `[audit.eval-mode]`.
    pub eval_mode: EvalMode,
    /// `[audit.shuffle]`.
    pub shuffle: Shuffle,
    /// `[audit.augmentation]`.
    pub augmentation: Augmentation,
    /// `[audit.normalization]`.
    pub normalization: Option<Normalization>,
    /// `[audit.resume]`.
    pub resume: Option<Resume>,
    /// `[audit.payload]`.
    pub payload: Payload,
    /// `[audit.idempotence]`.
    pub idempotence: Option<Idempotence>,
    /// `[audit.too-deterministic]`.
    pub too_deterministic: Option<TooDeterministic>,
    /// `[audit.variance]`.
    pub variance: Option<Variance>,
    /// `[audit.metrics]`.
    pub metrics: Option<Metrics>,
}

/// `[audit.leakage]`: does what is held out reach what training leaves?
#[derive(Clone, Debug, PartialEq)]
pub struct Leakage {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// Outputs that must not depend on held-out rows; by default all with the role of a model, features or a checkpoint.
    pub artifacts: Vec<String>,
    /// With `split = "inside"`: how many executions the search for held-out rows may take.
    pub executions: u32,
    /// With `split = "inside"`: the share of rows that the program holds out.
    pub share: f64,
}

impl Default for Leakage {
    fn default() -> Self {
        Self { off: None, artifacts: Vec::new(), executions: 80, share: 0.2 }
    }
}

/// How near two rows are near duplicates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Near {
    /// Equal after rounding every number to so many decimals.
    Rounding(u32),
    /// Jaccard similarity of their word shingles from here on, found by `MinHash`.
    MinHash(f64),
}

/// `[audit.overlap]`: do rows of train stand in test?
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// Data or outputs with training rows; by default all data that is not held out.
    pub train: Vec<String>,
    /// Data or outputs with held-out rows; by default all data that is held out.
    pub test: Vec<String>,
    /// Columns that together must not agree between a training row and a held-out row.
    pub keys: Vec<String>,
    /// Also look for near duplicates.
    pub near: Option<Near>,
    /// The score from which one feature predicts the target almost alone.
    pub alone: f64,
    /// Findings that are known and accepted: their names, each with the reason.
    pub without: BTreeMap<String, String>,
}

impl Default for Overlap {
    fn default() -> Self {
        Self {
            off: None,
            train: Vec::new(),
            test: Vec::new(),
            keys: Vec::new(),
            near: None,
            alone: 0.99,
            without: BTreeMap::new(),
        }
    }
}

/// `[audit.drift]`: is one table distributed as another?
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drift {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// Data or an output whose distributions are taken as right.
    pub reference: String,
    /// Data or outputs that are compared with it.
    pub current: Vec<String>,
    /// The columns that are compared, by their names in the reference; all that both have where empty.
    pub columns: Vec<String>,
    /// Columns that are not compared, each with its reason.
    pub without: BTreeMap<String, String>,
    /// Columns of the reference that have another name in the compared tables.
    pub same: BTreeMap<String, String>,
    /// What counts as drift.
    pub limits: Limits,
    /// The share of drifted columns from which a table has drifted.
    pub share: f64,
}

/// A number that says how good a model is.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Where it comes from.
    pub from: MetricFrom,
    /// Whether less is better; `None` where the name says it.
    pub lower_is_better: Option<bool>,
}

/// Where a metric comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricFrom {
    /// The program says it: a number in a JSON output.
    Reported {
        /// The output.
        output: String,
        /// JSON pointer (RFC 6901).
        pointer: String,
    },
    /// We compute it from predictions and truth.
    Computed {
        /// The metric's name: `accuracy`, `f1`, `rmse`, …
        name: String,
        /// What it is computed from.
        scoring: Scoring,
    },
}

/// Which column of which output is compared with which truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scoring {
    /// Data with the target.
    pub truth: String,
    /// The output with the predictions, by id.
    pub predictions: String,
    /// The column of labels or numbers; `None` where the output has one column beside its id.
    pub prediction: Option<String>,
    /// The column of scores of the positive class, or one per class in the order of sorted classes.
    pub score: Vec<String>,
    /// The positive class.
    pub positive: Option<String>,
    /// Columns of the truth by whose values the metrics are given, too.
    pub by: Vec<String>,
}

/// `[audit.shuffled-targets]`: does training on permuted targets fall to chance?
#[derive(Clone, Debug, PartialEq)]
pub struct ShuffledTargets {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// The score.
    pub metric: Metric,
    /// How many permutations.
    pub permutations: u32,
    /// The level of the test.
    pub level: f64,
}

/// `[audit.eval-mode]`: does a prediction depend on its batch, on a seed, or change the model?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvalMode {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// The knob that holds the batch size; by default `batch_size`, `batch-size` or `batch`, where there is one.
    pub knob: Option<String>,
    /// Batch sizes to try; 1, a prime and the number of rows by default.
    pub sizes: Vec<u64>,
    /// Whether rounding counts as drift.
    pub strict: bool,
}

/// `[audit.shuffle]`: do predictions stay with their ids?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shuffle {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// Whether rounding counts as drift.
    pub strict: bool,
}

/// `[audit.augmentation]`: do evaluation inputs depend on a seed?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Augmentation {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// The knob that holds the seed; `seed` by default.
    pub knob: Option<String>,
}

/// `[audit.normalization]`: do training and inference make the same features?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normalization {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// The output with the features of the training rows.
    pub train: String,
    /// The output with the features of the inference path.
    pub infer: String,
    /// The data that the training path reads.
    pub from: String,
    /// The data that the inference path reads.
    pub to: String,
    /// Outputs that hold the statistics.
    pub statistics: Vec<String>,
    /// Whether the moments of the training features are tested.
    pub moments: bool,
}

/// `[audit.resume]`: does a run that was interrupted end as one that was not?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resume {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// The training stage.
    pub stage: String,
    /// Knobs that make it stop early.
    pub stop: BTreeMap<String, String>,
    /// Knobs that make it go on.
    pub resume: BTreeMap<String, String>,
    /// The output that holds the checkpoint.
    pub checkpoint: String,
    /// At how many moments it is killed.
    pub kills: u32,
}

/// `[audit.payload]`: does a checkpoint hold all that is needed to go on?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// What must be in it; by default model, optimiser, epoch or step, and generator states.
    pub needs: Vec<String>,
}

/// `[audit.idempotence]`: does a second run over the first one's outputs change anything?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotence {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// Data to hand over without rows.
    pub empty: Option<String>,
    /// Whether two copies run at the same time.
    pub twins: bool,
    /// Whether each stage runs again over its own outputs.
    pub again: bool,
    /// Whether files that nobody declared count.
    pub undeclared: bool,
}

impl Default for Idempotence {
    fn default() -> Self {
        Self { off: None, empty: None, twins: true, again: true, undeclared: true }
    }
}

/// `[audit.too-deterministic]`: does what should differ differ?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TooDeterministic {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// The output that logs which rows were used when: a table.
    pub output: String,
    /// Its column of row numbers or ids (or of what was drawn).
    pub index: String,
    /// Its column of epochs.
    pub epoch: Option<String>,
    /// Its column of data-loader workers.
    pub worker: Option<String>,
    /// Its column of ranks.
    pub rank: Option<String>,
}

/// `[audit.variance]`: how much of a metric is the luck of the seed?
#[derive(Clone, Debug, PartialEq)]
pub struct Variance {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// The seeds.
    pub seeds: Vec<String>,
    /// The knob that holds the seed; `seed` by default.
    pub knob: Option<String>,
    /// The metric.
    pub metric: Metric,
    /// The number that is claimed somewhere.
    pub claim: Option<f64>,
    /// The folder of a second pipeline that is run with the same seeds.
    pub against: Option<PathBuf>,
}

/// `[audit.metrics]`: are the promised floors reached, and is the majority beaten?
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// What is computed from what.
    pub scoring: Scoring,
    /// Least values by metric (greatest ones where less is better).
    pub floors: BTreeMap<String, f64>,
    /// Numbers in a JSON output that must equal the recomputed ones: metric name and pointer.
    pub reported: Option<Reported>,
}

/// Metrics that the program reports itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The JSON output.
    pub output: String,
    /// JSON pointer of each metric, by metric name.
    pub pointers: BTreeMap<String, String>,
}

impl Wishes {
    /// The reason for which an audit is switched off, if it is.
    #[must_use]
    pub fn off(&self, audit: &str) -> Option<&str> {
        let off = match audit {
            "leakage" => &self.leakage.off,
            "overlap" => &self.overlap.off,
            "drift" => &self.drift.as_ref()?.off,
            "shuffled-targets" => &self.shuffled_targets.as_ref()?.off,
            "eval-mode" => &self.eval_mode.off,
            "shuffle" => &self.shuffle.off,
            "augmentation" => &self.augmentation.off,
            "normalization" => &self.normalization.as_ref()?.off,
            "resume" => &self.resume.as_ref()?.off,
            "payload" => &self.payload.off,
            "idempotence" => &self.idempotence.as_ref()?.off,
            "too-deterministic" => &self.too_deterministic.as_ref()?.off,
            "variance" => &self.variance.as_ref()?.off,
            "metrics" => &self.metrics.as_ref()?.off,
            _ => return None,
        };
        off.as_deref()
    }
}
