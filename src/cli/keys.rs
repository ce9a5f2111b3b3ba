//! `tamis keys`, and the kept key of `tamis run`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::args::{Format, GenerateArgs, KeyArgs, KeyWord, KeysCommand, RotateArgs, StatusArgs};
use super::run::RunArgs;
use super::show::Lang;
use super::{Shell, acknowledge, french};
use crate::clock::{Clock, SystemClock};
use crate::config::{DrawKey, Linkage, Pipeline};
use crate::keys::{
    self, EpochChoice, Epochs, KeyError, KeyKind, KeyReport, KeySource, LedgerProblem, MasterKey, NotASource,
    SigningKey, VerifierKey,
};
use crate::pipeline;

/// Exit code of everything that is wrong with a key.
const KEY: u8 = 5;
/// Exit code of words that make no sense.
const USAGE: u8 = 2;

/// Why a command about keys ends.
enum Stop {
    Key(KeyError),
    Usage(&'static str),
}

impl From<KeyError> for Stop {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<NotASource> for Stop {
    fn from(_: NotASource) -> Self {
        // What was written is not repeated: it could be a key.
        Self::Usage(
            "a key is named by its file, by `credential:NAME` or by `fd:N`; the key itself is never an argument",
        )
    }
}

/// What a command tells: to a reader, and to a program.
type Told = (String, Value);

/// Generates, shows or rotates keys.
pub(super) fn keys(shell: &Shell, command: &KeysCommand) -> u8 {
    let told = match command {
        KeysCommand::Generate(args) => generate(shell.lang, args),
        KeysCommand::Status(args) => status(shell.lang, args),
        KeysCommand::Rotate(args) => rotate(shell.lang, args),
        KeysCommand::Fingerprint(args) => fingerprint(args),
    };
    match told {
        Ok((text, value)) => match shell.format {
            Format::Human => shell.print(&text),
            Format::Json => shell.print_json(&value),
        },
        Err(stop) => complain(shell, stop),
    }
}

/// The kept key of a run and its epoch, if the pipeline takes one; else the exit code, told already.
pub(super) fn for_run(shell: &Shell, args: &RunArgs, pipeline: &Pipeline) -> Result<Kept, u8> {
    let named =
        Named { root_key: args.root_key.as_deref(), epochs: args.epochs.as_deref(), bridge: args.bridge.as_deref() };
    kept(&named, pipeline).map_err(|stop| complain(shell, stop))
}

/// The kept key of a draw that is made again, or made without a release.
pub(super) fn for_draw(
    shell: &Shell,
    root_key: Option<&str>,
    epochs: Option<&Path>,
    pipeline: &Pipeline,
) -> Result<Kept, u8> {
    kept(&Named { root_key, epochs, bridge: None }, pipeline).map_err(|stop| complain(shell, stop))
}

/// What the command line names.
struct Named<'a> {
    root_key: Option<&'a str>,
    epochs: Option<&'a Path>,
    bridge: Option<&'a str>,
}

/// What a run uses of a kept root key.
#[derive(Default)]
pub(super) struct Kept {
    /// The root of lasting pseudonyms.
    pub key: Option<MasterKey>,
    /// Their epoch.
    pub epoch: Option<EpochChoice>,
    /// The root of a draw that can be repeated, where pseudonyms do not last.
    pub draw_key: Option<MasterKey>,
}

fn kept(args: &Named<'_>, pipeline: &Pipeline) -> Result<Kept, Stop> {
    let lasting = pipeline.subject.linkage == Linkage::Longitudinal;
    let draws = pipeline.sample.as_ref().is_some_and(|sample| sample.key == DrawKey::Kept);
    let Some(text) = args.root_key else {
        return match (lasting, draws) {
            (true, _) => Err(KeyError::KeyNeeded.into()),
            (false, true) => Err(KeyError::DrawKeyNeeded.into()),
            (false, false) => Ok(Kept::default()),
        };
    };
    if !lasting && !draws {
        return Err(Stop::Usage(
            "this pipeline keeps no key: its run draws one and destroys it; leave --root-key out, or write linkage = \
             \"longitudinal\", or [sample] key = \"kept\"",
        ));
    }
    let source = text.parse::<KeySource>()?;
    if !lasting {
        if args.epochs.is_some() || args.bridge.is_some() {
            return Err(Stop::Usage("this pipeline has no lasting pseudonyms: leave --epochs and --bridge out"));
        }
        return Ok(Kept { draw_key: Some(keys::load_root(&source)?), ..Kept::default() });
    }
    let ledger = ledger(&source, args.epochs)?;
    let key = keys::load_root(&source)?;
    let epoch = Epochs::read(&ledger, &key.fingerprint())?.choose(args.bridge, &ledger)?;
    Ok(Kept { key: Some(key), epoch: Some(epoch), draw_key: None })
}

/// Says where the addresses of databases are; else the exit code, told already.
pub(super) fn credentials(shell: &Shell, pipeline: &mut Pipeline, named: &[String]) -> Result<(), u8> {
    for named in named {
        let parts = named.split_once('=');
        // What was written is not repeated: it could be the address itself.
        let source =
            parts.filter(|(_, from)| !from.contains("://")).and_then(|(name, from)| Some((name, from.parse().ok()?)));
        if !source.is_some_and(|(name, from): (&str, KeySource)| pipeline.take_credential(name, &from)) {
            let told = shell.lang.pick(
                "write --credential NAME=FILE, with a name that a source has in `url_from`; the file holds the address, which is \
                 never an argument",
                "écrivez --credential NOM=FICHIER, avec un nom qu'une source porte dans `url_from` ; le fichier contient l'adresse, \
                 qui n'est jamais un argument",
            );
            return Err(shell.complain(USAGE, told));
        }
    }
    Ok(())
}

/// The signing key of a run: the one whose public half the pipeline names, or any where nobody is sent to, with its public half
/// beside it; else the exit code, told already.
pub(super) fn of_run(shell: &Shell, pipeline: &Pipeline, key: Option<&str>) -> Result<Option<SigningKey>, u8> {
    if let (None, true, Some(key)) = (&pipeline.sender, pipeline.recipients.is_empty(), key) {
        return acknowledge::signing_key(shell, key, None).map(Some);
    }
    signing(pipeline.sender.as_ref().map(|s| &s.key), key).map_err(|stop| complain(shell, stop))
}

/// The signing key of a run that is closed later.
pub(super) fn of_closing(shell: &Shell, run: &Path, key: Option<&str>) -> Result<Option<SigningKey>, u8> {
    let sender =
        pipeline::sender_of(run).map_err(|e| shell.complain(e.exit_code(), &french::of_run(shell.lang, &e)))?;
    let usage = |en, fr| complain(shell, Stop::Usage(shell.lang.pick(en, fr)));
    match (&sender, key) {
        (Some(_), None) => Err(usage(
            "this run is signed: name the sender's key with --signing-key, so that its certificate is signed too",
            "cette exécution est signée : nommez la clé de l'émetteur par --signing-key, pour que son certificat le soit aussi",
        )),
        // It ended before anything was sealed, or its pipeline has no [sender].
        (None, Some(_)) => Err(usage(
            "nothing of this run was sealed, so it is closed without a key; leave --signing-key out",
            "rien de cette exécution n'a été scellé, elle est close sans clé ; omettez --signing-key",
        )),
        _ => signing(sender.as_ref(), key).map_err(|stop| complain(shell, stop)),
    }
}

fn signing(sender: Option<&VerifierKey>, key: Option<&str>) -> Result<Option<SigningKey>, Stop> {
    match (sender, key) {
        (_, None) => Ok(None),
        (Some(sender), Some(key)) => Ok(Some(keys::load_signing_key(&key.parse::<KeySource>()?, sender)?)),
        (None, Some(_)) => Err(Stop::Usage(
            "this pipeline names no sender whose key that could be; leave --signing-key out, or add [sender]",
        )),
    }
}

fn complain(shell: &Shell, stop: Stop) -> u8 {
    match stop {
        Stop::Key(error) => shell.complain(KEY, &super::french::of_key(shell.lang, &error)),
        Stop::Usage(text) => shell.complain(USAGE, text),
    }
}

fn ledger(source: &KeySource, named: Option<&Path>) -> Result<PathBuf, KeyError> {
    match (named, source) {
        (Some(path), _) => Ok(path.to_path_buf()),
        (None, KeySource::File(path)) => Ok(Epochs::beside(path)),
        (None, _) => Err(KeyError::Ledger { place: source.to_string(), problem: LedgerProblem::Nowhere }),
    }
}

fn generate(lang: Lang, args: &GenerateArgs) -> Result<Told, Stop> {
    let to = &args.to;
    match (args.kind, &args.name, &args.epoch) {
        (KeyWord::Root, None, epoch) => {
            let key = keys::generate_root(to, epoch.as_deref(), &SystemClock)?;
            let mut told = made(lang, KeyKind::Root, to, key.fingerprint().as_str());
            if let Some(epoch) = epoch {
                let _ = writeln!(told.0, "  {:<18} {epoch}", lang.pick("epoch", "époque"));
                told.1["epoch"] = json!(epoch);
            }
            Ok(told)
        }
        (KeyWord::Signing, Some(name), None) => {
            let public = keys::generate_signing(to, name)?;
            Ok(made(lang, KeyKind::Signing, to, public.as_str()))
        }
        (KeyWord::Recipient, None, None) => {
            let identity = keys::generate_recipient(to)?;
            Ok(made(lang, KeyKind::Recipient, to, identity.recipient()))
        }
        (KeyWord::Signing, None, _) => {
            Err(Stop::Usage("a signing key has a name: give --name, such as --name crcdc-ara"))
        }
        (_, Some(_), _) => Err(Stop::Usage("--name belongs to a signing key")),
        (_, _, Some(_)) => Err(Stop::Usage("--epoch belongs to a root key")),
    }
}

fn made(lang: Lang, kind: KeyKind, to: &Path, public: &str) -> Told {
    let mut text = format!(
        "{} {}\n",
        lang.pick("Key written, for its owner alone:", "Clé écrite, pour son propriétaire seul :"),
        to.display()
    );
    let _ = writeln!(text, "  {:<18} {public}", public_word(lang, kind));
    if kind != KeyKind::Root {
        let file = keys::public_file(to);
        let _ = writeln!(text, "  {:<18} {}", lang.pick("also in", "aussi dans"), file.display());
    }
    (text, json!({ "kind": kind.as_str(), "key": to, public_key(kind): public }))
}

fn status(lang: Lang, args: &StatusArgs) -> Result<Told, Stop> {
    let source = args.key.parse::<KeySource>()?;
    let report = keys::inspect(&source)?;
    let (mut text, mut value) = described(lang, &source, &report);
    if report.kind == KeyKind::Root {
        let epochs = match (&args.epochs, &source) {
            // Where nobody says where the ledger is, nothing is said of it.
            (None, KeySource::Credential(_) | KeySource::Descriptor(_)) => return Ok((text, value)),
            (named, _) => read_epochs(&ledger(&source, named.as_deref())?, &source, &report)?,
        };
        tell_epochs(lang, epochs.as_ref(), &mut text, &mut value);
    }
    Ok((text, value))
}

/// `None` where no epoch was opened yet.
fn read_epochs(ledger: &Path, source: &KeySource, report: &KeyReport) -> Result<Option<Epochs>, KeyError> {
    let fingerprint = keys::Fingerprint::new(&report.public)
        .ok_or_else(|| KeyError::Refused { place: source.to_string(), refusal: keys::Refusal::NotARoot })?;
    match Epochs::read(ledger, &fingerprint) {
        Ok(epochs) => Ok(Some(epochs)),
        Err(KeyError::Ledger { problem: LedgerProblem::NoEpoch, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn described(lang: Lang, source: &KeySource, report: &KeyReport) -> Told {
    let kind = match report.kind {
        KeyKind::Root => lang.pick("Root key", "Clé racine"),
        KeyKind::Signing => lang.pick("Signing key", "Clé de signature"),
        KeyKind::Recipient => lang.pick("Recipient's key", "Clé du destinataire"),
    };
    let mut text = format!("{kind}{} {source}\n", lang.pick(":", " :"));
    let mut line = |name: &str, value: &str| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {name:<18} {value}");
    };
    line(public_word(lang, report.kind), &report.public);
    let mode = report.mode.map(|mode| format!("{mode:04o}"));
    line(lang.pick("mode", "droits"), mode.as_deref().unwrap_or("–"));
    let days = report.written.map(|written| (SystemClock.now() - written).num_days().max(0));
    if let (Some(days), Some(written)) = (days, report.written) {
        let date = written.format("%Y-%m-%d");
        line(
            lang.pick("age", "âge"),
            &format!(
                "{days} {} ({date})",
                lang.pick(if days == 1 { "day" } else { "days" }, if days < 2 { "jour" } else { "jours" })
            ),
        );
    }
    line(
        lang.pick("locked in memory", "verrouillée"),
        if report.locked {
            lang.pick("yes", "oui")
        } else {
            lang.pick("no: it may have been swapped to disk", "non : elle a pu être écrite sur disque")
        },
    );
    let value = json!({
        "kind": report.kind.as_str(), "key": source.to_string(), public_key(report.kind): report.public, "mode": mode,
        "written": report.written.map(|w| w.to_rfc3339_opts(SecondsFormat::Secs, true)), "age_days": days,
        "locked": report.locked,
    });
    (text, value)
}

fn tell_epochs(lang: Lang, epochs: Option<&Epochs>, text: &mut String, value: &mut Value) {
    let mut list = Vec::new();
    for epoch in epochs.into_iter().flat_map(Epochs::iter) {
        let current = epochs.is_some_and(|epochs| epochs.current() == epoch);
        let opened = epoch.opened().to_rfc3339_opts(SecondsFormat::Secs, true);
        list.push(json!({ "epoch": epoch.name(), "opened": opened, "current": current }));
        let mark = if current { lang.pick("  current", "  en cours") } else { "" };
        let word = if list.len() == 1 { lang.pick("epochs", "époques") } else { "" };
        let _ = writeln!(text, "  {word:<18} {}  {}{mark}", epoch.name(), epoch.opened().format("%Y-%m-%d"));
    }
    if list.is_empty() {
        let none =
            lang.pick("none yet: tamis keys rotate KEY --epoch NAME", "aucune : tamis keys rotate CLÉ --epoch NOM");
        let _ = writeln!(text, "  {:<18} {none}", lang.pick("epochs", "époques"));
    }
    value["epochs"] = Value::Array(list);
}

fn rotate(lang: Lang, args: &RotateArgs) -> Result<Told, Stop> {
    let source = args.key.parse::<KeySource>()?;
    let ledger = ledger(&source, args.epochs.as_deref())?;
    let fingerprint = keys::load_root(&source)?.fingerprint();
    let epochs = keys::open_epoch(&ledger, &fingerprint, &args.epoch, &SystemClock)?;
    let before = epochs.iter().map(keys::Epoch::name).filter(|name| *name != args.epoch).last();
    let mut text = match lang {
        Lang::En => format!("Epoch {} is open: from now on pseudonyms are other ones.\n", args.epoch),
        Lang::Fr => format!("L'époque {} est ouverte : les pseudonymes changent dès maintenant.\n", args.epoch),
    };
    if let Some(before) = before {
        let _ = match lang {
            Lang::En => writeln!(text, "A correspondence for a recipient: tamis run … --bridge {before}"),
            Lang::Fr => writeln!(text, "Correspondance pour un destinataire : tamis run … --bridge {before}"),
        };
    }
    let _ = writeln!(text, "{} {}", lang.pick("Ledger:", "Registre :"), ledger.display());
    let value = json!({ "epoch": args.epoch, "before": before, "fingerprint": fingerprint.as_str(), "ledger": ledger });
    Ok((text, value))
}

fn fingerprint(args: &KeyArgs) -> Result<Told, Stop> {
    let report = keys::inspect(&args.key.parse::<KeySource>()?)?;
    let value = json!({ "kind": report.kind.as_str(), public_key(report.kind): report.public });
    Ok((format!("{}\n", report.public), value))
}

/// A root key has a fingerprint, any other a public half.
fn public_key(kind: KeyKind) -> &'static str {
    if kind == KeyKind::Root { "fingerprint" } else { "public" }
}

fn public_word(lang: Lang, kind: KeyKind) -> &'static str {
    if kind == KeyKind::Root {
        lang.pick("fingerprint", "empreinte")
    } else {
        lang.pick("public half", "partie publique")
    }
}
