//! Households and other groups of persons: the risk that one of their members is found.

use super::count::People;
use super::error::PersonsError;
use super::measure::Groups;
use super::table::{Column, Table};
use crate::protect::persons::histogram::{Classes, Histogram, Keyed};
use crate::protect::persons::risk::{group_risk, individual};

/// Weights are in units of 10⁻⁹.
const UNIT: f64 = 1e9;

/// The risk of a person of each class: with weights that of Benedetti and Franconi, else the prosecutor's.
pub(in crate::pipeline) fn risks(classes: &Classes) -> Vec<f64> {
    let weighted = classes.weights().iter().any(|weight| *weight > 0);
    match individual(classes, UNIT).filter(|_| weighted) {
        Some(risks) => risks.iter().map(|one| one.risk).collect(),
        None => classes.persons().iter().map(|&persons| 1.0 / persons.max(1) as f64).collect(),
    }
}

/// The members of groups with their risks, 16 bytes each. It has no `Debug`: it ties persons together.
#[derive(Default)]
pub(in crate::pipeline) struct Members {
    grouped: Vec<(u64, f64)>,
    alone: Vec<f64>,
}

impl Members {
    /// A member of a group, told from others by its number; `None` for who is in no group, and so a group of one.
    pub fn add(&mut self, group: Option<u64>, risk: f64) {
        match group {
            Some(group) => self.grouped.push((group, risk)),
            None => self.alone.push(risk),
        }
    }

    /// The members of both.
    pub fn merge(mut self, other: Self) -> Self {
        self.grouped.extend(other.grouped);
        self.alone.extend(other.alone);
        self
    }

    /// The risk of each group; `None` where there is none.
    pub fn measured(mut self) -> Option<Groups> {
        // In an order of their own: the last digit of a product, and of a sum, depends on it.
        self.grouped.sort_unstable_by(|one, two| one.0.cmp(&two.0).then(one.1.total_cmp(&two.1)));
        let mut risks = self.alone;
        for members in self.grouped.chunk_by(|one, two| one.0 == two.0) {
            risks.push(group_risk(&members.iter().map(|(_, risk)| *risk).collect::<Vec<f64>>()));
        }
        risks.sort_unstable_by(f64::total_cmp);
        Some(Groups {
            groups: risks.len() as u64,
            highest: *risks.last()?,
            average: risks.iter().sum::<f64>() / risks.len() as f64,
        })
    }
}

/// The risk of each group of a table, from its classes, whose keys are the codes of `keys`. A person has the largest risk of
/// their records; those for which `leaves` is false are passed over. `None` where nobody is left.
///
/// # Errors
/// [`PersonsError::Differs`] where records of one person name several groups.
pub(super) fn groups(
    table: &Table,
    group: &Column,
    people: &People,
    (histogram, keys): (&Histogram, &[&[u32]]),
    leaves: impl Fn(usize) -> bool,
) -> Result<Option<Groups>, PersonsError> {
    let risks = risks(histogram.classes());
    let class_of = Keyed::of(histogram);
    let risk = |record: usize| {
        let key: Vec<u32> = keys.iter().map(|column| column[record]).collect();
        class_of.get(&key).map(|class| risks[class as usize])
    };
    let mut members = Members::default();
    for records in people.iter() {
        let Some(&first) = records.first() else { continue };
        let own = group.codes[first as usize];
        if let Some(&other) = records.iter().find(|record| group.codes[**record as usize] != own) {
            let (file, column) = (table.file.clone(), group.name.clone());
            return Err(PersonsError::Differs { file, line: table.lines[other as usize], column });
        }
        let there = records.iter().map(|record| *record as usize).filter(|record| leaves(*record));
        let named = !group.text(first as usize).trim().is_empty();
        if let Some(worst) = there.filter_map(risk).reduce(f64::max) {
            members.add(named.then_some(u64::from(own)), worst);
        }
    }
    Ok(members.measured())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_of_a_group_is_found_unless_none_is() {
        let mut one = Members::default();
        one.add(Some(7), 0.5);
        one.add(None, 0.25);
        let mut two = Members::default();
        two.add(Some(7), 0.5);
        two.add(Some(3), 0.1);
        let found = one.merge(two).measured().unwrap();
        assert_eq!((found.groups, found.highest), (3, 0.75));
        assert!((found.average - (0.75 + 0.25 + 0.1) / 3.0).abs() < 1e-15);
        assert_eq!(Members::default().measured(), None);
    }
}
