//! `[sample]`: the design of the draw.

use toml::Spanned;

use super::form::Entry;
use super::model::{Linkage, Sample, SampleSize, SampleUnit};
use super::problem::{Known, Problem};
use super::raw::RawSample;
use super::read::Reader;
use super::sources::Ground;
use super::words;

/// Designs that a reader may know by name and that do not exist here.
const KNOWN_DESIGNS: [&str; 12] = [
    "simple",
    "srs",
    "systematic",
    "poisson",
    "cluster",
    "two-stage",
    "multistage",
    "pps",
    "balanced",
    "cube",
    "quota",
    "permanent",
];

/// Reads the design; absent means that everyone is released.
pub(super) fn sample(reader: &mut Reader<'_>, entry: Option<&Entry<RawSample>>) -> Option<Sample> {
    let entry = entry?;
    let raw = &entry.raw;
    let units = [("person", SampleUnit::Person), ("record", SampleUnit::Record)];
    let unit = reader.word(&raw.unit, "unit", SampleUnit::Person, &units);
    let why = "Write \"bernoulli\" or \"stratified\".";
    let design = reader.required_text(&raw.design, entry, ("[sample]", "design"), why)?;
    match design.get_ref().as_str() {
        "bernoulli" => bernoulli(reader, entry, unit),
        "stratified" => stratified(reader, entry, unit),
        other if KNOWN_DESIGNS.contains(&other) => {
            let what = format!("the design \"{other}\"");
            let instead = "Write \"stratified\" (without replacement in each stratum) or \"bernoulli\".";
            reader.report(design.span(), Problem::NotAvailable { what, instead });
            None
        }
        other => {
            let known = Known::new(other, ["bernoulli", "stratified"]);
            reader.report(design.span(), Problem::UnknownWord { key: "design", word: other.to_owned(), known });
            None
        }
    }
}

fn bernoulli(reader: &mut Reader<'_>, entry: &Entry<RawSample>, unit: SampleUnit) -> Option<Sample> {
    let raw = &entry.raw;
    let strays = [
        ("size", raw.size.as_ref().map(Spanned::span)),
        ("strata", raw.strata.as_ref().map(Spanned::span)),
        ("at_least", raw.at_least.as_ref().map(Spanned::span)),
    ];
    for (key, span) in strays {
        if let Some(span) = span {
            let why = "a Bernoulli sample draws everyone alone with the same chance; its size is not fixed.";
            reader.report(span, Problem::Conflict { key, other: "bernoulli", why });
        }
    }
    let rate = rate(reader, entry)?;
    Some(Sample::Bernoulli { rate, unit })
}

fn rate(reader: &mut Reader<'_>, entry: &Entry<RawSample>) -> Option<super::model::Rate> {
    let why = "Write the rate: rate = \"1/10\".";
    let value = reader.required(&entry.raw.rate, entry, ("[sample]", "rate"), why)?;
    let rate = words::rate(value.get_ref());
    if rate.is_none() {
        let expected = "Write a rate above 0 and at most 1, such as \"1/10\", \"10%\" or 0.1.";
        reader.report(value.span(), Problem::BadValue { key: "rate", expected });
    }
    rate
}

fn stratified(reader: &mut Reader<'_>, entry: &Entry<RawSample>, unit: SampleUnit) -> Option<Sample> {
    let raw = &entry.raw;
    let why = "Name the released columns that make the strata: strata = [\"departement\", \"sexe\"].";
    let written = reader.required(&raw.strata, entry, ("[sample]", "strata"), why);
    if let Some(list) = written
        && list.get_ref().is_empty()
    {
        reader.report(list.span(), Problem::BadValue { key: "strata", expected: why });
    }
    let size = match (&raw.rate, &raw.size) {
        (Some(_), Some(size)) => {
            let why = "the size of the sample is given by one of them.";
            reader.report(size.span(), Problem::Conflict { key: "size", other: "rate", why });
            None
        }
        (None, Some(size)) if *size.get_ref() == 0 => {
            let expected = "Write how many units are drawn in each stratum: at least 1.";
            reader.report(size.span(), Problem::BadValue { key: "size", expected });
            None
        }
        (None, Some(size)) => Some(SampleSize::Size(*size.get_ref())),
        (_, None) => rate(reader, entry).map(SampleSize::Rate),
    };
    let strata = written?.get_ref().iter().map(|s| s.get_ref().clone()).collect();
    let at_least = raw.at_least.as_ref().map_or(0, |n| *n.get_ref());
    Some(Sample::Stratified { strata, size: size?, at_least, unit })
}

/// Holds the design against what leaves: strata are released columns, and records are drawn alone only where
/// nothing ties them together.
pub(super) fn judge(reader: &mut Reader<'_>, entry: Option<&Entry<RawSample>>, sample: &Sample, ground: &Ground) {
    let Some(Entry { raw, span }) = entry else { return };
    let (Sample::Bernoulli { unit, .. } | Sample::Stratified { unit, .. }) = sample;
    if *unit == SampleUnit::Record && ground.subject.linkage != Linkage::None {
        let span = raw.unit.as_ref().map_or(span.clone(), Spanned::span);
        reader.report(span, Problem::RecordUnit);
    }
    let Some(strata) = &raw.strata else { return };
    for (position, stratum) in strata.get_ref().iter().enumerate() {
        let name = stratum.get_ref();
        if strata.get_ref()[..position].iter().any(|s| s.get_ref() == name) {
            reader.report(stratum.span(), Problem::ColumnTwice { column: name.clone() });
        }
        for (number, dataset) in ground.datasets.iter().enumerate() {
            if ground.releases(number, name) {
                continue;
            }
            let known = Known::new(name, dataset.kept.iter().map(|k| k.name.as_str()));
            let dataset = format!("`{}`", ground.name(number));
            reader.report(stratum.span(), Problem::NotKept { column: name.clone(), dataset, known });
            break;
        }
    }
}
