//! `repository/notebook-order`.

use std::path::Path;

use serde_json::Value;

use crate::project::{code, texts};
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/notebook-order",
    severity: Severity::Warning,
    summary: "a notebook whose cells ran in another order than they stand",
    why: "What the outputs show came from a state that running the cells from top to bottom may not reach: a cell that ran \
          twice, or whose change came after its output. Counts that are not 1, 2, 3 tell it.",
    bad: "In [2]: train = load()\nIn [7]: fit(train)",
    good: "In [1]: train = load()\nIn [2]: fit(train)",
    mend: "Restart the kernel, run all cells and save; or clear all outputs.",
};

/// The problem of a notebook, if it is one. A notebook whose outputs are cleared says nothing and is silent.
pub(super) fn look(path: &Path, text: &str) -> Option<Problem> {
    let whole: Value = serde_json::from_str(text).ok()?;
    let cells = whole["cells"].as_array()?;
    let mut expected = 1;
    for cell in cells.iter().filter(|cell| cell["cell_type"] == "code") {
        let source = code::source(cell);
        let first = source.lines().next().unwrap_or_default();
        let outputs = cell["outputs"].as_array().is_some_and(|outputs| !outputs.is_empty());
        let message = match cell["execution_count"].as_u64() {
            Some(count) if count == expected => {
                expected += 1;
                continue;
            }
            Some(count) => format!("a cell ran as number {count}, and {expected} was its turn"),
            None if outputs && !source.trim().is_empty() => "a cell has an output and no number".to_owned(),
            None => continue,
        };
        let line = line_of(text, first);
        let problem = Problem::new(&RULE, texts::shown(path), message);
        let problem = if first.is_empty() { problem } else { problem.value(first) };
        return Some(line.map_or(problem.clone(), |line| problem.line(line)));
    }
    None
}

/// The line of the file in which a cell's first line stands.
fn line_of(text: &str, first: &str) -> Option<u64> {
    let escaped = serde_json::to_string(first).ok()?;
    let needle = escaped.trim_end_matches('"');
    text.find(needle).filter(|_| !first.is_empty()).map(|at| texts::line_of(text, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells as (count, output).
    fn notebook(cells: &[(Option<u64>, bool)]) -> String {
        let cells: Vec<Value> = cells
            .iter()
            .enumerate()
            .map(|(index, (count, output))| {
                let outputs: &[&str] = if *output { &["x"] } else { &[] };
                serde_json::json!({"cell_type": "code", "source": [format!("cell_{index}()\n")], "execution_count": count, "outputs": outputs})
            })
            .collect();
        serde_json::to_string_pretty(&serde_json::json!({"cells": cells, "nbformat": 4})).expect("JSON")
    }

    fn found(cells: &[(Option<u64>, bool)]) -> Option<String> {
        look(Path::new("a.ipynb"), &notebook(cells)).map(|problem| problem.message)
    }

    #[test]
    fn a_count_out_of_turn_is_found_at_its_cell() {
        let text = notebook(&[(Some(1), true), (Some(3), true)]);
        let problem = look(Path::new("a.ipynb"), &text).expect("a problem");
        assert_eq!(problem.message, "a cell ran as number 3, and 2 was its turn");
        assert_eq!(problem.value.as_deref(), Some("cell_1()"));
        let (line, _) = (1..).zip(text.lines()).find(|(_, line)| line.contains("cell_1")).expect("its line");
        assert_eq!(problem.line, Some(line));
        assert!(found(&[(Some(2), false)]).is_some());
        assert!(found(&[(None, true)]).is_some());
    }

    #[test]
    fn cleared_and_freshly_run_notebooks_are_silent() {
        assert_eq!(found(&[(None, false), (None, false)]), None);
        assert_eq!(found(&[(Some(1), true), (Some(2), false), (Some(3), true)]), None);
        assert_eq!(found(&[(Some(1), true), (None, false), (Some(2), true)]), None, "a skipped cell");
        assert_eq!(look(Path::new("a.ipynb"), "no JSON"), None);
        assert_eq!(look(Path::new("a.ipynb"), "[]"), None);
    }
}
