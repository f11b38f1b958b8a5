//! What the model was made from, and how.

use crate::report::DataNode;
use crate::report::prose::{self, code, list, table, text};
use crate::report::subject::Subject;

/// "Training details".
pub(super) fn section(subject: &Subject<'_>, level: usize) -> String {
    let data = prose::section(level + 1, "Training data", &[data_table(subject, &subject.training())]);
    let knobs: Vec<Vec<String>> =
        subject.pipeline.knobs.iter().map(|(name, value)| vec![code(name), code(value)]).collect();
    let stage = |stage: &crate::report::pipeline::StageNode| {
        let outputs: Vec<String> = stage.outputs.iter().map(|output| code(&output.name)).collect();
        let leaves =
            if outputs.is_empty() { String::new() } else { format!("; leaves {}", outputs.join(", ")) };
        format!("{}: {}{leaves}", code(&stage.name), code(&stage.command))
    };
    let stages: Vec<String> = subject.pipeline.stages.iter().map(stage).collect();
    let told =
        subject.text("tuning").map(|words| format!("Choice of hyper-parameters (declared): {}", text(words)));
    let procedure = [list(&stages), table(&["Hyper-parameter", "Value"], &knobs), told.unwrap_or_default()];
    let procedure = prose::section(level + 1, "Training procedure", &procedure);
    prose::section(level, "Training details", &[data, procedure])
}

/// Data with their rows and digests.
pub(super) fn data_table(subject: &Subject<'_>, data: &[&DataNode]) -> String {
    let row = |data: &&DataNode| {
        let sheet = subject.sheet(&data.name);
        let table = sheet.and_then(|sheet| sheet.table.as_ref());
        let digest = sheet.and_then(|sheet| sheet.sha256.as_deref()).map(code);
        let columns = table.map(|table| (table.columns.len() as u64 + table.columns_left_out).to_string());
        vec![
            match subject.of_data(&data.name, "name") {
                Some(name) => format!("{} ({})", text(name), code(&data.name)),
                None => code(&data.name),
            },
            code(&data.path),
            table.map(|table| table.rows.to_string()).unwrap_or_default(),
            columns.unwrap_or_default(),
            digest.unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = data.iter().map(row).collect();
    table(&["Data", "File", "Rows", "Columns", "sha256"], &rows)
}
