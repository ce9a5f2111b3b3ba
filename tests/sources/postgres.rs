//! A database as a source, held against a real server.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use tamis::config::Pipeline;
use tamis::database::{self, Asked, DatabaseError, Problem, Rows};
use tamis::keys::KeySource;
use tamis::synth::SynthOptions;

use crate::server::{PASSWORD, Server, server};
use crate::{Desk, Told, common};

/// A text that stands in records and is never to be told.
pub(super) const CANARY: &str = "KANARIENVOGEL";

/// Everything that a query gives, as one text.
fn rows(url: &str, sql: &str) -> Result<String, DatabaseError> {
    Ok(read(database::open(&[Asked { source: "s", sql, url, ca: None }], &None)?.remove(0)).unwrap())
}

fn read(rows: Rows) -> std::io::Result<String> {
    let Rows::Text(mut stream) = rows else { panic!("PostgreSQL gives text") };
    let mut text = String::new();
    stream.read_to_string(&mut text).map(|_| text)
}

fn problem(url: &str, sql: &str) -> Problem {
    rows(url, sql).unwrap_err().problem
}

/// A pipeline over one source with these keys.
pub(super) fn pipeline(source: &str, more: &str) -> String {
    let schema = common::schema_path("consultation_prevention");
    format!(
        "[pipeline]\nname = \"essai\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"essai\"\npolicy = \"1\"\n\
         [[source]]\nname = \"consultations\"\nschema = \"{}\"\nevent_date = \"date_consultation\"\n{source}\n\
         [subject]\ncolumn = \"matricule_ins\"\nkind = \"nir\"\nlinkage = \"release\"\n\
         [[keep]]\ncolumn = \"date_naissance\"\nas = \"age\"\ngeneralise = {{ to = \"band\", bounds = [18, 60] }}\n\
         [[keep]]\ncolumn = \"sexe\"\n[[keep]]\ncolumn = \"poids_kg\"\nwhy = \"x\"\n[[keep]]\ncolumn = \"vaccins_a_jour\"\nwhy = \"x\"\n\
         [sample]\ndesign = \"bernoulli\"\nrate = \"9/10\"\n[[persons]]\nname = \"personnes\"\nprotect = {{ k = 2, quasi_identifiers = [\"age\", \"sexe\"] }}\n\
         [[aggregate]]\nname = \"par_sexe\"\nby = [\"sexe\"]\nmeasure = [{{ count = \"persons\" }}, {{ sum = \"poids_kg\" }}]\n\
         protect = {{ threshold = 5 }}\n[export]\nto = \"out\"\n{more}\n",
        schema.display()
    )
}

pub(super) fn query(sql: &str) -> String {
    format!("query = '''{sql}'''\nurl_from = \"base\"")
}

/// Synthetic consultations as a file, and in a table with types of their own.
fn consultations(server: &Server, desk: &Desk, table: &str, records: u64) {
    let file = desk.path("c.csv");
    let options = SynthOptions { records, seed: 5, ..SynthOptions::default() };
    common::synth(&file, "consultation_prevention", options);
    let text = fs::read_to_string(&file).unwrap();
    let schema = fs::read_to_string(common::schema_path("consultation_prevention")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    // Of some births neither day nor month is known: 1956-00-00 is a date of no database.
    let kind = |field: &Value| match field["type"].as_str().unwrap() {
        _ if field["name"] == "date_naissance" => "text",
        "date" => "date",
        "integer" => "bigint",
        "number" => "numeric",
        "boolean" => "boolean",
        _ => "text",
    };
    let fields = schema["fields"].as_array().unwrap().iter();
    let columns: Vec<String> = fields.map(|f| format!("\"{}\" {}", f["name"].as_str().unwrap(), kind(f))).collect();
    let create = format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({});", columns.join(", "));
    server.sql(&format!("{create}\nCOPY {table} FROM STDIN WITH (FORMAT csv, HEADER);\n{text}\\.\n"));
}

/// A credential with this text, for its owner alone.
pub(super) fn credential(desk: &Desk, text: &str) {
    let path = desk.path("base");
    desk.write("base", text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

pub(super) fn run(desk: &Desk, more: &[&str]) -> Told {
    desk.tamis(&[&["run", "p.toml", "--credential", "base=base"], more].concat())
}

pub(super) fn document(run: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(run.join("dossier").join(name)).unwrap()).unwrap()
}

/// Neither the password nor a value is told or left anywhere but in the credential.
pub(super) fn nothing_told(desk: &Desk, told: &Told) {
    let mut left = common::files(&desk.path("."));
    left.remove(Path::new("base"));
    left.remove(Path::new("c.csv"));
    left.remove(Path::new("c.db"));
    left.insert(PathBuf::from("stdout"), told.out.clone().into_bytes());
    left.insert(PathBuf::from("stderr"), told.err.clone().into_bytes());
    for (path, bytes) in left {
        let text = String::from_utf8_lossy(&bytes);
        for secret in [PASSWORD, CANARY, "falsch"] {
            // The pipeline of a test may have a canary of its own, and the plan shows it.
            let own = secret == CANARY && (path.ends_with("p.toml") || path.ends_with("plan.json"));
            assert!(own || !text.contains(secret), "{secret} in {}: {text}", path.display());
        }
    }
}

#[test]
fn the_release_is_that_of_the_same_records_as_a_file_byte_for_byte() {
    let Some(server) = server() else { return };
    let desk = Desk::new();
    consultations(&server, &desk, "memes", 4_000);
    credential(&desk, &(server.url() + "\n"));
    let sources = [("of_file", "files = [\"c.csv\"]".to_owned()), ("of_rows", query("SELECT * FROM memes"))];
    let mut released = Vec::new();
    for (name, source) in sources {
        desk.write("p.toml", pipeline(&source, ""));
        let mut pipeline = Pipeline::read(&desk.path("p.toml")).unwrap();
        let taken = pipeline.take_credential("base", &KeySource::File(desk.path("base")));
        assert_eq!(taken, name == "of_rows");
        let summary = common::run(&pipeline, &desk.path(name), 2, common::key(7)).unwrap();
        assert!(summary.released() > 2_000, "{name}");
        let mut files = common::files(&summary.release);
        files.retain(|path, _| path.extension().is_some_and(|e| e == "csv" || e == "parquet"));
        released.push(files);
    }
    assert_eq!(released[0].len(), 4, "{:?}", released[0].keys());
    assert_eq!(released[0], released[1]);
}

#[test]
fn values_have_one_form_whatever_the_settings_of_the_server() {
    let Some(server) = server() else { return };
    let sql = "SELECT * FROM (VALUES
        (1, DATE '2026-02-05', 71.50::numeric(6,2), true, 'a,b', TIMESTAMP '2026-02-05 14:30:00', 'x'::char(4), 0.1::float8),
        (2, NULL, -3e10, false, E'dit \"oui\"\\nà 5 h', '2026-02-05 14:30:00.25', '', 1e300),
        (3, '0044-03-15', NULL, NULL, '', NULL, NULL, NULL),
        (4, '2026-12-31', 0, true, NULL, '1999-12-31', E'\\\\.', 'NaN')) AS t; -- all of them\n  ";
    let text = rows(&server.url(), sql.replace("AS t; ", "AS t ").as_str()).unwrap();
    let expected = "column1,column2,column3,column4,column5,column6,column7,column8\n\
        1,2026-02-05,71.50,true,\"a,b\",2026-02-05T14:30:00,x,0.1\n\
        2,,-30000000000,false,\"dit \"\"oui\"\"\nà 5 h\",2026-02-05T14:30:00.25,,1e+300\n\
        3,0044-03-15,,,\"\",,,\n\
        4,2026-12-31,0,true,,1999-12-31T00:00:00,\\.,NaN\n";
    assert_eq!(text.replace(",\"\",1e+300", ",,1e+300"), expected);
    let zoned = "SELECT TIMESTAMPTZ '2026-07-01 00:30:00+02' AS \"le \"\"jour\"\"\", INTERVAL '90 minutes' AS d, '{1,2}'::int[] AS l";
    let expected = "\"le \"\"jour\"\"\",d,l\n2026-06-30T22:30:00+00:00,PT1H30M,\"{1,2}\"\n";
    assert_eq!(rows(&server.url(), zoned).unwrap(), expected);
    assert_eq!(rows(&server.url(), "SELECT 1 AS a WHERE false;\n").unwrap(), "a\n");
    // Many rows are all there, and none is held back.
    let many = rows(&server.url(), "SELECT i, repeat('x', 50) AS t FROM generate_series(1, 200000) AS i").unwrap();
    assert_eq!((many.lines().count(), many.lines().last().map(|l| &l[..7])), (200_001, Some("200000,")));
}

#[test]
fn what_a_server_refuses_is_told_by_its_code_alone() {
    let Some(server) = server() else { return };
    let url = server.url();
    let code = |problem: Problem| match problem {
        Problem::Query { code, position } => (code.to_string(), position),
        other => panic!("{other:?}"),
    };
    assert_eq!(code(problem(&url, "SELEC 1")), ("42601".to_owned(), Some(1)));
    assert_eq!(code(problem(&url, "SELECT 1 FROM keine")), ("42P01".to_owned(), Some(15)));
    assert_eq!(code(problem(&url, "SELECT 1; SELECT 2")).0, "42601");
    assert_eq!(code(problem(&url, "SELECT 1) TO PROGRAM 'true'; --")).0, "42601");
    assert_eq!(code(problem(&url, "SELECT pg_read_file('/etc/passwd')")).0, "42501");
    assert_eq!(problem(&url, "SELECT $1::int AS a"), Problem::Parameters);
    assert_eq!(problem(&url, "BEGIN"), Problem::NoColumns);
    server.sql("DROP TABLE IF EXISTS fest; CREATE TABLE fest (a int); GRANT ALL ON fest TO lecteur");
    assert_eq!(code(problem(&url, "INSERT INTO fest VALUES (1) RETURNING a")).0, "42601");
    assert!(matches!(
        problem(&url, "WITH w AS (INSERT INTO fest VALUES (1) RETURNING a) SELECT a FROM w"),
        Problem::Query { .. }
    ));
    assert_eq!(server.sql("SELECT count(*) FROM fest"), "0");
    for (url, refused) in [(server.url_with("falsch"), true), (url.replace("/postgres", "/keine"), true)] {
        assert_eq!(matches!(problem(&url, "SELECT 1 AS a"), Problem::Refused(_)), refused);
    }
    assert_eq!(problem(&url.replace(&format!(":{PASSWORD}"), ""), "SELECT 1 AS a"), Problem::NoPassword);
    assert!(matches!(problem("postgresql://u@%2Fnowhere/d", "SELECT 1 AS a"), Problem::Unreachable(_)));
    // An error between two rows is no end of them.
    let mut streams = database::open(
        &[Asked {
            source: "s",
            sql: "SELECT 1 / (20000 - i) AS a FROM generate_series(1, 30000) AS i",
            url: &url,
            ca: None,
        }],
        &None,
    )
    .unwrap();
    let error = read(streams.remove(0)).unwrap_err();
    assert!(error.to_string().contains("SQLSTATE 22012"), "{error}");
}

#[test]
fn queries_of_one_address_see_one_state_of_the_database() {
    let Some(server) = server() else { return };
    server.sql("DROP TABLE IF EXISTS bewegt; CREATE TABLE bewegt (a int)");
    let url = server.url();
    let sql = "SELECT pg_current_snapshot()::text AS s, (SELECT count(*) FROM bewegt) AS n FROM pg_sleep(0.2)";
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            server.sql("DO $$ BEGIN FOR i IN 1..30000 LOOP INSERT INTO bewegt VALUES (i); COMMIT; END LOOP; END $$");
        });
        while server.sql("SELECT count(*) > 10 FROM bewegt") != "t" {
            sleep(Duration::from_millis(5));
        }
        for _ in 0..3 {
            let asked = ["a", "b", "c"].map(|source| Asked { source, sql, url: &url, ca: None });
            let streams = database::open(&asked, &None).unwrap();
            let texts: Vec<String> = streams.into_iter().map(|rows| read(rows).unwrap()).collect();
            assert!(texts[0] == texts[1] && texts[1] == texts[2], "{texts:?}");
        }
        writer.join().unwrap();
    });
}

#[test]
fn a_run_that_gets_no_rows_says_why_and_never_with_password_or_cell() {
    let Some(server) = server() else { return };
    let desk = Desk::new();
    consultations(&server, &desk, "klein", 200);
    server.sql(&format!("UPDATE klein SET nom_naissance = '{CANARY}'"));
    let attempt = |url: &str, sql: &str, code: i32, expected: &str| {
        credential(&desk, url);
        desk.write("p.toml", pipeline(&query(sql), ""));
        let told = run(&desk, &[]);
        assert_eq!(told.code, Some(code), "{sql}: {}{}", told.out, told.err);
        assert!(told.err.contains(expected), "{expected}: {}", told.err);
        nothing_told(&desk, &told);
        for run in desk.runs() {
            assert!(!run.join("release").exists() && !run.join("release.partial").exists());
        }
    };
    let (url, all) = (server.url(), "SELECT * FROM klein");
    attempt(&server.url_with("falsch"), all, 5, "SQLSTATE 28P01");
    attempt(&url, "SELECT * FROM keine", 2, "SQLSTATE 42P01, at its character 15");
    attempt(&url, "SELECT nom_naissance::int AS a FROM klein", 6, "SQLSTATE 22P02");
    attempt(&url, &format!("SELECT '{CANARY}'::int AS a"), 2, "SQLSTATE 22P02");
    attempt(&url, "SELECT k.*, 1 / (length(nom_naissance) - 13) AS z FROM klein AS k", 6, "SQLSTATE 22012");
    attempt(&url, "SELECT nom_naissance FROM klein", 1, "the columns of a file are not those of its schema");
    attempt("KANARI", all, 5, "no address of a PostgreSQL database");
    attempt(&url.replace("lecteur", "falsch"), all, 5, "SQLSTATE 28");
    attempt("postgresql://u:falsch@db.example/d?sslmode=disable", all, 2, "in the clear");
    attempt("", all, 5, "one line of text");

    // Credentials are kept as keys are, and named.
    credential(&desk, &url);
    fs::set_permissions(desk.path("base"), fs::Permissions::from_mode(0o644)).unwrap();
    let before = desk.runs().len();
    let open = run(&desk, &[]);
    assert!(open.code == Some(5) && open.err.contains("chmod 600"), "{}", open.err);
    let told = desk.tamis(&["run", "p.toml"]);
    assert!(told.code == Some(5) && told.err.contains("LoadCredential"), "{}", told.err);
    for words in [["--credential", "autre=base"], ["--credential", "base"], ["--credential", &format!("base={url}")]] {
        let told = desk.tamis(&[&["run", "p.toml"], &words[..]].concat());
        assert!(told.code == Some(2) && told.err.contains("NAME=FILE"), "{}", told.err);
        nothing_told(&desk, &told);
    }
    assert_eq!(desk.runs().len(), before, "nothing is begun without its keys");
    // As systemd hands it over.
    fs::set_permissions(desk.path("base"), fs::Permissions::from_mode(0o440)).unwrap();
    desk.write("p.toml", pipeline(&query(all), ""));
    let mut command = desk.command(&["validate", "p.toml", "--format", "json"]);
    let told = crate::told(command.env("CREDENTIALS_DIRECTORY", desk.path("")).output().unwrap());
    assert!(told.code == Some(0) && told.out.contains("\"query:consultations\""), "{}{}", told.out, told.err);
    nothing_told(&desk, &told);
}

#[test]
fn a_connection_that_is_cut_ends_the_run_and_leaves_nothing() {
    let Some(server) = server() else { return };
    let desk = Desk::new();
    consultations(&server, &desk, "lang", 3_000);
    credential(&desk, &server.url());
    // More than one block of rows comes before the server is stopped in the middle.
    let sql = "SELECT c.* FROM lang AS c, generate_series(1, 20) AS s, LATERAL (SELECT pg_sleep(0.0005 + 0 * s + 0 * length(c.sexe))) AS w";
    desk.write("p.toml", pipeline(&query(sql), "[limits]\nreject_above = \"100 %\""));
    fs::create_dir(desk.path("tmp")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command
        .args(["run", "p.toml", "--credential", "base=base"])
        .current_dir(desk.path(""))
        .env("TMPDIR", desk.path("tmp"));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ours = "application_name = 'tamis' AND query LIKE '%FROM lang AS c%'";
    while server.sql(&format!("SELECT count(*) FROM pg_stat_activity WHERE {ours} AND state = 'active'")) == "0" {
        sleep(Duration::from_millis(20));
    }
    sleep(Duration::from_millis(1500));
    assert_eq!(server.sql(&format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {ours}")), "1");
    let told = crate::told(child.wait_with_output().unwrap());
    assert_eq!(told.code, Some(6), "{}{}", told.out, told.err);
    assert!(
        told.err.contains("SQLSTATE 57P01") || told.err.contains("the connection to the server ended"),
        "{}",
        told.err
    );
    nothing_told(&desk, &told);
    let [run] = desk.runs().try_into().unwrap();
    let left: Vec<PathBuf> = common::files(&run).into_keys().collect();
    assert!(left.iter().all(|path| path.starts_with("dossier")), "{left:?}");
    assert!(common::files(&desk.path("tmp")).is_empty());
    let certificate = document(&run, "certificate.json");
    assert_eq!(certificate["working_data_destroyed"], true);
    let items = certificate["items"].as_array().unwrap();
    let databases = items.iter().find(|item| item["what"] == "records in databases").unwrap();
    assert_eq!((&databases["class"], &databases["count"]), (&"not-destroyed".into(), &1.into()));
}

#[test]
fn a_run_that_waits_for_a_server_stops_when_it_is_asked_to() {
    let Some(server) = server() else { return };
    let desk = Desk::new();
    consultations(&server, &desk, "still", 100);
    credential(&desk, &server.url());
    // Not even a header comes before the last row is computed.
    let sql = "SELECT s.* FROM still AS s, (SELECT pg_sleep(300)) AS w ORDER BY id_enregistrement";
    desk.write("p.toml", pipeline(&query(sql), ""));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.args(["run", "p.toml", "--credential", "base=base"]).current_dir(desk.path(""));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ours = "application_name = 'tamis' AND query LIKE '%FROM still AS s%'";
    while server.sql(&format!("SELECT count(*) FROM pg_stat_activity WHERE {ours} AND state = 'active'")) == "0" {
        sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let told = crate::told(child.wait_with_output().unwrap());
    assert_eq!(told.code, Some(143), "{}{}", told.out, told.err);
    nothing_told(&desk, &told);
    let [run] = desk.runs().try_into().unwrap();
    assert_eq!(document(&run, "certificate.json")["working_data_destroyed"], true);
    server.sql(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"));
}

#[test]
fn the_same_rows_are_released_from_once_in_whatever_order_they_come() {
    let Some(server) = server() else { return };
    let desk = Desk::new();
    consultations(&server, &desk, "wieder", 800);
    server.sql(&format!("UPDATE wieder SET nom_naissance = '{CANARY}', commentaire_libre = '{CANARY}'"));
    credential(&desk, &server.url());
    desk.write("p.toml", pipeline(&query("SELECT * FROM wieder"), ""));
    let first = run(&desk, &[]);
    assert_eq!(first.code, Some(0), "{}{}", first.out, first.err);
    nothing_told(&desk, &first);
    let [released] = desk.runs().try_into().unwrap();
    let input = document(&released, "run.json")["inputs"][0].clone();
    assert_eq!((&input["file"], &input["records"]), (&"query:consultations".into(), &800.into()));
    assert_eq!(input["sha256"].as_str().unwrap().len(), 64);
    let plan = document(&released, "plan.json");
    assert_eq!(plan["sources"][0]["query"]["url_from"], "base");
    let text = fs::read_to_string(released.join("dossier/proces-verbal.txt")).unwrap();
    assert!(text.contains("enregistrements en base"), "{text}");
    let items = document(&released, "certificate.json")["items"].clone();
    assert!(!items.to_string().contains("source files"), "there was no file: {items}");

    // Other order, same rows.
    server.sql("CREATE TABLE umgekehrt AS SELECT * FROM wieder ORDER BY id_enregistrement DESC; DROP TABLE wieder; ALTER TABLE umgekehrt RENAME TO wieder");
    let second = run(&desk, &[]);
    assert_eq!(second.code, Some(2), "{}{}", second.out, second.err);
    assert!(second.err.contains("--again"), "{}", second.err);
    let since = run(&desk, &["--since", "last"]);
    assert!(since.code == Some(2) && since.err.contains("let the query say what is new"), "{}", since.err);
    let french = run(&desk, &["--since", "last", "--lang", "fr"]);
    assert!(french.err.contains("requête"), "{}", french.err);
    let published = || desk.runs().iter().filter(|run| run.join("release").exists()).count();
    assert_eq!(published(), 1);
    assert_eq!(run(&desk, &["--again"]).code, Some(0));
    server.sql("DELETE FROM wieder WHERE ctid = (SELECT min(ctid) FROM wieder)");
    let fewer = run(&desk, &[]);
    assert_eq!(fewer.code, Some(0), "{}", fewer.err);
    assert_eq!(published(), 3);
}

#[test]
fn what_goes_over_a_network_is_encrypted_to_a_server_that_is_vouched_for() {
    let Some(server) = server() else { return };
    let ask = |url: &str, ca: Option<&Path>| {
        database::open(
            &[Asked { source: "s", sql: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", url, ca }],
            &None,
        )
        .map(|mut streams| read(streams.remove(0)).unwrap())
        .map_err(|error| error.problem)
    };
    assert_eq!(ask(&server.url_over_tcp("127.0.0.1", ""), None), Ok("ssl\nfalse\n".to_owned()));
    let (url, ca) = (server.url_over_tcp("localhost", "sslmode=verify-full"), server.authority());
    if !server.encrypts {
        assert_eq!(ask(&url, None), Err(Problem::Tls));
        return;
    }
    assert_eq!(ask(&url, Some(&ca)), Ok("ssl\ntrue\n".to_owned()));
    // Nobody vouches for it; for another name; the authority is none.
    assert!(matches!(ask(&url, None), Err(Problem::Tls | Problem::NoAuthorities)));
    assert_eq!(ask(&server.url_over_tcp("127.0.0.1", "sslmode=require"), Some(&ca)), Err(Problem::Tls));
    let none = server.authority().with_file_name("names");
    assert_eq!(ask(&url, Some(&none)), Err(Problem::Authorities(none)));
}

#[test]
fn a_pipeline_names_a_query_instead_of_files_and_never_an_address() {
    let desk = Desk::new();
    let check = |source: &str, more: &str| {
        desk.write("p.toml", pipeline(source, more));
        let told = desk.tamis(&["config", "check", "p.toml"]);
        (told.code, told.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" "))
    };
    let sound = query("SELECT 1");
    assert_eq!(check(&sound, "").0, Some(0), "{:?}", check(&sound, ""));
    for (source, expected) in [
        ("query = 'SELECT 1'".to_owned(), "url_from = \"base-sejours\""),
        (format!("{sound}\nfiles = ['a.csv']"), "either files or the rows of a query"),
        (format!("{sound}\nformat = 'csv'"), "either files or the rows of a query"),
        ("files = ['a.csv']\nurl_from = 'base'".to_owned(), "a source with a query"),
        ("query = ' '\nurl_from = 'base'".to_owned(), "query"),
        ("query = 'SELECT 1'\nurl_from = '../base'".to_owned(), "the name of a credential"),
        (format!("query = 'SELECT 1'\nurl_from = 'postgresql://u:{PASSWORD}@h/d'"), "url_from"),
    ] {
        let (code, told) = check(&source, "");
        assert!(code == Some(2) && told.contains(expected) && !told.contains(PASSWORD), "{expected}: {told}");
    }
    let twice = format!(
        "{sound}\n[[source]]\nname = \"b\"\nschema = \"{}\"\n{sound}",
        common::schema_path("consultation_prevention").display()
    );
    assert!(check(&twice, "").1.contains("files_twice"));
    let plan =
        desk.write("p.toml", pipeline(&sound, "[destroy]\nsources = true\nroot = \"in\"")).tamis(&["plan", "p.toml"]);
    assert!(plan.out.contains("never destroyed") && plan.out.contains("SELECT 1"), "{}{}", plan.out, plan.err);
}
