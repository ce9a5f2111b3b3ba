//! Primary suppression: which cells are unsafe by themselves, why, and how far they have to be protected.
//!
//! Everything works on plain values and exact numbers. [`Contributors`] and [`Holdings`] gather who contributes how
//! much to a cell; [`CellFacts`] is what is known of it; a checked [`RuleSet`] judges it. Cells whose danger shows only
//! beside others are a matter of [`GroupRule`] (a line of a share table) and [`ShareRule`] (shares, means and rates);
//! the outcome of several is joined with [`Primary::join`].
//!
//! Sources: A. Hundepool, J. Domingo-Ferrer, L. Franconi, S. Giessing, E. Schulte Nordholt, K. Spicer, P.-P. de Wolf,
//! *Statistical Disclosure Control*, Wiley 2012 (sections as in the freely available *Handbook on Statistical
//! Disclosure Control* of the same authors, chapters 4 and 5); τ-ARGUS 4.1 user's manual; L. Willenborg, T. de Waal,
//! *Elements of Statistical Disclosure Control*, Springer 2001; L. Cox, “Linear sensitivity measures in statistical
//! disclosure control”, *Journal of Statistical Planning and Inference* 5 (1981); A. Loeve, *Notes on sensitivity
//! measures and protection levels*, Statistics Netherlands 2001.
//!
//! Parameters of the rules (k, p, q) must not be published: with them the bounds that a suppressed cell was given can
//! be worked out (Hundepool et al. 2012, §4.2.1).

mod amount;
mod contributors;
mod dominance;
mod facts;
mod group;
mod holdings;
mod names;
mod p_percent;
mod p_q;
mod percent;
mod protection;
mod request;
mod ruleset;
mod shares;
mod tally;
mod threshold;
mod written;
mod zeros;

pub use amount::{Amount, Sum, Weight};
pub use contributors::{CellSize, Contributors, Signs};
pub use dominance::Dominance;
pub use facts::{CellFacts, Manual, UnitFacts, Value};
pub use group::{GroupFinding, GroupKind, GroupPart, GroupRule, Sensitive};
pub use holdings::Holdings;
pub use names::{Mark, RuleName};
pub use p_percent::PPercent;
pub use p_q::PQ;
pub use percent::{Percent, PercentError};
pub use protection::{Protection, SafetyRange};
pub use request::Request;
pub use ruleset::{Counted, Measure, Primary, Rule, RuleSet, Unit, Verdict};
pub use shares::{Hidden, ShareCounts, SharePart, ShareRule};
pub use tally::{Overlap, Tally};
pub use threshold::Threshold;
pub use written::{concentration, percent};
pub use zeros::{Zero, ZeroFacts, ZeroRule};

/// Most contributors that a rule may look at.
pub const MOST_KEPT: u8 = 8;

/// Why cells could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A sum or a protection level does not fit 128 bits.
    #[error("a sum or a protection level is too large")]
    TooLarge,
    /// A parameter of a rule is outside the range in which the rule makes sense.
    #[error("a parameter of a rule is out of range")]
    Parameter,
    /// A rule set without rules.
    #[error("there is no rule")]
    NoRule,
    /// The same rule twice.
    #[error("a rule is given twice")]
    Repeated,
    /// A rule on contributions for a table of counts, or a cell of the other kind than the table.
    #[error("a rule or a cell does not fit what the table measures")]
    Measure,
    /// A rule looks at more contributors than were kept.
    #[error("fewer of the largest contributors were kept than a rule looks at")]
    TooFewKept,
    /// A rule needs to know of a cell what was not gathered.
    #[error("a rule needs contributors that were not gathered")]
    MissingFacts,
    /// A rule on the contributions of holdings under sampling.
    #[error("contributions of holdings cannot be judged where persons are sampled")]
    WeightedHoldings,
    /// What is known of a cell does not go together.
    #[error("what is known of a cell contradicts itself")]
    Contradiction,
}

#[cfg(test)]
mod tests;
