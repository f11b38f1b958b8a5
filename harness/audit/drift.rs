//! A table is distributed as the one that a model was trained on.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Drift;

impl Audit for Drift {
    fn name(&self) -> &'static str {
        "drift"
    }

    fn summary(&self) -> &'static str {
        "a table is distributed otherwise than the one it is compared with"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
The columns of one or more tables are put beside those of a reference. Nothing is run for it, and it is asked only where it is
declared: test rows that differ from training rows are no fault unless you say that they must not.

```toml
[audit.drift]
reference = "train"              # data or an output; of split data the rows that are not held out
current = ["test", "production"] # of split data the held-out rows
psi = 0.25                       # the population stability index from which a column has drifted
sigma = 3                        # the standard deviations by which its mean may move
level = 0.05                     # of the tests, after correction
rows = 100                       # with fewer rows a column is not decided
share = 0.3                      # fewer drifted columns than this are notes; without it one is enough
columns = ["age", "income"]      # all that both have, without this line
without = { season = "the test rows are from winter" }
same = { species = "prediction" }   # a column that has another name in a table of `current`
```

A column has drifted where two things come together.

- The shift is large. The population stability index (PSI) is the sum of (q - p) ln(q / p) over bins, p and q being the shares in
  the reference and now. Bins of numbers are bounded by the deciles of the reference; a value that fills a decile has a bin of its
  own; what lies outside is in the outer bins. Categories have a bin each from 1 % of the rows on, at most 18, and the others one.
  Numbers of at most ten values are categories. Missing values are a bin. Half a row is added to each bin on both sides, so that
  an empty one does not make the index infinite. 0.10 is moderate and a note, 0.25 major. Or: the mean has moved by more than
  `sigma` standard deviations of the reference.
- It is no accident. The two-sample test of Kolmogorov and Smirnov (numbers) or the chi-square test (categories; those of which
  fewer than five rows are expected are put together) gives p below `level` after Holm's correction over all columns of all
  tables. Up to 10,000 values on the larger side p of Kolmogorov and Smirnov is exact; above that it is Kolmogorov's limit,
  which is larger than that of `scipy.stats.ks_2samp`: by 1.3 % of p at 0.05 with 10,001 values on both sides, by 10 % with 100
  on one of them. Where values are missing, they are tested besides. And the index passes what chance reaches in one of ten thousand
  columns with so many rows: (1/n + 1/m) times the quantile of chi-square. With few rows that is more than 0.25, and a
  column in between is *not decided*.

So a million rows do not alarm on a shift that nobody would notice, nor a hundred rows on their noise. The report gives the
Kullback-Leibler divergence of now from the reference (nats) and the Jensen-Shannon distance (base 2) besides.

`schema`: a column of the reference that is gone, or numbers that became texts. Whole numbers that became floats, new columns and
another order are notes, for a file of text does not say what was meant.

Not checked: ids, groups, times and the column of a split; columns of more than 100,000 texts; whether columns that are stable one
by one still hang together as they did; whether a shift matters to the model. The tests take rows to be independent: of rows that
belong together in groups, more seems certain than is.

## Why it matters
A model answers for the world it was trained in. A unit that changed, a sensor that was replaced or a join that lost its
rows raises no error: the predictions only get worse, and nobody knows since when.

## Bad
```python
rows = pd.read_csv("from_the_new_laboratory.csv")     # glucose in mg/dl; the training rows have mmol/l
```

## Good
```python
rows = pd.read_csv("from_the_new_laboratory.csv")
rows["glucose"] /= 18.016                             # mg/dl to mmol/l, as the training rows have it
```

## References
N. Siddiqi, Credit Risk Scorecards (2006), chapter 8. B. Yurdakul and J. Naranjo, Statistical properties of the population stability
index, Journal of Risk Model Validation 14 (2020). J. L. Hodges, The significance probability of the Smirnov two-sample test, Arkiv
för Matematik 3 (1958). S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6
(1979). S. Rabanser, S. Günnemann and Z. Lipton, Failing Loudly: An Empirical Study of Methods for Detecting Dataset Shift, NeurIPS (2019).
"#
    }

    fn canary(&self) -> &'static str {
        "the columns of a compared table are shifted"
    }

    fn must_hold(&self) -> &'static str {
        "columns are distributed as those of the reference, within the declared limits"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Nothing, relation: SAME }]
    }
}
