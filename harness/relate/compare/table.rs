//! Tables. Both sides are walked in step; rows that are equal as they stand in the file cost one comparison of bytes.
//!
//! Keyed tables keep a hash and a position per row (24 bytes); only when the ids part are rows looked up by them.
//! Unkeyed tables keep a single number: the sum of the hashes of rows that differ, by which an other order is told from
//! other rows.

use super::floats::{Floats, Pair};
use super::rows::{self, Matching};
use super::tally::{Spot, Tally, count_of};
use crate::artifact::number::{self, Written};
use crate::artifact::table::{self, Cell, Hashers, Table};
use crate::artifact::{Artifact, Error};
use crate::relate::picture::SCORES_MAX;
use crate::relate::{Class, Difference, Place};

/// Opens a table, perhaps to show a part of it.
pub(super) type Open<'a> = &'a dyn Fn(&Artifact) -> Result<Box<dyn Table + 'a>, Error>;

/// Compares two tables.
pub(super) fn compare(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    compare_opened(left, right, &|artifact| table::open(&artifact.origin()))
}

/// Compares two tables as they are opened.
pub(super) fn compare_opened(left: &Artifact, right: &Artifact, open: Open<'_>) -> Result<Difference, Error> {
    let (ours, theirs) = (open(left)?, open(right)?);
    let mut tally = Tally::new();
    let Some(columns) = columns(ours.as_ref(), theirs.as_ref(), &mut tally) else {
        return Ok(tally.finish());
    };
    let keys: Option<Vec<usize>> =
        left.id.iter().map(|id| columns.iter().position(|column| column.name == *id)).collect();
    if keys.is_none() {
        tally.note(format!(
            "there is no column `{}`, so rows are compared by their place",
            left.id.join("`, `")
        ));
    }
    let keys = keys.unwrap_or_default();
    let tally = tally.widened(columns.len() as u64);
    let mut walk = Walk {
        left: ours,
        right: theirs,
        columns,
        keys,
        names: left.id.clone(),
        tally,
        rows: [0; 2],
        elsewhere: None,
    };
    let order = if walk.keys.is_empty() { walk.by_place()? } else { walk.by_key()? };
    walk.weigh([left, right], open)?;
    Ok(walk.finish(&order))
}

/// One column on both sides.
struct Column {
    name: String,
    /// Its place on each side.
    places: [usize; 2],
    floats: Option<Floats>,
    /// Pairs of integers that differ; what they mean depends on the rest of the column.
    integers: u64,
    /// Pairs that differ by one unit of the last printed digit, among those that are too far apart for rounding.
    last_digit: u64,
    far: u64,
    /// Equal numbers in different spelling, and the first of them.
    spelled: u64,
    spelling: Option<(String, String)>,
}

impl Column {
    fn new(name: &str, places: [usize; 2]) -> Self {
        let name = name.to_owned();
        Self { name, places, floats: None, integers: 0, last_digit: 0, far: 0, spelled: 0, spelling: None }
    }
}

/// Pairs the columns by name; `None` where the schemas differ, which the tally then says.
fn columns(left: &dyn Table, right: &dyn Table, tally: &mut Tally) -> Option<Vec<Column>> {
    let (ours, theirs) = (left.columns(), right.columns());
    let (mut here, mut there) = (ours.to_vec(), theirs.to_vec());
    here.sort_unstable();
    there.sort_unstable();
    let same_order = ours == theirs;
    let repeated = here.windows(2).any(|pair| pair[0] == pair[1]);
    let spot = || {
        let show = |columns: &[String]| format!("columns {}", quoted(columns));
        Spot::both(Place::Whole, show(ours), show(theirs))
    };
    if here != there || (!same_order && repeated) {
        tally.raise(Class::Shape);
        tally.differing(1, 0, spot);
        note_missing(ours, theirs, tally);
        return None;
    }
    if !same_order {
        tally.raise(Class::OrderOnly);
        tally.note("columns stand in another order");
        // Any cell comes before that.
        tally.differing(0, u64::MAX, spot);
    }
    let mut columns = Vec::with_capacity(ours.len());
    for (place, name) in ours.iter().enumerate() {
        let other =
            if same_order { place } else { theirs.iter().position(|other| other == name).unwrap_or(place) };
        let types = (left.column_type(place), right.column_type(other));
        if types.0 != types.1 {
            let (here, there) = (types.0.unwrap_or_default(), types.1.unwrap_or_default());
            tally.raise(Class::Shape);
            tally.note(format!("column `{name}` is {here} on one side, {there} on the other"));
            tally.differing(1, 0, || {
                Spot::both(Place::Whole, format!("`{name}`: {here}"), format!("`{name}`: {there}"))
            });
        }
        columns.push(Column::new(name, [place, other]));
    }
    (tally.class() < Class::Shape).then_some(columns)
}

fn note_missing(ours: &[String], theirs: &[String], tally: &mut Tally) {
    let only = |some: &[String], others: &[String]| {
        some.iter().filter(|name| !others.contains(name)).cloned().collect::<Vec<_>>()
    };
    for (side, names) in [("first", only(ours, theirs)), ("second", only(theirs, ours))] {
        if !names.is_empty() {
            tally.note(format!("only in the {side}: {}", quoted(&names)));
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What is known about the order of rows when all rows are seen.
struct Order {
    /// Whether the rows of both sides are the same ones, wherever they stand.
    same_rows: bool,
    /// Whether some stand elsewhere.
    reordered: bool,
}

struct Walk<'a> {
    left: Box<dyn Table + 'a>,
    right: Box<dyn Table + 'a>,
    columns: Vec<Column>,
    /// Places of the key columns among `columns`.
    keys: Vec<usize>,
    /// Names of the key columns.
    names: Vec<String>,
    tally: Tally,
    /// Rows seen on each side.
    rows: [u64; 2],
    /// The first row that stands elsewhere, and how many do.
    elsewhere: Option<(Place, u64)>,
}

impl Walk<'_> {
    fn by_place(&mut self) -> Result<Order, Error> {
        let mut balance = 0_u128;
        let mut differing = false;
        loop {
            let (here, there) = (self.left.advance()?, self.right.advance()?);
            self.rows[0] += u64::from(here);
            self.rows[1] += u64::from(there);
            match (here, there) {
                (true, true) => {
                    if !self.row(self.rows[0]) {
                        differing = true;
                        balance = balance.wrapping_add(self.hash(0)).wrapping_sub(self.hash(1));
                        let place = Place::Row { row: self.rows[0], key: None };
                        self.elsewhere.get_or_insert((place, 0)).1 += 1;
                    }
                }
                (false, false) => break,
                _ => self.lone_row(here),
            }
        }
        if self.rows[0] != self.rows[1] {
            let [here, there] = self.rows.map(|count| count_of(count, "row"));
            self.tally.note(format!("{here} on one side, {there} on the other"));
        }
        let same_rows = self.rows[0] == self.rows[1] && balance == 0;
        Ok(Order { same_rows, reordered: differing })
    }

    fn by_key(&mut self) -> Result<Order, Error> {
        let mut ids = [Vec::new(), Vec::new()];
        let mut positions = [Vec::new(), Vec::new()];
        let mut in_step = 0;
        loop {
            let (here, there) = (self.left.advance()?, self.right.advance()?);
            for (side, present) in [here, there].into_iter().enumerate() {
                if present {
                    self.rows[side] += 1;
                    ids[side].push(self.id_hash(side));
                    positions[side].push(if side == 0 {
                        self.left.position()
                    } else {
                        self.right.position()
                    });
                }
            }
            if !here && !there {
                break;
            }
            let count = ids[0].len();
            if here && there && in_step == count - 1 && ids[0].last() == ids[1].last() {
                in_step = count;
                self.row(self.rows[0]);
            }
        }
        self.note_duplicates(&ids, &positions)?;
        let found = rows::matching(&ids[0][in_step..], &ids[1][in_step..]);
        let rest = [positions[0].split_off(in_step), positions[1].split_off(in_step)];
        self.matched(&found, &rest, in_step as u64)
    }

    /// Compares the rows after the first `before`, which stand at `positions`, by what was matched.
    fn matched(&mut self, found: &Matching, positions: &[Vec<u64>; 2], before: u64) -> Result<Order, Error> {
        let mut lone = [0_u64; 2];
        let mut first_lone = [None, None];
        for ((row, partner), position) in (before + 1..).zip(&found.partners).zip(&positions[0]) {
            self.left.visit(*position)?;
            if let Some(partner) = partner {
                self.right.visit(positions[1][*partner])?;
                self.row(row);
                if before + *partner as u64 + 1 != row {
                    let place = Place::Row { row, key: self.key(0) };
                    self.elsewhere.get_or_insert((place, 0)).1 += 1;
                }
            } else {
                lone[0] += 1;
                let key = self.key(0);
                first_lone[0].get_or_insert_with(|| key.clone().unwrap_or_default());
                self.lone(0, row, key);
            }
        }
        for partner in &found.extra {
            self.right.visit(positions[1][*partner])?;
            lone[1] += 1;
            let key = self.key(1);
            first_lone[1].get_or_insert_with(|| key.clone().unwrap_or_default());
            self.lone(1, before + *partner as u64 + 1, key);
        }
        for (side, name) in ["first", "second"].into_iter().enumerate() {
            if let Some(key) = &first_lone[side] {
                self.tally.note(format!(
                    "{} only in the {name}, beginning with {key}",
                    count_of(lone[side], "row")
                ));
            }
        }
        Ok(Order { same_rows: lone == [0, 0], reordered: found.reordered })
    }

    fn note_duplicates(&mut self, ids: &[Vec<u128>; 2], positions: &[Vec<u64>; 2]) -> Result<(), Error> {
        for (side, name) in ["first", "second"].into_iter().enumerate() {
            if let Some((row, count)) = rows::duplicates(&ids[side]) {
                let table = if side == 0 { &mut self.left } else { &mut self.right };
                table.visit(positions[side][row])?;
                let key = self.key(side).unwrap_or_default();
                let repeat = if count == 1 { "row repeats an id" } else { "rows repeat an id" };
                self.tally.note(format!("{count} {repeat} in the {name}, beginning with {key}"));
            }
        }
        Ok(())
    }

    /// Compares the current rows of both sides; false where a value differs.
    fn row(&mut self, row: u64) -> bool {
        let width = self.columns.len() as u64;
        self.tally.compared(width);
        self.sample(row - 1);
        if let (Some(here), Some(there)) = (self.left.raw(), self.right.raw())
            && here == there
            && self.columns.iter().all(|column| column.places[0] == column.places[1])
        {
            return true;
        }
        let mut same = true;
        for place in 0..self.columns.len() {
            let column = &mut self.columns[place];
            let (here, there) = (self.left.cell(column.places[0]), self.right.cell(column.places[1]));
            let Some(class) = column.pair(&here, &there) else { continue };
            same = false;
            self.tally.sketch().mark(row - 1, place as u64);
            self.tally.raise(class);
            let key = (row - 1) * width + place as u64;
            // Texts are only made for the one place that is shown.
            let shown = self.tally.is_first(key).then(|| (here.show(), there.show(), column.name.clone()));
            let (left, right, column) = shown.unwrap_or_default();
            let id = if self.tally.is_first(key) { self.key(0) } else { None };
            self.tally.differing(1, key, || Spot::both(Place::Cell { row, key: id, column }, left, right));
        }
        same
    }

    /// Takes the scores of both sides for the picture, of as many rows as it wants.
    fn sample(&mut self, line: u64) {
        if self.tally.sketch().wanted(line) != line {
            return;
        }
        let mut taken = 0;
        for place in (0..self.columns.len()).filter(|place| !self.keys.contains(place)) {
            let places = self.columns[place].places;
            let here = score(&self.left.cell(places[0]));
            let there = score(&self.right.cell(places[1]));
            if let (Some(here), Some(there)) = (here, there)
                && taken < SCORES_MAX
            {
                self.tally.sketch().pair(line, here, there);
                taken += 1;
            }
        }
    }

    fn lone_row(&mut self, on_the_left: bool) {
        let side = usize::from(!on_the_left);
        self.tally.compared(self.columns.len() as u64);
        self.lone(side, self.rows[side], None);
    }

    /// Counts a row that one side alone has. What only the second has comes after all rows of the first.
    fn lone(&mut self, side: usize, row: u64, key: Option<String>) {
        let width = self.columns.len() as u64;
        let after = if side == 0 { 0 } else { self.rows[0] };
        let place = Place::Row { row, key };
        let show = |there: bool| there.then(|| "present".to_owned());
        self.tally.raise(Class::Shape);
        (0..width).for_each(|column| self.tally.sketch().mark(row - 1, column));
        self.tally.differing(width, (after + row - 1) * width, || Spot {
            place,
            left: show(side == 0),
            right: show(side == 1),
        });
    }

    fn table(&mut self, side: usize) -> &mut dyn Table {
        if side == 0 { self.left.as_mut() } else { self.right.as_mut() }
    }

    /// `id=17` of the current row of one side, for keyed tables.
    fn key(&mut self, side: usize) -> Option<String> {
        let mut parts = Vec::with_capacity(self.keys.len());
        for place in 0..self.keys.len() {
            let column = self.columns[self.keys[place]].places[side];
            let value = self.table(side).cell(column).key();
            parts.push(format!("{}={value}", self.names[place]));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn id_hash(&mut self, side: usize) -> u128 {
        let table = if side == 0 { &mut self.left } else { &mut self.right };
        hash_row(table.as_mut(), self.keys.iter().map(|key| self.columns[*key].places[side]))
    }

    fn hash(&mut self, side: usize) -> u128 {
        let table = if side == 0 { &mut self.left } else { &mut self.right };
        hash_row(table.as_mut(), self.columns.iter().map(|column| column.places[side]))
    }

    /// Reads both tables once more, but only where a class hangs on the magnitude of a column.
    fn weigh(&mut self, artifacts: [&Artifact; 2], open: Open<'_>) -> Result<(), Error> {
        let unsure: Vec<usize> = (0..self.columns.len())
            .filter(|place| self.columns[*place].floats.as_ref().is_some_and(Floats::needs_magnitude))
            .collect();
        if unsure.is_empty() {
            return Ok(());
        }
        for (side, artifact) in artifacts.into_iter().enumerate() {
            let mut table = open(artifact)?;
            while table.advance()? {
                for place in &unsure {
                    let column = &mut self.columns[*place];
                    let value = match table.cell(column.places[side]) {
                        Cell::Written(text) => number::value(text),
                        Cell::Single(value) => Some(value.into()),
                        Cell::Double(value) => Some(value),
                        _ => None,
                    };
                    if let (Some(floats), Some(value)) = (&mut column.floats, value) {
                        floats.weigh(value);
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(mut self, order: &Order) -> Difference {
        self.note_spelling();
        let names = self.columns.iter().map(|column| column.name.clone()).collect();
        self.tally.frame(self.rows[0].max(self.rows[1]), names);
        let keyed = !self.keys.is_empty();
        if order.same_rows
            && order.reordered
            && (!keyed || self.tally.class() <= Class::OrderOnly && self.is_equal())
        {
            return self.order_only();
        }
        let (mut far, mut last_digit) = (0, 0);
        for column in &self.columns {
            if let Some(floats) = &column.floats {
                self.tally.floats(floats);
            }
            if column.integers > 0 {
                self.tally.raise(if column.floats.is_some() { Class::Values } else { Class::Labels });
            }
            far += column.far;
            last_digit += column.last_digit;
        }
        if far > 0 && far == last_digit && self.tally.class() == Class::Values {
            self.tally.note("values differ by one unit of the last printed digit");
        }
        if keyed && order.reordered {
            self.tally.note("rows stand in another order");
        }
        self.tally.finish()
    }

    fn note_spelling(&mut self) {
        let count = self.columns.iter().map(|column| column.spelled).sum();
        let example = self.columns.iter().find_map(|column| column.spelling.as_ref());
        if let Some((here, there)) = example {
            let numbers = count_of(count, "number");
            self.tally.note(format!("{numbers} written differently, as `{here}` and `{there}`"));
        }
    }

    fn is_equal(&self) -> bool {
        let same = |floats: &Floats| floats.class() == Class::Identical;
        self.columns.iter().all(|column| column.integers == 0 && column.floats.as_ref().is_none_or(same))
    }

    fn order_only(self) -> Difference {
        let [rows, _] = self.rows;
        let (place, count) = self.elsewhere.unwrap_or((Place::Whole, 0));
        Difference {
            class: Class::OrderOnly,
            place: Some(place),
            left: None,
            right: None,
            differing: count,
            compared: rows,
            ulps_max: None,
            abs_max: None,
            note: self.tally.finish().note,
            picture: None,
        }
    }
}

/// A number that is written or stored as a float: whole numbers are ids, labels and counts.
fn score(cell: &Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Single(value) => Some(f64::from(*value)),
        Cell::Double(value) => Some(*value),
        Cell::Written(text) => match number::written(text) {
            Written::Float(value) => Some(value),
            _ => None,
        },
        _ => None,
    }
}

fn hash_row(table: &mut dyn Table, columns: impl Iterator<Item = usize>) -> u128 {
    Hashers::of(|hashers| {
        for column in columns {
            table.cell(column).hash(hashers);
        }
    })
}

impl Column {
    /// Compares two cells; `None` where they are the same value, perhaps in another spelling. What class a difference
    /// of numbers has is only known when the whole column is seen; the least it can be is returned.
    fn pair(&mut self, left: &Cell<'_>, right: &Cell<'_>) -> Option<Class> {
        match (left, right) {
            (Cell::Written(here), Cell::Written(there)) if here == there => None,
            (Cell::Written(here), Cell::Written(there)) => self.written(here, there),
            (Cell::Double(here), Cell::Double(there)) => {
                let floats = self.floats.get_or_insert_with(Floats::new::<f64>);
                (floats.pair(*here, *there) != Pair::Same).then_some(Class::ContainerOnly)
            }
            (Cell::Single(here), Cell::Single(there)) => {
                let floats = self.floats.get_or_insert_with(Floats::new::<f32>);
                (floats.pair(*here, *there) != Pair::Same).then_some(Class::ContainerOnly)
            }
            (Cell::Null, Cell::Double(_) | Cell::Single(_))
            | (Cell::Double(_) | Cell::Single(_), Cell::Null) => Some(Class::Values),
            (here, there) => (here != there).then_some(Class::Labels),
        }
    }

    fn written(&mut self, here: &str, there: &str) -> Option<Class> {
        let (first, second) = (number::written(here), number::written(there));
        match (first, second) {
            // Both zeros parse as integers but are floats, for integers have one zero only.
            (Written::Integer, Written::Integer) if !matches!((here, there), ("0", "-0") | ("-0", "0")) => {
                self.integers += 1;
                Some(Class::ContainerOnly)
            }
            (Written::Text, Written::Text) => Some(Class::Labels),
            (Written::Text, _) | (_, Written::Text) => {
                // An empty cell is a missing value, and a missing float is still a matter of values.
                let float = matches!((first, second), (Written::Float(_), _) | (_, Written::Float(_)));
                let missing = here.is_empty() || there.is_empty();
                Some(if float && missing { Class::Values } else { Class::Labels })
            }
            _ => {
                let value = |written, text| match written {
                    Written::Float(value) => Some(value),
                    _ => number::value(text),
                };
                let (one, other) = (value(first, here)?, value(second, there)?);
                let floats = self.floats.get_or_insert_with(Floats::new::<f64>);
                let pair = floats.pair(one, other);
                if pair == Pair::Far {
                    self.far += 1;
                    self.last_digit += u64::from(number::one_unit_of_last_digit(here, there));
                }
                if pair == Pair::Same {
                    self.spelled += 1;
                    self.spelling.get_or_insert_with(|| (here.to_owned(), there.to_owned()));
                    return None;
                }
                Some(Class::ContainerOnly)
            }
        }
    }
}
