#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn persons_of_two_cells_are_between_the_larger_cell_and_the_sum() {
    let union = Tally::exactly(4).union(Tally::exactly(7)).unwrap();
    assert_eq!((union.least(), union.most(), union.exclusive()), (7, 11, 0));
}

#[test]
fn exclusive_persons_lift_the_lower_bound() {
    // 4 of whom 3 are nowhere else, beside 7 of whom 2 are nowhere else: at least 7 + 3.
    let union = Tally::new(4, 3).unwrap().union(Tally::new(7, 2).unwrap()).unwrap();
    assert_eq!((union.least(), union.most(), union.exclusive()), (10, 11, 5));
}

#[test]
fn cells_do_not_overlap_where_one_is_all_exclusive() {
    let (alone, shared) = (Tally::new(3, 3).unwrap(), Tally::new(3, 2).unwrap());
    assert_eq!(alone.overlap(shared), Overlap::Disjoint);
    assert_eq!(shared.overlap(alone), Overlap::Disjoint);
    assert_eq!(shared.overlap(shared), Overlap::Possible);
    assert_eq!(Tally::exactly(0).overlap(shared), Overlap::Disjoint);
}

#[test]
fn more_exclusive_persons_than_persons_are_a_contradiction() {
    assert_eq!(Tally::new(2, 3), Err(RuleError::Contradiction));
    assert_eq!(Tally::exactly(u64::MAX).union(Tally::exactly(1)), Err(RuleError::TooLarge));
}

proptest! {
    #[test]
    fn the_true_number_lies_within_the_bounds_in_any_order(
        cells in prop::collection::vec(prop::collection::btree_set(0..12_u8, 0..8), 1..5).prop_shuffle()
    ) {
        let tally = |at: usize| {
            let elsewhere = |person: &&u8| cells.iter().enumerate().any(|(b, cell)| at != b && cell.contains(*person));
            let shared = cells[at].iter().filter(elsewhere).count();
            Tally::new(cells[at].len() as u64, (cells[at].len() - shared) as u64).unwrap()
        };
        let tallies: Vec<Tally> = (0..cells.len()).map(tally).collect();
        let forwards = tallies[1..].iter().fold(tallies[0], |sum, tally| sum.union(*tally).unwrap());
        let backwards = tallies.iter().rev().skip(1).fold(tallies[cells.len() - 1], |sum, tally| tally.union(sum).unwrap());
        prop_assert_eq!(forwards, backwards);
        let truth = cells.iter().flatten().collect::<BTreeSet<_>>().len() as u64;
        prop_assert!(forwards.least() <= truth && truth <= forwards.most());
        let largest = tallies.iter().map(|tally| tally.least()).max().unwrap();
        let exclusive: u64 = tallies.iter().map(|tally| tally.exclusive()).sum();
        prop_assert!(forwards.least() >= largest.max(exclusive));
    }
}
