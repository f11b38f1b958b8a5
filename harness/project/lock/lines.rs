//! The lines of a requirements file: continuations, comments, options.

use std::path::Path;

use super::model::{Asker, Locked};

/// A line with its continuations.
pub(super) struct Logical {
    pub(super) number: u64,
    pub(super) text: String,
}

/// Joins lines that end in a backslash; a comment line is never continued.
pub(super) fn logical(text: &str) -> Vec<Logical> {
    let mut lines: Vec<Logical> = Vec::new();
    let mut open = false;
    for (place, line) in text.lines().enumerate() {
        let comment = line.trim_start().starts_with('#');
        let continues = !comment && line.ends_with('\\');
        let piece = if continues { &line[..line.len() - 1] } else { line };
        match lines.last_mut().filter(|_| open) {
            Some(last) => {
                last.text.push(' ');
                last.text.push_str(piece.trim_start());
            }
            None => lines.push(Logical { number: place as u64 + 1, text: piece.to_owned() }),
        }
        open = continues;
    }
    lines
}

/// Cuts a comment: `#` at the start or after a blank.
pub(super) fn split_comment(line: &str) -> (&str, Option<&str>) {
    let mut before = ' ';
    for (place, letter) in line.char_indices() {
        if letter == '#' && before.is_whitespace() {
            return (&line[..place], Some(line[place + 1..].trim()));
        }
        before = letter;
    }
    (line, None)
}

/// Splits a requirement from options such as `--hash`.
pub(super) fn split_options(code: &str) -> (&str, &str) {
    match code
        .find(" -")
        .filter(|place| code[place + 2..].starts_with(|c: char| c == '-' || c.is_ascii_alphabetic()))
    {
        Some(place) => (code[..place].trim(), code[place..].trim()),
        None => (code, ""),
    }
}

/// Whether a word of a `# via` comment is a file and no package.
fn is_file_word(word: &str) -> bool {
    word.starts_with("-r") || word.starts_with("-c") || word.contains('(') || is_input_name(word)
}

/// Learns from `# via …` who asked for the entry; the packages may stand in the lines below, one each.
pub(super) fn origin(entry: &mut Locked, comment: &str, open: &mut bool) {
    let words = match comment.strip_prefix("via") {
        Some(rest) => {
            *open = true;
            rest
        }
        None if *open => comment,
        None => return,
    };
    for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let asker = if is_file_word(word) { Asker::User } else { Asker::Packages };
        entry.asker = entry.asker.max(asker);
    }
}

/// Whether a word names a file that a lock may be made from.
pub(super) fn is_input_name(word: &str) -> bool {
    let ending = Path::new(word).extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("in" | "toml" | "cfg")) || ending == Some("txt")
}
