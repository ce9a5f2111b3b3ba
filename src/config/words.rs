//! Single values: rates, shares, sizes, names, and the nearest name to one that does not exist.

use super::model::{Rate, Share};
use super::raw::Scalar;

/// The name nearest to `written` by edit distance, where it is near enough to have been meant.
#[must_use]
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = written.to_lowercase().chars().collect();
    let limit = (wanted.len() / 3).max(1);
    names
        .into_iter()
        .map(|name| (distance(&wanted, &name.to_lowercase().chars().collect::<Vec<_>>()), name))
        .filter(|(d, name)| {
            *d <= limit || (wanted.len() >= 4 && name.to_lowercase().starts_with(&written.to_lowercase()))
        })
        .min_by_key(|(d, _)| *d)
        .map(|(_, name)| name)
}

/// Levenshtein distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// A decimal as an exact fraction: `2.5` → 25/10. `None` for signs, exponents and more than 12 decimals.
fn fraction(text: &str) -> Option<(u64, u64)> {
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 12 {
        return None;
    }
    let scale = 10u64.pow(decimals.len() as u32);
    let numerator = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    let rest = if decimals.is_empty() { 0 } else { decimals.parse().ok()? };
    Some((numerator.checked_add(rest)?, scale))
}

/// `"1/10"`, `"10%"`, `"0.1"` or `0.1` as an exact fraction.
fn ratio(value: &Scalar) -> Option<(u64, u64)> {
    let text = match value {
        Scalar::Boolean(_) => return None,
        other => other.to_string(),
    };
    let text = text.trim();
    if let Some((above, below)) = text.split_once('/') {
        return Some((above.trim().parse().ok()?, below.trim().parse().ok()?));
    }
    if let Some(percent) = text.strip_suffix('%') {
        let (numerator, denominator) = fraction(percent.trim_end())?;
        return Some((numerator, denominator.checked_mul(100)?));
    }
    fraction(text)
}

/// A sampling rate.
pub(super) fn rate(value: &Scalar) -> Option<Rate> {
    let (numerator, denominator) = ratio(value)?;
    Rate::new(numerator, denominator)
}

/// A share from 0 to 1.
pub(super) fn share(value: &Scalar) -> Option<Share> {
    let (numerator, denominator) = ratio(value)?;
    Share::new(numerator as f64 / denominator as f64)
}

/// A number of bytes: `"256 MiB"`, `"1 Go"`, `1048576`.
pub(super) fn bytes(value: &Scalar) -> Option<usize> {
    let text = match value {
        Scalar::Text(text) => text.trim().to_owned(),
        Scalar::Integer(n) => n.to_string(),
        _ => return None,
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (numerator, denominator) = fraction(&text[..end])?;
    let unit: u64 = match text[end..].trim().to_lowercase().as_str() {
        "" | "b" | "o" => 1,
        "kb" | "ko" => 1_000,
        "mb" | "mo" => 1_000_000,
        "gb" | "go" => 1_000_000_000,
        "kib" | "kio" => 1 << 10,
        "mib" | "mio" => 1 << 20,
        "gib" | "gio" => 1 << 30,
        _ => return None,
    };
    let total = u128::from(numerator) * u128::from(unit) / u128::from(denominator);
    usize::try_from(total).ok().filter(|n| *n > 0)
}

/// Whether a pipeline may have that name: it becomes part of the name of a folder.
pub(super) fn is_pipeline_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Whether a source may have that name: a dot would be taken for `source.column`.
pub(super) fn is_source_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// Whether an output may have that name: it becomes the name of a file.
pub(super) fn is_output_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
}

/// Whether a released column may have that name.
pub(super) fn is_column_name(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= 100 && name.trim() == name && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_rate_is_the_same_fraction_however_it_is_written() {
        let tenth = Rate::new(1, 10);
        for text in ["1/10", "10%", "10 %", "0.1", "0,1", "10,0%"] {
            assert_eq!(rate(&Scalar::Text(text.into())), tenth, "{text}");
        }
        assert_eq!(rate(&Scalar::Number(0.1)), tenth);
        assert_eq!(rate(&Scalar::Integer(1)), Rate::new(1, 1));
    }

    #[test]
    fn a_rate_of_nothing_or_of_more_than_all_is_refused() {
        for text in ["0", "0%", "0/5", "3/2", "101%", "-0.1", "1e-3", "", "1/0", "ten", "NaN"] {
            assert_eq!(rate(&Scalar::Text(text.into())), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_read_with_binary_decimal_and_french_units() {
        let size = |t: &str| bytes(&Scalar::Text(t.into()));
        assert_eq!(size("256 MiB"), Some(256 << 20));
        assert_eq!(size("64 MB"), Some(64_000_000));
        assert_eq!(size("1,5 Gio"), Some(3 << 29));
        assert_eq!(size("512"), Some(512));
        assert_eq!((size("0 MiB"), size("MiB"), size("5 parsec")), (None, None, None));
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_word_and_nonsense_does_not() {
        let names = ["date_naissance", "sexe", "commune_residence"];
        assert_eq!(nearest("date_naisance", names), Some("date_naissance"));
        assert_eq!(nearest("Sexe", names), Some("sexe"));
        assert_eq!(nearest("commune", names), Some("commune_residence"));
        assert_eq!(nearest("xyzzy", names), None);
    }
}
