//! Lock files that a resolver of Python packages writes: uv.lock, pylock.toml, poetry.lock and Pipfile.lock.
//!
//! Sources: PEP 751 for pylock.toml; for the others what uv 0.13, Poetry 2 and Pipenv 2026 write.

use std::path::Path;

use super::model::{Group, Kind, Locked, Manager, Pin, Source};
use super::node::{self, Fault, Node};
use super::{pep, text};

type Fill = fn(&Node, &str, &mut Source);

/// Reads a lock file of one of these kinds.
pub(super) fn read(root: &Path, path: &Path, kind: Kind) -> Source {
    let mut source = Source::new(path, kind);
    let fill: Fill = match kind {
        Kind::Uv => uv,
        Kind::Pylock => pylock,
        Kind::Poetry => poetry,
        _ => pipfile_lock,
    };
    let parse = |text: &str| if kind == Kind::PipfileLock { node::json(text) } else { node::toml(text) };
    match text::read(&root.join(path)).and_then(|text| parse(&text).map(|tree| (text, tree))) {
        Ok((text, tree)) => fill(&tree, &text, &mut source),
        Err(fault) => source.fault(fault),
    }
    source
}

/// The entries of an array of tables; a fault where the file has no such array and is not empty either.
fn packages<'tree>(tree: &'tree Node, key: &str, source: &mut Source) -> &'tree [Node] {
    match tree.get(key) {
        Some(list) => list.list(),
        None if tree.get("version").is_some()
            || tree.get("lock-version").is_some()
            || tree.get("metadata").is_some() =>
        {
            &[]
        }
        None => {
            source.fault(Fault { line: None, message: format!("holds no `{key}`: it is no lock file") });
            &[]
        }
    }
}

/// The entry of a package table; a fault where it has no name.
fn entry(package: &Node, source: &mut Source) -> Option<Locked> {
    let Some(name) = package.text_at("name") else {
        source.fault(Fault::new(package.line, "a package without a name"));
        return None;
    };
    let line = package.get("name").map_or(package.line, |name| name.line);
    Some(Locked::new(name, &source.file, line, Manager::Pip))
}

fn uv(tree: &Node, _: &str, source: &mut Source) {
    source.python = tree.get("requires-python").is_some();
    for package in packages(tree, "package", source) {
        let Some(mut entry) = entry(package, source) else { continue };
        let origin = package.get("source");
        let has = |key: &str| origin.and_then(|origin| origin.text_at(key));
        if let Some(git) = has("git") {
            entry.pin = Pin::Url { fixed: git.contains('#') };
            entry.hashes = true;
        } else if ["virtual", "editable", "directory", "path"].iter().any(|key| has(key).is_some()) {
            // The project itself, a member of its workspace or a file beside it.
            entry.pin = Pin::Path;
            entry.hashes = true;
        } else if let Some(version) = package.text_at("version") {
            entry = entry.exactly(version);
            entry.hashes = hashed(package, "hash");
        }
        entry.version = package.text_at("version").map(str::to_owned);
        source.entries.push(entry);
    }
}

/// Whether any file of a package has a hash.
fn hashed(package: &Node, key: &str) -> bool {
    let file = |file: &Node| match file.get(key) {
        Some(hash) => hash.text().is_some() || !hash.map().is_empty(),
        None => false,
    };
    ["sdist", "archive"].iter().any(|name| package.get(name).is_some_and(file))
        || ["wheels", "files"]
            .iter()
            .any(|name| package.get(name).is_some_and(|files| files.list().iter().any(file)))
}

fn pylock(tree: &Node, _: &str, source: &mut Source) {
    source.python = tree.get("requires-python").is_some();
    for package in packages(tree, "packages", source) {
        let Some(mut entry) = entry(package, source) else { continue };
        entry.marker = package.text_at("marker").map(str::to_owned);
        if package.get("directory").is_some() {
            entry.pin = Pin::Path;
            entry.hashes = true;
        } else if let Some(vcs) = package.get("vcs") {
            entry.pin = Pin::Url { fixed: vcs.text_at("commit-id").is_some() };
            entry.hashes = true;
        } else {
            entry.hashes = hashed(package, "hashes");
            // PEP 751: a source distribution may leave the version out; the file and its hash stand for it.
            entry.pin = if entry.hashes { Pin::Url { fixed: true } } else { Pin::None };
            if let Some(version) = package.text_at("version") {
                entry = entry.exactly(version);
            }
        }
        entry.version = package.text_at("version").map(str::to_owned);
        source.entries.push(entry);
    }
}

fn poetry(tree: &Node, _: &str, source: &mut Source) {
    source.python = tree.at(&["metadata", "python-versions"]).is_some();
    // Poetry 1 before 1.3 keeps the files of all packages in one table at the end.
    let files = tree.at(&["metadata", "files"]).or_else(|| tree.at(&["metadata", "hashes"]));
    for package in packages(tree, "package", source) {
        let Some(mut entry) = entry(package, source) else { continue };
        let kind = package.get("source").and_then(|origin| origin.text_at("type"));
        match (kind, package.text_at("version")) {
            (Some("git"), _) => {
                entry.pin = Pin::Url { fixed: package.at(&["source", "resolved_reference"]).is_some() };
                entry.hashes = true;
            }
            (Some("directory"), _) => {
                entry.pin = Pin::Path;
                entry.hashes = true;
            }
            (_, Some(version)) => {
                let name = package.text_at("name").unwrap_or_default();
                entry = entry.exactly(version);
                entry.hashes = hashed(package, "hash")
                    || files.and_then(|files| files.get(name)).is_some_and(|list| !list.list().is_empty());
            }
            _ => {}
        }
        entry.version = package.text_at("version").map(str::to_owned);
        entry.marker = package.text_at("markers").map(str::to_owned);
        entry.group = poetry_group(package);
        source.entries.push(entry);
    }
}

fn poetry_group(package: &Node) -> Group {
    let groups = package.get("groups").map_or(&[][..], Node::list);
    let is_main = groups.iter().any(|group| group.text() == Some("main"));
    let category = package.text_at("category");
    if package.get("optional").is_some_and(|flag| flag.value == node::Value::Flag(true)) {
        return Group::Named("optional".to_owned());
    }
    if category.is_some_and(|name| name != "main") || !groups.is_empty() && !is_main {
        Group::Dev
    } else {
        Group::Prod
    }
}

fn pipfile_lock(tree: &Node, text: &str, source: &mut Source) {
    if tree.get("_meta").is_none() {
        source.fault(Fault { line: None, message: "holds no `_meta`: it is no lock file".to_owned() });
        return;
    }
    source.python = tree.at(&["_meta", "requires"]).is_some_and(|requires| !requires.map().is_empty());
    for (section, packages) in tree.map().iter().filter(|(section, _)| section != "_meta") {
        let start = node::find_line(text, 1, &format!("\"{section}\": {{"));
        for (name, package) in packages.map() {
            let line = node::find_line(text, start, &format!("\"{name}\": {{"));
            let mut entry = Locked::new(name, &source.file, line, Manager::Pip);
            entry.group = match section.as_str() {
                "default" => Group::Prod,
                "develop" => Group::Dev,
                other => Group::Named(other.to_owned()),
            };
            entry.marker = package.text_at("markers").map(str::to_owned);
            entry.hashes = package.get("hashes").is_some_and(|hashes| !hashes.list().is_empty());
            if package.get("git").is_some() {
                entry.pin = Pin::Url { fixed: package.get("ref").is_some() };
                entry.hashes = true;
            } else if package.get("path").is_some() || package.get("file").is_some() {
                entry.pin = Pin::Path;
                entry.hashes = true;
            } else if let Some(version) = package.text_at("version") {
                entry = pep::with_specifiers(entry, version);
            }
            source.entries.push(entry);
        }
    }
}
