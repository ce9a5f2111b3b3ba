//! Shares that tell no more than a count that is masked.

/// The finest step, in percent, that is at least `threshold` of `total` persons; `None` where they are too few to tell anything.
pub(super) fn step(total: u64, threshold: u64) -> Option<u64> {
    // Divisors of 100, so that shares can add up to it.
    [1, 2, 4, 5, 10, 20, 25]
        .into_iter()
        .find(|step| u128::from(total) * u128::from(*step) >= u128::from(threshold) * 100)
}

/// Shares in percent, multiples of `step`, that add up to 100: the largest remainders are rounded up, the first of equal ones.
/// `None` of nothing.
pub(super) fn shares(counts: &[u128], step: u64) -> Option<Vec<u64>> {
    let total: u128 = counts.iter().sum();
    let seats = u128::from(100 / step);
    if total == 0 {
        return None;
    }
    // Weights are large; what is lost of them here is far below a seat.
    let scale = (total >> 100) + 1;
    let (counts, total): (Vec<u128>, u128) = (counts.iter().map(|count| count / scale).collect(), total / scale);
    let mut given: Vec<u128> = counts.iter().map(|count| count * seats / total).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(counts[at] * seats % total), at));
    let left = seats - given.iter().sum::<u128>();
    order.iter().take(left as usize).for_each(|&at| given[at] += 1);
    Some(given.into_iter().map(|seats| seats as u64 * step).collect())
}

/// Half the sum of the differences: the share of persons who would have to change their value.
pub(super) fn distance(before: &[u64], after: &[u64]) -> u64 {
    before.iter().zip(after).map(|(before, after)| before.abs_diff(*after)).sum::<u64>() / 2
}

/// What was before, as somebody may know it who knows what left: that, and whole thresholds more or fewer.
pub(super) fn known(before: u64, after: u64, threshold: u64) -> u64 {
    let whole = |difference: u64| difference / threshold * threshold;
    match before.checked_sub(after) {
        Some(more) => after + whole(more),
        // Values that were changed may be more afterwards.
        None => after - whole(after - before),
    }
}

/// Which values have a line of their own: as many persons as the threshold have them, and one in a hundred. What the others are
/// together may be few: steps of shares hide that.
pub(super) fn listed(persons: &[u64], threshold: u64) -> Vec<bool> {
    let least = threshold.max(persons.iter().sum::<u64>().div_ceil(100));
    persons.iter().map(|persons| *persons >= least).collect()
}
