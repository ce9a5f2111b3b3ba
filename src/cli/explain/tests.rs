#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use super::*;
use crate::words::Lang;

#[test]
fn every_problem_of_a_pipeline_that_the_program_knows_is_explained_and_no_other() {
    let source = include_str!("../../config/problem.rs");
    let known: BTreeSet<&str> =
        source.split("code(tamis::pipeline::").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(known.len() > 70, "the codes were not found: {known:?}");
    assert_eq!(known, PROBLEMS.iter().map(|(code, _, _)| *code).collect());
}

#[test]
fn the_exit_codes_are_those_of_the_readme() {
    let readme = include_str!("../../../README.md");
    let table = readme.split("## Exit codes").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let codes: Vec<&str> = rows.flat_map(|cell| cell.split(", ")).filter(|code| code.parse::<u8>().is_ok()).collect();
    assert_eq!(codes, EXITS.iter().map(|(code, _)| *code).collect::<Vec<_>>());
}

#[test]
fn every_code_has_its_cause_reason_fix_and_example_in_both_languages() {
    for lang in [Lang::En, Lang::Fr] {
        let words = Words::new(lang);
        let mut count = 0;
        for (kind, code) in all() {
            let Explained { cause, why, fix, example, .. } = explained(kind, code, &words);
            for text in [&cause, &why, &fix] {
                // A message that is missing is told as its key.
                let key = ["explain-", "finding-", "remark-", "advice-"].iter().any(|key| text.starts_with(key));
                assert!(!key && text.len() > 5, "{code}: {text}");
                assert!(text.ends_with(['.', '?', '!', '…']) || kind != Kind::Pipeline, "{code}: {text}");
            }
            assert!(!example.is_empty(), "{code}");
            count += 1;
        }
        assert!(count > 110, "{count}");
    }
}

#[test]
fn a_code_is_found_however_it_is_written() {
    for written in ["tamis::pipeline::unknown_column", "unknown_column", "unknown-column", " Unknown_Column "] {
        assert_eq!(found(written), Some((Kind::Pipeline, "unknown_column")), "{written}");
    }
    assert_eq!(found("exit 4"), Some((Kind::Exit, "4")));
    assert_eq!(found("130"), Some((Kind::Exit, "130")));
    assert_eq!(found("type-error"), Some((Kind::Finding, "type-error")));
    assert_eq!(found("12"), None);
    assert_eq!(near("unknown_colum"), ["unknown_column"]);
    assert_eq!(near("typ-error"), ["type-error"]);
    assert!(near("xyzzy").is_empty());
}

#[test]
fn no_two_kinds_share_a_code() {
    let codes: Vec<String> = all().map(|(_, code)| plain(code)).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
}

#[test]
fn examples_of_pipelines_are_toml() {
    for (code, _, example) in PROBLEMS {
        // Commands, schemas and lists of codes are shown too.
        let is_toml =
            example.lines().all(|line| line.is_empty() || line.starts_with(['[', '#']) || line.contains(" = "));
        if is_toml {
            assert!(example.parse::<::toml::Table>().is_ok(), "{code}: {example}");
        }
    }
}

#[test]
fn commands_and_places_keep_their_letters() {
    assert_eq!(wrapped("tamis resume RUN goes on."), "  tamis resume RUN goes on.");
    assert_eq!(wrapped("fields[3]: no role."), "  fields[3]: no role.");
    assert_eq!(wrapped("l'usage est fini."), "  L'usage est fini.");
    assert_eq!(
        wrapped(&"mot ".repeat(40)).lines().map(|l| l.chars().count() <= 80).collect::<BTreeSet<_>>(),
        [true].into()
    );
}
