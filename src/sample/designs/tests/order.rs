use super::*;

const BELGIUM: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/sample/designs_order.csv"));

/// A design that draws by permanent random numbers.
type ByNumbers = fn(&[u64], u64, &[u64]) -> Result<Selection, DesignError>;

fn numbers(stream: &mut Stream, units: usize) -> Vec<u64> {
    (0..units).map(|_| stream.word()).collect()
}

#[test]
fn the_three_designs_select_what_r_selects_with_the_same_numbers() {
    let rows = vectors(BELGIUM);
    let sizes: Vec<u64> = rows.iter().map(|row| row[0] as u64).collect();
    let u: Vec<u64> = rows.iter().map(|row| (row[2] as u64) << 32).collect();
    for (column, design) in [(3, poisson as ByNumbers), (4, sequential_poisson), (5, pareto)] {
        let expected: Vec<u32> = (0..).zip(&rows).filter(|(_, row)| row[column] == 1.0).map(|(unit, _)| unit).collect();
        let selection = design(&sizes, 200, &u).unwrap();
        assert_eq!(selection.units, expected);
        let certain = rows.iter().filter(|row| row[1] > 1.0 - 1e-12).count();
        let approximate = selection.inclusion.iter().filter(|inclusion| inclusion.is_approximate()).count();
        assert_eq!(approximate, if column == 3 { 0 } else { 200 - certain }, "certain units are exact");
    }
}

#[test]
fn poisson_compares_at_the_last_bit() {
    // π = 1/3 for each: 2⁶⁴ / 3 = 6148914691236517205.33…
    let at = |u| Proportional::new(&[1, 1, 1], 1).unwrap().poisson_selects(1, u);
    assert!(at(6_148_914_691_236_517_205) && !at(6_148_914_691_236_517_206));
    let all = Proportional::new(&[1], 1).unwrap();
    assert!(all.poisson_selects(1, u64::MAX) && !all.poisson_selects(0, 0));
}

#[test]
fn poisson_draws_units_independently_with_their_probabilities() {
    let sizes = [1, 2, 3, 4, 0, 5, 30];
    let mut stream = stream(10);
    let found = frequencies(7, 20_000, || poisson(&sizes, 3, &numbers(&mut stream, 7)).unwrap());
    assert_eq!(found.against(&independent(&probabilities(&sizes, 3))), Ok(()));
}

#[test]
fn order_sampling_of_two_units_has_its_true_probabilities() {
    // One of sizes 1 and 2: nominal 1/3. Sequential Poisson: P(u / 1 < v / 2) = 1/4. Pareto, with r = (1/2) / 2 the
    // ratio of the odds: P = r (r − 1 − ln r) / (r − 1)².
    let ratio = 0.25_f64;
    let true_pareto = ratio * (ratio - 1.0 - ratio.ln()) / ((ratio - 1.0) * (ratio - 1.0));
    for (design, probability) in [(sequential_poisson as ByNumbers, 0.25), (pareto, true_pareto)] {
        let mut stream = stream(11);
        let found = frequencies(2, 20_000, || design(&[1, 2], 1, &numbers(&mut stream, 2)).unwrap());
        assert_eq!(found.against(&[probability, 0.0, 0.0, 1.0 - probability]), Ok(()));
    }
}

#[test]
fn order_sampling_of_equal_sizes_is_simple_random_sampling() {
    for design in [sequential_poisson, pareto] {
        let mut stream = stream(12);
        let found = frequencies(7, 10_000, || design(&[5; 7], 3, &numbers(&mut stream, 7)).unwrap());
        assert_eq!(found.against(&simple_random(7, 3)), Ok(()));
    }
}

#[test]
fn order_sampling_keeps_nominal_probabilities_nearly_pareto_better() {
    let sizes: Vec<u64> = (1..=12).collect();
    let worst = |design: ByNumbers| {
        let mut stream = stream(13);
        let found = frequencies(12, 20_000, || design(&sizes, 5, &numbers(&mut stream, 12)).unwrap());
        let gap = |(unit, pi): (usize, f64)| (found.counts[unit * 13] as f64 / found.draws as f64 - pi).abs();
        probabilities(&sizes, 5).into_iter().enumerate().map(gap).fold(0.0, f64::max)
    };
    let (sequential, pareto) = (worst(sequential_poisson), worst(pareto));
    // Standard error at most 0.0035.
    assert!(sequential < 0.05 && pareto < 0.018, "{sequential} {pareto}");
}

#[test]
fn ranks_of_parts_merge_to_the_sample_of_the_whole() {
    let mut stream = stream(14);
    let sizes: Vec<u64> = (0..200).map(|_| stream.below(50)).collect();
    let u = numbers(&mut stream, 200);
    for (rule, design) in
        [(RankingRule::SequentialPoisson, sequential_poisson as ByNumbers), (RankingRule::Pareto, pareto)]
    {
        let ranking = Ranking::new(rule, Proportional::new(&sizes, 20).unwrap());
        let mut lowest: Vec<(Rank, u32)> = Vec::new();
        for part in [150..200, 0..70, 70..150] {
            lowest.extend(part.filter_map(|unit| Some((ranking.rank(sizes[unit], u[unit])?, unit as u32))));
            lowest.sort();
            lowest.truncate(20);
        }
        let mut merged: Vec<u32> = lowest.into_iter().map(|(_, unit)| unit).collect();
        merged.sort_unstable();
        let whole = design(&sizes, 20, &u).unwrap();
        assert_eq!(whole.units, merged);
    }
}

#[test]
fn ranks_that_differ_beyond_floating_point_are_told_apart() {
    let shares = Proportional::new(&[u64::MAX - 2, u64::MAX - 1, u64::MAX, u64::MAX, 9], 2).unwrap();
    for rule in [RankingRule::SequentialPoisson, RankingRule::Pareto] {
        let rank = |size, u| Ranking::new(rule, shares).rank(size, u).unwrap();
        assert!(rank(u64::MAX, 1 << 63) < rank(u64::MAX, (1 << 63) + 1));
        assert!(rank(u64::MAX, 1 << 63) < rank(u64::MAX - 1, 1 << 63));
        assert!(rank(u64::MAX - 1, u64::MAX) < rank(u64::MAX - 2, u64::MAX));
        assert_eq!(rank(u64::MAX, 77), rank(u64::MAX, 77));
    }
}

#[test]
fn certain_units_come_first_and_sizes_of_zero_never() {
    let sizes = [0, 100, 1, 1, 1];
    for design in [sequential_poisson, pareto] {
        let selection = design(&sizes, 2, &[0, u64::MAX, 9, 8, 7]).unwrap();
        assert_eq!(selection.units, [1, 4]);
        assert_eq!(selection.inclusion[0], Inclusion::CERTAIN);
        assert_eq!(selection.inclusion[1].fraction(), (1, 3));
        assert!(design(&sizes, 0, &[0; 5]).unwrap().units.is_empty());
        assert_eq!(design(&sizes, 2, &[0; 4]), Err(DesignError::UnequalLengths { expected: 5, found: 4 }));
        // Equal ranks: the first of the order given.
        assert_eq!(design(&sizes, 3, &[5; 5]).unwrap().units, [1, 2, 3]);
    }
}
