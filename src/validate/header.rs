//! Labels of a file against the fields of the schema.

use crate::ingest::InputFile;
use crate::schema::{FieldsMatch, TableSchema};

use super::findings::{FindingKind, Findings, Place};

/// Where each field of the schema stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// For each field its column; `None` where the file lacks it and the schema allows that.
    pub(super) columns: Vec<Option<usize>>,
}

/// Judges the header of a file. Surplus labels are told by position only: a file without header has values there.
///
/// A finding here concerns the whole file, so there is a layout only where there is none.
pub(super) fn layout(schema: &TableSchema, file: &InputFile, findings: &mut Findings) -> Option<Layout> {
    let place = Place { file: file.index, record: 0, line: 1 };
    let labels: Vec<&str> = file.labels.iter().map(String::as_str).collect();
    let before = findings.total();
    let mut report = |kind, field: Option<&str>, column: Option<usize>| {
        let rule = column.map(|c| format!("column {}", c + 1));
        findings.add(kind, field, rule.as_deref(), place);
    };
    for (i, label) in labels.iter().enumerate() {
        if label.trim().is_empty() {
            report(FindingKind::BlankLabel, None, Some(i));
        } else if labels[..i].contains(label) {
            report(FindingKind::DuplicateLabel, schema.field(label).map(|f| f.name.as_str()), Some(i));
        }
    }
    let columns: Vec<Option<usize>> =
        schema.fields.iter().map(|field| labels.iter().position(|l| *l == field.name)).collect();
    let may_lack = matches!(schema.fields_match, FieldsMatch::Superset | FieldsMatch::Partial);
    let may_have_more = matches!(schema.fields_match, FieldsMatch::Subset | FieldsMatch::Partial);
    if !may_lack {
        for (field, column) in schema.fields.iter().zip(&columns) {
            if column.is_none() {
                report(FindingKind::MissingLabel, Some(&field.name), None);
            }
        }
    } else if columns.iter().all(Option::is_none) {
        report(FindingKind::MissingLabel, None, None);
    }
    if !may_have_more {
        for (i, label) in labels.iter().enumerate() {
            if !label.trim().is_empty() && schema.field(label).is_none() {
                report(FindingKind::ExtraLabel, None, Some(i));
            }
        }
    }
    if schema.fields_match == FieldsMatch::Exact && labels.len() == columns.len() {
        for (i, column) in columns.iter().enumerate() {
            if column.is_some_and(|c| c != i) {
                report(FindingKind::IncorrectLabel, Some(&schema.fields[i].name), None);
            }
        }
    }
    (findings.total() == before).then_some(Layout { columns })
}
