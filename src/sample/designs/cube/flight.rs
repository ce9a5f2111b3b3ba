//! The flight: probabilities walk at random inside the cube, on the plane where the sample is balanced, to its
//! corners.

use super::kernel::kernel;
use super::{Stream, row};

/// Probabilities so near 0 or 1 are taken for it: far above the rounding of a walk, far below any effect.
const SNAP: f64 = 1e-10;

/// A walk.
pub(super) struct Flight {
    variables: usize,
    /// Where every unit of the frame is now, from 0 to 1.
    at: Vec<f64>,
    /// Units that are neither at 0 nor at 1, in the order in which they join the walk.
    open: Vec<usize>,
    /// Of every unit of the frame, `x / π`, each variable divided by its largest absolute value.
    expanded: Vec<f64>,
}

impl Flight {
    /// A walk that starts at the inclusion probabilities `pi`. `open`: the units with one above 0 and under 1.
    pub(super) fn new(x: &[f64], variables: usize, pi: &[f64], open: Vec<usize>) -> Self {
        let mut expanded = vec![0.0; pi.len() * variables];
        let mut largest = vec![0.0_f64; variables];
        for &unit in &open {
            let Some(pi) = pi.get(unit) else { continue };
            let slots = expanded.iter_mut().skip(unit * variables);
            for ((slot, x), largest) in slots.zip(row(x, variables, unit)).zip(&mut largest) {
                *slot = x / pi;
                *largest = largest.max(slot.abs());
            }
        }
        for (slot, largest) in expanded.iter_mut().zip(largest.iter().cycle()) {
            *slot = if *largest > 0.0 { *slot / largest } else { 0.0 };
        }
        Self { variables, at: pi.to_vec(), open, expanded }
    }

    /// Walks until no direction keeps the first `kept` variables in balance.
    pub(super) fn fly(&mut self, kept: usize, stream: &mut Stream) {
        let mut waiting = std::mem::take(&mut self.open).into_iter();
        let mut walking: Vec<usize> = waiting.by_ref().take(kept + 1).collect();
        while let Some(direction) = kernel(self.columns(&walking, kept), kept, walking.len()) {
            self.step(&walking, &direction, stream);
            walking.retain(|&unit| self.is_open(unit));
            let free = kept + 1 - walking.len();
            walking.extend(waiting.by_ref().take(free));
        }
        self.open = walking;
    }

    /// The balancing conditions: one row for each kept variable, one column for each walking unit.
    fn columns(&self, walking: &[usize], kept: usize) -> Vec<f64> {
        let mut matrix = Vec::with_capacity(kept * walking.len());
        for variable in 0..kept {
            let entry = |&unit: &usize| self.expanded.get(unit * self.variables + variable).copied().unwrap_or(0.0);
            matrix.extend(walking.iter().map(entry));
        }
        matrix
    }

    /// One step along the direction, forward or back, as far as the cube reaches. The nearer end is the likelier one,
    /// so that every probability stays what it is on average.
    fn step(&mut self, walking: &[usize], direction: &[f64], stream: &mut Stream) {
        // Room before unit `unit` leaves [0, 1], in the direction and against it.
        let room = |at: f64, by: f64| if by > 0.0 { ((1.0 - at) / by, at / by) } else { (-at / by, (at - 1.0) / by) };
        let (mut ahead, mut behind) = (f64::INFINITY, f64::INFINITY);
        for (at, &by) in self.places(walking).zip(direction).filter(|(_, by)| **by != 0.0) {
            let (forward, back) = room(at, by);
            ahead = ahead.min(forward);
            behind = behind.min(back);
        }
        let goes_ahead = stream.unit() * (ahead + behind) < behind;
        let length = if goes_ahead { ahead } else { -behind };
        for (&unit, &by) in walking.iter().zip(direction).filter(|(_, by)| **by != 0.0) {
            let Some(at) = self.at.get_mut(unit) else { continue };
            let (forward, back) = room(*at, by);
            // Whoever ends the step has reached its face, whatever rounding says.
            let reaches = if goes_ahead { forward <= ahead } else { back <= behind };
            let to = *at + length * by;
            let up = (by > 0.0) == goes_ahead;
            *at = match (reaches, up) {
                (true, true) => 1.0,
                (true, false) => 0.0,
                _ if to < SNAP => 0.0,
                _ if to > 1.0 - SNAP => 1.0,
                _ => to,
            };
        }
    }

    fn places(&self, units: &[usize]) -> impl Iterator<Item = f64> {
        units.iter().map(|&unit| self.at.get(unit).copied().unwrap_or(0.0))
    }

    fn is_open(&self, unit: usize) -> bool {
        self.at.get(unit).is_some_and(|at| 0.0 < *at && *at < 1.0)
    }

    /// Units not yet decided.
    pub(super) fn undecided(&self) -> usize {
        self.open.len()
    }

    /// Whether each unit of the frame is drawn. Nobody is undecided after a walk that keeps no variable.
    pub(super) fn drawn(&self) -> Vec<bool> {
        self.at.iter().map(|at| *at == 1.0).collect()
    }
}
