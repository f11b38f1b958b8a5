//! `container/unpinned-base` and `container/no-digest`.

use std::collections::BTreeSet;

use super::parsed::{Base, Parsed, What};
use crate::rule::{Looked, Problem, Rule, Severity};

pub(super) const UNPINNED: Rule = Rule {
    name: "container/unpinned-base",
    severity: Severity::Error,
    summary: "a base image with no tag, or with `latest`",
    why: "The name stands for whatever was pushed last. The same file gives another system, another Python and other \
          libraries next month, and the build cache hides it until another machine builds.",
    bad: "FROM python",
    good: "FROM python:3.12.4-slim-bookworm@sha256:…",
    mend: "Name a version, and its digest: `docker buildx imagetools inspect IMAGE` prints it.",
};

pub(super) const DIGEST: Rule = Rule {
    name: "container/no-digest",
    severity: Severity::Warning,
    summary: "a base image with a tag and no digest",
    why: "A tag can be pushed again: `3.12-slim` is rebuilt whenever its distribution has updates. Only a digest names bytes.",
    bad: "FROM python:3.12-slim",
    good: "FROM python:3.12-slim@sha256:…",
    mend: "Add the digest behind the tag: `docker buildx imagetools inspect IMAGE` prints it.",
};

/// Tags that move with every release.
const MOVING: [&str; 1] = ["latest"];

/// Where images come from: `FROM`, `COPY --from` and `RUN --mount=from`.
pub(super) fn look(file: &str, parsed: &Parsed) -> Looked {
    let mut looked = Looked::default();
    let mut seen = BTreeSet::new();
    for stage in &parsed.stages {
        match &stage.base {
            Base::Image(image) if seen.insert(image.clone()) => {
                looked.problems.extend(of_image(file, image, stage.line));
            }
            Base::Open(image) => {
                looked
                    .not_checked
                    .push(format!("{file}: base image `{image}` is only known when it is built"));
            }
            _ => {}
        }
    }
    for (line, image) in borrowed(parsed) {
        if seen.insert(image.clone()) && is_moving(&image) {
            let mut problem = Problem::new(&UNPINNED, file, "files come from an image that moves");
            // One program copied from an image, such as an installer, decides less than the whole system.
            problem.severity = Severity::Warning;
            looked.problems.push(problem.line(line).value(&image));
        }
    }
    looked
}

fn of_image(file: &str, image: &str, line: u64) -> Option<Problem> {
    if has_digest(image) {
        return None;
    }
    let problem = if is_moving(image) {
        let message = match tag(image) {
            Some(tag) => format!("the tag `{tag}` moves with every release"),
            None => "the base image has no tag, so it is `latest`".to_owned(),
        };
        Problem::new(&UNPINNED, file, message)
    } else {
        Problem::new(&DIGEST, file, "the base image has a tag, which can be pushed again, and no digest")
    };
    Some(problem.line(line).value(image))
}

fn is_moving(image: &str) -> bool {
    !has_digest(image) && tag(image).is_none_or(|tag| MOVING.contains(&tag))
}

fn has_digest(image: &str) -> bool {
    image.split_once("@sha256:").is_some_and(|(_, digest)| digest.len() == 64)
}

/// What stands behind the last colon, unless that is the port of a registry.
pub(super) fn tag(image: &str) -> Option<&str> {
    let name = image.split('@').next().unwrap_or_default();
    name.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'))
}

/// Images from which files are copied or mounted, with their lines; stages and variables are none.
fn borrowed(parsed: &Parsed) -> Vec<(u64, String)> {
    let stages: BTreeSet<String> = parsed
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_ref())
        .map(|name| name.to_lowercase())
        .collect();
    let steps = parsed.stages.iter().flat_map(|stage| &stage.steps);
    let images = steps.flat_map(|step| {
        let from: Vec<String> = match &step.what {
            What::Copy { from, .. } => from.iter().cloned().collect(),
            What::Run { mounts, .. } => {
                let parts = mounts.iter().flat_map(|mount| mount.split(','));
                parts.filter_map(|part| part.strip_prefix("from=")).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        from.into_iter().map(|image| (step.line, image))
    });
    // A name without slash and colon may be a context that the command line names.
    let is_image = |image: &str| {
        image.contains(['/', ':']) && !image.contains('$') && !stages.contains(&image.to_lowercase())
    };
    images.filter(|(_, image)| is_image(image)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parsed;
    use super::*;

    fn found(text: &str) -> Vec<(String, u64, Severity)> {
        let looked = look("Dockerfile", &parsed::read(text).expect("a container file"));
        let of = |problem: Problem| (problem.rule, problem.line.unwrap_or_default(), problem.severity);
        looked.problems.into_iter().map(of).collect()
    }

    const DIGEST: &str = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn images_that_move_are_found() {
        let unpinned = |line| (UNPINNED.name.to_owned(), line, Severity::Error);
        for image in
            ["python", "python:latest", "registry.example:5000/team/python", "registry.example/p:latest"]
        {
            assert_eq!(found(&format!("# base\nFROM {image}\n")), [unpinned(2)], "{image}");
        }
        assert_eq!(found("ARG TAG=latest\nFROM python:$TAG\n"), [unpinned(2)]);
        assert_eq!(found("FROM --platform=linux/amd64 python AS x\nFROM x\n"), [unpinned(1)]);
        let from = format!("FROM a:1{DIGEST}\nCOPY --from=registry.example/uv:latest /uv /bin/\n");
        assert_eq!(found(&from), [(UNPINNED.name.to_owned(), 2, Severity::Warning)]);
    }

    #[test]
    fn a_tag_alone_is_worth_a_look() {
        let digest = |line| (super::DIGEST.name.to_owned(), line, Severity::Warning);
        assert_eq!(found("FROM python:3.12\nFROM python:3.12\n"), [digest(1)]);
        assert_eq!(found("ARG V=3.12\nFROM python:${V}-slim\n"), [digest(2)]);
    }

    #[test]
    fn digests_stages_and_scratch_are_silent() {
        for text in [
            format!("FROM python:3.12{DIGEST}\n"),
            format!("FROM python{DIGEST} AS build\nFROM build\nFROM scratch\nCOPY --from=build /a /b\n"),
            format!("FROM a{DIGEST}\nCOPY --from=registry.example/uv:0.4.1 /uv /bin/\nCOPY --from=0 /a /b\n"),
            format!("FROM a{DIGEST} AS b\nRUN --mount=type=bind,from=b,target=/x true\n"),
        ] {
            assert_eq!(found(&text), [], "{text}");
        }
        let looked = look("Dockerfile", &parsed::read("ARG V\nFROM python:$V\n").expect("a container file"));
        assert_eq!(looked.not_checked, ["Dockerfile: base image `python:$V` is only known when it is built"]);
    }
}
