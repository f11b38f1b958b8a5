//! What the carriers note while a pipeline runs: which sources it asked, which it seeded and where, which it drew unseeded.
//!
//! The preload library writes `preload.<pid>`: a line `exe <path>`, then one word per source at its first use. The shim
//! writes `shim.<pid>.jsonl`, one event per line. Processes are killed in the middle of a line, and programs may write
//! what they like into the folder: what cannot be read is passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What the ledgers of one run say, all processes together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The preload library arrived in some process.
    pub preload: bool,
    /// The Python shim arrived in some process.
    pub shim: bool,
    /// What the preload library was asked for: some of `entropy`, `clock`, `directory`, `hostname`, `processors`.
    pub consulted: BTreeSet<String>,
    /// Python libraries with generators that were imported: some of `random`, `numpy`, `torch`.
    pub imported: BTreeSet<String>,
    /// Factor name of a source that the program seeded, and where: `file:line`, or nothing where it is not known.
    pub seeded: BTreeMap<String, String>,
    /// Factor name of a source from which the program drew without having seeded it, and where, likewise.
    pub drawn: BTreeMap<String, String>,
    /// What went wrong inside the shim, in its own words.
    pub failures: BTreeSet<String>,
}

/// The words of the preload library.
const CONSULTED: [&str; 5] = ["clock", "directory", "entropy", "hostname", "processors"];

/// Ledgers are a few hundred bytes; more than this of one is not read.
const LARGEST_LEDGER: u64 = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Writer {
    Preload,
    Shim,
}

/// One line of the shim. Which fields there are depends on the event.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "event")]
    kind: String,
    library: Option<String>,
    source: Option<String>,
    place: Option<String>,
    step: Option<String>,
    error: Option<String>,
}

/// Reads all ledgers in `folder`. Places below one of the `roots` become relative to it; of several roots that
/// match, the longest counts.
///
/// # Errors
///
/// When the folder or a ledger in it cannot be read. Damaged content is no error.
pub fn read(folder: &Path, roots: &[&Path]) -> io::Result<Seen> {
    let mut ledgers: Vec<(u32, Writer, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some((pid, writer)) = path.file_name().and_then(|name| writer(name.to_str()?)) {
            ledgers.push((pid, writer, path));
        }
    }
    // Parents before their workers: of several places, the first one counts.
    ledgers.sort();
    let mut seen = Seen::default();
    for (_, writer, path) in ledgers {
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST_LEDGER).read_to_end(&mut bytes)?;
        seen.add(writer, &String::from_utf8_lossy(&bytes), roots);
    }
    Ok(seen)
}

/// The process and the carrier that a ledger's name speaks of.
fn writer(name: &str) -> Option<(u32, Writer)> {
    if let Some(pid) = name.strip_prefix("preload.") {
        return Some((pid.parse().ok()?, Writer::Preload));
    }
    let pid = name.strip_prefix("shim.")?.strip_suffix(".jsonl")?;
    Some((pid.parse().ok()?, Writer::Shim))
}

impl Seen {
    fn add(&mut self, writer: Writer, text: &str, roots: &[&Path]) {
        match writer {
            Writer::Preload => {
                self.preload = true;
                let words = text.lines().filter(|line| CONSULTED.contains(line));
                self.consulted.extend(words.map(str::to_owned));
            }
            Writer::Shim => {
                self.shim = true;
                for event in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
                    self.add_event(event, roots);
                }
            }
        }
    }

    fn add_event(&mut self, event: Event, roots: &[&Path]) {
        let place = event.place.map(|place| relative(&place, roots)).unwrap_or_default();
        match (event.kind.as_str(), event.source, event.library) {
            ("seeded", Some(source), _) => remember(&mut self.seeded, source, place),
            ("drawn", Some(source), _) => remember(&mut self.drawn, source, place),
            ("import", _, Some(library)) => {
                self.imported.insert(library);
            }
            ("failure", _, _) => {
                let (step, error) = (event.step.unwrap_or_default(), event.error.unwrap_or_default());
                self.failures.insert(format!("{step}: {error}"));
            }
            _ => {}
        }
    }
}

/// Keeps the first place that is known.
fn remember(places: &mut BTreeMap<String, String>, source: String, place: String) {
    let known = places.entry(source).or_default();
    if known.is_empty() {
        *known = place;
    }
}

/// A place relative to the longest root that it lies below.
fn relative(place: &str, roots: &[&Path]) -> String {
    roots
        .iter()
        .filter_map(|root| Path::new(place).strip_prefix(root).ok()?.to_str())
        .filter(|rest| !rest.is_empty())
        .min_by_key(|rest| rest.len())
        .unwrap_or(place)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(files: &[(&str, &[u8])], roots: &[&Path]) -> Seen {
        let folder = tempfile::tempdir().expect("temporary folder");
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).expect("write");
        }
        read(folder.path(), roots).expect("readable")
    }

    #[test]
    fn both_kinds_of_ledger_are_read_together() {
        let shim = br#"{"event":"start","python":"3.11.2","executable":"/usr/bin/python3"}
{"event":"import","library":"numpy"}
{"event":"seeded","source":"numpy-global","place":"/a/train.py:12"}
{"event":"drawn","source":"numpy-default-rng","place":"/a/b/train.py:14"}
{"event":"drawn","source":"torch-cpu","place":null}
{"event":"failure","step":"_hook_torch","error":"ValueError()"}
"#;
        let seen = seen(
            &[("preload.7", b"exe /usr/bin/python3\nentropy\nclock\n"), ("shim.7.jsonl", shim)],
            &[Path::new("/a"), Path::new("/a/b")],
        );
        assert!(seen.preload && seen.shim);
        assert_eq!(seen.consulted, BTreeSet::from(["clock".to_owned(), "entropy".to_owned()]));
        assert_eq!(seen.imported, BTreeSet::from(["numpy".to_owned()]));
        assert_eq!(seen.seeded, BTreeMap::from([("numpy-global".to_owned(), "train.py:12".to_owned())]));
        assert_eq!(seen.drawn["numpy-default-rng"], "train.py:14");
        assert_eq!(seen.drawn["torch-cpu"], "");
        assert_eq!(seen.failures, BTreeSet::from(["_hook_torch: ValueError()".to_owned()]));
    }

    #[test]
    fn an_empty_folder_says_that_no_carrier_arrived() {
        assert_eq!(seen(&[], &[]), Seen::default());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().expect("temporary folder");
        assert!(read(&folder.path().join("none"), &[]).is_err());
    }

    #[test]
    fn torn_lines_and_other_files_are_passed_over() {
        let torn = b"{\"event\":\"seeded\",\"source\":\"torch-cpu\",\"place\":\"a.py:1\"}\n{\"event\":\"dra";
        let seen = seen(
            &[
                ("shim.8.jsonl", torn),
                ("preload.8", b"exe /bin/sh\nentro"),
                ("preload.x", b"clock"),
                ("notes", b"clock"),
            ],
            &[],
        );
        assert_eq!(seen.seeded.len(), 1);
        assert!(seen.drawn.is_empty() && seen.consulted.is_empty() && seen.preload);
    }

    #[test]
    fn the_first_known_place_of_the_oldest_process_counts() {
        let line =
            |place: &str| format!("{{\"event\":\"drawn\",\"source\":\"numpy-global\",\"place\":{place}}}\n");
        let (oldest, middle, young) = (line("null"), line("\"a.py:1\""), line("\"b.py:2\""));
        let seen = seen(
            &[
                ("shim.10.jsonl", middle.as_bytes()),
                ("shim.9.jsonl", oldest.as_bytes()),
                ("shim.100.jsonl", young.as_bytes()),
            ],
            &[],
        );
        assert_eq!(seen.drawn["numpy-global"], "a.py:1");
    }

    #[test]
    fn a_place_outside_all_roots_is_kept() {
        assert_eq!(relative("/b/x.py:1", &[Path::new("/a")]), "/b/x.py:1");
        assert_eq!(relative("/ab/x.py:1", &[Path::new("/a")]), "/ab/x.py:1");
        assert_eq!(relative("<string>:1", &[Path::new("/a")]), "<string>:1");
    }

    proptest! {
        #[test]
        fn no_ledger_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), shim in any::<bool>()) {
            seen(&[(if shim { "shim.1.jsonl" } else { "preload.1" }, &bytes)], &[Path::new("/")]);
        }

        #[test]
        fn a_ledger_cut_anywhere_loses_its_last_lines_only(cut in 0_usize..120) {
            let whole = "{\"event\":\"import\",\"library\":\"numpy\"}\n{\"event\":\"drawn\",\"source\":\"os-entropy\",\"place\":\"a.py:3\"}\n";
            let end = cut.min(whole.len());
            let seen = seen(&[("shim.1.jsonl", &whole.as_bytes()[..end])], &[]);
            prop_assert_eq!(seen.imported.len(), usize::from(end >= 36));
        }
    }
}
