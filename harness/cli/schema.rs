//! `driftless schema`.

use std::io::Write as _;

use super::Failure;
use crate::report::Exit;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Of what
    #[arg(value_enum, default_value_t = What::Case)]
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Case files
    Case,
    /// The predicate of attestations, which holds a fingerprint
    Attestation,
    /// Reports, as `--format json` writes them
    Report,
}

/// Prints a JSON schema.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let schema = match arguments.what {
        What::Case => crate::case::schema(),
        What::Attestation => crate::attest::schema(),
        What::Report => crate::report::json::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(Exit::Held)
}
