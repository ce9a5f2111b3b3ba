//! What somebody learns of counts from changed ones, before anything is written: limits of each number, tightened by all sums together.
//!
//! One sum at a time is looked at first (`narrow`). What that leaves of counts of few is then asked of linear programmes over all sums
//! at once (`audit`; Fischetti & Salazar-González 2001, section 2, with the limits as what an intruder knows beforehand).

use super::change::Counts;
use super::error::PerturbError;
use super::method::Method;
use crate::protect::perturb::narrow::narrow;
use crate::protect::tables::System;
use crate::protect::tables::audit::{Options, Problem, Span, intervals, spanned};

/// Most counts of few of which programmes are asked all that is possible, for the report.
const MOST: usize = 1_500;
/// Far less than 1: ends of intervals are this near to the whole numbers that they stand for.
pub(super) const CLOSE: f64 = 1e-6;

impl Counts {
    /// Between which limits each count lies by its published number alone; `None` where nothing is certain. A cell that no table
    /// shows has none.
    pub(super) fn limits(&self, method: &Method, published: &[Option<i64>]) -> Option<Vec<(u64, u64)>> {
        let number = |value: &Option<i64>| value.map(|value| u64::try_from(value).unwrap_or(0));
        let published: Vec<Option<u64>> = published.iter().map(number).collect();
        match method {
            Method::Controlled(base) => Some(self.of_controlled(*base, &published)),
            Method::Noise(_) => None,
            _ => {
                published.iter().map(|value| value.map_or(Some((0, u64::MAX)), |value| method.behind(value))).collect()
            }
        }
    }

    /// Limits of controlled rounding. Inner counts are changed only from 1 to *b* − 1, to 0 or *b*; whatever is published of totals is
    /// added up from them, and tells of a total no more than its inner counts do: so totals have no limits of their own. Under a total
    /// of 0 all inner counts became 0.
    fn of_controlled(&self, base: u64, published: &[Option<u64>]) -> Vec<(u64, u64)> {
        let mut is_total = vec![false; published.len()];
        self.sums.iter().for_each(|sum| is_total[sum.total as usize] = true);
        let mut nothing: Vec<bool> = published.iter().map(|value| *value == Some(0)).collect();
        let mut moved = true;
        while std::mem::take(&mut moved) {
            for sum in self.sums.iter().filter(|sum| !sum.parts.is_empty()) {
                if nothing[sum.total as usize] {
                    let parts = sum.parts.iter().map(|part| *part as usize);
                    parts.for_each(|part| moved |= !std::mem::replace(&mut nothing[part], true));
                }
            }
        }
        let of = |cell: usize| match published[cell] {
            _ if is_total[cell] => (0, u64::MAX),
            _ if nothing[cell] => (0, base - 1),
            Some(value) if value == base => (1, base),
            Some(value) => (value, value),
            None => (0, u64::MAX),
        };
        (0..published.len()).map(of).collect()
    }

    /// How many numbers, less one, stay possible for the count of few persons of which most is learnt; `None` where there is
    /// none, or the method bounds nothing. Few are those under the threshold; of controlled rounding, which shows larger inner counts
    /// as they are, those under the base.
    pub(super) fn narrowest(
        &self,
        method: &Method,
        limits: Option<&[(u64, u64)]>,
    ) -> Result<Option<u64>, PerturbError> {
        let Some(limits) = limits else { return Ok(None) };
        let mut bounds: Vec<(u64, u64)> = (0..limits.len()).map(|cell| self.known_of(cell, limits[cell])).collect();
        narrow(&mut bounds, &self.sums);
        let few = match method {
            Method::Controlled(base) => 1..self.threshold.min(*base),
            _ => 1..self.threshold,
        };
        let is_unsafe =
            |cell: &usize| few.contains(&self.counts[*cell]) || few.contains(&(self.counts[*cell] - self.seen[*cell]));
        let judged = (0..bounds.len()).filter(|cell| self.shown[*cell] && !self.known[*cell]).filter(is_unsafe);
        let judged: Vec<usize> = judged.collect();
        self.by_programmes(&mut bounds, &judged)?;
        let widths: Vec<u64> = judged.iter().map(|cell| bounds[*cell].1 - bounds[*cell].0).collect();
        match widths.iter().filter(|width| **width == 0).count() {
            0 => Ok(widths.into_iter().min()),
            found => Err(PerturbError::Found { cells: found as u64 }),
        }
    }

    /// What is known of a count beside its sums: its size if everybody knows it, limits by its number and by earlier releases, and as
    /// many persons as rows show.
    fn known_of(&self, cell: usize, told: (u64, u64)) -> (u64, u64) {
        if self.known[cell] {
            return (self.counts[cell], self.counts[cell]);
        }
        let before = self.before.get(cell).copied().unwrap_or((0, u64::MAX));
        let both = (told.0.max(before.0), told.1.min(before.1));
        // A change that the method makes rarely contradicts what is known: that is believed.
        let (low, high) = if both.0 <= both.1 { both } else { before };
        let least = low.max(self.seen[cell]);
        (least, high.max(least))
    }

    /// Tightens the bounds of the judged counts to what programmes over all sums show to be possible; of many counts at once only
    /// whether two numbers are. What no table shows to be possible counts as impossible.
    fn by_programmes(&self, bounds: &mut [(u64, u64)], judged: &[usize]) -> Result<(), PerturbError> {
        let open: Vec<u32> =
            judged.iter().filter(|cell| bounds[**cell].0 < bounds[**cell].1).map(|cell| *cell as u32).collect();
        if open.is_empty() || self.sums.is_empty() {
            return Ok(());
        }
        let system = System::new(self.counts.len(), self.sums.iter().map(|sum| (sum.total, sum.parts.clone())))?;
        // Where a change that the method makes rarely has misled everybody, the truth stays possible all the same.
        let around = |(bound, count): (&(u64, u64), &u64)| (bound.0.min(*count), bound.1.max(*count));
        let limits: Vec<(u64, u64)> = bounds.iter().zip(&self.counts).map(around).collect();
        let high = |most: u64| if most == u64::MAX { f64::INFINITY } else { most as f64 };
        let told = limits.iter().map(|(low, high)| low == high).collect();
        let values = self.counts.iter().map(|count| *count as f64).collect();
        let (low, high) = limits.iter().map(|(least, most)| (*least as f64, high(*most))).unzip();
        let slack = self.sums.iter().map(|sum| !sum.adds_up).collect();
        let problem = Problem::new(&system, values, told)?.bounds(low, high)?.slack(slack)?;
        let reached: Vec<(f64, f64)> = if open.len() <= MOST {
            let found = intervals(&problem, &open, &Options::default())?;
            found.iter().map(|interval| (interval.reached_low, interval.reached_high)).collect()
        } else {
            let spans: Vec<Span> = open.iter().map(|cell| Span { cell: *cell, width: 1.0 }).collect();
            spanned(&problem, &spans, &Options::default())?
        };
        for (cell, (low, high)) in open.iter().zip(reached) {
            let bound = &mut bounds[*cell as usize];
            let low = if low > 0.0 { (low - CLOSE).ceil() as u64 } else { 0 };
            let high = if high.is_finite() { (high + CLOSE).floor() as u64 } else { u64::MAX };
            let both = (bound.0.max(low), bound.1.min(high));
            // Where what was told contradicts what is possible, the contradiction shows the count.
            *bound = if both.0 <= both.1 { both } else { (bound.0, bound.0) };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
