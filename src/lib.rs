//! `tamis`: a sieve for health records.
//!
//! Identified records go in; aggregated tables and sampled, de-identified per-person files come out; the working
//! data are destroyed and a certificate says so. `ARCHITECTURE.md` shows the rooms and the walls between them.

pub mod cli;
pub mod config;
pub mod identifiers;
pub mod ingest;
pub mod schema;
pub mod validate;
