//! Judges `payload`.

use std::collections::BTreeSet;

use super::walked::{found, inconclusive, told};
use super::{Cause, Error, Judge, Status, Verdict, View, resume, verdict};
use crate::artifact::{self, Entry, Kind};
use crate::plan::scenario::checkpoints;
use crate::relate::{Class, Place};

const NAME: &str = "payload";

/// See the module.
pub(super) struct Payload;

/// What an entry of a checkpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Model,
    Optimizer,
    Scheduler,
    Epoch,
    Step,
    Best,
    Generators,
    Metadata,
}

/// The groups with their names in case files and reports.
const GROUPS: &[(Group, &str)] = &[
    (Group::Model, "model"),
    (Group::Optimizer, "optimizer"),
    (Group::Scheduler, "scheduler"),
    (Group::Epoch, "epoch"),
    (Group::Step, "step"),
    (Group::Best, "best"),
    (Group::Generators, "generators"),
    (Group::Metadata, "metadata"),
];

/// Words of entries, as whole words, and as beginnings of words where a star follows. The first group that fits is taken, so
/// `best_model` is the best one and `optimizer_step` the optimiser's. The manual page shows this table.
const WORDS: &[(Group, &[&str])] = &[
    (Group::Best, &["best*"]),
    (Group::Generators, &["rng*", "random*", "generator*", "prng*"]),
    (Group::Scheduler, &["sched*"]),
    (Group::Optimizer, &["optim*", "opt", "adam*", "sgd", "momentum", "velocity", "exp", "m", "v"]),
    (Group::Epoch, &["epoch*"]),
    (Group::Step, &["step*", "iter*", "batch"]),
    (
        Group::Metadata,
        &[
            "config*", "args", "meta*", "hparams", "hyper*", "version", "git*", "commit", "date", "time*",
            "library",
        ],
    ),
    (
        Group::Model,
        &[
            "model*",
            "net",
            "network",
            "module",
            "dict",
            "weight*",
            "params",
            "parameters",
            "backbone",
            "encoder",
            "decoder",
        ],
    ),
];

impl Judge for Payload {
    fn audit(&self) -> &'static str {
        NAME
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let needs = match needs(&view.case.audits.wishes.payload.needs) {
            Ok(needs) => needs,
            Err(unknown) => return Ok(unknown_need(&unknown)),
        };
        let mut outcome = verdict(NAME, Status::Held, String::new());
        let mut unread = None;
        let names = checkpoints(view.case);
        for name in &names {
            let Some(baseline) = view.baseline(name) else { continue };
            match artifact::entries(&baseline)? {
                Ok(entries) => one(view, name, &entries, &needs, &mut outcome)?,
                Err(why) => unread = Some(format!("the entries of `{name}` cannot be listed: {why}")),
            }
        }
        if let Some(finding) = outcome.findings.first() {
            outcome.status = Status::Drifted;
            let lacks = finding.difference.as_ref().and_then(|difference| difference.note.clone());
            outcome.headline = lacks.unwrap_or_default();
        } else if let Some(why) = unread {
            let mut unclear = inconclusive(NAME, why, Cause::NothingVaried);
            let hint = "save it with `torch.save` (1.6 or later), or as safetensors, npz or json";
            unclear.notes = [vec![hint.to_owned()], outcome.notes].concat();
            return Ok(unclear);
        } else {
            let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            outcome.headline = format!("{names}: all that is needed to go on is there");
        }
        Ok(outcome)
    }
}

fn unknown_need(unknown: &str) -> Verdict {
    let known = GROUPS.iter().map(|(_, name)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let headline = format!("`needs` names `{unknown}`, which is none of {known}");
    inconclusive(NAME, headline, Cause::NothingVaried)
}

/// What must be there: of each entry, one of the groups.
fn needs(declared: &[String]) -> Result<Vec<Vec<Group>>, String> {
    if declared.is_empty() {
        return Ok(vec![
            vec![Group::Model],
            vec![Group::Optimizer],
            vec![Group::Epoch, Group::Step],
            vec![Group::Generators],
        ]);
    }
    let named = |word: &String| {
        let found = GROUPS.iter().find(|(_, name)| name == word);
        found.map(|(group, _)| vec![*group]).ok_or_else(|| word.clone())
    };
    declared.iter().map(named).collect()
}

/// The entries without those of the first group that is needed and there; `None` where there is none, or `needs` are unknown.
/// For the canary.
pub(crate) fn without_a_need(entries: &[Entry], declared: &[String]) -> Option<Vec<Entry>> {
    let there = groups(entries);
    let need =
        needs(declared).ok()?.into_iter().find(|need| need.iter().any(|group| there.contains(group)))?;
    let rest: Vec<Entry> = entries
        .iter()
        .filter(|entry| {
            let own = match group(entry, entries) {
                None if entry.kind == Kind::Numbers => Some(Group::Model),
                own => own,
            };
            !own.is_some_and(|own| need.contains(&own))
        })
        .cloned()
        .collect();
    Some(rest)
}

fn one(
    view: &View<'_>,
    name: &str,
    entries: &[Entry],
    needs: &[Vec<Group>],
    outcome: &mut Verdict,
) -> Result<(), Error> {
    let there = groups(entries);
    let declared = !view.case.audits.wishes.payload.needs.is_empty();
    let scheduled = (!declared && has_scheduler(entries)).then(|| vec![Group::Scheduler]);
    let needs: Vec<Vec<Group>> = needs.iter().cloned().chain(scheduled).collect();
    let mut missing: Vec<&Vec<Group>> =
        needs.iter().filter(|need| need.iter().all(|group| !there.contains(group))).collect();
    if !declared && missing.iter().any(|need| need.contains(&Group::Generators)) && draws_nothing(view, name)
    {
        missing.retain(|need| !need.contains(&Group::Generators));
        outcome.notes.push(format!("`{name}` holds no states of generators; the program draws from none"));
    }
    let told_only = [Group::Scheduler, Group::Best, Group::Metadata]
        .into_iter()
        .filter(|group| !there.contains(group) && !needs.contains(&vec![*group]));
    let told_only: Vec<&str> = told_only.map(word).collect();
    if !told_only.is_empty() {
        outcome.notes.push(format!("`{name}` holds no {}", told_only.join(", no ")));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let lacks =
        missing.iter().map(|need| need.iter().map(|group| word(*group)).collect::<Vec<_>>().join(" or "));
    let lacks = lacks.collect::<Vec<_>>().join(", ");
    if resume::holds(view, name)? {
        outcome.notes.push(format!("`{name}` holds no {lacks}; a resumed run gives the same bits without"));
        return Ok(());
    }
    let what = if there.iter().all(|group| *group == Group::Model) { "weights alone: it" } else { "what" };
    let note = match what {
        "what" => format!("`{name}` lacks {lacks}"),
        _ => format!("`{name}` holds weights alone: it lacks {lacks}"),
    };
    outcome.findings.push(found(
        view,
        NAME,
        name,
        &["entries"],
        told(Class::Missing, Some(Place::Whole), note),
    ));
    Ok(())
}

/// Whether a scheduler works on the optimiser: only one writes `initial_lr` into its groups of parameters.
fn has_scheduler(entries: &[Entry]) -> bool {
    let told = |entry: &Entry| {
        let optimizer = entry.path.first().and_then(|name| named(name)) == Some(Group::Optimizer);
        optimizer && entry.path.last().is_some_and(|name| name == "initial_lr")
    };
    entries.iter().any(told)
}

/// Whether the stage that leaves this output was seen to seed and to draw from no generator. Only Python programs are seen.
fn draws_nothing(view: &View<'_>, name: &str) -> bool {
    let record = view.case.producer(name).and_then(|stage| view.session.baseline(&stage.name));
    record.is_some_and(|record| {
        let reach = &record.reach;
        reach.shim && reach.failures.is_empty() && reach.seeded.is_empty() && reach.drawn.is_empty()
    })
}

fn word(group: Group) -> &'static str {
    GROUPS.iter().find(|(known, _)| *known == group).map_or("", |(_, name)| name)
}

/// The groups of which a checkpoint holds something.
fn groups(entries: &[Entry]) -> BTreeSet<Group> {
    let mut there = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.kind != Kind::Nothing) {
        match group(entry, entries) {
            Some(group) => drop(there.insert(group)),
            None if entry.kind == Kind::Numbers => drop(there.insert(Group::Model)),
            None => {}
        }
    }
    there
}

/// What an entry is for, by its outermost name, or by the second where the first says nothing.
fn group(entry: &Entry, all: &[Entry]) -> Option<Group> {
    let by_first = entry.path.first().and_then(|name| named(name));
    match by_first {
        // A layer may be called anything: `batch_norm`, `time_embedding`, the `generator` of a generative model.
        Some(Group::Generators | Group::Epoch | Group::Step | Group::Metadata)
            if is_network(&entry.path[0], all) =>
        {
            Some(Group::Model)
        }
        Some(group) => Some(group),
        // One level only: `scheduler.last_epoch` is not the epoch.
        None => entry.path.get(1).and_then(|name| named(name)).filter(|_| !is_layer(entry)),
    }
}

/// Weights stand below this name.
fn is_network(name: &str, all: &[Entry]) -> bool {
    all.iter().any(|entry| entry.path.first().is_some_and(|first| first == name) && is_layer(entry))
}

fn is_layer(entry: &Entry) -> bool {
    let last = entry.path.last().map(String::as_str).unwrap_or_default();
    matches!(last, "weight" | "bias" | "running_mean" | "running_var" | "num_batches_tracked")
}

fn named(name: &str) -> Option<Group> {
    // What every `state_dict` carries along.
    if name == "_metadata" {
        return None;
    }
    let spaced = spaced(name);
    let words: Vec<&str> = spaced.split(|letter: char| !letter.is_alphanumeric()).collect();
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(beginning) => words.iter().any(|word| word.starts_with(beginning)),
        // Words of one letter or two only stand alone: `layer.v` is no velocity.
        None if pattern.len() < 3 => words == [pattern],
        None => words.contains(&pattern),
    };
    WORDS.iter().find(|(_, patterns)| patterns.iter().any(|pattern| fits(pattern))).map(|(group, _)| *group)
}

/// `globalStep` as `global step`, in lower case.
fn spaced(name: &str) -> String {
    let mut text = String::new();
    let mut before_small = false;
    for letter in name.chars() {
        if letter.is_uppercase() && before_small {
            text.push(' ');
        }
        before_small = letter.is_lowercase();
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(paths: &[&str]) -> Vec<Entry> {
        let entry = |path: &&str| {
            let path = path.split('.').map(str::to_owned).collect();
            Entry { path, kind: Kind::Numbers }
        };
        paths.iter().map(entry).collect()
    }

    fn words(paths: &[&str]) -> Vec<&'static str> {
        groups(&entries(paths)).into_iter().map(word).collect()
    }

    #[test]
    fn entries_are_known_by_the_names_that_people_give() {
        for (name, group) in [
            ("model", "model"),
            ("model_state_dict", "model"),
            ("state_dict", "model"),
            ("net", "model"),
            ("optimizer", "optimizer"),
            ("optimizer_states", "optimizer"),
            ("opt", "optimizer"),
            ("lr_scheduler", "scheduler"),
            ("lr_schedulers", "scheduler"),
            ("epoch", "epoch"),
            ("global_step", "step"),
            ("globalStep", "step"),
            ("iteration", "step"),
            ("best_loss", "best"),
            ("best_epoch", "best"),
            ("torch_rng_state", "generators"),
            ("numpy_random_state", "generators"),
            ("generator", "generators"),
            ("pytorch-lightning_version", "metadata"),
            ("hyper_parameters", "metadata"),
            ("adam_m", "optimizer"),
            ("v", "optimizer"),
        ] {
            assert_eq!(named(name).map(word), Some(group), "{name}");
        }
        for name in ["fc1", "embedding", "conv", "experts", "layer.v", ""] {
            assert_eq!(named(name), None, "{name}");
        }
    }

    #[test]
    fn a_bare_state_dict_holds_a_model_alone() {
        assert_eq!(words(&["0.weight", "0.bias", "bn.num_batches_tracked", "_metadata.0"]), ["model"]);
        assert_eq!(words(&["encoder.layer.0.weight", "batch_norm.weight", "time_embed.bias"]), ["model"]);
        assert_eq!(words(&["generator.0.weight", "discriminator.0.weight"]), ["model"]);
    }

    #[test]
    fn what_stands_below_a_known_name_is_not_looked_at_again() {
        assert_eq!(
            words(&["model.0.weight", "optimizer.state.0.step", "scheduler.last_epoch"]),
            ["model", "optimizer", "scheduler"]
        );
        assert_eq!(words(&["trainer_state.epoch", "trainer.rng.torch"]), ["epoch", "generators"]);
    }

    #[test]
    fn an_optimizer_tells_of_its_scheduler() {
        assert!(has_scheduler(&entries(&["model.w", "optimizer.param_groups.0.initial_lr"])));
        assert!(!has_scheduler(&entries(&["model.initial_lr", "optimizer.param_groups.0.lr"])));
    }

    #[test]
    fn an_entry_that_is_none_is_not_there() {
        let mut entries = entries(&["model.w", "optimizer"]);
        entries[1].kind = Kind::Nothing;
        assert_eq!(groups(&entries).len(), 1);
    }

    #[test]
    fn what_is_needed_first_can_be_taken_away() {
        let all = entries(&["epoch", "model.0.weight", "optimizer.lr", "head"]);
        let left = |needs: &[&str]| {
            let needs: Vec<String> = needs.iter().map(|&need| need.to_owned()).collect();
            without_a_need(&all, &needs).map(|rest| groups(&rest).into_iter().map(word).collect::<Vec<_>>())
        };
        assert_eq!(left(&[]), Some(vec!["optimizer", "epoch"]));
        assert_eq!(left(&["scheduler", "epoch"]), Some(vec!["model", "optimizer"]));
        assert_eq!(left(&["scheduler"]), None);
        assert_eq!(left(&["planted"]), None);
    }

    #[test]
    fn an_unknown_need_is_named() {
        assert_eq!(needs(&["model".to_owned(), "modle".to_owned()]), Err("modle".to_owned()));
        assert_eq!(needs(&[]).unwrap().len(), 4);
    }
}
