//! All samples of a small population, each with its probability: an unbiased estimator of a variance has the variance
//! as its mean. No chance is involved.

use super::*;

const VALUES: [f64; 8] = [3.0, 7.0, 1.0, 12.0, 5.0, 0.0, 9.0, 4.0];

/// All subsets of so many of the items.
fn subsets(items: &[u32], size: usize) -> Vec<Vec<u32>> {
    let masks = 0_u32..1 << items.len();
    let subset = |mask: u32| items.iter().enumerate().filter(move |(at, _)| mask >> at & 1 == 1).map(|(_, &item)| item);
    masks.filter(|mask| mask.count_ones() as usize == size).map(|mask| subset(mask).collect()).collect()
}

/// One of each list, in all combinations.
fn combine(lists: &[Vec<Vec<u32>>]) -> Vec<Vec<u32>> {
    lists.iter().fold(vec![vec![]], |all, list| {
        all.iter().flat_map(|start| list.iter().map(move |end| [start.clone(), end.clone()].concat())).collect()
    })
}

/// Estimates of the total of the units that a domain picks, and their variances, with the probability of the sample.
#[derive(Default)]
struct Moments {
    probability: f64,
    mean: f64,
    square: f64,
    variance: f64,
}

impl Moments {
    fn add(&mut self, probability: f64, sample: &Sample, drawn: &[u32]) {
        let domain: Vec<Entry> = (0..)
            .zip(drawn)
            .filter(|(_, number)| **number != 6)
            .map(|(unit, &number)| Entry { unit, y: VALUES[number as usize], x: 1.0 })
            .collect();
        let estimate = sample.total(&domain).unwrap();
        self.probability += probability;
        self.mean += probability * estimate.value;
        self.square += probability * estimate.value * estimate.value;
        self.variance += probability * estimate.variance;
    }

    /// The mean of the estimates is the total of the domain, that of the variances their variance.
    fn assert_unbiased(&self, population: u32) {
        let total: f64 = (0..population).filter(|&number| number != 6).map(|number| VALUES[number as usize]).sum();
        assert_close("probability", self.probability, 1.0);
        assert_close("total", self.mean, total);
        assert_close("variance", self.variance, self.square - total * total);
    }
}

#[test]
fn strata_without_replacement() {
    let mut moments = Moments::default();
    let samples = combine(&[subsets(&[0, 1, 2, 3], 2), subsets(&[4, 5, 6], 2), subsets(&[7], 1)]);
    for drawn in &samples {
        let unit = |&number: &u32| match number {
            0..4 => Unit::single(0, number, 0.5),
            4..7 => Unit::single(1, number, 2.0 / 3.0),
            _ => Unit::single(2, number, 1.0),
        };
        let units: Vec<Unit> = drawn.iter().map(unit).collect();
        let sample = Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap();
        moments.add(1.0 / samples.len() as f64, &sample, drawn);
    }
    moments.assert_unbiased(8);
}

#[test]
fn poisson() {
    let mut moments = Moments::default();
    let chance = |number: u32| f64::from(number + 2) / 10.0;
    for size in 1..=8 {
        for drawn in subsets(&[0, 1, 2, 3, 4, 5, 6, 7], size) {
            let units: Vec<Unit> = drawn.iter().map(|&number| Unit::single(0, number, chance(number))).collect();
            let each = |number| if drawn.contains(&number) { chance(number) } else { 1.0 - chance(number) };
            let sample = Sample::new(&units, Formula::Independent, Lonely::Refuse).unwrap();
            moments.add((0..8).map(each).product(), &sample, &drawn);
        }
    }
    // The empty sample estimates zero.
    moments.probability += (0..8).map(|number| 1.0 - chance(number)).product::<f64>();
    moments.assert_unbiased(8);
}

#[test]
fn two_stages_of_clusters() {
    let mut moments = Moments::default();
    // Clusters of 3, 3 and 2; two are drawn, and two units of each
    let members = [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7]];
    for clusters in subsets(&[0, 1, 2], 2) {
        let lists: Vec<_> = clusters.iter().map(|&cluster| subsets(&members[cluster as usize], 2)).collect();
        let samples = combine(&lists);
        for drawn in &samples {
            let unit = |&number: &u32| {
                let cluster = number / 3;
                let (inclusion, within) = (2.0 / 3.0, 2.0 / members[cluster as usize].len() as f64);
                Unit { stratum: 0, cluster, inclusion, within, weight: 1.0 / (inclusion * within) }
            };
            let units: Vec<Unit> = drawn.iter().map(unit).collect();
            let sample = Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap();
            moments.add(1.0 / (3.0 * samples.len() as f64), &sample, drawn);
        }
    }
    moments.assert_unbiased(8);
}

#[test]
fn two_phases() {
    let mut moments = Moments::default();
    // First phase: three of each half; second phase: two of the odd and two of the even numbers, one where there is
    // one
    let first = [Phase { drawn: 3, of: 4 }; 2];
    let phases = combine(&[subsets(&[0, 1, 2, 3], 3), subsets(&[4, 5, 6, 7], 3)]);
    for large in &phases {
        let parity = |of: u32| large.iter().copied().filter(|number| number % 2 == of).collect::<Vec<_>>();
        let lists = [parity(0), parity(1)].map(|members| subsets(&members, members.len().min(2)));
        let second = [parity(0), parity(1)]
            .map(|members| Phase { drawn: members.len().min(2) as u64, of: members.len() as u64 });
        let samples = combine(&lists);
        for drawn in &samples {
            let units: Vec<(u32, u32)> = drawn.iter().map(|&number| (number / 4, number % 2)).collect();
            let sample = Sample::two_phase(&first, &second, &units, Lonely::Refuse).unwrap();
            moments.add(1.0 / (phases.len() * samples.len()) as f64, &sample, drawn);
        }
    }
    moments.assert_unbiased(8);
}
