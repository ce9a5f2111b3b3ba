//! What a run tells of the protection of its per-person outputs: how likely somebody is found before and after, and what it cost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::error::RunError;
use super::frame::NOT_DRAWN;
use super::output::Found;
use super::passes::over_buckets;
use super::people::{Measured, SizeBands};
use super::run::Context;
use super::watch::Stage;
use crate::config::Persons;
use crate::protect::persons::PersonPlan;
use crate::protect::persons::risk::Risk;
use crate::release::class_key;
use crate::summarise::Classes;
use crate::vault::People;

/// How likely a person of an output is found again by somebody who knows that they are in it (the prosecutor): 1 over the
/// persons of their class, for a person with records in several classes of the smallest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Distinct persons.
    pub persons: u64,
    /// Persons who are alone in a class.
    pub uniques: u64,
    /// Persons of the smallest class.
    pub smallest: u64,
    /// Largest risk of a person.
    pub highest: f64,
    /// Mean over persons.
    pub average: f64,
    /// Share of persons with a class under the threshold.
    pub over: f64,
    /// The threshold: fewest persons of a class that is not small.
    pub threshold: u64,
    /// Persons by the size of their smallest class.
    pub sizes: SizeBands,
    /// Largest and mean risk of anybody, where the population is known (the journalist): 1 over its persons in the class.
    pub journalist: Option<(f64, f64)>,
    /// Persons of the population who are alone in their class, estimated (the choice of Dankar et al.), where the data are a
    /// sample of it.
    pub population_uniques: Option<f64>,
    /// Largest and mean individual risk over records after Benedetti and Franconi, where there are weights.
    pub individual: Option<(f64, f64)>,
    /// Largest and mean risk of a household or other group, where they are asked for.
    pub groups: Option<(f64, f64)>,
    /// Largest and mean score of special uniques (DIS-SUDA), where they are looked for.
    pub special: Option<(f64, f64)>,
}

impl Exposure {
    /// What was measured of classes.
    pub(super) fn of(measured: &Measured) -> Self {
        Self {
            persons: measured.persons,
            uniques: measured.uniques,
            smallest: measured.smallest,
            highest: measured.prosecutor.highest,
            average: measured.prosecutor.average,
            over: measured.prosecutor.over,
            threshold: measured.small.threshold,
            sizes: measured.sizes,
            journalist: measured.journalist.as_ref().map(|Risk { highest, average, .. }| (*highest, *average)),
            population_uniques: (measured.population.as_ref())
                .and_then(|found| found.dankar.as_ref())
                .map(|estimate| estimate.uniques),
            individual: measured.individual.as_ref().map(|one| (one.highest, one.average)),
            groups: measured.groups.as_ref().map(|one| (one.highest, one.average)),
            special: measured.special.as_ref().map(|one| (one.highest, one.average)),
        }
    }

    /// From how many persons have a smallest class of which size; `None` for nobody.
    fn of_sizes(sizes: &BTreeMap<u64, u64>, threshold: u64) -> Option<Self> {
        let persons: u64 = sizes.values().sum();
        let (&smallest, _) = sizes.first_key_value()?;
        let share = |part: f64| part / persons as f64;
        Some(Self {
            persons,
            uniques: sizes.get(&1).copied().unwrap_or(0),
            smallest,
            highest: 1.0 / smallest as f64,
            average: share(sizes.iter().map(|(&size, &persons)| persons as f64 / size as f64).sum()),
            over: share(sizes.range(..threshold).map(|(_, persons)| persons).sum::<u64>() as f64),
            threshold,
            sizes: SizeBands::of(sizes.iter().map(|(&size, &persons)| (persons, size)), threshold),
            journalist: None,
            population_uniques: None,
            individual: None,
            groups: None,
            special: None,
        })
    }

    /// The figures for a program.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let pair =
            |pair: Option<(f64, f64)>| pair.map(|(highest, average)| json!({ "highest": highest, "average": average }));
        json!({
            "persons": self.persons,
            "uniques": self.uniques,
            "smallest_class": self.smallest,
            "threshold": self.threshold,
            "prosecutor": { "highest": self.highest, "average": self.average, "share_over_threshold": self.over },
            "class_sizes": self.sizes.to_json(),
            "journalist": pair(self.journalist),
            "population_uniques": self.population_uniques,
            "individual": pair(self.individual),
            "groups": pair(self.groups),
            "suda": pair(self.special),
        })
    }
}

/// What protection took away.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProtectionCost {
    /// Drawn records.
    pub records: u64,
    /// Those that do not leave.
    pub left_out: u64,
    /// Per quasi-identifier, granularity (Iyengar, *Transforming data to satisfy privacy constraints*, KDD 2002, § 4): 0 where
    /// every value left as it was, 1 where nothing is left. A record that is left out has lost everything.
    pub columns: Vec<(String, f64)>,
}

impl ProtectionCost {
    /// The mean over the columns: 0 for nothing lost, 1 for everything.
    #[must_use]
    pub fn loss(&self) -> f64 {
        if self.columns.is_empty() {
            return if self.records == 0 { 0.0 } else { self.left_out as f64 / self.records as f64 };
        }
        self.columns.iter().map(|(_, lost)| lost).sum::<f64>() / self.columns.len() as f64
    }

    /// The figures for a program.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let columns: Map<String, Json> = self.columns.iter().map(|(name, lost)| (name.clone(), json!(lost))).collect();
        json!({
            "records": self.records,
            "records_left_out": self.left_out,
            "granularity": { "mean": self.loss(), "columns": columns },
        })
    }
}

/// The protection of a per-person output.
#[derive(Debug, Clone, PartialEq)]
pub struct ProtectionSummary {
    /// Of the drawn records.
    pub before: Exposure,
    /// Of what leaves; `None` where nothing does.
    pub after: Option<Exposure>,
    /// What it took.
    pub cost: ProtectionCost,
}

impl ProtectionSummary {
    /// The figures for a program.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "risk": { "before": self.before.to_json(), "after": self.after.as_ref().map(Exposure::to_json) },
            "cost": self.cost.to_json(),
        })
    }
}

/// An output that only leaves out classes: as it stands in the pipeline, its classes, and its plan.
pub(super) struct Plain<'a> {
    pub persons: &'a Persons,
    pub classes: &'a Classes,
    pub plan: &'a PersonPlan,
}

/// Persons by the size of their smallest class, before and after.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Sizes {
    before: BTreeMap<u64, u64>,
    after: BTreeMap<u64, u64>,
}

impl Sizes {
    /// Both; no person is in both.
    pub fn merge(mut self, other: Self) -> Self {
        for (ours, theirs) in [(&mut self.before, other.before), (&mut self.after, other.after)] {
            theirs.into_iter().for_each(|(size, persons)| *ours.entry(size).or_insert(0) += persons);
        }
        self
    }

    /// One person with the smallest of their classes, and the smallest of those that leave.
    fn meet(&mut self, (before, after): (Option<u64>, Option<u64>)) {
        before.into_iter().for_each(|size| *self.before.entry(size).or_insert(0) += 1);
        after.into_iter().for_each(|size| *self.after.entry(size).or_insert(0) += 1);
    }
}

/// Measures outputs that only leave out classes, person by person, in a pass of its own; `None` where nobody was drawn.
pub(super) fn measure(
    ctx: &Context<'_>,
    found: &Found<'_>,
    plain: &[Plain<'_>],
) -> Result<Vec<Option<ProtectionSummary>>, RunError> {
    if plain.is_empty() {
        return Ok(Vec::new());
    }
    let sizes = over_buckets(
        ctx,
        found.vault,
        Stage::Summarise,
        || vec![Sizes::default(); plain.len()],
        |sizes: &mut Vec<Sizes>, people| {
            let drawn = found.frame.drawn(people, &found.sampled.plan, |_, _, _, _| {})?;
            for (one, sizes) in plain.iter().zip(sizes) {
                one.look(found, people, &drawn.rows[one.persons.dataset], sizes)?;
            }
            Ok(())
        },
        Ok,
        |one, two| Ok(one.into_iter().zip(two).map(|(one, two)| one.merge(two)).collect()),
    )?;
    Ok(plain.iter().zip(&sizes).map(|(one, sizes)| one.summary(ctx, sizes)).collect())
}

impl Plain<'_> {
    /// Takes in the persons of a bucket, of whose rows `drawn` tells which were drawn. Rows of one person stand together.
    pub fn look(
        &self,
        found: &Found<'_>,
        people: &People<'_>,
        drawn: &[u32],
        sizes: &mut Sizes,
    ) -> Result<(), RunError> {
        let rows = people.of_dataset(self.persons.dataset);
        let least = |held: Option<u64>, size: u64| Some(held.map_or(size, |held| held.min(size)));
        let mut key = Vec::new();
        let (mut last, mut held) = (None, (None, None));
        for (row, &inclusion) in drawn.iter().enumerate().filter(|(_, i)| **i != NOT_DRAWN) {
            let person = people.person[self.persons.dataset][row];
            if last.replace(person) != Some(person) {
                sizes.meet(std::mem::take(&mut held));
            }
            class_key(self.persons, found.codebook, rows, row, inclusion, |_| None, &mut key);
            let class = self.classes.get(&key).ok_or(RunError::Bug("a record has no class"))?;
            held.0 = least(held.0, class.persons);
            if self.plan.releases(&key) {
                held.1 = least(held.1, class.persons);
            }
        }
        sizes.meet(held);
        Ok(())
    }

    /// Risk and cost; `None` where nobody was drawn.
    pub fn summary(&self, ctx: &Context<'_>, sizes: &Sizes) -> Option<ProtectionSummary> {
        let threshold = self.persons.k.get();
        let (left, out) = (self.plan.released().records, self.plan.suppressed().records);
        let lost = if left + out == 0 { 0.0 } else { out as f64 / (left + out) as f64 };
        let kept = &ctx.pipeline.datasets[self.persons.dataset].kept;
        // Values stay as they are: a column loses what is left out.
        let columns = self.persons.quasi_identifiers.iter().map(|&column| (kept[column].name.clone(), lost)).collect();
        Some(ProtectionSummary {
            before: Exposure::of_sizes(&sizes.before, threshold)?,
            after: Exposure::of_sizes(&sizes.after, threshold),
            cost: ProtectionCost { records: left + out, left_out: out, columns },
        })
    }
}

/// What the sender's dossier says of an output that only leaves out classes.
pub(super) fn report(persons: &Persons, summary: Option<&ProtectionSummary>) -> Json {
    let mut report = json!({
        "name": persons.name,
        "method": "records of classes under k are left out",
        "k": persons.k.get(),
        "risk": null,
        "cost": null,
    });
    if let Some(Json::Object(told)) = summary.map(ProtectionSummary::to_json) {
        told.into_iter().for_each(|(key, value)| report[key] = value);
    }
    report
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn risk_is_one_over_the_smallest_class_of_each_person() {
        let sizes = BTreeMap::from([(1, 2), (4, 8), (11, 10)]);
        let found = Exposure::of_sizes(&sizes, 11).unwrap();
        assert_eq!((found.persons, found.uniques, found.smallest, found.highest), (20, 2, 1, 1.0));
        assert!((found.average - (2.0 + 2.0 + 10.0 / 11.0) / 20.0).abs() < 1e-15);
        assert_eq!(found.over, 0.5);
        assert_eq!(Exposure::of_sizes(&BTreeMap::new(), 11), None);
    }

    #[test]
    fn the_loss_of_an_output_is_the_mean_of_its_columns() {
        let columns = vec![("age".to_owned(), 0.25), ("commune".to_owned(), 0.75)];
        assert_eq!(ProtectionCost { records: 10, left_out: 1, columns }.loss(), 0.5);
        assert_eq!(ProtectionCost { records: 10, left_out: 1, columns: Vec::new() }.loss(), 0.1);
        assert_eq!(ProtectionCost::default().loss(), 0.0);
    }
}
