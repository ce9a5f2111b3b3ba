//! Why a file was not delivered.

use std::io;
use std::path::PathBuf;

use crate::seal::SealError;

/// What was being done when a delivery failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reaching the server.
    Connect,
    /// Looking whether the name is free.
    Look,
    /// Writing under the temporary name.
    Write,
    /// Reading back what arrived.
    ReadBack,
    /// Giving it its name.
    Rename,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Step::Connect => "connecting",
            Step::Look => "looking at the place",
            Step::Write => "writing",
            Step::ReadBack => "reading back",
            Step::Rename => "renaming",
        }
    }
}

/// Why a file was not delivered. No variant holds key, password or what a server answered.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The file to deliver cannot be read.
    #[error("{}: the file to deliver could not be read: {kind}", path.display())]
    Package {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// A name that is not safe on every server.
    #[error("{}: a file that is delivered has a name of at most 200 letters without accents, digits, `-`, `_` and `.`, and begins with a letter or digit", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// Not a sealed package of this sender.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The pipeline has no key of its sender, so no package is one of its own.
    #[error("the pipeline has no [sender]: it seals nothing, and nothing of it can be delivered")]
    NoSender,
    /// A package of another pipeline, or under another name than its own.
    #[error("{}: this is not a package of the pipeline under the name that it was given when it was sealed", path.display())]
    OtherPipeline {
        /// The file.
        path: PathBuf,
    },
    /// Its recipient does not stand in the pipeline (R02).
    #[error("{}: it is sealed to somebody who does not stand in the pipeline", path.display())]
    Unlisted {
        /// The file.
        path: PathBuf,
    },
    /// The pipeline does not say where the recipient fetches it.
    #[error("recipient `{recipient}`: the pipeline does not say where to deliver; add `deliver` to the [[recipient]]")]
    NoPlace {
        /// Name of the recipient.
        recipient: String,
    },
    /// The file changed while it was sent.
    #[error("{}: the file changed while it was being delivered", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The folder is not there; it is not made, since it may be a drive that is not mounted.
    #[error("{place}: the folder does not exist; make it, or mount it, and deliver again")]
    NoFolder {
        /// Where the file should go.
        place: String,
    },
    /// This machine's disk refused.
    #[error("{place}: {}: {kind}", step.as_str())]
    Disk {
        /// Where the file should go.
        place: String,
        /// What was being done.
        step: Step,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// Another file has the name.
    #[error("{place}: another file of that name is already there; nothing was overwritten")]
    Occupied {
        /// Where the file should go.
        place: String,
    },
    /// What arrived is not what was sent.
    #[error("{place}: what arrived is not what was sent; it was removed")]
    Differs {
        /// Where the file should go.
        place: String,
    },
    /// A file with a secret that others may read.
    #[error("{}: others can read this file; make it yours alone (chmod 600)", path.display())]
    Mode {
        /// The file with the secret.
        path: PathBuf,
    },
    /// A file with a secret that cannot be used.
    #[error("{}: {expected}", path.display())]
    Secret {
        /// The file with the secret.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// An address that cannot be used.
    #[error("{place}: {expected}")]
    Address {
        /// Where the file should go.
        place: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The server has another key than the pipeline says.
    #[error(
        "{place}: the server does not have the host key of the pipeline; nothing was sent. Ask its operator for the right key by another way"
    )]
    HostKey {
        /// Where the file should go.
        place: String,
    },
    /// The server does not let us in.
    #[error("{place}: the server refuses this user or key")]
    Refused {
        /// Where the file should go.
        place: String,
    },
    /// The server does not allow it.
    #[error("{place}: {}: the server does not allow it", step.as_str())]
    Denied {
        /// Where the file should go.
        place: String,
        /// What was being done.
        step: Step,
    },
    /// The server could not do it now.
    #[error("{place}: {}: the server reports a failure", step.as_str())]
    Failed {
        /// Where the file should go.
        place: String,
        /// What was being done.
        step: Step,
    },
    /// No connection, or it broke.
    #[error("{place}: {}: no connection to the server, or it broke", step.as_str())]
    Lost {
        /// Where the file should go.
        place: String,
        /// What was being done.
        step: Step,
    },
    /// No `ssh` on this machine.
    #[error("the program `ssh` is missing; install OpenSSH to deliver by SFTP")]
    NoSsh,
    /// This program was built without that kind of delivery.
    #[error("this program was built without delivery by {kind}")]
    NotBuilt {
        /// The feature.
        kind: &'static str,
    },
    /// Every attempt failed.
    #[error("given up after {attempts} attempts: {last}")]
    GaveUp {
        /// How many.
        attempts: u32,
        /// Why the last one failed.
        last: Box<DeliverError>,
    },
}

impl DeliverError {
    /// Whether another attempt could not change anything.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Disk { kind, .. } => {
                matches!(kind, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
            }
            Self::Differs { .. } | Self::Failed { .. } | Self::Lost { .. } => false,
            _ => true,
        }
    }

    /// Whether it is about a key or a password, or a file that holds one.
    #[must_use]
    pub fn is_about_a_key(&self) -> bool {
        matches!(self, Self::Mode { .. } | Self::Secret { .. } | Self::HostKey { .. } | Self::Refused { .. })
    }
}
