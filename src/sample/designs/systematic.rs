//! Systematic sampling: one random start, then equal steps.

use super::{DesignError, Inclusion, Proportional, Selection, Stream};

/// Systematic sampling of `n` units with equal probability, in the order given (Madow & Madow 1944; fractional
/// interval as in Särndal, Swensson & Wretman 1992, section 3.4.2). In integers: unit `k` covers `[k n, (k + 1) n)`;
/// the start is drawn from `0…N − 1`, and the steps are `N`. Each unit has exactly `n / N`.
///
/// # Errors
/// [`DesignError::SampleTooLarge`] where there are fewer than `n` units.
pub fn systematic(units: u32, n: u32, stream: &mut Stream) -> Result<Selection, DesignError> {
    if n > units {
        return Err(DesignError::SampleTooLarge { asked: n.into(), positive: units.into() });
    }
    if n == 0 {
        return Ok(Selection { units: Vec::new(), inclusion: Vec::new() });
    }
    let start = stream.below(units.into());
    let drawn = (0..u64::from(n)).map(|step| ((start + step * u64::from(units)) / u64::from(n)) as u32).collect();
    Ok(Selection { units: drawn, inclusion: vec![Inclusion::new(n.into(), units.into()); n as usize] })
}

/// Systematic sampling of `n` units with probability proportional to size, in the order given (Madow 1949). The
/// certain units are taken; the sizes of the others are cumulated in integers, and the steps are a whole number of
/// shares. Each unit has exactly its probability; many pairs are never drawn together, so that the variance cannot be
/// estimated without bias.
///
/// # Errors
/// As [`Proportional::new`].
pub fn systematic_pps(sizes: &[u64], n: u64, stream: &mut Stream) -> Result<Selection, DesignError> {
    let shares = Proportional::new(sizes, n)?;
    // Certain units only: nothing is left to chance, and no word is used.
    let start = if shares.take() == 0 { 0 } else { stream.below_wide(shares.total()) };
    Ok(from_start(sizes, &shares, start))
}

/// The sample that goes with a start from `0` to the total size less 1.
pub(super) fn from_start(sizes: &[u64], shares: &Proportional, start: u128) -> Selection {
    let mut selection = Selection { units: Vec::new(), inclusion: Vec::new() };
    // How far the next point lies beyond what is cumulated.
    let mut ahead = start;
    for (unit, &size) in (0..).zip(sizes) {
        let share = shares.numerator(size);
        let drawn = shares.is_certain(size) || {
            let hit = ahead < share;
            // A share is less than the step, so no unit is hit twice.
            ahead = if hit { ahead + shares.total() - share } else { ahead - share };
            hit
        };
        if drawn {
            selection.units.push(unit);
            selection.inclusion.push(shares.inclusion(size));
        }
    }
    selection
}
