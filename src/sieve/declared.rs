//! Every value that columns made of one column can have, as pipeline and schema list them: no record is looked at.

use crate::config::{ColumnRef, Generalise, Kept, Pipeline};
use crate::identifiers;
use crate::schema::{Field, Logical};

use super::generalise::{labels_of_integers, labels_of_numbers};

/// A value of the column that levels are made of, by which all of them are told.
enum Source {
    Text(String),
    /// A code of a department: a commune of it was there.
    Departement(&'static str),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    /// An age at an event.
    Age(i64),
}

/// The values of `levels` (positions among a dataset's released columns, coarse to fine, made of one column) beside one another:
/// each combination once, in ascending order, one without any value last. `None` where nothing lists the values of the finest
/// level. Texts are those of the release; a level that has no value for a finer one is `None`.
#[must_use]
pub fn declared_paths(pipeline: &Pipeline, dataset: usize, levels: &[usize]) -> Option<Vec<Vec<Option<String>>>> {
    let kept = &pipeline.datasets[dataset].kept;
    let finest = &kept[*levels.last()?];
    let field = pipeline.field_behind(dataset, finest);
    if !finest.is_declared(field) {
        return None;
    }
    let computed = match finest.from {
        ColumnRef::Derived(at) => pipeline.datasets[dataset].derived.get(at).map(|derived| derived.logical),
        _ => None,
    };
    let whole = field.map(Field::logical).or(computed) == Some(Logical::Integer);
    let allowed = field.and_then(|field| field.constraints.allowed.as_deref());
    let sources = sources(finest, allowed);
    let value = |source: &Source, column: &usize| label(&kept[*column], source, whole);
    let path = |source| -> Vec<Option<String>> { levels.iter().map(|column| value(source, column)).collect() };
    let mut paths: Vec<Vec<Option<String>>> = sources.iter().map(path).collect();
    paths.retain(|path| path.iter().any(Option::is_some));
    paths.sort_unstable();
    paths.dedup();
    paths.push(vec![None; levels.len()]);
    Some(paths)
}

/// Values of the source by which every value of a level is told.
fn sources(finest: &Kept, allowed: Option<&[String]>) -> Vec<Source> {
    let texts = |texts: &mut dyn Iterator<Item = String>| texts.map(Source::Text).collect();
    match &finest.generalise {
        Generalise::Keep if finest.logical == Logical::Boolean => [false, true].map(Source::Boolean).into(),
        Generalise::Keep if finest.logical == Logical::Integer => allowed
            .unwrap_or_default()
            .iter()
            .filter_map(|text| text.trim().parse().ok())
            .map(Source::Integer)
            .collect(),
        Generalise::Keep => texts(&mut allowed.unwrap_or_default().iter().cloned()),
        Generalise::Departement | Generalise::Region => {
            identifiers::departement_codes().map(Source::Departement).collect()
        }
        Generalise::Hierarchy { map, .. } => texts(&mut map.keys().cloned()),
        // Nobody is younger than 0.
        Generalise::AgeBand { bounds, .. } => {
            representatives(bounds, |b| *b - 1).filter(|age| *age >= 0).map(Source::Age).collect()
        }
        Generalise::Band { bounds } => representatives(bounds, |b| *b - 1.0).map(Source::Number).collect(),
        _ => Vec::new(),
    }
}

/// A number of every band: its lower bound, and one under the first.
fn representatives<T: Copy>(bounds: &[T], under: fn(&T) -> T) -> impl Iterator<Item = T> {
    bounds.first().map(under).into_iter().chain(bounds.iter().copied())
}

/// What a source value is at a level; `whole` tells whether the source holds integers.
fn label(kept: &Kept, source: &Source, whole: bool) -> Option<String> {
    match (&kept.generalise, source) {
        (Generalise::Keep, Source::Text(text)) => Some(text.clone()),
        (Generalise::Keep, Source::Integer(value)) => Some(value.to_string()),
        (Generalise::Keep, Source::Boolean(value)) => Some(value.to_string()),
        (Generalise::Departement, Source::Departement(code)) => Some((*code).to_owned()),
        (Generalise::Departement, Source::Text(text)) => identifiers::departement_of_commune(text).map(str::to_owned),
        (Generalise::Region, Source::Departement(code)) => identifiers::region_of_departement(code).map(str::to_owned),
        (Generalise::Region, Source::Text(text)) => identifiers::region_of(text).map(str::to_owned),
        (Generalise::Hierarchy { map, .. }, Source::Text(text)) => map.get(text).cloned(),
        (Generalise::Hierarchy { map, .. }, Source::Integer(value)) => map.get(&value.to_string()).cloned(),
        (Generalise::AgeBand { bounds, .. }, Source::Age(age)) => {
            labels_of_integers(bounds).into_iter().nth(bounds.partition_point(|bound| bound <= age))
        }
        (Generalise::Band { bounds }, Source::Number(value)) => band(bounds, *value, whole),
        (Generalise::Band { bounds }, Source::Integer(value)) => band(bounds, *value as f64, whole),
        _ => None,
    }
}

fn band(bounds: &[f64], value: f64, whole: bool) -> Option<String> {
    let labels = match whole && bounds.iter().all(|bound| bound.fract() == 0.0) {
        true => labels_of_integers(&bounds.iter().map(|bound| *bound as i64).collect::<Vec<_>>()),
        false => labels_of_numbers(bounds),
    };
    labels.into_iter().nth(bounds.partition_point(|bound| *bound <= value))
}
