//! The checked form of what a pipeline says about transmission and destruction.

use std::path::PathBuf;

use crate::keys::VerifierKey;

/// What is destroyed and when (`[destroy]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destroy {
    /// When.
    pub when: When,
    /// The folder beneath which source files are destroyed too, where the pipeline asks for it; an operator has to
    /// confirm.
    pub sources_beneath: Option<PathBuf>,
}

/// When a run is closed and what it left behind destroyed. The vault never outlives the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// As soon as the release is read back.
    Exported,
    /// After the acknowledgement of every recipient.
    Acknowledged,
}

/// Who signs what is sent (`[sender]`).
#[derive(Debug, Clone)]
pub struct Sender {
    /// The public half of the signing key.
    pub key: VerifierKey,
}

/// To whom a release is sealed (`[[recipient]]`).
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Name, safe in file names.
    pub name: String,
    /// Public age key, `age1…`.
    pub age: String,
    /// The key under which acknowledgements are signed.
    pub key: Option<VerifierKey>,
    /// When use ends.
    pub use_until: UseUntil,
    /// Where the sealed file is left.
    pub deliver: Option<Delivery>,
    /// Whether columns under reinforced protection may go here (R34).
    pub reinforced: bool,
}

/// When use of a release ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseUntil {
    /// On that day.
    Date(chrono::NaiveDate),
    /// So many days after the release was made.
    Days(u32),
}

impl UseUntil {
    /// The last day of use of a release made on a day.
    #[must_use]
    pub fn date(self, made: chrono::NaiveDate) -> chrono::NaiveDate {
        match self {
            UseUntil::Date(date) => date,
            // At most ten years from a day of our time: the calendar does not end before.
            UseUntil::Days(days) => made.checked_add_days(chrono::Days::new(u64::from(days))).unwrap_or(made),
        }
    }
}

/// Where a sealed file is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A folder of an SFTP server.
    Sftp(Sftp),
    /// An S3-compatible store.
    S3(S3),
}

/// A drop on an SFTP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sftp {
    /// User.
    pub user: String,
    /// Host.
    pub host: String,
    /// Port, 22 unless told.
    pub port: u16,
    /// Folder as written after the host, without the first `/`; may be empty.
    pub folder: String,
    /// File with the private SSH key.
    pub identity: PathBuf,
    /// The server's public key, `ssh-ed25519 AAAA…`.
    pub host_key: String,
}

/// A bucket of an S3-compatible store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// Bucket.
    pub bucket: String,
    /// Prefix of the object's name, without `/` at either end; may be empty.
    pub prefix: String,
    /// Address of the store.
    pub endpoint: String,
    /// Region.
    pub region: String,
    /// File with two lines: access key, secret key.
    pub credentials: PathBuf,
}
