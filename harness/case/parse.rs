//! Text -> [`raw::File`]: syntax, names of keys and types of values, with all mistakes at once.
//!
//! serde stops at the first mistake. So each mistake is mended in the parsed tree (a misspelled key gets the name
//! that was meant, anything else is taken out) and the tree is read again, until it is whole.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::error::{Finding, closest, listed};
use super::raw;

/// Mistakes of one kind of which a file is told at most this many.
const FINDINGS_MAX: usize = 50;

/// What was read, and what was wrong with it.
pub(super) struct Parsed {
    /// The file with its mistakes mended or taken out.
    pub(super) file: raw::File,
    /// The mistakes.
    pub(super) findings: Vec<Finding>,
    /// Whether nothing was taken out, so that it makes sense to look for mistakes of meaning as well.
    pub(super) whole: bool,
}

/// Reads the text of a case file.
///
/// # Errors
/// The mistakes of syntax, which leave nothing to go on with.
pub(super) fn parse(source: &str) -> Result<Parsed, Vec<Finding>> {
    let (mut tree, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        return Err(syntax(source, &errors));
    }
    let mut findings = Vec::new();
    let mut whole = true;
    let mut rounds = 0..FINDINGS_MAX;
    loop {
        let error = match raw::File::deserialize(Deserializer::from(tree.clone())) {
            Ok(file) => return Ok(Parsed { file, findings, whole }),
            Err(error) => error,
        };
        let span = error.span().unwrap_or(0..0);
        let Some(entry) = entry_at(tree.get_ref(), &span).filter(|_| rounds.next().is_some()) else {
            findings.push(
                Finding::new(span, error.message()).help("see `driftless schema` for what a case file holds"),
            );
            return Ok(Parsed { file: raw::File::default(), findings, whole: false });
        };
        whole &= mend(tree.get_mut(), &entry, &span, error.message(), &mut findings);
    }
}

/// The first mistake of each run of lines; what follows at once is usually an echo of it.
fn syntax(source: &str, errors: &[toml::de::Error]) -> Vec<Finding> {
    let whole = source.len()..source.len();
    let mut errors: Vec<_> =
        errors.iter().map(|e| (e.span().unwrap_or(whole.clone()), e.message())).collect();
    errors.sort_by_key(|(span, _)| span.start);
    let mut findings = Vec::new();
    let mut line_last = None;
    for (span, message) in errors {
        let line = source[..source.floor_char_boundary(span.start)].matches('\n').count();
        let echo = line_last.is_some_and(|last| line <= last + 1);
        line_last = Some(line);
        if echo || findings.len() >= FINDINGS_MAX {
            continue;
        }
        let message = message.trim_end_matches(", expected literal string");
        findings.push(Finding::new(span, message).help(syntax_help(message)));
    }
    findings
}

fn syntax_help(message: &str) -> &'static str {
    match message {
        _ if message.starts_with("duplicate key") => "remove one of the two, or give one another name",
        _ if message.starts_with("string values must be quoted") => "write text in quotes: \"...\"",
        _ if message.contains("comma between array") => {
            "put commas between the entries of a list, and close it with `]`"
        }
        _ if message.starts_with("unclosed") || message.starts_with("missing closing") => "close it",
        _ => "the file must be TOML: `key = value` lines below `[table]` headers; text stands in quotes",
    }
}

/// Records one mistake and mends the tree; returns whether nothing was lost.
fn mend(
    tree: &mut DeTable<'_>,
    entry: &Range<usize>,
    span: &Range<usize>,
    message: &str,
    findings: &mut Vec<Finding>,
) -> bool {
    let mut kept = false;
    in_table_of(tree, entry, &mut |table, key| {
        let expected = expected(message);
        if message.starts_with("unknown field") {
            let meant = closest(&key, expected.iter().copied());
            findings.push(unknown_key(&key, span, meant, &expected));
            let value = table.remove(key.as_str());
            if let (Some(meant), Some(value)) = (meant, value)
                && !table.contains_key(meant)
            {
                table.insert(Spanned::new(entry.clone(), Cow::Owned(meant.to_owned())), value);
                kept = true;
            }
        } else {
            findings.push(wrong_value(&key, span, message, &expected));
            table.remove(key.as_str());
        }
    });
    kept
}

fn unknown_key(key: &str, span: &Range<usize>, meant: Option<&str>, expected: &[&str]) -> Finding {
    let help = match (meant, home_of(key)) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, Some(home)) => home.to_owned(),
        (None, None) if expected.is_empty() => "remove it".to_owned(),
        (None, None) => format!("known here: {}", listed(expected)),
    };
    Finding::new(span.clone(), format!("unknown key `{key}`")).label("not known here").help(help)
}

/// Where a key belongs that people put elsewhere, or call by another name.
fn home_of(key: &str) -> Option<&'static str> {
    Some(match key {
        "seed" => "a value that a command takes as `{seed}` stands below `[knobs]`",
        "cmd" | "run" | "script" | "args" | "exec" => {
            "a stage's program and arguments are `command = [\"python\", \"train.py\"]`"
        }
        "outputs" | "artifacts" | "output-files" => "a stage's outputs are `out.NAME = \"file\"`",
        "inputs" | "deps" | "depends-on" => {
            "a stage names what it reads in its command, `{out.NAME}`, or in `needs = [\"NAME\"]`"
        }
        "cwd" | "workdir" => "the pipeline's folder is `dir` below `[pipeline]`",
        _ => return None,
    })
}

fn wrong_value(key: &str, span: &Range<usize>, message: &str, expected: &[&str]) -> Finding {
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let value = rest.split('`').nth(1).unwrap_or_default();
        let help = match closest(value, expected.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known: {}", listed(expected)),
        };
        return Finding::new(span.clone(), format!("unknown {key} `{value}`")).help(help);
    }
    let (found, wanted) = match message.strip_prefix("invalid ").and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => rest.rsplit_once(", expected ").unwrap_or((rest, "")),
        None => ("", ""),
    };
    if wanted.is_empty() {
        return Finding::new(span.clone(), format!("`{key}`: {message}")).help(shape_of(key));
    }
    let (found, wanted) = (plain(found), plain(wanted));
    Finding::new(span.clone(), format!("`{key}` must be {wanted}, not {found}")).help(shape_of(key))
}

/// serde's words for types in TOML's.
fn plain(words: &str) -> String {
    match words {
        "map" | "a map" => "a table".to_owned(),
        "sequence" | "a sequence" => "a list".to_owned(),
        "a TOML datetime" => "a date".to_owned(),
        other => match other.split_once(' ') {
            Some(("string", value)) => format!("the string {value}"),
            Some(("integer", value)) => format!("the integer {value}"),
            Some(("boolean", value)) => format!("the boolean {value}"),
            Some(("floating", rest)) => format!("the number {}", rest.trim_start_matches("point ")),
            _ => other.to_owned(),
        },
    }
}

/// How to write the value of a key whose value has the wrong type.
fn shape_of(key: &str) -> &'static str {
    match key {
        "command" => "write each argument as a string of its own: command = [\"python\", \"train.py\"]",
        "timeout" => "write a duration with its unit: timeout = \"10min\"",
        "memory" | "output" => "write a size with its unit: memory = \"16GB\"",
        "python" => "write the version in quotes: python = \"3.11\"",
        "until" => "write a date without quotes: until = 2027-06-30",
        "off" => "write the reason: off = \"why\"",
        "pass" | "programs" | "modules" | "also" | "needs" | "exclusive" | "factors" => {
            "write a list of strings: [\"a\", \"b\"]"
        }
        "set" | "env" => "write a table of strings: { NAME = \"value\" }",
        "without" => "write a table with a reason for each: { threads = \"why\" }",
        "tolerate" => "write it as `[[tolerate]]`, once for each accepted drift",
        "held-out" => "write true or false, without quotes",
        "id" => "write id = \"id\", or a list of columns that identify a row together",
        "out" => "give the output a name: out.NAME = \"file\"",
        "data" | "stage" | "variant" | "expect" => "give it a name of its own, such as `[data.train]`",
        _ => "`driftless schema` prints what each key takes",
    }
}

/// The names in backticks that serde says it expected.
fn expected(message: &str) -> Vec<&str> {
    match message.rsplit_once(", expected ") {
        Some((_, names)) => names.split('`').skip(1).step_by(2).collect(),
        None => Vec::new(),
    }
}

/// The place of the key to which a mistake at `span` belongs: the key that stands just there, or else the one
/// with the smallest value around it.
fn entry_at(table: &DeTable<'_>, span: &Range<usize>) -> Option<Range<usize>> {
    let mut best: Option<(usize, Range<usize>)> = None;
    visit(table, &mut |key, value| {
        let around = value.start <= span.start && span.end <= value.end;
        let size = if key == span { Some(0) } else { around.then(|| value.len() + 1) };
        if let Some(size) = size
            && best.as_ref().is_none_or(|(smallest, _)| size < *smallest)
        {
            best = Some((size, key.clone()));
        }
    });
    best.map(|(_, key)| key)
}

fn visit(table: &DeTable<'_>, seen: &mut impl FnMut(&Range<usize>, &Range<usize>)) {
    for (key, value) in table {
        seen(&key.span(), &value.span());
        visit_value(value.get_ref(), seen);
    }
}

fn visit_value(value: &DeValue<'_>, seen: &mut impl FnMut(&Range<usize>, &Range<usize>)) {
    match value {
        DeValue::Table(table) => visit(table, seen),
        DeValue::Array(list) => list.iter().for_each(|value| visit_value(value.get_ref(), seen)),
        _ => {}
    }
}

/// Calls `act` with the table that holds the key standing at `entry`, and the key.
fn in_table_of<'i>(
    table: &mut DeTable<'i>,
    entry: &Range<usize>,
    act: &mut impl FnMut(&mut DeTable<'i>, String),
) {
    if let Some(key) = table.keys().find(|key| key.span() == *entry) {
        let key = key.get_ref().to_string();
        return act(table, key);
    }
    for (_, value) in table.iter_mut() {
        in_value_of(value.get_mut(), entry, act);
    }
}

fn in_value_of<'i>(
    value: &mut DeValue<'i>,
    entry: &Range<usize>,
    act: &mut impl FnMut(&mut DeTable<'i>, String),
) {
    match value {
        DeValue::Table(table) => in_table_of(table, entry, act),
        DeValue::Array(list) => list.iter_mut().for_each(|value| in_value_of(value.get_mut(), entry, act)),
        _ => {}
    }
}
