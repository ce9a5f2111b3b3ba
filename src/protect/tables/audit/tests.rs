//! Known answers, and random tables against independent checks.

mod known;
mod oracle;
mod random;
mod stages;
mod tables;
mod whole;
