//! The words for what is wrong with ids and their order.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Scene;
use super::error::Error;
use super::ids::{self, Differences, Shown};
use super::model::Expected;
use super::pages::{self, soft};
use super::survey::Survey;
use super::wish::Order;
use crate::rule::{Problem, Rule};

/// What is wrong with the number of rows, their ids and their order.
pub(super) fn problems(scene: &Scene<'_>, survey: &Survey<'_>) -> Result<Vec<Problem>, Error> {
    let mut problems = Vec::new();
    if scene.shape.layout.ids.is_empty() {
        problems.extend(row_count(scene, survey));
    } else if let Some(expected) = &scene.model.expected {
        problems.extend(beside(scene, survey, expected)?);
    } else if !scene.wish.ids_repeat {
        problems.extend(alone(scene, survey)?);
    }
    problems.extend(by_id(scene, survey));
    Ok(problems)
}

fn row_count(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    let sample = scene.model.sample.as_ref().filter(|sample| sample.survey.rows > 0)?;
    let wanted = sample.survey.rows;
    if survey.rows == wanted || scene.wish.ids_repeat {
        return None;
    }
    let message = format!("there are {} rows instead of {wanted}", survey.rows);
    let problem = Problem::new(&pages::ROW_COUNT, &scene.file, message);
    // Where several rows of the sample may belong to one object, their number may be free.
    let grouped =
        sample.names.len() > 1 && sample.column(0).is_some_and(|first| !first.constant && !first.fraction);
    Some(if grouped { soft(problem) } else { problem })
}

/// Words for a list of rows.
struct Words<'a> {
    scene: &'a Scene<'a>,
    own: BTreeMap<usize, Shown>,
    wanted: BTreeMap<usize, Shown>,
}

impl Words<'_> {
    fn own(&self, place: usize) -> Shown {
        self.own.get(&place).cloned().unwrap_or_default()
    }

    fn wanted(&self, place: usize) -> Shown {
        self.wanted.get(&place).cloned().unwrap_or_default()
    }

    fn problem(&self, rule: &'static Rule, line: u64, value: &str, count: usize, message: String) -> Problem {
        Problem::new(rule, &self.scene.file, message).line(line).value(value).count(count as u64)
    }
}

fn beside(scene: &Scene<'_>, survey: &Survey<'_>, expected: &Expected) -> Result<Vec<Problem>, Error> {
    let Some(mut differences) = ids::differences(&expected.marks, &survey.ids) else { return Ok(Vec::new()) };
    let repeats = scene.wish.ids_repeat || !expected.unique && expected.whose == "the test file";
    if repeats {
        differences.repeated.clear();
        let present: BTreeSet<u64> = survey.ids.marks().collect();
        differences.missing.retain(|place| !present.contains(&expected.marks[*place]));
    }
    let own = &scene.shape.reading;
    let respelled = ids::respelled(&mut differences, expected, own)?;
    differences.common.extend(&respelled.pairs);
    differences.common.sort_unstable();
    let moved = differences.moved().filter(|_| expected.ordered && !repeats);
    let first_extra = differences.extra.first();
    let mut own_places: BTreeSet<usize> =
        [first_extra, differences.repeated.first()].into_iter().flatten().copied().collect();
    let mut wanted_places: BTreeSet<usize> = differences.missing.first().copied().into_iter().collect();
    if let Some((found, wanted)) = respelled.pairs.first() {
        own_places.insert(*found);
        wanted_places.insert(*wanted);
    }
    if let Some(((found, wanted), _)) = moved {
        own_places.insert(found);
        wanted_places.insert(wanted);
    }
    let words = Words {
        scene,
        own: ids::texts(own, &own_places)?,
        wanted: ids::texts(&expected.reading, &wanted_places)?,
    };
    let mut problems = Vec::new();
    problems.extend(respelled_words(&words, &respelled, expected));
    problems.extend(strangers(&words, &differences, expected, survey));
    problems.extend(repeated(&words, &differences.repeated));
    if let Some(((found, wanted), count)) = moved {
        let (found, wanted) = (words.own(found), words.wanted(wanted));
        let message = format!("`{}` stands where {} has `{}`", found.text, expected.whose, wanted.text);
        problems.push(
            Problem::new(&pages::ORDER, &scene.file, message)
                .line(found.line)
                .value(&found.text)
                .count(count),
        );
    }
    Ok(problems)
}

fn respelled_words(words: &Words<'_>, respelled: &ids::Respelled, expected: &Expected) -> Option<Problem> {
    let (found, wanted) = respelled.pairs.first()?;
    let (found, wanted) = (words.own(*found), words.wanted(*wanted));
    let count = respelled.pairs.len();
    // Bytes that are not UTF-8 are a problem of their own, which needs no follower.
    if found.text.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    if found.text.trim() == wanted.text.trim() {
        let message = format!("the id has blanks around it; {} has `{}`", expected.whose, wanted.text);
        let mut problem = words.problem(&pages::WHITESPACE, found.line, &found.text, count, message);
        problem.severity = crate::rule::Severity::Error;
        return Some(problem);
    }
    let how = ids::how(&found.text, &wanted.text);
    let message = format!("`{}` stands for `{}` of {}: {how}", found.text, wanted.text, expected.whose);
    Some(words.problem(&pages::ID_TYPE, found.line, &found.text, count, message))
}

/// Ids that are missing and ids that nobody asked for.
fn strangers(
    words: &Words<'_>,
    differences: &Differences,
    expected: &Expected,
    survey: &Survey<'_>,
) -> Vec<Problem> {
    let (missing, extra) = (&differences.missing, &differences.extra);
    let file = &words.scene.file;
    let whose = expected.whose;
    let wanted = expected.marks.len();
    let mut problems = Vec::new();
    if let (Some(lost), Some(found)) = (missing.first(), extra.first())
        && missing.len() == wanted
        && differences.repeated.is_empty()
    {
        let (lost, found) = (words.wanted(*lost), words.own(*found));
        let message = format!(
            "none of the {wanted} ids of {whose} is there: the first is `{}` instead of `{}`",
            found.text, lost.text
        );
        problems.push(words.problem(&pages::ID_MISSING, found.line, &found.text, wanted, message));
        return problems;
    }
    if let Some(first) = missing.first() {
        let first = words.wanted(*first);
        let message = format!(
            "`{}` (line {} of {whose}) is missing: {} of {wanted} ids, {} rows in the file",
            first.text,
            first.line,
            missing.len(),
            survey.rows
        );
        problems.push(
            Problem::new(&pages::ID_MISSING, file, message).value(&first.text).count(missing.len() as u64),
        );
    }
    if let Some(first) = extra.first() {
        let first = words.own(*first);
        let message =
            format!("`{}` is no id of {whose}; {} rows instead of {wanted}", first.text, survey.rows);
        problems.push(words.problem(&pages::ID_EXTRA, first.line, &first.text, extra.len(), message));
    }
    problems
}

fn repeated(words: &Words<'_>, repeated: &[usize]) -> Option<Problem> {
    let first = words.own(*repeated.first()?);
    let message = format!("`{}` stands in an earlier row too", first.text);
    Some(words.problem(&pages::ID_DUPLICATE, first.line, &first.text, repeated.len(), message))
}

/// Without anything to compare with, ids are unique or they are not.
fn alone(scene: &Scene<'_>, survey: &Survey<'_>) -> Result<Option<Problem>, Error> {
    let again = ids::repeated(&survey.ids);
    let places = again.first().copied().into_iter().collect();
    let words = Words { scene, own: ids::texts(&scene.shape.reading, &places)?, wanted: BTreeMap::new() };
    Ok(repeated(&words, &again))
}

fn by_id(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    let ascent = survey.ascent.as_ref().filter(|_| scene.wish.order == Some(Order::Id))?;
    // Texts sort "10" before "2" and numbers after; either order is one.
    let breaks = [&ascent.number_breaks, &ascent.text_breaks].into_iter().min_by_key(|seen| seen.count)?;
    super::about_bytes::seen(
        &pages::ORDER,
        scene,
        breaks,
        "the id is smaller than the one before, and rows are to ascend by id",
    )
    .map(|problem| problem.mend("Sort the rows by id before writing them."))
}
