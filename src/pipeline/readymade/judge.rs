//! The rules of one table, and what it tells of the cells of its system.

use super::cells::{ReadymadeError, Tied};
use super::decimal::ONE;
use super::input::ReadCell;
use super::micro::Micro;
use crate::config::{Decision, Percentage, ReadyMeasure, ReadyTable};
use crate::pipeline::error::RunError;
use crate::protect::tables::rules::{
    Amount, CellFacts, Contributors, Counted, MOST_KEPT, Manual, Measure, Rule, RuleError, RuleSet, SafetyRange, Signs,
    Tally, Threshold, Unit, UnitFacts, Value, Verdict, ZeroRule, concentration, percent,
};
use crate::protect::tables::{Relation, TableError};

/// One table as a judge.
pub(super) struct Judge {
    pub rules: RuleSet,
    /// What it tells of each cell of the system.
    pub facts: Vec<Option<CellFacts>>,
    /// For each sum of the system, whether nobody, and no holding, is in two of its parts.
    disjoint: Vec<[bool; 2]>,
}

/// What the tables of a system have in common.
pub(super) struct Common<'a> {
    pub tied: &'a Tied,
    /// Numbers of all cells, in units of 10⁻⁹.
    pub values: &'a [i128],
    pub decisions: &'a [Decision],
    pub signs: Signs,
    pub range: &'a Percentage,
}

pub(super) fn rules_error(error: RuleError) -> RunError {
    RunError::Tables(TableError::Rules(error))
}

/// The rules of a table. Sampled records, counted with weights, are sums.
fn rule_set(
    table: &ReadyTable,
    common: &Common<'_>,
    counted: bool,
    micro: Option<&Micro>,
) -> Result<RuleSet, RuleError> {
    let written = &table.rules;
    let range = SafetyRange::new(percent(common.range)?, 1)?;
    let mut rules = Vec::new();
    if let Some(least) = written.threshold {
        rules.push(Rule::Threshold(Unit::Persons, Counted::All, Threshold::new(least)?));
    }
    if let Some(least) = written.holdings {
        rules.push(Rule::Threshold(Unit::Holdings, Counted::All, Threshold::new(least)?));
    }
    // Holdings of sampled contributors are not known: of them the rules on contributions say nothing.
    let holdings = micro.is_some_and(|micro| micro.held && !micro.weighted);
    for unit in [Unit::Persons, Unit::Holdings].into_iter().take(if holdings { 2 } else { 1 }) {
        rules.extend(concentration(&written.concentration, unit)?);
    }
    if written.zeros {
        let level = match counted {
            true => i128::from(written.threshold.unwrap_or(2)) - 1,
            false => range.protection(mean(common.values), true)?.high(),
        };
        rules.push(Rule::Zero(ZeroRule::new(Some(level), Some(level))?));
    }
    let measure = if counted { Measure::Count } else { Measure::Amount(common.signs) };
    RuleSet::new(measure, rules, range)
}

/// The mean size of what is not 0: no percentage of 0 protects a zero.
fn mean(values: &[i128]) -> i128 {
    let sizes: Vec<i128> = values.iter().filter(|value| **value != 0).map(|value| value.abs()).collect();
    sizes.iter().map(|size| size / sizes.len().max(1) as i128).sum()
}

impl Judge {
    /// The judge of a table of cells.
    pub fn of_cells(table: &ReadyTable, common: &Common<'_>, rows: &[(u32, ReadCell)]) -> Result<Self, RunError> {
        let counted = table.measure == ReadyMeasure::Count;
        let rules = rule_set(table, common, counted, None).map_err(rules_error)?;
        let mut facts = vec![None; common.values.len()];
        for (cell, row) in rows {
            let wrong = |_| ReadymadeError::Contributions { file: table.file.clone(), line: row.line };
            let found = facts_of_row(row, counted, rules.needs()).map_err(wrong)?;
            // What cannot be judged is refused while its line is known.
            rules.judge(&found).map_err(wrong)?;
            facts[*cell as usize] = Some(found);
        }
        Ok(Self::new(rules, facts, common))
    }

    /// The judge of a table of contributions: it knows of every cell that its columns make, shown or not.
    pub fn of_micro(table: &ReadyTable, common: &Common<'_>, micro: &Micro, own: &[usize]) -> Result<Self, RunError> {
        let counted = table.measure == ReadyMeasure::Count && !micro.weighted;
        let rules = rule_set(table, common, counted, Some(micro)).map_err(rules_error)?;
        let mut facts = vec![None; common.values.len()];
        let shapes = common.tied.by_shape();
        for (columns, cells) in shapes.iter().filter(|(columns, _)| columns.iter().all(|column| own.contains(column))) {
            let shaped = micro.gather(columns);
            for cell in cells {
                if let Some(people) = shaped.cells.get(&common.tied.finest[*cell]) {
                    facts[*cell] = Some(micro.facts(&shaped, people, rules.needs(), counted).map_err(rules_error)?);
                }
            }
        }
        Ok(Self::new(rules, facts, common))
    }

    fn new(rules: RuleSet, mut facts: Vec<Option<CellFacts>>, common: &Common<'_>) -> Self {
        let tally = |cell: u32, unit: Unit| {
            let facts = facts[cell as usize].as_ref()?;
            let found = if unit == Unit::Persons { &facts.persons } else { &facts.holdings };
            found.as_ref().map_or((!facts.possible).then_some(0), |unit| Some(unit.tally.most()))
        };
        let adds_up = |line: u32, unit: Unit| {
            let Relation { total, parts } = common.tied.system.relation(line);
            let sum = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(tally(*part, unit)?));
            sum.is_some() && sum == tally(total, unit)
        };
        let lines = 0..common.tied.system.relations() as u32;
        let disjoint = lines.map(|line| [adds_up(line, Unit::Persons), adds_up(line, Unit::Holdings)]).collect();
        for (facts, decision) in facts.iter_mut().zip(common.decisions) {
            let Some(facts) = facts else { continue };
            facts.manual = match decision {
                Decision::Publish => Some(Manual::Publish),
                Decision::Unsafe => Some(Manual::Unsafe),
                _ => None,
            };
            facts.possible &= *decision != Decision::Impossible;
        }
        Self { rules, facts, disjoint }
    }

    /// What it finds of a cell; `None` where it knows nothing of it.
    pub fn verdict(&self, cell: usize) -> Result<Option<Verdict>, RuleError> {
        self.facts[cell].as_ref().map(|facts| self.rules.judge(facts)).transpose()
    }

    /// Whether cells of one line are unsafe together; what it does not know of one it takes from the others.
    pub fn together(&self, others: &[Self], line: u32, cells: &[u32]) -> Result<bool, RuleError> {
        let known = |cell: &u32| {
            let of = |judge: &Self| judge.facts[*cell as usize].clone();
            of(self).or_else(|| others.iter().find_map(of))
        };
        let Some(mut facts) = cells.iter().map(known).collect::<Option<Vec<_>>>() else { return Ok(false) };
        let [persons, holdings] = self.disjoint[line as usize];
        for facts in &mut facts {
            for (unit, disjoint) in [(&mut facts.persons, persons), (&mut facts.holdings, holdings)] {
                if let Some(unit) = unit.as_mut().filter(|_| disjoint) {
                    unit.tally = Tally::new(unit.tally.most(), unit.tally.most())?;
                }
            }
        }
        let union = CellFacts::union_of(&facts.iter().collect::<Vec<_>>())?;
        match self.rules.judge(&union) {
            Ok(verdict) => Ok(verdict.primary().is_some()),
            // What another table does not tell: no verdict is no leave to publish.
            Err(RuleError::MissingFacts | RuleError::TooFewKept | RuleError::Measure) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

fn facts_of_row(row: &ReadCell, counted: bool, needs: u8) -> Result<CellFacts, RuleError> {
    let value = match counted {
        true => Value::Count(u64::try_from(row.value / ONE).map_err(|_| RuleError::TooLarge)?),
        false => Value::Amount(Amount::from_units(row.value)),
    };
    if row.decision == Decision::Impossible {
        return Ok(CellFacts::structural(value));
    }
    let count = match (row.contributors, value) {
        (Some(count), _) => count,
        (None, Value::Count(count)) => count,
        (None, Value::Amount(_)) => fewest(row),
    };
    // A zero where there is no further contributor says just that.
    let beyond = row.largest.iter().skip(usize::try_from(count).unwrap_or(usize::MAX));
    let told =
        if beyond.clone().all(|units| *units == 0) { row.largest.len() - beyond.count() } else { row.largest.len() };
    let largest: Vec<Amount> = row.largest[..told].iter().map(|units| Amount::from_units(*units)).collect();
    // What is told is checked even where no rule looks at it: a column in the wrong place is not passed over.
    let told = needs > 0 || !largest.is_empty();
    let largest = &largest[..largest.len().min(usize::from(MOST_KEPT))];
    let contributions = told.then(|| Contributors::of_largest(largest, Amount::from_units(row.value), count));
    let contributions = contributions.transpose()?.filter(|_| needs > 0);
    if count == 0 && row.value != 0 {
        return Err(RuleError::Contradiction);
    }
    let persons =
        UnitFacts { tally: Tally::exactly(count), population: u128::from(count) * ONE.unsigned_abs(), contributions };
    Ok(CellFacts::of_persons(value, persons))
}

/// As few contributors as a sum can have where only the largest are told.
fn fewest(row: &ReadCell) -> u64 {
    let rest = row.value.saturating_sub(row.largest.iter().sum()).unsigned_abs();
    // Of a number that is not 0, contributions of 0 may be nobody's.
    let last = row.largest.iter().rposition(|units| *units != 0 || row.value == 0);
    let told = last.map_or(0, |last| last + 1);
    let last = row.largest.last().map_or(0, |last| last.unsigned_abs());
    let more = if rest == 0 { 0 } else { rest.checked_div(last).map_or(1, |_| rest.div_ceil(last)) };
    (told as u64).saturating_add(u64::try_from(more).unwrap_or(u64::MAX))
}
