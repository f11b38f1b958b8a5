//! The Python shim: files that the runner writes to a folder of the session and puts first on `PYTHONPATH`.
//!
//! It reaches Python 3.7 and later, also in virtual environments and in forked or spawned workers, unless the interpreter
//! runs with `-I`, `-E` or `-S`. The folder should be writable, so that the interpreter compiles the file once per session.
//!
//! Limits: every spawned worker starts its global generators at the same constant; methods of types written in C cannot be
//! seen (`torch.Generator().seed()`, `numpy.random.mtrand._rand.seed(n)`); a worker killed by a signal does not say at its
//! end whether it drew.

/// The files of the shim: name and text.
#[must_use]
pub fn shim_files() -> &'static [(&'static str, &'static str)] {
    &[("sitecustomize.py", include_str!("shim/sitecustomize.py"))]
}
