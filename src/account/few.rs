//! Small counts in the report: each is masked, and so is what it would follow from.

use serde_json::{Map, Value, json};

use super::masked::masked;
use super::papers::Papers;
use super::shown::{count, each};

/// Counts of persons or of their records, wherever they stand in the documents.
const COUNTS: [&str; 19] = [
    "persons",
    "records",
    "uniques",
    "sampled",
    "suppressed",
    "drawn",
    "frame",
    "overlap",
    "read",
    "rejected",
    "filtered",
    "excluded",
    "count",
    "population_uniques",
    "stratum_conflicts",
    "left_out_of_frame",
    "records_left_out",
    "persons_with_several_strata",
    "units_left_out_of_the_frame",
];

impl Papers {
    /// Whether a count is of few.
    pub(super) fn is_few(&self, count: u64) -> bool {
        (1..self.least()).contains(&count)
    }

    /// The next multiple of what is few: what a masked count may tell of itself.
    pub(super) fn rough(&self, count: u64) -> u64 {
        count.next_multiple_of(self.least().max(1))
    }

    /// What was left out as wrong, filtered, and excluded, as far as it may be told; of this run or an earlier one.
    pub(super) fn left_out(&self, summary: &Value) -> [Option<u64>; 3] {
        let out = ["rejected", "filtered", "excluded"].map(|key| count(&summary["records"][key]));
        let shown = masked(&out, self.least());
        [shown[0], shown[1], shown[2]]
    }

    /// Records left out as wrong, source by source, as far as that may be told.
    pub(super) fn rejected(&self) -> Vec<Option<u64>> {
        let sources: Vec<u64> = self.sources().iter().map(|source| count(&source["records"]["rejected"])).collect();
        if !self.summary.is_null() && self.left_out(&self.summary)[0].is_none() {
            return sources.into_iter().map(|rejected| (rejected == 0).then_some(0)).collect();
        }
        masked(&sources, self.least())
    }

    /// Whether the records that an output lost are few: how many were drawn is not told then.
    pub(super) fn lost_few(&self, output: &Value) -> bool {
        self.is_few(count(&output["suppressed"]))
    }

    /// A document without small counts, places of records, and what small counts follow from.
    pub(super) fn safe(&self, document: &Value) -> Value {
        match document {
            Value::Array(members) => members.iter().map(|member| self.safe(member)).collect(),
            Value::Object(members) => {
                let lost = members.contains_key("sampled") && self.lost_few(document);
                let safe = |(key, value): (&String, &Value)| {
                    let few =
                        COUNTS.contains(&key.as_str()) && self.is_few(value.as_f64().unwrap_or(0.0).round() as u64);
                    let hidden = few || (lost && key == "sampled");
                    let shown = match key.as_str() {
                        _ if hidden => Value::Null,
                        "not_in_hierarchy" => self.counts(value),
                        "class_sizes" => self.bands(value),
                        "prosecutor" => self.prosecutor(value, &document["persons"]),
                        // Which records were wrong is for those who mend them.
                        "places" => return None,
                        _ => self.safe(value),
                    };
                    Some((key.clone(), shown))
                };
                Value::Object(members.iter().filter_map(safe).collect())
            }
            other => other.clone(),
        }
    }

    /// Persons by the size of their class.
    fn bands(&self, bands: &Value) -> Value {
        let shown = masked(&each(bands).map(|band| count(&band["persons"])).collect::<Vec<_>>(), self.least());
        let band = |(band, persons): (&Value, Option<u64>)| {
            let mut band = band.clone();
            band["persons"] = json!(persons);
            band
        };
        each(bands).zip(shown).map(band).collect()
    }

    /// A share of persons is a count of them.
    fn prosecutor(&self, risk: &Value, persons: &Value) -> Value {
        let mut risk = risk.clone();
        let over = risk["share_over_threshold"].as_f64().unwrap_or(0.0) * count(persons) as f64;
        if risk.is_object() && self.is_few(over.round() as u64) {
            risk["share_over_threshold"] = Value::Null;
        }
        risk
    }

    /// What outputs were planned to be, for a program: risk and cost stand in the summary.
    pub(super) fn safe_plans(&self) -> Value {
        let mut safe = self.safe(&self.persons);
        for output in safe.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            output.remove("risk");
            output.remove("cost");
        }
        safe
    }

    fn counts(&self, counts: &Value) -> Value {
        let members = counts.as_object().into_iter().flatten();
        let shown = |(key, value): (&String, &Value)| {
            (key.clone(), if self.is_few(count(value)) { Value::Null } else { value.clone() })
        };
        Value::Object(members.map(shown).collect::<Map<_, _>>())
    }

    /// The summary for a program.
    pub(super) fn safe_summary(&self) -> Value {
        let mut safe = self.safe(&self.summary);
        if safe.is_null() {
            return safe;
        }
        let shown = self.left_out(&self.summary);
        for (key, shown) in ["rejected", "filtered", "excluded"].into_iter().zip(shown) {
            safe["records"][key] = json!(shown);
        }
        let outputs = each(&self.summary["persons"]);
        for (output, exact) in safe["persons"].as_array_mut().into_iter().flatten().zip(outputs) {
            let of = |when: &str| count(&exact["protection"]["risk"][when]["persons"]);
            if self.lost_few(exact) {
                output["protection"]["cost"] = Value::Null;
            }
            // Before less after are those whom protection took.
            if self.is_few(of("before").saturating_sub(of("after"))) {
                output["protection"]["risk"]["before"]["persons"] = Value::Null;
            }
        }
        let hidden = shown.iter().any(Option::is_none);
        let rejected = self.rejected();
        for (source, rejected) in safe["sources"].as_array_mut().into_iter().flatten().zip(rejected) {
            source["records"]["rejected"] = json!(rejected);
            if hidden {
                source["records"]["filtered"] = Value::Null;
                source["records"]["excluded"] = Value::Null;
                for finding in source["findings"].as_array_mut().into_iter().flatten() {
                    let least = self.least();
                    finding["count"] = json!(finding["count"].as_u64().map(|count| count / least * least));
                }
            }
        }
        safe
    }

    /// Findings of a run that released nothing, for a program.
    pub(super) fn safe_findings(&self) -> Value {
        let mut safe = self.safe(&self.findings);
        for (source, rejected) in safe.as_array_mut().into_iter().flatten().zip(self.rejected()) {
            source["records"]["rejected"] = json!(rejected);
        }
        safe
    }

    /// Records drawn and suppressed over all outputs, as far as that may be told.
    pub(super) fn drawn(&self) -> (Option<u64>, Option<u64>) {
        let outputs = || each(&self.summary["persons"]);
        let told = !outputs().any(|output| self.lost_few(output));
        let sum = |key: &str| told.then(|| outputs().map(|output| count(&output[key])).sum());
        (sum("sampled"), sum("suppressed"))
    }
}
