//! A path -> the case files that it means.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use toml::de::{DeTable, DeValue};
use walkdir::{DirEntry, WalkDir};

use super::error::{Error, NOTHING};
use super::{Case, Context, Date, Known, read_file, text_of};

/// Names of a case file that stands for its folder.
const NAMES: &[&str] = &["driftless.toml", "case.toml"];

/// Ending of the name of a case file that stands beside others.
const ENDING: &str = ".driftless.toml";

/// The folder that usually holds the cases of a project.
const USUAL_FOLDER: &str = "cases";

/// What marks the root of a project.
const ROOT_MARKS: &[&str] = &[".git", "Cargo.toml", "pyproject.toml", "driftless.toml"];

/// Folders that hold no cases of the user's own.
const SKIPPED: &[&str] = &["target", "node_modules", "__pycache__"];

/// Files and folders that one search looks at, so that a search of `/` ends.
const ENTRIES_MAX: usize = 1_000_000;

/// A case file that was found; not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The case's name, without variant.
    pub name: String,
    /// The case file, absolute.
    pub file: PathBuf,
    /// The project's root, absolute.
    pub project: PathBuf,
    /// The only variant that is meant, if one is.
    pub variant: Option<String>,
}

impl Found {
    /// Reads the case file; one case, or one for each variant that is meant.
    ///
    /// # Errors
    /// As [`read_file`].
    pub fn read(&self, today: Date, known: Known<'_>) -> Result<Vec<Case>, Error> {
        let context = Context { name: &self.name, project: &self.project, today, known };
        let mut cases = read_file(&self.file, &context)?;
        if let Some(variant) = &self.variant {
            let name = format!("{}/{variant}", self.name);
            cases.retain(|case| case.name == name);
        }
        Ok(cases)
    }
}

/// Finds the case files that a path means, sorted by name: a case file itself; the one in a folder
/// (`driftless.toml` or `case.toml`); the one beside a folder of which that folder is a variant; or every one
/// below a folder (those, and `*.driftless.toml`). Hidden folders, build folders, virtual environments and links to
/// folders are not searched.
///
/// # Errors
/// The path does not exist or cannot be searched, there is no case file, or two cases have one name.
pub fn find(path: &Path) -> Result<Vec<Found>, Error> {
    let root = path.canonicalize().map_err(|error| {
        Error::unusable(
            path,
            format!("no case file here: {error}"),
            "name a case file or a folder that exists",
        )
    })?;
    let mut projects = Projects::default();
    let mut found = |file: PathBuf, variant: Option<String>| {
        let project = projects.of(&file);
        let base = if root.starts_with(&project) { &project } else { &root };
        Found { name: below(base, &file), file, project, variant }
    };
    let files = if root.is_file() {
        vec![root.clone()]
    } else if let Some((file, variant)) = variant_of(&root) {
        return Ok(vec![found(file, Some(variant))]);
    } else {
        match directly_in(&root) {
            files if files.is_empty() => search(&root)?,
            files => files,
        }
    };
    if files.is_empty() {
        return Err(Error::unusable(
            &root,
            NOTHING,
            "looked here and below for driftless.toml, case.toml and *.driftless.toml; `driftless init` writes a first one",
        ));
    }
    named_once(files.into_iter().map(|file| found(file, None)))
}

fn named_once(found: impl Iterator<Item = Found>) -> Result<Vec<Found>, Error> {
    let mut by_name: BTreeMap<String, Found> = BTreeMap::new();
    for case in found {
        if let Some(other) = by_name.get(&case.name) {
            let message = format!("two cases have the name `{}`", case.name);
            let help = format!("the other one is `{}`; rename or remove one of them", other.file.display());
            return Err(Error::unusable(&case.file, message, help));
        }
        by_name.insert(case.name.clone(), case);
    }
    Ok(by_name.into_values().collect())
}

/// The name of the case in a project's root: the folder's, or what stands before `.driftless.toml`.
fn alone(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    own_part(file).or(folder).unwrap_or_else(|| "case".to_owned())
}

/// What the file's name adds to its folder's; nothing for the usual names.
fn own_part(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_string_lossy().into_owned();
    if NAMES.contains(&name.as_str()) {
        return None;
    }
    Some(name.strip_suffix(ENDING).or(name.strip_suffix(".toml")).unwrap_or(&name).to_owned())
}

fn directly_in(folder: &Path) -> Vec<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).filter(|file| file.is_file()).collect()
}

/// The case file beside a folder that names the folder as the `dir` of a variant, and the variant.
fn variant_of(folder: &Path) -> Option<(PathBuf, String)> {
    if !directly_in(folder).is_empty() {
        return None;
    }
    let parent = folder.parent()?;
    let own = folder.file_name()?;
    directly_in(parent).into_iter().find_map(|file| {
        // A case file with mistakes is told of when it is read; here it only has no variant of that name.
        let text = text_of(&file).ok()?;
        let tree = DeTable::parse(&text).ok()?;
        let variants = tree.get_ref().get("variant")?.get_ref().as_table()?;
        let names_folder = |value: &DeValue<'_>| {
            let dir =
                value.as_table().and_then(|table| table.get("dir")).and_then(|dir| dir.get_ref().as_str());
            let mut parts =
                Path::new(dir.unwrap_or_default()).components().filter(|part| *part != Component::CurDir);
            parts.next() == Some(Component::Normal(own)) && parts.next().is_none()
        };
        let variant = variants.iter().find(|(_, variant)| names_folder(variant.get_ref()))?;
        Some((file, variant.0.get_ref().to_string()))
    })
}

fn search(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let walk = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_searched);
    for (count, entry) in walk.enumerate() {
        let entry = entry.map_err(|error| {
            let place = error.path().unwrap_or(root).to_owned();
            let help = "make it readable, or name a folder that does not hold it";
            Error::unusable(&place, format!("the folder cannot be searched: {error}"), help)
        })?;
        if count >= ENTRIES_MAX {
            let message = format!("more than {ENTRIES_MAX} files and folders to search");
            return Err(Error::unusable(root, message, "name a smaller folder, or the case file itself"));
        }
        let name = entry.file_name().to_string_lossy();
        let is_case = NAMES.contains(&&*name) || (name.ends_with(ENDING) && name.len() > ENDING.len());
        if is_case && entry.path().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// The name of a case: its folder's path below the project (or below the folder searched, if that holds several
/// projects), without the folder `cases` that usually comes first. The same however the case was found, because
/// snapshots go by it.
fn below(base: &Path, file: &Path) -> String {
    let folder = file.parent().and_then(|folder| folder.strip_prefix(base).ok()).unwrap_or(Path::new(""));
    let folder = folder.strip_prefix(USUAL_FOLDER).unwrap_or(folder);
    let mut parts: Vec<String> = folder.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.extend(own_part(file));
    if parts.is_empty() {
        parts.push(alone(file));
    }
    parts.iter().map(|part| tame(part)).collect::<Vec<_>>().join("/")
}

/// A part of a name that every file system takes, since snapshots are named by it.
fn tame(part: &str) -> String {
    let safe =
        |letter: char| if letter.is_control() || "@<>:\"|?*\\/".contains(letter) { '-' } else { letter };
    let tamed: String = part.trim_matches(['.', ' ']).chars().map(safe).collect();
    if tamed.is_empty() { "case".to_owned() } else { tamed }
}

fn is_searched(entry: &DirEntry) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_dir() {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    !name.starts_with('.') && !SKIPPED.contains(&&*name) && !entry.path().join("pyvenv.cfg").exists()
}

/// The project that a path lies in: the nearest folder that holds a mark of a project, else the folder itself.
///
/// # Errors
/// The path does not exist.
pub fn project_of(path: &Path) -> Result<PathBuf, Error> {
    let help = "name a path that exists";
    let unusable = |error: std::io::Error| Error::unusable(path, format!("cannot be read: {error}"), help);
    let whole = path.canonicalize().map_err(unusable)?;
    Ok(Projects::default().of(&whole.join("any")))
}

/// The project roots of folders seen so far: cases of one search mostly share theirs.
#[derive(Default)]
struct Projects(BTreeMap<PathBuf, bool>);

impl Projects {
    /// The nearest folder above the file that holds a mark of a project; else the file's own folder.
    fn of(&mut self, file: &Path) -> PathBuf {
        let folder = file.parent().unwrap_or(file);
        folder.ancestors().find(|folder| self.is_root(folder)).unwrap_or(folder).to_owned()
    }

    fn is_root(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.0.get(folder) {
            return *known;
        }
        let is_root = ROOT_MARKS.iter().any(|mark| fs::symlink_metadata(folder.join(mark)).is_ok());
        self.0.insert(folder.to_owned(), is_root);
        is_root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "[stage.run]\ncommand = [\"sh\", \"run.sh\"]\nout.a = \"a\"\n";

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn names(path: &Path) -> Vec<String> {
        find(path).unwrap().into_iter().map(|found| found.name).collect()
    }

    #[test]
    fn a_folder_is_searched_and_its_cases_are_sorted() {
        let root = tree(&[
            ("repeat/clock/case.toml", CASE),
            ("nuisance/threads/case.toml", CASE),
            ("b.driftless.toml", CASE),
            ("nuisance/gpu.driftless.toml", CASE),
            ("tour/driftless.toml", CASE),
            (".hidden/case.toml", CASE),
            ("target/x/case.toml", CASE),
            ("venv/pyvenv.cfg", ""),
            ("venv/lib/case.toml", CASE),
            ("Cargo.toml", ""),
            (".driftless.toml", CASE),
        ]);
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path().join("repeat"), root.path().join("link")).unwrap();
        assert_eq!(names(root.path()), ["b", "nuisance/gpu", "nuisance/threads", "repeat/clock", "tour"]);
    }

    #[test]
    fn a_folder_with_a_case_file_means_that_case() {
        let root = tree(&[("tour/driftless.toml", CASE), ("tour/more/case.toml", CASE)]);
        assert_eq!(names(&root.path().join("tour")), ["tour"]);
        assert_eq!(names(&root.path().join("tour/../tour/driftless.toml")), ["tour"]);
    }

    #[test]
    fn a_case_file_of_any_name_is_taken_when_named() {
        let root = tree(&[("x/fast.driftless.toml", CASE), ("x/other.toml", CASE)]);
        assert_eq!(names(&root.path().join("x/fast.driftless.toml")), ["fast"]);
        assert_eq!(names(&root.path().join("x/other.toml")), ["other"]);
    }

    #[test]
    fn a_variant_folder_means_that_variant_alone() {
        let text = format!("{CASE}[variant.worse]\ndir = \"./bad\"\n[variant.good]\ndir = \"good\"\n");
        let root = tree(&[("order/case.toml", &text), ("order/bad/run.sh", ""), ("order/good/run.sh", "")]);
        let found = find(&root.path().join("order/bad")).unwrap();
        assert_eq!((found[0].name.as_str(), found[0].variant.as_deref()), ("order", Some("worse")));
        let today = Date { year: 2026, month: 1, day: 1 };
        let cases = found[0].read(today, Known { audits: &[], factors: &[], words: &[] }).unwrap();
        assert_eq!(cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["order/worse"]);
        assert!(cases[0].dir.ends_with("order/bad"));
    }

    #[test]
    fn nothing_found_says_what_was_looked_for() {
        let root = tree(&[("a/train.py", "")]);
        let error = find(root.path()).unwrap_err();
        assert_eq!(error.findings[0].message, "no case found");
        assert!(error.to_string().contains("`driftless init`"), "{error}");
        let error = find(&root.path().join("nowhere")).unwrap_err();
        assert!(error.to_string().contains("No such file"), "{error}");
    }

    #[test]
    fn two_cases_of_one_name_are_refused() {
        let root = tree(&[("a/case.toml", CASE), ("a/driftless.toml", CASE)]);
        let error = find(root.path()).unwrap_err();
        assert_eq!(error.findings[0].message, "two cases have the name `a`");
    }

    #[test]
    fn the_project_is_the_nearest_marked_folder() {
        let root =
            tree(&[("p/pyproject.toml", ""), ("p/cases/a/case.toml", CASE), ("q/driftless.toml", CASE)]);
        let real = root.path().canonicalize().unwrap();
        let project = |path: &str| find(&root.path().join(path)).unwrap()[0].project.clone();
        assert_eq!(project("p/cases"), real.join("p"));
        assert_eq!(project("q"), real.join("q"));
    }
}
