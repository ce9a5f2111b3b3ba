//! What a table wishes of its suppression beyond its rules: decisions about cells by hand, costs, how cells of nobody are shown, and
//! columns that tell about everybody of a group.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::spanned::Spanned;

use super::hierarchy::cells;
use super::problem::Problem;
use super::raw::{At, RawAggregate};
use super::read::Reader;
use super::ready_method::ChosenBy;

/// A decision by hand about a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decision {
    /// None.
    #[default]
    None,
    /// To be published.
    Publish,
    /// To be suppressed, and protected.
    Unsafe,
    /// Rather other cells than this one are suppressed for others.
    PreferPublish,
    /// This one is suppressed for others rather than any other.
    PreferSuppress,
    /// It cannot be: a structural zero.
    Impossible,
}

impl Decision {
    /// The decision of a word; none for no word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "" => Self::None,
            "publish" => Self::Publish,
            "unsafe" => Self::Unsafe,
            "prefer_publish" => Self::PreferPublish,
            "prefer_suppress" => Self::PreferSuppress,
            "impossible" => Self::Impossible,
            _ => return None,
        })
    }
}

/// What is decided about one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wish {
    /// Whether it is to be published.
    pub decision: Decision,
    /// What its suppression costs; `None` for what such cells cost.
    pub cost: Option<u64>,
}

/// What the suppression of a cell costs where nothing is decided about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cost {
    /// Its persons; more where it has hardly more than the threshold and hides little.
    #[default]
    Persons,
    /// Its records.
    Records,
    /// Each the same, so that few cells are suppressed.
    Cells,
    /// How many sums lie between it and the nearest unsafe number: what is suppressed stands together.
    Distance,
}

/// How cells in which nobody is are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zeros {
    /// They stand in no table.
    #[default]
    Absent,
    /// As zeros.
    Shown,
    /// Not at all: that nobody is there must not be known either.
    Unsafe,
}

/// The wishes of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// For codes of the columns of `by`, as the release writes them (`_T` for totals, nothing for a missing value), what is decided.
    pub decided: BTreeMap<Vec<String>, Wish>,
    /// What others cost.
    pub cost: Cost,
    /// How cells are chosen that protect others.
    pub method: ChosenBy,
    /// How cells of nobody are shown.
    pub zeros: Zeros,
    /// Columns, positions in `kept`, of which no value may be that of everybody, or of nobody, in a line or a share.
    pub group: Vec<usize>,
    /// Whether a letter says why a cell is not published, as French official statistics have it.
    pub marks: bool,
    /// The data flow under which the table is also written as SDMX-CSV, as `AGENCY:ID(1.0)`.
    pub sdmx: Option<String>,
}

/// Reads the wishes. `by` are the columns of the table with their names and whether they have totals.
pub(super) fn wishes(reader: &mut Reader<'_>, raw: &RawAggregate, group: Vec<usize>, by: &[&str]) -> Wishes {
    let protect = raw.protect.as_ref().map(Spanned::get_ref);
    let no_word: At<String> = None;
    let cost =
        [("persons", Cost::Persons), ("records", Cost::Records), ("cells", Cost::Cells), ("distance", Cost::Distance)];
    let zeros = [("absent", Zeros::Absent), ("shown", Zeros::Shown), ("unsafe", Zeros::Unsafe)];
    Wishes {
        decided: raw.decisions.as_ref().map_or_else(BTreeMap::new, |file| decisions(reader, file, by)),
        cost: reader.word(protect.map_or(&no_word, |protect| &protect.cost), "cost", Cost::default(), &cost),
        method: protect.map_or(ChosenBy::Elimination, |protect| {
            super::ready_method::method(reader, &protect.method, &protect.seconds)
        }),
        zeros: reader.word(&raw.zeros, "zeros", Zeros::default(), &zeros),
        group,
        marks: raw.marks.as_ref().is_some_and(|marks| *marks.get_ref()),
        sdmx: raw.sdmx.as_ref().and_then(|flow| dataflow(reader, flow)),
    }
}

/// An identifier of a data flow: agency, colon, name, version in brackets.
fn dataflow(reader: &mut Reader<'_>, written: &Spanned<String>) -> Option<String> {
    let expected = "Write agency, identifier and version: sdmx = \"ARS:CONSULTATIONS(1.0)\".";
    let text = written.get_ref();
    let id = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    let agency = |part: &str| part.split('.').all(id);
    let version = |part: &str| {
        part.split('.').count() > 1 && part.split('.').all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let parts = text.split_once(':').and_then(|(of, rest)| Some((of, rest.strip_suffix(')')?.split_once('(')?)));
    if !parts.is_some_and(|(of, (name, number))| agency(of) && id(name) && version(number)) {
        reader.report(written.span(), Problem::BadValue { key: "sdmx", expected });
        return None;
    }
    Some(text.clone())
}

/// What is wrong with a file of decisions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the message says what each variant and its fields are
pub enum DecisionsProblem {
    #[error("its first line lacks the column `{column}`")]
    Lacks { column: String },
    #[error("line {line} has not as many cells as the first")]
    Ragged { line: usize },
    #[error("line {line} has a quotation mark that is not closed")]
    Quote { line: usize },
    #[error(
        "line {line} has no known word in `decision`; use publish, unsafe, prefer_publish, prefer_suppress or impossible"
    )]
    Decision { line: usize },
    #[error("line {line} has no whole number in `cost`")]
    Cost { line: usize },
    #[error("line {line} decides about a cell of an earlier line")]
    Twice { line: usize },
}

fn decisions(reader: &mut Reader<'_>, file: &Spanned<String>, by: &[&str]) -> BTreeMap<Vec<String>, Wish> {
    let path = reader.path(file.get_ref());
    match read(&path, by) {
        Ok(decided) => decided,
        Err(problem) => {
            reader.report(file.span(), problem);
            BTreeMap::new()
        }
    }
}

fn read(path: &Path, by: &[&str]) -> Result<BTreeMap<Vec<String>, Wish>, Problem> {
    let bytes = crate::disk::read(path).map_err(|e| Problem::Unreadable { path: path.to_owned(), kind: e.kind() })?;
    let text = String::from_utf8(bytes).map_err(|_| Problem::NotUtf8 { path: path.to_owned() })?;
    parse(&text, by).map_err(|what| Problem::Decisions { path: path.to_owned(), what })
}

/// Reads `by…,decision,cost` with commas, in any order of columns; the last two may be absent.
fn parse(text: &str, by: &[&str]) -> Result<BTreeMap<Vec<String>, Wish>, DecisionsProblem> {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let (_, first) = lines.next().unwrap_or((0, ""));
    let header = cells(first, ',').ok_or(DecisionsProblem::Quote { line: 1 })?;
    let at = |name: &str| header.iter().position(|column| column == name);
    let needed = |name: &&str| at(name).ok_or_else(|| DecisionsProblem::Lacks { column: (*name).to_owned() });
    let codes: Vec<usize> = by.iter().map(needed).collect::<Result<_, _>>()?;
    let (decision, cost) = (at("decision"), at("cost"));
    if decision.or(cost).is_none() {
        return Err(DecisionsProblem::Lacks { column: "decision".to_owned() });
    }
    let mut decided = BTreeMap::new();
    for (number, line) in lines {
        let line_number = number + 1;
        let row = cells(line, ',').ok_or(DecisionsProblem::Quote { line: line_number })?;
        if row.len() != header.len() {
            return Err(DecisionsProblem::Ragged { line: line_number });
        }
        let of = |at: Option<usize>| at.map_or("", |at| row[at].trim());
        let decision = Decision::of(of(decision)).ok_or(DecisionsProblem::Decision { line: line_number })?;
        let cost = Some(of(cost)).filter(|cost| !cost.is_empty()).map(str::parse).transpose();
        let cost = cost.map_err(|_| DecisionsProblem::Cost { line: line_number })?;
        let key = codes.iter().map(|at| row[*at].clone()).collect();
        if decided.insert(key, Wish { decision, cost }).is_some() {
            return Err(DecisionsProblem::Twice { line: line_number });
        }
    }
    Ok(decided)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn decisions_are_read_by_the_names_of_the_columns() {
        let text = "\u{feff}cost,sexe,region,decision\n7,F,\"a,b\",\n,_T,c,unsafe\n";
        let decided = parse(text, &["region", "sexe"]).unwrap();
        let key = |codes: [&str; 2]| codes.map(str::to_owned).to_vec();
        assert_eq!(decided[&key(["a,b", "F"])], Wish { decision: Decision::None, cost: Some(7) });
        assert_eq!(decided[&key(["c", "_T"])], Wish { decision: Decision::Unsafe, cost: None });
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let of = |text: &str| parse(text, &["a"]).unwrap_err();
        assert_eq!(of("b,decision\n"), DecisionsProblem::Lacks { column: "a".into() });
        assert_eq!(of("a,b\n"), DecisionsProblem::Lacks { column: "decision".into() });
        assert_eq!(of(""), DecisionsProblem::Lacks { column: "a".into() });
        assert_eq!(of("a,decision\n1\n"), DecisionsProblem::Ragged { line: 2 });
        assert_eq!(of("a,decision\n1,hide\n"), DecisionsProblem::Decision { line: 2 });
        assert_eq!(of("a,cost\n1,-1\n"), DecisionsProblem::Cost { line: 2 });
        assert_eq!(of("a,cost\n\"1,1\n"), DecisionsProblem::Quote { line: 2 });
        assert_eq!(of("a,cost\n1,1\n\n1,2\n"), DecisionsProblem::Twice { line: 4 });
    }
}
