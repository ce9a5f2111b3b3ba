#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;

use regex::Regex;

use super::*;
use crate::config::tests::mistakes::mistakes;
use crate::pipeline::{Container, IngestError};

/// English words that no French sentence has, once what it quotes is taken out.
fn english(text: &str) -> Vec<String> {
    let quoted = Regex::new("`[^`]*`|«[^»]*»|\"[^\"]*\"|\\[[^\\]]*\\]|\\{[^}]*\\}|\\w+ = ").unwrap();
    const WORDS: [&str; 20] = [
        "the", "is", "are", "of", "and", "not", "with", "it", "this", "for", "that", "which", "write", "no", "be",
        "cannot", "there", "its", "has", "was",
    ];
    let plain = quoted.replace_all(text, " ").to_lowercase();
    let words = plain.split(|c: char| !c.is_alphabetic() && c != '\'' && c != '-');
    words.filter(|word| WORDS.contains(word)).map(str::to_owned).collect()
}

#[test]
fn every_mistake_of_a_pipeline_is_told_in_french() {
    let mut codes = BTreeSet::new();
    let mut wrong = Vec::new();
    for errors in mistakes() {
        let said: Vec<(String, String)> =
            errors.errors().iter().map(|error| (error.to_string(), error.code())).collect();
        let french = InFrench::new(errors);
        for (problem, (english_one, code)) in french.problems().iter().zip(said) {
            assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{code}");
            assert_ne!(problem.message, english_one, "{code}");
            for text in [&problem.message, &problem.help] {
                if !english(text).is_empty() {
                    wrong.push(format!("{code}: {text}"));
                }
            }
            codes.insert(code);
        }
        let shown = french.shown();
        assert!(shown.contains("est inutilisable") && shown.contains("aide : "), "{shown}");
        assert!(!shown.contains("help:") && !shown.contains("Error:") && !shown.contains("── here"), "{shown}");
    }
    assert!(wrong.is_empty(), "English words in:\n{}", wrong.join("\n"));
    assert!(codes.len() > 50, "{}", codes.len());
}

#[test]
fn a_name_that_was_probably_meant_is_offered() {
    let helps: Vec<String> = mistakes()
        .into_iter()
        .flat_map(|errors| InFrench::new(errors).problems().iter().map(|p| p.help.clone()).collect::<Vec<_>>())
        .collect();
    assert!(helps.iter().any(|help| help.contains("Vouliez-vous dire «")));
    assert!(helps.iter().any(|help| help.contains("Il y a : ")));
}

#[test]
fn why_a_file_is_not_read_is_told_in_french() {
    let file = || PathBuf::from("f.csv");
    let column = || "c".to_owned();
    let errors = [
        IngestError::BadPattern { pattern: column() },
        IngestError::NoFiles { source_name: column() },
        IngestError::NoMatch { pattern: column() },
        IngestError::NotFound { file: file() },
        IngestError::IsDirectory { file: file() },
        IngestError::NotAFile { file: file() },
        IngestError::PermissionDenied { file: file() },
        IngestError::Io { file: file(), kind: ErrorKind::StorageFull },
        IngestError::Empty { file: file() },
        IngestError::NoLabels { file: file() },
        IngestError::Utf16 { file: file() },
        IngestError::NotText { file: file() },
        IngestError::HeaderEncoding { file: file() },
        IngestError::BareCarriageReturn { file: file() },
        IngestError::Delimiter { file: file() },
        IngestError::Changed { file: file() },
        IngestError::Stream { problem: "the stream broke".to_owned() },
        IngestError::CutShort { file: file(), container: Container::Gzip },
        IngestError::Corrupt { file: file(), container: Container::Sheet },
        IngestError::UnsupportedCompression { file: file(), container: Container::Parquet },
        IngestError::Sheets { file: file(), filled: vec![1, 3], of: 3 },
        IngestError::NoSheet { file: file(), sheet: column(), of: 2 },
        IngestError::NotAWorkbook { file: file() },
        IngestError::NotAnObject { file: file(), line: 1 },
        IngestError::UnknownMember { file: file(), line: 1 },
        IngestError::UnterminatedQuote { file: file(), line: 1 },
        IngestError::RecordTooLong { file: file(), line: 1 },
        IngestError::UnsupportedType { file: file(), column: column(), type_name: "List".to_owned() },
        IngestError::NoColumn { file: file(), column: column() },
        IngestError::RepeatedColumn { file: file(), column: column() },
        IngestError::RegisterRecord { file: file(), line: 1 },
    ];
    for error in errors {
        let (told, said) = (files::ingest(&error), error.to_string());
        assert_eq!(english(&told), Vec::<String>::new(), "{told}");
        assert_ne!(told, said);
        // What the English names is named here too.
        assert_eq!(told.contains("f.csv"), said.contains("f.csv"), "{told}");
    }
    assert_eq!(of_kind(Lang::En, ErrorKind::NotFound), "entity not found");
    assert_eq!(of_kind(Lang::Fr, ErrorKind::NotFound), "introuvable");
}

#[test]
fn english_is_known_as_english() {
    assert_eq!(english("the file is empty"), ["the", "is"]);
    assert!(english("le fichier est vide ; écrivez `the name`").is_empty());
}
