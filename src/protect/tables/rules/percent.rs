//! Percentages as exact decimals.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigInt;

/// A percentage as written: `90.9` is 909/1000, not the nearest binary fraction of it.
///
/// In whole units of 10⁻⁹ of a percent. Comparisons with it stay in integers, so that a cell exactly at the limit of a
/// rule is on the same side everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u64);

/// Why a text is no percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PercentError {
    /// Not digits with at most one point between them.
    #[error("a percentage is written with digits and at most one point")]
    Malformed,
    /// More than nine decimals.
    #[error("a percentage has at most nine decimals")]
    TooFine,
    /// Above a million.
    #[error("a percentage is at most 1 000 000")]
    TooLarge,
}

impl Percent {
    /// Units in one percent.
    pub(super) const UNITS: u64 = 1_000_000_000;
    /// Largest whole part: a bound on mistakes, far above any meaningful parameter.
    const LIMIT: u64 = 1_000_000;

    /// A whole percentage, cut off at a million.
    #[must_use]
    pub fn whole(percent: u32) -> Self {
        Self(u64::from(percent).min(Self::LIMIT) * Self::UNITS)
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// In units of 10⁻⁹ of a percent.
    pub(super) fn units(self) -> BigInt {
        BigInt::from(self.0)
    }

    /// 100 %, in the same units.
    pub(super) fn hundred() -> BigInt {
        BigInt::from(100 * Self::UNITS)
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, PercentError> {
        let (whole, decimals) = match text.split_once('.') {
            Some((whole, decimals)) if !decimals.is_empty() => (whole, decimals),
            Some(_) => return Err(PercentError::Malformed),
            None => (text, ""),
        };
        // `parse` alone would let a sign through.
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(decimals) {
            return Err(PercentError::Malformed);
        }
        if decimals.len() > 9 {
            return Err(PercentError::TooFine);
        }
        let whole: u64 = whole.parse().map_err(|_| PercentError::TooLarge)?;
        let decimals: u64 = format!("{decimals:0<9}").parse().map_err(|_| PercentError::Malformed)?;
        if whole > Self::LIMIT || (whole == Self::LIMIT && decimals > 0) {
            return Err(PercentError::TooLarge);
        }
        Ok(Self(whole * Self::UNITS + decimals))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / Self::UNITS, self.0 % Self::UNITS);
        if decimals == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{decimals:09}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests;
