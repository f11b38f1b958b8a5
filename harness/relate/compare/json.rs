//! JSON, value by value. The order of keys, blanks and the spelling of equal numbers belong to the container.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use super::floats::{Floats, Pair};
use super::rows;
use super::tally::{Spot, Tally, count_of, shorten};
use crate::artifact::json::{self, Value};
use crate::artifact::number::{self, Written};
use crate::artifact::table::{Cell, Hashers};
use crate::artifact::text::Lines;
use crate::artifact::{Artifact, Error, Origin, open};
use crate::relate::{Class, Difference, Place};

/// Limit on a document, whose tree takes several times its size: 256 MiB.
const DOCUMENT_BYTES_MAX: u64 = 256 << 20;

/// Compares two documents.
pub(super) fn compare(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let (ours, theirs) = (left.origin(), right.origin());
    let texts = (open::whole(&ours, DOCUMENT_BYTES_MAX)?, open::whole(&theirs, DOCUMENT_BYTES_MAX)?);
    let first = json::read(&texts.0).map_err(|what| ours.malformed(what))?;
    let second = json::read(&texts.1).map_err(|what| theirs.malformed(what))?;
    let mut walk = Walk::new(None);
    walk.values(&first, &second);
    Ok(walk.finish())
}

/// Compares two files with a document on every line. Counts are of lines.
pub(super) fn compare_lines(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let (ours, theirs) = (left.origin(), right.origin());
    let (mut here, mut there) = (Lines::open(&ours)?, Lines::open(&theirs)?);
    let mut tally = Tally::new();
    let mut counts = [0_u64; 2];
    // As for text: equal lines cancel out, and what is left says whether only the order differs.
    let mut balance = 0_u128;
    loop {
        let sides = (next(&mut here)?, next(&mut there)?);
        counts[0] += u64::from(sides.0);
        counts[1] += u64::from(sides.1);
        if sides == (false, false) {
            break;
        }
        let line = if sides.0 { here.number() } else { there.number() };
        if sides == (true, true) && here.line() == there.line() {
            tally.compared(1);
            continue;
        }
        let first = sides.0.then(|| document(&ours, here.number(), here.line())).transpose()?;
        let second = sides.1.then(|| document(&theirs, there.number(), there.line())).transpose()?;
        let part = documents(line, first.as_ref(), second.as_ref());
        if part.class > Class::ContainerOnly {
            let hash = |value: Option<&Value<'_>>| {
                value.map_or(0, |value| Hashers::of(|hasher| feed(value, hasher)))
            };
            balance = balance.wrapping_add(hash(first.as_ref())).wrapping_sub(hash(second.as_ref()));
        }
        tally.absorb(&format!("line {line}"), part);
    }
    if counts[0] != counts[1] {
        tally.note(format!(
            "{} on one side, {} on the other",
            count_of(counts[0], "line"),
            count_of(counts[1], "line")
        ));
    }
    let mut difference = tally.finish();
    if difference.class > Class::OrderOnly && counts[0] == counts[1] && balance == 0 {
        let place = difference.place.map(|place| match place {
            Place::Pointer { line, .. } => Place::Pointer { line, pointer: String::new() },
            other => other,
        });
        difference = Difference {
            class: Class::OrderOnly,
            place,
            differing: difference.differing,
            compared: difference.compared,
            ..Difference::identical()
        };
    }
    Ok(difference)
}

/// Moves to the next line that is not blank.
fn next(lines: &mut Lines) -> Result<bool, Error> {
    while lines.advance()? {
        if !lines.line().trim_ascii().is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn document<'a>(origin: &Origin, line: u64, text: &'a [u8]) -> Result<Value<'a>, Error> {
    json::read(text).map_err(|what| origin.malformed(format!("line {line}: {what}")))
}

/// Compares one line's documents and counts them as one.
fn documents(line: u64, first: Option<&Value<'_>>, second: Option<&Value<'_>>) -> Difference {
    let mut walk = Walk::new(Some(line));
    match (first, second) {
        (Some(first), Some(second)) => walk.values(first, second),
        (first, second) => walk.lone(first, second, Class::Shape),
    }
    let mut part = walk.finish();
    part.compared = 1;
    part.differing = u64::from(part.class > Class::ContainerOnly);
    part
}

/// Feeds a value to a hash; the order of keys and the spelling of numbers do not count.
fn feed(value: &Value<'_>, hasher: &mut Hashers) {
    match value {
        Value::Null => hasher.write_u8(0),
        Value::Bool(flag) => (1_u8, flag).hash(hasher),
        Value::Number(digits) => Cell::Written(digits).hash(hasher),
        Value::String(text) => (2_u8, text.as_ref()).hash(hasher),
        Value::Array(items) => {
            (3_u8, items.len()).hash(hasher);
            for item in items {
                feed(item, hasher);
            }
        }
        Value::Object(members) => {
            (4_u8, members.len()).hash(hasher);
            for (key, value) in by_key(members) {
                key.hash(hasher);
                feed(value, hasher);
            }
        }
    }
}

type Member<'a> = (Cow<'a, str>, Value<'a>);

/// Members sorted by key; repeated keys stay in their order.
fn by_key<'v, 'a>(members: &'v [Member<'a>]) -> Vec<&'v Member<'a>> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    sorted
}

struct Walk {
    tally: Tally,
    line: Option<u64>,
    pointer: String,
    /// Leaves seen so far, which is their reading order.
    leaves: u64,
    keys_reordered: bool,
    spelled: bool,
}

impl Walk {
    fn new(line: Option<u64>) -> Self {
        Self {
            tally: Tally::new(),
            line,
            pointer: String::new(),
            leaves: 0,
            keys_reordered: false,
            spelled: false,
        }
    }

    fn finish(mut self) -> Difference {
        self.tally.compared(self.leaves);
        if self.keys_reordered {
            self.tally.note("keys stand in another order");
        }
        if self.spelled {
            self.tally.note("equal numbers are written differently");
        }
        self.tally.finish()
    }

    fn values(&mut self, left: &Value<'_>, right: &Value<'_>) {
        match (left, right) {
            (Value::Array(ours), Value::Array(theirs)) => self.arrays(ours, theirs),
            (Value::Object(ours), Value::Object(theirs)) => self.objects(ours, theirs),
            (Value::Number(here), Value::Number(there)) => {
                let mut floats = Floats::new::<f64>();
                self.numbers(here, there, &mut floats);
                self.tally.floats(&floats);
            }
            (Value::String(_), Value::String(_))
            | (Value::Bool(_), Value::Bool(_))
            | (Value::Null, Value::Null) => {
                self.leaves += 1;
                if left != right {
                    self.part(Class::Labels, show(left), show(right));
                }
            }
            _ => {
                self.leaves += 1;
                self.part(Class::Shape, show(left), show(right));
            }
        }
    }

    fn place(&self) -> Place {
        Place::Pointer { line: self.line, pointer: self.pointer.clone() }
    }

    fn part(&mut self, class: Class, left: String, right: String) {
        let place = self.place();
        self.tally.raise(class);
        self.tally.differing(1, self.leaves, || Spot::both(place, left, right));
    }

    /// A value on one side only.
    fn lone(&mut self, left: Option<&Value<'_>>, right: Option<&Value<'_>>, class: Class) {
        self.leaves += 1;
        let place = self.place();
        self.tally.raise(class);
        self.tally.differing(1, self.leaves, || Spot { place, left: left.map(show), right: right.map(show) });
    }

    /// Compares two numbers; the caller asks `floats` for the class when its group is complete.
    fn numbers(&mut self, left: &str, right: &str, floats: &mut Floats) {
        self.leaves += 1;
        if left == right {
            return;
        }
        let integers =
            (number::written(left), number::written(right)) == (Written::Integer, Written::Integer);
        let (Some(here), Some(there)) = (number::value(left), number::value(right)) else { return };
        let differ = if integers && (here, there) != (0.0, 0.0) {
            self.tally.raise(Class::Labels);
            true
        } else {
            floats.pair(here, there) != Pair::Same
        };
        if differ {
            self.part(Class::ContainerOnly, Cell::Written(left).show(), Cell::Written(right).show());
        } else {
            self.spelled = true;
        }
    }

    fn arrays(&mut self, left: &[Value<'_>], right: &[Value<'_>]) {
        // Numbers of one array are one column: they share a magnitude.
        let mut floats = Floats::new::<f64>();
        for (place, (here, there)) in left.iter().zip(right).enumerate() {
            self.within(&place.to_string(), |walk| match (here, there) {
                (Value::Number(here), Value::Number(there)) => walk.numbers(here, there, &mut floats),
                _ => walk.values(here, there),
            });
        }
        if floats.needs_magnitude() {
            for item in left.iter().chain(right) {
                if let Value::Number(digits) = item {
                    floats.weigh(number::value(digits).unwrap_or(0.0));
                }
            }
        }
        self.tally.floats(&floats);
        let common = left.len().min(right.len());
        if left.len() != right.len() {
            let place = self.place();
            let [here, there] = [left, right].map(|items| count_of(items.len() as u64, "item"));
            self.tally.note(format!("{place}: {here} on one side, {there} on the other"));
            self.within(&common.to_string(), |walk| {
                walk.lone(left.get(common), right.get(common), Class::Shape);
            });
        }
    }

    fn objects(&mut self, left: &[Member<'_>], right: &[Member<'_>]) {
        if left.iter().map(|member| &member.0).eq(right.iter().map(|member| &member.0)) {
            for ((key, here), (_, there)) in left.iter().zip(right) {
                self.within(key, |walk| walk.values(here, there));
            }
            return;
        }
        let hashes = |members: &[Member<'_>]| -> Vec<u128> {
            members.iter().map(|member| Hashers::of(|hasher| member.0.hash(hasher))).collect()
        };
        let found = rows::matching(&hashes(left), &hashes(right));
        self.keys_reordered |= found.reordered;
        for ((key, here), partner) in left.iter().zip(&found.partners) {
            self.within(key, |walk| match partner {
                Some(partner) => walk.values(here, &right[*partner].1),
                None => walk.lone(Some(here), None, Class::Missing),
            });
        }
        for (key, there) in found.extra.iter().map(|place| &right[*place]) {
            self.within(key, |walk| walk.lone(None, Some(there), Class::Missing));
        }
    }

    /// Goes one step down the pointer, and back.
    fn within(&mut self, step: &str, visit: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        visit(self);
        self.pointer.truncate(length);
    }
}

fn show(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(digits) => Cell::Written(digits).show(),
        Value::String(text) => shorten(format!("{text:?}")),
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
    }
}
