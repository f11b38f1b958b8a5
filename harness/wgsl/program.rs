//! Text -> a program that passed validation, with its entry point chosen and its overrides resolved.

use std::collections::BTreeMap;

use naga::back::pipeline_constants::process_overrides;
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Module, ShaderStage, Span, StorageAccess, TypeInner};

use super::{Binding, Layout, Padding, directive, on_a_deep_stack};

/// A WGSL text and the name that messages give it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Its path, as the user knows it, or a name for text without a file.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Why a text is no program that can be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not WGSL, or not valid; the message shows the place in the source.
    #[error("{0}")]
    Invalid(String),
    /// There is no such entry point.
    #[error("{name} has no compute entry point `{entry}`; it has: {}", if there.is_empty() { "none".to_owned() } else { there.join(", ") })]
    NoEntry {
        /// The source's name.
        name: String,
        /// What was asked for.
        entry: String,
        /// The compute entry points that there are.
        there: Vec<String>,
    },
    /// There is no such override.
    #[error("{name} declares no `override {constant}`")]
    NoOverride {
        /// The source's name.
        name: String,
        /// What was asked for.
        constant: String,
    },
}

/// What a program may do with a bound buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `var<uniform>`.
    Uniform,
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    ReadWrite,
    /// A texture, sampler or other thing that is no buffer.
    NoBuffer,
}

/// A resource that the program declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The variable's name.
    pub name: String,
    /// Where it is bound.
    pub binding: Binding,
    /// What may be done with it.
    pub access: Access,
    /// Bytes that the buffer holds at least (with one element, where the last array has no fixed length).
    pub bytes_min: u64,
    /// Bytes from one element of the unsized array to the next; `None` where all lengths are fixed.
    pub stride: Option<u32>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// From 1, in characters.
    pub column: u32,
    /// The line's text without blanks around it.
    pub text: String,
}

/// A program that passed validation, with one compute entry point chosen and every override resolved.
#[derive(Clone, Debug)]
pub struct Program {
    source: Source,
    module: Module,
    info: ModuleInfo,
    entry: usize,
}

impl Program {
    /// Reads, resolves and validates. A byte order mark and directives that only announce what the front end knows anyway
    /// (`enable subgroups;`) are passed over; [`Self::source`] is the text without them.
    ///
    /// # Errors
    /// The text is not valid WGSL (with the place), or names something that is not there.
    pub fn load(source: &Source, entry: &str, overrides: &BTreeMap<String, f64>) -> Result<Self, Error> {
        on_a_deep_stack(|| Self::read(source, entry, overrides)).unwrap_or_else(|error| {
            Err(Error::Invalid(format!("{}: no thread for it: {error}", source.name)))
        })
    }

    fn read(source: &Source, entry: &str, overrides: &BTreeMap<String, f64>) -> Result<Self, Error> {
        let source =
            &Source { name: source.name.clone(), text: directive::without_spare(&source.text).into_owned() };
        let text = &source.text;
        let module = naga::front::wgsl::parse_str(text)
            .map_err(|error| Error::Invalid(error.emit_to_string_with_path(text, &source.name)))?;
        let invalid = |error: &naga::WithSpan<naga::valid::ValidationError>| {
            Error::Invalid(error.emit_to_string_with_path(text, &source.name))
        };
        let info = validator().validate(&module).map_err(|error| invalid(&error))?;
        find(&module, source, entry)?;
        for constant in overrides.keys() {
            let named = |one: &naga::Override| {
                one.name.as_ref() == Some(constant) || one.id.is_some_and(|id| id.to_string() == *constant)
            };
            if !module.overrides.iter().any(|(_, one)| named(one)) {
                let (name, constant) = (source.name.clone(), constant.clone());
                return Err(Error::NoOverride { name, constant });
            }
        }
        let constants = overrides.iter().map(|(name, value)| (name.clone(), *value)).collect();
        let (module, info) =
            process_overrides(&module, &info, Some((ShaderStage::Compute, entry)), &constants)
                .map_err(|error| Error::Invalid(format!("{}: {error}", source.name)))?;
        let entry = find(&module, source, entry)?;
        Ok(Self { source: source.clone(), module: module.into_owned(), info: info.into_owned(), entry })
    }

    /// The text it was read from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The module, overrides resolved.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// What validation found out about the module.
    #[must_use]
    pub fn info(&self) -> &ModuleInfo {
        &self.info
    }

    /// The index of the chosen entry point in the module.
    #[must_use]
    pub fn entry_index(&self) -> usize {
        self.entry
    }

    /// The chosen entry point.
    #[must_use]
    pub fn entry(&self) -> &naga::EntryPoint {
        &self.module.entry_points[self.entry]
    }

    /// Invocations in a workgroup along x, y and z.
    #[must_use]
    pub fn workgroup_size(&self) -> [u32; 3] {
        self.entry().workgroup_size
    }

    /// Every bound resource that the chosen entry point uses, in order of group and binding.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots: Vec<Slot> = self.used().filter_map(|variable| self.slot(variable)).collect();
        slots.sort_by_key(|slot| slot.binding);
        slots
    }

    fn slot(&self, variable: &naga::GlobalVariable) -> Option<Slot> {
        let place = variable.binding.as_ref()?;
        let access = match variable.space {
            AddressSpace::Uniform => Access::Uniform,
            AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => Access::ReadWrite,
            AddressSpace::Storage { .. } => Access::Read,
            _ => Access::NoBuffer,
        };
        let inner = &self.module.types[variable.ty].inner;
        let context = self.module.to_ctx();
        Some(Slot {
            name: variable.name.clone().unwrap_or_default(),
            binding: Binding { group: place.group, binding: place.binding },
            access,
            bytes_min: if access == Access::NoBuffer { 0 } else { u64::from(inner.size(context)) },
            stride: self.stride(inner),
        })
    }

    /// The numbers of the variable at a place; `None` where nothing with a fixed size is bound there.
    #[must_use]
    pub fn layout(&self, place: Binding) -> Option<Layout> {
        Layout::of(&self.module, self.bound(place)?.ty)
    }

    /// The bytes of the variable at a place that hold no number; `None` where all do.
    #[must_use]
    pub fn padding(&self, place: Binding) -> Option<Padding> {
        Padding::of(&self.module, self.bound(place)?.ty)
    }

    /// The variable at a place.
    fn bound(&self, place: Binding) -> Option<&naga::GlobalVariable> {
        let at = naga::ResourceBinding { group: place.group, binding: place.binding };
        self.used().find(|variable| variable.binding.as_ref() == Some(&at))
    }

    /// The numbers of the immediate data that the chosen entry point uses; `None` where it uses none.
    #[must_use]
    pub fn immediates(&self) -> Option<Layout> {
        let mut variables = self.used().filter(|variable| variable.space == AddressSpace::Immediate);
        Layout::of(&self.module, variables.next()?.ty)
    }

    /// The global variables that the chosen entry point uses.
    fn used(&self) -> impl Iterator<Item = &naga::GlobalVariable> {
        let used = self.info.get_entry_point(self.entry);
        let all = self.module.global_variables.iter();
        all.filter(|(handle, _)| !used[*handle].is_empty()).map(|(_, variable)| variable)
    }

    fn stride(&self, inner: &TypeInner) -> Option<u32> {
        match inner {
            TypeInner::Array { size: naga::ArraySize::Dynamic, stride, .. } => Some(*stride),
            TypeInner::Struct { members, .. } => self.stride(&self.module.types[members.last()?.ty].inner),
            _ => None,
        }
    }

    /// Whether it has variables that are accessed atomically.
    #[must_use]
    pub fn uses_atomics(&self) -> bool {
        self.used().any(|variable| self.is_atomic(variable.ty))
    }

    fn is_atomic(&self, ty: naga::Handle<naga::Type>) -> bool {
        match &self.module.types[ty].inner {
            TypeInner::Atomic(_) => true,
            TypeInner::Array { base, .. } => self.is_atomic(*base),
            TypeInner::Struct { members, .. } => members.iter().any(|member| self.is_atomic(member.ty)),
            _ => false,
        }
    }

    /// Whether any of its values are floats.
    #[must_use]
    pub fn has_floats(&self) -> bool {
        let float = |inner: &TypeInner| inner.scalar_kind() == Some(naga::ScalarKind::Float);
        self.module.types.iter().any(|(_, ty)| float(&ty.inner))
    }

    /// Whether what it computes can depend on how many invocations a subgroup has.
    #[must_use]
    pub fn uses_subgroups(&self) -> bool {
        use naga::BuiltIn;
        let builtins = [
            BuiltIn::NumSubgroups,
            BuiltIn::SubgroupId,
            BuiltIn::SubgroupSize,
            BuiltIn::SubgroupInvocationId,
        ];
        let reads = self.entry().function.arguments.iter().any(|argument| match &argument.binding {
            Some(naga::Binding::BuiltIn(builtin)) => builtins.contains(builtin),
            None => match &self.module.types[argument.ty].inner {
                TypeInner::Struct { members, .. } => members.iter().any(
                    |member| matches!(member.binding, Some(naga::Binding::BuiltIn(one)) if builtins.contains(&one)),
                ),
                _ => false,
            },
            Some(_) => false,
        });
        let operates = |function: &naga::Function| {
            function.expressions.iter().any(|(_, expression)| {
                use naga::Expression;
                matches!(
                    expression,
                    Expression::SubgroupBallotResult | Expression::SubgroupOperationResult { .. }
                )
            })
        };
        reads || self.functions().any(|(function, _)| operates(function))
    }

    /// Whether it adds or subtracts floats anywhere: only then can the order of floats round otherwise.
    #[must_use]
    pub fn adds_floats(&self) -> bool {
        let float = |(function, info): (&naga::Function, &naga::valid::FunctionInfo)| {
            let float = |handle: naga::Handle<naga::Expression>| {
                let inner = info[handle].ty.inner_with(&self.module.types);
                inner.scalar_kind() == Some(naga::ScalarKind::Float)
            };
            function.expressions.iter().any(|(handle, expression)| {
                use naga::{BinaryOperator as Operator, Expression, MathFunction as Math};
                match expression {
                    Expression::Binary { op: Operator::Add | Operator::Subtract, .. }
                    | Expression::Math {
                        fun: Math::Fma | Math::Dot | Math::Length | Math::Distance, ..
                    } => float(handle),
                    _ => false,
                }
            })
        };
        self.functions().any(float)
    }

    /// Every function, the entry point included, with what validation found out about it.
    fn functions(&self) -> impl Iterator<Item = (&naga::Function, &naga::valid::FunctionInfo)> {
        let functions = self.module.functions.iter().map(|(handle, function)| (function, &self.info[handle]));
        functions.chain([(&self.entry().function, self.info.get_entry_point(self.entry))])
    }

    /// Where a span begins; `None` for code that is in no source.
    #[must_use]
    pub fn line(&self, span: Span) -> Option<Line> {
        if !span.is_defined() {
            return None;
        }
        let place = span.location(&self.source.text);
        let text = self.source.text.lines().nth(place.line_number as usize - 1).unwrap_or_default();
        Some(Line { number: place.line_number, column: place.line_position, text: text.trim().to_owned() })
    }
}

/// Everything that naga knows is allowed: what an adapter lacks is said when it is asked to run the program.
pub(crate) fn validator() -> Validator {
    Validator::new(ValidationFlags::all(), Capabilities::all())
}

fn find(module: &Module, source: &Source, entry: &str) -> Result<usize, Error> {
    let compute = |one: &naga::EntryPoint| one.stage == ShaderStage::Compute;
    let found = module.entry_points.iter().position(|one| compute(one) && one.name == entry);
    found.ok_or_else(|| Error::NoEntry {
        name: source.name.clone(),
        entry: entry.to_owned(),
        there: module.entry_points.iter().filter(|one| compute(one)).map(|one| one.name.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, entry: &str, overrides: &[(&str, f64)]) -> Result<Program, Error> {
        let source = Source { name: "k.wgsl".to_owned(), text: text.to_owned() };
        let overrides = overrides.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        Program::load(&source, entry, &overrides)
    }

    const TILED: &str = "
override TILE: u32 = 8;
struct Head { count: u32, scale: vec3<f32> }
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(0) var<uniform> head: Head;
@group(1) @binding(0) var<storage, read> unused: array<u32>;
@compute @workgroup_size(TILE, 2)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { out[id.x] = head.scale.y; }
";

    #[test]
    fn overrides_decide_the_workgroup_size() {
        assert_eq!(load(TILED, "main", &[]).unwrap().workgroup_size(), [8, 2, 1]);
        assert_eq!(load(TILED, "main", &[("TILE", 16.0)]).unwrap().workgroup_size(), [16, 2, 1]);
    }

    #[test]
    fn standard_subgroups_are_read_and_no_place_moves() {
        let text = "\u{feff}enable f16, subgroups;
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(subgroup_size) size: u32) { out[0] = f32(subgroupAdd(1h)) * f32(size); }
";
        let program = load(text, "main", &[]).unwrap();
        assert!(program.source().text.starts_with("enable f16 "), "{}", program.source().text);
        let error = load(&text.replace("1h", "x"), "main", &[]).unwrap_err().to_string();
        assert!(error.contains("k.wgsl:4:"), "{error}");
    }

    #[test]
    fn an_expression_of_thousands_of_terms_is_read() {
        let sum = " + 0.5".repeat(5000);
        let text = format!(
            "@group(0) @binding(0) var<storage, read_write> out: f32;
@compute @workgroup_size(1) fn main() {{ out = out{sum}; }}"
        );
        assert!(load(&text, "main", &[]).unwrap().adds_floats());
    }

    #[test]
    fn only_used_buffers_are_slots() {
        let slots = load(TILED, "main", &[]).unwrap().slots();
        let names: Vec<_> =
            slots.iter().map(|slot| (slot.name.as_str(), slot.access, slot.bytes_min)).collect();
        assert_eq!(names, [("head", Access::Uniform, 32), ("out", Access::ReadWrite, 4)]);
        assert_eq!((slots[0].stride, slots[1].stride), (None, Some(4)));
    }

    #[test]
    fn mistakes_show_their_place_and_unknown_names_say_what_there_is() {
        let error = load("fn f() { let x: f32 = 1u; }", "f", &[]).unwrap_err().to_string();
        assert!(error.contains("k.wgsl:1:"), "{error}");
        let error = load(TILED, "mian", &[]).unwrap_err().to_string();
        assert!(error.contains("`mian`") && error.contains("main"), "{error}");
        let error = load(TILED, "main", &[("TILES", 1.0)]).unwrap_err().to_string();
        assert!(error.contains("`override TILES`"), "{error}");
    }
}
