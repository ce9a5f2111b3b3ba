//! Canaries (R11): unique values planted in every field of good and of malformed records are found in no output, message,
//! file name or left-over file, whatever happens to the run.

#![allow(clippy::unwrap_used)]

#[path = "leaks/at_rest.rs"]
mod at_rest;
mod common;
#[path = "common/machines.rs"]
mod machines;
#[path = "leaks/perturbed.rs"]
mod perturbed;
#[path = "leaks/sealed.rs"]
mod sealed;
#[path = "common/search.rs"]
mod search;
#[path = "common/tables.rs"]
mod tables;

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use search::Searcher;
use serde_json::Value;
use tables::Table;
use tamis::identifiers::rpps_check_digit;
use tamis::schema::TableSchema;
use tamis::synth::SynthOptions;
use tempfile::TempDir;

// --- The canaries -----------------------------------------------------------------------------------------------------

/// Makes unique values and remembers them.
#[derive(Default)]
struct Nest {
    count: usize,
    planted: Vec<String>,
}

impl Nest {
    fn keep(&mut self, value: String) -> String {
        self.planted.push(value.clone());
        value
    }

    fn next(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn text(&mut self) -> String {
        let n = self.next();
        self.keep(format!("Canari{n:05}Serin"))
    }

    fn id(&mut self) -> String {
        let n = self.next();
        self.keep(format!("CANARI-{n:05}"))
    }

    /// A valid NIR; every third is written with blanks, every third in lower case.
    fn nir(&mut self) -> String {
        let n = self.next() as u64;
        let (commune, order) = (100 + n / 900, 100 + n % 900);
        let number = 1_580_719_000_000 + commune * 1000 + order;
        // Department 2A counts as 19.
        let key = 97 - number % 97;
        let nir = format!("158072A{commune:03}{order:03}{key:02}");
        self.planted.push(nir[..13].to_owned());
        self.keep(nir.replace("2A", "19"));
        self.keep(nir.clone());
        match n % 3 {
            0 => nir,
            1 => nir.to_lowercase(),
            _ => format!("1 58 07 2A {commune:03} {order:03} {key:02}"),
        }
    }

    fn rpps(&mut self) -> String {
        let n = self.next();
        let digits = format!("9988{n:06}");
        let check = rpps_check_digit(digits.as_bytes().try_into().unwrap()).unwrap();
        self.keep(format!("{digits}{check}"))
    }

    fn telephone(&mut self) -> String {
        let n = self.next();
        self.keep(format!("0698{n:06}"));
        let [a, b, c] = [n / 10_000, n / 100 % 100, n % 100];
        self.keep(format!("06 98 {a:02} {b:02} {c:02}"))
    }

    fn email(&mut self) -> String {
        let n = self.next();
        self.keep(format!("canari{n:05}@example.org"))
    }

    /// A number that no bound allows.
    fn number(&mut self) -> String {
        let n = self.next();
        self.keep(format!("90210{n:07}"))
    }

    /// A value that the field takes and that must not leave; `None` where the field leaves, or tells about nobody alone.
    fn fitting(&mut self, field: &str) -> Option<String> {
        Some(match field {
            "matricule_ins" => self.nir(),
            "nom_naissance" | "prenoms" | "adresse_detaillee" | "commentaire_libre" => self.text(),
            "telephone" => self.telephone(),
            "courriel" => self.email(),
            "rpps_effecteur" | "rpps_medecin_traitant" => self.rpps(),
            "numero_kit" | "id_enregistrement" | "id_evenement" => self.id(),
            _ => return None,
        })
    }

    /// Plants all that fits into a record. A kit number only where there is one: a rule asks for it.
    fn plant(&mut self, labels: &[String], row: &[String]) -> Vec<String> {
        let planted = labels.iter().zip(row).map(|(label, cell)| {
            let fits = label != "numero_kit" || !cell.is_empty();
            fits.then(|| self.fitting(label)).flatten().unwrap_or_else(|| cell.clone())
        });
        planted.collect()
    }
}

/// One dataset with its pipeline.
struct Case {
    schema: &'static str,
    /// The sections between `[subject]` and `[export]`.
    body: &'static str,
    event: &'static str,
    id: &'static str,
    /// Fields with codes of places and exact dates: whole values must not leave.
    coarse: &'static [&'static str],
}

const CONSULTATIONS: Case = Case {
    schema: "consultation_prevention",
    event: "date_consultation",
    id: "id_enregistrement",
    coarse: &["commune_residence", "code_postal", "date_consultation", "date_information", "finess_structure"],
    body: r#"
[[keep]]
column = "date_naissance"
as = "age"
generalise = { to = "band", bounds = [18, 51] }
[[keep]]
column = "sexe"
[[keep]]
column = "commune_residence"
as = "region"
generalise = "region"
[[keep]]
column = "commune_residence"
as = "departement"
generalise = "departement"
[[keep]]
column = "date_consultation"
as = "mois"
generalise = "month"
[[keep]]
column = "pas_mmhg"
generalise = { to = "clamp", bottom = 90, top = 180 }
why = "mesure"
[[keep]]
column = "tabac"
why = "mesure"
[[keep]]
column = "profession"
[sample]
design = "bernoulli"
rate = "9/10"
[[persons]]
name = "consultations"
columns = ["age", "sexe", "region", "pas_mmhg", "tabac", "profession"]
protect = { quasi_identifiers = ["age", "sexe", "region"] }
[[aggregate]]
name = "par_mois"
by = ["departement", "mois"]
measure = [{ count = "persons" }, { count = "records" }, { mean = "pas_mmhg" }]
"#,
};

const SCREENINGS: Case = Case {
    schema: "depistage_organise",
    event: "date_invitation",
    id: "id_evenement",
    coarse: &["commune_residence", "code_iris", "date_invitation", "date_test", "date_coloscopie", "finess_lecture"],
    body: r#"
[[keep]]
column = "date_naissance"
as = "age"
generalise = { to = "band", bounds = [50] }
[[keep]]
column = "sexe"
[[keep]]
column = "commune_residence"
as = "region"
generalise = "region"
[[keep]]
column = "programme"
[[keep]]
column = "resultat"
why = "mesure"
[[keep]]
column = "campagne"
[sample]
design = "bernoulli"
rate = "9/10"
[[persons]]
name = "depistages"
columns = ["age", "sexe", "region", "programme", "resultat"]
protect = { quasi_identifiers = ["age", "sexe", "region"] }
[[aggregate]]
name = "par_campagne"
by = ["region", "programme", "campagne"]
measure = [{ count = "persons" }, { count = "records" }, { share = "resultat", equals = "pos" }]
"#,
};

/// Input with canaries, and the search for them.
struct Aviary {
    case: &'static Case,
    labels: Vec<String>,
    /// Good records, some with canaries.
    good: Vec<Vec<String>>,
    /// Lines that are wrong in one way each, all with canaries.
    bad: Vec<u8>,
    /// Identifiers of planted persons.
    persons: Vec<String>,
    searcher: Searcher,
}

fn line(cells: &[String]) -> Vec<u8> {
    let cells: Vec<String> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
    (cells.join(",") + "\n").into_bytes()
}

fn replaced(bytes: &[u8], from: &str, to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

impl Aviary {
    fn new(case: &'static Case) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("base.csv");
        let options = SynthOptions { records: 3_000, seed: 11, ..SynthOptions::default() };
        common::synth(&file, case.schema, options);
        let Table { labels, mut rows } = Table::read(&file);
        let schema = TableSchema::read(&common::schema_path(case.schema)).unwrap();
        let mut nest = Nest::default();
        let at = |label: &str| labels.iter().position(|l| l == label).unwrap();
        let (nir, name, id) = (at("matricule_ins"), at("nom_naissance"), at(case.id));

        let bases: Vec<Vec<String>> = rows[..150].to_vec();
        for row in &mut rows[..150] {
            *row = nest.plant(&labels, row);
        }
        let persons = rows[..40].iter().map(|r| r[nir].clone()).collect();

        let mut base = bases.iter().cycle();
        let mut bird = |nest: &mut Nest| nest.plant(&labels, base.next().unwrap());
        let mut bad = Vec::new();
        for (field, label) in labels.iter().enumerate() {
            // Of the wrong type, not in the code list, not in the pattern; fine where any text is.
            let mut row = bird(&mut nest);
            row[field] = nest.text();
            bad.extend(line(&row));
            // Out of every bound
            let mut row = bird(&mut nest);
            row[field] = nest.number();
            bad.extend(line(&row));
            // Too long, and with line breaks and quotes inside
            let mut row = bird(&mut nest);
            row[field] = format!("{} \"dit\"\n{}", nest.text(), "é".repeat(6_000));
            bad.extend(line(&row));
            // A name in the field of another
            let mut row = bird(&mut nest);
            row[field] = row[name].clone();
            bad.extend(line(&row));
            if schema.fields.iter().any(|f| f.name == *label && f.constraints.required) {
                let mut row = bird(&mut nest);
                row[field].clear();
                bad.extend(line(&row));
            }
        }
        // A wrong key, a NIR without key
        let mut row = bird(&mut nest);
        row[nir] = nest.keep("158072A99999901".to_owned());
        bad.extend(line(&row));
        row[nir] = nest.keep("158072A999998".to_owned());
        bad.extend(line(&row));
        // The same key twice, within the bad and with a good record
        let mut row = bird(&mut nest);
        bad.extend(line(&row));
        bad.extend(line(&row));
        row[id].clone_from(&rows[0][id]);
        bad.extend(line(&row));
        // Rules between fields
        for (field, value) in [("date_naissance", "2098-11-27"), (case.event, "2001-01-09"), ("sexe", "I")] {
            let mut row = bird(&mut nest);
            row[at(field)] = value.to_owned();
            bad.extend(line(&row));
        }
        nest.keep("2098-11-27".to_owned());
        // Ragged
        let row = bird(&mut nest);
        bad.extend(line(&row[..row.len() / 2]));
        bad.extend(line(&[row, vec![nest.text(), nest.id(), nest.nir()]].concat()));
        bad.extend(line(&[nest.text()]));
        // NUL, bytes that are no text, quotes in the middle of a cell, a lone carriage return
        for odd in [&b"\0"[..], b"\xff\xfe", b"\"\"", b"\" ", b"\r"] {
            let row = bird(&mut nest);
            bad.extend(replaced(
                &line(&row),
                &row[name],
                &[row[name].as_bytes(), odd, nest.text().as_bytes()].concat(),
            ));
            bad.extend(replaced(&line(&row), &row[nir], &[row[nir].as_bytes(), odd].concat()));
        }
        let row = bird(&mut nest);
        bad.extend(row.join(",").replace(&row[name], &format!("{}\"{}", row[name], nest.text())).into_bytes());
        bad.push(b'\n');

        let searcher = Self::searcher(case, &schema, &labels, &rows, &nest);
        let aviary = Self { case, labels, good: rows, bad, persons, searcher };
        // The search is armed: in the input it finds what it looks for.
        assert!(aviary.searcher.found(&aviary.dirty()).len() > 10_000);
        assert!(aviary.searcher.stream("lot.csv", &aviary.good()).len() > 15_000);
        aviary
    }

    /// Everything that must not leave: the canaries, every identifying value and every exact birth date of all records;
    /// and as whole cells or words the codes of places and the other exact dates.
    fn searcher(case: &Case, schema: &TableSchema, labels: &[String], rows: &[Vec<String>], nest: &Nest) -> Searcher {
        let table = Table { labels: labels.to_vec(), rows: rows.to_vec() };
        let identifying = schema.fields.iter().filter(|f| f.role.unwrap().never_leaves()).map(|f| f.name.as_str());
        let all: Vec<&str> = identifying.chain(["date_naissance", case.id]).flat_map(|l| table.column(l)).collect();
        let today = chrono::Utc::now().date_naive();
        let today = [today.pred_opt().unwrap(), today, today.succ_opt().unwrap()].map(|d| d.to_string());
        let exact = case.coarse.iter().flat_map(|l| table.column(l)).map(str::to_owned);
        let exact: HashSet<String> = exact.filter(|v| !v.is_empty() && !today.contains(v)).collect();
        assert!(nest.planted.len() > 1_500 && exact.len() > 1_000, "too few canaries");
        Searcher::new(nest.planted.iter().cloned().chain(all.into_iter().map(str::to_owned)), exact)
    }

    fn good(&self) -> Vec<u8> {
        [line(&self.labels), self.good.iter().flat_map(|r| line(r)).collect()].concat()
    }

    /// The good records as JSON lines.
    fn lines(&self) -> Vec<u8> {
        let of = |row: &Vec<String>| {
            let members = self.labels.iter().zip(row).map(|(label, cell)| (label.clone(), Value::from(cell.as_str())));
            serde_json::Value::Object(members.collect()).to_string() + "\n"
        };
        self.good.iter().map(of).collect::<String>().into_bytes()
    }

    /// The same lines, those of planted persons broken in a way each; `resource` is the type that they say.
    fn broken_lines(&self, resource: Option<&str>) -> Vec<u8> {
        let text = String::from_utf8(self.lines()).unwrap();
        let head = resource.map(|kind| format!("{{\"resourceType\":\"{kind}\","));
        let broken = text.lines().enumerate().map(|(at, line)| {
            let line = head.as_ref().map_or_else(|| line.to_owned(), |head| line.replacen('{', head, 1));
            match at {
                100.. => line,
                _ if at % 10 == 0 => line[..line.char_indices().nth(200).unwrap().0].to_owned(),
                _ if at % 10 == 1 => line.replacen("\"sexe\":", "\"nom_naissance\":\"x\",\"sexe\":", 1),
                _ if at % 10 == 2 => format!("[{line}]"),
                _ if at % 10 == 3 => format!("\"{}\"", self.good[at].join(" ").replace(['"', '\n'], " ")),
                _ if at % 10 == 4 => line.replace("\"resourceType\":\"Basic\"", "\"resourceType\":\"Person\""),
                _ if at % 10 == 5 => {
                    line.replacen("\"nom_naissance\":\"", "\"nom_naissance\":[\"x\",\"y\"],\"z\":\"", 1)
                }
                _ => line,
            }
        });
        // A member that is in no other record stands in the first 8,192, so that it is known.
        broken.map(|line| line + "\n").collect::<String>().into_bytes()
    }

    fn dirty(&self) -> Vec<u8> {
        [self.good(), self.bad.clone()].concat()
    }

    /// A pipeline over one file; `limits` are lines of `[limits]`, `source` further lines of `[[source]]`, `more` sections.
    fn pipeline(&self, setting: &Setting) -> String {
        let Case { schema, body, event, .. } = self.case;
        let path = common::schema_path(schema);
        let schema = setting.schema.as_deref().unwrap_or_else(|| path.to_str().unwrap());
        let Setting { file, limits, source, more, .. } = setting;
        format!(
            r#"
[pipeline]
name = "canaris"
legal_basis = "CSP L1411-8"
purpose = "essai"
policy = "2026-01"
[limits]
{limits}
[[source]]
name = "lot"
schema = "{schema}"
files = ["{file}"]
event_date = "{event}"
{source}
{more}
[subject]
column = "matricule_ins"
kind = "nir"
linkage = "release"
{body}
[export]
to = "unused"
"#
        )
    }

    /// Runs the program and searches everything that it said, wrote or left. Returns standard output and standard error.
    fn attempt(&self, setting: &Setting, words: &[&str], code: i32) -> (String, String, TempDir) {
        let folder = TempDir::new().unwrap();
        let place = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let (input, cwd, temporary, out) = (place("in"), place("cwd"), place("tmp"), place("out"));
        fs::write(input.join(&setting.file), &setting.bytes).unwrap();
        fs::write(input.join("p.toml"), self.pipeline(setting)).unwrap();
        for (name, bytes) in &setting.beside {
            fs::write(input.join(name), bytes).unwrap();
        }
        let mut command = common::tamis();
        for word in words {
            command.arg(match *word {
                "PIPELINE" => input.join("p.toml"),
                "FILE" => input.join(&setting.file),
                "SCHEMA" => common::schema_path(self.case.schema),
                "OUT" => out.clone(),
                other => other.into(),
            });
        }
        let command = command.current_dir(&cwd).env("TMPDIR", &temporary).env("RUST_BACKTRACE", "1");
        let done = command.envs(setting.env.iter().copied()).output().unwrap();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&done.stdout).into_owned(), String::from_utf8_lossy(&done.stderr).into_owned());
        let told = format!("{words:?} with {}\n{stdout}\n{stderr}", setting.what);

        let mut found = self.searcher.stream("standard output", &done.stdout);
        found.extend(self.searcher.stream("standard error", &done.stderr));
        found.extend([&cwd, &temporary, &out].iter().flat_map(|f| self.searcher.folder(f)));
        found.truncate(20);
        assert!(found.is_empty(), "leaked: {found:#?}\n{told}");
        assert_eq!(done.status.code(), Some(code), "{told}");
        assert!(common::files(&temporary).is_empty(), "left in the temporary folder: {told}");
        assert!(common::files(&cwd).is_empty(), "left in the working folder: {told}");
        let names: Vec<_> = common::files(&out).into_keys().collect();
        let released = names.iter().any(|n| n.components().any(|c| c.as_os_str() == "release"));
        assert_eq!(released, words[0] == "run" && matches!(code, 0 | 3), "{told}\n{names:?}");
        (stdout, stderr, folder)
    }
}

/// What a run is given.
#[derive(Clone, Default)]
struct Setting {
    what: &'static str,
    file: String,
    bytes: Vec<u8>,
    limits: &'static str,
    source: String,
    more: String,
    schema: Option<String>,
    beside: Vec<(&'static str, Vec<u8>)>,
    env: Vec<(&'static str, &'static str)>,
}

const RUN: [&str; 4] = ["run", "PIPELINE", "--out", "OUT"];
const RUN_JSON: [&str; 6] = ["run", "PIPELINE", "--out", "OUT", "--format", "json"];
const RUN_FR: [&str; 6] = ["run", "PIPELINE", "--out", "OUT", "--lang", "fr"];

/// Tolerates everything, spills at once.
const TOLERANT: &str = "reject_above = \"100%\"\nmemory = \"1 KiB\"\nbuckets = 8\nplaces = 10000";
const STRICT: &str = "reject_above = \"0%\"\nmemory = \"1 KiB\"\nplaces = 10000";

// --- What happens to runs -----------------------------------------------------------------------------------------------

fn nothing_leaks_from_a_run_that_publishes(case: &'static Case) {
    let aviary = Aviary::new(case);
    let register = ["matricule_ins\n".to_owned(), aviary.persons[..5].join("\n")].concat();
    let dirty = Setting {
        what: "good and bad records",
        file: "lot.csv".into(),
        bytes: aviary.dirty(),
        limits: TOLERANT,
        more: "[[exclude]]\nregister = \"oppositions.csv\"\ncolumn = \"matricule_ins\"".into(),
        beside: vec![("oppositions.csv", register.into_bytes())],
        ..Setting::default()
    };
    let (stdout, _, folder) = aviary.attempt(&dirty, &RUN_JSON, 3);
    let told: Value = serde_json::from_str(&stdout).unwrap();
    assert!(told["vault"]["spilled_bytes"].as_u64().unwrap() > 0, "nothing was spilled");
    assert!(told["records"]["rejected"].as_u64().unwrap() > 80);
    assert!(told["records"]["excluded"].as_u64().unwrap() >= 5);
    assert!(told["records"]["released"].as_u64().unwrap() > 1_500, "too little was released for a leak to show");
    let findings = told["sources"][0]["findings"].as_array().unwrap();
    let kinds: HashSet<&str> = findings.iter().map(|f| f["type"].as_str().unwrap()).collect();
    for kind in ["type-error", "constraint-error", "primary-key", "row-constraint", "missing-cell", "extra-cell"] {
        assert!(kinds.contains(kind), "no record is bad in the way of {kind}: {kinds:?}");
    }
    assert!(kinds.contains("nul-byte") && kinds.contains("encoding-error"), "{kinds:?}");
    drop(folder);
    aviary.attempt(&dirty, &RUN, 3);
    aviary.attempt(&dirty, &RUN_FR, 3);

    let packed = {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(&aviary.dirty()).unwrap();
        writer.finish().unwrap()
    };
    let verbose = vec![("POLARS_VERBOSE", "1"), ("RUST_LOG", "trace")];
    let packed = Setting { file: "lot.csv.gz".into(), bytes: packed, env: verbose, ..dirty };
    aviary.attempt(&packed, &RUN, 3);
    let lines = Setting { file: "lot.ndjson".into(), bytes: aviary.lines(), ..packed.clone() };
    aviary.attempt(&lines, &RUN, 0);
    nothing_leaks_from_lines_that_are_no_records(&aviary, &packed);
    // What fewer than eleven records share is not told: of these, nothing is shared.
    let planted = [line(&aviary.labels), aviary.good[..150].iter().flat_map(|r| line(r)).collect()].concat();
    let planted = Setting { file: "lot.csv".into(), bytes: planted, ..packed };
    aviary.attempt(&planted, &["profile", "FILE"], 0);
    aviary.attempt(&planted, &["profile", "FILE", "--format", "json"], 0);
}

fn nothing_leaks_from_lines_that_are_no_records(aviary: &Aviary, like: &Setting) {
    let lines =
        Setting { what: "bad lines", file: "lot.ndjson".into(), bytes: aviary.broken_lines(None), ..like.clone() };
    let schema = fs::read_to_string(common::schema_path(aviary.case.schema)).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    for field in schema["fields"].as_array_mut().unwrap() {
        field["tamis:path"] = field["name"].clone();
    }
    let mut beside = like.beside.clone();
    beside.push(("fhir.json", schema.to_string().into_bytes()));
    let resources = Setting {
        what: "resources that are none",
        bytes: aviary.broken_lines(Some("Basic")),
        schema: Some("fhir.json".into()),
        source: "resource = \"Basic\"".into(),
        beside,
        ..lines.clone()
    };
    let (stdout, _, _) = aviary.attempt(&resources, &RUN_JSON, 3);
    let told: Value = serde_json::from_str(&stdout).unwrap();
    let findings = told["sources"][0]["findings"].as_array().unwrap();
    for kind in ["not-an-object", "other-resource", "not-one-value"] {
        assert!(findings.iter().any(|f| f["type"] == kind), "{kind}: {findings:?}");
    }
    aviary.attempt(&resources, &["validate", "PIPELINE", "--places", "10000", "--lang", "fr"], 1);
    // Lists are values of plain JSON lines, and a member that only some have is a column of its own: the header is refused.
    aviary.attempt(&lines, &RUN, 1);
    aviary.attempt(&lines, &["validate", "PIPELINE", "--places", "10000"], 1);
    let bytes =
        String::from_utf8(lines.bytes.clone()).unwrap().replace(",\"z\":\"", ",\"nom_naissance\":\"").into_bytes();
    let known = Setting { bytes, ..lines };
    aviary.attempt(&known, &RUN, 3);
    aviary.attempt(&known, &RUN_JSON, 3);
    // What many records share is told of a file: of so few nothing is shared.
    let few: Vec<u8> = known.bytes.split_inclusive(|byte| *byte == b'\n').take(150).flatten().copied().collect();
    aviary.attempt(&Setting { bytes: few, ..known }, &["profile", "FILE"], 0);
}

fn nothing_leaks_from_a_run_that_rejects_its_input(case: &'static Case) {
    let aviary = Aviary::new(case);
    let file = "lot.csv".to_owned();
    let dirty = Setting { what: "bad records", file, bytes: aviary.dirty(), limits: STRICT, ..Setting::default() };
    aviary.attempt(&dirty, &RUN, 1);
    aviary.attempt(&dirty, &RUN_JSON, 1);
    aviary.attempt(&dirty, &["validate", "PIPELINE", "--places", "10000"], 1);
    aviary.attempt(&dirty, &["validate", "PIPELINE", "--format", "json"], 1);
    aviary.attempt(&dirty, &["validate", "FILE", "--schema", "SCHEMA", "--places", "10000", "--lang", "fr"], 1);
    aviary.attempt(&dirty, &["validate", "FILE", "--schema", "SCHEMA", "--format", "json"], 1);

    let (good, rows) = (aviary.good(), aviary.good.iter().flat_map(|r| line(r)).collect::<Vec<u8>>());
    let first = aviary.good[0].clone();
    let name = &first[aviary.labels.iter().position(|l| l == "nom_naissance").unwrap()];
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&good).unwrap();
    let packed = packed.finish().unwrap();
    let open = [good.clone(), line(&first).strip_suffix(b"\"\n").unwrap().to_vec()].concat();
    let utf16: Vec<u8> = b"\xff\xfe"
        .iter()
        .copied()
        .chain(String::from_utf8_lossy(&good).encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let semicolons = String::from_utf8_lossy(&rows).replace("\",\"", "\";\"").into_bytes();
    let twice = [line(&[aviary.labels.clone(), first.clone()].concat()), rows.clone()].concat();
    let parquet = [b"PAR1", rows.as_slice(), b"PAR1"].concat();
    let mut torn = aviary.lines();
    torn.truncate(torn.len() - 40);
    let archive = [b"PK\x03\x04", rows.as_slice()].concat();
    let broken: [(&str, &str, Vec<u8>); 13] = [
        ("JSON lines whose last is torn", "lot.ndjson", torn),
        ("text called a spreadsheet", "lot.xlsx", rows.clone()),
        ("text that pretends to be a spreadsheet", "lot.ods", archive),
        ("a quote that is never closed", "lot.csv", open),
        ("no header", "lot.csv", rows.clone()),
        ("no header, a NUL in the first line", "lot.csv", replaced(&rows, name, b"Canari\0")),
        ("no header, a first line that is no text", "lot.csv", replaced(&rows, name, b"Canari\xff\xfe\x81")),
        ("no header, other delimiters", "lot.csv", semicolons),
        ("a record on the line of the header", "lot.csv", twice),
        ("UTF-16", "lot.csv", utf16),
        ("a gzip cut short", "lot.csv.gz", packed[..packed.len() / 2].to_vec()),
        ("text called Parquet", "lot.parquet", rows.clone()),
        ("text that pretends to be Parquet", "lot.parquet", parquet),
    ];
    for (what, file, bytes) in broken {
        let setting = Setting { what, file: file.into(), bytes, limits: TOLERANT, ..Setting::default() };
        aviary.attempt(&setting, &RUN, 1);
        aviary.attempt(&setting, &["validate", "FILE", "--schema", "SCHEMA"], 1);
        aviary.attempt(&setting, &RUN_JSON, 1);
    }
    // Of a file without a header the first record would be taken for labels, and told.
    let headless = Setting { what: "no header", file: "lot.csv".into(), bytes: rows, ..Setting::default() };
    aviary.attempt(&headless, &["profile", "FILE"], 1);
    aviary.attempt(&headless, &["schema", "infer", "FILE"], 1);
}

fn nothing_leaks_from_sql_that_fails_on_the_data(case: &'static Case) {
    let aviary = Aviary::new(case);
    let id = case.id;
    // A strict cast: the engine's own message quotes the values that cannot be cast.
    let condition = format!("CAST({id} AS BIGINT) > 0");
    let setting =
        |what| Setting { what, file: "lot.csv".into(), bytes: aviary.good(), limits: TOLERANT, ..Setting::default() };
    let derived = format!(
        "[[derive]]\nsource = \"lot\"\nname = \"x\"\nsql = \"CAST({id} AS BIGINT)\"\ntype = \"integer\"\n[[keep]]\ncolumn = \"x\""
    );
    let when = format!("[[exclude]]\nsource = \"lot\"\nwhen = \"{condition}\"");
    let schema = fs::read_to_string(common::schema_path(case.schema)).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    let rule = serde_json::json!({ "name": "nombre", "sql": condition, "description": "Un nombre." });
    schema["tamis:rules"].as_array_mut().unwrap().push(rule);
    let ruled = Setting {
        schema: Some("s.json".into()),
        beside: vec![("s.json", schema.to_string().into_bytes())],
        ..setting("a rule")
    };
    let settings = [
        Setting { more: derived, ..setting("a derived column") },
        Setting { source: format!("filter = \"{condition}\""), ..setting("a filter") },
        Setting { more: when, ..setting("a condition of exclusion") },
        ruled,
    ];
    for setting in settings {
        let (_, stderr, _) = aviary.attempt(&setting, &RUN, 2);
        assert!(stderr.contains("failed on the data"), "{}: another failure: {stderr}", setting.what);
        aviary.attempt(&setting, &RUN_JSON, 2);
        // The engine can be told to say more.
        let loud = vec![("POLARS_BACKTRACE_IN_ERR", "1"), ("POLARS_VERBOSE", "1")];
        let (_, stderr, _) = aviary.attempt(&Setting { env: loud, ..setting }, &RUN, 2);
        assert!(stderr.contains("failed on the data"), "{stderr}");
    }
}

fn nothing_leaks_from_a_register_that_cannot_be_read(case: &'static Case) {
    let aviary = Aviary::new(case);
    let first = &aviary.good[0];
    let name = &first[aviary.labels.iter().position(|l| l == "nom_naissance").unwrap()];
    let nir = &aviary.persons[1];
    let registers = [
        ("a name for an identifier", format!("matricule_ins\n{nir}\n{name}\n")),
        ("a wrong key", format!("matricule_ins,nom\n{}0,{name}\n", &nir[..nir.len() - 1])),
        ("a quote that is never closed", format!("matricule_ins\n{nir}\n\"{name}\n")),
        ("a NUL", format!("matricule_ins\n{nir}\0\n{name}\n")),
        ("no header", format!("{nir}\n{name}\n")),
        ("a record for a header", format!("{name},{nir}\n{name},{nir}\n")),
    ];
    for (what, register) in registers {
        let setting = Setting {
            what,
            file: "lot.csv".into(),
            bytes: aviary.good(),
            limits: TOLERANT,
            more: "[[exclude]]\nregister = \"oppositions.csv\"\ncolumn = \"matricule_ins\"".into(),
            beside: vec![("oppositions.csv", register.into_bytes())],
            ..Setting::default()
        };
        aviary.attempt(&setting, &RUN, 1);
        aviary.attempt(&setting, &RUN_JSON, 1);
    }
}

#[test]
fn nothing_leaks_from_a_run_on_consultations_that_publishes() {
    nothing_leaks_from_a_run_that_publishes(&CONSULTATIONS);
}

#[test]
fn nothing_leaks_from_a_run_on_screenings_that_publishes() {
    nothing_leaks_from_a_run_that_publishes(&SCREENINGS);
}

#[test]
fn nothing_leaks_where_consultations_are_rejected() {
    nothing_leaks_from_a_run_that_rejects_its_input(&CONSULTATIONS);
}

#[test]
fn nothing_leaks_where_screenings_are_rejected() {
    nothing_leaks_from_a_run_that_rejects_its_input(&SCREENINGS);
}

#[test]
fn nothing_leaks_where_sql_fails_on_consultations() {
    nothing_leaks_from_sql_that_fails_on_the_data(&CONSULTATIONS);
}

#[test]
fn nothing_leaks_where_sql_fails_on_screenings() {
    nothing_leaks_from_sql_that_fails_on_the_data(&SCREENINGS);
}

#[test]
fn nothing_leaks_where_a_register_of_consultations_is_wrong() {
    nothing_leaks_from_a_register_that_cannot_be_read(&CONSULTATIONS);
}

#[test]
fn nothing_leaks_where_a_register_of_screenings_is_wrong() {
    nothing_leaks_from_a_register_that_cannot_be_read(&SCREENINGS);
}

// --- The search can fail ------------------------------------------------------------------------------------------------

#[test]
fn the_search_finds_what_is_planted_however_it_is_written() {
    let exact = ["35238", "2001-02-03"].map(str::to_owned).into_iter().collect();
    let searcher = Searcher::new(["158072A10010123".to_owned(), "Canari00001Serin".to_owned()], exact);
    let folder = TempDir::new().unwrap();
    let hits = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let found = searcher.folder(folder.path()).len();
        fs::remove_file(path).unwrap();
        found
    };
    assert_eq!(hits("clean.csv", b"a,b\ncanari,158072\n"), 0);
    assert_eq!(hits("as-is.csv", b"a,b\nx,Canari00001Serin\n"), 1);
    assert_eq!(hits("upper.json", b"{\"a\": \"CANARI00001SERIN\"}"), 1);
    assert_eq!(hits("blanks.txt", b"... 1 58 07 2a 100 101 23 ..."), 1);
    assert_eq!(hits("middle.bin", b"\x00\xff\xfeCanari00001Serin\xff"), 1);
    assert_eq!(hits("Canari00001Serin.txt", b""), 1);
    assert_eq!(hits("code.csv", b"a,b\n35238,2\n"), 1);
    assert_eq!(hits("code.json", b"{\"bytes\": 35238, \"where\": \"commune 35238\"}"), 1);
    assert_eq!(hits("code.jsonl", b"{\"a\": 1}\n{\"a\": \"2001-02-03\"}\n"), 1);
    assert_eq!(hits("code.txt", b"line 3: 35238."), 1);

    let column: ArrayRef = Arc::new(StringArray::from(vec!["rien", "canari00001serin", "35238"]));
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let level = parquet::basic::ZstdLevel::try_new(3).unwrap();
    let packed = parquet::file::properties::WriterProperties::builder()
        .set_compression(parquet::basic::Compression::ZSTD(level))
        .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
        .build();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(packed)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    assert!(hits("packed.parquet", &bytes) >= 2);
}
