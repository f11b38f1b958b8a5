//! One column of a Parquet file: its values, which of them are there, and where each row begins.

use std::borrow::Cow;

use parquet::basic::{Compression, ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedColumnWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use crate::artifact::tensor;

use super::sheet::{Class, New, Value};

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 16;

/// A column without children.
pub(super) struct Leaf {
    pub(super) descriptor: ColumnDescPtr,
    pub(super) compression: Compression,
    /// Which column of the schema's top level it belongs to.
    pub(super) root: usize,
    values: Values,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    /// Where each row begins among the levels and among the values, and a last one where they end.
    pub(super) starts: Vec<(usize, usize)>,
}

/// Values of one physical type.
enum Values {
    Bool(Vec<bool>),
    Int(Vec<i32>),
    Long(Vec<i64>),
    Int96(Vec<Int96>),
    Single(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

impl Leaf {
    pub(super) fn new(descriptor: ColumnDescPtr, compression: Compression, root: usize) -> Self {
        let values = Values::of(&descriptor);
        let (definitions, repetitions) = (Vec::new(), Vec::new());
        Self { descriptor, compression, root, values, definitions, repetitions, starts: vec![(0, 0)] }
    }

    pub(super) fn is_unsigned(&self) -> bool {
        matches!(self.descriptor.logical_type_ref(), Some(LogicalType::Integer(kind)) if !kind.is_signed)
    }

    pub(super) fn class(&self) -> Class {
        const DAY_MS: i128 = 86_400_000;
        if self.descriptor.max_rep_level() > 0 {
            return Class::Opaque;
        }
        let logical = self.descriptor.logical_type_ref();
        let text = matches!(logical, Some(LogicalType::String | LogicalType::Enum))
            || self.descriptor.converted_type() == ConvertedType::UTF8;
        match (&self.values, logical, self.descriptor.converted_type()) {
            (Values::Int(_), Some(LogicalType::Date), _) | (Values::Int(_), _, ConvertedType::DATE) => {
                Class::Days(1)
            }
            (Values::Long(_), Some(LogicalType::Timestamp(time)), _) => Class::Days(match time.unit {
                TimeUnit::MILLIS => DAY_MS,
                TimeUnit::MICROS => DAY_MS * 1000,
                TimeUnit::NANOS => DAY_MS * 1_000_000,
            }),
            (Values::Long(_), _, ConvertedType::TIMESTAMP_MILLIS) => Class::Days(DAY_MS),
            (Values::Long(_), _, ConvertedType::TIMESTAMP_MICROS) => Class::Days(DAY_MS * 1000),
            (Values::Int(_) | Values::Long(_), Some(LogicalType::Time(_)), _) => Class::Opaque,
            (Values::Int(_) | Values::Long(_), logical, _) => {
                let own = if matches!(self.values, Values::Int(_)) { 32 } else { 64 };
                let bits = match logical {
                    Some(LogicalType::Integer(kind)) => {
                        u32::try_from(kind.bit_width).unwrap_or(own).clamp(1, own)
                    }
                    _ => own,
                };
                if self.is_unsigned() {
                    Class::Integer(0, (1 << bits) - 1)
                } else {
                    Class::Integer(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
                }
            }
            (Values::Bool(_), ..) => Class::Bool,
            (Values::Single(_), ..) => Class::Float(f32::MAX.into()),
            (Values::Double(_), ..) => Class::Float(f64::MAX),
            (Values::Bytes(_), ..) if text => Class::Text,
            (Values::Int96(_) | Values::Bytes(_) | Values::Fixed(_), ..) => Class::Opaque,
        }
    }

    /// Reads one row group's part of the column.
    pub(super) fn read(&mut self, reader: ColumnReader, rows: usize) -> Result<(), ParquetError> {
        let Self { values, definitions, repetitions, .. } = self;
        match (reader, values) {
            (ColumnReader::BoolColumnReader(reader), Values::Bool(values)) => {
                drain(reader, rows, values, definitions, repetitions)?;
            }
            (ColumnReader::Int32ColumnReader(reader), Values::Int(values)) => {
                drain(reader, rows, values, definitions, repetitions)?;
            }
            (ColumnReader::Int64ColumnReader(reader), Values::Long(values)) => {
                drain(reader, rows, values, definitions, repetitions)?;
            }
            (ColumnReader::Int96ColumnReader(reader), Values::Int96(values)) => {
                drain(reader, rows, values, definitions, repetitions)?;
            }
            (ColumnReader::FloatColumnReader(reader), Values::Single(values)) => {
                drain(reader, rows, values, definitions, repetitions)?;
            }
            (ColumnReader::DoubleColumnReader(reader), Values::Double(values)) => {
                drain(reader, rows, values, definitions, repetitions)?;
            }
            (ColumnReader::ByteArrayColumnReader(reader), Values::Bytes(values)) => {
                drain(reader, rows, values, definitions, repetitions)?;
            }
            (ColumnReader::FixedLenByteArrayColumnReader(reader), Values::Fixed(values)) => {
                drain(reader, rows, values, definitions, repetitions)?;
            }
            _ => return Err(ParquetError::General("a column of two types".to_owned())),
        }
        self.find_rows();
        Ok(())
    }

    /// Finds where the rows begin that were read last.
    fn find_rows(&mut self) {
        let (mut level, mut value) = self.starts.last().copied().unwrap_or_default();
        if self.descriptor.max_def_level() == 0 {
            self.starts.extend((value + 1..=self.values.len()).map(|end| (0, end)));
            return;
        }
        while level < self.definitions.len() {
            loop {
                value += usize::from(self.definitions[level] == self.descriptor.max_def_level());
                level += 1;
                if self.repetitions.get(level).is_none_or(|repetition| *repetition == 0) {
                    break;
                }
            }
            self.starts.push((level, value));
        }
    }

    pub(super) fn cell(&self, row: usize) -> Value<'_> {
        let (from, to) = (self.starts[row], self.starts[row + 1]);
        if self.descriptor.max_rep_level() > 0 {
            let levels = (&self.definitions[from.0..to.0], &self.repetitions[from.0..to.0]);
            let values: Vec<String> = (from.1..to.1).map(|place| self.value(place).into_text()).collect();
            return Value::Opaque(format!("{values:?} at {levels:?}"));
        }
        if from.1 == to.1 { Value::Null } else { self.value(from.1) }
    }

    fn value(&self, place: usize) -> Value<'_> {
        match &self.values {
            Values::Bool(values) => Value::Bool(values[place]),
            Values::Int(values) if self.is_unsigned() => Value::Integer(values[place].cast_unsigned().into()),
            Values::Int(values) => Value::Integer(values[place].into()),
            Values::Long(values) if self.is_unsigned() => {
                Value::Integer(values[place].cast_unsigned().into())
            }
            Values::Long(values) => Value::Integer(values[place].into()),
            Values::Single(values) => Value::Single(values[place]),
            Values::Double(values) => Value::Double(values[place]),
            Values::Bytes(values) => match std::str::from_utf8(values[place].data()) {
                Ok(text) if self.class() == Class::Text => Value::Text(Cow::Borrowed(text)),
                _ => Value::Opaque(tensor::hex(values[place].data())),
            },
            Values::Int96(values) => Value::Opaque(format!("{:?}", values[place].data())),
            Values::Fixed(values) => Value::Opaque(tensor::hex(values[place].data())),
        }
    }

    /// Appends a row of another column of the same type.
    pub(super) fn copy(&mut self, other: &Leaf, row: usize) -> Option<()> {
        let (from, to) = (*other.starts.get(row)?, *other.starts.get(row + 1)?);
        self.definitions.extend_from_slice(other.definitions.get(from.0..to.0)?);
        // Flat columns have no repetitions.
        self.repetitions.extend_from_slice(other.repetitions.get(from.0..to.0).unwrap_or_default());
        let range = from.1..to.1;
        match (&mut self.values, &other.values) {
            (Values::Bool(new), Values::Bool(old)) => new.extend_from_slice(old.get(range)?),
            (Values::Int(new), Values::Int(old)) => new.extend_from_slice(old.get(range)?),
            (Values::Long(new), Values::Long(old)) => new.extend_from_slice(old.get(range)?),
            (Values::Int96(new), Values::Int96(old)) => new.extend_from_slice(old.get(range)?),
            (Values::Single(new), Values::Single(old)) => new.extend_from_slice(old.get(range)?),
            (Values::Double(new), Values::Double(old)) => new.extend_from_slice(old.get(range)?),
            (Values::Bytes(new), Values::Bytes(old)) => new.extend_from_slice(old.get(range)?),
            (Values::Fixed(new), Values::Fixed(old)) => new.extend_from_slice(old.get(range)?),
            _ => return None,
        }
        Some(())
    }

    /// Appends a row with a new value, or with none, if the column can hold that.
    pub(super) fn push(&mut self, value: Option<&New>) -> Option<()> {
        let present = self.descriptor.max_def_level();
        let Some(value) = value else {
            self.definitions.push(present.checked_sub(1).filter(|level| *level >= 0)?);
            return (self.descriptor.max_rep_level() == 0).then_some(());
        };
        let unsigned = self.is_unsigned();
        match (&mut self.values, value) {
            (Values::Bool(values), New::Integer(value @ (0 | 1))) => values.push(*value == 1),
            (Values::Int(values), New::Integer(value)) if unsigned => {
                values.push(u32::try_from(*value).ok()?.cast_signed());
            }
            (Values::Int(values), New::Integer(value)) => values.push(i32::try_from(*value).ok()?),
            (Values::Long(values), New::Integer(value)) if unsigned => {
                values.push(u64::try_from(*value).ok()?.cast_signed());
            }
            (Values::Long(values), New::Integer(value)) => values.push(i64::try_from(*value).ok()?),
            (Values::Single(values), New::Float(value)) => values.push(super::array::single(*value)),
            (Values::Double(values), New::Float(value)) => values.push(*value),
            (Values::Bytes(values), New::Text(text)) => values.push(ByteArray::from(text.as_str())),
            _ => return None,
        }
        if present > 0 {
            self.definitions.push(present);
        }
        Some(())
    }

    /// A value of another file as this column needs it.
    pub(super) fn import(&self, value: Value<'_>) -> Option<New> {
        if value.is_blank() {
            return None;
        }
        if let (Values::Bool(_), Value::Bool(value)) = (&self.values, &value) {
            return Some(New::Integer((*value).into()));
        }
        let text = value.into_text();
        Some(match &self.values {
            Values::Single(_) | Values::Double(_) => text.trim().parse().map_or(New::Text(text), New::Float),
            Values::Bytes(_) => New::Text(text),
            _ => text.trim().parse().map_or(New::Text(text), New::Integer),
        })
    }

    /// Writes the column as the next one of a row group.
    pub(super) fn write(
        &self,
        group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    ) -> Result<(), ParquetError> {
        let missing = || ParquetError::General("more columns than the schema has".to_owned());
        let mut writer = group.next_column()?.ok_or_else(missing)?;
        match &self.values {
            Values::Bool(values) => self.emit::<BoolType>(&mut writer, values)?,
            Values::Int(values) => self.emit::<Int32Type>(&mut writer, values)?,
            Values::Long(values) => self.emit::<Int64Type>(&mut writer, values)?,
            Values::Int96(values) => self.emit::<Int96Type>(&mut writer, values)?,
            Values::Single(values) => self.emit::<FloatType>(&mut writer, values)?,
            Values::Double(values) => self.emit::<DoubleType>(&mut writer, values)?,
            Values::Bytes(values) => self.emit::<ByteArrayType>(&mut writer, values)?,
            Values::Fixed(values) => self.emit::<FixedLenByteArrayType>(&mut writer, values)?,
        }
        writer.close()
    }

    fn emit<T: DataType>(
        &self,
        writer: &mut SerializedColumnWriter<'_>,
        values: &[T::T],
    ) -> Result<(), ParquetError> {
        let definitions = (self.descriptor.max_def_level() > 0).then_some(self.definitions.as_slice());
        let repetitions = (self.descriptor.max_rep_level() > 0).then_some(self.repetitions.as_slice());
        writer.typed::<T>().write_batch(values, definitions, repetitions).map(drop)
    }
}

impl Values {
    fn of(descriptor: &ColumnDescriptor) -> Self {
        match descriptor.physical_type() {
            Physical::BOOLEAN => Self::Bool(Vec::new()),
            Physical::INT32 => Self::Int(Vec::new()),
            Physical::INT64 => Self::Long(Vec::new()),
            Physical::INT96 => Self::Int96(Vec::new()),
            Physical::FLOAT => Self::Single(Vec::new()),
            Physical::DOUBLE => Self::Double(Vec::new()),
            Physical::BYTE_ARRAY => Self::Bytes(Vec::new()),
            Physical::FIXED_LEN_BYTE_ARRAY => Self::Fixed(Vec::new()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Long(values) => values.len(),
            Self::Int96(values) => values.len(),
            Self::Single(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Bytes(values) => values.len(),
            Self::Fixed(values) => values.len(),
        }
    }
}

/// Appends `rows` rows.
fn drain<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    values: &mut Vec<T::T>,
    definitions: &mut Vec<i16>,
    repetitions: &mut Vec<i16>,
) -> Result<(), ParquetError> {
    let mut total = 0;
    while total < rows {
        let wanted = BATCH_ROWS.min(rows - total);
        let (found, _, _) = reader.read_records(wanted, Some(definitions), Some(repetitions), values)?;
        if found == 0 {
            break;
        }
        total += found;
    }
    Ok(())
}
