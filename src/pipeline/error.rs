//! Why a run did not end well, and its exit code.

use crate::export::ExportError;
use crate::ingest::IngestError;
use crate::keys::KeyError;
use crate::sample::SampleError;
use crate::scan::ScanError;
use crate::sieve::{LayoutError, RegisterError};
use crate::summarise::SummariseError;
use crate::validate::ValidateError;
use crate::vault::VaultError;

use super::summary::SourceSummary;

/// A run that published nothing, or published and could not destroy. No variant carries a value of a record.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The files do not fit their schemas.
    #[error("the input was rejected: {reason}; nothing was published")]
    Rejected {
        /// Source and share.
        reason: String,
        /// What was found.
        sources: Vec<SourceSummary>,
    },
    /// A file could not be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// A rule or filter is wrong.
    #[error(transparent)]
    Validate(#[from] ValidateError),
    /// A register of objections is wrong.
    #[error("register {path}: {problem}")]
    Register {
        /// The file.
        path: String,
        /// What is wrong.
        problem: RegisterError,
    },
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The sample could not be drawn.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A sum does not fit.
    #[error(transparent)]
    Summarise(#[from] SummariseError),
    /// Values that were stripped stand in an output.
    #[error("values that were stripped stand in the outputs: {0}; nothing was published")]
    Leak(Box<crate::scan::Report>),
    /// The outputs could not be searched for what was stripped.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The release could not be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The audit log could not be written.
    #[error(transparent)]
    Audit(#[from] crate::audit::AuditError),
    /// Another run of the same pipeline holds the lock.
    #[error("another run of this pipeline writes to {folder}; wait for its end, or give another --out")]
    Locked {
        /// The folder of the lock.
        folder: String,
    },
    /// Somebody asked the run to stop.
    #[error("interrupted by signal {signal}; nothing was published, the vault was destroyed")]
    Interrupted {
        /// The signal.
        signal: i32,
    },
    /// The release was published, its certificate could not be written.
    #[error("the release was published, but the proof of destruction could not be written: {problem}")]
    NotCertified {
        /// What failed.
        problem: ExportError,
    },
    /// A store did not report its destruction.
    #[error("the release was published, but not every store of the run reported its destruction")]
    NotDestroyed,
    /// A bug.
    #[error("a bug in tamis: {0}; the vault was destroyed")]
    Bug(&'static str),
    /// The machine gives no threads.
    #[error("no threads could be started; give a smaller --threads")]
    Threads,
}

impl From<LayoutError> for RunError {
    fn from(_: LayoutError) -> Self {
        Self::Bug("columns do not have the announced layout")
    }
}

impl From<crate::release::ReleaseError> for RunError {
    fn from(_: crate::release::ReleaseError) -> Self {
        Self::Bug("released rows do not fit the description of their resource")
    }
}

impl RunError {
    /// The exit code, as documented in the README.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Rejected { .. } | Self::Register { .. } => 1,
            Self::Validate(_) => 2,
            Self::Sample(_) | Self::Summarise(_) | Self::Leak(_) => 4,
            Self::Key(_) | Self::Scan(ScanError::Random) => 5,
            Self::Scan(ScanError::Unreadable { .. }) => 70,
            Self::Scan(_) => 6,
            Self::Ingest(error) if about_content(error) => 1,
            Self::Ingest(_) | Self::Vault(_) | Self::Export(_) | Self::Audit(_) | Self::Threads => 6,
            Self::NotCertified { .. } | Self::NotDestroyed => 7,
            Self::Locked { .. } => 11,
            Self::Bug(_) => 70,
            Self::Interrupted { signal } => 128u8.saturating_add(u8::try_from(*signal).unwrap_or(2)),
        }
    }
}

/// Whether a file could be read but is not what it should be.
fn about_content(error: &IngestError) -> bool {
    matches!(
        error,
        IngestError::Empty { .. }
            | IngestError::NoLabels { .. }
            | IngestError::Utf16 { .. }
            | IngestError::NotText { .. }
            | IngestError::HeaderEncoding { .. }
            | IngestError::BareCarriageReturn { .. }
            | IngestError::Delimiter { .. }
            | IngestError::CutShort { .. }
            | IngestError::Corrupt { .. }
            | IngestError::UnsupportedCompression { .. }
            | IngestError::UnterminatedQuote { .. }
            | IngestError::RecordTooLong { .. }
            | IngestError::UnsupportedType { .. }
            | IngestError::NoColumn { .. }
            | IngestError::RepeatedColumn { .. }
            | IngestError::RegisterRecord { .. }
    )
}
