//! Every call to the file system in one place: files for their owner alone, flushed before they count, and a point at
//! each call where a test can make it fail.
//!
//! A file whose flush failed is given up: after a failed `fsync` the system may drop what it could not write and report
//! success the next time (PostgreSQL's "fsyncgate", 2018), so nothing is written to it and it is never flushed again.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

mod beneath;
#[doc(hidden)]
pub mod faults;
mod file;
mod partial;
mod space;

pub use beneath::{Folder, Identity, Link};
pub use file::DiskFile;
pub use space::{free_bytes, is_in_memory, may_read, may_write, rights_of};

use faults::{Call, gate};

/// A file for its owner alone (mode 0600), for reading and writing; it must not exist.
///
/// # Errors
/// What the system says.
pub fn create_new(path: &Path) -> io::Result<DiskFile> {
    gate(Call::Open)?;
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    Ok(DiskFile::of(file, path))
}

/// An existing file, for reading.
///
/// # Errors
/// What the system says.
pub fn open(path: &Path) -> io::Result<DiskFile> {
    gate(Call::Open)?;
    Ok(DiskFile::of(File::open(path)?, path))
}

/// An existing file, for reading, under its own name: where a link stands at the end of the path, the system refuses
/// (`ELOOP`). Does not wait for the other end of a named pipe.
///
/// # Errors
/// What the system says.
pub fn open_itself(path: &Path) -> io::Result<DiskFile> {
    gate(Call::Open)?;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    // The flags of the system are 32 bits wide, whatever their sign here.
    let flags = flags.bits().cast_signed();
    Ok(DiskFile::of(OpenOptions::new().read(true).custom_flags(flags).open(path)?, path))
}

/// Where a link leads, as it is written in the link.
///
/// # Errors
/// What the system says.
pub fn link_target(path: &Path) -> io::Result<PathBuf> {
    gate(Call::Read)?;
    fs::read_link(path)
}

/// An existing file, for reading and for writing at its end.
///
/// # Errors
/// What the system says.
pub fn open_append(path: &Path) -> io::Result<DiskFile> {
    gate(Call::Open)?;
    Ok(DiskFile::of(OpenOptions::new().read(true).append(true).open(path)?, path))
}

/// An existing file, for overwriting it in place.
///
/// # Errors
/// What the system says.
pub fn open_in_place(path: &Path) -> io::Result<DiskFile> {
    gate(Call::Open)?;
    Ok(DiskFile::of(OpenOptions::new().read(true).write(true).open(path)?, path))
}

/// A file that locks are taken on, made if it does not exist; its content means nothing.
///
/// # Errors
/// What the system says.
pub fn open_lock(path: &Path) -> io::Result<DiskFile> {
    gate(Call::Open)?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    Ok(DiskFile::of(file, path))
}

/// A file without a name in a folder: the system frees it when it is closed, however the process ends.
///
/// # Errors
/// What the system says.
pub fn unnamed(folder: &Path) -> io::Result<DiskFile> {
    gate(Call::Open)?;
    Ok(DiskFile::of(tempfile::tempfile_in(folder)?, folder))
}

/// What [`temporary_folder`] makes.
pub type TemporaryFolder = tempfile::TempDir;

/// A folder for its owner alone among the system's temporary ones, removed with everything in it when it is dropped.
///
/// # Errors
/// What the system says.
pub fn temporary_folder() -> io::Result<TemporaryFolder> {
    gate(Call::Open)?;
    tempfile::tempdir()
}

/// All bytes of a file.
///
/// # Errors
/// What the system says.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file that must not exist yet: under a temporary name beside it, flushed, then renamed, its folder flushed.
/// Either the whole file stands there afterwards or nothing does. What a writer that was killed left under the temporary
/// name does not stand in the way.
///
/// # Errors
/// What the system says; [`io::ErrorKind::AlreadyExists`] where the name is taken, or where another process is writing it.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if exists(path) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let partial = partial_name(path);
    let mut file = partial::create(&partial)?;
    let written = file.write_all(bytes).and_then(|()| file.sync());
    if let Err(error) = written.and_then(|()| rename_new(&partial, path)) {
        // Removed while it is still locked: it is surely ours. The first error is the one to report.
        let _ = remove_file(&partial);
        return Err(error);
    }
    path.parent().map_or(Ok(()), sync_folder)
}

/// Writes a file anew, or for the first time: under a temporary name beside it, flushed, then renamed, its folder flushed. A
/// reader sees the old content or the new. What an interrupted writer left under the temporary name is removed, so only one
/// may write at a time: the caller holds a lock.
///
/// # Errors
/// What the system says; the old content stands then, unless it was the flush of the folder that failed.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = partial_name(path);
    if exists(&partial) {
        remove_file(&partial)?;
    }
    let written = create_new(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync()
    });
    if let Err(error) = written.and_then(|()| rename(&partial, path)) {
        // The first error is the one to report.
        let _ = remove_file(&partial);
        return Err(error);
    }
    path.parent().map_or(Ok(()), sync_folder)
}

/// The name under which a file is written before it gets its own.
#[must_use]
pub fn partial_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.partial"))
}

/// The path without links and dots.
///
/// # Errors
/// What the system says.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    gate(Call::Read)?;
    fs::canonicalize(path)
}

/// Whether anything has that name, a dangling link included.
#[must_use]
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// What a name stands for, links not followed.
///
/// # Errors
/// What the system says.
pub fn metadata(path: &Path) -> io::Result<Metadata> {
    fs::symlink_metadata(path)
}

/// What a name stands for in the end, links followed.
///
/// # Errors
/// What the system says.
pub fn metadata_of_target(path: &Path) -> io::Result<Metadata> {
    fs::metadata(path)
}

/// How many names (hard links) a file has.
#[must_use]
pub fn names_of(metadata: &Metadata) -> u64 {
    metadata.nlink()
}

/// Length and SHA-256 of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
}

/// Reads a file from its beginning to its end.
///
/// # Errors
/// What the system says.
pub fn digest(path: &Path) -> io::Result<Digest> {
    open(path)?.digest()
}

/// A folder for its owner alone (mode 0700); it must not exist.
///
/// # Errors
/// What the system says.
pub fn create_folder(path: &Path) -> io::Result<()> {
    gate(Call::Open)?;
    DirBuilder::new().mode(0o700).create(path)
}

/// A folder and its missing parents, for their owner alone; an existing one is left as it is.
///
/// # Errors
/// What the system says.
pub fn ensure_folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    gate(Call::Open)?;
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The number of the account that the process runs under.
#[must_use]
pub fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

/// What is in a folder, in order of the names.
///
/// # Errors
/// What the system says.
pub fn list(path: &Path) -> io::Result<Vec<PathBuf>> {
    gate(Call::Read)?;
    let mut entries = fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// Waits until the entries of a folder are on disk: without it a renamed file can be lost with the power.
///
/// # Errors
/// What the system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    gate(Call::Sync)?;
    File::open(path)?.sync_all()
}

/// Gives a file or folder another name.
///
/// # Errors
/// What the system says.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    gate(Call::Rename)?;
    fs::rename(from, to)
}

/// Gives a file a name that must be free. Where the file system cannot promise that (some network ones), the name is
/// looked for just before.
///
/// # Errors
/// What the system says; [`io::ErrorKind::AlreadyExists`] where the name is taken.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    gate(Call::Rename)?;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if exists(to) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => fs::rename(from, to),
        done => Ok(done?),
    }
}

/// Removes a file or link.
///
/// # Errors
/// What the system says.
pub fn remove_file(path: &Path) -> io::Result<()> {
    gate(Call::Remove)?;
    fs::remove_file(path)
}

/// Removes an empty folder.
///
/// # Errors
/// What the system says.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    gate(Call::Remove)?;
    fs::remove_dir(path)
}

/// Removes a folder with everything in it.
///
/// # Errors
/// What the system says.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    gate(Call::Remove)?;
    fs::remove_dir_all(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_new_file_stands_whole_for_its_owner_alone_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_new(&path, b"whole").unwrap();
        assert_eq!(read(&path).unwrap(), b"whole");
        assert_eq!(metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(write_new(&path, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&path).unwrap(), b"whole");
        assert_eq!(list(folder.path()).unwrap(), [path]);
    }

    #[test]
    fn a_name_that_is_taken_is_not_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        write_new(&from, b"new").unwrap();
        write_new(&to, b"old").unwrap();
        assert_eq!(rename_new(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((read(&from).unwrap(), read(&to).unwrap()), (b"new".to_vec(), b"old".to_vec()));
        remove_file(&to).unwrap();
        rename_new(&from, &to).unwrap();
        assert_eq!(read(&to).unwrap(), b"new");
    }
}
