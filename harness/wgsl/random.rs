//! Random numbers with the same bits on every machine.

/// Distance of two states: the golden ratio times 2^64.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The generator of Steele, Lea and Flood (2014), which also shuffles orders.
pub(crate) struct SplitMix(u64);

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Sixty-four random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// A whole number below `limit`; a limit of 0 stands for 2^64. The bias is below `limit` / 2^64.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let word = self.next();
        let limit = if limit == 0 { 1 << 64 } else { u128::from(limit) };
        u64::try_from((u128::from(word) * limit) >> 64).unwrap_or(u64::MAX)
    }

    /// A multiple of 2^-53 in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let kept = (self.next() >> 11) as f64;
        kept / 9_007_199_254_740_992.0
    }

    /// The sum of twelve uniform numbers less its mean: variance 1, in [-6, 6]. Each has 32 bits, so that the sum is exact.
    pub(crate) fn normal(&mut self) -> f64 {
        let sum: u64 = (0..6).map(|_| self.next()).map(|word| (word >> 32) + (word & 0xffff_ffff)).sum();
        #[expect(clippy::cast_precision_loss, reason = "36 bits are exact")]
        let sum = sum as f64;
        (sum - 6.0 * 4_294_967_295.0) / 4_294_967_296.0
    }
}

/// The finalizer of `SplitMix64`: every bit of the result depends on every bit of the word.
pub(crate) fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_are_those_of_the_published_generator() {
        // The reference implementation in C prints these for the seed 1234567.
        let mut random = SplitMix::new(1_234_567);
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn limits_are_kept_at_both_ends() {
        let mut random = SplitMix::new(1);
        assert!((0..1000).all(|_| random.below(3) < 3));
        assert!((0..1000).all(|_| random.below(1) == 0));
        assert!((0..1000).all(|_| (0.0..1.0).contains(&random.unit())));
        assert!((0..1000).all(|_| random.normal().abs() <= 6.0));
        let whole: Vec<u64> = (0..64).map(|_| random.below(0)).collect();
        assert!(whole.iter().any(|word| word >> 63 == 1) && whole.iter().any(|word| word >> 63 == 0));
    }
}
