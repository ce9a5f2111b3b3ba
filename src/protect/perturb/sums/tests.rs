//! Known answers by hand, and an intruder who knows everything but the keys.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protect::perturb::keyed::WordKey;

fn top() -> TopChange {
    TopChange { weights: vec![0.5, 0.25], spread: 0.8, small: 1.1, floor: 100.0, few: 11 }
}

fn own(key: u8, who: u64) -> Words {
    WordKey::new(&[key; 32], "own").words(&who.to_be_bytes())
}

fn cell(key: u8, name: u64) -> Words {
    WordKey::new(&[key; 32], "cells").words(&name.to_be_bytes())
}

/// Direction and place of a contributor, and place of a cell, as the module's formula says.
fn drawn(key: u8, who: u64, rank: usize, name: u64) -> (f64, f64, f64) {
    let uniform = |word: u64| (word >> 11) as f64 / 4_503_599_627_370_496.0 - 1.0;
    let own: Vec<u64> = own(key, who).take(2).collect();
    let cell: Vec<u64> = cell(key, name).take(rank + 1).collect();
    (if own[0].is_multiple_of(2) { 1.0 } else { -1.0 }, uniform(own[1]), uniform(cell[rank]))
}

#[test]
fn a_sum_is_changed_by_weights_directions_and_places_of_the_largest() {
    let (key, name) = (7, 99);
    let change = top().of(vec![(-2_000, own(key, 1)), (1_000, own(key, 2)), (900, own(key, 3))], cell(key, name), 20);
    let (d1, a1, v1) = drawn(key, 1, 0, name);
    let (d2, a2, v2) = drawn(key, 2, 1, name);
    // Sizes without signs; the third has no weight.
    let by_hand = d1 * 0.5 * (1.0 + 0.4 * (a1 + v1)) * 2_000.0 + d2 * 0.25 * (1.0 + 0.4 * (a2 + v2)) * 1_000.0;
    assert_eq!(change, by_hand as i128);
    // Few contributors: a tenth more.
    let few = top().of(vec![(-2_000, own(key, 1)), (1_000, own(key, 2))], cell(key, name), 2);
    assert!((few as f64 - 1.1 * by_hand).abs() <= 1.0, "{few} {by_hand}");
    // Zeros and nobody are changed like the floor.
    for largest in [vec![(0, own(key, 1))], Vec::new()] {
        let size = top().of(largest, cell(key, name), 0).unsigned_abs() as f64;
        assert!((11.0 - 1.0..=99.0).contains(&size), "{size}");
    }
}

#[test]
fn numbers_go_to_the_nearest_multiple_or_to_one_of_two_by_chance() {
    for (number, step, to) in [(7, 5, 5), (8, 5, 10), (-7, 5, -5), (-8, 5, -10), (5, 10, 10), (-5, 10, 0), (0, 3, 0)] {
        assert_eq!(nearest(number, step), Ok(to), "{number} to {step}");
    }
    // 7 of base 10 goes up where the uniform number is under 0.7.
    let word = |part: f64| (part * 18_446_744_073_709_551_615.0) as u64;
    for (number, part, to) in [(7, 0.69, 10), (7, 0.71, 0), (-3, 0.69, 0), (-3, 0.71, -10), (20, 0.0, 20)] {
        assert_eq!(random(number, 10, [word(part)]), Ok(to), "{number} at {part}");
    }
    assert_eq!(random(7, 10, []), Err(RoundingError::OutOfWords));
}

#[test]
fn a_rounded_sum_hides_its_largest_by_its_limits_or_by_the_others() {
    let made = |sum, first, second, is_few| Made { sum, largest: [first, second], is_signed: false, is_few };
    // 1000 alone, within 100 on each side asked: limits of 200 do not do, of 201 do.
    assert!(!is_open(made(1000, 1000, 0, true), (900, 1100), 10.0));
    assert!(is_open(made(1000, 1000, 0, true), (900, 1101), 10.0));
    // Twenty of 50 each beside two of 1000 and 900: the others are 1000.
    assert!(is_open(made(2900, 1000, 900, false), (2900, 2900), 10.0));
    assert!(!is_open(made(2900, 1000, 900, true), (2900, 2900), 10.0));
    assert!(!is_open(made(1950, 1000, 900, false), (1950, 1950), 10.0));
    let signed = Made { is_signed: true, ..made(2900, 1000, 900, false) };
    assert!(!is_open(signed, (2900, 2900), 10.0));
}

proptest! {
    /// Whoever knows everybody else, all parameters, the direction, and the sums of any number of cells in which the contributor is the
    /// largest keeps an interval in which no number is within 10 % of all others.
    #[test]
    fn the_largest_of_a_cell_is_not_found_within_p(
        key in 0_u8..,
        size in 1_000_000_i128..1_000_000_000,
        others in prop::collection::vec(0_i128..1_000_000, 0..5),
        names in prop::collection::vec(any::<u64>(), 1..200),
    ) {
        let (p, m, w) = (0.1, 0.5, 0.8);
        let top = TopChange { weights: vec![m], small: 1.0, ..top() };
        let rest: i128 = others.iter().sum();
        let (mut low, mut high) = (0.0_f64, f64::INFINITY);
        let (direction, place, _) = drawn(key, 1, 0, 0);
        for name in names {
            let sum = size + rest;
            let shown = sum + top.of(vec![(size, own(key, 1))], cell(key, name), 20);
            prop_assert_ne!(shown, sum);
            let told = (shown - rest) as f64;
            // With the place in the cell unknown, and even with it known: the contributor's own place stays unknown.
            let (_, _, v) = drawn(key, 1, 0, name);
            let factor = |a: f64| 1.0 + direction * m * (1.0 + w / 2.0 * (a + v));
            let ends = [told / factor(-1.0), told / factor(1.0)];
            low = low.max(ends[0].min(ends[1]));
            high = high.min(ends[0].max(ends[1]));
        }
        let size = size as f64;
        prop_assert!(low <= size * (1.0 + 1e-5) && size <= high * (1.0 + 1e-5), "{} {} {}", low, size, high);
        // Of a number within p of both ends there is none.
        prop_assert!(high * (1.0 - p) > low * (1.0 + p), "{} {} with place {}", low, high, place);
    }
}
