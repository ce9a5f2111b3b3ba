//! Makes calls to the file system fail, for tests: the nth call of a kind, once or from then on, with an error or by
//! killing the process. Without a plan a gate costs one relaxed load. Nothing in the program makes a plan.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Opening or making a file or folder.
    Open,
    /// Reading a file or listing a folder.
    Read,
    /// Writing, cutting or lengthening.
    Write,
    /// Waiting until the disk has it.
    Sync,
    /// Renaming.
    Rename,
    /// Removing.
    Remove,
}

/// What happens at the chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: calls are counted.
    Count,
    /// The call fails with this error number, and does nothing.
    Error(i32),
    /// The process is killed before the call, as by `kill -9`.
    Kill,
}

/// Which call fails, and how.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Kind of call; `None` for all.
    pub call: Option<Call>,
    /// Which of them, from 1.
    pub nth: u64,
    /// Whether every later one fails as well.
    pub for_ever: bool,
    /// What happens.
    pub fault: Fault,
}

static ARMED: AtomicBool = AtomicBool::new(false);
static STATE: Mutex<Option<(Plan, u64)>> = Mutex::new(None);

fn state() -> MutexGuard<'static, Option<(Plan, u64)>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on, for the whole process, until [`disarm`].
pub fn arm(plan: Plan) {
    *state() = Some((plan, 0));
    ARMED.store(true, Ordering::SeqCst);
}

/// Ends the plan. How many calls of its kind there were.
pub fn disarm() -> u64 {
    ARMED.store(false, Ordering::SeqCst);
    state().take().map_or(0, |(_, seen)| seen)
}

/// Passes, or fails as the plan says.
pub(super) fn gate(call: Call) -> io::Result<()> {
    if !ARMED.load(Ordering::Relaxed) {
        return Ok(());
    }
    planned(call)
}

#[cold]
fn planned(call: Call) -> io::Result<()> {
    let mut state = state();
    let Some((plan, seen)) = state.as_mut() else { return Ok(()) };
    if plan.call.is_some_and(|kind| kind != call) {
        return Ok(());
    }
    *seen += 1;
    if *seen != plan.nth && !(plan.for_ever && *seen > plan.nth) {
        return Ok(());
    }
    match plan.fault {
        Fault::Count => Ok(()),
        Fault::Error(number) => Err(io::Error::from_raw_os_error(number)),
        Fault::Kill => {
            // Nobody is left to be told whether it worked.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            std::process::abort()
        }
    }
}
