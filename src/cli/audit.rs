//! `tamis audit`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::Shell;
use super::args::{AuditCommand, AuditShowArgs, AuditVerifyArgs, Format};
use super::show::{self, Lang};
use crate::audit::{self, AuditError, Checkpointed, Entry, Verified};
use crate::disk;
use crate::keys::VerifierKey;

/// Checks or shows a log.
pub(super) fn audit(shell: &Shell, command: &AuditCommand) -> u8 {
    match command {
        AuditCommand::Verify(args) => verify(shell, args),
        AuditCommand::Show(args) => show(shell, args),
    }
}

fn verify(shell: &Shell, args: &AuditVerifyArgs) -> u8 {
    let read = |path: &std::path::Path| {
        let text = disk::read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or_else(|| {
            let what =
                shell.lang.pick("this file could not be read as text", "ce fichier n'a pas pu être lu comme texte");
            shell.complain(6, &format!("{}: {what}", path.display()))
        })
    };
    let key = match args.key.as_deref().map(read).transpose() {
        Ok(text) => match text.map(|text| VerifierKey::new(&text)).transpose() {
            Ok(key) => key,
            Err(error) => return shell.complain(5, &error.to_string()),
        },
        Err(code) => return code,
    };
    let outcome = match args.checkpoint.as_deref().map(read).transpose() {
        Ok(None) => audit::verify(&args.log).map(|log| (log, None)),
        Ok(Some(text)) => audit::verify_checkpoint(&args.log, &checkpoint_in(text), key.as_ref())
            .map(|checked| (checked.log, Some(checked))),
        Err(code) => return code,
    };
    match outcome {
        Ok((log, checked)) => match shell.format {
            Format::Human => shell.print(&sound(shell.lang, &log, checked.as_ref(), key.as_ref())),
            Format::Json => shell.print_json(&sound_json(&log, checked.as_ref(), key.as_ref())),
        },
        Err(error) => refuse(shell, &error),
    }
}

/// The checkpoint's text: the file's own, or the one that a document in JSON, signed or not, holds: certificates and manifests
/// under `audit_checkpoint`, others under `checkpoint`.
fn checkpoint_in(text: String) -> String {
    fn find(value: &Value) -> Option<&str> {
        match value {
            Value::Object(map) => {
                let named = ["audit_checkpoint", "checkpoint"].iter().find_map(|key| map.get(*key)?.as_str());
                named.or_else(|| map.values().find_map(find))
            }
            Value::Array(values) => values.iter().find_map(find),
            _ => None,
        }
    }
    let document = text.split_once("\n\n").map_or(text.as_str(), |(document, _)| document);
    let document: Option<Value> = serde_json::from_str(&text).or_else(|_| serde_json::from_str(document)).ok();
    document.as_ref().and_then(find).map(str::to_owned).unwrap_or(text)
}

fn sound(lang: Lang, log: &Verified, checked: Option<&Checkpointed>, key: Option<&VerifierKey>) -> String {
    let n = |n| show::number(lang, n);
    let mut out = String::new();
    let events = n(log.events);
    let _ = match lang {
        Lang::En => writeln!(out, "The log is sound: {events} events, each following from the one before."),
        Lang::Fr => writeln!(out, "Le journal est intègre : {events} événements, chacun faisant suite au précédent."),
    };
    let _ = writeln!(out, "  {}  {}", lang.pick("root    ", "racine  "), log.root_text());
    let Some(checked) = checked else {
        let _ = writeln!(
            out,
            "  {}",
            lang.pick(
                "Without a checkpoint kept elsewhere (--checkpoint) nobody can tell whether lines were cut off its end, or \
                 whether it was rewritten as a whole.",
                "Sans point de contrôle conservé ailleurs (--checkpoint), nul ne peut dire si la fin en a été retranchée ou \
                 s'il a été réécrit en entier.",
            )
        );
        return out;
    };
    let (covered, later) = (n(checked.covered), n(log.events - checked.covered));
    let _ = writeln!(out, "  {}  {}", lang.pick("log     ", "journal "), checked.origin);
    let _ = match lang {
        Lang::En => {
            writeln!(out, "  Its first {covered} events are those of the checkpoint; {later} added since.")
        }
        Lang::Fr => {
            writeln!(
                out,
                "  Ses {covered} premiers événements sont ceux du point de contrôle ; ajoutés depuis : {later}."
            )
        }
    };
    let _ = match key {
        Some(key) => writeln!(
            out,
            "  {} {}",
            lang.pick("The checkpoint is signed by", "Point de contrôle signé par"),
            key.name()
        ),
        None => writeln!(
            out,
            "  {}",
            lang.pick(
                "Who signed the checkpoint was not looked at: give --key.",
                "La signature du point de contrôle n'a pas été examinée : donnez --key.",
            )
        ),
    };
    out
}

fn sound_json(log: &Verified, checked: Option<&Checkpointed>, key: Option<&VerifierKey>) -> Value {
    let mut told = json!({ "sound": true, "events": log.events, "root": log.root_text() });
    if let Some(checked) = checked {
        told["checkpoint"] = json!({
            "origin": checked.origin,
            "events": checked.covered,
            "signed_by": key.map(VerifierKey::name),
        });
    }
    told
}

/// Exit 6 where the log could not be read, else 4: it is not the log that was written.
fn refuse(shell: &Shell, error: &AuditError) -> u8 {
    let code = if matches!(error, AuditError::Io { .. }) { 6 } else { 4 };
    let french = match (shell.lang, error) {
        (Lang::En, _) => None,
        (Lang::Fr, error) => in_french(error),
    };
    shell.complain(code, &french.unwrap_or_else(|| error.to_string()))
}

pub(super) fn in_french(error: &AuditError) -> Option<String> {
    Some(match error {
        AuditError::NotAnEvent { line } => format!("la ligne {line} du journal n'est pas un événement"),
        AuditError::Sequence { line } => {
            format!(
                "la ligne {line} du journal porte un autre numéro : des lignes ont été retirées, ajoutées ou déplacées avant elle"
            )
        }
        AuditError::Chain { line } => {
            format!("la ligne {line} du journal ne fait pas suite à la précédente, qui a été modifiée")
        }
        AuditError::Cut { line } => format!("la ligne {line} du journal est tronquée"),
        AuditError::Truncated { recorded, found } => {
            format!("le journal a {found} lignes, son point de contrôle {recorded} : la fin en a été retranchée")
        }
        AuditError::Rewritten { size } => {
            format!("les {size} premières lignes du journal ne sont pas celles du point de contrôle : il a été réécrit")
        }
        AuditError::NotACheckpoint => "ce n'est pas un point de contrôle (C2SP tlog-checkpoint)".to_owned(),
        AuditError::Signature(reason) => format!("le point de contrôle n'est pas digne de foi : {reason}"),
        _ => return None,
    })
}

fn show(shell: &Shell, args: &AuditShowArgs) -> u8 {
    let (entries, error) = audit::read_sound(&args.log);
    let wanted = |entry: &&Entry| {
        args.who.as_deref().is_none_or(|who| people(entry).any(|name| name.to_lowercase() == who.to_lowercase()))
            && args.what.as_deref().is_none_or(|what| entry.event == what)
            && args.since.is_none_or(|since| entry.time >= since)
    };
    let wanted: Vec<&Entry> = entries.iter().filter(wanted).collect();
    let text = match shell.format {
        Format::Human => table(shell.lang, &wanted, entries.len()),
        Format::Json => wanted.iter().fold(String::new(), |mut out, entry| {
            let Entry { seq, time, run, event, fields } = entry;
            let line = json!({ "seq": seq, "time": time.to_rfc3339(), "run": run, "event": event, "fields": fields });
            let _ = writeln!(out, "{line}");
            out
        }),
    };
    let printed = if error.is_some() && entries.is_empty() { 0 } else { shell.print(&text) };
    match error {
        Some(error) => refuse(shell, &error),
        None => printed,
    }
}

/// Names of the persons in an event.
fn people(entry: &Entry) -> impl Iterator<Item = &str> {
    entry.fields.values().filter_map(|value| value.get("name").and_then(Value::as_str))
}

/// The events under the run that they belong to, columns aligned.
fn table(lang: Lang, entries: &[&Entry], of: usize) -> String {
    let mut out = String::new();
    let widths: BTreeMap<&str, usize> = entries.iter().map(|e| (e.event.as_str(), e.event.chars().count())).collect();
    let width = widths.values().copied().max().unwrap_or(0);
    let digits = entries.iter().map(|e| e.seq.to_string().len()).max().unwrap_or(0);
    let mut run: Option<&Option<String>> = None;
    for entry in entries {
        if run != Some(&entry.run) {
            let name = match &entry.run {
                Some(name) => format!("{} {}", lang.pick("run", "traitement"), printable(name)),
                None => lang.pick("of no run", "hors traitement").to_owned(),
            };
            let _ = writeln!(out, "{}{name}", if run.is_some() { "\n" } else { "" });
            run = Some(&entry.run);
        }
        let time = entry.time.format(lang.pick("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"));
        let facts: Vec<String> =
            entry.fields.iter().map(|(key, value)| format!("{} {}", printable(key), fact(lang, value))).collect();
        let event = printable(&entry.event);
        let line = format!("{:>digits$}  {time}  {event:<width$}  {}", entry.seq, facts.join(" · "));
        let _ = writeln!(out, "  {}", line.trim_end());
    }
    let (shown, of) = (show::number(lang, entries.len() as u64), show::number(lang, of as u64));
    let blank = if entries.is_empty() { "" } else { "\n" };
    let _ = match lang {
        Lang::En => {
            writeln!(out, "{blank}{shown} of {of} events, times in UTC; every line follows from the one before")
        }
        Lang::Fr => {
            writeln!(out, "{blank}{shown} événements sur {of}, heures UTC ; chaque ligne fait suite à la précédente")
        }
    };
    out
}

/// A fact as a reader would write it.
fn fact(lang: Lang, value: &Value) -> String {
    let number = |key| value.get(key).and_then(Value::as_u64);
    match value {
        Value::Number(n) => n.as_u64().map_or_else(|| n.to_string(), |n| show::number(lang, n)),
        // The beginning of a digest tells it from others; the whole stands in the log.
        Value::String(text) if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            format!("{}…", &text[..12])
        }
        Value::String(text) => printable(text),
        Value::Array(values) => values.iter().map(|value| fact(lang, value)).collect::<Vec<_>>().join(", "),
        Value::Object(_) => {
            if let Some(name) = value.get("name").and_then(Value::as_str) {
                let uid = number("uid").map(|uid| format!(" (uid {uid})")).unwrap_or_default();
                format!("{}{uid}", printable(name))
            } else if let Some(ms) = number("ms") {
                let seconds = format!("{:.2} s", ms as f64 / 1000.0);
                if lang == Lang::Fr { seconds.replace('.', ",") } else { seconds }
            } else if let Some(below) = number("below") {
                format!("{} {}", lang.pick("under", "moins de"), show::number(lang, below))
            } else if let Some(file) = number("file") {
                format!("{} {}", lang.pick("no.", "n°"), file + 1)
            } else if let Some(errno) = value.get("errno").and_then(Value::as_i64) {
                format!("errno {errno}")
            } else {
                printable(&value.to_string())
            }
        }
        other => other.to_string(),
    }
}

/// A log that somebody changed could hold characters that steer a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_checkpoint_is_found_in_a_document_signed_or_not_and_is_else_the_file_itself() {
        let text = "tamis\n2\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n";
        let document = format!("{:#}", json!({ "counts": [{ "read": 1 }], "audit": { "checkpoint": text } }));
        assert_eq!(checkpoint_in(text.to_owned()), text);
        assert_eq!(checkpoint_in(document.clone()), text);
        assert_eq!(checkpoint_in(format!("{document}\n\n— crcdc AAAA\n")), text);
        let certificate = format!("{:#}", json!({ "run": "r", "audit_checkpoint": text }));
        assert_eq!(checkpoint_in(format!("{certificate}\n\n— crcdc AAAA\n")), text);
    }

    #[test]
    fn facts_read_as_people_write_them_and_cannot_steer_a_terminal() {
        let shown = |lang, value: Value| fact(lang, &value);
        assert_eq!(shown(Lang::En, json!(1234567)), "1,234,567");
        assert_eq!(shown(Lang::Fr, json!({ "ms": 1250 })), "1,25 s");
        assert_eq!(shown(Lang::Fr, json!({ "below": 11 })), "moins de 11");
        assert_eq!(shown(Lang::En, json!({ "name": "Zoé", "uid": 7 })), "Zoé (uid 7)");
        assert_eq!(shown(Lang::En, json!("ab".repeat(32))), "abababababab…");
        assert_eq!(shown(Lang::En, json!(["a", "b"])), "a, b");
        assert_eq!(shown(Lang::En, json!("\u{1b}[2J")), "\u{fffd}[2J");
    }
}
