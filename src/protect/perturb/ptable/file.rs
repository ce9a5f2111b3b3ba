//! Reading a p-table from text: the layout that the R package `ptable` writes for τ-ARGUS and SAS (`pt_export`), or any
//! table with the columns `i`, `j`, `p`, `v`.
//!
//! The first line names the columns, in any order; `;`, `,` or a tabulator stands between them, and blanks around
//! values are skipped. Other columns (cumulated probabilities) are not used: they follow from `p`. Probabilities are
//! read as decimals, exactly.

use super::{PTable, PTableError, WHOLE};

/// A row's probabilities may add up to 1 within this, in units of 2⁻⁶⁴: files have 7 or 8 digits. 10⁻⁵.
const SUM: u128 = WHOLE / 100_000;

/// What is doubtful in a p-table that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The expected change of this count is not zero within the tolerance.
    Biased {
        /// The row.
        count: u64,
    },
    /// The last row, for its count and all above, is not symmetric.
    NotSymmetric {
        /// The row.
        count: u64,
    },
}

/// Where the columns are.
#[derive(Clone, Copy)]
struct Columns {
    separator: char,
    i: usize,
    j: usize,
    p: usize,
    v: usize,
}

/// One line: count, change, probability.
type Entry = (u64, i64, u128);

/// A p-table from text, and what is doubtful in it; a row is doubtful as biased where its expected change is over
/// `tolerance`.
///
/// The digits that rounding in the file has left over are given to the row's most probable change.
///
/// # Errors
/// [`PTableError::Line`] for a line that is not understood, [`PTableError::Row`] for a row that is not a distribution,
/// [`PTableError::Zero`] where rows are missing or zero does not stay zero.
pub fn read(text: &str, tolerance: f64) -> Result<(PTable, Vec<Doubt>), PTableError> {
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let columns = lines.next().and_then(|(header, _)| columns(header)).ok_or(PTableError::Line { line: 1 })?;
    let mut entries = lines
        .map(|(line, number)| entry(line, columns).ok_or(PTableError::Line { line: number }))
        .collect::<Result<Vec<Entry>, _>>()?;
    entries.sort_unstable();
    let mut rows: Vec<Vec<(i64, u128)>> = Vec::new();
    for (count, change, weight) in entries {
        if count > rows.len() as u64 || (count == 0 && change != 0 && weight > 0) {
            return Err(PTableError::Zero);
        }
        if count == rows.len() as u64 {
            rows.push(Vec::new());
        }
        rows.last_mut().ok_or(PTableError::Zero)?.push((change, weight));
    }
    for (row, count) in rows.iter_mut().zip(0..) {
        complete(row).ok_or(PTableError::Row { count })?;
    }
    let table = PTable::from_rows(rows)?;
    let doubts = doubts(&table, tolerance);
    Ok((table, doubts))
}

fn columns(header: &str) -> Option<Columns> {
    let separator = *[';', ',', '\t'].iter().find(|separator| header.contains(**separator))?;
    let names: Vec<&str> = header.trim_start_matches('\u{feff}').split(separator).map(clean).collect();
    let find = |name: &str| names.iter().position(|other| *other == name);
    Some(Columns { separator, i: find("i")?, j: find("j")?, p: find("p")?, v: find("v")? })
}

fn clean(field: &str) -> &str {
    field.trim().trim_matches('"').trim()
}

fn entry(line: &str, columns: Columns) -> Option<Entry> {
    let fields: Vec<&str> = line.split(columns.separator).map(clean).collect();
    let field = |at: usize| fields.get(at).copied();
    let (i, j): (u32, u32) = (field(columns.i)?.parse().ok()?, field(columns.j)?.parse().ok()?);
    let v: i64 = field(columns.v)?.parse().ok()?;
    let weight = weight(field(columns.p)?)?;
    (i64::from(j) - i64::from(i) == v).then_some((i.into(), v, weight))
}

/// A decimal between 0 and 1, with or without exponent, in units of 2⁻⁶⁴, rounded down.
fn weight(text: &str) -> Option<u128> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok().filter(|exponent| (-99..=0).contains(exponent))?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().count() == 0 || !digits().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // 18 digits: the rest is under 10⁻¹⁷ of the number's size. Their product with 2⁶⁴ fits 128 bits.
    let leading = digits().skip_while(|digit| *digit == b'0').count();
    let cut = leading.saturating_sub(18);
    let number = digits()
        .take(whole.len() + fraction.len() - cut)
        .fold(0, |number: u128, digit| number * 10 + u128::from(digit - b'0'));
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(i32::try_from(cut).ok()?)?.checked_sub(exponent)?;
    let weight = match u32::try_from(scale) {
        Ok(scale) => 10_u128.checked_pow(scale).map_or(0, |power| number * WHOLE / power),
        Err(_) => (number == 0).then_some(0)?,
    };
    (weight <= WHOLE).then_some(weight)
}

/// Makes the weights add up to 2⁶⁴; `None` where they are too far from that or a change stands twice.
fn complete(row: &mut [(i64, u128)]) -> Option<()> {
    if !row.is_sorted_by(|(a, _), (b, _)| a < b) {
        return None;
    }
    // At most 2³² lines of at most 2⁶⁴.
    let sum: u128 = row.iter().map(|(_, weight)| weight).sum();
    if sum.abs_diff(WHOLE) > SUM {
        return None;
    }
    let (_, most) = row.iter_mut().max_by_key(|(change, weight)| (*weight, -change.abs(), *change))?;
    *most = (*most + WHOLE).checked_sub(sum)?;
    Some(())
}

fn doubts(table: &PTable, tolerance: f64) -> Vec<Doubt> {
    let biased = |count: &u64| table.bias(*count) as f64 / WHOLE as f64;
    let mut doubts: Vec<Doubt> = (0..=table.last())
        .filter(|count| biased(count).abs() > tolerance)
        .map(|count| Doubt::Biased { count })
        .collect();
    let last: Vec<_> = table.changes(table.last()).collect();
    let mirrored = last.iter().zip(last.iter().rev());
    let mut symmetric = mirrored.map(|((a, wa), (b, wb))| *a == -*b && wa.abs_diff(*wb) <= SUM);
    if !symmetric.all(|same| same) {
        doubts.push(Doubt::NotSymmetric { count: table.last() });
    }
    doubts
}

#[cfg(test)]
mod tests;
