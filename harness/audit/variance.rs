//! How much of a metric is the luck of the seed.

use super::{Ask, Audit, Change, OTHER};

/// See the module.
pub struct Variance;

impl Audit for Variance {
    fn name(&self) -> &'static str {
        "variance"
    }

    fn summary(&self) -> &'static str {
        "a claimed metric is not what the seeds give, or that of the best seed alone"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
The pipeline runs once for each of the declared seeds (three at least; the declared seed's run is the baseline). The report
gives each value, mean, standard deviation (n - 1), the 95 % Student-t interval of the mean, and the noise floor: the
difference that two runs may show by the seed alone.

```toml
[audit.variance]
seeds = [1, 2, 3, 4, 5]
metric = { output = "metrics", pointer = "/accuracy" }   # or { name = "accuracy", truth = "test", predictions = "predictions" }
claim = 0.93
against = "old"      # folder of a second pipeline that shares everything else in the case file
```

- `claim`: the claim lies outside the interval of the mean (half a unit of its last written digit is allowed for). Whether
  one single run may give it is said, by the interval of one further observation.
- `best-run`: the claim is the value of the best seed, and not the mean.
- With `against`, the second pipeline runs with the same seeds, and the differences are tested by the exact paired
  permutation test. With n pairs it cannot go below p = 2 / 2^n: five pairs cannot decide at 0.05, and the report says so.

Not checked: data splits. Seeds that only change the model's start say nothing about other test rows.

## Why it matters
A step of half a percent is often smaller than what the seed does. Whoever reports the best of five seeds reports the
seed; whoever repeats the run finds less.

## Bad
```python
print("accuracy", max(train(seed) for seed in range(5)))
```

## Good
```python
scores = [train(seed) for seed in range(5)]
print("accuracy", mean(scores), "±", stdev(scores), "over seeds 0 to 4")
```

## References
Bouthillier et al., Accounting for Variance in Machine Learning Benchmarks, MLSys (2021). Henderson et al., Deep
Reinforcement Learning that Matters, AAAI (2018). Student, The Probable Error of a Mean, Biometrika 6 (1908). R. A. Fisher,
The Design of Experiments (1935), section 21.
"#
    }

    fn canary(&self) -> &'static str {
        "a claim that no seed comes near"
    }

    fn must_hold(&self) -> &'static str {
        "the claimed metric lies in the interval that the seeds give"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Pipeline("the seed of the whole pipeline"), relation: OTHER }]
    }
}
