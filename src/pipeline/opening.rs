//! What is looked at before a run begins, and the first word of its log.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::error::RunError;
use crate::audit::{Fact, Name};
use crate::config::Pipeline;
use crate::disk::{self, DiskFile};
use crate::export::{ExportError, Operation};
use crate::keys::SigningKey;

/// What the first event of the log says.
pub(super) fn planned(pipeline: &Pipeline) -> Vec<(&'static str, Fact)> {
    let sources: Vec<Name> = pipeline.sources.iter().map(Name::from).collect();
    let columns: Vec<Name> = pipeline.datasets.iter().flat_map(|d| &d.kept).map(Name::from).collect();
    let recipients: Vec<Name> = pipeline.recipients.iter().map(Name::from).collect();
    let [legal_basis, purpose, policy] = Name::law_of(pipeline);
    vec![
        ("name", Fact::Name(Name::from(pipeline))),
        ("pipeline", Fact::Name(Name::digest_of(pipeline))),
        ("legal_basis", Fact::Name(legal_basis)),
        ("purpose", Fact::Name(purpose)),
        ("policy", Fact::Name(policy)),
        ("sources", Fact::Names(sources)),
        ("columns", Fact::Names(columns)),
        ("recipients", Fact::Names(recipients)),
    ]
}

/// A sealed release is signed, and by the key that the pipeline names.
pub(super) fn signed_by(pipeline: &Pipeline, signer: Option<&SigningKey>) -> Result<(), RunError> {
    match (&pipeline.sender, signer) {
        (Some(_), None) if !pipeline.recipients.is_empty() => Err(RunError::SigningKeyNeeded),
        (Some(sender), Some(signer)) if *signer.verifier() != sender.key => Err(RunError::OtherSigningKey),
        _ => Ok(()),
    }
}

/// What is sealed after its last day of use is refused by its recipient; the sources could be destroyed all the same.
pub(super) fn can_be_opened(pipeline: &Pipeline, now: DateTime<Utc>) -> Result<(), RunError> {
    let today = now.date_naive();
    match pipeline.recipients.iter().find(|r| r.use_until.date(today) < today) {
        Some(late) => Err(RunError::UseIsOver { recipient: late.name.clone() }),
        None => Ok(()),
    }
}

/// Two runs of one pipeline into one folder would be two drawings of one sample: the second stops.
pub(super) fn lock(to: &Path, name: &str) -> Result<DiskFile, RunError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |e: std::io::Error| {
            RunError::Export(ExportError::Io { path, operation: Operation::Create, kind: e.kind() })
        }
    };
    disk::ensure_folder(to).map_err(failed(to))?;
    let path = to.join(format!(".{name}.lock"));
    let file = disk::open_lock(&path).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(true) => Ok(file),
        Ok(false) => Err(RunError::Locked { folder: to.display().to_string() }),
        Err(e) => Err(failed(&path)(e)),
    }
}
