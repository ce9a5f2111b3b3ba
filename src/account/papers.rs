//! The documents of a dossier.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::disk;

/// Most runs before this one that the report looks back at.
const MOST_EARLIER: usize = 12;

/// Why a run cannot be reported on.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no dossier.
    #[error("{path} is not the folder of a run: it has no dossier with a plan, a summary or a certificate", path = .path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A document cannot be read.
    #[error("{path} cannot be read: {kind}", path = .path.display())]
    Unreadable {
        /// The document.
        path: PathBuf,
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// A document is not what a run writes.
    #[error("{path} is not JSON as a run writes it", path = .path.display())]
    NotJson {
        /// The document.
        path: PathBuf,
    },
}

/// What a run says of itself. A document that it did not come to write is null.
#[derive(Debug, Clone, Default)]
pub struct Papers {
    /// What the pipeline says.
    pub plan: Value,
    /// What the run is known by: pipeline, epoch, content of its files.
    pub run: Value,
    /// What became of records; of a run that published nothing, what was found in them.
    pub summary: Value,
    /// Findings of a run that published nothing.
    pub findings: Value,
    /// How the sample was drawn.
    pub sample: Value,
    /// Risk, cost and evidence of per-person outputs.
    pub persons: Value,
    /// Protection of tables.
    pub tables: Value,
    /// The search of a run that leaked.
    pub scan: Value,
    /// How values are distributed before and after, and what released tables show.
    pub utility: Value,
    /// What was destroyed.
    pub certificate: Value,
    /// Summaries of earlier runs of the same pipeline, the earliest first.
    pub earlier: Vec<Value>,
}

impl Papers {
    /// Reads the dossier of a run, and the summaries of the runs of the same pipeline that lie beside it.
    ///
    /// # Errors
    /// A folder that is no run's; a document that cannot be read. Earlier runs that cannot be read are passed over: they are
    /// not what is reported on.
    pub fn read(run: &Path) -> Result<Self, AccountError> {
        let papers = Self::alone(run)?;
        let earlier = earlier(run, papers.pipeline());
        Ok(Self { earlier, ..papers })
    }

    /// Reads the dossier of a run, and no other.
    ///
    /// # Errors
    /// A folder that is no run's; a document that cannot be read.
    pub fn alone(run: &Path) -> Result<Self, AccountError> {
        let dossier = run.join("dossier");
        let one = |name: &str| document(&dossier.join(name));
        let papers = Self {
            plan: one("plan.json")?,
            run: one("run.json")?,
            summary: one("summary.json")?,
            findings: one("findings.json")?,
            sample: one("sample.json")?,
            persons: one("anonymisation.json")?,
            tables: one("tables.json")?,
            scan: one("scan.json")?,
            utility: one("utility.json")?,
            certificate: one("certificate.json")?,
            earlier: Vec::new(),
        };
        if [&papers.plan, &papers.summary, &papers.certificate].iter().all(|document| document.is_null()) {
            return Err(AccountError::NoRun { path: run.to_path_buf() });
        }
        Ok(papers)
    }

    /// The dossiers of all runs in a folder, in the order of their names: for one pipeline, that of their times. What is no run is
    /// passed over.
    ///
    /// # Errors
    /// A folder or a document that cannot be read.
    pub fn all(folder: &Path) -> Result<Vec<(PathBuf, Self)>, AccountError> {
        let unreadable =
            |error: std::io::Error| AccountError::Unreadable { path: folder.to_path_buf(), kind: error.kind() };
        let mut runs = Vec::new();
        for run in disk::list(folder).map_err(unreadable)? {
            match Self::alone(&run) {
                Ok(papers) => runs.push((run, papers)),
                Err(AccountError::NoRun { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(runs)
    }

    /// Name of the pipeline.
    #[must_use]
    pub fn pipeline(&self) -> &str {
        self.fact("pipeline", "/pipeline/name")
    }

    /// Name of the run: the time at which it began.
    #[must_use]
    pub fn run_name(&self) -> &str {
        self.run["run"].as_str().unwrap_or_else(|| self.fact("run", "/run"))
    }

    /// A word that summary and certificate have under one name, and the plan at its place.
    pub(super) fn fact(&self, key: &str, in_plan: &str) -> &str {
        let told = [&self.certificate[key], &self.summary[key]].into_iter().chain(self.plan.pointer(in_plan));
        told.filter_map(Value::as_str).next().unwrap_or_default()
    }

    /// Sources with their findings, of a run that published as of one that did not.
    pub(super) fn sources(&self) -> &[Value] {
        let told = self.summary["sources"].as_array().or(self.findings.as_array());
        told.map_or(&[], Vec::as_slice)
    }

    /// The smallest number of persons that the pipeline asks for anywhere: fewer are not shown.
    pub(super) fn least(&self) -> u64 {
        let of = |outputs: &str, key: &str| -> Vec<u64> {
            let outputs = self.plan[outputs].as_array().into_iter().flatten();
            outputs.filter_map(|output| output["protect"][key].as_u64()).collect()
        };
        of("persons", "k").into_iter().chain(of("aggregates", "threshold")).max().unwrap_or(USUAL)
    }

    /// All of it for a program: the documents under the names of their files, and the gates. Small counts are null, and so is what
    /// they would follow from; the documents themselves have them.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "verdict": super::verdict::Verdict::of(self).word(),
            "gates": super::verdict::gates(self).iter().map(super::verdict::Gate::to_json).collect::<Value>(),
            "plan": self.plan,
            "run": self.run,
            "summary": self.safe_summary(),
            "findings": self.safe_findings(),
            "sample": self.safe(&self.sample),
            "anonymisation": self.safe_plans(),
            "tables": self.tables,
            "scan": self.scan,
            "utility": self.utility,
            "certificate": self.certificate,
        })
    }
}

/// The threshold of pipelines that name none.
const USUAL: u64 = 11;

/// A document; null where there is none.
fn document(path: &Path) -> Result<Value, AccountError> {
    if !disk::exists(path) {
        return Ok(Value::Null);
    }
    let bytes =
        disk::read(path).map_err(|error| AccountError::Unreadable { path: path.to_path_buf(), kind: error.kind() })?;
    serde_json::from_slice(&bytes).map_err(|_| AccountError::NotJson { path: path.to_path_buf() })
}

/// Summaries of the last runs of a pipeline before this one: their folders lie side by side, and their names say when.
fn earlier(run: &Path, pipeline: &str) -> Vec<Value> {
    let Ok(run) = disk::canonical(run) else { return Vec::new() };
    let (Some(folder), Some(own)) = (run.parent(), run.file_name()) else { return Vec::new() };
    let mut beside: Vec<PathBuf> = disk::list(folder).unwrap_or_default();
    beside.retain(|path| {
        let name = path.file_name().unwrap_or_default();
        name < own && name.to_string_lossy().strip_prefix(pipeline).is_some_and(|rest| rest.starts_with('-'))
    });
    beside.sort_unstable();
    let read = |path: PathBuf| document(&path.join("dossier/summary.json")).ok();
    let same = |summary: &Value| summary["pipeline"].as_str() == Some(pipeline);
    let mut summaries: Vec<Value> = beside.into_iter().rev().filter_map(read).filter(same).take(MOST_EARLIER).collect();
    summaries.reverse();
    summaries
}
