use super::super::systematic::from_start;
use super::*;

#[test]
fn a_fractional_interval_gives_every_unit_its_exact_probability() {
    // 3 of 10: over all ten starts each unit is drawn three times, and every sample has three different units.
    let mut counts = [0; 10];
    for start in 0..10 {
        let selection = from_start(&[1; 10], &Proportional::new(&[1; 10], 3).unwrap(), start);
        assert_eq!(selection.units.len(), 3);
        selection.units.iter().for_each(|&unit| counts[unit as usize] += 1);
    }
    assert_eq!(counts, [3; 10]);
}

#[test]
fn equal_probability_is_the_special_case_of_equal_sizes() {
    for (units, n) in [(10, 3), (10, 10), (7, 1), (97, 31), (5, 0)] {
        for index in 0..20 {
            let simple = systematic(units, n, &mut stream(index)).unwrap();
            let sizes = vec![1; units as usize];
            assert_eq!(simple.units.len(), n as usize);
            if n < units && n > 0 {
                // The start of the one is the distance to the first point of the other, counted from the frame's
                // start.
                let shares = Proportional::new(&sizes, n.into()).unwrap();
                let start = stream(index).below(units.into());
                assert_eq!(simple, from_start(&sizes, &shares, start.into()));
            }
        }
    }
    assert!(systematic(3, 4, &mut stream(0)).is_err());
}

/// Joint probabilities: all starts in turn.
fn over_all_starts(sizes: &[u64], n: u64) -> Vec<f64> {
    let shares = Proportional::new(sizes, n).unwrap();
    let mut start = 0;
    let all = shares.total();
    let found = frequencies(sizes.len(), all as u64, || {
        start += 1;
        from_start(sizes, &shares, start - 1)
    });
    found.counts.iter().map(|&count| count as f64 / all as f64).collect()
}

#[test]
fn joint_probabilities_over_all_starts_agree_with_r() {
    let rows = vectors(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/sample/designs_joint.csv")));
    let sizes: Vec<u64> = rows.iter().filter(|row| row[0] == row[1]).map(|row| row[2] as u64).collect();
    let joint = over_all_starts(&sizes, 9);
    for row in rows {
        let found = joint[row[0] as usize * sizes.len() + row[1] as usize];
        assert!((found - row[5]).abs() < 1e-12, "{row:?} {found}");
    }
}

#[test]
fn starts_are_drawn_so_that_units_and_pairs_come_as_often_as_they_should() {
    let sizes = [3, 0, 8, 1, 4, 50, 6, 2];
    let mut stream = stream(20);
    let found = frequencies(8, 10_000, || systematic_pps(&sizes, 4, &mut stream).unwrap());
    assert_eq!(found.against(&over_all_starts(&sizes, 4)), Ok(()));
    let found = frequencies(10, 10_000, || systematic(10, 4, &mut stream).unwrap());
    assert_eq!(found.against(&over_all_starts(&[1; 10], 4)), Ok(()));
}

#[test]
fn the_largest_sizes_do_not_overflow() {
    let sizes = [u64::MAX, u64::MAX - 1, u64::MAX - 7, u64::MAX, 1];
    for index in 0..50 {
        assert_eq!(systematic_pps(&sizes, 3, &mut stream(index)).unwrap().units.len(), 3);
    }
}
