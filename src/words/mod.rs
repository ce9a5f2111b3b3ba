//! What is told of judged files and schemas, in English and French: messages of Project Fluent, one file a language.
//!
//! A message is asked for by its key. Both files have the same keys, and every finding and rule has one (tests).

pub mod advice;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

/// The messages of a language, whose files have these endings.
macro_rules! messages {
    ($lang:literal) => {
        concat!(
            include_str!(concat!($lang, ".ftl")),
            "\n",
            include_str!(concat!("run.", $lang, ".ftl")),
            "\n",
            include_str!(concat!("work.", $lang, ".ftl")),
            "\n",
            include_str!(concat!("explain.", $lang, ".ftl")),
            "\n",
            include_str!(concat!("plan.", $lang, ".ftl")),
        )
    };
}

const ENGLISH: &str = messages!("en");
const FRENCH: &str = messages!("fr");

/// Language of what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Français.
    Fr,
}

impl Lang {
    /// French where the locale says so, else English.
    #[must_use]
    pub fn of_environment() -> Self {
        let locale =
            ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
        if locale.is_some_and(|l| l.starts_with("fr")) { Self::Fr } else { Self::En }
    }

    /// The one of two texts in this language.
    #[must_use]
    pub fn pick<'a>(self, en: &'a str, fr: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Fr => fr,
        }
    }

    /// Its tag in documents (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.pick("en", "fr")
    }

    /// A number with its digits in groups of three.
    #[must_use]
    pub fn number(self, n: u64) -> String {
        let digits = n.to_string();
        let separator = if self == Self::Fr { '\u{202f}' } else { ',' };
        let mut out = String::with_capacity(digits.len() * 2);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        out
    }
}

/// What stands in a message in place of a name.
pub enum Part<'a> {
    /// A text.
    Text(&'a str),
    /// A number, which may also decide the form of the sentence.
    Number(u64),
}

impl<'a> From<&'a str> for Part<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Part<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Part<'_> {
    fn from(n: u64) -> Self {
        Self::Number(n)
    }
}

/// The messages of a language.
pub struct Words {
    /// The language.
    pub lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// The messages of a language.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        let text = lang.pick(ENGLISH, FRENCH);
        // What can be parsed is taken; a test sees to it that all can be.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let tag = lang.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![tag]);
        // Terminals and files show the marks around texts of unknown direction as boxes.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { lang, bundle }
    }

    /// A message without parts.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.tell(key, &[])
    }

    /// A message with its parts; the key itself where there is none, as a test makes sure of.
    #[must_use]
    pub fn tell(&self, key: &str, parts: &[(&str, Part<'_>)]) -> String {
        self.render(key, parts).map_or_else(|| key.to_owned(), |(text, _)| text)
    }

    /// A part of a message that has several: `why`, `fix`; the key itself where there is none.
    #[must_use]
    pub fn part(&self, key: &str, part: &str) -> String {
        let message = self.bundle.get_message(key);
        let Some(part) = message.and_then(|message| message.get_attribute(part)) else { return key.to_owned() };
        self.bundle.format_pattern(part.value(), None, &mut Vec::new()).into_owned()
    }

    fn render(&self, key: &str, parts: &[(&str, Part<'_>)]) -> Option<(String, usize)> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut args = FluentArgs::new();
        for (name, part) in parts {
            let value = match part {
                Part::Text(text) => FluentValue::from(*text),
                Part::Number(n) => FluentValue::from(*n),
            };
            args.set(*name, value);
        }
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        Some((text, errors.len()))
    }

    /// Whether there is a message of this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Every key with the names of its parts.
    fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut last = String::new();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
                last = key.to_owned();
                assert!(keys.insert(last.clone(), BTreeSet::new()).is_none(), "`{key}` stands twice");
            }
            // A part of a message is held against its twin like a message of its own.
            if let Some((part, _)) = line.trim_start().strip_prefix('.').and_then(|rest| rest.split_once(" = ")) {
                keys.insert(format!("{last}.{part}"), BTreeSet::new());
            }
            for name in line.split("{ $").skip(1).filter_map(|rest| rest.split([' ', '}']).next()) {
                keys.get_mut(&last).unwrap().insert(name.to_owned());
            }
        }
        keys
    }

    #[test]
    fn both_languages_have_the_same_messages_with_the_same_parts() {
        let (en, fr) = (keys(ENGLISH), keys(FRENCH));
        assert!(en.len() > 80);
        for (key, parts) in &en {
            let theirs = fr.get(key).unwrap_or_else(|| panic!("`{key}` has no French"));
            // A plural may leave its number out where it is one.
            assert_eq!(parts, theirs, "{key}");
        }
        assert_eq!(en.len(), fr.len());
    }

    #[test]
    fn every_message_can_be_parsed_and_told_with_its_parts() {
        for lang in [Lang::En, Lang::Fr] {
            let text = lang.pick(ENGLISH, FRENCH);
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
            let words = Words::new(lang);
            for (key, parts) in keys(text) {
                if let Some((message, part)) = key.split_once('.') {
                    assert_ne!(words.part(message, part), message, "{key}");
                    continue;
                }
                let number = |p: &str| matches!(p, "n");
                let parts: Vec<(&str, Part<'_>)> = parts
                    .iter()
                    .map(|p| (p.as_str(), if number(p) { Part::Number(2) } else { Part::Text("x") }))
                    .collect();
                let (told, errors) = words.render(&key, &parts).unwrap();
                assert!(errors == 0 && !told.is_empty() && !told.contains('{'), "{key}: {told}");
            }
        }
    }

    #[test]
    fn one_is_not_told_as_many() {
        let words = Words::new(Lang::Fr);
        assert_eq!(words.tell("expected-minLength", &[("n", 1.into())]), "au moins 1 caractère");
        assert_eq!(words.tell("expected-minLength", &[("n", 3.into())]), "au moins 3 caractères");
        assert_eq!(Words::new(Lang::En).tell("expected-maxLength", &[("n", 1.into())]), "at most 1 character");
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(Lang::En.number(1_234_567), "1,234,567");
        assert_eq!(Lang::Fr.number(1_234), "1\u{202f}234");
        assert_eq!(Lang::En.number(999), "999");
    }
}
