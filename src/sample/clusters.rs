//! Clusters by their hashed names, whole or in two stages.

use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};

use crate::config::SampleSize;
use crate::keys::Prn;

use super::designs::Inclusion;
use super::places::{Place, Places};
use super::plan::{Cut, SamplePlan, Taken};
use super::sizes::Sizes;
use super::{Chance, Chances, Listing, Probability, SampleError, StratumKey};

/// A cluster with its units.
struct Cluster {
    number: Prn,
    units: Vec<u32>,
}

/// Draws in each stratum of clusters those with the lowest numbers, and of each cluster all units or those with the lowest
/// numbers.
///
/// A unit in several clusters is in the sample if one of them is. Its weight is the mean of the weights of its clusters,
/// counting 0 for those that were not drawn (generalised weight share, Lavallée 2007, chapter 2: every link counts the
/// same), which leaves totals unbiased; its inclusion probability follows from those of the clusters.
pub(super) fn draw(
    listing: &Listing,
    count: SampleSize,
    within: Option<SampleSize>,
    sizes: &Sizes,
    chances: &dyn Chances,
) -> Result<SamplePlan, SampleError> {
    let strata = group(listing, chances)?;
    let mut links = vec![0u32; listing.len()];
    listing.links.iter().for_each(|(unit, ..)| links[*unit as usize] += 1);
    let without = links.iter().filter(|links| **links == 0).count() as u64;
    if without > 0 {
        return Err(SampleError::MissingCluster { units: without });
    }
    let several = links.iter().filter(|links| **links > 1).count() as u64;
    if within.is_some() && several > 0 {
        return Err(SampleError::SeveralClusters { units: several });
    }
    let mut found: BTreeMap<u32, Shared> = BTreeMap::new();
    for (stratum, clusters) in (0u32..).zip(strata.values()) {
        let (frame, taken) = (clusters.len() as u64, size_of(count, clusters.len() as u64));
        let part = taken as f64 / frame as f64;
        for (number, cluster) in (0u32..).zip(clusters.iter().take(taken as usize)) {
            if let Some(within) = within {
                let inside = cluster.units.len() as u64;
                let size = size_of(within, inside);
                let chance = Chance::of(Inclusion::of_product((taken, frame), (size, inside)));
                let place = Place {
                    stratum,
                    cluster: number,
                    inclusion: part,
                    within: size as f64 / inside as f64,
                    weight: chance.weight,
                };
                let drawn = cluster.units.iter().take(size as usize);
                found.extend(
                    drawn.map(|unit| (*unit, Shared { chance: Some(chance), weight: 0.0, places: vec![place] })),
                );
                continue;
            }
            let chance = Chance::of(Inclusion::of_counts(taken, frame));
            for unit in &cluster.units {
                let share = chance.weight / f64::from(links[*unit as usize]);
                let shared = found.entry(*unit).or_default();
                shared.places.push(Place { stratum, cluster: number, inclusion: part, within: 1.0, weight: share });
                shared.weight += share;
                shared.chance = (links[*unit as usize] == 1).then_some(chance);
            }
        }
    }
    let apart = Apart::new(&strata, count);
    let drawn = found.iter().map(|(unit, shared)| {
        let chance = shared.chance.unwrap_or_else(|| Chance {
            inclusion: Probability::Number(apart.inclusion(*unit)),
            design_weight: shared.weight,
            weight: shared.weight,
        });
        (listing.numbers[*unit as usize], chance)
    });
    let drawn: Vec<(Prn, Chance)> = drawn.collect();
    let taken = taken_of(listing, sizes, found.keys().copied());
    let places = found.into_iter().map(|(unit, shared)| (listing.numbers[unit as usize], shared.places));
    Ok(SamplePlan::listed(taken, drawn, Places::Clusters(places.collect())))
}

/// A unit that was found in a drawn cluster.
#[derive(Default)]
struct Shared {
    /// Its chance, where it is that of a single cluster.
    chance: Option<Chance>,
    /// Its weight share so far.
    weight: f64,
    /// Each of its drawn clusters.
    places: Vec<Place>,
}

fn size_of(size: SampleSize, frame: u64) -> u64 {
    match size {
        SampleSize::Rate(rate) => rate.ceil_of(frame),
        SampleSize::Size(units) => units.min(frame),
    }
}

/// The clusters of every stratum by their numbers, each with its units by theirs.
fn group(listing: &Listing, chances: &dyn Chances) -> Result<BTreeMap<Vec<u64>, Vec<Cluster>>, SampleError> {
    let mut clusters: BTreeMap<u64, (Vec<u64>, Vec<u32>)> = BTreeMap::new();
    let mut conflicts = BTreeSet::new();
    for (unit, cluster, stratum) in &listing.links {
        let (known, units) = clusters.entry(*cluster).or_insert_with(|| (stratum.clone(), Vec::new()));
        if known != stratum {
            conflicts.insert(*cluster);
        }
        units.push(*unit);
    }
    if !conflicts.is_empty() {
        return Err(SampleError::ClusterConflicts { clusters: conflicts.len() as u64 });
    }
    let mut strata: BTreeMap<Vec<u64>, Vec<Cluster>> = BTreeMap::new();
    for (cluster, (stratum, mut units)) in clusters {
        units.sort_unstable_by_key(|unit| listing.numbers[*unit as usize]);
        units.dedup();
        strata.entry(stratum).or_default().push(Cluster { number: chances.cluster(cluster), units });
    }
    strata.values_mut().for_each(|all| all.sort_unstable_by_key(|cluster| cluster.number));
    Ok(strata)
}

/// Frame and sample of every stratum of units.
fn taken_of(listing: &Listing, sizes: &Sizes, drawn: impl Iterator<Item = u32>) -> HashMap<StratumKey, Taken> {
    let taken = |frame: u64| Taken { frame, drawn: 0, cut: Cut::Nobody, overlap: None };
    let mut strata: HashMap<StratumKey, Taken> =
        sizes.strata.iter().map(|(key, part)| (key.clone(), taken(part.frame))).collect();
    for unit in drawn {
        if let Some(taken) = strata.get_mut(listing.strata.row(unit as usize)) {
            taken.drawn += 1;
        }
    }
    strata
}

/// In how many clusters of each stratum a unit lies.
struct Apart {
    /// Clusters and clusters drawn, by stratum.
    strata: Vec<(u64, u64)>,
    /// For each unit in several clusters, how many of each stratum.
    of_unit: HashMap<u32, BTreeMap<usize, u64>>,
}

impl Apart {
    fn new(strata: &BTreeMap<Vec<u64>, Vec<Cluster>>, count: SampleSize) -> Self {
        let mut of_unit: HashMap<u32, BTreeMap<usize, u64>> = HashMap::new();
        for (number, clusters) in strata.values().enumerate() {
            for unit in clusters.iter().flat_map(|cluster| &cluster.units) {
                *of_unit.entry(*unit).or_default().entry(number).or_insert(0) += 1;
            }
        }
        let strata = strata.values().map(|all| (all.len() as u64, size_of(count, all.len() as u64))).collect();
        Self { strata, of_unit }
    }

    /// `1 − Π C(M − L, m) / C(M, m)` over the strata in which the unit has `L` of `M` clusters, `m` being drawn: one minus the
    /// probability that none of its clusters is.
    fn inclusion(&self, unit: u32) -> f64 {
        let mut none = 1.0;
        for (stratum, links) in self.of_unit.get(&unit).into_iter().flatten() {
            let (all, drawn) = self.strata[*stratum];
            for link in 0..*links {
                // The link's cluster is not among the drawn, given that the earlier ones are not.
                let left = all - link;
                none *= (left.saturating_sub(drawn)) as f64 / left as f64;
            }
        }
        1.0 - none
    }
}
