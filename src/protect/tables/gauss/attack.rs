//! The intruder's side: which suppressed cells follow from the published ones, and how.

use num_bigint::BigInt;
use num_traits::Zero;

use super::board::Board;
use super::matrix::Matrix;
use super::search::{Answer, Question, Scratch, search};
use super::{Cell, GaussError, Role};
use crate::protect::tables::system::System;

/// What an attack by linear combinations finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Suppressed cells that follow from the published ones, ascending.
    pub derivable: Vec<u32>,
    /// Suppressed cells for which the effort was used up, ascending.
    pub undecided: Vec<u32>,
}

/// A cell as a combination of published ones: its value is Σ factor · value / divisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// Published cells and their factors, ascending; none is zero.
    pub terms: Vec<(u32, BigInt)>,
    /// What the sum is to be divided by; not zero.
    pub divisor: BigInt,
}

/// All suppressed cells that are linear combinations of published ones, ascending; exact, however long it takes.
///
/// # Errors
/// [`GaussError::Length`] where `suppressed` does not have one flag per cell.
pub fn derivable(system: &System, suppressed: &[bool]) -> Result<Vec<u32>, GaussError> {
    derivable_within(system, suppressed, u64::MAX).map(|findings| findings.derivable)
}

/// As [`derivable`], with at most about `effort` elementary steps per cell.
///
/// # Errors
/// [`GaussError::Length`] where `suppressed` does not have one flag per cell.
pub fn derivable_within(system: &System, suppressed: &[bool], effort: u64) -> Result<Findings, GaussError> {
    let (matrix, mut board) = terrain(system, suppressed)?;
    let mut scratch = Scratch::new(&matrix);
    let mut findings = Findings { derivable: peel(&matrix, &mut board), undecided: Vec::new() };
    let mut settled: Vec<bool> = suppressed.iter().map(|suppressed| !suppressed).collect();
    findings.derivable.iter().for_each(|cell| settled[*cell as usize] = true);
    for cell in 0..suppressed.len() as u32 {
        if settled[cell as usize] {
            continue;
        }
        match search(&matrix, &board, &mut scratch, ask(cell, effort)) {
            Answer::Movable(change) => change.cells.iter().for_each(|cell| settled[*cell as usize] = true),
            // What is derived is as good as published; the searches to come are shorter for it.
            Answer::Derived(_) => {
                board.publish(&matrix, cell);
                findings.derivable.push(cell);
            }
            Answer::Undecided => findings.undecided.push(cell),
        }
    }
    findings.undecided.retain(|cell| !settled[*cell as usize]);
    findings.derivable.sort_unstable();
    Ok(findings)
}

/// How a suppressed cell follows from published ones, if it does.
///
/// # Errors
/// [`GaussError::Length`] where `suppressed` does not have one flag per cell, [`GaussError::NoSuchCell`].
pub fn formula(system: &System, suppressed: &[bool], cell: u32) -> Result<Option<Formula>, GaussError> {
    let (matrix, board) = terrain(system, suppressed)?;
    if !*suppressed.get(cell as usize).ok_or(GaussError::NoSuchCell(cell))? {
        return Ok(Some(Formula { terms: vec![(cell, 1.into())], divisor: 1.into() }));
    }
    let answer = search(&matrix, &board, &mut Scratch::new(&matrix), ask(cell, u64::MAX));
    let Answer::Derived(derivation) = answer else { return Ok(None) };
    let mut terms: std::collections::BTreeMap<u32, BigInt> = Default::default();
    for (at, row) in derivation.rows.iter().enumerate() {
        let Some(multiplier) = derivation.multipliers.get(at) else { continue };
        for cell in matrix.row(*row) {
            // Moved to the other side of the equation.
            let term = if matrix.negative(*row, *cell) { multiplier.clone() } else { -&multiplier };
            *terms.entry(*cell).or_default() += term;
        }
    }
    terms.remove(&cell);
    let terms = terms.into_iter().filter(|(_, factor)| !factor.is_zero()).collect();
    let divisor = derivation.multipliers.get(derivation.rows.len()).unwrap_or_default();
    Ok(Some(Formula { terms, divisor }))
}

fn ask(target: u32, effort: u64) -> Question<'static> {
    Question { target, without: None, knowing: &[], complement: false, effort, admits: None, likely: &[] }
}

fn terrain(system: &System, suppressed: &[bool]) -> Result<(Matrix, Board), GaussError> {
    if suppressed.len() != system.cells() {
        return Err(GaussError::Length { system: system.cells(), given: suppressed.len() });
    }
    let role = |suppressed: &bool| if *suppressed { Role::Virtual } else { Role::Forced };
    let cells: Vec<Cell> =
        suppressed.iter().map(|suppressed| Cell { role: role(suppressed), ..Cell::default() }).collect();
    let matrix = Matrix::new(system, |_| 0);
    let board = Board::new(&matrix, &cells, &[]);
    Ok((matrix, board))
}

/// Solves rows with one unknown cell until there are none; gives the cells.
fn peel(matrix: &Matrix, board: &mut Board) -> Vec<u32> {
    let mut queue: Vec<u32> = (0..matrix.rows() as u32).collect();
    let mut found = Vec::new();
    while let Some(row) = queue.pop() {
        if let &[cell] = board.unknown(row) {
            board.publish(matrix, cell);
            found.push(cell);
            queue.extend(matrix.around(cell));
        }
    }
    found
}
