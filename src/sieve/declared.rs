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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    const SCHEMA: &str = r#"{ "name": "visits", "fields": [
        {"name": "id", "type": "string", "tamis:role": "subject-identifier"},
        {"name": "birth", "type": "date", "tamis:role": "quasi-identifier"},
        {"name": "day", "type": "date", "tamis:role": "other"},
        {"name": "sex", "type": "string", "constraints": {"enum": ["M", "F"]}, "tamis:role": "quasi-identifier"},
        {"name": "grade", "type": "integer", "constraints": {"enum": [3, 1, 2]}, "tamis:role": "other"},
        {"name": "seen", "type": "boolean", "tamis:role": "other"},
        {"name": "bmi", "type": "number", "tamis:role": "other"},
        {"name": "commune", "type": "string", "tamis:identifier": "commune", "tamis:role": "quasi-identifier"},
        {"name": "free", "type": "string", "tamis:role": "other"}
    ] }"#;

    /// Paths of columns kept so; each entry is a column and how it is made coarser.
    fn paths(columns: &[(&str, &str)]) -> Option<Vec<Vec<Option<String>>>> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("s.json"), SCHEMA).unwrap();
        fs::write(folder.path().join("h.csv"), "1;low;all\n2;low;all\n3;high;all\n").unwrap();
        let kept = columns.iter().enumerate().map(|(at, (column, how))| {
            let how = if how.is_empty() { String::new() } else { format!("generalise = {how}\n") };
            format!("[[keep]]\ncolumn = \"{column}\"\nas = \"c{at}\"\n{how}")
        });
        let text = format!(
            "[pipeline]\nname = \"p\"\nlegal_basis = \"l\"\npurpose = \"p\"\npolicy = \"1\"\n[[source]]\nname = \"s\"\nschema = \"s.json\"\n\
             files = [\"x.csv\"]\nevent_date = \"day\"\n[subject]\ncolumn = \"id\"\nkind = \"text\"\nlinkage = \"none\"\n{}\
             [[aggregate]]\nname = \"t\"\nby = [\"c0\"]\nmeasure = [{{ count = \"persons\" }}]\n[export]\nto = \"out\"\n",
            kept.collect::<String>()
        );
        let path = folder.path().join("p.toml");
        fs::write(&path, text).unwrap();
        let pipeline = Pipeline::read(&path).unwrap_or_else(|errors| panic!("{errors:?}"));
        declared_paths(&pipeline, 0, &(0..columns.len()).collect::<Vec<_>>())
    }

    fn told(columns: &[(&str, &str)]) -> Vec<String> {
        let told = |path: Vec<Option<String>>| {
            path.into_iter().map(|text| text.unwrap_or_else(|| "-".to_owned())).collect::<Vec<_>>().join("/")
        };
        paths(columns).unwrap().into_iter().map(told).collect()
    }

    #[test]
    fn every_value_is_listed_once_and_none_at_all_stands_last() {
        assert_eq!(told(&[("sex", "")]), ["F", "M", "-"]);
        assert_eq!(told(&[("grade", "")]), ["1", "2", "3", "-"]);
        assert_eq!(told(&[("seen", "")]), ["false", "true", "-"]);
        assert_eq!(told(&[("bmi", "{ to = \"band\", bounds = [18.5, 25] }")]), ["25+", "<18.5", "[18.5;25[", "-"]);
    }

    #[test]
    fn levels_stand_beside_the_values_that_they_are_made_of() {
        let wide = ("birth", "{ to = \"band\", bounds = [0, 18] }");
        let narrow = ("birth", "{ to = \"band\", bounds = [0, 10, 18, 65] }");
        assert_eq!(
            told(&[wide, narrow]),
            ["0-17/0-9", "0-17/10-17", "18+/18-64", "18+/65+", "-/-"],
            "nobody is under 0"
        );
        let level = |level: u8| format!("{{ to = \"hierarchy\", file = \"h.csv\", level = {level} }}");
        let (coarse, fine) = (level(2), level(1));
        assert_eq!(
            told(&[("grade", &coarse), ("grade", &fine), ("grade", "")]),
            ["all/high/3", "all/low/1", "all/low/2", "-/-/-"]
        );
        let places = told(&[("commune", "\"region\""), ("commune", "\"departement\"")]);
        assert!(places.contains(&"94/2A".to_owned()) && places.contains(&"-/975".to_owned()), "{places:?}");
        assert_eq!(places.len(), identifiers::departement_codes().count() + 1);
    }

    #[test]
    fn a_column_whose_values_nothing_lists_has_none() {
        for column in [("free", ""), ("bmi", ""), ("birth", "\"age\""), ("day", "\"month\"")] {
            assert_eq!(paths(&[column]), None, "{column:?}");
        }
    }
}
