//! Runs that are locked out, asked to stop, or killed.

use std::fs::{self, OpenOptions};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::common;
use crate::workshop::{Workshop, certificate, contains, told};

/// Records of which a run in the tests has enough to do for a while.
const MANY: u64 = 30_000;

/// Those records, made once.
static RECORDS: LazyLock<String> = LazyLock::new(|| Workshop::records(MANY));

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

/// Waits until something is there.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{what} did not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Open files of a process that have no name any more and hold bytes.
fn nameless(child: &Child) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(format!("/proc/{}/fd", child.id())) else { return Vec::new() };
    let open = entries.filter_map(|e| Some(e.ok()?.path()));
    open.filter(|fd| fs::read_link(fd).is_ok_and(|to| to.to_string_lossy().ends_with("(deleted)")))
        .filter(|fd| fs::metadata(fd).is_ok_and(|m| m.len() > 0))
        .collect()
}

fn busy() -> Workshop {
    let shop = Workshop::new();
    shop.input("c.csv", RECORDS.as_str()).pipeline("c.csv", "memory = \"64 KiB\"\nbuckets = 8", "");
    shop
}

#[test]
fn a_second_run_of_a_pipeline_into_one_folder_waits_for_the_first() {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(30)).pipeline("c.csv", "", "");
    fs::create_dir(shop.out()).unwrap();
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(shop.path("out/.essai.lock")).unwrap();
    lock.lock().unwrap();
    let told = shop.run();
    assert_eq!(told.code, Some(11), "{}", told.err);
    assert!(told.err.contains("another run") && told.err.contains("--out"), "{}", told.err);
    assert!(shop.runs().is_empty(), "it made nothing");
    lock.unlock().unwrap();
    assert_eq!(shop.run().code, Some(0));
}

#[test]
fn a_run_that_is_asked_to_stop_destroys_its_vault_and_publishes_nothing() {
    let shop = busy();
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let child = shop.start();
        until("a spilled byte", || (!nameless(&child).is_empty()).then_some(()));
        signal(&child, name);
        let told = told(child.wait_with_output().unwrap());
        assert_eq!(told.code, Some(code), "{name}: {} {}", told.out, told.err);
        assert!(told.err.contains("interrupted") && told.err.contains("vault was destroyed"), "{}", told.err);
        shop.assert_nothing_is_left();
        let run = shop.runs().pop().unwrap();
        let certificate = certificate(&run);
        assert_eq!(certificate["outcome"]["state"], "interrupted");
        assert!(certificate["items"].to_string().contains("spill"), "what had been spilled is on record");
        let checkpoint = certificate["audit_checkpoint"].as_str().unwrap();
        let log = tamis::audit::verify_checkpoint(&run.join("dossier/audit.jsonl"), checkpoint, None).unwrap();
        assert_eq!(log.covered, log.log.events, "the certificate tells where the log ended");
        fs::remove_dir_all(run).unwrap();
    }
    assert_eq!(shop.run().code, Some(0), "the next run works");
}

#[test]
fn killed_in_the_middle_a_run_leaves_nothing_that_could_be_read() {
    let shop = busy();
    let mut child = shop.start();
    let length = |fd: &PathBuf| fs::metadata(fd).map_or(0, |m| m.len());
    until("enough spilled", || (nameless(&child).iter().map(length).sum::<u64>() > 200_000).then_some(()));
    signal(&child, "STOP");
    let spilled: Vec<Vec<u8>> = nameless(&child).iter().map(|fd| fs::read(fd).unwrap()).collect();
    assert!(child.try_wait().unwrap().is_none(), "it is still at work");
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));

    let ciphertext: Vec<u8> = spilled.concat();
    assert!(ciphertext.len() > 200_000, "{} bytes were spilled", ciphertext.len());
    assert_no_plaintext(&ciphertext, &fs::read_to_string(shop.path("in/c.csv")).unwrap());

    let left: Vec<PathBuf> = common::files(&shop.path("tmp")).into_keys().collect();
    assert!(left.is_empty(), "left in TMPDIR: {left:?}");
    let [run] = shop.runs().try_into().unwrap();
    assert!(!run.join("release").exists());
    let left = common::files(&run);
    let names: Vec<String> = left.keys().map(|path| path.display().to_string()).collect();
    assert_eq!(names, ["dossier/audit.jsonl", "dossier/plan.json", "dossier/run.json"]);

    let told = shop.run();
    assert_eq!(told.code, Some(0), "the next run works: {}", told.err);
    assert_eq!(shop.runs().len(), 2);
}

/// No cell of the input, no mark of its form and no structure is in what was spilled.
fn assert_no_plaintext(ciphertext: &[u8], input: &str) {
    for mark in ["ARROW1", "matricule", "18-59"] {
        assert!(!contains(ciphertext, mark.as_bytes()), "{mark} can be read");
    }
    let mut cells: Vec<&str> = input.lines().take(3_000).flat_map(|l| l.split(',')).filter(|c| c.len() > 7).collect();
    cells.sort_unstable();
    cells.dedup();
    assert!(cells.len() > 5_000);
    let eight: std::collections::HashSet<&[u8]> = ciphertext.windows(8).collect();
    for cell in cells {
        let found = eight.contains(&cell.as_bytes()[..8]);
        assert!(!found, "the beginning of a cell of the input can be read in the spill file");
    }
    // Even bits: of N random bytes each value comes N/256 times, give or take √(N/256); six deviations are never seen.
    let mut counts = [0f64; 256];
    ciphertext.iter().for_each(|b| counts[usize::from(*b)] += 1.0);
    let expected = ciphertext.len() as f64 / 256.0;
    let worst = counts.iter().map(|c| (c - expected).abs() / expected.sqrt()).fold(0.0, f64::max);
    assert!(worst < 7.0, "one byte value stands out by {worst:.1} deviations: this is no ciphertext");
}

#[test]
fn a_run_that_spilled_tells_the_same_numbers_as_one_that_did_not() {
    let text = Workshop::records(6_000);
    let told = |memory: &str| {
        let shop = Workshop::new();
        shop.input("c.csv", &text).pipeline("c.csv", &format!("memory = \"{memory}\""), "");
        let told = told(shop.command(&["run", "pipeline.toml", "--format", "json"]).output().unwrap());
        assert_eq!(told.code, Some(0), "{}", told.err);
        shop.assert_tmp_is_empty();
        serde_json::from_str::<serde_json::Value>(&told.out).unwrap()
    };
    let (small, large) = (told("1 B"), told("1 GiB"));
    assert!(small["vault"]["spilled_bytes"].as_u64().unwrap() > 0);
    assert_eq!(large["vault"]["spilled_bytes"], 0);
    for key in ["records", "sample", "persons", "tables"] {
        assert_eq!(small[key], large[key], "{key}");
    }
}
