//! Whether the kernel lays out the address space at random.
//!
//! Varied means at random: two such runs differ from each other, as two runs by hand do, so a search that meets addresses
//! takes many runs. Another layout that is fixed as well would repeat, and most of it can be had: `ADDR_COMPAT_LAYOUT` lays out
//! mappings from the bottom up, and the preload library could move the heap and the main thread's stack. But without
//! randomness the kernel puts a position-independent program itself at one constant address (`ELF_ET_DYN_BASE`), and nothing
//! moves it: a table keyed by the addresses of the program's own static data would hold, which is what the pair
//! `cases/nuisance/address-order` shows.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct AddressLayout;

impl Factor for AddressLayout {
    fn name(&self) -> &'static str {
        "address-layout"
    }

    fn summary(&self) -> &'static str {
        "the layout of the address space: fixed or at random"
    }

    fn mend(&self) -> &'static str {
        "Something is ordered or hashed by address: `id()`, the default `hash()` and `repr()` of objects, sets of \
         objects, maps keyed by pointers. Order by a value instead; pointers in memory that was never set show here, too."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.random_addresses = level == Level::Varied;
    }

    fn unavailable(&self) -> Option<String> {
        if cfg!(not(target_os = "linux")) {
            return Some("addresses can be fixed on Linux only, so they are random in every run".to_owned());
        }
        (!can_fix_addresses()).then(|| {
            "this container forbids fixing addresses (personality), so they are random in every run"
                .to_owned()
        })
    }
}

/// Whether a process may switch off the random layout for its children: container runtimes commonly forbid it.
#[cfg(target_os = "linux")]
fn can_fix_addresses() -> bool {
    // The setting belongs to the thread, and ends with it.
    std::thread::spawn(fix_addresses_of_this_thread).join().unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
fn can_fix_addresses() -> bool {
    false
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "personality has no safe interface")]
fn fix_addresses_of_this_thread() -> bool {
    // SAFETY: personality takes a number and touches no memory of ours; it changes only what later
    // executions of new programs by this very thread look like.
    unsafe { libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong) != -1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_whether_addresses_can_be_fixed_twice_gives_the_same_answer() {
        assert_eq!(AddressLayout.unavailable(), AddressLayout.unavailable());
    }
}
