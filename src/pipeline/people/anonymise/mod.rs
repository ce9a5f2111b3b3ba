//! `tamis anonymise`: a file of persons becomes one that is safe by the rules asked for, at the least loss.

mod change;
mod evidence;
mod fates;
mod ground;
mod levels;
mod plan;
mod read;
mod release;
mod report;
mod rules;

pub(in crate::pipeline) use change::changed;
pub(in crate::pipeline) use evidence::{After, Beside, Judged, judged, measured, rules_json};
pub(in crate::pipeline) use fates::Fate;
pub(in crate::pipeline) use ground::{Ground, SensitiveValues};
pub(in crate::pipeline) use levels::{Values, generalised, of_file};
pub(in crate::pipeline) use plan::{Plan, plan};
pub(in crate::pipeline) use rules::{Judge, judges};

use serde_json::Value as Json;

use super::error::PersonsError;
use super::measure::Measured;
use crate::config::Anonymise;
use crate::pipeline::error::RunError;

/// An anonymised file, not yet written. It has no `Debug`: it holds records.
pub struct Anonymised {
    /// The file, as CSV.
    pub csv: String,
    /// What was done, what it cost, and the risk before and after: for the sender.
    pub report: Json,
    /// Records of the input.
    pub records: u64,
    /// Records that do not leave.
    pub left_out: u64,
    /// The risk before.
    pub before: Measured,
    /// The risk of what leaves.
    pub after: Measured,
}

/// Anonymises a file, on so many threads; by default on one per core. Nothing is written.
///
/// # Errors
/// A file that cannot be read or lacks a column; [`PersonsError`] where the rules cannot be met, the evidence stays behind its
/// thresholds, or anything else is wrong with files or rules; [`RunError::Threads`].
pub fn anonymise(spec: &Anonymise, threads: Option<usize>) -> Result<Anonymised, RunError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
    let pool = pool.build().map_err(|_| RunError::Threads)?;
    let outcome = pool.install(|| anonymised(spec));
    pool.broadcast(|_| crate::keys::scrub_stack());
    outcome
}

fn anonymised(spec: &Anonymise) -> Result<Anonymised, RunError> {
    let prepared = read::Prepared::read(spec)?;
    let judges = rules::judges(&spec.protection, &prepared.ground)?;
    let plan = plan::plan(&spec.protection, &prepared.ground, &judges)?;
    let leaving = release::leaving(spec, &prepared, &plan)?;
    release::verify(&judges, &plan, &leaving)?;
    let (report, found) = report::report(spec, &prepared, &judges, &plan, &leaving)?;
    if !found.failed.is_empty() {
        return Err(PersonsError::Evidence { failed: found.failed }.into());
    }
    let records = leaving.kept.len() as u64;
    let left_out = leaving.kept.iter().filter(|kept| !**kept).count() as u64;
    let csv = release::csv(spec, &prepared, &leaving);
    Ok(Anonymised { csv, report, records, left_out, before: found.before, after: found.after })
}
