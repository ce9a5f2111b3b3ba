//! The pivotal method.

use super::*;

/// Joint probabilities of the ordered method, by following every outcome of every duel (Deville & Tillé 1998, section
/// 3).
pub(super) fn ordered(pi: &[f64]) -> Vec<f64> {
    let mut joint = vec![0.0; pi.len() * pi.len()];
    duel(pi, 1, (0, pi[0]), 1.0, &mut Vec::new(), &mut joint);
    joint
}

fn duel(pi: &[f64], next: usize, held: (usize, f64), chance: f64, drawn: &mut Vec<usize>, joint: &mut [f64]) {
    let is_in = held.1 > 1.0 - 1e-9;
    if is_in {
        drawn.push(held.0);
    }
    if next == pi.len() {
        for &unit in drawn.iter() {
            drawn.iter().for_each(|&other| joint[unit * pi.len() + other] += chance);
        }
    } else if is_in || held.1 < 1e-9 {
        duel(pi, next + 1, (next, pi[next]), chance, drawn, joint);
    } else {
        let (a, b) = (held.1, pi[next]);
        if a + b < 1.0 - 1e-9 {
            duel(pi, next + 1, (held.0, a + b), chance * a / (a + b), drawn, joint);
            duel(pi, next + 1, (next, a + b), chance * b / (a + b), drawn, joint);
        } else {
            for (winner, other, wins) in [(held.0, next, 1.0 - b), (next, held.0, 1.0 - a)] {
                drawn.push(winner);
                duel(pi, next + 1, (other, a + b - 1.0), chance * wins / (2.0 - a - b), drawn, joint);
                drawn.pop();
            }
        }
    }
    if is_in {
        drawn.pop();
    }
}

/// All orders of the units.
fn orders(units: usize) -> Vec<Vec<usize>> {
    if units == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(units - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, units - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..units).map(move |at| insert(order, at))).collect()
}

#[test]
fn r_draws_pairs_as_often_as_the_enumeration_says() {
    let rows = vectors(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/sample/designs_pivotal.csv")));
    let joint = ordered(&probabilities(&[1, 2, 3, 4, 5, 6, 7, 8], 3));
    for row in rows {
        let probability = joint[row[0] as usize * 8 + row[1] as usize];
        assert!(plausible(row[3] as u64, row[2] as u64, probability), "{row:?} {probability}");
    }
}

#[test]
fn ordered_pivotal_draws_units_and_pairs_as_the_enumeration_says() {
    for (sizes, n) in [(&[1, 2, 3, 4, 5, 6, 7, 8][..], 3), (&[9, 1, 7, 4, 6, 3], 4), (&[1; 7], 3), (&[1, 1], 1)] {
        let mut stream = stream(60);
        let expected = ordered(&probabilities(sizes, n));
        let found = frequencies(sizes.len(), 20_000, || pivotal(sizes, n, UnitOrder::Given, &mut stream).unwrap());
        assert_eq!(found.against(&expected), Ok(()));
    }
}

#[test]
fn with_one_half_each_one_of_every_two_neighbours_is_drawn() {
    let selection = pivotal(&[7; 40], 20, UnitOrder::Given, &mut stream(61)).unwrap();
    assert!((0..20).all(|pair| selection.units[pair as usize] / 2 == pair));
}

#[test]
fn random_pivotal_draws_units_and_pairs_as_all_orders_together_say() {
    let sizes = [1, 2, 3, 5, 4];
    let pi = probabilities(&sizes, 2);
    let all = orders(5);
    assert_eq!(all.len(), 120);
    let mut expected = vec![0.0; 25];
    for order in &all {
        let joint = ordered(&order.iter().map(|&unit| pi[unit]).collect::<Vec<_>>());
        for (i, &unit) in order.iter().enumerate() {
            for (j, &other) in order.iter().enumerate() {
                expected[unit * 5 + other] += joint[i * 5 + j] / all.len() as f64;
            }
        }
    }
    let mut stream = stream(62);
    let found = frequencies(5, 20_000, || pivotal(&sizes, 2, UnitOrder::Random, &mut stream).unwrap());
    assert_eq!(found.against(&expected), Ok(()));
    assert!(found.against(&ordered(&pi)).is_err(), "the order given would show");
}

#[test]
fn random_pivotal_of_equal_sizes_is_simple_random_sampling() {
    let mut stream = stream(63);
    let found = frequencies(9, 10_000, || pivotal(&[2; 9], 4, UnitOrder::Random, &mut stream).unwrap());
    assert_eq!(found.against(&simple_random(9, 4)), Ok(()));
}

#[test]
fn certain_units_zero_sizes_and_the_largest_numbers_are_met() {
    for order in [UnitOrder::Given, UnitOrder::Random] {
        let sizes = [0, 1000, 3, 5, 0, 4];
        for index in 0..50 {
            let selection = pivotal(&sizes, 3, order, &mut stream(index)).unwrap();
            assert_eq!((selection.units.len(), selection.units[0]), (3, 1));
            assert!(!selection.units.contains(&4));
            let huge = [u64::MAX, u64::MAX - 5, u64::MAX - 1, 77, u64::MAX, u64::MAX];
            assert_eq!(pivotal(&huge, 4, order, &mut stream(index)).unwrap().units.len(), 4);
        }
        assert_eq!(pivotal(&sizes, 4, order, &mut stream(0)).unwrap().units, [1, 2, 3, 5]);
        assert!(pivotal(&sizes, 0, order, &mut stream(0)).unwrap().units.is_empty());
        assert!(pivotal(&sizes, 5, order, &mut stream(0)).is_err());
    }
}
