//! `driftless report --format card --merge README.md`.

use std::io::{Read as _, Write as _};
use std::path::Path;

use super::Failure;
use super::report::told;
use crate::report::{Exit, Report, card};
use crate::run::Error;

/// Bytes of a README that are read at most: 16 MiB.
const BYTES_MAX: u64 = 16 << 20;

/// Puts the card into a README, or makes one.
pub(super) fn main(readme: &Path, report: &Report, formats: &[String]) -> Result<Exit, Failure> {
    if formats != ["card"] {
        return Err(Failure::Usage {
            message: "only a card can be merged into a README".to_owned(),
            hint: "write `driftless report --format card --merge README.md`".to_owned(),
        });
    }
    if !readme.try_exists().map_err(Error::io("look at", readme))? {
        if readme.is_symlink() {
            return Err(unusable(readme, "is a link that leads nowhere"));
        }
        write(readme, &card::render(report))?;
        told(&format!("written: {}", readme.display()))?;
        return Ok(Exit::Held);
    }
    // A link stays a link; what it leads to is replaced.
    let place = readme.canonicalize().map_err(Error::io("look at", readme))?;
    let old = read(&place, readme)?;
    let new = card::merge(&old, report).map_err(|fault| Failure::Usage {
        message: format!("cannot merge into `{}`: {fault}; nothing was changed", readme.display()),
        hint: "mend that line; the part between `<!-- driftless:begin -->` and `<!-- driftless:end -->` is ours, and front matter must be YAML with a key in each line".to_owned(),
    })?;
    if new == old {
        told(&format!("unchanged: {}", readme.display()))?;
    } else {
        write(&place, &new)?;
        told(&format!("merged: {}", readme.display()))?;
    }
    Ok(Exit::Held)
}

fn unusable(path: &Path, what: &str) -> Failure {
    Failure::Usage {
        message: format!("cannot merge into `{}`: it {what}", path.display()),
        hint: "name a Markdown file, or one that is not there yet".to_owned(),
    }
}

fn read(place: &Path, shown: &Path) -> Result<String, Failure> {
    if !place.is_file() {
        return Err(unusable(shown, "is not a file"));
    }
    let file = std::fs::File::open(place).map_err(Error::io("read", shown))?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Error::io("read", shown))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(unusable(shown, "is larger than 16 MiB, which no README is"));
    }
    String::from_utf8(bytes).map_err(|_| unusable(shown, "is not UTF-8"))
}

/// Replaces a file at once: nobody ever sees half of it. Its permissions stay.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let kept = std::fs::metadata(path).ok().map(|metadata| metadata.permissions());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut beside = builder.tempfile_in(folder).map_err(Error::io("write in", folder))?;
    beside.write_all(text.as_bytes()).map_err(Error::io("write", path))?;
    if let Some(permissions) = kept {
        // What the user's mask takes from a new file, the old one may have had.
        beside.as_file().set_permissions(permissions).map_err(Error::io("write", path))?;
    }
    beside.persist(path).map_err(|error| Error::io("write", path)(error.error))?;
    Ok(())
}
