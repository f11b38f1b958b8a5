//! What stands in the buffers of a kernel before the run.

use std::ops::Range;

use toml::Spanned;

use super::error::Finding;
use super::kernel::{Buffer, Contents};
use super::paths::Want;
use super::raw::Text;
use super::raw_kernel::{self as written, Fill};
use super::resolve::Check;
use super::resolve_kernel::{Use, padding};
use crate::wgsl::Scalar;
use crate::wgsl::fill::{Adversarial, Fill as Rule};

/// Where random numbers begin unless the file says so.
const SEED: u64 = 7;

impl Check<'_> {
    /// A buffer whose numbers are declared as the members of its WGSL type, kept as the words that they make.
    pub(super) fn structure(
        &mut self,
        name: &Text,
        raw: &written::Buffer,
        members: &Spanned<Fill>,
        uses: &[Use<'_>],
    ) -> Option<Buffer> {
        let place = members.span();
        let Fill::Table(table) = members.get_ref() else { return None };
        let numbers: Vec<f64> = table.members.iter().flatten().map(|number| number.0).collect();
        if raw.scalar.is_some() || raw.shape.is_some() {
            let message = "`members` beside `type` or `shape`";
            let help = "remove `type` and `shape`: both are those of the WGSL";
            self.findings.push(Finding::new(place.clone(), message).help(help));
            return None;
        }
        let layout = uses.iter().find_map(|(program, slot)| program.layout(slot.binding));
        let bytes = match layout {
            Some(layout) => layout.bytes_of(&numbers),
            None => Err(format!("`{}` has no fixed size, or is not made of numbers", name.get_ref())),
        };
        match bytes {
            Ok(bytes) => {
                let words: Vec<f64> = bytes.chunks(4).map(word).collect();
                let shape = vec![words.len() as u64];
                let contents = Contents::Made(Rule::Values(words));
                Some(Buffer { scalar: Scalar::U32, shape, contents, read: raw.read, padding: padding(uses) })
            }
            Err(why) => {
                let help = "write its numbers in the order of its members: fill = { members = [1024, 0.5] }";
                self.findings.push(Finding::new(place, format!("`members`: {why}")).help(help));
                None
            }
        }
    }

    pub(super) fn contents(&mut self, raw: &written::Buffer, writable: bool) -> Option<Contents> {
        let scratch = raw.scratch.unwrap_or(raw.read && raw.fill.is_none() && writable);
        let Some(fill) = &raw.fill else {
            return Some(if scratch {
                Contents::Scratch
            } else {
                Contents::Made(Rule::Spread { seed: SEED })
            });
        };
        if scratch {
            let finding = Finding::new(fill.span(), "a `fill` for contents that mean nothing");
            self.findings.push(finding.help("remove `fill` or `scratch`"));
        }
        match fill.get_ref() {
            Fill::Word(word) => self.fill_word(word, &fill.span()).map(Contents::Made),
            Fill::Table(table) => self.fill_table(table, &fill.span()),
        }
    }

    fn fill_word(&mut self, word: &str, place: &Range<usize>) -> Option<Rule> {
        let words = ["spread", "zeros", "ones", "iota"];
        self.known(&Spanned::new(place.clone(), word.to_owned()), "fill", &words);
        match word {
            "spread" => Some(Rule::Spread { seed: SEED }),
            "zeros" => Some(Rule::Zeros),
            "ones" => Some(Rule::Ones),
            "iota" => Some(Rule::Iota),
            _ => None,
        }
    }

    fn fill_table(&mut self, table: &written::FillTable, place: &Range<usize>) -> Option<Contents> {
        let seed = table.seed.unwrap_or(SEED);
        let made = [
            table.spread.map(|seed| Rule::Spread { seed }),
            table.uniform.map(|[low, high]| Rule::Uniform { low: low.0, high: high.0, seed }),
            table.normal.map(|[mean, deviation]| Rule::Normal { mean: mean.0, deviation: deviation.0, seed }),
            table.integers.map(|[low, high]| Rule::Integers { low, high, seed }),
            table.values.as_ref().map(|values| Rule::Values(values.iter().map(|value| value.0).collect())),
            table.adversarial.as_ref().and_then(|word| self.adversarial(word, seed)),
        ];
        let file = table.file.as_ref().and_then(|file| self.path(file, Want::File)).map(Contents::File);
        let mut all = made.into_iter().flatten().map(Contents::Made).chain(file);
        if let (Some(one), None) = (all.next(), all.next()) {
            return Some(one);
        }
        let finding = Finding::new(place.clone(), "a fill is one rule");
        self.findings.push(finding.help("write one, such as { normal = [0.0, 1.0], seed = 1 }"));
        None
    }

    fn adversarial(&mut self, word: &Text, seed: u64) -> Option<Rule> {
        let names: Vec<&str> = Adversarial::ALL.iter().map(|kind| kind.word()).collect();
        self.known(word, "kind of provoking numbers", &names);
        let kind = Adversarial::named(word.get_ref())?;
        Some(Rule::Adversarial { kind, seed })
    }
}

/// The fill of a buffer that is declared by its members.
pub(super) fn members(raw: &written::Buffer) -> Option<&Spanned<Fill>> {
    let is_members =
        |fill: &&Spanned<Fill>| matches!(fill.get_ref(), Fill::Table(table) if table.members.is_some());
    raw.fill.as_ref().filter(is_members)
}

/// Four bytes or fewer as a word.
fn word(bytes: &[u8]) -> f64 {
    let mut four = [0; 4];
    four[..bytes.len()].copy_from_slice(bytes);
    f64::from(u32::from_le_bytes(four))
}
