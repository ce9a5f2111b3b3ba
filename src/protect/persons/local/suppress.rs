//! Local suppression: single values are left out until every class has k persons, least important values first. The aim is
//! that of Templ, Kowarik and Meindl, *Statistical disclosure control for micro-data using the R package sdcMicro*, JSS 67
//! (2015), § 4.2; the way is by sets of columns in ascending order of what they cost.

use hashbrown::HashMap;
use thiserror::Error;

use crate::protect::persons::histogram::{Grouping, Histogram, Needs};

/// What a value that was left out means when classes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// It could be any value: a record is as frequent as the persons whose values agree with it wherever both have one
    /// (sdcMicro's convention). An outsider who knows how values were chosen may know more.
    Any,
    /// It is a value like others: only records with the same values left out can hide one another. Always at least as
    /// strict.
    Own,
}

/// What becomes of each class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// Per class, per column: whether the value is left out.
    pub values: Vec<Vec<bool>>,
    /// Per class: whether the whole record has to go, since even with all values left out it has not k like it.
    pub removed: Vec<bool>,
    /// Records without a value, per column, removed ones not counted.
    pub counts: Vec<u64>,
    /// Records removed.
    pub records: u64,
}

/// Why nothing was suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SuppressFault {
    /// One cost per column, above 0 and finite.
    #[error("importance must be one number above 0 for each column")]
    Importance,
    /// More than 20 columns have too many sets.
    #[error("local suppression takes at most 20 columns")]
    Columns,
    /// k of at least 1.
    #[error("k must be at least 1")]
    K,
}

/// Leaves out values until each class has k persons under a convention. `importance` is what one value of each column
/// costs: sets of columns are tried from the cheapest sum on, and each class takes the first set that is enough for it.
///
/// Under [`Convention::Any`] persons are counted on what is left of the data as they came, which can only be too few; each
/// class then pays the least that is enough by that count. Under [`Convention::Own`] classes that still lack company are
/// joined with one another only, so that what was safe stays untouched.
///
/// # Errors
/// [`SuppressFault`].
pub fn suppress(
    histogram: &Histogram,
    k: u64,
    importance: &[f64],
    convention: Convention,
) -> Result<Suppressed, SuppressFault> {
    let width = histogram.width();
    if importance.len() != width || importance.iter().any(|cost| !(cost.is_finite() && *cost > 0.0)) {
        return Err(SuppressFault::Importance);
    }
    if width > 20 {
        return Err(SuppressFault::Columns);
    }
    if k == 0 {
        return Err(SuppressFault::K);
    }
    let rows = histogram.classes().rows();
    let mut open: Vec<bool> = rows.iter().map(|rows| *rows > 0).collect();
    let mut chosen = vec![0_u32; histogram.len()];
    for set in by_cost(importance) {
        if !open.contains(&true) {
            break;
        }
        let columns: Vec<Vec<u32>> = (0..width)
            .filter(|column| set >> column & 1 == 0)
            .map(|column| histogram.column(column).to_vec())
            .collect();
        let grouping = Grouping::sorted(&columns, histogram.len());
        let counted = match convention {
            Convention::Any => histogram.classes().grouped(&grouping, Needs { sensitive: false, weights: false }),
            Convention::Own => {
                let left = histogram.classes().emptied(&open);
                left.grouped(&grouping, Needs { sensitive: false, weights: false })
            }
        };
        for class in 0..histogram.len() {
            if open[class] && counted.persons()[grouping.of()[class] as usize] >= k {
                chosen[class] = set;
                open[class] = false;
            }
        }
    }
    Ok(told(rows, &chosen, open, width))
}

/// The outcome for sets of values that are left out, class by class, and classes that have to go.
fn told(rows: &[u64], chosen: &[u32], open: Vec<bool>, width: usize) -> Suppressed {
    let mut found = Suppressed {
        values: chosen.iter().map(|set| (0..width).map(|column| set >> column & 1 == 1).collect()).collect(),
        removed: open,
        counts: vec![0; width],
        records: 0,
    };
    for (class, &rows) in rows.iter().enumerate() {
        if found.removed[class] {
            found.records += rows;
        } else {
            found
                .counts
                .iter_mut()
                .zip(&found.values[class])
                .for_each(|(count, out)| *count += if *out { rows } else { 0 });
        }
    }
    found
}

/// All sets of columns, the cheapest first; of equal ones the one with fewer columns, then with earlier ones.
fn by_cost(importance: &[f64]) -> Vec<u32> {
    let cost = |set: u32| -> f64 {
        importance.iter().enumerate().filter(|(column, _)| set >> column & 1 == 1).map(|(_, cost)| cost).sum()
    };
    let mut sets: Vec<(f64, u32)> = (0..1_u32 << importance.len()).map(|set| (cost(set), set)).collect();
    sets.sort_by(|one, two| {
        let key = |set: u32| (set.count_ones(), set);
        one.0.total_cmp(&two.0).then(key(one.1).cmp(&key(two.1)))
    });
    sets.into_iter().map(|(_, set)| set).collect()
}

/// Whether every class that leaves has k persons under a convention, counted afresh from what leaves. Persons with records
/// in several classes count once for each of them under [`Convention::Any`], which is why such tables need
/// [`Convention::Own`]: the answer is `false` for them otherwise.
pub fn verify_suppressed(histogram: &Histogram, found: &Suppressed, k: u64, convention: Convention) -> bool {
    let kept: Vec<bool> = found.removed.iter().map(|removed| !removed).collect();
    let width = histogram.width();
    let published = |class: usize| -> Vec<Option<u32>> {
        let value = |column: usize| (!found.values[class][column]).then(|| histogram.column(column)[class]);
        (0..width).map(value).collect()
    };
    match convention {
        Convention::Own => {
            // A value left out becomes one code above all others.
            let column = |column: usize| -> Vec<u32> {
                let codes = histogram.column(column);
                let gone = codes.iter().max().map_or(0, |code| code + 1);
                codes
                    .iter()
                    .enumerate()
                    .map(|(class, &code)| if found.values[class][column] { gone } else { code })
                    .collect()
            };
            let columns: Vec<Vec<u32>> = (0..width).map(column).collect();
            let grouping = Grouping::sorted(&columns, histogram.len());
            let left = histogram.classes().emptied(&kept);
            let counted = left.grouped(&grouping, Needs { sensitive: false, weights: false });
            counted.rows().iter().zip(counted.persons()).all(|(&rows, &persons)| rows == 0 || persons >= k)
        }
        Convention::Any => {
            if histogram.classes().overlapping() {
                return false;
            }
            // Equal patterns count together; patterns are compared pair by pair.
            let mut patterns: HashMap<Vec<Option<u32>>, u64> = HashMap::new();
            for class in (0..histogram.len()).filter(|&class| kept[class] && histogram.classes().rows()[class] > 0) {
                *patterns.entry(published(class)).or_insert(0) += histogram.classes().persons()[class];
            }
            let agree = |one: &[Option<u32>], two: &[Option<u32>]| {
                one.iter().zip(two).all(|(one, two)| one.is_none() || two.is_none() || one == two)
            };
            let small = patterns.iter().filter(|(_, persons)| **persons < k);
            small.into_iter().all(|(one, _)| {
                patterns.iter().filter(|(two, _)| agree(one, two)).map(|(_, persons)| persons).sum::<u64>() >= k
            })
        }
    }
}
