//! Entropy of the operating system: `getrandom`, `/dev/urandom`, and what is built on them (`secrets`, `uuid4`, hash maps in
//! Rust, `std::random_device`).
//!
//! The preload library carries it to every dynamically linked program; in a Python process without the library the
//! shim stands in for `os.urandom`.

use super::{Carrier, Conditions, Factor, Kind, Level, seed};

pub(super) struct OsEntropy;

impl Factor for OsEntropy {
    fn name(&self) -> &'static str {
        "os-entropy"
    }

    fn summary(&self) -> &'static str {
        "the entropy that the operating system gives (`os.urandom`, `uuid4`, `getrandom`)"
    }

    fn mend(&self) -> &'static str {
        "No seed reaches the system's entropy. Derive identifiers from the content or from a seeded \
         generator, and use hash maps whose order is defined where the order matters."
    }

    fn kind(&self) -> Kind {
        Kind::Generator
    }

    fn carrier(&self) -> Carrier {
        Carrier::Preload
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.preload.insert("ENTROPY".to_owned(), seed(level));
        conditions.shim.insert("OS_ENTROPY".to_owned(), seed(level));
    }
}
