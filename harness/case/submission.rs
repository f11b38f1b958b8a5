//! What is handed in, as the user declares it.

use std::path::PathBuf;
use std::time::Duration;

use crate::submission::Wish;

/// `[submission]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// The output that is handed in; `None` where the gate has nothing to rebuild.
    pub artifact: Option<String>,
    /// The file as it will be handed in, absolute. It need not be there.
    pub file: Option<PathBuf>,
    /// The last submission, absolute. It need not be there.
    pub previous: Option<PathBuf>,
    /// What the file must be like.
    pub wish: Wish,
    /// Wall time that all stages may take together.
    pub wall: Option<Duration>,
    /// Resident memory that any stage may take, in bytes.
    pub memory_bytes_max: Option<u64>,
    /// Whether nothing may be printed on standard output; `None` where nobody said.
    pub silent: Option<bool>,
    /// Whether it is rebuilt without a network.
    pub offline: bool,
}
