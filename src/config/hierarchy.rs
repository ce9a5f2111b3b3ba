//! Hierarchy files of code lists in the `;` form that ARX uses: `value;level 1;level 2;…`, no header.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use super::problem::Problem;

/// What is wrong with a hierarchy file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the message says what each variant and its fields are
pub enum HierarchyProblem {
    #[error("it is empty")]
    Empty,
    #[error("line {line} has {found} levels, the lines before it have {expected}")]
    Ragged { line: usize, found: usize, expected: usize },
    #[error("it has {levels} levels, so level {asked} does not exist")]
    NoSuchLevel { levels: usize, asked: u64 },
    #[error("line {line} gives a code of an earlier line another meaning")]
    Contradiction { line: usize },
    #[error("line {line} has a quotation mark that is not closed")]
    Quote { line: usize },
    #[error("it lacks the code `{code}`, which the schema allows")]
    Lacks { code: String },
}

/// Reads a hierarchy file: from value to its text at `level` (1 is the first after the value).
///
/// # Errors
/// The file cannot be read, is not UTF-8, or one of [`HierarchyProblem`].
pub(super) fn read(path: &Path, level: u64) -> Result<HashMap<String, String>, Problem> {
    let bytes = crate::disk::read(path).map_err(|e| Problem::Unreadable { path: path.to_owned(), kind: e.kind() })?;
    let text = String::from_utf8(bytes).map_err(|_| Problem::NotUtf8 { path: path.to_owned() })?;
    parse(&text, level).map_err(|what| Problem::Hierarchy { path: path.to_owned(), what })
}

fn parse(text: &str, level: u64) -> Result<HashMap<String, String>, HierarchyProblem> {
    let mut map = HashMap::new();
    let mut width = None;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.is_empty() {
            continue;
        }
        let line_number = number + 1;
        let mut cells = cells(line, ';').ok_or(HierarchyProblem::Quote { line: line_number })?;
        let found = cells.len() - 1;
        let expected = *width.get_or_insert(found);
        if found != expected {
            return Err(HierarchyProblem::Ragged { line: line_number, found, expected });
        }
        let position = usize::try_from(level).ok().filter(|l| (1..=found).contains(l));
        let position = position.ok_or(HierarchyProblem::NoSuchLevel { levels: found, asked: level })?;
        let coarse = cells.swap_remove(position);
        match map.entry(cells.swap_remove(0)) {
            Entry::Vacant(free) => {
                free.insert(coarse);
            }
            Entry::Occupied(taken) if *taken.get() != coarse => {
                return Err(HierarchyProblem::Contradiction { line: line_number });
            }
            Entry::Occupied(_) => {}
        }
    }
    if map.is_empty() { Err(HierarchyProblem::Empty) } else { Ok(map) }
}

/// The cells of a line, quotation marks removed; `None` where one is left open.
pub(super) fn cells(line: &str, delimiter: char) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = rest.find(delimiter).unwrap_or(rest.len());
            cells.push(rest[..end].to_owned());
            match rest.get(end + 1..) {
                Some(after) => rest = after,
                None => return Some(cells),
            }
            continue;
        };
        let mut cell = String::new();
        let mut inside = quoted;
        loop {
            let end = inside.find('"')?;
            cell.push_str(&inside[..end]);
            inside = &inside[end + 1..];
            match inside.strip_prefix('"') {
                Some(after) => {
                    cell.push('"');
                    inside = after;
                }
                None => break,
            }
        }
        cells.push(cell);
        match inside.strip_prefix(delimiter) {
            Some(after) => rest = after,
            None => return inside.is_empty().then_some(cells),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_level_is_counted_from_the_first_after_the_value() {
        let text = "\u{feff}11th;High School;Secondary;*\r\nBachelors;\"Under;graduate\";Higher;*\n";
        assert_eq!(parse(text, 1).unwrap()["Bachelors"], "Under;graduate");
        assert_eq!(parse(text, 3).unwrap()["11th"], "*");
        assert_eq!(parse(text, 4), Err(HierarchyProblem::NoSuchLevel { levels: 3, asked: 4 }));
        assert_eq!(parse(text, 0), Err(HierarchyProblem::NoSuchLevel { levels: 3, asked: 0 }));
    }

    #[test]
    fn a_code_with_two_meanings_or_a_short_line_is_refused() {
        assert_eq!(parse("a;x\na;y\n", 1), Err(HierarchyProblem::Contradiction { line: 2 }));
        assert_eq!(parse("a;x\nb\n", 1), Err(HierarchyProblem::Ragged { line: 2, found: 0, expected: 1 }));
        assert_eq!(parse("a;\"x\n", 1), Err(HierarchyProblem::Quote { line: 1 }));
        assert_eq!(parse("\n\n", 1), Err(HierarchyProblem::Empty));
        assert!(parse("a;x\na;x\n", 1).is_ok(), "the same line twice says nothing new");
    }

    #[test]
    #[allow(clippy::print_stderr)]
    fn the_hierarchies_of_arx_are_read() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/arx/adult_hierarchy_education.csv");
        if !Path::new(path).exists() {
            eprintln!("skipped: {path} is absent");
            return;
        }
        let map = read(Path::new(path), 2).unwrap();
        assert_eq!(map["HS-grad"], "Secondary education");
        assert_eq!(map.len(), 16);
    }
}
