//! `[[derive]]`: columns computed by an SQL expression over the fields of a source.

use crate::config::spanned::Spanned;

use crate::schema::{Logical, Role};

use super::form::Entry;
use super::model::Derived;
use super::problem::{Known, Problem};
use super::raw::RawDerive;
use super::read::Reader;
use super::sources::{self, Ground};
use super::{sql, words};

/// Adds every derived column to its dataset.
pub(super) fn derive(reader: &mut Reader<'_>, entries: &[Entry<RawDerive>], ground: &mut Ground) {
    for entry in entries {
        if let Some((dataset, derived)) = one(reader, entry, ground) {
            ground.datasets[dataset].derived.push(derived);
        }
    }
}

fn one(reader: &mut Reader<'_>, entry: &Entry<RawDerive>, ground: &Ground) -> Option<(usize, Derived)> {
    let raw = &entry.raw;
    let why = "Name the source whose fields the expression is about.";
    let source = reader.required_text(&raw.source, entry, ("[[derive]]", "source"), why);
    let name = reader.required_text(&raw.name, entry, ("[[derive]]", "name"), "Name the new column.");
    let why = "Write an SQL expression over fields of the source.";
    let expression = reader.required_text(&raw.sql, entry, ("[[derive]]", "sql"), why);
    let why = "Say what comes out: \"integer\", \"number\", \"text\", \"boolean\" or \"date\".";
    let written = reader.required(&raw.kind, entry, ("[[derive]]", "type"), why);
    let kinds = [Logical::Integer, Logical::Number, Logical::Text, Logical::Boolean, Logical::Date];
    let logical = reader.word(&raw.kind, "type", Logical::Text, &kinds.map(|k| (k.word(), k)));
    let (source, name, expression, written) = (source?, name?, expression?, written?);

    let position = sources::source_position(reader, source, &ground.sources)?;
    let Some(dataset) = ground.datasets.iter().position(|d| d.source == position) else {
        reader.report(source.span(), Problem::NotADataset { name: source.get_ref().clone() });
        return None;
    };
    let schema = &ground.sources[position].schema;
    let taken = schema.field(name.get_ref()).is_some()
        || ground.datasets[dataset].derived.iter().any(|d| d.name == *name.get_ref());
    if taken {
        let name_again = name.get_ref().clone();
        reader.report(name.span(), Problem::DuplicateName { what: "column", name: name_again });
    }
    if !words::is_column_name(name.get_ref()) {
        let expected = "Write a name of visible characters, at most 100 bytes.";
        reader.report(name.span(), Problem::BadValue { key: "name", expected });
    }
    let checked = match sql::check(expression.get_ref(), schema) {
        Ok(checked) => checked,
        Err(problem) => {
            reader.report(expression.span(), problem.into_problem(source.get_ref(), schema));
            return None;
        }
    };
    let roles = checked.columns.iter().map(|c| schema.field(c).and_then(|f| f.role).unwrap_or(Role::DirectIdentifier));
    let role = roles.clone().max().unwrap_or(Role::DirectIdentifier);
    for (column, role) in checked.columns.iter().zip(roles).filter(|(_, r)| r.never_leaves()) {
        let span = place_in(expression, column);
        reader.report(span, Problem::IdentifierLeaves { column: column.clone(), role });
    }
    let fits = checked.kind == Some(logical) || (checked.kind, logical) == (Some(Logical::Integer), Logical::Number);
    if !fits {
        let advice = "Correct type, or convert the expression with CAST(… AS …).";
        let problem = Problem::SqlType { found: checked.engine_kind, expected: logical.word(), advice };
        reader.report(written.span(), problem);
    }
    Some((dataset, Derived { name: name.get_ref().clone(), sql: expression.get_ref().clone(), logical, role }))
}

/// Where a column is named in an expression written without escapes; else the whole expression.
fn place_in(expression: &Spanned<String>, column: &str) -> std::ops::Range<usize> {
    let span = expression.span();
    let sql = expression.get_ref();
    let quotes = span.len().saturating_sub(sql.len()) / 2;
    // Escapes make the text shorter than its place by more than a pair of quotation marks (1 or 3 each side).
    match sql.find(column) {
        Some(at) if matches!(quotes, 1 | 3) && span.len() == sql.len() + 2 * quotes => {
            let start = span.start + quotes + at;
            start..start + column.len()
        }
        _ => span,
    }
}

impl sql::SqlProblem {
    /// As a problem of the pipeline file.
    pub(super) fn into_problem(self, source: &str, schema: &crate::schema::TableSchema) -> Problem {
        let place = format!("`{source}`");
        match self {
            Self::Invalid(message) => Problem::Sql { place, message },
            Self::UnknownColumn(column) => {
                let known = Known::new(&column, schema.fields.iter().map(|f| f.name.as_str()));
                Problem::UnknownColumn { column, place, known }
            }
            Self::NotPerRecord => Problem::SqlNotPerRecord,
        }
    }
}

impl std::fmt::Display for sql::SqlProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(message) => f.write_str(message),
            Self::UnknownColumn(column) => write!(f, "it names `{column}`, which is not a field"),
            Self::NotPerRecord => f.write_str("it does not look at one record alone"),
        }
    }
}
