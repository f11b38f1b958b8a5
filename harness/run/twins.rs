//! Two copies of a stage at the same time, in the same place: the same working directory, home and folder for temporary
//! files. Each has a folder of its own for the outputs that the command names; those at fixed places are shared.

use std::path::PathBuf;

use super::place::Place;
use super::runner::{self, Execution, make_parent};
use super::supervise::{Order, Outcome};
use super::{Error, Twin, process};
use crate::case::Output;

impl Execution<'_> {
    /// Runs the order and its twin, and returns how the first went and how the second did.
    pub(super) fn twins(&self, place: &Place, order: &Order) -> Result<(Outcome, Outcome), Error> {
        let folder = self.folder.join("twin");
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        for output in self.stage.outputs.values().filter(|output| output.placed) {
            make_parent(&twin_out(place).join(&output.path))?;
        }
        let first = shared_limits(order);
        let mut second = shared_limits(&elsewhere(order, place));
        (second.stdout, second.stderr) = (folder.join("stdout"), folder.join("stderr"));
        let (first, second) = std::thread::scope(|scope| {
            let second = scope.spawn(|| process::supervised(&second, &folder));
            let first = process::supervised(&first, self.folder);
            (first, second.join())
        });
        let lost = |_| Error::Supervisor { what: "of a twin was lost".to_owned() };
        Ok((first?, second.map_err(lost)??))
    }

    /// What the twin left: the outputs that lie in a folder of its own.
    pub(super) fn twin(&self, place: &Place, outcome: Outcome) -> Result<Twin, Error> {
        let mut end = runner::end(outcome.finish, self.stage);
        let own = |output: &Output| output.placed.then(|| twin_out(place).join(&output.path));
        let outputs = self.collect(place, &mut end, own)?;
        Ok(Twin { end, outputs, logs: self.folder.join("twin") })
    }
}

fn twin_out(place: &Place) -> PathBuf {
    place.root().join("out-of-twin")
}

/// The order with every path below the folder for outputs led into the twin's.
fn elsewhere(order: &Order, place: &Place) -> Order {
    let (own, twin) = (place.out().display().to_string(), twin_out(place).display().to_string());
    let led = |text: &String| text.replace(&format!("{own}/"), &format!("{twin}/"));
    Order {
        argv: order.argv.iter().map(led).collect(),
        env: order.env.iter().map(|(name, value)| (name.clone(), led(value))).collect(),
        ..order.clone()
    }
}

/// Two copies share processors, and each one's supervisor counts what both write: without this a stage that comes near
/// one of its limits would pass it by our doing.
fn shared_limits(order: &Order) -> Order {
    Order {
        timeout_ms: order.timeout_ms.saturating_mul(2),
        output_bytes_max: order.output_bytes_max.saturating_mul(2),
        ..order.clone()
    }
}
