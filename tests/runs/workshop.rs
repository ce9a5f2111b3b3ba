//! A folder with input, a pipeline, a private TMPDIR and an output folder, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tamis::synth::SynthOptions;

use crate::common;

/// A text that stands in records of the input and must never be seen again.
pub const CANARY: &str = "KANARIENVOGEL";

pub struct Workshop {
    folder: tempfile::TempDir,
}

/// How a run ended and what it said.
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Workshop {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for inner in ["in", "tmp"] {
            fs::create_dir(folder.path().join(inner)).unwrap();
        }
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// Synthetic consultations, as text.
    pub fn records(count: u64) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.csv");
        let options = SynthOptions { records: count, seed: 9, ..SynthOptions::default() };
        common::synth(&file, "consultation_prevention", options);
        let mut text = fs::read_to_string(file).unwrap();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    pub fn input(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path("in").join(name), bytes).unwrap();
        self
    }

    /// A small pipeline over `in/<files>`; `limits` and `more` are further TOML.
    pub fn pipeline(&self, files: &str, limits: &str, more: &str) -> PathBuf {
        self.pipeline_with(files, "", limits, more)
    }

    /// As [`Workshop::pipeline`], with further keys of the source.
    pub fn pipeline_with(&self, files: &str, source: &str, limits: &str, more: &str) -> PathBuf {
        let text = format!(
            r#"
[pipeline]
name = "essai"
legal_basis = "CSP L1411-8"
purpose = "essai"
policy = "1"
[limits]
{limits}
[[source]]
name = "consultations"
schema = "{schema}"
files = ["in/{files}"]
event_date = "date_consultation"
{source}
[subject]
column = "matricule_ins"
kind = "nir"
linkage = "release"
[[keep]]
column = "date_naissance"
as = "age"
generalise = {{ to = "band", bounds = [18, 60] }}
[[keep]]
column = "sexe"
[[keep]]
column = "tabac"
why = "essai"
[[persons]]
name = "personnes"
protect = {{ k = 2, quasi_identifiers = ["age", "sexe"] }}
[export]
to = "out"
{more}
"#,
            schema = common::schema_path("consultation_prevention").display(),
        );
        let path = self.path("pipeline.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// The program with this TMPDIR, without terminal.
    pub fn command(&self, words: &[&str]) -> Command {
        self.wrapped(env!("CARGO_BIN_EXE_tamis"), words)
    }

    pub fn wrapped(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(self.folder.path()).env("TMPDIR", self.path("tmp"));
        command.env("LC_ALL", "C").env_remove("NO_COLOR").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self) -> Told {
        told(self.command(&["run", "pipeline.toml"]).output().unwrap())
    }

    pub fn start(&self) -> Child {
        self.command(&["run", "pipeline.toml", "--threads", "2"]).spawn().unwrap()
    }

    /// The run directories under the output folder.
    pub fn runs(&self) -> Vec<PathBuf> {
        run_directories(&self.out())
    }

    /// Nothing was published, nothing partial is left, TMPDIR is empty, and where there is a dossier, its certificate says
    /// that the working data were destroyed and its files do not hold the canary.
    pub fn assert_nothing_is_left(&self) {
        assert_nothing_is_published(&self.out());
        self.assert_tmp_is_empty();
    }

    pub fn assert_tmp_is_empty(&self) {
        let left: Vec<PathBuf> = common::files(&self.path("tmp")).into_keys().collect();
        assert!(left.is_empty(), "left in TMPDIR: {left:?}");
    }
}

pub fn run_directories(out: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(out) else { return Vec::new() };
    let mut runs: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    runs.sort();
    runs
}

pub fn assert_nothing_is_published(out: &Path) {
    for run in run_directories(out) {
        let inside: Vec<_> = fs::read_dir(&run).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(inside, ["dossier"], "only the dossier outlives a failed run");
        let certificate = certificate(&run);
        assert_eq!(certificate["working_data_destroyed"], true);
        assert!(certificate.get("released").is_none_or(|r| r.as_array().is_none_or(Vec::is_empty)), "{certificate}");
    }
    for (name, bytes) in common::files(out) {
        assert!(!contains(&bytes, CANARY.as_bytes()), "{} holds a value of a record", name.display());
        assert!(!name.to_string_lossy().contains("partial"), "{} is left", name.display());
    }
}

pub fn certificate(run: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(run.join("dossier/certificate.json")).unwrap()).unwrap()
}

pub fn told(output: std::process::Output) -> Told {
    let told = Told {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(!told.out.contains(CANARY) && !told.err.contains(CANARY), "a value of a record was told");
    told
}

pub fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|w| w == needle)
}
