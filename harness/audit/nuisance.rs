//! What must not matter does not matter.

use super::{Ask, Audit, Change, SAME};
use crate::vary::Kind;

/// See the module.
pub struct Nuisance;

impl Audit for Nuisance {
    fn name(&self) -> &'static str {
        "nuisance"
    }

    fn summary(&self) -> &'static str {
        "a condition that must not matter changes the bits"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Every stage runs once with all nuisance factors pinned and once with all of them varied at once: hash seed, threads,
working directory, home, temporary directory, locale, time zone, clock, umask, extra environment variables, host name,
order of directory listings, address layout, the content of unset memory. Every declared output must keep its bits.
Only when they differ does the search begin: it reports each guilty factor, factors that act only together, and for each
artifact the first place that differs. `driftless explain FACTOR` says what each factor is and how to mend a program that
depends on it.

The processor's instruction set is varied only on request (`also = ["instruction-set"]`): correct numeric programs round
differently on different processors. A factor that could not be varied on this machine, or that never reached the program
(a static binary, say), is listed as not varied. Two factors whose effects cancel in the joint run are missed.

## Why it matters
These are the differences between a laptop and the grader. Each is invisible in the code review, constant on one machine,
and different on the next one.

## Bad
```python
for name in {"age", "income", "zip"}:      # set order follows the hash seed
    columns.append(encode(name))
for path in os.listdir("images"):          # listing order follows the file system
    features.append(load(path))
meta["created"] = datetime.now().isoformat()
```

## Good
```python
for name in sorted({"age", "income", "zip"}):
    columns.append(encode(name))
for path in sorted(os.listdir("images")):
    features.append(load(path))
# times belong in a log, or come from SOURCE_DATE_EPOCH
```

## References
reproducible-builds.org, definition and list of variations; SOURCE_DATE_EPOCH specification. Chen et al., Metamorphic
Testing: A Review of Challenges and Opportunities, ACM Computing Surveys 51 (2018). PyTorch documentation,
Reproducibility (threads, devices).
"#
    }

    fn canary(&self) -> &'static str {
        "an output follows one of the varied factors"
    }

    fn must_hold(&self) -> &'static str {
        "the same values, bit for bit, whatever of this is changed"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Factors(&[Kind::Environment, Kind::Machine]), relation: SAME }]
    }
}
