//! How each unit of a sample was drawn, beyond its chance: what the variance of an estimate follows from.

use hashbrown::HashMap;

use crate::keys::Prn;

use super::estimation::Phase;

/// How the units of a sample were drawn. Memory grows with the sample.
#[derive(Default)]
pub(super) enum Places {
    /// Each on its own, in its stratum.
    #[default]
    Single,
    /// In clusters; a unit has a place in each of its drawn ones.
    Clusters(HashMap<Prn, Vec<Place>>),
    /// In two phases: the strata of both, and for each unit its own.
    Phases { first: Vec<Phase>, second: Vec<Phase>, of: HashMap<Prn, (u32, u32)> },
    /// Balanced on variables, of which each stratum has its own: so many in all, and those of each unit.
    Balanced { columns: u32, rows: HashMap<Prn, Row> },
}

/// The variables of a unit that are not 0, by rising column.
pub(super) type Row = Vec<(u32, f64)>;

/// A unit in one of its drawn clusters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Stratum of the cluster, by position.
    pub stratum: u32,
    /// The cluster, by position in its stratum.
    pub cluster: u32,
    /// Probability of the cluster.
    pub inclusion: f64,
    /// Probability of the unit within the cluster.
    pub within: f64,
    /// The part of the unit's weight that it has here.
    pub weight: f64,
}

/// How the drawn units of one stratum were drawn; lists have one entry for each of them.
pub(super) enum PlaceRows {
    Single,
    /// In two phases: the stratum in the first, its strata in the second, and that of each unit.
    Phases {
        first: Phase,
        second: Vec<Phase>,
        of: Vec<u32>,
    },
    /// Balanced on so many variables.
    Balanced {
        width: u32,
        rows: Vec<Row>,
    },
}

impl Places {
    /// Adds the units of one more stratum.
    pub fn add(&mut self, numbers: &[Prn], rows: PlaceRows) {
        match rows {
            PlaceRows::Single => {}
            PlaceRows::Phases { first: own, second: groups, of: group } => {
                if !matches!(self, Self::Phases { .. }) {
                    *self = Self::Phases { first: Vec::new(), second: Vec::new(), of: HashMap::new() };
                }
                let Self::Phases { first, second, of } = self else { return };
                let (stratum, start) = (first.len() as u32, second.len() as u32);
                first.push(own);
                second.extend(groups);
                of.extend(numbers.iter().zip(group).map(|(number, group)| (*number, (stratum, start + group))));
            }
            PlaceRows::Balanced { width, rows: own } => {
                if !matches!(self, Self::Balanced { .. }) {
                    *self = Self::Balanced { columns: 0, rows: HashMap::new() };
                }
                let Self::Balanced { columns, rows } = self else { return };
                let start = *columns;
                *columns += width;
                let moved = |row: Row| row.into_iter().map(|(column, value)| (start + column, value)).collect();
                rows.extend(numbers.iter().copied().zip(own.into_iter().map(moved)));
            }
        }
    }
}
