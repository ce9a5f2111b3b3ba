//! SQL expressions of pipelines and schemas: parsed, held against the fields, and tried on an empty record, so that
//! no expression fails in the middle of a run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::{AggExpr, Column, DataFrame, DataType, Expr, IntoLazy, TimeUnit};
use polars::sql::sql_expr;

use crate::schema::{Logical, TableSchema};

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SqlProblem {
    /// It cannot be parsed, or its parts do not go together; the text is the engine's and quotes only the expression.
    Invalid(String),
    /// It names a column that does not exist.
    UnknownColumn(String),
    /// It looks at more than one record, or at none.
    NotPerRecord,
}

/// An expression that can be computed for every record of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    /// The fields that it names, each once, in order of appearance.
    pub columns: Vec<String>,
    /// Kind of value that comes out; `None` for kinds that have no place here (durations, lists…).
    pub kind: Option<Logical>,
    /// The engine's word for it, for messages.
    pub engine_kind: String,
}

/// The engine's type of a kind of value.
fn data_type(kind: Logical) -> DataType {
    match kind {
        Logical::Text => DataType::String,
        Logical::Integer => DataType::Int64,
        Logical::Number => DataType::Float64,
        Logical::Boolean => DataType::Boolean,
        Logical::Date => DataType::Date,
        Logical::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
    }
}

fn logical(kind: &DataType) -> Option<Logical> {
    match kind {
        DataType::String => Some(Logical::Text),
        DataType::Float32 | DataType::Float64 => Some(Logical::Number),
        DataType::Boolean => Some(Logical::Boolean),
        DataType::Date => Some(Logical::Date),
        DataType::Datetime(..) => Some(Logical::Datetime),
        kind if kind.is_integer() => Some(Logical::Integer),
        _ => None,
    }
}

/// Only what computes one value from one record: no aggregates, windows, sorting, subqueries or column patterns.
fn is_per_record(node: &Expr) -> bool {
    // `IN ('a', 'b')` is a list of literals folded into one value.
    if let Expr::Agg(AggExpr::Implode { input, .. }) = node {
        return matches!(**input, Expr::Literal(_));
    }
    matches!(
        node,
        Expr::Column(_)
            | Expr::Literal(_)
            | Expr::Alias(..)
            | Expr::BinaryExpr { .. }
            | Expr::Cast { .. }
            | Expr::Ternary { .. }
            | Expr::Function { .. }
    )
}

/// The fields that an expression names, without holding them against a schema.
pub(super) fn columns(sql: &str) -> Result<Vec<String>, SqlProblem> {
    parse(sql).map(|(_, columns)| columns)
}

fn parse(sql: &str) -> Result<(Expr, Vec<String>), SqlProblem> {
    let expr = quietly(|| sql_expr(sql).map_err(|e| e.to_string()))?;
    let mut columns: Vec<String> = Vec::new();
    for node in &expr {
        if !is_per_record(node) {
            return Err(SqlProblem::NotPerRecord);
        }
        if let Expr::Column(name) = node
            && !columns.iter().any(|c| c == name.as_str())
        {
            columns.push(name.to_string());
        }
    }
    if columns.is_empty() { Err(SqlProblem::NotPerRecord) } else { Ok((expr, columns)) }
}

/// Parses an expression, finds its columns among the schema's fields, and computes it over records of missing values.
pub(super) fn check(sql: &str, schema: &TableSchema) -> Result<Checked, SqlProblem> {
    let (expr, columns) = parse(sql)?;
    if let Some(unknown) = columns.iter().find(|c| schema.field(c).is_none()) {
        return Err(SqlProblem::UnknownColumn(unknown.clone()));
    }
    // More than one row, so that an expression that folds them into one is told from one that keeps them apart.
    const ROWS: usize = 3;
    let result = quietly(|| {
        let fields = schema.fields.iter().filter(|f| columns.contains(&f.name));
        let missing = fields.map(|f| Column::full_null(f.name.as_str().into(), ROWS, &data_type(f.logical())));
        let frame = DataFrame::new(ROWS, missing.collect()).map_err(|e| e.to_string())?;
        frame.lazy().select([expr]).collect().map_err(|e| e.to_string())
    })?;
    match result.columns() {
        [column] if result.height() == ROWS => {
            let kind = column.dtype();
            Ok(Checked { columns, kind: logical(kind), engine_kind: kind.to_string() })
        }
        _ => Err(SqlProblem::NotPerRecord),
    }
}

/// Runs the engine: an expression that needs a part of it that is not built in panics there rather than failing.
fn quietly<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, SqlProblem> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|message| SqlProblem::Invalid(first_line(&message))),
        Err(_) => Err(SqlProblem::Invalid("it uses a function that is not built in".to_owned())),
    }
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn schema() -> TableSchema {
        let field =
            |name: &str, kind: &str| format!(r#"{{"name": "{name}", "type": "{kind}", "tamis:role": "other"}}"#);
        let kinds =
            [("t", "string"), ("n", "integer"), ("x", "number"), ("b", "boolean"), ("d", "date"), ("e", "date")];
        let fields: Vec<String> = kinds.iter().map(|(name, kind)| field(name, kind)).collect();
        TableSchema::parse(&format!(r#"{{"name": "s", "fields": [{}]}}"#, fields.join(",")), "s").unwrap()
    }

    #[test]
    fn expressions_of_one_record_are_computed_with_their_kind() {
        let expected = [
            ("n + 1", Logical::Integer),
            ("n / 2", Logical::Number),
            ("x * 10000.0 / (n * n)", Logical::Number),
            ("ABS(x) > 1 AND NOT b", Logical::Boolean),
            ("t IN ('a', 'b') OR t IS NULL", Logical::Boolean),
            ("n BETWEEN 1 AND 3", Logical::Boolean),
            ("d <= e", Logical::Boolean),
            ("d >= DATE '2026-01-01'", Logical::Boolean),
            ("EXTRACT(YEAR FROM d) - EXTRACT(YEAR FROM e)", Logical::Integer),
            ("CASE WHEN n > 3 THEN 'high' ELSE 'low' END", Logical::Text),
            ("SUBSTR(t, 1, 2)", Logical::Text),
            ("UPPER(t)", Logical::Text),
            ("t LIKE 'a%'", Logical::Boolean),
            ("COALESCE(n, 0)", Logical::Integer),
            ("ROUND(x, 1)", Logical::Number),
            ("CAST(n AS VARCHAR)", Logical::Text),
            ("LENGTH(t)", Logical::Integer),
            ("STARTS_WITH(t, 'a')", Logical::Boolean),
        ];
        for (sql, kind) in expected {
            let checked = check(sql, &schema());
            assert_eq!(checked.as_ref().map(|c| c.kind), Ok(Some(kind)), "{sql}");
        }
        assert_eq!(check("d < e AND d > e", &schema()).unwrap().columns, ["d", "e"]);
    }

    #[test]
    fn what_looks_at_other_records_or_at_none_is_refused() {
        let refused = [
            "SUM(n)",
            "COUNT(*)",
            "COUNT(n) > 3",
            "n > AVG(n)",
            "RANK() OVER (ORDER BY n)",
            "LAG(n) OVER (ORDER BY d)",
            "SUM(n) OVER (PARTITION BY t)",
            "ROW_NUMBER() OVER (ORDER BY n)",
            "MEDIAN(n)",
            "FIRST(t)",
            "STDDEV(x)",
            "QUANTILE_CONT(x, 0.5)",
            "*",
            "COLUMNS('^.*$')",
            "\"^.*$\"",
            "TRUE",
            "1 = 1",
            "n IN (SELECT n FROM s)",
            "(SELECT MAX(n) FROM s)",
            "s.n",
            "n; n",
            "n FROM s",
            "DROP TABLE s",
            "CORR(n, x)",
            "DISTINCT n",
        ];
        for sql in refused {
            assert!(check(sql, &schema()).is_err(), "{sql}: {:?}", check(sql, &schema()));
        }
    }

    #[test]
    fn parts_that_do_not_go_together_are_found_before_any_record_is_read() {
        for sql in ["t + d", "d >= '2026-01-01'", "UPPER(n)", "NO_SUCH(n)", "x >"] {
            assert!(matches!(check(sql, &schema()), Err(SqlProblem::Invalid(_))), "{sql}: {:?}", check(sql, &schema()));
        }
        assert_eq!(check("m > 1", &schema()), Err(SqlProblem::UnknownColumn("m".to_owned())));
    }
}
