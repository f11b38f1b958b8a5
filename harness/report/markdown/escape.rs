//! User texts inside GitHub's Markdown.

use crate::report::letters::{in_a_line, spelled};

/// A text in one line that means nothing to Markdown or HTML: neither a table's end, nor a link, a mention, or an element.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in in_a_line(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // An entity ends no table cell, and a mention or an address with one in it is none.
            '|' | '@' | ':' | '#' => out.push_str(&format!("&#{};", u32::from(letter))),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '+' | '-' | '!' | '~' | '$'
            | '^' | '=' => {
                out.push('\\');
                out.push(letter);
            }
            // `www.example.org` and `1. x` would become a link and a list.
            '.' => out.push_str("&#46;"),
            letter => out.push(letter),
        }
    }
    out
}

/// A text that keeps its code spans, for sentences of ours that name things in backticks.
pub(super) fn sentence(text: &str) -> String {
    let text = in_a_line(text);
    let pieces: Vec<&str> = text.split('`').collect();
    // A backtick without a partner, or an empty pair, is no code span.
    if pieces.len() % 2 == 0 || pieces.iter().skip(1).step_by(2).any(|piece| piece.trim().is_empty()) {
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
        assert_eq!(
            plain("a | b\n<b> @team [x](y) #1"),
            "a &#124; b &lt;b&gt; &#64;team \\[x\\]\\(y\\) &#35;1"
        );
        assert_eq!(plain("https://www.example.org"), "https&#58;//www&#46;example&#46;org");
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
