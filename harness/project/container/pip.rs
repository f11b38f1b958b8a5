//! `container/pip-unpinned`.

use super::parsed::{Parsed, Step, What};
use super::shell::Command;
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "container/pip-unpinned",
    severity: Severity::Error,
    summary: "a Python package installed into the image without version",
    why: "The index gives the newest one on the day of the build. Two builds of one file then compute with two libraries, \
          and results differ with no change in the repository.",
    bad: "RUN pip install numpy",
    good: "RUN pip install numpy==2.0.1",
    mend: "Write `==` and the version, or install from a lock file with `pip install -r`.",
};

/// Options whose next word is their value.
const WITH_VALUE: [&str; 31] = [
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--src",
    "--timeout",
    "--retries",
    "--trusted-host",
    "--platform",
    "--python-version",
    "--progress-bar",
    "--cache-dir",
    "--no-binary",
    "--only-binary",
    "--proxy",
    "--python",
    "-p",
    "--group",
    "--config-settings",
    "--upgrade-strategy",
];
/// Options that say where versions come from.
const FIXES: [&str; 4] = ["-c", "--constraint", "--exclude-newer", "--require-hashes"];
/// Programs that install and are not part of what is computed.
const INSTALLERS: [&str; 14] = [
    "pip",
    "setuptools",
    "wheel",
    "uv",
    "poetry",
    "pipenv",
    "pip-tools",
    "pdm",
    "hatch",
    "flit",
    "build",
    "virtualenv",
    "pipx",
    "conda-lock",
];

/// One problem for each package without version.
pub(super) fn look(file: &str, parsed: &Parsed) -> Vec<Problem> {
    let steps = || parsed.stages.iter().flat_map(|stage| &stage.steps);
    let fixes = |name: &str| name.ends_with("_CONSTRAINT") || name == "UV_EXCLUDE_NEWER";
    let constrained =
        |what: &What| matches!(what, What::Set(pairs) if pairs.iter().any(|(name, _)| fixes(name)));
    if steps().any(|step| constrained(&step.what)) {
        return Vec::new();
    }
    let problems = steps().flat_map(Step::commands).flat_map(|(line, command)| {
        let unpinned = unpinned(command).into_iter();
        unpinned.map(|requirement| {
            let message = "Python packages have no exact version";
            Problem::new(&RULE, file, message).line(*line).value(&requirement)
        })
    });
    problems.collect()
}

/// What follows `pip install`, if a command is that.
pub(super) fn arguments(command: &Command) -> Option<&[String]> {
    let words = command.plain();
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    let launches = |word: &String| {
        let name = name(word);
        ["uv", "conda", "mamba", "micromamba"].contains(&name.as_str()) || name.starts_with("python")
    };
    let is_pip = |word: &String| {
        name(word)
            .strip_prefix("pip")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    };
    let first = words.first()?;
    let at = if is_pip(first) {
        0
    } else if launches(first) {
        words.iter().position(is_pip)?
    } else {
        return None;
    };
    let rest = &words[at + 1..];
    let install = rest.iter().position(|word| !word.starts_with('-'))?;
    (rest[install] == "install").then_some(&rest[install + 1..])
}

fn unpinned(command: &Command) -> Vec<String> {
    let Some(arguments) = arguments(command) else { return Vec::new() };
    if arguments
        .iter()
        .any(|word| FIXES.iter().any(|fix| word == fix || word.starts_with(&format!("{fix}="))))
    {
        return Vec::new();
    }
    let mut value = false;
    let mut found = Vec::new();
    for word in arguments {
        let is_value = std::mem::replace(&mut value, WITH_VALUE.contains(&word.as_str()));
        // Behind a redirection or a command whose output is put in, words name no packages.
        if word.starts_with(['>', '<']) || word == "2>" || word.contains("$(") || word.contains('`') {
            break;
        }
        if !is_value && is_unpinned(word) {
            found.push(word.clone());
        }
    }
    found
}

/// A name of the index without `==`: no option, path, address or variable.
fn is_unpinned(requirement: &str) -> bool {
    let first = requirement.bytes().next().unwrap_or_default();
    if !first.is_ascii_alphanumeric() || requirement.contains(['/', '$', '@', '`', '(', '{']) {
        return false;
    }
    let archive = [".whl", ".gz", ".zip"].iter().any(|ending| requirement.ends_with(ending));
    let exact = requirement.split_once("==").is_some_and(|(_, version)| !version.contains('*'));
    let end = requirement.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter)));
    let name = requirement[..end.unwrap_or(requirement.len())].to_ascii_lowercase().replace('_', "-");
    !archive && !exact && !INSTALLERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::parsed;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let parsed = parsed::read(&format!("FROM a\n{text}\n")).expect("a container file");
        look("f", &parsed).into_iter().filter_map(|problem| problem.value).collect()
    }

    #[test]
    fn packages_without_exact_version_are_found_in_every_form() {
        for text in [
            "RUN pip install numpy",
            "RUN pip3 install --no-cache-dir numpy",
            "RUN apt-get update && python3 -m pip install -q numpy",
            "RUN uv pip install --system numpy",
            "RUN conda run -n env pip install numpy",
            "RUN /opt/venv/bin/pip install --index-url https://index.example/simple numpy",
            "RUN [\"pip\", \"install\", \"numpy\"]",
            "RUN <<EOF\npip install numpy\nEOF",
        ] {
            assert_eq!(found(text), ["numpy"], "{text}");
        }
        assert_eq!(
            found("RUN pip install \"numpy>=1.2\" torch==2.* x==1 'y[z]'"),
            ["numpy>=1.2", "torch==2.*", "y[z]"]
        );
    }

    #[test]
    fn pinned_local_and_constrained_installations_are_silent() {
        for text in [
            "RUN pip install numpy==2.0.1 'torch==2.3.0+cpu'",
            "RUN pip install --upgrade pip setuptools wheel",
            "RUN pip install uv",
            "RUN pip install -r requirements.txt",
            "RUN pip install --no-cache-dir --requirement requirements.txt",
            "RUN pip install .",
            "RUN pip install -e . --no-deps",
            "RUN pip install \".[gpu]\"",
            "RUN pip install ./wheels/x.whl x-1.0-py3-none-any.whl",
            "RUN pip install git+https://forge.example/a/b@0123abc",
            "RUN pip install -c constraints.txt numpy",
            "RUN pip install \"torch${TORCH}\"",
            "RUN pip install numpy==${NUMPY_VERSION}",
            "ENV PIP_CONSTRAINT=/constraints.txt\nRUN pip install numpy",
            "RUN uv pip install --exclude-newer 2024-05-01 numpy",
            "RUN pip download numpy",
            "RUN pip install $(grep numpy requirements.txt)",
            "RUN pip install numpy==2.0.1 2> log",
            "RUN echo pip install numpy",
            "RUN pip --version",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
