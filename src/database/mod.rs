//! Rows of queries to PostgreSQL, as streams of CSV. Nothing is written, and nothing goes unencrypted over a network.
//!
//! A query runs in a read-only transaction at the isolation level *repeatable read*. Queries of one address see one snapshot: rows that
//! one of them joins with those of another belong together. What a server says of an error could quote cells: only its code is passed on.

mod error;
#[cfg(feature = "postgres")]
mod server;
#[cfg(feature = "postgres")]
mod stream;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

pub use error::{DatabaseError, Problem};

/// A query, and where it goes.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// The query.
    pub sql: &'a str,
    /// Address of the database, `postgresql://user:password@host/database`.
    pub url: &'a str,
    /// File with the certificates of the authorities that may vouch for the server; `None`: those that the system trusts.
    pub ca: Option<&'a Path>,
}

/// What is no longer 0 once somebody asks to stop, while a server is waited for.
pub type Stop = Option<Arc<AtomicUsize>>;

/// The rows of each query, in their order: CSV (RFC 4180) in UTF-8 with commas and a header. They are read as they come.
///
/// # Errors
/// [`DatabaseError`]. While reading, errors are I/O errors whose text is that of a [`DatabaseError`]; the end of a stream is the end of
/// all rows.
#[cfg(feature = "postgres")]
pub fn open(asked: &[Asked<'_>], stop: &Stop) -> Result<Vec<Box<dyn Read + Send>>, DatabaseError> {
    let mut snapshots: Vec<(&str, String)> = Vec::new();
    let mut open: Vec<Box<dyn Read + Send>> = Vec::with_capacity(asked.len());
    for (at, one) in asked.iter().enumerate() {
        let fail = |problem| DatabaseError { source_name: one.source.to_owned(), problem };
        let snapshot = snapshots.iter().find(|(url, _)| *url == one.url).map(|(_, snapshot)| snapshot.as_str());
        let mut session = server::connect(one.url, one.ca, stop).map_err(fail)?;
        session.begin(snapshot).map_err(fail)?;
        if snapshot.is_none() && asked[at + 1..].iter().any(|later| later.url == one.url) {
            snapshots.push((one.url, session.export_snapshot().map_err(fail)?));
        }
        open.push(Box::new(session.query(one.source, one.sql).map_err(fail)?));
    }
    Ok(open)
}

/// Without the feature `postgres` there is no connection.
///
/// # Errors
/// [`Problem::NotBuilt`] where anything is asked.
#[cfg(not(feature = "postgres"))]
pub fn open(asked: &[Asked<'_>], _stop: &Stop) -> Result<Vec<Box<dyn Read + Send>>, DatabaseError> {
    match asked.first() {
        None => Ok(Vec::new()),
        Some(one) => Err(DatabaseError { source_name: one.source.to_owned(), problem: Problem::NotBuilt }),
    }
}
