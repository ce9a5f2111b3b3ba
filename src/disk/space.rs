//! Questions about places: rights, room, and whether they lie in memory.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Access, access, statfs, statvfs};

/// The file system of Linux that lies in memory (`linux/magic.h`).
const TMPFS: u32 = 0x0102_1994;

/// Whether the process may read a file, or list a folder.
#[must_use]
pub fn may_read(path: &Path) -> bool {
    access(path, Access::READ_OK).is_ok()
}

/// Whether the process may write to a file, or make files in a folder.
#[must_use]
pub fn may_write(path: &Path) -> bool {
    let wanted = if path.is_dir() { Access::WRITE_OK | Access::EXEC_OK } else { Access::WRITE_OK };
    access(path, wanted).is_ok()
}

/// Whether the file system of a path lies in memory alone; false where it cannot be told.
#[must_use]
pub fn is_in_memory(path: &Path) -> bool {
    statfs(path).is_ok_and(|found| found.f_type as u32 == TMPFS)
}

/// Free bytes of the file system of a path, for programs without special rights.
///
/// # Errors
/// What the system says.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let found = statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Rights on a file, such as 0600, and the number of the account that owns it.
#[must_use]
pub fn rights_of(metadata: &Metadata) -> (u32, u32) {
    (metadata.mode() & 0o7777, metadata.uid())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_tells_its_room_and_a_missing_one_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).unwrap() > 0);
        assert!(may_read(folder.path()) && may_write(folder.path()));
        let missing = folder.path().join("missing");
        assert!(free_bytes(&missing).is_err() && !may_read(&missing) && !may_write(&missing));
        // The kernel's own files lie in no such file system.
        assert!(!is_in_memory(Path::new("/proc/self/status")));
    }
}
