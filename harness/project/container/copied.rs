//! `container/copy-order`, `container/no-dockerignore` and `container/secret`.

use super::parsed::{Parsed, Stage, What};
use super::pip;
use super::shell::Command;
use crate::project::secret;
use crate::rule::{Problem, Rule, Severity};

pub(super) const ORDER: Rule = Rule {
    name: "container/copy-order",
    severity: Severity::Warning,
    summary: "the whole source copied before the dependencies are installed",
    why: "Every change of any file throws away the layer with the dependencies. They are resolved again, and what is not \
          pinned comes in another version with a change of the code that has nothing to do with it.",
    bad: "COPY . /app\nRUN pip install -r requirements.txt",
    good: "COPY requirements.txt /app/\nRUN pip install -r requirements.txt\nCOPY . /app",
    mend: "Copy the lock file alone, install, and copy the source after that.",
};

pub(super) const IGNORE: Rule = Rule {
    name: "container/no-dockerignore",
    severity: Severity::Warning,
    summary: "the whole folder copied, and no .dockerignore says what is left out",
    why: "Caches, data, `.git` and `.env` of whoever builds go into the image: it differs from machine to machine, and may \
          carry secrets.",
    bad: "COPY . /app, and no .dockerignore",
    good: "COPY . /app, and a .dockerignore with .git, .env, data/, __pycache__/",
    mend: "Add a .dockerignore beside the container file, or copy only what is needed.",
};

pub(super) const SECRET: Rule = Rule {
    name: "container/secret",
    severity: Severity::Error,
    summary: "a secret that goes into a layer of the image",
    why: "`docker history` prints the values of ENV and ARG, and a file that a later layer deletes is still in the earlier \
          one (documentation of Docker, build secrets).",
    bad: "COPY .env /app/.env",
    good: "RUN --mount=type=secret,id=token download.sh",
    mend: "Give it to one step with `RUN --mount=type=secret`, or to the container when it starts; revoke this one.",
};

/// Files that hold keys by their nature.
const KEY_FILES: [&str; 10] = [
    ".env",
    ".netrc",
    ".pypirc",
    ".npmrc",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "id_dsa",
    "kaggle.json",
    ".git-credentials",
];

/// Last words of the names of variables that hold secrets.
const SECRET_NAMES: [&str; 9] =
    ["TOKEN", "PASSWORD", "PASSWD", "SECRET", "APIKEY", "API_KEY", "ACCESS_KEY", "SECRET_KEY", "KAGGLE_KEY"];

/// Whether the whole context is copied.
fn is_context(what: &What) -> bool {
    let whole = |source: &String| [".", "./", "./.", "*", "./*"].contains(&source.as_str());
    matches!(what, What::Copy { sources, from: None } if sources.iter().any(whole))
}

/// The first stage in which dependencies come after the source.
pub(super) fn order(file: &str, parsed: &Parsed) -> Option<Problem> {
    parsed.stages.iter().find_map(|stage| order_of(file, stage))
}

fn order_of(file: &str, stage: &Stage) -> Option<Problem> {
    let mut copied = None;
    for step in &stage.steps {
        if copied.is_none() && is_context(&step.what) {
            copied = Some(step.line);
        }
        let What::Run { commands, .. } = &step.what else { continue };
        let Some((line, command)) = commands.iter().find(|(_, command)| installs_a_list(command)) else {
            continue;
        };
        // An earlier installation means that what comes after the source is only the project itself.
        let copied = copied?;
        let message = format!("the source is copied before line {line} installs the dependencies");
        let shown = command.words.join(" ");
        return Some(Problem::new(&ORDER, file, message).line(copied).value(&shown));
    }
    None
}

/// Whether a command installs what a file lists, and not the project.
fn installs_a_list(command: &Command) -> bool {
    let words = command.plain();
    let has = |wanted: &[&str]| wanted.iter().all(|wanted| words.iter().any(|word| word == wanted));
    let program = command.program();
    if let Some(arguments) = pip::arguments(command) {
        let project = |word: &String| word == "." || word.starts_with("./") || word.starts_with(".[");
        let listed = |word: &String| word.starts_with("-r") || word.starts_with("--requirement");
        return arguments.iter().any(listed) && !arguments.iter().any(project);
    }
    match program {
        "conda" | "mamba" | "micromamba" => has(&["env", "create"]) || has(&["env", "update"]),
        _ => false,
    }
}

/// The first copy of the whole context, where nothing is left out.
pub(super) fn ignore(file: &str, parsed: &Parsed) -> Option<Problem> {
    let mut steps = parsed.stages.iter().flat_map(|stage| &stage.steps);
    let step = steps.find(|step| is_context(&step.what))?;
    Some(
        Problem::new(&IGNORE, file, "copies the whole folder, and there is no .dockerignore").line(step.line),
    )
}

/// Secrets in variables, and files that hold them.
pub(super) fn secrets(file: &str, parsed: &Parsed) -> Vec<Problem> {
    let mut problems = Vec::new();
    for step in parsed.stages.iter().flat_map(|stage| &stage.steps) {
        match &step.what {
            What::Set(pairs) => {
                for (name, value) in pairs.iter().filter(|(name, value)| is_secret(name, value)) {
                    let message = format!("`{name}` holds a secret that stays in the image");
                    let shown = secret::masked(value);
                    problems.push(Problem::new(&SECRET, file, message).line(step.line).value(&shown));
                }
            }
            What::Copy { sources, from: None } => {
                for source in sources.iter().filter(|source| is_key_file(source)) {
                    let message = "a file with keys goes into the image";
                    problems.push(Problem::new(&SECRET, file, message).line(step.line).value(source));
                }
            }
            _ => {}
        }
    }
    problems
}

fn is_key_file(source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or_default();
    KEY_FILES.contains(&name) || source.split('/').any(|part| part == ".ssh")
}

/// Whether a variable's name says secret and its value could be one: long, mixed, and no reference.
fn is_secret(name: &str, value: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let named = SECRET_NAMES
        .iter()
        .any(|end| upper.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('_')));
    let mixed = value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let refers = value.contains('$')
        || value.contains("://")
        || value.contains(char::is_whitespace)
        || value.starts_with(['/', '.', '<', '{']);
    // Tokens of known forms are the business of the look at the repository.
    let known = || !secret::secrets(value).is_empty();
    named
        && value.len() >= 10
        && mixed
        && !refers
        && !secret::is_placeholder(value)
        && secret::entropy(value) >= 2.8
        && !known()
}

#[cfg(test)]
mod tests {
    use super::super::parsed;
    use super::*;

    fn parsed(text: &str) -> Parsed {
        parsed::read(&format!("FROM a\n{text}")).expect("a container file")
    }

    #[test]
    fn source_before_dependencies_is_found_at_the_copy() {
        for text in [
            "COPY . /app\nRUN pip install -r requirements.txt\n",
            "ADD ./ /app\nRUN cd /app && python -m pip install --no-cache-dir -r requirements.txt\n",
            "COPY . .\nRUN conda env create -f environment.yml\n",
        ] {
            assert_eq!(order("f", &parsed(text)).and_then(|problem| problem.line), Some(2), "{text}");
        }
    }

    #[test]
    fn good_orders_are_silent() {
        for text in [
            "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n",
            "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nRUN pip install -r extra.txt\n",
            "COPY . .\nRUN pip install .\n",
            "COPY . .\nRUN pip install -r requirements.txt -e .\n",
            "COPY --from=b . .\nRUN pip install -r requirements.txt\n",
            "COPY src/ src/\nRUN make\n",
            "COPY . .\n",
        ] {
            assert_eq!(order("f", &parsed(text)), None, "{text}");
        }
    }

    #[test]
    fn a_copy_of_everything_wants_a_list_of_what_is_left_out() {
        assert_eq!(ignore("f", &parsed("COPY . /app\n")).and_then(|problem| problem.line), Some(2));
        assert_eq!(
            ignore("f", &parsed("COPY --chown=a:a ./ /app\n")).and_then(|problem| problem.line),
            Some(2)
        );
        assert_eq!(ignore("f", &parsed("COPY src /app\nCOPY --from=b . .\n")), None);
    }

    #[test]
    fn secrets_in_layers_are_found_and_not_shown() {
        for text in [
            "ENV API_KEY=q7w8e9r0t1z2u3\n",
            "ARG DB_PASSWORD=q7w8e9r0t1\n",
            "ENV HF_TOKEN q7w8e9r0t1z2u3\n",
            "COPY .env /app/\n",
            "COPY a.py config/id_rsa /app/\n",
            "ADD .ssh/ /root/.ssh/\n",
        ] {
            let [problem] = &secrets("f", &parsed(text))[..] else { panic!("{text}") };
            assert_eq!(problem.line, Some(2));
            assert!(!problem.value.as_deref().unwrap_or_default().contains("r0t1"), "{problem:?}");
        }
    }

    #[test]
    fn references_placeholders_and_other_variables_are_silent() {
        for text in [
            "ARG HF_TOKEN\n",
            "ENV HF_TOKEN=$HF_TOKEN\n",
            "ENV TOKENIZERS_PARALLELISM=false\n",
            "ENV JUPYTER_TOKEN=\"\"\n",
            "ENV API_KEY=your-api-key-1\n",
            "ENV TOKEN_FILE=/run/secrets/token1\n",
            "ENV SECRET=/run/secrets/token1\n",
            "ENV POSTGRES_PASSWORD=postgres\n",
            "RUN --mount=type=secret,id=token cat /run/secrets/token\n",
            "COPY .env.example /app/\n",
            "COPY --from=build /app/.env /app/\n",
        ] {
            assert_eq!(secrets("f", &parsed(text)), [], "{text}");
        }
    }
}
