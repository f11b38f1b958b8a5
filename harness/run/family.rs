//! Who descends from whom, read from `/proc`: the list by which process trees are measured and ended.

use std::collections::BTreeMap;

/// One process at the moment of the look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) pid: i32,
    pub(super) parent: i32,
    /// The session that it belongs to: the process id of the one that called `setsid`.
    pub(super) session: i32,
    /// It has ended, and waits for its parent to ask how.
    pub(super) ended: bool,
}

/// Every process of the machine, in no particular order.
pub(super) fn everybody() -> Vec<Member> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| member(entry.file_name().to_str()?.parse().ok()?)).collect()
}

/// Every descendant of `ancestor` among `everybody`, those that have ended included; parents before their children.
pub(super) fn descendants(everybody: &[Member], ancestor: i32) -> Vec<Member> {
    let mut children: BTreeMap<i32, Vec<Member>> = BTreeMap::new();
    for member in everybody {
        children.entry(member.parent).or_default().push(*member);
    }
    let mut tree = children.remove(&ancestor).unwrap_or_default();
    let mut next = 0;
    while let Some(above) = tree.get(next) {
        // Removing keeps this finite, whatever two reads at different moments claim.
        tree.extend(children.remove(&above.pid).unwrap_or_default());
        next += 1;
    }
    tree
}

/// This process.
pub(super) fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(0)
}

/// Fields 3, 4 and 6 of `/proc/PID/stat`; the name in field 2 may hold anything, so reading starts behind it.
fn member(pid: i32) -> Option<Member> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let behind_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let text = std::str::from_utf8(&stat[behind_name..]).ok()?;
    let mut fields = text.split_ascii_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    Some(Member { pid, parent, session, ended })
}

/// Sends a signal; negative numbers mean process groups. A process that is gone is an error that changes nothing.
#[expect(unsafe_code, reason = "kill has no safe form in std")]
pub(super) fn send(pid: i32, signal: i32) {
    // SAFETY: plain integers.
    unsafe { libc::kill(pid, signal) };
}

/// Collects a child that has ended, so that its entry goes and its cost is counted.
#[expect(unsafe_code, reason = "waitpid has no safe form in std")]
pub(super) fn reap(pid: i32) {
    // SAFETY: a null status pointer is allowed.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), libc::WNOHANG) };
}

/// Makes this process the parent of all descendants whose own parent ends.
#[expect(unsafe_code, reason = "prctl has no safe form in std")]
pub(super) fn adopt_orphans() -> std::io::Result<()> {
    // SAFETY: plain integers; touches only this process.
    let failed = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) } != 0;
    if failed { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn born(pid: i32, parent: i32) -> Member {
        Member { pid, parent, session: 1, ended: false }
    }

    #[test]
    fn descendants_are_found_over_generations_and_strangers_are_not() {
        let everybody = [born(5, 4), born(2, 1), born(3, 2), born(4, 3), born(9, 8)];
        let pids = |ancestor| -> Vec<i32> {
            descendants(&everybody, ancestor).iter().map(|member| member.pid).collect()
        };
        assert_eq!(pids(2), [3, 4, 5]);
        assert_eq!(pids(5), Vec::<i32>::new());
    }

    #[test]
    fn parents_in_a_circle_do_not_hang() {
        let everybody = [born(2, 3), born(3, 2)];
        assert_eq!(descendants(&everybody, 2).len(), 2);
    }

    #[test]
    fn this_process_is_among_everybody() {
        assert!(everybody().iter().any(|member| member.pid == own_pid() && !member.ended));
    }
}
