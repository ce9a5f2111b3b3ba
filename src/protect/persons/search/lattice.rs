//! All combinations of levels, numbered so that a smaller number is a smaller level in the first column that differs.

use crate::protect::persons::hierarchy::Hierarchy;

/// The lattice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lattice {
    heights: Vec<usize>,
    strides: Vec<u128>,
    nodes: u128,
}

impl Lattice {
    /// One coordinate per hierarchy.
    pub fn of(hierarchies: &[Hierarchy]) -> Self {
        let heights: Vec<usize> = hierarchies.iter().map(Hierarchy::levels).collect();
        let mut strides = vec![1_u128; heights.len()];
        let mut nodes = 1_u128;
        for (stride, &height) in strides.iter_mut().zip(&heights).rev() {
            *stride = nodes;
            nodes = nodes.saturating_mul(height as u128);
        }
        Self { heights, strides, nodes }
    }

    /// Number of nodes (at most 2¹²⁸ − 1 is said).
    pub fn nodes(&self) -> u128 {
        self.nodes
    }

    /// Whether these levels are a node.
    pub fn contains(&self, levels: &[usize]) -> bool {
        levels.len() == self.heights.len() && levels.iter().zip(&self.heights).all(|(level, height)| level < height)
    }

    /// The highest levels.
    pub(super) fn top(&self) -> Vec<usize> {
        self.heights.iter().map(|height| height - 1).collect()
    }

    /// The levels of a node.
    pub(super) fn levels(&self, node: u128) -> Vec<usize> {
        let level = |(stride, height): (&u128, &usize)| (node / stride % *height as u128) as usize;
        self.strides.iter().zip(&self.heights).map(level).collect()
    }

    /// How far apart the numbers of nodes are that differ by one level in a column.
    pub(super) fn stride(&self, column: usize) -> u128 {
        self.strides[column]
    }

    /// Number of levels of a column.
    pub(super) fn height(&self, column: usize) -> usize {
        self.heights[column]
    }

    /// Number of columns.
    pub(super) fn width(&self) -> usize {
        self.heights.len()
    }

    /// All levels one step higher.
    pub(super) fn successors(&self, levels: &[usize]) -> Vec<Vec<usize>> {
        (0..self.width())
            .filter(|&column| levels[column] + 1 < self.heights[column])
            .map(|column| {
                let mut higher = levels.to_vec();
                higher[column] += 1;
                higher
            })
            .collect()
    }

    /// All levels one step lower.
    pub(super) fn predecessors(&self, levels: &[usize]) -> Vec<Vec<usize>> {
        (0..self.width())
            .filter(|&column| levels[column] > 0)
            .map(|column| {
                let mut lower = levels.to_vec();
                lower[column] -= 1;
                lower
            })
            .collect()
    }
}

/// Whether each level is at most that of the other.
pub(super) fn below_or_equal(one: &[usize], two: &[usize]) -> bool {
    one.iter().zip(two).all(|(one, two)| one <= two)
}
