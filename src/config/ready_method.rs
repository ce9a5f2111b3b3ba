//! `[tables]`: how cells are chosen, and which columns are levels of one another.

use super::problem::{Known, Problem};
use super::raw::At;
use super::read::Reader;
use super::ready_raw::RawHierarchies;
use super::ready_tables::ReadyTable;

/// How long the optimal method may take where it is not said, and at most.
const SECONDS: u64 = 300;
const MOST_SECONDS: u64 = 86_400;

/// How cells are chosen that protect others. What is chosen ends in one audit, whatever the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChosenBy {
    /// Exact elimination and widening, over the whole system.
    #[default]
    Elimination,
    /// The same in each simple table of a hierarchical system, from the coarsest on, until they agree.
    Modular,
    /// The cheapest pattern for the demanded intervals, by integer programming, or the best that was found in time.
    Optimal {
        /// When to stop, in seconds.
        seconds: u64,
    },
}

impl ChosenBy {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Elimination => "elimination",
            Self::Modular => "modular",
            Self::Optimal { .. } => "optimal",
        }
    }
}

/// Reads the method.
pub(super) fn method(reader: &mut Reader<'_>, word: &At<String>, limit: &At<u64>) -> ChosenBy {
    let seconds = limit.as_ref().map_or(SECONDS, |seconds| *seconds.get_ref());
    if let Some(written) = limit.as_ref().filter(|_| !(1..=MOST_SECONDS).contains(&seconds)) {
        let expected = "Write whole seconds from 1 to 86400.";
        reader.report(written.span(), Problem::BadValue { key: "seconds", expected });
    }
    let optimal = ChosenBy::Optimal { seconds };
    let words = [("elimination", ChosenBy::Elimination), ("modular", ChosenBy::Modular), ("optimal", optimal)];
    let method = reader.word(word, "method", ChosenBy::Elimination, &words);
    match (limit, word) {
        (Some(seconds), _) if method != optimal => {
            let why = "only method = \"optimal\" is given a time.";
            reader.report(seconds.span(), Problem::Conflict { key: "seconds", other: "method", why });
        }
        (_, Some(word)) if method == optimal && !cfg!(feature = "optimal") => {
            let what = "the optimal method".to_owned();
            let instead = "It needs a solver that is not built in: `cargo build --features optimal`, with cmake, a C++ compiler and \
                           libclang. Or leave `method` out.";
            reader.report(word.span(), Problem::NotAvailable { what, instead });
        }
        _ => {}
    }
    method
}

/// Reads the hierarchies, each from the finest column to the coarsest; `None` where they are to be found.
pub(super) fn hierarchies(
    reader: &mut Reader<'_>,
    written: Option<&At<RawHierarchies>>,
    tables: &[ReadyTable],
) -> Option<Vec<Vec<String>>> {
    const EXPECTED: &str =
        "Write hierarchy = [[\"commune\", \"departement\", \"region\"]], the finest column first, or false for none.";
    let written = written?.as_ref()?;
    let RawHierarchies::These(lists) = written.get_ref() else {
        if matches!(written.get_ref(), RawHierarchies::Any(true)) {
            reader.report(written.span(), Problem::BadValue { key: "hierarchy", expected: EXPECTED });
        }
        return Some(Vec::new());
    };
    let columns: Vec<&str> = tables.iter().flat_map(|table| &table.by).map(String::as_str).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for list in lists {
        let mut chain = Vec::new();
        for column in list.get_ref() {
            let name = column.get_ref();
            if chain.contains(name) || found.iter().flatten().any(|other| other == name) {
                reader.report(column.span(), Problem::ColumnTwice { column: name.clone() });
            } else if !columns.contains(&name.as_str()) {
                let known = Known::new(name, columns.iter().copied());
                let place = "`by` of any table".to_owned();
                reader.report(column.span(), Problem::UnknownColumn { column: name.clone(), place, known });
            }
            chain.push(name.clone());
        }
        if chain.len() < 2 {
            reader.report(list.span(), Problem::BadValue { key: "hierarchy", expected: EXPECTED });
        }
        found.push(chain);
    }
    Some(found)
}
