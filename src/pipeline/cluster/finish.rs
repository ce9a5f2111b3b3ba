//! The last stage: a run like any other, of which everything but the records is here.

use super::super::error::RunError;
use super::super::run::{RunOptions, run_on};
use super::super::summary::RunSummary;
use super::gathered::{End, Gathered};
use super::{Keys, Parts, Pass};
use crate::config::Pipeline;
use crate::keys::MasterKey;

/// Plans, writes, searches, reads back, certifies. `key` is the key of the run, twice: one opens the parts, the other, in
/// `options`, is the run's own; `known` are the plans of all passes, `stripped` the fingerprints, `released` the rows. `end` destroys the file
/// of the key once the release stands.
///
/// # Errors
/// As [`run`](super::super::run).
pub fn finish(
    pipeline: &Pipeline,
    key: MasterKey,
    options: RunOptions<'_>,
    (known, stripped, released): (Parts, Parts, Parts),
    end: End,
) -> Result<RunSummary, RunError> {
    let keys = Keys::new(pipeline, key)?;
    let mut gathered = Gathered::new(pipeline, keys.passage);
    gathered.take_all(known)?;
    gathered.need(Pass::Summary)?;
    gathered.stripped_from(stripped);
    gathered.released_from(released);
    gathered.ends_by(end);
    run_on(pipeline, options, Some(&gathered))
}
