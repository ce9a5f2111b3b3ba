//! Where keys lie: each on a page of its own, kept out of swap, wiped before it is given back.

use std::hint::black_box;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};

use hmac::{Hmac, KeyInit};
use region::LockGuard;
use sha2::Sha256;
use zeroize::Zeroize;

/// Alignment of a page. `mlock` counts nothing: unlocking a page once unlocks it for everybody, so no two secrets may share one.
const PAGE: usize = 4096;

/// Secrets of this process so far whose page the system refused to lock.
static UNLOCKED: AtomicUsize = AtomicUsize::new(0);

/// How many keys of this process, since it began, lay in memory that the system may have written to swap, because it refused
/// to lock it (`RLIMIT_MEMLOCK`). They are wiped like the others.
#[must_use]
pub fn unlocked() -> usize {
    UNLOCKED.load(Ordering::Relaxed)
}

/// Puts a value that is no secret where a secret lies.
pub(crate) trait Wipe {
    /// Nothing of the secret is left in `self` afterwards.
    fn wipe(&mut self);
}

impl<const N: usize> Wipe for [u8; N] {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Wipe for Hmac<Sha256> {
    fn wipe(&mut self) {
        *self = Hmac::new(&Default::default());
        // Counts as a reader, so the write is not optimised away.
        black_box(self);
    }
}

/// A key of a library that wipes itself as it is dropped.
pub(crate) struct SelfWiping<T>(Option<T>);

impl<T> SelfWiping<T> {
    pub fn get(&self) -> &T {
        // Only `wipe` empties it, and only the drop of `Locked` wipes.
        self.0.as_ref().expect("a key is there until it is dropped")
    }
}

impl<T> Wipe for SelfWiping<T> {
    fn wipe(&mut self) {
        self.0 = None;
    }
}

#[repr(align(4096))]
struct Page<T>(T);

/// A secret on a page of its own that is locked in memory while it lives, and wiped before it is unlocked. Moving it moves
/// a pointer. No `Debug`, no `Clone`.
pub(crate) struct Locked<T: Wipe> {
    // Declared first, so dropped first: the page is unlocked while it is still ours.
    guard: Option<LockGuard>,
    page: Box<Page<T>>,
}

impl<T: Wipe> Locked<T> {
    /// Takes a value in. Where it is a secret already, its maker calls [`scrub_stack`] after this; better, a blank is taken
    /// in and filled in place.
    pub fn new(value: T) -> Self {
        const { assert!(align_of::<Page<u8>>() == PAGE) };
        let page = Box::new(Page(value));
        let guard = region::lock(std::ptr::from_ref(&*page), size_of::<Page<T>>()).ok();
        // On systems with larger pages two secrets may share one, so the lock may end with that of the other.
        if guard.is_none() || region::page::size() > PAGE {
            UNLOCKED.fetch_add(1, Ordering::Relaxed);
        }
        Self { guard, page }
    }

    /// Whether the system keeps it out of swap.
    pub fn is_locked(&self) -> bool {
        self.guard.is_some() && region::page::size() <= PAGE
    }
}

impl<T> Locked<SelfWiping<T>> {
    /// Takes the key of a library in, and clears the stack over which it came.
    pub fn library(key: T) -> Self {
        let locked = Self::new(SelfWiping(Some(key)));
        scrub_stack();
        locked
    }
}

impl<const N: usize> Locked<[u8; N]> {
    /// Zeros, to be filled in place.
    pub fn zeros() -> Self {
        Self::new([0; N])
    }
}

impl<T: Wipe> Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.page.0
    }
}

impl<T: Wipe> DerefMut for Locked<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.page.0
    }
}

impl<T: Wipe> Drop for Locked<T> {
    fn drop(&mut self) {
        self.page.0.wipe();
    }
}

/// How far below the caller the stack is cleared: libraries compute there and leave their intermediate values.
const SCRUBBED: usize = 128 * 1024;

/// Clears the stack below the caller, on this thread.
#[inline(never)]
pub fn scrub_stack() {
    let mut below = [0u8; SCRUBBED];
    // Counts as a reader, so the zeros are really written.
    black_box(&mut below);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_two_secrets_share_a_page() {
        let secrets: Vec<Locked<[u8; 32]>> = (0..8).map(|_| Locked::zeros()).collect();
        let mut pages: Vec<usize> = secrets.iter().map(|s| std::ptr::from_ref(&**s).addr() / PAGE).collect();
        pages.sort_unstable();
        pages.dedup();
        assert_eq!(pages.len(), secrets.len());
    }

    #[test]
    fn a_secret_is_wiped_before_anything_else_happens_to_it() {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        struct Witness([u8; 4]);
        impl Wipe for Witness {
            fn wipe(&mut self) {
                self.0.wipe();
            }
        }
        impl Drop for Witness {
            fn drop(&mut self) {
                SEEN.store(1 + self.0.iter().map(|b| usize::from(*b)).sum::<usize>(), Ordering::SeqCst);
            }
        }
        drop(Locked::new(Witness([9; 4])));
        assert_eq!(SEEN.load(Ordering::SeqCst), 1, "dropped once, and blank by then");
    }
}
