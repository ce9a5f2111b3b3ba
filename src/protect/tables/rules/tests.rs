//! What tests of several rules share.
#![allow(clippy::unwrap_used)]

use super::{Amount, Contributors, MOST_KEPT, Percent, RuleError, Weight};

pub(super) fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}

/// A cell of whole contributions.
pub(super) fn cell(contributions: &[i64]) -> Contributors {
    units(&contributions.iter().map(|value| i128::from(*value) * 1_000_000_000).collect::<Vec<_>>())
}

/// A cell of contributions in units of 10⁻⁹.
pub(super) fn units(contributions: &[i128]) -> Contributors {
    let mut cell = Contributors::new(MOST_KEPT).unwrap();
    for units in contributions {
        cell.offer(Amount::from_units(*units)).unwrap();
    }
    cell
}

/// A cell of whole contributions with weights in thousandths.
pub(super) fn sampled(contributions: &[(i64, u64)]) -> Contributors {
    let mut cell = Contributors::new(MOST_KEPT).unwrap();
    for (value, thousandths) in contributions {
        cell.offer_sampled(Amount::from_i64(*value), Weight::from_units(thousandths * 1_000_000)).unwrap();
    }
    cell
}

#[test]
fn errors_tell_no_values() {
    let all = [
        RuleError::TooLarge,
        RuleError::Parameter,
        RuleError::NoRule,
        RuleError::Repeated,
        RuleError::Measure,
        RuleError::TooFewKept,
        RuleError::MissingFacts,
        RuleError::WeightedHoldings,
        RuleError::Contradiction,
    ];
    let digits = |error: &RuleError| error.to_string().replace("128", "").contains(|c: char| c.is_ascii_digit());
    assert!(!all.iter().any(digits));
}
