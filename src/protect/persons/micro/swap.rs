//! Rank swapping: Moore, *Controlled data-swapping techniques for masking public use microdata sets* (US Bureau of the
//! Census, 1996). The values stay the same set; each moves by at most a share of the ranks.

use super::effect::Effect;
use super::{Words, below};

/// Swaps each value with one at most `share` of the ranks away, each at most once. Values are ranked, ties by the digest of
/// the record; from the lowest rank on, each that has not been swapped takes a partner at random among those higher ranks
/// within reach that have not. Draw 0 is used. `None` if the lengths differ or `share` is not from 0 to 1.
pub fn swap(values: &[i64], records: &[u64], share: f64, words: &impl Words) -> Option<(Vec<i64>, Effect)> {
    if values.len() != records.len() || !(0.0..=1.0).contains(&share) {
        return None;
    }
    let mut ranked: Vec<usize> = (0..values.len()).collect();
    ranked.sort_by_key(|&at| (values[at], records[at]));
    let reach = (share * values.len() as f64) as usize;
    let mut swapped = values.to_vec();
    let mut done = vec![false; values.len()];
    for rank in 0..ranked.len() {
        if done[rank] {
            continue;
        }
        let last = (rank + reach).min(ranked.len() - 1);
        let open: Vec<usize> = (rank + 1..=last).filter(|&other| !done[other]).collect();
        if open.is_empty() {
            continue;
        }
        let other = open[below(words.word(records[ranked[rank]], 0), open.len() as u64) as usize];
        swapped.swap(ranked[rank], ranked[other]);
        (done[rank], done[other]) = (true, true);
    }
    let effect = Effect::of(values, &swapped);
    Some((swapped, effect))
}
