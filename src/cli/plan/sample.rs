//! The draw in words. Terms of the field stand in both languages, as the arrêté writes them.

use super::page::{Page, list};
use super::rate;
use crate::config::{
    AllocationRule, CONFIDENCE, CalibrationMethod, Design, DrawKey, KnownTotals, OnDuplicate, OnEmptyStratum,
    OnMissingStratum, OnShortStratum, OnStratumConflict, Pipeline, Sample, SampleSize, SampleUnit, UnequalMethod,
};

/// The design, the frame, the weights and what they tell.
pub(super) fn sample(page: &mut Page, pipeline: &Pipeline) {
    let Some(sample) = &pipeline.sample else {
        page.paragraph("No sample is drawn: everyone who is not left out is released.");
        return;
    };
    let words = Words::of(sample);
    page.pair("design", &format!("{} ({})", words.name(), words.french()));
    page.pair("", &words.rule());
    page.pair("frame", &words.frame());
    words.policies(page);
    for stratum in &sample.named {
        page.pair("stratum", &words.stratum(stratum));
    }
    page.pair("memory", words.memory());
    page.pair("key", &words.key(pipeline));
    words.disclosure(page);
    words.calibration(page);
    page.pair("weights", words.weights());
    if pipeline.aggregates.iter().any(|table| table.estimates(Some(sample))) {
        page.pair("estimates", &format!("tables over the sample estimate the frame, by {}", sample.estimator()));
        page.pair("", &format!("standard errors (erreurs types): {}", sample.variance()));
        if sample.calibration.is_some() {
            page.pair("", "of residuals: values less their regression on the margins (technique des résidus)");
        }
        let level = CONFIDENCE * 100.0;
        page.pair(
            "",
            &format!("confidence intervals (intervalles de confiance) of {level} %; those of shares within 0 and 1"),
        );
        page.pair("", "no error is shown where a stratum or cluster that is not taken whole has a single drawn unit");
    }
}

struct Words<'a> {
    sample: &'a Sample,
    unit: &'static str,
}

impl<'a> Words<'a> {
    fn of(sample: &'a Sample) -> Self {
        let unit = match sample.unit {
            SampleUnit::Person => "person",
            SampleUnit::Record => "record",
        };
        Self { sample, unit }
    }

    fn name(&self) -> &'static str {
        match &self.sample.design {
            Design::Bernoulli { .. } => "Bernoulli sampling",
            Design::Stratified { .. } if self.sample.strata.is_empty() => "simple random sampling without replacement",
            Design::Stratified { .. } => "stratified sampling without replacement",
            Design::Allocated { .. } => "stratified sampling with an allocation",
            Design::Panel { .. } => "rotating panel by permanent random numbers",
            Design::Systematic { .. } => "systematic sampling",
            Design::Unequal { method, .. } => match method {
                UnequalMethod::Poisson => "Poisson sampling, probabilities proportional to size",
                UnequalMethod::SequentialPoisson => "sequential Poisson sampling (Ohlsson)",
                UnequalMethod::Pareto => "Pareto sampling (Rosén)",
                UnequalMethod::Systematic => "systematic sampling proportional to size",
                UnequalMethod::ConditionalPoisson => "conditional Poisson sampling (maximum entropy)",
                UnequalMethod::Sampford => "Sampford sampling",
                UnequalMethod::Pivotal => "pivotal sampling",
            },
            Design::Balanced { .. } => "balanced sampling, the cube method (Deville and Tillé)",
            Design::Clusters { within: None, .. } => "cluster sampling",
            Design::Clusters { within: Some(_), .. } => "two-stage sampling",
            Design::TwoPhase { .. } => "two-phase sampling",
        }
    }

    fn french(&self) -> &'static str {
        match &self.sample.design {
            Design::Bernoulli { .. } => "tirage de Bernoulli",
            Design::Stratified { .. } if self.sample.strata.is_empty() => "sondage aléatoire simple sans remise",
            Design::Stratified { .. } | Design::Allocated { .. } => "sondage stratifié sans remise",
            Design::Panel { .. } => "panel rotatif",
            Design::Systematic { .. } => "tirage systématique",
            Design::Unequal { method: UnequalMethod::Poisson, .. } => "tirage de Poisson",
            Design::Unequal { method: UnequalMethod::Systematic, .. } => "tirage systématique à probabilités inégales",
            Design::Unequal { .. } => "tirage de taille fixe à probabilités inégales",
            Design::Balanced { .. } => "tirage équilibré, méthode du cube",
            Design::Clusters { within: None, .. } => "sondage par grappes",
            Design::Clusters { within: Some(_), .. } => "sondage à deux degrés",
            Design::TwoPhase { .. } => "sondage en deux phases",
        }
    }

    fn size(&self, size: SampleSize, what: &str) -> String {
        match size {
            SampleSize::Rate(share) => format!("{} of the {what}s, rounded up", rate(share)),
            SampleSize::Size(0) => "the size that is written for each".to_owned(),
            SampleSize::Size(n) => format!("{n} {what}s"),
        }
    }

    /// `in each combination of a × b, `, or nothing where there is one stratum.
    fn each(&self) -> String {
        match self.sample.strata.as_slice() {
            [] => String::new(),
            strata => format!("in each combination of {}: ", strata.join(" × ")),
        }
    }

    fn rule(&self) -> String {
        let (each, unit) = (self.each(), self.unit);
        match &self.sample.design {
            Design::Bernoulli { rate: chance } => {
                format!("each {unit} alone, with a chance of {}; the size is not fixed", rate(*chance))
            }
            Design::Stratified { size, at_least } => {
                let least = match at_least {
                    0 => String::new(),
                    n => format!(", and at least {n} (all, where there are fewer)"),
                };
                format!("{each}{}{least}", self.size(*size, unit))
            }
            Design::Allocated { size, rule, at_least } => {
                let strata = self.sample.strata.join(" × ");
                let least = match at_least {
                    0 => String::new(),
                    n => format!(", at least {n} in each"),
                };
                format!("{size} {unit}s divided among the combinations of {strata}: {}{least}", allocation(rule))
            }
            Design::Panel { size, campaign, rotation } => format!(
                "{each}{}, those whose numbers come first after {campaign} × {} of all numbers; each campaign shifts by {}",
                self.size(*size, unit),
                rate(*rotation),
                rate(*rotation)
            ),
            Design::Systematic { size, order } => {
                format!("{each}{}, at equal distances in the order of {}", self.size(*size, unit), ordered(order))
            }
            Design::Unequal { method, size, proportional_to, order } => {
                let expected = if *method == UnequalMethod::Poisson { " expected" } else { "" };
                let order = if *method == UnequalMethod::Systematic {
                    format!(", in the order of {}", ordered(order))
                } else {
                    String::new()
                };
                let nominal = match method {
                    UnequalMethod::SequentialPoisson | UnequalMethod::Pareto => {
                        "; the probabilities are nominal: the design keeps them nearly"
                    }
                    _ => "",
                };
                format!(
                    "{each}{}{expected}, each with a chance proportional to {proportional_to}{order}; units so large that they \
                     must be drawn are{nominal}",
                    self.size(*size, unit)
                )
            }
            Design::Balanced { size, balance, proportional_to } => {
                let chance = match proportional_to {
                    None => "with equal chances".to_owned(),
                    Some(column) => format!("with chances proportional to {column}"),
                };
                let size = self.size(*size, unit);
                format!("{each}{size}, {chance}, such that they estimate the totals of {}", list(balance))
            }
            Design::Clusters { cluster, clusters, within } => {
                let drawn = self.size(*clusters, "cluster");
                match within {
                    None => format!(
                        "{each}{drawn} of {cluster}, with all their {unit}s; whoever lies in several counts by share"
                    ),
                    Some(within) => {
                        format!("{each}{drawn} of {cluster}, then in each {}", self.size(*within, unit))
                    }
                }
            }
            Design::TwoPhase { first, second_strata, second } => {
                let strata = if second_strata.is_empty() {
                    String::new()
                } else {
                    format!(" in each combination of {}", second_strata.join(" × "))
                };
                format!("{each}{}; of these,{strata} {}", self.size(*first, unit), self.size(*second, unit))
            }
        }
    }

    fn frame(&self) -> String {
        let policy = &self.sample.frame;
        if self.sample.unit == SampleUnit::Record {
            return "one row per record, after objections and exclusions".to_owned();
        }
        let several = match &policy.on_duplicate {
            OnDuplicate::Error => "a person with several records stops the run".to_owned(),
            OnDuplicate::CollapseIdentical => "records of one person count once and must agree".to_owned(),
            OnDuplicate::Latest(column) => format!("of several records the latest counts, by {column}"),
        };
        format!("one row per person, after objections and exclusions; {several}")
    }

    fn policies(&self, page: &mut Page) {
        let policy = &self.sample.frame;
        if !self.sample.strata.is_empty() {
            let conflict = match policy.on_stratum_conflict {
                OnStratumConflict::Error => "stops the run",
                OnStratumConflict::First => "counts in the first of its strata",
                OnStratumConflict::Exclude => "is left out",
            };
            if self.sample.unit == SampleUnit::Person {
                page.pair("", &format!("whoever has records in several strata {conflict}"));
            }
            let missing = match policy.on_missing_stratum {
                OnMissingStratum::Error => "stops the run",
                OnMissingStratum::OwnStratum => "counts in a stratum of its own",
                OnMissingStratum::Exclude => "is left out",
            };
            page.pair("", &format!("whoever has no stratum {missing}"));
        }
        let short = match policy.on_short_stratum {
            OnShortStratum::Error => "stops the run",
            OnShortStratum::TakeAll => "is taken whole",
            OnShortStratum::Redistribute => "is taken whole, and the others give what it lacks",
        };
        if self.has_sizes() {
            page.pair("", &format!("a stratum with fewer {}s than are to be drawn {short}", self.unit));
        }
        if !self.sample.named.is_empty() {
            let empty = match policy.on_empty_stratum {
                OnEmptyStratum::Error => "stops the run",
                OnEmptyStratum::ReportZero => "is told with size 0",
            };
            page.pair("", &format!("a named stratum without {}s {empty}", self.unit));
        }
    }

    /// Whether a stratum can be short of what is to be drawn.
    fn has_sizes(&self) -> bool {
        match &self.sample.design {
            Design::Stratified { size, .. }
            | Design::Panel { size, .. }
            | Design::Systematic { size, .. }
            | Design::Unequal { size, .. }
            | Design::Balanced { size, .. } => {
                let fixed = |size: &SampleSize| matches!(size, SampleSize::Size(_));
                fixed(size) || self.sample.named.iter().filter_map(|s| s.size.as_ref()).any(fixed)
            }
            _ => false,
        }
    }

    fn stratum(&self, stratum: &crate::config::NamedStratum) -> String {
        let values = self.sample.strata.iter().zip(&stratum.values);
        let values: Vec<String> =
            values.map(|(column, value)| format!("{column} = {}", value.as_deref().unwrap_or("(none)"))).collect();
        let mut what: Vec<String> = stratum.size.map(|size| self.size(size, self.unit)).into_iter().collect();
        let numbers = [
            ("spread", stratum.spread),
            ("mean", stratum.mean),
            ("cost", stratum.cost),
            ("importance", stratum.importance),
        ];
        what.extend(numbers.into_iter().filter_map(|(key, n)| n.map(|n| format!("{key} {n}"))));
        what.extend(stratum.at_least.map(|n| format!("at least {n}")));
        what.extend(stratum.at_most.map(|n| format!("at most {n}")));
        format!("{}: {}", values.join(", "), what.join(", "))
    }

    fn memory(&self) -> &'static str {
        if self.sample.design.holds_frame() {
            "the design looks at all units together: the frame is held in memory, 50 to 100 bytes a unit"
        } else {
            "grows with the sample and the strata, not with the frame"
        }
    }

    fn key(&self, pipeline: &Pipeline) -> String {
        let group = self.sample.coordination.as_deref().unwrap_or(&pipeline.name);
        match self.sample.key {
            DrawKey::Run => "of the run alone: the draw can be checked by nobody later, nor coordinated".to_owned(),
            DrawKey::Kept => format!(
                "derived from the kept root key for the coordination group {group}: `tamis sample replay` draws the same again. Two \
                 draws in one group are nested or overlap; give a draw that should be independent a group of its own"
            ),
        }
    }

    fn disclosure(&self, page: &mut Page) {
        let limits = &self.sample.disclosure;
        let otherwise = if limits.refuse { "stops the run" } else { "is told as a warning" };
        if let Some(most) = limits.max_fraction {
            page.pair("tells", &format!("a stratum of which more than {} is drawn {otherwise}", rate(most)));
        }
        if let Some(least) = limits.min_stratum {
            page.pair("tells", &format!("a stratum of fewer than {least} {}s {otherwise}", self.unit));
        }
        if limits.max_fraction.is_none() && limits.min_stratum.is_none() {
            page.pair(
                "tells",
                "weights tell how large the strata are, and a stratum that is taken whole tells who is in it",
            );
        }
    }

    fn calibration(&self, page: &mut Page) {
        let Some(calibration) = &self.sample.calibration else { return };
        let method = match calibration.method {
            CalibrationMethod::PostStratification => "post-stratification".to_owned(),
            CalibrationMethod::Raking => "raking ratio".to_owned(),
            CalibrationMethod::Linear => "linear".to_owned(),
            CalibrationMethod::Truncated(low, high) => format!("truncated linear, ratios from {low} to {high}"),
            CalibrationMethod::Logit(low, high) => format!("logit, ratios from {low} to {high}"),
        };
        let margin = |margin: &crate::config::Margin| match &margin.known {
            KnownTotals::Total(total) => format!("{} (total {total})", margin.column),
            KnownTotals::Counts(counts) => format!("{} ({} known counts)", margin.column, counts.len()),
            KnownTotals::Frame => format!("{} (as in the frame)", margin.column),
        };
        let margins: Vec<String> = calibration.margins.iter().map(margin).collect();
        page.pair("calibration", &format!("weights are fitted (calage sur marges), {method}: {}", list(&margins)));
    }

    fn weights(&self) -> &'static str {
        "the inverse of the inclusion probability; every released row bears both"
    }
}

fn allocation(rule: &AllocationRule) -> String {
    let spread = match rule.spread_of() {
        Some(column) => format!("the spread of {column}"),
        None => "the spread that is written".to_owned(),
    };
    match rule {
        AllocationRule::Equal => "the same number in each".to_owned(),
        AllocationRule::Proportional => "in proportion to their sizes".to_owned(),
        AllocationRule::Neyman { .. } => format!("by size and {spread} (Neyman)"),
        AllocationRule::Optimal { .. } => format!("by size, {spread} and cost (optimal)"),
        AllocationRule::Power { .. } => format!("by a power of the size and {spread} (Bankier)"),
    }
}

fn ordered(order: &[String]) -> String {
    if order.is_empty() { "the random numbers".to_owned() } else { order.join(", ") }
}
