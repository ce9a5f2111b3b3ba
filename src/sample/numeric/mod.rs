//! Sums and small linear systems that give the same bytes on every machine and under any number of threads:
//! sequential, compensated, and made of + − × ÷ alone.

mod linear;
mod sparse;
mod sum;

pub use linear::{Factor, Symmetric};
pub use sparse::Rows;
pub use sum::{Sum, sum};

#[cfg(test)]
mod tests;
