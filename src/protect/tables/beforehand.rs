//! What is known before any number is published.
//!
//! That a cell stands in a table tells that somebody is in it, and its status may tell that they are few: a cell of few persons
//! with three cells under it has three persons at least, and none of the three has more than *t* − 3. No suppression takes that
//! back, so this much is not asked of it. What is computed are bounds by tightening, sum by sum (as in the presolve of linear
//! programmes; Savelsbergh, *ORSA Journal on Computing* 6(4), 1994, §1).

use super::system::{Relation, System};

/// Sums are gone through this often at most: bounds that creep further are of no use to anybody.
const ROUNDS: usize = 20;

/// Bounds of all numbers that follow from bounds alone. `overlaps` tells of a sum whether its parts may have something in common.
pub(super) fn tighten(system: &System, bounds: &[(f64, f64)], overlaps: &[bool]) -> Vec<(f64, f64)> {
    let mut bounds = bounds.to_vec();
    for _ in 0..ROUNDS {
        let mut moved = false;
        for line in 0..system.relations() as u32 {
            let slack = overlaps.get(line as usize).copied().unwrap_or_default();
            moved |= tighten_one(system.relation(line), slack, &mut bounds);
        }
        if !moved {
            break;
        }
    }
    bounds
}

fn tighten_one(Relation { total, parts }: Relation<'_>, slack: bool, bounds: &mut [(f64, f64)]) -> bool {
    let low: f64 = parts.iter().map(|part| bounds[*part as usize].0).sum();
    let high: f64 = parts.iter().map(|part| bounds[*part as usize].1).sum();
    let largest = parts.iter().map(|part| bounds[*part as usize].0).fold(f64::NEG_INFINITY, f64::max);
    let mut moved = narrow(&mut bounds[total as usize], if slack { largest } else { low }, high);
    let (least, most) = bounds[total as usize];
    // Sums over many parts are made once, and the part at hand taken off; an infinite one is taken off by leaving it out.
    let endless = parts.iter().filter(|part| bounds[**part as usize].1.is_infinite()).count();
    let finite: f64 = parts.iter().map(|part| bounds[*part as usize].1).filter(|high| high.is_finite()).sum();
    for part in parts {
        let (own_low, own_high) = bounds[*part as usize];
        let others_high = match (endless, own_high.is_infinite()) {
            (0, _) => finite - own_high,
            (1, true) => finite,
            _ => f64::INFINITY,
        };
        let at_most = if slack { most } else { most - (low - own_low) };
        moved |= narrow(&mut bounds[*part as usize], least - others_high, at_most);
    }
    moved
}

fn narrow(bound: &mut (f64, f64), low: f64, high: f64) -> bool {
    let before = *bound;
    // Not a number comes of −∞ + ∞ only, and says nothing.
    if low > bound.0 {
        bound.0 = low;
    }
    if high < bound.1 {
        bound.1 = high;
    }
    *bound != before
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FAR: f64 = f64::INFINITY;

    #[test]
    fn a_cell_of_few_with_three_under_it_has_three_and_leaves_them_less() {
        let system = System::new(4, [(0, vec![1, 2, 3])]).unwrap();
        let few = (1.0, 10.0);
        assert_eq!(tighten(&system, &[few; 4], &[false]), [(3.0, 10.0), (1.0, 8.0), (1.0, 8.0), (1.0, 8.0)]);
        // Three cells may have one person in common.
        assert_eq!(tighten(&system, &[few; 4], &[true]), [few; 4]);
    }

    #[test]
    fn what_is_enough_leaves_few_as_they_are() {
        let system = System::new(3, [(0, vec![1, 2])]).unwrap();
        let bounds = [(11.0, FAR), (1.0, 10.0), (11.0, FAR)];
        assert_eq!(tighten(&system, &bounds, &[false]), [(12.0, FAR), (1.0, 10.0), (11.0, FAR)]);
    }

    #[test]
    fn ten_cells_of_somebody_in_a_cell_of_few_are_one_each() {
        let system = System::new(11, [(0, (1..11).collect())]).unwrap();
        let found = tighten(&system, &[(1.0, 10.0); 11], &[]);
        assert!(found[0] == (10.0, 10.0) && found[1..].iter().all(|bound| *bound == (1.0, 1.0)));
    }

    #[test]
    fn bounds_go_through_several_sums() {
        let system = System::new(5, [(0, vec![1, 2]), (1, vec![3, 4])]).unwrap();
        let bounds = [(0.0, 7.0), (0.0, FAR), (5.0, FAR), (0.0, FAR), (1.0, FAR)];
        assert_eq!(tighten(&system, &bounds, &[]), [(6.0, 7.0), (1.0, 2.0), (5.0, 6.0), (0.0, 1.0), (1.0, 2.0)]);
    }
}
