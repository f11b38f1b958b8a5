//! The machine: system, C library, processor, memory.

use std::collections::BTreeMap;

use super::facts::{Host, Processor};
use super::{gpu, read_short};
use crate::artifact::Digest;

/// Features by which numeric libraries choose their routines (NumPy's "CPU/SIMD optimizations", OpenBLAS's
/// `DYNAMIC_ARCH` targets, oneDNN's "CPU dispatcher control"), in the kernel's words.
const FLAGS: [&str; 36] = [
    "aes",
    "amx_bf16",
    "amx_fp16",
    "amx_int8",
    "amx_tile",
    "asimd",
    "asimddp",
    "asimdfhm",
    "asimdhp",
    "avx",
    "avx2",
    "avx512_bf16",
    "avx512_fp16",
    "avx512_vnni",
    "avx512bw",
    "avx512cd",
    "avx512dq",
    "avx512f",
    "avx512vl",
    "avx_vnni",
    "bf16",
    "bmi2",
    "f16c",
    "fma",
    "fma4",
    "fphp",
    "i8mm",
    "rdrand",
    "sme",
    "sse4_1",
    "sse4_2",
    "sve",
    "sve2",
    "svebf16",
    "svei8mm",
    "xop",
];

/// Looks at the machine.
pub(super) fn look(not_known: &mut BTreeMap<String, String>) -> Host {
    let mut known = |name: &str, value: Option<String>, why: &str| {
        if value.is_none() {
            not_known.insert(format!("machine.{name}"), why.to_owned());
        }
        value
    };
    let id = known("id", read_short("/etc/machine-id").and_then(|text| id(&text)), "no `/etc/machine-id`");
    let kernel = known("kernel", kernel(), "no `/proc/sys/kernel`");
    let release = read_short("/etc/os-release").or_else(|| read_short("/usr/lib/os-release"));
    let distribution = release.and_then(|text| distribution(&text));
    let distribution = known("distribution", distribution, "no `/etc/os-release`");
    let libc = known("libc", libc(), "no C library that says its version");
    let processor = read_short("/proc/cpuinfo").map(|text| processor(&text));
    if processor.is_none() {
        not_known.insert("machine.processor".to_owned(), "no `/proc/cpuinfo`".to_owned());
    }
    let (gpus, nvidia_driver) = gpu::look(not_known);
    Host {
        id,
        architecture: std::env::consts::ARCH.to_owned(),
        kernel,
        distribution,
        libc,
        processor,
        processors: std::thread::available_parallelism().map_or(1, |count| count.get() as u64),
        memory_bytes: read_short("/proc/meminfo").and_then(|text| memory(&text)),
        gpus,
        nvidia_driver,
    }
}

/// The id itself is confidential; a digest keyed by the application is what machine-id(5) asks for instead.
fn id(text: &str) -> Option<String> {
    let id = text.trim();
    let usable = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    usable.then(|| {
        Digest::of_bytes(format!("driftless fingerprint 1\n{id}").as_bytes()).to_string()[..16].to_owned()
    })
}

fn kernel() -> Option<String> {
    let system = read_short("/proc/sys/kernel/ostype")?;
    let release = read_short("/proc/sys/kernel/osrelease")?;
    Some(format!("{} {}", system.trim(), release.trim()))
}

/// `PRETTY_NAME` of os-release(5).
fn distribution(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim().trim_matches(['"', '\'']).to_owned()).filter(|name| !name.is_empty())
}

/// The C library that this process runs on, which is the machine's.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the version of glibc has no safe form")]
fn libc() -> Option<String> {
    // SAFETY: the function takes nothing and returns a text that lives as long as the library (gnu_get_libc_version(3)).
    let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    Some(format!("glibc {}", version.to_str().ok()?))
}

/// This program brings its own C library along: what the machine has is told by its loader.
#[cfg(not(target_env = "gnu"))]
fn libc() -> Option<String> {
    let names = std::fs::read_dir("/lib").ok()?.flatten().map(|entry| entry.file_name());
    let musl = names.into_iter().any(|name| name.to_string_lossy().starts_with("ld-musl-"));
    musl.then(|| "musl".to_owned())
}

fn processor(cpuinfo: &str) -> Processor {
    let first: BTreeMap<&str, &str> = cpuinfo
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let get = |name: &str| first.get(name).copied();
    let numbers =
        ["vendor_id", "cpu family", "model", "stepping", "CPU implementer", "CPU part", "CPU variant"];
    let model: Vec<String> =
        numbers.iter().filter_map(|name| Some(format!("{name} {}", get(name)?))).collect();
    let listed = get("flags").or_else(|| get("Features")).unwrap_or_default();
    let mut flags: Vec<String> =
        listed.split_whitespace().filter(|flag| FLAGS.contains(flag)).map(str::to_owned).collect();
    flags.sort();
    flags.dedup();
    Processor { name: get("model name").unwrap_or_default().to_owned(), model: model.join(", "), flags }
}

/// `MemTotal` of proc(5), which is in KiB.
fn memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_told_by_name_numbers_and_the_features_that_matter() {
        let text = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Xeon\nstepping\t: 8\nflags\t\t: fpu avx2 avx avx512f msr\n\nprocessor\t: 1\nmodel name\t: other\n";
        let found = processor(text);
        assert_eq!(found.name, "Xeon");
        assert_eq!(found.model, "vendor_id GenuineIntel, cpu family 6, model 143, stepping 8");
        assert_eq!(found.flags, ["avx", "avx2", "avx512f"]);
        let arm = processor(
            "processor\t: 0\nFeatures\t: fp asimd sve\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n",
        );
        assert_eq!(arm.flags, ["asimd", "sve"]);
        assert_eq!(arm.model, "CPU implementer 0x41, CPU part 0xd40");
        assert_eq!(processor("").flags, Vec::<String>::new());
    }

    #[test]
    fn system_files_are_read_and_odd_ones_give_nothing() {
        assert_eq!(distribution("NAME=x\nPRETTY_NAME=\"Debian 12\"\n").as_deref(), Some("Debian 12"));
        assert_eq!(distribution("PRETTY_NAME=\n"), None);
        assert_eq!(memory("MemTotal:       16 kB\n"), Some(16 << 10));
        assert_eq!(memory("MemTotal: many kB\n"), None);
        assert_eq!(id("uninitialized\n"), None);
        let own = id("0123456789abcdef0123456789abcdef\n").unwrap();
        assert!(own.len() == 16 && !"0123456789abcdef0123456789abcdef".contains(&own), "{own}");
    }

    #[test]
    fn flags_stand_in_order_and_each_once() {
        let mut sorted = FLAGS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted, FLAGS);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in ".{0,200}") {
            let _ = (processor(&text), memory(&text), distribution(&text), id(&text));
        }
    }
}
