//! Cells of tables in files, and how they are tied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::config::{ColumnRef, Dimension, Linked};
use crate::pipeline::error::RunError;
use crate::pipeline::samples::each_row;
use crate::protect::tables::System;
use crate::summarise::{Ascents, Grid, SummariseError, TOTAL, cell_key};

/// What is wrong with a table. Lines and columns, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadymadeError {
    /// Two rows of one cell.
    #[error("{}: line {line} is a cell that an earlier line of the table has", file.display())]
    CellTwice {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// A cell of a number that is none.
    #[error("{}: line {line}, column `{column}`: this is no number; a suppressed cell is left empty", file.display())]
    NotANumber {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// A number that is missing, or is none.
    #[error("{}: line {line}, column `{column}`: a number is needed here{}", file.display(), of.words())]
    NumberNeeded {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What number.
        of: Needed,
    },
    /// A decision that is none.
    #[error(
        "{}: line {line}, column `{column}`: write nothing, publish, unsafe, prefer_publish, prefer_suppress, or impossible for a cell of 0",
        file.display()
    )]
    Decision {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// Two tables of which one is to publish a cell that the other is not to.
    #[error("{}: line {line}: a cell that is decided otherwise elsewhere", file.display())]
    Decisions {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// A contributor has two weights, or belongs to two holdings.
    #[error("{}: line {line}, column `{column}`: not the same as in another row of the contributor", file.display())]
    Differs {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// A row of microdata that is a total.
    #[error("{}: line {line}, column `{column}`: the code of totals stands in microdata; name another with `total`", file.display())]
    TotalCode {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// Largest contributions that cannot be those of the cell.
    #[error("{}: line {line}: contributors, largest contributions and number of the cell contradict each other", file.display())]
    Contributions {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// Columns that were said to be levels of one another, and are not.
    #[error(
        "`{fine}` is not a level under `{coarse}`: a code of it stands under two codes of `{coarse}`, or beside its total; correct `hierarchy`"
    )]
    NotNested {
        /// The column said to be finer.
        fine: String,
        /// The column said to be coarser.
        coarse: String,
    },
    /// A total that is not the sum of its parts.
    #[error("{}: line {line}, column `{column}`: the cells under this total do not add up to it", file.display())]
    AddUp {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// Two tables with different numbers for one cell.
    #[error("{}: line {line}, column `{column}`: another table has another number for this cell", file.display())]
    TwoNumbers {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// A contributor who counts for more than one.
    #[error(
        "{}: in a table that is perturbed every contributor counts once: one row each of microdata, with the same codes in all linked files, and in cells as many contributors as the number says",
        file.display()
    )]
    CountsTwice {
        /// The file.
        file: PathBuf,
    },
    /// A contributor without a name, where the method asks who is in a cell.
    #[error("{}: a row names no contributor, and the method asks who is in a cell", file.display())]
    NoContributor {
        /// The file.
        file: PathBuf,
    },
    /// Fewer cells for one contributor than there are kinds of cells.
    #[error(
        "{}: the list has more kinds of cells, by the columns that are not totalled, than `cells_per_contributor` says: whoever is in a cell is in its totals too",
        file.display()
    )]
    FewCells {
        /// The list.
        file: PathBuf,
    },
    /// A cell that the list of all cells does not have.
    #[error("{}: the list of cells lacks a cell of the table, or one of its kinds of totals", file.display())]
    NotListed {
        /// The list.
        file: PathBuf,
    },
    /// Two tables show one cell with different numbers, or its totals do not add up.
    #[error("the tables contradict each other: the published numbers of some cell cannot all be right")]
    Contradiction,
    /// Fewer columns than a table needs.
    #[error("name the columns that make the cells with --by")]
    NoCells,
    /// A column that no file has.
    #[error("no table has a column `{column}`")]
    NoColumn {
        /// The column.
        column: String,
    },
    /// No column of numbers.
    #[error("name the column of numbers with --value: the tables have neither `records` nor `persons` in common")]
    NoValue,
    /// More distinct tables or cells than can be numbered.
    #[error("the tables have too many cells")]
    TooLarge,
}

/// What number is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Any.
    Any,
    /// A whole one.
    Whole,
    /// One that is not negative.
    NonNegative,
}

impl Needed {
    fn words(self) -> &'static str {
        match self {
            Self::Any => ", digits with a point for decimals",
            Self::Whole => ", whole and not negative",
            Self::NonNegative => ", not negative",
        }
    }
}

/// The columns that make the cells of tables, and the one of numbers, where they are not named: `records` or `persons`, and
/// everything before it in any of the files.
///
/// # Errors
/// A file that cannot be read, or has no such column.
pub fn columns_of_table(
    files: &[PathBuf],
    by: Option<&[String]>,
    value: Option<&str>,
) -> Result<(Vec<String>, String), RunError> {
    let labels: Vec<Vec<String>> = files.iter().map(crate::pipeline::samples::labels).collect::<Result<_, _>>()?;
    let in_all = |name: &str| labels.iter().all(|labels| labels.iter().any(|label| label == name));
    let value = match value {
        Some(value) => value.to_owned(),
        None => ["records", "persons"].into_iter().find(|name| in_all(name)).ok_or(ReadymadeError::NoValue)?.to_owned(),
    };
    if let Some(by) = by {
        let unknown = by.iter().find(|column| !labels.iter().flatten().any(|label| label == *column));
        if let Some(column) = unknown {
            return Err(ReadymadeError::NoColumn { column: column.clone() }.into());
        }
        return Ok((by.to_vec(), value));
    }
    let mut columns: Vec<String> = Vec::new();
    let measures = ["records", "persons", value.as_str()];
    for label in labels.iter().flat_map(|labels| labels.iter().take_while(|label| !measures.contains(&label.as_str())))
    {
        if !columns.contains(label) {
            columns.push(label.clone());
        }
    }
    Ok((columns, value))
}

/// The code of every column, `None` where it is totalled.
pub(super) type Codes = Vec<Option<String>>;

/// A row of a table: the codes of its cell, `None` where it is totalled, and its number, `None` where it is suppressed.
pub(super) struct Row {
    pub codes: Vec<Option<String>>,
    pub value: Option<f64>,
    pub status: String,
}

/// The tables of one system.
pub(super) struct Tables {
    /// Names of the columns that make the cells.
    pub by: Vec<String>,
    pub rows: Vec<Row>,
    /// For each row, the number of its table.
    pub table: Vec<usize>,
}

impl Tables {
    /// Reads files with the columns `by`; one that a file lacks is totalled in all its rows.
    pub fn read(files: &[PathBuf], by: &[String], value: &str, status: &str, total: &str) -> Result<Self, RunError> {
        if by.is_empty() {
            return Err(ReadymadeError::NoCells.into());
        }
        let mut tables = Self { by: by.to_vec(), rows: Vec::new(), table: Vec::new() };
        for (number, file) in files.iter().enumerate() {
            tables.read_one(number, file, value, status, total)?;
        }
        Ok(tables)
    }

    fn read_one(&mut self, number: usize, file: &Path, value: &str, status: &str, total: &str) -> Result<(), RunError> {
        let labels = crate::pipeline::samples::labels(file)?;
        let has = |column: &str| labels.iter().any(|label| label == column);
        let here: Vec<usize> = (0..self.by.len()).filter(|at| has(&self.by[*at])).collect();
        let mut columns: Vec<&str> = here.iter().map(|at| self.by[*at].as_str()).collect();
        columns.push(value);
        if has(status) {
            columns.push(status);
        }
        let (width, mut line) = (self.by.len(), 1);
        let mut seen = BTreeSet::new();
        let mut rows = Vec::new();
        each_row(file, &columns, |cells| {
            line += 1;
            let mut codes = vec![None; width];
            for (at, cell) in here.iter().zip(cells) {
                let code = cell.unwrap_or_default();
                codes[*at] = (code != total).then(|| code.to_owned());
            }
            let number = cells.get(here.len()).copied().flatten().unwrap_or_default();
            let value = match number.trim() {
                "" => None,
                number => Some(number.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| {
                    ReadymadeError::NotANumber { file: file.to_path_buf(), line, column: value.to_owned() }
                })?),
            };
            if !seen.insert(codes.clone()) {
                return Err(ReadymadeError::CellTwice { file: file.to_path_buf(), line }.into());
            }
            let status = cells.get(here.len() + 1).copied().flatten().unwrap_or_default().to_owned();
            rows.push(Row { codes, value, status });
            Ok(())
        })?;
        self.table.extend(std::iter::repeat_n(number, rows.len()));
        self.rows.extend(rows);
        Ok(())
    }

    /// Whether every code of the fine column stands beside one code of the coarse one only, and wherever the coarse one is
    /// totalled, so is the fine one; `None` where the two never stand together.
    fn lies_under(&self, fine: usize, coarse: usize) -> Option<bool> {
        let mut above: BTreeMap<&str, &str> = BTreeMap::new();
        for row in &self.rows {
            match (&row.codes[coarse], &row.codes[fine]) {
                (None, Some(_)) => return Some(false),
                (Some(coarse), Some(fine)) => {
                    if *above.entry(fine).or_insert(coarse) != coarse {
                        return Some(false);
                    }
                }
                (_, None) => {}
            }
        }
        (!above.is_empty()).then_some(true)
    }

    /// Columns that are levels of one another, coarse before fine, as far as codes tell.
    pub fn dimensions(&self) -> Vec<Vec<usize>> {
        let lies_under = |fine: usize, coarse: usize| self.lies_under(fine, coarse) == Some(true);
        let mut dimensions: Vec<Vec<usize>> = Vec::new();
        for column in 0..self.by.len() {
            let fits = |chain: &&mut Vec<usize>| {
                chain.iter().all(|other| lies_under(column, *other) != lies_under(*other, column))
            };
            match dimensions.iter_mut().find(fits) {
                Some(chain) => {
                    let at = chain.iter().position(|other| lies_under(*other, column)).unwrap_or(chain.len());
                    chain.insert(at, column);
                }
                None => dimensions.push(vec![column]),
            }
        }
        dimensions
    }

    /// The hierarchies that are told, finest column first, as [`Tables::dimensions`] has them; `None`: those that are found. Columns
    /// that are not told of stand alone.
    pub fn chains(&self, told: Option<&[Vec<String>]>) -> Result<Vec<Vec<usize>>, ReadymadeError> {
        let Some(told) = told else { return Ok(self.dimensions()) };
        let mut chains: Vec<Vec<usize>> = Vec::new();
        for column in 0..self.by.len() {
            if chains.iter().any(|chain| chain.contains(&column)) {
                continue;
            }
            let whole = told.iter().find(|chain| chain.contains(&self.by[column]));
            let chain = whole.map_or(vec![column], |names| {
                names.iter().rev().filter_map(|name| self.by.iter().position(|other| other == name)).collect()
            });
            chains.push(chain);
        }
        for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
            if self.lies_under(pair[1], pair[0]) == Some(false) {
                let name = |at: usize| self.by[at].clone();
                return Err(ReadymadeError::NotNested { fine: name(pair[1]), coarse: name(pair[0]) });
            }
        }
        Ok(chains)
    }

    /// Ties the cells of all tables together. Where `whole`, the total of everything is one of them, whether a table shows it or not.
    pub fn tie(self, whole: bool) -> Result<Tied, RunError> {
        let chains = self.dimensions();
        self.tie_along(&chains, whole, Vec::new())
    }

    /// The same along these hierarchies, with the shapes that earlier releases had.
    pub fn tie_along(self, chains: &[Vec<usize>], whole: bool, earlier: Vec<Box<[usize]>>) -> Result<Tied, RunError> {
        let codes: Vec<Vec<&str>> = (0..self.by.len())
            .map(|column| {
                let all: BTreeSet<&str> = self.rows.iter().filter_map(|row| row.codes[column].as_deref()).collect();
                all.into_iter().collect()
            })
            .collect();
        let dimensions: Vec<Dimension> = (chains.iter().enumerate())
            .map(|(at, chain)| Dimension { from: ColumnRef::Own(at), levels: chain.clone() })
            .collect();
        let level = |row: &Row, chain: &Vec<usize>| {
            chain.iter().rposition(|column| row.codes[*column].is_some()).map_or(0, |at| at + 1)
        };
        let levels = |row: &Row| -> Box<[usize]> { chains.iter().map(|chain| level(row, chain)).collect() };
        let mut shown: BTreeSet<(usize, Box<[usize]>)> = BTreeSet::new();
        shown.extend(self.rows.iter().zip(&self.table).map(|(row, table)| (*table, levels(row))));
        let mut linked = Linked::of_shapes(dimensions, shown.into_iter().collect(), whole);
        linked.with_ties(earlier);
        let mut ascents = Ascents::new(&linked);
        let number = |row: &Row, column: usize| -> u64 {
            let code = row.codes[column].as_deref();
            code.and_then(|code| codes[column].binary_search(&code).ok()).map_or(TOTAL, |at| at as u64)
        };
        for row in &self.rows {
            for (at, chain) in chains.iter().enumerate() {
                let path: Vec<u64> =
                    chain.iter().map(|column| number(row, *column)).take_while(|v| *v != TOTAL).collect();
                ascents.meet(at, &path)?;
            }
        }
        let mut keys: BTreeMap<Box<[u64]>, Option<usize>> = BTreeMap::new();
        let mut repeated = Vec::new();
        let mut key = Vec::new();
        for (place, row) in self.rows.iter().enumerate() {
            let of = |dimension: usize, level: usize| number(row, chains[dimension][level - 1]);
            let own = linked.shape(&levels(row)).ok_or(SummariseError::Layout)?;
            for (shape, coarse) in linked.shapes.iter().enumerate() {
                if coarse.levels.iter().zip(&linked.shapes[own].levels).all(|(a, b)| a <= b) {
                    cell_key(&linked, shape, of, &mut key);
                    let known = keys.entry(key.as_slice().into()).or_insert(None);
                    match known {
                        _ if shape != own => {}
                        None => *known = Some(place),
                        Some(first) => repeated.push((*first, place)),
                    }
                }
            }
        }
        let grid = Grid::new(&linked, keys.keys().map(|key| &**key), &ascents)?;
        let relations = grid.relations()?;
        let shape = |cell: u32| grid.shape(cell as usize);
        let steps: Vec<(usize, usize)> = relations
            .iter()
            .map(|(total, parts)| (shape(*total), parts.first().map_or(0, |part| shape(*part))))
            .collect();
        let refined = |(coarse, fine): &(usize, usize)| -> Vec<usize> {
            let levels = linked.shapes[*coarse].levels.iter().zip(&linked.shapes[*fine].levels).enumerate();
            levels.filter(|(_, (coarse, fine))| coarse != fine).map(|(dimension, _)| dimension).collect()
        };
        let refined = steps.iter().map(refined).collect();
        let system = System::new(grid.keys().len(), relations).map_err(|_| ReadymadeError::TooLarge)?;
        let row = grid.keys().iter().map(|key| keys.get(key).copied().flatten()).collect();
        let mut cell_of: BTreeMap<&[u64], u32> = BTreeMap::new();
        cell_of.extend((0_u32..).zip(grid.keys()).map(|(cell, key)| (&**key, cell)));
        let mut place = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let own = linked.shape(&levels(row)).ok_or(SummariseError::Layout)?;
            cell_key(&linked, own, |dimension, level| number(row, chains[dimension][level - 1]), &mut key);
            place.push(*cell_of.get(key.as_slice()).ok_or(SummariseError::Layout)?);
        }
        let finest = |cell: usize| -> Codes {
            let mut of_cell = vec![None; self.by.len()];
            for (dimension, level) in linked.shapes[grid.shape(cell)].levels.iter().enumerate().filter(|(_, l)| **l > 0)
            {
                let column = chains[dimension][level - 1];
                let code = codes[column].get(grid.value(cell, dimension, *level) as usize);
                of_cell[column] = code.map(|code| (*code).to_owned());
            }
            of_cell
        };
        let finest = (0..grid.keys().len()).map(finest).collect();
        for (first, again) in repeated {
            match (self.rows[first].value, self.rows[again].value) {
                (Some(a), Some(b)) if a != b => return Err(ReadymadeError::Contradiction.into()),
                _ => {}
            }
        }
        Ok(Tied { system, steps, refined, row, place, finest, tables: self })
    }
}

/// Tables tied together.
pub(super) struct Tied {
    pub system: System,
    /// For each sum, the shapes of its total and of its parts.
    pub steps: Vec<(usize, usize)>,
    /// For each sum, the dimensions along which its parts are finer than its total.
    pub refined: Vec<Vec<usize>>,
    /// For each cell, the row that shows it first; `None` for one that no table has.
    pub row: Vec<Option<usize>>,
    /// For each row, its cell.
    pub place: Vec<u32>,
    /// For each cell its codes, of each hierarchy the finest one alone.
    pub finest: Vec<Codes>,
    pub tables: Tables,
}

impl Tied {
    /// The cells of each shape, by the columns of which they have a code. Whoever needs the contributors of all cells gathers them
    /// shape by shape: of one at a time there are as many as of the file.
    pub fn by_shape(&self) -> BTreeMap<Vec<usize>, Vec<usize>> {
        let mut shapes: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for (cell, codes) in self.finest.iter().enumerate() {
            shapes.entry((0..codes.len()).filter(|at| codes[*at].is_some()).collect()).or_default().push(cell);
        }
        shapes
    }
}
