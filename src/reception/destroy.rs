//! Destroys receptions after use (R13).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::desk::Desk;
use super::erase;
use super::error::{Act, ReceptionError};
use super::record::{self, DESTROYED, Destruction, ErasedFile, RECORD, RELEASE, ReceivedFile, Record, not_a_reception};
use crate::audit::{Fact, Name, Operator};
use crate::clock::Clock;
use crate::disk;

/// Which receptions of a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// One, by the name of its folder.
    Named(String),
    /// Every one whose last day of use is past.
    Expired,
}

/// What was destroyed, and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Destroyed now.
    pub destroyed: Vec<DestroyedReception>,
    /// Still there. To be tried again; an event tells of each.
    pub failed: Vec<Failed>,
}

/// A reception that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyedReception {
    /// Its folder; what is left in it holds no data of persons.
    pub path: PathBuf,
    /// What was received.
    pub record: Record,
    /// When it was destroyed.
    pub destroyed: DateTime<Utc>,
    /// What was erased now.
    pub files: Vec<ErasedFile>,
}

/// A reception that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its folder.
    pub path: PathBuf,
    /// Why.
    pub error: ReceptionError,
}

/// Destroys receptions of a desk: the intent is logged, then every file is overwritten, flushed and removed, then that is
/// logged and written down in `destroyed.json`. A call that was interrupted is made good by the next.
///
/// # Errors
/// Where the desk cannot be entered, its log cannot be written, or there is no such reception. One reception that cannot be
/// destroyed does not keep the others: it is told in the report.
pub fn destroy(desk: &Path, which: &Which, who: &Operator, clock: &Arc<dyn Clock>) -> Result<Report, ReceptionError> {
    if !disk::exists(desk) {
        // Entering would make it.
        return Err(not_a_reception(desk));
    }
    let mut desk = Desk::enter(desk, Arc::clone(clock))?;
    let mut report = Report::default();
    let (paths, why) = match which {
        Which::Named(name) => (vec![desk.named(name)?], "asked"),
        Which::Expired => (desk.standing()?, "expired"),
    };
    let today = clock.now().date_naive();
    for path in paths {
        let record = match Record::read(&path) {
            Ok(record) if *which == Which::Expired && record.use_until >= today => continue,
            other => other,
        };
        match record.and_then(|record| desk.destroy_one(&path, record, who, why)) {
            Ok(done) => report.destroyed.push(done),
            // Without its log the desk does nothing more.
            Err(error @ ReceptionError::Audit(_)) => return Err(error),
            Err(error) => {
                let facts = [("who", Fact::Who(who.clone())), ("why", Fact::Name(Name::word(error.word())))];
                desk.log.event("not destroyed", &facts)?;
                report.failed.push(Failed { path, error });
            }
        }
    }
    Ok(report)
}

impl Desk {
    /// A reception by its name, which is one plain part of a path.
    fn named(&self, name: &str) -> Result<PathBuf, ReceptionError> {
        let path = self.folder.join(name);
        let plain = path.file_name().is_some_and(|last| last == name) && path.parent() == Some(self.folder.as_path());
        if !plain || name.starts_with('.') || !disk::exists(&path.join(RECORD)) {
            return Err(not_a_reception(&path));
        }
        if disk::exists(&path.join(DESTROYED)) && !disk::exists(&path.join(RELEASE)) {
            return Err(ReceptionError::Destroyed { name: name.to_owned() });
        }
        Ok(path)
    }

    /// Every reception that is not wholly destroyed. A folder whose record is missing but which has a release is one.
    fn standing(&self) -> Result<Vec<PathBuf>, ReceptionError> {
        let paths = disk::list(&self.folder).map_err(ReceptionError::io(&self.folder, Act::Read))?;
        let has = |path: &Path, name| disk::exists(&path.join(name));
        let standing = |path: &PathBuf| has(path, RELEASE) || (has(path, RECORD) && !has(path, DESTROYED));
        Ok(paths.into_iter().filter(|path| disk::metadata(path).is_ok_and(|m| m.is_dir()) && standing(path)).collect())
    }

    fn destroy_one(
        &mut self,
        path: &Path,
        record: Record,
        who: &Operator,
        why: &'static str,
    ) -> Result<DestroyedReception, ReceptionError> {
        self.log.for_run(&record.expected.run);
        let facts = [
            ("who", Fact::Who(who.clone())),
            ("why", Fact::Name(Name::word(why))),
            ("manifest_sha256", Fact::Digest(record.expected.manifest_sha256.bytes())),
        ];
        self.log.event("destroy intended", &facts)?;
        let release = path.join(RELEASE);
        let mut files = if disk::exists(&release) { erase::tree(&release)? } else { Vec::new() };
        // What an interrupted call removed before is gone; how, nobody knows any more.
        let gone: Vec<ErasedFile> =
            record.files.iter().filter(|file| files.iter().all(|erased| erased.path != file.path)).map(lost).collect();
        files.extend(gone);
        let destroyed = self.clock.now();
        let overwritten = files.iter().filter(|file| file.overwritten).count() as u64;
        let facts = [
            ("files", Fact::Count(files.len() as u64)),
            ("overwritten", Fact::Count(overwritten)),
            ("bytes", Fact::Count(files.iter().map(|file| file.bytes).sum())),
        ];
        self.log.event("destroyed", &facts)?;
        if !disk::exists(&path.join(DESTROYED)) {
            let document = Destruction::new(&record, destroyed, who, why, files.clone());
            record::write(path, DESTROYED, &document)?;
        }
        Ok(DestroyedReception { path: path.to_path_buf(), record, destroyed, files })
    }
}

fn lost(file: &ReceivedFile) -> ErasedFile {
    ErasedFile { path: file.path.clone(), bytes: file.bytes, overwritten: false }
}
