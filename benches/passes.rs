//! Parse and judge, pseudonymise, and the whole run, on a million synthetic consultations.
//!
//! `cargo bench --bench passes`; the records are made once, under `target/bench-data`. For figures beside DuckDB see
//! `benches/compare`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use tamis::clock::SystemClock;
use tamis::config::Pipeline;
use tamis::keys::{Domain, MasterKey};
use tamis::pipeline::{self, RunOptions, Unwatched};
use tamis::schema::TableSchema;
use tamis::synth::{self, SynthOptions};

const RECORDS: u64 = 1_000_000;

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project().join("target"), PathBuf::from);
    target.join("bench-data")
}

/// The records, made once: the same file as that of `benches/compare`.
fn records() -> PathBuf {
    let file = folder().join(format!("consultation_prevention-{RECORDS}.csv"));
    if !file.exists() {
        fs::create_dir_all(folder()).unwrap();
        let schema = TableSchema::read(&project().join("schemas/consultation_prevention.json")).unwrap();
        let partial = file.with_extension("partial");
        let options = SynthOptions { records: RECORDS, seed: 1, ..SynthOptions::default() };
        synth::write(&schema, &options, BufWriter::new(File::create(&partial).unwrap())).unwrap();
        fs::rename(&partial, &file).unwrap();
    }
    file
}

/// The pipeline of `benches/compare` on that file.
fn the_pipeline(file: &Path) -> Pipeline {
    let text = fs::read_to_string(project().join("benches/compare/pipeline.toml")).unwrap();
    let with = |line: &str| match line.split_once('=').map(|(key, _)| key.trim()) {
        Some("schema") => format!("schema = {:?}", project().join("schemas/consultation_prevention.json")),
        Some("files") => format!("files = [{file:?}]"),
        _ => line.to_owned(),
    };
    let path = folder().join("passes.toml");
    fs::write(&path, text.lines().map(|line| with(line) + "\n").collect::<String>()).unwrap();
    Pipeline::read(&path).unwrap()
}

fn parse_and_judge(c: &mut Criterion) {
    let pipeline = the_pipeline(&records());
    let mut group = c.benchmark_group("records");
    group.throughput(Throughput::Elements(RECORDS)).sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(30));
    group.bench_function("parse and judge", |b| {
        b.iter(|| {
            let sources = pipeline::check(&pipeline, None, None, &Unwatched).unwrap();
            assert_eq!((sources[0].read, sources[0].rejected), (RECORDS, 0));
        });
    });
    group.finish();
}

fn whole_run(c: &mut Criterion) {
    let pipeline = the_pipeline(&records());
    let out = folder().join("passes-out");
    let mut group = c.benchmark_group("records");
    group.throughput(Throughput::Elements(RECORDS)).sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(50));
    group.bench_function("whole run", |b| {
        b.iter(|| {
            let options = RunOptions {
                out: Some(out.clone()),
                threads: None,
                key: None,
                draw_key: None,
                epoch: None,
                signer: None,
                operator: None,
                repeat: tamis::pipeline::Repeat::Allowed,
                clock: Arc::new(SystemClock),
                watch: &Unwatched,
            };
            assert_eq!(pipeline::run(&pipeline, options).unwrap().read(), RECORDS);
        });
    });
    group.finish();
    fs::remove_dir_all(out).unwrap();
}

/// One identifier on one thread: the digest that buckets records, and the pseudonym that leaves.
fn pseudonymise(c: &mut Criterion) {
    let domain = Domain { epoch: "run", recipient: "", dataset: "compare", identifier: "nir" };
    let master = MasterKey::from_bytes(std::array::from_fn(|i| i as u8)).unwrap();
    let (subjects, pseudonyms) = (master.subject_key(&domain), master.pseudonym_key(&domain, "consultations"));
    let mut group = c.benchmark_group("identifier");
    group.throughput(Throughput::Elements(1));
    group.bench_function("subject", |b| b.iter(|| subjects.subject(black_box(b"284058832102532"))));
    let subject = subjects.subject(b"284058832102532");
    group.bench_function("pseudonym", |b| b.iter(|| pseudonyms.pseudonym(black_box(subject))));
    group.finish();
}

criterion_group!(benches, pseudonymise, parse_and_judge, whole_run);
criterion_main!(benches);
