//! Reading a journal: from the lines of a log to where its run stands.
//!
//! The log's own checks show that no line was changed; here every line must also be one that the journal could have
//! written after those before it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::files::{Digest, FileEnd};
use super::journal::{
    Begun, JournalError, Piece, REMOVED, REMOVED_PACKAGE, REMOVING, REMOVING_PACKAGE, Removal, SOURCE, VAULT, WHEN,
    word_of,
};
use super::reason::Reason;
use super::state::State;
use crate::audit::{Entry, Fact};
use crate::config::When;
use crate::vault::Destroyed;

/// What a run has behind it.
pub(super) struct Past {
    pub state: State,
    pub when: When,
    pub acknowledged: bool,
    pub sources: BTreeMap<u32, Digest>,
    pub vaults: Vec<Destroyed>,
    pub removals: BTreeMap<Piece, Removal>,
}

impl Past {
    /// A run that has just been planned.
    pub fn planned(when: When) -> Self {
        Self {
            state: State::Planned,
            when,
            acknowledged: false,
            sources: BTreeMap::new(),
            vaults: Vec::new(),
            removals: BTreeMap::new(),
        }
    }

    /// The run has reached a state.
    pub fn reach(&mut self, state: State) {
        self.state = state;
        self.acknowledged |= state == State::Acknowledged;
    }

    /// Takes in one more event; `None` where it cannot have happened after those before.
    fn take(&mut self, entry: &Entry) -> Option<()> {
        let fields = &entry.fields;
        match entry.event.as_str() {
            SOURCE => {
                let digest = Digest { bytes: count(fields, "bytes")?, sha256: digest(fields, "sha256")? };
                let known = self.sources.insert(file(fields)?, digest);
                (self.state == State::Planned && known.is_none()).then_some(())
            }
            REMOVING => self.removal(Piece::Source(file(fields)?), begun(fields)?),
            REMOVED => self.removal(Piece::Source(file(fields)?), done(fields)?),
            REMOVING_PACKAGE => self.removal(Piece::Package(file(fields)?), begun(fields)?),
            REMOVED_PACKAGE => self.removal(Piece::Package(file(fields)?), done(fields)?),
            VAULT => {
                self.vaults.push(vault_of(fields)?);
                Some(())
            }
            other => match State::of_word(other) {
                Some(next) if self.state.may_become(next, self.when) => {
                    self.reach(next);
                    Some(())
                }
                Some(_) => None,
                None => Some(()),
            },
        }
    }

    fn removal(&mut self, piece: Piece, removal: Removal) -> Option<()> {
        let over = matches!(self.removals.insert(piece, removal), Some(Removal::Done(_)));
        let known = match piece {
            Piece::Source(file) => self.sources.contains_key(&file),
            // Nobody takes a package away from a recipient who has not acknowledged it.
            Piece::Package(_) => self.acknowledged,
            Piece::Opened(_) | Piece::Other(_) => false,
        };
        (self.state == State::KeysDestroyed && !over && known).then_some(())
    }
}

/// How a removal began.
pub(super) fn begun(fields: &Map<String, Value>) -> Option<Removal> {
    let (device, inode) = (count(fields, "device")?, count(fields, "inode")?);
    Some(Removal::Begun(Begun { device, inode, bytes: count(fields, "bytes")? }))
}

/// How a removal ended.
pub(super) fn done(fields: &Map<String, Value>) -> Option<Removal> {
    let reason = Reason::of_word(fields.get("reason")?.as_str()?)?;
    Some(Removal::Done(FileEnd::of(reason, count(fields, "bytes")?)))
}

/// The run of a journal, and what it has behind it.
///
/// # Errors
/// [`JournalError::NoPlan`], [`JournalError::Order`].
pub(super) fn replay(path: &Path, entries: &[Entry]) -> Result<(String, Past), JournalError> {
    let no_plan = || JournalError::NoPlan { path: path.to_path_buf() };
    let (plan, rest) = entries.split_first().ok_or_else(no_plan)?;
    let run = plan.run.clone().ok_or_else(no_plan)?;
    let when = plan.fields.get(WHEN).and_then(Value::as_str);
    let when = [When::Exported, When::Acknowledged].into_iter().find(|known| when == Some(word_of(*known)));
    let (State::Planned, Some(when)) = (State::of_word(&plan.event).ok_or_else(no_plan)?, when) else {
        return Err(no_plan());
    };
    let mut past = Past::planned(when);
    for entry in rest {
        let order = || JournalError::Order { path: path.to_path_buf(), line: entry.seq };
        if entry.run.as_ref() != Some(&run) {
            return Err(order());
        }
        past.take(entry).ok_or_else(order)?;
    }
    Ok((run, past))
}

/// What a vault reported, as it is written down.
pub(super) fn facts_of(vault: &Destroyed) -> [(&'static str, Fact); 6] {
    let counts = |count: usize| Fact::Count(count as u64);
    [
        ("keys_wiped", counts(vault.keys_wiped)),
        ("spill_files", counts(vault.spill_files)),
        ("spill_bytes", Fact::Count(vault.spill_bytes)),
        ("memory_bytes", Fact::Count(vault.memory_bytes)),
        ("buckets", counts(vault.buckets)),
        ("unlinked_at_creation", Fact::Count(vault.spill_unlinked_at_creation.into())),
    ]
}

fn vault_of(fields: &Map<String, Value>) -> Option<Destroyed> {
    let small = |key| usize::try_from(count(fields, key)?).ok();
    Some(Destroyed {
        keys_wiped: small("keys_wiped")?,
        spill_files: small("spill_files")?,
        spill_bytes: count(fields, "spill_bytes")?,
        memory_bytes: count(fields, "memory_bytes")?,
        buckets: small("buckets")?,
        spill_unlinked_at_creation: count(fields, "unlinked_at_creation")? == 1,
    })
}

fn count(fields: &Map<String, Value>, key: &str) -> Option<u64> {
    fields.get(key)?.as_u64()
}

/// Number of a file.
pub(super) fn file(fields: &Map<String, Value>) -> Option<u32> {
    u32::try_from(fields.get("file")?.get("file")?.as_u64()?).ok()
}

/// A SHA-256.
pub(super) fn digest(fields: &Map<String, Value>, key: &str) -> Option<[u8; 32]> {
    let text = fields.get(key)?.as_str()?.as_bytes();
    let mut digest = [0; 32];
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != digest.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        // Two hexadecimal digits make at most 255.
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(digest)
}
