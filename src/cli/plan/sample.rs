//! The draw in words.

use super::page::{Page, list};
use super::rate;
use crate::config::{
    AllocationRule, CONFIDENCE, CalibrationMethod, Design, DrawKey, KnownTotals, OnDuplicate, OnEmptyStratum,
    OnMissingStratum, OnShortStratum, OnStratumConflict, Pipeline, Sample, SampleSize, SampleUnit, UnequalMethod,
};
use crate::words::Lang;
use crate::words::advice::in_french;

/// The design, the frame, the weights and what they tell.
pub(super) fn sample(page: &mut Page, pipeline: &Pipeline) {
    let Some(sample) = &pipeline.sample else { return page.paragraph("no-sample") };
    let draw = Draw::of(sample);
    page.labelled("design", draw.design(), &[]);
    let rule = draw.rule(page);
    page.pair("", &rule);
    let frame = draw.frame(page);
    page.fact("frame", &frame);
    draw.policies(page);
    for stratum in &sample.named {
        let stratum = draw.stratum(page, stratum);
        page.fact("stratum", &stratum);
    }
    page.labelled("memory", if sample.design.holds_frame() { "memory-frame" } else { "memory-sample" }, &[]);
    match sample.key {
        DrawKey::Run => page.labelled("key", "key-run", &[]),
        DrawKey::Kept => {
            let group = sample.coordination.as_deref().unwrap_or(&pipeline.name);
            page.labelled("key", "key-kept", &[("group", group)]);
        }
    }
    draw.disclosure(page);
    draw.calibration(page);
    page.labelled("weights", "weights", &[]);
    if pipeline.aggregates.iter().any(|table| table.estimates(Some(sample))) {
        let french = |told: &'static str| match page.lang() {
            Lang::En => told,
            Lang::Fr => in_french(told).unwrap_or(told),
        };
        let (estimator, variance) = (french(sample.estimator()), french(sample.variance()));
        page.labelled("estimates", "estimates", &[("estimator", estimator)]);
        page.note("errors", &[("variance", variance)]);
        if sample.calibration.is_some() {
            page.note("residuals", &[]);
        }
        page.note("intervals", &[("level", &(CONFIDENCE * 100.0).to_string())]);
        page.note("no-error", &[]);
    }
}

struct Draw<'a> {
    sample: &'a Sample,
    unit: &'static str,
}

impl<'a> Draw<'a> {
    fn of(sample: &'a Sample) -> Self {
        let unit = match sample.unit {
            SampleUnit::Person => "person",
            SampleUnit::Record => "record",
        };
        Self { sample, unit }
    }

    fn units(&self, page: &Page) -> String {
        page.say(&format!("units-{}", self.unit))
    }

    /// Its name, in the terms of the field; the English plan has those of the arrêté as well.
    fn design(&self) -> &'static str {
        match &self.sample.design {
            Design::Bernoulli { .. } => "design-bernoulli",
            Design::Stratified { .. } if self.sample.strata.is_empty() => "design-simple",
            Design::Stratified { .. } => "design-stratified",
            Design::Allocated { .. } => "design-allocated",
            Design::Panel { .. } => "design-panel",
            Design::Systematic { .. } => "design-systematic",
            Design::Unequal { method, .. } => match method {
                UnequalMethod::Poisson => "design-poisson",
                UnequalMethod::SequentialPoisson => "design-sequential-poisson",
                UnequalMethod::Pareto => "design-pareto",
                UnequalMethod::Systematic => "design-systematic-pps",
                UnequalMethod::ConditionalPoisson => "design-conditional-poisson",
                UnequalMethod::Sampford => "design-sampford",
                UnequalMethod::Pivotal => "design-pivotal",
            },
            Design::Balanced { .. } => "design-balanced",
            Design::Clusters { within: None, .. } => "design-clusters",
            Design::Clusters { within: Some(_), .. } => "design-two-stage",
            Design::TwoPhase { .. } => "design-two-phase",
        }
    }

    fn size(page: &Page, size: SampleSize, unit: &str) -> String {
        let units = page.say(&format!("units-{unit}"));
        match size {
            SampleSize::Rate(share) => page.tell("size-rate", &[("rate", &rate(share)), ("units", &units)]),
            SampleSize::Size(0) => page.say("size-each"),
            SampleSize::Size(n) => page.tell("size", &[("count", &n.to_string()), ("units", &units)]),
        }
    }

    /// What is drawn, in each stratum where there are several.
    fn rule(&self, page: &Page) -> String {
        let (rule, by_stratum) = self.drawn(page);
        match self.sample.strata.as_slice() {
            [_, ..] if by_stratum => {
                let each = page.tell("in-each", &[("strata", &self.sample.strata.join(" × "))]);
                page.tell("rule", &[("each", &each), ("rule", &rule)])
            }
            _ => rule,
        }
    }

    fn drawn(&self, page: &Page) -> (String, bool) {
        let (unit, size) = (self.unit, |size: SampleSize| Self::size(page, size, self.unit));
        let rule = match &self.sample.design {
            Design::Bernoulli { rate: chance } => {
                let unit = page.say(&format!("unit-{unit}"));
                return (page.tell("rule-bernoulli", &[("unit", &unit), ("rate", &rate(*chance))]), false);
            }
            Design::Stratified { size: of, at_least: 0 } => size(*of),
            Design::Stratified { size: of, at_least } => {
                page.tell("rule-least", &[("size", &size(*of)), ("least", &at_least.to_string())])
            }
            Design::Allocated { size, rule, at_least } => {
                let (units, strata) = (self.units(page), self.sample.strata.join(" × "));
                let (size, how) = (size.to_string(), allocation(page, rule));
                let of = [("size", size.as_str()), ("units", &units), ("strata", &strata), ("allocation", &how)];
                let rule = page.tell("rule-allocated", &of);
                let least = at_least.to_string();
                let whole = match at_least {
                    0 => rule,
                    _ => page.tell("rule-allocated-least", &[("rule", &rule), ("least", &least)]),
                };
                return (whole, false);
            }
            Design::Panel { size: of, campaign, rotation } => {
                let (campaign, rotation) = (campaign.to_string(), rate(*rotation));
                page.tell("rule-panel", &[("size", &size(*of)), ("campaign", &campaign), ("rotation", &rotation)])
            }
            Design::Systematic { size: of, order } => {
                page.tell("rule-systematic", &[("size", &size(*of)), ("order", &ordered(page, order))])
            }
            Design::Unequal { method, size: of, proportional_to, order } => {
                let size = match method {
                    UnequalMethod::Poisson => page.tell("rule-expected", &[("size", &size(*of))]),
                    _ => size(*of),
                };
                let of = [("size", size.as_str()), ("column", proportional_to), ("order", &ordered(page, order))];
                match method {
                    UnequalMethod::Systematic => page.tell("rule-unequal-ordered", &of),
                    UnequalMethod::SequentialPoisson | UnequalMethod::Pareto => {
                        page.tell("rule-nominal", &[("rule", &page.tell("rule-unequal", &of[..2]))])
                    }
                    _ => page.tell("rule-unequal", &of[..2]),
                }
            }
            Design::Balanced { size: of, balance, proportional_to } => {
                let chance = match proportional_to {
                    None => page.say("rule-equal-chances"),
                    Some(column) => page.tell("rule-chances", &[("column", column)]),
                };
                let of = [("size", &*size(*of)), ("chance", &chance), ("columns", &list(balance))];
                page.tell("rule-balanced", &of)
            }
            Design::Clusters { cluster, clusters, within } => {
                let drawn = Self::size(page, *clusters, "cluster");
                match within {
                    None => {
                        let of = [("clusters", &*drawn), ("column", cluster), ("units", &self.units(page))];
                        page.tell("rule-clusters", &of)
                    }
                    Some(within) => {
                        let of = [("clusters", &*drawn), ("column", cluster), ("within", &size(*within))];
                        page.tell("rule-two-stage", &of)
                    }
                }
            }
            Design::TwoPhase { first, second_strata, second } => {
                let (first, second, strata) = (size(*first), size(*second), second_strata.join(" × "));
                let of = [("first", first.as_str()), ("second", &second), ("strata", &strata)];
                if second_strata.is_empty() {
                    page.tell("rule-two-phase", &of[..2])
                } else {
                    page.tell("rule-two-phase-strata", &of)
                }
            }
        };
        (rule, true)
    }

    fn frame(&self, page: &Page) -> String {
        let policy = &self.sample.frame;
        if self.sample.unit == SampleUnit::Record {
            return page.say("frame-records");
        }
        let several = match &policy.on_duplicate {
            OnDuplicate::Error => page.say("several-error"),
            OnDuplicate::CollapseIdentical => page.say("several-collapse"),
            OnDuplicate::Latest(column) => page.tell("several-latest", &[("column", column)]),
        };
        page.tell("frame-persons", &[("several", &several)])
    }

    fn policies(&self, page: &mut Page) {
        let policy = &self.sample.frame;
        let units = self.units(page);
        if !self.sample.strata.is_empty() {
            let conflict = page.say(match policy.on_stratum_conflict {
                OnStratumConflict::Error => "stops",
                OnStratumConflict::First => "first-stratum",
                OnStratumConflict::Exclude => "excluded",
            });
            if self.sample.unit == SampleUnit::Person {
                page.note("conflict", &[("what", &conflict)]);
            }
            let missing = page.say(match policy.on_missing_stratum {
                OnMissingStratum::Error => "stops",
                OnMissingStratum::OwnStratum => "own-stratum",
                OnMissingStratum::Exclude => "excluded",
            });
            page.note("missing", &[("what", &missing)]);
        }
        let short = page.say(match policy.on_short_stratum {
            OnShortStratum::Error => "stops",
            OnShortStratum::TakeAll => "taken-whole",
            OnShortStratum::Redistribute => "redistributed",
        });
        if self.has_sizes() {
            page.note("short", &[("units", &units), ("what", &short)]);
        }
        if !self.sample.named.is_empty() {
            let empty = page.say(match policy.on_empty_stratum {
                OnEmptyStratum::Error => "stops",
                OnEmptyStratum::ReportZero => "zero",
            });
            page.note("empty", &[("units", &units), ("what", &empty)]);
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

    fn stratum(&self, page: &Page, stratum: &crate::config::NamedStratum) -> String {
        let (none, values) = (page.say("none"), self.sample.strata.iter().zip(&stratum.values));
        let values: Vec<String> =
            values.map(|(column, value)| format!("{column} = {}", value.as_deref().unwrap_or(&none))).collect();
        let mut what: Vec<String> = stratum.size.map(|size| Self::size(page, size, self.unit)).into_iter().collect();
        let numbers = [
            ("spread", stratum.spread),
            ("mean", stratum.mean),
            ("cost", stratum.cost),
            ("importance", stratum.importance),
        ];
        let told = |(key, n): (&str, Option<f64>)| {
            n.map(|n| page.tell(&format!("number-{key}"), &[("value", &n.to_string())]))
        };
        what.extend(numbers.into_iter().filter_map(told));
        what.extend(stratum.at_least.map(|n| page.tell("at-least", &[("count", &n.to_string())])));
        what.extend(stratum.at_most.map(|n| page.tell("at-most", &[("count", &n.to_string())])));
        page.tell("stratum", &[("values", &values.join(", ")), ("what", &what.join(", "))])
    }

    fn disclosure(&self, page: &mut Page) {
        let limits = &self.sample.disclosure;
        let (otherwise, units) = (page.say(if limits.refuse { "stops" } else { "warned" }), self.units(page));
        if let Some(most) = limits.max_fraction {
            page.labelled("tells", "tells-most", &[("rate", &rate(most)), ("what", &otherwise)]);
        }
        if let Some(least) = limits.min_stratum {
            let of = [("least", &*least.to_string()), ("units", &units), ("what", &otherwise)];
            page.labelled("tells", "tells-least", &of);
        }
        if limits.max_fraction.is_none() && limits.min_stratum.is_none() {
            page.labelled("tells", "tells-weights", &[]);
        }
    }

    fn calibration(&self, page: &mut Page) {
        let Some(calibration) = &self.sample.calibration else { return };
        let between = |key: &str, low: &dyn ToString, high: &dyn ToString| {
            page.tell(key, &[("low", &low.to_string()), ("high", &high.to_string())])
        };
        let method = match &calibration.method {
            CalibrationMethod::PostStratification => page.say("fit-post-stratification"),
            CalibrationMethod::Raking => page.say("fit-raking"),
            CalibrationMethod::Linear => page.say("fit-linear"),
            CalibrationMethod::Truncated(low, high) => between("fit-truncated", low, high),
            CalibrationMethod::Logit(low, high) => between("fit-logit", low, high),
        };
        let margin = |margin: &crate::config::Margin| match &margin.known {
            KnownTotals::Total(total) => {
                page.tell("margin-total", &[("column", &margin.column), ("total", &total.to_string())])
            }
            KnownTotals::Counts(counts) => {
                page.tell("margin-counts", &[("column", &margin.column), ("count", &counts.len().to_string())])
            }
            KnownTotals::Frame => page.tell("margin-frame", &[("column", &margin.column)]),
        };
        let margins: Vec<String> = calibration.margins.iter().map(margin).collect();
        page.labelled("calibration", "calibration", &[("method", &method), ("margins", &list(&margins))]);
    }
}

fn allocation(page: &Page, rule: &AllocationRule) -> String {
    let spread = match rule.spread_of() {
        Some(column) => page.tell("spread-column", &[("column", column)]),
        None => page.say("spread-written"),
    };
    let spread = [("spread", spread.as_str())];
    match rule {
        AllocationRule::Equal => page.say("allocation-equal"),
        AllocationRule::Proportional => page.say("allocation-proportional"),
        AllocationRule::Neyman { .. } => page.tell("allocation-neyman", &spread),
        AllocationRule::Optimal { .. } => page.tell("allocation-optimal", &spread),
        AllocationRule::Power { .. } => page.tell("allocation-power", &spread),
    }
}

fn ordered(page: &Page, order: &[String]) -> String {
    if order.is_empty() { page.say("random-order") } else { order.join(", ") }
}
