//! Keyed fingerprints of normal forms: SipHash-1-3 (Aumasson, Bernstein, 2012) under a random key of the run, cut to 61 bits,
//! the class in the other three.

use siphasher::sip::SipHasher13;
use zeroize::Zeroizing;

use super::ScanError;
use super::report::Class;

/// Bits of a word that hold the class.
const CLASS: u64 = 0b111;

/// The key of the fingerprints: drawn for the run, wiped with it. No `Debug`.
pub(super) struct FingerprintKey(Box<Zeroizing<[u8; 16]>>);

impl FingerprintKey {
    pub fn random() -> Result<Self, ScanError> {
        let mut key = Box::new(Zeroizing::new([0; 16]));
        getrandom::fill(key.as_mut_slice()).map_err(|_| ScanError::Random)?;
        Ok(Self(key))
    }

    /// A key that other machines have as well.
    pub fn given(bytes: [u8; 16]) -> Self {
        Self(Box::new(Zeroizing::new(bytes)))
    }

    /// The fingerprint of a normal form.
    #[inline]
    pub fn of(&self, normal: &[u8]) -> u64 {
        SipHasher13::new_with_key(&self.0).hash(normal) & !CLASS
    }

    /// The fingerprint of a telephone number, which is that of no other text.
    #[inline]
    pub fn of_telephone(&self, canonical: &[u8]) -> u64 {
        // No normal form holds a byte of nought, so `tel33639986255` is another text.
        let mut bytes = [0; 18];
        let length = canonical.len().min(17);
        bytes[1..=length].copy_from_slice(&canonical[..length]);
        self.of(&bytes[..=length])
    }
}

/// A fingerprint with the class of what it was made of.
#[inline]
pub(super) fn word(fingerprint: u64, class: Class) -> u64 {
    fingerprint | class as u64
}

/// The parts of a word; `None` for a class that is none.
#[inline]
pub(super) fn parts(word: u64) -> Option<(u64, Class)> {
    Class::ALL.get((word & CLASS) as usize).map(|class| (word & !CLASS, *class))
}

/// The fingerprint of a word.
#[inline]
pub(super) fn bare(word: u64) -> u64 {
    word & !CLASS
}
