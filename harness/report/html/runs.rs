//! The runs of one case: what each stage cost, and a timeline of its executions.

use maud::{Markup, html};

use super::case::Shown;
use super::prose::{mebibytes, prose, sum, time, wide};
use crate::report::text::plural;
use crate::report::{Execution, StageCost};

/// The costs and the timeline of a case; nothing where nothing was measured.
pub(super) fn section(shown: &Shown<'_>) -> Markup {
    let costs: Vec<&StageCost> =
        shown.measured.stages.iter().filter(|cost| cost.case == shown.case.name).collect();
    let own: Vec<&Execution> =
        shown.measured.executions.iter().filter(|one| one.case == shown.case.name).collect();
    if costs.is_empty() && own.is_empty() {
        return html! {};
    }
    html! {
        details {
            summary { "Measured: " (plural(own.len().max(executions(shown)), "execution")) ", " (time(sum(costs.iter().map(|cost| cost.wall_us)))) }
            (stages(shown, &costs))
            (timeline(shown, &own))
        }
    }
}

fn executions(shown: &Shown<'_>) -> usize {
    shown.case.executions.iter().map(|stage| stage.count).sum()
}

fn stages(shown: &Shown<'_>, costs: &[&StageCost]) -> Markup {
    if costs.is_empty() {
        return html! {};
    }
    let table = html! {
        table {
            caption { "What each stage of " (shown.case.name) " cost, all its executions together" }
            thead {
                tr {
                    th scope="col" { "stage" } th.number scope="col" { "wall time" } th.number scope="col" { "processor time" }
                    th.number scope="col" { "peak memory" }
                }
            }
            tbody {
                @for cost in costs {
                    tr {
                        th scope="row" { (cost.stage) }
                        td.number { (time(cost.wall_us)) }
                        td.number { (known(cost.cpu_us, time(cost.cpu_us))) }
                        td.number { (known(cost.peak_bytes, mebibytes(cost.peak_bytes))) }
                    }
                }
            }
        }
    };
    html! {
        (wide(&format!("Cost of the stages of {}", shown.case.name), &table))
        @for cost in costs.iter().filter(|cost| cost.left_running > 0) {
            p { "Stage " (cost.stage) ": " (cost.left_running) " processes" " that outlived the program were ended." }
        }
    }
}

/// What was not measured is no zero.
fn known(value: u64, text: String) -> String {
    if value == 0 { "not measured".to_owned() } else { text }
}

fn timeline(shown: &Shown<'_>, own: &[&Execution]) -> Markup {
    let (Some(begin), Some(end)) = (
        own.iter().map(|one| one.began_us).min(),
        own.iter().map(|one| one.began_us.saturating_add(one.wall_us)).max(),
    ) else {
        return html! {};
    };
    let table = html! {
        table.timeline {
            caption { "Timeline of " (shown.case.name) ": bars from the begin of its first execution to the end of its last, " (time(end - begin)) " in all" }
            thead {
                tr {
                    th scope="col" { "stage" } th scope="col" { "what was changed" } th.when scope="col" { "when" }
                    th.number scope="col" { "wall" } th.number scope="col" { "CPU" } th.number scope="col" { "memory" }
                }
            }
            tbody {
                @for one in own {
                    tr {
                        th scope="row" { (one.stage) }
                        td { (prose(&one.change)) @if one.end != "finished" { " " strong { "(" (one.end) ")" } } }
                        td.when { (bar(one, begin, end)) }
                        td.number { (time(one.wall_us)) }
                        td.number { (share(one)) }
                        td.number { (mebibytes(one.peak_bytes)) }
                    }
                }
            }
        }
    };
    wide(&format!("Timeline of {}", shown.case.name), &table)
}

/// How busy a program kept processors: 200 % are two.
fn share(one: &Execution) -> String {
    one.cpu_us
        .saturating_mul(100)
        .checked_div(one.wall_us)
        .map_or_else(String::new, |percent| format!("{percent} %"))
}

/// A bar of CSS, for the eye; begin and length stand in the row as numbers.
fn bar(one: &Execution, begin: u64, end: u64) -> Markup {
    let whole = (end - begin).max(1);
    let permille = |part: u64| part.saturating_mul(1000) / whole;
    let (left, width) = (permille(one.began_us - begin), permille(one.wall_us).max(5));
    let style = format!("left:{}.{}%;width:{}.{}%", left / 10, left % 10, width / 10, width % 10);
    html! { span.bar { span style=(style) {} } span.unseen { "from " (time(one.began_us - begin)) } }
}
