//! What an operator asks about runs: which there were, what became of one, what changed, and which releases may go.

use std::fs;

use serde_json::Value;

use crate::tables::Table;
use crate::workshop::{Told, Workshop, told};

fn tamis(shop: &Workshop, words: &[&str]) -> Told {
    told(shop.command(words).output().unwrap())
}

fn well(shop: &Workshop, words: &[&str]) -> String {
    let done = tamis(shop, words);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{words:?}");
    done.out
}

fn json(shop: &Workshop, words: &[&str]) -> Value {
    serde_json::from_str(&well(shop, &[words, &["--format", "json"]].concat())).unwrap()
}

/// Two runs that released, with another file and another k, and one in between that released nothing.
fn shop() -> (Workshop, [String; 3]) {
    let shop = Workshop::new();
    let whole = Table::parse(&Workshop::records(500));
    let part = |range: std::ops::Range<usize>| {
        Table { labels: whole.labels.clone(), rows: whole.rows[range].to_vec() }.to_csv()
    };
    shop.input("c.csv", part(0..300));
    shop.pipeline("c.csv", "", "");
    assert_eq!(shop.run().code, Some(0));
    let good = fs::read(shop.path("in/c.csv")).unwrap();
    shop.input("c.csv", "a;b\n1;2\n");
    assert_eq!(shop.run().code, Some(1));
    shop.input("c.csv", good).input("d.csv", part(300..500));
    let file = shop.pipeline("*.csv", "", "");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("k = 2", "k = 5")).unwrap();
    assert_eq!(shop.run().code, Some(0));
    let name = |run: &std::path::PathBuf| format!("out/{}", run.file_name().unwrap().to_str().unwrap());
    let runs: Vec<String> = shop.runs().iter().map(name).collect();
    (shop, runs.try_into().unwrap())
}

#[test]
fn runs_are_listed_shown_and_compared() {
    let (shop, [first, wrong, last]) = shop();
    let list = well(&shop, &["runs", "list"]);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 4, "{list}");
    for (line, (run, verdict)) in
        lines[1..].iter().zip([(&first, "released"), (&wrong, "nothing"), (&last, "released")])
    {
        assert!(line.ends_with(run.as_str()) && line.contains(verdict) && line.contains("essai"), "{line}");
    }
    let french = well(&shop, &["runs", "list", "out", "--lang", "fr"]);
    assert!(french.contains("traitement") && french.contains("transmis") && french.contains("rien"), "{french}");
    let listed = json(&shop, &["runs", "list", "--pipeline", "essai"]);
    let verdicts: Vec<&str> = listed.as_array().unwrap().iter().map(|run| run["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["released", "nothing", "released"]);
    assert_eq!((&listed[0]["read"], &listed[2]["read"]), (&300.into(), &500.into()));
    assert_ne!(listed[0]["id"], listed[2]["id"]);
    assert!(json(&shop, &["runs", "list", "--pipeline", "autre"]).as_array().unwrap().is_empty());

    let shown = well(&shop, &["runs", "show", &last]);
    assert!(shown.contains("Released, and the working data destroyed") && shown.contains("in/d.csv"), "{shown}");
    assert!(shown.contains("✓ ") && !shown.contains("run-"), "{shown}");
    assert_eq!(json(&shop, &["runs", "show", &wrong])["verdict"], "nothing");

    let diff = well(&shop, &["runs", "diff", &first, &last]);
    for words in
        ["Files: 1 the same, 1 new, 0 no longer read", "persons.personnes.protect.k", "→ 5", "records.read", "+200"]
    {
        assert!(diff.contains(words), "{words} is not in {diff}");
    }
    let diff = json(&shop, &["runs", "diff", &first, &last]);
    assert_eq!(diff["inputs"]["new"], 1);
    let k = diff["pipeline"].as_array().unwrap().iter().find(|c| c["what"] == "persons.personnes.protect.k").unwrap();
    assert_eq!((&k["before"], &k["after"]), (&2.into(), &5.into()));
    let same = well(&shop, &["runs", "diff", &first, &first, "--lang", "fr"]);
    assert!(same.contains("Traitement: identiques") || same.contains("Traitement : identiques"), "{same}");
    assert_eq!(tamis(&shop, &["runs", "show", "in"]).code, Some(2));
    assert_eq!(tamis(&shop, &["runs", "list", "nowhere"]).code, Some(6));
}

#[test]
fn releases_go_when_somebody_says_so_and_dossiers_stay() {
    let (shop, [first, wrong, last]) = shop();
    let stands = |run: &str| shop.path(run).join("release").exists();
    let purge = ["runs", "purge", "out", "--older-than"];
    let none = well(&shop, &[&purge[..], &["1", "--yes"]].concat());
    assert!(none.starts_with("0 releases") && stands(&first), "{none}");
    let shown = well(&shop, &[&purge[..], &["0"]].concat());
    assert!(
        shown.contains(&format!("{first}/release")) && shown.contains("2 releases would go") && !shown.contains(&wrong)
    );
    assert!(stands(&first) && stands(&last), "nothing goes unasked");
    // Of the last one nobody knows how it ended: it is left alone.
    fs::remove_file(shop.path(&last).join("dossier/certificate.json")).unwrap();
    let gone = json(&shop, &[&purge[..], &["0", "--yes", "--operator", "Mme Rivière"]].concat());
    assert_eq!((gone["releases"].as_array().unwrap().len(), &gone["removed"]), (1, &true.into()));
    assert!(gone["bytes"].as_u64().unwrap() > 0 && !stands(&first) && stands(&last));
    let said: Value =
        serde_json::from_slice(&fs::read(shop.path(&first).join("dossier/purged.json")).unwrap()).unwrap();
    assert!(said["operator"]["name"] == "Mme Rivière" && said["files"].as_u64().unwrap() > 0, "{said}");
    assert!(well(&shop, &["runs", "show", &first]).contains("Released"));
    // What it read is still known.
    let again = tamis(&shop, &["run", "pipeline.toml", "--since", "last"]);
    assert!(again.out.starts_with("nothing is new"), "{}{}", again.out, again.err);
}
