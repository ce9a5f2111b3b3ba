//! `tamis run --openlineage`: the events of a run, a line each, at the end of a file that may hold those of other runs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Shell, french};
use crate::account::{Papers, Traced, Turn};
use crate::clock::{Clock, SystemClock};
use crate::disk;

/// Longest line that is looked at to know a file of events again.
const LONGEST: u64 = 16 << 20;

/// Writes the events of one run.
pub(super) struct Tracer {
    file: PathBuf,
    namespace: String,
    begun: Mutex<Begun>,
}

#[derive(Default)]
struct Begun {
    pipeline: String,
    plan: Value,
    traced: Option<Traced>,
    /// Why an event is missing.
    failed: Option<io::ErrorKind>,
}

impl Tracer {
    /// For a file; one that holds anything but events is refused.
    pub fn new(shell: &Shell, file: &Path, namespace: &str) -> Result<Self, u8> {
        let unreadable = |error: io::Error| {
            let told = shell.lang.pick("cannot be read", "n'est pas lisible");
            shell.complain(
                6,
                &format!("--openlineage: {}: {told}: {}", file.display(), french::of_kind(shell.lang, error.kind())),
            )
        };
        if disk::exists(file) && !holds_events(file).map_err(unreadable)? {
            let why = shell.lang.pick(
                "holds something other than OpenLineage events, and is left as it is: name another file",
                "contient autre chose que des événements OpenLineage et reste inchangé : indiquez un autre fichier",
            );
            return Err(shell.complain(2, &format!("--openlineage: {} {why}", file.display())));
        }
        Ok(Self { file: file.to_path_buf(), namespace: namespace.to_owned(), begun: Mutex::default() })
    }

    /// The pipeline is read: its sources and outputs are known.
    pub fn planned(&self, pipeline: &str, plan: Value) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        pipeline.clone_into(&mut begun.pipeline);
        begun.plan = plan;
    }

    /// The run has a folder. That this cannot be written stops nothing; it is told at the end.
    pub fn begun(&self, run: &Path) {
        let name = run.file_name().unwrap_or_default().to_string_lossy();
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        self.start(&mut begun, &name, SystemClock.now());
    }

    fn start(&self, begun: &mut Begun, run: &str, at: DateTime<Utc>) {
        let traced = Traced::new(&self.namespace, &begun.pipeline, run);
        let event = traced.event(Turn::Started, at, &begun.plan, None);
        begun.traced = Some(traced);
        self.append(begun, &event);
    }

    /// The run ended, or was refused before it began: then both events are written now. `stem` names a pipeline that could not
    /// be read.
    pub fn ended(&self, shell: &Shell, code: u8, papers: Option<&Papers>, (started, stem): (DateTime<Utc>, &str)) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.traced.is_none() {
            if begun.pipeline.is_empty() {
                stem.clone_into(&mut begun.pipeline);
            }
            self.start(&mut begun, &format!("refused {}", started.timestamp_micros()), started);
        }
        if let Some(traced) = &begun.traced {
            let event = traced.event(Turn::Ended(code), SystemClock.now(), &begun.plan, papers);
            self.append(&mut begun, &event);
        }
        if let Some(kind) = begun.failed {
            let told = shell.lang.pick("not every event was written", "des événements n'ont pas été écrits");
            shell.warn(&format!("{told}: {}: {}", self.file.display(), french::of_kind(shell.lang, kind)));
        }
    }

    /// A line is written at once, so that runs that write at the same time do not mix theirs.
    fn append(&self, begun: &mut Begun, event: &Value) {
        let opened =
            if disk::exists(&self.file) { disk::open_append(&self.file) } else { disk::create_new(&self.file) };
        let written = opened.and_then(|mut file| {
            file.write_all(format!("{event}\n").as_bytes())?;
            file.sync()
        });
        if let Err(error) = written {
            begun.failed.get_or_insert(error.kind());
        }
    }
}

/// Whether a file is empty, or its first line is an event.
fn holds_events(file: &Path) -> io::Result<bool> {
    let mut line = Vec::new();
    BufReader::new(disk::open(file)?.take(LONGEST)).read_until(b'\n', &mut line)?;
    let schema = |event: &Value| event["schemaURL"].as_str().is_some_and(|schema| schema.contains("OpenLineage.json"));
    Ok(line.is_empty() || serde_json::from_slice(&line).is_ok_and(|event: Value| schema(&event)))
}
