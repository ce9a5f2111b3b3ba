//! Other databases as sources, through drivers of ADBC: SQLite, and PostgreSQL by its driver instead of what is built in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tamis::config::Pipeline;
use tamis::database::{self, Asked, Batches, DatabaseError, DriverFile, Problem, Rows};
use tamis::keys::KeySource;
use tamis::synth::SynthOptions;

use crate::postgres::{CANARY, credential, document, nothing_told, pipeline, query, run};
use crate::server::{PASSWORD, server};
use crate::{Desk, common};

/// A Python in which `adbc-driver-sqlite` and `adbc-driver-postgresql` are installed.
const PYTHON: &str = "TAMIS_ADBC_PYTHON";

/// The library of a driver; `None`, with a line that says so, where there is none.
fn driver(name: &str) -> Option<PathBuf> {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    let ask = format!("import adbc_driver_{name} as d; print(d._driver_path())");
    let done = Command::new(&python).args(["-c", &ask]).output().ok().filter(|done| done.status.success());
    let path = done.map(|done| PathBuf::from(String::from_utf8(done.stdout).unwrap().trim()));
    if path.is_none() {
        eprintln!("skipped: {python} has no `adbc_driver_{name}`; {PYTHON} names a Python that has it");
    }
    path
}

/// A database of SQLite with what these statements make of it.
fn sqlite(path: &Path, statements: &str) {
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.stdin.read()); c.commit()";
    let mut command = assert_cmd::Command::new("python3");
    let done = command.args(["-c", script]).arg(path).write_stdin(statements).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn address(driver: &Path, database: &Path) -> String {
    format!("adbc:{} file:{}", driver.display(), database.display())
}

fn open(url: &str, sql: &str) -> Result<Batches, DatabaseError> {
    match database::open(&[Asked { source: "s", sql, url, ca: None }], &None)?.remove(0) {
        Rows::Batches(batches) => Ok(batches),
        Rows::Text(_) => panic!("a driver gives batches"),
    }
}

fn problem(url: &str, sql: &str) -> Problem {
    open(url, sql).err().unwrap().problem
}

/// Synthetic consultations as a file, and in a table of texts in which what is empty is NULL.
fn consultations(desk: &Desk, records: u64) {
    let file = desk.path("c.csv");
    common::synth(&file, "consultation_prevention", SynthOptions { records, seed: 5, ..SynthOptions::default() });
    let script = "import csv, sqlite3, sys; rows = list(csv.reader(open(sys.argv[1], encoding='utf-8')))\n\
        c = sqlite3.connect(sys.argv[2]); c.execute('CREATE TABLE c (' + ', '.join(f'\"{n}\" TEXT' for n in rows[0]) + ')')\n\
        c.executemany('INSERT INTO c VALUES (' + ', '.join('?' * len(rows[0])) + ')', [[v or None for v in r] for r in rows[1:]])\n\
        c.commit()";
    let done = Command::new("python3").args(["-c", script]).arg(&file).arg(desk.path("c.db")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_release_is_that_of_the_same_records_as_a_file() {
    let Some(driver) = driver("sqlite") else { return };
    let desk = Desk::new();
    consultations(&desk, 4_000);
    credential(&desk, &address(&driver, &desk.path("c.db")));
    let sources =
        [("of_file", "files = [\"c.csv\"]".to_owned()), ("of_rows", query("SELECT * FROM c -- all of them\n;\n"))];
    let mut released = Vec::new();
    for (name, source) in sources {
        desk.write("p.toml", pipeline(&source, ""));
        let mut pipeline = Pipeline::read(&desk.path("p.toml")).unwrap();
        assert_eq!(pipeline.take_credential("base", &KeySource::File(desk.path("base"))), name == "of_rows");
        let summary = common::run(&pipeline, &desk.path(name), 2, common::key(7)).unwrap();
        assert!(summary.released() > 2_000, "{name}");
        let mut files = common::files(&summary.release);
        files.retain(|path, _| path.extension().is_some_and(|e| e == "csv" || e == "parquet"));
        released.push(files);
    }
    assert!(released[0].len() == 4 && released[0] == released[1], "{:?}", released[0].keys());
    let told = run(&desk, &[]);
    assert_eq!(told.code, Some(0), "{}", told.err);
    nothing_told(&desk, &told);
    let first = desk.runs().pop().unwrap();
    assert_eq!(document(&first, "run.json")["inputs"][0]["file"], "query:consultations");
    // The log tells whose code was in the program.
    let log = fs::read_to_string(first.join("dossier/audit.jsonl")).unwrap();
    let loaded = log.lines().find(|line| line.contains("driver_loaded")).unwrap();
    let sha256 = Command::new("sha256sum").arg(&driver).output().unwrap().stdout;
    assert!(
        loaded.contains(std::str::from_utf8(&sha256[..64]).unwrap()) && loaded.contains("consultations"),
        "{loaded}"
    );
    // What was read once is not read again unasked.
    let told = run(&desk, &[]);
    assert!(told.code != Some(0) && told.err.contains("--again"), "{}", told.err);
    // And it can be judged without a run.
    let told = desk.tamis(&["validate", "--pipeline", "p.toml", "--credential", "base=base"]);
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
}

#[test]
fn a_driver_that_others_can_change_is_no_driver_and_neither_is_anything_else() {
    let Some(driver) = driver("sqlite") else { return };
    let desk = Desk::new();
    let database = desk.path("c.db");
    sqlite(&database, "CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2)");
    let copy = desk.path("driver.so");
    fs::copy(&driver, &copy).unwrap();
    let rights = |mode| fs::set_permissions(&copy, fs::Permissions::from_mode(mode)).unwrap();
    for (mode, sound) in [(0o644, true), (0o600, true), (0o664, false), (0o646, false)] {
        rights(mode);
        let found = open(&address(&copy, &database), "SELECT a FROM t").err().map(|error| error.problem);
        assert_eq!(found, (!sound).then_some(Problem::Driver(DriverFile::Writable)), "{mode:o}");
    }
    // Who may write beside it can put another in its place.
    rights(0o644);
    let folder = |mode| fs::set_permissions(desk.path("."), fs::Permissions::from_mode(mode)).unwrap();
    folder(0o777);
    assert_eq!(problem(&address(&copy, &database), "SELECT a FROM t"), Problem::Driver(DriverFile::Writable));
    folder(0o700);
    rights(0o646);
    desk.write("text.so", format!("no library {CANARY}"));
    fs::set_permissions(desk.path("text.so"), fs::Permissions::from_mode(0o644)).unwrap();
    // A link is followed to what it names.
    std::os::unix::fs::symlink(&copy, desk.path("link.so")).unwrap();
    let because = |file: &Path| problem(&address(file, &database), "SELECT a FROM t");
    assert_eq!(because(&desk.path("link.so")), Problem::Driver(DriverFile::Writable));
    assert_eq!(because(&desk.path("text.so")), Problem::Driver(DriverFile::NotADriver));
    assert_eq!(because(&desk.path(".")), Problem::Driver(DriverFile::NotAFile));
    assert_eq!(because(&desk.path("none")), Problem::Driver(DriverFile::Unreadable(std::io::ErrorKind::NotFound)));
    assert_eq!(because(Path::new("driver.so")), Problem::DriverAddress);
    rights(0o644);
    let asked = Asked { source: "s", sql: "SELECT 1", url: &address(&copy, &database), ca: Some(Path::new("ca.pem")) };
    assert_eq!(database::open(&[asked], &None).err().unwrap().problem, Problem::DriverCa);
}

#[test]
fn what_a_driver_says_is_not_passed_on_and_nothing_is_released() {
    let Some(driver) = driver("sqlite") else { return };
    let desk = Desk::new();
    let database = desk.path("c.db");
    sqlite(&database, &format!("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('{CANARY}')"));
    let url = address(&driver, &database);
    let refused = |sql: &str| matches!(problem(&url, sql), Problem::DriverQuery(_));
    assert!(refused("SELEC 1") && refused("SELECT a FROM keine") && refused("DELETE FROM t RETURNING a"));
    assert!(refused(&format!("SELECT \"{CANARY}\"(a) FROM t")));
    assert_eq!(problem(&url, "SELECT 1) x; DELETE FROM t; SELECT (1"), Problem::Semicolon);
    assert_eq!(open(&url, "SELECT a FROM t").unwrap().batches.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 1);
    // By the whole program: exit code and words, and no run is left that released anything.
    credential(&desk, &url);
    for (sql, words) in [("SELECT a FROM keine", "the driver gives no rows"), ("SELECT ';'", "semicolon")] {
        desk.write("p.toml", pipeline(&query(sql), ""));
        let told = run(&desk, &[]);
        assert!(told.code == Some(2) && told.err.contains(words), "{:?} {}", told.code, told.err);
        nothing_told(&desk, &told);
        let told = run(&desk, &["--lang", "fr"]);
        assert!(
            told.err.contains(if sql.contains(';') { "point-virgule" } else { "le pilote ne donne pas" }),
            "{}",
            told.err
        );
    }
    for address in ["adbc:", "adbc:driver.so file:x", &format!("adbc:{} {CANARY} x", driver.display())] {
        credential(&desk, address);
        let told = run(&desk, &[]);
        assert!(told.code == Some(5) && told.err.contains("adbc:/PATH/OF/DRIVER.so URI"), "{}", told.err);
    }
}

#[test]
fn another_driver_has_its_codes_its_rows_and_writes_nothing() {
    let (Some(driver), Some(server)) = (driver("postgresql"), server()) else { return };
    server.sql(
        "DROP TABLE IF EXISTS spur; CREATE TABLE spur (a int); GRANT ALL ON spur TO lecteur; \
         CREATE OR REPLACE FUNCTION schreibt() RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO spur VALUES (1); RETURN 1; END'",
    );
    let url = format!("adbc:{} {}", driver.display(), server.url());
    let rows = |sql: &str| open(&url, sql).unwrap().batches.collect::<Result<Vec<_>, _>>();
    let batches =
        rows("SELECT i, DATE '2026-02-05' + i AS d, 'é' || i AS t FROM generate_series(1, 200000) AS i").unwrap();
    assert_eq!(batches.iter().map(arrow_array::RecordBatch::num_rows).sum::<usize>(), 200_000);
    assert!(rows("SELECT schreibt() AS a").is_ok() && server.sql("SELECT count(*) FROM spur") == "0", "it was written");
    for (sql, code) in
        [("SELECT a FROM keine", "42P01"), ("SELEC 1", "42601"), ("SELECT pg_read_file('/etc/passwd')", "42501")]
    {
        assert!(matches!(problem(&url, sql), Problem::DriverQuery(found) if found.to_string() == code), "{sql}");
    }
    assert!(matches!(
        problem(&url.replace(PASSWORD, "falsch"), "SELECT 1 AS a"),
        Problem::Refused(_) | Problem::Unreachable(_)
    ));
    // An error between two rows is no end of them.
    let error = rows("SELECT 1 / (20000 - i) AS a FROM generate_series(1, 30000) AS i").unwrap_err();
    assert!(!error.to_string().contains("zero") && error.to_string().contains("nothing of it is used"), "{error}");
}
