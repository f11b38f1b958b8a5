//! Reproducibility audits for machine-learning pipelines and compute kernels, run as tests.
//!
//! An audit is a metamorphic test. Change what must not matter and ask for the same bits; change what
//! must matter and ask for other bits. A change is a *variation* ([`vary`]), what must hold between the
//! outputs is a *relation* ([`relate`]), and an *audit* ([`audit`]) is a name, a manual page, variations
//! and a relation.
//!
//! ```text
//!   driftless.toml
//!        |
//!      case    what the user declares                     (reads files, runs nothing)
//!        |
//!      plan    which executions the audits ask for        (pure)
//!        |
//!      run     executes them, each in a fresh place       (the only door to processes and clocks)
//!        |
//!      judge   held, drifted, blind, inconclusive, ...    (pure)
//!        |
//!      keep    compares the verdict with its snapshot     (the only door to insta)
//!       / \
//!  report  trial    one file per format; libtest-mimic    (what people and test runners see)
//! ```
//!
//! `artifact`, `relate`, `vary`, `wgsl` and `audit` are shelves: one file per thing, used by every room, using none. So are
//! `rule`, `submission` and `project`: what the gate sees in files without running anything.
//! `attest` writes down what was shown, for others to check; `flow` walks the rooms in order; `fuzz` makes up inputs for kernels; `cli` is one file per subcommand.

pub mod artifact;
pub mod audit;
pub mod project;
pub mod relate;
pub mod rule;
pub mod submission;
pub mod vary;
pub mod wgsl;

pub mod case;
pub mod plan;
pub mod run;

pub mod attest;
pub mod judge;
pub mod keep;
pub mod report;
pub mod trial;

pub mod canary;
pub mod cli;
pub mod flow;
pub mod fuzz;
pub mod gate;
pub mod kernel;
