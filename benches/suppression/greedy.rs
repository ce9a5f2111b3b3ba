//! The forward method for comparison (Langsrud, PSD 2024): publish in order of decreasing cost unless this reveals an
//! unsafe cell. Dense, in a prime field; for small tables only.

use tamis::protect::tables::System;
use tamis::protect::tables::gauss::{Cell, Role};

const P: u128 = (1 << 61) - 1;

fn times(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % P) as u64
}

fn minus(a: u64, b: u64) -> u64 {
    ((u128::from(a) + P - u128::from(b)) % P) as u64
}

fn inverse(a: u64) -> u64 {
    let (mut base, mut power, mut result) = (a, (P - 2) as u64, 1);
    while power > 0 {
        if power & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        power >>= 1;
    }
    result
}

/// One row per cell: its value in terms of a basis of all tables that fit.
fn basis(system: &System) -> Vec<Vec<u64>> {
    let n = system.cells();
    let (mut rows, mut pivots): (Vec<Vec<u64>>, Vec<usize>) = (Vec::new(), Vec::new());
    for at in 0..system.relations() as u32 {
        let relation = system.relation(at);
        let mut row = vec![0; n];
        relation.parts.iter().for_each(|part| row[*part as usize] = 1);
        row[relation.total as usize] = (P - 1) as u64;
        for (other, pivot) in rows.iter().zip(&pivots) {
            subtract(&mut row, other, *pivot);
        }
        let Some(pivot) = row.iter().position(|value| *value != 0) else { continue };
        let scale = inverse(row[pivot]);
        row.iter_mut().for_each(|value| *value = times(*value, scale));
        for other in &mut rows {
            subtract(other, &row, pivot);
        }
        rows.push(row);
        pivots.push(pivot);
    }
    let free: Vec<usize> = (0..n).filter(|cell| !pivots.contains(cell)).collect();
    let mut result = vec![vec![0; free.len()]; n];
    for (column, cell) in free.iter().enumerate() {
        result[*cell][column] = 1;
        for (row, pivot) in rows.iter().zip(&pivots) {
            result[*pivot][column] = minus(0, row[*cell]);
        }
    }
    result
}

fn subtract(row: &mut [u64], other: &[u64], pivot: usize) {
    let factor = row[pivot];
    if factor != 0 {
        row.iter_mut().zip(other).filter(|(_, b)| **b != 0).for_each(|(a, b)| *a = minus(*a, times(factor, *b)));
    }
}

/// Cells that the forward method suppresses in addition.
pub fn forward(system: &System, cells: &[Cell]) -> Vec<u32> {
    let mut rows = basis(system);
    let mut order: Vec<usize> = (0..cells.len()).filter(|cell| cells[*cell].role == Role::Free).collect();
    order.sort_by_key(|cell| (std::cmp::Reverse(cells[*cell].cost), *cell));
    let forced = (0..cells.len()).filter(|cell| cells[*cell].role == Role::Forced);
    let order: Vec<usize> = forced.chain(order).collect();
    let mut secondary = Vec::new();
    for cell in order {
        let Some(pivot) = rows[cell].iter().position(|value| *value != 0) else { continue };
        let scale = inverse(rows[cell][pivot]);
        let row: Vec<u64> = rows[cell].iter().map(|value| times(*value, scale)).collect();
        let parallel = |other: &Vec<u64>| {
            other[pivot] != 0 && other.iter().zip(&row).all(|(value, unit)| *value == times(other[pivot], *unit))
        };
        let reveals = |other: usize| cells[other].role == Role::Primary && parallel(&rows[other]);
        if cells[cell].role == Role::Free && (0..cells.len()).any(reveals) {
            secondary.push(cell as u32);
        } else {
            rows.iter_mut().for_each(|other| subtract(other, &row, pivot));
        }
    }
    secondary
}
