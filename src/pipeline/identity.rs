//! What a run is known by: its pipeline, its epoch and the content of what it reads. The same once more is another sample of the same
//! persons, and is refused unless somebody asks for it.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::admitted::name_of_query;
use super::documents::hex;
use super::error::RunError;
use super::intake::QueryContent;
use crate::admission;
use crate::config::{Exclude, Pipeline};
use crate::disk;
use crate::export::{Dossier, is_published};
use crate::ingest;

/// The document of a dossier that says what a run was known by.
const DOCUMENT: &str = "run.json";

/// What becomes of files that were read by an earlier run of the pipeline, into the same folder, which published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeat {
    /// A run on the same pipeline, epoch and content as an earlier one is refused.
    #[default]
    Refused,
    /// They are read again.
    Allowed,
    /// They are left out; where nothing is left, there is no run.
    LeftOut,
}

/// A file that is read, or the rows of a query, by content.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Input {
    /// Name of the source; none of a register.
    source: Option<String>,
    file: PathBuf,
    /// Length of a file.
    bytes: Option<u64>,
    /// Number of the records of a query.
    records: Option<u64>,
    sha256: String,
}

/// What a run is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    inputs: Vec<Input>,
    id: String,
    /// Files that are left out: an earlier run had them.
    left_out: HashSet<PathBuf>,
}

impl Identity {
    /// Reads every file that the pipeline names, and looks up in the earlier runs beside whether it is new. `None` where something
    /// cannot be read: the run will meet the same error, and tell it.
    ///
    /// # Errors
    /// [`RunError::Again`] and [`RunError::NothingNew`], as `repeat` says; [`RunError::SinceOfQuery`].
    pub fn of(pipeline: &Pipeline, epoch: Option<&str>, to: &Path, repeat: Repeat) -> Result<Option<Self>, RunError> {
        let query = pipeline.sources.iter().find(|source| source.query.is_some());
        if let (Repeat::LeftOut, Some(source)) = (repeat, query) {
            return Err(RunError::SinceOfQuery { source_name: source.name.clone() });
        }
        let Some(inputs) = inputs(pipeline) else { return Ok(None) };
        // What a query gives is known once it was read.
        if repeat == Repeat::Allowed || query.is_some() {
            return Ok(Some(Self::new(pipeline, epoch, inputs, HashSet::new())));
        }
        let earlier = earlier(to, &pipeline.name);
        if repeat == Repeat::Refused {
            let own = Self::new(pipeline, epoch, inputs, HashSet::new());
            return own.unless_again(earlier).map(Some);
        }
        let read: BTreeSet<&str> = earlier.iter().flat_map(Earlier::contents).collect();
        let is_old = |input: &Input| input.source.is_some() && read.contains(input.sha256.as_str());
        let (old, new): (Vec<Input>, Vec<Input>) = inputs.into_iter().partition(is_old);
        if new.iter().all(|input| input.source.is_none()) {
            return Err(RunError::NothingNew { files: old.len() as u64 });
        }
        let left_out = old.into_iter().map(|input| input.file).collect();
        Ok(Some(Self::new(pipeline, epoch, new, left_out)))
    }

    /// The same, now that the rows of queries were read: nothing was written yet but the dossier.
    ///
    /// # Errors
    /// [`RunError::Again`], as `repeat` says.
    pub fn with_queries(
        self,
        (pipeline, epoch): (&Pipeline, Option<&str>),
        to: &Path,
        repeat: Repeat,
        queries: &[QueryContent],
    ) -> Result<Self, RunError> {
        let mut inputs = self.inputs;
        inputs.extend(queries.iter().filter_map(|query| {
            let source = pipeline.sources.get(query.source)?;
            let (file, name) = (name_of_query(source), Some(source.name.clone()));
            Some(Input { source: name, file, bytes: None, records: Some(query.records), sha256: hex(&query.sha256) })
        }));
        let own = Self::new(pipeline, epoch, inputs, self.left_out);
        if repeat == Repeat::Allowed { Ok(own) } else { own.unless_again(earlier(to, &pipeline.name)) }
    }

    fn unless_again(self, earlier: Vec<Earlier>) -> Result<Self, RunError> {
        match earlier.into_iter().find(|run| run.document["id"] == self.id) {
            Some(run) => Err(RunError::Again { run: run.folder }),
            None => Ok(self),
        }
    }

    fn new(pipeline: &Pipeline, epoch: Option<&str>, inputs: Vec<Input>, left_out: HashSet<PathBuf>) -> Self {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(b"tamis run 1");
        field(pipeline.digest.as_bytes());
        field(epoch.unwrap_or_default().as_bytes());
        // What a file is called, and in which order files are read, changes nothing about what comes out.
        let contents: BTreeSet<(&str, &str)> =
            inputs.iter().map(|input| (input.source.as_deref().unwrap_or_default(), input.sha256.as_str())).collect();
        for (source, content) in contents {
            field(source.as_bytes());
            field(content.as_bytes());
        }
        let id = hex(&hash.finalize()[..16]);
        Self { inputs, id, left_out }
    }

    /// Length of all files that are read.
    pub fn bytes(&self) -> u64 {
        self.inputs.iter().filter_map(|input| input.bytes).sum()
    }

    /// Files that are not read.
    pub fn left_out(&self) -> HashSet<PathBuf> {
        self.left_out.clone()
    }

    /// Lays it into the dossier.
    pub fn write(
        &self,
        dossier: &Dossier,
        (pipeline, run): (&Pipeline, &str),
        epoch: Option<&str>,
    ) -> Result<(), RunError> {
        let input = |input: &Input| {
            let mut told = json!({
                "source": input.source,
                "file": input.file.display().to_string(),
                "bytes": input.bytes,
                "sha256": input.sha256,
            });
            if let Some(records) = input.records {
                told["records"] = json!(records);
            }
            told
        };
        let document = json!({
            "pipeline": pipeline.name,
            "pipeline_sha256": pipeline.digest,
            "run": run,
            "epoch": epoch,
            "id": self.id,
            "inputs": self.inputs.iter().map(input).collect::<Value>(),
            "left_out": self.left_out.len(),
        });
        dossier.write(DOCUMENT, &document)?;
        Ok(())
    }
}

/// An earlier run of a pipeline that published.
struct Earlier {
    folder: String,
    document: Value,
}

impl Earlier {
    /// SHA-256 of every file of a source that it read.
    fn contents(&self) -> impl Iterator<Item = &str> {
        let inputs = self.document["inputs"].as_array().into_iter().flatten();
        inputs.filter(|input| !input["source"].is_null()).filter_map(|input| input["sha256"].as_str())
    }
}

/// Those whose folders stand in the one where runs are laid. What cannot be read, or was written before runs had names, is
/// nothing to go by.
fn earlier(to: &Path, pipeline: &str) -> Vec<Earlier> {
    let of = |folder: PathBuf| {
        let name = folder.file_name()?.to_string_lossy().into_owned();
        name.strip_prefix(pipeline)?.strip_prefix('-')?;
        let dossier = folder.join("dossier");
        // A sealed release is gone once it was acknowledged; its summary stays.
        if !is_published(&folder) && !disk::exists(&dossier.join("summary.json")) {
            return None;
        }
        let document: Value = serde_json::from_slice(&disk::read(&dossier.join(DOCUMENT)).ok()?).ok()?;
        (document["pipeline"] == *pipeline).then_some(Earlier { folder: name, document })
    };
    disk::list(to).unwrap_or_default().into_iter().filter_map(of).collect()
}

/// Every file of a source, the statement of every release, and every register.
fn inputs(pipeline: &Pipeline) -> Option<Vec<Input>> {
    let mut files: Vec<(Option<String>, PathBuf)> = Vec::new();
    for source in &pipeline.sources {
        let paths = match &source.release {
            Some(release) => vec![admission::statement_of(release).ok()?],
            None if source.query.is_some() => continue,
            None => ingest::files(source).ok()?,
        };
        files.extend(paths.into_iter().map(|path| (Some(source.name.clone()), path)));
    }
    for exclude in &pipeline.excludes {
        if let Exclude::Register { path, .. } = exclude {
            files.push((None, path.clone()));
        }
    }
    let read = |(source, file): &(Option<String>, PathBuf)| {
        let digest = disk::digest(file).ok()?;
        let (source, file, bytes) = (source.clone(), file.clone(), Some(digest.bytes));
        Some(Input { source, file, bytes, records: None, sha256: hex(&digest.sha256) })
    };
    files.par_iter().map(read).collect()
}
