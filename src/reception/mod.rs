//! The recipient's desk: releases are opened there, acknowledged, and destroyed after use (R12, R13, R14, R35).
//!
//! A desk is a folder with a log, `audit.jsonl`, and one folder per reception, `<pipeline>-<run>-<recipient>/`:
//!
//! - `release/`: the files in the clear, until they are destroyed;
//! - `manifest`: what the sender signed;
//! - `reception.json`: who opened it, when, for what, until when, and what was in it;
//! - once it was destroyed, the certificate of that: `certificate.json`, `proces-verbal.txt` to print and sign by hand, and
//!   `certificate.note` where there was a key to sign it.
//!
//! Nothing is opened that is not in the log: the event is on disk before the release gets its name. Refusals are logged as
//! well. A package is opened once: while its reception stands there is nothing to open, and after its destruction another
//! opening would undo what was certified. What is left of a reception after its destruction holds no data of persons, and
//! remembers that.
//!
//! There is no way here to write data of persons anywhere else.

mod acknowledge;
mod desk;
mod destroy;
mod error;
mod open;
mod record;

#[cfg(test)]
mod tests;

pub use acknowledge::acknowledge;
pub use desk::Desk;
pub use destroy::{DestroyedReception, Failed, Hand, Report, Which, destroy};
pub use error::{Act, ReceptionError};
pub use open::{OpenRequest, Reception};
pub use record::{RECORD, ReceivedFile, Record, Who};
