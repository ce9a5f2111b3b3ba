//! Tables made elsewhere beside those of earlier releases: in the words of the ledger, and held against it.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::decimal::ONE;
use super::group::Group;
use super::input::Content;
use super::protect::Outcome;
use crate::config::{ReadyMeasure, ReadyTable, Threshold};
use crate::ledger::{self, Cell, Counts, Fate, Hash, Shape, Sum, Tables, Told};
use crate::pipeline::earlier::{self, Before, Held, Limits, Recorded, told_of};
use crate::pipeline::error::RunError;
use crate::pipeline::summary::EarlierSummary;
use crate::protect::tables::{Relation, Shown, TableCell, within_few};
use crate::summarise::{self, Amount, AmountTally};

/// What the ledger calls the numbers of linked tables.
pub(super) fn dataset(universe: &str, tables: &[&ReadyTable]) -> Hash {
    let table = tables.first();
    let counted = table.is_some_and(|table| table.measure == ReadyMeasure::Count);
    ledger::ready_dataset(universe, table.map_or("", |table| table.value_label()), counted)
}

/// The shapes in which earlier releases have cells of linked tables, as levels of their hierarchies.
pub(super) fn earlier_shapes(
    before: &Before,
    tables: &[&ReadyTable],
    by: &[String],
    chains: &[Vec<usize>],
) -> Vec<Box<[usize]>> {
    let of = dataset(&before.universe, tables);
    let columns = |chain: &Vec<usize>| chain.iter().map(|at| ledger::ready_column(of, &by[*at])).collect();
    before.shapes(of, &chains.iter().map(columns).collect::<Vec<_>>())
}

/// Linked tables, and what earlier releases make of them.
pub(super) struct Noted<'b> {
    before: &'b Before,
    recorded: Recorded,
    held: Held,
    /// What is counted in each cell.
    counted: Vec<summarise::Cell>,
    threshold: Threshold,
    /// What numbers that were changed before leave to the counts.
    limits: Limits,
}

impl<'b> Noted<'b> {
    /// Holds tables against the ledger.
    pub fn new(group: &Group<'_>, before: &'b Before) -> Result<Self, RunError> {
        let recorded = recorded(group, &before.universe);
        let counted = counted(group);
        let least = group.tables.iter().filter_map(|table| table.rules.threshold).max();
        let threshold = least.and_then(Threshold::new).unwrap_or(Threshold::DEFAULT);
        let sums = counts_sums(group);
        let shown = Shown { cell: true, amounts: vec![true; usize::from(sums)].into(), ..Shown::default() };
        let cells: Vec<TableCell<'_>> = counted.iter().map(|cell| TableCell::new(cell, &shown, threshold)).collect();
        let relations = relations(group);
        let held = recorded.held(before, &cells, &relations)?;
        let persons: Vec<u64> = counted.iter().map(|cell| cell.persons).collect();
        let limits = Limits::of_changed(before, &recorded, &relations, &persons);
        Ok(Self { before, recorded, held, counted, threshold, limits })
    }

    /// What earlier releases say together with these tables.
    pub fn ahead(&self) -> &crate::protect::tables::Ahead {
        &self.held.ahead
    }

    /// What everybody knows of the number of a cell, less what is known from before: of counts that were changed, limits of their persons,
    /// of whom there are no more than the count.
    pub fn within(&self, group: &Group<'_>, cell: usize, (low, high): (f64, f64)) -> (f64, f64) {
        if counts_sums(group) || self.recorded.tables.estimates {
            return (low, high);
        }
        let (least, most) = self.limits.within[cell];
        let alike = self.counted[cell].persons == self.counted[cell].records;
        (low.max(least as f64), if alike && most < u64::MAX { high.min(most as f64) } else { high })
    }

    /// Whether a cell has the number that everybody knows of it.
    pub fn is_known(&self, cell: usize) -> bool {
        self.held.ahead.before(cell).is_some_and(|before| before.known)
    }

    /// What must stay possible of a cell that would tell of few beside an earlier release, in 10⁻⁹; `None` where it would not.
    pub fn demanded(&self, group: &Group<'_>, cell: usize, range: i128) -> Option<(i128, i128)> {
        let before = self.held.ahead.before(cell)?;
        let changed = before.amounts.iter().any(|changed| *changed) && before.has_changed();
        if !before.is_unsafe() && !changed {
            return None;
        }
        let value = group.values[cell];
        let around = (value.saturating_sub(range), value.saturating_add(range));
        let near = before.near.filter(|_| !counts_sums(group) && !self.recorded.tables.estimates);
        Some(near.map_or(around, |near| {
            let (low, high) = within_few(near.records, self.counted[cell].records, self.threshold);
            (i128::from(low) * ONE, i128::from(high) * ONE)
        }))
    }

    /// Whether the sum of a cell was suppressed before, and may be the same: it stays so.
    pub fn is_withheld(&self, cell: usize) -> bool {
        let before = self.held.ahead.before(cell);
        before.is_some_and(|before| before.amounts.iter().any(|withheld| *withheld) && !before.has_changed())
    }

    /// Which earlier release a cell is unsafe for, and why.
    pub fn because(&self, cell: u32) -> Option<Json> {
        self.before.because(&self.held, cell)
    }

    /// What the releases make of the tables.
    pub fn summary(&self, group: &Group<'_>, outcome: &Outcome) -> EarlierSummary {
        let became = |cell: usize| match (outcome.done.hidden[cell], outcome.primary[cell]) {
            (false, _) => earlier::Outcome::Published,
            (true, Some(_)) => earlier::Outcome::Primary,
            (true, None) => earlier::Outcome::Otherwise,
        };
        let shown = (0..group.values.len()).filter(|cell| group.tied.row[*cell].is_some());
        let summary = self.before.judged(&self.held, shown.map(|cell| (cell, became(cell))));
        EarlierSummary { unprotected: outcome.done.earlier as u64, ..summary }
    }

    /// Writes down what becomes of the cells.
    pub fn settle(mut self, group: &Group<'_>, outcome: &Outcome) -> Tables {
        let tables = &mut self.recorded.tables;
        for (at, (cell, counted)) in tables.cells.iter_mut().zip(&self.counted).enumerate() {
            let shown = group.tied.row[at].is_some();
            let hidden = outcome.done.hidden[at];
            cell.fate = match (shown, hidden) {
                (true, false) => Fate::Published,
                (true, true) if outcome.demanded[at].is_some() => Fate::Unsafe,
                (true, true) => Fate::Hidden,
                (false, _) if outcome.demanded[at].is_some() => Fate::Unsafe,
                (false, _) => Fate::Tie,
            };
            let counts = Counts { records: counted.records, persons: counted.persons };
            cell.counts = (cell.fate == Fate::Published).then_some(counts);
            for (told, tally) in cell.sums.iter_mut().zip(&counted.amounts) {
                let (records, persons) = (tally.records, tally.persons);
                *told = told_of(shown, !hidden, Sum { records, persons, bits: tally.sum.to_f64().to_bits() });
            }
        }
        earlier::only_told(tables);
        self.recorded.tables
    }
}

/// Whether the tables estimate: their contributors stand for others.
fn is_estimated(group: &Group<'_>) -> bool {
    group.contents.iter().any(|content| matches!(content, Content::Micro(micro) if micro.weighted))
}

/// Whether the tables show sums.
fn counts_sums(group: &Group<'_>) -> bool {
    group.tables.iter().any(|table| table.measure == ReadyMeasure::Amount)
}

pub(super) fn relations(group: &Group<'_>) -> Vec<(u32, Vec<u32>)> {
    let system = &group.tied.system;
    let one = |line: u32| {
        let Relation { total, parts } = system.relation(line);
        (total, parts.to_vec())
    };
    (0..system.relations() as u32).map(one).collect()
}

/// The columns of which the cells of a shape have a code, those that follow from them first, and those that define them.
struct Place {
    finest: Vec<u32>,
    path: Vec<u32>,
}

/// Linked tables in the words of the ledger; what becomes of the cells is not known yet.
pub(super) fn recorded(group: &Group<'_>, universe: &str) -> Recorded {
    let dataset = dataset(universe, &group.tables);
    let columns: Vec<usize> = group.chains.concat();
    let hashes: Vec<Hash> = columns.iter().map(|at| ledger::ready_column(dataset, &group.by[*at])).collect();
    let above = above(group);
    let by_shape = group.tied.by_shape();
    let mut tables = Tables {
        dataset,
        estimates: is_estimated(group),
        columns: hashes.clone(),
        sums: counts_sums(group).then(|| ledger::total_of(dataset)).into_iter().collect(),
        ..Tables::default()
    };
    tables.sample = tables.estimates;
    let mut shape_of = vec![0_u32; group.values.len()];
    let mut places = Vec::new();
    for (number, (own, cells)) in (0_u32..).zip(&by_shape) {
        let position = |column: usize| columns.iter().position(|at| *at == column).map(|at| at as u32);
        let finest = own.iter().filter_map(|column| position(*column)).collect();
        let with_coarser = group.chains.iter().flat_map(|chain| {
            let depth = chain.iter().rposition(|column| own.contains(column)).map_or(0, |at| at + 1);
            chain[..depth].iter().filter_map(|column| position(*column)).collect::<Vec<_>>()
        });
        let place = Place { finest, path: with_coarser.collect() };
        let shown = cells.iter().any(|cell| group.tied.row[*cell].is_some());
        tables.shapes.push(Shape { finest: place.finest.clone(), path: place.path.clone(), shown });
        cells.iter().for_each(|cell| shape_of[*cell] = number);
        places.push(place);
    }
    let mut numbers: HashMap<(u32, &str), u32> = HashMap::new();
    for (cell, shape) in shape_of.iter().enumerate() {
        let finest = &group.tied.finest[cell];
        let mut codes = Vec::new();
        for place in &places[*shape as usize].path {
            let column = columns[*place as usize];
            let code = finest[column].as_deref().or_else(|| above.get(&(column, cell)).copied()).unwrap_or_default();
            let next = tables.codes.len() as u32;
            codes.push(*numbers.entry((*place, code)).or_insert_with(|| {
                tables.codes.push(ledger::code(hashes[*place as usize], code));
                next
            }));
        }
        let sums = vec![Told::Nothing; tables.sums.len()].into();
        let shares = [].into();
        let (shape, codes, counts, within) = (*shape, codes.into(), None, None);
        tables.cells.push(Cell { shape, codes, fate: Fate::Tie, counts, within, sums, shares });
    }
    let mut next = 0_u32;
    let levels = |chain: &Vec<usize>| -> Vec<u32> {
        let first = next;
        next += chain.len() as u32;
        (first..next).collect()
    };
    Recorded { nested: group.chains.iter().map(levels).collect(), tables, shares: Vec::new() }
}

/// The codes that follow from the finest codes of cells, by column and cell: as rows have them together.
fn above<'g>(group: &'g Group<'_>) -> HashMap<(usize, usize), &'g str> {
    let mut known: BTreeMap<(usize, &str, usize), &str> = BTreeMap::new();
    for chain in &group.chains {
        for (_, row) in &group.rows {
            for (at, fine) in chain.iter().enumerate() {
                let Some(code) = row.codes[*fine].as_deref() else { continue };
                for coarse in &chain[..at] {
                    if let Some(above) = row.codes[*coarse].as_deref() {
                        known.insert((*fine, code, *coarse), above);
                    }
                }
            }
        }
    }
    let mut found = HashMap::new();
    for (cell, codes) in group.tied.finest.iter().enumerate() {
        for chain in &group.chains {
            for (at, fine) in chain.iter().enumerate() {
                let Some(code) = codes[*fine].as_deref() else { continue };
                for coarse in &chain[..at] {
                    if let Some(above) = known.get(&(*fine, code, *coarse)) {
                        found.insert((*coarse, cell), *above);
                    }
                }
            }
        }
    }
    found
}

/// What is counted in each cell. Of a table of counts its number and the contributors behind it; of sums the contributors, and the sum;
/// of estimates those who were drawn.
/// Where no table tells of a cell, as many contributors as its parts have.
fn counted(group: &Group<'_>) -> Vec<summarise::Cell> {
    let told = |cell: usize| {
        let facts = group.judges.iter().filter_map(|judge| judge.facts[cell].as_ref());
        facts.filter_map(|facts| facts.persons.as_ref()).map(|persons| persons.tally.most()).max()
    };
    let mut persons: Vec<Option<u64>> = (0..group.values.len()).map(told).collect();
    let mut moved = true;
    while std::mem::take(&mut moved) {
        for line in 0..group.tied.system.relations() as u32 {
            let Relation { total, parts } = group.tied.system.relation(line);
            if persons[total as usize].is_none() {
                let mut parts = parts.iter().map(|part| persons[*part as usize]);
                let sum = parts.try_fold(0_u64, |sum, part| Some(sum.saturating_add(part?)));
                moved |= sum.is_some();
                persons[total as usize] = sum;
            }
        }
    }
    let sums = counts_sums(group);
    let drawn = is_estimated(group);
    let cell = |(value, persons): (&i128, Option<u64>)| {
        let whole = u64::try_from(value / ONE).unwrap_or(0);
        let persons = persons.unwrap_or(if sums { 0 } else { whole });
        let records = if sums || drawn { persons } else { whole };
        let amount = AmountTally { records, persons, sum: Amount::from_units(*value) };
        let amounts = sums.then_some(amount).into_iter().collect();
        let (keys, shares) = (summarise::KeySum::default(), [].into());
        summarise::Cell {
            records,
            persons,
            exclusive: 0,
            keys,
            amounts,
            shares,
            contributions: None,
            keyed: Box::default(),
        }
    };
    group.values.iter().zip(persons).map(cell).collect()
}
