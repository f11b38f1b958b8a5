//! Snapshot files: how a text is stored, read and written.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::NamedTempFile;

use super::Error;
use super::key::pending_path;

/// Largest stored text, in bytes.
const BODY_BYTES_MAX: u64 = 1 << 20;

/// Largest snapshot file, in bytes: the largest text and a generous header.
const FILE_BYTES_MAX: u64 = BODY_BYTES_MAX + (1 << 16);

/// Opens and closes the header.
const FENCE: &str = "---";

/// First line of a text that is not stored as it is.
const SPELLED: &str = "(spelled out: \\n ends a line, \\\\ is a backslash)";

/// Marks that git leaves at the start of a line where a merge was not resolved.
const CONFLICT_MARKS: [&str; 2] = ["<<<<<<<", ">>>>>>>"];

/// A snapshot file in its two parts.
#[derive(Debug)]
pub(super) struct Stored {
    /// The YAML between the fences.
    header: String,
    /// Everything behind them.
    pub(super) body: String,
}

/// What a new snapshot file is made of.
pub(super) struct Draft<'a> {
    pub(super) source: &'a str,
    pub(super) description: &'a str,
    pub(super) info: &'a Value,
    /// In stored form.
    pub(super) body: &'a str,
}

/// The form in which a body stands in a snapshot file.
///
/// insta drops blanks at the end of a text and turns CRLF into LF whenever it writes a file, and git and
/// editors have habits of their own. A body that all of them leave alone is stored as it is. Any other is
/// spelled out, which loses nothing: two bodies have the same stored form only if they are equal.
pub(super) fn stored<'a>(body: &'a str, path: &Path) -> Result<String, Error> {
    let text: Cow<'a, str> = if is_plain(body) { body.into() } else { spelled_out(body).into() };
    check_size(path, text.len() as u64, BODY_BYTES_MAX)?;
    Ok(text.into_owned())
}

/// Whether every tool leaves this body as it is: it ends with exactly one `\n`, has no carriage return, and
/// cannot be taken for a spelled-out text or an unresolved merge.
fn is_plain(body: &str) -> bool {
    body.strip_suffix('\n').is_some_and(|text| text.ends_with(|c: char| !c.is_whitespace()))
        && !body.contains('\r')
        && !body.starts_with(SPELLED)
        && conflict_line(body).is_none()
}

/// One indented line for each line of the body, below a line that says so.
fn spelled_out(body: &str) -> String {
    let mut text = SPELLED.to_owned();
    for line in body.split_inclusive('\n') {
        text.push_str("\n  ");
        spell(line, &mut text);
    }
    text.push('\n');
    text
}

/// Writes `line` with backslashes, control characters and blanks other than a plain inner one as escapes.
pub(super) fn spell(line: &str, out: &mut String) {
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let ends_here = characters.peek().is_none_or(|next| next.is_control());
        match c {
            ' ' if ends_here => out.push_str("\\u{20}"),
            ' ' => out.push(c),
            _ if c == '\\' || c.is_control() || c.is_whitespace() => out.extend(c.escape_default()),
            _ => out.push(c),
        }
    }
}

/// The 1-based line of the first mark of an unresolved merge.
fn conflict_line(text: &str) -> Option<usize> {
    let is_mark = |line: &str| CONFLICT_MARKS.iter().any(|mark| line.starts_with(mark));
    text.lines().position(is_mark).map(|index| index + 1)
}

fn check_size(path: &Path, bytes: u64, bytes_max: u64) -> Result<(), Error> {
    if bytes > bytes_max {
        return Err(Error::TooLarge { path: path.to_owned(), bytes, bytes_max });
    }
    Ok(())
}

/// Reads a snapshot file; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Stored>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let size = file.metadata().map_err(failed)?.len();
    check_size(path, size, FILE_BYTES_MAX)?;
    let mut bytes = Vec::new();
    // The file may grow between the two calls.
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    parse(bytes, path).map(Some)
}

fn parse(bytes: Vec<u8>, path: &Path) -> Result<Stored, Error> {
    let damaged = |problem: &str| Error::Damaged { path: path.to_owned(), problem: problem.to_owned() };
    let text = String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8 text"))?;
    if let Some(line) = conflict_line(&text) {
        return Err(Error::Conflict { path: path.to_owned(), line });
    }
    let mut lines = text.split_inclusive('\n');
    let is_fence = |line: &str| line.trim_end() == FENCE;
    if !lines.next().is_some_and(is_fence) {
        return Err(damaged("its first line is not `---`"));
    }
    let mut header = String::new();
    for line in lines.by_ref() {
        if is_fence(line) {
            return Ok(Stored { header, body: lines.collect() });
        }
        header.push_str(line);
    }
    Err(damaged("its header has no closing `---`"))
}

/// Writes a text for review beside the snapshot at `path`, and says where.
pub(super) fn record(path: &Path, draft: &Draft) -> Result<PathBuf, Error> {
    let pending = pending_path(path);
    let failed = |source| Error::Write { path: pending.clone(), source };
    let file = temporary(path).map_err(failed)?;
    lay_out(file.path(), draft).map_err(failed)?;
    let laid_out = fs::read(file.path()).map_err(failed)?;
    check_size(&pending, laid_out.len() as u64, FILE_BYTES_MAX)?;
    if parse(laid_out, &pending)?.body != draft.body {
        return Err(failed(io::Error::other("the text did not come through insta unchanged")));
    }
    file.persist(&pending).map_err(|error| failed(error.error))?;
    Ok(pending)
}

/// Lets insta lay out the file, so that it has the bytes that `cargo insta` would write: it reads our draft,
/// whose YAML is JSON, and saves it in its own way.
fn lay_out(path: &Path, draft: &Draft) -> io::Result<()> {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut text = format!("{FENCE}\nsource: {}\n", quoted(draft.source));
    if !draft.description.is_empty() {
        let _ = writeln!(text, "description: {}", quoted(draft.description));
    }
    if !draft.info.is_null() {
        let _ = writeln!(text, "info: {}", flow(draft.info)?);
    }
    let _ = write!(text, "{FENCE}\n{}", draft.body);
    fs::write(path, text)?;
    let other = |error: Box<dyn std::error::Error>| io::Error::other(error.to_string());
    insta::Snapshot::from_file(path).map_err(other)?.save(path).map_err(other)
}

/// JSON on one line with a blank behind every colon, which YAML wants and the compact form lacks.
fn flow(value: &Value) -> io::Result<String> {
    // A line break inside a string is escaped, so every line of the pretty form begins with layout alone.
    let pretty = serde_json::to_string_pretty(value)?;
    Ok(pretty.lines().map(str::trim_start).collect::<Vec<_>>().join(" "))
}

/// Makes the text for review at `pending` the accepted one at `path`.
pub(super) fn promote(snapshot: &Stored, pending: &Path, path: &Path) -> Result<(), Error> {
    // Like `cargo insta accept`: the line of an assertion would change whenever code above it does.
    let header = snapshot.header.split_inclusive('\n').filter(|line| !line.starts_with("assertion_line:"));
    let text = format!("{FENCE}\n{}{FENCE}\n{}", header.collect::<String>(), snapshot.body);
    replace(path, &text).map_err(|source| Error::Write { path: path.to_owned(), source })?;
    fs::remove_file(pending).map_err(|source| Error::Write { path: pending.to_owned(), source })
}

/// Replaces a file whole: whoever reads it meanwhile, or after a crash, finds the old text or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut file = temporary(path)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// A hidden file in the folder of `path`, which it makes if need be; removed again unless it is kept.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".driftless-").suffix(".tmp");
    // Temporary files are private by default; a snapshot is an ordinary file, subject to the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(body: &str) -> String {
        stored(body, Path::new("x.snap")).unwrap()
    }

    /// The character that an escape stands for, its backslash being read already.
    fn escape(characters: &mut impl Iterator<Item = char>) -> char {
        match characters.next().unwrap() {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits: String = characters.skip(1).take_while(|c| *c != '}').collect();
                char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
            }
            backslash => backslash,
        }
    }

    /// The body that a spelled-out text stands for.
    fn read_back(text: &str) -> String {
        let Some(lines) = text.strip_prefix(SPELLED) else { return text.to_owned() };
        let mut body = String::new();
        let mut characters = lines.strip_suffix('\n').unwrap().split("\n  ").flat_map(str::chars);
        while let Some(c) = characters.next() {
            body.push(match c {
                '\\' => escape(&mut characters),
                _ => c,
            });
        }
        body
    }

    #[test]
    fn an_ordinary_body_is_stored_as_it_is() {
        for body in [
            "a\n",
            "relation: same-bits\nmean: 0.1 0x1.999999999999ap-4\n",
            "---\n---\n",
            "\n a \n\nb\n",
            "a \\n\tü\n",
        ] {
            assert_eq!(form(body), body);
        }
    }

    #[test]
    fn an_odd_body_is_spelled_out_so_that_no_tool_changes_it() {
        for (body, lines) in [
            ("", ""),
            ("a", "\n  a"),
            ("a\n\n", "\n  a\\n\n  \\n"),
            ("a\r\nb \n", "\n  a\\r\\n\n  b\\u{20}\\n"),
            ("a \tb\\\r", "\n  a\\u{20}\\tb\\\\\\r"),
            ("<<<<<<< HEAD\n", "\n  <<<<<<< HEAD\\n"),
            ("a\u{3000}\n", "\n  a\\u{3000}\\n"),
        ] {
            assert_eq!(form(body), format!("{SPELLED}{lines}\n"), "{body:?}");
        }
    }

    #[test]
    fn a_body_that_looks_spelled_out_is_spelled_out_itself() {
        let body = spelled_out("a");
        assert_eq!(form(&body), format!("{SPELLED}\n  {}\\n\n    a\\n\n", SPELLED.replace('\\', "\\\\")));
    }

    #[test]
    fn a_body_beyond_the_limit_is_refused() {
        let large = "0123456789abcde\n".repeat(1 << 16);
        assert!(stored(&large, Path::new("x.snap")).is_ok());
        assert!(matches!(
            stored(&(large + "a\n"), Path::new("x.snap")),
            Err(Error::TooLarge { bytes: 1_048_578, .. })
        ));
    }

    fn parsed(text: &[u8]) -> Result<Stored, Error> {
        parse(text.to_vec(), Path::new("x.snap"))
    }

    #[test]
    fn the_body_is_everything_behind_the_header() {
        let snapshot = parsed(b"---\nsource: a\n---\n\n---\nb\n").unwrap();
        assert_eq!((snapshot.header.as_str(), snapshot.body.as_str()), ("source: a\n", "\n---\nb\n"));
        assert_eq!(parsed(b"---\r\nsource: a\r\n---\r\nb\r\n").unwrap().body, "b\r\n");
        assert_eq!(parsed(b"---\n---").unwrap().body, "");
    }

    #[test]
    fn what_is_no_snapshot_is_damaged() {
        for text in
            [&b""[..], b"a\n", b"---\nsource: a\n", b"---", b"\xef\xbb\xbf---\n---\na\n", b"---\n---\n\xff\n"]
        {
            assert!(matches!(parsed(text), Err(Error::Damaged { .. })), "{text:?}");
        }
    }

    #[test]
    fn merge_conflict_markers_are_named_with_their_line() {
        let text = b"---\nsource: a\n---\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n";
        assert!(matches!(parsed(text), Err(Error::Conflict { line: 4, .. })));
        let in_header = b"<<<<<<< HEAD\n---\nsource: a\n=======\n";
        assert!(matches!(parsed(in_header), Err(Error::Conflict { line: 1, .. })));
    }

    proptest! {
        #[test]
        fn no_two_bodies_share_a_stored_form(body in crate::keep::tests::any_body()) {
            prop_assert_eq!(read_back(&form(&body)), body);
        }

        #[test]
        fn no_input_makes_the_reader_panic(text in "(?s)(---\r?\n)?.{0,60}(\n---\n)?.{0,60}") {
            let _ = parsed(text.as_bytes());
        }
    }
}
