//! What nobody wrote, and what lies outside, must not reach the result.

use super::{Ask, Audit, Change, SAME, Subject};

/// See the module.
pub struct Memory;

impl Audit for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn summary(&self) -> &'static str {
        "a kernel reads memory that nobody wrote, or outside of its buffers"
    }

    fn manual(&self) -> &'static str {
        r#"## What it checks
On the reference machine, every access of a kernel (`[kernel]`) is watched:

- **out-of-bounds**: an index past the end of an array or a buffer. wgpu pulls such an index back inside, without a word; what is
  read or written there is wrong all the same.
- **unset-read**: workgroup memory, or a buffer whose contents mean nothing (`scratch`), is read before the program wrote it. WGSL
  sets workgroup memory to zero, which costs time and is switched off by some hosts. Atomics in workgroup memory may begin at zero,
  as counters do.
- **inactive-lane**: a value is taken from an invocation of the subgroup that takes no part, or is not there.

On the reference machine and on every adapter, buffers whose contents mean nothing are filled with 0x00, 0xff and 0x7f before the
run (**poison**): every buffer with `read = true` must keep its bits, so a kernel that leaves a part of its output unwritten is
found. On adapters buffers are also bound larger than declared, where no array in the shader has their length (**padding**); the
adapter does not check indices, where none was seen to leave its array (**bounds-checks**); and workgroup memory is left as it
was, where the adapter can (**zeroing**: a finding where unset memory is read, otherwise a note, since WGSL promises the zeros).

A buffer with `read = true` and no `fill` counts as one whose contents mean nothing; `scratch = true` says so of others, `fill = "zeros"`
that zeros are promised to the kernel.

Not checked: paths that this input does not take; reads of structure padding.

## Why it matters
Fresh buffers hold zeros in WebGPU, so a forgotten store shows zeros in tests, and last frame's values in production, where
buffers are reused.

## Bad
```wgsl
if id.x < arrayLength(&input) / 4u * 4u { output[id.x] = f(input[id.x]); }  // the tail keeps what was there
```

## Good
```wgsl
if id.x < arrayLength(&input) { output[id.x] = f(input[id.x]); }
```

## References
WebGPU, section Out-of-bounds access in shaders; WGSL, section Out-of-bounds access. Memory poisoning as in AddressSanitizer and
MemorySanitizer (Serebryany et al. 2012; Stepanov and Serebryany 2015).
"#
    }

    fn canary(&self) -> &'static str {
        "a run over poisoned buffers leaves an output with one bit changed"
    }

    fn subject(&self) -> Subject {
        Subject::Kernel
    }

    fn must_hold(&self) -> &'static str {
        "no access outside of buffers or to memory that nobody wrote, and none of it reaches the result"
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask { change: Change::Kernel("what stands in memory that means nothing"), relation: SAME }]
    }
}
