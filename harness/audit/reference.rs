//! An adapter's result must be the reference machine's, as closely as WGSL asks for.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct Reference;

impl Audit for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn summary(&self) -> &'static str {
        "an adapter's result is farther from the reference machine's than WGSL allows"
    }

    fn manual(&self) -> &'static str {
        r"## What it checks
A kernel (`[kernel]`) runs on the reference machine, an interpreter of ours: IEEE binary32 with ties to even, no contraction of
products and sums, subnormals kept, `exp` and its like rounded from double precision. Every adapter's outputs are compared with
its own.

Whole numbers must be equal. Floats must lie within a bound: `ulps = N` in `[kernel]` where the case declares it. Otherwise the bound
is measured: the reference machine runs the kernel several times more while every operation errs at random by as much as WGSL
allows it to (a sum and a product by half a unit in the last place, a division by 2.5, `exp(x)` by 3 + 2|x|), and the largest
distance that this makes at an element, times four, is what an adapter may be away there. A kernel that cancels has a wide bound, one
that copies has none.

An adapter on which the kernel runs past 65,535 loop trips, and which stops there without a word (llvmpipe), is not trusted:
then nothing is concluded from it. A kernel that does not end on the reference machine within a million loop trips of one
invocation, or two thousand million operations in all, is inconclusive as well.

Without an adapter there is nothing to compare, and the audit is skipped.

Not checked: whether the kernel computes what its author wants.

## Why it matters
Adapters agree with themselves and not with each other: `exp` differs between two processors with the same driver, and a
compiler may turn (big + 1) - big into 1. Within the bound that is allowed; outside of it, it is a fault: of the driver, the
compiler, or of a kernel that counts on behaviour that nobody promises.

## Bad
```wgsl
var i = 0u;
loop { if i >= 100000u { break; } sum += input[i]; i++; }   // silently cut short by a software adapter
```

## Good
```wgsl
for (var i = id.x; i < n; i += stride) { sum += input[i]; }  // a few trips for each invocation
```

## References
WGSL, section Floating Point Accuracy. Parker, Monte Carlo Arithmetic (1997), for random rounding as a measure of conditioning.
Mesa, gallivm: LP_MAX_TGSI_LOOP_ITERATIONS.
"
    }

    fn canary(&self) -> &'static str {
        "an adapter's output has one high bit changed"
    }

    fn subject(&self) -> Subject {
        Subject::Kernel
    }

    fn must_hold(&self) -> &'static str {
        "every result lies within what WGSL allows around the reference machine's"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask {
            change: Change::Kernel("the executor: each adapter against the reference machine"),
            relation: SAME,
        }]
    }
}
