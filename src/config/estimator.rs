//! How tables over a sample estimate the frame, in the words of documents.

use serde_json::{Value, json};

use super::design::{Design, Sample, UnequalMethod};
use super::linked::Linked;
use super::model::{Aggregate, Over};

/// The level of the confidence intervals that stand beside estimates.
pub const CONFIDENCE: f64 = 0.95;

impl Aggregate {
    /// Whether the table estimates the frame from a sample, instead of counting.
    #[must_use]
    pub fn estimates(&self, sample: Option<&Sample>) -> bool {
        self.over == Over::Sample && sample.is_some()
    }

    /// Names of the columns beside an estimate: standard error, lower and upper limit.
    #[must_use]
    pub fn columns_beside(name: &str) -> [String; 3] {
        ["erreur_type", "ic_bas", "ic_haut"].map(|what| format!("{name}_{what}"))
    }

    /// The column beside a mean of changed numbers: how many persons with a value it was divided by.
    #[must_use]
    pub fn persons_beside(name: &str) -> String {
        format!("{name}_effectif")
    }
}

impl Linked {
    /// Whether its tables estimate the frame from a sample.
    #[must_use]
    pub fn estimates(&self, sample: Option<&Sample>) -> bool {
        self.over == Over::Sample && sample.is_some()
    }
}

impl Sample {
    /// What totals are estimated by.
    #[must_use]
    pub fn estimator(&self) -> &'static str {
        match (&self.design, &self.calibration) {
            (_, Some(_)) => "weights fitted to known margins (Deville and Särndal 1992)",
            (Design::Clusters { within: None, .. }, None) => {
                "the inverse of the clusters' inclusion probabilities, shared over a unit's clusters (Lavallée 2007)"
            }
            (_, None) => "the inverse of the inclusion probabilities (Horvitz and Thompson 1952)",
        }
    }

    /// What standard errors are computed by.
    #[must_use]
    pub fn variance(&self) -> &'static str {
        match &self.design {
            Design::Bernoulli { .. } | Design::Unequal { method: UnequalMethod::Poisson, .. } => {
                "units drawn independently: the size of the sample varies too"
            }
            Design::Stratified { .. } | Design::Allocated { .. } | Design::Panel { .. } => {
                "without replacement within strata"
            }
            Design::Systematic { .. } => {
                "without replacement within strata: an approximation, since no formula holds for equal distances"
            }
            Design::Unequal { .. } => {
                "unequal probabilities of fixed size within strata: an approximation (Hájek 1964, Deville 1993)"
            }
            Design::Balanced { .. } => {
                "residuals on the balancing variables: an approximation (Deville and Tillé 2005)"
            }
            Design::Clusters { within: None, .. } => "totals of whole clusters, without replacement within strata",
            Design::Clusters { within: Some(_), .. } => "two stages, without replacement at each",
            Design::TwoPhase { .. } => {
                "two phases, without replacement in each (Särndal, Swensson and Wretman 1992, chapter 9)"
            }
        }
    }

    /// How tables over the sample estimate, for manifests.
    #[must_use]
    pub fn estimation(&self) -> Value {
        json!({
            "estimator": self.estimator(),
            "variance": self.variance(),
            "residuals": self.calibration.is_some().then_some("values less their regression on the margins"),
            "confidence": CONFIDENCE,
            "interval": "Student's t; of shares by their logit, within 0 and 1; at 0 and 1 Clopper and Pearson's",
            "no_error": "empty where a stratum or cluster that is not taken whole has a single drawn unit",
        })
    }
}
