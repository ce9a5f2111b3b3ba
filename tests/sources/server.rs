//! A PostgreSQL server of the tests' own, on a socket in a folder that goes with it.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Password of the user that programs read with; it is looked for in all that they say.
pub const PASSWORD: &str = "KANARI-Passwort-4711";
/// User and group that the server runs as where the tests are run by root, whom it refuses.
const NOBODY: u32 = 65534;

pub struct Server {
    folder: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
    child: Child,
    /// Whether it speaks TLS, under the authority `ca.pem`.
    pub encrypts: bool,
}

static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());

/// The server, shared by tests that run at once; tells visibly where none is installed.
pub fn server() -> Option<Arc<Server>> {
    let mut running = RUNNING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(server) = running.upgrade() {
        return Some(server);
    }
    let Some(bin) = installed() else {
        eprintln!("skipped: no PostgreSQL server (`postgres`, `initdb`) is installed");
        return None;
    };
    let server = Arc::new(Server::start(bin));
    *running = Arc::downgrade(&server);
    Some(server)
}

fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut known: Vec<PathBuf> = versions.map(|entry| entry.unwrap().path().join("bin")).collect();
    known.sort();
    let known = known.into_iter().rev().chain(std::env::split_paths(&path));
    known.into_iter().find(|bin| ["postgres", "initdb", "psql"].iter().all(|name| bin.join(name).is_file()))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A program, as somebody whom the server does not refuse.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()];
    command.args(ids).arg("--").arg(program);
    command
}

fn done(command: &mut Command) {
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Server {
    fn start(bin: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("password"), "admin\n").unwrap();
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            chown(path("password"), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        done(
            as_server(&bin.join("initdb"))
                .args(["--username=admin", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"])
                .arg(format!("--pwfile={}", path("password").display()))
                .arg("-D")
                .arg(path("data")),
        );
        let encrypts = certificates(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = as_server(&bin.join("postgres"));
        command.arg("-D").arg(path("data")).arg("-k").arg(folder.path()).arg("-p").arg(port.to_string()).arg("-F");
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "log_min_messages=fatal"]);
        if encrypts {
            for (key, file) in [("ssl_cert_file", "server.pem"), ("ssl_key_file", "server.key")] {
                command.arg("-c").arg(format!("{key}={}", path(file).display()));
            }
            command.args(["-c", "ssl=on"]);
        }
        let log = fs::File::create(path("log")).unwrap();
        let child = command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let server = Self { child: child.unwrap(), bin, port, encrypts, folder };
        let begun = Instant::now();
        while !server.psql("SELECT 1").status.success() {
            let log = fs::read_to_string(server.folder.path().join("log")).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not answer: {log}");
            sleep(Duration::from_millis(50));
        }
        // Settings under which texts of values are others than those that are due.
        server.sql(&format!(
            "CREATE ROLE lecteur LOGIN PASSWORD '{PASSWORD}'; ALTER ROLE lecteur SET datestyle = 'SQL, DMY';\n\
             ALTER ROLE lecteur SET timezone = 'Europe/Paris'; ALTER ROLE lecteur SET extra_float_digits = 0;\n\
             ALTER ROLE lecteur SET statement_timeout = '1h'; GRANT pg_read_all_data TO lecteur"
        ));
        server
    }

    fn psql(&self, sql: &str) -> std::process::Output {
        let mut command = Command::new(self.bin.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "admin", "-d", "postgres", "-h"]);
        command.arg(self.folder.path()).arg("-p").arg(self.port.to_string()).env("PGPASSWORD", "admin");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What the administrator is answered.
    pub fn sql(&self, sql: &str) -> String {
        let done = self.psql(sql);
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
    }

    /// The address for the reader, over the socket, with this password.
    pub fn url_with(&self, password: &str) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgresql://lecteur:{password}@{socket}:{}/postgres", self.port)
    }

    pub fn url(&self) -> String {
        self.url_with(PASSWORD)
    }

    /// The address over TCP.
    pub fn url_over_tcp(&self, host: &str, more: &str) -> String {
        format!("postgresql://lecteur:{PASSWORD}@{host}:{}/postgres?{more}", self.port)
    }

    /// Certificates of the authority that vouches for the server.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // At once, with all of its processes.
        let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// Makes an authority and a certificate for `localhost`, where the tool for it is installed.
fn certificates(folder: &Path) -> bool {
    let openssl = |words: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(words).current_dir(folder).stdin(Stdio::null());
        command.output().is_ok_and(|done| done.status.success())
    };
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let authority =
        [&["req", "-x509"][..], &key, &["-subj", "/CN=essai", "-keyout", "ca.key", "-out", "ca.pem"]].concat();
    let request =
        [&["req"][..], &key, &["-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"]].concat();
    let sign = "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out server.pem";
    let made = openssl(&authority) && openssl(&request) && openssl(&sign.split(' ').collect::<Vec<_>>());
    if !made {
        eprintln!("skipped: no certificates can be made, since `openssl` is not installed");
        return false;
    }
    for name in ["server.key", "server.pem"] {
        let path = folder.join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    true
}
