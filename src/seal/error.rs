//! What can go wrong while a package is sealed or opened. Names files, states and rules; never a value, never a key, and
//! of a package that is not to be trusted not even the names in it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::name::EntryName;
use crate::keys::SignatureError;

/// What was being done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Making a file or folder that must not exist yet.
    Create,
    /// Writing.
    Write,
    /// Waiting until the disk has it.
    Sync,
    /// Opening or reading.
    Read,
    /// Giving it its final name.
    Rename,
    /// Removing.
    Remove,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Act::Create => "created",
            Act::Write => "written",
            Act::Sync => "flushed to disk",
            Act::Read => "read",
            Act::Rename => "renamed",
            Act::Remove => "removed",
        })
    }
}

/// Why nothing was sealed, or nothing opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The system refused.
    #[error("{} could not be {act}: {kind}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        act: Act,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// The system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// The recipient of the pipeline has no usable key.
    #[error("the key of recipient `{name}` is not a public age key (`age1…`)")]
    RecipientKey {
        /// Name of the recipient.
        name: String,
    },
    /// A name that is not safe in a package or folder.
    #[error("`{name}` cannot stand in a package: use letters, digits, `-`, `_` and `.`, and at most 96 of them")]
    Name {
        /// The name, from the pipeline.
        name: String,
    },
    /// Two entries of one name.
    #[error("two entries of the package are named `{}`", name.as_str())]
    Duplicate {
        /// The name.
        name: EntryName,
    },
    /// An entry was begun and not handed in, or comes from another package.
    #[error("the entries of the package are not those that were begun for it")]
    Entries,
    /// A package without descriptor.
    #[error("the package has no datapackage.json")]
    NoDescriptor,
    /// A write to the entry failed before: its ciphertext is cut in the middle.
    #[error("an earlier write to `{}` failed: the entry is given up", name.as_str())]
    GivenUp {
        /// The entry.
        name: EntryName,
    },
    /// The manifest cannot be signed: too long, or with characters that a note cannot hold.
    #[error("the manifest cannot be signed")]
    Unsignable(#[source] SignatureError),
    /// What was sealed does not stand on disk as it was written.
    #[error("{} differs from what was sealed when it is read back: check the disk, then run again", path.display())]
    ReadBack {
        /// The package.
        path: PathBuf,
    },
    /// The final name is taken.
    #[error("{} exists already: a package never takes the place of another", path.display())]
    Exists {
        /// The package.
        path: PathBuf,
    },
    /// Neither a package nor its partial form is there.
    #[error("{} is not there, nor a partial form of it: the release has to be made again", path.display())]
    Missing {
        /// The package.
        path: PathBuf,
    },
    /// Not a package in the one form in which packages are written.
    #[error("{} is not a package of this program: {why} (byte {at}); nothing was opened", path.display())]
    NotAPackage {
        /// The file.
        path: PathBuf,
        /// Where, in bytes from its start.
        at: u64,
        /// What is wrong there.
        why: &'static str,
    },
    /// Not signed by the expected sender, or changed.
    #[error("the manifest of {} is not to be believed; nothing was opened", path.display())]
    Signature {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        why: SignatureError,
    },
    /// The manifest is signed, but not one that this program reads.
    #[error("the manifest of {} cannot be read (line {line}): it was made by another version of this program", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Line of the manifest.
        line: usize,
    },
    /// The entries are not those of the manifest.
    #[error("the content of {} is not what the manifest was signed for; nothing was opened", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Sealed to somebody else.
    #[error("the package is sealed to another recipient; nothing was opened")]
    OtherRecipient,
    /// An algorithm that is not one of those written by this program (R33).
    #[error("the package uses a weak or unknown algorithm for {what}; nothing was opened")]
    Algorithm {
        /// What it is used for.
        what: &'static str,
    },
    /// Another purpose than the one it was sent for (R14).
    #[error(
        "the purpose given is not the one that the release was made for; nothing was opened. Its manifest names the purpose"
    )]
    Purpose,
    /// Use has ended.
    #[error("the release could be used until {until}; nothing was opened")]
    Expired {
        /// Last day of use.
        until: NaiveDate,
    },
    /// An entry does not decrypt under the recipient's key.
    #[error("`{}` cannot be decrypted with this key; nothing was opened", name.as_str())]
    NotDecrypted {
        /// The entry.
        name: EntryName,
    },
    /// What was decrypted is not what the descriptor says.
    #[error("`{}` is not as datapackage.json describes it ({what}); nothing was opened", name.as_str())]
    Differs {
        /// The entry.
        name: EntryName,
        /// What differs.
        what: &'static str,
    },
    /// The descriptor does not describe this package.
    #[error("datapackage.json does not describe the files beside it; nothing was opened")]
    Descriptor,
    /// Somebody asked to stop.
    #[error("interrupted; nothing was opened")]
    Interrupted,
    /// Not signed by the recipient's key, or changed.
    #[error("the acknowledgement is not to be believed")]
    AcknowledgementSignature(#[source] SignatureError),
    /// Signed, but not an acknowledgement in the form in which they are written.
    #[error("this is not an acknowledgement")]
    NotAnAcknowledgement,
    /// An acknowledgement of something else.
    #[error("the acknowledgement is for another {what}")]
    OtherRelease {
        /// What differs.
        what: &'static str,
    },
}

impl SealError {
    /// Turns an error of the system into one that says where.
    pub(super) fn io(path: &Path, act: Act) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::Io { path, act, kind: error.kind() }
    }

    /// The rule that refused, in a word for logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::NoRandomness => "input/output",
            Self::RecipientKey { .. } => "recipient key",
            Self::Name { .. } | Self::Duplicate { .. } | Self::Entries | Self::NoDescriptor => "entries",
            Self::GivenUp { .. } => "given up",
            Self::Unsignable(_) => "unsignable",
            Self::ReadBack { .. } => "read back",
            Self::Exists { .. } => "exists",
            Self::Missing { .. } => "missing",
            Self::NotAPackage { .. } => "form",
            Self::Signature { .. } | Self::AcknowledgementSignature(_) => "signature",
            Self::Manifest { .. } => "manifest",
            Self::Changed { .. } => "changed",
            Self::OtherRecipient => "recipient",
            Self::Algorithm { .. } => "algorithm",
            Self::Purpose => "purpose",
            Self::Expired { .. } => "expired",
            Self::NotDecrypted { .. } => "decryption",
            Self::Differs { .. } | Self::Descriptor => "descriptor",
            Self::Interrupted => "interrupted",
            Self::NotAnAcknowledgement => "acknowledgement",
            Self::OtherRelease { .. } => "other release",
        }
    }
}
