//! What stands in a certificate besides the items: who did it, what keys are left, what copies are out of reach, who
//! acknowledged, what was searched.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::carried::Carried;
use super::certificate::Outcome;
use super::files::FileEnd;
use super::journal::Journal;
use crate::audit::Operator;
use crate::export::ReceiptFile;

/// Everything that is known of the end of a run besides its vaults and its release. What is empty was not told.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Who had it destroyed.
    pub operator: Option<Operator>,
    /// Files whose removal was tried, by their numbers.
    pub files: Vec<(u32, FileEnd)>,
    /// Sealed packages whose removal was tried, by their numbers.
    pub packages: Vec<(u32, FileEnd)>,
    /// Keys that live on.
    pub surviving_keys: Vec<SurvivingKey>,
    /// Copies of the release with its recipients.
    pub recipients: Vec<RecipientCopy>,
    /// Who said that the release arrived.
    pub acknowledgements: Vec<Acknowledged>,
    /// What was searched and what was found: under `outputs` the report of the search of every output for what was
    /// stripped, under `working_directory_after` the `files` searched after the destruction and the `hits` in them.
    pub scan: Option<Value>,
    /// Where the log ended: a C2SP checkpoint.
    pub checkpoint: Option<String>,
    /// Whether every key was locked in memory, so that none was written to swap; `None` where it is not known.
    pub memory_locked: Option<bool>,
    /// Databases that were read.
    pub databases: u64,
    /// What became of working data that an engine carried; `None` where the run had one machine.
    pub carried: Option<Carried>,
}

impl Evidence {
    /// What a journal knows: files and the end of its log, under that name of the log.
    ///
    /// # Errors
    /// As [`Journal::checkpoint`].
    pub fn of_journal(
        journal: &Journal,
        origin: &str,
        key: Option<&crate::keys::SigningKey>,
    ) -> Result<Self, super::JournalError> {
        let checkpoint = Some(journal.checkpoint(origin, key)?);
        Ok(Self { files: journal.ends(), packages: journal.package_ends(), checkpoint, ..Self::default() })
    }
}

/// A kind of key that outlives the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// From which pseudonyms and samples are derived.
    Root,
    /// To which the release is sealed.
    Recipient,
    /// With which it is signed.
    Signing,
}

/// A key that outlives the run, and who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SurvivingKey {
    /// What it is for.
    pub key: KeyKind,
    /// What it is recognised by: a fingerprint or a public key, never the key.
    pub fingerprint: String,
    /// Who holds it: the sender or a recipient, by name.
    pub holder: String,
}

/// A copy of the release with a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecipientCopy {
    /// The recipient.
    pub recipient: String,
    /// Last day of use.
    #[serde(serialize_with = "day")]
    pub use_until: NaiveDate,
}

/// An acknowledgement that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// Who acknowledged.
    pub recipient: String,
    /// SHA-256 of the manifest, hexadecimal.
    pub manifest_sha256: String,
    /// When it was opened there.
    #[serde(serialize_with = "super::certificate::rfc3339")]
    pub at: DateTime<Utc>,
}

/// A file of the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    /// Path in the release, with `/`.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Rows in it, where it has rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl From<&ReceiptFile> for Released {
    fn from(file: &ReceiptFile) -> Self {
        Self { path: file.path().to_owned(), bytes: file.bytes(), sha256: file.sha256().to_owned(), rows: file.rows() }
    }
}

/// The operator as he stands in a document.
pub(super) fn operator<S: Serializer>(operator: &Option<Operator>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Who<'a> {
        name: &'a str,
        uid: u32,
    }
    operator.as_ref().map(|operator| Who { name: operator.name(), uid: operator.uid() }).serialize(serializer)
}

pub(super) fn day<S: Serializer>(day: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&day.format("%Y-%m-%d"))
}

/// A kind of copies that the program cannot reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfReach {
    /// Backups of the source files, of the working folders, of opened files.
    Backups,
    /// Snapshots of file systems and disks.
    Snapshots,
    /// Memory written to swap, and images of memory.
    Swap,
    /// The files from which the sender made the sources.
    Senders,
    /// The release, which a recipient holds.
    Recipients,
    /// What the sender keeps of a release that a recipient has destroyed.
    WithSender,
    /// What an engine on many machines keeps.
    Engine,
}

impl OutOfReach {
    /// What to name after a run, or after a recipient's use.
    pub(super) fn of(outcome: Outcome, carried: Option<Carried>) -> Vec<Self> {
        let mut copies = vec![Self::Backups, Self::Snapshots, Self::Swap];
        copies.extend(carried.map(|_| Self::Engine));
        match outcome {
            Outcome::Exported | Outcome::Acknowledged => copies.extend([Self::Senders, Self::Recipients]),
            Outcome::Failed { .. } | Outcome::Interrupted => copies.push(Self::Senders),
            Outcome::Used => copies.push(Self::WithSender),
        }
        copies
    }

    /// In English and in French.
    #[must_use]
    pub fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Backups => {
                ("backups of the files and folders named here", "les sauvegardes des fichiers et dossiers cités")
            }
            Self::Snapshots => (
                "snapshots of file systems and disks, and old blocks of copy-on-write and flash media",
                "les instantanés de systèmes de fichiers et de disques, et les anciens blocs des supports à copie sur \
                 écriture ou à mémoire flash",
            ),
            Self::Swap => (
                "memory that the system wrote to swap, hibernation images, crash dumps",
                "la mémoire copiée par le système dans l'espace d'échange, les images de veille prolongée, les vidages \
                 sur incident",
            ),
            Self::Senders => (
                "the sender's own files, from which the sources were made or of which they are copies",
                "les fichiers propres de l'expéditeur, dont les sources sont tirées ou dont elles sont des copies",
            ),
            Self::Recipients => (
                "the release, which its recipients hold until the end of its use, and the sealed copies where it was delivered",
                "la livraison, détenue par ses destinataires jusqu'à la fin d'utilisation, et les exemplaires scellés au \
                 lieu de remise",
            ),
            Self::Engine => (
                "shuffle files, caches, work folders, logs and memory of the engine on all machines of the cluster: sealed parts, \
                 and in memory the records that it read and the key of the run",
                "les fichiers d'échange, caches, dossiers de travail, journaux et mémoire du moteur sur toutes les machines de la \
                 grappe\u{a0}: des données scellées, et en mémoire les enregistrements lus et la clé de l'exécution",
            ),
            Self::WithSender => (
                "the sealed release and whatever else the sender keeps",
                "l'envoi scellé et tout ce que l'expéditeur conserve",
            ),
        }
    }
}
