//! The report that a run leaves in its dossier, as a steward finds it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{Bench, LEVELS, common, stays};

const PROTECT: &str = "sensitive = [{ column = \"diag\" }]\nevidence = { smallest = 6, advantage = 0.9 }\n";

fn report_of(bench: &Bench) -> String {
    fs::read_to_string(bench.only_run().join("dossier/report.html")).unwrap()
}

/// The values that identify or describe persons; ages and years may be any number of the page. What describes as many as the
/// threshold may stand in a distribution.
fn holds_no_record(page: &str) {
    let mut persons: BTreeMap<(usize, String), BTreeSet<String>> = BTreeMap::new();
    for row in stays() {
        let cells: Vec<&str> = row.split(',').collect();
        for at in [0, 2, 3, 4, 5] {
            persons.entry((at, cells[at].to_owned())).or_default().insert(cells[0].to_owned());
        }
    }
    for ((at, value), persons) in persons {
        // Ranges of numbers begin at round ones, whether somebody has them or not.
        let may = [2, 3, 4].contains(&at) && persons.len() >= 6 || at == 5 && value.ends_with('0');
        assert!(may || !page.contains(&value), "a value of column {at}");
    }
}

#[test]
fn every_run_leaves_a_page_that_tells_what_became_of_records_and_no_value() {
    let bench = Bench::new();
    let (rows, ..) = bench.released(&bench.pipeline(&format!("{LEVELS}{PROTECT}"), ""), &[]);
    let page = report_of(&bench);
    holds_no_record(&page);
    assert!(page.contains("Released, and the working data destroyed"));
    assert!(page.contains("Transmis, et les données de travail détruites"));
    assert!(page.contains(&format!(">{}</span>", rows.len())), "released records");
    assert!(page.contains("<svg") && page.contains("role=\"img\""));
    assert!(!page.contains("run-"), "every message is there");

    // Made again it says the same, and for a program the same figures.
    let run = bench.only_run();
    let again = |more: &[&str]| {
        let done = common::tamis().arg("report").arg(&run).args(more).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let other = bench.path("again.html");
    again(&["--lang", "en", "--output", other.to_str().unwrap()]);
    let body = |page: &str| page[page.find("<main").unwrap()..].to_owned();
    assert_eq!(body(&fs::read_to_string(&other).unwrap()), body(&page));
    // A file that somebody names is never written over.
    fs::write(&other, "mine").unwrap();
    let refused = common::tamis().arg("report").arg(&run).arg("--output").arg(&other).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("exists already"));
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
    let figures: Value = serde_json::from_str(&again(&["--format", "json"])).unwrap();
    assert_eq!(figures["verdict"], "released");
    let gate = |name: &str| {
        let gates = figures["gates"].as_array().unwrap();
        gates.iter().find(|gate| gate["gate"] == name).unwrap()["passed"].clone()
    };
    assert_eq!((gate("classes"), gate("evidence"), gate("scan")), ("yes".into(), "yes".into(), "yes".into()));
    assert_eq!(figures["summary"]["records"]["released"].as_u64(), Some(rows.len() as u64));
}

#[test]
fn a_run_that_released_nothing_can_be_reported_on_and_what_is_no_run_is_refused() {
    let bench = Bench::new();
    let told = bench.run(&bench.pipeline(&format!("{LEVELS}evidence = {{ smallest = 200 }}\n"), ""), &[]);
    assert_eq!(told.code, 4);
    let run = bench.only_run();
    let done = common::tamis().arg("report").arg(&run).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let page = report_of(&bench);
    holds_no_record(&page);
    assert!(page.contains("Nothing was released; the working data are destroyed"));
    for (lang, words) in [("en", "is not the folder of a run"), ("fr", "n'est pas le dossier d'une exécution")] {
        let done = common::tamis().arg("report").arg(bench.folder.path()).args(["--lang", lang]).output().unwrap();
        assert_eq!(done.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&done.stderr).contains(words));
    }
}

/// What a browser says of a page in a window of some width: how wide it is laid out at most, in either language and with all its tables
/// open, how many files it asked for, and what stands in the console.
fn seen_by(browser: &str, folder: &Path, page: &str, width: u32) -> (u32, u32, Vec<String>) {
    let quoted = page.replace('&', "&amp;").replace('"', "&quot;");
    // The page has no script of its own: another one, around it, measures it.
    let around = format!(
        "<!doctype html><body><iframe id=\"page\" width=\"{width}\" height=\"900\" style=\"border:0\" srcdoc=\"{quoted}\"></iframe>\
         <p id=\"said\"></p><script>page.onload=()=>{{const d=page.contentDocument;let w=0;for(const l of ['fr','en']){{\
         d.getElementById(l).checked=true;d.querySelectorAll('details').forEach(e=>e.open=true);w=Math.max(w,d.documentElement.scrollWidth)}}\
         said.textContent='wide '+w+' loaded '+page.contentWindow.performance.getEntriesByType('resource').length+' end'}}</script>"
    );
    let file = folder.join(format!("around-{width}.html"));
    fs::write(&file, around).unwrap();
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--virtual-time-budget=5000",
        "--dump-dom",
    ];
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let done =
        Command::new(browser).args(flags).arg(profile).arg(format!("file://{}", file.display())).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    let said = told.split_once("id=\"said\">wide ").and_then(|(_, rest)| rest.split_once(" end")).map(|(said, _)| said);
    let (wide, loaded) = said.and_then(|said| said.split_once(" loaded ")).expect("the browser measured the page");
    let console =
        String::from_utf8_lossy(&done.stderr).lines().filter(|l| l.contains("CONSOLE")).map(str::to_owned).collect();
    (wide.parse().unwrap(), loaded.parse().unwrap(), console)
}

#[test]
fn the_page_fits_a_phone_and_a_wide_screen_asks_for_nothing_and_says_nothing_to_the_console() {
    let Some(browser) = common::browser() else { return };
    let bench = Bench::new();
    bench.released(&bench.pipeline(&format!("{LEVELS}{PROTECT}"), ""), &[]);
    let page = report_of(&bench);
    for width in [360, 800, 1280] {
        let (wide, loaded, console) = seen_by(browser, bench.folder.path(), &page, width);
        assert!(wide <= width, "{wide} in a window of {width}");
        assert_eq!((loaded, console), (0, Vec::new()));
    }
    // A page that is none of this is found out.
    let wrong = "<div style=\"width:2000px\">x</div><img src=\"http://127.0.0.1:9/x.png\"><script>1</script></body>";
    let (wide, loaded, console) = seen_by(browser, bench.folder.path(), &page.replace("</body>", wrong), 360);
    assert!(wide >= 2000 && loaded == 1 && !console.is_empty(), "{wide}, {loaded}, {console:?}");
}
