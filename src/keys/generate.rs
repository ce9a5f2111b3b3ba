//! New keys, in files for their owner alone.

use std::io::{self, Write};
use std::path::Path;

use age::secrecy::ExposeSecret;

use super::custody::{Identity, public_file};
use super::epochs::{Epochs, open_epoch};
use super::error::KeyError;
use super::{MasterKey, SignatureError, VerifierKey, scrub_stack, signing};
use crate::clock::Clock;
use crate::disk;

/// Draws a root key and writes its 32 bytes to a file that must not exist yet, mode 0600. Where a first epoch is named, its
/// ledger is made beside the key: both stand afterwards, or neither.
///
/// # Errors
/// [`KeyError::Exists`], [`KeyError::Write`], [`KeyError::NoRandomness`] or [`KeyError::Ledger`].
pub fn generate_root(to: &Path, epoch: Option<&str>, clock: &dyn Clock) -> Result<MasterKey, KeyError> {
    let key = MasterKey::random()?;
    let ledger = Epochs::beside(to);
    if disk::exists(&ledger) {
        // The ledger of a key that is gone would be taken for this one's, and refused at every run.
        return Err(KeyError::Exists { place: ledger.display().to_string() });
    }
    write(to, key.bytes())?;
    if let Some(name) = epoch {
        open_epoch(&ledger, &key.fingerprint(), name, clock).inspect_err(|_| {
            // Nobody has used the key yet. The first error is the one to tell.
            let _ = disk::remove_file(to);
        })?;
    }
    Ok(key)
}

/// Writes the 32 bytes of a root key to a file that must not exist yet, mode 0600.
///
/// # Errors
/// [`KeyError::Exists`] or [`KeyError::Write`].
pub fn write_root(to: &Path, key: &MasterKey) -> Result<(), KeyError> {
    write(to, key.bytes())
}

/// Draws a signing key and writes it to a file that must not exist yet, mode 0600; its public half goes beside it, to
/// `<file>.pub`.
///
/// # Errors
/// [`KeyError::Name`], [`KeyError::Exists`] or [`KeyError::Write`].
pub fn generate_signing(to: &Path, name: &str) -> Result<VerifierKey, KeyError> {
    let (secret, public) = signing::generate(name).map_err(|_: SignatureError| KeyError::Name)?;
    let mut line = zeroize::Zeroizing::new(Vec::with_capacity(secret.len() + 1));
    line.extend_from_slice(secret.as_bytes());
    line.push(b'\n');
    write_pair(to, &line, public.as_str())?;
    scrub_stack();
    Ok(public)
}

/// Draws an age identity and writes it to a file that must not exist yet, mode 0600, as `age-keygen` does; its public half
/// goes beside it as well, to `<file>.pub`.
///
/// # Errors
/// [`KeyError::Exists`] or [`KeyError::Write`].
pub fn generate_recipient(to: &Path) -> Result<Identity, KeyError> {
    let identity = age::x25519::Identity::generate();
    let secret = identity.to_string();
    let identity = Identity::new(identity);
    let header = format!("# public key: {}\n", identity.recipient());
    let mut text = zeroize::Zeroizing::new(Vec::with_capacity(header.len() + secret.expose_secret().len() + 1));
    text.extend_from_slice(header.as_bytes());
    text.extend_from_slice(secret.expose_secret().as_bytes());
    text.push(b'\n');
    write_pair(to, &text, identity.recipient())?;
    scrub_stack();
    Ok(identity)
}

/// A secret and its public half: both stand afterwards, or neither.
fn write_pair(to: &Path, secret: &[u8], public: &str) -> Result<(), KeyError> {
    let beside = public_file(to);
    if disk::exists(&beside) {
        return Err(KeyError::Exists { place: beside.display().to_string() });
    }
    write(to, secret)?;
    write(&beside, format!("{public}\n").as_bytes()).inspect_err(|_| {
        // Nobody has used the key yet. The first error is the one to tell.
        let _ = disk::remove_file(to);
    })
}

/// Straight under its own name, since a rename could take the place of another key. A file that was cut short is no danger:
/// it is refused as it is read.
fn write(to: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let place = || to.display().to_string();
    let mut file = disk::create_new(to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { place: place() },
        kind => KeyError::Write { place: place(), kind },
    })?;
    let written = file.write_all(bytes).and_then(|()| file.sync());
    let written = written.and_then(|()| to.parent().map_or(Ok(()), disk::sync_folder));
    written.map_err(|error| {
        // The first error is the one to tell.
        let _ = disk::remove_file(to);
        KeyError::Write { place: place(), kind: error.kind() }
    })
}
