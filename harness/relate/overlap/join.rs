//! Which rows of two scans share a number, by sorting both.

use super::scan::Scan;

/// The rows of a scan by a field, without those whose number is 0.
pub(super) type Sorted = Vec<(u64, u32)>;

/// Sorts one field of both scans, one thread each. Rows beyond 2^32 are not counted; [`super::search`] refuses them.
pub(super) fn sorted(train: (&Scan, usize), test: (&Scan, usize)) -> (Sorted, Sorted) {
    let sort = |(scan, field): (&Scan, usize)| {
        let mut rows: Sorted = scan.all(field).zip(0_u32..).filter(|row| row.0 != 0).collect();
        rows.sort_unstable();
        rows
    };
    std::thread::scope(|scope| {
        let ours = scope.spawn(|| sort(train));
        let theirs = sort(test);
        (ours.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), theirs)
    })
}

/// Visits every number that both sides have, with its rows on each side in the order of the files.
pub(super) fn shared(train: &Sorted, test: &Sorted, mut visit: impl FnMut(&[(u64, u32)], &[(u64, u32)])) {
    let mut ours = train.as_slice();
    for group in test.chunk_by(|left, right| left.0 == right.0) {
        let number = group[0].0;
        let behind = ours.iter().take_while(|row| row.0 < number).count();
        ours = &ours[behind..];
        let count = ours.iter().take_while(|row| row.0 == number).count();
        if count > 0 {
            visit(&ours[..count], group);
        }
    }
}

/// How many rows share their number with another row of the same side.
pub(super) fn repeats(rows: &Sorted) -> u64 {
    let groups = rows.chunk_by(|left, right| left.0 == right.0);
    groups.map(|group| group.len() as u64).filter(|count| *count > 1).sum()
}
