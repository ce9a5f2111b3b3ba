//! Rows of queries to databases, as they come: of PostgreSQL as CSV, of any other through a driver as record batches. Nothing is
//! written, and nothing goes unencrypted over a network by what is built in here; a driver encrypts as it does.
//!
//! A query to PostgreSQL runs in a read-only transaction at the isolation level *repeatable read*. Queries of one address see one snapshot:
//! rows that one of them joins with those of another belong together. What a server says of an error could quote cells: only its code is
//! passed on.

#[cfg(feature = "adbc")]
mod driver;
mod error;
#[cfg(feature = "postgres")]
mod server;
#[cfg(feature = "postgres")]
mod stream;

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

pub use error::{DatabaseError, DriverFile, Problem, SqlState};

/// A query, and where it goes.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// The query.
    pub sql: &'a str,
    /// Address of the database, `postgresql://user:password@host/database` or `adbc:/path/of/driver.so URI`.
    pub url: &'a str,
    /// File with the certificates of the authorities that may vouch for the server; `None`: those that the system trusts.
    pub ca: Option<&'a Path>,
}

/// What is no longer 0 once somebody asks to stop, while a server is waited for.
pub type Stop = Option<Arc<AtomicUsize>>;

/// The rows of a query.
pub enum Rows {
    /// CSV (RFC 4180) in UTF-8 with commas and a header.
    Text(Box<dyn Read + Send>),
    /// As a driver gives them.
    Batches(Batches),
}

/// Rows in batches of one schema. It has no `Debug`: they are identified data.
pub struct Batches {
    /// SHA-256 of the driver's library.
    pub driver: [u8; 32],
    /// Names and types of the columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Box<dyn Iterator<Item = io::Result<RecordBatch>> + Send>,
}

/// The rows of each query, in their order. They are read as they come.
///
/// # Errors
/// [`DatabaseError`], with [`Problem::NotBuilt`] or [`Problem::DriverNotBuilt`] where the feature is left out that an address needs.
/// While reading, errors are I/O errors whose text is that of a [`DatabaseError`]; the end of rows is the end of all of them.
pub fn open(asked: &[Asked<'_>], stop: &Stop) -> Result<Vec<Rows>, DatabaseError> {
    let mut snapshots: Vec<(&str, String)> = Vec::new();
    let of = |at: usize| match asked[at].url.trim_start().strip_prefix("adbc:") {
        Some(address) => by_driver(&asked[at], address, stop).map(Rows::Batches),
        None => by_server(asked, at, &mut snapshots, stop).map(Rows::Text),
    };
    let named = |(at, rows): (usize, Result<Rows, Problem>)| {
        rows.map_err(|problem| DatabaseError { source_name: asked[at].source.to_owned(), problem })
    };
    (0..asked.len()).map(of).enumerate().map(named).collect()
}

#[cfg(feature = "postgres")]
fn by_server<'a>(
    asked: &[Asked<'a>],
    at: usize,
    snapshots: &mut Vec<(&'a str, String)>,
    stop: &Stop,
) -> Result<Box<dyn Read + Send>, Problem> {
    let one = &asked[at];
    let snapshot = snapshots.iter().find(|(url, _)| *url == one.url).map(|(_, snapshot)| snapshot.as_str());
    let mut session = server::connect(one.url, one.ca, stop)?;
    session.begin(snapshot)?;
    if snapshot.is_none() && asked[at + 1..].iter().any(|later| later.url == one.url) {
        snapshots.push((one.url, session.export_snapshot()?));
    }
    Ok(Box::new(session.query(one.source, one.sql)?))
}

#[cfg(not(feature = "postgres"))]
fn by_server<'a>(
    _: &[Asked<'a>],
    _: usize,
    _: &mut Vec<(&'a str, String)>,
    _: &Stop,
) -> Result<Box<dyn Read + Send>, Problem> {
    Err(Problem::NotBuilt)
}

#[cfg(feature = "adbc")]
fn by_driver(asked: &Asked<'_>, address: &str, stop: &Stop) -> Result<Batches, Problem> {
    match asked.ca {
        Some(_) => Err(Problem::DriverCa),
        None => driver::query(asked.source, asked.sql, address, stop),
    }
}

#[cfg(not(feature = "adbc"))]
fn by_driver(_: &Asked<'_>, _: &str, _: &Stop) -> Result<Batches, Problem> {
    Err(Problem::DriverNotBuilt)
}
