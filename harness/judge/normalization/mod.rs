//! Judges `normalization`: the same rows through both paths, the saved statistics, and the moments of the features.

mod columns;
mod features;
mod fit;
mod saved;

use std::collections::BTreeMap;

use super::walked::{found, inconclusive, run_failed, told, unrepeatable};
use super::{Cause, Error, Finding, Judge, Status, Verdict, View, statistics, verdict};
use crate::artifact::Artifact;
use crate::case::{Data, Normalization as Wish, Split};
use crate::flow::ScenarioRun;
use crate::plan::scenario::overlap::held_out_values;
use crate::relate::moments::Moments;
use crate::relate::overlap::{Selection, TableFile};
use crate::relate::{Class, Difference, Place};

use columns::{Column, Kind};
use features::Features;
use fit::Line;

const AUDIT: &str = "normalization";

/// A standardised column has this mean at most, and a deviation that is so near to 1.
const EXACT_MAX: f64 = 1e-6;

/// The level of the tests of moments, over all columns together.
const LEVEL: f64 = 1e-3;

/// See the module.
pub(super) struct Normalization;

impl Judge for Normalization {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        match judge(view) {
            Err(Error::Artifact(error)) if error.is_malformed() => Ok(nothing(error.to_string())),
            other => other,
        }
    }
}

fn nothing(headline: String) -> Verdict {
    inconclusive(AUDIT, headline, Cause::NothingVaried)
}

fn judge(view: &View<'_>) -> Result<Verdict, Error> {
    let Some(wish) = &view.case.audits.wishes.normalization else {
        return Ok(nothing("nothing is declared".to_owned()));
    };
    if wish.train == wish.infer {
        return Ok(nothing(format!("`{}` is both paths: the same file is read twice", wish.train)));
    }
    let first = view.first(AUDIT);
    let walk = first.first().and_then(|scenario| view.walk(scenario));
    if let Some(walk) = walk.filter(|walk| !walk.is_whole()) {
        return Ok(run_failed(view, AUDIT, walk, &[&wish.to]));
    }
    let bench = match Bench::new(view, wish, walk)? {
        Ok(bench) => bench,
        Err(why) => return Ok(nothing(why)),
    };
    let verdict = bench.judge()?;
    let producers = [&wish.train, &wish.infer].map(|output| view.case.producer(output));
    let shaky = producers.into_iter().flatten().find(|stage| view.is_unrepeatable(&stage.name));
    match shaky {
        Some(stage) if verdict.status == Status::Drifted => Ok(unrepeatable(AUDIT, &stage.name)),
        _ => Ok(verdict),
    }
}

/// Everything that is compared.
struct Bench<'a> {
    view: &'a View<'a>,
    wish: &'a Wish,
    /// Features of the training rows.
    train: Features,
    /// Features that the inference path made of the same rows.
    infer: Features,
    /// Rows of `train` and `infer` that belong together.
    pairs: Vec<(usize, usize)>,
    /// Raw rows by which statistics are named; the training rows come first.
    sets: Vec<Set>,
    findings: Vec<Finding>,
    notes: Vec<String>,
    not_checked: Vec<String>,
}

/// Raw rows, in words, with their numbers.
struct Set {
    label: String,
    raw: Features,
}

impl<'a> Bench<'a> {
    fn new(
        view: &'a View<'a>,
        wish: &'a Wish,
        walk: Option<&ScenarioRun>,
    ) -> Result<Result<Self, String>, Error> {
        let ours = view.baseline(&wish.train);
        let theirs = match walk {
            Some(walk) => view.artifact(walk, &wish.infer),
            None => view.baseline(&wish.infer),
        };
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            return Ok(Err(format!("there is no `{}` or no `{}`", wish.train, wish.infer)));
        };
        let (Some(from), Some(to)) = (view.case.data.get(&wish.from), view.case.data.get(&wish.to)) else {
            return Ok(Err(format!("there is no `{}` or no `{}`", wish.from, wish.to)));
        };
        let hidden: Vec<String> = from.target.iter().chain(&to.target).cloned().collect();
        let (train, infer) = (read(&ours, &hidden)?, read(&theirs, &hidden)?);
        let pairs = match train.partners(&infer) {
            Ok(pairs) if pairs.is_empty() => {
                let (ours, theirs) = (&wish.train, &wish.infer);
                return Ok(Err(format!(
                    "no row of `{ours}` stands in `{theirs}` after it was given `{}`",
                    wish.from
                )));
            }
            Ok(pairs) => pairs,
            Err(why) => return Ok(Err(format!("`{}`: {why}", wish.train))),
        };
        let sets = match sets(wish, [from, to], &train, &infer, &hidden)? {
            Ok(sets) => sets,
            Err(why) => return Ok(Err(why)),
        };
        Ok(Ok(Self {
            view,
            wish,
            train,
            infer,
            pairs,
            sets,
            findings: Vec::new(),
            notes: Vec::new(),
            not_checked: Vec::new(),
        }))
    }

    fn judge(mut self) -> Result<Verdict, Error> {
        let columns: Vec<Column> =
            self.train.columns.iter().filter_map(|(name, _)| self.column(name)).collect();
        if columns.is_empty() {
            let (ours, theirs) = (&self.wish.train, &self.wish.infer);
            return Ok(nothing(format!("`{ours}` and `{theirs}` have no numeric column in common")));
        }
        self.lost();
        let blamed = self.saved(&columns)?;
        self.features(&columns, &blamed);
        if self.wish.moments {
            self.moments(&columns);
        }
        let rows = self.pairs.len();
        let mut verdict = if self.findings.is_empty() {
            let what = format!("{rows} training rows have the same {} features in both paths", columns.len());
            verdict(AUDIT, Status::Held, what)
        } else {
            let notes = self.findings.iter().filter_map(|finding| finding.difference.as_ref()?.note.clone());
            verdict(AUDIT, Status::Drifted, notes.collect::<Vec<_>>().join("; "))
        };
        verdict.findings = self.findings;
        verdict.notes = self.notes;
        verdict.not_checked = self.not_checked;
        Ok(verdict)
    }

    /// One column in both paths.
    fn column(&self, name: &str) -> Option<Column> {
        let (ours, theirs) = (self.train.column(name)?, self.infer.column(name)?);
        let side = |side: usize| -> Vec<f64> {
            self.pairs.iter().map(|pair| if side == 0 { ours[pair.0] } else { theirs[pair.1] }).collect()
        };
        let raw = self.sets.first().and_then(|set| {
            let values = set.raw.column(name)?;
            let places: BTreeMap<usize, usize> =
                set.raw.partners(&self.train).ok()?.into_iter().map(|(raw, train)| (train, raw)).collect();
            Some((0..ours.len()).map(|row| places.get(&row).map_or(f64::NAN, |raw| values[*raw])).collect())
        });
        let raw: Option<Vec<f64>> = raw;
        let paired = raw.as_ref().map(|raw| self.pairs.iter().map(|pair| raw[pair.0]).collect());
        Some(Column::new(name, ours, raw.as_deref(), side(0), side(1), paired))
    }

    /// Columns that only one of the paths has.
    fn lost(&mut self) {
        let lost = |here: &Features, there: &Features| -> Vec<String> {
            let known = |name: &String| there.column(name).is_some() || there.others.contains(name);
            here.columns.iter().map(|(name, _)| name).filter(|name| !known(name)).cloned().collect()
        };
        for (missing, other) in [
            (lost(&self.train, &self.infer), &self.wish.infer),
            (lost(&self.infer, &self.train), &self.wish.train),
        ] {
            if !missing.is_empty() {
                let note = format!("`{other}` has no `{}`", missing.join("`, `"));
                let difference = told(Class::Shape, Some(Place::Whole), note);
                self.findings.push(found(self.view, AUDIT, &self.wish.infer, &["other-path"], difference));
            }
        }
        if !self.train.others.is_empty() {
            self.not_checked.push(format!("columns that are no numbers: {}", self.train.others.join(", ")));
        }
    }

    /// The moments of a raw column in each set, where no value is missing.
    fn moments_of(&self, name: &str) -> Vec<(usize, Moments)> {
        let of = |(place, set): (usize, &Set)| Some((place, Moments::of(set.raw.column(name)?)?));
        self.sets.iter().enumerate().filter_map(of).filter(|(_, moments)| moments.missing == 0).collect()
    }

    /// Compares saved statistics with those of the rows; gives the columns whose features they explain.
    fn saved(&mut self, columns: &[Column]) -> Result<Vec<String>, Error> {
        let mut blamed = Vec::new();
        let names: Vec<String> = self.train.columns.iter().map(|(name, _)| name.clone()).collect();
        for output in &self.wish.statistics {
            let Some(artifact) = self.view.baseline(output) else { continue };
            let lines = match saved::read(&artifact, &names)? {
                Ok(lines) => lines,
                Err(why) => {
                    self.not_checked.push(format!("the statistics in `{output}`: {why}"));
                    continue;
                }
            };
            let mut wrong: BTreeMap<&'static str, Vec<(String, String)>> = BTreeMap::new();
            let mut checked = 0;
            for column in columns {
                let Some(line) = lines.get(&column.name).copied() else { continue };
                let moments = self.moments_of(&column.name);
                // Where features are no line of the raw values, something else was scaled: a logarithm, a filled gap.
                let (Some(ours), true) = (column.ours, moments.first().is_some_and(|(place, _)| *place == 0))
                else {
                    self.not_checked.push(format!("the statistics of `{}` in `{output}`", column.name));
                    continue;
                };
                checked += 1;
                let Some((word, note)) = self.wrong(column, line, ours, &moments) else { continue };
                if column.follows(line) {
                    blamed.push(column.name.clone());
                }
                wrong.entry(word).or_default().push((column.name.clone(), note));
            }
            if checked == 0 {
                self.not_checked
                    .push(format!("the statistics in `{output}`: no feature is a line of its raw column"));
            }
            for (word, notes) in wrong {
                let (name, note) = &notes[0];
                let note = format!("{} of {checked} statistics in `{output}`: `{name}` {note}", notes.len());
                let place = Place::Pointer { line: None, pointer: format!("/{name}") };
                let difference = Difference {
                    differing: notes.len() as u64,
                    compared: checked,
                    ..told(Class::Values, Some(place), note)
                };
                self.findings.push(found(self.view, AUDIT, output, &[word], difference));
            }
        }
        Ok(blamed)
    }

    /// What is wrong with the saved numbers of a column, if anything.
    fn wrong(
        &mut self,
        column: &Column,
        saved: Line,
        ours: Line,
        moments: &[(usize, Moments)],
    ) -> Option<(&'static str, String)> {
        let whose =
            moments.iter().find_map(|(place, moments)| Some((*place, fit::saved_of_rows(saved, moments)?)));
        let (_, training) = moments.first()?;
        match whose {
            Some((0, family)) => {
                let used = fit::of_rows(ours, training);
                // Both denominators are right, but one of them was used.
                let other = used.is_some_and(|used| used != family) && column.kind != Kind::Same;
                other.then(|| {
                    let used = used.map_or("", |used| fit::FAMILIES[used]);
                    (
                        "statistics",
                        format!("is saved with {}, but was scaled by {used}", fit::FAMILIES[family]),
                    )
                })
            }
            Some((place, family)) => Some((
                "other-split",
                format!(
                    "has {} of {}, not of the training rows",
                    fit::FAMILIES[family],
                    self.sets[place].label
                ),
            )),
            None => {
                let (rounded, scale) = (fit::why(ours, saved, 0), training.deviation);
                let note = format!(
                    "is saved as {} and {}, the training rows give {} and {scale}{}",
                    saved.centre,
                    saved.scale,
                    training.mean,
                    if rounded.is_some() { ": digits were lost" } else { "" }
                );
                if rounded.is_some() && column.kind == Kind::Same {
                    self.notes.push(format!("`{}` {note}; both paths use the same numbers", column.name));
                    return None;
                }
                Some(("statistics", note))
            }
        }
    }

    /// Names what the two paths do differently.
    fn features(&mut self, columns: &[Column], blamed: &[String]) {
        let mut kinds: BTreeMap<(&'static str, bool), Vec<(&Column, String)>> = BTreeMap::new();
        let mut rounded = Vec::new();
        for column in columns {
            if column.kind == Kind::Rounding {
                rounded.push(format!("`{}`", column.name));
            }
            if blamed.contains(&column.name) {
                continue;
            }
            if let Some((word, training, note)) = self.kind(column) {
                kinds.entry((word, training)).or_default().push((column, note));
            }
        }
        if !rounded.is_empty() {
            self.notes.push(format!(
                "a few units in the last place differ between the paths, which is rounding: {}",
                rounded.join(", ")
            ));
        }
        for ((word, training), all) in kinds {
            let (column, note) = &all[0];
            let output = if training { &self.wish.train } else { &self.wish.infer };
            let note = format!("{} of {} features: `{}` {note}", all.len(), columns.len(), column.name);
            let mut difference = Difference {
                differing: all.len() as u64,
                compared: columns.len() as u64,
                ..told(Class::Values, Some(Place::Whole), note)
            };
            if let Some(place) = column.first {
                let row = self.pairs[place].0;
                let id = self.train.ids.get(row).map(|id| {
                    let names = self.view.case.output(&self.wish.train).map(|output| output.id.join(", "));
                    format!("{}={id}", names.unwrap_or_default())
                });
                difference.place =
                    Some(Place::Cell { row: row as u64 + 1, key: id, column: column.name.clone() });
                difference.left = Some(column.values[0][place].to_string());
                difference.right = Some(column.values[1][place].to_string());
            }
            self.findings.push(found(self.view, AUDIT, output, &[word], difference));
        }
    }

    /// The word for what happened to a column, whether it happened in training, and a note.
    fn kind(&self, column: &Column) -> Option<(&'static str, bool, String)> {
        let moments = self.moments_of(&column.name);
        let whose = |line: Option<Line>| {
            moments.iter().find_map(|(place, moments)| Some((*place, fit::of_rows(line?, moments)?)))
        };
        let told = |(place, family): (usize, usize)| {
            format!("{} of {}", fit::FAMILIES[family], self.sets[place].label)
        };
        if let Some((place, family)) = whose(column.ours).filter(|whose| whose.0 > 0) {
            return Some((
                "other-split",
                true,
                format!("is scaled by {} in training", told((place, family))),
            ));
        }
        match column.kind {
            Kind::Same | Kind::Rounding => None,
            Kind::Missing { training } => {
                let path = if training { "training" } else { "inference" };
                Some(("missing", training, format!("is raw in {path}")))
            }
            Kind::Double { training } => {
                let path = if training { "training" } else { "inference" };
                Some(("double", training, format!("is normalised twice in {path}")))
            }
            Kind::Other => match whose(column.theirs) {
                Some(other) if other.0 > 0 => {
                    Some(("other-split", false, format!("is scaled by {} at inference", told(other))))
                }
                other => Some(("other-path", false, self.unlike(column, other.map(told)))),
            },
        }
    }

    /// How a column is made in the two paths, where that is known.
    fn unlike(&self, column: &Column, theirs: Option<String>) -> String {
        let (Some(ours), Some(other)) = (column.ours, column.theirs) else {
            return "differs, and is not shifted and scaled alone".to_owned();
        };
        let rows = self.sets.first().map_or(0, |set| set.raw.rows) as u64;
        if let Some(why) = fit::why(ours, other, rows) {
            return format!("differs: {why}");
        }
        let line = |line: Line| format!("(x - {:.6}) / {:.6}", line.centre, line.scale);
        let theirs = theirs.map(|theirs| format!(", {theirs}")).unwrap_or_default();
        format!("is {} in training and {} at inference{theirs}", line(ours), line(other))
    }

    /// Tests that the training features have mean 0 and deviation 1.
    fn moments(&mut self, columns: &[Column]) {
        let mut wrong: Vec<(String, String)> = Vec::new();
        let level = LEVEL / f64::from(u32::try_from(columns.len()).unwrap_or(u32::MAX));
        for column in columns {
            let Some(values) = self.train.column(&column.name) else { continue };
            let values: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            let Some(moments) = Moments::of(&values).filter(|moments| moments.min < moments.max) else {
                continue;
            };
            // Indicators are not standardised.
            let indicator =
                |value: &f64| value.to_bits() == 1.0_f64.to_bits() || value.abs() < f64::MIN_POSITIVE;
            if values.iter().all(indicator) {
                continue;
            }
            let near = |deviation: f64| (deviation - 1.0).abs() <= EXACT_MAX;
            let exact = moments.mean.abs() <= EXACT_MAX
                && (near(moments.deviation) || moments.sample_deviation.is_some_and(near));
            if exact {
                continue;
            }
            let mean = statistics::z_test(moments.mean, 1.0, moments.count).unwrap_or(0.0);
            let interval = statistics::deviation_interval(&values, 1.0 - level);
            let note = format!(
                "has mean {:.3e} (p = {mean:.1e}) and deviation {:.6}{}",
                moments.mean,
                moments.deviation,
                interval.map(|own| format!(" ({:.4} to {:.4})", own.low, own.high)).unwrap_or_default()
            );
            if mean < level || interval.is_none_or(|interval| !interval.hold(1.0)) {
                wrong.push((column.name.clone(), note));
            } else {
                self.notes.push(format!(
                    "`{}` {note}: as near to 0 and 1 as chance allows, but its own mean and deviation were not used",
                    column.name
                ));
            }
        }
        if let Some((name, note)) = wrong.first() {
            let place = Place::Cell { row: 1, key: None, column: name.clone() };
            let note = format!("{} of {} training features: `{name}` {note}", wrong.len(), columns.len());
            let difference = told(Class::Values, Some(place), note);
            self.findings.push(found(self.view, AUDIT, &self.wish.train, &["moments"], difference));
        }
    }
}

fn read(artifact: &Artifact, hidden: &[String]) -> Result<Features, Error> {
    let file = TableFile {
        path: artifact.path.clone(),
        format: artifact.format,
        id: artifact.id.clone(),
        target: None,
        rows: None,
    };
    Ok(Features::read(&file, hidden)?)
}

/// The raw rows that statistics may come from: the training rows, all rows of their file, those of the other file, those of
/// both, and those that were given to the inference path.
fn sets(
    wish: &Wish,
    [from, to]: [&Data; 2],
    train: &Features,
    infer: &Features,
    hidden: &[String],
) -> Result<Result<Vec<Set>, String>, Error> {
    let table = |data: &Data, rows: Option<Selection>| TableFile {
        path: data.path.clone(),
        format: data.format,
        id: data.id.clone(),
        target: data.target.clone(),
        rows,
    };
    let all = Features::read(&table(from, None), hidden)?;
    let kept = Features::read(&table(from, selection(from)?), hidden)?;
    let training = chosen(&kept, train);
    if training.rows == 0 {
        return Ok(Err(format!("no row of `{}` stands in `{}`", wish.train, wish.from)));
    }
    let hand = chosen(&all, infer);
    let mut sets = vec![Set { label: "the training rows".to_owned(), raw: training }];
    if wish.from != wish.to {
        let other = Features::read(&table(to, None), hidden)?;
        let both = joined(&all, &other);
        sets.push(Set { label: format!("the rows of `{}`", wish.to), raw: other });
        sets.push(Set { label: format!("`{}` and `{}` together", wish.from, wish.to), raw: both });
        sets.push(Set { label: "the rows at hand".to_owned(), raw: hand });
    }
    sets.push(Set { label: format!("all rows of `{}`", wish.from), raw: all });
    Ok(Ok(sets))
}

/// The rows of `raw` that stand among the features; all where rows cannot be told apart.
fn chosen(raw: &Features, features: &Features) -> Features {
    let rows: Vec<usize> = match raw.partners(features) {
        Ok(pairs) => pairs.into_iter().map(|pair| pair.0).collect(),
        Err(_) => (0..raw.rows).collect(),
    };
    let of = |values: &[f64]| rows.iter().map(|row| values[*row]).collect();
    Features {
        ids: rows.iter().filter_map(|row| raw.ids.get(*row).cloned()).collect(),
        columns: raw.columns.iter().map(|(name, values)| (name.clone(), of(values))).collect(),
        others: raw.others.clone(),
        rows: rows.len(),
    }
}

/// The rows of both, in the columns that both have.
fn joined(one: &Features, other: &Features) -> Features {
    let column = |(name, values): &(String, Vec<f64>)| {
        Some((name.clone(), [values.as_slice(), other.column(name)?].concat()))
    };
    Features {
        ids: Vec::new(),
        columns: one.columns.iter().filter_map(column).collect(),
        others: Vec::new(),
        rows: one.rows + other.rows,
    }
}

/// The training rows of declared data; all where it has no split column.
fn selection(from: &Data) -> Result<Option<Selection>, Error> {
    let Some(Split::Column { column, held_out }) = &from.split else { return Ok(None) };
    let values = held_out_values(from, column, held_out)?;
    Ok(Some(Selection { column: column.clone(), values, others: true }))
}
