//! Labels of a file against the fields of the schema.

use crate::ingest::InputFile;
use crate::schema::{FieldsMatch, TableSchema};

use super::findings::{COLUMN, FindingKind, Findings, Place};

/// Where each field of the schema stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// For each field its column; `None` where the file lacks it.
    pub(super) columns: Vec<Option<usize>>,
    /// For each field whether it was said of the file that its column is absent.
    pub(super) absent: Vec<bool>,
}

/// Judges the header of a file. Surplus labels are told by position only: a file without header has values there.
///
/// A finding here concerns the whole file, so there is a layout only where there is none.
pub(super) fn layout(schema: &TableSchema, file: &InputFile, findings: &mut Findings) -> Option<Layout> {
    let before = findings.total();
    let layout = Labels::new(schema, file).judge(findings);
    (findings.total() == before).then_some(layout)
}

/// Judges the header of a file, and gives the columns that are known all the same: by their label, or by their place where
/// the label alone is wrong. `None` where no label is one of the schema's.
pub(super) fn nearest(schema: &TableSchema, file: &InputFile, findings: &mut Findings) -> Option<Layout> {
    let labels = Labels::new(schema, file);
    let fits = labels.columns.iter().any(Option::is_some);
    let layout = labels.judge(findings);
    fits.then_some(layout)
}

struct Labels<'a> {
    schema: &'a TableSchema,
    labels: Vec<&'a str>,
    place: Place,
    /// For each field the column with its label.
    columns: Vec<Option<usize>>,
}

impl<'a> Labels<'a> {
    fn new(schema: &'a TableSchema, file: &'a InputFile) -> Self {
        let labels: Vec<&str> = file.labels.iter().map(String::as_str).collect();
        let columns = schema.fields.iter().map(|field| labels.iter().position(|l| *l == field.name)).collect();
        Self { schema, labels, place: Place { file: file.index, record: 0, line: 1 }, columns }
    }

    fn judge(mut self, findings: &mut Findings) -> Layout {
        let schema = self.schema;
        self.labels_alone(findings);
        let by_place = if schema.fields_match == FieldsMatch::Exact { self.pair(findings) } else { Vec::new() };
        let mut report = |kind, field: Option<&str>, column: Option<usize>| {
            let rule = column.map(|c| format!("{COLUMN}{}", c + 1));
            findings.add(kind, field, rule.as_deref(), self.place);
        };
        let may_lack = matches!(schema.fields_match, FieldsMatch::Superset | FieldsMatch::Partial);
        let may_have_more = matches!(schema.fields_match, FieldsMatch::Subset | FieldsMatch::Partial);
        let mut absent = vec![false; schema.fields.len()];
        if !may_lack {
            for ((field, column), absent) in schema.fields.iter().zip(&self.columns).zip(&mut absent) {
                if column.is_none() {
                    report(FindingKind::MissingLabel, Some(&field.name), None);
                    *absent = true;
                }
            }
        } else if self.columns.iter().all(Option::is_none) {
            report(FindingKind::MissingLabel, None, None);
        }
        if !may_have_more {
            for (i, label) in self.labels.iter().enumerate() {
                if !label.trim().is_empty() && schema.field(label).is_none() && !by_place.contains(&i) {
                    report(FindingKind::ExtraLabel, None, Some(i));
                }
            }
        }
        if schema.fields_match == FieldsMatch::Exact && self.labels.len() == self.columns.len() {
            for (i, column) in self.columns.iter().enumerate() {
                if column.is_some_and(|c| c != i) {
                    report(FindingKind::IncorrectLabel, Some(&schema.fields[i].name), None);
                }
            }
        }
        Layout { columns: self.columns, absent }
    }

    /// What is wrong with labels whatever the schema says.
    fn labels_alone(&self, findings: &mut Findings) {
        for (i, label) in self.labels.iter().enumerate() {
            let rule = format!("{COLUMN}{}", i + 1);
            if label.trim().is_empty() {
                findings.add(FindingKind::BlankLabel, None, Some(&rule), self.place);
            } else if self.labels[..i].contains(label) {
                let field = self.schema.field(label).map(|f| f.name.as_str());
                findings.add(FindingKind::DuplicateLabel, field, Some(&rule), self.place);
            }
        }
    }

    /// Where labels stand in the order of the fields, a field without a label and a label without a field in one place
    /// belong together: one finding, not two. Returns these columns.
    fn pair(&mut self, findings: &mut Findings) -> Vec<usize> {
        let mut paired = Vec::new();
        for (i, (field, label)) in self.schema.fields.iter().zip(&self.labels).enumerate() {
            let repeated = self.labels[..i].contains(label);
            if self.columns[i].is_some() || (self.schema.field(label).is_some() && !repeated) {
                continue;
            }
            // An empty or a repeated label has been reported.
            if !label.trim().is_empty() && !repeated {
                findings.add(FindingKind::IncorrectLabel, Some(&field.name), None, self.place);
            }
            self.columns[i] = Some(i);
            paired.push(i);
        }
        paired
    }
}
