//! Opens a package at the desk.

use std::path::{Path, PathBuf};

use super::desk::Desk;
use super::error::{Act, ReceptionError};
use super::record::{self, MANIFEST, RECORD, RELEASE, Record};
use crate::audit::{Fact, Name, Operator};
use crate::destroy;
use crate::disk;
use crate::keys::VerifierKey;
use crate::seal::{Hash, Opened, PACKAGE_ENDING, Package, SealError, Terms, package_name};

/// What somebody asks for.
pub struct OpenRequest<'a> {
    /// The package.
    pub package: &'a Path,
    /// Whose signature is believed.
    pub sender: &'a VerifierKey,
    /// The reader's identity.
    pub identity: &'a dyn age::Identity,
    /// Its public half, `age1…`.
    pub age: &'a str,
    /// What for (R14).
    pub purpose: &'a str,
    /// Who asks.
    pub who: &'a Operator,
    /// Asked now and then whether somebody wants to stop.
    pub stop: &'a dyn Fn() -> bool,
}

/// A release that stands open at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    /// Its folder.
    pub path: PathBuf,
    /// What is in it, and on which terms.
    pub record: Record,
}

impl Reception {
    /// Where the files are.
    #[must_use]
    pub fn release(&self) -> PathBuf {
        self.path.join(RELEASE)
    }
}

impl Desk {
    /// Verifies a package, decrypts it into a folder of its own, and logs that before the folder gets its name.
    ///
    /// # Errors
    /// [`ReceptionError`]; nothing stands open then. The refusal is logged.
    pub fn open(&mut self, request: &OpenRequest<'_>) -> Result<Reception, ReceptionError> {
        let outcome = self.try_open(request);
        if let Err(error) = &outcome {
            let purpose = Hash::of(request.purpose.trim().as_bytes()).bytes();
            let facts = [
                ("who", Fact::Who(request.who.clone())),
                ("why", Fact::Name(Name::word(error.word()))),
                ("purpose_sha256", Fact::Digest(purpose)),
            ];
            // The refusal is the error to tell. A log that can no longer be written opens nothing anyway.
            let _ = self.log.event("refused", &facts);
        }
        outcome
    }

    fn try_open(&mut self, request: &OpenRequest<'_>) -> Result<Reception, ReceptionError> {
        let package = Package::verify(request.package, request.sender)?;
        let manifest = package.manifest();
        self.log.for_run(manifest.run());
        let terms = Terms { age: request.age, purpose: request.purpose, today: self.clock.now().date_naive() };
        let admitted = package.admit(&terms)?;

        // The names are the sender's: signed, and still not to be used as a path unseen.
        let unsafe_name = |_| SealError::Manifest { path: request.package.to_path_buf(), line: 1 };
        let name =
            package_name(manifest.pipeline(), manifest.run(), &manifest.recipient().name).map_err(unsafe_name)?;
        let name = name.trim_end_matches(PACKAGE_ENDING).to_owned();
        let path = self.folder.join(&name);
        if disk::exists(&path) {
            let open = disk::exists(&path.join(RELEASE));
            return Err(if open { ReceptionError::AlreadyOpened { name } } else { ReceptionError::Destroyed { name } });
        }

        let opening = Opening::create(self.opening(&name))?;
        let opened = admitted.decrypt(request.identity, &opening.path.join(RELEASE), request.stop)?;
        let record = Record::new(manifest, package.sha256(), &opened, self.clock.now(), request.who, request.age);
        let note = opening.path.join(MANIFEST);
        record::write_whole(&note, package.note())?;
        record::write(&opening.path, RECORD, &record)?;

        self.log_opening(&package, &opened, &record, request.who)?;
        if let Err(error) = opening.publish(&path) {
            // The log says that it was opened; it has to say as well that it was not.
            let withdrawn = self.log.event("withdrawn", &[("why", Fact::Name(Name::word("input/output")))]);
            return Err(withdrawn.map_or_else(ReceptionError::from, |()| error));
        }
        Ok(Reception { path, record })
    }

    /// Who opened what, for what, which resources, how many rows, and a digest of the content (R35).
    fn log_opening(
        &mut self,
        package: &Package,
        opened: &Opened,
        record: &Record,
        who: &Operator,
    ) -> Result<(), ReceptionError> {
        let manifest = package.manifest();
        let facts = [
            ("who", Fact::Who(who.clone())),
            ("purpose", Fact::Name(Name::purpose_of(manifest))),
            ("use_until", Fact::Date(manifest.use_until())),
            ("resources", Fact::names(manifest.entries())),
            ("rows", Fact::Count(record.rows())),
            ("package_sha256", Fact::Digest(package.sha256().bytes())),
            ("manifest_sha256", Fact::Digest(package.manifest_sha256().bytes())),
            ("content", Fact::Digest(opened.expected.content.bytes())),
        ];
        Ok(self.log.event("opened", &facts)?)
    }
}

/// A reception that is not yet open. Dropped, it is erased.
struct Opening {
    path: PathBuf,
    open: bool,
}

impl Opening {
    fn create(path: PathBuf) -> Result<Self, ReceptionError> {
        disk::create_folder(&path).map_err(ReceptionError::io(&path, Act::Create))?;
        Ok(Self { path, open: false })
    }

    /// Gives it its name, for good.
    fn publish(mut self, to: &Path) -> Result<(), ReceptionError> {
        disk::sync_folder(&self.path).map_err(ReceptionError::io(&self.path, Act::Sync))?;
        disk::rename(&self.path, to).map_err(ReceptionError::io(to, Act::Rename))?;
        // Until the new name is on disk, it is the one to erase.
        self.path = to.to_path_buf();
        let desk = to.parent().unwrap_or(Path::new(""));
        disk::sync_folder(desk).map_err(ReceptionError::io(desk, Act::Sync))?;
        self.open = true;
        Ok(())
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if !self.open && destroy::clear_unopened(&self.path).is_err() {
            // The first error is the one to tell. What cannot be overwritten is at least removed; failing that as well, it
            // is erased as the desk is entered next.
            let _ = disk::remove_tree(&self.path);
        }
    }
}
