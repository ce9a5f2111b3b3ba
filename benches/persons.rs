//! The search for generalisations. UCI Adult, nine columns, 12,960 generalisations: the cases of ARX's own tests, where
//! `../shared/data/arx` is there. Then synthetic persons with six quasi-identifiers: histogram, search and application
//! beside writing them; `ROWS=10000000 cargo bench --bench persons`, a million by default. `REPEATS` says how often each search is timed.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSlice as _;
use tamis::config::Threshold;
use tamis::protect::persons::hierarchy::{Hierarchy, Labelled, read};
use tamis::protect::persons::histogram::{Builder, Histogram, Record};
use tamis::protect::persons::loss::{LossSpec, Measure};
use tamis::protect::persons::models::KAnonymity;
use tamis::protect::persons::search::{Effort, Task, best, kept};
use tamis::protect::persons::{Coder, Lookup, PersonPlan};

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

/// Synthetic persons: age, sex, department, month, occupation, profession of the doctor. Low codes are more frequent.
const SIZES: [u64; 6] = [100, 3, 100, 12, 8, 5];

/// A person by position: no state, so that threads share the work as buckets do.
fn person(at: u64) -> [u32; 6] {
    let mut state = at.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    SIZES.map(|size| {
        let word = word(&mut state);
        let part = |word: u64| (word * size) >> 32;
        part(word >> 32).min(part(word & 0xFFFF_FFFF)) as u32
    })
}

/// SplitMix64: Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014.
fn word(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut word = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// A person of a population: departments as unequal as those of France, children and pupils without an occupation, the old
/// retired, most seen by one profession.
fn inhabitant(at: u64) -> [u32; 6] {
    let mut state = at.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut below = |size: f64| word(&mut state) as f64 / 2_f64.powi(64) * size;
    let age = if below(1.0) < 0.75 { below(66.0) } else { 66.0 + below(34.0).min(below(34.0)) } as u32;
    let sex = (below(1.0) < 0.48) as u32;
    // 27 departments have half of the people, 60 the next 44 of a hundred.
    let department = (100.0 * below(1.0).powf(1.9)) as u32;
    let month = below(12.0) as u32;
    let working = [0.19, 0.45, 0.74, 0.91, 0.98, 1.0];
    let occupation = match age {
        0..=15 => 6,
        16..=22 if below(1.0) < 0.7 => 6,
        62.. if below(1.0) < 0.93 => 7,
        _ => {
            let draw = below(1.0);
            working.iter().position(|share| draw < *share).unwrap_or(5) as u32
        }
    };
    let draw = below(1.0);
    let profession = [0.62, 0.84, 0.96, 0.99].iter().position(|share| draw < *share).unwrap_or(4) as u32;
    [age.min(99), sex, department.min(99), month, occupation, profession]
}

fn hierarchies() -> Vec<Hierarchy> {
    let groups = |count: u32, of: u32| (0..count).map(|code| code / of).collect::<Vec<u32>>();
    vec![
        Hierarchy::new(&[groups(100, 1), groups(100, 5), groups(100, 10), groups(100, 20)]).unwrap().with_top(),
        Hierarchy::identity(3).with_top(),
        Hierarchy::new(&[groups(100, 1), groups(100, 8)]).unwrap().with_top(),
        Hierarchy::new(&[groups(12, 1), groups(12, 3), groups(12, 6)]).unwrap().with_top(),
        Hierarchy::new(&[groups(8, 1), groups(8, 2)]).unwrap().with_top(),
        Hierarchy::identity(5).with_top(),
    ]
}

/// Seconds on the clock, and of all processors together where the system tells them.
#[derive(Clone, Copy)]
struct Spent {
    wall: f64,
    processor: f64,
}

/// A stop-watch.
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), processor())
    }

    fn stop(self) -> Spent {
        Spent { wall: self.0.elapsed().as_secs_f64(), processor: processor() - self.1 }
    }
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} s (processor {:.2})", self.wall, self.processor)
    }
}

/// Seconds of user and system time, in hundredths: the fourteenth and fifteenth field of what Linux tells of a process.
fn processor() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = told.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Histogram, search and application to rows, beside writing the rows as they are; two threads, as a run has them.
fn large() {
    let rows: u64 = std::env::var("ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    for (name, of) in [("independent values", person as fn(u64) -> [u32; 6]), ("a population", inhabitant)] {
        println!("\n{name}");
        beside_writing(rows, of);
    }
}

fn beside_writing(rows: u64, of: fn(u64) -> [u32; 6]) {
    let persons: Vec<[u32; 6]> = (0..rows).into_par_iter().map(of).collect();
    let hierarchies = hierarchies();
    let folder = tempfile::tempdir().unwrap();
    let labels: Vec<Vec<String>> =
        SIZES.iter().map(|&size| (0..size).map(|code| format!("value {code}")).collect()).collect();
    let watch = Watch::start();
    write(&folder.path().join("plain.csv"), &persons, |row, text| {
        row.iter().zip(&labels).for_each(|(&code, labels)| field(text, &labels[code as usize]));
        true
    });
    let plain = watch.stop();
    println!("{rows} persons × 6; written as they are: {plain}");
    let watch = Watch::start();
    // As a run counts: buckets one after the other on each thread, and what the threads counted united.
    let whole = Builder::sized(&SIZES.map(|size| size as u32), 0);
    let add = |mut builder: Builder, bucket: &[[u32; 6]]| {
        for key in bucket {
            builder.person(&[Record { key, sensitive: &[], weight: 0 }]).unwrap();
        }
        builder
    };
    let rest = |mut builder: Builder| builder.rest().map(|()| builder).unwrap();
    let builders: Vec<Builder> =
        persons.par_chunks(persons.len().div_ceil(64)).fold(|| whole.sibling(), add).map(rest).collect();
    let histogram = whole.united(builders).unwrap();
    let counted = watch.stop();
    println!("histogram: {} classes, {counted}", histogram.len());
    for measure in [Measure::Granularity, Measure::Entropy { suppression: false }] {
        let (model, loss) = (KAnonymity::new(11).unwrap(), LossSpec::of(measure));
        let task = Task::new(&histogram, &hierarchies, vec![&model], rows / 50, &loss);
        let watch = Watch::start();
        let found = best(&task, Effort::default()).unwrap();
        let searched = watch.stop();
        let levels = &found.solutions[0].levels;
        let watch = Watch::start();
        let kept = kept(&task, levels).unwrap().unwrap();
        let plan = plan_of(&histogram, &hierarchies, (levels, &kept));
        let planned = watch.stop();
        let groups: Vec<&[u32]> =
            hierarchies.iter().zip(levels).map(|(tree, &level)| tree.map(level).unwrap()).collect();
        let watch = Watch::start();
        write(&folder.path().join("safe.csv"), &persons, |row, text| {
            if plan.way(&row.map(u64::from)).is_none() {
                return false;
            }
            let group = |(&code, groups): (&u32, &&[u32])| groups[code as usize] as usize;
            row.iter().zip(&groups).zip(&labels).for_each(|(pair, labels)| field(text, &labels[group(pair)]));
            true
        });
        let applied = watch.stop();
        let all = [counted, searched, planned, applied];
        let ratio = |of: fn(&Spent) -> f64| all.iter().map(of).sum::<f64>() / of(&plain);
        println!(
            "{measure:?}: {} nodes, {} checks, {searched}, at {levels:?}; planned {planned}, applied and written {applied}; \
             histogram, search and application are {:.2} × writing (processor {:.2})",
            found.nodes,
            found.checks,
            ratio(|spent| spent.wall),
            ratio(|spent| spent.processor),
        );
    }
}

/// The plan that a run looks each row up in: by the groups that values become, and not by each class of the data.
fn plan_of(histogram: &Histogram, hierarchies: &[Hierarchy], (levels, kept): (&[usize], &[bool])) -> PersonPlan {
    let map = |(tree, &level): (&Hierarchy, &usize)| tree.map(level).unwrap().to_vec();
    let maps: Vec<Vec<u32>> = hierarchies.iter().zip(levels).map(map).collect();
    let mut released = Lookup::new(maps.iter().map(|map| Coder::new((0..).zip(map.iter().copied()))).collect());
    let maps: Vec<Option<&[u32]>> = maps.iter().map(|map| Some(map.as_slice())).collect();
    released.release_all(histogram, &maps, |class| kept[class].then_some(0));
    PersonPlan::recoded(Threshold::new(11).unwrap(), released, Default::default(), 0, Vec::new())
}

fn field(text: &mut String, value: &str) {
    text.push_str(value);
    text.push(',');
}

/// Writes rows, those for which `line` is true, and brings them to the disk.
fn write(path: &Path, rows: &[[u32; 6]], line: impl Fn(&[u32; 6], &mut String) -> bool + Sync) {
    let mut file = std::fs::File::create(path).unwrap();
    for part in rows.chunks(1 << 20) {
        let texts: Vec<String> = part
            .par_chunks(1 << 14)
            .map(|rows| {
                let mut text = String::new();
                for row in rows {
                    if line(row, &mut text) {
                        text.pop();
                        text.push('\n');
                    }
                }
                text
            })
            .collect();
        texts.iter().for_each(|text| file.write_all(text.as_bytes()).unwrap());
    }
    file.sync_all().unwrap();
}
