//! Files from which a lock is made: pyproject.toml, Pipfile and setup.cfg.
//!
//! Sources: PEP 621, PEP 735, and the documentation of Poetry, uv, Pipenv and setuptools.

use std::path::Path;

use super::model::{Group, Kind, Locked, Manager, Pin, Purpose, Source, normal};
use super::node::{self, Fault, Node, Value};
use super::{pep, text};

/// Reads a file of one of these kinds.
pub(super) fn read(root: &Path, path: &Path, kind: Kind) -> Source {
    let mut source = Source::new(path, kind);
    let text = match text::read(&root.join(path)) {
        Ok(text) => text,
        Err(fault) => {
            source.fault(fault);
            return source;
        }
    };
    if kind == Kind::SetupCfg {
        setup_cfg(&text, &mut source);
        return source;
    }
    match node::toml(&text) {
        Ok(tree) if kind == Kind::Pyproject => pyproject(&tree, &mut source),
        Ok(tree) => pipfile(&tree, &mut source),
        Err(fault) => source.fault(fault),
    }
    source
}

fn pyproject(tree: &Node, source: &mut Source) {
    if tree.get("build-system").is_some() {
        source.purpose = Purpose::Library;
    }
    let dynamic = tree.at(&["project", "dynamic"]).map_or(&[][..], Node::list);
    source.is_open = dynamic.iter().any(|key| key.text().is_some_and(|key| key.contains("dependencies")))
        || tree.at(&["tool", "uv", "override-dependencies"]).is_some();
    if let Some(project) = tree.get("project") {
        source.python |= project.get("requires-python").is_some();
        let list = project.get("dependencies").map_or(&[][..], Node::list);
        requirements(list, &Group::Prod, source);
        for (extra, list) in project.get("optional-dependencies").map_or(&[][..], Node::map) {
            requirements(list.list(), &Group::Named(extra.clone()), source);
        }
    }
    for (_, list) in tree.get("dependency-groups").map_or(&[][..], Node::map) {
        requirements(list.list(), &Group::Dev, source);
    }
    if let Some(list) = tree.at(&["tool", "uv", "dev-dependencies"]) {
        requirements(list.list(), &Group::Dev, source);
    }
    if let Some(poetry) = tree.at(&["tool", "poetry"]) {
        poetry_tables(poetry, source);
    }
}

/// Requirements of PEP 508; a table in the list includes another group.
fn requirements(list: &[Node], group: &Group, source: &mut Source) {
    for item in list {
        let Some(text) = item.text() else { continue };
        match pep::requirement(text, &source.file, item.line) {
            Ok(mut entry) => {
                entry.group = group.clone();
                source.entries.push(entry);
            }
            Err(message) => source.fault(Fault::new(item.line, message)),
        }
    }
}

fn poetry_tables(poetry: &Node, source: &mut Source) {
    let mut table = |table: Option<&Node>, group: &Group| {
        for (name, wish) in table.map_or(&[][..], Node::map) {
            if normal(name) == "python" {
                source.python = true;
            } else {
                let entry = wish_entry(name, wish, group, &source.file);
                source.entries.push(entry);
            }
        }
    };
    table(poetry.get("dependencies"), &Group::Prod);
    table(poetry.get("dev-dependencies"), &Group::Dev);
    for (name, group) in poetry.get("group").map_or(&[][..], Node::map) {
        let group_name = if name == "main" { Group::Prod } else { Group::Dev };
        table(group.get("dependencies"), &group_name);
    }
}

/// A wish of Poetry or Pipenv: a constraint, or a table with one.
fn wish_entry(name: &str, wish: &Node, group: &Group, file: &str) -> Locked {
    let mut entry = Locked::new(name, file, wish.line, Manager::Pip);
    entry.group = group.clone();
    if wish.get("optional").is_some_and(|flag| flag.value == Value::Flag(true)) {
        entry.group = Group::Named("optional".to_owned());
    }
    // Several constraints, each for some platform: which one counts is the resolver's business.
    let constraint = wish.text().or_else(|| wish.text_at("version"));
    let conditional = ["markers", "python", "platform", "sys_platform", "os_name"];
    if !wish.list().is_empty() || conditional.iter().any(|key| wish.get(key).is_some()) {
        entry.conditional = true;
        entry.pin = Pin::Range;
        return entry;
    }
    if ["path", "git", "url", "file"].iter().any(|key| wish.get(key).is_some()) {
        entry.pin = Pin::Path;
        return entry;
    }
    match constraint {
        None | Some("*" | "") => entry,
        Some(text) => {
            if let Some(specifiers) = pep_440(text) {
                return pep::with_specifiers(entry, &specifiers);
            }
            entry.pin = Pin::Range;
            entry
        }
    }
}

/// The specifiers of PEP 440 that say what a constraint of Poetry says: `^1.2` is `>=1.2,<2`. `None` for alternatives.
fn pep_440(text: &str) -> Option<String> {
    if text.contains('|') {
        return None;
    }
    let parts = text.split(',').map(|part| one(part.trim())).collect::<Option<Vec<_>>>()?;
    Some(parts.join(","))
}

fn one(part: &str) -> Option<String> {
    if let Some(version) = part.strip_prefix('^') {
        let numbers = numbers(version)?;
        let place = numbers.iter().position(|number| *number > 0).unwrap_or(numbers.len() - 1);
        return Some(format!(">={version},<{}", above(&numbers, place)));
    }
    if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        let numbers = numbers(version.trim())?;
        return Some(format!(">={},<{}", version.trim(), above(&numbers, 1.min(numbers.len() - 1))));
    }
    if part.starts_with(|first: char| first.is_ascii_digit()) {
        return Some(format!("=={part}"));
    }
    (part.starts_with(['<', '>', '=', '!']) || part.starts_with("~=")).then(|| part.to_owned())
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    version.trim().split('.').map(|number| number.parse().ok()).collect()
}

/// The first version that differs at this place: the upper end of a caret or tilde.
fn above(numbers: &[u64], place: usize) -> String {
    let kept = numbers[..place].iter().map(u64::to_string);
    let next = numbers[place].saturating_add(1).to_string();
    kept.chain([next]).collect::<Vec<_>>().join(".")
}

fn pipfile(tree: &Node, source: &mut Source) {
    source.python = tree.get("requires").is_some_and(|requires| !requires.map().is_empty());
    for (table, group) in [("packages", Group::Prod), ("dev-packages", Group::Dev)] {
        for (name, wish) in tree.get(table).map_or(&[][..], Node::map) {
            source.entries.push(wish_entry(name, wish, &group, &source.file));
        }
    }
}

/// The requirements and the Python of a setup.cfg; the rest of the file belongs to other tools.
fn setup_cfg(text: &str, source: &mut Source) {
    let (mut section, mut key) = (String::new(), String::new());
    source.purpose = Purpose::Library;
    for (place, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let value = if line.starts_with([' ', '\t']) {
            trimmed
        } else if let Some(name) = trimmed.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
            key.clear();
            continue;
        } else {
            let (name, value) = trimmed.split_once('=').unwrap_or((trimmed, ""));
            name.trim().clone_into(&mut key);
            value.trim()
        };
        if section != "options" || value.is_empty() {
            continue;
        }
        source.python |= key == "python_requires";
        if key == "install_requires" && !value.starts_with("file:") {
            match pep::requirement(value, &source.file, place as u64 + 1) {
                Ok(entry) => source.entries.push(entry),
                Err(message) => source.fault(Fault::new(place as u64 + 1, message)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_of_poetry_mean_the_same_in_pep_440() {
        for (wish, meant) in [
            ("^1.2.3", ">=1.2.3,<2"),
            ("^0.2.3", ">=0.2.3,<0.3"),
            ("^0.0.3", ">=0.0.3,<0.0.4"),
            ("^0", ">=0,<1"),
            ("~1.2.3", ">=1.2.3,<1.3"),
            ("~1", ">=1,<2"),
            ("1.2.3", "==1.2.3"),
            ("1.2.*", "==1.2.*"),
            (">=1,<2", ">=1,<2"),
            ("~=1.16", "~=1.16"),
        ] {
            assert_eq!(pep_440(wish).as_deref(), Some(meant), "{wish}");
        }
        assert_eq!(pep_440("^1 || ^2"), None);
    }
}
