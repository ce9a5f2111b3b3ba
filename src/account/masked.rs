//! Small counts, as in a release.

/// Counts of which those of few are masked, and with them as many others, the smallest first, as it takes that their sum tells
/// nobody anything: at least two are masked, of at least `least` together. Nothing is masked where no count is from 1 to `least` − 1.
#[must_use]
pub fn masked(counts: &[u64], least: u64) -> Vec<Option<u64>> {
    let small = |count: &u64| (1..least).contains(count);
    let mut hidden: Vec<bool> = counts.iter().map(small).collect();
    if !hidden.contains(&true) {
        return counts.iter().copied().map(Some).collect();
    }
    let mut others: Vec<usize> = (0..counts.len()).filter(|&at| !hidden[at] && counts[at] > 0).collect();
    others.sort_by_key(|&at| (counts[at], at));
    let mut others = others.into_iter();
    while hidden.iter().filter(|hidden| **hidden).count() < 2
        || counts.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(count, _)| count).sum::<u64>() < least
    {
        match others.next() {
            Some(at) => hidden[at] = true,
            None => break,
        }
    }
    counts.iter().zip(hidden).map(|(&count, hidden)| (!hidden).then_some(count)).collect()
}
