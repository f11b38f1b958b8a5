//! NumPy's generators made without a seed: `default_rng()`, `SeedSequence()`, `RandomState()`, `PCG64()`.

use super::{Carrier, Conditions, Factor, Kind, Level, seed};

pub(super) struct NumpyDefaultRng;

impl Factor for NumpyDefaultRng {
    fn name(&self) -> &'static str {
        "numpy-default-rng"
    }

    fn summary(&self) -> &'static str {
        "NumPy generators made without a seed (`default_rng()`)"
    }

    fn mend(&self) -> &'static str {
        "`numpy.random.seed` does not reach `default_rng()`: without an argument it takes fresh \
         entropy from the system. Make one `default_rng(seed)` and pass it along."
    }

    fn kind(&self) -> Kind {
        Kind::Generator
    }

    fn carrier(&self) -> Carrier {
        Carrier::Shim
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.shim.insert("NUMPY_DEFAULT_RNG".to_owned(), seed(level));
    }
}
