//! The promises of the source tree: rooms in order, shelves below rooms, outside crates behind their doors.

use std::path::{Path, PathBuf};

/// From bottom to top. A module may use itself and what stands before it; shelves may use each other.
const ORDER: &[&[&str]] = &[
    &["artifact", "relate", "vary", "wgsl", "audit", "rule", "submission", "project"],
    &["case"],
    &["plan"],
    &["run"],
    &["flow"],
    &["judge"],
    &["canary"],
    &["fuzz"],
    &["gate"],
    &["report"],
    &["keep"],
    &["attest"],
    &["cli", "trial", "kernel"],
];

/// Crates that may be used in one place only.
const DOORS: &[(&str, &[&str])] = &[
    ("insta", &["keep"]),
    ("libtest_mimic", &["trial"]),
    ("wgpu", &["run"]),
    ("naga", &["wgsl", "vary", "run"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("statrs", &["judge"]),
    ("proptest", &["fuzz"]),
    ("ignore", &["project"]),
    ("ed25519_dalek", &["attest"]),
    ("base64ct", &["attest"]),
    ("granit_parser", &["project"]),
    ("serde_saphyr", &["project"]),
    ("pep508_rs", &["project"]),
    ("flate2", &["submission"]),
    ("memchr", &["submission"]),
    ("parse_dockerfile", &["project"]),
    ("md5", &["project"]),
    ("crc32fast", &["project"]),
    ("globset", &["rule"]),
    ("quick_junit", &["report"]),
    ("percent_encoding", &["report"]),
    ("signal_hook", &["run"]),
    ("libc", &["run", "artifact", "vary"]),
    ("plotters", &["report"]),
    ("maud", &["report"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

fn harness() -> Vec<(String, PathBuf, String)> {
    let base = root().join("harness");
    let mut files = Vec::new();
    sources(&base, &mut files);
    let room = |path: &Path| {
        let first = path.strip_prefix(&base).expect("below harness").components().next().expect("a name");
        first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
    };
    files
        .into_iter()
        // The preload library is a program of its own that the build script compiles; tests may use any crate.
        .filter(|path| {
            !path.components().any(|part| part.as_os_str() == "preload" || part.as_os_str() == "tests.rs")
        })
        .map(|path| (room(&path), path.clone(), std::fs::read_to_string(&path).expect("UTF-8")))
        .collect()
}

fn level(room: &str) -> Option<usize> {
    ORDER.iter().position(|level| level.contains(&room))
}

/// Lines of code, without comments and without the tests at the end of a file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn rooms_use_only_what_stands_before_them() {
    let mut faults = Vec::new();
    for (room, path, text) in harness() {
        let Some(own) = level(&room) else { continue };
        for (number, line) in code(&text) {
            for piece in line.split("crate::").skip(1) {
                let used: String = piece
                    .chars()
                    .take_while(|letter| letter.is_ascii_lowercase() || *letter == '_')
                    .collect();
                if level(&used).is_some_and(|used| used > own) {
                    faults.push(format!(
                        "{}:{}: `{room}` uses `{used}`, which comes after it",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_room_has_its_place_in_the_order() {
    for (room, path, _) in harness() {
        assert!(
            level(&room).is_some() || ["lib", "main"].contains(&room.as_str()),
            "{} has no place",
            path.display()
        );
    }
}

#[test]
fn outside_crates_are_used_behind_their_doors_only() {
    let mut faults = Vec::new();
    // Tests may use any crate, in a folder of their own as well.
    let is_product = |path: &Path| {
        let below = path.strip_prefix(root().join("harness")).expect("below harness");
        !below.components().any(|part| part.as_os_str() == "tests")
    };
    for (room, path, text) in harness().into_iter().filter(|(_, path, _)| is_product(path)) {
        for (krate, doors) in DOORS {
            let used =
                |line: &str| line.contains(&format!("{krate}::")) || line.contains(&format!("use {krate};"));
            for (number, line) in code(&text).filter(|(_, line)| used(line)) {
                if !doors.contains(&room.as_str()) {
                    faults.push(format!(
                        "{}:{}: `{krate}` outside its door: {}",
                        path.display(),
                        number + 1,
                        line.trim()
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    for (_, path, text) in harness() {
        assert!(text.starts_with("//!"), "{} has no module documentation", path.display());
    }
}

#[test]
fn every_audit_has_a_bad_and_a_good_case() {
    for audit in driftless::audit::AUDITS {
        let folder = root().join("cases").join(audit.name());
        let mut pairs = 0;
        for case in
            std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("no cases for {}", audit.name())).flatten()
        {
            let declared = std::fs::read_to_string(case.path().join("case.toml")).expect("a case file");
            let kernel = declared.contains("[kernel]");
            let folders = case.path().join("bad").is_dir() && case.path().join("good").is_dir();
            assert!(folders || kernel && declared.contains("[variant.good]"), "{}", case.path().display());
            // Some right kernels have no broken twin.
            pairs += usize::from(folders || declared.contains("[variant.bad]"));
        }
        assert!(pairs > 0, "{} has no pair", audit.name());
    }
}

#[test]
fn every_environment_factor_and_every_generator_has_a_case_that_blames_it() {
    let mut blamed = String::new();
    for entry in walk(&root().join("cases")) {
        if entry.file_name().is_some_and(|name| name == "case.toml") {
            blamed.push_str(&std::fs::read_to_string(entry).expect("UTF-8"));
        }
    }
    let without_case: Vec<&str> = driftless::vary::FACTORS
        .iter()
        .map(|factor| factor.name())
        .filter(|name| {
            !blamed
                .lines()
                .any(|line| line.starts_with("factors = ") && line.contains(&format!("\"{name}\"")))
        })
        .collect();
    // No machine of the test suite has a CUDA device; the processor's instruction set is varied on request only.
    assert_eq!(without_case, ["torch-cuda", "instruction-set"]);
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

#[test]
fn the_changelog_knows_the_version() {
    let changelog = std::fs::read_to_string(root().join("CHANGELOG.md")).expect("a changelog");
    assert!(changelog.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn no_accepted_snapshot_lacks_its_case() {
    let snapshots = root().join("snapshots");
    if !snapshots.is_dir() {
        return;
    }
    let list = crate::support::Project::empty();
    let output =
        list.command(&["list", &root().join("cases").display().to_string()]).output().expect("the list");
    let names = String::from_utf8(output.stdout).expect("UTF-8");
    let cases: Vec<&str> = names.lines().filter_map(|line| line.split('\t').next()).collect();
    let known: Vec<(String, String)> = driftless::audit::AUDITS
        .iter()
        .flat_map(|audit| cases.iter().map(|case| (audit.name().to_owned(), (*case).to_owned())))
        .collect();
    let orphans = driftless::keep::orphans(&root(), &known).expect("readable snapshots");
    assert!(orphans.is_empty(), "{orphans:?}");
}
