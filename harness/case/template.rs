//! Strings with placeholders: `--seed {seed}`, `{data.train}`, `{out.weights}`; `{{` and `}}` are braces.

use std::fmt;
use std::ops::Range;

use super::{Part, Template};

/// What is wrong with a template, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) range: Range<usize>,
    pub(super) message: String,
}

/// What to do about a stray brace.
pub(super) const DOUBLE: &str = "double a brace that is meant as such: `{{`, `}}`; a placeholder is `{data.NAME}`, `{out.NAME}` or `{KNOB}`";

/// A template's parts, each with its place in the text; text parts hold their braces undoubled.
pub(super) type Parts = Vec<(Part, Range<usize>)>;

/// Splits a text into its parts, and tells of stray braces and empty placeholders, which are left out.
pub(super) fn parse(text: &str) -> (Parts, Vec<Problem>) {
    let mut parts = Parts::new();
    let mut problems = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(['{', '}']) {
        let brace = at + found;
        push_text(&mut parts, &text[at..brace], at);
        let doubled = text[brace + 1..].starts_with(&text[brace..=brace]);
        if doubled {
            push_text(&mut parts, &text[brace..=brace], brace);
            at = brace + 2;
            continue;
        }
        match placeholder(text, brace) {
            Ok(name) => {
                at = name.end + 1;
                parts.push((part(&text[name]), brace..at));
            }
            Err(problem) => {
                at = problem.range.end;
                problems.push(problem);
            }
        }
    }
    push_text(&mut parts, &text[at..], at);
    (parts, problems)
}

/// The range of the name in the placeholder that the single brace opens.
fn placeholder(text: &str, brace: usize) -> Result<Range<usize>, Problem> {
    let problem = |range, message: &str| Problem { range, message: message.to_owned() };
    if text[brace..].starts_with('}') {
        return Err(problem(brace..brace + 1, "`}` without a `{` before it"));
    }
    let start = brace + 1;
    match text[start..].find(['{', '}']).map(|length| start + length) {
        Some(end) if text[end..].starts_with('}') && end > start => Ok(start..end),
        Some(end) if text[end..].starts_with('}') => Err(problem(brace..end + 1, "empty placeholder")),
        Some(_) | None => Err(problem(brace..brace + 1, "`{` that is never closed")),
    }
}

/// Whether something in single braces could be meant as a placeholder; `{print $1}` is not.
pub(super) fn could_be_a_name(part: &Part) -> bool {
    let (Part::Text(name) | Part::Data(name) | Part::Out(name) | Part::Knob(name)) = part;
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '))
}

fn part(name: &str) -> Part {
    match name.split_once('.') {
        Some(("data", rest)) => Part::Data(rest.to_owned()),
        Some(("out", rest)) => Part::Out(rest.to_owned()),
        _ => Part::Knob(name.to_owned()),
    }
}

fn push_text(parts: &mut Parts, more: &str, at: usize) {
    if more.is_empty() {
        return;
    }
    if let Some((Part::Text(text), range)) = parts.last_mut() {
        text.push_str(more);
        range.end = at + more.len();
    } else {
        parts.push((Part::Text(more.to_owned()), at..at + more.len()));
    }
}

impl fmt::Display for Template {
    /// The template as a case file spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| part.fmt(f))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}")),
            Self::Data(name) => write!(f, "{{data.{name}}}"),
            Self::Out(name) => write!(f, "{{out.{name}}}"),
            Self::Knob(name) => write!(f, "{{{name}}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str) -> Vec<Part> {
        let (parts, problems) = parse(text);
        assert_eq!(problems, []);
        parts.into_iter().map(|(part, _)| part).collect()
    }

    #[test]
    fn placeholders_and_braces_are_told_apart() {
        assert_eq!(parts(""), []);
        assert_eq!(parts("--seed"), [Part::Text("--seed".into())]);
        assert_eq!(
            parts("{{a}}={data.train}:{out.w}/{seed}"),
            [
                Part::Text("{a}=".into()),
                Part::Data("train".into()),
                Part::Text(":".into()),
                Part::Out("w".into()),
                Part::Text("/".into()),
                Part::Knob("seed".into()),
            ]
        );
        assert_eq!(
            parts("{{{seed}}}"),
            [Part::Text("{".into()), Part::Knob("seed".into()), Part::Text("}".into())]
        );
    }

    #[test]
    fn stray_braces_are_found_where_they_stand() {
        let ranges = |text| parse(text).1.into_iter().map(|problem| problem.range).collect::<Vec<_>>();
        assert_eq!(ranges("a {b {"), [2..3, 5..6]);
        assert_eq!(ranges("a } }"), [2..3, 4..5]);
        assert_eq!(ranges("a {} b {"), [2..4, 7..8]);
        assert_eq!(ranges("{a{b}}"), [0..1, 5..6]);
    }

    fn any_part() -> impl Strategy<Value = Part> {
        prop_oneof![
            "[^\\p{C}]{1,8}".prop_map(Part::Text),
            "[a-z0-9_-]{1,8}".prop_map(Part::Data),
            "[a-z0-9_-]{1,8}".prop_map(Part::Out),
            "[a-z0-9_-]{1,8}".prop_map(Part::Knob),
        ]
    }

    proptest! {
        #[test]
        fn templates_survive_writing_and_reading(written in prop::collection::vec(any_part(), 0..8)) {
            let mut joined: Vec<Part> = Vec::new();
            for part in written {
                match (joined.last_mut(), part) {
                    (Some(Part::Text(text)), Part::Text(more)) => text.push_str(&more),
                    (_, part) => joined.push(part),
                }
            }
            prop_assert_eq!(parts(&Template(joined.clone()).to_string()), joined);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[{}a-z.é]{0,20}") {
            let (parts, problems) = parse(&text);
            prop_assert!(problems.iter().all(|problem| text.get(problem.range.clone()).is_some()));
            if problems.is_empty() {
                let again = Template(parts.into_iter().map(|(part, _)| part).collect());
                prop_assert_eq!(again.to_string(), text);
            }
        }
    }
}
