//! `tamis deliver`.

use std::fmt::Write;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::args::{DeliverArgs, Format};
use super::show::{self, Lang};
use super::{Shell, french};
use crate::clock::{Clock, SystemClock};
use crate::config::Pipeline;
use crate::deliver::{self, Check, DeliverError, Delivered, Retry, SystemPause};
use crate::pipeline;
use crate::seal::SealError;

/// Delivers packages to the recipients of a pipeline, and to nobody else.
pub(super) fn deliver(shell: &Shell, args: &DeliverArgs) -> u8 {
    let named = match Pipeline::read(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(error) => return shell.refuse_pipeline(error),
    };
    // All are looked at before the first is sent.
    let mut parcels = Vec::new();
    let mut refused = 0;
    for package in &args.packages {
        match deliver::address(&named, package) {
            Ok(parcel) => parcels.push(parcel),
            Err(error) => refused = refused.max(complain(shell, &error)),
        }
    }
    if refused != 0 {
        return refused;
    }
    let factor = NonZeroU32::MIN.saturating_add(3);
    let retry = Retry::new(args.attempts, Duration::from_secs(2), factor);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (mut done, mut code) = (Vec::new(), 0);
    for parcel in &parcels {
        match deliver::send(parcel, &retry, &SystemPause) {
            Ok(delivered) => {
                // It has arrived: that its own log could not take it in is told, and changes nothing about that.
                let noted = pipeline::note_delivery(parcel.file(), parcel.recipient(), delivered.bytes(), &clock);
                if let Err(error) = noted {
                    code = code.max(shell.complain(error.exit_code(), &show::with_causes(&error)));
                }
                done.push((parcel.recipient().name.as_str(), delivered));
            }
            Err(error) => code = code.max(complain(shell, &error)),
        }
    }
    let printed = match shell.format {
        Format::Human => shell.print(&human(shell.lang, &done)),
        Format::Json => shell.print_json(&json!({ "delivered": done.iter().map(as_json).collect::<Vec<_>>() })),
    };
    if code != 0 { code } else { printed }
}

fn complain(shell: &Shell, error: &DeliverError) -> u8 {
    shell.complain(exit_code(error), &french::of_delivery(shell.lang, error))
}

/// 2 usage or pipeline, 4 a package that may not be sent, 5 keys and credentials, 6 the rest.
fn exit_code(error: &DeliverError) -> u8 {
    match error {
        DeliverError::GaveUp { last, .. } => exit_code(last),
        error if error.is_about_a_key() => 5,
        DeliverError::Seal(SealError::Io { .. }) => 6,
        DeliverError::Seal(_) | DeliverError::Unlisted { .. } | DeliverError::OtherPipeline { .. } => 4,
        DeliverError::Address { .. }
        | DeliverError::Name { .. }
        | DeliverError::NoPlace { .. }
        | DeliverError::NoSender
        | DeliverError::NotBuilt { .. } => 2,
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
