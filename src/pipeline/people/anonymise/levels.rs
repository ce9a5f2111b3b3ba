//! What the values of each quasi-identifier may become, and their codes there.

use std::path::Path;

use crate::config::{DatePart, Levels};
use crate::pipeline::people::error::PersonsError;
use crate::pipeline::people::table::{Column, Table};
use crate::pipeline::readymade::decimal;
use crate::protect::persons::hierarchy::{Labelled, Part, all, bands, dates, is_date, prefixes, read, same};

/// A column as codes of its hierarchy.
pub(in crate::pipeline) struct Generalised {
    pub tree: Labelled,
    /// From a code of the column to one of the hierarchy.
    pub codes: Vec<u32>,
}

impl Generalised {
    /// The codes of the hierarchy, record by record.
    pub fn records(&self, column: &Column) -> Vec<u32> {
        column.codes.iter().map(|&code| self.codes[code as usize]).collect()
    }
}

/// The values of a column, and the tables that have them, where there are tables: all with one dictionary.
pub(in crate::pipeline) struct Values<'t> {
    pub name: &'t str,
    /// Distinct.
    pub texts: &'t [String],
    pub places: Vec<(&'t Table, &'t Column)>,
}

impl<'t> Values<'t> {
    /// Of a column of a table.
    pub fn of(table: &'t Table, column: &'t Column) -> Self {
        Self { name: &column.name, texts: &column.values, places: vec![(table, column)] }
    }

    /// A value that cannot be used, by the first record that has it.
    fn uncovered(&self, code: usize, what: &'static str) -> PersonsError {
        let column = self.name.to_owned();
        let line = |(table, column): &(&Table, &Column)| (table.file.clone(), table.line_of(column, code as u32));
        match self.places.iter().map(line).find(|(_, line)| *line > 0) {
            Some((file, line)) => PersonsError::Uncovered { file, line, column, what },
            None => PersonsError::Strange { column, what },
        }
    }
}

/// Makes the hierarchy of a column and finds every value in it.
pub(in crate::pipeline) fn generalised(levels: &Levels, values: &Values) -> Result<Generalised, PersonsError> {
    let split = |_| PersonsError::Levels { column: values.name.to_owned() };
    let texts = values.texts;
    let tree = match levels {
        Levels::File { path, text } => return of_file(path, text, values),
        Levels::Same => same(texts).map_err(split)?,
        Levels::All => all(texts).map_err(split)?,
        Levels::Prefixes { lengths, overseas } => prefixes(texts, lengths, *overseas).map_err(split)?,
        Levels::Bands(widths) => bands(texts, &whole(values)?, widths).map_err(split)?,
        Levels::Dates(parts) => {
            let parts: Vec<Part> = parts.iter().map(|part| of_part(*part)).collect();
            let bad = || texts.iter().position(|value| !value.is_empty() && !is_date(value)).unwrap_or(0);
            let what = "no date that begins like 2024-03-17, of which parts could be shown";
            dates(texts, &parts).map_err(split)?.ok_or_else(|| values.uncovered(bad(), what))?
        }
    };
    Ok(Generalised { tree, codes: (0..texts.len() as u32).collect() })
}

fn of_part(part: DatePart) -> Part {
    match part {
        DatePart::Month => Part::Month,
        DatePart::Year => Part::Year,
        DatePart::Decade => Part::Decade,
    }
}

/// A hierarchy file, in which every value has to stand.
pub(in crate::pipeline) fn of_file(path: &Path, text: &str, values: &Values) -> Result<Generalised, PersonsError> {
    let tree = read(text, ';').map_err(|fault| PersonsError::Hierarchy { file: path.to_path_buf(), fault })?;
    let mut codes = Vec::new();
    for (code, value) in values.texts.iter().enumerate() {
        let what = "a value that its hierarchy does not have";
        codes.push(tree.code(value).ok_or_else(|| values.uncovered(code, what))?);
    }
    Ok(Generalised { tree, codes })
}

/// The numbers of a column, rounded down; `None` where a value is missing.
fn whole(values: &Values) -> Result<Vec<Option<i64>>, PersonsError> {
    let number = |(code, value): (usize, &String)| {
        if value.is_empty() {
            return Ok(None);
        }
        let units = decimal::units(value).map(|units| units.div_euclid(decimal::ONE));
        let number = units.and_then(|units| i64::try_from(units).ok());
        number.map(Some).ok_or_else(|| values.uncovered(code, "no number, of which bands could be made"))
    };
    values.texts.iter().enumerate().map(number).collect()
}
