//! Independent trials tied to their number of successes: the engine of conditional Poisson and Sampford sampling.
//!
//! All recursions add and multiply positive numbers, so that nothing cancels. A partial number of successes is looked at
//! only near its mean: outside, its probability is under 10⁻²⁰, whatever the trials (Bernstein's inequality).

use super::{DesignError, Stream};

/// Steps allowed in one pass: a draw takes about ten seconds, finding parameters some ten times that.
const LIMIT: u64 = 4_000_000_000;

/// Trials with probabilities `p`, of which `n` succeed.
pub(super) struct Bridge<'a> {
    p: &'a [f64],
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

    /// Successes so far, after one more trial: `q · row(j) + p · row(j − 1)`. Windows never move down as trials go up.
    fn forward(&self, p: f64, window: (usize, usize)) -> Self {
        let (low, q) = (window.0, 1.0 - p);
        Self::padded(window, self.pairs(low.saturating_sub(self.low)).map(|(before, same)| q * same + p * before))
    }

    /// Chance of completing to `n`, before one more trial: `q · row(j) + p · row(j + 1)`.
    fn backward(&self, p: f64, window: (usize, usize)) -> Self {
        let q = 1.0 - p;
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
    pub(super) fn new(p: &'a [f64], n: usize) -> Result<Self, DesignError> {
        let variance: f64 = p.iter().map(|p| p * (1.0 - p)).sum();
        let reach = reach(variance);
        let cells = p.len() as u64 * (2 * reach as u64 + 3).min(n as u64 + 1);
        if cells > LIMIT {
            return Err(DesignError::TooCostly { cells, limit: LIMIT });
        }
        let window = windows(p, n, reach);
        let stride = p.len().isqrt().max(1);
        let mut kept = Vec::with_capacity(p.len() / stride + 1);
        let mut row = Row::single(0);
        for (k, (&p, &window)) in p.iter().zip(window.iter().skip(1)).enumerate() {
            let next = row.forward(p, window);
            if k % stride == 0 {
                kept.push(row);
            }
            row = next;
        }
        let total = row.at(n);
        if total > 0.0 { Ok(Self { p, window, kept, stride, total }) } else { Err(DesignError::Underflow) }
    }

    /// Goes from the last trial to the first: `visit(k, row before trial k, row after it, p)`.
    fn down(&self, mut visit: impl FnMut(usize, &Row, &Row, f64)) {
        for (block, first) in self.kept.iter().enumerate().rev() {
            let start = block * self.stride;
            let trials: Vec<_> = self.p.iter().zip(self.window.iter().skip(1)).skip(start).take(self.stride).collect();
            let mut rows = vec![first.clone()];
            for &(&p, &window) in &trials {
                rows.extend(rows.last().map(|row| row.forward(p, window)));
            }
            let steps = rows.iter().zip(rows.iter().skip(1)).zip(trials).enumerate();
            for (offset, ((before, after), (&p, _))) in steps.rev() {
                visit(start + offset, before, after, p);
            }
        }
    }

    /// Probability of success and of failure of every trial, given `n` successes.
    pub(super) fn odds(&self) -> Vec<(f64, f64)> {
        let n = self.window.last().map_or(0, |&(low, _)| low);
        let mut odds = vec![(0.0, 0.0); self.p.len()];
        let mut completion = Row::single(n);
        let mut slots = odds.iter_mut().rev();
        self.down(|k, before, _, p| {
            let (mut with, mut without) = (0.0, 0.0);
            let chances = before.padded.iter().skip(1);
            for (&chance, (same, next)) in chances.zip(completion.onward(before.low)) {
                with += chance * next;
                without += chance * same;
            }
            if let Some(slot) = slots.next() {
                *slot = (p * with / self.total, (1.0 - p) * without / self.total);
            }
            completion = completion.backward(p, self.window.get(k).copied().unwrap_or_default());
        });
        odds
    }

    /// Which trials succeed, drawn given `n` successes: one number of the stream for each trial that is not forced, from
    /// the last to the first. Positions ascending.
    pub(super) fn draw(&self, stream: &mut Stream) -> Vec<usize> {
        let mut left = self.window.last().map_or(0, |&(low, _)| low);
        let mut drawn = Vec::with_capacity(left);
        self.down(|k, before, after, p| {
            if left == 0 {
                return;
            }
            // All that are left are needed.
            if left > k || stream.unit() * after.at(left) < p * before.at(left - 1) {
                left -= 1;
                drawn.push(k);
            }
        });
        drawn.reverse();
        drawn
    }
}

/// Successes looked at on either side of the mean: `t ≥ 10 σ + 40`, so that `exp(−t² / 2(σ² + t/3))` is under 10⁻²⁰.
fn reach(variance: f64) -> usize {
    let mut tens = 0_u32;
    while f64::from(tens) * f64::from(tens) < 100.0 * variance {
        tens += 1;
    }
    tens as usize + 40
}

fn windows(p: &[f64], n: usize, reach: usize) -> Vec<(usize, usize)> {
    let trials = p.len();
    let mut mean = 0.0;
    let mut windows = Vec::with_capacity(p.len() + 1);
    for (k, p) in p.iter().chain(&[0.0]).enumerate() {
        let near = mean as usize;
        // With fewer successes than that, the trials that are left could not make up for it.
        let needed = (n + k).saturating_sub(trials);
        windows.push((near.saturating_sub(reach).max(needed), (near + reach).min(n).min(k)));
        mean += p;
    }
    windows
}
