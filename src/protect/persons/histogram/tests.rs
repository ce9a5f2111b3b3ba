#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

mod packed;

use super::*;
use crate::protect::persons::hierarchy::Hierarchy;

/// A record: key, sensitive values, weight.
type Row = (Vec<u32>, Vec<u32>, u64);

/// Per key: records, persons, weights, and persons per value of each sensitive column.
type Content = BTreeMap<Vec<u32>, (u64, u64, u128, Vec<BTreeMap<u32, u64>>)>;

/// Persons with up to four records each, over two quasi-identifiers and two sensitive columns.
fn people() -> impl Strategy<Value = Vec<Vec<Row>>> {
    let row = (prop::collection::vec(0..4_u32, 2), prop::collection::vec(0..3_u32, 2), 0..5_u64);
    prop::collection::vec(prop::collection::vec(row, 1..5), 0..25)
}

fn histogram(people: &[Vec<Row>]) -> Histogram {
    let mut builder = Builder::new(2, 2);
    for person in people {
        let records: Vec<Record> =
            person.iter().map(|(key, sensitive, weight)| Record { key, sensitive, weight: *weight }).collect();
        builder.person(&records).unwrap();
    }
    builder.finish()
}

/// Pairs, then everything, in each of two columns of four codes.
fn trees() -> Vec<Hierarchy> {
    let tree = Hierarchy::new(&[vec![0, 1, 2, 3], vec![0, 0, 1, 1], vec![0; 4]]).unwrap();
    vec![tree.clone(), tree]
}

/// Everything of a histogram, counted row by row and person by person.
fn counted(people: &[Vec<Row>], map: impl Fn(&[u32]) -> Option<Vec<u32>>) -> Content {
    let mut all = BTreeMap::new();
    for person in people {
        let mut seen = BTreeSet::new();
        let mut values = BTreeSet::new();
        for (key, sensitive, weight) in person {
            let Some(key) = map(key) else { continue };
            let class = all.entry(key.clone()).or_insert((0, 0, 0, vec![BTreeMap::new(); 2]));
            class.0 += 1;
            class.2 += u128::from(*weight);
            class.1 += u64::from(seen.insert(key.clone()));
            for (column, &value) in sensitive.iter().enumerate() {
                if values.insert((key.clone(), column, value)) {
                    *class.3[column].entry(value).or_insert(0) += 1;
                }
            }
        }
    }
    all
}

/// The same of a histogram.
fn content(histogram: &Histogram) -> Content {
    let classes = histogram.classes();
    (0..histogram.len())
        .filter(|&at| classes.rows()[at] > 0)
        .map(|at| {
            let values = |column: usize| {
                let (values, persons) = classes.sensitive()[column].of(at);
                values.iter().copied().zip(persons.iter().copied()).collect()
            };
            let class = (classes.rows()[at], classes.persons()[at], classes.weights()[at], vec![values(0), values(1)]);
            (histogram.key(at), class)
        })
        .collect()
}

proptest! {
    #[test]
    fn a_person_counts_once_per_class_at_every_generalisation(people in people(), levels in prop::collection::vec(0..3_usize, 2)) {
        let (histogram, trees) = (histogram(&people), trees());
        prop_assert_eq!(content(&histogram), counted(&people, |key| Some(key.to_vec())));
        prop_assert_eq!(histogram.classes().all_persons(), people.len() as u64);
        let coarse = histogram.project(&trees, &levels).unwrap();
        let lift = |key: &[u32]| Some((0..2).map(|at| trees[at].map(levels[at]).unwrap()[key[at] as usize]).collect());
        prop_assert_eq!(content(&coarse), counted(&people, lift));
        prop_assert_eq!(coarse.classes().all_persons(), people.len() as u64);
        let top = coarse.project(&[Hierarchy::identity(4).with_top(), Hierarchy::identity(4).with_top()], &[1, 1]).unwrap();
        prop_assert_eq!(content(&top), counted(&people, |_| Some(vec![0, 0])), "in two steps as in one");
    }

    #[test]
    fn a_person_of_the_population_counts_once_per_class_too(
        people in people(), out in 0..4_u32, at in 0..25_usize, levels in prop::collection::vec(0..3_usize, 2),
    ) {
        let outside = |people: &[Vec<Row>]| {
            let mut builder = Builder::new(2, 0);
            for person in people {
                let keys: Vec<&[u32]> = person.iter().map(|(key, _, _)| key.as_slice()).collect();
                builder.population_person(&keys).unwrap();
            }
            builder.finish()
        };
        let trees = trees();
        let (one, two) = people.split_at(at.min(people.len()));
        let whole = outside(&people);
        prop_assert_eq!(&outside(two).merge(&outside(one)).unwrap(), &whole);
        let persons = |histogram: &Histogram| -> BTreeMap<Vec<u32>, u64> {
            let all = histogram.classes().population().unwrap_or_default();
            (0..histogram.len()).filter(|&class| all[class] > 0).map(|class| (histogram.key(class), all[class])).collect()
        };
        let expected = |map: &dyn Fn(&[u32]) -> Option<Vec<u32>>| -> BTreeMap<Vec<u32>, u64> {
            counted(&people, map).into_iter().map(|(key, (_, persons, _, _))| (key, persons)).collect()
        };
        let lift = |key: &[u32]| (0..2).map(|at| trees[at].map(levels[at]).unwrap()[key[at] as usize]).collect();
        let coarse = whole.project(&trees, &levels).unwrap();
        prop_assert_eq!(persons(&coarse), expected(&|key| Some(lift(key))));
        let keep: Vec<bool> = (0..whole.len()).map(|class| whole.key(class)[0] != out).collect();
        let filtered = whole.filter(&keep).project(&trees, &levels).unwrap();
        prop_assert_eq!(persons(&filtered), expected(&|key| (key[0] != out).then(|| lift(key))));
        // As data it has the same persons, and nobody twice.
        if let Some(data) = whole.population() {
            prop_assert_eq!(data.classes().all_persons(), people.len() as u64);
            let coarse = data.project(&trees, &levels).unwrap();
            prop_assert_eq!(coarse.classes().all_persons(), people.len() as u64);
        }
    }

    #[test]
    fn neither_order_nor_buckets_of_persons_matter(people in people(), at in 0..25_usize) {
        let whole = histogram(&people);
        let mut reversed = people.clone();
        reversed.reverse();
        reversed.iter_mut().for_each(|person| person.reverse());
        prop_assert_eq!(&histogram(&reversed), &whole);
        let (one, two) = people.split_at(at.min(people.len()));
        prop_assert_eq!(&histogram(one).merge(&histogram(two)).unwrap(), &whole);
        prop_assert_eq!(&histogram(two).merge(&histogram(one)).unwrap(), &whole);
    }

    #[test]
    fn classes_left_out_take_their_part_of_each_person_with_them(people in people(), out in 0..4_u32, levels in prop::collection::vec(0..3_usize, 2)) {
        let (histogram, trees) = (histogram(&people), trees());
        let keep: Vec<bool> = (0..histogram.len()).map(|at| histogram.key(at)[0] != out).collect();
        let lift = |key: &[u32]| {
            (key[0] != out).then(|| (0..2).map(|at| trees[at].map(levels[at]).unwrap()[key[at] as usize]).collect())
        };
        let expected = counted(&people, lift);
        let filtered = histogram.filter(&keep).project(&trees, &levels).unwrap();
        prop_assert_eq!(content(&filtered), expected.clone());
        let emptied = Histogram { columns: histogram.columns.clone(), classes: histogram.classes.emptied(&keep) };
        prop_assert_eq!(content(&emptied.project(&trees, &levels).unwrap()), expected);
    }

    #[test]
    fn grouping_agrees_with_comparing_keys(codes in prop::collection::vec(prop::collection::vec(0..3_u32, 9), 1..40), wide in any::<bool>()) {
        // Sizes whose product needs more than 32, or more than 64 bits.
        let (size, places) = if wide { (100_000, [0_u32, 50_000, 99_999]) } else { (1 << 5, [0, 17, 31]) };
        let mut map = vec![0; 3];
        map.copy_from_slice(&places);
        let columns: Vec<Vec<u32>> = (0..9).map(|column| codes.iter().map(|key| key[column]).collect()).collect();
        let coded: Vec<Coded> = columns.iter().map(|codes| Coded { codes, map: &map, size }).collect();
        let grouping = Grouping::new(&coded, codes.len());
        for one in 0..codes.len() {
            for two in 0..codes.len() {
                prop_assert_eq!(grouping.of()[one] == grouping.of()[two], codes[one] == codes[two]);
            }
            prop_assert_eq!(&codes[grouping.first()[grouping.of()[one] as usize] as usize], &codes[one]);
        }
        let large: Vec<Vec<u32>> = columns.iter().map(|codes| codes.iter().map(|&code| map[code as usize]).collect()).collect();
        let sorted = Grouping::sorted(&large, codes.len());
        let keys: Vec<&Vec<u32>> = sorted.first().iter().map(|&first| &codes[first as usize]).collect();
        prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "ascending, each once");
        prop_assert!((0..codes.len()).all(|one| keys[sorted.of()[one] as usize] == &codes[one]));
    }
}

#[test]
fn a_population_adds_classes_without_records() {
    let mut builder = Builder::new(1, 0);
    builder.person(&[Record { key: &[1], sensitive: &[], weight: 0 }]).unwrap();
    builder.population(&[1], 5).unwrap();
    builder.population(&[2], 7).unwrap();
    let histogram = builder.finish();
    assert_eq!(histogram.classes().population(), Some(&[5, 7][..]));
    assert_eq!(histogram.classes().rows(), [1, 0]);
    let top = histogram.project(&[Hierarchy::identity(3).with_top()], &[1]).unwrap();
    assert_eq!(top.classes().population(), Some(&[12][..]));
    let mut other = Builder::new(1, 0);
    other.person(&[Record { key: &[2], sensitive: &[], weight: 0 }]).unwrap();
    let merged = histogram.merge(&other.finish()).unwrap();
    assert_eq!((merged.classes().rows(), merged.classes().population()), (&[1, 1][..], Some(&[5, 7][..])));
}

#[test]
fn many_values_of_few_classes_are_counted_as_few_of_many() {
    // Sparse enough that the counts per value are sorted and not tabled.
    let mut builder = Builder::new(1, 1);
    for person in 0..600_u32 {
        builder.person(&[Record { key: &[person], sensitive: &[person % 7 * 1_000], weight: 0 }]).unwrap();
    }
    let histogram = builder.finish();
    let pairs = Hierarchy::new(&[(0..600).collect(), (0..600).map(|code| code / 14).collect()]).unwrap();
    let coarse = histogram.project(&[pairs], &[1]).unwrap();
    assert_eq!(coarse.classes().class(0).values(0), (&[0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000][..], &[2; 7][..]));
    assert_eq!(coarse.classes().reference(0).iter().sum::<u64>(), 600);
}

#[test]
fn wrong_shapes_are_refused_and_leave_nothing_behind() {
    let mut builder = Builder::new(2, 1);
    let short = Record { key: &[1], sensitive: &[0], weight: 0 };
    let bare = Record { key: &[1, 2], sensitive: &[], weight: 0 };
    let good = Record { key: &[1, 2], sensitive: &[0], weight: 0 };
    assert_eq!(builder.person(&[good, short]), Err(ShapeFault::Record { expected: 2, found: 1 }));
    assert_eq!(builder.person(&[bare]), Err(ShapeFault::Record { expected: 1, found: 0 }));
    assert_eq!(builder.person(&[]), Err(ShapeFault::NoRecord));
    assert_eq!(builder.population(&[1], 1), Err(ShapeFault::Record { expected: 2, found: 1 }));
    let beyond = Record { key: &[1, u32::MAX], sensitive: &[0], weight: 0 };
    assert_eq!(builder.person(&[beyond]), Err(ShapeFault::TooMany));
    let histogram = builder.finish();
    assert!(histogram.is_empty());
    let mut builder = Builder::new(1, 0);
    builder.person(&[Record { key: &[3], sensitive: &[], weight: 0 }]).unwrap();
    let histogram = builder.finish();
    let small = [Hierarchy::identity(3)];
    assert_eq!(histogram.project(&small, &[0]), Err(ShapeFault::Code { column: 0 }));
    assert_eq!(histogram.project(&[], &[0]), Err(ShapeFault::Hierarchies { expected: 1, found: 0 }));
    let fits = [Hierarchy::identity(4)];
    assert_eq!(histogram.project(&fits, &[1]), Err(ShapeFault::Level { column: 0 }));
    assert_eq!(histogram.project(&fits, &[]), Err(ShapeFault::Levels { expected: 1, found: 0 }));
    assert!(histogram.merge(&Builder::new(2, 0).finish()).is_none());
    assert!(histogram.merge(&Builder::new(1, 1).finish()).is_none());
}
