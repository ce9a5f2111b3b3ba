//! Rules on who contributes how much, applied to the cells of a run.
//!
//! A cell is judged by its records, each person's (and each holding's) records being a contribution, and by the number of its
//! holdings; a sum by what persons and holdings contribute to it. What is left of a cell beside released rows is judged by the same
//! rules. Contributions of a sample are taken as they are, without weights: with equal weights no rule is more careful then, and of
//! unequal ones it is the persons drawn whom the rows tell of.

use std::sync::Arc;

use super::rules::{
    self, Amount, CellFacts, CellSize, Contributors, Counted, Measure, Primary, Rule, RuleError, RuleName, RuleSet,
    SafetyRange, Signs, Tally, Threshold, Unit, UnitFacts, Value,
};
use crate::config::Concentration;
use crate::summarise::{self, Cell, Contributions, Largest};

/// Percentage of its size by which a number must stay unsure where its rule gives no interval.
const RANGE: &str = "10";
/// 1 in units of amounts.
const ONE: u128 = 1_000_000_000;

/// Rules on the contributors of cells of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighing {
    /// On numbers of which no contribution is negative, and on others.
    whole: [Arc<RuleSet>; 2],
    /// On holdings alone, for records that no table shows.
    holdings: Option<Arc<RuleSet>>,
}

/// What a table asks of the contributors to its cells.
#[derive(Debug, Clone, Copy)]
pub struct AskedOfContributors<'a> {
    /// Rules on who contributes how much.
    pub concentration: &'a Concentration,
    /// Whether it is known what records belong to besides persons.
    pub held: bool,
    /// Fewest distinct holdings of a cell.
    pub holdings: Option<u64>,
}

/// What is found of one cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weighed {
    records: Number,
    amounts: Box<[Number]>,
}

/// A number of a cell: what is known of its contributors, and why it is unsafe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Number {
    /// Of the whole cell, and of what is left of it beside released rows.
    facts: [Option<(Arc<RuleSet>, CellFacts)>; 2],
    found: Option<Primary>,
    /// Whether the whole cell is unsafe, and not just what is left of it.
    whole: bool,
}

impl Weighing {
    /// The rules of all tables that show a cell, together; `None` where they have none.
    ///
    /// # Errors
    /// [`RuleError`] where a parameter is out of range.
    pub fn new<'a>(tables: impl Iterator<Item = AskedOfContributors<'a>>) -> Result<Option<Self>, RuleError> {
        let mut all: Vec<Rule> = Vec::new();
        let mut least: Option<u64> = None;
        for table in tables {
            let units = [Unit::Persons, Unit::Holdings].into_iter().take(if table.held { 2 } else { 1 });
            for unit in units {
                for rule in rules::concentration(table.concentration, unit)? {
                    if !all.contains(&rule) {
                        all.push(rule);
                    }
                }
            }
            least = least.max(table.holdings);
        }
        if all.is_empty() && least.is_none() {
            return Ok(None);
        }
        let range = SafetyRange::new(RANGE.parse().map_err(|_| RuleError::Parameter)?, 1)?;
        let set =
            |signs: Signs, rules: &[Rule]| RuleSet::new(Measure::Amount(signs), rules.to_vec(), range).map(Arc::new);
        let least = least.map(Threshold::new).transpose()?;
        let holdings: Vec<Rule> =
            least.map(|least| Rule::Threshold(Unit::Holdings, Counted::All, least)).into_iter().collect();
        all.extend(&holdings);
        let whole = [set(Signs::NonNegative, &all)?, set(Signs::Signed(CellSize::SizeOfTotal), &all)?];
        let holdings = (!holdings.is_empty()).then(|| set(Signs::NonNegative, &holdings)).transpose()?;
        Ok(Some(Self { whole, holdings }))
    }

    /// Judges a cell. `records` tells whether a table shows how many records it has; `signed` whether outsiders must hold negative
    /// contributions to the sums possible.
    ///
    /// # Errors
    /// [`RuleError`] where contributions were not gathered, or do not go together.
    pub fn weigh(
        &self,
        cell: &Cell,
        left: Option<&Cell>,
        records: bool,
        signed: &[bool],
    ) -> Result<Weighed, RuleError> {
        let of_records = |cell: &Cell| Part {
            total: summarise::Amount::of_count(cell.records),
            persons: cell.persons,
            exclusive: cell.exclusive,
        };
        let of_amount = |at: usize| {
            move |cell: &Cell| {
                let tally = cell.amounts.get(at).copied().unwrap_or_default();
                Part {
                    total: tally.sum,
                    persons: tally.persons,
                    exclusive: (cell.exclusive + tally.persons).saturating_sub(cell.persons),
                }
            }
        };
        let [plain, of_both_signs] = &self.whole;
        let amounts = (0..cell.amounts.len()).map(|at| {
            let rules = if signed.get(at).copied().unwrap_or(true) { of_both_signs } else { plain };
            number(Some(rules), at + 1, [Some(cell), left], of_amount(at))
        });
        let rules = if records { Some(plain) } else { self.holdings.as_ref() };
        Ok(Weighed {
            records: number(rules, 0, [Some(cell), left], of_records)?,
            amounts: amounts.collect::<Result<_, _>>()?,
        })
    }
}

fn number(
    rules: Option<&Arc<RuleSet>>,
    at: usize,
    cells: [Option<&Cell>; 2],
    part: impl Fn(&Cell) -> Part,
) -> Result<Number, RuleError> {
    let mut number = Number::default();
    let Some(rules) = rules else { return Ok(number) };
    for (place, cell) in cells.into_iter().enumerate() {
        let Some(cell) = cell else { continue };
        let contributions = cell.contributions.as_ref().ok_or(RuleError::MissingFacts)?;
        let facts = facts(contributions, at, part(cell))?;
        if let Some(found) = rules.judge(&facts)?.primary() {
            number.whole |= place == 0;
            // What is left is nobody's number in a table: its interval is that of the cell.
            number.found = Some(number.found.map_or(found, |before| before.join(found)));
        }
        number.facts[place] = Some((rules.clone(), facts));
    }
    Ok(number)
}

/// What is known of a whole cell and of what is left of it, with the rules that judge it.
pub(super) type Judged<'a> = [Option<&'a (Arc<RuleSet>, CellFacts)>; 2];

/// A number of a cell and its persons.
struct Part {
    total: summarise::Amount,
    persons: u64,
    exclusive: u64,
}

fn facts(contributions: &Contributions, at: usize, part: Part) -> Result<CellFacts, RuleError> {
    let total = Amount::from_units(part.total.units());
    let unit = |largest: &Largest, exclusive: u64| -> Result<UnitFacts, RuleError> {
        let found: Vec<Amount> = largest.found().iter().map(|one| Amount::from_units(one.units())).collect();
        let contributions = Contributors::gathered(&found, total, largest.count(), largest.negative())?;
        let tally = Tally::new(largest.count(), exclusive)?;
        Ok(UnitFacts { tally, population: u128::from(largest.count()) * ONE, contributions: Some(contributions) })
    };
    let persons = contributions.persons(at).ok_or(RuleError::MissingFacts)?;
    if persons.count() != part.persons {
        return Err(RuleError::Contradiction);
    }
    Ok(CellFacts {
        holdings: contributions.holdings(at).map(|largest| unit(&largest, 0)).transpose()?,
        ..CellFacts::of_persons(Value::Amount(total), unit(persons, part.exclusive)?)
    })
}

impl Weighed {
    /// Why the cell is unsafe.
    pub(super) fn cell(&self) -> Option<Primary> {
        self.records.found
    }

    /// The rule that the whole cell breaks, where it is not just what is left of it beside released rows.
    pub(super) fn rule(&self) -> Option<RuleName> {
        self.records.found.filter(|_| self.records.whole).map(|found| found.rule)
    }

    /// Why a sum is unsafe.
    pub(super) fn amount(&self, at: usize) -> Option<Primary> {
        self.amounts.get(at).and_then(|number| number.found)
    }

    /// What is known of the contributors to the records of the whole cell and of what is left of it.
    pub(super) fn of_records(&self) -> Judged<'_> {
        self.records.facts.each_ref().map(Option::as_ref)
    }

    /// The same of those to a sum.
    pub(super) fn of_amount(&self, at: usize) -> Judged<'_> {
        self.amounts.get(at).map_or([None; 2], |number| number.facts.each_ref().map(Option::as_ref))
    }
}

/// Whether the suppressed parts of a line are unsafe together by any of these sets of rules. `parts` are all parts of the line,
/// `total` what is known of its total, where that is.
///
/// # Errors
/// [`RuleError`] where a sum is too large.
pub(super) fn unsafe_together(
    rules: &[&RuleSet],
    total: Option<&CellFacts>,
    parts: &[Option<&CellFacts>],
    hidden: &[Option<&CellFacts>],
) -> Result<bool, RuleError> {
    // What has nothing left adds nothing.
    let hidden: Vec<&CellFacts> = hidden.iter().copied().flatten().collect();
    if hidden.is_empty() {
        return Ok(false);
    }
    let most = |facts: &CellFacts, unit: Unit| {
        let found = if unit == Unit::Persons { &facts.persons } else { &facts.holdings };
        found.as_ref().map_or(0, |unit| unit.tally.most())
    };
    // Where they add up, nobody is in two parts.
    let disjoint = |unit: Unit| {
        total.is_some_and(|total| parts.iter().flatten().map(|part| most(part, unit)).sum::<u64>() == most(total, unit))
    };
    let (persons, holdings) = (disjoint(Unit::Persons), disjoint(Unit::Holdings));
    let mut facts: Vec<CellFacts> = hidden.into_iter().cloned().collect();
    for facts in &mut facts {
        for (unit, disjoint) in [(&mut facts.persons, persons), (&mut facts.holdings, holdings)] {
            if let Some(unit) = unit.as_mut().filter(|_| disjoint) {
                unit.tally = Tally::new(unit.tally.most(), unit.tally.most())?;
            }
        }
    }
    let union = CellFacts::union_of(&facts.iter().collect::<Vec<_>>())?;
    for rules in rules {
        if rules.judge(&union)?.primary().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
