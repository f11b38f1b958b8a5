//! Which row of one table is which row of the other, by hashes of their ids.

/// How the rows of two tables belong together. Rows are counted from 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Matching {
    /// For each row of the first table its row in the second. The n-th row of an id is matched with the other side's
    /// n-th row of that id.
    pub(super) partners: Vec<Option<usize>>,
    /// Rows that only the second table has, in its order.
    pub(super) extra: Vec<usize>,
    /// Whether matched rows stand in another order.
    pub(super) reordered: bool,
}

/// Matches rows by id.
pub(super) fn matching(left: &[u128], right: &[u128]) -> Matching {
    let (ours, theirs) = (sorted(left), sorted(right));
    let mut partners = vec![None; left.len()];
    let mut extra = Vec::new();
    let (mut here, mut there) = (0, 0);
    while here < ours.len() || there < theirs.len() {
        let ids = (ours.get(here).map(|row| left[*row]), theirs.get(there).map(|row| right[*row]));
        match ids {
            (Some(one), Some(other)) if one == other => {
                partners[ours[here]] = Some(theirs[there]);
                here += 1;
                there += 1;
            }
            (Some(one), other) if other.is_none_or(|other| one < other) => here += 1,
            _ => {
                extra.push(theirs[there]);
                there += 1;
            }
        }
    }
    extra.sort_unstable();
    let reordered = !partners.iter().flatten().is_sorted();
    Matching { partners, extra, reordered }
}

/// The first row, in order, whose id stands in an earlier row too, and how many such rows there are.
pub(super) fn duplicates(ids: &[u128]) -> Option<(usize, u64)> {
    let rows = sorted(ids);
    let repeated = rows.windows(2).filter(|pair| ids[pair[0]] == ids[pair[1]]).map(|pair| pair[1]);
    let (mut first, mut count) = (usize::MAX, 0);
    for row in repeated {
        first = first.min(row);
        count += 1;
    }
    (count > 0).then_some((first, count))
}

/// All rows by id, rows of one id in their order.
fn sorted(ids: &[u128]) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..ids.len()).collect();
    rows.sort_unstable_by_key(|row| (ids[*row], *row));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_are_matched_by_id_and_the_rest_is_named() {
        let found = matching(&[5, 1, 2], &[2, 9, 5]);
        assert_eq!(
            found,
            Matching { partners: vec![Some(2), None, Some(0)], extra: vec![1], reordered: true }
        );
        let found = matching(&[1, 2, 3], &[1, 3]);
        assert_eq!(
            found,
            Matching { partners: vec![Some(0), None, Some(1)], extra: vec![], reordered: false }
        );
    }

    #[test]
    fn repeated_ids_are_matched_in_their_order() {
        let found = matching(&[7, 7, 8], &[7, 8, 7, 7]);
        assert_eq!(found.partners, [Some(0), Some(2), Some(1)]);
        assert_eq!(found.extra, [3]);
        assert_eq!(duplicates(&[7, 8, 7, 7]), Some((2, 2)));
        assert_eq!(duplicates(&[7, 8]), None);
    }

    proptest! {
        #[test]
        fn every_row_is_matched_once_or_left_over(
            left in proptest::collection::vec(0_u128..6, 0..12),
            right in proptest::collection::vec(0_u128..6, 0..12),
        ) {
            let found = matching(&left, &right);
            let mut used: Vec<usize> = found.partners.iter().flatten().copied().chain(found.extra).collect();
            used.sort_unstable();
            prop_assert_eq!(used, (0..right.len()).collect::<Vec<_>>());
            for (row, partner) in found.partners.iter().enumerate() {
                if let Some(partner) = partner {
                    prop_assert_eq!(left[row], right[*partner]);
                }
            }
        }
    }
}
