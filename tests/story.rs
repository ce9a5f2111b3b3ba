//! From keys to certificates, through the program, on machines that share nothing: what crosses is carried by hand.

#![allow(clippy::unwrap_used)]

#[path = "common/bilans.rs"]
mod bilans;
mod common;
#[path = "common/machines.rs"]
mod machines;
#[path = "common/search.rs"]
mod search;
#[path = "common/tables.rs"]
mod tables;

#[path = "story/commands.rs"]
mod commands;
#[path = "story/refusals.rs"]
mod refusals;
#[path = "story/reinforced.rs"]
mod reinforced;
#[path = "story/whole.rs"]
mod whole;

use std::collections::HashSet;

use bilans::SCHEMA;
use search::Searcher;
use tables::Table;
use tamis::schema::TableSchema;

/// Finds every identifying value and every exact birth date of the records.
fn searcher(tables: &[&Table]) -> Searcher {
    let schema = TableSchema::read(&common::schema_path(SCHEMA)).unwrap();
    let identifying = schema.fields.iter().filter(|f| f.role.unwrap().never_leaves()).map(|f| f.name.as_str());
    let columns: Vec<&str> = identifying.chain(["date_naissance", "id_enregistrement"]).collect();
    let values = tables.iter().flat_map(|t| columns.iter().flat_map(|c| t.column(c))).map(str::to_owned);
    let searcher = Searcher::new(values, HashSet::new());
    assert!(searcher.found(tables[0].to_csv().as_bytes()).len() > 1_000, "the search is armed");
    searcher
}
