//! Whole numbers of two sizes: machine words that notice when they overflow, and big integers for the rare rest.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// A machine word was too small; the same search is to be run again with big integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overflow;

/// What fraction-free elimination needs of its numbers.
pub(super) trait Scalar: Clone + PartialEq {
    /// A small number.
    fn of(value: i64) -> Self;
    fn is_zero(&self) -> bool;
    fn is_unit(&self) -> bool;
    /// `self · a − other · b`.
    fn cross(&self, a: &Self, other: &Self, b: &Self) -> Result<Self, Overflow>;
    /// Whether `self · a = other · b`, never overflowing.
    fn crosses(&self, a: &Self, other: &Self, b: &Self) -> bool;
    /// The greatest common divisor, not negative.
    fn gcd(&self, other: &Self) -> Self;
    /// `self / divisor`, where it divides.
    fn over(&self, divisor: &Self) -> Self;
    /// `self + a`, or `self − a`.
    fn add(&self, a: &Self, negative: bool) -> Result<Self, Overflow>;
    /// `self · a`.
    fn times(&self, a: &Self) -> Result<Self, Overflow>;
    /// Packs the numbers as compactly as they fit.
    fn pack(values: Vec<Self>) -> Values;
}

fn narrow(value: i128) -> Result<i64, Overflow> {
    i64::try_from(value).map_err(|_| Overflow)
}

impl Scalar for i64 {
    fn of(value: i64) -> Self {
        value
    }

    fn is_zero(&self) -> bool {
        *self == 0
    }

    fn is_unit(&self) -> bool {
        *self == 1 || *self == -1
    }

    fn cross(&self, a: &Self, other: &Self, b: &Self) -> Result<Self, Overflow> {
        // Each product is at most 2^126 in size, so that their difference fits.
        narrow(i128::from(*self) * i128::from(*a) - i128::from(*other) * i128::from(*b))
    }

    fn crosses(&self, a: &Self, other: &Self, b: &Self) -> bool {
        i128::from(*self) * i128::from(*a) == i128::from(*other) * i128::from(*b)
    }

    fn gcd(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.unsigned_abs(), other.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        // Only gcd(i64::MIN, 0) does not fit; 1 divides as well.
        i64::try_from(a).unwrap_or(1)
    }

    fn over(&self, divisor: &Self) -> Self {
        self.checked_div(*divisor).unwrap_or(*self)
    }

    fn add(&self, a: &Self, negative: bool) -> Result<Self, Overflow> {
        if negative { self.checked_sub(*a) } else { self.checked_add(*a) }.ok_or(Overflow)
    }

    fn times(&self, a: &Self) -> Result<Self, Overflow> {
        self.checked_mul(*a).ok_or(Overflow)
    }

    fn pack(values: Vec<Self>) -> Values {
        Values::Small(values.into_boxed_slice())
    }
}

impl Scalar for BigInt {
    fn of(value: i64) -> Self {
        value.into()
    }

    fn is_zero(&self) -> bool {
        Zero::is_zero(self)
    }

    fn is_unit(&self) -> bool {
        self.abs().is_one()
    }

    fn cross(&self, a: &Self, other: &Self, b: &Self) -> Result<Self, Overflow> {
        Ok(self * a - other * b)
    }

    fn crosses(&self, a: &Self, other: &Self, b: &Self) -> bool {
        self * a == other * b
    }

    fn gcd(&self, other: &Self) -> Self {
        Integer::gcd(self, other)
    }

    fn over(&self, divisor: &Self) -> Self {
        self / divisor
    }

    fn add(&self, a: &Self, negative: bool) -> Result<Self, Overflow> {
        Ok(if negative { self - a } else { self + a })
    }

    fn times(&self, a: &Self) -> Result<Self, Overflow> {
        Ok(self * a)
    }

    fn pack(values: Vec<Self>) -> Values {
        let small: Option<Vec<i64>> = values.iter().map(ToPrimitive::to_i64).collect();
        small.map_or_else(|| Values::Big(values.into_boxed_slice()), |small| Values::Small(small.into_boxed_slice()))
    }
}

/// A list of whole numbers, in machine words where all fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Values {
    /// All fit into 64 bits.
    Small(Box<[i64]>),
    /// Some do not.
    Big(Box<[BigInt]>),
}

impl Values {
    /// One of them, if it is there.
    pub fn get(&self, at: usize) -> Option<BigInt> {
        match self {
            Self::Small(values) => values.get(at).map(|value| BigInt::from(*value)),
            Self::Big(values) => values.get(at).cloned(),
        }
    }
}

/// Divides the numbers by their greatest common divisor.
pub(super) fn reduce<T: Scalar>(values: &mut [T]) {
    let mut common = T::of(0);
    for value in values.iter() {
        common = common.gcd(value);
        if common.is_unit() {
            return;
        }
    }
    if !common.is_zero() {
        values.iter_mut().for_each(|value| *value = value.over(&common));
    }
}
