//! JSON as a tree that keeps what a comparison needs and ordinary parsers drop: the digits of every number, repeated
//! keys, the order of keys, and the `NaN` and `Infinity` that Python writes although the standard (RFC 8259) has none.

use std::borrow::Cow;

/// Limit on nesting, which bounds the recursion of everything that walks a document.
const DEPTH_MAX: usize = 128;

/// A value, borrowed from the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// The digits as they stand.
    Number(&'a str),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    /// Members in the order of the text.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// Reads one document.
///
/// # Errors
/// A phrase that says what is wrong, and where.
pub(crate) fn read(text: &[u8]) -> Result<Value<'_>, String> {
    let text =
        std::str::from_utf8(text).map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to()))?;
    let mut parser = Parser { text: text.strip_prefix('\u{feff}').unwrap_or(text), at: 0 };
    let value = parser.value(DEPTH_MAX).and_then(|value| {
        parser.skip_blanks();
        if parser.at == parser.text.len() { Ok(value) } else { Err("something follows the document") }
    });
    value.map_err(|what| parser.complain(what))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn complain(&self, what: &str) -> String {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let line = before.split(|byte| *byte == b'\n').count();
        let column =
            before.len() - before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1) + 1;
        format!("{what} at line {line}, column {column}")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn accept(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, &'static str> {
        let depth = depth.checked_sub(1).ok_or("nested too deep")?;
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err("ends where a value should stand"),
        }
    }

    fn word(&mut self) -> Result<Value<'a>, &'static str> {
        let rest = &self.text[self.at..];
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Number("NaN")),
            ("Infinity", Value::Number("Infinity")),
        ];
        let found = words.into_iter().find(|(word, _)| rest.starts_with(word));
        let (word, value) = found.ok_or("no value")?;
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value<'a>, &'static str> {
        let rest = &self.text[self.at..];
        if rest.starts_with("-Infinity") {
            self.at += "-Infinity".len();
            return Ok(Value::Number("-Infinity"));
        }
        let end = rest
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let digits = &rest[..end];
        if !super::number::is_number(digits) {
            return Err("malformed number");
        }
        self.at += end;
        Ok(Value::Number(digits))
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, &'static str> {
        self.at += 1;
        let mut items = Vec::new();
        if self.accept(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.accept(b']') {
                return Ok(Value::Array(items));
            }
            if !self.accept(b',') {
                return Err("no `,` or `]`");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, &'static str> {
        self.at += 1;
        let mut members = Vec::new();
        if self.accept(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err("no key in quotes");
            }
            let key = self.string()?;
            if !self.accept(b':') {
                return Err("no `:` after a key");
            }
            members.push((key, self.value(depth)?));
            if self.accept(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.accept(b',') {
                return Err("no `,` or `}`");
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, &'static str> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let end = bytes[start..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=31));
        let end = start + end.ok_or("text without closing quote")?;
        if bytes[end] == b'"' {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        let mut text = String::new();
        loop {
            let rest = &bytes[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=31));
            let plain = plain.ok_or("text without closing quote")?;
            text.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain + 1;
            match rest[plain] {
                b'"' => return Ok(Cow::Owned(text)),
                b'\\' => text.push(self.escape()?),
                _ => return Err("control character in a text"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, &'static str> {
        let letter = self.peek().ok_or("text without closing quote")?;
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err("unknown escape"),
        })
    }

    fn unicode(&mut self) -> Result<char, &'static str> {
        let unpaired = "unpaired surrogate";
        let first = self.four_digits()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or(unpaired);
        }
        if !self.text[self.at..].starts_with("\\u") {
            return Err(unpaired);
        }
        self.at += 2;
        let second = self.four_digits()?;
        if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
            return Err(unpaired);
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(unpaired)
    }

    fn four_digits(&mut self) -> Result<u32, &'static str> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or("escape cut short")?;
        let mut code = 0;
        for digit in digits {
            code = code << 4 | char::from(*digit).to_digit(16).ok_or("escape without four digits")?;
        }
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_duplicate_keys_and_pythons_nan_are_kept() {
        let value = read(br#"{"a": 1.10, "a": NaN, "b": [-Infinity, 12345678901234567890123]}"#).unwrap();
        let Value::Object(members) = value else { panic!() };
        assert_eq!(members[0], (Cow::Borrowed("a"), Value::Number("1.10")));
        assert_eq!(members[1].1, Value::Number("NaN"));
        let numbers = vec![Value::Number("-Infinity"), Value::Number("12345678901234567890123")];
        assert_eq!(members[2].1, Value::Array(numbers));
    }

    #[test]
    fn escapes_are_undone() {
        let value = read(br#""a\n\u00fc\ud83d\ude00\"""#).unwrap();
        assert_eq!(value, Value::String(Cow::Borrowed("a\n\u{fc}\u{1f600}\"")));
    }

    #[test]
    fn corrupt_documents_name_line_and_column() {
        for (text, what) in [
            ("", "ends where a value should stand at line 1, column 1"),
            ("{\n  \"a\" 1}", "no `:` after a key at line 2, column 7"),
            ("[1 2]", "no `,` or `]` at line 1, column 4"),
            ("[01]", "malformed number at line 1, column 2"),
            ("{} x", "something follows the document at line 1, column 4"),
            ("\"abc", "text without closing quote at line 1, column 2"),
            (r#""\ud800""#, "unpaired surrogate at line 1, column 8"),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err(), what);
        }
        assert_eq!(read(b"[\xff]").unwrap_err(), "byte 1 is not UTF-8");
        assert!(read("[".repeat(100_000).as_bytes()).unwrap_err().starts_with("nested too deep"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[\\[\\]{}\",:\\\\ud80-9.eE+\u{fc} \n-]{0,40}") {
            let _ = read(text.as_bytes());
        }

        #[test]
        fn what_serde_reads_we_read(text in "[\\[\\]{}\",:1.e-]{0,12}") {
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(read(text.as_bytes()).is_ok());
            }
        }
    }
}
