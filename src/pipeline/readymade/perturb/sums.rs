//! What the sums of tables made elsewhere consist of.

use std::collections::BTreeMap;

use super::super::cells::ReadymadeError;
use super::super::group::Group;
use super::super::input::Content;
use crate::config::{SumChange, SumHow};
use crate::keys::PerturbationKey;
use crate::pipeline::error::RunError;
use crate::pipeline::perturbed::{AmountCell, bounded, looks_at};

/// The sums of all cells of the system with their contributors. Of a cell that no table shows nothing but its sum is known.
pub(super) fn cells(
    group: &Group<'_>,
    change: &SumChange,
    key: Option<&PerturbationKey>,
) -> Result<Vec<AmountCell>, RunError> {
    let keep = usize::from(looks_at(std::slice::from_ref(change)));
    let is_keyed = matches!(change.how, SumHow::Keyed { .. });
    let mut cells: Vec<AmountCell> =
        group.values.iter().map(|sum| AmountCell { sum: *sum, ..AmountCell::default() }).collect();
    for (columns, places) in group.tied.by_shape() {
        let mut shaped = BTreeMap::new();
        for place in places {
            let Some((table, row)) = group.tied.row[place].map(|row| &group.rows[row]) else { continue };
            let cell = &mut cells[place];
            match &group.contents[*table] {
                Content::Cells(_) => {
                    cell.contributors = row.contributors.unwrap_or(0);
                    cell.largest = row.largest.iter().map(|size| (*size, 0)).collect();
                    cell.is_signed = row.value < 0 || row.largest.iter().any(|size| *size < 0);
                }
                Content::Micro(micro) => {
                    let shaped = shaped.entry(*table).or_insert_with(|| micro.gather(&columns));
                    let people = shaped.cells.get(&group.tied.finest[place]).into_iter().flatten();
                    cell.sum = 0;
                    for (who, units) in people {
                        let units = bounded(change, *units);
                        let record = match (key, micro.name(*who)) {
                            (Some(key), Some(name)) => key.record(name.as_bytes()),
                            (Some(_), None) if is_keyed => {
                                let file = group.tables[*table].file.clone();
                                return Err(ReadymadeError::NoContributor { file }.into());
                            }
                            _ => 0,
                        };
                        cell.sum = cell.sum.checked_add(units).ok_or(ReadymadeError::TooLarge)?;
                        cell.contributors += 1;
                        cell.keys = cell.keys.wrapping_add(record);
                        cell.is_signed |= units < 0;
                        cell.largest.push((units, record));
                    }
                    let rank = |(size, record): &(i128, u64)| (size.unsigned_abs(), *size, *record);
                    cell.largest.sort_unstable_by_key(|largest| std::cmp::Reverse(rank(largest)));
                    cell.largest.truncate(keep);
                }
            }
        }
    }
    Ok(cells)
}
