//! Which executions the audits ask for. Pure: the same case gives the same plan on every machine of one kind.
//!
//! A stage is audited on the baseline's inputs, so a drift is blamed on the stage that causes it and not on those that
//! inherit it; stages whose outputs all hold compose to a pipeline that holds.

pub mod inquiry;
pub mod kernel;
pub mod scenario;
pub mod search;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::audit::{AUDITS, Audit, Change, Subject};
use crate::case::{Case, Part, Stage};
use crate::vary::{self, Conditions, FACTORS, Factor, Kind};

pub use inquiry::{Answers, Question, next};
pub use kernel::KernelPlan;
pub use scenario::Scenario;

/// What is to be run for one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The case's name.
    pub case: String,
    /// Names of the audits that will be judged.
    pub audits: Vec<&'static str>,
    /// Audits switched off in the case file: name and reason.
    pub off: Vec<(&'static str, String)>,
    /// Whether audits were asked for by name, so that one that does not apply is told as skipped.
    pub by_name: bool,
    /// Audits that do not apply, each with what would have to be declared.
    pub not_asked: Vec<(&'static str, String)>,
    /// One entry per stage, in dependency order.
    pub stages: Vec<StagePlan>,
    /// What the audits of data and models walk first, by audit; more only on drift.
    pub scenarios: Vec<(&'static str, Vec<Scenario>)>,
    /// Factors that are not varied, or only in part, each with the reason: the honest half of the report.
    pub not_varied: Vec<(&'static str, String)>,
    /// What else is not checked, in sentences that say what to declare.
    pub not_checked: Vec<String>,
    /// What is run of a kernel, where the case is one.
    pub kernel: Option<KernelPlan>,
}

/// What is to be run for one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePlan {
    /// The stage's name.
    pub stage: String,
    /// Factors varied all at once, in registry order.
    pub factors: Vec<&'static str>,
    /// Factors whose drift the user tolerates: varied together in a run of their own.
    pub tolerated: Vec<&'static str>,
    /// Whether a second pinned run is asked for even if everything varied gives the same bits.
    pub repeat: RepeatWish,
    /// The seed knob and its other value, where the stage uses it.
    pub seed: Option<(String, String)>,
}

/// How often the pinned run is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatWish {
    /// Not at all, unless drift must be explained.
    None,
    /// Once, unless the joint run gives the same bits, which shows more.
    Implied,
    /// So many pinned runs in all.
    Runs(u32),
}

/// Narrows a plan to what a user asked for on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Audits to judge; all where empty.
    pub audits: BTreeSet<String>,
    /// Factors to vary; all where empty.
    pub factors: BTreeSet<String>,
    /// The number of the only schedule that kernels are run with besides the usual one.
    pub schedule: Option<u64>,
}

impl Selection {
    fn wants_audit(&self, name: &str) -> bool {
        self.audits.is_empty() || self.audits.contains(name)
    }

    fn wants_factor(&self, name: &str) -> bool {
        self.factors.is_empty() || self.factors.contains(name)
    }
}

/// Plans one case.
#[must_use]
pub fn plan(case: &Case, selection: &Selection) -> Plan {
    let off: Vec<_> = AUDITS
        .iter()
        .filter(|audit| selection.wants_audit(audit.name()))
        .filter_map(|audit| Some((audit.name(), case.audits.off(audit.name())?.to_owned())))
        .collect();
    let audits: Vec<&dyn Audit> = AUDITS
        .iter()
        .copied()
        .filter(|audit| selection.wants_audit(audit.name()) && case.audits.off(audit.name()).is_none())
        .collect();
    let fits = |audit: &&dyn Audit| audit.subject().fits(case.kernel.is_some());
    let (audits, strange): (Vec<_>, Vec<_>) = audits.into_iter().partition(fits);
    let (scenarios, mut not_asked) = scenarios(case, &audits);
    if let Some(kernel) = &case.kernel {
        not_asked
            .extend(audits.iter().filter_map(|audit| Some((audit.name(), kernel::lacks(kernel, *audit)?))));
    }
    // Who did not ask for it by name is not told that an audit is about something else.
    let strange = strange.into_iter().filter(|_| !selection.audits.is_empty());
    not_asked.extend(strange.map(|audit| (audit.name(), foreign(audit))));
    let idle = |name: &str| not_asked.iter().any(|(audit, _)| *audit == name);
    let audits: Vec<&dyn Audit> = audits.into_iter().filter(|audit| !idle(audit.name())).collect();
    let choice = choose_factors(case, &audits, selection);
    let (seed, not_checked) = seed(case, &audits);
    let stages = case.stages.iter().map(|stage| StagePlan {
        stage: stage.name.clone(),
        factors: choice.varied.clone(),
        tolerated: choice.tolerated.clone(),
        repeat: repeat(case, &audits),
        seed: seed.clone().filter(|(knob, _)| uses_knob(stage, knob)),
    });
    let names: Vec<&'static str> = audits.iter().map(|audit| audit.name()).collect();
    Plan {
        case: case.name.clone(),
        kernel: case.kernel.as_ref().map(|kernel| {
            let whole = kernel::plan(kernel, &names, case.audits.repeat.runs);
            selection.schedule.map_or(whole.clone(), |number| whole.only(kernel, number))
        }),
        audits: names,
        off,
        by_name: !selection.audits.is_empty(),
        not_asked,
        stages: stages.collect(),
        scenarios,
        not_varied: choice.not_varied,
        not_checked,
    }
}

/// Why an audit does not apply to a case that is something else.
fn foreign(audit: &dyn Audit) -> String {
    match audit.subject() {
        Subject::Kernel => "it is about kernels: a case file with `[kernel]`".to_owned(),
        Subject::Pipeline | Subject::Any => "it is about pipelines: a case file with stages".to_owned(),
    }
}

type Scenarios = Vec<(&'static str, Vec<Scenario>)>;

/// The first scenarios of each audit that has some, and the audits that do not apply.
fn scenarios(case: &Case, audits: &[&dyn Audit]) -> (Scenarios, Vec<(&'static str, String)>) {
    let (mut first, mut not_asked) = (Vec::new(), Vec::new());
    for planner in audits.iter().filter_map(|audit| scenario::planner(audit.name())) {
        match planner.first(case) {
            Ok(scenarios) => first.push((planner.audit(), scenarios)),
            Err(reason) => not_asked.push((planner.audit(), reason)),
        }
    }
    (first, not_asked)
}

impl Plan {
    /// Executions that a clean pipeline costs, stage by stage. Of the scenarios, those that begin an audit are counted,
    /// each in the stages that its change reaches by itself or through an earlier stage.
    #[must_use]
    pub fn executions_if_clean<'a>(&'a self, case: &Case) -> Vec<(&'a str, usize)> {
        let walks: BTreeSet<&Scenario> = self.scenarios.iter().flat_map(|(_, scenarios)| scenarios).collect();
        let count = |stage: &'a StagePlan| {
            let walked = walks.iter().filter(|walk| scenario::reaches(case, walk, &stage.stage)).count();
            (stage.stage.as_str(), inquiry::clean(stage).len() + walked)
        };
        self.stages.iter().map(count).collect()
    }
}

#[derive(Default)]
struct Choice {
    varied: Vec<&'static str>,
    tolerated: Vec<&'static str>,
    not_varied: Vec<(&'static str, String)>,
}

fn choose_factors(case: &Case, audits: &[&dyn Audit], selection: &Selection) -> Choice {
    let mut choice = Choice::default();
    for factor in FACTORS.iter().copied() {
        let name = factor.name();
        let Some(audit) = audit_of(audits, factor.kind()).filter(|_| selection.wants_factor(name)) else {
            continue;
        };
        let tolerated =
            case.tolerations.iter().find(|wish| wish.factor == name && wish.audit == audit.name());
        if let Some(reason) = left_out(case, factor) {
            choice.not_varied.push((name, reason));
        } else if let Some(toleration) = tolerated {
            choice.tolerated.push(name);
            let reason = format!("tolerated until {}: {}", toleration.until, toleration.reason);
            choice.not_varied.push((name, reason));
        } else {
            choice.varied.push(name);
            choice.not_varied.extend(factor.limit().map(|limit| (name, limit)));
        }
    }
    choice
}

/// The selected audit that varies factors of this kind.
fn audit_of<'a>(audits: &[&'a dyn Audit], kind: Kind) -> Option<&'a dyn Audit> {
    let varies = |audit: &&dyn Audit| {
        audit.asks().iter().any(|ask| matches!(ask.change, Change::Factors(kinds) if kinds.contains(&kind)))
    };
    audits.iter().copied().find(varies)
}

/// Why a factor is not varied, if so.
fn left_out(case: &Case, factor: &dyn Factor) -> Option<String> {
    let name = factor.name();
    let wishes = [&case.audits.nuisance.without, &case.audits.seed_coverage.without];
    if let Some(reason) = wishes.iter().find_map(|without| without.get(name)) {
        return Some(format!("left out in the case file: {reason}"));
    }
    if factor.kind() == Kind::Machine && !case.audits.nuisance.also.iter().any(|also| also == name) {
        return Some(format!(
            "correct programs differ here too; ask for it with `also = [\"{name}\"]` under `[audit.nuisance]`"
        ));
    }
    set_by_case(case, factor).or_else(|| factor.unavailable())
}

/// What the case file sets stays as it is set, so a factor that consists of nothing else is not varied.
fn set_by_case(case: &Case, factor: &dyn Factor) -> Option<String> {
    let pinned = vary::conditions(&BTreeSet::new());
    let varied = vary::conditions(&BTreeSet::from([factor.name()]));
    let changed: Vec<&String> =
        varied.env.keys().filter(|name| varied.env.get(*name) != pinned.env.get(*name)).collect();
    let same_besides = Conditions { env: pinned.env.clone(), ..varied.clone() } == pinned;
    let declared =
        |name: &&String| case.environment.set.contains_key(*name) || case.environment.pass.contains(name);
    let fixed = same_besides && !changed.is_empty() && changed.iter().all(declared);
    let names = changed.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    fixed.then(|| format!("the case file sets {names}"))
}

fn repeat(case: &Case, audits: &[&dyn Audit]) -> RepeatWish {
    let repeats = |audit: &&dyn Audit| audit.asks().iter().any(|ask| ask.change == Change::Nothing);
    match (audits.iter().any(repeats), case.audits.repeat.runs) {
        (false, _) => RepeatWish::None,
        (true, None) => RepeatWish::Implied,
        (true, Some(runs)) => RepeatWish::Runs(runs),
    }
}

/// The seed knob and its other value, or what must be declared to have one.
fn seed(case: &Case, audits: &[&dyn Audit]) -> (Option<(String, String)>, Vec<String>) {
    if !audits.iter().any(|audit| audit.asks().iter().any(|ask| ask.change == Change::Seed)) {
        return (None, Vec::new());
    }
    let wish = &case.audits.seed_coverage;
    let knob = wish.knob.clone().unwrap_or_else(|| "seed".to_owned());
    let unchecked = |what: String| (None, vec![format!("whether the seed has an effect: {what}")]);
    let Some(value) = case.knobs.get(&knob) else {
        return unchecked(format!("declare `{knob} = 42` under `[knobs]` and `{{{knob}}}` in a command"));
    };
    if !case.stages.iter().any(|stage| uses_knob(stage, &knob)) {
        return unchecked(format!("no command uses `{{{knob}}}`"));
    }
    match wish.other.clone().or_else(|| other_value(value)) {
        Some(other) => (Some((knob, other)), Vec::new()),
        None => unchecked(format!(
            "`{value}` is no whole number; declare `other = …` under `[audit.seed-coverage]`"
        )),
    }
}

/// Another seed: the next whole number.
fn other_value(value: &str) -> Option<String> {
    Some(value.parse::<u64>().ok()?.checked_add(1)?.to_string())
}

/// Whether the command or a variable of a stage holds a knob.
#[must_use]
pub fn uses_knob(stage: &Stage, knob: &str) -> bool {
    let names = |part: &Part| matches!(part, Part::Knob(name) if name == knob);
    stage.command.iter().chain(stage.env.values()).any(|template| template.0.iter().any(names))
}

/// The factor with this name.
#[must_use]
pub fn factor(name: &str) -> Option<&'static dyn Factor> {
    vary::FACTORS.iter().copied().find(|factor| factor.name() == name)
}
