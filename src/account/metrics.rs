//! Figures of a run for Prometheus, in its text format: for an alarm when a batch fails, or when it has not run for too long.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::masked::masked;
use super::papers::Papers;
use super::shown::{count, each};

/// When a run last ended well, which a run that fails keeps from the file of the one before.
const LAST: &str = "tamis_run_last_success_timestamp_seconds";

/// How a run ended, besides what its dossier says.
#[derive(Debug, Clone)]
pub struct Ended<'a> {
    /// Name of the pipeline.
    pub pipeline: &'a str,
    /// Exit code of the program.
    pub exit_code: u8,
    /// When.
    pub at: DateTime<Utc>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// The figures of a run, as a file that is taken in whole. Without papers (a run that did not begin) they tell how it ended alone;
/// counts of few are left out with as many others as it takes. `before` is the file of the run before.
#[must_use]
pub fn metrics(ended: &Ended<'_>, papers: Option<&Papers>, before: Option<&str>) -> String {
    let mut out = Lines { text: String::new(), pipeline: label(ended.pipeline) };
    out.gauge("tamis_run_exit_code", "Exit code of the last run.", &[("", f64::from(ended.exit_code))]);
    let now = ended.at.timestamp() as f64;
    out.gauge("tamis_run_end_timestamp_seconds", "When the last run ended.", &[("", now)]);
    out.gauge("tamis_run_duration_seconds", "How long the last run took.", &[("", ended.seconds)]);
    let released = matches!(ended.exit_code, 0 | 3);
    let last = if released { Some(now) } else { before.and_then(|text| out.found(LAST, text)) };
    if let Some(last) = last {
        out.gauge(LAST, "When a run last ended well: released, or found nothing new.", &[("", last)]);
    }
    if let Some(papers) = papers {
        figures(&mut out, papers);
    }
    out.text
}

fn figures(out: &mut Lines, papers: &Papers) {
    if papers.summary.is_null() {
        let judged: u64 = each(&papers.findings).map(|source| count(&source["records"]["rejected"])).sum();
        let read: u64 = each(&papers.findings).map(|source| count(&source["records"]["read"])).sum();
        let of = [("read", Some(read)), ("rejected", Some(judged).filter(|judged| *judged >= papers.least()))];
        return out.records(&of);
    }
    let records = &papers.summary["records"];
    let left_out = ["rejected", "filtered", "excluded"];
    let shown = masked(&left_out.map(|key| count(&records[key])), papers.least());
    let mut of: Vec<(&str, Option<u64>)> = left_out.into_iter().zip(shown).collect();
    of.extend(["read", "released"].map(|key| (key, Some(count(&records[key])))));
    out.records(&of);
    let tables = || each(&papers.summary["tables"]);
    let hidden = |table: &Value| count(&table["suppressed_primary"]) + count(&table["suppressed_secondary"]);
    let suppressed: u64 = tables().map(hidden).sum();
    let cells: u64 = tables().map(|table| count(&table["cells"])).sum();
    if cells > 0 {
        let of = [("published", (cells - suppressed.min(cells)) as f64), ("suppressed", suppressed as f64)];
        out.gauge("tamis_cells", "Cells of the tables of the last release.", &of.map(|(of, n)| (of, n)));
    }
    let destroyed = papers.certificate["working_data_destroyed"].as_bool().unwrap_or(false);
    out.gauge(
        "tamis_working_data_destroyed",
        "1 once the working data are certified gone.",
        &[("", f64::from(u8::from(destroyed)))],
    );
    let waits = !papers.summary["waiting"].is_null() && papers.certificate.is_null();
    out.gauge("tamis_run_waiting", "1 while the run waits for somebody.", &[("", f64::from(u8::from(waits)))]);
}

/// The file as it grows.
struct Lines {
    text: String,
    pipeline: String,
}

impl Lines {
    fn gauge(&mut self, name: &str, help: &str, values: &[(&str, f64)]) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (what, value) in values {
            let _ = writeln!(self.text, "{} {value}", self.series(name, what));
        }
    }

    fn records(&mut self, of: &[(&str, Option<u64>)]) {
        let told: Vec<(&str, f64)> = of.iter().filter_map(|(what, n)| n.map(|n| (*what, n as f64))).collect();
        self.gauge("tamis_records", "Records of the last run; what counts few is left out.", &told);
    }

    fn series(&self, name: &str, what: &str) -> String {
        let what = if what.is_empty() { String::new() } else { format!(",what=\"{what}\"") };
        format!("{name}{{pipeline=\"{}\"{what}}}", self.pipeline)
    }

    /// A figure of an earlier file.
    fn found(&self, name: &str, text: &str) -> Option<f64> {
        let series = self.series(name, "");
        text.lines().find_map(|line| line.strip_prefix(&series)?.trim().parse().ok())
    }
}

/// A label's value, as the format wants it.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
