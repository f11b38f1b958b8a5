//! Judges `overlap`: rows that stand on both sides, and columns that give the answer away.

use super::sides::Table;
use super::walked::{found, inconclusive, told};
use super::{Cause, Error, Finding, Judge, Status, Verdict, View, verdict};
use crate::case::{Near, Overlap as Wish};
use crate::plan::scenario::overlap::sides;
use crate::relate::overlap::{self, Found, Options, Overlap as Common, Pair};
use crate::relate::{Class, Place};

const AUDIT: &str = "overlap";

/// Pairs that chance explains with at least this probability are excused.
const CHANCE_MIN: f64 = 1e-3;

/// But where they are this part of the held-out rows, the repeats among training rows alone do not excuse them: copies that were
/// made before the split repeat each other, too.
const EXCUSED_SHARE_MAX: f64 = 0.1;

/// Then rows that nearly meet must explain this part of them. Measured with a tenth and more of the rows found: 0.34 to 1.0 in tables of
/// few values (Fair's survey, the RAND health insurance experiment, rounded measurements, two parties' votes, made-up latent
/// classes), 0 to 0.06 where 5 to 50 % of the rows of iris, wine, breast cancer and digits had been copied before the split.
const NEARLY_MIN: f64 = 0.2;

/// See the module.
pub(super) struct Overlap;

impl Judge for Overlap {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        match Bench::new(view).judge() {
            Err(Error::Artifact(error)) if error.is_malformed() => Ok(nothing(error.to_string())),
            other => other,
        }
    }
}

struct Bench<'a> {
    view: &'a View<'a>,
    wish: &'a Wish,
    findings: Vec<Finding>,
    notes: Vec<String>,
    compared: Vec<String>,
}

fn nothing(headline: String) -> Verdict {
    inconclusive(AUDIT, headline, Cause::NothingVaried)
}

impl<'a> Bench<'a> {
    fn new(view: &'a View<'a>) -> Self {
        let wish = &view.case.audits.wishes.overlap;
        Self { view, wish, findings: Vec::new(), notes: Vec::new(), compared: Vec::new() }
    }

    fn judge(mut self) -> Result<Verdict, Error> {
        let sides = match sides(self.view.case) {
            Ok(sides) => sides,
            Err(why) => return Ok(nothing(why)),
        };
        let mut tables = [Vec::new(), Vec::new()];
        for (tables, sides) in tables.iter_mut().zip([&sides.train, &sides.test]) {
            for side in sides {
                match self.view.table(side)? {
                    Ok(table) => tables.push(table),
                    Err(why) => return Ok(nothing(why)),
                }
            }
        }
        let [train, test] = tables;
        for (ours, theirs) in train.iter().flat_map(|ours| test.iter().map(move |theirs| (ours, theirs))) {
            if let Some(why) = self.pair(ours, theirs)? {
                return Ok(nothing(why));
            }
        }
        if self.compared.is_empty() {
            return Ok(nothing("the tables have no feature in common".to_owned()));
        }
        Ok(self.verdict())
    }

    fn verdict(self) -> Verdict {
        let mut verdict = match self.findings.as_slice() {
            [] => verdict(AUDIT, Status::Held, format!("no overlap: {}", self.compared.join("; "))),
            findings => {
                let said = findings.iter().filter_map(|finding| {
                    let note = finding.difference.as_ref()?.note.as_ref()?;
                    Some(note.split_once(": ").map_or(note.as_str(), |(said, _)| said).to_owned())
                });
                verdict(AUDIT, Status::Drifted, said.collect::<Vec<_>>().join("; "))
            }
        };
        verdict.findings = self.findings;
        verdict.notes = self.notes;
        verdict
    }

    /// Compares two tables; says why nothing can be concluded, if so.
    fn pair(&mut self, train: &Table, test: &Table) -> Result<Option<String>, Error> {
        if train.file.path == test.file.path && train.file.rows == test.file.rows || same_bytes(train, test)?
        {
            return Ok(Some(format!("`{}` and `{}` are the same file", train.name, test.name)));
        }
        let features = |table: &Table| -> Vec<String> {
            let hidden = |name: &String| {
                table.file.id.contains(name)
                    || [&train.file.target, &test.file.target].contains(&&Some(name.clone()))
                    || table.file.rows.as_ref().is_some_and(|rows| rows.column == *name)
            };
            table.columns.iter().filter(|name| !hidden(name)).cloned().collect()
        };
        let theirs = features(test);
        if !features(train).iter().any(|name| theirs.contains(name)) {
            self.note(format!("`{}` and `{}` have no feature in common", train.name, test.name));
            return Ok(None);
        }
        let options = match self.options(train, test) {
            Ok(options) => options,
            Err(why) => return Ok(Some(why)),
        };
        let common = overlap::overlap(&train.file, &test.file, &options)?;
        for (table, rows) in [(train, common.train_rows), (test, common.test_rows)] {
            if rows == 0 {
                return Ok(Some(format!("`{}` has no rows", table.name)));
            }
        }
        self.compared.push(format!(
            "{} rows of `{}` beside {} of `{}`",
            common.test_rows, test.name, common.train_rows, train.name
        ));
        self.rows(train, test, &common);
        self.columns(train, &common, &options);
        let names = format!("`{}`, `{}`", train.name, test.name);
        for note in &common.notes {
            self.note(format!("{names}: {note}"));
        }
        Ok(None)
    }

    fn options(&self, train: &Table, test: &Table) -> Result<Options, String> {
        let both = |name: &String| train.columns.contains(name) && test.columns.contains(name);
        if let Some(key) = self.wish.keys.iter().find(|key| !both(key)) {
            return Err(format!("`{}` or `{}` has no column `{key}`", train.name, test.name));
        }
        let group = if train.group.is_empty() { &test.group } else { &train.group };
        let time = train.time.as_ref().or(test.time.as_ref());
        Ok(Options {
            keys: self.wish.keys.clone(),
            near: self.wish.near.map(|near| match near {
                Near::Rounding(decimals) => {
                    overlap::Near::Rounding(i32::try_from(decimals).unwrap_or(i32::MAX))
                }
                Near::MinHash(similarity) => overlap::Near::MinHash(similarity),
            }),
            group: if group.iter().all(both) { group.clone() } else { Vec::new() },
            time: time.filter(|name| both(name)).cloned(),
            alone: self.wish.alone,
        })
    }

    /// Rows that stand on both sides.
    fn rows(&mut self, train: &Table, test: &Table, common: &Common) {
        let kinds = [
            ("exact", Some(&common.exact), "stand in training as they are"),
            ("normalized", Some(&common.normalized), "stand in training in another spelling"),
            ("near", common.near.as_ref(), "nearly stand in training"),
            ("keys", common.keys.as_ref(), "have keys that stand in training"),
            ("group", common.group.as_ref(), "belong to a group that stands in training"),
            ("time", common.time.as_ref(), "are not older than the oldest held-out row"),
        ];
        for (word, found, what) in kinds {
            let Some(found) = found.filter(|found| found.count > 0) else { continue };
            let (rows, of) =
                if word == "time" { (common.train_rows, train) } else { (common.test_rows, test) };
            let said = format!(
                "{} of {rows} rows of `{}` ({:.1} %) {what}",
                found.count,
                of.name,
                100.0 * found.share
            );
            if let Some(probability) = excuse(found) {
                self.note(format!(
                    "{said}; {:.1} are expected by chance where training rows repeat each other (p = {probability:.2}), {:.1} where so many nearly do",
                    found.expected, found.nearly
                ));
                continue;
            }
            let pair = found.pairs.first();
            let first = pair.map(|pair| first(train, test, pair)).unwrap_or_default();
            let place = pair.map(|pair| Place::Row { row: pair.test.row, key: pair.test.id.clone() });
            self.found(word, &test.name, place, format!("{said}{first}"));
        }
        let other = &common.other_target;
        if let Some(pair) = other.pairs.first() {
            self.note(format!(
                "{} rows of `{}` stand in `{}` with another target{}",
                other.count,
                test.name,
                train.name,
                first(train, test, pair)
            ));
        }
    }

    /// Columns of the training rows that say nothing, or too much.
    fn columns(&mut self, train: &Table, common: &Common, options: &Options) {
        for name in &common.constant {
            self.note(format!("`{name}` of `{}` has one value in all rows", train.name));
        }
        // A group or a time names rows by its nature, and predicts what its rows share.
        let declared = |name: &String| options.group.contains(name) || options.time.as_ref() == Some(name);
        for id in common.id_like.iter().filter(|id| !declared(&id.column)) {
            let what = if id.monotone { "counts the rows" } else { "has another value in every row" };
            let note = format!("`{}` of `{}` {what}", id.column, train.name);
            if id.is_certain() && train.prepared {
                self.found("id-like", &train.name, Some(cell(&id.column)), note);
            } else {
                self.note(format!("{note}; declare it as `id`, or see that it is no feature"));
            }
        }
        for alone in common.alone.iter().filter(|alone| !declared(&alone.column)) {
            let note = format!(
                "`{}` of `{}` predicts the target almost alone ({} {:.4}, threshold {})",
                alone.column, train.name, alone.measure, alone.score, options.alone
            );
            self.found("target-proxy", &train.name, Some(cell(&alone.column)), note);
        }
    }

    fn found(&mut self, word: &'static str, artifact: &str, place: Option<Place>, note: String) {
        if let Some(reason) = self.wish.without.get(word) {
            self.note(format!("accepted: {note} ({reason})"));
            return;
        }
        let finding = found(self.view, AUDIT, artifact, &[word], told(Class::Values, place, note));
        // One training table may stand beside several held-out ones.
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// The probability with which chance alone finds as many rows of so many, where that excuses them.
#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
fn excuse(found: &Found) -> Option<f64> {
    let surrounded = found.nearly >= NEARLY_MIN * found.count as f64;
    found.by_chance.filter(|chance| *chance >= CHANCE_MIN && (found.share < EXCUSED_SHARE_MAX || surrounded))
}

/// Where the first pair stands, in words.
fn first(train: &Table, test: &Table, pair: &Pair) -> String {
    let name = |row: &overlap::RowName| match &row.id {
        Some(id) => format!("row {} ({id})", row.row),
        None => format!("row {}", row.row),
    };
    format!(": {} of `{}` and {} of `{}`", name(&pair.test), test.name, name(&pair.train), train.name)
}

fn cell(column: &str) -> Place {
    Place::Cell { row: 1, key: None, column: column.to_owned() }
}

fn same_bytes(train: &Table, test: &Table) -> Result<bool, Error> {
    if train.file.rows.is_some() || test.file.rows.is_some() {
        return Ok(false);
    }
    let digest = |table: &Table| crate::artifact::Digest::of_path(&table.file.path);
    Ok(digest(train)? == digest(test)?)
}
