//! The end of the working data, and the certificate that says exactly what was destroyed and how.
//!
//! Stages destroy what they hold and report plain facts ([`crate::vault::Destroyed`]); this room turns them into a
//! [`Certificate`]. A run counts as exported only against an [`ExportReceipt`](crate::export::ExportReceipt), which
//! exists only once the release was read back from disk: [`after_export`] asks for one. Every other end goes through
//! [`after_failure`] or [`after_interruption`].
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
mod items;
mod proces_verbal;
#[cfg(test)]
mod tests;

pub use certificate::{AuditEnd, Certificate, Context, Outcome, after_export, after_failure, after_interruption};
pub use items::{Class, Item};
