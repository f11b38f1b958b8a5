//! What Python code imports, read without running it: a small scanner that knows strings, comments, brackets and blocks.

use std::collections::BTreeSet;

use super::imports;

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// `sklearn.model_selection`.
    pub(super) module: String,
    /// Line, counted from 1.
    pub(super) line: u64,
    /// Whether the code goes on without it, or never runs it.
    pub(super) optional: bool,
}

impl Import {
    /// `sklearn`.
    pub(super) fn top(&self) -> &str {
        self.module.split('.').next().unwrap_or_default()
    }
}

/// What one file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) imports: Vec<Import>,
    /// Every name in the code and every word in its strings.
    pub(super) words: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'text> {
    Name(&'text str),
    Mark(char),
    Text,
}

/// A line with all that belongs to it.
pub(super) struct Line<'text> {
    pub(super) number: u64,
    pub(super) indent: usize,
    pub(super) tokens: Vec<Token<'text>>,
}

/// Reads the text of a Python file.
pub(super) fn read(text: &str) -> Code {
    let mut words = BTreeSet::new();
    let lines = Scanner { text, place: 0, number: 1, words: &mut words }.lines();
    let imports = imports::imports(&lines);
    Code { imports, words }
}

struct Scanner<'text, 'words> {
    text: &'text str,
    place: usize,
    number: u64,
    words: &'words mut BTreeSet<String>,
}

impl<'text> Scanner<'text, '_> {
    fn peek(&self) -> Option<char> {
        self.text[self.place..].chars().next()
    }

    fn step(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.place += letter.len_utf8();
        self.number += u64::from(letter == '\n');
        Some(letter)
    }

    fn lines(mut self) -> Vec<Line<'text>> {
        let mut lines = Vec::new();
        while self.place < self.text.len() {
            let indent = self.indent();
            let number = self.number;
            let tokens = self.tokens();
            if !tokens.is_empty() {
                lines.push(Line { number, indent, tokens });
            }
        }
        lines
    }

    /// Blanks before a line; a tab reaches to the next multiple of eight, as in Python.
    fn indent(&mut self) -> usize {
        let mut indent = 0;
        while let Some(letter) = self.peek() {
            match letter {
                ' ' => indent += 1,
                '\t' => indent = (indent / 8 + 1) * 8,
                _ => break,
            }
            self.step();
        }
        indent
    }

    /// The tokens up to the end of the logical line.
    fn tokens(&mut self) -> Vec<Token<'text>> {
        let (mut tokens, mut depth) = (Vec::new(), 0_usize);
        while let Some(letter) = self.peek() {
            match letter {
                '\n' if depth == 0 => {
                    self.step();
                    break;
                }
                '#' => self.comment(),
                '\\' => {
                    self.step();
                    // A backslash at the end joins the next line.
                    if self.peek() == Some('\r') {
                        self.step();
                    }
                    self.step();
                }
                '"' | '\'' => {
                    self.string(letter);
                    tokens.push(Token::Text);
                }
                _ if letter == '_' || letter.is_alphanumeric() => self.name(&mut tokens),
                _ => {
                    self.step();
                    match letter {
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    if !letter.is_whitespace() {
                        tokens.push(Token::Mark(letter));
                    }
                }
            }
        }
        tokens
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|letter| letter != '\n') {
            self.step();
        }
    }

    fn name(&mut self, tokens: &mut Vec<Token<'text>>) {
        let start = self.place;
        while self.peek().is_some_and(|letter| letter == '_' || letter.is_alphanumeric()) {
            self.step();
        }
        let name = &self.text[start..self.place];
        let prefix = name.len() <= 2 && name.chars().all(|letter| "rRbBuUfFtT".contains(letter));
        if prefix && matches!(self.peek(), Some('"' | '\'')) {
            return;
        }
        self.words.insert(name.to_owned());
        tokens.push(Token::Name(name));
    }

    /// A string from its first quote to behind its last; one that is not closed ends with the line.
    fn string(&mut self, quote: char) {
        let start = self.place;
        let triple = [quote; 3].iter().collect::<String>();
        let long = self.text[self.place..].starts_with(&triple);
        self.place += if long { 3 } else { 1 };
        while let Some(letter) = self.peek() {
            if long && self.text[self.place..].starts_with(&triple) {
                self.place += 3;
                break;
            }
            if !long && (letter == quote || letter == '\n') {
                if letter == quote {
                    self.step();
                }
                break;
            }
            self.step();
            if letter == '\\' {
                self.step();
            }
        }
        let inside = &self.text[start..self.place];
        let words = inside.split(|letter: char| letter != '_' && letter != '-' && !letter.is_alphanumeric());
        self.words.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
}

/// Cells of a notebook whose first line is one of these hold Python.
const PYTHON_MAGIC: &[&str] = &["%%time", "%%timeit", "%%capture", "%%prun", "%%python", "%%python3"];

/// Reads the code cells of a notebook, each with its number (counted from 1). `None` where it is no notebook.
pub(super) fn notebook(text: &str) -> Option<Vec<(u64, Code)>> {
    let tree: serde_json::Value = serde_json::from_str(text).ok()?;
    let cells = tree.get("cells")?.as_array()?;
    let is_code = |cell: &serde_json::Value| cell.get("cell_type").is_some_and(|kind| kind == "code");
    let numbered = cells.iter().enumerate().filter(|(_, cell)| is_code(cell));
    Some(numbered.map(|(place, cell)| (place as u64 + 1, read(&cell_text(cell)))).collect())
}

/// The Python of a cell, without lines for the shell and for `IPython`.
fn cell_text(cell: &serde_json::Value) -> String {
    let source = match cell.get("source") {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Array(lines)) => lines.iter().filter_map(serde_json::Value::as_str).collect(),
        _ => String::new(),
    };
    let first = source.split_whitespace().next().unwrap_or_default();
    if first.starts_with("%%") && !PYTHON_MAGIC.contains(&first) {
        return String::new();
    }
    let is_python =
        |line: &&str| !line.trim_start().starts_with(['%', '!', '?']) && !line.trim_end().ends_with('?');
    source.lines().map(|line| if is_python(&line) { line } else { "" }).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(String, u64, bool)> {
        read(text).imports.into_iter().map(|import| (import.module, import.line, import.optional)).collect()
    }

    fn needed(text: &str) -> Vec<String> {
        read(text).imports.into_iter().filter(|import| !import.optional).map(|import| import.module).collect()
    }

    #[test]
    fn every_form_of_import_is_read() {
        assert_eq!(needed("import a, b.c as d; import e\n"), ["a", "b.c", "e"]);
        assert_eq!(needed("from a.b import (\n  c as x,\n  d, # e\n)\n"), ["a.b.c", "a.b.d"]);
        assert_eq!(needed("from a \\\n  import *\n"), ["a"]);
        assert_eq!(needed("if x: import a\n"), ["a"]);
        assert_eq!(needed("def f():\n\timport a\n"), ["a"]);
        assert_eq!(found("\n\nimport a\n"), [("a".to_owned(), 3, false)]);
    }

    #[test]
    fn what_only_looks_like_an_import_is_none() {
        for text in [
            "\"\"\"\nimport a\n\"\"\"\n",
            "x = '''\nfrom a import b\n'''\n",
            "# import a\n",
            "from . import a\nfrom .b import c\n",
            "x = f(\nimport_a)\n",
            "print('import a')\n",
            "x = r'\\'; y = 'import a'\n",
            "raise X from error\n",
        ] {
            assert!(needed(text).is_empty(), "{text}: {:?}", needed(text));
        }
    }

    #[test]
    fn imports_that_may_fail_are_optional() {
        for text in [
            "try:\n    import a\nexcept ImportError:\n    a = None\n",
            "try:\n    import a\nexcept (ValueError, ModuleNotFoundError):\n    import b\n",
            "try: import a\nexcept: pass\n",
            "if TYPE_CHECKING:\n    import a\n",
            "if typing.TYPE_CHECKING:\n  if x:\n    import a\n",
            "with contextlib.suppress(ImportError):\n    import a\n",
            "if sys.version_info >= (3, 11):\n    import a\nelse:\n    import b\n",
        ] {
            assert!(!found(text).is_empty() && needed(text).is_empty(), "{text}: {:?}", found(text));
        }
        assert_eq!(needed("try:\n    import a\nexcept ValueError:\n    pass\n"), ["a"]);
        assert_eq!(needed("try:\n    pass\nexcept ImportError:\n    pass\nimport a\n"), ["a"]);
        assert_eq!(needed("if TYPE_CHECKING:\n    import a\nelse:\n    import b\n"), ["b"]);
    }

    #[test]
    fn code_cells_of_a_notebook_are_read_without_their_magic() {
        let text = r#"{"cells": [{"cell_type": "markdown", "source": "import m"},
            {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install x\n", "import a\n"]},
            {"cell_type": "code", "source": "%%bash\nimport b"}]}"#;
        let cells = notebook(text).expect("a notebook");
        assert_eq!(cells.len(), 2);
        assert_eq!((cells[0].0, cells[0].1.imports[0].module.as_str()), (2, "a"));
        assert!(cells[1].1.imports.is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_scanner_panic(text in "\\PC{0,200}", odd in "[a-z\"'#\\\\\n\t (){}:;.,=]{0,200}") {
            let _ = read(&text);
            let _ = read(&odd);
            let _ = notebook(&text);
        }
    }
}
