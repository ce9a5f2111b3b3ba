//! Models of disclosure: what a class of records must be like before it may leave.
//!
//! Each model judges one class by itself, against a reference that is fixed before the search (the whole table, or a
//! population). Classes count distinct persons. Two facts about a model let the search leave out most of the lattice; see
//! [`Model::grows`] and [`Model::joins`].

mod closeness;
mod diversity;
mod likeness;
mod presence;
mod reached;
mod size;

#[cfg(test)]
mod tests;

pub use closeness::{Distance, TCloseness};
pub use diversity::{DistinctDiversity, EntropyDiversity, RecursiveDiversity};
pub use likeness::BetaLikeness;
pub use presence::DeltaPresence;
pub use reached::{Reached, reached};
pub use size::{AlphaK, KAnonymity, KMap};

use thiserror::Error;

use crate::protect::persons::histogram::Class;

/// A rule for classes.
pub trait Model: std::fmt::Debug + Send + Sync {
    /// What the rule is called in the literature, with its parameters.
    fn name(&self) -> String;

    /// Whether a class may leave as it is.
    fn holds(&self, class: &Class) -> bool;

    /// Monotone under suppression: a class that holds still holds when any other records join it. Then a table made safe
    /// by leaving out bad classes loses no more records at any coarser generalisation.
    fn grows(&self) -> bool;

    /// Monotone under generalisation: two classes that hold, and share no person, still hold as one. Then a table of which
    /// no class is bad has no bad class at any coarser generalisation. True of every model here; see the proof beside each.
    fn joins(&self) -> bool {
        true
    }

    /// Whether leaving out the records of a class makes up for the class not holding.
    fn curable(&self) -> bool {
        true
    }

    /// Whether sensitive values are looked at.
    fn sensitive(&self) -> bool {
        false
    }

    /// Whether a population is needed.
    fn population(&self) -> bool {
        false
    }
}

/// A parameter is out of its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ModelFault {
    /// `k` of at least 1.
    #[error("k must be at least 1")]
    K,
    /// `l` of at least 1.
    #[error("l must be at least 1")]
    L,
    /// `c` above 0.
    #[error("c must be a number above 0")]
    C,
    /// `t` from 0 to 1.
    #[error("t must be from 0 to 1")]
    T,
    /// `alpha` above 0, at most 1.
    #[error("alpha must be above 0 and at most 1")]
    Alpha,
    /// `beta` above 0.
    #[error("beta must be a number above 0")]
    Beta,
    /// 0 ≤ smallest ≤ largest ≤ 1.
    #[error("delta must be two numbers from 0 to 1, the smaller first")]
    Delta,
    /// A reference distribution of nobody.
    #[error("the reference distribution is empty")]
    Reference,
    /// The hierarchy of sensitive values does not cover them, or has no single top.
    #[error("the hierarchy of the sensitive values must cover them all and end in one group")]
    Hierarchy,
}

/// The reference distribution of a sensitive column: persons per value. Fixed before the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    counts: Vec<u64>,
    total: u64,
}

impl Reference {
    /// Checks that somebody is in it.
    fn new(counts: &[u64]) -> Result<Self, ModelFault> {
        let total: u64 = counts.iter().sum();
        if total == 0 { Err(ModelFault::Reference) } else { Ok(Self { counts: counts.to_vec(), total }) }
    }

    /// Persons with this value.
    fn of(&self, value: u32) -> u64 {
        self.counts.get(value as usize).copied().unwrap_or(0)
    }
}

/// Whether nobody of the data is in the class, so that nothing of it can leave.
fn nobody(class: &Class) -> bool {
    class.rows() == 0
}
