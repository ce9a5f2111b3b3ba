//! Exact numbers: amounts, sampling weights, and their products.

use num_bigint::BigInt;

use super::RuleError;

/// Units of an [`Amount`] in 1, and of a [`Weight`] in 1.
pub(super) const ONE: i128 = 1_000_000_000;

/// A number in whole units of 10⁻⁹, so that a sum does not depend on the order of its terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A number of units of 10⁻⁹.
    #[must_use]
    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// An integer, exact.
    #[must_use]
    pub const fn from_i64(value: i64) -> Self {
        Self(value as i128 * ONE)
    }

    /// The number of units of 10⁻⁹.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits.
    pub fn plus(self, other: Self) -> Result<Self, RuleError> {
        self.0.checked_add(other.0).map(Self).ok_or(RuleError::TooLarge)
    }

    /// The amount without its sign.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] for the one number of 128 bits that has no opposite.
    pub fn size(self) -> Result<Self, RuleError> {
        self.0.checked_abs().map(Self).ok_or(RuleError::TooLarge)
    }
}

/// A sampling weight: how many members of the population a sampled one stands for, in whole units of 10⁻⁹.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u64);

impl Weight {
    /// The weight of somebody who stands for himself alone; that of everybody in a full count.
    pub const ONE: Self = Self(ONE as u64);

    /// A weight of so many units of 10⁻⁹; at most about 1.8 · 10¹⁰. A weight of 0 counts nobody in the total, but the
    /// contributor is still one of the cell's.
    #[must_use]
    pub const fn from_units(units: u64) -> Self {
        Self(units)
    }

    /// The number of units of 10⁻⁹.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }
}

/// A sum of products of amounts and weights, exact to 10⁻¹⁸: `whole · 10⁻⁹ + rest · 10⁻¹⁸` with 0 ≤ rest < 10⁹.
///
/// Two numbers instead of one in units of 10⁻¹⁸, which would leave 128 bits only some 10²⁰ of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Sum {
    whole: i128,
    rest: i128,
}

impl Sum {
    /// The product of an amount and a weight, exact.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits of 10⁻⁹.
    pub fn product(amount: Amount, weight: Weight) -> Result<Self, RuleError> {
        if weight == Weight::ONE {
            return Ok(amount.into());
        }
        let (weight_whole, weight_rest) = (i128::from(weight.0) / ONE, i128::from(weight.0) % ONE);
        // With a = q·10⁹ + r:  a · w_rest · 10⁻⁹ = q · w_rest + (r · w_rest) · 10⁻⁹, and r · w_rest < 10¹⁸.
        let (quotient, remainder) = (amount.0.div_euclid(ONE), amount.0.rem_euclid(ONE));
        let small = remainder * weight_rest;
        let whole = [quotient.checked_mul(weight_rest), Some(small / ONE)]
            .into_iter()
            .try_fold(amount.0.checked_mul(weight_whole), |sum, part| Some(sum?.checked_add(part?)))
            .flatten();
        Ok(Self { whole: whole.ok_or(RuleError::TooLarge)?, rest: small % ONE })
    }

    /// The sum of two sums.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits of 10⁻⁹.
    pub fn plus(self, other: Self) -> Result<Self, RuleError> {
        let rest = self.rest + other.rest;
        let whole = self.whole.checked_add(other.whole).and_then(|sum| sum.checked_add(rest / ONE));
        Ok(Self { whole: whole.ok_or(RuleError::TooLarge)?, rest: rest % ONE })
    }

    /// The sum without its sign.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits of 10⁻⁹.
    pub(super) fn size(self) -> Result<Self, RuleError> {
        if self.whole >= 0 {
            return Ok(self);
        }
        // −(w + r) = (−w − 1) + (1 − r) for a rest r above 0.
        let borrow = i128::from(self.rest > 0);
        let whole = self.whole.checked_neg().and_then(|whole| whole.checked_sub(borrow)).ok_or(RuleError::TooLarge)?;
        Ok(Self { whole, rest: borrow * ONE - self.rest })
    }

    /// The largest amount that does not exceed the sum; the sum itself where nothing was weighted by a fraction.
    #[must_use]
    pub fn floor(self) -> Amount {
        Amount(self.whole)
    }

    /// In units of 10⁻¹⁸.
    pub(super) fn scaled(self) -> BigInt {
        BigInt::from(self.whole) * ONE + self.rest
    }
}

impl From<Amount> for Sum {
    fn from(amount: Amount) -> Self {
        Self { whole: amount.0, rest: 0 }
    }
}

/// `numerator / denominator` rounded up to a whole number; the denominator is positive.
///
/// # Errors
/// [`RuleError::TooLarge`] where the quotient does not fit 128 bits.
pub(super) fn ceiling(numerator: &BigInt, denominator: &BigInt) -> Result<i128, RuleError> {
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    // The quotient is cut off towards zero: right for a negative numerator, one short for a positive one with a rest.
    let up = i128::from(rest.sign() == num_bigint::Sign::Plus);
    i128::try_from(quotient).ok().and_then(|quotient| quotient.checked_add(up)).ok_or(RuleError::TooLarge)
}

#[cfg(test)]
mod tests;
