//! Why a release is not let in. Names files and columns, never a value.

use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::seal::StatementError;

/// A release that is not let in. Nothing of it was used.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// Nothing stands there.
    #[error(
        "{from}: there is no such release; run the pipeline that makes it first, or name its folder with --release SOURCE=DIR"
    )]
    NoRelease {
        /// As the pipeline has it.
        from: String,
    },
    /// Several stand there.
    #[error("{from}: {found} signed releases fit, and one has to be chosen: name it with --release SOURCE=DIR")]
    SeveralReleases {
        /// As the pipeline has it.
        from: String,
        /// How many.
        found: usize,
    },
    /// The public key cannot be had.
    #[error("{}: the public key of the release's maker cannot be used: {why}", path.display())]
    Verifier {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A file cannot be read.
    #[error("{}: {kind}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// Nobody vouches for the files.
    #[error(
        "{}: nobody signed for this release, so that nothing in it can be believed: let its maker run it with --signing-key",
        folder.display()
    )]
    NotSigned {
        /// The release.
        folder: PathBuf,
    },
    /// The signature does not fit.
    #[error("{}: the statement about the release is not believed: {why}", folder.display())]
    NotBelieved {
        /// The release.
        folder: PathBuf,
        /// Why.
        why: StatementError,
    },
    /// Made for something else.
    #[error(
        "{}: this release was made for another purpose than the source names; data of one purpose are not used for another",
        folder.display()
    )]
    Purpose {
        /// The release.
        folder: PathBuf,
    },
    /// Its recipient should have destroyed it.
    #[error("{}: the use of this release ended with {until}; destroy it with `tamis destroy`", folder.display())]
    UseIsOver {
        /// The release.
        folder: PathBuf,
        /// Its last day.
        until: NaiveDate,
    },
    /// A link, a pipe or the like.
    #[error("{}: it is not a plain file of the release", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
    },
    /// A file that was signed for is not there.
    #[error("{}: its maker signed for this file, and it is missing", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file that nobody signed for is there.
    #[error("{}: nobody signed for this file; it does not belong to the release", path.display())]
    Extra {
        /// Where.
        path: PathBuf,
    },
    /// Its bytes are not those that left.
    #[error("{}: it was changed after its maker signed for it", path.display())]
    Changed {
        /// Where.
        path: PathBuf,
    },
    /// The signed documents are not in the form of a release.
    #[error("{}: it is not written as releases of this program are", path.display())]
    Document {
        /// Where.
        path: PathBuf,
    },
    /// The release has no per-person CSV file of that name.
    #[error("{}: the release has no per-person output `{output}` as CSV", folder.display())]
    NoOutput {
        /// The release.
        folder: PathBuf,
        /// As the pipeline names it.
        output: String,
    },
    /// Columns are not those of the schema.
    #[error(
        "{}: the columns of `{output}` are not those of the schema of source `{source_name}`: {what}",
        folder.display()
    )]
    Columns {
        /// The release.
        folder: PathBuf,
        /// The output.
        output: String,
        /// The source.
        source_name: String,
        /// What differs, by names of columns.
        what: String,
    },
    /// Text that a spreadsheet would run is written with an apostrophe.
    #[error(
        "{}: {cells} texts of `{output}` were changed so that no spreadsheet runs them; their values are not those that were counted",
        folder.display()
    )]
    Guarded {
        /// The release.
        folder: PathBuf,
        /// The output.
        output: String,
        /// How many.
        cells: u64,
    },
    /// No evidence about the output.
    #[error(
        "{}: no evidence says that `{output}` is anonymised; write evidence = {{ smallest = 11, advantage = … }} into its `protect` where it is made",
        folder.display()
    )]
    NoEvidence {
        /// The release.
        folder: PathBuf,
        /// The output.
        output: String,
    },
    /// The evidence says that it is not anonymised.
    #[error("{}: `{output}` is not certified anonymised: {why}", folder.display())]
    NotCertified {
        /// The release.
        folder: PathBuf,
        /// The output.
        output: String,
        /// Why.
        why: &'static str,
    },
    /// The numbers do not meet a limit.
    #[error("{}: the evidence about `{output}` does not meet {limit}: {what}", folder.display())]
    Evidence {
        /// The release.
        folder: PathBuf,
        /// The output.
        output: String,
        /// Whose limit.
        limit: &'static str,
        /// Which criterion.
        what: String,
    },
    /// Two sources are one file.
    #[error(
        "sources `{first}` and `{second}` are the same records; tables over them could be subtracted from each other"
    )]
    Twice {
        /// A source.
        first: String,
        /// Another.
        second: String,
    },
}

impl AdmissionError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::Io { path: path.to_path_buf(), kind: error.kind() }
    }

    /// The exit code, as documented in the README.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Columns { .. } | Self::NoOutput { .. } | Self::Guarded { .. } => 1,
            Self::SeveralReleases { .. } | Self::Twice { .. } => 2,
            Self::Verifier { .. } => 5,
            Self::NoRelease { .. } | Self::Io { .. } => 6,
            _ => 4,
        }
    }
}
