//! Same records, same pipeline, same key: the same bytes leave, whatever the order of rows and files, the number of threads
//! or buckets, the memory or the form of the input. Bad records, repeated keys and repeated records are among them.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use tamis::config::{Exclude, Pipeline, Share, Threshold};
use tamis::keys::MasterKey;
use tamis::pipeline::RunSummary;
use tamis::synth::SynthOptions;

type Release = BTreeMap<PathBuf, Vec<u8>>;

/// A CSV file cut into header and records, line breaks inside quotes respected.
#[derive(Clone)]
struct Records {
    header: Vec<u8>,
    rows: Vec<Vec<u8>>,
}

impl Records {
    fn synthetic(schema: &str, options: SynthOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("all.csv");
        common::synth(&file, schema, options);
        let mut rows = Self::cut(&fs::read(file).unwrap());
        Self { header: rows.remove(0), rows }
    }

    fn cut(bytes: &[u8]) -> Vec<Vec<u8>> {
        let (mut rows, mut row, mut quoted) = (Vec::new(), Vec::new(), false);
        for &byte in bytes {
            quoted ^= byte == b'"';
            if byte == b'\n' && !quoted {
                rows.push(std::mem::take(&mut row));
            } else {
                row.push(byte);
            }
        }
        if !row.is_empty() {
            rows.push(row);
        }
        rows
    }

    /// With every fiftieth record once more at the end, as it is.
    fn with_repeats(mut self) -> Self {
        let repeats: Vec<Vec<u8>> = self.rows.iter().step_by(50).cloned().collect();
        self.rows.extend(repeats);
        self
    }

    /// In another order (xorshift and Fisher–Yates: any order will do).
    fn shuffled(mut self, mut seed: u64) -> Self {
        for last in (1..self.rows.len()).rev() {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            self.rows.swap(last, (seed % (last as u64 + 1)) as usize);
        }
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.clone();
        bytes.push(b'\n');
        for row in &self.rows {
            bytes.extend_from_slice(row);
            bytes.push(b'\n');
        }
        bytes
    }

    /// In several files, the last records first.
    fn write_parts(&self, folder: &Path, name: &str, parts: usize) -> Vec<String> {
        let chunks = self.rows.chunks(self.rows.len().div_ceil(parts)).rev().enumerate();
        chunks
            .map(|(i, rows)| {
                let part = Self { header: self.header.clone(), rows: rows.to_vec() };
                write(folder, &format!("{name}-{i}.csv"), &part.bytes())
            })
            .collect()
    }

    fn cells(row: &[u8]) -> Vec<String> {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let text = String::from_utf8(row.to_vec()).unwrap();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    }

    /// Only the records that have as many cells as the header: columns of a Parquet file have one length.
    fn even(mut self) -> Self {
        let width = Self::cells(&self.header).len();
        self.rows.retain(|row| Self::cells(row).len() == width);
        self
    }

    fn write_parquet(&self, path: &Path) -> String {
        let labels = Self::cells(&self.header);
        let cells: Vec<Vec<String>> = self.rows.iter().map(|r| Self::cells(r)).collect();
        let column = |c: usize| -> ArrayRef {
            Arc::new(cells.iter().map(|row| Some(row[c].as_str()).filter(|t| !t.is_empty())).collect::<StringArray>())
        };
        let columns = labels.iter().enumerate().map(|(c, label)| (label.as_str(), column(c), true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let properties = parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(900));
        let file = fs::File::create(path).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        path.display().to_string()
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// A run in a folder of its own.
struct Bench {
    folder: tempfile::TempDir,
    runs: std::cell::Cell<usize>,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), runs: std::cell::Cell::default() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, pipeline: &Pipeline, threads: usize, key: MasterKey) -> (RunSummary, Release) {
        self.runs.set(self.runs.get() + 1);
        let out = self.path().join(format!("out-{}", self.runs.get()));
        let summary = common::run(pipeline, &out, threads, key).unwrap();
        let release = common::files(&summary.release);
        assert!(release.contains_key(Path::new("datapackage.json")));
        (summary, release)
    }
}

/// Says which file differs rather than printing both.
fn assert_same(expected: &Release, found: &Release, what: &str) {
    let names = |r: &Release| r.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(expected), names(found), "{what}");
    for (name, bytes) in expected {
        assert!(bytes == &found[name], "{what}: {} differs", name.display());
    }
}

/// Holds runs over the same records against the first: every source in other orders, files, threads, buckets, memory.
fn hold(pipeline: &Pipeline, sources: &[Records]) -> (RunSummary, Release) {
    let bench = Bench::new();
    let with = |files: Vec<Vec<String>>| {
        let mut pipeline = pipeline.clone();
        pipeline.sources.iter_mut().zip(files).for_each(|(source, files)| source.files = files);
        pipeline
    };
    let plain: Vec<Vec<String>> = sources
        .iter()
        .enumerate()
        .map(|(i, records)| vec![write(bench.path(), &format!("plain-{i}.csv"), &records.bytes())])
        .collect();
    let first = with(plain);
    let (summary, expected) = bench.run(&first, 1, common::key(3));
    assert!(summary.released() > 100, "{} records are too few to tell orders apart", summary.released());
    assert!(summary.rejected() > 10 && summary.spilled == 0, "bad records are among them");

    for threads in [2, 4] {
        assert_same(&expected, &bench.run(&first, threads, common::key(3)).1, &format!("{threads} threads"));
    }
    for buckets in [1, 8] {
        let mut other = first.clone();
        other.limits.buckets = Some(buckets);
        assert_same(&expected, &bench.run(&other, 2, common::key(3)).1, &format!("{buckets} buckets"));
    }
    for (memory, threads) in [(1, 1), (200_000, 4)] {
        let mut other = first.clone();
        other.limits.memory = memory;
        let (spilled, release) = bench.run(&other, threads, common::key(3));
        assert!(spilled.spilled > 0, "a limit of {memory} bytes makes the vault spill");
        assert_same(&expected, &release, &format!("{memory} bytes of memory"));
    }
    for (parts, seed) in [(1, 11), (3, 12), (7, 13)] {
        let files = sources.iter().enumerate().map(|(i, records)| {
            records.clone().shuffled(seed).write_parts(bench.path(), &format!("parts-{seed}-{i}"), parts)
        });
        let mut other = with(files.collect());
        other.limits.buckets = Some(8);
        let (shuffled, release) = bench.run(&other, 2, common::key(3));
        assert_same(&expected, &release, &format!("shuffled into {parts} files"));
        let counts = |s: &RunSummary| (s.read(), s.rejected(), s.excluded(), s.frame, s.drawn, s.stratum_conflicts);
        assert_eq!(counts(&summary), counts(&shuffled), "what the run tells is the same as well");
    }
    (summary, expected)
}

fn tolerant(name: &str) -> Pipeline {
    let mut pipeline = Pipeline::read(&common::project().join("pipelines").join(name)).unwrap();
    pipeline.limits.reject_above = Share::ALL;
    pipeline.persons.iter_mut().for_each(|p| p.k = Threshold::new(3).unwrap());
    pipeline
}

fn consultations() -> Records {
    let options = SynthOptions { records: 8_000, seed: 5, dirty: 0.06, ..SynthOptions::default() };
    Records::synthetic("consultation_prevention", options).with_repeats()
}

fn screenings() -> Records {
    let options = SynthOptions { records: 4_000, seed: 5, dirty: 0.06, ..SynthOptions::default() };
    Records::synthetic("depistage_organise", options).with_repeats()
}

/// The first cells of some records: persons who objected, as a register names them.
fn register(folder: &Path, records: &Records) -> PathBuf {
    let labels = Records::cells(&records.header);
    let at = labels.iter().position(|l| l == "matricule_ins").unwrap();
    let cells = records.rows.iter().step_by(97).map(|r| Records::cells(r).swap_remove(at));
    let sound = cells.filter(|nir| nir.len() == 15 && tamis::identifiers::Nir::parse(nir).is_ok());
    let lines: Vec<String> = sound.collect();
    assert!(lines.len() > 20);
    folder.join(write(folder, "register.csv", format!("matricule_ins\n{}\n", lines.join("\n")).as_bytes()))
}

#[test]
fn a_release_with_pseudonyms_depends_on_records_pipeline_and_key_alone() {
    let (consultations, screenings) = (consultations(), screenings());
    let folder = tempfile::tempdir().unwrap();
    let mut pipeline = tolerant("l1411-8.toml");
    for exclude in &mut pipeline.excludes {
        if let Exclude::Register { path, .. } = exclude {
            *path = register(folder.path(), &consultations);
        }
    }
    let (summary, _) = hold(&pipeline, &[consultations, screenings]);
    assert!(summary.excluded() > 20, "objections from the register and from records are among them");
    assert!(summary.drawn < summary.frame);
}

#[test]
fn a_release_without_linkage_depends_on_records_pipeline_and_key_alone() {
    let options = SynthOptions { records: 9_000, seed: 6, dirty: 0.05, ..SynthOptions::default() };
    let certificates = Records::synthetic("certificat_sante_enfant", options).with_repeats();
    let (summary, release) = hold(&tolerant("certificats-enfant.toml"), &[certificates]);
    assert!(summary.drawn < summary.frame && summary.unit == "record");
    let rows = String::from_utf8(release[Path::new("data/certificats.csv")].clone()).unwrap();
    assert!(!rows.contains("pseudonyme"));
}

#[test]
fn a_release_is_the_same_whatever_the_form_of_the_file() {
    let bench = Bench::new();
    let records = consultations().even();
    let mut pipeline = tolerant("l1411-8.toml");
    let screenings = write(bench.path(), "screenings.csv", &screenings().bytes());
    pipeline.sources[1].files = vec![screenings];
    let plain = records.bytes();
    pipeline.sources[0].files = vec![write(bench.path(), "plain.csv", &plain)];
    let (_, expected) = bench.run(&pipeline, 2, common::key(3));

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend_from_slice(&plain);
    let windows = encoding_rs::WINDOWS_1252.encode(std::str::from_utf8(&plain).unwrap()).0.into_owned();
    assert_ne!(windows, plain, "there are accents in the records");
    let forms: Vec<(&str, Vec<String>)> = vec![
        ("gzip", vec![write(bench.path(), "c.csv.gz", &gzip.finish().unwrap())]),
        ("zstd", vec![write(bench.path(), "c.csv.zst", &zstd::encode_all(plain.as_slice(), 1).unwrap())]),
        ("UTF-8 with a mark", vec![write(bench.path(), "marked.csv", &marked)]),
        ("Windows-1252", vec![write(bench.path(), "windows.csv", &windows)]),
        ("Parquet", vec![records.clone().shuffled(21).write_parquet(&bench.path().join("c.parquet"))]),
    ];
    for (form, files) in forms {
        pipeline.sources[0].files = files;
        assert_same(&expected, &bench.run(&pipeline, 2, common::key(3)).1, form);
    }
}

#[test]
fn another_key_gives_other_pseudonyms_and_another_sample_and_the_same_counts() {
    let bench = Bench::new();
    let mut pipeline = tolerant("l1411-8.toml");
    // Without bad records: of two records under one primary key, the key of the run decides which one stays.
    let clean = SynthOptions { records: 5_000, seed: 5, ..SynthOptions::default() };
    for (source, schema) in ["consultation_prevention", "depistage_organise"].into_iter().enumerate() {
        let file = bench.path().join(format!("{source}.csv"));
        common::synth(&file, schema, clean);
        pipeline.sources[source].files = vec![file.display().to_string()];
    }
    let (one, first) = bench.run(&pipeline, 2, common::key(3));
    let (two, second) = bench.run(&pipeline, 2, common::key(4));
    let rows = |release: &Release| -> Vec<Vec<String>> {
        let text = release[Path::new("data/consultations.csv")].clone();
        Records::cut(&text).iter().skip(1).map(|r| Records::cells(r)).collect()
    };
    let (first_rows, second_rows) = (rows(&first), rows(&second));
    let pseudonyms: std::collections::BTreeSet<&String> = first_rows.iter().map(|r| &r[0]).collect();
    assert!(!pseudonyms.is_empty() && second_rows.iter().all(|r| !pseudonyms.contains(&r[0])));
    let contents = |rows: &[Vec<String>]| {
        let mut rows: Vec<Vec<String>> = rows.iter().map(|r| r[1..].to_vec()).collect();
        rows.sort();
        rows
    };
    assert_ne!(contents(&first_rows), contents(&second_rows), "other persons were drawn");
    assert_eq!((one.drawn, one.frame, one.rejected()), (two.drawn, two.frame, two.rejected()));
    // Tables count the population. Which cells are shown depends on the rows beside them, what they show does not.
    let is_table = |name: &Path| name.starts_with("tables") && name.extension().is_some_and(|e| e == "csv");
    for (name, bytes) in first.iter().filter(|(name, _)| is_table(name)) {
        let cells =
            |bytes: &[u8]| -> Vec<Vec<String>> { Records::cut(bytes).iter().map(|r| Records::cells(r)).collect() };
        let (mine, theirs) = (cells(bytes), cells(&second[name]));
        assert_eq!(mine.len(), theirs.len());
        let mut shown = 0;
        for (a, b) in mine.iter().zip(&theirs).filter(|(a, b)| a.last() == b.last() && a.contains(&"publie".to_owned()))
        {
            assert_eq!(a[..4], b[..4], "{}", name.display());
            shown += 1;
        }
        assert!(shown > 20, "{}: {shown} cells are shown in both", name.display());
    }
}

/// Persons, some twice under one number, and events of theirs and of nobody.
fn joined() -> (Records, Records) {
    let person = |i: u64, copy: u64| {
        let sex = if (i + copy).is_multiple_of(2) { "F" } else { "M" };
        let (year, ssn) = (1940 + i % 60, format!("{:03}-{:02}-{:04}", 100 + i % 900, 10 + copy, 1000 + i));
        format!("p{i},{year}-05-17,,{ssn},,,,Nom,,Nom,,,M,white,x,{sex},B,A,C,S,C,,01,1.5,2.5,1.0,2.0,3").into_bytes()
    };
    let event = |i: u64| {
        let person = i * 7 % 310;
        let (year, day, cost) = (2000 + i % 20, 1 + i % 28, i % 997);
        let code = [73_761_001, 171_207_006, 1][(i % 3) as usize];
        format!("{year}-03-{day:02}T10:00:00Z,{year}-03-{day:02}T11:00:00Z,p{person},e{i},s,{code},d,{cost}.25,,")
            .into_bytes()
    };
    let header = |name: &str| {
        let schema = common::project().join("tests/synthea").join(format!("{name}.json"));
        let schema = tamis::schema::TableSchema::read(&schema).unwrap();
        schema.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>().join(",").into_bytes()
    };
    let mut persons: Vec<Vec<u8>> = (0..300).map(|i| person(i, 0)).collect();
    persons.extend((0..300).step_by(30).map(|i| person(i, 1)));
    persons.extend((0..300).step_by(60).map(|i| person(i, 2)));
    let events: Vec<Vec<u8>> = (0..3_100).map(event).collect();
    (Records { header: header("procedures"), rows: events }, Records { header: header("patients"), rows: persons })
}

#[test]
fn a_join_finds_the_same_partners_whatever_the_order_and_counts_each_bad_record_once() {
    let (events, persons) = joined();
    let mut pipeline = Pipeline::read(&common::project().join("tests/synthea/pipeline.toml")).unwrap();
    pipeline.limits.reject_above = Share::ALL;
    let (summary, _) = hold(&pipeline, &[events, persons]);
    // Ten persons stand there again with another number of insurance, five of these once more. Ten of 310 numbers have
    // no person: 3,100 events are spread over all numbers evenly.
    assert_eq!(summary.sources[1].rejected, 15, "each surplus person is counted once");
    assert_eq!(summary.sources[0].rejected, 100, "events of nobody");
}
