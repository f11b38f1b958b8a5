//! What the entries of one file say together.

use std::collections::BTreeMap;

use super::model::{Kind, Locked, Manager, Source};
use super::pins::{INSTALLERS, python_name};
use super::{pep, rules};
use crate::rule::Problem;

fn is_written_by_hand(kind: Kind) -> bool {
    matches!(kind, Kind::Requirements | Kind::RequirementsInput | Kind::CondaEnvironment)
}

/// Pairs of entries that would be installed together, the later one second.
fn pairs(source: &Source) -> impl Iterator<Item = (&Locked, &Locked)> {
    let mut by_name: BTreeMap<(&str, Manager), Vec<&Locked>> = BTreeMap::new();
    for entry in source.entries.iter().filter(|entry| !entry.name.is_empty()) {
        by_name.entry((&entry.name, entry.manager)).or_default().push(entry);
    }
    by_name.into_values().flat_map(|entries| {
        let first = entries[0];
        entries.into_iter().skip(1).map(move |entry| (first, entry)).collect::<Vec<_>>()
    })
}

/// Entries of one file that no environment can hold at once.
pub(super) fn conflicts(source: &Source) -> Vec<Problem> {
    if !is_written_by_hand(source.kind) {
        return Vec::new();
    }
    let clash = |(left, right): &(&Locked, &Locked)| {
        if left.manager == Manager::Conda || !pep::overlap(left.marker.as_deref(), right.marker.as_deref()) {
            return left.manager == Manager::Conda
                && left.version.is_some()
                && right.version.is_some()
                && left.version != right.version;
        }
        match (&left.version, &right.version) {
            (Some(left), Some(right)) => !pep::same_version(left, right),
            (Some(version), None) => outside(version, right),
            (None, Some(version)) => outside(version, left),
            (None, None) => false,
        }
    };
    pairs(source)
        .filter(clash)
        .map(|(left, right)| {
            let other = if left.file == right.file { String::new() } else { format!("{}:", left.file) };
            let message = format!("`{}` cannot also be what line {other}{} asks for", right.name, left.line);
            let value = format!("{} and {}", left.shown, right.shown);
            Problem::new(&rules::CONFLICT, &right.file, message).line(right.line).value(&value)
        })
        .collect()
}

fn outside(version: &str, other: &Locked) -> bool {
    let specifiers = other.specifiers.as_deref();
    specifiers.and_then(|specifiers| pep::inside(version, specifiers)) == Some(false)
}

/// Packages that conda and pip both install.
pub(super) fn mixed(source: &Source) -> Vec<Problem> {
    if !matches!(source.kind, Kind::CondaEnvironment | Kind::CondaLock) {
        return Vec::new();
    }
    let conda: Vec<&Locked> = source.entries.iter().filter(|entry| entry.manager == Manager::Conda).collect();
    let twin = |entry: &&Locked| {
        conda.iter().copied().find(|other| {
            python_name(other) == entry.name
                && other.group == entry.group
                && pep::overlap(other.marker.as_deref(), entry.marker.as_deref())
        })
    };
    let by_pip = source.entries.iter().filter(|entry| entry.manager == Manager::Pip);
    by_pip
        .filter(|entry| !INSTALLERS.contains(&entry.name.as_str()))
        .filter_map(|entry| twin(&entry).map(|other| (entry, other)))
        .map(|(entry, other)| {
            let message = format!("pip installs `{}`, and conda does in line {}", entry.name, other.line);
            Problem::new(&rules::MIXED_MANAGERS, &entry.file, message).line(entry.line).value(&entry.shown)
        })
        .collect()
}

/// The CUDA version of a local tag, `cpu` for none; `None` where the tag says nothing about it.
fn cuda(entry: &Locked) -> Option<&str> {
    let tag = entry.version.as_deref()?.split_once('+')?.1.split('.').next()?;
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    (tag == "cpu" || tag.strip_prefix("cu").is_some_and(is_number)).then_some(tag)
}

/// Wheels of PyTorch for different versions of CUDA.
pub(super) fn cuda_tags(source: &Source) -> Option<Problem> {
    if source.kind.is_lock() {
        return None;
    }
    let family = |entry: &&Locked| entry.name.starts_with("torch") || entry.name == "xformers";
    let tagged: Vec<(&Locked, &str)> = source
        .entries
        .iter()
        .filter(family)
        .filter_map(|entry| cuda(entry).map(|tag| (entry, tag)))
        .collect();
    let (first, tag) = tagged.first()?;
    let (other, other_tag) = tagged.iter().find(|(entry, other)| {
        other != tag && pep::overlap(first.marker.as_deref(), entry.marker.as_deref())
    })?;
    let message = format!("`{}` is built for {other_tag}, but `{}` for {tag}", other.name, first.name);
    Some(Problem::new(&rules::CUDA_TAG, &other.file, message).line(other.line).value(&other.shown))
}
