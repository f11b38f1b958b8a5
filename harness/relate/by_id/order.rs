//! Whether the rows of a table stand in the order of a rule.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::read::Id;
use crate::artifact::number;

/// The first row that does not stand where it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// The row, from 1.
    pub row: u64,
    /// The id that stands there.
    pub found: Id,
    /// The id that should.
    pub expected: Id,
}

/// Whether ids ascend: as numbers where all ids of a column are numbers, else as text; `None` where they do.
#[must_use]
pub fn ascending(ids: &[Id]) -> Option<Misplaced> {
    let width = ids.first().map_or(0, Vec::len);
    let numeric: Vec<bool> = (0..width)
        .map(|place| ids.iter().all(|id| number::value(&id[place]).is_some_and(f64::is_finite)))
        .collect();
    first_misplaced(ids, |one, other| {
        let columns = one.iter().zip(other.iter()).zip(&numeric);
        columns
            .map(|((one, other), numeric)| column_order(one, other, *numeric))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    })
}

fn column_order(one: &str, other: &str, numeric: bool) -> Ordering {
    match (number::value(one), number::value(other)) {
        (Some(one), Some(other)) if numeric => one.total_cmp(&other),
        _ => one.cmp(other),
    }
}

/// Whether ids stand in the order of a list, those passed over that it lacks; `None` where they do.
#[must_use]
pub fn follows(ids: &[Id], list: &[Id]) -> Option<Misplaced> {
    let mut places: BTreeMap<&Id, usize> = BTreeMap::new();
    for (place, id) in list.iter().enumerate() {
        places.entry(id).or_insert(place);
    }
    let known: Vec<(usize, &Id)> = ids.iter().enumerate().filter(|(_, id)| places.contains_key(id)).collect();
    let mut sorted: Vec<&Id> = known.iter().map(|(_, id)| *id).collect();
    sorted.sort_by_key(|id| places[id]);
    let wrong = known.iter().zip(sorted).find(|((_, id), expected)| id != expected);
    // A row that stands twice in the list may stand at either place, or at both.
    if list.len() > places.len() && known.len() == list.len() && known.iter().map(|(_, id)| *id).eq(list) {
        return None;
    }
    wrong.map(|((row, found), expected)| misplaced(*row, found, expected))
}

fn first_misplaced(ids: &[Id], compare: impl Fn(&Id, &Id) -> Ordering) -> Option<Misplaced> {
    let mut sorted: Vec<&Id> = ids.iter().collect();
    sorted.sort_by(|one, other| compare(one, other));
    let wrong = ids.iter().zip(sorted).enumerate().find(|(_, (id, expected))| id != expected);
    wrong.map(|(row, (found, expected))| misplaced(row, found, expected))
}

fn misplaced(row: usize, found: &Id, expected: &Id) -> Misplaced {
    Misplaced { row: row as u64 + 1, found: found.clone(), expected: expected.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(texts: &[&str]) -> Vec<Id> {
        texts.iter().map(|text| vec![(*text).to_owned()]).collect()
    }

    #[test]
    fn numbers_ascend_as_numbers_and_texts_as_texts() {
        assert_eq!(ascending(&ids(&["2", "10"])), None);
        let wrong = ascending(&ids(&["10", "2"])).expect("misplaced");
        assert_eq!(
            (wrong.row, wrong.found, wrong.expected),
            (1, ids(&["10"])[0].clone(), ids(&["2"])[0].clone())
        );
        assert_eq!(ascending(&ids(&["a10", "a2"])), None);
        assert!(ascending(&ids(&["a2", "a10"])).is_some());
        assert_eq!(ascending(&ids(&["1", "1", "2"])), None);
        assert_eq!(ascending(&[]), None);
    }

    #[test]
    fn a_list_gives_the_order_of_what_stands_in_it() {
        assert_eq!(follows(&ids(&["b", "x", "a"]), &ids(&["b", "c", "a"])), None);
        let wrong = follows(&ids(&["a", "b"]), &ids(&["b", "a"])).expect("misplaced");
        assert_eq!((wrong.row, wrong.expected), (1, ids(&["b"])[0].clone()));
        assert_eq!(follows(&ids(&["a", "b", "a"]), &ids(&["a", "b", "a"])), None);
        assert_eq!(follows(&ids(&["a", "b"]), &ids(&["a", "b", "a"])), None);
    }

    proptest! {
        #[test]
        fn sorted_ids_ascend_and_a_list_follows_itself(mut numbers in proptest::collection::vec(0_u32..1000, 0..40)) {
            let as_ids = |numbers: &[u32]| numbers.iter().map(|number| vec![number.to_string()]).collect::<Vec<Id>>();
            let list = as_ids(&numbers);
            prop_assert_eq!(follows(&list, &list), None);
            numbers.sort_unstable();
            prop_assert_eq!(ascending(&as_ids(&numbers)), None);
            numbers.reverse();
            numbers.dedup();
            if numbers.len() > 1 {
                prop_assert!(ascending(&as_ids(&numbers)).is_some());
            }
        }
    }
}
