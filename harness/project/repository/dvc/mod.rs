//! `repository/dvc-mismatch`: `*.dvc` files and `dvc.lock` beside the outputs that they describe.
//!
//! Fields after DVC's documentation of its files. Only what DVC itself computed is compared: the MD5 of a file's bytes,
//! and the listing of a folder where the cache holds it.

mod digest;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use self::digest::digests;
use crate::artifact::open;
use crate::project::texts;
use crate::rule::{Looked, Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/dvc-mismatch",
    severity: Severity::Error,
    summary: "an output whose bytes are not those that DVC noted",
    why: "The commit claims one version of the data and the folder holds another. Whoever checks the commit out gets \
          results from other bytes.",
    bad: "train.csv.dvc says md5 1a79a4…, train.csv has b1946a…",
    good: "train.csv.dvc says md5 b1946a…, train.csv has b1946a…",
    mend: "Run `dvc checkout` for the noted version, or `dvc commit` (of a pipeline: `dvc repro`) to note this one.",
};

/// Bytes of the longest file whose digest is computed.
const HASHED_BYTES_MAX: u64 = 16 << 30;
/// Bytes of the longest listing of a folder that is read.
const LISTING_BYTES_MAX: u64 = 64 << 20;

/// `*.dvc`: outputs tracked one by one.
#[derive(Debug, Default, Deserialize)]
struct Tracked {
    #[serde(default)]
    outs: Vec<Output>,
    #[serde(default)]
    wdir: Option<String>,
}

/// `dvc.lock`: outputs of stages.
#[derive(Debug, Default, Deserialize)]
struct Lock {
    #[serde(default)]
    stages: BTreeMap<String, Stage>,
}

/// `dvc.yaml`: in which folder a stage runs, to which the paths of `dvc.lock` are relative.
#[derive(Debug, Default, Deserialize)]
struct Declared {
    #[serde(default)]
    stages: BTreeMap<String, DeclaredStage>,
}

#[derive(Debug, Default, Deserialize)]
struct DeclaredStage {
    #[serde(default)]
    wdir: Option<String>,
    /// The stage itself, where it is declared for several values.
    #[serde(default, rename = "do")]
    each: Option<Box<DeclaredStage>>,
}

impl Declared {
    fn folder(&self, stage: &str) -> PathBuf {
        let name = stage.split('@').next().unwrap_or_default();
        let declared = self.stages.get(name).map(|stage| stage.each.as_deref().unwrap_or(stage));
        declared.and_then(|stage| stage.wdir.clone()).unwrap_or_default().into()
    }
}

#[derive(Debug, Default, Deserialize)]
struct Stage {
    #[serde(default)]
    outs: Vec<Output>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Output {
    #[serde(default)]
    path: String,
    #[serde(default)]
    md5: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    /// `md5` since DVC 3. Before, line ends of text files were made LF first.
    #[serde(default)]
    hash: Option<String>,
}

/// A file in the listing of a folder.
#[derive(Debug, Deserialize)]
struct Listed {
    md5: String,
    relpath: String,
}

/// Whether a file is one of DVC's.
pub(super) fn is_dvc(path: &Path) -> bool {
    texts::ending(path) == "dvc" || path.file_name().is_some_and(|name| name == "dvc.lock")
}

/// Compares what such a file notes with what lies there.
pub(super) fn look(root: &Path, path: &Path, text: &str) -> Looked {
    let mut looked = Looked::default();
    let parent = path.parent().unwrap_or(Path::new(""));
    let declared = declared(&root.join(parent).join("dvc.yaml"));
    let outputs = match outputs(path, text, &declared) {
        Ok(outputs) => outputs,
        Err(error) => {
            let first = error.lines().next().unwrap_or_default().to_owned();
            looked.not_checked.push(format!("{}: not as DVC writes it: {first}", texts::shown(path)));
            return looked;
        }
    };
    let mut absent: Vec<String> = Vec::new();
    for (folder, output) in outputs {
        let Some(below) = inside(&parent.join(folder).join(&output.path)) else {
            looked.not_checked.push(format!("`{}` of {} lies outside", output.path, texts::shown(path)));
            continue;
        };
        let line = text.lines().position(|line| output.md5.as_ref().is_some_and(|md5| line.contains(md5)));
        match compare(root, &below, &output) {
            Compared::Equal => {}
            Compared::Absent => absent.push(texts::shown(&below)),
            Compared::Unknown(why) => {
                looked.not_checked.push(format!("{}: `{}` {why}", texts::shown(path), texts::shown(&below)));
            }
            Compared::Differs(message) => {
                let problem = Problem::new(&RULE, texts::shown(path), message).value(&texts::shown(&below));
                looked.problems.push(match line {
                    Some(line) => problem.line(line as u64 + 1),
                    None => problem,
                });
            }
        }
    }
    if let [first, others @ ..] = &absent[..] {
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let verb = if others.is_empty() { "is" } else { "are" };
        looked.not_checked.push(format!("{}: `{first}`{more} {verb} not here", texts::shown(path)));
    }
    looked
}

/// What `dvc.yaml` declares; nothing where there is none that can be read.
fn declared(path: &Path) -> Declared {
    let text = texts::open(path).ok().and_then(|opened| opened.text).unwrap_or_default();
    serde_saphyr::from_str(&text).unwrap_or_default()
}

fn outputs(path: &Path, text: &str, declared: &Declared) -> Result<Vec<(PathBuf, Output)>, String> {
    let with = |folder: PathBuf, outs: Vec<Output>| outs.into_iter().map(move |out| (folder.clone(), out));
    if texts::ending(path) == "dvc" {
        let tracked: Tracked = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        Ok(with(tracked.wdir.unwrap_or_default().into(), tracked.outs).collect())
    } else {
        let lock: Lock = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let stages = lock.stages.into_iter();
        Ok(stages.flat_map(|(name, stage)| with(declared.folder(&name), stage.outs)).collect())
    }
}

/// A path below the project, without `.` and `..`; `None` where it leads out.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part),
            Component::CurDir => {}
            Component::ParentDir if parts.pop() => {}
            _ => return None,
        }
    }
    Some(parts)
}

enum Compared {
    Equal,
    Absent,
    Differs(String),
    Unknown(String),
}

fn compare(root: &Path, path: &Path, output: &Output) -> Compared {
    let unknown = |why: &str| Compared::Unknown(why.to_owned());
    let Some(md5) = &output.md5 else { return unknown("has no md5") };
    let whole = root.join(path);
    let Ok(found) = std::fs::metadata(&whole) else { return Compared::Absent };
    match md5.strip_suffix(".dir") {
        Some(md5) if found.is_dir() => compare_folder(root, path, md5),
        Some(_) => Compared::Differs("is noted as a folder and is none".to_owned()),
        None if found.is_dir() => Compared::Differs("is noted as a file and is a folder".to_owned()),
        None => compare_file(&whole, found.len(), output, md5),
    }
}

fn compare_file(path: &Path, size: u64, output: &Output, md5: &str) -> Compared {
    let modern = output.hash.as_deref() == Some("md5");
    // Before DVC 3 the size was that of the file as it lay there, so a text with CRLF is left to the digest.
    if modern && output.size.is_some_and(|noted| noted != size) {
        let noted = output.size.unwrap_or_default();
        return Compared::Differs(format!("has {size} bytes, noted are {noted}"));
    }
    if size > HASHED_BYTES_MAX {
        return Compared::Unknown(format!("has {size} bytes, too many to read here"));
    }
    // DVC puts links to its cache in the place of files.
    let digests =
        std::fs::canonicalize(path).map_err(|error| error.to_string()).and_then(|path| digests(&path));
    match digests {
        Err(error) => Compared::Unknown(format!("cannot be read: {error}")),
        Ok((plain, _)) if plain == md5 => Compared::Equal,
        Ok((_, converted)) if !modern && converted == md5 => Compared::Equal,
        Ok((plain, _)) => Compared::Differs(format!("has md5 {plain}, noted is {md5}")),
    }
}

/// A folder against the listing that the cache holds; DVC 3 keeps it below `files/md5`.
fn compare_folder(root: &Path, path: &Path, md5: &str) -> Compared {
    let Some((first, rest)) = md5.split_at_checked(2) else {
        return Compared::Unknown("has no md5".to_owned());
    };
    let name = format!("{first}/{rest}.dir");
    let places = [root.join(".dvc/cache/files/md5").join(&name), root.join(".dvc/cache").join(&name)];
    let Some(listing) = places.iter().find(|place| place.is_file()) else {
        return Compared::Unknown("is a folder, and the cache does not list it".to_owned());
    };
    let listed = match listed(listing) {
        Ok(listed) => listed,
        Err(error) => return Compared::Unknown(format!("is a folder whose list cannot be read: {error}")),
    };
    for Listed { md5, relpath } in listed {
        let Some(below) = inside(Path::new(&relpath)) else { continue };
        let file = path.join(below);
        let whole = root.join(&file);
        let Ok(found) = std::fs::metadata(&whole) else {
            return Compared::Differs(format!("lacks `{relpath}`, which is noted"));
        };
        if let Compared::Differs(message) = compare_file(&whole, found.len(), &Output::default(), &md5) {
            return Compared::Differs(format!("`{relpath}` in it {message}"));
        }
    }
    Compared::Equal
}

fn listed(path: &Path) -> Result<Vec<Listed>, String> {
    let file = open::regular(path).map_err(|error| error.to_string())?;
    serde_json::from_reader(std::io::BufReader::new(file.take(LISTING_BYTES_MAX)))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::project::tests::project;

    /// MD5 of `hello\n`.
    const HELLO: &str = "b1946ac92492d2347c6235b4d2611184";

    fn look_at(name: &str, text: &str, files: &[(&str, &str)]) -> Looked {
        look(project(files).path(), Path::new(name), text)
    }

    fn tracked(md5: &str, more: &str) -> String {
        format!("outs:\n- md5: {md5}\n  {more}\n  path: a.csv\n")
    }

    #[test]
    fn other_bytes_are_found_at_the_noted_digest() {
        let looked =
            look_at("d/a.csv.dvc", &tracked(HELLO, "size: 6\n  hash: md5"), &[("d/a.csv", "hellO\n")]);
        let [problem] = &looked.problems[..] else { panic!("{looked:?}") };
        assert_eq!((problem.line, problem.value.as_deref()), (Some(2), Some("d/a.csv")));
        assert!(problem.message.contains("noted is b1946a"), "{}", problem.message);
        let looked =
            look_at("a.csv.dvc", &tracked(HELLO, "size: 6\n  hash: md5"), &[("a.csv", "longer text\n")]);
        assert_eq!(looked.problems[0].message, "has 12 bytes, noted are 6");
    }

    #[test]
    fn the_same_bytes_are_silent_in_both_formats() {
        for (name, text) in [
            ("a.csv.dvc", tracked(HELLO, "size: 6\n  hash: md5")),
            ("a.csv.dvc", tracked(HELLO, "size: 6")),
            ("sub/x.dvc", format!("wdir: ..\n{}", tracked(HELLO, "hash: md5"))),
            (
                "dvc.lock",
                format!(
                    "schema: '2.0'\nstages:\n  make:\n    cmd: x\n    outs:\n    - path: a.csv\n      md5: {HELLO}\n      size: 6\n"
                ),
            ),
        ] {
            let looked = look_at(name, &text, &[("a.csv", "hello\n")]);
            assert_eq!(looked, Looked::default(), "{name}");
        }
    }

    #[test]
    fn a_stage_that_runs_in_a_folder_has_its_outputs_there() {
        let lock = format!("stages:\n  make@1:\n    outs:\n    - path: a.csv\n      md5: {HELLO}\n");
        let yaml = "stages:\n  make:\n    foreach: [1]\n    do:\n      wdir: sub\n      cmd: x\n";
        let files = [("dvc.yaml", yaml), ("sub/a.csv", "hello\n"), ("a.csv", "another\n")];
        assert_eq!(look_at("dvc.lock", &lock, &files), Looked::default());
        assert_eq!(look_at("dvc.lock", &lock, &files[1..]).problems.len(), 1);
        let open = [("dvc.yaml", "stages:\n  make:\n    wdir: ${where}\n"), ("a.csv", "another\n")];
        assert_eq!(look_at("dvc.lock", &lock, &open).not_checked, ["dvc.lock: `${where}/a.csv` is not here"]);
    }

    #[test]
    fn line_ends_count_since_version_three_only() {
        let files = [("a.csv", "hello\r\n")];
        assert!(look_at("a.csv.dvc", &tracked(HELLO, "size: 7"), &files).problems.is_empty());
        assert_eq!(look_at("a.csv.dvc", &tracked(HELLO, "size: 7\n  hash: md5"), &files).problems.len(), 1);
    }

    #[test]
    fn what_is_not_here_is_named_and_no_problem() {
        let looked = look_at("a.csv.dvc", &tracked(HELLO, "size: 6"), &[]);
        assert_eq!(looked.not_checked, ["a.csv.dvc: `a.csv` is not here"]);
        let looked = look_at("a.csv.dvc", "outs: [", &[]);
        assert!(looked.not_checked[0].starts_with("a.csv.dvc: not as DVC writes it"), "{looked:?}");
        let out = "outs:\n- md5: x\n  path: ../../a.csv\n";
        assert_eq!(look_at("a.dvc", out, &[]).not_checked, ["`../../a.csv` of a.dvc lies outside"]);
        assert!(look_at("a.dvc", out, &[]).problems.is_empty());
    }

    #[test]
    fn a_folder_is_compared_where_the_cache_lists_it() {
        let dvc = tracked("0123456789abcdef0123456789abcdef.dir", "nfiles: 1");
        let cache = ".dvc/cache/files/md5/01/23456789abcdef0123456789abcdef.dir";
        let listing = format!("[{{\"md5\": \"{HELLO}\", \"relpath\": \"x/y.csv\"}}]");
        let good = look_at("a.dvc", &dvc, &[("a.csv/x/y.csv", "hello\n"), (cache, &listing)]);
        assert_eq!(good, Looked::default());
        let bad = look_at("a.dvc", &dvc, &[("a.csv/x/y.csv", "hellO\n"), (cache, &listing)]);
        assert!(bad.problems[0].message.starts_with("`x/y.csv` in it has md5"), "{bad:?}");
        let unknown = look_at("a.dvc", &dvc, &[("a.csv/x/y.csv", "hello\n")]);
        assert_eq!(unknown.not_checked, ["a.dvc: `a.csv` is a folder, and the cache does not list it"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\PC\n]{0,200}") {
            for name in ["a.dvc", "dvc.lock"] {
                let _ = outputs(Path::new(name), &text, &Declared::default());
                let _ = serde_saphyr::from_str::<Declared>(&text);
            }
        }
    }
}
