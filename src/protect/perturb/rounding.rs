//! Rounding of single counts to multiples of a base.
//!
//! Each cell is rounded on its own, so totals of rounded cells differ from rounded totals; [`super::controlled`] keeps
//! sums. Sources: A. Hundepool et al., *Statistical Disclosure Control*, Wiley 2012, section 5.4 (conventional and
//! random rounding); L. Willenborg and T. de Waal, *Elements of Statistical Disclosure Control*, Springer 2001, section
//! 9.2 (unbiasedness).

/// Why a count cannot be rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoundingError {
    /// A base under 2 rounds nothing.
    #[error("the base of rounding is under 2")]
    Base,
    /// The multiple above is more than 64 bits hold.
    #[error("a count is too large to be rounded up")]
    TooLarge,
    /// The cell's words ended before they told up from down.
    #[error("the random words of a cell ended")]
    OutOfWords,
}

/// The base of rounding: 2 or more; 3 and 5 are usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Base(u64);

impl Base {
    /// A base.
    ///
    /// # Errors
    /// [`RoundingError::Base`] under 2.
    pub fn new(base: u64) -> Result<Self, RoundingError> {
        if base < 2 { Err(RoundingError::Base) } else { Ok(Self(base)) }
    }

    /// Its value.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// Where a count goes that lies half-way between two multiples; only an even base has such counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// To the multiple above, as in commerce.
    Up,
    /// To the multiple whose quotient by the base is even: half of the ties go each way.
    Even,
}

/// The nearest multiple of the base.
///
/// A user who sees `m > 0` knows that the count lies within half a base of it: with base 3, two counts on each side.
///
/// # Errors
/// [`RoundingError::TooLarge`] where that multiple is more than 64 bits hold.
pub fn nearest(count: u64, base: Base, ties: Ties) -> Result<u64, RoundingError> {
    let (quotient, rest) = (count / base.0, count % base.0);
    let up = match rest.cmp(&(base.0 - rest)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => ties == Ties::Up || quotient % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    multiple(quotient, up, base)
}

/// One of the two multiples around the count, `count = q·b + r`: up with probability exactly *r/b*, down with *(b −
/// r)/b*, so that the expected value is the count itself. A multiple of the base stays.
///
/// `words` are uniform and belong to the cell and its count ([`super::keyed::WordKey::cell_words`]): under one key the same
/// count of the same cell is rounded the same way in every table and release, and asking again shows nothing new; another
/// count is drawn anew. Two words in a row are wanted once in about 2⁶⁴/b cells.
///
/// # Errors
/// [`RoundingError::TooLarge`] where the multiple is more than 64 bits hold, [`RoundingError::OutOfWords`] where
/// `words` end.
pub fn random(count: u64, base: Base, words: impl IntoIterator<Item = u64>) -> Result<u64, RoundingError> {
    let (quotient, rest) = (count / base.0, count % base.0);
    let up = rest > 0 && below(rest, base.0, words)?;
    multiple(quotient, up, base)
}

fn multiple(quotient: u64, up: bool, base: Base) -> Result<u64, RoundingError> {
    quotient.checked_add(u64::from(up)).and_then(|quotient| quotient.checked_mul(base.0)).ok_or(RoundingError::TooLarge)
}

/// Whether the uniform number in [0, 1) whose digits to base 2⁶⁴ are `words` is under `rest/base`, for 0 < rest < base.
///
/// The first word puts the number into an interval of length 2⁻⁶⁴. Where that interval holds the threshold inside, the
/// question is the same one again at a finer scale, so further words decide and the probability is `rest/base` without
/// any rounding.
pub(super) fn below(mut rest: u64, base: u64, words: impl IntoIterator<Item = u64>) -> Result<bool, RoundingError> {
    for word in words {
        let threshold = u128::from(rest) << 64;
        let from = u128::from(word) * u128::from(base);
        if from >= threshold {
            return Ok(false);
        }
        let inside = threshold - from;
        if inside >= u128::from(base) {
            return Ok(true);
        }
        // Under the base, which has 64 bits: the conversion keeps the value.
        rest = inside as u64;
    }
    Err(RoundingError::OutOfWords)
}

#[cfg(test)]
mod tests;
