//! Small tables for tests.

use crate::protect::tables::system::System;

/// Number of codes, and sums among them (total, parts).
pub(super) type Dimension = (usize, Vec<(usize, Vec<usize>)>);

/// Sums of a table with margins over dimensions, each a list of (total, parts) of codes; cells in row-major order.
pub(super) fn grid(dimensions: &[Dimension]) -> System {
    let sizes: Vec<usize> = dimensions.iter().map(|dimension| dimension.0).collect();
    let cells: usize = sizes.iter().product();
    let mut relations = Vec::new();
    for (axis, (_, sums)) in dimensions.iter().enumerate() {
        let stride: usize = sizes[axis + 1..].iter().product();
        for cell in (0..cells).filter(|cell| (cell / stride).is_multiple_of(sizes[axis])) {
            for (total, parts) in sums {
                let at = |code: &usize| (cell + code * stride) as u32;
                relations.push((at(total), parts.iter().map(at).collect()));
            }
        }
    }
    System::new(cells, relations).expect("sound")
}

/// A flat dimension: code 0 is the total of codes 1 to `parts`.
pub(super) fn flat(parts: usize) -> Dimension {
    (parts + 1, vec![(0, (1..=parts).collect())])
}

/// Two levels: 0 = 1 + 2, 1 = 3 + 4, 2 = 5 + 6.
pub(super) fn tree() -> Dimension {
    (7, vec![(0, vec![1, 2]), (1, vec![3, 4]), (2, vec![5, 6])])
}

/// Two groupings of the same codes: 0 = 1 + 2 + 3, 4 = 1 + 2.
pub(super) fn linked() -> Dimension {
    (5, vec![(0, vec![1, 2, 3]), (4, vec![1, 2])])
}

/// Values of all cells from those that are no total, drawn by `draw`.
pub(super) fn fill(system: &System, mut draw: impl FnMut() -> f64) -> Vec<f64> {
    let mut values = vec![f64::NAN; system.cells()];
    let totals: Vec<u32> = (0..system.relations() as u32).map(|at| system.relation(at).total).collect();
    for cell in 0..system.cells() as u32 {
        if !totals.contains(&cell) {
            values[cell as usize] = draw();
        }
    }
    while values.iter().any(|value| value.is_nan()) {
        for relation in (0..system.relations() as u32).map(|at| system.relation(at)) {
            let sum: f64 = relation.parts.iter().map(|part| values[*part as usize]).sum();
            if !sum.is_nan() {
                values[relation.total as usize] = sum;
            }
        }
    }
    values
}
