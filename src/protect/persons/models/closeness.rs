//! t-closeness: the sensitive values of each class are distributed as in the whole table, up to an earth mover's distance
//! of t. Li, Li and Venkatasubramanian, *t-closeness: privacy beyond k-anonymity and l-diversity*, ICDE 2007; § 4 there has
//! the three distances.

use super::{Model, ModelFault, Reference, nobody};
use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::Class;

/// How far apart two sensitive values are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distance {
    /// 1 between any two (§ 4.2.2 there).
    Equal,
    /// Steps between them in an order, over the number of values less 1 (§ 4.2.1 there). The codes in their order; a code
    /// of the reference that is not named is a fault.
    Ordered(Vec<u32>),
    /// Level of the lowest common ancestor over the height of the tree (§ 4.2.3 there). The codes are those of the
    /// hierarchy, whose last level must be one group.
    Hierarchical(Hierarchy),
}

/// The model.
#[derive(Debug, Clone, PartialEq)]
pub struct TCloseness {
    t: f64,
    column: usize,
    distance: Distance,
    reference: Reference,
}

impl TCloseness {
    /// `reference` has the persons of the whole table per sensitive value.
    ///
    /// # Errors
    /// [`ModelFault::T`], [`ModelFault::Reference`], or [`ModelFault::Hierarchy`] if order or hierarchy do not cover the
    /// reference.
    pub fn new(t: f64, column: usize, distance: Distance, reference: &[u64]) -> Result<Self, ModelFault> {
        if !(0.0..=1.0).contains(&t) {
            return Err(ModelFault::T);
        }
        let reference = Reference::new(reference)?;
        let seen = |code: usize| reference.counts[code] > 0;
        let covered = match &distance {
            Distance::Equal => true,
            Distance::Ordered(order) => {
                let mut sorted = order.clone();
                sorted.sort_unstable();
                let twice = sorted.windows(2).any(|pair| pair[0] == pair[1]);
                let named = |code: &usize| sorted.binary_search(&(*code as u32)).is_ok();
                !twice && (0..reference.counts.len()).filter(|&code| seen(code)).all(|code| named(&code))
            }
            Distance::Hierarchical(tree) => {
                tree.groups(tree.levels() - 1) == 1 && (tree.domain()..reference.counts.len()).all(|code| !seen(code))
            }
        };
        if covered { Ok(Self { t, column, distance, reference }) } else { Err(ModelFault::Hierarchy) }
    }

    /// The earth mover's distance of a class from the reference, from 0 to 1. A fraction of integers, divided once. A class
    /// with a value that the reference does not have is as far away as can be.
    pub fn distance(&self, class: &Class) -> f64 {
        let (values, counts) = class.values(self.column);
        let (total, all) = (i128::from(counts.iter().sum::<u64>()), i128::from(self.reference.total));
        if total == 0 {
            return 0.0;
        }
        if values.iter().any(|&value| self.reference.of(value) == 0) {
            return 1.0;
        }
        // p − q, times both totals.
        let mut surplus: Vec<i128> = self.reference.counts.iter().map(|&count| -i128::from(count) * total).collect();
        values.iter().zip(counts).for_each(|(&value, &count)| surplus[value as usize] += i128::from(count) * all);
        let (moved, scale) = match &self.distance {
            Distance::Equal => (surplus.iter().map(|more| more.abs()).sum(), 2),
            Distance::Ordered(order) => (ordered(&surplus, order), (order.len() as i128 - 1).max(1)),
            Distance::Hierarchical(tree) => (hierarchical(&surplus, tree), (tree.levels() as i128 - 1).max(1)),
        };
        moved as f64 / (scale * total * all) as f64
    }
}

/// Σᵢ |Σⱼ≤ᵢ (pⱼ − qⱼ)|
fn ordered(surplus: &[i128], order: &[u32]) -> i128 {
    let mut running = 0_i128;
    order
        .iter()
        .map(|&code| {
            running += surplus.get(code as usize).copied().unwrap_or(0);
            running.abs()
        })
        .sum()
}

/// Σ over inner nodes N of level(N) · min(pos(N), neg(N)), where pos and neg add what the children have too much or too
/// little. The level of a node is its height above the leaves.
fn hierarchical(surplus: &[i128], tree: &Hierarchy) -> i128 {
    let mut moved = 0;
    let mut children = vec![0; tree.groups(0)];
    for (more, &leaf) in surplus.iter().zip(tree.map(0).unwrap_or(&[])) {
        children[leaf as usize] += more;
    }
    for level in 1..tree.levels() {
        let groups = tree.groups(level);
        let (mut more, mut less) = (vec![0_i128; groups], vec![0_i128; groups]);
        for (child, &parent) in children.iter().zip(tree.lift(level - 1, level).unwrap_or(&[])) {
            if *child > 0 { more[parent as usize] += child } else { less[parent as usize] -= child }
        }
        moved += level as i128 * more.iter().zip(&less).map(|(more, less)| more.min(less)).sum::<i128>();
        children = more.iter().zip(&less).map(|(more, less)| more - less).collect();
    }
    moved
}

impl Model for TCloseness {
    fn name(&self) -> String {
        let kind = match self.distance {
            Distance::Equal => "equal",
            Distance::Ordered(_) => "ordered",
            Distance::Hierarchical(_) => "hierarchical",
        };
        format!("{}-closeness ({kind} distance)", self.t)
    }

    fn holds(&self, class: &Class) -> bool {
        nobody(class) || self.distance(class) <= self.t
    }

    // The distance is convex in the class's distribution (fact 2 there), so that it joins; records that join may be far.
    fn grows(&self) -> bool {
        false
    }

    fn sensitive(&self) -> bool {
        true
    }
}
