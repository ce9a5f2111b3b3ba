//! Hierarchies as ARX writes them: one line per value, the value first, then what it becomes at each level, separated by
//! semicolons (ARX documentation, "Importing hierarchies"). Fields may stand in double quotes, doubled inside (RFC 4180).

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use thiserror::Error;

use super::{Hierarchy, HierarchyFault};

/// A hierarchy and what its groups are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The levels.
    pub hierarchy: Hierarchy,
    labels: Vec<Vec<String>>,
    codes: HashMap<String, u32>,
}

/// Why a text is no hierarchy. Lines are counted from 1; no value is ever repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReadFault {
    /// Nothing there.
    #[error("the hierarchy is empty")]
    Empty,
    /// A line with another number of fields than the first.
    #[error("line {line} has {found} fields, the lines before have {expected}")]
    Ragged {
        /// Which line.
        line: usize,
        /// Fields of the first line.
        expected: usize,
        /// Fields of this line.
        found: usize,
    },
    /// A quotation mark that is not closed, or with something behind it.
    #[error("line {line} has a quotation mark out of place")]
    Quote {
        /// Which line.
        line: usize,
    },
    /// The same value twice.
    #[error("line {line} has the value of line {first} again")]
    Repeated {
        /// The later line.
        line: usize,
        /// The earlier line.
        first: usize,
    },
    /// Two values that are together at a level, but not at the next.
    #[error("the values of lines {one} and {two} are together at level {level}, but apart at level {}", .level + 1)]
    Splits {
        /// The finer level; 0 is the value itself.
        level: usize,
        /// One line.
        one: usize,
        /// The other line.
        two: usize,
    },
}

impl Labelled {
    /// The code of a value: its position in the file.
    pub fn code(&self, value: &str) -> Option<u32> {
        self.codes.get(value).copied()
    }

    /// What a group of a level is called.
    pub fn label(&self, level: usize, group: u32) -> Option<&str> {
        self.labels.get(level).and_then(|labels| labels.get(group as usize)).map(String::as_str)
    }
}

/// Reads a hierarchy whose fields `separator` divides. Empty lines are passed over; the code of a value is its position
/// among the lines that are not empty. A label may occur at several levels.
///
/// # Errors
/// [`ReadFault`] with lines, never with a value.
pub fn read(text: &str, separator: char) -> Result<Labelled, ReadFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields = split(line, separator).ok_or(ReadFault::Quote { line: number + 1 })?;
        let expected = rows.first().map_or(fields.len(), Vec::len);
        if fields.len() != expected {
            return Err(ReadFault::Ragged { line: number + 1, expected, found: fields.len() });
        }
        lines.push(number + 1);
        rows.push(fields);
    }
    let mut codes = HashMap::new();
    for (code, row) in rows.iter().enumerate() {
        match codes.entry(row[0].clone()) {
            Entry::Occupied(held) => {
                return Err(ReadFault::Repeated { line: lines[code], first: lines[*held.get() as usize] });
            }
            Entry::Vacant(free) => _ = free.insert(code as u32),
        }
    }
    labelled(&rows, codes).map_err(|fault| match fault {
        HierarchyFault::Splits { level, one, two } => ReadFault::Splits { level, one: lines[one], two: lines[two] },
        HierarchyFault::Empty | HierarchyFault::Length { .. } => ReadFault::Empty,
    })
}

/// Rows of one length each: a value, and what it becomes. `codes` has the position of each value.
pub(super) fn labelled(rows: &[Vec<String>], codes: HashMap<String, u32>) -> Result<Labelled, HierarchyFault> {
    let width = rows.first().map_or(0, Vec::len);
    let (levels, labels): (Vec<_>, Vec<_>) = (0..width).map(|level| numbered(rows, level)).unzip();
    Ok(Labelled { hierarchy: Hierarchy::new(&levels)?, labels, codes })
}

/// The groups of one level, numbered in the order in which they come, and their labels.
fn numbered(rows: &[Vec<String>], level: usize) -> (Vec<u32>, Vec<String>) {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut labels = Vec::new();
    let groups = rows
        .iter()
        .map(|row| {
            *numbers.entry(&row[level]).or_insert_with(|| {
                labels.push(row[level].clone());
                labels.len() as u32 - 1
            })
        })
        .collect();
    (groups, labels)
}

/// The fields of a line; `None` if a quotation mark is out of place.
fn split(line: &str, separator: char) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line.chars().peekable();
    loop {
        let mut field = String::new();
        if rest.next_if_eq(&'"').is_some() {
            loop {
                match rest.next()? {
                    '"' if rest.next_if_eq(&'"').is_some() => field.push('"'),
                    '"' => break,
                    other => field.push(other),
                }
            }
            if rest.peek().is_some_and(|&next| next != separator) {
                return None;
            }
        } else {
            while let Some(other) = rest.next_if(|&next| next != separator) {
                field.push(other);
            }
        }
        fields.push(field);
        if rest.next().is_none() {
            return Some(fields);
        }
    }
}
