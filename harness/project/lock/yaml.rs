//! YAML as a tree with lines. The only door to the YAML parser.

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::node::{DEPTH_MAX, Fault, Node, Value};

/// Nodes of one file; beyond that it is not read. The largest lock files known have some hundred thousand.
const NODES_MAX: usize = 2_000_000;

/// A collection that is still open.
enum Open {
    List(u64, usize, Vec<Node>),
    Map(u64, usize, Vec<(String, Node)>, Option<String>),
}

/// Reads the first document of a YAML file.
pub(super) fn yaml(text: &str) -> Result<Node, Fault> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| Fault::new(error.marker().line() as u64, format!("not valid YAML: {error}")))?;
        if builder.take(event, span)? {
            break;
        }
    }
    Ok(builder.root.unwrap_or(Node { line: 1, value: Value::Null }))
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    anchors: std::collections::BTreeMap<usize, Node>,
}

impl Builder {
    /// Takes an event; `true` at the end of the document.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<bool, Fault> {
        let line = span.start.line() as u64;
        self.nodes += 1;
        if self.nodes > NODES_MAX || self.open.len() > DEPTH_MAX {
            return Err(Fault::new(line, "too many or too deeply nested values"));
        }
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = scalar(&text, style);
                self.put(Node { line, value }, anchor);
            }
            Event::SequenceStart(_, anchor, _) => self.open.push(Open::List(line, anchor, Vec::new())),
            Event::MappingStart(_, anchor, _) => self.open.push(Open::Map(line, anchor, Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(line, anchor, list)) => {
                    self.put(Node { line, value: Value::List(list) }, anchor);
                }
                Some(Open::Map(line, anchor, map, _)) => {
                    self.put(Node { line, value: Value::Map(map) }, anchor);
                }
                None => {}
            },
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned().unwrap_or(Node { line, value: Value::Null });
                self.nodes += size(&node);
                self.put(node, 0);
            }
            Event::DocumentEnd => return Ok(true),
            _ => {}
        }
        Ok(false)
    }

    fn put(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, _, list)) => list.push(node),
            Some(Open::Map(_, _, map, key)) => match key.take() {
                Some(name) => map.push((name, node)),
                None => *key = Some(node.scalar().unwrap_or_default().to_owned()),
            },
        }
    }
}

/// Nodes of a tree: an alias that repeats large trees counts as what it stands for.
fn size(node: &Node) -> usize {
    match &node.value {
        Value::List(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Map(map) => 1 + map.iter().map(|(_, node)| size(node)).sum::<usize>(),
        _ => 1,
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Flag(true),
        "false" | "False" | "FALSE" => Value::Flag(false),
        // Versions such as `3.10` must not lose their last digit, so what looks like a number stays text.
        _ => Value::Text(text.to_owned()),
    }
}
