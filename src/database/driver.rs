//! Any other database, through a driver of ADBC (Arrow Database Connectivity): a library that is loaded into the program.
//!
//! Which library that is says the credential, with the address: whoever writes pipelines loads nothing by it. The driver
//! connects, encrypts and reads as it does; what it says of an error could quote cells, and only its SQLSTATE is passed on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use adbc_core::error::{Error, Status};
use adbc_core::options::{AdbcVersion, OptionConnection, OptionDatabase, OptionValue};
use adbc_core::{Connection, Database, Driver, Optionable, Statement};
use adbc_driver_manager::{ManagedConnection, ManagedDriver, ManagedStatement};
use arrow_array::{Array, RecordBatch, RecordBatchReader};

use super::error::{DatabaseError, DriverFile, Problem, SqlState};
use super::{Batches, Stop};
use crate::disk;

/// Rights of others than the owner to write.
const WRITABLE: u32 = 0o022;
/// Of a folder: nobody takes away what is another's, however many may write there.
const STICKY: u32 = 0o1000;

/// The library and the database of an address, `adbc:/PATH/OF/DRIVER.so URI`.
fn parts(address: &str) -> Result<(PathBuf, &str), Problem> {
    let (file, uri) = address.trim().split_once(char::is_whitespace).ok_or(Problem::DriverAddress)?;
    let (file, uri) = (PathBuf::from(file), uri.trim());
    if uri.is_empty() || uri.contains(char::is_whitespace) || !file.is_absolute() {
        return Err(Problem::DriverAddress);
    }
    Ok((file, uri))
}

/// Loads a library that nobody but this user or root can change or put another in the place of; and its SHA-256.
fn load(file: &Path) -> Result<(ManagedDriver, [u8; 32]), Problem> {
    let refused = |why| Problem::Driver(why);
    // The library that is looked at is the one that is loaded, whatever becomes of a link to it.
    let file = disk::canonical(file).map_err(|e| refused(DriverFile::Unreadable(e.kind())))?;
    for (depth, place) in file.ancestors().enumerate() {
        let metadata = disk::metadata_of_target(place).map_err(|e| refused(DriverFile::Unreadable(e.kind())))?;
        if depth == 0 && !metadata.is_file() {
            return Err(refused(DriverFile::NotAFile));
        }
        let (mode, owner) = disk::rights_of(&metadata);
        let is_open = mode & WRITABLE != 0 && (metadata.is_file() || mode & STICKY == 0);
        if is_open || (owner != 0 && owner != disk::user()) {
            return Err(refused(DriverFile::Writable));
        }
    }
    let newest = ManagedDriver::load_dynamic_from_filename(&file, None, AdbcVersion::V110);
    let driver = newest.or_else(|_| ManagedDriver::load_dynamic_from_filename(&file, None, AdbcVersion::V100));
    let driver = driver.map_err(|_| refused(DriverFile::NotADriver))?;
    let digest = disk::digest(&file).map_err(|e| refused(DriverFile::Unreadable(e.kind())))?;
    Ok((driver, digest.sha256))
}

/// The rows of a query, as they come.
pub(super) fn query(source: &str, sql: &str, address: &str, stop: &Stop) -> Result<Batches, Problem> {
    let (file, uri) = parts(address)?;
    let sql = sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    // One statement that gives a table: it cannot end what is put around it and begin another.
    if sql.contains(';') {
        return Err(Problem::Semicolon);
    }
    let (mut library, driver) = load(&file)?;
    let uri = OptionValue::String(uri.to_owned());
    let database = library.new_database_with_opts([(OptionDatabase::Uri, uri)]).map_err(|e| connecting(&e))?;
    let mut connection = database.new_connection().map_err(|e| connecting(&e))?;
    // A transaction that is never committed, where the driver has them: what is written by a function is undone.
    match connection.set_option(OptionConnection::AutoCommit, OptionValue::String("false".to_owned())) {
        Err(error) if error.status != Status::NotImplemented => return Err(connecting(&error)),
        _ => {}
    }
    let mut statement = connection.new_statement().map_err(|e| asking(&e))?;
    // A comment may end the query. Oracle knows no AS before the name of a table.
    statement.set_sql_query(format!("SELECT * FROM (\n{sql}\n) tamis_rows")).map_err(|e| asking(&e))?;
    let rows = statement.execute().map_err(|e| asking(&e))?;
    let schema = rows.schema();
    if schema.fields().is_empty() {
        return Err(Problem::NoColumns);
    }
    let rows =
        Rows { source: source.to_owned(), rows, stop: stop.clone(), _statement: statement, _connection: connection };
    Ok(Batches { driver, schema, batches: Box::new(rows) })
}

/// Rows on their way. It has no `Debug`: they are identified data.
struct Rows {
    source: String,
    rows: Box<dyn RecordBatchReader + Send>,
    stop: Stop,
    // Dropped after the rows, which may need them.
    _statement: ManagedStatement,
    _connection: ManagedConnection,
}

impl Iterator for Rows {
    type Item = io::Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let fail = |problem| io::Error::other(DatabaseError { source_name: self.source.clone(), problem });
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed) != 0) {
            return Some(Err(fail(Problem::Stopped)));
        }
        Some(match self.rows.next()? {
            // What a driver hands over is not believed to be what its schema says, texts to be UTF-8 least of all.
            Ok(batch) => match batch.columns().iter().all(|column| column.to_data().validate_full().is_ok()) {
                true => Ok(batch),
                false => Err(fail(Problem::Driver(DriverFile::Broken))),
            },
            Err(_) => Err(fail(Problem::Lost)),
        })
    }
}

fn state(error: &Error) -> SqlState {
    let letters: Vec<u8> = error.sqlstate.iter().map(|letter| letter.cast_unsigned()).collect();
    SqlState::new(std::str::from_utf8(&letters).unwrap_or(""))
}

/// What went wrong before there was a connection.
fn connecting(error: &Error) -> Problem {
    match error.status {
        Status::IO => Problem::Unreachable(io::ErrorKind::Other),
        Status::Timeout => Problem::Unreachable(io::ErrorKind::TimedOut),
        _ => Problem::Refused(state(error)),
    }
}

/// What went wrong before the first row.
fn asking(error: &Error) -> Problem {
    Problem::DriverQuery(state(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_library_by_its_whole_path_and_a_database() {
        assert_eq!(parts("/a/b.so file:x\n"), Ok((PathBuf::from("/a/b.so"), "file:x")));
        for wrong in ["", "/a/b.so", "/a/b.so ", "b.so file:x", "./b.so file:x", "/a/b.so file:x KANARI"] {
            assert_eq!(parts(wrong), Err(Problem::DriverAddress), "{wrong:?}");
        }
    }

    #[test]
    fn what_a_driver_says_is_told_by_its_code_alone() {
        let mut error = Error::with_message_and_status("KANARI", Status::Internal);
        assert!(asking(&error).to_string().contains("?????"));
        error.sqlstate = b"42P01".map(|byte| byte.cast_signed());
        let told = [asking(&error), connecting(&error)].map(|problem| format!("{problem} {problem:?}"));
        assert!(told.iter().all(|told| told.contains("42P01") && !told.contains("KANARI")), "{told:?}");
    }
}
