//! How likely persons of a table are found again, and what its classes tell: the same before and after protection.

use serde_json::{Value as Json, json};

use super::bands::SizeBands;
use super::error::PersonsError;
use super::link::Linked;
use crate::config::special_sets;
use crate::protect::persons::evidence::singling_out;
use crate::protect::persons::histogram::{Classes, Histogram};
use crate::protect::persons::models::{Reached, reached};
use crate::protect::persons::risk::{
    Choice, PopulationUniques, Risk, SizeCounts, Suda, individual, journalist, marketer, persons_by_size,
    population_uniques, prosecutor, suda,
};

/// Weights are in units of 10⁻⁹.
const UNIT: f64 = 1e9;

/// What to measure besides the classes.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Fewest persons of a class that is not small.
    pub threshold: u64,
    /// Share of the population that is in the table.
    pub fraction: Option<f64>,
    /// Largest sets of columns of the search for special uniques.
    pub suda: Option<usize>,
    /// Names of the sensitive columns, with an order of their codes where they are numbers.
    pub sensitive: Vec<(String, Option<Vec<u32>>)>,
    /// Persons per value of each sensitive column that classes are compared with; where absent, those of the table itself.
    pub references: Option<Vec<Vec<u64>>>,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Records.
    pub records: u64,
    /// Distinct persons.
    pub persons: u64,
    /// Distinct combinations of quasi-identifiers.
    pub classes: u64,
    /// Persons who are alone in a class.
    pub uniques: u64,
    /// Persons of the smallest class: the k that is reached.
    pub smallest: u64,
    /// Persons per class.
    pub average_class: f64,
    /// Classes with fewer persons than the threshold.
    pub small: Small,
    /// Persons by the size of their smallest class.
    pub sizes: SizeBands,
    /// Risk of somebody known to be in the table; over is the share of persons with a class under the threshold.
    pub prosecutor: Risk,
    /// Risk of anybody, where the population is known.
    pub journalist: Option<Risk>,
    /// Expected share of persons matched rightly.
    pub marketer: f64,
    /// Estimates of the uniques of the population, where the fraction is known.
    pub population: Option<PopulationUniques>,
    /// Benedetti and Franconi, where there are weights.
    pub individual: Option<Individual>,
    /// Households or other groups, where they are known.
    pub groups: Option<Groups>,
    /// Special uniques, where they were looked for.
    pub special: Option<Special>,
    /// What is reached for each sensitive column.
    pub sensitive: Vec<(String, Reached)>,
    /// Linkage with another release, where one was given.
    pub linked: Option<Linked>,
}

/// Classes with fewer persons than the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Small {
    /// The threshold.
    pub threshold: u64,
    /// Classes.
    pub classes: u64,
    /// Records in them.
    pub records: u64,
    /// Persons with a record in them.
    pub persons: u64,
}

/// Individual risk with sampling weights, over records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Individual {
    /// Of the record most at risk.
    pub highest: f64,
    /// Over all records.
    pub average: f64,
    /// Share of records whose risk is above 1 / threshold.
    pub over: f64,
    /// Records expected to be found again: the sum of the risks.
    pub expected: f64,
}

/// The risk that at least one member of a group is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Groups {
    /// Groups.
    pub groups: u64,
    /// Of the group most at risk.
    pub highest: f64,
    /// Over all groups.
    pub average: f64,
}

/// Special uniques (SUDA2).
#[derive(Debug, Clone, PartialEq)]
pub struct Special {
    /// Probability that a unique match is right, for the sampling fraction of `fraction`.
    pub measure: f64,
    /// The fraction, as given or assumed.
    pub fraction: f64,
    /// Minimal sample uniques by number of columns, from 1.
    pub minimal: Vec<u64>,
    /// Largest DIS-SUDA score.
    pub highest: f64,
    /// Mean DIS-SUDA score over records.
    pub average: f64,
    /// Share of the scores that comes from sets with each column, averaged over the uniques that have a score.
    pub contributions: Vec<f64>,
}

impl Measured {
    /// Measures a histogram. Groups are told apart elsewhere: they are persons, not classes.
    ///
    /// # Errors
    /// [`PersonsError`] where a parameter is out of its range, or nobody is there.
    pub(super) fn of(histogram: &Histogram, wanted: &Wanted) -> Result<Self, PersonsError> {
        let classes = histogram.classes();
        let threshold = wanted.threshold.max(1);
        let over = 1.0 / threshold as f64;
        let nobody = || PersonsError::Rules("nobody is left to be measured".to_owned());
        let prosecutor = prosecutor(classes, over).ok_or_else(nobody)?;
        let alone = singling_out(classes, threshold);
        let small = (0..classes.len()).filter(|&at| (1..threshold).contains(&classes.persons()[at]));
        let small = Small {
            threshold,
            classes: small.clone().count() as u64,
            records: small.map(|at| classes.rows()[at]).sum(),
            persons: (alone.below * alone.persons as f64).round() as u64,
        };
        Ok(Self {
            records: classes.all_rows(),
            persons: alone.persons,
            classes: prosecutor.classes,
            uniques: alone.uniques,
            smallest: alone.smallest,
            average_class: classes.persons().iter().sum::<u64>() as f64 / prosecutor.classes as f64,
            small,
            sizes: SizeBands::of(persons_by_size(classes).into_iter(), threshold),
            journalist: journalist(classes, over),
            marketer: marketer(classes).unwrap_or(prosecutor.average),
            population: wanted.fraction.map(|fraction| uniques(classes, fraction)).transpose()?,
            individual: individual_of(classes, over),
            groups: None,
            special: wanted.suda.map(|largest| special(histogram, largest, wanted.fraction)).transpose()?,
            sensitive: sensitive(classes, wanted)?,
            linked: None,
            prosecutor,
        })
    }
}

/// The population has as many persons as the fraction says.
fn uniques(classes: &Classes, fraction: f64) -> Result<PopulationUniques, PersonsError> {
    let expected = "above 0 and at most 1";
    let bad = PersonsError::Parameter { name: "fraction", expected };
    if !(fraction > 0.0 && fraction <= 1.0) {
        return Err(bad);
    }
    let sizes = SizeCounts::of(classes);
    let population = (sizes.persons() as f64 / fraction).round();
    if population >= u64::MAX as f64 {
        return Err(bad);
    }
    population_uniques(&sizes, population as u64).map_err(|_| bad)
}

fn individual_of(classes: &Classes, over: f64) -> Option<Individual> {
    if classes.weights().iter().all(|weight| *weight == 0) {
        return None;
    }
    let risks = individual(classes, UNIT)?;
    let records = classes.all_rows() as f64;
    let expected: f64 = risks.iter().map(|one| one.sample as f64 * one.risk).sum();
    let above: u64 = risks.iter().filter(|one| one.risk > over).map(|one| one.sample).sum();
    let highest = risks.iter().map(|one| one.risk).fold(0.0, f64::max);
    Some(Individual { highest, average: expected / records, over: above as f64 / records, expected })
}

/// A tenth is the fraction that the literature takes where none is known.
const USUAL_FRACTION: f64 = 0.1;

/// Special uniques in sets of up to `largest` columns; a tenth is assumed to be in the table where no fraction is known.
///
/// # Errors
/// [`PersonsError::Parameter`] where the sets are too many, or the fraction is none.
pub(super) fn special(histogram: &Histogram, largest: usize, fraction: Option<f64>) -> Result<Special, PersonsError> {
    if special_sets(histogram.width(), largest).is_none() {
        let expected = "from 1 on, and so small that no more than 65,536 sets of at most 30 columns are looked at";
        return Err(PersonsError::Parameter { name: "suda", expected });
    }
    let fraction = fraction.unwrap_or(USUAL_FRACTION);
    let bad = PersonsError::Parameter { name: "fraction", expected: "above 0 and at most 1" };
    let Suda { score, dis, contributions, measure, minimal } = suda(histogram, largest, fraction).ok_or(bad)?;
    let classes = histogram.classes();
    let scored: Vec<usize> = (0..score.len()).filter(|&class| score[class] > 0.0).collect();
    let share = |column: usize| {
        let sum: f64 = scored.iter().map(|&class| contributions[class][column]).sum();
        if scored.is_empty() { 0.0 } else { sum / scored.len() as f64 }
    };
    let sum: f64 = dis.iter().zip(classes.rows()).map(|(dis, &rows)| dis * rows as f64).sum();
    Ok(Special {
        measure,
        fraction,
        minimal,
        highest: dis.iter().copied().fold(0.0, f64::max),
        average: sum / classes.all_rows() as f64,
        contributions: (0..histogram.width()).map(share).collect(),
    })
}

fn sensitive(classes: &Classes, wanted: &Wanted) -> Result<Vec<(String, Reached)>, PersonsError> {
    let mut all = Vec::with_capacity(wanted.sensitive.len());
    for (column, (name, order)) in wanted.sensitive.iter().enumerate() {
        let given = wanted.references.as_ref().and_then(|references| references.get(column).cloned());
        let reference = given.unwrap_or_else(|| classes.reference(column));
        let found = reached(classes, column, &reference, order.as_deref());
        let found = found.map_err(|fault| PersonsError::Rules(fault.to_string()))?;
        all.extend(found.map(|found| (name.clone(), found)));
    }
    Ok(all)
}

/// A number, or nothing where it is none.
fn finite(number: f64) -> Json {
    if number.is_finite() { json!(number) } else { Json::Null }
}

fn risk(found: &Risk) -> Json {
    json!({ "highest": found.highest, "average": found.average, "share_over_threshold": found.over })
}

impl Measured {
    /// The figures for a program.
    #[must_use]
    pub fn json(&self, quasi: &[String]) -> Json {
        let mut all = json!({
            "records": self.records,
            "persons": self.persons,
            "classes": self.classes,
            "uniques": self.uniques,
            "k": self.smallest,
            "average_class_size": self.average_class,
            "under_threshold": {
                "threshold": self.small.threshold,
                "classes": self.small.classes,
                "records": self.small.records,
                "persons": self.small.persons,
            },
            "prosecutor": risk(&self.prosecutor),
            "class_sizes": self.sizes.to_json(),
            "journalist": self.journalist.as_ref().map(risk),
            "marketer": { "average": self.marketer },
        });
        all["population_uniques"] = self.population.as_ref().map_or(Json::Null, population_json);
        all["individual"] = self.individual.map_or(Json::Null, |found| {
            json!({
                "highest": found.highest,
                "average": found.average,
                "share_over_threshold": found.over,
                "expected_records_found": found.expected,
            })
        });
        all["groups"] = self.groups.map_or(
            Json::Null,
            |found| json!({ "groups": found.groups, "highest": found.highest, "average": found.average }),
        );
        all["suda"] = self.special.as_ref().map_or(Json::Null, |found| {
            let columns = quasi.iter().zip(&found.contributions).map(|(name, share)| (name.clone(), json!(share)));
            json!({
                "dis": found.measure,
                "fraction": found.fraction,
                "minimal_uniques_by_size": found.minimal,
                "highest": found.highest,
                "average": found.average,
                "contributions": columns.collect::<serde_json::Map<_, _>>(),
            })
        });
        let sensitive = self.sensitive.iter().map(|(name, found)| (name.clone(), reached_json(found)));
        all["sensitive"] = sensitive.collect::<serde_json::Map<_, _>>().into();
        if let Some(linked) = &self.linked {
            all["linked"] = linked.to_json();
        }
        all
    }
}

fn population_json(found: &PopulationUniques) -> Json {
    let chosen = found
        .dankar
        .as_ref()
        .map(|estimate| json!({ "model": choice_word(estimate.choice), "uniques": finite(estimate.uniques) }));
    json!({
        "population": found.population,
        "sample_uniques": found.sample_uniques,
        "pitman": found.pitman,
        "zayatz": found.zayatz,
        "slide_negative_binomial": found.slide_negative_binomial,
        "dankar": chosen,
    })
}

/// What an estimate's model is called.
#[must_use]
pub fn choice_word(choice: Choice) -> &'static str {
    match choice {
        Choice::NoSampleUniques => "no sample uniques",
        Choice::Counted => "counted",
        Choice::Pitman => "pitman",
        Choice::Zayatz => "zayatz",
        Choice::SlideNegativeBinomial => "slide negative binomial",
    }
}

fn reached_json(found: &Reached) -> Json {
    json!({
        "distinct_l": found.distinct,
        "entropy_l": found.entropy,
        "largest_share": found.share,
        "t_equal": found.equal,
        "t_ordered": found.ordered,
        "beta": finite(found.likeness),
    })
}
