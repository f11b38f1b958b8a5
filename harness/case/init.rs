//! A commented first case file from what lies in a directory: names and heads of files, nothing is run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::options::{CliOption, options};
use super::{Part, paths};
use crate::artifact::Format;

/// Entries of a folder that are looked at.
const ENTRIES_MAX: usize = 2_000;

/// Data files that are drafted; a folder of a thousand tables is not a thousand inputs.
const DATA_MAX: usize = 8;

/// Bytes of a file that are looked at.
const HEAD_BYTES_MAX: u64 = 256 << 10;

/// Folders, besides the directory itself, in which data is looked for.
const DATA_FOLDERS: &[&str] = &["data", "dataset", "datasets", "input", "inputs"];

/// Stages in the order in which they usually run, with the words by which their scripts are known.
const STAGES: &[(&str, &[&str])] = &[
    ("prepare", &["prepare", "preprocess", "preprocessing", "clean", "features", "featurize", "download"]),
    ("train", &["train", "training", "fit"]),
    ("predict", &["predict", "prediction", "infer", "inference", "score", "submit"]),
    ("evaluate", &["evaluate", "evaluation", "eval", "metrics"]),
];

/// What in a script's text tells the format of what it writes.
const WRITERS: &[(&str, &str)] = &[
    ("savez", "npz"),
    (".npz", "npz"),
    ("safetensors", "safetensors"),
    ("torch.save", "pt"),
    ("joblib.dump", "joblib"),
    ("pickle.dump", "pkl"),
    ("np.save(", "npy"),
    ("to_parquet", "parquet"),
    ("to_csv", "csv"),
    ("csv.writer", "csv"),
    ("write_csv", "csv"),
    (".csv", "csv"),
    ("json.dump", "json"),
];

/// A drafted case file. Nothing has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where it belongs.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// How many of its lines are guesses, each marked `# guess:`.
    pub guesses: usize,
}

/// Drafts a case file for the programs and data that lie in a directory.
///
/// # Errors
/// The directory cannot be read.
pub fn draft(dir: &Path) -> Result<Draft, Error> {
    let unreadable = |error: std::io::Error| {
        Error::unusable(dir, format!("the directory cannot be read: {error}"), "name a directory that exists")
    };
    let dir = dir.canonicalize().map_err(unreadable)?;
    fs::read_dir(&dir).map_err(unreadable)?;
    let data = tables(&dir);
    let mut writer = Writer { stages: stages(&dir), data, ..Writer::default() };
    let text = writer.text(&dir);
    Ok(Draft { file: dir.join("driftless.toml"), guesses: text.matches("# guess:").count(), text })
}

/// A data file that was found.
#[derive(Debug)]
struct Table {
    name: String,
    path: String,
    id: Option<String>,
    target: Option<String>,
    held_out: bool,
    columns: Vec<String>,
}

/// A program that was found.
#[derive(Debug)]
struct Program {
    stage: String,
    command: Vec<String>,
    options: Vec<CliOption>,
    text: String,
    /// Why it is a guess that this is a stage at all.
    doubt: Option<&'static str>,
}

/// Files of a folder that can be named in a case file, sorted.
fn files(dir: &Path, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(dir.join(folder)).into_iter().flatten().take(ENTRIES_MAX).flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().canonicalize().is_ok_and(|real| real.starts_with(dir) && real.is_file()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && !name.contains(char::is_control))
        .map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") })
        .collect();
    names.sort();
    names
}

fn head(path: &Path) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is drafted as if it were empty: the draft is a start, not a verdict.
    if let Ok(file) = File::open(path) {
        let _ = file.take(HEAD_BYTES_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn stem(path: &str) -> String {
    Path::new(path).file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A name that a case file accepts.
fn plain_name(text: &str) -> String {
    let mut name: String = words(text).join("-");
    name.truncate(40);
    if name.is_empty() { "input".to_owned() } else { name }
}

fn unused(wanted: String, used: &mut BTreeSet<String>) -> String {
    let name = std::iter::once(wanted.clone())
        .chain((2..).map(|n: u32| format!("{wanted}-{n}")))
        .find(|name| !used.contains(name))
        .unwrap_or(wanted);
    used.insert(name.clone());
    name
}

fn tables(dir: &Path) -> Vec<Table> {
    let folders = [""].into_iter().chain(DATA_FOLDERS.iter().copied());
    let mut found: Vec<String> = folders
        .flat_map(|folder| files(dir, folder))
        .filter(|path| matches!(paths::format_of(path), Format::Csv | Format::Tsv | Format::Parquet))
        .collect();
    let telling = |path: &String| role(path).is_none();
    found.sort_by_key(|path| (telling(path), path.clone()));
    found.truncate(DATA_MAX);
    let mut used = BTreeSet::new();
    let mut tables: Vec<Table> = found
        .into_iter()
        .map(|path| {
            let columns = paths::header(&dir.join(&path), paths::format_of(&path)).unwrap_or_default();
            Table {
                name: unused(role(&path).map_or_else(|| plain_name(&stem(&path)), str::to_owned), &mut used),
                id: id_of(&columns, &head(&dir.join(&path))),
                target: None,
                held_out: role(&path) == Some("test"),
                columns,
                path,
            }
        })
        .collect();
    targets(&mut tables);
    tables
}

/// What a data file is for, by its name.
fn role(path: &str) -> Option<&'static str> {
    words(&stem(path)).iter().find_map(|word| match word.as_str() {
        "train" | "training" => Some("train"),
        "test" | "testing" | "holdout" | "heldout" => Some("test"),
        "val" | "valid" | "validation" | "dev" => Some("valid"),
        _ => None,
    })
}

/// The first column called an id; else the first column where its values are all different.
fn id_of(columns: &[String], head: &str) -> Option<String> {
    let called = |column: &&String| {
        let last = words(column).pop().unwrap_or_default();
        matches!(last.as_str(), "id" | "uuid" | "key") || column.ends_with("Id") || column.ends_with("ID")
    };
    if let Some(column) = columns.iter().find(called) {
        return Some(column.clone());
    }
    let first = columns.first().filter(|column| !column.is_empty())?;
    let values: Vec<&str> =
        head.lines().skip(1).take(200).filter_map(|line| line.split([',', '\t']).next()).collect();
    let distinct: BTreeSet<&str> = values.iter().copied().collect();
    let whole = values.iter().all(|value| value.parse::<i64>().is_ok());
    (whole && values.len() > 3 && distinct.len() == values.len()).then(|| first.clone())
}

/// The column to predict is in the training data and not in the test data.
fn targets(tables: &mut [Table]) {
    let test = tables.iter().find(|table| table.name == "test").map(|table| table.columns.clone());
    let Some(train) = tables.iter_mut().find(|table| table.name == "train") else { return };
    let usual =
        |column: &&String| matches!(column.to_lowercase().as_str(), "target" | "label" | "y" | "class");
    let only: Vec<&String> = match &test {
        Some(test) if !test.is_empty() => {
            train.columns.iter().filter(|column| !test.contains(column)).collect()
        }
        _ => Vec::new(),
    };
    let target = match only.as_slice() {
        [one] => Some((*one).clone()),
        _ => train.columns.iter().find(usual).cloned(),
    };
    train.target = target.filter(|target| Some(target) != train.id.as_ref() && !target.is_empty());
}

fn stages(dir: &Path) -> Vec<Program> {
    let files = files(dir, "");
    let scripts: Vec<&String> = files.iter().filter(|name| is_script(name)).collect();
    let mut programs: Vec<Program> = Vec::new();
    for (stage, known) in STAGES {
        let named =
            scripts.iter().find(|name| words(&stem(name)).iter().any(|word| known.contains(&word.as_str())));
        if let Some(name) = named
            && programs.iter().all(|program| program.command.last() != Some(*name))
        {
            programs.push(program(dir, stage, name, None));
        }
    }
    if programs.is_empty() {
        programs.extend(single(dir, &files, &scripts));
    }
    programs
}

/// The one program of a directory without telling names.
fn single(dir: &Path, files: &[String], scripts: &[&String]) -> Option<Program> {
    let main = ["main", "run", "pipeline", "app"];
    let usual = scripts.iter().find(|name| main.contains(&stem(name).as_str()));
    let doubt = (scripts.len() > 1 && usual.is_none()).then_some("the first of several scripts");
    if let Some(script) = usual.or(scripts.first()) {
        return Some(program(dir, "run", script, doubt));
    }
    let bare = |command: &[&str], doubt| Program {
        stage: "run".to_owned(),
        command: command.iter().map(|&word| word.to_owned()).collect(),
        options: Vec::new(),
        text: String::new(),
        doubt,
    };
    if files.iter().any(|name| matches!(name.as_str(), "Makefile" | "makefile" | "GNUmakefile")) {
        return Some(bare(&["make"], Some("the first target of the Makefile")));
    }
    let notebook = files.iter().find(|name| name.ends_with(".ipynb"))?;
    let convert =
        ["jupyter", "nbconvert", "--to", "notebook", "--execute", notebook, "--output", "executed.ipynb"];
    Some(bare(&convert, Some("a notebook that is executed from top to bottom")))
}

fn is_script(name: &str) -> bool {
    let stem = stem(name);
    let a_test = stem.starts_with("test_") || stem.ends_with("_test");
    let no_program = matches!(stem.as_str(), "setup" | "conftest" | "__init__" | "noxfile" | "utils");
    let ending = Path::new(name).extension().is_some_and(|ending| ending == "py" || ending == "sh");
    ending && !a_test && !no_program
}

fn program(dir: &Path, stage: &str, name: &str, doubt: Option<&'static str>) -> Program {
    let text = head(&dir.join(name));
    let python = name.ends_with(".py");
    let shell = if text.lines().next().is_some_and(|line| line.contains("bash")) { "bash" } else { "sh" };
    let interpreter = if python { "python" } else { shell };
    Program {
        stage: stage.to_owned(),
        command: vec![interpreter.to_owned(), name.to_owned()],
        options: if python { options(&text) } else { Vec::new() },
        text,
        doubt,
    }
}

/// An output that was drafted.
#[derive(Clone, Debug)]
struct Left {
    name: String,
    path: String,
    guess: &'static str,
}

/// Builds up the text, and remembers what later parts need of earlier ones.
#[derive(Debug, Default)]
struct Writer {
    data: Vec<Table>,
    stages: Vec<Program>,
    knobs: BTreeMap<String, (String, &'static str)>,
    outputs: Vec<Left>,
    names: BTreeSet<String>,
    files: BTreeSet<String>,
}

impl Writer {
    fn text(&mut self, dir: &Path) -> String {
        let mut text = String::from(
            "# A first case file. Look at each line marked as a guess, then run `driftless plan`.\n\
             # `driftless schema` describes every key.\n\n",
        );
        let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        text.push_str("[pipeline]\n");
        line(&mut text, "summary", &quoted(&name), "the name of the folder; say in one line what this is");
        self.environment(dir, &mut text);
        self.tables(&mut text);
        let stages = self.all_stages();
        text.push_str(&stages);
        if !self.knobs.is_empty() {
            text.push_str("\n[knobs]\n");
            for (name, (value, guess)) in &self.knobs {
                line(&mut text, name, value, guess);
            }
        }
        text
    }

    fn environment(&self, dir: &Path, text: &mut String) {
        let version = head(&dir.join(".python-version")).trim().to_owned();
        let version =
            Some(version).filter(|v| !v.is_empty() && v.chars().all(|c| c.is_ascii_digit() || c == '.'));
        let version = version.filter(|v| super::resolve::is_version(v));
        let lock = files(dir, "").into_iter().find(|name| {
            let named = name == "requirements.lock" || name == "requirements.txt";
            named && head(&dir.join(name)).contains("--hash=")
        });
        if version.is_none() && lock.is_none() {
            if self.stages.iter().any(|program| program.command[0] == "python") {
                text.push_str(
                    "\n# [environment]\n# python = \"3.11\"            # else the `python` on the path\n",
                );
                text.push_str("# lock = \"requirements.lock\"  # with == and hashes; built once\n");
            }
            return;
        }
        text.push_str("\n[environment]\n");
        if let Some(version) = version {
            line(text, "python", &quoted(&version), "");
        }
        if let Some(lock) = lock {
            line(text, "lock", &quoted(&lock), "");
        }
    }

    fn tables(&self, text: &mut String) {
        for table in &self.data {
            let _ = write!(text, "\n[data.{}]\n", table.name);
            line(text, "path", &quoted(&table.path), "");
            if let Some(id) = &table.id {
                line(text, "id", &quoted(id), "the column that identifies a row");
            }
            if let Some(target) = &table.target {
                line(text, "target", &quoted(target), "the column to predict");
            }
            if table.held_out {
                line(text, "held-out", "true", "training must not learn from it");
            }
        }
    }

    fn all_stages(&mut self) -> String {
        let mut programs = std::mem::take(&mut self.stages);
        if programs.is_empty() {
            programs.push(Program {
                stage: "train".to_owned(),
                command: vec!["python".to_owned(), "train.py".to_owned()],
                options: Vec::new(),
                text: String::new(),
                doubt: Some("no program was found here; name yours"),
            });
        }
        programs.iter().map(|program| self.stage(program)).collect()
    }

    fn stage(&mut self, program: &Program) -> String {
        let earlier = self.outputs.clone();
        let mut command: Vec<String> =
            program.command.iter().map(|word| Part::Text(word.clone()).to_string()).collect();
        let mut left_alone = Vec::new();
        let mut read = BTreeSet::new();
        for option in &program.options {
            let Some(value) = self.value(program, option, &earlier, &mut read) else {
                left_alone.push(option.name.as_str());
                continue;
            };
            if option.name.starts_with('-') {
                command.push(option.name.clone());
            }
            command.push(value);
        }
        let own: Vec<Left> = match &self.outputs[earlier.len()..] {
            [] => {
                vec![self.leave(program, None, "the program is taken to write it to its working directory")]
            }
            written => written.to_vec(),
        };
        let mut text = format!("\n[stage.{}]\n", program.stage);
        let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        line(&mut text, "command", &format!("[{}]", words.join(", ")), program.doubt.unwrap_or_default());
        if !left_alone.is_empty() {
            let _ = writeln!(text, "# Left at their defaults: {}.", left_alone.join(", "));
        }
        for output in own {
            line(&mut text, &format!("out.{}", output.name), &self.output(program, &output), output.guess);
        }
        if read.is_empty() && !earlier.is_empty() {
            let needs: Vec<String> = earlier.iter().map(|output| quoted(&output.name)).collect();
            line(
                &mut text,
                "needs",
                &format!("[{}]", needs.join(", ")),
                "it reads what the stages before it write",
            );
        }
        text
    }

    /// What an option is given; `None` leaves it at its default.
    fn value(
        &mut self,
        program: &Program,
        option: &CliOption,
        earlier: &[Left],
        read: &mut BTreeSet<String>,
    ) -> Option<String> {
        if option.is_flag {
            return None;
        }
        let words = words(&option.name);
        let says = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        if says(&["seed"]) || (says(&["random"]) && says(&["state"])) {
            let default = option.default.clone().filter(|default| default.parse::<i64>().is_ok());
            let guess = if default.is_some() { "" } else { "any seed" };
            self.knobs
                .entry("seed".to_owned())
                .or_insert((default.unwrap_or_else(|| "42".to_owned()), guess));
            return Some("{seed}".to_owned());
        }
        let model = says(&["weights", "model", "checkpoint", "ckpt", "load"]);
        let writes =
            says(&["out", "output", "save", "dest", "destination", "submission", "predictions", "report"]);
        if writes || (model && earlier.is_empty() && program.stage == "train" && looks_like_a_file(option)) {
            let output = self.leave(program, Some(option), "the option's name says so");
            return Some(format!("{{out.{}}}", output.name));
        }
        if model && let Some(output) = earlier.last() {
            read.insert(output.name.clone());
            return Some(format!("{{out.{}}}", output.name));
        }
        if let Some(table) = self.table(&words, &program.stage) {
            return Some(format!("{{data.{table}}}"));
        }
        if !option.required {
            return None;
        }
        let name = plain_name(&option.name);
        let value = option.default.as_ref().map_or_else(|| quoted("1"), |default| quoted(default));
        self.knobs.entry(name.clone()).or_insert((value, "the program asks for it; give it the right value"));
        Some(format!("{{{name}}}"))
    }

    /// The declared data that an option reads.
    fn table(&self, words: &[String], stage: &str) -> Option<String> {
        let joined = words.join("-");
        let by_role = words.iter().find_map(|word| role(word));
        let named =
            self.data.iter().find(|table| table.name == joined || Some(table.name.as_str()) == by_role);
        if let Some(table) = named {
            return Some(table.name.clone());
        }
        let general = ["data", "input", "csv", "dataset", "file", "in", "path"];
        if !words.iter().any(|word| general.contains(&word.as_str())) {
            return None;
        }
        let wanted = if stage == "predict" { "test" } else { "train" };
        self.data
            .iter()
            .find(|table| table.name == wanted)
            .or(self.data.first())
            .map(|table| table.name.clone())
    }

    /// Drafts an output of a program.
    fn leave(&mut self, program: &Program, option: Option<&CliOption>, guess: &'static str) -> Left {
        let words = option.map(|option| words(&option.name)).unwrap_or_default();
        let by_stage = match program.stage.as_str() {
            "prepare" => "prepared",
            "train" => "model",
            "predict" => "predictions",
            "evaluate" => "metrics",
            _ => "result",
        };
        let telling = ["weights", "model", "checkpoint", "predictions", "submission", "report", "metrics"];
        let name =
            telling.iter().find(|name| words.contains(&(**name).to_owned())).copied().unwrap_or(by_stage);
        let name = unused(name.to_owned(), &mut self.names);
        let is_folder = words.iter().any(|word| matches!(word.as_str(), "dir" | "directory" | "folder"));
        let default =
            option.and_then(|option| option.default.as_deref()).and_then(|path| paths::output(path).ok());
        let default =
            default.and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
        let default = default.filter(|path| is_folder || path.contains('.'));
        let ending = match WRITERS.iter().find(|(sign, _)| program.text.contains(sign)) {
            Some((_, ending)) if matches!(program.stage.as_str(), "train" | "run") => ending,
            Some((_, "csv" | "parquet" | "json" | "npz")) if program.text.contains("to_csv") => "csv",
            Some((_, ending)) if program.stage == "prepare" || program.stage == "evaluate" => ending,
            _ if program.stage == "train" => "bin",
            _ => "csv",
        };
        let wanted =
            default.unwrap_or_else(|| if is_folder { name.clone() } else { format!("{name}.{ending}") });
        let path = if self.files.contains(&wanted) { format!("{}-{wanted}", program.stage) } else { wanted };
        self.files.insert(path.clone());
        let path = if is_folder { format!("{path}/") } else { path };
        let left = Left { name, path, guess };
        self.outputs.push(left.clone());
        left
    }

    /// An output's value: predictions know their rows by the id of the test data.
    fn output(&self, program: &Program, output: &Left) -> String {
        let test = self.data.iter().find(|table| table.held_out).or(self.data.first());
        let id = test.and_then(|table| table.id.as_ref());
        match id {
            Some(id) if program.stage == "predict" && paths::has_columns(paths::format_of(&output.path)) => {
                format!("{{ path = {}, id = {} }}", quoted(&output.path), quoted(id))
            }
            _ => quoted(&output.path),
        }
    }
}

/// Whether an option of a training program names where the model goes, not which model it is.
fn looks_like_a_file(option: &CliOption) -> bool {
    match &option.default {
        Some(default) => default.contains(['.', '/']),
        None => option.required,
    }
}

fn line(text: &mut String, key: &str, value: &str, guess: &str) {
    let _ = write!(text, "{key} = {value}");
    if !guess.is_empty() {
        let _ = write!(text, "  # guess: {guess}");
    }
    text.push('\n');
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.replace('\n', " ")).to_string()
}
