//! Where a kernel may know sizes from, other than `arrayLength`.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Kernel;
use crate::case::kernel::Contents;
use crate::run::Error;
use crate::run::kernel;
use crate::wgsl::fill::Fill;

/// Elements of a buffer up to which it is taken for parameters that may tell a size.
const PARAMETERS_MAX: u64 = 64;

/// Numbers that may be sizes.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Numbers with the place that gives them.
    numbers: BTreeMap<u64, String>,
}

impl Told {
    pub(super) fn of(kernel: &Kernel) -> Result<Self, Error> {
        let mut told = Self::default();
        for pass in &kernel.passes {
            for number in literals(&pass.program.source().text) {
                told.say(number, || "its WGSL".to_owned());
            }
            for (name, value) in &pass.overrides {
                told.say_float(*value, || format!("the override `{name}`"));
            }
            for word in pass.immediates.chunks_exact(4) {
                let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
                told.say(word.into(), || "`immediates`".to_owned());
            }
        }
        let bytes = kernel::inputs(kernel)?;
        for (name, buffer) in &kernel.buffers {
            if let Contents::Made(Fill::Integers { high, .. }) = &buffer.contents {
                let above = u64::try_from(high.saturating_add(1)).unwrap_or(0);
                told.say(above, || format!("the range of `{name}`"));
            }
            if buffer.is_scratch() || buffer.count() > PARAMETERS_MAX {
                continue;
            }
            for number in kernel::numbers(buffer.scalar, &bytes[name]) {
                told.say_float(number, || format!("`{name}`"));
            }
        }
        Ok(told)
    }

    fn say(&mut self, number: u64, place: impl FnOnce() -> String) {
        self.numbers.entry(number).or_insert_with(place);
    }

    fn say_float(&mut self, number: f64, place: impl FnOnce() -> String) {
        let whole = number.trunc().to_bits() == number.to_bits() && (0.0..9e15).contains(&number);
        if whole {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "just checked")]
            self.say(number as u64, place);
        }
    }

    /// `Err` names the place that may tell one of these lengths.
    pub(super) fn nothing_of(&self, lengths: &BTreeSet<u64>) -> Result<(), String> {
        let mut known = lengths.iter().filter(|length| **length > 1);
        match known.find_map(|length| Some((length, self.numbers.get(length)?))) {
            Some((length, place)) => Err(format!("{place} may hold the size {length}")),
            None => Ok(()),
        }
    }
}

/// The whole numbers in a WGSL text, but for those in comments and attributes: bindings and sizes of workgroups.
fn literals(text: &str) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        let mut rest = String::new();
        for (number, piece) in code.split('@').enumerate() {
            let attribute = number > 0;
            rest.push_str(if attribute {
                piece.split_once(')').map_or(piece, |(_, after)| after)
            } else {
                piece
            });
            rest.push(' ');
        }
        let words =
            rest.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '.'));
        found.extend(words.filter_map(|word| word.trim_end_matches(['u', 'i']).parse::<u64>().ok()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::literals;

    #[test]
    fn sizes_of_workgroups_bindings_and_comments_are_no_lengths() {
        let text = "@group(0) @binding(9) var<storage> x: array<f32>; // 77\n\
                    const N = 4096u; let y = x1 + 2.5 + f(12i);\n@compute @workgroup_size(64) fn main() {}";
        assert_eq!(literals(text).into_iter().collect::<Vec<_>>(), [12, 4096]);
    }
}
