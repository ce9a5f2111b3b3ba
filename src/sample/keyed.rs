//! Maps from lists of codes.

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

/// The value of a key, made where it is new. Nothing is allocated for a key already there.
pub(crate) fn get_or_insert_with<'m, V>(
    map: &'m mut HashMap<Box<[u64]>, V>,
    key: &[u64],
    make: impl FnOnce() -> V,
) -> &'m mut V {
    match map.entry_ref(key) {
        EntryRef::Occupied(entry) => entry.into_mut(),
        EntryRef::Vacant(entry) => entry.insert_with_key(key.into(), make()),
    }
}
