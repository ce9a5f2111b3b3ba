//! The system's `ssh`, with a configuration of its own: nothing of the user's or the system's takes part.

use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use openssh::{ControlPersist, KnownHosts, Session, SessionBuilder};

use super::{DeliverError, Step};
use crate::config::Sftp;
use crate::disk::{self, TemporaryFolder};

/// The name under which configuration and host key know the server: so no part of an address is ever an argument.
const ALIAS: &str = "drop";

/// How long the connection outlives a killed process, in seconds.
const IDLE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(29);

/// Everything that a connection needs, in a private folder that is removed with it.
pub(super) struct Ssh {
    folder: TemporaryFolder,
    place: String,
}

impl Ssh {
    /// Checks address, host key and identity, and writes the configuration.
    pub fn prepare(to: &Sftp, place: &str) -> Result<Self, DeliverError> {
        let address = |expected| DeliverError::Address { place: place.to_owned(), expected };
        let plain = |text: &str, more: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && text.chars().all(fits)
        };
        if !plain(&to.user, "._-@+") {
            return Err(address("the user's name has letters, digits, `.`, `_`, `-`, `+` and `@` only"));
        }
        if !plain(&to.host, "._-") {
            return Err(address("the host's name has letters, digits, `.`, `_` and `-` only"));
        }
        let host_key = host_key(&to.host_key)
            .ok_or_else(|| address("the host key is two words, its kind and its base64 text: `ssh-ed25519 AAAA…`"))?;
        let identity = identity(&to.identity)?;
        let failed = |error: std::io::Error| DeliverError::Disk {
            place: "the folder for temporary files".to_owned(),
            step: Step::Connect,
            kind: error.kind(),
        };
        let folder = disk::temporary_folder().map_err(failed)?;
        let known_hosts = folder.path().join("known_hosts");
        let quoted = quoted(&known_hosts).ok_or_else(|| failed(ErrorKind::InvalidFilename.into()))?;
        let config = configuration(to, &identity, &quoted);
        disk::write_new(&known_hosts, format!("{ALIAS} {host_key}\n").as_bytes()).map_err(failed)?;
        disk::write_new(&folder.path().join("config"), config.as_bytes()).map_err(failed)?;
        Ok(Self { folder, place: place.to_owned() })
    }

    /// Connects and enters.
    pub async fn connect(&self) -> Result<Session, DeliverError> {
        let mut builder = SessionBuilder::default();
        builder
            .config_file(self.folder.path().join("config"))
            .known_hosts_check(KnownHosts::Strict)
            .control_directory(self.folder.path())
            .control_persist(ControlPersist::IdleFor(IDLE));
        builder.connect(ALIAS).await.map_err(|error| self.interpret(&error))
    }

    /// What `ssh` says when it cannot connect is text for people; it is sorted here, and never passed on.
    fn interpret(&self, error: &openssh::Error) -> DeliverError {
        let place = self.place.clone();
        let openssh::Error::Connect(reason) = error else {
            return DeliverError::Lost { place, step: Step::Connect };
        };
        let said = reason.to_string();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if reason.kind() == ErrorKind::NotFound {
            DeliverError::NoSsh
        } else if says(&[
            "Host key verification failed",
            "REMOTE HOST IDENTIFICATION HAS CHANGED",
            "no matching host key",
        ]) {
            DeliverError::HostKey { place }
        } else if says(&[
            "Permission denied (",
            "Too many authentication failures",
            "invalid format",
            "error in libcrypto",
        ]) {
            DeliverError::Refused { place }
        } else {
            DeliverError::Lost { place, step: Step::Connect }
        }
    }
}

fn configuration(to: &Sftp, identity: &str, known_hosts: &str) -> String {
    // A dead connection is found after three unanswered questions, half a minute.
    format!(
        "Host {ALIAS}\n\
         HostName {}\nPort {}\nUser {}\n\
         HostKeyAlias {ALIAS}\nUserKnownHostsFile {known_hosts}\nGlobalKnownHostsFile none\n\
         StrictHostKeyChecking yes\nUpdateHostKeys no\nVerifyHostKeyDNS no\nCheckHostIP no\n\
         IdentityFile {identity}\nIdentitiesOnly yes\nIdentityAgent none\n\
         PreferredAuthentications publickey\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nBatchMode yes\n\
         ForwardAgent no\nForwardX11 no\nPermitLocalCommand no\nCanonicalizeHostname no\n\
         ConnectTimeout 20\nConnectionAttempts 1\nServerAliveInterval 10\nServerAliveCountMax 3\nTCPKeepAlive yes\n\
         LogLevel ERROR\n",
        to.host, to.port, to.user,
    )
}

/// Kind and text of a host key, where it is one; a comment is left out.
fn host_key(written: &str) -> Option<String> {
    if written.contains(char::is_control) {
        return None;
    }
    let mut words = written.split(' ').filter(|word| !word.is_empty());
    let (kind, text) = (words.next()?, words.next()?);
    let known = ["ssh-", "ecdsa-sha2-", "sk-"].iter().any(|start| kind.starts_with(start));
    let named = kind.chars().all(|c| c.is_ascii_alphanumeric() || "-@.".contains(c));
    let base64 = text.len() > 16 && text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
    (known && named && base64).then(|| format!("{kind} {text}"))
}

/// The identity file, written as the configuration wants it, once it is known that nobody else can read it.
fn identity(path: &Path) -> Result<String, DeliverError> {
    let secret = |expected| DeliverError::Secret { path: path.to_path_buf(), expected };
    let found = disk::open(path).and_then(|file| file.metadata());
    let found = found.map_err(|_| secret("the file with the private SSH key cannot be read"))?;
    if !found.is_file() {
        return Err(secret("the private SSH key is a file"));
    }
    if found.permissions().mode() & 0o077 != 0 {
        return Err(DeliverError::Mode { path: path.to_path_buf() });
    }
    let whole: PathBuf = std::path::absolute(path).map_err(|_| secret("its path cannot be used"))?;
    quoted(&whole).ok_or_else(|| secret("`ssh` cannot use a path with quotes, `$`, `\\` or control characters"))
}

/// A path between quotes, its percent signs doubled, for `ssh_config(5)`; `None` where it cannot be written there.
fn quoted(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let usable = !text.contains(|c: char| c.is_control() || "\"'$\\".contains(c));
    usable.then(|| format!("\"{}\"", text.replace('%', "%%")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_host_key_is_two_words_and_nothing_that_could_add_a_line() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1";
        assert_eq!(host_key(key).as_deref(), Some(key));
        assert_eq!(host_key(&format!("{key} root@drop")).as_deref(), Some(key));
        for bad in ["", "ssh-ed25519", "AAAA ssh-ed25519", &format!("{key}\n* {key}"), "@cert-authority * ssh-rsa AAAA"]
        {
            assert_eq!(host_key(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_path_that_the_configuration_would_read_otherwise_is_refused() {
        assert_eq!(quoted(Path::new("/a b/50%")).as_deref(), Some("\"/a b/50%%\""));
        for bad in ["/a\"b", "/${HOME}", "/a\nb", "/a\\b"] {
            assert_eq!(quoted(Path::new(bad)), None, "{bad:?}");
        }
    }
}
