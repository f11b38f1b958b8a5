//! Metrics: each of the baseline's, and those over seeds with their interval.

use maud::{Markup, html};
use plotters::prelude::{ChartBuilder, Circle, PathElement, Rectangle, Text};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::case::Shown;
use super::chart::{BELOW, Chart, DRIFT, Drawn, FAINT, HEIGHT, INK, LEFT, SAME, label, range, weak};
use super::prose::{number, wide};
use crate::judge::Figure;
use crate::judge::figure::{Metric, Seeds};

/// Dashes of a line.
const DASHES: u32 = 24;
/// Letters of seeds that have room under the axis.
const SEEDS_ROOM: usize = 28;

/// What the audits of a case measured.
pub(super) fn sections(shown: &Shown<'_>) -> Markup {
    let figures = || shown.case.verdicts.iter().flat_map(|verdict| &verdict.figures);
    let metrics: Vec<&Metric> = figures()
        .filter_map(|figure| match figure {
            Figure::Metric(metric) => Some(metric),
            Figure::Seeds(_) | Figure::Drift(_) => None,
        })
        .collect();
    let seeds: Vec<&Seeds> = figures()
        .filter_map(|figure| match figure {
            Figure::Seeds(seeds) => Some(seeds),
            Figure::Metric(_) | Figure::Drift(_) => None,
        })
        .collect();
    html! {
        @if !metrics.is_empty() { h4 { "Metrics" } (table(&metrics)) }
        @if !seeds.is_empty() {
            h4 { "Over seeds" }
            div.charts {
                @for (place, seeds) in seeds.iter().enumerate() {
                    (figure(seeds, &format!("case-{}-seeds-{place}", shown.number)))
                }
            }
        }
    }
}

fn table(metrics: &[&Metric]) -> Markup {
    let table = html! {
        table {
            caption { "Metrics of the baseline" }
            thead {
                tr {
                    th scope="col" { "metric" } th.number scope="col" { "value" } th.number scope="col" { "rows" }
                    th scope="col" { "of" }
                }
            }
            tbody {
                @for metric in metrics {
                    tr {
                        th scope="row" {
                            (metric.name)
                            @if let Some(averaging) = &metric.averaging { " (" (averaging) ")" }
                        }
                        td.number { (number(metric.value)) }
                        td.number { (metric.rows) }
                        td {
                            code { (metric.predictions) } " against " code { (metric.truth) }
                            @if let Some(group) = &metric.group { ", where " code { (group.column) } " is " code { (group.value) } }
                        }
                    }
                }
            }
        }
    };
    wide("Metrics of the baseline", &table)
}

fn figure(seeds: &Seeds, id: &str) -> Markup {
    let interval = seeds.interval;
    let percent = number(interval.confidence * 100.0);
    let caption = html! {
        (seeds.metric) " over " (seeds.values.len()) " seeds: mean " (number(seeds.mean)) ", standard deviation "
        (number(seeds.deviation)) ", " (percent) " % interval " (number(interval.low)) " to " (number(interval.high)) "."
        @if let Some(claim) = seeds.claim {
            " Claimed: " (number(claim)) ", "
            @if claim < interval.low { "below the interval" }
            @else if claim > interval.high { "above the interval" }
            @else { "inside the interval" }
            "; " (reached(seeds, claim)) " of the seeds " (if reached(seeds, claim) == 1 { "reaches" } else { "reach" }) " it."
        }
    };
    let numbers = seeds.values.iter().copied().chain([interval.low, interval.high]).chain(seeds.claim);
    let chart = Chart {
        id,
        title: &seeds.metric,
        legend: "Dots: seeds. Line: their mean. Band: its interval. Dashed: the claim, where there is one.",
        caption,
        height: HEIGHT,
    };
    // Numbers that no axis can show are told in words.
    let Some(axis) = range(numbers).filter(|_| !seeds.values.is_empty()) else {
        return html! { p { (chart.caption) } };
    };
    chart.figure(|area| plot(area, seeds, &axis))
}

/// How many seeds are as good as claimed: the mean of all and the best of them are different claims.
fn reached(seeds: &Seeds, claim: f64) -> usize {
    let good = |value: &&f64| if seeds.higher_is_better { **value >= claim } else { **value <= claim };
    seeds.values.iter().filter(good).count()
}

#[expect(clippy::cast_precision_loss, reason = "seeds are few")]
fn plot(area: &super::chart::Area<'_>, seeds: &Seeds, axis: &std::ops::Range<f64>) -> Drawn {
    let end = seeds.values.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(14)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(0.0..end, axis.clone())?;
    let few = seeds.seeds.iter().map(|seed| seed.chars().count() + 1).sum::<usize>() <= SEEDS_ROOM
        && seeds.seeds.len() == seeds.values.len();
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(weak(FAINT, 0.0))
        .bold_line_style(weak(FAINT, 0.6))
        .axis_style(INK)
        .label_style(label())
        .x_labels(0)
        .y_labels(5)
        .y_label_formatter(&|tick| number(*tick))
        .x_desc("seeds")
        .draw()?;
    if few {
        let style = label().pos(Pos::new(HPos::Center, VPos::Top));
        for (place, seed) in seeds.seeds.iter().enumerate() {
            let (across, down) = chart.backend_coord(&(place as f64 + 0.5, axis.start));
            area.draw(&Text::new(seed.clone(), (across, down + 6), style.clone()))?;
        }
    }
    let band = [(0.0, seeds.interval.low), (end, seeds.interval.high)];
    chart.draw_series([Rectangle::new(band, weak(SAME, 0.18).filled())])?;
    chart
        .draw_series([PathElement::new(vec![(0.0, seeds.mean), (end, seeds.mean)], SAME.stroke_width(2))])?;
    if let Some(claim) = seeds.claim {
        let dash = end / f64::from(DASHES);
        chart.draw_series((0..DASHES).step_by(2).map(|place| {
            let left = f64::from(place) * dash;
            PathElement::new(vec![(left, claim), (left + dash, claim)], DRIFT.stroke_width(2))
        }))?;
    }
    chart.draw_series(
        seeds
            .values
            .iter()
            .enumerate()
            .map(|(place, value)| Circle::new((place as f64 + 0.5, *value), 4, INK.filled())),
    )?;
    Ok(())
}
