//! What the surroundings change of a kernel's bits: settings of a driver, subgroups, liberties of the compiler.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct Environment;

impl Audit for Environment {
    fn name(&self) -> &'static str {
        "environment"
    }

    fn summary(&self) -> &'static str {
        "a kernel's bits depend on the driver's settings, the size of subgroups or what the compiler does to floats"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
A kernel (`[kernel]`) runs again in other surroundings, and its bits are compared with the usual ones:

- **driver-settings**: on Mesa's software adapter, narrower vectors (another subgroup size), the instruction set of an older
  processor, one thread. Each runs in a process of its own, since drivers read their settings when they are loaded.
- **strict-floats**: on adapters behind Vulkan, a module in which every float result forbids the compiler to fuse and to reassociate
  (`NoContraction`). A difference says that the kernel's bits lean on what the compiler was free to do; compensated sums do.
- **subgroup-size**: on the reference machine, subgroups of 4 to 128 invocations, for kernels that use subgroups.

A difference is reported. It is a drift only where the kernel promises `level = "adapter-to-adapter"`; elsewhere it is a note: bits
of `exp` and of reassociable sums are not portable, and no driver says they were.

Not checked: settings of other drivers, other versions of a driver. Where nothing can be varied, the audit is skipped.

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
Mesa, environment variables of llvmpipe and gallium. WGSL, sections Floating Point Accuracy, Reassociation and Fusion. SPIR-V,
decoration NoContraction.
"#
    }

    fn canary(&self) -> &'static str {
        "a run with other settings of the driver leaves an output with one bit changed"
    }

    fn subject(&self) -> Subject {
        Subject::Kernel
    }

    fn must_hold(&self) -> &'static str {
        "the same bits with every setting of the driver and size of subgroups"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Kernel("driver settings, subgroup size, strict floats"), relation: SAME }]
    }
}
