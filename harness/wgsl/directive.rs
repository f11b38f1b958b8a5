//! Directives that the front end rejects though it understands what they announce, taken out of a text before it is read.
//!
//! Subgroup operations are standard WGSL behind `enable subgroups;`, and naga knows them without the directive but not with it
//! (gfx-rs/wgpu issue 5555). The extensions of the language that `requires` names change nothing by themselves: what the front end
//! lacks of them it rejects where it is used, with the place. Both are replaced by blanks, so that every other place stays where
//! it was. A byte order mark, which some editors put before the first line, goes the same way.

use std::borrow::Cow;
use std::ops::Range;

/// What directives announce that naga 30 does not know by name.
const SPARE: [(&str, &[&str]); 2] = [
    ("enable", &["subgroups"]),
    (
        "requires",
        &[
            "linear_indexing",
            "subgroup_id",
            "subgroup_uniformity",
            "texture_and_sampler_let",
            "uniform_buffer_standard_layout",
            "unrestricted_pointer_parameters",
        ],
    ),
];

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The text with blanks in place of what is spare; as long as before, except for a byte order mark.
pub(super) fn without_spare(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut blank = Vec::new();
    let mut rest = Tokens { text, at: 0 };
    while let Some(directive) = directive(&mut rest) {
        blank.extend(spare(text, &directive));
    }
    if blank.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut left = text.to_owned();
    for range in blank {
        left.replace_range(range.clone(), &" ".repeat(range.len()));
    }
    Cow::Owned(left)
}

/// The tokens of the next directive, its semicolon included; `None` where none follows.
fn directive(rest: &mut Tokens<'_>) -> Option<Vec<Range<usize>>> {
    let text = rest.text;
    let first =
        rest.next().filter(|token| matches!(&text[token.clone()], "enable" | "requires" | "diagnostic"))?;
    let mut all = vec![first];
    loop {
        let token = rest.next()?;
        let ends = &text[token.clone()] == ";";
        all.push(token);
        if ends {
            return Some(all);
        }
    }
}

/// What of a directive is to become blank: names with a comma each, or all of it where no name would be left.
fn spare(text: &str, directive: &[Range<usize>]) -> Vec<Range<usize>> {
    let word = |token: &Range<usize>| &text[token.clone()];
    let Some((_, names)) = SPARE.iter().find(|(keyword, _)| *keyword == word(&directive[0])) else {
        return Vec::new();
    };
    let listed = &directive[1..directive.len() - 1];
    let is_spare = |token: &Range<usize>| names.contains(&word(token));
    if !listed.iter().any(is_spare) {
        return Vec::new();
    }
    let kept: Vec<&Range<usize>> =
        listed.iter().filter(|token| word(token) != "," && !is_spare(token)).collect();
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else { return directive.to_vec() };
    // A comma is needed between names that stay: the one after each of them but the last.
    let mut blank = Vec::new();
    let mut owed = false;
    for token in listed {
        match word(token) {
            "," if owed => owed = false,
            "," => blank.push(token.clone()),
            _ if is_spare(token) => blank.push(token.clone()),
            _ => owed = token.start >= first.start && token.start < last.start,
        }
    }
    blank
}

/// Words and single signs of WGSL, without blanks and comments.
struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Tokens<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let rest = &self.text[self.at..];
            let next = rest.chars().next()?;
            let skipped = if next.is_whitespace() {
                next.len_utf8()
            } else if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                block_comment(rest)
            } else {
                let is_word = |sign: char| sign.is_alphanumeric() || sign == '_';
                let long = match rest.find(|sign| !is_word(sign)) {
                    Some(0) => next.len_utf8(),
                    Some(long) => long,
                    None => rest.len(),
                };
                let start = self.at;
                self.at += long;
                return Some(start..self.at);
            };
            self.at += skipped;
        }
    }
}

/// Bytes of the comment that a text begins with; WGSL lets them nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_directive_for_subgroups_becomes_blank_and_nothing_moves() {
        for (before, after) in [
            ("enable subgroups;\nfn f() {}", "                 \nfn f() {}"),
            ("enable f16, subgroups;", "enable f16           ;"),
            ("enable subgroups, f16;", "enable            f16;"),
            (
                "enable f16, subgroups, dual_source_blending,;",
                "enable f16,            dual_source_blending ;",
            ),
            (
                "/* a /* b */ */ // enable f16;\nenable\tsubgroups /*c*/ ;",
                "/* a /* b */ */ // enable f16;\n      \t          /*c*/  ",
            ),
            (
                "diagnostic(off, subgroup_uniformity);\nrequires subgroup_id;",
                "diagnostic(off, subgroup_uniformity);\n                     ",
            ),
        ] {
            assert_eq!(without_spare(before), after);
        }
    }

    #[test]
    fn what_follows_the_directives_is_left_alone() {
        for text in [
            "enable f16;\nfn f() { /* enable subgroups; */ }",
            "fn f() {}\nenable subgroups;",
            "enable subgroups",
            "/*",
        ] {
            assert_eq!(without_spare(text), text);
        }
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(without_spare("\u{feff}enable f16;"), "enable f16;");
    }

    proptest! {
        #[test]
        fn any_text_keeps_its_length_and_its_lines(text in "(enable|requires|subgroups|f16|[,; \n/*é]){0,12}") {
            let left = without_spare(&text);
            prop_assert_eq!(left.len(), text.len());
            prop_assert_eq!(left.lines().count(), text.lines().count());
        }
    }
}
