//! The words for what is wrong with bytes, lines and rows.

use super::check::{Scene, plural};
use super::pages::{self, soft};
use super::survey::{Seen, Survey};
use super::wish::{FinalNewline, LineEnd};
use crate::rule::{Problem, Rule};

/// The names of line ends, in the order of [`Survey::ends`].
const END_NAMES: [&str; 4] = ["\\n", "\\r\\n", "\\r", "\\r\\r\\n"];

/// A problem for something that was seen, if it was.
pub(super) fn seen(
    rule: &'static Rule,
    scene: &Scene<'_>,
    seen: &Seen,
    message: impl Into<String>,
) -> Option<Problem> {
    let problem = Problem::new(rule, &scene.file, message).line(seen.line).value(&seen.text());
    (seen.count > 0).then(|| problem.count(seen.count))
}

/// What is wrong with bytes, lines and rows.
pub(super) fn problems(scene: &Scene<'_>, survey: &Survey<'_>) -> Vec<Problem> {
    let sample = scene.model.sample.as_ref();
    let mut problems = Vec::new();
    if scene.bom && !sample.is_some_and(|sample| sample.bom) {
        problems.push(
            Problem::new(&pages::BOM, &scene.file, "the file begins with a byte order mark")
                .line(1)
                .value("\u{feff}"),
        );
    }
    let allowed = |seen: fn(&Survey<'_>) -> u64| sample.is_some_and(|sample| seen(&sample.survey) > 0);
    let without_value = |mut problem: Problem| {
        problem.value = None;
        problem
    };
    if !allowed(|survey| survey.garbled.count) {
        problems.extend(seen(&pages::ENCODING, scene, &survey.garbled, "these bytes are not UTF-8"));
    }
    problems.extend(seen(&pages::NUL, scene, &survey.nul, "there are NUL bytes"));
    problems.extend(line_ends(scene, survey).map(without_value));
    problems.extend(mixed(scene, survey));
    problems.extend(final_newline(scene, survey));
    if !allowed(|survey| survey.blank.count) {
        problems.extend(
            seen(&pages::BLANK_LINE, scene, &survey.blank, "a blank line stands between rows")
                .map(without_value),
        );
    }
    problems.extend(trailing(scene, survey));
    problems.extend(ragged(scene, survey));
    problems.extend(quotes(scene, survey));
    problems
}

fn trailing(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    let sample = scene.model.sample.as_ref();
    if sample.is_some_and(|sample| sample.trailing || sample.survey.trailing.count > 0) {
        return None;
    }
    let mut all = survey.trailing.clone();
    if scene.shape.trailing {
        all.count += 1;
        all.line = 1;
        all.value = scene.names.join(",").into_bytes();
    }
    seen(&pages::TRAILING_COMMA, scene, &all, "the row ends with a delimiter")
}

/// Whether every row begins with its own number, for which the header has no name. Rows with a decimal comma look the same
/// where ids count from one, and then their ids are those that are wanted.
pub(super) fn is_numbered(scene: &Scene<'_>, survey: &Survey<'_>) -> bool {
    let strangers = scene.model.expected.is_some() && !survey.ids.rest.is_empty();
    survey.rows > 1
        && survey.numbered_rows.count == survey.rows
        && (survey.comma_rows.count < survey.rows || strangers)
}

/// What the file has in common with the sample that would be a problem without it.
pub(super) fn notes(scene: &Scene<'_>, survey: &Survey<'_>) -> Vec<String> {
    let Some(sample) = &scene.model.sample else { return Vec::new() };
    let mut notes = Vec::new();
    if scene.bom && sample.bom {
        notes.push("the file begins with a byte order mark, as the sample does".to_owned());
    }
    if scene.wish.line_end.is_none() && survey.ends[1].count > 0 && sample.survey.ends[1].count > 0 {
        notes.push("lines end with \\r\\n, as the sample's do".to_owned());
    }
    if scene.wish.final_newline.is_none() && survey.rows > 0 && !survey.ended && !sample.survey.ended {
        notes.push("the last line has no end, as in the sample".to_owned());
    }
    notes
}

fn line_ends(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    let declared = scene.wish.line_end;
    let sample = scene.model.sample.as_ref().map(|sample| &sample.survey.ends);
    let allowed = |place: usize| match (declared, sample) {
        (Some(LineEnd::Crlf), _) => place == 1,
        (Some(LineEnd::Any), _) => place < 2,
        (None, Some(ends)) => place == 0 || ends[place].count > 0,
        (Some(LineEnd::Lf), _) | (None, None) => place == 0,
    };
    let wrong: Vec<usize> =
        (0..4).filter(|place| survey.ends[*place].count > 0 && !allowed(*place)).collect();
    let first = wrong.iter().min_by_key(|place| survey.ends[**place].line)?;
    let names: Vec<&str> = wrong.iter().map(|place| END_NAMES[*place]).collect();
    let count: u64 = wrong.iter().map(|place| survey.ends[*place].count).sum();
    let wanted = if declared == Some(LineEnd::Crlf) { "\\r\\n" } else { "\\n" };
    let all: u64 = survey.ends.iter().map(|end| end.count).sum();
    let problem = Problem::new(
        &pages::LINE_END,
        &scene.file,
        format!("{count} of {all} lines end with {} instead of {wanted}", names.join(" or ")),
    );
    let problem = problem.line(survey.ends[*first].line).count(count);
    // Every program reads `\r\n`; where nobody said what is wanted, it is no more than worth a look.
    let certain = declared.is_some() || sample.is_some() || wrong.iter().any(|place| *place > 1);
    Some(if certain { problem } else { soft(problem) })
}

/// Two line ends of which each would be fine.
fn mixed(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    let sample = scene.model.sample.as_ref()?;
    let both = |survey: &Survey<'_>| survey.ends[0].count > 0 && survey.ends[1].count > 0;
    if scene.wish.line_end.is_some()
        || !both(survey)
        || both(&sample.survey)
        || sample.survey.ends[1].count == 0
    {
        return None;
    }
    let rarer = usize::from(survey.ends[0].count >= survey.ends[1].count);
    let problem =
        Problem::new(&pages::LINE_END, &scene.file, "lines end with \\n here and with \\r\\n there");
    Some(soft(problem.line(survey.ends[rarer].line).count(survey.ends[rarer].count)))
}

fn final_newline(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    // What ends in an open quote has no last line to speak of.
    if survey.unclosed.is_some() || survey.too_long.is_some() {
        return None;
    }
    let sample = scene.model.sample.as_ref().map(|sample| &sample.survey);
    let declared = scene.wish.final_newline;
    let problem = |message: String| Problem::new(&pages::FINAL_NEWLINE, &scene.file, message);
    if survey.surplus.count > 0 {
        if declared.is_none() && sample.is_some_and(|sample| sample.surplus.count > 0) {
            return None;
        }
        let message = format!("the file ends with {} newlines", survey.surplus.count + 1);
        return Some(problem(message).line(survey.surplus.line).count(survey.surplus.count));
    }
    match (survey.ended, declared) {
        (true, Some(FinalNewline::None)) => Some(
            problem("the file ends with a newline, and none is wanted".to_owned())
                .mend("Write the last line without a line end."),
        ),
        (false, Some(FinalNewline::One)) => Some(problem("the last line has no line end".to_owned())),
        (false, None) if sample.is_none_or(|sample| sample.ended) => {
            let problem = problem("the last line has no line end".to_owned());
            Some(if sample.is_some() { problem } else { soft(problem) })
        }
        _ => None,
    }
}

fn ragged(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    let ragged = &survey.ragged;
    if is_numbered(scene, survey) {
        return seen(
            &pages::INDEX_COLUMN,
            scene,
            &survey.numbered_rows,
            "every row begins with its number, for which the header has no name",
        );
    }
    if survey.comma_rows.count > 0
        && survey.comma_rows.count == ragged.count
        && 2 * ragged.count >= survey.rows
        && survey.rows > 1
    {
        return seen(
            &pages::DECIMAL_COMMA,
            scene,
            &survey.comma_rows,
            format!(
                "the row has {} fields instead of {}, as if numbers had a decimal comma",
                survey.ragged_width, scene.shape.layout.width
            ),
        );
    }
    seen(
        &pages::RAGGED,
        scene,
        ragged,
        format!(
            "the row has {} instead of {}",
            plural(survey.ragged_width as u64, "field"),
            scene.shape.layout.width
        ),
    )
}

fn quotes(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    if let Some(line) = survey.unclosed {
        let message = "a quote is opened and never closed: the rest of the file is one field";
        return Some(Problem::new(&pages::QUOTE, &scene.file, message).line(line));
    }
    if let Some(line) = survey.too_long {
        let message = "the line is longer than 64 MiB; nothing after it was read";
        let mend = "See whether the line ends were lost.";
        return Some(Problem::new(&pages::LINE_END, &scene.file, message).line(line).mend(mend));
    }
    let sample = scene.model.sample.as_ref();
    if sample.is_some_and(|sample| sample.survey.stray.count > 0) {
        return None;
    }
    seen(&pages::QUOTE, scene, &survey.stray, "a quote stands inside a field that is not quoted as a whole")
}
