//! What the tests of whole runs share.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assert_cmd::Command;
use tamis::clock::FixedClock;
use tamis::config::Pipeline;
use tamis::keys::MasterKey;
use tamis::pipeline::{RunError, RunOptions, RunSummary, Unwatched};
use tamis::schema::TableSchema;
use tamis::synth::{SynthOptions, SynthReport};

/// The project's folder.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A schema of the project.
pub fn schema_path(name: &str) -> PathBuf {
    project().join("schemas").join(format!("{name}.json"))
}

/// The program, without colours and in English.
pub fn tamis() -> Command {
    let mut command = Command::cargo_bin("tamis").unwrap();
    command.env("NO_COLOR", "1").env("LC_ALL", "C");
    command
}

/// Writes synthetic records of one of the project's schemas.
pub fn synth(file: &Path, schema: &str, options: SynthOptions) -> SynthReport {
    let schema = TableSchema::read(&schema_path(schema)).unwrap();
    tamis::synth::write(&schema, &options, fs::File::create(file).unwrap()).unwrap()
}

/// A key that is the same in every test run.
pub fn key(seed: u8) -> MasterKey {
    MasterKey::from_bytes(std::array::from_fn(|i| seed.wrapping_add(i as u8 * 7))).unwrap()
}

/// Writes a root key that is the same in every test run, with an open epoch where one is named: what is drawn under it holds
/// for every run of a test or for none.
pub fn write_root_key(file: &Path, seed: u8, epoch: Option<&str>) {
    let mut options = fs::OpenOptions::new();
    let mut written = options.write(true).create_new(true).mode(0o600).open(file).unwrap();
    written.write_all(&std::array::from_fn::<u8, 32, _>(|i| seed.wrapping_mul(31).wrapping_add(i as u8 * 7))).unwrap();
    if let Some(epoch) = epoch {
        tamis().args(["keys", "rotate"]).arg(file).args(["--epoch", epoch]).assert().success();
    }
}

/// Runs a pipeline in this process under a fixed key and clock.
pub fn run(pipeline: &Pipeline, out: &Path, threads: usize, key: MasterKey) -> Result<RunSummary, RunError> {
    let clock = FixedClock("2026-03-01T12:00:00Z".parse().unwrap());
    let options = RunOptions {
        out: Some(out.to_path_buf()),
        threads: Some(threads),
        key: Some(key),
        draw_key: None,
        epoch: None,
        signer: None,
        operator: None,
        repeat: tamis::pipeline::Repeat::Allowed,
        clock: Arc::new(clock),
        watch: &Unwatched,
    };
    tamis::pipeline::run(pipeline, options)
}

/// All files under a folder with their bytes, by relative path.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    if folder.is_dir() {
        walk(folder, folder, &mut found);
    }
    found
}

/// A folder of optional test data beside the project; tells visibly where it is absent.
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let path = project().join("../shared/data").join(name);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: optional test data `../shared/data/{name}` is absent");
    None
}

/// A browser that can be run without a screen; tells visibly where none is installed.
pub fn browser() -> Option<&'static str> {
    let runs =
        |name: &&str| std::process::Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs);
    if found.is_none() {
        eprintln!("skipped: no browser (chromium) is installed");
    }
    found
}

/// What is in the sealed file of a folder that ends with a recipient's name, by path in the release, read without the program:
/// as a tar of age files.
pub fn unsealed(folder: &Path, recipient: &str, identity: &dyn age::Identity) -> BTreeMap<String, Vec<u8>> {
    let ending = format!("-{recipient}.tamis");
    let mut packages = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let package = packages.find(|p| p.to_string_lossy().ends_with(&ending)).expect("a sealed file for the recipient");
    let mut archive = tar::Archive::new(fs::File::open(package).unwrap());
    let mut found = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if let Some(name) = name.strip_suffix(".age") {
            let mut plain = Vec::new();
            let decryptor = age::Decryptor::new(&bytes[..]).unwrap();
            decryptor.decrypt(std::iter::once(identity)).unwrap().read_to_end(&mut plain).unwrap();
            found.insert(name.to_owned(), plain);
        }
    }
    found
}
