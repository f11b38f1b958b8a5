//! The pages of the rules about a submission file.

use crate::rule::{Problem, Rule, Severity};

/// The same problem, where it is not certain that it is one.
pub(super) fn soft(mut problem: Problem) -> Problem {
    problem.severity = Severity::Warning;
    problem
}

pub(super) const HEADER: Rule = Rule {
    name: "submission/header",
    severity: Severity::Error,
    summary: "a header that is not exactly the sample's",
    why: "Scorers look columns up by name, and names are compared byte by byte: `Target`, `target ` and `target` are three columns. Some scorers go by place instead, so that a different order of columns swaps predictions without any message.",
    bad: "Id,Target\n1,0.5",
    good: "id,target\n1,0.5",
    mend: "Write the sample's header; `driftless gate FILE --sample SAMPLE --fix OUT` puts columns into its order.",
};

pub(super) const INDEX_COLUMN: Rule = Rule {
    name: "submission/index-column",
    severity: Severity::Error,
    summary: "a column that only numbers the rows",
    why: "pandas writes the index of a data frame as a first column without a name, which the next reader calls `Unnamed: 0`. The file then has one column more than the sample.",
    bad: ",id,target\n0,a,0.5",
    good: "id,target\na,0.5",
    mend: "Write the file without the index: in pandas `to_csv(..., index=False)`; `--fix OUT` drops the column.",
};

pub(super) const DELIMITER: Rule = Rule {
    name: "submission/delimiter",
    severity: Severity::Error,
    summary: "another character between fields than the sample has",
    why: "A file with semicolons or tabs is one wide column for a reader that expects commas. Spreadsheet programs write semicolons where the locale has a decimal comma.",
    bad: "id;target\n1;0.5",
    good: "id,target\n1,0.5",
    mend: r#"Write the file with the sample's delimiter: in pandas `to_csv(..., sep=",")`."#,
};

pub(super) const ROW_COUNT: Rule = Rule {
    name: "submission/row-count",
    severity: Severity::Error,
    summary: "more or fewer rows than the sample",
    why: "Where rows have no ids, predictions are matched by place: one row too few shifts all that follow.",
    bad: "target\n0.5",
    good: "target\n0.5\n0.7",
    mend: "Predict every row of the test file once, and look for rows that a join or a filter dropped or doubled.",
};

pub(super) const ID_DUPLICATE: Rule = Rule {
    name: "submission/id-duplicate",
    severity: Severity::Error,
    summary: "an id that stands in more rows than it may",
    why: "Which of the rows is scored is left to chance, or the file is refused. A join on a key that is not unique doubles rows silently.",
    bad: "id,target\n1,0.5\n1,0.7",
    good: "id,target\n1,0.5\n2,0.7",
    mend: "Write each id once; if several rows for one id are meant, say `--ids-may-repeat`.",
};

pub(super) const ID_MISSING: Rule = Rule {
    name: "submission/id-missing",
    severity: Severity::Error,
    summary: "an id of the sample or the test file that has no row",
    why: "Most scorers refuse the file; others take the missing predictions as wrong.",
    bad: "id,target\n1,0.5",
    good: "id,target\n1,0.5\n2,0.7",
    mend: "Predict every row of the test file, and look for rows that a join or a filter dropped.",
};

pub(super) const ID_EXTRA: Rule = Rule {
    name: "submission/id-extra",
    severity: Severity::Error,
    summary: "an id that neither the sample nor the test file has",
    why: "A row nobody asked for makes scorers refuse the file, or stands where a wanted row should: often it comes from the training set.",
    bad: "id,target\n1,0.5\n9,0.7",
    good: "id,target\n1,0.5\n2,0.7",
    mend: "Take the ids from the test file and leave out all others.",
};

pub(super) const ID_TYPE: Rule = Rule {
    name: "submission/id-type",
    severity: Severity::Error,
    summary: "an id that was read as another type and written differently",
    why: "Read as a number, `007` becomes `7`; in a column with a gap, `1` becomes `1.0`. Ids are compared as text, so that none is found again.",
    bad: "id,target\n7,0.5",
    good: "id,target\n007,0.5",
    mend: r#"Read ids as text: in pandas `read_csv(..., dtype={"id": str})`."#,
};

pub(super) const ORDER: Rule = Rule {
    name: "submission/order",
    severity: Severity::Error,
    summary: "rows in another order than the sample's",
    why: "A scorer that compares row by row gives a bad score and no message. Groupings, joins and sets change the order of rows.",
    bad: "id,target\n2,0.7\n1,0.5",
    good: "id,target\n1,0.5\n2,0.7",
    mend: "Put the rows into the sample's order; `driftless gate FILE --sample SAMPLE --fix OUT` does it. Where order is free, say `--order any`.",
};

pub(super) const NOT_FINITE: Rule = Rule {
    name: "submission/not-finite",
    severity: Severity::Error,
    summary: "a prediction that is NaN, infinite or too large for 64 bits",
    why: "A metric over one NaN is NaN. It comes from a division by zero, a logarithm of zero, an overflow, or a join that found no partner.",
    bad: "id,target\n1,nan",
    good: "id,target\n1,0.5",
    mend: "Find the row's inputs and mend the prediction; a filled-in value hides the fault.",
};

pub(super) const EMPTY_VALUE: Rule = Rule {
    name: "submission/empty-value",
    severity: Severity::Error,
    summary: "a prediction that is empty or a word for a missing value",
    why: "pandas writes NaN as an empty cell, other programs as `None`, `NULL` or `NA`. Where the sample has numbers, scorers refuse them or fill in what they like.",
    bad: "id,target\n1,",
    good: "id,target\n1,0.5",
    mend: "Find the row's inputs and mend the prediction; if a missing value is meant, allow its spelling with `--null TEXT`.",
};

pub(super) const NOT_A_NUMBER: Rule = Rule {
    name: "submission/not-a-number",
    severity: Severity::Error,
    summary: "a text where the sample's column holds numbers",
    why: "One such cell turns the whole column into text for most readers. Words, hexadecimal digits, thousands separators, digits of other scripts and hidden characters all do that.",
    bad: "id,target\n1,1_000",
    good: "id,target\n1,1000",
    mend: "Write the number in plain digits with a point.",
};

pub(super) const RANGE: Rule = Rule {
    name: "submission/range",
    severity: Severity::Error,
    summary: "a prediction outside the declared range",
    why: "Log-loss of a probability above one is not defined, and a negative count is no count. Often a link function was forgotten, or applied twice.",
    bad: "id,target\n1,1.2",
    good: "id,target\n1,0.8",
    mend: "Find out why the model leaves the range; clip only what is rounding.",
};

pub(super) const LABEL: Rule = Rule {
    name: "submission/label",
    severity: Severity::Error,
    summary: "a prediction that is none of the declared labels",
    why: "An unknown class counts as wrong, or the file is refused. Often a label encoder was not inverted.",
    bad: "id,class\n1,2",
    good: "id,class\n1,dog",
    mend: "Write the labels as the contest spells them.",
};

pub(super) const PROBABILITY_SUM: Rule = Rule {
    name: "submission/probability-sum",
    severity: Severity::Error,
    summary: "probabilities of a row that do not sum to one",
    why: "Scorers either refuse such rows or rescale them, which changes the score. Averaged or rounded predictions no longer sum to one.",
    bad: "id,a,b\n1,0.9,0.3",
    good: "id,a,b\n1,0.75,0.25",
    mend: "Divide each row by its sum before writing it; declare `--sum-to-one TOLERANCE` for the rounding of the format.",
};

pub(super) const CONSTANT: Rule = Rule {
    name: "submission/constant",
    severity: Severity::Warning,
    summary: "one and the same prediction in all rows",
    why: "It is what the sample holds, and what a model predicts that learned nothing. No check of the format objects to it.",
    bad: "id,target\n1,0.5\n2,0.5\n3,0.5",
    good: "id,target\n1,0.5\n2,0.1\n3,0.7",
    mend: "Check that the predictions were written and not the sample's placeholder; if it is meant, say `--constant`.",
};

pub(super) const BOM: Rule = Rule {
    name: "submission/bom",
    severity: Severity::Error,
    summary: "a byte order mark at the beginning",
    why: "The three bytes EF BB BF become a part of the first column's name for readers that do not expect them, which then find no such column.",
    bad: r"\u{feff}id,target",
    good: "id,target",
    mend: r#"Write plain UTF-8: in pandas `encoding="utf-8"` instead of `utf-8-sig`; `--fix OUT` drops it."#,
};

pub(super) const ENCODING: Rule = Rule {
    name: "submission/encoding",
    severity: Severity::Error,
    summary: "bytes that are not UTF-8",
    why: "Readers refuse the file, or replace the letters, and then the id or label is another. Windows programs write UTF-16 and code page 1252.",
    bad: "id,name\n1,caf\\xe9",
    good: "id,name\n1,café",
    mend: r#"Write the file as UTF-8: in pandas `to_csv(..., encoding="utf-8")`."#,
};

pub(super) const LINE_END: Rule = Rule {
    name: "submission/line-end",
    severity: Severity::Error,
    summary: r"lines that end with something other than \n, or as the sample's do",
    why: r#"Readers that split at \n leave \r at the end of the last field, so that `0.5` is no number and `dog` no label. Python writes \r\r\n on Windows where a file is opened without `newline=""`."#,
    bad: r"id,target\r\n",
    good: r"id,target\n",
    mend: r#"Write \n: in pandas `lineterminator="\n"`, in Python `open(..., newline="\n")`; `--fix OUT` mends it."#,
};

pub(super) const FINAL_NEWLINE: Rule = Rule {
    name: "submission/final-newline",
    severity: Severity::Error,
    summary: "a file that does not end with exactly one newline, or as the sample does",
    why: "Programs that count or join lines lose the last one, or see an empty row at the end.",
    bad: r"id,target\n1,0.5",
    good: r"id,target\n1,0.5\n",
    mend: "End the file with one newline; `--fix OUT` does it.",
};

pub(super) const BLANK_LINE: Rule = Rule {
    name: "submission/blank-line",
    severity: Severity::Error,
    summary: "a blank line, or one of delimiters only, between rows",
    why: "Some readers pass over it, others read a row of missing values and count one row too many.",
    bad: "id,target\n1,0.5\n\n2,0.7",
    good: "id,target\n1,0.5\n2,0.7",
    mend: r#"Leave the line out; `--fix OUT` drops it. In Python open the file with `newline=""` before writing with `csv`."#,
};

pub(super) const TRAILING_COMMA: Rule = Rule {
    name: "submission/trailing-comma",
    severity: Severity::Error,
    summary: "a delimiter at the end of rows",
    why: "It makes a column without name or values. pandas then takes the first column for an index, and all others shift by one.",
    bad: "id,target\n1,0.5,",
    good: "id,target\n1,0.5",
    mend: "Leave it out; `--fix OUT` drops it.",
};

pub(super) const RAGGED: Rule = Rule {
    name: "submission/ragged",
    severity: Severity::Error,
    summary: "a row with more or fewer fields than the header",
    why: "Readers refuse the file, fill the row up or shift its values. A text with a comma needs quotes (RFC 4180).",
    bad: "id,text\n1,a,b",
    good: "id,text\n1,\"a,b\"",
    mend: "Write the file with a CSV library, which quotes what needs it.",
};

pub(super) const QUOTE: Rule = Rule {
    name: "submission/quote",
    severity: Severity::Error,
    summary: "a quote that is never closed, or stands inside a field without quotes around it",
    why: "An open quote swallows everything up to the next one. RFC 4180 allows quotes only around a whole field, doubled inside it.",
    bad: "id,text\n1,\"a\" b",
    good: "id,text\n1,\"\"\"a\"\" b\"",
    mend: "Write the file with a CSV library, which doubles quotes inside quoted fields.",
};

pub(super) const NUL: Rule = Rule {
    name: "submission/nul",
    severity: Severity::Error,
    summary: "NUL bytes in the text",
    why: "Readers stop at them, drop them or refuse the file. They come from fixed-width buffers, from UTF-16, or from a write that a full disk cut short.",
    bad: "id,name\n1,a\\u{0}",
    good: "id,name\n1,a",
    mend: "Find the program that writes them; the file may be damaged elsewhere as well.",
};

pub(super) const DECIMAL_COMMA: Rule = Rule {
    name: "submission/decimal-comma",
    severity: Severity::Error,
    summary: "numbers with a decimal comma",
    why: "A reader takes `0,5` for two fields or for a text. The locale decides in spreadsheet programs, in R's `write.csv2` and in C's `printf`.",
    bad: "id,target\n1,\"0,5\"",
    good: "id,target\n1,0.5",
    mend: r#"Write numbers with a point: in pandas `to_csv(..., decimal=".")`, elsewhere under the locale `C`."#,
};

pub(super) const FLOAT_FORMAT: Rule = Rule {
    name: "submission/float-format",
    severity: Severity::Error,
    summary: "a number that does not have the declared decimals, or has an exponent",
    why: "A declared format makes equal predictions equal bytes, so that two files can be compared by their digest.",
    bad: "id,target\n1,5e-1",
    good: "id,target\n1,0.500000",
    mend: r#"Write numbers with a fixed format: in pandas `to_csv(..., float_format="%.6f")`."#,
};

pub(super) const SIZE: Rule = Rule {
    name: "submission/size",
    severity: Severity::Error,
    summary: "a file that is empty, or smaller or larger than declared",
    why: "A file far from its usual size was cut short, or holds what it should not. Contest sites have upper limits.",
    bad: "(0 bytes)",
    good: "id,target\n1,0.5",
    mend: "Write the file again and see whether the program ended well.",
};

pub(super) const WHITESPACE: Rule = Rule {
    name: "submission/whitespace",
    severity: Severity::Warning,
    summary: "blanks around numbers, or around ids that have none in the sample",
    why: "Some readers strip them from numbers, others take the column for text. Ids with blanks are other ids, which is an error.",
    bad: "id,target\n1, 0.5",
    good: "id,target\n1,0.5",
    mend: "Leave the blanks out; `--fix OUT` drops those around numbers.",
};

/// All of them.
pub(super) const ALL: &[Rule] = &[
    HEADER,
    INDEX_COLUMN,
    DELIMITER,
    ROW_COUNT,
    ID_DUPLICATE,
    ID_MISSING,
    ID_EXTRA,
    ID_TYPE,
    ORDER,
    NOT_FINITE,
    EMPTY_VALUE,
    NOT_A_NUMBER,
    RANGE,
    LABEL,
    PROBABILITY_SUM,
    CONSTANT,
    BOM,
    ENCODING,
    LINE_END,
    FINAL_NEWLINE,
    BLANK_LINE,
    TRAILING_COMMA,
    RAGGED,
    QUOTE,
    NUL,
    DECIMAL_COMMA,
    FLOAT_FORMAT,
    SIZE,
    WHITESPACE,
];
