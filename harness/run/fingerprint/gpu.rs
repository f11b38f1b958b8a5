//! Graphics processors and their drivers, from what the kernel shows; `nvidia-smi` is asked only where it shows nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::facts::Gpu;
use super::read_short;
use crate::run::process;

const LIMIT: Duration = Duration::from_secs(2);
const CARDS_MAX: usize = 64;

/// The graphics processors, and the version of NVIDIA's driver.
pub(super) fn look(not_known: &mut BTreeMap<String, String>) -> (Vec<Gpu>, Option<String>) {
    let mut models = nvidia_models(Path::new("/proc/driver/nvidia/gpus"));
    let mut driver = read_short("/proc/driver/nvidia/version").and_then(|text| nvidia_version(&text));
    if models.is_empty()
        && let Some(program) = process::on_path("nvidia-smi")
    {
        let words = ["--query-gpu=name,driver_version", "--format=csv,noheader"];
        match process::ask_within(&program, &words, LIMIT) {
            Ok(text) => {
                for (model, version) in text.lines().filter_map(|line| line.split_once(", ")) {
                    models.push(model.trim().to_owned());
                    driver = Some(version.trim().to_owned());
                }
            }
            Err(why) => drop(not_known.insert("machine.gpus".to_owned(), format!("nvidia-smi {why}"))),
        }
    }
    models.extend(cards(Path::new("/sys/class/drm"), !models.is_empty()));
    (models.into_iter().map(|model| Gpu { model }).collect(), driver)
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).take(CARDS_MAX).collect();
    paths.sort();
    paths
}

/// One folder for each processor, with a file that names it.
fn nvidia_models(folder: &Path) -> Vec<String> {
    let model = |path: PathBuf| {
        let text = read_short(path.join("information"))?;
        let value = text.lines().find_map(|line| line.strip_prefix("Model:"))?;
        Some(value.trim().to_owned())
    };
    folders(folder).into_iter().filter_map(model).collect()
}

/// `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 …`.
fn nvidia_version(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("NVRM version:"))?;
    let is_version =
        |word: &&str| word.contains('.') && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    line.split_whitespace().find(is_version).map(str::to_owned)
}

/// Cards of the kernel's graphics drivers, as PCI numbers; those of NVIDIA are left out where their names are known.
fn cards(folder: &Path, nvidia_known: bool) -> BTreeSet<String> {
    let card = |path: PathBuf| {
        let number = |name: &str| Some(read_short(path.join("device").join(name))?.trim().to_owned());
        let (vendor, device) = (number("vendor")?, number("device")?);
        (!(nvidia_known && vendor == "0x10de")).then(|| format!("PCI {vendor}:{device}"))
    };
    folders(folder).into_iter().filter_map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_driver_is_found_in_its_line() {
        let text = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release Build\nGCC version:  gcc version 12.2.0\n";
        assert_eq!(nvidia_version(text).as_deref(), Some("570.124.06"));
        assert_eq!(nvidia_version("GCC version: 12.2.0\n"), None);
    }

    #[test]
    fn models_and_cards_are_read_from_the_kernels_folders() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H100\nIRQ: 1\n");
        write("gpus/0000:02:00.0/other", "");
        assert_eq!(nvidia_models(&root.path().join("gpus")), ["NVIDIA H100"]);
        write("drm/card0/device/vendor", "0x10de\n");
        write("drm/card0/device/device", "0x2330\n");
        write("drm/card1/device/vendor", "0x8086\n");
        write("drm/card1/device/device", "0x56a0\n");
        let list = |known| cards(&root.path().join("drm"), known).into_iter().collect::<Vec<_>>();
        assert_eq!(list(true), ["PCI 0x8086:0x56a0"]);
        assert_eq!(list(false), ["PCI 0x10de:0x2330", "PCI 0x8086:0x56a0"]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in ".{0,200}") {
            let _ = nvidia_version(&text);
        }
    }
}
