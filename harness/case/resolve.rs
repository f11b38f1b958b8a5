//! [`raw::File`] -> [`Case`]: everything that is declared is checked against everything else, and against the
//! files that are there. Mistakes are collected, never thrown.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::error::{Finding, did_you_mean, listed};
use super::paths::{self, Fault, Want};
use super::raw::{self, Named, Text};
use super::resolve_wishes::{Declared, names};
use super::{
    Audits, Case, Context, Data, Environment, Expectation, Nuisance, Repeat, Requires, SeedCoverage, Split,
    Stage, Toleration, raw_wishes,
};
use crate::artifact::Format;

/// Letters that a name may have at most; names become parts of paths.
const NAME_LETTERS_MAX: usize = 64;

/// Equal runs that the audit `repeat` may ask for at most.
const RUNS_MAX: u32 = 100;

/// What is read while checking, and the mistakes found so far.
pub(super) struct Check<'a> {
    /// The case file.
    pub(super) file: &'a Path,
    /// Its folder, canonical.
    pub(super) folder: &'a Path,
    /// The project's root, canonical.
    pub(super) project: &'a Path,
    /// The file's text.
    pub(super) source: &'a str,
    /// Name, day and known names.
    pub(super) context: &'a Context<'a>,
    /// The mistakes.
    pub(super) findings: Vec<Finding>,
}

impl<'a> Check<'a> {
    /// The cases of the file; meaningless where there are findings.
    pub(super) fn cases(&mut self, raw: &raw::File) -> Vec<Case> {
        let data = self.data(&raw.data, &raw.stage);
        let knobs = self.knobs(&raw.knobs);
        let kernel = raw.kernel.is_some();
        let stages = if kernel { Vec::new() } else { self.stages(&raw.stage, &data, &knobs) };
        let declared = Declared { data: &data, knobs: &knobs, stages: &stages };
        let audits = self.audits(&raw.audit, &declared);
        let submission = raw.submission.as_ref().map(|table| self.submission(table, &declared));
        let card = raw.card.as_ref().map(|card| self.card(card, &declared));
        let base = Case {
            name: self.context.name.to_owned(),
            variant: None,
            portable: raw.pipeline.portable,
            file: self.folder.join(self.file.file_name().unwrap_or_default()),
            project: self.project.to_owned(),
            summary: self.summary(raw.pipeline.summary.as_ref()),
            dir: self.folder.to_owned(),
            environment: self.environment(&raw.environment),
            requires: Requires {
                programs: self.words(&raw.requires.programs, "program"),
                modules: self.words(&raw.requires.modules, "module"),
            },
            data,
            audits,
            tolerations: self.tolerations(&raw.tolerate),
            expect: BTreeMap::new(),
            stages,
            knobs,
            kernel: None,
            submission,
            card,
        };
        if kernel {
            return self.kernels(raw, &base);
        }
        if raw.variant.is_empty() {
            let dir = raw
                .pipeline
                .dir
                .as_ref()
                .map_or(Some(self.folder.to_owned()), |dir| self.path(dir, Want::Folder));
            return vec![Case { dir: dir.unwrap_or_default(), ..base }];
        }
        in_file_order(&raw.variant)
            .into_iter()
            .map(|(name, variant)| self.pipeline_variant(name, variant, &base))
            .collect()
    }

    /// A kernel, or one for each variant.
    fn kernels(&mut self, raw: &raw::File, base: &Case) -> Vec<Case> {
        let summary = raw.kernel.as_ref().and_then(|kernel| kernel.get_ref().summary.as_ref());
        let base = Case { summary: self.summary(summary), ..base.clone() };
        if raw.variant.is_empty() {
            let kernel = self.kernel(raw, None);
            return vec![Case { kernel, ..base }];
        }
        let mut cases = Vec::new();
        for (name, variant) in in_file_order(&raw.variant) {
            if let Some(dir) = &variant.dir {
                let finding = Finding::new(dir.span(), "a variant of a kernel has no folder");
                self.findings.push(finding.help("name its WGSL instead: wgsl = \"bad.wgsl\""));
            }
            let kernel = self.kernel(raw, variant.wgsl.as_ref());
            let outputs: Vec<String> =
                kernel.iter().flat_map(|kernel| kernel.buffers.keys().cloned()).collect();
            let case = self.variant(name, variant, &base, &outputs);
            cases.push(Case { kernel, dir: base.dir.clone(), ..case });
        }
        cases
    }

    fn pipeline_variant(&mut self, name: &Text, variant: &raw::Variant, base: &Case) -> Case {
        if variant.dir.is_none() {
            self.lacks(&name.span(), "variant", name.get_ref(), "dir", "dir = \"bad\"");
        }
        if let Some(wgsl) = &variant.wgsl {
            let finding = Finding::new(wgsl.span(), "a variant of a pipeline has no WGSL");
            self.findings.push(finding.help("name its folder instead: dir = \"bad\""));
        }
        let case = self.variant(name, variant, base, &artifact_names(&base.stages));
        let dir = variant.dir.as_ref().and_then(|dir| self.path(dir, Want::Folder)).unwrap_or_default();
        Case { dir, ..case }
    }

    fn variant(&mut self, name: &Text, variant: &raw::Variant, base: &Case, artifacts: &[String]) -> Case {
        self.name(name, "variant");
        let expect = &variant.expect;
        Case {
            name: format!("{}/{}", base.name, name.get_ref()),
            variant: Some(name.get_ref().clone()),
            summary: match &variant.summary {
                Some(summary) => self.summary(Some(summary)),
                None => base.summary.clone(),
            },
            expect: expect
                .iter()
                .filter_map(|(audit, expect)| self.expect(audit, expect, artifacts))
                .collect(),
            ..base.clone()
        }
    }

    fn expect(
        &mut self,
        audit: &Text,
        expect: &raw::Expect,
        artifacts: &[String],
    ) -> Option<(String, Expectation)> {
        self.known(audit, "audit", self.context.known.audits);
        for factor in &expect.factors {
            self.known(factor, "factor", &self.factors_and_words());
        }
        if let Some(artifact) = &expect.artifact {
            let names: Vec<&str> = artifacts.iter().map(String::as_str).collect();
            self.known(artifact, "output", &names);
        }
        let Some(verdict) = expect.verdict else {
            self.lacks(&audit.span(), "expectation of", audit.get_ref(), "verdict", "verdict = \"drifted\"");
            return None;
        };
        let expectation = Expectation {
            verdict: verdict.name().to_owned(),
            factors: self.words(&expect.factors, "factor"),
            artifact: expect.artifact.as_ref().map(|artifact| artifact.get_ref().clone()),
            place: expect.place.as_ref().map(|place| place.get_ref().clone()),
        };
        Some((audit.get_ref().clone(), expectation))
    }

    fn factors_and_words(&self) -> Vec<&'a str> {
        [self.context.known.factors, self.context.known.words].concat()
    }

    fn summary(&mut self, summary: Option<&Text>) -> String {
        let Some(summary) = summary else { return String::new() };
        if summary.get_ref().contains(char::is_control) {
            let finding = Finding::new(summary.span(), "`summary` must be one line of text");
            self.findings.push(finding.help("put the rest into comments of the case file"));
        }
        summary.get_ref().clone()
    }

    fn environment(&mut self, raw: &raw::Environment) -> Environment {
        if let Some(python) = &raw.python
            && !is_version(python.get_ref())
            && !Path::new(python.get_ref()).is_absolute()
        {
            let message = format!("`{}` is neither a Python version nor an absolute path", python.get_ref());
            let help = "write python = \"3.11\" or python = \"/usr/bin/python3\"";
            self.findings.push(Finding::new(python.span(), message).help(help));
        }
        for name in raw.pass.iter().chain(raw.set.keys()) {
            self.variable(name);
        }
        for name in raw.pass.iter().filter(|name| raw.set.contains_key(name.get_ref().as_str())) {
            let finding =
                Finding::new(name.span(), format!("`{}` is both handed on and set", name.get_ref()));
            self.findings.push(finding.help("keep it in `pass` or in `set`"));
        }
        for value in raw.set.values() {
            self.no_nul(value);
        }
        Environment {
            python: raw.python.as_ref().map(|python| python.get_ref().clone()),
            lock: raw.lock.as_ref().and_then(|lock| self.path(lock, Want::File)),
            pass: self.words(&raw.pass, "variable"),
            set: plain(&raw.set),
            offline: raw.network == raw::Switch::Off,
        }
    }

    fn data(&mut self, raw: &Named<raw::Data>, stages: &Named<raw::Stage>) -> BTreeMap<String, Data> {
        let outputs: Vec<&str> =
            stages.values().flat_map(|stage| stage.out.keys()).map(|name| name.get_ref().as_str()).collect();
        let mut data = BTreeMap::new();
        for (name, raw) in raw {
            self.name(name, "data table");
            let Some(written) = &raw.path else {
                self.lacks(&name.span(), "data", name.get_ref(), "path", "path = \"data.csv\"");
                continue;
            };
            let format = raw.format.unwrap_or_else(|| paths::format_of(written.get_ref()));
            let want = if format == Format::Tree { Want::Folder } else { Want::Data };
            let path = self.path(written, want);
            let id = self.columns(raw.id.as_ref(), format);
            let group = names(raw.group.as_ref());
            let split = match raw.split.as_ref().map(Spanned::get_ref) {
                Some(raw_wishes::Split::Table(table)) => table.column.as_ref(),
                _ => None,
            };
            let others: Vec<&Text> = group.iter().chain(&raw.time).chain(split).collect();
            self.columns_exist(path.as_deref(), format, &id, raw.target.as_ref(), &others);
            let group = self.words(&group, "column");
            let data_of = Data {
                path: path.unwrap_or_default(),
                format,
                id: id.into_iter().map(Spanned::into_inner).collect(),
                target: raw.target.as_ref().map(|target| target.get_ref().clone()),
                held_out: raw.held_out,
                group,
                time: raw.time.as_ref().map(|time| time.get_ref().clone()),
                split: self.split(raw, &outputs),
            };
            data.insert(name.get_ref().clone(), data_of);
        }
        data
    }

    fn split(&mut self, raw: &raw::Data, outputs: &[&str]) -> Option<Split> {
        let split = raw.split.as_ref()?;
        if raw.held_out {
            let finding = Finding::new(split.span(), "`split` in data that is held out as a whole");
            self.findings.push(finding.help("keep `held-out = true` or `split`"));
        }
        let wrong = match split.get_ref() {
            raw_wishes::Split::Word(word) if word == "inside" => return Some(Split::Inside),
            raw_wishes::Split::Word(word) => format!("`{word}` is no way to split"),
            raw_wishes::Split::Table(table) => match (&table.column, &table.output) {
                (Some(column), None) => {
                    let held_out = table.held_out.iter().map(|value| self.knob(value)).collect();
                    return Some(Split::Column { column: column.get_ref().clone(), held_out });
                }
                (None, Some(output)) => {
                    self.known(output, "output", outputs);
                    if raw.id.is_none() {
                        let finding = Finding::new(split.span(), "a split by ids needs an `id`");
                        self.findings
                            .push(finding.help("name the column that identifies a row: id = \"id\""));
                    }
                    return Some(Split::Output(output.get_ref().clone()));
                }
                _ => "`split` names a column or an output, one of them".to_owned(),
            },
        };
        let help = "write \"inside\", { column = \"fold\", held-out = [\"test\"] } or { output = \"NAME\" }";
        self.findings.push(Finding::new(split.span(), wrong).help(help));
        None
    }

    /// The columns that identify a row, each with its place.
    pub(super) fn columns(&mut self, columns: Option<&Spanned<raw::Columns>>, format: Format) -> Vec<Text> {
        let Some(columns) = columns else { return Vec::new() };
        let names = match columns.get_ref() {
            raw::Columns::One(name) => vec![Spanned::new(columns.span(), name.clone())],
            raw::Columns::Several(names) => names.clone(),
        };
        if !format.is_table() {
            let message = format!("`id` names a column, but format `{}` has none", format.name());
            let help = "remove `id`, or say how to read the file: format = \"csv\" (or tsv, parquet)";
            self.findings.push(Finding::new(columns.span(), message).help(help));
        } else if names.is_empty() || names.iter().any(|name| name.get_ref().is_empty()) {
            let finding = Finding::new(columns.span(), "`id` names no column");
            self.findings.push(finding.help("name the column that identifies a row: id = \"id\""));
        }
        self.words(&names, "column");
        names
    }

    fn columns_exist(
        &mut self,
        path: Option<&Path>,
        format: Format,
        id: &[Text],
        target: Option<&Text>,
        others: &[&Text],
    ) {
        if id.is_empty() && target.is_none() && others.is_empty() {
            return;
        }
        if let Some(target) = target
            && let Some(id) = id.iter().find(|id| id.get_ref() == target.get_ref())
        {
            let message = format!("column `{}` is both id and target", target.get_ref());
            let finding = Finding::new(target.span(), message).also(id.span(), "the id");
            self.findings.push(finding.help("name the column to predict in `target`, another one in `id`"));
        }
        let columns: Vec<&Text> = id.iter().chain(target).chain(others.iter().copied()).collect();
        self.in_header(path, format, &columns);
    }

    /// Records columns that declared data do not have.
    pub(super) fn columns_of(&mut self, data: &Data, columns: &[Text]) {
        self.in_header(Some(&data.path), data.format, &columns.iter().collect::<Vec<_>>());
    }

    fn in_header(&mut self, path: Option<&Path>, format: Format, columns: &[&Text]) {
        let Some(header) = path.and_then(|path| paths::header(path, format)) else { return };
        let names: Vec<&str> = header.iter().map(String::as_str).collect();
        for column in columns {
            if !names.contains(&column.get_ref().as_str()) {
                let message = format!("no column `{}` in the header line", column.get_ref());
                let help = did_you_mean(column.get_ref(), &names, "the file has no header line");
                self.findings.push(Finding::new(column.span(), message).help(help));
            }
        }
    }

    fn knobs(&mut self, raw: &Named<Spanned<raw::Knob>>) -> BTreeMap<String, String> {
        let mut knobs = BTreeMap::new();
        for (name, value) in raw {
            self.name(name, "knob");
            knobs.insert(name.get_ref().clone(), self.knob(value));
        }
        knobs
    }

    /// A knob's value as text. A float stays as the file spells it: `1e-3` is not `0.001` to every program.
    pub(super) fn knob(&mut self, value: &Spanned<raw::Knob>) -> String {
        let text = match value.get_ref() {
            raw::Knob::Text(text) | raw::Knob::Integer(text) => text.clone(),
            raw::Knob::Float => self.source.get(value.span()).unwrap_or_default().replace('_', ""),
            raw::Knob::Boolean(value) => value.to_string(),
        };
        self.no_nul(&Spanned::new(value.span(), text.clone()));
        text
    }

    fn audits(&mut self, raw: &raw::Audits, declared: &Declared<'_>) -> Audits {
        if let Some(runs) = &raw.repeat.runs
            && !(2..=RUNS_MAX).contains(runs.get_ref())
        {
            let message = format!("`runs` must be from 2 to {RUNS_MAX}, not {}", runs.get_ref());
            self.findings.push(
                Finding::new(runs.span(), message).help("two runs are the fewest that can differ: runs = 2"),
            );
        }
        let repeat = Repeat {
            off: self.reason(raw.repeat.off.as_ref()),
            runs: raw.repeat.runs.as_ref().map(|r| *r.get_ref()),
        };
        for factor in raw.nuisance.also.iter().chain(raw.nuisance.without.keys()) {
            self.known(factor, "factor", self.context.known.factors);
        }
        for factor in &raw.nuisance.also {
            if let Some((left_out, _)) = raw.nuisance.without.get_key_value(factor.get_ref().as_str()) {
                let message = format!("factor `{}` is both added and left out", factor.get_ref());
                let finding = Finding::new(factor.span(), message).also(left_out.span(), "left out here");
                self.findings.push(finding.help("keep it in `also` or in `without`"));
            }
        }
        let nuisance = Nuisance {
            off: self.reason(raw.nuisance.off.as_ref()),
            also: self.words(&raw.nuisance.also, "factor"),
            without: self.reasons(&raw.nuisance.without),
        };
        Audits {
            repeat,
            nuisance,
            seed_coverage: self.seed_coverage(&raw.seed_coverage, declared.knobs),
            wishes: self.wishes(raw, declared),
            kernels_off: self.kernels_off(raw),
        }
    }

    fn kernels_off(&mut self, raw: &raw::Audits) -> BTreeMap<&'static str, String> {
        let all = [
            ("schedule", &raw.schedule),
            ("races", &raw.races),
            ("memory", &raw.memory),
            ("reference", &raw.reference),
            ("batch-invariance", &raw.batch_invariance),
            ("environment", &raw.environment),
            ("adapters", &raw.adapters),
        ];
        all.into_iter().filter_map(|(name, wish)| Some((name, self.reason(wish.off.as_ref())?))).collect()
    }

    fn seed_coverage(&mut self, raw: &raw::SeedCoverage, knobs: &BTreeMap<String, String>) -> SeedCoverage {
        for source in raw.without.keys() {
            self.known(source, "factor", self.context.known.factors);
        }
        if let Some(knob) = &raw.knob {
            let names: Vec<&str> = knobs.keys().map(String::as_str).collect();
            self.known(knob, "knob", &names);
        }
        let other = raw.other.as_ref().map(|other| self.knob(other));
        let seed = knobs.get(raw.knob.as_ref().map_or("seed", |knob| knob.get_ref()));
        if let (Some(place), Some(other)) = (&raw.other, &other) {
            if seed == Some(other) {
                let finding =
                    Finding::new(place.span(), format!("the other seed is the declared one, `{other}`"));
                self.findings.push(finding.help("name a seed that must give other results"));
            } else if seed.is_none() && raw.knob.is_none() {
                let finding = Finding::new(place.span(), "another seed, but no knob `seed`");
                self.findings
                    .push(finding.help("add `seed = 42` below `[knobs]`, or name the knob: knob = \"NAME\""));
            }
        }
        SeedCoverage {
            off: self.reason(raw.off.as_ref()),
            without: self.reasons(&raw.without),
            knob: raw.knob.as_ref().map(|knob| knob.get_ref().clone()),
            other,
        }
    }

    fn tolerations(&mut self, raw: &[Spanned<raw::Tolerate>]) -> Vec<Toleration> {
        let mut seen = BTreeMap::new();
        let mut tolerations = Vec::new();
        for toleration in raw {
            let Some(read) = self.toleration(toleration) else { continue };
            let pair = (read.factor.clone(), read.audit.clone());
            if let Some(first) = seen.insert(pair, toleration.span()) {
                let message =
                    format!("factor `{}` is tolerated twice in audit `{}`", read.factor, read.audit);
                let finding = Finding::new(toleration.span(), message).also(first, "first here");
                self.findings.push(finding.help("keep one of the two"));
            }
            tolerations.push(read);
        }
        tolerations
    }

    fn toleration(&mut self, raw: &Spanned<raw::Tolerate>) -> Option<Toleration> {
        let place = raw.span();
        let raw = raw.get_ref();
        let missing = [
            ("factor", raw.factor.is_none(), "factor = \"threads\""),
            ("audit", raw.audit.is_none(), "audit = \"nuisance\""),
            ("reason", raw.reason.is_none(), "reason = \"why this drift is accepted\""),
            ("until", raw.until.is_none(), "until = 2027-06-30"),
        ];
        let missing: Vec<(&str, &str)> = missing.into_iter().filter(|m| m.1).map(|m| (m.0, m.2)).collect();
        if !missing.is_empty() {
            let keys: Vec<&str> = missing.iter().map(|(key, _)| *key).collect();
            let lines: Vec<&str> = missing.iter().map(|(_, line)| *line).collect();
            let finding = Finding::new(place, format!("toleration without {}", listed(&keys)));
            self.findings.push(finding.help(format!("add {}", listed(&lines))));
        }
        let (factor, audit, until) = (raw.factor.as_ref()?, raw.audit.as_ref()?, raw.until.as_ref()?);
        self.known(factor, "factor", &self.factors_and_words());
        self.known(audit, "audit", self.context.known.audits);
        let reason = self.reason(raw.reason.as_ref())?;
        let (Some(date), None) = (until.get_ref().date, until.get_ref().time) else {
            let finding = Finding::new(until.span(), "`until` must be a date without a time");
            self.findings
                .push(finding.help("write the last day on which the drift is accepted: until = 2027-06-30"));
            return None;
        };
        let expired = date < self.context.today;
        if expired {
            let message = format!("the toleration of factor `{}` has expired", factor.get_ref());
            let help = "mend the drift and remove the toleration, or give it a new reason and a later day";
            let label = format!("its last day; today is {}", self.context.today);
            self.findings.push(Finding::new(until.span(), message).label(label).help(help));
        }
        Some(Toleration {
            factor: factor.get_ref().clone(),
            audit: audit.get_ref().clone(),
            reason,
            until: date.to_string(),
            expired,
        })
    }

    pub(super) fn reason(&mut self, reason: Option<&Text>) -> Option<String> {
        let reason = reason?;
        if reason.get_ref().trim().is_empty() {
            let finding = Finding::new(reason.span(), "empty reason");
            self.findings.push(finding.help("say in a few words why; reports quote it"));
        }
        Some(reason.get_ref().clone())
    }

    pub(super) fn reasons(&mut self, reasons: &Named<Text>) -> BTreeMap<String, String> {
        for reason in reasons.values() {
            self.reason(Some(reason));
        }
        plain(reasons)
    }

    /// Values of a list; an empty or repeated one is a mistake.
    pub(super) fn words(&mut self, words: &[Text], what: &str) -> Vec<String> {
        let mut seen: BTreeMap<&str, Range<usize>> = BTreeMap::new();
        for word in words {
            if word.get_ref().trim().is_empty() {
                let finding = Finding::new(word.span(), format!("empty {what} name"));
                self.findings.push(finding.help("name it, or remove it from the list"));
            } else if let Some(first) = seen.insert(word.get_ref(), word.span()) {
                let finding = Finding::new(word.span(), format!("{what} `{}` stands twice", word.get_ref()));
                self.findings.push(finding.also(first, "first here").help("remove one of the two"));
            }
        }
        words.iter().map(|word| word.get_ref().clone()).collect()
    }

    /// Records a word that is not among the known ones.
    pub(super) fn known(&mut self, word: &Text, what: &str, known: &[&str]) {
        if known.contains(&word.get_ref().as_str()) {
            return;
        }
        let help = did_you_mean(word.get_ref(), known, &format!("no {what} is declared"));
        let finding = Finding::new(word.span(), format!("unknown {what} `{}`", word.get_ref()));
        self.findings.push(finding.help(help));
    }

    /// Records a name that could not be part of a path or a placeholder.
    pub(super) fn name(&mut self, name: &Text, what: &str) {
        let text = name.get_ref();
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !plain || text.is_empty() || text.len() > NAME_LETTERS_MAX {
            let finding = Finding::new(name.span(), format!("`{text}` cannot be the name of a {what}"));
            let mut help = format!("use 1 to {NAME_LETTERS_MAX} ASCII letters, digits, `-` and `_`");
            if what == "buffer" {
                help.push_str("; `group` and `binding` say which variable of the WGSL is meant");
            }
            self.findings.push(finding.help(help));
        }
    }

    /// Records a name that no environment variable can have.
    pub(super) fn variable(&mut self, name: &Text) {
        let text = name.get_ref();
        if text.is_empty() || text.contains(['=', '\0']) {
            let finding = Finding::new(name.span(), format!("`{text}` cannot be the name of a variable"));
            self.findings.push(finding.help("name it as the program reads it, such as OMP_NUM_THREADS"));
        }
    }

    /// Records a text that no program can be handed.
    pub(super) fn no_nul(&mut self, text: &Text) {
        if text.get_ref().contains('\0') {
            let finding = Finding::new(text.span(), "a NUL character cannot be handed to a program");
            self.findings.push(finding.help("remove it"));
        }
    }

    /// Records a table without a key that it must have.
    pub(super) fn lacks(&mut self, place: &Range<usize>, what: &str, name: &str, key: &str, line: &str) {
        let finding = Finding::new(place.clone(), format!("{what} `{name}` has no `{key}`"));
        self.findings.push(finding.help(format!("add a line `{line}`")));
    }

    pub(super) fn path(&mut self, written: &Text, want: Want) -> Option<PathBuf> {
        let fault = match paths::existing(written.get_ref(), self.folder, self.project, want) {
            Ok(path) => return Some(path),
            Err(fault) => fault,
        };
        self.fault(&written.span(), fault);
        None
    }

    /// Records what is wrong with a path.
    pub(super) fn fault(&mut self, place: &Range<usize>, fault: Fault) {
        self.findings.push(Finding::new(place.clone(), fault.message).help(fault.help));
    }
}

/// Tables by their place: a map forgets the order in which the user wrote them.
pub(super) fn in_file_order<T>(named: &Named<T>) -> Vec<(&Text, &T)> {
    let mut entries: Vec<_> = named.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

pub(super) fn plain(named: &Named<Text>) -> BTreeMap<String, String> {
    named.iter().map(|(name, text)| (name.get_ref().clone(), text.get_ref().clone())).collect()
}

fn artifact_names(stages: &[Stage]) -> Vec<String> {
    let outputs = || stages.iter().flat_map(|stage| stage.outputs.keys().map(|name| (&stage.name, name)));
    let alone = outputs().map(|(_, name)| name.clone());
    alone.chain(outputs().map(|(stage, name)| format!("{stage}/{name}"))).collect()
}

/// `3`, `3.11` or `3.11.4`.
pub(super) fn is_version(text: &str) -> bool {
    let numbers: Vec<&str> = text.split('.').collect();
    let number =
        |part: &&str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    numbers.len() <= 3 && numbers.iter().all(number)
}
