//! Markdown for cards, datasheets and checklists. Texts of users may hold anything: nothing of theirs becomes markup.

use std::fmt::Write as _;

/// Characters that are markup somewhere in Markdown (GitHub's and `CommonMark`'s) or HTML, written as entities, so that
/// they are safe in every place: in tables, headings, lists and code.
const MARKUP: &str = "\\`*_[]<>&|#~$!{}";

/// A sentence of ours: what stands between backquotes in it is code.
pub(super) fn sentence(words: &str) -> String {
    let parts: Vec<&str> = words.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text(words);
    }
    let mut out = String::new();
    for (place, part) in parts.iter().enumerate() {
        if place % 2 == 1 {
            out.push_str(&code(part));
            continue;
        }
        let blank = |edge: Option<char>| if edge.is_some_and(char::is_whitespace) { " " } else { "" };
        let shown = text(part);
        let begin = if out.is_empty() { "" } else { blank(part.chars().next()) };
        let end = if shown.is_empty() { "" } else { blank(part.chars().last()) };
        out.extend([begin, &shown, end]);
    }
    out.truncate(out.trim_end().len());
    out
}

/// A text on one line. Control characters, and those that turn the direction of what follows, are replaced.
pub(super) fn text(text: &str) -> String {
    let mut out = String::new();
    let mut blank = true;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            if !blank {
                out.push(' ');
            }
            blank = true;
            continue;
        }
        // What begins a list, a rule or a heading does so at the beginning only.
        let begins = out.is_empty() && "-+=".contains(letter);
        // So does a number with a point.
        let ends = letters.peek().is_none_or(|next| next.is_whitespace());
        let number = !out.is_empty() && out.bytes().all(|byte| byte.is_ascii_digit());
        let counts = ".)".contains(letter) && number && ends;
        blank = false;
        // Within a word it means nothing, and is read more easily as it is.
        let joins = letter == '_'
            && out.ends_with(|before: char| before.is_alphanumeric())
            && letters.peek().is_some_and(|next| next.is_alphanumeric());
        if joins {
            out.push(letter);
        } else if MARKUP.contains(letter) || begins || counts {
            let _ = write!(out, "&#{};", u32::from(letter));
        } else {
            out.push(visible(letter));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A character that shows itself and changes nothing around it.
pub(super) fn visible(letter: char) -> char {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if letter.is_control() || turns || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}') {
        '\u{fffd}'
    } else {
        letter
    }
}

/// Paragraphs, as blank lines part them.
pub(super) fn paragraphs(words: &str) -> String {
    let words = words.replace("\r\n", "\n");
    let each: Vec<String> = words.split("\n\n").map(text).filter(|paragraph| !paragraph.is_empty()).collect();
    each.join("\n\n")
}

/// A name, a path or a command. Blanks are kept, line ends become blanks.
pub(super) fn code(text: &str) -> String {
    let plain = !text.is_empty()
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && text.chars().all(|letter| !"`|".contains(letter) && visible(letter) == letter);
    if plain {
        return format!("`{text}`");
    }
    let mut out = String::from("<code>");
    for letter in text.chars() {
        let letter = if letter.is_whitespace() { ' ' } else { visible(letter) };
        if MARKUP.contains(letter) {
            let _ = write!(out, "&#{};", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    out + "</code>"
}

/// A table; its cells are Markdown already. Nothing where there are no rows.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut out = format!("| {} |\n|{}\n", header.join(" | "), " --- |".repeat(header.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out.truncate(out.trim_end().len());
    out
}

/// A list; its lines are Markdown already. Nothing where there are none.
pub(super) fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}

/// A heading and what stands below it. Nothing where nothing does.
pub(super) fn section(level: usize, title: &str, parts: &[String]) -> String {
    let there: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if there.is_empty() {
        return String::new();
    }
    format!("{} {title}\n\n{}", "#".repeat(level), there.join("\n\n"))
}

/// `1.5 MiB`, `17 bytes`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match UNITS.iter().find(|(_, shift)| bytes >> shift > 0) {
        Some((unit, shift)) => {
            // In tenths, without floats: every bit of a size counts.
            let tenths = (u128::from(bytes) * 10) >> shift;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => super::text::plural(usize::try_from(bytes).unwrap_or(usize::MAX), "byte"),
    }
}

/// `0.42 s`.
pub(super) fn seconds(us: u64) -> String {
    format!("{:.2} s", std::time::Duration::from_micros(us).as_secs_f64())
}

/// A measured number for people: four decimals where that says enough.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    let rounded = format!("{value:.4}");
    rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        assert_eq!(text("a <script> | `x`"), "a &#60;script&#62; &#124; &#96;x&#96;");
        assert_eq!(text("# no\n\theading"), "&#35; no heading");
        assert_eq!(text("- no list"), "&#45; no list");
        assert_eq!(text("1. no list, 2. either"), "1&#46; no list, 2. either");
        assert_eq!(text("\u{202e}evil\u{7}"), "\u{fffd}evil\u{fffd}");
        assert_eq!(text("grün 🦀 שלום"), "grün 🦀 שלום");
    }

    #[test]
    fn code_is_code_whatever_stands_in_it() {
        assert_eq!(code("train.csv"), "`train.csv`");
        assert_eq!(code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(code("a`b\nc"), "<code>a&#96;b c</code>");
        assert_eq!(code(""), "<code></code>");
    }

    #[test]
    fn sizes_and_numbers_are_short() {
        assert_eq!(
            [size(1), size(17), size(1536), size(3 << 30)],
            ["1 byte", "17 bytes", "1.5 KiB", "3.0 GiB"]
        );
        let numbers = [0.0, 0.97222, 1.0, 12.5, 1e-7, 1e20].map(number);
        assert_eq!(numbers, ["0", "0.9722", "1", "12.5", "1.000e-7", "1.000e20"]);
    }

    #[test]
    fn backquotes_in_our_own_sentences_make_code() {
        assert_eq!(sentence("bits in `my_file` and `a|b`"), "bits in `my_file` and <code>a&#124;b</code>");
        assert_eq!(sentence("`one` only"), "`one` only");
        assert_eq!(sentence("an odd ` stays <b>"), "an odd &#96; stays &#60;b&#62;");
        assert_eq!(text("x86_64 and _x_"), "x86_64 and &#95;x&#95;");
    }

    proptest! {
        #[test]
        fn a_cell_stays_in_its_cell_and_on_its_line(words in any::<String>()) {
            for cell in [text(&words), code(&words), sentence(&words)] {
                prop_assert!(!cell.contains(['|', '\n', '\r']), "{cell}");
                prop_assert!(!cell.contains("<!--") && !cell.contains("<script"), "{cell}");
                prop_assert!(!cell.chars().any(char::is_control), "{cell}");
            }
        }
    }
}
