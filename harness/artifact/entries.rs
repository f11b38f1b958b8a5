//! What a container holds, by name: the entries of a checkpoint, listed without executing anything.

use super::archive::Archive;
use super::error::{Error, Fault, Origin};
use super::json::{self, Value};
use super::safetensors::Safetensors;
use super::torch::{Leaf, Torch};
use super::{Artifact, Format, open};

/// Limit on the entries of one container; the first tell what is in it.
const ENTRIES_MAX: usize = 100_000;
/// Limit on a JSON document.
const JSON_BYTES_MAX: u64 = 256 << 20;
/// Folders below a directory that are looked into.
const DEPTH_MAX: usize = 4;

/// One leaf of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands, outermost name first: `["optimizer", "state", "0", "step"]`.
    pub path: Vec<String>,
    /// What it is.
    pub kind: Kind,
}

/// What stands at a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers: a tensor, an array, or a number in a text format.
    Numbers,
    /// Nothing: `None`, `null`.
    Nothing,
    /// Texts, truth values, names of classes, empty lists.
    Other,
}

/// Lists what a container holds. `Err` of the inner result where the format cannot be listed without executing code, or the
/// file is not what its format says: why, in a phrase.
///
/// # Errors
/// Where the file cannot be read at all.
pub fn entries(artifact: &Artifact) -> Result<Result<Vec<Entry>, String>, Error> {
    listed(&Origin::new(&artifact.path, artifact.format), DEPTH_MAX)
}

fn listed(origin: &Origin, depth: usize) -> Result<Result<Vec<Entry>, String>, Error> {
    let entries = match origin.format {
        Format::Torch => torch(origin),
        Format::Safetensors => safetensors(origin),
        Format::Npz => npz(origin),
        Format::Json => json_document(origin),
        Format::Tree => return tree(origin, depth),
        Format::Pickle => return Ok(Err("a pickle is not read: that would execute code".to_owned())),
        other => return Ok(Err(format!("{} has no entries with names", other.name()))),
    };
    match entries {
        Ok(entries) => Ok(Ok(entries)),
        Err(error) if error.is_about_content() => Ok(Err(reason(&error))),
        Err(error) => Err(error),
    }
}

fn reason(error: &Error) -> String {
    match &error.fault {
        Fault::Malformed { what, .. } => what.clone(),
        other => other.to_string(),
    }
}

fn split(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

fn torch(origin: &Origin) -> Result<Vec<Entry>, Error> {
    let torch = Torch::open(origin)?;
    if let Some(why) = torch.unread() {
        return Err(origin.malformed(format!("its list of names is not understood: {why}")));
    }
    let entry = |(path, leaf): (&String, &Leaf)| Entry { path: split(path), kind: kind(leaf) };
    Ok(torch.leaves().iter().map(entry).take(ENTRIES_MAX).collect())
}

fn kind(leaf: &Leaf) -> Kind {
    match leaf {
        Leaf::Tensor(_) | Leaf::Float(_) => Kind::Numbers,
        Leaf::Plain(text) if text == "None" => Kind::Nothing,
        Leaf::Plain(text) if text.parse::<i64>().is_ok() => Kind::Numbers,
        Leaf::Plain(_) => Kind::Other,
    }
}

fn safetensors(origin: &Origin) -> Result<Vec<Entry>, Error> {
    let file = Safetensors::open(origin)?;
    let tensors = file.names().into_iter().map(|name| Entry { path: split(&name), kind: Kind::Numbers });
    let notes = file.notes().keys().map(|name| Entry { path: split(name), kind: Kind::Other });
    Ok(tensors.chain(notes).take(ENTRIES_MAX).collect())
}

fn npz(origin: &Origin) -> Result<Vec<Entry>, Error> {
    let archive = Archive::open(origin)?;
    let entry = |name: &String| {
        let name = name.strip_suffix(".npy").unwrap_or(name);
        Entry { path: split(name), kind: Kind::Numbers }
    };
    Ok(archive.names().iter().map(entry).take(ENTRIES_MAX).collect())
}

fn json_document(origin: &Origin) -> Result<Vec<Entry>, Error> {
    let text = open::whole(origin, JSON_BYTES_MAX)?;
    let value = json::read(&text).map_err(|what| origin.malformed(what))?;
    let mut entries = Vec::new();
    walk(&value, &mut Vec::new(), &mut entries);
    Ok(entries)
}

/// An array counts as one leaf: nobody names what stands at its third place.
fn walk(value: &Value<'_>, path: &mut Vec<String>, entries: &mut Vec<Entry>) {
    if entries.len() == ENTRIES_MAX {
        return;
    }
    let kind = match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                path.push(name.clone().into_owned());
                walk(member, path, entries);
                path.pop();
            }
            return;
        }
        Value::Number(_) => Kind::Numbers,
        Value::Array(items) if holds_numbers(items) => Kind::Numbers,
        Value::Null => Kind::Nothing,
        _ => Kind::Other,
    };
    entries.push(Entry { path: path.clone(), kind });
}

fn holds_numbers(items: &[Value<'_>]) -> bool {
    items.iter().any(|item| match item {
        Value::Number(_) => true,
        Value::Array(items) => holds_numbers(items),
        _ => false,
    })
}

/// Every file is an entry, named without its ending, and what it holds stands below it. One file that cannot be listed is
/// an entry all the same: its name tells what it is.
fn tree(origin: &Origin, depth: usize) -> Result<Result<Vec<Entry>, String>, Error> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(Ok(Vec::new())) };
    let folder = std::fs::read_dir(&origin.path).map_err(|source| Error::io(&origin.path, "read", source))?;
    let mut files: Vec<_> = folder.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut entries = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let inside = listed(&Origin::new(&file, Format::detect(&file)?), depth)?.unwrap_or_default();
        if inside.is_empty() {
            entries.push(Entry { path: vec![name], kind: Kind::Other });
            continue;
        }
        let below = |entry: Entry| Entry { path: [vec![name.clone()], entry.path].concat(), ..entry };
        entries.extend(inside.into_iter().map(below).take(ENTRIES_MAX - entries.len().min(ENTRIES_MAX)));
    }
    Ok(Ok(entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(folder: &tempfile::TempDir, name: &str, format: Format) -> Result<Vec<String>, String> {
        let artifact = Artifact::at(folder.path().join(name), format, Vec::new()).unwrap();
        let shown = |entry: Entry| format!("{} {:?}", entry.path.join("/"), entry.kind);
        entries(&artifact).unwrap().map(|entries| entries.into_iter().map(shown).collect())
    }

    #[test]
    fn a_json_document_is_listed_by_its_keys() {
        let folder = tempfile::tempdir().unwrap();
        let text =
            r#"{"w": [[1, 2]], "epoch": 3, "rng": {"state": [1], "gauss": null}, "name": "x", "tags": []}"#;
        std::fs::write(folder.path().join("a.json"), text).unwrap();
        let expected = [
            "w Numbers",
            "epoch Numbers",
            "rng/state Numbers",
            "rng/gauss Nothing",
            "name Other",
            "tags Other",
        ];
        assert_eq!(of(&folder, "a.json", Format::Json).unwrap(), expected);
        std::fs::write(folder.path().join("a.json"), "{").unwrap();
        assert!(of(&folder, "a.json", Format::Json).is_err());
    }

    #[test]
    fn a_folder_is_listed_by_its_files_and_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("ckpt");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("trainer_state.json"), r#"{"epoch": 1}"#).unwrap();
        std::fs::write(inner.join("scheduler.pkl"), "opaque").unwrap();
        let expected = ["scheduler Other", "trainer_state/epoch Numbers"];
        assert_eq!(of(&folder, "ckpt", Format::Tree).unwrap(), expected);
    }

    #[test]
    fn what_would_execute_code_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.pt"), "\u{80}\u{2}legacy").unwrap();
        assert!(of(&folder, "a.pt", Format::Pickle).unwrap_err().contains("execute code"));
        assert!(of(&folder, "a.pt", Format::Torch).is_err());
    }
}
