//! Two tables that agree in everything published, and differ in every unsafe cell.

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

use super::Status;
use super::search::Move;
use crate::protect::tables::system::System;

/// Changes to suppressed cells that keep every sum and change every protected unsafe cell.
///
/// Added to the true table, or to any that fits, it gives another one that fits: what is published does not determine
/// any of the cells that change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// Cells and changes, ascending; none is zero.
    small: Vec<(u32, i64)>,
    /// Those beyond 64 bits, likewise.
    big: Vec<(u32, BigInt)>,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There are not as many statuses as cells.
    #[error("the statuses do not belong to the system")]
    Length,
    /// The proof changes a cell that is published, or not in the system, or names it twice.
    #[error("the proof changes cell {0}, which is not suppressed")]
    NotSuppressed(u32),
    /// A sum would change.
    #[error("the proof changes sum {0}")]
    Sum(u32),
    /// An unsafe cell does not change.
    #[error("the proof leaves the unsafe cell {0} as it is")]
    Unchanged(u32),
}

impl Proof {
    /// Adds up moves until all unsafe cells change. Each move is taken as often as it needs so that nothing cancels:
    /// of the factors 1, 2, 3, … each cell of the move rules out one at most.
    pub(super) fn of<'a>(cells: usize, moves: impl Iterator<Item = &'a Move>, wanted: impl Fn(u32) -> bool) -> Self {
        let mut sum = Sum { small: vec![0; cells], big: Default::default() };
        for change in moves {
            if change.cells.iter().any(|cell| wanted(*cell) && sum.is_zero(*cell)) {
                sum.add(change);
            }
        }
        let small = (0..).zip(&sum.small).filter(|(_, value)| **value != 0).map(|(cell, value)| (cell, *value));
        Self { small: small.collect(), big: sum.big.into_iter().collect() }
    }

    #[cfg(test)]
    pub(super) fn push(&mut self, cell: u32, change: i64) {
        self.small.push((cell, change));
    }

    /// Cells and their changes, in no order of meaning.
    pub fn changes(&self) -> impl Iterator<Item = (u32, BigInt)> {
        let small = self.small.iter().map(|(cell, value)| (*cell, BigInt::from(*value)));
        small.chain(self.big.iter().cloned())
    }

    /// Checks the proof against the sums, the statuses and the unsafe cells that could not be protected. The time is
    /// linear in the size of the system.
    ///
    /// # Errors
    /// [`ProofError`] says what does not hold.
    pub fn verify(&self, system: &System, statuses: &[Status], unprotected: &[u32]) -> Result<(), ProofError> {
        if statuses.len() != system.cells() {
            return Err(ProofError::Length);
        }
        let mut changed = vec![false; statuses.len()];
        for (cell, value) in self.changes() {
            let status = statuses.get(cell as usize);
            if status.is_none_or(|status| *status == Status::Published) || changed[cell as usize] {
                return Err(ProofError::NotSuppressed(cell));
            }
            changed[cell as usize] = !value.is_zero();
        }
        self.sums(system)?;
        for cell in unprotected {
            if let Some(changed) = changed.get_mut(*cell as usize) {
                *changed = true;
            }
        }
        let fixed = (0..).zip(statuses).find(|(cell, status)| **status == Status::Primary && !changed[*cell as usize]);
        fixed.map_or(Ok(()), |(cell, _)| Err(ProofError::Unchanged(cell as u32)))
    }

    fn sums(&self, system: &System) -> Result<(), ProofError> {
        // At most 2^32 numbers of 64 bits in a sum: 128 bits hold it.
        let mut small = vec![0_i128; system.relations()];
        for (cell, value) in &self.small {
            for row in system.around(*cell) {
                let negative = system.relation(*row).total == *cell;
                small[*row as usize] += if negative { -i128::from(*value) } else { i128::from(*value) };
            }
        }
        let mut big: std::collections::BTreeMap<u32, BigInt> = Default::default();
        for (cell, value) in &self.big {
            for row in system.around(*cell) {
                let sum = big.entry(*row).or_default();
                *sum += if system.relation(*row).total == *cell { -value } else { value.clone() };
            }
        }
        for (row, small) in (0..).zip(&small) {
            let sound = big.get(&row).map_or(*small == 0, |big| (big + small).is_zero());
            if !sound {
                return Err(ProofError::Sum(row));
            }
        }
        Ok(())
    }
}

struct Sum {
    small: Vec<i64>,
    /// Cells whose change does not fit into 64 bits.
    big: std::collections::BTreeMap<u32, BigInt>,
}

impl Sum {
    fn get(&self, cell: u32) -> BigInt {
        self.big.get(&cell).cloned().unwrap_or_else(|| self.small[cell as usize].into())
    }

    fn is_zero(&self, cell: u32) -> bool {
        self.small[cell as usize] == 0 && !self.big.contains_key(&cell)
    }

    fn add(&mut self, change: &Move) {
        let numbers: Vec<(u32, BigInt, BigInt)> = change
            .cells
            .iter()
            .enumerate()
            .filter_map(|(at, cell)| change.values.get(at).map(|value| (*cell, self.get(*cell), value)))
            .collect();
        let mut ruled_out: Vec<BigInt> = numbers
            .iter()
            .filter(|(_, old, new)| !old.is_zero() && !new.is_zero() && (old % new).is_zero())
            .map(|(_, old, new)| -(old / new))
            .collect();
        ruled_out.sort_unstable();
        let mut factor = BigInt::from(1);
        for forbidden in ruled_out {
            if forbidden == factor {
                factor += 1;
            }
        }
        for (cell, old, new) in numbers {
            let value = old + new * &factor;
            match value.to_i64() {
                Some(small) => {
                    self.small[cell as usize] = small;
                    self.big.remove(&cell);
                }
                None => {
                    self.small[cell as usize] = 0;
                    self.big.insert(cell, value);
                }
            }
        }
    }
}
