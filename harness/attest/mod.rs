//! What was shown, written down for others: attestations, their check on another machine, and the way back from a file
//! to the run that made it.
//!
//! An attestation is an in-toto Statement v1 over the outputs of the baseline. Its predicate ([`Predicate`]) says what
//! the audits found, under which factors, what was not checked, and on what all of it may depend (the fingerprint). Its
//! schema is published: `driftless schema attestation`. It may be wrapped into a DSSE envelope and signed; an envelope
//! without a signature proves nothing about who wrote it, and says so.
//!
//! The words for what a repetition shows are those of ACM, "Artifact Review and Badging", version 1.1: repeatability (same
//! team, same setup) and reproducibility (different team, same artifacts). A program sees setups and artifacts; teams it
//! cannot see.

pub mod check;
mod dsse;
pub mod level;
pub mod source;
mod statement;
pub mod text;
pub mod whence;

use std::path::{Path, PathBuf};

pub use dsse::{Envelope, PAYLOAD_TYPE, Signature, Signed, envelope, sign};
pub use statement::{
    Attested, Audited, FORMAT, PREDICATE_TYPE, Predicate, STATEMENT_TYPE, Statement, Subject, Tolerated,
    schema, statement, unfit,
};

/// Why an attestation cannot be written, read or checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that cannot be read.
    #[error(transparent)]
    Artifact(#[from] crate::artifact::Error),
    /// A file that is not what it should be.
    #[error("`{}` {what}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong, as a clause.
        what: String,
        /// What to do.
        hint: String,
    },
}

impl Error {
    /// What the user can do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Error::Artifact(_) => "name a regular file that is there and that you may read".to_owned(),
            Error::Unfit { hint, .. } => hint.clone(),
        }
    }

    pub(super) fn unfit(path: &Path, what: impl Into<String>, hint: &str) -> Self {
        Error::Unfit { path: path.to_path_buf(), what: what.into(), hint: hint.to_owned() }
    }
}
