//! Rules on who contributes how much to a number: dominance, p %, (p,q).

use crate::config::spanned::Spanned;

use super::model::Aggregate;
use super::problem::Problem;
use super::raw::{At, Scalar};
use super::read::Reader;
use super::ready_raw::{RawDominance, RawPQ};
use super::ready_tables::Percentage;

/// Most contributors that a dominance rule looks at.
const MOST: u64 = 8;
/// 100 % in 10⁻⁹ of a percent.
const ALL: u64 = 100_000_000_000;
/// A thousand times as much as there is, in 10⁻⁹ of a percent: no percentage of a contribution need be larger.
const MOST_PERCENT: u64 = 1_000_000 * (ALL / 100);

const DOMINANCE: &str =
    "Write dominance = [{ n = 1, k = \"85\" }]: n from 1 to 8, k above 0 and below 100, no pair twice.";
const P_PERCENT: &str = "Write a percentage above 0, such as p_percent = \"10\".";
const P_Q: &str = "Write p_q = { p = \"10\", q = \"50\" } with 0 < p < q.";

/// Rules on concentration; none of them has to be there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Concentration {
    /// (n,k) dominance: n contributors, and k percent.
    pub dominance: Vec<(u8, Percentage)>,
    /// p %.
    pub p_percent: Option<Percentage>,
    /// (p,q).
    pub p_q: Option<(Percentage, Percentage)>,
}

impl Concentration {
    /// How many of the largest contributors the rules look at; 0 where there is none.
    #[must_use]
    pub fn needs(&self) -> u8 {
        let pairs = self.p_percent.is_some() || self.p_q.is_some();
        self.dominance.iter().map(|(n, _)| *n).max().unwrap_or(0).max(if pairs { 2 } else { 0 })
    }
}

impl Aggregate {
    /// The names of the rules that its cells are judged by. Their parameters stay with the sender: with them, the bounds of a
    /// suppressed number could be worked out.
    #[must_use]
    pub fn rules(&self) -> Vec<&'static str> {
        let Concentration { dominance, p_percent, p_q } = &self.concentration;
        let rules = [
            ("dominance", !dominance.is_empty()),
            ("p_percent", p_percent.is_some()),
            ("p_q", p_q.is_some()),
            ("holdings", self.holdings.is_some()),
        ];
        ["threshold"].into_iter().chain(rules.into_iter().filter(|(_, is)| *is).map(|(name, _)| name)).collect()
    }
}

impl Concentration {
    /// The rules with their parameters, in words.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let dominance = self.dominance.iter().map(|(n, k)| format!("dominance ({n}, {} %)", k.as_str()));
        let p_percent = self.p_percent.iter().map(|p| format!("p % with p = {}", p.as_str()));
        let p_q = self.p_q.iter().map(|(p, q)| format!("(p,q) with p = {}, q = {}", p.as_str(), q.as_str()));
        dominance.chain(p_percent).chain(p_q).collect()
    }
}

/// The rules as they are written.
pub(super) struct Written<'a> {
    pub dominance: &'a Option<Spanned<Vec<Spanned<RawDominance>>>>,
    pub p_percent: &'a At<Scalar>,
    pub p_q: &'a At<RawPQ>,
}

/// Reads the rules.
pub(super) fn concentration(reader: &mut Reader<'_>, written: &Written<'_>) -> Concentration {
    Concentration {
        dominance: written.dominance.as_ref().map_or_else(Vec::new, |list| dominance(reader, list)),
        p_percent: written.p_percent.as_ref().and_then(|p| p_percent(reader, p)),
        p_q: written.p_q.as_ref().and_then(|p_q| pair(reader, p_q)),
    }
}

/// A number of contributors that may be asked for: with two, each of them knows the other.
pub(super) fn least(reader: &mut Reader<'_>, written: &At<u64>, key: &'static str) -> Option<u64> {
    let written = written.as_ref()?;
    if *written.get_ref() < 2 {
        reader.report(written.span(), Problem::ThresholdTooLow { key });
    }
    Some(*written.get_ref())
}

fn p_percent(reader: &mut Reader<'_>, written: &Spanned<Scalar>) -> Option<Percentage> {
    let found = Percentage::new(written.get_ref()).filter(|found| (1..=MOST_PERCENT).contains(&found.billionths()));
    if found.is_none() {
        reader.report(written.span(), Problem::BadValue { key: "p_percent", expected: P_PERCENT });
    }
    found
}

fn dominance(reader: &mut Reader<'_>, list: &Spanned<Vec<Spanned<RawDominance>>>) -> Vec<(u8, Percentage)> {
    let mut found: Vec<(u8, Percentage)> = Vec::new();
    if list.get_ref().is_empty() {
        reader.report(list.span(), Problem::BadValue { key: "dominance", expected: DOMINANCE });
    }
    for rule in list.get_ref() {
        let RawDominance { n, k } = rule.get_ref();
        let n = n.as_ref().map(|n| *n.get_ref()).filter(|n| (1..=MOST).contains(n));
        let k = k.as_ref().and_then(|k| Percentage::new(k.get_ref()));
        let k = k.filter(|k| (1..ALL).contains(&k.billionths()));
        match n.and_then(|n| u8::try_from(n).ok()).zip(k) {
            Some((n, k)) if !found.iter().any(|(m, l)| (*m, l.billionths()) == (n, k.billionths())) => {
                found.push((n, k));
            }
            _ => reader.report(rule.span(), Problem::BadValue { key: "dominance", expected: DOMINANCE }),
        }
    }
    found
}

fn pair(reader: &mut Reader<'_>, written: &Spanned<RawPQ>) -> Option<(Percentage, Percentage)> {
    let RawPQ { p, q } = written.get_ref();
    let read = |one: &At<Scalar>| one.as_ref().and_then(|one| Percentage::new(one.get_ref()));
    let sound = |(p, q): &(Percentage, Percentage)| {
        0 < p.billionths() && p.billionths() < q.billionths() && q.billionths() <= MOST_PERCENT
    };
    let found = read(p).zip(read(q)).filter(sound);
    if found.is_none() {
        reader.report(written.span(), Problem::BadValue { key: "p_q", expected: P_Q });
    }
    found
}
