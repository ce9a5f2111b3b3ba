//! The Merkle tree over the lines (RFC 6962 § 2.1), of which only the right edge is kept.

use std::collections::BTreeMap;

use tlog_tiles::{Error, Hash, HashReader, stored_hash_index, stored_hashes, sub_tree_index, tree_hash};

/// Roots of the complete subtrees that the lines so far fall into: one for each 1 in the binary form of their number.
/// A line more costs at most log₂ of that number in hashes, and so does the root.
pub(super) struct Tree {
    size: u64,
    edge: Edge,
}

/// Hashes by their place in the order of storage (Crosby and Wallach 2009, § 3.3).
struct Edge(BTreeMap<u64, Hash>);

impl HashReader for Edge {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        indexes.iter().map(|index| self.0.get(index).copied().ok_or(Error::IndexesNotInTree)).collect()
    }
}

impl Tree {
    /// The tree of no line.
    pub fn new() -> Self {
        Self { size: 0, edge: Edge(BTreeMap::new()) }
    }

    /// Number of lines.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a line, without its line feed.
    pub fn push(&mut self, line: &[u8]) {
        let first = stored_hash_index(0, self.size);
        // The library asks for the left neighbours of the subtrees that this line completes. Those are complete subtrees
        // of the lines before it, and the edge holds them all.
        let new = stored_hashes(self.size, line, &self.edge).expect("the edge holds every complete subtree");
        self.edge.0.extend((first..).zip(new));
        self.size += 1;
        let needed = sub_tree_index(0, self.size, Vec::new());
        self.edge.0.retain(|index, _| needed.contains(index));
    }

    /// The root.
    pub fn root(&self) -> [u8; 32] {
        // What is asked for is what `push` keeps.
        tree_hash(self.size, &self.edge).expect("the edge holds every complete subtree").0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sha2::{Digest, Sha256};

    /// RFC 6962 § 2.1, word for word.
    fn by_definition(lines: &[Vec<u8>]) -> [u8; 32] {
        match lines {
            [] => Sha256::digest([]).into(),
            [line] => Sha256::new().chain_update([0]).chain_update(line).finalize().into(),
            lines => {
                let split = lines.len().next_power_of_two() / 2;
                let (left, right) = (by_definition(&lines[..split]), by_definition(&lines[split..]));
                Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_definition_at_every_size_and_the_edge_stays_short() {
        let lines: Vec<Vec<u8>> = (0..200u32).map(|i| format!("line {i}").into_bytes()).collect();
        let mut tree = Tree::new();
        assert_eq!(tree.root(), by_definition(&[]));
        for n in 1..=lines.len() {
            tree.push(&lines[n - 1]);
            assert_eq!(tree.root(), by_definition(&lines[..n]), "{n} lines");
            assert_eq!(tree.edge.0.len() as u32, (n as u64).count_ones(), "{n} lines");
        }
    }

    /// The roots of the test data of Certificate Transparency (google/certificate-transparency, `merkle_tree_test.cc`):
    /// `ReferenceMerkleTree` over eight inputs.
    #[test]
    fn the_roots_are_those_of_the_test_data_of_certificate_transparency() {
        let inputs =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::new();
        for (input, root) in inputs.iter().zip(roots) {
            let bytes: Vec<u8> =
                (0..input.len() / 2).map(|i| u8::from_str_radix(&input[2 * i..2 * i + 2], 16).unwrap()).collect();
            tree.push(&bytes);
            assert_eq!(super::super::fact::hexadecimal(&tree.root()), root);
        }
    }
}
