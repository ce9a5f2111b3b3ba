//! Typed values → the text that a CSV file would hold, so that one judgement fits all formats.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use hashbrown::HashMap;
use memchr::memchr;

use super::batch::{InputFile, Malformed, MalformedRecord, RawBatch, Span};
use super::error::IngestError;

/// Text of a block may take so many bytes; `Span::NULL` stays free.
const MAX_TEXT: usize = u32::MAX as usize - 1;

/// Appends the text of the value in a row.
type Writer<'a> = Box<dyn Fn(usize, &mut String) + 'a>;

/// Whether columns of this type have a text form here.
pub(super) fn readable(data_type: &DataType) -> bool {
    use DataType as T;
    match data_type {
        T::Dictionary(_, values) => !matches!(**values, T::Dictionary(..) | T::Null) && readable(values),
        T::Null | T::Boolean | T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Date32 | T::Date64 | T::Timestamp(..) => true,
        T::Decimal32(..) | T::Decimal64(..) | T::Decimal128(..) | T::Decimal256(..) => true,
        other => other.is_numeric(),
    }
}

/// Renders every cell. Record numbers count on from `first_record`; lines are record numbers, since there are none.
///
/// As with text, a record of nothing but nulls and empty cells is [`Malformed::Blank`], one with a NUL character
/// [`Malformed::Nul`]. `faults` are rows that hold nothing for another reason, ascending.
pub(super) fn render(
    batch: &RecordBatch,
    file: Arc<InputFile>,
    first_record: u64,
    faults: &[(usize, Malformed)],
) -> Result<RawBatch, IngestError> {
    let (rows, width) = (batch.num_rows(), batch.num_columns());
    let mut text = String::new();
    let mut cells = vec![Span::NULL; rows * width];
    for (c, array) in batch.columns().iter().enumerate() {
        if column(array.as_ref(), &mut text, |row, span| cells[row * width + c] = span).is_none() {
            return Err(IngestError::RecordTooLong { file: file.path.clone(), line: first_record });
        }
    }
    let has_nul = memchr(0, text.as_bytes()).is_some();
    let mut positions = Vec::with_capacity(rows);
    let mut malformed = Vec::new();
    let mut faults = faults.iter().peekable();
    for row in 0..rows {
        let record = first_record + row as u64;
        let range = row * width..(row + 1) * width;
        let what = if let Some((_, what)) = faults.next_if(|(bad, _)| *bad == row) {
            *what
        } else if cells[range.clone()].iter().all(|s| s.start == s.end) {
            Malformed::Blank
        } else if has_nul && cells[range.clone()].iter().any(|&s| contains_nul(&text, s)) {
            Malformed::Nul
        } else {
            cells.copy_within(range, positions.len() * width);
            positions.push((record, record));
            continue;
        };
        malformed.push(MalformedRecord { record, line: record, what });
    }
    cells.truncate(positions.len() * width);
    let bytes = text.len();
    Ok(RawBatch { file, text, cells, width, positions, malformed, bytes })
}

fn contains_nul(text: &str, span: Span) -> bool {
    text.as_bytes().get(span.start as usize..span.end as usize).is_some_and(|cell| memchr(0, cell).is_some())
}

/// Appends the text of a column and tells where each value that is not null stands. `None`: it does not fit.
fn column(array: &dyn Array, text: &mut String, mut place: impl FnMut(usize, Span)) -> Option<()> {
    let put = |text: &mut String, write: &Writer, index: usize| {
        let start = text.len();
        write(index, text);
        (text.len() <= MAX_TEXT).then_some(Span { start: start as u32, end: text.len() as u32 })
    };
    if let DataType::Dictionary(..) = array.data_type() {
        let dictionary = array.as_any_dictionary();
        let values = dictionary.values();
        if values.is_empty() {
            return Some(());
        }
        let write = writer(values.as_ref());
        // Only the values in use, once each: a dictionary may be far larger than the block
        let mut known: HashMap<usize, Span> = HashMap::new();
        for (row, key) in dictionary.normalized_keys().into_iter().enumerate() {
            if array.is_null(row) || values.is_null(key) {
                continue;
            }
            let span = match known.get(&key) {
                Some(&span) => span,
                None => *known.entry(key).insert(put(text, &write, key)?).get(),
            };
            place(row, span);
        }
    } else if *array.data_type() != DataType::Null {
        let write = writer(array);
        for row in (0..array.len()).filter(|&row| !array.is_null(row)) {
            place(row, put(text, &write, row)?);
        }
    }
    Some(())
}

/// How the values of an array become text. Writing into a `String` cannot fail, so its results are dropped.
fn writer(array: &dyn Array) -> Writer<'_> {
    use DataType as T;
    match array.data_type() {
        T::Boolean => {
            let values = array.as_boolean();
            Box::new(move |row, text| text.push_str(if values.value(row) { "true" } else { "false" }))
        }
        T::Int8 => integer::<Int8Type>(array),
        T::Int16 => integer::<Int16Type>(array),
        T::Int32 => integer::<Int32Type>(array),
        T::Int64 => integer::<Int64Type>(array),
        T::UInt8 => integer::<UInt8Type>(array),
        T::UInt16 => integer::<UInt16Type>(array),
        T::UInt32 => integer::<UInt32Type>(array),
        T::UInt64 => integer::<UInt64Type>(array),
        T::Float16 => float::<Float16Type>(array, |v| v.to_f32()),
        T::Float32 => float::<Float32Type>(array, |v| v),
        T::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            Box::new(move |row, text| number(values.value(row), values.value(row).abs(), text))
        }
        T::Utf8 => {
            let values = array.as_string::<i32>();
            Box::new(move |row, text| text.push_str(values.value(row)))
        }
        T::LargeUtf8 => {
            let values = array.as_string::<i64>();
            Box::new(move |row, text| text.push_str(values.value(row)))
        }
        T::Utf8View => {
            let values = array.as_string_view();
            Box::new(move |row, text| text.push_str(values.value(row)))
        }
        T::Decimal32(..) => decimal::<Decimal32Type>(array),
        T::Decimal64(..) => decimal::<Decimal64Type>(array),
        T::Decimal128(..) => decimal::<Decimal128Type>(array),
        T::Decimal256(..) => decimal::<Decimal256Type>(array),
        T::Date32 => {
            let values = array.as_primitive::<Date32Type>();
            Box::new(move |row, text| date(i64::from(values.value(row)), text))
        }
        T::Date64 => {
            let values = array.as_primitive::<Date64Type>();
            Box::new(move |row, text| date(values.value(row).div_euclid(86_400_000), text))
        }
        T::Timestamp(unit, _) => timestamp(array, *unit),
        // `readable` lets no other type through
        _ => Box::new(|_, _| {}),
    }
}

fn integer<T: ArrowPrimitiveType>(array: &dyn Array) -> Writer<'_>
where
    T::Native: std::fmt::Display,
{
    let values = array.as_primitive::<T>();
    Box::new(move |row, text| {
        let _ = write!(text, "{}", values.value(row));
    })
}

fn float<T: ArrowPrimitiveType>(array: &dyn Array, single: fn(T::Native) -> f32) -> Writer<'_> {
    let values = array.as_primitive::<T>();
    Box::new(move |row, text| {
        let value = single(values.value(row));
        number(value, f64::from(value).abs(), text);
    })
}

/// The shortest text that reads back as the same number; the special values as Table Schema writes them.
fn number<F: std::fmt::Display + std::fmt::LowerExp>(value: F, magnitude: f64, text: &mut String) {
    let start = text.len();
    // Plain up to where whole numbers are exact; 1e300 in full would be 300 digits
    let plain = magnitude == 0.0 || (1e-7..1e16).contains(&magnitude);
    let _ = if plain || !magnitude.is_finite() { write!(text, "{value}") } else { write!(text, "{value:e}") };
    if text.ends_with("inf") {
        text.truncate(text.len() - 3);
        text.push_str("INF");
    }
    debug_assert!(text.len() > start, "a number has digits");
}

fn decimal<T: DecimalType + ArrowPrimitiveType>(array: &dyn Array) -> Writer<'_> {
    let values = array.as_primitive::<T>();
    Box::new(move |row, text| text.push_str(&values.value_as_string(row)))
}

/// `YYYY-MM-DD`. Outside the years 0 to 9999, which have no such text, the bare number: no judgement will take it for a date.
fn date(days: i64, text: &mut String) {
    let date = i32::try_from(days).ok().and_then(NaiveDate::from_epoch_days);
    let _ = match date.filter(|d| (0..=9999).contains(&d.year())) {
        Some(d) => write!(text, "{:04}-{:02}-{:02}", d.year(), d.month(), d.day()),
        None => write!(text, "{days}"),
    };
}

fn timestamp(array: &dyn Array, unit: TimeUnit) -> Writer<'_> {
    macro_rules! micros {
        ($type:ty, $micros:expr) => {{
            let values = array.as_primitive::<$type>();
            let micros: fn(i64) -> Option<i64> = $micros;
            Box::new(move |row, text: &mut String| datetime(micros(values.value(row)), values.value(row), text))
        }};
    }
    match unit {
        TimeUnit::Second => micros!(TimestampSecondType, |v| v.checked_mul(1_000_000)),
        TimeUnit::Millisecond => micros!(TimestampMillisecondType, |v| v.checked_mul(1_000)),
        TimeUnit::Microsecond => micros!(TimestampMicrosecondType, Some),
        // A date and time has microseconds; what is finer is cut off, towards the past
        TimeUnit::Nanosecond => micros!(TimestampNanosecondType, |v| Some(v.div_euclid(1_000))),
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`, with six digits of a second where they are not zero. A time without zone is taken for UTC.
fn datetime(micros: Option<i64>, raw: i64, text: &mut String) {
    let moment = micros.and_then(DateTime::from_timestamp_micros).filter(|m| (0..=9999).contains(&m.year()));
    let Some(moment) = moment else {
        let _ = write!(text, "{raw}");
        return;
    };
    date(i64::from(moment.date_naive().to_epoch_days()), text);
    let _ = write!(text, "T{:02}:{:02}:{:02}", moment.hour(), moment.minute(), moment.second());
    if moment.timestamp_subsec_micros() > 0 {
        let _ = write!(text, ".{:06}", moment.timestamp_subsec_micros());
    }
    text.push('Z');
}
