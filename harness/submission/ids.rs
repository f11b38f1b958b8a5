//! Ids beside the ids that are wanted: missing, extra, repeated, in another order, or the same but spelled otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::model::{Expected, Reading};
use super::scan::Row;
use super::survey::Ids;

/// How two lists of ids differ. Places are those of rows, counted from 0.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Differences {
    /// Rows of the sample whose id is not there.
    pub(super) missing: Vec<usize>,
    /// Rows whose id nobody asked for.
    pub(super) extra: Vec<usize>,
    /// Rows whose id stood in an earlier row, as often as it may stand.
    pub(super) repeated: Vec<usize>,
    /// Pairs of rows with the same id: the file's row, the sample's.
    pub(super) common: Vec<(usize, usize)>,
}

/// Marks in order, each with the rows where it stands.
fn sorted(marks: impl Iterator<Item = u64>) -> Vec<(u64, usize)> {
    let mut sorted: Vec<(u64, usize)> = marks.enumerate().map(|(place, mark)| (mark, place)).collect();
    sorted.sort_unstable();
    sorted
}

/// The first rows of a sorted list that have the same mark.
fn run(list: &[(u64, usize)]) -> &[(u64, usize)] {
    let first = list.first().map(|pair| pair.0);
    let length = list.iter().take_while(|pair| Some(pair.0) == first).count();
    &list[..length]
}

/// Compares ids with those that are wanted; `None` where they are the same in the same order.
pub(super) fn differences(expected: &[u64], own: &Ids<'_>) -> Option<Differences> {
    if own.rest.is_empty() && own.matching == expected.len() {
        return None;
    }
    let wanted = sorted(expected.iter().copied());
    let found = sorted(own.marks());
    let (mut wanted, mut found) = (wanted.as_slice(), found.as_slice());
    let mut differences = Differences::default();
    loop {
        let (left, right) = (run(wanted), run(found));
        match (left.first(), right.first()) {
            (None, None) => break,
            (Some((mark, _)), other) if other.is_none_or(|(other, _)| mark < other) => {
                differences.missing.extend(left.iter().map(|pair| pair.1));
                wanted = &wanted[left.len()..];
            }
            (other, Some((mark, _))) if other.is_none_or(|(other, _)| mark < other) => {
                differences.extra.extend(right.iter().map(|pair| pair.1));
                found = &found[right.len()..];
            }
            _ => {
                differences.common.extend(right.iter().zip(left).map(|(own, wanted)| (own.1, wanted.1)));
                differences.missing.extend(left.iter().skip(right.len()).map(|pair| pair.1));
                differences.repeated.extend(right.iter().skip(left.len()).map(|pair| pair.1));
                (wanted, found) = (&wanted[left.len()..], &found[right.len()..]);
            }
        }
    }
    for list in [&mut differences.missing, &mut differences.extra, &mut differences.repeated] {
        list.sort_unstable();
    }
    differences.common.sort_unstable();
    Some(differences)
}

/// Rows whose id stood in an earlier row, where nobody says which ids are wanted.
pub(super) fn repeated(own: &Ids<'_>) -> Vec<usize> {
    let all = sorted(own.rest.iter().copied());
    let mut again: Vec<usize> =
        all.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).collect();
    again.sort_unstable();
    again
}

impl Differences {
    /// The first row of the file that stands where the sample has another, and how many do; of rows whose ids both have.
    pub(super) fn moved(&self) -> Option<((usize, usize), u64)> {
        let mut order: Vec<usize> = self.common.iter().map(|pair| pair.1).collect();
        order.sort_unstable();
        let moved = || self.common.iter().zip(&order).filter(|(pair, wanted)| pair.1 != **wanted);
        let first = moved().next().map(|(pair, wanted)| (pair.0, *wanted))?;
        Some((first, moved().count() as u64))
    }
}

/// A row's id as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shown {
    pub(super) line: u64,
    pub(super) text: String,
}

/// The ids of some rows, read again.
pub(super) fn texts(reading: &Reading, places: &BTreeSet<usize>) -> Result<BTreeMap<usize, Shown>, Error> {
    let mut texts = BTreeMap::new();
    if !places.is_empty() {
        reading.each_row(|place, row| {
            if places.contains(&place) {
                texts.insert(place, Shown { line: row.line, text: shown(row, &reading.ids) });
            }
        })?;
    }
    Ok(texts)
}

/// An id in one line; of several columns with commas between.
fn shown(row: &Row<'_>, ids: &[usize]) -> String {
    let texts = ids.iter().map(|id| String::from_utf8_lossy(&row.field(*id)).into_owned());
    texts.collect::<Vec<_>>().join(",")
}

/// Ids that are the same as wanted ones but for their spelling.
#[derive(Debug, Default)]
pub(super) struct Respelled {
    /// The file's rows, the sample's rows.
    pub(super) pairs: Vec<(usize, usize)>,
}

/// Finds among missing and extra ids those that differ in spelling only, and takes them out of both lists.
pub(super) fn respelled(
    differences: &mut Differences,
    expected: &Expected,
    own: &Reading,
) -> Result<Respelled, Error> {
    if differences.missing.is_empty() || differences.extra.is_empty() {
        return Ok(Respelled::default());
    }
    let mut wanted: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    let missing: BTreeSet<usize> = differences.missing.iter().copied().collect();
    expected.reading.each_row(|place, row| {
        if missing.contains(&place) {
            wanted.entry(canonical(row, &expected.reading.ids)).or_default().push(place);
        }
    })?;
    for places in wanted.values_mut() {
        places.reverse();
    }
    let extra: BTreeSet<usize> = differences.extra.iter().copied().collect();
    let mut pairs = Vec::new();
    own.each_row(|place, row| {
        if extra.contains(&place)
            && let Some(found) = wanted.get_mut(&canonical(row, &own.ids)).and_then(Vec::pop)
        {
            pairs.push((place, found));
        }
    })?;
    let (left, right): (BTreeSet<usize>, BTreeSet<usize>) = pairs.iter().copied().unzip();
    differences.extra.retain(|place| !left.contains(place));
    differences.missing.retain(|place| !right.contains(place));
    Ok(Respelled { pairs })
}

/// An id without what programs change when they read it as a number or a date and write it again.
fn canonical(row: &Row<'_>, ids: &[usize]) -> Vec<u8> {
    let texts: Vec<Vec<u8>> = ids.iter().map(|id| canonical_text(&row.field(*id))).collect();
    texts.join(&0x1f)
}

fn canonical_text(bytes: &[u8]) -> Vec<u8> {
    // What is no UTF-8 is most likely Latin-1, whose bytes are the numbers of its letters.
    let latin = || bytes.iter().map(|byte| char::from(*byte)).collect();
    let text = std::str::from_utf8(bytes).map_or_else(|_| latin(), str::to_owned);
    let text = text
        .trim_matches(|letter: char| letter.is_whitespace() || "\"'\u{feff}".contains(letter))
        .to_lowercase();
    if let Some(shape) = super::cell::shape(text.as_bytes(), b'.') {
        return whole_number(&text, shape.exponent).unwrap_or(text).into_bytes();
    }
    let date = text.replacen('t', " ", 1);
    let text = if date.len() >= 11 && date.as_bytes()[4] == b'-' && date.as_bytes()[10] == b' ' {
        date
    } else {
        text
    };
    let day = text.strip_suffix(" 00:00:00").unwrap_or(&text);
    day.as_bytes().to_vec()
}

/// A number without sign, leading zeros and decimals, if these are all zero.
fn whole_number(text: &str, exponent: bool) -> Option<String> {
    if exponent {
        let value: f64 = text.parse().ok()?;
        return (value.fract() == 0.0 && value.abs() < 9e15).then(|| format!("{value:.0}"));
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    decimals.bytes().all(|byte| byte == b'0').then(|| format!("{sign}{whole}"))
}

/// How an id differs from the wanted one in spelling, as a fragment.
pub(super) fn how(own: &str, wanted: &str) -> &'static str {
    let zeros = |text: &str| text.len() > 1 && text.starts_with('0') && !text.contains('.');
    if own.to_lowercase() == wanted.to_lowercase() {
        "upper and lower case changed"
    } else if own.contains('e') && own.parse::<f64>().is_ok() {
        "it became a number with an exponent"
    } else if own.contains('.') && !wanted.contains('.') {
        "a whole number became one with decimals"
    } else if zeros(wanted) && !zeros(own) {
        "leading zeros are lost"
    } else if wanted.contains('-') && wanted.contains(':') != own.contains(':') {
        "a date is written otherwise"
    } else {
        "it was read and written otherwise"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(expected: &[u64], own: &[u64]) -> Option<Differences> {
        let matching = expected.iter().zip(own).take_while(|(left, right)| left == right).count();
        let mut ids = Ids::new(expected);
        ids.matching = matching;
        ids.rest = own[matching..].to_vec();
        differences(expected, &ids)
    }

    #[test]
    fn missing_extra_repeated_and_moved_rows_are_told_apart() {
        assert_eq!(of(&[1, 2, 3], &[1, 2, 3]), None);
        let found = of(&[1, 2, 3, 4], &[2, 1, 2, 9, 4]).unwrap();
        assert_eq!((found.missing.as_slice(), found.extra.as_slice()), (&[2][..], &[3][..]));
        assert_eq!(found.repeated, [2]);
        assert_eq!(found.moved(), Some(((0, 0), 2)));
        // A row that is missing moves no other.
        assert_eq!(of(&[1, 2, 3], &[1, 3]).unwrap().moved(), None);
        // What stands twice in the sample may stand twice.
        assert!(of(&[1, 1, 2], &[1, 2, 1]).unwrap().repeated.is_empty());
    }

    proptest! {
        #[test]
        fn every_row_is_accounted_for_once(
            expected in proptest::collection::vec(0_u64..8, 0..12),
            own in proptest::collection::vec(0_u64..8, 0..12),
        ) {
            let found = of(&expected, &own).unwrap_or_else(|| Differences {
                common: (0..own.len()).map(|place| (place, place)).collect(),
                ..Differences::default()
            });
            let mut rows: Vec<usize> = found.common.iter().map(|pair| pair.0)
                .chain(found.extra.iter().copied()).chain(found.repeated.iter().copied()).collect();
            rows.sort_unstable();
            prop_assert_eq!(rows, (0..own.len()).collect::<Vec<_>>());
            prop_assert_eq!(found.common.len() + found.missing.len(), expected.len());
            prop_assert!(found.common.iter().all(|(left, right)| own[*left] == expected[*right]));
            let fewer = |place: &usize| {
                let count = |list: &[u64]| list.iter().filter(|id| **id == expected[*place]).count();
                count(&own) < count(&expected)
            };
            prop_assert!(found.missing.iter().all(fewer));
        }
    }

    #[test]
    fn spellings_that_programs_change_are_one_id() {
        for (left, right) in [
            ("007", "7"),
            ("7", "7.0"),
            ("100000", "1e5"),
            ("2020-01-01", "2020-01-01 00:00:00"),
            ("2020-01-01T10:00:00", "2020-01-01 10:00:00"),
            ("abC", " ABc "),
        ] {
            assert_eq!(canonical_text(left.as_bytes()), canonical_text(right.as_bytes()), "{left}");
        }
        for (left, right) in [("7", "70"), ("7", "7.5"), ("a7", "a07"), ("-7", "7"), ("", "0")] {
            assert_ne!(canonical_text(left.as_bytes()), canonical_text(right.as_bytes()), "{left}");
        }
    }
}
