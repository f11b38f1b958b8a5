//! What is wrong with a case file: every mistake with its place, its message and a next step.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

/// Mistakes that are shown of one file; who makes more has misunderstood something earlier.
const SHOWN_MAX: usize = 50;

/// What is said where no case file was found.
pub(super) const NOTHING: &str = "no case found";

/// Names among which one that was meant is looked for.
const CANDIDATES_MAX: usize = 1_000;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// Where, in bytes of the file; empty where the file as a whole is meant.
    pub span: Range<usize>,
    /// A few words under the marked place.
    pub label: String,
    /// The next step.
    pub help: String,
    /// Another place that explains the first one, with its own words.
    pub also: Option<(Range<usize>, String)>,
}

impl Finding {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, label: String::new(), help: String::new(), also: None }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn also(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.also = Some((span, label.into()));
        self
    }
}

/// Why a case could not be read: a file or folder that cannot be used, or the mistakes in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The case file, or the place where one was looked for.
    pub file: PathBuf,
    /// The mistakes, in the order of the file; at least one.
    pub findings: Vec<Finding>,
    /// The file's text; `None` where it could not be read at all.
    source: Option<String>,
    shown: String,
}

impl Error {
    /// The mistakes found in the text of a file.
    pub(super) fn mistakes(file: &Path, source: &str, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
        findings.dedup();
        let shown = file.display().to_string();
        Self { file: file.to_owned(), findings, source: Some(source.to_owned()), shown }
    }

    /// A file or folder that cannot be used at all.
    pub(super) fn unusable(path: &Path, message: impl Into<String>, help: impl Into<String>) -> Self {
        let findings = vec![Finding::new(0..0, message).help(help)];
        Self { file: path.to_owned(), findings, source: None, shown: path.display().to_string() }
    }

    /// The same error with its file shown relative to `base` where it lies below it.
    #[must_use]
    pub fn shown_from(mut self, base: &Path) -> Self {
        if let Ok(relative) = self.file.strip_prefix(base)
            && !relative.as_os_str().is_empty()
        {
            self.shown = relative.display().to_string();
        }
        self
    }

    /// Whether there is simply no case where one was looked for.
    #[must_use]
    pub fn is_about_nothing(&self) -> bool {
        self.findings.iter().any(|finding| finding.message == NOTHING)
    }

    /// All mistakes as a terminal shows them: message, file with line and column, the marked text, a next step.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let shown = self.findings.iter().take(SHOWN_MAX);
        let mut texts: Vec<String> = shown.map(|finding| self.render_one(finding, &renderer)).collect();
        if self.findings.len() > SHOWN_MAX {
            texts.push(format!("and {} more mistakes", self.findings.len() - SHOWN_MAX));
        }
        texts.join("\n\n")
    }

    fn render_one(&self, finding: &Finding, renderer: &Renderer) -> String {
        let title = Level::ERROR.primary_title(&finding.message);
        let mut group = match &self.source {
            None => title.element(Origin::path(&self.shown)),
            Some(source) => title.element(self.snippet(source, finding)),
        };
        if !finding.help.is_empty() {
            group = group.element(Level::HELP.message(printable(&finding.help)));
        }
        renderer.render(&[group])
    }

    fn snippet<'a>(
        &'a self,
        source: &'a str,
        finding: &'a Finding,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let mut primary = AnnotationKind::Primary.span(within(source, &finding.span));
        if !finding.label.is_empty() {
            primary = primary.label(printable(&finding.label));
        }
        let mut snippet = Snippet::source(source).path(&self.shown).annotation(primary);
        if let Some((span, label)) = &finding.also {
            snippet = snippet
                .annotation(AnnotationKind::Context.span(within(source, span)).label(printable(label)));
        }
        snippet
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Error {}

/// The span moved onto character boundaries inside the text, as the renderer demands.
fn within(source: &str, span: &Range<usize>) -> Range<usize> {
    let start = source.floor_char_boundary(span.start);
    let end = source.ceil_char_boundary(span.end.max(start));
    start..end
}

/// Text from a file or a path without characters that would steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// The candidate that was probably meant.
pub(super) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = |text: &str| text.to_lowercase().replace('_', "-");
    let wanted = folded(word);
    let length = wanted.chars().count();
    let far = (length / 3).max(1);
    candidates
        .into_iter()
        .take(CANDIDATES_MAX)
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= far)
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= far && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean" where something is close, else the list of what exists, else `otherwise`.
pub(super) fn did_you_mean(word: &str, candidates: &[&str], otherwise: &str) -> String {
    if let Some(meant) = closest(word, candidates.iter().copied()) {
        format!("did you mean `{meant}`?")
    } else if candidates.is_empty() {
        otherwise.to_owned()
    } else {
        format!("known: {}", listed(candidates))
    }
}

/// Names in backticks, separated by commas; long lists are cut short.
pub(super) fn listed(names: &[&str]) -> String {
    const LISTED_MAX: usize = 24;
    let mut text =
        names.iter().take(LISTED_MAX).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > LISTED_MAX {
        let _ = write!(text, " and {} more", names.len() - LISTED_MAX);
    }
    text
}
