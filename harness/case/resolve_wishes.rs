//! The tables of the audits of data and models, checked against what else the file declares.

use std::collections::BTreeMap;

use toml::Spanned;

use super::error::Finding;
use super::paths::Want;
use super::raw::{self, Columns, Knob, Named, Text};
use super::raw_wishes as wishes;
use super::resolve::Check;
use super::wishes::{
    Augmentation, Drift, EvalMode, Idempotence, Leakage, Metric, MetricFrom, Metrics, Near, Normalization,
    Overlap, Payload, Reported, Resume, Scoring, Shuffle, ShuffledTargets, TooDeterministic, Variance,
    Wishes,
};
use super::{Data, Stage};
use crate::relate::drift::Limits;

/// Seeds below which a spread says nothing.
const SEEDS_MIN: usize = 3;

/// What the tables may name.
pub(super) struct Declared<'a> {
    /// Declared data.
    pub(super) data: &'a BTreeMap<String, Data>,
    /// Knobs and their values.
    pub(super) knobs: &'a BTreeMap<String, String>,
    /// Stages with their outputs.
    pub(super) stages: &'a [Stage],
}

impl Declared<'_> {
    fn data(&self) -> Vec<&str> {
        self.data.keys().map(String::as_str).collect()
    }

    fn knobs(&self) -> Vec<&str> {
        self.knobs.keys().map(String::as_str).collect()
    }

    pub(super) fn outputs(&self) -> Vec<&str> {
        self.stages.iter().flat_map(|stage| stage.outputs.keys()).map(String::as_str).collect()
    }

    fn tables(&self) -> Vec<&str> {
        [self.data(), self.outputs()].concat()
    }
}

impl Check<'_> {
    /// All tables of the audits of data and models.
    pub(super) fn wishes(&mut self, raw: &raw::Audits, declared: &Declared<'_>) -> Wishes {
        Wishes {
            leakage: self.leakage(&raw.leakage, declared),
            overlap: self.overlap(&raw.overlap, declared),
            drift: raw.drift.as_ref().and_then(|table| self.drift(table, declared)),
            shuffled_targets: raw
                .shuffled_targets
                .as_ref()
                .and_then(|table| self.shuffled_targets(table, declared)),
            eval_mode: self.eval_mode(&raw.eval_mode, declared),
            shuffle: Shuffle { off: self.reason(raw.shuffle.off.as_ref()), strict: raw.shuffle.strict },
            augmentation: Augmentation {
                off: self.reason(raw.augmentation.off.as_ref()),
                knob: self.one_of(raw.augmentation.knob.as_ref(), "knob", &declared.knobs()),
            },
            normalization: raw.normalization.as_ref().and_then(|table| self.normalization(table, declared)),
            resume: raw.resume.as_ref().and_then(|table| self.resume(table, declared)),
            payload: Payload {
                off: self.reason(raw.payload.off.as_ref()),
                needs: self.words(&raw.payload.needs, "entry"),
            },
            idempotence: raw.idempotence.as_ref().map(|table| self.idempotence(table.get_ref(), declared)),
            too_deterministic: raw
                .too_deterministic
                .as_ref()
                .and_then(|table| self.too_deterministic(table, declared)),
            variance: raw.variance.as_ref().and_then(|table| self.variance(table, declared)),
            metrics: raw.metrics.as_ref().and_then(|table| self.metrics(table, declared)),
        }
    }

    fn leakage(&mut self, raw: &wishes::Leakage, declared: &Declared<'_>) -> Leakage {
        let usual = Leakage::default();
        Leakage {
            off: self.reason(raw.off.as_ref()),
            artifacts: self.all_of(&raw.artifacts, "output", &declared.outputs()),
            executions: self.within(raw.executions.as_ref(), usual.executions, 4, 10_000, "executions"),
            share: self.within(raw.share.as_ref(), usual.share, 0.01, 0.9, "share"),
        }
    }

    fn overlap(&mut self, raw: &wishes::Overlap, declared: &Declared<'_>) -> Overlap {
        let near =
            raw.near.as_ref().and_then(|near| match (near.get_ref().rounding, near.get_ref().minhash) {
                (Some(decimals), None) => Some(Near::Rounding(decimals)),
                (None, Some(similarity)) => Some(Near::MinHash(similarity)),
                _ => {
                    let finding = Finding::new(near.span(), "`near` says either `rounding` or `minhash`");
                    self.findings
                        .push(finding.help("write near = { rounding = 3 } or near = { minhash = 0.9 }"));
                    None
                }
            });
        let tables = declared.tables();
        Overlap {
            off: self.reason(raw.off.as_ref()),
            train: self.all_of(&names(raw.train.as_ref()), "data or output", &tables),
            test: self.all_of(&names(raw.test.as_ref()), "data or output", &tables),
            keys: self.words(&raw.keys, "column"),
            near,
            alone: self.within(raw.alone.as_ref(), Overlap::default().alone, 0.5, 1.0, "alone"),
            without: self.reasons(&raw.without),
        }
    }

    fn drift(&mut self, raw: &Spanned<wishes::Drift>, declared: &Declared<'_>) -> Option<Drift> {
        let (place, raw) = (raw.span(), raw.get_ref());
        let required = [
            (raw.reference.is_none(), "reference", "reference = \"NAME OF DATA OR OUTPUT\""),
            (raw.current.is_none(), "current", "current = \"NAME OF DATA OR OUTPUT\""),
        ];
        for (_, key, line) in required.iter().filter(|(lacks, ..)| *lacks) {
            self.lacks(&place, "audit", "drift", key, line);
        }
        let (tables, usual) = (declared.tables(), Limits::default());
        let limits = Limits {
            psi: self.within(raw.psi.as_ref(), usual.psi, 0.01, 10.0, "psi"),
            sigma: self.within(raw.sigma.as_ref(), usual.sigma, 0.01, 1000.0, "sigma"),
            level: self.within(raw.level.as_ref(), usual.level, 0.000_001, 0.5, "level"),
            rows: self.within(raw.rows.as_ref(), usual.rows, 20, 1_000_000_000, "rows"),
        };
        Some(Drift {
            off: self.reason(raw.off.as_ref()),
            reference: self.one_of(raw.reference.as_ref(), "data or output", &tables)?,
            current: self.all_of(&names(raw.current.as_ref()), "data or output", &tables),
            columns: self.words(&raw.columns, "column"),
            without: self.reasons(&raw.without),
            same: super::resolve::plain(&raw.same),
            limits,
            share: self.within(raw.share.as_ref(), 0.0, 0.0, 1.0, "share"),
        })
    }

    fn metric(&mut self, raw: &Spanned<wishes::Metric>, declared: &Declared<'_>) -> Option<Metric> {
        let (place, raw) = (raw.span(), raw.get_ref());
        let lower_is_better = raw.better.map(|better| matches!(better, wishes::Better::Lower));
        let from = match (&raw.output, &raw.pointer, &raw.name) {
            (Some(output), Some(pointer), None) => {
                self.known(output, "output", &declared.outputs());
                self.pointer(pointer);
                MetricFrom::Reported { output: output.get_ref().clone(), pointer: pointer.get_ref().clone() }
            }
            (None, None, Some(name)) => {
                let fields = (&raw.truth, &raw.predictions, &raw.prediction, &raw.score, &raw.positive);
                let scoring = self.scoring(&place, fields, declared)?;
                MetricFrom::Computed { name: name.get_ref().clone(), scoring }
            }
            _ => {
                let help = "write { output = \"metrics\", pointer = \"/accuracy\" }, or { name = \"accuracy\", truth = \"test\", predictions = \"predictions\" }";
                self.findings.push(
                    Finding::new(place, "a metric is either read from an output or computed").help(help),
                );
                return None;
            }
        };
        Some(Metric { from, lower_is_better })
    }

    #[expect(clippy::type_complexity, reason = "the five fields that two tables share, as they stand there")]
    fn scoring(
        &mut self,
        place: &std::ops::Range<usize>,
        fields: (
            &Option<Text>,
            &Option<Text>,
            &Option<Text>,
            &Option<Spanned<Columns>>,
            &Option<Spanned<Knob>>,
        ),
        declared: &Declared<'_>,
    ) -> Option<Scoring> {
        let (truth, predictions, prediction, score, positive) = fields;
        let (Some(truth), Some(predictions)) = (truth, predictions) else {
            let help = "add truth = \"NAME OF DATA\" (with `target`) and predictions = \"NAME OF OUTPUT\"";
            self.findings.push(
                Finding::new(place.clone(), "no `truth` or no `predictions` to compute from").help(help),
            );
            return None;
        };
        self.known(truth, "data or output", &declared.tables());
        self.known(predictions, "output", &declared.outputs());
        if let Some(data) = declared.data.get(truth.get_ref().as_str())
            && (data.target.is_none() || data.id.is_empty())
        {
            let message = format!("data `{}` has no `target` or no `id`", truth.get_ref());
            let help = format!("add both under [data.{}]: the truth is looked up by id", truth.get_ref());
            self.findings.push(Finding::new(truth.span(), message).help(help));
        }
        Some(Scoring {
            truth: truth.get_ref().clone(),
            predictions: predictions.get_ref().clone(),
            prediction: prediction.as_ref().map(|column| column.get_ref().clone()),
            score: names(score.as_ref()).into_iter().map(Spanned::into_inner).collect(),
            positive: positive.as_ref().map(|class| self.knob(class)),
            by: Vec::new(),
        })
    }

    fn shuffled_targets(
        &mut self,
        raw: &Spanned<wishes::ShuffledTargets>,
        declared: &Declared<'_>,
    ) -> Option<ShuffledTargets> {
        let (place, raw) = (raw.span(), raw.get_ref());
        let Some(metric) = &raw.metric else {
            self.lacks(
                &place,
                "audit",
                "shuffled-targets",
                "metric",
                "metric = { output = \"metrics\", pointer = \"/accuracy\" }",
            );
            return None;
        };
        Some(ShuffledTargets {
            off: self.reason(raw.off.as_ref()),
            metric: self.metric(metric, declared)?,
            permutations: self.within(raw.permutations.as_ref(), 19, 1, 10_000, "permutations"),
            level: self.within(raw.level.as_ref(), 0.05, 0.000_1, 0.5, "level"),
        })
    }

    fn eval_mode(&mut self, raw: &wishes::EvalMode, declared: &Declared<'_>) -> EvalMode {
        for size in raw.sizes.iter().filter(|size| *size.get_ref() == 0) {
            let finding = Finding::new(size.span(), "a batch of 0 rows");
            self.findings.push(finding.help("write sizes from 1 on: sizes = [1, 7]"));
        }
        EvalMode {
            off: self.reason(raw.off.as_ref()),
            knob: self.one_of(raw.knob.as_ref(), "knob", &declared.knobs()),
            sizes: raw.sizes.iter().map(|size| *size.get_ref()).collect(),
            strict: raw.strict,
        }
    }

    fn normalization(
        &mut self,
        raw: &Spanned<wishes::Normalization>,
        declared: &Declared<'_>,
    ) -> Option<Normalization> {
        let (place, raw) = (raw.span(), raw.get_ref());
        let required = [
            (&raw.train, "train", "train = \"NAME OF OUTPUT\""),
            (&raw.infer, "infer", "infer = \"NAME OF OUTPUT\""),
            (&raw.from, "from", "from = \"NAME OF DATA\""),
            (&raw.to, "to", "to = \"NAME OF DATA\""),
        ];
        for (_, key, line) in required.iter().filter(|(value, ..)| value.is_none()) {
            self.lacks(&place, "audit", "normalization", key, line);
        }
        let (outputs, data) = (declared.outputs(), declared.data());
        Some(Normalization {
            off: self.reason(raw.off.as_ref()),
            train: self.one_of(raw.train.as_ref(), "output", &outputs)?,
            infer: self.one_of(raw.infer.as_ref(), "output", &outputs)?,
            from: self.one_of(raw.from.as_ref(), "data", &data)?,
            to: self.one_of(raw.to.as_ref(), "data", &data)?,
            statistics: self.all_of(&raw.statistics, "output", &outputs),
            moments: raw.moments,
        })
    }

    fn resume(&mut self, raw: &Spanned<wishes::Resume>, declared: &Declared<'_>) -> Option<Resume> {
        let (place, raw) = (raw.span(), raw.get_ref());
        if raw.stop.is_empty() {
            self.lacks(&place, "audit", "resume", "stop", "stop = { epochs = 2 }");
        }
        for (value, key, line) in [
            (&raw.stage, "stage", "stage = \"train\""),
            (&raw.checkpoint, "checkpoint", "checkpoint = \"NAME OF OUTPUT\""),
        ] {
            if value.is_none() {
                self.lacks(&place, "audit", "resume", key, line);
            }
        }
        let stages: Vec<&str> = declared.stages.iter().map(|stage| stage.name.as_str()).collect();
        Some(Resume {
            off: self.reason(raw.off.as_ref()),
            stage: self.one_of(raw.stage.as_ref(), "stage", &stages)?,
            stop: self.knob_values(&raw.stop, declared),
            resume: self.knob_values(&raw.resume, declared),
            checkpoint: self.one_of(raw.checkpoint.as_ref(), "output", &declared.outputs())?,
            kills: self.within(raw.kills.as_ref(), 3, 0, 20, "kills"),
        })
    }

    fn idempotence(&mut self, raw: &wishes::Idempotence, declared: &Declared<'_>) -> Idempotence {
        Idempotence {
            off: self.reason(raw.off.as_ref()),
            empty: self.one_of(raw.empty.as_ref(), "data", &declared.data()),
            twins: raw.twins.unwrap_or(true),
            again: raw.again.unwrap_or(true),
            undeclared: raw.undeclared.unwrap_or(true),
        }
    }

    fn too_deterministic(
        &mut self,
        raw: &Spanned<wishes::TooDeterministic>,
        declared: &Declared<'_>,
    ) -> Option<TooDeterministic> {
        let (place, raw) = (raw.span(), raw.get_ref());
        for (value, key, line) in
            [(&raw.output, "output", "output = \"order\""), (&raw.index, "index", "index = \"index\"")]
        {
            if value.is_none() {
                self.lacks(&place, "audit", "too-deterministic", key, line);
            }
        }
        if raw.epoch.is_none() && raw.worker.is_none() && raw.rank.is_none() {
            self.lacks(&place, "audit", "too-deterministic", "epoch", "epoch = \"epoch\"");
        }
        let column = |name: &Option<Text>| name.as_ref().map(|name| name.get_ref().clone());
        Some(TooDeterministic {
            off: self.reason(raw.off.as_ref()),
            output: self.one_of(raw.output.as_ref(), "output", &declared.outputs())?,
            index: column(&raw.index)?,
            epoch: column(&raw.epoch),
            worker: column(&raw.worker),
            rank: column(&raw.rank),
        })
    }

    fn variance(&mut self, raw: &Spanned<wishes::Variance>, declared: &Declared<'_>) -> Option<Variance> {
        let (place, raw) = (raw.span(), raw.get_ref());
        let few = raw.seeds.as_ref().is_none_or(|seeds| seeds.get_ref().len() < SEEDS_MIN);
        if few {
            let at = raw.seeds.as_ref().map_or(place.clone(), Spanned::span);
            let finding = Finding::new(at, format!("a spread needs {SEEDS_MIN} seeds at least"));
            self.findings.push(finding.help("write seeds = [1, 2, 3, 4, 5]"));
        }
        let seeds: Vec<String> =
            raw.seeds.iter().flat_map(toml::Spanned::get_ref).map(|seed| self.knob(seed)).collect();
        let Some(metric) = &raw.metric else {
            let line = "metric = { output = \"metrics\", pointer = \"/accuracy\" }";
            self.lacks(&place, "audit", "variance", "metric", line);
            return None;
        };
        Some(Variance {
            off: self.reason(raw.off.as_ref()),
            seeds,
            knob: self.one_of(raw.knob.as_ref(), "knob", &declared.knobs()),
            metric: self.metric(metric, declared)?,
            claim: raw.claim,
            against: raw.against.as_ref().and_then(|dir| self.path(dir, Want::Folder)),
        })
    }

    fn metrics(&mut self, raw: &Spanned<wishes::Metrics>, declared: &Declared<'_>) -> Option<Metrics> {
        let (place, raw) = (raw.span(), raw.get_ref());
        let fields = (&raw.truth, &raw.predictions, &raw.prediction, &raw.score, &raw.positive);
        let mut scoring = self.scoring(&place, fields, declared)?;
        let by = names(raw.by.as_ref());
        if let Some(data) = declared.data.get(&scoring.truth) {
            self.columns_of(data, &by);
        }
        scoring.by = self.words(&by, "column");
        let reported = raw.reported.as_ref().and_then(|reported| {
            for pointer in reported.pointers.values() {
                self.pointer(pointer);
            }
            Some(Reported {
                output: self.one_of(reported.output.as_ref(), "output", &declared.outputs())?,
                pointers: super::resolve::plain(&reported.pointers),
            })
        });
        Some(Metrics {
            off: self.reason(raw.off.as_ref()),
            scoring,
            floors: raw
                .floors
                .iter()
                .map(|(name, floor)| (name.get_ref().clone(), *floor.get_ref()))
                .collect(),
            reported,
        })
    }

    fn pointer(&mut self, pointer: &Text) {
        if !pointer.get_ref().starts_with('/') {
            let message = format!("`{}` is no JSON pointer", pointer.get_ref());
            self.findings.push(
                Finding::new(pointer.span(), message).help("it starts with a slash, such as \"/accuracy\""),
            );
        }
    }

    pub(super) fn one_of(&mut self, name: Option<&Text>, what: &str, known: &[&str]) -> Option<String> {
        let name = name?;
        self.known(name, what, known);
        Some(name.get_ref().clone())
    }

    fn all_of(&mut self, names: &[Text], what: &str, known: &[&str]) -> Vec<String> {
        for name in names {
            self.known(name, what, known);
        }
        self.words(names, what)
    }

    fn knob_values(
        &mut self,
        raw: &Named<Spanned<Knob>>,
        declared: &Declared<'_>,
    ) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        for (name, value) in raw {
            self.known(name, "knob", &declared.knobs());
            values.insert(name.get_ref().clone(), self.knob(value));
        }
        values
    }

    /// A number within its limits, or the usual one.
    pub(super) fn within<T: Copy + PartialOrd + std::fmt::Display>(
        &mut self,
        value: Option<&Spanned<T>>,
        usual: T,
        least: T,
        most: T,
        what: &str,
    ) -> T {
        let Some(value) = value else { return usual };
        if (least..=most).contains(value.get_ref()) {
            return *value.get_ref();
        }
        let message = format!("`{what}` must be from {least} to {most}, not {}", value.get_ref());
        self.findings.push(Finding::new(value.span(), message).help(format!("the usual value is {usual}")));
        usual
    }
}

/// The names in a string or a list.
pub(super) fn names(columns: Option<&Spanned<Columns>>) -> Vec<Text> {
    let Some(columns) = columns else { return Vec::new() };
    match columns.get_ref() {
        Columns::One(name) => vec![Spanned::new(columns.span(), name.clone())],
        Columns::Several(names) => names.clone(),
    }
}
