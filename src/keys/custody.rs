//! Keys as they are kept: where they may come from, and what is refused.
//!
//! A key comes from a file, from systemd's credentials or over an inherited descriptor; never from an argument, the
//! environment or the pipeline file, where others can read it. It is read straight into memory that is locked and wiped.
//! What is known of a file is asked of the open file, so that nobody can exchange it between the question and the reading.

use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::error::{KeyError, Refusal};
use super::locked::{Locked, SelfWiping};
use super::{MasterKey, SignatureError, SigningKey, VerifierKey, scrub_stack};
use crate::disk::{self, DiskFile};

/// Longest file that can be a key, in bytes: an age identity with its comments.
const LONGEST: usize = 2048;
/// Rights that nobody but the owner may have on a file.
const OTHERS: u32 = 0o077;
/// The same for a credential: systemd gives its service the right to read by an access list, whose mask stands where the mode
/// shows the group's rights (0440); the folder is closed to everybody else.
const OTHERS_BUT_READING_GROUP: u32 = 0o037;
const SIGNING: &str = "PRIVATE+KEY+";
const IDENTITY: &str = "AGE-SECRET-KEY-1";

/// Where a key comes from: `PATH`, `credential:NAME` or `fd:N`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// A file of that name in `$CREDENTIALS_DIRECTORY`, where systemd puts what `LoadCredential=` names.
    Credential(String),
    /// A descriptor that this process inherited: of a pipe, of a file without name, or of a file.
    Descriptor(u32),
}

/// A source of a key that is not written in any of the three ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a file, `credential:NAME` or `fd:N`; the key itself is never an argument")]
pub struct NotASource;

impl FromStr for KeySource {
    type Err = NotASource;

    fn from_str(text: &str) -> Result<Self, NotASource> {
        if let Some(name) = text.strip_prefix("credential:") {
            let mut parts = Path::new(name).components();
            let single = matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name);
            return if single { Ok(Self::Credential(name.to_owned())) } else { Err(NotASource) };
        }
        if let Some(number) = text.strip_prefix("fd:") {
            return number.parse().map(Self::Descriptor).map_err(|_| NotASource);
        }
        // Nobody is to learn that a key on the command line would have worked, and the shell's history has it already.
        let hexadecimal = text.len() == 2 * MasterKey::LENGTH && text.chars().all(|c| c.is_ascii_hexdigit());
        if text.is_empty() || hexadecimal || text.contains(SIGNING) || text.to_ascii_uppercase().contains(IDENTITY) {
            return Err(NotASource);
        }
        Ok(Self::File(PathBuf::from(text)))
    }
}

impl std::fmt::Display for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Credential(name) => write!(f, "credential {name}"),
            Self::Descriptor(number) => write!(f, "descriptor {number}"),
        }
    }
}

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// 32 bytes behind all pseudonyms.
    Root,
    /// Ed25519, for signed notes.
    Signing,
    /// An age identity, which opens what is sealed to its recipient.
    Recipient,
}

impl KeyKind {
    /// The word on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Signing => "signing",
            Self::Recipient => "recipient",
        }
    }
}

/// What may be told of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// Its kind.
    pub kind: KeyKind,
    /// The fingerprint of a root key; the public half of any other, whole.
    pub public: String,
    /// Rights on the file; `None` for a pipe or a file without name.
    pub mode: Option<u32>,
    /// When the file was last written; `None` as above.
    pub written: Option<DateTime<Utc>>,
    /// Whether it lay in locked memory while it was read.
    pub locked: bool,
}

/// An age identity. No `Debug`, no `Clone`; the library wipes the key as it is dropped.
pub struct Identity {
    identity: Locked<SelfWiping<age::x25519::Identity>>,
    recipient: String,
}

impl Identity {
    pub(super) fn new(identity: age::x25519::Identity) -> Self {
        let recipient = identity.to_public().to_string();
        Self { identity: Locked::library(identity), recipient }
    }

    /// The identity, for decryption.
    #[must_use]
    pub fn age(&self) -> &dyn age::Identity {
        self.identity.get()
    }

    /// Its public half, `age1…`.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.recipient
    }
}

/// Reads a root key: exactly 32 bytes.
///
/// # Errors
/// [`KeyError::Refused`].
pub fn load_root(source: &KeySource) -> Result<MasterKey, KeyError> {
    Held::read(source).and_then(|held| held.root()).map_err(|refusal| refused(source, refusal))
}

/// Reads a signing key, one line `PRIVATE+KEY+…`, which must belong to a public key.
///
/// # Errors
/// [`KeyError::Refused`].
pub fn load_signing_key(source: &KeySource, public: &VerifierKey) -> Result<SigningKey, KeyError> {
    Held::read(source).and_then(|held| held.signing(public)).map_err(|refusal| refused(source, refusal))
}

/// Reads an age identity, one line `AGE-SECRET-KEY-1…` besides comments.
///
/// # Errors
/// [`KeyError::Refused`].
pub fn load_identity(source: &KeySource) -> Result<Identity, KeyError> {
    Held::read(source).and_then(|held| held.identity()).map_err(|refusal| refused(source, refusal))
}

/// A secret line, such as the address of a database with its password. No `Debug`, no `Clone`; it lies in memory that is wiped.
pub struct Credential(Held);

impl Credential {
    /// The line.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text().map(str::trim).unwrap_or_default()
    }
}

/// Reads a credential: one line of text, kept as keys are.
///
/// # Errors
/// [`KeyError::Refused`].
pub fn load_credential(source: &KeySource) -> Result<Credential, KeyError> {
    let line = |held: Held| {
        let text = held.text().map(str::trim).filter(|text| !text.is_empty());
        let one = text.is_some_and(|text| !text.chars().any(char::is_control));
        if one { Ok(Credential(held)) } else { Err(Refusal::NotALine) }
    };
    Held::read(source).and_then(line).map_err(|refusal| refused(source, refusal))
}

/// What may be told of a key of any kind. The public half of a signing key is read from `<file>.pub` and held against it.
///
/// # Errors
/// [`KeyError::Refused`].
pub fn inspect(source: &KeySource) -> Result<KeyReport, KeyError> {
    report(source).map_err(|refusal| refused(source, refusal))
}

fn report(source: &KeySource) -> Result<KeyReport, Refusal> {
    let held = Held::read(source)?;
    let kind = held.kind().ok_or(Refusal::NotAKey)?;
    let public = match kind {
        KeyKind::Root => held.root()?.fingerprint().as_str().to_owned(),
        KeyKind::Recipient => held.identity()?.recipient,
        KeyKind::Signing => {
            let KeySource::File(path) = source else { return Err(Refusal::NoPublicHalf) };
            let public = disk::read(&public_file(path)).map_err(|_| Refusal::NoPublicHalf)?;
            let public = std::str::from_utf8(&public).ok().and_then(|text| VerifierKey::new(text).ok());
            let public = public.ok_or(Refusal::NoPublicHalf)?;
            held.signing(&public)?.verifier().as_str().to_owned()
        }
    };
    Ok(KeyReport { kind, public, mode: held.mode, written: held.written, locked: held.bytes.is_locked() })
}

/// Where the public half of a key file is.
#[must_use]
pub fn public_file(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn refused(source: &KeySource, refusal: Refusal) -> KeyError {
    KeyError::Refused { place: source.to_string(), refusal }
}

/// The bytes of a key as they were read.
struct Held {
    bytes: Locked<[u8; LONGEST]>,
    length: usize,
    mode: Option<u32>,
    written: Option<DateTime<Utc>>,
}

impl Held {
    fn read(source: &KeySource) -> Result<Self, Refusal> {
        let (mut file, others) = open(source)?;
        let about = file.metadata().map_err(io_refusal)?;
        let named = about.is_file() && about.nlink() > 0;
        // Who hands over a pipe or a file without name is who made it: rights on it mean nothing.
        if named {
            check_owner(&about)?;
            if about.mode() & others != 0 {
                return Err(Refusal::Mode { mode: about.mode() & 0o7777 });
            }
        }
        let mut bytes = Locked::zeros();
        let length = fill(&mut file, &mut *bytes)?;
        let written = about.modified().ok().filter(|_| named).map(DateTime::<Utc>::from);
        Ok(Self { bytes, length, mode: named.then_some(about.mode() & 0o7777), written })
    }

    fn kind(&self) -> Option<KeyKind> {
        if self.length == MasterKey::LENGTH {
            return Some(KeyKind::Root);
        }
        let text = self.text()?;
        if text.starts_with(SIGNING) {
            return Some(KeyKind::Signing);
        }
        text.lines().any(|line| line.starts_with(IDENTITY)).then_some(KeyKind::Recipient)
    }

    /// Nothing where the file is as long as it can be: the rest of it was not read.
    fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes[..self.length]).ok().filter(|_| self.length < LONGEST)
    }

    fn root(&self) -> Result<MasterKey, Refusal> {
        match self.kind() {
            Some(KeyKind::Root) => {}
            Some(_) => return Err(Refusal::NotARoot),
            None if self.length < MasterKey::LENGTH => return Err(Refusal::TooShort { bytes: self.length }),
            None => return Err(Refusal::TooLong),
        }
        MasterKey::filled(|key| key.copy_from_slice(&self.bytes[..MasterKey::LENGTH]))
            .map_err(|_| Refusal::OneByteRepeated)
    }

    fn signing(&self, public: &VerifierKey) -> Result<SigningKey, Refusal> {
        let line = self.text().map(str::trim_end).filter(|text| text.starts_with(SIGNING) && text.lines().count() == 1);
        let key = SigningKey::new(line.ok_or(Refusal::NotASigningKey)?, public);
        scrub_stack();
        key.map_err(|error| match error {
            SignatureError::OtherKey => Refusal::OtherKey { public: public.as_str().to_owned() },
            _ => Refusal::NotASigningKey,
        })
    }

    fn identity(&self) -> Result<Identity, Refusal> {
        let text = self.text().ok_or(Refusal::NotAnIdentity)?;
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (lines.next(), lines.next()) else { return Err(Refusal::NotAnIdentity) };
        let identity = line.parse().map(Identity::new).map_err(|_| Refusal::NotAnIdentity);
        scrub_stack();
        identity
    }
}

/// The open file, and which rights others must not have on it.
fn open(source: &KeySource) -> Result<(DiskFile, u32), Refusal> {
    match source {
        KeySource::File(path) => Ok((regular(path)?, OTHERS)),
        KeySource::Credential(name) => {
            let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
            let folder = folder.filter(|folder| folder.is_absolute()).ok_or(Refusal::NoCredentials)?;
            Ok((regular(&folder.join(name))?, OTHERS_BUT_READING_GROUP))
        }
        KeySource::Descriptor(number) => {
            let path = PathBuf::from(format!("/proc/self/fd/{number}"));
            // A named pipe could wait for ever for somebody who writes; a terminal or device would be read.
            let target = disk::link_target(&path).map_err(io_refusal)?;
            let pipe = target.to_string_lossy().starts_with("pipe:");
            let about = disk::metadata_of_target(&path).map_err(io_refusal)?;
            if !pipe && !about.is_file() {
                return Err(Refusal::Kind(kind_word(&about)));
            }
            Ok((disk::open(&path).map_err(io_refusal)?, OTHERS))
        }
    }
}

/// A regular file, not reached over a link at its end.
fn regular(path: &Path) -> Result<DiskFile, Refusal> {
    let file = disk::open_itself(path).map_err(|error| match error.raw_os_error() {
        Some(number) if number == rustix::io::Errno::LOOP.raw_os_error() => Refusal::Link,
        _ => io_refusal(error),
    })?;
    let about = file.metadata().map_err(io_refusal)?;
    if about.is_file() { Ok(file) } else { Err(Refusal::Kind(kind_word(&about))) }
}

fn kind_word(about: &Metadata) -> &'static str {
    let kind = about.file_type();
    match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () if kind.is_char_device() || kind.is_block_device() => "a device",
        () => "something else",
    }
}

/// Whoever owns a file can exchange it and change its mode.
fn check_owner(about: &Metadata) -> Result<(), Refusal> {
    let user = rustix::process::geteuid().as_raw();
    if about.uid() == user || about.uid() == 0 {
        return Ok(());
    }
    Err(Refusal::Owner { owner: about.uid(), user })
}

/// Reads to the end of the file or of the buffer, without any other copy.
fn fill(file: &mut DiskFile, bytes: &mut [u8]) -> Result<usize, Refusal> {
    let mut length = 0;
    while length < bytes.len() {
        match file.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_refusal(error)),
        }
    }
    Ok(length)
}

fn io_refusal(error: io::Error) -> Refusal {
    Refusal::Io(error.kind())
}
