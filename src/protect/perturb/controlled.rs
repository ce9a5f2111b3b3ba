//! Small count rounding: only inner cells under small published cells are rounded, and every total is added up again.
//!
//! Source: Ø. Langsrud and J. Heldal, *An Algorithm for Small Count Rounding of Tabular Data*, PSD 2018, and the R
//! package `SmallCountRounding`. Because the inner cells change and everything published is computed from them, all
//! tables stay additive and consistent, as if the records had been changed. The cells to be rounded up are chosen so
//! that the published cells move little; the choice is described in `greedy`.
//!
//! **Guarantee.** No published cell has a value from 1 to *b* − 1, and neither has an inner cell that is given away by
//! published cells one at a time. The rounding ends: as long as there is such a cell, an inner cell with such a value
//! is in it, which is then rounded to 0 or *b* and never again.
//!
//! **Not guaranteed.** An inner cell that is not published can keep a small value, and differences of several published
//! cells together can show it. Cells that follow from one sum with all other cells published are counted as published
//! by [`Published::of_system`].

mod deducible;
mod greedy;
mod published;

pub use published::Published;

/// Why counts are not rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlledError {
    /// A base under 2 or over 1000.
    #[error("the base of small count rounding is between 2 and 1000")]
    Base,
    /// The number of counts, or of words for ties, is not that of the inner cells.
    #[error("counts and inner cells differ in number")]
    Length,
    /// A published cell names an inner cell that is not there, or one twice.
    #[error("a published cell is not a set of inner cells")]
    Malformed,
    /// A total's relations lead to different inner cells, so that no inner counts add up to all of them.
    #[error("the sums of cell {cell} lead to different inner cells: the tables need a common finest one")]
    NoCommonFinest {
        /// The cell's number in the system.
        cell: u32,
    },
    /// A total is a part of itself.
    #[error("cell {cell} is a part of itself")]
    Circular {
        /// The cell's number in the system.
        cell: u32,
    },
    /// More cells, or larger sums, than are reckoned with.
    #[error("the tables are too large for small count rounding")]
    TooLarge,
}

/// Counts after small count rounding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rounded {
    /// The inner cells.
    pub inner: Vec<u64>,
    /// The published cells, added up from `inner`.
    pub published: Vec<u64>,
}

/// Rounds inner counts to 0 or `base` where published cells are small, and adds up.
///
/// `ties` has a word for each inner cell: of cells that are equally good the one with the smaller word, then the
/// smaller number, is rounded up. With keyed words ([`super::keyed`]) an attacker who runs the same algorithm cannot
/// tell which.
///
/// # Errors
/// [`ControlledError`] for a base out of range, counts that do not fit the cells, or sums that are too large.
pub fn round(counts: &[u64], published: &Published, base: u64, ties: &[u64]) -> Result<Rounded, ControlledError> {
    if !(2..=1000).contains(&base) {
        return Err(ControlledError::Base);
    }
    if counts.len() != published.inner() || ties.len() != counts.len() {
        return Err(ControlledError::Length);
    }
    let exact = published.sums(counts)?;
    let grand: u64 =
        counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)).ok_or(ControlledError::TooLarge)?;
    if grand.max(exact.iter().copied().max().unwrap_or(0)) > 1 << 60 {
        return Err(ControlledError::TooLarge);
    }
    let mut order: Vec<u32> = (0..counts.len() as u32).collect();
    order.sort_by_key(|cell| (ties[*cell as usize], *cell));
    let mut state = Rounded { inner: counts.to_vec(), published: exact.clone() };
    loop {
        let mut chosen = small_under(published, &state, base, &order);
        if chosen.is_empty() {
            let known = deducible::deducible(published, &state);
            let small = |inner: &u32| known[*inner as usize] && is_small(state.inner[*inner as usize], base);
            chosen = order.iter().copied().filter(small).collect();
        }
        if chosen.is_empty() {
            return Ok(state);
        }
        for some in chosen.chunks(greedy::MOST) {
            let lost = grand as i64 - state.inner.iter().sum::<u64>() as i64;
            let ups = greedy::choose(some, &state, &exact, published, base as i64, lost);
            for (inner, up) in some.iter().zip(ups) {
                state.set(published, *inner, if up { base } else { 0 });
            }
        }
    }
}

fn is_small(count: u64, base: u64) -> bool {
    0 < count && count < base
}

/// The small inner cells of small published cells, in order.
fn small_under(published: &Published, state: &Rounded, base: u64, order: &[u32]) -> Vec<u32> {
    let mut wanted = vec![false; published.inner()];
    for (cell, count) in state.published.iter().enumerate() {
        if is_small(*count, base) {
            published.members(cell).iter().for_each(|inner| wanted[*inner as usize] = true);
        }
    }
    let small = |inner: &u32| wanted[*inner as usize] && is_small(state.inner[*inner as usize], base);
    order.iter().copied().filter(small).collect()
}

impl Rounded {
    fn set(&mut self, published: &Published, inner: u32, count: u64) {
        let before = std::mem::replace(&mut self.inner[inner as usize], count);
        for cell in published.around(inner) {
            let sum = &mut self.published[*cell as usize];
            // The sum holds `before`, and is far from the end of 64 bits.
            *sum = *sum - before + count;
        }
    }
}

#[cfg(test)]
mod tests;
