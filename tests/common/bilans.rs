//! A sender's campaigns of prevention consultations, and the pipeline over them.

#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use std::fs;

use tamis::synth::SynthOptions;

use crate::common;
use crate::machines::{Machine, PURPOSE};
use crate::tables::Table;

pub const SCHEMA: &str = "consultation_prevention";

/// Two thirds of the synthetic consultations of one population; half of them are in the next campaign too.
pub fn campaign(machine: &Machine, file: &str, records: u64, campaign: u64) -> Table {
    // Persons follow from the seed, so all campaigns take their records out of one large file.
    let whole = machine.path("tmp/whole.csv");
    let options = SynthOptions { records: records * 2, seed: 21, population: Some(records), ..SynthOptions::default() };
    common::synth(&whole, SCHEMA, options);
    let mut table = Table::read(&whole);
    fs::remove_file(whole).unwrap();
    let mut at = 0;
    table.rows.retain(|_| {
        at += 1;
        at % 3 != campaign % 3
    });
    table.write(&machine.path(file));
    table
}

/// A pipeline over `in/*.csv`; `more` comes before `[export]`.
pub fn pipeline(machine: &Machine, linkage: &str, more: &str) {
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
pub const PERSONS: &str = "[[persons]]\nname = \"personnes\"\ncolumns = [\"age\", \"sexe\", \"tabac\"]\n\
                       protect = { quasi_identifiers = [\"age\", \"sexe\"] }\n";
