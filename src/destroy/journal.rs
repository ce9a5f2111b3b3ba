//! The journal of a run: its states in its log, each on disk before it counts.
//!
//! A run that was killed is taken up again from its journal: [`Journal::resume`] reads which state it had reached, which
//! files it had read with which digest, and how far it was with removing them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{Digest, FileEnd};
use super::replay::{self, Past};
use super::state::State;
use crate::audit::{self, AuditError, AuditLog, Fact, Name};
use crate::clock::Clock;
use crate::config::When;
use crate::export::ExportReceipt;
use crate::keys::SigningKey;
use crate::vault::Destroyed;

/// Field of the first event: what destruction waits for.
pub(super) const WHEN: &str = "destroy_when";
/// A source file was read, with this digest.
pub(super) const SOURCE: &str = "source read";
/// A file is about to be overwritten and unlinked.
pub(super) const REMOVING: &str = "removing";
/// What became of a file.
pub(super) const REMOVED: &str = "removed";
/// A sealed package is about to be overwritten and unlinked.
pub(super) const REMOVING_PACKAGE: &str = "removing package";
/// What became of a sealed package.
pub(super) const REMOVED_PACKAGE: &str = "package removed";
/// What a vault reported as it was destroyed.
pub(super) const VAULT: &str = "vault destroyed";

/// Why a step is refused, or a journal not taken up again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The log could not be written or is not the one that was written.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The step does not follow from the state.
    #[error("a run that is `{from}` cannot become `{to}`")]
    Transition {
        /// Where the run stands.
        from: State,
        /// What was asked for.
        to: State,
    },
    /// The pipeline wants the acknowledgement of every recipient first.
    #[error("the release was read back, but its recipients have not acknowledged it: nothing is destroyed before that")]
    NotAcknowledged,
    /// A line of the journal says what cannot have happened after the lines before it.
    #[error("{}: line {line} of the journal cannot follow the lines before it", path.display())]
    Order {
        /// The journal.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// The log has no plan: it is not the journal of a run.
    #[error("{}: this log does not begin with a plan, so it is not the journal of a run", path.display())]
    NoPlan {
        /// The log.
        path: PathBuf,
    },
    /// A plan stands at the beginning of a log.
    #[error("{}: this log has events already; a run begins its own", path.display())]
    NotNew {
        /// The log.
        path: PathBuf,
    },
    /// A source file is written down once, while sources are read.
    #[error("source file {file} is written down already, or its run has read its sources")]
    Source {
        /// Number of the file.
        file: u32,
    },
    /// An event that only the journal itself may write.
    #[error("the event `{event}` belongs to the journal")]
    Reserved {
        /// Name of the event.
        event: &'static str,
    },
}

/// The identity of a file whose removal has begun, so that a resumed run recognises it half overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun {
    pub device: u64,
    pub inode: u64,
    pub bytes: u64,
}

/// A file that is removed, by its number among its like: a source or a sealed package of a run; at a desk a file that was
/// opened, or another that stands among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Piece {
    Source(u32),
    Package(u32),
    Opened(u32),
    Other(u32),
}

impl Piece {
    pub fn number(self) -> u32 {
        match self {
            Self::Source(number) | Self::Package(number) | Self::Opened(number) | Self::Other(number) => number,
        }
    }

    /// The events of the beginning and of the end of its removal.
    pub fn events(self) -> (&'static str, &'static str) {
        match self {
            Self::Source(_) => (REMOVING, REMOVED),
            Self::Package(_) => (REMOVING_PACKAGE, REMOVED_PACKAGE),
            Self::Opened(_) => ("removing opened", "opened removed"),
            Self::Other(_) => ("removing other", "other removed"),
        }
    }
}

/// What is written of the end of a file.
pub(super) fn facts_of_end(end: FileEnd) -> [(&'static str, Fact); 3] {
    [
        ("class", Fact::Name(Name::word(end.class().as_str()))),
        ("reason", Fact::Name(Name::word(end.reason().word()))),
        ("bytes", Fact::Count(end.bytes())),
    ]
}

/// How far a file is with being removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    Begun(Begun),
    Done(FileEnd),
}

/// The states of one run, written into its log.
pub struct Journal {
    log: AuditLog,
    run: String,
    past: Past,
    resumed: bool,
}

impl Journal {
    /// Begins the journal of a run in its new log: writes the plan, and `when` with it, so that a resumed run waits for
    /// the same.
    ///
    /// # Errors
    /// [`JournalError::NotNew`] where the log has events already; [`JournalError::NoPlan`] where it belongs to no run;
    /// [`JournalError::Audit`].
    pub fn begin(mut log: AuditLog, when: When, facts: &[(&'static str, Fact)]) -> Result<Self, JournalError> {
        if log.head().events > 0 {
            return Err(JournalError::NotNew { path: log.path().to_path_buf() });
        }
        let Some(run) = log.run().map(str::to_owned) else {
            return Err(JournalError::NoPlan { path: log.path().to_path_buf() });
        };
        let mut facts = facts.to_vec();
        facts.push((WHEN, Fact::Name(Name::word(word_of(when)))));
        log.event(State::Planned.as_str(), &facts)?;
        Ok(Self { log, run, past: Past::planned(when), resumed: false })
    }

    /// Takes up the journal of a run that ended without an end. The log is checked line by line, a line that a crash
    /// left half written is cut off (an event `recovered` says so), and every state must follow from the one before.
    ///
    /// # Errors
    /// [`JournalError::Audit`] where the log was changed or another process writes to it; [`JournalError::Order`] and
    /// [`JournalError::NoPlan`] where it is not the journal of one run.
    pub fn resume(path: &Path, clock: Arc<dyn Clock>) -> Result<(Self, State), JournalError> {
        // Opened first: from then on nobody else writes to it.
        let mut log = AuditLog::open(path, clock)?;
        let (run, past) = replay::replay(path, &audit::read(path)?)?;
        log.for_run(&run);
        let state = past.state;
        Ok((Self { log, run, past, resumed: true }, state))
    }

    /// Writes that the run has reached a state. It counts only once the disk has it.
    ///
    /// # Errors
    /// [`JournalError::Transition`] or [`JournalError::NotAcknowledged`] where it may not be reached from here;
    /// [`JournalError::Audit`] where it cannot be written. The state stays as it was then.
    pub fn advance(&mut self, next: State, facts: &[(&'static str, Fact)]) -> Result<(), JournalError> {
        if next == State::ReadBack {
            // Without a receipt nobody knows that.
            return Err(JournalError::Reserved { event: next.as_str() });
        }
        self.step(next, facts)
    }

    pub(super) fn step(&mut self, next: State, facts: &[(&'static str, Fact)]) -> Result<(), JournalError> {
        let (from, when) = (self.past.state, self.past.when);
        if !from.may_become(next, when) {
            return Err(if (from, next) == (State::ReadBack, State::DestroyIntended) {
                JournalError::NotAcknowledged
            } else {
                JournalError::Transition { from, to: next }
            });
        }
        self.log.event(next.as_str(), facts)?;
        self.past.reach(next);
        Ok(())
    }

    /// Writes that the release was read back: only somebody who holds its receipt can say so, and nothing is destroyed
    /// as "done" before it is said.
    ///
    /// ```
    /// fn said(journal: &mut tamis::destroy::Journal, receipt: &tamis::export::ExportReceipt) {
    ///     let _ = journal.read_back(receipt);
    /// }
    /// ```
    ///
    /// A release that was written, and not read back, will not do:
    ///
    /// ```compile_fail,E0308
    /// fn said(journal: &mut tamis::destroy::Journal, written: &tamis::export::Assembled) {
    ///     let _ = journal.read_back(written);
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Journal::advance`].
    pub fn read_back(&mut self, receipt: &ExportReceipt) -> Result<(), JournalError> {
        let files = Fact::Count(receipt.files().len() as u64);
        let sealed = Fact::Count(receipt.packages().len() as u64);
        self.step(State::ReadBack, &[("files", files), ("sealed", sealed)])
    }

    /// Writes an event that is no state.
    ///
    /// # Errors
    /// [`JournalError::Reserved`] for names of states and of the journal's own events; [`JournalError::Audit`].
    pub fn note(&mut self, event: &'static str, facts: &[(&'static str, Fact)]) -> Result<(), JournalError> {
        let own = [SOURCE, REMOVING, REMOVED, REMOVING_PACKAGE, REMOVED_PACKAGE, VAULT];
        if State::of_word(event).is_some() || own.contains(&event) {
            return Err(JournalError::Reserved { event });
        }
        Ok(self.log.event(event, facts)?)
    }

    /// Writes that a source file was read, by its number in the run. Only a file with this content is removed later.
    ///
    /// # Errors
    /// [`JournalError::Source`] once the sources are read, or where the number is taken; [`JournalError::Audit`].
    pub fn source_read(&mut self, file: u32, digest: Digest) -> Result<(), JournalError> {
        if self.past.state != State::Planned || self.past.sources.contains_key(&file) {
            return Err(JournalError::Source { file });
        }
        let facts =
            [("file", Fact::File(file)), ("bytes", Fact::Count(digest.bytes)), ("sha256", Fact::Digest(digest.sha256))];
        self.log.event(SOURCE, &facts)?;
        self.past.sources.insert(file, digest);
        Ok(())
    }

    /// Writes what a vault reported as it was destroyed: it never outlives the process, the certificate may.
    ///
    /// # Errors
    /// [`JournalError::Audit`].
    pub fn vault_destroyed(&mut self, vault: Destroyed) -> Result<(), JournalError> {
        self.log.event(VAULT, &replay::facts_of(&vault))?;
        self.past.vaults.push(vault);
        Ok(())
    }

    /// Writes that a file is about to be overwritten.
    pub(super) fn removing(&mut self, piece: Piece, begun: Begun) -> Result<(), JournalError> {
        let facts = [
            ("file", Fact::File(piece.number())),
            ("device", Fact::Count(begun.device)),
            ("inode", Fact::Count(begun.inode)),
            ("bytes", Fact::Count(begun.bytes)),
        ];
        self.log.event(piece.events().0, &facts)?;
        self.past.removals.insert(piece, Removal::Begun(begun));
        Ok(())
    }

    /// Writes what became of a file.
    pub(super) fn removed(&mut self, piece: Piece, end: FileEnd) -> Result<(), JournalError> {
        let [class, reason, bytes] = facts_of_end(end);
        let facts = [("file", Fact::File(piece.number())), class, reason, bytes];
        self.log.event(piece.events().1, &facts)?;
        self.past.removals.insert(piece, Removal::Done(end));
        Ok(())
    }

    pub(super) fn removal(&self, piece: Piece) -> Option<Removal> {
        self.past.removals.get(&piece).copied()
    }

    /// Where the run stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.past.state
    }

    /// Whether every recipient acknowledged the release.
    #[must_use]
    pub fn was_acknowledged(&self) -> bool {
        self.past.acknowledged
    }

    /// What destruction waits for.
    #[must_use]
    pub fn when(&self) -> When {
        self.past.when
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The source files that were read, with their digests.
    #[must_use]
    pub fn sources(&self) -> &BTreeMap<u32, Digest> {
        &self.past.sources
    }

    /// What the vaults reported.
    #[must_use]
    pub fn vaults(&self) -> &[Destroyed] {
        &self.past.vaults
    }

    /// What became of the source files whose removal is over.
    #[must_use]
    pub fn ends(&self) -> Vec<(u32, FileEnd)> {
        let over = |(piece, removal): (&Piece, &Removal)| match (piece, removal) {
            (Piece::Source(file), Removal::Done(end)) => Some((*file, *end)),
            _ => None,
        };
        self.past.removals.iter().filter_map(over).collect()
    }

    /// What became of the sealed packages whose removal is over.
    #[must_use]
    pub fn package_ends(&self) -> Vec<(u32, FileEnd)> {
        let over = |(piece, removal): (&Piece, &Removal)| match (piece, removal) {
            (Piece::Package(package), Removal::Done(end)) => Some((*package, *end)),
            _ => None,
        };
        self.past.removals.iter().filter_map(over).collect()
    }

    /// Whether the journal was taken up again after the process that began it had let it go: what that process held in
    /// memory is then gone with it, whether it could report so or not.
    #[must_use]
    pub fn was_resumed(&self) -> bool {
        self.resumed
    }

    /// The log, to be read.
    #[must_use]
    pub fn log(&self) -> &AuditLog {
        &self.log
    }

    /// Where the log ends now, as a text to keep elsewhere.
    ///
    /// # Errors
    /// As [`AuditLog::checkpoint`].
    pub fn checkpoint(&self, origin: &str, key: Option<&SigningKey>) -> Result<String, JournalError> {
        Ok(self.log.checkpoint(origin, key)?)
    }
}

/// The word of the pipeline file.
pub(super) fn word_of(when: When) -> &'static str {
    match when {
        When::Exported => "exported",
        When::Acknowledged => "acknowledged",
    }
}
