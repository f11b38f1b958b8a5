//! Looks for inputs on which a kernel fails: other lengths and other values than its case declares, on the reference machine.
//!
//! Only what the case leaves open is varied ([`Fuzzed::varied`] and [`Fuzzed::kept`] say what that is). An input fails where
//! one of the case's audits would object: invocations race, not all reach a barrier, an index lies outside, memory is read
//! that nobody wrote, a loop does not end, or another order of turns gives other bits. It is then made as small and as
//! simple as it still fails, and [`keep`] stores it beside the case as a case file of its own. Nothing here depends on a
//! driver, a clock or the machine: one seed gives one result.

mod domain;
mod file;
mod found;
mod input;
mod look;
mod space;
#[cfg(test)]
mod tests;
mod told;
mod tree;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

pub use file::{Kept, keep};
pub use found::{Contents, Found, Fuzzed, Outcome};
pub use space::Lengths;

use self::input::Input;
use self::look::{Eye, Fault};
use self::space::Space;
use self::tree::Inputs;
use crate::case::Case;
use crate::plan::{self, Selection};
use crate::run::{Error, interrupt};

/// Inputs that are tried for each case, unless somebody says otherwise.
pub const INPUTS: u32 = 64;

/// The seed, unless somebody says otherwise: always the same, so that a gate does not fail by chance.
pub const SEED: u64 = 1;

/// Lane-operations after which the search in one case ends; the shrinking may take as many again.
const OPERATIONS_MAX: u64 = 2 << 30;

/// How to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// Inputs that are tried for each case.
    pub inputs: u32,
    /// Where random numbers begin.
    pub seed: u64,
    /// Which lengths are tried.
    pub lengths: Lengths,
    /// Whether NaN and infinities are tried where the case does not ask for them.
    pub non_finite: bool,
    /// The audits whose findings count; all of the case's where empty.
    pub selection: Selection,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            inputs: INPUTS,
            seed: SEED,
            lengths: Lengths::Any,
            non_finite: false,
            selection: Selection::default(),
        }
    }
}

/// Told how many inputs were tried, and how many simpler ones.
pub type Tell<'a> = dyn Fn(u32, u32) + 'a;

/// Looks for an input on which the kernel of a case fails.
///
/// # Errors
/// A fill cannot be made, a file cannot be read, or we are interrupted.
pub fn search(case: &Case, options: &Options, tell: &Tell<'_>) -> Result<Fuzzed, Error> {
    let passed_over = |why: &str| Fuzzed {
        case: case.name.clone(),
        seed: options.seed,
        outcome: Outcome::PassedOver { why: why.to_owned() },
        inputs: 0,
        cut_short: false,
        varied: Vec::new(),
        kept: BTreeMap::new(),
        lengths: Vec::new(),
        lengths_kept: None,
    };
    let Some(kernel) = &case.kernel else {
        return Ok(passed_over("it is a pipeline, and only inputs of kernels are made up"));
    };
    let plan = plan::plan(case, &options.selection);
    let planned = plan.kernel.map(|plan| plan.reference).unwrap_or_default();
    if !["races", "memory", "schedule", "reference"].iter().any(|audit| plan.audits.contains(audit)) {
        return Ok(passed_over("none of its audits looks at the reference machine"));
    }
    let space = Space::of(kernel, options.lengths, options.non_finite)?;
    let turns = look::turns(&planned);
    let eye = Eye { audits: &plan.audits, turns: &turns, operations: Cell::new(0) };
    let mut fuzzed = described(passed_over(""), &space);
    let search = Search { space: &space, eye: &eye, options, tell, inputs: Cell::new(0) };
    fuzzed.outcome = search.outcome(case)?;
    fuzzed.inputs = search.inputs.get();
    fuzzed.cut_short = fuzzed.outcome == Outcome::Held && fuzzed.inputs < options.inputs;
    Ok(fuzzed)
}

fn described(mut fuzzed: Fuzzed, space: &Space<'_>) -> Fuzzed {
    for (name, place) in &space.places {
        match &place.domain {
            Ok(_) => fuzzed.varied.push(name.clone()),
            Err(why) => drop(fuzzed.kept.insert(name.clone(), why.clone())),
        }
        if place.follows != space::Follows::Nothing {
            fuzzed.lengths.push(name.clone());
        }
    }
    fuzzed.lengths_kept.clone_from(&space.fixed);
    fuzzed
}

/// The search in one case.
struct Search<'a> {
    space: &'a Space<'a>,
    eye: &'a Eye<'a>,
    options: &'a Options,
    tell: &'a Tell<'a>,
    inputs: Cell<u32>,
}

impl Search<'_> {
    fn outcome(&self, case: &Case) -> Result<Outcome, Error> {
        let declared = Input {
            lengths: self.space.axes.iter().map(|axis| axis.length).collect(),
            values: BTreeMap::new(),
        };
        match self.eye.look(self.space, &declared)? {
            Err(why) => {
                return Ok(Outcome::PassedOver {
                    why: format!("the reference machine cannot run it: {why}"),
                });
            }
            Ok(Some(fault)) => {
                let expected = !case.expect.is_empty();
                return Ok(Outcome::Declared { audit: fault.audit.to_owned(), what: fault.what, expected });
            }
            Ok(None) => {}
        }
        if self.space.axes.is_empty() && self.space.places.values().all(|place| place.domain.is_err()) {
            return Ok(Outcome::PassedOver {
                why: "the case leaves neither values nor lengths open".to_owned(),
            });
        }
        let found = self.random()?;
        Ok(found.map_or(Outcome::Held, |(input, fault)| Outcome::Found(Box::new(self.shown(&input, fault)))))
    }

    /// Tries random inputs until one fails, and shrinks that one.
    fn random(&self) -> Result<Option<(Input, Fault)>, Error> {
        let mut runner = runner(self.options.seed);
        while self.inputs.get() < self.options.inputs && self.eye.operations.get() < OPERATIONS_MAX {
            self.go_on(0)?;
            let tree = Inputs(self.space).new_tree(&mut runner);
            let Ok(tree) = tree else { break };
            self.inputs.set(self.inputs.get() + 1);
            if let Ok(Some(fault)) = self.eye.look(self.space, &tree.current())? {
                return self.shrunk(&mut runner, tree, &fault).map(Some);
            }
        }
        Ok(None)
    }

    /// The smallest input that shows the same fault; the lines may be others.
    fn shrunk(
        &self,
        runner: &mut TestRunner,
        tree: tree::Tree<'_>,
        first: &Fault,
    ) -> Result<(Input, Fault), Error> {
        let limit = self.eye.operations.get().saturating_add(OPERATIONS_MAX);
        let (tried, failed) = (Cell::new(0), RefCell::new(None));
        let last = RefCell::new((tree.current(), first.clone()));
        let ended = runner.run_one(tree, |input| {
            tried.set(tried.get() + 1);
            if failed.borrow().is_some() || self.eye.operations.get() > limit {
                return Ok(());
            }
            let looked = self.go_on(tried.get()).and_then(|()| self.eye.look(self.space, &input));
            match looked {
                Ok(Ok(Some(fault))) if fault.kind.0 == first.kind.0 && fault.audit == first.audit => {
                    last.replace((input, fault));
                    Err(TestCaseError::fail(first.audit))
                }
                Ok(_) => Ok(()),
                Err(error) => {
                    failed.replace(Some(error));
                    Ok(())
                }
            }
        });
        if let Some(error) = failed.into_inner() {
            return Err(error);
        }
        let last = last.into_inner();
        match ended {
            // Proptest takes a panic for a failure; one of the machine is ours.
            Err(TestError::Fail(_, input)) => assert!(input == last.0, "the reference machine panicked"),
            Err(TestError::Abort(_)) | Ok(_) => {}
        }
        Ok(last)
    }

    fn shown(&self, input: &Input, fault: Fault) -> Found {
        let kernel = input.kernel(self.space);
        let buffers = kernel.buffers.iter().map(|(name, buffer)| {
            let size = buffer.scalar.bytes();
            let bytes = |values: &Vec<u64>| {
                values.iter().flat_map(|bits| bits.to_le_bytes().into_iter().take(size)).collect()
            };
            let bytes = input.values.get(name).map(bytes);
            (name.clone(), Contents { scalar: buffer.scalar.name(), shape: buffer.shape.clone(), bytes })
        });
        Found {
            audit: fault.audit.to_owned(),
            what: fault.what,
            places: fault.places,
            grids: kernel.passes.iter().map(|pass| pass.grid).collect(),
            buffers: buffers.collect(),
        }
    }

    fn go_on(&self, tried: u32) -> Result<(), Error> {
        if interrupt::interrupted() {
            return Err(Error::Interrupted);
        }
        (self.tell)(self.inputs.get(), tried);
        Ok(())
    }
}

/// Proptest, told everything that variables of the environment could tell it otherwise.
fn runner(seed: u64) -> TestRunner {
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: u32::MAX,
        max_shrink_time: 0,
        verbose: 0,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}
