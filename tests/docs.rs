//! The documentation is true: every command in it is run and gives what is shown, the reference is made of the program, no
//! link leads nowhere.
//!
//! Written pages are compared with `...` for lines and `[..]` for text that an output is free in. `TAMIS_REWRITE_DOCS=1` writes
//! the reference anew, and into pages what came out where it differs; `TAMIS_DOCS=name` takes the pages whose path has the name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "docs/page.rs"]
mod page;
#[path = "docs/reference.rs"]
mod reference;
#[path = "docs/session.rs"]
mod session;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Blocks that show commands and are not run, by page: they need another machine, root, a network or a compiler.
const NOT_RUN: &[(&str, usize)] = &[
    ("README.md", 1),
    ("docs/src/cluster.md", 1),
    ("docs/src/fr/how-to/batch.md", 2),
    ("docs/src/fr/how-to/deliver.md", 1),
    ("docs/src/how-to/batch.md", 2),
    ("docs/src/how-to/deliver.md", 1),
    ("docs/src/operating.md", 3),
];

/// Languages of blocks without commands.
const SHOWN: [&str; 7] = ["csv", "diff", "ini", "json", "text", "toml", "yaml"];

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program, without colours and in English.
fn tamis() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.env("NO_COLOR", "1").env("LC_ALL", "C").env("COLUMNS", "100");
    command
}

fn rewriting() -> bool {
    std::env::var_os("TAMIS_REWRITE_DOCS").is_some()
}

/// README and every page under `docs/`, by their path in the project.
fn pages() -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "md") {
                let name = path.strip_prefix(project()).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found =
        BTreeMap::from([("README.md".to_owned(), fs::read_to_string(project().join("README.md")).unwrap())]);
    walk(&project().join("docs"), &mut found);
    found
}

#[test]
fn every_command_that_is_shown_is_run_and_gives_what_is_shown() {
    let wanted = std::env::var("TAMIS_DOCS").unwrap_or_default();
    let pages: Vec<(String, String)> = pages().into_iter().filter(|(name, _)| name.contains(&wanted)).collect();
    let (next, commands, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((name, text)) = pages.get(next.fetch_add(1, Ordering::SeqCst)) {
            let outcome = session::run(text, name.starts_with("docs/src/fr/"));
            commands.fetch_add(outcome.commands, Ordering::SeqCst);
            if outcome.wrong.is_empty() {
                continue;
            }
            if rewriting() {
                fs::write(project().join(name), outcome.rewritten).unwrap();
            }
            wrong.lock().unwrap().extend(outcome.wrong.iter().map(|error| format!("{name}, {error}")));
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {commands:?} commands:\n\n{}", wrong.len(), wrong.join("\n"));
    assert!(!wanted.is_empty() || commands.into_inner() >= 100, "there are few commands in the documentation");
}

#[test]
fn no_command_is_shown_that_is_neither_run_nor_counted() {
    let mut counted = BTreeMap::new();
    for (name, text) in pages() {
        let lines: Vec<&str> = text.lines().collect();
        for block in page::blocks(&lines) {
            let place = format!("{name}, line {}: `{}`", block.line, block.language);
            let inside = &lines[block.lines.clone()];
            match block.language.as_str() {
                "console" | "sh" if block.has("norun") => *counted.entry(name.clone()).or_insert(0) += 1,
                "console" => assert!(!page::steps(&lines, &block).is_empty(), "{place}: no command"),
                language => {
                    assert!(SHOWN.contains(&language), "{place}: mark what is not run with `norun`");
                    let typed = |line: &&&str| line.starts_with("$ ") || line.starts_with("tamis ");
                    assert_eq!(inside.iter().find(typed), None, "{place}: commands belong into `console`");
                }
            }
        }
    }
    let listed = NOT_RUN.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(counted, listed, "blocks that are not run");
}

#[test]
fn the_reference_is_what_the_program_says_of_itself() {
    for (name, made) in reference::pages() {
        let path = project().join(&name);
        if rewriting() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &made).unwrap();
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        let differs = there.lines().zip(made.lines()).find(|(a, b)| a != b);
        assert!(there == made, "{name} is old: write it with TAMIS_REWRITE_DOCS=1\n{differs:?}");
    }
}

#[test]
fn no_link_leads_nowhere() {
    for (name, text) in pages() {
        let folder = project().join(&name).parent().unwrap().to_path_buf();
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#', ' ']).next().unwrap();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(target).exists(), "{name}: {target}");
            }
        }
    }
}

#[test]
fn every_page_stands_in_the_contents_of_the_book() {
    let contents = fs::read_to_string(project().join("docs/src/SUMMARY.md")).unwrap();
    for (name, _) in pages() {
        let Some(page) = name.strip_prefix("docs/src/").filter(|page| *page != "SUMMARY.md") else { continue };
        assert!(contents.contains(&format!("]({page})")), "{name}");
    }
}
