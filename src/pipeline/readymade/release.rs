//! Protected tables on the disk: in the ledger first, then the whole folder or nothing.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::protect::{ReadyProtected, protect_ready};
use crate::audit::Name;
use crate::clock::Clock;
use crate::config::ReadyTables;
use crate::disk;
use crate::ledger::Ledger;
use crate::pipeline::earlier::Before;
use crate::pipeline::error::RunError;

/// Who writes into the ledger.
const MAKER: &str = "protect-tables";

/// Protects the tables of a file and writes them into a folder that is made for them. With a ledger they are held against earlier
/// releases, and stand in it before the folder has its name. Where something cannot be protected nothing is written, and the answer
/// says what.
///
/// # Errors
/// A table that cannot be read, or contradicts itself or another; a ledger that is not the one that was written, or that another
/// process has open; a disk that refuses.
pub fn release_ready(spec: &ReadyTables, out: &Path, clock: &Arc<dyn Clock>) -> Result<ReadyProtected, RunError> {
    let run = clock.now().format("%Y%m%dT%H%M%S%.3fZ").to_string();
    // From here on no other release can come in between.
    let mut book = spec.ledger.as_ref().map(|of| Ledger::open(&of.file, Arc::clone(clock))).transpose()?;
    let before = book.as_ref().zip(spec.ledger.as_ref()).map(|(book, of)| Before::new(book, of));
    let (done, recorded) = protect_ready(spec, before.as_ref())?;
    if !done.is_safe() {
        return Ok(done);
    }
    let refused = |error: io::Error| RunError::Resume { path: out.to_path_buf(), kind: error.kind() };
    let partial = disk::partial_name(out);
    fill(&partial, &done).map_err(refused)?;
    if let (Some(book), Some(of)) = (book.as_mut(), &spec.ledger) {
        let noted = book.announce(of, Name::word(MAKER), &run, &recorded);
        noted.inspect_err(|_| drop(disk::remove_tree(&partial)))?;
    }
    // A folder that was refused its name may have been seen under it: its entry counts.
    disk::rename_new(&partial, out).inspect_err(|_| drop(disk::remove_tree(&partial))).map_err(refused)?;
    out.parent().map_or(Ok(()), disk::sync_folder).map_err(refused)?;
    // Without this word the release counts all the same.
    let _ = book.as_mut().map(|book| book.settle(true));
    Ok(done)
}

/// Writes all files, under a name that nobody takes for a release.
fn fill(partial: &Path, done: &ReadyProtected) -> io::Result<()> {
    let fill = || -> io::Result<()> {
        disk::create_folder(partial)?;
        for table in &done.tables {
            disk::write_new(&partial.join(format!("{}.csv", table.name)), table.csv.as_bytes())?;
        }
        disk::write_new(&partial.join("rapport.json"), format!("{:#}\n", done.report).as_bytes())
    };
    fill().inspect_err(|_| {
        // Suppressed numbers stand in it; the first error is the one to report.
        let _ = disk::remove_tree(partial);
    })
}
