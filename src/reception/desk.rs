//! The folder in which a recipient works, and its log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Act, ReceptionError};
use crate::audit::{AuditLog, Fact};
use crate::clock::Clock;
use crate::destroy;
use crate::disk;

/// Name of the log.
const LOG: &str = "audit.jsonl";
/// Ending of a reception that is not yet opened.
const OPENING: &str = ".opening";

/// A desk, held by this process alone: its log can be open once.
pub struct Desk {
    pub(super) folder: PathBuf,
    pub(super) log: AuditLog,
    pub(super) clock: Arc<dyn Clock>,
}

impl Desk {
    /// Enters a desk, making it if there is none (mode 0700). The log is verified from its first line on. What an opening
    /// that was killed left in the clear is erased, and an event says so.
    ///
    /// # Errors
    /// Where the log is not sound or another process holds it, or the disk refuses.
    pub fn enter(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, ReceptionError> {
        disk::ensure_folder(folder).map_err(ReceptionError::io(folder, Act::Create))?;
        let log = AuditLog::open_or_create(&folder.join(LOG), Arc::clone(&clock))?;
        let mut desk = Self { folder: folder.to_path_buf(), log, clock };
        desk.sweep()?;
        Ok(desk)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &AuditLog {
        &self.log
    }

    /// Where a reception is decrypted before it gets its name.
    pub(super) fn opening(&self, name: &str) -> PathBuf {
        self.folder.join(format!(".{name}{OPENING}"))
    }

    fn sweep(&mut self) -> Result<(), ReceptionError> {
        for path in disk::list(&self.folder).map_err(ReceptionError::io(&self.folder, Act::Read))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let metadata = disk::metadata(&path).map_err(ReceptionError::io(&path, Act::Read))?;
            if name.starts_with('.') && name.ends_with(OPENING) && metadata.is_dir() {
                let ends = destroy::clear_unopened(&path)?;
                self.log.event("swept", &[("files", Fact::Count(ends.len() as u64))])?;
            }
        }
        Ok(())
    }
}
