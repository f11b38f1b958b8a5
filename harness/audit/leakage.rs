//! Held-out rows must not reach what training leaves.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Leakage;

impl Audit for Leakage {
    fn name(&self) -> &'static str {
        "leakage"
    }

    fn summary(&self) -> &'static str {
        "held-out rows reach what training leaves: a scaler, a vocabulary, a choice"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Held-out rows become other rows, and everything that training leaves must keep its bits: weights, scalers, encoders, chosen
hyper-parameters, features of training rows. Say what is held out:

```toml
[data.test]
path = "test.csv"
id = "id"
target = "label"
held-out = true                                         # the whole file
# split = { column = "fold", held-out = ["test"] }      # rows of a file; without a list: test, val, holdout, …
# split = { output = "test_predictions" }               # rows whose ids stand in an output of the baseline
# split = "inside"                                      # the program splits by itself and does not say how
```

All held-out rows change at once and in every way: numbers move by three deviations and more (`held-out-features`), targets are
permuted and changed (`held-out-targets`), categories never seen come in (`held-out-categories`), some rows go
(`held-out-count`). If a run fails on that, ever milder changes are tried, and the report says so. Only on drift each way is tried
alone, and the first stage in which something of training changes is named; what is made from it is told in a note. A clean pipeline
costs one execution of each stage that is shown held-out rows.

Judged are outputs with the roles `model`, `checkpoint`, `features`, `data`, and predictions or inputs that hold training rows;
`artifacts = ["…"]` under `[audit.leakage]` names others. Tables with `id` are compared on the rows that are not held out. Where
held-out rows have a target, the predictions for them must not follow it, either: one more execution. Not judged are metrics and
logs, and features without `id` that may hold held-out rows; the verdict lists them.

With `split = "inside"` rows change one at a time, in a random but fixed order. A held-out row has no effect.
- If every row has an effect, until that would have a probability of at most 0.01 with the declared `share` of rows held out
  (0.2 by default, then 21 rows; hypergeometric), that is suspicious. But a program that stratifies, groups or sorts by a feature
  holds out other rows when that feature changes. So the features are dealt into two hands, and each hand changes alone: columns of
  many values, where there are two or more, so that strata and groups stay. If every row has an effect of either hand, that is drift.
  If some have none of one hand, two changes of such a row are compared: of all features, and of all but that hand. Other bits say
  that the row is trained on after the change: the split follows what the rows hold, and the verdict is `inconclusive`. If as
  many rows agree bit by bit as a moving split leaves in place with a probability of at most 0.01 (three), it is drift by the other columns.
  At most about one clean program in a hundred is accused, unless it holds out fewer rows than declared, or trains on all rows in the end.
- Otherwise four rows without effect change together. An effect now comes through a choice: of hyper-parameters, features, a
  threshold. Before it counts, each of the four changes in two further ways, since rows that were trained on can be without effect,
  too (medians, trees, rounded weights); and if more rows are without effect than the share explains (binomial test, level
  0.01), the verdict is `inconclusive`. A row that was trained on and stays without effect with probability q in each way is taken for a
  held-out one with about q³.
- Targets of such rows are exchanged where that cannot move a stratified split: where the target is a measured number, or two rows of
  different classes stand with no other row of these classes between them. An effect counts if these rows are held out still: if other
  features of one of them, besides, change nothing more.
The search takes at most `executions = 80`.

Not checked: leaks that change no output (min-max scaling before a random forest changes no tree), held-out rows that were copied
into the training file (`overlap` looks for those), and files that a program reads without their being declared. Programs that split
by the content of rows are `inconclusive` with `split = "inside"`: declare the columns by which they stratify, group or sort as
`group`, which is never changed, and they are judged. One that splits by many columns at once (a hash of the whole row, strata of several
measured numbers) may still be accused. A choice that four rows of a hidden split do not sway is not seen either.

## Why it matters
A model that has seen the rows by which it is judged scores better than it will ever do again. A scaler fitted before the
split, an imputer, a selector, early stopping on the test rows: each runs without an error and looks like progress.
Kapoor and Narayanan found leakage in 294 papers of 17 fields.

## Bad
```python
scaler = StandardScaler().fit(pd.concat([train, test])[columns])
```

## Good
```python
scaler = StandardScaler().fit(train[columns])
```

## References
Kaufman, Rosset, Perlich and Stitelman, Leakage in Data Mining, ACM TKDD 6 (2012). Kapoor and Narayanan, Leakage and the
reproducibility crisis in machine-learning-based science, Patterns 4 (2023). scikit-learn user guide, Common pitfalls. Clopper and
Pearson, Biometrika 26 (1934), for the interval.
"#
    }

    fn canary(&self) -> &'static str {
        "what training leaves follows a held-out row"
    }

    fn must_hold(&self) -> &'static str {
        "what training leaves stays the same, bit for bit, whatever stands in held-out rows"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Pipeline("held-out rows"), relation: SAME }]
    }
}
