//! Known answers, and random tables against independent checks.

mod handed_on;
mod known;
mod oracle;
mod random;
mod stages;
mod tables;
mod whole;
