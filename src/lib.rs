//! `tamis`: a sieve for health records.
//!
//! Identified records go in; aggregated tables and sampled, de-identified per-person files come out; the working
//! data are destroyed and a certificate says so. `ARCHITECTURE.md` shows the rooms and the walls between them.

pub mod account;
pub mod admission;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
pub mod deliver;
pub mod destroy;
pub mod disk;
pub mod doctor;
pub mod export;
pub mod identifiers;
pub mod infer;
pub mod ingest;
pub mod keys;
pub mod ledger;
pub mod pipeline;
pub mod profile;
pub mod protect;
pub mod reception;
pub mod release;
pub mod report;
pub mod sample;
pub mod scaffold;
pub mod scan;
pub mod schema;
pub mod seal;
pub mod sieve;
pub mod sql;
pub mod summarise;
pub mod synth;
pub mod validate;
pub mod vault;
pub mod words;
pub mod worker;
