//! Parquet, decoded into typed columns by the Arrow project's own reader.
//!
//! Columns stand in memory whole (8 bytes for a number), within a limit that is checked against the file's own row
//! counts before anything is decoded. A nested column is one column per leaf, named by its path, and each of its rows
//! is one text. Why not polars: a corrupt file makes its decoder ask for 2^61 bytes, which ends the process.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{AsBytes, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::error::{Error, Origin};
use super::float::Real;
use super::open;
use super::table::{Cell, Table};
use super::tensor::hex;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 16;

/// A decoded file, standing on one of its rows.
pub(crate) struct ParquetTable {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
    /// The row after the current one.
    next: usize,
}

struct Column {
    type_name: String,
    values: Values,
    /// Where each row's value lies in `values`; `None` as long as no row is null.
    places: Option<Vec<Option<u32>>>,
    rows: usize,
}

enum Values {
    Bool(Vec<bool>),
    Signed(Vec<i64>),
    Unsigned(Vec<u64>),
    Single(Vec<f32>),
    Double(Vec<f64>),
    /// All values one after the other, and where each ends.
    Bytes {
        text: bool,
        buffer: Vec<u8>,
        ends: Vec<usize>,
    },
    /// Rows of a nested column.
    Nested(Vec<String>),
}

impl ParquetTable {
    /// # Errors
    /// When the file is malformed or would take too much memory.
    pub(crate) fn open(origin: &Origin) -> Result<Self, Error> {
        Self::open_some(origin, |_| true)
    }

    /// Opens the columns of these places in the file alone, in the order of the file.
    ///
    /// # Errors
    /// When the file is malformed or they would take too much memory.
    pub(crate) fn open_some(origin: &Origin, wanted: impl Fn(usize) -> bool) -> Result<Self, Error> {
        let file = open::regular(&origin.path)?;
        // A decoder of this size has assertions of its own; a corrupt file must not take the audit down.
        let decoded = catch_unwind(AssertUnwindSafe(|| Self::decode(origin, file, &wanted)));
        decoded.unwrap_or_else(|_| Err(origin.malformed("the parquet decoder gave up on it")))
    }

    /// Names of the columns, and how many rows the file claims; nothing is decoded.
    ///
    /// # Errors
    /// When the file cannot be read or is malformed.
    pub(crate) fn outline(origin: &Origin) -> Result<(Vec<String>, u64), Error> {
        let file = open::regular(&origin.path)?;
        let read = catch_unwind(AssertUnwindSafe(|| SerializedFileReader::new(file)));
        let reader = read.map_err(|_| origin.malformed("the parquet decoder gave up on it"))?;
        let reader = reader.map_err(|error| origin.malformed(error.to_string()))?;
        let metadata = reader.metadata().file_metadata();
        let names = metadata.schema_descr().columns().iter().map(|column| column.path().parts().join("."));
        Ok((names.collect(), u64::try_from(metadata.num_rows()).unwrap_or(0)))
    }

    fn decode(origin: &Origin, file: File, wanted: &dyn Fn(usize) -> bool) -> Result<Self, Error> {
        let explain = |error: ParquetError| match error {
            ParquetError::External(inner) => origin.malformed(inner.to_string()),
            other => origin.malformed(other.to_string()),
        };
        let reader = SerializedFileReader::new(file).map_err(explain)?;
        let all = reader.metadata().file_metadata().schema_descr().columns().iter().cloned().enumerate();
        let (places, descriptors): (Vec<usize>, Vec<_>) = all.filter(|(place, _)| wanted(*place)).unzip();
        let rows = check_size(origin, &reader, &places)?;
        let mut names = Vec::with_capacity(descriptors.len());
        let mut columns = Vec::with_capacity(descriptors.len());
        for descriptor in &descriptors {
            names.push(descriptor.path().parts().join("."));
            columns.push(Column::new(descriptor));
        }
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group).map_err(explain)?;
            let expected = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            for (place, column) in columns.iter_mut().enumerate() {
                let found = group
                    .get_column_reader(places[place])
                    .and_then(|reader| column.read(reader, &descriptors[place], expected))
                    .map_err(explain)?;
                if found != expected {
                    let what = format!("column `{}` has {found} rows, not {expected}", names[place]);
                    return Err(origin.malformed(what));
                }
            }
        }
        Ok(Self { names, columns, rows, next: 0 })
    }
}

/// How many rows the file claims. A few bytes of run-length encoding can stand for any number of them, so that the
/// claim is checked before anything is decoded.
fn check_size(
    origin: &Origin,
    reader: &SerializedFileReader<File>,
    places: &[usize],
) -> Result<usize, Error> {
    let claim = |number: i64| {
        u64::try_from(number)
            .map_err(|_| origin.malformed(format!("claims {number} rows or bytes in a row group")))
    };
    let metadata = reader.metadata();
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    for group in metadata.row_groups() {
        rows = rows.saturating_add(claim(group.num_rows())?);
        for place in places {
            let size = group.columns().get(*place).map_or(0, ColumnChunkMetaData::uncompressed_size);
            bytes = bytes.saturating_add(claim(size)?);
        }
    }
    let values = rows.saturating_mul(places.len() as u64).saturating_mul(8);
    origin.fits("the table", bytes.max(values), open::MEMORY_BYTES_MAX)?;
    usize::try_from(rows).map_err(|_| origin.malformed("claims too many rows"))
}

impl Column {
    fn new(descriptor: &ColumnDescriptor) -> Self {
        let logical = descriptor.logical_type_ref();
        let unsigned = matches!(logical, Some(LogicalType::Integer(kind)) if !kind.is_signed);
        // Old writers know only the converted type.
        let text = matches!(logical, Some(LogicalType::String | LogicalType::Enum | LogicalType::Json))
            || descriptor.converted_type() == ConvertedType::UTF8;
        let values = match descriptor.physical_type() {
            _ if descriptor.max_rep_level() > 0 => Values::Nested(Vec::new()),
            Physical::BOOLEAN => Values::Bool(Vec::new()),
            Physical::INT32 | Physical::INT64 if unsigned => Values::Unsigned(Vec::new()),
            Physical::INT32 | Physical::INT64 => Values::Signed(Vec::new()),
            Physical::FLOAT => Values::Single(Vec::new()),
            Physical::DOUBLE => Values::Double(Vec::new()),
            Physical::INT96 | Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => {
                Values::Bytes { text, buffer: Vec::new(), ends: Vec::new() }
            }
        };
        Self { type_name: type_name(descriptor), values, places: None, rows: 0 }
    }

    /// Reads one row group's part of the column and returns how many rows it has.
    fn read(
        &mut self,
        reader: ColumnReader,
        descriptor: &ColumnDescriptor,
        rows: usize,
    ) -> Result<usize, ParquetError> {
        match reader {
            ColumnReader::BoolColumnReader(reader) => self.drain(reader, descriptor, rows),
            ColumnReader::Int32ColumnReader(reader) => self.drain(reader, descriptor, rows),
            ColumnReader::Int64ColumnReader(reader) => self.drain(reader, descriptor, rows),
            ColumnReader::Int96ColumnReader(reader) => self.drain(reader, descriptor, rows),
            ColumnReader::FloatColumnReader(reader) => self.drain(reader, descriptor, rows),
            ColumnReader::DoubleColumnReader(reader) => self.drain(reader, descriptor, rows),
            ColumnReader::ByteArrayColumnReader(reader) => self.drain(reader, descriptor, rows),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => self.drain(reader, descriptor, rows),
        }
    }

    fn drain<T: DataType>(
        &mut self,
        mut reader: ColumnReaderImpl<T>,
        descriptor: &ColumnDescriptor,
        rows: usize,
    ) -> Result<usize, ParquetError> {
        let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
        let mut total = 0;
        while total < rows {
            values.clear();
            definitions.clear();
            repetitions.clear();
            let wanted = BATCH_ROWS.min(rows - total);
            let (found, _, _) =
                reader.read_records(wanted, Some(&mut definitions), Some(&mut repetitions), &mut values)?;
            if found == 0 {
                break;
            }
            if let Values::Nested(texts) = &mut self.values {
                nest(texts, descriptor, &definitions, &repetitions, values.iter().map(AsBytes::as_bytes));
            } else {
                self.push(&values, found, &definitions, descriptor.max_def_level())?;
            }
            self.rows += found;
            total += found;
        }
        Ok(total)
    }

    fn push<V: AsBytes>(
        &mut self,
        values: &[V],
        rows: usize,
        definitions: &[i16],
        present: i16,
    ) -> Result<(), ParquetError> {
        let before = self.values.len();
        for value in values {
            self.values.push(value.as_bytes())?;
        }
        if values.len() == rows && self.places.is_none() {
            return Ok(());
        }
        let too_many = |_| ParquetError::General("more than 2^32 values in a column".to_owned());
        let earlier = self.rows;
        if self.places.is_none() {
            let last = u32::try_from(earlier).map_err(too_many)?;
            self.places = Some((0..last).map(Some).collect());
        }
        let places = self.places.get_or_insert_default();
        let mut next = u32::try_from(before).map_err(too_many)?;
        for row in 0..rows {
            let present_here = definitions.get(row).is_none_or(|definition| *definition == present);
            places.push(present_here.then_some(next));
            next += u32::from(present_here);
        }
        Ok(())
    }

    fn cell(&self, row: usize) -> Cell<'_> {
        let place = match &self.places {
            None => Some(row),
            Some(places) => places.get(row).copied().flatten().map(|place| place as usize),
        };
        place.and_then(|place| self.values.cell(place)).unwrap_or(Cell::Null)
    }
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Signed(values) => values.len(),
            Self::Unsigned(values) => values.len(),
            Self::Single(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Bytes { ends, .. } => ends.len(),
            Self::Nested(values) => values.len(),
        }
    }

    /// Appends a value by its plain encoding: little-endian numbers, bare texts.
    fn push(&mut self, bytes: &[u8]) -> Result<(), ParquetError> {
        let number = |signed: bool| {
            let fill = if signed && bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
            let mut word = [fill; 8];
            let length = bytes.len().min(8);
            word[..length].copy_from_slice(&bytes[..length]);
            word
        };
        match self {
            Self::Bool(values) => values.push(bytes != [0]),
            Self::Signed(values) => values.push(i64::from_le_bytes(number(true))),
            Self::Unsigned(values) => values.push(u64::from_le_bytes(number(false))),
            Self::Single(values) => values.push(f32::from_le(bytes)),
            Self::Double(values) => values.push(f64::from_le(bytes)),
            Self::Bytes { text, buffer, ends } => {
                // One dictionary entry can stand for a million long texts.
                if (buffer.len() + bytes.len()) as u64 > open::MEMORY_BYTES_MAX {
                    return Err(ParquetError::General("a column of texts takes too much memory".to_owned()));
                }
                if *text && std::str::from_utf8(bytes).is_err() {
                    return Err(ParquetError::General("a text is not UTF-8".to_owned()));
                }
                buffer.extend_from_slice(bytes);
                ends.push(buffer.len());
            }
            Self::Nested(_) => {}
        }
        Ok(())
    }

    fn cell(&self, place: usize) -> Option<Cell<'_>> {
        Some(match self {
            Self::Bool(values) => Cell::Bool(*values.get(place)?),
            Self::Signed(values) => Cell::Integer((*values.get(place)?).into()),
            Self::Unsigned(values) => Cell::Integer((*values.get(place)?).into()),
            Self::Single(values) => Cell::Single(*values.get(place)?),
            Self::Double(values) => Cell::Double(*values.get(place)?),
            Self::Bytes { text, buffer, ends } => {
                let start = if place == 0 { 0 } else { *ends.get(place - 1)? };
                let bytes = buffer.get(start..*ends.get(place)?)?;
                match std::str::from_utf8(bytes) {
                    Ok(words) if *text => Cell::Text(words),
                    _ => Cell::Other(hex(bytes)),
                }
            }
            Self::Nested(texts) => Cell::Other(texts.get(place)?.clone()),
        })
    }
}

/// Writes each record of a nested column as one text: every entry with its repetition and definition level, which say
/// where lists begin and what is null, and its value.
fn nest<'a>(
    texts: &mut Vec<String>,
    descriptor: &ColumnDescriptor,
    definitions: &[i16],
    repetitions: &[i16],
    mut values: impl Iterator<Item = &'a [u8]>,
) {
    for (place, repetition) in repetitions.iter().enumerate() {
        let definition = definitions.get(place).copied().unwrap_or_default();
        let mut entry = if definition == descriptor.max_def_level() {
            values.next().map_or_else(String::new, |bytes| show(descriptor.physical_type(), bytes))
        } else if definition + 1 == descriptor.max_def_level() {
            "null".to_owned()
        } else {
            // An empty list or a missing one; the level tells which.
            format!("none at level {definition}")
        };
        match texts.last_mut() {
            Some(text) if *repetition > 0 => {
                // Deeper lists begin a new bracket.
                let opens = if *repetition < descriptor.max_rep_level() { "], [" } else { ", " };
                text.truncate(text.len() - 1);
                text.push_str(opens);
                text.push_str(&entry);
                text.push(']');
            }
            _ => {
                entry.insert(0, '[');
                entry.push(']');
                texts.push(entry);
            }
        }
    }
}

fn show(physical: Physical, bytes: &[u8]) -> String {
    let mut number = Values::Signed(Vec::new());
    match physical {
        Physical::FLOAT => f32::from_le(bytes).show(),
        Physical::DOUBLE => f64::from_le(bytes).show(),
        Physical::BOOLEAN => (bytes != [0]).to_string(),
        Physical::INT32 | Physical::INT64 => match (number.push(bytes), number.cell(0)) {
            (Ok(()), Some(cell)) => cell.show(),
            _ => hex(bytes),
        },
        Physical::BYTE_ARRAY => match std::str::from_utf8(bytes) {
            Ok(text) => format!("{text:?}"),
            Err(_) => hex(bytes),
        },
        Physical::INT96 | Physical::FIXED_LEN_BYTE_ARRAY => hex(bytes),
    }
}

fn type_name(descriptor: &ColumnDescriptor) -> String {
    let physical = match descriptor.physical_type() {
        Physical::BOOLEAN => "bool",
        Physical::INT32 => "i32",
        Physical::INT64 => "i64",
        Physical::INT96 => "i96",
        Physical::FLOAT => "f32",
        Physical::DOUBLE => "f64",
        Physical::BYTE_ARRAY => "bytes",
        Physical::FIXED_LEN_BYTE_ARRAY => "fixed bytes",
    };
    match descriptor.logical_type_ref() {
        Some(LogicalType::String) => "text".to_owned(),
        Some(logical) => format!("{physical} as {logical:?}"),
        None => physical.to_owned(),
    }
}

impl Table for ParquetTable {
    fn columns(&self) -> &[String] {
        &self.names
    }

    fn column_type(&self, column: usize) -> Option<String> {
        self.columns.get(column).map(|column| column.type_name.clone())
    }

    fn advance(&mut self) -> Result<bool, Error> {
        self.next += usize::from(self.next <= self.rows);
        Ok(self.next <= self.rows)
    }

    fn position(&self) -> u64 {
        self.next as u64
    }

    fn visit(&mut self, position: u64) -> Result<(), Error> {
        self.next = usize::try_from(position).unwrap_or(usize::MAX).min(self.rows);
        Ok(())
    }

    fn cell(&mut self, column: usize) -> Cell<'_> {
        match (self.columns.get(column), self.next.checked_sub(1)) {
            (Some(values), Some(row)) => values.cell(row),
            _ => Cell::Null,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::artifact::Format;
    use parquet::basic::{Compression, ZstdLevel};
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// A parquet file with columns `id`, `score` (some null) and `name`.
    pub(crate) fn encode(rows: &[(i64, Option<f64>, &str)], compression: Compression) -> Vec<u8> {
        let schema = "message m { required int64 id; optional double score; required binary name (STRING); }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut bytes = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let scores: Vec<f64> = rows.iter().filter_map(|row| row.1).collect();
        let levels: Vec<i16> = rows.iter().map(|row| i16::from(row.1.is_some())).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(&scores, Some(&levels), None).unwrap();
        column.close().unwrap();
        let names: Vec<ByteArray> = rows.iter().map(|row| row.2.into()).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&names, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        bytes
    }

    fn nested() -> Vec<u8> {
        let schema =
            "message m { optional group list (LIST) { repeated group list { optional double element; } } }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut bytes = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        // [1.0, null], [], null, [2.0].
        let written = column.typed::<DoubleType>().write_batch(
            &[1.0, 2.0],
            Some(&[3, 2, 1, 0, 3]),
            Some(&[0, 1, 0, 0, 0]),
        );
        assert_eq!(written.unwrap(), 2);
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        bytes
    }

    fn sample() -> Vec<u8> {
        encode(&[(1, Some(0.5), "a"), (2, None, "b"), (3, Some(-0.0), "c")], Compression::UNCOMPRESSED)
    }

    fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, Error> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        std::fs::write(&path, bytes).unwrap();
        let mut table = ParquetTable::open(&Origin::new(&path, Format::Parquet))?;
        let mut rows = vec![table.columns().to_vec()];
        while table.advance()? {
            rows.push((0..table.names.len()).map(|column| table.cell(column).show()).collect());
        }
        Ok(rows)
    }

    #[test]
    fn typed_columns_are_read_cell_by_cell() {
        let rows = read(&sample()).unwrap();
        assert_eq!(rows[0], ["id", "score", "name"]);
        assert_eq!(rows[1], ["1", "0.5 (0x3fe0000000000000)", "\"a\""]);
        assert_eq!(rows[2], ["2", "null", "\"b\""]);
        assert_eq!(rows[3], ["3", "-0.0 (0x8000000000000000)", "\"c\""]);
        assert_eq!(rows.len(), 4);
    }

    #[test]
    fn nested_columns_are_one_text_per_row_in_which_nulls_and_empty_lists_differ() {
        let rows = read(&nested()).unwrap();
        assert_eq!(rows[0], ["list.list.element"]);
        assert_eq!(rows[1], ["[1.0 (0x3ff0000000000000), null]"]);
        assert_eq!(rows[2], ["[none at level 1]"]);
        assert_eq!(rows[3], ["[none at level 0]"]);
        assert_eq!(rows[4], ["[2.0 (0x4000000000000000)]"]);
    }

    #[test]
    fn every_compression_reads_the_same() {
        let rows = [(1, Some(0.5), "a"), (2, None, "b")];
        let plain = read(&encode(&rows, Compression::UNCOMPRESSED)).unwrap();
        for compression in
            [Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default()), Compression::LZ4_RAW]
        {
            assert_eq!(read(&encode(&rows, compression)).unwrap(), plain);
        }
    }

    #[test]
    fn corrupt_files_are_told_apart() {
        let good = sample();
        assert!(read(b"").unwrap_err().to_string().contains("malformed parquet"));
        assert!(read(b"PAR1PAR1").is_err());
        assert!(read(&good[..good.len() - 9]).is_err());
        assert!(read(&good[good.len() / 2..]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn no_mutation_makes_the_reader_panic(place in 0_usize..100_000, byte in any::<u8>(), in_nested in any::<bool>()) {
            let mut bytes = if in_nested { nested() } else { sample() };
            let length = bytes.len();
            bytes[place % length] = byte;
            let _ = read(&bytes);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = read(&bytes);
            let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            let _ = read(&[b"PAR1", bytes.as_slice(), &size, b"PAR1"].concat());
        }
    }
}
