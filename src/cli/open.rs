//! `tamis open`, and what the commands of a recipient's desk share.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::{Format, OpenArgs};
use super::show::{self, Lang};
use super::signals::Signals;
use super::{Shell, french};
use crate::audit::{AuditError, Operator};
use crate::clock::{Clock, SystemClock};
use crate::disk;
use crate::keys::{KeySource, VerifierKey, load_identity};
use crate::reception::{Desk, OpenRequest, Reception, ReceptionError};
use crate::seal::SealError;

/// Exit code of everything that is wrong with a key.
pub(super) const KEY: u8 = 5;
/// Exit code of words that make no sense.
pub(super) const USAGE: u8 = 2;
/// Longest file of a public key, in bytes.
const LONGEST_KEY: u64 = 4096;

/// Opens a package at a desk and tells what is in it.
pub(super) fn open(shell: &Shell, args: &OpenArgs) -> u8 {
    let who = match operator(args.who.as_deref()) {
        Ok(who) => who,
        Err(error) => return shell.complain(USAGE, &error.to_string()),
    };
    let sender = match verifier(&args.sender) {
        Ok(sender) => sender,
        Err(problem) => return shell.complain(KEY, &problem),
    };
    // What was written is not repeated: it could be a key.
    let source = match args.key.parse::<KeySource>() {
        Ok(source) => source,
        Err(error) => return shell.complain(USAGE, &error.to_string()),
    };
    let identity = match load_identity(&source) {
        Ok(identity) => identity,
        Err(error) => return shell.complain(KEY, &super::french::of_key(shell.lang, &error)),
    };
    let signals = Signals::listen();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let request = OpenRequest {
        package: &args.package,
        sender: &sender,
        identity: identity.age(),
        age: identity.recipient(),
        purpose: &args.purpose,
        who: &who,
        stop: &|| signals.received().is_some(),
    };
    match Desk::enter(&args.to, clock).and_then(|mut desk| desk.open(&request)) {
        Ok(reception) => match shell.format {
            Format::Human => shell.print(&told(shell.lang, &args.to, &reception)),
            Format::Json => shell.print_json(&json!({ "reception": reception.path, "record": reception.record })),
        },
        Err(error) => shell.complain(exit_code(&error, &signals), &french::of_reception(shell.lang, &error)),
    }
}

fn exit_code(error: &ReceptionError, signals: &Signals) -> u8 {
    match (error, signals.received()) {
        // As the shell counts a process that a signal ended.
        (ReceptionError::Seal(SealError::Interrupted), Some(signal)) => u8::try_from(128 + signal).unwrap_or(130),
        _ => error.exit_code(),
    }
}

fn told(lang: Lang, desk: &Path, reception: &Reception) -> String {
    let record = &reception.record;
    // As wide as the longest path.
    let width = record.files.iter().map(|file| file.path.chars().count()).max().unwrap_or(0).max(20) + 2;
    let pad = |word: &str| format!("  {word:<width$}");
    let files = record.files.iter().map(|file| match file.rows {
        // The lines of a table are cells, not records.
        Some(rows) if file.path.starts_with("tables/") => {
            format!("{}{} {}\n", pad(&file.path), show::number(lang, rows), lang.pick("lines", "lignes"))
        }
        Some(rows) => format!("{}{}\n", pad(&file.path), show::records(lang, rows)),
        None => format!("  {}\n", file.path),
    });
    let lines = [
        (lang.pick("recipient", "destinataire"), record.expected.recipient.clone()),
        (lang.pick("sent by", "envoyé par"), record.sender.clone()),
        (lang.pick("legal basis", "base légale"), record.legal_basis.clone()),
        (lang.pick("purpose", "finalité"), record.purpose.clone()),
        (lang.pick("use ends after", "utilisable jusqu'au"), record.use_until.to_string()),
    ];
    let lines = lines.map(|(word, value)| format!("{}{value}\n", pad(word))).concat();
    let log = desk.join("audit.jsonl");
    let last = match lang {
        Lang::En => format!(
            "The opening is in {}. Acknowledge it to the sender, and destroy the release after use.",
            log.display()
        ),
        Lang::Fr => format!(
            "L'ouverture est inscrite dans {}. Accusez réception à l'émetteur et détruisez les données après usage.",
            log.display()
        ),
    };
    let title = lang.pick("Opened:", "Ouvert :");
    format!("{title} {}\n\n{}\n{lines}\n{last}\n", reception.release().display(), files.collect::<String>())
}

/// Who works here: the name given, else the one of the session; the number of the account is always the system's.
pub(super) fn operator(name: Option<&str>) -> Result<Operator, AuditError> {
    let uid = rustix::process::getuid().as_raw();
    let session = || ["LOGNAME", "USER"].iter().find_map(|v| std::env::var(v).ok().filter(|name| !name.is_empty()));
    let name = name.map(str::to_owned).or_else(session).unwrap_or_else(|| format!("uid {uid}"));
    Operator::new(&name, uid)
}

/// Reads a file with a public key, `name+hash+key`.
pub(super) fn verifier(path: &Path) -> Result<VerifierKey, String> {
    let mut text = String::new();
    let read = disk::open(path).and_then(|file| file.take(LONGEST_KEY).read_to_string(&mut text));
    read.map_err(|error| format!("{} could not be read: {}", path.display(), error.kind()))?;
    VerifierKey::new(&text).map_err(|error| format!("{}: {error}", path.display()))
}
