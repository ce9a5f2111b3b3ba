//! To whom a sealed package goes: to the recipient it is sealed to, if the pipeline lists them, and to nobody else (R02).

use std::path::{Path, PathBuf};

use super::DeliverError;
use crate::config::{Delivery, Pipeline, Recipient};
use crate::seal::{Package, package_name};

/// A verified package with its recipient. Made by [`address`] alone.
#[derive(Debug)]
pub struct Parcel<'a> {
    file: PathBuf,
    sha256: [u8; 32],
    recipient: &'a Recipient,
    to: &'a Delivery,
}

impl<'a> Parcel<'a> {
    /// The package.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// SHA-256 of the package that was verified.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// To whom it is sealed.
    #[must_use]
    pub fn recipient(&self) -> &'a Recipient {
        self.recipient
    }

    /// Where they fetch it.
    #[must_use]
    pub fn to(&self) -> &'a Delivery {
        self.to
    }
}

/// Verifies a package under the sender's key, and finds the recipient that its signed manifest names, by name and by
/// encryption key, among those of the pipeline.
///
/// # Errors
/// [`DeliverError`]; it is not to be sent to anybody then.
pub fn address<'a>(pipeline: &'a Pipeline, file: &Path) -> Result<Parcel<'a>, DeliverError> {
    let sender = pipeline.sender.as_ref().ok_or(DeliverError::NoSender)?;
    let package = Package::verify(file, &sender.key)?;
    let manifest = package.manifest();
    let named = package_name(manifest.pipeline(), manifest.run(), &manifest.recipient().name)?;
    if manifest.pipeline() != pipeline.name || file.file_name().is_none_or(|name| *name != *named) {
        return Err(DeliverError::OtherPipeline { path: file.to_path_buf() });
    }
    let to = manifest.recipient();
    let recipient = pipeline.recipients.iter().find(|r| r.name == to.name && r.age == to.age);
    let recipient = recipient.ok_or_else(|| DeliverError::Unlisted { path: file.to_path_buf() })?;
    let no_place = || DeliverError::NoPlace { recipient: recipient.name.clone() };
    let to = recipient.deliver.as_ref().ok_or_else(no_place)?;
    Ok(Parcel { file: file.to_path_buf(), sha256: package.sha256().bytes(), recipient, to })
}
