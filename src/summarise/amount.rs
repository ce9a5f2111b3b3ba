//! Numbers that can be added in any order.

use serde::{Deserialize, Serialize};

use super::SummariseError;

/// A number in whole units of 10⁻⁹, so that a sum does not depend on the order of its terms.
///
/// One value lies within ±2⁶³; sums are held in 128 bits, which leaves room for 2³⁴ values of the largest size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
pub struct Amount(i128);

impl Amount {
    /// Units in 1.
    const ONE: i128 = 1_000_000_000;
    /// Largest size of one value.
    const LIMIT: f64 = (1_u64 << 63) as f64;

    /// An integer, exact.
    #[must_use]
    pub fn from_i64(value: i64) -> Self {
        Self(i128::from(value) * Self::ONE)
    }

    /// How many there are, exact.
    #[must_use]
    pub fn of_count(count: u64) -> Self {
        Self(i128::from(count) * Self::ONE)
    }

    /// In units of 10⁻⁹, exact.
    #[must_use]
    pub fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// A floating-point number, rounded to the nearest 10⁻⁹ (halves to even). The rounding is exact: it is that of
    /// the binary number itself, with no intermediate product in floating point.
    ///
    /// # Errors
    /// [`SummariseError::TooLarge`] for infinities, NaN and whatever lies beyond ±2⁶³.
    pub fn from_f64(value: f64) -> Result<Self, SummariseError> {
        // NaN compares false.
        if value.abs() <= Self::LIMIT { Ok(Self(nearest(value))) } else { Err(SummariseError::TooLarge) }
    }

    /// The sum.
    ///
    /// # Errors
    /// [`SummariseError::TooLarge`] beyond 128 bits.
    pub fn plus(self, other: Self) -> Result<Self, SummariseError> {
        self.0.checked_add(other.0).map(Self).ok_or(SummariseError::TooLarge)
    }

    /// Without its sign, in units of 10⁻⁹.
    #[must_use]
    pub fn size(self) -> u128 {
        self.0.unsigned_abs()
    }

    /// In units of 10⁻⁹.
    #[must_use]
    pub fn units(self) -> i128 {
        self.0
    }

    /// The quotient by a count, rounded to the nearest 10⁻⁹ (halves to even); `None` for a count of 0.
    #[must_use]
    pub fn over(self, count: u64) -> Option<Self> {
        let count = u128::from(count);
        if count == 0 {
            return None;
        }
        let size = self.0.unsigned_abs();
        let (mut quotient, rest) = (size / count, size % count);
        // `count` < 2⁶⁴, so doubling the rest cannot overflow.
        if 2 * rest > count || (2 * rest == count && quotient % 2 == 1) {
            quotient += 1;
        }
        // `quotient` ≤ `size`: only −2¹²⁷ over 1 has no positive counterpart, and wraps back to itself.
        let quotient = quotient as i128;
        Some(Self(if self.0 < 0 { quotient.wrapping_neg() } else { quotient }))
    }

    /// The whole number that it is; `None` where it has a fraction or does not fit.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        if self.0 % Self::ONE == 0 { i64::try_from(self.0 / Self::ONE).ok() } else { None }
    }

    /// The nearest floating-point number.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        let (sign, size, one) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs(), Self::ONE.unsigned_abs());
        // Reading decimals is the one conversion that rounds once; a division by 10⁹ would round twice.
        let decimal = format!("{sign}{}.{:09}", size / one, size % one);
        decimal.parse().expect("digits, a point and digits are a number")
    }
}

/// `value · 10⁹` to the nearest integer; `value` is finite and within ±2⁶³.
fn nearest(value: f64) -> i128 {
    let bits = value.to_bits();
    let fraction = i128::from(bits & ((1 << 52) - 1));
    let (mantissa, exponent) = match ((bits >> 52) & 0x7ff) as i32 {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    };
    // value = mantissa · 2^exponent, mantissa < 2⁵³; the product is under 2⁸³, and under 2⁹³ once shifted left.
    let product = mantissa * Amount::ONE;
    let size = if exponent >= 0 {
        product << exponent
    } else if exponent < -84 {
        // Under 2⁸³ / 2⁸⁵: less than a half.
        0
    } else {
        let (half, rest) = (1_i128 << (-exponent - 1), product & ((1 << -exponent) - 1));
        let floor = product >> -exponent;
        floor + i128::from(rest > half || (rest == half && floor & 1 == 1))
    };
    if value.is_sign_negative() { -size } else { size }
}
