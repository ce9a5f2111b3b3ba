//! Why there is no key. No variant carries a byte of one.

use std::io;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for a key")]
    NoRandomness(#[source] getrandom::Error),
    /// Every byte of the key is the same: a placeholder or a broken source, not a key.
    #[error("the key is one byte repeated; a key is 32 random bytes")]
    OneByteRepeated,
    /// Core dumps could not be switched off.
    #[error("the system does not let core dumps be switched off: {0}")]
    Dumps(io::ErrorKind),
    /// A key that is not used, because of how it is kept or what it is.
    #[error("{place}: {refusal}")]
    Refused {
        /// File, credential or descriptor.
        place: String,
        /// What is wrong with it.
        refusal: Refusal,
    },
    /// A file stands where a key should be made.
    #[error("{place} exists already, and a key is never overwritten; give another name")]
    Exists {
        /// The file.
        place: String,
    },
    /// A key could not be written.
    #[error("{place}: the key could not be written ({kind}), and nothing of it is kept")]
    Write {
        /// The file.
        place: String,
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// Not a name that notes can be signed under.
    #[error("a signing key's name is one word without blanks and without `+`, such as `crcdc-ara`")]
    Name,
    /// The ledger of epochs.
    #[error("{place}: {problem}")]
    Ledger {
        /// The file.
        place: String,
        /// What is wrong with it.
        problem: LedgerProblem,
    },
    /// Records are to be tied together across releases, and no kept key was given.
    #[error(
        "this pipeline ties records together across releases (linkage = \"longitudinal\"), which takes a kept key; give \
         --root-key FILE, made by `tamis keys generate root`"
    )]
    KeyNeeded,
    /// The draw is to be repeated, and no root key is given.
    #[error("the sample of this pipeline is drawn under a kept key: name the root key with --root-key")]
    DrawKeyNeeded,
    /// Records are to be tied together across releases, and no epoch was given.
    #[error(
        "this pipeline ties records together across releases (linkage = \"longitudinal\"), which takes an epoch; open one \
         with `tamis keys rotate`"
    )]
    EpochNeeded,
    /// The epoch comes from the ledger of another key.
    #[error("the epoch was taken from the ledger of another key")]
    OtherLedger,
    /// An epoch was given to a pipeline that keeps no key.
    #[error(
        "this pipeline keeps no key (its linkage is not \"longitudinal\"), so it has no epochs and no correspondence"
    )]
    NotLasting,
}

/// What is wrong with a key as it was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The system does not let it be read.
    #[error("the key cannot be read: {0}")]
    Io(io::ErrorKind),
    /// A link stands there.
    #[error("this is a link, which whoever can change it turns into another key; name the file itself")]
    Link,
    /// Not a file, or not a pipe either.
    #[error("this is {0}, not a file with a key")]
    Kind(&'static str),
    /// It belongs to somebody else.
    #[error("the key belongs to user {owner}, who can change it; it must belong to user {user} or to root")]
    Owner {
        /// User that owns it.
        owner: u32,
        /// User that runs the program.
        user: u32,
    },
    /// Others may read or change it.
    #[error("others may read or change the key (mode {mode:04o}); take that right away: chmod 600")]
    Mode {
        /// The mode.
        mode: u32,
    },
    /// Too few bytes for a root key.
    #[error("{bytes} bytes are too short for a root key, which is exactly 32")]
    TooShort {
        /// How many there are.
        bytes: usize,
    },
    /// Too many bytes for a root key.
    #[error("this is too long for a root key, which is exactly 32 bytes, without line feed or encoding")]
    TooLong,
    /// All bytes are equal.
    #[error("the key is one byte repeated, a placeholder; make one with `tamis keys generate root`")]
    OneByteRepeated,
    /// A root key was expected, and it is a key of another kind.
    #[error("this is a signing key or an age identity, not a root key")]
    NotARoot,
    /// Not a signing key.
    #[error("this is not a signing key (`PRIVATE+KEY+name+…`, one line)")]
    NotASigningKey,
    /// Not an age identity.
    #[error("this is not an age identity (one line `AGE-SECRET-KEY-1…`, besides comments)")]
    NotAnIdentity,
    /// Not a credential.
    #[error("this is not one line of text of at most 2,000 characters, as the address of a database is")]
    NotALine,
    /// None of the three kinds.
    #[error("this is neither a root key (exactly 32 bytes) nor a signing key nor an age identity")]
    NotAKey,
    /// The public half is another key's.
    #[error("the key does not belong to the public key {public}")]
    OtherKey {
        /// The public key that it was held against.
        public: String,
    },
    /// The public half is missing.
    #[error("the public half is missing; it belongs beside the key, in a file of the same name and `.pub`")]
    NoPublicHalf,
    /// There is no folder of credentials.
    #[error(
        "no credentials were handed over ($CREDENTIALS_DIRECTORY is not an absolute path); see systemd's LoadCredential="
    )]
    NoCredentials,
}

/// What is wrong with a ledger of epochs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerProblem {
    /// It does not exist, or holds nothing.
    #[error("no epoch was opened yet; open one with `tamis keys rotate KEY --epoch NAME`")]
    NoEpoch,
    /// The system refuses.
    #[error("the ledger of epochs cannot be used: {0}")]
    Io(io::ErrorKind),
    /// A line is not one of a ledger.
    #[error("line {line} is not an epoch; the ledger was changed by hand or damaged: bring it back from a copy")]
    Line {
        /// Line, from 1.
        line: usize,
    },
    /// A line was written under another key.
    #[error("line {line} belongs to another key: this is not the ledger of the key that was given")]
    OtherKey {
        /// Line, from 1.
        line: usize,
    },
    /// A name stands there already.
    #[error("the epoch `{name}` was opened already; an epoch is opened once")]
    Twice {
        /// The name.
        name: String,
    },
    /// Not a name of an epoch.
    #[error("an epoch is named by letters without accents, digits, `-` and `.`, at most 64, and not `run`")]
    Name,
    /// An epoch that was never opened.
    #[error("the epoch `{name}` was never opened; known are: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that were.
        known: String,
    },
    /// A correspondence of an epoch with itself.
    #[error("`{name}` is the current epoch; a correspondence leads from an earlier one to it")]
    Current {
        /// The name.
        name: String,
    },
    /// No file name follows from where the key is.
    #[error("the key is not a file, so its ledger has to be named: --epochs FILE")]
    Nowhere,
}
