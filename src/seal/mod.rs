//! One sealed file per recipient, its reading, and the acknowledgement that comes back (R10, R14, R33).
//!
//! A package `<pipeline>-<run>-<recipient>.tamis` is an uncompressed tar (POSIX ustar) whose headers say nothing but name
//! and size. Every entry is an age file (age-encryption.org/v1) for the one recipient: `data/….age`, `tables/….age`,
//! `datapackage.json.age`, `statement.note.age`, in the order of their names. The last entry, `manifest`, is a signed note (C2SP signed-note,
//! Ed25519) whose text is the manifest as JSON; it bears the SHA-256 of every other entry. So `tar -x` and `age -d` open a
//! package without this program, and anybody who has the sender's public key can check it.
//!
//! The manifest tells nothing about the content: the digests in it are those of the ciphertext. Those of the plaintext stand
//! in the encrypted descriptor, as a guessed table could be confirmed by them; and once more, signed, in the encrypted
//! [`Statement`], so that what was opened can be told from what was changed since.
//!
//! Sealing streams: what is written to a [`SealedEntry`] is encrypted in blocks of 64 KiB in memory, and only ciphertext
//! reaches the disk. Opening verifies before it decrypts: signature, every byte of the file, recipient, algorithms, purpose,
//! date; [`Admitted`] exists only after all of that, and only it decrypts.

mod acknowledgement;
mod age_file;
mod content;
mod error;
mod hash;
mod manifest;
mod name;
mod open;
mod package;
mod partial;
mod parts;
mod rows;
mod sealer;
mod statement;
mod tar;
pub(crate) mod time;

#[cfg(test)]
mod tests;

pub use acknowledgement::Acknowledgement;
pub use content::{Challenge, Content, Expected};
pub use error::{Act, SealError};
pub use hash::Hash;
pub use manifest::{Algorithms, Manifest, ManifestEntry, ManifestParts, ManifestRecipient};
pub use name::{DESCRIPTOR, EntryName, PACKAGE_ENDING, STATEMENT, package_name};
pub use open::{Admitted, Opened, OpenedFile, Package, Terms, described_files};
pub use package::{ReadBack, SealedPackage, resume_read_back};
pub use partial::sweep;
pub use parts::ReleaseParts;
pub use rows::RecordCounter;
pub use sealer::{ClosedEntry, SealedEntry, Sealer};
pub use statement::{StatedFile, Statement, StatementError};
