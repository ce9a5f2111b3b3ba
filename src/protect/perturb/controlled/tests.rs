use proptest::prelude::*;

use super::super::report::deviation;
use super::*;
use crate::protect::tables::System;

fn signed(counts: &[u64]) -> Vec<i64> {
    counts.iter().map(|count| i64::try_from(*count).expect("a small count")).collect()
}

/// A table of `rows` × `columns` with margins, as published cells over its inner cells, row by row.
fn table(rows: u32, columns: u32) -> Published {
    let at = move |row, column| row * columns + column;
    let inner = (0..rows * columns).map(|cell| vec![cell]);
    let by_row = (0..rows).map(move |row| (0..columns).map(|column| at(row, column)).collect());
    let by_column = (0..columns).map(move |column| (0..rows).map(|row| at(row, column)).collect());
    let all = std::iter::once((0..rows * columns).collect());
    Published::new((rows * columns) as usize, inner.chain(by_row).chain(by_column).chain(all)).expect("sets")
}

fn rounded(counts: &[u64], published: &Published, base: u64) -> Rounded {
    round(counts, published, base, &vec![0; counts.len()]).expect("counts in range")
}

/// The guarantee: nothing small is published, totals are sums, and only small inner cells were touched, to 0 or the
/// base.
fn holds(counts: &[u64], published: &Published, base: u64, rounded: &Rounded) -> bool {
    let additive = published.sums(&rounded.inner) == Ok(rounded.published.clone());
    let hidden = rounded.published.iter().all(|count| *count == 0 || *count >= base);
    let touched = counts
        .iter()
        .zip(&rounded.inner)
        .all(|(before, after)| before == after || (0 < *before && *before < base && (*after == 0 || *after == base)));
    additive && hidden && touched
}

#[test]
fn a_small_table_is_rounded_as_by_hand() {
    // 1 and 1 in one row of an otherwise large table: with base 2 one goes up and one down, no margin but the columns
    // moves.
    let counts = [1, 1, 20, 30, 40, 50];
    let rounded = rounded(&counts, &table(2, 3), 2);
    assert_eq!(rounded.inner, [2, 0, 20, 30, 40, 50]);
    assert_eq!(rounded.published[6..], [22, 120, 32, 40, 70, 142]);
}

#[test]
fn counts_without_small_published_cells_stay() {
    let counts = [0, 5, 7, 3, 9, 11];
    assert_eq!(rounded(&counts, &table(2, 3), 3).inner, counts);
}

#[test]
fn small_inner_cells_that_are_only_in_large_published_ones_stay() {
    let published = Published::new(3, [vec![0, 1, 2]]).expect("sets");
    assert_eq!(rounded(&[1, 2, 2], &published, 5).inner, [1, 2, 2]);
    assert!(rounded(&[1, 1, 2], &published, 5).inner.iter().all(|count| [0, 5].contains(count)));
}

#[test]
fn a_small_inner_cell_that_a_zero_beside_it_gives_away_is_rounded() {
    // Cell 1 is not published. The pair {0, 1} is large, 0 alone is published: 1 follows. In the triple {2, 3, 4}, 2
    // and 3 are not published, but their pair is zero, so that the triple tells 4.
    let sets = [vec![0], vec![0, 1], vec![2, 3], vec![2, 3, 4, 5], vec![5]];
    let published = Published::new(6, sets).expect("sets");
    let rounded = rounded(&[9, 2, 0, 0, 1, 9], &published, 3);
    assert_eq!((rounded.inner[0], &rounded.inner[2..4], rounded.inner[5]), (9, &[0, 0][..], 9));
    assert_eq!(rounded.inner[1] % 3, 0);
    assert_eq!(rounded.inner[4] % 3, 0);
    // Where two unpublished cells share the pair, nothing is given away and nothing changes.
    let published = Published::new(3, [vec![0, 1, 2]]).expect("sets");
    assert_eq!(super::round(&[9, 2, 1], &published, 3, &[0; 3]).expect("in range").inner, [9, 2, 1]);
}

#[test]
fn cells_that_become_small_by_rounding_are_rounded_too() {
    // The pair {0, 1} is 5; 0 is published, small, and goes to 0, so that the pair becomes 4 and must be rounded in
    // turn.
    let published = Published::new(3, [vec![0], vec![0, 1], vec![0, 1, 2]]).expect("sets");
    let rounded = rounded(&[1, 4, 90], &published, 5);
    assert!(holds(&[1, 4, 90], &published, 5, &rounded));
    assert_ne!(rounded.inner[1], 4);
}

#[test]
fn the_word_decides_between_equal_cells() {
    let published = Published::new(4, [vec![0], vec![1], vec![2], vec![0, 1, 2, 3]]).expect("sets");
    let up = |ties: [u64; 4]| round(&[1, 1, 1, 50], &published, 3, &ties).expect("in range").inner;
    assert_eq!(up([0; 4]), [3, 0, 0, 50]);
    assert_eq!(up([9, 9, 2, 0]), [0, 0, 3, 50]);
    assert_eq!(up([9, 1, 2, 0]), [0, 3, 0, 50]);
}

#[test]
fn the_grand_total_moves_by_less_than_a_base() {
    let counts: Vec<u64> = (0..400_u64).map(|at| at * 7 % 5).collect();
    let exact: u64 = counts.iter().sum();
    let total: u64 = rounded(&counts, &table(20, 20), 5).inner.iter().sum();
    assert!(total.abs_diff(exact) <= 2, "{total} {exact}");
}

#[test]
fn more_cells_than_one_go_takes_are_rounded_in_turns() {
    let counts: Vec<u64> = (0..4900_u64).map(|at| at * at % 3).collect();
    let published = table(70, 70);
    let rounded = rounded(&counts, &published, 3);
    assert!(counts.iter().filter(|count| **count > 0).count() > greedy::MOST);
    assert!(holds(&counts, &published, 3, &rounded));
    let report = deviation(&published.sums(&counts).expect("sums")[4900..], &signed(&rounded.published[4900..]));
    assert!(report.most <= 6, "{report:?}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let published = table(2, 2);
    assert_eq!(round(&[1; 4], &published, 1, &[0; 4]), Err(ControlledError::Base));
    assert_eq!(round(&[1; 4], &published, 1001, &[0; 4]), Err(ControlledError::Base));
    assert_eq!(round(&[1; 3], &published, 3, &[0; 3]), Err(ControlledError::Length));
    assert_eq!(round(&[1; 4], &published, 3, &[0; 3]), Err(ControlledError::Length));
    assert_eq!(round(&[u64::MAX, 1, 1, 1], &published, 3, &[0; 4]), Err(ControlledError::TooLarge));
    assert_eq!(round(&[1 << 61, 1, 1, 1], &published, 3, &[0; 4]), Err(ControlledError::TooLarge));
    assert_eq!(Published::new(3, [vec![0, 3]]), Err(ControlledError::Malformed));
    assert_eq!(Published::new(3, [vec![1, 1]]), Err(ControlledError::Malformed));
}

/// Cells 0..6 a table of 2 × 3, 6 and 7 its rows, 8 to 10 its columns, 11 all.
fn system() -> System {
    let relations = [
        (6, vec![0, 1, 2]),
        (7, vec![3, 4, 5]),
        (8, vec![0, 3]),
        (9, vec![1, 4]),
        (10, vec![2, 5]),
        (11, vec![6, 7]),
        (11, vec![8, 9, 10]),
    ];
    System::new(12, relations).expect("a system")
}

#[test]
fn a_system_is_taken_apart_into_its_inner_cells() {
    let (published, inner, shown) = Published::of_system(&system(), |_| true).expect("one finest table");
    assert_eq!(inner, [0, 1, 2, 3, 4, 5]);
    assert_eq!(shown, (0..12).collect::<Vec<_>>());
    assert_eq!(published, {
        let expected = table(2, 3);
        let order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        Published::new(6, order.map(|cell| expected.members(cell).to_vec())).expect("sets")
    });
    assert_eq!(published.most_around(), 4);
}

#[test]
fn a_cell_that_follows_from_a_sum_counts_as_published() {
    // Of the first row the third cell is not shown, nor the grand total: both follow. The second row's inner cells do
    // not.
    let (published, _, shown) =
        Published::of_system(&system(), |cell| [0, 1, 6, 7].contains(&cell)).expect("one finest");
    assert_eq!(shown, [0, 1, 2, 6, 7, 11]);
    assert_eq!(published.cells(), 6);
    let rounded = rounded(&[4, 4, 1, 1, 9, 9], &published, 3);
    assert_eq!(rounded.inner, [4, 4, 0, 1, 9, 9]);
}

#[test]
fn tables_without_a_common_finest_one_are_refused() {
    let system = System::new(5, [(4, vec![0, 1]), (4, vec![2, 3])]).expect("a system");
    assert_eq!(Published::of_system(&system, |_| true), Err(ControlledError::NoCommonFinest { cell: 4 }));
    let twice = System::new(4, [(2, vec![0, 1]), (3, vec![0, 2])]).expect("a system");
    assert_eq!(Published::of_system(&twice, |_| true), Err(ControlledError::NoCommonFinest { cell: 3 }));
    let circle = System::new(3, [(0, vec![1]), (1, vec![2]), (2, vec![0])]).expect("a system");
    assert_eq!(Published::of_system(&circle, |_| true), Err(ControlledError::Circular { cell: 0 }));
}

#[test]
fn the_report_has_the_known_figures() {
    // The example of the R package's HDutility: f = 1..6, g = 0, 3, 3, 3, 6, 6.
    let report = deviation(&[1, 2, 3, 4, 5, 6], &[0, 3, 3, 3, 6, 6]);
    assert_eq!((report.cells, report.changed, report.most, report.sum, report.squares), (6, 4, 1, 4, 4));
    assert!((report.mean() - 2.0 / 3.0).abs() < 1e-15);
    let distance =
        [(1.0, 0.0), (2.0, 3.0), (4.0, 3.0), (5.0, 6.0_f64)].map(|(f, g): (f64, f64)| (f.sqrt() - g.sqrt()).powi(2));
    let known = 1.0 - (distance.iter().sum::<f64>() / 2.0 / 21.0).sqrt();
    assert!((report.hellinger_utility - known).abs() < 1e-15);
    assert_eq!(deviation(&[], &[]).hellinger_utility, 1.0);
}

/// Inner and published cells of three dimensions, the first with groups over its categories, in two linked tables.
fn linked(sizes: [u32; 3], groups: u32) -> System {
    let [a, b, c] = sizes;
    let level = |cell: u32| [cell / (b * c), cell / c % b, cell % c];
    // The margins as sets, to be turned into relations over inner cells; a linked system of one finest table.
    let mut sets: Vec<Vec<u32>> = Vec::new();
    let mut add = |holds: &dyn Fn([u32; 3]) -> Option<u32>, count: u32| {
        for value in 0..count {
            sets.push((0..a * b * c).filter(|cell| holds(level(*cell)) == Some(value)).collect());
        }
    };
    add(&|[x, y, _]| Some(x * b + y), a * b);
    add(&|[x, _, z]| Some(x * c + z), a * c);
    add(&|[x, y, _]| Some(x % groups * b + y), groups * b);
    add(&|[x, ..]| Some(x), a);
    add(&|[x, ..]| Some(x % groups), groups);
    add(&|[_, y, _]| Some(y), b);
    add(&|_| Some(0), 1);
    let inner = a * b * c;
    let relations: Vec<_> =
        sets.into_iter().filter(|set| !set.is_empty()).zip(inner..).map(|(set, at)| (at, set)).collect();
    System::new(inner as usize + relations.len(), relations).expect("a system")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn linked_hierarchical_tables_are_additive_and_show_nothing_small(
        sizes in [1_u32..6, 1_u32..5, 1_u32..5], groups in 1_u32..4, base in 2_u64..8, show_inner in any::<bool>(),
        counts in prop::collection::vec(0_u64..12, 100), ties in prop::collection::vec(any::<u64>(), 100),
    ) {
        let system = linked(sizes, groups);
        let cells = sizes.iter().product::<u32>();
        let (published, inner, _) = Published::of_system(&system, |cell| show_inner || cell >= cells).expect("one finest");
        prop_assert_eq!(inner.len(), cells as usize);
        let (counts, ties) = (&counts[..inner.len()], &ties[..inner.len()]);
        let rounded = round(counts, &published, base, ties).expect("in range");
        prop_assert!(holds(counts, &published, base, &rounded));
        // Doing it again changes nothing, and neither does the order of the published cells.
        prop_assert_eq!(&round(&rounded.inner, &published, base, ties).expect("in range"), &rounded);
        let reversed = Published::new(inner.len(), (0..published.cells()).rev().map(|cell| published.members(cell).to_vec()));
        let again = round(counts, &reversed.expect("sets"), base, ties).expect("in range");
        prop_assert_eq!(again.inner, rounded.inner);
    }

    /// The choice is as good as the best of all choices of as many cells, within a factor; on small tables all are
    /// tried.
    #[test]
    fn on_small_tables_the_greedy_choice_is_near_the_best(counts in prop::collection::vec(0_u64..9, 9)) {
        let published = table(3, 3);
        let exact = published.sums(&counts).expect("sums");
        let rounded = rounded(&counts, &published, 3);
        let squares = |inner: &[u64]| deviation(&exact, &signed(&published.sums(inner).expect("sums"))).squares;
        let small: Vec<usize> = (0..9).filter(|at| (1..3).contains(&counts[*at])).collect();
        let all = (0_u32..1 << small.len()).map(|choice| {
            let mut inner = counts.clone();
            small.iter().zip(0..).for_each(|(at, bit)| inner[*at] = if choice >> bit & 1 == 1 { 3 } else { 0 });
            inner
        });
        let best = all
            .filter(|inner| published.sums(inner).expect("sums").iter().all(|count| *count == 0 || *count >= 3))
            .map(|inner| squares(&inner))
            .min()
            .expect("some choice");
        prop_assert!(squares(&rounded.inner) <= 3 * best + 12, "{} {}", squares(&rounded.inner), best);
    }
}

/// Sums of squared deviations of the R package `SmallCountRounding` (made by `benches/r/small_count_rounding.R`), over 25
/// random orders.
const REFERENCE: &str = include_str!("reference.csv");

/// The made-up tables of the R script.
fn reference_case(sizes: [u32; 3], groups: u32, show_inner: bool) -> (Vec<u64>, Published) {
    let cells = u64::from(sizes.iter().product::<u32>());
    let counts: Vec<u64> = (0..cells).map(|cell| (cell * cell * 7 + cell * 3 + cell / 5) % 13).collect();
    let shown = |cell: u32| show_inner || u64::from(cell) >= cells;
    let (published, ..) = Published::of_system(&linked(sizes, groups), shown).expect("one finest");
    (counts, published)
}

#[test]
fn published_cells_move_no_more_than_with_the_r_package() {
    for line in REFERENCE.lines().filter(|line| !line.starts_with('#')) {
        let field: Vec<u64> = line.split(';').map(|field| field.parse().expect("a whole number")).collect();
        let [a, b, c, groups, base, shown, least, median, largest, most] = field[..] else { panic!("{line}") };
        let (counts, published) = reference_case([a, b, c].map(|size| size as u32), groups as u32, shown == 1);
        let rounded = rounded(&counts, &published, base);
        assert!(holds(&counts, &published, base, &rounded));
        let report = deviation(&published.sums(&counts).expect("sums"), &signed(&rounded.published));
        assert!(least > 0 && report.squares <= u128::from(largest), "{line}: {report:?}");
        assert!(report.squares <= u128::from(median) * 11 / 10 && report.most <= 2 * most, "{line}: {report:?}");
    }
}
