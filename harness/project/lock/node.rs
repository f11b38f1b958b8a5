//! TOML, YAML and JSON as one tree that remembers lines.

use toml::de::{DeTable, DeValue};

/// Levels of one file.
pub(super) const DEPTH_MAX: usize = 64;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Line, counted from 1; 0 where the format does not tell.
    pub(super) line: u64,
    /// What stands there.
    pub(super) value: Value,
}

/// What stands somewhere.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Flag(bool),
    /// An integer, in decimal.
    Whole(String),
    /// A number of another kind or a date, as written: nothing that a lock file needs.
    Other(String),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<(String, Node)>),
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Line, counted from 1, where it is known.
    pub(super) line: Option<u64>,
    /// A lowercase fragment.
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(line: u64, message: impl Into<String>) -> Self {
        Self { line: (line > 0).then_some(line), message: message.into() }
    }
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.map().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The node below these keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    pub(super) fn map(&self) -> &[(String, Node)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    pub(super) fn list(&self) -> &[Node] {
        if let Value::List(entries) = &self.value { entries } else { &[] }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// A text, or a number as written: YAML takes `3.11` for a number.
    pub(super) fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Whole(text) | Value::Other(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::scalar)
    }
}

/// Lines of byte offsets.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place).collect())
    }

    fn line(&self, offset: usize) -> u64 {
        self.0.partition_point(|end| *end < offset) as u64 + 1
    }
}

/// Reads TOML.
pub(super) fn toml(text: &str) -> Result<Node, Fault> {
    let lines = Lines::of(text);
    if deep(text) {
        return Err(Fault { line: None, message: "values are nested too deeply".to_owned() });
    }
    let tree = DeTable::parse(text).map_err(|error| Fault {
        line: error.span().map(|span| lines.line(span.start)),
        message: format!("not valid TOML: {}", error.message()),
    })?;
    Ok(Node { line: 1, value: table(tree.get_ref(), &lines) })
}

/// Whether more brackets stand open than any honest file has.
fn deep(text: &str) -> bool {
    let mut open = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > DEPTH_MAX * 4
    })
}

fn table(table: &DeTable<'_>, lines: &Lines) -> Value {
    let entry = |(key, value): (&toml::Spanned<toml::de::DeString<'_>>, &toml::Spanned<DeValue<'_>>)| {
        // A table's own span is its header; a key's is nearer to what the eye looks for.
        let line = match value.get_ref() {
            DeValue::Table(_) | DeValue::Array(_) => lines.line(key.span().start),
            _ => lines.line(value.span().start),
        };
        (key.get_ref().to_string(), Node { line, value: of_toml(value.get_ref(), lines) })
    };
    Value::Map(table.iter().map(entry).collect())
}

fn of_toml(value: &DeValue<'_>, lines: &Lines) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Value::Whole(number.as_str().to_owned()),
        DeValue::Integer(number) => Value::Other(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Other(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(date) => Value::Other(date.to_string()),
        DeValue::Array(array) => {
            let nodes = array.iter().map(|item| Node {
                line: lines.line(item.span().start),
                value: of_toml(item.get_ref(), lines),
            });
            Value::List(nodes.collect())
        }
        DeValue::Table(inner) => table(inner, lines),
    }
}

/// Reads JSON. It has no lines; [`find_line`] looks for them.
pub(super) fn json(text: &str) -> Result<Node, Fault> {
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| Fault::new(error.line() as u64, format!("not valid JSON: {error}")))?;
    Ok(of_json(&value))
}

fn of_json(value: &serde_json::Value) -> Node {
    let value = match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Flag(*flag),
        serde_json::Value::Number(number) if number.is_i64() || number.is_u64() => {
            Value::Whole(number.to_string())
        }
        serde_json::Value::Number(number) => Value::Other(number.to_string()),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(list) => Value::List(list.iter().map(of_json).collect()),
        serde_json::Value::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), of_json(value))).collect())
        }
    };
    Node { line: 0, value }
}

/// The first line at or after `from` (counted from 1) that holds the text; `from` where there is none.
pub(super) fn find_line(text: &str, from: u64, wanted: &str) -> u64 {
    let skipped = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
    text.lines()
        .enumerate()
        .skip(skipped)
        .find(|(_, line)| line.contains(wanted))
        .map_or(from.max(1), |(place, _)| place as u64 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::yaml::yaml;
    use super::*;

    #[test]
    fn lines_are_counted_from_one_in_toml_and_yaml() {
        let tree = toml("a = 1\n[t]\n\nb = [\n  \"x\",\n  \"y\",\n]\n").expect("TOML");
        assert_eq!(tree.at(&["t", "b"]).expect("a list").list()[1].line, 6);
        let tree = yaml("a: 1\nb:\n  - x\n  - k: v\n").expect("YAML");
        assert_eq!(tree.get("b").expect("a list").list()[1].get("k").expect("a value").line, 4);
    }

    #[test]
    fn what_looks_like_a_number_in_yaml_keeps_its_digits() {
        assert_eq!(yaml("python: 3.10").expect("YAML").text_at("python"), Some("3.10"));
    }

    #[test]
    fn a_fault_names_its_line() {
        assert_eq!(toml("a = 1\nb = =\n").unwrap_err().line, Some(2));
        assert_eq!(yaml("a: 1\nb: [x\n").map_err(|fault| fault.line.is_some()), Err(true));
        assert_eq!(json("{\n\"a\": }\n").unwrap_err().line, Some(2));
    }

    #[test]
    fn aliases_do_not_grow_without_bound() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let last = format!("*a{}", level - 1);
            text.extend(["a", &level.to_string(), ": &a", &level.to_string(), " ["]);
            text.extend([&vec![last; 10].join(", "), "]\n"]);
        }
        assert!(yaml(&text).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in "[\\PC\n\t]{0,200}", odd in "[\\[\\]{}:,\"'#&*!|>\n a-]{0,120}") {
            for text in [&text, &odd] {
                let _ = toml(text);
                let _ = yaml(text);
                let _ = json(text);
            }
        }
    }
}
