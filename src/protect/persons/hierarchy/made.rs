//! Hierarchies that need no file: bands of numbers, prefixes of structured codes, parts of dates.
//!
//! Each has the values themselves at level 0 and everything, written [`EVERYTHING`], on top. A value that is missing (an empty
//! text) stays so up to there: it is a group of its own. Values are distinct, one per code.

use super::read::labelled;
use super::{HierarchyFault, Labelled};

/// What everything is called.
pub const EVERYTHING: &str = "*";

/// What a date becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The month with its year, `2024-03`.
    Month,
    /// The year, `2024`.
    Year,
    /// Ten years, `2020-2029`.
    Decade,
}

/// Bands of numbers, one level for each width; bands begin at multiples of it, below 0 too, and are called by their first and
/// last whole number. For ages, years, amounts. `numbers` has the number of each value, rounded down; `None` where it is
/// missing.
///
/// # Errors
/// [`HierarchyFault::Splits`] if a width is not a multiple of the one before, as far as these values show it;
/// [`HierarchyFault::Length`] if there is not one number per value.
pub fn bands<T: AsRef<str>>(values: &[T], numbers: &[Option<i64>], widths: &[u32]) -> Result<Labelled, HierarchyFault> {
    if values.len() != numbers.len() {
        return Err(HierarchyFault::Length { level: 1, expected: values.len(), found: numbers.len() });
    }
    let band = |at: usize, &width: &u32| {
        let Some(number) = numbers[at] else { return String::new() };
        // In more bits: the last number of the highest band may be beyond 64.
        let width = i128::from(width.max(1));
        let first = i128::from(number).div_euclid(width) * width;
        if width == 1 { first.to_string() } else { format!("{first}-{}", first + width - 1) }
    };
    levels(values, widths, band)
}

/// Prefixes, one level for each length. For commune codes (2 is the department) and classifications whose codes begin with
/// those of their groups.
///
/// `overseas` says that prefixes of 2 become 3 for `97` and `98`, as departments and territories overseas are told apart.
///
/// # Errors
/// [`HierarchyFault::Splits`] if lengths do not fall.
pub fn prefixes<T: AsRef<str>>(values: &[T], lengths: &[usize], overseas: bool) -> Result<Labelled, HierarchyFault> {
    let cut = |at: usize, &length: &usize| -> String {
        let value = values[at].as_ref();
        let far = overseas && length == 2 && (value.starts_with("97") || value.starts_with("98"));
        value.chars().take(if far { 3 } else { length }).collect()
    };
    levels(values, lengths, cut)
}

/// Parts of dates, one level for each. `None` if a value is no date that begins like `2024-03-17`; see [`is_date`].
///
/// # Errors
/// [`HierarchyFault::Splits`] if parts do not go from fine to coarse.
pub fn dates<T: AsRef<str>>(values: &[T], parts: &[Part]) -> Result<Option<Labelled>, HierarchyFault> {
    if !values.iter().all(|value| value.as_ref().is_empty() || is_date(value.as_ref())) {
        return Ok(None);
    }
    let part = |at: usize, part: &Part| {
        let value = values[at].as_ref();
        match part {
            _ if value.is_empty() => String::new(),
            Part::Month => value.chars().take(7).collect(),
            Part::Year => value.chars().take(4).collect(),
            Part::Decade => {
                let decade: String = value.chars().take(3).collect();
                format!("{decade}0-{decade}9")
            }
        }
    };
    levels(values, parts, part).map(Some)
}

/// Whether a text begins as a date of ISO 8601: four digits, two, two.
pub fn is_date(value: &str) -> bool {
    let shape = |(at, byte): (usize, u8)| if [4, 7].contains(&at) { byte == b'-' } else { byte.is_ascii_digit() };
    value.len() >= 10 && value.bytes().take(10).enumerate().all(shape)
}

/// The values, the only groups there are, and everything.
///
/// # Errors
/// [`HierarchyFault::Empty`] if there is no value.
pub fn all<T: AsRef<str>>(values: &[T]) -> Result<Labelled, HierarchyFault> {
    levels(values, &[], |_, ()| String::new())
}

/// The values alone: a column that stays as it is.
///
/// # Errors
/// [`HierarchyFault::Empty`] if there is no value.
pub fn same<T: AsRef<str>>(values: &[T]) -> Result<Labelled, HierarchyFault> {
    let rows: Vec<Vec<String>> = values.iter().map(|value| vec![value.as_ref().to_owned()]).collect();
    let codes = (0_u32..).zip(values).map(|(code, value)| (value.as_ref().to_owned(), code)).collect();
    labelled(&rows, codes)
}

/// Values, what they become at each level, and everything.
fn levels<T: AsRef<str>, L>(
    values: &[T],
    all: &[L],
    label: impl Fn(usize, &L) -> String,
) -> Result<Labelled, HierarchyFault> {
    let row = |(at, value): (usize, &T)| -> Vec<String> {
        let first = std::iter::once(value.as_ref().to_owned());
        first.chain(all.iter().map(|level| label(at, level))).chain([EVERYTHING.to_owned()]).collect()
    };
    let rows: Vec<Vec<String>> = values.iter().enumerate().map(row).collect();
    let codes = (0_u32..).zip(values).map(|(code, value)| (value.as_ref().to_owned(), code)).collect();
    labelled(&rows, codes)
}
