//! What is random in training is switched off at evaluation.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Augmentation;

impl Audit for Augmentation {
    fn name(&self) -> &'static str {
        "augmentation"
    }

    fn summary(&self) -> &'static str {
        "evaluation is random: another seed changes its inputs or its predictions"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Every stage that predicts with a model of an earlier stage, and takes the seed knob (`{seed}`, or `knob = "…"` under
`[audit.augmentation]`), runs once more with another seed, on the model that the baseline trained. Its predictions, and the
outputs with the role `inputs` or `features`, must keep their bits. Declare what the model is shown as an output
(`out.inputs = { path = "inputs.npy", role = "inputs" }`) to learn whether the inputs are random or the model is.

Not checked: a stage that trains and predicts at once (its model may follow the seed), and generators that no seed reaches;
`seed-coverage` looks at those.

## Why it matters
A crop, a flip or noise that belongs to training makes every score a draw from a lottery when it stays on at evaluation,
and dropout does the same inside the model. The numbers look plausible, and no two graders get the same.

## Bad
```python
transform = transforms.Compose([RandomCrop(28), ToTensor()])   # shared by training and evaluation
```

## Good
```python
evaluation = transforms.Compose([CenterCrop(28), ToTensor()])
```

## References
PyTorch documentation, torchvision transforms and `Module.eval`. Shorten and Khoshgoftaar, A survey on Image Data
Augmentation for Deep Learning, Journal of Big Data 6 (2019).
"#
    }

    fn canary(&self) -> &'static str {
        "a prediction changes with the seed"
    }

    fn must_hold(&self) -> &'static str {
        "another seed leaves inputs and predictions the same, bit for bit"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Pipeline("the seed of the predicting stages"), relation: SAME }]
    }
}
