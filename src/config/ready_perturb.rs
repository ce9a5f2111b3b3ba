//! `[table.perturb]`: how counts of a table made elsewhere are changed.

use toml::Spanned;

use super::form::ReadyDocument;
use super::perturb::raw::RawPerturb;
use super::perturb::{self, Perturb, Setting};
use super::problem::Problem;
use super::raw::At;
use super::read::Reader;
use super::ready_raw::RawReadyTable;
use super::ready_tables::{ReadyForm, ReadyMeasure, ReadyPerturb, ReadyTable};
use crate::keys::KeySource;

/// Reads how a table is changed, and whether it tells what the method needs.
pub(super) fn perturb(
    reader: &mut Reader<'_>,
    table: &RawReadyTable,
    written: &Spanned<RawPerturb>,
    (measure, form): (ReadyMeasure, &ReadyForm),
) -> Option<ReadyPerturb> {
    let how = perturb::perturb(reader, written, Setting::Ready)?;
    let mut conflict = |at: std::ops::Range<usize>, key, other, why| {
        reader.report(at, Problem::Conflict { key, other, why });
    };
    if let Some(protect) = &table.protect {
        let why = "perturbed tables have no suppressed cells: either cells are suppressed, or all are changed.";
        conflict(protect.span(), "protect", "perturb", why);
    }
    if measure == ReadyMeasure::Amount {
        let why = "only counts of contributors are changed: what one adds to a sum has no bound. Write measure = \"count\" for a column of counts.";
        conflict(written.span(), "perturb", "measure", why);
    }
    for (key, at) in [("weight", &table.weight), ("decision", &table.decision), ("cost", &table.cost)] {
        if let Some(at) = at {
            let why = "every contributor counts once, and no cell is chosen.";
            conflict(at.span(), key, "perturb", why);
        }
    }
    if matches!(how, Perturb::CellKey(_)) && !matches!(form, ReadyForm::Microdata { contributor: Some(_), .. }) {
        let why = "the cell-key method asks who is in a cell: name microdata with the column `contributor`.";
        conflict(written.span(), "cell_key", "form", why);
    }
    let raw = written.get_ref();
    let missing = |reader: &mut Reader<'_>, key, why| {
        reader.report(written.span(), Problem::MissingKey { section: "[table.perturb]", key, why });
    };
    if how.is_keyed() && raw.key.is_none() {
        missing(
            reader,
            "key",
            "The method draws by a kept key: key = \"root.key\", made by `tamis keys generate root`.",
        );
    }
    if matches!(how, Perturb::Noise(_)) && raw.cells.is_none() {
        let why = "Which cells there are must not depend on the contributors: name a CSV file that lists them all, cells = \"cells.csv\".";
        missing(reader, "cells", why);
    }
    let key = source(reader, &raw.key);
    let cells = raw.cells.as_ref().map(|file| reader.path(file.get_ref()));
    Some(ReadyPerturb { how, key, cells })
}

fn source(reader: &mut Reader<'_>, written: &At<String>) -> Option<KeySource> {
    let written = written.as_ref()?;
    match written.get_ref().parse() {
        Ok(KeySource::File(path)) => Some(KeySource::File(reader.folder().join(path))),
        Ok(source) => Some(source),
        Err(_) => {
            let expected =
                "Name the key by its file, by `credential:NAME` or by `fd:N`; the key itself stands nowhere.";
            reader.report(written.span(), Problem::BadValue { key: "key", expected });
            None
        }
    }
}

/// Tables with a column of one name and the same numbers are changed in one way, under one key.
pub(super) fn judge(reader: &mut Reader<'_>, document: &ReadyDocument, tables: &[ReadyTable]) {
    let way = |table: &ReadyTable| table.perturb.as_ref().map(|perturb| (perturb.how.clone(), perturb.key.clone()));
    for (number, second) in tables.iter().enumerate() {
        let linked = |first: &&ReadyTable| first.is_linked(second) && way(first) != way(second);
        let Some(first) = tables[..number].iter().find(linked) else { continue };
        let entry = document
            .tables
            .iter()
            .find(|entry| entry.raw.name.as_ref().is_some_and(|name| *name.get_ref() == second.name));
        let at = entry.and_then(|entry| entry.raw.name.as_ref()).map_or_else(|| reader.end(), Spanned::span);
        let problem = Problem::PerturbDiffers { first: first.name.clone(), second: second.name.clone() };
        reader.report(at, problem);
    }
}
