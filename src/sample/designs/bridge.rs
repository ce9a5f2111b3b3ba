//! Independent trials tied to their number of successes: the engine of conditional Poisson and Sampford sampling.
//!
//! All recursions add and multiply positive numbers, so that nothing cancels. A partial number of successes is looked
//! at only near its mean: elsewhere its probability, given the total, is under 10⁻¹⁹, whatever the trials.

use super::{DesignError, Stream};

/// Steps allowed in one pass: a draw takes about ten seconds, finding parameters some ten times that.
const LIMIT: u64 = 4_000_000_000;

/// A trial: the probabilities of success and of failure, each to full precision.
#[derive(Clone, Copy)]
pub(super) struct Trial {
    pub(super) p: f64,
    pub(super) q: f64,
}

impl Trial {
    /// With these odds, `p / q`.
    pub(super) fn with_odds(odds: f64) -> Self {
        Self { p: odds / (1.0 + odds), q: 1.0 / (1.0 + odds) }
    }
}

/// Trials, of which `n` succeed.
pub(super) struct Bridge<'a> {
    trials: &'a [Trial],
    /// Fewest and most successes looked at among the first `k` trials, for `k` from 0 to all.
    window: Vec<(usize, usize)>,
    /// The forward row before every `stride`-th trial.
    kept: Vec<Row>,
    stride: usize,
    /// Probability of `n` successes.
    total: f64,
}

/// Probabilities of `low`, `low + 1`, … successes, between two zeros.
#[derive(Clone)]
struct Row {
    low: usize,
    padded: Vec<f64>,
}

impl Row {
    fn single(at: usize) -> Self {
        Self { low: at, padded: vec![0.0, 1.0, 0.0] }
    }

    fn at(&self, successes: usize) -> f64 {
        (successes + 1).checked_sub(self.low).and_then(|index| self.padded.get(index)).copied().unwrap_or(0.0)
    }

    /// Pairs of neighbouring entries, from an index of the padded row.
    fn pairs(&self, start: usize) -> impl Iterator<Item = (f64, f64)> {
        let from = self.padded.get(start..).unwrap_or_default();
        from.iter().zip(from.iter().skip(1)).map(|(&first, &second)| (first, second))
    }

    /// Successes so far, after one more trial: `q · row(j) + p · row(j − 1)`. Windows never move down as trials go
    /// up.
    fn forward(&self, Trial { p, q }: Trial, window: (usize, usize)) -> Self {
        let skip = window.0.saturating_sub(self.low);
        Self::padded(window, self.pairs(skip).map(|(before, same)| q * same + p * before))
    }

    /// Chance of completing to `n`, before one more trial: `q · row(j) + p · row(j + 1)`.
    fn backward(&self, Trial { p, q }: Trial, window: (usize, usize)) -> Self {
        Self::padded(window, self.onward(window.0).map(|(same, next)| q * same + p * next))
    }

    /// For `j = low, low + 1, …`: entries `j` and `j + 1`. `low` is at most one below the row's own.
    fn onward(&self, low: usize) -> impl Iterator<Item = (f64, f64)> {
        self.pairs((low + 1).saturating_sub(self.low))
    }

    fn padded((low, high): (usize, usize), entries: impl Iterator<Item = f64>) -> Self {
        let mut padded = Vec::with_capacity(high - low + 3);
        padded.push(0.0);
        padded.extend(entries.take(high - low + 1));
        padded.resize(high - low + 3, 0.0);
        Self { low, padded }
    }
}

impl<'a> Bridge<'a> {
    /// `n` successes among trials of these probabilities, each above 0 and under 1, with a sum near `n`.
    pub(super) fn new(trials: &'a [Trial], n: usize) -> Result<Self, DesignError> {
        let variance: f64 = trials.iter().map(|trial| trial.p * trial.q).sum();
        let reach = reach(variance);
        let cells = trials.len() as u64 * (2 * reach as u64 + 3).min(n as u64 + 1);
        if cells > LIMIT {
            return Err(DesignError::TooCostly { cells, limit: LIMIT });
        }
        let window = windows(trials, n, reach);
        let stride = trials.len().isqrt().max(1);
        let mut kept = Vec::with_capacity(trials.len() / stride + 1);
        let mut row = Row::single(0);
        for (k, (&trial, &window)) in trials.iter().zip(window.iter().skip(1)).enumerate() {
            let next = row.forward(trial, window);
            if k % stride == 0 {
                kept.push(row);
            }
            row = next;
        }
        let total = row.at(n);
        if total > 0.0 { Ok(Self { trials, window, kept, stride, total }) } else { Err(DesignError::Underflow) }
    }

    /// Goes from the last trial to the first: `visit(k, row before trial k, row after it, the trial)`.
    fn down(&self, mut visit: impl FnMut(usize, &Row, &Row, Trial)) {
        for (block, first) in self.kept.iter().enumerate().rev() {
            let start = block * self.stride;
            let trials: Vec<_> =
                self.trials.iter().zip(self.window.iter().skip(1)).skip(start).take(self.stride).collect();
            let mut rows = vec![first.clone()];
            for &(&trial, &window) in &trials {
                rows.extend(rows.last().map(|row| row.forward(trial, window)));
            }
            let steps = rows.iter().zip(rows.iter().skip(1)).zip(trials).enumerate();
            for (offset, ((before, after), (&trial, _))) in steps.rev() {
                visit(start + offset, before, after, trial);
            }
        }
    }

    /// Probability of success and of failure of every trial, given `n` successes.
    pub(super) fn odds(&self) -> Vec<(f64, f64)> {
        let n = self.window.last().map_or(0, |&(low, _)| low);
        let mut odds = vec![(0.0, 0.0); self.trials.len()];
        let mut completion = Row::single(n);
        let mut slots = odds.iter_mut().rev();
        self.down(|k, before, _, trial| {
            let (mut with, mut without) = (0.0, 0.0);
            let chances = before.padded.iter().skip(1);
            for (&chance, (same, next)) in chances.zip(completion.onward(before.low)) {
                with += chance * next;
                without += chance * same;
            }
            if let Some(slot) = slots.next() {
                *slot = (trial.p * with / self.total, trial.q * without / self.total);
            }
            completion = completion.backward(trial, self.window.get(k).copied().unwrap_or_default());
        });
        odds
    }

    /// Which trials succeed, drawn given `n` successes: one number of the stream for each trial that is not forced,
    /// from the last to the first. Positions ascending.
    pub(super) fn draw(&self, stream: &mut Stream) -> Vec<usize> {
        let mut left = self.window.last().map_or(0, |&(low, _)| low);
        let mut drawn = Vec::with_capacity(left);
        self.down(|k, before, after, trial| {
            if left == 0 {
                return;
            }
            // All that are left are needed.
            if left > k || stream.unit() * after.at(left) < trial.p * before.at(left - 1) {
                left -= 1;
                drawn.push(k);
            }
        });
        drawn.reverse();
        drawn
    }
}

/// Successes looked at on either side of the mean: `t ≥ 5 σ + 40`. To be `t` off after trials with a part `a` of the
/// variance `V`, and to come back with the rest, has by Bernstein's inequality, twice, a probability that is largest
/// at `a = V / 2`: `exp(−t² / (V/2 + t/3))`, under 10⁻²¹. Given the total, that is divided by its probability, about
/// `1 / √(2πV)`.
fn reach(variance: f64) -> usize {
    let mut off = 0_u32;
    while f64::from(off) * f64::from(off) < 25.0 * variance {
        off += 1;
    }
    off as usize + 40
}

fn windows(trials: &[Trial], n: usize, reach: usize) -> Vec<(usize, usize)> {
    let mut mean = 0.0;
    let mut windows = Vec::with_capacity(trials.len() + 1);
    for (k, p) in trials.iter().map(|trial| trial.p).chain([0.0]).enumerate() {
        let near = mean as usize;
        // With fewer successes than that, the trials that are left could not make up for it.
        let needed = (n + k).saturating_sub(trials.len());
        let low = near.saturating_sub(reach).max(needed);
        windows.push((low, (near + reach).min(n).min(k).max(low)));
        mean += p;
    }
    windows
}
