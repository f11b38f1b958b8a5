//! A header beside the sample's: which column is which, and what is wrong with the names.

use std::collections::{BTreeMap, BTreeSet};

/// Names that are compared with each other to find misspellings; in a header with more unknown ones none is guessed.
const NEAR_MAX: usize = 200;

/// A similarity of Jaro and Winkler from which a name is taken for a misspelling of another.
const NEAR: f64 = 0.88;

/// How the message about the order of columns begins.
pub(super) const ORDER_DIFFERS: &str = "the order of the columns differs";

/// How a header is like the sample's.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Likeness {
    /// For each column of the file, which of the sample's it is.
    pub(super) map: Vec<Option<usize>>,
    /// Whether the first column numbers the rows.
    pub(super) index: bool,
    /// Whether the header ends with a delimiter too many.
    pub(super) trailing: bool,
    /// What differs, each in a fragment; empty where the headers are the same.
    pub(super) says: Vec<String>,
    /// How many columns have the right or nearly the right name.
    pub(super) known: usize,
}

/// Whether a name is one that programs give a column that numbers the rows.
pub(super) fn is_index_name(name: &str) -> bool {
    name.is_empty() || name.starts_with("Unnamed: ")
}

/// Compares a header with the sample's.
pub(super) fn compare(own: &[String], sample: &[String]) -> Likeness {
    let mut likeness = Likeness { map: vec![None; own.len()], ..Likeness::default() };
    let mut from = 0;
    let mut to = own.len();
    if to > sample.len() && to > 1 && own[to - 1].is_empty() {
        likeness.trailing = true;
        to -= 1;
    }
    let written = own.first().is_some_and(|name| ["index", "level_0"].contains(&name.as_str()));
    if to == sample.len() + 1
        && sample.first() != own.first()
        && (is_index_name(&own[0]) || written && own[1..to] == *sample)
    {
        likeness.index = true;
        from = 1;
    }
    if own[from..to] == *sample {
        for (place, own) in (from..to).enumerate() {
            likeness.map[own] = Some(place);
        }
        likeness.known = sample.len();
        return likeness;
    }
    let free = pair(own, sample, from..to, &mut likeness);
    tell(own, sample, from..to, &free, &mut likeness);
    likeness
}

/// Finds pairs: by name, by nearly the same name, then by place. Returns the columns of the sample that found none.
fn pair(
    own: &[String],
    sample: &[String],
    range: std::ops::Range<usize>,
    likeness: &mut Likeness,
) -> Vec<usize> {
    let from = range.start;
    let mut by_name: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (place, name) in sample.iter().enumerate() {
        by_name.entry(name).or_default().insert(place);
    }
    for place in range.clone() {
        let Some(places) = by_name.get_mut(own[place].as_str()) else { continue };
        // Of two columns with one name, the one at the same place comes first.
        let same = places.take(&(place - from));
        likeness.map[place] = same.or_else(|| places.pop_first());
        likeness.known += usize::from(likeness.map[place].is_some());
    }
    let mut free: Vec<usize> = by_name.into_values().flatten().collect();
    free.sort_unstable();
    let lost = |likeness: &Likeness| -> Vec<usize> {
        range.clone().filter(|place| likeness.map[*place].is_none()).collect()
    };
    for place in lost(likeness).into_iter().take(NEAR_MAX) {
        let near = |other: &usize| nearness(&own[place], &sample[*other]);
        let best =
            free.iter().take(NEAR_MAX).copied().max_by(|left, right| near(left).total_cmp(&near(right)));
        if let Some(best) = best.filter(|best| near(best) >= NEAR) {
            free.retain(|other| *other != best);
            likeness.map[place] = Some(best);
            likeness.known += 1;
        }
    }
    if range.len() == sample.len() {
        for place in lost(likeness) {
            if let Some(found) = free.iter().position(|other| other + from == place) {
                likeness.map[place] = Some(free.remove(found));
            }
        }
    }
    free
}

fn tell(
    own: &[String],
    sample: &[String],
    range: std::ops::Range<usize>,
    free: &[usize],
    likeness: &mut Likeness,
) {
    for place in range.clone() {
        match likeness.map[place] {
            Some(other) if own[place] == sample[other] => {}
            Some(other) => likeness.says.push(format!(
                "column {} is `{}` instead of `{}`{}",
                place + 1,
                own[place],
                sample[other],
                difference(&own[place], &sample[other])
            )),
            None => {
                likeness.says.push(format!("column {} (`{}`) is not in the sample", place + 1, own[place]));
            }
        }
    }
    if !free.is_empty() {
        let names: Vec<&str> = free.iter().map(|place| sample[*place].as_str()).collect();
        likeness.says.push(format!("`{}` is missing", names.join("`, `")));
    }
    let order: Vec<usize> = range.filter_map(|place| likeness.map[place]).collect();
    if order.windows(2).any(|pair| pair[0] > pair[1]) {
        likeness
            .says
            .push(format!("{ORDER_DIFFERS}: the sample has `{}`", crate::rule::shown(&sample.join(","))));
    }
}

/// A name without what is easily changed about it.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn nearness(left: &str, right: &str) -> f64 {
    // `class_1` is no misspelling of `class_2`.
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    if digits(left) != digits(right) {
        return 0.0;
    }
    if plain(left) == plain(right) && !plain(left).is_empty() {
        return 2.0;
    }
    strsim::jaro_winkler(&plain(left), &plain(right))
}

/// How two names that mean the same differ, in brackets.
fn difference(own: &str, sample: &str) -> &'static str {
    if own.trim() == sample.trim() {
        " (blanks)"
    } else if own.to_lowercase() == sample.to_lowercase() {
        " (upper and lower case)"
    } else if plain(own) == plain(sample) {
        " (blanks, signs or case)"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    fn says(own: &str, sample: &str) -> Vec<String> {
        compare(&names(own), &names(sample)).says
    }

    #[test]
    fn every_difference_of_names_is_told_once() {
        assert_eq!(says("id,target", "id,target"), [""; 0]);
        assert_eq!(
            says("ID,target ", "id,target"),
            [
                "column 1 is `ID` instead of `id` (upper and lower case)",
                "column 2 is `target ` instead of `target` (blanks)"
            ]
        );
        assert_eq!(says("id,prediction", "id,target"), ["column 2 is `prediction` instead of `target`"]);
        assert_eq!(
            says("target,id", "id,target"),
            ["the order of the columns differs: the sample has `id,target`"]
        );
        assert_eq!(says("id,a", "id,a,b"), ["`b` is missing"]);
        assert_eq!(says("id,a,c", "id,a"), ["column 3 (`c`) is not in the sample"]);
        assert_eq!(
            says("id,class_2,class_1", "id,class_1,class_2"),
            ["the order of the columns differs: the sample has `id,class_1,class_2`"]
        );
    }

    #[test]
    fn a_column_that_numbers_rows_and_a_trailing_comma_are_no_fault_of_the_names() {
        for own in ["Unnamed: 0,id,target", ",id,target", "index,id,target"] {
            let likeness = compare(&names(own), &names("id,target"));
            assert!(likeness.index && likeness.says.is_empty(), "{own}");
            assert_eq!(likeness.map, [None, Some(0), Some(1)]);
        }
        let likeness = compare(&names("id,target,"), &names("id,target"));
        assert!(likeness.trailing && likeness.says.is_empty());
        // Here it is the id that lost its name.
        assert_eq!(says(",target", "id,target"), ["column 1 is `` instead of `id`"]);
    }
}
