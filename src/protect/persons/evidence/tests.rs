#![allow(clippy::unwrap_used)]

use super::*;
use crate::protect::persons::histogram::{Builder, Record};

/// One record per person: key and sensitive value.
fn table(rows: &[(u32, u32)]) -> Histogram {
    let mut builder = Builder::new(1, 1);
    for (key, value) in rows {
        builder.person(&[Record { key: &[*key], sensitive: &[*value], weight: 0 }]).unwrap();
    }
    builder.finish()
}

#[test]
fn singling_out_counts_persons_and_not_classes() {
    let mut builder = Builder::new(1, 0);
    let record = |key: &'static [u32]| Record { key, sensitive: &[], weight: 0 };
    builder.person(&[record(&[0]), record(&[1])]).unwrap();
    for _ in 0..3 {
        builder.person(&[record(&[0])]).unwrap();
    }
    let found = singling_out(builder.finish().classes(), 4);
    assert_eq!((found.persons, found.uniques, found.smallest), (4, 1, 1));
    assert_eq!(found.below, 0.25, "class 0 has four, class 1 one of them");
    let nobody = singling_out(Builder::new(1, 0).finish().classes(), 4);
    assert_eq!((nobody.persons, nobody.smallest, nobody.below), (0, 0, 0.0));
}

#[test]
fn linkability_meets_classes_of_both_sides() {
    // Class 0: one and one. Class 1: two and four. Class 2: three and one. Class 3 and 4: one side alone.
    let one = table(&[(0, 0), (1, 0), (1, 0), (2, 0), (2, 0), (2, 0), (3, 0)]);
    let two = table(&[(0, 0), (1, 0), (1, 0), (1, 0), (1, 0), (2, 0), (4, 0)]);
    let found = linkability(&one, &two).unwrap();
    assert_eq!(found.persons, 7);
    assert!((found.unique - 1.0 / 7.0).abs() < 1e-15);
    assert!((found.expected - (1.0 + 0.5 + 1.0 / 3.0) / 7.0).abs() < 1e-15);
    assert!((found.candidates - 6.0 / 7.0).abs() < 1e-15);
    let same = linkability(&one, &one).unwrap();
    assert!((same.expected - 4.0 / 7.0).abs() < 1e-15, "a table against itself: one right guess per class");
    assert!(linkability(&one, &Builder::new(2, 0).finish()).is_none());
    assert!(linkability(&Builder::new(1, 0).finish(), &one).is_none());
}

#[test]
fn pseudonyms_of_distinct_domains_do_not_meet() {
    assert_eq!(shared_pseudonyms(&[3, 1, 1, 9], &[9, 9, 1, 4]), 2);
    assert_eq!(shared_pseudonyms(&[1, 2], &[3]), 0);
}

#[test]
fn inference_is_measured_against_always_guessing_the_most_frequent() {
    // Base 5/8; class 0 is certain of 3, class 1 guesses 3 of 5.
    let data = table(&[(0, 1), (0, 1), (0, 1), (1, 0), (1, 0), (1, 0), (1, 2), (1, 0)]);
    let found = inference(data.classes(), 0).unwrap();
    assert_eq!((found.base, found.informed, found.certain), (0.5, 7.0 / 8.0, 3.0 / 8.0));
    assert!((found.advantage - 0.75).abs() < 1e-15);
    let mixed = table(&[(0, 0), (0, 1), (1, 0), (1, 1)]);
    assert_eq!(inference(mixed.classes(), 0).unwrap().advantage, 0.0);
    assert_eq!(inference(table(&[(0, 5), (1, 5)]).classes(), 0).unwrap().advantage, 0.0, "nothing to gain");
    assert_eq!(inference(mixed.classes(), 1), None);
}

#[test]
fn what_is_asked_for_and_not_measured_fails() {
    let data = table(&[(0, 1), (0, 1), (1, 0)]);
    let (singling, link) = (singling_out(data.classes(), 2), linkability(&data, &data).unwrap());
    let inferred = inference(data.classes(), 0).unwrap();
    let strict = Thresholds { smallest: Some(2), linkable: Some(0.5), advantage: Some(0.9) };
    let all = [Failed::SinglingOut, Failed::Linkability, Failed::Inference { column: 0 }];
    assert_eq!(failed(&strict, Some(&singling), &[link], &[inferred]), all);
    assert_eq!(failed(&strict, None, &[], &[]), all);
    let lax = Thresholds { smallest: Some(1), linkable: Some(0.7), advantage: Some(1.0) };
    assert!(failed(&lax, Some(&singling), &[link], &[inferred]).is_empty());
    assert!(failed(&Thresholds::default(), None, &[], &[]).is_empty());
}
