//! Input that is not what it should be: a clear message, its exit code, nothing published, nothing left.

use std::fs;
use std::io::Write;
use std::process::Command;

use crate::workshop::{CANARY, Told, Workshop, assert_nothing_is_published, certificate, told};

/// Forty good records; the name in the first is the canary.
fn records() -> Vec<String> {
    let text = Workshop::records(80);
    let width = cells(text.lines().next().unwrap()).len();
    // A comment may hold a line break: neither half of such a record has all cells.
    let whole = text.lines().filter(|line| cells(line).len() == width);
    let mut lines: Vec<String> = whole.take(41).map(str::to_owned).collect();
    assert_eq!(lines.len(), 41);
    let at = position(&lines[0], "nom_naissance");
    lines[1] = with_cell(&lines[1], at, CANARY);
    lines
}

fn position(header: &str, label: &str) -> usize {
    header.split(',').position(|l| l == label).unwrap()
}

/// Cells of lines whose quoted cells hold no quotes.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        quoted ^= c == '"';
        match c {
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

fn with_cell(line: &str, at: usize, value: &str) -> String {
    let mut cells = cells(line);
    cells[at] = value.to_owned();
    cells.join(",")
}

fn joined(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

/// Runs the small pipeline over one file with these bytes.
fn run_over(shop: &Workshop, bytes: &[u8]) -> Told {
    shop.input("c.csv", bytes).pipeline("c.csv", "", "");
    shop.run()
}

/// The run is refused with this exit code and a message that names the file and says this, once.
fn refused(told: &Told, code: i32, words: &[&str]) {
    assert_eq!(told.code, Some(code), "{} {}", told.out, told.err);
    for word in words {
        assert!(told.err.contains(word), "`{word}` is not in: {}", told.err);
    }
    // Behind it, where a run began, the place of its report.
    let (first, more) = told.err.split_once('\n').unwrap();
    let is_place = |line: &str| line.starts_with("  report: out/essai-") && line.lines().count() == 1;
    assert!(first.starts_with("error: ") && (more.is_empty() || is_place(more)), "one line of error: {}", told.err);
}

#[test]
fn files_that_are_no_table_are_refused() {
    let lines = records();
    let good = joined(&lines);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(good.as_bytes()).unwrap();
    let mut cut = gzip.finish().unwrap();
    cut.truncate(cut.len() * 2 / 3);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(good.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    // In the last record, so that no later quote closes it.
    let mut open = lines.clone();
    open[40] = open[40].replace('"', "").replacen(',', &format!(",\"{CANARY}"), 1);
    let cases: [(&str, Vec<u8>, &[&str]); 6] = [
        ("empty", Vec::new(), &["in/c.csv", "is empty"]),
        ("UTF-16", utf16, &["in/c.csv", "UTF-16"]),
        ("NUL bytes in the header", good.replacen("nom", "n\0m", 1).into_bytes(), &["in/c.csv", "NUL"]),
        ("an open quote", joined(&open).into_bytes(), &["in/c.csv, line 41", "quote"]),
        ("gzip cut short", cut, &["in/c.csv", "cut short"]),
        ("a broken gzip", b"\x1f\x8b\x08\x00KANARIENVOGEL".to_vec(), &["in/c.csv"]),
    ];
    for (what, bytes, words) in cases {
        eprintln!("{what}");
        let shop = Workshop::new();
        refused(&run_over(&shop, &bytes), 1, words);
        shop.assert_nothing_is_left();
        assert_eq!(shop.runs().len(), 1, "the run is on record");
    }
}

#[test]
fn headers_that_are_not_the_schemas_are_refused_with_the_columns() {
    let lines = records();
    let drop_column = |line: &String| cells(line).split_off(1).join(",");
    let missing: Vec<String> = lines.iter().map(drop_column).collect();
    let surplus: Vec<String> =
        lines.iter().enumerate().map(|(i, l)| format!("{l},{}", if i == 0 { "iban" } else { CANARY })).collect();
    let mut twice = lines.clone();
    twice[0] = twice[0].replacen("prenoms", "nom_naissance", 1);
    let cases = [
        ("missing", missing, "matricule_ins"),
        ("surplus", surplus, "extra-label"),
        ("twice", twice, "duplicate-label"),
    ];
    for (what, lines, word) in cases {
        eprintln!("{what}");
        let shop = Workshop::new();
        let told = run_over(&shop, joined(&lines).as_bytes());
        refused(&told, 1, &["columns", "nothing was published"]);
        assert!(told.out.contains(word), "{}", told.out);
        shop.assert_nothing_is_left();
        let findings = fs::read_to_string(shop.runs()[0].join("dossier/findings.json")).unwrap();
        assert!(findings.contains("-label"), "{findings}");
    }
}

#[test]
fn a_header_without_records_gives_an_empty_release() {
    let shop = Workshop::new();
    let told = run_over(&shop, format!("{}\n", records()[0]).as_bytes());
    assert_eq!(told.code, Some(0), "{}", told.err);
    let release = shop.runs()[0].join("release");
    assert_eq!(fs::read_to_string(release.join("data/personnes.csv")).unwrap(), "pseudonyme,age,sexe,tabac\n");
    assert!(release.join("data/personnes.parquet").exists());
}

#[test]
fn bad_records_are_left_out_and_counted_up_to_the_limit_and_stop_the_run_beyond_it() {
    let good = records();
    let change = |at: usize, line: String| {
        let mut lines = good.clone();
        lines[at] = line;
        joined(&lines).into_bytes()
    };
    let mut invalid = change(9, good[9].replacen(',', ",§", 1));
    let place = invalid.windows(2).position(|w| w == "§".as_bytes()).unwrap();
    invalid[place] = 0xff;
    let cases: [(&str, Vec<u8>, &str); 4] = [
        ("a cell too many", change(7, format!("{},{CANARY}", good[7])), "extra-cell"),
        ("a cell too few", change(8, good[8].rsplit_once(',').unwrap().0.to_owned()), "missing-cell"),
        ("bytes that are no UTF-8", invalid, "encoding"),
        ("a NUL byte", change(6, good[6].replacen(',', ",\0", 1)), ""),
    ];
    for (what, bytes, finding) in cases {
        eprintln!("{what}");
        let shop = Workshop::new();
        shop.input("c.csv", &bytes).pipeline_with("c.csv", "encoding = \"utf-8\"", "reject_above = \"5%\"", "");
        let told = shop.run();
        assert_eq!(told.code, Some(3), "{} {}", told.out, told.err);
        let summary = fs::read_to_string(shop.runs()[0].join("dossier/summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        assert_eq!((&summary["records"]["read"], &summary["records"]["rejected"]), (&40.into(), &1.into()));
        let kind = summary["sources"][0]["findings"][0]["type"].as_str().unwrap();
        assert!(kind.contains(finding), "{what} is a {kind}");

        let strict = Workshop::new();
        strict.input("c.csv", &bytes).pipeline_with("c.csv", "encoding = \"utf-8\"", "reject_above = \"0%\"", "");
        let told = strict.run();
        refused(&told, 1, &["1 of 40 records", "consultations"]);
        strict.assert_nothing_is_left();
    }
}

#[test]
fn files_that_are_not_there_or_not_files_are_named() {
    let shop = Workshop::new();
    fs::create_dir(shop.path("in/folder.csv")).unwrap();
    shop.pipeline("folder.csv", "", "");
    refused(&shop.run(), 6, &["in/folder.csv", "folder"]);
    shop.pipeline("nobody-*.csv", "", "");
    refused(&shop.run(), 6, &["in/nobody-*.csv", "no file matches"]);
    shop.assert_nothing_is_left();
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Workshop::new();
    shop.input("c.csv", joined(&records())).pipeline("c.csv", "", "");
    fs::set_permissions(shop.path("in/c.csv"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(shop.path("in/c.csv")).is_ok() {
        eprintln!("skipped: this user reads files whatever their permissions");
        return;
    }
    refused(&shop.run(), 6, &["in/c.csv", "permission"]);
    shop.assert_nothing_is_left();
}

#[test]
fn a_register_that_cannot_be_read_whole_stops_the_run() {
    let register = "[[exclude]]\nregister = \"in/register.csv\"\ncolumn = \"matricule_ins\"";
    let cases: [(&str, Option<&str>, i32, &[&str]); 4] = [
        ("missing", None, 6, &["in/register.csv", "not found"]),
        ("another column", Some("nir\n284058832102532\n"), 1, &["in/register.csv", "matricule_ins"]),
        ("no identifier", Some("matricule_ins\n284058832102532\nKANARIENVOGEL\n"), 1, &["in/register.csv", "line 3"]),
        ("a wrong key", Some("matricule_ins\n284058832102533\n"), 1, &["in/register.csv", "line 2"]),
    ];
    for (what, content, code, words) in cases {
        eprintln!("{what}");
        let shop = Workshop::new();
        shop.input("c.csv", joined(&records())).pipeline("c.csv", "", register);
        if let Some(content) = content {
            shop.input("register.csv", content);
        }
        refused(&shop.run(), code, words);
        shop.assert_nothing_is_left();
    }
}

#[test]
fn an_output_folder_that_cannot_be_made_is_named_before_anything_is_read() {
    let shop = Workshop::new();
    shop.input("c.csv", joined(&records())).pipeline("c.csv", "", "");
    fs::write(shop.out(), "a file").unwrap();
    refused(&shop.run(), 6, &["out"]);
    assert_eq!(fs::read_to_string(shop.out()).unwrap(), "a file");
}

#[test]
fn a_spill_folder_that_is_not_there_is_told_and_the_run_ends() {
    let shop = Workshop::new();
    shop.input("c.csv", joined(&records())).pipeline("c.csv", "memory = \"1 B\"\nspill = \"nowhere\"", "");
    refused(&shop.run(), 6, &["spill"]);
    shop.assert_nothing_is_left();
    assert_eq!(certificate(&shop.runs()[0])["outcome"]["state"], "failed");
}

/// Mounts a small disk; gone when dropped.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: std::path::PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&at);
        if mount.output().is_ok_and(|o| o.status.success()) {
            return Some(Self(at));
        }
        eprintln!("skipped: no disk can be mounted here");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_under_the_output_leaves_no_release_and_no_partial_file() {
    let shop = Workshop::new();
    let Some(_disk) = SmallDisk::mount(shop.out(), "64k") else { return };
    shop.input("c.csv", Workshop::records(4_000)).pipeline("c.csv", "", "");
    refused(&shop.run(), 6, &["space", "make room"]);
    shop.assert_nothing_is_left();
}

#[test]
fn a_full_disk_under_the_spill_folder_ends_the_run_and_leaves_nothing() {
    let shop = Workshop::new();
    let Some(_disk) = SmallDisk::mount(shop.path("small"), "32k") else { return };
    shop.input("c.csv", Workshop::records(4_000));
    shop.pipeline("c.csv", "memory = \"1 B\"\nspill = \"small\"", "");
    refused(&shop.run(), 6, &["spill", "storage space"]);
    shop.assert_nothing_is_left();
    assert!(fs::read_dir(shop.path("small")).unwrap().next().is_none());
}

#[test]
fn a_limit_on_the_size_of_files_is_answered_like_a_full_disk() {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(4_000)).pipeline("c.csv", "", "");
    let script = format!("ulimit -f 64; exec {} run pipeline.toml", env!("CARGO_BIN_EXE_tamis"));
    let told = told(shop.wrapped("sh", &["-c", &script]).output().unwrap());
    refused(&told, 6, &["release.partial/data/personnes", "could not be written"]);
    shop.assert_nothing_is_left();
    assert_nothing_is_published(&shop.out());
}
