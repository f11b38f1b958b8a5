//! How many threads numeric libraries use, and how many processors the program sees.
//!
//! The varied count is seven on every machine, so that two machines report the same drift. A sum can round alike when cut into
//! one and into three parts and otherwise for two and four, so the count is the one that of two to eight most often shows a
//! dependence that any of them shows. Measured with torch 1.13, NumPy 1.24 and scikit-learn 1.2 (OpenBLAS 0.3.21) on x86-64: 346
//! sums, dot and matrix products, convolutions, decompositions, fits and training steps, of which 152 depend on the count:
//!
//! | count | 2 | 3 | 4 | 5 | 6 | 7 | 8 |
//! |---|---|---|---|---|---|---|---|
//! | all 152 | 136 | 140 | 134 | 135 | 140 | 145 | 138 |
//! | of these, the 30 sums and means of a long torch tensor | 14 | 18 | 12 | 13 | 18 | 23 | 16 |
//! | apart from these, sum and mean of 97 long torch tensors of random length | 45 | 51 | 49 | 59 | 53 | 57 | 51 |
//!
//! Products and decompositions show themselves at any count. Worker processes are three: each loads the program anew, and
//! what they compute depends on their count as sums do, or not at all. Dynamic adjustment is off, or libraries would cap
//! the count by what the machine has.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct Threads;

impl Factor for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn summary(&self) -> &'static str {
        "the number of threads and processors (OMP_NUM_THREADS and its kin): 1, or 7 and 3"
    }

    fn mend(&self) -> &'static str {
        "Floating-point addition is not associative: a sum cut into seven parts rounds otherwise than \
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
        for name in THREADS {
            conditions.set(level, name, "1", "7");
        }
        for name in WORKERS {
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
const THREADS: [&str; 17] = [
    "BLIS_NUM_THREADS",
    "GOMAXPROCS",
    "GOTO_NUM_THREADS",
    "JULIA_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "RAYON_RS_NUM_CPUS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TOKIO_WORKER_THREADS",
    "VECLIB_MAXIMUM_THREADS",
];

/// How many processes to start, or how many processors there are to start them on.
const WORKERS: [&str; 3] = ["LOKY_MAX_CPU_COUNT", "MC_CORES", "PYTHON_CPU_COUNT"];

/// The same at both levels: the counts above hold exactly, and idle threads sleep instead of spinning, since
/// several runs share the machine.
const FIXED: [(&str, &str); 3] =
    [("MKL_DYNAMIC", "FALSE"), ("OMP_DYNAMIC", "FALSE"), ("OMP_WAIT_POLICY", "PASSIVE")];
