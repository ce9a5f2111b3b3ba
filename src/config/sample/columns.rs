//! Holds the sample against what leaves: the columns of the frame are released columns of every dataset.

use std::ops::Range;

use crate::config::spanned::Spanned;

use super::super::form::Entry;
use super::super::model::{Design, KnownTotals, Linkage, Sample, SampleUnit};
use super::super::problem::{Known, Problem};
use super::super::raw::{List, RawSample};
use super::super::read::Reader;
use super::super::sources::Ground;
use crate::schema::Logical;

/// Judges the columns that the sample names, and its unit.
pub(in super::super) fn judge(
    reader: &mut Reader<'_>,
    entry: Option<&Entry<RawSample>>,
    sample: &Sample,
    ground: &Ground,
) {
    let Some(Entry { raw, span }) = entry else { return };
    if sample.unit == SampleUnit::Record && ground.subject.linkage != Linkage::None {
        let span = raw.unit.as_ref().map_or(span.clone(), Spanned::span);
        reader.report(span, Problem::RecordUnit);
    }
    let lists =
        [&raw.strata, &raw.order, &raw.balance, raw.second.as_ref().map_or(&None, |second| &second.get_ref().strata)];
    for list in lists {
        each_once(reader, list, ground);
    }
    let single = |column: &Option<Spanned<String>>| column.as_ref().map(|c| (c.get_ref().clone(), c.span()));
    for (name, at) in [single(&raw.latest_by), single(&raw.cluster)].into_iter().flatten() {
        released(reader, &name, &at, ground);
    }
    for (name, at) in [single(&raw.proportional_to), single(&raw.of)].into_iter().flatten() {
        number(reader, &name, &at, ground);
    }
    if let (Design::Allocated { rule, .. }, Some(allocation)) = (&sample.design, &raw.allocation)
        && rule.needs_spread()
        && rule.spread_of().is_none()
        && (sample.named.is_empty() || sample.named.iter().any(|s| s.spread.is_none()))
    {
        let why = "Name the column whose spread counts, of = \"pas\", or give every [[sample.stratum]] its spread.";
        reader.report(allocation.span(), Problem::MissingKey { section: "[sample]", key: "of", why });
    }
    let margins = raw.calibrate.iter().filter_map(|c| c.get_ref().margin.as_ref()).flat_map(|l| l.get_ref());
    let read = sample.calibration.iter().flat_map(|c| &c.margins);
    for (margin, known) in margins.zip(read) {
        let Some((name, at)) = single(&margin.get_ref().column) else { continue };
        match known.known {
            KnownTotals::Total(_) => number(reader, &name, &at, ground),
            KnownTotals::Counts(_) | KnownTotals::Frame => {
                released(reader, &name, &at, ground);
            }
        }
    }
}

/// Every column of a list is released by every dataset, and named once.
fn each_once(reader: &mut Reader<'_>, list: &List<String>, ground: &Ground) {
    let Some(list) = list else { return };
    for (position, column) in list.get_ref().iter().enumerate() {
        let name = column.get_ref();
        if list.get_ref()[..position].iter().any(|other| other.get_ref() == name) {
            reader.report(column.span(), Problem::ColumnTwice { column: name.clone() });
        }
        released(reader, name, &column.span(), ground);
    }
}

fn released(reader: &mut Reader<'_>, name: &str, at: &Range<usize>, ground: &Ground) -> bool {
    let lacks = |number: &usize| !ground.releases(*number, name);
    let Some(number) = (0..ground.datasets.len()).find(lacks) else { return true };
    let known = Known::new(name, ground.datasets[number].kept.iter().map(|k| k.name.as_str()));
    let dataset = format!("`{}`", ground.name(number));
    reader.report(at.clone(), Problem::NotKept { column: name.to_owned(), dataset, known });
    false
}

fn number(reader: &mut Reader<'_>, name: &str, at: &Range<usize>, ground: &Ground) {
    if !released(reader, name, at, ground) {
        return;
    }
    let kept = ground.datasets.iter().flat_map(|d| &d.kept).filter(|k| k.name == name);
    for column in kept.filter(|k| !matches!(k.logical, Logical::Integer | Logical::Number)) {
        let advice = "Name a released column that holds numbers, kept as they are.";
        let kind = column.logical.word();
        let problem = Problem::ColumnType { column: name.to_owned(), kind, expected: "a number", advice };
        reader.report(at.clone(), problem);
    }
}
