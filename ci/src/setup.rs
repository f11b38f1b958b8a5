//! What a fresh Debian or Ubuntu machine lacks.

use crate::step::{Failed, Step};

/// Packages, each with what needs it.
const PACKAGES: &[(&str, &str)] = &[
    ("python3", "the cases"),
    ("python3-venv", "environments built from a lock file"),
    ("python3-numpy", "cases that compute with NumPy"),
    ("python3-pandas", "cases that read tables with pandas"),
    ("python3-sklearn", "cases that train with scikit-learn"),
    ("python3-torch", "cases that train with torch"),
    ("python3-xgboost", "cases that train with a gradient-boosting library"),
    ("perl", "cases in another language"),
    ("r-base-core", "cases in R"),
    ("gcc", "cases in C"),
    ("libc6-dev", "cases in C"),
    ("locales", "the factor `locale`: one with a decimal comma and another sort order"),
    ("mesa-vulkan-drivers", "a software adapter for kernels"),
    ("libegl1", "the same adapter through OpenGL"),
    ("libgl1-mesa-dri", "the same adapter through OpenGL"),
    ("chromium", "the tests that look at HTML reports in a browser"),
    ("fonts-dejavu-core", "letters of those pages: without fonts a browser shows boxes"),
];

/// Installs what is missing; quick where nothing is.
pub(crate) fn packages() -> Result<(), Failed> {
    if !Step::new("dpkg-query", &["--version"]).succeeds() {
        println!("not a Debian system: nothing installed; needed are {}", names(PACKAGES).join(", "));
        return Ok(());
    }
    let missing: Vec<_> = PACKAGES.iter().filter(|(name, _)| !is_installed(name)).copied().collect();
    if missing.is_empty() {
        return locale();
    }
    for (name, needed_for) in &missing {
        println!("missing: {name} ({needed_for})");
    }
    let names = names(&missing);
    let Some(prefix) = superuser() else {
        return Err(Failed(format!(
            "run this, then try again:\n  sudo apt-get install -y {}",
            names.join(" ")
        )));
    };
    apt(prefix, &["update", "-q"]).run("list of packages")?;
    let install = [&["install", "-y", "-q", "--no-install-recommends"], &names[..]].concat();
    apt(prefix, &install).run("system packages")?;
    locale()
}

/// The package of locales holds sources only.
const LOCALE: [&str; 5] = ["localedef", "-i", "de_DE", "-f", "UTF-8"];
const LOCALE_NAME: &str = "de_DE.UTF-8";

/// Compiles the locale that the factor `locale` looks for first, unless it is there.
fn locale() -> Result<(), Failed> {
    if Step::new("sh", &["-c", "locale -a | grep -qix 'de_DE.utf-\\?8'"]).succeeds() {
        return Ok(());
    }
    println!("missing: {LOCALE_NAME} (the factor `locale`: a decimal comma and another sort order)");
    let words = [&LOCALE[..], &[LOCALE_NAME]].concat();
    let Some(prefix) = superuser() else {
        return Err(Failed(format!("run this, then try again:\n  sudo {}", words.join(" "))));
    };
    let words = [prefix, &words[..]].concat();
    Step::new(words[0], &words[1..]).run("locale")
}

fn names<'a>(packages: &[(&'a str, &str)]) -> Vec<&'a str> {
    packages.iter().map(|(name, _)| *name).collect()
}

fn is_installed(package: &str) -> bool {
    // `--status` succeeds for a package that was removed but left its settings; `--list` of its files does not lie.
    Step::new("sh", &["-c", &format!("dpkg-query -W -f '${{Status}}' {package} | grep -q 'ok installed'")])
        .succeeds()
}

/// How to become the superuser: nothing to do, or `sudo` where it asks for no password.
fn superuser() -> Option<&'static [&'static str]> {
    if Step::new("sh", &["-c", "test \"$(id -u)\" = 0"]).succeeds() {
        Some(&[])
    } else if Step::new("sudo", &["-n", "true"]).succeeds() {
        Some(&["sudo", "-n"])
    } else {
        None
    }
}

fn apt(prefix: &[&str], arguments: &[&str]) -> Step {
    let words = [prefix, &["apt-get"], arguments].concat();
    Step::new(words[0], &words[1..]).env("DEBIAN_FRONTEND", "noninteractive")
}
