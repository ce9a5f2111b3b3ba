//! Files that are not yet what they will be, and go when they are dropped.

use std::path::{Path, PathBuf};

use super::error::{Act, SealError};
use super::name::PACKAGE_ENDING;
use crate::disk;

/// Ending of an entry's ciphertext before it is in its package.
const ENTRY: &str = ".entry";
/// Ending of a package before it has its name.
const PARTIAL: &str = ".partial";

/// A partial file; removed when dropped, unless it was kept.
pub(super) struct Partial(Option<PathBuf>);

impl Partial {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(Some(path))
    }

    /// The file has its own name now, or is somebody else's: nothing is removed.
    pub(super) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Nobody is left to be told. What stays behind is ciphertext, and `sweep` takes it.
            let _ = disk::remove_file(path);
        }
    }
}

/// Where the ciphertext of the nth entry is until the package is put together.
pub(super) fn entry_path(folder: &Path, file_name: &str, n: usize) -> PathBuf {
    folder.join(format!(".{file_name}.{n}{ENTRY}"))
}

/// Removes what a process that was killed left behind in a folder: entries and packages that were not complete. How many
/// files.
///
/// Not for a folder in which a package is being sealed, nor before [`super::resume_read_back`].
///
/// # Errors
/// [`SealError::Io`].
pub fn sweep(folder: &Path) -> Result<u64, SealError> {
    let mut removed = 0;
    for path in disk::list(folder).map_err(SealError::io(folder, Act::Read))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let package = |rest: &str| rest.ends_with(PACKAGE_ENDING);
        let entry = |rest: &str| {
            rest.rsplit_once('.').is_some_and(|(rest, n)| package(rest) && n.bytes().all(|b| b.is_ascii_digit()))
        };
        let left = name.strip_prefix('.').is_some_and(|name| {
            name.strip_suffix(PARTIAL).is_some_and(package) || name.strip_suffix(ENTRY).is_some_and(entry)
        });
        if left {
            disk::remove_file(&path).map_err(SealError::io(&path, Act::Remove))?;
            removed += 1;
        }
    }
    if removed > 0 {
        disk::sync_folder(folder).map_err(SealError::io(folder, Act::Sync))?;
    }
    Ok(removed)
}
