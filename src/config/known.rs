//! Names that a message offers.

use std::fmt;

/// Names that could have been meant.
#[derive(Debug, Clone)]
pub struct Known {
    nearest: Option<String>,
    names: Vec<String>,
}

impl Known {
    /// The names that exist, and the nearest to the one written.
    pub(in crate::config) fn new<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let nearest = super::words::nearest(written, names.iter().map(String::as_str)).map(str::to_owned);
        Self { nearest, names }
    }

    /// The name that was probably meant.
    #[must_use]
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }

    /// The names that exist, as many as a message shows, and whether there are more.
    #[must_use]
    pub fn shown(&self) -> (&[String], bool) {
        (&self.names[..self.names.len().min(SHOWN)], self.names.len() > SHOWN)
    }
}

/// Most names that a message lists.
const SHOWN: usize = 40;

impl fmt::Display for Known {
    /// `Did you mean `x`?`, or the list where nothing is near.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nearest) = &self.nearest {
            return write!(f, "Did you mean `{nearest}`?");
        }
        if self.names.is_empty() {
            return f.write_str("There is none.");
        }
        write!(f, "There are: {}", self.names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "))?;
        f.write_str(if self.names.len() > SHOWN { "…" } else { "." })
    }
}
