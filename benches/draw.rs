//! What a stratified draw of 10 million persons costs beside hashing their identifiers, on one thread.
//!
//! `cargo bench --bench draw`; five rounds, each step after the other in every round, medians of the ratios.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use tamis::config::{Design, Rate, Sample, SampleSize};
use tamis::keys::{Domain, MasterKey};
use tamis::sample::{Census, Draw, Names, Sizes};

const PERSONS: u64 = 10_000_000;
const STRATA: u64 = 200;
const ROUNDS: usize = 5;

struct Codes;

impl Names for Codes {
    fn stratum(&self, key: &[u64]) -> Vec<Option<String>> {
        key.iter().map(|code| Some(code.to_string())).collect()
    }
}

/// A NIR of the right length; its key is not looked at here.
fn identifier(person: u64) -> [u8; 15] {
    let mut text = *b"100000000000000";
    let mut rest = person;
    for digit in text[3..13].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    text
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse().ok()).unwrap_or(0) / 1024
}

fn main() {
    let master = MasterKey::from_bytes(std::array::from_fn(|i| i as u8)).unwrap();
    let domain = Domain { epoch: "", recipient: "", dataset: "draw", identifier: "nir" };
    let (subjects, sampling) = (master.subject_key(&domain), master.sampling_key(&domain));
    let size = SampleSize::Rate(Rate::new(1, 10).unwrap());
    let mut sample = Sample::of(Design::Stratified { size, at_least: 0 });
    sample.strata = vec!["s".to_owned()];
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for person in 0..PERSONS {
            black_box(subjects.subject(&identifier(person)));
        }
        let hashing = start.elapsed().as_secs_f64();

        let start = Instant::now();
        for person in 0..PERSONS {
            black_box(sampling.number("g", person.into()));
        }
        let numbers = start.elapsed().as_secs_f64();

        let start = Instant::now();
        let mut census = Census::default();
        for person in 0..PERSONS {
            census.add(&[person % STRATA], &sampling.number("g", person.into()), 0);
        }
        let counted = start.elapsed().as_secs_f64();
        let sizes = Sizes::of(&census, &sample, &Codes).unwrap();
        let start = Instant::now();
        let mut draw = Draw::new(&sizes);
        for person in 0..PERSONS {
            draw.add(&[person % STRATA], sampling.number("g", person.into())).unwrap();
        }
        let plan = draw.finish().unwrap();
        let drawn = start.elapsed().as_secs_f64();
        assert_eq!(plan.drawn(), PERSONS / 10);
        println!(
            "hashing {hashing:.2} s, numbers {numbers:.2} s, census with numbers {counted:.2} s, draw with numbers {drawn:.2} s, \
             peak {} MiB",
            peak_memory()
        );
        ratios.push((drawn / hashing, (counted + drawn) / hashing));
    }
    let median = |of: fn(&(f64, f64)) -> f64| {
        let mut all: Vec<f64> = ratios.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "median ratios to hashing: draw {:.2}, census and draw {:.2}",
        median(|ratio| ratio.0),
        median(|ratio| ratio.1)
    );
}
