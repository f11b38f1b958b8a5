//! What was measured in the session: how its programs ran beside each other, and the adapters.

use maud::{Markup, html};
use plotters::prelude::{ChartBuilder, Rectangle};
use plotters::style::Color as _;

use super::chart::{Area, BELOW, Chart, Drawn, INK, LEFT, SAME, label, weak};
use super::prose::{mebibytes, number, sum, time};
use crate::report::text::plural;
use crate::report::{AdapterUse, Execution, Measured, Report};

/// Height of a lane of the session's timeline.
const LANE: u32 = 22;

/// Whether anything was measured.
pub(super) fn is_there(measured: &Measured) -> bool {
    !(measured.stages.is_empty() && measured.executions.is_empty() && measured.adapters.is_empty())
}

/// The session's part.
pub(super) fn section(report: &Report) -> Markup {
    let measured = &report.measured;
    if !is_there(measured) {
        return html! {};
    }
    let wall = sum(measured.stages.iter().map(|stage| stage.wall_us));
    let peak = measured.stages.iter().map(|stage| stage.peak_bytes).max().unwrap_or(0);
    html! {
        section #measured aria-labelledby="measured-title" {
            h2 #measured-title { "Measured" }
            p.muted { "These numbers differ from session to session." }
            dl.facts {
                dt { "programs ran" } dd { (time(wall)) " together, in " (plural(report.cases.len(), "case")) }
                @if peak > 0 { dt { "peak memory" } dd { (mebibytes(peak)) " in one program" } }
                dt { "canaries" } dd { (proofs(report)) }
            }
            (lanes_figure(&measured.executions))
            @for used in &measured.adapters { (adapter(used)) }
        }
    }
}

/// When the audits were last proved able to fail.
fn proofs(report: &Report) -> String {
    let known = &report.measured.canaries;
    match report.cases.iter().map(|case| known.get(&case.name)).min().flatten() {
        Some(day) => format!("the audits were last proved able to fail on {day}"),
        None if report.cases.len() == 1 => "not tried".to_owned(),
        None => "not tried for all of these cases".to_owned(),
    }
}

/// The lane of each execution: the first one that is free when it begins.
fn lanes(executions: &[Execution]) -> Vec<usize> {
    let mut free_from: Vec<u64> = Vec::new();
    let place = |one: &Execution| {
        let lane = free_from.iter().position(|end| *end <= one.began_us).unwrap_or(free_from.len());
        if lane == free_from.len() {
            free_from.push(0);
        }
        free_from[lane] = one.began_us.saturating_add(one.wall_us);
        lane
    };
    executions.iter().map(place).collect()
}

fn lanes_figure(executions: &[Execution]) -> Markup {
    let Some(end) =
        executions.iter().map(|one| one.began_us.saturating_add(one.wall_us)).max().filter(|end| *end > 0)
    else {
        return html! {};
    };
    let lanes = lanes(executions);
    let most = lanes.iter().max().map_or(1, |lane| lane + 1);
    let busy = sum(executions.iter().map(|one| one.cpu_us));
    let share = busy.saturating_mul(100) / end;
    let chart = Chart {
        id: "session-timeline",
        title: "How the session ran",
        legend: "Each bar is an execution; lanes ran beside each other. The stronger a bar, the busier it kept a processor.",
        caption: html! {
            (plural(executions.len(), "execution")) " in " (time(end)) ", at most " (most)
            " at the same time; processors were busy with them for " (time(busy)) ", " (share) " % of one."
        },
        height: BELOW + 20 + LANE * u32::try_from(most).unwrap_or(1).min(40),
    };
    html! {
        h3 { "Timeline" }
        div.charts { (chart.figure(|area| draw(area, executions, &lanes, most, end))) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "places on a screen need few digits")]
fn draw(area: &Area<'_>, executions: &[Execution], lanes: &[usize], most: usize, end: u64) -> Drawn {
    let end = end as f64 / 1e6;
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(18)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT / 3)
        .build_cartesian_2d(0.0..end, most as f64..0.0)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .axis_style(INK)
        .label_style(label())
        .x_labels(5)
        .y_labels(0)
        .x_label_formatter(&|tick| number(*tick))
        .x_desc("seconds")
        .draw()?;
    chart.draw_series(executions.iter().zip(lanes).map(|(one, lane)| {
        let (from, wall) = (one.began_us as f64 / 1e6, one.wall_us as f64 / 1e6);
        let busy = (one.cpu_us as f64 / one.wall_us.max(1) as f64).clamp(0.2, 1.0);
        let top = *lane as f64;
        let bar = [(from, top + 0.15), (from + wall.max(end / 400.0), top + 0.85)];
        Rectangle::new(bar, weak(SAME, (busy * 5.0).round() / 5.0).filled())
    }))?;
    Ok(())
}

fn adapter(used: &AdapterUse) -> Markup {
    let AdapterUse { adapter, settings, cases } = used;
    html! {
        h3 { "Adapter " (adapter.name) }
        dl.facts {
            dt { "backend" } dd { (adapter.backend) ", " (adapter.device_type) }
            dt { "driver" } dd { (adapter.driver) " " (adapter.driver_info) }
            dt { "numbers" } dd { code { (format!("{:04x}:{:04x}", adapter.vendor, adapter.device)) } }
            @if let Some([small, large]) = adapter.subgroup_sizes { dt { "subgroups" } dd { (small) " to " (large) } }
            @if !settings.is_empty() { dt { "also with" } dd { (settings.iter().cloned().collect::<Vec<_>>().join(", ")) } }
            dt { "cases" } dd { (cases.join(", ")) }
        }
        details {
            summary { "Features and limits of " (adapter.name) }
            dl.facts {
                dt { "features" } dd { @if adapter.features.is_empty() { "none of interest" } @else { (adapter.features.join(", ")) } }
                @for (name, value) in &adapter.limits { dt { (name) } dd { (value) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_that_overlap_stand_in_different_lanes() {
        let one = |began_us, wall_us| Execution {
            case: "c".to_owned(),
            stage: "s".to_owned(),
            change: "baseline".to_owned(),
            began_us,
            wall_us,
            cpu_us: 0,
            peak_bytes: 0,
            end: "finished".to_owned(),
        };
        assert_eq!(lanes(&[one(0, 10), one(5, 10), one(10, 5), one(12, 1), one(15, 1)]), [0, 1, 0, 2, 0]);
    }
}
