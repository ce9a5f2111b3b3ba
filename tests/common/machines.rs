//! Machines that have nothing in common: a folder each, the program in it, and what is carried from one to another by hand.

#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tamis::keys::VerifierKey;
use tempfile::TempDir;

use crate::common;

/// The epoch of root keys.
pub const EPOCH: &str = "2026";
/// What releases are sent for.
pub const PURPOSE: &str = "suivi des bilans de prévention";
/// Who works at the sender's; no name of a person in synthetic records.
pub const OPERATOR: &str = "Opérateur Cinabre";
/// Who works at the recipient's.
pub const READER: &str = "Lectrice Vermillon";

/// How the program ended and what it said.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Told {
    /// Ended with this code; what was said is shown where it did not.
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.out, self.err);
        self
    }

    /// Ended with an error, whichever.
    pub fn failed(self) -> Self {
        assert!(self.code.is_some_and(|code| code != 0), "\n{}\n{}", self.out, self.err);
        self
    }

    /// Says this on either stream.
    pub fn says(self, word: &str) -> Self {
        assert!(self.out.contains(word) || self.err.contains(word), "`{word}` is not in\n{}\n{}", self.out, self.err);
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\n{}\n{}", self.out, self.err))
    }
}

/// A machine, and everything that the program ever said on it.
pub struct Machine {
    folder: TempDir,
    said: RefCell<Vec<(String, String)>>,
}

impl Machine {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder, said: RefCell::default() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: impl AsRef<Path>) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Runs the program there.
    pub fn tamis(&self, words: &[&str]) -> Told {
        let mut command = common::tamis();
        let done = command.current_dir(self.folder()).env("TMPDIR", self.path("tmp")).args(words).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let told = Told { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) };
        self.said.borrow_mut().push((words.join(" "), format!("{}{}", told.out, told.err)));
        let left: Vec<PathBuf> = common::files(&self.path("tmp")).into_keys().collect();
        assert!(left.is_empty(), "left in TMPDIR by {words:?}: {left:?}");
        told
    }

    /// Everything that the program said, by the words it was called with.
    pub fn said(&self) -> Vec<(String, String)> {
        self.said.borrow().clone()
    }

    /// A file comes in from another machine.
    pub fn fetch(&self, from: &Machine, file: impl AsRef<Path>, as_name: &str) {
        let to = self.path(as_name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from.path(file.as_ref()), to).unwrap();
    }

    /// The names of all files under a folder of the machine.
    pub fn names(&self, folder: &str) -> Vec<String> {
        common::files(&self.path(folder)).keys().map(|name| name.to_str().unwrap().to_owned()).collect()
    }

    /// The events of a log, in order.
    pub fn events(&self, log: impl AsRef<Path>) -> Vec<String> {
        tamis::audit::read(&self.path(log)).unwrap().into_iter().map(|entry| entry.event).collect()
    }

    pub fn verifier(&self, file: &str) -> VerifierKey {
        VerifierKey::new(&self.read(file)).unwrap()
    }
}

/// A sender's machine with its keys: `root.key`, `signing.key`.
pub fn sender() -> Machine {
    let machine = Machine::new();
    for folder in ["in", "drop"] {
        fs::create_dir(machine.path(folder)).unwrap();
    }
    common::write_root_key(&machine.path("root.key"), 1, Some(EPOCH));
    machine.tamis(&["keys", "generate", "signing", "--name", "crcdc", "--to", "signing.key"]).ends(0);
    machine
}

/// A recipient's machine with its keys, `identity` and `reader.key`, after public keys were exchanged with a sender: here
/// `crcdc.pub`, there `<name>.age` and `<name>.pub`.
pub fn recipient(name: &str, sender: &Machine) -> Machine {
    let machine = Machine::new();
    machine.tamis(&["keys", "generate", "recipient", "--to", "identity"]).ends(0);
    machine.tamis(&["keys", "generate", "signing", "--name", name, "--to", "reader.key"]).ends(0);
    machine.fetch(sender, "signing.key.pub", "crcdc.pub");
    sender.fetch(&machine, "identity.pub", &format!("{name}.age"));
    sender.fetch(&machine, "reader.key.pub", &format!("{name}.pub"));
    machine
}

/// `[sender]` and a `[[recipient]]` for each name, with the keys that the machine has; `more` is added to each.
pub fn transmission(machine: &Machine, names: &[&str], more: &str) -> String {
    let mut text = format!("[sender]\nkey = \"{}\"\n", machine.read("signing.key.pub").trim());
    for name in names {
        let (age, key) = (machine.read(format!("{name}.age")), machine.read(format!("{name}.pub")));
        let (age, key) = (age.trim(), key.trim());
        text += &format!("[[recipient]]\nname = \"{name}\"\nage = \"{age}\"\nkey = \"{key}\"\n");
        text += "deliver = { to = \"drop\" }\n";
        text += more;
    }
    text
}

/// A run that left a directory.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its name, as an operator types it.
    pub name: String,
    /// Its directory, relative to the machine.
    pub directory: String,
}

impl Run {
    /// A document of its dossier.
    pub fn dossier(&self, name: &str) -> String {
        format!("{}/dossier/{name}", self.directory)
    }

    /// Its sealed file for a recipient, by name.
    pub fn package(&self, recipient: &str) -> String {
        let directory = self.directory.trim_start_matches("out/");
        format!("{directory}-{recipient}.tamis")
    }

    /// What a desk calls it.
    pub fn reception(&self, recipient: &str) -> String {
        let directory = self.directory.trim_start_matches("out/");
        format!("desk/{directory}-{recipient}")
    }
}

/// Runs `pipeline.toml` of a machine to `out`, which has to end well; `keys` are further words.
pub fn run(machine: &Machine, keys: &[&str]) -> Run {
    run_ending(machine, keys, 0)
}

/// As [`run`], with another exit code: 3 where some records are wrong.
pub fn run_ending(machine: &Machine, keys: &[&str], code: i32) -> Run {
    // Stories run one pipeline over one file as often as they like.
    let who = ["--operator", OPERATOR, "--format", "json", "--again"];
    let words = [&["run", "pipeline.toml", "--signing-key", "signing.key"][..], &who].concat();
    let before = runs(machine);
    machine.tamis(&[&words[..], keys].concat()).ends(code);
    let directory = runs(machine).into_iter().find(|run| !before.contains(run)).unwrap();
    let document: Value = serde_json::from_str(&machine.read(format!("{directory}/dossier/pending.json"))).unwrap();
    Run { name: document["run"].as_str().unwrap().to_owned(), directory }
}

fn runs(machine: &Machine) -> Vec<String> {
    let Ok(entries) = fs::read_dir(machine.path("out")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    paths.map(|path| format!("out/{}", path.file_name().unwrap().to_str().unwrap())).collect()
}

/// Delivers a run's package, carries it over, and opens it.
pub fn hand_over(sender: &Machine, recipient: &Machine, run: &Run, name: &str) -> Told {
    let package = run.package(name);
    let sealed = format!("{}/sealed/{package}", run.directory);
    sender.tamis(&["deliver", "--pipeline", "pipeline.toml", &sealed]).ends(0);
    recipient.fetch(sender, format!("drop/{package}"), &format!("inbox/{package}"));
    open(recipient, &package, &[])
}

/// Opens a package of the inbox at the desk; words given again in `more` replace those given here.
pub fn open(recipient: &Machine, package: &str, more: &[&str]) -> Told {
    let package = format!("inbox/{package}");
    let mut words = vec!["open", &package, "--key", "identity", "--sender", "crcdc.pub", "--to", "desk"];
    words.extend(["--purpose", PURPOSE, "--who", READER]);
    for pair in more.chunks(2) {
        match words.iter().position(|word| *word == pair[0]) {
            Some(at) => words[at + 1] = pair[1],
            None => words.extend(pair),
        }
    }
    recipient.tamis(&words)
}

/// Acknowledges what a recipient opened, and carries that back.
pub fn acknowledge(sender: &Machine, recipient: &Machine, run: &Run, name: &str) {
    let note = format!("{}-{name}.note", run.name);
    let words = ["acknowledge", &run.reception(name), "--key", "reader.key", "--output", &note, "--who", READER];
    recipient.tamis(&words).ends(0);
    sender.fetch(recipient, &note, &note);
}

/// The words that close a run with the acknowledgements of these recipients.
pub fn close(sender: &Machine, run: &Run, names: &[&str], more: &[&str]) -> Told {
    let notes: Vec<String> = names.iter().map(|name| format!("{}-{name}.note", run.name)).collect();
    let mut words = vec!["destroy", &run.directory, "--signing-key", "signing.key"];
    notes.iter().for_each(|note| words.extend(["--acknowledgement", note]));
    words.extend(more);
    sender.tamis(&words)
}
