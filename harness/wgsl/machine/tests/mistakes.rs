//! Wrong kernels: each finding with its lines.

use super::super::{Kind, Scope, Sensitivity, order_sensitive};
use super::{Bench, brief, spread};
use crate::wgsl::Order;

#[test]
fn a_missing_barrier_after_the_load_is_a_race_on_both_lines() {
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
var<workgroup> s: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) l: u32) {
    s[l] = f32(l);
    out[l] = s[63u - l];
}";
    for lanes in [Order::Ascending, Order::Descending, Order::Shuffled(3)] {
        let outcome = Bench::new(text).zeros(0, 64).orders(Order::Ascending, lanes).go();
        assert_eq!(brief(&outcome.findings), [(Kind::Race, "s", 6, Some(7))]);
        let race = &outcome.findings[0];
        assert_eq!((race.scope, race.count, race.byte), (Some(Scope::Inside), 64, Some(252)));
        assert_eq!(
            (race.first.invocation, race.second.as_ref().map(|second| second.invocation)),
            ([63, 0, 0], Some([0, 0, 0]))
        );
    }
}

#[test]
fn a_missing_barrier_in_a_reduction_loop_is_a_race_with_itself() {
    let text = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
var<workgroup> s: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) l: u32) {
    s[l] = input[l];
    workgroupBarrier();
    for (var step = 32u; step > 0u; step >>= 1u) {
        if (l < step) { s[l] += s[l + step]; }
    }
    if (l == 0u) { out[0] = s[0]; }
}";
    let outcome = Bench::new(text).floats(0, &spread(64, 1)).zeros(1, 1).go();
    assert_eq!(brief(&outcome.findings), [(Kind::Race, "s", 10, Some(10))]);
}

#[test]
fn the_wrong_kind_of_barrier_orders_nothing() {
    let text = |barrier: &str, space: &str| {
        format!(
            "
@group(0) @binding(0) var<storage, read_write> b: array<u32, 8>;
var<workgroup> w: array<u32, 8>;
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) l: u32) {{
    b[l] = l;
    w[l] = l;
    {barrier}();
    let x = {space}[7u - l];
    w[l] = x;
}}"
        )
    };
    let kinds = |barrier, space| {
        let outcome = Bench::new(&text(barrier, space)).zeros(0, 8).go();
        let said =
            |detail: &str| detail.rsplit_once(", ").map(|(_, last)| last.to_owned()).unwrap_or_default();
        outcome.findings.iter().map(|one| (one.kind, said(&one.detail))).collect::<Vec<_>>()
    };
    assert_eq!(kinds("storageBarrier", "b"), []);
    let lacks = |barrier: &str| (Kind::Race, format!("no {barrier} between them"));
    assert_eq!(kinds("workgroupBarrier", "b"), [lacks("storageBarrier")]);
    assert!(kinds("storageBarrier", "w").contains(&lacks("workgroupBarrier")));
}

#[test]
fn an_in_place_stencil_races_inside_and_across_workgroups() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
    let n = arrayLength(&a);
    let left = a[max(g.x, 1u) - 1u];
    a[g.x] = left + a[min(g.x + 1u, n - 1u)];
}";
    for workgroups in [Order::Ascending, Order::Descending, Order::Shuffled(9)] {
        let outcome = Bench::new(text)
            .floats(0, &spread(32, 1))
            .grid(4, 1, 1)
            .orders(workgroups, Order::Ascending)
            .go();
        let seen = |scope, first, second| {
            outcome.findings.iter().any(|one| {
                let number = |access: &super::super::Access| access.line.as_ref().map(|line| line.number);
                let lines = (number(&one.first), one.second.as_ref().and_then(number));
                one.kind == Kind::Race
                    && one.scope == Some(scope)
                    && (lines == (Some(first), Some(second)) || lines == (Some(second), Some(first)))
            })
        };
        assert!(seen(Scope::Inside, 6, 7) && seen(Scope::Inside, 7, 7), "{:#?}", outcome.findings);
        assert!(seen(Scope::Across, 6, 7) && seen(Scope::Across, 7, 7), "{:#?}", outcome.findings);
    }
}

const LAST_WRITER: &str = "
@group(0) @binding(0) var<storage, read_write> out: array<u32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
    out[0] = g.x;
    out[1] = 7u;
}";

#[test]
fn writes_of_the_same_value_are_a_class_of_their_own() {
    let outcome = Bench::new(LAST_WRITER).zeros(0, 4).grid(2, 1, 1).go();
    let kinds: Vec<_> = outcome.findings.iter().map(|one| (one.kind, one.scope, one.byte)).collect();
    let (inside, across) = (Some(Scope::Inside), Some(Scope::Across));
    assert!(kinds.contains(&(Kind::Race, inside, Some(0))) && kinds.contains(&(Kind::Race, across, Some(0))));
    assert!(kinds.contains(&(Kind::SameValueWrites, across, Some(4))), "{kinds:?}");
    assert!(!kinds.contains(&(Kind::Race, across, Some(4))), "{kinds:?}");
}

#[test]
fn who_writes_last_follows_the_orders() {
    for (workgroups, lanes, last) in [
        (Order::Ascending, Order::Ascending, 7),
        (Order::Ascending, Order::Descending, 4),
        (Order::Descending, Order::Ascending, 3),
        (Order::Descending, Order::Descending, 0),
    ] {
        let mut bench = Bench::new(LAST_WRITER).zeros(0, 4).grid(2, 1, 1).orders(workgroups, lanes);
        bench.go();
        assert_eq!(bench.out(0)[0], last);
    }
}

#[test]
fn a_read_in_one_workgroup_and_a_write_in_another_race_whoever_comes_first() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) w: vec3<u32>) {
    if (w.x == 0u) { a[1] = a[0]; }
    if (w.x == 2u) { a[0] = 5u; }
}";
    for (workgroups, lines) in [(Order::Ascending, (5, Some(6))), (Order::Descending, (6, Some(5)))] {
        let outcome = Bench::new(text).zeros(0, 4).grid(3, 1, 1).orders(workgroups, Order::Ascending).go();
        assert_eq!(brief(&outcome.findings), [(Kind::Race, "a", lines.0, lines.1)]);
        assert_eq!(outcome.findings[0].scope, Some(Scope::Across));
    }
}

#[test]
fn a_storage_barrier_orders_nothing_between_workgroups() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) n: vec3<u32>) {
    a[w.x] = w.x;
    storageBarrier();
    a[n.x + w.x] = a[(w.x + 1u) % n.x];
}";
    let outcome = Bench::new(text).zeros(0, 8).grid(4, 1, 1).go();
    assert!(outcome.findings.iter().all(|one| one.scope == Some(Scope::Across) && one.kind == Kind::Race));
    assert!(!outcome.findings.is_empty());
}

#[test]
fn halves_of_one_word_do_not_race() {
    let text = "enable f16;
@group(0) @binding(0) var<storage, read_write> a: array<f16>;
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) l: u32) { a[l] = f16(l); }";
    assert_eq!(Bench::new(text).zeros(0, 4).right(0), [0x3c00_0000, 0x4200_4000, 0x4500_4400, 0x4700_4600]);
}

#[test]
fn a_barrier_that_half_the_workgroup_reaches_is_found() {
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) l: u32) {
    if (l < 32u) {
        workgroupBarrier();
    }
    if (l == 5u) { return; }
    storageBarrier();
    out[l] = l;
}";
    let outcome = Bench::new(text).zeros(0, 64).go();
    let line = |finding: &super::Finding| finding.first.line.as_ref().map(|line| line.number);
    let seen: Vec<_> =
        outcome.findings.iter().map(|one| (one.kind, line(one), one.detail.as_str())).collect();
    assert_eq!(
        seen,
        [
            (
                Kind::BarrierDivergence,
                Some(6),
                "32 of 64 invocations of the workgroup reach the barrier, local index 32 does not"
            ),
            (
                Kind::BarrierDivergence,
                Some(9),
                "63 of 64 invocations of the workgroup reach the barrier, local index 5 does not"
            ),
        ]
    );
}

#[test]
fn indices_beyond_the_end_are_found_and_kept_harmless() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u32>;
var<workgroup> s: array<u32, 4>;
@compute @workgroup_size(1)
fn main(@builtin(local_invocation_index) l: u32) {
    let i = l + 7u;
    s[i] = 1u;
    a[i] = 9u;
    a[0] = a[i];
    var p = array<u32, 3>(1u, 2u, 3u);
    p[i] = 5u;
    a[1] = p[i - 8u];
}";
    let mut bench = Bench::new(text).words(0, &[0, 0, 0, 42]);
    let outcome = bench.go();
    let seen: Vec<_> =
        outcome.findings.iter().map(|one| (one.kind, one.variable.as_str(), one.detail.as_str())).collect();
    assert_eq!(
        seen,
        [
            (Kind::OutOfBounds, "a", "index 7 of 4"),
            (Kind::OutOfBounds, "a", "index 7 of 4"),
            (Kind::OutOfBounds, "p", "index 7 of 3"),
            (Kind::OutOfBounds, "p", "index 4294967295 (-1 as i32) of 3"),
            (Kind::OutOfBounds, "s", "index 7 of 4"),
        ]
    );
    assert_eq!(bench.out(0), [42, 3, 0, 42]);
}

#[test]
fn what_a_select_drops_may_lie_outside_or_never_be_stored() {
    let seen = |body: &str| -> Vec<String> {
        let text = format!(
            "
struct Cell {{ at: vec2<u32>, n: u32 }}
@group(0) @binding(0) var<storage, read_write> a: array<u32, 4>;
@group(0) @binding(1) var<storage, read_write> cells: array<Cell>;
var<workgroup> s: array<u32, 4>;
var<workgroup> empty: array<u32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {{
    s[l] = l + 1u;
    if l < 2u {{ empty[l] = l; }}
    workgroupBarrier();
    {body}
}}"
        );
        let outcome = Bench::new(&text).zeros(0, 4).zeros(1, 8).go();
        outcome.findings.iter().map(|one| format!("{}, {} times", one.detail, one.count)).collect()
    };
    for dropped in [
        "a[l] = select(0u, s[l - 1u], l > 0u);",
        "let previous = s[l - 1u]; if l < 3u { a[l] = select(0u, previous, l > 0u); }",
        "a[l] = select(bitcast<u32>(i32(s[l - 1u])), 0u, l == 0u);",
        "a[l] = select(0u, cells[l].at.y, l < 2u);",
        "a[l] = select(vec2(0u), cells[l].at, l < 2u).x;",
        "a[l] = select(0u, empty[l], l < 2u);",
    ] {
        assert_eq!(seen(dropped), Vec::<String>::new(), "{dropped}");
    }
    for taken in [
        "a[l] = select(0u, s[l - 1u], l < 3u);",
        "a[l] = select(s[l - 1u], 0u, l > 0u);",
        "a[l] = select(0u, s[l - 1u] + 1u, l > 0u);",
        "let previous = s[l - 1u]; a[l] = select(0u, previous, l > 0u) + previous;",
    ] {
        assert_eq!(seen(taken), ["index 4294967295 (-1 as i32) of 4, 1 times"], "{taken}");
    }
    let unset = "read before anything was stored there, 2 times";
    assert_eq!(seen("a[l] = select(0u, empty[l], l < 4u);"), [unset]);
    assert_eq!(seen("a[l] = select(0u, empty[l] + 1u, l < 2u);"), [unset]);
}

#[test]
fn reading_what_nobody_stored_is_found() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u32, 8>;
var<workgroup> s: array<u32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3<u32>) {
    if (l < 3u) { s[l] = 1u; }
    workgroupBarrier();
    a[4u * w.x + l] = s[3u - l];
    a[4u * w.x + l] += 1u;
}";
    let outcome = Bench::new(text).zeros(0, 8).grid(2, 1, 1).go();
    assert_eq!(brief(&outcome.findings), [(Kind::UnsetRead, "s", 8, None)]);
    assert_eq!((outcome.findings[0].byte, outcome.findings[0].count), (Some(12), 2));

    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {
    if (l < 3u) { a[l] = 1u; }
    a[l] += 1u;
}";
    let mut bench = Bench::new(text).zeros(0, 4);
    assert_eq!(bench.go().findings, []);
    bench.options.unset.insert(super::at(0));
    let outcome = bench.go();
    assert_eq!(brief(&outcome.findings), [(Kind::UnsetRead, "a", 6, None)]);
    assert_eq!(outcome.findings[0].byte, Some(12));
}

#[test]
fn counters_in_workgroup_memory_may_begin_at_zero() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u32, 4>;
var<workgroup> counts: array<atomic<u32>, 2>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {
    if l < 3u { atomicAdd(&counts[0], 1u); }
    workgroupBarrier();
    a[l] = atomicLoad(&counts[0]) + atomicLoad(&counts[1]);
}";
    assert_eq!(Bench::new(text).zeros(0, 4).right(0), [3, 3, 3, 3]);
}

#[test]
fn private_and_function_variables_are_zeros_and_no_finding() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u32, 4>;
var<private> p: array<u32, 2>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {
    var v: vec2<u32>;
    a[l] = v.y + p[l & 1u];
    p[l & 1u] = 9u;
}";
    assert_eq!(Bench::new(text).words(0, &[1, 2, 3, 4]).grid(1, 1, 1).right(0), [0, 0, 0, 0]);
}

#[test]
fn divisions_and_conversions_out_of_range_are_found() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<i32, 4>;
@group(0) @binding(1) var<storage, read> f: array<f32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {
    let d = a[l];
    let q = (-2147483647 - 1) / d;
    let r = i32(l) % d;
    a[l] = q + r;
    a[l] += i32(f[l]);
}";
    let mut bench =
        Bench::new(text).words(0, &[1, 0, u32::MAX, 3]).floats(1, &[0.0, 1.9, f32::NAN, -2_147_483_648.0]);
    let outcome = bench.go();
    assert_eq!(
        brief(&outcome.findings),
        [
            (Kind::DivisionByZero, "", 7, None),
            (Kind::DivisionByZero, "", 8, None),
            (Kind::Overflow, "", 7, None),
            (Kind::Overflow, "", 10, None),
        ]
    );
    let min = i32::MIN;
    let right = [min, min + 1, min, (min / 3).wrapping_add(min)].map(i32::cast_unsigned);
    assert_eq!(bench.out(0), right);
}

const CAS_SUM: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: atomic<u32>;
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
    var old = atomicLoad(&total);
    loop {
        let next = bitcast<u32>(bitcast<f32>(old) + input[g.x]);
        let tried = atomicCompareExchangeWeak(&total, old, next);
        if (tried.exchanged) { break; }
        old = tried.old_value;
    }
}";

#[test]
fn a_float_sum_by_compare_exchange_depends_on_the_order_but_is_no_race() {
    let input = spread(128, 8);
    let mut sums = std::collections::BTreeSet::new();
    for (workgroups, lanes) in super::orders() {
        let out = Bench::new(CAS_SUM)
            .floats(0, &input)
            .zeros(1, 1)
            .grid(4, 1, 1)
            .orders(workgroups, lanes)
            .right(1);
        sums.insert(out[0]);
    }
    assert!(sums.len() > 3, "{sums:?}");
    let ascending = Bench::new(CAS_SUM).floats(0, &input).zeros(1, 1).grid(4, 1, 1).right(1);
    let direct: f32 = input.iter().fold(0.0, |sum, value| sum + value);
    assert_eq!(ascending[0], direct.to_bits());
}

#[test]
fn order_sensitive_operations_are_named_with_their_lines() {
    let found = |text: &str| -> Vec<_> {
        let all = order_sensitive(&super::program(text));
        all.into_iter().map(|one| (one.kind, one.variable, one.line.map_or(0, |line| line.number))).collect()
    };
    assert_eq!(found(CAS_SUM), [(Sensitivity::FloatSum, "total".to_owned(), 9)]);
    let subgroups = "
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {
    out[l] = subgroupAdd(out[l]) + f32(subgroupAdd(l)) + subgroupMax(out[l]);
}";
    assert_eq!(found(subgroups), [(Sensitivity::SubgroupSum, String::new(), 5)]);
    let text = "
@group(0) @binding(0) var<storage, read_write> cursor: atomic<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read_write> sum: atomic<f32>;
fn append(value: u32) {
    let at = atomicAdd(&cursor, 1u);
    out[at] = value;
}
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {
    append(l);
    atomicAdd(&cursor, 0u);
    atomicStore(&cursor, l);
    atomicAdd(&sum, 0.5);
    atomicMax(&cursor, l);
    if (atomicExchange(&cursor, l) == 3u) { out[0] = 1u; }
}";
    let name = |name: &str| name.to_owned();
    assert_eq!(
        found(text),
        [
            (Sensitivity::FloatSum, name("sum"), 14),
            (Sensitivity::Cursor, name("cursor"), 6),
            (Sensitivity::LastWriter, name("cursor"), 13),
            (Sensitivity::LastWriter, name("cursor"), 16),
        ]
    );
}

#[test]
fn an_append_cursor_gives_places_in_the_order_of_arrival() {
    let text = "
@group(0) @binding(0) var<storage, read_write> cursor: atomic<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) g: vec3<u32>) { out[atomicAdd(&cursor, 1u)] = g.x; }";
    let make = |workgroups, lanes| {
        Bench::new(text).zeros(0, 1).zeros(1, 8).grid(2, 1, 1).orders(workgroups, lanes).right(1)
    };
    assert_eq!(make(Order::Ascending, Order::Ascending), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(make(Order::Descending, Order::Ascending), [4, 5, 6, 7, 0, 1, 2, 3]);
    assert_eq!(make(Order::Ascending, Order::Descending), [3, 2, 1, 0, 7, 6, 5, 4]);
}
