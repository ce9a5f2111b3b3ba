//! A source that is the rows of a query: `query`, `url_from` and `ca` of `[[source]]`.

use std::path::PathBuf;

use super::form::Entry;
use super::model::Pipeline;
use super::problem::Problem;
use super::raw::RawSource;
use super::read::Reader;
use super::spanned::Spanned;
use crate::keys::KeySource;

/// A query to a database whose address, with its password, stands in a credential and never in a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceQuery {
    /// The query.
    pub sql: String,
    /// Name of the credential with the address.
    pub credential: String,
    /// Where the credential is: unless told, the file of that name in `$CREDENTIALS_DIRECTORY`.
    pub from: KeySource,
    /// File with the certificates of the authorities that may vouch for the server; `None`: those that the system trusts.
    pub ca: Option<PathBuf>,
}

impl Pipeline {
    /// Says where the credential of that name is. `false` where no source has its address from it.
    #[must_use]
    pub fn take_credential(&mut self, name: &str, from: &KeySource) -> bool {
        let queries = self.sources.iter_mut().filter_map(|source| source.query.as_mut());
        let named: Vec<_> = queries.filter(|query| query.credential == name).collect();
        let any = !named.is_empty();
        named.into_iter().for_each(|query| query.from = from.clone());
        any
    }
}

/// Reads the query of a source; `None` where it has none, or that was reported.
pub(super) fn query(reader: &mut Reader<'_>, entry: &Entry<RawSource>) -> Option<SourceQuery> {
    let raw = &entry.raw;
    let Some(written) = &raw.query else {
        for (key, stray) in [("url_from", &raw.url_from), ("ca", &raw.ca)] {
            if let Some(stray) = stray {
                reader.report(stray.span(), Problem::StrayOption { key, to: "a source with a query" });
            }
        }
        return None;
    };
    let why = "a source is either files or the rows of a query.";
    reader.conflicts(raw.of_files(), "query", why);
    reader.conflicts([("release", raw.release.as_ref().map(Spanned::span))], "query", why);
    if written.get_ref().trim().is_empty() {
        reader.report(written.span(), Problem::Blank { key: "query" });
    }
    let why = "Name the credential that holds the address of the database: url_from = \"base-sejours\".";
    let credential = reader.required_text(&raw.url_from, entry, ("[[source]]", "url_from"), why)?;
    let from = format!("credential:{}", credential.get_ref()).parse::<KeySource>();
    let plain = credential.get_ref().bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let Some(from) = from.ok().filter(|_| plain) else {
        let expected = "Write the name of a credential: letters, digits, `-`, `_` or `.`; its file holds the address.";
        reader.report(credential.span(), Problem::BadValue { key: "url_from", expected });
        return None;
    };
    let ca = raw.ca.as_ref().map(|file| reader.path(file.get_ref()));
    Some(SourceQuery { sql: written.get_ref().trim().to_owned(), credential: credential.get_ref().clone(), from, ca })
}
