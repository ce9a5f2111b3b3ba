//! Epochs: the periods in which a person keeps one pseudonym, in a public ledger beside the root key.
//!
//! The ledger is JSON Lines: name of the epoch, when it was opened, fingerprint of the root key. Lines are only added. The
//! last one is the current epoch. It holds nothing secret, but without it nobody knows which pseudonyms belong together.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::error::{KeyError, LedgerProblem};
use super::{Fingerprint, MasterKey};
use crate::clock::Clock;
use crate::disk;

/// Longest name of an epoch, in bytes.
const LONGEST_NAME: usize = 64;

/// The label under which keys of a single run are derived; no epoch may be taken for it.
pub(crate) const RUN: &str = "run";

/// A period in which a person keeps one pseudonym.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    name: String,
    opened: DateTime<Utc>,
}

impl Epoch {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was opened.
    #[must_use]
    pub fn opened(&self) -> DateTime<Utc> {
        self.opened
    }
}

/// The epochs of one root key, in the order in which they were opened; there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epochs {
    key: Fingerprint,
    before: Vec<Epoch>,
    current: Epoch,
}

/// A line of the ledger.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    epoch: String,
    opened: String,
    key: String,
}

impl Epochs {
    /// Where the ledger of a key file is: beside it, `<key>.epochs`.
    #[must_use]
    pub fn beside(key: &Path) -> PathBuf {
        let mut name = key.as_os_str().to_owned();
        name.push(".epochs");
        PathBuf::from(name)
    }

    /// Reads the ledger of a key.
    ///
    /// # Errors
    /// [`KeyError::Ledger`] where it is missing, damaged, another key's, or holds no epoch.
    pub fn read(path: &Path, key: &Fingerprint) -> Result<Self, KeyError> {
        let bytes = content(path).map_err(|problem| at(path, problem))?;
        Self::of(&bytes, key).map_err(|problem| at(path, problem))
    }

    fn of(bytes: &[u8], key: &Fingerprint) -> Result<Self, LedgerProblem> {
        let mut epochs: Vec<Epoch> = Vec::new();
        for (line, text) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let line = line + 1;
            let damaged = || LedgerProblem::Line { line };
            let text = text.strip_suffix(b"\n").ok_or_else(damaged)?;
            let Line { epoch: name, opened, key: of } = serde_json::from_slice(text).map_err(|_| damaged())?;
            if of != key.as_str() {
                return Err(LedgerProblem::OtherKey { line });
            }
            let opened = DateTime::parse_from_rfc3339(&opened).map_err(|_| damaged())?.to_utc();
            if !is_name(&name) {
                return Err(damaged());
            }
            if epochs.iter().any(|e| e.name == name) {
                return Err(LedgerProblem::Twice { name });
            }
            epochs.push(Epoch { name, opened });
        }
        let current = epochs.pop().ok_or(LedgerProblem::NoEpoch)?;
        Ok(Self { key: key.clone(), before: epochs, current })
    }

    /// The epoch under which pseudonyms are made now.
    #[must_use]
    pub fn current(&self) -> &Epoch {
        &self.current
    }

    /// All of them, the current one last.
    pub fn iter(&self) -> impl Iterator<Item = &Epoch> {
        self.before.iter().chain([&self.current])
    }

    /// What a run needs to know: the current epoch, and for a correspondence an earlier one.
    ///
    /// # Errors
    /// [`KeyError::Ledger`] where `from` was never opened, or is the current one. `place` is the ledger, for the message.
    pub fn choose(&self, from: Option<&str>, place: &Path) -> Result<EpochChoice, KeyError> {
        if let Some(name) = from {
            let name = name.to_owned();
            if name == self.current.name {
                return Err(at(place, LedgerProblem::Current { name }));
            }
            if self.before.iter().all(|e| e.name != name) {
                let known = self.iter().map(Epoch::name).collect::<Vec<_>>().join(", ");
                return Err(at(place, LedgerProblem::Unknown { name, known }));
            }
        }
        let from = from.map(str::to_owned);
        Ok(EpochChoice { key: self.key.clone(), current: self.current.name.clone(), from })
    }
}

/// The epoch of a run; only a ledger makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochChoice {
    key: Fingerprint,
    current: String,
    from: Option<String>,
}

impl EpochChoice {
    /// The epoch of the pseudonyms.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current
    }

    /// The earlier epoch from which a correspondence leads to the current one.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// Whether it comes from the ledger of that key.
    #[must_use]
    pub fn belongs_to(&self, key: &MasterKey) -> bool {
        self.key == key.fingerprint()
    }
}

/// Opens an epoch: from now on it is the current one. The ledger is made where it does not exist; it is replaced as a whole by
/// itself and one more line, so that there is never half a line.
///
/// # Errors
/// [`KeyError::Ledger`] where the name is none or was used, the ledger is another key's, or the disk refuses; the ledger is
/// as before then, unless only the last flush, that of the folder, failed.
pub fn open_epoch(path: &Path, key: &Fingerprint, name: &str, clock: &dyn Clock) -> Result<Epochs, KeyError> {
    append(path, key, name, clock.now()).map_err(|problem| at(path, problem))
}

fn append(path: &Path, key: &Fingerprint, name: &str, now: DateTime<Utc>) -> Result<Epochs, LedgerProblem> {
    if !is_name(name) {
        return Err(LedgerProblem::Name);
    }
    // Held until this function ends: two openings at once would lose one of the two.
    let lock = disk::open_lock(&lock_name(path)).map_err(refused)?;
    lock.file().lock().map_err(refused)?;
    let mut bytes = match content(path) {
        Ok(bytes) => bytes,
        Err(LedgerProblem::NoEpoch) => Vec::new(),
        Err(problem) => return Err(problem),
    };
    if !bytes.is_empty() {
        let epochs = Epochs::of(&bytes, key)?;
        if epochs.iter().any(|e| e.name == name) {
            return Err(LedgerProblem::Twice { name: name.to_owned() });
        }
    }
    let opened = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let line = Line { epoch: name.to_owned(), opened, key: key.as_str().to_owned() };
    serde_json::to_writer(&mut bytes, &line).map_err(|_| LedgerProblem::Io(io::ErrorKind::InvalidData))?;
    bytes.push(b'\n');
    disk::replace(path, &bytes).map_err(refused)?;
    Epochs::of(&bytes, key)
}

fn content(path: &Path) -> Result<Vec<u8>, LedgerProblem> {
    match disk::read(path) {
        Ok(bytes) if bytes.is_empty() => Err(LedgerProblem::NoEpoch),
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(LedgerProblem::NoEpoch),
        Err(error) => Err(refused(error)),
    }
}

fn lock_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.lock"))
}

fn refused(error: io::Error) -> LedgerProblem {
    LedgerProblem::Io(error.kind())
}

fn at(path: &Path, problem: LedgerProblem) -> KeyError {
    KeyError::Ledger { place: path.display().to_string(), problem }
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    !name.is_empty() && name.len() <= LONGEST_NAME && name != RUN && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::clock::FixedClock;

    fn clock() -> FixedClock {
        FixedClock("2026-03-01T12:00:00Z".parse().unwrap())
    }

    fn fingerprint(seed: u8) -> Fingerprint {
        MasterKey::from_bytes(std::array::from_fn(|i| seed.wrapping_add(i as u8))).unwrap().fingerprint()
    }

    fn problem(error: KeyError) -> LedgerProblem {
        let KeyError::Ledger { problem, .. } = error else { panic!("another error: {error}") };
        problem
    }

    #[test]
    fn the_last_epoch_opened_is_the_current_one_and_none_is_opened_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("root.epochs"), fingerprint(1));
        assert_eq!(problem(Epochs::read(&path, &key).unwrap_err()), LedgerProblem::NoEpoch);
        open_epoch(&path, &key, "2026", &clock()).unwrap();
        let first = disk::read(&path).unwrap();
        let epochs = open_epoch(&path, &key, "2027", &clock()).unwrap();
        assert_eq!(epochs, Epochs::read(&path, &key).unwrap());
        assert_eq!(epochs.current().name(), "2027");
        assert_eq!(epochs.iter().map(Epoch::name).collect::<Vec<_>>(), ["2026", "2027"]);
        assert!(disk::read(&path).unwrap().starts_with(&first), "lines are only added");
        let twice = open_epoch(&path, &key, "2026", &clock()).unwrap_err();
        assert_eq!(problem(twice), LedgerProblem::Twice { name: "2026".into() });
        for name in ["", "run", "a b", "é", "../x", "a/b", &"x".repeat(65)] {
            assert_eq!(problem(open_epoch(&path, &key, name, &clock()).unwrap_err()), LedgerProblem::Name, "{name}");
        }
        assert_eq!(Epochs::read(&path, &key).unwrap(), epochs, "refusals change nothing");
    }

    #[test]
    fn the_ledger_of_another_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.epochs");
        open_epoch(&path, &fingerprint(1), "2026", &clock()).unwrap();
        let other = LedgerProblem::OtherKey { line: 1 };
        assert_eq!(problem(Epochs::read(&path, &fingerprint(2)).unwrap_err()), other);
        assert_eq!(problem(open_epoch(&path, &fingerprint(2), "2027", &clock()).unwrap_err()), other);
    }

    #[test]
    fn a_damaged_ledger_is_refused_and_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("root.epochs"), fingerprint(1));
        open_epoch(&path, &key, "2026", &clock()).unwrap();
        let sound = String::from_utf8(disk::read(&path).unwrap()).unwrap();
        let damaged = [
            sound.trim_end().to_owned(),
            sound.replace("2026-03-01T12", "gestern"),
            sound.replace("\"2026\"", "\"run\""),
            sound.replace('}', ",\"x\":1}"),
            format!("{sound}\n"),
        ];
        for text in damaged {
            std::fs::write(&path, &text).unwrap();
            assert!(matches!(problem(Epochs::read(&path, &key).unwrap_err()), LedgerProblem::Line { .. }), "{text}");
            assert!(open_epoch(&path, &key, "2027", &clock()).is_err());
            assert_eq!(disk::read(&path).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn a_correspondence_leads_from_an_earlier_epoch_that_was_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("root.epochs"), fingerprint(1));
        open_epoch(&path, &key, "2026", &clock()).unwrap();
        let epochs = open_epoch(&path, &key, "2027", &clock()).unwrap();
        assert_eq!(epochs.choose(Some("2026"), &path).unwrap().from(), Some("2026"));
        assert_eq!(epochs.choose(None, &path).unwrap().current(), "2027");
        assert!(matches!(problem(epochs.choose(Some("2025"), &path).unwrap_err()), LedgerProblem::Unknown { .. }));
        assert!(matches!(problem(epochs.choose(Some("2027"), &path).unwrap_err()), LedgerProblem::Current { .. }));
    }

    #[test]
    fn epochs_opened_at_the_same_time_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("root.epochs"), fingerprint(1));
        std::thread::scope(|scope| {
            for i in 0..8 {
                let (path, key) = (&path, &key);
                scope.spawn(move || open_epoch(path, key, &format!("e{i}"), &clock()).unwrap());
            }
        });
        assert_eq!(Epochs::read(&path, &key).unwrap().iter().count(), 8);
    }
}
