//! Pictures of distributions: the index of each column, and the histograms of those that are not stable.
//!
//! Bars lie, and names stand above them: names of columns and categories are longer than a narrow screen has room for
//! beside each other.

use maud::{Markup, html};
use plotters::prelude::{PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, TextStyle};

use super::super::chart::{Area, Chart, DRIFT, Drawn, INK, SAME, WIDTH, label};
use super::super::prose::{number, sum};
use super::{decimal, percent};
use crate::judge::figure::Drift;
use crate::relate::drift::{Bin, Column, Limits, MODERATE, Shift};
use crate::report::text::plural;

/// Columns whose index is drawn.
const INDICES_MAX: usize = 20;
/// Columns whose histograms are drawn.
const HISTOGRAMS_MAX: usize = 6;

/// Length of the longest bar, in CSS pixels.
const LONGEST: f64 = (WIDTH - 2) as f64;
/// Height of a name above its bars.
const NAME: i32 = 16;
/// Thickness of a bar.
const BAR: i32 = 8;
/// Air below the bars of a name.
const AIR: i32 = 8;
/// Width of what stands to the right of a name, and of the name.
const VALUE_ROOM: u32 = 112;
const NAME_ROOM: u32 = WIDTH - VALUE_ROOM;
/// Limits that lie closer together have no room for both numbers.
const LIMITS_APART: i32 = 46;
/// The axis of the index ends at this multiple of the limit: far behind it, nobody needs to compare lengths.
const AXIS_LIMITS: f64 = 4.0;

/// All pictures of a pair of tables. `id` is unique in the document.
pub(super) fn figures(drift: &Drift, order: &[&Column], id: &str) -> Markup {
    html! {
        (indices(drift, order, &format!("{id}-psi")))
        @for (place, column) in unstable(order).take(HISTOGRAMS_MAX).enumerate() {
            (histograms(column, &format!("{id}-bins-{place}")))
        }
    }
}

/// What the pictures do not show, in words.
pub(super) fn left_out(order: &[&Column]) -> Markup {
    let many = unstable(order).count().saturating_sub(HISTOGRAMS_MAX);
    html! {
        @if many > 0 {
            p.muted { "No histograms are shown of " (plural(many, "more column")) " that drifted or moved moderately." }
        }
    }
}

fn unstable<'a>(order: &[&'a Column]) -> impl Iterator<Item = &'a Column> {
    order.iter().copied().filter(|column| {
        matches!(column.shift, Shift::Drifted | Shift::Moderate)
            && column.bins.iter().any(|bin| bin.reference > 0 || bin.current > 0)
    })
}

fn indices(drift: &Drift, order: &[&Column], id: &str) -> Markup {
    let decided: Vec<&Column> =
        order.iter().copied().filter(|column| column.shift != Shift::NotDecided).collect();
    if decided.is_empty() {
        return html! {};
    }
    let shown = &decided[..decided.len().min(INDICES_MAX)];
    let passed = decided.iter().filter(|column| column.psi >= drift.limits.psi).count();
    let caption = html! {
        "The limit of " (number(drift.limits.psi)) " is reached by " (passed) " of " (plural(decided.len(), "decided column")) "."
        @if shown.len() < decided.len() { " The " (shown.len()) " worst are shown." }
    };
    let axis = Axis::of(&drift.limits, shown);
    let legend = if axis.moderate.is_some() {
        "Long marks: the limit. Short marks: where a shift becomes moderate. A bar with a point goes on beyond the picture."
    } else {
        "Marks: the limit. A bar with a point goes on beyond the picture."
    };
    let height = rows_height(shown.len(), 1) + NAME.unsigned_abs();
    let chart = Chart { id, title: "Population stability index (PSI)", legend, caption, height };
    chart.figure(|area| draw_indices(area, shown, &axis))
}

/// From 0 to `end`, with what is marked on it.
struct Axis {
    end: f64,
    limit: f64,
    moderate: Option<f64>,
}

impl Axis {
    fn of(limits: &Limits, columns: &[&Column]) -> Self {
        let limit = limits.psi.clamp(1e-3, 1e300);
        let most = columns.iter().map(|column| column.psi).fold(0.0, f64::max);
        let end = most.clamp(limit * 1.2, limit * AXIS_LIMITS);
        Self { end, limit, moderate: (limit > MODERATE).then_some(MODERATE) }
    }

    /// Where a value stands, in pixels from the left; values beyond the end stand there.
    fn at(&self, value: f64) -> i32 {
        pixels(value / self.end)
    }
}

/// A share of the longest bar, in pixels.
#[expect(clippy::cast_possible_truncation, reason = "a part of the width of a picture")]
fn pixels(share: f64) -> i32 {
    (share.clamp(0.0, 1.0) * LONGEST).round() as i32
}

/// The height of so many names with so many bars each.
fn rows_height(names: usize, bars: i32) -> u32 {
    u32::try_from(names).unwrap_or(0) * (NAME + bars * BAR + AIR).unsigned_abs()
}

fn draw_indices(area: &Area<'_>, columns: &[&Column], axis: &Axis) -> Drawn {
    let mut top = 0;
    for column in columns {
        let value = format!("{} {}", decimal(column.psi), column.shift.word());
        names(area, top, &column.name, value)?;
        let (upper, lower) = (top + NAME, top + NAME + BAR);
        let colour = if column.shift == Shift::Drifted { DRIFT } else { SAME };
        let end = axis.at(column.psi);
        if column.psi > axis.end {
            let middle = upper + BAR / 2;
            let shape = vec![(0, upper), (end - BAR, upper), (end, middle), (end - BAR, lower), (0, lower)];
            area.draw(&Polygon::new(shape, colour.filled()))?;
        } else {
            area.draw(&Rectangle::new([(0, upper), (end.max(1), lower)], colour.filled()))?;
        }
        if let Some(moderate) = axis.moderate {
            mark(area, axis.at(moderate), top, BAR / 2 - 1)?;
        }
        mark(area, axis.at(axis.limit), top, BAR / 2 + 2)?;
        top += NAME + BAR + AIR;
    }
    let below = label().pos(Pos::new(HPos::Center, VPos::Top));
    let limit = axis.at(axis.limit);
    area.draw(&Text::new(number(axis.limit), (limit, top), below.clone()))?;
    if let Some(moderate) = axis.moderate.map(|value| axis.at(value)).filter(|at| limit - at >= LIMITS_APART)
    {
        area.draw(&Text::new(number(MODERATE), (moderate, top), below))?;
    }
    Ok(())
}

/// A piece of a line through all rows: it stops short of the names.
fn mark(area: &Area<'_>, across: i32, top: i32, long: i32) -> Drawn {
    let middle = top + NAME + BAR / 2;
    let line = vec![(across, middle - long), (across, middle + long)];
    area.draw(&PathElement::new(line, INK.stroke_width(1)))?;
    Ok(())
}

/// A name on the left and a value on the right, above their bars.
fn names(area: &Area<'_>, top: i32, name: &str, value: String) -> Drawn {
    let right: TextStyle<'_> = label().pos(Pos::new(HPos::Right, VPos::Top));
    area.draw(&Text::new(fitting(name, NAME_ROOM), (0, top), label()))?;
    area.draw(&Text::new(value, (i32::try_from(WIDTH)?, top), right))?;
    Ok(())
}

/// As much of a text as surely has room, in pixels.
fn fitting(text: &str, room: u32) -> String {
    let width = |letter: char| match letter {
        'A'..='Z' | 'm' | 'w' | '%' | '@' => 10,
        ' '..='~' => 7,
        _ => 13,
    };
    if text.chars().map(width).sum::<u32>() <= room {
        return text.to_owned();
    }
    let mut left = room - width('…');
    let fits = |letter: &char| {
        let rest = left.checked_sub(width(*letter));
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

fn histograms(column: &Column, id: &str) -> Markup {
    let shares: Vec<Shares> = Shares::of(&column.bins);
    let apart = |shares: &&Shares| (shares.now - shares.before).abs();
    let mut most: Option<&Shares> = None;
    for one in &shares {
        if apart(&one) > most.as_ref().map_or(0.0, apart) {
            most = Some(one);
        }
    }
    let caption = html! {
        @match most {
            Some(most) => {
                @if most.now > most.before { "Grew most: " } @else { "Shrank most: " }
                q { (most.label) } ", from " (percent(most.before)) " of the rows to " (percent(most.now)) "."
            },
            None => { "All bins have the share of the rows that they had." },
        }
    };
    let title = format!("{}: {}", column.name, column.shift.word());
    let legend =
        "Hollow bars, above: the reference. Solid bars, below: now. The numbers are shares of the rows.";
    let chart = Chart { id, title: &title, legend, caption, height: rows_height(shares.len(), 2) };
    chart.figure(|area| draw_histograms(area, &shares))
}

/// A bin with its part of the rows of both sides.
struct Shares<'a> {
    label: &'a str,
    before: f64,
    now: f64,
}

impl<'a> Shares<'a> {
    #[expect(clippy::cast_precision_loss, reason = "lengths on a screen need few digits")]
    fn of(bins: &'a [Bin]) -> Vec<Self> {
        let all = [sum(bins.iter().map(|bin| bin.reference)), sum(bins.iter().map(|bin| bin.current))];
        let share = |rows: u64, all: u64| rows as f64 / all.max(1) as f64;
        bins.iter()
            .map(|bin| Self {
                label: &bin.label,
                before: share(bin.reference, all[0]),
                now: share(bin.current, all[1]),
            })
            .collect()
    }
}

fn draw_histograms(area: &Area<'_>, shares: &[Shares<'_>]) -> Drawn {
    let longest = shares.iter().map(|one| one.before.max(one.now)).fold(0.0, f64::max);
    let mut top = 0;
    for one in shares {
        names(area, top, one.label, format!("{} → {}", percent(one.before), percent(one.now)))?;
        let bar = |down: i32, share: f64| [(1, down), (pixels(share / longest).max(1), down + BAR - 1)];
        let (upper, lower) = (top + NAME, top + NAME + BAR + 1);
        area.draw(&Rectangle::new(bar(upper, one.before), INK.stroke_width(1)))?;

        area.draw(&Rectangle::new(bar(lower, one.now), SAME.filled()))?;
        top += NAME + 2 * BAR + AIR;
    }
    Ok(())
}
