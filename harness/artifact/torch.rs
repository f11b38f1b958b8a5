//! Files of `torch.save` since 1.6: a zip of one pickle and one entry per storage. The pickle is read into inert values
//! (see [`super::pickle`]) only to learn names, types, shapes and strides of the tensors; nothing is unpickled.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use super::archive::Archive;
use super::error::{Error, Origin};
use super::open;
use super::pickle::{self, Call, Id, Node, Pickle};
use super::tensor::{self, Dtype, Elements};

/// Limit on the pickle, which holds names and shapes but no tensors.
const PICKLE_BYTES_MAX: u64 = 64 << 20;

/// Limit on the leaves of one file; shared values can unfold to more than was written.
const LEAVES_MAX: usize = 1_000_000;

/// Limit on nesting, which also ends the walk through a value that holds itself.
const DEPTH_MAX: usize = 64;

/// Entries that describe the container and no value; the serialization id is a hash of the others.
const CONTAINER_ENTRIES: [&str; 5] =
    ["version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"];

/// An open torch file.
pub(crate) struct Torch {
    archive: Archive,
    prefix: String,
    big_endian: bool,
    pickle: Vec<u8>,
    leaves: BTreeMap<String, Leaf>,
    unread: Option<String>,
}

/// What stands at the end of a path through the pickled value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Leaf {
    Tensor(View),
    /// Floats are compared as floats.
    Float(f64),
    /// Integers, texts, names of classes: as they are shown.
    Plain(String),
}

/// A tensor as a view of a storage. Offset and strides count elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    dtype: Dtype,
    storage: String,
    offset: u64,
    shape: Vec<u64>,
    strides: Vec<u64>,
}

impl Torch {
    /// # Errors
    /// When it is not a zip file with a `data.pkl`.
    pub(crate) fn open(origin: &Origin) -> Result<Self, Error> {
        let mut archive = Archive::open(origin)?;
        let found = archive.names().iter().find(|name| *name == "data.pkl" || name.ends_with("/data.pkl"));
        let main = found.cloned().ok_or_else(|| origin.malformed("has no entry `data.pkl`"))?;
        let prefix = main[..main.len() - "data.pkl".len()].to_owned();
        let pickle = archive.whole(&main, PICKLE_BYTES_MAX)?;
        let order = format!("{prefix}byteorder");
        let big_endian = archive.names().contains(&order) && archive.whole(&order, 16)? == b"big";
        let mut torch = Self { archive, prefix, big_endian, pickle, leaves: BTreeMap::new(), unread: None };
        match pickle::read(&torch.pickle)
            .and_then(|pickle| Walk::leaves(&pickle, &torch.archive, &torch.prefix))
        {
            Ok(leaves) => torch.leaves = leaves,
            Err(reason) => torch.unread = Some(reason),
        }
        Ok(torch)
    }

    /// Why tensors have no names and only whole storages can be compared, if so.
    pub(crate) fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// The bytes of the pickle.
    pub(crate) fn pickle(&self) -> &[u8] {
        &self.pickle
    }

    /// Everything that the pickled value holds, by path: `layer.weight`, `optimizer.state.0.step`.
    pub(crate) fn leaves(&self) -> &BTreeMap<String, Leaf> {
        &self.leaves
    }

    /// Leaves only the storages to compare, where the other side's pickle is not understood.
    pub(crate) fn forget_leaves(&mut self) {
        self.leaves.clear();
    }

    /// Names of all entries that neither describe the container nor lie below a leaf. Where the pickle is not
    /// understood that includes every storage.
    pub(crate) fn other_entries(&self) -> BTreeSet<String> {
        let used: BTreeSet<String> = self.leaves.values().filter_map(Leaf::entry).collect();
        self.archive
            .names()
            .iter()
            .map(|name| name.strip_prefix(&self.prefix).unwrap_or(name).to_owned())
            .filter(|name| {
                name != "data.pkl" && !CONTAINER_ENTRIES.contains(&name.as_str()) && !used.contains(name)
            })
            .collect()
    }

    /// One of the other entries, as bytes.
    ///
    /// # Errors
    /// When it cannot be unpacked.
    pub(crate) fn entry(&mut self, name: &str) -> Result<(u64, Box<dyn Read + '_>), Error> {
        let full = format!("{}{name}", self.prefix);
        let full = if self.archive.names().contains(&full) { full } else { name.to_owned() };
        self.archive.entry(&full)
    }

    /// A tensor's elements in row-major order.
    ///
    /// # Errors
    /// When the view reaches outside its storage, or the storage cannot be unpacked.
    pub(crate) fn elements(&mut self, view: &View) -> Result<Elements<'_>, Error> {
        let origin = self.archive.origin().clone();
        let entry = format!("{}data/{}", self.prefix, view.storage);
        let size = view.dtype.bytes() as u64;
        let outside =
            || origin.malformed(format!("a tensor reaches outside storage `data/{}`", view.storage));
        let needed = tensor::byte_length(&view.dtype, &view.shape).ok_or_else(outside)?;
        let input: Box<dyn Read + '_> = if view.is_contiguous() {
            let start = view.offset.checked_mul(size).ok_or_else(outside)?;
            let (available, _) = self.archive.entry(&entry)?;
            if start.checked_add(needed).is_none_or(|end| end > available) {
                return Err(outside());
            }
            self.archive.entry_from(&entry, start)?
        } else {
            origin.fits("a strided tensor", needed, open::MEMORY_BYTES_MAX)?;
            let storage = self.archive.whole(&entry, open::MEMORY_BYTES_MAX)?;
            let gathered =
                tensor::gather(&storage, view.dtype.bytes(), view.offset, &view.shape, &view.strides);
            Box::new(Cursor::new(gathered.ok_or_else(outside)?))
        };
        let mut elements = Elements::new(&origin, view.dtype.clone(), view.shape.clone(), input)?;
        elements.big_endian = self.big_endian;
        Ok(elements)
    }
}

impl View {
    fn is_contiguous(&self) -> bool {
        let expected = tensor::contiguous(&self.shape, false);
        let steps = self.shape.iter().zip(self.strides.iter().zip(&expected));
        self.shape.contains(&0)
            || steps.into_iter().all(|(length, (step, wanted))| *length == 1 || step == wanted)
    }
}

impl Leaf {
    /// What it is, in one word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Tensor(_) => "a tensor",
            Self::Float(_) => "a float",
            Self::Plain(_) => "a plain value",
        }
    }

    fn entry(&self) -> Option<String> {
        match self {
            Self::Tensor(view) => Some(format!("data/{}", view.storage)),
            _ => None,
        }
    }
}

/// The walk from the root of a pickle to its leaves.
struct Walk<'a> {
    nodes: &'a [Node],
    archive: &'a Archive,
    prefix: &'a str,
    leaves: BTreeMap<String, Leaf>,
}

impl<'a> Walk<'a> {
    fn leaves(
        pickle: &'a Pickle,
        archive: &'a Archive,
        prefix: &'a str,
    ) -> Result<BTreeMap<String, Leaf>, String> {
        let mut walk = Self { nodes: &pickle.nodes, archive, prefix, leaves: BTreeMap::new() };
        walk.visit(pickle.root, "", DEPTH_MAX)?;
        Ok(walk.leaves)
    }

    fn visit(&mut self, id: Id, path: &str, depth: usize) -> Result<(), String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(format!("the pickled value nests deeper than {DEPTH_MAX}"));
        };
        let nodes = self.nodes;
        match &nodes[id] {
            Node::Sequence(items) if items.is_empty() => self.plain(path, "[]"),
            Node::Sequence(items) => self.sequence(items, path, depth),
            Node::Dict(items) if items.is_empty() => self.plain(path, "{}"),
            Node::Dict(items) => self.items(items, path, depth),
            Node::Call(call) => self.call(call, path, depth),
            Node::Persistent(reference) => {
                let view = self.storage(*reference).ok_or("a persistent reference is not a storage")?;
                self.leaf(path, Leaf::Tensor(view))
            }
            Node::None => self.plain(path, "None"),
            Node::Bool(value) => self.plain(path, &value.to_string()),
            Node::Int(value) => self.plain(path, &value.to_string()),
            Node::Float(value) => self.leaf(path, Leaf::Float(*value)),
            Node::Text(text) => self.plain(path, &format!("{text:?}")),
            Node::Long(bytes) | Node::Bytes(bytes) => self.plain(path, &tensor::hex(bytes)),
            Node::Global(name) => self.plain(path, name),
        }
    }

    fn plain(&mut self, path: &str, text: &str) -> Result<(), String> {
        self.leaf(path, Leaf::Plain(text.to_owned()))
    }

    fn leaf(&mut self, path: &str, leaf: Leaf) -> Result<(), String> {
        if self.leaves.len() == LEAVES_MAX {
            return Err(format!("the pickled value has more than {LEAVES_MAX} leaves"));
        }
        let mut name = path.to_owned();
        // Two ways of nesting can spell one path; the second gets a mark of its own.
        while self.leaves.contains_key(&name) {
            name.push('\'');
        }
        self.leaves.insert(name, leaf);
        Ok(())
    }

    fn sequence(&mut self, items: &[Id], path: &str, depth: usize) -> Result<(), String> {
        for (place, item) in items.iter().enumerate() {
            self.visit(*item, &join(path, &place.to_string()), depth)?;
        }
        Ok(())
    }

    fn items(&mut self, items: &[(Id, Id)], path: &str, depth: usize) -> Result<(), String> {
        for (place, (key, value)) in items.iter().enumerate() {
            let below = match &self.nodes[*key] {
                // How a module keeps its parts; users know them without.
                Node::Text(text) if matches!(text.as_str(), "_modules" | "_parameters" | "_buffers") => {
                    path.to_owned()
                }
                Node::Text(text) => join(path, text),
                Node::Int(number) => join(path, &number.to_string()),
                _ => {
                    let below = join(path, &format!("#{place}"));
                    self.visit(*key, &join(&below, "key"), depth)?;
                    below
                }
            };
            self.visit(*value, &below, depth)?;
        }
        Ok(())
    }

    fn call(&mut self, call: &Call, path: &str, depth: usize) -> Result<(), String> {
        let nodes = self.nodes;
        let (Node::Global(callee), Node::Sequence(arguments)) = (&nodes[call.callee], &nodes[call.arguments])
        else {
            return Err("a call has no named function".to_owned());
        };
        match (callee.as_str(), arguments.as_slice()) {
            (
                "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state",
                [data, ..],
            ) => {
                return self.visit(*data, path, depth);
            }
            (
                "torch._utils._rebuild_tensor"
                | "torch._utils._rebuild_tensor_v2"
                | "torch._utils._rebuild_tensor_v3",
                [storage, offset, shape, strides, rest @ ..],
            ) => {
                let view = self.view(*storage, *offset, *shape, *strides, rest);
                self.leaf(path, Leaf::Tensor(view.ok_or("the arguments of a tensor are not understood")?))?;
                if rest.first().is_some_and(|flag| nodes[*flag] == Node::Bool(true)) {
                    self.plain(&join(path, "requires_grad"), "true")?;
                }
                return Ok(());
            }
            // Older protocols write a set as a call.
            (
                "__builtin__.set" | "builtins.set" | "__builtin__.frozenset" | "builtins.frozenset",
                [items],
            ) => {
                return self.visit(*items, path, depth);
            }
            _ => {}
        }
        if callee != "collections.OrderedDict" || (call.items.is_empty() && call.state.is_none()) {
            self.plain(&join(path, "()"), callee)?;
        }
        self.sequence(arguments, &join(path, "()"), depth)?;
        self.sequence(&call.appended, path, depth)?;
        self.items(&call.items, path, depth)?;
        call.state.map_or(Ok(()), |state| self.visit(state, path, depth))
    }

    fn view(&self, storage: Id, offset: Id, shape: Id, strides: Id, rest: &[Id]) -> Option<View> {
        let Node::Persistent(reference) = &self.nodes[storage] else { return None };
        let mut view = self.storage(*reference)?;
        // The third version names the type itself and refers to a storage without one.
        if let Some(Node::Global(name)) = rest.get(2).map(|id| &self.nodes[*id]) {
            view.dtype = dtype(name.strip_prefix("torch.")?)?;
        }
        let Node::Int(offset) = self.nodes[offset] else { return None };
        view.offset = u64::try_from(offset).ok()?;
        view.shape = self.lengths(shape)?;
        view.strides = self.lengths(strides)?;
        (view.shape.len() == view.strides.len()).then_some(view)
    }

    /// A storage as a whole, from `("storage", torch.FloatStorage, "0", "cpu", 12)`.
    fn storage(&self, reference: Id) -> Option<View> {
        let Node::Sequence(parts) = &self.nodes[reference] else { return None };
        let [_, kind, key, ..] = parts.as_slice() else { return None };
        let (Node::Global(kind), Node::Text(key)) = (&self.nodes[*kind], &self.nodes[*key]) else {
            return None;
        };
        let name = kind.rsplit_once('.').map_or(kind.as_str(), |(_, name)| name);
        let dtype = dtype(name.strip_suffix("Storage")?)?;
        let entry = format!("{}data/{key}", self.prefix);
        let bytes = self.archive.size(&entry)?;
        let shape = vec![bytes / dtype.bytes() as u64];
        Some(View { dtype, storage: key.clone(), offset: 0, shape, strides: vec![1] })
    }

    fn lengths(&self, id: Id) -> Option<Vec<u64>> {
        let items = match &self.nodes[id] {
            Node::Sequence(items) => items,
            // `torch.Size((3, 4))`.
            Node::Call(call) => match &self.nodes[call.arguments] {
                Node::Sequence(arguments) => match arguments.first().map(|first| &self.nodes[*first]) {
                    Some(Node::Sequence(items)) => items,
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        };
        let length = |id: &Id| match self.nodes[*id] {
            Node::Int(length) => u64::try_from(length).ok(),
            _ => None,
        };
        items.iter().map(length).collect()
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The element type by the name of a storage class (`Float`) or of a type (`float32`).
fn dtype(name: &str) -> Option<Dtype> {
    Some(match name {
        "Double" | "float64" => Dtype::F64,
        "Float" | "float32" => Dtype::F32,
        "Half" | "float16" => Dtype::F16,
        "BFloat16" | "bfloat16" => Dtype::Bf16,
        "Long" | "int64" => Dtype::Signed(8),
        "Int" | "int32" => Dtype::Signed(4),
        "Short" | "int16" => Dtype::Signed(2),
        "Char" | "int8" => Dtype::Signed(1),
        "uint64" => Dtype::Unsigned(8),
        "uint32" => Dtype::Unsigned(4),
        "uint16" => Dtype::Unsigned(2),
        "Byte" | "uint8" => Dtype::Unsigned(1),
        "Bool" | "bool" => Dtype::Bool,
        "ComplexFloat" | "complex64" => Dtype::Complex64,
        "ComplexDouble" | "complex128" => Dtype::Complex128,
        "Untyped" => Dtype::Raw { name: "bytes".to_owned(), bytes: 1 },
        other if other.starts_with("float8") => Dtype::Raw { name: other.to_owned(), bytes: 1 },
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::artifact::Format;
    use crate::artifact::archive::tests::pack;
    use proptest::prelude::*;

    /// A torch file with tensor `layer.weight` (2 by 3 floats, transposed in memory where asked) and number `epoch`.
    pub(crate) fn encode(prefix: &str, weights: [f32; 6], epoch: u8, transposed: bool) -> Vec<u8> {
        let data: Vec<u8> = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        let pickle = pickle(epoch, transposed);
        let name = |entry: &str| format!("{prefix}/{entry}");
        pack(
            &[
                (&name("data.pkl"), &pickle),
                (&name("data/0"), &data),
                (&name("version"), b"3\n"),
                (&name("byteorder"), b"little"),
            ],
            false,
        )
    }

    /// `{"layer.weight": Tensor, "epoch": 7}`, written by hand after what `torch.save` writes.
    fn pickle(epoch: u8, transposed: bool) -> Vec<u8> {
        let strides: &[u8] = if transposed { b"K\x01K\x02\x86" } else { b"K\x03K\x01\x86" };
        [
            b"\x80\x02}q\x00(".as_slice(),
            b"X\x0c\x00\x00\x00layer.weightq\x01",
            b"ctorch._utils\n_rebuild_tensor_v2\nq\x02(",
            b"(X\x07\x00\x00\x00storageq\x03ctorch\nFloatStorage\nq\x04",
            b"X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06K\x06tq\x07Q",
            b"K\x00K\x02K\x03\x86q\x08",
            strides,
            b"q\x09\x89ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0d",
            b"X\x05\x00\x00\x00epochq\x0eK",
            &[epoch],
            b"u.",
        ]
        .concat()
    }

    fn open_bytes(bytes: &[u8], read: impl FnOnce(Result<Torch, Error>)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.pt");
        std::fs::write(&path, bytes).unwrap();
        read(Torch::open(&Origin::new(&path, Format::Torch)));
    }

    #[test]
    fn names_shapes_and_elements_are_read_without_unpickling() {
        for (transposed, expected) in
            [(false, [0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0]), (true, [0.0, 2.0, 4.0, 1.0, 3.0, 5.0])]
        {
            open_bytes(&encode("archive", [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 7, transposed), |torch| {
                let mut torch = torch.unwrap();
                assert_eq!(torch.unread(), None);
                let names: Vec<_> = torch.leaves().keys().cloned().collect();
                assert_eq!(names, ["epoch", "layer.weight"]);
                assert_eq!(torch.leaves()["epoch"], Leaf::Plain("7".to_owned()));
                assert!(torch.other_entries().is_empty());
                let Leaf::Tensor(view) = torch.leaves()["layer.weight"].clone() else { panic!() };
                let mut elements = torch.elements(&view).unwrap();
                assert_eq!(elements.describe(), "f32[2, 3]");
                let mut buffer = [0; 24];
                let bytes = elements.fill(&mut buffer).unwrap();
                let values: Vec<f32> =
                    bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect();
                assert_eq!(values, expected);
            });
        }
    }

    #[test]
    fn a_pickle_that_is_not_understood_leaves_the_storages() {
        open_bytes(&pack(&[("a/data.pkl", b"\x80\x02\xff"), ("a/data/0", b"xyz")], false), |torch| {
            let torch = torch.unwrap();
            assert_eq!(torch.unread(), Some("pickle byte 2 is not understood"));
            assert_eq!(torch.other_entries().into_iter().collect::<Vec<_>>(), ["data/0"]);
        });
    }

    #[test]
    fn corrupt_files_are_told_apart() {
        open_bytes(b"PK\x03\x04", |torch| {
            assert!(torch.err().unwrap().to_string().contains("malformed torch"));
        });
        open_bytes(&pack(&[("a", b"")], false), |torch| {
            assert!(torch.err().unwrap().to_string().contains("has no entry `data.pkl`"));
        });
        let short = pack(&[("a/data.pkl", &pickle(1, false)), ("a/data/0", &[0; 20])], true);
        open_bytes(&short, |torch| {
            let mut torch = torch.unwrap();
            let Leaf::Tensor(view) = torch.leaves()["layer.weight"].clone() else { panic!() };
            let error = torch.elements(&view).err().unwrap().to_string();
            assert!(error.contains("a tensor reaches outside storage `data/0`"), "{error}");
        });
    }

    #[test]
    fn a_pickle_that_unfolds_without_end_is_given_up() {
        // Each list holds the one before twice: 2 to the power of 60 leaves.
        let mut program = b"\x80\x02]q\x00".to_vec();
        for depth in 0..60_u8 {
            program.extend([b']', b'(', b'h', depth, b'h', depth, b'e', b'q', depth + 1]);
        }
        program.push(b'.');
        open_bytes(&pack(&[("a/data.pkl", &program)], false), |torch| {
            assert!(torch.unwrap().unread().unwrap().contains("more than 1000000 leaves"));
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_mutation_makes_the_reader_panic(place in 0_usize..2000, byte in any::<u8>()) {
            let mut bytes = encode("archive", [0.0; 6], 7, true);
            let length = bytes.len();
            bytes[place % length] = byte;
            open_bytes(&bytes, |torch| {
                let Ok(mut torch) = torch else { return };
                for leaf in torch.leaves().clone().into_values() {
                    if let Leaf::Tensor(view) = leaf
                        && let Ok(mut elements) = torch.elements(&view)
                    {
                        let _ = elements.fill(&mut [0; 64]);
                    }
                }
            });
        }
    }
}
