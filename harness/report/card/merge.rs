//! A card put into a README that is there: between its marks, and under the keys of its front matter that are ours.
//! Every other byte stays as it is.

use super::front::{self, Key, OWN};
use super::{marks, subject};
use crate::project::front_matter;
use crate::report::Report;

/// Why a README cannot be merged into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: usize,
    /// A lowercase fragment.
    pub message: String,
}

impl Fault {
    pub(super) fn new(line: usize, message: String) -> Self {
        Self { line, message }
    }
}

/// The README with a new card in it. Merging again changes nothing.
///
/// # Errors
/// Marks that do not belong together, and front matter that is no YAML mapping, with the line.
pub fn merge(readme: &str, report: &Report) -> Result<String, Fault> {
    let subjects = subject::all(report);
    put(readme, &front::matter(&subjects), &super::body(report, &subjects))
}

/// The line end of the first line; where there is none, that of Unix.
fn end_of_line(text: &str) -> &'static str {
    match text.find('\n') {
        Some(place) if text[..place].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

fn put(readme: &str, keys: &[Key], body: &str) -> Result<String, Fault> {
    let (mark, text) = match readme.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", readme),
    };
    let end = end_of_line(text);
    let Some(Front { yaml, rest, line }) = front_of(text)? else {
        let rest = marks::between(text, body, end, 1)?;
        let lines: String = keys.iter().map(|key| key.lines.replace('\n', end)).collect();
        let head = if lines.is_empty() { lines } else { format!("---{end}{lines}---{end}{end}") };
        return Ok(format!("{mark}{head}{rest}"));
    };
    let (before, old) = (&text[..yaml.start], &text[yaml.clone()]);
    let new = with_keys(old, keys, end, line)?;
    let lines_above = text[..rest].matches('\n').count();
    let below = marks::between(&text[rest..], body, end, lines_above + 1)?;
    // The file may end with the front matter, in the middle of a line.
    let gap = if text[..rest].ends_with('\n') { "" } else { end };
    Ok(format!("{mark}{before}{new}{}{gap}{below}", &text[yaml.end..rest]))
}

/// Where front matter stands.
struct Front {
    /// The YAML, without its `---` lines.
    yaml: std::ops::Range<usize>,
    /// Where the text below it begins.
    rest: usize,
    /// The line on which the YAML begins.
    line: usize,
}

/// The front matter of a text, if it begins with one. Hubs pass over blank lines above it.
fn front_of(text: &str) -> Result<Option<Front>, Fault> {
    let mut offset = 0;
    let mut opened = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let next = offset + line.len();
        match (opened, line.trim_end()) {
            (None, "") => {}
            (None, "---") => opened = Some((next, number + 2)),
            (None, _) => return Ok(None),
            (Some((start, line)), "---") => return Ok(Some(Front { yaml: start..offset, rest: next, line })),
            _ => {}
        }
        offset = next;
    }
    match opened {
        None => Ok(None),
        Some((_, line)) => {
            Err(Fault::new(line - 1, "front matter begins with `---` and never ends".to_owned()))
        }
    }
}

/// Replaces the key that is ours and adds those that nobody has set.
fn with_keys(yaml: &str, keys: &[Key], end: &str, first: usize) -> Result<String, Fault> {
    let read = |text: &str| {
        front_matter::keys(text).map_err(|(line, message)| Fault::new(first + line.max(1) - 1, message))
    };
    let there = read(yaml)?;
    let mut lines: Vec<&str> = yaml.split_inclusive('\n').collect();
    let written: Vec<(&str, String)> =
        keys.iter().map(|key| (key.name, key.lines.replace('\n', end))).collect();
    let own = written.iter().find(|(name, _)| *name == OWN);
    if let (Some((_, new)), Some(place)) = (own, there.iter().position(|key| key.name == OWN)) {
        let start = there[place].line - 1;
        let next = there.get(place + 1).map_or(lines.len(), |key| key.line - 1);
        // Comments and blank lines above the next key belong to it.
        let is_idle = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
        let idle = lines[start + 1..next].iter().rev().take_while(|line| is_idle(line)).count();
        lines.splice(start..next - idle, [new.as_str()]);
    }
    let new = written.iter().filter(|(name, _)| there.iter().all(|key| key.name != *name));
    lines.extend(new.map(|(_, lines)| lines.as_str()));
    let out = lines.concat();
    // What another key took from ours, such as an anchor, would now be lost.
    read(&out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> Vec<Key> {
        vec![
            Key { name: "license", lines: "license: mit\n".to_owned() },
            Key { name: OWN, lines: "model-index:\n- name: new\n".to_owned() },
        ]
    }

    fn put(readme: &str) -> String {
        super::put(readme, &keys(), "new\nbody").expect("it can be merged into")
    }

    #[test]
    fn an_empty_file_gets_front_matter_and_marks() {
        let wanted = "---\nlicense: mit\nmodel-index:\n- name: new\n---\n\n<!-- driftless:begin -->\nnew\nbody\n<!-- driftless:end -->\n";
        assert_eq!(put(""), wanted);
        assert_eq!(put(wanted), wanted);
    }

    #[test]
    fn only_our_part_and_our_key_are_replaced() {
        let readme = "---\n# mine\nmodel-index: # old\n- name: old\n  results: []\n\n# of tags\ntags:\n- a   # kept\n---\n# Title\n\n<!-- driftless:begin -->\nold\n<!-- driftless:end -->\n\ntrailing  \n";
        let wanted = "---\n# mine\nmodel-index:\n- name: new\n\n# of tags\ntags:\n- a   # kept\nlicense: mit\n---\n# Title\n\n<!-- driftless:begin -->\nnew\nbody\n<!-- driftless:end -->\n\ntrailing  \n";
        assert_eq!(put(readme), wanted);
        assert_eq!(put(wanted), wanted);
    }

    #[test]
    fn what_the_user_has_set_stays() {
        let merged = put("---\nlicense: apache-2.0\n---\ntext");
        assert!(
            merged.starts_with("---\nlicense: apache-2.0\nmodel-index:\n- name: new\n---\ntext\n\n<!--"),
            "{merged}"
        );
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_stay() {
        let merged = put("\u{feff}---\r\nlicense: x\r\n---\r\nold\r\n");
        assert_eq!(
            merged,
            "\u{feff}---\r\nlicense: x\r\nmodel-index:\r\n- name: new\r\n---\r\nold\r\n\r\n<!-- driftless:begin -->\r\nnew\r\nbody\r\n<!-- driftless:end -->\r\n"
        );
    }

    #[test]
    fn damaged_marks_and_front_matter_are_told_with_their_line() {
        for (readme, line, part) in [
            ("a\n<!-- driftless:begin -->\n", 2, "never followed"),
            ("---\na: b\n---\n<!-- driftless:end -->\n", 4, "without"),
            ("<!-- driftless:end -->\n<!-- driftless:begin -->\n", 1, "before"),
            ("<!-- driftless:begin -->\n<!-- driftless:begin -->\n<!-- driftless:end -->\n", 2, "twice"),
            ("<!-- driftless:begin -->\n<!-- driftless:end -->\n<!-- driftless:end -->\n", 3, "twice"),
            ("---\na: b\n", 1, "never ends"),
            ("\n---\na: [b\n---\n", 4, "not valid YAML"),
            ("---\na: b\nc: d\na: e\n---\n", 4, "stands twice"),
            ("---\nmodel-index: &x\n- name: old\nother: *x\n---\n", 4, "not valid YAML"),
        ] {
            let fault = super::put(readme, &keys(), "body").expect_err(readme);
            assert!(fault.message.contains(part), "{readme}: {fault}");
            assert!(fault.line.abs_diff(line) <= usize::from(part == "not valid YAML"), "{readme}: {fault}");
        }
    }

    #[test]
    fn a_file_that_is_front_matter_alone_is_merged_into() {
        let merged = put("---\n---");
        assert!(
            merged.starts_with("---\nlicense: mit\nmodel-index:\n- name: new\n---\n<!-- driftless:begin"),
            "{merged}"
        );
        assert_eq!(put(&merged), merged);
    }

    #[test]
    fn a_quoted_mark_is_no_mark() {
        let readme = "<!-- driftless:begin -->\n    <!-- driftless:end -->\n<!-- driftless:end -->\n";
        assert!(super::put(readme, &[], "body").is_ok());
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,12}",
            Just("---".to_owned()),
            Just("model-index:".to_owned()),
            Just("- name: x".to_owned()),
            Just("# c".to_owned()),
            Just("license: y".to_owned()),
            Just(super::super::BEGIN.to_owned()),
            Just(super::super::END.to_owned()),
            Just(String::new()),
        ]
    }

    proptest! {
        #[test]
        fn merging_twice_changes_nothing(lines in proptest::collection::vec(line(), 0..12), crlf in any::<bool>()) {
            let readme = lines.join(if crlf { "\r\n" } else { "\n" });
            if let Ok(once) = super::put(&readme, &keys(), "new\nbody") {
                let twice = super::put(&once, &keys(), "new\nbody");
                prop_assert_eq!(twice.as_ref(), Ok(&once));
            }
        }

        #[test]
        fn text_outside_our_part_keeps_every_byte(above in any::<String>(), below in any::<String>()) {
            prop_assume!(!above.trim_start_matches(['\u{feff}', '\n', '\r', ' ']).starts_with("---"));
            prop_assume!(!above.starts_with('\u{feff}'));
            let (begin, end) = (super::super::BEGIN, super::super::END);
            let readme = format!("{above}\n{begin}\nold\n{end}\n{below}");
            let merged = super::put(&readme, &[], "new").expect("marks that belong together");
            let end_of_line = end_of_line(&readme);
            prop_assert_eq!(merged, format!("{above}\n{begin}\nnew{end_of_line}{end}\n{below}"));
        }
    }
}
