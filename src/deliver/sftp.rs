//! Delivery to an SFTP server.

use std::future::Future;
use std::time::Duration;

use openssh_sftp_client::error::SftpErrorKind;
use openssh_sftp_client::file::TokioCompatFile;
use openssh_sftp_client::fs::Fs;
use openssh_sftp_client::{Error, Sftp as Connection, SftpOptions};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::package::{BLOCK, Package};
use super::ssh::Ssh;
use super::{Arrived, Check, DeliverError, Step, place};
use crate::config::{Delivery, Sftp};

/// How long one answer of the server is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn store(package: &Package, to: &Sftp) -> Result<Arrived, DeliverError> {
    let place = place(&Delivery::Sftp(to.clone()), package.name());
    let ssh = Ssh::prepare(to, &place)?;
    let lost = |step| DeliverError::Lost { place: place.clone(), step };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| lost(Step::Connect))?;
    runtime.block_on(async {
        let session = tokio::time::timeout(PATIENCE, ssh.connect()).await.map_err(|_| lost(Step::Connect))??;
        let asker = Asker { place: &place };
        let connection = asker.ask(Step::Connect, Connection::from_session(session, SftpOptions::new())).await?;
        let folder = to.folder.trim_end_matches('/');
        // A folder that is only slashes is the root.
        let folder = if folder.is_empty() && !to.folder.is_empty() { "/" } else { folder };
        let path = |name: &str| match folder {
            "" => name.to_owned(),
            "/" => format!("/{name}"),
            folder => format!("{folder}/{name}"),
        };
        let drop =
            Drop { connection: &connection, asker, path: path(package.name()), partial: path(&package.partial_name()) };
        // The library's `close` panics where a request is still unanswered, as after a lost connection. Dropping ends the
        // session as well, and the file was read back or the attempt has failed.
        drop.store(package).await
    })
}

/// Waits for answers, not for ever, and sorts what went wrong.
#[derive(Clone, Copy)]
struct Asker<'a> {
    place: &'a str,
}

impl Asker<'_> {
    async fn ask<T>(&self, step: Step, question: impl Future<Output = Result<T, Error>>) -> Result<T, DeliverError> {
        match tokio::time::timeout(PATIENCE, question).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.sort(step, &error)),
            Err(_) => Err(self.lost(step)),
        }
    }

    /// The answer, or `None` where the server says that there is no such file.
    async fn ask_if<T>(
        &self,
        step: Step,
        question: impl Future<Output = Result<T, Error>>,
    ) -> Result<Option<T>, DeliverError> {
        let question = async {
            match question.await {
                Err(Error::SftpError(SftpErrorKind::NoSuchFile, _)) => Ok(None),
                answer => answer.map(Some),
            }
        };
        self.ask(step, question).await
    }

    fn sort(&self, step: Step, error: &Error) -> DeliverError {
        let place = self.place.to_owned();
        match error {
            Error::SftpError(SftpErrorKind::PermDenied, _) => DeliverError::Denied { place, step },
            Error::SftpError(SftpErrorKind::NoSuchFile, _) => DeliverError::NoFolder { place },
            Error::SftpError(..) => DeliverError::Failed { place, step },
            _ => DeliverError::Lost { place, step },
        }
    }

    fn lost(&self, step: Step) -> DeliverError {
        DeliverError::Lost { place: self.place.to_owned(), step }
    }
}

/// The place on the server.
struct Drop<'a> {
    connection: &'a Connection,
    asker: Asker<'a>,
    path: String,
    partial: String,
}

impl Drop<'_> {
    async fn store(&self, package: &Package) -> Result<Arrived, DeliverError> {
        let mut fs = self.connection.fs();
        if let Some(found) = self.asker.ask_if(Step::Look, fs.symlink_metadata(&self.path)).await? {
            let regular = found.file_type().is_some_and(|kind| kind.is_file());
            return match regular && self.content(&self.path).await? == Some((package.bytes(), package.sha256())) {
                true => Ok(Arrived { check: Check::Content, already_there: true }),
                false => Err(self.occupied()),
            };
        }
        // What an earlier attempt left.
        self.asker.ask_if(Step::Write, fs.remove_file(&self.partial)).await?;
        let stored = self.store_new(package, &mut fs).await;
        if stored.is_err() {
            // The first error is the one to tell, and the next attempt replaces what could not be removed.
            let _ = self.asker.ask(Step::Write, fs.remove_file(&self.partial)).await;
        }
        stored
    }

    async fn store_new(&self, package: &Package, fs: &mut Fs) -> Result<Arrived, DeliverError> {
        self.write(package).await?;
        let check = self.check(package, fs).await?;
        // Looked for again: `posix-rename` would replace a file that came in the meantime.
        if self.asker.ask_if(Step::Look, fs.symlink_metadata(&self.path)).await?.is_some() {
            return Err(self.occupied());
        }
        self.asker.ask(Step::Rename, fs.rename(&self.partial, &self.path)).await?;
        let found = self.asker.ask(Step::ReadBack, fs.symlink_metadata(&self.path)).await?;
        match found.len() {
            Some(length) if length != package.bytes() => Err(self.differs()),
            _ => Ok(Arrived { check, already_there: false }),
        }
    }

    async fn write(&self, package: &Package) -> Result<(), DeliverError> {
        let mut sending = package.open()?;
        let mut options = self.connection.options();
        let opened = options.write(true).create_new(true).open(&self.partial);
        let file = self.asker.ask(Step::Write, opened).await?;
        let mut file = Box::pin(TokioCompatFile::new(file));
        let mut block = vec![0; BLOCK];
        loop {
            let taken = sending.next(&mut block)?;
            if taken == 0 {
                break;
            }
            let written = async { file.write_all(&block[..taken]).await.map_err(Error::from) };
            self.asker.ask(Step::Write, written).await?;
        }
        let flushed = async { file.flush().await.map_err(Error::from) };
        self.asker.ask(Step::Write, flushed).await?;
        if self.connection.support_fsync() {
            self.asker.ask(Step::Write, file.as_mut().as_mut_file().sync_all()).await?;
        }
        Ok(())
    }

    /// Reads back what arrived, as far as the server lets us.
    async fn check(&self, package: &Package, fs: &mut Fs) -> Result<Check, DeliverError> {
        match self.content(&self.partial).await {
            Ok(Some(content)) if package.is(content) => return Ok(Check::Content),
            Ok(_) => return Err(self.differs()),
            Err(DeliverError::Denied { .. }) => {}
            Err(error) => return Err(error),
        }
        let found = self.asker.ask(Step::ReadBack, fs.symlink_metadata(&self.partial)).await?;
        match found.len() {
            Some(length) if length == package.bytes() => Ok(Check::Size),
            Some(_) => Err(self.differs()),
            None => Ok(Check::Confirmed),
        }
    }

    /// Size and SHA-256 of a file on the server; `None` where there is none.
    async fn content(&self, path: &str) -> Result<Option<(u64, [u8; 32])>, DeliverError> {
        let mut options = self.connection.options();
        let opened = options.read(true).open(path);
        let Some(mut file) = self.asker.ask_if(Step::ReadBack, opened).await? else { return Ok(None) };
        let (mut digest, mut bytes, mut block) = (Sha256::new(), 0, Default::default());
        while let Some(read) = self.asker.ask(Step::ReadBack, file.read(BLOCK as u32, block)).await? {
            digest.update(&read);
            bytes += read.len() as u64;
            block = read;
            block.clear();
        }
        Ok(Some((bytes, digest.finalize().into())))
    }

    fn occupied(&self) -> DeliverError {
        DeliverError::Occupied { place: self.asker.place.to_owned() }
    }

    fn differs(&self) -> DeliverError {
        DeliverError::Differs { place: self.asker.place.to_owned() }
    }
}
