//! Reports as files.

use std::path::{Path, PathBuf};

use super::Report;
use super::format::{Context, Format};
use super::session::Error;
use crate::run::store::write_whole;

/// Writes a report into a folder, a file for each format, and returns where they lie. Each is either absent or whole.
///
/// # Errors
/// Where the folder cannot be made, or a file cannot be written.
pub fn write(
    formats: &[&Format],
    report: &Report,
    context: Context<'_>,
    folder: &Path,
) -> Result<Vec<PathBuf>, Error> {
    std::fs::create_dir_all(folder).map_err(crate::run::Error::io("create", folder))?;
    let mut written = Vec::new();
    for format in formats {
        let path = folder.join(format.file);
        let text = (format.render)(report, context);
        // A file has no colours.
        let text = if format.name == "text" { anstream::adapter::strip_str(&text).to_string() } else { text };
        write_whole(&path, text.as_bytes())?;
        written.push(path);
    }
    Ok(written)
}
