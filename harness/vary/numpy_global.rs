//! NumPy's global generator, which `numpy.random.rand` and its kin share, and scikit-learn with
//! `random_state=None`.

use super::{Carrier, Conditions, Factor, Kind, Level, seed};

pub(super) struct NumpyGlobal;

impl Factor for NumpyGlobal {
    fn name(&self) -> &'static str {
        "numpy-global"
    }

    fn summary(&self) -> &'static str {
        "the start of NumPy's global generator"
    }

    fn mend(&self) -> &'static str {
        "`numpy.random.*` and scikit-learn with `random_state=None` draw from one hidden generator, \
         seeded by the system in every process. Pass a generator or `random_state=seed`, or call \
         `numpy.random.seed(seed)` first."
    }

    fn kind(&self) -> Kind {
        Kind::Generator
    }

    fn carrier(&self) -> Carrier {
        Carrier::Shim
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.shim.insert("NUMPY_GLOBAL".to_owned(), seed(level));
    }
}
