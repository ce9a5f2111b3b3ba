//! What a run says of itself: counts and names of columns only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::closing::Waiting;
use super::exposure::ProtectionSummary;
use super::watch::Stage;
use crate::audit::Fact;
use crate::export::PackageReceipt;
use crate::ingest::InputFile;
use crate::scan;
use crate::validate::Findings;

/// What became of the records of one source.
#[derive(Debug, Clone, Default)]
pub struct SourceSummary {
    /// Name in the pipeline.
    pub name: String,
    /// Files, by their number in findings.
    pub files: Vec<PathBuf>,
    /// Number of labels of each file.
    pub columns: Vec<usize>,
    /// Records read, malformed ones among them.
    pub read: u64,
    /// Records left out because something is wrong with them.
    pub rejected: u64,
    /// Records left out by the source's filter.
    pub filtered: u64,
    /// Records left out because their person objected.
    pub excluded: u64,
    /// Values that a hierarchy file does not have, per released column; they leave as missing.
    pub not_in_hierarchy: BTreeMap<String, u64>,
    /// What was found.
    pub findings: Findings,
}

impl SourceSummary {
    pub(super) fn new(name: &str, files: &[Arc<InputFile>]) -> Self {
        let columns = files.iter().map(|f| f.labels.len()).collect();
        let files = files.iter().map(|f| f.path.clone()).collect();
        Self { name: name.to_owned(), files, columns, ..Self::default() }
    }

    /// Findings, counts and places as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|(key, found)| {
                json!({
                    "type": key.kind.as_str(),
                    "field": key.field,
                    "rule": key.rule,
                    "count": found.count,
                    "places": found.places,
                })
            })
            .collect();
        json!({
            "source": self.name,
            "files": self.files,
            "records": { "read": self.read, "rejected": self.rejected, "filtered": self.filtered, "excluded": self.excluded },
            "not_in_hierarchy": self.not_in_hierarchy,
            "findings": findings,
        })
    }
}

/// What became of a per-person output.
#[derive(Debug, Clone, Default)]
pub struct PersonsSummary {
    /// Name of the resource.
    pub name: String,
    /// Records of sampled units.
    pub sampled: u64,
    /// Records released.
    pub released: u64,
    /// Records left out because their class is under k.
    pub suppressed: u64,
    /// Classes released.
    pub classes: u64,
    /// Classes left out.
    pub classes_suppressed: u64,
    /// Distinct persons in the smallest class released.
    pub smallest_class: Option<u64>,
    /// Risk before and after, and what protection took; `None` where nobody was drawn.
    pub protection: Option<ProtectionSummary>,
}

/// What became of an aggregated output.
#[derive(Debug, Clone, Default)]
pub struct TableSummary {
    /// Name of the resource.
    pub name: String,
    /// Cells with at least one record.
    pub cells: u64,
    /// Cells under the threshold.
    pub primary: u64,
    /// Cells suppressed to protect others.
    pub secondary: u64,
}

/// What earlier releases made of the tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EarlierSummary {
    /// What the release can be compared with.
    pub universe: String,
    /// Other universes of the ledger.
    pub others: Vec<String>,
    /// The releases that the tables were held against, the earliest first.
    pub releases: Vec<EarlierRelease>,
    /// Cells with the number that one of them published: everybody knows it.
    pub known: u64,
    /// Cells that are suppressed for their own sake and have a number that one of them published: that hides nothing.
    pub known_suppressed: u64,
    /// Sums of changes that are few, and cells that were unsafe then, which outsiders can find whatever is suppressed.
    pub unprotected: u64,
}

/// An earlier release that tables were held against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EarlierRelease {
    /// Its run.
    pub run: String,
    /// Its pipeline.
    pub pipeline: String,
    /// When it was written down.
    pub time: DateTime<Utc>,
    /// Whether it is certain that it became visible.
    pub certain: bool,
    /// Cells that are suppressed since they differ from what it published by few.
    pub differing: u64,
    /// Cells that are suppressed since they were unsafe in it and may hold the same now.
    pub unsafe_then: u64,
}

impl EarlierSummary {
    /// Cells that are suppressed for the sake of earlier releases, others that protect them aside.
    #[must_use]
    pub fn suppressed(&self) -> u64 {
        self.releases.iter().map(|release| release.differing + release.unsafe_then).sum()
    }

    /// Adds what the same releases made of other tables.
    pub(super) fn add(&mut self, other: &Self) {
        for (ours, theirs) in self.releases.iter_mut().zip(&other.releases) {
            ours.differing += theirs.differing;
            ours.unsafe_then += theirs.unsafe_then;
        }
        self.known += other.known;
        self.known_suppressed += other.known_suppressed;
        self.unprotected += other.unprotected;
    }

    /// As JSON, for the dossier.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let release = |release: &EarlierRelease| {
            json!({
                "run": release.run, "pipeline": release.pipeline, "time": release.time.to_rfc3339(),
                "published": if release.certain { "yes" } else { "unknown" },
                "cells_suppressed_for_small_differences": release.differing,
                "cells_suppressed_as_unsafe_then": release.unsafe_then,
            })
        };
        json!({
            "releases": self.releases.iter().map(release).collect::<Vec<_>>(),
            "cells_suppressed": self.suppressed(),
            "cells_known_from_before": self.known,
            "cells_suppressed_though_known_from_before": self.known_suppressed,
            "unprotected": self.unprotected,
        })
    }
}

/// A correspondence of pseudonyms across two epochs.
#[derive(Debug, Clone, Default)]
pub struct BridgeSummary {
    /// Name of the resource.
    pub name: String,
    /// Persons in it.
    pub persons: u64,
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct RunSummary {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Identifier of the run.
    pub run: String,
    /// The release.
    pub release: PathBuf,
    /// The sender's documents.
    pub dossier: PathBuf,
    /// Per source.
    pub sources: Vec<SourceSummary>,
    /// Units (persons or records) in the frame of the sample.
    pub frame: u64,
    /// Units drawn.
    pub drawn: u64,
    /// Whether units are persons.
    pub unit: &'static str,
    /// Persons whose records disagree on the stratum.
    pub stratum_conflicts: u64,
    /// Units that a policy left out of the frame.
    pub left_out_of_frame: u64,
    /// Strata whose sizes tell more than the pipeline wants.
    pub telling_strata: u64,
    /// Units of a panel that the campaign before would have drawn too.
    pub overlap: Option<u64>,
    /// Per-person outputs.
    pub persons: Vec<PersonsSummary>,
    /// Aggregated outputs.
    pub tables: Vec<TableSummary>,
    /// Cells of few persons of whom outsiders know too much whatever is suppressed, such as the total of all strata but one.
    pub unprotected: u64,
    /// Decisions by hand about cells that no table has.
    pub decisions_unmet: u64,
    /// What earlier releases made of the tables, where a ledger is kept.
    pub earlier: Option<EarlierSummary>,
    /// Correspondences with an earlier epoch.
    pub bridges: Vec<BridgeSummary>,
    /// Search of the outputs for what was stripped.
    pub scan: Option<scan::Report>,
    /// Stores destroyed.
    pub stores_destroyed: u64,
    /// Ciphertext bytes that had been spilled.
    pub spilled: u64,
    /// Sealed files, one per recipient; none where the release is in the clear.
    pub packages: Vec<PackageReceipt>,
    /// What the run waits for before it is closed.
    pub waiting: Option<Waiting>,
    /// Seconds from start to certificate.
    pub seconds: f64,
    /// Seconds of each stage.
    pub stages: Vec<(Stage, f64)>,
}

impl RunSummary {
    fn sum(&self, of: impl Fn(&SourceSummary) -> u64) -> u64 {
        self.sources.iter().map(of).sum()
    }

    /// Records read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.sum(|s| s.read)
    }

    /// Records rejected.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.sum(|s| s.rejected)
    }

    /// Records excluded by objection.
    #[must_use]
    pub fn excluded(&self) -> u64 {
        self.sum(|s| s.excluded)
    }

    /// Records released in per-person outputs.
    #[must_use]
    pub fn released(&self) -> u64 {
        self.persons.iter().map(|p| p.released).sum()
    }

    /// Cells suppressed in tables.
    #[must_use]
    pub fn cells_suppressed(&self) -> u64 {
        self.tables.iter().map(|t| t.primary + t.secondary).sum()
    }

    /// 0, or 3 where records were left out as wrong.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.rejected() > 0 { 3 } else { 0 }
    }

    /// All of it as JSON, for the dossier and `--format json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "pipeline": self.pipeline,
            "run": self.run,
            "release": self.release,
            "dossier": self.dossier,
            "records": {
                "read": self.read(),
                "rejected": self.rejected(),
                "filtered": self.sum(|s| s.filtered),
                "excluded": self.excluded(),
                "released": self.released(),
            },
            "sample": {
                "unit": self.unit,
                "frame": self.frame,
                "drawn": self.drawn,
                "stratum_conflicts": self.stratum_conflicts,
                "left_out_of_frame": self.left_out_of_frame,
                "strata_beyond_disclosure_limits": self.telling_strata,
                "overlap": self.overlap,
            },
            "persons": self.persons.iter().map(|p| json!({
                "name": p.name, "sampled": p.sampled, "released": p.released, "suppressed": p.suppressed,
                "classes": p.classes, "classes_suppressed": p.classes_suppressed, "smallest_class": p.smallest_class,
                "protection": p.protection.as_ref().map(ProtectionSummary::to_json),
            })).collect::<Vec<_>>(),
            "tables": self.tables.iter().map(|t| json!({
                "name": t.name, "cells": t.cells, "suppressed_primary": t.primary, "suppressed_secondary": t.secondary,
            })).collect::<Vec<_>>(),
            "cells_unprotected": self.unprotected,
            "decisions_unmet": self.decisions_unmet,
            "earlier_releases": self.earlier.as_ref().map(EarlierSummary::to_json),
            "correspondences": self.bridges.iter().map(|b| json!({ "name": b.name, "persons": b.persons })).collect::<Vec<_>>(),
            "sealed": self.packages.iter().map(|p| json!({
                "recipient": p.expected.recipient, "file": p.file, "bytes": p.bytes, "sha256": p.sha256, "use_until": p.use_until,
            })).collect::<Vec<_>>(),
            "waiting": self.waiting.as_ref().map(Waiting::to_json),
            "leak_scan": self.scan.as_ref().map(scan::Report::to_json),
            "vault": { "destroyed": true, "stores": self.stores_destroyed, "spilled_bytes": self.spilled },
            "seconds": milliseconds(self.seconds),
            "stages": self.stages.iter().map(|(stage, seconds)| json!({
                "stage": stage.as_str(), "seconds": milliseconds(*seconds),
            })).collect::<Vec<_>>(),
            "sources": self.sources.iter().map(SourceSummary::to_json).collect::<Vec<_>>(),
        })
    }
}

/// A time as it is told.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// What the log says of the input.
pub(super) fn ingested(sources: &[SourceSummary], objections: u64) -> Vec<(&'static str, Fact)> {
    let total = |of: fn(&SourceSummary) -> u64| Fact::Count(sources.iter().map(of).sum());
    vec![
        ("read", total(|s| s.read)),
        ("rejected", total(|s| s.rejected)),
        ("filtered", total(|s| s.filtered)),
        ("excluded", total(|s| s.excluded)),
        ("objections", Fact::Count(objections)),
    ]
}
