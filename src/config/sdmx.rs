//! Identifiers of SDMX for the columns and measures of a table.

use std::collections::HashMap;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::model::Measure;
use super::problem::Problem;
use super::read::Reader;

/// Columns of SDMX-CSV itself, and those that `tamis` adds to it.
const RESERVED: [&str; 7] =
    ["STRUCTURE", "STRUCTURE_ID", "ACTION", "MEASURE", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"];

/// The identifier of a column or a measure: upper-case ASCII letters without accents, digits and low lines.
#[must_use]
pub fn sdmx_id(name: &str) -> String {
    // What has no ASCII letter of its own is a low line; accents stand behind their letters and are dropped.
    let of = |c: char| match c {
        c if c.is_ascii_alphanumeric() => Some(c.to_ascii_uppercase()),
        c if unicode_normalization::char::is_combining_mark(c) => None,
        _ => Some('_'),
    };
    let id: String = name.nfkd().filter_map(of).collect();
    match id.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{id}"),
        false => id,
    }
}

/// Reports names that are not told apart by their identifiers.
pub(super) fn distinct_ids(reader: &mut Reader<'_>, at: Range<usize>, by: &[&str], measures: &[(String, Measure)]) {
    let columns: Vec<&str> = RESERVED.into_iter().chain(by.iter().copied()).collect();
    let measures: Vec<&str> = measures.iter().map(|(name, _)| name.as_str()).collect();
    for names in [columns, measures] {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for name in names {
            if let Some(first) = seen.insert(sdmx_id(name), name) {
                let (first, second) = (first.to_owned(), name.to_owned());
                reader.report(at.clone(), Problem::SameSdmxId { first, second, id: sdmx_id(name) });
            }
        }
    }
}
