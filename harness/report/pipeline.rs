//! What a report says of a pipeline besides its verdicts: how it is put together, and what its user accepts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Part, Stage, Template};
use crate::judge::Verdict;

/// How a pipeline is put together. Paths are as the case file has them, knobs are written as `{seed}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Pipeline {
    /// The declared data, by name.
    pub data: Vec<DataNode>,
    /// The stages, in dependency order.
    pub stages: Vec<StageNode>,
    /// The knobs with their values.
    pub knobs: BTreeMap<String, String>,
    /// The interpreter that is declared, as a version or path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// The lock file that the environment is built from, relative to the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// Whether the programs ran without a network.
    pub offline: bool,
}

/// Declared data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DataNode {
    /// Its name.
    pub name: String,
    /// The file, relative to the project.
    pub path: String,
    /// Its format.
    pub format: String,
    /// The column to predict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The columns that name a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<String>,
    /// Whether training must not learn from it.
    pub held_out: bool,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StageNode {
    /// Its name.
    pub name: String,
    /// Its command, with placeholders as the case file has them.
    pub command: String,
    /// The declared data that it reads.
    pub data: Vec<String>,
    /// The artifacts of earlier stages that it reads.
    pub inputs: Vec<String>,
    /// What it leaves.
    pub outputs: Vec<OutputNode>,
}

/// What a stage leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OutputNode {
    /// Its name.
    pub name: String,
    /// Its path, relative to where the stage runs.
    pub path: String,
    /// Its format.
    pub format: String,
    /// What it is to the pipeline: `predictions`, `weights`, …
    pub role: String,
}

/// A drift that the user accepts for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Tolerated {
    /// The audit.
    pub audit: String,
    /// The factor.
    pub factor: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts, `YYYY-MM-DD`.
    pub until: String,
    /// Whether that day had passed when the case file was read.
    pub expired: bool,
    /// Whether the session needed it.
    pub used: bool,
}

impl Pipeline {
    /// How a case is put together; `None` for a kernel, which has no stages.
    #[must_use]
    pub fn of(case: &Case) -> Option<Self> {
        if case.kernel.is_some() {
            return None;
        }
        let relative =
            |path: &std::path::Path| path.strip_prefix(&case.project).unwrap_or(path).display().to_string();
        let data = case.data.iter().map(|(name, data)| DataNode {
            name: name.clone(),
            path: relative(&data.path),
            format: data.format.name().to_owned(),
            target: data.target.clone(),
            group: data.group.clone(),
            held_out: data.held_out,
        });
        Some(Self {
            data: data.collect(),
            stages: case.stages.iter().map(StageNode::of).collect(),
            knobs: case.knobs.clone(),
            python: case.environment.python.clone(),
            lock: case.environment.lock.as_deref().map(relative),
            offline: case.environment.offline,
        })
    }
}

impl StageNode {
    fn of(stage: &Stage) -> Self {
        let outputs = stage.outputs.iter().map(|(name, output)| OutputNode {
            name: name.clone(),
            path: output.path.display().to_string(),
            format: output.format.name().to_owned(),
            role: output.role.word().to_owned(),
        });
        let words: Vec<String> = stage.command.iter().map(written).collect();
        Self {
            name: stage.name.clone(),
            command: words.join(" "),
            data: stage.data.clone(),
            inputs: stage.inputs.clone(),
            outputs: outputs.collect(),
        }
    }
}

/// A word of a command, as the case file has it.
fn written(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Data(name) => format!("{{data.{name}}}"),
        Part::Out(name) => format!("{{out.{name}}}"),
        Part::Knob(name) => format!("{{{name}}}"),
    };
    template.0.iter().map(part).collect()
}

impl Tolerated {
    /// What a case accepts, and whether its verdicts needed that.
    #[must_use]
    pub fn of(case: &Case, verdicts: &[Verdict]) -> Vec<Self> {
        let used = |audit: &str, factor: &str| {
            verdicts
                .iter()
                .any(|verdict| verdict.audit == audit && verdict.tolerated.iter().any(|one| one == factor))
        };
        let one = |wish: &crate::case::Toleration| Self {
            audit: wish.audit.clone(),
            factor: wish.factor.clone(),
            reason: wish.reason.clone(),
            until: wish.until.clone(),
            expired: wish.expired,
            used: used(&wish.audit, &wish.factor),
        };
        case.tolerations.iter().map(one).collect()
    }
}
