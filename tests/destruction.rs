//! Removing source files while calls to the file system fail. One test: faults hold for the whole process.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tamis::audit::{AuditLog, Operator};
use tamis::clock::SystemClock;
use tamis::config::{Destroy, When};
use tamis::destroy::{Class, Digest, Journal, Reason, State, Target, Warrant, remove_sources};
use tamis::disk::faults::{Call, Fault, Plan, arm, disarm};
use tamis::export::{Assembled, Compared, ExportReceipt, Manifest, RunDirectory};
use tempfile::TempDir;

const CONTENT: &[u8] = b"1 85 05 78 006 084 91;DUPONT\n";
const EIO: i32 = 5;
const EACCES: i32 = 13;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const EDQUOT: i32 = 122;

/// Two sources and a bystander, and the journal of a run whose keys are destroyed.
struct Scene {
    folder: TempDir,
    targets: Vec<Target>,
    pipeline: Destroy,
}

/// The receipt of a release without resources.
fn receipt(folder: &Path) -> ExportReceipt {
    let manifest = Manifest {
        name: "essai".into(),
        id: None,
        created: "2026-03-01T12:00:00Z".parse().unwrap(),
        legal_basis: "CSP L1411-8".into(),
        purpose: "essai".into(),
        policy: "1".into(),
        pipeline_digest: "ab".repeat(32),
        sample: serde_json::Value::Null,
        protection: serde_json::Value::Null,
        challenge: None,
    };
    let release = RunDirectory::create(folder, "essai", "r1", &[]).unwrap();
    release.assemble(&manifest, None).and_then(Assembled::read_back).and_then(Compared::publish).unwrap()
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("in");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("bystander.csv"), CONTENT).unwrap();
        let log = AuditLog::create(&folder.path().join("audit.jsonl"), "r1", Arc::new(SystemClock)).unwrap();
        let mut journal = Journal::begin(log, When::Exported, &[]).unwrap();
        let digest = Digest { bytes: CONTENT.len() as u64, sha256: Sha256::digest(CONTENT).into() };
        let targets: Vec<Target> = (0..2).map(|file| Target { file, path: root.join(format!("{file}.csv")) }).collect();
        for target in &targets {
            fs::write(&target.path, CONTENT).unwrap();
            journal.source_read(target.file, digest).unwrap();
        }
        use State::{DestroyIntended, Exported, Ingested, KeysDestroyed, Staged};
        for state in [Ingested, Staged, Exported] {
            journal.advance(state, &[]).unwrap();
        }
        journal.read_back(&receipt(folder.path())).unwrap();
        for state in [DestroyIntended, KeysDestroyed] {
            journal.advance(state, &[]).unwrap();
        }
        let pipeline = Destroy { when: When::Exported, sources_beneath: Some(root) };
        Self { folder, targets, pipeline }
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("audit.jsonl")
    }

    fn bystander(&self) -> PathBuf {
        self.folder.path().join("in/bystander.csv")
    }

    /// Takes the run up again and removes; whether it came to its end.
    fn remove(&self) -> bool {
        let Ok((mut journal, _)) = Journal::resume(&self.journal(), Arc::new(SystemClock)) else { return false };
        let operator = Operator::new("test", 0).unwrap();
        let Ok(warrant) = Warrant::confirm(&self.pipeline, "r1", "r1", operator) else { return false };
        remove_sources(&mut journal, &warrant, &self.targets).is_ok()
            && journal.advance(State::FilesRemoved, &[]).is_ok()
    }

    /// What must hold whenever a removal stops.
    fn hold(&self, fault: &str) {
        assert_eq!(fs::read(self.bystander()).unwrap(), CONTENT, "{fault}");
        for target in &self.targets {
            // No name stands for a file of another length, and nothing new came to be.
            assert!(metadata_len(&target.path).is_none_or(|len| len == CONTENT.len() as u64), "{fault}");
        }
        assert!(fs::read_dir(self.folder.path().join("in")).unwrap().count() <= 3, "{fault}");
    }

    /// Without faults the run now comes to its end, and nothing of the sources is left.
    fn finish(&self, fault: &str) {
        let (journal, state) = Journal::resume(&self.journal(), Arc::new(SystemClock)).unwrap();
        drop(journal);
        if state == State::KeysDestroyed {
            assert!(self.remove(), "{fault}: the run does not go on");
        }
        let (journal, state) = Journal::resume(&self.journal(), Arc::new(SystemClock)).unwrap();
        assert_eq!(state, State::FilesRemoved, "{fault}");
        assert_eq!(journal.ends().len(), 2, "{fault}");
        for (_, end) in journal.ends() {
            assert!(end.class() < Class::NotDestroyed, "{fault}: {:?}", end.reason());
            assert_ne!(end.reason(), Reason::Gone, "{fault}");
        }
        assert!(self.targets.iter().all(|target| !target.path.exists()), "{fault}");
        assert_eq!(fs::read(self.bystander()).unwrap(), CONTENT, "{fault}");
    }
}

fn metadata_len(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|metadata| metadata.size())
}

#[test]
fn a_removal_that_fails_at_any_call_touches_nothing_else_and_goes_on_to_its_end() {
    let mut stopped = 0;
    for call in [Call::Open, Call::Read, Call::Write, Call::Sync, Call::Remove] {
        for for_ever in [false, true] {
            for nth in 1.. {
                let error = [EIO, ENOSPC, EDQUOT, EROFS, EACCES][nth as usize % 5];
                let scene = Scene::new();
                arm(Plan { call: Some(call), nth, for_ever, fault: Fault::Error(error) });
                let ended = scene.remove();
                let seen = disarm();
                let fault = format!("{call:?} {nth}, for ever {for_ever}, error {error}");
                scene.hold(&fault);
                scene.finish(&fault);
                stopped += u64::from(!ended);
                if seen < nth {
                    assert!(ended, "{fault}: nothing failed");
                    break;
                }
            }
        }
    }
    assert!(stopped > 50, "the faults did not stop it: {stopped}");
}
