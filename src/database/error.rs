//! Why no rows came. Codes and names of kinds; never what a server said, and nothing of an address.

use std::io;
use std::path::PathBuf;

/// Why a query gave no rows, or not all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("source `{source_name}`: {problem}")]
pub struct DatabaseError {
    /// Name of the source.
    pub source_name: String,
    /// What happened.
    pub problem: Problem,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Built without it.
    #[error("this program was built without databases (feature `postgres`); export the rows to a file")]
    NotBuilt,
    /// Not an address.
    #[error(
        "its credential is no address of a PostgreSQL database; write postgresql://USER:PASSWORD@HOST/DATABASE into it, or for \
         another database adbc:/PATH/OF/DRIVER.so URI"
    )]
    Address,
    /// Built without drivers.
    #[error(
        "this program was built without drivers of other databases than PostgreSQL (feature `adbc`); export the rows to a file"
    )]
    DriverNotBuilt,
    /// Not an address for a driver.
    #[error(
        "its credential begins with `adbc:` and names no driver and database; write adbc:/PATH/OF/DRIVER.so URI into it, on one \
         line, with the whole path and a URI without blanks"
    )]
    DriverAddress,
    /// The driver cannot be used.
    #[error("the driver that its credential names is not used: {0}")]
    Driver(DriverFile),
    /// Certificates for a driver.
    #[error("`ca` is for PostgreSQL; a driver has its own way to trust a server: take `ca` out")]
    DriverCa,
    /// The driver or its server refuses the query.
    #[error(
        "the driver gives no rows of the query (SQLSTATE {0}); what it says of it is not shown, since it could quote records: try \
         SELECT * FROM (the query) x in a client of the database"
    )]
    DriverQuery(SqlState),
    /// More than a statement for a driver.
    #[error(
        "the query holds a semicolon; a driver is asked one statement: take it out, and within a text write its character by number"
    )]
    Semicolon,
    /// The password is missing.
    #[error("the server asks for a password, and the address in its credential has none")]
    NoPassword,
    /// Encryption was switched off for a server on another machine.
    #[error(
        "its server is on another machine and its address says sslmode=disable: records and password would go over the network \
         in the clear; take that out"
    )]
    Unencrypted,
    /// The file of authorities cannot be used.
    #[error("{}: no certificates of authorities in PEM can be read from it; correct `ca`", .0.display())]
    Authorities(PathBuf),
    /// The system trusts nobody.
    #[error("this system has no certificates of authorities; name those of the server's in `ca`")]
    NoAuthorities,
    /// No encrypted connection.
    #[error(
        "no encrypted connection: the server offers none, or its certificate is not for this host or of an authority that is \
         trusted; name the authority's certificates in `ca`"
    )]
    Tls,
    /// Nobody answers.
    #[error("the server cannot be reached ({0}); check the address and whether it runs, then run again")]
    Unreachable(io::ErrorKind),
    /// The server refuses the user.
    #[error("the server refuses user, password or database (SQLSTATE {0}); correct the address in its credential")]
    Refused(SqlState),
    /// The server refuses the query.
    #[error(
        "the server refuses the query (SQLSTATE {code}{}); what it says of it is not shown, since it could quote records: try the \
         query in psql", at(*.position)
    )]
    Query {
        /// Why.
        code: SqlState,
        /// The character of the query, from 1, where the server tells it.
        position: Option<u32>,
    },
    /// The query waits for values.
    #[error("the query has parameters ($1); write their values into it")]
    Parameters,
    /// The query gives no table.
    #[error("the query gives no columns; write a SELECT")]
    NoColumns,
    /// The query broke off.
    #[error("the server ended the query before its last row (SQLSTATE {0}); nothing of it is used")]
    Ended(SqlState),
    /// The connection broke off.
    #[error("the connection to the server ended before its last row; nothing of it is used")]
    Lost,
    /// Somebody asked to stop.
    #[error("the run was asked to stop")]
    Stopped,
    /// The system gives no threads or sockets.
    #[error("the system gives no connection ({0})")]
    System(io::ErrorKind),
}

/// Why a driver is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DriverFile {
    /// It is not there, or may not be looked at.
    #[error("the file cannot be read ({0})")]
    Unreadable(io::ErrorKind),
    /// A folder, say.
    #[error("it is no regular file")]
    NotAFile,
    /// Others could put another library in its place.
    #[error(
        "others than root and the account of this run can change the file, or a folder above it; chown them to root, and chmod go-w"
    )]
    Writable,
    /// Not a library, or one without the interface.
    #[error("it is no library with the interface of ADBC, or one for another machine")]
    NotADriver,
    /// Its rows are not what they should be.
    #[error("it gave rows that break the rules of Arrow; nothing of them is used")]
    Broken,
}

fn at(position: Option<u32>) -> String {
    position.map(|at| format!(", at its character {at}")).unwrap_or_default()
}

/// Five letters and digits that say what kind of error it was (PostgreSQL, appendix A); anything else that a server sends is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// The code of a server's error.
    #[must_use]
    pub fn new(code: &str) -> Self {
        let bytes = code.as_bytes().try_into().unwrap_or(*b"?????");
        let plain = bytes.iter().all(|b: &u8| b.is_ascii_digit() || b.is_ascii_uppercase());
        Self(if plain { bytes } else { *b"?????" })
    }
}

impl std::fmt::Display for SqlState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

impl DatabaseError {
    /// The exit code, as documented in the README.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.problem {
            Problem::NotBuilt | Problem::Query { .. } | Problem::Parameters | Problem::NoColumns => 2,
            Problem::DriverNotBuilt | Problem::DriverQuery(_) | Problem::DriverCa | Problem::Semicolon => 2,
            Problem::Authorities(_) | Problem::NoAuthorities | Problem::Unencrypted => 2,
            Problem::Address | Problem::NoPassword | Problem::Refused(_) | Problem::DriverAddress => 5,
            Problem::Driver(DriverFile::Broken) => 6,
            Problem::Driver(_) => 5,
            Problem::Stopped => 130,
            Problem::Tls | Problem::Unreachable(_) | Problem::Ended(_) | Problem::Lost | Problem::System(_) => 6,
        }
    }
}
