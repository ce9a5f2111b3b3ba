//! With which probability a unit was drawn, and what it stands for.

use super::designs::Inclusion;

/// An inclusion probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Probability {
    /// A fraction.
    Fraction(Inclusion),
    /// A number that is no fraction worth writing.
    Number(f64),
}

impl Probability {
    /// From 0 to 1.
    #[must_use]
    pub fn value(&self) -> f64 {
        match self {
            Self::Fraction(fraction) => fraction.value(),
            Self::Number(number) => *number,
        }
    }

    /// Whether the unit is always drawn.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        match self {
            Self::Fraction(fraction) => fraction.is_certain(),
            Self::Number(number) => *number >= 1.0,
        }
    }
}

impl std::fmt::Display for Probability {
    /// `3/17`, or a decimal number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fraction(fraction) => {
                let (numerator, denominator) = fraction.fraction();
                write!(f, "{numerator}/{denominator}")
            }
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// How a unit came into the sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// Its inclusion probability.
    pub inclusion: Probability,
    /// Units of the frame that it stands for by design; `1 / inclusion`, save under weight share.
    pub design_weight: f64,
    /// The same after calibration; without one, the design weight.
    pub weight: f64,
}

impl Chance {
    /// Always drawn.
    pub const CERTAIN: Self =
        Self { inclusion: Probability::Fraction(Inclusion::CERTAIN), design_weight: 1.0, weight: 1.0 };

    /// Drawn with this probability.
    #[must_use]
    pub fn of(inclusion: Inclusion) -> Self {
        let weight = inclusion.weight();
        Self { inclusion: Probability::Fraction(inclusion), design_weight: weight, weight }
    }
}
