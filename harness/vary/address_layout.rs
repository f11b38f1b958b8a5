//! Where the heap, the stacks, libraries and mappings of a program lie.
//!
//! Both levels are fixed: a random layout answers otherwise at every run, and a search whose answers do not repeat takes ten
//! times as many runs. Varied, the kernel lays out mappings from the bottom up instead of from the top down
//! (`ADDR_COMPAT_LAYOUT`), which moves libraries, the stacks of threads and large blocks and turns their order round; the
//! preload library moves the heap and the stack of the main thread. Everything moves by whole pages, as it does at random:
//! how a correct sum rounds may depend on the alignment of its data within a page. Two things stay where they are: the code and
//! the static data of the program itself (not of its libraries), and in static programs the heap and the stack.

use super::{Addresses, Carrier, Conditions, Factor, Kind, Level};

pub(super) struct AddressLayout;

impl Factor for AddressLayout {
    fn name(&self) -> &'static str {
        "address-layout"
    }

    fn summary(&self) -> &'static str {
        "where heap, stacks, libraries and mappings lie in the address space"
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
        conditions.addresses = level.pick(Addresses::Fixed, Addresses::Moved);
        if level == Level::Varied {
            conditions.preload.insert("ADDRESSES".to_owned(), "moved".to_owned());
        }
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
