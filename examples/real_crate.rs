//! A kernel of a published crate, audited from Rust: sums over path tags, with which the renderer Vello finds where each
//! path of a scene lies. Then a barrier is taken out of the text, which the audit must see.
//!
//! `cargo run --example real_crate` prints the reports; `cargo test --examples` runs the same as a test.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::process::ExitCode;

use driftless::case::kernel::Level;
use driftless::judge::Status;
use driftless::kernel::{Buffer, Error, Kernel, Report};
use driftless::wgsl::fill::Fill;
use vello_shaders::SHADERS;

/// Workgroups of 256 invocations, each of which reads one word of four path tags.
const WORKGROUPS: u32 = 4;
const TAGS: u32 = WORKGROUPS * 256;

/// Words in a `TagMonoid`, the sum of some tags.
const SUM: u32 = 5;

/// Words in the uniform `Config`. All are zero: the tags begin where the scene does.
const CONFIG: u32 = 22;

fn main() -> Result<ExitCode, Error> {
    // Adapters are asked in children of this program. Test binaries cannot be started like this: there, the program
    // `driftless` is asked (named by the variable `DRIFTLESS` or on the path).
    if let Some(code) = driftless::cli::act_as_supervisor() {
        return Ok(code);
    }
    let text = &SHADERS.pathtag_reduce.wgsl.code;
    let report = kernel(text).audit(&["races", "memory", "schedule", "reference"])?;
    println!("{report}");
    assert!(report.holds());

    // One mistake that people make: two steps of a tree, and no barrier between them.
    let broken = text.replacen("workgroupBarrier();", "", 1);
    assert!(broken != **text, "the crate's text has changed");
    let report = kernel(&broken).audit(&["races"])?;
    println!("{report}");
    assert!(races_for(&report, "sh_scratch"), "the planted fault was not seen");
    Ok(ExitCode::SUCCESS)
}

/// Adds up the tags of each workgroup. Integers have one sum in every order, so the bits are promised on all adapters.
fn kernel(wgsl: &str) -> Kernel {
    let tags = Fill::Integers { low: 0, high: u32::MAX.into(), seed: 1 };
    Kernel::new(wgsl)
        .named("pathtag-reduce")
        .dispatch([WORKGROUPS, 1, 1])
        .level(Level::AdapterToAdapter)
        .buffer(Buffer::u32("config", &[CONFIG]).fill(&Fill::Zeros))
        .buffer(Buffer::u32("scene", &[TAGS]).fill(&tags))
        .buffer(Buffer::u32("reduced", &[WORKGROUPS, SUM]).read())
}

/// Whether `races` names the variable.
fn races_for(report: &Report, variable: &str) -> bool {
    let verdict = report.case().verdicts.iter().find(|verdict| verdict.audit == "races");
    verdict.is_some_and(|verdict| {
        let named = |line: &String| line.contains(&format!("`{variable}`"));
        let finding = verdict.findings.iter().find(|finding| finding.factors == ["race"]);
        verdict.status == Status::Drifted && finding.is_some_and(|finding| finding.source.iter().any(named))
    })
}
