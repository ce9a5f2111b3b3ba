//! The commands, held against a written list: none writes data of persons out of an opened package (R12).

use crate::common;

/// Every command with its options. Whoever adds one says here what it does with a reception.
const COMMANDS: &[(&str, &[&str])] = &[
    // Writes texts and synthetic records; refuses to fit them to a file that lies in a reception.
    ("init", &["--from", "--sheet", "--subject"]),
    // Tells names, rights and sizes of files.
    ("doctor", &["--key", "--credential", "--fail-on"]),
    // Read pipelines alone, or nothing.
    ("config check", &[]),
    ("config show", &[]),
    ("config schema", &["--output"]),
    ("explain", &[]),
    ("completions", &[]),
    ("man", &[]),
    // Read the sender's sources; know nothing of desks. Of an opened release that is named as a source only tables are written.
    (
        "run",
        &[
            "--out",
            "--root-key",
            "--epochs",
            "--signing-key",
            "--operator",
            "--release",
            "--credential",
            "--bridge",
            "--again",
            "--since",
            "--log",
            "--metrics",
            "--openlineage",
            "--openlineage-namespace",
        ],
    ),
    // Take parts sealed under the key of one run, and give such parts; the last writes a sender's release.
    ("worker", &["--folder", "--run-key", "--source"]),
    ("cluster plan", &[]),
    ("cluster begin", &["--folder", "--root-key"]),
    ("cluster merge", &["--folder"]),
    ("cluster finish", &["--folder", "--out", "--signing-key", "--operator"]),
    ("cluster clear", &["--folder"]),
    // Tells counts, levels and probabilities; refuses a population that lies in a reception.
    ("plan", &["--with-data", "--root-key", "--epochs", "--credential"]),
    // Reads the dossier of a run: counts and names of columns.
    ("report", &["--output"]),
    // Read dossiers of runs, which a reception has not; the last removes what a sender released in the clear.
    ("runs list", &["--pipeline"]),
    ("runs show", &[]),
    ("runs diff", &[]),
    ("runs purge", &["--older-than", "--pipeline", "--operator", "--yes"]),
    // Tells counts, places and masked forms.
    (
        "validate",
        &[
            "--schema",
            "--pipeline",
            "--reference",
            "--credential",
            "--since",
            "--out",
            "--encoding",
            "--delimiter",
            "--sheet",
            "--resource",
            "--places",
            "--max-errors",
            "--fail-on",
        ],
    ),
    // Read schemas; hold no data. `infer` refuses files that lie in a reception, and writes no value but codes of many.
    // Refuses files that lie in a reception; tells counts, places, and values of many records.
    ("profile", &["--sheet"]),
    ("schema lint", &["--fail-on"]),
    ("schema infer", &["--sheet", "--name", "--output"]),
    ("schema doc", &["--output"]),
    ("schema diff", &["--pipeline"]),
    ("synth", &["--schema", "--records", "--seed", "--dirty", "--delimiter", "--population", "--output"]),
    // Takes sealed packages of the pipeline's own sender, as they are.
    ("deliver", &["--pipeline", "--attempts"]),
    ("resume", &["--signing-key", "--operator"]),
    // Removes, and writes a certificate of it: names, counts and times.
    (
        "destroy",
        &["--expired", "--acknowledgement", "--signing-key", "--public", "--operator", "--confirm", "--keep-sources"],
    ),
    // Read logs and certificates, which hold counts and names of columns.
    ("audit verify", &["--checkpoint", "--key"]),
    ("audit show", &["--who", "--what", "--since"]),
    ("certificate verify", &["--key"]),
    // Read hashes, statuses and counts of tables that the sender released.
    // Begins an empty file; reads nothing.
    ("ledger new", &[]),
    ("ledger list", &[]),
    ("ledger show", &[]),
    ("ledger verify", &[]),
    // Refuses a frame that lies in a reception.
    ("sample draw", &["--sheet", "--design", "--id", "--output", "--root-key"]),
    // These refuse tables that lie in a reception.
    ("protect tables", &["--out"]),
    ("attack", &["--by", "--value", "--status", "--total", "--threshold", "--zeros"]),
    // Refuses files that lie in a reception.
    ("anonymise", &["--plan"]),
    // Refuses a file that lies in a reception; tells counts and probabilities alone.
    (
        "risk",
        &[
            "--sheet",
            "--quasi",
            "--sensitive",
            "--weights",
            "--person",
            "--group",
            "--population",
            "--other",
            "--threshold",
            "--fraction",
            "--suda",
        ],
    ),
    // Writes nothing.
    ("sample replay", &["--root-key", "--epochs", "--credential"]),
    // Writes into the desk, once for each package.
    ("open", &["--key", "--sender", "--purpose", "--to", "--who"]),
    // Writes digests.
    ("acknowledge", &["--key", "--public", "--output", "--who"]),
    ("keys generate", &["--to", "--name", "--epoch"]),
    ("keys status", &["--epochs"]),
    ("keys rotate", &["--epoch", "--epochs"]),
    ("keys fingerprint", &[]),
];

/// Options of every command.
const COMMON: [&str; 5] = ["--format", "--lang", "--threads", "--help", "--version"];

fn help(words: &[&str]) -> String {
    let done = common::tamis().args(words).arg("--help").output().unwrap();
    assert!(done.status.success(), "{words:?}");
    String::from_utf8(done.stdout).unwrap()
}

fn subcommands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next().map(str::to_owned));
    names.filter(|name| name != "help").collect()
}

fn options(help: &str) -> Vec<String> {
    let lines = help.lines().map(str::trim).filter(|line| line.starts_with('-') && !line.starts_with("- "));
    let words = lines.flat_map(|line| line.split([' ', ',', '=', '<', '[']).take(3));
    words.filter(|word| word.starts_with("--")).map(str::to_owned).collect()
}

#[test]
fn no_command_and_no_option_is_unknown_to_the_list_of_those_that_write_nothing_out_of_a_reception() {
    let mut seen = Vec::new();
    for command in subcommands(&help(&[])) {
        let page = help(&[&command]);
        let inner = subcommands(&page);
        if inner.is_empty() {
            seen.push((command.clone(), options(&page)));
        }
        for inner in inner {
            let page = help(&[&command, &inner]);
            seen.push((format!("{command} {inner}"), options(&page)));
        }
    }
    assert!(seen.len() >= 14, "the pages were read: {seen:?}");
    for (command, options) in seen {
        let listed = COMMANDS.iter().find(|(name, _)| *name == command);
        let (_, known) = listed.unwrap_or_else(|| panic!("`{command}`: does it write out of a reception?"));
        assert!(options.len() >= 3, "the options of `{command}` were read: {options:?}");
        for option in &options {
            let harmless = known.contains(&option.as_str()) || COMMON.contains(&option.as_str());
            assert!(harmless, "`{command} {option}`: does it write out of a reception?");
        }
    }
}
