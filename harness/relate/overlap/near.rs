//! Rows that share most of their cells and words: `MinHash` finds candidates, the exact index decides.
//!
//! A. Z. Broder, "On the resemblance and containment of documents" (1997); bands as in P. Indyk and R. Motwani,
//! "Approximate nearest neighbors" (1998).

use super::hash::{self, NOTHING, Value, join};
use super::join::{Sorted, shared};
use super::scan::Scan;
use super::{TableFile, source};
use crate::artifact::Error;

/// Hash functions of a signature.
const HASHES: usize = 128;

/// The part of the pairs at the threshold that may be missed.
const MISSED: f64 = 0.01;

/// Above this many rows altogether the sets of their cells take too much memory.
pub(super) const ROWS_MAX: usize = 1_000_000;

/// At most so many training rows of one bucket are looked at for a held-out row.
const BUCKET_MAX: usize = 64;

/// For each held-out row the training row that is most like it, and how much, if it is at least `threshold`.
///
/// # Errors
/// When a file cannot be read again.
pub(super) fn partners(
    train: (&TableFile, &Scan, &[usize]),
    test: (&TableFile, &Scan, &[usize]),
    threshold: f64,
) -> Result<Vec<Option<(f64, u32)>>, Error> {
    let (ours, theirs) = (sets(train)?, sets(test)?);
    let per_band = per_band(threshold);
    let mut best: Vec<Option<(f64, u32)>> = vec![None; theirs.len()];
    for band in 0..HASHES / per_band {
        let (left, right) = (buckets(&ours, band, per_band), buckets(&theirs, band, per_band));
        shared(&left, &right, |train, test| {
            for (_, row) in test {
                let (row, set) = (*row as usize, &theirs[*row as usize]);
                for (_, other) in train.iter().take(BUCKET_MAX) {
                    let index = jaccard(&ours[*other as usize], set);
                    let better = best[row]
                        .is_none_or(|(known, partner)| index > known || (index >= known && *other < partner));
                    if index >= threshold && better {
                        best[row] = Some((index, *other));
                    }
                }
            }
        });
    }
    Ok(best)
}

/// How many hashes make a band: the more, the fewer candidates, and the more pairs are missed.
fn per_band(threshold: f64) -> usize {
    let missed = |count: &usize| {
        let (hashes, bands) = (i32::try_from(*count), i32::try_from(HASHES / count));
        matches!((hashes, bands), (Ok(hashes), Ok(bands)) if (1.0 - threshold.powi(hashes)).powi(bands) <= MISSED)
    };
    (1..=HASHES).rev().find(missed).unwrap_or(1)
}

/// The bucket of each row that is not empty in one band.
fn buckets(sets: &[Vec<u64>], band: usize, per_band: usize) -> Sorted {
    let bucket = |set: &Vec<u64>| {
        (band * per_band..(band + 1) * per_band).fold(1, |bucket, number| {
            let salt = join(0, number as u64);
            let least = set.iter().map(|element| join(salt, *element)).min();
            join(bucket, least.unwrap_or_default())
        })
    };
    let rows = sets.iter().zip(0_u32..).filter(|(set, _)| !set.is_empty());
    let mut rows: Sorted = rows.map(|(set, row)| (bucket(set), row)).collect();
    rows.sort_unstable();
    rows
}

/// The part of the elements of either set that both have.
fn jaccard(left: &[u64], right: &[u64]) -> f64 {
    let (mut here, mut there, mut common) = (0, 0, 0_usize);
    while here < left.len() && there < right.len() {
        match left[here].cmp(&right[there]) {
            std::cmp::Ordering::Less => here += 1,
            std::cmp::Ordering::Greater => there += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                here += 1;
                there += 1;
            }
        }
    }
    let union = left.len() + right.len() - common;
    #[expect(clippy::cast_precision_loss, reason = "a row has few cells")]
    let index = common as f64 / union.max(1) as f64;
    index
}

/// What each row is made of, sorted: its cells, each with its column, and for texts of three words and more every
/// three words in a row.
fn sets((file, scan, features): (&TableFile, &Scan, &[usize])) -> Result<Vec<Vec<u64>>, Error> {
    let mut table = source::open(file)?;
    let mut sets = Vec::with_capacity(scan.rows());
    for row in 0..scan.rows() {
        table.visit(scan.position(row))?;
        let mut set = Vec::with_capacity(features.len());
        for (column, place) in features.iter().enumerate() {
            let value = Value::of(table.cell(*place));
            let folded = if let Value::Text(text) = &value { hash::folded(text) } else { String::new() };
            let words: Vec<&str> = folded.split(' ').collect();
            if words.len() >= 3 {
                set.extend(words.windows(3).map(|words| {
                    words.iter().fold(column as u64, |hash, word| join(hash, hash::bytes(word.as_bytes())))
                }));
                continue;
            }
            let cell = value.normal(None);
            if cell != NOTHING {
                set.push(join(column as u64, cell));
            }
        }
        set.sort_unstable();
        set.dedup();
        sets.push(set);
    }
    Ok(sets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn bands_miss_few_pairs_at_the_threshold() {
        for threshold in [0.3_f64, 0.5, 0.8, 0.9, 0.95, 1.0] {
            let count = per_band(threshold);
            let miss = (1.0 - threshold.powi(i32::try_from(count).unwrap()))
                .powi(i32::try_from(HASHES / count).unwrap());
            assert!(miss <= MISSED && (count > 1 || threshold < 0.5), "{threshold}: {count}");
        }
    }

    proptest! {
        #[test]
        fn the_index_is_intersection_over_union(
            left in proptest::collection::btree_set(0_u64..12, 0..8),
            right in proptest::collection::btree_set(0_u64..12, 0..8),
        ) {
            let lists: Vec<Vec<u64>> = [&left, &right].map(|set: &BTreeSet<u64>| set.iter().copied().collect()).into();
            #[expect(clippy::cast_precision_loss, reason = "a few elements")]
            let expected = left.intersection(&right).count() as f64 / left.union(&right).count().max(1) as f64;
            prop_assert!((jaccard(&lists[0], &lists[1]) - expected).abs() < 1e-12);
        }
    }
}
