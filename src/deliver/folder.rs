//! Delivery into a folder of this machine, which may be another file system.

use std::io::{self, Write};
use std::path::Path;

use super::package::{BLOCK, Package, digest};
use super::{Arrived, Check, DeliverError, Step};
use crate::disk;

pub(super) fn store(package: &Package, folder: &Path) -> Result<Arrived, DeliverError> {
    let path = folder.join(package.name());
    let place = path.display().to_string();
    let failed = |step| {
        let place = place.clone();
        move |error: io::Error| DeliverError::Disk { place, step, kind: error.kind() }
    };
    let mode = readers(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => DeliverError::NoFolder { place: place.clone() },
        kind => DeliverError::Disk { place: place.clone(), step: Step::Look, kind },
    })?;
    if disk::exists(&path) {
        return already_there(package, folder, &path, &place);
    }
    let partial = folder.join(package.partial_name());
    if disk::exists(&partial) {
        disk::remove_file(&partial).map_err(failed(Step::Write))?;
    }
    let written = write(package, &partial, mode, &place).and_then(|()| match disk::rename_new(&partial, &path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(DeliverError::Occupied { place: place.clone() })
        }
        renamed => renamed.map_err(failed(Step::Rename)),
    });
    if let Err(error) = written {
        // The first error is the one to tell, and the next attempt replaces what could not be removed.
        let _ = disk::remove_file(&partial);
        return Err(error);
    }
    if let Err(error) = disk::sync_folder(folder) {
        // The name may not survive a loss of power: the next attempt begins anew, as after every failed flush.
        let _ = disk::remove_file(&path);
        return Err(failed(Step::Rename)(error));
    }
    Ok(Arrived { check: Check::Content, already_there: false })
}

/// Who may read the folder may read a sealed file in it: the mode of the file that follows.
fn readers(folder: &Path) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    // Opened, not only looked at: a link to a folder is one as well.
    let found = disk::open(folder)?.metadata()?;
    if !found.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    Ok(0o600 | found.permissions().mode() & 0o044)
}

fn already_there(package: &Package, folder: &Path, path: &Path, place: &str) -> Result<Arrived, DeliverError> {
    let failed =
        |error: io::Error| DeliverError::Disk { place: place.to_owned(), step: Step::Look, kind: error.kind() };
    let occupied = || DeliverError::Occupied { place: place.to_owned() };
    let found = disk::metadata(path).map_err(failed)?;
    if !found.is_file() || found.len() != package.bytes() {
        return Err(occupied());
    }
    if !package.is(disk::open(path).and_then(digest).map_err(failed)?) {
        return Err(occupied());
    }
    // An earlier delivery may have been interrupted between the rename and the flush.
    disk::open(path).and_then(|file| file.sync()).and_then(|()| disk::sync_folder(folder)).map_err(failed)?;
    Ok(Arrived { check: Check::Content, already_there: true })
}

fn write(package: &Package, partial: &Path, mode: u32, place: &str) -> Result<(), DeliverError> {
    let failed =
        |step| move |error: io::Error| DeliverError::Disk { place: place.to_owned(), step, kind: error.kind() };
    let mut sending = package.open()?;
    let mut file = disk::create_new(partial).map_err(failed(Step::Write))?;
    let mut block = vec![0; BLOCK];
    loop {
        let taken = sending.next(&mut block)?;
        if taken == 0 {
            break;
        }
        file.write_all(&block[..taken]).map_err(failed(Step::Write))?;
    }
    file.set_mode(mode).and_then(|()| file.sync()).map_err(failed(Step::Write))?;
    drop(file);
    if !package.is(disk::open(partial).and_then(digest).map_err(failed(Step::ReadBack))?) {
        return Err(DeliverError::Differs { place: place.to_owned() });
    }
    Ok(())
}
