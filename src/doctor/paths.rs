//! Checks of what a pipeline names: sources, folders, keys, recipients.

use std::path::{Path, PathBuf};

use super::{Facts, Finding};
use crate::config::{Delivery, Exclude, ExportFormat, Pipeline, Source, Verifier};
use crate::keys::{KeyKind, KeySource};

/// Rights that others must not have on what holds records or secrets.
const OTHERS: u32 = 0o007;
/// The same for secrets: the group neither.
const GROUP_AND_OTHERS: u32 = 0o077;

/// The files of a source, a file that several patterns name once.
fn files_of(facts: &dyn Facts, source: &Source) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = source.files.iter().flat_map(|pattern| facts.matching(pattern)).collect();
    files.sort();
    files.dedup();
    files
}

/// Every pattern has to name a file that can be read and that strangers cannot.
pub(super) fn sources(facts: &dyn Facts, pipeline: &Pipeline) -> Vec<Finding> {
    let mut found = Vec::new();
    let (mut count, mut bytes) = (0u64, 0u64);
    for source in &pipeline.sources {
        for pattern in source.files.iter().filter(|pattern| facts.matching(pattern).is_empty()) {
            found.push(Finding::of("files-missing").with("name", &*source.name).with("path", pattern));
        }
        for file in files_of(facts, source) {
            if !facts.readable(&file) {
                found.push(Finding::of("file-unreadable").at(&file));
                continue;
            }
            let Some(about) = facts.file(&file) else { continue };
            (count, bytes) = (count + 1, bytes + about.bytes);
            if about.mode & OTHERS != 0 {
                found.push(Finding::of("sources-open").at(&file).with("mode", format!("{:04o}", about.mode)));
            }
        }
        if let Some(release) = &source.release
            && facts.matching(&release.from).is_empty()
        {
            found.push(Finding::of("release-missing").with("name", &*source.name).with("path", &*release.from));
        }
    }
    if count > 0 {
        found.push(Finding::of("files-found").with("n", count.to_string()).with("size", size(bytes)));
    }
    found
}

/// Registers of persons who objected: without one a run stops.
pub(super) fn registers(facts: &dyn Facts, pipeline: &Pipeline) -> Vec<Finding> {
    let registers = pipeline.excludes.iter().filter_map(|exclude| match exclude {
        Exclude::Register { path, .. } => Some(path),
        Exclude::When { .. } => None,
    });
    registers.filter(|path| !facts.readable(path)).map(|path| Finding::of("register-missing").at(path)).collect()
}

/// The folder that a path is in, or will be made in.
fn standing<'p>(facts: &dyn Facts, path: &'p Path) -> &'p Path {
    let stands = |p: &&Path| p.as_os_str().is_empty() || facts.file(p).is_some();
    let found = path.ancestors().find(stands).unwrap_or(path);
    if found.as_os_str().is_empty() { Path::new(".") } else { found }
}

/// Where runs are written.
pub(super) fn out(facts: &dyn Facts, pipeline: &Pipeline) -> Finding {
    let to = &pipeline.export.to;
    let folder = standing(facts, to);
    let open = facts.file(folder).is_some_and(|file| file.folder) && facts.writable(folder);
    Finding::of(if open { "out-fine" } else { "out-closed" }).at(to)
}

/// A release in a format is about as large as its sources at most, and the vault spills what is above its memory.
pub(super) fn space(facts: &dyn Facts, pipeline: &Pipeline) -> Vec<Finding> {
    let files = pipeline.sources.iter().flat_map(|source| files_of(facts, source));
    let bytes: u64 = files.filter_map(|file| facts.file(&file)).map(|file| file.bytes).sum();
    let formats = pipeline.export.formats.iter().filter(|f| matches!(f, ExportFormat::Csv | ExportFormat::Parquet));
    let release = bytes.saturating_mul(formats.count() as u64);
    let spilled = bytes.saturating_sub(pipeline.limits.memory as u64);
    let temporary = pipeline.limits.spill.clone().unwrap_or_else(|| facts.temporary());
    let needs = [(standing(facts, &pipeline.export.to).to_path_buf(), release), (temporary, spilled)];
    let mut found = Vec::new();
    for (folder, needed) in needs {
        let Some(free) = facts.free(&folder) else { continue };
        if free < needed {
            let short = Finding::of("space-short").at(&folder);
            found.push(short.with("free", size(free)).with("needed", size(needed)));
        } else if needed > 0 {
            found.push(Finding::of("space-fine").at(&folder).with("free", size(free)));
        }
    }
    found
}

/// A recipient whose last day of use is over would refuse what is sealed to it.
pub(super) fn recipients(facts: &dyn Facts, pipeline: &Pipeline) -> Vec<Finding> {
    let today = facts.now().date_naive();
    let over = pipeline.recipients.iter().filter(|r| r.use_until.date(today) < today);
    let mut found: Vec<Finding> = over
        .map(|r| {
            let day = r.use_until.date(today).to_string();
            Finding::of("recipient-over").with("name", &*r.name).with("day", day)
        })
        .collect();
    if found.is_empty() && !pipeline.recipients.is_empty() {
        found.push(Finding::of("recipients-fine").with("n", pipeline.recipients.len().to_string()));
    }
    found
}

/// What delivery needs: a folder that can be written to, or a secret that is nobody else's business.
pub(super) fn deliveries(facts: &dyn Facts, pipeline: &Pipeline) -> Vec<Finding> {
    let mut found = Vec::new();
    for recipient in &pipeline.recipients {
        let secret = match &recipient.deliver {
            None => continue,
            Some(Delivery::Folder(folder)) => {
                if !facts.writable(folder) {
                    found.push(Finding::of("drop-closed").at(folder).with("name", &*recipient.name));
                }
                continue;
            }
            Some(Delivery::Sftp(sftp)) => &sftp.identity,
            Some(Delivery::S3(s3)) => &s3.credentials,
        };
        match facts.file(secret) {
            Some(file) if file.mode & GROUP_AND_OTHERS != 0 || !owned(facts, file.owner) => {
                found.push(Finding::of("secret-open").at(secret).with("mode", format!("{:04o}", file.mode)));
            }
            Some(_) if facts.readable(secret) => {}
            _ => found.push(Finding::of("secret-missing").at(secret).with("name", &*recipient.name)),
        }
    }
    found
}

fn owned(facts: &dyn Facts, owner: u32) -> bool {
    owner == facts.user() || owner == 0
}

/// Public keys under which releases that are sources were signed.
pub(super) fn verifiers(facts: &dyn Facts, pipeline: &Pipeline) -> Vec<Finding> {
    let releases = pipeline.sources.iter().filter_map(|source| source.release.as_ref());
    let files = releases.filter_map(|release| match &release.verifier {
        Verifier::File(path) => Some(path),
        Verifier::Key(_) => None,
    });
    let mut files: Vec<&PathBuf> = files.filter(|path| !facts.readable(path)).collect();
    files.dedup();
    files.into_iter().map(|path| Finding::of("verifier-missing").at(path)).collect()
}

/// Addresses of databases that sources are read from, where a run looks for them unless it is told otherwise.
pub(super) fn databases(facts: &dyn Facts, pipeline: &Pipeline) -> Vec<Finding> {
    let mut queries: Vec<_> = pipeline.sources.iter().filter_map(|source| source.query.as_ref()).collect();
    queries.dedup_by(|a, b| a.credential == b.credential);
    let found = queries.into_iter().map(|query| match facts.credential(&query.from) {
        Ok(()) => Finding::of("database-fine").with("name", &*query.credential),
        Err(error) => Finding::of("database-refused").with("name", &*query.credential).with("why", error.to_string()),
    });
    found.collect()
}

/// The keys that a run will be given: rights, owner, kind, and whether the signing key is the pipeline's.
pub(super) fn keys(facts: &dyn Facts, pipeline: Option<&Pipeline>, keys: &[KeySource]) -> Vec<Finding> {
    let sender = pipeline.and_then(|p| p.sender.as_ref());
    let mut found = Vec::new();
    for source in keys {
        let place = source.to_string();
        found.push(match facts.key(source) {
            Err(error) => Finding::of("key-refused").with("why", error.to_string()),
            Ok(report)
                if report.kind == KeyKind::Signing && sender.is_some_and(|s| s.key.as_str() != report.public) =>
            {
                Finding::of("key-other").with("path", place)
            }
            Ok(report) => Finding::of("key-fine").with("path", place).with("kind", report.kind.as_str()),
        });
    }
    if keys.is_empty() && sender.is_some() {
        found.push(Finding::of("key-unnamed"));
    }
    found
}

/// A number of bytes for readers.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}
