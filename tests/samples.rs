//! Samples through the program: every design over a frame and in a pipeline, drawn again, and refused with a reason.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

/// Rows of the frame.
const ROWS: u32 = 900;

/// Every row of the table of designs: keys of `[sample]`, the French term, and the units drawn where the design fixes them.
const DESIGNS: [(&str, &str, Option<usize>); 22] = [
    ("design = \"bernoulli\"\nrate = \"1/5\"", "tirage de Bernoulli", None),
    ("design = \"stratified\"\nrate = \"1/9\"", "sondage aléatoire simple sans remise", Some(100)),
    ("design = \"stratified\"\nstrata = [\"dep\"]\nsize = 30", "sondage stratifié sans remise", Some(90)),
    (
        "design = \"minimum\"\nstrata = [\"dep\"]\nrate = \"1/10\"\nat_least = 50",
        "sondage stratifié sans remise",
        Some(150),
    ),
    (
        "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 100\nallocation = \"equal\"",
        "the same number in each",
        Some(100),
    ),
    (
        "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 100\nallocation = \"proportional\"",
        "in proportion",
        Some(100),
    ),
    (
        "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 100\nallocation = \"neyman\"\nof = \"age\"",
        "Neyman",
        Some(100),
    ),
    (
        "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 100\nallocation = \"optimal\"\nof = \"age\"\n\
         stratum = [{ where = { dep = \"A\" }, cost = 4.0, at_most = 20 }]",
        "optimal",
        Some(100),
    ),
    (
        "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 100\nallocation = \"power\"\npower = \"1/2\"\nof = \"age\"",
        "Bankier",
        Some(100),
    ),
    ("design = \"poisson\"\nproportional_to = \"taille\"\nsize = 60", "tirage de Poisson", None),
    ("design = \"sequential-poisson\"\nproportional_to = \"taille\"\nsize = 60", "probabilités inégales", Some(60)),
    (
        "design = \"pareto\"\nstrata = [\"dep\"]\nproportional_to = \"taille\"\nsize = 20",
        "probabilités inégales",
        Some(60),
    ),
    ("design = \"systematic\"\norder = [\"age\"]\nsize = 45", "tirage systématique", Some(45)),
    (
        "design = \"systematic-pps\"\norder = [\"age\"]\nproportional_to = \"taille\"\nsize = 45",
        "tirage systématique à probabilités inégales",
        Some(45),
    ),
    ("design = \"conditional-poisson\"\nproportional_to = \"taille\"\nsize = 40", "maximum entropy", Some(40)),
    ("design = \"sampford\"\nproportional_to = \"taille\"\nsize = 40", "Sampford", Some(40)),
    ("design = \"pivotal\"\nproportional_to = \"taille\"\nsize = 40", "pivotal", Some(40)),
    ("design = \"cube\"\nbalance = [\"age\", \"sexe\"]\nsize = 60", "tirage équilibré", Some(60)),
    ("design = \"clusters\"\ncluster = \"lieu\"\nclusters = 6", "sondage par grappes", Some(180)),
    ("design = \"two-stage\"\ncluster = \"lieu\"\nclusters = 6\nwithin = 5", "sondage à deux degrés", Some(30)),
    (
        "design = \"two-phase\"\nsize = 300\nsecond = { strata = [\"sexe\"], rate = \"1/4\" }",
        "sondage en deux phases",
        None,
    ),
    (
        "design = \"panel\"\nstrata = [\"dep\"]\nsize = 40\ncampaign = 2\nrotation = \"1/60\"",
        "panel rotatif",
        Some(120),
    ),
];

/// A frame: `dep` has three values of 300 rows each, `lieu` thirty of 30, `sexe` two, `taille` and `age` vary.
fn rows() -> Vec<String> {
    let row = |i: u32| {
        let dep = ["A", "B", "C"][(i % 3) as usize];
        // Numbers that look random and are not.
        let mixed = i.wrapping_mul(2_654_435_761) >> 8;
        format!(
            "P{i:04},{dep},{},{},{},L{:02}",
            ["F", "M"][(mixed % 2) as usize],
            18 + mixed % 70,
            1 + mixed % 97,
            i % 30
        )
    };
    (0..ROWS).map(row).collect()
}

const HEADER: &str = "id,dep,sexe,age,taille,lieu";

struct Bench {
    folder: TempDir,
}

struct Told {
    code: i32,
    out: String,
    err: String,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.frame("frame.csv", &rows());
        let mut shuffled = rows();
        shuffled.reverse();
        shuffled.rotate_left(217);
        bench.frame("shuffled.csv", &shuffled);
        common::write_root_key(&bench.path("root.key"), 1, None);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn frame(&self, name: &str, rows: &[String]) {
        fs::write(self.path(name), format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    }

    fn tamis(&self, words: &[&str]) -> Told {
        let done = common::tamis().current_dir(self.folder.path()).args(words).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Told { code: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr) }
    }

    /// Draws under the kept key; the written file.
    fn draw(&self, sample: &str, frame: &str, more: &[&str]) -> String {
        let told = self.try_draw(sample, frame, more);
        assert_eq!(told.code, 0, "{sample}\n{}{}", told.out, told.err);
        let drawn = fs::read_to_string(self.path("drawn.csv")).unwrap();
        fs::remove_file(self.path("drawn.csv")).unwrap();
        drawn
    }

    fn try_draw(&self, sample: &str, frame: &str, more: &[&str]) -> Told {
        fs::write(self.path("design.toml"), format!("[sample]\nkey = \"kept\"\n{sample}\n")).unwrap();
        let mut words = vec![
            "sample",
            "draw",
            frame,
            "--design",
            "design.toml",
            "--id",
            "id",
            "-o",
            "drawn.csv",
            "--root-key",
            "root.key",
        ];
        words.extend(more);
        self.tamis(&words)
    }

    /// A pipeline over files of the folder that draws this sample.
    fn pipeline(&self, sample: &str, files: &str) {
        let mut schema = String::new();
        for (name, kind, role) in [
            ("id", "string", "subject-identifier"),
            ("dep", "string", "quasi-identifier"),
            ("sexe", "string", "quasi-identifier"),
            ("age", "integer", "other"),
            ("taille", "integer", "other"),
            ("lieu", "string", "other"),
        ] {
            let comma = if schema.is_empty() { "" } else { "," };
            write!(schema, "{comma}{{\"name\":\"{name}\",\"type\":\"{kind}\",\"tamis:role\":\"{role}\"}}").unwrap();
        }
        fs::write(self.path("base.json"), format!("{{\"name\":\"base\",\"fields\":[{schema}]}}")).unwrap();
        let kept: String =
            ["dep", "sexe", "age", "taille", "lieu"].iter().map(|c| format!("[[keep]]\ncolumn = \"{c}\"\n")).collect();
        let text = format!(
            "[pipeline]\nname = \"base\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"essai\"\npolicy = \"1\"\n\
             [[source]]\nname = \"base\"\nschema = \"base.json\"\nfiles = [\"{files}\"]\n\
             [subject]\ncolumn = \"id\"\nkind = \"text\"\nlinkage = \"none\"\n{kept}\
             [sample]\nkey = \"kept\"\n{sample}\n\
             [[persons]]\nname = \"lignes\"\ncolumns = [\"dep\"]\nprotect = {{ k = 2, quasi_identifiers = [\"dep\"] }}\n\
             [export]\nto = \"out\"\n"
        );
        fs::write(self.path("base.toml"), text).unwrap();
    }

    fn run(&self) -> PathBuf {
        let told = self.tamis(&["run", "base.toml", "--root-key", "root.key"]);
        assert_eq!(told.code, 0, "{}{}", told.out, told.err);
        let folders = fs::read_dir(self.path("out")).unwrap().map(|entry| entry.unwrap().path());
        folders.filter(|path| path.is_dir()).max().unwrap()
    }
}

fn ids(drawn: &str) -> BTreeSet<String> {
    drawn.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

fn column(drawn: &str, name: &str) -> Vec<f64> {
    let mut lines = drawn.lines();
    let at = lines.next().unwrap().split(',').position(|column| column == name).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().parse().unwrap()).collect()
}

#[test]
fn every_design_draws_the_same_bytes_from_shuffled_rows_on_any_number_of_threads() {
    let bench = Bench::new();
    for (sample, _, size) in DESIGNS {
        let drawn = bench.draw(sample, "frame.csv", &["--threads", "1"]);
        assert_eq!(drawn, bench.draw(sample, "shuffled.csv", &["--threads", "4"]), "{sample}");
        let units = ids(&drawn);
        assert_eq!(units.len(), drawn.lines().count() - 1, "{sample}: a unit twice");
        if let Some(size) = size {
            assert_eq!(units.len(), size, "{sample}");
        }
        let weights: f64 = column(&drawn, "poids_sondage").iter().sum();
        // A unit drawn with probability 1/1100 weighs more than the frame, so a bound that holds under every key says nothing:
        // this one holds under the key of the tests.
        assert!((weights - f64::from(ROWS)).abs() < 0.9 * f64::from(ROWS), "{sample}: the weights make {weights}");
        for chance in column(&drawn, "proba_inclusion_decimale") {
            assert!(chance > 0.0 && chance <= 1.0, "{sample}");
        }
    }
}

#[test]
fn every_design_runs_in_a_pipeline_is_explained_in_words_and_replays_from_other_files() {
    let bench = Bench::new();
    let mut halves = rows();
    halves.reverse();
    for (name, part) in ["half-1.csv", "half-2.csv"].iter().zip(halves.chunks(500)) {
        bench.frame(name, part);
    }
    for (sample, term, size) in DESIGNS {
        bench.pipeline(sample, "frame.csv");
        let plan = bench.tamis(&["plan", "base.toml"]);
        let flat = plan.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plan.code == 0 && flat.contains(term), "{sample}\n{}{}", plan.out, plan.err);
        let run = bench.run();
        let record: Value = serde_json::from_slice(&fs::read(run.join("dossier/sample.json")).unwrap()).unwrap();
        if let Some(size) = size {
            assert_eq!(record["drawn"], size, "{sample}");
        }
        let name = run.to_str().unwrap();
        let replay =
            bench.tamis(&["sample", "replay", name, "base.toml", "--root-key", "root.key", "--format", "json"]);
        assert_eq!(replay.code, 0, "{sample}\n{}{}", replay.out, replay.err);
        // Other files with the same rows are another pipeline file, and the same draw.
        bench.pipeline(sample, "half-*.csv");
        let replay =
            bench.tamis(&["sample", "replay", name, "base.toml", "--root-key", "root.key", "--format", "json"]);
        let told: Value = serde_json::from_str(&replay.out).unwrap();
        for what in ["design", "key", "frame", "strata", "sample", "log"] {
            assert_eq!(told["compared"][what], true, "{sample}: {what}");
        }
        assert_eq!((replay.code, &told["compared"]["pipeline"]), (4, &Value::Bool(false)));
    }
}

#[test]
fn a_replay_under_another_key_or_from_another_frame_says_what_differs() {
    let bench = Bench::new();
    bench.pipeline(DESIGNS[2].0, "frame.csv");
    let run = bench.run();
    let name = run.to_str().unwrap();
    let log = fs::read_to_string(run.join("dossier/audit.jsonl")).unwrap();
    let at = |event: &str| log.find(&format!("\"{event}\"")).unwrap();
    assert!(at("draw") < at("staged"), "what was drawn from is laid down before the draw");

    common::write_root_key(&bench.path("other.key"), 2, None);
    let replay = bench.tamis(&["sample", "replay", name, "base.toml", "--root-key", "other.key"]);
    assert_eq!(replay.code, 4);
    assert!(replay.out.contains("ANOTHER") && !replay.out.contains("sample               the same"), "{}", replay.out);

    let mut fewer = rows();
    fewer.pop();
    bench.frame("frame.csv", &fewer);
    let replay = bench.tamis(&["sample", "replay", name, "base.toml", "--root-key", "root.key"]);
    assert_eq!(replay.code, 4);
    let verdict = |word: &str| replay.out.lines().find(|l| l.trim().starts_with(word)).unwrap().contains("the same");
    assert!(verdict("key") && verdict("pipeline file") && !verdict("frame"), "{}", replay.out);

    // Whoever writes the record anew has the log against him.
    let path = run.join("dossier/sample.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    record["frame_sha256"] = "0".repeat(64).into();
    fs::write(&path, record.to_string()).unwrap();
    let replay = bench.tamis(&["sample", "replay", name, "base.toml", "--root-key", "root.key", "--format", "json"]);
    let told: Value = serde_json::from_str(&replay.out).unwrap();
    assert_eq!((replay.code, &told["compared"]["log"]), (4, &Value::Bool(false)));

    // Without its key there is no draw that could be repeated.
    let refused = bench.tamis(&["run", "base.toml"]);
    assert_eq!(refused.code, 5, "{}", refused.err);
}

#[test]
fn what_the_frame_lacks_is_an_error_until_the_pipeline_says_what_becomes_of_it() {
    let bench = Bench::new();
    let stratified = "design = \"stratified\"\nstrata = [\"dep\"]\nrate = \"1/2\"";
    let mut twice = rows();
    twice.push("P0000,B,F,30,5,L01".to_owned());
    bench.frame("conflict.csv", &twice);
    let mut missing = rows();
    missing.push("P9999,,F,30,5,L01".to_owned());
    bench.frame("missing.csv", &missing);
    let mut sizeless = rows();
    sizeless.push("P9999,A,F,30,,L01".to_owned());
    bench.frame("sizeless.csv", &sizeless);
    let mut twins = rows();
    twins.push(twins[7].clone());
    bench.frame("twins.csv", &twins);
    let by_size = "design = \"pareto\"\nproportional_to = \"taille\"\nsize = 9";
    let short = "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 250\n\
                 stratum = [{ where = { dep = \"A\" }, size = 400 }]";
    let empty =
        "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 10\nstratum = [{ where = { dep = \"Z\" }, size = 3 }]";
    let cases = [
        (
            stratified,
            "conflict.csv",
            "on_stratum_conflict",
            &["on_stratum_conflict = \"first\"", "on_stratum_conflict = \"exclude\""][..],
        ),
        (
            stratified,
            "missing.csv",
            "on_missing_stratum",
            &["on_missing_stratum = \"own_stratum\"", "on_missing_stratum = \"exclude\""],
        ),
        (by_size, "sizeless.csv", "proportional_to", &[]),
        (
            short,
            "frame.csv",
            "on_short_stratum",
            &["on_short_stratum = \"take_all\"", "on_short_stratum = \"redistribute\""],
        ),
        (empty, "frame.csv", "on_empty_stratum", &["on_empty_stratum = \"report_zero\""]),
        ("design = \"stratified\"\nrate = \"1/2\"\non_duplicate = \"error\"", "twins.csv", "on_duplicate", &[]),
        (
            "design = \"stratified\"\nrate = \"9/10\"\ndisclosure = { max_fraction = \"1/2\" }",
            "frame.csv",
            "max_fraction",
            &[],
        ),
    ];
    for (sample, frame, word, policies) in cases {
        let told = bench.try_draw(sample, frame, &[]);
        assert_eq!(told.code, 4, "{sample}: {}", told.err);
        assert!(told.err.contains(word), "{word}: {}", told.err);
        assert!(!bench.path("drawn.csv").exists());
        assert!(!told.err.contains("P0000") && !told.err.contains("P9999"), "no identifier in an error");
        for policy in policies {
            assert!(!ids(&bench.draw(&format!("{sample}\n{policy}"), frame, &[])).is_empty(), "{policy}");
        }
    }
    let sizes = |policy: &str| {
        let drawn = bench.draw(&format!("{short}\non_short_stratum = \"{policy}\""), "frame.csv", &[]);
        let mut of: BTreeMap<String, u32> = BTreeMap::new();
        drawn.lines().skip(1).for_each(|line| *of.entry(line.split(',').nth(1).unwrap().to_owned()).or_default() += 1);
        of.into_values().collect::<Vec<_>>()
    };
    assert_eq!(sizes("take_all"), [300, 250, 250]);
    assert_eq!(sizes("redistribute"), [300, 300, 300], "what one lacks the others give");

    let told = bench.try_draw(
        "design = \"stratified\"\nrate = \"9/10\"\ndisclosure = { max_fraction = \"1/2\", otherwise = \"warn\" }",
        "frame.csv",
        &[],
    );
    assert!(told.code == 0 && told.err.contains("disclosure"), "{}", told.err);
    fs::remove_file(bench.path("drawn.csv")).unwrap();
    let told = bench.try_draw("design = \"quota\"", "frame.csv", &[]);
    assert!(told.code == 2 && told.err.contains("no random sample"), "{}", told.err);
    let told = bench.try_draw("design = \"cube\"\nbalance = [\"poids\"]\nsize = 3", "frame.csv", &[]);
    assert!(told.code != 0 && told.err.contains("poids"), "{}", told.err);
}

#[test]
fn draws_of_one_group_are_nested_those_of_two_are_not_and_a_panel_tells_its_overlap() {
    let bench = Bench::new();
    let rate = |rate: &str, group: &str| {
        let sample =
            format!("design = \"stratified\"\nstrata = [\"dep\"]\nrate = \"{rate}\"\ncoordination = \"{group}\"");
        ids(&bench.draw(&sample, "frame.csv", &[]))
    };
    let (tenth, fifth) = (rate("1/10", "g"), rate("1/5", "g"));
    assert!(tenth.is_subset(&fifth));
    assert!(!tenth.is_subset(&rate("1/5", "h")));

    // 30 of 300 in each stratum, shifted by 1/20: about half of a campaign stays.
    let campaign = |campaign: u32| {
        let sample = format!(
            "design = \"panel\"\nstrata = [\"dep\"]\nsize = 30\ncampaign = {campaign}\nrotation = \"1/20\"\ncoordination = \"g\""
        );
        let told = bench.try_draw(&sample, "frame.csv", &["--format", "json"]);
        let report: Value = serde_json::from_str(&told.out).unwrap();
        let drawn = fs::read_to_string(bench.path("drawn.csv")).unwrap();
        fs::remove_file(bench.path("drawn.csv")).unwrap();
        (ids(&drawn), report["overlap"].as_u64())
    };
    let (first, none) = campaign(0);
    let (second, overlap) = campaign(1);
    assert_eq!(none, None, "the first campaign overlaps with none");
    let both = first.intersection(&second).count() as u64;
    assert_eq!(overlap, Some(both));
    assert!(both > 0 && both < 90, "{both}");
    // A birth changes nobody's number: all but at most one unit of its stratum stay.
    let mut born = rows();
    born.push("P9999,A,F,30,5,L01".to_owned());
    bench.frame("born.csv", &born);
    let sample = "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 30\ncoordination = \"g\"";
    let (before, after) = (bench.draw(sample, "frame.csv", &[]), bench.draw(sample, "born.csv", &[]));
    assert!(ids(&before).difference(&ids(&after)).count() <= 1);
}

#[test]
fn fitted_weights_meet_their_margins_and_margins_that_cannot_be_met_are_named() {
    let bench = Bench::new();
    let stratified = "design = \"stratified\"\nstrata = [\"dep\"]\nsize = 60";
    for method in [
        "method = \"raking\"",
        "method = \"linear\"",
        "method = \"truncated\", bounds = [0.3, 3.0]",
        "method = \"logit\", bounds = [0.3, 3.0]",
    ] {
        let sample = format!(
            "{stratified}\ncalibrate = {{ {method}, margin = [{{ column = \"sexe\" }}, {{ column = \"age\" }}] }}"
        );
        let drawn = bench.draw(&sample, "frame.csv", &[]);
        let frame: BTreeMap<String, (String, f64)> = rows()
            .iter()
            .map(|row| {
                let cells: Vec<&str> = row.split(',').collect();
                (cells[0].to_owned(), (cells[2].to_owned(), cells[3].parse().unwrap()))
            })
            .collect();
        let units = drawn.lines().skip(1).map(|line| frame[line.split(',').next().unwrap()].clone());
        let (mut women, mut ages) = (0.0, 0.0);
        for ((sexe, age), weight) in units.zip(column(&drawn, "poids_cale")) {
            women += if sexe == "F" { weight } else { 0.0 };
            ages += age * weight;
        }
        let truth = frame.values().filter(|(sexe, _)| sexe == "F").count() as f64;
        let sum: f64 = frame.values().map(|(_, age)| age).sum();
        assert!(
            (women - truth).abs() < 1e-6 && (ages - sum).abs() < 1e-3,
            "{method}: {women} of {truth}, {ages} of {sum}"
        );
    }
    let refused = |margin: &str| {
        let sample = format!("{stratified}\ncalibrate = {{ method = \"raking\", margin = [{margin}] }}");
        let told = bench.try_draw(&sample, "frame.csv", &[]);
        assert_eq!(told.code, 4, "{}", told.err);
        told.err
    };
    assert!(refused("{ column = \"sexe\", counts = { F = 10, M = 20, X = 5 } }").contains("nobody in the frame"));
    assert!(refused("{ column = \"sexe\", counts = { F = 10 } }").contains("not all values"));
    assert!(refused("{ column = \"sexe\", counts = { F = 400, M = 500 } }, { column = \"dep\", counts = { A = 1, B = 2, C = 3 } }").contains("margin 2"));
}
