//! Distributions: the columns of a table beside those of a reference, in words and numbers.

mod charts;

use maud::{Markup, html};

use super::case::Shown;
use super::prose::{count, number, prose, wide};
use crate::judge::Figure;
use crate::judge::figure::Drift;
use crate::relate::drift::{Column, Kind, Limits, MODERATE, Shift, worst_first};
use crate::report::text::plural;

/// What the columns of the table mean.
const SIGNS: &str = "By chance: what the index passes in one of ten thousand columns where nothing shifted. Test: D is the \
                     distance of Kolmogorov and Smirnov, χ² the statistic of chi-square and its degrees of freedom. p: \
                     after Holm's correction. JS: the Jensen-Shannon distance, from 0 to 1. KL: the Kullback-Leibler \
                     divergence of now from the reference, in nats. Mean: how far it moved. Nulls: their share before \
                     and now.";

/// All pairs of tables that a case compares.
pub(super) fn sections(shown: &Shown<'_>) -> Markup {
    let figures = shown.case.verdicts.iter().flat_map(|verdict| &verdict.figures);
    let drifts = figures.filter_map(|figure| match figure {
        Figure::Drift(drift) => Some(drift),
        Figure::Metric(_) | Figure::Seeds(_) => None,
    });
    html! {
        @for (place, drift) in drifts.enumerate() {
            (section(drift, &format!("case-{}-drift-{place}", shown.number)))
        }
    }
}

/// One pair of tables. `id` is unique in the document.
fn section(drift: &Drift, id: &str) -> Markup {
    let order = worst_first(&drift.columns);
    html! {
        h4 { "Distributions: " code { (drift.current) } " (now) against " code { (drift.reference) } " (reference)" }
        p { (answer(drift)) }
        p.muted { (limits(&drift.limits)) }
        (schema(drift))
        @if !order.is_empty() {
            (table(drift, &order))
            p.muted { (SIGNS) }
            div.charts { (charts::figures(drift, &order, id)) }
            (charts::left_out(&order))
        }
    }
}

/// How many columns drifted, and whether that is enough.
#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 columns")]
fn answer(drift: &Drift) -> Markup {
    let with = |shift: Shift| drift.columns.iter().filter(|column| column.shift == shift).count();
    let gone = drift.missing.len();
    let (drifted, open) = (with(Shift::Drifted) + gone, with(Shift::NotDecided));
    let decided = drift.columns.len() - open + gone;
    if decided == 0 {
        return html! { "None of " (plural(open, "column")) " could be decided." };
    }
    let part = drifted as f64 / decided as f64;
    let needed =
        if drift.share > 0.0 { format!("at least {}", percent(drift.share)) } else { "one".to_owned() };
    html! {
        (drifted) " of " (plural(decided, "column")) " drifted (" (percent(part))
        @if gone > 0 { ", counting " (gone) " that " (if gone == 1 { "is" } else { "are" }) " gone" }
        "); a finding needs " (needed) "."
        @if open > 0 { " Besides, " (plural(open, "column")) " could not be decided." }
    }
}

/// What counts as drift, in words.
fn limits(limits: &Limits) -> Markup {
    html! {
        "A column has drifted where its population stability index (PSI) is at least " (number(limits.psi))
        " and above what chance reaches, or where its mean moved by more than " (number(limits.sigma))
        " standard deviations (σ) of the reference; in both cases p must be below " (number(limits.level))
        " after Holm's correction over all columns."
        @if limits.psi > MODERATE { " From a PSI of " (number(MODERATE)) " on a shift is moderate." }
        " With fewer than " (count(limits.rows)) " values in the reference, or rows now, a column is not decided."
    }
}

/// Columns that one side lacks, and their order.
fn schema(drift: &Drift) -> Markup {
    let names = |names: &[String]| {
        html! { @for (place, name) in names.iter().enumerate() { @if place > 0 { ", " } code { (name) } } }
    };
    if drift.missing.is_empty() && drift.new.is_empty() && !drift.reordered {
        return html! {};
    }
    html! {
        dl.facts {
            @if !drift.missing.is_empty() { dt { "gone" } dd { (names(&drift.missing)) } }
            @if !drift.new.is_empty() { dt { "new" } dd { (names(&drift.new)) } }
            @if drift.reordered { dt { "order" } dd { "the columns stand in another order" } }
        }
    }
}

fn table(drift: &Drift, order: &[&Column]) -> Markup {
    let remarked = order.iter().any(|column| has_remarks(column));
    let name = format!("Columns of {} against {}, the worst first", drift.current, drift.reference);
    let table = html! {
        table.distributions {
            caption { "Columns, the worst first" }
            thead {
                tr {
                    th scope="col" { "column" } th scope="col" { "verdict" } th scope="col" { "kind" }
                    th.number scope="col" { "PSI" } th.number scope="col" { "by chance" } th.number scope="col" { "test" }
                    th.number scope="col" { "p" } th.number scope="col" { "JS" } th.number scope="col" { "KL" }
                    th.number scope="col" { "mean in σ" } th.number scope="col" { "nulls" }
                    @if remarked { th scope="col" { "remarks" } }
                }
            }
            tbody { @for column in order { (row(column, remarked)) } }
        }
    };
    wide(&name, &table)
}

fn row(column: &Column, remarked: bool) -> Markup {
    let (class, sign) = badge(column.shift);
    // Columns without a test are not corrected either.
    let tested = column.test.is_some() || column.missing_p.is_some();
    html! {
        tr {
            th scope="row" { (column.name) }
            td { span class={ "badge " (class) } { span aria-hidden="true" { (sign) } " " (column.shift.word()) } }
            td { (kind(column.kind)) }
            td.number { (decimal(column.psi)) }
            td.number { (decimal(column.chance)) }
            td.number { @if let Some(test) = &column.test { (test.statistic()) } @else { "none" } }
            td.number { @if tested { (probability(column.corrected)) } @else { "none" } }
            td.number { (decimal(column.js)) }
            td.number { (decimal(column.kl)) }
            td.number { (moved(column)) }
            td.number { (percent(column.reference.missing_share())) " → " (percent(column.current.missing_share())) }
            @if remarked { td { (remarks(column)) } }
        }
    }
}

/// The colour and the sign of a shift; signs differ in shape.
fn badge(shift: Shift) -> (&'static str, &'static str) {
    match shift {
        Shift::Drifted => ("drifted", "✗"),
        Shift::Moderate => ("inconclusive", "△"),
        Shift::Stable => ("held", "✓"),
        Shift::NotDecided => ("skipped", "?"),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "numbers",
        Kind::Category => "categories",
    }
}

/// How far the mean moved, and in which direction.
fn moved(column: &Column) -> String {
    let Some(means) = &column.means else { return "none".to_owned() };
    match means.sigmas {
        Some(sigmas) if means.current < means.reference => format!("−{}", decimal(sigmas)),
        Some(sigmas) => format!("+{}", decimal(sigmas)),
        None => "none".to_owned(),
    }
}

fn has_remarks(column: &Column) -> bool {
    column.why.is_some()
        || column.now_named.is_some()
        || column.new_count > 0
        || column.vanished_count > 0
        || column.reference.no_numbers > 0
        || column.current.no_numbers > 0
}

fn remarks(column: &Column) -> Markup {
    let (before, now) = (column.reference.no_numbers, column.current.no_numbers);
    html! {
        @if let Some(why) = &column.why { span.remark { (prose(why)) } }
        @if let Some(name) = &column.now_named { span.remark { "now named " code { (name) } } }
        @if column.new_count > 0 { span.remark { (count(column.new_count)) " new: " (labels(&column.new, column.new_count)) } }
        @if column.vanished_count > 0 {
            span.remark { (count(column.vanished_count)) " gone: " (labels(&column.vanished, column.vanished_count)) }
        }
        @if before > 0 || now > 0 {
            span.remark { "no numbers, and counted as null: " (count(before)) " cells before, " (count(now)) " now" }
        }
    }
}

/// Categories by name, as many as are known.
fn labels(bins: &[crate::relate::drift::Bin], all: u64) -> Markup {
    html! {
        @for (place, bin) in bins.iter().enumerate() { @if place > 0 { ", " } code { (bin.label) } }
        @if all > bins.len() as u64 { ", …" }
    }
}

/// Three decimals, where they say something.
fn decimal(value: f64) -> String {
    if value.abs() < 1e6 { format!("{value:.3}") } else { number(value) }
}

fn probability(p: f64) -> String {
    match p {
        0.001.. => format!("{p:.3}"),
        f64::MIN_POSITIVE..0.001 => format!("{p:.0e}"),
        _ => "< 1e-307".to_owned(),
    }
}

/// A share of 1 in percent.
fn percent(share: f64) -> String {
    let percent = (100.0 * share).min(f64::MAX);
    if percent < 1e6 { format!("{percent:.1} %") } else { format!("{} %", number(percent)) }
}
