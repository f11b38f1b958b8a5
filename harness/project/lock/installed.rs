//! What is installed in an environment of Python, by the metadata that installers leave.
//!
//! Sources: the specifications "Recording installed projects" (PEP 376, PEP 627) and "Direct URL data structure" (PEP 610)
//! of the Python Packaging Authority; conda's `conda-meta`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::model::{Manager, normal};
use super::{node, text};

/// Entries of one folder that are looked at.
const ENTRIES_MAX: usize = 50_000;

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installed {
    /// Normalised.
    pub(super) name: String,
    pub(super) version: String,
    pub(super) manager: Manager,
    /// Where it came from, if not from an index: an address or a folder.
    pub(super) origin: Option<String>,
    /// Whether the list of its files is there, without which nobody can uninstall or check it.
    pub(super) recorded: bool,
}

/// The entries of a folder, sorted; none where it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = folder.read_dir().into_iter().flatten().flatten().take(ENTRIES_MAX);
    let mut paths: Vec<PathBuf> = read.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn ends_with(path: &Path, ending: &str) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.ends_with(ending))
}

/// The folders of packages of an environment: `lib/python3.*/site-packages`, and where Debian puts them.
pub(super) fn sites(environment: &Path) -> Vec<PathBuf> {
    let mut sites = Vec::new();
    for library in ["lib", "lib64", "Lib"] {
        let library = environment.join(library);
        let versions = entries(&library).into_iter().filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python3"))
        });
        let folders =
            versions.flat_map(|version| [version.join("site-packages"), version.join("dist-packages")]);
        for site in folders.chain([library.join("site-packages")]).filter(|site| site.is_dir()) {
            // `lib64` is often a link to `lib`.
            let site = site.canonicalize().unwrap_or(site);
            if !sites.contains(&site) {
                sites.push(site);
            }
        }
    }
    sites
}

/// Packages of these folders; the first one of a name hides later ones, as on `sys.path`.
pub(super) fn packages(sites: &[PathBuf]) -> Vec<Installed> {
    let mut found: BTreeMap<String, Installed> = BTreeMap::new();
    for site in sites {
        for path in entries(site) {
            let metadata = if ends_with(&path, ".dist-info") {
                path.join("METADATA")
            } else if ends_with(&path, ".egg-info") {
                if path.is_dir() { path.join("PKG-INFO") } else { path.clone() }
            } else {
                continue;
            };
            let Some((name, version)) = name_and_version(&metadata) else { continue };
            let installed = Installed {
                name: normal(&name),
                version,
                manager: Manager::Pip,
                origin: origin(&path),
                recorded: path.join("RECORD").is_file() || ends_with(&path, ".egg-info"),
            };
            found.entry(installed.name.clone()).or_insert(installed);
        }
    }
    found.into_values().collect()
}

/// `Name` and `Version` of the headers of a metadata file.
fn name_and_version(path: &Path) -> Option<(String, String)> {
    let text = text::read(path).ok()?;
    let header = |name: &str| {
        let lines = text.lines().take_while(|line| !line.is_empty());
        lines.filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    let (_, name) = header("Name")?;
    let (_, version) = header("Version")?;
    Some((name.trim().to_owned(), version.trim().to_owned()))
}

/// Where an installed package came from, if `direct_url.json` tells.
fn origin(folder: &Path) -> Option<String> {
    let tree = node::json(&text::read(&folder.join("direct_url.json")).ok()?).ok()?;
    let url = tree.text_at("url")?;
    let commit = tree.at(&["vcs_info", "commit_id"]).and_then(node::Node::text);
    Some(commit.map_or_else(|| url.to_owned(), |commit| format!("{url}@{commit}")))
}

/// Packages that conda has installed into an environment.
pub(super) fn conda_packages(environment: &Path) -> Vec<Installed> {
    let records =
        entries(&environment.join("conda-meta")).into_iter().filter(|path| ends_with(path, ".json"));
    let read = |path: PathBuf| {
        let tree = node::json(&text::read(&path).ok()?).ok()?;
        Some(Installed {
            name: normal(tree.text_at("name")?),
            version: tree.text_at("version")?.to_owned(),
            manager: Manager::Conda,
            origin: None,
            recorded: true,
        })
    };
    records.filter_map(read).collect()
}

/// Which packages bring a module, in the environment that lies in the project, if there is one.
pub(super) fn modules(root: &Path) -> BTreeMap<String, Vec<String>> {
    let environment = [".venv", "venv", "env"].iter().map(|name| root.join(name));
    let Some(environment) = environment.into_iter().find(|folder| folder.join("pyvenv.cfg").is_file()) else {
        return BTreeMap::new();
    };
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in
        sites(&environment).iter().flat_map(|site| entries(site)).filter(|path| ends_with(path, ".dist-info"))
    {
        let Some((name, _)) = name_and_version(&path.join("METADATA")) else { continue };
        for module in top_modules(&path) {
            found.entry(module).or_default().push(normal(&name));
        }
    }
    found
}

/// The modules of a package, by its list of files.
fn top_modules(folder: &Path) -> Vec<String> {
    let record = text::read(&folder.join("RECORD")).unwrap_or_default();
    let mut modules: Vec<String> = record
        .lines()
        .filter(|line| !line.starts_with(['.', '/']))
        .filter_map(|line| line.split([',', '/']).next())
        .filter(|first| !first.ends_with("-info") && !first.starts_with("__pycache__"))
        .map(|first| first.split('.').next().unwrap_or_default().to_owned())
        .collect();
    modules.dedup();
    modules
}
