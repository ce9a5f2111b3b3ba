//! Whether the records of one person leave those of everybody else as they are. The promise of noise stands on it: what one person
//! adds is bounded only if nobody's records can push out or change another's.
//!
//! Of records with one primary or unique key one stays, whoever the others are of: a key must contain the person's column. A join
//! takes one partner for each key, in the same way.

use std::ops::Range;

use crate::config::model::Aggregate;
use crate::config::problem::Problem;
use crate::config::read::Reader;
use crate::config::sources::Ground;
use crate::config::{Exclude, Join, Source};
use crate::schema::Role;

/// Refuses sources of a table with noise in which records of several persons meet: its own, the joined one, and those whose conditions
/// leave persons out.
pub(super) fn judge(reader: &mut Reader<'_>, ground: &Ground, (table, at): (&Aggregate, &Range<usize>)) {
    let mut sources = vec![ground.datasets[table.dataset].source];
    for exclude in &ground.excludes {
        if let Exclude::When { source, .. } = exclude
            && !sources.contains(source)
        {
            sources.push(*source);
        }
    }
    let mut told: Vec<Problem> = Vec::new();
    for source in sources {
        let own = &ground.sources[source];
        let join = ground.joins.iter().find(|join| join.left == source);
        // Where the joined source alone says who it is, records of one key are one person's.
        if let Some(person) = own.subject.or(join.map(|join| join.left_key)) {
            told.extend(over_persons(table, own, person));
        }
        if let Some(join) = join {
            told.extend(joined(table, own, &ground.sources[join.right], join));
        }
    }
    told.into_iter().for_each(|problem| reader.report(at.clone(), problem));
}

/// The keys of a source that do not contain the person's column.
fn over_persons(table: &Aggregate, source: &Source, person: usize) -> Option<Problem> {
    let schema = &source.schema;
    let person = &schema.fields[person].name;
    let unique =
        schema.fields.iter().filter(|field| field.constraints.unique).map(|field| std::slice::from_ref(&field.name));
    let primary = Some(schema.primary_key.as_slice()).filter(|key| !key.is_empty());
    let mut keys = primary.into_iter().chain(schema.unique_keys.iter().map(Vec::as_slice)).chain(unique);
    let key = keys.find(|key| !key.contains(person))?.join(", ");
    Some(Problem::KeyOverPersons {
        table: table.name.clone(),
        source_name: source.name.clone(),
        key,
        person: person.clone(),
    })
}

/// What is wrong with the looked-up side of a join.
fn joined(table: &Aggregate, left: &Source, right: &Source, join: &Join) -> Option<Problem> {
    let by_person = match left.subject {
        Some(person) => person == join.left_key,
        None => right.subject == Some(join.right_key),
    };
    if by_person {
        return over_persons(table, right, join.right_key);
    }
    // What is known of hospitals or communes counts as fixed, like a list of codes.
    let of_persons =
        right.subject.is_some() || right.schema.fields.iter().any(|field| field.role.is_some_and(Role::never_leaves));
    of_persons.then(|| Problem::JoinOverPersons {
        table: table.name.clone(),
        source_name: right.name.clone(),
        key: right.schema.fields[join.right_key].name.clone(),
    })
}
