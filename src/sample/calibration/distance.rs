/// Bounds on weight ratios; 1 lies between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// *L*, below 1.
    pub lower: f64,
    /// *U*, above 1.
    pub upper: f64,
}

/// The distance between design weights and weights, by the ratio that it leads to as a function of *u = q xᵀλ*
/// (Deville & Särndal 1992, § 2, cases 1, 2, 6 and 7).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// *1 + u*: the generalised regression estimator. Always has a solution; weights may be negative.
    Linear,
    /// *exp u*: raking ratio. Weights stay positive, without an upper bound.
    Raking,
    /// *1 + u*, cut to the bounds.
    TruncatedLinear(Bounds),
    /// A logistic curve between the bounds, which it never reaches.
    Logit(Bounds),
}

/// A ratio and what goes with it, at one *u*.
pub(super) struct Point {
    /// *F(u)*, the ratio.
    pub ratio: f64,
    /// *F′(u)*.
    pub slope: f64,
    /// The integral of *F* from 0 to *u*.
    pub area: f64,
}

impl Method {
    pub(super) fn bounds(self) -> Option<Bounds> {
        match self {
            Self::Linear | Self::Raking => None,
            Self::TruncatedLinear(bounds) | Self::Logit(bounds) => Some(bounds),
        }
    }

    /// What ratios lie between.
    pub(super) fn limits(self) -> (f64, f64) {
        match self {
            Self::Linear => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Raking => (0.0, f64::INFINITY),
            Self::TruncatedLinear(Bounds { lower, upper }) | Self::Logit(Bounds { lower, upper }) => (lower, upper),
        }
    }

    /// Whether a ratio may equal a limit.
    pub(super) fn reaches_limits(self) -> bool {
        matches!(self, Self::TruncatedLinear(_))
    }

    pub(super) fn at(self, u: f64) -> Point {
        match self {
            Self::Linear => Point { ratio: 1.0 + u, slope: 1.0, area: u + u * u / 2.0 },
            Self::Raking => Point { ratio: u.exp(), slope: u.exp(), area: u.exp_m1() },
            Self::TruncatedLinear(Bounds { lower, upper }) => {
                let inside = u.max(lower - 1.0).min(upper - 1.0);
                let ratio = (1.0 + u).max(lower).min(upper);
                let slope = f64::from(u8::from(inside == u));
                Point { ratio, slope, area: inside + inside * inside / 2.0 + ratio * (u - inside) }
            }
            Self::Logit(bounds) => bounds.logit(u),
        }
    }
}

impl Bounds {
    /// *F = (L (U−1) + U (1−L) e) / ((U−1) + (1−L) e)*, *e = exp(A u)*, *A = (U−L) / ((1−L)(U−1))*. For positive *u*
    /// both sides are divided by *e*, so that nothing overflows.
    fn logit(self, u: f64) -> Point {
        let Self { lower, upper } = self;
        let (down, up) = (1.0 - lower, upper - 1.0);
        let rate = (upper - lower) / (down * up);
        let small = (-(rate * u).abs()).exp();
        let (of_lower, of_upper, large) = if u > 0.0 { (small, 1.0, rate * u) } else { (1.0, small, 0.0) };
        let weight = up * of_lower + down * of_upper;
        let ratio = (lower * up * of_lower + upper * down * of_upper) / weight;
        // (F − L)(U − F) A / (U − L), with the differences in closed form: near a bound they would cancel.
        let width = upper - lower;
        let slope = (width * of_lower / weight) * (width * of_upper / weight);
        let area = lower * u + down * up * (large + weight.ln() - (upper - lower).ln());
        Point { ratio, slope, area }
    }
}
