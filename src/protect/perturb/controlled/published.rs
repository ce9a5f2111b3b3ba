//! Published cells as sets of inner cells.

use std::collections::BTreeSet;

use super::ControlledError;
use crate::protect::tables::System;

/// The published cells, each a set of the inner cells it is the sum of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// Members of published cell *p* are `members[starts[p]..starts[p + 1]]`, ascending.
    starts: Vec<u32>,
    members: Vec<u32>,
    /// Published cells around inner cell *i* are `around[first[i]..first[i + 1]]`, ascending.
    first: Vec<u32>,
    around: Vec<u32>,
}

impl Published {
    /// Published cells over `inner` inner cells; an empty set is a cell that is zero whatever happens.
    ///
    /// # Errors
    /// [`ControlledError::Malformed`] where a set names a cell twice or one that is not there,
    /// [`ControlledError::TooLarge`].
    pub fn new(inner: usize, sets: impl IntoIterator<Item = Vec<u32>>) -> Result<Self, ControlledError> {
        let mut published = Self { starts: vec![0], first: vec![0; inner + 1], ..Self::default() };
        for mut set in sets {
            set.sort_unstable();
            if !set.is_sorted_by(|a, b| a < b) || set.last().is_some_and(|last| *last as usize >= inner) {
                return Err(ControlledError::Malformed);
            }
            published.members.extend(set);
            published.starts.push(u32::try_from(published.members.len()).map_err(|_| ControlledError::TooLarge)?);
        }
        for member in &published.members {
            published.first[*member as usize + 1] += 1;
        }
        for at in 1..=inner {
            published.first[at] += published.first[at - 1];
        }
        let mut next = published.first.clone();
        published.around = vec![0; published.members.len()];
        for cell in 0..published.cells() {
            for at in published.starts[cell]..published.starts[cell + 1] {
                let slot = &mut next[published.members[at as usize] as usize];
                published.around[*slot as usize] = cell as u32;
                *slot += 1;
            }
        }
        Ok(published)
    }

    /// The cells of a system in terms of its inner cells, those that are no total; `shown` says of each cell whether it
    /// is published.
    ///
    /// Answers the published cells, the system's numbers of the inner cells in their order, and those of the published
    /// cells in theirs. A cell that is not shown but is all that is missing from a sum is counted as published, as
    /// anyone can work it out.
    ///
    /// # Errors
    /// [`ControlledError::NoCommonFinest`] where two sums of one total lead to different inner cells (linked tables
    /// without a common finest one), [`ControlledError::Circular`], [`ControlledError::TooLarge`].
    pub fn of_system(
        system: &System,
        shown: impl Fn(u32) -> bool,
    ) -> Result<(Self, Vec<u32>, Vec<u32>), ControlledError> {
        let cells = system.cells() as u32;
        let sets = Expansion::of(system)?;
        let is_inner = |cell: &u32| !system.around(*cell).iter().any(|at| system.relation(*at).total == *cell);
        let inner: Vec<u32> = (0..cells).filter(is_inner).collect();
        let known = known(system, shown);
        let shown: Vec<u32> = (0..cells).filter(|cell| known[*cell as usize]).collect();
        let number = |cell: &u32| inner.binary_search(cell).map(|at| at as u32).map_err(|_| ControlledError::Malformed);
        let members = shown.iter().map(|cell| sets.0[*cell as usize].iter().map(number).collect());
        let members = members.collect::<Result<Vec<Vec<u32>>, _>>()?;
        Ok((Self::new(inner.len(), members)?, inner, shown))
    }

    /// Number of inner cells.
    #[must_use]
    pub fn inner(&self) -> usize {
        self.first.len().saturating_sub(1)
    }

    /// Number of published cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The inner cells of a published cell, ascending; `cell` under [`Published::cells`].
    #[must_use]
    pub fn members(&self, cell: usize) -> &[u32] {
        &self.members[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    /// The published cells that hold an inner cell, ascending; `inner` under [`Published::inner`].
    #[must_use]
    pub fn around(&self, inner: u32) -> &[u32] {
        &self.around[self.first[inner as usize] as usize..self.first[inner as usize + 1] as usize]
    }

    /// The most published cells that hold one inner cell: what a person with one record can touch, by design
    /// ([`super::super::noise::Sensitivity`]).
    #[must_use]
    pub fn most_around(&self) -> u32 {
        self.first.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    }

    /// Adds up the published cells.
    ///
    /// # Errors
    /// [`ControlledError::Length`] for another number of counts than inner cells, [`ControlledError::TooLarge`] for a
    /// sum over 64 bits.
    pub fn sums(&self, counts: &[u64]) -> Result<Vec<u64>, ControlledError> {
        if counts.len() != self.inner() {
            return Err(ControlledError::Length);
        }
        let sum = |cell| {
            let mut members = self.members(cell).iter();
            members
                .try_fold(0_u64, |sum, inner| sum.checked_add(counts[*inner as usize]))
                .ok_or(ControlledError::TooLarge)
        };
        (0..self.cells()).map(sum).collect()
    }
}

/// The cells that are shown or follow, one after the other, from a sum of which all other cells are known.
fn known(system: &System, shown: impl Fn(u32) -> bool) -> Vec<bool> {
    let mut known: Vec<bool> = (0..system.cells() as u32).map(shown).collect();
    let mut open: BTreeSet<u32> = (0..system.relations() as u32).collect();
    while let Some(at) = open.pop_first() {
        let relation = system.relation(at);
        let cells = || relation.parts.iter().chain(std::iter::once(&relation.total)).copied();
        let mut missing = cells().filter(|cell| !known[*cell as usize]);
        if let (Some(cell), None) = (missing.next(), missing.next()) {
            known[cell as usize] = true;
            open.extend(system.around(cell));
        }
    }
    known
}

/// The inner cells of each cell of a system, ascending.
struct Expansion(Vec<Vec<u32>>);

impl Expansion {
    fn of(system: &System) -> Result<Self, ControlledError> {
        let cells = system.cells() as u32;
        let totals_of =
            |cell: u32| system.around(cell).iter().map(|at| system.relation(*at)).filter(move |r| r.total == cell);
        // Parts before totals: each cell waits for the parts of all its sums.
        let mut waits: Vec<usize> = (0..cells).map(|cell| totals_of(cell).map(|sum| sum.parts.len()).sum()).collect();
        let mut ready: Vec<u32> = (0..cells).filter(|cell| waits[*cell as usize] == 0).collect();
        let mut sets: Vec<Vec<u32>> = vec![Vec::new(); cells as usize];
        let mut done = 0;
        while let Some(cell) = ready.pop() {
            done += 1;
            let mut set = None;
            for sum in totals_of(cell) {
                let mut members: Vec<u32> = sum.parts.iter().flat_map(|part| &sets[*part as usize]).copied().collect();
                members.sort_unstable();
                let fits = members.is_sorted_by(|a, b| a < b) && set.as_ref().is_none_or(|other| *other == members);
                if !fits {
                    return Err(ControlledError::NoCommonFinest { cell });
                }
                set = Some(members);
            }
            sets[cell as usize] = set.unwrap_or_else(|| vec![cell]);
            for sum in system.around(cell).iter().map(|at| system.relation(*at)).filter(|sum| sum.total != cell) {
                let waiting = &mut waits[sum.total as usize];
                *waiting -= 1;
                if *waiting == 0 {
                    ready.push(sum.total);
                }
            }
        }
        match waits.iter().position(|waiting| *waiting > 0) {
            Some(cell) if done < cells => Err(ControlledError::Circular { cell: cell as u32 }),
            _ => Ok(Self(sets)),
        }
    }
}
