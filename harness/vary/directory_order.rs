//! The order in which a directory lists its entries.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct DirectoryOrder;

impl Factor for DirectoryOrder {
    fn name(&self) -> &'static str {
        "directory-order"
    }

    fn summary(&self) -> &'static str {
        "the order of directory listings"
    }

    fn mend(&self) -> &'static str {
        "`os.listdir`, `glob` and `Path.iterdir` give the order of the file system, which changes \
         with a copy or a checkout. Sort the listing before it decides the order of rows, the numbers \
         of classes or a split."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Preload
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        let order = level.pick("sorted", "2718281828459045235");
        conditions.preload.insert("DIRECTORY".to_owned(), order.to_owned());
    }
}
