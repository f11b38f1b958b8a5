//! Runs without a network: in a namespace of their own that holds nothing but a loopback interface, where the system
//! lets us; else behind proxies that lead nowhere, with names that do not resolve.
//!
//! A network namespace needs a privilege, or a user namespace around it, which systems may refuse to ordinary users and
//! containers usually do (`man 7 network_namespaces`, `man 7 user_namespaces`). What the second way cannot reach are
//! static programs and programs that connect to addresses instead of names.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// What a run can reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// What its user can.
    #[default]
    Free,
    /// Nothing but itself: a namespace of its own.
    Cut,
    /// Proxies lead nowhere and names do not resolve; addresses can still be reached.
    Hidden,
}

impl Network {
    /// As little as this system lets us leave.
    #[must_use]
    pub fn off() -> Self {
        if can_be_cut() { Network::Cut } else { Network::Hidden }
    }

    /// One line for people, after "network: ".
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Network::Free => "as the user's",
            Network::Cut => "off, in a namespace of its own",
            Network::Hidden => {
                "proxies lead nowhere and names do not resolve; this system gives us no network namespace, so a program that knows an address can still reach it"
            }
        }
    }

    /// What a run's environment holds for it.
    pub(super) fn variables(self) -> BTreeMap<String, String> {
        if self != Network::Hidden {
            return BTreeMap::new();
        }
        let proxies = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
        let nowhere = proxies.map(|name| (name.to_owned(), NOWHERE.to_owned()));
        let own = ["no_proxy", "NO_PROXY"].map(|name| (name.to_owned(), OWN.to_owned()));
        nowhere.into_iter().chain(own).collect()
    }
}

/// Nobody listens on the port called "discard".
const NOWHERE: &str = "http://127.0.0.1:9";
const OWN: &str = "localhost,127.0.0.1,::1";

/// Whether this process may give a child a network of its own; tried once, on a child that does nothing.
fn can_be_cut() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| super::process::starts_with(cut))
}

/// Puts the command's process into a network of its own; it does not start where that fails.
#[expect(unsafe_code, reason = "a namespace is entered between fork and exec")]
pub(super) fn cut(command: &mut Command) {
    // SAFETY: neither call has arguments, and both always succeed.
    let (user, group) = unsafe { (libc::getuid(), libc::getgid()) };
    // Prepared here, because nothing may be allocated between fork and exec.
    let maps = [
        (c"/proc/self/setgroups", "deny".to_owned()),
        (c"/proc/self/uid_map", format!("{user} {user} 1")),
        (c"/proc/self/gid_map", format!("{group} {group} 1")),
    ];
    // SAFETY: the closure makes async-signal-safe system calls on values prepared before the fork.
    unsafe {
        command.pre_exec(move || {
            if libc::unshare(libc::CLONE_NEWNET) != 0 {
                if libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) != 0 {
                    return Err(std::io::Error::last_os_error());
                }
                for (path, text) in &maps {
                    write_file(path, text.as_bytes())?;
                }
            }
            raise_loopback();
            Ok(())
        });
    }
}

/// Writes a file in one call, without allocating.
#[expect(unsafe_code, reason = "std allocates to open a file")]
fn write_file(path: &std::ffi::CStr, text: &[u8]) -> std::io::Result<()> {
    // SAFETY: a C string, and bytes with their length; the descriptor is closed where it was opened.
    let written = unsafe {
        let file = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if file < 0 {
            return Err(std::io::Error::last_os_error());
        }
        let written = libc::write(file, text.as_ptr().cast(), text.len());
        libc::close(file);
        written
    };
    if usize::try_from(written) == Ok(text.len()) { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Programs talk to themselves over the loopback interface, which is down in a fresh namespace. Where that fails they
/// cannot, which shows in what they do.
#[expect(unsafe_code, reason = "interfaces have no form in std")]
fn raise_loopback() {
    // SAFETY: the structure is plain data, the name fits, and it lives through the call.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if socket < 0 {
            return;
        }
        let mut request: libc::ifreq = std::mem::zeroed();
        for (target, byte) in request.ifr_name.iter_mut().zip(b"lo") {
            *target = byte.cast_signed();
        }
        request.ifr_ifru.ifru_flags = libc::c_short::try_from(libc::IFF_UP | libc::IFF_RUNNING).unwrap_or(0);
        libc::ioctl(socket, libc::SIOCSIFFLAGS, &raw const request);
        libc::close(socket);
    }
}
