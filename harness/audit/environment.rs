//! What the settings of a driver change of a kernel's bits.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct Environment;

impl Audit for Environment {
    fn name(&self) -> &'static str {
        "environment"
    }

    fn summary(&self) -> &'static str {
        "a kernel's bits depend on settings of the driver or on the processor under it"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
A software adapter runs a kernel (`[kernel]`) again with other settings of its driver: narrower vectors (another subgroup size), the
instruction set of an older processor, one thread. Each runs in a process of its own, since drivers read their settings when
they are loaded. The bits are compared with those of the usual settings.

A difference is reported. It is a drift only where the kernel promises `level = "adapter-to-adapter"`; elsewhere it is a note: bits
of `exp` and of reassociable sums are not portable, and no driver says they were.

Adapters other than Mesa's llvmpipe have no such settings that we know of; where there is none of it, the audit is skipped.

Not checked: real drivers' own settings, other versions of the driver.

## Why it matters
Two machines of one CI pool with the same driver gave different bits for a softmax: the driver generates code for the processor
that it finds. Snapshots of an adapter's bits break that way; those of the reference machine do not.

## Bad
```toml
level = "adapter-to-adapter"      # promised by a kernel that calls exp()
```

## Good
```toml
level = "schedule-independent"    # what it can keep; adapters agree within a bound (see `reference`)
```

## References
Mesa, environment variables of llvmpipe and gallium. WGSL, section Floating Point Accuracy.
"#
    }

    fn canary(&self) -> &'static str {
        "a run with other settings of the driver leaves an output with one bit changed"
    }

    fn subject(&self) -> Subject {
        Subject::Kernel
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Kernel("the settings of a software driver"), relation: SAME }]
    }
}
