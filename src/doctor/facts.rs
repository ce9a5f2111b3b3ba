//! What checks may ask of a machine. Tests give other answers than this one.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::destroy::State;
use crate::keys::{KeyError, KeyReport, KeySource};

/// A place to which memory is swapped out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// Device or file.
    pub place: String,
    /// Whether what is written there is encrypted, or stays in memory; false where it cannot be told.
    pub encrypted: bool,
}

/// What systemd has forbidden to the process, where it runs as a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// `NoNewPrivileges`.
    pub no_new_privileges: bool,
    /// `SystemCallFilter`.
    pub system_calls: bool,
    /// `MemorySwapMax=0`.
    pub no_swap: bool,
    /// `CapabilityBoundingSet` without anything.
    pub no_capabilities: bool,
}

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// Whether it is a folder.
    pub folder: bool,
    /// Rights, such as 0600.
    pub mode: u32,
    /// Number of the account that owns it.
    pub owner: u32,
    /// Length in bytes.
    pub bytes: u64,
}

/// What an earlier run left of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftRun {
    /// Its directory.
    pub folder: PathBuf,
    /// Whether it has a log: one that died before had read nothing.
    pub begun: bool,
    /// The last state in its log; `None` where the log cannot be read.
    pub state: Option<State>,
    /// Whether it waits for acknowledgements.
    pub acknowledged: bool,
    /// Time of the last event.
    pub last: Option<DateTime<Utc>>,
}

/// A machine, as far as checks look at it.
pub trait Facts {
    /// The time of day.
    fn now(&self) -> DateTime<Utc>;
    /// Number of the account that the process runs under.
    fn user(&self) -> u32;
    /// Whether the process could leave a core dump or be read by others; `None` where the system does not say.
    fn dumpable(&self) -> Option<bool>;
    /// Where memory is swapped out to.
    fn swaps(&self) -> Vec<Swap>;
    /// Whether the process itself may not be swapped out.
    fn swap_forbidden(&self) -> bool;
    /// Whether it runs as a service, and how hardened.
    fn service(&self) -> Option<Service>;
    /// The folder of temporary files.
    fn temporary(&self) -> PathBuf;
    /// What stands at a path, links followed.
    fn file(&self, path: &Path) -> Option<FileFacts>;
    /// Whether it can be read.
    fn readable(&self, path: &Path) -> bool;
    /// Whether it can be written to; of a folder whether files can be made in it.
    fn writable(&self, path: &Path) -> bool;
    /// Whether the file system of a folder lies in memory alone.
    fn in_memory(&self, path: &Path) -> bool;
    /// Free bytes of the file system of a folder.
    fn free(&self, path: &Path) -> Option<u64>;
    /// The files that a pattern names.
    fn matching(&self, pattern: &str) -> Vec<PathBuf>;
    /// The runs of a pipeline beneath a folder, in order of their names.
    fn runs(&self, folder: &Path, pipeline: &str) -> Vec<LeftRun>;
    /// Whether somebody holds a lock on a file; false where there is none.
    fn locked(&self, path: &Path) -> bool;
    /// What may be told of a key.
    ///
    /// # Errors
    /// Why it is refused.
    fn key(&self, source: &KeySource) -> Result<KeyReport, KeyError>;
    /// Whether a credential can be used; nothing of it is told.
    ///
    /// # Errors
    /// Why it is refused.
    fn credential(&self, source: &KeySource) -> Result<(), KeyError>;
}
