//! Exact decimals for privacy losses and budgets: no binary fraction is ever compared or added up.

use serde::{Deserialize, Serialize};

/// Digits after the point.
const DIGITS: usize = 12;
/// Units in one.
pub(super) const UNIT: u64 = 1_000_000_000_000;

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Something else than digits with at most one point.
    #[error("an amount is written in digits with a point, without sign or exponent")]
    NotADecimal,
    /// More than 12 digits after the point, other than zeros.
    #[error("an amount has at most 12 digits after the point")]
    TooFine,
    /// 18 446 744 or more.
    #[error("an amount is too large")]
    TooLarge,
}

/// A decimal from 0 to about 18 million, in steps of 10⁻¹²; *ε* or *ρ* of differential privacy.
///
/// Written and read as text ("0.1"), by serde too: a JSON number would pass through a binary fraction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many steps of 10⁻¹².
    #[must_use]
    pub const fn from_units(units: u64) -> Self {
        Self(units)
    }

    /// The amount in steps of 10⁻¹².
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }

    /// The sum, or nothing where it is too large.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or nothing where it is under zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The nearest binary fraction, for formulas that end in a figure for people.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / UNIT as f64
    }
}

impl std::str::FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(AmountError::NotADecimal);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > DIGITS {
            return Err(AmountError::TooFine);
        }
        let whole: u64 = whole.parse().map_err(|_| AmountError::TooLarge)?;
        let fraction = fraction.bytes().chain(std::iter::repeat(b'0')).take(DIGITS);
        let fraction = fraction.fold(0, |value: u64, digit| value * 10 + u64::from(digit - b'0'));
        let units = whole.checked_mul(UNIT).and_then(|units| units.checked_add(fraction));
        units.map(Self).ok_or(AmountError::TooLarge)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, fraction) = (self.0 / UNIT, self.0 % UNIT);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let fraction = format!("{fraction:0DIGITS$}");
        write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountError;

    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests;
