//! Files of pixi: pixi.toml, and pixi.lock in the layouts 4 to 7.

use super::conda::of_conda_url;
use super::model::{Group, Locked, Manager, Pin, Source};
use super::node::{Fault, Node};
use super::pep;

/// Reads pixi.lock.
pub(super) fn lock(tree: &Node, source: &mut Source) {
    let Some(packages) = tree.get("packages") else {
        source.fault(Fault { line: None, message: "holds no `packages`: it is no lock file".to_owned() });
        return;
    };
    for package in packages.list() {
        let conda = package
            .text_at("conda")
            .or_else(|| (package.text_at("kind") == Some("conda")).then(|| package.text_at("url")).flatten());
        let named = package.text_at("name").zip(package.text_at("version"));
        let (name, version, manager) = match (conda, named) {
            (_, Some((name, version))) if conda.is_none() => {
                (name.to_owned(), version.to_owned(), Manager::Pip)
            }
            (Some(url), _) => match of_conda_url(url) {
                Some((name, version)) => (name, version, Manager::Conda),
                None => continue,
            },
            _ => continue,
        };
        let mut entry = Locked::new(&name, &source.file, package.line, manager).exactly(&version);
        entry.hashes = package.get("sha256").is_some() || package.get("md5").is_some();
        if package.text_at("pypi").is_some_and(|place| pep::of_url(place) == Pin::Path) {
            entry.pin = Pin::Path;
            entry.hashes = true;
        }
        // Packages are listed once for all environments and platforms; which one needs which is not asked here.
        entry.group = Group::Named("any".to_owned());
        source.python |= entry.name == "python" && manager == Manager::Conda;
        source.entries.push(entry);
    }
}

/// Reads pixi.toml.
pub(super) fn input(tree: &Node, source: &mut Source) {
    tables(tree, &Group::Prod, source);
    for (name, feature) in tree.get("feature").map_or(&[][..], Node::map) {
        tables(feature, &Group::Named(name.clone()), source);
    }
}

/// The tables of dependencies of a pixi file or of a part of it.
fn tables(tree: &Node, group: &Group, source: &mut Source) {
    let parts = tree.get("target").map_or(&[][..], Node::map).iter();
    // What one platform needs alone says nothing about the others.
    for (part, own) in std::iter::once((tree, true)).chain(parts.map(|(_, part)| (part, false))) {
        for (table, manager) in [("dependencies", Manager::Conda), ("pypi-dependencies", Manager::Pip)] {
            for (name, wish) in part.get(table).map_or(&[][..], Node::map) {
                let mut entry = Locked::new(name, &source.file, wish.line, manager);
                let version = wish.text().or_else(|| wish.text_at("version"));
                entry.specifiers = version.filter(|version| *version != "*").map(str::to_owned);
                entry.pin = match wish.text_at("path").or_else(|| wish.text_at("git")) {
                    Some(_) => Pin::Path,
                    None if entry.specifiers.is_some() => Pin::Range,
                    None => Pin::None,
                };
                entry.conditional = wish.get("env-markers").is_some() || wish.get("markers").is_some();
                entry.group = if own { group.clone() } else { Group::Named("platform".to_owned()) };
                source.python |= entry.name == "python" && entry.specifiers.is_some();
                source.entries.push(entry);
            }
        }
    }
}
