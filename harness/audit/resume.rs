//! A run that was interrupted ends as one that was not.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Resume;

impl Audit for Resume {
    fn name(&self) -> &'static str {
        "resume"
    }

    fn summary(&self) -> &'static str {
        "an interrupted training, once resumed, does not end as the uninterrupted one"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Asked for with a table:

```toml
[audit.resume]
stage = "train"
stop = { epochs = 2 }            # knobs that make it stop early
resume = { resume = "yes" }      # knobs that make it go on; may be empty where the program finds its checkpoint by itself
checkpoint = "checkpoint"        # the output that it goes on from
kills = 3
```

1. **resume**: the stage runs with the `stop` knobs, then, in the same place, with the `resume` knobs. All its outputs but
   those with the role `metrics` or `log` must have the values of the uninterrupted baseline, bit by bit. Only the
   container may differ: a pickle that was loaded and saved again names shared texts otherwise. Where they differ and
   a `log` table does too, its first other row is told as `order`: the order of the data, or the learning rate, does not
   go on where it stopped. A log may hold the resumed part alone.
2. **kill**: the full run is killed, and the stage runs again with the `resume` knobs. The moments are: SIGKILL as soon as
   the checkpoint holds something, SIGKILL after two more changes of it, Ctrl-C (SIGINT) at half of the baseline's
   duration, and with more `kills` SIGKILL and SIGINT at further fractions. SIGKILL goes to all processes of the stage, SIGINT to
   its process group; who does not end within 10 seconds of it is killed. The resumed run must end with status 0 and
   leave the baseline's values. One that fails on a half-written checkpoint is a finding, with its log.

Timing decides no verdict falsely: a run that ended before its moment is told as not killed, and one that was killed before
a checkpoint stood there may refuse to go on. If the stopped run leaves no checkpoint, or leaves what the full one
leaves, nothing was resumed, and the verdict is inconclusive.

Not checked: whether the program reads the checkpoint at all (one that starts afresh and ends with the same bits holds);
moments between those that were tried (the file is looked at every millisecond, and a small one is written in less);
a machine that loses power, where data that was written but not flushed (`fsync`) is lost as well. Opaque formats
(pickle, ONNX) are compared as bytes.

## Why it matters
Long trainings are always interrupted. Without the optimiser's moments, the scheduler's step and the generators' states
the model goes on as another experiment, and a checkpoint that is written in place is lost exactly when it is needed.

## Bad
```python
torch.save(model.state_dict(), "checkpoint.pt")            # in place, and weights alone
```

## Good
```python
torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
            "epoch": epoch, "rng": torch.get_rng_state()}, "checkpoint.pt.tmp")
os.replace("checkpoint.pt.tmp", "checkpoint.pt")
```

## References
PyTorch documentation, Saving and loading a general checkpoint; Reproducibility. POSIX.1-2024, rename.
"#
    }

    fn canary(&self) -> &'static str {
        "an output changes when the run is resumed"
    }

    fn must_hold(&self) -> &'static str {
        "a training that was interrupted and resumed ends with the same bits as one that was not"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask {
            change: Change::Pipeline("whether the training runs through, is stopped, or is killed"),
            relation: SAME,
        }]
    }
}
