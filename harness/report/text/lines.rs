//! Lines of at most 80 letters, as far as words allow.

use std::fmt::Write as _;

use anstyle::Style;

use crate::report::letters::{in_a_line, spelled};

const DIM: Style = Style::new().dimmed();
/// Letters in a line, as far as words allow.
pub(super) const WIDTH: usize = 80;
/// Letters of a label in a block.
const LABEL: usize = 10;
/// Where blocks begin.
const BLOCK: usize = 4;

/// Breaks a text at blanks into lines of at most `width` letters, where its words allow.
pub(in crate::report) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A text behind something that takes up `column` letters, the lines after the first below its beginning.
pub(super) fn column(column: usize, value: &str) -> String {
    let below = format!("\n{:column$}", "");
    wrapped(&in_a_line(value), WIDTH - column).join(&below)
}

/// Lines below a heading, wrapped and indented.
pub(super) fn paragraph(text: &mut String, indent: usize, value: &str) {
    for (index, line) in wrapped(&in_a_line(value), WIDTH - indent - 2).iter().enumerate() {
        let indent = if index == 0 { indent } else { indent + 2 };
        let _ = writeln!(text, "{:indent$}{DIM}{line}{DIM:#}", "");
    }
}

/// A labelled line; what is too long goes on below its beginning.
pub(super) fn row(text: &mut String, label: &str, value: &str) {
    let lines = spelled(value);
    write_rows(text, label, lines.lines().flat_map(|line| wrapped(line, WIDTH - LABEL - BLOCK)));
}

/// A labelled line that stays whole, since it is copied: a value, a command, a line of a log.
pub(super) fn whole(text: &mut String, label: &str, value: &str) {
    write_rows(text, label, spelled(value).lines().map(str::to_owned));
}

fn write_rows(text: &mut String, label: &str, lines: impl Iterator<Item = String>) {
    for (index, line) in lines.enumerate() {
        let label = if index == 0 { label } else { "" };
        let _ = writeln!(text, "{:BLOCK$}{DIM}{label:<LABEL$}{DIM:#}{line}", "");
    }
}

/// `1 case`, `2 cases`.
#[must_use]
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
