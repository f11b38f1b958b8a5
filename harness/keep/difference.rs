//! A short line diff for messages.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::text::spell;

/// Lines of the changed part that are compared on each side; beyond that a diff no longer helps, and would
/// cost the square.
const LINES_COMPARED_MAX: usize = 400;

/// Lines that are shown.
const LINES_SHOWN_MAX: usize = 24;

/// Characters of a line that are shown.
const COLUMNS_MAX: usize = 200;

/// Said when a whole file was converted, where a diff would show every line twice.
const LINE_ENDS: &str = "only the line ends differ: the accepted snapshot has CRLF, as after a git checkout \
                         with core.autocrlf; put `*.snap text eol=lf` into .gitattributes and check the file \
                         out again";

/// The lines that differ, each hunk below the number of its first line in the accepted text, `-` before
/// accepted lines and `+` before fresh ones. What the eye cannot see (line ends, trailing blanks, control
/// characters) is said in words or spelled out. Empty when the texts are equal.
#[must_use]
pub fn difference(accepted: &str, fresh: &str) -> String {
    if accepted == fresh {
        return String::new();
    }
    if accepted.replace("\r\n", "\n") == fresh {
        return LINE_ENDS.to_owned();
    }
    let mut lines = hunks(&split(accepted), &split(fresh));
    if lines.len() > LINES_SHOWN_MAX {
        let more = lines.len() - LINES_SHOWN_MAX;
        lines.truncate(LINES_SHOWN_MAX);
        lines.push(format!("... and {more} more {}", if more == 1 { "line" } else { "lines" }));
    }
    if without_trailing_blanks(accepted) == without_trailing_blanks(fresh) {
        lines.insert(0, "only blanks at the end of lines differ:".to_owned());
    }
    lines.join("\n")
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn without_trailing_blanks(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

fn hunks(old: &[&str], new: &[&str]) -> Vec<String> {
    // Equal lines on both sides cost nothing, so that the limit is spent on what changed.
    let before = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[before..], &new[before..]);
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - after], &new[..new.len() - after]);
    let left_out = old.len().max(new.len()).saturating_sub(LINES_COMPARED_MAX);
    let (old, new) = (&old[..old.len().min(LINES_COMPARED_MAX)], &new[..new.len().min(LINES_COMPARED_MAX)]);
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        lines.push(format!("line {}:", before + op.old_range().start + 1));
        lines.extend(old[op.old_range()].iter().map(|line| format!("- {}", shown(line))));
        lines.extend(new[op.new_range()].iter().map(|line| format!("+ {}", shown(line))));
    }
    if left_out > 0 {
        lines.push(format!("{left_out} further lines were not compared"));
    }
    lines
}

/// The line as it is, or spelled out where it has something invisible.
fn shown(line: &str) -> String {
    let bare = line.strip_suffix('\n').unwrap_or(line);
    let mut text = String::new();
    if bare.ends_with(char::is_whitespace) || bare.chars().any(char::is_control) {
        spell(bare, &mut text);
    } else {
        text.push_str(bare);
    }
    if let Some((end, _)) = text.char_indices().nth(COLUMNS_MAX) {
        text.truncate(end);
        text.push_str("...");
    }
    if bare.len() == line.len() {
        text.push_str(" (no line end)");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changed_lines_stand_below_the_number_of_the_first() {
        let accepted = "relation: same-bits\nsha256: aaa\nrows: 10\nfirst: 0.5\n";
        let fresh = "relation: same-bits\nsha256: bbb\nrows: 10\nfirst: 0.25\nlast: 1\n";
        let expected =
            "line 2:\n- sha256: aaa\n+ sha256: bbb\nline 4:\n- first: 0.5\n+ first: 0.25\n+ last: 1";
        assert_eq!(difference(accepted, fresh), expected);
        assert_eq!(difference(fresh, fresh), "");
    }

    #[test]
    fn crlf_is_said_in_words() {
        let said = difference("a\r\nb\r\n", "a\nb\n");
        assert!(said.contains("only the line ends differ") && said.contains(".gitattributes"), "{said}");
    }

    #[test]
    fn invisible_differences_are_spelled_out() {
        let said = difference("a \nb\n", "a\nb\n");
        assert_eq!(said, "only blanks at the end of lines differ:\nline 1:\n- a\\u{20}\n+ a");
        assert_eq!(
            difference("a", "a\n"),
            "only blanks at the end of lines differ:\nline 1:\n- a (no line end)\n+ a"
        );
        assert_eq!(difference("a\rb\n", "ab\n"), "line 1:\n- a\\rb\n+ ab");
    }

    #[test]
    fn long_differences_are_cut_and_say_so() {
        let said = difference(&"old\n".repeat(2000), &"new\n".repeat(2000));
        assert_eq!(said.lines().count(), LINES_SHOWN_MAX + 1);
        assert!(said.ends_with("more lines"), "{said}");
        let long = difference("a\n", &("ü".repeat(1000) + "\n"));
        assert_eq!(long, format!("line 1:\n- a\n+ {}...", "ü".repeat(COLUMNS_MAX)));
    }

    proptest! {
        #[test]
        fn two_texts_have_a_short_difference_unless_they_are_equal(
            a in "(?s)[ab \r\n]{0,30}",
            b in "(?s)[ab \r\n]{0,30}",
        ) {
            let said = difference(&a, &b);
            prop_assert_eq!(said.is_empty(), a == b);
            prop_assert!(said.lines().count() <= LINES_SHOWN_MAX + 2);
        }
    }
}
