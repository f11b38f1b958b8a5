//! Our carriers on disk: the preload library and the Python shim, written once and shared by all sessions.

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
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
        let folder = shelter(store)?.join(name);
        let shim = folder.join("shim");
        std::fs::create_dir_all(&shim).map_err(Error::io("create", &shim))?;
        for (name, text) in vary::shim_files() {
            write_whole(&shim.join(name), text.as_bytes())?;
        }
        write_whole(&shim.join(NO_CACHE), &[])?;
        let preload = folder.join("preload.so");
        // A library that cannot be loaded would only make every program complain.
        if vary::PRELOAD.is_empty() || !may_execute(&folder) {
            return Ok(Self { preload: None, shim });
        }
        write_whole(&preload, vary::PRELOAD)?;
        Ok(Self { preload: Some(preload), shim })
    }
}

/// Where the carriers can lie. `LD_PRELOAD` splits at blanks and colons and knows no quoting, and a file system mounted
/// `noexec` lets no library in: a store with either cannot hold them.
fn shelter(store: &Path) -> Result<PathBuf, Error> {
    let text = store.to_string_lossy();
    if text.contains([' ', ':', '\t', '\n']) || !may_execute(store) {
        private_folder()
    } else {
        Ok(store.to_path_buf())
    }
}

/// A folder of this user below the system's folder for temporary files: short, without blanks, closed to others, who could
/// otherwise plant a library in it.
pub(super) fn private_folder() -> Result<PathBuf, Error> {
    let user = user();
    let folder = std::env::temp_dir().join(format!("driftless-{user}"));
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(Error::io("create", &folder)(error));
        }
        _ => {}
    }
    let data = folder.symlink_metadata().map_err(Error::io("read", &folder))?;
    if data.is_dir() && data.uid() == user && data.mode() & 0o022 == 0 {
        return Ok(folder);
    }
    let source = std::io::Error::new(ErrorKind::PermissionDenied, "others can write there");
    Err(Error::Io { action: "trust", path: folder, source })
}

#[expect(unsafe_code, reason = "geteuid has no safe form in std")]
fn user() -> u32 {
    // SAFETY: no arguments, cannot fail.
    unsafe { libc::geteuid() }
}

/// Whether files there may be mapped as code; yes where the system does not say.
#[expect(unsafe_code, reason = "statvfs has no safe form in std")]
fn may_execute(folder: &Path) -> bool {
    let Ok(path) = std::ffi::CString::new(folder.as_os_str().as_bytes()) else { return true };
    // SAFETY: the path is terminated, the struct is written by the call.
    unsafe {
        let mut facts: libc::statvfs = std::mem::zeroed();
        libc::statvfs(path.as_ptr(), &raw mut facts) != 0 || facts.f_flag & libc::ST_NOEXEC == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_whose_path_the_loader_would_split_is_left_for_a_private_folder() {
        for store in ["/a b", "/a:b", "/a\tb"] {
            assert_eq!(shelter(Path::new(store)).unwrap(), private_folder().unwrap());
        }
        let folder = private_folder().unwrap();
        assert_eq!(folder.metadata().unwrap().mode() & 0o077, 0);
    }
}
