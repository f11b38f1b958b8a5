//! No row of the training tables stands in the held-out tables, and no column gives the answer away.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Overlap;

impl Audit for Overlap {
    fn name(&self) -> &'static str {
        "overlap"
    }

    fn summary(&self) -> &'static str {
        "held-out rows stand among the training rows, or a column gives the target away"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Tables of training rows are put beside tables of held-out rows. Nothing is run for it. Declared data is taken as it says
(`held-out = true`, or `split = { column = "fold" }` for rows of one file); where the program splits, name its outputs:

```toml
[audit.overlap]
train = "train_rows"             # data or outputs; an output says its own id, target, group and time
test = "test_rows"
keys = ["name", "birthday"]      # columns that together must not stand on both sides
near = { rounding = 3 }          # or { minhash = 0.9 }: near duplicates
alone = 0.99                     # the score from which one feature is said to predict the target
without = { exact = "questionnaires: equal answers are common" }
```

- `exact`: held-out rows that stand among the training rows as they are written; `normalized`: once numbers, case and blanks
  are written the same way. Ids and targets are not compared, but a pair with another target is only a note.
- `keys`, `group`, `time`: rows on both sides that agree in the keys or in the `group`; training rows that are not older than
  the oldest held-out row.
- `near`: rows that are equal after rounding to so many decimals, or whose words and cells agree in the stated part.
- `target-proxy`: a feature that alone reaches `alone` (balanced accuracy of its nearest neighbours over five folds, or R²).
- `id-like`: a feature of a prepared table (an output) that counts the rows or has another text in each. Of declared data
  it is a note: the program may drop the column. `constant` is always a note.

Where values are few, rows meet by chance. The rate at which training rows repeat each other says how many to expect; a
number of pairs that this explains is a note. Where it is a tenth of the held-out rows or more, another sign is asked for, since
rows that were copied before the split repeat each other, too: rows that meet by chance are surrounded by rows that differ in one
column, copies are not. From those is reckoned how many should meet if that column agreed as often as its value is frequent;
a fifth of the pairs must be explained so. Rows with cells that no other row has are never excused.

Not checked: images and text files, columns of declared data that the program derives, and target proxies made of two
columns. Near duplicates by `minhash` are found up to a million rows.

## Why it matters
A model that has seen a row knows its answer. Duplicates, visits of one patient, and the time after the forecast on the
training side make a score that no new row will reach; a column that was written down after the outcome does it alone.

## Bad
```python
train, test = train_test_split(table)                 # a person stands in four rows, some of them in each part
```

## Good
```python
split = GroupShuffleSplit(test_size=0.2, random_state=0)
train, test = next(split.split(table, groups=table["person"]))
```

## References
Kapoor and Narayanan, Leakage and the reproducibility crisis in machine-learning-based science, Patterns 4 (2023), L1.4, L2
and L3. Broder, On the resemblance and containment of documents, SEQUENCES (1997). Barz and Denzler, Do We Train on Test
Data? Purging CIFAR of Near-Duplicates, Journal of Imaging 6 (2020).
"#
    }

    fn canary(&self) -> &'static str {
        "training rows are added to the held-out rows"
    }

    fn must_hold(&self) -> &'static str {
        "no held-out row stands among the training rows, and no column gives the target away"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Nothing, relation: SAME }]
    }
}
