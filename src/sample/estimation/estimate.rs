use super::EstimationError;
use super::student::t_quantile;

/// An estimate of a total, a mean or a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its estimated variance, the part of unknown strata left out. In two phases the estimator, which is unbiased,
    /// may fall below zero.
    pub variance: f64,
    /// Its standard error; `None` where it is not known: some stratum has a single unit ([`unknown_strata`]), or the
    /// variance was estimated below zero.
    ///
    /// [`unknown_strata`]: Self::unknown_strata
    pub standard_error: Option<f64>,
    /// Degrees of freedom: clusters with units in the domain, less their strata.
    pub degrees: u64,
    /// Whether nothing in the domain was left to chance: every stratum, cluster and phase that it touches was taken
    /// whole. Never of a domain without sampled units, unless all was taken.
    pub certain: bool,
    /// Strata (at the second stage: clusters) with a single unit whose part of the variance is missing.
    pub unknown_strata: u32,
}

impl Estimate {
    /// Limits of the confidence interval of this level, between 0 and 1, by Student's distribution. `None` without a
    /// standard error or degrees of freedom, unless the estimate is certain.
    #[must_use]
    pub fn interval(&self, level: f64) -> Option<(f64, f64)> {
        let margin = if self.certain { 0.0 } else { self.quantile(level)? * self.standard_error? };
        Some((self.value - margin, self.value + margin))
    }

    fn quantile(&self, level: f64) -> Option<f64> {
        let known = level > 0.0 && level < 1.0;
        known.then(|| t_quantile(0.5 + level / 2.0, self.degrees as f64)).flatten()
    }
}

/// An estimate of a share, between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// The estimate.
    pub estimate: Estimate,
    /// Clusters of the domain, counted as so many of equal weight: *(Σ x)²/Σ x²* over their weighted denominators *x*
    /// (Kish 1965, § 11.7).
    pub effective: f64,
}

impl Share {
    /// Checks that the estimate is a share.
    pub(super) fn new(estimate: Estimate, effective: f64) -> Result<Self, EstimationError> {
        // The two sums of a ratio round apart.
        let value = match estimate.value {
            value if (-1e-12..0.0).contains(&value) => 0.0,
            value if value > 1.0 && value <= 1.0 + 1e-12 => 1.0,
            value => value,
        };
        if !(0.0..=1.0).contains(&value) {
            return Err(EstimationError::NotAShare);
        }
        Ok(Self { estimate: Estimate { value, ..estimate }, effective })
    }

    /// Limits of the confidence interval of this level, within 0 and 1: Student's interval of the logit *ln(p/(1 −
    /// p))*, whose standard error is that of *p* over *p (1 − p)*.
    ///
    /// At 0 and at 1 there is no logit, and the estimated error, zero, says nothing. There the limits are Clopper &
    /// Pearson's (1934), as Korn & Graubard 1998 ("Confidence intervals for proportions with small expected number of
    /// positive counts", Survey Methodology 24) use them, for the effective number of clusters: *(α/2)^(1/n)* from the
    /// end. A cluster counts once, since nothing shows how alike its units are; that is wide rather than narrow. A
    /// domain taken whole has no uncertainty.
    ///
    /// `None` without a standard error or, between 0 and 1, without degrees of freedom.
    #[must_use]
    pub fn interval(&self, level: f64) -> Option<(f64, f64)> {
        let Self { estimate, effective } = *self;
        let (p, error) = (estimate.value, estimate.standard_error?);
        if !(level > 0.0 && level < 1.0) {
            return None;
        }
        if estimate.certain {
            return Some((p, p));
        }
        let distance = 1.0 - (0.5 - level / 2.0).powf(1.0 / effective);
        if p <= 0.0 {
            return Some((0.0, distance));
        }
        if p >= 1.0 {
            return Some((1.0 - distance, 1.0));
        }
        let logit = (p / (1.0 - p)).ln();
        let margin = estimate.quantile(level)? * error / (p * (1.0 - p));
        let share =
            |logit: f64| if logit > 0.0 { 1.0 / (1.0 + (-logit).exp()) } else { logit.exp() / (1.0 + logit.exp()) };
        Some((share(logit - margin), share(logit + margin)))
    }
}
