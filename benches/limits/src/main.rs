//! What no program that does the job of `benches/compare` can do without, each step alone on one thread: the floors of a run.
//!
//! `tamis-limits FILE ROUNDS` prints, as JSON, the median processor seconds of every step over a file of consultations. Each step is
//! the plainest code that a well-kept library allows; none judges, protects or destroys anything.

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, StringDictionaryBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use cpu_time::ProcessTime;
use hmac::{Hmac, Mac};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};

/// Bytes of a record that a vault keeps: a person, a dozen columns, a digest and a number.
const KEPT: usize = 96;
/// One record in so many is released.
const SAMPLED: usize = 10;
/// Columns that are released.
const RELEASED: [usize; 11] = [8, 9, 10, 16, 18, 19, 15, 23, 24, 13, 27];
/// Bytes that are read at a time.
const BLOCK: usize = 1 << 20;
/// Records of a batch that is written.
const BATCH: usize = 16_384;

/// What is measured, in the order of a run.
const STEPS: [&str; 8] =
    ["read", "digest of the file", "ends of records", "cells", "HMAC", "encryption", "arrays", "Parquet"];

fn main() {
    let mut words = std::env::args().skip(1);
    let (Some(file), Some(rounds)) = (words.next(), words.next().and_then(|rounds| rounds.parse::<usize>().ok()))
    else {
        eprintln!("usage: tamis-limits FILE ROUNDS");
        std::process::exit(2);
    };
    let mut seconds = vec![Vec::new(); STEPS.len()];
    let mut records = 0;
    for _ in 0..rounds.max(1) {
        let (found, all) = round(&file);
        records = found;
        seconds.iter_mut().zip(all).for_each(|(list, one)| list.push(one));
    }
    let median = |list: &mut Vec<f64>| {
        list.sort_by(f64::total_cmp);
        list[list.len() / 2]
    };
    let steps: Vec<String> =
        STEPS.iter().zip(&mut seconds).map(|(step, list)| format!("{step:?}: {:.4}", median(list))).collect();
    println!("{{\"records\": {records}, \"seconds\": {{{}}}}}", steps.join(", "));
}

/// Processor seconds of the steps.
struct Watch {
    seconds: [f64; STEPS.len()],
    begun: ProcessTime,
}

impl Watch {
    /// What passed since the step before was this one.
    fn was(&mut self, step: &str) {
        let at = STEPS.iter().position(|known| *known == step).expect("the step is in the list");
        self.seconds[at] += self.begun.elapsed().as_secs_f64();
        self.begun = ProcessTime::now();
    }
}

/// Every step over all blocks; the number of records and the seconds of each.
fn round(file: &str) -> (usize, Vec<f64>) {
    let mut watch = Watch { seconds: [0.0; STEPS.len()], begun: ProcessTime::now() };
    let mut file = File::open(file).expect("the file can be read");
    let mut block = vec![0; BLOCK];
    let (mut held, mut width, mut records) = (0, 0, 0);
    let (mut ends, mut cells) = (Vec::new(), Vec::new());
    let mut digest = Sha256::new();
    let key = Hmac::<Sha256>::new_from_slice(&[7; 32]).expect("HMAC takes a key of any length");
    let cipher = ChaCha20Poly1305::new(&Key::from([7; 32]));
    let kept = vec![7_u8; 1 << 20];
    let (mut builders, mut batches) = (builders(), Vec::new());
    loop {
        let read = file.read(&mut block[held..]).expect("the file can be read");
        watch.was("read");
        digest.update(&block[held..held + read]);
        watch.was("digest of the file");
        ends.clear();
        ends.extend(memchr::memchr_iter(b'\n', &block[..held + read]).map(|at| at as u32));
        watch.was("ends of records");
        let Some(last) = ends.last().map(|end| *end as usize + 1) else { break };

        // Quoted cells hold delimiters and ends of lines: what is between quotes is passed over.
        let (mut quoted, mut from, mut end, mut whole) = (false, 0, 0, 0);
        cells.clear();
        for at in memchr::memchr3_iter(b',', b'\n', b'"', &block[..last]) {
            match block[at] {
                b'"' => quoted = !quoted,
                _ if quoted => {}
                _ => {
                    cells.push((from, at as u32));
                    from = at as u32 + 1;
                    if block[at] == b'\n' {
                        (end, whole) = (at + 1, cells.len());
                    }
                }
            }
        }
        cells.truncate(whole);
        watch.was("cells");
        if width == 0 {
            width = block[..ends[0] as usize].iter().filter(|byte| **byte == b',').count() + 1;
            cells.drain(..width);
        }
        let cell = |row: usize, column: usize| {
            let (from, to) = cells[row * width + column];
            &block[from as usize..to as usize]
        };
        let rows = cells.len() / width;
        for row in 0..rows {
            let mut mac = key.clone();
            mac.update(cell(row, 0));
            black_box(mac.finalize().into_bytes());
        }
        watch.was("HMAC");

        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&(records as u64).to_le_bytes());
        let plain = &kept[..(rows * KEPT).min(kept.len())];
        black_box(cipher.encrypt(&Nonce::from(nonce), plain).expect("a mebibyte is not too long"));
        watch.was("encryption");
        for row in (0..rows).step_by(SAMPLED) {
            for (builder, column) in builders.iter_mut().zip(RELEASED) {
                builder.append_value(std::str::from_utf8(cell(row, column)).expect("the file is text"));
            }
        }
        if builders[0].len() >= BATCH {
            batches.push(batch(std::mem::replace(&mut builders, self::builders())));
        }
        watch.was("arrays");
        records += rows;
        block.copy_within(end..held + read, 0);
        held = held + read - end;
    }
    black_box(digest.finalize());
    batches.push(batch(builders));
    watch.was("arrays");

    let zstd = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(zstd).build();
    let mut writer =
        ArrowWriter::try_new(Vec::new(), batches[0].schema(), Some(properties)).expect("the types are known");
    batches.iter().for_each(|batch| writer.write(batch).expect("a vector takes everything"));
    black_box(writer.into_inner().expect("a vector takes everything").len());
    watch.was("Parquet");
    (records, watch.seconds.to_vec())
}

type Builder = StringDictionaryBuilder<Int32Type>;

fn builders() -> Vec<Builder> {
    RELEASED.iter().map(|_| Builder::new()).collect()
}

fn batch(builders: Vec<Builder>) -> RecordBatch {
    let columns: Vec<ArrayRef> =
        builders.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef).collect();
    let field = |(at, column): (usize, &ArrayRef)| Field::new(format!("c{at}"), column.data_type().clone(), true);
    let schema = Schema::new(columns.iter().enumerate().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns).expect("columns are of one length")
}
