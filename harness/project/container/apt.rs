//! `container/apt-unpinned` and `container/apt-no-clean`.

use std::path::Path;

use super::parsed::{Base, Parsed, Step, What};
use super::shell::Command;
use crate::rule::{Problem, Rule, Severity};

pub(super) const UNPINNED: Rule = Rule {
    name: "container/apt-unpinned",
    severity: Severity::Warning,
    summary: "system packages without version",
    why: "The archive has another version next month, and with it another compiler, BLAS or image codec. A snapshot of the \
          archive fixes all of them at once.",
    bad: "RUN apt-get update && apt-get install -y libgomp1",
    good: "RUN apt-get update && apt-get install -y libgomp1=12.2.0-14",
    mend: "Write `package=version`, or install from a snapshot of the archive of one day.",
};

pub(super) const CLEAN: Rule = Rule {
    name: "container/apt-no-clean",
    severity: Severity::Warning,
    summary: "the lists of the package archive left in a layer",
    why: "They make the image larger, and a later layer that installs without `update` takes the versions of the day on \
          which this layer was built.",
    bad: "RUN apt-get update && apt-get install -y libgomp1=12.2.0-14",
    good: "RUN apt-get update && apt-get install -y libgomp1=12.2.0-14 && rm -rf /var/lib/apt/lists/*",
    mend: "End the same RUN with `rm -rf /var/lib/apt/lists/*`, or use a cache mount.",
};

/// Archives of one day, and how they are asked for.
const SNAPSHOTS: [&str; 4] =
    ["snapshot.debian.org", "snapshot.ubuntu.com", "/etc/apt/snapshot", "repro-sources-list"];

/// One problem for each package without version.
pub(super) fn unpinned(file: &str, text: &str, parsed: &Parsed) -> Vec<Problem> {
    if SNAPSHOTS.iter().any(|snapshot| text.contains(snapshot)) {
        return Vec::new();
    }
    let commands = parsed.stages.iter().flat_map(|stage| &stage.steps).flat_map(Step::commands);
    let problems = commands.flat_map(|(line, command)| {
        let unpinned = packages(command).into_iter().filter(|package| is_unpinned(package));
        unpinned.map(|package| {
            Problem::new(&UNPINNED, file, "system packages have no version").line(*line).value(package)
        })
    });
    problems.collect()
}

/// The first step of the image's own stages that fills the lists and leaves them.
pub(super) fn clean(file: &str, parsed: &Parsed) -> Option<Problem> {
    let mut at = parsed.stages.len().checked_sub(1)?;
    let mut own = vec![at];
    while let Base::Stage(earlier) = parsed.stages[at].base {
        own.push(earlier);
        at = earlier;
    }
    let steps = own.iter().rev().flat_map(|at| &parsed.stages[*at].steps);
    let leaves = |what: &What| match what {
        What::Run { commands, mounts } => {
            let words = |wanted: &str| commands.iter().any(|(_, command)| apt(command) == Some(wanted));
            let removed = commands.iter().any(|(_, command)| {
                command.program() == "rm" && command.words.iter().any(|word| word.starts_with("/var/lib/apt"))
                    || command.program() == "find"
                        && command.words.iter().any(|word| word.contains("/var/lib/apt"))
            });
            let cached =
                mounts.iter().any(|mount| mount.contains("/var/lib/apt") || mount.contains("/var/cache/apt"));
            words("update") && !removed && !cached && !words("clean") && !words("distclean")
        }
        _ => false,
    };
    let step = steps.into_iter().find(|step| leaves(&step.what))?;
    Some(Problem::new(&CLEAN, file, "the lists of the package archive stay in the layer").line(step.line))
}

/// What `apt-get` or `apt` is asked to do.
fn apt(command: &Command) -> Option<&str> {
    let is_apt = ["apt-get", "apt"].contains(&command.program());
    is_apt.then(|| arguments(command).next().map(String::as_str)).flatten()
}

/// Words that are no options, without the values of those that take one.
fn arguments(command: &Command) -> impl Iterator<Item = &String> {
    let mut value = false;
    command.plain().iter().skip(1).filter(move |word| {
        let is_value = std::mem::replace(
            &mut value,
            ["-o", "-t", "-c", "--option", "--target-release", "--default-release"].contains(&word.as_str()),
        );
        !is_value && !word.starts_with('-')
    })
}

fn packages(command: &Command) -> Vec<&String> {
    if apt(command) != Some("install") {
        return Vec::new();
    }
    arguments(command)
        .skip(1)
        .take_while(|word| !word.starts_with('>') && *word != "2>" && !word.contains("$("))
        .collect()
}

/// A name alone: no version, no file, no variable, and nothing to be removed.
fn is_unpinned(package: &str) -> bool {
    let first = package.bytes().next().unwrap_or_default();
    first.is_ascii_alphanumeric()
        && !package.contains(['=', '$', '/', '`', '(', ')', '<', '*'])
        && !package.ends_with(['-', '}'])
        && Path::new(package).extension().is_none_or(|ending| ending != "deb")
}

#[cfg(test)]
mod tests {
    use super::super::parsed;
    use super::*;

    fn parsed(text: &str) -> Parsed {
        parsed::read(&format!("FROM a\n{text}")).expect("a container file")
    }

    fn found(text: &str) -> Vec<String> {
        unpinned("f", text, &parsed(text)).into_iter().filter_map(|problem| problem.value).collect()
    }

    #[test]
    fn packages_without_version_are_counted() {
        let text = "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\\n    curl=7.88.1-10 \\\n    git g++ \\\n    libgomp1\n";
        assert_eq!(found(text), ["git", "g++", "libgomp1"]);
        assert_eq!(found("RUN apt install -y -t bookworm-backports git\n"), ["git"]);
    }

    #[test]
    fn versions_files_variables_and_snapshots_are_silent() {
        for text in [
            "RUN apt-get install -y git=1:2.39.2-1.1 curl=7.88.1-10\n",
            "RUN apt-get install -y ./driver.deb /tmp/x.deb\n",
            "RUN apt-get install -y $PACKAGES \"python${V}\"\n",
            "RUN apt-get update\n",
            "RUN apt-get install -y $(grep -v x packages.txt) > log\n",
            "RUN apt-get remove -y git\n",
            "RUN echo 'deb http://snapshot.debian.org/archive/debian/20240501T000000Z bookworm main' > /etc/apt/sources.list && apt-get install -y git\n",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn lists_that_stay_are_found_in_the_stages_of_the_image() {
        let line = |text: &str| clean("f", &parsed(text)).and_then(|problem| problem.line);
        assert_eq!(line("RUN apt-get update && apt-get install -y git\n"), Some(2));
        assert_eq!(line("RUN apt-get -qq update\nRUN rm -rf /var/lib/apt/lists/*\n"), Some(2));
        for text in [
            "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\n",
            "RUN apt-get update && apt-get install -y git && apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/*\n",
            "RUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y git\n",
            "RUN apt-get update && apt-get install -y git\nFROM b\nCOPY --from=0 /x /x\n",
            "RUN <<EOF\napt-get update\napt-get install -y git\nrm -rf /var/lib/apt/lists/*\nEOF\n",
        ] {
            assert_eq!(line(text), None, "{text}");
        }
    }
}
