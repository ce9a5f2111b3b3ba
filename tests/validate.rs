//! `tamis validate`: what it finds, in which formats, and when it fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod common;
#[path = "validate/formats.rs"]
mod formats;
#[path = "validate/profile.rs"]
mod profile;
#[path = "validate/references.rs"]
mod references;
#[path = "validate/schemas.rs"]
mod schemas;
#[path = "validate/sheets.rs"]
mod sheets;
#[path = "validate/table_schema.rs"]
mod table_schema;
#[path = "common/tables.rs"]
mod tables;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// A folder with files, in which the program is run.
pub struct Bench {
    folder: tempfile::TempDir,
}

/// What the program said.
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Told {
    /// The JSON lines of a kind.
    pub fn lines(&self, kind: &str) -> Vec<Value> {
        let lines = self.out.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        lines.filter(|l| l["kind"] == kind).collect()
    }

    /// Row, column and type of each listed finding.
    pub fn findings(&self) -> Vec<(Option<u64>, Option<u64>, String)> {
        let of = |l: &Value| (l["row"].as_u64(), l["column"].as_u64(), l["type"].as_str().unwrap().to_owned());
        self.lines("finding").iter().map(of).collect()
    }
}

impl Bench {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            fs::write(bench.path(name), text).unwrap();
        }
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `tamis validate` with these words.
    pub fn validate(&self, words: &[&str]) -> Told {
        self.tamis(&[&["validate"], words].concat())
    }

    pub fn tamis(&self, words: &[&str]) -> Told {
        let done = common::tamis().current_dir(self.folder.path()).args(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Told { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
    }
}
