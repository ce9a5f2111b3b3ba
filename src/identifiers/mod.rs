//! French national identifiers and code lists: parse, normalise, check.
