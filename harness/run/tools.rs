//! Our carriers on disk: the preload library and the Python shim, written once and shared by all sessions.

use std::path::{Path, PathBuf};

use super::Error;
use super::store::write_whole;
use crate::artifact::Digest;
use crate::vary;

/// Where the carriers lie.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    /// The preload library; `None` where this build has none (other systems than Linux).
    pub(super) preload: Option<PathBuf>,
    /// The folder that comes first on `PYTHONPATH`.
    pub(super) shim: PathBuf,
}

/// A file where Python would make a folder for compiled modules. With one, the first run of a store would compile the shim
/// and all later ones load it: other allocations, so other addresses, and a drift of our making.
const NO_CACHE: &str = "__pycache__";

impl Tools {
    /// Writes the carriers below `store`, in a folder named by their content: it is the same in every session, because
    /// a program that prints its environment must not drift by our doing.
    pub(super) fn install(store: &Path) -> Result<Self, Error> {
        let mut content = [NO_CACHE.as_bytes(), vary::PRELOAD].concat();
        for (_, text) in vary::shim_files() {
            content.extend_from_slice(text.as_bytes());
        }
        let name = format!("tools-{}", Digest::of_bytes(&content).short());
        let folder = spaceless(store).join(name);
        let shim = folder.join("shim");
        std::fs::create_dir_all(&shim).map_err(Error::io("create", &shim))?;
        for (name, text) in vary::shim_files() {
            write_whole(&shim.join(name), text.as_bytes())?;
        }
        write_whole(&shim.join(NO_CACHE), &[])?;
        let preload = folder.join("preload.so");
        if vary::PRELOAD.is_empty() {
            return Ok(Self { preload: None, shim });
        }
        write_whole(&preload, vary::PRELOAD)?;
        Ok(Self { preload: Some(preload), shim })
    }
}

/// `LD_PRELOAD` splits at blanks and colons and knows no quoting, so a store with one in its path cannot hold the library.
fn spaceless(store: &Path) -> PathBuf {
    let text = store.to_string_lossy();
    if text.contains([' ', ':', '\t', '\n']) {
        std::env::temp_dir().join("driftless")
    } else {
        store.to_path_buf()
    }
}
