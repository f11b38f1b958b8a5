//! Where equal bits on all adapters are promised, they are equal.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct Adapters;

impl Audit for Adapters {
    fn name(&self) -> &'static str {
        "adapters"
    }

    fn summary(&self) -> &'static str {
        "a kernel that promises the same bits everywhere gives others on another adapter"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
A kernel (`[kernel]`) with `level = "adapter-to-adapter"` must leave the same bits on every adapter that is here and on the reference
machine, which counts as one of them. The finding names the pair and the first element that differs.

Without an adapter there is nothing to compare, and the audit is skipped. Two adapters of one driver (Vulkan and OpenGL by
Mesa's llvmpipe) share their code generator: they are told apart, but agree more than two devices would.

Not checked: adapters that are not here.

## Why it matters
Only whole numbers, and floats that keep one sum, difference or product for each stored value, have the same bits everywhere in
practice. Who promises more should know which operation breaks the promise.

## Bad
```wgsl
out[id.x] = exp(input[id.x]) / sum;
```

## Good
```wgsl
atomicAdd(&total, u32(quantized));   // fixed point: whole numbers in any order, on any device
```

## References
WGSL, sections Floating Point Accuracy and Reassociation and Fusion.
"#
    }

    fn canary(&self) -> &'static str {
        "an adapter's output has one bit changed"
    }

    fn subject(&self) -> Subject {
        Subject::Kernel
    }

    fn must_hold(&self) -> &'static str {
        "every adapter and the reference machine leave the same bits"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Kernel("the adapter"), relation: SAME }]
    }
}
