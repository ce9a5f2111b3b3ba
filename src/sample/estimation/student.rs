//! Quantiles of Student's distribution.

use std::f64::consts::PI;

/// The *p*-quantile of Student's distribution with `degrees` degrees of freedom, to about 12 digits for *p* between
/// 10⁻¹² and 1 − 10⁻¹²; `None` unless 0 < *p* < 1 and `degrees` > 0.
///
/// The tail beyond *t* is half the regularised incomplete beta function *I_x(ν/2, ½)*, *x = ν/(ν + t²)* (Abramowitz &
/// Stegun 1964, 26.7.1). It is inverted by Newton's method inside a bracket.
#[must_use]
pub fn t_quantile(p: f64, degrees: f64) -> Option<f64> {
    if !(p > 0.0 && p < 1.0 && degrees > 0.0 && degrees.is_finite()) {
        return None;
    }
    Some(if p < 0.5 { -upper(p, degrees) } else { upper(1.0 - p, degrees) })
}

/// The point beyond which lies the share `tail`, at most one half.
fn upper(tail: f64, degrees: f64) -> f64 {
    if tail >= 0.5 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while tail_beyond(high, degrees) > tail && high < 1e150 {
        (low, high) = (high, high * 2.0);
    }
    let mut t = (low + high) / 2.0;
    for _ in 0..200 {
        let off = tail_beyond(t, degrees) - tail;
        if off > 0.0 {
            low = t;
        } else {
            high = t;
        }
        let newton = t + off / density(t, degrees);
        let next = if newton > low && newton < high { newton } else { (low + high) / 2.0 };
        if (next - t).abs() <= 1e-15 * t {
            return next;
        }
        t = next;
    }
    t
}

/// *Γ(a + ½)/Γ(a)*: its asymptotic series from 32 on, brought down by the recurrence of Γ. A difference of two
/// logarithms of Γ would lose the digits that they share.
fn gamma_ratio(a: f64) -> f64 {
    const SERIES: [f64; 8] = [
        1.0,
        -1.0 / 8.0,
        1.0 / 128.0,
        5.0 / 1024.0,
        -21.0 / 32768.0,
        -399.0 / 262_144.0,
        869.0 / 4_194_304.0,
        39325.0 / 33_554_432.0,
    ];
    let (mut at, mut factor) = (a, 1.0);
    while at < 32.0 {
        factor *= at / (at + 0.5);
        at += 1.0;
    }
    let b = 1.0 / at;
    factor * at.sqrt() * SERIES.iter().rev().fold(0.0, |sum, term| sum * b + term)
}

fn density(t: f64, degrees: f64) -> f64 {
    let power = (-(degrees + 1.0) / 2.0 * (t * t / degrees).ln_1p()).exp();
    gamma_ratio(degrees / 2.0) / (degrees * PI).sqrt() * power
}

/// The share beyond *t > 0*.
fn tail_beyond(t: f64, degrees: f64) -> f64 {
    let a = degrees / 2.0;
    let ratio = t * t / degrees;
    // x = 1/(1 + ratio), and 1 − x without cancellation
    let (x, rest) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
    // x^a (1 − x)^½ / B(a, ½), with B(a, ½) = √π Γ(a)/Γ(a + ½)
    let front = (-a * ratio.ln_1p()).exp() * rest.sqrt() * gamma_ratio(a) / PI.sqrt();
    if x < (a + 1.0) / (a + 2.5) {
        0.5 * front * fraction(a, 0.5, x) / a
    } else {
        0.5 * (1.0 - front * fraction(0.5, a, rest) / 0.5)
    }
}

/// The continued fraction of the incomplete beta function (Abramowitz & Stegun 1964, 26.5.8), by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let tiny = 1e-300;
    let guard = |value: f64| if value.abs() < tiny { tiny } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..100_000_u32 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / guard(1.0 + term * d);
            c = guard(1.0 + term / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}
