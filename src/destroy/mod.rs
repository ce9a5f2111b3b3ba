//! The end of the working data, and the certificate that says exactly what was destroyed and how.
//!
//! Stages destroy what they hold and report plain facts ([`crate::vault::Destroyed`]); this room turns them into a
//! [`Certificate`]. A run is certified as exported against its [`Journal`], which never reaches [`State::Scanned`] without
//! [`State::ReadBack`]; and that it was read back can be said only with an [`ExportReceipt`](crate::export::ExportReceipt)
//! in hand ([`Journal::read_back`]). Every other end goes through [`after_failure`], [`after_interruption`] or
//! [`after_death`]; a recipient's through [`of_reception`].
//!
//! Files are destroyed beneath an allowed folder only ([`Beneath`]), the sources of a run only under a [`Warrant`].

mod carried;
mod certificate;
mod clearing;
mod evidence;
mod files;
mod items;
mod journal;
mod medium;
mod page;
mod proces_verbal;
mod reason;
mod removal;
mod replay;
mod search;
mod state;
#[cfg(test)]
mod tests;
mod verify;

pub use carried::Carried;
pub use certificate::{
    Certificate, Context, Outcome, Reception, after_closing, after_death, after_failure, after_interruption,
    of_reception,
};
pub use clearing::{Cleared, Received, clear_opened, clear_unopened};
pub use evidence::{Acknowledged, Evidence, KeyKind, OutOfReach, RecipientCopy, Released, SurvivingKey};
pub use files::{Beneath, DestroyError, Digest, Doomed, FileEnd};
pub use items::{Class, Item, Thing};
pub use journal::{Journal, JournalError};
pub use reason::Reason;
pub use removal::{Parcel, Target, Warrant, remove_packages, remove_sources};
pub use state::State;
pub use verify::{CertificateError, Checked, verify_certificate};
