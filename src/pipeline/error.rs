//! Why a run did not end well, and its exit code.

use std::path::PathBuf;

use crate::admission::AdmissionError;
use crate::audit::AuditError;
use crate::database::DatabaseError;
use crate::destroy::{DestroyError, JournalError};
use crate::export::ExportError;
use crate::ingest::IngestError;
use crate::keys::{KeyError, SignatureError};
use crate::ledger::LedgerError;
use crate::protect::tables::TableError;
use crate::sample::SampleError;
use crate::scan::ScanError;
use crate::seal::SealError;
use crate::sieve::{LayoutError, RegisterError};
use crate::summarise::SummariseError;
use crate::validate::ValidateError;
use crate::vault::VaultError;

use super::cluster::ClusterError;
use super::people::PersonsError;
use super::perturbed::PerturbError;
use super::readymade::ReadymadeError;
use super::summary::SourceSummary;

/// A run that published nothing, or published and could not destroy. No variant carries a value of a record.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The files do not fit their schemas.
    #[error("the input was rejected: {reason}; nothing was published")]
    Rejected {
        /// Source and share.
        reason: Rejection,
        /// What was found.
        sources: Vec<SourceSummary>,
    },
    /// A file could not be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// A database gave no rows.
    #[error("{0}; nothing was published")]
    Database(#[from] DatabaseError),
    /// Rows of databases cannot be left out as files can.
    #[error(
        "--since last leaves out files that were read, and source `{source_name}` is the rows of a query: leave it out, and let \
         the query say what is new"
    )]
    SinceOfQuery {
        /// Name of the source.
        source_name: String,
    },
    /// A release is not let in as a source.
    #[error("{0}; nothing was published")]
    Admission(#[from] AdmissionError),
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
    /// The tables could not be planned.
    #[error(transparent)]
    Tables(#[from] TableError),
    /// Counts could not be perturbed.
    #[error(transparent)]
    Perturb(#[from] PerturbError),
    /// Tables that were made elsewhere cannot be used.
    #[error(transparent)]
    Readymade(#[from] ReadymadeError),
    /// A file of persons cannot be measured or anonymised.
    #[error(transparent)]
    Persons(#[from] PersonsError),
    /// The sample could not be drawn.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A row of a frame cannot be cut into cells.
    #[error("line {line} of the frame cannot be read: correct it; to leave it out would be another frame")]
    FrameRecord {
        /// The line, from 1.
        line: u64,
    },
    /// Rows of a frame are not what the design needs.
    #[error("{rows} rows of the frame have no identifier, or a value of another kind than the others of its column")]
    FrameRows {
        /// How many.
        rows: u64,
    },
    /// A frame is drawn from by identifier.
    #[error("every row of a frame is a unit by its identifier: take unit = \"record\" out of [sample]")]
    FrameUnit,
    /// A draw that nobody can repeat.
    #[error(
        "this is no record of a draw that can be repeated: name the dossier's sample.json of a run with [sample] key = \"kept\""
    )]
    NoReplay,
    /// A sum does not fit.
    #[error(transparent)]
    Summarise(#[from] SummariseError),
    /// Tables that show cells of nobody are too large.
    #[error(
        "tables that show cells of nobody would have more than {most} cells; take columns out, or write zeros = \"absent\""
    )]
    ManyCells {
        /// The most.
        most: usize,
    },
    /// A cell is declared impossible and somebody is in it.
    #[error(
        "a cell that the decisions call impossible has records in it; look at the file of decisions; nothing was published"
    )]
    Impossible,
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
    /// The ledger of releases is not the one that was written, or cannot be used.
    #[error("{0}; nothing was published")]
    Ledger(#[from] LedgerError),
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
    /// The release was published and the vault destroyed; closing the run failed.
    #[error(
        "the release was published and the vault destroyed, but the run could not be closed: {problem}; go on with `tamis resume`"
    )]
    NotClosed {
        /// What failed.
        problem: Box<RunError>,
    },
    /// A document of the run could not be read or written.
    #[error("{}: {kind}", path.display())]
    Resume {
        /// The document.
        path: PathBuf,
        /// The system's reason.
        kind: std::io::ErrorKind,
    },
    /// A document of the run is not the one whose digest the journal holds.
    #[error("{}: it was changed after the run wrote it; the run is not closed by it", path.display())]
    Altered {
        /// The document.
        path: PathBuf,
    },
    /// A run that was stopped before its plan was written.
    #[error(
        "{}: this run was stopped before its plan was written: it read nothing and published nothing; its folder can be removed",
        path.display()
    )]
    NeverBegan {
        /// Its folder.
        path: PathBuf,
    },
    /// The journal refuses a step, or is not the one that was written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Files are not destroyed.
    #[error(transparent)]
    Destroy(#[from] DestroyError),
    /// An acknowledgement is not to be believed.
    #[error("the acknowledgement is refused: {0}")]
    Acknowledgement(SealError),
    /// The journal is not the one over which the sealed release was signed.
    #[error("{}: it is not the log that was signed with the sealed release; nothing is destroyed by its word", path.display())]
    Rewritten {
        /// The log.
        path: PathBuf,
    },
    /// The journal says that a recipient acknowledged, and there is no acknowledgement.
    #[error("{}: the journal says that it was received, and it is not there; nothing is destroyed without it", path.display())]
    Unacknowledged {
        /// Where it is kept.
        path: PathBuf,
    },
    /// Nobody who could acknowledge is named in the pipeline.
    #[error("no acknowledgement is awaited: no recipient of this run has a key for one in the pipeline")]
    NotAwaited,
    /// A document cannot be signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A sealed release without a key to sign it.
    #[error("a sealed release is signed: name the key with --signing-key")]
    SigningKeyNeeded,
    /// A release that its recipient could not open.
    #[error(
        "recipient `{recipient}`: its use_until is past; nobody could open what is sealed today, and nothing was read"
    )]
    UseIsOver {
        /// Name of the recipient.
        recipient: String,
    },
    /// An earlier run released from the same files by the same pipeline.
    #[error(
        "these files were released from already, by the same pipeline, in {run}: once more would be another draw from the same \
         persons. Give --since last to read only what is new, or --again if that is what you want"
    )]
    Again {
        /// Name of the earlier run's folder.
        run: String,
    },
    /// A run that is not over.
    #[error("{run}: no certificate says that the working data of this run are gone; nothing was removed")]
    NotOver {
        /// Its folder.
        run: String,
    },
    /// Earlier runs read every file.
    #[error("nothing is new: earlier runs read every file ({files}); nothing was done")]
    NothingNew {
        /// Number of the files.
        files: u64,
    },
    /// The signing key is not the pipeline's.
    #[error(
        "this signing key is not the one whose public half stands in [sender]; recipients would refuse the release"
    )]
    OtherSigningKey,
    /// A stage on a cluster cannot go on.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
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

/// Why files do not fit their schemas well enough.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// Other columns.
    #[error("the columns of a file are not those of its schema")]
    Columns,
    /// Of a release every record counts.
    #[error("{wrong} records of the release `{name}` do not fit the schema, and none may be lost")]
    Release {
        /// Records that do not fit.
        wrong: u64,
        /// Name of the source.
        name: String,
    },
    /// Too many wrong records.
    #[error("{wrong} of {read} records of source `{name}` are wrong, more than the {:.1} % that [limits] reject_above allows", limit * 100.0)]
    Share {
        /// Wrong records.
        wrong: u64,
        /// All records.
        read: u64,
        /// Name of the source.
        name: String,
        /// The share that is allowed, from 0 to 1.
        limit: f64,
    },
}

impl RunError {
    /// The exit code, as documented in the README.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Rejected { .. } | Self::Register { .. } | Self::FrameRecord { .. } | Self::FrameRows { .. } => 1,
            Self::NothingNew { .. } => 0,
            Self::FrameUnit | Self::NoReplay | Self::Readymade(_) | Self::Again { .. } | Self::NotOver { .. } => 2,
            Self::Validate(_) | Self::UseIsOver { .. } | Self::SinceOfQuery { .. } => 2,
            Self::Sample(_) | Self::Summarise(_) | Self::Tables(_) | Self::Leak(_) => 4,
            Self::ManyCells { .. } | Self::Impossible => 4,
            Self::Journal(JournalError::Audit(AuditError::Locked { .. })) => 11,
            Self::Ledger(error) if error.is_locked() => 11,
            Self::Ledger(error) if error.is_system() => 6,
            Self::Ledger(_) => 4,
            Self::Acknowledgement(_)
            | Self::NotAwaited
            | Self::Unacknowledged { .. }
            | Self::Rewritten { .. }
            | Self::Altered { .. } => 4,
            Self::NeverBegan { .. } => 130,
            Self::Journal(_) | Self::Resume { .. } | Self::Signature(_) => 6,
            Self::SigningKeyNeeded | Self::OtherSigningKey => 5,
            Self::Key(_) | Self::Scan(ScanError::Random) => 5,
            Self::Scan(ScanError::Unreadable { .. }) => 70,
            Self::Scan(_) => 6,
            Self::Admission(error) => error.exit_code(),
            Self::Database(error) => error.exit_code(),
            Self::Ingest(IngestError::Changed { .. }) => 4,
            Self::Ingest(error) if about_content(error) => 1,
            Self::Ingest(_) | Self::Vault(_) | Self::Export(_) | Self::Audit(_) | Self::Threads => 6,
            Self::NotClosed { .. } | Self::NotDestroyed | Self::Destroy(_) => 7,
            Self::Locked { .. } => 11,
            Self::Perturb(error) => error.exit_code(),
            Self::Persons(error) => error.exit_code(),
            Self::Cluster(error) => error.exit_code(),
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
            | IngestError::Sheets { .. }
            | IngestError::NoSheet { .. }
            | IngestError::NotAWorkbook { .. }
            | IngestError::NotAnObject { .. }
            | IngestError::UnknownMember { .. }
            | IngestError::UnsupportedCompression { .. }
            | IngestError::UnterminatedQuote { .. }
            | IngestError::RecordTooLong { .. }
            | IngestError::UnsupportedType { .. }
            | IngestError::NoColumn { .. }
            | IngestError::RepeatedColumn { .. }
            | IngestError::RegisterRecord { .. }
    )
}
