//! Texts with a form: e-mail addresses, URIs, base64, UUIDs, points on the earth, JSON.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// A plain e-mail address (the dot-atom form of RFC 5322, letters of any script as in RFC 6531) at a domain of at least
/// two labels: `nom@gmail` is a slip far more often than an address.
pub(super) fn is_email(text: &str) -> bool {
    if text.is_ascii() { is_plain_email(text.as_bytes()) } else { is_any_email(text) }
}

fn is_sign(c: char) -> bool {
    matches!(c, '!' | '#'..='\'' | '*' | '+' | '-' | '/' | '=' | '?' | '^'..='`' | '{'..='~')
}

/// Of bytes below 128, read once.
fn is_plain_email(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|b| *b == b'@') else { return false };
    let (local, domain) = (&text[..at], &text[at + 1..]);
    let mut before = b'.';
    let local_is_good = local.iter().all(|&b| {
        let good = b.is_ascii_alphanumeric() || is_sign(char::from(b)) || b == b'.' && before != b'.';
        before = b;
        good
    });
    if !local_is_good || before == b'.' || local.len() > 64 {
        return false;
    }
    // A label begins and ends with a letter or digit.
    let (mut before, mut label, mut labels) = (b'.', 0, 1);
    let domain_is_good = domain.iter().all(|&b| {
        let good = match b {
            b'.' => before != b'.' && before != b'-',
            b'-' => before != b'.',
            b => b.is_ascii_alphanumeric(),
        };
        label = if b == b'.' { 0 } else { label + 1 };
        labels += u32::from(b == b'.');
        before = b;
        good && label <= 63
    });
    domain_is_good && before != b'.' && before != b'-' && labels > 1 && domain.len() <= 253
}

/// Of any characters.
fn is_any_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let atom = |a: &str| !a.is_empty() && a.chars().all(|c| c.is_alphanumeric() || is_sign(c));
    let label = |l: &str| {
        let inner = l.chars().all(|c| c.is_alphanumeric() || c == '-');
        !l.is_empty() && l.len() <= 63 && inner && !l.starts_with('-') && !l.ends_with('-')
    };
    local.len() <= 64
        && local.split('.').all(atom)
        && domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// A URI with its scheme, in the characters of RFC 3986.
pub(super) fn is_uri(text: &[u8]) -> bool {
    let Some(colon) = text.iter().position(|&b| b == b':') else { return false };
    let (scheme, rest) = (&text[..colon], &text[colon + 1..]);
    let scheme_is_good = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b));
    let rest_is_good = rest.iter().enumerate().all(|(i, b)| match b {
        b'%' => rest.get(i + 1..i + 3).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)),
        _ => b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(b),
    });
    scheme_is_good && !rest.is_empty() && rest_is_good
}

/// Base64 of RFC 4648, section 4, padded.
pub(super) fn is_base64(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|&&b| b == b'=').count();
    let body = &text[..text.len() - padding];
    text.len().is_multiple_of(4)
        && padding <= 2
        && body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

/// A UUID of RFC 9562 in its 36 characters.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    let good = |(i, b): (usize, &u8)| if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() };
    text.len() == 36 && text.iter().enumerate().all(good)
}

/// `longitude, latitude` in degrees.
pub(super) fn is_geopoint(text: &str) -> bool {
    let Some((lon, lat)) = text.split_once(',') else { return false };
    let degrees = |t: &str| {
        let plain = t.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
        if plain { t.parse::<f64>().ok() } else { None }
    };
    // One blank may follow the comma: both spellings stand in the specification.
    let lat = lat.strip_prefix(' ').unwrap_or(lat);
    matches!((degrees(lon), degrees(lat)), (Some(lon), Some(lat)) if on_earth(lon, lat))
}

/// `[longitude, latitude]`.
pub(super) fn is_geopoint_array(text: &str) -> bool {
    serde_json::from_str::<[f64; 2]>(text).is_ok_and(|[lon, lat]| on_earth(lon, lat))
}

/// `{"lon": …, "lat": …}`.
pub(super) fn is_geopoint_object(text: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Point {
        lon: f64,
        lat: f64,
    }
    // A derived struct is read from an array as well.
    text.trim_start().starts_with('{') && serde_json::from_str::<Point>(text).is_ok_and(|p| on_earth(p.lon, p.lat))
}

fn on_earth(lon: f64, lat: f64) -> bool {
    (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat)
}

/// JSON that opens with the given bracket. The text of a parse error, which can quote the cell, is dropped here.
pub(super) fn is_json(text: &str, opening: u8) -> bool {
    let first = text.bytes().find(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
    first == Some(opening) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Entries of a JSON array or object.
pub(super) fn json_entries(text: &str) -> usize {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Array(a)) => a.len(),
        Ok(serde_json::Value::Object(o)) => o.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_one_at_sign_and_a_domain_of_two_labels() {
        for good in ["camille.exemple@example.org", "zoé@exemple.fr", "a+b@x-y.fr", "o'neil@a.b.c"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.fr", "a@", "a@b@c.fr", "a b@c.fr", "a..b@c.fr", "a@-b.fr", "a@b..fr", "a@b.fr "]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn a_uri_has_a_scheme_and_no_blanks() {
        for good in ["https://example.org/a?b=%20#c", "urn:oid:1.2.250.1.213.1.4.8", "mailto:a@b.fr"] {
            assert!(is_uri(good.as_bytes()), "{good}");
        }
        for bad in ["", "example.org", "http:", "1http://a", "http://a b", "http://a/%2", "http://é"] {
            assert!(!is_uri(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn base64_is_padded_to_four() {
        for good in ["", "QQ==", "QUI=", "QUJD", "+/+/"] {
            assert!(is_base64(good.as_bytes()), "{good}");
        }
        for bad in ["QQ", "Q===", "QQ=A", "QU-_", "====", "QUJD\n"] {
            assert!(!is_base64(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn a_uuid_has_its_hyphens_in_place() {
        assert!(is_uuid(b"123e4567-e89b-12D3-a456-426614174000"));
        assert!(!is_uuid(b"123e4567e89b12d3a456426614174000"));
        assert!(!is_uuid(b"123e4567-e89b-12d3-a456-42661417400g"));
    }

    #[test]
    fn a_point_lies_on_the_earth() {
        assert!(is_geopoint("-1.68, 48.11") && is_geopoint("-1.68,48.11"));
        for bad in ["48.11", "181, 0", "0, 91", "nan, 0", "1, 2, 3", "a, b", ""] {
            assert!(!is_geopoint(bad), "{bad}");
        }
        assert!(is_geopoint_array("[-1.68, 48.11]") && !is_geopoint_array("[1]") && !is_geopoint_array("[0, 91]"));
        assert!(is_geopoint_object(r#"{"lon": -1.68, "lat": 48.11}"#));
        assert!(!is_geopoint_object(r#"{"lon": 1}"#) && !is_geopoint_object("[1, 2]"));
    }

    #[test]
    fn json_is_of_the_kind_that_the_type_says() {
        assert!(is_json(r#" {"a": [1, 2]}"#, b'{') && is_json("[]", b'['));
        assert!(!is_json("[]", b'{') && !is_json("{", b'{') && !is_json("1", b'[') && !is_json("", b'{'));
        assert_eq!(json_entries("[1, [2, 3]]"), 2);
        assert_eq!(json_entries(r#"{"a": 1}"#), 1);
    }

    proptest::proptest! {
        #[test]
        fn bytes_are_read_as_characters_are(text in "[a.@-]{0,9}|[a-c!~.-]{0,66}@[a0-]{0,3}\\.?[a.-]{0,65}|[ -~]{0,12}") {
            proptest::prop_assert_eq!(is_plain_email(text.as_bytes()), is_any_email(&text));
        }
    }
}
