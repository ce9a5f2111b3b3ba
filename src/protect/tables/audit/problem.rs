//! What is published, what the intruder knows beforehand, and what is true.

use crate::protect::tables::system::System;

/// Why an audit could not be run; cells and relations by number, never values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// A list that should hold one entry per cell (or relation) has another length.
    #[error("a list does not have one entry for each cell or relation")]
    Length,
    /// A cell number beyond the system.
    #[error("cell {0} is not in the system")]
    NoSuchCell(u32),
    /// A value or bound is not a number where one is needed, or a lower bound exceeds the upper one.
    #[error("the value or bounds of cell {0} are not usable")]
    BadNumber(u32),
    /// The true value of a cell lies outside the bounds the intruder is said to know.
    #[error("the value of cell {0} lies outside its bounds")]
    OutOfBounds(u32),
    /// The numbers around this relation contradict each other.
    #[error("the numbers around relation {0} contradict each other")]
    Contradiction(u32),
    /// The task needs the true values of all cells, and some are not given.
    #[error("the true value of cell {0} is needed and not given")]
    NoTruth(u32),
    /// A demanded safety interval does not contain the true value of its cell, or is not an interval.
    #[error("the safety interval demanded for cell {0} does not contain its value")]
    BadDemand(u32),
}

/// Linked tables as published, with the bounds an intruder has before he starts.
///
/// The setting is the attacker model of Fischetti & Salazar-González (Management Science 47(7), 2001, section 2): the
/// intruder knows the published values, the relations, and for every cell an a-priori interval.
#[derive(Debug, Clone)]
pub struct Problem<'a> {
    pub(crate) system: &'a System,
    pub(crate) values: Vec<f64>,
    pub(crate) published: Vec<bool>,
    pub(crate) low: Vec<f64>,
    pub(crate) high: Vec<f64>,
    pub(crate) slack: Vec<bool>,
    /// Known to the intruder whatever is suppressed.
    pub(crate) known: Vec<bool>,
}

impl<'a> Problem<'a> {
    /// Cells with their values, and which of them are published; a-priori bounds are 0 and ∞.
    ///
    /// `values` are counts or sums in the unit of the table. For an unpublished cell the true value, or NaN where it is
    /// not known (an attack from outside): without truth [`super::intervals`] works, the protecting functions do not.
    ///
    /// # Errors
    /// [`AuditError::Length`] if a list does not have one entry per cell.
    pub fn new(system: &'a System, values: Vec<f64>, published: Vec<bool>) -> Result<Self, AuditError> {
        let cells = system.cells();
        if values.len() != cells || published.len() != cells {
            return Err(AuditError::Length);
        }
        let (low, high) = (vec![0.0; cells], vec![f64::INFINITY; cells]);
        Ok(Self {
            system,
            values,
            published,
            low,
            high,
            slack: vec![false; system.relations()],
            known: vec![false; cells],
        })
    }

    /// Sets the a-priori bounds of all cells, in the unit of the table; −∞ and ∞ where there is none.
    ///
    /// Those of published cells matter to [`super::widen`]: they are the bounds once the cell is suppressed.
    ///
    /// # Errors
    /// [`AuditError::Length`] if a list does not have one entry per cell.
    pub fn bounds(mut self, low: Vec<f64>, high: Vec<f64>) -> Result<Self, AuditError> {
        if low.len() != self.values.len() || high.len() != self.values.len() {
            return Err(AuditError::Length);
        }
        (self.low, self.high) = (low, high);
        Ok(self)
    }

    /// Says which relations are only inequalities: parts add up to the total or more, and no part exceeds the total.
    ///
    /// So count distinct persons, who may stand in several parts.
    ///
    /// # Errors
    /// [`AuditError::Length`] if the list does not have one entry per relation.
    pub fn slack(mut self, slack: Vec<bool>) -> Result<Self, AuditError> {
        if slack.len() != self.system.relations() {
            return Err(AuditError::Length);
        }
        self.slack = slack;
        Ok(self)
    }

    /// Cells the intruder knows besides the published ones, such as the singleton cell of a contributor.
    ///
    /// # Errors
    /// [`AuditError::NoSuchCell`]; [`AuditError::NoTruth`] if the value of a known cell is not given.
    pub fn known(mut self, cells: &[u32]) -> Result<Self, AuditError> {
        for cell in cells {
            let value = self.values.get(*cell as usize).ok_or(AuditError::NoSuchCell(*cell))?;
            if value.is_nan() {
                return Err(AuditError::NoTruth(*cell));
            }
            self.published[*cell as usize] = true;
            self.known[*cell as usize] = true;
        }
        Ok(self)
    }

    /// The tables.
    #[must_use]
    pub fn system(&self) -> &'a System {
        self.system
    }

    /// Whether a cell is published (or known to the intruder); `false` for a cell that is not there.
    #[must_use]
    pub fn is_published(&self, cell: u32) -> bool {
        self.published.get(cell as usize).copied().unwrap_or(false)
    }

    /// Suppresses cells; those that are not there, or known to the intruder anyway, are passed over. Returns the cells
    /// that were published before, ascending.
    pub fn suppress(&mut self, cells: &[u32]) -> Vec<u32> {
        let open = |cell: &u32| self.is_published(*cell) && !self.known[*cell as usize];
        let mut fresh: Vec<u32> = cells.iter().copied().filter(open).collect();
        fresh.sort_unstable();
        fresh.dedup();
        for cell in &fresh {
            self.published[*cell as usize] = false;
        }
        fresh
    }
}
