//! A kernel as it is written -> [`Kernel`]: its WGSL is read and validated, and every buffer that it uses is there, in the
//! right size.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;

use super::bind_kernel::Bound;
use super::contents_kernel::members;
use super::error::Finding;
use super::kernel::{Allow, Buffer, Kernel, Level, Over, Pass, Rows};
use super::paths::Want;
use super::raw::{self, Named, Text};
use super::raw_kernel::{self as written, Dispatch};
use super::resolve::{Check, in_file_order};
use super::units;
use crate::wgsl::{self, Access, Padding, Program, Scalar, Slot, Source};

/// Bytes that all buffers of a kernel may have together.
const BYTES_MAX: u64 = 2 << 30;
/// Bytes of a WGSL file that are read at most.
const SOURCE_BYTES_MAX: u64 = 4 << 20;
/// Workgroups of one dispatch: as many as are numbered in 32 bits with room for the rest of a schedule.
const WORKGROUPS_MAX: u64 = 1 << 24;
/// Time for all that one adapter does, unless the file says so.
const TIMEOUT: Duration = Duration::from_mins(5);

/// A pass before its grid is known.
pub(super) struct Loaded<'a> {
    pub(super) program: Program,
    pub(super) bind: &'a Named<Text>,
    overrides: BTreeMap<String, f64>,
    dispatch: &'a Spanned<Dispatch>,
    immediates: Vec<u8>,
}

/// A variable that a buffer is bound to, with the program that it belongs to.
pub(super) type Use<'p> = (&'p Program, Slot);

impl Check<'_> {
    /// The kernel of the file, with a variant's own WGSL in place of that of the first pass.
    pub(super) fn kernel(&mut self, raw: &raw::File, own: Option<&Text>) -> Option<Kernel> {
        let place = raw.kernel.as_ref()?.span();
        let kernel = raw.kernel.as_ref()?.get_ref();
        self.is_no_pipeline(raw, &place);
        let passes = passes_of(kernel, &raw.pass, own);
        let sizes: Vec<(&Text, f64)> = kernel
            .sizes
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value.0)))
            .collect();
        let loaded: Vec<Loaded<'_>> =
            passes.iter().filter_map(|pass| self.load(pass, &place, None)).collect();
        if loaded.len() < passes.len() {
            return None;
        }
        let bound = self.bound(&loaded, &raw.buffer, &place)?;
        let uses = uses(&loaded, &bound);
        let buffers = self.buffers(&raw.buffer, &uses, &place)?;
        self.is_read(&buffers, &uses, &place);
        let ready = self.ready(loaded, &bound, &buffers)?;
        let sizes = sizes.into_iter().filter_map(|(name, value)| {
            let resized: Vec<Loaded<'_>> =
                passes.iter().filter_map(|pass| self.load(pass, &name.span(), Some((name, value)))).collect();
            Some((format!("{} = {value}", name.get_ref()), self.ready(resized, &bound, &buffers)?))
        });
        let sizes: Vec<(String, Vec<Pass>)> = sizes.collect();
        let grids = kernel.grids.iter().filter_map(|grid| self.grid(grid.get_ref(), &grid.span())).collect();
        let rows = kernel.rows.as_ref().and_then(|rows| self.rows(rows, &buffers, &ready));
        Some(Kernel {
            level: kernel.level.map_or(Level::ScheduleIndependent, level),
            ulps: kernel.ulps,
            rows,
            grids,
            sizes,
            allow: kernel.allow.iter().filter_map(|allow| self.allow(allow)).collect(),
            adapters: kernel.adapters.as_ref().map(|names| texts(names)),
            timeout: self.timeout(kernel.timeout.as_ref()),
            passes: ready,
            buffers,
        })
    }

    fn is_no_pipeline(&mut self, raw: &raw::File, place: &Range<usize>) {
        let other = raw.stage.keys().chain(raw.data.keys()).chain(raw.knobs.keys()).next();
        if let Some(other) = other {
            let finding = Finding::new(place.clone(), "a case is a pipeline or a kernel, not both")
                .also(other.span(), "this belongs to a pipeline");
            self.findings
                .push(finding.help("put the kernel into a case file of its own: NAME.driftless.toml"));
        }
    }

    fn timeout(&mut self, written: Option<&Text>) -> Duration {
        let Some(written) = written else { return TIMEOUT };
        units::duration(written.get_ref()).unwrap_or_else(|why| {
            let finding = Finding::new(written.span(), format!("`timeout` {why}"));
            self.findings.push(finding.help("write it as `90s` or `10min`"));
            TIMEOUT
        })
    }

    fn load<'a>(
        &mut self,
        pass: &Written<'a>,
        kernel: &Range<usize>,
        size: Option<(&Text, f64)>,
    ) -> Option<Loaded<'a>> {
        let place = pass.place(kernel);
        let source = self.source_of(pass, &place)?;
        let mut overrides: BTreeMap<String, f64> =
            pass.overrides.iter().map(|(name, value)| (name.get_ref().clone(), value.get_ref().0)).collect();
        overrides.extend(size.map(|(name, value)| (name.get_ref().clone(), value)));
        let entry = pass.entry.map_or("main", |entry| entry.get_ref().as_str());
        let Some(dispatch) = pass.dispatch else {
            let finding = Finding::new(kernel.clone(), "no `dispatch`");
            self.findings.push(finding.help("say how many workgroups run: dispatch = [256, 1, 1]"));
            return None;
        };
        match Program::load(&source, entry, &overrides) {
            Ok(program) => {
                let immediates = self.immediates(&program, pass.immediates, &place)?;
                Some(Loaded { program, bind: pass.bind, overrides, dispatch, immediates })
            }
            Err(error) => {
                let (message, help) = match &error {
                    wgsl::Error::Invalid(shown) => (
                        format!("the WGSL is not valid\n{}", shown.trim_end()),
                        "mend it at the place shown above",
                    ),
                    wgsl::Error::NoEntry { .. } => (error.to_string(), "name one of them: entry = \"NAME\""),
                    wgsl::Error::NoOverride { .. } => (error.to_string(), "remove it, or correct its name"),
                };
                let place = size.map_or(place, |(name, _)| name.span());
                self.findings.push(Finding::new(place, message).help(help));
                None
            }
        }
    }

    fn source_of(&mut self, pass: &Written<'_>, place: &Range<usize>) -> Option<Source> {
        match (pass.wgsl, pass.source) {
            (Some(wgsl), None) => {
                let path = self.path(wgsl, Want::File)?;
                let text = self.text_at(&path, wgsl)?;
                let name = path.strip_prefix(self.project).unwrap_or(&path).display().to_string();
                Some(Source { name, text })
            }
            (None, Some(source)) => {
                Some(Source { name: super::kernel::INLINE.to_owned(), text: source.get_ref().clone() })
            }
            _ => {
                let finding = Finding::new(place.clone(), "a kernel has either `wgsl` or `source`");
                self.findings.push(finding.help("name the file with the shader: wgsl = \"kernel.wgsl\""));
                None
            }
        }
    }

    fn text_at(&mut self, path: &Path, written: &Text) -> Option<String> {
        let large = path.metadata().is_ok_and(|data| data.len() > SOURCE_BYTES_MAX);
        let read = if large {
            Err(format!("is larger than {SOURCE_BYTES_MAX} bytes"))
        } else {
            std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))
        };
        read.map_err(|why| {
            let finding = Finding::new(written.span(), format!("`{}` {why}", written.get_ref()));
            self.findings.push(finding.help("name a text file in UTF-8 with WGSL"));
        })
        .ok()
    }

    /// The bytes of `var<immediate>`.
    fn immediates(
        &mut self,
        program: &Program,
        written: Option<&Spanned<Vec<written::Number>>>,
        place: &Range<usize>,
    ) -> Option<Vec<u8>> {
        let layout = program.immediates();
        if layout.is_none() && written.is_none() {
            return Some(Vec::new());
        }
        let numbers: Vec<f64> = written.iter().flat_map(|all| all.get_ref()).map(|number| number.0).collect();
        let place = written.map_or(place.clone(), Spanned::span);
        let bytes = match layout {
            Some(layout) => layout.bytes_of(&numbers),
            None => Err("the entry point uses no `var<immediate>`".to_owned()),
        };
        match bytes {
            Ok(mut bytes) => {
                // Immediate data are handed over in words.
                bytes.resize(bytes.len().next_multiple_of(4), 0);
                Some(bytes)
            }
            Err(why) => {
                let help = "write its numbers in the order of its members: immediates = [1024, 0.5]";
                self.findings.push(Finding::new(place, format!("`immediates`: {why}")).help(help));
                None
            }
        }
    }

    fn ready(
        &mut self,
        loaded: Vec<Loaded<'_>>,
        bound: &[Bound],
        buffers: &BTreeMap<String, Buffer>,
    ) -> Option<Vec<Pass>> {
        let grids: Vec<_> = loaded.iter().filter_map(|pass| self.dispatch(pass.dispatch, buffers)).collect();
        if grids.len() < loaded.len() {
            return None;
        }
        let pass = |((loaded, grid), bound): ((Loaded<'_>, [u32; 3]), &Bound)| Pass {
            program: loaded.program,
            overrides: loaded.overrides,
            grid,
            bound: bound.clone(),
            immediates: loaded.immediates,
            over: over(loaded.dispatch.get_ref()),
        };
        Some(loaded.into_iter().zip(grids).zip(bound).map(pass).collect())
    }

    fn dispatch(
        &mut self,
        dispatch: &Spanned<Dispatch>,
        buffers: &BTreeMap<String, Buffer>,
    ) -> Option<[u32; 3]> {
        let place = dispatch.span();
        match dispatch.get_ref() {
            Dispatch::Grid(grid) => self.grid(grid, &place),
            Dispatch::Over(over) => {
                let names: Vec<&str> = buffers.keys().map(String::as_str).collect();
                let Some(name) = over.over.as_ref().filter(|_| over.per > 0) else {
                    let finding = Finding::new(place, "`dispatch` needs `over` and a `per` above zero");
                    self.findings.push(finding.help("write dispatch = { over = \"input\", per = 64 }"));
                    return None;
                };
                self.known(name, "buffer", &names);
                let count = buffers.get(name.get_ref())?.count().div_ceil(over.per);
                self.grid(&[u32::try_from(count).unwrap_or(u32::MAX)], &place)
            }
        }
    }

    fn grid(&mut self, grid: &[u32], place: &Range<usize>) -> Option<[u32; 3]> {
        let mut whole = [1_u32; 3];
        let total: u64 = grid.iter().map(|count| u64::from(*count)).fold(1, u64::saturating_mul);
        if grid.is_empty() || grid.len() > 3 || total == 0 || total > WORKGROUPS_MAX {
            let message = "a grid has one to three counts above zero".to_owned();
            let message = if total > WORKGROUPS_MAX {
                format!("more than {WORKGROUPS_MAX} workgroups")
            } else {
                message
            };
            self.findings.push(Finding::new(place.clone(), message).help("write it as [256, 1, 1]"));
            return None;
        }
        whole[..grid.len()].copy_from_slice(grid);
        Some(whole)
    }

    /// The declared buffers; `None` where one is wrong.
    fn buffers(
        &mut self,
        raw: &Named<Spanned<written::Buffer>>,
        uses: &BTreeMap<String, Vec<Use<'_>>>,
        kernel: &Range<usize>,
    ) -> Option<BTreeMap<String, Buffer>> {
        let before = self.findings.len();
        let mut buffers = BTreeMap::new();
        for (name, buffer) in in_file_order(raw) {
            self.name(name, "buffer");
            let Some(uses) = uses.get(name.get_ref()) else { continue };
            buffers.extend(self.buffer(name, buffer, uses).map(|ready| (name.get_ref().clone(), ready)));
        }
        let total: u64 = buffers.values().map(Buffer::bytes).fold(0, u64::saturating_add);
        if total > BYTES_MAX {
            let message = format!("the buffers have {total} bytes together, more than {BYTES_MAX}");
            self.findings.push(Finding::new(kernel.clone(), message).help("audit a smaller size"));
        }
        (self.findings.len() == before).then_some(buffers)
    }

    fn buffer(&mut self, name: &Text, raw: &Spanned<written::Buffer>, uses: &[Use<'_>]) -> Option<Buffer> {
        let raw = raw.get_ref();
        if let Some(members) = members(raw) {
            return self.structure(name, raw, members, uses);
        }
        let scalar = self.scalar(name, raw)?;
        let shape = self.shape(name, raw)?;
        let writable = uses.iter().any(|(_, slot)| slot.access == Access::ReadWrite);
        let contents = self.contents(raw, writable)?;
        let buffer = Buffer { scalar, shape, contents, read: raw.read, padding: padding(uses) };
        uses.iter().all(|(_, slot)| self.fits(name, &buffer, slot)).then_some(buffer)
    }

    /// Whether a buffer has a size that a variable can have.
    fn fits(&mut self, name: &Text, buffer: &Buffer, slot: &Slot) -> bool {
        let bytes = buffer.bytes();
        let whole = slot.stride.is_none_or(|stride| {
            // What stands before the unsized array is `bytes_min` less one element.
            let before = slot.bytes_min.saturating_sub(u64::from(stride));
            bytes.saturating_sub(before).is_multiple_of(u64::from(stride))
        });
        if bytes >= slot.bytes_min && whole {
            return true;
        }
        let message = format!(
            "buffer `{}` has {bytes} bytes, but `{}` {}",
            name.get_ref(),
            slot.name,
            match slot.stride {
                Some(stride) if bytes >= slot.bytes_min => format!("has elements of {stride} bytes"),
                _ => format!("needs at least {}", slot.bytes_min),
            }
        );
        let help =
            "correct `type` and `shape`; vectors of three have the place of four, as WGSL lays them out";
        self.findings.push(Finding::new(name.span(), message).help(help));
        false
    }

    fn scalar(&mut self, name: &Text, raw: &written::Buffer) -> Option<Scalar> {
        let Some(written) = &raw.scalar else {
            self.lacks(&name.span(), "buffer", name.get_ref(), "type", "type = \"f32\"");
            return None;
        };
        let names: Vec<&str> = Scalar::ALL.iter().map(|scalar| scalar.name()).collect();
        self.known(written, "type", &names);
        Scalar::named(written.get_ref())
    }

    fn shape(&mut self, name: &Text, raw: &written::Buffer) -> Option<Vec<u64>> {
        let Some(shape) = &raw.shape else {
            self.lacks(&name.span(), "buffer", name.get_ref(), "shape", "shape = [1024]");
            return None;
        };
        let count = shape.get_ref().iter().try_fold(1_u64, |count, axis| count.checked_mul(*axis));
        if shape.get_ref().is_empty() || count.is_none_or(|count| count == 0 || count > BYTES_MAX) {
            let finding = Finding::new(
                shape.span(),
                "a shape is a list of counts above zero, of a size that fits in memory",
            );
            self.findings
                .push(finding.help("write how many numbers stand along each axis: shape = [1024, 256]"));
            return None;
        }
        Some(shape.get_ref().clone())
    }

    fn is_read(
        &mut self,
        buffers: &BTreeMap<String, Buffer>,
        uses: &BTreeMap<String, Vec<Use<'_>>>,
        kernel: &Range<usize>,
    ) {
        let writable = |name: &String| {
            uses.get(name).is_some_and(|uses| uses.iter().any(|(_, slot)| slot.access == Access::ReadWrite))
        };
        let read = || buffers.iter().filter(|(_, buffer)| buffer.read);
        if read().next().is_none() {
            let finding =
                Finding::new(kernel.clone(), "no buffer is read back, so nothing could be compared");
            self.findings.push(finding.help("add `read = true` to the buffers that hold the result"));
        }
        for (name, _) in read().filter(|(name, _)| !writable(name)) {
            let finding = Finding::new(
                kernel.clone(),
                format!("buffer `{name}` is read back, but no kernel can write it"),
            );
            self.findings.push(
                finding
                    .help("remove its `read = true`, or declare it `var<storage, read_write>` in the WGSL"),
            );
        }
    }

    fn rows(
        &mut self,
        raw: &Spanned<written::Rows>,
        buffers: &BTreeMap<String, Buffer>,
        passes: &[Pass],
    ) -> Option<Rows> {
        let rows = raw.get_ref();
        let names: Vec<&str> = buffers.keys().map(String::as_str).collect();
        for name in &rows.buffers {
            self.known(name, "buffer", &names);
        }
        let listed: Vec<&Buffer> =
            rows.buffers.iter().filter_map(|name| buffers.get(name.get_ref())).collect();
        let counts: Vec<Option<u64>> = listed
            .iter()
            .map(|buffer| {
                (rows.row > 0 && buffer.count().is_multiple_of(rows.row)).then(|| buffer.count() / rows.row)
            })
            .collect();
        let axis = rows.axis.as_ref().map_or("x", |axis| axis.get_ref().as_str());
        let axis = ["x", "y", "z"].iter().position(|name| *name == axis);
        let count = counts
            .first()
            .copied()
            .flatten()
            .filter(|first| counts.iter().all(|count| *count == Some(*first)));
        let fits = |count: u64, axis: usize| {
            passes.iter().all(|pass| u64::from(pass.grid[axis]).is_multiple_of(count))
        };
        let (Some(count), Some(axis)) = (count, axis) else {
            let finding = Finding::new(raw.span(), "the buffers do not hold the same number of whole rows");
            self.findings.push(finding.help("list the buffers with one row after another, and the numbers in a `row`; `axis` is x, y or z"));
            return None;
        };
        if !fits(count, axis) {
            let message = format!("the workgroups along this axis cannot be divided among {count} rows");
            self.findings
                .push(Finding::new(raw.span(), message).help("dispatch as many workgroups for each row"));
            return None;
        }
        let take = if rows.take.is_empty() { vec![1, 7] } else { rows.take.clone() };
        let take = take.into_iter().filter(|take| (1..count).contains(take)).collect();
        let buffers = rows.buffers.iter().map(|name| name.get_ref().clone()).collect();
        Some(Rows { buffers, row: rows.row, count, axis, take })
    }

    fn allow(&mut self, raw: &Spanned<written::Allow>) -> Option<Allow> {
        let allow = raw.get_ref();
        let (Some(finding), Some(variable)) = (&allow.finding, &allow.variable) else {
            let finding =
                Finding::new(raw.span(), "what is allowed needs `finding`, `variable` and `reason`");
            self.findings.push(
                finding
                    .help("write { finding = \"same-value-writes\", variable = \"flag\", reason = \"…\" }"),
            );
            return None;
        };
        self.known(finding, "finding", self.context.known.words);
        let Some(reason) = self.reason(allow.reason.as_ref()) else {
            let missing = Finding::new(raw.span(), "no `reason`");
            self.findings.push(missing.help("say in a few words why it does no harm; reports quote it"));
            return None;
        };
        Some(Allow { finding: finding.get_ref().clone(), variable: variable.get_ref().clone(), reason })
    }
}

/// Where a pass's texts stand in the file, whether in `[kernel]` or in `[[pass]]`.
struct Written<'a> {
    wgsl: Option<&'a Text>,
    source: Option<&'a Text>,
    entry: Option<&'a Text>,
    dispatch: Option<&'a Spanned<Dispatch>>,
    overrides: &'a Named<Spanned<written::Number>>,
    bind: &'a Named<Text>,
    immediates: Option<&'a Spanned<Vec<written::Number>>>,
}

impl Written<'_> {
    fn place(&self, kernel: &Range<usize>) -> Range<usize> {
        self.wgsl.or(self.source).map_or(kernel.clone(), Spanned::span)
    }
}

fn passes_of<'a>(
    kernel: &'a written::Kernel,
    passes: &'a [written::Pass],
    own: Option<&'a Text>,
) -> Vec<Written<'a>> {
    let first = Written {
        wgsl: kernel.wgsl.as_ref(),
        source: kernel.source.as_ref(),
        entry: kernel.entry.as_ref(),
        dispatch: kernel.dispatch.as_ref(),
        overrides: &kernel.overrides,
        bind: &kernel.bind,
        immediates: kernel.immediates.as_ref(),
    };
    // `[kernel]` holds what all passes share, unless they say otherwise.
    let pass = |pass: &'a written::Pass| {
        let own_text = pass.wgsl.is_some() || pass.source.is_some();
        Written {
            wgsl: if own_text { pass.wgsl.as_ref() } else { kernel.wgsl.as_ref() },
            source: if own_text { pass.source.as_ref() } else { kernel.source.as_ref() },
            entry: pass.entry.as_ref().or(kernel.entry.as_ref()),
            dispatch: pass.dispatch.as_ref().or(kernel.dispatch.as_ref()),
            overrides: if pass.overrides.is_empty() { &kernel.overrides } else { &pass.overrides },
            bind: if pass.bind.is_empty() { &kernel.bind } else { &pass.bind },
            immediates: pass.immediates.as_ref().or(kernel.immediates.as_ref()),
        }
    };
    let mut all: Vec<Written<'a>> =
        if passes.is_empty() { vec![first] } else { passes.iter().map(pass).collect() };
    if let Some(own) = own {
        // A variant has another text for whatever reads the shared one.
        for pass in &mut all {
            if pass.wgsl.map(Spanned::span) == kernel.wgsl.as_ref().map(Spanned::span) {
                (pass.wgsl, pass.source) = (Some(own), None);
            }
        }
    }
    all
}

/// The variables that each buffer is, over all passes.
fn uses<'p>(passes: &'p [Loaded<'_>], bound: &[Bound]) -> BTreeMap<String, Vec<Use<'p>>> {
    let mut all: BTreeMap<String, Vec<Use<'p>>> = BTreeMap::new();
    for (pass, bound) in passes.iter().zip(bound) {
        for slot in pass.program.slots() {
            if let Some(name) = bound.get(&slot.binding) {
                all.entry(name.clone()).or_default().push((&pass.program, slot));
            }
        }
    }
    all
}

/// The bytes in which no variable that a buffer is has a number.
pub(super) fn padding(uses: &[Use<'_>]) -> Option<Padding> {
    let mut each = uses.iter().map(|(program, slot)| program.padding(slot.binding));
    let first = each.next()??;
    each.try_fold(first, |all, one| all.shared(&one?))
}

fn texts(names: &[Text]) -> Vec<String> {
    names.iter().map(|name| name.get_ref().clone()).collect()
}

fn over(dispatch: &Dispatch) -> Option<Over> {
    let Dispatch::Over(over) = dispatch else { return None };
    Some(Over { buffer: over.over.as_ref()?.get_ref().clone(), per: over.per })
}

fn level(level: written::Level) -> Level {
    match level {
        written::Level::RunToRun => Level::RunToRun,
        written::Level::ScheduleIndependent => Level::ScheduleIndependent,
        written::Level::AdapterToAdapter => Level::AdapterToAdapter,
    }
}
