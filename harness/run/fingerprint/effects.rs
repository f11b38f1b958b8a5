//! Which facts are known to change bits, which may, and which do not, each with a reason and a source.

use super::diff::Effect;
use super::variables;

/// What is known of a fact.
pub(super) struct Known {
    /// Its path: words between dots, `*` for any one word; a longer path falls under it too.
    path: &'static str,
    /// What it does to results.
    pub(super) effect: Effect,
    /// Why, as a clause.
    pub(super) reason: &'static str,
    /// Where that is written down.
    pub(super) source: &'static str,
}

const fn known(path: &'static str, effect: Effect, reason: &'static str, source: &'static str) -> Known {
    Known { path, effect, reason, source }
}

const NUMPY_SIMD: &str = "NumPy, CPU/SIMD optimizations: https://numpy.org/doc/stable/reference/simd/";
const NUMPY_RANDOM: &str = "NEP 19: https://numpy.org/neps/nep-0019-rng-policy.html";
const ONE_MKL: &str = "Intel oneMKL Developer Guide, Obtaining Numerically Reproducible Results";
const PYTHON_RANDOM: &str = "Python, Notes on Reproducibility: https://docs.python.org/3/library/random.html#notes-on-reproducibility";
const TORCH: &str = "PyTorch, Reproducibility: https://docs.pytorch.org/docs/stable/notes/randomness.html";
const CUBLAS: &str =
    "cuBLAS, Results Reproducibility: https://docs.nvidia.com/cuda/cublas/#results-reproducibility";
const GLIBC: &str = "The GNU C Library, Known Maximum Errors in Math Functions: https://sourceware.org/glibc/manual/latest/html_node/Errors-in-Math-Functions.html";
const WGSL: &str = "WGSL, Floating Point Accuracy: https://www.w3.org/TR/WGSL/#floating-point-accuracy";
const GENERAL: &str = "its own release notes";
const NONE: &str = "";

use Effect::{Bits, May, NotKnown, Result as Outcome};

/// The first that fits counts.
static TABLE: &[Known] = &[
    known("cases.*.outputs", Outcome, "what the baseline left", NONE),
    known("cases.*.data", Bits, "the data are others", NONE),
    known("cases.*.threads", Bits, "another number of threads sums in another order", ONE_MKL),
    known("cases.*.config", May, "the case file is another one", NONE),
    known("cases.*.lock", May, "other libraries are asked for", NONE),
    known("cases.*.program", May, "the program is another one", NONE),
    known("cases.*.sources", May, "the program is another one", NONE),
    known("cases.*.python", May, "another interpreter", NONE),
    known("cases.*.file", NotKnown, "the same file at another place", NONE),
    known("cases", May, "a case that only one side has", NONE),
    known("source.commit", May, "other sources", NONE),
    known("source.dirty", May, "files that differ from the commit", NONE),
    known("source.changed", May, "files that differ from the commit", NONE),
    known("source.changed_count", May, "files that differ from the commit", NONE),
    known("source", NotKnown, "says where the sources come from", NONE),
    known("pythons.*.implementation", Bits, "other hashes, so another order of sets", PYTHON_RANDOM),
    known(
        "pythons.*.version",
        Bits,
        "algorithms of `random`, `sum` and `statistics` change between versions",
        PYTHON_RANDOM,
    ),
    known(
        "pythons.*.libraries.numpy",
        Bits,
        "generators and vector routines change between versions",
        NUMPY_RANDOM,
    ),
    known("pythons.*.libraries.torch", Bits, "results are not promised across releases", TORCH),
    known(
        "pythons.*.libraries.nvidia-",
        Bits,
        "results are promised for one version of the toolkit only",
        CUBLAS,
    ),
    known("pythons.*.libraries", Bits, "results are not promised across versions", GENERAL),
    known("pythons.*.installed", May, "some installed distribution is another one", NONE),
    known("pythons.*.blas", Bits, "another library of linear algebra sums in another order", ONE_MKL),
    known("pythons.*.executable", NotKnown, "the same interpreter at another place", NONE),
    known("pythons", May, "an interpreter that only one side has", NONE),
    known("machine.architecture", Bits, "other instructions round and fuse otherwise", NUMPY_SIMD),
    known(
        "machine.processor.flags",
        Bits,
        "libraries choose other vector routines (AVX2, AVX-512, SVE)",
        NUMPY_SIMD,
    ),
    known(
        "machine.processor.model",
        Bits,
        "BLAS libraries choose their routines by maker and model",
        ONE_MKL,
    ),
    known("machine.processor.name", May, "the name of another processor", NONE),
    known(
        "machine.processors",
        Bits,
        "by default there are as many threads, which sum in another order",
        ONE_MKL,
    ),
    known("machine.libc", Bits, "functions of libm round otherwise in other versions", GLIBC),
    known(
        "machine.gpus",
        Bits,
        "results are promised for one architecture and number of multiprocessors only",
        CUBLAS,
    ),
    known("machine.nvidia_driver", Bits, "the driver compiles kernels for the device", CUBLAS),
    known("machine.distribution", May, "the system's libraries are others", NONE),
    known("machine.kernel", NotKnown, "the kernel computes nothing for programs", NONE),
    known("machine.memory_bytes", NotKnown, "decides whether a program fits, not what it computes", NONE),
    known("machine.id", NotKnown, "another installation", NONE),
    known("adapters", Bits, "drivers compile kernels, and WGSL leaves them room to round", WGSL),
    known("driftless", May, "another version of driftless pins other conditions", NONE),
    known("arguments", NotKnown, "what driftless was asked", NONE),
];

/// Of a path that nothing is known of.
static OTHER: Known = known("", May, "nothing is known of it", NONE);

/// What is known of the fact at a path.
pub(super) fn of(path: &[String]) -> (Effect, String, String) {
    let variable = match path {
        [first, name] if first == "variables" => Some(name),
        [first, _, third, name] if first == "cases" && third == "variables" => Some(name),
        _ => None,
    };
    if let Some(variable) = variable.and_then(|name| variables::of_name(name)) {
        let effect = if variable.known { Bits } else { May };
        return (effect, variable.why.to_owned(), "the manual of the library that reads it".to_owned());
    }
    let found = TABLE.iter().find(|known| fits(known.path, path)).unwrap_or(&OTHER);
    (found.effect, found.reason.to_owned(), found.source.to_owned())
}

fn fits(pattern: &str, path: &[String]) -> bool {
    let words: Vec<&str> = pattern.split('.').collect();
    words.len() <= path.len()
        && words
            .iter()
            .zip(path)
            .all(|(word, part)| *word == "*" || word == part || word.ends_with('-') && part.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(path: &str) -> Effect {
        of(&path.split('.').map(str::to_owned).collect::<Vec<_>>()).0
    }

    #[test]
    fn every_row_of_the_table_can_be_reached() {
        for (place, row) in TABLE.iter().enumerate() {
            let path: Vec<String> = row
                .path
                .split('.')
                .map(|word| if word == "*" { "x".to_owned() } else { word.to_owned() })
                .collect();
            assert_eq!(TABLE.iter().position(|other| fits(other.path, &path)), Some(place), "{}", row.path);
        }
    }

    #[test]
    fn what_libraries_dispatch_on_is_known_to_change_bits_and_the_kernel_is_not() {
        for path in
            ["machine.processor.flags", "pythons.0.blas.vendor", "machine.libc", "variables.OMP_NUM_THREADS"]
        {
            assert_eq!(effect(path), Bits, "{path}");
        }
        assert_eq!(effect("pythons.0.libraries.nvidia-cudnn-cu12"), Bits);
        assert_eq!(effect("variables.TZ"), May);
        assert_eq!(effect("machine.kernel"), NotKnown);
        assert_eq!(effect("cases.a.outputs.model.sha256"), Outcome);
        assert_eq!(effect("something.new"), May);
    }
}
