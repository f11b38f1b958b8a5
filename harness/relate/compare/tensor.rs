//! Tensors, chunk by chunk: memory does not grow with their size unless one side has to be rearranged.

use std::io::{Cursor, Read};

use super::bytes;
use super::floats::{Floats, Pair};
use super::tally::{Spot, Tally};
use crate::artifact::float::{Brain, Half, Real};
use crate::artifact::npy::{self, Array};
use crate::artifact::tensor::{self, Dtype, Elements};
use crate::artifact::{Artifact, Error, open};
use crate::relate::{Class, Difference, Place};

/// Compares two `.npy` files.
pub(super) fn compare_npy(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let arrays = (npy::open(&left.origin())?, npy::open(&right.origin())?);
    if let (Array::Elements(ours), Array::Elements(theirs)) = arrays {
        return compare("", ours, theirs);
    }
    let mut difference = bytes::compare(left, right)?;
    difference.note = Some(OBJECTS.to_owned());
    Ok(difference)
}

/// The note on arrays of Python objects.
pub(super) const OBJECTS: &str = "an array of Python objects is a pickle, which is compared byte by byte";

/// Compares two tensors of one name.
pub(super) fn compare(name: &str, left: Elements<'_>, right: Elements<'_>) -> Result<Difference, Error> {
    let mut tally = Tally::new();
    if (&left.dtype, &left.shape) != (&right.dtype, &right.shape) {
        tally.raise(Class::Shape);
        let place = match name {
            "" => Place::Whole,
            name => Place::Element { tensor: name.to_owned(), index: Vec::new() },
        };
        tally.differing(1, 0, || Spot::both(place, left.describe(), right.describe()));
        return Ok(tally.finish());
    }
    if left.big_endian != right.big_endian {
        tally.note("byte order differs");
    }
    let (left, right) = if left.column_major == right.column_major {
        (left, right)
    } else {
        tally.note("memory order (C or Fortran) differs");
        (row_major(left)?, row_major(right)?)
    };
    // Along its last axis a tensor is as wide as it is; a lone axis stands upright.
    let width = if left.shape.len() > 1 { left.shape.last().copied().unwrap_or(1) } else { 1 };
    tally = tally.widened(width);
    let mut scan = Scan {
        name,
        width,
        dtype: left.dtype.clone(),
        shape: left.shape.clone(),
        column_major: left.column_major,
        tally,
    };
    match scan.dtype {
        Dtype::F16 => scan.floats::<Half>(left, right, 1)?,
        Dtype::Bf16 => scan.floats::<Brain>(left, right, 1)?,
        Dtype::F32 => scan.floats::<f32>(left, right, 1)?,
        Dtype::F64 => scan.floats::<f64>(left, right, 1)?,
        Dtype::Complex64 => scan.floats::<f32>(left, right, 2)?,
        Dtype::Complex128 => scan.floats::<f64>(left, right, 2)?,
        Dtype::Raw { .. } => scan.opaque(left, right, Class::Bytes)?,
        _ => scan.opaque(left, right, Class::Labels)?,
    }
    Ok(scan.tally.finish())
}

/// The same tensor in row-major order, in memory if it has to be rearranged.
fn row_major(mut elements: Elements<'_>) -> Result<Elements<'_>, Error> {
    if !elements.column_major {
        return Ok(elements);
    }
    let bytes = elements.bytes_left();
    elements.origin.fits("a tensor in Fortran order", bytes, open::MEMORY_BYTES_MAX)?;
    let mut storage = vec![0; usize::try_from(bytes).unwrap_or(0)];
    elements.fill(&mut storage)?;
    let strides = tensor::contiguous(&elements.shape, true);
    let size = elements.dtype.bytes().max(1);
    let gathered = tensor::gather(&storage, size, 0, &elements.shape, &strides)
        .ok_or_else(|| elements.origin.malformed("its elements do not fill its shape"))?;
    let input: Box<dyn Read> = Box::new(Cursor::new(gathered));
    Elements::new(&elements.origin, elements.dtype.clone(), elements.shape.clone(), input)
}

struct Scan<'a> {
    name: &'a str,
    /// Elements along the last axis, in pictures.
    width: u64,
    dtype: Dtype,
    shape: Vec<u64>,
    column_major: bool,
    tally: Tally,
}

impl Scan<'_> {
    /// Calls `chunk` with the bytes of as many elements as fit a buffer, and the position of the first.
    fn chunks(
        &mut self,
        mut left: Elements<'_>,
        mut right: Elements<'_>,
        mut chunk: impl FnMut(&mut Self, u64, &[u8], &[u8]),
    ) -> Result<(), Error> {
        let size = self.dtype.bytes().max(1);
        let room = (open::CHUNK_BYTES / size).max(1) * size;
        let (mut ours, mut theirs) = (vec![0; room], vec![0; room]);
        let mut position = 0;
        while left.bytes_left() > 0 {
            let here = left.fill(&mut ours)?;
            let there = right.fill(&mut theirs)?;
            chunk(self, position, here, there);
            position += (here.len() / size) as u64;
        }
        let count = tensor::count(&self.shape).unwrap_or(position);
        self.tally.compared(count);
        self.tally.frame(count.div_ceil(self.width.max(1)), Vec::new());
        // The checksum of a zip entry is checked when its end is read.
        left.finish()?;
        right.finish()
    }

    /// Floats of type `R`, `parts` to an element.
    fn floats<R: Real>(
        &mut self,
        left: Elements<'_>,
        right: Elements<'_>,
        parts: usize,
    ) -> Result<(), Error> {
        let mut floats = Floats::new::<R>();
        let size = R::BYTES * parts;
        self.chunks(left, right, |scan, start, here, there| {
            for value in here.chunks_exact(R::BYTES).chain(there.chunks_exact(R::BYTES)) {
                floats.weigh(R::from_le(value).value());
            }
            scan.sample::<R>(start, size, here, there);
            if here == there {
                return;
            }
            for (position, (ours, theirs)) in
                (start..).zip(here.chunks_exact(size).zip(there.chunks_exact(size)))
            {
                let mut differs = false;
                for (one, other) in ours.chunks_exact(R::BYTES).zip(theirs.chunks_exact(R::BYTES)) {
                    differs |= floats.pair(R::from_le(one), R::from_le(other)) != Pair::Same;
                }
                if differs {
                    scan.differing(position, ours, theirs);
                }
            }
        })?;
        self.tally.floats(&floats);
        Ok(())
    }

    /// Takes values of both sides for the picture; of complex numbers the real parts.
    fn sample<R: Real>(&mut self, start: u64, size: usize, here: &[u8], there: &[u8]) {
        let end = start + (here.len().min(there.len()) / size) as u64;
        let sketch = self.tally.sketch();
        let mut position = sketch.wanted(start);
        while position < end {
            let offset = usize::try_from(position - start).unwrap_or(0) * size;
            let value = |bytes: &[u8]| R::from_le(&bytes[offset..offset + R::BYTES]).value();
            sketch.pair(position, value(here), value(there));
            position = sketch.wanted(position + 1);
        }
    }

    /// Elements that are equal or not, and nothing between.
    fn opaque(&mut self, left: Elements<'_>, right: Elements<'_>, class: Class) -> Result<(), Error> {
        let size = self.dtype.bytes().max(1);
        self.chunks(left, right, |scan, start, here, there| {
            if here == there {
                return;
            }
            scan.tally.raise(class);
            for (position, (ours, theirs)) in
                (start..).zip(here.chunks_exact(size).zip(there.chunks_exact(size)))
            {
                if ours != theirs {
                    scan.differing(position, ours, theirs);
                }
            }
        })
    }

    fn differing(&mut self, position: u64, left: &[u8], right: &[u8]) {
        let (index, key) = if self.column_major {
            let backwards: Vec<u64> = self.shape.iter().rev().copied().collect();
            let mut index = tensor::unravel(&backwards, position);
            index.reverse();
            let key = index.iter().zip(&self.shape).fold(0, |key, (axis, length)| key * length + axis);
            (Some(index), key)
        } else {
            (None, position)
        };
        let width = self.width.max(1);
        self.tally.sketch().mark(key / width, key % width);
        let (name, dtype, shape) = (self.name, &self.dtype, &self.shape);
        self.tally.differing(1, key, || {
            let index = index.unwrap_or_else(|| tensor::unravel(shape, position));
            let place = Place::Element { tensor: name.to_owned(), index };
            Spot::both(place, dtype.show(left), dtype.show(right))
        });
    }
}
