//! `[table.perturb]`: how counts of a table made elsewhere are changed.

use crate::config::spanned::Spanned;

use super::form::ReadyDocument;
use super::perturb::raw::RawPerturb;
use super::perturb::{self, Perturb, Setting};
use super::problem::Problem;
use super::read::Reader;
use super::ready_raw::RawReadyTable;
use super::ready_tables::{ReadyForm, ReadyMeasure, ReadyPerturb, ReadyTable};

/// Most cells of one contributor: with more there is nothing but noise.
const MOST_CELLS: u32 = 10_000;

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
    let value = table.value.as_ref().map_or("", |value| value.get_ref().as_str());
    if measure == ReadyMeasure::Amount && how.sum_of(value).is_none() {
        let why = "what one contributor adds to a sum has no bound. Say how its sums are changed: sums = [{ column = \"montant\", … }] with the column of numbers. Or write measure = \"count\" for a column of counts.";
        conflict(written.span(), "perturb", "measure", why);
    }
    if let Some(sums) = written.get_ref().sums.as_ref().filter(|_| measure == ReadyMeasure::Count) {
        let why = "the table counts.";
        conflict(sums.span(), "sums", "measure", why);
    }
    if measure == ReadyMeasure::Amount {
        let told = match (&how, form) {
            (Perturb::Rounding { .. }, ReadyForm::Cells { contributors, largest, .. }) => {
                contributors.is_some() && largest.len() >= 2
            }
            (Perturb::Noise(_), ReadyForm::Cells { .. }) => false,
            _ => true,
        };
        if !told {
            let why = "whether changed sums hide their contributors depends on them: name microdata with the column `contributor`, or for rounding cells with `contributors` and the `largest` two.";
            conflict(written.span(), "perturb", "form", why);
        }
    }
    for (key, at) in [("weight", &table.weight), ("decision", &table.decision), ("cost", &table.cost)] {
        if let Some(at) = at {
            let why = "every contributor counts once, and no cell is chosen.";
            conflict(at.span(), key, "perturb", why);
        }
    }
    if matches!(how, Perturb::CellKey { .. }) && !matches!(form, ReadyForm::Microdata { contributor: Some(_), .. }) {
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
    let cells_per_contributor = bound(reader, table, &how, (written.span(), form));
    let key = reader.key(&raw.key);
    let cells = raw.cells.as_ref().map(|file| reader.path(file.get_ref()));
    Some(ReadyPerturb { how, key, cells, cells_per_contributor })
}

/// What bounds the part of one contributor in a table with noise: the name of each, or in a table of cells, where nobody has one, a
/// number of cells.
fn bound(
    reader: &mut Reader<'_>,
    table: &RawReadyTable,
    how: &Perturb,
    (place, form): (std::ops::Range<usize>, &ReadyForm),
) -> Option<u32> {
    let mut needed = |key, why| reader.report(place.clone(), Problem::MissingKey { section: "[[table]]", key, why });
    let written = table.cells_per_contributor.as_ref();
    let (contributors, stray) = match (how, form) {
        (Perturb::Noise(_), ReadyForm::Cells { contributors, .. }) => (contributors, None),
        (Perturb::Noise(_), ReadyForm::Microdata { contributor, .. }) => {
            if contributor.is_none() {
                let why =
                    "Noise hides one contributor: name the column that says whose row it is, contributor = \"id\".";
                needed("contributor", why);
            }
            (&None, Some(("form", "of microdata it is counted.")))
        }
        _ => (&None, Some(("perturb", "it bounds what one contributor adds to a table that gets noise."))),
    };
    if let Some((other, why)) = stray {
        if let Some(written) = written {
            reader.report(written.span(), Problem::Conflict { key: "cells_per_contributor", other, why });
        }
        return None;
    }
    if contributors.is_none() {
        let why = "Noise hides one contributor who adds 1 to a number: name the column of distinct contributors, which are the numbers.";
        needed("contributors", why);
    }
    let expected = "Write in how many cells of the table one contributor counts at most, totals among them: cells_per_contributor = 4.";
    let Some(written) = written else {
        needed("cells_per_contributor", expected);
        return None;
    };
    let bound = u32::try_from(*written.get_ref()).ok().filter(|bound| (1..=MOST_CELLS).contains(bound));
    if bound.is_none() {
        reader.report(written.span(), Problem::BadValue { key: "cells_per_contributor", expected });
    }
    bound
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
