//! `[[sample.stratum]]`: strata with values of their own.

use std::collections::BTreeMap;

use crate::config::spanned::Spanned;

use super::super::model::NamedStratum;
use super::super::problem::{Known, Problem};
use super::super::raw::{RawSample, RawStratum, Scalar};
use super::super::read::Reader;
use super::rate_or_size;

/// Reads every named stratum; none is named twice.
pub(super) fn named(reader: &mut Reader<'_>, raw: &RawSample, strata: &[String]) -> Vec<NamedStratum> {
    let mut all: Vec<NamedStratum> = Vec::new();
    for written in raw.stratum.iter().flat_map(|l| l.get_ref()) {
        let Some(stratum) = one(reader, written, strata, raw) else { continue };
        if all.iter().any(|s| s.values == stratum.values) {
            let name = stratum.values.iter().map(|v| v.as_deref().unwrap_or("")).collect::<Vec<_>>().join(", ");
            reader.report(written.span(), Problem::DuplicateName { what: "stratum", name });
            continue;
        }
        all.push(stratum);
    }
    all
}

fn one(
    reader: &mut Reader<'_>,
    written: &Spanned<RawStratum>,
    strata: &[String],
    sample: &RawSample,
) -> Option<NamedStratum> {
    let raw = written.get_ref();
    let Some(values) = &raw.values else {
        let why = "Name the stratum by its values: where = { departement = \"22\", sexe = \"F\" }.";
        reader.report(written.span(), Problem::MissingKey { section: "[[sample.stratum]]", key: "where", why });
        return None;
    };
    let values = values_of(reader, values, strata)?;
    let allocated = sample.allocation.is_some();
    let size = match (&raw.rate, &raw.size) {
        (None, None) => None,
        _ if allocated => {
            let why = "an allocation gives every stratum its size; write at_least and at_most to bound it.";
            let span = raw.size.as_ref().map(Spanned::span).or_else(|| raw.rate.as_ref().map(Spanned::span));
            reader.report(
                span.unwrap_or_else(|| written.span()),
                Problem::Conflict { key: "size", other: "allocation", why },
            );
            None
        }
        (rate, size) => Some(rate_or_size(reader, rate, size, ("[[sample.stratum]]", written.span()))?),
    };
    let numbers = [("spread", &raw.spread), ("mean", &raw.mean), ("cost", &raw.cost), ("importance", &raw.importance)];
    for (key, value) in numbers {
        let Some(value) = value else { continue };
        if !allocated {
            let why = "it counts for an allocation only.";
            reader.report(value.span(), Problem::Conflict { key, other: "stratum", why });
        }
        let number = *value.get_ref();
        let positive = key == "cost" || key == "mean";
        if !number.is_finite() || number < 0.0 || (positive && number == 0.0) {
            let expected = "Write a number of at least 0; a cost and a mean are above 0.";
            reader.report(value.span(), Problem::BadValue { key, expected });
        }
    }
    let value = |at: &super::super::raw::At<f64>| at.as_ref().map(|v| *v.get_ref());
    let (at_least, at_most) = (raw.at_least.as_ref().map(|n| *n.get_ref()), raw.at_most.as_ref().map(|n| *n.get_ref()));
    if let (Some(least), Some(most), Some(at)) = (at_least, at_most, &raw.at_most)
        && least > most
    {
        reader.report(at.span(), Problem::BadValue { key: "at_most", expected: "Write no less than at_least." });
    }
    if let (Some(at), false) = (raw.at_most.as_ref().map(Spanned::span), allocated) {
        let why = "it bounds an allocation; write size for a size of its own.";
        reader.report(at, Problem::Conflict { key: "at_most", other: "stratum", why });
    }
    Some(NamedStratum {
        values,
        size,
        spread: value(&raw.spread),
        mean: value(&raw.mean),
        cost: value(&raw.cost),
        importance: value(&raw.importance),
        at_least,
        at_most,
    })
}

/// One value for each column of the strata.
fn values_of(
    reader: &mut Reader<'_>,
    written: &Spanned<BTreeMap<Spanned<String>, Spanned<Scalar>>>,
    strata: &[String],
) -> Option<Vec<Option<String>>> {
    let before = reader.count();
    for name in written.get_ref().keys().filter(|name| !strata.contains(name.get_ref())) {
        let known = Known::new(name.get_ref(), strata.iter().map(String::as_str));
        reader.report(name.span(), Problem::UnknownWord { key: "where", word: name.get_ref().clone(), known });
    }
    let value = |column: &String| written.get_ref().iter().find(|(name, _)| name.get_ref() == column);
    let values = strata
        .iter()
        .map(|column| match value(column) {
            // A stratum of those without value is named by an empty text.
            Some((_, value)) => Some(value.get_ref().to_string()).filter(|text| !text.is_empty()),
            None => {
                let expected = "Give a value to every column of the strata; \"\" for those that have none.";
                reader.report(written.span(), Problem::BadValue { key: "where", expected });
                None
            }
        })
        .collect();
    (reader.count() == before).then_some(values)
}
