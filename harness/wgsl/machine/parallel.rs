//! Workgroups at the same time, to the same bits as one after another.
//!
//! Every thread runs a part of the turns on its own copy of the buffers. Without data races and without atomics, no workgroup reads what
//! another stores, and no two store at the same place: what a part changed in its copy is what it would have changed in the one memory.

use super::code::{Code, Origin};
use super::{Dispatch, Lap, NotInterpreted, turns};
use crate::wgsl::{Binding, Memory};

/// Bytes that the copies of all threads may take together.
const COPIES_MAX: usize = 1 << 30;

/// Runs a dispatch on several threads. `None`, with `memory` as it was, where it has to run on one: where several would not be sound, or worth
/// while, and where it runs out of a budget, since what that leaves in memory depends on the order of turns.
pub(super) fn run(dispatch: Dispatch<'_>, memory: &mut Memory) -> Result<Option<Lap>, NotInterpreted> {
    let threads = threads(dispatch, memory);
    if threads < 2 {
        return Ok(None);
    }
    let share = (dispatch.groups as usize).div_ceil(threads);
    let original: &Memory = memory;
    let parts: std::io::Result<Vec<Result<(Lap, Memory), NotInterpreted>>> = std::thread::scope(|scope| {
        let part = |index: usize| {
            let turns = turns(&dispatch.options.workgroups, dispatch.groups);
            let mut own = copied(dispatch.code, original);
            let lap = dispatch.lap(turns.skip(index * share).take(share), &mut own)?;
            Ok((lap, own))
        };
        let begin = |index| std::thread::Builder::new().spawn_scoped(scope, move || part(index));
        let running = (0..threads).map(begin).collect::<std::io::Result<Vec<_>>>()?;
        let joined = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        Ok(joined.map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect())
    });
    // Where the system has no threads left, one is enough.
    let Ok(parts) = parts else { return Ok(None) };
    let mut whole: Option<(Lap, Memory)> = None;
    for part in parts {
        let (lap, own) = part?;
        if lap.stopped.is_some() {
            return Ok(None);
        }
        match &mut whole {
            None => whole = Some((lap, own)),
            Some((sum, merged)) => {
                sum.log.absorb(lap.log);
                sum.loop_trips_max = sum.loop_trips_max.max(lap.loop_trips_max);
                sum.operations += lap.operations;
                for binding in bindings(dispatch.code, true) {
                    if let Some(bytes) = merged.get_mut(&binding) {
                        merge(&original[&binding], &own[&binding], bytes);
                    }
                }
            }
        }
    }
    let Some((lap, merged)) = whole.filter(|(lap, _)| lap.operations <= dispatch.options.operations_max)
    else {
        return Ok(None);
    };
    memory.extend(merged);
    Ok(Some(lap))
}

/// How many threads a dispatch runs on.
fn threads(dispatch: Dispatch<'_>, memory: &Memory) -> usize {
    let Dispatch { code, groups, options, .. } = dispatch;
    if options.threads < 2 || options.check || code.has_atomics(|origin| origin != Origin::Workgroup) {
        return 1;
    }
    let bytes: usize = bindings(code, false).filter_map(|binding| memory.get(&binding)).map(Vec::len).sum();
    options.threads.min(groups as usize).min(COPIES_MAX / bytes.max(1))
}

/// Where the buffers of a program are bound: all, or those that it may store to.
fn bindings(code: &Code, stored: bool) -> impl Iterator<Item = Binding> {
    code.spaces.iter().filter_map(move |space| match space.origin {
        Origin::Bound { binding, writable } if writable || !stored => Some(binding),
        _ => None,
    })
}

/// The buffers that a program uses.
fn copied(code: &Code, memory: &Memory) -> Memory {
    let found = bindings(code, false).filter_map(|binding| memory.get_key_value(&binding));
    found.map(|(binding, bytes)| (*binding, bytes.clone())).collect()
}

/// Puts what differs between `original` and `changed` into `merged`.
fn merge(original: &[u8], changed: &[u8], merged: &mut [u8]) {
    const BLOCK: usize = 256;
    let blocks = original.chunks(BLOCK).zip(changed.chunks(BLOCK)).zip(merged.chunks_mut(BLOCK));
    for ((original, changed), merged) in blocks.filter(|((original, changed), _)| original != changed) {
        for ((original, changed), merged) in original.iter().zip(changed).zip(merged) {
            if original != changed {
                *merged = *changed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::prepared;
    use super::super::tests::{at, program};
    use super::*;

    /// Threads for a body with two buffers, of so many bytes, on a grid of so many workgroups.
    fn threads_for(body: &str, groups: u32, bytes: usize, options: &Options) -> usize {
        let text = format!(
            "@group(0) @binding(0) var<storage, read_write> out: array<u32>;
            @group(0) @binding(1) var<storage, read_write> counter: atomic<u32>;
            var<workgroup> local: atomic<u32>;
            @compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3<u32>) {{ {body} }}"
        );
        let program = program(&text);
        let (code, groups) = prepared(&program, [groups, 1, 1], options).expect("interpreted");
        let memory = [(at(0), vec![0; bytes]), (at(1), vec![0; 4])].into();
        let size = program.workgroup_size();
        threads(Dispatch { code: &code, size, grid: [groups, 1, 1], groups, options }, &memory)
    }

    #[test]
    fn threads_are_used_only_where_that_is_sound_and_affordable() {
        let four = Options { threads: 4, ..Options::default() };
        let plain = "out[id.x] = 1u;";
        assert_eq!(threads_for(plain, 8, 64, &four), 4);
        assert_eq!(threads_for(plain, 3, 64, &four), 3);
        assert_eq!(threads_for(plain, 1, 64, &four), 1);
        assert_eq!(threads_for(plain, 8, 64, &Options::default()), 1);
        assert_eq!(threads_for(plain, 8, 64, &Options { check: true, ..four.clone() }), 1);
        assert_eq!(threads_for("out[id.x] = atomicAdd(&counter, 1u);", 8, 64, &four), 1);
        assert_eq!(threads_for("out[id.x] = atomicAdd(&local, 1u);", 8, 64, &four), 4);
        assert_eq!(threads_for(plain, 8, (1 << 29) - 4, &four), 2, "two copies of half a gigabyte");
    }

    #[test]
    fn changes_of_all_parts_come_together() {
        let original: Vec<u8> = (0..1000).map(|byte: u32| byte.to_le_bytes()[0]).collect();
        let (mut one, mut other) = (original.clone(), original.clone());
        (one[3], one[700], other[4], other[999]) = (9, 9, 8, 8);
        let mut merged = one.clone();
        merge(&original, &other, &mut merged);
        assert_eq!((merged[3], merged[700], merged[4], merged[999]), (9, 9, 8, 8));
        let changed = merged.iter().zip(&original).filter(|(one, other)| one != other).count();
        assert_eq!(changed, 4);
    }
}
