//! How far protected counts are from the exact ones.

/// Deviations of protected from exact counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// Number of cells compared.
    pub cells: u64,
    /// Cells with another value.
    pub changed: u64,
    /// The largest absolute difference.
    pub most: u64,
    /// The sum of absolute differences, exactly.
    pub sum: u128,
    /// The sum of squared differences, exactly.
    pub squares: u128,
    /// 1 − HD/√Σf, with Hellinger's distance HD = √(½ Σ (√f − √g)²): 1 for no change. N. Shlomo, L. Antal and M.
    /// Elliot, *Measuring Disclosure Risk and Data Utility for Flexible Table Generators*, Journal of Official
    /// Statistics 31(2), 2015. 1 for no counts.
    pub hellinger_utility: f64,
}

impl Deviation {
    /// The mean absolute difference; 0 for no cells.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.cells == 0 { 0.0 } else { self.sum as f64 / self.cells as f64 }
    }
}

/// Compares exact and protected counts, cell by cell; cells without a partner are left out. Protected counts may be negative;
/// Hellinger's distance takes them for 0.
#[must_use]
pub fn deviation(exact: &[u64], protected: &[i64]) -> Deviation {
    let mut report = Deviation { cells: 0, changed: 0, most: 0, sum: 0, squares: 0, hellinger_utility: 1.0 };
    let (mut distance, mut total) = (0.0, 0.0);
    for (exact, protected) in exact.iter().zip(protected) {
        let difference = i128::from(*exact).abs_diff(i128::from(*protected));
        let difference = u64::try_from(difference).unwrap_or(u64::MAX);
        report.cells += 1;
        report.changed += u64::from(difference > 0);
        report.most = report.most.max(difference);
        report.sum += u128::from(difference);
        report.squares = report.squares.saturating_add(u128::from(difference) * u128::from(difference));
        let roots = libm::sqrt(*exact as f64) - libm::sqrt((*protected).max(0) as f64);
        distance += roots * roots;
        total += *exact as f64;
    }
    if total > 0.0 {
        report.hellinger_utility = 1.0 - libm::sqrt(distance / 2.0) / libm::sqrt(total);
    }
    report
}
