//! Drift that people would rather look at: how far values lie apart, where they stand, and how they go together.

use std::collections::BTreeMap;

use maud::{Markup, html};
use plotters::prelude::{ChartBuilder, Circle, Cross, PathElement, Rectangle, Text};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::chart::{BELOW, Chart, DRIFT, Drawn, FAINT, HEIGHT, INK, LEFT, SAME, label, range, weak};
use super::prose::{count, number, short, sum};
use crate::relate::{Map, Picture};
use crate::report::text::plural;

/// Cells of a map that have the full colour's share: five steps can be told apart.
const STEPS: f64 = 5.0;
/// Columns that have room for their names under a map, and the letters of all of them together.
const COLUMNS_NAMED_BELOW: usize = 4;
const NAMES_ROOM: usize = 32;
/// Columns named in the words under a map.
const COLUMNS_NAMED: usize = 3;

/// All pictures of a difference. `id` is unique in the document.
pub(super) fn figures(picture: &Picture, id: &str) -> Markup {
    html! {
        div.charts {
            (histogram(&picture.ulps, &format!("{id}-ulps")))
            @if let Some(map) = &picture.map { (map_of(map, &format!("{id}-map"))) }
            (pairs(&picture.pairs, &format!("{id}-pairs")))
        }
    }
}

/// `2^k`, as a number where that is short.
fn power(exponent: usize) -> String {
    match u32::try_from(exponent) {
        Ok(small @ 0..17) => (1_u64 << small).to_string(),
        _ => format!("2^{exponent}"),
    }
}

/// The distances of bin `k`: `1 ULP`, `2 to 3 ULPs`, `2^20 to 2^21 ULPs`.
fn distances(bin: usize) -> String {
    match bin {
        0 => "1 ULP".to_owned(),
        1..16 => format!("{} to {} ULPs", 1_u64 << bin, (1_u64 << (bin + 1)) - 1),
        _ => format!("{} to {} ULPs", power(bin), power(bin + 1)),
    }
}

fn histogram(bins: &[u64], id: &str) -> Markup {
    let most = bins.iter().enumerate().max_by_key(|(place, many)| (**many, std::cmp::Reverse(*place)));
    let Some((mode, most)) = most.map(|(place, many)| (place, *many)).filter(|(_, many)| *many > 0) else {
        return html! {};
    };
    let all = sum(bins.iter().copied());
    let last = bins.iter().rposition(|many| *many > 0).unwrap_or(mode);
    let caption = html! {
        (count(all)) " floats differ, "
        @if most == all { "all by " (distances(mode)) "." }
        @else { (count(most)) " of them by " (distances(mode)) "; the farthest by " (distances(last)) "." }
    };
    let chart = Chart {
        id,
        title: "How far values lie apart",
        legend: "Across: distance in units in the last place (ULPs), doubling from bar to bar. Up: how many floats.",
        caption,
        height: HEIGHT,
    };
    chart.figure(|area| bars(area, bins, most))
}

#[expect(clippy::cast_precision_loss, reason = "heights on a screen need few digits")]
fn bars(area: &super::chart::Area<'_>, bins: &[u64], most: u64) -> Drawn {
    let top = most as f64 * 1.06;
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(14)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(0.0..bins.len() as f64, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(weak(FAINT, 0.0))
        .bold_line_style(weak(FAINT, 0.6))
        .axis_style(INK)
        .label_style(label())
        .x_labels(bins.len().clamp(2, 6))
        .y_labels(5)
        .x_label_formatter(&|bin| {
            whole(*bin).map(|bin| power(usize::try_from(bin).unwrap_or(0))).unwrap_or_default()
        })
        .y_label_formatter(&|many| whole(*many).map(count).unwrap_or_default())
        .x_desc("distance in ULPs")
        .draw()?;
    chart.draw_series(bins.iter().enumerate().filter(|(_, many)| **many > 0).map(|(bin, many)| {
        let left = bin as f64;
        Rectangle::new([(left + 0.06, 0.0), (left + 0.94, *many as f64)], DRIFT.filled())
    }))?;
    Ok(())
}

/// A tick that is a count.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ticks of counts are small and not negative"
)]
fn whole(tick: f64) -> Option<u64> {
    let near = tick.round();
    (near >= 0.0 && (tick - near).abs() < 1e-6).then_some(near as u64)
}

fn map_of(map: &Map, id: &str) -> Markup {
    let cells = || map.differing.iter().flatten().copied();
    let most = cells().max().unwrap_or(0);
    let wide = map.differing.iter().map(Vec::len).max().unwrap_or(0);
    if most == 0 {
        return html! {};
    }
    let all = sum(cells());
    let hit = map.differing.iter().filter(|line| line.iter().any(|many| *many > 0)).count();
    let caption = html! {
        (count(all)) " values differ, in " (hit) " of " (map.differing.len()) " bands of "
        @if map.lines_per_cell == 1 { "one row each" } @else { (count(map.lines_per_cell)) " rows" }
        ", counted from the top" (columns_hit(map, wide)) "."
    };
    let chart = Chart {
        id,
        title: "Where the differences stand",
        legend: "Seen from above, the first row on top. The stronger a cell, the more values differ in it.",
        caption,
        height: HEIGHT,
    };
    chart.figure(|area| grid(area, map, wide, most))
}

/// The columns that differ, by name where they have one.
fn columns_hit(map: &Map, wide: usize) -> String {
    let of_column = |column: usize| sum(map.differing.iter().filter_map(|line| line.get(column).copied()));
    let mut hit: Vec<(usize, u64)> =
        (0..wide).map(|column| (column, of_column(column))).filter(|(_, many)| *many > 0).collect();
    hit.sort_by_key(|(column, many)| (std::cmp::Reverse(*many), *column));
    let named: Vec<String> = hit
        .iter()
        .take(COLUMNS_NAMED)
        .filter_map(|(column, many)| Some(format!("{} ({})", map.columns.get(*column)?, count(*many))))
        .collect();
    let of = format!("; in {} of {wide} columns", hit.len());
    if named.is_empty() { of } else { format!("{of}, most in {}", named.join(", ")) }
}

#[expect(clippy::cast_precision_loss, reason = "places on a screen need few digits")]
fn grid(area: &super::chart::Area<'_>, map: &Map, wide: usize, most: u64) -> Drawn {
    let (lines, columns) = (map.differing.len() as f64, wide as f64);
    // Few columns are named; of many, some are counted.
    let named = map.columns.len() == wide && map.columns_per_cell == 1 && wide <= COLUMNS_NAMED_BELOW;
    // Rows run from top to bottom.
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(14)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(0.0..columns, lines..0.0)?;
    let row = |tick: &f64| {
        whole(*tick).map(|line| count(line.saturating_mul(map.lines_per_cell))).unwrap_or_default()
    };
    let column = |tick: &f64| {
        whole(*tick).map(|cell| count(cell.saturating_mul(map.columns_per_cell))).unwrap_or_default()
    };
    chart
        .configure_mesh()
        .disable_mesh()
        .axis_style(INK)
        .label_style(label())
        .x_labels(if named { 0 } else { wide.clamp(2, 6) })
        .y_labels(map.differing.len().clamp(2, 6))
        .x_label_formatter(&column)
        .y_label_formatter(&row)
        .x_desc("columns")
        .y_desc("rows")
        .draw()?;
    if named {
        let style = label().pos(Pos::new(HPos::Center, VPos::Top));
        for (column, name) in map.columns.iter().enumerate() {
            let (across, down) = chart.backend_coord(&(column as f64 + 0.5, lines));
            area.draw(&Text::new(short(name, NAMES_ROOM / wide), (across, down + 6), style.clone()))?;
        }
    }
    let cells = map.differing.iter().enumerate().flat_map(|(line, cells)| {
        cells
            .iter()
            .enumerate()
            .filter(|(_, many)| **many > 0)
            .map(move |(column, many)| (line, column, *many))
    });
    chart.draw_series(cells.map(|(line, column, many)| {
        let share = ((many as f64 / most as f64) * STEPS).ceil() / STEPS;
        let (left, top) = (column as f64, line as f64);
        Rectangle::new([(left, top), (left + 1.0, top + 1.0)], weak(DRIFT, 0.15 + 0.85 * share).filled())
    }))?;
    Ok(())
}

fn pairs(pairs: &[[f64; 2]], id: &str) -> Markup {
    let Some(axis) = range(pairs.iter().flatten().copied()) else { return html! {} };
    let equal = pairs.iter().filter(|[left, right]| left.to_bits() == right.to_bits()).count();
    let gap = |pair: &&[f64; 2]| (pair[1] - pair[0]).abs();
    let widest = pairs.iter().max_by(|left, right| gap(left).total_cmp(&gap(right)));
    let caption = html! {
        "Of " (plural(pairs.len(), "pair")) ", " (if equal == 0 { "none".to_owned() } else { equal.to_string() })
        (if equal == 1 { " is equal" } else { " are equal" })
        @if let Some([left, right]) = widest.filter(|pair| pair[0].to_bits() != pair[1].to_bits()) {
            @let digits = if number(*left) == number(*right) { exact } else { number };
            "; the widest gap: " (digits(*left)) " became " (digits(*right))
        }
        "."
    };
    let chart = Chart {
        id,
        title: "Baseline against now",
        legend: "Dots are equal, crosses differ; the line is where both are the same. An even sample of the finite numbers.",
        caption,
        height: WIDE_AS_HIGH,
    };
    chart.figure(|area| scatter(area, pairs, &axis))
}

/// A number with all of its digits: what rounds otherwise differs in the last ones.
fn exact(value: f64) -> String {
    format!("{value:?}")
}

/// Height that makes both axes about equally long.
const WIDE_AS_HIGH: u32 = 280;

fn scatter(area: &super::chart::Area<'_>, pairs: &[[f64; 2]], axis: &std::ops::Range<f64>) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(14)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(axis.clone(), axis.clone())?;
    chart
        .configure_mesh()
        .light_line_style(weak(FAINT, 0.0))
        .bold_line_style(weak(FAINT, 0.6))
        .axis_style(INK)
        .label_style(label())
        .x_labels(4)
        .y_labels(5)
        .x_label_formatter(&|tick| number(*tick))
        .y_label_formatter(&|tick| number(*tick))
        .x_desc("baseline")
        .y_desc("now")
        .draw()?;
    chart.draw_series([PathElement::new(vec![(axis.start, axis.start), (axis.end, axis.end)], INK)])?;
    let same = |pair: &[f64; 2]| pair[0].to_bits() == pair[1].to_bits();
    // What falls on the same spot is drawn once.
    let spots: BTreeMap<(i32, i32, bool), [f64; 2]> = pairs
        .iter()
        .map(|pair| {
            let (across, down) = chart.backend_coord(&(pair[0], pair[1]));
            ((across, down, same(pair)), *pair)
        })
        .collect();
    let dots = spots.values().filter(|pair| same(pair));
    chart.draw_series(dots.map(|pair| Circle::new((pair[0], pair[1]), 2, SAME.filled())))?;
    let crosses = spots.values().filter(|pair| !same(pair));
    chart.draw_series(crosses.map(|pair| Cross::new((pair[0], pair[1]), 3, DRIFT.stroke_width(1))))?;
    Ok(())
}
