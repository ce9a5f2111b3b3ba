//! Keys in each of their forms, and several threads, count the same.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::super::packed::{Packed, Packing};
use super::super::{Keyed, ShapeFault};
use super::*;

/// Sizes whose keys take 64 bits and one more, 128 and one more, and few.
const SIZES: [&[u32]; 7] = [
    &[1 << 31, u32::MAX],
    &[1 << 31, u32::MAX, 2],
    &[u32::MAX, 1 << 30, 4],
    &[u32::MAX, u32::MAX, u32::MAX, u32::MAX],
    &[u32::MAX, u32::MAX, u32::MAX, u32::MAX, 1],
    &[1, 7, 1 << 16, 3],
    &[5, 3, 2],
];

/// The bits of a key of these sizes.
const BITS: [u32; 7] = [63, 64, 64, 128, 129, 22, 6];

/// Codes from few places of each column's range, its ends among them.
fn code(size: u32, place: u32) -> u32 {
    match place % 4 {
        0 => 0,
        1 => size - 1,
        2 => size / 2,
        _ => size / 3,
    }
}

fn keys(sizes: &[u32], places: &[Vec<u32>]) -> Vec<Vec<u32>> {
    places.iter().map(|places| sizes.iter().zip(places).map(|(&size, &place)| code(size, place)).collect()).collect()
}

/// Places of codes, as many as any sizes need.
fn places(most: usize) -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(0..4_u32, 5), 1..most)
}

/// Packed keys sort as codes do, and give their codes back.
fn check<K: Packed + std::fmt::Debug>(packing: &Packing, keys: &[Vec<u32>]) -> Result<(), TestCaseError> {
    let packed: Vec<K> = keys.iter().map(|key| K::pack(packing, key)).collect();
    for (one, key) in packed.iter().zip(keys) {
        let back: Vec<u32> = (0..packing.width()).map(|column| one.code(packing, column)).collect();
        prop_assert_eq!(&back, key);
        for (other, codes) in packed.iter().zip(keys) {
            prop_assert_eq!(one.cmp(other), key.cmp(codes));
        }
    }
    Ok(())
}

/// A person's records: key, sensitive values and weight each.
type Person = Vec<Row>;

/// Counts persons into siblings, one after the other, and the frame as a population.
fn counted(builder: Builder, people: &[Person], siblings: usize) -> Histogram {
    let mut all: Vec<Builder> = (0..siblings).map(|_| builder.sibling()).collect();
    for (at, person) in people.iter().enumerate() {
        let records: Vec<Record> =
            person.iter().map(|(key, sensitive, weight)| Record { key, sensitive, weight: *weight }).collect();
        let keys: Vec<&[u32]> = person.iter().map(|(key, _, _)| key.as_slice()).collect();
        all[at % siblings].person(&records).unwrap();
        all[at / 2 % siblings].population_person(&keys).unwrap();
    }
    builder.united(all).unwrap()
}

#[test]
fn sizes_take_as_many_bits_as_they_have_to() {
    let bits = SIZES.map(|sizes| Packing::of(sizes).total());
    assert_eq!(bits, BITS);
}

proptest! {
    #[test]
    fn packed_keys_sort_as_codes_do_and_give_them_back(places in places(12)) {
        for sizes in SIZES {
            let (packing, keys) = (Packing::of(sizes), keys(sizes, &places));
            if packing.total() <= 64 {
                check::<u64>(&packing, &keys)?;
            }
            if packing.total() <= 128 {
                check::<u128>(&packing, &keys)?;
            }
            check::<Box<[u32]>>(&packing, &keys)?;
        }
    }

    #[test]
    fn every_form_of_keys_and_any_number_of_siblings_count_the_same(
        places in places(60), persons in prop::collection::vec(1..4_usize, 60), siblings in 1..5_usize,
    ) {
        for sizes in SIZES {
            let mut rows = keys(sizes, &places).into_iter().zip(0..);
            let row = |(key, at): (Vec<u32>, u64)| (key, vec![at as u32 % 3], at % 2);
            let people: Vec<Person> = persons.iter().map(|&some| rows.by_ref().take(some).map(row).collect()).collect();
            let people: Vec<Person> = people.into_iter().filter(|person| !person.is_empty()).collect();
            // Five columns of 32 bits fit into no number.
            let padded = |key: &[u32]| key.iter().copied().chain([0; 5]).collect::<Vec<u32>>();
            let wide: Vec<Person> =
                people.iter().map(|rows| rows.iter().map(|(k, v, w)| (padded(k), v.clone(), *w)).collect()).collect();
            let whole = counted(Builder::new(sizes.len() + 5, 1), &wide, 1);
            let found = counted(Builder::sized(sizes, 1), &people, siblings);
            prop_assert_eq!(found.classes(), whole.classes());
            for class in 0..whole.len() {
                prop_assert_eq!(padded(&found.key(class)), whole.key(class));
            }
        }
    }

    #[test]
    fn numbers_are_found_by_keys_of_any_form(places in places(40), others in places(40)) {
        for sizes in SIZES {
            let mut keyed = Keyed::new(sizes);
            let mut known = BTreeMap::new();
            for (key, number) in keys(sizes, &places).into_iter().zip(0..) {
                prop_assert!(keyed.insert(&key, number));
                known.insert(key, number);
            }
            for key in keys(sizes, &others).iter().chain(known.keys()) {
                prop_assert_eq!(keyed.get(key), known.get(key).copied());
            }
            let long: Vec<u32> = sizes.iter().map(|_| 0).chain([0]).collect();
            prop_assert!(!keyed.insert(&long, 0) && keyed.get(&long).is_none());
        }
    }
}

#[test]
fn those_who_wait_are_counted_however_many_they_are() {
    // More in each class than wait for it, some with a weight, from two threads' builders.
    let whole = Builder::sized(&[3, 2], 1);
    let (mut one, mut two) = (whole.sibling(), whole.sibling());
    let mut expected: HashMap<Vec<u32>, (u64, u128, BTreeMap<u32, u64>)> = HashMap::new();
    for at in 0..10_000_u32 {
        let (key, value, weight) = ([at % 3, at / 3 % 2], at % 5, if at % 7 == 0 { u64::from(at) } else { 0 });
        let class = expected.entry(key.to_vec()).or_default();
        class.0 += 1;
        class.1 += u128::from(weight);
        *class.2.entry(value).or_insert(0) += 1;
        let builder = if at % 10 < 7 { &mut one } else { &mut two };
        builder.person(&[Record { key: &key, sensitive: &[value], weight }]).unwrap();
    }
    one.rest().unwrap();
    let histogram = whole.united(vec![one, two]).unwrap();
    assert_eq!(histogram.len(), expected.len());
    for at in 0..histogram.len() {
        let (rows, weight, values) = &expected[&histogram.key(at)];
        let classes = histogram.classes();
        assert_eq!((classes.rows()[at], classes.persons()[at], classes.weights()[at]), (*rows, *rows, *weight));
        let (found, persons) = classes.sensitive()[0].of(at);
        assert_eq!(found.iter().copied().zip(persons.iter().copied()).collect::<BTreeMap<u32, u64>>(), *values);
    }
}

#[test]
fn codes_beyond_their_size_and_strangers_are_refused() {
    let mut builder = Builder::sized(&[4, 3], 0);
    let beyond = Record { key: &[0, 4], sensitive: &[], weight: 0 };
    assert_eq!(builder.person(&[beyond]), Err(ShapeFault::Beyond { column: 1 }));
    assert_eq!(builder.population(&[4, 0], 1), Err(ShapeFault::Beyond { column: 0 }));
    assert_eq!(builder.population_person(&[&[0, 0], &[4, 0]]), Err(ShapeFault::Beyond { column: 0 }));
    assert_eq!(builder.united(vec![Builder::sized(&[4, 3], 0)]), Err(ShapeFault::Apart));
    let builder = Builder::new(2, 0);
    assert_eq!(builder.united(vec![Builder::sized(&[4, 3], 0)]), Err(ShapeFault::Apart));
}
