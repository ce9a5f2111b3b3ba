//! Names of rules, and the marks of official statistics.

use std::fmt;

/// Why a cell is not published. In the order in which reasons are given: of several, the first.
///
/// A decision by hand comes first, as it overrides the rules; then the rules that literature lists, from the simplest;
/// then those that look beyond one cell; at last what follows from other cells being suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleName {
    /// Made unsafe by hand.
    Manual,
    /// Too few contributors.
    Threshold,
    /// (n,k) dominance.
    Dominance,
    /// p %.
    PPercent,
    /// (p,q).
    PQ,
    /// Somebody has asked for protection.
    Request,
    /// An observed zero.
    Zero,
    /// All, nearly all or none of a group share an attribute.
    Group,
    /// A share, mean or rate would reveal one of the cells it is made of.
    Share,
    /// Nothing is unsafe about the cell itself, but it is what is left over when others are taken off a total.
    LeftOver,
    /// Suppressed to protect others.
    Secondary,
}

impl RuleName {
    /// All, in their order.
    pub const ALL: [Self; 11] = [
        Self::Manual,
        Self::Threshold,
        Self::Dominance,
        Self::PPercent,
        Self::PQ,
        Self::Request,
        Self::Zero,
        Self::Group,
        Self::Share,
        Self::LeftOver,
        Self::Secondary,
    ];

    /// The word that stands for it in files; it never changes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Threshold => "threshold",
            Self::Dominance => "dominance",
            Self::PPercent => "p_percent",
            Self::PQ => "p_q",
            Self::Request => "request",
            Self::Zero => "zero",
            Self::Group => "group",
            Self::Share => "share",
            Self::LeftOver => "left_over",
            Self::Secondary => "secondary",
        }
    }

    /// The status of a cell that is suppressed for this reason, in released tables.
    #[must_use]
    pub fn status(self) -> &'static str {
        match self {
            Self::Manual => "supprime_manuel",
            Self::Threshold => "supprime_seuil",
            Self::Dominance => "supprime_dominance",
            Self::PPercent => "supprime_p_pour_cent",
            Self::PQ => "supprime_p_q",
            Self::Zero => "supprime_zero",
            Self::Group | Self::Share | Self::Request => "supprime_groupe",
            Self::LeftOver | Self::Secondary => "supprime_secondaire",
        }
    }

    /// The rule of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word() == word)
    }

    /// The mark of a cell suppressed for this reason. For dominance, `contributors` is the n of the rule; it matters
    /// for no other.
    #[must_use]
    pub fn mark(self, contributors: u8) -> Mark {
        match self {
            Self::Threshold => Mark::A,
            Self::Dominance if contributors > 1 => Mark::C,
            Self::PPercent | Self::PQ => Mark::F,
            // What τ-ARGUS writes for zeros, requests and decisions by hand; the others are primary and no more a
            // matter of frequency than these.
            Self::Dominance | Self::Manual | Self::Request | Self::Zero | Self::Group | Self::Share => Mark::B,
            Self::LeftOver | Self::Secondary => Mark::D,
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The letter by which French official statistics mark the cells of a protected table: the statuses of τ-ARGUS's “SBS”
/// output, which Insee's package `rtauargus` reads and documents.
///
/// - τ-ARGUS 4.1 user's manual, §4.6.1 (Output | Save Table, “A SBS-format file”): A, B, C, D, V.
/// - `rtauargus`, vignette `rtauargus_fr`: the same five letters, with the same meanings. There is no letter Z in
///   either.
/// - `libtauargus`, `TauArgus.cpp`, `WriteSBSStaart`: F for cells unsafe under a p % or (p,q) rule, which the manual
///   leaves out; B also for cells unsafe by a request, by the zero rule or by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Primary, by frequency.
    A,
    /// Primary, dominated by one contributor; also any primary cell without a letter of its own.
    B,
    /// Primary, dominated by several contributors.
    C,
    /// Secondary.
    D,
    /// Primary, by the p % or the (p,q) rule.
    F,
    /// Valid: published.
    V,
}

impl Mark {
    /// The letter.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
            Self::F => 'F',
            Self::V => 'V',
        }
    }
}

#[cfg(test)]
mod tests;
