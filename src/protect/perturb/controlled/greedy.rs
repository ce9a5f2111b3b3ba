//! The choice of the cells that are rounded up.
//!
//! Of *m* inner cells to be rounded, as many go up as keep the grand total nearest to its exact value. The one is taken
//! next that brings the published cells nearest to their exact values, in the sum of squares; when there are enough,
//! the worst is given back and the best taken instead, as long as that helps. This is the forward and backward-forward
//! selection of Langsrud and Heldal (section 3), who measure a candidate by its covariance with what is missing;
//! measured here by the decrease of the sum of squares itself, which is the same order where all inner cells are in
//! equally many published ones. In whole numbers throughout.

use super::{Published, Rounded};

/// The most cells rounded in one go; more are rounded in turns, each making good what the last has moved. The work of
/// one go is this number squared times the number of large published cells.
pub(super) const MOST: usize = 2048;

/// Which of the `chosen` inner cells go up to `base`; `lost` is what the grand total has lost by earlier rounding.
pub(super) fn choose(
    chosen: &[u32],
    state: &Rounded,
    exact: &[u64],
    published: &Published,
    base: i64,
    lost: i64,
) -> Vec<bool> {
    let mass = chosen.iter().map(|inner| state.inner[*inner as usize] as i64).sum::<i64>() + lost;
    let ups = ((2 * mass + base).div_euclid(2 * base)).clamp(0, chosen.len() as i64) as usize;
    let mut selection = Selection::new(chosen, state, exact, published, base);
    for _ in 0..ups {
        selection.take();
    }
    if 0 < ups && ups < chosen.len() {
        // Each exchange shortens a sum of squares that is a whole number, so there is an end; the bound is one of time.
        for _ in 0..chosen.len() + 100 {
            if !selection.exchange() {
                break;
            }
        }
    }
    selection.up
}

/// Published cells with some but not all of the candidates, and what they lack.
struct Selection {
    base: i64,
    up: Vec<bool>,
    /// For each candidate, by how much the published cells around it are too small together.
    score: Vec<i64>,
    /// For each candidate, in how many published cells it is.
    cells: Vec<i64>,
    /// Published cells of a candidate, and candidates of a published cell.
    around: Vec<Vec<u32>>,
    members: Vec<Vec<u32>>,
}

impl Selection {
    fn new(chosen: &[u32], state: &Rounded, exact: &[u64], published: &Published, base: i64) -> Self {
        let mut pairs: Vec<(u32, u32)> = chosen
            .iter()
            .zip(0_u32..)
            .flat_map(|(inner, at)| published.around(*inner).iter().map(move |cell| (*cell, at)))
            .collect();
        pairs.sort_unstable();
        let mut selection = Self {
            base,
            up: vec![false; chosen.len()],
            score: vec![0; chosen.len()],
            cells: vec![0; chosen.len()],
            around: vec![Vec::new(); chosen.len()],
            members: Vec::new(),
        };
        for group in pairs.chunk_by(|a, b| a.0 == b.0) {
            let cell = group[0].0 as usize;
            // What the cell lacks when all candidates are zero. A cell that holds all of them tells nothing about which
            // to take.
            let held: i64 = group.iter().map(|(_, at)| state.inner[chosen[*at as usize] as usize] as i64).sum();
            let lacks = exact[cell] as i64 - state.published[cell] as i64 + held;
            if group.len() == chosen.len() {
                continue;
            }
            for (_, at) in group {
                selection.score[*at as usize] += lacks;
                selection.cells[*at as usize] += 1;
                selection.around[*at as usize].push(selection.members.len() as u32);
            }
            selection.members.push(group.iter().map(|(_, at)| *at).collect());
        }
        selection
    }

    /// By how much the sum of squares falls, over the base, when this candidate changes from 0 to base.
    fn gain(&self, at: usize) -> i64 {
        2 * self.score[at] - self.base * self.cells[at]
    }

    /// The same when it changes back.
    fn loss(&self, at: usize) -> i64 {
        2 * self.score[at] + self.base * self.cells[at]
    }

    /// The first of the best candidates that are down.
    fn best(&self) -> Option<usize> {
        (0..self.up.len()).filter(|at| !self.up[*at]).max_by_key(|at| (self.gain(*at), std::cmp::Reverse(*at)))
    }

    fn take(&mut self) {
        if let Some(at) = self.best() {
            self.turn(at);
        }
    }

    /// Gives back the worst candidate and takes the best instead, if that helps.
    fn exchange(&mut self) -> bool {
        let Some(back) = (0..self.up.len()).filter(|at| self.up[*at]).min_by_key(|at| (self.loss(*at), *at)) else {
            return false;
        };
        let costs = self.loss(back);
        self.turn(back);
        match self.best() {
            Some(at) if self.gain(at) > costs => {
                self.turn(at);
                true
            }
            _ => {
                self.turn(back);
                false
            }
        }
    }

    fn turn(&mut self, at: usize) {
        self.up[at] = !self.up[at];
        let by = if self.up[at] { -self.base } else { self.base };
        for cell in &self.around[at] {
            for other in &self.members[*cell as usize] {
                self.score[*other as usize] += by;
            }
        }
    }
}
