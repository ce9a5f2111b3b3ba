//! A bounded run of the fuzz targets on the stable compiler: the committed corpus, and copies of it that are changed the
//! way a fuzzer changes them. `cargo +nightly fuzz run <target>` in `fuzz/` goes on from there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../fuzz/folder.rs"]
mod folder;
#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Far beyond what any input of the corpus needs: only a hang takes as long.
const HANGS: Duration = Duration::from_secs(60);

/// Bytes that mean something to one of the formats.
const TELLING: &[&[u8]] = &[
    b"\"",
    b"\n",
    b"\r\n",
    b",",
    b";",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"[[",
    b"]]",
    b"{",
    b"}",
    b"=",
    b"\\u0000",
    b"1e999",
    b"-9223372036854775808",
    b"\xe2\x80\x94 ",
    b"\n\n",
    b"ustar",
    b"00000000000",
    b"77777777777",
    b"../",
    b"age-encryption.org/v1\n",
];

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 3, "the corpus of {target} is missing");
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// One to four changes: a flipped bit, a telling text put in, a piece taken out, doubled, or taken from another file.
fn changed(bytes: &[u8], other: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let below = |rng: &mut ChaCha8Rng, n: usize| (rng.next_u64() % n.max(1) as u64) as usize;
    for _ in 0..=below(rng, 4) {
        let at = below(rng, bytes.len() + 1);
        let end = (at + below(rng, 64)).min(bytes.len());
        match below(rng, 6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << below(rng, 8),
            1 => drop(bytes.splice(at..at, TELLING[below(rng, TELLING.len())].iter().copied())),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 if !other.is_empty() => {
                let from = below(rng, other.len());
                let piece = other[from..(from + below(rng, 64)).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// `copies`: changed copies of each file of the corpus.
fn bounded(target: &str, copies: usize, run: fn(&Path, &[u8])) {
    let mut rng = ChaCha8Rng::seed_from_u64(2026);
    let corpus = corpus(target);
    let folder = tempfile::tempdir().unwrap();
    for inner in ["schemas", "pipelines"] {
        fs::create_dir(folder.path().join(inner)).unwrap();
    }
    for entry in fs::read_dir(folder::folder().join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join("schemas").join(path.file_name().unwrap())).unwrap();
    }
    for (position, (path, bytes)) in corpus.iter().enumerate() {
        run(folder.path(), bytes);
        for copy in 0..copies {
            let other = &corpus[(position + copy) % corpus.len()].1;
            let input = changed(bytes, other, &mut rng);
            let began = Instant::now();
            run(folder.path(), &input);
            assert!(began.elapsed() < HANGS, "{} changed {copy} times hangs", path.display());
        }
    }
}

#[test]
fn no_file_of_records_makes_the_reader_panic_or_hang() {
    bounded("csv", 30, targets::csv);
}

#[test]
fn no_pipeline_file_makes_its_reader_panic_or_hang() {
    bounded("pipeline", 80, targets::pipeline);
}

#[test]
fn no_table_schema_makes_its_reader_panic_or_hang() {
    bounded("schema", 400, targets::schema);
}

#[test]
fn no_sealed_file_makes_its_reader_panic_or_hang() {
    bounded("package", 500, targets::package);
}

#[test]
fn no_acknowledgement_makes_its_reader_panic_or_hang() {
    bounded("acknowledgement", 1000, targets::acknowledgement);
}
