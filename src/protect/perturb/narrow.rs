//! What somebody learns of exact counts from perturbed ones: bounds, tightened by the sums that tie the cells.
//!
//! A rounded or cell-keyed number tells between which limits its count lies. Totals are changed apart from their parts,
//! so limits of the one narrow those of the other: four parts of which each is published as 0 by rounding to the nearest
//! multiple of 5 are 8 at most together, and where their total is published as 10 it is 8 at least; then every part is 2.
//! Random rounding and cell keys have wider limits, and can be caught in the same way. Source: L. Willenborg and T. de
//! Waal, *Elements of Statistical Disclosure Control*, Springer 2001, section 9.3 (disclosure from rounded tables).
//!
//! Each sum is used by itself, again and again, until nothing moves. Programmes over all sums at once could narrow
//! further; what is found here is certain.

/// A total over parts, by the numbers of the cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The total.
    pub total: u32,
    /// Its parts, each once.
    pub parts: Vec<u32>,
    /// Whether the parts add up to the total. Otherwise some persons are in several parts: the total is at most their sum and
    /// no less than any of them.
    pub adds_up: bool,
}

/// Most rounds over all sums: bounds are whole numbers, and what is still moving then moves slowly.
const ROUNDS: usize = 200;

/// Tightens bounds, least and largest count of each cell, until no sum narrows any of them. A bound that would cross the
/// other (what is told contradicts itself) stays.
pub fn narrow(bounds: &mut [(u64, u64)], sums: &[Sum]) {
    for _ in 0..ROUNDS {
        let mut moved = false;
        for sum in sums {
            moved |= once(bounds, sum);
        }
        if !moved {
            return;
        }
    }
}

fn once(bounds: &mut [(u64, u64)], Sum { total, parts, adds_up }: &Sum) -> bool {
    let at = |cell: &u32| *cell as usize;
    let sums = parts.iter().fold((0_u64, 0_u64), |(low, high), part| {
        let (least, most) = bounds[at(part)];
        (low.saturating_add(least), high.saturating_add(most))
    });
    let largest = parts.iter().map(|part| bounds[at(part)].0).max().unwrap_or(0);
    let mut moved = tighten(&mut bounds[at(total)], if *adds_up { sums.0 } else { largest }, sums.1);
    let (least, most) = bounds[at(total)];
    for part in parts {
        let own = bounds[at(part)];
        // The others are as large, or as small, as they can be. A sum that is too large to be told bounds nothing.
        let low = if sums.1 == u64::MAX { 0 } else { least.saturating_sub(sums.1 - own.1) };
        let high = if *adds_up { most.saturating_sub(sums.0.saturating_sub(own.0)) } else { most };
        moved |= tighten(&mut bounds[at(part)], low, high);
    }
    moved
}

fn tighten(bounds: &mut (u64, u64), low: u64, high: u64) -> bool {
    let (low, high) = (bounds.0.max(low), bounds.1.min(high));
    if low > high || (low, high) == *bounds {
        return false;
    }
    *bounds = (low, high);
    true
}

/// No limit: so far off that sums of many stay within 128 bits.
pub const UNBOUNDED: i128 = i128::MAX >> 24;
/// Sums with a part without limit lie beyond it.
const FAR: i128 = UNBOUNDED >> 1;

/// [`narrow`] for sums of any sign, all of which add up. Limits from [`UNBOUNDED`] on are none.
pub fn narrow_sums(bounds: &mut [(i128, i128)], sums: &[Sum]) {
    for _ in 0..ROUNDS {
        let mut moved = false;
        for sum in sums {
            moved |= once_of_sums(bounds, sum);
        }
        if !moved {
            return;
        }
    }
}

fn once_of_sums(bounds: &mut [(i128, i128)], Sum { total, parts, .. }: &Sum) -> bool {
    let at = |cell: &u32| *cell as usize;
    let (low, high) = parts.iter().fold((0_i128, 0_i128), |(low, high), part| {
        let (least, most) = bounds[at(part)];
        (low.saturating_add(least), high.saturating_add(most))
    });
    let limit = |sum: i128, none: i128| if sum.abs() >= FAR { none } else { sum };
    let mut moved = tighten_sum(&mut bounds[at(total)], limit(low, -UNBOUNDED), limit(high, UNBOUNDED));
    let (least, most) = bounds[at(total)];
    for part in parts {
        let own = bounds[at(part)];
        // One part without a limit leaves the others none.
        let (rest_low, rest_high) = (low.saturating_sub(own.0), high.saturating_sub(own.1));
        let (low_of, high_of) = (least.saturating_sub(rest_high), most.saturating_sub(rest_low));
        moved |= tighten_sum(&mut bounds[at(part)], limit(low_of, -UNBOUNDED), limit(high_of, UNBOUNDED));
    }
    moved
}

fn tighten_sum(bounds: &mut (i128, i128), low: i128, high: i128) -> bool {
    let (low, high) = (bounds.0.max(low), bounds.1.min(high));
    if low > high || (low, high) == *bounds {
        return false;
    }
    *bounds = (low, high);
    true
}

#[cfg(test)]
mod tests;
