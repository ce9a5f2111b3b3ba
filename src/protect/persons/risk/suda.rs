//! Special uniques: Elliot, Manning and Ford, *A computational algorithm for handling the special uniques problem*, IJUFKS
//! 10 (2002); Manning, Haglin and Keane, *A recursive search algorithm for statistical disclosure assessment* (SUDA2), Data
//! Min. Knowl. Disc. 16 (2008); DIS: Skinner and Elliot, *A measure of disclosure risk for microdata*, JRSS B 64 (2002);
//! DIS-SUDA: Elliot, Manning, Mayes, Gurd and Bane, *SUDA: a program for detecting special uniques* (2005).
//!
//! A minimal sample unique is a set of values that one person alone has, while others share every part of it. They are
//! found set of columns by set of columns, smallest first, on the histogram: the same that SUDA2's recursion finds.

use hashbrown::HashMap;

use crate::protect::persons::histogram::{Grouping, Histogram, Needs};

/// Scores per class; classes that are not unique have 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Suda {
    /// Σ over minimal sample uniques of size s of Π_{i=s}^{M} (columns − i), M being the largest size looked for.
    pub score: Vec<f64>,
    /// DIS-SUDA: the scores scaled so that they agree on average with the DIS measure; a probability.
    pub dis: Vec<f64>,
    /// Per class, per column: share of the score that comes from sets with this column.
    pub contributions: Vec<Vec<f64>>,
    /// The DIS measure itself: the probability that a unique match is right, π·n₁ / (π·n₁ + (1 − π)·2·n₂), n₁ being the
    /// number of unique persons, n₂ of pairs.
    pub measure: f64,
    /// Minimal sample uniques by size, from 1.
    pub minimal: Vec<u64>,
}

/// Searches sets of up to `largest` columns (one less than there are is the common choice, and the most that is used), for
/// a sampling fraction of π. `None` if π is not above 0 and at most 1, or there are more than 30 columns.
pub fn suda(histogram: &Histogram, largest: usize, fraction: f64) -> Option<Suda> {
    let width = histogram.width();
    if !(fraction > 0.0 && fraction <= 1.0) || width > 30 {
        return None;
    }
    let largest = largest.min(width.saturating_sub(1)).max(1);
    let persons = histogram.classes().persons();
    let uniques: Vec<usize> = (0..persons.len()).filter(|&class| persons[class] == 1).collect();
    let mut place = vec![None; persons.len()];
    uniques.iter().enumerate().for_each(|(at, &class)| place[class] = Some(at));
    let mut found = Suda {
        score: vec![0.0; persons.len()],
        dis: vec![0.0; persons.len()],
        contributions: vec![vec![0.0; width]; persons.len()],
        measure: 0.0,
        minimal: vec![0; largest],
    };
    // Per set of columns of the size before: which uniques are unique there already.
    let mut before: HashMap<u32, Vec<bool>> = HashMap::from([(0, vec![false; uniques.len()])]);
    for size in 1..=largest {
        let weight: f64 = (size..=largest).map(|i| width as f64 - i as f64).product();
        let mut now = HashMap::new();
        for set in (0..1_u32 << width).filter(|set| set.count_ones() as usize == size) {
            let columns: Vec<usize> = (0..width).filter(|column| set >> column & 1 == 1).collect();
            let alone = unique_in(histogram, &columns, &place, uniques.len());
            for (at, &class) in uniques.iter().enumerate().filter(|(at, _)| alone[*at]) {
                if columns.iter().all(|column| !before[&(set & !(1 << column))][at]) {
                    found.score[class] += weight;
                    columns.iter().for_each(|&column| found.contributions[class][column] += weight);
                    found.minimal[size - 1] += 1;
                }
            }
            now.insert(set, alone);
        }
        before = now;
    }
    for (score, shares) in found.score.iter().zip(&mut found.contributions).filter(|(score, _)| **score > 0.0) {
        shares.iter_mut().for_each(|share| *share /= score);
    }
    let (ones, pairs) = (uniques.len() as f64, persons.iter().filter(|persons| **persons == 2).count() as f64);
    found.measure = if ones > 0.0 { fraction * ones / (fraction * ones + (1.0 - fraction) * 2.0 * pairs) } else { 0.0 };
    scale(&mut found, ones, width);
    Some(found)
}

/// Which uniques are unique among all persons by some columns alone.
fn unique_in(histogram: &Histogram, columns: &[usize], place: &[Option<usize>], uniques: usize) -> Vec<bool> {
    let columns: Vec<Vec<u32>> = columns.iter().map(|&column| histogram.column(column).to_vec()).collect();
    let grouping = Grouping::sorted(&columns, histogram.len());
    let shared = histogram.classes().grouped(&grouping, Needs { sensitive: false, weights: false });
    let mut alone = vec![false; uniques];
    for (class, at) in place.iter().enumerate() {
        if let Some(at) = at {
            alone[*at] = shared.persons()[grouping.of()[class] as usize] == 1;
        }
    }
    alone
}

/// Score s becomes 1 / (1 + n₁(1/DIS − 1) / (s^Q·Σ s^−Q)), Q = 1 + (8 − columns)/20, as in the program SUDA and in sdcMicro.
fn scale(found: &mut Suda, ones: f64, width: usize) {
    let power = 1.0 + (8.0 - width as f64) / 20.0;
    let inverse: f64 = found.score.iter().filter(|score| **score > 0.0).map(|score| score.powf(-power)).sum();
    let spare = if found.measure > 0.0 { ones / found.measure - ones } else { 0.0 };
    for (dis, score) in found.dis.iter_mut().zip(&found.score).filter(|(_, score)| **score > 0.0) {
        *dis = 1.0 / (1.0 + spare / (score.powf(power) * inverse));
    }
}
