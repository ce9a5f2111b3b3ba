//! The key under which working data go from one machine to another.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) whose nonce is an HMAC of kind, bucket and content: the same content gives the
//! same bytes on whichever machine it is made, however often, and two contents never share a nonce but by a collision of 192
//! bits. What such a nonce tells is that two parts are equal.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroize;

use super::{Domain, Keyed, Locked, MasterKey, info};

/// First field of every derivation of this purpose.
pub(super) const PASSAGE: &[u8] = b"passage";
/// Bytes of a nonce.
const NONCE: usize = 24;

/// Seals parts of the working data of one run. No `Debug`; dropping it wipes it.
pub struct PassageKey {
    keyed: Keyed,
    cipher: Locked<[u8; 32]>,
}

/// A part was not sealed under this key, for this place, or it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part of the working data was not sealed by this run for this place, or it was changed")]
pub struct NotOurs;

impl MasterKey {
    /// The key under which the working data of a run go from machine to machine.
    #[must_use]
    pub fn passage_key(&self, domain: &Domain<'_>) -> PassageKey {
        let keyed = self.derive(domain, PASSAGE, None);
        let mut cipher = Locked::zeros();
        let mut bytes = keyed.digest(&[b"cipher"]);
        cipher.copy_from_slice(&bytes);
        bytes.zeroize();
        PassageKey { keyed, cipher }
    }
}

impl PassageKey {
    fn cipher(&self) -> XChaCha20Poly1305 {
        let mut key = Key::from(*self.cipher);
        let cipher = XChaCha20Poly1305::new(&key);
        key.zeroize();
        cipher
    }

    /// Nonce and ciphertext. `kind` and `bucket` are authenticated: a part opens as what it was sealed as.
    ///
    /// # Errors
    /// [`NotOurs`] where the content is too long to be encrypted (256 GiB).
    pub fn seal(&self, kind: &str, bucket: u32, plain: &[u8]) -> Result<Vec<u8>, NotOurs> {
        let place = place(kind, bucket);
        let digest = self.keyed.digest(&[b"nonce", &place, plain]);
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&digest[..NONCE]);
        let payload = Payload { msg: plain, aad: &place };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| NotOurs)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// What was sealed.
    ///
    /// # Errors
    /// [`NotOurs`].
    pub fn open(&self, kind: &str, bucket: u32, sealed: &[u8]) -> Result<Vec<u8>, NotOurs> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(NotOurs)?;
        let payload = Payload { msg: sealed, aad: &place(kind, bucket) };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| NotOurs)
    }

    /// The key of fingerprints that all machines of a run make alike.
    #[must_use]
    pub(crate) fn fingerprints(&self) -> [u8; 16] {
        let mut bytes = self.keyed.digest(&[b"fingerprints"]);
        let mut key = [0; 16];
        key.copy_from_slice(&bytes[..16]);
        bytes.zeroize();
        key
    }
}

fn place(kind: &str, bucket: u32) -> Vec<u8> {
    info(&[kind.as_bytes(), &bucket.to_be_bytes()])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key(dataset: &str) -> PassageKey {
        let domain = Domain { epoch: "run", recipient: "", dataset, identifier: "nir" };
        MasterKey::from_bytes(std::array::from_fn(|i| i as u8)).unwrap().passage_key(&domain)
    }

    #[test]
    fn a_part_opens_only_as_what_it_was_sealed_as_and_by_its_own_run() {
        let sealed = key("a").seal("rows", 3, b"284058832102532").unwrap();
        assert_eq!(key("a").open("rows", 3, &sealed).unwrap(), b"284058832102532");
        assert_eq!(sealed, key("a").seal("rows", 3, b"284058832102532").unwrap());
        assert!(key("b").open("rows", 3, &sealed).is_err());
        assert!(key("a").open("census", 3, &sealed).is_err());
        assert!(key("a").open("rows", 4, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key("a").open("rows", 3, &changed).is_err(), "byte {at}");
        }
        assert!(key("a").open("rows", 3, &sealed[..NONCE - 1]).is_err());
        assert!(!sealed.windows(15).any(|w| w == b"284058832102532"));
    }
}
