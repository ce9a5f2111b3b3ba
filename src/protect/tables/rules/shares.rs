//! Shares, means and rates: numbers that hide, or reveal, the cells they are computed from.

use super::{GroupPart, GroupRule, Primary, RuleError, RuleName, Tally, Threshold, Verdict};

/// Distinct persons behind a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShareCounts {
    with: u64,
    without: u64,
    any: u64,
}

impl ShareCounts {
    /// Persons with a record that has the value, with one that has another, with either. Somebody with several records
    /// may be in both of the first two.
    ///
    /// # Errors
    /// [`RuleError::Contradiction`] unless max(with, without) ≤ any ≤ with + without.
    pub fn new(with: u64, without: u64, any: u64) -> Result<Self, RuleError> {
        let sound = with.max(without) <= any && u128::from(any) <= u128::from(with) + u128::from(without);
        if sound { Ok(Self { with, without, any }) } else { Err(RuleError::Contradiction) }
    }
}

/// What a share, mean or rate is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SharePart {
    /// What is divided by: all records with a value, or persons at risk.
    Denominator,
    /// What is divided: records with the value, a sum, or events.
    Numerator,
    /// Denominator less numerator.
    Complement,
}

/// Why a share, mean or rate must not be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hidden {
    /// The cell that it would reveal; of several, the first in the order of [`SharePart`].
    pub part: SharePart,
    /// Why and how far that cell is to be protected.
    pub primary: Primary,
}

/// When shares reveal an unsafe cell.
///
/// A quotient beside its denominator *is* its numerator, up to rounding, and the complement is the difference of the
/// two; without the denominator it still is as good as either for whoever knows the other. So a share is treated as the
/// publication of all three. Hundepool et al. 2012, §4.3.1, see no problem in tables of ratios, unless denominators can
/// be estimated closely; here they are mostly published beside them. The same goes for a mean and its sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRule {
    threshold: Threshold,
    group: Option<GroupRule>,
}

impl ShareRule {
    /// The threshold for each of the three counts of persons, and the rule for shares that tell of everybody: 100 % and
    /// 0 %, or close to it.
    #[must_use]
    pub fn new(threshold: Threshold, group: Option<GroupRule>) -> Self {
        Self { threshold, group }
    }

    /// Judges the share of one category, at its position in the column. Where nobody has a value there is no share, and
    /// nothing to hide.
    ///
    /// Reasons are those of the threshold before those of the group, each in the order of [`SharePart`].
    #[must_use]
    pub fn share(&self, at: usize, counts: ShareCounts) -> Option<Hidden> {
        let ShareCounts { with, without, any } = counts;
        let parts = [(SharePart::Denominator, any), (SharePart::Numerator, with), (SharePart::Complement, without)];
        let few = parts.into_iter().find(|(_, count)| self.threshold.sensitive(Tally::exactly(*count)));
        if let Some((part, count)) = few {
            let protection = self.threshold.protection_of_count(count);
            return Some(Hidden { part, primary: Primary::new(RuleName::Share, protection) });
        }
        // Outside are those who never have the value: never more than those who also have another, so the stricter
        // count.
        let found = self.group.as_ref()?.part(at, GroupPart { inside: with, outside: any - with })?;
        Some(Hidden { part: SharePart::Numerator, primary: Primary::new(RuleName::Group, found.protection) })
    }

    /// Judges any quotient by the verdicts on the cells it is made of: a mean by that on the sum (under the rules for
    /// the amount's contributors) and that on the number of records; a rate by those on events, persons at risk, and
    /// persons without the event.
    #[must_use]
    pub fn quotient(denominator: Verdict, numerator: Verdict, complement: Option<Verdict>) -> Option<Hidden> {
        let parts = [
            (SharePart::Denominator, Some(denominator)),
            (SharePart::Numerator, Some(numerator)),
            (SharePart::Complement, complement),
        ];
        let hidden =
            |(part, verdict): (SharePart, Option<Verdict>)| Some(Hidden { part, primary: verdict?.primary()? });
        parts.into_iter().find_map(hidden)
    }

    /// Whether a quotient must go because one of the cells it is made of did, for whatever reason, and be it to protect
    /// others: any one of them follows from the quotient and another.
    #[must_use]
    pub fn follows(denominator: bool, numerator: bool, complement: bool) -> bool {
        denominator || numerator || complement
    }
}

#[cfg(test)]
mod tests;
