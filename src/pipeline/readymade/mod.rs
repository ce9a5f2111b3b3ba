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
mod noted;
mod perturb;
mod protect;
mod release;
mod report;

pub use attack::{Attack, AttackOptions, Fallen, attack};
pub use cells::{Needed, ReadymadeError, columns_of_table};
pub use protect::{ReadyFile, ReadyProtected};
pub use release::release_ready;
