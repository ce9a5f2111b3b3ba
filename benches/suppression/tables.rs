//! Made-up hierarchical tables.

use std::collections::BTreeMap;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A tree of codes: children of each node; leaves have none. Node 0 is the total.
#[derive(Clone)]
struct Tree {
    children: Vec<Vec<u32>>,
}

impl Tree {
    /// Levels of the given widths below the total.
    fn new(widths: &[usize]) -> Self {
        let (mut children, mut level) = (vec![Vec::new()], vec![0_u32]);
        for width in widths {
            let mut next = Vec::new();
            for node in level {
                for _ in 0..*width {
                    let child = children.len() as u32;
                    children.push(Vec::new());
                    children[node as usize].push(child);
                    next.push(child);
                }
            }
            level = next;
        }
        Self { children }
    }

    fn len(&self) -> usize {
        self.children.len()
    }
}

/// Tables under construction.
#[derive(Default)]
pub struct Builder {
    names: BTreeMap<Vec<u32>, u32>,
    /// Totals and parts.
    pub relations: Vec<(u32, Vec<u32>)>,
    /// Persons in each cell.
    pub count: Vec<u64>,
    /// The one person of cells with one.
    pub person: Vec<Option<u64>>,
    done: Vec<bool>,
}

impl Builder {
    /// Adds one table over the given trees; `key` turns coordinates into a name shared with other tables.
    fn table(&mut self, trees: &[&Tree], key: impl Fn(&[u32]) -> Vec<u32>, mut draw: impl FnMut() -> u64) {
        let sizes: Vec<usize> = trees.iter().map(|tree| tree.len()).collect();
        let all: usize = sizes.iter().product();
        let coordinates = |mut at: usize| {
            let mut point = vec![0_u32; sizes.len()];
            for axis in (0..sizes.len()).rev() {
                point[axis] = (at % sizes[axis]) as u32;
                at /= sizes[axis];
            }
            point
        };
        let mut ids = Vec::with_capacity(all);
        for at in 0..all {
            let name = key(&coordinates(at));
            let fresh = self.count.len() as u32;
            let id = *self.names.entry(name).or_insert(fresh);
            if id == fresh {
                self.count.push(0);
                self.person.push(None);
                self.done.push(false);
            }
            ids.push(id);
        }
        let mut stride = vec![1_usize; sizes.len()];
        for axis in (0..sizes.len() - 1).rev() {
            stride[axis] = stride[axis + 1] * sizes[axis + 1];
        }
        // Later nodes are deeper, so that parts come before totals.
        for at in (0..all).rev() {
            let point = coordinates(at);
            let id = ids[at];
            let mut parts_of_first = None;
            for axis in 0..sizes.len() {
                let children = &trees[axis].children[point[axis] as usize];
                if children.is_empty() {
                    continue;
                }
                let parts: Vec<u32> = children
                    .iter()
                    .map(|child| ids[at + (*child as usize - point[axis] as usize) * stride[axis]])
                    .collect();
                parts_of_first.get_or_insert(parts.clone());
                self.relations.push((id, parts));
            }
            if self.done[id as usize] {
                continue;
            }
            self.done[id as usize] = true;
            match parts_of_first {
                None => {
                    self.count[id as usize] = draw();
                    if self.count[id as usize] == 1 {
                        self.person[id as usize] = Some(u64::from(id));
                    }
                }
                Some(parts) => {
                    self.count[id as usize] = parts.iter().map(|part| self.count[*part as usize]).sum();
                    if self.count[id as usize] == 1 {
                        self.person[id as usize] = parts.iter().find_map(|part| self.person[*part as usize]);
                    }
                }
            }
        }
    }
}

/// Tables of a shape with about `size` cells; the larger `bend`, the more small cells.
pub fn build(shape: &str, size: usize, bend: f64) -> Builder {
    let mut random = Random(7);
    let mut draw = move || (2.0 * random.unit().powf(-1.0 / bend) - 2.0).min(1e6) as u64;
    let mut builder = Builder::default();
    let side = |inner: f64, power: f64| (inner.powf(power).round() as usize).max(2);
    let n = size as f64;
    match shape {
        "flat2" => {
            let tree = Tree::new(&[side(n, 0.5)]);
            builder.table(&[&tree, &tree], |p| p.to_vec(), &mut draw);
        }
        "tree2" => {
            let (long, short) = (Tree::new(&[10, side(n / 40.0, 0.5), 10]), Tree::new(&[4, side(n / 2000.0, 0.5)]));
            builder.table(&[&long, &short], |p| p.to_vec(), &mut draw);
        }
        "cube3" => {
            let tree = Tree::new(&[side(n, 1.0 / 3.0)]);
            builder.table(&[&tree, &tree, &tree], |p| p.to_vec(), &mut draw);
        }
        "tree3" => {
            let long = Tree::new(&[10, side(n / 700.0, 0.5), side(n / 700.0, 0.5).min(12)]);
            let (middle, short) = (Tree::new(&[4, 5]), Tree::new(&[2]));
            builder.table(&[&long, &middle, &short], |p| p.to_vec(), &mut draw);
        }
        "linked" => {
            // Sex × age × region and region × diagnosis: the margin by region is in both.
            let region = Tree::new(&[10, side(n / 1000.0, 0.5)]);
            let (sex, age) = (Tree::new(&[2]), Tree::new(&[4, 5]));
            let diagnosis = Tree::new(&[8, side(n / 1200.0, 0.5)]);
            builder.table(&[&region, &age, &sex], |p| vec![p[0], p[1], p[2], 0], &mut draw);
            builder.table(&[&region, &diagnosis], |p| vec![p[0], 0, 0, p[1]], &mut draw);
        }
        other => panic!("unknown shape {other}"),
    }
    builder
}
