//! Keys: how they are kept, where they lie in memory, and what pseudonyms under a kept key give away.

#![allow(clippy::unwrap_used)]

#[path = "common/mod.rs"]
mod common;
#[path = "keys/custody.rs"]
mod custody;
#[path = "keys/lasting.rs"]
mod lasting;
#[path = "keys/memory.rs"]
mod memory;
