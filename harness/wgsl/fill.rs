//! What buffers hold before a run: the same bits for the same words on every machine.
//!
//! Only integer arithmetic, `+ - * /` and conversions between numbers are used, which IEEE 754 fixes to the last bit; no function of
//! a mathematical library comes in. Apart from [`Fill::Values`], whose length is given, a longer buffer begins
//! with the contents of a shorter one, so that a case can shrink without its numbers changing.

use super::random::{SplitMix, mixed};
use super::scalar::Scalar;

/// The contents of a buffer, in words.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// Both signs, exponents from 2^-6 to 2^5, random mantissas: sums round differently in every order. Ones, small integers and
    /// linear ramps do not (their sums are exact, or nearly so), and hide drift; this is therefore what inputs hold if nothing else
    /// is said. Integers: random words, cut to a random length, so that all magnitudes occur.
    Spread {
        /// Another seed, other numbers.
        seed: u64,
    },
    /// All bits zero. What is scaled, masked or divided by it shows; sums of it show nothing.
    Zeros,
    /// The number one. Counts and sums that leave something out, or take it twice, show; orders do not.
    Ones,
    /// 0, 1, 2, …: an element at the wrong place shows by its value. Floats round above their exact integers.
    Iota,
    /// Floats, all equally likely. Of one sign (`low` ≥ 0) they provoke the growth of errors in sums.
    Uniform {
        /// The least number.
        low: f64,
        /// The upper end; it occurs only where rounding to the element's type leads there.
        high: f64,
        /// Another seed, other numbers.
        seed: u64,
    },
    /// Floats as activations and weights have them: nearly normal, between the mean minus and plus six deviations. A sum of twelve
    /// uniform numbers (its distribution is that of Irwin and Hall, 1927), because it needs no logarithm.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation, 0 or more.
        deviation: f64,
        /// Another seed, other numbers.
        seed: u64,
    },
    /// Whole numbers, all equally likely: indices, labels and keys, with the collisions that scattering and sorting must bear. In
    /// floats they are exact where they are small, so that right kernels agree across adapters.
    Integers {
        /// The least number.
        low: i64,
        /// The greatest number; it occurs.
        high: i64,
        /// Another seed, other numbers.
        seed: u64,
    },
    /// These, one per element.
    Values(Vec<f64>),
    /// Floats made to go wrong.
    Adversarial {
        /// How.
        kind: Adversarial,
        /// Another seed, other numbers.
        seed: u64,
    },
}

/// Inputs that provoke one weakness of floating-point code. They are for floats only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Adversarial {
    /// In every 64 elements 16 great numbers, their 16 negatives, and 32 small ones, in random order: the true sum is small and
    /// partial sums are great, so that nearly every bit of a sum depends on its order. Variances as `E[x²] - E[x]²` go negative.
    Cancellation,
    /// Subnormal numbers of both signs, and one in four just above them: adapters that flush show, and so do divisions by them.
    Denormals,
    /// Zeros of both signs; one in four elements is an ordinary number. `max`, `min`, sorting by bits, `1 / x` and sums that begin
    /// with 0 instead of the first element show.
    SignedZeros,
    /// One in eight elements is NaN, an infinity or the greatest finite number of either sign; the others are ordinary. Comparisons
    /// that lose NaN, maxima that begin at 0 and `x - max` of infinities show.
    NanInfinity,
    /// Positive numbers between 1/4 and 1, but every 256th is so great that adding one of the others to it changes nothing: a sum in
    /// index order loses all of them, a tree keeps most, and compensated sums keep all. Sums in f16 overflow after 8,192 elements.
    LongSum,
}

/// Why a buffer cannot be filled so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Another number of elements than the buffer has.
    #[error("{have} {what} for a buffer of {need}")]
    Length {
        /// `values` or `bytes`.
        what: &'static str,
        /// How many there are.
        have: u64,
        /// How many the buffer holds.
        need: u64,
    },
    /// Limits that are no range.
    #[error("no number lies between {low} and {high}")]
    Range {
        /// The lower limit.
        low: f64,
        /// The upper limit.
        high: f64,
    },
    /// A mean or deviation that is no number to draw by.
    #[error("nothing can be drawn around the mean {mean} with the standard deviation {deviation}")]
    Deviation {
        /// The mean.
        mean: f64,
        /// The deviation.
        deviation: f64,
    },
    /// The fill makes fractions or special values, and the type has none.
    #[error("the fill `{fill}` needs floating-point elements, not {scalar}")]
    NotFloat {
        /// The fill's name in case files.
        fill: &'static str,
        /// The type of the elements.
        scalar: Scalar,
    },
    /// A number that the type does not hold.
    #[error("element {index}: {value} is no {scalar}")]
    DoesNotFit {
        /// The number.
        value: f64,
        /// The first element that would hold it.
        index: u64,
        /// The type of the elements.
        scalar: Scalar,
    },
    /// More bytes than this machine has.
    #[error("{count} elements of {scalar} do not fit into memory")]
    TooLarge {
        /// Elements asked for.
        count: u64,
        /// Their type.
        scalar: Scalar,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Length { .. } => "give one value per element, or change `shape`",
            Self::Range { .. } => "write the lesser limit first; both must be finite",
            Self::Deviation { .. } => "both must be finite, and the deviation 0 or more",
            Self::NotFloat { .. } => "use `integers = [low, high]` for whole numbers",
            Self::DoesNotFit { .. } => "choose numbers that the type holds, or another type",
            Self::TooLarge { .. } => "make the buffer smaller",
        }
    }
}

impl Adversarial {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 5] =
        [Self::Cancellation, Self::Denormals, Self::SignedZeros, Self::NanInfinity, Self::LongSum];

    /// The word that case files use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cancellation => "cancellation",
            Self::Denormals => "denormals",
            Self::SignedZeros => "signed-zeros",
            Self::NanInfinity => "nan-infinity",
            Self::LongSum => "long-sum",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The bytes of `count` elements, little endian, as WGSL lays out an array of them.
///
/// # Errors
/// The fill has another length, contradicts itself, or makes numbers that the type does not hold.
pub fn fill(fill: &Fill, scalar: Scalar, count: u64) -> Result<Vec<u8>, Error> {
    match fill {
        Fill::Spread { seed } => {
            let mut random = SplitMix::new(*seed);
            write(scalar, count, |_| Ok(spread(scalar, &mut random)))
        }
        Fill::Zeros => write(scalar, count, |_| Ok(0)),
        Fill::Ones => write(scalar, count, |index| number(scalar, 1.0, index)),
        Fill::Iota => {
            write(scalar, count, |index| whole(scalar, i64::try_from(index).unwrap_or(i64::MAX), index))
        }
        Fill::Uniform { low, high, seed } => uniform(scalar, count, *low, *high, *seed),
        Fill::Normal { mean, deviation, seed } => normal(scalar, count, *mean, *deviation, *seed),
        Fill::Integers { low, high, seed } => integers(scalar, count, *low, *high, *seed),
        Fill::Values(values) => values_given(scalar, count, values),
        Fill::Adversarial { kind, seed } => adversarial(scalar, count, *kind, *seed),
    }
}

/// Calls `element` for each index and stores the low bytes of what it returns.
fn write(
    scalar: Scalar,
    count: u64,
    mut element: impl FnMut(u64) -> Result<u64, Error>,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let size = size(scalar, count)?;
    bytes.try_reserve_exact(size).map_err(|_| Error::TooLarge { count, scalar })?;
    for index in 0..count {
        bytes.extend_from_slice(&element(index)?.to_le_bytes()[..scalar.bytes()]);
    }
    Ok(bytes)
}

fn size(scalar: Scalar, count: u64) -> Result<usize, Error> {
    let size = usize::try_from(count).ok().and_then(|count| count.checked_mul(scalar.bytes()));
    size.ok_or(Error::TooLarge { count, scalar })
}

fn number(scalar: Scalar, value: f64, index: u64) -> Result<u64, Error> {
    scalar.bits(value).ok_or(Error::DoesNotFit { value, index, scalar })
}

fn whole(scalar: Scalar, value: i64, index: u64) -> Result<u64, Error> {
    #[expect(clippy::cast_precision_loss, reason = "only shown in a message")]
    let shown = value as f64;
    scalar.integer_bits(value).ok_or(Error::DoesNotFit { value: shown, index, scalar })
}

fn floats(scalar: Scalar, fill: &'static str) -> Result<u32, Error> {
    scalar.mantissa().ok_or(Error::NotFloat { fill, scalar })
}

fn spread(scalar: Scalar, random: &mut SplitMix) -> u64 {
    if scalar.is_float() {
        return ordinary(scalar, random.next(), -6, 12);
    }
    let signed = scalar.range().is_some_and(|(low, _)| low < 0);
    let bits = 8 * scalar.bytes() as u64 - u64::from(signed);
    let kept = random.next() >> (64 - bits) >> random.below(bits);
    let flip = random.next() >> 63 == 1;
    if signed && flip { !kept } else { kept }
}

/// A float with a random sign, one of `exponents` exponents from `exponent` on, and a random mantissa, all from one word.
fn ordinary(scalar: Scalar, word: u64, exponent: i32, exponents: u64) -> u64 {
    scalar.compose(word >> 63 == 1, exponent + scaled(word << 1, exponents), mixed(word))
}

/// A random word scaled to `0..limit`; its highest bits decide.
fn scaled(word: u64, limit: u64) -> i32 {
    i32::try_from((u128::from(word) * u128::from(limit)) >> 64).unwrap_or(i32::MAX)
}

fn uniform(scalar: Scalar, count: u64, low: f64, high: f64, seed: u64) -> Result<Vec<u8>, Error> {
    floats(scalar, "uniform")?;
    if !(low <= high && (high - low).is_finite()) {
        return Err(Error::Range { low, high });
    }
    let mut random = SplitMix::new(seed);
    write(scalar, count, |index| number(scalar, low + (high - low) * random.unit(), index))
}

fn normal(scalar: Scalar, count: u64, mean: f64, deviation: f64, seed: u64) -> Result<Vec<u8>, Error> {
    floats(scalar, "normal")?;
    if !(mean.is_finite() && deviation.is_finite() && deviation >= 0.0) {
        return Err(Error::Deviation { mean, deviation });
    }
    let mut random = SplitMix::new(seed);
    write(scalar, count, |index| number(scalar, mean + deviation * random.normal(), index))
}

fn integers(scalar: Scalar, count: u64, low: i64, high: i64, seed: u64) -> Result<Vec<u8>, Error> {
    #[expect(clippy::cast_precision_loss, reason = "only shown in a message")]
    let range = Error::Range { low: low as f64, high: high as f64 };
    let Some(above) = high.checked_sub(low).and_then(|span| u64::try_from(span).ok()) else {
        return Err(range);
    };
    // Both ends are tried first, so that the seed does not decide whether a type is wide enough.
    whole(scalar, low, 0)?;
    whole(scalar, high, 0)?;
    let mut random = SplitMix::new(seed);
    write(scalar, count, |index| whole(scalar, low.wrapping_add_unsigned(random.below(above + 1)), index))
}

fn values_given(scalar: Scalar, count: u64, values: &[f64]) -> Result<Vec<u8>, Error> {
    let have = values.len() as u64;
    if have != count {
        return Err(Error::Length { what: "values", have, need: count });
    }
    let mut values = values.iter();
    write(scalar, count, |index| number(scalar, values.next().copied().unwrap_or_default(), index))
}

fn adversarial(scalar: Scalar, count: u64, kind: Adversarial, seed: u64) -> Result<Vec<u8>, Error> {
    let mantissa = floats(scalar, "adversarial")?;
    let mut random = SplitMix::new(seed);
    let mut block = Vec::new();
    write(scalar, count, |index| {
        Ok(match kind {
            Adversarial::Cancellation => {
                if block.is_empty() {
                    block = cancelling(scalar, mantissa, &mut random);
                }
                block.pop().unwrap_or_default()
            }
            Adversarial::Denormals => {
                let word = random.next();
                let exponent = scalar.exponent_min() - i32::from(word >> 61 & 3 != 0);
                scalar.compose(word >> 63 == 1, exponent, mixed(word))
            }
            Adversarial::SignedZeros => {
                let word = random.next();
                let zero = word & 3 != 0;
                if zero { scalar.sign(word >> 63 == 1) } else { ordinary(scalar, word, -6, 12) }
            }
            Adversarial::NanInfinity => special(scalar, mantissa, random.next()),
            Adversarial::LongSum if index % 256 == 0 => scalar.compose(false, mantissa.cast_signed() + 1, 0),
            Adversarial::LongSum => ordinary(scalar, random.next(), -2, 2) & !scalar.sign(true),
        })
    })
}

/// One block of [`Adversarial::Cancellation`].
fn cancelling(scalar: Scalar, mantissa: u32, random: &mut SplitMix) -> Vec<u64> {
    // Half the digits of a small number remain beside a great one.
    let great = mantissa.cast_signed() / 2;
    let mut block = Vec::with_capacity(64);
    for _ in 0..16 {
        let one = ordinary(scalar, random.next(), great, 4);
        block.extend([one, one ^ scalar.sign(true)]);
    }
    block.extend((0..32).map(|_| ordinary(scalar, random.next(), -6, 6)));
    for last in (1..block.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap_or_default();
        block.swap(last, other);
    }
    block
}

/// One element of [`Adversarial::NanInfinity`].
fn special(scalar: Scalar, mantissa: u32, word: u64) -> u64 {
    let infinity = scalar.infinity(word >> 63 == 1);
    match word & 31 {
        0 => scalar.infinity(false) | 1 << (mantissa - 1),
        1 | 2 => infinity,
        3 => infinity - 1,
        _ => ordinary(scalar, word, -6, 12),
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, clippy::cast_precision_loss, reason = "the numbers of these tests are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wgsl::Order;

    fn seeded(seed: u64) -> Vec<Fill> {
        let mut fills = vec![
            Fill::Spread { seed },
            Fill::Uniform { low: -1.0, high: 1.0, seed },
            Fill::Normal { mean: 0.0, deviation: 1.0, seed },
            Fill::Integers { low: 0, high: 9, seed },
        ];
        fills.extend(Adversarial::ALL.map(|kind| Fill::Adversarial { kind, seed }));
        fills
    }

    fn singles(fill_: &Fill, count: u64) -> Vec<f32> {
        let bytes = fill(fill_, Scalar::F32, count).unwrap();
        bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    }

    fn words(fill_: &Fill, scalar: Scalar, count: u64) -> Vec<u32> {
        let bytes = fill(fill_, scalar, count).unwrap();
        bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
    }

    /// Sums in several orders, by their bits.
    fn sums(numbers: &[f32]) -> Vec<u32> {
        let orders = [Order::Ascending, Order::Descending, Order::Shuffled(1), Order::Shuffled(2)];
        let count = u32::try_from(numbers.len()).unwrap();
        let sum = |order: &Order| order.of(count).iter().map(|at| numbers[*at as usize]).sum::<f32>();
        orders.iter().map(sum).map(f32::to_bits).collect()
    }

    #[test]
    fn one_seed_gives_the_same_bits_on_every_machine() {
        // Computed from the definitions by another program.
        let literal: [(Fill, Scalar, [u32; 3]); 5] = [
            (Fill::Spread { seed: 7 }, Scalar::F32, [0x4138_bdc1, 0x3cf4_d75d, 0xc136_a2a5]),
            (Fill::Spread { seed: 7 }, Scalar::U32, [0x63cb_e1e4, 0x0002_54eb, 0x001d_f2f1]),
            (
                Fill::Uniform { low: -1.0, high: 1.0, seed: 7 },
                Scalar::F32,
                [0xbe61_a0f1, 0xbf77_6786, 0x3f4d_3081],
            ),
            (
                Fill::Normal { mean: 1.0, deviation: 2.0, seed: 7 },
                Scalar::F32,
                [0x3fbc_d3d8, 0xc02b_5a91, 0x4021_9949],
            ),
            (
                Fill::Integers { low: 0, high: 999, seed: 7 },
                Scalar::U32,
                [0x0000_0185, 0x0000_0010, 0x0000_0384],
            ),
        ];
        for (fill_, scalar, expected) in literal {
            assert_eq!(words(&fill_, scalar, 3), expected, "{fill_:?}");
        }
    }

    #[test]
    fn another_seed_gives_other_bits() {
        for (one, other) in seeded(1).iter().zip(&seeded(2)) {
            assert_ne!(fill(one, Scalar::F32, 64), fill(other, Scalar::F32, 64), "{one:?}");
        }
    }

    #[test]
    fn the_spread_keeps_its_exponents_and_shows_all_of_them_with_both_signs() {
        let numbers = singles(&Fill::Spread { seed: 7 }, 4096);
        assert!(numbers.iter().all(|one| (1.0 / 64.0..64.0).contains(&one.abs())));
        for exponent in -6..6 {
            let low = 2.0_f32.powi(exponent);
            let here = |one: &&f32| (low..2.0 * low).contains(&one.abs());
            assert!(numbers.iter().filter(here).any(|one| *one > 0.0), "2^{exponent}");
            assert!(numbers.iter().filter(here).any(|one| *one < 0.0), "-2^{exponent}");
        }
    }

    #[test]
    fn the_spread_of_integers_reaches_all_magnitudes() {
        let lengths = |scalar, signed: bool| {
            let mut seen = [false; 33];
            for word in words(&Fill::Spread { seed: 7 }, scalar, 4096) {
                let magnitude = if signed && word >> 31 == 1 { !word } else { word };
                seen[32 - magnitude.leading_zeros() as usize] = true;
            }
            seen.iter().filter(|seen| **seen).count()
        };
        assert_eq!(lengths(Scalar::U32, false), 33);
        assert_eq!(lengths(Scalar::I32, true), 32);
        let signs: Vec<u32> =
            words(&Fill::Spread { seed: 7 }, Scalar::I32, 64).iter().map(|w| w >> 31).collect();
        assert!(signs.contains(&0) && signs.contains(&1));
    }

    #[test]
    fn sums_of_the_spread_differ_in_every_order_and_sums_of_ones_in_none() {
        let differing = |fill_: &Fill| {
            let mut sums = sums(&singles(fill_, 4096));
            sums.sort_unstable();
            sums.dedup();
            sums.len()
        };
        assert_eq!(differing(&Fill::Spread { seed: 7 }), 4);
        assert_eq!(differing(&Fill::Adversarial { kind: Adversarial::Cancellation, seed: 7 }), 4);
        assert_eq!(differing(&Fill::Ones), 1);
        assert_eq!(differing(&Fill::Integers { low: -9, high: 9, seed: 7 }), 1);
    }

    #[test]
    fn plain_fills_are_what_their_names_say() {
        assert_eq!(singles(&Fill::Zeros, 2), [0.0, 0.0]);
        assert_eq!(singles(&Fill::Ones, 2), [1.0, 1.0]);
        assert_eq!(words(&Fill::Ones, Scalar::U32, 2), [1, 1]);
        assert_eq!(singles(&Fill::Iota, 4), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(words(&Fill::Iota, Scalar::I32, 4), [0, 1, 2, 3]);
        assert_eq!(words(&Fill::Values(vec![0.1, -0.0]), Scalar::F32, 2), [0x3dcc_cccd, 0x8000_0000]);
        assert_eq!(fill(&Fill::Ones, Scalar::F16, 1), Ok(vec![0, 0x3c]));
    }

    #[test]
    fn draws_have_the_moments_that_were_asked_for() {
        let moments = |numbers: &[f32]| {
            let count = numbers.len() as f64;
            let mean = numbers.iter().map(|one| f64::from(*one)).sum::<f64>() / count;
            let square = |one: &f32| (f64::from(*one) - mean).powi(2);
            (mean, (numbers.iter().map(square).sum::<f64>() / count).sqrt())
        };
        let (mean, deviation) =
            moments(&singles(&Fill::Normal { mean: 3.0, deviation: 2.0, seed: 1 }, 65536));
        assert!((mean - 3.0).abs() < 0.03 && (deviation - 2.0).abs() < 0.03, "{mean} {deviation}");
        let numbers = singles(&Fill::Uniform { low: 2.0, high: 4.0, seed: 1 }, 65536);
        let (mean, deviation) = moments(&numbers);
        assert!((mean - 3.0).abs() < 0.01 && (deviation - 0.57735).abs() < 0.01, "{mean} {deviation}");
        assert!(numbers.iter().all(|one| (2.0..=4.0).contains(one)));
    }

    #[test]
    fn integers_reach_both_ends_and_no_further() {
        let mut seen = words(&Fill::Integers { low: -2, high: 3, seed: 1 }, Scalar::I32, 600);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [0, 1, 2, 3, u32::MAX - 1, u32::MAX]);
        assert_eq!(words(&Fill::Integers { low: 5, high: 5, seed: 1 }, Scalar::U32, 2), [5, 5]);
    }

    #[test]
    fn adversaries_are_what_their_names_say() {
        assert_eq!(Adversarial::ALL.map(|kind| Adversarial::named(kind.word())), Adversarial::ALL.map(Some));
        let of = |kind| singles(&Fill::Adversarial { kind, seed: 3 }, 1024);
        let cancelling = of(Adversarial::Cancellation);
        for block in cancelling.chunks(64) {
            let great = block.iter().filter(|one| one.abs() >= 2048.0);
            assert_eq!(great.clone().count(), 32);
            assert_eq!(great.map(|one| f64::from(*one)).sum::<f64>(), 0.0);
        }
        let subnormal = of(Adversarial::Denormals);
        assert!(subnormal.iter().all(|one| one.abs() < 4.0 * f32::MIN_POSITIVE));
        assert!((700..820).contains(&subnormal.iter().filter(|one| one.is_subnormal()).count()));
        let zeros = of(Adversarial::SignedZeros);
        let zeros: Vec<_> = zeros.iter().filter(|one| **one == 0.0).collect();
        assert!((700..820).contains(&zeros.len()));
        assert!((300..450).contains(&zeros.iter().filter(|one| one.is_sign_negative()).count()));
        let special = of(Adversarial::NanInfinity);
        for wanted in [f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN] {
            assert!(special.contains(&wanted), "{wanted}");
        }
        assert!(special.iter().any(|one| one.is_nan()));
        assert!(special.iter().filter(|one| one.abs() < 64.0).count() > 800);
    }

    #[test]
    fn a_long_sum_in_index_order_loses_what_a_tree_keeps() {
        let numbers = singles(&Fill::Adversarial { kind: Adversarial::LongSum, seed: 3 }, 256);
        assert_eq!(numbers.iter().sum::<f32>(), 16_777_216.0);
        let rest: f32 = numbers[1..].iter().sum();
        assert!(16_777_216.0 + rest > 16_777_300.0);
    }

    #[test]
    fn contradictions_are_errors_with_a_hint() {
        let cases = [
            (Fill::Uniform { low: 1.0, high: 0.0, seed: 0 }, Scalar::F32, "between 1 and 0"),
            (Fill::Uniform { low: f64::MIN, high: f64::MAX, seed: 0 }, Scalar::F64, "no number lies"),
            (Fill::Uniform { low: 0.0, high: 1.0, seed: 0 }, Scalar::U32, "not u32"),
            (Fill::Uniform { low: 1e5, high: 1e6, seed: 0 }, Scalar::F16, "element 0: "),
            (Fill::Normal { mean: 0.0, deviation: -1.0, seed: 0 }, Scalar::F32, "deviation -1"),
            (Fill::Normal { mean: f64::NAN, deviation: 1.0, seed: 0 }, Scalar::F32, "mean NaN"),
            (Fill::Integers { low: 2, high: 1, seed: 0 }, Scalar::I32, "between 2 and 1"),
            (Fill::Integers { low: i64::MIN, high: i64::MAX, seed: 0 }, Scalar::I64, "no number lies"),
            (Fill::Integers { low: 0, high: 256, seed: 0 }, Scalar::U8, "256 is no u8"),
            (Fill::Values(vec![1.0]), Scalar::F32, "1 values for a buffer of 3"),
            (Fill::Values(vec![1.0, 2.0, 0.5]), Scalar::I32, "element 2: 0.5 is no i32"),
            (Fill::Adversarial { kind: Adversarial::LongSum, seed: 0 }, Scalar::I32, "`adversarial` needs"),
        ];
        for (fill_, scalar, message) in cases {
            let error = fill(&fill_, scalar, 3).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert!(!error.hint().is_empty());
        }
        assert_eq!(
            fill(&Fill::Zeros, Scalar::F64, u64::MAX),
            Err(Error::TooLarge { count: u64::MAX, scalar: Scalar::F64 })
        );
        assert_eq!(
            fill(&Fill::Iota, Scalar::U8, 257),
            Err(Error::DoesNotFit { value: 256.0, index: 256, scalar: Scalar::U8 })
        );
    }

    proptest! {
        #[test]
        fn a_longer_buffer_begins_with_a_shorter_one(seed: u64, short in 0..200_u64, more in 0..200_u64) {
            for fill_ in seeded(seed) {
                for scalar in Scalar::ALL {
                    let (Ok(whole), Ok(part)) = (fill(&fill_, scalar, short + more), fill(&fill_, scalar, short)) else {
                        prop_assert!(!scalar.is_float(), "{:?} of {}", fill_, scalar);
                        continue;
                    };
                    prop_assert_eq!(part.len() as u64, short * scalar.bytes() as u64);
                    prop_assert_eq!(&whole[..part.len()], &part[..]);
                }
            }
        }
    }
}
