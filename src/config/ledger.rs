//! `[ledger]`: where the tables of a release are written down, and with which earlier ones they can be compared.

use std::path::PathBuf;

use super::form::{Document, Entry};
use super::perturb::raw::RawPerturb;
use super::problem::Problem;
use super::raw::RawLedger;
use super::read::Reader;
use super::spanned::Spanned;
use super::words;

/// A ledger of released tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The file; made by the first run.
    pub file: PathBuf,
    /// What is comparable: releases of one universe count the same people over equal ground, or ground of which one part lies
    /// in the other, such as a campaign in its successive states, or a population and a sample of it.
    pub universe: String,
}

/// Reads `[ledger]` of a pipeline; absent, nothing is written down and nothing compared.
pub(super) fn ledger(reader: &mut Reader<'_>, document: &Document) -> Option<Ledger> {
    let entry = document.ledger.as_ref()?;
    if document.aggregates.is_empty() && document.persons.is_empty() {
        reader.report(entry.span.clone(), Problem::LedgerWithoutTables);
    }
    document
        .aggregates
        .iter()
        .filter_map(|table| table.raw.perturb.as_ref())
        .for_each(|perturb| no_sums(reader, perturb));
    of_entry(reader, entry)
}

/// Refuses changed sums: the ledger has no limits of theirs, so that they would be held against nothing.
pub(super) fn no_sums(reader: &mut Reader<'_>, perturb: &Spanned<RawPerturb>) {
    if let Some(sums) = &perturb.get_ref().sums {
        let why = "the ledger keeps limits of changed counts, and none of changed sums. Release them without a ledger, each universe once, or protect sums by suppression.";
        reader.report(sums.span(), Problem::Conflict { key: "sums", other: "[ledger]", why });
    }
}

/// Reads the section itself.
pub(super) fn of_entry(reader: &mut Reader<'_>, entry: &Entry<RawLedger>) -> Option<Ledger> {
    let why =
        "Name the file in which all runs of the organisation write down what they released: file = \"../ledger\".";
    let file = reader.required_text(&entry.raw.file, entry, ("[ledger]", "file"), why);
    let why = "Name what can be compared, such as universe = \"depistage-2026\": releases over the same people bear one name.";
    let universe = reader.required_text(&entry.raw.universe, entry, ("[ledger]", "universe"), why);
    let universe = universe.filter(|written| {
        let sound = words::is_pipeline_name(written.get_ref());
        if !sound {
            let expected = "Write a letter or digit first, then letters without accents, digits, `-`, `_` or `.`.";
            reader.report(written.span(), Problem::BadValue { key: "universe", expected });
        }
        sound
    });
    Some(Ledger { file: reader.path(file?.get_ref()), universe: universe?.get_ref().clone() })
}
