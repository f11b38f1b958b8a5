//! Reads what was saved: attestations, bare or in an envelope, reports, fingerprints.

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::{Envelope, Error, PREDICATE_TYPE, STATEMENT_TYPE, Signed, Statement, statement};
use crate::report::Report;
use crate::run::fingerprint::Fingerprint;

/// No attestation, report or fingerprint is larger.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// No key is larger.
pub(super) const KEY_BYTES_MAX: u64 = 64 << 10;

/// The bytes of a regular file that are not too many.
pub(super) fn bytes_of(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    // A link to a file is followed: people keep the latest under a fixed name.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut bytes = Vec::new();
    let file = crate::artifact::open::regular(&path)?;
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| {
        Error::unfit(&path, format!("cannot be read: {error}"), "check that you may read it")
    })?;
    if bytes.len() as u64 > bytes_max {
        let what = format!("is larger than {bytes_max} bytes");
        return Err(Error::unfit(&path, what, "check that it is the file that you mean"));
    }
    Ok(bytes)
}

const WANTED: &str =
    "give what `driftless fingerprint --json`, `driftless run --format json` or `driftless attest` wrote";

fn value_of(path: &Path, bytes: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::unfit(path, format!("is no JSON: {error}"), WANTED))
}

/// The fingerprint in a file, whichever of the three kinds it is.
///
/// # Errors
/// A file that cannot be read or is none of them.
pub fn read(path: &Path) -> Result<Fingerprint, Error> {
    let value = value_of(path, &bytes_of(path, FILE_BYTES_MAX)?)?;
    let has = |key: &str| value.get(key).is_some();
    if has("payloadType") || has("_type") {
        return Ok(attestation(path, None)?.0.predicate.fingerprint);
    }
    let unfit = |error: &serde_json::Error| {
        Error::unfit(path, format!("is neither fingerprint, report nor attestation: {error}"), WANTED)
    };
    if has("measured") {
        let report: Report = serde_json::from_value(value).map_err(|error| unfit(&error))?;
        return report.measured.fingerprint.ok_or_else(|| {
            Error::unfit(path, "is a report without a fingerprint", "write it again with this version")
        });
    }
    serde_json::from_value(value).map_err(|error| unfit(&error))
}

/// The report in a file.
///
/// # Errors
/// A file that cannot be read or is no report of this layout.
pub fn report(path: &Path) -> Result<Report, Error> {
    let hint = "write it with `driftless run --format json > report.json`";
    let bytes = bytes_of(path, FILE_BYTES_MAX)?;
    let report: Report = serde_json::from_slice(&bytes)
        .map_err(|error| Error::unfit(path, format!("is no report: {error}"), hint))?;
    if report.format != crate::report::FORMAT {
        let what = format!("has layout {}, this program knows {}", report.format, crate::report::FORMAT);
        return Err(Error::unfit(path, what, hint));
    }
    Ok(report)
}

/// The attestation in a file, and what is known of who wrote it.
///
/// # Errors
/// A file that cannot be read, is no attestation of this layout, contradicts itself, or, with a key, is not signed by it.
pub fn attestation(path: &Path, key: Option<&Path>) -> Result<(Statement, Signed), Error> {
    let hint = "give what `driftless attest` wrote";
    let bytes = bytes_of(path, FILE_BYTES_MAX)?;
    let value = value_of(path, &bytes)?;
    let (bytes, signed) = if value.get("payloadType").is_some() {
        let envelope: Envelope = serde_json::from_value(value)
            .map_err(|error| Error::unfit(path, format!("is no DSSE envelope: {error}"), hint))?;
        envelope.open(path, key)?
    } else if key.is_some() {
        let what = "is a bare statement, which carries no signature";
        return Err(Error::unfit(path, what, "leave out `--key`, or ask for a signed envelope"));
    } else {
        (bytes, Signed::Unsigned)
    };
    let value = value_of(path, &bytes)?;
    for (key, wanted) in [("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)] {
        let found = value.get(key).and_then(Value::as_str).unwrap_or("nothing");
        if found != wanted {
            return Err(Error::unfit(path, format!("has `{key}` {found}, not {wanted}"), hint));
        }
    }
    let statement: Statement = serde_json::from_value(value)
        .map_err(|error| Error::unfit(path, format!("does not keep to the schema: {error}"), hint))?;
    if let Some(what) = statement::contradiction(&statement) {
        return Err(Error::unfit(path, what, "do not trust it: it was changed after it was written"));
    }
    Ok((statement, signed))
}
