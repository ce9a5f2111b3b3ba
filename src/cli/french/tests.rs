#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;

use regex::Regex;

use super::*;
use crate::config::tests::mistakes::mistakes;
use crate::database::{DatabaseError, DriverFile, Problem, SqlState};
use crate::keys::{LedgerProblem, Refusal};
use crate::pipeline::refusals::{
    AdmissionError, AuditError, BudgetError, ControlledError, ExportError, Mismatch, NoiseError, Operation,
    PTableError, RoundingError, SampleError, SystemError, Unfit, VaultError,
};
use crate::pipeline::{Container, IngestError, Needed, PerturbError, ReadymadeError};

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
fn why_a_room_refuses_is_told_in_french() {
    let file = || PathBuf::from("f.csv");
    let text = || "c".to_owned();
    let sample = [
        SampleError::UnknownStratum,
        SampleError::FrameChanged { census: 1, draw: 2 },
        SampleError::Duplicates { units: 1 },
        SampleError::Disagree { units: 1 },
        SampleError::Conflicts { units: 1 },
        SampleError::MissingStratum { units: 1 },
        SampleError::BadSize { units: 1 },
        SampleError::BadNumber { units: 1 },
        SampleError::MissingCluster { units: 1 },
        SampleError::ClusterConflicts { clusters: 1 },
        SampleError::SeveralClusters { units: 1 },
        SampleError::ShortStrata { strata: 1, lacking: 2 },
        SampleError::ShortFrame { lacking: 1 },
        SampleError::EmptyStrata { strata: 1 },
        SampleError::Unsized { strata: 1 },
        SampleError::NoSpread { strata: 1 },
        SampleError::Discloses { strata: 1 },
        SampleError::NegativeWeights { units: 1 },
        SampleError::UnknownCategory { margin: 0 },
        SampleError::AbsentCategory { margin: 0 },
        SampleError::Calibration { margin: 0, problem: Unfit::Nobody },
        SampleError::Calibration { margin: 0, problem: Unfit::OutOfReach },
        SampleError::Calibration { margin: 0, problem: Unfit::Contradictory },
        SampleError::Calibration { margin: 0, problem: Unfit::BadTotal },
        SampleError::Calibration { margin: 0, problem: Unfit::NotConverged },
        SampleError::Calibration { margin: 0, problem: Unfit::NoSample },
        SampleError::TooMany,
    ];
    let p_tables = [
        PTableError::Deviation,
        PTableError::Variance,
        PTableError::Stay,
        PTableError::NoSolution { count: 1 },
        PTableError::Row { count: 1 },
        PTableError::Wide { count: 1 },
        PTableError::Zero,
        PTableError::Line { line: 1 },
    ];
    let rounding = [RoundingError::Base, RoundingError::TooLarge, RoundingError::OutOfWords];
    let controlled = [
        ControlledError::Base,
        ControlledError::Length,
        ControlledError::Malformed,
        ControlledError::NoCommonFinest { cell: 1 },
        ControlledError::Circular { cell: 1 },
        ControlledError::TooLarge,
    ];
    let noise = [NoiseError::NoLoss, NoiseError::NoSensitivity, NoiseError::OutOfRange];
    let budget = [BudgetError::Overdraft, BudgetError::Repeated, BudgetError::Measure, BudgetError::Zero];
    let perturb = [
        PerturbError::System(SystemError::TooLarge),
        PerturbError::System(SystemError::Malformed),
        PerturbError::Audit(AuditError::Length),
        PerturbError::Biased { count: 1 },
        PerturbError::Weak { count: 1 },
        PerturbError::TooManyCells { most: 1 },
        PerturbError::NoLoss,
        PerturbError::Found { cells: 1 },
        PerturbError::SumFound { column: text(), cells: 1 },
        PerturbError::DrawnAgain { cells: 1 },
        PerturbError::KeyNeeded,
        PerturbError::OtherCounts { file: file(), release: text() },
        PerturbError::OtherBudget { file: file() },
        PerturbError::BudgetLinked { file: file() },
        PerturbError::DamagedBudget { file: file() },
        PerturbError::BudgetFile { file: file(), kind: ErrorKind::PermissionDenied },
    ];
    let readymade = [
        ReadymadeError::CellTwice { file: file(), line: 1 },
        ReadymadeError::NotANumber { file: file(), line: 1, column: text() },
        ReadymadeError::NumberNeeded { file: file(), line: 1, column: text(), of: Needed::Whole },
        ReadymadeError::Decision { file: file(), line: 1, column: text() },
        ReadymadeError::Decisions { file: file(), line: 1 },
        ReadymadeError::Differs { file: file(), line: 1, column: text() },
        ReadymadeError::TotalCode { file: file(), line: 1, column: text() },
        ReadymadeError::Contributions { file: file(), line: 1 },
        ReadymadeError::NotNested { fine: text(), coarse: text() },
        ReadymadeError::AddUp { file: file(), line: 1, column: text() },
        ReadymadeError::TwoNumbers { file: file(), line: 1, column: text() },
        ReadymadeError::CountsTwice { file: file() },
        ReadymadeError::NoContributor { file: file() },
        ReadymadeError::FewCells { file: file() },
        ReadymadeError::NotListed { file: file() },
        ReadymadeError::Contradiction,
        ReadymadeError::NoCells,
        ReadymadeError::NoColumn { column: text() },
        ReadymadeError::NoValue,
        ReadymadeError::TooLarge,
    ];
    let export = [
        ExportError::Io { path: file(), operation: Operation::Sync, kind: ErrorKind::StorageFull },
        ExportError::Name { name: text() },
        ExportError::Duplicate { name: text() },
        ExportError::Unknown { file: text() },
        ExportError::NoSigningKey,
        ExportError::UnlistedRecipient { resource: text() },
        ExportError::NoFormat { resource: text() },
        ExportError::Encode { path: file() },
        ExportError::ReadBack { file: text(), what: Mismatch::Rows },
        ExportError::Stray { file: text() },
    ];
    let admission = [
        AdmissionError::NoRelease { from: text() },
        AdmissionError::SeveralReleases { from: text(), found: 2 },
        AdmissionError::Verifier { path: file(), why: text() },
        AdmissionError::NotSigned { folder: file() },
        AdmissionError::Purpose { folder: file() },
        AdmissionError::NotAFile { path: file() },
        AdmissionError::Missing { path: file() },
        AdmissionError::Extra { path: file() },
        AdmissionError::Changed { path: file() },
        AdmissionError::Document { path: file() },
        AdmissionError::NoOutput { folder: file(), output: text() },
        AdmissionError::Guarded { folder: file(), output: text(), cells: 1 },
        AdmissionError::NoEvidence { folder: file(), output: text() },
        AdmissionError::NotCertified { folder: file(), output: text(), why: "it has no evidence" },
        AdmissionError::Twice { first: text(), second: "d".to_owned() },
    ];
    let refused = |refusal| KeyError::Refused { place: "root.key".to_owned(), refusal };
    let keys = [
        KeyError::OneByteRepeated,
        KeyError::Exists { place: text() },
        KeyError::Write { place: text(), kind: ErrorKind::StorageFull },
        KeyError::Name,
        KeyError::KeyNeeded,
        KeyError::DrawKeyNeeded,
        KeyError::EpochNeeded,
        KeyError::OtherLedger,
        KeyError::NotLasting,
        refused(Refusal::Link),
        refused(Refusal::Owner { owner: 1, user: 2 }),
        refused(Refusal::Mode { mode: 0o644 }),
        refused(Refusal::TooShort { bytes: 3 }),
        refused(Refusal::NotAKey),
        KeyError::Ledger { place: text(), problem: LedgerProblem::NoEpoch },
        KeyError::Ledger { place: text(), problem: LedgerProblem::Unknown { name: text(), known: "d".to_owned() } },
    ];
    let vault = [VaultError::Damaged, VaultError::Spill { kind: ErrorKind::StorageFull }];
    let code = SqlState::new("42P01");
    let database = [
        Problem::NotBuilt,
        Problem::Address,
        Problem::NoPassword,
        Problem::Unencrypted,
        Problem::Authorities(file()),
        Problem::NoAuthorities,
        Problem::Tls,
        Problem::Unreachable(ErrorKind::TimedOut),
        Problem::Refused(code),
        Problem::Query { code, position: Some(1) },
        Problem::Parameters,
        Problem::NoColumns,
        Problem::Ended(code),
        Problem::Lost,
        Problem::System(ErrorKind::Other),
        Problem::DriverNotBuilt,
        Problem::DriverAddress,
        Problem::Driver(DriverFile::Unreadable(ErrorKind::NotFound)),
        Problem::Driver(DriverFile::NotAFile),
        Problem::Driver(DriverFile::Writable),
        Problem::Driver(DriverFile::NotADriver),
        Problem::Driver(DriverFile::Broken),
        Problem::DriverCa,
        Problem::DriverQuery(code),
        Problem::Semicolon,
    ];
    let of_source = |problem| DatabaseError { source_name: text(), problem };
    let refusals = (sample.into_iter().map(RunError::from))
        .chain(p_tables.into_iter().map(|why| RunError::from(PerturbError::from(why))))
        .chain(rounding.into_iter().map(|why| RunError::from(PerturbError::from(why))))
        .chain(controlled.into_iter().map(|why| RunError::from(PerturbError::from(why))))
        .chain(noise.into_iter().map(|why| RunError::from(PerturbError::from(why))))
        .chain(budget.into_iter().map(|problem| RunError::from(PerturbError::Budget { file: file(), problem })))
        .chain(perturb.into_iter().map(RunError::from))
        .chain(database.into_iter().map(|problem| RunError::from(of_source(problem))))
        .chain(readymade.into_iter().map(RunError::from))
        .chain(export.into_iter().map(RunError::from))
        .chain(admission.into_iter().map(RunError::from))
        .chain(keys.into_iter().map(RunError::from))
        .chain(vault.into_iter().map(RunError::from));
    for error in refusals {
        let (told, said) = (of_run(Lang::Fr, &error), error.to_string());
        assert_eq!(english(&told), Vec::<String>::new(), "{told}");
        assert_ne!(told, said);
        // What the English names is named here too.
        for name in ["f.csv", "root.key"] {
            assert_eq!(told.contains(name), said.contains(name), "{told}");
        }
    }
}

#[test]
fn english_is_known_as_english() {
    assert_eq!(english("the file is empty"), ["the", "is"]);
    assert!(english("le fichier est vide ; écrivez `the name`").is_empty());
}
