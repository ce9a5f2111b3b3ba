//! What an outsider must still hold possible of an unsafe number.
//!
//! The status of a suppressed cell tells that it has 1…*t*−1 persons, or at least *t*. Nothing more may follow from the published
//! numbers: the feasibility interval of a cell under the threshold contains 1…*t*−1. Where that cannot be, as of 1, 11 and 11
//! persons of whom 23 are known, the statuses of these cells do not tell why they are suppressed. The cell's records are at least its
//! persons, so their interval contains 1…max(records, *t*−1). Of a sum nothing is told by the status: it must stay unsure by
//! [`SUM`] of its size to both sides (a safety range, as A. Hundepool et al., *Statistical Disclosure Control*, Wiley 2012, §4.3
//! have it for rules that give no protection levels). A rule on contributors asks for its own protection levels, of records or of a sum.

use crate::config::{Decision, Threshold, Zeros};

use super::audit::Demand;
use super::complement::{Measure, Role};
use super::rules::Primary;
use super::threshold::few;
use super::{TableCell, Weighed, primary};

/// The part of its size by which a sum over few persons must stay unsure.
pub(super) const SUM: f64 = 0.1;

/// What must stay possible of a cell by its number; `None` where nothing is asked.
type Asked<'a> = dyn Fn(usize, &TableCell<'_>) -> Option<(f64, f64)> + 'a;

const FAR: f64 = f64::INFINITY;

/// What an outsider knows of the number of a suppressed cell; `most` is the largest that one of few persons can have. A cell has as many
/// records as persons at least, so limits of persons are lower limits of both.
fn told(cell: &TableCell<'_>, reason: bool, most: f64) -> (f64, f64) {
    let t = cell.threshold.get();
    // It stands in a table, so somebody is in it, unless cells of nobody are shown.
    let least = if cell.zeros == Zeros::Absent { 1.0 } else { 0.0 };
    let (low, high) = match (cell.shown.cell, reason, cell.cell.persons < t) {
        (false, ..) => (0.0, FAR),
        (true, false, _) => (least, FAR),
        (true, true, true) => (least, most),
        (true, true, false) => (t.min(cell.cell.persons) as f64, FAR),
    };
    (cell.within.map_or(low, |(least, _)| low.max(least as f64)), high)
}

/// The same of its persons, less what limits say that are known from before.
fn told_of_persons(cell: &TableCell<'_>, reason: bool) -> (f64, f64) {
    let (low, high) = told(cell, reason, (cell.threshold.get() - 1) as f64);
    let most = cell.within.filter(|(_, most)| *most < u64::MAX);
    (low, most.map_or(high, |(_, most)| high.min(most as f64)))
}

/// What an outsider knows of the persons of every cell, were it suppressed.
pub(super) fn known_of_persons(cells: &[TableCell<'_>], reasons: &[bool]) -> Vec<(f64, f64)> {
    cells.iter().zip(reasons).map(|(cell, reason)| told_of_persons(cell, *reason)).collect()
}

/// The persons of the cells, and their records. `reasons` says of which cells the status tells why it is suppressed.
pub(super) fn counts(cells: &[TableCell<'_>], roles: &[Role], reasons: &[bool]) -> Vec<Measure> {
    let persons = |cell: &TableCell<'_>| cell.cell.persons as f64;
    let records = |cell: &TableCell<'_>| cell.cell.records as f64;
    let told = |at: usize, cell: &TableCell<'_>, most: f64| told(cell, reasons[at], most);
    let is_unsafe = |role: &Role| *role == Role::Unsafe;
    let demands = |of: &Asked<'_>| -> Vec<Demand> {
        let all = (0_u32..).zip(cells).zip(roles).filter(|(_, role)| is_unsafe(role));
        all.filter_map(|((cell, facts), _)| of(cell as usize, facts).map(|(low, high)| Demand { cell, low, high }))
            .collect()
    };
    let of_persons = |at: usize, cell: &TableCell<'_>| {
        let most = (cell.threshold.get() - 1) as f64;
        let least = if cell.zeros == Zeros::Unsafe { 0.0 } else { 1.0 };
        if few(cell.cell.persons, cell.threshold) || primary::nobody(cell) {
            return Some((least, most));
        }
        if let Some(group) = cell.group {
            return Some((persons(cell) - group.low() as f64, persons(cell) + group.high() as f64));
        }
        // Few are left beside the released rows, which are known.
        let left = cell.left_over.map_or(0, |left| left.persons);
        if few(left, cell.threshold) {
            let rows = persons(cell) - left as f64;
            return Some(((rows + 1.0).max(told(at, cell, FAR).0), rows + most));
        }
        // An earlier release, whose number is known, has few more or few less.
        let then = cell.before.and_then(|before| before.near)?.persons? as f64;
        Some(beyond(then, most, persons(cell), told(at, cell, FAR).0))
    };
    let of_records = |at: usize, cell: &TableCell<'_>| {
        let most = (cell.threshold.get() - 1) as f64;
        let few = few(cell.cell.persons, cell.threshold).then(|| (1.0, records(cell).max(most)));
        let nobody = primary::nobody(cell).then_some((0.0, most));
        let by_hand = (cell.wish.decision == Decision::Unsafe)
            .then(|| (records(cell) * (1.0 - SUM), records(cell) * (1.0 + SUM)));
        let weighed = cell.weighed.as_ref().and_then(Weighed::cell).map(|found| around(records(cell), found));
        let near = cell.before.and_then(|before| before.near);
        let then = near.map(|near| beyond(near.records as f64, most, records(cell), told(at, cell, FAR).0));
        [few, nobody, by_hand, weighed, then].into_iter().flatten().reduce(widest)
    };
    let silent = known_of_persons(cells, &vec![false; cells.len()]);
    vec![
        Measure {
            values: cells.iter().map(persons).collect(),
            bounds: known_of_persons(cells, reasons),
            silent,
            demands: demands(&of_persons),
            overlaps: true,
        },
        Measure {
            values: cells.iter().map(records).collect(),
            bounds: cells.iter().enumerate().map(|(at, cell)| told(at, cell, FAR)).collect(),
            silent: cells.iter().map(|cell| self::told(cell, false, FAR)).collect(),
            demands: demands(&of_records),
            overlaps: false,
        },
    ]
}

/// What a rule asks to stay possible around a number.
fn around(value: f64, found: Primary) -> (f64, f64) {
    let distance = |units: i128| units as f64 / 1e9;
    (value - distance(found.low()), value + distance(found.high()))
}

fn widest(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (one.0.min(other.0), one.1.max(other.1))
}

/// As many more or less than then as few are, and the number as it is; not under the least.
fn beyond(then: f64, most: f64, now: f64, least: f64) -> (f64, f64) {
    ((then - most).max(least).min(now), (then + most).max(now))
}

/// What must stay possible of a number that is `now` while everybody knows that it was `then`: as many more or less as few are, and
/// itself; not under 1.
#[must_use]
pub fn within_few(then: u64, now: u64, threshold: Threshold) -> (u64, u64) {
    let most = threshold.get() - 1;
    (then.saturating_sub(most).max(1).min(now), then.saturating_add(most).max(now))
}

/// A summed column.
pub(super) fn sums(cells: &[TableCell<'_>], roles: &[Role], at: usize) -> Measure {
    let values: Vec<f64> = cells.iter().map(|cell| cell.cell.amounts[at].sum.to_f64()).collect();
    // Where no sum is negative, an outsider knows that none is.
    let least = if values.iter().all(|value| *value >= 0.0) { 0.0 } else { -FAR };
    let demand = |((cell, value), role): ((u32, &f64), &Role)| {
        let range = SUM * value.abs();
        let weighed = cells[cell as usize].weighed.as_ref().and_then(|weighed| weighed.amount(at));
        let asked = [Some((value - range, value + range)), weighed.map(|found| around(*value, found))];
        let (low, high) = asked.into_iter().flatten().reduce(widest)?;
        (*role == Role::Unsafe).then_some(Demand { cell, low, high })
    };
    let demands = (0_u32..).zip(&values).zip(roles).filter_map(demand).collect();
    Measure {
        bounds: vec![(least, FAR); values.len()],
        silent: vec![(least, FAR); values.len()],
        demands,
        overlaps: false,
        values,
    }
}

/// The records of the categories of a column of shares, and of all together, as the share layer numbers them.
pub(super) fn categories(cells: &[TableCell<'_>], roles: &[Role], at: usize) -> Measure {
    let (mut values, mut demands) = (Vec::new(), Vec::new());
    for cell in cells {
        let tally = &cell.cell.shares[at];
        for (category, found) in tally.categories.iter().enumerate() {
            let number = values.len();
            values.push(found.records as f64);
            if roles[number] == Role::Unsafe && primary::category(cell, at, category) {
                let (low, high) = category_range(found.records, tally.records, found.persons, cell.threshold);
                demands.push(Demand { cell: number as u32, low, high });
            }
        }
        values.push(tally.records as f64);
    }
    Measure {
        bounds: vec![(0.0, FAR); values.len()],
        silent: vec![(0.0, FAR); values.len()],
        demands,
        overlaps: false,
        values,
    }
}

/// Records that a category must be able to have: from one to as many as it has or few persons could have, or the same of those
/// who are not in it.
fn category_range(records: u64, all: u64, persons: u64, threshold: Threshold) -> (f64, f64) {
    let most = threshold.get() - 1;
    if few(persons, threshold) || all - records == 0 {
        return (1.0_f64.min(records as f64), records.max(most).min(all) as f64);
    }
    let others = all - records;
    (all.saturating_sub(others.max(most)) as f64, (all - 1) as f64)
}
