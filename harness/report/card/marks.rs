//! The part of a README that is ours, between two marks.

use super::merge::Fault;
use super::{BEGIN, END};

/// Puts a new text between the marks, or adds both at the end. `line` is the line of the file on which `text` begins.
pub(super) fn between(text: &str, body: &str, end_of_line: &str, line: usize) -> Result<String, Fault> {
    let mut begins = Vec::new();
    let mut ends = Vec::new();
    let mut offset = 0;
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        let place = Place { line: line + number, start: offset, end: offset + whole.len() };
        // At the beginning of a line only: a citation may quote our marks.
        match whole.trim_end() {
            BEGIN => begins.push(place),
            END => ends.push(place),
            _ => {}
        }
        offset += whole.len();
    }
    let body = body.replace('\n', end_of_line);
    match (begins.as_slice(), ends.as_slice()) {
        ([], []) => Ok(appended(text, &body, end_of_line)),
        ([begin], [end]) if begin.start < end.start => {
            Ok(format!("{}{body}{end_of_line}{}", &text[..begin.end], &text[end.start..]))
        }
        ([begin], []) => Err(Fault::new(begin.line, format!("`{BEGIN}` is never followed by `{END}`"))),
        ([], [end, ..]) => Err(Fault::new(end.line, format!("`{END}` without `{BEGIN}` before it"))),
        ([_, again, ..], _) => Err(Fault::new(again.line, format!("`{BEGIN}` stands twice"))),
        ([_], [_, again, ..]) => Err(Fault::new(again.line, format!("`{END}` stands twice"))),
        ([_], [end]) => Err(Fault::new(end.line, format!("`{END}` stands before `{BEGIN}`"))),
    }
}

/// A line of the file.
struct Place {
    line: usize,
    start: usize,
    end: usize,
}

fn appended(text: &str, body: &str, end_of_line: &str) -> String {
    let gap = match text {
        "" => "",
        _ if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
        _ if text.ends_with('\n') => end_of_line,
        _ => &format!("{end_of_line}{end_of_line}"),
    };
    format!("{text}{gap}{BEGIN}{end_of_line}{body}{end_of_line}{END}{end_of_line}")
}
