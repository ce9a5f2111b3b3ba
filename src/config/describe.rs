//! The sample in the words of the pipeline file, for programs, manifests and logs.

use serde_json::{Value, json};

use super::design::{
    AllocationRule, CalibrationMethod, Design, Disclosure, DrawKey, KnownTotals, NamedStratum, OnDuplicate,
    OnEmptyStratum, OnMissingStratum, OnShortStratum, OnStratumConflict, Power, Sample, SampleSize, SampleUnit,
};
use super::limits::Rate;

impl Sample {
    /// The rule of the draw, with every default written out; nothing of the data.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut all = json!({
            "design": self.design.keyword(),
            "unit": match self.unit { SampleUnit::Person => "person", SampleUnit::Record => "record" },
            "strata": self.strata,
            "key": match self.key { DrawKey::Run => "run", DrawKey::Kept => "kept" },
        });
        self.design.describe(&mut all);
        let policy = &self.frame;
        put(&mut all, "coordination", self.coordination.as_ref().map(|group| json!(group)));
        put(
            &mut all,
            "on_duplicate",
            Some(json!(match &policy.on_duplicate {
                OnDuplicate::Error => "error",
                OnDuplicate::CollapseIdentical => "collapse_identical",
                OnDuplicate::Latest(_) => "latest",
            })),
        );
        if let OnDuplicate::Latest(column) = &policy.on_duplicate {
            put(&mut all, "latest_by", Some(json!(column)));
        }
        let words = [
            (
                "on_stratum_conflict",
                match policy.on_stratum_conflict {
                    OnStratumConflict::Error => "error",
                    OnStratumConflict::First => "first",
                    OnStratumConflict::Exclude => "exclude",
                },
            ),
            (
                "on_missing_stratum",
                match policy.on_missing_stratum {
                    OnMissingStratum::Error => "error",
                    OnMissingStratum::OwnStratum => "own_stratum",
                    OnMissingStratum::Exclude => "exclude",
                },
            ),
            (
                "on_short_stratum",
                match policy.on_short_stratum {
                    OnShortStratum::Error => "error",
                    OnShortStratum::TakeAll => "take_all",
                    OnShortStratum::Redistribute => "redistribute",
                },
            ),
            (
                "on_empty_stratum",
                match policy.on_empty_stratum {
                    OnEmptyStratum::Error => "error",
                    OnEmptyStratum::ReportZero => "report_zero",
                },
            ),
        ];
        words.into_iter().for_each(|(key, word)| put(&mut all, key, Some(json!(word))));
        let Disclosure { max_fraction, min_stratum, refuse } = self.disclosure;
        if max_fraction.is_some() || min_stratum.is_some() {
            let otherwise = if refuse { "refuse" } else { "warn" };
            let limits = json!({
                "max_fraction": max_fraction.map(rate), "min_stratum": min_stratum, "otherwise": otherwise,
            });
            put(&mut all, "disclosure", Some(limits));
        }
        if !self.named.is_empty() {
            put(&mut all, "stratum", Some(self.named.iter().map(|stratum| self.named(stratum)).collect()));
        }
        if let Some(calibration) = &self.calibration {
            let bounds = match calibration.method {
                CalibrationMethod::Truncated(low, high) | CalibrationMethod::Logit(low, high) => Some([low, high]),
                _ => None,
            };
            let margin = |margin: &super::design::Margin| match &margin.known {
                KnownTotals::Total(total) => json!({ "column": margin.column, "total": total }),
                KnownTotals::Counts(counts) => {
                    let counts: serde_json::Map<String, Value> =
                        counts.iter().map(|(value, units)| (value.clone(), json!(units))).collect();
                    json!({ "column": margin.column, "counts": counts })
                }
                KnownTotals::Frame => json!({ "column": margin.column }),
            };
            let margins: Vec<Value> = calibration.margins.iter().map(margin).collect();
            let calibrate = json!({ "method": calibration.method.keyword(), "bounds": bounds, "margin": margins });
            put(&mut all, "calibrate", Some(calibrate));
        }
        all
    }

    fn named(&self, stratum: &NamedStratum) -> Value {
        let values: serde_json::Map<String, Value> =
            self.strata.iter().cloned().zip(stratum.values.iter().map(|value| json!(value))).collect();
        let mut all = json!({ "where": values });
        if let Some(size) = stratum.size {
            put_size(&mut all, size);
        }
        let numbers = [
            ("spread", stratum.spread),
            ("mean", stratum.mean),
            ("cost", stratum.cost),
            ("importance", stratum.importance),
        ];
        numbers.into_iter().for_each(|(key, number)| put(&mut all, key, number.map(|n| json!(n))));
        put(&mut all, "at_least", stratum.at_least.map(|n| json!(n)));
        put(&mut all, "at_most", stratum.at_most.map(|n| json!(n)));
        all
    }
}

impl Design {
    fn describe(&self, all: &mut Value) {
        match self {
            Self::Bernoulli { rate: chance } => put(all, "rate", Some(json!(rate(*chance)))),
            Self::Stratified { size, at_least } => {
                put_size(all, *size);
                put(all, "at_least", Some(json!(at_least)));
            }
            Self::Allocated { size, rule, at_least } => {
                put(all, "size", Some(json!(size)));
                put(all, "at_least", Some(json!(at_least)));
                put(all, "allocation", Some(json!(rule.keyword())));
                put(all, "of", rule.spread_of().map(|column| json!(column)));
                if let AllocationRule::Power { power, .. } = rule {
                    put(all, "power", Some(json!(power_word(*power))));
                }
            }
            Self::Panel { size, campaign, rotation } => {
                put_size(all, *size);
                put(all, "campaign", Some(json!(campaign)));
                put(all, "rotation", Some(json!(rate(*rotation))));
            }
            Self::Systematic { size, order } => {
                put_size(all, *size);
                put(all, "order", Some(json!(order)));
            }
            Self::Unequal { size, proportional_to, order, .. } => {
                put_size(all, *size);
                put(all, "proportional_to", Some(json!(proportional_to)));
                put(all, "order", Some(json!(order)).filter(|_| !order.is_empty()));
            }
            Self::Balanced { size, balance, proportional_to } => {
                put_size(all, *size);
                put(all, "balance", Some(json!(balance)));
                put(all, "proportional_to", proportional_to.as_ref().map(|column| json!(column)));
            }
            Self::Clusters { cluster, clusters, within } => {
                put(all, "cluster", Some(json!(cluster)));
                put(all, "clusters", Some(size_word(*clusters)));
                put(all, "within", within.map(size_word));
            }
            Self::TwoPhase { first, second_strata, second } => {
                put_size(all, *first);
                let mut phase = json!({ "strata": second_strata });
                put_size(&mut phase, *second);
                put(all, "second", Some(phase));
            }
        }
    }
}

fn put(all: &mut Value, key: &str, value: Option<Value>) {
    if let (Some(fields), Some(value)) = (all.as_object_mut(), value) {
        fields.insert(key.to_owned(), value);
    }
}

fn put_size(all: &mut Value, size: SampleSize) {
    match size {
        SampleSize::Rate(share) => put(all, "rate", Some(json!(rate(share)))),
        // Every stratum is named with a size of its own.
        SampleSize::Size(0) => {}
        SampleSize::Size(units) => put(all, "size", Some(json!(units))),
    }
}

fn size_word(size: SampleSize) -> Value {
    match size {
        SampleSize::Rate(share) => json!(rate(share)),
        SampleSize::Size(units) => json!(units),
    }
}

fn rate(rate: Rate) -> String {
    format!("{}/{}", rate.numerator(), rate.denominator())
}

fn power_word(power: Power) -> &'static str {
    match power {
        Power::Zero => "0",
        Power::Quarter => "1/4",
        Power::Half => "1/2",
        Power::ThreeQuarters => "3/4",
        Power::One => "1",
    }
}
