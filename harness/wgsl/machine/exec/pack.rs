//! Packing functions, on words.

use naga::MathFunction as M;

use super::scalar::{Float, Half, Scalar};

/// The bytes of a word as words.
fn bytes(word: u32) -> [u32; 4] {
    word.to_le_bytes().map(u32::from)
}

#[expect(clippy::cast_possible_truncation, reason = "the value fits in the byte")]
fn signed(byte: u32) -> i32 {
    i32::from((byte as u8).cast_signed())
}

#[expect(clippy::cast_possible_truncation, reason = "the value fits in the 16 bits")]
fn signed16(half: u32) -> i32 {
    i32::from((half as u16).cast_signed())
}

/// `floor(0.5 + scale * clamp(x))`, computed in `f32` as WGSL words it; NaN becomes the least.
#[expect(clippy::cast_possible_truncation, reason = "the product lies within the integer's range")]
fn normed(word: u32, scale: f32, least: f32) -> u32 {
    let kept = f32::from_bits(word).max(least).min(1.0);
    ((0.5 + scale * kept).floor() as i32).cast_unsigned()
}

/// Packs two or four components.
pub(super) fn pack(fun: M, parts: [u32; 4]) -> u32 {
    let four =
        |byte: &dyn Fn(u32) -> u32| parts.iter().rev().fold(0, |word, part| word << 8 | byte(*part) & 0xff);
    let two = |half: &dyn Fn(u32) -> u32| half(parts[0]) & 0xffff | half(parts[1]) << 16;
    match fun {
        M::Pack4x8snorm => four(&|part| normed(part, 127.0, -1.0)),
        M::Pack4x8unorm => four(&|part| normed(part, 255.0, 0.0)),
        M::Pack4xI8Clamp => four(&|part| part.cast_signed().clamp(-128, 127).cast_unsigned()),
        M::Pack4xU8Clamp => four(&|part| part.min(255)),
        M::Pack2x16snorm => two(&|part| normed(part, 32767.0, -1.0)),
        M::Pack2x16unorm => two(&|part| normed(part, 65535.0, 0.0)),
        M::Pack2x16float => two(&|part| Half(f32::from_bits(part)).words().0),
        _ => four(&|part| part),
    }
}

/// One component of a packed word.
#[expect(clippy::cast_precision_loss, reason = "at most 16 bits")]
pub(super) fn unpack(fun: M, index: u32, word: u32) -> u32 {
    let byte = bytes(word)[index as usize % 4];
    let half = word >> (16 * (index % 2)) & 0xffff;
    match fun {
        M::Unpack4x8snorm => (signed(byte) as f32 / 127.0).max(-1.0).to_bits(),
        M::Unpack4x8unorm => (byte as f32 / 255.0).to_bits(),
        M::Unpack2x16snorm => (signed16(half) as f32 / 32767.0).max(-1.0).to_bits(),
        M::Unpack2x16unorm => (half as f32 / 65535.0).to_bits(),
        M::Unpack2x16float => f32::from_f64(Half::of(half, 0).to_f64()).to_bits(),
        M::Unpack4xI8 => signed(byte).cast_unsigned(),
        _ => byte,
    }
}

/// The dot product of four packed bytes.
pub(super) fn dot(as_signed: bool, a: u32, b: u32) -> u32 {
    let products = bytes(a)
        .into_iter()
        .zip(bytes(b))
        .map(|(a, b)| if as_signed { signed(a).wrapping_mul(signed(b)).cast_unsigned() } else { a * b });
    products.fold(0, u32::wrapping_add)
}
