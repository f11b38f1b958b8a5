//! The `random` module of Python.

use super::{Carrier, Conditions, Factor, Kind, Level, seed};

pub(super) struct PythonRandom;

impl Factor for PythonRandom {
    fn name(&self) -> &'static str {
        "python-random"
    }

    fn summary(&self) -> &'static str {
        "the start of Python's `random`, hidden instance and unseeded `random.Random()`"
    }

    fn mend(&self) -> &'static str {
        "Draws from `random` without a seed differ in every process. Call `random.seed(seed)` first, \
         or pass a `random.Random(seed)` along."
    }

    fn kind(&self) -> Kind {
        Kind::Generator
    }

    fn carrier(&self) -> Carrier {
        Carrier::Shim
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.shim.insert("PYTHON_RANDOM".to_owned(), seed(level));
    }
}
