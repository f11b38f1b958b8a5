//! A row computed alone must be the row computed in a batch.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct BatchInvariance;

impl Audit for BatchInvariance {
    fn name(&self) -> &'static str {
        "batch-invariance"
    }

    fn summary(&self) -> &'static str {
        "a kernel computes a row differently when other rows are in the batch"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Where a kernel (`[kernel]`) works row by row, the case says how rows lie in its buffers:

```toml
rows = { buffers = ["input", "output"], row = 256, axis = "x", take = [1, 7] }
```

The first row alone, and the first seven, are computed with buffers and a grid cut down to them. On the reference machine and on
every adapter their bits must be those of the same rows in the whole batch.

Not checked: rows in the middle of a batch; kernels that learn the number of rows from a uniform buffer, which keeps its
contents.

## Why it matters
A kernel that chooses how to split its sums by the number of workgroups is deterministic run to run, and still gives another
answer to the same request when the server is busy.

## Bad
```wgsl
let part = k / num_workgroups.x;   // other partial sums in another batch
```

## Good
```wgsl
let part = 64u;                    // the same partial sums in every batch
```

## References
He and Thinking Machines Lab, Defeating Nondeterminism in LLM Inference (2025), and its batch_invariant_ops.
"#
    }

    fn canary(&self) -> &'static str {
        "a row computed alone has one bit changed"
    }

    fn subject(&self) -> Subject {
        Subject::Kernel
    }

    fn must_hold(&self) -> &'static str {
        "each row has the same bits, whatever else is in the batch"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Kernel("how many rows are computed"), relation: SAME }]
    }
}
