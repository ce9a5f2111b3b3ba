//! The search against all nodes of small lattices, for every rule and every loss.

use proptest::prelude::*;

use super::naive::{Row, Rule, Table, VALUES};
use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::{Builder, Histogram, Record};
use crate::protect::persons::loss::{Aggregate, Balance, LossSpec, Measure};
use crate::protect::persons::models::{
    AlphaK, BetaLikeness, DeltaPresence, Distance, DistinctDiversity, EntropyDiversity, KAnonymity, KMap, Model,
    RecursiveDiversity, TCloseness,
};
use crate::protect::persons::search::{Effort, Found, Proof, QuasiSet, Task, apply, best, cost};

const RULES: [Rule; 13] = [
    Rule::K(3),
    Rule::Map(6),
    Rule::AlphaK(0.6, 2),
    Rule::Distinct(2),
    Rule::Entropy(1.9),
    Rule::Recursive(2.0, 2),
    Rule::Equal(0.3),
    Rule::Ordered(0.2),
    Rule::Hierarchical(0.2),
    Rule::Presence(0.0, 0.6),
    Rule::Presence(0.1, 0.8),
    Rule::Basic(1.0),
    Rule::Enhanced(2.0),
];

const MEASURES: [Measure; 9] = [
    Measure::Granularity,
    Measure::Entropy { suppression: false },
    Measure::Entropy { suppression: true },
    Measure::Discernibility { suppression: false },
    Measure::Discernibility { suppression: true },
    Measure::ClassSize,
    Measure::Precision { suppression: false },
    Measure::Precision { suppression: true },
    Measure::Ambiguity,
];

/// Tables of three columns with three, two and four levels; some persons have several records.
fn tables() -> impl Strategy<Value = Table> {
    let row = (prop::collection::vec(0..4_u32, 3), 0..VALUES);
    let person = prop_oneof![4 => prop::collection::vec(row.clone(), 1), 1 => prop::collection::vec(row, 2..4)];
    let others = prop::collection::vec((prop::collection::vec(0..4_u32, 3), 1..4_u64), 0..8);
    (prop::collection::vec(person, 4..16), others).prop_map(|(people, others)| {
        let mut rows = Vec::new();
        let mut population = others;
        for (person, records) in people.into_iter().enumerate() {
            for (key, value) in records {
                population.push((key.clone(), 1));
                rows.push(Row { person, key, value });
            }
        }
        let trees = vec![
            vec![vec![0, 1, 2, 3], vec![0, 0, 1, 1], vec![0; 4]],
            vec![vec![0, 1, 2, 3], vec![0; 4]],
            vec![vec![0, 1, 2, 3], vec![0, 0, 1, 2], vec![0, 0, 1, 1], vec![0; 4]],
        ];
        Table { rows, population, trees }
    })
}

/// All nodes.
fn nodes() -> Vec<Vec<usize>> {
    (0..24).map(|node| vec![node / 8, node / 4 % 2, node % 4]).collect()
}

fn histogram(table: &Table) -> Histogram {
    let mut builder = Builder::new(3, 1);
    for person in 0..=table.rows.iter().map(|row| row.person).max().unwrap_or(0) {
        let rows: Vec<&Row> = table.rows.iter().filter(|row| row.person == person).collect();
        let value: Vec<[u32; 1]> = rows.iter().map(|row| [row.value]).collect();
        let records = rows.iter().zip(&value).map(|(row, value)| Record { key: &row.key, sensitive: value, weight: 0 });
        builder.person(&records.collect::<Vec<_>>()).unwrap();
    }
    table.population.iter().for_each(|(key, persons)| builder.population(key, *persons).unwrap());
    builder.finish()
}

fn model(rule: Rule, reference: &[u64]) -> Box<dyn Model> {
    let values = Hierarchy::new(&[vec![0, 1, 2, 3], vec![0, 0, 1, 1], vec![0; 4]]).unwrap();
    match rule {
        Rule::K(k) => Box::new(KAnonymity::new(k as u64).unwrap()),
        Rule::Map(k) => Box::new(KMap::new(k).unwrap()),
        Rule::AlphaK(alpha, k) => Box::new(AlphaK::new(alpha, k as u64, 0, None).unwrap()),
        Rule::Distinct(l) => Box::new(DistinctDiversity::new(l, 0).unwrap()),
        Rule::Entropy(l) => Box::new(EntropyDiversity::new(l, 0).unwrap()),
        Rule::Recursive(c, l) => Box::new(RecursiveDiversity::new(c, l, 0).unwrap()),
        Rule::Equal(t) => Box::new(TCloseness::new(t, 0, Distance::Equal, reference).unwrap()),
        Rule::Ordered(t) => Box::new(TCloseness::new(t, 0, Distance::Ordered(vec![0, 1, 2, 3]), reference).unwrap()),
        Rule::Hierarchical(t) => Box::new(TCloseness::new(t, 0, Distance::Hierarchical(values), reference).unwrap()),
        Rule::Presence(least, most) => Box::new(DeltaPresence::new(least, most).unwrap()),
        Rule::Basic(beta) => Box::new(BetaLikeness::new(beta, false, 0, reference).unwrap()),
        Rule::Enhanced(beta) => Box::new(BetaLikeness::new(beta, true, 0, reference).unwrap()),
    }
}

/// Columns and the rules made for them.
type Made = (Vec<usize>, Vec<Box<dyn Model>>);

/// Columns and rules.
type Sets = Vec<(Vec<usize>, Vec<Rule>)>;

/// Compares a search with all nodes. The expected solutions are given with their total losses, best first.
fn compare(found: &Found, expected: &[(f64, Vec<usize>)], keep: usize) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.proof, Proof::Optimal);
    prop_assert_eq!(found.solutions.len(), expected.len().min(keep));
    for (solution, (loss, _)) in found.solutions.iter().zip(expected) {
        prop_assert!((solution.loss.total - loss).abs() <= 1e-9 * loss.max(1.0), "{} {loss}", solution.loss.total);
        let same = expected.iter().find(|(_, levels)| *levels == solution.levels);
        prop_assert!(same.is_some_and(|(own, _)| (own - loss).abs() <= 1e-9 * loss.max(1.0)), "a node that holds");
    }
    Ok(())
}

/// Compares searches for several losses.
fn check(table: &Table, sets: &Sets, limit: usize, losses: &[LossSpec], weights: &[f64]) -> Result<(), TestCaseError> {
    let (data, reference) = (histogram(table), table.reference());
    let trees: Vec<Hierarchy> = table.trees.iter().map(|levels| Hierarchy::new(levels).unwrap()).collect();
    let models: Vec<Made> = sets
        .iter()
        .map(|(columns, rules)| (columns.clone(), rules.iter().map(|&rule| model(rule, &reference)).collect()))
        .collect();
    let sets_of = models.iter().map(|(columns, models)| QuasiSet {
        columns: columns.clone(),
        models: models.iter().map(Box::as_ref).collect(),
    });
    let sets_of: Vec<QuasiSet> = sets_of.collect();
    let kept: Vec<Option<Vec<bool>>> = nodes().iter().map(|levels| table.kept(levels, sets, limit)).collect();
    for loss in losses {
        let task = Task { histogram: &data, hierarchies: &trees, sets: sets_of.clone(), limit: limit as u64, loss };
        check_one(table, &task, &kept, weights)?;
    }
    Ok(())
}

/// Compares single nodes, then searches of all kinds.
fn check_one(table: &Table, task: &Task, kept: &[Option<Vec<bool>>], weights: &[f64]) -> Result<(), TestCaseError> {
    let (data, loss) = (task.histogram, task.loss);
    let prices = (loss.balance.generalisation(), loss.balance.suppression());
    let mut expected = Vec::new();
    for (levels, kept) in nodes().into_iter().zip(kept) {
        let single = cost(task, &levels).unwrap();
        prop_assert_eq!(single.is_some(), kept.is_some(), "{:?} {:?}", &levels, &task.sets);
        if let (Some(single), Some(kept)) = (single, kept) {
            let total = table.loss(&levels, kept, loss.measure, loss.aggregate, weights, prices);
            prop_assert!(
                (single.loss.total - total).abs() <= 1e-9 * total.max(1.0),
                "{} {total} {levels:?}",
                single.loss.total
            );
            prop_assert_eq!(single.suppressed, kept.iter().filter(|kept| !**kept).count() as u64);
            let applied = apply(task, &levels).unwrap().unwrap();
            for (row, kept) in table.rows.iter().zip(kept) {
                let class = (0..data.len()).find(|&class| data.key(class) == row.key).unwrap();
                prop_assert_eq!(applied.kept[class], *kept);
            }
            expected.push((total, levels));
        }
    }
    expected.sort_by(|one, two| one.0.total_cmp(&two.0));
    for keep in [1, 3] {
        compare(&best(task, Effort { keep, ..Effort::default() }).unwrap(), &expected, keep)?;
        compare(&best(task, Effort { keep, nodes: 0, checks: 10_000 }).unwrap(), &expected, keep)?;
    }
    for checks in [0, 1, 4, 9] {
        let found = best(task, Effort { keep: 1, nodes: 0, checks }).unwrap();
        prop_assert!(found.checks <= checks.max(1) + 1);
        for solution in &found.solutions {
            prop_assert!(expected.iter().any(|(_, levels)| *levels == solution.levels), "what is found holds");
        }
        match found.proof {
            Proof::Optimal => compare(&found, &expected, 1)?,
            Proof::AtLeast(least) => {
                let seen = found.solutions.first().map_or(f64::INFINITY, |solution| solution.loss.total);
                let missed = expected.first().filter(|(loss, _)| *loss < seen * (1.0 - 1e-9));
                prop_assert!(missed.is_none_or(|(loss, _)| least <= loss * (1.0 + 1e-9)), "the bound holds");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_rule_with_every_loss_is_optimal(table in tables(), share in 0..8_usize) {
        let limit = [0, 0, 1, 2, 3, 5, 8, 100][share];
        for rule in RULES {
            let sets = vec![(vec![0, 1, 2], vec![rule])];
            check(&table, &sets, limit, &MEASURES.map(LossSpec::of), &[1.0; 3])?;
        }
    }

    #[test]
    fn rules_together_and_sets_together_are_optimal(
        table in tables(), limit in 0..9_usize, one in 0..13_usize, two in 0..13_usize, measure in 0..9_usize,
    ) {
        let loss = [LossSpec::of(MEASURES[measure])];
        check(&table, &vec![(vec![0, 1, 2], vec![RULES[one], RULES[two]])], limit, &loss, &[1.0; 3])?;
        check(&table, &vec![(vec![0, 1], vec![RULES[one]]), (vec![2, 1], vec![RULES[two]])], limit, &loss, &[1.0; 3])?;
        check(&table, &vec![(vec![0], vec![Rule::K(3)]), (vec![1, 2], vec![Rule::K(2), RULES[two]])], limit, &loss, &[1.0; 3])?;
    }

    #[test]
    fn weights_prices_and_means_are_those_of_the_definition(
        table in tables(), limit in 0..9_usize, rule in 0..13_usize, weights in prop::collection::vec(0.1..3.0_f64, 3),
        balance in 0.0..=1.0_f64, aggregate in 0..4_usize,
    ) {
        let aggregate = [Aggregate::Sum, Aggregate::Mean, Aggregate::GeometricMean, Aggregate::Maximum][aggregate];
        let balance = Balance::new(balance).unwrap();
        let losses: Vec<LossSpec> = MEASURES
            .into_iter()
            .filter(|measure| measure.by_column())
            .map(|measure| LossSpec { measure, weights: weights.clone(), aggregate, balance })
            .collect();
        check(&table, &vec![(vec![0, 1, 2], vec![RULES[rule]])], limit, &losses, &weights)?;
    }
}
