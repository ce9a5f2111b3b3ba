//! Functions of analysis that the standard library lacks, to about 13 digits.

/// ln Γ(x) for x > 0: Stirling's series from 10 on (Abramowitz and Stegun 6.1.41), below by the recurrence.
pub(super) fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series =
        1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)));
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series / x - f64::ln(product)
}

/// ψ(x), the derivative of ln Γ, for x > 0: Abramowitz and Stegun 6.3.18 from 10 on, below by the recurrence.
pub(super) fn digamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 10.0 {
        sum += 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let tail = 1.0 / 240.0 - square * (1.0 / 132.0 - square * 691.0 / 32760.0);
    let series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square * tail)));
    x.ln() - 0.5 / x - series - sum
}

/// A zero of a function between two points at which its signs differ, by halving; `None` if they do not.
pub(super) fn root(from: f64, to: f64, function: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut low, mut high) = (from, to);
    let (at_low, at_high) = (function(low), function(high));
    if !(at_low.is_finite() && at_high.is_finite()) || at_low.signum() == at_high.signum() {
        return None;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low.min(high) || middle >= low.max(high) {
            break;
        }
        if function(middle).signum() == at_low.signum() { low = middle } else { high = middle }
    }
    Some(f64::midpoint(low, high))
}
