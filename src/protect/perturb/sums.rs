//! Sums, changed so that what one contributor adds cannot be told within *p* %.
//!
//! **Cell keys.** A sum is changed by parts of its largest contributions (*top K*): Σ *mⱼ dⱼ sⱼ xⱼ* with falling weights *mⱼ*, a
//! direction *dⱼ* = ±1 that belongs to the contributor, so that it is the same wherever he is counted and never averages away, and
//! *sⱼ* around 1. Source: G. Thompson, S. Broadfoot and D. Elazar, *Methodology for the Automatic Confidentialisation of Statistical
//! Outputs from Remote Servers at the Australian Bureau of Statistics*, UNECE/Eurostat 2013, section 3; S. Giessing and R. Tent,
//! *Concepts for generalising tools implementing the cell key method to the case of continuous variables*, UNECE/Eurostat 2019 (cells
//! of few are changed by more, small contributions by a least amount). Here *s* = 1 + *w*(*a* + *v*)/2 with *a* of the
//! contributor and *v* of the cell, both uniform on [−1, 1): who knows everybody else and collects cells without end learns the mean
//! over *v*, and *a* still hides the contributor. It is the idea of T. Evans, L. Zayatz and J. Slanta, *Using Noise for Disclosure
//! Limitation of Establishment Tabular Data*, Journal of Official Statistics 14(4), 1998.
//!
//! **Rounding.** A sum becomes a multiple of a base. What that leaves unsure does not grow with the contributions, so whether it is
//! enough depends on them: [`is_open`] says so for one cell, with the limits that all sums together leave.

use super::rounding::{RoundingError, below};
use crate::protect::perturb::keyed::Words;

/// How sums are changed by cell key. Weights and factors are parts of 1; the floor is in the units of the sums.
#[derive(Debug, Clone, PartialEq)]
pub struct TopChange {
    /// *m*, of the largest contribution first.
    pub weights: Vec<f64>,
    /// *w*.
    pub spread: f64,
    /// The factor of cells of few contributors.
    pub small: f64,
    /// What the largest contribution counts for at least.
    pub floor: f64,
    /// How many contributors are few: numbers under it.
    pub few: u64,
}

/// Uniform on [−1, 1), of the upper 53 bits of a word.
fn centred(word: u64) -> f64 {
    (word >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

impl TopChange {
    /// What is added to a sum, in its units. `largest` are the largest contributions with words of each contributor, falling by size;
    /// `cell` are the words of the cell; `contributors` is how many there are.
    ///
    /// A sum without contributors is changed like one of the floor's size with the cell's own words, and is not told from it.
    pub fn of(&self, largest: Vec<(i128, Words)>, mut cell: Words, contributors: u64) -> i128 {
        let stretch = if contributors < self.few { self.small } else { 1.0 };
        let nobody = || vec![(0, cell.clone())];
        let largest = if largest.is_empty() { nobody() } else { largest };
        let mut change = 0.0;
        for (rank, ((size, mut own), weight)) in largest.into_iter().zip(&self.weights).enumerate() {
            let size = size.unsigned_abs() as f64;
            let size = if rank == 0 { size.max(self.floor) } else { size };
            let direction = if own.word() & 1 == 0 { 1.0 } else { -1.0 };
            let shift = (centred(own.word()) + centred(cell.word())) / 2.0;
            change += direction * weight * stretch * (1.0 + self.spread * shift) * size;
        }
        // Within 128 bits: weights are at most 1, and so are all factors of a cell together.
        change as i128
    }
}

/// The multiple of `step` nearest to a number; half-way, up.
///
/// # Errors
/// [`RoundingError::TooLarge`] beyond 128 bits.
pub fn nearest(number: i128, step: u64) -> Result<i128, RoundingError> {
    let step = i128::from(step.max(1));
    let rest = number.rem_euclid(step);
    let down = number.checked_sub(rest).ok_or(RoundingError::TooLarge)?;
    if 2 * rest < step { Ok(down) } else { down.checked_add(step).ok_or(RoundingError::TooLarge) }
}

/// One of the two multiples of `base` around a number, so that the expected value is the number itself, exactly. A multiple stays.
///
/// # Errors
/// As [`super::rounding::random`].
pub fn random(number: i128, base: u64, words: impl IntoIterator<Item = u64>) -> Result<i128, RoundingError> {
    let base = base.max(1);
    // Under the base, which has 64 bits.
    let rest = number.rem_euclid(base.into()) as u64;
    let down = number.checked_sub(rest.into()).ok_or(RoundingError::TooLarge)?;
    let up = rest > 0 && below(rest, base, words)?;
    if up { down.checked_add(base.into()).ok_or(RoundingError::TooLarge) } else { Ok(down) }
}

/// What a cell is made of, as a rule looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The sum.
    pub sum: i128,
    /// The largest two contributions, without signs.
    pub largest: [u128; 2],
    /// Whether anything is taken away in any contribution.
    pub is_signed: bool,
    /// Whether there are few contributors.
    pub is_few: bool,
}

/// Whether limits of a sum hide its largest contributor within *p* %, for whoever knows the second largest or all others: no number
/// is within *p* % of all that stay possible. A sum of many in which the others hide the largest by the *p* % rule, exact as it
/// may be, is open too.
#[must_use]
pub fn is_open(made: Made, (low, high): (i128, i128), p: f64) -> bool {
    let [first, second] = made.largest;
    let others = made.sum.unsigned_abs().saturating_sub(first).saturating_sub(second) as f64;
    if !made.is_few && !made.is_signed && others >= p / 100.0 * first as f64 && others > 0.0 {
        return true;
    }
    high > low && high.saturating_sub(low) > width_needed(made, p)
}

/// The width that limits of a sum must exceed to hide its largest contributor within *p* %, in the unit of the sum.
#[must_use]
pub fn width_needed(made: Made, p: f64) -> i128 {
    // Within 128 bits for any contribution that is: `as` stops at the largest.
    (2.0 * p / 100.0 * made.largest[0] as f64).floor() as i128
}

#[cfg(test)]
mod tests;
