#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::{Builder, Histogram, Record};
use crate::protect::persons::loss::{LossSpec, Measure};
use crate::protect::persons::models::{DeltaPresence, DistinctDiversity, KAnonymity, Model, TCloseness};
use crate::protect::persons::search::{Effort, Task, best};
use crate::protect::persons::tests::adult::{Adult, EIGHT};

/// Persons with keys; each may have several records.
fn histogram(people: &[Vec<Vec<u32>>], width: usize) -> Histogram {
    let mut builder = Builder::new(width, 1);
    for (person, keys) in people.iter().enumerate() {
        let value = [person as u32 % 3];
        let records = keys.iter().map(|key| Record { key, sensitive: &value, weight: 0 });
        builder.person(&records.collect::<Vec<_>>()).unwrap();
    }
    builder.finish()
}

/// What leaves of each record: its values, or nothing.
fn published(data: &Histogram, found: &Suppressed, key: &[u32]) -> Option<Vec<Option<u32>>> {
    let class = (0..data.len()).find(|&class| data.key(class) == key).unwrap();
    let value = |(at, code): (usize, &u32)| (!found.values[class][at]).then_some(*code);
    (!found.removed[class]).then(|| key.iter().enumerate().map(value).collect())
}

proptest! {
    #[test]
    fn after_local_suppression_everybody_has_company(
        people in prop::collection::vec(prop::collection::vec(prop::collection::vec(0..3_u32, 3), 1..3), 1..20), k in 1..5_u64, alone in any::<bool>(),
    ) {
        // Under the convention of any value, persons have one record each.
        let single: Vec<Vec<Vec<u32>>> = people.iter().map(|keys| keys[..1].to_vec()).collect();
        let (people, convention) = if alone { (&single, Convention::Any) } else { (&people, Convention::Own) };
        let data = histogram(people, 3);
        let found = suppress(&data, k, &[3.0, 1.0, 2.0], convention).unwrap();
        prop_assert!(verify_suppressed(&data, &found, k, convention));
        let out: Vec<(usize, Option<Vec<Option<u32>>>)> = people
            .iter()
            .enumerate()
            .flat_map(|(person, keys)| keys.iter().map(|key| (person, published(&data, &found, key))).collect::<Vec<_>>())
            .collect();
        let agree = |one: &[Option<u32>], two: &[Option<u32>]| match convention {
            Convention::Own => one == two,
            Convention::Any => one.iter().zip(two).all(|(one, two)| one.is_none() || two.is_none() || one == two),
        };
        for one in out.iter().filter_map(|(_, values)| values.as_ref()) {
            let company = out.iter().filter(|(_, two)| two.as_ref().is_some_and(|two| agree(one, two)));
            prop_assert!(company.map(|(person, _)| person).collect::<BTreeSet<_>>().len() as u64 >= k);
        }
        let removed = out.iter().filter(|(_, values)| values.is_none()).count() as u64;
        prop_assert_eq!(found.records, removed);
        if convention == Convention::Any {
            prop_assert_eq!(removed > 0, (people.len() as u64) < k, "only where there are too few at all");
        }
        // A class that was safe already is not touched.
        for class in (0..data.len()).filter(|&class| data.classes().persons()[class] >= k) {
            prop_assert!(!found.removed[class] && !found.values[class].contains(&true));
        }
    }

    #[test]
    fn after_local_recoding_every_class_holds(
        keys in prop::collection::vec(prop::collection::vec(0..4_u32, 2), 3..25), k in 2..4_u64, limit in 0..4_u64,
    ) {
        let people: Vec<Vec<Vec<u32>>> = keys.iter().map(|key| vec![key.clone()]).collect();
        let data = histogram(&people, 2);
        let trees = vec![Hierarchy::new(&[vec![0, 1, 2, 3], vec![0, 0, 1, 1], vec![0; 4]]).unwrap(); 2];
        let (size, values) = (KAnonymity::new(k).unwrap(), DistinctDiversity::new(2, 0).unwrap());
        let loss = LossSpec::of(Measure::Granularity);
        let task = Task::new(&data, &trees, vec![&size, &values], limit, &loss);
        if let Some(found) = recode(&task, Effort::default(), 10, 100).unwrap() {
            prop_assert!(verify_recoded(&task, &found) && found.suppressed <= limit);
            let mut classes: BTreeMap<(Vec<usize>, Vec<u32>), BTreeSet<usize>> = BTreeMap::new();
            for (person, key) in keys.iter().enumerate() {
                let class = (0..data.len()).find(|&class| data.key(class) == *key).unwrap();
                if let Some(levels) = &found.levels[class] {
                    let group = |at: usize| trees[at].map(levels[at]).unwrap()[key[at] as usize];
                    classes.entry((levels.clone(), vec![group(0), group(1)])).or_default().insert(person);
                }
            }
            for people in classes.values() {
                prop_assert!(people.len() as u64 >= k);
                prop_assert!(people.iter().map(|person| person % 3).collect::<BTreeSet<_>>().len() >= 2);
            }
            let gone: u64 = found.passes.iter().map(|(_, rows)| rows).sum();
            prop_assert_eq!(gone + found.suppressed, keys.len() as u64);
        } else {
            prop_assert!(best(&task, Effort::default()).unwrap().solutions.is_empty(), "one pass would have done");
        }
    }
}

#[test]
fn the_cheapest_values_go_first() {
    // The last column is unimportant: without it, two are alike.
    let people: Vec<Vec<Vec<u32>>> =
        vec![vec![vec![0, 0, 0]], vec![vec![0, 0, 1]], vec![vec![5, 0, 0]], vec![vec![5, 0, 0]]];
    let data = histogram(&people, 3);
    let found = suppress(&data, 2, &[5.0, 3.0, 1.0], Convention::Own).unwrap();
    assert_eq!((found.counts, found.records), (vec![0, 0, 2], 0));
    // Where it is the most important one, leaving out the two others is cheaper, but helps only under the lenient count.
    let found = suppress(&data, 2, &[1.0, 1.0, 9.0], Convention::Any).unwrap();
    assert_eq!((found.counts.clone(), found.records), (vec![1, 0, 1], 0));
    assert!(
        verify_suppressed(&data, &found, 2, Convention::Any) && !verify_suppressed(&data, &found, 2, Convention::Own)
    );
}

#[test]
fn verification_finds_a_plan_that_is_not_safe() {
    let people: Vec<Vec<Vec<u32>>> = vec![vec![vec![0]], vec![vec![0]], vec![vec![1]]];
    let data = histogram(&people, 1);
    let nothing = Suppressed { values: vec![vec![false]; 2], removed: vec![false; 2], counts: vec![0], records: 0 };
    for convention in [Convention::Own, Convention::Any] {
        assert!(!verify_suppressed(&data, &nothing, 2, convention));
        assert!(verify_suppressed(&data, &suppress(&data, 2, &[1.0], convention).unwrap(), 2, convention));
    }
    let (trees, loss) = ([Hierarchy::identity(2).with_top()], LossSpec::of(Measure::Granularity));
    let model = KAnonymity::new(2).unwrap();
    let task = Task::new(&data, &trees, vec![&model], 0, &loss);
    let unsafe_plan = Recoded { levels: vec![Some(vec![0]), Some(vec![1])], passes: vec![], suppressed: 0 };
    assert!(!verify_recoded(&task, &unsafe_plan), "the one at the top is alone there");
    assert!(verify_recoded(&task, &Recoded { levels: vec![Some(vec![1]); 2], ..unsafe_plan }));
}

#[test]
fn wrong_parameters_are_refused() {
    let data = histogram(&[vec![vec![0]]], 1);
    assert_eq!(suppress(&data, 0, &[1.0], Convention::Any), Err(SuppressFault::K));
    assert_eq!(suppress(&data, 1, &[], Convention::Any), Err(SuppressFault::Importance));
    assert_eq!(suppress(&data, 1, &[0.0], Convention::Any), Err(SuppressFault::Importance));
    let wide = histogram(&[vec![vec![0; 21]]], 21);
    assert_eq!(suppress(&wide, 1, &[1.0; 21], Convention::Any), Err(SuppressFault::Columns));
    let (trees, loss) = ([Hierarchy::identity(1)], LossSpec::of(Measure::Granularity));
    let model = DeltaPresence::new(0.1, 1.0).unwrap();
    let mut builder = Builder::new(1, 1);
    builder.population(&[0], 1).unwrap();
    let data = builder.finish();
    assert_eq!(recode(&Task::new(&data, &trees, vec![&model], 9, &loss), Effort::default(), 9, 100), Ok(None));
}

#[test]
fn local_recoding_of_adult_keeps_all_records_at_a_smaller_loss() {
    let Some(adult) = Adult::load() else { return };
    let (data, trees) = (adult.histogram(&EIGHT, &[7]), adult.hierarchies(&EIGHT));
    let closeness =
        TCloseness::new(0.5, 0, crate::protect::persons::models::Distance::Equal, &data.classes().reference(0))
            .unwrap();
    let five = KAnonymity::new(5).unwrap();
    let models: Vec<&dyn Model> = vec![&five, &closeness];
    let loss = LossSpec::of(Measure::Granularity);
    let task = Task::new(&data, &trees, models, 0, &loss);
    let found = recode(&task, Effort { nodes: 0, checks: 60, ..Effort::default() }, 20, 20).unwrap().unwrap();
    assert!(found.passes.len() > 2 && found.suppressed == 0 && verify_recoded(&task, &found));
    let global = best(&task, Effort { nodes: 0, checks: 200, keep: 1 }).unwrap().solutions.remove(0);
    let height = |levels: &[usize]| levels.iter().sum::<usize>() as f64;
    let rows: u64 = found.passes.iter().map(|(_, rows)| rows).sum();
    let local = found.passes.iter().map(|(levels, rows)| height(levels) * *rows as f64).sum::<f64>() / rows as f64;
    assert!(local < height(&global.levels), "{local} levels on average instead of {}", height(&global.levels));
}
