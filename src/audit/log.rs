//! A log that is open for appending.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use super::checkpoint;
use super::lines::{Lines, NO_LINE, Verified, hash};
use super::tree::Tree;
use super::{AuditError, Fact, io_error};
use crate::clock::Clock;
use crate::disk::{self, DiskFile};
use crate::keys::SigningKey;

/// How often, and how long apart, a log is asked for that another process writes to: five seconds together.
const ASKED: u32 = 50;
const APART: Duration = Duration::from_millis(100);

/// Longest name of a run, in characters.
const LONGEST_RUN: usize = 200;

/// Where a log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of events.
    pub events: u64,
    /// SHA-256 of the last line without its line feed, hexadecimal; 64 zeros where there is none.
    pub sha256: String,
}

/// A log, open for appending; no other process can open it so at the same time.
pub struct AuditLog {
    path: PathBuf,
    file: DiskFile,
    /// Length of the events that are wholly written, in bytes.
    length: u64,
    run: Option<String>,
    head: Head,
    tree: Tree,
    clock: Arc<dyn Clock>,
    broken: bool,
}

impl AuditLog {
    /// Makes the log of a run; the file must not exist. Mode 0600.
    ///
    /// # Errors
    /// Where the file exists or the disk refuses.
    pub fn create(path: &Path, run: &str, clock: Arc<dyn Clock>) -> Result<Self, AuditError> {
        let mut log = Self::create_for_none(path, clock)?;
        log.for_run(run);
        Ok(log)
    }

    /// Opens an existing log to append to it, for the run of its last event. Every line is checked first. A last line
    /// without its end, as a crash leaves it, was never an event: it is cut off, and an event `recovered` says so.
    ///
    /// # Errors
    /// As [`verify`](super::verify); [`AuditError::Locked`] where another process writes to it.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, AuditError> {
        let mut file = disk::open_append(path).map_err(io_error(path))?;
        lock(&file, path)?;
        let mut lines = Lines::new(path, &mut file);
        let cut = loop {
            match lines.next() {
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(AuditError::Cut { .. }) => break true,
                Err(error) => return Err(error),
            }
        };
        let Lines { tree, prev, run, length, .. } = lines;
        let head = Head { events: tree.size(), sha256: prev };
        let mut log = Self { path: path.to_path_buf(), file, length, run, head, tree, clock, broken: false };
        if cut {
            let whole = log.file.metadata().map_err(io_error(path))?.len();
            log.file.set_len(length).map_err(io_error(path))?;
            log.event("recovered", &[("bytes_cut", Fact::Count(whole.saturating_sub(length)))])?;
        }
        Ok(log)
    }

    /// Opens a log of several runs, as [`open`](Self::open) does, or makes it. Its events belong to no run until
    /// [`for_run`](Self::for_run) says which.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`create`](Self::create).
    pub fn open_or_create(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, AuditError> {
        if disk::exists(path) {
            let mut log = Self::open(path, clock)?;
            log.run = None;
            return Ok(log);
        }
        Self::create_for_none(path, clock)
    }

    fn create_for_none(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, AuditError> {
        let file = disk::create_new(path).map_err(io_error(path))?;
        lock(&file, path)?;
        if file.metadata().map_err(io_error(path))?.len() > 0 {
            // Another process found it and wrote to it before it was locked here.
            drop(file);
            let mut log = Self::open(path, clock)?;
            log.run = None;
            return Ok(log);
        }
        if let Some(folder) = path.parent() {
            // Otherwise a loss of power could take the file's name and so the whole log.
            disk::sync_folder(folder).map_err(io_error(folder))?;
        }
        let head = Head { events: 0, sha256: NO_LINE.to_owned() };
        let path = path.to_path_buf();
        Ok(Self { path, file, length: 0, run: None, head, tree: Tree::new(), clock, broken: false })
    }

    /// Says to which run the next events belong. Characters that no run has in its name are written as `_`.
    pub fn for_run(&mut self, run: &str) {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.:".contains(c) { c } else { '_' };
        self.run = Some(run.chars().take(LONGEST_RUN).map(plain).collect());
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run to which the next events belong.
    #[must_use]
    pub fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// Where it ends now.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Number of events and root of the tree over them, now.
    #[must_use]
    pub fn verified(&self) -> Verified {
        Verified { events: self.tree.size(), root: self.tree.root() }
    }

    /// Where the log ends, as a text to keep elsewhere: C2SP tlog-checkpoint (`origin`, number of lines, root), as a
    /// signed note where there is a key. [`verify_checkpoint`](super::verify_checkpoint) holds a log against it.
    ///
    /// # Errors
    /// [`AuditError::Origin`] where the name of the log is not one line of printable text.
    pub fn checkpoint(&self, origin: &str, key: Option<&SigningKey>) -> Result<String, AuditError> {
        checkpoint::write(origin, self.verified(), key)
    }

    /// Appends an event and waits until the disk has it.
    ///
    /// # Errors
    /// Where the disk refuses. What was written of the event is taken back then; where even that fails, or where the
    /// disk did not confirm it, the log is closed for good.
    pub fn event(&mut self, stage: &'static str, fields: &[(&'static str, Fact)]) -> Result<(), AuditError> {
        if self.broken {
            return Err(AuditError::Broken { path: self.path.clone() });
        }
        let fields: Map<String, Value> = fields.iter().map(|(key, fact)| ((*key).to_owned(), fact.json())).collect();
        let line = json!({
            "seq": self.head.events + 1,
            "time": self.clock.now().to_rfc3339_opts(SecondsFormat::Micros, true),
            "run": self.run,
            "event": stage,
            "fields": fields,
            "prev": self.head.sha256,
        });
        // JSON escapes line feeds, so an event is one line.
        let line = format!("{line}\n");
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            self.broken = self.file.set_len(self.length).is_err();
            return Err(io_error(&self.path)(error));
        }
        if let Err(error) = self.file.sync() {
            // Nobody knows what is on the disk now; a second attempt could be told of success without it.
            self.broken = true;
            return Err(io_error(&self.path)(error));
        }
        let leaf = &line.as_bytes()[..line.len() - 1];
        self.length += line.len() as u64;
        self.tree.push(leaf);
        self.head = Head { events: self.head.events + 1, sha256: hash(leaf) };
        Ok(())
    }
}

/// Two writers would each continue the same line: the second waits, and gives up.
fn lock(file: &DiskFile, path: &Path) -> Result<(), AuditError> {
    for _ in 0..ASKED {
        if file.try_lock().map_err(io_error(path))? {
            return Ok(());
        }
        thread::sleep(APART);
    }
    Err(AuditError::Locked { path: path.to_path_buf() })
}
