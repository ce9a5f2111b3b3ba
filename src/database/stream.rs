//! The rows of a query, read as the server sends them.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::pin::Pin;

use futures_util::StreamExt as _;
use tokio_postgres::types::{Kind, Type};
use tokio_postgres::{Client, CopyOutStream};

use super::error::{DatabaseError, Problem, SqlState};
use super::server::{Session, Waiting, refused};

/// Bytes gathered before they are handed on; a server sends row by row.
const CHUNK: usize = 64 * 1024;

/// The rows of a query as CSV. It has no `Debug`: its bytes are identified data.
pub(super) struct Rows {
    source: String,
    waiting: Waiting,
    client: Client,
    /// `None` once the last row was read, and the server said that it was the last.
    stream: Option<Pin<Box<CopyOutStream>>>,
    gathered: Vec<u8>,
    /// What of it was handed on.
    at: usize,
}

impl Session {
    /// Asks for the rows of one query.
    pub fn query(self, source: &str, sql: &str) -> Result<Rows, Problem> {
        let Self { waiting, client } = self;
        let sql = sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        // Prepared by itself it is one statement and whole: it cannot close the parenthesis that is put around it.
        let prepared = waiting.on(client.prepare(sql))?.map_err(|e| refused(&e))?;
        if !prepared.params().is_empty() {
            return Err(Problem::Parameters);
        }
        let columns: Vec<(&str, &Type)> = prepared.columns().iter().map(|c| (c.name(), c.type_())).collect();
        if columns.is_empty() {
            return Err(Problem::NoColumns);
        }
        let stream = waiting.on(client.copy_out(&copy(sql, &columns)))?;
        // The place in what was put around the query means nothing to anybody.
        let stream = stream.map_err(|e| match refused(&e) {
            Problem::Query { code, .. } => Problem::Query { code, position: None },
            other => other,
        })?;
        let source = source.to_owned();
        Ok(Rows { source, waiting, client, stream: Some(Box::pin(stream)), gathered: Vec::new(), at: 0 })
    }
}

/// The statement that gives the rows of a query as CSV with a header: an empty cell for NULL, `""` for an empty text.
///
/// Values are the texts of PostgreSQL, save three kinds that Table Schema writes in another way by default: `true` and `false`
/// instead of `t` and `f`, a `T` between day and time, no blanks that fill up a `char(n)`.
fn copy(sql: &str, columns: &[(&str, &Type)]) -> String {
    let (mut values, mut names) = (String::new(), String::new());
    for (at, (label, kind)) in columns.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let value = match *bare(kind) {
            Type::BOOL | Type::BPCHAR => format!("q.c{at}::text"),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => format!("to_json(q.c{at}) #>> '{{}}'"),
            _ => format!("q.c{at}"),
        };
        // Writing to a text cannot fail.
        let _ = write!(values, "{comma}{value} AS \"{}\"", label.replace('"', "\"\""));
        let _ = write!(names, "{comma}c{at}");
    }
    // A comment may end the query.
    format!(
        "COPY (SELECT {values} FROM (\n{sql}\n) AS q({names})) TO STDOUT WITH (FORMAT csv, HEADER true, ENCODING 'UTF8')"
    )
}

/// The type behind the domains over it.
fn bare(kind: &Type) -> &Type {
    match kind.kind() {
        Kind::Domain(inner) => bare(inner),
        _ => kind,
    }
}

impl Rows {
    /// Reads on; whether anything came.
    fn gather(&mut self) -> Result<bool, Problem> {
        self.gathered.clear();
        self.at = 0;
        let Some(stream) = &mut self.stream else { return Ok(false) };
        let (client, gathered) = (&self.client, &mut self.gathered);
        let last = self.waiting.on(async {
            while gathered.len() < CHUNK {
                match stream.next().await {
                    Some(Ok(rows)) => gathered.extend_from_slice(&rows),
                    Some(Err(error)) => return Err(ended(&error)),
                    // A transaction that failed refuses this.
                    None => {
                        return client.batch_execute("SELECT 1; COMMIT").await.map(|()| true).map_err(|e| ended(&e));
                    }
                }
            }
            Ok(false)
        })??;
        if last {
            self.stream = None;
        }
        Ok(!self.gathered.is_empty())
    }
}

fn ended(error: &tokio_postgres::Error) -> Problem {
    error.code().map_or(Problem::Lost, |code| Problem::Ended(SqlState::new(code.code())))
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.gathered.len() && !buffer.is_empty() {
            let more = self.gather().map_err(|problem| {
                // Whoever reads on in spite of an error is told of no end.
                io::Error::other(DatabaseError { source_name: self.source.clone(), problem })
            })?;
            if !more {
                return Ok(0);
            }
        }
        let n = buffer.len().min(self.gathered.len() - self.at);
        buffer[..n].copy_from_slice(&self.gathered[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_comments_of_a_query_end_nothing_that_is_put_around_it() {
        let columns = [("a\" FROM x; --", &Type::BOOL), ("b", &Type::TEXT), ("c", &Type::TIMESTAMPTZ)];
        let expected = "COPY (SELECT q.c0::text AS \"a\"\" FROM x; --\", q.c1 AS \"b\", to_json(q.c2) #>> '{}' AS \"c\" FROM (\n\
            SELECT 1 -- all\n) AS q(c0, c1, c2)) TO STDOUT WITH (FORMAT csv, HEADER true, ENCODING 'UTF8')";
        assert_eq!(copy("SELECT 1 -- all", &columns), expected);
    }
}
