//! What is refused, and that nothing is written then.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use super::*;
use crate::keys::SignatureError;
use crate::seal::tar::{END, header, padding};

#[test]
fn one_flipped_bit_anywhere_in_a_package_is_refused_before_anything_is_decrypted() {
    let shop = Shop::new();
    shop.sealed();
    let bytes = fs::read(shop.package()).unwrap();
    let halves = [0..bytes.len() / 2, bytes.len() / 2..bytes.len()];
    std::thread::scope(|scope| {
        for (n, half) in halves.into_iter().enumerate() {
            let (bytes, path, sender) = (&bytes, shop.path().join(format!("copy{n}")), shop.signer.verifier());
            scope.spawn(move || {
                fs::write(&path, bytes).unwrap();
                let file = OpenOptions::new().write(true).open(&path).unwrap();
                for at in half {
                    for bit in 0..8 {
                        file.write_all_at(&[bytes[at] ^ (1 << bit)], at as u64).unwrap();
                        assert!(Package::verify(&path, sender).is_err(), "bit {bit} of byte {at}");
                    }
                    file.write_all_at(&[bytes[at]], at as u64).unwrap();
                }
                assert!(Package::verify(&path, sender).is_ok(), "whole again");
            });
        }
    });
}

#[test]
fn a_package_that_is_cut_anywhere_or_longer_is_refused() {
    let shop = Shop::new();
    shop.sealed();
    let bytes = fs::read(shop.package()).unwrap();
    for length in 0..bytes.len() {
        fs::write(shop.package(), &bytes[..length]).unwrap();
        assert!(shop.open().is_err(), "{length} bytes");
    }
    for more in [1, 511, 512, 1024, 9216] {
        fs::write(shop.package(), [&bytes[..], &vec![0; more]].concat()).unwrap();
        assert!(shop.open().is_err(), "{more} more");
    }
    assert_eq!(shop.names(), [FILE]);
}

/// Names and bytes of the entries of a package, the manifest last.
type Entries = Vec<(String, Vec<u8>)>;

fn entries(bytes: &[u8]) -> Entries {
    let mut archive = ::tar::Archive::new(bytes);
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        found.push((name, content));
    }
    found
}

fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in entries {
        bytes.extend(header(name, content.len() as u64).unwrap());
        bytes.extend(content);
        bytes.extend(vec![0; padding(content.len() as u64) as usize]);
    }
    bytes.extend([0; END as usize]);
    bytes
}

#[test]
fn entries_swapped_renamed_removed_added_or_doubled_are_refused() {
    let shop = Shop::new();
    shop.seal(&[("data/a.csv", CSV, 2), ("data/b.csv", b"x\n1\n", 1)]).read_back().unwrap();
    let bytes = fs::read(shop.package()).unwrap();
    let whole = entries(&bytes);
    assert_eq!(archive(&whole), bytes, "the same bytes, if nothing is changed");
    let bend = |bend: &dyn Fn(&mut Entries)| {
        let mut bent = whole.clone();
        bend(&mut bent);
        fs::write(shop.package(), archive(&bent)).unwrap();
        let outcome = shop.open();
        assert_eq!(shop.names(), [FILE]);
        outcome.unwrap_err()
    };
    let swapped = bend(&|e| {
        let first = std::mem::take(&mut e[0].1);
        e[0].1 = std::mem::replace(&mut e[1].1, first);
    });
    assert!(matches!(swapped, SealError::Changed { .. }));
    assert!(matches!(bend(&|e| e.swap(0, 1)), SealError::NotAPackage { .. }));
    assert!(matches!(bend(&|e| e[0].0 = "data/aa.csv.age".into()), SealError::Changed { .. }));
    assert!(matches!(bend(&|e| drop(e.remove(0))), SealError::Changed { .. }));
    assert!(matches!(bend(&|e| e.insert(1, e[0].clone())), SealError::NotAPackage { .. }));
    assert!(matches!(bend(&|e| e.insert(1, ("data/aa.csv.age".into(), vec![1]))), SealError::Changed { .. }));
    assert!(matches!(bend(&|e| e[0].0 = "etc/passwd.age".into()), SealError::NotAPackage { .. }));
    assert!(matches!(bend(&|e| e[0].0 = "data/a.csv".into()), SealError::NotAPackage { .. }));
    assert!(matches!(bend(&|e| drop(e.pop())), SealError::NotAPackage { .. }), "no manifest");
    assert!(matches!(bend(&|e| e.push(("z".into(), vec![]))), SealError::NotAPackage { .. }), "after the manifest");
}

#[test]
fn an_archive_with_links_other_owners_or_paths_that_lead_out_is_no_package() {
    let shop = Shop::new();
    shop.sealed();
    let bytes = fs::read(shop.package()).unwrap();
    let bend = |bend: &dyn Fn(&mut ::tar::Header)| {
        let mut bent = bytes.clone();
        let mut first = ::tar::Header::from_byte_slice(&bent[..512]).clone();
        bend(&mut first);
        first.set_cksum();
        bent[..512].copy_from_slice(first.as_bytes());
        fs::write(shop.package(), bent).unwrap();
        assert!(matches!(shop.open().unwrap_err(), SealError::NotAPackage { .. }));
        assert_eq!(shop.names(), [FILE]);
    };
    bend(&|h| h.set_entry_type(::tar::EntryType::Symlink));
    bend(&|h| h.set_entry_type(::tar::EntryType::Link));
    bend(&|h| h.set_entry_type(::tar::EntryType::XHeader));
    bend(&|h| h.set_mode(0o4755));
    bend(&|h| h.set_uid(1));
    bend(&|h| h.set_mtime(1));
    bend(&|h| h.set_username("root").unwrap());
    bend(&|h| h.as_mut_bytes()[..9].copy_from_slice(b"../x.age\0"));
    bend(&|h| h.as_mut_bytes()[..8].copy_from_slice(b"/x/y.age"));
    // A length that no file has: nothing is allocated by it.
    bend(&|h| h.set_size(u64::MAX / 2));
    bend(&|h| h.set_size(u64::MAX));
}

#[test]
fn only_the_pinned_sender_is_believed() {
    let shop = Shop::new();
    shop.sealed();
    let other = signer("crcdc");
    let error = Package::verify(&shop.package(), other.verifier()).map(|_| ()).unwrap_err();
    assert!(matches!(error, SealError::Signature { why: SignatureError::OtherKey, .. }));
}

#[test]
fn another_recipient_is_refused_before_anything_is_decrypted() {
    let shop = Shop::new();
    shop.sealed();
    let other = age::x25519::Identity::generate();
    assert_eq!(shop.open_as(&other, PURPOSE, "2026-03-02"), Err(SealError::OtherRecipient));
    assert_eq!(shop.names(), [FILE]);
    // And whoever claims to be the recipient without the key gets nothing either.
    let package = Package::verify(&shop.package(), shop.signer.verifier()).unwrap();
    let age = shop.identity.to_public().to_string();
    let terms = Terms { age: &age, purpose: PURPOSE, today: "2026-03-02".parse().unwrap() };
    let refused = package.admit(&terms).unwrap().decrypt(&other, &shop.release(), &|| false);
    assert!(matches!(refused, Err(SealError::NotDecrypted { .. })));
    assert_eq!(shop.names(), [FILE]);
}

/// The sender's own signature over a package in which a file can be read by somebody besides its recipient.
#[test]
fn a_file_that_somebody_else_can_read_along_is_refused_though_the_sender_signed_it() {
    let shop = Shop::new();
    shop.sealed();
    let mut whole = entries(&fs::read(shop.package()).unwrap());
    let readers = [shop.identity.to_public(), age::x25519::Identity::generate().to_public()];
    let mut sealed = Vec::new();
    let encryptor = age::Encryptor::with_recipients(readers.iter().map(|r| r as &dyn age::Recipient)).unwrap();
    let mut plain = encryptor.wrap_output(&mut sealed).unwrap();
    plain.write_all(CSV).unwrap();
    plain.finish().unwrap();
    let at = whole.iter().position(|(name, _)| name == "data/personnes.csv.age").unwrap();
    whole[at].1 = sealed;
    let note = shop.signer.verifier().verify(&whole.last().unwrap().1).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&note).unwrap();
    let entry = manifest["entries"].as_array_mut().unwrap().iter_mut().find(|e| e["name"] == whole[at].0.as_str());
    let entry = entry.unwrap();
    entry["bytes"] = json!(whole[at].1.len());
    entry["sha256"] = json!(Hash::of(&whole[at].1).to_string());
    whole.last_mut().unwrap().1 = shop.signer.sign(&format!("{manifest:#}\n")).unwrap().into_bytes();
    fs::write(shop.package(), archive(&whole)).unwrap();
    assert_eq!(shop.open(), Err(SealError::Algorithm { what: "encryption" }));
    assert_eq!(shop.names(), [FILE]);
}

#[test]
fn another_purpose_is_refused_and_blanks_around_it_do_not_count() {
    let shop = Shop::new();
    shop.sealed();
    for purpose in ["", "Évaluation", "évaluation du dépistage organisé", "Évaluation du  dépistage organisé"] {
        assert_eq!(shop.open_as(&shop.identity, purpose, "2026-03-02"), Err(SealError::Purpose), "{purpose}");
    }
    assert_eq!(shop.names(), [FILE]);
    assert!(shop.open_as(&shop.identity, &format!(" {PURPOSE}\n"), "2026-03-02").is_ok());
}

#[test]
fn a_release_is_opened_until_the_last_day_of_use_and_not_later() {
    let shop = Shop::new();
    shop.sealed();
    let until = "2026-08-28".parse().unwrap();
    assert_eq!(shop.open_as(&shop.identity, PURPOSE, "2026-08-29"), Err(SealError::Expired { until }));
    assert!(shop.open_as(&shop.identity, PURPOSE, "2026-08-28").is_ok(), "180 days after 1 March");
}

#[test]
fn a_descriptor_that_does_not_fit_its_files_is_refused_and_the_plaintext_removed() {
    let bends: [fn(&mut serde_json::Value); 8] = [
        |d| d["resources"][0]["bytes"] = json!(1),
        |d| d["resources"][0]["hash"] = json!(format!("sha256:{}", Hash::of(b""))),
        |d| d["resources"][0]["tamis:rows"] = json!(3),
        |d| d["resources"][0]["path"] = json!("data/autre.csv"),
        |d| d["resources"][0]["path"] = json!("../personnes.csv"),
        |d| d["resources"] = json!([]),
        |d| d["tamis:challenge"] = json!("00"),
        |d| *d = json!([]),
    ];
    for (n, bend) in bends.into_iter().enumerate() {
        let shop = Shop::new();
        shop.seal_with(&[("data/personnes.csv", CSV, 2)], bend, |_| {}).read_back().unwrap();
        let error = shop.open().unwrap_err();
        assert!(matches!(error, SealError::Differs { .. } | SealError::Descriptor), "{n}: {error}");
        assert_eq!(shop.names(), [FILE], "{n}");
    }
}

/// A package whose manifest is signed but says something else.
fn resigned(shop: &Shop, bend: impl FnOnce(&mut serde_json::Value)) {
    shop.sealed();
    let mut whole = entries(&fs::read(shop.package()).unwrap());
    let note = &mut whole.last_mut().unwrap().1;
    let mut manifest = serde_json::from_str(&shop.signer.verifier().verify(note).unwrap()).unwrap();
    bend(&mut manifest);
    *note = shop.signer.sign(&format!("{manifest:#}\n")).unwrap().into_bytes();
    fs::write(shop.package(), archive(&whole)).unwrap();
}

#[test]
fn weak_and_unknown_algorithms_are_refused() {
    for (field, value) in [
        ("encryption", "age-encryption.org/v1: scrypt"),
        ("encryption", "none"),
        ("signature", "RSA-1024"),
        ("digest", "MD5"),
        ("digest", "SHA-1"),
        ("pseudonyms", "SHA-256"),
    ] {
        let shop = Shop::new();
        resigned(&shop, |m| m["algorithms"][field] = json!(value));
        assert!(matches!(shop.open(), Err(SealError::Algorithm { .. })), "{field} {value}");
        assert_eq!(shop.names(), [FILE]);
    }
    let shop = Shop::new();
    resigned(&shop, |m| m["algorithms"]["pseudonyms"] = json!(null));
    assert!(shop.open().is_ok(), "a release without pseudonyms");
}

#[test]
fn a_manifest_of_another_version_or_with_unknown_fields_is_not_guessed_at() {
    let bends: [fn(&mut serde_json::Value); 6] = [
        |m| m["version"] = json!(2),
        |m| m["more"] = json!(1),
        |m| m["recipient"]["more"] = json!(1),
        |m| m["sender"] = json!("somebody"),
        |m| m["use_until"] = json!("demain"),
        |m| m["entries"][0]["name"] = json!("../x.age"),
    ];
    for (n, bend) in bends.into_iter().enumerate() {
        let shop = Shop::new();
        resigned(&shop, bend);
        assert!(matches!(shop.open(), Err(SealError::Manifest { .. })), "{n}");
    }
}

#[test]
fn rows_that_are_promised_in_the_manifest_are_counted() {
    let shop = Shop::new();
    resigned(&shop, |m| m["entries"][0]["rows"] = json!(99));
    assert!(matches!(shop.open(), Err(SealError::Differs { what: "number of rows", .. })));
    assert_eq!(shop.names(), [FILE]);
}

#[test]
fn who_asks_to_stop_is_heard_and_nothing_stays_behind() {
    let shop = Shop::new();
    shop.sealed();
    let package = Package::verify(&shop.package(), shop.signer.verifier()).unwrap();
    let age = shop.identity.to_public().to_string();
    let terms = Terms { age: &age, purpose: PURPOSE, today: "2026-03-02".parse().unwrap() };
    let admitted = package.admit(&terms).unwrap();
    assert_eq!(admitted.decrypt(&shop.identity, &shop.release(), &|| true), Err(SealError::Interrupted));
    assert_eq!(shop.names(), [FILE]);
}

#[test]
fn a_package_that_changes_between_its_verification_and_its_decryption_is_refused() {
    let shop = Shop::new();
    shop.sealed();
    let package = Package::verify(&shop.package(), shop.signer.verifier()).unwrap();
    let age = shop.identity.to_public().to_string();
    let terms = Terms { age: &age, purpose: PURPOSE, today: "2026-03-02".parse().unwrap() };
    let admitted = package.admit(&terms).unwrap();
    // Encrypted to the same recipient by somebody else, of the same length.
    let whole = entries(&fs::read(shop.package()).unwrap());
    let forged: Vec<u8> = loop {
        let other = Shop { identity: shop.identity.clone(), ..Shop::new() };
        other.seal(&[("data/personnes.csv", &CSV.to_ascii_uppercase(), 2)]).read_back().unwrap();
        let forged = entries(&fs::read(other.package()).unwrap()).remove(0).1;
        // Grease stanzas differ in length.
        if forged.len() == whole[0].1.len() {
            break forged;
        }
    };
    let file = OpenOptions::new().write(true).open(shop.package()).unwrap();
    file.write_all_at(&forged, 512).unwrap();
    let refused = admitted.decrypt(&shop.identity, &shop.release(), &|| false);
    assert!(matches!(refused, Err(SealError::Changed { .. })), "{refused:?}");
    assert_eq!(shop.names(), [FILE]);
}
