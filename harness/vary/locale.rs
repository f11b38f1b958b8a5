//! The locale: `C.UTF-8`, or one that is installed here and writes a decimal comma; the POSIX locale where there is none.
//!
//! The character set stays UTF-8 as far as Python is concerned: in the POSIX locale Python 3.7 and later turns its
//! UTF-8 mode on. An ASCII or Latin-1 locale would show every `open()` without an `encoding`, but it would also break
//! correct programs as soon as the working directory has a non-ASCII letter: native libraries (torch, h5py, pyarrow)
//! cannot encode a path that Python decoded in such a locale. A factor must not be able to break what is right.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::OnceLock;

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct Locale;

impl Factor for Locale {
    fn name(&self) -> &'static str {
        "locale"
    }

    fn summary(&self) -> &'static str {
        if varied() == POSIX {
            "the locale (LC_ALL): C.UTF-8 or POSIX; none with a decimal comma is installed here"
        } else {
            "the locale (LC_ALL): C.UTF-8 or one with a decimal comma and another sort order"
        }
    }

    fn mend(&self) -> &'static str {
        "Sort order, decimal sign, letter case and character classes follow the locale in C, R, shell and in Python \
         after `locale.setlocale`. Sort by bytes (`LC_ALL=C sort`), write numbers by functions that know no locale, \
         and name the encoding when you open text."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.set(level, "LANG", "C.UTF-8", varied());
        conditions.set(level, "LC_ALL", "C.UTF-8", varied());
    }

    fn limit(&self) -> Option<String> {
        limit(varied())
    }
}

/// Between C.UTF-8 and POSIX neither the sort order nor the decimal sign changes: a program that depends on them holds.
fn limit(varied: &str) -> Option<String> {
    (varied == POSIX).then(|| {
        "sort order, decimal comma and names of months are not varied, since no locale but C is installed here; \
         install one (Debian: `locales-all`, or `localedef -i de_DE -f UTF-8 de_DE.UTF-8`)"
            .to_owned()
    })
}

const POSIX: &str = "C";

/// Where glibc keeps locales: folders, and an archive of many of them.
const FOLDER: &str = "/usr/lib/locale";

/// Locales with a decimal comma, the most common ones first.
const WITH_COMMA: [&str; 14] = [
    "de_DE.utf8",
    "fr_FR.utf8",
    "es_ES.utf8",
    "it_IT.utf8",
    "pt_BR.utf8",
    "nl_NL.utf8",
    "pl_PL.utf8",
    "ru_RU.utf8",
    "sv_SE.utf8",
    "da_DK.utf8",
    "fi_FI.utf8",
    "cs_CZ.utf8",
    "de_AT.utf8",
    "fr_CA.utf8",
];

/// No archive's table of names is anywhere near this size; more is not read.
const LARGEST_TABLE: u32 = 4 << 20;

/// The varied locale of this machine, found once.
fn varied() -> &'static str {
    static FOUND: OnceLock<&'static str> = OnceLock::new();
    FOUND.get_or_init(|| choose(Path::new(FOLDER)))
}

/// The first locale with a decimal comma that lies in `folder`, else the POSIX locale.
fn choose(folder: &Path) -> &'static str {
    let table = archived_names(&folder.join("locale-archive")).unwrap_or_default();
    let installed = |name: &str| {
        folder.join(name).is_dir() || table.split(|byte| *byte == 0).any(|entry| entry == name.as_bytes())
    };
    WITH_COMMA.into_iter().find(|name| installed(name)).unwrap_or(POSIX)
}

/// The table of names, separated by zero bytes, in glibc's archive of locales: its header is a row of 32-bit words in
/// the machine's byte order, of which the first is a magic number and the sixth and seventh are the table's offset and
/// used length (`struct locarhead` in glibc's `locale/locarchive.h`).
fn archived_names(archive: &Path) -> io::Result<Vec<u8>> {
    const MAGIC: u32 = 0xde02_0109;
    let mut file = fs::File::open(archive)?;
    let mut header = [0; 28];
    file.read_exact(&mut header)?;
    let word = |index: usize| {
        let at = 4 * index;
        u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    if word(0) != MAGIC || word(6) > LARGEST_TABLE {
        return Ok(Vec::new());
    }
    file.seek(SeekFrom::Start(word(5).into()))?;
    let mut table = Vec::new();
    file.take(word(6).into()).read_to_end(&mut table)?;
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(magic: u32, names: &str) -> Vec<u8> {
        let used = u32::try_from(names.len()).expect("short");
        let mut bytes: Vec<u8> =
            [magic, 1, 0, 0, 0, 32, used, used].iter().flat_map(|word: &u32| word.to_ne_bytes()).collect();
        bytes.extend(names.as_bytes());
        bytes
    }

    fn chosen(archive_bytes: Option<&[u8]>, folders: &[&str]) -> &'static str {
        let place = tempfile::tempdir().expect("temporary folder");
        if let Some(bytes) = archive_bytes {
            fs::write(place.path().join("locale-archive"), bytes).expect("write");
        }
        for folder in folders {
            fs::create_dir(place.path().join(folder)).expect("create");
        }
        choose(place.path())
    }

    #[test]
    fn a_locale_folder_with_a_decimal_comma_is_found() {
        assert_eq!(chosen(None, &["C.utf8", "sv_SE.utf8"]), "sv_SE.utf8");
    }

    #[test]
    fn a_locale_in_the_archive_is_found() {
        assert_eq!(chosen(Some(&archive(0xde02_0109, "en_US.utf8\0fr_FR.utf8\0")), &[]), "fr_FR.utf8");
    }

    #[test]
    fn without_such_a_locale_the_posix_locale_is_taken() {
        assert_eq!(chosen(Some(&archive(0xde02_0109, "en_US.utf8\0")), &["C.utf8"]), POSIX);
        assert_eq!(chosen(None, &[]), POSIX);
    }

    #[test]
    fn a_machine_without_another_locale_says_so() {
        assert!(limit(POSIX).is_some_and(|text| text.contains("install")));
        assert_eq!(limit("de_DE.utf8"), None);
    }

    #[test]
    fn a_damaged_archive_is_no_archive() {
        let good = archive(0xde02_0109, "fr_FR.utf8\0");
        assert_eq!(chosen(Some(&good[..20]), &[]), POSIX);
        assert_eq!(chosen(Some(&archive(1, "fr_FR.utf8\0")), &[]), POSIX);
        assert_eq!(chosen(Some(&good[..36]), &[]), POSIX);
    }
}
