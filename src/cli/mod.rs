//! Words in, exit code out. Only this room shows anything.

mod acknowledge;
mod anonymise;
mod args;
mod attack;
mod audit;
mod certificate;
mod close;
mod cluster;
mod config;
mod deliver;
mod doctor;
mod explain;
mod files;
mod formats;
mod french;
mod init;
mod keys;
mod ledger;
mod lineage;
mod listening;
mod manual;
mod open;
pub mod plan;
mod profile;
mod progress;
mod protect;
mod report;
mod risk;
mod run;
mod runs;
mod sample;
mod schema;
mod show;
mod signals;
mod synth;
mod validate;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::keys::harden_process;
use crate::report::Form;

use args::{Cli, Command, Format, LangArg};
use show::Lang;

/// What every subcommand is given.
struct Shell {
    format: Format,
    /// Formats and files of `validate`; every other command writes one format to standard output.
    forms: Vec<formats::Asked>,
    lang: Lang,
    threads: Option<usize>,
}

/// The program: reads the arguments of the process, does what they say, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    // Before anything is read: no core dump may hold a key or a record.
    let hardened = harden_process();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Where even this cannot be written there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    quiet_panics();
    let lang = match cli.lang {
        Some(LangArg::Fr) => Lang::Fr,
        Some(LangArg::En) => Lang::En,
        None => Lang::of_environment(),
    };
    let format = match (&cli.command, cli.format.as_slice()) {
        (Command::Validate(_), forms) => validate::beside(forms),
        // Whoever collects lines reads no sentences.
        (Command::Run(args), []) if args.log == listening::LogForm::Json => Format::Json,
        (_, []) => Format::Human,
        (_, [formats::Asked { form: Form::Human, to: None }]) => Format::Human,
        (_, [formats::Asked { form: Form::Json, to: None }]) => Format::Json,
        _ => {
            let only = "this command writes one format, human or json, to standard output";
            // Where even this cannot be written there is nobody to tell.
            let _ = Cli::command().error(ErrorKind::InvalidValue, only).print();
            return ExitCode::from(2);
        }
    };
    let shell = Shell { format, forms: cli.format, lang, threads: cli.threads.map(std::num::NonZeroUsize::get) };
    if let Err(error) = hardened {
        shell.warn(&show::with_causes(&error));
    }
    let code = match cli.command {
        Command::Init(args) => init::init(&shell, &args),
        Command::Doctor(args) => doctor::doctor(&shell, &args),
        Command::Config(command) => config::config(&shell, &command),
        Command::Explain(args) => explain::explain(&shell, &args),
        Command::Completions(args) => manual::completions(&shell, &args),
        Command::Man(args) => manual::man(&shell, &args),
        Command::Run(args) => run::run(&shell, &args),
        Command::Worker(args) => cluster::worker(&shell, &args),
        Command::Cluster(command) => cluster::cluster(&shell, &command),
        Command::Plan(args) => plan_command(&shell, &args),
        Command::Report(args) => report::report(&shell, &args),
        Command::Runs(command) => runs::runs(&shell, &command),
        Command::Validate(args) => validate::validate(&shell, &args),
        Command::Synth(args) => synth::synth(&shell, &args),
        Command::Deliver(args) => deliver::deliver(&shell, &args),
        Command::Resume(args) => close::resume(&shell, &args),
        Command::Destroy(args) => close::destroy(&shell, &args),
        Command::Audit(command) => audit::audit(&shell, &command),
        Command::Certificate(command) => certificate::certificate(&shell, &command),
        Command::Open(args) => open::open(&shell, &args),
        Command::Acknowledge(args) => acknowledge::acknowledge(&shell, &args),
        Command::Sample(command) => sample::sample(&shell, &command),
        Command::Attack(args) => attack::attack(&shell, &args),
        Command::Profile(args) => profile::profile(&shell, &args),
        Command::Schema(command) => schema::schema(&shell, &command),
        Command::Anonymise(args) => anonymise::anonymise(&shell, &args),
        Command::Risk(args) => risk::risk(&shell, &args),
        Command::Protect(command) => protect::protect(&shell, &command),
        Command::Ledger(command) => ledger::ledger(&shell, &command),
        Command::Keys(command) => keys::keys(&shell, &command),
    };
    ExitCode::from(code)
}

/// A panic message of a library could quote a cell: only the place in the program is told.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        let _ = writeln!(std::io::stderr(), "a bug in tamis{place}; please report this line");
    }));
}

fn plan_command(shell: &Shell, args: &args::PlanArgs) -> u8 {
    match crate::config::Pipeline::read(&args.pipeline) {
        Ok(mut pipeline) if args.with_data => match keys::credentials(shell, &mut pipeline, &args.credentials) {
            Ok(()) => plan::with_data(shell, args, &pipeline),
            Err(code) => code,
        },
        Ok(pipeline) => match shell.format {
            Format::Human => shell.print(&plan::human(shell.lang, &pipeline)),
            Format::Json => shell.print_json(&crate::config::plan::json(&pipeline)),
        },
        Err(error) => shell.refuse_pipeline(error),
    }
}

impl Shell {
    /// Writes to standard output; the exit code tells whether that was possible.
    fn print(&self, text: &str) -> u8 {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => 0,
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Err(_) => 6,
        }
    }

    fn print_json(&self, value: &serde_json::Value) -> u8 {
        self.print(&format!("{value:#}\n"))
    }

    /// Tells an error on standard error, as a sentence or as JSON.
    fn complain(&self, code: u8, message: &str) -> u8 {
        let line = match self.format {
            Format::Human => format!("{} {message}\n", self.bold(show::error_word(self.lang))),
            Format::Json => format!("{}\n", serde_json::json!({ "error": message, "exit_code": code })),
        };
        // Where even standard error is closed, the exit code still tells.
        let _ = std::io::stderr().write_all(line.as_bytes());
        code
    }

    /// Tells something on standard error that stops nothing.
    fn warn(&self, message: &str) {
        let line = match self.format {
            Format::Human => format!("{} {message}\n", self.bold(self.lang.pick("warning:", "attention :"))),
            Format::Json => format!("{}\n", serde_json::json!({ "warning": message })),
        };
        // Where even standard error is closed there is nobody to tell.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    /// Where more can be read, after an error; programs find it in the folder of the run.
    fn hint(&self, message: &str) {
        // Where even standard error is closed there is nobody to tell.
        let _ = std::io::stderr().write_all(format!("  {message}\n").as_bytes());
    }

    fn refuse_pipeline(&self, error: crate::config::ConfigErrors) -> u8 {
        let told = match (self.format, self.lang) {
            (Format::Human, Lang::En) => format!("{:?}", miette::Report::new(error)),
            (Format::Human, Lang::Fr) => french::InFrench::new(error).shown(),
            (Format::Json, lang) => {
                let of = |(code, message, help, span): (String, String, String, Option<std::ops::Range<usize>>)| {
                    let span = span.map(|s| [s.start, s.end]);
                    serde_json::json!({ "code": code, "message": message, "help": help, "span": span })
                };
                let english = |e: &crate::config::ConfigError| (e.code(), e.to_string(), e.help(), e.span());
                let mut problems: Vec<_> = error.errors().iter().map(english).collect();
                let mut told = error.to_string();
                if lang == Lang::Fr {
                    let french = french::InFrench::new(error);
                    for (problem, french) in problems.iter_mut().zip(french.problems()) {
                        problem.1.clone_from(&french.message);
                        problem.2.clone_from(&french.help);
                    }
                    told = french.to_string();
                }
                let problems: Vec<_> = problems.into_iter().map(of).collect();
                serde_json::json!({ "error": told, "exit_code": 2, "problems": problems }).to_string()
            }
        };
        // Where even standard error is closed, the exit code still tells.
        let _ = writeln!(std::io::stderr(), "{told}");
        2
    }

    fn bold(&self, text: &str) -> String {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || !std::io::stderr().is_terminal();
        if plain { text.to_owned() } else { format!("\u{1b}[1m{text}\u{1b}[0m") }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::process::Command;

    /// Set for the process that panics.
    const ASKED: &str = "TAMIS_TEST_PANIC";
    const QUOTED: &str = "284058832102532";

    #[test]
    fn a_panic_tells_its_place_and_not_its_words() {
        const NAME: &str = "cli::tests::a_panic_tells_its_place_and_not_its_words";
        if std::env::var_os(ASKED).is_some() {
            super::quiet_panics();
            let _ = std::thread::spawn(|| panic!("a library quotes {QUOTED}")).join();
            return;
        }
        let mut command = Command::new(std::env::current_exe().unwrap());
        let done = command.args(["--exact", NAME, "--nocapture"]).env(ASKED, "1").output().unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(told.contains("a bug in tamis at src/cli/mod.rs:"), "{told}");
        assert!(!told.contains(QUOTED), "{told}");
    }
}
