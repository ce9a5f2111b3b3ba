//! Temporary names that outlive a killed writer, and are still never taken from a living one.
//!
//! Who writes under a temporary name holds a lock on the file (`flock(2)`), which ends with the process. A file that can be
//! locked was left by a dead one. Nobody removes the name without the lock, so whoever holds the lock and finds the name
//! standing for its file owns both.

use std::io;
use std::path::Path;

use super::{DiskFile, Identity, create_new, metadata, open, remove_file};

/// How often a name is tried that others take and give up in the meantime.
const ATTEMPTS: usize = 8;

/// Makes a file under a temporary name and locks it; a stale one is removed first.
///
/// # Errors
/// What the system says; [`io::ErrorKind::AlreadyExists`] where somebody alive writes it.
pub(super) fn create(path: &Path) -> io::Result<DiskFile> {
    for _ in 0..ATTEMPTS {
        match create_new(path) {
            Ok(file) => {
                if lock_of_own(&file)? && still_named(path, &file)? {
                    return Ok(file);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => remove_stale(path)?,
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Locks the file just made. Where the file system knows no locks, nobody else can hold one either: such a file counts as
/// written by somebody alive, for ever.
fn lock_of_own(file: &DiskFile) -> io::Result<bool> {
    match file.try_lock() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(true),
        locked => locked,
    }
}

/// Removes the file of that name if no living process holds it.
fn remove_stale(path: &Path) -> io::Result<()> {
    let taken = || io::Error::from(io::ErrorKind::AlreadyExists);
    // Neither followed nor waited for: a link or a pipe in its place is not ours.
    if !metadata(path).is_ok_and(|found| found.is_file()) {
        return Err(taken());
    }
    let file = match open(path) {
        Ok(file) => file,
        // Its writer was done just now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !file.try_lock().map_err(|_| taken())? {
        return Err(taken());
    }
    if still_named(path, &file)? { remove_file(path) } else { Ok(()) }
}

/// Whether the name stands for this very file.
fn still_named(path: &Path, file: &DiskFile) -> io::Result<bool> {
    match metadata(path) {
        Ok(named) => Ok(Identity::of(&named) == Identity::of(&file.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::disk::{partial_name, read, write_new};

    #[test]
    fn what_a_dead_writer_left_under_the_temporary_name_does_not_stand_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(partial_name(&path), "half").unwrap();
        write_new(&path, b"whole").unwrap();
        assert_eq!(read(&path).unwrap(), b"whole");
        assert!(!partial_name(&path).exists());
    }

    #[test]
    fn what_a_living_writer_is_writing_is_not_taken_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let living = create(&partial_name(&path)).unwrap();
        assert_eq!(write_new(&path, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(still_named(&partial_name(&path), &living).unwrap());
        drop(living);
        write_new(&path, b"whole").unwrap();
        assert_eq!(read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_link_under_the_temporary_name_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("other"));
        std::fs::write(&other, "not ours").unwrap();
        std::os::unix::fs::symlink(&other, partial_name(&path)).unwrap();
        assert_eq!(write_new(&path, b"whole").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&other).unwrap(), b"not ours");
    }
}
