//! Top and bottom coding, and rounding. Hundepool et al., *Statistical disclosure control* (2012), §§ 3.2.3 and 3.4.3.

use super::effect::Effect;
use super::{Words, below};

/// What a value beyond a limit becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// The limit.
    Limit,
    /// The mean of all values beyond that limit, rounded: sums stay as they are but for rounding.
    Mean,
}

/// Limits; `None` for an open end. Values at a limit stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ends {
    /// Lowest value that stays.
    pub bottom: Option<i64>,
    /// Highest value that stays.
    pub top: Option<i64>,
}

/// What came out of top and bottom coding.
#[derive(Debug, Clone, PartialEq)]
pub struct Coded {
    /// The new values.
    pub values: Vec<i64>,
    /// Records below the lower limit.
    pub low: u64,
    /// Records above the upper limit.
    pub high: u64,
    /// The effect.
    pub effect: Effect,
}

/// Top and bottom coding.
pub fn cap(values: &[i64], ends: Ends, beyond: Beyond) -> Coded {
    let low = |value: i64| ends.bottom.is_some_and(|bottom| value < bottom);
    let high = |value: i64| ends.top.is_some_and(|top| value > top);
    let some = |which: &dyn Fn(i64) -> bool| values.iter().copied().filter(|&value| which(value)).collect::<Vec<i64>>();
    let (lows, highs) = (some(&low), some(&high));
    let becomes = |limit: Option<i64>, those: &[i64]| match beyond {
        Beyond::Limit => limit.unwrap_or(0),
        Beyond::Mean => mean(those),
    };
    let (bottom, top) = (becomes(ends.bottom, &lows), becomes(ends.top, &highs));
    let code = |&value: &i64| {
        if low(value) {
            bottom
        } else if high(value) {
            top
        } else {
            value
        }
    };
    let coded: Vec<i64> = values.iter().map(code).collect();
    let effect = Effect::of(values, &coded);
    Coded { values: coded, low: lows.len() as u64, high: highs.len() as u64, effect }
}

/// The widest limits at which at least so many records are at or beyond each: with [`Beyond::Limit`] nobody at an end
/// stands among fewer. `None` for an end if there are fewer records.
pub fn limits(values: &[i64], least: usize) -> Ends {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let at = least.max(1) - 1;
    Ends { bottom: sorted.get(at).copied(), top: sorted.len().checked_sub(at + 1).map(|at| sorted[at]) }
}

/// Rounds to multiples of `base`, halves away from zero. A base of 0 counts as 1; values near the ends of 64 bits stay within.
pub fn round(values: &[i64], base: u32) -> (Vec<i64>, Effect) {
    let base = i128::from(base.max(1));
    let to = |&value: &i64| {
        let value = i128::from(value);
        narrow(value.signum() * ((2 * value.abs() + base) / (2 * base)) * base)
    };
    let rounded: Vec<i64> = values.iter().map(to).collect();
    let effect = Effect::of(values, &rounded);
    (rounded, effect)
}

/// Rounds to one of the two neighbouring multiples of `base`, up with a probability of remainder over base, so that the
/// expected value stays as it is. `records` has a digest per value; draw 0 is used.
pub fn round_at_random(values: &[i64], base: u32, records: &[u64], words: &impl Words) -> (Vec<i64>, Effect) {
    let wide = i128::from(base.max(1));
    let to = |(&value, &record): (&i64, &u64)| {
        let rest = i128::from(value).rem_euclid(wide);
        let up = i128::from(below(words.word(record, 0), wide as u64)) < rest;
        narrow(i128::from(value) - rest + if up { wide } else { 0 })
    };
    let rounded: Vec<i64> = values.iter().zip(records).map(to).collect();
    let effect = Effect::of(values, &rounded);
    (rounded, effect)
}

/// The mean, rounded half away from zero; 0 of nothing.
pub(super) fn mean(values: &[i64]) -> i64 {
    let (sum, count) = (values.iter().map(|&value| i128::from(value)).sum::<i128>(), values.len().max(1) as i128);
    narrow(sum.signum() * ((2 * sum.abs() + count) / (2 * count)))
}

/// Into 64 bits, at their ends if need be.
pub(super) fn narrow(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}
