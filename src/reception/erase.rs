//! Takes plaintext off the disk: overwritten, flushed, then removed.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::{Act, ReceptionError};
use super::record::ErasedFile;
use crate::disk;

static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// Erases every file under a folder, then the folder. Links are removed and not followed. A second call goes on where the
/// first was interrupted.
pub(super) fn tree(root: &Path) -> Result<Vec<ErasedFile>, ReceptionError> {
    let mut erased = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    let mut at = 0;
    while at < folders.len() {
        let folder = folders[at].clone();
        for path in disk::list(&folder).map_err(ReceptionError::io(&folder, Act::Read))? {
            if disk::metadata(&path).map_err(ReceptionError::io(&path, Act::Read))?.is_dir() {
                folders.push(path);
            } else {
                erased.push(file(root, &path)?);
            }
        }
        disk::sync_folder(&folder).map_err(ReceptionError::io(&folder, Act::Sync))?;
        at += 1;
    }
    for folder in folders.iter().rev() {
        disk::remove_folder(folder).map_err(ReceptionError::io(folder, Act::Remove))?;
    }
    let parent = root.parent().map(PathBuf::from).unwrap_or_default();
    disk::sync_folder(&parent).map_err(ReceptionError::io(&parent, Act::Sync))?;
    Ok(erased)
}

fn file(root: &Path, path: &Path) -> Result<ErasedFile, ReceptionError> {
    let metadata = disk::metadata(path).map_err(ReceptionError::io(path, Act::Read))?;
    // Under another name the content belongs to somebody who did not ask for its destruction.
    let overwritten = metadata.is_file() && metadata.nlink() == 1;
    if overwritten {
        overwrite(path, metadata.len())?;
    }
    disk::remove_file(path).map_err(ReceptionError::io(path, Act::Remove))?;
    let path = path.strip_prefix(root).unwrap_or(path).display().to_string();
    Ok(ErasedFile { path, bytes: metadata.len(), overwritten })
}

fn overwrite(path: &Path, length: u64) -> Result<(), ReceptionError> {
    let file = disk::open_in_place(path).map_err(ReceptionError::io(path, Act::Read))?;
    let mut at = 0;
    while at < length {
        let piece = usize::try_from(length - at).unwrap_or(usize::MAX).min(ZEROS.len());
        file.write_all_at(&ZEROS[..piece], at).map_err(ReceptionError::io(path, Act::Write))?;
        at += piece as u64;
    }
    file.sync().map_err(ReceptionError::io(path, Act::Sync))
}
