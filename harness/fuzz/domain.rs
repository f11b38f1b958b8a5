//! The values that may stand in a buffer, and how they are drawn.
//!
//! Where the case declares a range it is kept, since a number outside may be an index that the kernel never meets. Floats
//! without a range (`spread`, `normal`, `adversarial`) are mixed with what provokes: numbers that cancel, subnormals, zeros
//! of both signs, the greatest and the least.

use crate::case::kernel::{Buffer, Contents};
use crate::run::kernel::numbers;
use crate::wgsl::Scalar;
use crate::wgsl::fill::{self, Adversarial, Fill};
use crate::wgsl::random::SplitMix;

/// The values that are tried in a buffer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Domain {
    pub(super) scalar: Scalar,
    /// The declared rule.
    rule: Fill,
    /// The least and the greatest number; `None` where all are allowed.
    range: Option<(f64, f64)>,
    /// Whether NaN and infinities are.
    non_finite: bool,
}

/// How the values of a buffer hang together.
const PATTERNS: u64 = 13;

impl Domain {
    /// The values of a buffer; `Err` says why they stay as declared.
    pub(super) fn of(buffer: &Buffer, non_finite: bool) -> Result<Self, String> {
        let rule = match &buffer.contents {
            Contents::Scratch => return Err("its contents mean nothing".to_owned()),
            Contents::File(_) => return Err("its numbers stand in a file".to_owned()),
            Contents::Made(rule) => rule,
        };
        #[expect(clippy::cast_precision_loss, reason = "held against elements, which are rounded as well")]
        let range = match rule {
            Fill::Values(_) => return Err("its numbers are given".to_owned()),
            Fill::Zeros => return Err("zeros".to_owned()),
            Fill::Ones => return Err("ones".to_owned()),
            Fill::Iota => return Err("0, 1, 2, …".to_owned()),
            Fill::Uniform { low, high, .. } => Some((*low, *high)),
            Fill::Integers { low, high, .. } => Some((*low as f64, *high as f64)),
            Fill::Spread { .. } | Fill::Normal { .. } | Fill::Adversarial { .. } => None,
        };
        let rounded = |number: f64| {
            let bits = buffer.scalar.bits(number).unwrap_or(0);
            numbers(buffer.scalar, &bits.to_le_bytes()[..buffer.scalar.bytes()])
                .first()
                .copied()
                .unwrap_or(number)
        };
        let range = range.map(|(low, high): (f64, f64)| (rounded(low), rounded(high)));
        let special = matches!(rule, Fill::Adversarial { kind: Adversarial::NanInfinity, .. });
        Ok(Self { scalar: buffer.scalar, rule: rule.clone(), range, non_finite: non_finite || special })
    }

    /// Whether elements are whole numbers by declaration.
    fn is_whole(&self) -> bool {
        !self.scalar.is_float() || matches!(self.rule, Fill::Integers { .. })
    }

    /// Whether an element may have these bits.
    pub(super) fn holds(&self, bits: u64) -> bool {
        let number = self.number(bits);
        let finite = number.is_finite() || self.non_finite;
        let whole = !self.is_whole() || number.trunc().to_bits() == number.to_bits();
        finite && whole && self.range.is_none_or(|(low, high)| low <= number && number <= high)
    }

    /// The number that bits stand for.
    pub(super) fn number(&self, bits: u64) -> f64 {
        numbers(self.scalar, &bits.to_le_bytes()[..self.scalar.bytes()]).first().copied().unwrap_or(0.0)
    }

    /// The simplest element: zero, or what comes nearest to it.
    pub(super) fn plain(&self) -> u64 {
        let (low, high) = self.range.unwrap_or((0.0, 0.0));
        self.scalar.bits(0.0_f64.clamp(low.min(high), high.max(low))).unwrap_or(0)
    }

    /// Elements that are simpler than this one, the simplest first.
    pub(super) fn simpler(&self, bits: u64) -> Vec<u64> {
        let number = self.number(bits);
        let plain = self.number(self.plain());
        let mut wanted = vec![plain, plain + 1.0, 1.0, -1.0, 2.0, number.trunc(), number.abs()];
        if self.is_whole() {
            wanted.extend([plain + ((number - plain) / 2.0).trunc(), number - (number - plain).signum()]);
        } else {
            // A power of two of the same size, then fewer digits.
            let kept = self.scalar.mantissa().map_or(bits, |digits| bits >> (digits / 2) << (digits / 2));
            let power = self.scalar.mantissa().map_or(bits, |digits| bits >> digits << digits);
            wanted.extend([power, kept].map(|bits| self.number(bits)));
        }
        let simpler = |one: &u64| *one != bits && self.holds(*one) && self.cost(*one) < self.cost(bits);
        let mut all: Vec<u64> = wanted.into_iter().filter_map(|number| self.scalar.bits(number)).collect();
        all.retain(simpler);
        all.dedup();
        all
    }

    /// How hard a number is to read: its distance from the simplest one, and its digits.
    fn cost(&self, bits: u64) -> (bool, bool, u32, f64, bool) {
        let (number, plain) = (self.number(bits), self.number(self.plain()));
        let digits = self.scalar.mantissa().unwrap_or(0);
        let used = if self.is_whole() {
            0
        } else {
            digits - (bits & ((1 << digits) - 1)).trailing_zeros().min(digits)
        };
        let far = if number.is_finite() { (number - plain).abs() } else { f64::INFINITY };
        (bits != self.plain(), !number.is_finite(), used, far, number.is_sign_negative())
    }

    /// So many elements.
    pub(super) fn draw(&self, count: u64, seed: u64) -> Vec<u64> {
        let mut random = SplitMix::new(seed);
        let mut values = self.made(&self.reseeded(random.next()), count);
        if values.is_empty() {
            return values;
        }
        let last = values.len() as u64;
        let specials = self.specials();
        let one = |random: &mut SplitMix, from: &[u64]| from[index(random.below(from.len() as u64))];
        match random.below(PATTERNS) {
            0 | 1 => {}
            2 | 3 => {
                let rare = 1 + random.below(8);
                for value in &mut values {
                    if random.below(rare) == 0 {
                        *value = one(&mut random, &specials);
                    }
                }
            }
            4 => values.fill(one(&mut random, &specials)),
            5 => {
                let same = one(&mut random, &values);
                values.fill(same);
            }
            6 => {
                let (many, few) = (one(&mut random, &specials), one(&mut random, &specials));
                values.fill(many);
                values[index(random.below(last))] = few;
            }
            7 => self.sort(&mut values),
            8 => {
                self.sort(&mut values);
                values.reverse();
            }
            9 => {
                let keys: Vec<u64> = values.iter().take(3).copied().collect();
                for value in &mut values {
                    *value = one(&mut random, &keys);
                }
            }
            10 => values = self.wide(&mut random, count).unwrap_or(values),
            _ => values = self.provoking(&mut random, count).unwrap_or(values),
        }
        values
    }

    fn sort(&self, values: &mut [u64]) {
        values.sort_by(|one, other| self.number(*one).total_cmp(&self.number(*other)));
    }

    /// The declared rule with another seed.
    fn reseeded(&self, other: u64) -> Fill {
        let mut rule = self.rule.clone();
        match &mut rule {
            Fill::Spread { seed }
            | Fill::Uniform { seed, .. }
            | Fill::Normal { seed, .. }
            | Fill::Integers { seed, .. }
            | Fill::Adversarial { seed, .. } => *seed = other,
            Fill::Zeros | Fill::Ones | Fill::Iota | Fill::Values(_) => {}
        }
        rule
    }

    /// The elements of a rule; none where it cannot be followed.
    fn made(&self, rule: &Fill, count: u64) -> Vec<u64> {
        let bytes = fill::fill(rule, self.scalar, count).unwrap_or_default();
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        bytes.chunks_exact(self.scalar.bytes()).map(word).collect()
    }

    /// Floats of every finite size, where the range is open.
    fn wide(&self, random: &mut SplitMix, count: u64) -> Option<Vec<u64>> {
        let greatest = 1 - self.scalar.exponent_min();
        let exponents = u64::try_from(2 * greatest + 1).ok()?;
        let one = |_| {
            let exponent = i32::try_from(random.below(exponents)).unwrap_or(0) - greatest;
            self.scalar.compose(random.below(2) == 1, exponent, random.next())
        };
        (self.range.is_none() && self.scalar.is_float()).then(|| (0..count).map(one).collect())
    }

    /// One of the fills that provoke, where the range is open.
    fn provoking(&self, random: &mut SplitMix, count: u64) -> Option<Vec<u64>> {
        if self.range.is_some() || !self.scalar.is_float() {
            return None;
        }
        let open = |kind: &Adversarial| self.non_finite || *kind != Adversarial::NanInfinity;
        let kinds: Vec<Adversarial> = Adversarial::ALL.into_iter().filter(open).collect();
        let kind = kinds[index(random.below(kinds.len() as u64))];
        Some(self.made(&Fill::Adversarial { kind, seed: random.next() }, count))
    }

    /// Single elements that provoke, inside the domain; at least the simplest one.
    fn specials(&self) -> Vec<u64> {
        let mut all = vec![self.plain()];
        if let Some((low, high)) = self.range {
            let near = [low, high, low + 1.0, high - 1.0, f64::midpoint(low, high), 0.0, -0.0, 1.0, -1.0];
            all.extend(near.into_iter().filter_map(|number| self.scalar.bits(number)));
        } else if let Some(digits) = self.scalar.mantissa() {
            let sign = self.scalar.sign(true);
            let least_normal = self.scalar.compose(false, self.scalar.exponent_min(), 0);
            let greatest = self.scalar.infinity(false) - 1;
            let step = self.scalar.compose(false, digits.cast_signed() + 1, 0);
            let one = self.scalar.compose(false, 0, 0);
            let sized = [0, 1, least_normal, least_normal - 1, greatest, step, one, one + 1];
            all.extend(sized.into_iter().flat_map(|bits| [bits, bits | sign]));
            let infinity = self.scalar.infinity(false);
            all.extend([infinity, infinity | sign, infinity | 1 << (digits - 1)]);
        } else if let Some((low, high)) = self.scalar.range() {
            let ends = [low, low + 1, high - 1, high, -1, 0, 1, 2].into_iter();
            let bits = ends.filter(|number| (low..=high).contains(number));
            let mask = u128::from(u64::MAX >> (64 - 8 * self.scalar.bytes()));
            all.extend(bits.map(|number| u64::try_from(number.cast_unsigned() & mask).unwrap_or(0)));
        }
        all.retain(|bits| self.holds(*bits));
        all
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domain(scalar: Scalar, rule: Fill, non_finite: bool) -> Domain {
        let contents = Contents::Made(rule);
        Domain::of(&Buffer { scalar, shape: vec![8], contents, read: false, padding: None }, non_finite)
            .unwrap()
    }

    fn domains() -> impl Strategy<Value = Domain> {
        prop_oneof![
            (any::<bool>(), 0..3_usize).prop_map(|(non_finite, at)| {
                let scalar = [Scalar::F32, Scalar::F16, Scalar::F64][at];
                domain(scalar, Fill::Spread { seed: 1 }, non_finite)
            }),
            (-9.0..9.0_f64, 0.0..9.0_f64).prop_map(|(low, wide)| {
                let rule = Fill::Uniform { low, high: low + wide, seed: 1 };
                domain(Scalar::F32, rule, true)
            }),
            (-9..9_i64, 0..9_i64).prop_map(|(low, wide)| {
                domain(Scalar::I32, Fill::Integers { low, high: low + wide, seed: 1 }, true)
            }),
            (0..9_i64).prop_map(|high| domain(Scalar::F32, Fill::Integers { low: 0, high, seed: 1 }, true)),
            Just(domain(Scalar::U32, Fill::Spread { seed: 1 }, false)),
            Just(domain(Scalar::I64, Fill::Spread { seed: 1 }, false)),
            Just(domain(Scalar::F32, Fill::Normal { mean: 1.0, deviation: 2.0, seed: 1 }, false)),
        ]
    }

    proptest! {
        #[test]
        fn no_value_leaves_the_domain(domain in domains(), seed: u64, count in 1..70_u64) {
            let values = domain.draw(count, seed);
            prop_assert_eq!(values.len() as u64, count);
            for bits in values {
                prop_assert!(domain.holds(bits), "{} in {:?}", domain.number(bits), domain);
                for simpler in domain.simpler(bits) {
                    prop_assert!(domain.holds(simpler) && domain.cost(simpler) < domain.cost(bits));
                }
            }
            prop_assert!(domain.holds(domain.plain()));
        }
    }

    #[test]
    fn every_kind_of_provocation_is_drawn() {
        let spread = domain(Scalar::F32, Fill::Spread { seed: 1 }, false);
        let drawn: Vec<u64> = (0..200).flat_map(|seed| spread.draw(16, seed)).collect();
        let number = |bits: u64| spread.number(bits);
        assert!(drawn.contains(&0x8000_0000), "no negative zero");
        assert!(drawn.contains(&0x7f7f_ffff), "not the greatest");
        assert!(drawn.iter().any(|bits| (1..0x0080_0000).contains(bits)), "no subnormal number");
        assert!(drawn.iter().all(|bits| number(*bits).is_finite()), "infinities unasked");
        let open = domain(Scalar::F32, Fill::Spread { seed: 1 }, true);
        let drawn: Vec<u64> = (0..200).flat_map(|seed| open.draw(16, seed)).collect();
        assert!(
            drawn.contains(&0x7f80_0000) && drawn.contains(&0x7fc0_0000),
            "no infinity or NaN when asked"
        );
    }

    #[test]
    fn given_numbers_stay() {
        for (rule, why) in [(Fill::Zeros, "zeros"), (Fill::Values(vec![1.0]), "its numbers are given")] {
            let buffer = Buffer {
                scalar: Scalar::F32,
                shape: vec![1],
                contents: Contents::Made(rule),
                read: false,
                padding: None,
            };
            assert_eq!(Domain::of(&buffer, false).unwrap_err(), why);
        }
    }
}
