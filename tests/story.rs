//! From keys to certificates, through the program, on machines that share nothing: what crosses is carried by hand.

#![allow(clippy::unwrap_used)]

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
use std::fs;

use machines::{Machine, PURPOSE};
use search::Searcher;
use tables::Table;
use tamis::schema::TableSchema;
use tamis::synth::SynthOptions;

const SCHEMA: &str = "consultation_prevention";

/// Synthetic consultations of one population, another draw for each seed of `campaign`.
fn campaign(machine: &Machine, file: &str, records: u64, campaign: u64) -> Table {
    // Persons follow from the seed, so all campaigns take their records out of one large file.
    let whole = machine.path("tmp/whole.csv");
    let options = SynthOptions { records: records * 2, seed: 21, population: Some(records), ..SynthOptions::default() };
    common::synth(&whole, SCHEMA, options);
    let mut table = Table::read(&whole);
    fs::remove_file(whole).unwrap();
    let mut at = 0;
    table.rows.retain(|_| {
        at += 1;
        at % 2 == campaign % 2
    });
    table.write(&machine.path(file));
    table
}

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

/// A pipeline over `in/*.csv`; `more` comes before `[export]`.
fn pipeline(machine: &Machine, linkage: &str, more: &str) {
    let schema = common::schema_path(SCHEMA);
    let text = format!(
        r#"
[pipeline]
name = "bilans"
legal_basis = "CSP L1411-8"
purpose = "{PURPOSE}"
policy = "2026-01"
[[source]]
name = "consultations"
schema = "{schema}"
files = ["in/*.csv"]
event_date = "date_consultation"
[subject]
column = "matricule_ins"
kind = "nir"
linkage = "{linkage}"
[[keep]]
column = "date_naissance"
as = "age"
generalise = {{ to = "band", bounds = [18, 51] }}
[[keep]]
column = "sexe"
[[keep]]
column = "tabac"
why = "facteur de risque suivi"
{more}
[export]
to = "out"
"#,
        schema = schema.display(),
    );
    fs::write(machine.path("pipeline.toml"), text).unwrap();
}

/// The per-person output of [`pipeline`] that nearly every test has.
const PERSONS: &str = "[[persons]]\nname = \"personnes\"\ncolumns = [\"age\", \"sexe\", \"tabac\"]\n\
                       protect = { quasi_identifiers = [\"age\", \"sexe\"] }\n";
