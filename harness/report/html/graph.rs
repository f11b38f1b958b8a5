//! A pipeline as a graph: data, stages and artifacts from top to bottom, each a row, with lines between them at the left.
//!
//! Names stand beside the lines and not in boxes: so every pipeline fits a narrow screen. A row's line keeps its lane until
//! the last row that reads it.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::case::Shown;
use super::overview::TO_SEE;
use super::prose::{short, sign};
use super::stages;
use crate::judge::{Finding, Status, Verdict};
use crate::report::pipeline::{Pipeline, StageNode};
use crate::report::text::plural;

/// Width of the drawing, in CSS pixels: what a screen of 360 leaves.
const WIDTH: usize = 312;
/// Between two lanes.
const LANE: usize = 18;
/// Of the first lane.
const MARGIN: usize = 12;
/// From row to row.
const ROW: usize = 50;
/// Width of a letter of 13 pixels, on the safe side: fonts differ.
const LETTER: usize = 8;
/// The same of a bold one.
const BOLD: usize = 9;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Stage,
    Artifact,
}

/// A row of the drawing.
#[derive(Debug)]
pub(super) struct Row<'a> {
    kind: Kind,
    name: &'a str,
    /// What it is, in few words.
    about: String,
    /// What was found at it.
    found: Option<Found>,
    /// The rows that it reads, all above it.
    reads: Vec<usize>,
}

/// What was found at a row: factors, or audits where nothing was varied, each with the sign of its verdict.
#[derive(Debug)]
struct Found {
    /// The worst of the verdicts.
    status: Status,
    words: String,
}

impl Found {
    fn of<'a>(verdicts: impl Iterator<Item = &'a Verdict>, at: &dyn Fn(&Finding) -> bool) -> Option<Self> {
        let mut groups: Vec<(Status, Vec<&str>)> = Vec::new();
        for verdict in verdicts {
            for finding in verdict.findings.iter().filter(|finding| at(finding)) {
                let audit = finding.factors.is_empty().then_some(&verdict.audit);
                let new = finding.factors.iter().chain(audit).map(String::as_str);
                match groups.iter_mut().find(|(status, _)| *status == verdict.status) {
                    Some((_, known)) => known.extend(new),
                    None => groups.push((verdict.status, new.collect())),
                }
            }
        }
        // The worst first: it stays where a line is cut.
        groups.sort_by_key(|(status, _)| TO_SEE.iter().position(|one| one == status).unwrap_or(TO_SEE.len()));
        let words = groups.iter_mut().map(|(status, names)| {
            let mut told = BTreeSet::new();
            names.retain(|name| told.insert(*name));
            format!("{} {}", sign(*status), names.join(", "))
        });
        let words: Vec<String> = words.collect();
        Some(Self { status: groups.first()?.0, words: words.join("; ") })
    }
}

/// The graph of a case's pipeline, with what was found written at it.
pub(super) fn section(shown: &Shown<'_>) -> Markup {
    let Some(pipeline) = &shown.case.pipeline else { return html! {} };
    let rows = rows(shown, pipeline);
    html! {
        h4 { "Pipeline" }
        div.flow {
            figure.graph {
                (drawing(&rows, shown.number))
                figcaption.muted { "Circle: data. Square: stage. Diamond: artifact. Where something was found, the sign of its verdict stands before it; drift is crossed out, too." }
            }
            (stages::table(shown, pipeline, &rows))
        }
    }
}

fn rows<'a>(shown: &Shown<'a>, pipeline: &'a Pipeline) -> Vec<Row<'a>> {
    let found = |at: &dyn Fn(&Finding) -> bool| Found::of(shown.case.verdicts.iter(), at);
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut place: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for stage in &pipeline.stages {
        let mut reads = Vec::new();
        for name in &stage.data {
            // Data stands above the first stage that reads it.
            let at = *place.entry((true, name)).or_insert_with(|| {
                rows.push(Row {
                    kind: Kind::Data,
                    name,
                    about: about_data(pipeline, name),
                    found: None,
                    reads: vec![],
                });
                rows.len() - 1
            });
            reads.push(at);
        }
        reads.extend(stage.inputs.iter().filter_map(|name| place.get(&(false, name.as_str()))));
        rows.push(Row {
            kind: Kind::Stage,
            name: &stage.name,
            about: about_stage(shown, stage),
            found: found(&|finding| finding.stage == stage.name),
            reads,
        });
        let at = rows.len() - 1;
        for output in &stage.outputs {
            place.insert((false, &output.name), rows.len());
            rows.push(Row {
                kind: Kind::Artifact,
                name: &output.name,
                about: format!("{}, {}", output.role, output.format),
                found: found(&|finding| finding.artifact.as_ref() == Some(&output.name)),
                reads: vec![at],
            });
        }
    }
    rows
}

fn about_data(pipeline: &Pipeline, name: &str) -> String {
    let Some(data) = pipeline.data.iter().find(|data| data.name == name) else { return "data".to_owned() };
    let held_out = if data.held_out { ", held out" } else { "" };
    format!("data, {}{held_out}", data.format)
}

fn about_stage(shown: &Shown<'_>, stage: &StageNode) -> String {
    let count = shown.case.executions.iter().find(|one| one.stage == stage.name).map_or(0, |one| one.count);
    format!("stage, {}", plural(count, "execution"))
}

/// The lane of each row, from 0.
fn lanes(rows: &[Row<'_>]) -> Vec<usize> {
    let last =
        |row: usize| (row..rows.len()).rev().find(|later| rows[*later].reads.contains(&row)).unwrap_or(row);
    let mut free_from: Vec<usize> = Vec::new();
    let mut lanes = Vec::new();
    for row in 0..rows.len() {
        // A row may go on in the lane of one that it is the last to read.
        let lane = free_from.iter().position(|until| *until <= row).unwrap_or(free_from.len());
        if lane == free_from.len() {
            free_from.push(0);
        }
        free_from[lane] = last(row).max(row + 1);
        lanes.push(lane);
    }
    lanes
}

fn drawing(rows: &[Row<'_>], number: usize) -> Markup {
    let lanes = lanes(rows);
    let text_at = MARGIN + (lanes.iter().copied().max().unwrap_or(0) + 1) * LANE + 4;
    let height = rows.len() * ROW;
    let (title, about) = (format!("graph-{number}-title"), format!("graph-{number}-about"));
    html! {
        svg role="img" aria-labelledby=(title) aria-describedby=(about) width=(WIDTH) height=(height)
            viewBox=(format!("0 0 {WIDTH} {height}")) {
            title id=(title) { "The pipeline" }
            desc id=(about) { (told(rows)) }
            @for (place, row) in rows.iter().enumerate() {
                @for read in &row.reads { path.edge d=(edge(&lanes, *read, place)) {} }
            }
            @for (place, row) in rows.iter().enumerate() { (node(row, x(lanes[place]), y(place), text_at)) }
        }
    }
}

fn x(lane: usize) -> usize {
    MARGIN + lane * LANE
}

fn y(row: usize) -> usize {
    row * ROW + 18
}

/// Down the lane of the row that is read, then over to the one that reads.
fn edge(lanes: &[usize], from: usize, to: usize) -> String {
    let (left, right, top, bottom) = (x(lanes[from]), x(lanes[to]), y(from), y(to));
    let turn = bottom - ROW / 2;
    let middle = usize::midpoint(turn, bottom);
    format!("M{left} {top}V{turn}C{left} {middle} {right} {middle} {right} {bottom}")
}

fn node(row: &Row<'_>, x: usize, y: usize, text_at: usize) -> Markup {
    let (room, bold) = ((WIDTH - text_at) / LETTER, (WIDTH - text_at) / BOLD);
    html! {
            @match row.kind {
                Kind::Data => circle.node.data cx=(x) cy=(y) r="6" {},
                Kind::Stage => rect.node.stage x=(x - 7) y=(y - 7) width="14" height="14" rx="2" {},
                Kind::Artifact => path.node.artifact d=(format!("M{x} {}l7 7l-7 7l-7 -7z", y - 7)) {},
            }
            @if row.found.as_ref().is_some_and(|found| found.status == Status::Drifted) {
                path.cross d=(format!("M{} {}l8 8m0 -8l-8 8", x - 4, y - 4)) {}
            }
            text x=(text_at) y=(y - 1) { tspan.name { (short(row.name, bold)) } }
            text.about x=(text_at) y=(y + 15) {
                @match &row.found {
    Some(found) => tspan.found.(found.status.word()) { (short(&found.words, bold)) },
                    None => (short(&row.about, room)),
                }
            }
        }
}

/// The graph in words.
fn told(rows: &[Row<'_>]) -> String {
    let line = |row: &Row<'_>| {
        let reads: Vec<&str> = row.reads.iter().map(|read| rows[*read].name).collect();
        let from = if reads.is_empty() { String::new() } else { format!(", from {}", reads.join(" and ")) };
        let found = row.found.as_ref().map(|found| format!("; found: {}", found.words)).unwrap_or_default();
        format!("{} ({}{from}{found})", row.name, row.about)
    };
    rows.iter().map(line).collect::<Vec<_>>().join(". ")
}

/// What was found at a row, in full.
pub(super) fn found<'a>(rows: &'a [Row<'_>], kind: Kind, name: &str) -> Option<&'a str> {
    let row = rows.iter().find(|row| row.kind == kind && row.name == name)?;
    row.found.as_ref().map(|found| found.words.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(reads: &[usize]) -> Row<'static> {
        Row { kind: Kind::Stage, name: "x", about: String::new(), found: None, reads: reads.to_vec() }
    }

    #[test]
    fn no_lane_is_used_by_two_rows_at_a_time() {
        // Two sources; the second is read by the third row, the first by the fifth.
        let rows = [row(&[]), row(&[]), row(&[1]), row(&[2]), row(&[0, 3]), row(&[4])];
        assert_eq!(lanes(&rows), [0, 1, 1, 1, 0, 0]);
    }
}
