//! `driftless plan`.

use std::fmt::Write as _;
use std::io::Write as _;

use super::Failure;
use super::select::Where;
use crate::case::{Case, Kernel, Part, Template};
use crate::flow;
use crate::plan::kernel::{INTERLEAVINGS_MAX, Interleavings};
use crate::plan::{self, KernelPlan, Plan, Selection, StagePlan, inquiry, search};
use crate::report::Exit;
use crate::report::text::plural;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,
}

/// Prints what would be executed; runs nothing.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    for case in arguments.at.cases()? {
        let plan = plan::plan(&case, &Selection::default());
        writeln!(out, "{}", render(&case, &plan))?;
    }
    Ok(Exit::Held)
}

/// The plan of one case as text.
#[must_use]
pub(crate) fn render(case: &Case, plan: &Plan) -> String {
    let mut text = format!("{}  {}\n", case.name, case.summary);
    let _ = writeln!(text, "  audits: {}", plan.audits.join(", "));
    for (audit, reason) in &plan.off {
        let _ = writeln!(text, "  off: {audit} ({reason})");
    }
    for stage in &plan.stages {
        text.push_str(&stage_lines(case, stage));
    }
    for (audit, scenarios) in &plan.scenarios {
        for scenario in scenarios {
            let _ = writeln!(text, "  {audit}: the pipeline with {}", scenario.describe());
        }
    }
    if let (Some(kernel), Some(runs)) = (&case.kernel, &plan.kernel) {
        text.push_str(&kernel_lines(kernel, runs));
    }
    let total: usize = plan.executions_if_clean(case).iter().map(|(_, count)| count).sum();
    if plan.kernel.is_none() {
        let _ = writeln!(text, "  {} if all holds", plural(total, "execution"));
    }
    for (factor, reason) in &plan.not_varied {
        let _ = writeln!(text, "  not varied: {factor} ({reason})");
    }
    for (audit, reason) in &plan.not_asked {
        let _ = writeln!(text, "  does not apply: {audit} ({reason})");
    }
    for line in &plan.not_checked {
        let _ = writeln!(text, "  not checked: {line}");
    }
    text
}

/// What is run of a kernel.
fn kernel_lines(kernel: &Kernel, plan: &KernelPlan) -> String {
    let mut text = String::new();
    for pass in &kernel.passes {
        let across = |counts: [u32; 3]| counts.map(|count| count.to_string()).join(" x ");
        let (grid, size) = (across(pass.grid), across(pass.program.workgroup_size()));
        let (name, entry) = (&pass.program.source().name, &pass.program.entry().name);
        let _ = writeln!(text, "  pass {entry} of {name}: {grid} workgroups of {size} invocations");
    }
    let _ = writeln!(text, "  level: {}", kernel.level.word());
    let _ = writeln!(
        text,
        "  on the reference machine: {}, one of them with every access watched",
        plural(plan.reference.len(), "run")
    );
    if plan.interleavings == Interleavings::All {
        let _ = writeln!(
            text,
            "    and up to {INTERLEAVINGS_MAX} interleavings of each pass that has atomics, and as many inside a workgroup"
        );
    }
    let more = plan.adapter.len().saturating_sub(1);
    let _ = writeln!(
        text,
        "  on each adapter: the kernel as it is {}, and {more} changed ones",
        plural(plan.repetitions as usize, "time")
    );
    text
}

fn stage_lines(case: &Case, stage: &StagePlan) -> String {
    let declared = case.stage(&stage.stage);
    let command: Vec<String> =
        declared.map(|declared| declared.command.iter().map(shown).collect()).unwrap_or_default();
    let mut text = format!("  stage {}: {}\n", stage.stage, command.join(" "));
    for question in inquiry::clean(stage) {
        let _ = writeln!(text, "    run: {}", flow::describe(stage, &question));
    }
    if !stage.factors.is_empty() {
        let bound = search::executions_max(stage.factors.len());
        let _ = writeln!(text, "    factors: {}", stage.factors.join(", "));
        let _ = writeln!(
            text,
            "    on drift: mostly 6 to 10 runs more to find the guilty ones, never more than {bound}"
        );
    }
    text
}

fn shown(template: &Template) -> String {
    let piece = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Data(name) => format!("{{data.{name}}}"),
        Part::Out(name) => format!("{{out.{name}}}"),
        Part::Knob(name) => format!("{{{name}}}"),
    };
    template.0.iter().map(piece).collect()
}
