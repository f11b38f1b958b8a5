//! Whether a lock belongs to its input: by the hash or the requirements that it keeps of it, else entry by entry.

use std::path::Path;

use super::gather::Found;
use super::model::{Group, Kind, Locked, Manager, Pin, Source, normal};
use super::node::{self, Node};
use super::{pep, pins, rules, sums, text};
use crate::rule::Problem;

/// Packages that pip-compile leaves out of its locks unless it is told otherwise.
const LEFT_OUT: &[&str] = &["pip", "setuptools", "wheel", "distribute"];

/// A lock and what it was made from.
struct Pair<'found> {
    lock: &'found Source,
    input: &'found Source,
}

/// Looks at every lock whose input is known.
pub(super) fn look(root: &Path, found: &Found) -> Vec<Problem> {
    let mut problems = Vec::new();
    for lock in &found.sources {
        for input in inputs(lock, &found.sources) {
            if input.faults.is_empty() && lock.faults.is_empty() && !lock.is_open {
                problems.extend(compare(root, &Pair { lock, input }));
            }
        }
    }
    problems
}

/// The files that a lock is made from, as far as that is certain.
fn inputs<'found>(lock: &Source, all: &'found [Source]) -> Vec<&'found Source> {
    let beside = |kind: Kind| {
        all.iter()
            .filter(move |other| other.kind == kind && other.folder() == lock.folder())
            .collect::<Vec<_>>()
    };
    match lock.kind {
        Kind::Uv | Kind::Poetry => beside(Kind::Pyproject),
        Kind::PipfileLock => beside(Kind::Pipfile),
        Kind::PixiLock => beside(Kind::PixiInput),
        Kind::CondaLock if lock.path.file_stem().is_some_and(|stem| stem == "conda-lock") => {
            let environments = beside(Kind::CondaEnvironment);
            // With several environments beside it, it is not known which.
            if environments.len() == 1 { environments } else { Vec::new() }
        }
        Kind::Requirements if !lock.inputs.is_empty() => {
            all.iter().filter(|other| other.path != lock.path && lock.inputs.contains(&other.path)).collect()
        }
        Kind::Requirements => {
            let input = lock.path.with_extension("in");
            all.iter().filter(|other| other.path == input).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a lock is made from an input.
pub(super) fn is_input_of(input: &Source, lock: &Source, all: &[Source]) -> bool {
    inputs(lock, all).iter().any(|one| one.path == input.path)
}

fn compare(root: &Path, pair: &Pair<'_>) -> Vec<Problem> {
    let read = |source: &Source| text::read(&root.join(&source.path)).ok();
    let (Some(lock), Some(input)) = (read(pair.lock), read(pair.input)) else { return Vec::new() };
    let by_hash = match pair.lock.kind {
        Kind::Uv => return uv(&lock, pair),
        Kind::Poetry => sums::poetry(&lock, &input),
        Kind::PipfileLock => sums::pipenv(&lock, &input),
        _ => None,
    };
    match by_hash {
        Some(true) => Vec::new(),
        Some(false) => {
            let line = node::find_line(
                &lock,
                1,
                if pair.lock.kind == Kind::Poetry { "content-hash" } else { "sha256" },
            );
            let message = format!("was made from another `{}` than the one beside it", name(pair.input));
            let mut problems = entries(pair);
            if problems.is_empty() {
                problems.push(Problem::new(&rules::STALE_LOCK, &pair.lock.file, message).line(line));
            }
            problems
        }
        None => entries(pair),
    }
}

fn name(source: &Source) -> String {
    source.path.file_name().map_or_else(|| source.file.clone(), |name| name.to_string_lossy().into_owned())
}

/// Each direct requirement of the input, looked up in the lock.
fn entries(pair: &Pair<'_>) -> Vec<Problem> {
    let Pair { lock, input } = pair;
    let direct = input.production().filter(|entry| !entry.name.is_empty());
    direct.filter_map(|wish| missing(lock, wish).or_else(|| outside(lock, wish))).collect()
}

fn candidates<'lock>(lock: &'lock Source, wish: &Locked) -> Vec<&'lock Locked> {
    lock.entries
        .iter()
        .filter(|entry| entry.name == wish.name || pins::python_name(entry) == wish.name)
        .collect()
}

fn missing(lock: &Source, wish: &Locked) -> Option<Problem> {
    // A condition may be false where the lock was made, and what is built from a folder may stand there without a name.
    if wish.marker.is_some()
        || matches!(wish.pin, Pin::Path | Pin::Url { .. })
        || wish.conditional
        || LEFT_OUT.contains(&wish.name.as_str())
        || !candidates(lock, wish).is_empty()
    {
        return None;
    }
    let message = format!("`{}` is asked for and not in `{}`", wish.name, name(lock));
    Some(Problem::new(&rules::STALE_LOCK, &wish.file, message).line(wish.line).value(&wish.shown))
}

fn outside(lock: &Source, wish: &Locked) -> Option<Problem> {
    let specifiers = wish.specifiers.as_deref()?;
    if wish.manager == Manager::Conda || wish.marker.is_some() {
        return None;
    }
    let locked = candidates(lock, wish);
    // Several versions stand for several platforms; that none fits is what can be told.
    let fits = |entry: &&Locked| {
        let version = entry.version.as_deref();
        version.and_then(|version| pep::inside(version, specifiers)) != Some(false)
    };
    let first = locked.first().filter(|_| !locked.iter().any(fits))?;
    let version = first.version.as_deref().unwrap_or_default();
    let message = format!("`{}` is locked at {version}, which `{}` does not allow", wish.name, wish.file);
    Some(Problem::new(&rules::STALE_LOCK, &first.file, message).line(first.line).value(&wish.shown))
}

/// uv keeps the requirements of each member of the workspace, in `[package.metadata]`. A requirement is compared by its name
/// and its group; specifiers are written in another order there, so a difference counts only where the locked version
/// does not fit.
fn uv(lock: &str, pair: &Pair<'_>) -> Vec<Problem> {
    let Ok(tree) = node::toml(lock) else { return Vec::new() };
    let packages = tree.get("package").map_or(&[][..], Node::list);
    let is_root = |package: &&Node| {
        let source = package.get("source");
        ["virtual", "editable"].iter().any(|key| source.and_then(|source| source.text_at(key)) == Some("."))
    };
    let Some(root) = packages.iter().find(is_root) else { return entries(pair) };
    if pair.input.is_open {
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::new();
    for requirement in root.at(&["metadata", "requires-dist"]).map_or(&[][..], Node::list) {
        kept.extend(requirement.text_at("name").map(normal));
    }
    let wished: Vec<&Locked> = pair
        .input
        .entries
        .iter()
        .filter(|entry| entry.group != Group::Dev && entry.file == pair.input.file)
        .collect();
    let mut problems: Vec<Problem> = wished
        .iter()
        .filter(|wish| !kept.contains(&wish.name))
        // An extra may name the project itself.
        .filter(|wish| Some(normal(&wish.name)) != root.text_at("name").map(normal))
        .map(|wish| {
            let message =
                format!("`{}` is asked for, and `{}` was made without it", wish.name, name(pair.lock));
            Problem::new(&rules::STALE_LOCK, &wish.file, message).line(wish.line).value(&wish.shown)
        })
        .collect();
    for requirement in root.at(&["metadata", "requires-dist"]).map_or(&[][..], Node::list) {
        let asked = requirement.text_at("name").map(normal).unwrap_or_default();
        if !wished.iter().any(|wish| wish.name == asked) {
            let message =
                format!("was made with `{asked}`, which `{}` does not ask for any more", name(pair.input));
            problems.push(Problem::new(&rules::STALE_LOCK, &pair.lock.file, message).line(requirement.line));
        }
    }
    if problems.is_empty() {
        problems = pair.input.production().filter_map(|wish| outside(pair.lock, wish)).collect();
    }
    problems
}
