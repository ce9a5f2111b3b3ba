//! A bucketed store of rows: in memory up to a limit, then in an encrypted spill file.
//!
//! The spill file has no name: it is unlinked before its first byte is written, so the operating system frees it when the
//! process ends, however it ends; and what is in it is ciphertext under a key that dies with the store.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::seal::SpillKey;
use super::{Destroyed, VaultError, ipc};
use crate::disk::{self, DiskFile};
use crate::sieve::{Kind, Rows};

/// Memory that the stores of a run share in equal parts, and the list of those that were destroyed.
pub struct Budget {
    limit: usize,
    opened: AtomicUsize,
    destroyed: Mutex<Vec<Destroyed>>,
}

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, opened: AtomicUsize::new(0), destroyed: Mutex::default() })
    }

    /// Number of stores opened so far: as many have to be destroyed.
    #[must_use]
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// The stores that were destroyed so far.
    #[must_use]
    pub fn destroyed(&self) -> Vec<Destroyed> {
        lock(&self.destroyed).clone()
    }

    /// What one store may hold: an equal part for every store that is open. A store that spilled because of what others
    /// hold would write a crumb with every block.
    fn part(&self) -> usize {
        let open = self.opened().saturating_sub(lock(&self.destroyed).len());
        self.limit / open.max(1)
    }
}

/// A chunk of a bucket in the spill file.
struct Chunk {
    number: u64,
    offset: u64,
    length: usize,
}

#[doc(hidden)]
pub struct Bucket {
    rows: Rows,
    /// Whether `rows` is in order of its keys.
    sorted: bool,
    chunks: Vec<Chunk>,
}

/// The rows of a bucket while they are looked at.
pub enum Held<'a> {
    /// They lie in memory.
    #[doc(hidden)]
    Memory(MutexGuard<'a, Bucket>),
    /// They were decrypted, or filtered, for this look.
    #[doc(hidden)]
    Loaded(Rows),
}

impl std::ops::Deref for Held<'_> {
    type Target = Rows;

    fn deref(&self) -> &Rows {
        match self {
            Self::Memory(bucket) => &bucket.rows,
            Self::Loaded(rows) => rows,
        }
    }
}

/// The bucket of a key among so many, a power of two: its leading bits.
#[must_use]
#[inline]
pub fn bucket_of(key: u128, buckets: usize) -> usize {
    // A shift by all bits would be none.
    (key >> 64 >> (64 - buckets.trailing_zeros())) as usize
}

/// Rows that a thread gathers for each bucket before it brings them there. Fewer would find neither the bucket's lists nor their
/// ends in the cache: with 512 buckets and the rows of one block at a time, filling the store took twice as long.
const GATHERED: usize = 16;

/// Rows in buckets by the leading bits of their key. All are appended before any is read.
pub struct Store {
    kinds: Vec<Kind>,
    buckets: Vec<Mutex<Bucket>>,
    /// Rows on their way to the buckets, one list for each thread, and how many lists have any.
    arriving: Vec<Mutex<Rows>>,
    filled: AtomicUsize,
    budget: Arc<Budget>,
    key: SpillKey,
    folder: PathBuf,
    spill: OnceLock<DiskFile>,
    spill_end: Mutex<u64>,
    spilling: AtomicBool,
    next_chunk: AtomicU64,
    spilled_bytes: AtomicU64,
    rows: AtomicU64,
    /// Bytes of rows in memory.
    held: AtomicUsize,
}

/// A panic in another thread ends the run anyway; the data behind the lock are only read or dropped afterwards.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// An empty store. `buckets` is a power of two; spilled chunks go to an unnamed file in `folder`.
    pub fn new(kinds: Vec<Kind>, buckets: usize, budget: Arc<Budget>, folder: &Path) -> Result<Self, VaultError> {
        let buckets = buckets.max(1).next_power_of_two();
        let key = SpillKey::random()?;
        budget.opened.fetch_add(1, Ordering::Relaxed);
        let empty = || Bucket { rows: Rows::empty(&kinds), sorted: false, chunks: Vec::new() };
        Ok(Self {
            buckets: (0..buckets).map(|_| Mutex::new(empty())).collect(),
            arriving: (0..rayon::current_num_threads()).map(|_| Mutex::new(Rows::empty(&kinds))).collect(),
            filled: AtomicUsize::new(0),
            kinds,
            budget,
            key,
            folder: folder.to_path_buf(),
            spill: OnceLock::new(),
            spill_end: Mutex::new(0),
            spilling: AtomicBool::new(false),
            next_chunk: AtomicU64::new(0),
            spilled_bytes: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            held: AtomicUsize::new(0),
        })
    }

    /// Number of buckets.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// Rows appended so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Ciphertext bytes written so far.
    #[must_use]
    pub fn spilled_bytes(&self) -> u64 {
        self.spilled_bytes.load(Ordering::Relaxed)
    }

    /// Appends rows, each to the bucket of its key; spills when the budget is used up.
    pub fn append(&self, rows: &Rows) -> Result<(), VaultError> {
        if rows.columns.len() != self.kinds.len() {
            return Err(VaultError::Layout);
        }
        // Counted before they lie in a bucket: another thread may spill them at once.
        let bytes = rows.len() * rows.width();
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.rows.fetch_add(rows.len() as u64, Ordering::Relaxed);
        let part = self.budget.part();
        let full = held > part;
        // All threads together gather a quarter of what the store may hold.
        let most = (GATHERED * self.buckets.len()).min(part / (4 * self.arriving.len() * rows.width()));
        let thread = rayon::current_thread_index().unwrap_or(0) % self.arriving.len();
        let mut arriving = lock(&self.arriving[thread]);
        if arriving.is_empty() && rows.len() >= most {
            self.bring(rows)?;
        } else {
            self.filled.fetch_add(usize::from(arriving.is_empty() && !rows.is_empty()), Ordering::AcqRel);
            arriving.append(rows)?;
        }
        if full || arriving.len() >= most {
            self.arrived(&mut arriving)?;
        }
        drop(arriving);
        if full && !self.spilling.swap(true, Ordering::AcqRel) {
            let spilled = self.spill_all();
            self.spilling.store(false, Ordering::Release);
            spilled?;
        }
        Ok(())
    }

    /// Brings the rows of one list to their buckets.
    fn arrived(&self, arriving: &mut Rows) -> Result<(), VaultError> {
        if !arriving.is_empty() {
            self.bring(arriving)?;
            arriving.clear();
            self.filled.fetch_sub(1, Ordering::AcqRel);
        }
        Ok(())
    }

    /// Brings the rows of all lists to their buckets, before one is read.
    fn settle(&self) -> Result<(), VaultError> {
        if self.filled.load(Ordering::Acquire) > 0 {
            self.arriving.iter().try_for_each(|arriving| self.arrived(&mut lock(arriving)))?;
        }
        Ok(())
    }

    fn bring(&self, rows: &Rows) -> Result<(), VaultError> {
        let (starts, order) = self.partition(&rows.key);
        for (bucket, window) in starts.windows(2).enumerate() {
            let places = &order[window[0] as usize..window[1] as usize];
            if !places.is_empty() {
                let mut bucket = lock(&self.buckets[bucket]);
                bucket.rows.extend_from(rows, places)?;
                bucket.sorted = false;
            }
        }
        Ok(())
    }

    /// A counting sort: where each bucket starts, and the places of the rows in order of their buckets.
    fn partition(&self, keys: &[u128]) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0u32; self.buckets.len() + 1];
        for key in keys {
            starts[self.bucket_of(*key) + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; keys.len()];
        for (place, key) in keys.iter().enumerate() {
            let slot = &mut next[self.bucket_of(*key)];
            order[*slot as usize] = place as u32;
            *slot += 1;
        }
        (starts, order)
    }

    fn bucket_of(&self, key: u128) -> usize {
        bucket_of(key, self.buckets.len())
    }

    fn spill_all(&self) -> Result<(), VaultError> {
        for (number, bucket) in self.buckets.iter().enumerate() {
            let mut bucket = lock(bucket);
            if bucket.rows.is_empty() {
                continue;
            }
            // As many will come until the next time: lists that grow anew would be copied again and again.
            let room = Rows::with_room(&self.kinds, bucket.rows.len());
            let rows = std::mem::replace(&mut bucket.rows, room);
            let bytes = rows.len() * rows.width();
            let chunk = self.write_chunk(number as u32, rows)?;
            bucket.chunks.push(chunk);
            self.held.fetch_sub(bytes, Ordering::Relaxed);
        }
        Ok(())
    }

    fn write_chunk(&self, bucket: u32, rows: Rows) -> Result<Chunk, VaultError> {
        let plain = ipc::encode(rows)?;
        let number = self.next_chunk.fetch_add(1, Ordering::Relaxed);
        let sealed = self.key.seal(number, bucket, &plain)?;
        drop(plain);
        let mut end = lock(&self.spill_end);
        let file = self.spill_file()?;
        let offset = *end;
        *end += sealed.len() as u64;
        drop(end);
        file.write_all_at(&sealed, offset).map_err(|e| VaultError::spill(&e))?;
        self.spilled_bytes.fetch_add(sealed.len() as u64, Ordering::Relaxed);
        Ok(Chunk { number, offset, length: sealed.len() })
    }

    /// The spill file, made at its first use. The caller holds the lock on its end, so it is made once.
    fn spill_file(&self) -> Result<&DiskFile, VaultError> {
        if let Some(file) = self.spill.get() {
            return Ok(file);
        }
        let file = disk::unnamed(&self.folder).map_err(|e| VaultError::spill(&e))?;
        Ok(self.spill.get_or_init(|| file))
    }

    fn read_chunk(&self, bucket: u32, chunk: &Chunk) -> Result<Rows, VaultError> {
        let file = self.spill.get().ok_or(VaultError::Damaged)?;
        let mut sealed = vec![0u8; chunk.length];
        file.read_exact_at(&mut sealed, chunk.offset).map_err(|e| VaultError::spill(&e))?;
        ipc::decode(self.key.open(chunk.number, bucket, &sealed)?, &self.kinds)
    }

    /// The rows of a bucket in order of their keys. The order of rows of one key is not defined. Another reader of the same
    /// bucket waits until the answer is dropped.
    pub fn bucket(&self, bucket: usize) -> Result<Held<'_>, VaultError> {
        self.settle()?;
        let mut guard = lock(&self.buckets[bucket]);
        if guard.chunks.is_empty() {
            if !guard.sorted {
                let order = guard.rows.order();
                guard.rows = guard.rows.gather(&order);
                guard.sorted = true;
            }
            return Ok(Held::Memory(guard));
        }
        let mut rows = guard.rows.clone();
        for chunk in &guard.chunks {
            rows.append(&self.read_chunk(bucket as u32, chunk)?)?;
        }
        drop(guard);
        let order = rows.order();
        Ok(Held::Loaded(rows.gather(&order)))
    }

    /// Shows the keys of a bucket in no order, chunk by chunk: nothing is sorted or brought together.
    pub fn each_key(&self, bucket: usize, mut look: impl FnMut(&[u128])) -> Result<(), VaultError> {
        self.settle()?;
        let guard = lock(&self.buckets[bucket]);
        look(&guard.rows.key);
        for chunk in &guard.chunks {
            look(&self.read_chunk(bucket as u32, chunk)?.key);
        }
        Ok(())
    }

    /// The ciphertext as it lies on disk; for tests that look for plaintext in it.
    #[cfg(test)]
    pub(crate) fn spilled_ciphertext(&self) -> Result<Vec<u8>, VaultError> {
        let Some(file) = self.spill.get() else { return Ok(Vec::new()) };
        let mut bytes = vec![0u8; *lock(&self.spill_end) as usize];
        file.read_exact_at(&mut bytes, 0).map_err(|e| VaultError::spill(&e))?;
        Ok(bytes)
    }
}

impl Drop for Store {
    /// Wipes the key (with its own drop), gives up memory and spill file, and writes down what was there: on every path,
    /// errors and panics included.
    fn drop(&mut self) {
        lock(&self.budget.destroyed).push(Destroyed {
            keys_wiped: 1,
            spill_files: usize::from(self.spill.get().is_some()),
            spill_bytes: self.spilled_bytes(),
            memory_bytes: self.held.load(Ordering::Relaxed) as u64,
            buckets: self.buckets.len(),
            spill_unlinked_at_creation: true,
        });
    }
}
