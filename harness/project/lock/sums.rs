//! The hashes of their inputs that Poetry and Pipenv keep in their locks.

use sha2::{Digest as _, Sha256};

use super::node::{self, Node, Value};

/// Whether the hash that Poetry keeps is that of the input; `None` where it keeps none or the input holds what has no one
/// form in JSON.
///
/// Source: `poetry/packages/locker.py` of Poetry 1.0 to 2.5. The content hashed is a choice of tables, as
/// `json.dumps(…, sort_keys=True)` writes them; the choice has grown, so each that was ever made is tried.
pub(super) fn poetry(lock: &str, input: &str) -> Option<bool> {
    let tree = node::toml(lock).ok()?;
    let kept = tree.at(&["metadata", "content-hash"])?.text()?.to_owned();
    let version = tree.at(&["metadata", "lock-version"]).and_then(Node::text)?;
    if !["1.0", "1.1", "2.0", "2.1"].contains(&version) {
        return None;
    }
    let pyproject = node::toml(input).ok()?;
    let mut known = false;
    for content in poetry_contents(&pyproject) {
        if let Some(text) = dumps(&content, (", ", ": ")) {
            known = true;
            if hex(text.as_bytes()) == kept {
                return Some(true);
            }
        }
    }
    known.then_some(false)
}

fn map(entries: Vec<(String, Node)>) -> Node {
    Node { line: 0, value: Value::Map(entries) }
}

/// The tables that some Poetry has hashed, the newest way first.
fn poetry_contents(pyproject: &Node) -> Vec<Node> {
    let legacy = ["dependencies", "source", "extras", "dev-dependencies"];
    let empty = map(Vec::new());
    let tool = pyproject.at(&["tool", "poetry"]).unwrap_or(&empty);
    let pick = |table: &Node, keys: &[&str], nulls: bool| {
        let entry = |key: &&str| match table.get(key) {
            Some(node) => Some(((*key).to_owned(), node.clone())),
            None if nulls => Some(((*key).to_owned(), Node { line: 0, value: Value::Null })),
            None => None,
        };
        keys.iter().filter_map(entry).collect::<Vec<_>>()
    };
    let group = || pick(tool, &["group"], false);
    let with_nulls = || [pick(tool, &legacy, true), group()].concat();
    let without = || [pick(tool, &legacy, false), group()].concat();
    let project = pyproject.get("project").unwrap_or(&empty);
    let project = pick(project, &["requires-python", "dependencies", "optional-dependencies"], false);
    let groups = pyproject.get("dependency-groups").filter(|groups| !groups.map().is_empty());
    let mut contents = Vec::new();
    for groups in [groups, None] {
        let mut content = Vec::new();
        if !project.is_empty() {
            content.push(("project".to_owned(), map(project.clone())));
        }
        if let Some(groups) = groups {
            content.push(("dependency-groups".to_owned(), groups.clone()));
        }
        if !content.is_empty() {
            content.push(("tool".to_owned(), map(vec![("poetry".to_owned(), map(without()))])));
            contents.push(map(content));
        }
    }
    contents.push(map(with_nulls()));
    // Poetry 1.0 and 1.1 knew no groups; the first of 1.2 knew nothing else.
    contents.push(map(pick(tool, &legacy, true)));
    contents.push(map(pick(tool, &["dependencies", "group", "source", "extras"], true)));
    contents
}

/// Whether the hash that Pipenv keeps is that of the Pipfile.
///
/// Source: `plette/pipfiles.py`, `Pipfile.get_hash`: `json.dumps(…, sort_keys=True, separators=(",", ":"))`.
pub(super) fn pipenv(lock: &str, input: &str) -> Option<bool> {
    let tree = node::json(lock).ok()?;
    let kept = tree.at(&["_meta", "hash", "sha256"])?.text()?;
    let pipfile = node::toml(input).ok()?;
    let table = |key: &str| pipfile.get(key).cloned().unwrap_or(map(Vec::new()));
    // Without a source Pipenv puts one in whose address depends on the machine.
    let sources = pipfile.get("source")?.clone();
    let meta = map(vec![("sources".to_owned(), sources), ("requires".to_owned(), table("requires"))]);
    let mut content = vec![
        ("_meta".to_owned(), meta),
        ("default".to_owned(), table("packages")),
        ("develop".to_owned(), table("dev-packages")),
    ];
    let known = [
        "source",
        "packages",
        "dev-packages",
        "requires",
        "scripts",
        "pipfile",
        "pipenv",
        "default",
        "develop",
    ];
    for (key, value) in pipfile.map().iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        content.push((key.clone(), value.clone()));
    }
    let text = dumps(&map(content), (",", ":"))?;
    Some(hex(text.as_bytes()) == kept)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What `json.dumps(…, sort_keys=True)` of Python writes, which escapes all that is not ASCII. `None` for numbers with a
/// point and for dates, which have no one form.
fn dumps(node: &Node, (comma, colon): (&str, &str)) -> Option<String> {
    Some(match &node.value {
        Value::Null => "null".to_owned(),
        Value::Flag(flag) => flag.to_string(),
        Value::Whole(number) => number.parse::<i128>().ok()?.to_string(),
        Value::Other(_) => return None,
        Value::Text(text) => quoted(text),
        Value::List(list) => {
            let items = list.iter().map(|item| dumps(item, (comma, colon))).collect::<Option<Vec<_>>>()?;
            format!("[{}]", items.join(comma))
        }
        Value::Map(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|left, right| left.0.cmp(&right.0));
            let item = |(key, value): &(String, Node)| {
                dumps(value, (comma, colon)).map(|value| format!("{}{colon}{value}", quoted(key)))
            };
            let items = sorted.into_iter().map(item).collect::<Option<Vec<_>>>()?;
            format!("{{{}}}", items.join(comma))
        }
    })
}

fn quoted(text: &str) -> String {
    use std::fmt::Write as _;
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            ' '..='~' => quoted.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = write!(quoted, "\\u{unit:04x}");
                }
            }
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lock with this hash.
    fn lock(hash: &str) -> String {
        format!("package = []\n[metadata]\nlock-version = \"2.1\"\ncontent-hash = \"{hash}\"\n")
    }

    // The hashes are what `Locker._get_content_hash` of Poetry 2.5.1 gives for these files.

    #[test]
    fn the_hash_of_tables_of_poetry_alone_is_verified() {
        let input = "[tool.poetry]\nname = \"proj\"\nversion = \"0.1.0\"\npackage-mode = false\n\
            [tool.poetry.dependencies]\npython = \"^3.11\"\nnumpy = \"^1.26\"\nsix = {version = \"~1.16\", optional = true}\n\
            [tool.poetry.extras]\ns = [\"six\"]\n[tool.poetry.group.dev.dependencies]\npytest = \"^8\"\n";
        let lock = lock("8f111fe15ce9a9e3b657e1ca84fde7ff0ee6e27acbf5ed85319e43fea2bc0335");
        assert_eq!(poetry(&lock, input), Some(true));
        assert_eq!(poetry(&lock, &input.replace("^8", "^7")), Some(false));
        assert_eq!(poetry(&lock, &input.replace("proj", "other")), Some(true));
    }

    #[test]
    fn the_hash_of_a_project_table_with_groups_is_verified() {
        let input = "[project]\nname = \"proj\"\nversion = \"0.1.0\"\ndescription = \"Ünïcode\"\nrequires-python = \">=3.11,<4\"\n\
            dependencies = [\"six (>=1.16)\"]\n[tool.poetry]\npackage-mode = false\n\
            [tool.poetry.group.dev.dependencies]\niniconfig = \"*\"\n[dependency-groups]\ntest = [\"pluggy\"]\n";
        let lock = lock("b25441fb1c6e39e9bb1fb3b64f8e33ca1592c2c9ae37c1134d0e6fd3bb21bc05");
        assert_eq!(poetry(&lock, input), Some(true));
        assert_eq!(poetry(&lock, &input.replace("pluggy", "tox")), Some(false));
    }

    #[test]
    fn a_lock_of_a_layout_that_is_not_known_is_not_judged() {
        let lock = lock("0").replace("2.1", "3.0");
        assert_eq!(poetry(&lock, "[tool.poetry.dependencies]\npython = \"^3.11\"\n"), None);
    }

    #[test]
    fn texts_are_escaped_as_python_does() {
        assert_eq!(
            quoted("a\"\\\n\u{7f}é😀"),
            "\"a\\\"\\\\\\n\\u007fé\\ud83d\\ude00\"".replace('é', "\\u00e9")
        );
    }
}
