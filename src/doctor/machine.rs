//! This machine, as Linux tells of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Facts, FileFacts, LeftRun, Service, Swap};
use crate::audit;
use crate::clock::Clock;
use crate::destroy::State;
use crate::disk;
use crate::keys::{self, KeyError, KeyReport, KeySource};

/// The machine that the program runs on.
pub struct Machine {
    /// Its clock.
    pub clock: Arc<dyn Clock>,
}

fn text(path: impl AsRef<Path>) -> Option<String> {
    disk::read(path.as_ref()).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Whether a block device is encrypted, or every device that it is made of. Swap in compressed memory is no disk.
fn encrypted(device: &str, depth: u8) -> bool {
    if device.starts_with("zram") {
        return true;
    }
    let block = Path::new("/sys/class/block").join(device);
    if text(block.join("dm/uuid")).is_some_and(|uuid| uuid.starts_with("CRYPT-")) {
        return true;
    }
    let below = disk::list(&block.join("slaves")).unwrap_or_default();
    let names: Vec<String> =
        below.iter().filter_map(|p| p.file_name()).map(|n| n.to_string_lossy().into_owned()).collect();
    // Devices are stacked a few deep.
    !names.is_empty() && depth < 8 && names.iter().all(|name| encrypted(name, depth + 1))
}

/// A field of `/proc/self/status`.
fn status(field: &str) -> Option<String> {
    let text = text("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':').map(str::trim));
    line.map(str::to_owned)
}

/// The control group of the process, without its first slash.
fn group() -> Option<String> {
    let groups = text("/proc/self/cgroup")?;
    groups.lines().find_map(|line| line.strip_prefix("0::/")).map(str::to_owned)
}

impl Facts for Machine {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn user(&self) -> u32 {
        disk::user()
    }

    fn dumpable(&self) -> Option<bool> {
        keys::is_dumpable()
    }

    fn swaps(&self) -> Vec<Swap> {
        let lines = text("/proc/swaps").unwrap_or_default();
        let places = lines.lines().skip(1).filter_map(|line| line.split_whitespace().next());
        places
            .map(|place| {
                let real = disk::canonical(Path::new(place)).unwrap_or_else(|_| PathBuf::from(place));
                let name = real.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                Swap { place: place.to_owned(), encrypted: real.starts_with("/dev") && encrypted(&name, 0) }
            })
            .collect()
    }

    fn swap_forbidden(&self) -> bool {
        let Some(group) = group() else { return false };
        let limit = Path::new("/sys/fs/cgroup").join(group).join("memory.swap.max");
        text(limit).is_some_and(|limit| limit.trim() == "0")
    }

    fn service(&self) -> Option<Service> {
        // systemd gives every invocation of a service a number; terminals inherit it, in a group that is no service's.
        std::env::var_os("INVOCATION_ID")?;
        group().filter(|group| group.ends_with(".service"))?;
        let is = |field: &str, value: &str| status(field).is_some_and(|found| found == value);
        Some(Service {
            no_new_privileges: is("NoNewPrivs", "1"),
            system_calls: is("Seccomp", "2"),
            no_swap: self.swap_forbidden(),
            no_capabilities: status("CapBnd").is_some_and(|set| set.bytes().all(|digit| digit == b'0')),
        })
    }

    fn temporary(&self) -> PathBuf {
        std::env::temp_dir()
    }

    fn file(&self, path: &Path) -> Option<FileFacts> {
        let found = disk::metadata_of_target(path).ok()?;
        let (mode, owner) = disk::rights_of(&found);
        Some(FileFacts { folder: found.is_dir(), mode, owner, bytes: found.len() })
    }

    fn readable(&self, path: &Path) -> bool {
        disk::may_read(path)
    }

    fn writable(&self, path: &Path) -> bool {
        disk::may_write(path)
    }

    fn in_memory(&self, path: &Path) -> bool {
        disk::is_in_memory(path)
    }

    fn free(&self, path: &Path) -> Option<u64> {
        disk::free_bytes(path).ok()
    }

    fn matching(&self, pattern: &str) -> Vec<PathBuf> {
        glob::glob(pattern).map(|found| found.filter_map(Result::ok).collect()).unwrap_or_default()
    }

    fn runs(&self, folder: &Path, pipeline: &str) -> Vec<LeftRun> {
        let entries = disk::list(folder).unwrap_or_default();
        let log = |run: &Path| run.join("dossier/audit.jsonl");
        let of_pipeline = |run: &PathBuf| {
            let name = run.file_name().unwrap_or_default().to_string_lossy();
            // A digit follows: `l1411` has no part in the runs of `l1411-8`.
            let rest = name.strip_prefix(pipeline).and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(is_time)
        };
        entries.into_iter().filter(of_pipeline).map(|run| left(&log(&run), run)).collect()
    }

    fn locked(&self, path: &Path) -> bool {
        // Tried and given back at once. Held for this moment, it could turn a run away that begins in the same one.
        disk::open_in_place(path).is_ok_and(|file| file.try_lock().is_ok_and(|free| !free))
    }

    fn key(&self, source: &KeySource) -> Result<KeyReport, KeyError> {
        keys::inspect(source)
    }

    fn credential(&self, source: &KeySource) -> Result<(), KeyError> {
        keys::load_credential(source).map(drop)
    }
}

/// `20261122T204251.578Z`.
fn is_time(text: &str) -> bool {
    text.len() == 20
        && text.ends_with('Z')
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| matches!((i, b), (8, b'T') | (15, b'.') | (19, b'Z')) || b.is_ascii_digit())
}

fn left(log: &Path, folder: PathBuf) -> LeftRun {
    if !disk::exists(log) {
        return LeftRun { folder, begun: false, state: None, acknowledged: false, last: None };
    }
    let (entries, _) = audit::read_sound(log);
    let state = entries.iter().rev().find_map(|entry| State::of_word(&entry.event));
    let first = entries.first().and_then(|entry| entry.fields.get("destroy_when"));
    LeftRun {
        folder,
        begun: true,
        state,
        acknowledged: first.is_some_and(|when| when == "acknowledged"),
        last: entries.last().map(|entry| entry.time),
    }
}
