//! The README's generated parts are what the registries say.

use std::fmt::Write as _;
use std::path::PathBuf;

const BEGIN: &str = "<!-- audits -->\n";
const END: &str = "<!-- end -->";

fn readme() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn table() -> String {
    let mut table = "| audit | finds |\n|---|---|\n".to_owned();
    for audit in driftless::audit::AUDITS {
        let _ = writeln!(table, "| `{}` | {} |", audit.name(), audit.summary());
    }
    let of = |audit: &str| -> Vec<String> {
        let wanted = |factor: &&&'static dyn driftless::vary::Factor| match factor.kind() {
            driftless::vary::Kind::Generator => audit == "seed-coverage",
            driftless::vary::Kind::Environment => audit == "nuisance",
            driftless::vary::Kind::Machine => audit == "on request",
        };
        driftless::vary::FACTORS.iter().filter(wanted).map(|factor| format!("`{}`", factor.name())).collect()
    };
    for (title, audit) in
        [("Factors", "nuisance"), ("Generators", "seed-coverage"), ("On request", "on request")]
    {
        let _ = writeln!(table, "\n{title}: {}.", of(audit).join(", "));
    }
    table
}

/// `DRIFTLESS_BLESS=1 cargo test --test it docs` writes the table.
#[test]
fn the_readme_lists_the_audits_and_factors_that_exist() {
    let text = std::fs::read_to_string(readme()).expect("a README");
    let begin = text.find(BEGIN).expect("a place for the table") + BEGIN.len();
    let end = begin + text[begin..].find(END).expect("its end");
    let wanted = format!("{}{}{}", &text[..begin], table(), &text[end..]);
    if std::env::var_os("DRIFTLESS_BLESS").is_some() {
        std::fs::write(readme(), &wanted).expect("the README can be written");
    } else {
        assert!(text == wanted, "README.md is out of date: DRIFTLESS_BLESS=1 cargo test --test it docs");
    }
}
