//! No two invocations may touch the same memory without an order between them.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct Races;

impl Audit for Races {
    fn name(&self) -> &'static str {
        "races"
    }

    fn summary(&self) -> &'static str {
        "invocations of a kernel race for memory, or not all of them reach a barrier"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
A kernel (`[kernel]`) runs once on the reference machine, which needs no driver, and every access to workgroup and storage memory is
watched.

- **race**: two invocations touch the same bytes, at least one writes, they are not both atomic, and nothing orders them. Inside a
  workgroup a barrier orders: `workgroupBarrier` for workgroup memory, `storageBarrier` for storage. Between workgroups of
  one dispatch nothing does. Races are found by this rule and not by their outcome, so one run suffices for one input.
- **same-value-writes**: two invocations write the same value to the same place. Usually harmless, still undefined in WGSL; where
  it is meant, say so: `allow = [{ finding = "same-value-writes", variable = "flag", reason = "…" }]`.
- **barrier-divergence**: a barrier that only some invocations of a workgroup reach.

Each finding has the variable, both invocations and both lines. A kernel that uses subgroups is watched with subgroups of 4, 8, 16, 64
and 128 invocations as well as with 32: WGSL leaves their size to the compiler. One that is meant for a single size says so by `allow`.

Not checked: paths that this input does not take; missing acquire and release where all accesses are atomic (a "last
workgroup" reduction relies on more than WGSL promises, and passes); textures. What the machine cannot interpret is named, and
the verdict is then inconclusive.

## Why it matters
A missing barrier often gives right results on the machine at hand, for a long time: on a software adapter two kernels without
theirs never failed in hundreds of repetitions. On another GPU, whose subgroups are of another size, they do at once.

## Bad
```wgsl
shared_sum[i] = input[id.x];
// a barrier is missing here
if i < 64u { shared_sum[i] += shared_sum[i + 64u]; }
```

## Good
```wgsl
shared_sum[i] = input[id.x];
workgroupBarrier();
if i < 64u { shared_sum[i] += shared_sum[i + 64u]; }
```

## References
WGSL, sections Memory Model and Uniformity Analysis. Price and McIntosh-Smith, Oclgrind (IWOCL 2015), for the method: shadow
memory that is merged at barriers.
"#
    }

    fn canary(&self) -> &'static str {
        "a kernel without one of its barriers runs on the reference machine"
    }

    fn subject(&self) -> Subject {
        Subject::Kernel
    }

    fn must_hold(&self) -> &'static str {
        "no two invocations touch one place unordered where one writes, and all reach each barrier"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask {
            change: Change::Kernel("nothing: accesses are watched on the reference machine"),
            relation: SAME,
        }]
    }
}
