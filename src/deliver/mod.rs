//! Leaves a sealed file where its recipient fetches it: in a folder, on an SFTP server, in an S3-compatible store.
//!
//! Under its own name the file stands whole or not at all. It is written under a temporary one, read back, compared with
//! what was sent, and only then renamed. A connection that breaks leaves at most the temporary name, which the next
//! attempt replaces. A file of the same name and content that is already there counts as delivered; one of another
//! content is never overwritten.
//!
//! Only this room speaks to the network, and only with features `sftp` and `s3`.

mod address;
mod error;
mod folder;
mod package;
mod retry;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "sftp")]
mod sftp;
#[cfg(feature = "sftp")]
mod ssh;

use std::path::Path;

pub use address::{Parcel, address};
pub use error::{DeliverError, Step};
pub use retry::{Pause, Retry, SystemPause};

use crate::config::Delivery;
use package::Package;

/// How much of what arrived was compared with what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Every byte, by SHA-256.
    Content,
    /// The size alone: this drop can be written and not read.
    Size,
    /// Nothing could be asked: the server confirmed every part of the transfer, and no more.
    Confirmed,
}

impl Check {
    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Check::Content => "content",
            Check::Size => "size",
            Check::Confirmed => "confirmed",
        }
    }
}

/// A file that is where it should be. Made by [`deliver`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    name: String,
    place: String,
    bytes: u64,
    sha256: [u8; 32],
    attempts: u32,
    check: Check,
    already_there: bool,
}

impl Delivered {
    /// Name of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is: a path or an address, without credentials.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of what was sent.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// How often it was tried, from 1.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How much of what arrived was compared.
    #[must_use]
    pub fn check(&self) -> Check {
        self.check
    }

    /// Whether it was there before, with the same content.
    #[must_use]
    pub fn already_there(&self) -> bool {
        self.already_there
    }
}

/// What one attempt came to.
struct Arrived {
    check: Check,
    already_there: bool,
}

/// Leaves a file at its place, trying again where that can help.
///
/// # Errors
/// [`DeliverError`]: of the first attempt where another one could not help (credentials, host key, a name that is
/// taken), else [`DeliverError::GaveUp`] with that of the last. Nothing half-written stands under the file's name then;
/// the whole file may, where only the server's last answer was lost.
pub fn deliver(file: &Path, to: &Delivery, retry: &Retry, pause: &dyn Pause) -> Result<Delivered, DeliverError> {
    send_package(&Package::read(file)?, to, retry, pause)
}

/// Delivers a sealed package to its recipient, as [`deliver`] does.
///
/// # Errors
/// As [`deliver`]; [`DeliverError::Changed`] where it is no longer the file that was verified.
pub fn send(parcel: &Parcel<'_>, retry: &Retry, pause: &dyn Pause) -> Result<Delivered, DeliverError> {
    let package = Package::read(parcel.file())?;
    if package.sha256() != parcel.sha256() {
        return Err(DeliverError::Changed { path: parcel.file().to_path_buf() });
    }
    send_package(&package, parcel.to(), retry, pause)
}

fn send_package(package: &Package, to: &Delivery, retry: &Retry, pause: &dyn Pause) -> Result<Delivered, DeliverError> {
    let mut attempts = 1;
    loop {
        let error = match attempt(package, to) {
            Ok(Arrived { check, already_there }) => {
                let (name, place) = (package.name().to_owned(), place(to, package.name()));
                let (bytes, sha256) = (package.bytes(), package.sha256());
                return Ok(Delivered { name, place, bytes, sha256, attempts, check, already_there });
            }
            Err(error) => error,
        };
        if error.is_lasting() {
            return Err(error);
        }
        match retry.delay_after(attempts) {
            Some(delay) => pause.pause(delay),
            None => return Err(DeliverError::GaveUp { attempts, last: Box::new(error) }),
        }
        attempts += 1;
    }
}

fn attempt(package: &Package, to: &Delivery) -> Result<Arrived, DeliverError> {
    match to {
        Delivery::Folder(folder) => folder::store(package, folder),
        #[cfg(feature = "sftp")]
        Delivery::Sftp(to) => sftp::store(package, to),
        #[cfg(not(feature = "sftp"))]
        Delivery::Sftp(_) => Err(DeliverError::NotBuilt { kind: "sftp" }),
        #[cfg(feature = "s3")]
        Delivery::S3(to) => s3::store(package, to),
        #[cfg(not(feature = "s3"))]
        Delivery::S3(_) => Err(DeliverError::NotBuilt { kind: "s3" }),
    }
}

/// Where a file of that name goes, for messages and documents.
#[must_use]
pub fn place(to: &Delivery, name: &str) -> String {
    match to {
        Delivery::Folder(folder) => folder.join(name).display().to_string(),
        Delivery::Sftp(to) => {
            let port = if to.port == 22 { String::new() } else { format!(":{}", to.port) };
            let folder =
                if to.folder.is_empty() { String::new() } else { format!("{}/", to.folder.trim_end_matches('/')) };
            format!("sftp://{}@{}{port}/{folder}{name}", to.user, to.host)
        }
        Delivery::S3(to) => {
            let prefix = if to.prefix.is_empty() { String::new() } else { format!("{}/", to.prefix) };
            format!("s3://{}/{prefix}{name}", to.bucket)
        }
    }
}
