//! The README's generated parts are what the registries say.

use std::fmt::Write as _;
use std::path::PathBuf;

const AUDITS: &str = "<!-- audits -->\n";
const FORMATS: &str = "<!-- formats -->\n";
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

fn formats() -> String {
    let mut table = "| format | file | |\n|---|---|---|\n".to_owned();
    for format in driftless::report::format::FORMATS {
        let _ = writeln!(table, "| `{}` | `{}` | {} |", format.name, format.file, format.summary);
    }
    table
}

/// The text with what is generated below a mark.
fn renewed(text: &str, mark: &str, table: &str) -> String {
    let begin = text.find(mark).expect("a place for the table") + mark.len();
    let end = begin + text[begin..].find(END).expect("its end");
    format!("{}{table}{}", &text[..begin], &text[end..])
}

/// `DRIFTLESS_BLESS=1 cargo test --test it docs` writes the tables.
#[test]
fn the_readme_lists_the_audits_factors_and_formats_that_exist() {
    let text = std::fs::read_to_string(readme()).expect("a README");
    let wanted = renewed(&renewed(&text, AUDITS, &table()), FORMATS, &formats());
    if std::env::var_os("DRIFTLESS_BLESS").is_some() {
        std::fs::write(readme(), &wanted).expect("the README can be written");
    } else {
        assert!(text == wanted, "README.md is out of date: DRIFTLESS_BLESS=1 cargo test --test it docs");
    }
}
