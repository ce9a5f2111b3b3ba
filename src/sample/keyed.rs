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

/// Maps as lists of pairs in ascending order of their keys, so that one map has one form, whatever the order in which it was filled.
pub(crate) mod pairs {
    use std::hash::Hash;

    use hashbrown::HashMap;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K, V, S>(map: &HashMap<K, V>, to: S) -> Result<S::Ok, S::Error>
    where
        K: Ord + Serialize,
        V: Serialize,
        S: Serializer,
    {
        let mut all: Vec<(&K, &V)> = map.iter().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        to.collect_seq(all)
    }

    pub(crate) fn deserialize<'d, K, V, D>(from: D) -> Result<HashMap<K, V>, D::Error>
    where
        K: Eq + Hash + Deserialize<'d>,
        V: Deserialize<'d>,
        D: Deserializer<'d>,
    {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}
