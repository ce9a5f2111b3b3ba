//! Tables that were made elsewhere: read, tied together, attacked.

mod attack;
mod cells;

pub use attack::{Attack, AttackOptions, Fallen, attack};
pub use cells::{ReadymadeError, columns_of_table};
