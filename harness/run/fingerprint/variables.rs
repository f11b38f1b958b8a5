//! Environment variables that change numbers. Only these are ever looked at: a fingerprint is made to be shown to others.

use std::collections::BTreeMap;

/// A variable, or all whose names begin so (`*` at the end), and what it does.
pub(super) struct Variable {
    /// Its name.
    pub(super) name: &'static str,
    /// What it does, as a clause.
    pub(super) why: &'static str,
    /// Whether values of it are known to change bits; otherwise they may.
    pub(super) known: bool,
}

const fn known(name: &'static str, why: &'static str) -> Variable {
    Variable { name, why, known: true }
}

const fn may(name: &'static str, why: &'static str) -> Variable {
    Variable { name, why, known: false }
}

/// The variables, by library. A name in front of a family stands for itself.
pub(super) static VARIABLES: &[Variable] = &[
    known("OMP_NUM_THREADS", "another number of threads sums in another order"),
    known("OMP_SCHEDULE", "another schedule of loops sums in another order"),
    known("OMP_DYNAMIC", "the number of threads may change while it runs"),
    may("OMP_*", "places threads"),
    may("GOMP_*", "places threads"),
    may("KMP_*", "places threads and chooses how they reduce"),
    known("OPENBLAS_NUM_THREADS", "another number of threads sums in another order"),
    known("GOTO_NUM_THREADS", "another number of threads sums in another order"),
    known("OPENBLAS_CORETYPE", "chooses the routines of another processor"),
    known("BLIS_NUM_THREADS", "another number of threads sums in another order"),
    known("BLIS_ARCH_TYPE", "chooses the routines of another processor"),
    known("VECLIB_MAXIMUM_THREADS", "another number of threads sums in another order"),
    known("NUMEXPR_NUM_THREADS", "another number of threads sums in another order"),
    may("NUMEXPR_MAX_THREADS", "limits the number of threads"),
    may("NUMBA_NUM_THREADS", "another number of threads sums in another order"),
    may("NUMBA_CPU_NAME", "compiles for another processor"),
    may("NUMBA_DISABLE_JIT", "runs other code"),
    known("MKL_NUM_THREADS", "another number of threads sums in another order"),
    known("MKL_CBWR", "chooses the routines whose results are kept (conditional numerical reproducibility)"),
    known("MKL_ENABLE_INSTRUCTIONS", "chooses the routines of another processor"),
    known("MKL_DEBUG_CPU_TYPE", "chooses the routines of another processor"),
    may("MKL_*", "controls oneMKL"),
    known("ONEDNN_MAX_CPU_ISA", "chooses the routines of another processor"),
    may("ONEDNN_DEFAULT_FPMATH_MODE", "allows lower precision"),
    known("NPY_DISABLE_CPU_FEATURES", "chooses the routines of another processor"),
    known("NPY_ENABLE_CPU_FEATURES", "chooses the routines of another processor"),
    known("ATEN_CPU_CAPABILITY", "chooses the routines of another processor"),
    known("GLIBC_TUNABLES", "can choose other routines of libm (`glibc.cpu.hwcaps`)"),
    known("POLARS_MAX_THREADS", "another number of threads groups and sums in another order"),
    may("RAYON_NUM_THREADS", "another number of threads may sum in another order"),
    may("JULIA_NUM_THREADS", "another number of threads may sum in another order"),
    may("JULIA_CPU_TARGET", "compiles for another processor"),
    known("PYTHONHASHSEED", "another order of sets of texts"),
    may("PYTHONOPTIMIZE", "leaves out assertions"),
    may("PYTHONPATH", "other modules may be imported"),
    may("PYTHONUTF8", "files are read in another encoding"),
    may("PYTHONIOENCODING", "files are read in another encoding"),
    known("CUBLAS_WORKSPACE_CONFIG", "without it cuBLAS does not repeat itself across streams"),
    known("NVIDIA_TF32_OVERRIDE", "rounds the factors of products to 10 bits, or does not"),
    may("CUDA_VISIBLE_DEVICES", "chooses the device"),
    may("CUDA_LAUNCH_BLOCKING", "changes the order of work on the device"),
    may("CUDA_MODULE_LOADING", "changes when kernels are loaded"),
    may("NCCL_ALGO", "chooses how sums are spread over devices"),
    may("NCCL_PROTO", "chooses how sums are spread over devices"),
    known("TF_DETERMINISTIC_OPS", "chooses deterministic routines"),
    known("TF_CUDNN_DETERMINISTIC", "chooses deterministic routines"),
    known("TF_ENABLE_ONEDNN_OPTS", "chooses routines that round in another order"),
    may("TF_CUDNN_USE_AUTOTUNE", "chooses routines by timing"),
    known("TF_NUM_INTEROP_THREADS", "another number of threads sums in another order"),
    known("TF_NUM_INTRAOP_THREADS", "another number of threads sums in another order"),
    may("TF_XLA_FLAGS", "compiles otherwise"),
    known("XLA_FLAGS", "compiles otherwise (`--xla_gpu_deterministic_ops`, fast-math flags)"),
    known("JAX_ENABLE_X64", "computes with 64 bits instead of 32"),
    known("JAX_DEFAULT_MATMUL_PRECISION", "computes products with other precision"),
    may("JAX_PLATFORMS", "chooses the device"),
    known("JAX_THREEFRY_PARTITIONABLE", "draws other random numbers"),
    may("JAX_DEFAULT_PRNG_IMPL", "draws other random numbers"),
    may("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "rounds the factors of products to 10 bits, or does not"),
    may("TORCH_BLAS_PREFER_CUBLASLT", "chooses another library for products"),
    may("PYTORCH_CUDA_ALLOC_CONF", "changes what uninitialised memory holds"),
    may("PYTORCH_ENABLE_MPS_FALLBACK", "computes on another device"),
    may("LC_ALL", "sort order, decimal comma"),
    may("LC_NUMERIC", "decimal comma"),
    may("LC_COLLATE", "sort order"),
    may("LC_CTYPE", "encoding of files"),
    may("LANG", "sort order, decimal comma"),
    may("TZ", "local times"),
    may("SOURCE_DATE_EPOCH", "the time that is written into files"),
];

/// Words in the names of variables that nobody should see, whatever family they are of.
const SECRET: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL"];
/// A longer value is cut.
const VALUE_LETTERS_MAX: usize = 300;

/// What is known of a variable.
pub(super) fn of_name(name: &str) -> Option<&'static Variable> {
    let fits = |variable: &&Variable| match variable.name.strip_suffix('*') {
        Some(family) => name.starts_with(family),
        None => name == variable.name,
    };
    VARIABLES.iter().find(fits)
}

/// Those of these variables that change numbers.
pub(super) fn numeric(all: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let counts = |name: &str| of_name(name).is_some() && !SECRET.iter().any(|word| name.contains(word));
    let short = |value: String| value.chars().take(VALUE_LETTERS_MAX).collect();
    all.into_iter().filter(|(name, _)| counts(name)).map(|(name, value)| (name, short(value))).collect()
}

/// Those of the caller.
pub(super) fn of_caller() -> BTreeMap<String, String> {
    numeric(
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

/// The number of threads that BLAS is told to use, by the variable that counts most.
pub(super) fn threads(variables: &BTreeMap<String, String>) -> Option<String> {
    ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS"]
        .iter()
        .find_map(|name| variables.get(*name).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_variables_are_taken_and_no_secret_of_any_family() {
        let pair = |name: &str| (name.to_owned(), "1".to_owned());
        let taken = numeric(
            ["OMP_NUM_THREADS", "OMP_PLACES", "HOME", "MKL_API_KEY", "TF_VAR_password", "AWS_SECRET"]
                .map(pair),
        );
        assert_eq!(taken.keys().collect::<Vec<_>>(), ["OMP_NUM_THREADS", "OMP_PLACES"]);
        let long = numeric([("TZ".to_owned(), "x".repeat(1000))]);
        assert_eq!(long["TZ"].len(), VALUE_LETTERS_MAX);
    }

    #[test]
    fn a_name_stands_before_its_family_and_but_once() {
        for (place, variable) in VARIABLES.iter().enumerate() {
            let first = VARIABLES.iter().position(|other| match other.name.strip_suffix('*') {
                Some(family) => variable.name.starts_with(family),
                None => other.name == variable.name,
            });
            assert_eq!(first, Some(place), "{}", variable.name);
        }
    }
}
