//! Who listens to a run: the bars of a terminal, or lines for a collector of logs; and where the run lies, for its report.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::lineage::Tracer;
use super::progress::Bars;
use crate::clock::{Clock, SystemClock};
use crate::pipeline::{Stage, Watch};

/// How a run tells on standard error what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum LogForm {
    /// Bars, on a terminal alone.
    #[default]
    Bars,
    /// One JSON object a line, with --format json.
    Json,
}

/// Listens to a run.
pub(super) struct Listening<'a> {
    bars: Bars,
    form: LogForm,
    pipeline: String,
    run: Mutex<Option<PathBuf>>,
    stage: Mutex<Option<(Stage, Instant)>>,
    records: AtomicU64,
    tracer: Option<&'a Tracer>,
}

impl<'a> Listening<'a> {
    pub fn new(bars: Bars, form: LogForm, pipeline: &str) -> Self {
        let (run, stage) = (Mutex::default(), Mutex::default());
        Self { bars, form, pipeline: pipeline.to_owned(), run, stage, records: AtomicU64::new(0), tracer: None }
    }

    /// Somebody else is told that the run begins.
    pub fn traced(self, tracer: Option<&'a Tracer>) -> Self {
        Self { tracer, ..self }
    }

    /// Takes the bars away; the directory of the run, once it has one.
    pub fn end(&self) -> Option<PathBuf> {
        self.bars.clear();
        self.leave_stage();
        lock(&self.run).clone()
    }

    /// Tells how it ended, where somebody reads lines. An error has a line of its own.
    pub fn ended(&self, code: u8) {
        let level = if matches!(code, 0 | 3) { "info" } else { "error" };
        self.tell(level, "ended", json!({ "exit_code": code }));
    }

    fn leave_stage(&self) {
        if let Some((stage, since)) = lock(&self.stage).take() {
            let seconds = since.elapsed().as_secs_f64();
            let records = self.records.load(Ordering::Relaxed);
            self.tell("info", "stage done", json!({ "stage": stage.as_str(), "seconds": seconds, "records": records }));
        }
    }

    fn tell(&self, level: &str, event: &str, more: Value) {
        if self.form != LogForm::Json {
            return;
        }
        let run = lock(&self.run).as_ref().and_then(|run| Some(run.file_name()?.to_string_lossy().into_owned()));
        let mut line = json!({
            "time": SystemClock.now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "level": level,
            "event": event,
            "pipeline": self.pipeline,
            "run": run,
        });
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
            line.extend(more);
        }
        // Where even standard error is closed there is nobody to tell.
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
    }
}

fn lock<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch for Listening<'_> {
    fn begun(&self, run: &Path) {
        *lock(&self.run) = Some(run.to_path_buf());
        if let Some(tracer) = self.tracer {
            tracer.begun(run);
        }
        self.tell("info", "begun", json!({ "directory": run.display().to_string() }));
    }

    fn stage(&self, stage: Stage, total: Option<u64>) {
        self.leave_stage();
        *lock(&self.stage) = Some((stage, Instant::now()));
        match self.form {
            LogForm::Bars => self.bars.stage(stage, total),
            LogForm::Json => self.tell("info", "stage", json!({ "stage": stage.as_str() })),
        }
    }

    fn advance(&self, steps: u64, records: u64) {
        match self.form {
            LogForm::Bars => self.bars.advance(steps, records),
            LogForm::Json => drop(self.records.fetch_add(records, Ordering::Relaxed)),
        }
    }

    fn stop(&self) -> Option<i32> {
        self.bars.stop()
    }

    fn stop_flag(&self) -> Option<Arc<AtomicUsize>> {
        self.bars.stop_flag()
    }
}
