//! Several patterns, of which the cheapest is taken.
//!
//! What elimination and widening suppress depends on the order in which cells come and on their prices. So small systems are protected
//! several times: once by elimination first, once by widening first, and then with other prices, drawn from a fixed sequence. How
//! often depends on the size of the system alone.

use super::{Start, Task};
use crate::protect::tables::TableError;
use crate::protect::tables::audit::{self, Problem, Tables};
use crate::protect::tables::complement::{Lines, Role, Site, attainable, overlaps};
use crate::protect::tables::layer::Hidden;

impl<L: Lines + Copy> Task<'_, L> {
    /// The cheapest pattern of several.
    pub(super) fn cheapest(&self) -> Result<Hidden, TableError> {
        let mut best = self.run(self.sites, Start::Elimination)?;
        let demands = self.sites.iter().filter(|site| site.role == Role::Unsafe).count();
        let affordable = (self.effort.cells / self.sites.len().max(1)).min(self.effort.demands / demands.max(1));
        let runs = affordable.min(self.effort.runs);
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

    /// What widening alone suppresses.
    fn widened(&self, sites: &[Site]) -> Result<Vec<u32>, TableError> {
        let costs: Vec<f64> = sites.iter().map(|site| site.cost as f64).collect();
        let may: Vec<bool> = sites.iter().map(|site| site.role == Role::Free).collect();
        let mut suppressed = Vec::new();
        for measure in self.measures {
            let demands = attainable(self.system, sites, measure)?.demands;
            let published = sites.iter().map(|site| matches!(site.role, Role::Free | Role::Known)).collect();
            let (low, high) = measure.bounds.iter().copied().unzip();
            let problem = Problem::new(self.system, measure.values.clone(), published)?.bounds(low, high)?;
            let mut problem = problem.slack(overlaps(self.system, measure))?;
            let options = audit::Options::default();
            let mut tables = Tables::default();
            let found =
                audit::protect_intervals(&mut problem, &demands, &costs, &may, &options, &mut tables, |_| Vec::new())?;
            suppressed.extend(found.suppressed);
        }
        suppressed.sort_unstable();
        suppressed.dedup();
        Ok(suppressed)
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
