//! How far results of runs that err as WGSL allows lie apart, element by element.

use super::buffers::numbers;
use crate::artifact::{Artifact, Error};
use crate::wgsl::Scalar;

/// The smallest normal number of binary32: what is smaller may be flushed to zero.
const FLUSHED: f64 = f32::MIN_POSITIVE as f64;

/// The spread around a result.
#[derive(Clone, Debug)]
pub struct Envelope {
    scalar: Scalar,
    centre: Vec<f64>,
    distance: Vec<f64>,
}

impl Envelope {
    /// Nothing but the result itself.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn around(result: &Artifact, scalar: Scalar) -> Result<Self, Error> {
        let centre = numbers(result, scalar)?;
        Ok(Self { scalar, distance: vec![0.0; centre.len()], centre })
    }

    /// Takes in another result.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn widen(&mut self, result: &Artifact) -> Result<(), Error> {
        for (at, number) in numbers(result, self.scalar)?.into_iter().enumerate() {
            let (Some(centre), Some(distance)) = (self.centre.get(at), self.distance.get_mut(at)) else {
                break;
            };
            // A number on one side and none on the other: anything may come out there.
            let apart = match (number.is_nan(), centre.is_nan()) {
                (false, false) => (number - centre).abs(),
                (true, true) => 0.0,
                _ => f64::INFINITY,
            };
            *distance = if apart.is_nan() { *distance } else { distance.max(apart) };
        }
        Ok(())
    }

    /// How many elements of the result are infinite or NaN: those hold nobody to anything.
    #[must_use]
    pub fn not_finite(&self) -> usize {
        self.centre.iter().filter(|number| !number.is_finite()).count()
    }

    /// Whether random errors moved any element.
    #[must_use]
    pub fn is_spread(&self) -> bool {
        self.distance.iter().any(|distance| *distance > 0.0)
    }

    /// The relative spread that 19 of 20 elements stay below: errors of a single element may cancel in all samples.
    fn relative(&self) -> f64 {
        let finite = |pair: &(&f64, &f64)| pair.0.is_finite() && *pair.0 != 0.0 && pair.1.is_finite();
        let pairs = self.centre.iter().zip(&self.distance).filter(finite);
        let mut all: Vec<f64> = pairs.map(|(centre, distance)| distance / centre.abs()).collect();
        all.sort_by(f64::total_cmp);
        all.get((all.len() * 19 / 20).min(all.len().saturating_sub(1))).copied().unwrap_or(0.0)
    }

    /// The first element of a result that lies farther away than `slack` times the spread, in words. What is not finite in the
    /// centre is not compared: WGSL lets an adapter assume that there is no such thing.
    ///
    /// # Errors
    /// The result cannot be read.
    pub fn left_by(&self, result: &Artifact, slack: f64) -> Result<Option<String>, Error> {
        let flushed = if self.scalar.is_float() { FLUSHED } else { 0.0 };
        let relative = self.relative();
        for (at, number) in numbers(result, self.scalar)?.into_iter().enumerate() {
            let (Some(centre), Some(distance)) = (self.centre.get(at), self.distance.get(at)) else { break };
            if !centre.is_finite() {
                continue;
            }
            let bound = distance.max(relative * centre.abs()) * slack + flushed;
            let apart = (number - centre).abs();
            if apart > bound || apart.is_nan() {
                return Ok(Some(format!(
                    "number {at} is {number:e} instead of {centre:e}: {apart:e} away, allowed are {bound:e}"
                )));
            }
        }
        Ok(None)
    }
}
