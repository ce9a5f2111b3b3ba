//! The outer form: a ustar archive (POSIX.1-1988) that can be written in one way only.
//!
//! A header is a function of name and size, so the reader builds it anew and compares: no field of a header can carry
//! anything, and no two readers can see different files in one package.

use std::path::Path;

use super::error::{Act, SealError};
use super::hash::Hash;
use super::name::{EntryName, MANIFEST};
use crate::disk::DiskFile;
use sha2::{Digest, Sha256};

/// Unit of the format, in bytes.
pub(super) const BLOCK: u64 = 512;
/// Two blocks of zeros.
pub(super) const END: u64 = 2 * BLOCK;
/// More entries than any pipeline has outputs.
const MOST_ENTRIES: usize = 4096;
/// Longest signed note that the library takes is 1,000,000 bytes of text and a hundred signatures.
const LONGEST_MANIFEST: u64 = 1_100_000;
/// How much is read at a time, in bytes.
const STRIDE: usize = 256 * 1024;

/// The header of a file; `None` for a name that does not fit.
pub(super) fn header(name: &str, bytes: u64) -> Option<[u8; 512]> {
    let mut header = ::tar::Header::new_ustar();
    header.set_path(name).ok()?;
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(::tar::EntryType::Regular);
    header.set_size(bytes);
    header.set_cksum();
    Some(*header.as_bytes())
}

/// Zeros after a file of that length, up to the next block.
pub(super) fn padding(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK) - bytes
}

/// A file in a package: what is at `at` for `bytes` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) at: u64,
    pub(super) bytes: u64,
}

/// Where everything is in a package. Nothing is verified by it but the form.
pub(super) struct Layout {
    pub(super) entries: Vec<(EntryName, Section)>,
    pub(super) manifest: Section,
    /// Length of the whole file.
    length: u64,
}

impl Layout {
    /// Finds the entries by their headers. Reads one block per entry, and never beyond the end of the file.
    pub(super) fn read(file: &DiskFile, path: &Path) -> Result<Self, SealError> {
        let metadata = file.metadata().map_err(SealError::io(path, Act::Read))?;
        let length = metadata.len();
        let wrong = |at, why| SealError::NotAPackage { path: path.to_path_buf(), at, why };
        if !metadata.is_file() || length < BLOCK + END || !length.is_multiple_of(BLOCK) {
            return Err(wrong(length, "it is cut short, or something was added"));
        }
        let mut entries: Vec<(EntryName, Section)> = Vec::new();
        let mut at = 0;
        // Every round moves on by at least one block, and the end is not passed.
        while at + BLOCK + END <= length {
            let mut block = [0; 512];
            file.read_exact_at(&mut block, at).map_err(SealError::io(path, Act::Read))?;
            let found = ::tar::Header::from_byte_slice(&block);
            let bytes = found.entry_size().map_err(|_| wrong(at, "a header is not one of ours"))?;
            let section = Section { at: at + BLOCK, bytes };
            let room = length - END - section.at;
            if bytes > room || bytes + padding(bytes) > room {
                return Err(wrong(at, "it is cut short"));
            }
            let next = section.at + bytes + padding(bytes);
            let name = found.path_bytes();
            if header_of(&name, bytes) != Some(block) {
                return Err(wrong(at, "a header is not one of ours"));
            }
            if name.as_ref() == MANIFEST.as_bytes() {
                if bytes > LONGEST_MANIFEST || next + END != length {
                    return Err(wrong(at, "the manifest is too long, or not the last entry"));
                }
                return Ok(Self { entries, manifest: section, length });
            }
            let name = EntryName::of_sealed(&name).ok_or_else(|| wrong(at, "an entry has a name of another kind"))?;
            if entries.last().is_some_and(|(last, _)| *last >= name) || entries.len() >= MOST_ENTRIES {
                return Err(wrong(at, "entries are not in order, or too many"));
            }
            entries.push((name, section));
            at = next;
        }
        Err(wrong(at, "it has no manifest"))
    }

    /// The bytes of the manifest.
    pub(super) fn manifest(&self, file: &DiskFile, path: &Path) -> Result<Vec<u8>, SealError> {
        // At most LONGEST_MANIFEST, which `read` checked.
        let mut bytes = vec![0; usize::try_from(self.manifest.bytes).unwrap_or(0)];
        file.read_exact_at(&mut bytes, self.manifest.at).map_err(SealError::io(path, Act::Read))?;
        Ok(bytes)
    }

    /// Reads every byte of the file once, from first to last: the hash of the whole and of each entry, the manifest last.
    /// Headers, zeros and the end are compared again, as the file could have been changed since they were found.
    pub(super) fn hashes(&self, file: &DiskFile, path: &Path) -> Result<(Hash, Vec<Hash>), SealError> {
        let wrong = |at, why| SealError::NotAPackage { path: path.to_path_buf(), at, why };
        let mut whole = Sha256::new();
        let mut hashes = Vec::with_capacity(self.entries.len() + 1);
        let mut buffer = vec![0; STRIDE];
        let sealed: Vec<String> = self.entries.iter().map(|(name, _)| name.sealed()).collect();
        let sections = self.entries.iter().map(|(_, section)| *section).chain([self.manifest]);
        let names = sealed.iter().map(String::as_str).chain([MANIFEST]);
        let mut at = 0;
        for (name, section) in names.zip(sections) {
            let Section { bytes, .. } = section;
            let mut head = Vec::with_capacity(512);
            each(file, path, Section { at, bytes: BLOCK }, &mut buffer, |chunk| head.extend_from_slice(chunk))?;
            if header(name, bytes).is_none_or(|expected| expected[..] != head[..]) {
                return Err(wrong(at, "it changes while it is read"));
            }
            whole.update(&head);
            let mut one = Sha256::new();
            each(file, path, section, &mut buffer, |chunk| {
                whole.update(chunk);
                one.update(chunk);
            })?;
            hashes.push(Hash::finish(one));
            at = section.at + bytes;
            zeros(file, path, Section { at, bytes: padding(bytes) }, &mut buffer, &mut whole)?;
            at += padding(bytes);
        }
        zeros(file, path, Section { at, bytes: END }, &mut buffer, &mut whole)?;
        let length = file.metadata().map_err(SealError::io(path, Act::Read))?.len();
        if length != self.length || at + END != length {
            return Err(wrong(at, "it changes while it is read"));
        }
        Ok((Hash::finish(whole), hashes))
    }
}

fn header_of(name: &[u8], bytes: u64) -> Option<[u8; 512]> {
    header(std::str::from_utf8(name).ok()?, bytes)
}

/// Reads a section in pieces.
fn each(
    file: &DiskFile,
    path: &Path,
    section: Section,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]),
) -> Result<(), SealError> {
    let Section { mut at, bytes } = section;
    let end = at + bytes;
    while at < end {
        let stride = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
        file.read_exact_at(&mut buffer[..stride], at).map_err(SealError::io(path, Act::Read))?;
        take(&buffer[..stride]);
        at += stride as u64;
    }
    Ok(())
}

fn zeros(
    file: &DiskFile,
    path: &Path,
    section: Section,
    buffer: &mut [u8],
    whole: &mut Sha256,
) -> Result<(), SealError> {
    let mut clean = true;
    each(file, path, section, buffer, |chunk| {
        clean &= chunk.iter().all(|byte| *byte == 0);
        whole.update(chunk);
    })?;
    let why = "there is something between the entries";
    if clean { Ok(()) } else { Err(SealError::NotAPackage { path: path.to_path_buf(), at: section.at, why }) }
}
