//! The log of a run: append-only JSON Lines, each line bound to the one before it.
//!
//! A line holds `seq` (from 1), `time`, `run`, `event`, `fields` and `prev`: the SHA-256 of the exact bytes of the
//! previous line without its line feed (64 zeros in the first). Whoever changes, removes or inserts a line has to
//! rewrite every later one, and then the [`Head`] that the certificate of destruction records no longer fits.
//!
//! No cell of a record can be written here: a [`Fact`] is a number, or a [`Name`], and a name is made from a part of
//! the pipeline or schema, or from a word in the program.
//!
//! ```compile_fail,E0277
//! let cell: String = std::env::args().collect();
//! let name = tamis::audit::Name::from(cell.as_str());
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::config;
use crate::schema;

#[cfg(test)]
mod tests;

/// `prev` of the first line.
const NO_LINE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Longest line that is taken for a line of a log, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Why a log could not be written, or is not the one that was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// The system refused.
    #[error("{}: the log could not be used: {kind}", path.display())]
    Io {
        /// The log.
        path: PathBuf,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// An earlier event could not be written and is half in the file: nothing may follow it.
    #[error("{}: an earlier event could not be written, the log is closed", path.display())]
    Broken {
        /// The log.
        path: PathBuf,
    },
    /// A line is not one of a log.
    #[error("line {line} of the log is not an event")]
    NotAnEvent {
        /// Line, from 1.
        line: u64,
    },
    /// A line has another number than its place: lines are missing, repeated or out of order.
    #[error("line {line} of the log has another number: lines were removed, added or moved before it")]
    Sequence {
        /// Line, from 1.
        line: u64,
    },
    /// A line does not carry the hash of the one before.
    #[error("line {line} of the log does not follow from the one before, which was changed")]
    Chain {
        /// Line, from 1.
        line: u64,
    },
    /// A line belongs to another run.
    #[error("line {line} of the log belongs to another run")]
    Run {
        /// Line, from 1.
        line: u64,
    },
    /// The last line has no line feed: it was cut.
    #[error("line {line} of the log is cut short")]
    Cut {
        /// Line, from 1.
        line: u64,
    },
    /// The log is sound in itself and does not end where it should.
    #[error("the log does not end with the event that was recorded as its last")]
    Head,
}

/// A name that comes from the pipeline, from a schema or from the program, never from a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// A word in the program: a rule, a state, a format.
    #[must_use]
    pub fn word(word: &'static str) -> Self {
        Self(word.to_owned())
    }

    /// The digest of the pipeline file.
    #[must_use]
    pub fn digest_of(pipeline: &config::Pipeline) -> Self {
        Self(pipeline.digest.clone())
    }
}

/// Makes a name of everything that has one and holds no record.
macro_rules! names {
    ($($named:ty),+ $(,)?) => {
        $(impl From<&$named> for Name {
            fn from(named: &$named) -> Self {
                Self(named.name.clone())
            }
        })+
    };
}

names!(
    config::Pipeline,
    config::Source,
    config::Derived,
    config::Kept,
    config::Dropped,
    config::Persons,
    config::Aggregate,
    schema::TableSchema,
    schema::Field,
    schema::Rule,
);

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A number of records, persons, cells, bytes…
    Count(u64),
    /// Name of a column, resource, rule or state.
    Name(Name),
    /// Names.
    Names(Vec<Name>),
    /// An input file, by its position in its source.
    File(u32),
    /// Wall time; written in milliseconds.
    Duration(Duration),
}

impl Fact {
    /// The names of several things.
    pub fn names<'a, T: 'a>(named: impl IntoIterator<Item = &'a T>) -> Self
    where
        Name: From<&'a T>,
    {
        Fact::Names(named.into_iter().map(Name::from).collect())
    }

    fn json(&self) -> Value {
        match self {
            Fact::Count(count) => json!(count),
            Fact::Name(name) => json!(name.0),
            Fact::Names(names) => names.iter().map(|name| name.0.as_str()).collect(),
            Fact::File(file) => json!({ "file": file }),
            Fact::Duration(duration) => json!({ "ms": u64::try_from(duration.as_millis()).unwrap_or(u64::MAX) }),
        }
    }
}

/// Where a log ends. Recorded elsewhere, it shows that no line was taken off the end or changed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of events.
    pub events: u64,
    /// SHA-256 of the last line without its line feed, hexadecimal; 64 zeros where there is none.
    pub sha256: String,
}

/// The log of one run, open for appending.
pub struct AuditLog {
    path: PathBuf,
    file: File,
    /// Length of the events that are wholly written, in bytes.
    length: u64,
    run: String,
    head: Head,
    clock: Arc<dyn Clock>,
    broken: bool,
}

impl AuditLog {
    /// Makes the log of a run; the file must not exist. Mode 0600.
    ///
    /// # Errors
    /// Where the file exists or the disk refuses.
    pub fn create(path: &Path, run: &str, clock: Arc<dyn Clock>) -> Result<Self, AuditError> {
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(path).map_err(io_error(path))?;
        #[cfg(unix)]
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // Otherwise a loss of power could take the file's name and so the whole log.
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error(folder))?;
        }
        Ok(Self {
            path: path.to_path_buf(),
            file,
            length: 0,
            run: run.to_owned(),
            head: Head { events: 0, sha256: NO_LINE.to_owned() },
            clock,
            broken: false,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it ends now.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Appends an event and waits until the disk has it.
    ///
    /// # Errors
    /// Where the disk refuses. The event is taken back then; where even that fails, the log is closed.
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
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.broken = self.file.set_len(self.length).is_err();
            return Err(io_error(&self.path)(error));
        }
        self.length += line.len() as u64;
        self.head = Head { events: self.head.events + 1, sha256: hash(line.trim_end_matches('\n').as_bytes()) };
        Ok(())
    }
}

/// Checks that every line follows from the one before. The number of events.
///
/// A chain cannot show by itself that lines were cut off its end, or that the last one was changed: hold it against
/// the recorded head with [`verify_head`].
///
/// # Errors
/// The first line that is wrong, or what the system refused.
pub fn verify(path: &Path) -> Result<u64, AuditError> {
    read_head(path).map(|head| head.events)
}

/// Checks every line and that the log ends where it was recorded to end.
///
/// # Errors
/// As [`verify`], and [`AuditError::Head`].
pub fn verify_head(path: &Path, recorded: &Head) -> Result<(), AuditError> {
    if read_head(path)? == *recorded { Ok(()) } else { Err(AuditError::Head) }
}

fn read_head(path: &Path) -> Result<Head, AuditError> {
    let mut reader = BufReader::new(File::open(path).map_err(io_error(path))?);
    let mut head = Head { events: 0, sha256: NO_LINE.to_owned() };
    let mut run: Option<String> = None;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        // Bounded: a file that is no log may have no line feed at all.
        let taken = reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes).map_err(io_error(path))?;
        if taken == 0 {
            return Ok(head);
        }
        let line = head.events + 1;
        if bytes.pop() != Some(b'\n') {
            return Err(AuditError::Cut { line });
        }
        let event: Value = serde_json::from_slice(&bytes).map_err(|_| AuditError::NotAnEvent { line })?;
        let text = |key| event.get(key).and_then(Value::as_str).ok_or(AuditError::NotAnEvent { line });
        let seq = event.get("seq").and_then(Value::as_u64).ok_or(AuditError::NotAnEvent { line })?;
        if text("prev")? != head.sha256 {
            // A missing line breaks the numbers as well: say what is plainer.
            return Err(if seq == line { AuditError::Chain { line } } else { AuditError::Sequence { line } });
        }
        if seq != line {
            return Err(AuditError::Sequence { line });
        }
        if run.get_or_insert(text("run")?.to_owned()) != text("run")? {
            return Err(AuditError::Run { line });
        }
        head = Head { events: line, sha256: hash(&bytes) };
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> AuditError {
    let path = path.to_path_buf();
    move |error| AuditError::Io { path, kind: error.kind() }
}

/// SHA-256, hexadecimal.
fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
