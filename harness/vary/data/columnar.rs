//! Parquet: typed columns, decoded and written by the Arrow project's own crate. The schema, the compression and the
//! metadata of the file stay.
//!
//! Nested columns are carried along row by row and never changed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use super::error::Error;
use super::leaf::Leaf;
use super::sheet::{Draft, Field, New, Sheet, Value};
use crate::artifact::{self, Origin};

/// Rows of a row group where the file has none to take as an example.
const GROUP_ROWS: usize = 1 << 20;

/// A decoded file.
pub(super) struct Columnar {
    origin: Origin,
    schema: TypePtr,
    metadata: Option<Vec<KeyValue>>,
    leaves: Vec<Leaf>,
    fields: Vec<Field>,
    rows: usize,
    group_rows: usize,
}

impl Columnar {
    /// # Errors
    /// When it is malformed, or would take more than `limit` bytes in memory.
    pub(super) fn parse(origin: &Origin, bytes: Vec<u8>, limit: u64) -> Result<Self, artifact::Error> {
        let explain = |error: ParquetError| origin.malformed(error.to_string());
        // A decoder of this size has assertions of its own; a corrupt file must not take the audit down.
        catch_unwind(AssertUnwindSafe(|| {
            let reader = SerializedFileReader::new(Bytes::from(bytes)).map_err(explain)?;
            check_size(origin, &reader, limit)?;
            Self::decode(origin, &reader).map_err(explain)
        }))
        .unwrap_or_else(|_| Err(origin.malformed("the parquet decoder gave up on it")))
    }

    fn decode(origin: &Origin, reader: &SerializedFileReader<Bytes>) -> Result<Self, ParquetError> {
        let file = reader.metadata().file_metadata();
        let descriptors = file.schema_descr().columns().to_vec();
        let mut leaves = Vec::new();
        for (place, descriptor) in descriptors.into_iter().enumerate() {
            let first = reader.metadata().row_groups().first();
            let compression = first.map_or(Compression::SNAPPY, |group| group.column(place).compression());
            leaves.push(Leaf::new(descriptor, compression, file.schema_descr().get_column_root_idx(place)));
        }
        let (mut rows, mut group_rows) = (0, 0);
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group)?;
            let expected = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            rows += expected;
            group_rows = group_rows.max(expected);
            for (place, leaf) in leaves.iter_mut().enumerate() {
                leaf.read(group.get_column_reader(place)?, expected)?;
                if leaf.starts.len() != rows + 1 {
                    return Err(ParquetError::General(format!(
                        "column {place} has too few or too many rows"
                    )));
                }
            }
        }
        let field = |(pool, leaf): (usize, &Leaf)| Field {
            name: leaf.descriptor.path().parts().join("."),
            class: leaf.class(),
            pool,
        };
        Ok(Self {
            origin: origin.clone(),
            schema: file.schema_descr().root_schema_ptr(),
            metadata: file.key_value_metadata().cloned(),
            fields: leaves.iter().enumerate().map(field).collect(),
            leaves,
            rows,
            group_rows: if group_rows == 0 { GROUP_ROWS } else { group_rows },
        })
    }

    /// The leaves in the order of the new file.
    fn order(&self, columns: Option<&[usize]>) -> (Vec<usize>, Vec<usize>) {
        let mut roots: Vec<usize> = Vec::new();
        let all: Vec<usize> = (0..self.leaves.len()).collect();
        for leaf in columns.unwrap_or(&all) {
            if !roots.contains(&self.leaves[*leaf].root) {
                roots.push(self.leaves[*leaf].root);
            }
        }
        let leaves =
            roots.iter().flat_map(|root| all.iter().filter(move |leaf| self.leaves[**leaf].root == *root));
        (leaves.copied().collect(), roots)
    }

    fn write(&self, draft: &mut Draft<'_>) -> Result<Vec<u8>, ParquetError> {
        let columns = draft.columns.take();
        let (leaves, roots) = self.order(columns.as_deref());
        let mut properties = WriterProperties::builder();
        for leaf in &self.leaves {
            properties = properties.set_column_compression(leaf.descriptor.path().clone(), leaf.compression);
        }
        let mut schema = self.schema.clone();
        let mut metadata = self.metadata.clone();
        if columns.is_some() {
            let fields = roots.iter().map(|root| self.schema.get_fields()[*root].clone()).collect();
            schema = Arc::new(Type::group_type_builder(self.schema.name()).with_fields(fields).build()?);
            // Arrow's copy of the schema has the old order.
            if let Some(entries) = &mut metadata {
                entries.retain(|entry| entry.key != "ARROW:schema");
            }
        }
        let properties = properties.set_key_value_metadata(metadata).build();
        let mut bytes = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties))?;
        let count = draft.rows.len() + draft.foreign_rows();
        for start in (0..count).step_by(self.group_rows) {
            let places = start..count.min(start + self.group_rows);
            let mut group = writer.next_row_group()?;
            for leaf in &leaves {
                self.gather(*leaf, places.clone(), draft)?.write(&mut group)?;
            }
            group.close()?;
        }
        writer.close()?;
        Ok(bytes)
    }

    /// One column of some rows of the new file.
    fn gather(
        &self,
        place: usize,
        rows: std::ops::Range<usize>,
        draft: &mut Draft<'_>,
    ) -> Result<Leaf, ParquetError> {
        let leaf = &self.leaves[place];
        let mut new = Leaf::new(leaf.descriptor.clone(), leaf.compression, leaf.root);
        for row in rows {
            let done = if let Some(own) = draft.rows.get(row).copied() {
                match draft.change(own, place) {
                    None => new.copy(leaf, own),
                    Some(New::Of(other, _)) => new.copy(leaf, other),
                    Some(value) => new.push(Some(&value)),
                }
            } else {
                let foreign =
                    draft.foreign.as_ref().map(|foreign| foreign.cell(row - draft.rows.len(), place));
                new.push(leaf.import(foreign.unwrap_or(Value::Null)).as_ref())
            };
            done.ok_or_else(|| {
                let name = &self.fields[place].name;
                ParquetError::General(format!("row {row}: column `{name}` cannot hold the new value"))
            })?;
        }
        Ok(new)
    }
}

/// A few bytes can stand for any number of rows, so that the file's claims are checked before anything is decoded.
fn check_size(
    origin: &Origin,
    reader: &SerializedFileReader<Bytes>,
    limit: u64,
) -> Result<(), artifact::Error> {
    let columns = reader.metadata().file_metadata().schema_descr().num_columns().max(1) as u64;
    let mut total = 0_u64;
    for group in reader.metadata().row_groups() {
        let claim =
            |number: i64| u64::try_from(number).map_err(|_| origin.malformed("claims a negative size"));
        let values = claim(group.num_rows())?.saturating_mul(columns).saturating_mul(8);
        total = total.saturating_add(values.max(claim(group.total_byte_size())?));
    }
    origin.fits("the table", total, limit)
}

impl Sheet for Columnar {
    fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn cell(&self, row: usize, field: usize) -> Value<'_> {
        self.leaves[field].cell(row)
    }

    fn build(&self, mut draft: Draft<'_>) -> Result<Vec<u8>, Error> {
        self.write(&mut draft).map_err(|error| {
            let what = format!("cannot be written: {error}");
            Error::not_supported(&self.origin.path, what, "convert the data to csv or jsonl")
        })
    }
}
