//! Which imports stand in the lines of Python code, and which of them the code can do without.

use super::python::{Import, Line, Token};

/// An open block.
struct Block {
    indent: usize,
    optional: bool,
    /// Whether its condition asks for the platform or the version, so that the other branch is optional too.
    conditional: bool,
}

/// The imports of these lines.
pub(super) fn imports(lines: &[Line<'_>]) -> Vec<Import> {
    let mut found = Vec::new();
    let mut open: Vec<Block> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let mut before = false;
        while open.last().is_some_and(|block| block.indent >= line.indent) {
            before = open.pop().is_some_and(|block| block.indent == line.indent && block.conditional);
        }
        let mut optional = open.iter().any(|block| block.optional);
        let mut rest = &line.tokens[..];
        if let Some(end) = header(rest) {
            let block = block(lines, place, before);
            optional |= block.optional;
            open.push(block);
            rest = &rest[end..];
        }
        for statement in rest.split(|token| *token == Token::Mark(';')) {
            for module in modules(statement) {
                found.push(Import { module, line: line.number, optional });
            }
        }
    }
    found
}

/// Where the body begins, behind the colon, if the line opens a block.
fn header(tokens: &[Token<'_>]) -> Option<usize> {
    let Token::Name(first) = tokens.first()? else { return None };
    let words = [
        "try", "except", "else", "finally", "if", "elif", "for", "while", "with", "def", "class", "async",
        "match", "case",
    ];
    if !words.contains(first) {
        return None;
    }
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Token::Mark(':') if depth == 0 => return Some(place + 1),
            _ => {}
        }
    }
    None
}

fn has(tokens: &[Token<'_>], names: &[&str]) -> bool {
    tokens.iter().any(|token| matches!(token, Token::Name(name) if names.contains(name)))
}

const CAUGHT: &[&str] = &["ImportError", "ModuleNotFoundError", "Exception", "BaseException"];
const MACHINE: &[&str] =
    &["sys", "os", "platform", "version_info", "find_spec", "is_available", "IN_COLAB", "hasattr"];

/// The block that the line at `place` opens; `before` tells whether it is the other branch of a question about the machine.
fn block(lines: &[Line<'_>], place: usize, before: bool) -> Block {
    let line = &lines[place];
    let tokens = &line.tokens;
    let first = if let Some(Token::Name(name)) = tokens.first() { *name } else { "" };
    let head = &tokens[..header(tokens).unwrap_or(tokens.len())];
    let mut conditional = false;
    let optional = match first {
        "try" => handlers(lines, place).any(|handler| catches(handler)),
        "except" => catches(head),
        "with" => has(head, &["suppress"]) && has(head, CAUGHT),
        "if" | "elif" => {
            let never = has(head, &["TYPE_CHECKING"]) || head.len() == 3 && has(head, &["False", "0"]);
            conditional = before || has(head, MACHINE);
            never || conditional
        }
        "else" => before,
        _ => false,
    };
    Block { indent: line.indent, optional, conditional }
}

/// The `except` lines that belong to the `try` at `place`.
fn handlers<'lines>(
    lines: &'lines [Line<'_>],
    place: usize,
) -> impl Iterator<Item = &'lines [Token<'lines>]> {
    let indent = lines[place].indent;
    lines[place + 1..]
        .iter()
        .filter(move |line| line.indent <= indent)
        .take_while(move |line| {
            line.indent == indent && has(&line.tokens[..1], &["except", "else", "finally"])
        })
        .filter(|line| has(&line.tokens[..1], &["except"]))
        .map(|line| &line.tokens[..])
}

/// Whether an `except` line catches a failed import.
fn catches(tokens: &[Token<'_>]) -> bool {
    tokens.get(1) == Some(&Token::Mark(':')) || has(&tokens[..header(tokens).unwrap_or(tokens.len())], CAUGHT)
}

/// The modules that a statement imports; relative imports are the project's own.
fn modules(statement: &[Token<'_>]) -> Vec<String> {
    match statement {
        [Token::Name("import"), rest @ ..] => {
            rest.split(|token| *token == Token::Mark(',')).filter_map(dotted).collect()
        }
        [Token::Name("from"), rest @ ..] if has(rest, &["import"]) => {
            let end = rest.iter().position(|token| *token == Token::Name("import")).unwrap_or(0);
            let Some(base) = dotted(&rest[..end]) else { return Vec::new() };
            // `from google import genai`: namespaces are told apart by what is taken from them.
            let taken = rest[end + 1..]
                .split(|token| *token == Token::Mark(','))
                .filter_map(|part| dotted(part.strip_prefix(&[Token::Mark('(')]).unwrap_or(part)));
            let all: Vec<String> = taken.map(|name| format!("{base}.{name}")).collect();
            if all.is_empty() { vec![base] } else { all }
        }
        _ => Vec::new(),
    }
}

/// `a.b.c` at the start of the tokens; `None` where none or a dot comes first.
fn dotted(tokens: &[Token<'_>]) -> Option<String> {
    let mut name = String::new();
    for (place, token) in tokens.iter().enumerate() {
        match token {
            Token::Name("as") if place > 0 => break,
            Token::Name(part) if place % 2 == 0 => name.push_str(part),
            Token::Mark('.') if place % 2 == 1 => name.push('.'),
            _ => break,
        }
    }
    let sane = name.starts_with(|first: char| first == '_' || first.is_alphabetic());
    sane.then(|| name.trim_end_matches('.').to_owned())
}
