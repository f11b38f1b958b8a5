//! Which buffer each variable of a kernel's passes is.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::error::{Finding, listed};
use super::raw::{Named, Text};
use super::raw_kernel as written;
use super::resolve::{Check, in_file_order};
use super::resolve_kernel::Loaded;
use crate::wgsl::{Access, Binding, Slot};

/// The buffers as the file declares them.
type Declared = Named<Spanned<written::Buffer>>;

/// The buffer at each place of one pass, by its name.
pub(super) type Bound = BTreeMap<Binding, String>;

impl Check<'_> {
    /// For each pass the buffers at its places; `None` where one lacks or is wrong.
    ///
    /// A variable is the buffer that the pass binds to it, else the one declared for its group and binding, else the one of its
    /// name, else the one that has the name of the variable at this place in another pass.
    pub(super) fn bound(
        &mut self,
        passes: &[Loaded<'_>],
        declared: &Declared,
        kernel: &Range<usize>,
    ) -> Option<Vec<Bound>> {
        let before = self.findings.len();
        let slots: Vec<Vec<Slot>> = passes.iter().map(|pass| pass.program.slots()).collect();
        for pass in passes {
            self.are_known(pass.bind, &slots, declared);
        }
        let found: Vec<Vec<Option<String>>> = passes
            .iter()
            .zip(&slots)
            .map(|(pass, own)| own.iter().map(|slot| buffer_of(pass.bind, slot, &slots, declared)).collect())
            .collect();
        let used: Vec<&String> = found.iter().flatten().flatten().collect();
        for (name, _) in
            in_file_order(declared).into_iter().filter(|(name, _)| !used.contains(&name.get_ref()))
        {
            self.is_used_by_nobody(name, &slots);
        }
        let mut bound = Vec::new();
        for (slots, names) in slots.iter().zip(found) {
            self.are_bound(slots, &names, kernel, before);
            self.are_not_shared(slots, &names, kernel);
            let pairs = slots.iter().zip(names);
            bound.push(pairs.filter_map(|(slot, name)| Some((slot.binding, name?))).collect());
        }
        (self.findings.len() == before).then_some(bound)
    }

    /// What is bound are variables of some pass (passes may share one `bind`), to buffers that are declared.
    fn are_known(&mut self, bind: &Named<Text>, slots: &[Vec<Slot>], declared: &Declared) {
        let variables: Vec<&str> = slots.iter().flatten().map(|slot| slot.name.as_str()).collect();
        let buffers: Vec<&str> = declared.keys().map(|name| name.get_ref().as_str()).collect();
        for (variable, buffer) in bind {
            self.known(variable, "variable", &variables);
            self.known(buffer, "buffer", &buffers);
        }
    }

    fn is_used_by_nobody(&mut self, name: &Text, slots: &[Vec<Slot>]) {
        let said = |slot: &Slot| {
            format!("`{}` (group {}, binding {})", slot.name, slot.binding.group, slot.binding.binding)
        };
        let mut names: Vec<String> = slots.iter().flatten().map(said).collect();
        names.sort();
        names.dedup();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let help = if names.is_empty() {
            "none uses any".to_owned()
        } else {
            format!("used are {}", listed(&names))
        };
        let finding = Finding::new(name.span(), format!("no kernel uses a buffer `{}`", name.get_ref()));
        self.findings.push(finding.help(help));
    }

    fn are_bound(&mut self, slots: &[Slot], names: &[Option<String>], kernel: &Range<usize>, before: usize) {
        for (slot, _) in slots.iter().zip(names).filter(|(_, name)| name.is_none()) {
            if slot.access == Access::NoBuffer {
                let message =
                    format!("`{}` is a texture or sampler: not supported, only buffers are", slot.name);
                self.findings
                    .push(Finding::new(kernel.clone(), message).help("audit a kernel that reads buffers"));
            } else if self.findings.len() == before {
                // One at a time: a misspelt name is both a buffer too many and a variable too few.
                let Binding { group, binding } = slot.binding;
                let message = format!("no buffer for `{}` (@group({group}) @binding({binding}))", slot.name);
                let help = format!("declare it: [buffer.{}] with `type` and `shape`", slot.name);
                self.findings.push(Finding::new(kernel.clone(), message).help(help));
            }
        }
    }

    /// Adapters refuse a buffer that one dispatch binds twice and writes.
    fn are_not_shared(&mut self, slots: &[Slot], names: &[Option<String>], kernel: &Range<usize>) {
        let pairs: Vec<(&Slot, &String)> =
            slots.iter().zip(names).filter_map(|(slot, name)| Some((slot, name.as_ref()?))).collect();
        for (at, (slot, name)) in pairs.iter().enumerate() {
            let twin = pairs[..at].iter().find(|(other, twin)| {
                twin == name && (slot.access == Access::ReadWrite || other.access == Access::ReadWrite)
            });
            if let Some((other, _)) = twin {
                let message =
                    format!("buffer `{name}` is both `{}` and `{}`, and written", other.name, slot.name);
                let help = "bind two buffers; no adapter lets a dispatch write what it binds twice";
                self.findings.push(Finding::new(kernel.clone(), message).help(help));
            }
        }
    }
}

fn buffer_of(bind: &Named<Text>, slot: &Slot, all: &[Vec<Slot>], declared: &Declared) -> Option<String> {
    if slot.access == Access::NoBuffer {
        return None;
    }
    let told = bind.iter().find(|(variable, _)| *variable.get_ref() == slot.name);
    if let Some((_, buffer)) = told {
        return Some(buffer.get_ref().clone());
    }
    let placed = |buffer: &written::Buffer| {
        buffer.binding.map(|binding| Binding { group: buffer.group.unwrap_or(0), binding })
    };
    let here = declared.iter().find(|(_, buffer)| placed(buffer.get_ref()) == Some(slot.binding));
    if let Some((name, _)) = here {
        return Some(name.get_ref().clone());
    }
    let free = |name: &str| {
        declared.iter().any(|(other, buffer)| other.get_ref() == name && placed(buffer.get_ref()).is_none())
    };
    let elsewhere =
        || all.iter().flatten().filter(|other| other.binding == slot.binding).map(|other| &other.name);
    std::iter::once(&slot.name).chain(elsewhere()).find(|name| free(name)).cloned()
}
