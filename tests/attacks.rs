//! Every known attack on a release, as a test named by a sentence, carried out on the output of whole runs with counts of
//! the test's own. The attacker has the release, the pipeline file, the source code, and outside knowledge up to a list of all
//! persons with their NIR; not the key of the run.

#![allow(clippy::unwrap_used)]

#[path = "common/bilans.rs"]
mod bilans;
mod common;
#[path = "common/machines.rs"]
mod machines;
#[path = "attacks/persons.rs"]
mod persons;
#[path = "attacks/sealed.rs"]
mod sealed;
#[path = "common/tables.rs"]
mod tables;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tables::Table;
use tamis::config::Pipeline;
use tamis::keys::{Domain, MasterKey};
use tamis::synth::SynthOptions;
use tempfile::TempDir;

/// Fewest distinct persons in anything that is published.
const THRESHOLD: usize = 11;
const KEY: u8 = 3;

// --- A country: two datasets of the same persons, sampled, tabulated ----------------------------------------------------

const COUNTRY: &str = r#"
[pipeline]
name = "pays"
legal_basis = "CSP L1411-8"
purpose = "essai"
policy = "2026-01"
[[source]]
name = "consultations"
schema = "SCHEMAS/consultation_prevention.json"
files = ["consultations.csv"]
event_date = "date_consultation"
[[source]]
name = "depistages"
schema = "SCHEMAS/depistage_organise.json"
files = ["depistages.csv"]
event_date = "date_invitation"
[subject]
column = "matricule_ins"
kind = "nir"
linkage = "release"
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
column = "pas_mmhg"
why = "mesure"
[[keep]]
column = "programme"
[sample]
design = "stratified"
on_stratum_conflict = "first"
on_missing_stratum = "own_stratum"
strata = ["region", "sexe"]
rate = "1/2"
[[persons]]
name = "consultations"
columns = ["age", "sexe", "region", "pas_mmhg"]
protect = { quasi_identifiers = ["age", "sexe", "region"] }
[[persons]]
name = "depistages"
columns = ["age", "sexe", "region", "programme"]
protect = { quasi_identifiers = ["age", "sexe", "region"] }
[[aggregate]]
name = "consultations_tableau"
source = "consultations"
by = ["departement", "sexe", "age"]
measure = [{ count = "persons" }, { count = "records" }, { mean = "pas_mmhg" }]
[[aggregate]]
name = "depistages_tableau"
source = "depistages"
by = ["departement", "programme"]
measure = [{ count = "persons" }, { count = "records" }]
[export]
to = "out"
"#;

/// One record as an outsider with the input in hand sees it.
struct Seen {
    nir: String,
    age: String,
    sexe: String,
    region: String,
    departement: String,
    programme: String,
}

struct Country {
    _folder: TempDir,
    release: PathBuf,
    consultations: Vec<Seen>,
    depistages: Vec<Seen>,
}

/// Runs once for all tests; the key is known to them, so that they can tell whether an attack was right.
fn country() -> &'static Country {
    static COUNTRY_RUN: OnceLock<Country> = OnceLock::new();
    COUNTRY_RUN.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let (consultations, depistages) = country_input(folder.path(), 20_000);
        let pipeline = country_pipeline(folder.path());
        let summary = common::run(&pipeline, &folder.path().join("out"), 2, common::key(KEY)).unwrap();
        assert_eq!(summary.rejected(), 0);
        Country { release: summary.release, consultations, depistages, _folder: folder }
    })
}

/// Writes the input: of everybody with a full birth date, one consultation, and all screenings.
fn country_input(folder: &Path, records: u64) -> (Vec<Seen>, Vec<Seen>) {
    let options = SynthOptions { records, seed: 5, population: Some(records * 2), ..SynthOptions::default() };
    let read = |schema: &str| {
        let file = folder.join("synth.csv");
        common::synth(&file, schema, options);
        let mut table = Table::read(&file);
        let birth = table.at("date_naissance");
        table.rows.retain(|r| !r[birth].contains("-00"));
        table
    };
    let mut consultations = read("consultation_prevention");
    let (nir, mut met) = (consultations.at("matricule_ins"), HashSet::new());
    consultations.rows.retain(|r| met.insert(r[nir].clone()));
    let depistages = read("depistage_organise");
    consultations.write(&folder.join("consultations.csv"));
    depistages.write(&folder.join("depistages.csv"));
    (seen(&consultations, "date_consultation"), seen(&depistages, "date_invitation"))
}

fn country_pipeline(folder: &Path) -> Pipeline {
    let schemas = common::project().join("schemas");
    let path = folder.join("pipeline.toml");
    fs::write(&path, COUNTRY.replace("SCHEMAS", schemas.to_str().unwrap())).unwrap();
    Pipeline::read(&path).unwrap_or_else(|e| panic!("{e:?}"))
}

/// Departments and their regions, from the list of the project.
fn regions() -> HashMap<String, String> {
    let table = Table::read(&common::project().join("data/departements.csv"));
    let (departement, region) = (table.at("departement"), table.at("region"));
    table.rows.into_iter().map(|r| (r[departement].clone(), r[region].clone())).collect()
}

fn seen(table: &Table, event: &str) -> Vec<Seen> {
    let regions = regions();
    let digits = |date: &str| date.split('-').map(|p| p.parse::<i32>().unwrap()).collect::<Vec<_>>();
    let age = |birth: &str, event: &str| {
        if event.is_empty() {
            return String::new();
        }
        let (b, e) = (digits(birth), digits(event));
        let years = e[0] - b[0] - i32::from((e[1], e[2]) < (b[1], b[2]));
        let band = if years < 18 {
            "<18"
        } else if years < 51 {
            "18-50"
        } else {
            "51+"
        };
        band.to_owned()
    };
    let programme = table.labels.iter().position(|l| l == "programme");
    let of = |row: &Vec<String>, label: &str| row[table.at(label)].clone();
    let one = |row: &Vec<String>| {
        let commune = of(row, "commune_residence");
        let departement = commune.get(..if commune.starts_with("97") { 3 } else { 2 }).unwrap_or_default().to_owned();
        Seen {
            nir: of(row, "matricule_ins"),
            age: age(&of(row, "date_naissance"), &of(row, event)),
            sexe: of(row, "sexe"),
            region: regions.get(&departement).cloned().unwrap_or_default(),
            departement,
            programme: programme.map(|p| row[p].clone()).unwrap_or_default(),
        }
    };
    table.rows.iter().map(one).collect()
}

impl Country {
    fn rows(&self, name: &str) -> Table {
        Table::read(&self.release.join(format!("data/{name}.csv")))
    }

    fn table(&self, name: &str) -> Table {
        Table::read(&self.release.join(format!("tables/{name}.csv")))
    }

    fn nirs(&self) -> BTreeSet<&str> {
        self.consultations.iter().chain(&self.depistages).map(|r| r.nir.as_str()).collect()
    }

    /// What the holder of the key would say: the person behind each pseudonym of an output.
    fn persons_behind(&self, resource: &str) -> HashMap<String, &str> {
        let domain = Domain { epoch: "run", recipient: "", dataset: "pays", identifier: "nir" };
        pseudonyms(&common::key(KEY), &domain, resource, &self.nirs())
    }
}

fn pseudonyms<'a>(
    key: &MasterKey,
    domain: &Domain<'_>,
    resource: &str,
    nirs: &BTreeSet<&'a str>,
) -> HashMap<String, &'a str> {
    let (subjects, names) = (key.subject_key(domain), key.pseudonym_key(domain, resource));
    nirs.iter().map(|nir| (format!("{:032x}", names.pseudonym(subjects.subject(nir.as_bytes()))), *nir)).collect()
}

// --- A town: few columns, everything in the hand of the test --------------------------------------------------------------

/// `marque` tells the person and `ordre` the place in the input: no real release has such columns, but here they show what
/// the order of rows gives away.
const TOWN_SCHEMA: &str = r#"{
  "name": "ville", "missingValues": [""],
  "fields": [
    {"name": "personne", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "groupe", "type": "string", "tamis:role": "quasi-identifier"},
    {"name": "annee", "type": "integer", "tamis:role": "quasi-identifier"},
    {"name": "valeur", "type": "integer", "tamis:role": "sensitive"},
    {"name": "marque", "type": "string", "tamis:role": "other"},
    {"name": "ordre", "type": "integer", "tamis:role": "other"}
  ]
}"#;

const TOWN: &str = r#"
[pipeline]
name = "ville"
legal_basis = "CSP L1411-8"
purpose = "essai"
policy = "2026-01"
[[source]]
name = "ville"
schema = "schema.json"
files = ["ville.csv"]
[subject]
column = "personne"
kind = "text"
linkage = "LINKAGE"
[[keep]]
column = "groupe"
[[keep]]
column = "annee"
[[keep]]
column = "valeur"
why = "mesure"
[[keep]]
column = "marque"
[[keep]]
column = "ordre"
[export]
to = "out"
"#;

/// A record of the town.
struct Citizen {
    person: String,
    group: &'static str,
    year: u32,
    value: i64,
}

fn citizen(person: impl ToString, group: &'static str, year: u32, value: i64) -> Citizen {
    Citizen { person: person.to_string(), group, year, value }
}

/// Runs a pipeline over the town and gives its release.
fn town(linkage: &str, outputs: &str, citizens: &[Citizen]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    let labels = ["personne", "groupe", "annee", "valeur", "marque", "ordre"].map(str::to_owned).to_vec();
    let row = |(i, c): (usize, &Citizen)| {
        let Citizen { person, group, year, value } = c;
        let (year, value, order) = (year.to_string(), value.to_string(), i.to_string());
        vec![person.clone(), (*group).to_owned(), year, value, format!("m{person}"), order]
    };
    Table { labels, rows: citizens.iter().enumerate().map(row).collect() }.write(&place("ville.csv"));
    fs::write(place("schema.json"), TOWN_SCHEMA).unwrap();
    fs::write(place("p.toml"), TOWN.replace("LINKAGE", linkage) + outputs).unwrap();
    let pipeline = Pipeline::read(&place("p.toml")).unwrap_or_else(|e| panic!("{e:?}"));
    let summary = common::run(&pipeline, &place("out"), 2, common::key(KEY)).unwrap();
    (folder, summary.release)
}

// --- Numbers ----------------------------------------------------------------------------------------------------------

/// Rank correlation of pairs without ties (Spearman 1904); about normal with variance 1/(n−1) where there is none.
fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let ranks = |of: fn(&(f64, f64)) -> f64| {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by(|a, b| of(&pairs[*a]).total_cmp(&of(&pairs[*b])));
        let mut ranks = vec![0.0; pairs.len()];
        order.into_iter().enumerate().for_each(|(rank, at)| ranks[at] = rank as f64);
        ranks
    };
    let (a, b) = (ranks(|p| p.0), ranks(|p| p.1));
    let n = pairs.len() as f64;
    let squares: f64 = a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

/// How far the number of ascents lies from that of a random order, in standard deviations: an order that is kept piece by piece
/// shows here even where the pieces come in any order. Ties are to be absent; variance (n + 1)/12 (Knuth, TAOCP 5.1.3).
fn ascents_z(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let ascents = values.windows(2).filter(|w| w[0] < w[1]).count() as f64;
    (ascents - (n - 1.0) / 2.0) / ((n + 1.0) / 12.0).sqrt()
}

/// The order of rows of the output tells nothing about these places in the input.
fn assert_shuffled(places: &[f64]) {
    let pairs: Vec<(f64, f64)> = places.iter().enumerate().map(|(i, p)| (i as f64, *p)).collect();
    let correlation = rank_correlation(&pairs);
    assert!(correlation.abs() < 4.5 / (pairs.len() as f64).sqrt(), "rank correlation {correlation}");
    let z = ascents_z(places);
    assert!(z.abs() < 5.0, "too many or too few ascents: z = {z}");
}

/// How far the mean rank of the members lies from that of everybody, in standard deviations (Wilcoxon 1945).
fn rank_sum_z(scores: &[(u64, bool)]) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let m = sorted.iter().filter(|s| s.1).count() as f64;
    let sum: f64 = sorted.iter().enumerate().filter(|(_, s)| s.1).map(|(rank, _)| rank as f64 + 1.0).sum();
    (sum - m * (n + 1.0) / 2.0) / (m * (n - m) * (n + 1.0) / 12.0).sqrt()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), |h, p| h.chain_update(p)).finalize().into()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().into()
}

/// What an attacker without the key would try as one.
fn guesses(release: &Path) -> Vec<Vec<u8>> {
    let package = fs::read_to_string(release.join("datapackage.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    let told = &package["tamis:release"];
    let digest = told["pipeline_digest"].as_str().unwrap();
    let run = release.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let words = [
        "",
        "tamis",
        "secret",
        "sel",
        "salt",
        "password",
        "key",
        "pseudonym",
        "tamis keys 1",
        "run",
        "nir",
        "pays",
        "consultations",
        "CSP L1411-8",
        "essai",
        "2026-01",
        "0",
        "1",
        "2026-03-01T12:00:00Z",
        digest,
        digest.trim_start_matches("sha256:"),
        run,
        &run[run.len() - 20..],
    ];
    let mut keys: Vec<Vec<u8>> = words.iter().map(|w| w.as_bytes().to_vec()).collect();
    let hashed: Vec<Vec<u8>> = words.iter().map(|w| sha256(&[w.as_bytes()]).to_vec()).collect();
    keys.extend(hashed);
    keys.extend([vec![0; 32], vec![0xff; 32], (0..32).collect()]);
    keys
}

// --- Pseudonyms -------------------------------------------------------------------------------------------------------

#[test]
fn a_dictionary_of_hashed_nirs_gives_no_pseudonym() {
    let country = country();
    let tables = ["consultations", "depistages"].map(|resource| country.rows(resource));
    let texts = tables.iter().flat_map(|t| t.column("pseudonyme"));
    assert!(texts.clone().all(|p| p.len() == 32));
    let published: HashSet<u128> = texts.map(|p| u128::from_str_radix(p, 16).unwrap()).collect();
    assert!(published.len() > 6_000);
    // Both halves of every digest, so that it does not matter which half was kept.
    let hit = |digest: &[u8; 32]| {
        let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap());
        published.contains(&half(&digest[..16])) || published.contains(&half(&digest[16..]))
    };
    let keys = guesses(&country.release);
    // Every key for some persons whose rows were released; without a key for everybody.
    let behind = country.persons_behind("consultations");
    let released = tables[0].column("pseudonyme").into_iter().map(|p| behind[p]).take(500);
    for nir in released {
        for text in [nir, &nir[..13]].map(str::as_bytes) {
            for key in &keys {
                assert!(!hit(&hmac(key, text)) && !hit(&sha256(&[key, text])) && !hit(&sha256(&[text, key])));
            }
        }
    }
    for nir in country.nirs() {
        for text in [nir, &nir[..13]].map(str::as_bytes) {
            assert!(!hit(&sha256(&[text])) && !hit(&sha256(&[&sha256(&[text])])));
        }
    }
}

#[test]
fn the_programs_own_derivation_under_a_guessed_root_gives_no_pseudonym_and_under_the_true_one_all() {
    let country = country();
    let rows = country.rows("consultations");
    let published: HashSet<&str> = rows.column("pseudonyme").into_iter().collect();
    let domain = Domain { epoch: "run", recipient: "", dataset: "pays", identifier: "nir" };
    let nirs: BTreeSet<&str> = country.nirs().into_iter().take(2_000).collect();
    for guess in guesses(&country.release) {
        let Ok(root) = <[u8; 32]>::try_from(guess) else { continue };
        let Ok(root) = MasterKey::from_bytes(root) else { continue };
        let tried = pseudonyms(&root, &domain, "consultations", &nirs);
        assert!(tried.keys().all(|p| !published.contains(p.as_str())));
    }
    // The attack is the right one: with the key it succeeds on everybody.
    let behind = country.persons_behind("consultations");
    assert!(published.iter().all(|p| behind.contains_key(*p)));
}

#[test]
fn two_runs_give_other_pseudonyms_to_the_same_persons_and_draw_another_sample() {
    let folder = TempDir::new().unwrap();
    country_input(folder.path(), 4_000);
    country_pipeline(folder.path());
    let run = |out: &str| {
        let out = folder.path().join(out);
        let done = common::tamis().arg("run").arg(folder.path().join("pipeline.toml")).arg("--out").arg(&out).output();
        assert!(done.unwrap().status.success());
        let run = fs::read_dir(&out).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir()).unwrap();
        Table::read(&run.join("release/data/consultations.csv"))
    };
    let (first, second) = (run("a"), run("b"));
    let names = |t: &Table| t.column("pseudonyme").into_iter().map(str::to_owned).collect::<HashSet<_>>();
    assert!(names(&first).len() > 200);
    assert!(names(&first).is_disjoint(&names(&second)));
    // Rows without their pseudonyms: were the same persons drawn, they would be the same rows in another order.
    let bare = |t: &Table| {
        let mut rows: Vec<Vec<String>> = t.rows.iter().map(|r| r[1..].to_vec()).collect();
        rows.sort();
        rows
    };
    assert_ne!(bare(&first), bare(&second));
}

// --- Linkage ----------------------------------------------------------------------------------------------------------

#[test]
fn two_outputs_of_one_release_share_no_pseudonym_and_no_order() {
    let country = country();
    let places = |resource: &str| {
        let behind = country.persons_behind(resource);
        let rows = country.rows(resource);
        let mut places: HashMap<&str, f64> = HashMap::new();
        for (place, pseudonym) in rows.column("pseudonyme").into_iter().enumerate() {
            places.entry(behind[pseudonym]).or_insert(place as f64);
        }
        let names = rows.column("pseudonyme").into_iter().map(str::to_owned).collect::<HashSet<_>>();
        (places, names)
    };
    let ((a, a_names), (b, b_names)) = (places("consultations"), places("depistages"));
    assert!(a_names.is_disjoint(&b_names));
    let mut common: Vec<(f64, f64)> = a.iter().filter_map(|(nir, place)| Some((*place, *b.get(nir)?))).collect();
    assert!(common.len() > 500, "too few persons in both: {}", common.len());
    // In the order of one output, the places in the other
    common.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_shuffled(&common.iter().map(|places| places.1).collect::<Vec<_>>());
}

#[test]
fn the_order_of_the_output_tells_nothing_about_the_order_of_the_input() {
    let country = country();
    let behind = country.persons_behind("consultations");
    let input: HashMap<&str, usize> =
        country.consultations.iter().enumerate().map(|(i, r)| (r.nir.as_str(), i)).collect();
    let rows = country.rows("consultations");
    let places: Vec<f64> = rows.column("pseudonyme").into_iter().map(|p| input[behind[p]] as f64).collect();
    assert_shuffled(&places);
    // Nor are there stretches of it.
    let stretches = places.windows(2).filter(|w| (w[0] - w[1]).abs() < 3.0).count();
    assert!(stretches < 20, "{stretches} neighbours stood side by side in the input");
}

#[test]
fn without_linkage_records_of_one_person_stand_together_no_more_often_than_by_chance() {
    let (persons, each) = (1_500, 4);
    let groups = ["a", "b", "c"];
    let all = (0..persons).flat_map(|p| (0..each).map(move |i| citizen(p, groups[p % 3], 2_020, (p + i) as i64)));
    let citizens: Vec<Citizen> = all.collect();
    let outputs = "[[persons]]\nname = \"ville\"\ncolumns = [\"marque\", \"groupe\", \"valeur\", \"ordre\"]\nprotect = { quasi_identifiers = [\"groupe\"] }";
    let rows = |linkage| {
        let (_folder, release) = town(linkage, outputs, &citizens);
        Table::read(&release.join("data/ville.csv"))
    };
    let together = |t: &Table| t.column("marque").windows(2).filter(|w| w[0] == w[1]).count();
    let free = rows("none");
    assert_eq!(free.rows.len(), persons * each);
    assert!(!free.labels.iter().any(|l| l == "pseudonyme"));
    // By chance 3 of 6,000 neighbours are one person's; 20 has a probability under 10⁻⁹.
    assert!(together(&free) < 20, "{} neighbours are one person's", together(&free));
    // The count can tell: with pseudonyms rows of one person do stand together.
    assert!(together(&rows("release")) == persons * (each - 1));

    let places: Vec<f64> = free.column("ordre").into_iter().map(|o| o.parse().unwrap()).collect();
    assert_shuffled(&places);
    let first = places.iter().take(100).filter(|p| **p < 100.0).count();
    assert!(first < 15, "{first} of the first 100 rows of the input are among the first 100 of the output");
}

#[test]
fn records_that_are_alike_but_for_the_person_are_not_ordered_by_the_input_either() {
    // All values equal: only the shuffle, or the order of the input, can order the rows of one person.
    let citizens: Vec<Citizen> = (0..3_000).map(|i| citizen(i % 50, "a", 2_020, 1)).collect();
    let outputs = "[[persons]]\nname = \"ville\"\ncolumns = [\"groupe\", \"ordre\"]\nprotect = { quasi_identifiers = [\"groupe\"] }";
    let (_folder, release) = town("none", outputs, &citizens);
    let rows = Table::read(&release.join("data/ville.csv"));
    let places: Vec<f64> = rows.column("ordre").into_iter().map(|o| o.parse().unwrap()).collect();
    assert_eq!(places.len(), 3_000);
    assert_shuffled(&places);
}

// --- Singling out -----------------------------------------------------------------------------------------------------

#[test]
fn an_outside_table_of_everybody_links_to_no_class_of_fewer_than_eleven_persons() {
    let country = country();
    for (resource, input) in [("consultations", &country.consultations), ("depistages", &country.depistages)] {
        let mut outside: HashMap<[&str; 3], HashSet<&str>> = HashMap::new();
        for r in input {
            outside.entry([&r.age, &r.sexe, &r.region]).or_default().insert(&r.nir);
        }
        let rows = country.rows(resource);
        let at = ["age", "sexe", "region", "proba_inclusion", "pseudonyme"].map(|l| rows.at(l));
        let mut released: HashMap<[&str; 3], HashSet<&str>> = HashMap::new();
        let mut weighted: HashMap<[&str; 4], HashSet<&str>> = HashMap::new();
        for row in &rows.rows {
            let [age, sexe, region, weight, pseudonym] = at.map(|i| row[i].as_str());
            released.entry([age, sexe, region]).or_default().insert(pseudonym);
            // The design weight leaves too, so it is part of what singles out.
            weighted.entry([age, sexe, region, weight]).or_default().insert(pseudonym);
        }
        assert!(released.len() > 20, "too few classes for a test");
        assert!(outside.values().any(|persons| persons.len() < THRESHOLD), "no class is small");
        assert!(weighted.values().all(|persons| persons.len() >= THRESHOLD));
        let behind = country.persons_behind(resource);
        for (class, pseudonyms) in &released {
            let could_be = &outside[class];
            assert!(could_be.len() >= THRESHOLD && could_be.len() >= pseudonyms.len());
            assert!(pseudonyms.iter().all(|p| could_be.contains(behind[*p])), "a row stands in a foreign class");
        }
        let parquet = Table::read_parquet(&country.release.join(format!("data/{resource}.parquet")));
        assert_eq!(parquet.column("pseudonyme"), rows.column("pseudonyme"), "Parquet holds other rows than CSV");
    }
}

#[test]
fn many_records_of_one_person_lift_neither_a_cell_nor_a_class_over_the_threshold() {
    let mut citizens: Vec<Citizen> = (0..20).map(|i| citizen("seul", "une", 2_020, i)).collect();
    citizens.extend((0..30).map(|i| citizen(format!("dix{}", i % 10), "dix", 2_020, i)));
    citizens.extend((0..11).map(|i| citizen(format!("onze{i}"), "onze", 2_020, i)));
    citizens.extend((0..40).map(|i| citizen(format!("quarante{i}"), "quarante", 2_020, i)));
    let table = "[[aggregate]]\nname = \"tableau\"\nby = [\"groupe\"]\nmeasure = [{ count = \"records\" }, { count = \"persons\" }, { sum = \"valeur\" }]";
    let (_folder, release) = town("release", table, &citizens);
    let table = Table::read(&release.join("tables/tableau.csv"));
    let shown: BTreeMap<&str, &[String]> = table.rows.iter().map(|r| (r[0].as_str(), &r[1..])).collect();
    for small in ["une", "dix"] {
        assert_eq!(shown[small], ["", "", "", "supprime_seuil"], "{small}");
    }
    assert_eq!(shown["quarante"][..2], ["40", "40"]);

    let rows = "[[persons]]\nname = \"lignes\"\ncolumns = [\"groupe\", \"valeur\"]\nprotect = { quasi_identifiers = [\"groupe\"] }";
    let (_folder, release) = town("release", rows, &citizens);
    let rows = Table::read(&release.join("data/lignes.csv"));
    let groups: BTreeSet<&str> = rows.column("groupe").into_iter().collect();
    assert_eq!(groups, BTreeSet::from(["onze", "quarante"]));
}

// --- Tables -----------------------------------------------------------------------------------------------------------

/// Persons and records of each cell, counted from the input.
fn cells<'a>(input: &'a [Seen], key: impl Fn(&'a Seen) -> Vec<&'a str>) -> BTreeMap<Vec<&'a str>, (usize, usize)> {
    let mut persons: BTreeMap<Vec<&str>, HashSet<&str>> = BTreeMap::new();
    let mut records: HashMap<Vec<&str>, usize> = HashMap::new();
    for r in input {
        persons.entry(key(r)).or_default().insert(&r.nir);
        *records.entry(key(r)).or_default() += 1;
    }
    persons
        .into_iter()
        .map(|(k, p)| {
            let n = records[&k];
            (k, (p.len(), n))
        })
        .collect()
}

#[test]
fn every_published_cell_has_eleven_distinct_persons_or_more_and_says_the_true_number() {
    let country = country();
    let consultations = cells(&country.consultations, |r| vec![&r.departement, &r.sexe, &r.age]);
    let depistages = cells(&country.depistages, |r| vec![&r.departement, &r.programme]);
    for (name, width, truth) in [("consultations_tableau", 3, consultations), ("depistages_tableau", 2, depistages)] {
        let table = country.table(name);
        assert_eq!(table.rows.len(), truth.len());
        let (persons, records, status) = (table.at("persons"), table.at("records"), table.at("statut"));
        let (mut published, mut suppressed) = (0, 0);
        for row in &table.rows {
            let key: Vec<&str> = row[..width].iter().map(String::as_str).collect();
            let (true_persons, true_records) = truth[&key];
            if row[status] == "publie" {
                published += 1;
                assert!(true_persons >= THRESHOLD, "{key:?} has {true_persons} persons");
                assert_eq!((&*row[persons], &*row[records]), (&*true_persons.to_string(), &*true_records.to_string()));
            } else {
                suppressed += 1;
                assert_eq!(row[status] == "supprime_seuil", true_persons < THRESHOLD, "{key:?}");
                assert!(row[width..status].iter().all(String::is_empty), "{key:?} is suppressed and says something");
            }
        }
        assert!(published > 50 && suppressed > 20, "{name}: {published} published, {suppressed} suppressed");
    }
}

#[test]
fn whoever_knows_the_grand_total_and_the_totals_of_the_strata_computes_no_suppressed_cell() {
    let country = country();
    let regions = regions();
    let table = country.table("consultations_tableau");
    let truth = cells(&country.consultations, |r| vec![&r.departement, &r.sexe, &r.age]);
    let (persons, status) = (table.at("persons"), table.at("statut"));
    // Each person has one consultation here, so that totals add up: the best case for the attacker.
    let mut lines: BTreeMap<(String, &str), Vec<&Vec<String>>> = BTreeMap::new();
    for row in &table.rows {
        let region = regions.get(&row[0]).cloned().unwrap_or_default();
        lines.entry((region, row[1].as_str())).or_default().push(row);
        lines.entry(("all".to_owned(), "")).or_default().push(row);
    }
    let (threshold, mut attacked) = (THRESHOLD as i64, 0);
    for (line, rows) in &lines {
        let count = |row: &Vec<String>| truth[&row[..3].iter().map(String::as_str).collect::<Vec<_>>()].0 as i64;
        let total: i64 = rows.iter().map(|row| count(row)).sum();
        let published: i64 = rows.iter().filter_map(|row| row[persons].parse::<i64>().ok()).sum();
        let hidden: Vec<&&Vec<String>> = rows.iter().filter(|row| row[status] != "publie").collect();
        if hidden.is_empty() || hidden.len() == rows.len() {
            // Nothing hidden; or nothing published, and the table adds nothing to the total.
            continue;
        }
        attacked += 1;
        let rest = total - published;
        // What the status tells of a cell
        let bounds = |row: &Vec<String>| {
            if row[status] == "supprime_seuil" { (1, threshold - 1) } else { (threshold, i64::MAX / 4) }
        };
        let lows: i64 = hidden.iter().map(|row| bounds(row).0).sum();
        let highs: i64 = hidden.iter().map(|row| bounds(row).1).fold(0, i64::saturating_add);
        assert!(hidden.len() >= 2, "{line:?}: one suppressed cell is the rest of its line");
        assert!(rest >= threshold, "{line:?}: the suppressed cells together are {rest} persons");
        for row in hidden {
            let (low, high) = bounds(row);
            let lowest = low.max(rest.saturating_sub(highs - high));
            let highest = high.min(rest - (lows - low));
            assert!(lowest <= count(row) && count(row) <= highest, "the attack itself is wrong");
            if row[status] == "supprime_seuil" {
                assert_eq!((lowest, highest), (1, threshold - 1), "{line:?}: a suppressed cell is narrowed down");
            } else {
                assert!(lowest < highest, "{line:?}: a suppressed cell is computed");
            }
        }
    }
    assert!(attacked > 15, "too few lines with suppressed cells: {attacked}");
}

#[test]
fn released_rows_subtracted_from_the_table_leave_no_group_of_fewer_than_eleven_persons() {
    // A stratum so small that `at_least` draws all of it, and in it one person apart from the others.
    let mut citizens = vec![citizen("à part", "petit", 2_019, 777)];
    citizens.extend((0..29).map(|i| citizen(format!("p{i}"), "petit", 2_020, 100 + i)));
    citizens.extend((0..1_000).map(|i| citizen(format!("g{i}"), "grand", 2_020, 100 + i % 40)));
    let outputs = r#"
[sample]
design = "stratified"
on_stratum_conflict = "first"
on_missing_stratum = "own_stratum"
strata = ["groupe"]
rate = "1/4"
at_least = 200
[[persons]]
name = "lignes"
columns = ["groupe", "annee", "valeur"]
protect = { quasi_identifiers = ["groupe", "annee"] }
[[aggregate]]
name = "tableau"
by = ["groupe"]
measure = [{ count = "persons" }, { sum = "valeur" }]
"#;
    let (_folder, release) = town("release", outputs, &citizens);
    let (rows, table) =
        (Table::read(&release.join("data/lignes.csv")), Table::read(&release.join("tables/tableau.csv")));
    let (group, value, pseudonym) = (rows.at("groupe"), rows.at("valeur"), rows.at("pseudonyme"));
    for cell in table.rows.iter().filter(|r| r[table.at("statut")] == "publie") {
        let mine: Vec<&Vec<String>> = rows.rows.iter().filter(|r| r[group] == cell[0]).collect();
        let persons: HashSet<&str> = mine.iter().map(|r| r[pseudonym].as_str()).collect();
        let sum: i64 = mine.iter().map(|r| r[value].parse::<i64>().unwrap()).sum();
        let left = cell[table.at("persons")].parse::<usize>().unwrap() - persons.len();
        let rest = cell[table.at("sum_valeur")].parse::<i64>().unwrap_or(sum) - sum;
        assert!(left == 0 || left >= THRESHOLD, "{left} person(s) of group `{}` have {rest} together", cell[0]);
    }
}

// --- The sample -------------------------------------------------------------------------------------------------------

#[test]
fn a_nir_does_not_tell_whether_its_person_was_drawn() {
    let country = country();
    let behind = country.persons_behind("consultations");
    let rows = country.rows("consultations");
    let drawn: HashSet<&str> = rows.column("pseudonyme").into_iter().map(|p| behind[p]).collect();
    let at = ["age", "sexe", "region"].map(|l| rows.at(l));
    let classes: HashSet<[&str; 3]> = rows.rows.iter().map(|r| at.map(|i| r[i].as_str())).collect();
    // Persons of released classes: of the others nobody's row leaves.
    let frame: Vec<(&Seen, bool)> = country
        .consultations
        .iter()
        .filter(|r| classes.contains(&[&r.age[..], &r.sexe, &r.region]))
        .map(|r| (r, drawn.contains(r.nir.as_str())))
        .collect();
    let share = drawn.len() as f64 / frame.len() as f64;
    assert!((0.45..0.56).contains(&share), "{share}");

    // The French permanent sample was everybody with one key: n mod 97.
    let number = |nir: &str| nir[..13].replace("2A", "19").replace("2B", "18").parse::<u64>().unwrap();
    let mut by_key = vec![(0u32, 0u32); 97];
    for (r, member) in &frame {
        let slot = &mut by_key[(number(&r.nir) % 97) as usize];
        *slot = (slot.0 + 1, slot.1 + u32::from(*member));
    }
    let squares = by_key.iter().filter(|s| s.0 > 0).map(|&(all, members)| {
        let all = f64::from(all);
        (f64::from(members) - all * share).powi(2) / (all * share * (1.0 - share))
    });
    // χ² with 97 degrees of freedom: mean 97, standard deviation 14
    let squares: f64 = squares.sum();
    assert!(squares < 180.0, "χ² = {squares}");

    let first = |digest: [u8; 32]| u64::from_be_bytes(digest[..8].try_into().unwrap());
    let z = |score: &dyn Fn(&str) -> u64| {
        rank_sum_z(&frame.iter().map(|(r, member)| (score(&r.nir), *member)).collect::<Vec<_>>())
    };
    assert!(z(&|nir| number(nir)).abs() < 4.5);
    assert!(z(&|nir| first(sha256(&[nir.as_bytes()]))).abs() < 4.5);
    for key in guesses(&country.release) {
        let z = z(&|nir| first(hmac(&key, nir.as_bytes())));
        assert!(z.abs() < 5.0, "a guessed key tells who was drawn: {z}");
    }
    // The attack is the right one: the true key tells.
    let domain = Domain { epoch: "run", recipient: "", dataset: "pays", identifier: "nir" };
    let key = common::key(KEY);
    let (subjects, numbers) = (key.subject_key(&domain), key.sampling_key(&domain));
    let z = z(&|nir| numbers.number("pays", subjects.subject(nir.as_bytes())).u());
    assert!(z < -40.0, "{z}");
}

// --- Pipelines that ask for too much ------------------------------------------------------------------------------------

#[test]
fn a_pipeline_that_asks_for_too_much_is_refused_before_any_data_file_is_opened() {
    let schemas = common::project().join("schemas");
    let sound = COUNTRY
        .replace("SCHEMAS", schemas.to_str().unwrap())
        .replace("\"consultations.csv\"", "\"/nulle-part/consultations.csv\"")
        .replace("\"depistages.csv\"", "\"/nulle-part/depistages.csv\"");
    let folder = TempDir::new().unwrap();
    let run = |pipeline: &str| {
        let (path, out) = (folder.path().join("p.toml"), folder.path().join("out"));
        fs::write(&path, pipeline).unwrap();
        let done = common::tamis().arg("run").arg(&path).arg("--out").arg(&out).output().unwrap();
        let made = out.exists();
        let _ = fs::remove_dir_all(&out);
        (done.status.code(), String::from_utf8(done.stderr).unwrap(), made)
    };
    // Sound, it gets as far as the files.
    let (code, told, _) = run(&sound);
    assert_eq!(code, Some(6), "{told}");
    assert!(told.contains("/nulle-part/"));

    let aggregate = "[[aggregate]]\nname = \"second\"\nsource = \"consultations\"\nby = [\"region\"]\nmeasure = [{ count = \"persons\" }]\n";
    let derive = |sql: &str| {
        format!(
            "[[derive]]\nsource = \"consultations\"\nname = \"d\"\nsql = \"{sql}\"\ntype = \"text\"\n[[keep]]\ncolumn = \"d\"\nwhy = \"x\"\n"
        )
    };
    let keep = |column: &str, more: &str| format!("[[keep]]\ncolumn = \"{column}\"\n{more}\n");
    let more: Vec<(&str, String, &str)> = vec![
        ("a name", keep("nom_naissance", "why = \"x\""), "identifier_leaves"),
        (
            "an address made coarser",
            keep("adresse_detaillee", "generalise = \"region\"\nwhy = \"x\""),
            "identifier_leaves",
        ),
        ("free text", keep("commentaire_libre", "as = \"note\"\nwhy = \"x\""), "identifier_leaves"),
        ("the NIR", keep("matricule_ins", "why = \"x\""), "identifier_leaves"),
        ("a name inside of SQL", derive("SUBSTR(nom_naissance, 1, 3)"), "identifier"),
        ("the NIR inside of SQL", derive("SUBSTR(matricule_ins, 1, 3)"), "identifier"),
        ("a sensitive field without a reason", keep("score_phq2", ""), "sensitive_without_why"),
        ("a sensitive field with an empty reason", keep("score_phq2", "why = \" \""), "blank"),
        ("an exact birth date", keep("date_naissance", "as = \"naissance\"\nwhy = \"x\""), "exact_birth_date"),
        ("the number of the record", keep("id_enregistrement", "why = \"x\""), "record_identifier"),
        ("a postcode as department", keep("code_postal", "as = \"dep\"\ngeneralise = \"departement\""), "postcode"),
        ("a table of everybody and one of a sample", aggregate.to_owned() + "over = \"sample\"\n", "tables_twice"),
    ];
    let mut cases: Vec<(&str, String, &str)> =
        more.into_iter().map(|(what, section, code)| (what, sound.clone() + &section, code)).collect();
    let without = |section: &str| {
        let (before, rest) = sound.split_once(section).unwrap();
        let end = rest.find("\n[").unwrap_or(rest.len());
        format!("{before}{}", &rest[end..])
    };
    let whole = sound.replace("rate = \"1/2\"", "rate = \"1/1\"");
    let sampled = sound.replacen("{ mean = \"pas_mmhg\" }]", "{ mean = \"pas_mmhg\" }]\nover = \"sample\"", 1);
    let left_out =
        sound.replacen("quasi_identifiers = [\"age\", \"sexe\", \"region\"]", "quasi_identifiers = [\"sexe\"]", 1);
    let alone = sound.replacen("measure = [", "protect = { threshold = 1 }\nmeasure = [", 1);
    cases.extend([
        ("a table of all whose rows leave", without("[sample]"), "table_of_released_rows"),
        ("a sample of everybody", whole, "table_of_released_rows"),
        ("a table of the sample", sampled, "table_of_released_rows"),
        ("a quasi-identifier that is not counted", left_out, "quasi_identifier_left_out"),
        ("a threshold of one", alone, "threshold"),
        ("no legal basis", sound.replace("legal_basis = \"CSP L1411-8\"\n", ""), "missing_key"),
        (
            "pseudonyms that last",
            sound.replace("linkage = \"release\"", "linkage = \"longitudinal\""),
            "lasting_pseudonyms",
        ),
    ]);
    for (what, pipeline, problem) in cases {
        let (code, told, made) = run(&pipeline);
        assert_eq!(code, Some(2), "{what}: {told}");
        assert!(told.contains(&format!("tamis::pipeline::{problem}")), "{what}: another problem: {told}");
        assert!(!told.contains("not found") && !told.contains("no file matches"), "{what}: a file was looked for");
        assert!(!made, "{what}: a run folder was made");
    }
}

// --- A value that the schema calls harmless -----------------------------------------------------------------------------

/// A steward overlooks that a column holds the identifiers of another: the allow-list lets it pass, the search of the outputs
/// does not, however the numbers are written there.
#[test]
fn an_identifier_in_a_column_that_the_schema_calls_harmless_does_not_leave() {
    type Spell = fn(&str) -> String;
    let spellings: [(&str, Spell); 3] = [
        ("matricule_ins", |nir| nir.to_lowercase()),
        ("matricule_ins", |nir| {
            format!(
                "{} {} {} {} {} {} {}",
                &nir[..1],
                &nir[1..3],
                &nir[3..5],
                &nir[5..7],
                &nir[7..10],
                &nir[10..13],
                &nir[13..]
            )
        }),
        ("telephone", |number| number.replace([' ', '.', '-'], "")),
    ];
    let folder = TempDir::new().unwrap();
    country_input(folder.path(), 2_000);
    let file = folder.path().join("consultations.csv");
    let sound = Table::read(&file);
    for (number, (column, spell)) in spellings.into_iter().enumerate() {
        let schema = fs::read_to_string(common::schema_path("consultation_prevention")).unwrap();
        let mut schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let fields = schema["fields"].as_array_mut().unwrap();
        let finess = fields.iter_mut().find(|f| f["name"] == "finess_structure").unwrap();
        finess.as_object_mut().unwrap().remove("tamis:identifier");
        fs::write(folder.path().join("schema.json"), schema.to_string()).unwrap();
        let mut table = sound.clone();
        let (from, to) = (table.at(column), table.at("finess_structure"));
        table.rows.iter_mut().for_each(|r| r[to] = spell(&r[from]));
        table.write(&file);
        let pipeline = COUNTRY
            .replacen("SCHEMAS/consultation_prevention.json", "schema.json", 1)
            .replace("SCHEMAS", common::project().join("schemas").to_str().unwrap())
            .replace("\"pas_mmhg\"]\n", "\"pas_mmhg\", \"finess_structure\"]\n")
            .replace("[sample]", "[[keep]]\ncolumn = \"finess_structure\"\n[sample]");
        fs::write(folder.path().join("pipeline.toml"), pipeline).unwrap();
        let pipeline = Pipeline::read(&folder.path().join("pipeline.toml")).unwrap_or_else(|e| panic!("{e:?}"));
        let out = folder.path().join(format!("out{number}"));
        let error = common::run(&pipeline, &out, 2, common::key(KEY)).err().unwrap();
        assert_eq!(error.exit_code(), 4, "{error}");
        assert!(error.to_string().contains("`finess_structure` of `consultations`"), "{error}");
        let left = common::files(&out);
        assert!(left.keys().all(|f| f.components().any(|c| c.as_os_str() == "dossier") || f.ends_with(".pays.lock")));
        let told: String = left.values().map(|bytes| String::from_utf8_lossy(bytes)).collect();
        assert!(table.rows.iter().all(|r| r[to].is_empty() || !told.contains(&r[to])), "a value is told");
    }
}
