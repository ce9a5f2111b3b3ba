//! Records by person, and the histogram of a table.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::error::PersonsError;
use super::table::{Column, Table};
use crate::pipeline::readymade::decimal;
use crate::protect::persons::histogram::{Builder, Histogram, Record, ShapeFault, size};

/// Which records belong to whom. It has no `Debug`: it ties records together.
pub(super) struct People {
    /// Records, those of one person side by side.
    order: Vec<u32>,
    /// Where each person begins in `order`, and the end.
    starts: Vec<usize>,
}

impl People {
    /// Persons by a column, or every record somebody else. A record that names nobody could be anybody's, so it is refused.
    pub fn of(table: &Table, person: Option<&Column>) -> Result<Self, PersonsError> {
        let records = table.records();
        let Some(column) = person else {
            return Ok(Self { order: (0..records as u32).collect(), starts: (0..=records).collect() });
        };
        if let Some(nobody) = column.values.iter().position(|value| value.trim().is_empty()) {
            let line = table.line_of(column, nobody as u32);
            return Err(PersonsError::NoPerson { file: table.file.clone(), line, column: column.name.clone() });
        }
        let mut starts = vec![0; column.values.len() + 1];
        column.codes.iter().for_each(|&code| starts[code as usize + 1] += 1);
        (0..column.values.len()).for_each(|at| starts[at + 1] += starts[at]);
        let mut next = starts.clone();
        let mut order = vec![0; records];
        for (record, &code) in column.codes.iter().enumerate() {
            order[next[code as usize]] = record as u32;
            next[code as usize] += 1;
        }
        Ok(Self { order, starts })
    }

    /// The records of each person.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.starts.windows(2).map(|ends| &self.order[ends[0]..ends[1]])
    }
}

/// What a histogram is made of: codes per record.
#[derive(Clone, Copy)]
pub(super) struct Codes<'a> {
    pub quasi: &'a [&'a [u32]],
    pub sensitive: &'a [&'a [u32]],
    /// In units of 10⁻⁹; empty where records have none.
    pub weights: &'a [u64],
}

/// Counts classes by persons, side by side for as many parts of them as there are threads. Records for which `leaves` is false are passed over, and so is a person without any other.
pub(super) fn histogram(
    people: &People,
    codes: Codes,
    population: Option<&[&[u32]]>,
    leaves: impl Fn(usize) -> bool + Sync,
) -> Result<Histogram, PersonsError> {
    let both = |at: usize| size(codes.quasi[at]).max(population.map_or(0, |columns| size(columns[at])));
    let sizes: Vec<u32> = (0..codes.quasi.len()).into_par_iter().map(both).collect();
    let mut whole = Builder::sized(&sizes, codes.sensitive.len());
    let persons = people.starts.len() - 1;
    let share = persons.div_ceil(rayon::current_num_threads()).max(SMALL_PART);
    let part = |from: usize| -> Result<Builder, PersonsError> {
        let mut builder = whole.sibling();
        let mut held = Held::default();
        for ends in people.starts[from..=(from + share).min(persons)].windows(2) {
            let there = people.order[ends[0]..ends[1]].iter().map(|record| *record as usize);
            held.take(codes, there.filter(|record| leaves(*record)));
            held.count(codes, &mut builder)?;
        }
        Ok(builder)
    };
    let starts: Vec<usize> = (0..persons).step_by(share).collect();
    let siblings: Vec<Builder> = starts.into_par_iter().map(part).collect::<Result<_, _>>()?;
    if let Some(columns) = population {
        let mut key = vec![0; columns.len()];
        for record in 0..columns.first().map_or(0, |column| column.len()) {
            key.iter_mut().zip(columns).for_each(|(code, column)| *code = column[record]);
            whole.population(&key, 1)?;
        }
    }
    Ok(whole.united(siblings)?)
}

/// Fewest persons that a thread counts by itself.
const SMALL_PART: usize = 1 << 14;

/// The records of a person: codes of quasi-identifiers, those of sensitive columns, weights.
#[derive(Default)]
struct Held {
    keys: Vec<u32>,
    sensitive: Vec<u32>,
    weights: Vec<u64>,
}

impl Held {
    /// Takes the place of whoever was held before.
    fn take(&mut self, codes: Codes, records: impl Iterator<Item = usize>) {
        self.keys.clear();
        self.sensitive.clear();
        self.weights.clear();
        for record in records {
            self.keys.extend(codes.quasi.iter().map(|column| column[record]));
            self.sensitive.extend(codes.sensitive.iter().map(|column| column[record]));
            self.weights.push(codes.weights.get(record).copied().unwrap_or(0));
        }
    }

    fn count(&self, codes: Codes, builder: &mut Builder) -> Result<(), ShapeFault> {
        let part = |at: usize, width: usize| at * width..(at + 1) * width;
        let record = |at: usize| Record {
            key: &self.keys[part(at, codes.quasi.len())],
            sensitive: &self.sensitive[part(at, codes.sensitive.len())],
            weight: self.weights[at],
        };
        match self.weights.len() {
            0 => Ok(()),
            // Mostly there is one.
            1 => builder.person(&[record(0)]),
            many => builder.person(&(0..many).map(record).collect::<Vec<Record>>()),
        }
    }
}

/// The weights of a column, in units of 10⁻⁹: numbers above 0.
pub(super) fn weights(table: &Table, column: &Column) -> Result<Vec<u64>, PersonsError> {
    let parsed: Vec<Option<u64>> = column
        .values
        .iter()
        .map(|value| decimal::units(value).and_then(|units| u64::try_from(units).ok()).filter(|units| *units > 0))
        .collect();
    if let Some(bad) = parsed.iter().position(Option::is_none) {
        return Err(PersonsError::Number {
            file: table.file.clone(),
            line: table.line_of(column, bad as u32),
            column: column.name.clone(),
            needed: "a number above 0",
        });
    }
    Ok(column.codes.iter().filter_map(|&code| parsed[code as usize]).collect())
}

/// Which codes of a column some record has.
pub(super) fn occurring(column: &Column) -> Vec<bool> {
    let mut occurs = vec![false; column.values.len()];
    column.codes.iter().for_each(|&code| occurs[code as usize] = true);
    occurs
}

/// The codes that occur in a column, in ascending order of their numbers, where all of them are numbers; `None` else. Values
/// that are missing come first.
pub(super) fn numeric_order(column: &Column) -> Option<Vec<u32>> {
    let mut numbers = Vec::with_capacity(column.values.len());
    for (code, value) in
        (0_u32..).zip(&column.values).zip(occurring(column)).filter(|(_, occurs)| *occurs).map(|(v, _)| v)
    {
        let units = if value.is_empty() { i128::MIN } else { decimal::units(value)? };
        numbers.push((units, code));
    }
    numbers.sort_unstable();
    // Two ways of writing one number are two codes, side by side.
    Some(numbers.into_iter().map(|(_, code)| code).collect())
}
