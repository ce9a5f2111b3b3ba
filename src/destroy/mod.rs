//! The end of the working data, and the certificate that says exactly what was destroyed and how.
//!
//! Stages destroy what they hold and report plain facts ([`crate::vault::Destroyed`]); this room turns them into a
//! [`Certificate`]. A run counts as exported only against an [`ExportReceipt`](crate::export::ExportReceipt), which
//! exists only once the release was read back from disk: [`after_export`] asks for one. A run that is closed later is held
//! against its [`Journal`], which never reaches [`State::Scanned`] without [`State::ReadBack`]. Every other end goes
//! through [`after_failure`], [`after_interruption`] or [`after_death`].
//!
//! Files are destroyed beneath an allowed folder only ([`Beneath`]), the sources of a run only under a [`Warrant`].
//!
//! ```
//! use tamis::destroy::{Certificate, Context, after_export};
//! use tamis::vault::Destroyed;
//! fn done(vaults: &[Destroyed], receipt: &tamis::export::ExportReceipt, context: &Context) -> Certificate {
//!     after_export(vaults, receipt, context)
//! }
//! ```
//!
//! Without a receipt there is no certificate of a run that exported:
//!
//! ```compile_fail,E0308
//! use tamis::destroy::{Certificate, Context, after_export};
//! use tamis::vault::Destroyed;
//! fn done(vaults: &[Destroyed], run: &tamis::export::RunDirectory, context: &Context) -> Certificate {
//!     after_export(vaults, run, context)
//! }
//! ```

mod certificate;
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
mod state;
#[cfg(test)]
mod tests;
mod verify;

pub use certificate::{
    AuditEnd, Certificate, Context, Outcome, Reception, after_closing, after_death, after_export, after_failure,
    after_interruption, of_reception,
};
pub use evidence::{Acknowledged, Evidence, KeyKind, OutOfReach, RecipientCopy, Released, SurvivingKey};
pub use files::{Beneath, DestroyError, Digest, Doomed, FileEnd};
pub use items::{Class, Item, Thing};
pub use journal::{Journal, JournalError};
pub use reason::Reason;
pub use removal::{Target, Warrant, remove_sources};
pub use state::State;
pub use verify::{CertificateError, Checked, verify_certificate};
