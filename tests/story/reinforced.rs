//! Fields under reinforced protection go to their own recipient, in a file of their own (R34).

use std::collections::BTreeSet;

use crate::bilans::{PERSONS, campaign, pipeline};
use crate::common;
use crate::machines::{self, Machine, Run};
use crate::tables::Table;

/// Two recipients, of whom `registre` may be sent what is under reinforced protection.
fn two_recipients(sender: &Machine, output: &str) {
    let open = machines::transmission(sender, &["dgs"], "use_for = \"30 days\"\n");
    let reinforced = machines::transmission(sender, &["registre"], "use_for = \"30 days\"\nreinforced = true\n");
    let (_, reinforced) = reinforced.split_once("[[recipient]]").unwrap();
    let keep = "[[keep]]\ncolumn = \"violences_reperees\"\nas = \"violences\"\nwhy = \"repérage\"\nreinforced = true\n";
    let persons = PERSONS.replacen("\n", "\nrecipient = \"dgs\"\n", 2).replacen("recipient = \"dgs\"\n", "", 1);
    let destroy = "[destroy]\nwhen = \"acknowledged\"\n";
    pipeline(sender, "release", &[&open, "[[recipient]]", reinforced, keep, &persons, output, destroy].concat());
}

const OUTPUT: &str = "[[persons]]\nname = \"violences\"\nrecipient = \"registre\"\ncolumns = [\"violences\"]\n\
                      protect = { quasi_identifiers = [\"violences\"] }\n";

fn rows(recipient: &Machine, run: &Run, name: &str, resource: &str) -> Table {
    Table::read(&recipient.path(run.reception(name)).join(format!("release/data/{resource}.csv")))
}

#[test]
fn a_reinforced_column_reaches_its_own_recipient_alone_and_nothing_ties_the_two_files() {
    let sender = machines::sender();
    let (dgs, registre) = (machines::recipient("dgs", &sender), machines::recipient("registre", &sender));
    campaign(&sender, "in/2026.csv", 4_000, 0);
    two_recipients(&sender, OUTPUT);
    let run = machines::run(&sender, &[]);
    machines::hand_over(&sender, &dgs, &run, "dgs").ends(0);
    machines::hand_over(&sender, &registre, &run, "registre").ends(0);

    let (plain, reinforced) = (rows(&dgs, &run, "dgs", "personnes"), rows(&registre, &run, "registre", "violences"));
    assert!(plain.rows.len() > 500 && reinforced.rows.len() > 500);
    let names = |table: &Table| table.column("pseudonyme").into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert!(names(&plain).is_disjoint(&names(&reinforced)), "a pseudonym in common");
    let shared: Vec<&String> = plain.labels.iter().filter(|l| reinforced.labels.contains(l)).collect();
    assert_eq!(shared, ["pseudonyme"], "a column in common would tie the rows");
    assert!(reinforced.labels.contains(&"violences".to_owned()));

    // Neither the values nor the name of the column, in no file that the other recipient has.
    for (name, bytes) in common::files(&dgs.path("desk")) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("violences"), "{} tells of what others are sent", name.display());
    }
    // One recipient's package is nothing to the other.
    let other = run.package("registre");
    dgs.fetch(&sender, format!("drop/{other}"), &format!("inbox/{other}"));
    machines::open(&dgs, &other, &[]).ends(4).says("another recipient");

    // Both have to acknowledge, each for itself.
    machines::acknowledge(&sender, &dgs, &run, "dgs");
    machines::close(&sender, &run, &["dgs"], &[]).ends(0).says("waits for the acknowledgement of registre");
    assert!(sender.names(&run.directory).iter().filter(|n| n.starts_with("sealed/")).count() == 2);
    machines::acknowledge(&sender, &registre, &run, "registre");
    machines::close(&sender, &run, &["registre"], &[]).ends(0).says("certified");
}

#[test]
fn a_pipeline_that_sends_a_reinforced_column_anywhere_else_is_refused_before_any_data_is_read() {
    let sender = machines::sender();
    machines::recipient("dgs", &sender);
    machines::recipient("registre", &sender);
    // No file is there to be read.
    let wrong = [
        ("to a recipient not meant for it", OUTPUT.replace("\"registre\"", "\"dgs\""), "reinforced"),
        (
            "beside columns that another gets",
            OUTPUT.replace("[\"violences\"]\n", "[\"violences\", \"sexe\"]\n"),
            "persons_twice",
        ),
        (
            "under a second name",
            format!("{OUTPUT}[[keep]]\ncolumn = \"violences_reperees\"\nas = \"autre\"\nwhy = \"x\"\n"),
            "half_reinforced",
        ),
        (
            "in a table for the other",
            format!(
                "{OUTPUT}[[aggregate]]\nname = \"t\"\nrecipient = \"dgs\"\nby = [\"violences\"]\nmeasure = [{{ count = \"persons\" }}]\n[sample]\ndesign = \"bernoulli\"\nrate = \"1/2\"\n"
            ),
            "reinforced",
        ),
    ];
    for (what, output, code) in wrong {
        two_recipients(&sender, &output);
        let said = sender.tamis(&["run", "pipeline.toml", "--signing-key", "signing.key"]);
        assert_eq!(said.code, Some(2), "{what}: {}", said.err);
        assert!(said.err.contains(&format!("tamis::pipeline::{code}\n")), "{what}: {}", said.err);
        assert!(!sender.path("out").exists(), "{what}");
    }
}
