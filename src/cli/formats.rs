//! `--format`: how results are written, and where to.

use std::path::PathBuf;

use crate::report::Form;

/// A format, and the file it goes to; none is standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The format.
    pub form: Form,
    /// The file, which must not exist yet.
    pub to: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`.
pub(super) fn asked(text: &str) -> Result<Asked, String> {
    let (word, to) = match text.split_once('=') {
        Some((_, "")) => return Err("name the file behind `=`".to_owned()),
        Some((word, file)) => (word, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let form = Form::ALL.into_iter().find(|f| f.word() == word);
    let known = || Form::ALL.map(Form::word).join(", ");
    Ok(Asked { form: form.ok_or_else(|| format!("the formats are {}", known()))?, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_goes_to_standard_output_or_to_a_file() {
        assert_eq!(asked("sarif"), Ok(Asked { form: Form::Sarif, to: None }));
        assert_eq!(asked("html=a=b.html"), Ok(Asked { form: Form::Html, to: Some("a=b.html".into()) }));
        for wrong in ["", "xml", "=x", "json="] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }
}
