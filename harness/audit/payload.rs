//! A checkpoint holds all that is needed to go on.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Payload;

impl Audit for Payload {
    fn name(&self) -> &'static str {
        "payload"
    }

    fn summary(&self) -> &'static str {
        "a checkpoint lacks the optimiser, the position, or the states of the generators"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
The entries of every output with the role `checkpoint` that can be listed without executing code: files of `torch.save`
(a zip beside a list of names, which is read and never unpickled), safetensors, `.npz`, JSON, and folders of such files. No
run is needed. Needed are the **model**, the **optimizer**, the **epoch** or the **step**, and the states of the
**generators**; `needs = ["model", "optimizer", "scheduler", …]` under `[audit.payload]` says otherwise. A **scheduler** is needed where the optimiser tells of one: torch's write `initial_lr` into its groups of
parameters. Otherwise it is only told that it is not there, as are a best metric and metadata. A bare `state_dict` is a file of weights and no checkpoint.

Entries are known by the words in their names, the outermost first; where that name says nothing, by the second:

| what | words |
|---|---|
| best | `best…` |
| generators | `rng…`, `random…`, `generator…` (unless weights stand below it), `prng` |
| scheduler | `sched…`, `lr_sched…` |
| optimizer | `optim…`, `opt`, `adam…`, `sgd`, `momentum`, `velocity`, `exp_avg…`, `m` and `v` |
| epoch | `epoch…` |
| step | `step…`, `global_step`, `iter…`, `batch_idx` |
| metadata | `config`, `args`, `meta…`, `hparams`, `hyper…`, `version`, `git…`, `commit`, `date`, `time…`, `library` |
| model | `model`, `net`, `network`, `module`, `…_dict`, `weight…`, `params`, `parameters`, `backbone`, `encoder`, `decoder` |

Numbers under names that say nothing are taken for the model's. An entry that is `None` is not there.

What behaviour shows counts more: where `resume` holds for this checkpoint, what is missing is told and is no finding, and
where no generator was seeded or drawn from in the baseline, none is asked for.

Not checked: whether what is there is right, or is used (`resume` looks at that), and opaque formats: a plain pickle
or a torch file of before 1.6 cannot be listed without executing it. Asked for with `needs`, these are inconclusive.

## Why it matters
A file of weights loads without any complaint. The moments of Adam then begin at zero, the learning rate at its first value,
the data in its first order: the loss jumps, and the run that goes on is another one.

## Bad
```python
torch.save(model.state_dict(), "checkpoint.pt")
```

## Good
```python
torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
            "epoch": epoch, "best": best, "rng": {"torch": torch.get_rng_state(), "python": random.getstate()},
            "meta": {"commit": commit, "args": vars(args)}}, path)
```

## References
PyTorch documentation, Saving and loading a general checkpoint for inference and/or resuming training.
"#
    }

    fn canary(&self) -> &'static str {
        "the checkpoint lacks an entry that is needed"
    }

    fn must_hold(&self) -> &'static str {
        "the checkpoint holds all that is needed to go on as if nothing had happened"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask {
            change: Change::Pipeline("nothing: it reads the checkpoint of the baseline"),
            relation: SAME,
        }]
    }
}
