use super::*;

const KEY: [u8; 32] = [7; 32];

#[test]
fn words_are_those_of_hmac_sha256_over_lengths_and_bytes() {
    // The same computed by hand from the public interface of the hash: a change of the encoding would change every
    // published table.
    let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).expect("any length is a key");
    for part in [&3_u64.to_be_bytes()[..], b"why", &4_u64.to_be_bytes(), b"name", &0_u64.to_be_bytes()] {
        mac.update(part);
    }
    let bytes = mac.finalize().into_bytes();
    let first = u64::from_be_bytes(bytes[..8].try_into().expect("eight bytes"));
    let fourth = u64::from_be_bytes(bytes[24..].try_into().expect("eight bytes"));
    let words: Vec<u64> = WordKey::new(&KEY, "why").words(b"name").take(5).collect();
    assert_eq!((words[0], words[3]), (first, fourth));
    assert!(!words[..4].contains(&words[4]));
}

#[test]
fn the_order_of_the_coordinates_does_not_matter() {
    let key = WordKey::new(&KEY, "rounding");
    let one = key.cell_words(&[("sex", "F"), ("age", "40")], 7).word();
    assert_eq!(one, key.cell_words(&[("age", "40"), ("sex", "F")], 7).word());
    assert_ne!(one, key.cell_words(&[("sex", "F")], 7).word());
}

#[test]
fn the_words_of_a_cell_stay_with_its_count_and_change_with_it() {
    let key = WordKey::new(&KEY, "rounding");
    let words = |count: u64| key.cell_words(&[("sex", "F")], count).word();
    assert_eq!(words(7), words(7));
    let mut all: Vec<u64> = (0..100).map(words).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 100);
}

#[test]
fn names_do_not_run_together() {
    let key = WordKey::new(&KEY, "rounding");
    assert_ne!(key.cell_words(&[("ab", "c")], 7).word(), key.cell_words(&[("a", "bc")], 7).word());
    assert_ne!(
        key.cell_words(&[("a", "b"), ("c", "d")], 7).word(),
        key.cell_words(&[("a", "bc"), ("", "d")], 7).word()
    );
}

#[test]
fn another_purpose_or_key_gives_other_words() {
    let one = WordKey::new(&KEY, "rounding").words(b"x").word();
    assert_ne!(one, WordKey::new(&KEY, "record keys").words(b"x").word());
    assert_ne!(one, WordKey::new(&[8; 32], "rounding").words(b"x").word());
}
