//! A checked set of rules for one table, and its verdict on a cell.

use super::{
    CellFacts, Contributors, Dominance, Manual, Mark, PPercent, PQ, Protection, Request, RuleError, RuleName,
    SafetyRange, Signs, Threshold, UnitFacts, Value, Zero, ZeroFacts, ZeroRule,
};

/// What a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Numbers of persons, records or events.
    Count,
    /// Sums.
    Amount(Signs),
}

/// Whom a rule takes for contributors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Persons.
    Persons,
    /// Holdings.
    Holdings,
}

/// Which contributors the threshold rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// All distinct ones that were observed.
    All,
    /// Those who contributed anything but 0.
    NonZero,
    /// Those in the population, estimated by the sum of weights.
    Population,
}

/// One rule and whom it is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Minimum frequency.
    Threshold(Unit, Counted, Threshold),
    /// (n,k) dominance.
    Dominance(Unit, Dominance),
    /// p %.
    PPercent(Unit, PPercent),
    /// (p,q).
    PQ(Unit, PQ),
    /// Protection on request.
    Request(Unit, Request),
    /// Observed zeros.
    Zero(ZeroRule),
}

impl Rule {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> RuleName {
        match self {
            Self::Threshold(..) => RuleName::Threshold,
            Self::Dominance(..) => RuleName::Dominance,
            Self::PPercent(..) => RuleName::PPercent,
            Self::PQ(..) => RuleName::PQ,
            Self::Request(..) => RuleName::Request,
            Self::Zero(_) => RuleName::Zero,
        }
    }

    /// Contributors that it looks at.
    fn needs(&self) -> u8 {
        match self {
            Self::Dominance(_, rule) => rule.needs(),
            Self::PPercent(_, rule) => rule.needs(),
            Self::PQ(_, rule) => rule.needs(),
            Self::Threshold(..) | Self::Request(..) | Self::Zero(_) => 0,
        }
    }

    /// Whether it has to know what contributors contribute, and not only how many they are.
    fn weighs(&self) -> bool {
        !matches!(self, Self::Threshold(_, Counted::All | Counted::Population, _) | Self::Zero(_))
    }

    fn mark(&self) -> Mark {
        self.name().mark(self.needs())
    }
}

/// Why a cell is unsafe, and how far it has to be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Primary {
    /// The first rule that it fails, in the order of [`RuleName`].
    pub rule: RuleName,
    /// The mark of that rule.
    pub mark: Mark,
    /// The widest protection that any failed rule demands.
    pub protection: Protection,
}

impl Primary {
    /// An unsafe cell by one rule. The mark is that of a rule on one contributor.
    #[must_use]
    pub fn new(rule: RuleName, protection: Protection) -> Self {
        Self { rule, mark: rule.mark(1), protection }
    }

    /// Both findings on one cell as one: the first reason, the widest protection.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let first = if (self.rule, self.mark) <= (other.rule, other.mark) { self } else { other };
        Self { protection: self.protection.widest(other.protection), ..first }
    }

    /// Distance from the value downwards that must stay possible, in units of the value.
    #[must_use]
    pub fn low(&self) -> i128 {
        self.protection.low()
    }

    /// Distance from the value upwards that must stay possible, in units of the value.
    #[must_use]
    pub fn high(&self) -> i128 {
        self.protection.high()
    }
}

/// What becomes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// No rule is broken.
    Safe,
    /// A structural zero: safe, and of no use for protecting others.
    Structural,
    /// Published by decision, with the rules broken by that.
    Forced(Option<Primary>),
    /// To be suppressed.
    Unsafe(Primary),
}

impl Verdict {
    /// Why the cell must be suppressed; `None` where it need not be.
    #[must_use]
    pub fn primary(self) -> Option<Primary> {
        match self {
            Self::Unsafe(primary) => Some(primary),
            Self::Safe | Self::Structural | Self::Forced(_) => None,
        }
    }

    /// The mark of the cell.
    #[must_use]
    pub fn mark(self) -> Mark {
        self.primary().map_or(Mark::V, |primary| primary.mark)
    }
}

/// Rules that a table has to satisfy, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    measure: Measure,
    rules: Vec<Rule>,
    range: SafetyRange,
}

impl RuleSet {
    /// The rules of one table, in any order. `range` protects cells for which the rule itself gives no interval:
    /// amounts under the threshold, cells under the request rule or made unsafe by hand.
    ///
    /// # Errors
    /// [`RuleError::NoRule`] and [`RuleError::Repeated`]; [`RuleError::Measure`] for a rule on contributions in a table
    /// of counts, where nobody contributes more than anybody else.
    pub fn new(measure: Measure, mut rules: Vec<Rule>, range: SafetyRange) -> Result<Self, RuleError> {
        if rules.is_empty() {
            return Err(RuleError::NoRule);
        }
        if rules.iter().enumerate().any(|(at, rule)| rules[..at].contains(rule)) {
            return Err(RuleError::Repeated);
        }
        if measure == Measure::Count && rules.iter().any(Rule::weighs) {
            return Err(RuleError::Measure);
        }
        rules.sort_by_key(|rule| (rule.name(), rule.mark()));
        Ok(Self { measure, rules, range })
    }

    /// What the table shows.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// The rules, in the order of their names.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// How many of the largest contributors have to be kept; 0 where contributions need not be gathered at all.
    #[must_use]
    pub fn needs(&self) -> u8 {
        let most = self.rules.iter().map(Rule::needs).max().unwrap_or(0);
        most.max(u8::from(self.rules.iter().any(Rule::weighs)))
    }

    /// Judges a cell, or a union of cells.
    ///
    /// A decision by hand overrides the rules: an unsafe one is the reason whatever else fails, a safe one is reported
    /// with what it overrides. A structural zero is neither, since there is nothing to decide.
    ///
    /// # Errors
    /// [`RuleError::MissingFacts`], [`RuleError::TooFewKept`] and [`RuleError::WeightedHoldings`] where a rule cannot
    /// be applied: no verdict is better than a lenient one. [`RuleError::Measure`] and [`RuleError::Contradiction`]
    /// where the facts cannot be those of a cell of this table; [`RuleError::TooLarge`] where a level does not fit 128
    /// bits.
    pub fn judge(&self, facts: &CellFacts) -> Result<Verdict, RuleError> {
        let zero = self.check(facts)?;
        if zero == Some(Zero::Structural) {
            return Ok(Verdict::Structural);
        }
        let mut broken: Option<Primary> = None;
        for rule in &self.rules {
            if let Some(protection) = self.protection(rule, facts, zero)? {
                let found = Primary { rule: rule.name(), mark: rule.mark(), protection };
                broken = Some(broken.map_or(found, |before| before.join(found)));
            }
        }
        Ok(match (facts.manual, broken) {
            (Some(Manual::Publish), broken) => Verdict::Forced(broken),
            (Some(Manual::Unsafe), broken) => {
                let by_hand = Primary::new(RuleName::Manual, self.range_of(facts)?);
                Verdict::Unsafe(broken.map_or(by_hand, |broken| broken.join(by_hand)))
            }
            (None, Some(broken)) => Verdict::Unsafe(broken),
            (None, None) => Verdict::Safe,
        })
    }

    fn protection(&self, rule: &Rule, facts: &CellFacts, zero: Option<Zero>) -> Result<Option<Protection>, RuleError> {
        match rule {
            Rule::Threshold(unit, counted, rule) => {
                let unit = unit_of(facts, *unit)?;
                let sensitive = match counted {
                    Counted::All => rule.sensitive(unit.tally),
                    Counted::NonZero => rule.sensitive(contributions_of(unit)?.nonzero()),
                    Counted::Population => rule.sensitive_estimate(unit.population, unit.tally.most()),
                };
                match facts.value {
                    _ if !sensitive => Ok(None),
                    Value::Count(count) => Ok(Some(rule.protection_of_count(count))),
                    Value::Amount(amount) => rule.protection_of_amount(amount, self.signed(), &self.range).map(Some),
                }
            }
            Rule::Dominance(unit, rule) => rule.protection(self.contributions(facts, *unit)?, self.signs()),
            Rule::PPercent(unit, rule) => rule.protection(self.contributions(facts, *unit)?, self.signs()),
            Rule::PQ(unit, rule) => rule.protection(self.contributions(facts, *unit)?, self.signs()),
            Rule::Request(unit, rule) => {
                let sensitive = rule.sensitive(self.contributions(facts, *unit)?, self.signs());
                sensitive.then(|| self.range_of(facts)).transpose()
            }
            Rule::Zero(rule) => Ok(zero.and_then(|zero| rule.protection(zero, self.signed()))),
        }
    }

    /// The contributions of a unit for a rule that compares them.
    fn contributions<'a>(&self, facts: &'a CellFacts, unit: Unit) -> Result<&'a Contributors, RuleError> {
        let sampled = |unit: &UnitFacts| unit.contributions.as_ref().is_some_and(Contributors::weighted);
        if unit == Unit::Holdings && facts.persons.as_ref().is_some_and(sampled) {
            return Err(RuleError::WeightedHoldings);
        }
        contributions_of(unit_of(facts, unit)?)
    }

    /// Whether facts are those of a cell of this table, and which zero it is.
    fn check(&self, facts: &CellFacts) -> Result<Option<Zero>, RuleError> {
        let units = || [&facts.persons, &facts.holdings].into_iter().flatten();
        let contributions = || units().filter_map(|unit| unit.contributions.as_ref());
        if facts.possible && units().next().is_none() {
            return Err(RuleError::MissingFacts);
        }
        let occupied = units().any(|unit| unit.tally.most() > 0);
        let nonzero = match (self.measure, facts.value) {
            (Measure::Count, Value::Count(count)) if (count > 0) == occupied => occupied,
            (Measure::Amount(signs), Value::Amount(amount)) => {
                // A weighted total may be published rounded.
                let sampled = contributions().any(Contributors::weighted);
                let fits = |of: &Contributors| {
                    (signs != Signs::NonNegative || !of.signed()) && (sampled || of.total() == amount.into())
                };
                let sound = contributions().all(fits) && (signs != Signs::NonNegative || amount.units() >= 0);
                if !sound {
                    return Err(RuleError::Contradiction);
                }
                amount.units() != 0 || contributions().any(|of| of.nonzero().most() > 0)
            }
            (Measure::Count, Value::Count(_)) => return Err(RuleError::Contradiction),
            _ => return Err(RuleError::Measure),
        };
        Zero::of(ZeroFacts { possible: facts.possible, occupied, nonzero })
    }

    fn range_of(&self, facts: &CellFacts) -> Result<Protection, RuleError> {
        self.range.protection(facts.value.units(), self.signed())
    }

    fn signs(&self) -> Signs {
        match self.measure {
            Measure::Count => Signs::NonNegative,
            Measure::Amount(signs) => signs,
        }
    }

    fn signed(&self) -> bool {
        self.signs() != Signs::NonNegative
    }
}

fn unit_of(facts: &CellFacts, unit: Unit) -> Result<&UnitFacts, RuleError> {
    let unit = match unit {
        Unit::Persons => &facts.persons,
        Unit::Holdings => &facts.holdings,
    };
    unit.as_ref().ok_or(RuleError::MissingFacts)
}

fn contributions_of(unit: &UnitFacts) -> Result<&Contributors, RuleError> {
    unit.contributions.as_ref().ok_or(RuleError::MissingFacts)
}

#[cfg(test)]
mod tests;
