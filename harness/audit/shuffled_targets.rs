//! Without anything to learn, nothing is learnt.

use super::{Ask, Audit, Change, OTHER};

/// See the module.
pub struct ShuffledTargets;

impl Audit for ShuffledTargets {
    fn name(&self) -> &'static str {
        "shuffled-targets"
    }

    fn summary(&self) -> &'static str {
        "training on permuted targets still scores"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
The targets of all training rows (data with a `target` that is not held out; rows that a split column does not hold out) are
permuted, the whole pipeline runs, and its metric must fall to chance. That is done up to `permutations` times (19), with
another permutation each time, and ends early once the outcome is settled.

```toml
[audit.shuffled-targets]
metric = { output = "metrics", pointer = "/accuracy" }
permutations = 19
level = 0.05
```

p = (b + 1) / (n + 1), where b of n permutations score as well as the real targets. n permutations cannot give less than
1 / (n + 1): 19 are needed for 0.05, 99 for 0.01; the report states it. The verdict is `drifted` where permuted scores stay
above chance for certain (accuracy: the share of the most frequent class; balanced accuracy: one over the number of
classes; ROC-AUC 0.5; R² 0; by more than 0.05 and outside a 99.8 % interval), or where chance is not known and permuted
targets score as well as the real ones. A model that is at chance on the real targets has nothing to lose: inconclusive.

Not checked: leaks that do not carry the target. `leakage` looks for those.

## Why it matters
What scores without a relation between features and target has seen the answers: rows that were fitted on are scored, a
feature is made from the target before the split, neighbours are looked up among the rows themselves.

## Bad
```python
encoder.fit(df["city"], df["target"])                       # all rows, their own target included
print(cross_val_score(model, encoder.transform(df["city"]), df["target"]).mean())
```

## Good
```python
print(cross_val_score(make_pipeline(TargetEncoder(), model), df[["city"]], df["target"]).mean())
```

## References
Ojala and Garriga, Permutation Tests for Studying Classifier Performance, JMLR 11 (2010). Phipson and Smyth, Permutation
P-values Should Never Be Zero, Statistical Applications in Genetics and Molecular Biology 9 (2010).
"#
    }

    fn canary(&self) -> &'static str {
        "the score does not change when the targets are permuted"
    }

    fn must_hold(&self) -> &'static str {
        "a training on permuted targets scores no better than chance"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Pipeline("the targets of the training rows, permuted"), relation: OTHER }]
    }
}
