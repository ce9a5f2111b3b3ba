//! Delivery to an S3-compatible store.

use std::io::{self, Read};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path as FilePath;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, S3CopyIfNotExists};
use object_store::path::Path;
use object_store::{ClientOptions, Error, ObjectStoreExt, RetryConfig, WriteMultipart};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::package::{BLOCK, Package};
use super::{Arrived, Check, DeliverError, Step, place};
use crate::config::{Delivery, S3};
use crate::disk;

/// How long one answer of the store is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Smallest part of an upload, in bytes; S3 allows 5 MiB and at most 10,000 parts.
const PART: u64 = 8 * 1024 * 1024;
const PARTS: u64 = 9_000;

/// How many parts are under way at once.
const AT_ONCE: usize = 2;

/// What S3 copies in one request, at most, in bytes: 5 GiB.
const LARGEST_COPY: u64 = 5 * 1024 * 1024 * 1024;

/// How much is read back at once, in bytes.
const READ: u64 = 8 * 1024 * 1024;

/// Longest file with credentials that is read, in bytes.
const LONGEST: u64 = 4096;

pub(super) fn store(package: &Package, to: &S3) -> Result<Arrived, DeliverError> {
    let place = place(&Delivery::S3(to.clone()), package.name());
    let client = client(to, &place)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| DeliverError::Lost { place: place.clone(), step: Step::Connect })?;
    let key = |name: &str| {
        let key = if to.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", to.prefix) };
        let expected = "the prefix of an object is a path without empty parts, `.` and `..`";
        Path::parse(key).map_err(|_| DeliverError::Address { place: place.clone(), expected })
    };
    let bucket = Bucket { key: key(package.name())?, partial: key(&package.partial_name())?, client, place: &place };
    runtime.block_on(bucket.store(package))
}

fn client(to: &S3, place: &str) -> Result<AmazonS3, DeliverError> {
    let address = |expected| DeliverError::Address { place: place.to_owned(), expected };
    let (host, in_the_clear) = endpoint(&to.endpoint).ok_or_else(|| {
        address("the store's address is `https://host` or `https://host:port`, without user and password")
    })?;
    if in_the_clear && !is_this_machine(host) {
        return Err(address("the store is spoken to by `https://`; by `http://` only on this machine"));
    }
    let secrets = credentials(&to.credentials)?;
    let (access, secret) = split(&secrets).ok_or_else(|| malformed(&to.credentials))?;
    // The attempts of this room are the only ones, so that they can be counted; and no proxy stands before ourselves.
    let once = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    let mut options = ClientOptions::new().with_timeout(PATIENCE).with_connect_timeout(Duration::from_secs(20));
    if in_the_clear {
        options = options.with_allow_http(true).with_proxy_excludes("127.0.0.1,localhost,::1");
    }
    AmazonS3Builder::new()
        .with_endpoint(to.endpoint.trim_end_matches('/'))
        .with_region(&to.region)
        .with_bucket_name(&to.bucket)
        .with_access_key_id(access)
        .with_secret_access_key(secret)
        .with_client_options(options)
        .with_allow_http(in_the_clear)
        .with_retry(once)
        .with_copy_if_not_exists(S3CopyIfNotExists::Multipart)
        .build()
        .map_err(|_| address("this store cannot be used: check endpoint, region and bucket"))
}

/// Host of an address, and whether it is spoken to without encryption.
fn endpoint(address: &str) -> Option<(&str, bool)> {
    let (rest, in_the_clear) = match address.split_once("://")? {
        ("https", rest) => (rest, false),
        ("http", rest) => (rest, true),
        _ => return None,
    };
    if rest.contains(|c: char| c.is_whitespace() || c.is_control() || "@?#\\".contains(c)) {
        return None;
    }
    let host = rest.split('/').next()?;
    let host = match host.strip_prefix('[') {
        Some(six) => six.split_once(']')?.0,
        None => host.rsplit_once(':').map_or(host, |(host, _)| host),
    };
    (!host.is_empty()).then_some((host, in_the_clear))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn malformed(path: &FilePath) -> DeliverError {
    let expected = "the file with the credentials has two lines, access key and secret key";
    DeliverError::Secret { path: path.to_path_buf(), expected }
}

/// The text of the file with the credentials, which nobody else may read.
fn credentials(path: &FilePath) -> Result<Zeroizing<String>, DeliverError> {
    let unreadable = |_: io::Error| DeliverError::Secret {
        path: path.to_path_buf(),
        expected: "the file with the credentials of the store cannot be read",
    };
    let file = disk::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    if found.permissions().mode() & 0o077 != 0 {
        return Err(DeliverError::Mode { path: path.to_path_buf() });
    }
    if !found.is_file() || found.len() > LONGEST {
        return Err(malformed(path));
    }
    // Of full length from the start: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(LONGEST as usize));
    file.take(LONGEST).read_to_string(&mut text).map_err(|_| malformed(path))?;
    Ok(text)
}

/// Access key and secret key.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (access, secret) = (lines.next()?, lines.next()?);
    let one_word = |text: &str| text.chars().all(|c| c.is_ascii_graphic());
    (lines.next().is_none() && one_word(access) && one_word(secret)).then_some((access, secret))
}

/// The place in the store. An object appears whole, when its upload is completed, or not at all.
struct Bucket<'a> {
    client: AmazonS3,
    key: Path,
    partial: Path,
    place: &'a str,
}

impl Bucket<'_> {
    async fn store(&self, package: &Package) -> Result<Arrived, DeliverError> {
        if let Some(bytes) = self.size(&self.key).await? {
            let same = bytes == package.bytes() && self.digest(&self.key, bytes).await? == package.sha256();
            return match same {
                true => Ok(Arrived { check: Check::Content, already_there: true }),
                false => Err(self.occupied()),
            };
        }
        // What is too large to be copied is uploaded under its own name, which it gets only when it is complete.
        let direct = package.bytes() > LARGEST_COPY;
        let at = if direct { &self.key } else { &self.partial };
        let stored = self.store_new(package, at).await;
        if !direct || matches!(stored, Err(DeliverError::Differs { .. })) {
            // Of no consequence for what stands under the name: the next attempt replaces what could not be removed.
            let _ = self.client.delete(at).await;
        }
        stored
    }

    async fn store_new(&self, package: &Package, at: &Path) -> Result<Arrived, DeliverError> {
        self.upload(package, at).await?;
        let check = self.check(package, at).await?;
        if at != &self.key {
            self.client.copy_if_not_exists(at, &self.key).await.map_err(|error| self.sort(Step::Rename, &error))?;
            if self.size(&self.key).await.is_ok_and(|found| found.is_some_and(|bytes| bytes != package.bytes())) {
                return Err(self.differs());
            }
        }
        Ok(Arrived { check, already_there: false })
    }

    async fn upload(&self, package: &Package, at: &Path) -> Result<(), DeliverError> {
        let failed = |error: Error| self.sort(Step::Write, &error);
        let mut sending = package.open()?;
        let upload = self.client.put_multipart(at).await.map_err(failed)?;
        let part = usize::try_from(PART.max(package.bytes().div_ceil(PARTS))).unwrap_or(usize::MAX);
        let mut upload = WriteMultipart::new_with_chunk_size(upload, part);
        let mut block = vec![0; BLOCK];
        let sent = loop {
            match sending.next(&mut block) {
                Ok(0) => break Ok(()),
                Ok(taken) => upload.write(&block[..taken]),
                Err(error) => break Err(error),
            }
            if let Err(error) = upload.wait_for_capacity(AT_ONCE).await {
                break Err(failed(error));
            }
        };
        if let Err(error) = sent {
            // The first error is the one to tell; a store forgets parts of an upload that is never completed.
            let _ = upload.abort().await;
            return Err(error);
        }
        upload.finish().await.map(|_| ()).map_err(failed)
    }

    /// Reads back what arrived, as far as the store lets us.
    async fn check(&self, package: &Package, at: &Path) -> Result<Check, DeliverError> {
        let Some(bytes) = self.size(at).await? else { return Ok(Check::Confirmed) };
        if bytes != package.bytes() {
            return Err(self.differs());
        }
        match self.digest(at, bytes).await {
            Ok(digest) if digest == package.sha256() => Ok(Check::Content),
            Ok(_) => Err(self.differs()),
            Err(DeliverError::Refused { .. }) => Ok(Check::Size),
            Err(error) => Err(error),
        }
    }

    /// Size of an object; `None` where there is none, or where we may not ask: a store that hides its content answers
    /// both alike.
    async fn size(&self, at: &Path) -> Result<Option<u64>, DeliverError> {
        match self.client.head(at).await {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. } | Error::PermissionDenied { .. }) => Ok(None),
            Err(error) => Err(self.sort(Step::Look, &error)),
        }
    }

    async fn digest(&self, at: &Path, bytes: u64) -> Result<[u8; 32], DeliverError> {
        let (mut digest, mut from) = (Sha256::new(), 0);
        while from < bytes {
            let range = from..bytes.min(from + READ);
            let expected = range.end - range.start;
            let read = self.client.get_range(at, range).await.map_err(|error| self.sort(Step::ReadBack, &error))?;
            if read.len() as u64 != expected {
                return Err(self.differs());
            }
            digest.update(&read);
            from += expected;
        }
        Ok(digest.finalize().into())
    }

    /// What the library says may quote what the store answered: it is sorted here, and never passed on.
    fn sort(&self, step: Step, error: &Error) -> DeliverError {
        let place = self.place.to_owned();
        match error {
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => DeliverError::Refused { place },
            Error::NotFound { .. } => DeliverError::NoFolder { place },
            Error::AlreadyExists { .. } | Error::Precondition { .. } => DeliverError::Occupied { place },
            Error::NotSupported { .. } | Error::NotImplemented { .. } => DeliverError::Denied { place, step },
            _ => DeliverError::Lost { place, step },
        }
    }

    fn occupied(&self) -> DeliverError {
        DeliverError::Occupied { place: self.place.to_owned() }
    }

    fn differs(&self) -> DeliverError {
        DeliverError::Differs { place: self.place.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_without_encryption() {
        for (address, host, here) in [
            ("http://127.0.0.1:9000", "127.0.0.1", true),
            ("http://[::1]:9000/", "::1", true),
            ("http://localhost", "localhost", true),
            ("http://127.0.0.1.example.org", "127.0.0.1.example.org", false),
            ("http://10.0.0.1", "10.0.0.1", false),
        ] {
            assert_eq!(endpoint(address), Some((host, true)), "{address}");
            assert_eq!(is_this_machine(host), here, "{address}");
        }
        assert_eq!(endpoint("https://s3.example.org:443/x"), Some(("s3.example.org", false)));
        for bad in ["s3.example.org", "ftp://a", "http://key:secret@127.0.0.1", "https://", "http://127.0.0.1 x"] {
            assert_eq!(endpoint(bad), None, "{bad}");
        }
    }

    #[test]
    fn credentials_are_two_words_on_two_lines() {
        assert_eq!(split("AK\nSK\n"), Some(("AK", "SK")));
        assert_eq!(split("AK\r\n SK \r\n\r\n"), Some(("AK", "SK")));
        for bad in ["", "AK", "AK\nSK\nmore", "A K\nSK"] {
            assert_eq!(split(bad), None, "{bad:?}");
        }
    }
}
