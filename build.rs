//! Compiles the preload library, which the binary carries and writes into a session's folder.
//!
//! It cannot be an ordinary dependency: Cargo builds no dynamic library for a package that wants its bytes. So
//! the compiler is called directly, with the linker that Cargo is configured to use. Where the library has no
//! support (other systems, C libraries or processors), an empty file takes its place and means "none here".

use std::path::{Path, PathBuf};
use std::{env, fs};

const SOURCES: &str = "harness/vary/preload";

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={SOURCES}");
    let library = PathBuf::from(variable("OUT_DIR")?).join("preload.so");
    if !is_supported() {
        return fs::write(&library, [])
            .map_err(|error| format!("cannot write {}: {error}", library.display()));
    }
    compile(&library)
}

/// The library is written for glibc, and knows system calls and variadic calls of two processors.
fn is_supported() -> bool {
    let is = |name: &str, values: &[&str]| env::var(name).is_ok_and(|value| values.contains(&value.as_str()));
    is("CARGO_CFG_TARGET_OS", &["linux"])
        && is("CARGO_CFG_TARGET_ENV", &["gnu"])
        && is("CARGO_CFG_TARGET_ARCH", &["x86_64", "aarch64"])
        && is("CARGO_CFG_TARGET_POINTER_WIDTH", &["64"])
}

#[expect(
    clippy::disallowed_methods,
    reason = "the rule is for the library; a build script has no run::process"
)]
fn compile(library: &Path) -> Result<(), String> {
    let compiler = variable("RUSTC")?;
    let mut command = std::process::Command::new(&compiler);
    command
        .args(["--crate-name", "driftless_preload", "--crate-type", "cdylib", "--edition", "2024"])
        .args(["-C", "opt-level=2", "-C", "panic=abort", "-C", "strip=symbols"])
        .args(["--target", &variable("TARGET")?])
        .arg(format!("{SOURCES}/lib.rs"))
        .arg("-o")
        .arg(library);
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        command.args(["-C", &format!("linker={linker}")]);
    }
    let output = command.output().map_err(|error| format!("cannot run {compiler}: {error}"))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("cannot compile the preload library ({}):\n{messages}", output.status));
    }
    // Cargo shows what a build script prints only where it is marked, and a warning here must not go unseen.
    for line in messages.lines() {
        println!("cargo::warning={line}");
    }
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
