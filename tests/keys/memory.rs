//! Keys in the memory of a process, read from outside of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tamis::keys::{self, Domain, KeySource, VerifierKey};

use crate::lasting::Office;

/// Set for the process that is looked at, to the folder with its keys.
const CHILD: &str = "TAMIS_TEST_KEYS_OF_CHILD";
const DOMAIN: Domain<'static> = Domain { epoch: "2026", recipient: "ars-53", dataset: "depistages", identifier: "nir" };

/// The same for a process that runs a pipeline under a kept key.
const RUNNER: &str = "TAMIS_TEST_KEYS_OF_RUNNER";

/// Not a test of its own: the process that the tests below look at. It holds keys, then drops them.
#[test]
fn the_process_that_is_looked_at() {
    if let Some(folder) = std::env::var_os(RUNNER) {
        let (_out, summary) = Office::at(Path::new(&folder)).run(&Path::new(&folder).join("pipeline.toml"), None);
        assert!(summary.released() > 0);
        say("ran");
        return;
    }
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let folder = Path::new(&folder);
    let source = |name: &str| KeySource::File(folder.join(name));
    let public = VerifierKey::new(&fs::read_to_string(folder.join("signing.key.pub")).unwrap()).unwrap();
    let root = keys::load_root(&source("root.key")).unwrap();
    let signing = keys::load_signing_key(&source("signing.key"), &public).unwrap();
    let identity = keys::load_identity(&source("recipient.key")).unwrap();
    let pseudonyms = root.pseudonym_key(&DOMAIN, "a");
    let used = (pseudonyms.pseudonym(1), root.fingerprint(), signing.sign("text\n").unwrap().len());
    say("held");
    drop((pseudonyms, root, signing, identity, used));
    // As a run does at its end on each of its threads.
    keys::scrub_stack();
    say("dropped");
}

/// Says a word to whoever looks, and waits.
fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{word}").unwrap();
    out.flush().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

struct Looked {
    child: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Looked {
    fn start(variable: &str, folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "memory::the_process_that_is_looked_at", "--nocapture", "--test-threads", "1"])
            .env(variable, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        while line.trim() != word {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the process ended before it said {word}");
        }
    }

    fn go_on(&mut self) {
        writeln!(self.input).unwrap();
    }

    fn status(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':')).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// How often each of the texts lies in the writable memory of the process; `None` where the system forbids to look.
    fn count(&self, needles: &[Vec<u8>]) -> Option<Vec<usize>> {
        let memory = File::open(format!("/proc/{}/mem", self.child.id())).ok()?;
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.child.id())).unwrap();
        let mut counts = vec![0; needles.len()];
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (from, to) = words.next().unwrap().split_once('-').unwrap();
            if !words.next().unwrap().starts_with("rw") || line.ends_with("[vvar]") {
                continue;
            }
            let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            // Pages behind a guard cannot be read; nothing was written there either.
            if memory.read_exact_at(&mut bytes, from).is_err() {
                continue;
            }
            for (count, needle) in counts.iter_mut().zip(needles) {
                *count += memchr::memmem::find_iter(&bytes, needle).count();
            }
        }
        Some(counts)
    }
}

/// HKDF and the inner state of HMAC by hand: what lies in memory for a derived key.
fn derived_state(root: &[u8], domain: &Domain<'_>, purpose: &str, resource: Option<&str>) -> Vec<u8> {
    let mac = |key: &[u8], message: &[u8]| {
        Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes()
    };
    let mut info = Vec::new();
    let fields = ["tamis keys 1", purpose, domain.recipient, domain.dataset, domain.identifier];
    for field in fields.into_iter().chain(resource) {
        info.extend_from_slice(&(field.len() as u64).to_be_bytes());
        info.extend_from_slice(field.as_bytes());
    }
    info.push(1);
    let key = mac(&mac(domain.epoch.as_bytes(), root), &info);
    let mut block = [0x36u8; 64];
    block.iter_mut().zip(key).for_each(|(block, key)| *block ^= key);
    let mut state =
        [0x6a09_e667u32, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    sha2::block_api::compress256(&mut state, &[block]);
    state.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn folder_with_keys() -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let clock = tamis::clock::SystemClock;
    keys::generate_root(&folder.path().join("root.key"), None, &clock).unwrap();
    keys::generate_signing(&folder.path().join("signing.key"), "crcdc").unwrap();
    keys::generate_recipient(&folder.path().join("recipient.key")).unwrap();
    let root = fs::read(folder.path().join("root.key")).unwrap();
    (folder, root)
}

#[test]
fn keys_lie_in_locked_memory_and_are_gone_from_memory_once_dropped() {
    let (folder, root) = folder_with_keys();
    let text = |name: &str, prefix: &str| {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines().find(|l| l.starts_with(prefix)).unwrap().as_bytes().to_vec()
    };
    let signing = text("signing.key", "PRIVATE+KEY+");
    let identity = text("recipient.key", "AGE-SECRET-KEY-1");
    let needles = [root.clone(), derived_state(&root, &DOMAIN, "pseudonym", Some("a")), signing, identity];

    let mut looked = Looked::start(CHILD, folder.path());
    looked.wait_for("held");
    let Some(held) = looked.count(&needles) else {
        eprintln!("skipped: the system does not let a process read the memory of its child");
        return;
    };
    assert_eq!(held[0], 1, "the root key is there, once");
    assert_eq!(held[1], 1, "the state of the derived key is there, once");
    assert_eq!(held[2..], [0, 0], "the texts of the other keys were only read");
    // Root, pseudonym key, signing key, identity: a page each.
    assert!(looked.status("VmLck") >= 16, "{} kB are locked", looked.status("VmLck"));
    looked.go_on();
    looked.wait_for("dropped");
    assert_eq!(looked.count(&needles).unwrap(), [0, 0, 0, 0], "a key or what was derived from it outlived its drop");
    assert_eq!(looked.status("VmLck"), 0);
    looked.go_on();
    assert!(looked.child.wait().unwrap().success());
}

#[test]
fn after_a_run_neither_the_kept_key_nor_what_was_derived_from_it_is_left_on_any_thread() {
    let office = Office::new();
    office.pipeline("longitudinal", "suivi", "personnes", "ars-53");
    let root = fs::read(office.path("root.key")).unwrap();
    let of = |epoch, recipient| Domain { epoch, recipient, dataset: "suivi", identifier: "text" };
    let needles = [
        root.clone(),
        derived_state(&root, &of("", ""), "subject", None),
        derived_state(&root, &of("2026", "ars-53"), "pseudonym", Some("personnes")),
    ];
    let mut looked = Looked::start(RUNNER, &office.path(""));
    looked.wait_for("ran");
    match looked.count(&needles) {
        Some(counts) => assert_eq!(counts, [0, 0, 0], "root, subject key, pseudonym key"),
        None => eprintln!("skipped: the system does not let a process read the memory of its child"),
    }
    looked.go_on();
    assert!(looked.child.wait().unwrap().success());
}

#[test]
fn a_process_that_may_lock_nothing_works_all_the_same_and_says_so() {
    let (folder, _) = folder_with_keys();
    let run = |limit: &str| {
        let key = folder.path().join("root.key");
        let command = format!("{limit}; exec {} keys status {}", env!("CARGO_BIN_EXE_tamis"), key.display());
        let output = Command::new("sh").args(["-c", &command]).env("LC_ALL", "C").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run("true").contains("locked in memory   yes"));
    let told = run("ulimit -l 0");
    // A process with the right to lock (CAP_IPC_LOCK), such as root's, is not held by the limit.
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: the limit on locked memory does not hold for root");
    } else {
        assert!(told.contains("locked in memory   no"), "{told}");
    }
}

#[test]
fn the_program_leaves_no_core_dump() {
    let folder = tempfile::tempdir().unwrap();
    // It waits for a key on standard input, hardened by then.
    let command = format!("ulimit -c $(ulimit -H -c); exec {} keys fingerprint fd:0", env!("CARGO_BIN_EXE_tamis"));
    let mut child = Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let limit = || {
        let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let line = limits.lines().find_map(|l| l.strip_prefix("Max core file size")).unwrap();
        line.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    while limit() != ["0", "0"] {
        assert!(Instant::now() < deadline, "core dumps are allowed: {:?}", limit());
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A core dump that is piped to a program is not held by the limit, so the process says itself that it must not be dumped.
#[test]
fn a_hardened_process_must_not_be_dumped() {
    const ASKED: &str = "TAMIS_TEST_HARDEN";
    if std::env::var_os(ASKED).is_some() {
        keys::harden_process().unwrap();
        let dumpable = rustix::process::dumpable_behavior().unwrap();
        assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
        return;
    }
    // In a process of its own: afterwards nobody may read its memory, as the test above does.
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory::a_hardened_process_must_not_be_dumped"])
        .env(ASKED, "1")
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

/// Where the key is a descriptor, it may not come from a file that others can read either.
#[test]
fn a_file_handed_over_as_a_descriptor_is_judged_like_a_file() {
    let (folder, root) = folder_with_keys();
    let with_mode = |mode| {
        let path = folder.path().join(format!("handed-{mode:o}"));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).unwrap();
        file.write_all(&root).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
        command.args(["keys", "fingerprint", "fd:0"]).stdin(File::open(&path).unwrap());
        command.output().unwrap().status.code()
    };
    assert_eq!(with_mode(0o600), Some(0));
    assert_eq!(with_mode(0o644), Some(5));
}
