//! The privacy budget: what may be lost in all, what each release has lost, and no more than that.
//!
//! Sources: C. Dwork and A. Roth, *The Algorithmic Foundations of Differential Privacy*, 2014, theorem 3.14 (pure
//! losses *ε* add up); M. Bun and T. Steinke, *Concentrated Differential Privacy*, TCC 2016, lemma 1.7 (losses *ρ* add
//! up), proposition 1.4 (*ε* costs at most *ρ = ε²/2*) and proposition 1.3 (*ρ* gives (*ε*, *δ*)).
//!
//! Adding up is exact and in the safe direction: where a conversion is not a decimal of 12 digits it is rounded up.

use serde::{Deserialize, Serialize};

use super::amount::{Amount, UNIT};

/// Why a loss is not entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// The loss is more than what is left.
    #[error("the privacy budget does not suffice")]
    Overdraft,
    /// The release has spent already; saying so twice could hide a second draw.
    #[error("the release is in the ledger of the privacy budget already")]
    Repeated,
    /// A zCDP loss has no bound in pure *ε*.
    #[error("a budget of pure losses cannot pay for Gaussian noise")]
    Measure,
    /// A loss of zero: no mechanism has it.
    #[error("a privacy loss of zero is not a loss")]
    Zero,
}

/// The measure in which a budget is held and losses add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// *ε* of pure differential privacy.
    Pure,
    /// *ρ* of zero-concentrated differential privacy.
    Zcdp,
}

/// The privacy loss of one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// *ε* of pure differential privacy: discrete Laplace noise.
    Epsilon(Amount),
    /// *ρ* of zero-concentrated differential privacy: discrete Gaussian noise.
    Rho(Amount),
}

impl Loss {
    /// What the loss costs in a measure; *ε* in zCDP is *ε²/2*, rounded up to 10⁻¹².
    ///
    /// # Errors
    /// [`BudgetError::Measure`] for *ρ* in pure *ε*; [`BudgetError::Overdraft`] where the cost is more than an amount
    /// holds.
    pub fn cost(self, measure: Measure) -> Result<Amount, BudgetError> {
        match (self, measure) {
            (Self::Epsilon(amount), Measure::Pure) | (Self::Rho(amount), Measure::Zcdp) => Ok(amount),
            (Self::Rho(_), Measure::Pure) => Err(BudgetError::Measure),
            (Self::Epsilon(epsilon), Measure::Zcdp) => {
                let square = u128::from(epsilon.units()) * u128::from(epsilon.units());
                let units = square.div_ceil(2 * u128::from(UNIT));
                u64::try_from(units).map(Amount::from_units).map_err(|_| BudgetError::Overdraft)
            }
        }
    }
}

/// One release that has spent.
///
/// A release under a name that has spent shows the same numbers, or there is none: noise drawn anew over other counts would be a
/// second loss, and the same noise a second time would tell that nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The name of the release, unique in the ledger.
    pub release: String,
    /// A keyed digest of its counts and parameters: what it has to be again to be the same release. Without the key it can be
    /// neither guessed nor compared. Empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub counts: String,
    /// The mechanism, in words for the reader of the ledger.
    pub mechanism: String,
    /// What it lost.
    pub loss: Loss,
}

/// All losses about one population, and the most they may add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Ledger {
    measure: Measure,
    total: Amount,
    entries: Vec<Entry>,
}

impl Ledger {
    /// A budget of which nothing is spent.
    #[must_use]
    pub fn new(measure: Measure, total: Amount) -> Self {
        Self { measure, total, entries: Vec::new() }
    }

    /// Enters a loss; to be kept on disk before the noise is drawn. Answers what is left.
    ///
    /// # Errors
    /// [`BudgetError`]; then the ledger is as before.
    pub fn spend(&mut self, entry: Entry) -> Result<Amount, BudgetError> {
        let cost = entry.loss.cost(self.measure)?;
        if cost == Amount::ZERO {
            return Err(BudgetError::Zero);
        }
        if self.entries.iter().any(|other| other.release == entry.release) {
            return Err(BudgetError::Repeated);
        }
        let left = self.left().checked_sub(cost).ok_or(BudgetError::Overdraft)?;
        self.entries.push(entry);
        Ok(left)
    }

    /// What is spent, in the ledger's measure.
    #[must_use]
    pub fn spent(&self) -> Amount {
        // Every entry passed `spend`, so neither the cost nor the sum fails; a fault would count as everything spent.
        let costs = self.entries.iter().map(|entry| entry.loss.cost(self.measure).ok());
        costs.into_iter().try_fold(Amount::ZERO, |sum, cost| sum.checked_add(cost?)).unwrap_or(self.total)
    }

    /// What is left, in the ledger's measure.
    #[must_use]
    pub fn left(&self) -> Amount {
        self.total.checked_sub(self.spent()).unwrap_or(Amount::ZERO)
    }

    /// What may be spent in all.
    #[must_use]
    pub fn total(&self) -> Amount {
        self.total
    }

    /// The measure of the budget.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// The releases that have spent, in the order in which they did.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// A ledger as it was written: read back entry by entry, so that one which was overdrawn by hand is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    measure: Measure,
    total: Amount,
    entries: Vec<Entry>,
}

impl TryFrom<Written> for Ledger {
    type Error = BudgetError;

    fn try_from(written: Written) -> Result<Self, BudgetError> {
        let mut ledger = Self::new(written.measure, written.total);
        for entry in written.entries {
            ledger.spend(entry)?;
        }
        Ok(ledger)
    }
}

/// The *ε* that a loss of *ρ* guarantees with probability of failure *δ*: *ρ + 2·√(ρ·ln(1/δ))*, Bun and Steinke 2016,
/// proposition 1.3. A figure for people, a little rounded up; budgets are compared in *ρ*.
///
/// Nothing where *δ* is not between 0 and 1.
#[must_use]
pub fn epsilon_of_rho(rho: Amount, delta: f64) -> Option<f64> {
    if !(delta > 0.0 && delta < 1.0) {
        return None;
    }
    let rho = rho.to_f64();
    let epsilon = rho + 2.0 * libm::sqrt(-rho * libm::log(delta));
    Some(epsilon * (1.0 + 1e-12))
}

/// The *δ* at which a loss of *ρ* guarantees *ε*: the least over *α > 1* of exp((α − 1)(αρ − ε)) / (α − 1) · (1 −
/// 1/α)^α, C. Canonne, G. Kamath and T. Steinke, *The Discrete Gaussian for Differential Privacy*, NeurIPS 2020,
/// corollary 13. Tighter than [`epsilon_of_rho`]; every *α* gives a valid bound, so a search that misses the least is
/// on the safe side. Nothing where *ε* is not a positive number or *ρ* is zero.
#[must_use]
pub fn delta_of_rho(rho: Amount, epsilon: f64) -> Option<f64> {
    let rho = rho.to_f64();
    if !(epsilon > 0.0 && epsilon.is_finite()) || rho <= 0.0 {
        return None;
    }
    let log_delta = |excess: f64| {
        let alpha = 1.0 + excess;
        excess * (alpha * rho - epsilon) - libm::log(excess) + alpha * libm::log1p(-1.0 / alpha)
    };
    // Convex in α; golden section on the logarithm of α − 1, where it has one valley too.
    let (mut low, mut high) = (-20.0_f64, libm::log(epsilon / rho + 10.0) + 10.0);
    for _ in 0..200 {
        let third = (high - low) * 0.381_966_011_250_105;
        let [left, right] = [low + third, high - third].map(|log| log_delta(libm::exp(log)));
        if left < right { high -= third } else { low += third }
    }
    let log = log_delta(libm::exp(f64::midpoint(low, high)));
    Some((libm::exp(log) * (1.0 + 1e-9)).min(1.0))
}

/// The largest *ρ* that guarantees *ε* and *δ*, in whole steps of 10⁻¹²: [`delta_of_rho`] turned round, so on the safe side as
/// well. Nothing where even the smallest step loses more.
#[must_use]
pub fn rho_of_delta(epsilon: Amount, delta: f64) -> Option<Amount> {
    let suffices =
        |units: u64| delta_of_rho(Amount::from_units(units), epsilon.to_f64()).is_some_and(|least| least <= delta);
    // A loss of ρ ≥ ε guarantees ε with hardly any probability.
    let (mut low, mut high) = (0, epsilon.units());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if suffices(middle) { low = middle } else { high = middle }
    }
    (low > 0).then(|| Amount::from_units(low))
}

#[cfg(test)]
mod tests;
