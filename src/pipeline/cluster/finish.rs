//! The last stage: a run like any other, of which everything but the records is here.

use super::super::error::RunError;
use super::super::run::{RunOptions, run_on};
use super::super::summary::RunSummary;
use super::gathered::Gathered;
use super::{Keys, Parts, Pass};
use crate::config::Pipeline;
use crate::keys::MasterKey;

/// Plans, writes, searches, reads back, certifies. `key` is the key of the run, twice: one opens the parts, the other, in
/// `options`, is the run's own; `known` are the plans of all passes, `stripped` the fingerprints, `released` the rows.
///
/// # Errors
/// As [`run`](super::super::run).
pub fn finish(
    pipeline: &Pipeline,
    key: MasterKey,
    options: RunOptions<'_>,
    (known, stripped, released): (Parts, Parts, Parts),
) -> Result<RunSummary, RunError> {
    let keys = Keys::new(pipeline, key)?;
    let mut gathered = Gathered::new(pipeline, keys.passage);
    gathered.take_all(known)?;
    gathered.need(Pass::Summary)?;
    gathered.stripped_from(stripped);
    gathered.released_from(released);
    run_on(pipeline, options, Some(&gathered))
}
