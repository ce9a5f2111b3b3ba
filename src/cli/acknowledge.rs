//! `tamis acknowledge`.

use std::sync::Arc;

use chrono::SecondsFormat;
use serde_json::json;

use super::Shell;
use super::args::{AcknowledgeArgs, Format};
use super::open::{KEY, USAGE, operator, verifier};
use super::show::{Lang, with_causes};
use crate::clock::{Clock, SystemClock};
use crate::keys::{KeySource, load_signing_key, public_file};
use crate::reception;
use crate::seal::Acknowledgement;

/// Writes the signed acknowledgement of an opened release.
pub(super) fn acknowledge(shell: &Shell, args: &AcknowledgeArgs) -> u8 {
    let who = match operator(args.who.as_deref()) {
        Ok(who) => who,
        Err(error) => return shell.complain(USAGE, &error.to_string()),
    };
    let source = match args.key.parse::<KeySource>() {
        Ok(source) => source,
        Err(error) => return shell.complain(USAGE, &error.to_string()),
    };
    let public = match (&args.public, &source) {
        (Some(path), _) => path.clone(),
        (None, KeySource::File(path)) => public_file(path),
        (None, _) => return shell.complain(USAGE, "name the public half of the key with --public FILE"),
    };
    let public = match verifier(&public) {
        Ok(public) => public,
        Err(problem) => return shell.complain(KEY, &problem),
    };
    let key = match load_signing_key(&source, &public) {
        Ok(key) => key,
        Err(error) => return shell.complain(KEY, &with_causes(&error)),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match reception::acknowledge(&args.reception, &key, &who, &args.output, &clock) {
        Ok(done) => match shell.format {
            Format::Human => shell.print(&told(shell.lang, args, &done)),
            Format::Json => shell.print_json(&json!({
                "acknowledgement": args.output,
                "run": done.run(),
                "recipient": done.recipient(),
                "manifest_sha256": done.manifest_sha256(),
                "opened": done.opened().to_rfc3339_opts(SecondsFormat::Millis, true),
            })),
        },
        Err(error) => shell.complain(error.exit_code(), &with_causes(&error)),
    }
}

fn told(lang: Lang, args: &AcknowledgeArgs, done: &Acknowledgement) -> String {
    let output = args.output.display();
    match lang {
        Lang::En => {
            format!("Acknowledged: {output}\n\nRun {} was received whole. Send this file to the sender.\n", done.run())
        }
        Lang::Fr => format!(
            "Accusé de réception : {output}\n\nL'envoi {} est reçu entier. Transmettez ce fichier à l'émetteur.\n",
            done.run()
        ),
    }
}
