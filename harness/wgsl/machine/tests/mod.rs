//! The machine against kernels whose results and mistakes are known.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    reason = "tests compute with small numbers of known size, in the letters of the formulas"
)]

mod builtins;
mod flow;
mod kernels;
mod language;
mod mistakes;
mod oracle;
mod parallel;
mod random;
mod robust;
mod subgroups;

use std::collections::BTreeMap;

use super::{Finding, Kind, NotInterpreted, Options, Outcome, run};
use crate::wgsl::{Binding, Memory, Order, Program, Source};

/// A program with its buffers.
pub(super) struct Bench {
    pub(super) program: Program,
    pub(super) memory: Memory,
    pub(super) options: Options,
    pub(super) grid: [u32; 3],
}

pub(super) fn program(text: &str) -> Program {
    let source = Source { name: "k.wgsl".to_owned(), text: text.to_owned() };
    match Program::load(&source, "main", &BTreeMap::new()) {
        Ok(program) => program,
        Err(error) => panic!("{error}"),
    }
}

pub(super) fn at(binding: u32) -> Binding {
    Binding { group: 0, binding }
}

pub(super) fn bytes<T: Copy>(values: &[T], of: impl Fn(T) -> u32) -> Vec<u8> {
    values.iter().flat_map(|value| of(*value).to_le_bytes()).collect()
}

/// Values of both signs and spread exponents, so that the order of a sum shows.
pub(super) fn spread(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let word = (state >> ((state >> 28) + 4) ^ state).wrapping_mul(277_803_737);
        word >> 22 ^ word
    };
    (0..count)
        .map(|_| {
            let (word, exponent) = (next(), next() % 12);
            (word as f32 / u32::MAX as f32 + 1.0)
                * if word & 1 == 0 { 1.0 } else { -1.0 }
                * 2_f32.powi(exponent.cast_signed() - 6)
        })
        .collect()
}

impl Bench {
    pub(super) fn new(text: &str) -> Self {
        let options = Options { check: true, ..Options::default() };
        Self { program: program(text), memory: Memory::new(), options, grid: [1, 1, 1] }
    }

    pub(super) fn grid(mut self, x: u32, y: u32, z: u32) -> Self {
        self.grid = [x, y, z];
        self
    }

    pub(super) fn floats(mut self, binding: u32, values: &[f32]) -> Self {
        self.memory.insert(at(binding), bytes(values, f32::to_bits));
        self
    }

    pub(super) fn words(mut self, binding: u32, values: &[u32]) -> Self {
        self.memory.insert(at(binding), bytes(values, |word| word));
        self
    }

    pub(super) fn zeros(self, binding: u32, words: usize) -> Self {
        self.words(binding, &vec![0; words])
    }

    pub(super) fn orders(mut self, workgroups: Order, lanes: Order) -> Self {
        (self.options.workgroups, self.options.lanes) = (workgroups, lanes);
        self
    }

    pub(super) fn go(&mut self) -> Outcome {
        match self.try_go() {
            Ok(outcome) => outcome,
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) fn try_go(&mut self) -> Result<Outcome, NotInterpreted> {
        run(&self.program, self.grid, &mut self.memory, &self.options)
    }

    /// Runs, expects no finding, and gives the words of a buffer.
    pub(super) fn right(mut self, binding: u32) -> Vec<u32> {
        let outcome = self.go();
        assert_eq!(outcome.findings, [], "the program is right");
        assert_eq!(outcome.ended, super::Ended::Whole);
        self.out(binding)
    }

    pub(super) fn out(&self, binding: u32) -> Vec<u32> {
        let chunks = self.memory[&at(binding)].chunks_exact(4);
        chunks.map(|chunk| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]])).collect()
    }
}

pub(super) fn as_floats(words: &[u32]) -> Vec<f32> {
    words.iter().map(|word| f32::from_bits(*word)).collect()
}

/// Kinds and lines of findings, for short claims.
pub(super) fn brief(findings: &[Finding]) -> Vec<(Kind, &str, u32, Option<u32>)> {
    let line = |access: &super::Access| access.line.as_ref().map_or(0, |line| line.number);
    findings
        .iter()
        .map(|one| (one.kind, one.variable.as_str(), line(&one.first), one.second.as_ref().map(line)))
        .collect()
}

/// Orders that no right program may notice.
pub(super) fn orders() -> Vec<(Order, Order)> {
    let mut all = vec![
        (Order::Ascending, Order::Ascending),
        (Order::Descending, Order::Ascending),
        (Order::Ascending, Order::Descending),
        (Order::Blocks(4), Order::Blocks(8)),
    ];
    all.extend((0..6).map(|seed| (Order::Shuffled(seed), Order::Shuffled(seed + 100))));
    all
}
