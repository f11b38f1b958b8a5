//! Predictions stay with their ids.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Shuffle;

impl Audit for Shuffle {
    fn name(&self) -> &'static str {
        "shuffle"
    }

    fn summary(&self) -> &'static str {
        "an id's prediction depends on the order or the presence of other rows, or rows come out in a wrong order"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Every stage that leaves a table of predictions by `id`, and reads declared data that holds these ids, predicts again for
changed copies of that data: held-out data, or data that cannot hold training rows. Rows in another order, three in ten
left out, and columns in another order, all at once; each alone only where the predictions then differ or the run fails. In
a further run one row stands twice.

- `row-order`, `dropped-rows`, `column-order`, `doubled-row`: an id gets another prediction, none, or too many. Rounding is
  no drift (see `eval-mode` for where it ends) unless `strict = true` asks for bits. A program may refuse columns in
  another order, or an id that stands twice, with an error; a doubled row may get one prediction or two equal ones, and
  must get two where `as-input` promises a row for each.
- `output-order`: the rows of the output do not follow the rule that the output declares, or some have no prediction:

```toml
out.predictions = { path = "p.csv", id = "id", role = "predictions", order = "as-input" }
# order = "by-id"                as numbers where all ids are numbers, else as text
# order = { sample = "sample" }  as the rows of that data: the sample file is the authority
```

Ids that are read as text sort `10` before `2`; where that is what happened, the report says so.

Not checked: stages that train on the rows they predict (permuting these is another training), predictions without ids,
and one file that holds training and held-out rows.

## Why it matters
A loader that shuffles, a merge that sorts, a `dropna` that shifts: each pairs predictions with the wrong ids, and nothing
fails. The score falls to chance, or worse, a little.

## Bad
```python
loader = DataLoader(test, batch_size=64, shuffle=True)
pd.DataFrame({"id": frame.id, "p": predict(loader)}).to_csv("p.csv")
```

## Good
```python
loader = DataLoader(test, batch_size=64, shuffle=False)
pd.DataFrame({"id": frame.id, "p": predict(loader)}).to_csv("p.csv", index=False)
```

## References
Xie et al., Testing and Validating Machine Learning Classifiers by Metamorphic Testing, J. Systems and Software 84 (2011).
Murphy et al., Properties of Machine Learning Applications for Use in Metamorphic Testing, SEKE (2008).
"#
    }

    fn canary(&self) -> &'static str {
        "the prediction of one row changes with the order of the rows"
    }

    fn must_hold(&self) -> &'static str {
        "each id has the same prediction, bit for bit, in every order and choice of rows"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Pipeline("the order and number of the predicted rows"), relation: SAME }]
    }
}
