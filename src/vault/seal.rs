//! Encryption of spilled chunks: ChaCha20-Poly1305 (RFC 8439) under a key that exists only in memory.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use zeroize::Zeroize;

use super::VaultError;
use crate::keys::Locked;

/// The key of one store. Drawn from the operating system, never written, locked in memory and wiped when the store goes.
///
/// It has no `Debug`, `Clone` or `Copy`.
pub(super) struct SpillKey(Locked<[u8; 32]>);

impl SpillKey {
    /// A fresh key.
    pub fn random() -> Result<Self, VaultError> {
        let mut bytes = Locked::zeros();
        getrandom::fill(&mut *bytes).map_err(|_| VaultError::Random)?;
        Ok(Self(bytes))
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        let mut key = Key::from(*self.0);
        let cipher = ChaCha20Poly1305::new(&key);
        key.zeroize();
        cipher
    }

    /// Encrypts a chunk. `number` is unique under this key, so the nonce never repeats; the place of the chunk (bucket and
    /// number) is authenticated, so that chunks cannot be exchanged on disk.
    pub fn seal(&self, number: u64, bucket: u32, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let place = place(number, bucket);
        self.cipher().encrypt(&nonce(number), Payload { msg: plain, aad: &place }).map_err(|_| VaultError::Seal)
    }

    /// Decrypts a chunk, or says that it is not what was written.
    pub fn open(&self, number: u64, bucket: u32, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let place = place(number, bucket);
        self.cipher().decrypt(&nonce(number), Payload { msg: sealed, aad: &place }).map_err(|_| VaultError::Damaged)
    }
}

fn nonce(number: u64) -> Nonce {
    let mut bytes = [0u8; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::from(bytes)
}

fn place(number: u64, bucket: u32) -> [u8; 12] {
    let mut bytes = [0u8; 12];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..].copy_from_slice(&bucket.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_chunk_opens_only_in_its_own_place_and_unchanged() {
        let key = SpillKey::random().unwrap();
        let sealed = key.seal(7, 3, b"284058832102532").unwrap();
        assert_eq!(key.open(7, 3, &sealed).unwrap(), b"284058832102532");
        assert!(key.open(8, 3, &sealed).is_err());
        assert!(key.open(7, 2, &sealed).is_err());
        let mut flipped = sealed.clone();
        flipped[4] ^= 1;
        assert!(key.open(7, 3, &flipped).is_err());
        assert!(!sealed.windows(15).any(|w| w == b"284058832102532"));
    }
}
