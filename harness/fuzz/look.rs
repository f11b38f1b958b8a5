//! Whether an input makes a kernel fail on the reference machine, in a way to which one of its audits would object.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::input::Input;
use super::space::Space;
use crate::case::Kernel;
use crate::judge;
use crate::plan::kernel::Change;
use crate::run::Error;
use crate::run::kernel::{Watched, alone};
use crate::wgsl::machine::Finding;
use crate::wgsl::{Line, Order};

/// What an input shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The audit that objects.
    pub(super) audit: &'static str,
    /// What it is: a word for the kind, and the variable.
    pub(super) kind: (String, String),
    /// One line for people.
    pub(super) what: String,
    /// Where: the lines of the WGSL.
    pub(super) places: Vec<String>,
}

/// Runs inputs and says what they show.
pub(super) struct Eye<'a> {
    pub(super) audits: &'a [&'static str],
    /// The orders of turns that are compared.
    pub(super) turns: &'a [Change],
    /// Operations of all that was run.
    pub(super) operations: Cell<u64>,
}

impl Eye<'_> {
    /// The first fault that an input shows; `Err` inside says what cannot be interpreted.
    ///
    /// # Errors
    /// A fill cannot be made, or a file cannot be read.
    pub(super) fn look(
        &self,
        space: &Space<'_>,
        input: &Input,
    ) -> Result<Result<Option<Fault>, String>, Error> {
        let kernel = input.kernel(space);
        let bytes = input.bytes(&kernel)?;
        Ok(self.at(&kernel, &|change, check| alone(&kernel, &bytes, change, check)))
    }

    fn at(
        &self,
        kernel: &Kernel,
        run: &dyn Fn(&Change, bool) -> Result<Watched, String>,
    ) -> Result<Option<Fault>, String> {
        let run = |change: &Change, check: bool| {
            let seen = run(change, check)?;
            self.operations.set(self.operations.get().saturating_add(seen.operations));
            Ok::<Watched, String>(seen)
        };
        let seen = run(&Change::Nothing, true)?;
        if let Some(fault) = self.found(kernel, &seen) {
            return Ok(Some(fault));
        }
        if let Some(what) = &seen.unfinished {
            let audits = ["reference", "races", "memory", "schedule"];
            let audit = audits.into_iter().find(|audit| self.audits.contains(audit)).filter(|_| seen.endless);
            let kind = ("endless".to_owned(), String::new());
            return Ok(audit.map(|audit| Fault { audit, kind, what: what.clone(), places: Vec::new() }));
        }
        if !self.audits.contains(&"schedule") {
            return Ok(None);
        }
        for change in self.turns {
            let turned = run(change, false)?;
            if let Some(name) = differing(kernel, &seen.buffers, &turned.buffers) {
                let what = format!("`{name}` has other bits with {}", change.describe(kernel));
                let kind = ("order".to_owned(), name);
                return Ok(Some(Fault { audit: "schedule", kind, what, places: Vec::new() }));
            }
        }
        Ok(None)
    }

    /// The first finding to which an audit objects and that the case does not allow.
    fn found(&self, kernel: &Kernel, seen: &Watched) -> Option<Fault> {
        seen.findings.iter().find_map(|(_, finding)| {
            let audit = judge::audit_of(finding.kind).filter(|audit| self.audits.contains(audit))?;
            let word = finding.kind.word();
            let meant = |allow: &crate::case::kernel::Allow| {
                allow.finding == word && allow.variable == finding.variable
            };
            (!kernel.allow.iter().any(meant)).then(|| fault(audit, finding))
        })
    }
}

fn fault(audit: &'static str, finding: &Finding) -> Fault {
    let word = finding.kind.word().to_owned();
    let mut what = word.clone();
    if !finding.variable.is_empty() {
        what = format!("{word}, variable `{}`", finding.variable);
    }
    if !finding.detail.is_empty() {
        what = format!("{what}: {}", finding.detail);
    }
    let shown = |line: &Line| format!("line {}: {}", line.number, line.text);
    let accesses = [Some(&finding.first), finding.second.as_ref()].into_iter().flatten();
    let places = accesses
        .map(|access| {
            let [x, y, z] = access.invocation;
            let line = access.line.as_ref().map_or_else(|| "no line".to_owned(), shown);
            format!("invocation ({x}, {y}, {z}), {line}")
        })
        .collect();
    Fault { audit, kind: (word, finding.variable.clone()), what, places }
}

/// The bytes of every buffer, by name.
type Contents = BTreeMap<String, Vec<u8>>;

/// The first buffer that is compared and has other bytes.
fn differing(kernel: &Kernel, one: &Contents, other: &Contents) -> Option<String> {
    let mut read = kernel.buffers.iter().filter(|(_, buffer)| buffer.read);
    read.find(|(name, _)| one.get(*name) != other.get(*name)).map(|(name, _)| name.clone())
}

/// The orders that are compared: some of those that the audit `schedule` will try on the stored case.
pub(super) fn turns(planned: &[Change]) -> Vec<Change> {
    let plain = |change: &&Change| match change {
        Change::Turns { workgroups, lanes } => matches!(
            (workgroups, lanes),
            (Order::Descending, Order::Ascending) | (Order::Ascending, Order::Descending)
        ),
        _ => false,
    };
    let joint = |change: &&Change| {
        matches!(change, Change::Turns { workgroups: Order::Shuffled(_), lanes: Order::Shuffled(_) })
    };
    planned.iter().filter(plain).chain(planned.iter().filter(joint).take(2)).cloned().collect()
}
