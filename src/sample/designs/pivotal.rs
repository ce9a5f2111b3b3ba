//! The pivotal method: units duel until each is in or out.

use super::sizes::Uncertain;
use super::{DesignError, Selection, Stream, UnitOrder};

/// Pivotal sampling of `n` units with probability proportional to size (Deville & Tillé 1998). Two undecided units
/// duel: as much of their joint probability as fits goes to one of them, so that one becomes 0 or 1, and the other
/// meets the next unit. In integers, so that the size is exactly `n` and each unit has exactly its probability.
/// `O(N)`, no retries.
///
/// With [`UnitOrder::Given`] it is the ordered pivotal method (Chauvet 2012, "On a characterization of ordered
/// pivotal sampling"): of the units between two multiples of the sampling interval exactly one is drawn, and
/// neighbours rarely meet in a sample. With [`UnitOrder::Random`] all pairs can be drawn, unless sizes forbid.
///
/// # Errors
/// As [`Proportional::new`](super::Proportional::new).
pub fn pivotal(sizes: &[u64], n: u64, order: UnitOrder, stream: &mut Stream) -> Result<Selection, DesignError> {
    let units = Uncertain::new(sizes, n)?;
    let mut contenders: Vec<(usize, u128)> = units.numerators().enumerate().collect();
    if order == UnitOrder::Random {
        stream.shuffle(&mut contenders);
    }
    Ok(units.selection(&winners(contenders, units.total(), stream)))
}

/// Lets the contenders meet in order. Probabilities are numerators over `one`; their sum is a multiple of it, so that
/// the last contender ends at 0 or `one` as well.
fn winners(contenders: Vec<(usize, u128)>, one: u128, stream: &mut Stream) -> Vec<usize> {
    let mut winners = Vec::new();
    let mut contenders = contenders.into_iter();
    let Some(mut held) = contenders.next() else { return winners };
    for next in contenders {
        if held.1 == 0 || held.1 == one {
            held = next;
            continue;
        }
        let both = held.1 + next.1;
        let left = if both > one {
            // One of them is in. `next` stays undecided with the rest as often as keeps both probabilities.
            let room = 2 * one - both;
            let (winner, other) =
                if stream.below_wide(room) < one - next.1 { (held.0, next.0) } else { (next.0, held.0) };
            winners.push(winner);
            (other, both - one)
        } else {
            let stays = if stream.below_wide(both) < next.1 { next.0 } else { held.0 };
            (stays, both)
        };
        held = left;
        if held.1 == one {
            winners.push(held.0);
        }
    }
    winners
}
