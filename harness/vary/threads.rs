//! How many threads numeric libraries use, and how many processors the program sees.
//!
//! The varied count is three on every machine, so that two machines report the same drift; it is odd, so that
//! sums are cut at other places than by the powers of two into which blocked sums fall anyway. Dynamic
//! adjustment is off, or libraries would cap the count by what the machine has.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct Threads;

impl Factor for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn summary(&self) -> &'static str {
        "the number of threads and processors (OMP_NUM_THREADS and its kin): 1 or 3"
    }

    fn mend(&self) -> &'static str {
        "Floating-point addition is not associative: a sum cut into three parts rounds otherwise than \
         a sum cut into one. Fix the number of threads inside the program (`torch.set_num_threads`, \
         `threadpoolctl`), reduce in a fixed order, or tolerate this factor with a reason. A result \
         collected in the order in which workers finish must be sorted."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        for name in COUNTS {
            conditions.set(level, name, "1", "3");
        }
        for (name, value) in FIXED {
            conditions.set(level, name, value, value);
        }
        conditions.preload.insert("PROCESSORS".to_owned(), level.pick("1", "3").to_owned());
        conditions.processors = level.pick(Some(1), None);
    }
}

/// One variable per library or runtime; each is read by the one that its name says.
const COUNTS: [&str; 20] = [
    "BLIS_NUM_THREADS",
    "GOMAXPROCS",
    "GOTO_NUM_THREADS",
    "JULIA_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "MC_CORES",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "PYTHON_CPU_COUNT",
    "RAYON_NUM_THREADS",
    "RAYON_RS_NUM_CPUS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TOKIO_WORKER_THREADS",
    "VECLIB_MAXIMUM_THREADS",
];

/// The same at both levels: the counts above hold exactly, and idle threads sleep instead of spinning, since
/// several runs share the machine.
const FIXED: [(&str, &str); 3] =
    [("MKL_DYNAMIC", "FALSE"), ("OMP_DYNAMIC", "FALSE"), ("OMP_WAIT_POLICY", "PASSIVE")];
