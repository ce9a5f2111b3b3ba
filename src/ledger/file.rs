//! The file of the ledger, and its head beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::model::{Release, Tables};
use super::{LedgerError, head_error, wire};
use crate::audit::{self, AuditError, AuditLog, Fact, Name};
use crate::clock::Clock;
use crate::config;
use crate::disk;

/// The name of the log in its checkpoints.
const ORIGIN: &str = "tamis-ledger";

/// Where the head of a ledger lies: beside it, under its name and `.head`.
#[must_use]
pub fn head_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".head");
    PathBuf::from(name)
}

/// A ledger that this process alone may add to.
pub struct Ledger {
    log: AuditLog,
    head: PathBuf,
    releases: Vec<Release>,
    /// Whether the last release was announced and not settled.
    open: bool,
}

/// How many lines a ledger has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCount {
    /// All of them.
    pub all: u64,
    /// Those after the last that its head counts: a run was killed, or somebody else wrote them.
    pub after_head: u64,
}

/// The releases of a ledger, every line of which is checked, and how many lines there are.
///
/// # Errors
/// [`LedgerError`] where it is not the one that was written, or cannot be read.
pub fn read(path: &Path) -> Result<(Vec<Release>, LineCount), LedgerError> {
    let head = stands(path)?.ok_or_else(|| LedgerError::Absent { path: path.to_path_buf() })?;
    let covered = audit::verify_checkpoint(path, &head, None)?.covered;
    let entries = audit::read(path)?;
    let all = entries.len() as u64;
    Ok((wire::releases(entries, covered)?, LineCount { all, after_head: all.saturating_sub(covered) }))
}

/// The text of the head; `None` where neither the ledger nor its head is there yet.
fn stands(path: &Path) -> Result<Option<String>, LedgerError> {
    let head = head_of(path);
    match (disk::exists(path), disk::exists(&head)) {
        (false, false) => Ok(None),
        (false, true) => Err(LedgerError::Gone { path: path.to_path_buf() }),
        (true, false) => Err(LedgerError::NoHead { path: path.to_path_buf() }),
        (true, true) => {
            let bytes = disk::read(&head).map_err(head_error(&head))?;
            String::from_utf8(bytes).map(Some).map_err(|_| AuditError::NotACheckpoint.into())
        }
    }
}

impl Ledger {
    /// Begins a ledger. Nobody does it in passing: where a disk is not there, or a path is not the right one, a run that began its
    /// own would be held against nothing.
    ///
    /// # Errors
    /// [`LedgerError`] where there is one already, or the disk refuses.
    pub fn create(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, LedgerError> {
        match stands(path) {
            // One that was stopped between the two files: nothing was written yet.
            Err(LedgerError::NoHead { .. }) if disk::metadata(path).is_ok_and(|file| file.len() == 0) => {}
            Ok(None) => {}
            Ok(Some(_)) => return Err(LedgerError::Stands { path: path.to_path_buf() }),
            Err(error) => return Err(error),
        }
        let log = AuditLog::open_or_create(path, clock)?;
        let ledger = Self { log, head: head_of(path), releases: Vec::new(), open: false };
        if ledger.log.head().events > 0 {
            return Err(LedgerError::Stands { path: path.to_path_buf() });
        }
        ledger.write_head()?;
        Ok(ledger)
    }

    /// Opens a ledger and reads all of it. No other process can open it until this one lets it go: two runs cannot overlook each
    /// other. A last line without its end, as a crash leaves it, is taken away where the head does not count it.
    ///
    /// # Errors
    /// [`LedgerError`] where there is none, it is not the one that was written, another process has it open, or the disk refuses.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, LedgerError> {
        let absent = || LedgerError::Absent { path: path.to_path_buf() };
        not_cut(path, &stands(path)?.ok_or_else(absent)?)?;
        let log = AuditLog::open_or_create(path, clock)?;
        let mut ledger = Self { log, head: head_of(path), releases: Vec::new(), open: false };
        // Under the lock nothing moves any more.
        let (releases, lines) = read(path)?;
        ledger.releases = releases;
        if let Some(doubted) = ledger.releases.last().filter(|last| last.doubted) {
            // Before the next head counts the line by which it was withdrawn.
            ledger.log.for_run(&doubted.run);
            ledger.log.event(wire::KEPT, &[])?;
        }
        if lines.after_head > 0 {
            ledger.write_head()?;
        }
        Ok(ledger)
    }

    /// The releases of a universe that have to be reckoned with, the earliest first.
    pub fn of_universe<'l>(&'l self, universe: &'l str) -> impl Iterator<Item = &'l Release> {
        self.releases.iter().filter(move |release| release.universe == universe && release.counts())
    }

    /// All releases, the earliest first.
    #[must_use]
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// Writes down what is about to be released by `maker`, a pipeline or a command, and waits until the disk has it. From here on the release counts, until
    /// [`settle`](Self::settle) says otherwise.
    ///
    /// # Errors
    /// [`LedgerError`] where the disk refuses: then nothing may be released.
    pub fn announce(
        &mut self,
        of: &config::Ledger,
        maker: Name,
        run: &str,
        tables: &[Tables],
    ) -> Result<(), LedgerError> {
        self.log.for_run(run);
        for (event, facts) in tables.iter().flat_map(wire::events) {
            self.log.event(event, &facts)?;
        }
        let cells = tables.iter().map(|tables| tables.cells.len() as u64).sum();
        let facts = [
            ("universe", Fact::Name(Name::universe_of(of))),
            ("pipeline", Fact::Name(maker)),
            ("tables", Fact::Count(tables.len() as u64)),
            ("cells", Fact::Count(cells)),
        ];
        self.log.event(wire::RELEASE, &facts)?;
        self.open = true;
        self.write_head()
    }

    /// Says what became of the announced release: it became visible, or it surely never will. Nothing where none was announced.
    ///
    /// # Errors
    /// [`LedgerError`] where the disk refuses: the release then counts as one that may be visible.
    pub fn settle(&mut self, published: bool) -> Result<(), LedgerError> {
        if !std::mem::take(&mut self.open) {
            return Ok(());
        }
        self.log.event(if published { wire::PUBLISHED } else { wire::WITHDRAWN }, &[])?;
        self.write_head()
    }

    fn write_head(&self) -> Result<(), LedgerError> {
        let text = self.log.checkpoint(ORIGIN, None)?;
        disk::replace(&self.head, text.as_bytes()).map_err(head_error(&self.head))
    }
}

/// A ledger that ends within a line must still have all lines of its head: otherwise the end was not left by a crash.
fn not_cut(path: &Path, head: &str) -> Result<(), LedgerError> {
    match audit::verify_checkpoint(path, head, None) {
        Err(cut @ AuditError::Cut { .. }) => {
            let whole = audit::read_sound(path).0.len() as u64;
            let recorded = head.lines().nth(1).and_then(|size| size.parse::<u64>().ok());
            if recorded.is_some_and(|recorded| recorded <= whole) { Ok(()) } else { Err(cut.into()) }
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}
