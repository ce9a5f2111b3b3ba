//! Removes a release that nobody needs any more at the sender's. Its dossier stays: certificate and log prove what became of the data.

use std::path::Path;

use serde_json::{Value, json};

use super::error::RunError;
use super::opening::lock;
use crate::audit::Operator;
use crate::clock::Clock;
use crate::disk;
use crate::export::{Abandoned, remove_release};

/// Where a dossier says that its release was removed.
const DOCUMENT: &str = "purged.json";

/// Removes the release in the clear of a run that is over, and writes into its dossier by whom and when. What stands in a sealed
/// file ends with the use that its recipient was allowed; what a run still waits for is left alone.
///
/// # Errors
/// [`RunError::NotOver`] where no certificate says that the working data are gone; [`RunError::Locked`] while a run of the pipeline is
/// at work; what the disk refuses.
pub fn purge(run: &Path, operator: &Operator, clock: &dyn Clock) -> Result<Abandoned, RunError> {
    let not_over = || RunError::NotOver { run: run.display().to_string() };
    let read = |name: &str| -> Option<Value> {
        serde_json::from_slice(&disk::read(&run.join("dossier").join(name)).ok()?).ok()
    };
    let certificate = read("certificate.json").filter(|c| c["working_data_destroyed"] == true).ok_or_else(not_over)?;
    let pipeline = certificate["pipeline"].as_str().ok_or_else(not_over)?;
    let folder = run.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _lock = lock(folder, pipeline)?;
    let removed = remove_release(run)?;
    let document = json!({
        "time": clock.now().to_rfc3339(),
        "operator": { "name": operator.name(), "uid": operator.uid() },
        "files": removed.files(),
        "bytes": removed.bytes(),
    });
    removed.dossier().write(DOCUMENT, &document)?;
    Ok(removed)
}
