//! Why a verdict could not be reached at all.

use crate::{artifact, vary::data};

/// What was to be judged could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// An artifact in the store.
    #[error(transparent)]
    Artifact(#[from] artifact::Error),
    /// Declared data.
    #[error(transparent)]
    Data(#[from] data::Error),
}
