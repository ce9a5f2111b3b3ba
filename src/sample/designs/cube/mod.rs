//! The cube method: balanced sampling.

mod flight;
mod kernel;

use super::{DesignError, Inclusion, Selection, Stream, UnitOrder};
use flight::Flight;

/// Steps allowed: about a minute.
const LIMIT: u64 = 40_000_000_000;

/// A balanced sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Balanced {
    /// Who is drawn.
    pub selection: Selection,
    /// How far the sample is from balance, one for each variable.
    pub imbalance: Vec<Imbalance>,
    /// Units that the flight phase left undecided, at most as many as variables: the landing phase decided them.
    pub landed: usize,
}

/// The total of a balancing variable and what the sample makes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Imbalance {
    /// Over the frame: `Σ x`.
    pub total: f64,
    /// Over the sample, Horvitz & Thompson's (1952) estimator: `Σ x / π`.
    pub estimate: f64,
}

impl Imbalance {
    /// `(estimate − total) / |total|`; `None` where the total is 0.
    #[must_use]
    pub fn relative(&self) -> Option<f64> {
        (self.total != 0.0).then(|| (self.estimate - self.total) / self.total.abs())
    }
}

/// Draws a sample with the given inclusion probabilities in which `Σ x / π` nearly equals `Σ x` for each balancing
/// variable (Deville & Tillé 2004, "Efficient balanced sampling: the cube method"; flight phase of Chauvet & Tillé
/// 2006, "A fast algorithm for balanced sampling"; landing phase by suppression of variables).
///
/// * `inclusion`: one probability for each of the *N* units; units with 0 are never drawn, units with 1 always.
/// * `x`: the balancing variables, row-major, *N* × `variables`, the most important variable first: in the landing
///   phase the last is given up first. With the inclusion probabilities as the first variable the size of the sample
///   is fixed, if their sum is a whole number. Indicators of strata as first variables fix the size in each.
///   Redundant variables do no harm.
/// * `order`: units near each other in the order are decided against each other; [`UnitOrder::Random`] unless the
///   order is meant to spread the sample.
///
/// Inclusion probabilities hold up to the rounding of `f64`: a probability within 10⁻¹⁰ of 0 or 1 is taken for it.
/// `O(N p³)`.
///
/// # Errors
/// [`DesignError::UnequalLengths`] where `x` has not `N × variables` entries; [`DesignError::NotFinite`];
/// [`DesignError::TooCostly`] where `N p³` is above 4·10¹⁰ (34 variables for a million units);
/// [`DesignError::TooManyUnits`].
pub fn cube(
    inclusion: &[Inclusion],
    x: &[f64],
    variables: usize,
    order: UnitOrder,
    stream: &mut Stream,
) -> Result<Balanced, DesignError> {
    check(inclusion, x, variables)?;
    let pi: Vec<f64> = inclusion.iter().map(Inclusion::value).collect();
    let mut open: Vec<usize> = (0..).zip(&pi).filter(|&(_, pi)| 0.0 < *pi && *pi < 1.0).map(|(unit, _)| unit).collect();
    if order == UnitOrder::Random {
        stream.shuffle(&mut open);
    }
    let mut flight = Flight::new(x, variables, &pi, open);
    flight.fly(variables, stream);
    let landed = flight.undecided();
    for kept in (0..variables).rev() {
        flight.fly(kept, stream);
    }
    let drawn = flight.drawn();
    let units: Vec<u32> = (0..).zip(&drawn).filter(|(_, drawn)| **drawn).map(|(unit, _)| unit).collect();
    let mut imbalance = vec![Imbalance { total: 0.0, estimate: 0.0 }; variables];
    for (unit, (pi, drawn)) in pi.iter().zip(&drawn).enumerate() {
        for (of, x) in imbalance.iter_mut().zip(row(x, variables, unit)) {
            of.total += x;
            of.estimate += if *drawn { x / pi } else { 0.0 };
        }
    }
    let chosen = inclusion.iter().zip(&drawn).filter(|(_, drawn)| **drawn).map(|(inclusion, _)| *inclusion);
    Ok(Balanced { selection: Selection { inclusion: chosen.collect(), units }, imbalance, landed })
}

fn row(x: &[f64], variables: usize, unit: usize) -> &[f64] {
    x.get(unit * variables..(unit + 1) * variables).unwrap_or_default()
}

fn check(inclusion: &[Inclusion], x: &[f64], variables: usize) -> Result<(), DesignError> {
    let units = inclusion.len();
    if units > u32::MAX as usize {
        return Err(DesignError::TooManyUnits);
    }
    let expected = units.saturating_mul(variables);
    if x.len() != expected {
        return Err(DesignError::UnequalLengths { expected, found: x.len() });
    }
    let wide = variables as u64;
    let cells = (units as u64).saturating_mul(wide.saturating_mul(wide).saturating_mul(wide));
    if cells > LIMIT {
        return Err(DesignError::TooCostly { cells, limit: LIMIT });
    }
    for (unit, inclusion) in inclusion.iter().enumerate() {
        let pi = inclusion.value();
        for (variable, x) in row(x, variables, unit).iter().enumerate() {
            if !x.is_finite() || (pi > 0.0 && !(x / pi).is_finite()) {
                return Err(DesignError::NotFinite { unit, variable });
            }
        }
    }
    Ok(())
}
