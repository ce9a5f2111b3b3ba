//! The definition, computed plainly: dense elimination with fractions. Shares nothing with the module.

use super::super::{Cell, Outcome, Role, Status};
use crate::protect::tables::system::System;

#[derive(Clone, Copy, PartialEq)]
struct Fraction(i128, i128);

impl Fraction {
    fn new(up: i128, down: i128) -> Self {
        let (mut a, mut b) = (up.abs(), down.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let sign = if down < 0 { -1 } else { 1 };
        Self(sign * up / a.max(1), sign * down / a.max(1))
    }

    fn minus_product(self, a: Self, b: Self) -> Self {
        Self::new(self.0 * a.1 * b.1 - a.0 * b.0 * self.1, self.1 * a.1 * b.1)
    }

    fn over(self, other: Self) -> Self {
        Self::new(self.0 * other.1, self.1 * other.0)
    }
}

/// Which unknown cells are combinations of known ones.
pub fn derivable(system: &System, unknown: &[bool]) -> Vec<bool> {
    let columns: Vec<usize> = (0..unknown.len()).filter(|cell| unknown[*cell]).collect();
    let mut rows: Vec<Vec<Fraction>> = Vec::new();
    for at in 0..system.relations() as u32 {
        let relation = system.relation(at);
        let entry = |cell: &usize| {
            let cell = *cell as u32;
            i128::from(relation.parts.contains(&cell)) - i128::from(relation.total == cell)
        };
        rows.push(columns.iter().map(|cell| Fraction(entry(cell), 1)).collect());
    }
    let mut rank = 0;
    for column in 0..columns.len() {
        let Some(found) = (rank..rows.len()).find(|row| rows[*row][column].0 != 0) else { continue };
        rows.swap(rank, found);
        let scale = rows[rank][column];
        let pivot: Vec<Fraction> = rows[rank].iter().map(|value| value.over(scale)).collect();
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, row)| *at != rank && row[column].0 != 0) {
            let factor = row[column];
            for (value, unit) in row.iter_mut().zip(&pivot).filter(|(_, unit)| unit.0 != 0) {
                *value = value.minus_product(factor, *unit);
            }
        }
        rows[rank] = pivot;
        rank += 1;
    }
    let mut result = vec![false; unknown.len()];
    for row in &rows[..rank] {
        let mut places = (0..row.len()).filter(|column| row[*column].0 != 0);
        if let (Some(only), None) = (places.next(), places.next()) {
            result[columns[only]] = true;
        }
    }
    result
}

/// Unsafe cells that the public (none), or a contributor, derives when `suppressed` cells are.
pub fn revealed(system: &System, cells: &[Cell], suppressed: &[bool]) -> Vec<(u32, Option<u64>)> {
    let mut people: Vec<Option<u64>> = cells.iter().map(|cell| cell.singleton).collect();
    people.push(None);
    people.sort_unstable();
    people.dedup();
    let mut all = Vec::new();
    for person in people {
        let own = |cell: usize| person.is_some() && cells[cell].singleton == person;
        let unknown: Vec<bool> = (0..cells.len()).map(|cell| suppressed[cell] && !own(cell)).collect();
        let found = derivable(system, &unknown);
        all.extend(
            (0..cells.len())
                .filter(|cell| found[*cell] && cells[*cell].role == Role::Primary)
                .map(|cell| (cell as u32, person)),
        );
    }
    all
}

/// Checks everything that an outcome promises.
pub fn check(system: &System, cells: &[Cell], outcome: &Outcome, kept: &[u32]) {
    for (cell, status) in cells.iter().zip(&outcome.statuses) {
        match cell.role {
            Role::Free => assert!(matches!(status, Status::Published | Status::Secondary)),
            Role::Primary => assert_eq!(*status, Status::Primary),
            Role::Forced => assert_eq!(*status, Status::Published),
            Role::Virtual => assert_eq!(*status, Status::Virtual),
        }
    }
    assert_eq!(outcome.proof.verify(system, &outcome.statuses, &outcome.unprotected), Ok(()));
    let mut suppressed: Vec<bool> = outcome.statuses.iter().map(|status| *status != Status::Published).collect();
    let conceded = |(cell, person): &(u32, Option<u64>)| {
        outcome.unprotected.contains(cell) || person.is_some_and(|person| outcome.exposed.contains(&(*cell, person)))
    };
    let now = revealed(system, cells, &suppressed);
    assert!(now.iter().all(conceded), "{now:?} is revealed");
    // What is conceded could not be helped: it is revealed even if everything else is suppressed.
    let everything: Vec<bool> = cells.iter().map(|cell| cell.role != Role::Forced).collect();
    let always = revealed(system, cells, &everything);
    for cell in &outcome.unprotected {
        assert!(always.contains(&(*cell, None)));
    }
    for (cell, person) in &outcome.exposed {
        assert!(always.contains(&(*cell, Some(*person))));
    }
    for cell in 0..cells.len() {
        if outcome.statuses[cell] == Status::Secondary && !kept.contains(&(cell as u32)) {
            suppressed[cell] = false;
            let then = revealed(system, cells, &suppressed);
            assert!(then.len() > now.len(), "cell {cell} could be published");
            suppressed[cell] = true;
        }
    }
}
