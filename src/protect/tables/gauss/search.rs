//! Is a cell derivable? An elimination that grows from the cell, and stops as soon as the answer is certain.
//!
//! With *A* the matrix of sums and *S* the suppressed cells, cell *s* follows from the published ones iff some
//! multipliers λ give λᵀ·A_S = e_s; else some *z* with A_S·z = 0 has z_s ≠ 0 (Cox, JASA 75, 1980; Langsrud, PSD 2024).
//! Instead of eliminating the whole matrix, the search keeps a basis of the multipliers that vanish on all columns taken
//! so far, starting from unit vectors and without columns. A multiplier λ is *open* where λᵀ·A_s ≠ 0. The search looks
//! at the lightest open multiplier: either some column does not vanish on it, is taken, and one multiplier fewer is
//! left; or none exists, and λ is a derivation. When none is open, back-substitution gives *z*, in whole numbers, with
//! taken columns only. Both answers are exact, and concern only sums near the cell in most tables.

use num_bigint::BigInt;

use super::Status;
use super::board::Board;
use super::matrix::Matrix;
use super::scalar::{Overflow, Scalar, Values, reduce};

/// Changes to suppressed cells that keep every sum: a vector of the kernel, in whole numbers.
#[derive(Debug, Clone)]
pub(super) struct Move {
    /// Cells that change, ascending.
    pub cells: Box<[u32]>,
    /// By how much; none is zero.
    pub values: Values,
}

/// Multipliers of rows whose combination leaves nothing but one cell unknown.
#[derive(Debug, Clone)]
pub(super) struct Derivation {
    /// Rows, in no order of meaning.
    pub rows: Vec<u32>,
    /// Their multipliers; the last number is the coefficient of the cell.
    pub multipliers: Values,
}

/// What a search finds.
pub(super) enum Answer {
    /// The cell can change, with others.
    Movable(Move),
    /// The cell follows from what is known.
    Derived(Derivation),
    /// The effort was used up.
    Undecided,
}

/// What is asked of a search.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    /// The cell.
    pub target: u32,
    /// A suppressed cell that is to be taken as known.
    pub without: Option<u32>,
    /// Contributors whose own cells are to be taken as known, by number, ascending.
    pub knowing: &'a [u32],
    /// Whether published cells may be suppressed, at their price.
    pub complement: bool,
    /// Elementary steps after which to give up.
    pub effort: u64,
    /// Which cells may change; all, where it is not said.
    pub admits: Option<&'a (dyn Fn(u32) -> bool + Sync)>,
    /// For long rows, the cells that are likely to be of use; none, where it is not said.
    pub likely: &'a [Box<[u32]>],
}

/// Memory that searches share; clean between them.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    local: Vec<u32>,
    seen: Vec<u32>,
    epoch: u32,
    /// Elementary steps of all searches so far.
    pub steps: u64,
}

const NONE: u32 = u32::MAX;

/// Candidates that are looked at before the best is taken.
const LOOK: usize = 128;

/// Candidates among which those with the fewest new rows are looked for.
const SCAN: usize = 1024;

/// Unknown cells from which on a line is long: likely candidates are looked at before it is scanned.
const LONG: u64 = 256;

/// Unknown cells up to which a row is short, and cells that are named as likely for a long one.
pub(super) const SHORT: usize = 16;

impl Scratch {
    pub fn new(matrix: &Matrix) -> Self {
        Self { local: vec![NONE; matrix.rows()], seen: vec![0; matrix.cells()], epoch: 0, steps: 0 }
    }

    fn next_epoch(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.seen.fill(0);
            self.epoch = 1;
        }
    }
}

/// Searches with machine words, and again with big integers where they overflow.
pub(super) fn search(matrix: &Matrix, board: &Board, scratch: &mut Scratch, question: Question) -> Answer {
    let small = Search::<i64>::run(matrix, board, scratch, question);
    small.or_else(|Overflow| Search::<BigInt>::run(matrix, board, scratch, question)).unwrap_or(Answer::Undecided)
}

/// A multiplier: a combination of rows that vanishes on every column taken so far.
struct Line<T> {
    /// Local rows, ascending, and their coefficients.
    lambda: Vec<(u32, T)>,
    /// Its value on the target's column.
    target: T,
    /// Suppressed cells of its rows: what it costs to look at it.
    weight: u64,
    listed: bool,
    taken: bool,
}

struct Pivot<T> {
    cell: u32,
    lambda: Vec<(u32, T)>,
    value: T,
}

struct Touch<T> {
    /// The line, or [`NONE`] for the unit vector of a row not yet met.
    line: u32,
    row: u32,
    value: T,
}

/// How good a candidate is: price, open lines more than before, lines changed, unknown cells of new rows (the more, the
/// likelier that a later column closes them together), number. The least is best.
type Rank = (u64, i32, u32, std::cmp::Reverse<u64>, u32);

struct Search<'a, T> {
    matrix: &'a Matrix,
    board: &'a Board,
    scratch: &'a mut Scratch,
    question: Question<'a>,
    /// Local rows: their numbers and the lines that use them.
    rows: Vec<u32>,
    owners: Vec<Vec<u32>>,
    lines: Vec<Line<T>>,
    open: Vec<u32>,
    pivots: Vec<Pivot<T>>,
    touched: Vec<Touch<T>>,
    steps: u64,
}

impl<'a, T: Scalar> Search<'a, T> {
    fn run(
        matrix: &'a Matrix,
        board: &'a Board,
        scratch: &'a mut Scratch,
        question: Question<'a>,
    ) -> Result<Answer, Overflow> {
        let mut search = Self {
            matrix,
            board,
            scratch,
            question,
            rows: Vec::new(),
            owners: Vec::new(),
            lines: Vec::new(),
            open: Vec::new(),
            pivots: Vec::new(),
            touched: Vec::new(),
            steps: 0,
        };
        let answer = search.grow();
        for row in &search.rows {
            search.scratch.local[*row as usize] = NONE;
        }
        search.scratch.steps += search.steps;
        answer
    }

    fn grow(&mut self) -> Result<Answer, Overflow> {
        for row in self.matrix.around(self.question.target) {
            let line = self.meet(*row);
            self.lines[line as usize].target = self.sign(*row, self.question.target);
            self.list(line);
        }
        while let Some(line) = self.lightest() {
            if self.steps > self.question.effort {
                return Ok(Answer::Undecided);
            }
            match self.choose(line)? {
                Some(cell) => self.take(line, cell)?,
                None => return Ok(Answer::Derived(self.derivation(line))),
            }
        }
        self.solve()
    }

    fn sign(&self, row: u32, cell: u32) -> T {
        T::of(if self.matrix.negative(row, cell) { -1 } else { 1 })
    }

    /// Gives a row a local number and its unit vector as a line.
    fn meet(&mut self, row: u32) -> u32 {
        let local = self.rows.len() as u32;
        self.scratch.local[row as usize] = local;
        self.rows.push(row);
        self.owners.push(vec![local]);
        let weight = self.board.unknown(row).len() as u64;
        let lambda = vec![(local, T::of(1))];
        self.lines.push(Line { lambda, target: T::of(0), weight, listed: false, taken: false });
        local
    }

    fn list(&mut self, line: u32) {
        let entry = &mut self.lines[line as usize];
        if !entry.listed && !entry.target.is_zero() {
            entry.listed = true;
            self.open.push(line);
        }
    }

    /// The open line with the fewest unknown cells; short derivations and short moves are found first.
    fn lightest(&mut self) -> Option<u32> {
        let lines = &mut self.lines;
        self.open.retain(|line| {
            let line = &mut lines[*line as usize];
            line.listed = !line.taken && !line.target.is_zero();
            line.listed
        });
        self.open.iter().copied().min_by_key(|line| (lines[*line as usize].weight, *line))
    }

    /// Whether a cell may change.
    fn admits(&self, cell: u32) -> bool {
        let question = &self.question;
        let known = |person: u32| question.knowing.binary_search(&person).is_ok();
        cell != question.target
            && question.without != Some(cell)
            && !self.board.lost[cell as usize]
            && !self.board.person(cell).is_some_and(known)
            && question.admits.is_none_or(|admits| admits(cell))
    }

    /// The best column that does not vanish on a line.
    fn choose(&mut self, line: u32) -> Result<Option<u32>, Overflow> {
        let rows = self.lines[line as usize].lambda.iter().map(|(row, _)| self.rows[*row as usize]);
        let rows: Vec<u32> = rows.collect();
        self.scratch.next_epoch();
        let mut best = self.best_suppressed(line, &rows)?;
        if self.question.complement {
            let (matrix, board) = (self.matrix, self.board);
            for row in &rows {
                for cell in matrix.row(*row).iter().copied().filter(|cell| board.offers(*cell)) {
                    let price = board.price[cell as usize];
                    if best.is_some_and(|best| best.0 < price) {
                        break;
                    }
                    if self.fresh(cell) {
                        best = best.into_iter().chain(self.rank(line, cell, price)?).min();
                    }
                }
            }
        }
        Ok(best.map(|best| best.4))
    }

    /// The best suppressed column. Those with the fewest new rows are looked at first: they may close several lines.
    fn best_suppressed(&mut self, line: u32, rows: &[u32]) -> Result<Option<Rank>, Overflow> {
        let board = self.board;
        let mut cells = rows.iter().flat_map(|row| board.unknown(*row)).copied().peekable();
        let is_long = self.lines[line as usize].weight > LONG;
        let mut best = if is_long { self.best_likely(line, rows)? } else { None };
        while best.is_none() && cells.peek().is_some() {
            let mut queue: Vec<Vec<u32>> = Vec::new();
            for cell in cells.by_ref().take(SCAN) {
                if self.fresh(cell) {
                    let local = |row: &&u32| self.scratch.local[**row as usize] == NONE;
                    let new = self.matrix.around(cell).iter().filter(local).count();
                    queue.resize_with(queue.len().max(new + 1), Vec::new);
                    queue[new].push(cell);
                }
            }
            for cells in queue {
                let ranks = cells.into_iter().map(|cell| self.rank(line, cell, 0)).filter_map(Result::transpose);
                for rank in ranks.take(LOOK) {
                    let rank = rank?;
                    best = Some(best.map_or(rank, |best| best.min(rank)));
                }
                if best.is_some() {
                    break;
                }
            }
        }
        Ok(best)
    }

    /// The best suppressed column of a long line among those that are likely to be of use, and those of short rows: a cell of a short
    /// row that was met already may close the line.
    fn best_likely(&mut self, line: u32, rows: &[u32]) -> Result<Option<Rank>, Overflow> {
        let (matrix, board, likely) = (self.matrix, self.board, self.question.likely);
        let short = |row: &u32| Some(board.unknown(*row)).filter(|unknown| unknown.len() <= SHORT);
        let named = |row: &u32| short(row).or_else(|| likely.get(*row as usize).map(|cells| &**cells));
        let on_line = rows.iter().filter_map(named).flatten();
        let met = self.rows.iter().rev().take(SHORT).filter_map(short).flatten();
        let closing = met.filter(|cell| matrix.around(**cell).iter().any(|row| rows.contains(row)));
        let cells: Vec<u32> = on_line.chain(closing).copied().take(LOOK).collect();
        let mut best = None;
        for cell in cells {
            if board.status[cell as usize] != Status::Published && self.fresh(cell) {
                best = best.into_iter().chain(self.rank(line, cell, 0)?).min();
            }
        }
        Ok(best)
    }

    /// Whether a cell may change and was not yet looked at for this line.
    fn fresh(&mut self, cell: u32) -> bool {
        let new = self.scratch.seen[cell as usize] != self.scratch.epoch && self.admits(cell);
        self.scratch.seen[cell as usize] = self.scratch.epoch;
        new
    }

    /// The rank of a candidate, if it does not vanish on the line.
    fn rank(&mut self, line: u32, cell: u32, price: u64) -> Result<Option<Rank>, Overflow> {
        self.touch(cell)?;
        let Some(value) = self.touched.iter().find(|touch| touch.line == line).map(|touch| &touch.value) else {
            return Ok(None);
        };
        let at = &self.lines[line as usize].target;
        let mut more = -1;
        for touch in self.touched.iter().filter(|touch| touch.line != line) {
            if touch.line == NONE {
                more += 1;
                continue;
            }
            let before = &self.lines[touch.line as usize].target;
            more += i32::from(!before.crosses(value, at, &touch.value)) - i32::from(!before.is_zero());
        }
        let spent = if self.question.complement { self.outlay(cell, price) } else { 0 };
        let new = self.touched.iter().filter(|touch| touch.line == NONE);
        let choice = new.map(|touch| self.board.unknown(touch.row).len() as u64).sum();
        Ok(Some((spent, more, self.touched.len() as u32, std::cmp::Reverse(choice), cell)))
    }

    /// Price of a cell, and of the dearest row that it opens: some other cell of that row will have to change, too.
    fn outlay(&self, cell: u32, price: u64) -> u64 {
        let new = self.matrix.around(cell).iter().filter(|row| self.scratch.local[**row as usize] == NONE);
        price.saturating_add(new.map(|row| self.prospect(*row, cell)).max().unwrap_or(0))
    }

    /// The least that another cell of a row costs.
    fn prospect(&self, row: u32, cell: u32) -> u64 {
        if self.board.unknown(row).iter().any(|other| *other != cell && self.admits(*other)) {
            return 0;
        }
        let mut others = self.matrix.row(row).iter().filter(|other| **other != cell && self.board.offers(**other));
        others.find(|other| self.admits(**other)).map_or(u64::MAX / 4, |other| self.board.price[*other as usize])
    }

    /// The values of all lines on a cell's column, where not zero.
    fn touch(&mut self, cell: u32) -> Result<(), Overflow> {
        self.touched.clear();
        for row in self.matrix.around(cell) {
            let negative = self.matrix.negative(*row, cell);
            let local = self.scratch.local[*row as usize];
            if local == NONE {
                self.touched.push(Touch { line: NONE, row: *row, value: T::of(if negative { -1 } else { 1 }) });
                continue;
            }
            self.steps += 1 + self.owners[local as usize].len() as u64;
            for line in &self.owners[local as usize] {
                let lambda = &self.lines[*line as usize].lambda;
                let Ok(at) = lambda.binary_search_by_key(&local, |entry| entry.0) else { continue };
                match self.touched.iter_mut().find(|touch| touch.line == *line) {
                    Some(touch) => touch.value = touch.value.add(&lambda[at].1, negative)?,
                    None => {
                        let value = T::of(0).add(&lambda[at].1, negative)?;
                        self.touched.push(Touch { line: *line, row: *row, value });
                    }
                }
            }
        }
        self.touched.retain(|touch| !touch.value.is_zero());
        Ok(())
    }

    /// Takes a column: every other line that does not vanish on it gets rid of it by means of this one.
    fn take(&mut self, line: u32, cell: u32) -> Result<(), Overflow> {
        self.touch(cell)?;
        let touched = std::mem::take(&mut self.touched);
        let Some(value) = touched.iter().find(|touch| touch.line == line).map(|touch| touch.value.clone()) else {
            return Err(Overflow);
        };
        let taken = &mut self.lines[line as usize];
        taken.taken = true;
        let (lambda, target) = (std::mem::take(&mut taken.lambda), taken.target.clone());
        for (row, _) in &lambda {
            self.owners[*row as usize].retain(|owner| *owner != line);
        }
        for touch in touched.iter().filter(|touch| touch.line != line) {
            let other = if touch.line == NONE { self.meet(touch.row) } else { touch.line };
            let common = value.gcd(&touch.value);
            let (keep, give) = (value.over(&common), touch.value.over(&common));
            self.combine(other, &keep, &give, &lambda, &target)?;
            self.list(other);
        }
        self.pivots.push(Pivot { cell, lambda, value });
        self.touched = touched;
        Ok(())
    }

    /// line ← keep · line − give · (lambda, target), divided by what its coefficients have in common.
    fn combine(&mut self, line: u32, keep: &T, give: &T, lambda: &[(u32, T)], target: &T) -> Result<(), Overflow> {
        let old = std::mem::take(&mut self.lines[line as usize].lambda);
        self.steps += (old.len() + lambda.len()) as u64;
        let zero = T::of(0);
        let (mut rows, mut values) = (Vec::with_capacity(old.len() + lambda.len()), Vec::new());
        let (mut left, mut right) = (old.iter().peekable(), lambda.iter().peekable());
        while let Some(row) = left.peek().into_iter().chain(right.peek()).map(|entry| entry.0).min() {
            let mine = left.next_if(|entry| entry.0 == row).map(|entry| &entry.1);
            let its = right.next_if(|entry| entry.0 == row).map(|entry| &entry.1);
            let sum = mine.unwrap_or(&zero).cross(keep, its.unwrap_or(&zero), give)?;
            if sum.is_zero() {
                self.owners[row as usize].retain(|owner| *owner != line);
                continue;
            }
            if mine.is_none() {
                self.owners[row as usize].push(line);
            }
            rows.push(row);
            values.push(sum);
        }
        values.push(self.lines[line as usize].target.cross(keep, target, give)?);
        // The value on the target's column is a sum of coefficients, so that it shares their divisors.
        reduce(&mut values);
        let entry = &mut self.lines[line as usize];
        entry.target = values.pop().unwrap_or(zero);
        entry.weight = rows.iter().map(|row| self.board.unknown(self.rows[*row as usize]).len() as u64).sum();
        entry.lambda = rows.into_iter().zip(values).collect();
        Ok(())
    }

    fn derivation(&self, line: u32) -> Derivation {
        let line = &self.lines[line as usize];
        let rows = line.lambda.iter().map(|(row, _)| self.rows[*row as usize]).collect();
        let mut values: Vec<T> = line.lambda.iter().map(|(_, value)| value.clone()).collect();
        values.push(line.target.clone());
        Derivation { rows, multipliers: T::pack(values) }
    }

    /// Back-substitution: what each taken column must change by when the target does.
    fn solve(&mut self) -> Result<Answer, Overflow> {
        let mut values = vec![T::of(1)];
        let mut cells = vec![self.question.target];
        let mut rest = vec![T::of(0); self.rows.len()];
        self.change(&mut rest, self.question.target, &T::of(1))?;
        for pivot in self.pivots.iter().rev() {
            let mut sum = T::of(0);
            for (row, factor) in &pivot.lambda {
                sum = sum.add(&factor.times(&rest[*row as usize])?, false)?;
            }
            self.steps += pivot.lambda.len() as u64;
            if sum.is_zero() {
                continue;
            }
            let common = sum.gcd(&pivot.value);
            let (scale, step) = (pivot.value.over(&common), T::of(0).add(&sum.over(&common), true)?);
            if scale != T::of(1) {
                for number in values.iter_mut().chain(&mut rest) {
                    *number = number.times(&scale)?;
                }
            }
            self.change(&mut rest, pivot.cell, &step)?;
            cells.push(pivot.cell);
            values.push(step);
        }
        if rest.iter().any(|rest| !rest.is_zero()) {
            return Ok(Answer::Undecided);
        }
        reduce(&mut values);
        let mut order: Vec<usize> = (0..cells.len()).collect();
        order.sort_unstable_by_key(|at| cells[*at]);
        let values = T::pack(order.iter().map(|at| values[*at].clone()).collect());
        Ok(Answer::Movable(Move { cells: order.iter().map(|at| cells[*at]).collect(), values }))
    }

    fn change(&self, rest: &mut [T], cell: u32, by: &T) -> Result<(), Overflow> {
        for row in self.matrix.around(cell) {
            let local = self.scratch.local[*row as usize] as usize;
            if let Some(rest) = rest.get_mut(local) {
                *rest = rest.add(by, self.matrix.negative(*row, cell))?;
            }
        }
        Ok(())
    }
}
