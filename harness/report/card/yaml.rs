//! YAML as hubs read it: values are written so that readers of YAML 1.1 and 1.2 agree on them.

use std::fmt::Write as _;

/// Words that YAML 1.1 or 1.2 reads as something else than text.
const WORDS: [&str; 12] =
    ["y", "yes", "n", "no", "true", "false", "on", "off", "null", "nan", "inf", "infinity"];

/// A text: bare where nobody can take it for anything else, in double quotes otherwise.
pub(super) fn scalar(text: &str) -> String {
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if begins && plain && !WORDS.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // What YAML calls not printable, and what it takes for a line end.
            letter if letter.is_control() || "\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(letter) => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out + "\""
}

/// A number that YAML 1.1 reads as a float, too: it asks for a point, and for a sign in the exponent.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let point = if digits.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            format!("{digits}{point}e{sign}{exponent}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_floats_for_every_reader() {
        assert_eq!([0.5, 1.0, 1e-7, 2.5e300].map(number), ["0.5", "1.0", "1.0e-7", "2.5e+300"]);
    }

    #[test]
    fn words_that_mean_something_else_are_quoted() {
        assert_eq!(
            ["mit", "no", "1.0", "a: b", ""].map(scalar),
            ["mit", "\"no\"", "\"1.0\"", "\"a: b\"", "\"\""]
        );
    }

    proptest! {
        #[test]
        fn every_text_comes_back_as_it_was(words in any::<String>()) {
            let document = format!("key: {}\n", scalar(&words));
            let read = crate::project::front_matter::keys(&document).expect("YAML");
            prop_assert_eq!(read[0].scalar.as_deref(), Some(words.as_str()));
        }
    }
}
