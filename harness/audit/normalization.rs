//! Training and inference make the same features of the same rows.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Normalization;

impl Audit for Normalization {
    fn name(&self) -> &'static str {
        "normalization"
    }

    fn summary(&self) -> &'static str {
        "training and inference normalise differently, or by statistics of other rows"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
The first half of the raw training rows goes through the inference path: its stage runs once more with these rows in the
place of its data. Row by row (by id), its features must be those that training made. Half of the rows, since statistics
that are taken from the rows at hand would be the right ones if all training rows were at hand.

```toml
[audit.normalization]
train = "train_features"        # output: features of the training rows
infer = "test_features"         # output: features of the inference path
from = "train"                  # data that the training path reads
to = "test"                     # data that the inference path reads
statistics = ["scaler"]         # outputs with mean and scale (std): JSON, a table, npz
moments = true                  # training features have mean 0 and deviation 1
```

What differs is named where a straight line through raw and normalised values tells it:

- `missing`: raw values in one path; `double`: normalised again in one path.
- `other-split`: statistics of the held-out rows, of both files, or of the rows at hand; in training too.
- `statistics`: saved numbers are not those of the training rows (recomputed; both denominators, n and n - 1, are right where
  both paths use the same), or digits were lost, and inference follows them.
- `other-path`: any other difference, such as ranges against deviations, n against n - 1, or a column that is not there.
- `moments`: a training feature has not mean 0 and deviation 1, beyond what chance explains (z-test and chi-square interval,
  level 0.001 over all columns). Constant columns and indicators are excepted.

A few units in the last place are rounding: a note. Where both paths read the same data, nothing is run.

Not checked: columns of text; statistics of features that are no straight line of the raw column of the same name
(logarithms, filled gaps, components), whose two paths are compared all the same.

## Why it matters
The model has learnt what 1.5 deviations above the mean of the training rows mean. Raw values, another mean, or the mean of
today's batch are other numbers to it: predictions become wrong, and no error is raised.

## Bad
```python
features = StandardScaler().fit_transform(test)      # its own mean and deviation
```

## Good
```python
features = joblib.load("scaler.joblib").transform(test)
```

## References
Sculley et al., Hidden Technical Debt in Machine Learning Systems, NIPS (2015). Google, Rules of Machine Learning, rules 29
and 32 (training-serving skew). scikit-learn documentation, Common pitfalls: inconsistent preprocessing.
"#
    }

    fn canary(&self) -> &'static str {
        "one row has other features in the inference path"
    }

    fn must_hold(&self) -> &'static str {
        "training and inference make the same features of the same rows, bit for bit"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Pipeline("training rows in the inference path"), relation: SAME }]
    }
}
