//! `container/cuda-tag`.

use super::parsed::{Base, Parsed, Stage, Step, What};
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "container/cuda-tag",
    severity: Severity::Error,
    summary: "wheels for another major version of CUDA than the base image has",
    why: "Code that is compiled in the image against such wheels is refused by `torch.utils.cpp_extension`, and libraries of \
          both versions lie beside each other: which one is loaded depends on the search path. Versions with the same major \
          number go together (NVIDIA, minor version compatibility) and are not reported.",
    bad: "FROM nvidia/cuda:12.1.1-runtime-ubuntu22.04\nRUN pip install torch==2.1.0+cu118",
    good: "FROM nvidia/cuda:12.1.1-runtime-ubuntu22.04\nRUN pip install torch==2.1.0+cu121",
    mend: "Take the wheels for the image's version, or the image for that of the wheels.",
};

/// A version of CUDA.
type Version = (u32, u32);

/// The first wheel whose major version is another than its stage's image has. `lists` are the requirement files that the
/// image may install, by name and text.
pub(super) fn look(file: &str, parsed: &Parsed, lists: &[(String, String)]) -> Option<Problem> {
    parsed.stages.iter().find_map(|stage| {
        let image = image_of(parsed, stage)?;
        let own = of_image(image)?;
        let (place, (wheel, tag)) = wheels(stage, lists).find(|(_, (wheel, _))| wheel.0 != own.0)?;
        let message =
            format!("the image has CUDA {}.{}, the wheels are for {}.{}", own.0, own.1, wheel.0, wheel.1);
        let problem = match place {
            Place::Step(line) => Problem::new(&RULE, file, message).line(line),
            Place::List(name, line) => Problem::new(&RULE, name, message).line(line),
        };
        Some(problem.value(&tag))
    })
}

enum Place {
    Step(u64),
    List(String, u64),
}

fn image_of<'a>(parsed: &'a Parsed, stage: &'a Stage) -> Option<&'a str> {
    match &stage.base {
        Base::Image(image) => Some(image),
        Base::Stage(earlier) => image_of(parsed, &parsed.stages[*earlier]),
        _ => None,
    }
}

/// The version that an image's name tells: `nvidia/cuda:12.1.1-…`, `…:2.1.0-cuda12.1-…`, `…-cu121`.
fn of_image(image: &str) -> Option<Version> {
    let name = image.split('@').next().unwrap_or_default();
    let (repository, tag) = name.rsplit_once(':')?;
    if repository.ends_with("nvidia/cuda") || repository == "cuda" {
        return dotted(tag);
    }
    let lower = tag.to_ascii_lowercase();
    let after = lower.split_once("cuda").map(|(_, rest)| rest.trim_start_matches(['-', '_']));
    after.and_then(dotted).or_else(|| tags(&lower).next().map(|(version, _)| version))
}

fn dotted(text: &str) -> Option<Version> {
    let mut numbers = text.split(|letter: char| !letter.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    (8..=30).contains(&major).then_some((major, minor))
}

/// Tags of wheels such as `cu118` and `cu121`: the last digit is the minor number.
fn tags(text: &str) -> impl Iterator<Item = (Version, String)> {
    text.match_indices("cu").filter_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        let rest = &text[at + 2..];
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let alone = before.is_none_or(|letter| !letter.is_ascii_alphanumeric())
            && !after.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        let (major, minor) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
        let version = (major.parse().ok()?, minor.parse().ok()?);
        (alone && digits.len() == 3).then(|| (version, format!("cu{digits}")))
    })
}

fn wheels<'a>(
    stage: &'a Stage,
    lists: &'a [(String, String)],
) -> impl Iterator<Item = (Place, (Version, String))> + 'a {
    let installed = stage.steps.iter().flat_map(move |step| -> Vec<(Place, (Version, String))> {
        match &step.what {
            What::Run { commands, .. } => {
                let of = |line: u64, word: &str| {
                    tags(word).map(move |tag| (Place::Step(line), tag)).collect::<Vec<_>>()
                };
                commands
                    .iter()
                    .flat_map(|(line, command)| command.words.iter().flat_map(move |word| of(*line, word)))
                    .collect()
            }
            What::Set(pairs) => {
                let values = pairs.iter().flat_map(|(_, value)| tags(value).collect::<Vec<_>>());
                values.map(|tag| (Place::Step(step.line), tag)).collect()
            }
            _ => Vec::new(),
        }
    });
    let named = move |name: &str| {
        let mut words = stage.steps.iter().flat_map(Step::commands).flat_map(|(_, command)| &command.words);
        words.any(|word| word.rsplit('/').next() == name.rsplit('/').next())
    };
    let listed = lists.iter().filter(move |(name, _)| named(name)).flat_map(|(name, text)| {
        let lines = (1..).zip(text.lines());
        let lines = lines.map(|(number, line)| (number, line.split(" #").next().unwrap_or_default()));
        lines.filter(|(_, line)| !line.trim_start().starts_with('#')).flat_map(move |(number, line)| {
            tags(line).map(move |tag| (Place::List(name.clone(), number), tag)).collect::<Vec<_>>()
        })
    });
    installed.chain(listed)
}

#[cfg(test)]
mod tests {
    use super::super::parsed;
    use super::*;

    fn found(text: &str, lists: &[(&str, &str)]) -> Option<(String, Option<u64>, String)> {
        let lists: Vec<_> =
            lists.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let problem = look("Dockerfile", &parsed::read(text).expect("a container file"), &lists)?;
        Some((problem.file, problem.line, problem.value?))
    }

    #[test]
    fn another_major_version_is_found_where_the_wheel_is_named() {
        let own = |line| Some(("Dockerfile".to_owned(), Some(line), "cu118".to_owned()));
        for image in [
            "nvidia/cuda:12.1.1-devel-ubuntu22.04",
            "pytorch/pytorch:2.1.0-cuda12.1-cudnn8-runtime",
            "team/x:cu121",
        ] {
            assert_eq!(
                found(&format!("FROM {image}\nRUN pip install torch==2.1.0+cu118\n"), &[]),
                own(2),
                "{image}"
            );
        }
        let index = "FROM nvidia/cuda:12.4.0-base AS a\nFROM a\nRUN pip install torch==2.1.0 --index-url https://index.example/whl/cu118\n";
        assert_eq!(found(index, &[]), own(3));
        let list =
            "FROM nvidia/cuda:12.1.1-base\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n";
        assert_eq!(
            found(list, &[("requirements.txt", "# torch+cu118\nnumpy==1\ntorch==2.1.0+cu118\n")]),
            Some(("requirements.txt".to_owned(), Some(3), "cu118".to_owned()))
        );
    }

    #[test]
    fn equal_major_versions_and_unknown_images_are_silent() {
        for text in [
            "FROM nvidia/cuda:12.1.1-base\nRUN pip install torch==2.1.0+cu121\n",
            "FROM nvidia/cuda:12.4.1-base\nRUN pip install torch==2.1.0+cu121\n",
            "FROM nvidia/cuda:11.8.0-base\nRUN pip install torch==2.1.0+cu118\n",
            "FROM nvidia/cuda:12.1.1-base\nRUN pip install torch==2.1.0+cpu\n",
            "FROM nvidia/cuda:12.1.1-base\nRUN pip install cupy-cuda12x==13.0.0 nvidia-cudnn-cu12==8.9.2\n",
            "FROM python:3.12\nRUN pip install torch==2.1.0+cu118\n",
            "FROM nvidia/cuda:12.1.1-base\nRUN curl focus118 && x cu11800\n",
        ] {
            assert_eq!(found(text, &[]), None, "{text}");
        }
        let list = "FROM nvidia/cuda:12.1.1-base\nRUN pip install -r requirements.txt\n";
        assert_eq!(found(list, &[("old/requirements-gpu.txt", "torch==2.1.0+cu118\n")]), None);
    }
}
