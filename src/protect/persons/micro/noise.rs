//! Additive noise: Kim, *A method for limiting disclosure in microdata based on random noise and transformation* (ASA, 1986).

use super::Words;
use super::coding::narrow;
use super::effect::{Effect, moments};

/// Uniform words per value.
const WORDS: u32 = 12;

/// Adds noise with a standard deviation of `share` times the column's. It is the sum of twelve uniform numbers less six:
/// close to normal, never more than six standard deviations, and the same on every machine. Draws 0 to 11 of each record are
/// used. `None` if the lengths differ or `share` is negative or not finite.
pub fn noise(values: &[i64], records: &[u64], share: f64, words: &impl Words) -> Option<(Vec<i64>, Effect)> {
    if values.len() != records.len() || !(share.is_finite() && share >= 0.0) {
        return None;
    }
    let scale = share * if values.is_empty() { 0.0 } else { moments(values).1.sqrt() };
    let noisy: Vec<i64> = values
        .iter()
        .zip(records)
        .map(|(&value, &record)| {
            let sum: u64 = (0..WORDS).map(|draw| words.word(record, draw) >> 11).sum();
            let normal = sum as f64 / (1_u64 << 53) as f64 - f64::from(WORDS) / 2.0;
            narrow(i128::from(value) + (scale * normal).round() as i128)
        })
        .collect();
    let effect = Effect::of(values, &noisy);
    Some((noisy, effect))
}
