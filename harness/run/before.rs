//! Runs that come before the one that counts, in the same place: over what they left, the stage runs again or goes on.

use super::environment::Interpreter;
use super::place::Place;
use super::runner::{self, Execution};
use super::strike::{Strike, When};
use super::{Earlier, Error, process};
use crate::artifact::Digest;
use crate::plan::scenario::{Before, How, Kill, Moment};
use crate::vary::Conditions;

impl Execution<'_> {
    /// Executes them in order, each with logs of its own, and says how they ended and what they left.
    pub(super) fn before(
        &self,
        place: &Place,
        conditions: &Conditions,
        python: Option<&Interpreter>,
    ) -> Result<Vec<Earlier>, Error> {
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
    ) -> Result<Earlier, Error> {
        let mut knobs = self.invocation.knobs.clone();
        knobs.extend(run.knobs.clone());
        let folder = self.folder.join(format!("before-{at}"));
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let mut order = self.order(place, conditions, python, &knobs);
        (order.stdout, order.stderr) = (folder.join("stdout"), folder.join("stderr"));
        order.strike = run.kill.as_ref().map(|kill| self.strike(place, kill));
        let outcome = process::supervised(&order, &folder)?;
        // Outputs stay where they are: the next run finds them there. What cannot be read counts as not there.
        let left = self.stage.outputs.iter().filter_map(|(name, output)| {
            Some((name.clone(), Digest::of_path(&runner::output_path(place, output)).ok()?))
        });
        Ok(Earlier {
            end: runner::end(outcome.finish, self.stage),
            struck: outcome.struck,
            left: left.collect(),
            logs: folder,
        })
    }

    fn strike(&self, place: &Place, kill: &Kill) -> Strike {
        let written = |name: &String, changes| {
            // An output that nobody declared is never there, so the run ends by itself.
            let path = self.stage.outputs.get(name).map(|output| runner::output_path(place, output));
            When::Written { path: path.unwrap_or_default(), changes }
        };
        let when = match &kill.moment {
            Moment::AfterMs(moment) => When::AfterMs(*moment),
            Moment::Appears(name) => written(name, 0),
            Moment::Changes(name, changes) => written(name, *changes),
        };
        Strike { signal: kill.signal, when }
    }
}
