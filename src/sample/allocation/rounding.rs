//! Whole sizes by largest remainder.

use super::Stratum;

/// Remainders are compared in steps of 2⁻²⁰, so that equal ones stay equal through rounding errors.
const STEPS: f64 = 1_048_576.0;

/// Whole parts, and the strata by falling remainder; among equals, the first stratum first.
fn whole_parts(real: &[f64]) -> (Vec<u64>, Vec<usize>) {
    let units = real.iter().map(|size| size.floor() as u64).collect();
    let remainder = |index: &usize| ((real[*index] - real[*index].floor()) * STEPS).round() as u64;
    let mut order: Vec<usize> = (0..real.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(remainder(index)));
    (units, order)
}

/// Sizes that add up to the total, within the bounds of the strata.
pub(super) fn round_to_units(real: &[f64], strata: &[Stratum], total: u64) -> Vec<u64> {
    let (mut units, order) = whole_parts(real);
    let mut left = total.saturating_sub(units.iter().sum());
    for index in order {
        let full = units[index] >= strata[index].upper.min(strata[index].units);
        if left > 0 && !full {
            units[index] += 1;
            left -= 1;
        }
    }
    units
}

/// Sizes that cost no more than the budget, rounding errors apart: whole parts, then one more unit by falling
/// remainder where it can still be paid.
pub(super) fn round_to_cost(real: &[f64], strata: &[Stratum], budget: f64) -> Vec<u64> {
    let (mut units, order) = whole_parts(real);
    let cost = |units: &[u64]| super::super::numeric::sum(units.iter().zip(strata).map(|(&n, s)| n as f64 * s.cost));
    let mut left = budget - cost(&units);
    for index in order {
        let stratum = &strata[index];
        let full = units[index] >= stratum.upper.min(stratum.units);
        let fraction = real[index] > real[index].floor();
        if fraction && !full && stratum.cost <= left + 1e-12 * budget {
            units[index] += 1;
            left -= stratum.cost;
        }
    }
    units
}
