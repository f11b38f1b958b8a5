//! Code without its comments, line by line, for the languages in which pipelines are written.
//!
//! No grammar: quotes and comment marks are followed, which is enough to tell a path in a string from one in prose.

use std::path::Path;

use super::texts;

/// Lines of a file that say what is done: number from 1, and text without comments. `None` for other kinds of files.
pub(crate) fn lines(path: &Path, text: &str) -> Option<Vec<(u64, String)>> {
    let marks: &[char] = match texts::ending(path).as_str() {
        "py" | "sh" | "bash" | "toml" | "yaml" | "yml" | "r" | "jl" => &['#'],
        "cfg" | "ini" => &['#', ';'],
        "json" => &[],
        "ipynb" => return Some(notebook(text)),
        _ => return None,
    };
    Some(cut(text, marks))
}

/// The code cells of a notebook; numbers are those of the file where the line is found in it.
fn notebook(text: &str) -> Vec<(u64, String)> {
    let Ok(whole) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let cells = whole["cells"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    for cell in cells.iter().filter(|cell| cell["cell_type"] == "code") {
        for (_, code) in cut(&source(cell), &['#']) {
            let escaped = serde_json::to_string(&code).unwrap_or_default();
            let at = text.find(escaped.trim_matches('"')).unwrap_or_default();
            found.push((texts::line_of(text, at), code));
        }
    }
    found
}

/// A cell's text, which stands as one string or as a list of lines.
pub(crate) fn source(cell: &serde_json::Value) -> String {
    match &cell["source"] {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(lines) => lines.iter().filter_map(serde_json::Value::as_str).collect(),
        _ => String::new(),
    }
}

fn cut(text: &str, marks: &[char]) -> Vec<(u64, String)> {
    let mut open: Option<&str> = None;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        // The first line names the program that runs the file.
        let code = if number == 1 && line.starts_with("#!") {
            line.to_owned()
        } else {
            without_comment(line, marks, &mut open)
        };
        if !code.trim().is_empty() {
            found.push((number, code));
        }
    }
    found
}

/// A line without its comment and without text between triple quotes that begins a statement: that documents.
fn without_comment<'a>(line: &'a str, marks: &[char], open: &mut Option<&'a str>) -> String {
    let mut rest = line;
    if let Some(quotes) = *open {
        let Some(end) = rest.find(quotes) else { return String::new() };
        *open = None;
        rest = &rest[end + quotes.len()..];
    }
    let start = rest.trim_start().trim_start_matches(['r', 'R', 'u', 'f', 'b']);
    for quotes in ["\"\"\"", "'''"] {
        if marks.contains(&'#') && start.starts_with(quotes) {
            match start[3..].find(quotes) {
                Some(end) => return without_comment(&start[3 + end + 3..], marks, open),
                None => *open = Some(&start[..3]),
            }
            return String::new();
        }
    }
    rest[..comment(rest, marks).unwrap_or(rest.len())].to_owned()
}

/// Where a comment begins: at a mark that stands in no string.
fn comment(line: &str, marks: &[char]) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if letter == open => quote = None,
            // An apostrophe in prose opens no string: what follows a letter closes or shortens a word.
            None if matches!(letter, '"' | '\'') && !(letter == '\'' && before.is_ascii_digit()) => {
                quote = Some(letter);
            }
            None if marks.contains(&letter) && (before.is_whitespace() || letter == '#') => return Some(at),
            _ => {}
        }
        before = letter;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(name: &str, text: &str) -> Vec<String> {
        let lines = lines(Path::new(name), text).expect("a known kind");
        lines.into_iter().map(|(_, line)| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn comments_and_documentation_are_cut_and_strings_are_kept() {
        let text =
            "#!/bin/x\n\"\"\"About\n/home/a\n\"\"\"\nx = \"a#b\"  # note\n'''one line'''\ny = '''kept'''\n";
        assert_eq!(code("a.py", text), ["#!/bin/x", "x = \"a#b\"", "y = '''kept'''"]);
        assert_eq!(code("a.ini", "; note\nx = 1 ; note\n"), ["x = 1"]);
        assert!(lines(Path::new("a.md"), "x").is_none());
    }

    #[test]
    fn only_code_cells_of_a_notebook_are_code_and_their_lines_are_those_of_the_file() {
        let text = "{\"cells\": [\n{\"cell_type\": \"markdown\", \"source\": [\"/home/a\"]},\n{\"cell_type\": \"code\",\n\"source\": [\"x = \\\"a\\\"\\n\",\n\"y = 2 # note\"]}]}";
        let found = lines(Path::new("a.ipynb"), text).expect("a notebook");
        assert_eq!(found, [(4, "x = \"a\"".to_owned()), (5, "y = 2 ".to_owned())]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\PC\n\"'#]*") {
            for name in ["a.py", "a.sh", "a.ini", "a.ipynb", "a.json"] {
                let _ = lines(Path::new(name), &text);
            }
        }
    }
}
