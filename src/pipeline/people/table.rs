//! A file of persons in memory: each column as codes into its sorted distinct values.

use std::path::PathBuf;

use hashbrown::HashMap;

use super::error::PersonsError;
use crate::pipeline::error::RunError;
use crate::pipeline::samples::{OneFile, each_line};

/// One column. It has no `Debug`: its values are records'.
#[derive(Clone)]
pub(in crate::pipeline) struct Column {
    pub name: String,
    /// Per record, a position in `values`.
    pub codes: Vec<u32>,
    /// Distinct, ascending by their bytes, so that codes do not depend on the order of the records. A cell that is missing is
    /// an empty text.
    pub values: Vec<String>,
}

impl Column {
    /// A column of texts, one per record.
    pub fn of<'t>(name: &str, cells: impl Iterator<Item = &'t str>) -> Self {
        let mut making = Making::default();
        cells.for_each(|cell| making.meet(cell));
        making.finish(name)
    }

    /// The text of a record.
    pub fn text(&self, record: usize) -> &str {
        &self.values[self.codes[record] as usize]
    }
}

/// The columns asked for, in the order asked for. It has no `Debug`: it is records.
#[derive(Clone)]
pub(in crate::pipeline) struct Table {
    pub file: PathBuf,
    pub columns: Vec<Column>,
    /// Line of each record, from 1.
    pub lines: Vec<u64>,
}

impl Table {
    /// Number of records, at least 1.
    pub fn records(&self) -> usize {
        self.lines.len()
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The line of the first record with a code.
    pub fn line_of(&self, column: &Column, code: u32) -> u64 {
        let at = column.codes.iter().position(|other| *other == code);
        at.map_or(0, |at| self.lines[at])
    }
}

/// A column while it is read: codes in the order in which values come.
#[derive(Default)]
struct Making {
    codes: Vec<u32>,
    numbers: HashMap<String, u32>,
}

impl Making {
    fn meet(&mut self, cell: &str) {
        let code = match self.numbers.get(cell) {
            Some(code) => *code,
            None => {
                let next = self.numbers.len() as u32;
                self.numbers.insert(cell.to_owned(), next);
                next
            }
        };
        self.codes.push(code);
    }

    fn finish(self, name: &str) -> Column {
        let mut sorted: Vec<(String, u32)> = self.numbers.into_iter().collect();
        sorted.sort_unstable();
        let mut place = vec![0_u32; sorted.len()];
        sorted.iter().enumerate().for_each(|(at, (_, code))| place[*code as usize] = at as u32);
        Column {
            name: name.to_owned(),
            codes: self.codes.into_iter().map(|code| place[code as usize]).collect(),
            values: sorted.into_iter().map(|(value, _)| value).collect(),
        }
    }
}

/// Reads columns of a CSV, Parquet or Arrow file. Each may be named once.
///
/// # Errors
/// As reading does; [`PersonsError`] for a column named twice, a row that cannot be cut into cells, or a file without a record.
pub(in crate::pipeline) fn read<'f>(file: impl Into<OneFile<'f>>, columns: &[&str]) -> Result<Table, RunError> {
    let named = file.into();
    let file = named.path;
    if let Some(at) = (1..columns.len()).find(|at| columns[..*at].contains(&columns[*at])) {
        return Err(PersonsError::Twice { column: columns[at].to_owned() }.into());
    }
    let mut making: Vec<Making> = columns.iter().map(|_| Making::default()).collect();
    let mut lines = Vec::new();
    let read = each_line(named, columns, |line, cells| {
        lines.push(line);
        making.iter_mut().zip(cells).for_each(|(making, cell)| making.meet(cell.unwrap_or_default()));
        Ok(())
    });
    read.map_err(|error| match error {
        RunError::FrameRecord { line } => PersonsError::Malformed { file: file.to_path_buf(), line }.into(),
        other => other,
    })?;
    if lines.is_empty() {
        return Err(PersonsError::NoRecord { file: file.to_path_buf() }.into());
    }
    let columns = making.into_iter().zip(columns).map(|(making, name)| making.finish(name)).collect();
    Ok(Table { file: file.to_path_buf(), columns, lines })
}

/// Gives two columns the values of both, so that one code means the same in each.
pub(super) fn unify(one: &mut Column, two: &mut Column) {
    let mut values: Vec<String> = one.values.iter().chain(&two.values).cloned().collect();
    values.sort_unstable();
    values.dedup();
    for column in [one, two] {
        // Every value of either is among those of both.
        let place: Vec<u32> = column.values.iter().map(|value| values.partition_point(|v| v < value) as u32).collect();
        column.codes.iter_mut().for_each(|code| *code = place[*code as usize]);
        column.values.clone_from(&values);
    }
}
