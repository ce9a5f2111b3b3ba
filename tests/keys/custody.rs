//! How keys are kept: what is made, what is refused, what is shown.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::tamis;

/// How a command ended, with everything that it showed.
struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{} {}", self.out, self.err))
    }
}

struct Cabinet(TempDir);

impl Cabinet {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn tell(&self, words: &[&str]) -> Told {
        self.tell_with(words, |_| {})
    }

    fn tell_with(&self, words: &[&str], change: impl FnOnce(&mut Command)) -> Told {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
        command.args(words).current_dir(self.0.path()).env("LC_ALL", "C").env("NO_COLOR", "1").stdin(Stdio::null());
        change(&mut command);
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn done(&self, words: &[&str]) -> Told {
        let told = self.tell(words);
        assert_eq!(told.code, Some(0), "{words:?}: {}", told.err);
        told
    }

    fn write(&self, name: &str, bytes: &[u8], mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

/// A root key whose bytes are text, so that they would be seen in what is shown.
const ROOT: &[u8; 32] = b"Zwoelf-Boxkaempfer-jagen-Viktor!";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_key_is_made_for_its_owner_alone_and_never_takes_the_place_of_another() {
    let cabinet = Cabinet::new();
    let kinds: [(&str, &[&str]); 3] =
        [("root", &["--epoch", "2026"]), ("signing", &["--name", "crcdc-ara"]), ("recipient", &[])];
    for (kind, more) in kinds {
        let file = format!("{kind}.key");
        let words: Vec<&str> =
            ["keys", "generate", kind, "--to", &file].into_iter().chain(more.iter().copied()).collect();
        let told = cabinet.done(&words);
        let secret = fs::read(cabinet.path(&file)).unwrap();
        assert_eq!(mode(&cabinet.path(&file)), 0o600, "{kind}");
        let again = cabinet.tell(&words);
        assert_eq!(again.code, Some(5), "{kind}: {}", again.err);
        assert!(again.err.contains("exists already"), "{}", again.err);
        assert_eq!(fs::read(cabinet.path(&file)).unwrap(), secret, "the first key stands");
        let status = cabinet.done(&["keys", "status", &file]);
        let fingerprint = cabinet.done(&["keys", "fingerprint", &file]);
        assert!(status.out.contains(fingerprint.out.trim()) && told.out.contains(fingerprint.out.trim()), "{kind}");
        assert!(status.out.contains("0600") && status.out.contains("0 days"), "{}", status.out);
        let line = String::from_utf8_lossy(&secret).lines().last().unwrap_or_default().to_owned();
        for told in [told, again, status, fingerprint] {
            let shown = told.out + &told.err;
            assert!(!shown.contains(&hex(&secret)) && !shown.contains(&line), "{kind}: a secret was shown");
            assert!(!shown.contains("PRIVATE") && !shown.contains("AGE-SECRET"));
        }
    }
    assert_eq!(fs::read(cabinet.path("root.key")).unwrap().len(), 32);
}

#[test]
fn public_halves_stand_beside_the_keys_and_fit_what_others_make() {
    let cabinet = Cabinet::new();
    cabinet.done(&["keys", "generate", "recipient", "--to", "r.key"]);
    let public = fs::read_to_string(cabinet.path("r.key.pub")).unwrap();
    assert!(public.starts_with("age1"));
    // The form of `age-keygen`: comments before the identity.
    let text = fs::read_to_string(cabinet.path("r.key")).unwrap();
    let foreign = format!("# created: 2026-03-01T12:00:00Z\n{text}\n");
    cabinet.write("foreign.key", foreign.as_bytes(), 0o600);
    assert_eq!(cabinet.done(&["keys", "fingerprint", "foreign.key"]).out, public);

    cabinet.done(&["keys", "generate", "signing", "--to", "s.key", "--name", "a"]);
    cabinet.done(&["keys", "generate", "signing", "--to", "t.key", "--name", "a"]);
    fs::rename(cabinet.path("t.key.pub"), cabinet.path("s.key.pub")).unwrap();
    let other = cabinet.tell(&["keys", "status", "s.key"]);
    assert_eq!(other.code, Some(5));
    assert!(other.err.contains("does not belong to the public key"), "{}", other.err);
    let alone = cabinet.tell(&["keys", "status", "t.key"]);
    assert_eq!(alone.code, Some(5));
    assert!(alone.err.contains("t.key: the public half is missing"), "{}", alone.err);
}

#[test]
fn a_half_made_pair_is_not_left_behind() {
    let cabinet = Cabinet::new();
    cabinet.write("s.key.pub", b"older\n", 0o600);
    assert_eq!(cabinet.tell(&["keys", "generate", "signing", "--to", "s.key", "--name", "a"]).code, Some(5));
    assert!(!cabinet.path("s.key").exists());
    for epoch in ["run", "a b", ""] {
        assert_eq!(cabinet.tell(&["keys", "generate", "root", "--to", "k", "--epoch", epoch]).code, Some(5), "{epoch}");
        assert!(!cabinet.path("k").exists());
    }
}

#[test]
fn a_key_that_others_could_know_or_change_is_refused() {
    let cabinet = Cabinet::new();
    let refuse = |name: &str, words: &str| {
        for command in
            [&["keys", "status", name][..], &["keys", "fingerprint", name], &["keys", "rotate", name, "--epoch", "e"]]
        {
            let told = cabinet.tell(command);
            assert_eq!(told.code, Some(5), "{command:?}: {} {}", told.out, told.err);
            assert!(told.err.contains(words), "{command:?}: {}", told.err);
            assert!(told.err.contains(name), "it is said where: {}", told.err);
            assert!(!(told.out + &told.err).contains("Viktor"), "a key was shown");
        }
        assert!(!cabinet.path(&format!("{name}.epochs")).exists());
    };
    for mode in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666, 0o440] {
        let name = format!("mode{mode:o}");
        cabinet.write(&name, ROOT, mode);
        refuse(&name, "chmod 600");
    }
    cabinet.write("good", ROOT, 0o600);
    symlink(cabinet.path("good"), cabinet.path("link")).unwrap();
    refuse("link", "this is a link");
    fs::create_dir(cabinet.path("folder")).unwrap();
    refuse("folder", "this is a folder");
    assert!(Command::new("mkfifo").arg(cabinet.path("pipe")).status().unwrap().success());
    refuse("pipe", "this is a named pipe");
    refuse("absent", "cannot be read");
    if rustix::process::geteuid().is_root() {
        let path = cabinet.write("others", ROOT, 0o600);
        std::os::unix::fs::chown(path, Some(12345), None).unwrap();
        refuse("others", "belongs to user 12345");
    } else {
        eprintln!("skipped: only root can give a file to somebody else");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let cabinet = Cabinet::new();
    let line_feed = [&ROOT[..], b"\n"].concat();
    let text = hex(ROOT);
    let cases: [(&str, &[u8], &str); 7] = [
        ("empty", b"", "0 bytes are too short"),
        ("short", &ROOT[..31], "31 bytes are too short"),
        ("long", &line_feed, "without line feed"),
        ("hexadecimal", text.as_bytes(), "without line feed or encoding"),
        ("zeros", &[0; 32], "one byte repeated"),
        ("repeated", &[0x5a; 32], "one byte repeated"),
        ("large", &[7; 100_000], "too long"),
    ];
    for (name, bytes, words) in cases {
        cabinet.write(name, bytes, 0o600);
        let told = cabinet.tell(&["keys", "rotate", name, "--epoch", "e"]);
        assert_eq!(told.code, Some(5), "{name}: {}", told.err);
        assert!(told.err.contains(words), "{name}: {}", told.err);
        assert!(!told.err.contains("Viktor") && !told.err.contains(&text), "a key was shown");
        assert_eq!(cabinet.tell(&["keys", "status", name]).code, Some(5), "{name}");
    }
    cabinet.done(&["keys", "generate", "recipient", "--to", "r.key"]);
    let told = cabinet.tell(&["keys", "rotate", "r.key", "--epoch", "e"]);
    assert_eq!(told.code, Some(5));
    assert!(told.err.contains("not a root key"), "{}", told.err);
}

#[test]
fn a_key_on_the_command_line_is_refused_and_not_repeated() {
    let cabinet = Cabinet::new();
    cabinet.done(&["keys", "generate", "recipient", "--to", "r.key"]);
    let text = fs::read_to_string(cabinet.path("r.key")).unwrap();
    let identity = text.lines().last().unwrap();
    for secret in [identity, &hex(ROOT), "PRIVATE+KEY+a+00000000+AAAA"] {
        for words in [&["keys", "status", secret][..], &["keys", "rotate", secret, "--epoch", "e"]] {
            let told = cabinet.tell(words);
            assert_eq!(told.code, Some(2), "{}", told.err);
            assert!(!(told.out + &told.err).contains(secret));
        }
    }
    for nonsense in ["fd:", "fd:x", "fd:-1", "credential:", "credential:../x", "credential:a/b", ""] {
        assert_eq!(cabinet.tell(&["keys", "status", nonsense]).code, Some(2), "{nonsense}");
    }
    for words in [
        &["keys", "generate", "signing", "--to", "x"][..],
        &["keys", "generate", "root", "--to", "x", "--name", "a"],
        &["keys", "generate", "recipient", "--to", "x", "--epoch", "a"],
    ] {
        assert_eq!(cabinet.tell(words).code, Some(2), "{words:?}");
        assert!(!cabinet.path("x").exists());
    }
}

#[test]
fn a_key_comes_as_a_credential_or_over_a_descriptor_too() {
    let cabinet = Cabinet::new();
    cabinet.write("root.key", ROOT, 0o600);
    let expected = cabinet.done(&["keys", "fingerprint", "root.key"]).out;
    let credential = |folder: Option<&Path>| {
        cabinet.tell_with(&["keys", "fingerprint", "credential:root.key"], |command| {
            command.env_remove("CREDENTIALS_DIRECTORY");
            if let Some(folder) = folder {
                command.env("CREDENTIALS_DIRECTORY", folder);
            }
        })
    };
    assert_eq!(credential(Some(cabinet.0.path())).out, expected);
    // As systemd shows a file that its service may read by an access list.
    fs::set_permissions(cabinet.path("root.key"), fs::Permissions::from_mode(0o440)).unwrap();
    assert_eq!(credential(Some(cabinet.0.path())).out, expected);
    for mode in [0o444, 0o460, 0o404] {
        fs::set_permissions(cabinet.path("root.key"), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(credential(Some(cabinet.0.path())).code, Some(5), "{mode:o}");
    }
    for folder in [None, Some(Path::new("relative")), Some(Path::new(""))] {
        let told = credential(folder);
        assert_eq!(told.code, Some(5));
        assert!(told.err.contains("$CREDENTIALS_DIRECTORY"), "{}", told.err);
    }

    let piped = |bytes: &[u8], words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.current_dir(cabinet.0.path()).env("LC_ALL", "C").spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(piped(ROOT, &["keys", "fingerprint", "fd:0"]), (Some(0), expected, String::new()));
    assert_eq!(piped(&ROOT[..20], &["keys", "fingerprint", "fd:0"]).0, Some(5));
    let nowhere = piped(ROOT, &["keys", "rotate", "fd:0", "--epoch", "2026"]);
    assert_eq!(nowhere.0, Some(5));
    assert!(nowhere.2.contains("--epochs FILE"), "{}", nowhere.2);
    assert_eq!(piped(ROOT, &["keys", "rotate", "fd:0", "--epoch", "2026", "--epochs", "l"]).0, Some(0));
    assert!(cabinet.path("l").exists());
    for (descriptor, words) in [("fd:99", "cannot be read"), ("fd:0", "this is a device")] {
        let told = cabinet.tell(&["keys", "fingerprint", descriptor]);
        assert_eq!(told.code, Some(5));
        assert!(told.err.contains(words), "{}", told.err);
    }
}

#[test]
fn epochs_are_opened_once_and_told_in_order() {
    let cabinet = Cabinet::new();
    cabinet.done(&["keys", "generate", "root", "--to", "root.key"]);
    let none = cabinet.done(&["keys", "status", "root.key", "--format", "json"]).json();
    assert_eq!(none["epochs"], serde_json::json!([]));
    assert_eq!((&none["mode"], &none["locked"]), (&"0600".into(), &true.into()));
    cabinet.done(&["keys", "rotate", "root.key", "--epoch", "2026"]);
    let told = cabinet.done(&["keys", "rotate", "root.key", "--epoch", "2027", "--format", "json"]).json();
    assert_eq!((&told["epoch"], &told["before"]), (&"2027".into(), &"2026".into()));
    let status = cabinet.done(&["keys", "status", "root.key", "--format", "json"]).json();
    let names: Vec<&str> = status["epochs"].as_array().unwrap().iter().map(|e| e["epoch"].as_str().unwrap()).collect();
    assert_eq!(names, ["2026", "2027"]);
    assert_eq!(status["epochs"][1]["current"], true);
    assert_eq!(status["fingerprint"], told["fingerprint"]);
    let french =
        tamis().args(["keys", "status"]).arg(cabinet.path("root.key")).args(["--lang", "fr"]).output().unwrap();
    let french = String::from_utf8(french.stdout).unwrap();
    assert!(french.contains("Clé racine") && french.contains("empreinte") && french.contains("en cours"), "{french}");
    assert_eq!(cabinet.tell(&["keys", "rotate", "root.key", "--epoch", "2026"]).code, Some(5));
    cabinet.done(&["keys", "generate", "root", "--to", "other.key"]);
    let other = cabinet.tell(&["keys", "status", "other.key", "--epochs", "root.key.epochs"]);
    assert_eq!(other.code, Some(5));
    assert!(other.err.contains("belongs to another key"), "{}", other.err);
}
