//! The same stage, the same inputs, the same conditions: the same bits.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct Repeat;

impl Audit for Repeat {
    fn name(&self) -> &'static str {
        "repeat"
    }

    fn summary(&self) -> &'static str {
        "a second run under the same conditions gives other bits"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Every stage runs twice with everything pinned: the same inputs, seed, hash seed, clock, entropy, directory, thread count
and so on. Every declared output must have the same bits. A run with all nuisance factors varied at once that gives the
baseline's bits is stronger evidence than a second pinned run, so by default it stands in for it; a pinned run is added
where that run differs or was not asked for. `runs = N` under `[audit.repeat]` asks for N pinned runs besides.

A compute kernel runs a hundred times on every adapter (or `runs` times), over the same contents of its buffers. The
reference machine repeats itself by construction, so that a machine without an adapter skips this audit. On a software
adapter plain repetition finds little (1 to 4 of 50 runs of kernels that do depend on order); `schedule` and `races` do.

Two equal runs do not show that a third would be equal: drift that appears in one run of ten is missed more often than
found. Ask for more runs where that matters.

## Why it matters
If a program does not even agree with itself, no comparison made with it means anything: not a metric against the last
one, not a bug fix against the bug. What is left when everything we can pin is pinned is the process id, the order in
which threads finish, elapsed time, addresses that the system chose, and memory that was never set.

## Bad
```python
rng = np.random.default_rng(os.getpid())        # another stream in every process
report["seconds"] = time.perf_counter() - start  # elapsed time in an output that is compared
```

## Good
```python
rng = np.random.default_rng(args.seed)
print(f"took {time.perf_counter() - start:.1f} s", file=sys.stderr)  # tell people, not the artifact
```

## References
ACM, Artifact Review and Badging 1.1: repeatability (same team, same setup). Pineau et al., Improving Reproducibility in
Machine Learning Research, JMLR 22 (2021). Clopper and Pearson, Biometrika 26 (1934), for the interval of the drift rate.
"#
    }

    fn canary(&self) -> &'static str {
        "a second run under the same conditions leaves an output with one row or one bit changed"
    }

    fn subject(&self) -> Subject {
        Subject::Any
    }

    fn must_hold(&self) -> &'static str {
        "the same values, bit for bit, in every run under the same conditions"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Nothing, relation: SAME }]
    }
}
