//! `container/root-user`.

use super::parsed::{Base, Parsed, What};
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "container/root-user",
    severity: Severity::Warning,
    summary: "an image that runs as root",
    why: "Files that it writes into a mounted folder belong to root on the host, and a later run as another user cannot \
          replace them. A fault of the program reaches everything in the container.",
    bad: "FROM python:3.12\nCMD [\"python\", \"train.py\"]",
    good: "FROM python:3.12\nRUN useradd --create-home trainer\nUSER trainer\nCMD [\"python\", \"train.py\"]",
    mend: "Create a user and name it with `USER` in the last stage.",
};

/// Parts of the names of images that set a user of their own.
const OWN_USER: [&str; 8] =
    ["nonroot", "rootless", "jupyter/", "chainguard", "cgr.dev/", "micromamba", "bitnami/", "unprivileged"];
/// Programs with which an entry point gives up being root.
const DROPS: [&str; 4] = ["gosu", "su-exec", "setpriv", "runuser"];

/// The problem of the last stage, at its `USER` or `FROM`.
pub(super) fn look(file: &str, text: &str, parsed: &Parsed) -> Option<Problem> {
    let last = parsed.stages.last()?;
    // The settings of an editor say as whom a development container is entered.
    if file.contains(".devcontainer") || DROPS.iter().any(|program| text.contains(program)) {
        return None;
    }
    let mut at = parsed.stages.len() - 1;
    loop {
        let stage = &parsed.stages[at];
        let mut users = stage.steps.iter().filter_map(|step| match &step.what {
            What::User(user) => Some((step.line, user)),
            _ => None,
        });
        if let Some((line, user)) = users.next_back() {
            let name = user.split(':').next().unwrap_or_default();
            let problem = Problem::new(&RULE, file, "the last `USER` is root").line(line).value(user);
            return ["root", "0"].contains(&name).then_some(problem);
        }
        match &stage.base {
            Base::Stage(earlier) => at = *earlier,
            // Files alone, to be copied out: nothing runs.
            Base::Scratch | Base::Open(_) => return None,
            Base::Image(image) => {
                let own = OWN_USER.iter().any(|part| image.contains(part));
                let problem = Problem::new(&RULE, file, "no `USER` is set, so it runs as root");
                return (!own).then(|| problem.line(last.line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parsed;
    use super::*;

    fn found(text: &str) -> Option<u64> {
        let parsed = parsed::read(text).expect("a container file");
        look("Dockerfile", text, &parsed)?.line
    }

    #[test]
    fn root_is_found_in_the_last_stage() {
        assert_eq!(found("FROM a\nRUN x\n"), Some(1));
        assert_eq!(found("FROM a\nUSER me\nUSER 0:0\n"), Some(3));
        assert_eq!(found("FROM a AS x\nUSER me\nFROM b\n"), Some(3));
        assert_eq!(found("FROM a AS x\nFROM x\n"), Some(2));
    }

    #[test]
    fn other_users_are_silent() {
        for text in [
            "FROM a\nUSER me\n",
            "FROM a\nUSER root\nRUN x\nUSER 1000:1000\n",
            "FROM a\nUSER $NB_UID\n",
            "FROM a AS x\nUSER me\nFROM x\nRUN y\n",
            "FROM scratch\nCOPY x /\n",
            "FROM gcr.io/distroless/python3:nonroot\n",
            "FROM quay.io/jupyter/scipy-notebook:2024-05-01\n",
            "FROM a\nRUN apt-get install gosu=1.14\nENTRYPOINT [\"/entry.sh\"]\n",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
