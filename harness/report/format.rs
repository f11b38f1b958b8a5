//! The formats of reports: one file each, all from the same [`Report`], and nothing else. A new format is a file and a line
//! in [`FORMATS`].

use super::{Report, bom, card, checklist, datasheet, github, html, json, junit, markdown, sarif, text};

/// A format.
pub struct Format {
    /// Kebab-case name, as `--format` takes it.
    pub name: &'static str,
    /// The file that it is written to in a folder of reports.
    pub file: &'static str,
    /// What it is for, in one line.
    pub summary: &'static str,
    /// Writes a report. The same report and context give the same bytes.
    pub render: fn(&Report, Context<'_>) -> String,
}

/// What a report is written beside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The session that was accepted last, for formats that say what has changed since.
    pub accepted: Option<&'a Report>,
}

/// All formats, in the order of the manual.
pub static FORMATS: &[Format] = &[
    Format {
        name: "text",
        file: "report.txt",
        summary: "for people, in a terminal",
        render: |report, _| text::render(report),
    },
    Format {
        name: "markdown",
        file: "report.md",
        summary: "for a pull request or a step's summary, with what changed since the accepted session",
        render: markdown::render,
    },
    Format {
        name: "html",
        file: "report.html",
        summary: "for people, in a browser: one page with pictures, and nothing beside it",
        render: |report, _| html::render(report),
    },
    Format {
        name: "json",
        file: "report.json",
        summary: "for machines: all that the other formats are made from",
        render: |report, _| json::render(report),
    },
    Format {
        name: "junit",
        file: "report.junit.xml",
        summary: "for services that show test results",
        render: |report, _| junit::render(report),
    },
    Format {
        name: "sarif",
        file: "report.sarif",
        summary: "for services that show what analysers found: SARIF 2.1.0",
        render: |report, _| sarif::render(report),
    },
    Format {
        name: "github",
        file: "annotations.txt",
        summary: "annotations of GitHub: print them in a step",
        render: |report, _| github::render(report),
    },
    Format {
        name: "card",
        file: "model-card.md",
        summary: "for a model hub: a model card; `--merge FILE` puts it into a README that is there",
        render: |report, _| card::render(report),
    },
    Format {
        name: "datasheet",
        file: "datasheet.md",
        summary: "for people: what the declared data hold",
        render: |report, _| datasheet::render(report),
    },
    Format {
        name: "checklist",
        file: "checklist.md",
        summary: "for people: checklists of reproducibility, answered from what ran",
        render: |report, _| checklist::render(report),
    },
    Format {
        name: "bom",
        file: "bom.cdx.json",
        summary: "for machines: a bill of materials with model cards, CycloneDX 1.6",
        render: |report, _| bom::render(report),
    },
];

/// The format of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_unique_and_plain() {
        for (place, format) in FORMATS.iter().enumerate() {
            let plain =
                |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
            assert!(format.name.chars().all(plain), "{}", format.name);
            assert!(!format.summary.is_empty() && !format.summary.ends_with('.'), "{}", format.name);
            let others = FORMATS.iter().skip(place + 1);
            assert!(others.clone().all(|other| other.name != format.name), "{}", format.name);
            assert!(others.clone().all(|other| other.file != format.file), "{}", format.file);
        }
    }

    #[test]
    fn an_empty_report_is_written_in_every_format_twice_the_same() {
        let report = Report::new(Vec::new());
        for format in FORMATS {
            let once = (format.render)(&report, Context::default());
            assert!(!once.is_empty(), "{}", format.name);
            assert_eq!(once, (format.render)(&report, Context::default()), "{}", format.name);
        }
    }
}
