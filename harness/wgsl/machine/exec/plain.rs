//! Steps after which the same lanes go on.

use super::super::code::{Op, Slip};
use super::super::findings::Seen;
use super::super::mask::Active;
use super::Machine;
use super::arithmetic::Found;

impl<'a> Machine<'a> {
    /// Runs one of them.
    pub(super) fn simple(&mut self, op: &'a Op, site: u32, active: &Active) {
        let found = match op {
            Op::Un { op, ty, to, a } => {
                self.rows.un(active, *op, *ty, *to, *a);
                if let Some(erring) = &mut self.erring {
                    erring.un(&mut self.rows, active, (*op, *ty), *to, *a);
                }
                Found::new()
            }
            Op::Bin { op, ty, to, a, b } => {
                let found = self.rows.bin(active, *op, *ty, *to, (*a, *b));
                if let Some(erring) = &mut self.erring {
                    erring.bin(&mut self.rows, active, (*op, *ty), *to, (*a, *b));
                }
                found
            }
            Op::Cast { from, into, to, a } => self.rows.cast(active, *from, *into, *to, *a),
            other => {
                self.plain(other, site, active);
                Found::new()
            }
        };
        for (slip, lane, count) in found {
            self.slip(slip, lane, count, site);
        }
    }

    /// Steps that arithmetic cannot go wrong in.
    fn plain(&mut self, op: &'a Op, site: u32, active: &Active) {
        match op {
            Op::Fma { ty, to, a, b, c } => {
                self.rows.fma(active, *ty, *to, (*a, *b), *c);
                if let Some(erring) = &mut self.erring {
                    erring.fma(&mut self.rows, active, *ty, *to, (*a, *b));
                }
            }
            Op::Select { to, condition, yes, no } => {
                self.rows.select(active, *to, *condition, *yes, *no);
            }
            Op::Extract { ty, to, value, offset, count } => {
                self.rows.extract(active, *ty, *to, *value, (*offset, *count));
            }
            Op::Insert { to, value, bits, offset, count } => {
                self.rows.insert(active, *to, (*value, *bits), (*offset, *count));
            }
            Op::Pack { fun, to, parts } => self.rows.pack(active, *fun, *to, *parts),
            Op::Offset { to, base, fixed } => self.offset(*to, *base, *fixed, active),
            Op::Index { .. } => self.index(op, site, active),
            Op::Bounds { index, length, name, only } => {
                self.bounds(*index, self.length(*length), *name, site, (active, Some(*only)));
            }
            Op::Pick { to, table, index, per, name } => {
                self.pick(*to, table, *index, (*per, *name), site, active);
            }
            Op::Count { to, length } => {
                let count = self.length(*length);
                self.rows.out(*to).1[active.low..active.high].fill(count);
            }
            Op::LoadVariable { to, from, rows } => self.load_variable(*to, *from, *rows, active),
            Op::StoreVariable { to, values } => self.store_variable(*to, values, active),
            Op::ZeroVariable { to, rows } => {
                let start = *to as usize * self.lanes;
                self.variables[start..start + *rows as usize * self.lanes].fill(0);
            }
            Op::Barrier { storage, workgroup, subgroup } => {
                self.barrier(*storage, *workgroup, *subgroup, site, active);
            }
            other => self.shared(other, site, active),
        }
    }

    fn slip(&mut self, slip: Slip, lane: usize, count: u64, site: u32) {
        let seen = Seen {
            kind: slip.kind,
            scope: None,
            name: None,
            byte: None,
            first: self.who(lane, site),
            second: None,
            detail: String::new(),
            count,
        };
        self.note(seen, slip.what, || slip.what.to_owned());
    }
}
