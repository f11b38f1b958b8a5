//! A prediction depends on its own row alone.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct EvalMode;

impl Audit for EvalMode {
    fn name(&self) -> &'static str {
        "eval-mode"
    }

    fn summary(&self) -> &'static str {
        "a prediction depends on its batch, on a seed, or changes the model"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Every stage that reads the model of another stage and leaves a table of predictions by `id` predicts again on the model that
the baseline trained:

- `batch-size`: with batches of 1, 7 (13 where 7 is declared) and all rows, through the knob `batch_size`, `batch-size` or
  `batch` in its command;
- `batch-composition`: with the rows in another order and some left out, so that other rows share the batch;
- `seed`: with another seed, where it takes one; the bits must stay;
- `weights`: the file of the model must be as it was.

```toml
[audit.eval-mode]
knob = "batch_size"     # the knob's name, where it is another one
sizes = [1, 7, 64]      # the sizes to try
strict = true           # rounding counts as drift
```

Predictions are compared id by id. Correct models differ by a few units in the last place, since the size of a batch changes
the order of sums; so differences are sorted into equal, rounding noise, label flips by rounding (two scores all but equal),
label flips, state leak, ids swapped, rows lost or doubled. The border of noise comes from the data: 1024 roundings of the
type in which the numbers were computed (seen from their digits and from the weights; float32 where neither tells), at the
scale of the column, and one unit of the last printed digit. Where that does not excuse a difference, the stage runs once
more with other threads and an older instruction set, which can only round: 32 times what that moves is noise as well. The
report gives the measured spread, the threshold and the reasons; it says so where the bits are equal.

The suspected cause is guessed from the pattern: another seed (dropout), all rows in batches of another size (batch
normalisation), some of them (padding).

Not checked: stages that train and predict in one program, predictions without ids, leaks smaller than the threshold (1.2e-4
of the scale for float32), generators that no knob seeds (see `seed-coverage`). Arithmetic in 16 bits is recognised where
the predictions are written as it left them; where they are widened first (a softmax in float32) and the run with other
instructions is not possible, its rounding may be taken for a leak.

## Why it matters
A network that is left in training mode normalises each row by its neighbours and drops units at random. Its accuracy looks
plausible in batches of 64 and falls apart on single requests.

## Bad
```python
model.load_state_dict(torch.load("model.pt"))     # and no model.eval()
scores = [model(batch) for batch in loader]
```

## Good
```python
model.load_state_dict(torch.load("model.pt"))
model.eval()
with torch.inference_mode():
    scores = [model(batch) for batch in loader]
```

## References
Ioffe and Szegedy, Batch Normalization, ICML (2015). PyTorch documentation, `Module.eval`, Numerical accuracy (batched
computations). Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. (2002), chapters 3 and 4. Higham and Mary, A
New Approach to Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41 (2019).
"#
    }

    fn canary(&self) -> &'static str {
        "the prediction of one row changes with its batch"
    }

    fn must_hold(&self) -> &'static str {
        "each prediction has the same bits in every batch and with every seed, and the model stays as it is"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask {
            change: Change::Pipeline("the batches, and the seed, of the predicting stages"),
            relation: SAME,
        }]
    }
}
