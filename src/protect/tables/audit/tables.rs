//! Witness tables that are handed on from one step to the next.
//!
//! What one step has verified the next need not search again; but it does not trust it. A table is held by the cells that differ from
//! the true one, and whoever takes it up checks it against what is published by then, with the checker of its own model.

use super::model::Model;
use super::witness::{Checker, Witness};

/// Cells with the deviations of one table, whoever found it. Tables are kept as long as they are small together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tables {
    /// Cells and deviations of all tables, one after the other.
    moves: Vec<(u32, f64)>,
    /// Where each ends.
    ends: Vec<usize>,
}

/// Moves kept for each cell of the system, and for any system.
const PER_CELL: usize = 24;
const AT_LEAST: usize = 65_536;

impl Tables {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cells that differ in each table, with their deviations.
    pub fn iter(&self) -> impl Iterator<Item = &[(u32, f64)]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(from, to)| &self.moves[from..*to])
    }

    /// Keeps a table of a model, unless those kept are too many by now: what is not kept is sought again where it is needed.
    pub(crate) fn keep(&mut self, model: &Model, table: &[(u32, f64)]) {
        let moves = table.iter().filter(|(_, deviation)| *deviation != 0.0);
        if self.moves.len() + moves.clone().count() > AT_LEAST.max(PER_CELL * model.variables()) {
            return;
        }
        self.moves.extend(moves.map(|(var, deviation)| (model.cells[*var as usize], *deviation)));
        self.ends.push(self.moves.len());
    }

    /// These tables.
    #[cfg(test)]
    pub(crate) fn of(tables: &[&[(u32, f64)]]) -> Self {
        let mut all = Self::default();
        for table in tables {
            all.moves.extend(*table);
            all.ends.push(all.moves.len());
        }
        all
    }

    /// Those of other tables as well.
    pub(crate) fn extend(&mut self, others: &Self) {
        for table in others.iter() {
            self.moves.extend(table);
            self.ends.push(self.moves.len());
        }
    }
}

/// A table that was found elsewhere, where it is one in this model too: none of its cells is published, and sums and bounds hold.
pub(crate) fn taken_up(model: &Model, checker: &mut Checker, table: &[(u32, f64)]) -> Option<Witness> {
    let place = |(cell, deviation): &(u32, f64)| model.variable(*cell).map(|var| (var, *deviation));
    let mut moves: Vec<(u32, f64)> = table.iter().map(place).collect::<Option<_>>()?;
    moves.sort_unstable_by_key(|(var, _)| *var);
    let (vars, deviations): (Vec<u32>, Vec<f64>) = moves.into_iter().unzip();
    let size = deviations.iter().fold(0.0_f64, |most, deviation| most.max(deviation.abs()));
    checker.verify(model, &vars, &deviations, super::search::unit(model, size))
}
