//! Plans `variance`: the whole pipeline, once for each seed, and the same for a second pipeline.

use std::collections::{BTreeMap, BTreeSet};

use super::{Planner, Scenario, uses_knob};
use crate::case::{Case, Metric, MetricFrom, Variance as Wish};

/// See the module.
pub(super) struct Variance;

impl Planner for Variance {
    fn audit(&self) -> &'static str {
        "variance"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let Some(wish) = &case.audits.wishes.variance else {
            return Err("declare `seeds` and `metric` under `[audit.variance]`".to_owned());
        };
        let knob = knob(wish);
        if !case.stages.iter().any(|stage| uses_knob(stage, knob)) {
            return Err(format!("no command uses `{{{knob}}}`, so the seed cannot be changed"));
        }
        let seeds = || wish.seeds.iter().map(|seed| of_seed(wish, seed, None));
        let other = wish.against.as_ref();
        Ok(seeds()
            .chain(
                other.into_iter().flat_map(|dir| {
                    wish.seeds.iter().map(move |seed| of_seed(wish, seed, Some(dir.clone())))
                }),
            )
            .collect())
    }
}

/// The knob that holds the seed.
fn knob(wish: &Wish) -> &str {
    wish.knob.as_deref().unwrap_or("seed")
}

/// The pipeline, or the one in another folder, with one of the seeds.
#[must_use]
pub fn of_seed(wish: &Wish, seed: &str, dir: Option<std::path::PathBuf>) -> Scenario {
    Scenario {
        knobs: BTreeMap::from([(knob(wish).to_owned(), seed.to_owned())]),
        dir,
        wanted: outputs(&wish.metric),
        ..Scenario::default()
    }
}

/// The outputs that a metric needs.
pub(super) fn outputs(metric: &Metric) -> BTreeSet<String> {
    let output = match &metric.from {
        MetricFrom::Reported { output, .. } => output,
        MetricFrom::Computed { scoring, .. } => &scoring.predictions,
    };
    BTreeSet::from([output.clone()])
}
