//! The same on Apache Spark, through the adapter in `integrations/spark`: skipped, visibly, where PySpark is absent.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bench::{Bench, Release, data};
use crate::{assert_same, common};

/// Names the Python that has PySpark, where it is not the first on the path.
const PYTHON: &str = "TAMIS_PYSPARK_PYTHON";
const MASTER: &str = "local-cluster[2,1,1024]";

/// A Python with PySpark; tells visibly where there is none.
fn python() -> Option<String> {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import pyspark, pyarrow, pandas"]).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    eprintln!("skipped: `{python}` has no PySpark with pyarrow and pandas; name one that has with {PYTHON}");
    None
}

/// A session that may not read or write in the clear, on the loopback interface.
fn settings() -> Vec<(&'static str, String)> {
    [
        ("spark.driver.host", "127.0.0.1"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.ui.enabled", "false"),
        ("spark.authenticate", "true"),
        ("spark.authenticate.secret", "only for this test"),
        ("spark.network.crypto.enabled", "true"),
        ("spark.io.encryption.enabled", "true"),
        ("spark.python.worker.reuse", "true"),
    ]
    .into_iter()
    .map(|(name, value)| (name, value.to_owned()))
    .collect()
}

/// A job of the adapter under way, in a folder of its own.
struct Job {
    python: Child,
    out: tempfile::TempDir,
}

impl Job {
    fn start(python: &str, bench: &Bench, partitions: usize, settings: &[(&str, String)]) -> Self {
        let out = tempfile::tempdir().unwrap();
        let settings: Vec<String> = settings.iter().map(|(name, value)| format!("--conf '{name}={value}'")).collect();
        let mut command = Command::new(python);
        command
            .arg(common::project().join("integrations/spark/tamis_spark.py"))
            .args([&bench.pipeline, &binary(out.path())])
            .arg(partitions.to_string())
            .args([out.path().join("released"), bench.key()])
            .env("PYSPARK_SUBMIT_ARGS", format!("--master '{MASTER}' {} pyspark-shell", settings.join(" ")))
            .env("PYSPARK_PYTHON", python)
            .env("SPARK_HOME", home(python, out.path()))
            .env("SPARK_LOCAL_IP", "127.0.0.1")
            .env("SPARK_LOCAL_DIRS", out.path().join("local"))
            .env("TMPDIR", out.path())
            .env("LC_ALL", "C.UTF-8")
            .current_dir(out.path())
            .stdin(Stdio::null())
            .stdout(fs::File::create(out.path().join("told")).unwrap())
            .stderr(fs::File::create(out.path().join("errors")).unwrap());
        for table in &bench.tables {
            // Several files, and so several partitions.
            let folder = out.path().join("sources").join(&table.name);
            table.write_files(&folder, 5);
            command.arg(format!("{}={}", table.name, folder.display()));
        }
        Self { python: command.spawn().unwrap(), out }
    }

    /// Waits for its end.
    fn end(mut self) -> (bool, String, tempfile::TempDir) {
        let status = self.python.wait().unwrap();
        assert_eq!(status.signal(), None);
        let errors = fs::read_to_string(self.out.path().join("errors")).unwrap();
        (status.success(), errors, self.out)
    }

    /// Waits until such a process is there.
    fn wait_for(&mut self, says: impl Fn(&str) -> bool) -> bool {
        while self.python.try_wait().unwrap().is_none() {
            if beneath(self.python.id()).iter().any(|(_, words)| says(words)) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }

    /// Kills, once, the first process beneath this job whose command line says so; whether one was there in time.
    fn kill_one(&mut self, says: impl Fn(&str) -> bool) -> bool {
        while self.python.try_wait().unwrap().is_none() {
            let beneath = beneath(self.python.id());
            if let Some((id, _)) = beneath.iter().find(|(_, words)| says(words)) {
                return Command::new("kill").args(["-9", &id.to_string()]).status().unwrap().success();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }
}

/// A home of Spark whose `work` goes with the test: executors leave their folders there.
fn home(python: &str, folder: &Path) -> PathBuf {
    let where_it_is = "import os, pyspark; print(os.path.dirname(pyspark.__file__))";
    let told = Command::new(python).args(["-c", where_it_is]).output().unwrap().stdout;
    let home = folder.join("spark");
    fs::create_dir(&home).unwrap();
    for entry in fs::read_dir(String::from_utf8(told).unwrap().trim()).unwrap().flatten() {
        if entry.file_name() != "work" {
            std::os::unix::fs::symlink(entry.path(), home.join(entry.file_name())).unwrap();
        }
    }
    home
}

/// All processes beneath one, with their command lines.
fn beneath(root: u32) -> Vec<(u32, String)> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name in brackets may hold anything; state and parent stand behind it.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        parents.extend(parent.map(|parent| (id, parent, words)));
    }
    let mut found = vec![root];
    let mut all = Vec::new();
    while let Some(parent) = found.pop() {
        for (id, _, words) in parents.iter().filter(|(_, of, _)| *of == parent) {
            found.push(*id);
            all.push((*id, words.clone()));
        }
    }
    all
}

/// The program without what a debugger needs, where it can be taken out: an engine copies it to every machine.
fn binary(folder: &Path) -> PathBuf {
    let (program, to) = (env!("CARGO_BIN_EXE_tamis"), folder.join("tamis"));
    let stripped = Command::new("strip").args(["--strip-debug", "-o"]).arg(&to).arg(program).status();
    if !stripped.is_ok_and(|status| status.success()) {
        fs::copy(program, &to).unwrap();
    }
    to
}

/// The only run of a folder.
fn released(out: &Path) -> Release {
    let run = fs::read_dir(out.join("released")).unwrap().map(|e| e.unwrap().path()).find(|path| path.is_dir());
    let run = run.expect("a run directory");
    data(&serde_json::json!({ "release": run.join("release"), "dossier": run.join("dossier") }))
}

fn published(out: &Path) -> bool {
    let runs = fs::read_dir(out.join("released"));
    runs.is_ok_and(|runs| runs.flatten().any(|run| run.path().join("release").exists()))
}

fn on_spark(python: &str, bench: &Bench, partitions: usize) -> Release {
    let (done, errors, out) = Job::start(python, bench, partitions, &settings()).end();
    assert!(done, "{}", tail(&errors));
    released(out.path())
}

fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(6_000);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

fn hold(bench: &Bench, partitions: &[usize]) {
    let Some(python) = python() else { return };
    let (_, expected) = bench.on_one_machine();
    for &partitions in partitions {
        assert_same(&expected, &on_spark(&python, bench, partitions), &format!("{partitions} partitions"));
    }
}

#[test]
fn spark_gives_the_release_of_one_machine() {
    hold(&Bench::l1411_8("50%"), &[8]);
}

#[test]
fn spark_gives_the_release_of_one_machine_in_one_partition_and_in_thirteen() {
    hold(&Bench::certificates(), &[1, 13]);
}

#[test]
fn a_killed_worker_and_a_killed_executor_change_no_byte() {
    let Some(python) = python() else { return };
    let bench = Bench::certificates();
    let (_, expected) = bench.on_one_machine();
    let is_worker = |words: &str| words.contains("/tamis worker ");
    // Not before it works: its workers are there.
    let is_executor = |words: &str| words.contains("CoarseGrainedExecutorBackend");
    for (what, executor) in [("worker", false), ("executor", true)] {
        let mut job = Job::start(&python, &bench, 5, &settings());
        let killed =
            if executor { job.wait_for(is_worker) && job.kill_one(is_executor) } else { job.kill_one(is_worker) };
        assert!(killed, "no {what} was there to be killed");
        let (done, errors, out) = job.end();
        assert!(done, "{what}: {}", tail(&errors));
        assert_same(&expected, &released(out.path()), what);
    }
}

#[test]
fn a_bad_record_fails_the_job_with_the_words_of_the_worker_and_nothing_is_published() {
    let Some(python) = python() else { return };
    let bench = Bench::l1411_8("0%");
    let (done, errors, out) = Job::start(&python, &bench, 2, &settings()).end();
    assert!(!done && errors.contains("bad records") && errors.contains("reject_above"), "{}", tail(&errors));
    assert!(!published(out.path()));
    let nir = bench.tables[0].column("matricule_ins");
    for row in bench.tables[0].rows.iter().filter_map(|row| row[nir].as_deref()).filter(|nir| nir.len() == 15) {
        assert!(!errors.contains(row), "an identifier stands in the engine's log");
    }
}

#[test]
fn a_session_without_encryption_is_refused_before_anything_is_read() {
    let Some(python) = python() else { return };
    let bench = Bench::certificates();
    for name in ["spark.io.encryption.enabled", "spark.network.crypto.enabled"] {
        let settings: Vec<_> = settings().into_iter().filter(|(other, _)| *other != name).collect();
        let (done, errors, out) = Job::start(&python, &bench, 2, &settings).end();
        assert!(!done && errors.contains(&format!("start Spark with {name}=true")), "{}", tail(&errors));
        assert!(!published(out.path()));
    }
}
