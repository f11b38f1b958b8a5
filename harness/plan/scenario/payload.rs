//! Plans `payload`, which runs nothing of its own.

use super::{Planner, Scenario};
use crate::artifact::Format;
use crate::case::{Case, Role};

/// See the module.
pub(super) struct Payload;

impl Planner for Payload {
    fn audit(&self) -> &'static str {
        "payload"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        if checkpoints(case).is_empty() {
            return Err(
                "no output has `role = \"checkpoint\"` and a format whose entries can be listed without \
                        executing code (torch, safetensors, npz, json, a folder of these)"
                    .to_owned(),
            );
        }
        Ok(Vec::new())
    }
}

/// The checkpoints that are looked at: those that can be listed, and, where the user says what they need, all.
#[must_use]
pub fn checkpoints(case: &Case) -> Vec<&str> {
    let asked = !case.audits.wishes.payload.needs.is_empty();
    let listed = |format: Format| {
        matches!(format, Format::Torch | Format::Safetensors | Format::Npz | Format::Json | Format::Tree)
    };
    let outputs = case.stages.iter().flat_map(|stage| &stage.outputs);
    outputs
        .filter(|(_, output)| output.role == Role::Checkpoint && (asked || listed(output.format)))
        .map(|(name, _)| name.as_str())
        .collect()
}
