//! Codes that follow from others: which department lies in which region, wherever any linked table or its file tells both.
//!
//! A table by department and one by region are tied even though neither has both columns: whoever has a map adds the departments
//! up. So the region is written into the codes of the first, as if it had the column.

use std::collections::BTreeMap;

use super::cells::Codes;

/// For pairs of columns, which code of the second stands beside each code of the first; `None` where several do.
#[derive(Default)]
pub(super) struct Nesting(BTreeMap<(usize, usize), BTreeMap<String, Option<String>>>);

impl Nesting {
    /// Meets the codes of a row.
    pub fn meet(&mut self, codes: &[Option<String>]) {
        for (fine, code) in codes.iter().enumerate().filter_map(|(at, code)| Some((at, code.as_ref()?))) {
            for (coarse, above) in codes.iter().enumerate().filter_map(|(at, code)| Some((at, code.as_ref()?))) {
                if fine != coarse {
                    let known = self.0.entry((fine, coarse)).or_default();
                    meet_one(known, code, Some(above));
                }
            }
        }
    }

    /// Takes in what another has met.
    pub fn merge(&mut self, other: &Self) {
        for (pair, codes) in &other.0 {
            let known = self.0.entry(*pair).or_default();
            codes.iter().for_each(|(code, above)| meet_one(known, code, above.as_ref()));
        }
    }

    /// Columns that follow from a table's own, each with the one it follows from. `own` are the table's columns, and `rows` its
    /// codes: of every one it has to be known under which it lies. `may` tells whether a fine column may lie under a coarse one.
    pub fn follow<'c>(
        &self,
        own: &[usize],
        width: usize,
        rows: impl Iterator<Item = &'c Codes> + Clone,
        may: impl Fn(usize, usize) -> bool,
    ) -> Vec<(usize, usize)> {
        let lies = |fine: usize, coarse: usize| {
            if !may(fine, coarse) {
                return false;
            }
            let Some(known) = self.0.get(&(fine, coarse)) else { return false };
            let sound = known.values().all(Option::is_some);
            sound && rows.clone().filter_map(|codes| codes[fine].as_ref()).all(|code| known.contains_key(code))
        };
        let others = (0..width).filter(|column| !own.contains(column));
        others.filter_map(|coarse| Some((*own.iter().find(|fine| lies(**fine, coarse))?, coarse))).collect()
    }

    /// Writes the codes that follow.
    pub fn fill(&self, codes: &mut Codes, follows: &[(usize, usize)]) {
        for pair in follows {
            let above = codes[pair.0].as_ref().and_then(|code| self.0.get(pair)?.get(code)?.clone());
            codes[pair.1] = above;
        }
    }
}

fn meet_one(known: &mut BTreeMap<String, Option<String>>, code: &str, above: Option<&String>) {
    match known.get_mut(code) {
        None => {
            known.insert(code.to_owned(), above.cloned());
        }
        Some(known) if known.as_ref() != above => *known = None,
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(_: usize, _: usize) -> bool {
        true
    }

    fn codes(of: [Option<&str>; 3]) -> Codes {
        of.iter().map(|code| code.map(str::to_owned)).collect()
    }

    #[test]
    fn a_region_follows_from_a_department_and_not_the_other_way() {
        let mut nesting = Nesting::default();
        for row in [["84", "69", "S"], ["84", "01", "S"], ["11", "75", "T"]] {
            nesting.meet(&codes(row.map(Some)));
        }
        let rows = [codes([None, Some("69"), None]), codes([None, Some("75"), None])];
        assert_eq!(nesting.follow(&[1], 2, rows.iter(), any), [(1, 0)]);
        assert_eq!(nesting.follow(&[0], 2, [codes([Some("84"), None, None])].iter(), any), []);
        let unknown = [codes([None, Some("2A"), None])];
        assert_eq!(nesting.follow(&[1], 2, unknown.iter(), any), []);
        assert_eq!(nesting.follow(&[1], 2, rows.iter(), |_, _| false), []);
        let mut filled = rows[0].clone();
        nesting.fill(&mut filled, &[(1, 0)]);
        assert_eq!(filled, codes([Some("84"), Some("69"), None]));
        let mut total = codes([None, None, Some("S")]);
        nesting.fill(&mut total, &[(1, 0)]);
        assert_eq!(total, codes([None, None, Some("S")]));
    }

    #[test]
    fn what_two_files_say_differently_follows_from_nothing() {
        let [mut one, mut other] = [Nesting::default(), Nesting::default()];
        one.meet(&codes([Some("84"), Some("69"), None]));
        other.meet(&codes([Some("11"), Some("69"), None]));
        one.merge(&other);
        assert_eq!(one.follow(&[1], 2, [codes([None, Some("69"), None])].iter(), any), []);
    }
}
