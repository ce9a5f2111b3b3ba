//! `[[keep]]`: the columns that leave, resolved for each dataset. What is not named stays behind.

use crate::config::spanned::Spanned;

use crate::schema::{Field, Logical, Role};

use super::form::Entry;
use super::generalise;
use super::model::{ColumnRef, Dropped, Generalise, Kept};
use super::problem::{Known, Problem};
use super::raw::RawKeep;
use super::read::Reader;
use super::sources::Ground;
use super::{sql, words};

/// A column of a dataset, wherever it stands.
pub(super) struct Found<'a> {
    pub from: ColumnRef,
    /// Its name; `source.column` for one that was looked up.
    pub name: String,
    pub role: Role,
    pub logical: Logical,
    /// `None` for a derived column.
    pub field: Option<&'a Field>,
    /// Whether it tells the exact date of birth.
    pub birth_date: bool,
    /// Whether its schema says that no two records share a value.
    pub unique: bool,
}

/// Looks a column up: own fields first, then derived columns, then those of the joined source (`column`, or
/// `source.column` where another has the name too).
pub(super) fn find<'a>(ground: &'a Ground, dataset: usize, name: &str) -> Option<Found<'a>> {
    let dataset = &ground.datasets[dataset];
    let own = &ground.sources[dataset.source].schema;
    if let Some(position) = own.position(name) {
        return Some(field(ColumnRef::Own(position), name.to_owned(), own, position));
    }
    if let Some(position) = dataset.derived.iter().position(|d| d.name == name) {
        let derived = &dataset.derived[position];
        let parts = sql::columns(&derived.sql).unwrap_or_default();
        let of_birth = parts.iter().any(|c| own.field(c).is_some_and(|f| is_birth_date(&f.name, f.logical())));
        let dated = matches!(derived.logical, Logical::Date | Logical::Datetime);
        return Some(Found {
            from: ColumnRef::Derived(position),
            name: name.to_owned(),
            role: derived.role,
            logical: derived.logical,
            field: None,
            birth_date: (dated && of_birth) || is_birth_date(name, derived.logical),
            unique: false,
        });
    }
    let right = &ground.sources[ground.joins[dataset.join?].right];
    let plain = name.strip_prefix(&right.name).and_then(|n| n.strip_prefix('.')).unwrap_or(name);
    let position = right.schema.position(plain)?;
    let mut found = field(ColumnRef::Joined(position), format!("{}.{plain}", right.name), &right.schema, position);
    // One record of the right side may be found by many of the left.
    found.unique &= ground.joins[dataset.join?].right_key != position;
    Some(found)
}

fn field(from: ColumnRef, name: String, schema: &crate::schema::TableSchema, position: usize) -> Found<'_> {
    let field = &schema.fields[position];
    let logical = field.logical();
    Found {
        from,
        name,
        // Sources without roles are refused; were one to slip through, its columns would not leave.
        role: field.role.unwrap_or(Role::DirectIdentifier),
        logical,
        field: Some(field),
        birth_date: is_birth_date(&field.name, logical),
        unique: field.constraints.unique || schema.primary_key == [field.name.as_str()],
    }
}

/// Birth dates are told by their name, since Table Schema has no word for them.
fn is_birth_date(name: &str, logical: Logical) -> bool {
    let name = name.to_lowercase();
    let birth = name.contains("naissance") || name.contains("birth");
    match logical {
        Logical::Date | Logical::Datetime => birth,
        Logical::Text => birth && name.contains("date"),
        _ => false,
    }
}

/// All names that can be written for columns of a dataset.
pub(super) fn column_names(ground: &Ground, dataset: usize) -> Vec<&str> {
    let dataset = &ground.datasets[dataset];
    let own = ground.sources[dataset.source].schema.fields.iter().map(|f| f.name.as_str());
    let derived = dataset.derived.iter().map(|d| d.name.as_str());
    let right = dataset.join.map(|j| &ground.sources[ground.joins[j].right].schema.fields);
    let joined = right.into_iter().flatten().map(|f| f.name.as_str());
    own.chain(derived).chain(joined).collect()
}

/// Resolves every `[[keep]]`, and lists what stays behind.
pub(super) fn keep(reader: &mut Reader<'_>, entries: &[Entry<RawKeep>], ground: &mut Ground) {
    for entry in entries {
        let why = "Name a field, a looked-up field or a derived column.";
        let Some(column) = reader.required_text(&entry.raw.column, entry, ("[[keep]]", "column"), why) else {
            continue;
        };
        let name = entry.raw.rename.as_ref().unwrap_or(column).get_ref();
        let targets = targets(reader, entry, column, ground);
        if targets.is_empty() {
            ground.refused.extend((0..ground.datasets.len()).map(|d| (d, name.clone())));
        }
        for dataset in targets {
            if !is_reinforced(entry) && tells_reinforced(entries, column.get_ref(), ground, dataset) {
                reader.report(column.span(), Problem::HalfReinforced { column: column.get_ref().clone() });
            }
            match one(reader, entry, column, ground, dataset) {
                Some(kept) => ground.datasets[dataset].kept.push(kept),
                None => ground.refused.push((dataset, name.clone())),
            }
        }
    }
    for dataset in 0..ground.datasets.len() {
        ground.datasets[dataset].dropped = dropped(ground, dataset);
    }
}

fn is_reinforced(entry: &Entry<RawKeep>) -> bool {
    entry.raw.reinforced.as_ref().is_some_and(|r| *r.get_ref())
}

/// Whether a column of a dataset is, or is computed from, one that some entry puts under reinforced protection (R34): under a
/// second name it would reach everybody.
fn tells_reinforced(entries: &[Entry<RawKeep>], column: &str, ground: &Ground, dataset: usize) -> bool {
    let about = |entry: &&Entry<RawKeep>| match &entry.raw.source {
        Some(source) => ground.dataset(source.get_ref()) == Some(dataset),
        None => true,
    };
    let from = |name: &str| find(ground, dataset, name).map(|found| found.from);
    let names = entries.iter().filter(|e| is_reinforced(e)).filter(about).filter_map(|e| e.raw.column.as_ref());
    let reinforced: Vec<ColumnRef> = names.filter_map(|name| from(name.get_ref())).collect();
    let parts = match from(column) {
        Some(ColumnRef::Derived(position)) => {
            let derived = &ground.datasets[dataset].derived[position];
            sql::columns(&derived.sql).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    std::iter::once(column).chain(parts.iter().map(String::as_str)).filter_map(from).any(|c| reinforced.contains(&c))
}

/// The datasets that an entry is about: the one it names, or all that have the column.
fn targets(reader: &mut Reader<'_>, entry: &Entry<RawKeep>, column: &Spanned<String>, ground: &Ground) -> Vec<usize> {
    let written = column.get_ref();
    let (candidates, place) = match &entry.raw.source {
        None => ((0..ground.datasets.len()).collect::<Vec<_>>(), "any dataset".to_owned()),
        Some(source) => {
            let name = source.get_ref();
            match ground.dataset(name) {
                Some(dataset) => (vec![dataset], format!("`{name}`")),
                None if ground.sources.iter().any(|s| s.name == *name) => {
                    reader.report(source.span(), Problem::NotADataset { name: name.clone() });
                    return Vec::new();
                }
                None => {
                    let known = Known::new(name, ground.names());
                    reader.report(source.span(), Problem::UnknownSource { name: name.clone(), known });
                    return Vec::new();
                }
            }
        }
    };
    let having: Vec<usize> = candidates.iter().copied().filter(|d| find(ground, *d, written).is_some()).collect();
    if having.is_empty() {
        let mut names: Vec<&str> = candidates.iter().flat_map(|d| column_names(ground, *d)).collect();
        names.sort_unstable();
        names.dedup();
        let known = Known::new(written, names);
        reader.report(column.span(), Problem::UnknownColumn { column: written.clone(), place, known });
    }
    having
}

/// One entry for one dataset.
fn one(
    reader: &mut Reader<'_>,
    entry: &Entry<RawKeep>,
    column: &Spanned<String>,
    ground: &Ground,
    dataset: usize,
) -> Option<Kept> {
    let raw = &entry.raw;
    let found = find(ground, dataset, column.get_ref())?;
    if found.role.never_leaves() {
        let problem = Problem::IdentifierLeaves { column: column.get_ref().clone(), role: found.role };
        reader.report(column.span(), problem);
        return None;
    }
    let why = raw.why.as_ref().map(|w| w.get_ref().trim().to_owned());
    match (&raw.why, why.as_deref()) {
        (Some(written), Some("")) => reader.report(written.span(), Problem::Blank { key: "why" }),
        (None, _) if found.role == Role::Sensitive => {
            reader.report(column.span(), Problem::SensitiveWithoutWhy { column: column.get_ref().clone() });
        }
        _ => {}
    }
    let generalise = generalise::generalise(reader, raw.generalise.as_ref(), column, &found, ground, dataset)?;
    if matches!(generalise, Generalise::Keep) && found.birth_date {
        reader.report(column.span(), Problem::ExactBirthDate { column: column.get_ref().clone() });
    }
    if matches!(generalise, Generalise::Keep) && found.unique {
        reader.report(column.span(), Problem::RecordIdentifier { column: column.get_ref().clone() });
    }
    let name = name(reader, entry, column, &found, ground, dataset);
    let reinforced = is_reinforced(entry);
    let logical = generalise::outcome(&generalise, found.logical);
    Some(Kept { name, from: found.from, from_name: found.name, generalise, role: found.role, logical, why, reinforced })
}

/// The name in the release; no two columns of a dataset have the same.
fn name(
    reader: &mut Reader<'_>,
    entry: &Entry<RawKeep>,
    column: &Spanned<String>,
    found: &Found<'_>,
    ground: &Ground,
    dataset: usize,
) -> String {
    let plain = found.field.map_or(found.name.as_str(), |f| f.name.as_str());
    let (name, span) = match &entry.raw.rename {
        Some(rename) => (rename.get_ref().as_str(), rename.span()),
        None => (plain, column.span()),
    };
    if !words::is_column_name(name) {
        let expected = "Write a name of visible characters, at most 100 bytes.";
        reader.report(span.clone(), Problem::BadValue { key: "as", expected });
    }
    if ground.datasets[dataset].kept.iter().any(|k| k.name == name) {
        let dataset = format!("`{}`", ground.name(dataset));
        reader.report(span, Problem::DuplicateColumn { dataset, name: name.to_owned() });
    }
    name.to_owned()
}

/// The columns of a dataset that no entry names.
fn dropped(ground: &Ground, dataset: usize) -> Vec<Dropped> {
    let dataset = &ground.datasets[dataset];
    let leaves = |from: ColumnRef| dataset.kept.iter().any(|k| k.from == from);
    let role = |f: &Field| f.role.unwrap_or(Role::DirectIdentifier);
    let own = ground.sources[dataset.source].schema.fields.iter().enumerate();
    let own = own.filter(|(i, _)| !leaves(ColumnRef::Own(*i)));
    let mut dropped: Vec<Dropped> = own.map(|(_, f)| Dropped { name: f.name.clone(), role: role(f) }).collect();
    if let Some(join) = dataset.join {
        let right = &ground.sources[ground.joins[join].right];
        let joined = right.schema.fields.iter().enumerate().filter(|(i, _)| !leaves(ColumnRef::Joined(*i)));
        dropped.extend(joined.map(|(_, f)| Dropped { name: format!("{}.{}", right.name, f.name), role: role(f) }));
    }
    dropped
}
