//! `tamis resume` and `tamis destroy`: closing a run on the sender's side, and ending the use of a release on the
//! recipient's.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::{DestroyArgs, Format, ResumeArgs};
use super::show::{self, Lang};
use super::{Shell, acknowledge, french, keys, report};
use crate::audit::Operator;
use crate::clock::{Clock, SystemClock};
use crate::disk;
use crate::keys::SigningKey;
use crate::pipeline::{self, Closed, Closing, Waiting};
use crate::reception::{self, DestroyedReception, Hand, Which};

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
        return end_of_use(shell, desk, &Which::Expired, &operator, args);
    }
    let Some(target) = &args.target else {
        let en = "name a run directory or a reception, or give --expired DESK";
        let fr = "nommez le dossier d'une exécution ou d'une réception, ou donnez --expired BUREAU";
        return shell.complain(2, shell.lang.pick(en, fr));
    };
    if disk::exists(&target.join("dossier")) {
        if args.public.is_some() {
            let en = "--public belongs to a reception; the sender's public key is known to the run";
            let fr = "--public concerne une réception ; l'exécution connaît la clé publique de l'émetteur";
            return shell.complain(2, shell.lang.pick(en, fr));
        }
        let read = |path: &std::path::PathBuf| {
            disk::read(path).map_err(|error| {
                shell.complain(6, &format!("{}: {}", path.display(), french::of_kind(shell.lang, error.kind())))
            })
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
        Err(error) => {
            return shell.complain(6, &format!("{}: {}", target.display(), french::of_kind(shell.lang, error.kind())));
        }
    };
    match (whole.parent(), whole.file_name().and_then(|n| n.to_str())) {
        (Some(desk), Some(name)) => end_of_use(shell, desk, &Which::Named(name.to_owned()), &operator, args),
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
        Ok(closed) => {
            report::leave(shell, run);
            tell(shell, run, &closed)
        }
        Err(error) => shell.complain(error.exit_code(), &french::of_run(shell.lang, &error)),
    }
}

fn tell(shell: &Shell, run: &Path, closed: &Closed) -> u8 {
    let printed = match shell.format {
        Format::Human => shell.print(&human(shell.lang, run, closed)),
        Format::Json => shell.print_json(&json!({
            "run": closed.run,
            "state": closed.state.as_str(),
            "waiting": closed.waiting.as_ref().map(Waiting::to_json),
            "certificate": closed.certificate,
            "destroyed": closed.destroyed,
            "found": closed.found,
        })),
    };
    if printed != 0 { printed } else { closed.exit_code() }
}

fn human(lang: Lang, run: &Path, closed: &Closed) -> String {
    let mut out = String::new();
    let state = lang.pick(closed.state.as_str(), closed.state.french());
    // A String takes everything that is written to it.
    let _ = writeln!(out, "{} {}{} {state}", lang.pick("Run", "Exécution"), closed.run, lang.pick(":", " :"));
    if let Some(waiting) = &closed.waiting {
        let _ = writeln!(out, "  {}", self::waiting(lang, waiting, &closed.run, run));
    }
    if closed.state.is_end() && closed.certificate.is_some() && !closed.destroyed {
        let en = "not everything is destroyed; the certificate says what is left";
        let fr = "tout n'est pas détruit ; le certificat dit ce qui subsiste";
        let _ = writeln!(out, "  {}", lang.pick(en, fr));
    }
    if closed.found > 0 {
        let _ = writeln!(out, "  {}", self::found(lang, closed.found));
    }
    if let Some(certificate) = &closed.certificate {
        documents(lang, &mut out, certificate);
    }
    out
}

/// What the search after the destruction found.
fn found(lang: Lang, count: u64) -> String {
    let number = show::number(lang, count);
    match (lang, count) {
        (Lang::En, 1) => {
            "1 number with the form of a NIR is left in the folder of the run: look at its files".to_owned()
        }
        (Lang::En, _) => {
            format!("{number} numbers with the form of a NIR are left in the folder of the run: look at its files")
        }
        (Lang::Fr, 1) => {
            "1 numéro ayant la forme d'un NIR subsiste dans le dossier de l'exécution : examinez ses fichiers"
                .to_owned()
        }
        (Lang::Fr, _) => format!(
            "{number} numéros ayant la forme d'un NIR subsistent dans le dossier de l'exécution : examinez ses fichiers"
        ),
    }
}

/// Where the certificate is: signed if it is, and to print.
fn documents(lang: Lang, out: &mut String, certificate: &Path) {
    let note = certificate.with_extension("note");
    let certificate = if disk::exists(&note) { note.as_path() } else { certificate };
    let printed = certificate.with_file_name("proces-verbal.txt");
    // A String takes everything that is written to it.
    let _ = writeln!(out, "  {:<12} {}", lang.pick("certificate", "certificat"), show::place(certificate));
    let _ = writeln!(out, "  {:<12} {}", lang.pick("to print", "à imprimer"), show::place(&printed));
}

/// What a run waits for, and on lines of their own the words that go on from there.
pub(super) fn waiting(lang: Lang, waiting: &Waiting, run: &str, directory: &Path) -> String {
    let (at, name) = (directory.display(), lang.pick("NAME", "NOM"));
    // A run that is signed is closed with the key that signed it.
    let key = match (disk::exists(&directory.join("sealed")), lang) {
        (true, Lang::En) => " --signing-key KEY",
        (true, Lang::Fr) => " --signing-key CLÉ",
        (false, _) => "",
    };
    match waiting {
        Waiting::Acknowledgements(missing) => {
            let (what, file) = match lang {
                Lang::En => ("waits for the acknowledgement of", "FILE"),
                Lang::Fr => ("attend l'accusé de réception de", "FICHIER"),
            };
            let (missing, then) = (missing.join(", "), lang.pick("; then:", " ; ensuite :"));
            format!("{what} {missing}{then}\n    tamis destroy {at} --acknowledgement {file}{key}")
        }
        Waiting::Confirmation => {
            let (what, destroys, keeps) = match lang {
                Lang::En => {
                    ("waits for an operator to say what becomes of the source files:", "destroys them", "keeps them")
                }
                Lang::Fr => (
                    "attend qu'un opérateur dise ce que deviennent les fichiers sources :",
                    "les détruit",
                    "les conserve",
                ),
            };
            let words = format!("tamis destroy {at}{key} --operator {name}");
            let confirm = format!("--confirm {run}");
            let width = confirm.len();
            format!("{what}\n    {words} {confirm}  {destroys}\n    {words} {:<width$}  {keeps}", "--keep-sources")
        }
    }
}

/// Destroys receptions of a desk.
fn end_of_use(shell: &Shell, desk: &Path, which: &Which, operator: &Operator, args: &DestroyArgs) -> u8 {
    if !args.acknowledgement.is_empty() || args.confirm.is_some() || args.keep_sources {
        let en = "--acknowledgement, --confirm and --keep-sources belong to a run; this is a recipient's desk";
        let fr = "--acknowledgement, --confirm et --keep-sources concernent une exécution ; ceci est le bureau d'un destinataire";
        return shell.complain(2, shell.lang.pick(en, fr));
    }
    let signer = args.signing_key.as_deref().map(|key| acknowledge::signing_key(shell, key, args.public.as_deref()));
    let signer: Option<SigningKey> = match signer.transpose() {
        Ok(signer) => signer,
        Err(code) => return code,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let hand = Hand { who: operator, signer: signer.as_ref() };
    let report = match reception::destroy(desk, which, hand, &clock) {
        Ok(report) => report,
        Err(error) => return shell.complain(error.exit_code(), &french::of_reception(shell.lang, &error)),
    };
    let mut code = 0;
    for failed in &report.failed {
        let (colon, why) = (shell.lang.pick(":", " :"), french::of_reception(shell.lang, &failed.error));
        code = code.max(shell.complain(7, &format!("{}{colon} {why}", failed.path.display())));
    }
    if report.destroyed.iter().any(|done| !done.certificate.working_data_destroyed()) {
        code = code.max(7);
    }
    let printed = match shell.format {
        Format::Json => shell.print_json(&json!({
            "destroyed": report.destroyed.iter().map(as_json).collect::<Value>(),
            "failed": report.failed.iter().map(|f| &f.path).collect::<Vec<_>>(),
        })),
        Format::Human => {
            let mut out = String::new();
            if report.destroyed.is_empty() && report.failed.is_empty() {
                let _ =
                    writeln!(out, "{}", shell.lang.pick("Nothing is past its last day of use.", "Rien n'est échu."));
            }
            for done in &report.destroyed {
                told(shell.lang, &mut out, done);
            }
            shell.print(&out)
        }
    };
    if code != 0 { code } else { printed }
}

/// The certificate of a reception that was destroyed.
fn certificate_of(done: &DestroyedReception) -> std::path::PathBuf {
    done.path.join("certificate.json")
}

fn told(lang: Lang, out: &mut String, done: &DestroyedReception) {
    let (path, files) = (show::place(&done.path), done.record.files.len());
    let whole = done.certificate.working_data_destroyed();
    // A String takes everything that is written to it.
    let _ = match (lang, whole) {
        (Lang::En, true) => writeln!(out, "{path}: {files} opened files destroyed; the certificate says how far"),
        (Lang::En, false) => writeln!(out, "{path}: not every file is known to be destroyed; see the certificate"),
        (Lang::Fr, true) => {
            writeln!(out, "{path} : {files} fichiers ouverts détruits ; le certificat dit dans quelle mesure")
        }
        (Lang::Fr, false) => {
            writeln!(out, "{path} : la destruction de tous les fichiers n'est pas établie ; voir le certificat")
        }
    };
    documents(lang, out, &certificate_of(done));
}

fn as_json(done: &DestroyedReception) -> Value {
    json!({
        "reception": done.path,
        "run": done.record.expected.run,
        "recipient": done.record.expected.recipient,
        "files": done.record.files.len(),
        "destroyed": done.certificate.working_data_destroyed(),
        "certificate": certificate_of(done),
    })
}
