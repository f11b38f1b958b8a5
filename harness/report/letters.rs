//! Letters that a text may not hold everywhere: controls, marks that turn the direction of writing, and code points that are
//! no characters.

/// The text with such letters spelled out as `\u{7}`; sequences that colour it are taken out. Line ends and tabs stay.
#[must_use]
pub(crate) fn spelled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = after_colour(rest) {
            rest = after;
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        match letter {
            // A line end of another system; what it ends is still one line.
            '\r' if rest.starts_with('\n') => {}
            '\n' | '\t' => out.push(letter),
            letter if is_unfit(letter) => out.extend(letter.escape_unicode()),
            letter => out.push(letter),
        }
    }
    out
}

/// What follows a control sequence of ECMA-48 (section 5.4), where one stands here. Other sequences are spelled out: one that
/// is never ended could hide all that follows.
fn after_colour(text: &str) -> Option<&str> {
    let sequence = text.strip_prefix("\u{1b}[")?;
    let end = sequence.find(|letter| !matches!(letter, ' '..='?'))?;
    let last = sequence[end..].chars().next()?;
    matches!(last, '@'..='~').then(|| &sequence[end + 1..])
}

/// The same in one line.
#[must_use]
pub(crate) fn in_a_line(text: &str) -> String {
    spelled(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_unfit(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        || u32::from(letter) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_turned_directions_are_spelled_out_and_colours_are_taken_out() {
        assert_eq!(
            spelled("a\u{1b}[31mb\u{1b}[0m\u{7}\u{202e}\u{ffff}\0c\r\n\td\r"),
            "ab\\u{7}\\u{202e}\\u{ffff}\\u{0}c\n\td\\u{d}"
        );
        assert_eq!(spelled("\u{1b}]0;a\u{1b}[31\u{1b}[é\u{1b}"), "\\u{1b}]0;a\\u{1b}[31\\u{1b}[é\\u{1b}");
        assert_eq!(in_a_line(" a\r\n b\tc "), "a b c");
        assert_eq!(spelled("Ünïcode 漢字 🦀 عربي"), "Ünïcode 漢字 🦀 عربي");
    }
}
