//! The seed of string hashing, hence the order in which sets of strings are walked.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct HashSeed;

impl Factor for HashSeed {
    fn name(&self) -> &'static str {
        "hash-seed"
    }

    fn summary(&self) -> &'static str {
        "string hashing, and with it the order of sets (PYTHONHASHSEED, PERL_HASH_SEED)"
    }

    fn mend(&self) -> &'static str {
        "A loop over a set, or over a hash in Perl, meets its members in an order that depends on the \
         hash seed; Python draws it anew for every process. Sort before the order matters: \
         `sorted(names)` instead of `set(names)`. Setting PYTHONHASHSEED inside the script does \
         nothing, it is read before the script starts."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.set(level, "PYTHONHASHSEED", "0", VARIED_PYTHON);
        conditions.set(level, "PERL_HASH_SEED", "0", "1592653589");
        // Any other value would make Perl's order depend on how many variables the environment holds, too.
        conditions.set(level, "PERL_PERTURB_KEYS", "0", "0");
    }
}

/// A set of two keeps its order under half of all seeds. Of the first 4,000 this one reorders the most among forty small
/// sets that pipelines walk (`train`/`test`, `yes`/`no`, ...): 34 in Python 3.11 and later, 31 before.
const VARIED_PYTHON: &str = "1063";
