//! Sealing and opening under bad conditions: a disk that refuses any call, a process that is killed at any call, and
//! entries larger than the memory that may be used.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::secrecy::ExposeSecret;
use serde_json::json;
use tamis::audit::{self, Operator};
use tamis::clock::{Clock, FixedClock};
use tamis::config::{Recipient, UseUntil};
use tamis::disk::faults::{self, Call, Fault, Plan};
use tamis::keys::{SigningKey, VerifierKey, generate_signing_key};
use tamis::reception::{Desk, OpenRequest, ReceptionError, Which, acknowledge, destroy};
use tamis::seal::{
    self, Acknowledgement, Challenge, DESCRIPTOR, Expected, ManifestParts, Package, ReadBack, ReleaseParts, Sealer,
};

const RUN: &str = "20260301T120000.000Z";
const PURPOSE: &str = "Évaluation du dépistage organisé";
const CANARY: &[u8] = b"PSEUDONYME-QUI-NE-DOIT-PAS-TRAINER";
/// Rows of the story: more than one block of the cipher.
const ROWS: usize = 2000;
/// Calls fail for the whole process, so that one test at a time may work in it.
static ALONE: Mutex<()> = Mutex::new(());
/// Tells the child that tests start which part it plays.
const PART: &str = "TAMIS_TEST_PART";
const FOLDER: &str = "TAMIS_TEST_FOLDER";

/// Sender and recipient with their folders, as another process finds them.
struct Story {
    folder: PathBuf,
    identity: age::x25519::Identity,
    sender: SigningKey,
    reader: SigningKey,
}

fn key(folder: &Path, name: &str) -> SigningKey {
    let path = folder.join(name);
    if !path.exists() {
        let (secret, public) = generate_signing_key(name).unwrap();
        fs::write(&path, format!("{}\n{}", *secret, public.as_str())).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let (secret, public) = text.split_once('\n').unwrap();
    SigningKey::new(secret, &VerifierKey::new(public).unwrap()).unwrap()
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock("2026-03-02T08:00:00Z".parse().unwrap()))
}

fn who() -> Operator {
    Operator::new("M. Martin", 1000).unwrap()
}

impl Story {
    fn of(folder: &Path) -> Self {
        let path = folder.join("identity");
        if !path.exists() {
            fs::write(&path, age::x25519::Identity::generate().to_string().expose_secret()).unwrap();
        }
        let identity = fs::read_to_string(&path).unwrap().parse().unwrap();
        let (sender, reader) = (key(folder, "crcdc"), key(folder, "dgs"));
        let story = Self { folder: folder.to_path_buf(), identity, sender, reader };
        fs::create_dir_all(story.out()).unwrap();
        story
    }

    fn out(&self) -> PathBuf {
        self.folder.join("out")
    }

    fn desk(&self) -> PathBuf {
        self.folder.join("desk")
    }

    fn file_name(&self) -> String {
        seal::package_name("depistage", RUN, "dgs").unwrap()
    }

    fn package(&self) -> PathBuf {
        self.out().join(self.file_name())
    }

    fn reception(&self) -> PathBuf {
        self.desk().join(format!("depistage-{RUN}-dgs"))
    }

    fn acknowledgement(&self) -> PathBuf {
        self.folder.join("ack")
    }

    /// Seals `pieces` times a piece of rows.
    fn seal(&self, piece: &[u8], pieces: usize) -> Result<(ReadBack, Expected), Box<dyn std::error::Error>> {
        let recipient = Recipient {
            name: "dgs".into(),
            age: self.identity.to_public().to_string(),
            key: None,
            use_until: UseUntil::Days(30),
            deliver: None,
            reinforced: false,
        };
        let sealer = Sealer::create(&self.out(), &self.file_name(), &recipient)?;
        let mut data = sealer.entry("data/personnes.csv")?;
        let mut descriptor = sealer.entry(DESCRIPTOR)?;
        data.write_all(b"pseudonyme\n")?;
        for _ in 0..pieces {
            data.write_all(piece)?;
        }
        let rows = (piece.iter().filter(|byte| **byte == b'\n').count() * pieces) as u64;
        let data = data.close()?.with_rows(rows);
        let challenge = Challenge::random()?;
        let described = json!({
            "tamis:challenge": *challenge.to_hex(),
            "resources": [{
                "path": data.name().as_str(),
                "bytes": data.plain_bytes(),
                "hash": format!("sha256:{}", data.plain_sha256()),
                "tamis:rows": rows,
            }],
        });
        descriptor.write_all(described.to_string().as_bytes())?;
        let parts = ManifestParts {
            release: ReleaseParts {
                run: RUN.into(),
                pipeline: "depistage".into(),
                pipeline_digest: "00".repeat(32),
                made: "2026-03-01T12:00:00Z".parse()?,
                legal_basis: "CSP L1411-8".into(),
                purpose: PURPOSE.into(),
                policy: "2026-1".into(),
            },
            sample: json!({}),
            protection: json!({}),
            scan: json!({}),
            pseudonyms: true,
            audit_checkpoint: String::new(),
            challenge,
        };
        let sealed = sealer.finish(vec![data, descriptor.close()?], parts, &self.sender)?;
        let expected = sealed.expected().clone();
        Ok((sealed.read_back()?, expected))
    }

    fn open(&self) -> Result<(), ReceptionError> {
        let age = self.identity.to_public().to_string();
        let request = OpenRequest {
            package: &self.package(),
            sender: self.sender.verifier(),
            identity: &self.identity,
            age: &age,
            purpose: PURPOSE,
            who: &who(),
            stop: &|| false,
        };
        Desk::enter(&self.desk(), clock())?.open(&request).map(|_| ())
    }

    fn destroy(&self) -> Result<bool, ReceptionError> {
        let name = self.reception().file_name().unwrap().to_str().unwrap().to_owned();
        let report = destroy(&self.desk(), &Which::Named(name), &who(), &clock())?;
        Ok(report.failed.is_empty())
    }

    /// From sealing to destruction, up to the first thing that fails.
    fn tell(&self) -> Result<(), Box<dyn std::error::Error>> {
        let rows = [CANARY, b"\n"].concat();
        let (_, expected) = self.seal(&rows, ROWS)?;
        self.open()?;
        acknowledge(&self.reception(), &self.reader, &who(), &self.acknowledgement(), &clock())?;
        let note = fs::read(self.acknowledgement())?;
        Acknowledgement::read(&note, self.reader.verifier(), &expected)?;
        if self.destroy()? { Ok(()) } else { Err("something was not destroyed".into()) }
    }

    /// What holds after anything went wrong anywhere; `when` says where.
    fn check(&self, when: &str) {
        if self.package().exists() {
            assert!(Package::verify(&self.package(), self.sender.verifier()).is_ok(), "half a package, {when}");
        }
        for path in with_canary(&self.folder) {
            let open = path.starts_with(self.reception().join("release"));
            let opening = path.starts_with(self.desk()) && path.to_str().unwrap().contains(".opening/release/");
            assert!(open || opening, "plaintext in {}, {when}", path.display());
        }
        if self.reception().join("release").exists() {
            let log = audit::read(&self.desk().join("audit.jsonl")).unwrap_or_default();
            assert!(log.iter().any(|e| e.event == "opened"), "an opening that is not in the log, {when}");
        }
        if self.acknowledgement().exists() {
            assert!(!fs::read(self.acknowledgement()).unwrap().is_empty(), "half an acknowledgement, {when}");
        }
    }

    /// With a disk that works again, the story is told to its end, or says why it has ended before.
    fn go_on(&self, when: &str) {
        drop(Desk::enter(&self.desk(), clock()).unwrap_or_else(|e| panic!("{when}: {e}")));
        for path in with_canary(&self.desk()) {
            assert!(path.starts_with(self.reception()), "plaintext in {}, {when}", path.display());
        }
        seal::sweep(&self.out()).unwrap();
        if !self.package().exists() {
            assert!(!self.reception().exists(), "opened what was never there, {when}");
            self.seal(&[CANARY, b"\n"].concat(), ROWS).unwrap_or_else(|e| panic!("{when}: {e}"));
        }
        match self.open() {
            Ok(()) | Err(ReceptionError::AlreadyOpened { .. } | ReceptionError::Destroyed { .. }) => {}
            Err(error) => panic!("{when}: {error}"),
        }
        match self.destroy() {
            Ok(whole) => assert!(whole, "{when}"),
            Err(ReceptionError::Destroyed { .. }) => {}
            Err(error) => panic!("{when}: {error}"),
        }
        assert!(with_canary(&self.folder).is_empty(), "{when}");
        audit::verify(&self.desk().join("audit.jsonl")).unwrap_or_else(|e| panic!("{when}: {e}"));
        let left = fs::read_dir(self.out()).unwrap().count();
        assert_eq!(left, 1, "the package and nothing else, {when}");
    }
}

/// Files with plaintext in them.
fn with_canary(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(with_canary(&path));
        } else if memchr::memmem::find(&fs::read(&path).unwrap(), CANARY).is_some() {
            found.push(path);
        }
    }
    found
}

/// This program once more, for one test, in another part.
fn child(test: &str, part: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(PART, part).env(FOLDER, folder);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn part() -> Option<(String, PathBuf)> {
    Some((std::env::var(PART).ok()?, std::env::var_os(FOLDER)?.into()))
}

/// A folder in memory where there is one: hundreds of stories would wait for the disk thousands of times.
fn quick_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn whichever_call_to_the_disk_fails_nothing_is_half_visible_and_the_story_goes_on() {
    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    const EACCES: i32 = 13;
    if part().is_some() {
        return;
    }
    let _alone = alone();
    let kinds = [
        (Call::Open, EACCES),
        (Call::Read, EIO),
        (Call::Write, ENOSPC),
        (Call::Sync, EIO),
        (Call::Rename, EIO),
        (Call::Remove, EACCES),
    ];
    for (call, number) in kinds {
        for for_ever in [false, true] {
            for nth in 1.. {
                let folder = quick_folder();
                let story = Story::of(folder.path());
                faults::arm(Plan { call: Some(call), nth, for_ever, fault: Fault::Error(number) });
                let outcome = story.tell();
                let seen = faults::disarm();
                let when = format!("{call:?} number {nth} of {seen}, for ever: {for_ever}");
                story.check(&when);
                if seen < nth {
                    outcome.unwrap();
                    assert!(nth > 1, "no call of kind {call:?}");
                    break;
                }
                story.go_on(&when);
            }
        }
    }
}

#[test]
fn a_process_that_is_killed_at_any_call_leaves_nothing_half_visible_and_the_next_goes_on() {
    const NAME: &str = "a_process_that_is_killed_at_any_call_leaves_nothing_half_visible_and_the_next_goes_on";
    if let Some((part, folder)) = part() {
        let Some(nth) = part.strip_prefix("kill ") else { return };
        let story = Story::of(&folder);
        faults::arm(Plan { call: None, nth: nth.parse().unwrap(), for_ever: false, fault: Fault::Kill });
        story.tell().unwrap();
        return;
    }
    let _alone = alone();
    // Every third call: each state lasts for several.
    for nth in (1..).step_by(3) {
        let folder = quick_folder();
        let story = Story::of(folder.path());
        let status = child(NAME, &format!("kill {nth}"), folder.path()).status().unwrap();
        let when = format!("killed at call {nth}");
        story.check(&when);
        story.go_on(&when);
        if status.success() {
            assert!(nth > 50, "the story has more calls than that");
            return;
        }
        assert_eq!(status.code(), None, "{when}: ended by itself");
    }
}

/// Largest memory that this process has used, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_the_length_of_an_entry() {
    const NAME: &str = "memory_does_not_grow_with_the_length_of_an_entry";
    if let Some((part, folder)) = part() {
        if part != "memory" {
            return;
        }
        let story = Story::of(&folder);
        let piece: Vec<u8> =
            (0..64 * 1024u32).map(|i| if i % 64 == 63 { b'\n' } else { b'a' + (i % 26) as u8 }).collect();
        let before = peak();
        story.seal(&piece, 512).unwrap();
        story.open().unwrap();
        story.destroy().unwrap();
        let grown = peak() - before;
        // 32 MiB went through, four times.
        assert!(grown < 8 * 1024, "{grown} KiB more");
        return;
    }
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    Story::of(folder.path());
    let output = child(NAME, "memory", folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        fs::metadata(folder.path().join("out").read_dir().unwrap().next().unwrap().unwrap().path()).unwrap().len()
            > 32 << 20
    );
}
