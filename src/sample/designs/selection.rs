//! What a design returns.

/// The probability with which a unit is drawn, as a fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inclusion {
    numerator: u128,
    denominator: u128,
    approximate: bool,
}

impl Inclusion {
    /// Always drawn.
    pub const CERTAIN: Self = Self { numerator: 1, denominator: 1, approximate: false };
    /// Never drawn.
    pub const NEVER: Self = Self { numerator: 0, denominator: 1, approximate: false };

    /// A probability given as a fraction; `None` unless it lies between 0 and 1.
    #[must_use]
    pub fn from_fraction(numerator: u128, denominator: u128) -> Option<Self> {
        (numerator <= denominator && denominator > 0).then(|| Self::new(numerator, denominator))
    }

    /// `numerator ≤ denominator`, which is positive.
    pub(super) fn new(numerator: u128, denominator: u128) -> Self {
        let divisor = greatest_common_divisor(numerator, denominator).max(1);
        Self { numerator: numerator / divisor, denominator: denominator / divisor, approximate: false }
    }

    /// So many of so many; not reduced, so that both counts can be read.
    pub(in super::super) fn of_counts(drawn: u64, frame: u64) -> Self {
        Self { numerator: drawn.into(), denominator: frame.max(1).into(), approximate: false }
    }

    /// So many of so many, of so many of so many: two draws, one after the other.
    pub(in super::super) fn of_product(first: (u64, u64), second: (u64, u64)) -> Self {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        Self::new(product(first.0, second.0), product(first.1, second.1).max(1))
    }

    /// The same, as a nominal probability that the design keeps only nearly. 0 and 1 are always kept.
    pub(super) fn approximately(self) -> Self {
        Self { approximate: 0 < self.numerator && self.numerator < self.denominator, ..self }
    }

    /// Numerator and denominator, without common divisor.
    #[must_use]
    pub fn fraction(&self) -> (u128, u128) {
        (self.numerator, self.denominator)
    }

    /// Whether the design keeps this probability only nearly (order sampling).
    #[must_use]
    pub fn is_approximate(&self) -> bool {
        self.approximate
    }

    /// Whether the unit is always drawn.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.numerator == self.denominator
    }

    /// The probability, from 0 to 1, within two units in the last place; exactly 1 only for certain units.
    #[must_use]
    pub fn value(&self) -> f64 {
        let value = self.numerator as f64 / self.denominator as f64;
        if value >= 1.0 && !self.is_certain() { 1.0 - f64::EPSILON / 2.0 } else { value }
    }

    /// The design weight `1 / π`; infinite for a unit that is never drawn.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.denominator as f64 / self.numerator as f64
    }

    /// `1 − π`, without cancellation.
    pub(super) fn complement(&self) -> f64 {
        (self.denominator - self.numerator) as f64 / self.denominator as f64
    }
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Who is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Positions of the units drawn, ascending.
    pub units: Vec<u32>,
    /// Their inclusion probabilities, one for each of `units`.
    pub inclusion: Vec<Inclusion>,
}

/// The order in which a design goes through the units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitOrder {
    /// As given: neighbours are rarely drawn together, which spreads the sample over the order.
    Given,
    /// Shuffled by the stream: more random, and nearly all pairs can be drawn.
    Random,
}
