//! Secret keys and passwords that somebody wrote into a pipeline: found before anything is parsed, so that no message can quote them.

use std::ops::Range;

/// How the secret halves of keys begin, in capital letters: age identities and plugins, C2SP signed notes, PEM.
const BEGINNINGS: [&str; 4] = ["AGE-SECRET-KEY-", "AGE-PLUGIN-", "PRIVATE+KEY+", "PRIVATE KEY-----"];

/// Fewest characters after the beginning: a comment may name the form of a key.
const SHORTEST: usize = 16;

/// Covers every secret of a text with asterisks, byte for byte, and tells where they stood.
pub(super) fn cover(content: &str) -> (String, Vec<Range<usize>>) {
    let capitals = content.to_ascii_uppercase();
    let mut found: Vec<Range<usize>> = Vec::new();
    for beginning in BEGINNINGS {
        for (start, _) in capitals.match_indices(beginning) {
            let after = start + beginning.len();
            let lines = beginning.ends_with("-----");
            if lines && !is_opening(&capitals[..start]) {
                continue;
            }
            let end = end_of(&capitals, after, lines);
            let characters = capitals[after..end].bytes().filter(|b| !b.is_ascii_whitespace()).count();
            if characters >= SHORTEST {
                found.push(start..end);
            }
        }
    }
    found.extend(passwords(content));
    found.sort_by_key(|span| span.start);
    let mut covered = String::with_capacity(content.len());
    for (at, c) in content.char_indices() {
        // Lines stay lines, so that places in the file are still told right.
        if c != '\n' && found.iter().any(|span| span.contains(&at)) {
            covered.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            covered.push(c);
        }
    }
    (covered, found)
}

/// The passwords in addresses, `scheme://user:password@host`.
fn passwords(content: &str) -> impl Iterator<Item = Range<usize>> {
    content.match_indices("://").filter_map(|(at, mark)| {
        let start = at + mark.len();
        let rest = &content[start..];
        let line = &rest[..rest.find(|c: char| c.is_whitespace() || "\"'".contains(c)).unwrap_or(rest.len())];
        // A password may hold a slash or an at sign of its own.
        let colon = line.find([':', '/', '@']).filter(|colon| line[*colon..].starts_with(':'))?;
        let at = line.rfind('@').filter(|at| *at > colon + 1)?;
        // Digits up to a slash are the number of a port.
        let (port, _) = line[colon + 1..].split_once('/').unwrap_or(("-", ""));
        if port.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(start + colon + 1..start + at)
    })
}

/// Whether a line of PEM opens a key, `-----BEGIN OPENSSH `, and does not close one.
fn is_opening(before: &str) -> bool {
    before.rsplit("-----").next().is_some_and(|words| words.starts_with("BEGIN "))
}

/// Where a key ends: at its closing line, or at the first character that no key holds.
fn end_of(capitals: &str, after: usize, over_lines: bool) -> usize {
    let rest = &capitals[after..];
    let length = if over_lines {
        rest.find("-----").unwrap_or(rest.len())
    } else {
        rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+/=-_.".contains(c)).unwrap_or(rest.len())
    };
    after + length
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secret_keys_are_covered_byte_for_byte_wherever_and_however_they_are_written() {
        let keys = [
            "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQ",
            "age-secret-key-1qqqqqqqqqqqqqqqqqqqqqq",
            "PRIVATE+KEY+crcdc+f1631473+AT1yDnEs8st7LpSr0",
            "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\nQQQQ\n",
        ];
        for key in keys {
            let (before, after) =
                if key.ends_with('\n') { ("-----BEGIN ", "-----END PRIVATE KEY-----") } else { ("", "") };
            let written = format!("{before}{key}{after}");
            let text = format!("# é\nkey = \"{written}\" # {written}\n{written}");
            let (covered, found) = cover(&text);
            assert_eq!((covered.len(), covered.lines().count()), (text.len(), text.lines().count()), "{key}");
            assert_eq!(found.len(), 3, "{key}");
            assert_eq!(&text[found[0].clone()], key);
            assert!(!covered.to_lowercase().contains("qqq") && !covered.contains("yDnEs"), "{covered}");
        }
    }

    #[test]
    fn the_password_of_an_address_is_covered_and_the_rest_stays() {
        let told = |text: &str| cover(text).0;
        assert_eq!(told("to = \"sftp://u:s3cret@h:22/d\""), "to = \"sftp://u:******@h:22/d\"");
        assert_eq!(told("to = 'sftp://u:a/b@c@h'"), "to = 'sftp://u:*****@h'");
        for sound in ["sftp://u@h:22/d", "https://h:9000/a@b", "s3://b/p", "https://h/a:b@c"] {
            assert_eq!(told(sound), sound);
        }
    }

    #[test]
    fn public_keys_and_the_names_of_forms_are_left_alone() {
        let text = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n\
                    PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n# never AGE-SECRET-KEY-… nor PRIVATE+KEY+\n";
        assert_eq!(cover(text), (text.to_owned(), Vec::new()));
    }
}
