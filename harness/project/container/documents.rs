//! Here-documents that do not stand first in their `RUN`: `RUN python3 - <<EOF`. Builders accept them and the parser does
//! not know them, so they are blanked out for it, byte for byte, and kept here.

/// A here-document that was blanked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// Where its `RUN` begins, in bytes.
    pub(super) run: usize,
    /// Where it begins itself.
    pub(super) at: usize,
    pub(super) script: String,
}

/// The text with blanks in the place of such documents, and the documents.
pub(super) fn blanked(text: &str, escape: char) -> (String, Vec<Document>) {
    let lines = with_starts(text);
    let mut documents = Vec::new();
    let mut blank = text.as_bytes().to_vec();
    let mut at = 0;
    while at < lines.len() {
        let first = at;
        let (start, line) = lines[first];
        let mut logical = String::new();
        while let Some((_, line)) = lines.get(at) {
            at += 1;
            let is_comment = line.trim_start().starts_with('#');
            let goes_on = line.trim_end().ends_with(escape) || is_comment && !logical.is_empty();
            if !is_comment {
                logical.push_str(line);
            }
            if !goes_on {
                break;
            }
        }
        let word =
            line.trim_start().split(char::is_whitespace).next().unwrap_or_default().to_ascii_uppercase();
        if !["RUN", "COPY", "ADD"].contains(&word.as_str()) {
            continue;
        }
        let marks = marks(&logical);
        let parser_knows = word != "RUN" || marks.len() == 1 && stands_first(&logical);
        for mark in marks {
            let Some(length) = lines[at..].iter().position(|(_, line)| mark.ends(line)) else { break };
            let body = lines.get(at).map_or(text.len(), |(start, _)| *start);
            let end = lines.get(at + length + 1).map_or(text.len(), |(start, _)| *start);
            let script_end = lines[at + length].0;
            at += length + 1;
            if !parser_knows {
                let run = start + line.len() - line.trim_start().len();
                documents.push(Document { run, at: body, script: text[body..script_end].to_owned() });
                for byte in blank[body..end].iter_mut().filter(|byte| !matches!(**byte, b'\n' | b'\r')) {
                    *byte = b' ';
                }
            }
        }
    }
    // Whole lines became ASCII blanks, so what is left is still UTF-8.
    (String::from_utf8(blank).unwrap_or_else(|_| text.to_owned()), documents)
}

fn with_starts(text: &str) -> Vec<(usize, &str)> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        start += line.len();
        (start - line.len(), line)
    });
    lines.collect()
}

/// What ends a here-document.
struct Mark {
    word: String,
    tabs: bool,
}

impl Mark {
    fn ends(&self, line: &str) -> bool {
        let line = line.trim_end_matches(['\n', '\r']);
        (if self.tabs { line.trim_start_matches('\t') } else { line }) == self.word
    }
}

/// `<<WORD`, `<<-WORD`, `<<"WORD"`; three marks begin a string instead.
fn marks(line: &str) -> Vec<Mark> {
    let found = line.match_indices("<<").filter_map(|(at, mark)| {
        let rest = &line[at + mark.len()..];
        if rest.starts_with('<') || line[..at].ends_with('<') {
            return None;
        }
        let tabs = rest.starts_with('-');
        let rest = rest.trim_start_matches('-').trim_start_matches(['"', '\'']);
        let word: String =
            rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
        let starts = word.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
        starts.then_some(Mark { word, tabs })
    });
    found.collect()
}

/// Whether the document is the first word behind `RUN` and its options.
fn stands_first(line: &str) -> bool {
    let mut words = line.split_whitespace().skip(1).skip_while(|word| word.starts_with("--"));
    words.next().is_some_and(|word| word.starts_with("<<"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_documents_that_the_parser_does_not_know_are_blanked() {
        let text = "FROM x\nRUN python \\\n  - <<'EOF' > a\nimport os\nFROM y\nEOF\nRUN <<E\na\nE\nCOPY <<E /a\nRUN b <<F\nE\nRUN echo $((1<<2)) <<< x\n";
        let (blank, documents) = blanked(text, '\\');
        assert_eq!(blank, text.replace("import os\nFROM y\nEOF", "         \n      \n   "));
        assert_eq!(documents, [Document { run: 7, at: 36, script: "import os\nFROM y\n".to_owned() }]);
    }

    proptest! {
        #[test]
        fn a_text_keeps_its_length_and_its_lines(text in "(RUN [a-z]* <<E|COPY <<E|E|[\\PC]{0,5}|\\\\|#|\n){0,30}") {
            let (blank, _) = blanked(&text, '\\');
            prop_assert_eq!(blank.len(), text.len());
            prop_assert_eq!(blank.matches('\n').count(), text.matches('\n').count());
        }
    }
}
