//! What is known of a cell, and of several cells together.

use super::amount::ONE;
use super::{Amount, Contributors, Overlap, RuleError, Tally};

/// What a cell would publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Value {
    /// A number of persons, records or events.
    Count(u64),
    /// A sum; also an estimated number, which need not be whole.
    Amount(Amount),
}

impl Value {
    /// In units of protection levels: 1 for a count, 10⁻⁹ for an amount.
    #[must_use]
    pub fn units(self) -> i128 {
        match self {
            Self::Count(count) => count.into(),
            Self::Amount(amount) => amount.units(),
        }
    }
}

/// A decision by hand, which overrides the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manual {
    /// Not to be published.
    Unsafe,
    /// To be published whatever the rules say, because those concerned have agreed or the number is public anyway
    /// (τ-ARGUS: “Safe (manual)”; Hundepool et al. 2012, §4.2.1, “Waivers”).
    Publish,
}

/// Who contributes to a cell, at one level: its persons, or its holdings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFacts {
    /// Distinct contributors; sampled ones under sampling.
    pub tally: Tally,
    /// Estimated number of contributors in the population: the sum of weights, in 10⁻⁹.
    pub population: u128,
    /// What they contribute; `None` for a count.
    pub contributions: Option<Contributors>,
}

impl UnitFacts {
    /// Contributors to a count, in a full count.
    #[must_use]
    pub fn counted(tally: Tally) -> Self {
        Self { tally, population: u128::from(tally.least()) * ONE.unsigned_abs(), contributions: None }
    }

    /// Contributors to an amount, of whom `exclusive` are known to contribute to no other cell.
    ///
    /// # Errors
    /// [`RuleError::Contradiction`] for more exclusive contributors than there are.
    pub fn contributing(contributions: Contributors, exclusive: u64) -> Result<Self, RuleError> {
        Ok(Self {
            tally: Tally::new(contributions.count(), exclusive)?,
            population: contributions.population(),
            contributions: Some(contributions),
        })
    }

    /// Of two cells together; lower bounds where somebody may be in both.
    fn union(&self, other: &Self) -> Result<Self, RuleError> {
        let overlap = self.tally.overlap(other.tally);
        let population = match overlap {
            Overlap::Disjoint => self.population.checked_add(other.population).ok_or(RuleError::TooLarge)?,
            Overlap::Possible => self.population.max(other.population),
        };
        let contributions = match (&self.contributions, &other.contributions) {
            (Some(one), Some(two)) => Some(one.union(two, overlap)?),
            _ => None,
        };
        Ok(Self { tally: self.tally.union(other.tally)?, population, contributions })
    }

    /// Whether nobody here contributes to another cell.
    fn alone(&self) -> bool {
        self.tally.exclusive() == self.tally.most()
    }
}

/// All that a rule set has to know of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFacts {
    /// What would be published.
    pub value: Value,
    /// Whether the combination can occur; `false` makes it a structural zero.
    pub possible: bool,
    /// Its persons; `None` where they were not gathered.
    pub persons: Option<UnitFacts>,
    /// Its holdings; `None` where they were not gathered.
    pub holdings: Option<UnitFacts>,
    /// A decision by hand.
    pub manual: Option<Manual>,
}

impl CellFacts {
    /// A possible cell of which persons were gathered.
    #[must_use]
    pub fn of_persons(value: Value, persons: UnitFacts) -> Self {
        Self { value, possible: true, persons: Some(persons), holdings: None, manual: None }
    }

    /// A cell whose combination cannot occur.
    #[must_use]
    pub fn structural(value: Value) -> Self {
        Self { value, possible: false, persons: None, holdings: None, manual: None }
    }

    /// The facts of two cells without a part in common, taken as one: what their sum would publish. See
    /// [`CellFacts::union_of`].
    ///
    /// # Errors
    /// As for [`CellFacts::union_of`].
    pub fn union(&self, other: &Self) -> Result<Self, RuleError> {
        Self::union_of(&[self, other])
    }

    /// The facts of several cells without a part in common, taken as one: a line of a table gives away the sum of its
    /// suppressed cells, so their union has to be safe by the same rules (Hundepool et al. 2012, §4.2.2; Cox 1981).
    ///
    /// Distinct persons of a union are known within bounds only ([`Tally::union`]). The threshold looks at the lower
    /// bound; largest contributions of persons who may be in several cells are taken to be those of the same persons
    /// ([`Contributors::union`]). So a union may be found unsafe that is not, but never the other way round. Decisions
    /// by hand do not carry over. The order of the cells does not matter.
    ///
    /// # Errors
    /// [`RuleError::MissingFacts`] for no cells, [`RuleError::Measure`] for a count beside an amount,
    /// [`RuleError::TooLarge`] beyond what can be counted.
    pub fn union_of(cells: &[&Self]) -> Result<Self, RuleError> {
        let (first, others) = cells.split_first().ok_or(RuleError::MissingFacts)?;
        let value = others.iter().try_fold(first.value, |sum, cell| match (sum, cell.value) {
            (Value::Count(one), Value::Count(two)) => one.checked_add(two).map(Value::Count).ok_or(RuleError::TooLarge),
            (Value::Amount(one), Value::Amount(two)) => one.plus(two).map(Value::Amount),
            _ => Err(RuleError::Measure),
        })?;
        // Nobody is in a cell that cannot be; it has nothing to add, known or not.
        let possible: Vec<&Self> = cells.iter().copied().filter(|cell| cell.possible).collect();
        Ok(Self {
            value,
            possible: !possible.is_empty(),
            persons: union_of_units(possible.iter().map(|cell| cell.persons.as_ref()))?,
            holdings: union_of_units(possible.iter().map(|cell| cell.holdings.as_ref()))?,
            manual: None,
        })
    }
}

/// `None` unless known of every cell.
fn union_of_units<'a>(units: impl Iterator<Item = Option<&'a UnitFacts>>) -> Result<Option<UnitFacts>, RuleError> {
    let Some(mut units) = units.collect::<Option<Vec<_>>>() else { return Ok(None) };
    // Those who may overlap first: once somebody disjoint is among them, he would be taken for one of the next cell
    // too.
    units.sort_by_key(|unit| unit.alone());
    let Some((first, others)) = units.split_first() else { return Ok(None) };
    others.iter().try_fold((*first).clone(), |sum, unit| sum.union(unit)).map(Some)
}

#[cfg(test)]
mod tests;
