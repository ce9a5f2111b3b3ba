//! Reading a log and judging its lines.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::fact::hexadecimal;
use super::tree::Tree;
use super::{AuditError, io_error};
use crate::disk;

/// `prev` of the first line.
pub(super) const NO_LINE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Longest line that is taken for a line of a log, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Number of the line, from 1.
    pub seq: u64,
    /// When it was written.
    pub time: DateTime<Utc>,
    /// The run that it belongs to.
    pub run: Option<String>,
    /// Its name.
    pub event: String,
    /// What it says.
    pub fields: Map<String, Value>,
}

/// A log whose lines all follow from one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Number of events.
    pub events: u64,
    /// Root of the tree over them.
    pub root: [u8; 32],
}

impl Verified {
    /// The root in base64, as checkpoints write it.
    #[must_use]
    pub fn root_text(&self) -> String {
        tlog_tiles::Hash(self.root).to_string()
    }
}

/// Checks that every line follows from the one before.
///
/// A log cannot show by itself that lines were cut off its end, or that it was rewritten as a whole: hold it against a
/// checkpoint that was kept elsewhere, with [`verify_checkpoint`](super::verify_checkpoint).
///
/// # Errors
/// The first line that is wrong, or what the system refused.
pub fn verify(path: &Path) -> Result<Verified, AuditError> {
    let mut lines = Lines::open(path)?;
    while lines.next()?.is_some() {}
    Ok(lines.verified())
}

/// The events of a log, each checked against the one before.
///
/// # Errors
/// As [`verify`].
pub fn read(path: &Path) -> Result<Vec<Entry>, AuditError> {
    match read_sound(path) {
        (entries, None) => Ok(entries),
        (_, Some(error)) => Err(error),
    }
}

/// The events before the first line that is wrong, and what is wrong with it.
#[must_use]
pub fn read_sound(path: &Path) -> (Vec<Entry>, Option<AuditError>) {
    let mut lines = match Lines::open(path) {
        Ok(lines) => lines,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut entries = Vec::new();
    loop {
        match lines.next() {
            Ok(Some(entry)) => entries.push(entry),
            Ok(None) => return (entries, None),
            Err(error) => return (entries, Some(error)),
        }
    }
}

/// The lines of a log in order, with what they add up to.
pub(super) struct Lines<R> {
    path: PathBuf,
    reader: BufReader<R>,
    bytes: Vec<u8>,
    /// The tree over the lines so far.
    pub tree: Tree,
    /// SHA-256 of the last line.
    pub prev: String,
    /// Run of the last line.
    pub run: Option<String>,
    /// Length of the lines so far, in bytes.
    pub length: u64,
}

impl Lines<disk::DiskFile> {
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        Ok(Self::new(path, disk::open(path).map_err(io_error(path))?))
    }
}

impl<R: Read> Lines<R> {
    pub fn new(path: &Path, file: R) -> Self {
        Self {
            path: path.to_path_buf(),
            reader: BufReader::new(file),
            bytes: Vec::new(),
            tree: Tree::new(),
            prev: NO_LINE.to_owned(),
            run: None,
            length: 0,
        }
    }

    pub fn verified(&self) -> Verified {
        Verified { events: self.tree.size(), root: self.tree.root() }
    }

    /// The next event, if it follows from the one before.
    pub fn next(&mut self) -> Result<Option<Entry>, AuditError> {
        self.bytes.clear();
        // Bounded: a file that is no log may have no line feed at all.
        let limited = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut self.bytes);
        let taken = limited.map_err(io_error(&self.path))? as u64;
        if taken == 0 {
            return Ok(None);
        }
        let line = self.tree.size() + 1;
        if self.bytes.pop() != Some(b'\n') {
            return Err(if taken == LONGEST { AuditError::NotAnEvent { line } } else { AuditError::Cut { line } });
        }
        let entry = self.judge(line)?;
        self.tree.push(&self.bytes);
        self.prev = hash(&self.bytes);
        self.run.clone_from(&entry.run);
        self.length += taken;
        Ok(Some(entry))
    }

    fn judge(&self, line: u64) -> Result<Entry, AuditError> {
        let not_an_event = || AuditError::NotAnEvent { line };
        let mut event: Value = serde_json::from_slice(&self.bytes).map_err(|_| not_an_event())?;
        let text = |key| event.get(key).and_then(Value::as_str).ok_or_else(not_an_event);
        let seq = event.get("seq").and_then(Value::as_u64).ok_or_else(not_an_event)?;
        if text("prev")? != self.prev {
            // A missing line breaks the numbers as well: say what is plainer.
            return Err(if seq == line { AuditError::Chain { line } } else { AuditError::Sequence { line } });
        }
        if seq != line {
            return Err(AuditError::Sequence { line });
        }
        let run = match event.get("run") {
            Some(Value::String(run)) => Some(run.clone()),
            Some(Value::Null) => None,
            _ => return Err(not_an_event()),
        };
        let time = DateTime::parse_from_rfc3339(text("time")?).map_err(|_| not_an_event())?.to_utc();
        let name = text("event")?.to_owned();
        match event.get_mut("fields").map(Value::take) {
            Some(Value::Object(fields)) => Ok(Entry { seq, time, run, event: name, fields }),
            _ => Err(not_an_event()),
        }
    }
}

/// SHA-256, hexadecimal.
pub(super) fn hash(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
