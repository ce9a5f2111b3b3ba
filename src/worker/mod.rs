//! One pass over a stream of parts, for an engine that runs many of them: an Arrow IPC stream on standard input, one on standard
//! output, each with the mark of its end only where all went well.
//!
//! Parts are sealed under the key of the run (see `keys`): the engine shuffles ciphertext by the number of a bucket. Everything
//! between the passes lies in one folder: the key of the run, and a plan for each pass.

mod folder;
mod wire;

pub use folder::Folder;
pub use wire::{Writer, parts};
