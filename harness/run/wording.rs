//! Times, sizes and places in words, for messages.

use std::path::Path;

/// `90 s`, `10 min`, `1 h 30 min`, `250 ms`.
#[must_use]
pub fn duration_text(milliseconds: u64) -> String {
    if milliseconds < 1000 || !milliseconds.is_multiple_of(1000) {
        return format!("{milliseconds} ms");
    }
    let seconds = milliseconds / 1000;
    let units = [("h", seconds / 3600), ("min", seconds / 60 % 60), ("s", seconds % 60)];
    let parts: Vec<String> =
        units.iter().filter(|(_, count)| *count > 0).map(|(unit, count)| format!("{count} {unit}")).collect();
    parts.join(" ")
}

/// `4 GB`, `512 MiB`, `1000 bytes`: the largest unit, decimal or binary, that says it without a fraction.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    let units: [(&str, u64); 8] = [
        ("TiB", 1 << 40),
        ("TB", 1_000_000_000_000),
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("kB", 1000),
    ];
    let fitting = units.iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size));
    fitting.map_or_else(|| format!("{bytes} bytes"), |(unit, size)| format!("{} {unit}", bytes / size))
}

/// `killed by signal 11 (SIGSEGV, an access to memory that is not there)`.
#[must_use]
pub fn signal_text(signal: i32) -> String {
    let known = match signal {
        libc::SIGSEGV => "SIGSEGV, an access to memory that is not there",
        libc::SIGBUS => "SIGBUS, an access to memory that has gone",
        libc::SIGABRT => "SIGABRT, the program gave up",
        libc::SIGILL => "SIGILL, an instruction that this processor lacks",
        libc::SIGFPE => "SIGFPE, an arithmetic fault",
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGINT => "SIGINT",
        libc::SIGHUP => "SIGHUP",
        libc::SIGPIPE => "SIGPIPE, its reader is gone",
        libc::SIGSYS => "SIGSYS, a forbidden system call",
        _ => return format!("killed by signal {signal}"),
    };
    format!("killed by signal {signal} ({known})")
}

/// A path as reports name it: below the project relative to it, below the user's home as `~/…`. Reports are handed to others,
/// whom the name of a user tells nothing.
#[must_use]
pub fn place_text(path: &Path, project: &Path) -> String {
    placed(path, project, std::env::var_os("HOME").as_deref().map(Path::new))
}

fn placed(path: &Path, project: &Path, home: Option<&Path>) -> String {
    if let Ok(inside) = path.strip_prefix(project) {
        return inside.display().to_string();
    }
    let home = home.filter(|home| home.parent().is_some());
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(inside) => format!("~/{}", inside.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_that_people_meet_have_names() {
        assert_eq!(signal_text(9), "killed by signal 9 (SIGKILL)");
        assert!(signal_text(11).contains("SIGSEGV"));
        assert_eq!(signal_text(50), "killed by signal 50");
    }

    #[test]
    fn places_do_not_tell_whose_home_they_are_in() {
        let text = |path: &str, home: &str| {
            placed(Path::new(path), Path::new("/home/ada/digits"), Some(Path::new(home)))
        };
        assert_eq!(text("/home/ada/digits/target/logs", "/home/ada"), "target/logs");
        assert_eq!(text("/home/ada/.venv/bin/python", "/home/ada"), "~/.venv/bin/python");
        assert_eq!(text("/usr/bin/python3", "/home/ada"), "/usr/bin/python3");
        assert_eq!(text("/usr/bin/python3", "/"), "/usr/bin/python3", "the root is nobody's home");
    }

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration_text(250), "250 ms");
        assert_eq!(duration_text(1500), "1500 ms");
        assert_eq!(duration_text(5_400_000), "1 h 30 min");
        assert_eq!(duration_text(61_000), "1 min 1 s");
    }

    #[test]
    fn sizes_keep_the_unit_in_which_they_were_declared() {
        assert_eq!(size_text(4_000_000_000), "4 GB");
        assert_eq!(size_text(512 << 20), "512 MiB");
        assert_eq!(size_text(1001), "1001 bytes");
    }
}
