#![allow(clippy::unwrap_used)]

mod acknowledgements;
mod sealing;
mod tampering;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::config::{self, UseUntil};
use crate::keys::{SigningKey, generate_signing_key};

const FILE: &str = "depistage-20260301T120000.000Z-dgs.tamis";
const PURPOSE: &str = "Évaluation du dépistage organisé";
const CSV: &[u8] = b"pseudonyme,resultat\n0a,neg\n0b,\"pos\n2\"\n";

/// A sender, a recipient, and a folder.
struct Shop {
    folder: TempDir,
    identity: age::x25519::Identity,
    signer: SigningKey,
}

impl Shop {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            identity: age::x25519::Identity::generate(),
            signer: signer("crcdc"),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn package(&self) -> PathBuf {
        self.path().join(FILE)
    }

    fn recipient(&self) -> config::Recipient {
        config::Recipient {
            name: "dgs".into(),
            age: self.identity.to_public().to_string(),
            key: None,
            use_until: UseUntil::Days(180),
            deliver: None,
            reinforced: false,
        }
    }

    fn sealer(&self) -> Sealer {
        Sealer::create(self.path(), FILE, &self.recipient()).unwrap()
    }

    /// Seals files with a descriptor that fits.
    fn seal(&self, files: &[(&str, &[u8], u64)]) -> SealedPackage {
        self.seal_with(files, |_| {}, |_| {})
    }

    /// Seals files after the descriptor and the manifest were bent.
    fn seal_with(
        &self,
        files: &[(&str, &[u8], u64)],
        bend: impl FnOnce(&mut serde_json::Value),
        parts: impl FnOnce(&mut ManifestParts),
    ) -> SealedPackage {
        let sealer = self.sealer();
        let mut closed = Vec::new();
        for (name, bytes, rows) in files {
            let mut entry = sealer.entry(name).unwrap();
            entry.write_all(bytes).unwrap();
            closed.push(entry.close().unwrap().with_rows(*rows));
        }
        let mut manifest = manifest();
        let mut descriptor = descriptor(&closed, &manifest.challenge, files);
        bend(&mut descriptor);
        let mut entry = sealer.entry(DESCRIPTOR).unwrap();
        entry.write_all(descriptor.to_string().as_bytes()).unwrap();
        closed.push(entry.close().unwrap());
        parts(&mut manifest);
        sealer.finish(closed, manifest, &self.signer).unwrap()
    }

    /// A small package that is read back.
    fn sealed(&self) -> Expected {
        let sealed = self.seal(&[("data/personnes.csv", CSV, 2)]);
        let expected = sealed.expected().clone();
        sealed.read_back().unwrap();
        expected
    }

    fn open(&self) -> Result<Opened, SealError> {
        self.open_as(&self.identity, PURPOSE, "2026-03-02")
    }

    fn open_as(&self, identity: &age::x25519::Identity, purpose: &str, day: &str) -> Result<Opened, SealError> {
        let package = Package::verify(&self.package(), self.signer.verifier())?;
        let age = identity.to_public().to_string();
        let terms = Terms { age: &age, purpose, today: day.parse::<NaiveDate>().unwrap() };
        package.admit(&terms)?.decrypt(identity, &self.release(), &|| false)
    }

    fn release(&self) -> PathBuf {
        self.path().join("release")
    }

    /// Names in the folder.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(self.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn signer(name: &str) -> SigningKey {
    let (secret, public) = generate_signing_key(name).unwrap();
    SigningKey::new(&secret, &public).unwrap()
}

fn manifest() -> ManifestParts {
    ManifestParts {
        release: ReleaseParts {
            run: "20260301T120000.000Z".into(),
            pipeline: "depistage".into(),
            pipeline_digest: Hash::of(b"pipeline").to_string(),
            made: "2026-03-01T12:00:00Z".parse().unwrap(),
            legal_basis: "CSP L1411-8".into(),
            purpose: PURPOSE.into(),
            policy: "2026-1".into(),
        },
        sample: json!({ "design": "everyone" }),
        protection: json!({ "linkage": "none" }),
        scan: json!({ "hits": 0 }),
        pseudonyms: true,
        audit_checkpoint: "tamis\n3\nAAAA\n".into(),
        challenge: Challenge::random().unwrap(),
    }
}

fn descriptor(closed: &[ClosedEntry], challenge: &Challenge, files: &[(&str, &[u8], u64)]) -> serde_json::Value {
    let resources: Vec<_> = closed
        .iter()
        .zip(files)
        .map(|(entry, (_, _, rows))| {
            json!({
                "path": entry.name().as_str(),
                "bytes": entry.plain_bytes(),
                "hash": format!("sha256:{}", entry.plain_sha256()),
                "tamis:rows": rows,
            })
        })
        .collect();
    json!({ "tamis:challenge": *challenge.to_hex(), "resources": resources })
}
