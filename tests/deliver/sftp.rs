use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tamis::config::{Delivery, Sftp};
use tamis::deliver::{Check, DeliverError, Step, deliver};

use super::relay::relay;
use super::{NAME, Waits, attempts, names, noise, package};

/// An OpenSSH server on this machine that does nothing but SFTP.
struct Server {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn user() -> String {
    String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned()
}

fn key(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(path).status();
    assert!(made.unwrap().success());
}

impl Server {
    /// `None`, said aloud, where OpenSSH is not there. `options` go to `internal-sftp`.
    fn start(options: &str) -> Option<Self> {
        let (Some(sshd), Some(_), Some(_)) = (program("sshd"), program("ssh"), program("ssh-keygen")) else {
            eprintln!("SKIPPED: delivery by SFTP is not tested, OpenSSH (sshd, ssh, ssh-keygen) is missing");
            return None;
        };
        if user() == "root" {
            // Where the server, run by root, wants to lock itself in.
            let _ = fs::create_dir_all("/run/sshd");
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        key(&at("host"));
        key(&at("identity"));
        fs::create_dir(at("drop")).unwrap();
        // A port that was free a moment ago may be taken: another one then.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let config = format!(
                "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
                 UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
                 Subsystem sftp internal-sftp\nForceCommand internal-sftp {options}\nLogLevel QUIET\n",
                at("host").display(),
                at("identity.pub").display(),
            );
            fs::write(at("sshd_config"), config).unwrap();
            let mut sshd = Command::new(&sshd);
            let sshd = sshd.args(["-D", "-e", "-f"]).arg(at("sshd_config")).stderr(Stdio::null()).stdin(Stdio::null());
            let mut child = sshd.spawn().unwrap();
            for _ in 0..100 {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Some(Self { child, port, folder });
                }
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("sshd does not start");
    }

    fn drop_folder(&self) -> PathBuf {
        self.folder.path().join("drop")
    }

    fn sftp(&self, port: u16) -> Sftp {
        Sftp {
            user: user(),
            host: "127.0.0.1".into(),
            port,
            folder: self.drop_folder().display().to_string(),
            identity: self.folder.path().join("identity"),
            host_key: fs::read_to_string(self.folder.path().join("host.pub")).unwrap().trim().to_owned(),
        }
    }

    fn place(&self) -> Delivery {
        Delivery::Sftp(self.sftp(self.port))
    }
}

#[test]
fn a_file_arrives_whole_and_is_read_back() {
    let Some(server) = Server::start("") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 1_500_000);
    let delivered = deliver(&file, &server.place(), &attempts(1), &Waits::new()).unwrap();
    assert_eq!((delivered.check(), delivered.already_there()), (Check::Content, false));
    assert_eq!(names(&server.drop_folder()), [NAME]);
    assert_eq!(fs::read(server.drop_folder().join(NAME)).unwrap(), noise(1_500_000));

    assert!(deliver(&file, &server.place(), &attempts(1), &Waits::new()).unwrap().already_there());
    fs::write(server.drop_folder().join(NAME), "another").unwrap();
    let error = deliver(&file, &server.place(), &attempts(3), &Waits::new()).unwrap_err();
    assert!(matches!(error, DeliverError::Occupied { .. }), "{error}");
    assert_eq!(fs::read(server.drop_folder().join(NAME)).unwrap(), b"another");
}

#[test]
fn a_server_without_extensions_and_a_drop_that_cannot_be_read_do_as_well() {
    let Some(server) = Server::start("-P posix-rename,fsync,hardlink,limits,read") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 300_000);
    let delivered = deliver(&file, &server.place(), &attempts(1), &Waits::new()).unwrap();
    assert_eq!(delivered.check(), Check::Size);
    assert_eq!(fs::read(server.drop_folder().join(NAME)).unwrap(), noise(300_000));
}

#[test]
fn a_server_with_another_host_key_is_sent_nothing_and_not_asked_again() {
    let Some(server) = Server::start("") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 1000);
    key(&from.path().join("other"));
    let mut to = server.sftp(server.port);
    to.host_key = fs::read_to_string(from.path().join("other.pub")).unwrap().trim().to_owned();
    let waits = Waits::new();
    let error = deliver(&file, &Delivery::Sftp(to), &attempts(5), &waits).unwrap_err();
    assert!(matches!(error, DeliverError::HostKey { .. }), "{error}");
    assert!(names(&server.drop_folder()).is_empty() && waits.seconds().is_empty());
}

#[test]
fn an_unknown_user_and_an_unknown_key_are_refused_once() {
    let Some(server) = Server::start("") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 1000);
    let mut stranger = server.sftp(server.port);
    stranger.user = "nobody-of-that-name".into();
    let mut other_key = server.sftp(server.port);
    other_key.identity = from.path().join("other");
    key(&other_key.identity);
    for to in [stranger, other_key] {
        let waits = Waits::new();
        let error = deliver(&file, &Delivery::Sftp(to), &attempts(5), &waits).unwrap_err();
        assert!(matches!(error, DeliverError::Refused { .. }), "{error}");
        assert!(names(&server.drop_folder()).is_empty() && waits.seconds().is_empty());
    }
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let Some(server) = Server::start("") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 1000);
    let to = server.sftp(server.port);
    fs::set_permissions(&to.identity, fs::Permissions::from_mode(0o640)).unwrap();
    let error = deliver(&file, &Delivery::Sftp(to), &attempts(5), &Waits::new()).unwrap_err();
    assert!(matches!(error, DeliverError::Mode { .. }), "{error}");
}

#[test]
fn an_address_cannot_bring_options_to_ssh() {
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 10);
    let to = |user: &str, host: &str| {
        let (user, host) = (user.to_owned(), host.to_owned());
        let host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1".to_owned();
        Delivery::Sftp(Sftp { user, host, port: 1, folder: String::new(), identity: from.path().into(), host_key })
    };
    for place in [
        to("a", "-oProxyCommand=touch /tmp/x"),
        to("a", "127.0.0.1 x"),
        to("a\nProxyCommand x", "127.0.0.1"),
        to("-a", "127.0.0.1"),
    ] {
        let error = deliver(&file, &place, &attempts(5), &Waits::new()).unwrap_err();
        assert!(matches!(error, DeliverError::Address { .. }), "{error}");
    }
}

#[test]
fn a_server_that_only_reads_says_that_it_does_not_allow_it() {
    let Some(server) = Server::start("-R") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 1000);
    let waits = Waits::new();
    let error = deliver(&file, &server.place(), &attempts(5), &waits).unwrap_err();
    assert!(matches!(error, DeliverError::Denied { step: Step::Write, .. }), "{error}");
    assert!(names(&server.drop_folder()).is_empty() && waits.seconds().is_empty());
}

#[test]
fn a_folder_that_is_missing_on_the_server_is_said_to_be_missing() {
    let Some(server) = Server::start("") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 1000);
    let mut to = server.sftp(server.port);
    to.folder = format!("{}/none", to.folder);
    let error = deliver(&file, &Delivery::Sftp(to), &attempts(5), &Waits::new()).unwrap_err();
    assert!(matches!(error, DeliverError::NoFolder { .. }), "{error}");
}

#[test]
fn a_connection_cut_in_the_middle_leaves_no_half_file_under_the_name_and_the_next_attempt_succeeds() {
    let Some(server) = Server::start("") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 3_000_000);
    let cut = relay(server.port, 0, Some(1_200_000));
    let left = std::cell::RefCell::new(Vec::new());
    let waits = Waits::looking(|| left.borrow_mut().extend(names(&server.drop_folder())));
    let delivered = deliver(&file, &Delivery::Sftp(server.sftp(cut.port)), &attempts(3), &waits).unwrap();
    assert_eq!((delivered.attempts(), waits.seconds()), (2, vec![10]));
    assert_eq!(*left.borrow(), [format!(".{NAME}.partial")], "the cut came in the middle of the upload");
    assert_eq!(names(&server.drop_folder()), [NAME]);
    assert_eq!(fs::read(server.drop_folder().join(NAME)).unwrap(), noise(3_000_000));
}

#[test]
fn a_server_that_is_away_twice_is_asked_three_times_and_no_more_often_than_allowed() {
    let Some(server) = Server::start("") else { return };
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 1000);
    let away = relay(server.port, 2, None);
    let waits = Waits::new();
    let delivered = deliver(&file, &Delivery::Sftp(server.sftp(away.port)), &attempts(5), &waits).unwrap();
    assert_eq!((delivered.attempts(), waits.seconds(), away.connections()), (3, vec![10, 30], 3));

    fs::remove_file(server.drop_folder().join(NAME)).unwrap();
    let away = relay(server.port, 9, None);
    let error = deliver(&file, &Delivery::Sftp(server.sftp(away.port)), &attempts(2), &Waits::new()).unwrap_err();
    let lost = |last: &DeliverError| matches!(last, DeliverError::Lost { step: Step::Connect, .. });
    assert!(matches!(&error, DeliverError::GaveUp { attempts: 2, last } if lost(last)), "{error}");
    assert_eq!(away.connections(), 2);
}
