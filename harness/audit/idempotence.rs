//! A stage may run twice, and two copies of it at once.

use super::{Ask, Audit, Change, SAME};

/// See the module.
pub struct Idempotence;

impl Audit for Idempotence {
    fn name(&self) -> &'static str {
        "idempotence"
    }

    fn summary(&self) -> &'static str {
        "a second run over the first one's outputs, a second copy, or an empty test set breaks it"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
Asked for with a table `[audit.idempotence]`, which may be empty:

- `again`: every stage runs twice in the same place, the second time over what the first left. All outputs must have the
  bits of the baseline, and the second run must end with status 0. `again = false` switches it off.
- `twins`: two copies of every stage start together, with the same working directory, `HOME` and `TMPDIR`. Outputs that the
  command names (`{out.NAME}`) lie in a folder of their own for each copy; both must be the baseline's. Outputs at fixed
  places are shared, as they would be for a user who starts the program twice. `twins = false` switches it off; a stage
  that declares an `exclusive` resource is left out.
- `empty = "test"`: the stages that read this data, directly or through others, are handed a file with a header and no
  rows. Those that leave predictions must end with status 0, and their tables must have the baseline's header and no row.
- `undeclared`: the baseline may write nothing below the working directory that is not declared as an output. Compiled
  Python (`__pycache__`, `*.pyc`) and hidden cache folders (`.cache`, `.pytest_cache`, …) do not count: tools put them
  there, and nobody takes them for results. `undeclared = false` switches it off.
- `stdout`: a stage with `stdout = "silent"` may print nothing on standard output. This one needs no table.

Not checked: races that two copies happen not to run into (both start within milliseconds, and nothing forces them to
meet), files outside the working directory, and predictions that are no tables (of these, only the exit status after an
empty input). A program that writes the path of its outputs into them differs between two copies; `nuisance` tells it
by the name `working-directory`.

## Why it matters
A run is repeated after a crash, by a scheduler that retries, or by a colleague in the same folder. A log opened for
appending doubles its rows, a temporary file with a fixed name mixes two experiments, and a monthly job meets its first
month without data. None of it shows in a single run.

## Bad
```python
pd.concat([pd.read_csv(out), preds]).to_csv(out)     # the second run doubles the rows
scores.to_csv("/tmp/scores.csv"); shutil.move("/tmp/scores.csv", out)   # two copies share one file
```

## Good
```python
with tempfile.NamedTemporaryFile("w", dir=out.parent, delete=False) as file:
    preds.to_csv(file, index=False)
os.replace(file.name, out)
```

## References
POSIX.1-2024, rename: the replacement of a file is atomic. Fielding et al., RFC 9110, section 9.2.2: idempotent methods.
"#
    }

    fn canary(&self) -> &'static str {
        "an output changes when the stage runs over what it left"
    }

    fn must_hold(&self) -> &'static str {
        "a second run, a second copy or an empty test set leaves what the first run leaves, bit for bit"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask {
            change: Change::Pipeline("what stands there before a stage runs, and who runs beside it"),
            relation: SAME,
        }]
    }
}
