//! The promised metrics are reached, they beat the majority, and they are what they are called.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Metrics;

impl Audit for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn summary(&self) -> &'static str {
        "a metric misses its floor, does not beat the majority, or is not what the program reports"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Predictions and truth are put side by side by id, and the metrics are computed again by scikit-learn's definitions:
accuracy, balanced accuracy, precision, recall, F1 (of the declared positive class, or the plain mean over the classes),
macro and weighted F1, ROC-AUC, log loss, RMSE, MAE, R². Nothing is run for it.

- `floor`: a declared floor is missed (for errors and log loss: a ceiling).
- `majority`: the accuracy is no better than always naming the most frequent class of the truth, or the RMSE no better than
  always naming the mean.
- `reported`: a number that the program writes into its own report is not the recomputed one (to four digits).

```toml
[audit.metrics]
truth = "test"                  # data with `id` and `target`
predictions = "predictions"     # an output with `id`
prediction = "label"            # its column; score = "probability" for ROC-AUC and log loss
positive = "1"
floors = { accuracy = 0.85, f1 = 0.80 }
reported = { output = "metrics", pointers = { f1 = "/f1" } }
```

A row of truth without a prediction, a prediction without truth and a metric that is undefined (a class that is never
predicted has no precision) make the verdict inconclusive: no number is filled in.

Not checked: whether the truth is true, and whether the rows are those that matter; `leakage` and `overlap` ask that.

## Why it matters
Where 95 of 100 rows are of one class, 95 % accuracy is what a constant reaches. A macro average that is reported as F1, a
positive class that is the other one, a metric over the training rows: each gives a good number that means something else.

## Bad
```python
print(json.dumps({"accuracy": accuracy_score(y, model.predict(x))}))   # 0.95, and every prediction is 0
```

## Good
```python
report = {"balanced_accuracy": balanced_accuracy_score(y, p), "f1": f1_score(y, p)}
```

## References
scikit-learn documentation, Metrics and scoring. Sokolova and Lapalme, A systematic analysis of performance measures for
classification tasks, Information Processing & Management 45 (2009). Brodersen et al., The Balanced Accuracy and Its
Posterior Distribution, ICPR (2010).
"#
    }

    fn canary(&self) -> &'static str {
        "every prediction is another one"
    }

    fn must_hold(&self) -> &'static str {
        "every metric reaches its floor, beats the majority, and is what the program reports"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Nothing, relation: SAME }]
    }
}
