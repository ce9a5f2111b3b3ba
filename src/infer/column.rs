//! Counts of one column. They merge in any order, so that what is proposed does not depend on blocks or threads.

use std::collections::{BTreeMap, HashSet};

use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;
use std::sync::LazyLock;

use super::kinds::Kinds;
use crate::schema::{FieldType, Reader, TemporalFormat, Value};

/// Distinct texts that are remembered; a column with more is no list of codes.
const CODES: usize = 20;
/// Longest code, in bytes.
const LONGEST_CODE: usize = 40;
/// Distinct values after which nobody asks any more whether all differ.
const DISTINCT: usize = 4_000_000;

/// The key of the digests of values, the same for all threads of the process.
static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// What is known of a column. No `Debug`: codes are values of records.
#[derive(Clone)]
pub(super) struct Column {
    pub values: u64,
    pub missing: u64,
    /// For each kind the number of values that are of it.
    pub kinds: Vec<u64>,
    /// Distinct texts with their number; `None` once there are too many.
    pub codes: Option<BTreeMap<String, u64>>,
    /// Digests of distinct texts; `None` once one is repeated, or there are too many.
    pub distinct: Option<HashSet<u64>>,
    /// Shortest and longest text, in characters.
    pub lengths: Option<(usize, usize)>,
    /// Whether a whole number begins with a needless nought, or is too long for a number.
    pub keeps_zeros: bool,
    /// Whether a number is negative.
    pub negative: bool,
    /// First and last year of what can be read as a date.
    pub years: Option<(i32, i32)>,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            values: 0,
            missing: 0,
            kinds: vec![0; Kinds::len()],
            codes: Some(BTreeMap::new()),
            distinct: Some(HashSet::new()),
            lengths: None,
            keeps_zeros: false,
            negative: false,
            years: None,
        }
    }
}

static DATES: LazyLock<Vec<Reader>> = LazyLock::new(|| {
    let patterns = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d"].map(|p| TemporalFormat::Pattern(p.to_owned()));
    let formats = [TemporalFormat::Default].into_iter().chain(patterns);
    formats.filter_map(|format| Reader::new(&FieldType::Date { format, incomplete: false }).ok()).collect()
});

impl Column {
    /// Takes so many cells of one text, which is not empty.
    pub fn take(&mut self, text: &str, cells: u64, kinds: &Kinds) {
        self.values += cells;
        let counts = &mut self.kinds;
        kinds.each(text, |kind| counts[kind] += cells);
        let length = text.chars().count();
        let (low, high) = self.lengths.unwrap_or((length, length));
        self.lengths = Some((low.min(length), high.max(length)));
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        self.keeps_zeros |= digits && ((text.len() > 1 && text.starts_with('0')) || text.len() > 18);
        self.negative |= text.starts_with('-');
        if let Some(codes) = &mut self.codes {
            if text.len() <= LONGEST_CODE {
                *codes.entry(text.to_owned()).or_default() += cells;
            }
            if codes.len() > CODES || text.len() > LONGEST_CODE {
                self.codes = None;
            }
        }
        if let Some(distinct) = &mut self.distinct
            && (cells > 1 || !distinct.insert(HASHER.hash_one(text)) || distinct.len() > DISTINCT)
        {
            self.distinct = None;
        }
        if let Some(year) = year(text) {
            let (low, high) = self.years.unwrap_or((year, year));
            self.years = Some((low.min(year), high.max(year)));
        }
    }

    /// Adds what another part of the column holds.
    pub fn merge(&mut self, other: Self) {
        self.values += other.values;
        self.missing += other.missing;
        self.kinds.iter_mut().zip(other.kinds).for_each(|(a, b)| *a += b);
        self.codes = self.codes.take().zip(other.codes).and_then(|(mut a, b)| {
            b.into_iter().for_each(|(text, n)| *a.entry(text).or_default() += n);
            (a.len() <= CODES).then_some(a)
        });
        self.distinct = self.distinct.take().zip(other.distinct).and_then(|(mut a, b)| {
            let all = a.len() + b.len();
            a.extend(b);
            (a.len() == all && all <= DISTINCT).then_some(a)
        });
        self.lengths = both(self.lengths, other.lengths);
        self.keeps_zeros |= other.keeps_zeros;
        self.negative |= other.negative;
        self.years = both(self.years, other.years);
    }
}

/// The range that holds both ranges.
fn both<T: Ord + Copy>(a: Option<(T, T)>, b: Option<(T, T)>) -> Option<(T, T)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

/// The year of a date in one of the usual forms.
fn year(text: &str) -> Option<i32> {
    if !(8..=10).contains(&text.len()) {
        return None;
    }
    let days = DATES.iter().find_map(|reader| match reader.read(text)?.value {
        Value::Date(days) => Some(days),
        _ => None,
    })?;
    let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let date = epoch.checked_add_signed(chrono::Duration::days(i64::from(days)))?;
    Some(chrono::Datelike::year(&date))
}
