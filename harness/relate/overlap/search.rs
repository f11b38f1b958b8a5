//! The questions in their order: ids first, for an undeclared one would make every row unique.

use super::chance::{exact, expected, poisson_tail};
use super::hash::Value;
use super::join::{repeats, shared, sorted};
use super::sample::{Sample, Telling};
use super::scan::{Field, Scan, scan};
use super::{
    CELLS_MAX, Found, IdLike, Near, Options, Overlap, Pair, RowName, Rows, Selection, TableFile, alone,
    columns, near, place, source,
};
use crate::artifact::table::Table;
use crate::artifact::{Error, Format};

/// How many pairs of each kind are shown.
const PAIRS: usize = 3;

/// How many found rows are weighed to see whether chance may explain them.
const WEIGHED: usize = 64;

/// Places of the fields in both scans.
const MEANING: usize = 0;
const WRITTEN: usize = 1;
const TARGET: usize = 2;

/// A held-out row and its partner, as places in the two scans.
type Partner = (u32, u32);

/// One of the two files.
struct Side<'a> {
    file: &'a TableFile,
    names: Vec<String>,
    rows: Rows,
    ids: Vec<usize>,
    target: Option<usize>,
}

/// Finds what training rows and held-out rows have in common, and columns of the training rows that give the answer
/// away.
///
/// Columns of both files are compared by name, without ids, targets and the columns by which rows are selected; an
/// undeclared column that counts the rows or holds a distinct name for each is left out too, and a note says so. Rows
/// whose cells are all empty or zero are not compared.
///
/// # Errors
/// When a file cannot be read, is malformed, lacks a declared column, or has more than 2^32 rows.
pub fn overlap(train: &TableFile, test: &TableFile, options: &Options) -> Result<Overlap, Error> {
    let (ours, theirs) = (Side::open(train)?, Side::open(test)?);
    let mut shared = shared_columns(&ours, &theirs);
    let mut search = Search::new(&ours, &theirs, &shared, options)?;
    let sample = Sample::of(train, &search.train, &ours.names)?;
    let features = ours.features();
    let id_like = columns::id_like(train, &ours.rows, &sample, &ours.names, &features)?;
    let certain = |place: usize| id_like.iter().any(|(other, id)| *other == place && id.is_certain());
    let mut notes = Vec::new();
    if shared.iter().any(|(place, _)| certain(*place)) && shared.iter().any(|(place, _)| !certain(*place)) {
        shared.retain(|(place, _)| !certain(*place));
        let names: Vec<&str> =
            id_like.iter().filter(|(_, id)| id.is_certain()).map(|(_, id)| id.column.as_str()).collect();
        notes.push(format!("rows are compared without `{}`, which names rows", names.join("`, `")));
        search = Search::new(&ours, &theirs, &shared, options)?;
    }
    search.notes.append(&mut notes);
    let mut found = search.rows(&sample)?;
    // Names of an array's columns are ours, and borders of images are constant without fault.
    if !matches!(train.format, Format::Npy | Format::Npz) {
        let constant = columns::constant(train, &ours.rows, &sample, &features)?;
        found.constant = constant.into_iter().map(|place| ours.names[place].clone()).collect();
    }
    found.id_like = id_like.into_iter().map(|(_, id)| id).collect::<Vec<IdLike>>();
    if let Some(target) = ours.target.and_then(|place| alone::Target::of(&sample.columns[place])) {
        found.alone = alone::features(&sample, &ours.names, &features, &target, options.alone);
    }
    Ok(found)
}

impl<'a> Side<'a> {
    fn open(file: &'a TableFile) -> Result<Self, Error> {
        let names = source::open(file)?.columns().to_vec();
        let rows = Selection::bind(file.rows.as_ref(), &names, file)?;
        let ids = places(&names, &file.id, file)?;
        // Held-out rows may come without their target.
        let target = file.target.as_ref().and_then(|target| names.iter().position(|name| name == target));
        Ok(Self { file, names, rows, ids, target })
    }

    /// Columns that a model may see.
    fn features(&self) -> Vec<usize> {
        let selected = self.rows.column();
        let feature = |place: &usize| {
            !self.ids.contains(place) && self.target != Some(*place) && selected != Some(*place)
        };
        (0..self.names.len()).filter(feature).collect()
    }
}

/// Features of both files by their places in each, in the order of the training file.
fn shared_columns(train: &Side<'_>, test: &Side<'_>) -> Vec<(usize, usize)> {
    let theirs = test.features();
    let hidden = [&train.file.target, &test.file.target];
    let partner = |place: usize| {
        let name = &train.names[place];
        let hidden = hidden.iter().any(|target| target.as_ref() == Some(name));
        let other = theirs.iter().find(|other| test.names[**other] == *name);
        other.filter(|_| !hidden).map(|other| (place, *other))
    };
    train.features().into_iter().filter_map(partner).collect()
}

fn places(names: &[String], wanted: &[String], file: &TableFile) -> Result<Vec<usize>, Error> {
    wanted.iter().map(|name| place(names, name, file)).collect()
}

/// Both scans, and what their fields mean.
struct Search<'a> {
    sides: [&'a Side<'a>; 2],
    /// Compared columns by their places in each file.
    features: [Vec<usize>; 2],
    options: &'a Options,
    train: Scan,
    test: Scan,
    with_target: bool,
    /// Fields beyond the target, in this order where they are asked for.
    keys: Option<usize>,
    group: Option<usize>,
    time: Option<usize>,
    rounded: Option<usize>,
    notes: Vec<String>,
}

impl<'a> Search<'a> {
    fn new(
        train: &'a Side<'a>,
        test: &'a Side<'a>,
        shared: &[(usize, usize)],
        options: &'a Options,
    ) -> Result<Self, Error> {
        let features: [Vec<usize>; 2] =
            [shared.iter().map(|pair| pair.0).collect(), shared.iter().map(|pair| pair.1).collect()];
        let with_target = train.target.is_some() && test.target.is_some();
        let mut next = TARGET + usize::from(with_target);
        let mut field = |wanted: bool| {
            let place = next;
            next += usize::from(wanted);
            wanted.then_some(place)
        };
        let keys = field(!options.keys.is_empty());
        let group = field(!options.group.is_empty());
        let time = field(options.time.is_some());
        let rounded = field(matches!(options.near, Some(Near::Rounding(_))));
        let scans = [(train, &features[0]), (test, &features[1])].map(|(side, features)| {
            scan(side.file, &side.rows, &fields(side, features, with_target, options)?)
        });
        let [first, second] = scans;
        let (first, second) = (first?, second?);
        for (scan, side) in [(&first, train), (&second, test)] {
            side.file.origin().fits("the number of rows", scan.rows() as u64, u64::from(u32::MAX))?;
        }
        Ok(Self {
            sides: [train, test],
            features,
            options,
            train: first,
            test: second,
            with_target,
            keys,
            group,
            time,
            rounded,
            notes: Vec::new(),
        })
    }

    fn rows(mut self, sample: &Sample) -> Result<Overlap, Error> {
        let mut kinds: [Vec<Partner>; 3] = Default::default();
        let (ours, theirs) = sorted((&self.train, MEANING), (&self.test, MEANING));
        shared(&ours, &theirs, |train, test| self.classify(train, test, &mut kinds));
        let repeats = repeats(&ours);
        drop((ours, theirs));
        let features = self.features.clone();
        let telling = Telling::new(sample, &features[0], &self.train, MEANING, None);
        let mut found: [Found; 3] = Default::default();
        for (found, partners) in found.iter_mut().zip(&kinds) {
            *found = self.found(partners.clone(), [&features[0], &features[1]])?;
            self.weigh(found, partners, repeats, (&telling, sample), MEANING)?;
        }
        let [exact, normalized, other_target] = found;
        let near = self.near(&kinds.concat(), sample)?;
        let keys = self.by_columns(self.keys, &self.options.keys)?;
        let group = self.by_columns(self.group, &self.options.group)?;
        let time = self.time()?;
        if features[0].is_empty() {
            self.notes.push("the files have no feature in common".to_owned());
        }
        Ok(Overlap {
            train_rows: self.train.rows() as u64,
            test_rows: self.test.rows() as u64,
            compared: features[0].iter().map(|place| self.sides[0].names[*place].clone()).collect(),
            exact,
            normalized,
            other_target,
            keys,
            near,
            group,
            time,
            constant: Vec::new(),
            id_like: Vec::new(),
            alone: Vec::new(),
            notes: self.notes,
        })
    }

    /// Tells the held-out rows of one meaning apart: the same row, the same in another spelling, another target.
    fn classify(&self, train: &[(u64, u32)], test: &[(u64, u32)], kinds: &mut [Vec<Partner>; 3]) {
        let target =
            |scan: &Scan, row: u32| if self.with_target { scan.field(row as usize, TARGET) } else { 0 };
        let of = |scan: &Scan, row: u32| (target(scan, row), scan.field(row as usize, WRITTEN));
        let mut ours: Vec<((u64, u64), u32)> =
            train.iter().map(|row| (of(&self.train, row.1), row.1)).collect();
        ours.sort_unstable();
        let mut by_target: Vec<(u64, u32)> = ours.iter().map(|(key, row)| (key.0, *row)).collect();
        by_target.sort_unstable();
        for (_, row) in test {
            let key = of(&self.test, *row);
            let written = ours.partition_point(|other| other.0 < key);
            let meant = by_target.partition_point(|other| other.0 < key.0);
            if let Some((_, partner)) = ours.get(written).filter(|other| other.0 == key) {
                kinds[0].push((*row, *partner));
            } else if let Some((_, partner)) = by_target.get(meant).filter(|other| other.0 == key.0) {
                kinds[1].push((*row, *partner));
            } else {
                kinds[2].push((*row, train[0].1));
            }
        }
    }

    /// Sums up some pairs.
    fn found(&self, mut partners: Vec<Partner>, columns: [&[usize]; 2]) -> Result<Found, Error> {
        partners.sort_unstable();
        let whole = self.test.rows() as u64;
        let count = partners.len() as u64;
        let share = exact(count) / exact(whole.max(1));
        partners.truncate(PAIRS);
        Ok(Found {
            count,
            share,
            pairs: self.pairs(&partners, columns)?,
            expected: 0.0,
            by_chance: None,
            nearly: 0.0,
        })
    }

    fn pairs(&self, partners: &[Partner], columns: [&[usize]; 2]) -> Result<Vec<Pair>, Error> {
        if partners.is_empty() {
            return Ok(Vec::new());
        }
        let [ours, theirs] = self.sides;
        let (mut first, mut second) = (source::open(ours.file)?, source::open(theirs.file)?);
        let mut pairs = Vec::with_capacity(partners.len());
        for (test, train) in partners {
            let (test, train) = (*test as usize, *train as usize);
            first.visit(self.train.position(train))?;
            second.visit(self.test.position(test))?;
            let targets = self.with_target.then_some((ours.target, theirs.target));
            let target = targets.and_then(|(here, there)| here.zip(there));
            let places = columns[0].iter().copied().zip(columns[1].iter().copied()).chain(target);
            let cell = |(here, there): (usize, usize)| {
                (ours.names[here].clone(), first.cell(here).key(), second.cell(there).key())
            };
            let cells = places.take(CELLS_MAX).map(cell).collect();
            let train = RowName { row: self.train.number(train), id: id(first.as_mut(), ours) };
            let test = RowName { row: self.test.number(test), id: id(second.as_mut(), theirs) };
            pairs.push(Pair { train, test, cells });
        }
        Ok(pairs)
    }

    /// Says how likely chance alone is.
    fn weigh(
        &self,
        found: &mut Found,
        partners: &[Partner],
        repeats: u64,
        (telling, sample): (&Telling, &Sample),
        field: usize,
    ) -> Result<(), Error> {
        found.expected = expected(self.test.rows() as u64, repeats, self.train.rows() as u64);
        if partners.is_empty() {
            return Ok(());
        }
        let mut table = source::open(self.sides[0].file)?;
        let (mut weighed, mut tell) = (0_usize, 0_usize);
        for (_, row) in partners.iter().step_by(partners.len().div_ceil(WEIGHED)) {
            let row = *row as usize;
            table.visit(self.train.position(row))?;
            let cell = |place: usize| Value::of(table.cell(place)).normal(telling.decimals());
            weighed += 1;
            tell += usize::from(telling.tells(self.train.field(row, field), cell));
        }
        if 2 * tell <= weighed {
            let all = exact(self.train.rows() as u64);
            let most = sample.repeating(&self.features[0], telling.decimals(), all);
            found.expected = found.expected.min(most * exact(self.test.rows() as u64));
            found.by_chance = Some(poisson_tail(found.count, found.expected));
            let target = self.sides[0].target.filter(|_| self.with_target);
            let met = sample.met_by_chance(&self.features[0], target, telling.decimals(), all);
            found.nearly = met * exact(self.test.rows() as u64);
        }
        Ok(())
    }

    /// Rows that are nearly equal, without those in `known`.
    fn near(&mut self, known: &[Partner], sample: &Sample) -> Result<Option<Found>, Error> {
        let Some(near) = self.options.near else { return Ok(None) };
        let mut skip = vec![false; self.test.rows()];
        for (test, _) in known {
            skip[*test as usize] = true;
        }
        let mut partners = Vec::new();
        let features = self.features.clone();
        let columns = [&features[0][..], &features[1][..]];
        if let (Near::Rounding(decimals), Some(field)) = (near, self.rounded) {
            let (ours, theirs) = sorted((&self.train, field), (&self.test, field));
            shared(&ours, &theirs, |train, test| {
                let fresh = test.iter().filter(|row| !skip[row.1 as usize]);
                partners.extend(fresh.map(|row| (row.1, train[0].1)));
            });
            let mut found = self.found(partners.clone(), columns)?;
            let telling = Telling::new(sample, &features[0], &self.train, field, Some(decimals));
            self.weigh(&mut found, &partners, repeats(&ours), (&telling, sample), field)?;
            return Ok(Some(found));
        }
        let Near::MinHash(threshold) = near else { return Ok(None) };
        let rows = self.train.rows() + self.test.rows();
        if rows > near::ROWS_MAX {
            self.notes
                .push(format!("near duplicates were not looked for among {rows} rows: the limit is 10^6"));
            return Ok(None);
        }
        let found = near::partners(
            (self.sides[0].file, &self.train, columns[0]),
            (self.sides[1].file, &self.test, columns[1]),
            threshold,
        )?;
        let fresh = found.iter().zip(0_u32..).filter(|(_, test)| !skip[*test as usize]);
        partners.extend(fresh.filter_map(|(partner, test)| partner.map(|(_, train)| (test, train))));
        Ok(Some(self.found(partners, columns)?))
    }

    /// Held-out rows whose values in some declared columns stand in the training file.
    fn by_columns(&self, field: Option<usize>, names: &[String]) -> Result<Option<Found>, Error> {
        let Some(field) = field else { return Ok(None) };
        let [ours, theirs] = self.sides;
        let columns = [places(&ours.names, names, ours.file)?, places(&theirs.names, names, theirs.file)?];
        let (train, test) = sorted((&self.train, field), (&self.test, field));
        let mut partners = Vec::new();
        shared(&train, &test, |train, test| partners.extend(test.iter().map(|row| (row.1, train[0].1))));
        self.found(partners, [&columns[0], &columns[1]]).map(Some)
    }

    /// Training rows that are not older than the oldest held-out row.
    fn time(&mut self) -> Result<Option<Found>, Error> {
        let (Some(field), Some(name)) = (self.time, self.options.time.clone()) else { return Ok(None) };
        let points = |scan: &Scan| -> Vec<(f64, u32)> {
            let all = scan.all(field).map(f64::from_bits).zip(0_u32..);
            all.filter(|point| !point.0.is_nan()).collect()
        };
        let (train, test) = (points(&self.train), points(&self.test));
        let without = self.train.rows() + self.test.rows() - train.len() - test.len();
        if without > 0 {
            self.notes.push(format!("{without} rows have no date or number in `{name}`"));
        }
        let oldest =
            test.iter().copied().min_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        let Some((oldest, held_out)) = oldest else { return Ok(Some(Found::default())) };
        let mut late: Vec<(f64, u32)> = train.into_iter().filter(|point| point.0 >= oldest).collect();
        // The newest training rows first: they show how far the times reach into each other.
        late.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let count = late.len() as u64;
        let partners: Vec<Partner> = late.iter().take(PAIRS).map(|point| (held_out, point.1)).collect();
        let [ours, theirs] = self.sides;
        let names = [name];
        let columns = [places(&ours.names, &names, ours.file)?, places(&theirs.names, &names, theirs.file)?];
        let share = exact(count) / exact((self.train.rows() as u64).max(1));
        let pairs = self.pairs(&partners, [&columns[0], &columns[1]])?;
        Ok(Some(Found { count, share, pairs, expected: 0.0, by_chance: None, nearly: 0.0 }))
    }
}

/// What is read of each row, in the order of the places above.
fn fields(
    side: &Side<'_>,
    features: &[usize],
    with_target: bool,
    options: &Options,
) -> Result<Vec<Field>, Error> {
    let mut fields = vec![Field::Normal(features.to_vec(), None), Field::Exact(features.to_vec())];
    fields.extend(side.target.filter(|_| with_target).map(|target| Field::Key(vec![target])));
    for names in [&options.keys, &options.group] {
        if !names.is_empty() {
            fields.push(Field::Key(places(&side.names, names, side.file)?));
        }
    }
    if let Some(time) = &options.time {
        fields.push(Field::Time(place(&side.names, time, side.file)?));
    }
    if let Some(Near::Rounding(decimals)) = options.near {
        fields.push(Field::Normal(features.to_vec(), Some(decimals)));
    }
    Ok(fields)
}

fn id(table: &mut dyn Table, side: &Side<'_>) -> Option<String> {
    let show = |place: &usize| format!("{}={}", side.names[*place], table.cell(*place).key());
    let ids: Vec<String> = side.ids.iter().map(show).collect();
    (!ids.is_empty()).then(|| ids.join(", "))
}
