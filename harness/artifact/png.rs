//! PNG images as pixels: palettes and packed bits are unfolded, so that only what is seen counts.

use std::io::{BufReader, Seek};

use png::{DecodingError, Transformations};

use super::error::{Error, Origin};
use super::open;

/// Limit on a decoded image: 1 GiB.
const PIXEL_BYTES_MAX: u64 = 1 << 30;

/// A decoded image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// `8-bit Rgba`.
    pub(crate) kind: String,
    /// Samples row by row, 16-bit ones most significant byte first.
    pub(crate) samples: Vec<u8>,
    /// Bytes per sample, 1 or 2.
    pub(crate) sample_bytes: usize,
    /// Samples per pixel.
    pub(crate) channels: usize,
}

/// Decodes an image.
///
/// # Errors
/// When it is malformed, too large, or animated.
pub(crate) fn read(origin: &Origin) -> Result<Image, Error> {
    decode(origin, BufReader::new(open::regular(&origin.path)?))
}

fn decode<R: std::io::BufRead + Seek>(origin: &Origin, input: R) -> Result<Image, Error> {
    let explain = |error| match error {
        DecodingError::IoError(source) => origin.reading(source),
        other => origin.malformed(other.to_string()),
    };
    let mut decoder = png::Decoder::new(input);
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(explain)?;
    if reader.info().animation_control.is_some() {
        return Err(origin.malformed("is animated; only still images are compared by pixels"));
    }
    let (width, height) = (reader.info().width, reader.info().height);
    let bytes = reader.output_buffer_size().map_or(u64::MAX, |bytes| bytes as u64);
    origin.fits("the image", bytes, PIXEL_BYTES_MAX)?;
    let (color, depth) = reader.output_color_type();
    let mut samples = vec![0; usize::try_from(bytes).unwrap_or(0)];
    let frame = reader.next_frame(&mut samples).map_err(explain)?;
    reader.finish().map_err(explain)?;
    samples.truncate(frame.buffer_size());
    Ok(Image {
        width,
        height,
        kind: format!("{}-bit {color:?}", depth as u8),
        samples,
        sample_bytes: usize::from(depth as u8).div_ceil(8),
        channels: color.samples(),
    })
}

impl Image {
    /// How many bytes one pixel takes.
    pub(crate) fn pixel_bytes(&self) -> usize {
        self.sample_bytes * self.channels
    }

    /// The samples of one pixel's bytes.
    pub(crate) fn samples_of(&self, pixel: &[u8]) -> Vec<u16> {
        let sample = |bytes: &[u8]| bytes.iter().fold(0, |value, byte| value << 8 | u16::from(*byte));
        pixel.chunks_exact(self.sample_bytes).map(sample).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::artifact::Format;
    use proptest::prelude::*;
    use std::io::Cursor;
    use std::path::Path;

    /// An RGB image of 8 bits, with the given compression.
    pub(crate) fn encode(width: u32, height: u32, samples: &[u8], compression: png::Compression) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(compression);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(samples).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn read_bytes(bytes: &[u8]) -> Result<Image, Error> {
        decode(&Origin::new(Path::new("x.png"), Format::Png), Cursor::new(bytes))
    }

    #[test]
    fn pixels_do_not_depend_on_compression() {
        let samples: Vec<u8> = (0..36).collect();
        let packed = read_bytes(&encode(4, 3, &samples, png::Compression::High)).unwrap();
        let plain = read_bytes(&encode(4, 3, &samples, png::Compression::Fastest)).unwrap();
        assert_eq!(packed, plain);
        assert_eq!((packed.width, packed.height, packed.kind.as_str()), (4, 3, "8-bit Rgb"));
        assert_eq!(packed.samples_of(&packed.samples[3..6]), [3, 4, 5]);
    }

    #[test]
    fn corrupt_files_are_told_apart() {
        let good = encode(4, 3, &[7; 36], png::Compression::Fastest);
        assert!(read_bytes(b"").is_err());
        assert!(read_bytes(b"GIF89a").unwrap_err().to_string().starts_with("`x.png`: malformed png: "));
        assert!(read_bytes(&good[..good.len() / 2]).is_err());
        let mut huge = good.clone();
        huge[16..24].fill(0x7f);
        assert!(read_bytes(&huge).is_err());
    }

    proptest! {
        #[test]
        fn no_mutation_makes_the_reader_panic(place in 0_usize..200, byte in any::<u8>()) {
            let mut bytes = encode(4, 3, &[7; 36], png::Compression::Fastest);
            let length = bytes.len();
            bytes[place % length] = byte;
            let _ = read_bytes(&bytes);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = read_bytes(&bytes);
            let _ = read_bytes(&[b"\x89PNG\r\n\x1a\n", bytes.as_slice()].concat());
        }
    }
}
