//! After destruction: numbers with the form and key of a NIR in files that are left.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::ScanError;
use super::nir::{LONGEST, Width, find};
use crate::disk;

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;
/// Bytes before a place that tell whether a number starts there.
const BEFORE: usize = 2;

/// Numbers found in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileHits {
    /// The file; digits are masked where its path holds such a number.
    pub file: PathBuf,
    /// Numbers with the form and key of a NIR, in the content and in the name.
    pub count: u64,
}

/// What a sweep looked at and found. Holds no number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SweepReport {
    /// Files read.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Links, sockets and the like, which were not followed or read.
    pub skipped: u64,
    /// Paths that were given and do not exist (any more).
    pub absent: u64,
    /// Files with numbers.
    pub hits: Vec<FileHits>,
}

impl SweepReport {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.hits.is_empty()
    }

    /// All of it as JSON, for the certificate.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::json!({
            "searched_for": "numbers with the form and key of a NIR, plain or in groups, in UTF-8, Windows-1252, UTF-16LE",
            "files": self.files,
            "bytes": self.bytes,
            "skipped": self.skipped,
            "absent": self.absent,
            "found": self.hits.iter().map(|h| h.count).sum::<u64>(),
            "hits": self.hits.iter().map(|h| serde_json::json!({ "file": h.file.display().to_string(), "count": h.count }))
                .collect::<Vec<_>>(),
        })
    }
}

/// Searches files, and folders with everything below, for numbers that have the form and key of a NIR. Follows no links.
/// Content is read as it lies there: what is compressed or encrypted is not unpacked.
///
/// # Errors
/// A file or folder that cannot be read: what was not searched must not pass for clean.
pub fn sweep(paths: &[&Path]) -> Result<SweepReport, ScanError> {
    let mut report = SweepReport::default();
    let mut buffer = vec![0; BLOCK + LONGEST];
    for path in paths {
        if disk::exists(path) {
            look(path, &mut report, &mut buffer)?;
        } else {
            report.absent += 1;
        }
    }
    Ok(report)
}

fn look(path: &Path, report: &mut SweepReport, buffer: &mut [u8]) -> Result<(), ScanError> {
    let failed = |e: std::io::Error| ScanError::Io { path: path.to_path_buf(), kind: e.kind() };
    let kind = disk::metadata(path).map_err(failed)?.file_type();
    let in_name = path.file_name().map_or(0, |name| in_bytes(name.as_bytes()));
    let mut count = in_name;
    if kind.is_dir() {
        for entry in disk::list(path).map_err(failed)? {
            look(&entry, report, buffer)?;
        }
    } else if kind.is_file() {
        let mut file = disk::open_itself(path).map_err(failed)?;
        let (bytes, found) = in_stream(&mut file, buffer).map_err(failed)?;
        report.files += 1;
        report.bytes += bytes;
        count += found;
    } else {
        report.skipped += 1;
    }
    if count > 0 {
        let file = if in_bytes(path.as_os_str().as_bytes()) > 0 { masked(path) } else { path.to_path_buf() };
        report.hits.push(FileHits { file, count });
    }
    Ok(())
}

fn in_bytes(bytes: &[u8]) -> u64 {
    let mut count = 0;
    find(bytes, 0..bytes.len(), Width::One, |n| count += u64::from(n.key_is_right));
    count
}

/// A path that shows no digits.
fn masked(path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_bytes().iter();
    let bytes: Vec<u8> = bytes.map(|b| if b.is_ascii_digit() { b'#' } else { *b }).collect();
    PathBuf::from(OsStr::from_bytes(&bytes))
}

/// Bytes read and numbers found. A number across the border of two blocks is seen whole: starts within the last bytes of a
/// block are looked at with the next.
fn in_stream(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<(u64, u64)> {
    let (mut bytes, mut count) = (0u64, 0u64);
    let (mut held, mut from) = (0, 0);
    loop {
        let mut full = held;
        while full < buffer.len() {
            match input.read(&mut buffer[full..]) {
                Ok(0) => break,
                Ok(n) => full += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        bytes += (full - held) as u64;
        let last = full < buffer.len();
        let until = if last { full } else { full - LONGEST };
        for width in [Width::One, Width::Two] {
            find(&buffer[..full], from..until, width, |n| count += u64::from(n.key_is_right));
        }
        if last {
            return Ok((bytes, count));
        }
        let keep = until - BEFORE;
        buffer.copy_within(keep..full, 0);
        (held, from) = (full - keep, BEFORE);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_number_across_the_border_of_two_blocks_is_found_once() {
        let mut buffer = vec![0; BLOCK + LONGEST];
        for number in ["284058832102532", "2 84 05 88 321 025 32"] {
            for place in (BLOCK - 2 * LONGEST..BLOCK + 2 * LONGEST).chain([0, 3 * BLOCK]) {
                let mut bytes = vec![b'.'; 3 * BLOCK + 100];
                bytes[place..place + number.len()].copy_from_slice(number.as_bytes());
                let (read, found) = in_stream(&mut bytes.as_slice(), &mut buffer).unwrap();
                assert_eq!((read, found), (bytes.len() as u64, 1), "{place}");
            }
        }
    }

    #[test]
    fn a_number_glued_to_another_across_the_border_is_none() {
        let mut buffer = vec![0; BLOCK + LONGEST];
        for place in BLOCK - 20..BLOCK + LONGEST + 20 {
            let mut bytes = vec![b'.'; 2 * BLOCK];
            bytes[place..place + 16].copy_from_slice(b"9284058832102532");
            assert_eq!(in_stream(&mut bytes.as_slice(), &mut buffer).unwrap().1, 0, "{place}");
        }
    }

    #[test]
    fn a_folder_is_searched_without_following_links_and_a_hit_names_the_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("run");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("audit.jsonl"), b"{\"sha256\":\"12840588321025320\"}\n").unwrap();
        std::fs::write(inside.join("left.txt"), b"nir 284058832102532\n2 55 08 14 168 025 38").unwrap();
        std::fs::write(inside.join("284058832102532.log"), b"").unwrap();
        let utf16: Vec<u8> = "\u{feff}x;284052A32102552".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(inside.join("wide.csv"), utf16).unwrap();
        let outside = folder.path().join("outside");
        std::fs::write(&outside, b"284058832102532").unwrap();
        std::os::unix::fs::symlink(&outside, inside.join("link")).unwrap();
        let report = sweep(&[&inside, &folder.path().join("gone")]).unwrap();
        assert_eq!((report.files, report.skipped, report.absent), (4, 1, 1));
        let told: Vec<(String, u64)> =
            report.hits.iter().map(|h| (h.file.file_name().unwrap().to_str().unwrap().to_owned(), h.count)).collect();
        let expected = [("###############.log", 1), ("left.txt", 2), ("wide.csv", 1)];
        assert_eq!(told, expected.map(|(n, c)| (n.to_owned(), c)));
        assert!(!format!("{report:?}{}", report.to_json()).contains("28405"));
    }
}
