//! Runs that come before the one that counts, in the same place: over what they left, the stage runs again or goes on.

use super::environment::Interpreter;
use super::place::Place;
use super::runner::{self, Execution};
use super::{End, Error, process};
use crate::plan::scenario::{Before, How};
use crate::vary::Conditions;

impl Execution<'_> {
    /// Executes them in order, each with logs of its own, and says how they ended.
    pub(super) fn before(
        &self,
        place: &Place,
        conditions: &Conditions,
        python: Option<&Interpreter>,
    ) -> Result<Vec<End>, Error> {
        let How::After(runs) = &self.invocation.how else { return Ok(Vec::new()) };
        runs.iter().enumerate().map(|(at, run)| self.one_before(place, conditions, python, at, run)).collect()
    }

    fn one_before(
        &self,
        place: &Place,
        conditions: &Conditions,
        python: Option<&Interpreter>,
        at: usize,
        run: &Before,
    ) -> Result<End, Error> {
        let mut knobs = self.invocation.knobs.clone();
        knobs.extend(run.knobs.clone());
        let folder = self.folder.join(format!("before-{at}"));
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let mut order = self.order(place, conditions, python, &knobs);
        (order.stdout, order.stderr) = (folder.join("stdout"), folder.join("stderr"));
        let outcome = process::supervised(&order, &folder)?;
        Ok(runner::end(outcome.finish, self.stage))
    }
}
