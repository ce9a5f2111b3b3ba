//! The state machine, and what is read back from its journal.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::DateTime;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::super::journal::{Begun, Piece};
use super::super::state::ALL;
use super::vault;
use crate::audit::{self, AuditError, AuditLog, Fact, Operator};
use crate::clock::{Clock, FixedClock};
use crate::config::{Destroy, When};
use crate::destroy::*;

pub const WHENS: [When; 2] = [When::Exported, When::Acknowledged];
pub const CONTENT: &[u8] = b"1 85 05 78 006 084 91;DUPONT";

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock(DateTime::from_timestamp(1_772_000_000, 0).unwrap()))
}

pub fn begin(folder: &Path, when: When) -> Journal {
    let log = AuditLog::create(&folder.join("audit.jsonl"), "r1", clock()).unwrap();
    Journal::begin(log, when, &[]).unwrap()
}

/// Takes the shortest way to a state.
pub fn lead(journal: &mut Journal, to: State) {
    let way = [
        State::Ingested,
        State::Staged,
        State::Exported,
        State::ReadBack,
        State::Acknowledged,
        State::DestroyIntended,
        State::KeysDestroyed,
        State::FilesRemoved,
        State::Scanned,
        State::Certified,
    ];
    let from = journal.state();
    for state in way.into_iter().filter(|state| *state > from) {
        if journal.state() == to {
            return;
        }
        journal.step(state, &[]).unwrap();
    }
    if journal.state() != to {
        journal.step(to, &[]).unwrap();
    }
}

/// A journal in a state: bad ends are reached from the plan.
pub fn at(folder: &Path, when: When, state: State) -> Journal {
    let mut journal = begin(folder, when);
    if matches!(state, State::Failed | State::Interrupted) {
        journal.step(state, &[]).unwrap();
    } else {
        lead(&mut journal, state);
    }
    journal
}

pub fn digest(content: &[u8]) -> Digest {
    Digest { bytes: content.len() as u64, sha256: Sha256::digest(content).into() }
}

fn operator() -> Operator {
    Operator::new("Mme Rivière", 1000).unwrap()
}

#[test]
fn nobody_without_a_receipt_can_say_that_a_release_was_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuditLog::create(&folder.path().join("audit.jsonl"), "r1", clock()).unwrap();
    let mut journal = Journal::begin(log, When::Exported, &[]).unwrap();
    for state in [State::Ingested, State::Staged, State::Exported] {
        journal.advance(state, &[]).unwrap();
    }
    let refused = journal.advance(State::ReadBack, &[]).unwrap_err();
    assert_eq!(refused, JournalError::Reserved { event: "read back" });
    assert_eq!(journal.state(), State::Exported);
}

#[test]
fn every_step_is_allowed_or_refused_as_the_chain_says() {
    let chain = [
        State::Planned,
        State::Ingested,
        State::Staged,
        State::Exported,
        State::ReadBack,
        State::Acknowledged,
        State::DestroyIntended,
        State::KeysDestroyed,
        State::FilesRemoved,
        State::Scanned,
        State::Certified,
    ];
    for when in WHENS {
        let mut allowed: BTreeSet<(State, State)> = chain.windows(2).map(|pair| (pair[0], pair[1])).collect();
        for from in &chain[..6] {
            allowed.extend([(*from, State::Failed), (*from, State::Interrupted)]);
        }
        if when == When::Exported {
            allowed.insert((State::ReadBack, State::DestroyIntended));
        }
        for from in ALL {
            for to in ALL {
                let folder = TempDir::new().unwrap();
                let mut journal = at(folder.path(), when, from);
                let before = journal.log().head().events;
                let step = journal.step(to, &[]);
                assert_eq!(step.is_ok(), allowed.contains(&(from, to)), "{from} → {to}");
                let (state, events) = if step.is_ok() { (to, before + 1) } else { (from, before) };
                assert_eq!((journal.state(), journal.log().head().events), (state, events));
            }
        }
    }
}

#[test]
fn destruction_before_the_acknowledgement_is_refused_in_its_own_words() {
    let folder = TempDir::new().unwrap();
    let mut journal = at(folder.path(), When::Acknowledged, State::ReadBack);
    assert_eq!(journal.step(State::DestroyIntended, &[]), Err(JournalError::NotAcknowledged));
}

#[test]
fn every_state_is_found_again_and_goes_on_where_it_was() {
    for when in WHENS {
        for state in ALL {
            let folder = TempDir::new().unwrap();
            drop(at(folder.path(), when, state));
            let (mut journal, found) = Journal::resume(&folder.path().join("audit.jsonl"), clock()).unwrap();
            assert_eq!((found, journal.state(), journal.when(), journal.run()), (state, state, when, "r1"));
            let next = ALL.into_iter().find(|next| state.may_become(*next, when));
            assert_eq!(next.is_none(), state.is_end());
            if let Some(next) = next {
                journal.step(next, &[]).unwrap();
            }
        }
    }
}

#[test]
fn a_line_that_a_crash_left_half_written_is_cut_off_and_the_state_is_the_one_before() {
    let folder = TempDir::new().unwrap();
    drop(at(folder.path(), When::Acknowledged, State::DestroyIntended));
    let path = folder.path().join("audit.jsonl");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 12]).unwrap();
    let (mut journal, state) = Journal::resume(&path, clock()).unwrap();
    assert_eq!(state, State::Acknowledged);
    assert!(audit::read(&path).unwrap().iter().any(|entry| entry.event == "recovered"));
    journal.step(State::DestroyIntended, &[]).unwrap();
    drop(journal);
    assert_eq!(Journal::resume(&path, clock()).unwrap().1, State::DestroyIntended);
}

#[test]
fn a_journal_in_which_a_word_was_changed_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(at(folder.path(), When::Acknowledged, State::ReadBack));
    let path = folder.path().join("audit.jsonl");
    let text = fs::read_to_string(&path).unwrap().replace("\"acknowledged\"", "\"exported\"");
    fs::write(&path, text).unwrap();
    assert_eq!(Journal::resume(&path, clock()).err(), Some(JournalError::Audit(AuditError::Chain { line: 2 })));
}

/// A log that is sound in itself, with these events.
fn forged(folder: &Path, runs: &[(&str, &'static str)]) -> PathBuf {
    let path = folder.join("forged.jsonl");
    let mut log = AuditLog::create(&path, runs[0].0, clock()).unwrap();
    for (run, event) in runs {
        log.for_run(run);
        let when = [("destroy_when", Fact::Name(audit::Name::word("acknowledged")))];
        log.event(event, if *event == "planned" { &when } else { &[] }).unwrap();
    }
    path
}

#[test]
fn a_sound_log_whose_states_cannot_follow_one_another_is_refused() {
    let states = ["planned", "ingested", "staged", "exported", "read back"];
    let mut events: Vec<(&str, &'static str)> = states.iter().map(|state| ("r1", *state)).collect();
    events.push(("r1", "destroy intended"));
    let folder = TempDir::new().unwrap();
    let refused = |path: &Path| Journal::resume(path, clock()).err();
    let path = forged(folder.path(), &events);
    assert_eq!(refused(&path), Some(JournalError::Order { path: path.clone(), line: 6 }));

    let folder = TempDir::new().unwrap();
    let path = forged(folder.path(), &[("r1", "planned"), ("r2", "ingested")]);
    assert_eq!(refused(&path), Some(JournalError::Order { path: path.clone(), line: 2 }));

    let folder = TempDir::new().unwrap();
    let path = forged(folder.path(), &[("r1", "planned"), ("r1", "removed")]);
    assert_eq!(refused(&path), Some(JournalError::Order { path: path.clone(), line: 2 }));

    let folder = TempDir::new().unwrap();
    let path = forged(folder.path(), &[("r1", "opened")]);
    assert_eq!(refused(&path), Some(JournalError::NoPlan { path: path.clone() }));
}

#[test]
fn sources_and_vaults_are_found_again() {
    let folder = TempDir::new().unwrap();
    let mut journal = begin(folder.path(), When::Exported);
    journal.source_read(0, digest(CONTENT)).unwrap();
    assert_eq!(journal.source_read(0, digest(CONTENT)), Err(JournalError::Source { file: 0 }));
    journal.step(State::Ingested, &[]).unwrap();
    assert_eq!(journal.source_read(1, digest(CONTENT)), Err(JournalError::Source { file: 1 }));
    journal.vault_destroyed(vault()).unwrap();
    drop(journal);
    let (journal, _) = Journal::resume(&folder.path().join("audit.jsonl"), clock()).unwrap();
    assert_eq!(journal.sources().get(&0), Some(&digest(CONTENT)));
    assert_eq!(journal.vaults(), [vault()]);
}

#[test]
fn a_note_cannot_pass_for_a_state_or_a_removal() {
    let folder = TempDir::new().unwrap();
    let mut journal = begin(folder.path(), When::Exported);
    let states = ["acknowledged", "certified"];
    for event in
        [&states[..], &["removed", "removing package", "package removed", "source read", "vault destroyed"]].concat()
    {
        assert_eq!(journal.note(event, &[]), Err(JournalError::Reserved { event }));
    }
    journal.note("delivered", &[]).unwrap();
}

/// Three sources under `in`, read by a run whose keys are destroyed.
struct Closed {
    folder: TempDir,
    targets: Vec<Target>,
}

impl Closed {
    fn new() -> (Self, Journal) {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        let mut journal = begin(folder.path(), When::Exported);
        let mut targets = Vec::new();
        for file in 0..3 {
            let path = folder.path().join(format!("in/{file}.csv"));
            fs::write(&path, CONTENT).unwrap();
            journal.source_read(file, digest(CONTENT)).unwrap();
            targets.push(Target { file, path });
        }
        lead(&mut journal, State::KeysDestroyed);
        (Self { folder, targets }, journal)
    }

    fn destroy(&self) -> Destroy {
        Destroy { when: When::Exported, sources_beneath: Some(self.folder.path().join("in")) }
    }

    fn warrant(&self) -> Warrant {
        Warrant::confirm(&self.destroy(), "r1", "r1\n", operator()).unwrap()
    }

    fn resume(&self) -> Journal {
        Journal::resume(&self.folder.path().join("audit.jsonl"), clock()).unwrap().0
    }

    fn left(&self) -> usize {
        fs::read_dir(self.folder.path().join("in")).unwrap().count()
    }
}

#[test]
fn sources_go_only_where_the_pipeline_asks_and_an_operator_types_the_name_of_the_run() {
    let (closed, mut journal) = Closed::new();
    let kept = Destroy { sources_beneath: None, ..closed.destroy() };
    assert!(matches!(Warrant::confirm(&kept, "r1", "r1", operator()), Err(DestroyError::NotAsked)));
    for typed in ["", "yes", "r2"] {
        let refused = Warrant::confirm(&closed.destroy(), "r1", typed, operator());
        assert!(matches!(refused, Err(DestroyError::NotConfirmed { .. })), "{typed}");
    }
    let other = Warrant::confirm(&closed.destroy(), "r2", "r2", operator()).unwrap();
    let refused = remove_sources(&mut journal, &other, &closed.targets);
    assert!(matches!(refused, Err(DestroyError::NotConfirmed { .. })));
    assert_eq!(closed.left(), 3);

    let ends = remove_sources(&mut journal, &closed.warrant(), &closed.targets).unwrap();
    assert_eq!(ends.len(), 3);
    assert!(ends.iter().all(|(_, end)| end.class() < Class::NotDestroyed));
    assert_eq!(closed.left(), 0);
}

#[test]
fn sources_stay_until_keys_are_destroyed_and_a_file_that_was_not_read_stays_for_ever() {
    for state in ALL.into_iter().filter(|state| *state != State::KeysDestroyed) {
        let (closed, _) = Closed::new();
        let folder = TempDir::new().unwrap();
        let mut journal = at(folder.path(), When::Exported, state);
        let refused = remove_sources(&mut journal, &closed.warrant(), &closed.targets);
        assert!(matches!(refused, Err(DestroyError::TooEarly { .. })), "{state}");
        assert_eq!(closed.left(), 3);
    }
    let (closed, mut journal) = Closed::new();
    let unread = Target { file: 7, path: closed.targets[0].path.clone() };
    let refused = remove_sources(&mut journal, &closed.warrant(), &[unread]);
    assert!(matches!(refused, Err(DestroyError::NotRead { file: 7 })));
    assert_eq!(closed.left(), 3);
}

#[test]
fn one_changed_source_is_left_alone_and_said_so_while_the_others_go() {
    let (closed, mut journal) = Closed::new();
    fs::write(&closed.targets[1].path, b"corrected since").unwrap();
    let ends = remove_sources(&mut journal, &closed.warrant(), &closed.targets).unwrap();
    assert_eq!(ends[1].1.reason(), Reason::Changed);
    assert_eq!(fs::read(&closed.targets[1].path).unwrap(), b"corrected since");
    assert_eq!(closed.left(), 1);
}

#[test]
fn a_killed_removal_goes_on_with_the_half_overwritten_file_and_does_not_look_at_the_removed() {
    let (closed, mut journal) = Closed::new();
    remove_sources(&mut journal, &closed.warrant(), &closed.targets[..1]).unwrap();
    begin_with(&mut journal, &closed.targets[1]);
    let mut half = CONTENT.to_vec();
    half[..10].fill(0);
    write_in_place(&closed.targets[1].path, &half);
    drop(journal);
    // A new file under the first name was not read by the run.
    fs::write(&closed.targets[0].path, CONTENT).unwrap();

    let ends = remove_sources(&mut closed.resume(), &closed.warrant(), &closed.targets).unwrap();
    assert_eq!(ends.len(), 3);
    assert!(ends.iter().all(|(_, end)| end.class() < Class::NotDestroyed));
    assert_eq!(closed.left(), 1);
    assert_eq!(fs::read(&closed.targets[0].path).unwrap(), CONTENT);
}

#[test]
fn a_file_found_gone_was_removed_if_it_was_begun_with_and_is_nobodys_knowledge_if_not() {
    let (closed, mut journal) = Closed::new();
    begin_with(&mut journal, &closed.targets[0]);
    drop(journal);
    fs::remove_file(&closed.targets[0].path).unwrap();
    fs::remove_file(&closed.targets[1].path).unwrap();
    let ends = remove_sources(&mut closed.resume(), &closed.warrant(), &closed.targets).unwrap();
    let classes: Vec<(Reason, Class)> = ends.iter().map(|(_, end)| (end.reason(), end.class())).collect();
    assert_eq!(classes[0], (Reason::GoneAfterBegun, Class::UnlinkedOnly));
    assert_eq!(classes[1], (Reason::Gone, Class::NotDestroyed));
    assert_eq!(closed.left(), 0);
}

#[test]
fn another_file_that_took_the_name_of_one_begun_with_is_destroyed_only_if_it_has_the_content_that_was_read() {
    let (closed, mut journal) = Closed::new();
    for target in &closed.targets[..2] {
        begin_with(&mut journal, target);
    }
    drop(journal);
    for (target, content) in closed.targets.iter().zip([b"another file".as_slice(), CONTENT]) {
        let new = target.path.with_extension("new");
        fs::write(&new, content).unwrap();
        fs::rename(new, &target.path).unwrap();
    }
    let ends = remove_sources(&mut closed.resume(), &closed.warrant(), &closed.targets).unwrap();
    assert_eq!(ends[0].1.reason(), Reason::Changed);
    assert_eq!(fs::read(&closed.targets[0].path).unwrap(), b"another file");
    assert!(ends[1].1.class() < Class::NotDestroyed);
    assert_eq!(closed.left(), 1);
}

/// Writes into the journal that a file is about to be overwritten, as a run does before it is killed.
pub fn begin_with(journal: &mut Journal, target: &Target) {
    let beneath = Beneath::open(target.path.parent().unwrap()).unwrap();
    let (device, inode, bytes) = beneath.inspect(&target.path, None).unwrap().identity();
    journal.removing(Piece::Source(target.file), Begun { device, inode, bytes }).unwrap();
}

/// The file stays the same file.
pub fn write_in_place(path: &Path, content: &[u8]) {
    use std::io::Write;
    fs::OpenOptions::new().write(true).open(path).unwrap().write_all(content).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_sequence_of_steps_reaches_the_removal_of_files_without_reading_back_acknowledgement_and_intent(
        steps in prop::collection::vec((0..ALL.len(), any::<bool>()), 0..60),
        when in prop::sample::select(&WHENS),
    ) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut journal = begin(folder.path(), when);
        for (step, killed) in steps {
            // Most random steps are refused: the next state in order is tried as well, so that runs get far.
            let next = ALL[step];
            let tried = if killed { ALL[(journal.state() as usize + 1).min(ALL.len() - 1)] } else { next };
            // Refused steps are what this is about.
            let _ = journal.step(tried, &[]);
            if killed {
                drop(journal);
                journal = Journal::resume(&path, clock()).unwrap().0;
            }
        }
        let seen: Vec<String> = audit::read(&path).unwrap().into_iter().map(|entry| entry.event).collect();
        let place = |state: State| seen.iter().position(|event| event == state.as_str());
        if let Some(removed) = place(State::FilesRemoved) {
            let before = |state: State| place(state).is_some_and(|at| at < removed);
            prop_assert!(before(State::ReadBack) && before(State::DestroyIntended) && before(State::KeysDestroyed));
            prop_assert!(before(State::Acknowledged) || when == When::Exported);
        }
        let intended = place(State::DestroyIntended);
        for end in [State::Failed, State::Interrupted] {
            prop_assert!(place(end).is_none() || intended.is_none());
        }
    }
}
