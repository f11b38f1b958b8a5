//! Reads a pickle's opcodes into inert values. Nothing is imported, called or built: a class is its name, a call is
//! the pair of what would be called and its arguments.
//!
//! Opcodes: `pickletools` of the Python library, protocols 0 to 5, of which those that `torch.save` writes are understood. Anything
//! else ends the reading, and the caller falls back to opaque bytes.

use std::collections::BTreeMap;

/// Limit on the values of one pickle; a large model has a few hundred thousand.
const NODES_MAX: usize = 4_000_000;

/// A place in [`Pickle::nodes`]. Values refer to each other by place, so that shared and even cyclic ones cost nothing.
pub(crate) type Id = usize;

/// An inert value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    None,
    Bool(bool),
    Int(i64),
    /// An integer of more than 64 bits, as it stands.
    Long(Vec<u8>),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// List, tuple or set, in order.
    Sequence(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A class or function by its name: `torch._utils._rebuild_tensor_v2`.
    Global(String),
    /// What would be called, and with what; then what would be done to the result.
    Call(Call),
    /// A reference to something outside the pickle: for torch, a storage.
    Persistent(Id),
}

/// A call that is never made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) callee: Id,
    pub(crate) arguments: Id,
    /// Handed to `__setstate__`.
    pub(crate) state: Option<Id>,
    /// Appended to the result, if it is a list.
    pub(crate) appended: Vec<Id>,
    /// Set in the result, if it is a dictionary.
    pub(crate) items: Vec<(Id, Id)>,
}

/// A pickle's values.
#[derive(Debug)]
pub(crate) struct Pickle {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: Id,
}

/// Reads a pickle.
///
/// # Errors
/// A phrase that says which byte is not understood.
pub(crate) fn read(bytes: &[u8]) -> Result<Pickle, String> {
    let mut machine = Machine {
        bytes,
        at: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
    };
    loop {
        let at = machine.at;
        match machine.step() {
            Some(Step::More) if machine.nodes.len() < NODES_MAX => {}
            Some(Step::More) => return Err(format!("more than {NODES_MAX} values")),
            Some(Step::Stop(root)) => return Ok(Pickle { nodes: machine.nodes, root }),
            None => return Err(format!("pickle byte {at} is not understood")),
        }
    }
}

enum Step {
    More,
    Stop(Id),
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: BTreeMap<u64, Id>,
}

impl Machine<'_> {
    /// One opcode; `None` where it is unknown, or its operands are missing or of the wrong kind.
    fn step(&mut self) -> Option<Step> {
        let opcode = self.take(1)?[0];
        match opcode {
            b'.' => return Some(Step::Stop(self.pop()?)),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => self.drop_top()?,
            b'1' => drop(self.pop_to_mark()?),
            b'2' => self.stack.push(*self.stack.last()?),
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'q' | b'r' | b'p' | 0x94 | b'h' | b'j' | b'g' => self.memo(opcode)?,
            b'N' => self.push(Node::None),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            b'J' | b'K' | b'M' | b'I' | b'L' | 0x8a | 0x8b => self.integer(opcode)?,
            b'G' | b'F' => self.float(opcode)?,
            b'X' | 0x8c | 0x8d | b'V' => self.text(opcode)?,
            b'B' | b'C' | 0x8e | b'T' | b'U' | 0x96 => self.byte_string(opcode)?,
            b']' | b')' | 0x8f => self.push(Node::Sequence(Vec::new())),
            b'l' | b't' | 0x91 => {
                let items = self.pop_to_mark()?;
                self.push(Node::Sequence(items));
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let items = self.stack.split_off(self.floor_above(count)?);
                self.push(Node::Sequence(items));
            }
            b'a' | b'e' | 0x90 => self.append(opcode)?,
            b'}' => self.push(Node::Dict(Vec::new())),
            b'd' => {
                let items = pairs(&self.pop_to_mark()?)?;
                self.push(Node::Dict(items));
            }
            b's' | b'u' => self.set_items(opcode)?,
            b'c' | 0x93 => self.global(opcode)?,
            b'R' | 0x81 | 0x92 => self.call(opcode)?,
            b'b' => self.build()?,
            b'Q' => {
                let reference = self.pop()?;
                self.push(Node::Persistent(reference));
            }
            _ => return None,
        }
        Some(Step::More)
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// A little-endian number of `size` bytes.
    fn number(&mut self, size: usize) -> Option<u64> {
        let mut word = [0; 8];
        word[..size].copy_from_slice(self.take(size)?);
        Some(u64::from_le_bytes(word))
    }

    /// Bytes that follow their own length of `size` bytes.
    fn sized(&mut self, size: usize) -> Option<Vec<u8>> {
        let count = usize::try_from(self.number(size)?).ok()?;
        self.take(count).map(<[u8]>::to_vec)
    }

    fn line(&mut self) -> Option<String> {
        let rest = self.bytes.get(self.at..)?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += end + 1;
        String::from_utf8(rest[..end].to_vec()).ok()
    }

    fn push(&mut self, node: Node) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    /// Where the stack begins for the running opcode: a mark hides what lies below it.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    /// The place of the `count` topmost values, if the last mark does not hide them.
    fn floor_above(&self, count: usize) -> Option<usize> {
        self.stack.len().checked_sub(count).filter(|start| *start >= self.floor())
    }

    fn pop(&mut self) -> Option<Id> {
        self.floor_above(1)?;
        self.stack.pop()
    }

    fn drop_top(&mut self) -> Option<()> {
        // POP right after MARK takes the mark away.
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Some(());
        }
        self.pop().map(drop)
    }

    fn pop_to_mark(&mut self) -> Option<Vec<Id>> {
        let mark = self.marks.pop()?;
        Some(self.stack.split_off(mark))
    }

    fn memo(&mut self, opcode: u8) -> Option<()> {
        let key = match opcode {
            b'q' | b'h' => self.number(1)?,
            b'r' | b'j' => self.number(4)?,
            0x94 => self.memo.len() as u64,
            _ => self.line()?.parse().ok()?,
        };
        if matches!(opcode, b'h' | b'j' | b'g') {
            self.stack.push(*self.memo.get(&key)?);
        } else {
            self.memo.insert(key, *self.stack.last()?);
        }
        Some(())
    }

    fn integer(&mut self, opcode: u8) -> Option<()> {
        let node = match opcode {
            b'J' => Node::Int(i64::from(u32::try_from(self.number(4)?).ok()?.cast_signed())),
            b'K' => Node::Int(self.number(1)?.cast_signed()),
            b'M' => Node::Int(self.number(2)?.cast_signed()),
            b'I' => match self.line()?.as_str() {
                "00" => Node::Bool(false),
                "01" => Node::Bool(true),
                digits => Node::Int(digits.parse().ok()?),
            },
            b'L' => Node::Int(self.line()?.trim_end_matches('L').parse().ok()?),
            0x8a => long(&self.sized(1)?),
            _ => long(&self.sized(4)?),
        };
        self.push(node);
        Some(())
    }

    fn float(&mut self, opcode: u8) -> Option<()> {
        let value = if opcode == b'G' {
            f64::from_be_bytes(self.take(8)?.try_into().ok()?)
        } else {
            self.line()?.parse().ok()?
        };
        self.push(Node::Float(value));
        Some(())
    }

    fn text(&mut self, opcode: u8) -> Option<()> {
        let text = match opcode {
            b'X' => String::from_utf8(self.sized(4)?).ok()?,
            0x8c => String::from_utf8(self.sized(1)?).ok()?,
            0x8d => String::from_utf8(self.sized(8)?).ok()?,
            _ => self.line()?,
        };
        self.push(Node::Text(text));
        Some(())
    }

    fn byte_string(&mut self, opcode: u8) -> Option<()> {
        let bytes = match opcode {
            b'C' | b'U' => self.sized(1)?,
            b'B' | b'T' => self.sized(4)?,
            _ => self.sized(8)?,
        };
        self.push(Node::Bytes(bytes));
        Some(())
    }

    fn append(&mut self, opcode: u8) -> Option<()> {
        let items = if opcode == b'a' { vec![self.pop()?] } else { self.pop_to_mark()? };
        let target = *self.stack.last()?;
        match &mut self.nodes[target] {
            Node::Sequence(list) => list.extend(items),
            Node::Call(call) => call.appended.extend(items),
            _ => return None,
        }
        Some(())
    }

    fn set_items(&mut self, opcode: u8) -> Option<()> {
        let flat =
            if opcode == b's' { self.stack.split_off(self.floor_above(2)?) } else { self.pop_to_mark()? };
        let items = pairs(&flat)?;
        let target = *self.stack.last()?;
        match &mut self.nodes[target] {
            Node::Dict(dict) => dict.extend(items),
            Node::Call(call) => call.items.extend(items),
            _ => return None,
        }
        Some(())
    }

    fn global(&mut self, opcode: u8) -> Option<()> {
        let (module, name) = if opcode == b'c' {
            (self.line()?, self.line()?)
        } else {
            let names = self.stack.split_off(self.floor_above(2)?);
            match (&self.nodes[names[0]], &self.nodes[names[1]]) {
                (Node::Text(module), Node::Text(name)) => (module.clone(), name.clone()),
                _ => return None,
            }
        };
        self.push(Node::Global(format!("{module}.{name}")));
        Some(())
    }

    fn call(&mut self, opcode: u8) -> Option<()> {
        let keywords = if opcode == 0x92 { Some(self.pop()?) } else { None };
        let arguments = self.pop()?;
        let callee = self.pop()?;
        let call = Call { callee, arguments, state: keywords, appended: Vec::new(), items: Vec::new() };
        self.push(Node::Call(call));
        Some(())
    }

    fn build(&mut self) -> Option<()> {
        let state = self.pop()?;
        let target = *self.stack.last()?;
        match &mut self.nodes[target] {
            Node::Call(call) if call.state.is_none() => call.state = Some(state),
            _ => return None,
        }
        Some(())
    }
}

fn pairs(flat: &[Id]) -> Option<Vec<(Id, Id)>> {
    flat.len().is_multiple_of(2).then(|| flat.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

fn long(bytes: &[u8]) -> Node {
    if bytes.len() > 8 {
        return Node::Long(bytes.to_vec());
    }
    let fill = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
    let mut word = [fill; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    Node::Int(i64::from_le_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_call_to_a_dangerous_function_is_only_its_name() {
        // What `pickle.loads` would run: os.system("echo gotcha").
        let pickle = read(b"cos\nsystem\n(X\x0b\x00\x00\x00echo gotchatR.").unwrap();
        let Node::Call(call) = &pickle.nodes[pickle.root] else { panic!() };
        assert_eq!(pickle.nodes[call.callee], Node::Global("os.system".to_owned()));
        let Node::Sequence(arguments) = &pickle.nodes[call.arguments] else { panic!() };
        assert_eq!(pickle.nodes[arguments[0]], Node::Text("echo gotcha".to_owned()));
    }

    #[test]
    fn a_list_that_holds_itself_is_read() {
        let pickle = read(b"\x80\x02]q\x00h\x00a.").unwrap();
        assert_eq!(pickle.nodes[pickle.root], Node::Sequence(vec![pickle.root]));
    }

    #[test]
    fn numbers_keep_their_sign_and_size() {
        for (bytes, value) in [
            (b"J\xff\xff\xff\xff.".as_slice(), -1),
            (b"K\xff.", 255),
            (b"M\xff\xff.", 65535),
            (b"\x8a\x01\x80.", -128),
            (b"\x8a\x00.", 0),
            (b"I42\n.", 42),
            (b"L7L\n.", 7),
        ] {
            let pickle = read(bytes).unwrap();
            assert_eq!(pickle.nodes[pickle.root], Node::Int(value));
        }
        let pickle = read(b"G\x3f\xf0\x00\x00\x00\x00\x00\x00.").unwrap();
        assert_eq!(pickle.nodes[pickle.root], Node::Float(1.0));
    }

    #[test]
    fn corrupt_pickles_name_the_byte() {
        assert_eq!(read(b"").unwrap_err(), "pickle byte 0 is not understood");
        assert_eq!(read(b"\x80\x02\xff").unwrap_err(), "pickle byte 2 is not understood");
        assert_eq!(read(b"\x80\x02R.").unwrap_err(), "pickle byte 2 is not understood");
        assert_eq!(read(b"X\xff\xff\xff\xffabc").unwrap_err(), "pickle byte 0 is not understood");
        assert_eq!(read(b"(K\x01(0R.").unwrap_err(), "pickle byte 5 is not understood");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_program_makes_the_reader_panic(
            opcodes in proptest::collection::vec(
                proptest::sample::select(b"(.012N]})ae}ltdsuRbQ\x81\x85\x86\x87\x88\x8f\x90\x91\x92\x93\x94".to_vec()),
                0..60,
            ),
        ) {
            let _ = read(&opcodes);
        }
    }
}
