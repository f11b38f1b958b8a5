//! Words: sentences with code in them, statuses, numbers, and what cannot be seen made visible.

use maud::{Markup, html};

use crate::judge::Status;

/// A sentence; what stands between backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without its partner is only a backtick.
    if parts.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! {
        @for (place, part) in parts.iter().enumerate() {
            @if place.is_multiple_of(2) { (part) } @else { code { (part) } }
        }
    }
}

/// A status: its sign, which differs in shape, and its word.
pub(super) fn badge(status: Status) -> Markup {
    html! { span class={ "badge " (status.word()) } { span aria-hidden="true" { (sign(status)) } " " (status.word()) } }
}

/// How many verdicts have a status.
pub(super) fn tally(status: Status, count: usize) -> Markup {
    html! { span class={ "badge " (status.word()) } { span aria-hidden="true" { (sign(status)) } " " (count) " " (status.word()) } }
}

/// The sign of a status.
pub(super) fn sign(status: Status) -> &'static str {
    match status {
        Status::Held => "✓",
        Status::Drifted => "✗",
        Status::Blind => "⊘",
        Status::Inconclusive => "?",
        Status::Skipped => "–",
    }
}

/// A table that may be wider than the page: it scrolls by itself, and keyboards reach it.
pub(super) fn wide(name: &str, table: &Markup) -> Markup {
    html! { div.wide role="region" aria-label=(name) tabindex="0" { (table) } }
}

/// As much of a text as a picture has room for; what is cut stands in full beside it.
pub(super) fn short(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// A number in at most six significant digits, for axes and captions.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e15).contains(&size) {
        return shortened(&format!("{value:.5e}"));
    }
    let whole = (0..15_u8).take_while(|digits| size >= 10_f64.powi(i32::from(*digits))).count();
    let leading = (1..4_u8).take_while(|digits| size < 10_f64.powi(-i32::from(*digits))).count();
    shortened(&format!("{value:.*}", (6 + leading).saturating_sub(whole)))
}

/// Without zeros that say nothing.
fn shortened(text: &str) -> String {
    let (digits, exponent) = text.find('e').map_or((text, ""), |at| text.split_at(at));
    if !digits.contains('.') {
        return text.to_owned();
    }
    format!("{}{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// A count with thin groups: `12 345`.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        // A narrow blank that does not break.
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A sum that stays where it is once it cannot grow.
pub(super) fn sum(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0, u64::saturating_add)
}

/// A time, in the unit that fits.
pub(super) fn time(micros: u64) -> String {
    let seconds = std::time::Duration::from_micros(micros).as_secs_f64();
    if seconds >= 120.0 {
        let whole = micros / 1_000_000;
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else if seconds >= 1.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.0} ms", seconds * 1e3)
    }
}

/// A size in MiB.
pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", count(bytes >> 20))
}

/// Markup with control characters, and letters that turn the direction of others, spelled out: nobody could see them. Our
/// own markup has none but ends of lines.
pub(super) fn visible(markup: &str) -> String {
    if !markup.chars().any(unseen) {
        return markup.to_owned();
    }
    let mut text = String::with_capacity(markup.len() + 64);
    for letter in markup.chars() {
        match u32::from(letter) {
            _ if !unseen(letter) => text.push(letter),
            // The pictures of the control characters stand in their order.
            code @ 0..0x20 => text.extend(char::from_u32(0x2400 + code)),
            code => text.extend(["[U+", &format!("{code:04X}"), "]"]),
        }
    }
    text
}

fn unseen(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_no_text = matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    (letter.is_control() && letter != '\n') || turns || is_no_text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_at_most_and_no_idle_zeros() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (0.912_345_678, "0.912346"),
            (0.001_234_567_8, "0.00123457"),
            (12_345.678_9, "12345.7"),
            (1_234_567.0, "1234567"),
            (1e-9, "1e-9"),
            (1.5e20, "1.5e20"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(
            (count(1234), count(1_234_567)),
            ("1234".to_owned(), "1\u{202f}234\u{202f}567".to_owned())
        );
        assert_eq!(
            [time(900), time(1_500_000), time(125_000_000)],
            ["1 ms", "1.5 s", "2 min 05 s"].map(str::to_owned)
        );
    }

    #[test]
    fn names_that_are_too_long_are_cut_and_marked() {
        assert_eq!(short("abcdef", 6), "abcdef");
        assert_eq!(short("abcdefg", 6), "abcde…");
    }

    #[test]
    fn code_stands_between_two_backticks_only() {
        assert_eq!(prose("a `b<` c").into_string(), "a <code>b&lt;</code> c");
        assert_eq!(prose("a ` c").into_string(), "a ` c");
    }

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(visible("a\0\u{1b}[1m\u{202e}b\n\r\u{7f}"), "a␀␛[1m[U+202E]b\n␍[U+007F]");
        assert_eq!(visible("שלום 🙂\n"), "שלום 🙂\n");
    }
}
