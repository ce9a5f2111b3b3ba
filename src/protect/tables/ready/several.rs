//! Several patterns, of which the cheapest is taken.
//!
//! What elimination and widening suppress depends on the order in which cells come and on their prices. So small systems are protected
//! several times: once by elimination first, once by widening first, and then with other prices, drawn from a fixed sequence. How
//! often depends on the size of the system alone.

use super::Judged;
use crate::protect::tables::TableError;
use crate::protect::tables::audit::{self, Problem};
use crate::protect::tables::complement::{Complement, Measure, Role, Site, attainable};
use crate::protect::tables::layer::Hidden;
use crate::protect::tables::system::System;

/// Cells that are protected in all runs together, about; and most runs.
const CELLS: usize = 12_000;
const RUNS: usize = 24;

/// What is to be protected.
pub(super) struct Task<'a> {
    pub system: &'a System,
    pub sites: &'a [Site],
    pub measure: &'a Measure,
    pub lines: Judged<'a>,
}

/// From where a run starts.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// From the unsafe cells, by elimination.
    Elimination,
    /// From a pattern, to which is added what it lacks, and from which is taken what nobody needs.
    Pattern(&'a [u32]),
}

impl Task<'_> {
    /// The cheapest pattern of several.
    pub fn cheapest(&self) -> Result<Hidden, TableError> {
        let mut best = self.run(self.sites, Start::Elimination)?;
        let runs = (CELLS / self.sites.len().max(1)).min(RUNS);
        for run in 1..runs.max(1) {
            let sites = self.repriced(run, &best.hidden);
            let next = match run % 2 {
                1 => self.run(&sites, Start::Pattern(&self.widened(&sites)?))?,
                _ => self.run(&sites, Start::Elimination)?,
            };
            best = self.better(best, next);
        }
        Ok(best)
    }

    /// The pattern that leaves fewer cells unprotected; of two, the cheaper; of two of one cost, the first.
    pub fn better(&self, one: Hidden, two: Hidden) -> Hidden {
        let rank = |hidden: &Hidden| (hidden.unprotected.len() + hidden.known.len(), self.cost(&hidden.hidden));
        if rank(&two) < rank(&one) { two } else { one }
    }

    /// Costs of the safe cells that are suppressed.
    pub fn cost(&self, hidden: &[bool]) -> u64 {
        let safe = self.sites.iter().zip(hidden).filter(|(site, hidden)| **hidden && site.role == Role::Free);
        safe.fold(0, |sum, (site, _)| sum.saturating_add(site.cost))
    }

    /// Protects with these prices.
    pub fn run(&self, sites: &[Site], start: Start<'_>) -> Result<Hidden, TableError> {
        let pattern = match start {
            Start::Elimination => None,
            Start::Pattern(pattern) => Some(pattern),
        };
        let complement = Complement::with(self.system, sites.to_vec(), self.lines, None, pattern)?;
        complement.protect(std::slice::from_ref(self.measure))
    }

    /// What widening alone suppresses.
    fn widened(&self, sites: &[Site]) -> Result<Vec<u32>, TableError> {
        let demands = attainable(self.system, sites, self.measure)?.demands;
        let published = sites.iter().map(|site| matches!(site.role, Role::Free | Role::Known)).collect();
        let (low, high) = self.measure.bounds.iter().copied().unzip();
        let mut problem = Problem::new(self.system, self.measure.values.clone(), published)?.bounds(low, high)?;
        let costs: Vec<f64> = sites.iter().map(|site| site.cost as f64).collect();
        let may: Vec<bool> = sites.iter().map(|site| site.role == Role::Free).collect();
        let options = audit::Options::default();
        Ok(audit::protect_intervals(&mut problem, &demands, &costs, &may, &options, |_| Vec::new())?.suppressed)
    }

    /// Other prices for a run: the first has those of the cells, later ones from three quarters to five quarters of them, and less for
    /// what the best pattern so far suppresses, now and then.
    fn repriced(&self, run: usize, best: &[bool]) -> Vec<Site> {
        let price = |(at, (site, hidden)): (usize, (&Site, &bool))| {
            let drawn = mixed((run as u64) << 32 | at as u64) % 513;
            let part = if *hidden && run % 4 >= 2 { (drawn + 768) * 3 / 4 } else { drawn + 768 };
            let cost = if run == 1 { site.cost } else { (u128::from(site.cost) * u128::from(part) / 1024) as u64 };
            Site { cost: cost.max(u64::from(site.cost > 0)), ..*site }
        };
        self.sites.iter().zip(best).enumerate().map(price).collect()
    }
}

/// A fixed sequence that looks like chance: the finaliser of SplitMix64 (G. Steele et al., OOPSLA 2014, §3).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
