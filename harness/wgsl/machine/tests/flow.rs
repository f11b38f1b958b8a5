//! Generated control flow: lanes under masks against each lane alone.

use std::fmt::Write;

use proptest::prelude::*;

use super::Bench;

/// A statement over the variables `a`, `b` and `c`.
#[derive(Clone, Debug)]
enum Line {
    /// `x += y * factor + lane`
    Add(usize, usize, u32),
    If(Test, Vec<Line>, Vec<Line>),
    /// A loop of so many trips, with an exit at its end.
    Loop(u32, Vec<Line>, Option<Test>),
    /// A switch on `x % 4` with cases 0 and 1, 2, and the rest.
    Switch(usize, [Vec<Line>; 3]),
    Break(Test),
    Continue(Test),
    Return(Test),
    /// A call that adds to the first by pointer and returns early for some values.
    Call(usize, usize),
}

/// `x % modulus == rest`
#[derive(Clone, Copy, Debug)]
struct Test(usize, u32, u32);

/// How a list of statements ended.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Through,
    Break,
    Continue,
    Return,
}

const NAMES: [&str; 3] = ["a", "b", "c"];

impl Test {
    fn text(self) -> String {
        format!("({} % {}u == {}u)", NAMES[self.0], self.1, self.2)
    }

    fn holds(self, v: &[u32; 3]) -> bool {
        v[self.0] % self.1 == self.2
    }
}

fn text(lines: &[Line], inside: (bool, bool), depth: usize, out: &mut String) {
    let (looping, breakable) = inside;
    for line in lines {
        match line {
            Line::Add(x, y, factor) => writeln!(out, "{} += {} * {factor}u + l;", NAMES[*x], NAMES[*y]),
            Line::If(test, yes, no) => {
                writeln!(out, "if {} {{", test.text()).unwrap();
                text(yes, inside, depth + 1, out);
                writeln!(out, "}} else {{").unwrap();
                text(no, inside, depth + 1, out);
                writeln!(out, "}}")
            }
            Line::Loop(trips, body, exit) => {
                writeln!(out, "{{ var k{depth} = 0u; loop {{ if (k{depth} >= {trips}u) {{ break; }}")
                    .unwrap();
                text(body, (true, true), depth + 1, out);
                let exit = exit.map_or(String::new(), |test| format!("break if {};", test.text()));
                writeln!(out, "continuing {{ k{depth}++; {exit} }} }} }}")
            }
            Line::Switch(x, [first, second, rest]) => {
                writeln!(out, "switch ({} % 4u) {{ case 0u, 1u: {{", NAMES[*x]).unwrap();
                text(first, (looping, true), depth + 1, out);
                writeln!(out, "}} default: {{").unwrap();
                text(rest, (looping, true), depth + 1, out);
                writeln!(out, "}} case 2u: {{").unwrap();
                text(second, (looping, true), depth + 1, out);
                writeln!(out, "}} }}")
            }
            Line::Break(test) if breakable => writeln!(out, "if {} {{ break; }}", test.text()),
            Line::Continue(test) if looping => writeln!(out, "if {} {{ continue; }}", test.text()),
            Line::Return(test) => {
                writeln!(out, "if {} {{ out[l] = vec3<u32>(a, b, c); return; }}", test.text())
            }
            Line::Call(x, y) => writeln!(out, "{} ^= step(&{}, l);", NAMES[*x], NAMES[*y]),
            Line::Break(_) | Line::Continue(_) => Ok(()),
        }
        .unwrap();
    }
}

fn direct(lines: &[Line], inside: (bool, bool), lane: u32, v: &mut [u32; 3]) -> End {
    for line in lines {
        let end = match line {
            Line::Add(x, y, factor) => {
                v[*x] = v[*x].wrapping_add(v[*y].wrapping_mul(*factor)).wrapping_add(lane);
                End::Through
            }
            Line::If(test, yes, no) => direct(if test.holds(v) { yes } else { no }, inside, lane, v),
            Line::Loop(trips, body, exit) => repeat(*trips, body, *exit, lane, v),
            Line::Switch(x, cases) => {
                let case = &cases[[0, 0, 1, 2][v[*x] as usize % 4]];
                match direct(case, (inside.0, true), lane, v) {
                    End::Break => End::Through,
                    end => end,
                }
            }
            Line::Break(test) if inside.1 && test.holds(v) => End::Break,
            Line::Continue(test) if inside.0 && test.holds(v) => End::Continue,
            Line::Return(test) if test.holds(v) => End::Return,
            Line::Call(x, y) => {
                // The value on the left is read before the call changes it.
                let before = v[*x];
                v[*y] = v[*y].wrapping_add(3);
                let given = if v[*y].is_multiple_of(3) { v[*y] } else { v[*y].wrapping_mul(lane) };
                v[*x] = before ^ given;
                End::Through
            }
            _ => End::Through,
        };
        if end != End::Through {
            return end;
        }
    }
    End::Through
}

fn repeat(trips: u32, body: &[Line], exit: Option<Test>, lane: u32, v: &mut [u32; 3]) -> End {
    for _ in 0..trips {
        match direct(body, (true, true), lane, v) {
            End::Break => break,
            End::Return => return End::Return,
            End::Through | End::Continue => {}
        }
        if exit.is_some_and(|test| test.holds(v)) {
            break;
        }
    }
    End::Through
}

fn test() -> impl Strategy<Value = Test> {
    (0..3_usize, 2..6_u32)
        .prop_flat_map(|(x, modulus)| (Just(x), Just(modulus), 0..modulus))
        .prop_map(|(x, modulus, rest)| Test(x, modulus, rest))
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let leaf = prop_oneof![
        4 => (0..3_usize, 0..3_usize, 0..9_u32).prop_map(|(x, y, factor)| Line::Add(x, y, factor)),
        1 => test().prop_map(Line::Break),
        1 => test().prop_map(Line::Continue),
        1 => test().prop_map(Line::Return),
        1 => (0..3_usize, 0..3_usize).prop_map(|(x, y)| Line::Call(x, y)),
    ];
    let line = leaf.prop_recursive(4, 40, 4, |line| {
        let block = || prop::collection::vec(line.clone(), 0..4);
        prop_oneof![
            (test(), block(), block()).prop_map(|(test, yes, no)| Line::If(test, yes, no)),
            (0..5_u32, block(), prop::option::of(test()))
                .prop_map(|(trips, body, exit)| Line::Loop(trips, body, exit)),
            (0..3_usize, block(), block(), block()).prop_map(|(x, a, b, c)| Line::Switch(x, [a, b, c])),
        ]
    });
    prop::collection::vec(line, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn lanes_under_masks_do_what_each_would_do_alone(lines in lines()) {
        let mut body = String::new();
        text(&lines, (false, false), 0, &mut body);
        let program = format!(
            "
@group(0) @binding(0) var<storage, read_write> out: array<vec3<u32>>;
fn step(p: ptr<function, u32>, l: u32) -> u32 {{
    *p += 3u;
    if (*p % 3u == 0u) {{ return *p; }}
    return *p * l;
}}
@compute @workgroup_size(70)
fn main(@builtin(local_invocation_index) l: u32) {{
    var a = l; var b = l * 7u; var c = 1u;
{body}
    out[l] = vec3<u32>(a, b, c);
}}"
        );
        let out = Bench::new(&program).zeros(0, 280).right(0);
        for (lane, words) in (0..).zip(out.chunks(4)) {
            let mut v = [lane, lane * 7, 1];
            direct(&lines, (false, false), lane, &mut v);
            prop_assert_eq!(&words[..3], &v[..], "lane {} of {}", lane, program);
        }
    }
}
