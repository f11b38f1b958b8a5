//! The seed covers every generator, and it has an effect.

use super::{Ask, Audit, Change, OTHER, SAME};
use crate::vary::Kind;

/// See the module.
pub struct SeedCoverage;

impl Audit for SeedCoverage {
    fn name(&self) -> &'static str {
        "seed-coverage"
    }

    fn summary(&self) -> &'static str {
        "a generator is drawn from unseeded, or the seed is ignored"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Every global source of randomness starts in another state: Python's `random`, NumPy's legacy global generator, NumPy's
`default_rng()` without a seed, the operating system's entropy, torch on the processor and on CUDA. The outputs must keep
their bits, or the program draws from a source that its seed does not cover. On drift the sources are told apart, one by
one: "seed coverage 2 of 3: `numpy-global` is drawn unseeded". A source counts as consumed where the run was seen to seed
it or to draw from it; with programs that the Python shim does not reach only the operating system's entropy is known.

Then the knob `seed` (or the one named by `knob = "…"` under `[audit.seed-coverage]`) gets another value, once for every
stage whose command names it. At least one output must change. If none does, the verdict is `blind`: the seed is ignored,
and every comparison over seeds is a comparison of one run with itself.

Not checked: whether two seeds give streams that are independent, and generators of libraries that seed themselves from a
constant.

## Why it matters
One forgotten generator is enough to make a run unrepeatable, and it hides easily: `random_state=None` in scikit-learn
means NumPy's global generator, an augmentation library has its own. The opposite is as bad: a seed that is parsed and
never used makes a study over five seeds report a standard deviation of zero.

## Bad
```python
parser.add_argument("--seed", type=int)
rng = np.random.default_rng()              # the operating system's entropy
noise = np.random.normal(size=x.shape)     # the legacy global generator, never seeded
```

## Good
```python
rng = np.random.default_rng(args.seed)
noise = rng.normal(size=x.shape)
```

## References
NumPy documentation, Random Generator and Parallel random number generation. PyTorch documentation, Reproducibility.
Bouthillier et al., Accounting for Variance in Machine Learning Benchmarks, MLSys (2021).
"#
    }

    fn canary(&self) -> &'static str {
        "an output follows a generator that no seed covers"
    }

    fn must_hold(&self) -> &'static str {
        "the same bits whatever state a generator starts in, and other bits with another seed"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![
            Ask { change: Change::Factors(&[Kind::Generator]), relation: SAME },
            Ask { change: Change::Seed, relation: OTHER },
        ]
    }
}
