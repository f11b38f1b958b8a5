//! What stands beside the drawing of a pipeline: commands, paths, what was varied and what was found, in full.

use maud::{Markup, html};

use super::case::Shown;
use super::graph::{Kind, Row, found};
use super::prose::prose;
use crate::report::pipeline::Pipeline;

/// What was changed in the executions of a stage, each once.
fn varied(shown: &Shown<'_>, stage: &str) -> Markup {
    let own =
        shown.measured.executions.iter().filter(|one| one.case == shown.case.name && one.stage == stage);
    let mut changes: Vec<(&str, usize)> = Vec::new();
    for change in own.map(|one| one.change.as_str()).filter(|change| *change != "baseline") {
        match changes.iter_mut().find(|(known, _)| *known == change) {
            Some((_, times)) => *times += 1,
            None => changes.push((change, 1)),
        }
    }
    html! {
        @if !changes.is_empty() {
            p.muted {
                "varied: "
                @for (place, (change, times)) in changes.iter().enumerate() {
                    @if place > 0 { "; " }
                    (prose(change))
                    @if *times > 1 { " (" (times) " times)" }
                }
            }
        }
    }
}

/// What a drawing has no room for. `rows` are those of the drawing.
pub(super) fn table(shown: &Shown<'_>, pipeline: &Pipeline, rows: &[Row<'_>]) -> Markup {
    html! {
        dl.facts.stages {
            @for stage in &pipeline.stages {
                dt { (stage.name) }
                dd {
                    code { (stage.command) }
                    @for output in &stage.outputs {
                        p { "leaves " code { (output.name) } " as " code { (output.path) }
                            @if let Some(found) = found(rows, Kind::Artifact, &output.name) { "; found: " (found) } }
                    }
                    (varied(shown, &stage.name))
                    @if let Some(found) = found(rows, Kind::Stage, &stage.name) { p { "found: " (found) } }
                }
            }
            @for data in &pipeline.data {
                dt { (data.name) }
                dd {
                    code { (data.path) }
                    @if data.held_out { " held out from training" }
                    @if let Some(target) = &data.target { "; target " code { (target) } }
                    @if !data.group.is_empty() { "; groups " code { (data.group.join(", ")) } }
                }
            }
            @if !pipeline.knobs.is_empty() {
                dt { "knobs" }
                dd { @for (name, value) in &pipeline.knobs { code { (name) " = " (value) } " " } }
            }
            @if let Some(python) = &pipeline.python { dt { "Python" } dd { code { (python) } } }
            @if let Some(lock) = &pipeline.lock { dt { "lock file" } dd { code { (lock) } } }
            dt { "network" }
            dd { @if pipeline.offline { "off" } @else { "not restricted" } }
        }
    }
}
