#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::{Builder, Histogram, Record};

/// One class per list of sensitive values, one person each, and the population of each class.
fn table(classes: &[(Vec<u32>, u64)]) -> Histogram {
    let mut builder = Builder::new(1, 1);
    for (class, (values, population)) in classes.iter().enumerate() {
        for &value in values {
            builder.person(&[Record { key: &[class as u32], sensitive: &[value], weight: 0 }]).unwrap();
        }
        builder.population(&[class as u32], *population).unwrap();
    }
    builder.finish()
}

/// Whether a rule holds for a class of these values.
fn holds(model: &dyn Model, values: &[u32], population: u64) -> bool {
    model.holds(&table(&[(values.to_vec(), population)]).classes().class(0))
}

/// All rules at several strengths, against the reference of ten persons with value 0, six with 1, three with 2, one with 3.
fn all() -> Vec<Box<dyn Model>> {
    let reference = [10, 6, 3, 1];
    let tree = Hierarchy::new(&[vec![0, 1, 2, 3], vec![0, 0, 1, 1], vec![0; 4]]).unwrap();
    let mut all: Vec<Box<dyn Model>> = Vec::new();
    for k in [1, 2, 4] {
        all.push(Box::new(KAnonymity::new(k).unwrap()));
        all.push(Box::new(KMap::new(2 * k).unwrap()));
        all.push(Box::new(AlphaK::new(0.5, k, 0, None).unwrap()));
        all.push(Box::new(AlphaK::new(0.25, k, 0, Some(vec![3])).unwrap()));
    }
    for l in [1, 2, 3] {
        all.push(Box::new(DistinctDiversity::new(l, 0).unwrap()));
        all.push(Box::new(EntropyDiversity::new(l as f64 - 0.2 + 0.2, 0).unwrap()));
        all.push(Box::new(RecursiveDiversity::new(1.5, l, 0).unwrap()));
        all.push(Box::new(RecursiveDiversity::new(4.0, l, 0).unwrap()));
    }
    for t in [0.1, 0.25, 0.5] {
        all.push(Box::new(TCloseness::new(t, 0, Distance::Equal, &reference).unwrap()));
        all.push(Box::new(TCloseness::new(t, 0, Distance::Ordered(vec![2, 0, 1, 3]), &reference).unwrap()));
        all.push(Box::new(TCloseness::new(t, 0, Distance::Hierarchical(tree.clone()), &reference).unwrap()));
        all.push(Box::new(DeltaPresence::new(0.0, t).unwrap()));
        all.push(Box::new(DeltaPresence::new(t / 2.0, t + 0.2).unwrap()));
        all.push(Box::new(BetaLikeness::new(8.0 * t, false, 0, &reference).unwrap()));
        all.push(Box::new(BetaLikeness::new(8.0 * t, true, 0, &reference).unwrap()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_a_model_says_of_unions_is_true(
        one in prop::collection::vec(0..4_u32, 0..12), two in prop::collection::vec(0..4_u32, 0..12), more in (0..9_u64, 0..9_u64),
    ) {
        let (people, others) = (one.len() as u64 + more.0, two.len() as u64 + more.1);
        let both: Vec<u32> = one.iter().chain(&two).copied().collect();
        for model in all() {
            let apart = (holds(&*model, &one, people), holds(&*model, &two, others));
            let joined = holds(&*model, &both, people + others);
            prop_assert!(!(model.joins() && apart.0 && apart.1) || joined, "{} joins", model.name());
            prop_assert!(!(model.grows() && apart.0 && !one.is_empty()) || joined, "{} grows", model.name());
        }
    }
}

#[test]
fn sizes_are_persons_and_k_map_looks_at_the_population() {
    let three = KAnonymity::new(3).unwrap();
    assert!(holds(&three, &[0, 0, 0], 3) && !holds(&three, &[0, 0], 100));
    let map = KMap::new(5).unwrap();
    assert!(holds(&map, &[0], 5) && !holds(&map, &[0, 1, 2], 4));
    let mut builder = Builder::new(1, 0);
    let record = Record { key: &[0], sensitive: &[], weight: 0 };
    builder.person(&[record, record, record]).unwrap();
    let twins = builder.finish();
    assert!(!three.holds(&twins.classes().class(0)), "three records of one person are one person");
    assert!(!map.holds(&twins.classes().class(0)), "no population, nothing holds");
}

#[test]
fn alpha_binds_the_values_named() {
    let any = AlphaK::new(0.5, 2, 0, None).unwrap();
    let named = AlphaK::new(0.5, 2, 0, Some(vec![1])).unwrap();
    assert!(holds(&any, &[0, 1], 2) && !holds(&any, &[0, 0, 1], 3));
    assert!(holds(&named, &[0, 0, 1], 3) && !holds(&named, &[0, 1, 1], 3) && !holds(&named, &[0], 1));
}

#[test]
fn l_equal_values_are_exactly_l_diverse() {
    for l in 1..=9_u32 {
        let values: Vec<u32> = (0..3 * l).map(|at| at % l).collect();
        assert!(holds(&EntropyDiversity::new(f64::from(l), 0).unwrap(), &values, 0));
        assert!(!holds(&EntropyDiversity::new(f64::from(l) + 1e-6, 0).unwrap(), &values, 0));
        assert!(holds(&DistinctDiversity::new(l as usize, 0).unwrap(), &values, 0));
        assert!(!holds(&DistinctDiversity::new(l as usize + 1, 0).unwrap(), &values, 0));
    }
}

#[test]
fn recursive_diversity_compares_the_first_with_the_tail() {
    // Frequencies 3, 2, 1: the tail from the second is 3, from the third 1.
    let values = [0, 0, 0, 1, 1, 2];
    let model = |c, l| RecursiveDiversity::new(c, l, 0).unwrap();
    assert!(!holds(&model(1.0, 2), &values, 0), "3 is not below 3");
    assert!(
        holds(&model(1.01, 2), &values, 0) && holds(&model(3.1, 3), &values, 0) && !holds(&model(3.0, 3), &values, 0)
    );
    assert!(!holds(&model(100.0, 4), &values, 0), "there is no fourth value");
}

#[test]
fn distances_of_the_paper_on_salaries() {
    // Li, Li and Venkatasubramanian, § 4.2.1: nine salaries once each; {3k, 4k, 5k} is 0.375 away, {6k, 8k, 11k} 0.167.
    let reference = [1_u64; 9];
    let order: Vec<u32> = (0..9).collect();
    let model = TCloseness::new(0.5, 0, Distance::Ordered(order), &reference).unwrap();
    let distance =
        |model: &TCloseness, values: &[u32]| model.distance(&table(&[(values.to_vec(), 0)]).classes().class(0));
    assert!((distance(&model, &[0, 1, 2]) - 0.375).abs() < 1e-15);
    assert!((distance(&model, &[3, 5, 8]) - 1.0 / 6.0).abs() < 1e-15);
    let equal = TCloseness::new(0.5, 0, Distance::Equal, &reference).unwrap();
    assert!((distance(&equal, &[0, 1, 2]) - 2.0 / 3.0).abs() < 1e-15);
    assert!((distance(&equal, &[0, 1, 9]) - 1.0).abs() < 1e-15, "a value unknown to the table");
    // Three groups of three: within a group mass moves at ½, between them at 1.
    let tree = Hierarchy::new(&[(0..9).collect(), (0..9).map(|code| code / 3).collect(), vec![0; 9]]).unwrap();
    let tree = TCloseness::new(0.5, 0, Distance::Hierarchical(tree), &reference).unwrap();
    assert!((distance(&tree, &[0, 1, 2]) - 2.0 / 3.0).abs() < 1e-15);
    assert!((distance(&tree, &[0, 3, 6]) - 0.5 * 2.0 / 3.0).abs() < 1e-15);
}

#[test]
fn a_class_exactly_at_beta_holds() {
    // One of ten before, three of ten in the class: a gain of 2. −ln 0.1 is 2.30, −ln 0.5 is 0.69.
    let values = [[3_u32; 3].as_slice(), &[0; 7]].concat();
    let reference = [8, 0, 0, 2];
    let model = |beta, enhanced| BetaLikeness::new(beta, enhanced, 0, &reference).unwrap();
    let at = [3, 3, 3, 0, 0]; // a gain of (0.6 − 0.2) / 0.2 = 2
    assert!(holds(&model(2.0, false), &at, 0) && !holds(&model(1.99, false), &at, 0));
    assert!(!holds(&model(2.0, true), &at, 0), "−ln 0.2 is 1.6");
    assert!(holds(&model(0.5, true), &values, 0) && !holds(&model(0.49, true), &values, 0));
    assert!(!holds(&model(100.0, false), &[1], 0), "a value that the table does not have");
}

#[test]
fn presence_is_a_share_of_the_population_from_both_sides() {
    let model = DeltaPresence::new(0.1, 0.5).unwrap();
    assert!(
        holds(&model, &[0], 2) && holds(&model, &[0], 10) && !holds(&model, &[0], 11) && !holds(&model, &[0, 0], 3)
    );
    assert!(!holds(&model, &[], 4), "absence shows");
    assert!(!model.curable() && DeltaPresence::new(0.0, 0.5).unwrap().curable());
}

#[test]
fn parameters_out_of_range_are_refused() {
    assert_eq!(KAnonymity::new(0), Err(ModelFault::K));
    assert_eq!(KMap::new(0), Err(ModelFault::K));
    assert_eq!(AlphaK::new(0.5, 0, 0, None), Err(ModelFault::K));
    for alpha in [0.0, 1.1, f64::NAN] {
        assert_eq!(AlphaK::new(alpha, 1, 0, None), Err(ModelFault::Alpha));
    }
    assert_eq!(DistinctDiversity::new(0, 0), Err(ModelFault::L));
    assert_eq!(EntropyDiversity::new(0.9, 0), Err(ModelFault::L));
    assert_eq!(RecursiveDiversity::new(0.0, 2, 0), Err(ModelFault::C));
    assert_eq!(RecursiveDiversity::new(1.0, 0, 0), Err(ModelFault::L));
    assert_eq!(TCloseness::new(1.1, 0, Distance::Equal, &[1]), Err(ModelFault::T));
    assert_eq!(TCloseness::new(f64::NAN, 0, Distance::Equal, &[1]), Err(ModelFault::T));
    assert_eq!(TCloseness::new(0.1, 0, Distance::Equal, &[0]), Err(ModelFault::Reference));
    assert_eq!(TCloseness::new(0.1, 0, Distance::Ordered(vec![0]), &[1, 1]), Err(ModelFault::Hierarchy));
    assert_eq!(TCloseness::new(0.1, 0, Distance::Ordered(vec![0, 1, 1]), &[1, 1]), Err(ModelFault::Hierarchy));
    let flat = Distance::Hierarchical(Hierarchy::identity(2));
    assert_eq!(TCloseness::new(0.1, 0, flat, &[1, 1]), Err(ModelFault::Hierarchy));
    assert_eq!(BetaLikeness::new(0.0, true, 0, &[1]), Err(ModelFault::Beta));
    assert_eq!(BetaLikeness::new(1.0, true, 0, &[]), Err(ModelFault::Reference));
    for (least, most) in [(0.5, 0.4), (-0.1, 0.5), (0.1, 1.1), (f64::NAN, 1.0)] {
        assert_eq!(DeltaPresence::new(least, most), Err(ModelFault::Delta));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_class_holds_at_what_is_reached_and_one_fails_just_beyond(
        classes in prop::collection::vec(prop::collection::vec(0..4_u32, 1..12), 1..6),
    ) {
        let table = table(&classes.iter().map(|values| (values.clone(), 0)).collect::<Vec<_>>());
        let reference = table.classes().reference(0);
        let order: Vec<u32> = (0..4).collect();
        let found = reached(table.classes(), 0, &reference, Some(&order)).unwrap().unwrap();
        let all = |model: &dyn Model| (0..table.len()).all(|at| model.holds(&table.classes().class(at)));
        let closeness = |t: f64, ordered: bool| {
            let distance = if ordered { Distance::Ordered(order.clone()) } else { Distance::Equal };
            TCloseness::new(t.clamp(0.0, 1.0), 0, distance, &reference).unwrap()
        };
        prop_assert!(all(&DistinctDiversity::new(found.distinct, 0).unwrap()));
        prop_assert!(!all(&DistinctDiversity::new(found.distinct + 1, 0).unwrap()));
        prop_assert!(all(&EntropyDiversity::new((found.entropy - 1e-9).max(1.0), 0).unwrap()));
        prop_assert!(!all(&EntropyDiversity::new(found.entropy + 1e-6, 0).unwrap()));
        prop_assert!(all(&AlphaK::new(found.share, 1, 0, None).unwrap()));
        prop_assert!(!all(&AlphaK::new(found.share - 1e-9, 1, 0, None).unwrap()));
        for (worst, ordered) in [(found.equal, false), (found.ordered.unwrap(), true)] {
            prop_assert!(all(&closeness(worst, ordered)));
            prop_assert!(worst == 0.0 || !all(&closeness(worst - 1e-9, ordered)));
        }
        if found.likeness > 0.0 {
            prop_assert!(all(&BetaLikeness::new(found.likeness, false, 0, &reference).unwrap()));
            prop_assert!(!all(&BetaLikeness::new(found.likeness * (1.0 - 1e-9), false, 0, &reference).unwrap()));
        }
    }
}
