//! What an acknowledgement proves, and which are refused.

use super::*;

fn acknowledged(shop: &Shop, key: &SigningKey) -> (Expected, Vec<u8>) {
    let expected = shop.sealed();
    let opened = shop.open().unwrap();
    let note = Acknowledgement::write(&opened.expected, "2026-03-02T08:00:00Z".parse().unwrap(), key).unwrap();
    (expected, note.into_bytes())
}

#[test]
fn an_acknowledgement_is_believed_for_the_release_it_was_made_for() {
    let (shop, key) = (Shop::new(), signer("dgs"));
    let (expected, note) = acknowledged(&shop, &key);
    let read = Acknowledgement::read(&note, key.verifier(), &expected).unwrap();
    assert_eq!((read.run(), read.recipient()), ("20260301T120000.000Z", "dgs"));
    assert_eq!(read.opened().to_rfc3339(), "2026-03-02T08:00:00+00:00");
}

#[test]
fn a_replayed_acknowledgement_of_another_run_recipient_manifest_or_content_is_refused() {
    let (shop, key) = (Shop::new(), signer("dgs"));
    let (expected, note) = acknowledged(&shop, &key);
    let refused = |expected: &Expected| match Acknowledgement::read(&note, key.verifier(), expected).unwrap_err() {
        SealError::OtherRelease { what } => what,
        other => panic!("{other}"),
    };
    let other = Hash::of(b"other");
    assert_eq!(refused(&Expected { run: "20260401T120000.000Z".into(), ..expected.clone() }), "run");
    assert_eq!(refused(&Expected { recipient: "ars".into(), ..expected.clone() }), "recipient");
    assert_eq!(refused(&Expected { manifest_sha256: other, ..expected.clone() }), "manifest");
    assert!(refused(&Expected { content: other, ..expected.clone() }).starts_with("content"));
    // The same run sealed once more has another challenge, and so another content.
    let again = Shop { identity: shop.identity.clone(), ..Shop::new() };
    let again = again.sealed();
    assert_ne!(again.content, expected.content);
}

#[test]
fn nobody_else_can_acknowledge_and_no_bit_of_an_acknowledgement_can_change() {
    let (shop, key) = (Shop::new(), signer("dgs"));
    let (expected, note) = acknowledged(&shop, &key);
    let other = signer("dgs");
    let refused = Acknowledgement::read(&note, other.verifier(), &expected);
    assert!(matches!(refused, Err(SealError::AcknowledgementSignature(_))));
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut changed = note.clone();
            changed[at] ^= 1 << bit;
            assert!(Acknowledgement::read(&changed, key.verifier(), &expected).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_note_of_the_recipient_that_is_no_acknowledgement_is_refused() {
    let (shop, key) = (Shop::new(), signer("dgs"));
    let (expected, note) = acknowledged(&shop, &key);
    let text = key.verifier().verify(&note).unwrap();
    let texts = [
        "hello\n".to_owned(),
        format!("{text}more\n"),
        format!("{text}\n"),
        text.replace("acknowledgement 1", "acknowledgement 2"),
        text.replace("recipient dgs\n", ""),
        text.replace("manifest sha256:", "manifest SHA256:"),
        text.replace(".000Z\n", "Z\n"),
        text.replace("opened ", "opened  "),
    ];
    for text in texts {
        let note = key.sign(&text).unwrap();
        let refused = Acknowledgement::read(note.as_bytes(), key.verifier(), &expected);
        assert!(matches!(refused, Err(SealError::NotAnAcknowledgement)), "{text}");
    }
}

#[test]
fn the_digest_of_the_content_depends_on_challenge_manifest_and_every_file() {
    let file =
        |name: &str, bytes, of: &[u8]| Content { name: EntryName::new(name).unwrap(), bytes, sha256: Hash::of(of) };
    let files = [file("data/a.csv", 3, b"abc"), file("data/b.csv", 2, b"de")];
    let digest = |challenge: u8, manifest: &[u8], files: &[Content]| {
        let challenge = Challenge::parse(&format!("{challenge:02x}").repeat(32)).unwrap();
        super::content::digest(&challenge, Hash::of(manifest), files)
    };
    let whole = digest(1, b"m", &files);
    let reordered = [files[1].clone(), files[0].clone()];
    assert_eq!(digest(1, b"m", &reordered), whole, "the order of the files does not matter");
    let others = [
        digest(2, b"m", &files),
        digest(1, b"n", &files),
        digest(1, b"m", &files[..1]),
        digest(1, b"m", &[file("data/c.csv", 3, b"abc"), files[1].clone()]),
        digest(1, b"m", &[file("data/a.csv", 4, b"abc"), files[1].clone()]),
        digest(1, b"m", &[file("data/a.csv", 3, b"abd"), files[1].clone()]),
    ];
    for (n, other) in others.iter().enumerate() {
        assert_ne!(*other, whole, "{n}");
    }
}
