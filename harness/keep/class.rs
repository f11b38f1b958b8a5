//! The class of machines for which a snapshot holds.

use sha2::{Digest, Sha256};

/// A short, readable name for machines on which the same bits are expected, such as `x86-64-v3-1a2b3c4d`: the
/// processor's architecture and feature level, then the first 8 hex digits of a sha256 over `parts` (Python
/// version, digest of the lock file, graphics adapter, ...), whose order does not matter.
///
/// For x86-64 the levels are those of the System V psABI (x86-64 supplement, section 3.1.1, "Processor
/// Architecture"): each names all features of the one below.
///
/// | level | features |
/// |---|---|
/// | `x86-64-v1` | the baseline: SSE2 |
/// | `x86-64-v2` | CMPXCHG16B, POPCNT, SSE3, SSSE3, SSE4.1, SSE4.2 |
/// | `x86-64-v3` | AVX, AVX2, BMI1, BMI2, F16C, FMA, LZCNT, MOVBE |
/// | `x86-64-v4` | AVX512F, AVX512BW, AVX512CD, AVX512DQ, AVX512VL |
///
/// LAHF-SAHF (v2) is left out because Rust does not report it, and OSXSAVE (v3) because Rust reports AVX only
/// where the system saves its registers. For 64-bit Arm the name says whether scalable vectors are there:
/// `aarch64`, `aarch64-sve` or `aarch64-sve2`. Any other architecture goes by its name alone.
#[must_use]
pub fn machine_class(parts: &[(&str, &str)]) -> String {
    class_of(processor(), parts)
}

/// The class of computers with these adapters, each described by some words: `adapters-` and 8 hex digits, or `no-adapter`.
/// Neither their order nor how many there are of one kind matters.
#[must_use]
pub(super) fn adapters_class(mut adapters: Vec<[&str; 3]>) -> String {
    adapters.sort_unstable();
    adapters.dedup();
    if adapters.is_empty() {
        return "no-adapter".to_owned();
    }
    let described: Vec<String> = adapters.iter().map(|words| words.join("\n")).collect();
    class_of("adapters", &described.iter().map(|words| ("adapter", words.as_str())).collect::<Vec<_>>())
}

/// The digest of `parts` behind a word, which is the processor's unless something else decides.
fn class_of(word: &str, parts: &[(&str, &str)]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    let mut hash = Sha256::new();
    for (name, value) in parts {
        // Lengths go first, so that no two lists of parts read alike.
        for text in [name, value] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    format!("{word}-{:08x}", u32::from_be_bytes([a, b, c, d]))
}

/// The processor's architecture and feature level, as [`machine_class`] writes it.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn processor() -> &'static str {
    macro_rules! has {
        ($($feature:tt),*) => { $(std::arch::is_x86_feature_detected!($feature))&&* };
    }
    if !has!("cmpxchg16b", "popcnt", "sse3", "ssse3", "sse4.1", "sse4.2") {
        "x86-64-v1"
    } else if !has!("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "lzcnt", "movbe") {
        "x86-64-v2"
    } else if !has!("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl") {
        "x86-64-v3"
    } else {
        "x86-64-v4"
    }
}

/// The processor's architecture and feature level, as [`machine_class`] writes it.
#[cfg(target_arch = "aarch64")]
#[must_use]
pub fn processor() -> &'static str {
    if std::arch::is_aarch64_feature_detected!("sve2") {
        "aarch64-sve2"
    } else if std::arch::is_aarch64_feature_detected!("sve") {
        "aarch64-sve"
    } else {
        "aarch64"
    }
}

/// The processor's architecture, as [`machine_class`] writes it.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[must_use]
pub fn processor() -> &'static str {
    std::env::consts::ARCH
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::keep::Key;

    #[test]
    fn a_machine_class_is_a_processor_level_and_eight_hex_digits() {
        let class = machine_class(&[("python", "3.11.9"), ("lock", "9f86d081")]);
        let (level, digits) = class.rsplit_once('-').unwrap();
        assert_eq!(level, processor());
        assert!(digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{class}");
        assert!(Key { audit: "repeat", case: "a", class: Some(&class) }.path(Path::new("/p")).is_ok());
    }

    #[test]
    fn the_digits_of_a_class_are_a_sha256_that_never_moves() {
        // The sha256 of nothing begins with e3b0c442.
        assert_eq!(class_of("x86-64-v3", &[]), "x86-64-v3-e3b0c442");
    }

    #[test]
    fn order_does_not_matter_and_every_part_does() {
        let class = |parts: &[(&str, &str)]| class_of("x", parts);
        assert_eq!(class(&[("a", "1"), ("b", "2")]), class(&[("b", "2"), ("a", "1")]));
        assert_ne!(class(&[("a", "1"), ("b", "2")]), class(&[("a", "2"), ("b", "1")]));
        assert_ne!(class(&[("a", "1")]), class(&[("a1", "")]));
        assert_ne!(class(&[("a", "")]), class(&[]));
    }

    #[test]
    fn a_class_of_adapters_says_which_they_are_and_not_in_what_order() {
        let vulkan = ["vulkan", "llvmpipe (LLVM 15.0.6, 256 bits)", "Mesa 22.3.6"];
        let gl = ["gl", vulkan[1], vulkan[2]];
        let other = ["vulkan", "llvmpipe (LLVM 15.0.6, 128 bits)", "Mesa 22.3.6"];
        let class = |all: &[[&'static str; 3]]| adapters_class(all.to_vec());
        assert_eq!(class(&[vulkan, gl]), class(&[gl, vulkan, gl]));
        assert_ne!(class(&[vulkan, gl]), class(&[other, gl]));
        assert_ne!(class(&[vulkan]), class(&[vulkan, gl]));
        assert!(class(&[gl]).starts_with("adapters-"), "{}", class(&[gl]));
        assert_eq!(class(&[]), "no-adapter");
    }

    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    #[test]
    fn the_level_agrees_with_what_the_kernel_lists() {
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let flags: Vec<&str> =
            cpuinfo.lines().find(|l| l.starts_with("flags")).unwrap().split_whitespace().collect();
        let has = |names: &[&str]| names.iter().all(|name| flags.contains(name));
        let v2 = has(&["cx16", "popcnt", "pni", "ssse3", "sse4_1", "sse4_2"]);
        let v3 = v2 && has(&["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]);
        let v4 = v3 && has(&["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]);
        let level = 1 + u8::from(v2) + u8::from(v3) + u8::from(v4);
        assert_eq!(processor(), format!("x86-64-v{level}"));
    }
}
