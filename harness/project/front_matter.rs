//! The keys of YAML front matter and the lines they stand on, so that single keys can be replaced without touching
//! anything else.

use granit_parser::{Event, Parser};

/// A key on the top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: String,
    /// Its line, from 1.
    pub(crate) line: usize,
    /// Its value, where that is a scalar.
    pub(crate) scalar: Option<String>,
}

/// Why a text cannot be taken for front matter: the line, from 1, and a lowercase fragment.
pub(crate) type Fault = (usize, String);

/// Nodes of one front matter; beyond that it is not read.
const NODES_MAX: usize = 100_000;

/// The top-level keys of YAML between two `---` lines, in the order of the file. Comments alone hold no key.
///
/// # Errors
/// What is not valid YAML, is no mapping in lines of its own from the first column on, or has a key twice.
pub(crate) fn keys(yaml: &str) -> Result<Vec<Key>, Fault> {
    let mut keys: Vec<Key> = Vec::new();
    let (mut depth, mut documents, mut is_key) = (0_usize, 0, true);
    for (count, event) in Parser::new_from_str(yaml).enumerate() {
        let (event, span) =
            event.map_err(|error| (error.marker().line(), format!("not valid YAML: {error}")))?;
        let (line, column) = (span.start.line(), span.start.col());
        if count > NODES_MAX {
            return Err((line, "too many values for front matter".to_owned()));
        }
        match event {
            Event::DocumentStart(..) => documents += 1,
            Event::MappingStart(..) if depth == 0 => {
                if yaml
                    .lines()
                    .nth(line.saturating_sub(1))
                    .is_some_and(|text| text.trim_start().starts_with('{'))
                {
                    return Err((line, "the keys do not stand in lines of their own".to_owned()));
                }
                depth = 1;
            }
            // Comments alone are an empty scalar.
            Event::Scalar(text, ..) if depth == 0 && text.is_empty() => {}
            Event::Scalar(..) | Event::SequenceStart(..) if depth == 0 => {
                return Err((line, "not a mapping of keys to values".to_owned()));
            }
            Event::Scalar(text, ..) if depth == 1 && is_key => {
                if column > 0 {
                    return Err((line, format!("the key `{text}` does not begin in the first column")));
                }
                if keys.iter().any(|key| key.name == text) {
                    return Err((line, format!("the key `{text}` stands twice")));
                }
                keys.push(Key { name: text.into_owned(), line, scalar: None });
                is_key = false;
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if depth == 1 && is_key {
                    return Err((line, "a key that is no text".to_owned()));
                }
                depth += 1;
            }
            Event::MappingEnd | Event::SequenceEnd => {
                depth -= 1;
                is_key |= depth == 1;
            }
            Event::Scalar(text, ..) if depth == 1 => {
                if let Some(key) = keys.last_mut() {
                    key.scalar = Some(text.into_owned());
                }
                is_key = true;
            }
            Event::Alias(_) if depth == 1 => is_key = !is_key,
            _ => {}
        }
        if documents > 1 {
            return Err((line, "more than one YAML document".to_owned()));
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(yaml: &str) -> Vec<(String, usize)> {
        keys(yaml).expect("front matter").into_iter().map(|key| (key.name, key.line)).collect()
    }

    #[test]
    fn keys_are_found_with_their_lines() {
        let yaml = "# a comment\nlicense: mit # why\ntags:\n- a\n- b: {c: d}\ntext: |\n  model-index: no key\n\"quoted\": [1,\n  2]\nlast:\n";
        let wanted = [("license", 2), ("tags", 3), ("text", 6), ("quoted", 8), ("last", 10)];
        assert_eq!(names(yaml), wanted.map(|(name, line)| (name.to_owned(), line)));
        assert_eq!(names(""), []);
        assert_eq!(names("# only\n"), []);
    }

    #[test]
    fn what_is_no_front_matter_is_told_with_its_line() {
        for (yaml, line, part) in [
            ("a: b\na: c\n", 2, "stands twice"),
            ("a: [1\nb: 2\n", 2, "not valid YAML"),
            ("- a\n", 1, "not a mapping"),
            ("just text\n", 1, "not a mapping"),
            ("{a: b}\n", 1, "lines of their own"),
            ("  a: b\n", 1, "first column"),
        ] {
            let (at, message) = keys(yaml).expect_err(yaml);
            assert!(message.contains(part), "{yaml}: {message}");
            assert_eq!(at, line, "{yaml}: {message}");
        }
    }
}
