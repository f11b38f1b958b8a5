//! `repository/secret`.

use std::path::Path;

use crate::project::secret::{self, Secret};
use crate::project::texts;
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/secret",
    severity: Severity::Error,
    summary: "a key or token in a file that version control keeps",
    why: "Whoever gets a copy of the repository gets the key, and later commits do not take it out of the history. \
          Forms are checked by their prefix, length, checksum (GitHub, npm) or entropy; the value is never shown.",
    bad: "{\"username\": \"alice\", \"key\": \"<32 hexadecimal digits>\"}",
    good: "kaggle.json in .gitignore, or KAGGLE_KEY in the environment",
    mend: "Revoke the key where it was issued, then take it out of the file and read it from the environment.",
};

/// The problems of a file, one for each secret.
pub(super) fn look(path: &Path, text: &str) -> Vec<Problem> {
    // Tests of programs that speak TLS bring keys that open nothing.
    let counts = |secret: &Secret| secret.kind != "a private key" || !texts::of_tests(path);
    let problem = |secret: Secret| {
        Problem::new(&RULE, texts::shown(path), format!("holds {}", secret.kind))
            .line(texts::line_of(text, secret.at))
            .value(&secret.masked)
    };
    secret::secrets(text).into_iter().filter(counts).map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_test_is_no_secret_and_one_beside_the_code_is() {
        let key = format!("x\n-----BEGIN {}-----\nQWERTZUIOPASDFGHJKLYXCVBNMqwertzuiopasdf\n", "PRIVATE KEY");
        assert!(look(Path::new("tests/data/key.pem"), &key).is_empty());
        let [problem] = &look(Path::new("key.pem"), &key)[..] else { panic!("not one") };
        assert_eq!((problem.line, problem.value.as_deref()), (Some(2), Some("----********")));
    }
}
