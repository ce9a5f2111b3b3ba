//! Rows as Arrow batches, for the spill file.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::types::Decimal128Type;
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, PrimitiveArray, RecordBatch, UInt32Array, UInt64Array};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};

use super::VaultError;
use crate::sieve::{Kind, Rows, Values};

/// One batch as an Arrow IPC stream.
pub(super) fn encode(rows: Rows) -> Result<Vec<u8>, VaultError> {
    let batch = into_batch(rows)?;
    let mut bytes = Vec::with_capacity(batch.get_array_memory_size() + 1024);
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).map_err(|_| VaultError::Layout)?;
    writer.write(&batch).map_err(|_| VaultError::Layout)?;
    writer.finish().map_err(|_| VaultError::Layout)?;
    drop(writer);
    Ok(bytes)
}

/// The rows of such a stream.
pub(super) fn decode(bytes: Vec<u8>, kinds: &[Kind]) -> Result<Rows, VaultError> {
    let mut rows = Rows::empty(kinds);
    for batch in StreamReader::try_new(Cursor::new(bytes), None).map_err(|_| VaultError::Damaged)? {
        let batch = batch.map_err(|_| VaultError::Damaged)?;
        rows.append(&from_batch(&batch)?).map_err(|_| VaultError::Damaged)?;
    }
    Ok(rows)
}

/// The rows as an Arrow batch without nulls; the key comes first.
pub(super) fn into_batch(rows: Rows) -> Result<RecordBatch, VaultError> {
    let mut fields = Vec::with_capacity(rows.columns.len() + 1);
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(rows.columns.len() + 1);
    for (i, values) in std::iter::once(Values::Digest(rows.key)).chain(rows.columns).enumerate() {
        let array: ArrayRef = match values {
            Values::Code(v) => Arc::new(UInt32Array::from(v)),
            Values::Integer(v) => Arc::new(Int64Array::from(v)),
            Values::Number(v) => Arc::new(Float64Array::from(v)),
            Values::Word(v) => Arc::new(UInt64Array::from(v)),
            // Arrow has no unsigned 128-bit column; the bits of a decimal carry a digest without a copy.
            Values::Digest(v) => Arc::new(PrimitiveArray::<Decimal128Type>::from_iter_values(
                v.into_iter().map(|d| i128::from_ne_bytes(d.to_ne_bytes())),
            )),
        };
        fields.push(Field::new(format!("c{i}"), array.data_type().clone(), false));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|_| VaultError::Layout)
}

/// The rows of such a batch.
pub(super) fn from_batch(batch: &RecordBatch) -> Result<Rows, VaultError> {
    let mut columns = Vec::with_capacity(batch.num_columns());
    for array in batch.columns() {
        columns.push(match array.data_type() {
            DataType::UInt32 => Values::Code(native::<arrow_array::types::UInt32Type>(array)?),
            DataType::Int64 => Values::Integer(native::<arrow_array::types::Int64Type>(array)?),
            DataType::Float64 => Values::Number(native::<arrow_array::types::Float64Type>(array)?),
            DataType::UInt64 => Values::Word(native::<arrow_array::types::UInt64Type>(array)?),
            DataType::Decimal128(..) => Values::Digest(
                native::<Decimal128Type>(array)?.into_iter().map(|d| u128::from_ne_bytes(d.to_ne_bytes())).collect(),
            ),
            _ => return Err(VaultError::Layout),
        });
    }
    if columns.is_empty() {
        return Err(VaultError::Layout);
    }
    match columns.remove(0) {
        Values::Digest(key) => Ok(Rows { key, columns }),
        _ => Err(VaultError::Layout),
    }
}

fn native<T: arrow_array::types::ArrowPrimitiveType>(array: &ArrayRef) -> Result<Vec<T::Native>, VaultError> {
    let array = array.as_any().downcast_ref::<PrimitiveArray<T>>().ok_or(VaultError::Layout)?;
    Ok(array.values().to_vec())
}
