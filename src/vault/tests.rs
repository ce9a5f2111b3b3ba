#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::*;
use crate::sieve::Values;

/// Rows whose words are the bytes of a text that must not be found on disk.
const CANARY: u64 = u64::from_be_bytes(*b"DUPONT!!");

fn rows(from: u64, count: u64) -> Rows {
    let key =
        (from..from + count).map(|i| u128::from(i).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).collect();
    let code = (from..from + count).map(|i| i as u32).collect();
    let word = vec![CANARY; count as usize];
    let number = (from..from + count).map(|i| i as f64 / 2.0).collect();
    Rows { key, columns: vec![Values::Code(code), Values::Word(word), Values::Number(number)] }
}

const KINDS: [Kind; 3] = [Kind::Code, Kind::Word, Kind::Number];

fn store(memory: usize, buckets: usize) -> (Store, Arc<Budget>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let budget = Budget::new(memory);
    (Store::new(KINDS.to_vec(), buckets, Arc::clone(&budget), folder.path()).unwrap(), budget, folder)
}

/// Every row of a store as (key, code, word), in order of keys.
fn all(store: &Store) -> Vec<(u128, u32, u64)> {
    let mut found = Vec::new();
    for bucket in 0..store.buckets() {
        let rows = store.bucket(bucket).unwrap();
        assert!(rows.key.is_sorted());
        for row in 0..rows.len() {
            found.push((rows.key[row], rows.codes(0)[row], rows.words(1)[row]));
        }
    }
    found
}

#[test]
fn a_spilled_store_gives_back_what_was_put_in_and_keeps_no_plaintext_on_disk() {
    let (spilled, _, folder) = store(4_000, 8);
    let (held, _, _keep) = store(usize::MAX / 2, 8);
    for part in 0..20 {
        spilled.append(&rows(part * 100, 100)).unwrap();
        held.append(&rows(part * 100, 100)).unwrap();
    }
    assert!(spilled.spilled_bytes() > 0);
    assert_eq!(held.spilled_bytes(), 0);
    assert_eq!(all(&spilled), all(&held));
    assert_eq!(all(&held).len(), 2_000);

    let ciphertext = spilled.spilled_ciphertext().unwrap();
    assert_eq!(ciphertext.len() as u64, spilled.spilled_bytes());
    for canary in [CANARY.to_be_bytes(), CANARY.to_le_bytes()] {
        assert!(!ciphertext.windows(8).any(|w| w == canary));
    }
    assert!(!ciphertext.windows(5).any(|w| w == b"ARROW"), "not even the form of the plaintext shows");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the spill file has no name");
}

#[test]
fn crumbs_of_several_threads_all_arrive_once_whether_they_spill_or_not() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for (memory, buckets) in [(usize::MAX / 2, 4), (usize::MAX / 2, 512), (20_000, 4), (20_000, 512), (0, 64)] {
        let (store, _, _folder) = store(memory, buckets);
        // Crumbs of 0 to 40 rows, and some that are larger than what is gathered.
        let crumbs: Vec<(u64, u64)> = (0..300)
            .map(|crumb| if crumb % 100 == 99 { 20_000 } else { crumb % 41 })
            .scan(0, |from, count| {
                *from += count;
                Some((*from - count, count))
            })
            .collect();
        pool.install(|| crumbs.par_iter().for_each(|(from, count)| store.append(&rows(*from, *count)).unwrap()));
        let rows = crumbs.iter().map(|(_, count)| count).sum::<u64>();
        assert_eq!(store.rows(), rows);
        assert_eq!(store.spilled_bytes() > 0, memory < usize::MAX / 2);

        // Whoever reads first reads all.
        let keys = (0..store.buckets()).into_par_iter().map(|bucket| {
            let mut found = 0;
            store.each_key(bucket, |keys| found += keys.len() as u64).unwrap();
            found
        });
        assert_eq!(pool.install(|| keys.sum::<u64>()), rows);
        let mut codes: Vec<u32> = all(&store).into_iter().map(|(_, code, _)| code).collect();
        codes.sort_unstable();
        assert!(codes.into_iter().eq(0..rows as u32), "{buckets} buckets");
    }
}

#[test]
fn the_same_look_would_find_the_plaintext_of_an_unencrypted_chunk() {
    let plain = ipc::encode(rows(0, 100)).unwrap();
    assert!(plain.windows(8).any(|w| w == CANARY.to_le_bytes()));
}

#[test]
fn buckets_are_ranges_of_keys_so_that_their_number_does_not_change_the_order() {
    let orders: Vec<_> = [1, 2, 64]
        .map(|buckets| {
            let (store, _, _folder) = store(usize::MAX / 2, buckets);
            store.append(&rows(0, 500)).unwrap();
            all(&store).into_iter().map(|(key, ..)| key).collect::<Vec<_>>()
        })
        .into();
    assert!(orders[0].is_sorted());
    assert!(orders[0] == orders[1] && orders[1] == orders[2]);
}

#[test]
fn dropping_a_store_is_destroying_it_and_is_written_down() {
    let (store, budget, _folder) = store(1_000, 4);
    store.append(&rows(0, 100)).unwrap();
    store.append(&rows(100, 3)).unwrap();
    assert!(budget.destroyed().is_empty());
    drop(store);
    let destroyed = budget.destroyed();
    assert_eq!((budget.opened(), destroyed.len()), (1, 1));
    assert_eq!((destroyed[0].keys_wiped, destroyed[0].spill_files), (1, 1));
    assert!(destroyed[0].spill_bytes > 0 && destroyed[0].spill_unlinked_at_creation);
    assert_eq!(destroyed[0].memory_bytes, 3 * (16 + 4 + 8 + 8));
}

#[test]
fn a_store_whose_folder_refuses_says_so() {
    let budget = Budget::new(0);
    let nowhere = std::path::Path::new("/nonexistent-folder-of-a-test");
    let store = Store::new(KINDS.to_vec(), 2, budget, nowhere).unwrap();
    let error = store.append(&rows(0, 10)).unwrap_err();
    assert!(matches!(error, VaultError::Spill { kind: std::io::ErrorKind::NotFound }));
}
