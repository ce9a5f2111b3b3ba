//! The search for generalisations. UCI Adult, nine columns, 12,960 generalisations: the cases of ARX's own tests, where
//! `../shared/data/arx` is there. Then synthetic persons with six quasi-identifiers: histogram, search and the plan for the rows;
//! `ROWS=10000000 cargo bench --bench persons`, a million by default. `REPEATS` says how often each search is timed.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::Path;
use std::time::Instant;

use tamis::protect::persons::hierarchy::{Hierarchy, Labelled, read};
use tamis::protect::persons::histogram::{Builder, Histogram, Record};
use tamis::protect::persons::loss::{LossSpec, Measure};
use tamis::protect::persons::models::KAnonymity;
use tamis::protect::persons::search::{Effort, Task, apply, best};

fn main() {
    adult();
    large();
}

const COLUMNS: [&str; 9] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"];

/// The histogram over all columns.
fn table(rows: &[Vec<u32>]) -> Histogram {
    let mut builder = Builder::new(COLUMNS.len(), 0);
    for row in rows {
        builder.person(&[Record { key: row, sensitive: &[], weight: 0 }]).unwrap();
    }
    builder.finish()
}

fn adult() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/arx");
    let Ok(text) = std::fs::read_to_string(folder.join("adult.csv")) else {
        println!("skipped: optional test data `../shared/data/arx` is absent");
        return;
    };
    let tree = |column: &&str| {
        let text = std::fs::read_to_string(folder.join(format!("adult_hierarchy_{column}.csv"))).unwrap();
        read(&text, ';').unwrap()
    };
    let trees: Vec<Labelled> = COLUMNS.iter().map(tree).collect();
    let code = |line: &str| line.split(';').zip(&trees).map(|(field, tree)| tree.code(field).unwrap()).collect();
    let rows: Vec<Vec<u32>> = text.lines().skip(1).map(code).collect();
    let hierarchies: Vec<Hierarchy> = trees.iter().map(|tree| tree.hierarchy.clone()).collect();
    let start = Instant::now();
    let histogram = table(&rows);
    println!("histogram: {} rows, {} classes, {:.2?}", rows.len(), histogram.len(), start.elapsed());
    let repeats = std::env::var("REPEATS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_u32);
    let limit = rows.len() as u64 * 4 / 100;
    for (k, share, measure) in [
        (5, limit, Measure::Entropy { suppression: false }),
        (5, 0, Measure::Entropy { suppression: false }),
        (100, limit, Measure::Entropy { suppression: false }),
        (5, limit, Measure::Entropy { suppression: true }),
        (5, limit, Measure::Granularity),
        (5, limit, Measure::Discernibility { suppression: true }),
        (5, limit, Measure::ClassSize),
        (5, limit, Measure::Precision { suppression: true }),
        (5, limit, Measure::Ambiguity),
    ] {
        let (model, loss) = (KAnonymity::new(k).unwrap(), LossSpec::of(measure));
        let task = Task::new(&histogram, &hierarchies, vec![&model], share, &loss);
        for keep in [1, 2] {
            let times = (0..repeats).map(|_| {
                let start = Instant::now();
                let found = best(&task, Effort { keep, ..Effort::default() }).unwrap();
                (start.elapsed(), found)
            });
            let (time, found) = times.min_by_key(|(time, _)| *time).unwrap();
            let first = &found.solutions[0];
            println!(
                "{k}-anonymity, limit {share}, {measure:?}, best {keep}: {time:.2?}, {} checks, loss {} at {:?}",
                found.checks, first.loss.total, first.levels
            );
        }
    }
}

fn large() {
    let rows: u64 = std::env::var("ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    // Age, sex, department, month, occupation, profession of the doctor.
    let groups = |count: u32, of: u32| (0..count).map(|code| code / of).collect::<Vec<u32>>();
    let hierarchies = vec![
        Hierarchy::new(&[groups(100, 1), groups(100, 5), groups(100, 10), groups(100, 20)]).unwrap().with_top(),
        Hierarchy::identity(3).with_top(),
        Hierarchy::new(&[groups(100, 1), groups(100, 8)]).unwrap().with_top(),
        Hierarchy::new(&[groups(12, 1), groups(12, 3), groups(12, 6)]).unwrap().with_top(),
        Hierarchy::new(&[groups(8, 1), groups(8, 2)]).unwrap().with_top(),
        Hierarchy::identity(5).with_top(),
    ];
    let sizes = [100_u64, 3, 100, 12, 8, 5];
    let mut state = 1_u64;
    let mut draw = |size: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The smaller of two: low codes are more frequent.
        let part = |word: u64| (word * size) >> 31;
        part(state >> 33).min(part((state ^ (state << 21)) >> 33)) as u32
    };
    let start = Instant::now();
    let mut builder = Builder::new(sizes.len(), 0);
    for _ in 0..rows {
        let key = sizes.map(&mut draw);
        builder.person(&[Record { key: &key, sensitive: &[], weight: 0 }]).unwrap();
    }
    let histogram = builder.finish();
    println!("histogram: {rows} persons, {} classes, {:.2?}", histogram.len(), start.elapsed());
    for measure in [Measure::Granularity, Measure::Entropy { suppression: false }] {
        let (model, loss) = (KAnonymity::new(11).unwrap(), LossSpec::of(measure));
        let task = Task::new(&histogram, &hierarchies, vec![&model], rows / 50, &loss);
        let start = Instant::now();
        let found = best(&task, Effort::default()).unwrap();
        let time = start.elapsed();
        let levels = &found.solutions[0].levels;
        let start = Instant::now();
        let plan = apply(&task, levels).unwrap().unwrap();
        println!(
            "{measure:?}: {} nodes, {} checks, {time:.2?}, at {levels:?}; plan for {} classes {:.2?}",
            found.nodes,
            found.checks,
            plan.kept.len(),
            start.elapsed()
        );
    }
}
