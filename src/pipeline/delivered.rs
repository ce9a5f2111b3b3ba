//! That a sealed file of a run was delivered, in the run's own log.

use std::path::Path;
use std::sync::Arc;

use super::closing::LOG;
use super::error::RunError;
use crate::audit::{Fact, Name};
use crate::clock::Clock;
use crate::config::Recipient;
use crate::destroy::Journal;
use crate::disk;

/// Writes into the log of the run in whose `sealed/` folder the package stands that it was delivered. Whether there is such a
/// log: a package may have been moved before.
///
/// # Errors
/// Where there is a log and it cannot be read or written.
pub fn note_delivery(
    package: &Path,
    recipient: &Recipient,
    bytes: u64,
    clock: &Arc<dyn Clock>,
) -> Result<bool, RunError> {
    let Some(run) = package.parent().and_then(Path::parent) else { return Ok(false) };
    let log = run.join("dossier").join(LOG);
    if !disk::exists(&log) {
        return Ok(false);
    }
    let (mut journal, _) = Journal::resume(&log, Arc::clone(clock))?;
    let facts = [("recipient", Fact::Name(Name::from(recipient))), ("bytes", Fact::Count(bytes))];
    journal.note("delivered", &facts)?;
    Ok(true)
}
