//! What overwriting a file means where it lies.
//!
//! NIST SP 800-88 (Rev. 1, 2.5 and appendix A) lets overwriting count as *Clear* where the new bytes take the place of
//! the old. They do so only if the file system writes in place and the device does too. Copy-on-write file systems,
//! flash with its spare cells, virtual disks, volumes made of others and servers elsewhere put the new bytes somewhere
//! else or may do so. Whatever cannot be told counts as such: a doubt lowers the class, never raises it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::reason::Reason;
use crate::disk::{self, DiskFile};

/// Kinds of file systems by the number that the kernel gives (`linux/magic.h`, and the sources of those that are not
/// part of the kernel).
mod magic {
    pub const EXT: u64 = 0xEF53;
    pub const XFS: u64 = 0x5846_5342;
    pub const TMPFS: u64 = 0x0102_1994;
    pub const COPY_ON_WRITE: [u64; 5] = [
        0x9123_683E, // btrfs
        0x2FC1_2FC1, // zfs
        0xCA45_1A4E, // bcachefs
        0xF2F5_2010, // f2fs
        0x3434,      // nilfs2
    ];
    pub const OVERLAY: u64 = 0x794C_7630;
    pub const NETWORK: [u64; 8] = [
        0x6969,      // nfs
        0x517B,      // smb
        0xFF53_4D42, // cifs
        0xFE53_4D42, // smb2
        0x00C3_6400, // ceph
        0x5346_414F, // afs
        0x0102_1997, // 9p
        0x6573_5546, // fuse: whoever serves it
    ];
}

/// A file system, as far as overwriting goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileSystem {
    /// ext2, ext3 or ext4 that keeps contents out of its journal.
    InPlace,
    /// ext3 or ext4 that writes contents into its journal as well.
    Journalled,
    /// New bytes always go elsewhere.
    CopyOnWrite,
    /// XFS: files may share blocks, and whether they do is not told to programs without calls of its own.
    SharesBlocks,
    /// Layers: the file may lie in one that is never written to.
    Overlay,
    /// On another machine, or behind a program.
    Network,
    /// In memory.
    Memory {
        /// Whether the machine has swap, to which pages may have been copied.
        swap: bool,
    },
    /// Not known to the program.
    Unknown,
}

/// A device, as far as overwriting goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Device {
    /// A disk that turns, on a machine of its own.
    Rotating,
    /// Flash: the controller writes elsewhere and keeps the old cells.
    Flash,
    /// A disk of a virtual machine, or a volume made of others: where bytes go is decided elsewhere.
    Virtual,
    /// Not told.
    Unknown,
}

/// Where a file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Medium {
    pub file_system: FileSystem,
    pub device: Device,
}

impl Medium {
    /// Asks the system where a file lies. What it does not tell is unknown, which is no error.
    pub fn of(file: &DiskFile) -> Self {
        let device = file.metadata().map(|metadata| metadata.dev()).ok();
        let folder = device.and_then(block_folder);
        let disk = folder.as_deref().and_then(whole_disk);
        let file_system = match file.file_system() {
            Ok(magic::EXT) => ext(file, folder.as_deref()),
            Ok(magic::XFS) => FileSystem::SharesBlocks,
            Ok(magic::TMPFS) => FileSystem::Memory { swap: swap() },
            Ok(magic::OVERLAY) => FileSystem::Overlay,
            Ok(kind) if magic::COPY_ON_WRITE.contains(&kind) => FileSystem::CopyOnWrite,
            Ok(kind) if magic::NETWORK.contains(&kind) => FileSystem::Network,
            Ok(_) | Err(_) => FileSystem::Unknown,
        };
        Self { file_system, device: disk.map_or(Device::Unknown, |disk| kind_of_disk(&disk)) }
    }

    /// What may be said of a file that was overwritten there once, flushed and unlinked.
    pub fn reason(self) -> Reason {
        match (self.file_system, self.device) {
            (FileSystem::Memory { swap: false }, _) => Reason::Memory,
            (FileSystem::Memory { swap: true }, _) => Reason::Swap,
            (FileSystem::Journalled, _) => Reason::Journalled,
            (FileSystem::CopyOnWrite, _) => Reason::CopyOnWrite,
            (FileSystem::SharesBlocks, _) => Reason::SharesBlocks,
            (FileSystem::Overlay, _) => Reason::Overlay,
            (FileSystem::Network, _) => Reason::Network,
            (FileSystem::Unknown, _) => Reason::UnknownFileSystem,
            (FileSystem::InPlace, Device::Rotating) => Reason::InPlace,
            (FileSystem::InPlace, Device::Flash) => Reason::Flash,
            (FileSystem::InPlace, Device::Virtual) => Reason::VirtualDisk,
            (FileSystem::InPlace, Device::Unknown) => Reason::UnknownDevice,
        }
    }
}

/// Whether ext keeps contents out of its journal: `data=journal` for all files, or the flag of one.
fn ext(file: &DiskFile, block: Option<&Path>) -> FileSystem {
    let name = block.and_then(Path::file_name).unwrap_or_default();
    let options = text(&Path::new("/proc/fs/ext4").join(name).join("options"));
    match (options, file.journals_content()) {
        (Some(options), Ok(false)) if !options.lines().any(|line| line.trim() == "data=journal") => FileSystem::InPlace,
        (Some(_), Ok(_)) => FileSystem::Journalled,
        _ => FileSystem::Unknown,
    }
}

/// The folder in which the kernel describes a block device, by its number.
fn block_folder(device: u64) -> Option<PathBuf> {
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    disk::canonical(Path::new(&format!("/sys/dev/block/{major}:{minor}"))).ok()
}

/// The disk that a partition is part of; a disk is its own.
fn whole_disk(block: &Path) -> Option<PathBuf> {
    if disk::exists(&block.join("partition")) {
        block.parent().map(Path::to_path_buf)
    } else {
        Some(block.to_path_buf())
    }
}

/// Whether a disk turns and is driven by this machine itself. A virtual disk says that it turns as often as not.
fn kind_of_disk(folder: &Path) -> Device {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let guest = text(Path::new("/proc/cpuinfo")).is_none_or(|cpu| may_be_guest(&cpu));
    let turns = text(&folder.join("queue/rotational"));
    kind_of(&name, turns.as_deref().map(str::trim), guest)
}

/// Judges what the kernel says of a disk: its name, whether it turns (`1`, `0`), whether the machine is a guest.
fn kind_of(name: &str, turns: Option<&str>, guest: bool) -> Device {
    match turns {
        Some("0") => Device::Flash,
        // Only `sd` and `hd` are drivers of disks; all others make volumes of something else.
        Some("1") if guest || !(name.starts_with("sd") || name.starts_with("hd")) => Device::Virtual,
        Some("1") => Device::Rotating,
        _ => Device::Unknown,
    }
}

/// Whether the machine may be a virtual one: false only where its processors list their flags (x86) and `hypervisor` is
/// not among them.
fn may_be_guest(cpu: &str) -> bool {
    let mut flags = cpu.lines().filter(|line| line.starts_with("flags")).peekable();
    flags.peek().is_none() || flags.any(|line| line.split_ascii_whitespace().any(|flag| flag == "hypervisor"))
}

/// Whether the machine has swap in use; true where it is not told. The first line is a heading.
fn swap() -> bool {
    text(Path::new("/proc/swaps")).is_none_or(|swaps| swaps.lines().count() > 1)
}

/// A text of the kernel's; `None` where there is none.
fn text(path: &Path) -> Option<String> {
    disk::read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::destroy::Class;

    const FILE_SYSTEMS: [FileSystem; 9] = [
        FileSystem::InPlace,
        FileSystem::Journalled,
        FileSystem::CopyOnWrite,
        FileSystem::SharesBlocks,
        FileSystem::Overlay,
        FileSystem::Network,
        FileSystem::Memory { swap: false },
        FileSystem::Memory { swap: true },
        FileSystem::Unknown,
    ];

    #[test]
    fn overwriting_counts_only_in_place_on_a_disk_that_turns_and_in_memory_without_swap() {
        let mut counts = Vec::new();
        for file_system in FILE_SYSTEMS {
            for device in [Device::Rotating, Device::Flash, Device::Virtual, Device::Unknown] {
                let class = Medium { file_system, device }.reason().class();
                if class == Class::Overwritten {
                    counts.push((file_system, device));
                } else {
                    assert_eq!(class, Class::UnlinkedOnly);
                }
            }
        }
        let memory = FileSystem::Memory { swap: false };
        assert_eq!(
            counts,
            [
                (FileSystem::InPlace, Device::Rotating),
                (memory, Device::Rotating),
                (memory, Device::Flash),
                (memory, Device::Virtual),
                (memory, Device::Unknown),
            ]
        );
    }

    #[test]
    fn a_disk_that_says_it_turns_is_believed_only_on_a_machine_that_is_no_guest() {
        assert_eq!(kind_of("sda", Some("1"), false), Device::Rotating);
        assert_eq!(kind_of("sda", Some("1"), true), Device::Virtual);
        assert_eq!(kind_of("sda", Some("0"), false), Device::Flash);
        assert_eq!(kind_of("vda", Some("1"), false), Device::Virtual);
        assert_eq!(kind_of("dm-0", Some("1"), false), Device::Virtual);
        assert_eq!(kind_of("sda", None, false), Device::Unknown);
        assert!(may_be_guest("processor : 0\nflags\t\t: fpu vme hypervisor lahf_lm\n"));
        assert!(may_be_guest("Features\t: fp asimd\n"), "such processors do not tell");
        assert!(!may_be_guest("flags\t\t: fpu vme\nmodel name : a hypervisor\n"));
    }

    #[test]
    fn a_file_in_memory_and_a_pipe_of_the_kernel_are_told_apart_from_a_file_on_a_disk() {
        let Ok(folder) = tempfile::tempdir_in("/dev/shm") else { return };
        let file = disk::create_new(&folder.path().join("a")).unwrap();
        if file.file_system().unwrap() == magic::TMPFS {
            assert!(matches!(Medium::of(&file).file_system, FileSystem::Memory { .. }));
        }
        let proc = disk::open(Path::new("/proc/self/stat")).unwrap();
        assert_eq!(Medium::of(&proc).reason(), Reason::UnknownFileSystem);
    }
}
