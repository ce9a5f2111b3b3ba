//! Optima that ARX's own tests give for UCI Adult (`TestAnonymizationKAnonymity`, `…LDiversity`, `…TCloseness`,
//! `…OrderedDistanceTCloseness`, `…BLikeness`). Levels may tie; losses may not.

use std::collections::HashMap;

use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::{Builder, Histogram, Record};
use crate::protect::persons::loss::{Aggregate, LossSpec, Measure};
use crate::protect::persons::models::{BetaLikeness, Distance, EntropyDiversity, KAnonymity, KMap, Model, TCloseness};
use crate::protect::persons::search::{Effort, Found, Proof, QuasiSet, SearchFault, Task, apply, best, cost};
use crate::protect::persons::tests::adult::{ALL, Adult, EIGHT};

const ENTROPY: Measure = Measure::Entropy { suppression: false };
const ENTROPY_WITH: Measure = Measure::Entropy { suppression: true };

/// One of ARX's cases.
struct Case<'c> {
    adult: &'c Adult,
    quasi: &'c [usize],
    table: &'c Histogram,
    share: f64,
    loss: LossSpec,
}

/// Searches, and checks that the published levels hold and cost as much as what was found.
fn search(case: Case, models: &[&dyn Model], levels: &[usize]) -> Found {
    let trees = case.adult.hierarchies(case.quasi);
    let limit = (case.share * case.table.classes().all_rows() as f64) as u64;
    let task = Task::new(case.table, &trees, models.to_vec(), limit, &case.loss);
    let found = best(&task, Effort { keep: 1, ..Effort::default() }).unwrap();
    let (at, total) = (cost(&task, levels).unwrap().unwrap(), found.solutions[0].loss.total);
    assert!((at.loss.total - total).abs() <= 1e-9 * total, "the published levels cost as much");
    found
}

fn close(found: &Found, published: f64) {
    let total = found.solutions[0].loss.total;
    assert!((total - published).abs() <= 1e-9 * published, "{total} is not {published}");
}

#[test]
fn k_anonymity_of_adult_costs_what_arx_publishes() {
    let Some(adult) = Adult::load() else { return };
    let table = adult.histogram(&ALL, &[]);
    assert_eq!(table.len(), 19_502);
    let cases: [(u64, f64, f64, [usize; 9]); 4] = [
        (5, 0.04, 255_559.854_557_310_67, [1, 0, 1, 1, 3, 2, 2, 0, 1]),
        (100, 0.04, 379_417.346_057_098_8, [1, 1, 1, 1, 3, 2, 2, 1, 1]),
        (5, 0.0, 407_289.538_892_529_3, [1, 2, 1, 1, 3, 2, 2, 1, 1]),
        (100, 0.0, 453_196.893_245_874_3, [0, 4, 1, 1, 3, 2, 2, 1, 1]),
    ];
    for (k, share, loss, levels) in cases {
        let model = KAnonymity::new(k).unwrap();
        close(
            &search(
                Case { adult: &adult, quasi: &ALL, table: &table, share, loss: LossSpec::of(ENTROPY) },
                &[&model],
                &levels,
            ),
            loss,
        );
    }
}

#[test]
fn entropy_diversity_of_adult_costs_what_arx_publishes() {
    let Some(adult) = Adult::load() else { return };
    let table = adult.histogram(&EIGHT, &[7]);
    let model = EntropyDiversity::new(5.0, 0).unwrap();
    for (share, loss, levels) in [
        (0.04, 228_878.203_910_951_7, [1, 0, 1, 1, 2, 2, 2, 1]),
        (0.0, 324_620.526_991_869_2, [1, 1, 1, 1, 3, 2, 2, 1]),
    ] {
        close(
            &search(
                Case { adult: &adult, quasi: &EIGHT, table: &table, share, loss: LossSpec::of(ENTROPY_WITH) },
                &[&model],
                &levels,
            ),
            loss,
        );
    }
    let model = EntropyDiversity::new(100.0, 0).unwrap();
    let (trees, loss) = (adult.hierarchies(&EIGHT), LossSpec::of(ENTROPY_WITH));
    let task = Task::new(&table, &trees, vec![&model], 0, &loss);
    assert!(best(&task, Effort::default()).unwrap().solutions.is_empty(), "14 occupations cannot be 100-diverse");
}

#[test]
fn t_closeness_of_adult_costs_what_arx_publishes() {
    let Some(adult) = Adult::load() else { return };
    let table = adult.histogram(&EIGHT, &[7]);
    let reference = table.classes().reference(0);
    let equal = TCloseness::new(0.2, 0, Distance::Equal, &reference).unwrap();
    let (five, hundred) = (KAnonymity::new(5).unwrap(), KAnonymity::new(100).unwrap());
    let squares = LossSpec::of(Measure::Discernibility { suppression: false });
    let case = |share| Case { adult: &adult, quasi: &EIGHT, table: &table, share, loss: squares.clone() };
    close(&search(case(0.04), &[&equal, &five], &[1, 4, 1, 0, 3, 2, 2, 1]), 3.118_800_88e8);
    close(&search(case(0.0), &[&equal, &five], &[1, 4, 1, 1, 3, 2, 2, 1]), 4.568_531_72e8);
    close(&search(case(0.04), &[&equal, &hundred], &[1, 4, 1, 0, 3, 2, 2, 1]), 3.118_800_88e8);
}

#[test]
fn beta_likeness_of_adult_costs_what_arx_publishes() {
    let Some(adult) = Adult::load() else { return };
    let table = adult.histogram(&EIGHT, &[7]);
    let reference = table.classes().reference(0);
    let loss = || LossSpec { aggregate: Aggregate::GeometricMean, ..LossSpec::of(Measure::Granularity) };
    let model = |beta, enhanced| BetaLikeness::new(beta, enhanced, 0, &reference).unwrap();
    let cases: [(f64, bool, f64, f64, [usize; 8]); 5] = [
        (3.0, false, 0.5, 0.348_838_561_572_379_25, [0, 3, 0, 0, 2, 0, 1, 0]),
        (2.0, true, 0.0, 0.759_176_305_345_683, [1, 4, 1, 1, 3, 2, 2, 0]),
        (1.0, false, 1.0, 0.608_134_598_990_417_2, [1, 4, 0, 1, 3, 0, 2, 0]),
        (10.0, true, 1.0, 0.341_903_984_954_060_6, [0, 3, 0, 0, 3, 1, 2, 0]),
        (5.0, false, 0.4, 0.233_504_651_523_563_03, [0, 2, 0, 0, 2, 0, 1, 0]),
    ];
    for (beta, enhanced, share, published, levels) in cases {
        let case = Case { adult: &adult, quasi: &EIGHT, table: &table, share, loss: loss() };
        let model = model(beta, enhanced);
        // With suppression hardly anything can be left out of these searches: without optimisation each takes a minute, so
        // that only the published levels are judged.
        if share > 0.0 && cfg!(debug_assertions) {
            let (trees, limit) = (adult.hierarchies(&EIGHT), (share * 30_162.0) as u64);
            let at = cost(&Task::new(&table, &trees, vec![&model], limit, &case.loss), &levels).unwrap().unwrap();
            assert!((at.loss.total - published).abs() <= 1e-9 * published, "{} is not {published}", at.loss.total);
        } else {
            close(&search(case, &[&model], &levels), published);
        }
    }
}

#[test]
fn an_outside_table_finds_no_class_under_k_in_what_leaves() {
    let Some(adult) = Adult::load() else { return };
    let (table, trees, loss) =
        (adult.histogram(&ALL, &[]), adult.hierarchies(&ALL), LossSpec::of(Measure::Granularity));
    let model = KAnonymity::new(5).unwrap();
    let task = Task::new(&table, &trees, vec![&model], 1_206, &loss);
    let found = best(&task, Effort::default()).unwrap();
    assert_eq!((found.solutions.len(), found.proof), (2, Proof::Optimal));
    for solution in &found.solutions {
        let plan = apply(&task, &solution.levels).unwrap().unwrap();
        let class_of: HashMap<Vec<u32>, usize> = (0..table.len()).map(|class| (table.key(class), class)).collect();
        let mut left: HashMap<Vec<u32>, u64> = HashMap::new();
        for row in adult.rows.iter().filter(|row| plan.kept[class_of[*row]]) {
            *left.entry(plan.columns.iter().map(|codes| codes[class_of[row]]).collect()).or_insert(0) += 1;
        }
        let rows: u64 = left.values().sum();
        assert_eq!(rows + solution.suppressed, 30_162);
        assert!(solution.suppressed <= 1_206);
        assert_eq!((left.len() as u64, *left.values().min().unwrap()), (solution.classes, solution.smallest));
        // The outside table: everybody as they are, generalised in the same way. Each finds at least five, or nobody.
        for row in &adult.rows {
            let seen = row
                .iter()
                .zip(&trees)
                .zip(&solution.levels)
                .map(|((&code, tree), &level)| tree.map(level).unwrap()[code as usize]);
            assert!(left.get(&seen.collect::<Vec<u32>>()).is_none_or(|persons| *persons >= 5));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_counted() {
    let tree = || Hierarchy::identity(2).with_top();
    let mut builder = Builder::new(2, 0);
    builder.person(&[Record { key: &[0, 1], sensitive: &[], weight: 0 }]).unwrap();
    let (table, trees, loss) = (builder.finish(), [tree(), tree()], LossSpec::of(ENTROPY));
    let (size, map) = (KAnonymity::new(1).unwrap(), KMap::new(1).unwrap());
    let with = |sets: Vec<QuasiSet>| {
        best(&Task { histogram: &table, hierarchies: &trees, sets, limit: 0, loss: &loss }, Effort::default()).err()
    };
    let set = |columns: &[usize]| QuasiSet { columns: columns.to_vec(), models: vec![&size as &dyn Model] };
    assert_eq!(with(vec![set(&[0, 1])]), None);
    for bad in [vec![], vec![set(&[])], vec![set(&[2])], vec![set(&[0]), set(&[1, 1])]] {
        assert_eq!(with(bad), Some(SearchFault::Set));
    }
    assert_eq!(with(vec![QuasiSet { columns: vec![0], models: vec![&map] }]), Some(SearchFault::Population));
    let task = Task::new(&table, &trees, vec![&size], 0, &loss);
    for levels in [&[0][..], &[0, 2], &[0, 0, 0]] {
        assert_eq!(cost(&task, levels).err(), Some(SearchFault::Levels));
        assert_eq!(apply(&task, levels).err(), Some(SearchFault::Levels));
    }
    let short = Task { hierarchies: &trees[..1], ..task.clone() };
    assert!(matches!(best(&short, Effort::default()), Err(SearchFault::Shape(_))));
    let odd = LossSpec { weights: vec![1.0], ..loss.clone() };
    assert!(matches!(best(&Task { loss: &odd, ..task }, Effort::default()), Err(SearchFault::Loss(_))));
}
