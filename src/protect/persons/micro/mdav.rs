//! Microaggregation: maximum distance to average vector. Domingo-Ferrer and Torra, *Ordinal, continuous and heterogeneous
//! k-anonymity through microaggregation*, Data Min. Knowl. Disc. 11 (2005), § 3 (MDAV-generic).

use super::coding::mean;
use super::effect::{Effect, moments};

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Microaggregated {
    /// Per column, per record: the mean of the record's group.
    pub columns: Vec<Vec<i64>>,
    /// The group of each record; groups have k to 2k − 1 records, unless there are fewer than k records at all.
    pub groups: Vec<u32>,
    /// Sum of squares within groups over the total sum of squares, on standardised columns: 0 nothing lost, 1 everything.
    pub lost: f64,
    /// Per column.
    pub effects: Vec<Effect>,
}

/// Groups records by numbers, all columns standardised, and puts the group's mean in the place of each value. `records` has
/// a digest per record: it decides between records with the same values, so that the order of the input does not matter.
/// Takes time in n² / k; tables of more than some ten thousand records are better cut by a column first. `None` if columns
/// and digests differ in length, or k is 0.
pub fn mdav(columns: &[Vec<i64>], records: &[u64], k: usize) -> Option<Microaggregated> {
    let n = records.len();
    if k == 0 || columns.iter().any(|column| column.len() != n) {
        return None;
    }
    // Canonical order: by values, then digests.
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&one, &two| {
        let values = columns.iter().map(|column| column[one].cmp(&column[two])).find(|order| order.is_ne());
        values.unwrap_or_else(|| records[one].cmp(&records[two]))
    });
    let scales: Vec<(f64, f64)> = columns
        .iter()
        .map(|column| {
            let (mean, variance) = moments(column);
            (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
        })
        .collect();
    let standard = |&record: &usize| -> Vec<f64> {
        columns.iter().zip(&scales).map(|(column, (mean, sd))| (column[record] as f64 - mean) / sd).collect()
    };
    let points: Vec<Vec<f64>> = order.iter().map(standard).collect();
    let sorted = partition(&points, k);
    let mut groups = vec![0; n];
    order.iter().zip(&sorted).for_each(|(&record, &group)| groups[record] = group);
    let count = sorted.iter().max().map_or(0, |&group| group as usize + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    order.iter().zip(&sorted).for_each(|(&record, &group)| members[group as usize].push(record));
    let mut made: Vec<Vec<i64>> = columns.to_vec();
    for group in &members {
        for (column, new) in columns.iter().zip(&mut made) {
            let values: Vec<i64> = group.iter().map(|&record| column[record]).collect();
            let centre = mean(&values);
            group.iter().for_each(|&record| new[record] = centre);
        }
    }
    let effects = columns.iter().zip(&made).map(|(before, after)| Effect::of(before, after)).collect();
    Some(Microaggregated { lost: lost(&points, &sorted, count), columns: made, groups, effects })
}

/// The groups of points that stand in canonical order; of equally distant ones the first is taken.
fn partition(points: &[Vec<f64>], k: usize) -> Vec<u32> {
    let mut group = vec![0; points.len()];
    let mut left: Vec<usize> = (0..points.len()).collect();
    let mut next = 0;
    while left.len() >= 2 * k {
        let far = farthest(points, &left, &centroid(points, &left));
        let twice = left.len() >= 3 * k;
        take_nearest(points, &mut left, far, k, next, &mut group);
        next += 1;
        if twice {
            let opposite = farthest(points, &left, &points[far]);
            take_nearest(points, &mut left, opposite, k, next, &mut group);
            next += 1;
        }
    }
    left.iter().for_each(|&point| group[point] = next);
    group
}

/// Σ (x − y)²
fn distance(one: &[f64], two: &[f64]) -> f64 {
    one.iter().zip(two).map(|(one, two)| (one - two) * (one - two)).sum()
}

/// The mean point.
fn centroid(points: &[Vec<f64>], some: &[usize]) -> Vec<f64> {
    let mut sum = vec![0.0; points.first().map_or(0, Vec::len)];
    some.iter().for_each(|&at| sum.iter_mut().zip(&points[at]).for_each(|(sum, value)| *sum += value));
    sum.iter().map(|sum| sum / some.len() as f64).collect()
}

/// The first of the points farthest from a place.
fn farthest(points: &[Vec<f64>], some: &[usize], from: &[f64]) -> usize {
    let mut best = (some[0], f64::NEG_INFINITY);
    for &at in some {
        let far = distance(&points[at], from);
        if far > best.1 {
            best = (at, far);
        }
    }
    best.0
}

/// Takes a point and the k − 1 nearest to it out of what is left, as one group.
fn take_nearest(points: &[Vec<f64>], left: &mut Vec<usize>, to: usize, k: usize, number: u32, group: &mut [u32]) {
    let mut near: Vec<(f64, usize)> = left.iter().map(|&at| (distance(&points[at], &points[to]), at)).collect();
    let order = |one: &(f64, usize), two: &(f64, usize)| {
        // The point itself comes first, before others in the same place.
        one.0.total_cmp(&two.0).then((one.1 != to).cmp(&(two.1 != to))).then(one.1.cmp(&two.1))
    };
    if k < near.len() {
        near.select_nth_unstable_by(k - 1, order);
        near.truncate(k);
    }
    near.iter().for_each(|&(_, at)| group[at] = number);
    let mut taken: Vec<usize> = near.iter().map(|&(_, at)| at).collect();
    taken.sort_unstable();
    left.retain(|at| taken.binary_search(at).is_err());
}

/// Within groups over total.
fn lost(points: &[Vec<f64>], group: &[u32], count: usize) -> f64 {
    let everyone: Vec<usize> = (0..points.len()).collect();
    if everyone.is_empty() {
        return 0.0;
    }
    let middle = centroid(points, &everyone);
    let total: f64 = points.iter().map(|point| distance(point, &middle)).sum();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    group.iter().enumerate().for_each(|(at, &group)| members[group as usize].push(at));
    let within: f64 = members
        .iter()
        .map(|members| {
            let middle = centroid(points, members);
            members.iter().map(|&at| distance(&points[at], &middle)).sum::<f64>()
        })
        .sum();
    if total > 0.0 { within / total } else { 0.0 }
}
