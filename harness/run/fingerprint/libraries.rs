//! Installed distributions, from the metadata that installers leave, and the linear algebra under NumPy. Nothing is
//! imported.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::facts::{Blas, Installed};
use super::read_short;
use crate::artifact::Digest;

/// Libraries whose version decides on numbers: arithmetic, generators, estimators, and readers that parse numbers.
const LIBRARIES: [&str; 46] = [
    "accelerate",
    "bottleneck",
    "catboost",
    "cudf",
    "cuml",
    "cupy",
    "cvxpy",
    "dask",
    "flash-attn",
    "gensim",
    "imbalanced-learn",
    "intel-openmp",
    "jax",
    "jaxlib",
    "keras",
    "lightgbm",
    "llvmlite",
    "mkl",
    "numba",
    "numexpr",
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python",
    "opencv-python-headless",
    "optuna",
    "pandas",
    "pillow",
    "polars",
    "prophet",
    "pyarrow",
    "pytorch-lightning",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "sentence-transformers",
    "spacy",
    "statsmodels",
    "tensorflow",
    "tensorflow-cpu",
    "tokenizers",
    "torch",
    "torchvision",
    "transformers",
    "triton",
    "xgboost",
];
/// Families of such libraries, by the beginning of their names.
const FAMILIES: [&str; 4] = ["cupy-cuda", "jax-cuda", "nvidia-", "torch"];

/// Entries of one folder that are looked at.
const ENTRIES_MAX: usize = 20_000;

/// Everything that is installed, by normalised name; the first folder of the path wins, as at import.
pub(super) fn installed(path: &[PathBuf]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for folder in path {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(ENTRIES_MAX);
        let mut here: Vec<(String, String)> =
            entries.filter_map(|entry| distribution(entry.file_name().to_str()?)).collect();
        here.sort();
        for (name, version) in here {
            all.entry(name).or_insert(version);
        }
    }
    all
}

/// Name and version in the name of a metadata folder: `NAME-VERSION.dist-info` (the packaging guide, "Recording installed projects"),
/// `NAME-VERSION.egg-info` or `NAME-VERSION-pyX.Y.egg-info` (setuptools).
fn distribution(entry: &str) -> Option<(String, String)> {
    let stem = entry.strip_suffix(".dist-info").or_else(|| entry.strip_suffix(".egg-info"))?;
    let (name, rest) = stem.split_once('-')?;
    let version = rest.split("-py").next().unwrap_or(rest);
    Some((normalised(name), version.to_owned()))
}

/// The packaging guide, "Names and normalization".
fn normalised(name: &str) -> String {
    let words: Vec<&str> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

/// Those that change numbers.
pub(super) fn numeric(all: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let counts =
        |name: &str| LIBRARIES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family));
    all.iter()
        .filter(|(name, _)| counts(name))
        .map(|(name, version)| (name.clone(), version.clone()))
        .collect()
}

/// One digest for all of them.
pub(super) fn digest(all: &BTreeMap<String, String>) -> Installed {
    let lines: Vec<String> = all.iter().map(|(name, version)| format!("{name}=={version}\n")).collect();
    Installed { count: all.len() as u64, sha256: Digest::of_bytes(lines.concat().as_bytes()) }
}

/// The linear algebra that NumPy was built against: its own build record, or the system's library where that says no more
/// than `blas`. `None` without NumPy, or where its record says nothing.
pub(super) fn blas(path: &[PathBuf]) -> Option<Blas> {
    let record = path.iter().find_map(|folder| read_short(folder.join("numpy/__config__.py")))?;
    match recorded(&record)? {
        blas if blas.vendor == "blas" => system(Path::new("/etc/alternatives")).or(Some(blas)),
        blas => Some(blas),
    }
}

/// `numpy/__config__.py`, as meson (NumPy 1.26 and later) or `numpy.distutils` (earlier) writes it.
fn recorded(text: &str) -> Option<Blas> {
    if let Some((_, rest)) = text.split_once("\"blas\": {") {
        let block = rest.split('}').next().unwrap_or(rest);
        let field = |name: &str| {
            let (_, rest) = block.split_once(&format!("\"{name}\":"))?;
            let value = rest.trim_start().trim_start_matches('r').strip_prefix('"')?.split('"').next()?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty() && value != "unknown")
        };
        return Some(Blas {
            vendor: field("name")?,
            version: field("version"),
            configuration: field("openblas configuration"),
        });
    }
    let vendors = [
        ("blas_mkl_info=", "mkl"),
        ("openblas64__info=", "openblas64_"),
        ("openblas_info=", "openblas"),
        ("blis_info=", "blis"),
        ("accelerate_info=", "accelerate"),
        ("blas_info=", "blas"),
    ];
    let used = |key: &str| {
        text.lines()
            .any(|line| line.replace(' ', "").strip_prefix(key).is_some_and(|rest| rest.starts_with("{'")))
    };
    let (_, vendor) = vendors.iter().find(|(key, _)| used(key))?;
    Some(Blas { vendor: (*vendor).to_owned(), version: None, configuration: None })
}

/// The library that Debian's alternatives name: `…/openblas-pthread/libblas.so.3`, with its version in the name of the
/// file beside it.
fn system(alternatives: &Path) -> Option<Blas> {
    let entries = std::fs::read_dir(alternatives).ok()?.flatten().map(|entry| entry.path());
    let mut links: Vec<PathBuf> = entries
        .filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libblas.so.3"))
        })
        .collect();
    links.sort();
    let target = links.first()?.canonicalize().ok()?;
    let folder = target.parent()?;
    let vendor = folder.file_name()?.to_str()?.to_owned();
    let version = std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some(name.split_once("-r")?.1.strip_suffix(".so")?.to_owned())
    });
    Some(Blas { vendor, version, configuration: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_read_from_metadata_of_every_installer() {
        let all = |entries: &[&str]| -> Vec<(String, String)> {
            entries.iter().filter_map(|entry| distribution(entry)).collect()
        };
        let found = all(&[
            "numpy-1.26.4.dist-info",
            "torch-1.13.0a0+gitunknown.egg-info",
            "Foo.Bar_baz-2.0-py3.11.egg-info",
            "numpy",
            "x.dist-info",
        ]);
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(
            found,
            [pair("numpy", "1.26.4"), pair("torch", "1.13.0a0+gitunknown"), pair("foo-bar-baz", "2.0")]
        );
    }

    #[test]
    fn the_first_folder_of_the_path_wins_and_only_numeric_libraries_are_listed() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "a/numpy-2.0.0.dist-info",
            "b/numpy-1.0.0.dist-info",
            "b/nvidia_cudnn_cu12-9.1.dist-info",
            "b/requests-2.dist-info",
        ] {
            std::fs::create_dir_all(root.path().join(name)).unwrap();
        }
        let all = installed(&[root.path().join("a"), root.path().join("b"), root.path().join("none")]);
        assert_eq!(all.len(), 3);
        let numeric = numeric(&all);
        assert_eq!(numeric.keys().collect::<Vec<_>>(), ["numpy", "nvidia-cudnn-cu12"]);
        assert_eq!(numeric["numpy"], "2.0.0");
        assert_ne!(digest(&all), digest(&numeric));
    }

    #[test]
    fn the_build_record_of_numpy_names_its_blas_in_both_layouts() {
        let meson = "CONFIG = _cleanup(\n    {\n        \"Build Dependencies\": {\n            \"blas\": {\n                \"name\": \"scipy-openblas\",\n                \"found\": bool(\"True\".lower().replace('false', '')),\n                \"version\": \"0.3.27\",\n                \"openblas configuration\": r\"OpenBLAS 0.3.27 DYNAMIC_ARCH Zen MAX_THREADS=64\",\n            },\n";
        let found = recorded(meson).unwrap();
        assert_eq!((found.vendor.as_str(), found.version.as_deref()), ("scipy-openblas", Some("0.3.27")));
        assert_eq!(found.configuration.as_deref(), Some("OpenBLAS 0.3.27 DYNAMIC_ARCH Zen MAX_THREADS=64"));
        let old = "blas_mkl_info={}\nopenblas_info={}\nblas_info={'libraries': ['blas', 'blas']}\n";
        assert_eq!(recorded(old).unwrap().vendor, "blas");
        assert_eq!(
            recorded("openblas64__info = {'libraries': ['openblas64_']}\n").unwrap().vendor,
            "openblas64_"
        );
        assert_eq!(recorded("nothing"), None);
        assert_eq!(recorded("\"blas\": {"), None);
    }

    #[test]
    fn the_systems_library_is_the_one_that_its_links_lead_to() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("openblas-pthread");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("libblas.so.3"), "").unwrap();
        std::fs::write(folder.join("libopenblasp-r0.3.21.so"), "").unwrap();
        std::os::unix::fs::symlink(folder.join("libblas.so.3"), root.path().join("libblas.so.3-x86_64"))
            .unwrap();
        let found = system(root.path()).unwrap();
        assert_eq!((found.vendor.as_str(), found.version.as_deref()), ("openblas-pthread", Some("0.3.21")));
        assert_eq!(system(&folder.join("none")), None);
    }

    #[test]
    fn libraries_stand_in_order_and_each_once() {
        let mut sorted = LIBRARIES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted, LIBRARIES);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in ".{0,200}") {
            let _ = (recorded(&text), distribution(&text), distribution(&format!("{text}.dist-info")));
        }
    }
}
