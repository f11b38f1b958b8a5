//! A failing input as a case file beside the case.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Contents, Found, Fuzzed, Outcome};
use crate::artifact::Digest;
use crate::case::{Case, Kernel};
use crate::run::Error;
use crate::run::kernel::{npy, numbers};
use crate::wgsl::Scalar;

/// Numbers of a buffer that stand in the case file itself; more go to a `.npy` file beside it.
const NUMBERS_MAX: usize = 64;

/// Keys that come first in their tables, as people write them.
const FIRST: [&str; 8] = ["summary", "wgsl", "source", "entry", "dispatch", "type", "shape", "fill"];

/// Where a failing input was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The case file.
    pub file: PathBuf,
    /// Whether it was there already.
    pub known: bool,
}

/// Stores what was found beside the case; `None` where nothing was. A file that is there stays as it is.
///
/// # Errors
/// The case file cannot be read again, or the folder cannot be written.
pub fn keep(case: &Case, fuzzed: &Fuzzed) -> Result<Option<Kept>, Error> {
    let (Outcome::Found(found), Some(kernel)) = (&fuzzed.outcome, &case.kernel) else { return Ok(None) };
    let text = std::fs::read_to_string(&case.file).map_err(Error::io("read", &case.file))?;
    let folder = case.file.parent().unwrap_or(Path::new("."));
    let declared: Table = text.parse().map_err(|error| {
        let changed = std::io::Error::new(std::io::ErrorKind::InvalidData, format!("{error}"));
        Error::io("read", &case.file)(changed)
    })?;
    // The name follows from the content, and the content names the arrays beside it: those are left out first.
    let body = body(&declared, case, kernel, found, "");
    let mut content = body.clone().into_bytes();
    for (_, bytes) in arrays(found) {
        content.extend(bytes);
    }
    let mark: String = Digest::of_bytes(&content).to_string().chars().take(8).collect();
    let name = format!("{}.fuzz-{mark}", stem(case));
    let file = folder.join(format!("{name}.driftless.toml"));
    if file.exists() {
        return Ok(Some(Kept { file, known: true }));
    }
    for (buffer, bytes) in arrays(found) {
        write(folder, &folder.join(format!("{name}.{buffer}.npy")), &bytes)?;
    }
    let whole =
        format!("{}{}", head(case, fuzzed, found, &file), self::body(&declared, case, kernel, found, &name));
    write(folder, &file, whole.as_bytes())?;
    Ok(Some(Kept { file, known: false }))
}

/// `case-bad` for a variant, else what stands before the ending.
fn stem(case: &Case) -> String {
    let name = case.file.file_name().unwrap_or_default().to_string_lossy();
    let own = name.strip_suffix(".driftless.toml").or(name.strip_suffix(".toml")).unwrap_or(&name);
    case.variant.as_ref().map_or_else(|| own.to_owned(), |variant| format!("{own}-{variant}"))
}

/// Writes a file at once; one that is there stays.
fn write(folder: &Path, file: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any file that a program writes; the user's mask takes away from it.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut part = builder.tempfile_in(folder).map_err(Error::io("create", folder))?;
    part.write_all(bytes).map_err(Error::io("write", file))?;
    match part.persist_noclobber(file) {
        Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Error::io("write", file)(error.error))
        }
        _ => Ok(()),
    }
}

/// What people read first.
fn head(case: &Case, fuzzed: &Fuzzed, found: &Found, file: &Path) -> String {
    let below = |path: &Path| path.strip_prefix(&case.project).unwrap_or(path).display().to_string();
    let mut lines = vec![
        format!("Found by `driftless fuzz --seed {}` in the case `{}`.", fuzzed.seed, case.name),
        String::new(),
        format!("{}: {}", found.audit, found.what),
    ];
    lines.extend(found.places.iter().cloned());
    lines.push(String::new());
    lines.push(format!("Rerun: driftless run {} --audit {}", below(file), found.audit));
    lines.push("Keep the file when the kernel is mended: it shows that it stays so.".to_owned());
    let comment =
        |line: String| if line.is_empty() { "#\n".to_owned() } else { format!("# {}\n", one_line(&line)) };
    lines.into_iter().map(comment).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// The case with this input, as TOML.
fn body(declared: &Table, case: &Case, kernel: &Kernel, found: &Found, name: &str) -> String {
    let mut text = String::new();
    let table = |key: &str| declared.get(key).and_then(Value::as_table).cloned().unwrap_or_default();
    let mut first = table("kernel");
    if let Some(own) = own_wgsl(declared, case) {
        first.insert("wgsl".to_owned(), own);
        first.remove("source");
    }
    let summary = first.get("summary").and_then(Value::as_str).unwrap_or("A kernel").to_owned();
    first.insert("summary".to_owned(), Value::String(format!("{summary}, an input found by fuzzing")));
    let mut passes: Vec<Table> = declared
        .get("pass")
        .and_then(Value::as_array)
        .map(|passes| passes.iter().filter_map(|pass| pass.as_table().cloned()).collect())
        .unwrap_or_default();
    for (number, (pass, grid)) in kernel.passes.iter().zip(&found.grids).enumerate() {
        // A grid that follows from a buffer does so in the stored case as well.
        if pass.over.is_none() && pass.grid != *grid {
            let written = grid.iter().map(|count| Value::Integer((*count).into())).collect();
            passes.get_mut(number).unwrap_or(&mut first).insert("dispatch".to_owned(), Value::Array(written));
        }
    }
    section(&mut text, "[kernel]", &first);
    for pass in &passes {
        section(&mut text, "[[pass]]", pass);
    }
    let buffers = table("buffer");
    for (buffer, contents) in &found.buffers {
        let mut own = buffers.get(buffer).and_then(Value::as_table).cloned().unwrap_or_default();
        let shape =
            contents.shape.iter().map(|count| Value::Integer(i64::try_from(*count).unwrap_or(i64::MAX)));
        own.insert("shape".to_owned(), Value::Array(shape.collect()));
        if let Some(fill) = fill(buffer, contents, name) {
            own.insert("fill".to_owned(), Value::Table(fill));
        }
        section(&mut text, &format!("[buffer.{buffer}]"), &own);
    }
    let known = ["kernel", "pass", "buffer", "variant"];
    for (key, value) in declared.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        match value {
            Value::Table(table) => section(&mut text, &format!("[{key}]"), table),
            _ => text.insert_str(0, &format!("{key} = {value}\n")),
        }
    }
    text
}

/// The WGSL of the case's variant, where that has its own.
fn own_wgsl(declared: &Table, case: &Case) -> Option<Value> {
    declared.get("variant")?.get(case.variant.as_ref()?)?.get("wgsl").cloned()
}

fn section(text: &mut String, header: &str, table: &Table) {
    let blank = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{blank}{header}");
    let mut entries: Vec<(&String, &Value)> = table.iter().collect();
    let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    entries.sort_by_key(|(key, _)| place(key));
    for (key, value) in entries {
        let _ = writeln!(text, "{} = {value}", bare(key));
    }
}

/// A key, in quotes where TOML asks for them.
fn bare(key: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !key.is_empty() && key.chars().all(plain) {
        key.to_owned()
    } else {
        Value::String(key.to_owned()).to_string()
    }
}

/// The `fill` of a buffer that is not as declared.
fn fill(buffer: &str, contents: &Contents, name: &str) -> Option<Table> {
    let bytes = contents.bytes.as_ref()?;
    let entry = match written(contents, bytes) {
        Some(values) => ("values".to_owned(), Value::Array(values)),
        None => ("file".to_owned(), Value::String(format!("{name}.{buffer}.npy"))),
    };
    Some(Table::from_iter([entry]))
}

/// The numbers as TOML; `None` where there are many, or where a reader would round them.
fn written(contents: &Contents, bytes: &[u8]) -> Option<Vec<Value>> {
    let scalar = Scalar::named(contents.scalar)?;
    let numbers = numbers(scalar, bytes);
    let each = bytes.chunks_exact(scalar.bytes());
    let exact = |(number, bytes): (&f64, &[u8])| {
        scalar.bits(*number).is_some_and(|bits| bits.to_le_bytes()[..bytes.len()] == *bytes)
    };
    if numbers.len() > NUMBERS_MAX || !numbers.iter().zip(each).all(exact) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "just held against its bits")]
    let value = |number: f64| {
        if scalar.is_float() { Value::Float(number) } else { Value::Integer(number as i64) }
    };
    Some(numbers.into_iter().map(value).collect())
}

/// The buffers that do not fit into the case file, each as the bytes of a `.npy` file.
fn arrays(found: &Found) -> impl Iterator<Item = (&String, Vec<u8>)> {
    found.buffers.iter().filter_map(|(name, contents)| {
        let bytes = contents.bytes.as_ref()?;
        let scalar = Scalar::named(contents.scalar)?;
        written(contents, bytes).is_none().then(|| (name, npy(scalar, &contents.shape, bytes)))
    })
}
