//! The walls between the rooms: who may import whom, who may touch files, how long a file may be.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that every other room may import.
const OPEN: &[&str] = &["clock", "config", "disk", "schema"];

/// What each room may import, besides the open rooms. `ARCHITECTURE.md` shows the same table.
const ROOMS: &[(&str, &[&str])] = &[
    ("account", &["words"]),
    ("admission", &["keys", "seal"]),
    ("audit", &["keys", "seal"]),
    (
        "cli",
        &[
            "account",
            "audit",
            "database",
            "deliver",
            "destroy",
            "doctor",
            "infer",
            "keys",
            "ledger",
            "pipeline",
            "profile",
            "reception",
            "report",
            "scaffold",
            "scan",
            "seal",
            "synth",
            "validate",
            "words",
            "worker",
        ],
    ),
    ("clock", &[]),
    ("config", &["keys", "sql"]),
    ("database", &[]),
    ("deliver", &["seal"]),
    ("destroy", &["audit", "export", "keys", "vault"]),
    ("disk", &[]),
    ("doctor", &["audit", "destroy", "keys"]),
    ("export", &["keys", "release", "seal"]),
    ("identifiers", &[]),
    ("infer", &["identifiers", "ingest"]),
    ("ingest", &[]),
    ("keys", &[]),
    ("ledger", &["audit"]),
    (
        "pipeline",
        &[
            "admission",
            "audit",
            "database",
            "destroy",
            "export",
            "ingest",
            "keys",
            "ledger",
            "protect",
            "release",
            "sample",
            "scan",
            "seal",
            "sieve",
            "summarise",
            "validate",
            "vault",
        ],
    ),
    ("profile", &["infer", "ingest", "scan"]),
    ("protect", &["summarise"]),
    ("release", &["keys", "protect", "sample", "sieve", "summarise", "vault"]),
    ("reception", &["audit", "destroy", "keys", "seal"]),
    ("report", &["infer", "validate", "words"]),
    ("sample", &["keys"]),
    ("scaffold", &["synth", "words"]),
    ("scan", &["identifiers", "keys", "release", "sieve", "validate", "vault"]),
    ("schema", &["disk"]),
    ("seal", &["keys"]),
    ("sieve", &["identifiers", "keys", "validate"]),
    ("sql", &[]),
    ("summarise", &["sample"]),
    ("synth", &["identifiers"]),
    ("validate", &["identifiers", "ingest", "sql"]),
    ("vault", &["keys", "sieve"]),
    ("words", &[]),
    ("worker", &["ingest", "keys", "pipeline"]),
];

/// The open rooms themselves import less than the others: `clock` and `disk` know nobody, `schema` reads files.
const KNOWS_NOBODY: &[&str] = &["clock", "disk", "schema"];

/// The one room that calls the file system: tests can make each of its calls fail.
const FILE_SYSTEM: &str = "disk";

/// Rooms, or single files, that may use files. All others take and give values.
const TOUCH_FILES: &[&str] = &[
    "account/papers.rs",
    "admission",
    "audit",
    // What is named on the command line, and whose account it is
    "cli/anonymise.rs",
    "cli/audit.rs",
    "cli/close.rs",
    "cli/files.rs",
    "cli/init.rs",
    "cli/lineage.rs",
    "cli/manual.rs",
    "cli/open.rs",
    "cli/protect.rs",
    "cli/report.rs",
    "cli/run.rs",
    "cli/runs.rs",
    "cli/sample.rs",
    "cli/schema.rs",
    "cli/synth.rs",
    "cli/validate.rs",
    "config",
    // A library that is loaded, and the authorities that may vouch for a server
    "database/driver.rs",
    "database/server.rs",
    "deliver",
    "destroy",
    "doctor/machine.rs",
    "export",
    "ingest",
    "keys",
    "ledger",
    // The lock of a run, what a run that waits remembers, and what releases have lost of a privacy budget
    "pipeline/acknowledging.rs",
    "pipeline/certifying.rs",
    "pipeline/closing.rs",
    "pipeline/delivered.rs",
    // What earlier runs read, and a release that is removed
    "pipeline/identity.rs",
    "pipeline/opening.rs",
    "pipeline/pending.rs",
    "pipeline/perturbed/budget.rs",
    "pipeline/purging.rs",
    "pipeline/run.rs",
    // Tables made elsewhere stand in a ledger before their folder has its name
    "pipeline/readymade/release.rs",
    "reception",
    "scan",
    "schema",
    "seal",
    "vault",
    // Key and plans of a run on a cluster
    "worker/folder.rs",
];

/// Lines of a source file, at most.
const LONGEST: usize = 500;

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file under `src/` that is not a test, by its path from there.
fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(source_folder()).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&source_folder(), &mut found);
    found
}

fn is_test(file: &str) -> bool {
    file.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

fn room_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The code alone: no comments, no texts, nothing under `#[cfg(test)]`.
fn code_of(text: &str) -> String {
    without_tests(&without_comments_and_texts(text))
}

fn without_comments_and_texts(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let at = |i: usize| bytes.get(i).copied().unwrap_or('\0');
    let (mut out, mut i) = (String::with_capacity(text.len()), 0);
    while i < bytes.len() {
        match (at(i), at(i + 1)) {
            ('/', '/') => {
                while i < bytes.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            ('/', '*') => {
                while i < bytes.len() && !(at(i) == '*' && at(i + 1) == '/') {
                    i += 1;
                }
                i += 2;
            }
            ('r', '"' | '#') if !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                let hashes = bytes[i + 1..].iter().take_while(|c| **c == '#').count();
                if at(i + 1 + hashes) != '"' {
                    out.push('r');
                    i += 1;
                    continue;
                }
                i += 2 + hashes;
                let end = |i: usize| at(i) == '"' && (1..=hashes).all(|h| at(i + h) == '#');
                while i < bytes.len() && !end(i) {
                    i += 1;
                }
                i += 1 + hashes;
                out.push_str("\"\"");
            }
            ('"', _) => {
                i += 1;
                while i < bytes.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
                out.push_str("\"\"");
            }
            // A character, not a lifetime
            ('\'', '\\') => {
                i += 3;
                while i < bytes.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            ('\'', _) if at(i + 2) == '\'' => i += 3,
            (c, _) => {
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

/// Takes out each item behind `#[cfg(test)]`: up to its `;`, or the brace that closes it.
fn without_tests(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..start]);
        rest = &rest[start + "#[cfg(test)]".len()..];
        let mut depth = 0usize;
        let end = rest.char_indices().find_map(|(i, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            (depth == 0 && matches!(c, ';' | '}')).then_some(i + 1)
        });
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    out + rest
}

/// The rooms that a file imports: `use crate::a::b`, `use crate::{a, b::c}`, `crate::a::b(…)`, and `super::…` that climbs
/// out of its room.
fn imports(file: &str, text: &str) -> BTreeSet<String> {
    let code: String = code_of(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices("crate") {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        // `pub(crate)` and the like name no room.
        if let Some(path) = code[start + "crate".len()..].trim_start().strip_prefix("::") {
            found.extend(first_names(path));
        }
    }
    // Depth of the module that the file is: `a.rs` and `a/mod.rs` 1, `a/b.rs` 2.
    let depth = file.trim_end_matches("/mod.rs").split('/').count();
    let climb = "super::".repeat(depth);
    for (start, _) in code.match_indices(&climb) {
        let before = &code[..start];
        if !before.ends_with("super::") {
            found.extend(first_names(&code[start + climb.len()..]));
        }
    }
    found.remove(room_of(file));
    found
}

/// The first name of a path, or the first names of a group of paths.
fn first_names(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![word(path)] };
    let mut depth = 0usize;
    let mut names = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            _ => {}
        }
        if depth == 0 && !matches!(c, ',' | '}') {
            names.last_mut().unwrap().push(c);
        }
    }
    names.iter().map(|n| word(n.trim())).filter(|n| !n.is_empty()).collect()
}

/// What is wrong with the imports of a file.
fn trespasses(file: &str, text: &str) -> Vec<String> {
    let room = room_of(file);
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{file}: the room `{room}` is not in the table")];
    };
    let open = !KNOWS_NOBODY.contains(&room);
    imports(file, text)
        .into_iter()
        .filter(|to| !(allowed.contains(&to.as_str()) || open && OPEN.contains(&to.as_str())))
        .map(|to| format!("{file}: `{room}` may not import `{to}`"))
        .collect()
}

/// Whether code opens, makes or removes files by itself.
fn touches_files(text: &str) -> bool {
    let code: String = code_of(text).split_whitespace().collect();
    let grouped = code.split("usestd::{").skip(1).any(|rest| {
        let group = &rest[..rest.find(';').unwrap_or(rest.len())];
        first_names(&format!("{{{group}")).iter().any(|n| n == "fs")
    });
    // What a file is like, as the system tells it, is a value.
    let code = code.replace("std::os::unix::fs", "").replace("std::fs::Metadata", "");
    let calls = ["std::fs", "tempfile::", "OpenOptions::"].iter().any(|w| code.contains(w));
    let named = |call: &str| {
        let before = |at: usize| code[..at].chars().next_back();
        code.match_indices(call).any(|(at, _)| !before(at).is_some_and(|c| c.is_alphanumeric() || c == '_'))
    };
    grouped || calls || named("File::open") || named("File::create")
}

#[test]
fn no_room_imports_a_room_that_the_table_does_not_allow() {
    let sources = sources();
    assert!(sources.len() > 100, "the sources were not found");
    let wrong: Vec<String> = sources
        .iter()
        .filter(|(file, _)| !is_test(file) && !matches!(file.as_str(), "lib.rs" | "main.rs"))
        .flat_map(|(file, text)| trespasses(file, text))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_stands_in_the_table_and_every_line_of_the_table_is_a_room() {
    let lib = code_of(&fs::read_to_string(source_folder().join("lib.rs")).unwrap());
    let rooms: BTreeSet<&str> =
        lib.lines().filter_map(|l| l.trim().strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(rooms, ROOMS.iter().map(|(room, _)| *room).collect());
}

#[test]
fn the_program_calls_the_command_line_and_nothing_else() {
    let main = code_of(&fs::read_to_string(source_folder().join("main.rs")).unwrap());
    for (start, _) in main.match_indices("tamis::") {
        assert!(main[start..].starts_with("tamis::cli"), "main.rs reaches past the command line");
    }
    assert!(main.lines().count() < 60);
}

#[test]
fn architecture_md_shows_the_same_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let text = fs::read_to_string(&path).expect("ARCHITECTURE.md with the table of rooms");
    let section = text.split("<!-- rooms -->").nth(1).expect("<!-- rooms --> before the table");
    let section = section.split("<!-- /rooms -->").next().unwrap();
    let lines: Vec<Vec<String>> = section
        .lines()
        .filter(|line| line.trim_start().starts_with('|'))
        .map(|line| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
        .collect();
    let (labels, rows) = (&lines[0], &lines[2..]);
    let at = |label: &str| labels.iter().position(|l| l == label).unwrap_or_else(|| panic!("no column `{label}`"));
    let (room, imports) = (at("room"), at("may import"));
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty() && n != "–").collect()
    };
    let shown: BTreeMap<String, BTreeSet<String>> =
        rows.iter().map(|row| (row[room].trim_end_matches('/').to_owned(), names(&row[imports]))).collect();
    let held: BTreeMap<String, BTreeSet<String>> = ROOMS
        .iter()
        .map(|(room, allowed)| ((*room).to_owned(), allowed.iter().map(|a| (*a).to_owned()).collect()))
        .collect();
    assert_eq!(shown.len(), rows.len(), "a room stands twice in ARCHITECTURE.md");
    assert_eq!(shown, held);
}

#[test]
fn only_the_rooms_that_must_touch_files() {
    let allowed = |file: &str| TOUCH_FILES.iter().any(|room| *room == file || *room == room_of(file));
    let sources = sources();
    let code = || sources.iter().filter(|(file, _)| !is_test(file));
    let past: Vec<&String> = code()
        .filter(|(file, text)| room_of(file) != FILE_SYSTEM && touches_files(text))
        .map(|(file, _)| file)
        .collect();
    assert!(past.is_empty(), "these call the file system past `disk`: {past:?}");
    let wrong: Vec<&String> = code()
        .filter(|(file, text)| imports(file, text).contains(FILE_SYSTEM) && !allowed(file))
        .map(|(file, _)| file)
        .collect();
    assert!(wrong.is_empty(), "these use files, but their room may not: {wrong:?}");
}

#[test]
fn no_source_file_is_longer_than_five_hundred_lines() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > LONGEST)
        .map(|(file, text)| format!("{file}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "a second file is cheaper than a long scroll: {long:?}");
}

#[test]
fn an_import_is_seen_however_it_is_written() {
    let seen = |file: &str, text: &str| imports(file, text).into_iter().collect::<Vec<_>>();
    assert_eq!(seen("keys.rs", "use crate::vault::Vault;"), ["vault"]);
    assert_eq!(seen("keys.rs", "use crate::{\n    audit::{self, Name},\n    vault,\n};"), ["audit", "vault"]);
    assert_eq!(seen("keys.rs", "fn f() -> crate :: vault::Vault { crate::export::go() }"), ["export", "vault"]);
    assert_eq!(seen("keys.rs", "use super::vault::Vault;"), ["vault"]);
    assert_eq!(seen("sieve/mod.rs", "use super::{vault, export::x};"), ["export", "vault"]);
    assert_eq!(seen("sieve/rows.rs", "use super::super::vault::Vault; use super::pass::Pass;"), ["vault"]);
    assert_eq!(seen("sieve/rows.rs", "macro_rules! m { () => { $crate::vault::go() } }"), ["vault"]);
    assert_eq!(trespasses("schema/mod.rs", "use crate::config::Pipeline;").len(), 1);
    assert_eq!(trespasses("keys.rs", "use crate::config::Pipeline;").len(), 0);
    assert_eq!(trespasses("ingest/mod.rs", "use crate::validate::Judge;").len(), 1);
    assert_eq!(trespasses("cellar.rs", "").len(), 1);
}

#[test]
fn comments_texts_tests_and_the_own_room_are_no_imports() {
    let text = r##"
        //! See [`crate::vault`].
        /* crate::export */
        pub(crate) struct A<'a>(&'a str);
        const TEXT: &str = "use crate::vault; \" crate::export";
        const RAW: &str = r#"crate::vault"#;
        const QUOTE: char = '"';
        use crate::keys::Prn;
        #[cfg(test)]
        use crate::vault::Vault;
        #[cfg(test)]
        mod tests { use crate::export::x; fn f() { std::fs::read("a"); } }
    "##;
    assert!(imports("keys.rs", text).is_empty());
    assert!(!touches_files(text));
}

#[test]
fn opening_a_file_is_seen_however_it_is_written() {
    for code in [
        "use std::fs;",
        "use std::fs::File;",
        "use std::{io, fs::{self, File}};",
        "fn f() { std :: fs::read(\"a\"); }",
        "fn f() { tempfile::tempdir(); }",
    ] {
        assert!(touches_files(code), "{code}");
    }
    assert!(!touches_files("use std::{io, fmt}; struct File; struct HashedFile(File);"));
}
