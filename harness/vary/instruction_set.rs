//! Which processor instructions numeric libraries use: all that the machine has, or those of an old machine.
//!
//! Each variable is read by the library that its name says, and by no other. Measured effect: `OPENBLAS_CORETYPE` and
//! `ATEN_CPU_CAPABILITY` change the bits of matrix products and, the latter, of sums; `NPY_DISABLE_CPU_FEATURES` those of
//! `exp`, `sin` and their kin up to NumPy 2.3 (later versions name their features otherwise, and older ones warn
//! about the new names); the glibc tunable those of the C mathematics library.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct InstructionSet;

impl Factor for InstructionSet {
    fn name(&self) -> &'static str {
        "instruction-set"
    }

    fn summary(&self) -> &'static str {
        "the processor instructions that numeric libraries use: all, or those of an old machine"
    }

    fn mend(&self) -> &'static str {
        "Other vector widths and fused multiplications round otherwise: correct programs differ between machines in the \
         last bits. Compare within a bound in ULPs across machines, or name the machine class together with the result."
    }

    fn kind(&self) -> Kind {
        Kind::Machine
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        if level == Level::Varied {
            for (name, value) in OLD_MACHINE {
                conditions.env.insert((*name).to_owned(), (*value).to_owned());
            }
            if let Some(features) = numpy_features() {
                conditions.env.insert("NPY_DISABLE_CPU_FEATURES".to_owned(), features);
            }
        }
    }

    fn unavailable(&self) -> Option<String> {
        OLD_MACHINE.is_empty().then(|| "the instruction set can be varied on x86-64 only".to_owned())
    }
}

/// Settings that name the same instructions on every x86-64 machine.
#[cfg(target_arch = "x86_64")]
const OLD_MACHINE: &[(&str, &str)] = &[
    ("ATEN_CPU_CAPABILITY", "default"),
    ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-FMA4,-AVX512F"),
    ("MKL_CBWR", "COMPATIBLE"),
    ("MKL_ENABLE_INSTRUCTIONS", "SSE4_2"),
    ("ONEDNN_MAX_CPU_ISA", "SSE41"),
    ("OPENBLAS_CORETYPE", "Nehalem"),
];

#[cfg(not(target_arch = "x86_64"))]
const OLD_MACHINE: &[(&str, &str)] = &[];

/// The features to take away from NumPy: only those that the processor has, since NumPy warns about others.
#[cfg(target_arch = "x86_64")]
fn numpy_features() -> Option<String> {
    let skylake = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    let features: Vec<&str> = [
        (is_x86_feature_detected!("avx2"), "AVX2"),
        (is_x86_feature_detected!("fma"), "FMA3"),
        (is_x86_feature_detected!("avx512f"), "AVX512F"),
        (skylake, "AVX512_SKX"),
    ]
    .into_iter()
    .filter_map(|(present, name)| present.then_some(name))
    .collect();
    (!features.is_empty()).then(|| features.join(" "))
}

#[cfg(not(target_arch = "x86_64"))]
fn numpy_features() -> Option<String> {
    None
}
