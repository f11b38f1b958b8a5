//! Judges `too-deterministic`.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher as _;

use statrs::function::gamma::ln_gamma;

use super::walked::{found, inconclusive, told};
use super::{Cause, Error, Judge, Status, Verdict, View, verdict};
use crate::artifact::{Artifact, table};
use crate::case;
use crate::relate::{Class, Place};

const NAME: &str = "too-deterministic";

/// Distinct values below which equal sequences say nothing.
const DISTINCT_MIN: usize = 5;
/// Chance that equal sequences need not exceed to count.
const LEVEL: f64 = 0.01;
/// Rows of a log that are read at most: 16 bytes are kept of each.
const ROWS_MAX: u64 = 50_000_000;

/// See the module.
pub(super) struct TooDeterministic;

impl Judge for TooDeterministic {
    fn audit(&self) -> &'static str {
        NAME
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let Some(wish) = &view.case.audits.wishes.too_deterministic else {
            return Ok(inconclusive(NAME, "no log is declared".to_owned(), Cause::NothingVaried));
        };
        let Some(artifact) = view.baseline(&wish.output) else {
            let headline = format!("the baseline left no `{}`", wish.output);
            return Ok(inconclusive(NAME, headline, Cause::NothingVaried));
        };
        let log = match read(&artifact, wish)? {
            Ok(log) => log,
            Err(why) => return Ok(inconclusive(NAME, why, Cause::NothingVaried)),
        };
        let mut seen = Seen::default();
        epochs(&log, &mut seen);
        shares(&log, Share::Worker, &mut seen);
        shares(&log, Share::Rank, &mut seen);
        Ok(seen.verdict(view, &wish.output))
    }
}

/// Which part of the training used a row: epoch, rank, worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    epoch: String,
    rank: String,
    worker: String,
}

/// What one part used, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Stream {
    /// Hashes of the values.
    values: Vec<u64>,
    /// The first row of the log that tells of it, from 1.
    row: u64,
}

type Log = BTreeMap<Part, Stream>;

/// Reads the log; `Err` of the inner result says what it lacks.
fn read(artifact: &Artifact, wish: &case::TooDeterministic) -> Result<Result<Log, String>, Error> {
    let mut table = match table::open(&artifact.origin()) {
        Err(error) if error.is_about_content() => return Ok(Err(error.to_string())),
        table => table?,
    };
    let columns = table.columns().to_vec();
    let find = |name: &String| {
        let place = columns.iter().position(|column| column == name);
        place.ok_or_else(|| {
            format!("`{}` has no column `{name}` (it has `{}`)", wish.output, columns.join("`, `"))
        })
    };
    let places = find(&wish.index).and_then(|index| {
        let optional = |name: &Option<String>| name.as_ref().map(find).transpose();
        Ok((index, optional(&wish.epoch)?, optional(&wish.rank)?, optional(&wish.worker)?))
    });
    let (index, epoch, rank, worker) = match places {
        Ok(places) => places,
        Err(why) => return Ok(Err(why)),
    };
    let mut log = Log::new();
    let mut row = 0;
    while table.advance()? {
        row += 1;
        if row > ROWS_MAX {
            return Ok(Err(format!("`{}` has more than {ROWS_MAX} rows", wish.output)));
        }
        let mut key = |place: Option<usize>| place.map(|place| table.cell(place).key()).unwrap_or_default();
        let part = Part { epoch: key(epoch), rank: key(rank), worker: key(worker) };
        let value = hash(&key(Some(index)));
        let stream = log.entry(part).or_insert_with(|| Stream { values: Vec::new(), row });
        stream.values.push(value);
    }
    Ok(Ok(log))
}

fn hash(text: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// One repetition.
#[derive(Clone, Debug, PartialEq)]
struct Repeated {
    word: &'static str,
    row: u64,
    note: String,
}

#[derive(Debug, Default)]
struct Seen {
    repeated: Vec<Repeated>,
    /// What was compared, in words.
    compared: Vec<&'static str>,
    notes: Vec<String>,
}

impl Seen {
    fn verdict(mut self, view: &View<'_>, output: &str) -> Verdict {
        // One of a kind: if one pair of workers draws the same, most do.
        let mut known = BTreeSet::new();
        self.repeated.retain(|repeated| known.insert(repeated.word));
        let mut verdict = match self.repeated.first() {
            Some(first) => verdict(NAME, Status::Blind, first.note.clone()),
            None if self.compared.is_empty() => {
                let headline =
                    format!("`{output}` tells of one epoch, one worker and one rank: nothing to compare");
                inconclusive(NAME, headline, Cause::NothingVaried)
            }
            None => verdict(
                NAME,
                Status::Held,
                format!("no two {} repeat each other", self.compared.join(", no two ")),
            ),
        };
        verdict.findings = self
            .repeated
            .into_iter()
            .map(|repeated| {
                let place = Place::Row { row: repeated.row, key: None };
                let difference = told(Class::Identical, Some(place), repeated.note);
                found(view, NAME, output, &[repeated.word], difference)
            })
            .collect();
        verdict.notes = self.notes;
        verdict
    }
}

/// Two epochs with the same sequence, as a whole or in one worker of one rank.
fn epochs(log: &Log, seen: &mut Seen) {
    let mut whole: BTreeMap<&str, Stream> = BTreeMap::new();
    let mut parts: BTreeMap<(&str, &str), BTreeMap<&str, Stream>> = BTreeMap::new();
    for (part, stream) in log {
        let all = whole.entry(&part.epoch).or_insert_with(|| Stream { values: Vec::new(), row: stream.row });
        all.values.extend(&stream.values);
        all.row = all.row.min(stream.row);
        parts.entry((&part.rank, &part.worker)).or_default().insert(&part.epoch, stream.clone());
    }
    if whole.len() < 2 {
        return;
    }
    seen.compared.push("epochs");
    if let Some(equal) = most_equal(&whole, 1) {
        let note = format!("epochs {} use the rows in the same order ({})", equal.names(), equal.chance());
        seen.repeated.push(Repeated { word: "epochs", row: equal.row, note });
        return;
    }
    for ((rank, worker), epochs) in parts.iter().filter(|_| parts.len() > 1) {
        if let Some(equal) = most_equal(epochs, parts.len()) {
            let who = [("rank", rank), ("worker", worker)].into_iter().filter(|(_, name)| !name.is_empty());
            let who = who.map(|(what, name)| format!("{what} {name}")).collect::<Vec<_>>().join(", ");
            let note = format!(
                "{who}: epochs {} use the rows in the same order ({})",
                equal.names(),
                equal.chance()
            );
            seen.repeated.push(Repeated { word: "epochs", row: equal.row, note });
            return;
        }
    }
}

/// Streams that are equal, and how likely chance makes so many so.
struct Equal {
    names: Vec<String>,
    /// The row at which the second begins.
    row: u64,
    ln_chance: f64,
}

impl Equal {
    fn names(&self) -> String {
        match self.names.as_slice() {
            [all @ .., last] if all.len() < 3 => format!("{} and {last}", all.join(", ")),
            names => format!("{} and {} more", names[..3].join(", "), names.len() - 3),
        }
    }

    fn chance(&self) -> String {
        chance_text(self.ln_chance)
    }
}

fn chance_text(ln_chance: f64) -> String {
    let exponent = (ln_chance / std::f64::consts::LN_10).ceil();
    format!("by chance at most 1e{exponent:.0}")
}

/// The largest set of equal streams, where chance does not explain it. `families` sets were looked at.
fn most_equal(streams: &BTreeMap<&str, Stream>, families: usize) -> Option<Equal> {
    let mut alike: BTreeMap<&[u64], Vec<(&str, u64)>> = BTreeMap::new();
    for (name, stream) in streams {
        alike.entry(&stream.values).or_default().push((name, stream.row));
    }
    let largest = alike.iter().filter(|(_, names)| names.len() > 1);
    let (values, mut names) = largest.max_by_key(|(_, names)| names.len()).map(|(v, n)| (*v, n.clone()))?;
    let (all, equal) = (real(streams.len()), real(names.len()));
    let ways = ln_choose(all, equal) + real(families).ln();
    let ln_chance = ways + (equal - 1.0) * ln_chance(values)?;
    names.sort_by_key(|(_, row)| *row);
    (ln_chance <= LEVEL.ln()).then(|| Equal {
        names: names.iter().map(|(name, _)| (*name).to_owned()).collect(),
        row: names[1].1,
        ln_chance,
    })
}

/// The logarithm of the chance that another stream is this very one: 1/n! for a random order, the product of the
/// frequencies' mean for independent draws. `None` where it has too few distinct values.
fn ln_chance(values: &[u64]) -> Option<f64> {
    let counts = counts(values);
    if counts.len() < DISTINCT_MIN {
        return None;
    }
    let length = real(values.len());
    if counts.len() == values.len() {
        return Some(-ln_gamma(length + 1.0));
    }
    let agree: f64 = counts.values().map(|count| (real(*count) / length).powi(2)).sum();
    Some(length * agree.ln())
}

/// A count as a number to reckon with; logs are shorter than what 32 bits count.
fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn ln_choose(all: f64, some: f64) -> f64 {
    ln_gamma(all + 1.0) - ln_gamma(some + 1.0) - ln_gamma(all - some + 1.0)
}

fn counts(values: &[u64]) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(*value).or_insert(0) += 1;
    }
    counts
}

/// Who shares the rows of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    Worker,
    Rank,
}

impl Share {
    fn words(self) -> &'static str {
        match self {
            Share::Worker => "workers",
            Share::Rank => "ranks",
        }
    }
}

/// Two workers or ranks that use the same sequence, or the same rows, within an epoch.
fn shares(log: &Log, share: Share, seen: &mut Seen) {
    let mut groups: BTreeMap<(&str, &str), BTreeMap<&str, Stream>> = BTreeMap::new();
    for (part, stream) in log {
        let (group, name) = match share {
            Share::Worker => ((part.epoch.as_str(), part.rank.as_str()), &part.worker),
            Share::Rank => ((part.epoch.as_str(), ""), &part.rank),
        };
        let own = groups
            .entry(group)
            .or_default()
            .entry(name)
            .or_insert_with(|| Stream { values: Vec::new(), row: stream.row });
        own.values.extend(&stream.values);
        own.row = own.row.min(stream.row);
    }
    groups.retain(|_, streams| streams.len() > 1);
    if groups.is_empty() {
        return;
    }
    seen.compared.push(share.words());
    let count = groups.len();
    for ((epoch, _), streams) in &groups {
        if let Some(repeated) = same_stream(streams, share, epoch, count) {
            seen.repeated.push(repeated);
            return;
        }
    }
    let drawn = groups
        .values()
        .flatten()
        .any(|(_, stream)| has_repetitions(&stream.values, share, streams_max(&groups)));
    if drawn {
        let words = share.words();
        seen.notes.push(format!(
            "{words} use rows more than once in an epoch, so only their sequences were compared"
        ));
        return;
    }
    for ((epoch, _), streams) in &groups {
        if let Some(repeated) = same_rows(streams, share, epoch) {
            seen.repeated.push(repeated);
            return;
        }
    }
}

fn streams_max(groups: &BTreeMap<(&str, &str), BTreeMap<&str, Stream>>) -> usize {
    groups.values().map(BTreeMap::len).max().unwrap_or(0)
}

/// Two sequences that are the same as far as the shorter one goes.
fn same_stream(
    streams: &BTreeMap<&str, Stream>,
    share: Share,
    epoch: &str,
    families: usize,
) -> Option<Repeated> {
    let length = streams.values().map(|stream| stream.values.len()).min()?;
    let cut = |stream: &Stream| Stream { values: stream.values[..length].to_vec(), row: stream.row };
    let cut: BTreeMap<&str, Stream> = streams.iter().map(|(name, stream)| (*name, cut(stream))).collect();
    let equal = most_equal(&cut, families)?;
    let (words, names, chance) = (share.words(), equal.names(), equal.chance());
    let note = format!("{}{words} {names} use the same sequence ({chance})", in_epoch(epoch));
    Some(Repeated { word: words, row: equal.row, note })
}

fn in_epoch(epoch: &str) -> String {
    if epoch.is_empty() { String::new() } else { format!("in epoch {epoch}, ") }
}

/// Whether one worker or rank uses a row again, by more than what fills up the last of `parts` equal shares.
fn has_repetitions(values: &[u64], share: Share, parts: usize) -> bool {
    values.len() - counts(values).len() > tolerated(share, parts)
}

/// A `DistributedSampler` repeats rows so that all ranks get equally many: fewer than there are ranks.
fn tolerated(share: Share, parts: usize) -> usize {
    if share == Share::Rank { parts.saturating_sub(1) } else { 0 }
}

/// Rows that two of them use, beyond what fills up the shares.
fn same_rows(streams: &BTreeMap<&str, Stream>, share: Share, epoch: &str) -> Option<Repeated> {
    let sets: Vec<(&str, u64, BTreeSet<u64>)> = streams
        .iter()
        .map(|(name, stream)| (*name, stream.row, stream.values.iter().copied().collect()))
        .collect();
    let mut worst: Option<(usize, usize, usize)> = None;
    for left in 0..sets.len() {
        for right in left + 1..sets.len() {
            let common = sets[left].2.intersection(&sets[right].2).count();
            if worst.is_none_or(|(most, ..)| common > most) {
                worst = Some((common, left, right));
            }
        }
    }
    let distinct: BTreeSet<u64> = sets.iter().flat_map(|(_, _, set)| set).copied().collect();
    let used: usize = streams.values().map(|stream| stream.values.len()).sum();
    let again = used - distinct.len();
    let (common, left, right) = worst.filter(|(common, ..)| *common > 0)?;
    if again <= tolerated(share, sets.len()) {
        return None;
    }
    let smaller = sets[left].2.len().min(sets[right].2.len());
    let note = format!(
        "{}{} {} and {} have {common} rows in common, of {smaller} of the smaller one",
        in_epoch(epoch),
        share.words(),
        sets[left].0,
        sets[right].0
    );
    Some(Repeated { word: share.words(), row: sets[left].1.max(sets[right].1), note })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(rows: &[(&str, &str, &str, &[&str])]) -> Log {
        let mut log = Log::new();
        let mut row = 1;
        for (epoch, rank, worker, values) in rows {
            let part = Part { epoch: (*epoch).into(), rank: (*rank).into(), worker: (*worker).into() };
            log.insert(part, Stream { values: values.iter().map(|value| hash(value)).collect(), row });
            row += values.len() as u64;
        }
        log
    }

    fn all(log: &Log) -> Seen {
        let mut seen = Seen::default();
        epochs(log, &mut seen);
        shares(log, Share::Worker, &mut seen);
        shares(log, Share::Rank, &mut seen);
        seen
    }

    fn words(log: &Log) -> Vec<&'static str> {
        all(log).repeated.into_iter().map(|repeated| repeated.word).collect()
    }

    const A: &[&str] = &["1", "2", "3", "4", "5", "6"];
    const B: &[&str] = &["3", "1", "6", "2", "5", "4"];
    const C: &[&str] = &["11", "12", "13", "14", "15", "16"];

    #[test]
    fn two_epochs_in_one_order_are_told_with_the_chance_and_the_row() {
        let seen = all(&log(&[("0", "", "", A), ("1", "", "", B), ("2", "", "", A)]));
        assert_eq!(seen.repeated.len(), 1, "{seen:?}");
        assert_eq!(seen.repeated[0].row, 13);
        assert_eq!(
            seen.repeated[0].note,
            "epochs 0 and 2 use the rows in the same order (by chance at most 1e-2)"
        );
        assert!(words(&log(&[("0", "", "", A), ("1", "", "", B)])).is_empty());
    }

    #[test]
    fn few_rows_in_one_order_may_be_chance() {
        let few: &[&str] = &["1", "2", "3", "4"];
        assert!(words(&log(&[("0", "", "", few), ("1", "", "", few)])).is_empty());
        let five: &[&str] = &["1", "2", "3", "4", "5"];
        assert_eq!(words(&log(&[("0", "", "", five), ("1", "", "", five)])), ["epochs"]);
        // Of ten epochs of five rows, two agree with a chance of about a third.
        let orders: Vec<Vec<&str>> =
            (0..9).map(|at| (0..5).map(|place| five[(place * (1 + at % 4) + at) % 5]).collect()).collect();
        let names: Vec<String> = (0..10).map(|at| at.to_string()).collect();
        let mut rows: Vec<(&str, &str, &str, &[&str])> = Vec::new();
        for (name, order) in names.iter().zip(orders.iter().chain([&orders[0]])) {
            rows.push((name, "", "", order));
        }
        assert!(words(&log(&rows)).is_empty());
    }

    #[test]
    fn workers_that_draw_the_same_numbers_are_told() {
        let drawn: &[&str] = &["0.1", "0.7", "0.3", "0.9", "0.2", "0.7"];
        let other: &[&str] = &["0.4", "0.6", "0.8", "0.5", "0.3", "0.3"];
        assert_eq!(words(&log(&[("0", "", "0", drawn), ("0", "", "1", drawn)])), ["workers"]);
        let seen = all(&log(&[("0", "", "0", drawn), ("0", "", "1", other)]));
        assert!(seen.repeated.is_empty() && seen.notes.len() == 1, "{seen:?}");
    }

    #[test]
    fn workers_that_share_rows_are_told_and_those_that_divide_them_are_not() {
        assert_eq!(words(&log(&[("0", "", "0", A), ("0", "", "1", B)])), ["workers"]);
        assert!(words(&log(&[("0", "", "0", A), ("0", "", "1", C)])).is_empty());
    }

    #[test]
    fn ranks_may_share_the_rows_that_fill_up_their_shares() {
        let filled: &[&str] = &["11", "12", "13", "14", "15", "1"];
        assert!(words(&log(&[("0", "0", "", A), ("0", "1", "", filled)])).is_empty());
        let shared: &[&str] = &["11", "12", "13", "14", "2", "1"];
        assert_eq!(words(&log(&[("0", "0", "", A), ("0", "1", "", shared)])), ["ranks"]);
    }

    #[test]
    fn one_rank_that_repeats_its_order_is_told_beside_another_that_does_not() {
        let other: &[&str] = &["16", "12", "13", "15", "14", "11"];
        let log = log(&[("0", "0", "", A), ("0", "1", "", C), ("1", "0", "", A), ("1", "1", "", other)]);
        let seen = all(&log);
        assert!(seen.repeated[0].note.starts_with("rank 0: epochs 0 and 1"), "{seen:?}");
    }

    #[test]
    fn one_stream_is_nothing_to_compare() {
        assert!(all(&log(&[("0", "", "", A)])).compared.is_empty());
    }
}
