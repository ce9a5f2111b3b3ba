#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use crate::config::Measure;

mod contributions;

use super::*;

/// A mean and a sum of column 0, the shares of two values of column 1.
fn layout() -> Layout {
    let share = |equals: &str| Measure::Share { column: 1, equals: equals.into() };
    Layout::new(&[Measure::Mean(0), share("a"), Measure::Persons, Measure::Sum(0), share("b")])
}

#[derive(Debug, Clone)]
struct Row {
    person: u32,
    cell: u64,
    amount: Option<i64>,
    category: Option<u32>,
}

impl Row {
    /// In halves, so that fractions are summed too.
    fn amount(&self) -> Option<Amount> {
        self.amount.map(|halves| Amount::from_f64(halves as f64 / 2.0).unwrap())
    }
}

/// Any key: large, so that sums go round.
fn record_key(person: u32) -> u64 {
    (u64::from(person) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn cells(rows: &[&Row], layout: &Layout) -> Cells {
    let mut bucket = BucketCells::new(layout);
    for row in rows {
        bucket.row((row.person, record_key(row.person)), &[row.cell], &[row.amount()], &[row.category], None).unwrap();
    }
    bucket.finish()
}

fn classes(rows: &[&Row]) -> Classes {
    let mut bucket = BucketClasses::default();
    rows.iter().for_each(|row| bucket.row(row.person, &[row.cell]).unwrap());
    bucket.finish()
}

/// The same counts from sets, one question at a time.
fn reference(rows: &[Row], cell: u64) -> Cell {
    let inside: Vec<&Row> = rows.iter().filter(|row| row.cell == cell).collect();
    let persons = |is: &dyn Fn(&Row) -> bool| {
        inside.iter().filter(|row| is(row)).map(|row| row.person).collect::<HashSet<_>>().len() as u64
    };
    let records = |is: &dyn Fn(&Row) -> bool| inside.iter().filter(|row| is(row)).count() as u64;
    let elsewhere: HashSet<u32> = rows.iter().filter(|row| row.cell != cell).map(|row| row.person).collect();
    let halves: i64 = inside.iter().filter_map(|row| row.amount).sum();
    let categories = (0..3).map(|category| CategoryTally {
        records: records(&|row| row.category == Some(category)),
        persons: persons(&|row| row.category == Some(category)),
        others: persons(&|row| row.category.is_some_and(|other| other != category)),
    });
    Cell {
        records: records(&|_| true),
        persons: persons(&|_| true),
        exclusive: persons(&|row| !elsewhere.contains(&row.person)),
        keys: KeySum(
            inside
                .iter()
                .map(|row| row.person)
                .collect::<HashSet<_>>()
                .into_iter()
                .map(record_key)
                .fold(0, u64::wrapping_add),
        ),
        keyed: Box::default(),
        amounts: [AmountTally {
            records: records(&|row| row.amount.is_some()),
            persons: persons(&|row| row.amount.is_some()),
            sum: Amount::from_f64(halves as f64 / 2.0).unwrap(),
        }]
        .into(),
        shares: [ShareTally {
            records: records(&|row| row.category.is_some()),
            persons: persons(&|row| row.category.is_some()),
            categories: categories.collect(),
        }]
        .into(),
        contributions: None,
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0_u32..12, 0_u64..4, prop::option::of(-50_i64..50), prop::option::of(0_u32..3))
        .prop_map(|(person, cell, amount, category)| Row { person, cell, amount, category });
    prop::collection::vec(row, 0..60)
}

proptest! {
    #[test]
    fn any_buckets_by_person_in_any_order_of_merging_count_what_sets_count(
        rows in rows(),
        bucket_of in prop::collection::vec(0_usize..4, 12),
        from_the_right in any::<bool>(),
    ) {
        let layout = layout();
        let mut buckets: Vec<Vec<&Row>> = vec![Vec::new(); 4];
        rows.iter().for_each(|row| buckets[bucket_of[row.person as usize]].push(row));
        // Within a person, rows stay as they came: any order.
        buckets.iter_mut().for_each(|bucket| bucket.sort_by_key(|row| row.person));

        let counted: Vec<Cells> = buckets.iter().map(|bucket| cells(bucket, &layout)).collect();
        let merged = if from_the_right {
            counted.into_iter().rev().fold(Cells::default(), |right, left| left.merge(right).unwrap())
        } else {
            counted.into_iter().fold(Cells::default(), |left, right| left.merge(right).unwrap())
        };
        let expected: BTreeMap<u64, Cell> = rows.iter().map(|row| (row.cell, reference(&rows, row.cell))).collect();
        prop_assert_eq!(merged.len(), expected.len());
        for (cell, expected) in &expected {
            prop_assert_eq!(merged.get(&[*cell]), Some(expected));
        }

        let merged = buckets.iter().map(|bucket| classes(bucket)).fold(Classes::default(), Classes::merge);
        prop_assert_eq!(merged.len(), expected.len());
        for (cell, Cell { records, persons, .. }) in expected {
            prop_assert_eq!(merged.get(&[cell]), Some(Class { records, persons }));
        }
    }

    #[test]
    fn an_integer_comes_back_whole_from_a_sum(a in any::<i64>(), b in any::<i64>()) {
        let sum = Amount::from_i64(a).plus(Amount::from_i64(b)).unwrap();
        prop_assert_eq!(sum.to_i64(), a.checked_add(b));
        prop_assert_eq!(Amount::from_i64(a).to_f64(), a as f64);
    }

    #[test]
    fn a_number_of_nine_decimals_is_taken_as_written(whole in -1_000_000_i64..1_000_000, billionths in 0_i64..1_000_000_000) {
        let written = format!("{}.{:09}", whole, billionths);
        let amount = Amount::from_f64(written.parse().unwrap()).unwrap();
        let sign = if written.starts_with('-') { -1 } else { 1 };
        let exact = Amount::from_i64(whole * 1_000_000_000 + sign * billionths).over(1_000_000_000).unwrap();
        prop_assert_eq!(amount, exact);
        prop_assert_eq!(amount.to_f64().to_string(), written.parse::<f64>().unwrap().to_string());
    }
}

#[test]
fn measures_of_one_column_share_their_counts() {
    let layout = layout();
    let share = |value| Slot::Share { column: 0, value };
    assert_eq!(layout.slots(), [Slot::Mean(0), share(0), Slot::Persons, Slot::Sum(0), share(1)]);
    assert_eq!(layout.amounts(), [0]);
    assert_eq!(layout.shares(), [ShareColumn { column: 1, values: vec!["a".into(), "b".into()] }]);
}

#[test]
fn a_person_who_comes_back_after_another_is_refused_rather_than_counted_twice() {
    let mut classes = BucketClasses::default();
    classes.row(1, &[0]).unwrap();
    assert_eq!(classes.row(0, &[0]), Err(SummariseError::Unsorted));
    let layout = Layout::default();
    let mut cells = BucketCells::new(&layout);
    cells.row((1, 0), &[0], &[], &[], None).unwrap();
    assert_eq!(cells.row((0, 0), &[1], &[], &[], None), Err(SummariseError::Unsorted));
}

#[test]
fn the_tally_of_a_category_that_the_layout_lacks_is_refused() {
    let layout = layout();
    let mut cells = BucketCells::new(&layout);
    assert_eq!(cells.row((0, 0), &[0], &[None], &[Some(3)], None), Err(SummariseError::Layout));
    assert_eq!(cells.row((0, 0), &[0], &[], &[None], None), Err(SummariseError::Layout));
}

#[test]
fn cells_of_two_layouts_do_not_merge() {
    let (one, other) = (layout(), Layout::default());
    let mut bare = BucketCells::new(&other);
    bare.row((0, 0), &[0], &[], &[], None).unwrap();
    let row = Row { person: 0, cell: 0, amount: None, category: None };
    assert_eq!(cells(&[&row], &one).merge(bare.finish()), Err(SummariseError::Layout));
}

#[test]
fn a_number_is_rounded_to_the_nearest_billionth_and_halves_go_to_even() {
    let billionths = |value: f64| Amount::from_f64(value).map(|amount| (amount.to_f64() * 1e9).round());
    assert_eq!(billionths(0.1), Ok(1e8));
    // 2⁻¹⁰ · 10⁹ = 976562.5 and 3 · 2⁻¹⁰ · 10⁹ = 2929687.5 are halves exactly.
    assert_eq!(billionths(0.000_976_562_5), Ok(976_562.0));
    assert_eq!(billionths(-0.002_929_687_5), Ok(-2_929_688.0));
    assert_eq!(Amount::from_f64(4.9e-10).unwrap(), Amount::default());
    assert_eq!(Amount::from_f64(f64::MIN_POSITIVE).unwrap(), Amount::default());
    assert_eq!(billionths(5.1e-10), Ok(1.0));
}

#[test]
fn a_value_too_large_to_be_summed_exactly_is_an_error_and_never_the_nearest_that_fits() {
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e19, -1e300] {
        assert_eq!(Amount::from_f64(value), Err(SummariseError::TooLarge));
    }
    let limit = (1_u64 << 63) as f64;
    let mut sum = Amount::from_f64(limit).unwrap();
    assert_eq!((sum.to_f64(), sum.to_i64()), (limit, None));
    // Doubled 34 times it still fits; once more and it does not.
    for _ in 0..34 {
        sum = sum.plus(sum).unwrap();
    }
    assert_eq!(sum.plus(sum), Err(SummariseError::TooLarge));
}

#[test]
fn a_mean_is_rounded_once_from_the_exact_sum() {
    let mean = |sum: i64, count| Amount::from_i64(sum).over(count).map(Amount::to_f64);
    assert_eq!(mean(1, 3), Some(0.333_333_333));
    assert_eq!(mean(-2, 3), Some(-0.666_666_667));
    assert_eq!(mean(246, 2), Some(123.0));
    assert_eq!(mean(1, 0), None);
}

#[test]
fn a_sum_of_terms_of_very_different_size_does_not_depend_on_their_order() {
    let terms = [1e15, 0.1, -1e15, 0.2].map(|term| Amount::from_f64(term).unwrap());
    let sum = |order: [usize; 4]| order.into_iter().try_fold(Amount::default(), |sum, at| sum.plus(terms[at]));
    assert_eq!(sum([0, 1, 2, 3]).map(Amount::to_f64), Ok(0.3));
    assert_eq!(sum([0, 1, 2, 3]), sum([3, 0, 1, 2]));
}
