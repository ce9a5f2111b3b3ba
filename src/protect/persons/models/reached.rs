//! How far a table comes with each model: the strongest parameter under which every class holds.

use super::{Distance, ModelFault, TCloseness};
use crate::protect::persons::histogram::{Class, Classes};

/// What the classes of a table reach for one sensitive column. All are the worst over the classes that have a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// Fewest different values: distinct l.
    pub distinct: usize,
    /// e to the smallest entropy: entropy l.
    pub entropy: f64,
    /// Largest share of one value: α.
    pub share: f64,
    /// Largest distance from the reference, any two values 1 apart: t.
    pub equal: f64,
    /// The same with values in an order, where one was given.
    pub ordered: Option<f64>,
    /// Largest relative gain of a value's share over the reference: β of basic likeness.
    pub likeness: f64,
}

/// Measures one sensitive column against a reference of persons per value, and by an order of its codes where they have one.
/// `None` if the column is not there or nobody has a value.
///
/// # Errors
/// [`ModelFault::Hierarchy`] if the order does not name every code of the reference once, [`ModelFault::Reference`] if the
/// reference is empty.
pub fn reached(
    classes: &Classes,
    column: usize,
    reference: &[u64],
    order: Option<&[u32]>,
) -> Result<Option<Reached>, ModelFault> {
    if column >= classes.sensitive().len() || classes.all_rows() == 0 {
        return Ok(None);
    }
    let equal = TCloseness::new(1.0, column, Distance::Equal, reference)?;
    let ordered = order.map(|order| TCloseness::new(1.0, column, Distance::Ordered(order.to_vec()), reference));
    let ordered = ordered.transpose()?;
    let all: u64 = reference.iter().sum();
    let mut found = Reached {
        distinct: usize::MAX,
        entropy: f64::INFINITY,
        share: 0.0,
        equal: 0.0,
        ordered: ordered.as_ref().map(|_| 0.0),
        likeness: 0.0,
    };
    for class in (0..classes.len()).map(|at| classes.class(at)).filter(|class| class.rows() > 0) {
        let (values, counts) = class.values(column);
        let total = counts.iter().sum::<u64>() as f64;
        found.distinct = found.distinct.min(values.len());
        found.entropy = found.entropy.min(entropy(counts).exp());
        found.share = counts.iter().map(|&count| count as f64 / total).fold(found.share, f64::max);
        found.equal = found.equal.max(equal.distance(&class));
        if let (Some(worst), Some(model)) = (&mut found.ordered, &ordered) {
            *worst = worst.max(model.distance(&class));
        }
        found.likeness = found.likeness.max(gain(&class, column, reference, all));
    }
    Ok(Some(found))
}

/// H = log n − Σ c log c / n
fn entropy(counts: &[u64]) -> f64 {
    let total = counts.iter().sum::<u64>() as f64;
    let sum: f64 = counts.iter().map(|&count| count as f64 * (count as f64).ln()).sum();
    (total.ln() - sum / total).max(0.0)
}

/// The largest (q − p) / p, one division of integers each; infinite for a value that the reference does not have.
fn gain(class: &Class, column: usize, reference: &[u64], all: u64) -> f64 {
    let (values, counts) = class.values(column);
    let (total, all) = (i128::from(counts.iter().sum::<u64>()), i128::from(all));
    let of = |(&value, &count): (&u32, &u64)| {
        let before = i128::from(reference.get(value as usize).copied().unwrap_or(0));
        if before == 0 {
            return f64::INFINITY;
        }
        (i128::from(count) * all - before * total) as f64 / (before * total) as f64
    };
    values.iter().zip(counts).map(of).fold(0.0, f64::max)
}
