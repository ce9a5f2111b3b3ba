//! A connection: encrypted, or to this machine.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Stop;
use super::error::{Problem, SqlState};
use crate::disk;

/// How long a server may take to answer and to let the user in.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often somebody who asks to stop is looked for.
const PULSE: Duration = Duration::from_millis(200);

/// Where a server usually listens on its own machine, if an address names no host.
const SOCKETS: &str = "/var/run/postgresql";

/// What makes the texts of values the same whatever the server's settings, and lets rows wait until they are read.
const SETTINGS: &str = "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL intervalstyle = 'iso_8601'; \
    SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL statement_timeout = 0; \
    SET LOCAL idle_in_transaction_session_timeout = 0";

/// An open connection. It has no `Debug`.
pub(super) struct Session {
    pub waiting: Waiting,
    pub client: Client,
}

/// Waits for a server, until somebody asks to stop.
pub(super) struct Waiting {
    runtime: Runtime,
    stop: Stop,
}

impl Waiting {
    /// What comes of it; [`Problem::Stopped`].
    pub fn on<T>(&self, future: impl Future<Output = T>) -> Result<T, Problem> {
        let asked = || self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed) != 0);
        self.runtime.block_on(async {
            let mut future = pin!(future);
            loop {
                match tokio::time::timeout(PULSE, &mut future).await {
                    Ok(done) => return Ok(done),
                    Err(_) if asked() => return Err(Problem::Stopped),
                    Err(_) => {}
                }
            }
        })
    }
}

/// Connects to the database of an address.
pub(super) fn connect(url: &str, ca: Option<&Path>, stop: &Stop) -> Result<Session, Problem> {
    let (config, encrypted) = config(url)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| Problem::System(e.kind()))?;
    let waiting = Waiting { runtime, stop: stop.clone() };
    let client = match encrypted {
        true => waiting.on(within(&config, tls(ca)?)),
        false => waiting.on(within(&config, NoTls)),
    }??;
    Ok(Session { waiting, client })
}

async fn within<T>(config: &Config, tls: T) -> Result<Client, Problem>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let connected = tokio::time::timeout(PATIENCE, config.connect(tls)).await;
    let connected = connected.map_err(|_| Problem::Unreachable(io::ErrorKind::TimedOut))?;
    let (client, connection) = connected.map_err(|e| of_connection(&e))?;
    // What ends the connection is told to whoever waits for rows.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}

/// Reads an address, and whether the connection is encrypted. It is, unless the server is on this machine.
fn config(url: &str) -> Result<(Config, bool), Problem> {
    // A certificate is always held against host and authority, so that what else other clients can be told comes to the same.
    let url = url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    // The message of the library could quote the address.
    let mut config: Config = url.parse().map_err(|_| Problem::Address)?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host_path(SOCKETS);
    }
    let local = config.get_hosts().iter().all(is_local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    let encrypted = match (local, config.get_ssl_mode()) {
        (false, SslMode::Disable) => return Err(Problem::Unencrypted),
        (false, _) | (true, SslMode::Require) => true,
        (true, _) => false,
    };
    config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
    config.application_name("tamis").connect_timeout(PATIENCE);
    Ok((config, encrypted))
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
            name == "localhost" || address.is_ok_and(|address| address.is_loopback())
        }
    }
}

fn tls(ca: Option<&Path>) -> Result<MakeRustlsConnect, Problem> {
    let mut trusted = RootCertStore::empty();
    match ca {
        Some(path) => {
            let refused = || Problem::Authorities(path.to_path_buf());
            let text = disk::read(path).map_err(|_| refused())?;
            for certificate in CertificateDer::pem_slice_iter(&text) {
                trusted.add(certificate.map_err(|_| refused())?).map_err(|_| refused())?;
            }
            (!trusted.is_empty()).then_some(()).ok_or_else(refused)?;
        }
        None => {
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            (!trusted.is_empty()).then_some(()).ok_or(Problem::NoAuthorities)?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|_| Problem::Tls)?.with_root_certificates(trusted).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// What went wrong before there was a session.
fn of_connection(error: &Error) -> Problem {
    if let Some(code) = error.code() {
        return Problem::Refused(SqlState::new(code.code()));
    }
    let source = std::error::Error::source(error);
    // The library names its kinds of errors by texts alone; they are its own, and told to nobody.
    let (kind, why) = (error.to_string(), source.map(ToString::to_string).unwrap_or_default());
    if kind.contains("TLS") {
        return Problem::Tls;
    }
    if why == "password missing" {
        return Problem::NoPassword;
    }
    let system = source.and_then(|source| source.downcast_ref::<io::Error>());
    Problem::Unreachable(system.map_or(io::ErrorKind::Other, io::Error::kind))
}

impl Session {
    /// Begins the transaction, on what an earlier one saw where that is named.
    pub fn begin(&mut self, snapshot: Option<&str>) -> Result<(), Problem> {
        let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
        // A name that the server gave; it holds hexadecimal digits and dashes.
        let same =
            snapshot.map(|name| format!("; SET TRANSACTION SNAPSHOT '{}'", name.replace('\'', ""))).unwrap_or_default();
        let done = self.waiting.on(self.client.batch_execute(&format!("{begin}{same}; {SETTINGS}")))?;
        done.map_err(|e| refused(&e))
    }

    /// Names what this transaction sees, for others; it lasts as long as this transaction.
    pub fn export_snapshot(&mut self) -> Result<String, Problem> {
        let row = self.waiting.on(self.client.query_one("SELECT pg_export_snapshot()", &[]))?;
        row.and_then(|row| row.try_get(0)).map_err(|e| refused(&e))
    }
}

/// What went wrong with a statement before its first row.
pub(super) fn refused(error: &Error) -> Problem {
    use tokio_postgres::error::ErrorPosition;
    let Some(told) = error.as_db_error() else { return Problem::Lost };
    let position = told.position().and_then(|position| match position {
        ErrorPosition::Original(at) => Some(*at),
        ErrorPosition::Internal { .. } => None,
    });
    Problem::Query { code: SqlState::new(told.code().code()), position }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_goes_over_a_network_is_encrypted_whatever_an_address_says() {
        for url in [
            "postgresql://u:p@db.example/d",
            "postgresql://u:p@db.example/d?sslmode=prefer",
            "postgresql://u:p@db.example/d?sslmode=require",
            "postgresql://u:p@db.example/d?sslmode=verify-full",
            "host=db.example user=u password=p sslmode=verify-ca",
            "postgresql://u:p@192.0.2.1/d",
            "postgresql://u:p@localhost,db.example/d",
            "host=localhost hostaddr=192.0.2.1 user=u",
            "host=db.example hostaddr=127.0.0.1 user=u",
            "postgresql://u:p@localhost.example/d",
            "postgresql://u:p@localhost/d?sslmode=require",
        ] {
            let (config, encrypted) = config(url).unwrap();
            assert!(encrypted && config.get_ssl_mode() == SslMode::Require, "{url}");
        }
        for url in [
            "postgresql://u:p@localhost/d",
            "postgresql://u:p@127.0.0.1:5433/d?sslmode=prefer",
            "postgresql://u:p@127.8.9.1/d?sslmode=disable",
            "postgresql://u@%2Frun%2Fpg/d",
            "host=/run/pg user=u",
            "user=u dbname=d",
            "postgresql:///d",
        ] {
            let (config, encrypted) = config(url).unwrap();
            assert!(!encrypted && config.get_ssl_mode() == SslMode::Disable, "{url}");
        }
        for url in ["postgresql://u:p@db.example/d?sslmode=disable", "host=10.0.0.1 user=u sslmode=disable"] {
            assert_eq!(config(url).err(), Some(Problem::Unencrypted), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_never_quoted() {
        for url in [
            "",
            "KANARI",
            "mysql://u:KANARI@h/d",
            "postgresql://u:KANARI@h/d?x=KANARI",
            "host=h port=KANARI",
            "user='KANARI",
        ] {
            let problem = config(url).err();
            let Some(problem) = problem else {
                assert!(url.is_empty(), "{url}");
                continue;
            };
            assert!(problem == Problem::Address && !format!("{problem} {problem:?}").contains("KANARI"), "{url}");
        }
    }

    #[test]
    fn the_code_of_an_error_is_five_letters_or_digits_or_not_told() {
        assert_eq!(SqlState::new("28P01").to_string(), "28P01");
        for other in ["", "KANARI", "28p01", "é1234", "12 45"] {
            assert_eq!(SqlState::new(other).to_string(), "?????", "{other}");
        }
    }
}
