// What every fuzz target does with its bytes. `tests/fuzz.rs` runs the same functions over the committed corpus and over
// changed copies of it, on the stable compiler.

use std::path::Path;

use tamis::config::Pipeline;
use tamis::keys::VerifierKey;
use tamis::pipeline::{Unwatched, check};
use tamis::schema::TableSchema;
use tamis::seal::{Acknowledgement, Expected, Hash, Package};

/// A public key nobody signs with: the bytes of a fuzzer are never a sound signature, but everything before is read.
pub const NOBODY: &str = include_str!("nobody.pub");

/// A file of records of the schema in `folder/schemas`: read, cut into cells, judged.
pub fn csv(folder: &Path, bytes: &[u8]) {
    let path = folder.join("in.csv");
    std::fs::write(&path, bytes).expect("a writable folder");
    let schema_path = folder.join("schemas/consultation_prevention.json");
    let schema = TableSchema::read(&schema_path).expect("a sound schema");
    let pipeline = Pipeline::for_validation(&schema_path, schema, &[path]);
    // Any answer is fine: the fuzzer looks for panics, hangs and memory that grows without bound.
    let _ = check(&pipeline, None, Some(1), &Unwatched);
}

/// A pipeline file beside sound schemas.
pub fn pipeline(folder: &Path, bytes: &[u8]) {
    let path = folder.join("pipelines/fuzzed.toml");
    std::fs::write(&path, bytes).expect("a writable folder");
    if let Err(errors) = Pipeline::read(&path) {
        // Showing what is wrong must not fail either.
        let _ = format!("{:?}", miette::Report::new(errors));
    }
}

/// A Table Schema.
pub fn schema(_: &Path, bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = TableSchema::parse(text, "fuzzed");
    }
}

/// A sealed file, up to its signature.
pub fn package(folder: &Path, bytes: &[u8]) {
    let path = folder.join("fuzzed.tamis");
    std::fs::write(&path, bytes).expect("a writable folder");
    let sender = VerifierKey::new(NOBODY).expect("a sound key");
    let _ = Package::verify(&path, &sender);
}

/// An acknowledgement.
pub fn acknowledgement(_: &Path, bytes: &[u8]) {
    let recipient = VerifierKey::new(NOBODY).expect("a sound key");
    let hash = |byte| Hash::from_bytes([byte; 32]);
    let (run, recipient_name) = ("r".to_owned(), "dgs".to_owned());
    let expected = Expected { run, recipient: recipient_name, manifest_sha256: hash(1), content: hash(2) };
    let _ = Acknowledgement::read(bytes, &recipient, &expected);
}
