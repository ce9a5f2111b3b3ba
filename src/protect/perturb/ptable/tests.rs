use proptest::prelude::*;

use super::*;

const PLAIN: Parameters =
    Parameters { deviation: 5, variance: 3.0, rule: VarianceRule::AtMost, blocked: 0, stay: None, monotone: true };

fn table(parameters: Parameters) -> PTable {
    PTable::of_largest_entropy(&parameters).expect("a table")
}

fn probability(table: &PTable, count: u64, change: i64) -> f64 {
    table.changes(count).find(|(v, _)| *v == change).map_or(0.0, |(_, weight)| weight as f64 / WHOLE as f64)
}

/// What the R package `ptable` 0.3.3 gives (made by `benches/r/ptable.R`), in 8 digits: table;i;j;p.
const REFERENCE: &str = include_str!("reference.csv");

/// The parameters of a reference table; the third row of one of them is asked without monotony.
fn parameters(name: &str, count: u64) -> Parameters {
    match name {
        "D2V1" => Parameters { deviation: 2, variance: 1.0, ..PLAIN },
        "D2V0.9" => Parameters { deviation: 2, variance: 0.9, ..PLAIN },
        "D5V3js2" => Parameters { blocked: 2, ..PLAIN },
        "D2V1.08js1" => Parameters { deviation: 2, variance: 1.08, blocked: 1, monotone: count != 3, ..PLAIN },
        "D4V1stay0.5" => Parameters { deviation: 4, variance: 1.0, stay: Some(0.5), ..PLAIN },
        "D5V2.5js2stay0.3" => Parameters { variance: 2.5, blocked: 2, stay: Some(0.3), ..PLAIN },
        "D8V2" => Parameters { deviation: 8, variance: 2.0, ..PLAIN },
        "D2V1exact" => {
            Parameters { deviation: 2, variance: 1.0, rule: VarianceRule::Exactly, monotone: false, ..PLAIN }
        }
        "D3V1.5exact" => {
            Parameters { deviation: 3, variance: 1.5, rule: VarianceRule::Exactly, monotone: false, ..PLAIN }
        }
        other => panic!("no parameters for {other}"),
    }
}

#[test]
fn tables_agree_with_the_r_package_ptable() {
    let mut compared = 0;
    for line in REFERENCE.lines().filter(|line| !line.starts_with('#')) {
        let [name, count, target, p] = line.split(';').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (count, target): (u64, i64) = (count.parse().expect("a count"), target.parse().expect("a count"));
        let ours = probability(&table(parameters(name, count)), count, target - count as i64);
        let difference = (ours - p.parse::<f64>().expect("a number")).abs();
        compared += 1;
        assert!(difference < 2e-7, "{line}: {ours}");
    }
    assert_eq!(compared, 338);
}

#[test]
fn a_table_has_rows_up_to_the_first_symmetric_one() {
    assert_eq!(table(PLAIN).last(), 5);
    assert_eq!(table(Parameters { blocked: 2, ..PLAIN }).last(), 8);
    let table = table(Parameters { blocked: 2, ..PLAIN });
    let last: Vec<_> = table.changes(8).collect();
    assert!(last.iter().zip(last.iter().rev()).all(|((a, wa), (b, wb))| *a == -*b && wa == wb));
    assert!(table.changes(u64::MAX).eq(table.changes(8)));
}

#[test]
fn zero_stays_zero_under_every_key() {
    for key in [0, 1, u64::MAX / 2, u64::MAX] {
        assert_eq!(table(PLAIN).change(0, key), 0);
    }
}

#[test]
fn a_key_is_looked_up_at_the_border_of_two_changes() {
    let table = PTable::from_rows([vec![(0, WHOLE)], vec![(-1, 10), (0, WHOLE - 30), (1, 20)]]).expect("a table");
    let changes = [0, 9, 10, u64::MAX - 20, u64::MAX - 19, u64::MAX].map(|key| table.change(1, key));
    assert_eq!(changes, [-1, -1, 0, 0, 1, 1]);
}

#[test]
fn the_least_variance_of_a_blocked_count_leaves_two_changes() {
    // Of 1, with 1 and 2 blocked: 0 with two thirds, 3 with one third, variance 2; less than 2 is not to be had.
    let two = table(Parameters { variance: 2.0, blocked: 2, ..PLAIN });
    assert_eq!(two.changes(1).map(|(v, _)| v).collect::<Vec<_>>(), [-1, 2]);
    assert!((probability(&two, 1, -1) - 2.0 / 3.0).abs() < 1e-15);
    assert!(two.bias(1).abs() <= 1, "2⁶⁴ is not a multiple of 3: one unit of 2⁻⁶⁴ is left");
    let less = PTable::of_largest_entropy(&Parameters { variance: 1.99, blocked: 2, ..PLAIN });
    assert_eq!(less, Err(PTableError::NoSolution { count: 1 }));
}

#[test]
fn parameters_out_of_range_are_refused() {
    let fails = |parameters: Parameters| PTable::of_largest_entropy(&parameters).expect_err("out of range");
    assert_eq!(fails(Parameters { deviation: 0, ..PLAIN }), PTableError::Deviation);
    assert_eq!(fails(Parameters { deviation: 31, ..PLAIN }), PTableError::Deviation);
    assert_eq!(fails(Parameters { blocked: 5, ..PLAIN }), PTableError::Deviation);
    for variance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(fails(Parameters { variance, ..PLAIN }), PTableError::Variance);
    }
    assert_eq!(fails(Parameters { stay: Some(1.0), ..PLAIN }), PTableError::Stay);
    assert_eq!(fails(Parameters { stay: Some(f64::NAN), ..PLAIN }), PTableError::Stay);
}

#[test]
fn rows_that_are_no_distributions_are_refused() {
    let zero = || vec![(0, WHOLE)];
    let refused = |row| PTable::from_rows([zero(), row]).expect_err("no distribution");
    assert_eq!(refused(vec![(-1, 10), (0, WHOLE - 11)]), PTableError::Row { count: 1 });
    assert_eq!(refused(vec![(-1, 10), (0, WHOLE)]), PTableError::Row { count: 1 });
    assert_eq!(refused(vec![(-2, 10), (0, WHOLE - 10)]), PTableError::Row { count: 1 });
    assert_eq!(refused(vec![(0, 10), (0, WHOLE - 10)]), PTableError::Row { count: 1 });
    assert_eq!(refused(vec![(0, u128::MAX), (1, 10)]), PTableError::Row { count: 1 });
    assert_eq!(refused(vec![]), PTableError::Row { count: 1 });
    assert_eq!(PTable::from_rows([]), Err(PTableError::Zero));
    assert_eq!(PTable::from_rows([vec![(1, WHOLE)]]), Err(PTableError::Zero));
}

#[test]
fn the_widest_table_is_made() {
    for variance in [0.001, 0.1, 1.0, 10.0, 100.0, 1000.0] {
        let wide = table(Parameters { deviation: 30, variance, ..PLAIN });
        assert_eq!((wide.last(), wide.bias(20)), (30, 0), "{variance}");
    }
}

#[test]
fn changes_under_one_in_a_thousand_make_nobody_doubt() {
    let symmetric = |far: u128, near: u128| {
        let stay = WHOLE - 2 * far - 2 * near;
        vec![(-2, far), (-1, near), (0, stay), (1, near), (2, far)]
    };
    let row_1 = || vec![(-1, WHOLE / 4), (0, WHOLE / 2), (1, WHOLE / 4)];
    let limits = |far: u128| {
        let table = PTable::from_rows([vec![(0, WHOLE)], row_1(), symmetric(far, WHOLE / 4)]).expect("a table");
        [1, 5, 100].map(|published| table.behind(published))
    };
    assert_eq!(limits(WHOLE / 1000), [(1, 3), (3, 7), (98, 102)]);
    assert_eq!(limits(WHOLE / 1001), [(1, 2), (4, 6), (99, 101)]);
    // What only a rare change leads to comes from there all the same; what nothing leads to tells itself.
    let rare = vec![(-1, WHOLE / 2 - 10), (1, WHOLE / 2 - 10), (2, 20)];
    let table = PTable::from_rows([vec![(0, WHOLE)], rare, vec![(2, WHOLE)]]).expect("a table");
    assert_eq!([3, 1, 9].map(|published| table.behind(published)), [(1, 1), (1, 1), (7, 7)]);
}

#[test]
fn changes_over_a_thousand_are_refused_and_the_widest_ones_looked_up_at_once() {
    let with = |widest: i64| {
        let half = || vec![(-1, WHOLE / 2), (1, WHOLE / 2)];
        let rows = (0..widest - 1).map(|_| half()).chain([vec![(-widest, WHOLE / 2), (widest, WHOLE / 2)]]);
        PTable::from_rows([vec![(0, WHOLE)]].into_iter().chain(rows))
    };
    assert_eq!(with(1001), Err(PTableError::Wide { count: 1001 }));
    let table = with(1000).expect("a table");
    assert_eq!(table.behind(0), (0, 1000));
    assert_eq!(table.behind(5_000_000_000), (4_999_999_000, 5_000_001_000));
    assert_eq!(table.behind(u64::MAX), (u64::MAX - 1000, u64::MAX));
    // A look at every count around each would take hours.
    assert!((0..300_000_u64).all(|published| table.behind(published * 7).0.abs_diff(published * 7) <= 1000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Against a search through all counts.
    #[test]
    fn limits_are_those_of_all_counts_that_lead_there(
        deviation in 1_u32..8, blocked in 0_u32..3, spread in 0.05_f64..3.0, published in 0_u64..40,
    ) {
        prop_assume!(deviation > blocked);
        let table = table(Parameters { deviation, variance: f64::from(2 * blocked) + spread, blocked, ..PLAIN });
        let leads = |least: u128| -> Vec<u64> {
            let to = |count: &u64| table.changes(*count).any(|(v, w)| w >= least && count.checked_add_signed(v) == Some(published));
            (0..80).filter(to).collect()
        };
        let counts = [leads(WHOLE / 1000), leads(1), vec![published]].into_iter().find(|counts| !counts.is_empty());
        let counts = counts.expect("the published count at least");
        prop_assert_eq!(table.behind(published), (counts[0], counts[counts.len() - 1]));
    }
}

#[test]
fn a_table_is_weak_where_a_count_of_somebody_hardly_ever_changes() {
    let with = |stay: u128| {
        let rest = (WHOLE - stay) / 2;
        let row = || vec![(-1, rest), (0, WHOLE - 2 * rest), (1, rest)];
        let strong = || vec![(-1, WHOLE / 4), (0, WHOLE / 2), (1, WHOLE / 4)];
        PTable::from_rows([vec![(0, WHOLE)], strong(), row(), strong()]).expect("a table").weak()
    };
    assert_eq!(with(WHOLE / 10 * 9), None);
    assert_eq!(with(WHOLE / 100 * 91), Some(2));
    // Zero always stays; a table with nothing else has its row for all counts.
    assert_eq!(PTable::from_rows([vec![(0, WHOLE)]]).expect("a table").weak(), Some(1));
    assert_eq!(table(PLAIN).weak(), None);
    assert_eq!(table(Parameters { variance: 0.01, ..PLAIN }).weak(), Some(1));
    assert_eq!(table(Parameters { stay: Some(0.9), variance: 1.0, ..PLAIN }).weak(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The guarantees of a p-table, exactly in the integers that are looked up.
    #[test]
    fn tables_are_unbiased_never_negative_and_skip_blocked_counts(
        deviation in 1_u32..14, blocked in 0_u32..5, spread in 0.05_f64..3.0, monotone in any::<bool>(),
        stay in prop::option::of(0.1_f64..0.9),
    ) {
        prop_assume!(deviation > blocked);
        // The least variance of the blocked count in the middle.
        let least = (1..=blocked).map(|count| count * (blocked + 1 - count)).max().unwrap_or(0);
        let variance = f64::from(least) + spread;
        let table = table(Parameters { deviation, variance, blocked, stay, monotone, ..PLAIN });
        for count in 0..=table.last() + 3 {
            let sum: u128 = table.changes(count).map(|(_, weight)| weight).sum();
            prop_assert_eq!(sum, WHOLE);
            // 0 where two neighbouring counts are possible; else the rest of a division by their distance.
            let gap = i128::from(blocked) + 1;
            let neighbours = table.changes(count).zip(table.changes(count).skip(1)).any(|((a, _), (b, _))| b == a + 1);
            prop_assert!(table.bias(count).abs() <= if neighbours { 0 } else { gap }, "{}", count);
            prop_assert!((table.square(count) as f64 / WHOLE as f64) < variance + 1e-9);
            for (change, _) in table.changes(count) {
                let target = count as i64 + change;
                prop_assert!(target == 0 || target > i64::from(blocked));
                prop_assert!(change.unsigned_abs() <= deviation.into());
            }
        }
    }
}
