//! `tamis certificate`.

use std::fmt::Write;

use chrono::DateTime;
use serde_json::{Value, json};

use super::args::{CertificateCommand, CertificateVerifyArgs, Format};
use super::open::{KEY, verifier};
use super::show::{Lang, number, with_causes};
use super::{Shell, french};
use crate::destroy::{CertificateError, Checked, Class, Thing, verify_certificate};
use crate::keys::SignatureError;

/// Checks a certificate of destruction.
pub(super) fn certificate(shell: &Shell, command: &CertificateCommand) -> u8 {
    match command {
        CertificateCommand::Verify(args) => verify(shell, args),
    }
}

fn verify(shell: &Shell, args: &CertificateVerifyArgs) -> u8 {
    let key = match args.key.as_deref().map(verifier).transpose() {
        Ok(key) => key,
        Err(problem) => return shell.complain(KEY, &problem),
    };
    match verify_certificate(&args.file, key.as_ref()) {
        Ok(checked) => match shell.format {
            Format::Human => shell.print(&human(shell.lang, &checked)),
            Format::Json => shell.print_json(&as_json(&checked)),
        },
        Err(error) => {
            let code = if matches!(error, CertificateError::Io { .. }) { 6 } else { 4 };
            let french = if shell.lang == Lang::Fr { in_french(&error) } else { None };
            shell.complain(code, &french.unwrap_or_else(|| with_causes(&error)))
        }
    }
}

fn in_french(error: &CertificateError) -> Option<String> {
    Some(match error {
        CertificateError::Signature(SignatureError::OtherKey) => {
            "ce certificat n'est pas digne de foi : il n'est pas signé par la clé attendue".to_owned()
        }
        CertificateError::Signature(SignatureError::Forged) => {
            "ce certificat n'est pas digne de foi : il a été modifié après sa signature".to_owned()
        }
        CertificateError::Signature(reason) => format!("ce certificat n'est pas digne de foi : {reason}"),
        CertificateError::Unsigned => {
            "ce certificat n'est pas signé : rien n'y montre qui l'a établi (le certificat signé est certificate.note)"
                .to_owned()
        }
        CertificateError::KeyNeeded => {
            "ce certificat est signé : nommez par --key la clé publique de celui qui l'a établi".to_owned()
        }
        CertificateError::NotACertificate => "ce n'est pas un certificat de destruction".to_owned(),
        CertificateError::Version { found } => format!("ce programme ne connaît pas la forme {found} de ce certificat"),
        CertificateError::Io { path, kind } => {
            format!("{} n'a pu être lu : {}", path.display(), french::of_kind(Lang::Fr, *kind))
        }
    })
}

/// A text of the document; empty where it has none.
fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn human(lang: Lang, checked: &Checked) -> String {
    let document = checked.document();
    let mut out = match (checked.signer(), lang) {
        (Some(signer), Lang::En) => format!("The certificate is unchanged, and signed by {}.\n", plain(signer)),
        (Some(signer), Lang::Fr) => format!("Le certificat est intact, et signé par {}.\n", plain(signer)),
        (None, Lang::En) => {
            "This certificate is not signed: nothing shows who made it, nor that it is unchanged.\n".to_owned()
        }
        (None, Lang::Fr) => {
            "Ce certificat n'est pas signé : rien n'y montre qui l'a établi, ni qu'il est intact.\n".to_owned()
        }
    };
    let mut line = |word: &str, value: &str| {
        if !value.is_empty() {
            // A String takes everything that is written to it.
            let _ = writeln!(out, "  {word:<14} {}", plain(value));
        }
    };
    line(lang.pick("pipeline", "traitement"), text(document, "/pipeline"));
    line(lang.pick("run", "exécution"), checked.run().unwrap_or_default());
    line(lang.pick("recipient", "destinataire"), text(document, "/reception/recipient"));
    line(lang.pick("outcome", "issue"), outcome(lang, text(document, "/outcome/state")));
    line(lang.pick("destroyed at", "constat du"), &moment(lang, text(document, "/destroyed_at")));
    line(lang.pick("operator", "opérateur"), text(document, "/operator/name"));
    let destroyed = if checked.working_data_destroyed() {
        lang.pick("destroyed, as far as said below", "détruites, dans la mesure dite ci-dessous")
    } else {
        lang.pick("NOT established as destroyed", "destruction NON établie")
    };
    line(lang.pick("working data", "données"), destroyed);
    let _ = writeln!(out);
    for item in document.get("items").and_then(Value::as_array).into_iter().flatten() {
        let count = item.get("count").and_then(Value::as_u64).map(|count| number(lang, count)).unwrap_or_default();
        let (class, what) = (text(item, "/class"), text(item, "/what"));
        let french = |french: Option<&'static str>| french.filter(|_| lang == Lang::Fr);
        let class = french(Class::of_word(class).map(Class::french)).unwrap_or(class);
        let what = french(Thing::of_words(what).map(|thing| thing.texts().1)).unwrap_or(what);
        let _ = writeln!(out, "  {:<20}{count:>10}  {}", plain(class), plain(what));
    }
    out
}

/// A time of the document to the second, as the log is shown; as it stands there where it is none.
fn moment(lang: Lang, text: &str) -> String {
    let form = lang.pick("%Y-%m-%d %H:%M:%S UTC", "%d/%m/%Y %H:%M:%S UTC");
    DateTime::parse_from_rfc3339(text).map_or_else(|_| text.to_owned(), |time| time.to_utc().format(form).to_string())
}

fn outcome(lang: Lang, state: &str) -> &str {
    match (lang, state) {
        (Lang::Fr, "exported") => "livraison relue",
        (Lang::Fr, "acknowledged") => "réception accusée",
        (Lang::Fr, "failed") => "échec, rien n'a été publié",
        (Lang::Fr, "interrupted") => "interruption, rien n'a été publié",
        (Lang::Fr, "used") => "utilisation terminée",
        (Lang::En, "exported") => "release read back",
        (Lang::En, "acknowledged") => "release acknowledged",
        (Lang::En, "failed") => "failed, nothing was published",
        (Lang::En, "interrupted") => "interrupted, nothing was published",
        (Lang::En, "used") => "use has ended",
        (_, other) => other,
    }
}

/// A document that somebody made up could hold characters that steer a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn as_json(checked: &Checked) -> Value {
    json!({
        "signed_by": checked.signer(),
        "run": checked.run(),
        "working_data_destroyed": checked.working_data_destroyed(),
        "certificate": checked.document(),
    })
}
