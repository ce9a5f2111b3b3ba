//! The words of the command line.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use clap::{Parser, Subcommand, ValueEnum};

/// `tamis`: a sieve for health records.
#[derive(Debug, Parser)]
#[command(
    name = "tamis",
    version,
    about = "A sieve for health records: lets out what the law allows, destroys the rest and proves it",
    after_help = "Exit codes: 0 done · 1 data rejected, nothing published · 2 usage, pipeline or schema · 3 published, some input \
                  left out as wrong · 4 privacy requirement not met · 5 key · 6 input/output · 7 published but not destroyed · \
                  11 another run holds the lock · 70 a bug · 130/143 interrupted, vault destroyed"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How results are written to standard output: human or json. `validate` also writes jsonl, sarif, junit and html, several at
    /// once as FORMAT=FILE.
    #[arg(long, global = true, value_name = "FORMAT", value_parser = super::formats::asked)]
    pub format: Vec<super::formats::Asked>,
    /// Language of what is shown; default from LC_ALL, LC_MESSAGES or LANG.
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangArg>,
    /// Number of threads; default one per core.
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a reader.
    Human,
    /// For a program.
    Json,
}

/// Language of what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English.
    En,
    /// Français.
    Fr,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a folder with a pipeline that works at once: schema, sample, service and timer.
    Init(super::init::InitArgs),
    /// Look at this machine, and at all that a pipeline names: is it fit for a run? Each finding comes with its fix.
    Doctor(super::doctor::DoctorArgs),
    /// Check a pipeline file, show its values with their origin, or write its form for editors.
    #[command(subcommand)]
    Config(super::config::ConfigCommand),
    /// Say what a code means, why it matters, and what to do.
    Explain(super::explain::ExplainArgs),
    /// Run a pipeline: read, sieve, sample, release, destroy.
    Run(super::run::RunArgs),
    /// One pass of a run on a cluster: an Arrow IPC stream on standard input, one on standard output.
    Worker(super::cluster::WorkerArgs),
    /// The stages of a run on a cluster, and what one machine does of them.
    #[command(subcommand)]
    Cluster(super::cluster::ClusterCommand),
    /// Explain what a pipeline does with every column; reads no data.
    Plan(PlanArgs),
    /// Write the report of a run: one page, to be read in a browser.
    Report(super::report::ReportArgs),
    /// List, show and compare runs; remove releases that nobody needs any more.
    #[command(subcommand)]
    Runs(super::runs::RunsCommand),
    /// Judge files against their schemas; publishes nothing.
    Validate(super::validate::ValidateArgs),
    /// Tell what the columns of a file hold: types, what is missing, how values spread, and where persons may be found.
    Profile(super::profile::ProfileArgs),
    /// Judge, propose, describe and compare schemas.
    #[command(subcommand)]
    Schema(super::schema::SchemaCommand),
    /// Write synthetic French records.
    Synth(SynthArgs),
    /// Leave sealed packages where their recipients fetch them.
    Deliver(DeliverArgs),
    /// Go on with a run that was killed: read back and close it, or settle what is left of it.
    Resume(ResumeArgs),
    /// Take acknowledgements and close a run; or destroy what was opened.
    Destroy(DestroyArgs),
    /// Check or read an audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check a certificate of destruction.
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// Open a package that was sealed to you, at your desk.
    Open(OpenArgs),
    /// Acknowledge to the sender, signed, a release that was opened.
    Acknowledge(AcknowledgeArgs),
    /// Draw a sample from any frame, or draw that of a run again.
    #[command(subcommand)]
    Sample(SampleCommand),
    /// Play the intruder on published tables: what follows about the cells that they suppress.
    Attack(super::attack::AttackArgs),
    /// Measure how likely persons in a file are found again: counts and probabilities, never a value.
    Risk(super::risk::RiskArgs),
    /// Make a file of persons safe by rules, at the least loss of information.
    Anonymise(super::anonymise::AnonymiseArgs),
    /// Protect tables that were made elsewhere.
    #[command(subcommand)]
    Protect(super::protect::ProtectCommand),
    /// Look at a ledger of released tables, or check it.
    #[command(subcommand)]
    Ledger(super::ledger::LedgerCommand),
    /// Make keys, look at them, open a new epoch.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print the completions of a shell.
    Completions(super::manual::CompletionsArgs),
    /// Write the manual pages.
    Man(super::manual::ManArgs),
}

/// `tamis sample`.
#[derive(Debug, Subcommand)]
pub enum SampleCommand {
    /// Draw a sample from a CSV, Parquet or Arrow file, one row for each unit; writes probabilities and weights.
    Draw(SampleDrawArgs),
    /// Draw the sample of a run again under its kept key, and compare.
    Replay(SampleReplayArgs),
}

/// Arguments of `tamis sample draw`.
#[derive(Debug, clap::Args)]
pub struct SampleDrawArgs {
    /// The frame. Its own values are written out: this is no release.
    pub frame: PathBuf,
    /// Sheet of the frame, where it is a workbook (XLSX, ODS) that holds more than one.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// File with the design: a pipeline, or a file with [sample] alone.
    #[arg(long, value_name = "FILE")]
    pub design: PathBuf,
    /// Column that tells units apart.
    #[arg(long, value_name = "COLUMN")]
    pub id: String,
    /// File to write the drawn units to, as CSV; it must not exist yet.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Kept root key, where the design says key = "kept": FILE, credential:NAME (systemd) or fd:N.
    #[arg(long, value_name = "KEY")]
    pub root_key: Option<String>,
}

/// Arguments of `tamis sample replay`.
#[derive(Debug, clap::Args)]
pub struct SampleReplayArgs {
    /// The run directory, or its sample.json.
    pub run: PathBuf,
    /// The pipeline file of the run.
    pub pipeline: PathBuf,
    /// The kept root key: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long, value_name = "KEY")]
    pub root_key: String,
    /// Ledger of the root key's epochs, where pseudonyms last; default: beside the key file, FILE.epochs.
    #[arg(long, value_name = "FILE")]
    pub epochs: Option<PathBuf>,
    /// Where the address of a database is that a source is read from: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long = "credential", value_name = "NAME=KEY")]
    pub credentials: Vec<String>,
}

/// Arguments of `tamis resume`.
#[derive(Debug, clap::Args)]
pub struct ResumeArgs {
    /// The run directory.
    pub run: PathBuf,
    /// The sender's signing key, where the release is sealed: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long, value_name = "KEY")]
    pub signing_key: Option<String>,
    /// Who does it, for log and certificate.
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}

/// Arguments of `tamis destroy`.
#[derive(Debug, clap::Args)]
pub struct DestroyArgs {
    /// A run directory, or a reception of a desk.
    #[arg(required_unless_present = "expired")]
    pub target: Option<PathBuf>,
    /// Destroy every reception of this desk that is past its last day of use.
    #[arg(long, value_name = "DESK", conflicts_with = "target")]
    pub expired: Option<PathBuf>,
    /// A recipient's acknowledgement; once for each.
    #[arg(long, value_name = "FILE", requires = "target")]
    pub acknowledgement: Vec<PathBuf>,
    /// Key that signs the certificate: the sender's where the release is sealed; of a reception the recipient's, if any: FILE,
    /// credential:NAME (systemd) or fd:N.
    #[arg(long, value_name = "KEY")]
    pub signing_key: Option<String>,
    /// Public half of a recipient's signing key; default: beside the key file, FILE.pub.
    #[arg(long, value_name = "FILE", requires = "signing_key")]
    pub public: Option<PathBuf>,
    /// Who does it, for log and certificate.
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    /// Destroy the source files too, where the pipeline asks for it. Typed is the name of the run, `20260131T…Z` of the folder
    /// `NAME-20260131T…Z`.
    #[arg(long, value_name = "RUN", requires = "operator")]
    pub confirm: Option<String>,
    /// Close the run and keep the source files, although the pipeline asks for their destruction.
    #[arg(long, conflicts_with = "confirm")]
    pub keep_sources: bool,
}

/// What `tamis keys` does.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Draw a key and write it to a new file, for its owner alone.
    Generate(GenerateArgs),
    /// Tell what may be told of a key: never a byte of it.
    Status(StatusArgs),
    /// Open an epoch: from then on every person has another pseudonym.
    Rotate(RotateArgs),
    /// Print the fingerprint of a root key, or the public half of any other.
    Fingerprint(KeyArgs),
}

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyWord {
    /// 32 bytes behind lasting pseudonyms.
    Root,
    /// For the sender's releases and certificates, or a recipient's acknowledgements.
    Signing,
    /// For a recipient: opens what is sealed to it.
    Recipient,
}

/// Arguments of `tamis keys generate`.
#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// Kind of key.
    #[arg(value_enum)]
    pub kind: KeyWord,
    /// File to write, which must not exist yet. Public halves go to FILE.pub.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Name in a signing key: one word.
    #[arg(long)]
    pub name: Option<String>,
    /// First epoch of a root key.
    #[arg(long)]
    pub epoch: Option<String>,
}

/// A key that is named.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// The key: FILE, credential:NAME (systemd) or fd:N. Never the key itself.
    pub key: String,
}

/// Arguments of `tamis keys status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// The key: FILE, credential:NAME (systemd) or fd:N. Never the key itself.
    pub key: String,
    /// Ledger of a root key's epochs; default: beside the key file, FILE.epochs.
    #[arg(long, value_name = "FILE")]
    pub epochs: Option<PathBuf>,
}

/// Arguments of `tamis keys rotate`.
#[derive(Debug, clap::Args)]
pub struct RotateArgs {
    /// The root key: FILE, credential:NAME (systemd) or fd:N. Never the key itself.
    pub key: String,
    /// Name of the new epoch: letters, digits, `-` and `.`.
    #[arg(long)]
    pub epoch: String,
    /// Ledger of its epochs; default: beside the key file, FILE.epochs.
    #[arg(long, value_name = "FILE")]
    pub epochs: Option<PathBuf>,
}

/// Arguments of `tamis plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Read the input and tell what protection would do to each per-person output, and what it would cost; nothing is released.
    #[arg(long)]
    pub with_data: bool,
    /// Kept root key, where pseudonyms last or the draw can be repeated: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long, value_name = "KEY", requires = "with_data")]
    pub root_key: Option<String>,
    /// Ledger of the root key's epochs; default: beside the key file, FILE.epochs.
    #[arg(long, value_name = "FILE", requires = "root_key")]
    pub epochs: Option<PathBuf>,
    /// Where the address of a database is that a source is read from: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long = "credential", value_name = "NAME=KEY", requires = "with_data")]
    pub credentials: Vec<String>,
}

/// Arguments of `tamis deliver`.
#[derive(Debug, clap::Args)]
pub struct DeliverArgs {
    /// The pipeline file: its recipients are the only ones, and it says where each fetches its packages.
    #[arg(long, value_name = "FILE")]
    pub pipeline: PathBuf,
    /// Sealed packages, `<pipeline>-<run>-<recipient>.tamis`.
    #[arg(required = true, value_name = "PACKAGE")]
    pub packages: Vec<PathBuf>,
    /// How often each is tried; 2, 8, 32… seconds apart.
    #[arg(long, value_name = "N", default_value_t = std::num::NonZeroU32::MIN.saturating_add(4))]
    pub attempts: std::num::NonZeroU32,
}

/// `tamis audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no line of a log was changed, removed or added; against a checkpoint, not at its end either.
    Verify(AuditVerifyArgs),
    /// Show the events of a log.
    Show(AuditShowArgs),
}

/// Arguments of `tamis audit verify`.
#[derive(Debug, clap::Args)]
pub struct AuditVerifyArgs {
    /// The log.
    pub log: PathBuf,
    /// A checkpoint that was kept elsewhere: its text, or a certificate or manifest that holds it.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// The public key under which the checkpoint has to be signed, `name+hash+key`.
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    pub key: Option<PathBuf>,
}

/// Arguments of `tamis audit show`.
#[derive(Debug, clap::Args)]
pub struct AuditShowArgs {
    /// The log.
    pub log: PathBuf,
    /// Only events of this person.
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
    /// Only events of this name.
    #[arg(long, value_name = "EVENT")]
    pub what: Option<String>,
    /// Only events from then on: 2026-02-25, 2026-02-25T08:30 or 2026-02-25T08:30:00+01:00; UTC where no offset is given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<DateTime<Utc>>,
}

/// `tamis certificate`.
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Check who signed a certificate of destruction, and that it is unchanged; tell what it says.
    Verify(CertificateVerifyArgs),
}

/// Arguments of `tamis certificate verify`.
#[derive(Debug, clap::Args)]
pub struct CertificateVerifyArgs {
    /// The certificate: certificate.note, or certificate.json, which shows nothing about who made it.
    pub file: PathBuf,
    /// File with the public key of its maker, `name+hash+key`: nobody else is believed.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// Arguments of `tamis open`.
#[derive(Debug, clap::Args)]
pub struct OpenArgs {
    /// The package.
    pub package: PathBuf,
    /// Your age identity: FILE, credential:NAME (systemd) or fd:N. Never the key itself.
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// File with the sender's public key, `name+hash+key`: nobody else is believed.
    #[arg(long, value_name = "FILE")]
    pub sender: PathBuf,
    /// What the release is opened for: the purpose it was sent for, word for word.
    #[arg(long, value_name = "TEXT")]
    pub purpose: String,
    /// Your desk: the folder with its log, in which the release gets a folder of its own.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Who opens it, for the log; default the name of the session.
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
}

/// Arguments of `tamis acknowledge`.
#[derive(Debug, clap::Args)]
pub struct AcknowledgeArgs {
    /// The folder that `tamis open` made.
    pub reception: PathBuf,
    /// Your signing key: FILE, credential:NAME (systemd) or fd:N. Never the key itself.
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// Its public half; default: beside the key file, FILE.pub.
    #[arg(long, value_name = "FILE")]
    pub public: Option<PathBuf>,
    /// File to write, which must not exist yet.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Who acknowledges, for the log; default the name of the session.
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
}

/// Arguments of `tamis synth`.
#[derive(Debug, clap::Args)]
pub struct SynthArgs {
    /// Table Schema of the records: one of those in schemas/.
    #[arg(long, value_name = "FILE")]
    pub schema: PathBuf,
    /// Number of records.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub records: u64,
    /// Everything random follows from it: same seed, same bytes; same persons in every schema.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Share of records made bad, of every kind in turn: 0.02 or 2%.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub dirty: f64,
    /// Between cells: `,`, `;`, `|` or tab.
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = delimiter)]
    pub delimiter: u8,
    /// Draw from the first N persons of the seed only.
    #[arg(long, value_name = "N")]
    pub population: Option<u64>,
    /// File to write, which must not exist yet; gzip where its name ends in .gz. Default: standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    let formats = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let minute = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    minute.or_else(day).map(|time| time.and_utc()).ok_or_else(|| "write a time such as 2026-02-25T08:30".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text, 1.0),
    };
    let share = number.parse::<f64>().map_err(|_| "give a share such as 0.02 or 2%".to_owned())? / scale;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("a share lies between 0 and 1".to_owned()) }
}

pub(super) fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" | "\t" => Ok(b'\t'),
        "," | ";" | "|" => Ok(text.as_bytes()[0]),
        _ => Err("a delimiter is `,`, `;`, `|` or tab".to_owned()),
    }
}
