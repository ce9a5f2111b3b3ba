//! SQL expressions over the columns of a block: cross-field rules, filters, conditions, derived columns.
//!
//! The language is polars' SQL. An expression is compiled once, tried on an empty table before any data is read (so that a
//! missing column, a type error or an expression that polars cannot run is found first), then run block by block.

use std::collections::BTreeSet;

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Expr, Float64Chunked, Int32Chunked, Int64Chunked, IntoColumn,
    IntoLazy, IntoSeries, NewChunkedArray, StringChunked, TimeUnit,
};

use crate::schema::Logical;

mod direct;

use direct::Direct;

/// What can go wrong with an expression. Messages of the engine are kept only from compilation, before data is read.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The expression does not parse, names an absent column, or has the wrong types.
    #[error("the SQL expression `{sql}` cannot be used: {reason}")]
    Invalid {
        /// The expression, from a pipeline or schema file.
        sql: String,
        /// What the engine says of it.
        reason: String,
    },
    /// The expression failed on data. The engine's message could quote cells, so it is not kept.
    #[error("the SQL expression `{sql}` failed on the data")]
    Failed {
        /// The expression.
        sql: String,
    },
}

/// A column handed to the expressions. Missing values are `None` or the sentinels of the vault.
pub enum Input<'a> {
    /// Text, row by row.
    Text(Box<dyn Iterator<Item = Option<&'a str>> + 'a>),
    /// Integers, dates, date-times, booleans with `i64::MIN` for missing.
    Integer(&'a [i64]),
    /// Numbers with NaN for missing.
    Number(&'a [f64]),
}

/// What an expression gave, row by row.
pub enum Output {
    /// A condition: `None` where SQL says NULL.
    Condition(Vec<Option<bool>>),
    /// Text.
    Text(Vec<Option<String>>),
    /// Integers, dates, date-times, booleans with `i64::MIN` for missing.
    Integer(Vec<i64>),
    /// Numbers with NaN for missing.
    Number(Vec<f64>),
}

/// A compiled expression.
#[derive(Clone)]
struct Compiled {
    sql: String,
    expr: Expr,
    /// `None` for a condition.
    wanted: Option<Logical>,
    /// The condition, where it needs no engine.
    direct: Option<Direct>,
}

/// Expressions over one table, run together.
#[derive(Clone)]
pub struct Expressions {
    columns: Vec<(String, Logical)>,
    /// Which columns the engine reads.
    read: Vec<bool>,
    compiled: Vec<Compiled>,
}

/// The columns that an expression names.
pub fn columns_of(sql: &str) -> Result<BTreeSet<String>, SqlError> {
    let expr = parse(sql)?;
    Ok(expr.meta().root_names().into_iter().map(|name| name.to_string()).collect())
}

fn parse(sql: &str) -> Result<Expr, SqlError> {
    polars::sql::sql_expr(sql)
        .map_err(|e| SqlError::Invalid { sql: sql.to_owned(), reason: first_line(&e.to_string()) })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn polars_type(logical: Logical) -> DataType {
    match logical {
        Logical::Text => DataType::String,
        Logical::Integer => DataType::Int64,
        Logical::Number => DataType::Float64,
        Logical::Boolean => DataType::Boolean,
        Logical::Date => DataType::Date,
        Logical::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
    }
}

impl Expressions {
    /// Compiles expressions over a table of these columns; `None` as the wanted kind means a condition.
    pub fn compile(table: &[(String, Logical)], wanted: &[(String, Option<Logical>)]) -> Result<Self, SqlError> {
        let mut names = BTreeSet::new();
        let mut compiled = Vec::with_capacity(wanted.len());
        for (sql, kind) in wanted {
            let invalid = |reason: String| SqlError::Invalid { sql: sql.clone(), reason };
            for name in columns_of(sql)? {
                if !table.iter().any(|(n, _)| *n == name) {
                    return Err(invalid(format!("there is no column `{name}`")));
                }
                names.insert(name);
            }
            compiled.push(Compiled { sql: sql.clone(), expr: parse(sql)?, wanted: *kind, direct: None });
        }
        let columns = table.iter().filter(|(n, _)| names.contains(n)).cloned().collect();
        let mut me = Self { columns, compiled, read: Vec::new() };
        me.try_on_nothing()?;
        for one in me.compiled.iter_mut().filter(|one| one.wanted.is_none()) {
            one.direct = Direct::of(&one.expr, &me.columns);
        }
        me.note_what_is_read();
        Ok(me)
    }

    /// Leaves everything to the engine.
    #[cfg(test)]
    fn by_the_engine(mut self) -> Self {
        self.compiled.iter_mut().for_each(|one| one.direct = None);
        self.note_what_is_read();
        self
    }

    fn note_what_is_read(&mut self) {
        let engine = || self.compiled.iter().filter(|one| one.direct.is_none());
        let names: BTreeSet<String> =
            engine().flat_map(|one| one.expr.clone().meta().root_names()).map(|name| name.to_string()).collect();
        self.read = self.columns.iter().map(|(name, _)| names.contains(name)).collect();
    }

    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.compiled.is_empty()
    }

    /// Names of the columns that [`Expressions::run`] needs, in its order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(n, _)| n.as_str())
    }

    fn try_on_nothing(&self) -> Result<(), SqlError> {
        for one in &self.compiled {
            let invalid = |e: polars::error::PolarsError| SqlError::Invalid {
                sql: one.sql.clone(),
                reason: first_line(&e.to_string()),
            };
            let empty: Vec<Column> =
                self.columns.iter().map(|(n, l)| Column::new_empty(n.as_str().into(), &polars_type(*l))).collect();
            let frame = DataFrame::new(0, empty).map_err(invalid)?;
            let out = frame.lazy().select([one.expr.clone().alias("x")]).collect().map_err(invalid)?;
            let given = out.columns().first().map(|c| c.dtype().clone());
            let fits = match one.wanted {
                None => given == Some(DataType::Boolean),
                Some(Logical::Integer | Logical::Number) => given.is_some_and(|d| d.is_primitive_numeric()),
                Some(logical) => given == Some(polars_type(logical)),
            };
            if !fits {
                let reason = match one.wanted {
                    None => "it is not a condition".to_owned(),
                    Some(logical) => format!("it does not give the declared type {logical:?}"),
                };
                return Err(SqlError::Invalid { sql: one.sql.clone(), reason });
            }
        }
        Ok(())
    }

    /// Runs all expressions on a block of `rows` rows; `inputs` in the order of [`Expressions::columns`].
    pub fn run(&self, rows: usize, inputs: Vec<Input<'_>>) -> Result<Vec<Output>, SqlError> {
        let failed = |sql: &str| SqlError::Failed { sql: sql.to_owned() };
        let run = |one: &Compiled| -> Result<Option<Output>, SqlError> {
            let Some(direct) = &one.direct else { return Ok(None) };
            Ok(Some(Output::Condition(direct.run(rows, &inputs).ok_or_else(|| failed(&one.sql))?)))
        };
        let mut outputs: Vec<Option<Output>> = self.compiled.iter().map(run).collect::<Result<_, _>>()?;
        let left: Vec<(usize, &Compiled)> =
            self.compiled.iter().enumerate().filter(|(_, one)| one.direct.is_none()).collect();
        if let Some((_, first)) = left.first() {
            let read = self.columns.iter().zip(inputs).zip(&self.read).filter(|(_, read)| **read);
            let columns = read.map(|(((n, l), input), _)| series(n, *l, input)).collect::<Option<_>>();
            let columns: Vec<Column> = columns.ok_or_else(|| failed(&first.sql))?;
            let frame = DataFrame::new(rows, columns).map_err(|_| failed(&first.sql))?;
            let expressions: Vec<Expr> = left.iter().map(|(i, c)| conform(c).alias(format!("{i}"))).collect();
            // A constant alone would come back as one row; a literal row number column is not needed, `with_columns` broadcasts.
            let out = frame.lazy().with_columns(expressions).collect().map_err(|_| failed(&first.sql))?;
            for (i, one) in left {
                let column = out.column(&format!("{i}")).map_err(|_| failed(&one.sql))?;
                outputs[i] = Some(read_column(column, one.wanted).ok_or_else(|| failed(&one.sql))?);
            }
        }
        // Each was run by one of the two.
        Ok(outputs.into_iter().flatten().collect())
    }
}

/// The expression, cast to the physical kind that is read back.
fn conform(one: &Compiled) -> Expr {
    match one.wanted {
        None => one.expr.clone(),
        Some(logical) => one.expr.clone().cast(polars_type(logical)),
    }
}

fn series(name: &str, logical: Logical, input: Input<'_>) -> Option<Column> {
    let integers = |v: &[i64]| v.iter().map(|&x| (x != i64::MIN).then_some(x)).collect::<Vec<_>>();
    let series = match (logical, input) {
        (Logical::Text, Input::Text(cells)) => StringChunked::from_iter_options(name.into(), cells).into_series(),
        (Logical::Integer, Input::Integer(v)) => {
            Int64Chunked::from_iter_options(name.into(), integers(v).into_iter()).into_series()
        }
        (Logical::Boolean, Input::Integer(v)) => {
            let cells = v.iter().map(|&x| (x != i64::MIN).then_some(x != 0));
            BooleanChunked::from_iter_options(name.into(), cells).into_series()
        }
        (Logical::Date, Input::Integer(v)) => {
            let cells = v.iter().map(|&x| i32::try_from(x).ok());
            Int32Chunked::from_iter_options(name.into(), cells).into_series().cast(&DataType::Date).ok()?
        }
        (Logical::Datetime, Input::Integer(v)) => Int64Chunked::from_iter_options(name.into(), integers(v).into_iter())
            .into_series()
            .cast(&polars_type(Logical::Datetime))
            .ok()?,
        (Logical::Number, Input::Number(v)) => {
            let cells = v.iter().map(|&x| (!x.is_nan()).then_some(x));
            Float64Chunked::from_iter_options(name.into(), cells).into_series()
        }
        _ => return None,
    };
    Some(series.into_column())
}

fn read_column(column: &Column, wanted: Option<Logical>) -> Option<Output> {
    let integers = |c: &Column| -> Option<Vec<i64>> {
        let c = c.cast(&DataType::Int64).ok()?;
        Some(c.i64().ok()?.iter().map(|x| x.unwrap_or(i64::MIN)).collect())
    };
    Some(match wanted {
        None => Output::Condition(column.bool().ok()?.iter().collect()),
        Some(Logical::Text) => Output::Text(column.str().ok()?.iter().map(|x| x.map(str::to_owned)).collect()),
        Some(Logical::Number) => {
            Output::Number(column.f64().ok()?.iter().map(|x| x.filter(|v| v.is_finite()).unwrap_or(f64::NAN)).collect())
        }
        Some(_) => Output::Integer(integers(column)?),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn table() -> Vec<(String, Logical)> {
        [
            ("programme", Logical::Text),
            ("acr", Logical::Integer),
            ("test", Logical::Date),
            ("invitation", Logical::Date),
            ("poids", Logical::Number),
            ("plan", Logical::Boolean),
        ]
        .map(|(n, l)| (n.to_owned(), l))
        .to_vec()
    }

    fn conditions(sql: &[&str]) -> Result<Expressions, SqlError> {
        let wanted: Vec<_> = sql.iter().map(|s| ((*s).to_owned(), None)).collect();
        Expressions::compile(&table(), &wanted)
    }

    #[test]
    fn null_is_neither_true_nor_false() {
        let e = conditions(&["acr IS NULL OR programme = 'sein'", "invitation <= test"]).unwrap();
        let inputs = vec![
            Input::Text(Box::new([Some("sein"), Some("col"), None].into_iter())),
            Input::Integer(&[1, 1, i64::MIN]),
            Input::Integer(&[10, 5, i64::MIN]),
            Input::Integer(&[9, 9, 9]),
        ];
        assert_eq!(e.columns().collect::<Vec<_>>(), ["programme", "acr", "test", "invitation"]);
        let out = e.run(3, inputs).unwrap();
        let Output::Condition(a) = &out[0] else { panic!() };
        let Output::Condition(b) = &out[1] else { panic!() };
        assert_eq!(a, &[Some(true), Some(false), Some(true)]);
        assert_eq!(b, &[Some(true), Some(false), None]);
    }

    #[test]
    fn every_construct_that_schemas_use_runs() {
        conditions(&[
            "programme IN ('sein', 'col')",
            "acr BETWEEN 0 AND 5",
            "NOT plan",
            "CASE WHEN programme = 'sein' THEN acr > 1 ELSE true END",
            "test >= DATE '2020-01-01'",
            "ABS(acr) < 3",
            "COALESCE(acr, 0) = 0",
            "programme LIKE 's%'",
            "LENGTH(programme) < 20",
            "EXTRACT(YEAR FROM test) > 2000",
            "ROUND(poids, 1) > 3.5",
            "poids IS NOT NULL AND plan",
        ])
        .unwrap();
    }

    #[test]
    fn a_constant_condition_holds_for_every_row() {
        let wanted = [("acr > 0".to_owned(), None), ("1 = 1".to_owned(), None)];
        let e = Expressions::compile(&table(), &wanted).unwrap();
        let out = e.run(2, vec![Input::Integer(&[1, 0])]).unwrap();
        let Output::Condition(c) = &out[1] else { panic!() };
        assert_eq!(c, &[Some(true), Some(true)]);
    }

    #[test]
    fn a_derived_number_is_missing_where_it_has_no_value() {
        let wanted =
            [("poids / 2.0".to_owned(), Some(Logical::Number)), ("1.0 / acr".to_owned(), Some(Logical::Number))];
        let e = Expressions::compile(&table(), &wanted).unwrap();
        let out = e.run(2, vec![Input::Integer(&[0, 4]), Input::Number(&[3.0, f64::NAN])]).unwrap();
        let (Output::Number(a), Output::Number(b)) = (&out[0], &out[1]) else { panic!() };
        assert!(a[0] == 1.5 && a[1].is_nan());
        assert!(b[0].is_nan() && b[1] == 0.25);
    }

    #[test]
    fn mistakes_are_found_before_any_data() {
        for sql in ["acr >", "absent = 1", "acr + 1", "programme > 3 AND", "SELECT 1", "test + programme > 2"] {
            assert!(conditions(&[sql]).is_err(), "{sql}");
        }
    }
}
