//! What must differ between epochs, workers and ranks differs.

use super::{Ask, Audit, Change, OTHER};

/// See the module.
pub struct TooDeterministic;

impl Audit for TooDeterministic {
    fn name(&self) -> &'static str {
        "too-deterministic"
    }

    fn summary(&self) -> &'static str {
        "epochs, workers or ranks repeat one stream of random numbers or rows"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Asked for with a table. The training writes a table with one row per use of a row of data, in the order of use, and says
which columns tell when and where it was used:

```toml
[audit.too-deterministic]
output = "order"        # a table
index = "index"         # the row that was used, by number or id; or a number that was drawn
epoch = "epoch"         # at least one of these three
worker = "worker"
rank = "rank"
```

No run is needed; the baseline's log is read.

- **epochs**: no two epochs may have the same sequence, as a whole or in one worker or rank.
- **workers**: within an epoch and a rank, two workers must not have the same sequence (the same drawn numbers, say), nor
  share rows. Each epoch's rows are meant to be divided among the workers.
- **ranks**: likewise for ranks. A `DistributedSampler` repeats a few rows so that all ranks get equally many: up to one less
  than there are ranks are tolerated in each epoch.

Equal sequences count only where chance does not explain them. Sequences without repetitions are taken for random orders
(n rows are in the same order with probability 1/n!), others for independent draws from the values that occur. The
number of pairs that were compared is allowed for, and the chance must be below 1 in 100; five distinct values are the
least. Where one worker or rank itself uses a row more than once in an epoch (sampling with replacement, numbers that
were drawn), rows in common mean nothing, and only sequences are compared.

The verdict is `blind`: what must matter did not. Where there is one epoch, one worker and one rank, nothing can be compared, and
the verdict is inconclusive. Do not ask for it on an evaluation, which is right to have one order. That another seed changes
the bits is what `seed-coverage` checks.

Not checked: correlation that is no repetition, and streams that are shifted against each other.

## Why it matters
NumPy's global generator is copied into every worker that is forked: all of them draw the same augmentations, and the next
epoch draws them again. Without `set_epoch` a DistributedSampler deals the same order each time, and an iterable data set
without sharding shows every row once per worker. All of it is perfectly reproducible, so no repetition shows it.

## Bad
```python
for epoch in range(epochs):
    torch.manual_seed(42)          # each epoch in the same order
    for batch in loader: ...
```

## Good
```python
torch.manual_seed(42)
loader = DataLoader(data, shuffle=True, worker_init_fn=lambda worker: np.random.seed(torch.initial_seed() % 2**32))
for epoch in range(epochs):
    sampler.set_epoch(epoch)       # with a DistributedSampler
    for batch in loader: ...
```

## References
PyTorch documentation, Randomness in multi-process data loading; DistributedSampler. Buitinck, Using PyTorch + NumPy?
You're making a mistake (2021), on augmentations that are the same in all workers.
"#
    }

    fn canary(&self) -> &'static str {
        "two epochs, workers or ranks use the same rows"
    }

    fn must_hold(&self) -> &'static str {
        "every epoch, worker and rank has random numbers and an order of rows of its own"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask {
            change: Change::Pipeline("nothing: it reads the order in which the baseline used its rows"),
            relation: OTHER,
        }]
    }
}
