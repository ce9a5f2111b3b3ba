//! Records in memory, a pipeline over them, and an engine of a few lines.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use serde_json::Value;
use tamis::config::Pipeline;
use tamis::pipeline::{Part, RunError};
use tamis::synth::SynthOptions;
use tamis::worker::{Writer, parts};
use tempfile::TempDir;

use crate::common;

/// The seed of the key of every run here.
const SEED: u8 = 3;

pub type Release = BTreeMap<PathBuf, Vec<u8>>;

/// The records of a source.
#[derive(Clone)]
pub struct Table {
    pub name: String,
    pub labels: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
}

impl Table {
    fn synthetic(folder: &Path, name: &str, schema: &str, options: SynthOptions) -> Self {
        let file = folder.join(format!("{name}.csv"));
        common::synth(&file, schema, options);
        let mut reader = tamis::ingest::open_one(&file, None).unwrap();
        let labels = reader.files()[0].labels.clone();
        let mut rows = Vec::new();
        for block in &mut reader {
            let raw = block.unwrap().parse().unwrap();
            let cell = |row, c| raw.cell(row, c).filter(|text| !text.is_empty()).map(str::to_owned);
            rows.extend((0..raw.rows()).map(|row| (0..labels.len()).map(|c| cell(row, c)).collect::<Vec<_>>()));
        }
        // Some records come twice, as they are.
        let twice: Vec<_> = rows.iter().step_by(40).cloned().collect();
        rows.extend(twice);
        Self { name: name.to_owned(), labels, rows }
    }

    pub fn column(&self, label: &str) -> usize {
        self.labels.iter().position(|l| l == label).unwrap()
    }

    fn batch(&self, rows: Range<usize>) -> RecordBatch {
        let column = |c: usize| -> ArrayRef {
            Arc::new(self.rows[rows.clone()].iter().map(|row| row[c].as_deref()).collect::<StringArray>())
        };
        let columns = self.labels.iter().enumerate().map(|(c, label)| (label.as_str(), column(c), true));
        RecordBatch::try_from_iter_with_nullable(columns).unwrap()
    }

    /// Some records as an Arrow stream.
    pub fn stream(&self, rows: Range<usize>) -> Vec<u8> {
        let batch = self.batch(rows);
        let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    /// All records as a Parquet file.
    fn write(&self, folder: &Path) {
        self.write_rows(&folder.join(format!("{}.parquet", self.name)), 0..self.rows.len());
    }

    /// All records as so many Parquet files.
    pub fn write_files(&self, folder: &Path, files: usize) {
        fs::create_dir_all(folder).unwrap();
        let rows = self.rows.len();
        for file in 0..files {
            self.write_rows(&folder.join(format!("{file}.parquet")), rows * file / files..rows * (file + 1) / files);
        }
    }

    fn write_rows(&self, path: &Path, rows: Range<usize>) {
        let batch = self.batch(rows);
        let file = fs::File::create(path).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
}

/// A pipeline with its records.
pub struct Bench {
    pub folder: TempDir,
    pub pipeline: PathBuf,
    pub tables: Vec<Table>,
}

/// The folder of a run, inside one that goes with the test.
pub struct Begun(TempDir);

impl Begun {
    pub fn path(&self) -> PathBuf {
        self.0.path().join("run")
    }
}

impl Bench {
    /// The example of consultations and screenings, without evidence, so that its files of persons only leave out classes.
    pub fn l1411_8(reject_above: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options =
            |seed| SynthOptions { records: 2_000, seed, dirty: 0.05, population: Some(6_000), ..Default::default() };
        let consultations = Table::synthetic(folder.path(), "consultations", "consultation_prevention", options(5));
        let screenings = Table::synthetic(folder.path(), "depistages", "depistage_organise", options(5));
        let nir = consultations.column("matricule_ins");
        let sound = |text: &&String| text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit());
        let objecting: Vec<&str> = (consultations.rows.iter())
            .filter_map(|row| row[nir].as_ref().filter(sound))
            .filter(|text| tamis::identifiers::Nir::parse(text).is_ok())
            .step_by(150)
            .map(String::as_str)
            .collect();
        let register = folder.path().join("oppositions.csv");
        fs::write(&register, format!("matricule_ins\n{}\n", objecting.join("\n"))).unwrap();
        let evidence = ", evidence = { smallest = 11, advantage = 0.25 }";
        Self::new(folder, "l1411-8", vec![consultations, screenings], |text| {
            assert!(text.contains(evidence) && text.contains("reject_above = \"5%\""));
            let finest = [
                "by      = [\"region\", \"departement\", \"sexe\"]",
                "by      = [\"region\", \"departement\", \"programme\"]",
            ];
            assert!(finest.iter().all(|by| text.contains(by)));
            // Fewer cells: what takes long is to protect them.
            text.replace(evidence, "")
                .replace(finest[0], "by      = [\"region\", \"sexe\"]")
                .replace(finest[1], "by      = [\"region\", \"departement\"]")
                .replace("reject_above = \"5%\"", &format!("reject_above = \"{reject_above}\"\nbuckets = 16"))
                .replace("../sample_data/consultations-*.csv", "consultations.parquet")
                .replace("../sample_data/depistages.csv.gz", "depistages.parquet")
                .replace("../sample_data/oppositions.csv", "oppositions.csv")
        })
    }

    /// The example of certificates of children, some without identifier, drawn record by record.
    pub fn certificates() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SynthOptions { records: 3_000, seed: 6, dirty: 0.02, ..Default::default() };
        let certificates = Table::synthetic(folder.path(), "certificats", "certificat_sante_enfant", options);
        Self::new(folder, "certificats-enfant", vec![certificates], |text| {
            assert!(text.contains("at_least = 1000"));
            text.replace("at_least = 1000", "at_least = 400")
                .replace("../sample_data/certificats.csv", "certificats.parquet")
        })
    }

    fn new(folder: TempDir, name: &str, tables: Vec<Table>, change: impl FnOnce(&str) -> String) -> Self {
        let text = fs::read_to_string(common::project().join("pipelines").join(format!("{name}.toml"))).unwrap();
        let schemas = common::project().join("schemas").display().to_string();
        let text = change(&text).replace("../schemas", &schemas);
        let pipeline = folder.path().join("pipeline.toml");
        fs::write(&pipeline, text).unwrap();
        for table in &tables {
            table.write(folder.path());
        }
        Self { folder, pipeline, tables }
    }

    /// What leaves from one machine: figures, tables and files of persons.
    pub fn on_one_machine(&self) -> (Value, Release) {
        let out = tempfile::tempdir().unwrap();
        let pipeline = Pipeline::read(&self.pipeline).unwrap();
        let summary = common::run(&pipeline, out.path(), 2, common::key(SEED)).unwrap();
        // Through text, as the program tells it: what is read back may differ in the last digit.
        let told = serde_json::from_str(&summary.to_json().to_string()).unwrap();
        with_certificate(told)
    }

    /// The key of the runs of this bench, in a file.
    pub fn key(&self) -> PathBuf {
        let path = self.folder.path().join("root.key");
        if !path.exists() {
            let bytes: [u8; 32] = std::array::from_fn(|i| SEED.wrapping_add(i as u8 * 7));
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    /// A run that was begun, and its stages.
    pub fn begin(&self) -> (Begun, Value) {
        (self.begin_with(Some(&self.key())), self.plan())
    }

    fn plan(&self) -> Value {
        let plan = common::tamis().args(["cluster", "plan"]).arg(&self.pipeline).output().unwrap();
        assert!(plan.status.success(), "{}", String::from_utf8_lossy(&plan.stderr));
        serde_json::from_slice(&plan.stdout).unwrap()
    }

    pub fn begin_with(&self, key: Option<&Path>) -> Begun {
        let begun = Begun(tempfile::tempdir().unwrap());
        let mut command = common::tamis();
        command.args(["cluster", "begin"]).arg(&self.pipeline).arg("--folder").arg(begun.path());
        if let Some(key) = key {
            command.arg("--root-key").arg(key);
        }
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        begun
    }

    /// One worker process.
    pub fn worker(&self, folder: impl AsRef<Path>, pass: &str, source: Option<&str>, input: &[u8]) -> Output {
        let mut command = common::tamis();
        command.args(["worker", pass]).arg(&self.pipeline).arg("--folder").arg(folder.as_ref());
        if let Some(source) = source {
            command.args(["--source", source]);
        }
        command.write_stdin(input).output().unwrap()
    }

    /// One step on the machine that begins and ends the run.
    pub fn cluster(&self, words: &[&str], folder: impl AsRef<Path>, input: &[u8]) -> Output {
        let mut command = common::tamis();
        command.arg("cluster").args(words);
        if words != ["clear"] {
            command.arg(&self.pipeline);
        }
        command.arg("--folder").arg(folder.as_ref()).write_stdin(input).output().unwrap()
    }

    /// Follows the list of stages, each on so many partitions.
    pub fn on_many(&self, partitions: usize) -> (Value, Release) {
        self.on_many_under(Some(&self.key()), partitions)
    }

    /// The same under a kept key, or under a fresh one.
    pub fn on_many_under(&self, key: Option<&Path>, partitions: usize) -> (Value, Release) {
        let (folder, plan) = (self.begin_with(key), self.plan());
        let out = tempfile::tempdir().unwrap();
        let mut pool: Vec<Part> = Vec::new();
        let mut to_driver: Vec<Part> = Vec::new();
        for stage in plan["stages"].as_array().unwrap() {
            let words = texts(&stage["args"]);
            let mut made = Vec::new();
            for input in self.shares(stage, &pool, partitions) {
                let mut command = common::tamis();
                command.args(&words[..2]).arg(&self.pipeline).args(&words[2..]).arg("--folder").arg(folder.path());
                let done = command.write_stdin(input).output().unwrap();
                assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
                made.extend(whole(&done.stdout).unwrap());
            }
            let wanted = texts(&stage["to_driver"]);
            to_driver.extend(made.iter().filter(|part| wanted.contains(&part.kind)).map(copy));
            if stage["keep"] == true {
                pool.extend(made.into_iter().filter(|part| !wanted.contains(&part.kind)));
            }
            if stage["driver"].is_null() {
                continue;
            }
            let words = texts(&stage["driver"]);
            let mut command = common::tamis();
            command.args(&words).arg(&self.pipeline).arg("--folder").arg(folder.path());
            if words[1] == "finish" {
                command.args(["--format", "json", "--out"]).arg(out.path());
            }
            let done = command.write_stdin(stream(std::mem::take(&mut to_driver))).output().unwrap();
            let told = String::from_utf8_lossy(&done.stderr);
            if words[1] == "finish" {
                assert!(matches!(done.status.code(), Some(0 | 3)), "{words:?}: {told}");
                assert!(!folder.path().exists(), "the key of the run is still there");
                return with_certificate(serde_json::from_slice(&done.stdout).unwrap());
            }
            assert!(done.status.success(), "{words:?}: {told}");
        }
        panic!("no stage is the last");
    }

    /// What goes into each worker of a stage.
    fn shares(&self, stage: &Value, pool: &[Part], partitions: usize) -> Vec<Vec<u8>> {
        if let Some(source) = stage["input"]["source"].as_str() {
            let table = self.tables.iter().find(|table| table.name == source).unwrap();
            let rows = table.rows.len();
            return (0..partitions).map(|p| table.stream(rows * p / partitions..rows * (p + 1) / partitions)).collect();
        }
        let kinds = texts(&stage["input"]["kinds"]);
        let mut shares: Vec<Vec<Part>> = (0..partitions).map(|_| Vec::new()).collect();
        // The order in which parts come is the engine's affair.
        for part in pool.iter().rev().filter(|part| kinds.contains(&part.kind)) {
            shares[part.bucket as usize * 7 % partitions].push(copy(part));
        }
        shares.into_iter().map(stream).collect()
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Tables and files of persons of a release, and what its dossier says of the sample and of the tables.
pub fn data(summary: &Value) -> Release {
    let folder = |name: &str| PathBuf::from(summary[name].as_str().unwrap());
    let mut files = common::files(&folder("release"));
    files.retain(|path, _| path.extension().is_some_and(|e| e == "csv" || e == "parquet"));
    for name in ["sample.json", "tables.json"] {
        files.insert(PathBuf::from(name), fs::read(folder("dossier").join(name)).unwrap());
    }
    files
}

/// Figures with the certificate beside them, and the release, before their folder goes.
fn with_certificate(mut summary: Value) -> (Value, Release) {
    let certificate = PathBuf::from(summary["dossier"].as_str().unwrap()).join("certificate.json");
    summary["certificate"] = serde_json::from_slice(&fs::read(certificate).unwrap()).unwrap();
    let release = data(&summary);
    (summary, release)
}

pub fn copy(part: &Part) -> Part {
    Part { kind: part.kind.clone(), bucket: part.bucket, data: part.data.clone() }
}

/// Parts as a stream.
pub fn stream(parts: Vec<Part>) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    parts.into_iter().for_each(|part| writer.put(part).unwrap());
    writer.finish().unwrap()
}

/// The parts of a stream, if it is whole.
pub fn whole(bytes: &[u8]) -> Result<Vec<Part>, RunError> {
    parts(Cursor::new(bytes.to_vec())).collect()
}
