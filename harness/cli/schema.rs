//! `driftless schema`.

use std::io::Write as _;

use super::Failure;
use crate::report::Exit;

/// Prints the JSON schema of case files.
pub(super) fn main() -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(&crate::case::schema()).unwrap_or_default();
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(Exit::Held)
}
