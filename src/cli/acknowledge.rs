//! `tamis acknowledge`.

use std::path::Path;
use std::sync::Arc;

use chrono::SecondsFormat;
use serde_json::json;

use super::args::{AcknowledgeArgs, Format};
use super::open::{KEY, USAGE, operator, verifier};
use super::show::Lang;
use super::{Shell, french};
use crate::clock::{Clock, SystemClock};
use crate::keys::{KeySource, SigningKey, load_signing_key, public_file};
use crate::reception;
use crate::seal::Acknowledgement;

/// Writes the signed acknowledgement of an opened release.
pub(super) fn acknowledge(shell: &Shell, args: &AcknowledgeArgs) -> u8 {
    let who = match operator(args.who.as_deref()) {
        Ok(who) => who,
        Err(error) => return shell.complain(USAGE, &error.to_string()),
    };
    let key = match signing_key(shell, &args.key, args.public.as_deref()) {
        Ok(key) => key,
        Err(code) => return code,
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
        Err(error) => shell.complain(error.exit_code(), &french::of_reception(shell.lang, &error)),
    }
}

/// A recipient's signing key, its public half named or beside it; else the exit code, told already.
pub(super) fn signing_key(shell: &Shell, key: &str, public: Option<&Path>) -> Result<SigningKey, u8> {
    // What was written is not repeated: it could be a key.
    let source = key.parse::<KeySource>().map_err(|error| shell.complain(USAGE, &error.to_string()))?;
    let public = match (public, &source) {
        (Some(path), _) => path.to_path_buf(),
        (None, KeySource::File(path)) => public_file(path),
        (None, _) => {
            let en = "name the public half of the key with --public FILE";
            let fr = "nommez la partie publique de la clé par --public FICHIER";
            return Err(shell.complain(USAGE, shell.lang.pick(en, fr)));
        }
    };
    let public = verifier(&public).map_err(|problem| shell.complain(KEY, &problem))?;
    load_signing_key(&source, &public).map_err(|error| shell.complain(KEY, &super::french::of_key(shell.lang, &error)))
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
