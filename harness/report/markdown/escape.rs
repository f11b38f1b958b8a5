//! User texts inside GitHub's Markdown.

use std::fmt::Write as _;

use crate::report::letters::{in_a_line, spelled};

/// A text in one line that means nothing to Markdown or HTML: neither a table's end, nor a link, a mention, or an element.
pub(super) fn plain(text: &str) -> String {
    let text = in_a_line(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    // Dashes and numbers mean a list where a line begins.
    let number = rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let list = rest.len() - number;
    while let Some(letter) = rest.chars().next() {
        let place = text.len() - rest.len();
        rest = &rest[letter.len_utf8()..];
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // An entity ends no table cell, and a mention or an address with one in it is none.
            '|' | '@' | '#' => entity(&mut out, letter),
            ':' if !rest.is_empty() && !rest.starts_with(' ') => entity(&mut out, letter),
            '.' if text[..place].to_ascii_lowercase().ends_with("www") => entity(&mut out, letter),
            '.' | ')' if list > 0 && place == list && (rest.is_empty() || rest.starts_with(' ')) => {
                entity(&mut out, letter);
            }
            '-' | '+' | '=' if place == 0 => entity(&mut out, letter),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            letter => out.push(letter),
        }
    }
    out
}

fn entity(out: &mut String, letter: char) {
    let _ = write!(out, "&#{};", u32::from(letter));
}

/// A text that keeps its code spans, for sentences of ours that name things in backticks.
pub(super) fn sentence(text: &str) -> String {
    let text = in_a_line(text);
    let pieces: Vec<&str> = text.split('`').collect();
    // A backtick without a partner, or an empty pair, is no code span.
    if pieces.len().is_multiple_of(2) || pieces.iter().skip(1).step_by(2).any(|piece| piece.trim().is_empty())
    {
        return plain(&text);
    }
    let each = pieces.iter().enumerate();
    each.map(|(place, piece)| if place % 2 == 1 { code(piece) } else { edges(piece) }).collect()
}

/// The same as [`plain`], with the blanks at both ends.
fn edges(piece: &str) -> String {
    let start = if piece.starts_with(' ') { " " } else { "" };
    let end = if piece.len() > 1 && piece.ends_with(' ') { " " } else { "" };
    format!("{start}{}{end}", plain(piece))
}

/// A code span, also inside a table.
pub(super) fn code(text: &str) -> String {
    let mut text = in_a_line(text);
    // Markdown has no way to write a bar inside a span that holds in tables and outside of them.
    if text.contains('|') || text.is_empty() {
        return format!("<code>{}</code>", plain(&text));
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if text.starts_with('`') || text.ends_with('`') {
        text = format!(" {text} ");
    }
    format!("{fence}{text}{fence}")
}

/// A block of text as it is.
pub(super) fn block(text: &str) -> String {
    let text = spelled(text);
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_means_something() {
        assert_eq!(plain("a | b\n<b> @team [x](y) #1"), "a &#124; b &lt;b&gt; &#64;team \\[x\\](y) &#35;1");
        assert_eq!(plain("https://www.example.org"), "https&#58;//www&#46;example.org");
        assert_eq!(plain("1. a: 2.5"), "1&#46; a: 2.5");
        assert_eq!(plain("- a-b"), "&#45; a-b");
        assert_eq!(plain("```"), "\\`\\`\\`");
    }

    #[test]
    fn code_spans_of_ours_stay_and_others_become_plain() {
        assert_eq!(sentence("`threads` changes `a*b` of *x*"), "`threads` changes `a*b` of \\*x\\*");
        assert_eq!(sentence("a ` b"), "a \\` b");
        assert_eq!(sentence("`a|b` x"), "<code>a&#124;b</code> x");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
    }

    #[test]
    fn a_block_cannot_be_left() {
        assert_eq!(block("a\n````\n# b"), "`````text\na\n````\n# b\n`````\n");
    }
}
