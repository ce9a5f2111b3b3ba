//! What is sealed, and what stands on the disk meanwhile.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::*;

const TABLE: &[u8] = b"departement,personnes\n69,120\n";

#[test]
fn what_was_sealed_is_opened_by_its_recipient_byte_for_byte() {
    let shop = Shop::new();
    // More than two blocks of age, and a length that is no multiple of anything.
    let long: Vec<u8> =
        (0..200_003u32).flat_map(|i| if i % 7 == 6 { *b"\n" } else { [b'a' + (i % 23) as u8] }).collect();
    let rows = long.iter().filter(|b| **b == b'\n').count() as u64 - 1;
    let long = [&long[..], b"\n"].concat();
    let files: [(&str, &[u8], u64); 3] =
        [("tables/cellules.csv", TABLE, 1), ("data/personnes.csv", CSV, 2), ("data/longues.csv", &long, rows + 1)];
    let sealed = shop.seal(&files);
    let (expected, manifest) = (sealed.expected().clone(), sealed.manifest_sha256());
    let read_back = sealed.read_back().unwrap();
    assert_eq!(shop.names(), [FILE], "no partial file is left");
    assert_eq!(Hash::of(&fs::read(read_back.path()).unwrap()), read_back.sha256());
    assert_eq!(read_back.manifest_sha256(), manifest);
    assert_eq!(fs::metadata(shop.package()).unwrap().permissions().mode() & 0o777, 0o600);

    let opened = shop.open().unwrap();
    for (name, bytes, _) in files {
        assert_eq!(fs::read(shop.release().join(name)).unwrap(), bytes, "{name}");
    }
    assert_eq!(opened.expected, expected, "the recipient forms the digest that the sender expects");
    let rows: Vec<_> = opened.files.iter().map(|f| (f.content.name.as_str(), f.rows)).collect();
    let told = [("data/longues.csv", Some(rows_of(&long))), ("data/personnes.csv", Some(2)), (DESCRIPTOR, None)];
    assert_eq!(rows[..3], told);
}

fn rows_of(csv: &[u8]) -> u64 {
    csv.iter().filter(|b| **b == b'\n').count() as u64 - 1
}

#[test]
fn no_plaintext_stands_on_the_disk_at_any_moment_of_sealing() {
    let shop = Shop::new();
    let canary = b"284058832102532 DUPONT";
    let absent = |when: &str| {
        for name in shop.names() {
            let bytes = fs::read(shop.path().join(&name)).unwrap();
            assert!(!bytes.windows(canary.len()).any(|w| w == canary), "{name} {when}");
        }
    };
    let sealer = shop.sealer();
    let mut first = sealer.entry("data/a.csv").unwrap();
    let mut second = sealer.entry(DESCRIPTOR).unwrap();
    for _ in 0..10_000 {
        first.write_all(canary).unwrap();
        second.write_all(canary).unwrap();
    }
    let written: u64 = shop.names().iter().map(|n| fs::metadata(shop.path().join(n)).unwrap().len()).sum();
    assert!(written > 300_000, "the partial files hold what was written so far");
    absent("while entries are open");
    let closed = vec![first.close().unwrap(), second.close().unwrap()];
    absent("once entries are closed");
    let sealed = sealer.finish(closed, manifest(), &shop.signer).unwrap();
    absent("before it is read back");
    assert_eq!(shop.names(), [format!(".{FILE}.partial")], "the files of the entries are gone");
    sealed.read_back().unwrap();
    absent("in the package");
}

#[test]
fn nothing_is_left_of_a_package_that_is_given_up_at_any_stage() {
    let shop = Shop::new();
    let sealer = shop.sealer();
    let mut entry = sealer.entry("data/a.csv").unwrap();
    entry.write_all(CSV).unwrap();
    let closed = sealer.entry(DESCRIPTOR).unwrap().close().unwrap();
    assert_eq!(shop.names().len(), 2);
    drop((entry, closed, sealer));
    assert!(shop.names().is_empty());
    drop(shop.seal(&[("data/a.csv", CSV, 2)]));
    assert!(shop.names().is_empty());
}

#[test]
fn a_package_takes_its_own_entries_all_of_them_and_once() {
    let shop = Shop::new();
    let finish = |sealer: Sealer, closed| sealer.finish(closed, manifest(), &shop.signer).map(|_| ()).unwrap_err();

    let sealer = shop.sealer();
    let closed = sealer.entry(DESCRIPTOR).unwrap().close().unwrap();
    let open = sealer.entry("data/a.csv").unwrap();
    assert_eq!(finish(sealer, vec![closed]), SealError::Entries, "one is still open");
    drop(open);

    let (sealer, other) = (shop.sealer(), Shop::new());
    let foreign = other.sealer().entry(DESCRIPTOR).unwrap().close().unwrap();
    sealer.entry(DESCRIPTOR).unwrap().close().unwrap();
    assert_eq!(finish(sealer, vec![foreign]), SealError::Entries, "an entry that is sealed to somebody else");

    let sealer = shop.sealer();
    let closed = sealer.entry("data/a.csv").unwrap().close().unwrap();
    assert!(matches!(sealer.entry("data/a.csv"), Err(SealError::Duplicate { .. })));
    assert_eq!(finish(sealer, vec![closed]), SealError::NoDescriptor);
    assert!(shop.names().is_empty());
}

#[test]
fn no_name_leads_out_of_the_folders_of_a_release() {
    let long = format!("data/{}.csv", "a".repeat(93));
    for name in [
        "",
        ".",
        "..",
        "/etc/passwd",
        "data",
        "data/",
        "data/../x",
        "data/.x",
        "data/a/b",
        "tables/é.csv",
        "other/a.csv",
        "a.csv",
        "data\\a.csv",
        "data/a b",
        "data/a\n",
        "manifest",
        "Datapackage.json",
        &long,
    ] {
        assert_eq!(EntryName::new(name), None, "{name:?}");
    }
    for name in ["data/a.csv", "tables/b-2_c.parquet", DESCRIPTOR] {
        assert_eq!(EntryName::new(name).unwrap().as_str(), name);
    }
    assert!(package_name("l1411-8", "20260301T120000.000Z", "../dgs").is_err());
}

#[test]
fn a_package_never_takes_the_place_of_another() {
    let shop = Shop::new();
    let sealed = shop.seal(&[("data/a.csv", CSV, 2)]);
    fs::write(shop.package(), "somebody else's").unwrap();
    assert!(matches!(sealed.read_back(), Err(SealError::Exists { .. })));
    assert_eq!(fs::read(shop.package()).unwrap(), b"somebody else's");
    assert_eq!(shop.names(), [FILE], "and what was partial is gone");
    assert!(matches!(Sealer::create(shop.path(), FILE, &shop.recipient()), Err(SealError::Exists { .. })));
}

#[test]
fn what_the_disk_changed_is_found_when_it_is_read_back() {
    let shop = Shop::new();
    let sealed = shop.seal(&[("data/a.csv", CSV, 2)]);
    let partial = crate::disk::partial_name(&shop.package());
    let mut bytes = fs::read(&partial).unwrap();
    bytes[700] ^= 1;
    fs::write(&partial, bytes).unwrap();
    assert!(sealed.read_back().is_err());
    assert!(shop.names().is_empty(), "neither visible nor partial");
}

#[test]
fn a_run_that_was_killed_before_the_read_back_goes_on_with_the_same_package_and_no_other() {
    let shop = Shop::new();
    let sealed = shop.seal(&[("data/a.csv", CSV, 2)]);
    let (sha256, partial) = (sealed.sha256(), crate::disk::partial_name(&shop.package()));
    let bytes = fs::read(&partial).unwrap();
    drop(sealed);
    let resume = |sha256| resume_read_back(shop.path(), FILE, sha256, shop.signer.verifier());
    assert!(matches!(resume(sha256), Err(SealError::Missing { .. })));

    // As the process that was killed left it.
    fs::write(&partial, &bytes).unwrap();
    assert!(matches!(resume(Hash::of(b"other")), Err(SealError::ReadBack { .. })));
    assert!(shop.names().is_empty(), "what is not the package of the run is removed");

    fs::write(&partial, &bytes).unwrap();
    let done = resume(sha256).unwrap();
    assert_eq!((done.sha256(), done.recipient()), (sha256, "dgs"));
    assert_eq!(shop.names(), [FILE]);
    assert_eq!(resume(sha256).unwrap(), done, "also where it was killed just after the renaming");
}

#[test]
fn what_a_killed_process_left_is_swept_and_nothing_else() {
    let shop = Shop::new();
    let ours = [format!(".{FILE}.1.entry"), format!(".{FILE}.partial")];
    let others = [FILE.to_owned(), ".autre.partial".into(), format!(".{FILE}.x.entry"), format!("{FILE}.partial")];
    for name in ours.iter().chain(&others) {
        fs::write(shop.path().join(name), "x").unwrap();
    }
    assert_eq!(sweep(shop.path()).unwrap(), 2);
    let mut others = others;
    others.sort();
    assert_eq!(shop.names(), others);
}

#[test]
fn other_programs_find_the_files_and_the_manifest_in_a_package() {
    let shop = Shop::new();
    shop.sealed();
    let out = Command::new("tar").arg("-tvf").arg(shop.package()).output().unwrap();
    let listed = String::from_utf8(out.stdout).unwrap();
    let names: Vec<_> = listed.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(names, ["data/personnes.csv.age", "datapackage.json.age", "manifest"], "{listed}");
    assert!(listed.lines().all(|line| line.starts_with("-rw------- 0/0")), "{listed}");
    let status = Command::new("tar").arg("-xf").arg(shop.package()).arg("-C").arg(shop.path()).status().unwrap();
    assert!(status.success());
    let note = fs::read(shop.path().join("manifest")).unwrap();
    let text = shop.signer.verifier().verify(&note).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sealed = fs::read(shop.path().join("data/personnes.csv.age")).unwrap();
    assert_eq!(manifest["entries"][0]["name"], "data/personnes.csv.age");
    assert_eq!(manifest["entries"][0]["sha256"], Hash::of(&sealed).to_string());
    assert_eq!(age::decrypt(&shop.identity, &sealed).unwrap(), CSV, "one entry alone, without the rest of the package");
    assert!(!text.contains(&Hash::of(CSV).to_string()), "a guessed table could be confirmed by its hash");
}

#[test]
fn an_entry_whose_write_failed_is_given_up_and_not_continued() {
    let shop = Shop::new();
    let sealer = shop.sealer();
    let mut entry = sealer.entry("data/a.csv").unwrap();
    entry.writer = None;
    assert!(entry.write_all(CSV).is_err());
    assert!(matches!(entry.close(), Err(SealError::GivenUp { .. })));
    assert!(shop.names().is_empty());
}
