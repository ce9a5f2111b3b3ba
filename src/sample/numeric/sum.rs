//! Compensated sums.

/// A running sum with its rounding error carried along: Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur
/// Summation endlicher Summen", algorithm IV. Terms are added in the caller's order, which is the same in every run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    /// Adds one term.
    pub fn add(&mut self, term: f64) {
        let total = self.total + term;
        self.lost +=
            if self.total.abs() >= term.abs() { (self.total - total) + term } else { (term - total) + self.total };
        self.total = total;
    }

    /// The sum so far.
    #[must_use]
    pub fn value(self) -> f64 {
        // Beyond the range of f64 the correction is not a number; the sum itself still tells.
        if self.total.is_finite() { self.total + self.lost } else { self.total }
    }
}

/// The sum of the terms, in their order.
pub fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    terms.into_iter().for_each(|term| sum.add(term));
    sum.value()
}
