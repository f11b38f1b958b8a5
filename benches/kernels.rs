//! What audits of kernels cost: beside a loop written by hand, on the reference machine, and to start. `cargo bench --bench
//! kernels` prints ratios; it decides nothing.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts programs and reads the clock")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use driftless::run::adapter::{self, Buffer, Choice, Contents, Job, Pass, Task};
use driftless::wgsl::fill::{Fill, fill};
use driftless::wgsl::machine::{self, Options};
use driftless::wgsl::{Binding, Memory, Program, Scalar, Source};
use wgpu::BufferUsages as Usage;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    start_up(folder.path());
    reference_machine();
    beside_a_loop(folder.path());
}

/// Wall and processor time.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

impl Cost {
    fn of(work: impl FnOnce()) -> Self {
        let (start, cpu) = (Instant::now(), cpu());
        work();
        Self { wall: start.elapsed(), cpu: self::cpu().saturating_sub(cpu) }
    }
}

/// What one of several runs costs on average: one alone is too short for the clock of the processor time.
fn average(count: u32, mut work: impl FnMut()) -> Cost {
    let all = Cost::of(|| (0..count).for_each(|_| work()));
    Cost { wall: all.wall / count, cpu: all.cpu / count }
}

/// Processor time of this process, all threads together, in the hundredths of a second in which Linux counts it.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    // The name in brackets may hold blanks; user and system time are the 12th and 13th field behind it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn ratio(left: Duration, right: Duration) -> f64 {
    left.as_secs_f64() / right.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// A small kernel by the binary, beside the start of a program that does nothing.
fn start_up(folder: &Path) {
    std::fs::write(folder.join("double.wgsl"), DOUBLE).expect("a kernel");
    let case = "[kernel]\nsummary = \"Doubles\"\nwgsl = \"double.wgsl\"\ndispatch = [4, 1, 1]\n\
                [buffer.input]\ntype = \"f32\"\nshape = [256]\n\
                [buffer.output]\ntype = \"f32\"\nshape = [256]\nread = true\n";
    std::fs::write(folder.join("driftless.toml"), case).expect("a case");
    let wall = |program: &str, arguments: &[&str]| {
        let run = || {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
            assert!(command.status().is_ok_and(|status| status.success()));
        };
        (0..7).map(|_| Cost::of(run).wall).min().unwrap_or_default()
    };
    let bare = wall("true", &[]);
    for arguments in [&["plan"][..], &["run", "--quiet", "--audit", "races"], &["run", "--quiet"]] {
        let took = wall(env!("CARGO_BIN_EXE_driftless"), arguments);
        let words = arguments.join(" ");
        println!("`driftless {words}` of a small kernel: {took:.1?}, {:.0} x `true`", ratio(took, bare));
    }
}

/// Doubles 256 numbers.
const DOUBLE: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { output[id.x] = 2.0 * input[id.x]; }
";

/// Runs over which the reference machine's cost is averaged.
const RUNS: u32 = 20;

/// Seconds that a prototype took for the product of two matrices of 128 by 128 in tiles of 16, without looking for races.
const PROTOTYPE: Duration = Duration::from_millis(200);

fn reference_machine() {
    let matmul = include_str!("../kernels/matmul-tiled.wgsl");
    let sides = [("SIDE", 128.0), ("TILE", 16.0)];
    let least = interpret("product of 128 x 128 in tiles of 16", matmul, &sides, [8, 8, 1], &[1 << 14; 3]);
    println!("  {:.2} x the prototype's 0.20 s", ratio(least.cpu, PROTOTYPE));
    let softmax = include_str!("../kernels/softmax.wgsl");
    interpret("softmax of 1024 rows of 256", softmax, &[], [1024, 1, 1], &[1 << 18; 2]);
}

/// Runs a kernel over `f32` buffers of so many numbers each, watched and not.
fn interpret(what: &str, text: &str, constants: &[(&str, f64)], grid: [u32; 3], counts: &[u64]) -> Cost {
    let source = Source { name: what.to_owned(), text: text.to_owned() };
    let overrides = constants.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let program = Program::load(&source, "main", &overrides).expect("a kernel");
    let contents = |count: &u64| fill(&Fill::Spread { seed: 7 }, Scalar::F32, *count).expect("numbers");
    let places = (0..).map(|binding| Binding { group: 0, binding });
    let memory: Memory = places.zip(counts.iter().map(contents)).collect();
    let run = |check: bool| {
        let options = Options { check, ..Options::default() };
        let mut operations = 0;
        let cost = average(RUNS, || {
            let outcome = machine::run(&program, grid, &mut memory.clone(), &options).expect("a run");
            operations = outcome.operations;
        });
        (cost, operations)
    };
    let ((bare, operations), (watched, _)) = (run(false), run(true));
    for (word, cost) in [("not watched", bare), ("watched", watched)] {
        let each = cost.cpu.as_secs_f64() / count(operations);
        println!(
            "reference machine, {what}, {word}: {:.2?} CPU ({:.2?} wall), {:.1} ns per lane-operation, {:.0} million/s",
            cost.cpu,
            cost.wall,
            each * 1e9,
            1e-6 / each
        );
    }
    println!("  watched {:.2} x not watched", ratio(watched.cpu, bare.cpu));
    bare
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn count(operations: u64) -> f64 {
    operations as f64
}

const REPETITIONS: u32 = 100;
const BYTES: u64 = 64 << 20;
const BYTE: u8 = 0x3f;

/// One word for each invocation, in a grid of 256 by 256 workgroups.
const STREAM: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = id.y * 65536u + id.x;
    output[at] = 2.0 * input[at] + 1.0;
}
";
const GRID: [u32; 3] = [256, 256, 1];

/// A hundred runs over 64 MiB that are compared bit by bit, beside a loop that reads everything back and compares it.
fn beside_a_loop(folder: &Path) {
    let Some(adapter) = software() else {
        println!("a hundred runs over 64 MiB: not measured, since no software adapter is here");
        return;
    };
    let name = adapter.get_info().name;
    let by_hand = Cost::of(|| hand_written(&adapter));
    drop(adapter);
    let job = job(folder);
    let ours = Cost::of(|| {
        let reply = adapter::work(&job).expect("a reply");
        let seen = &reply.tasks[0].buffers[0].contents;
        assert!(seen.len() == 1 && seen[0].count == REPETITIONS);
    });
    println!(
        "{REPETITIONS} runs over 64 MiB on {name}: {:.1?} CPU ({:.1?} wall), by hand {:.1?} ({:.1?})",
        ours.cpu, ours.wall, by_hand.cpu, by_hand.wall
    );
    println!(
        "  by hand costs {:.2} x the CPU and {:.2} x the wall time",
        ratio(by_hand.cpu, ours.cpu),
        ratio(by_hand.wall, ours.wall)
    );
}

fn job(folder: &Path) -> Job {
    let bound = |name: &str, binding, byte, read| Buffer {
        name: name.to_owned(),
        binding: Binding { group: 0, binding },
        contents: Contents::Fill { byte, bytes: BYTES },
        read,
        scratch: read,
    };
    let pass = Pass {
        name: "stream".to_owned(),
        text: STREAM.to_owned(),
        entry: "main".to_owned(),
        overrides: BTreeMap::new(),
        grid: GRID,
        immediates: Vec::new(),
        bound: Vec::new(),
    };
    Job {
        adapter: Choice { backend: Some("vulkan".to_owned()), name: Some(SOFTWARE.to_owned()), index: None },
        passes: vec![pass],
        buffers: vec![bound("input", 0, BYTE, false), bound("output", 1, 0, true)],
        tasks: vec![Task { name: "repeat".to_owned(), repeat: REPETITIONS, ..Task::default() }],
        folder: folder.to_owned(),
        contents_max: 8,
        comparison: None,
    }
}

const SOFTWARE: &str = "llvmpipe";

fn software() -> Option<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
    all.into_iter().find(|adapter| adapter.get_info().name.contains(SOFTWARE))
}

/// What people write: dispatch, copy, map, take the bytes, compare.
fn hand_written(adapter: &wgpu::Adapter) {
    let limits = wgpu::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
    let (device, queue) = pollster::block_on(adapter.request_device(&limits)).expect("a device");
    let source = wgpu::ShaderSource::Wgsl(STREAM.into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let buffer = |usage| {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: BYTES,
            usage,
            mapped_at_creation: false,
        })
    };
    let (input, output) = (
        buffer(Usage::STORAGE | Usage::COPY_DST),
        buffer(Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST),
    );
    let back = buffer(Usage::MAP_READ | Usage::COPY_DST);
    queue.write_buffer(&input, 0, &vec![BYTE; usize::try_from(BYTES).expect("64 bits")]);
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: input.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 1, resource: output.as_entire_binding() },
        ],
    });
    let mut first: Option<Vec<u8>> = None;
    for _ in 0..REPETITIONS {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.clear_buffer(&output, 0, None);
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(GRID[0], GRID[1], GRID[2]);
        }
        encoder.copy_buffer_to_buffer(&output, 0, &back, 0, BYTES);
        queue.submit([encoder.finish()]);
        back.slice(..).map_async(wgpu::MapMode::Read, |result| result.expect("a mapped buffer"));
        device.poll(wgpu::PollType::wait_indefinitely()).expect("an adapter that answers");
        let bytes = back.slice(..).get_mapped_range().expect("mapped bytes").to_vec();
        back.unmap();
        assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes);
    }
}
