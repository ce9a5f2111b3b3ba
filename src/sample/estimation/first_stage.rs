//! The first stage of a sample, by formula.

use super::super::numeric::Sum;
use super::balanced::Balanced;
use super::level::{Alone, Centring, Level};
use super::{EstimationError, Formula};

/// The first stage: the cluster of each position, stratum and probability of each cluster, the unit at each position.
pub(super) fn first_stage(
    formula: Formula<'_>,
    cluster: &[u32],
    stratum: &[u32],
    inclusion: &[f64],
    order: &[u32],
    alone: Alone,
) -> Result<Level, EstimationError> {
    let chance: Vec<f64> = inclusion.iter().map(|inclusion| 1.0 - inclusion).collect();
    let mut level = Level::fixed(cluster.to_vec(), stratum.to_vec(), &chance, |_| 1.0, alone);
    match formula {
        Formula::FixedSize => {}
        Formula::Independent => {
            level.coefficient = chance;
            level.centring = Centring::Zero;
        }
        Formula::Deville => level.coefficient = deville(&level, &chance),
        Formula::Balanced(rows) => {
            if rows.len() != cluster.len() {
                return Err(EstimationError::Shape);
            }
            if let Some(unit) = rows.first_bad_row() {
                return Err(EstimationError::BadUnit { unit });
            }
            let expand = |position: usize| match inclusion[cluster[position] as usize] {
                probability if probability > 0.0 => 1.0 / probability,
                _ => 0.0,
            };
            let (balanced, coefficient) = Balanced::new(level.rows(rows, expand, order), &chance)?;
            level.coefficient = coefficient;
            level.centring = Centring::Balanced(balanced);
        }
    }
    level.sum_coefficients();
    Ok(level)
}

/// *(1 − π)/(1 − Σα²)*, *α = (1 − π)/Σ(1 − π)* within the stratum.
fn deville(level: &Level, chance: &[f64]) -> Vec<f64> {
    let mut sums = vec![[Sum::default(); 2]; level.groups.len()];
    for (&group, chance) in level.group.iter().zip(chance) {
        let [first, second] = &mut sums[group as usize];
        first.add(*chance);
        second.add(chance * chance);
    }
    let coefficient = |(&group, chance): (&u32, &f64)| {
        let [first, second] = sums[group as usize].map(Sum::value);
        let lonely = level.groups[group as usize].lonely;
        if lonely || *chance == 0.0 { *chance } else { chance / (1.0 - second / (first * first)) }
    };
    level.group.iter().zip(chance).map(coefficient).collect()
}
