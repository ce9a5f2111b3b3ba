//! `tamis deliver`.

use std::fmt::Write;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::Shell;
use super::args::{DeliverArgs, Format};
use super::show::{self, Lang};
use crate::config::{Delivery, Pipeline};
use crate::deliver::{self, Check, DeliverError, Delivered, Retry, SystemPause};

/// How the name of a sealed package ends.
const ENDING: &str = ".tamis";

/// Why a package is not sent at all.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// Its name is not that of a package of the pipeline.
    Name,
    /// Its recipient does not stand in the pipeline (R02).
    Unlisted,
    /// The pipeline does not say where the recipient fetches it.
    NoPlace,
}

/// Delivers packages to the recipients of a pipeline, and to nobody else.
pub(super) fn deliver(shell: &Shell, args: &DeliverArgs) -> u8 {
    let pipeline = match Pipeline::read(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(error) => return shell.refuse_pipeline(error),
    };
    // All are looked at before the first is sent.
    let mut parcels: Vec<(&PathBuf, &str, &Delivery)> = Vec::new();
    let mut refused = 0;
    for package in &args.packages {
        match address(&pipeline, package) {
            Ok((recipient, to)) => parcels.push((package, recipient, to)),
            Err(refusal) => refused = refused.max(refuse(shell, package, &refusal)),
        }
    }
    if refused != 0 {
        return refused;
    }
    let factor = NonZeroU32::MIN.saturating_add(3);
    let retry = Retry::new(args.attempts, Duration::from_secs(2), factor);
    let (mut done, mut code) = (Vec::new(), 0);
    for (package, recipient, to) in parcels {
        match deliver::deliver(package, to, &retry, &SystemPause) {
            Ok(delivered) => done.push((recipient, delivered)),
            Err(error) => code = code.max(shell.complain(exit_code(&error), &error.to_string())),
        }
    }
    let printed = match shell.format {
        Format::Human => shell.print(&human(shell.lang, &done)),
        Format::Json => shell.print_json(&json!({ "delivered": done.iter().map(as_json).collect::<Vec<_>>() })),
    };
    if code != 0 { code } else { printed }
}

/// Recipient and place of a package, by its name: `<pipeline>-<run>-<recipient>.tamis`. A run has no `-` in its name.
fn address<'a>(pipeline: &'a Pipeline, package: &Path) -> Result<(&'a str, &'a Delivery), Refusal> {
    let name = package.file_name().and_then(|name| name.to_str()).ok_or(Refusal::Name)?;
    let rest = name.strip_suffix(ENDING).and_then(|name| name.strip_prefix(&pipeline.name)).ok_or(Refusal::Name)?;
    let (run, recipient) = rest.strip_prefix('-').and_then(|rest| rest.split_once('-')).ok_or(Refusal::Name)?;
    if run.is_empty() || !run.chars().all(|c| c.is_ascii_digit() || "TZ.".contains(c)) {
        return Err(Refusal::Name);
    }
    let recipient = pipeline.recipients.iter().find(|r| r.name == recipient).ok_or(Refusal::Unlisted)?;
    Ok((recipient.name.as_str(), recipient.deliver.as_ref().ok_or(Refusal::NoPlace)?))
}

fn refuse(shell: &Shell, package: &Path, refusal: &Refusal) -> u8 {
    let (code, why) = match refusal {
        Refusal::Name => (
            2,
            shell.lang.pick(
                "not a sealed package of this pipeline (<pipeline>-<run>-<recipient>.tamis); nothing was sent",
                "ce n'est pas un paquet scellé de ce traitement (<traitement>-<exécution>-<destinataire>.tamis) ; rien n'a été transmis",
            ),
        ),
        Refusal::Unlisted => (
            4,
            shell.lang.pick(
                "its recipient does not stand in the pipeline; nothing was sent",
                "son destinataire ne figure pas dans le traitement ; rien n'a été transmis",
            ),
        ),
        Refusal::NoPlace => (
            2,
            shell.lang.pick(
                "the pipeline does not say where its recipient fetches it: add `deliver` to the [[recipient]]; nothing was sent",
                "le traitement ne dit pas où son destinataire le retire : ajoutez `deliver` au [[recipient]] ; rien n'a été transmis",
            ),
        ),
    };
    shell.complain(code, &format!("{}: {why}", package.display()))
}

fn exit_code(error: &DeliverError) -> u8 {
    match error {
        DeliverError::GaveUp { last, .. } => exit_code(last),
        error if error.is_about_a_key() => 5,
        DeliverError::Address { .. } | DeliverError::Name { .. } | DeliverError::NotBuilt { .. } => 2,
        _ => 6,
    }
}

fn human(lang: Lang, done: &[(&str, Delivered)]) -> String {
    let mut out = String::new();
    for (recipient, delivered) in done {
        let bytes = show::number(lang, delivered.bytes());
        let what = match (delivered.already_there(), delivered.check()) {
            (true, _) => lang.pick("already there, content compared", "déjà présent, contenu comparé"),
            (_, Check::Content) => lang.pick("read back and compared", "relu et comparé"),
            (_, Check::Size) => {
                lang.pick("size compared, content not readable", "taille comparée, contenu non lisible")
            }
            (_, Check::Confirmed) => {
                lang.pick("confirmed by the server, not readable", "confirmé par le serveur, non lisible")
            }
        };
        let _ = writeln!(out, "{recipient}");
        let _ = writeln!(out, "  {}", delivered.place());
        let _ = match lang {
            Lang::En => writeln!(out, "  {bytes} bytes, {what}; attempts: {}", delivered.attempts()),
            Lang::Fr => writeln!(out, "  {bytes} octets, {what} ; tentatives : {}", delivered.attempts()),
        };
    }
    out
}

fn as_json((recipient, delivered): &(&str, Delivered)) -> Value {
    let sha256: String = delivered.sha256().iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "recipient": recipient,
        "file": delivered.name(),
        "place": delivered.place(),
        "bytes": delivered.bytes(),
        "sha256": sha256,
        "attempts": delivered.attempts(),
        "check": delivered.check().as_str(),
        "already_there": delivered.already_there(),
    })
}
