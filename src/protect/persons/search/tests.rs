#![allow(clippy::unwrap_used)]

mod brute;
mod known;
mod naive;
