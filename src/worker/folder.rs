//! The folder of a run on a cluster: on the machine that begins and ends it, and on each worker a copy of what is there.

use std::io::{BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::wire::{Writer, parts};
use crate::disk::{self, DiskFile};
use crate::keys::{self, KeyError, KeySource, MasterKey};
use crate::pipeline::{ClusterError, Parts, Pass, RunError};

/// The key of the run.
const KEY: &str = "run.key";
/// What stands behind the word of a pass in the name of its plan.
const PLAN: &str = "plan";
/// Fingerprints of what was stripped.
const STRIPPED: &str = "sieve.stripped";

/// Key and plans of a run.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes a folder with a key: a fresh one, or the one given.
    ///
    /// # Errors
    /// A name that is taken, a key that cannot be drawn or written.
    pub fn begin(path: &Path, key: Option<MasterKey>) -> Result<Self, RunError> {
        let folder = Self(path.to_path_buf());
        disk::create_folder(path).map_err(|e| folder.failed(path, e.kind()))?;
        let key = key.map_or_else(MasterKey::random, Ok)?;
        keys::write_root(&path.join(KEY), &key)?;
        Ok(folder)
    }

    /// A folder that was begun.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The key of the run.
    ///
    /// # Errors
    /// [`KeyError`], as for every root key: others may not read it.
    pub fn key(&self) -> Result<MasterKey, KeyError> {
        keys::load_root(&KeySource::File(self.0.join(KEY)))
    }

    /// The plans that are there.
    #[must_use]
    pub fn known(&self) -> Parts {
        let plans: Vec<PathBuf> =
            Pass::ALL.into_iter().map(|pass| self.plan(pass)).filter(|path| disk::exists(path)).collect();
        Box::new(plans.into_iter().flat_map(|path| read(&path)))
    }

    /// Fingerprints of what was stripped.
    #[must_use]
    pub fn stripped(&self) -> Parts {
        read(&self.0.join(STRIPPED))
    }

    /// The file of a pass's plan.
    #[must_use]
    pub fn plan(&self, pass: Pass) -> PathBuf {
        self.0.join(format!("{}.{PLAN}", pass.word()))
    }

    /// A new file for the plan of a pass.
    ///
    /// # Errors
    /// [`ClusterError::File`], also where there is one.
    pub fn new_plan(&self, pass: Pass) -> Result<Writer<BufWriter<DiskFile>>, RunError> {
        self.new_file(&self.plan(pass))
    }

    /// A new file for fingerprints.
    ///
    /// # Errors
    /// [`ClusterError::File`], also where there is one.
    pub fn new_stripped(&self) -> Result<Writer<BufWriter<DiskFile>>, RunError> {
        self.new_file(&self.0.join(STRIPPED))
    }

    fn new_file(&self, path: &Path) -> Result<Writer<BufWriter<DiskFile>>, RunError> {
        let file = disk::create_new(path).map_err(|e| self.failed(path, e.kind()))?;
        Writer::new(BufWriter::new(file))
    }

    /// Overwrites the key and removes the folder with all that is in it: without the key, what is left anywhere of the parts of
    /// the run is noise, save for copies of the key itself.
    ///
    /// # Errors
    /// [`ClusterError::File`].
    pub fn destroy(&self) -> Result<(), RunError> {
        let key = self.0.join(KEY);
        let overwritten = disk::open_in_place(&key).and_then(|mut file| {
            file.write_all(&[0; MasterKey::LENGTH])?;
            file.sync()
        });
        match overwritten {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(self.failed(&key, e.kind())),
            _ => {}
        }
        disk::remove_tree(&self.0).map_err(|e| self.failed(&self.0, e.kind()))
    }

    fn failed(&self, path: &Path, kind: ErrorKind) -> RunError {
        ClusterError::File { path: path.to_path_buf(), kind }.into()
    }
}

fn read(path: &Path) -> Parts {
    match disk::open(path) {
        Ok(file) => parts(BufReader::new(file)),
        Err(e) => {
            let error = ClusterError::File { path: path.to_path_buf(), kind: e.kind() };
            Box::new(std::iter::once(Err(error.into())))
        }
    }
}
