//! Parquet through polars, decoded into typed columns.
//!
//! Columns stand in memory whole (8 bytes for a number), within a limit that is checked against the file's own row
//! counts before anything is decoded.

use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::{
    AnyValue, BooleanChunked, DataFrame, DataType, Float32Chunked, Float64Chunked, Int64Chunked,
    ParquetReader, PolarsResult, SerReader, Series, StringChunked, UInt64Chunked,
};

use super::error::{Error, Origin};
use super::float::Real;
use super::open;
use super::table::{Cell, Table};

/// A decoded file, standing on one of its rows.
pub(crate) struct ParquetTable {
    names: Vec<String>,
    types: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
    /// The row after the current one.
    next: usize,
}

enum Column {
    Double(Float64Chunked),
    Single(Float32Chunked),
    Integer(Int64Chunked),
    Unsigned(UInt64Chunked),
    Bool(BooleanChunked),
    Text(StringChunked),
    Other(Series),
}

impl ParquetTable {
    /// # Errors
    /// When the file is malformed, holds a type that is not supported, or would take too much memory.
    pub(crate) fn open(origin: &Origin) -> Result<Self, Error> {
        let mut reader = ParquetReader::new(open::regular(&origin.path)?);
        // The decoder asserts where it should report: a corrupt file can make it panic.
        let decoded = catch_unwind(AssertUnwindSafe(|| -> Result<Self, Error> {
            check_size(origin, &mut reader)?;
            let mut frame = reader.finish().map_err(|error| origin.malformed(error.to_string()))?;
            frame.rechunk_mut();
            Self::new(&frame).map_err(|error| origin.malformed(error.to_string()))
        }));
        decoded.unwrap_or_else(|_| Err(origin.malformed("the parquet decoder gave up on it")))
    }

    fn new(frame: &DataFrame) -> PolarsResult<Self> {
        let mut table =
            Self { names: Vec::new(), types: Vec::new(), columns: Vec::new(), rows: frame.height(), next: 0 };
        for column in frame.columns() {
            let series = column.as_materialized_series();
            table.names.push(series.name().to_string());
            table.types.push(series.dtype().to_string());
            table.columns.push(Column::new(series)?);
        }
        Ok(table)
    }
}

/// A few bytes of run-length encoding can stand for any number of rows: the size is checked by what the file claims.
fn check_size(origin: &Origin, reader: &mut ParquetReader<std::fs::File>) -> Result<(), Error> {
    let explain = |error: polars::error::PolarsError| origin.malformed(error.to_string());
    let rows = reader.num_rows().map_err(explain)? as u64;
    let columns = reader.schema().map_err(explain)?.len() as u64;
    let metadata = reader.get_metadata().map_err(explain)?;
    let unpacked: u64 = metadata
        .row_groups
        .iter()
        .fold(0, |total: u64, group| total.saturating_add(group.total_byte_size() as u64));
    let values = rows.saturating_mul(columns).saturating_mul(8);
    origin.fits("the table", unpacked.max(values), open::MEMORY_BYTES_MAX)
}

impl Column {
    fn new(series: &Series) -> PolarsResult<Self> {
        Ok(match series.dtype() {
            DataType::Float64 => Self::Double(series.f64()?.clone()),
            DataType::Float32 => Self::Single(series.f32()?.clone()),
            DataType::UInt64 => Self::Unsigned(series.u64()?.clone()),
            DataType::Boolean => Self::Bool(series.bool()?.clone()),
            DataType::String => Self::Text(series.str()?.clone()),
            DataType::Categorical(..) | DataType::Enum(..) => {
                Self::Text(series.cast(&DataType::String)?.rechunk().str()?.clone())
            }
            other if other.is_integer() => {
                Self::Integer(series.cast(&DataType::Int64)?.rechunk().i64()?.clone())
            }
            _ => Self::Other(series.clone()),
        })
    }

    fn cell(&self, row: usize) -> Cell<'_> {
        let found = match self {
            Self::Double(column) => column.get(row).map(Cell::Double),
            Self::Single(column) => column.get(row).map(Cell::Single),
            Self::Integer(column) => column.get(row).map(|value| Cell::Integer(value.into())),
            Self::Unsigned(column) => column.get(row).map(|value| Cell::Integer(value.into())),
            Self::Bool(column) => column.get(row).map(Cell::Bool),
            Self::Text(column) => column.get(row).map(Cell::Text),
            Self::Other(column) => match column.get(row) {
                Ok(AnyValue::Null) | Err(_) => None,
                Ok(value) => Some(Cell::Other(describe(&value))),
            },
        };
        found.unwrap_or(Cell::Null)
    }
}

/// A value in full; polars' own display shortens lists.
fn describe(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Float64(value) => value.show(),
        AnyValue::Float32(value) => value.show(),
        AnyValue::Binary(bytes) => {
            bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
        }
        AnyValue::List(items) | AnyValue::Array(items, _) => {
            let items: Vec<String> = items.iter().map(|item| describe(&item)).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

impl Table for ParquetTable {
    fn columns(&self) -> &[String] {
        &self.names
    }

    fn column_type(&self, column: usize) -> Option<String> {
        self.types.get(column).cloned()
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
    use polars::prelude::{IntoColumn, NamedFrom, ParquetCompression, ParquetWriter};
    use proptest::prelude::*;

    /// A parquet file of the given columns.
    pub(crate) fn encode(columns: Vec<Series>, compression: ParquetCompression) -> Vec<u8> {
        let mut frame =
            DataFrame::new_infer_height(columns.into_iter().map(Series::into_column).collect()).unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).with_compression(compression).finish(&mut frame).unwrap();
        bytes
    }

    fn sample() -> Vec<u8> {
        let columns = vec![
            Series::new("id".into(), [1_i32, 2, 3]),
            Series::new("score".into(), [Some(0.5_f64), None, Some(-0.0)]),
            Series::new("name".into(), ["a", "b", "c"]),
            Series::new("ok".into(), [true, false, true]),
            Series::new("day".into(), [1_i32, 2, 3]).cast(&DataType::Date).unwrap(),
            Series::new(
                "list".into(),
                [
                    Series::new("".into(), [0.1_f64]),
                    Series::new("".into(), [0.2_f64, 0.3]),
                    Series::new("".into(), [0.4_f64]),
                ],
            ),
        ];
        encode(columns, ParquetCompression::Uncompressed)
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
        assert_eq!(rows[0], ["id", "score", "name", "ok", "day", "list"]);
        assert_eq!(
            rows[1],
            ["1", "0.5 (0x3fe0000000000000)", "\"a\"", "true", "1970-01-02", "[0.1 (0x3fb999999999999a)]"]
        );
        assert_eq!(rows[2][1], "null");
        assert_eq!(rows[3][1], "-0.0 (0x8000000000000000)");
        assert_eq!(rows.len(), 4);
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
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn no_mutation_makes_the_reader_panic(place in 0_usize..100_000, byte in any::<u8>()) {
            let mut bytes = sample();
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
