//! Which released columns are levels of one hierarchy: regions are made of departments, wider bands of narrower ones.

use super::model::{ColumnRef, Derived, Generalise, Kept};

/// Released columns made of one column of the records, each from the values of the next: the levels of a hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The column that they are made of.
    pub from: ColumnRef,
    /// Positions in the dataset's `kept`, from the coarsest to the finest. Level *l* of the dimension is `levels[l - 1]`; level 0
    /// is the total.
    pub levels: Vec<usize>,
}

impl Dimension {
    /// The level of a column; `None` where it is none of the dimension's.
    #[must_use]
    pub fn level(&self, column: usize) -> Option<usize> {
        self.levels.iter().position(|level| *level == column).map(|at| at + 1)
    }
}

/// Two columns made of one, of which neither follows from the other: what one puts together the other cuts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotNested {
    pub first: usize,
    pub second: usize,
}

/// Sorts columns into dimensions, in the order of their first column. `columns` are positions in `kept`, each once. A column
/// computed by an expression, beside another that is made of what the expression looks at, cuts groups in ways that only the data
/// tell: the two are not nested.
pub(super) fn dimensions(kept: &[Kept], derived: &[Derived], columns: &[usize]) -> Result<Vec<Dimension>, NotNested> {
    let mut dimensions: Vec<Dimension> = Vec::new();
    for (at, &column) in columns.iter().enumerate() {
        let cuts = |first: &&usize| shares_fields(&kept[**first], &kept[column], derived);
        if let Some(&first) = columns[..at].iter().find(cuts) {
            return Err(NotNested { first, second: column });
        }
        let from = kept[column].from;
        let Some(dimension) = dimensions.iter_mut().find(|dimension| dimension.from == from) else {
            dimensions.push(Dimension { from, levels: vec![column] });
            continue;
        };
        let finer = |level: &usize| follows(&kept[column], &kept[*level]);
        let at = dimension.levels.iter().position(finer).unwrap_or(dimension.levels.len());
        // Everything before must be coarser, everything from there on finer; equal columns are both, and one too many.
        let wrong = |(place, level): (usize, &usize)| {
            let (ours, theirs) = (&kept[column], &kept[*level]);
            let nested = if place < at { follows(theirs, ours) } else { follows(ours, theirs) };
            !nested || follows(theirs, ours) && follows(ours, theirs)
        };
        if let Some((_, &first)) = dimension.levels.iter().enumerate().find(|(place, level)| wrong((*place, level))) {
            return Err(NotNested { first, second: column });
        }
        dimension.levels.insert(at, column);
    }
    Ok(dimensions)
}

/// Whether two columns, made of different ones of which one at least is computed, look at one field.
fn shares_fields(a: &Kept, b: &Kept, derived: &[Derived]) -> bool {
    let fields = |kept: &Kept| -> Vec<String> {
        let computed = match kept.from {
            ColumnRef::Derived(at) => derived.get(at),
            ColumnRef::Own(_) | ColumnRef::Joined(_) => None,
        };
        match computed {
            // Every word may be the name of a field; one that is none is shared with no column.
            Some(computed) => words(&computed.sql),
            None => vec![kept.from_name.to_lowercase()],
        }
    };
    let is_computed = |kept: &Kept| matches!(kept.from, ColumnRef::Derived(_));
    if a.from == b.from || !(is_computed(a) || is_computed(b)) {
        return false;
    }
    let theirs = fields(b);
    fields(a).iter().any(|word| theirs.contains(word))
}

/// The names in an expression, in small letters: words, and what stands in quotation marks of names. Texts and numbers are none.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in sql.split('\'').enumerate() {
        // Every second part is a text.
        if at % 2 == 0 {
            let parts = part.split('"').enumerate();
            for (at, part) in parts {
                if at % 2 == 1 {
                    words.push(part.to_lowercase());
                } else {
                    let names = part.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                    let names =
                        names.filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()));
                    words.extend(names.map(str::to_lowercase).filter(|name| !KEYWORDS.contains(&name.as_str())));
                }
            }
        }
    }
    words
}

/// Words of SQL that two expressions may have in common without looking at one field.
const KEYWORDS: [&str; 34] = [
    "abs", "and", "as", "between", "boolean", "case", "cast", "ceil", "coalesce", "concat", "date", "day", "else",
    "end", "extract", "false", "floor", "from", "in", "integer", "is", "left", "like", "lower", "month", "not", "null",
    "or", "round", "substr", "then", "true", "when", "year",
];

/// Whether the value of `coarse` is known for every value of `fine`.
pub(super) fn follows(coarse: &Kept, fine: &Kept) -> bool {
    use Generalise as G;
    if coarse.from != fine.from {
        return false;
    }
    match (&coarse.generalise, &fine.generalise) {
        (G::Keep, G::Keep)
        | (G::Year, G::Year | G::Quarter | G::Month | G::Keep)
        | (G::Quarter, G::Quarter | G::Month | G::Keep)
        | (G::Month, G::Month | G::Keep)
        | (G::Region, G::Region | G::Departement | G::Keep)
        | (G::Departement, G::Departement | G::Keep)
        | (G::Band { .. } | G::Clamp { .. } | G::Hierarchy { .. }, G::Keep) => true,
        (G::Age { at: coarse }, G::Age { at: fine }) | (G::AgeBand { at: coarse, .. }, G::Age { at: fine }) => {
            coarse == fine
        }
        (G::AgeBand { at: one, bounds: few }, G::AgeBand { at: other, bounds: many }) => {
            one == other && few.iter().all(|bound| many.contains(bound))
        }
        (G::Band { bounds: few }, G::Band { bounds: many }) => few.iter().all(|bound| many.contains(bound)),
        (G::Clamp { bottom, top }, G::Clamp { bottom: low, top: high }) => (bottom, top) == (low, high),
        (G::Hierarchy { map: coarse, .. }, G::Hierarchy { map: fine, .. }) => composes(coarse, fine),
        _ => false,
    }
}

/// Whether every text of the finer level stands for one text of the coarser; both maps are from the same values.
fn composes(
    coarse: &std::collections::HashMap<String, String>,
    fine: &std::collections::HashMap<String, String>,
) -> bool {
    let mut up = std::collections::HashMap::new();
    fine.len() == coarse.len()
        && fine.iter().all(|(value, text)| match coarse.get(value) {
            Some(above) => *up.entry(text).or_insert(above) == above,
            None => false,
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::schema::{Logical, Role};

    fn kept(field: usize, generalise: Generalise) -> Kept {
        Kept {
            name: String::new(),
            from: ColumnRef::Own(field),
            from_name: String::new(),
            generalise,
            role: Role::QuasiIdentifier,
            logical: Logical::Text,
            why: None,
            reinforced: false,
        }
    }

    fn bands(bounds: &[i64]) -> Generalise {
        Generalise::AgeBand { at: ColumnRef::Own(9), bounds: bounds.to_vec() }
    }

    fn levels(pairs: &[(&str, &str)]) -> Generalise {
        let map = pairs.iter().map(|(value, text)| ((*value).to_owned(), (*text).to_owned())).collect();
        Generalise::Hierarchy { map, path: "h.csv".into(), level: 1 }
    }

    #[test]
    fn levels_are_ordered_from_the_coarsest_whatever_order_they_are_named_in() {
        let all = [
            kept(0, Generalise::Keep),
            kept(1, Generalise::Keep),
            kept(0, Generalise::Region),
            kept(0, Generalise::Departement),
        ];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
            let found = dimensions(&all, &[], &order).unwrap();
            let places = found.iter().find(|d| d.from == ColumnRef::Own(0)).unwrap();
            assert_eq!((found.len(), &places.levels), (2, &vec![2, 3, 0]));
            assert_eq!(places.level(3), Some(2));
        }
    }

    #[test]
    fn bands_are_nested_where_every_bound_of_the_wider_is_one_of_the_narrower() {
        let all = [kept(0, bands(&[18, 45])), kept(0, bands(&[18, 26, 45, 60])), kept(0, bands(&[18, 30, 45]))];
        assert_eq!(dimensions(&all, &[], &[0, 1]).unwrap()[0].levels, [0, 1]);
        assert_eq!(dimensions(&all, &[], &[1, 2]), Err(NotNested { first: 1, second: 2 }));
        // 18–45 is made of both, but they cut each other.
        assert!(dimensions(&all, &[], &[0, 1, 2]).is_err() && dimensions(&all, &[], &[2, 1, 0]).is_err());
    }

    #[test]
    fn a_column_under_two_names_is_not_a_hierarchy() {
        let all = [kept(0, Generalise::Month), kept(0, Generalise::Month)];
        assert_eq!(dimensions(&all, &[], &[0, 1]), Err(NotNested { first: 0, second: 1 }));
    }

    #[test]
    fn a_column_computed_from_another_is_not_nested_with_it_whatever_it_computes() {
        let computed = |sql: &str| Derived {
            name: "d".to_owned(),
            sql: sql.to_owned(),
            logical: Logical::Integer,
            role: Role::QuasiIdentifier,
        };
        let derived =
            [computed("EXTRACT(YEAR FROM \"naissance\") - 1"), computed("taille / 10"), computed("x = 'naissance'")];
        let column = |from, name: &str| Kept { from, from_name: name.to_owned(), ..kept(0, Generalise::Keep) };
        let all = [
            column(ColumnRef::Own(0), "naissance"),
            column(ColumnRef::Derived(0), "d"),
            column(ColumnRef::Derived(1), "d"),
            column(ColumnRef::Derived(2), "d"),
        ];
        assert_eq!(dimensions(&all, &derived, &[0, 1]), Err(NotNested { first: 0, second: 1 }));
        assert_eq!(dimensions(&all, &derived, &[0, 2, 3]).unwrap().len(), 3);
        assert_eq!(dimensions(&all, &derived, &[1, 2, 3]).unwrap().len(), 3);
    }

    #[test]
    fn two_levels_of_a_file_are_nested_only_if_the_file_says_so() {
        let fine = kept(0, levels(&[("a", "x"), ("b", "x"), ("c", "y")]));
        let coarse = kept(0, levels(&[("a", "1"), ("b", "1"), ("c", "1")]));
        let crossed = kept(0, levels(&[("a", "1"), ("b", "2"), ("c", "2")]));
        assert!(follows(&coarse, &fine) && !follows(&fine, &coarse));
        assert!(!follows(&crossed, &fine) && !follows(&fine, &crossed));
    }

    #[test]
    fn an_age_at_one_date_does_not_tell_the_age_at_another() {
        let at = |field| Generalise::Age { at: ColumnRef::Own(field) };
        assert!(follows(&kept(0, bands(&[18])), &kept(0, at(9))));
        assert!(!follows(&kept(0, bands(&[18])), &kept(0, at(8))));
        assert!(!follows(&kept(0, Generalise::Year), &kept(0, at(9))));
    }
}
