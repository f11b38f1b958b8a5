//! The strong change of rows: every cell that may change does, by the kind of its column.

use std::collections::{BTreeMap, BTreeSet};

use super::Part;
use super::dice::Dice;
use super::numbers::{self, Bounds};
use super::profile::{Kind, Profile, Spread, profile};
use super::sheet::{New, Sheet, Value};
use super::style;

/// What a field is in the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Identifies or groups rows: never changed.
    Fixed,
    Feature,
    Target,
}

/// What may be changed, and how.
pub(super) struct Plan<'a> {
    pub(super) sheet: &'a dyn Sheet,
    /// By field.
    pub(super) roles: &'a [Role],
    pub(super) parts: &'a BTreeSet<Part>,
    pub(super) seed: u64,
    /// Rows that are changed, ascending.
    pub(super) selected: &'a [usize],
}

/// A plan with everything looked up that its cells depend on.
pub(super) struct Change<'a> {
    plan: Plan<'a>,
    /// By row: its place among the selected ones.
    places: Vec<Option<usize>>,
    /// By place: another selected row, whose class it gets.
    partners: Vec<usize>,
    profiles: Vec<Profile>,
    /// By field: its profile, and the category that most cells become.
    fields: Vec<Option<(usize, usize)>>,
    /// By field: whether features in it change.
    moves: Vec<bool>,
}

/// How often another row's text is tried until it differs.
const TRIES: usize = 8;

impl<'a> Change<'a> {
    pub(super) fn new(plan: Plan<'a>) -> Self {
        let mut places = vec![None; plan.sheet.rows()];
        for (place, row) in plan.selected.iter().enumerate() {
            places[*row] = Some(place);
        }
        let partners = Dice::new(plan.seed, &[1]).order(plan.selected.len());
        let partners = partners.into_iter().map(|place| plan.selected[place]).collect();
        let (profiles, fields) = look_up(&plan);
        let moves = moving(&plan, &profiles, &fields);
        Self { plan, places, partners, profiles, fields, moves }
    }

    /// What comes into a cell; `None` where it stays.
    pub(super) fn cell(&self, row: usize, field: usize) -> Option<New> {
        let place = self.places.get(row).copied().flatten()?;
        let (profile, towards) = self.fields.get(field).copied().flatten()?;
        let profile = self.profiles.get(profile)?;
        let old = self.plan.sheet.cell(row, field);
        if old.is_blank() {
            return None;
        }
        let mut dice = Dice::new(self.plan.seed, &[2, row as u64, field as u64]);
        if self.plan.roles[field] == Role::Target {
            return self.target(&old, profile, place, field, &mut dice);
        }
        if !self.moves[field] {
            return if self.plan.parts.contains(&Part::Categories) {
                new_category(profile, place)
            } else {
                None
            };
        }
        if let (Kind::Float(_), Some((row, field)), true) = (&profile.kind, profile.blank, dice.once_in(10)) {
            return Some(New::Of(row, field));
        }
        if self.plan.parts.contains(&Part::Categories)
            && let Some(new) = new_category(profile, place)
        {
            return Some(new);
        }
        match &profile.kind {
            Kind::Levels { names, examples, .. } => {
                let old = names.binary_search(&old.into_text()).ok()?;
                let new = if old == towards && dice.once_in(4) {
                    other(names.len(), old, &mut dice)
                } else {
                    towards
                };
                (new != old).then(|| of(examples[new]))
            }
            _ => self.moved(&old, profile, field, false, &mut dice),
        }
    }

    fn target(
        &self,
        old: &Value<'_>,
        profile: &Profile,
        place: usize,
        field: usize,
        dice: &mut Dice,
    ) -> Option<New> {
        let Kind::Levels { names, examples, .. } = &profile.kind else {
            return self.moved(old, profile, field, true, dice);
        };
        let level = |value: Value<'_>| names.binary_search(&value.into_text()).ok();
        let old = level(old.clone())?;
        if names.len() < 2 {
            return None;
        }
        let partner = level(self.plan.sheet.cell(self.partners[place], field)).unwrap_or(old);
        let mut new = (partner + 1) % names.len();
        if new == old {
            new = (new + 1) % names.len();
        }
        Some(of(examples[new]))
    }

    /// Another value of a column that has more than a few.
    fn moved(
        &self,
        old: &Value<'_>,
        profile: &Profile,
        field: usize,
        is_target: bool,
        dice: &mut Dice,
    ) -> Option<New> {
        match &profile.kind {
            Kind::Float(spread) => float(old, spread, is_target, dice),
            Kind::Integer { spread, low, high, floor, ceiling, index } => {
                let bounds = Bounds { low: *low, high: *high, floor: *floor, ceiling: *ceiling };
                let change = |old: i128, dice: &mut Dice| match (*index, low < high) {
                    (true, true) => numbers::index(old, &bounds, dice),
                    // The one value of an index is the only one that is known to be allowed.
                    (true, false) => old,
                    (false, _) => numbers::integer(old, spread, &bounds, is_target, dice),
                };
                integer(old, change, dice)
            }
            Kind::Times => match old {
                Value::Written(text) | Value::Text(text) => style::shift_time(text, dice).map(New::Text),
                _ => None,
            },
            Kind::Days(unit) => match old {
                Value::Integer(old) => {
                    let days = 365 * (3 + dice.below(6)) + dice.below(28);
                    Some(New::Integer(old.checked_add(unit.checked_mul(i128::try_from(days).ok()?)?)?))
                }
                _ => None,
            },
            Kind::Text => self.text(old, field, dice),
            Kind::Nothing | Kind::Levels { .. } => None,
        }
    }

    /// Another row's text with its words in another order and about a third of them left out.
    fn text(&self, old: &Value<'_>, field: usize, dice: &mut Dice) -> Option<New> {
        let (Value::Written(old) | Value::Text(old)) = old else { return None };
        for _ in 0..TRIES {
            let row = dice.below(self.plan.sheet.rows());
            let text = self.plan.sheet.cell(row, field).into_text();
            let mut words: Vec<&str> = text.split_whitespace().collect();
            dice.shuffle(&mut words);
            let most = words.len();
            words.truncate(most - most / 3);
            let new = words.join(" ");
            if !new.is_empty() && new != old.trim() {
                return Some(New::Text(new));
            }
        }
        None
    }
}

/// The profile of every field that is to change, one for each pool.
fn look_up(plan: &Plan<'_>) -> (Vec<Profile>, Vec<Option<(usize, usize)>>) {
    let targets = plan.parts.contains(&Part::Targets);
    let features = plan.parts.iter().any(|part| !matches!(part, Part::Targets | Part::Count));
    let mut pools: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, field) in plan.sheet.fields().iter().enumerate() {
        let changes = match plan.roles[place] {
            Role::Fixed => false,
            Role::Feature => features,
            Role::Target => targets,
        };
        if changes {
            pools.entry(field.pool).or_default().push(place);
        }
    }
    let mut profiles = Vec::new();
    let mut fields = vec![None; plan.sheet.fields().len()];
    for members in pools.values() {
        let found = profile(plan.sheet, members);
        for field in members {
            fields[*field] = Some((profiles.len(), rarest(plan, &found, *field)));
        }
        profiles.push(found);
    }
    (profiles, fields)
}

/// Whether features change, by field.
fn moving(plan: &Plan<'_>, profiles: &[Profile], fields: &[Option<(usize, usize)>]) -> Vec<bool> {
    if plan.parts.contains(&Part::Features) {
        return vec![true; fields.len()];
    }
    let hands = deal(plan, profiles, fields);
    hands.into_iter().map(|hand| hand.is_some_and(|hand| plan.parts.contains(&hand))).collect()
}

/// The hand of every feature. Measured numbers are dealt before counts, these before times and texts, so that both hands have of each
/// kind; columns of few values stay out where they may, since splits are stratified by them.
fn deal(plan: &Plan<'_>, profiles: &[Profile], fields: &[Option<(usize, usize)>]) -> Vec<Option<Part>> {
    let mut hands = vec![None; fields.len()];
    let mut kinds: [Vec<usize>; 4] = Default::default();
    for (field, found) in fields.iter().enumerate() {
        let Some(profile) = found.and_then(|(profile, _)| profiles.get(profile)) else { continue };
        if plan.roles[field] != Role::Feature {
            continue;
        }
        hands[field] = Some(Part::Undealt);
        match profile.kind {
            Kind::Float(_) => kinds[0].push(field),
            Kind::Integer { .. } => kinds[1].push(field),
            Kind::Times | Kind::Days(_) | Kind::Text => kinds[2].push(field),
            Kind::Levels { .. } => kinds[3].push(field),
            Kind::Nothing => {}
        }
    }
    let levels = std::mem::take(&mut kinds[3]);
    let many = kinds.concat();
    match many.as_slice() {
        [one] => {
            hands[*one] = Some(Part::FirstHand);
            for field in &levels {
                hands[*field] = Some(Part::SecondHand);
            }
        }
        [] if levels.len() < 2 => {}
        _ => {
            let dealt = if many.is_empty() { &levels } else { &many };
            for (place, field) in dealt.iter().enumerate() {
                hands[*field] = Some([Part::FirstHand, Part::SecondHand][place % 2]);
            }
        }
    }
    hands
}

/// The category that the fewest of the selected rows have.
fn rarest(plan: &Plan<'_>, profile: &Profile, field: usize) -> usize {
    let Kind::Levels { names, .. } = &profile.kind else { return 0 };
    let mut counts = vec![0_usize; names.len()];
    for row in plan.selected {
        if let Ok(level) = names.binary_search(&plan.sheet.cell(*row, field).into_text()) {
            counts[level] += 1;
        }
    }
    (0..names.len()).min_by_key(|level| counts[*level]).unwrap_or(0)
}

fn of((row, field): (usize, usize)) -> New {
    New::Of(row, field)
}

/// One of `count` levels that is not `old`, if there is one.
fn other(count: usize, old: usize, dice: &mut Dice) -> usize {
    if count < 2 {
        return old;
    }
    (old + 1 + dice.below(count - 1)) % count
}

/// A category that no row has, in every other row.
fn new_category(profile: &Profile, place: usize) -> Option<New> {
    match &profile.kind {
        Kind::Levels { names, texts: true, .. } if place.is_multiple_of(2) => Some(New::Text(unseen(names))),
        _ => None,
    }
}

/// A category that is none of the known ones.
fn unseen(names: &[String]) -> String {
    let mut name = "new-category".to_owned();
    while names.iter().any(|known| known.trim() == name) {
        name.push_str("-2");
    }
    name
}

fn float(old: &Value<'_>, spread: &Spread, is_target: bool, dice: &mut Dice) -> Option<New> {
    let mut change = |old: f64| {
        if is_target { numbers::target(old, spread, dice) } else { numbers::feature(old, spread, dice) }
    };
    match old {
        Value::Single(old) => Some(New::Float(change(f64::from(*old)))),
        Value::Double(old) => Some(New::Float(change(*old))),
        Value::Written(text) => {
            let old = style::number(text)?;
            let new = change(old);
            spell(text, old, new).map(New::Text)
        }
        _ => None,
    }
}

/// A number in the spelling of the old one; where it has so few digits that it would look the same, it moves farther.
fn spell(template: &str, old: f64, new: f64) -> Option<String> {
    let mut step = new - old;
    for _ in 0..64 {
        let text = style::like(template, old + step);
        let value = style::number(&text)?;
        // By value: `-0.0` looks other than `0.0`, but is not.
        if (value - old).abs() > 0.0 {
            return Some(text);
        }
        step = step.abs() * 2.0;
    }
    None
}

fn integer(old: &Value<'_>, mut change: impl FnMut(i128, &mut Dice) -> i128, dice: &mut Dice) -> Option<New> {
    match old {
        Value::Integer(old) => {
            let new = change(*old, dice);
            (new != *old).then_some(New::Integer(new))
        }
        Value::Written(text) => {
            let old = style::integer(text)?;
            let new = change(old, dice);
            (new != old).then(|| New::Text(style::whole_like(text, new)))
        }
        _ => None,
    }
}
