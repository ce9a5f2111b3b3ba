//! Ways in besides plain files: FHIR resources and databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod common;
#[cfg(feature = "adbc")]
#[path = "sources/drivers.rs"]
mod drivers;
#[path = "sources/fhir.rs"]
mod fhir;
#[path = "sources/postgres.rs"]
mod postgres;
#[path = "sources/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A folder in which the program is run.
struct Desk {
    folder: tempfile::TempDir,
}

/// What the program said.
struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Told {
    /// Kind, field and place of each finding that `validate --format jsonl` lists.
    pub fn findings(&self) -> Vec<(String, Option<String>, u64)> {
        let lines = self.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found = lines.filter(|line| line["kind"] == "finding");
        let of = |line: Value| {
            let word = |key: &str| line[key].as_str().map(str::to_owned);
            (word("type").unwrap(), word("field"), line["line"].as_u64().unwrap())
        };
        found.map(of).collect()
    }
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    pub fn command(&self, words: &[&str]) -> assert_cmd::Command {
        let mut command = common::tamis();
        command.current_dir(self.folder.path()).args(words);
        command
    }

    pub fn tamis(&self, words: &[&str]) -> Told {
        told(self.command(words).output().unwrap())
    }

    /// The folders of runs, oldest first.
    pub fn runs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("out")).map(|e| e.map(|e| e.unwrap().path()).collect());
        let mut found: Vec<PathBuf> = entries.unwrap_or_default();
        found.retain(|path| path.is_dir());
        found.sort();
        found
    }
}

fn told(done: std::process::Output) -> Told {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Told { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
}

/// The released file of that name, wherever it lies in the release, as text.
fn released(run: &Path, name: &str) -> String {
    let files = common::files(&run.join("release"));
    let bytes = files.iter().find(|(path, _)| path.ends_with(name)).map(|(_, bytes)| bytes.clone());
    String::from_utf8(bytes.unwrap_or_else(|| panic!("{name} in {:?}", files.keys()))).unwrap()
}
