//! Which columns of two tables are compared.

use super::super::figure;
use super::super::sides::Table;
use super::Wish;
use crate::relate::overlap::TableFile;

/// A column that is declared and that no table has, in words: a name with a slip in it would go unheeded.
pub(super) fn unknown(wish: &Wish, reference: &Table, tables: &[Table]) -> Option<String> {
    let now = |name: &String| tables.iter().any(|table| table.columns.contains(name));
    let ours = |name: &&String| !reference.columns.contains(name);
    if let Some(name) = wish.columns.iter().chain(wish.same.keys()).find(ours) {
        return Some(format!("`{}` has no column `{name}`", reference.name));
    }
    if let Some(name) = wish.same.values().find(|name| !now(name)) {
        return Some(format!("no table in `current` has the column `{name}` that `same` names"));
    }
    let neither = |name: &&String| !reference.columns.contains(name) && !now(name);
    wish.without
        .keys()
        .find(neither)
        .map(|name| format!("no table has the column `{name}` that `without` names"))
}

/// Two tables, and what is compared of them.
pub(super) struct Pair {
    pub(super) file: TableFile,
    /// The columns that are compared: their names in the reference, and now.
    pub(super) names: Vec<(String, String)>,
    pub(super) not_checked: Vec<String>,
    pub(super) figure: figure::Drift,
}

impl Pair {
    /// Chooses the columns; says why none can be compared, if so.
    pub(super) fn of(wish: &Wish, reference: &Table, current: &Table) -> Result<Self, String> {
        // Of several tables only the predictions may have the other name.
        let other = |name: &String| wish.same.get(name).filter(|other| current.columns.contains(other));
        let now = |name: &String| other(name).unwrap_or(name).clone();
        let mut pair = Self {
            file: current.file.clone(),
            names: Vec::new(),
            not_checked: Vec::new(),
            figure: figure::Drift {
                reference: reference.name.clone(),
                current: current.name.clone(),
                limits: wish.limits,
                share: wish.share,
                columns: Vec::new(),
                missing: Vec::new(),
                new: Vec::new(),
                reordered: false,
            },
        };
        let named = |name: &&String| wish.columns.is_empty() || wish.columns.contains(name);
        for name in reference.columns.iter().filter(named) {
            let reason = match wish.without.get(name) {
                Some(reason) => Some(reason.as_str()),
                None if twice(reference, name) || twice(current, &now(name)) => Some("its name stands twice"),
                None if wish.columns.is_empty() => set_aside(reference, current, name),
                None => None,
            };
            let there = current.columns.contains(&now(name));
            let is_target = [&reference.file.target, &current.file.target].contains(&&Some(name.clone()));
            if let Some(reason) = reason {
                let told = format!("column `{name}` of `{}`: {reason}", current.name);
                if !pair.not_checked.contains(&told) {
                    pair.not_checked.push(told);
                }
            } else if there {
                pair.names.push((name.clone(), now(name)));
            } else if is_target && wish.columns.is_empty() {
                pair.not_checked.push(format!("the target `{name}`: `{}` has none", current.name));
            } else {
                pair.figure.missing.push(name.clone());
            }
        }
        let known: Vec<String> = reference.columns.iter().map(now).collect();
        if wish.columns.is_empty() {
            let news = current.columns.iter().filter(|name| !known.contains(name));
            let news = news.filter(|name| !wish.without.contains_key(*name));
            pair.figure.new =
                news.filter(|name| set_aside(reference, current, name).is_none()).cloned().collect();
        }
        let places = known.iter().filter_map(|name| current.columns.iter().position(|other| other == name));
        pair.figure.reordered = !places.is_sorted();
        if pair.names.is_empty() && pair.figure.missing.is_empty() {
            return Err(format!("`{}` and `{}` have no column to compare", reference.name, current.name));
        }
        Ok(pair)
    }
}

/// Whether two columns have this name, so that it does not say which one is meant.
fn twice(table: &Table, name: &str) -> bool {
    table.columns.iter().filter(|other| other.as_str() == name).nth(1).is_some()
}

/// Why a column is not compared unless it is named.
fn set_aside(reference: &Table, current: &Table, name: &String) -> Option<&'static str> {
    let either = |has: &dyn Fn(&Table) -> bool| has(reference) || has(current);
    if either(&|table| table.file.id.contains(name)) {
        return Some("an id");
    }
    if either(&|table| table.group.contains(name)) {
        return Some("a group");
    }
    if either(&|table| table.time.as_ref() == Some(name)) {
        return Some("a time, which goes on");
    }
    let splits = |table: &Table| table.file.rows.as_ref().is_some_and(|rows| rows.column == *name);
    either(&splits).then_some("the column of the split")
}
