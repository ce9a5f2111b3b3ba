//! What the head of an age file says about who can decrypt it.

use std::path::Path;

use super::error::{Act, SealError};
use super::tar::Section;
use crate::disk::DiskFile;

/// A head with one recipient and one grease stanza has less than 700 bytes.
const LONGEST_HEAD: u64 = 4096;

/// Whether a file is encrypted to one X25519 recipient and to nobody else, passphrases and other kinds of keys included.
/// A grease stanza, which the age specification asks writers to add, is nobody (age-encryption.org/v1, "Recipient stanza").
pub(super) fn check(file: &DiskFile, path: &Path, section: Section) -> Result<(), SealError> {
    // At most LONGEST_HEAD, so it fits.
    let mut head = vec![0; section.bytes.min(LONGEST_HEAD) as usize];
    file.read_exact_at(&mut head, section.at).map_err(SealError::io(path, Act::Read))?;
    if is_ours(&head) { Ok(()) } else { Err(SealError::Algorithm { what: "encryption" }) }
}

fn is_ours(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n');
    if lines.next() != Some(b"age-encryption.org/v1") {
        return false;
    }
    let mut recipients = 0;
    for line in lines {
        if line.starts_with(b"--- ") {
            return recipients == 1;
        }
        if let Some(stanza) = line.strip_prefix(b"-> ") {
            let tag = stanza.split(|byte| *byte == b' ').next().unwrap_or_default();
            match tag {
                b"X25519" => recipients += 1,
                grease if grease.ends_with(b"-grease") => {}
                _ => return false,
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn a_second_reader_a_passphrase_or_an_unknown_kind_of_key_is_no_file_of_ours() {
        let head = |stanzas: &[&str]| {
            let body = stanzas.iter().map(|s| format!("-> {s}\nYm9keQ\n")).collect::<String>();
            format!("age-encryption.org/v1\n{body}--- bWFj\nrest").into_bytes()
        };
        assert!(is_ours(&head(&["X25519 abc"])));
        assert!(is_ours(&head(&["X25519 abc", "xyz-grease a b"])));
        assert!(!is_ours(&head(&["X25519 abc", "X25519 def"])), "somebody else could read along");
        assert!(!is_ours(&head(&["xyz-grease"])));
        assert!(!is_ours(&head(&["scrypt abc 18"])));
        assert!(!is_ours(&head(&["X25519 abc", "ssh-rsa abc"])));
        assert!(!is_ours(&head(&["X25519 abc"]).replace_version()));
        assert!(!is_ours(b"age-encryption.org/v1\n-> X25519 abc\n"), "a head without an end");
    }

    trait Replace {
        fn replace_version(self) -> Vec<u8>;
    }

    impl Replace for Vec<u8> {
        fn replace_version(mut self) -> Vec<u8> {
            self[20] = b'2';
            self
        }
    }
}
