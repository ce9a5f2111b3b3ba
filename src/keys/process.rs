//! What the system may show of this process.

use rustix::process::{DumpableBehavior, Resource, Rlimit, dumpable_behavior, set_dumpable_behavior, setrlimit};

use super::KeyError;

/// Switches core dumps off, and keeps other programs of the same user from reading this process's memory. To be called before
/// anything secret is read; the administrator can read memory all the same.
///
/// # Errors
/// [`KeyError::Dumps`] where the system refuses.
pub fn harden_process() -> Result<(), KeyError> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // Both are tried: one does not make up for the other. A limit of 0 does not stop a core dump that is piped to a program.
    let limit = setrlimit(Resource::Core, none);
    let dumpable = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    limit.and(dumpable).map_err(|errno| KeyError::Dumps(std::io::Error::from(errno).kind()))
}

/// Whether this process could leave a core dump; `None` where the system does not say.
#[must_use]
pub fn is_dumpable() -> Option<bool> {
    dumpable_behavior().ok().map(|behaviour| behaviour != DumpableBehavior::NotDumpable)
}
