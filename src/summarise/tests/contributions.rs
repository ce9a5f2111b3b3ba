//! Contributions against sums in maps, one question at a time.

use super::*;

#[derive(Debug, Clone)]
struct Record {
    person: u32,
    cell: u64,
    holding: u64,
    amount: Option<i64>,
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let record = (0_u32..9, 0_u64..3, 0_u64..4, prop::option::of(-40_i64..40))
        .prop_map(|(person, cell, holding, amount)| Record { person, cell, holding, amount });
    prop::collection::vec(record, 0..50)
}

fn counted(records: &[&Record], layout: &Layout) -> Cells {
    let mut bucket = BucketCells::new(layout);
    for Record { person, cell, holding, amount } in records {
        bucket.row((*person, 0), &[*cell], &[amount.map(Amount::from_i64)], &[], Some(*holding)).unwrap();
    }
    bucket.finish()
}

/// What each contributor brings to the records (number 0) or to the amount (number 1), falling by size.
fn expected(records: &[Record], cell: u64, number: usize, who: impl Fn(&Record) -> u64) -> Vec<i64> {
    let mut sums: BTreeMap<u64, i64> = BTreeMap::new();
    for record in records.iter().filter(|record| record.cell == cell) {
        let part = if number == 0 { Some(1) } else { record.amount };
        if let Some(part) = part {
            *sums.entry(who(record)).or_default() += part;
        }
    }
    let mut sums: Vec<i64> = sums.into_values().collect();
    sums.sort_unstable_by_key(|sum| std::cmp::Reverse((sum.abs(), *sum)));
    sums
}

fn agrees(found: &Largest, expected: &[i64], keep: usize) -> bool {
    let kept: Vec<Amount> = expected.iter().take(keep).map(|sum| Amount::from_i64(*sum)).collect();
    let negative = expected.iter().any(|sum| *sum < 0);
    (found.found(), found.count(), found.negative()) == (&kept, expected.len() as u64, negative)
}

proptest! {
    #[test]
    fn any_buckets_by_person_find_the_largest_contributors(
        records in records(),
        bucket_of in prop::collection::vec(0_usize..3, 9),
        keep in 1_u8..4,
    ) {
        let layout = Layout::new(&[Measure::Sum(0)]).with_contributions(keep, Some(1));
        let mut buckets: Vec<Vec<&Record>> = vec![Vec::new(); 3];
        records.iter().for_each(|record| buckets[bucket_of[record.person as usize]].push(record));
        buckets.iter_mut().for_each(|bucket| bucket.sort_by_key(|record| record.person));
        let merged = buckets
            .iter()
            .map(|bucket| counted(bucket, &layout))
            .fold(Cells::default(), |left, right| left.merge(right).unwrap());
        for (key, cell) in merged.iter() {
            let found = cell.contributions.as_ref().unwrap();
            for number in [0, 1] {
                let persons = expected(&records, key[0], number, |record| record.person.into());
                prop_assert!(agrees(found.persons(number).unwrap(), &persons, keep.into()));
                let holdings = expected(&records, key[0], number, |record| record.holding);
                prop_assert!(agrees(&found.holdings(number).unwrap(), &holdings, keep.into()));
            }
            prop_assert!(found.persons(2).is_none());
        }
    }
}

#[test]
fn holdings_where_none_are_asked_for_are_refused_and_the_other_way_round() {
    let unasked = Layout::default();
    let mut cells = BucketCells::new(&unasked);
    assert_eq!(cells.row((0, 0), &[0], &[], &[], Some(1)), Ok(0), "nobody asks for contributions");
    let asked = Layout::default().with_contributions(1, Some(0));
    assert_eq!(BucketCells::new(&asked).row((0, 0), &[0], &[], &[], None), Err(SummariseError::Layout));
    let persons = Layout::default().with_contributions(1, None);
    assert_eq!(BucketCells::new(&persons).row((0, 0), &[0], &[], &[], Some(1)), Err(SummariseError::Layout));
}
