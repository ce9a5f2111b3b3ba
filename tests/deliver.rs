//! Delivery to real servers, which the tests start on this machine: what arrives, what never does, and what is tried
//! again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "deliver/address.rs"]
mod address;
mod common;
#[path = "deliver/folder.rs"]
mod folder;
#[path = "deliver/relay.rs"]
mod relay;
#[cfg(feature = "s3")]
#[path = "deliver/s3.rs"]
mod s3;
#[cfg(feature = "sftp")]
#[path = "deliver/sftp.rs"]
mod sftp;

use std::cell::RefCell;
use std::fs;
use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tamis::deliver::{Pause, Retry};

pub const NAME: &str = "depistage-20260301T120000.000Z-dgs.tamis";

/// A file of so many bytes that do not repeat.
pub fn package(folder: &Path, bytes: usize) -> PathBuf {
    let path = folder.join(NAME);
    fs::write(&path, noise(bytes)).unwrap();
    path
}

pub fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// A file that its owner alone can read.
pub fn secret(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// So many attempts; the delays would be 10, 30, 90… seconds.
pub fn attempts(n: u32) -> Retry {
    Retry::new(NonZeroU32::new(n).unwrap(), Duration::from_secs(10), NonZeroU32::new(3).unwrap())
}

/// Waits for nothing, notes the delays, and looks around at each.
pub struct Waits<'a> {
    delays: RefCell<Vec<u64>>,
    look: Box<dyn Fn() + 'a>,
}

#[allow(clippy::new_without_default)]
impl<'a> Waits<'a> {
    pub fn new() -> Self {
        Self::looking(|| ())
    }

    pub fn looking(look: impl Fn() + 'a) -> Self {
        Self { delays: RefCell::new(Vec::new()), look: Box::new(look) }
    }

    pub fn seconds(&self) -> Vec<u64> {
        self.delays.borrow().clone()
    }
}

impl Pause for Waits<'_> {
    fn pause(&self, delay: Duration) {
        self.delays.borrow_mut().push(delay.as_secs());
        (self.look)();
    }
}

/// Names in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
