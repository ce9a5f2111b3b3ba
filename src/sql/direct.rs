//! Conditions that need no engine: comparisons of numbers, dates and years, with arithmetic between them and logic around them.
//!
//! Rules of schemas are of this kind, and every record is held against all of them. Such a condition is read off the engine's own
//! expression, so that there is one language, and evaluated column by column; anything else is left to the engine. What it gives is what
//! the engine gives: three truth values, whole numbers that wrap, NaN equal to itself and above all other numbers.

use polars::prelude::{
    AnyValue, BooleanFunction, DataType, DataTypeExpr, Expr, FunctionExpr, LiteralValue, Operator, TemporalFunction,
};

use super::Input;
use crate::schema::Logical;

/// Literals beyond this are left to the engine where it would calculate with 32 bits.
const SMALL: i64 = 1 << 20;

/// What kind of number an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    /// Years, and sums of few of them: the engine has 32 bits for them.
    Small,
    Number,
    Date,
    Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    Plus,
    Minus,
    Times,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Same,
    Other,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// A number for each row.
#[derive(Debug, Clone)]
pub(super) enum Number {
    Column(usize),
    Whole(i64),
    Real(f64),
    Year(Box<Number>),
    /// Two numbers of one kind, whole or not.
    Sum(Sum, bool, Box<[Number; 2]>),
}

/// A condition over the columns of a table.
#[derive(Debug, Clone)]
pub(super) enum Direct {
    /// A column of truth values.
    Column(usize),
    /// Two numbers, both whole or both not.
    Compare(Relation, bool, Box<[Number; 2]>),
    And(Box<[Direct; 2]>),
    Or(Box<[Direct; 2]>),
    Not(Box<Direct>),
    /// Whether a column has no value.
    Missing(usize),
}

type Columns = [(String, Logical)];

impl Direct {
    /// The condition of an expression of the engine over these columns; `None` where it is left to the engine.
    pub fn of(expr: &Expr, columns: &Columns) -> Option<Self> {
        let both = |left: &Expr, right: &Expr| Some(Box::new([Self::of(left, columns)?, Self::of(right, columns)?]));
        match expr {
            Expr::Alias(expr, _) => Self::of(expr, columns),
            // NOT makes sure of a truth value; what is one already stays it.
            Expr::Cast { expr, dtype: DataTypeExpr::Literal(DataType::Boolean), .. } => Self::of(expr, columns),
            Expr::Column(name) => {
                let at = columns.iter().position(|(column, _)| *column == name.as_str())?;
                (columns[at].1 == Logical::Boolean).then_some(Self::Column(at))
            }
            Expr::BinaryExpr { left, op: Operator::And | Operator::LogicalAnd, right } => {
                Some(Self::And(both(left, right)?))
            }
            Expr::BinaryExpr { left, op: Operator::Or | Operator::LogicalOr, right } => {
                Some(Self::Or(both(left, right)?))
            }
            Expr::BinaryExpr { left, op, right } => {
                let relation = match op {
                    Operator::Eq => Relation::Same,
                    Operator::NotEq => Relation::Other,
                    Operator::Lt => Relation::Below,
                    Operator::LtEq => Relation::AtMost,
                    Operator::Gt => Relation::Above,
                    Operator::GtEq => Relation::AtLeast,
                    _ => return None,
                };
                let ((left, a), (right, b)) = (number(left, columns)?, number(right, columns)?);
                Some(Self::Compare(relation, whole(a, b)?, Box::new([left, right])))
            }
            Expr::Function { input, function: FunctionExpr::Boolean(function) } => {
                let [input] = &input[..] else { return None };
                let missing = || match input {
                    Expr::Column(name) => columns.iter().position(|(column, _)| *column == name.as_str()),
                    _ => None,
                };
                // Texts are handed to the engine one after the other, and not at all where it has nothing to do.
                let missing = || missing().filter(|at| columns[*at].1 != Logical::Text).map(Self::Missing);
                match function {
                    BooleanFunction::Not => Some(Self::Not(Box::new(Self::of(input, columns)?))),
                    BooleanFunction::IsNull => missing(),
                    BooleanFunction::IsNotNull => Some(Self::Not(Box::new(missing()?))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The truth of each row. `None` where a column is not of the kind that was said: a bug.
    pub fn run(&self, rows: usize, inputs: &[Input<'_>]) -> Option<Vec<Option<bool>>> {
        let two = |both: &[Self; 2], join: fn(Option<bool>, Option<bool>) -> Option<bool>| {
            let (mut left, right) = (both[0].run(rows, inputs)?, both[1].run(rows, inputs)?);
            left.iter_mut().zip(right).for_each(|(left, right)| *left = join(*left, right));
            Some(left)
        };
        match self {
            Self::Column(at) => match inputs.get(*at)? {
                Input::Integer(values) => Some(values.iter().map(|x| (*x != i64::MIN).then_some(*x != 0)).collect()),
                _ => None,
            },
            Self::Missing(at) => match inputs.get(*at)? {
                Input::Integer(values) => Some(values.iter().map(|x| Some(*x == i64::MIN)).collect()),
                Input::Number(values) => Some(values.iter().map(|x| Some(x.is_nan())).collect()),
                Input::Text(_) => None,
            },
            Self::Not(of) => Some(of.run(rows, inputs)?.into_iter().map(|x| x.map(|x| !x)).collect()),
            Self::And(both) => two(both, |a, b| match (a, b) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            }),
            Self::Or(both) => two(both, |a, b| match (a, b) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            }),
            Self::Compare(relation, true, both) => {
                let (left, right) = (both[0].integers(rows, inputs)?, both[1].integers(rows, inputs)?);
                Some(compared(left, right, |a, b| relation.holds(a.cmp(b))))
            }
            Self::Compare(relation, false, both) => {
                let (left, right) = (both[0].numbers(rows, inputs)?, both[1].numbers(rows, inputs)?);
                Some(compared(left, right, |a, b| relation.holds(ordered(*a, *b))))
            }
        }
    }
}

impl Relation {
    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Same => order.is_eq(),
            Self::Other => order.is_ne(),
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Above => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// The engine's order of numbers.
fn ordered(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn compared<T>(left: Vec<Option<T>>, right: Vec<Option<T>>, holds: impl Fn(&T, &T) -> bool) -> Vec<Option<bool>> {
    left.iter().zip(&right).map(|(a, b)| Some(holds(a.as_ref()?, b.as_ref()?))).collect()
}

/// Whether two numbers are compared, or added up, as whole numbers; `None` where they are left to the engine.
fn whole(a: Kind, b: Kind) -> Option<bool> {
    match (a, b) {
        (Kind::Date, Kind::Date) | (Kind::Instant, Kind::Instant) => Some(true),
        (Kind::Date | Kind::Instant, _) | (_, Kind::Date | Kind::Instant) => None,
        (Kind::Number, _) | (_, Kind::Number) => Some(false),
        (Kind::Integer | Kind::Small, Kind::Integer | Kind::Small) => Some(true),
    }
}

/// A number of the engine, and its kind.
fn number(expr: &Expr, columns: &Columns) -> Option<(Number, Kind)> {
    match expr {
        Expr::Alias(expr, _) => number(expr, columns),
        Expr::Column(name) => {
            let at = columns.iter().position(|(column, _)| *column == name.as_str())?;
            let kind = match columns[at].1 {
                Logical::Integer => Kind::Integer,
                Logical::Number => Kind::Number,
                Logical::Date => Kind::Date,
                Logical::Datetime => Kind::Instant,
                Logical::Text | Logical::Boolean => return None,
            };
            Some((Number::Column(at), kind))
        }
        Expr::Literal(literal) => of_literal(literal),
        Expr::Function { input, function: FunctionExpr::TemporalExpr(TemporalFunction::Year) } => {
            let [input] = &input[..] else { return None };
            let (of, kind) = number(input, columns)?;
            (kind == Kind::Date).then(|| (Number::Year(Box::new(of)), Kind::Small))
        }
        Expr::BinaryExpr { left, op, right } => {
            let sum = match op {
                Operator::Plus => Sum::Plus,
                Operator::Minus => Sum::Minus,
                Operator::Multiply => Sum::Times,
                Operator::TrueDivide => Sum::Over,
                _ => return None,
            };
            let ((left, a), (right, b)) = (number(left, columns)?, number(right, columns)?);
            let dates = [Kind::Date, Kind::Instant];
            // The engine gives literals alone the fewest bits that hold them.
            let literal = |number: &Number| matches!(number, Number::Whole(_) | Number::Real(_));
            if dates.contains(&a) || dates.contains(&b) || literal(&left) && literal(&right) {
                return None;
            }
            let is_whole = whole(a, b)? && sum != Sum::Over;
            let small = |number: &Number, kind: Kind| {
                kind == Kind::Small || matches!(number, Number::Whole(x) if x.abs() < SMALL)
            };
            let kind = match is_whole {
                false => Kind::Number,
                true if a == Kind::Small || b == Kind::Small => {
                    let both = small(&left, a) && small(&right, b) && sum != Sum::Times;
                    // A year beside a column is one of 64 bits.
                    let beside =
                        |number: &Number, kind: Kind| kind == Kind::Integer && !matches!(number, Number::Whole(_));
                    match (both, beside(&left, a) || beside(&right, b)) {
                        (true, _) => Kind::Small,
                        (_, true) => Kind::Integer,
                        _ => return None,
                    }
                }
                true => Kind::Integer,
            };
            Some((Number::Sum(sum, is_whole, Box::new([left, right])), kind))
        }
        _ => None,
    }
}

fn of_literal(literal: &LiteralValue) -> Option<(Number, Kind)> {
    match literal.to_any_value()? {
        AnyValue::Float64(x) => Some((Number::Real(x), Kind::Number)),
        AnyValue::Int64(x) => Some((Number::Whole(x), Kind::Integer)),
        AnyValue::Int32(x) => Some((Number::Whole(i64::from(x)), Kind::Integer)),
        _ => None,
    }
}

impl Number {
    /// Whole numbers, row by row.
    fn integers(&self, rows: usize, inputs: &[Input<'_>]) -> Option<Vec<Option<i64>>> {
        match self {
            Self::Column(at) => match inputs.get(*at)? {
                Input::Integer(values) => Some(values.iter().map(|x| (*x != i64::MIN).then_some(*x)).collect()),
                _ => None,
            },
            Self::Whole(x) => Some(vec![Some(*x); rows]),
            Self::Year(of) => Some(of.integers(rows, inputs)?.into_iter().map(|day| day.map(year)).collect()),
            Self::Sum(sum, true, both) => {
                let (mut left, right) = (both[0].integers(rows, inputs)?, both[1].integers(rows, inputs)?);
                for (left, right) in left.iter_mut().zip(right) {
                    *left = left.zip(right).and_then(|(a, b)| match sum {
                        Sum::Plus => Some(a.wrapping_add(b)),
                        Sum::Minus => Some(a.wrapping_sub(b)),
                        Sum::Times => Some(a.wrapping_mul(b)),
                        Sum::Over => None,
                    });
                }
                Some(left)
            }
            Self::Real(_) | Self::Sum(_, false, _) => None,
        }
    }

    /// Numbers, row by row; whole ones are converted.
    fn numbers(&self, rows: usize, inputs: &[Input<'_>]) -> Option<Vec<Option<f64>>> {
        match self {
            Self::Column(at) => match inputs.get(*at)? {
                Input::Number(values) => Some(values.iter().map(|x| (!x.is_nan()).then_some(*x)).collect()),
                Input::Integer(values) => Some(values.iter().map(|x| (*x != i64::MIN).then_some(*x as f64)).collect()),
                Input::Text(_) => None,
            },
            Self::Real(x) => Some(vec![Some(*x); rows]),
            Self::Sum(sum, false, both) => {
                let (mut left, right) = (both[0].numbers(rows, inputs)?, both[1].numbers(rows, inputs)?);
                for (left, right) in left.iter_mut().zip(right) {
                    *left = left.zip(right).map(|(a, b)| match sum {
                        Sum::Plus => a + b,
                        Sum::Minus => a - b,
                        Sum::Times => a * b,
                        Sum::Over => a / b,
                    });
                }
                Some(left)
            }
            Self::Whole(_) | Self::Year(_) | Self::Sum(_, true, _) => {
                Some(self.integers(rows, inputs)?.into_iter().map(|x| x.map(|x| x as f64)).collect())
            }
        }
    }
}

/// The year of a day, counted from 1970-01-01, in the Gregorian calendar carried on both ways: eras of 400 years, which begin in March.
fn year(day: i64) -> i64 {
    let from_march_of_0 = day + 719_468;
    let (era, day) = (from_march_of_0.div_euclid(146_097), from_march_of_0.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    // March is the first month; from the 307th day on it is January of the next year.
    era * 400 + year + i64::from(of_year >= 306)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::{Datelike, NaiveDate};

    use super::*;

    use proptest::prelude::*;

    use super::super::{Expressions, Output};

    fn table() -> Vec<(String, Logical)> {
        [
            ("entier", Logical::Integer),
            ("autre", Logical::Integer),
            ("poids", Logical::Number),
            ("taille", Logical::Number),
            ("debut", Logical::Date),
            ("fin", Logical::Date),
            ("vu", Logical::Datetime),
            ("plan", Logical::Boolean),
        ]
        .map(|(name, logical)| (name.to_owned(), logical))
        .to_vec()
    }

    fn numbers() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "entier",
            "autre",
            "poids",
            "taille",
            "EXTRACT(YEAR FROM debut)",
            "EXTRACT(YEAR FROM fin)",
            "0",
            "18",
            "3000000",
            "2.5",
            "10000.0",
        ]);
        leaf.prop_map(str::to_owned).prop_recursive(3, 8, 2, |inner| {
            (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/"]), inner)
                .prop_map(|(a, op, b)| format!("({a} {op} {b})"))
        })
    }

    fn conditions() -> impl Strategy<Value = String> {
        let relation = || prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
        let leaf = prop_oneof![
            4 => (numbers(), relation(), numbers()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            1 => (relation()).prop_map(|op| format!("debut {op} fin")),
            1 => (relation()).prop_map(|op| format!("vu {op} vu")),
            1 => (numbers(), numbers(), numbers()).prop_map(|(a, b, c)| format!("{a} BETWEEN {b} AND {c}")),
            1 => prop::sample::select(vec!["plan", "plan IS NULL", "poids IS NULL", "fin IS NOT NULL", "autre IS NULL"])
                .prop_map(str::to_owned),
        ];
        leaf.prop_recursive(3, 12, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) AND ({b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) OR ({b})")),
                inner.prop_map(|a| format!("NOT ({a})")),
            ]
        })
    }

    /// What a column of each kind may hold.
    fn cells() -> impl Strategy<Value = (i64, i64, f64, f64, i64, i64, i64, i64)> {
        let integer = || prop::sample::select(vec![i64::MIN, 0, 1, -7, 18, 2_000, i64::MAX, i64::MIN + 1]);
        let number = || prop::sample::select(vec![f64::NAN, 0.0, -0.0, 2.5, -3.5, 1e300, 70.0]);
        let day = || prop::sample::select(vec![i64::MIN, -1, 0, 59, 60, 10_957, 20_000, -719_162, 2_932_896]);
        let instant = prop::sample::select(vec![i64::MIN, 0, 1_700_000_000_000_000]);
        let truth = prop::sample::select(vec![i64::MIN, 0, 1]);
        (integer(), integer(), number(), number(), day(), day(), instant, truth)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn what_needs_no_engine_gives_what_the_engine_gives(
            sql in conditions(),
            rows in prop::collection::vec(cells(), 1..20),
        ) {
            let Ok(direct) = Expressions::compile(&table(), &[(sql.clone(), None)]) else { return Ok(()) };
            let engine = direct.clone().by_the_engine();
            let integers: Vec<Vec<i64>> = vec![
                rows.iter().map(|row| row.0).collect(),
                rows.iter().map(|row| row.1).collect(),
                rows.iter().map(|row| row.4).collect(),
                rows.iter().map(|row| row.5).collect(),
                rows.iter().map(|row| row.6).collect(),
                rows.iter().map(|row| row.7).collect(),
            ];
            let numbers: Vec<Vec<f64>> =
                vec![rows.iter().map(|row| row.2).collect(), rows.iter().map(|row| row.3).collect()];
            let run = |expressions: &Expressions| {
                let inputs = expressions.columns().map(|name| match name {
                    "entier" => Input::Integer(&integers[0]),
                    "autre" => Input::Integer(&integers[1]),
                    "poids" => Input::Number(&numbers[0]),
                    "taille" => Input::Number(&numbers[1]),
                    "debut" => Input::Integer(&integers[2]),
                    "fin" => Input::Integer(&integers[3]),
                    "vu" => Input::Integer(&integers[4]),
                    _ => Input::Integer(&integers[5]),
                });
                let mut outputs = expressions.run(rows.len(), inputs.collect()).unwrap();
                let Some(Output::Condition(holds)) = outputs.pop() else { panic!("no condition") };
                holds
            };
            prop_assert_eq!(run(&direct), run(&engine), "{}", sql);
        }
    }

    #[test]
    fn the_rules_of_schemas_need_no_engine_and_texts_do() {
        let needs_engine = |sql: &str| {
            let compiled = Expressions::compile(&table(), &[(sql.to_owned(), None)]).unwrap();
            compiled.compiled[0].direct.is_none()
        };
        for sql in [
            "debut < fin",
            "EXTRACT(YEAR FROM fin) - EXTRACT(YEAR FROM debut) >= 18",
            "poids * 10000.0 / (taille * taille) BETWEEN 8 AND 130",
            "entier IS NULL OR entier < autre",
            "NOT plan",
            "entier + EXTRACT(YEAR FROM debut) > 3",
        ] {
            assert!(!needs_engine(sql), "{sql}");
        }
        for sql in ["debut >= DATE '2020-01-01'", "ABS(entier) < 3", "entier IN (1, 2)", "EXTRACT(YEAR FROM vu) > 2000"]
        {
            assert!(needs_engine(sql), "{sql}");
        }
        // The engine has 32 bits for this.
        assert!(needs_engine("EXTRACT(YEAR FROM debut) * EXTRACT(YEAR FROM fin) > 3"));
    }

    #[test]
    fn years_are_those_of_the_calendar() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for day in (-800_000..=800_000).step_by(7).chain([-1, 0, 1, 58, 59, 60, 364, 365, 11_015, 11_016, 11_017]) {
            let date = epoch.checked_add_signed(chrono::TimeDelta::days(day)).unwrap();
            assert_eq!(year(day), i64::from(date.year()), "{day}");
        }
    }
}
