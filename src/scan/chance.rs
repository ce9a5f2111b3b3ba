//! Whether as many hits are to be expected by chance.
//!
//! A number of six digits is the number of some person wherever persons are many. With S stripped values and V distinct
//! values in a column, all of b bits, S·V/2ᵇ hits come by chance where both are spread evenly. Real numbers are not: they
//! are taken to crowd together twentyfold. Hits count as a leak where so many come by chance less than once in twenty
//! times, by the Poisson distribution.

/// How much denser real numbers lie than an even spread.
const CROWDING: f64 = 20.0;
/// Probability under which hits are no chance.
const LEVEL: f64 = 0.05;
/// From so many expected hits on the distribution is as good as its mean.
const MANY: f64 = 50.0;

/// Whether `hits` of `values` in a column, of `bits` each, tell that some of `stripped` values leaked.
pub(super) fn tells(hits: u64, values: u64, stripped: u64, bits: u8) -> bool {
    if hits == 0 {
        return false;
    }
    let space = 2f64.powi(i32::from(bits));
    let expected = CROWDING * stripped as f64 * values as f64 / space;
    // A column that is nothing but stripped values is a leak, unless those fill their space.
    if values >= 20 && hits * 10 >= values * 9 && stripped as f64 <= 0.3 * space {
        return true;
    }
    if expected > MANY { hits as f64 > 2.0 * expected } else { at_least(hits, expected) < LEVEL }
}

/// P(X ≥ hits) for a Poisson variable of that mean, which is at most [`MANY`].
fn at_least(hits: u64, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    let mut below = 0.0;
    // Beyond ten times the largest mean every further term is nought.
    for k in 0..hits.min(500) {
        below += term;
        term *= mean / (k + 1) as f64;
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_poisson_tail_is_that_of_the_tables() {
        // 1 − e⁻¹ and 1 − 2.5·e⁻¹
        assert!((at_least(1, 1.0) - 0.632_120_558_8).abs() < 1e-9);
        assert!((at_least(3, 1.0) - 0.080_301_397_1).abs() < 1e-9);
        assert!((at_least(0, 3.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_long_number_tells_and_one_short_number_among_many_persons_does_not() {
        let million = 1_000_000;
        // An RPPS of 11 digits, a number of 6
        assert!(tells(1, 1, million, 36));
        assert!(!tells(1, 1, million, 19));
        assert!(tells(1, 1, 500, 26), "eight digits among few persons");
        assert!(!tells(0, 10, million, 36));
    }

    #[test]
    fn a_column_of_nothing_but_stripped_numbers_tells_even_where_numbers_are_short() {
        let million = 1_000_000;
        assert!(tells(1000, 1000, million, 23), "seven digits");
        assert!(!tells(1000, 1000, million, 19), "six digits: every number is somebody's");
        assert!(!tells(100, 1000, million, 23));
    }
}
