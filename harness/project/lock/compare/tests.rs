//! Environments made of nothing but metadata.

use super::*;

/// An environment with these packages, on Linux.
fn environment(folder: &Path, packages: &[(&str, &str)]) -> Interpreter {
    let site = folder.join("lib/python3.11/site-packages");
    for (name, version) in packages {
        let info = site.join(format!("{name}-{version}.dist-info"));
        std::fs::create_dir_all(&info).expect("folders");
        let text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: other\n");
        std::fs::write(info.join("METADATA"), text).expect("a file");
        std::fs::write(info.join("RECORD"), "").expect("a file");
    }
    let markers = [
        ("implementation_name", "cpython"),
        ("implementation_version", "3.11.9"),
        ("os_name", "posix"),
        ("platform_machine", "x86_64"),
        ("platform_python_implementation", "CPython"),
        ("platform_system", "Linux"),
        ("python_full_version", "3.11.9"),
        ("python_version", "3.11"),
        ("sys_platform", "linux"),
    ];
    Interpreter {
        executable: folder.join("bin/python"),
        prefix: folder.to_path_buf(),
        sites: vec![site],
        markers: markers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}

/// The comparison of a lock of this name and text with an environment of these packages.
fn compared(name: &str, text: &str, packages: &[(&str, &str)]) -> Compared {
    let folder = tempfile::tempdir().expect("a folder");
    let python = environment(&folder.path().join("environment"), packages);
    std::fs::write(folder.path().join(name), text).expect("a file");
    compare(folder.path(), Path::new(name), &python).expect("a comparison")
}

fn names(differences: &[Difference]) -> Vec<&str> {
    differences.iter().map(|difference| difference.name.as_str()).collect()
}

const LINES: &str =
    "NumPy==1.26.4\ntorch==2.1.0\ncolorama==0.4.6 ; sys_platform == 'win32'\ntyping_extensions==4.12\n";

#[test]
fn an_environment_that_is_the_lock_is_equal() {
    let packages =
        [("numpy", "1.26.4"), ("torch", "2.1.0+cu121"), ("typing-extensions", "4.12.0"), ("pip", "24.0")];
    let compared = compared("requirements.txt", LINES, &packages);
    assert!(compared.equal, "{compared:?}");
    assert_eq!(compared.same, 3);
}

#[test]
fn missing_additional_and_other_versions_are_told_apart() {
    let packages = [("numpy", "1.26.5"), ("torch", "2.1.0"), ("six", "1.17.0")];
    let compared = compared("requirements.txt", LINES, &packages);
    assert!(!compared.equal);
    assert_eq!(names(&compared.missing), ["typing-extensions"]);
    assert_eq!(names(&compared.extra), ["six"]);
    assert_eq!(names(&compared.versions), ["numpy"]);
    assert_eq!(compared.versions[0].installed.as_deref(), Some("1.26.5"));
}

#[test]
fn dependencies_in_a_uv_lock_are_followed_under_their_conditions() {
    let lock = "version = 1\n[[package]]\nname = \"app\"\nversion = \"0\"\nsource = { virtual = \".\" }\n\
        dependencies = [{ name = \"a\", extra = [\"fast\"] }, { name = \"w\", marker = \"sys_platform == 'win32'\" }]\n\
        [[package]]\nname = \"a\"\nversion = \"1\"\n[package.optional-dependencies]\nfast = [{ name = \"b\" }]\n\
        [[package]]\nname = \"b\"\nversion = \"2\"\n[[package]]\nname = \"w\"\nversion = \"3\"\n\
        [[package]]\nname = \"tool\"\nversion = \"4\"\n";
    assert_eq!(names(&compared("uv.lock", lock, &[("a", "1")]).missing), ["b"]);
    // A tool of the lock may be there or not.
    assert!(compared("uv.lock", lock, &[("a", "1"), ("b", "2")]).equal);
    assert!(compared("uv.lock", lock, &[("a", "1"), ("b", "2"), ("tool", "4")]).equal);
}

#[test]
fn what_is_no_lock_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let python = environment(folder.path(), &[]);
    for (name, text, reason) in [
        ("pyproject.toml", "[project]\nname = \"a\"\n", "no lock"),
        ("uv.lock", "version = =", "uv.lock:1"),
        ("notes.md", "numpy", "name"),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
        let error = compare(folder.path(), Path::new(name), &python).expect_err(name);
        assert!(error.contains(reason), "{name}: {error}");
    }
}

#[test]
fn packages_of_conda_are_compared_with_those_of_conda() {
    let folder = tempfile::tempdir().expect("a folder");
    let python = environment(folder.path(), &[("numpy", "1.26.4")]);
    let meta = folder.path().join("conda-meta");
    std::fs::create_dir_all(&meta).expect("a folder");
    for (name, version) in [("numpy", "1.26.4"), ("python", "3.11.9")] {
        let text = format!("{{\"name\": \"{name}\", \"version\": \"{version}\"}}");
        std::fs::write(meta.join(format!("{name}-{version}-0.json")), text).expect("a file");
    }
    let lock = "name: a\nchannels: [conda-forge]\ndependencies:\n  - numpy=1.26.4\n  - python=3.11.9\n";
    std::fs::write(folder.path().join("environment.yml"), lock).expect("a file");
    let compared = compare(folder.path(), Path::new("environment.yml"), &python).expect("a comparison");
    assert!(compared.equal, "{compared:?}");
}
