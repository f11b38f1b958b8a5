//! Stages: commands, outputs and the order in which they need each other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;

use super::error::{Finding, closest, did_you_mean, listed};
use super::order::order;
use super::raw::{self, Named, Text};
use super::resolve::{Check, in_file_order};
use super::{
    Data, Output, Part, RowOrder, Stage, Template, paths, raw_wishes, resolve_wishes, roles, template, units,
};
use crate::artifact::Format;

const TIMEOUT_DEFAULT: Duration = Duration::from_mins(30);
const MEMORY_BYTES_DEFAULT: u64 = 16_000_000_000;
const OUTPUT_BYTES_DEFAULT: u64 = 4_000_000_000;

/// Paths of outputs, and where each is declared. In the order of paths what lies in a folder follows it at once.
type Taken = BTreeMap<PathBuf, Range<usize>>;

/// What a placeholder may name.
struct Names<'a> {
    data: &'a BTreeMap<String, Data>,
    knobs: &'a BTreeMap<String, String>,
    /// Outputs, with the number of the stage that leaves each.
    outputs: BTreeMap<String, usize>,
    /// Every placeholder that exists, as it is written.
    all: Vec<String>,
}

impl Names<'_> {
    fn has(&self, part: &Part) -> bool {
        match part {
            Part::Text(_) => true,
            Part::Data(name) => self.data.contains_key(name),
            Part::Out(name) => self.outputs.contains_key(name),
            Part::Knob(name) => self.knobs.contains_key(name),
        }
    }
}

impl Check<'_> {
    /// The stages in the order in which they run.
    pub(super) fn stages(
        &mut self,
        raw: &Named<raw::Stage>,
        data: &BTreeMap<String, Data>,
        knobs: &BTreeMap<String, String>,
    ) -> Vec<Stage> {
        let raw = in_file_order(raw);
        if raw.is_empty() {
            let finding = Finding::new(0..0, "no stage is declared, so there is nothing to run");
            self.findings
                .push(finding.help("add `[stage.NAME]` with `command = [\"python\", \"train.py\"]`"));
            return Vec::new();
        }
        let outputs = self.outputs(&raw);
        if outputs.is_empty() {
            let finding =
                Finding::new(raw[0].0.span(), "no stage declares an output, so there is nothing to compare");
            self.findings.push(finding.help("add what the program writes: out.NAME = \"file\""));
        }
        let mut all: Vec<String> = knobs.keys().map(|name| format!("{{{name}}}")).collect();
        all.extend(data.keys().map(|name| format!("{{data.{name}}}")));
        all.extend(outputs.keys().map(|name| format!("{{out.{name}}}")));
        let names = Names { data, knobs, outputs, all };
        let stages: Vec<Stage> =
            raw.iter().enumerate().map(|(at, (name, stage))| self.stage(at, name, stage, &names)).collect();
        self.ordered(&raw, stages, &names)
    }

    /// Every output's stage; names and paths must be unique over all stages, since one stage's output is placed
    /// beside another's when a later one reads both.
    fn outputs(&mut self, stages: &[(&Text, &raw::Stage)]) -> BTreeMap<String, usize> {
        let mut owners: BTreeMap<String, (usize, Range<usize>)> = BTreeMap::new();
        let mut taken = Taken::new();
        for (at, (_, stage)) in stages.iter().enumerate() {
            for (name, output) in in_file_order(&stage.out) {
                self.name(name, "output");
                if let Some((_, first)) = owners.get(name.get_ref()) {
                    let message = format!("two outputs have the name `{}`", name.get_ref());
                    let finding = Finding::new(name.span(), message).also(first.clone(), "first here");
                    self.findings
                        .push(finding.help("give one of them another name; `{out.NAME}` must mean one file"));
                } else {
                    owners.insert(name.get_ref().clone(), (at, name.span()));
                }
                if let Some((path, place)) = self.output_path(name, output) {
                    self.clash(&path, &place, &taken);
                    taken.insert(path, place);
                }
            }
        }
        owners.into_iter().map(|(name, (at, _))| (name, at)).collect()
    }

    fn output_path(&mut self, name: &Text, output: &Spanned<raw::Output>) -> Option<(PathBuf, Range<usize>)> {
        let (written, place) = match output.get_ref() {
            raw::Output::Path(path) => (path, output.span()),
            raw::Output::Table(raw::OutputTable { path: Some(path), .. }) => (path.get_ref(), path.span()),
            raw::Output::Table(_) => {
                self.lacks(&name.span(), "output", name.get_ref(), "path", "path = \"predictions.csv\"");
                return None;
            }
        };
        match paths::output(written) {
            Ok(path) => Some((path, place)),
            Err(fault) => {
                self.fault(&place, fault);
                None
            }
        }
    }

    /// Records an output that is another one, lies in it or holds it.
    fn clash(&mut self, path: &Path, place: &Range<usize>, taken: &Taken) {
        let around = path.ancestors().find_map(|above| taken.get_key_value(above));
        let within = || {
            taken.range::<Path, _>((Excluded(path), Unbounded)).next().filter(|(p, _)| p.starts_with(path))
        };
        let Some((other, first)) = around.or_else(within) else { return };
        let message = if other == path {
            format!("two outputs have the path `{}`", path.display())
        } else {
            format!("output `{}` and output `{}` lie in one another", path.display(), other.display())
        };
        let finding = Finding::new(place.clone(), message).also(first.clone(), "first here");
        self.findings.push(finding.help("give one of them another path, or declare the folder alone"));
    }

    fn stage(&mut self, at: usize, name: &Text, raw: &raw::Stage, names: &Names<'_>) -> Stage {
        self.name(name, "stage");
        let command = self.command(name, raw.command.as_ref(), names);
        let mut env = BTreeMap::new();
        for (variable, value) in &raw.env {
            self.variable(variable);
            env.insert(variable.get_ref().clone(), self.template(value, names));
        }
        let needs = self.needs(at, &raw.needs, names);
        let parts = || command.iter().chain(env.values()).flat_map(|template| &template.0);
        let own = |output: &str| parts().any(|part| matches!(part, Part::Out(name) if name == output));
        let outputs = raw.out.iter().filter_map(|(name, output)| {
            let output = self.output(name.get_ref(), output, own(name.get_ref()), names)?;
            Some((name.get_ref().clone(), output))
        });
        let outputs = outputs.collect();
        let mut inputs = Vec::new();
        let mut data = Vec::new();
        for part in parts() {
            match part {
                Part::Out(name) if names.outputs.get(name).is_some_and(|owner| *owner != at) => {
                    inputs.push(name.clone());
                }
                Part::Data(name) => data.push(name.clone()),
                _ => {}
            }
        }
        inputs.extend(needs);
        Stage {
            name: name.get_ref().clone(),
            outputs,
            inputs: unique(inputs),
            data: unique(data),
            timeout: self.limit(
                raw.timeout.as_ref(),
                TIMEOUT_DEFAULT,
                units::duration,
                "a duration",
                "10min",
            ),
            memory_bytes_max: self.limit(
                raw.memory.as_ref(),
                MEMORY_BYTES_DEFAULT,
                units::size,
                "a size",
                "16GB",
            ),
            output_bytes_max: self.limit(
                raw.output.as_ref(),
                OUTPUT_BYTES_DEFAULT,
                units::size,
                "a size",
                "4GB",
            ),
            exclusive: self.words(&raw.exclusive, "resource"),
            silent: raw.stdout == Some(raw::Stdout::Silent),
            command,
            env,
        }
    }

    fn command(&mut self, name: &Text, raw: Option<&Spanned<Vec<Text>>>, names: &Names<'_>) -> Vec<Template> {
        let example = "command = [\"python\", \"train.py\"]";
        let Some(command) = raw else {
            self.lacks(&name.span(), "stage", name.get_ref(), "command", example);
            return Vec::new();
        };
        if command.get_ref().first().is_none_or(|program| program.get_ref().trim().is_empty()) {
            let finding =
                Finding::new(command.span(), format!("the command of stage `{}` is empty", name.get_ref()));
            self.findings.push(finding.help(format!("name the program and its arguments: {example}")));
        }
        command.get_ref().iter().map(|argument| self.template(argument, names)).collect()
    }

    fn template(&mut self, text: &Text, names: &Names<'_>) -> Template {
        self.no_nul(text);
        let (parts, problems) = template::parse(text.get_ref());
        for problem in problems {
            let place = self.inside(text, &problem.range);
            self.findings.push(Finding::new(place, problem.message).help(template::DOUBLE));
        }
        for (part, range) in parts.iter().filter(|(part, _)| !names.has(part)) {
            let finding = Finding::new(self.inside(text, range), format!("unknown placeholder `{part}`"));
            self.findings.push(finding.help(instead_of(part, &names.all)));
        }
        Template(parts.into_iter().map(|(part, _)| part).collect())
    }

    /// The place in the file of a part of a string; the whole string where it is written with escapes.
    fn inside(&self, text: &Text, range: &Range<usize>) -> Range<usize> {
        let span = text.span();
        match self.source.get(span.clone()).and_then(|raw| raw.find(text.get_ref().as_str())) {
            Some(quote) => span.start + quote + range.start..span.start + quote + range.end,
            None => span,
        }
    }

    fn needs(&mut self, at: usize, needs: &[Text], names: &Names<'_>) -> Vec<String> {
        let outputs: Vec<&str> = names.outputs.keys().map(String::as_str).collect();
        for need in needs {
            if names.outputs.get(need.get_ref()) == Some(&at) {
                let finding =
                    Finding::new(need.span(), format!("the stage needs its own output `{}`", need.get_ref()));
                self.findings.push(finding.help("name outputs of other stages only"));
            } else if names.data.contains_key(need.get_ref()) && !names.outputs.contains_key(need.get_ref()) {
                let message = format!("`{}` is data, not an output", need.get_ref());
                let help = format!("name it in the command instead: {{data.{}}}", need.get_ref());
                self.findings.push(Finding::new(need.span(), message).help(help));
            } else {
                self.known(need, "output", &outputs);
            }
        }
        self.words(needs, "output")
    }

    fn output(
        &mut self,
        name: &str,
        raw: &Spanned<raw::Output>,
        placed: bool,
        names: &Names<'_>,
    ) -> Option<Output> {
        let plain = raw::OutputTable::default();
        let (written, table) = match raw.get_ref() {
            raw::Output::Path(path) => (path, &plain),
            raw::Output::Table(table) => (table.path.as_ref()?.get_ref(), table),
        };
        let format: Format = table.format.unwrap_or_else(|| paths::format_of(written));
        let id = self.columns(table.id.as_ref(), format).into_iter().map(Spanned::into_inner).collect();
        let path = paths::output(written).ok()?;
        let group = resolve_wishes::names(table.group.as_ref());
        Some(Output {
            placed,
            format,
            id,
            role: table.role.map_or_else(|| roles::guess(name, &path), roles::Role::from),
            role_declared: table.role.is_some(),
            order: table.order.as_ref().and_then(|order| self.row_order(order, names)),
            target: table.target.as_ref().map(|column| column.get_ref().clone()),
            group: self.words(&group, "column"),
            time: table.time.as_ref().map(|column| column.get_ref().clone()),
            path,
        })
    }

    fn row_order(&mut self, raw: &Spanned<raw_wishes::Order>, names: &Names<'_>) -> Option<RowOrder> {
        let help = "write \"as-input\", \"by-id\" or { sample = \"NAME OF DATA\" }";
        match raw.get_ref() {
            raw_wishes::Order::Word(word) => match word.as_str() {
                "as-input" => Some(RowOrder::AsInput),
                "by-id" => Some(RowOrder::ById),
                _ => {
                    let message = format!("`{word}` is no order of rows");
                    self.findings.push(Finding::new(raw.span(), message).help(help));
                    None
                }
            },
            raw_wishes::Order::Table(table) => {
                let Some(sample) = &table.sample else {
                    self.findings.push(Finding::new(raw.span(), "an order without `sample`").help(help));
                    return None;
                };
                let known: Vec<&str> = names.data.keys().map(String::as_str).collect();
                self.known(sample, "data", &known);
                Some(RowOrder::Sample(sample.get_ref().clone()))
            }
        }
    }

    /// A limit above zero, or its default.
    pub(super) fn limit<T: Default + PartialEq>(
        &mut self,
        text: Option<&Text>,
        default: T,
        read: fn(&str) -> Result<T, String>,
        what: &str,
        example: &str,
    ) -> T {
        let Some(text) = text else { return default };
        let message = match read(text.get_ref()) {
            Ok(value) if value == T::default() => format!("a limit of `{}` lets nothing run", text.get_ref()),
            Ok(value) => return value,
            Err(wrong) => format!("`{}` is not {what}: it {wrong}", text.get_ref()),
        };
        let units =
            if what == "a size" { "B, kB, MB, GB, TB, KiB, MiB, GiB, TiB" } else { "d, h, min, s, ms" };
        let help = format!("write whole numbers with units, such as \"{example}\" (units: {units})");
        self.findings.push(Finding::new(text.span(), message).help(help));
        default
    }

    fn ordered(&mut self, raw: &[(&Text, &raw::Stage)], stages: Vec<Stage>, names: &Names<'_>) -> Vec<Stage> {
        let owner = |input: &String| names.outputs.get(input).copied();
        let needs: Vec<BTreeSet<usize>> = stages
            .iter()
            .enumerate()
            .map(|(at, stage)| stage.inputs.iter().filter_map(owner).filter(|owner| *owner != at).collect())
            .collect();
        match order(&needs) {
            Ok(sorted) => {
                let mut left: Vec<Option<Stage>> = stages.into_iter().map(Some).collect();
                sorted.into_iter().filter_map(|at| left[at].take()).collect()
            }
            Err(cycle) => {
                self.cycle(raw, &stages, &cycle, names);
                stages
            }
        }
    }

    fn cycle(&mut self, raw: &[(&Text, &raw::Stage)], stages: &[Stage], cycle: &[usize], names: &Names<'_>) {
        let (first, last) = (cycle[0], cycle[cycle.len() - 1]);
        let closed: Vec<&str> = cycle.iter().chain([&first]).map(|at| stages[*at].name.as_str()).collect();
        let message = format!("stages wait for each other in a cycle: {}", closed.join(" -> "));
        let read: Vec<&str> = stages[first]
            .inputs
            .iter()
            .filter(|input| names.outputs.get(*input) == Some(&last))
            .map(String::as_str)
            .collect();
        let label = format!("reads {}, which `{}` writes", listed(&read), stages[last].name);
        let help = "let one of them read something that no later stage writes, or split it in two";
        self.findings.push(Finding::new(raw[first].0.span(), message).label(label).help(help));
    }
}

/// What to do about a placeholder that names nothing.
fn instead_of(part: &Part, all: &[String]) -> String {
    if !template::could_be_a_name(part) {
        return template::DOUBLE.to_owned();
    }
    let written = part.to_string();
    match part {
        Part::Knob(name) if closest(&written, all.iter().map(String::as_str)).is_none() => {
            format!("declare it below `[knobs]`, such as `{name} = 42`; known: {}", known(all))
        }
        _ => {
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            did_you_mean(&written, &all, "nothing is declared that a placeholder could name")
        }
    }
}

fn known(all: &[String]) -> String {
    if all.is_empty() {
        return "nothing".to_owned();
    }
    listed(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Each name once, in the order of first mention.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|name| seen.insert(name.clone())).collect()
}
