//! Judges `metrics`: floors, the majority, and what the program reports against what we recompute.

use super::figure::Figure;
use super::measured;
use super::scored::{self, Rows};
use super::walked::{found, inconclusive, told, unrepeatable};
use super::{Cause, Error, Finding, Judge, Status, Verdict, View, verdict};
use crate::artifact::column;
use crate::case::Metrics as Wish;
use crate::relate::{Class, Place, metric};

const AUDIT: &str = "metrics";

/// A reported number may be rounded, but to four significant digits it must be ours.
const REPORTED_RELATIVE_MAX: f64 = 5e-4;

/// See the module.
pub(super) struct Metrics;

impl Judge for Metrics {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let Some(wish) = &view.case.audits.wishes.metrics else {
            return Ok(inconclusive(AUDIT, "nothing is declared".to_owned(), Cause::NothingVaried));
        };
        let producer = view.case.producer(&wish.scoring.predictions).map(|stage| stage.name.as_str());
        if let Some(stage) = producer.filter(|stage| view.is_unrepeatable(stage)) {
            return Ok(unrepeatable(AUDIT, stage));
        }
        let rows = match scored::rows(view, None, &wish.scoring)? {
            Ok(rows) if rows.truth.is_empty() => Err("no row has both a truth and a prediction".to_owned()),
            other => other,
        };
        match rows {
            Ok(rows) => Bench { view, wish, rows }.judge(),
            Err(why) => Ok(inconclusive(AUDIT, why, Cause::NothingVaried)),
        }
    }
}

struct Bench<'a> {
    view: &'a View<'a>,
    wish: &'a Wish,
    rows: Rows,
}

impl Bench<'_> {
    fn judge(&self) -> Result<Verdict, Error> {
        let mut findings = Vec::new();
        let mut said = Vec::new();
        for (name, floor) in &self.wish.floors {
            match scored::compute(name, &self.rows, self.positive()) {
                Ok(value) if misses(name, value, *floor) => {
                    findings.push(self.missed(name, value, *floor));
                }
                Ok(value) => said.push(format!("{name} {value:.4} (floor {floor})")),
                Err(why) => return Ok(inconclusive(AUDIT, why, Cause::NothingVaried)),
            }
        }
        findings.extend(self.majority());
        match self.reported()? {
            Ok(more) => findings.extend(more),
            Err(why) => return Ok(inconclusive(AUDIT, why, Cause::NothingVaried)),
        }
        let mut verdict = if findings.is_empty() {
            verdict(AUDIT, Status::Held, held(&said))
        } else {
            let notes = findings.iter().filter_map(|finding| finding.difference.as_ref()?.note.clone());
            verdict(AUDIT, Status::Drifted, notes.collect::<Vec<_>>().join("; "))
        };
        verdict.findings = findings;
        verdict.notes = self.classes();
        let measured = measured::all(self.wish, &self.rows);
        verdict.figures = measured.figures.into_iter().map(Figure::Metric).collect();
        verdict.not_checked.extend(measured.not_measured);
        Ok(verdict)
    }

    fn positive(&self) -> Option<&str> {
        self.wish.scoring.positive.as_deref()
    }

    fn finding(&self, word: &'static str, note: String) -> Finding {
        let difference = told(Class::Values, Some(Place::Whole), note);
        found(self.view, AUDIT, &self.wish.scoring.predictions, &[word], difference)
    }

    fn missed(&self, name: &str, value: f64, floor: f64) -> Finding {
        let kind =
            metric::averaging(name, self.positive()).map(|kind| format!(" ({kind})")).unwrap_or_default();
        let (verb, bound) = if metric::higher_is_better(name).unwrap_or(true) {
            ("is below", "floor")
        } else {
            ("is above", "ceiling")
        };
        let rows = self.rows.truth.len();
        let note = format!("{name}{kind} {value:.4} over {rows} rows {verb} its {bound} {floor}");
        self.finding("floor", note)
    }

    /// A classifier that is no better than naming one class always; numbers that are no better than their mean.
    fn majority(&self) -> Option<Finding> {
        let numbers = self.wish.floors.keys().any(|name| metric::is_regression(name));
        let name = if numbers { "rmse" } else { "accuracy" };
        let reached = scored::compute(name, &self.rows, None).ok()?;
        let idle = metric::baseline(name, &self.rows.truth, None).ok()?;
        let better = if numbers { reached < idle } else { reached > idle };
        // With one class in the truth nothing can beat the majority.
        if better || (!numbers && metric::classes(&self.rows.truth).len() < 2) {
            return None;
        }
        let what = if numbers { "always naming the mean" } else { "always naming the most frequent class" };
        Some(self.finding("majority", format!("{name} {reached:.4} is no better than {what} ({idle:.4})")))
    }

    /// Numbers of the program that are not what their name says.
    fn reported(&self) -> Result<Result<Vec<Finding>, String>, Error> {
        let Some(reported) = &self.wish.reported else { return Ok(Ok(Vec::new())) };
        let Some(artifact) = self.view.baseline(&reported.output) else {
            return Ok(Err(format!("there is no `{}`", reported.output)));
        };
        let mut findings = Vec::new();
        for (name, pointer) in &reported.pointers {
            let claimed = match column::number_at(&artifact, pointer) {
                Ok(claimed) => claimed,
                Err(error) if error.is_malformed() => return Ok(Err(error.to_string())),
                Err(error) => return Err(Error::Artifact(error)),
            };
            let computed = match scored::compute(name, &self.rows, self.positive()) {
                Ok(computed) => computed,
                Err(why) => return Ok(Err(why)),
            };
            // NaN agrees with nothing.
            if (claimed - computed).abs() <= REPORTED_RELATIVE_MAX * computed.abs().max(f64::MIN_POSITIVE) {
                continue;
            }
            findings.push(self.other_number(name, pointer, claimed, computed));
        }
        Ok(Ok(findings))
    }

    fn other_number(&self, name: &str, pointer: &str, claimed: f64, computed: f64) -> Finding {
        let kind =
            metric::averaging(name, self.positive()).map(|kind| format!(" ({kind})")).unwrap_or_default();
        let note = format!("`{pointer}` says {claimed}, but {name}{kind} is {computed:.6}");
        let place = Place::Pointer { line: None, pointer: pointer.to_owned() };
        let output = self.wish.reported.as_ref().map(|reported| reported.output.clone()).unwrap_or_default();
        found(self.view, AUDIT, &output, &["reported"], told(Class::Values, Some(place), note))
    }

    /// Precision and recall of each class, where there are few: what one number hides.
    fn classes(&self) -> Vec<String> {
        let numbers = self.wish.floors.keys().any(|name| metric::is_regression(name));
        let Ok(classes) = metric::per_class(&self.rows.truth, &self.rows.predicted) else {
            return Vec::new();
        };
        if numbers || classes.len() > 10 {
            return Vec::new();
        }
        let shown = |value: Option<f64>| value.map_or("undefined".to_owned(), |value| format!("{value:.3}"));
        let line = |class: &metric::ClassReport| {
            format!(
                "class {}: {} rows, precision {}, recall {}, F1 {:.3}",
                class.class,
                class.support,
                shown(class.precision),
                shown(class.recall),
                class.f1
            )
        };
        classes.iter().map(line).collect()
    }
}

/// Whether a value is on the wrong side of its floor, or ceiling.
fn misses(name: &str, value: f64, floor: f64) -> bool {
    if metric::higher_is_better(name).unwrap_or(true) { value < floor } else { value > floor }
}

fn held(said: &[String]) -> String {
    if said.is_empty() {
        "better than the majority; no floor is declared".to_owned()
    } else {
        said.join(", ")
    }
}
