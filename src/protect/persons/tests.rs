#![allow(clippy::unwrap_used)]

#[allow(clippy::print_stderr)]
pub(super) mod adult;

use crate::config::Threshold;
use crate::summarise::BucketClasses;

use super::*;

/// Classes 0, 1, 2… with the given numbers of persons, each person with two records in its class.
fn classes(persons: &[u32]) -> crate::summarise::Classes {
    let mut bucket = BucketClasses::default();
    let mut person = 0;
    for (class, &count) in persons.iter().enumerate() {
        for _ in 0..count {
            bucket.row(person, &[class as u64]).unwrap();
            bucket.row(person, &[class as u64]).unwrap();
            person += 1;
        }
    }
    bucket.finish()
}

fn k(k: u64) -> Threshold {
    Threshold::new(k).unwrap()
}

#[test]
fn a_class_of_ten_persons_with_twenty_records_stays_under_eleven() {
    let plan = plan(&classes(&[10, 11, 12]), k(11));
    assert!(!plan.releases(&[0]) && plan.releases(&[1]) && plan.releases(&[2]));
    assert_eq!(plan.suppressed(), Tally { classes: 1, records: 20, persons: 10 });
    assert_eq!(plan.released(), Tally { classes: 2, records: 46, persons: 23 });
    assert_eq!((plan.smallest_class(), plan.k()), (Some(11), k(11)));
}

#[test]
fn a_class_that_nobody_counted_does_not_leave() {
    assert!(!plan(&classes(&[20]), k(2)).releases(&[7]));
}

#[test]
fn where_all_classes_are_small_nothing_leaves_and_there_is_no_smallest_class() {
    let plan = plan(&classes(&[1, 2, 3]), k(4));
    assert_eq!((plan.released(), plan.smallest_class()), (Tally::default(), None));
}
