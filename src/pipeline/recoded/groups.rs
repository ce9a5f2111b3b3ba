//! The risk of households and other groups of persons, before and after: that one of their members is found.

use super::prepared::{Prepared, each_drawn};
use super::ways::Ways;
use crate::config::Persons;
use crate::pipeline::error::RunError;
use crate::pipeline::output::Found;
use crate::pipeline::passes::over_buckets;
use crate::pipeline::people::Groups;
use crate::pipeline::people::anonymise::Plan;
use crate::pipeline::people::groups::{Members, risks};
use crate::pipeline::run::Context;
use crate::pipeline::watch::Stage;
use crate::protect::persons::histogram::{Histogram, Keyed};
use crate::sieve::Cell;

/// Per class of the data, the risk of a person before, and after; no risk after where the records do not leave.
struct Risks {
    class_of: Keyed,
    before: Vec<f64>,
    after: Vec<Option<f64>>,
}

impl Risks {
    fn of(prepared: &Prepared, (plan, ways): (&Plan, &Ways), leaving: &Histogram) -> Self {
        let histogram = &prepared.ground.histogram;
        let (there, after) = (Keyed::of(leaving), risks(leaving.classes()));
        let written = |class: usize| match &plan.levels {
            Some(levels) => prepared.lifted(class, levels),
            None => ways.key(prepared, plan, class),
        };
        let risk =
            |class: usize| plan.fates.way(class).and_then(|_| Some(after[there.get(&written(class)?)? as usize]));
        Self {
            class_of: Keyed::of(histogram),
            before: risks(histogram.classes()),
            after: (0..histogram.len()).map(risk).collect(),
        }
    }
}

/// The person whose records are met, who stand together.
#[derive(Default)]
struct Person {
    groups: Vec<Option<u64>>,
    before: Option<f64>,
    after: Option<f64>,
}

/// Members before and after; no person is in two of them.
#[derive(Default)]
struct Both {
    before: Members,
    after: Members,
}

impl Both {
    /// A person belongs to every group that their records name, and to none where none of them does.
    fn meet(&mut self, mut person: Person) {
        person.groups.sort_unstable();
        person.groups.dedup();
        let named = person.groups.iter().any(Option::is_some);
        for group in person.groups.into_iter().filter(|group| group.is_some() || !named) {
            person.before.into_iter().for_each(|risk| self.before.add(group, risk));
            person.after.into_iter().for_each(|risk| self.after.add(group, risk));
        }
    }

    fn merge(self, other: Self) -> Self {
        Self { before: self.before.merge(other.before), after: self.after.merge(other.after) }
    }
}

/// The groups of an output, in a pass of its own; `None` where it asks for none, and where no record of theirs is there. Memory
/// grows with the drawn persons, 32 bytes each.
pub(super) fn measure(
    ctx: &Context<'_>,
    found: &Found<'_>,
    persons: &Persons,
    (prepared, plan, ways): (&Prepared, &Plan, &Ways),
    leaving: &Histogram,
) -> Result<(Option<Groups>, Option<Groups>), RunError> {
    let Some(column) = persons.group else { return Ok((None, None)) };
    let risks = Risks::of(prepared, (plan, ways), leaving);
    let code_of = prepared.code_of();
    let worse = |held: Option<f64>, risk: Option<f64>| held.into_iter().chain(risk).reduce(f64::max);
    let members = over_buckets(
        ctx,
        found.vault,
        Stage::Summarise,
        Both::default,
        |members: &mut Both, people| {
            let rows = people.of_dataset(persons.dataset);
            let (mut last, mut held) = (None, Person::default());
            each_drawn(found, (persons, prepared.changed.as_ref()), people, |person, row, words| {
                if last.replace(person).is_some_and(|last| last != person) {
                    members.meet(std::mem::take(&mut held));
                }
                let word = found.codebook.key(persons.dataset, column, rows, row);
                let missing = matches!(found.codebook.cell(persons.dataset, column, word), Cell::Missing);
                held.groups.push((!missing).then_some(word));
                let key = code_of.codes(&words[..=persons.quasi_identifiers.len()])?;
                let class = risks.class_of.get(&key).ok_or(RunError::Bug("a record has no class"))? as usize;
                held.before = worse(held.before, Some(risks.before[class]));
                held.after = worse(held.after, risks.after[class]);
                Ok(())
            })?;
            members.meet(held);
            Ok(())
        },
        Ok,
        |one, two| Ok(one.merge(two)),
    )?;
    Ok((members.before.measured(), members.after.measured()))
}
