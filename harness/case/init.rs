//! A commented first case file from what lies in a directory: names and heads of files, nothing is run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::options::CliOption;
use super::survey::{Program, Table, files, head, plain_name, role, stages, stem, tables, unused, words};
use super::{Part, paths};

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

/// Endings of what a predicting program usually writes.
const TABLES: &[&str] = &["csv", "parquet", "json", "npy"];

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
        self.submission(&mut text);
        text
    }

    /// What is handed in, where a sample of it lies there.
    fn submission(&self, text: &mut String) {
        let is_sample = |table: &&Table| {
            let words = words(&stem(&table.path));
            let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
            has(&["sample"]) && has(&["submission", "sub"])
        };
        let is_table = |left: &&Left| TABLES.iter().any(|ending| left.path.ends_with(&format!(".{ending}")));
        let (Some(sample), Some(left)) =
            (self.data.iter().find(is_sample), self.outputs.iter().rev().find(is_table))
        else {
            return;
        };
        text.push_str("\n[submission]  # for `driftless gate`\n");
        line(text, "artifact", &quoted(&left.name), "the output that is handed in");
        line(text, "sample", &quoted(&sample.path), "");
        text.push_str(
            "# file = \"submission.csv\"   # the file as it will be uploaded, compared with a rebuild\n",
        );
        text.push_str("# limits = { wall = \"30min\", memory = \"16GB\" }\n");
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

    /// Drafts an output of a program, which an option may name.
    fn leave(&mut self, program: &Program, option: Option<&CliOption>, guess: &'static str) -> Left {
        let words = option.map(|option| words(&option.name)).unwrap_or_default();
        let is_folder = words.iter().any(|word| matches!(word.as_str(), "dir" | "directory" | "folder"));
        let spelled = match option {
            Some(option) => {
                option.default.as_deref().and_then(file_name).filter(|name| is_folder || name.contains('.'))
            }
            None => written(&program.text),
        };
        let name = unused(&output_name(program, &words, spelled.as_deref()), &mut self.names);
        let usual = if is_folder { name.clone() } else { format!("{name}.{}", ending(program)) };
        let wanted = spelled.unwrap_or(usual);
        let mut path = wanted.clone();
        while !self.files.insert(path.clone()) {
            path = format!("{name}-{wanted}");
            if self.files.contains(&path) {
                path = format!("{}-{path}", self.files.len());
            }
        }
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
            Some(id) if program.stage == "predict" && paths::format_of(&output.path).is_table() => {
                format!("{{ path = {}, id = {} }}", quoted(&output.path), quoted(id))
            }
            _ => quoted(&output.path),
        }
    }
}

/// An output is called after the option, or after the file that the program spells out, or after the stage.
fn output_name(program: &Program, words: &[String], spelled: Option<&str>) -> String {
    let telling = ["weights", "model", "checkpoint", "predictions", "submission", "report", "metrics"];
    let stem = spelled.map(stem).unwrap_or_default();
    let known = telling.iter().find(|name| words.iter().any(|word| word == *name) || stem == **name);
    let by_stage = match program.stage.as_str() {
        "prepare" => "prepared",
        "train" => "model",
        "predict" => "predictions",
        "evaluate" => "metrics",
        _ => "result",
    };
    (*known.unwrap_or(&by_stage)).to_owned()
}

/// The ending of what a program writes, by the calls in its text.
fn ending(program: &Program) -> &'static str {
    let tables_only = program.stage == "predict";
    let found = WRITERS.iter().map(|(sign, ending)| (program.text.contains(sign), *ending));
    let found =
        found.filter(|(there, ending)| *there && (!tables_only || TABLES.contains(ending))).map(|(_, e)| e);
    found.into_iter().next().unwrap_or(if program.stage == "train" { "bin" } else { "csv" })
}

/// The file that a program names in a line that writes one: `np.savez("weights.npz", ...)`.
fn written(text: &str) -> Option<String> {
    let writing = |line: &&str| WRITERS.iter().any(|(sign, _)| !sign.starts_with('.') && line.contains(sign));
    text.lines().filter(writing).find_map(|line| {
        let literals = line.split(['"', '\'']).skip(1).step_by(2);
        let mut endings =
            literals.filter(|text| WRITERS.iter().any(|(_, e)| text.ends_with(&format!(".{e}"))));
        endings.next().and_then(file_name)
    })
}

/// The last part of a path that could be an output.
fn file_name(path: &str) -> Option<String> {
    let path = paths::output(path).ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned()).filter(|name| !name.contains(char::is_control))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::case::{Context, Date, Known, read};

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("digits");
        fs::create_dir(&root).unwrap();
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (folder, root)
    }

    /// The drafted text, after our own parser has read it.
    fn drafted(root: &Path) -> String {
        let draft = draft(root).unwrap();
        let today = Date { year: 2026, month: 1, day: 1 };
        let context = Context {
            name: "x",
            project: root,
            today,
            known: Known { audits: &[], factors: &[], words: &[] },
        };
        if let Err(error) = read(&draft.file, &draft.text, &context) {
            panic!("{error}\n{}", draft.text);
        }
        assert!(!draft.file.exists());
        draft.text
    }

    const TRAIN: &str = r#"
        parser.add_argument("--train", required=True)
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--lr", type=float, default=0.1)
        parser.add_argument("--out", default="weights.npz")
        np.savez(args.out, w=w)
    "#;

    const PREDICT: &str = r#"
        parser.add_argument("--weights", required=True)
        parser.add_argument("--test")
        parser.add_argument("--out", required=True)
        rows.to_csv(args.out)
    "#;

    #[test]
    fn a_usual_project_is_drafted_with_its_real_options() {
        let (_folder, root) = project(&[
            ("train.py", TRAIN),
            ("predict.py", PREDICT),
            ("test_train.py", ""),
            ("requirements.lock", "numpy==2.0 --hash=sha256:00\n"),
            (".python-version", "3.11\n"),
            ("data/train.csv", "id,p0,p1,label\n1,0,0,7\n"),
            ("data/test.csv", "id,p0,p1\n1,0,0\n"),
        ]);
        insta::assert_snapshot!(drafted(&root), @r#"
    # A first case file. Look at each line marked as a guess, then run `driftless plan`.
    # `driftless schema` describes every key.

    [pipeline]
    summary = "digits"  # guess: the name of the folder; say in one line what this is

    [environment]
    python = "3.11"
    lock = "requirements.lock"

    [data.train]
    path = "data/train.csv"
    id = "id"  # guess: the column that identifies a row
    target = "label"  # guess: the column to predict

    [data.test]
    path = "data/test.csv"
    id = "id"  # guess: the column that identifies a row
    held-out = true  # guess: training must not learn from it

    [stage.train]
    command = ["python", "train.py", "--train", "{data.train}", "--seed", "{seed}", "--out", "{out.weights}"]
    # Left at their defaults: --lr.
    out.weights = "weights.npz"  # guess: the option's name says so

    [stage.predict]
    command = ["python", "predict.py", "--weights", "{out.weights}", "--test", "{data.test}", "--out", "{out.predictions}"]
    out.predictions = { path = "predictions.csv", id = "id" }  # guess: the option's name says so

    [knobs]
    seed = 7
    "#);
    }

    #[test]
    fn a_sample_beside_the_data_becomes_a_submission() {
        let (_folder, root) = project(&[
            ("predict.py", PREDICT),
            ("data/test.csv", "id,p0,p1\n1,0,0\n"),
            ("data/sample_submission.csv", "id,label\n1,0\n"),
        ]);
        let text = drafted(&root);
        let (_, submission) = text.split_once("[submission]").expect("a submission");
        assert!(
            submission.contains("artifact = \"predictions\"  # guess: the output that is handed in\n"),
            "{text}"
        );
        assert!(submission.contains("sample = \"data/sample_submission.csv\"\n"), "{text}");
    }

    #[test]
    fn an_empty_directory_gets_a_draft_that_says_what_to_name() {
        let (_folder, root) = project(&[]);
        insta::assert_snapshot!(drafted(&root), @r#"
    # A first case file. Look at each line marked as a guess, then run `driftless plan`.
    # `driftless schema` describes every key.

    [pipeline]
    summary = "digits"  # guess: the name of the folder; say in one line what this is

    [stage.train]
    command = ["python", "train.py"]  # guess: no program was found here; name yours
    out.model = "model.bin"  # guess: the program is taken to write it to its working directory
    "#);
    }

    #[test]
    fn programs_without_options_are_taken_to_write_where_they_stand() {
        let (_folder, root) = project(&[
            ("01_preprocess.py", "df.to_parquet('x')"),
            ("train_model.py", "import sys\ntorch.save(model, 'm.pt')"),
            ("infer.sh", "#!/bin/bash\n"),
            ("houses.csv", "price,rooms\n1.5,2\n"),
        ]);
        insta::assert_snapshot!(drafted(&root), @r#"
    # A first case file. Look at each line marked as a guess, then run `driftless plan`.
    # `driftless schema` describes every key.

    [pipeline]
    summary = "digits"  # guess: the name of the folder; say in one line what this is

    # [environment]
    # python = "3.11"            # else the `python` on the path
    # lock = "requirements.lock"  # with == and hashes; built once

    [data.houses]
    path = "houses.csv"

    [stage.prepare]
    command = ["python", "01_preprocess.py"]
    out.prepared = "prepared.parquet"  # guess: the program is taken to write it to its working directory

    [stage.train]
    command = ["python", "train_model.py"]
    out.model = "m.pt"  # guess: the program is taken to write it to its working directory
    needs = ["prepared"]  # guess: it reads what the stages before it write

    [stage.predict]
    command = ["bash", "infer.sh"]
    out.predictions = "predictions.csv"  # guess: the program is taken to write it to its working directory
    needs = ["prepared", "model"]  # guess: it reads what the stages before it write
    "#);
    }

    #[test]
    fn what_a_program_asks_for_becomes_a_knob() {
        let script = "add_argument('input'); add_argument('--depth', required=True); add_argument('--out-dir')\n\
                      add_argument('--random-state'); add_argument('--model', default='ridge')";
        let (_folder, root) =
            project(&[("main.py", script), ("helpers.py", ""), ("a.csv", "row_id,y\n1,2\n")]);
        insta::assert_snapshot!(drafted(&root), @r#"
    # A first case file. Look at each line marked as a guess, then run `driftless plan`.
    # `driftless schema` describes every key.

    [pipeline]
    summary = "digits"  # guess: the name of the folder; say in one line what this is

    # [environment]
    # python = "3.11"            # else the `python` on the path
    # lock = "requirements.lock"  # with == and hashes; built once

    [data.a]
    path = "a.csv"
    id = "row_id"  # guess: the column that identifies a row

    [stage.run]
    command = ["python", "main.py", "{data.a}", "--depth", "{depth}", "--out-dir", "{out.result}", "--random-state", "{seed}"]
    # Left at their defaults: --model.
    out.result = "result/"  # guess: the option's name says so

    [knobs]
    depth = "1"  # guess: the program asks for it; give it the right value
    seed = 42  # guess: any seed
    "#);
    }

    #[test]
    fn makefiles_and_notebooks_are_found() {
        let (_folder, root) = project(&[("Makefile", "all:\n")]);
        assert!(drafted(&root).contains("command = [\"make\"]"));
        let (_folder, root) = project(&[("train.ipynb", "{}")]);
        assert!(drafted(&root).contains("\"--execute\", \"train.ipynb\""));
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        let (_folder, root) = project(&[]);
        assert!(draft(&root.join("nowhere")).unwrap_err().to_string().contains("No such file"));
    }

    fn file_name() -> impl Strategy<Value = String> {
        prop_oneof![
            "(train|test|predict|main|x|é \"'\\{#)[a-z _-]{0,3}\\.(py|csv|sh|tsv|ipynb|parquet)",
            "[^/\\x00]{1,12}\\.(py|csv)",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn every_draft_is_a_good_case_file(
            files in prop::collection::vec(
                (file_name(), "(add_argument\\(|'--[a-z-]{1,6}'|\"seed\"|, ?required=True|, default=[a-z0-9'.]{1,4}|[),\n\"]|\\PC|id,)*"),
                0..6,
            ),
        ) {
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let (_folder, root) = project(&files);
            drafted(&root);
        }
    }
}
