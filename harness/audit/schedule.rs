//! The order in which workgroups and invocations take their turns must not matter.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct Schedule;

impl Audit for Schedule {
    fn name(&self) -> &'static str {
        "schedule"
    }

    fn summary(&self) -> &'static str {
        "a kernel's result depends on the order of its workgroups or invocations"
    }

    fn manual(&self) -> &'static str {
        r"## What it checks
A kernel (`[kernel]`) is run over the same buffers while its workgroups, the invocations in each, or both take their turns in
other orders: backwards, in reversed blocks, shuffled. One dispatch is also split into several, and declared `grids` and `sizes`
(values of `override` constants) are tried. Every buffer with `read = true` must keep its bits.

Nothing in the WGSL text is touched: the orders are put in below it, in the compiler's intermediate form. All of
`workgroup_id`, `local_invocation_id`, `local_invocation_index`, `global_invocation_id` and `num_workgroups` stay consistent, so that a
kernel computes the same set of things in another order. It runs on the reference machine and on every adapter.

Where no order of whole turns decides and the kernel has atomics, the reference machine also interrupts: a workgroup (or, with at
most 256 of them, an invocation) stops before an atomic access and another goes on. Where invocations are more, those of the first
workgroup are interrupted in a dispatch of it alone. Up to 320 such schedules of each pass are tried, and as many inside a workgroup,
all with one interruption first, then with two, then random ones. Between two atomic accesses nothing can be seen that is no
race. So an update in two atomic steps that loses another's share is found (**interleaving**), and one that waits for ever
(**stuck**).

Each schedule has a number; `driftless run … --schedule NUMBER` runs that one again.

The finding names what was permuted, the smallest change of order that still shows it (often one swap), the first element that
differs, and, where the source has them, the operations whose result depends on who comes first (a float sum by
compare-exchange, a cursor that `atomicAdd` returns, a last writer).

Before a kernel is called independent of its schedule, a float sum that does depend on order (a hash, where the kernel adds no
floats) runs over the same input: if not even that changes, the input cannot show drift (ones, small integers and ramps add up
exactly), and the verdict is inconclusive. The default fill, `spread`, can.

Not checked: what a real device does besides (its own compiler, memory model, subgroup sizes); orders that were not tried. A
kernel that assumes that invocations lie in subgroups one after another fails under permuted invocations, rightly: WGSL does
not promise it.

## Why it matters
Repetition finds almost nothing on one machine: of eight kernels with races or order dependence, five never drifted in fifty
runs, while twenty permuted schedules gave twenty results. The next driver, GPU or load gives another order.

## Bad
```wgsl
loop {  // adds floats in the order of arrival
    let old = atomicLoad(&sum);
    let next = bitcast<u32>(bitcast<f32>(old) + value);
    if atomicCompareExchangeWeak(&sum, old, next).exchanged { break; }
}
```

## Good
```wgsl
// one partial sum per workgroup, added up in a fixed order by a second pass
partial[workgroup.x] = tree_sum(local_index, value);
```

## References
WGSL, sections Execution and Memory Semantics: no order among workgroups is promised. Sorensen et al., Specifying and
Testing GPU Workgroup Progress Models (OOPSLA 2021), for shuffled ids in memory-model tests.
"
    }

    fn canary(&self) -> &'static str {
        "a run with another order of turns leaves an output with one bit changed"
    }

    fn subject(&self) -> Subject {
        Subject::Kernel
    }

    fn must_hold(&self) -> &'static str {
        "the same bits in every order of workgroups and invocations"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask {
            change: Change::Kernel("the order of workgroups and invocations, splits, grids, sizes"),
            relation: SAME,
        }]
    }
}
