//! The outputs, cut into candidates, and the stored fingerprints streamed through them.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, StringArray};
use arrow_schema::DataType;
use hashbrown::{HashMap, HashSet};

use super::ScanError;
use super::candidates::{Candidate, Cutter, Kind, of_number};
use super::collect::Stripped;
use super::fingerprint::{bare, parts};
use super::nir;
use super::report::{ColumnScan, Hit, Report};
use super::verdict::Found;
use crate::config::{ColumnRef, Pipeline, Threshold};
use crate::release::{PSEUDONYM, ReleaseChunk, ReleaseField, ReleaseResource, ResourceKind, STATUS_COLUMN};
use crate::schema::Field;

/// Candidates that are gathered before the stored fingerprints are streamed through them: memory is bounded, and a release of
/// millions of free texts takes several rounds.
const ROUND: usize = 1 << 20;
/// Numbers under this have fewer than nine digits, and are nobody's.
const NINE_DIGITS: u64 = 100_000_000;
/// No further candidate.
const END: u32 = u32::MAX;
/// The status of cells that are published.
const PUBLISHED: &str = "publie";

/// How the cells of a column are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// In words and runs of words.
    Text,
    /// As wholes: lists of codes, bands, levels of hierarchies. Names are not looked for.
    Codes,
    /// By their digits, from nine on.
    Numbers,
    /// Pseudonyms are known by their form; anything else is searched as text.
    Pseudonyms,
    /// Dates, truth values, and numbers that were computed over many persons.
    Not,
}

impl How {
    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Codes => "codes",
            Self::Numbers => "numbers",
            Self::Pseudonyms => "pseudonyms",
            Self::Not => "not_searched",
        }
    }
}

/// Whose a text is: persons counted as far as the rows tell them apart.
#[derive(Default)]
struct Seen {
    persons: u64,
    last: u64,
}

/// One column of an output.
struct Column {
    resource: String,
    name: String,
    how: How,
    cells: u64,
    /// Distinct texts by their fingerprint.
    seen: HashMap<u64, Seen>,
    found: Found,
}

/// A candidate of one column.
struct Entry {
    column: u32,
    /// The text that it was first met in.
    text: u64,
    bits: u8,
    kind: Kind,
    whole: bool,
    /// The candidate of another column with the same fingerprint.
    next: u32,
}

/// Searches the outputs of a run for what was stripped. No `Debug`.
pub struct Scanner<'a> {
    stripped: &'a Stripped,
    pipeline: &'a Pipeline,
    /// Persons who share a text that is no one's.
    shared: u64,
    columns: Vec<Column>,
    heads: HashMap<u64, u32>,
    entries: Vec<Entry>,
    /// Candidates of rounds before that were found.
    met: HashSet<(u32, u64)>,
    cutter: Cutter,
    person: u64,
}

impl<'a> Scanner<'a> {
    /// Nothing searched yet.
    #[must_use]
    pub fn new(pipeline: &'a Pipeline, stripped: &'a Stripped) -> Self {
        let thresholds = pipeline.persons.iter().map(|p| p.k).chain(pipeline.aggregates.iter().map(|a| a.threshold));
        Self {
            stripped,
            pipeline,
            shared: thresholds.max().unwrap_or(Threshold::DEFAULT).get(),
            columns: Vec::new(),
            heads: HashMap::new(),
            entries: Vec::new(),
            met: HashSet::new(),
            cutter: Cutter::default(),
            person: 0,
        }
    }

    /// Searches rows, exactly as the writers are given them.
    ///
    /// # Errors
    /// A column that cannot be read, or a store that fails.
    pub fn look(&mut self, resource: &ReleaseResource, chunk: &ReleaseChunk) -> Result<(), ScanError> {
        let rows = chunk.rows();
        let persons = self.persons(resource, chunk);
        let first = self.columns_of(resource);
        for (position, array) in rows.columns().iter().enumerate() {
            let column = first + position;
            self.columns[column].cells += rows.num_rows() as u64;
            match self.columns[column].how {
                How::Not => {}
                How::Numbers => self.numbers(column, array, &persons)?,
                How::Text | How::Codes | How::Pseudonyms => self.texts(column, array, &persons)?,
            }
        }
        Ok(())
    }

    /// What was searched and found.
    ///
    /// # Errors
    /// A store that fails.
    pub fn finish(mut self) -> Result<Report, ScanError> {
        self.round()?;
        let tally = self.stripped.tally();
        let mut report = Report { columns: Vec::new(), stripped: tally.report(), hits: Vec::new() };
        for column in self.columns {
            let Column { resource, name, how, cells, seen, found } = column;
            let shared = |text: &u64| seen.get(text).is_some_and(|s| s.persons >= self.shared);
            for (class, count, leak) in found.judge(how, &tally, shared) {
                report.hits.push(Hit { resource: resource.clone(), column: name.clone(), class, count, leak });
            }
            let (searched_as, distinct) = (how.as_str(), seen.len() as u64);
            report.columns.push(ColumnScan { resource, column: name, searched_as, cells, distinct });
        }
        Ok(report)
    }

    /// Where the columns of a resource start; they are laid out at its first chunk.
    fn columns_of(&mut self, resource: &ReleaseResource) -> usize {
        if let Some(first) = self.columns.iter().position(|c| c.resource == resource.name) {
            return first;
        }
        let first = self.columns.len();
        for field in &resource.fields {
            self.columns.push(Column {
                resource: resource.name.clone(),
                name: field.name.clone(),
                how: how(self.pipeline, field),
                cells: 0,
                seen: HashMap::new(),
                found: Found::default(),
            });
        }
        first
    }

    /// For each row, a number of its person and how many persons it stands for: rows of one pseudonym are one person's; a cell
    /// of a table is that of many where it is published.
    fn persons(&mut self, resource: &ReleaseResource, chunk: &ReleaseChunk) -> Vec<(u64, u64)> {
        let rows = chunk.rows();
        let column = |wanted: &dyn Fn(&ReleaseField) -> bool| {
            let position = resource.fields.iter().position(wanted)?;
            rows.column(position).as_string_opt::<i32>()
        };
        let pseudonyms = column(&|f| f.generalised == PSEUDONYM);
        let statuses = match resource.kind {
            ResourceKind::Table => column(&|f| f.name == STATUS_COLUMN && f.origin.is_none()),
            ResourceKind::Persons => None,
        };
        let mut before = None;
        let person = |row: usize| {
            let pseudonym = pseudonyms.map(|p| p.value(row));
            if pseudonym.is_none() || pseudonym != before {
                self.person += 1;
            }
            before = pseudonym;
            let many = match resource.kind {
                ResourceKind::Table if statuses.is_some_and(|s| s.value(row) == PUBLISHED) => self.shared,
                ResourceKind::Table => 0,
                ResourceKind::Persons => 1,
            };
            (self.person, many)
        };
        (0..rows.num_rows()).map(person).collect()
    }

    fn texts(&mut self, column: usize, array: &dyn Array, persons: &[(u64, u64)]) -> Result<(), ScanError> {
        let unreadable = |c: &Column| ScanError::Unreadable { resource: c.resource.clone(), column: c.name.clone() };
        let (keys, values): (Option<_>, &StringArray) = match array.data_type() {
            DataType::Utf8 => (None, array.as_string()),
            DataType::Dictionary(..) => {
                let dictionary = array.as_dictionary_opt::<Int32Type>();
                let values = dictionary.and_then(|d| d.values().as_string_opt());
                let values = values.ok_or_else(|| unreadable(&self.columns[column]))?;
                (dictionary.map(|d| d.keys()), values)
            }
            _ => return Err(unreadable(&self.columns[column])),
        };
        for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
            let value = keys.map_or(row, |keys| keys.value(row) as usize);
            if value < values.len() && values.is_valid(value) {
                self.text(column, values.value(value), persons[row])?;
            }
        }
        Ok(())
    }

    fn text(&mut self, column: usize, text: &str, person: (u64, u64)) -> Result<(), ScanError> {
        let how = self.columns[column].how;
        if how == How::Pseudonyms && is_pseudonym(text) {
            return Ok(());
        }
        let fingerprint = self.stripped.key.of(text.as_bytes());
        if !self.is_new(column, fingerprint, person) {
            return Ok(());
        }
        let mut cutter = std::mem::take(&mut self.cutter);
        cutter.cut(text);
        let mut add = |candidate: Candidate<'_>| self.add(column, fingerprint, how, &candidate);
        match how {
            How::Codes => cutter.whole(&mut add),
            _ => cutter.words(&mut add),
        }
        self.cutter = cutter;
        let found = &mut self.columns[column].found;
        nir::find(text.as_bytes(), 0..text.len(), nir::Width::One, |n| found.nir(n.key_is_right));
        if self.entries.len() >= ROUND { self.round() } else { Ok(()) }
    }

    fn numbers(&mut self, column: usize, array: &dyn Array, persons: &[(u64, u64)]) -> Result<(), ScanError> {
        let valid = (0..array.len()).filter(|row| array.is_valid(*row));
        if let Some(values) = array.as_primitive_opt::<Int64Type>() {
            for row in valid {
                let value = values.value(row).unsigned_abs();
                if value >= NINE_DIGITS {
                    self.number(column, &value.to_string(), persons[row])?;
                }
            }
        } else if let Some(values) = array.as_primitive_opt::<Float64Type>() {
            for row in valid {
                let value = values.value(row).abs();
                // Up to three decimals and eight digits in all: nearly every measure.
                let thousands = value * 1000.0;
                if thousands.fract() != 0.0 || thousands >= NINE_DIGITS as f64 {
                    let digits: String = value.to_string().chars().filter(char::is_ascii_digit).collect();
                    let digits = digits.trim_start_matches('0');
                    if digits.len() >= 9 {
                        self.number(column, digits, persons[row])?;
                    }
                }
            }
        } else {
            let Column { resource, name, .. } = &self.columns[column];
            return Err(ScanError::Unreadable { resource: resource.clone(), column: name.clone() });
        }
        Ok(())
    }

    fn number(&mut self, column: usize, digits: &str, person: (u64, u64)) -> Result<(), ScanError> {
        let fingerprint = self.stripped.key.of(digits.as_bytes());
        if self.is_new(column, fingerprint, person) {
            of_number(digits.as_bytes(), &mut |c| self.add(column, fingerprint, How::Numbers, &c));
            let found = &mut self.columns[column].found;
            nir::find(digits.as_bytes(), 0..digits.len(), nir::Width::One, |n| found.nir(n.key_is_right));
        }
        if self.entries.len() >= ROUND { self.round() } else { Ok(()) }
    }

    /// Counts whose a text is; whether it was not met before in this column.
    fn is_new(&mut self, column: usize, text: u64, (person, many): (u64, u64)) -> bool {
        let mut new = false;
        let seen = self.columns[column].seen.entry(text).or_insert_with(|| {
            new = true;
            Seen::default()
        });
        if seen.last != person {
            seen.persons += many;
            seen.last = person;
        }
        new
    }

    fn add(&mut self, column: usize, text: u64, how: How, candidate: &Candidate<'_>) {
        let Candidate { normal, bits, whole, kind } = *candidate;
        if how == How::Codes && kind == Kind::Words {
            return;
        }
        let fingerprint = match kind {
            Kind::Words | Kind::Any => self.stripped.key.of(normal),
            Kind::Telephone | Kind::BareTelephone => self.stripped.key.of_telephone(normal),
        };
        let column = column as u32;
        let head = self.heads.entry(fingerprint).or_insert(END);
        let mut at = *head;
        while at != END {
            let entry = &mut self.entries[at as usize];
            if entry.column == column {
                entry.whole |= whole;
                return;
            }
            at = entry.next;
        }
        self.entries.push(Entry { column, text, bits, kind, whole, next: *head });
        *head = self.entries.len() as u32 - 1;
        self.columns[column as usize].found.candidate(kind, bits, whole);
    }

    /// Streams the stored fingerprints through the candidates gathered so far, and forgets these.
    fn round(&mut self) -> Result<(), ScanError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let filter = Filter::of(self.heads.keys(), self.entries.len());
        let heads = &self.heads;
        let look = |hits: &mut HashSet<u64>, word: u64| {
            if filter.may_hold(bare(word)) && heads.contains_key(&bare(word)) {
                hits.insert(word);
            }
        };
        let hits: HashSet<u64> = self.stripped.each(HashSet::new, look)?.into_iter().flatten().collect();
        for word in hits {
            let Some((fingerprint, class)) = parts(word) else { continue };
            let mut at = self.heads.get(&fingerprint).copied().unwrap_or(END);
            while at != END {
                let Entry { column, text, bits, kind, whole, next } = self.entries[at as usize];
                if self.met.insert((column, word)) {
                    self.columns[column as usize].found.hit(class, kind, bits, whole, text);
                }
                at = next;
            }
        }
        self.heads.clear();
        self.entries.clear();
        Ok(())
    }
}

/// How a column is searched: text that the schema does not limit to a list or a nomenclature, in words.
fn how(pipeline: &Pipeline, field: &ReleaseField) -> How {
    use crate::schema::Logical;
    match field.logical {
        Logical::Boolean | Logical::Date | Logical::Datetime => How::Not,
        Logical::Integer | Logical::Number if field.generalised == "computed" => How::Not,
        Logical::Integer | Logical::Number => How::Numbers,
        Logical::Text if field.generalised == PSEUDONYM => How::Pseudonyms,
        Logical::Text if field.generalised != "keep" => How::Codes,
        Logical::Text => {
            let limited = |f: &Field| f.constraints.allowed.is_some() || f.identifier.is_some();
            let mut sources = pipeline.datasets.iter().flat_map(|data| {
                let kept = data.kept.iter().filter(|k| k.name == field.name);
                kept.map(move |k| match k.from {
                    ColumnRef::Own(f) => pipeline.sources[data.source].schema.fields.get(f),
                    ColumnRef::Joined(f) => {
                        data.join.and_then(|j| pipeline.sources[pipeline.joins[j].right].schema.fields.get(f))
                    }
                    ColumnRef::Derived(_) => None,
                })
            });
            let codes = sources.all(|f| f.is_some_and(limited));
            // A column that no dataset keeps under this name is searched the harder way.
            let known = pipeline.datasets.iter().any(|d| d.kept.iter().any(|k| k.name == field.name));
            if codes && known { How::Codes } else { How::Text }
        }
    }
}

/// 128 bits in hexadecimal.
fn is_pseudonym(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Says of most fingerprints that they are not among the candidates, with one look into memory.
struct Filter {
    bits: Vec<u64>,
    shift: u32,
}

impl Filter {
    fn of<'k>(fingerprints: impl Iterator<Item = &'k u64>, count: usize) -> Self {
        let size = (count * 16).next_power_of_two().max(1 << 12);
        let mut filter = Self { bits: vec![0; size / 64], shift: 64 - size.trailing_zeros() };
        for fingerprint in fingerprints {
            let place = fingerprint >> filter.shift;
            filter.bits[(place / 64) as usize] |= 1 << (place % 64);
        }
        filter
    }

    #[inline]
    fn may_hold(&self, fingerprint: u64) -> bool {
        let place = fingerprint >> self.shift;
        self.bits[(place / 64) as usize] >> (place % 64) & 1 == 1
    }
}
