//! What snapshots hold of kernels.
//!
//! The reference machine gives the same bits on every computer; adapters give others with another processor under the same
//! driver. So the machine's bits are kept, under the audit `reference` and for all computers, and of what adapters left only
//! what the audits say of it, for these adapters.

use std::fmt::Write as _;

use super::adapters_class;
use super::canonical::{Text, headed, is_kept};
use crate::artifact;
use crate::case::kernel::Pass;
use crate::case::{Case, Kernel};
use crate::judge::Verdict;
use crate::run::kernel::{KernelRuns, ReferenceRuns};
use crate::wgsl::{Access, Line, Slot};

/// Said of the machine's bits in place of the verdict, which depends on the adapters that are here.
const HEADLINE: &str = "what the reference machine computes, the same on every computer";

/// The text of a verdict, if there is anything to keep.
///
/// # Errors
/// A buffer that the reference machine left cannot be read.
pub(super) fn text(
    case: &Case,
    kernel: &Kernel,
    runs: &KernelRuns,
    verdict: &Verdict,
) -> Result<Option<Text>, artifact::Error> {
    Ok(match verdict.audit.as_str() {
        // Whatever adapters say, and also where there is none.
        "reference" => match runs.reference.as_ref().ok().filter(|runs| runs.have_one_result()) {
            Some(reference) => {
                let body = machine(case, kernel, reference)?;
                Some(Text { class: None, body, headline: Some(HEADLINE) })
            }
            None => None,
        },
        _ if !is_kept(verdict.status) => None,
        // These are seen on the reference machine alone.
        "races" => Some(Text { class: None, body: headed(case, verdict) + &seen(verdict), headline: None }),
        _ => Some(Text { class: Some(class(runs)), body: headed(case, verdict), headline: None }),
    })
}

/// The adapters that an outcome may depend on, whatever settings of their drivers were tried.
fn class(runs: &KernelRuns) -> String {
    let usual = runs.adapters.iter().filter(|adapter| adapter.setting.is_none());
    let facts = usual.map(|adapter| &adapter.facts);
    adapters_class(
        facts.map(|facts| [&facts.backend, &facts.name, &facts.driver_info].map(String::as_str)).collect(),
    )
}

/// What was seen where.
fn seen(verdict: &Verdict) -> String {
    let lines = verdict.findings.iter().flat_map(|finding| &finding.source);
    lines.fold(String::new(), |text, line| text + "  " + line + "\n")
}

/// What is dispatched, what the reference machine saw, and what it left.
fn machine(case: &Case, kernel: &Kernel, runs: &ReferenceRuns) -> Result<String, artifact::Error> {
    let mut text = format!("audit: reference\ncase: {}\n", case.name);
    for pass in &kernel.passes {
        text.push_str(&reflected(pass));
    }
    for (_, finding) in &runs.findings {
        let scope = finding.scope.map(|scope| format!(", {}", scope.word())).unwrap_or_default();
        let _ = writeln!(text, "finding: {} of `{}`{scope}", finding.kind.word(), finding.variable);
        let second = finding.second.as_ref().and_then(|access| access.line.as_ref());
        for Line { number, text: code, .. } in finding.first.line.iter().chain(second) {
            let _ = writeln!(text, "  line {number}: {code}");
        }
    }
    for (name, artifact) in runs.usual() {
        let _ = writeln!(text, "buffer: {name}\n  sha256: {}", artifact.digest);
        for line in artifact::outline(&artifact)? {
            let _ = writeln!(text, "  {line}");
        }
    }
    Ok(text)
}

/// A pass as the program itself describes it.
fn reflected(pass: &Pass) -> String {
    let product = |[x, y, z]: [u32; 3]| format!("{x} x {y} x {z}");
    let mut text = format!(
        "pass: {}, {} workgroups of {}\n",
        pass.program.entry().name,
        product(pass.grid),
        product(pass.program.workgroup_size())
    );
    for (name, value) in &pass.overrides {
        let _ = writeln!(text, "  override {name} = {value}");
    }
    for Slot { name, binding, access, .. } in pass.program.slots() {
        let space = match access {
            Access::Uniform => "var<uniform>",
            Access::Read => "var<storage, read>",
            Access::ReadWrite => "var<storage, read_write>",
            Access::NoBuffer => "var",
        };
        let _ = writeln!(text, "  @group({}) @binding({}) {space} {name}", binding.group, binding.binding);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::super::{Keeper, Mode, accept, canonical};
    use super::*;
    use crate::artifact::{Artifact, Digest, Format, npy};
    use crate::case::{Context, Date, Known};
    use crate::flow::Session;
    use crate::judge::Status;
    use crate::plan::kernel::Change;
    use crate::plan::{Selection, plan};
    use crate::report::Snapshot;
    use crate::run::adapter::AdapterFacts;
    use crate::run::kernel::{AdapterRuns, Outputs, Setting};
    use crate::wgsl::machine::{Access as Seen, Finding, Kind, Scope};

    const CASE: &str = r#"
[kernel]
summary = "Doubles"
source = """
override SIZE: u32 = 64;
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { output[id.x] = 2.0 * input[id.x]; }
"""
dispatch = [1, 1, 1]
overrides = { SIZE = 4 }
[buffer.input]
type = "f32"
shape = [4]
[buffer.output]
type = "f32"
shape = [4]
read = true
"#;

    fn case(project: &Path) -> Case {
        let known = Known { audits: &["reference", "races", "schedule"], factors: &[], words: &[] };
        let today = Date { year: 2026, month: 1, day: 1 };
        let context = Context { name: "double", project, today, known };
        let cases = crate::case::read(&project.join("case.toml"), CASE, &context);
        cases.unwrap_or_else(|error| panic!("{}", error.render(false))).remove(0)
    }

    fn left(folder: &Path, values: &[f64]) -> Outputs {
        let bytes = npy::tests::encode_f64(&[values.len() as u64], values);
        let path = folder.join("output.npy");
        std::fs::write(&path, &bytes).unwrap();
        let digest = Digest::of_bytes(&bytes);
        BTreeMap::from([(
            "output".to_owned(),
            Artifact { path, format: Format::Npy, id: Vec::new(), digest },
        )])
    }

    fn runs(reference: ReferenceRuns) -> KernelRuns {
        KernelRuns {
            reference: Ok(reference),
            adapters: Vec::new(),
            no_adapter: None,
            executions: 1,
            wall_us: 0,
        }
    }

    fn usual(outputs: Outputs) -> ReferenceRuns {
        ReferenceRuns { runs: BTreeMap::from([(Change::Nothing, outputs)]), ..ReferenceRuns::default() }
    }

    fn finding(kind: Kind) -> (usize, Finding) {
        let line = Line { number: 7, column: 9, text: "a = b;".to_owned() };
        let access = Seen { workgroup: [0; 3], invocation: [0; 3], line: Some(line) };
        let scope = Some(Scope::Inside);
        let (variable, detail) = ("output".to_owned(), String::new());
        let (first, second) = (access.clone(), Some(access));
        (0, Finding { kind, scope, variable, byte: None, first, second, count: 1, detail })
    }

    fn verdict(audit: &str, status: Status) -> Verdict {
        Verdict {
            audit: audit.to_owned(),
            status,
            cause: None,
            headline: "a headline".to_owned(),
            findings: Vec::new(),
            notes: Vec::new(),
            not_checked: Vec::new(),
            figures: Vec::new(),
            tolerated: Vec::new(),
        }
    }

    #[test]
    fn the_machines_text_has_reflection_findings_and_bits() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        let mut reference = usual(left(folder.path(), &[2.0, 0.1, -1.0, 8.0]));
        reference.findings = vec![finding(Kind::OutOfBounds)];
        let (kernel, runs) = (case.kernel.as_ref().unwrap(), runs(reference));
        let skipped = verdict("reference", Status::Skipped);
        let text = text(&case, kernel, &runs, &skipped).unwrap().expect("a text, adapters or not");
        assert_eq!(text.class, None);
        let sha256 = runs.reference.unwrap().usual()["output"].digest;
        let expected = format!(
            "audit: reference
case: double
pass: main, 1 x 1 x 1 workgroups of 4 x 1 x 1
  override SIZE = 4
  @group(0) @binding(0) var<storage, read> input
  @group(0) @binding(1) var<storage, read_write> output
finding: out-of-bounds of `output`, inside a workgroup
  line 7: a = b;
  line 7: a = b;
buffer: output
  sha256: {sha256}
  f64[4] 2.0 (0x4000000000000000), 0.1 (0x3fb999999999999a), -1.0 (0xbff0000000000000)
"
        );
        assert_eq!(text.body, expected);
    }

    #[test]
    fn what_has_no_one_result_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        let kernel = case.kernel.as_ref().unwrap();
        let kept = |reference: ReferenceRuns| {
            let verdict = verdict("reference", Status::Skipped);
            text(&case, kernel, &runs(reference), &verdict).unwrap().is_some()
        };
        let with = |kind: Kind| ReferenceRuns { findings: vec![finding(kind)], ..usual(Outputs::new()) };
        assert!(kept(with(Kind::SameValueWrites)) && kept(with(Kind::UnsetRead)));
        assert!(!kept(with(Kind::Race)) && !kept(with(Kind::BarrierDivergence)));
        assert!(!kept(ReferenceRuns { unfinished: Some("no end".to_owned()), ..usual(Outputs::new()) }));
    }

    #[test]
    fn only_what_adapters_decide_belongs_to_a_class() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        let class = |audit: &str, runs: &KernelRuns| {
            let kept = text(&case, case.kernel.as_ref().unwrap(), runs, &verdict(audit, Status::Held));
            kept.unwrap().expect("a text").class
        };
        let mut runs = runs(usual(Outputs::new()));
        assert_eq!(class("races", &runs), None);
        assert_eq!(class("schedule", &runs).as_deref(), Some("no-adapter"));
        let facts = AdapterFacts {
            name: "llvmpipe".to_owned(),
            backend: "vulkan".to_owned(),
            device_type: "cpu".to_owned(),
            driver: "llvmpipe".to_owned(),
            driver_info: "Mesa 22.3.6".to_owned(),
            vendor: 0,
            device: 0,
            subgroup_sizes: None,
            features: Vec::new(),
            limits: BTreeMap::new(),
        };
        let used = |setting| AdapterRuns {
            facts: facts.clone(),
            setting,
            runs: BTreeMap::new(),
            rows: BTreeMap::new(),
        };
        runs.adapters.push(used(None));
        let usual = class("schedule", &runs).expect("a class");
        assert!(usual.starts_with("adapters-"), "{usual}");
        runs.adapters.push(used(Some(Setting::ALL[0])));
        assert_eq!(class("schedule", &runs), Some(usual), "settings are part of the audit");
        assert_eq!((class("races", &runs), class("reference", &runs)), (None, None));
    }

    #[test]
    fn a_changed_result_is_told_where_the_verdict_is_skipped() {
        let project = tempfile::tempdir().unwrap();
        let case = case(project.path());
        let keep = |values: &[f64], mode: Mode| {
            let session = Session {
                plan: plan(&case, &Selection::default()),
                python: None,
                missing: Vec::new(),
                broken: None,
                stages: Vec::new(),
                scenarios: BTreeMap::new(),
                kernel: Some(runs(usual(left(project.path(), values)))),
            };
            let keeper = Keeper::new(project.path(), mode);
            let verdicts = [verdict("reference", Status::Skipped)];
            let mut kept = canonical::keep(&case, &session, &verdicts, &keeper, mode).unwrap();
            kept.remove("reference").expect("what became of the snapshot")
        };
        assert_eq!(keep(&[2.0, 4.0], Mode::Record), Snapshot::Recorded);
        assert_eq!(accept(project.path(), &|_| true).unwrap().len(), 1);
        assert!(project.path().join("snapshots/reference/double.snap").is_file());
        assert_eq!(keep(&[2.0, 4.0], Mode::Compare), Snapshot::Same);
        let Snapshot::Changed(difference) = keep(&[2.0, 5.0], Mode::Compare) else {
            panic!("a change that is not seen")
        };
        assert!(difference.contains("-   f64[2] 2.0 (0x4000000000000000), 4.0"), "{difference}");
        assert!(difference.contains("+   f64[2] 2.0 (0x4000000000000000), 5.0"), "{difference}");
    }
}
