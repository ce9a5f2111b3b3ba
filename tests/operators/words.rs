//! Explanations, completions and manual pages, through the program.

use std::fs;

use crate::machines::Machine;

#[test]
fn the_code_that_an_error_shows_is_explained() {
    let machine = Machine::new();
    machine.tamis(&["init", "demo"]).ends(0);
    let text = machine.read("demo/pipeline.toml").replace("\"sexe\"\nwhy", "\"sex\"\nwhy");
    fs::write(machine.path("demo/pipeline.toml"), text).unwrap();
    let told = machine.tamis(&["run", "demo/pipeline.toml"]).ends(2);
    let code = told.err.split_whitespace().find(|word| word.starts_with("tamis::pipeline::")).unwrap();
    let explained = machine.tamis(&["explain", code]).ends(0);
    for part in ["What happened", "Why it matters", "What to do", "Example", "date_naissance"] {
        assert!(explained.out.contains(part), "{part}: {}", explained.out);
    }
    machine.tamis(&["explain", "4", "--lang", "fr"]).ends(0).says("Ce qui sort ne peut être rappelé.");
    machine.tamis(&["explain", "unknown_colum"]).ends(2).says("near to it: unknown_column");
    let all = machine.tamis(&["explain", "--format", "json"]).ends(0).json();
    assert!(all["codes"].as_array().unwrap().len() > 110);
    machine.tamis(&["explain", "--lang", "fr"]).ends(0).says("Codes de sortie").says("looks-identifying");
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = machine.tamis(&["completions", shell]).ends(0).out;
        assert!(script.contains("doctor") && script.contains("signing-key"), "{shell}");
    }
    machine.tamis(&["man"]).ends(0).says(".TH tamis 1");
    machine.tamis(&["man", "pages"]).ends(0);
    let pages = machine.names("pages");
    for page in ["tamis.1", "tamis-run.1", "tamis-config-show.1", "tamis-keys-generate.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}: {pages:?}");
    }
    assert!(machine.read("pages/tamis-run.1").contains("signing"), "its options are there");
    machine.tamis(&["man", "pages"]).ends(2).says("nothing is overwritten");
}
