//! Names, addresses and ways to reach people. All invented: telephone numbers lie in the ranges that ARCEP keeps for
//! fiction, e-mail domains are those of RFC 2606, professional numbers lie in the test range 997….

use std::sync::LazyLock;

use super::draw::Draw;
use super::places::Commune;

struct Lists {
    surnames: Vec<&'static str>,
    women: Vec<&'static str>,
    men: Vec<&'static str>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists {
    surnames: include_str!("../../data/surnames.txt").lines().collect(),
    women: include_str!("../../data/forenames_f.txt").lines().collect(),
    men: include_str!("../../data/forenames_m.txt").lines().collect(),
});

/// Names with an apostrophe or an accent, which the list of the most frequent has none of.
const UNUSUAL_SURNAMES: [&str; 12] = [
    "N'Diaye",
    "D'Angelo",
    "L'Hostis",
    "N'Guyen",
    "D'Almeida",
    "O'Brien",
    "Lefèvre",
    "Géraud",
    "Béranger",
    "Noël",
    "Loïc-Éon",
    "de L'Épine",
];
/// Forenames frequent since about 1990, most frequent first.
const RECENT_WOMEN: [&str; 28] = [
    "Léa", "Emma", "Manon", "Chloé", "Camille", "Louise", "Jade", "Inès", "Sarah", "Lina", "Alice", "Zoé", "Anaïs",
    "Ambre", "Mathilde", "Juliette", "Clara", "Lucie", "Océane", "Maëlys", "Eva", "Romane", "Agathe", "Lou-Ann",
    "Maëlle", "Noémie", "Élise", "Aïcha",
];
const RECENT_MEN: [&str; 28] = [
    "Lucas",
    "Théo",
    "Hugo",
    "Enzo",
    "Louis",
    "Gabriel",
    "Jules",
    "Raphaël",
    "Léo",
    "Adam",
    "Nathan",
    "Mathis",
    "Noah",
    "Maël",
    "Tom",
    "Arthur",
    "Ethan",
    "Clément",
    "Baptiste",
    "Mohamed",
    "Yanis",
    "Sacha",
    "Timéo",
    "Noé",
    "Jean-Gabriel",
    "Loïc",
    "Gaël",
    "Éliott",
];
const WAYS: [&str; 8] = ["rue", "avenue", "rue", "chemin", "impasse", "boulevard", "place", "allée"];
const STREETS: [&str; 32] = [
    "de la République",
    "Victor-Hugo",
    "des Écoles",
    "Jean-Jaurès",
    "du Moulin",
    "de l'Église",
    "Pasteur",
    "des Lilas",
    "de la Gare",
    "du Général-de-Gaulle",
    "des Acacias",
    "du Château",
    "de la Mairie",
    "de la Fontaine",
    "des Tilleuls",
    "Jules-Ferry",
    "de Verdun",
    "du Stade",
    "de l'Hôpital",
    "des Champs",
    "Saint-Exupéry",
    "de la Paix",
    "du Lavoir",
    "Louise-Michel",
    "des Prés",
    "de la Forêt",
    "d'Alsace",
    "du 8-Mai-1945",
    "des Vignes",
    "de l'Océan",
    "Molière",
    "de la Croix-Blanche",
];
/// First digits of the numbers kept for fiction (ARCEP decision 2018-0881), mobile ones first.
const TELEPHONES: [[&str; 3]; 6] = [
    ["06", "39", "98"],
    ["01", "99", "00"],
    ["02", "61", "91"],
    ["03", "53", "01"],
    ["04", "65", "71"],
    ["05", "36", "49"],
];

/// One of a list in which the frequent stand first: the product of two uniform draws leans to the front.
fn frequent<'a>(list: &[&'a str], draw: &mut Draw) -> &'a str {
    let far = draw.below(list.len() as u64) + 1;
    list[draw.below(far) as usize]
}

/// A surname: now and then a double one, or one with an apostrophe or an accent.
pub(super) fn surname(draw: &mut Draw) -> String {
    if draw.chance(200) {
        return draw.pick(&UNUSUAL_SURNAMES).to_owned();
    }
    let mut name = frequent(&LISTS.surnames, draw).to_owned();
    if draw.chance(500) {
        name.push('-');
        name.push_str(frequent(&LISTS.surnames, draw));
    }
    name
}

/// A forename that fits sex and year of birth.
pub(super) fn forename(woman: bool, year: i32, draw: &mut Draw) -> &'static str {
    let share = ((year - 1975) * 400).clamp(0, 9_000);
    let recent = draw.chance(share.unsigned_abs().into());
    match (recent, woman) {
        (true, true) => frequent(&RECENT_WOMEN, draw),
        (true, false) => frequent(&RECENT_MEN, draw),
        (false, true) => frequent(&LISTS.women, draw),
        (false, false) => frequent(&LISTS.men, draw),
    }
}

/// One to three forenames with spaces between.
pub(super) fn forenames(woman: bool, year: i32, draw: &mut Draw) -> String {
    let mut names = forename(woman, year, draw).to_owned();
    let mut further = draw.weighted(&[(0, 45), (1, 30), (2, 25)]);
    while further > 0 {
        let name = forename(woman, year, draw);
        if !names.split(' ').any(|given| given == name) {
            names.push(' ');
            names.push_str(name);
        }
        further -= 1;
    }
    names
}

/// Number, street, at times a building, postcode and commune.
pub(super) fn address(commune: &Commune, draw: &mut Draw) -> String {
    let number = draw.below(160) + 1;
    let repetition = draw.weighted(&[("", 88), (" bis", 9), (" ter", 3)]);
    let (way, street) = (draw.pick(&WAYS), draw.pick(&STREETS));
    let building = draw.weighted(&[("", 85), (", Bât. B", 6), (", Rés. Les Ormes, esc. 2", 5), (", apt 14", 4)]);
    let (postcode, name) = (commune.postcode, commune.name);
    format!("{number}{repetition} {way} {street}{building}, {postcode} {name}")
}

/// A telephone number kept for fiction, in one of the usual spellings.
pub(super) fn telephone(draw: &mut Draw) -> String {
    let [first, second, third] = TELEPHONES[if draw.chance(7_500) { 0 } else { 1 + draw.below(5) as usize }];
    let (fourth, fifth) = (draw.below(100), draw.below(100));
    match draw.below(4) {
        0 => format!("{first} {second} {third} {fourth:02} {fifth:02}"),
        1 => format!("+33 {} {second} {third} {fourth:02} {fifth:02}", &first[1..]),
        _ => format!("{first}{second}{third}{fourth:02}{fifth:02}"),
    }
}

/// An e-mail address made of the names, in a domain kept for examples.
pub(super) fn email(forenames: &str, surname: &str, draw: &mut Draw) -> String {
    let mut address = String::with_capacity(forenames.len() + surname.len() + 18);
    fold_into(forenames.split(' ').next().unwrap_or_default(), &mut address);
    address.push('.');
    fold_into(surname, &mut address);
    if draw.chance(4_000) {
        address.push_str(&draw.below(100).to_string());
    }
    address.push_str(draw.pick(&["@example.org", "@example.com", "@example.net"]));
    address
}

/// Lower case without accents; only letters and hyphens stay.
fn fold_into(name: &str, out: &mut String) {
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '-' => out.push(character),
            'à' | 'â' | 'ä' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'î' | 'ï' => out.push('i'),
            'ô' | 'ö' => out.push('o'),
            'ù' | 'û' | 'ü' => out.push('u'),
            'ç' => out.push('c'),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::Purpose;
    use super::*;

    #[test]
    fn an_address_for_mail_is_plain_ascii_whatever_the_name() {
        let mut draw = Draw::new(1, Purpose::Order, 0);
        for _ in 0..2_000 {
            let woman = draw.chance(5_000);
            let (given, name) = (forenames(woman, 1999, &mut draw), surname(&mut draw));
            let address = email(&given, &name, &mut draw);
            let (local, domain) = address.split_once('@').unwrap_or_default();
            assert!(domain.starts_with("example."));
            assert!(local.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_lowercase())), "{address}");
        }
    }

    #[test]
    fn names_hold_hyphens_apostrophes_accents_and_spaces() {
        let mut draw = Draw::new(2, Purpose::Order, 0);
        let names: Vec<_> = (0..2_000).map(|_| surname(&mut draw)).collect();
        for mark in ["-", "'", "è", " "] {
            assert!(names.iter().any(|name| name.contains(mark)), "{mark}");
        }
    }

    #[test]
    fn somebody_born_in_2005_is_seldom_called_like_somebody_born_in_1945() {
        let mut draw = Draw::new(3, Purpose::Order, 0);
        let mut count = |year: i32| (0..2_000).filter(|_| forename(true, year, &mut draw) == "Monique").count();
        assert!(count(1945) > 5 * count(2005).max(1));
    }
}
