//! Tables that were made elsewhere: read, tied together, protected, attacked.

mod attack;
mod cells;
pub(super) mod decimal;
mod everybody;
mod group;
mod input;
mod judge;
mod micro;
mod nesting;
mod perturb;
mod protect;
mod report;

pub use attack::{Attack, AttackOptions, Fallen, attack};
pub use cells::{Needed, ReadymadeError, columns_of_table};
pub use protect::{ReadyFile, ReadyProtected, protect_ready};
