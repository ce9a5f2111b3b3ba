//! What became coarser stands nowhere in the form that it had: not in the release, not in the dossier or the logs, not in what
//! the program said.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common;
use crate::search::Searcher;

const FIELDS: [(&str, &str, &str); 7] = [
    ("patient", "string", "subject-identifier"),
    ("nom", "string", "direct-identifier"),
    ("age", "integer", "quasi-identifier"),
    ("commune", "string", "quasi-identifier"),
    ("entree", "date", "quasi-identifier"),
    ("diag", "string", "sensitive"),
    ("pas", "integer", "other"),
];
const LEVELS: &str = "levels = { age = { bands = [10, 20] }, commune = { prefixes = [2], overseas = true }, \
                      entree = { dates = [\"year\", \"decade\"] } }\nsuppress = 0.1\nsensitive = [{ column = \"diag\" }]\n";

struct Case<'a> {
    name: &'a str,
    protect: String,
    code: i32,
    /// What the program has to say.
    says: &'a str,
}

/// Sixty communes each of three departments.
fn communes() -> Vec<String> {
    (0..180).map(|at| ["75", "13", "971"][at / 60].to_owned() + &format!("{:03}", 7 + at % 60)[at / 120..]).collect()
}

fn rows() -> Vec<Vec<String>> {
    let communes = communes();
    let row = |at: usize| {
        let patient = at / 2;
        vec![
            format!("PAT{:07}", 4_100_000 + 37 * patient),
            format!("Kervadec{patient:04}"),
            (20 + (patient * 7) % 60).to_string(),
            communes[(at * 13) % 180].clone(),
            format!("{}-{:02}-{:02}", 2011 + at % 4, 1 + (at * 5) % 12, 1 + patient % 28),
            ["I10", "E11", "C50"][(patient / 3) % 3].to_owned(),
            (110 + patient % 40).to_string(),
        ]
    };
    (0..600).map(row).collect()
}

fn write_bench(folder: &Path) {
    let header: Vec<&str> = FIELDS.iter().map(|(name, _, _)| *name).collect();
    let body: Vec<String> = rows().iter().map(|row| row.join(",")).collect();
    fs::write(folder.join("stays.csv"), format!("{}\n{}\n", header.join(","), body.join("\n"))).unwrap();
    let fields: Vec<String> = FIELDS
        .iter()
        .map(|(name, kind, role)| format!("{{\"name\":\"{name}\",\"type\":\"{kind}\",\"tamis:role\":\"{role}\"}}"))
        .collect();
    fs::write(folder.join("stays.json"), format!("{{\"name\":\"sejours\",\"fields\":[{}]}}", fields.join(",")))
        .unwrap();
    // One commune has no place there; in the other file a line is too short.
    let communes = communes();
    let known: String = communes[1..].iter().map(|commune| format!("{commune};{};*\n", &commune[..2])).collect();
    fs::write(folder.join("without.csv"), known.clone()).unwrap();
    fs::write(folder.join("short.csv"), format!("{known}{}\n", communes[0])).unwrap();
}

fn write_pipeline(folder: &Path, protect: &str) {
    let kept: String =
        FIELDS[2..].iter().map(|(name, _, _)| format!("[[keep]]\ncolumn = \"{name}\"\nwhy = \"étude\"\n")).collect();
    let text = format!(
        "[pipeline]\nname = \"sejours\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"essai\"\npolicy = \"1\"\n\
         [[source]]\nname = \"sejours\"\nschema = \"stays.json\"\nfiles = [\"stays.csv\"]\n\
         [subject]\ncolumn = \"patient\"\nkind = \"text\"\nlinkage = \"release\"\n{kept}\
         [[persons]]\nname = \"lignes\"\n[persons.protect]\nk = 6\nquasi_identifiers = [\"age\", \"commune\", \"entree\"]\n\
         {protect}\n[export]\nto = \"out\"\nformats = [\"csv\", \"parquet\"]\n"
    );
    fs::write(folder.join("p.toml"), text).unwrap();
}

/// Identifiers, dates and communes of the records.
fn searcher() -> Searcher {
    let rows = rows();
    let column = |at: usize| rows.iter().map(move |row| row[at].clone());
    let exact: HashSet<String> = column(0).chain(column(1)).chain(column(3)).chain(column(4)).collect();
    Searcher::new(column(0).chain(column(1)).chain(column(4)), exact)
}

#[test]
fn no_value_that_became_coarser_stands_in_what_was_written_or_said() {
    let folder = tempfile::tempdir().unwrap();
    write_bench(folder.path());
    let searcher = searcher();
    // The search finds what it looks for: all patients, names, dates and communes of the input.
    let input = fs::read(folder.path().join("stays.csv")).unwrap();
    let found: BTreeSet<String> = searcher.stream("stays.csv", &input).into_iter().collect();
    assert!(found.len() >= 780, "{}", found.len());
    let cases = [
        Case { name: "success", protect: LEVELS.to_owned(), code: 0, says: "" },
        Case {
            name: "evidence",
            protect: format!("{LEVELS}evidence = {{ smallest = 500 }}\n"),
            code: 4,
            says: "singling out",
        },
        Case { name: "unreachable", protect: "suppress = 0.0\n".to_owned(), code: 4, says: "no generalisation" },
        Case {
            name: "a value that the hierarchy does not have",
            protect: "levels = { commune = { hierarchy = \"without.csv\" } }\n".to_owned(),
            code: 1,
            says: "column `commune`",
        },
        Case {
            name: "a hierarchy with a short line",
            protect: "levels = { commune = { hierarchy = \"short.csv\" } }\n".to_owned(),
            code: 2,
            says: "short.csv",
        },
    ];
    for Case { name, protect, code, says } in cases {
        for format in ["human", "json"] {
            let _ = fs::remove_dir_all(folder.path().join("out"));
            write_pipeline(folder.path(), &protect);
            let mut command = common::tamis();
            let done = command.current_dir(folder.path()).args(["run", "p.toml", "--format", format]).output().unwrap();
            let told = String::from_utf8_lossy(&done.stderr).into_owned();
            assert_eq!(done.status.code(), Some(code), "{name}: {told}");
            assert!(told.contains(says), "{name}: {told}");
            let mut found = searcher.folder(&folder.path().join("out"));
            found.extend(searcher.stream("standard output", &done.stdout));
            found.extend(searcher.stream("standard error", &done.stderr));
            assert!(found.is_empty(), "{name}: {found:?}");
            if code == 0 {
                every_searched_column_became_coarser(&folder.path().join("out"));
            }
        }
    }
}

fn every_searched_column_became_coarser(out: &Path) {
    let files = common::files(out);
    let package = files.iter().find(|(name, _)| name.ends_with("release/datapackage.json")).unwrap().1;
    let package: Value = serde_json::from_slice(package).unwrap();
    let levels = &package["resources"][0]["tamis:protection"]["levels"];
    assert!(["commune", "entree"].iter().all(|name| levels[*name].as_u64().unwrap() > 0), "{levels}");
    assert!(files.keys().any(|name| name.ends_with("dossier/anonymisation.json")));
    assert!(files.keys().any(|name| name.ends_with("lignes.parquet")));
}
