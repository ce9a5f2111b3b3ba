use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;

use s3s::auth::SimpleAuth;
use s3s::header::CONTENT_LENGTH;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpRequest};
use tamis::config::{Delivery, S3};
use tamis::deliver::{Check, DeliverError, Step, deliver};

use super::relay::relay;
use super::{NAME, Waits, attempts, noise, package, secret};

const ACCESS: &str = "AKIATAMISTEST";
const SECRET: &str = "canary+secret/of+the+store";

/// A store that keeps its objects in a folder and checks signatures.
struct Store {
    port: u16,
    folder: tempfile::TempDir,
}

impl Store {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("depot")).unwrap();
        secret(&folder.path().join("credentials"), &format!("{ACCESS}\n{SECRET}\n"));
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ACCESS, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let service = service.clone();
                // A connection that a test cuts ends with an error, and so its thread.
                thread::spawn(move || serve(&service, &stream.unwrap()));
            }
        });
        Self { port, folder }
    }

    fn s3(&self, port: u16) -> S3 {
        S3 {
            bucket: "depot".into(),
            prefix: "2026/dgs".into(),
            endpoint: format!("http://127.0.0.1:{port}"),
            region: "us-east-1".into(),
            credentials: self.folder.path().join("credentials"),
        }
    }

    fn place(&self) -> Delivery {
        Delivery::S3(self.s3(self.port))
    }

    fn object(&self) -> PathBuf {
        self.folder.path().join("depot/2026/dgs").join(NAME)
    }

    fn objects(&self) -> Vec<String> {
        let folder = self.folder.path().join("depot/2026/dgs");
        if folder.exists() { super::names(&folder) } else { Vec::new() }
    }
}

/// A value of a type that has no name here.
fn like<T: std::str::FromStr>(_: &T, text: &str) -> Option<T> {
    text.parse().ok()
}

/// HTTP/1.1 over a connection, one request after the other.
fn serve(service: &S3Service, stream: &TcpStream) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|taken| *taken > 0)?;
        let mut words = line.split_whitespace();
        let mut request = HttpRequest::new(Body::empty());
        *request.method_mut() = words.next()?.parse().ok()?;
        *request.uri_mut() = words.next()?.parse().ok()?;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok().filter(|taken| *taken > 0)?;
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            request.headers_mut().append(like(&CONTENT_LENGTH, name)?, value.parse().ok()?);
        }
        let length = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        *request.body_mut() = Body::from(body);
        let head_only = request.method().as_str() == "HEAD";
        let response = runtime.block_on(async {
            let mut response = service.call(request).await.ok()?;
            let body = response.body_mut().store_all_limited(1 << 30).await.ok()?;
            Some((response, body))
        });
        let (response, body) = response?;
        let mut head = format!("HTTP/1.1 {}\r\n", response.status().as_u16());
        for (name, value) in response.headers() {
            if !["content-length", "transfer-encoding"].contains(&name.as_str()) || head_only {
                head += &format!("{name}: {}\r\n", value.to_str().ok()?);
            }
        }
        if !head_only {
            head += &format!("content-length: {}\r\n", body.len());
        }
        let mut stream = stream;
        stream.write_all((head + "\r\n").as_bytes()).ok()?;
        stream.write_all(if head_only { &[] } else { &body }).ok()?;
    }
}

#[test]
fn a_file_of_several_parts_arrives_whole_under_its_name_and_nothing_else_does() {
    let (store, from) = (Store::start(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 9_000_000);
    let delivered = deliver(&file, &store.place(), &attempts(1), &Waits::new()).unwrap();
    assert_eq!((delivered.check(), delivered.attempts()), (Check::Content, 1));
    assert_eq!(delivered.place(), format!("s3://depot/2026/dgs/{NAME}"));
    assert_eq!(store.objects(), [NAME]);
    assert_eq!(fs::read(store.object()).unwrap(), noise(9_000_000));

    assert!(deliver(&file, &store.place(), &attempts(1), &Waits::new()).unwrap().already_there());
    let mut other = noise(9_000_000);
    other[0] ^= 1;
    fs::write(store.object(), &other).unwrap();
    let error = deliver(&file, &store.place(), &attempts(3), &Waits::new()).unwrap_err();
    assert!(matches!(error, DeliverError::Occupied { .. }), "{error}");
    assert_eq!(fs::read(store.object()).unwrap(), other);
}

#[test]
fn wrong_credentials_are_refused_once_and_never_told() {
    let (store, from) = (Store::start(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 1000);
    let wrong = "canary+wrong+secret";
    let mut to = store.s3(store.port);
    to.credentials = from.path().join("wrong");
    secret(&to.credentials, &format!("{ACCESS}\n{wrong}\n"));
    let waits = Waits::new();
    let error = deliver(&file, &Delivery::S3(to), &attempts(5), &waits).unwrap_err();
    assert!(matches!(error, DeliverError::Refused { .. }), "{error}");
    assert!(waits.seconds().is_empty() && store.objects().is_empty());
    let told = format!("{error} {error:?}");
    for canary in [wrong, ACCESS, SECRET] {
        assert!(!told.contains(canary), "{told}");
    }
}

#[test]
fn credentials_that_others_can_read_or_of_another_form_are_not_used() {
    let (store, from) = (Store::start(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 1000);
    let to = store.s3(store.port);
    fs::set_permissions(&to.credentials, fs::Permissions::from_mode(0o644)).unwrap();
    let error = deliver(&file, &Delivery::S3(to.clone()), &attempts(5), &Waits::new()).unwrap_err();
    assert!(matches!(error, DeliverError::Mode { .. }), "{error}");

    secret(&to.credentials, "canary+one+line\n");
    let error = deliver(&file, &Delivery::S3(to), &attempts(5), &Waits::new()).unwrap_err();
    assert!(matches!(error, DeliverError::Secret { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[test]
fn no_other_machine_is_spoken_to_without_encryption() {
    let (store, from) = (Store::start(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 1000);
    for endpoint in ["http://10.0.0.1:9000", "http://store.invalid", "http://key:secret@127.0.0.1", "127.0.0.1"] {
        let to = S3 { endpoint: endpoint.into(), ..store.s3(store.port) };
        let error = deliver(&file, &Delivery::S3(to), &attempts(5), &Waits::new()).unwrap_err();
        assert!(matches!(error, DeliverError::Address { .. }), "{endpoint}: {error}");
    }
}

#[test]
fn a_connection_cut_in_the_middle_leaves_nothing_under_the_name_and_the_next_attempt_succeeds() {
    let (store, from) = (Store::start(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 3_000_000);
    let cut = relay(store.port, 0, Some(1_500_000));
    let waits = Waits::looking(|| assert!(store.objects().is_empty()));
    let delivered = deliver(&file, &Delivery::S3(store.s3(cut.port)), &attempts(3), &waits).unwrap();
    assert_eq!((delivered.attempts(), waits.seconds()), (2, vec![10]));
    assert_eq!(store.objects(), [NAME]);
    assert_eq!(fs::read(store.object()).unwrap(), noise(3_000_000));
}

#[test]
fn a_store_that_is_away_is_asked_as_often_as_allowed_and_no_more() {
    let (store, from) = (Store::start(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 1000);
    let away = relay(store.port, 2, None);
    let waits = Waits::new();
    let delivered = deliver(&file, &Delivery::S3(store.s3(away.port)), &attempts(5), &waits).unwrap();
    assert_eq!((delivered.attempts(), waits.seconds()), (3, vec![10, 30]));

    fs::remove_file(store.object()).unwrap();
    let away = relay(store.port, 99, None);
    let error = deliver(&file, &Delivery::S3(store.s3(away.port)), &attempts(2), &Waits::new()).unwrap_err();
    let lost = |last: &DeliverError| matches!(last, DeliverError::Lost { step: Step::Look, .. });
    assert!(matches!(&error, DeliverError::GaveUp { attempts: 2, last } if lost(last)), "{error}");
    assert_eq!(away.connections(), 2);
}
