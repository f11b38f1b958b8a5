//! What the results may depend on besides the case files.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::prose::{mebibytes, wide};
use crate::run::fingerprint::{CaseFacts, Fingerprint, Host, Python, Source};

/// The fingerprint's part.
pub(super) fn section(fingerprint: Option<&Fingerprint>) -> Markup {
    let Some(found) = fingerprint else { return html! {} };
    html! {
        section #fingerprint aria-labelledby="fingerprint-title" {
            h2 #fingerprint-title { "Fingerprint" }
            p.muted { "What the results may depend on besides the case files." }
            h3 { "Session" }
            dl.facts {
                dt { "began" } dd { (found.when.started) }
                dt { "ended" } dd { (found.when.ended) }
                dt { "driftless" } dd { (found.driftless) }
                dt { "command" } dd.value { code { "driftless " (found.arguments.join(" ")) } }
            }
            @if let Some(source) = &found.source { (source_of(source)) }
            (machine(&found.machine))
            @for python in &found.pythons { (interpreter(python)) }
            (pairs("Variables of the caller that change numbers", &found.variables))
            (pairs("Could not be found out", &found.not_known))
            @if !found.cases.is_empty() {
                h3 { "Digests" }
                p.muted { "SHA-256 of what went in and of what the baseline left." }
                @for case in &found.cases { (digests(case)) }
            }
        }
    }
}

fn source_of(source: &Source) -> Markup {
    html! {
        h3 { "Source" }
        dl.facts {
            @if let Some(commit) = &source.commit { dt { "commit" } dd.value { code { (commit) } } }
            @if let Some(branch) = &source.branch { dt { "branch" } dd { (branch) } }
            dt { "changes" }
            dd {
                @match source.dirty {
                    Some(true) => { (source.changed_count) (if source.changed_count == 1 { " file differs" } else { " files differ" }) " from the commit: " (source.changed.join(", ")) }
                    Some(false) => "no file differs from the commit",
                    None => "not known",
                }
            }
        }
    }
}

fn machine(machine: &Host) -> Markup {
    html! {
        h3 { "Machine" }
        dl.facts {
            @if let Some(processor) = &machine.processor {
                dt { "processor" } dd { (processor.name) " (" (processor.model) ")" }
                @if !processor.flags.is_empty() { dt { "flags" } dd { (processor.flags.join(" ")) } }
            }
            dt { "architecture" } dd { (machine.architecture) }
            dt { "processors" } dd { (machine.processors) " usable" }
            @if let Some(bytes) = machine.memory_bytes { dt { "memory" } dd { (mebibytes(bytes)) } }
            @for (label, value) in [
                ("kernel", &machine.kernel), ("distribution", &machine.distribution), ("C library", &machine.libc),
                ("NVIDIA driver", &machine.nvidia_driver), ("id", &machine.id),
            ] {
                @if let Some(value) = value { dt { (label) } dd { (value) } }
            }
            @for gpu in &machine.gpus { dt { "graphics" } dd { (gpu.model) } }
        }
    }
}

fn interpreter(python: &Python) -> Markup {
    html! {
        h3 { "Python " (python.version) }
        dl.facts {
            @if let Some(implementation) = &python.implementation { dt { "implementation" } dd { (implementation) } }
            dt { "executable" } dd.value { code { (python.executable) } }
            @for (name, version) in &python.libraries { dt { (name) } dd { (version) } }
            @if let Some(blas) = &python.blas {
                dt { "BLAS" }
                dd {
                    (blas.vendor)
                    @if let Some(version) = &blas.version { " " (version) }
                    @if let Some(configuration) = &blas.configuration { " (" (configuration) ")" }
                }
            }
            @if let Some(installed) = &python.installed {
                dt { "installed" }
                dd.value { (installed.count) " distributions, " code { (installed.sha256) } }
            }
        }
    }
}

fn pairs(title: &str, pairs: &BTreeMap<String, String>) -> Markup {
    html! {
        @if !pairs.is_empty() {
            h3 { (title) }
            dl.facts { @for (name, value) in pairs { dt { (name) } dd { (value) } } }
        }
    }
}

fn digests(case: &CaseFacts) -> Markup {
    let of = |what: &str, name: &str, digest: &dyn std::fmt::Display| {
        (what.to_owned(), name.to_owned(), digest.to_string())
    };
    let mut rows = vec![of("case file", &case.file, &case.config)];
    rows.extend(case.lock.iter().map(|digest| of("lock file", "", digest)));
    rows.extend(case.program.iter().map(|digest| of("program", "", digest)));
    rows.extend(case.sources.iter().map(|(name, digest)| of("source", name, digest)));
    rows.extend(case.data.iter().map(|(name, digest)| of("data", name, digest)));
    rows.extend(case.outputs.iter().map(|left| of("left", &left.name, &left.sha256)));
    let table = html! {
        table {
            caption { "Digests of " (case.name) }
            thead { tr { th scope="col" { "what" } th scope="col" { "name" } th scope="col" { "SHA-256" } } }
            tbody {
                @for (what, name, digest) in &rows {
                    tr { th scope="row" { (what) } td { (name) } td { code { (digest) } } }
                }
            }
        }
    };
    html! {
        details {
            summary { (case.name) }
            (wide(&format!("Digests of {}", case.name), &table))
            @if let Some(threads) = &case.threads { p { "Threads of BLAS and OpenMP in a baseline run: " (threads) "." } }
            @if !case.variables.is_empty() {
                dl.facts { @for (name, value) in &case.variables { dt { (name) } dd { (value) } } }
            }
            @for (what, why) in &case.not_known { p.muted { "Not known: " (what) ", " (why) } }
        }
    }
}
