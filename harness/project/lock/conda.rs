//! Files of conda and pixi: environment.yml, conda-lock.yml and lists of packages; `pixi` knows pixi's.
//!
//! Sources: conda's documentation of package match specifications and of `conda list --explicit` and `--export`; the
//! schema that conda-lock 4 writes.

use std::path::Path;

use super::model::{Group, Kind, Locked, Manager, Pin, Source};
use super::node::{self, Fault, Node};
use super::{pixi, requirements, text, yaml};

/// Packages all of whose releases have three numbers: `numpy=1.26` is a range of them.
const THREE_NUMBERS: &[&str] = &[
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "matplotlib",
    "pytorch",
    "torchvision",
    "torchaudio",
    "tensorflow",
    "xgboost",
    "lightgbm",
    "catboost",
    "keras",
    "transformers",
    "polars",
    "statsmodels",
];

/// Reads a file of one of these kinds.
pub(super) fn read(root: &Path, path: &Path, kind: Kind) -> Source {
    let mut source = Source::new(path, kind);
    let text = match text::read(&root.join(path)) {
        Ok(text) => text,
        Err(fault) => {
            source.fault(fault);
            return source;
        }
    };
    let tree = match kind {
        Kind::CondaList => {
            list(&text, &mut source);
            return source;
        }
        Kind::PixiInput => node::toml(&text),
        _ => yaml::yaml(&text),
    };
    match (tree, kind) {
        (Err(fault), _) => source.fault(fault),
        (Ok(tree), Kind::CondaEnvironment) => environment(root, &tree, &text, &mut source),
        (Ok(tree), Kind::CondaLock) => conda_lock(&tree, &mut source),
        (Ok(tree), Kind::PixiLock) => pixi::lock(&tree, &mut source),
        (Ok(tree), _) => pixi::input(&tree, &mut source),
    }
    source
}

/// Whether a YAML file that is not named so is an environment of conda.
pub(super) fn is_environment(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    has("dependencies:") && (has("channels:") || has("name:"))
}

fn environment(root: &Path, tree: &Node, text: &str, source: &mut Source) {
    let lines: Vec<&str> = text.lines().collect();
    // `- cudnn  # [linux]` is how conda-lock is told that a package is for one platform.
    let selected = |line: u64| {
        let place = usize::try_from(line).unwrap_or(0).saturating_sub(1);
        lines.get(place).is_some_and(|line| line.contains("# ["))
    };
    let Some(dependencies) = tree.get("dependencies") else {
        source.fault(Fault { line: None, message: "holds no `dependencies`".to_owned() });
        return;
    };
    for item in dependencies.list() {
        if let Some(spec) = item.text() {
            match conda_spec(spec, &source.file, item.line) {
                Ok(mut entry) => {
                    entry.conditional = selected(item.line);
                    source.entries.push(entry);
                }
                Err(message) => source.fault(Fault::new(item.line, message)),
            }
        } else {
            for line in item.get("pip").map_or(&[][..], Node::list) {
                pip_line(root, line, source);
            }
        }
    }
    source.python = source
        .entries
        .iter()
        .any(|entry| entry.name == "python" && entry.manager == Manager::Conda && entry.specifiers.is_some());
}

/// A line of the `pip` list, which pip reads as one of a requirements file.
fn pip_line(root: &Path, line: &Node, source: &mut Source) {
    let Some(text) = line.text() else { return };
    let read = requirements::lines(root, &source.path, line.line, text);
    source.entries.extend(read.entries);
    source.faults.extend(read.faults);
    source.junk.extend(read.junk);
}

/// A match specification: `numpy`, `numpy=1.26`, `numpy==1.26.4`, `numpy=1.26.4=py311_0`, `conda-forge::numpy >=1.26`.
fn conda_spec(spec: &str, file: &str, line: u64) -> Result<Locked, String> {
    let spec = spec.split('#').next().unwrap_or_default().trim();
    let bare = spec.rsplit_once("::").map_or(spec, |(_, bare)| bare).trim();
    let end = bare.find([' ', '=', '<', '>', '!', '~', '[']).unwrap_or(bare.len());
    let (name, rest) = bare.split_at(end);
    if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
    {
        return Err(format!("`{spec}` is no package that conda can find"));
    }
    let mut entry = Locked::new(name, file, line, Manager::Conda);
    spec.clone_into(&mut entry.shown);
    let rest = rest.split('[').next().unwrap_or_default().trim();
    if rest.is_empty() {
        return Ok(entry);
    }
    entry.specifiers = Some(rest.to_owned());
    entry.pin = Pin::Range;
    let parts: Vec<&str> = rest.split(['=', ' ']).filter(|part| !part.is_empty()).collect();
    let plain = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && !text.contains(['*', ',', '|', '<', '>', '!', '~'])
    };
    let is_exact = rest.starts_with("==") || parts.len() == 2;
    let numbers = parts.first().map_or(0, |version| version.split('.').count());
    let needed = if THREE_NUMBERS.contains(&entry.name.as_str()) { 3 } else { 2 };
    if let Some(version) = parts.first().filter(|version| plain(version))
        && parts.len() <= 2
        && (is_exact || numbers >= needed)
    {
        entry.pin = Pin::Exact;
        entry.version = Some((*version).to_owned());
    }
    Ok(entry)
}

fn conda_lock(tree: &Node, source: &mut Source) {
    let Some(packages) = tree.get("package") else {
        source.fault(Fault { line: None, message: "holds no `package`: it is no lock file".to_owned() });
        return;
    };
    for package in packages.list() {
        let (Some(name), Some(version)) = (package.text_at("name"), package.text_at("version")) else {
            source.fault(Fault::new(package.line, "a package without a name or a version"));
            continue;
        };
        let manager = if package.text_at("manager") == Some("pip") { Manager::Pip } else { Manager::Conda };
        let mut entry = Locked::new(name, &source.file, package.line, manager).exactly(version);
        entry.hashes = package.get("hash").is_some_and(|hash| !hash.map().is_empty());
        entry.group = match package.text_at("category") {
            None | Some("main") => Group::Prod,
            Some("dev") => Group::Dev,
            Some(other) => Group::Named(other.to_owned()),
        };
        entry.marker = package.text_at("platform").and_then(platform_marker).map(str::to_owned);
        source.python |= entry.name == "python";
        source.entries.push(entry);
    }
}

/// The condition of PEP 508 under which a platform of conda is meant.
fn platform_marker(platform: &str) -> Option<&'static str> {
    Some(match platform {
        "linux-64" => "sys_platform == 'linux' and platform_machine == 'x86_64'",
        "linux-aarch64" => "sys_platform == 'linux' and platform_machine == 'aarch64'",
        "linux-ppc64le" => "sys_platform == 'linux' and platform_machine == 'ppc64le'",
        "osx-64" => "sys_platform == 'darwin' and platform_machine == 'x86_64'",
        "osx-arm64" => "sys_platform == 'darwin' and platform_machine == 'arm64'",
        "win-64" => "sys_platform == 'win32' and platform_machine == 'AMD64'",
        _ => return None,
    })
}

/// `…/linux-64/numpy-1.26.4-py311h64a7726_0.conda`: name, version and build.
pub(super) fn of_conda_url(url: &str) -> Option<(String, String)> {
    let file = url.split('#').next()?.rsplit('/').next()?;
    let stem = file.strip_suffix(".conda").or_else(|| file.strip_suffix(".tar.bz2"))?;
    let (rest, _build) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    Some((name.to_owned(), version.to_owned()))
}

/// `conda list --explicit` (addresses) and `--export` (`name=version=build`).
fn list(text: &str, source: &mut Source) {
    for (place, line) in text.lines().enumerate() {
        let (number, line) = (place as u64 + 1, line.trim());
        if line.is_empty() || line.starts_with(['#', '@']) {
            continue;
        }
        let entry = if line.contains("://") {
            of_conda_url(line).map(|(name, version)| {
                let mut entry = Locked::new(&name, &source.file, number, Manager::Conda).exactly(&version);
                entry.hashes = line.contains('#');
                entry
            })
        } else {
            let by_pip = line.ends_with("=pypi_0");
            conda_spec(line, &source.file, number).ok().map(|mut entry| {
                if by_pip {
                    entry.manager = Manager::Pip;
                }
                entry
            })
        };
        match entry {
            Some(entry) => {
                source.python |= entry.name == "python";
                source.entries.push(entry);
            }
            None => source.fault(Fault::new(
                number,
                format!("`{line}` is neither an address nor a name with a version"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pin_of_a_match_specification_is_read() {
        for (spec, pin) in [
            ("numpy", Pin::None),
            ("numpy=1.26.4", Pin::Exact),
            ("numpy==1.26.4", Pin::Exact),
            ("numpy=1.26.4=py311h64a7726_0", Pin::Exact),
            ("numpy 1.26.4 py311h64a7726_0", Pin::Exact),
            ("packaging=23.1", Pin::Exact),
            ("numpy=1.26", Pin::Range),
            ("python=3.11", Pin::Exact),
            ("python=3.11.7", Pin::Exact),
            ("conda-forge::numpy>=1.26,<2", Pin::Range),
            ("numpy=1.26.*", Pin::Range),
            ("numpy=1", Pin::Range),
        ] {
            assert_eq!(conda_spec(spec, "environment.yml", 1).expect("a specification").pin, pin, "{spec}");
        }
        assert!(conda_spec("=1.2", "environment.yml", 1).is_err());
    }

    #[test]
    fn an_address_of_conda_holds_name_version_and_build() {
        let url =
            "https://channel.example/conda-forge/linux-64/scikit-learn-1.4.2-py311hc009520_1.conda#0123";
        assert_eq!(of_conda_url(url), Some(("scikit-learn".to_owned(), "1.4.2".to_owned())));
    }
}
