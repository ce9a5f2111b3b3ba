//! Tests of the designs. Frequency tests draw with fixed streams, and compare how often units and pairs are drawn
//! with the theory.

#![allow(clippy::unwrap_used)]

mod balanced;
mod entropy;
mod order;
mod pinned;
mod pivots;
mod sizes;
mod stream;
mod systematic;
mod wide;

use super::*;

/// The frequency tests compare fewer statistics than this, all together.
const STATISTICS: f64 = 2000.0;
/// Bound on the probability that one of them fails although the design is right, were the streams drawn anew.
const TAIL: f64 = 5e-8;
const _: () = assert!(STATISTICS * TAIL < 1.01e-4);
/// `ln(2 / TAIL)`.
const LOG: f64 = 17.504_390_012_284_14;

/// Whether a count of successes is as near to its mean as Bernstein's inequality promises at the declared rate:
/// `P(|S − μ| ≥ t) ≤ 2 exp(−t² / 2(V + t/3))`. No normal approximation, so rare pairs are bounded as well.
fn plausible(count: u64, draws: u64, probability: f64) -> bool {
    let mean = draws as f64 * probability;
    let variance = mean * (1.0 - probability);
    // Never is never and always is always, up to the rounding of the theory's number.
    let open = (1e-12..=1.0 - 1e-12).contains(&probability);
    let bound = if open { LOG / 3.0 + (LOG * LOG / 9.0 + 2.0 * LOG * variance).sqrt() } else { 1e-3 };
    (count as f64 - mean).abs() <= bound
}

fn stream(index: u64) -> Stream {
    let mut seed = [11; 32];
    seed[..8].copy_from_slice(&index.to_be_bytes());
    Stream::new(seed)
}

/// How often each pair was drawn; row-major.
struct Frequencies {
    units: usize,
    draws: u64,
    counts: Vec<u64>,
}

fn frequencies(units: usize, draws: u64, mut draw: impl FnMut() -> Selection) -> Frequencies {
    let mut counts = vec![0; units * units];
    for _ in 0..draws {
        let selection = draw();
        assert_eq!(selection.units.len(), selection.inclusion.len());
        assert!(selection.units.is_sorted_by(|a, b| a < b));
        for &unit in &selection.units {
            for &other in &selection.units {
                counts[unit as usize * units + other as usize] += 1;
            }
        }
    }
    Frequencies { units, draws, counts }
}

impl Frequencies {
    /// The first pair that is drawn more or less often than the joint probabilities, row-major, allow.
    fn against(&self, joint: &[f64]) -> Result<(), String> {
        assert_eq!(joint.len(), self.counts.len());
        for unit in 0..self.units {
            for other in unit..self.units {
                let index = unit * self.units + other;
                let (count, probability) = (self.counts[index], joint[index]);
                if !plausible(count, self.draws, probability) {
                    return Err(format!("pair ({unit}, {other}): {count} of {}, not {probability}", self.draws));
                }
            }
        }
        Ok(())
    }
}

/// Inclusion probabilities as numbers.
fn probabilities(sizes: &[u64], n: u64) -> Vec<f64> {
    let shares = Proportional::new(sizes, n).unwrap();
    sizes.iter().map(|&size| shares.inclusion(size).value()).collect()
}

/// The joint probabilities of units drawn independently.
fn independent(pi: &[f64]) -> Vec<f64> {
    let entry = |i: usize, j: usize| if i == j { pi[i] } else { pi[i] * pi[j] };
    (0..pi.len()).flat_map(|i| (0..pi.len()).map(move |j| entry(i, j))).collect()
}

/// Joint probabilities of simple random sampling without replacement.
fn simple_random(units: usize, n: usize) -> Vec<f64> {
    let (size, frame) = (n as f64, units as f64);
    let pair = size * (size - 1.0) / (frame * (frame - 1.0));
    (0..units * units).map(|index| if index / units == index % units { size / frame } else { pair }).collect()
}

/// The rows of a file of reference numbers made by R.
fn vectors(text: &str) -> Vec<Vec<f64>> {
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| row.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
}

#[test]
fn the_bound_on_frequencies_is_narrow_enough_to_tell_designs_apart() {
    // Simple random samples of 3 of 8 against the joint probabilities of independent units, and of slightly unequal
    // sizes.
    let mut stream = stream(0);
    let found = frequencies(8, 20_000, || pivotal(&[1; 8], 3, UnitOrder::Random, &mut stream).unwrap());
    assert_eq!(found.against(&simple_random(8, 3)), Ok(()));
    assert!(found.against(&independent(&[0.375; 8])).is_err());
    let other = ConditionalPoisson::new(&[10, 10, 10, 10, 10, 10, 10, 11], 3).unwrap().joint().unwrap();
    assert!(found.against(other.values()).is_err());
}
