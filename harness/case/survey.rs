//! What lies in a directory, for a first case file: programs and data, by names and heads of files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::options::{CliOption, options};
use super::paths;
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

/// A data file that was found.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: Option<String>,
    pub(super) target: Option<String>,
    pub(super) held_out: bool,
    columns: Vec<String>,
}

/// A program that was found.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) stage: String,
    pub(super) command: Vec<String>,
    pub(super) options: Vec<CliOption>,
    pub(super) text: String,
    /// Why it is a guess that this is a stage at all.
    pub(super) doubt: Option<&'static str>,
}

/// Files of a folder that can be named in a case file, sorted.
pub(super) fn files(dir: &Path, folder: &str) -> Vec<String> {
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

pub(super) fn head(path: &Path) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is drafted as if it were empty: the draft is a start, not a verdict.
    if let Ok(file) = File::open(path) {
        let _ = file.take(HEAD_BYTES_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn stem(path: &str) -> String {
    Path::new(path).file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default()
}

pub(super) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A name that a case file accepts.
pub(super) fn plain_name(text: &str) -> String {
    let mut name: String = words(text).join("-");
    name.truncate(40);
    if name.is_empty() { "input".to_owned() } else { name }
}

pub(super) fn unused(wanted: &str, used: &mut BTreeSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut count = 2_u32;
    while !used.insert(name.clone()) {
        name = format!("{wanted}-{count}");
        count += 1;
    }
    name
}

pub(super) fn tables(dir: &Path) -> Vec<Table> {
    let folders = [""].into_iter().chain(DATA_FOLDERS.iter().copied());
    let mut found: Vec<String> = folders
        .flat_map(|folder| files(dir, folder))
        .filter(|path| matches!(paths::format_of(path), Format::Csv | Format::Tsv | Format::Parquet))
        .collect();
    let order = ["train", "valid", "test"];
    let place =
        |path: &String| order.iter().position(|known| role(path) == Some(known)).unwrap_or(order.len());
    found.sort_by_key(|path| (place(path), path.clone()));
    found.truncate(DATA_MAX);
    let mut used = BTreeSet::new();
    let mut tables: Vec<Table> = found
        .into_iter()
        .map(|path| {
            let columns = paths::header(&dir.join(&path), paths::format_of(&path)).unwrap_or_default();
            Table {
                name: unused(role(&path).unwrap_or(&plain_name(&stem(&path))), &mut used),
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
pub(super) fn role(path: &str) -> Option<&'static str> {
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

pub(super) fn stages(dir: &Path) -> Vec<Program> {
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
    let notebook = files.iter().find(|name| ends_in(name, "ipynb"))?;
    let convert =
        ["jupyter", "nbconvert", "--to", "notebook", "--execute", notebook, "--output", "executed.ipynb"];
    Some(bare(&convert, Some("a notebook that is executed from top to bottom")))
}

fn ends_in(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|own| own == ending)
}

fn is_script(name: &str) -> bool {
    let stem = stem(name);
    let a_test = stem.starts_with("test_") || stem.ends_with("_test");
    let no_program = matches!(stem.as_str(), "setup" | "conftest" | "__init__" | "noxfile" | "utils");
    (ends_in(name, "py") || ends_in(name, "sh")) && !a_test && !no_program
}

fn program(dir: &Path, stage: &str, name: &str, doubt: Option<&'static str>) -> Program {
    let text = head(&dir.join(name));
    let python = ends_in(name, "py");
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
