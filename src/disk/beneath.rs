//! Files beneath a folder that nothing leads out of: no link, no `..`, no name that was exchanged in the meantime.
//!
//! The kernel itself holds to it (`openat2(2)` with `RESOLVE_BENEATH`, Linux 5.6): a check of the path before opening it
//! could be undone between the two.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, IFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::DiskFile;
use super::faults::{Call, gate};

/// The way to a file may contain no link and nothing that leads out of the folder.
const RESOLVE: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// The kernel answers `EAGAIN` where something on the way was renamed while it looked: so often is it asked again.
const ATTEMPTS: usize = 8;

/// An open folder. What is done through it is done in this folder, whatever its name stands for by then.
#[derive(Debug)]
pub struct Folder {
    folder: File,
    path: PathBuf,
}

/// What a name stood for when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Number of the device.
    pub device: u64,
    /// Number of the file on it.
    pub inode: u64,
    /// Whether it is a file with content, not a folder, link, pipe or device.
    pub regular: bool,
    /// Whether it is a symbolic link.
    pub link: bool,
}

/// Where the last part of a path is: an open folder and a name in it.
#[derive(Debug)]
pub struct Link {
    folder: Folder,
    name: OsString,
}

impl Folder {
    /// Opens a folder by its path, which may lead over links: who names it is trusted.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        gate(Call::Open)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { folder: File::from(folder), path: path.to_path_buf() })
    }

    /// Where it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Finds the folder that holds a file beneath this one. The file itself is not looked at.
    ///
    /// # Errors
    /// `EXDEV` where the path leads out of the folder, `ELOOP` where it leads over a link, `ENOSYS` where the kernel
    /// does not know how to look beneath a folder; else what the system says.
    pub fn find(&self, relative: &Path) -> io::Result<Link> {
        let name = relative.file_name().ok_or(Errno::INVAL)?.to_os_string();
        let parent = relative.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = self.open_beneath(parent, flags)?;
        Ok(Link { folder: Folder { folder, path: self.path.join(parent) }, name })
    }

    fn open_beneath(&self, path: &Path, flags: OFlags) -> io::Result<File> {
        gate(Call::Open)?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            match rustix::fs::openat2(&self.folder, path, flags, Mode::empty(), RESOLVE) {
                Err(Errno::AGAIN) if attempts < ATTEMPTS => {}
                opened => return Ok(File::from(opened?)),
            }
        }
    }
}

impl Link {
    /// What the name stands for now; links are not followed.
    ///
    /// # Errors
    /// What the system says.
    pub fn identity(&self) -> io::Result<Identity> {
        gate(Call::Read)?;
        let stat = rustix::fs::statat(&self.folder.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        Ok(Identity {
            device: stat.st_dev,
            inode: stat.st_ino,
            regular: kind == FileType::RegularFile,
            link: kind == FileType::Symlink,
        })
    }

    /// Opens the file for reading and for overwriting it in place. Does not wait for the other end of a pipe.
    ///
    /// # Errors
    /// As [`Folder::find`].
    pub fn open_in_place(&self) -> io::Result<DiskFile> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = self.folder.open_beneath(Path::new(&self.name), flags)?;
        Ok(DiskFile::of(file, &self.path()))
    }

    /// Removes the name.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self) -> io::Result<()> {
        gate(Call::Remove)?;
        Ok(rustix::fs::unlinkat(&self.folder.folder, &self.name, AtFlags::empty())?)
    }

    /// Waits until the entries of the folder are on disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn sync_folder(&self) -> io::Result<()> {
        gate(Call::Sync)?;
        self.folder.folder.sync_all()
    }

    /// The name in its folder.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// The path by which it was found.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path.join(&self.name)
    }
}

impl Identity {
    /// Of an open file.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            regular: metadata.is_file(),
            link: metadata.file_type().is_symlink(),
        }
    }
}

impl DiskFile {
    /// The number by which the kernel knows the kind of file system that the file is on (`statfs(2)`).
    ///
    /// # Errors
    /// What the system says.
    pub fn file_system(&self) -> io::Result<u64> {
        gate(Call::Read)?;
        // Magic numbers have 32 bits; some kernels hold them in a signed word.
        Ok(u64::from(rustix::fs::fstatfs(self.file())?.f_type as u32))
    }

    /// Whether the file system writes the file's content into its journal as well (`chattr +j`).
    ///
    /// # Errors
    /// What the system says; file systems without such flags refuse.
    pub fn journals_content(&self) -> io::Result<bool> {
        gate(Call::Read)?;
        Ok(rustix::fs::ioctl_getflags(self.file())?.contains(IFlags::JOURNALING))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::{Read, Write};

    use crate::disk::create_new;

    fn number(error: &io::Error) -> Option<Errno> {
        Errno::from_io_error(error)
    }

    #[test]
    fn a_file_beneath_is_found_and_no_path_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        for path in [&inside, &outside, &inside.join("sub")] {
            std::fs::create_dir(path).unwrap();
        }
        create_new(&inside.join("sub/a")).unwrap().write_all(b"content").unwrap();
        create_new(&outside.join("a")).unwrap();
        std::os::unix::fs::symlink("../out", inside.join("way")).unwrap();

        let root = Folder::open(&inside).unwrap();
        let link = root.find(Path::new("sub/a")).unwrap();
        let mut content = String::new();
        link.open_in_place().unwrap().read_to_string(&mut content).unwrap();
        assert_eq!(content, "content");

        assert_eq!(number(&root.find(Path::new("../out/a")).unwrap_err()), Some(Errno::XDEV));
        assert_eq!(number(&root.find(&outside.join("a")).unwrap_err()), Some(Errno::XDEV));
        assert_eq!(number(&root.find(Path::new("way/a")).unwrap_err()), Some(Errno::LOOP));
        assert_eq!(number(&root.find(Path::new("..")).unwrap_err()), Some(Errno::INVAL));
        let way = root.find(Path::new("way")).unwrap();
        assert!(way.identity().unwrap().link);
        assert_eq!(number(&way.open_in_place().unwrap_err()), Some(Errno::LOOP));
    }

    #[test]
    fn what_is_done_in_an_open_folder_is_done_there_although_its_name_was_given_to_another() {
        let folder = tempfile::tempdir().unwrap();
        let (first, moved) = (folder.path().join("first"), folder.path().join("moved"));
        std::fs::create_dir(&first).unwrap();
        create_new(&first.join("a")).unwrap();
        let link = Folder::open(&first).unwrap().find(Path::new("a")).unwrap();
        std::fs::rename(&first, &moved).unwrap();
        std::fs::create_dir(&first).unwrap();
        create_new(&first.join("a")).unwrap();

        link.remove().unwrap();
        assert!(!moved.join("a").exists());
        assert!(first.join("a").exists());
    }
}
