//! `tamis resume` and `tamis destroy`: closing a run on the sender's side, and ending the use of a release on the
//! recipient's.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::{DestroyArgs, Format, ResumeArgs};
use super::show::{self, Lang};
use super::{Shell, keys};
use crate::audit::Operator;
use crate::clock::{Clock, SystemClock};
use crate::disk;
use crate::pipeline::{self, Closed, Closing, Waiting};
use crate::reception::{self, Which};

/// Whoever works is named in logs and certificates; without a name, by the number of the account.
pub(super) fn operator(shell: &Shell, name: Option<&str>) -> Result<Operator, u8> {
    let uid = disk::user();
    let name = name.map_or_else(|| format!("uid {uid}"), str::to_owned);
    Operator::new(&name, uid).map_err(|error| shell.complain(2, &error.to_string()))
}

/// What somebody brings to close a run, besides the key.
struct Brought {
    acknowledgements: Vec<Vec<u8>>,
    operator: Operator,
    confirm: Option<String>,
    keep_sources: bool,
}

/// Goes on with a run that was killed.
pub(super) fn resume(shell: &Shell, args: &ResumeArgs) -> u8 {
    let operator = match operator(shell, args.operator.as_deref()) {
        Ok(operator) => operator,
        Err(code) => return code,
    };
    let brought = Brought { acknowledgements: Vec::new(), operator, confirm: None, keep_sources: false };
    close(shell, &args.run, args.signing_key.as_deref(), brought)
}

/// Destroys what a run left behind, or what a recipient opened.
pub(super) fn destroy(shell: &Shell, args: &DestroyArgs) -> u8 {
    let operator = match operator(shell, args.operator.as_deref()) {
        Ok(operator) => operator,
        Err(code) => return code,
    };
    if let Some(desk) = &args.expired {
        return end_of_use(shell, desk, &Which::Expired, &operator);
    }
    let Some(target) = &args.target else {
        let en = "name a run directory or a reception, or give --expired DESK";
        let fr = "nommez le dossier d'une exécution ou d'une réception, ou donnez --expired BUREAU";
        return shell.complain(2, shell.lang.pick(en, fr));
    };
    if disk::exists(&target.join("dossier")) {
        let read = |path: &std::path::PathBuf| {
            disk::read(path).map_err(|error| shell.complain(6, &format!("{}: {}", path.display(), error.kind())))
        };
        let acknowledgements = match args.acknowledgement.iter().map(read).collect() {
            Ok(acknowledgements) => acknowledgements,
            Err(code) => return code,
        };
        let (confirm, keep_sources) = (args.confirm.clone(), args.keep_sources);
        let brought = Brought { acknowledgements, operator, confirm, keep_sources };
        return close(shell, target, args.signing_key.as_deref(), brought);
    }
    // `name/..` and the like have no folder above them that could be told from their text.
    let whole = match disk::canonical(target) {
        Ok(whole) => whole,
        Err(error) => return shell.complain(6, &format!("{}: {}", target.display(), error.kind())),
    };
    match (whole.parent(), whole.file_name().and_then(|n| n.to_str())) {
        (Some(desk), Some(name)) => end_of_use(shell, desk, &Which::Named(name.to_owned()), &operator),
        _ => shell.complain(2, shell.lang.pick("neither a run nor a reception", "ni une exécution, ni une réception")),
    }
}

/// Closes a run as far as it goes.
fn close(shell: &Shell, run: &Path, key: Option<&str>, brought: Brought) -> u8 {
    let signer = match keys::of_closing(shell, run, key) {
        Ok(signer) => signer,
        Err(code) => return code,
    };
    let closing = Closing {
        acknowledgements: brought.acknowledgements,
        signer: signer.as_ref(),
        operator: Some(brought.operator),
        confirm: brought.confirm,
        keep_sources: brought.keep_sources,
        clock: Arc::new(SystemClock),
    };
    match pipeline::close(run, &closing) {
        Ok(closed) => tell(shell, &closed),
        Err(error) => shell.complain(error.exit_code(), &show::with_causes(&error)),
    }
}

fn tell(shell: &Shell, closed: &Closed) -> u8 {
    let printed = match shell.format {
        Format::Human => shell.print(&human(shell.lang, closed)),
        Format::Json => shell.print_json(&json!({
            "run": closed.run,
            "state": closed.state.as_str(),
            "waiting": closed.waiting.as_ref().map(Waiting::to_json),
            "certificate": closed.certificate,
            "destroyed": closed.destroyed,
        })),
    };
    if printed != 0 { printed } else { closed.exit_code() }
}

fn human(lang: Lang, closed: &Closed) -> String {
    let mut out = String::new();
    let state = lang.pick(closed.state.as_str(), closed.state.french());
    // A String takes everything that is written to it.
    let _ = writeln!(out, "{} {}: {state}", lang.pick("run", "exécution"), closed.run);
    if let Some(waiting) = &closed.waiting {
        let _ = writeln!(out, "  {}", self::waiting(lang, waiting, &closed.run));
    }
    if closed.state.is_end() && closed.certificate.is_some() && !closed.destroyed {
        let en = "not everything is destroyed; the certificate says what is left";
        let fr = "tout n'est pas détruit ; le certificat dit ce qui subsiste";
        let _ = writeln!(out, "  {}", lang.pick(en, fr));
    }
    if let Some(certificate) = &closed.certificate {
        let _ = writeln!(out, "  {} {}", lang.pick("certificate", "certificat"), certificate.display());
    }
    out
}

/// What a run waits for, and what to do.
pub(super) fn waiting(lang: Lang, waiting: &Waiting, run: &str) -> String {
    match (waiting, lang) {
        (Waiting::Acknowledgements(missing), Lang::En) => format!(
            "waits for the acknowledgement of {}; then: tamis destroy RUN_DIRECTORY --acknowledgement FILE --signing-key KEY",
            missing.join(", ")
        ),
        (Waiting::Acknowledgements(missing), Lang::Fr) => format!(
            "attend l'accusé de réception de {} ; ensuite : tamis destroy DOSSIER --acknowledgement FICHIER --signing-key CLÉ",
            missing.join(", ")
        ),
        (Waiting::Confirmation, Lang::En) => format!(
            "waits for an operator: tamis destroy RUN_DIRECTORY --confirm {run} --operator NAME destroys the source files, \
             --keep-sources keeps them"
        ),
        (Waiting::Confirmation, Lang::Fr) => format!(
            "attend un opérateur : tamis destroy DOSSIER --confirm {run} --operator NOM détruit les fichiers sources, \
             --keep-sources les conserve"
        ),
    }
}

/// Destroys receptions of a desk.
fn end_of_use(shell: &Shell, desk: &Path, which: &Which, operator: &Operator) -> u8 {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let report = match reception::destroy(desk, which, operator, &clock) {
        Ok(report) => report,
        Err(error) => return shell.complain(error.exit_code(), &show::with_causes(&error)),
    };
    let mut code = 0;
    for failed in &report.failed {
        code = code.max(shell.complain(7, &format!("{}: {}", failed.path.display(), show::with_causes(&failed.error))));
    }
    let printed = match shell.format {
        Format::Json => shell.print_json(&json!({
            "destroyed": report.destroyed.iter().map(|d| json!({ "reception": d.path, "files": d.files.len() })).collect::<Value>(),
            "failed": report.failed.iter().map(|f| &f.path).collect::<Vec<_>>(),
        })),
        Format::Human => {
            let mut out = String::new();
            if report.destroyed.is_empty() && report.failed.is_empty() {
                let _ = writeln!(out, "{}", shell.lang.pick("nothing is past its last day of use", "rien n'est échu"));
            }
            for done in &report.destroyed {
                let (path, files) = (done.path.display(), done.files.len());
                let _ = match shell.lang {
                    Lang::En => writeln!(out, "{path}: {files} files destroyed"),
                    Lang::Fr => writeln!(out, "{path} : {files} fichiers détruits"),
                };
            }
            shell.print(&out)
        }
    };
    if code != 0 { code } else { printed }
}
