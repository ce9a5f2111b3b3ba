//! Changes the sums of linked tables, and the numbers of persons that means are divided by.

use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use super::change::{Changed, Counts};
use super::error::PerturbError;
use super::limits::CLOSE;
use super::method::{self, Method, parts};
use crate::config::{RoundTo, SumChange, SumHow};
use crate::keys::PerturbationKey;
use crate::protect::perturb::amount::Amount;
use crate::protect::perturb::keyed::WordKey;
use crate::protect::perturb::narrow::{UNBOUNDED, narrow_sums};
use crate::protect::perturb::noise::{Noise, NoiseError, Sensitivity};
use crate::protect::perturb::sums::{Made, TopChange, is_open, nearest, random, width_needed};
use crate::protect::tables::System;
use crate::protect::tables::audit::{Options, Problem, Span, spanned};

/// Units of 10⁻⁹ in one.
const ONE: i128 = 1_000_000_000;

/// Sums of one column in all cells, in the order of the counts.
pub(in crate::pipeline) struct Amounts {
    pub change: SumChange,
    pub cells: Vec<AmountCell>,
    /// For means, persons with a value.
    pub persons: Option<Box<Counts>>,
}

/// A sum and who contributes to it; all amounts in units of 10⁻⁹.
#[derive(Clone, Default)]
pub(in crate::pipeline) struct AmountCell {
    pub sum: i128,
    pub contributors: u64,
    /// The largest contributions with record keys, falling by size; as many as the method looks at.
    pub largest: Vec<(i128, u64)>,
    /// Record keys of all contributors, added up.
    pub keys: u64,
    /// Whether anything is taken away.
    pub is_signed: bool,
}

/// What becomes of the sums of one column.
#[derive(Default)]
pub(in crate::pipeline) struct ChangedSums {
    /// For each cell, in units of 10⁻⁹; `None` where the cell stands in no table.
    pub values: Vec<Option<i128>>,
    /// For means, how many persons with a value are shown.
    pub persons: Option<Vec<Option<i64>>>,
    /// How good they are, for the sender alone.
    pub effect: Value,
}

/// How many of the largest contributions a method looks at.
pub(in crate::pipeline) fn looks_at(sums: &[SumChange]) -> u8 {
    let of = |change: &SumChange| match &change.how {
        SumHow::Rounded { .. } => 2,
        SumHow::Keyed { weights, .. } => weights.len() as u8,
        SumHow::Bounded { .. } => 0,
    };
    sums.iter().map(of).max().unwrap_or(0)
}

impl Counts {
    /// Changes all sums. `shown` are the cells that stand in tables.
    pub(super) fn change_sums(
        &self,
        method: &Method,
        perturb: &Value,
        (key, shown): (Option<&PerturbationKey>, &[bool]),
    ) -> Result<Vec<ChangedSums>, PerturbError> {
        let of = |amounts: &Amounts| {
            let values = match &amounts.change.how {
                SumHow::Rounded { .. } => self.rounded(amounts, method, (key, shown))?,
                SumHow::Keyed { .. } => self.by_keys(amounts, (key, shown))?,
                SumHow::Bounded { .. } => return Err(PerturbError::KeyNeeded),
            };
            let persons = amounts.persons.as_ref().map(|persons| persons.change(method, perturb, key)).transpose()?;
            // A person who is seen to have a value is seen in the cell.
            let persons = persons.map(|Changed { values, .. }| {
                let told = values.into_iter().zip(shown);
                told.map(|(value, shown)| shown.then(|| value.unwrap_or(0))).collect()
            });
            Ok(amounts.finish(values, persons))
        };
        self.amounts.iter().map(of).collect()
    }

    /// Draws noise for all sums, in their order.
    pub(super) fn noise_of_sums(
        &self,
        noise: &crate::config::Noise,
        stream: &mut ChaCha20Rng,
    ) -> Result<Vec<ChangedSums>, PerturbError> {
        let shown: Vec<usize> = (0..self.counts.len()).filter(|cell| self.shown[*cell]).collect();
        let spread = |drawn: Vec<i64>| -> Vec<Option<i64>> {
            let mut values = vec![None; self.counts.len()];
            shown.iter().zip(drawn).for_each(|(cell, value)| values[*cell] = Some(value));
            values
        };
        let mut all = Vec::new();
        for amounts in &self.amounts {
            let SumHow::Bounded { unit, .. } = &amounts.change.how else { return Err(PerturbError::KeyNeeded) };
            let mechanism = mechanism_of_sums(noise, (self.shapes, self.layers()), &amounts.change)?;
            let whole = |cell: &usize| i64::try_from(amounts.cells[*cell].sum / unit.get());
            let exact = shown.iter().map(whole).collect::<Result<Vec<_>, _>>().map_err(|_| NoiseError::OutOfRange)?;
            let values = spread(mechanism.perturb_signed(&exact, stream)?);
            let values = values.into_iter().map(|value| value.map(|value| i128::from(value) * unit.get())).collect();
            let persons = match &amounts.persons {
                None => None,
                Some(persons) => {
                    let exact: Vec<u64> = shown.iter().map(|cell| persons.counts[*cell]).collect();
                    let mechanism = method::mechanism(noise, (self.shapes, self.layers()))?;
                    Some(spread(mechanism.perturb(&exact, stream)?))
                }
            };
            all.push(amounts.finish(values, persons));
        }
        Ok(all)
    }

    /// Into how many parts a bound on all losses goes: numbers of persons and sums, each of all cells.
    pub fn layers(&self) -> u32 {
        let of_sums: usize = self.amounts.iter().map(|amounts| 1 + usize::from(amounts.persons.is_some())).sum();
        (usize::from(!self.hidden) + of_sums).max(1) as u32
    }

    fn rounded(
        &self,
        amounts: &Amounts,
        method: &Method,
        (key, shown): (Option<&PerturbationKey>, &[bool]),
    ) -> Result<Vec<Option<i128>>, PerturbError> {
        let SumHow::Rounded { base, p } = &amounts.change.how else { return Err(PerturbError::KeyNeeded) };
        let base = u64::try_from(base.get()).map_err(|_| NoiseError::OutOfRange)?;
        let to_nearest = matches!(method, Method::Rounding(_, RoundTo::Nearest));
        let words = match (to_nearest, key) {
            (true, _) => None,
            (false, None) => return Err(PerturbError::KeyNeeded),
            (false, Some(key)) => Some(WordKey::new(&key.words("random rounding of sums"), &amounts.change.column)),
        };
        let one = |cell: usize| {
            let sum = amounts.cells[cell].sum;
            let Some(words) = &words else { return Ok(nearest(sum, base)?) };
            // The sum belongs to the name of the cell: another one is drawn anew. No column begins with the character 0.
            let written = sum.to_string();
            let mut names: Vec<(&str, &str)> = self.names[cell].iter().map(|(c, v)| (c.as_str(), v.as_str())).collect();
            names.push(("\0", written.as_str()));
            Ok::<_, PerturbError>(random(sum, base, words.cell_words(&names, 0))?)
        };
        let cells = (0..self.counts.len()).map(|cell| if shown[cell] { one(cell).map(Some) } else { Ok(None) });
        let published: Vec<Option<i128>> = cells.collect::<Result<_, _>>()?;
        let (below, above) = match to_nearest {
            true => (i128::from(base.div_ceil(2)), i128::from((base - 1) / 2)),
            false => (i128::from(base) - 1, i128::from(base) - 1),
        };
        let percent = Amount::from_units(p.units()).to_f64();
        self.judge(amounts, &published, (below, above, percent))?;
        Ok(published)
    }

    /// Refuses rounded sums from which what one contributor adds follows within *p* %.
    fn judge(
        &self,
        amounts: &Amounts,
        published: &[Option<i128>],
        (below, above, p): (i128, i128, f64),
    ) -> Result<(), PerturbError> {
        let is_signed = amounts.cells.iter().any(|cell| cell.is_signed);
        let least = if is_signed { -UNBOUNDED } else { 0 };
        let step = amounts.step();
        // Everybody sees with how many decimals amounts are written: sums are multiples of that.
        let (up, down) = (|to: i128| -(-to).div_euclid(step) * step, |to: i128| to.div_euclid(step) * step);
        let limits = |value: &Option<i128>| match value {
            Some(value) => (up(value - below).max(least), down(value + above)),
            None => (least, UNBOUNDED),
        };
        let mut bounds: Vec<(i128, i128)> = published.iter().map(limits).collect();
        narrow_sums(&mut bounds, &self.sums);
        let made = |cell: usize| {
            let AmountCell { sum, contributors, largest, .. } = &amounts.cells[cell];
            let size = |at: usize| largest.get(at).map_or(0, |(size, _)| size.unsigned_abs());
            Made { sum: *sum, largest: [size(0), size(1)], is_signed, is_few: *contributors < self.threshold }
        };
        // Exact, these would be safe. A cell that stands in no table is judged too: totals and other parts may leave it.
        let is_safe = |cell: usize| is_open(made(cell), (0, 0), p);
        let is_somebodys = |cell: &usize| self.shown[*cell] && amounts.cells[*cell].contributors > 0;
        let judged: Vec<usize> = (0..bounds.len()).filter(is_somebodys).filter(|cell| !is_safe(*cell)).collect();
        let needed = |cell: &usize| width_needed(made(*cell), p).div_euclid(step) + 1;
        let wanted: Vec<(usize, i128)> = judged.iter().map(|cell| (*cell, needed(cell))).collect();
        self.by_programmes_of_sums(&amounts.cells, (&mut bounds, step), &wanted)?;
        match judged.iter().filter(|cell| !is_open(made(**cell), bounds[**cell], p)).count() {
            0 => Ok(()),
            cells => Err(PerturbError::SumFound { column: amounts.change.column.clone(), cells: cells as u64 }),
        }
    }

    /// Tightens the bounds of sums to what programmes over all sums show to be possible, as far as the wanted widths, in steps. What no
    /// table shows to be possible counts as impossible.
    fn by_programmes_of_sums(
        &self,
        cells: &[AmountCell],
        (bounds, step): (&mut [(i128, i128)], i128),
        wanted: &[(usize, i128)],
    ) -> Result<(), PerturbError> {
        let is_wide = |(cell, width): &&(usize, i128)| bounds[*cell].1 - bounds[*cell].0 >= width * step;
        let wide: Vec<&(usize, i128)> = wanted.iter().filter(is_wide).collect();
        if wide.is_empty() || self.sums.is_empty() {
            return Ok(());
        }
        let system = System::new(self.counts.len(), self.sums.iter().map(|sum| (sum.total, sum.parts.clone())))?;
        let float = |units: i128| match units.abs() < UNBOUNDED {
            true => units.div_euclid(step) as f64,
            false => f64::INFINITY.copysign(units as f64),
        };
        let (low, high) = bounds.iter().map(|(least, most)| (float(*least), float(*most))).unzip();
        let told = bounds.iter().map(|(least, most)| least == most).collect();
        let values = cells.iter().map(|cell| float(cell.sum)).collect();
        let problem = Problem::new(&system, values, told)?.bounds(low, high)?;
        let spans: Vec<Span> =
            wide.iter().map(|(cell, width)| Span { cell: *cell as u32, width: *width as f64 }).collect();
        for (Span { cell, .. }, (low, high)) in spans.iter().zip(spanned(&problem, &spans, &Options::default())?) {
            let bound = &mut bounds[*cell as usize];
            if low.is_finite() {
                bound.0 = bound.0.max((low - CLOSE).ceil() as i128 * step);
            }
            if high.is_finite() {
                bound.1 = bound.1.min((high + CLOSE).floor() as i128 * step).max(bound.0);
            }
        }
        Ok(())
    }

    /// By the largest contributions, with words of those who make them and of the cell.
    fn by_keys(
        &self,
        amounts: &Amounts,
        (key, shown): (Option<&PerturbationKey>, &[bool]),
    ) -> Result<Vec<Option<i128>>, PerturbError> {
        let SumHow::Keyed { weights, spread, small, floor, unit, .. } = &amounts.change.how else {
            return Err(PerturbError::KeyNeeded);
        };
        let key = key.filter(|_| self.keys.len() == self.counts.len()).ok_or(PerturbError::KeyNeeded)?;
        let own = WordKey::new(&key.words("sums: who contributes"), &amounts.change.column);
        let cells = WordKey::new(&key.words("sums: cells"), &amounts.change.column);
        let part = |units: u64| Amount::from_units(units).to_f64();
        let top = TopChange {
            weights: weights.iter().map(|weight| part(weight.units())).collect(),
            spread: part(spread.units()),
            small: part(small.units()),
            floor: floor.get() as f64,
            few: self.threshold,
        };
        let step = u64::try_from(unit.get()).map_err(|_| NoiseError::OutOfRange)?;
        let one = |at: usize| {
            let cell = &amounts.cells[at];
            let largest = cell.largest.iter().map(|(size, record)| (*size, own.words(&record.to_be_bytes()))).collect();
            // Who is there, and who of them contributes.
            let name = [self.keys[at].to_be_bytes(), cell.keys.to_be_bytes()].concat();
            let change = top.of(largest, cells.words(&name), cell.contributors);
            Ok(nearest(cell.sum.saturating_add(change), step)?)
        };
        (0..self.counts.len()).map(|cell| if shown[cell] { one(cell).map(Some) } else { Ok(None) }).collect()
    }
}

impl Amounts {
    /// The largest of 1, 0.1, 0.01 … of which all sums and the largest contributions are multiples.
    fn step(&self) -> i128 {
        let amounts =
            || self.cells.iter().flat_map(|cell| cell.largest.iter().map(|(size, _)| *size).chain([cell.sum]));
        let mut step = ONE;
        for amount in amounts() {
            while amount % step != 0 {
                step /= 10;
            }
        }
        step
    }

    /// The results, with the mean and largest change of shown cells and that of the sum of all sizes as a part of it.
    fn finish(&self, values: Vec<Option<i128>>, persons: Option<Vec<Option<i64>>>) -> ChangedSums {
        let shown = || values.iter().zip(&self.cells).filter_map(|(value, cell)| Some(((*value)?, cell.sum)));
        let float = |units: u128| units as f64 / ONE as f64;
        let changes = || shown().map(|(value, sum)| float(value.abs_diff(sum)));
        let (cells, whole) = (shown().count(), shown().map(|(_, sum)| float(sum.unsigned_abs())).sum::<f64>());
        let all: f64 = changes().sum();
        let effect = json!({
            "column": self.change.column,
            "cells": cells,
            "mean_absolute_change": if cells == 0 { 0.0 } else { all / cells as f64 },
            "largest_absolute_change": changes().fold(0.0, f64::max),
            "change_as_part_of_all": if whole > 0.0 { all / whole } else { 0.0 },
        });
        ChangedSums { values, persons, effect }
    }
}

/// The noise of sums over tables in which a person is in at most so many cells of each layer.
pub(super) fn mechanism_of_sums(
    noise: &crate::config::Noise,
    (shapes, layers): (u32, u32),
    change: &SumChange,
) -> Result<Noise, PerturbError> {
    let SumHow::Bounded { lowest, highest, unit } = &change.how else { return Err(PerturbError::KeyNeeded) };
    let most = lowest.get().unsigned_abs().max(highest.get().unsigned_abs()) / unit.get().unsigned_abs();
    let most = u64::try_from(most).map_err(|_| NoiseError::OutOfRange)?;
    parts(noise, layers, Sensitivity::of_sums(shapes, most)?)
}

/// What a record adds to a sum beside noise: brought between the bounds, and to the nearest multiple of the unit.
pub(in crate::pipeline) fn bounded(change: &SumChange, units: i128) -> i128 {
    match &change.how {
        SumHow::Bounded { lowest, highest, unit } => {
            let step = u64::try_from(unit.get()).unwrap_or(1);
            // The bounds are multiples of the unit themselves.
            nearest(units.clamp(lowest.get(), highest.get()), step).unwrap_or(lowest.get())
        }
        _ => units,
    }
}

#[cfg(test)]
mod tests;
