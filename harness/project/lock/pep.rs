//! The only door to the library of PEP 440 and PEP 508.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr as _;

use pep508_rs::pep440_rs::{Operator, Version, VersionSpecifiers};
use pep508_rs::{
    MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree, Pep508Url, Requirement, VersionOrUrl,
};

use super::model::{Locked, Manager, Pin};

/// Letters of one requirement; the parser recurses over brackets.
const LENGTH_MAX: usize = 4096;
/// Brackets of one requirement.
const BRACKETS_MAX: usize = 32;

/// An address, kept as written: whether it can be reached is not asked here.
#[derive(Clone, Debug)]
struct Given(String);

impl fmt::Display for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Pep508Url for Given {
    type Err = std::convert::Infallible;

    fn parse_url(url: &str, _: Option<&Path>) -> Result<Self, Self::Err> {
        Ok(Self(url.to_owned()))
    }
}

fn is_sane(text: &str) -> bool {
    text.len() <= LENGTH_MAX && text.matches(['(', '[']).count() <= BRACKETS_MAX
}

/// Reads a requirement such as `numpy>=1.26 ; python_version < "3.12"`.
///
/// # Errors
/// What is wrong with it, a lowercase fragment.
pub(super) fn requirement(text: &str, file: &str, line: u64) -> Result<Locked, String> {
    if !is_sane(text) {
        return Err("is longer or has more brackets than any requirement".to_owned());
    }
    // An address may hold a `;` itself; there a blank comes before the one that begins the condition.
    let end = if text.contains('@') { text.find(" ;") } else { text.find(';') };
    let (head, condition) = end.map_or((text, None), |end| (&text[..end], Some(text[end..].trim())));
    has_names(head)?;
    let said = |error: String| error.lines().next().unwrap_or_default().to_owned();
    // The library draws a line under the place; its first line says what is wrong.
    let read = Requirement::<Given>::from_str(head.trim()).map_err(|error| said(error.to_string()))?;
    let mut locked = Locked::new(read.name.as_ref(), file, line, Manager::Pip);
    text.clone_into(&mut locked.shown);
    if let Some(condition) = condition.map(|condition| condition.trim_start_matches(';').trim()) {
        if is_plain(condition) {
            MarkerTree::parse_str::<Given>(condition).map_err(|error| said(error.to_string()))?;
        }
        locked.marker = Some(condition.to_owned());
    }
    match read.version_or_url {
        None => {}
        Some(VersionOrUrl::VersionSpecifier(specifiers)) => specify(&mut locked, &specifiers),
        Some(VersionOrUrl::Url(Given(url))) => locked.pin = of_url(&url),
    }
    Ok(locked)
}

/// Checks the name and the extras, which the library takes for granted after a look at their first letters.
fn has_names(head: &str) -> Result<(), String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let is_name = |name: &str| {
        let ends = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
        ends(name.chars().next()) && ends(name.chars().last()) && name.chars().all(is_part)
    };
    let head = head.trim();
    let end = head.find(|letter| !is_part(letter)).unwrap_or(head.len());
    let (name, rest) = head.split_at(end);
    if !is_name(name) {
        return Err(format!("`{}` does not begin with the name of a package", crate::rule::shown(head)));
    }
    let Some(extras) = rest.trim_start().strip_prefix('[') else { return Ok(()) };
    let extras = extras.split(']').next().unwrap_or_default();
    match extras.split(',').map(str::trim).find(|extra| !extra.is_empty() && !is_name(extra)) {
        Some(extra) => Err(format!("`{}` is no name of an extra", crate::rule::shown(extra))),
        None => Ok(()),
    }
}

/// Whether a condition has only comparisons that the library is made for: a variable, an operator, a text, and `~=` for
/// versions alone. It stops the whole process at others.
fn is_plain(condition: &str) -> bool {
    if !is_sane(condition) {
        return false;
    }
    let versions = ["python_version", "python_full_version", "implementation_version"];
    let mut pieces = condition.split("~=").peekable();
    while let Some(piece) = pieces.next() {
        let word = piece.trim_end().rsplit(|letter: char| letter != '_' && !letter.is_alphanumeric()).next();
        if pieces.peek().is_some_and(|_| !word.is_some_and(|word| versions.contains(&word))) {
            return false;
        }
    }
    true
}

fn specify(locked: &mut Locked, specifiers: &VersionSpecifiers) {
    let exact =
        specifiers.iter().find(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual));
    locked.pin = match exact {
        Some(_) => Pin::Exact,
        None if specifiers.is_empty() => Pin::None,
        None => Pin::Range,
    };
    locked.version = exact.map(|one| one.version().to_string());
    locked.specifiers = (!specifiers.is_empty()).then(|| specifiers.to_string());
}

/// Adds specifiers that stand apart from the name (`^1.2` is not one of them).
pub(super) fn with_specifiers(mut locked: Locked, text: &str) -> Locked {
    match VersionSpecifiers::from_str(text) {
        Ok(specifiers) => specify(&mut locked, &specifiers),
        Err(_) => locked.pin = Pin::Range,
    }
    locked.shown = format!("{} {text}", locked.shown);
    locked
}

/// Whether what lies at an address can change unseen.
pub(super) fn of_url(url: &str) -> Pin {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        None | Some("file") => return Pin::Path,
        Some(scheme) if scheme.len() == 1 => return Pin::Path,
        Some(scheme) if scheme.starts_with("git+") || scheme.starts_with("hg+") => {
            return Pin::Url { fixed: commit(url) };
        }
        Some(scheme) if !["http", "https", "ftp"].contains(&scheme) && !scheme.contains('+') => {
            return Pin::Path;
        }
        Some(_) => {}
    }
    let (address, fragment) = url.split_once('#').unwrap_or((url, ""));
    let hashed = fragment.split('&').any(|part| {
        ["sha256=", "sha384=", "sha512=", "sha1=", "md5="].iter().any(|name| part.starts_with(name))
    });
    let address = address.split('?').next().unwrap_or_default();
    let moving = ["/main.", "/master.", "/head.", "latest", "refs/heads"];
    let lower = address.to_ascii_lowercase();
    Pin::Url { fixed: hashed || !moving.iter().any(|word| lower.contains(word)) }
}

/// Whether a repository's address ends in `@` and a commit, or a tag with a digit in it.
fn commit(url: &str) -> bool {
    let address = url.split(['#', '?']).next().unwrap_or_default();
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = path.split_once('/').map_or("", |(_, path)| path);
    path.rsplit_once('@').is_some_and(|(_, reference)| {
        let hash = reference.len() >= 7 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
        hash || reference.bytes().any(|byte| byte.is_ascii_digit()) && reference.contains('.')
    })
}

/// A condition; `None` where it cannot be read.
pub(super) fn marker(text: &str) -> Option<MarkerTree> {
    if is_plain(text) { MarkerTree::parse_str::<Given>(text).ok() } else { None }
}

/// Whether two conditions can hold at once; yes where either is none or cannot be read.
pub(super) fn overlap(left: Option<&str>, right: Option<&str>) -> bool {
    match (left.and_then(marker), right.and_then(marker)) {
        (Some(left), Some(right)) => !left.is_disjoint(&right),
        _ => true,
    }
}

/// What the variables of conditions are in one interpreter.
pub(super) type Environment = MarkerEnvironment;

/// The environment of these variables.
///
/// # Errors
/// Where a version is missing or cannot be read.
pub(super) fn environment(variables: &BTreeMap<String, String>) -> Result<Environment, String> {
    let value = |name: &str| variables.get(name).map_or("", String::as_str);
    MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: value("implementation_name"),
        implementation_version: value("implementation_version"),
        os_name: value("os_name"),
        platform_machine: value("platform_machine"),
        platform_python_implementation: value("platform_python_implementation"),
        platform_release: value("platform_release"),
        platform_system: value("platform_system"),
        platform_version: value("platform_version"),
        python_full_version: value("python_full_version"),
        python_version: value("python_version"),
        sys_platform: value("sys_platform"),
    })
    .map_err(|error| format!("the interpreter's version cannot be read: {error}"))
}

/// Whether an entry is installed in an environment; yes where its condition cannot be read.
pub(super) fn holds(condition: Option<&str>, environment: &Environment) -> bool {
    condition.and_then(marker).is_none_or(|marker| marker.evaluate(environment, &[]))
}

/// Whether a version lies in a range; `None` where either cannot be read. A version before its final release counts as
/// inside where its release does, since the lock's author may have asked for it.
pub(super) fn inside(version: &str, specifiers: &str) -> Option<bool> {
    let version = Version::from_str(version).ok()?;
    let specifiers = VersionSpecifiers::from_str(specifiers).ok()?;
    Some(specifiers.contains(&version))
}

/// Whether two versions are the same (`1.0` and `1.0.0` are), a local tag counting only where both have one.
pub(super) fn same_version(left: &str, right: &str) -> bool {
    let (Ok(left_read), Ok(right_read)) = (Version::from_str(left), Version::from_str(right)) else {
        return left == right;
    };
    left_read == right_read
        || (left_read.local().is_empty() || right_read.local().is_empty())
            && left_read.without_local() == right_read.without_local()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Locked {
        requirement(text, "requirements.txt", 1).expect("a requirement")
    }

    #[test]
    fn the_pin_of_a_requirement_is_read() {
        for (text, pin) in [
            ("numpy==1.26.4", Pin::Exact),
            ("numpy===1.26.4", Pin::Exact),
            ("torch==2.1.0+cu121", Pin::Exact),
            ("numpy==1.26.*", Pin::Range),
            ("numpy>=1.2,<2", Pin::Range),
            ("numpy~=1.26", Pin::Range),
            ("numpy", Pin::None),
            ("a @ https://files.example/a-1.0-py3-none-any.whl", Pin::Url { fixed: true }),
            ("a @ https://code.example/a/archive/main.zip", Pin::Url { fixed: false }),
            ("a @ git+https://code.example/a@0123456789abcdef", Pin::Url { fixed: true }),
            ("a @ git+https://code.example/a@v1.2", Pin::Url { fixed: true }),
            ("a @ git+https://code.example/a@main", Pin::Url { fixed: false }),
            ("a @ git+ssh://git@code.example/a", Pin::Url { fixed: false }),
            ("a @ file:///home/b/a", Pin::Path),
        ] {
            assert_eq!(read(text).pin, pin, "{text}");
        }
    }

    #[test]
    fn conditions_that_exclude_each_other_do_not_overlap() {
        let (old, new) = (Some("python_version < '3.10'"), Some("python_version >= '3.10'"));
        assert!(!overlap(old, new));
        assert!(overlap(old, Some("sys_platform == 'linux'")));
        assert!(overlap(None, new));
    }

    #[test]
    fn a_local_tag_counts_only_where_both_sides_have_one() {
        assert!(same_version("2.1.0+cu121", "2.1.0"));
        assert!(same_version("1.0", "1.0.0"));
        assert!(!same_version("2.1.0+cu121", "2.1.0+cpu"));
        assert!(!same_version("2.1.0", "2.1.1"));
    }

    #[test]
    fn a_wheel_with_a_local_tag_is_inside_the_range_of_its_version() {
        for range in ["==2.1.0", "<=2.1.0", ">=2.1.0,<3", "~=2.1"] {
            assert_eq!(inside("2.1.0+cu121", range), Some(true), "{range}");
        }
        assert_eq!(inside("2.2.0rc1", ">=2.1"), Some(true));
        assert_eq!(inside("2.1.0", "!=2.1.0"), Some(false));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_library_panic(text in "\\PC{0,80}", odd in "[a-z0-9 ;@=<>!~.\\[\\]()'\"_,+*-]{0,80}") {
            for text in [&text, &odd] {
                let _ = requirement(text, "x", 1);
                let _ = marker(text);
                let _ = inside(text, text);
            }
        }

        #[test]
        fn no_condition_makes_the_library_panic(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("python_version"), Just("python_full_version"), Just("sys_platform"), Just("extra"), Just("=="), Just(">="),
                    Just("~="), Just("in"), Just("not in"), Just("<"), Just("==="), Just("'3.8'"), Just("'3.*'"), Just("'linux'"),
                    Just("and"), Just("or"), Just("("), Just(")"), Just("platform_machine"), Just("'3.8 3.9'"),
                ],
                1..12,
            )
        ) {
            let text = parts.join(" ");
            let read = requirement(&format!("a ; {text}"), "x", 1);
            if let Ok(read) = read {
                let _ = overlap(read.marker.as_deref(), Some("python_version > '3.8'"));
            }
        }
    }
}
