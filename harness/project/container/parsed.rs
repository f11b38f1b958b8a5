//! A container file as steps: what its parser says, with variables of the base images put in and scripts cut into commands.

use std::collections::BTreeMap;

use parse_dockerfile::{
    ArgInstruction, Command as Form, Flag, FromInstruction, Instruction, RunInstruction, Source,
};

use super::documents::{self, Document};
use super::shell::{self, Command, Style};
use crate::project::texts;

/// A container file.
#[derive(Clone, Debug, Default)]
pub(super) struct Parsed {
    pub(super) stages: Vec<Stage>,
}

/// From one `FROM` to the next.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    /// Line of its `FROM`.
    pub(super) line: u64,
    pub(super) name: Option<String>,
    pub(super) base: Base,
    pub(super) steps: Vec<Step>,
}

/// On what a stage builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image, with the defaults of variables put in.
    Image(String),
    /// An image whose name is only known when it is built.
    Open(String),
}

/// One instruction that a rule asks for.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) line: u64,
    pub(super) what: What,
}

/// What an instruction does.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Commands with their lines, and the values of `--mount`.
    Run {
        commands: Vec<(u64, Command)>,
        mounts: Vec<String>,
    },
    /// Paths of the context, or of `from`.
    Copy {
        sources: Vec<String>,
        from: Option<String>,
    },
    /// Names and values of `ENV` and `ARG`.
    Set(Vec<(String, String)>),
    User(String),
}

/// Why a file is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) line: u64,
    pub(super) message: String,
}

/// Reads a container file.
///
/// # Errors
/// Where the parser stops.
pub(super) fn read(text: &str) -> Result<Parsed, Broken> {
    let text = text.trim_start_matches('\u{feff}');
    let broken = |error: parse_dockerfile::Error| Broken {
        line: error.line().max(1) as u64,
        message: error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    let escape = escape(text);
    let (known, documents) = documents::blanked(text, escape);
    let mut reader = Reader { text, escape, documents, globals: BTreeMap::new(), parsed: Parsed::default() };
    for instruction in parse_dockerfile::parse_iter(&known).map_err(broken)? {
        reader.take(&instruction.map_err(broken)?);
    }
    Ok(reader.parsed)
}

/// The character that the directive `escape` names.
fn escape(text: &str) -> char {
    let directives = text.lines().map_while(|line| line.trim_start().strip_prefix('#'));
    let backtick = directives
        .filter_map(|line| line.split_once('='))
        .any(|(name, value)| name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`");
    if backtick { '`' } else { '\\' }
}

struct Reader<'a> {
    text: &'a str,
    escape: char,
    documents: Vec<Document>,
    /// `ARG` before the first `FROM`.
    globals: BTreeMap<String, Option<String>>,
    parsed: Parsed,
}

impl Reader<'_> {
    fn take(&mut self, instruction: &Instruction) {
        match instruction {
            Instruction::From(from) => self.from(from),
            Instruction::Arg(arg) => self.arg(arg),
            Instruction::Env(env) => {
                let set = pairs(&env.arguments.value, self.escape);
                self.step(env.env.span.start, What::Set(set));
            }
            Instruction::Copy(copy) => {
                self.step(copy.copy.span.start, copied(&copy.src, &copy.options));
            }
            Instruction::Add(add) => self.step(add.add.span.start, copied(&add.src, &add.options)),
            Instruction::User(user) => {
                self.step(user.user.span.start, What::User(user.arguments.value.trim().to_owned()));
            }
            Instruction::Run(run) => {
                let what = self.run(run);
                self.step(run.run.span.start, what);
            }
            _ => {}
        }
    }

    fn step(&mut self, at: usize, what: What) {
        let line = texts::line_of(self.text, at);
        if let Some(stage) = self.parsed.stages.last_mut() {
            stage.steps.push(Step { line, what });
        }
    }

    fn arg(&mut self, arg: &ArgInstruction) {
        let set = pairs(&arg.arguments.value, self.escape);
        if self.parsed.stages.is_empty() {
            for piece in arg.arguments.value.split_whitespace().filter(|piece| !piece.contains('=')) {
                self.globals.entry(piece.to_owned()).or_default();
            }
            for (name, value) in set {
                let value = resolved(&value, &self.globals);
                self.globals.insert(name, value);
            }
        } else {
            self.step(arg.arg.span.start, What::Set(set));
        }
    }

    fn from(&mut self, from: &FromInstruction) {
        let written = from.image.value.as_ref();
        let known = |image: &str| {
            let named =
                |stage: &Stage| stage.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(image));
            self.parsed.stages.iter().rposition(named)
        };
        let base = match resolved(written, &self.globals).filter(|image| !image.is_empty()) {
            None => Base::Open(written.to_owned()),
            Some(image) if image == "scratch" => Base::Scratch,
            Some(image) => known(&image).map_or(Base::Image(image), Base::Stage),
        };
        let name = from.as_.as_ref().map(|(_, name)| name.value.to_string());
        let line = texts::line_of(self.text, from.from.span.start);
        self.parsed.stages.push(Stage { line, name, base, steps: Vec::new() });
    }

    fn run(&self, run: &RunInstruction) -> What {
        let mut commands = Vec::new();
        let mut add = |script: &str, start: usize, lines: bool| {
            for command in shell::commands(script, Style { escape: self.escape, lines }) {
                commands.push((texts::line_of(self.text, start + command.at), command));
            }
        };
        match &run.arguments {
            Form::Shell(script) => add(script.value, script.span.start, false),
            Form::Exec(words) => {
                let values: Vec<String> = words.value.iter().map(|word| word.value.to_string()).collect();
                match &values[..] {
                    [_, option, script] if option == "-c" => add(script, words.span.start, true),
                    _ => {
                        let line = texts::line_of(self.text, words.span.start);
                        commands.push((line, Command { words: values, at: 0 }));
                    }
                }
            }
            _ => {}
        }
        // A here-document is a script of the shell unless another program reads it.
        let reads = commands.first().map(|(_, command)| command.program().to_owned()).unwrap_or_default();
        let is_shell =
            reads.is_empty() || reads.starts_with("<<") || ["sh", "bash"].contains(&reads.as_str());
        let own = run.here_docs.iter().map(|document| (document.value.as_ref(), document.span.start));
        let blanked = self.documents.iter().filter(|document| document.run == run.run.span.start);
        let blanked = blanked.map(|document| (document.script.as_str(), document.at));
        for (script, start) in own.chain(blanked).filter(|_| is_shell) {
            for command in shell::commands(script, Style { escape: '\\', lines: true }) {
                commands.push((texts::line_of(self.text, start + command.at), command));
            }
        }
        What::Run { commands, mounts: values(&run.options, "mount") }
    }
}

fn copied(sources: &[Source], options: &[Flag]) -> What {
    let paths = sources.iter().filter_map(|source| match source {
        Source::Path(path) => Some(path.value.to_string()),
        _ => None,
    });
    What::Copy { sources: paths.collect(), from: values(options, "from").into_iter().next() }
}

fn values(options: &[Flag], name: &str) -> Vec<String> {
    let named = options.iter().filter(|option| option.name.value == name);
    named.filter_map(|option| option.value.as_ref()).map(|value| value.value.to_string()).collect()
}

/// `A=1 B="x y"`, or `A 1` in the old form of `ENV`.
fn pairs(arguments: &str, escape: char) -> Vec<(String, String)> {
    let commands = shell::commands(arguments, Style { escape, lines: false });
    let words: Vec<String> = commands.into_iter().flat_map(|command| command.words).collect();
    match &words[..] {
        [name, rest @ ..] if !name.contains('=') && !rest.is_empty() => {
            vec![(name.clone(), rest.join(" "))]
        }
        words => words
            .iter()
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}

/// A text with the values of `$NAME`, `${NAME}` and `${NAME:-default}` put in; `None` where one has no value.
fn resolved(text: &str, values: &BTreeMap<String, Option<String>>) -> Option<String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let value = |name: &str| values.get(name).cloned().flatten().filter(|value| !value.is_empty());
        if let Some(inner) = after.strip_prefix('{') {
            let (inside, next) = inner.split_once('}')?;
            let end = inside.find(|letter| !is_name(letter)).unwrap_or(inside.len());
            let (name, default) = inside.split_at(end);
            let default = default.strip_prefix(":-").or_else(|| default.strip_prefix('-'));
            result.push_str(&value(name).or_else(|| default.map(str::to_owned))?);
            rest = next;
        } else {
            let end = after.find(|letter| !is_name(letter)).unwrap_or(after.len());
            result.push_str(&value(&after[..end])?);
            rest = &after[end..];
        }
    }
    result.push_str(rest);
    Some(result)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bases(text: &str) -> Vec<Base> {
        read(text).expect("a container file").stages.into_iter().map(|stage| stage.base).collect()
    }

    #[test]
    fn bases_are_resolved_by_defaults_and_earlier_stages() {
        let text = "ARG TAG=3.12\nARG FULL=python:${TAG}\nARG OPEN\nFROM $FULL AS Build\nFROM build\nFROM scratch\nFROM x:$OPEN\nFROM y:${OPEN:-1}\n";
        assert_eq!(
            bases(text),
            [
                Base::Image("python:3.12".to_owned()),
                Base::Stage(0),
                Base::Scratch,
                Base::Open("x:$OPEN".to_owned()),
                Base::Image("y:1".to_owned())
            ]
        );
    }

    fn scripts(text: &str) -> Vec<(u64, String)> {
        let stages = read(text).expect("a container file").stages;
        let steps = stages.into_iter().flat_map(|stage| stage.steps);
        let commands = steps.filter_map(|step| match step.what {
            What::Run { commands, .. } => Some(commands),
            _ => None,
        });
        commands.flatten().map(|(line, command)| (line, command.words.join(" "))).collect()
    }

    #[test]
    fn commands_of_every_form_have_their_lines() {
        let text = "FROM x\nRUN a b && \\\n    # note\n    c d\nRUN [\"e\", \"f\"]\nRUN [\"sh\", \"-c\", \"g; h\"]\nRUN <<EOF\ni\nj k\nEOF\nRUN python <<EOF\nimport os\nEOF\n";
        let found = scripts(text);
        let wanted: Vec<String> = ["a b", "c d", "e f", "g", "h"].map(str::to_owned).to_vec();
        let shown: Vec<String> = found.iter().map(|(_, script)| script.clone()).collect();
        assert_eq!(&shown[..5], wanted);
        assert!(shown.contains(&"i".to_owned()) && shown.contains(&"j k".to_owned()));
        assert!(!shown.iter().any(|script| script.starts_with("import")), "{shown:?}");
        assert_eq!((found[0].0, found[1].0, found[2].0), (2, 4, 5));
    }

    #[test]
    fn the_escape_directive_is_followed() {
        let text = "# escape=`\nFROM x\nRUN a `\n  b c:\\d\n";
        assert_eq!(scripts(text), [(3, "a b c:\\d".to_owned())]);
    }

    #[test]
    fn names_and_values_are_read_in_both_forms() {
        assert_eq!(pairs("A=1 B=\"x y\"", '\\'), [("A".into(), "1".into()), ("B".into(), "x y".into())]);
        assert_eq!(pairs("A x y", '\\'), [("A".into(), "x y".into())]);
        assert!(pairs("A", '\\').is_empty());
    }

    #[test]
    fn what_no_builder_accepts_is_broken_at_its_line() {
        assert_eq!(read("FROM x\nINSTALL y\n").expect_err("broken").line, 2);
        assert!(read("").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\PC\n$\\\\{}\"'<]{0,200}") {
            let _ = read(&text);
            let _ = read(&format!("ARG A={text}\nFROM x\nRUN {text}\nENV {text}\nCOPY {text}\n"));
        }
    }
}
