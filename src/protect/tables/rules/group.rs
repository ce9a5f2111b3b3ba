//! Group disclosure: what a line tells about everybody in it.

use std::collections::BTreeSet;

use super::{Protection, RuleError};

/// Distinct contributors of a line, at one of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GroupPart {
    /// With the attribute of this part.
    pub inside: u64,
    /// In the line, but outside the part. Where somebody can be in several parts it matters how this is counted, and
    /// both counts should be looked at where both are published: those who are in no way inside, where the line shows
    /// persons; those with anything outside, where it shows records.
    pub outside: u64,
}

impl GroupPart {
    /// The parts of a line of distinct persons, all of whom are counted in the total: outside a part is whoever is not
    /// in it.
    ///
    /// # Errors
    /// [`RuleError::Contradiction`] where a part exceeds the total, or the parts together fall short of it.
    pub fn of_line(total: u64, parts: &[u64]) -> Result<Vec<Self>, RuleError> {
        let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
        if sum < u128::from(total) {
            return Err(RuleError::Contradiction);
        }
        let part = |inside: &u64| total.checked_sub(*inside).map(|outside| Self { inside: *inside, outside });
        parts.iter().map(part).collect::<Option<_>>().ok_or(RuleError::Contradiction)
    }
}

/// Which parts of a line are sensitive, by their positions in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sensitive {
    /// Every one.
    Every,
    /// Only these.
    These(BTreeSet<usize>),
}

/// What is learnt about a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKind {
    /// All share the attribute: a full cell, all others are zero.
    All,
    /// All but so few that these, who know they are the exceptions, can tell it of everybody else.
    NearlyAll,
    /// Nobody has it.
    None,
}

/// An unsafe part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GroupFinding {
    /// Its position in the line.
    pub part: usize,
    /// What it tells.
    pub kind: GroupKind,
    /// How far it has to be protected, in contributors.
    pub protection: Protection,
}

/// When a line tells too much about everybody in it.
///
/// Somebody known to be in a group is disclosed without being picked out, where all of the group share an attribute, or
/// none has it (group attribute disclosure), and to each other where all but one do (“within-group disclosure”):
/// Hundepool et al. 2012, §5.2; τ-ARGUS 4.1 manual, §2.3, on “100 %-cells”. Whether that is a harm depends on the
/// attribute and on the direction, so both are chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    sensitive: Sensitive,
    all: Option<u64>,
    none: Option<u64>,
}

impl GroupRule {
    /// `all`: the contributors there must be outside a part where anybody is inside; 1 finds full cells, 2 also those
    /// full but for one who can subtract himself, and so on for so many who would pool what they know. `none`: the
    /// upper protection level of a part that nobody is in. `None` where that direction is harmless.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] for a 0, where neither direction matters, or where no part is sensitive.
    pub fn new(sensitive: Sensitive, all: Option<u64>, none: Option<u64>) -> Result<Self, RuleError> {
        let directions = || [all, none].into_iter().flatten();
        let nothing = matches!(&sensitive, Sensitive::These(parts) if parts.is_empty());
        let sound = !nothing && directions().count() > 0 && directions().all(|number| number > 0);
        if sound { Ok(Self { sensitive, all, none }) } else { Err(RuleError::Parameter) }
    }

    /// Judges one part of a line, at its position. A line without anybody tells nothing.
    ///
    /// The interval of a full cell of m contributors too few outside reaches down until there could be enough of them,
    /// but never below nobody; that of an empty one up to the level given for it.
    #[must_use]
    pub fn part(&self, at: usize, part: GroupPart) -> Option<GroupFinding> {
        let GroupPart { inside, outside } = part;
        let relevant = match &self.sensitive {
            Sensitive::Every => true,
            Sensitive::These(parts) => parts.contains(&at),
        };
        if !relevant {
            return None;
        }
        if inside == 0 {
            let level = self.none.filter(|_| outside > 0)?;
            return Some(GroupFinding {
                part: at,
                kind: GroupKind::None,
                protection: Protection::new(0, level.into()),
            });
        }
        let lacking = self.all?.checked_sub(outside).filter(|lacking| *lacking > 0)?;
        let kind = if outside == 0 { GroupKind::All } else { GroupKind::NearlyAll };
        Some(GroupFinding { part: at, kind, protection: Protection::new(lacking.min(inside).into(), 0) })
    }

    /// Judges all parts of a line.
    #[must_use]
    pub fn line(&self, parts: &[GroupPart]) -> Vec<GroupFinding> {
        parts.iter().enumerate().filter_map(|(at, part)| self.part(at, *part)).collect()
    }

    /// The empty parts of a line, by position, where somebody is in it and one of its parts is full or nearly so. These
    /// zeros give the full cell away as surely as its own value would: they must be free to be suppressed with it, and
    /// may not count as known zeros.
    #[must_use]
    pub fn telling_zeros(&self, parts: &[GroupPart]) -> Vec<usize> {
        let full = self.line(parts).iter().any(|finding| finding.kind != GroupKind::None);
        let empty = parts.iter().enumerate().filter(|(_, part)| full && part.inside == 0);
        empty.map(|(at, _)| at).collect()
    }
}

#[cfg(test)]
mod tests;
