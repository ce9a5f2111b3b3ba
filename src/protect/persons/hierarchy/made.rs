//! Hierarchies that need no file: bands of numbers, and prefixes of structured codes.

use super::{Hierarchy, HierarchyFault};

/// Bands of numbers: level 0 is the number itself, then one level for each width (bands begin at multiples of it, below 0
/// too), then everything. For ages, years, amounts. Widths that do not divide one another are refused as splitting.
///
/// `values` has one number per code.
///
/// # Errors
/// [`HierarchyFault::Splits`] if a width is not a multiple of the one before, as far as these values show it.
pub fn bands(values: &[i64], widths: &[u32]) -> Result<Hierarchy, HierarchyFault> {
    let level = |width: u32| numbered(values.iter().map(|value| value.div_euclid(i64::from(width.max(1)))));
    let levels: Vec<Vec<u32>> = std::iter::once(1).chain(widths.iter().copied()).map(level).collect();
    Ok(Hierarchy::new(&levels)?.with_top())
}

/// Prefixes: level 0 is the whole code, then its first so many characters for each length, then everything. For ISO dates
/// (7 is the month, 4 the year) and commune codes (2 is the department; overseas departments have 3 characters, which a
/// list of codes that begin with 97 or 98 gets here).
///
/// `labels` has one text per code; `overseas` says that prefixes of 2 become 3 for `97` and `98`.
///
/// # Errors
/// [`HierarchyFault::Splits`] if lengths do not fall.
pub fn prefixes<T: AsRef<str>>(labels: &[T], lengths: &[usize], overseas: bool) -> Result<Hierarchy, HierarchyFault> {
    let cut = |label: &str, length: usize| -> String {
        let far = overseas && length == 2 && (label.starts_with("97") || label.starts_with("98"));
        label.chars().take(if far { 3 } else { length }).collect()
    };
    let level = |length: usize| numbered(labels.iter().map(move |label| cut(label.as_ref(), length)));
    let levels: Vec<Vec<u32>> = std::iter::once(usize::MAX).chain(lengths.iter().copied()).map(level).collect();
    Ok(Hierarchy::new(&levels)?.with_top())
}

/// Numbers for equal things, in the order in which they come.
fn numbered<T: std::hash::Hash + Eq>(things: impl Iterator<Item = T>) -> Vec<u32> {
    let mut numbers = hashbrown::HashMap::new();
    things
        .map(|thing| {
            let next = numbers.len() as u32;
            *numbers.entry(thing).or_insert(next)
        })
        .collect()
}
