//! The sources, open: files as they stand, queries, and releases once every byte of them was verified.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::blocks::unless_stopped;
use super::error::RunError;
use super::run::Context;
use crate::admission::{self, AdmissionError, Admitted};
use crate::audit::{Fact, Name};
use crate::config::{Pipeline, Source};
use crate::database::{self, Asked, Batches, Rows};
use crate::ingest::{self, SourceReader};

/// A release that is read, as documents tell of it.
pub(super) struct Release {
    /// Position in `sources`.
    source: usize,
    run: Name,
    statement: [u8; 32],
    records: [u8; 32],
    told: Value,
}

/// All sources, open.
pub(super) struct Opened {
    pub readers: Vec<SourceReader>,
    pub releases: Vec<Release>,
    pub drivers: Vec<Loaded>,
}

/// A library that was loaded for the rows of a source, as the log tells of it.
pub(super) struct Loaded {
    /// Position in `sources`.
    source: usize,
    sha256: [u8; 32],
}

impl Loaded {
    pub fn facts(&self, pipeline: &Pipeline) -> [(&'static str, Fact); 2] {
        [("source", Fact::Name(Name::from(&pipeline.sources[self.source]))), ("sha256", Fact::Digest(self.sha256))]
    }
}

/// Opens every source. Releases come first: nothing is read where one of them is refused.
pub(super) fn open(ctx: &Context<'_>) -> Result<Opened, RunError> {
    let sources = &ctx.pipeline.sources;
    let mut admitted = Vec::with_capacity(sources.len());
    for source in sources {
        let release = source.release.as_ref();
        admitted.push(release.map(|release| admission::admit(source, release, ctx.today)).transpose()?);
    }
    let releases: Vec<Release> =
        sources.iter().zip(&admitted).enumerate().filter_map(|(at, (s, a))| Some(told(at, s, a.as_ref()?))).collect();
    for (number, second) in releases.iter().enumerate() {
        let same = |first: &&Release| (first.statement, first.records) == (second.statement, second.records);
        if let Some(first) = releases[..number].iter().find(same) {
            let name = |release: &Release| sources[release.source].name.clone();
            return Err(AdmissionError::Twice { first: name(first), second: name(second) }.into());
        }
    }
    let mut rows = queries(ctx)?.into_iter();
    let mut drivers = Vec::new();
    let readers =
        sources.iter().zip(admitted).enumerate().map(|(at, (source, admitted))| match (admitted, &source.query) {
            (Some(admitted), _) => {
                let (path, file, sha256) = admitted.into_records();
                Ok(ingest::open_pinned(&path, file, sha256)?)
            }
            (None, Some(_)) => {
                let rows = rows.next().ok_or(RunError::Bug("a query without rows"))?;
                let name = name_of_query(source);
                let opened = match rows {
                    Rows::Text(stream) => ingest::open_stream(&name, stream),
                    Rows::Batches(Batches { driver, schema, batches }) => {
                        drivers.push(Loaded { source: at, sha256: driver });
                        ingest::open_batches(&name, schema, batches)
                    }
                };
                opened.map_err(|error| unless_stopped(ctx.watch, error))
            }
            (None, None) => Ok(ingest::open_without(source, &ctx.left_out)?),
        });
    let readers = readers.collect::<Result<_, RunError>>()?;
    Ok(Opened { readers, releases, drivers })
}

/// What stands in the place of a file's name for the rows of a query.
pub(super) fn name_of_query(source: &Source) -> PathBuf {
    PathBuf::from(format!("query:{}", source.name))
}

/// The rows of every query, in the order of the sources.
fn queries(ctx: &Context<'_>) -> Result<Vec<Rows>, RunError> {
    let mut asked = Vec::new();
    for (position, source) in ctx.pipeline.sources.iter().enumerate() {
        let Some(query) = &source.query else { continue };
        let credential = ctx.keys.credential(position).ok_or(RunError::Bug("a query without an address"))?;
        asked.push(Asked { source: &source.name, sql: &query.sql, url: credential.text(), ca: query.ca.as_deref() });
    }
    database::open(&asked, &ctx.watch.stop_flag()).map_err(|error| unless_stopped(ctx.watch, error))
}

fn told(position: usize, source: &Source, admitted: &Admitted) -> Release {
    let statement = admitted.statement();
    let output = source.release.as_ref().map(|release| release.output.as_str());
    let told = json!({
        "source": source.name,
        "pipeline": statement.pipeline(),
        "run": statement.run(),
        "purpose": statement.purpose(),
        "output": output,
        "statement_sha256": admitted.statement_sha256(),
        "sample": admitted.sample().get("design"),
        "counted": if source.subject.is_some() { "distinct persons, by the pseudonyms of the release" } else { "records, each as a person of its own" },
        "population": "the rows that were released: no persons who were not drawn, none of classes that were too small",
    });
    Release {
        source: position,
        run: Name::run_of(statement),
        statement: admitted.statement_sha256().bytes(),
        records: admitted.records_sha256().bytes(),
        told,
    }
}

impl Release {
    /// For the log: which release, by its run and by what was signed.
    pub fn facts(&self, pipeline: &Pipeline) -> [(&'static str, Fact); 4] {
        [
            ("source", Fact::Name(Name::from(&pipeline.sources[self.source]))),
            ("of_run", Fact::Name(self.run.clone())),
            ("statement_sha256", Fact::Digest(self.statement)),
            ("records_sha256", Fact::Digest(self.records)),
        ]
    }

    /// For descriptors and manifests.
    pub fn to_json(&self) -> Value {
        self.told.clone()
    }
}
