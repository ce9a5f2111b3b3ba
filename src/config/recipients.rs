//! `[sender]` and `[[recipient]]`: who seals, and to whom (R02, R10, R34).

use crate::config::spanned::Spanned;
use chrono::NaiveDate;

use crate::keys::VerifierKey;

use super::form::{Document, Entry};
use super::model::{Delivery, Recipient, S3, Sender, Sftp, UseUntil};
use super::problem::{Known, Problem};
use super::raw::{At, RawDelivery, RawRecipient};
use super::read::Reader;
use super::words;

/// Longest time of use that can be written, in days: ten years.
const MOST_DAYS: u32 = 3653;

/// The sender's public key.
pub(super) fn sender(reader: &mut Reader<'_>, document: &Document) -> Option<Sender> {
    let Some(entry) = &document.sender else {
        if let Some(recipient) = document.recipients.first() {
            let why = "Add [sender] with key = \"name+hash+key\", the public half that `tamis keys generate signing` printed: recipients trust a release by its signature.";
            reader.report(recipient.span.clone(), Problem::MissingSection { section: "sender", why });
        }
        return None;
    };
    let why = "Write the public half of the signing key, as `tamis keys generate signing` printed it.";
    let key = reader.required_text(&entry.raw.key, entry, ("[sender]", "key"), why)?;
    verifier(reader, key, "key").map(|key| Sender { key })
}

/// Every recipient, in order.
pub(super) fn recipients(reader: &mut Reader<'_>, document: &Document) -> Vec<Recipient> {
    let mut recipients: Vec<Recipient> = Vec::new();
    for entry in &document.recipients {
        let recipient = one(reader, entry);
        if !recipient.name.is_empty() && recipients.iter().any(|r| r.name == recipient.name) {
            let problem = Problem::DuplicateName { what: "recipient", name: recipient.name.clone() };
            reader.report(entry.span.clone(), problem);
        }
        recipients.push(recipient);
    }
    recipients
}

/// A recipient. What is wrong with it was reported and stands empty: outputs that name it are not wrong for that.
fn one(reader: &mut Reader<'_>, entry: &Entry<RawRecipient>) -> Recipient {
    let raw = &entry.raw;
    let why = "Outputs name the recipient by it, and so does the file that is sent.";
    let name = reader.required_text(&raw.name, entry, ("[[recipient]]", "name"), why);
    let safe = name.filter(|n| words::is_pipeline_name(n.get_ref()));
    if let (Some(name), None) = (name, safe) {
        let expected = "Write a letter or digit first, then letters without accents, digits, `-`, `_` or `.`.";
        reader.report(name.span(), Problem::BadValue { key: "name", expected });
    }
    let why = "Write the recipient's public age key, `age1…`: the release is encrypted to it and to nobody else.";
    let age = reader.required_text(&raw.age, entry, ("[[recipient]]", "age"), why);
    if let Some(age) = age.filter(|a| a.get_ref().parse::<age::x25519::Recipient>().is_err()) {
        let expected = "Write a public age key, `age1…` with 62 characters. An identity (`AGE-SECRET-KEY-…`) never stands in a pipeline.";
        reader.report(age.span(), Problem::BadValue { key: "age", expected });
    }
    let key = raw.key.as_ref().and_then(|key| verifier(reader, key, "key"));
    let use_until = use_until(reader, entry).unwrap_or(UseUntil::Days(1));
    let deliver = raw.deliver.as_ref().and_then(|d| delivery(reader, d));
    let text = |value: Option<&Spanned<String>>| value.map_or_else(String::new, |v| v.get_ref().clone());
    Recipient {
        name: text(safe),
        age: text(age),
        key,
        use_until,
        deliver,
        reinforced: raw.reinforced.as_ref().is_some_and(|r| *r.get_ref()),
    }
}

fn verifier(reader: &mut Reader<'_>, text: &Spanned<String>, key: &'static str) -> Option<VerifierKey> {
    let found = VerifierKey::new(text.get_ref()).ok();
    if found.is_none() {
        let expected = "Write a public key in one word, `name+hash+key`. A secret one (`PRIVATE+KEY+…`) never stands in a pipeline.";
        reader.report(text.span(), Problem::BadValue { key, expected });
    }
    found
}

/// A date, or a number of days from the release on; one of them is required: use ends (R13).
fn use_until(reader: &mut Reader<'_>, entry: &Entry<RawRecipient>) -> Option<UseUntil> {
    let raw = &entry.raw;
    match (&raw.use_until, &raw.use_for) {
        (Some(date), None) => {
            let parsed = NaiveDate::parse_from_str(date.get_ref(), "%Y-%m-%d").ok();
            if parsed.is_none() {
                let expected = "Write a date, such as \"2027-06-30\".";
                reader.report(date.span(), Problem::BadValue { key: "use_until", expected });
            }
            parsed.map(UseUntil::Date)
        }
        (None, Some(days)) => {
            let number = days.get_ref().trim().strip_suffix("days").or(days.get_ref().trim().strip_suffix("day"));
            let number = number.and_then(|n| n.trim().parse::<u32>().ok()).filter(|n| (1..=MOST_DAYS).contains(n));
            if number.is_none() {
                let expected = "Write a number of days, such as \"180 days\"; at most 3653.";
                reader.report(days.span(), Problem::BadValue { key: "use_for", expected });
            }
            number.map(UseUntil::Days)
        }
        (Some(both), Some(_)) => {
            let why = "a release is used until one date.";
            reader.report(both.span(), Problem::Conflict { key: "use_until", other: "use_for", why });
            None
        }
        (None, None) => {
            let why = "Write use_until = \"2027-06-30\" or use_for = \"180 days\": after that the recipient destroys what it was sent.";
            reader.report(entry.span.clone(), Problem::MissingKey { section: "[[recipient]]", key: "use_until", why });
            None
        }
    }
}

/// Where the sealed file is left: a folder, `sftp://user@host[:port]/folder`, or `s3://bucket[/prefix]`.
fn delivery(reader: &mut Reader<'_>, written: &Spanned<RawDelivery>) -> Option<Delivery> {
    let raw = written.get_ref();
    let place = Entry { raw: (), span: written.span() };
    let why = "Write a folder, \"sftp://user@host/folder\" or \"s3://bucket/prefix\".";
    let to = reader.required_text(&raw.to, &place, ("deliver", "to"), why)?;
    let (scheme, rest) = to.get_ref().split_once("://").unwrap_or(("", to.get_ref()));
    let stray = |reader: &mut Reader<'_>, given: &[(&At<String>, &'static str)]| {
        for (value, key) in given {
            if let Some(value) = value {
                reader.report(value.span(), Problem::StrayOption { key, to: "this kind of delivery" });
            }
        }
    };
    match scheme {
        "" => {
            stray(
                reader,
                &[
                    (&raw.identity, "identity"),
                    (&raw.host_key, "host_key"),
                    (&raw.endpoint, "endpoint"),
                    (&raw.region, "region"),
                    (&raw.credentials, "credentials"),
                ],
            );
            Some(Delivery::Folder(reader.path(to.get_ref())))
        }
        "sftp" => {
            stray(reader, &[(&raw.endpoint, "endpoint"), (&raw.region, "region"), (&raw.credentials, "credentials")]);
            sftp(reader, raw, &place, to, rest)
        }
        "s3" => {
            stray(reader, &[(&raw.identity, "identity"), (&raw.host_key, "host_key")]);
            s3(reader, raw, &place, to, rest)
        }
        other => {
            let known = Known::new(other, ["sftp", "s3"]);
            reader.report(to.span(), Problem::UnknownWord { key: "to", word: other.to_owned(), known });
            None
        }
    }
}

fn sftp(
    reader: &mut Reader<'_>,
    raw: &RawDelivery,
    place: &Entry<()>,
    to: &Spanned<String>,
    rest: &str,
) -> Option<Delivery> {
    let why = "Name the file of the private SSH key (mode 0600) with which the drop is entered.";
    let identity = reader.required_text(&raw.identity, place, ("deliver", "identity"), why);
    let why = "Write the server's public key, \"ssh-ed25519 AAAA…\": an unknown server is not spoken to.";
    let host_key = reader.required_text(&raw.host_key, place, ("deliver", "host_key"), why);
    let parsed = rest.split_once('@').and_then(|(user, rest)| {
        let (host, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) => (host, port.parse::<u16>().ok()?),
            None => (host, 22),
        };
        let named = !user.is_empty() && !user.contains(':') && !host.is_empty();
        named.then(|| (user.to_owned(), host.to_owned(), port, folder.to_owned()))
    });
    if parsed.is_none() {
        let expected = "Write \"sftp://user@host/folder\" or \"sftp://user@host:2222/folder\", without a password.";
        reader.report(to.span(), Problem::BadValue { key: "to", expected });
    }
    let (user, host, port, folder) = parsed?;
    Some(Delivery::Sftp(Sftp {
        user,
        host,
        port,
        folder,
        identity: reader.path(identity?.get_ref()),
        host_key: host_key?.get_ref().clone(),
    }))
}

fn s3(
    reader: &mut Reader<'_>,
    raw: &RawDelivery,
    place: &Entry<()>,
    to: &Spanned<String>,
    rest: &str,
) -> Option<Delivery> {
    let why = "Name a file (mode 0600) with two lines, access key and secret key; keys never stand in a pipeline.";
    let credentials = reader.required_text(&raw.credentials, place, ("deliver", "credentials"), why);
    let why = "Write the address of the store, \"https://…\".";
    let endpoint = reader.required_text(&raw.endpoint, place, ("deliver", "endpoint"), why);
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        let expected = "Write \"s3://bucket\" or \"s3://bucket/prefix\".";
        reader.report(to.span(), Problem::BadValue { key: "to", expected });
        return None;
    }
    Some(Delivery::S3(S3 {
        bucket: bucket.to_owned(),
        prefix: prefix.trim_matches('/').to_owned(),
        endpoint: endpoint?.get_ref().clone(),
        region: raw.region.as_ref().map_or_else(|| "us-east-1".to_owned(), |r| r.get_ref().clone()),
        credentials: reader.path(credentials?.get_ref()),
    }))
}

/// The recipient that an output names, or the only one. `None` where the release is not sealed, or where a problem was
/// reported.
pub(super) fn of_output<E>(
    reader: &mut Reader<'_>,
    named: &At<String>,
    entry: &Entry<E>,
    recipients: &[Recipient],
) -> Option<usize> {
    match (named, recipients) {
        (Some(name), _) => {
            let found = recipients.iter().position(|r| r.name == *name.get_ref());
            // One whose name is wrong may be the one that is meant.
            if found.is_none() && recipients.iter().all(|r| !r.name.is_empty()) {
                let known = Known::new(name.get_ref(), recipients.iter().map(|r| r.name.as_str()));
                reader.report(name.span(), Problem::UnknownRecipient { name: name.get_ref().clone(), known });
            }
            found
        }
        (None, [_]) => Some(0),
        (None, []) => None,
        (None, _) => {
            let known = Known::new("", recipients.iter().map(|r| r.name.as_str()));
            reader.report(entry.span.clone(), Problem::WhichRecipient { known });
            None
        }
    }
}
