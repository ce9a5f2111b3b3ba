//! From a commune to its department and region, by the *Code officiel géographique* (Insee, 2026).
//!
//! No function here takes a postcode: a postcode is not a department (all of Corsica has 20xxx, and some communes are
//! served from across the border of their department).

use std::sync::LazyLock;

use super::{IdentifierError, digits, exactly};

const DEPARTEMENTS: &str = include_str!("../../data/departements.csv");

/// One line of the table.
struct Departement {
    code: &'static str,
    name: &'static str,
    /// Code and name; `None` for collectivities, which belong to no region.
    region: Option<(&'static str, &'static str)>,
}

/// Where a department is found: two places of the code, then one more overseas and in Corsica.
struct Table {
    mainland: [Option<Departement>; 100],
    corsica: [Option<Departement>; 2],
    overseas: [Option<Departement>; 20],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table =
        Table { mainland: [const { None }; 100], corsica: [const { None }; 2], overseas: [const { None }; 20] };
    for line in DEPARTEMENTS.lines().skip(1) {
        let mut cells = line.split(',');
        let mut cell = || cells.next().unwrap_or_default();
        let (code, name, region, region_name) = (cell(), cell(), cell(), cell());
        let region = (!region.is_empty()).then_some((region, region_name));
        let slot = match place(code.as_bytes()) {
            Some(Place::Mainland(n)) => &mut table.mainland[n],
            Some(Place::Corsica(n)) => &mut table.corsica[n],
            Some(Place::Overseas(n)) => &mut table.overseas[n],
            None => continue,
        };
        *slot = Some(Departement { code, name, region });
    }
    table
});

enum Place {
    Mainland(usize),
    Corsica(usize),
    Overseas(usize),
}

/// The place of the department that a code begins with.
fn place(code: &[u8]) -> Option<Place> {
    let digit = |n: usize| code.get(n).filter(|byte| byte.is_ascii_digit()).map(|byte| usize::from(byte - b'0'));
    match code {
        [b'2', letter @ (b'A' | b'B'), ..] => Some(Place::Corsica(usize::from(letter - b'A'))),
        [b'9', b'7' | b'8', ..] => Some(Place::Overseas((digit(1)? - 7) * 10 + digit(2)?)),
        _ => Some(Place::Mainland(digit(0)? * 10 + digit(1)?)),
    }
}

/// The department that a code begins with.
fn departement(code: &[u8]) -> Option<&'static Departement> {
    match place(code)? {
        Place::Mainland(n) => TABLE.mainland[n].as_ref(),
        Place::Corsica(n) => TABLE.corsica[n].as_ref(),
        Place::Overseas(n) => TABLE.overseas[n].as_ref(),
    }
}

/// The department of a code that is a whole department code.
fn by_code(code: &str) -> Option<&'static Departement> {
    departement(code.as_bytes()).filter(|found| found.code == code)
}

/// Form and department of a commune code.
pub(super) fn check_commune(text: &str) -> Result<(), IdentifierError> {
    commune(exactly(text)?).map(|_| ())
}

/// A commune and four digits.
pub(super) fn check_iris(text: &str) -> Result<(), IdentifierError> {
    let bytes: &[u8; 9] = exactly(text)?;
    let (code, block) = bytes.split_first_chunk::<5>().ok_or(IdentifierError::Length)?;
    commune(code)?;
    digits(block)
}

fn commune(code: &[u8; 5]) -> Result<&'static Departement, IdentifierError> {
    if !code[0].is_ascii_digit() {
        return Err(IdentifierError::Character);
    }
    match code[1] {
        b'0'..=b'9' => {}
        b'A' | b'B' if code[0] == b'2' => {}
        _ => return Err(IdentifierError::Character),
    }
    digits(&code[2..])?;
    departement(moved(code)).ok_or(IdentifierError::Department)
}

/// Five communes merged into a neighbour across the border of their department and, as associated communes, kept
/// the code of the department that they left (COG 2026). Gives the department that they lie in.
fn moved(code: &[u8; 5]) -> &[u8] {
    match code {
        b"02285" => b"59",
        b"39012" => b"25",
        b"51494" => b"52",
        b"52210" => b"70",
        b"79224" => b"49",
        _ => code,
    }
}

/// The department of a commune code of five characters: `"2A"` for `"2A004"`, `"974"` for `"97411"`, `"75"` for the
/// 7th district of Paris `"75107"`. `None` where the code is not formed like one or its department does not exist.
///
/// Codes of undivided Corsica, `20xxx`, in use before 1976, give `"20"`: which half they lie in is not in the code.
/// A postcode has five digits too and must not be passed here.
#[must_use]
pub fn departement_of_commune(code: &str) -> Option<&'static str> {
    let code: &[u8; 5] = code.as_bytes().try_into().ok()?;
    commune(code).ok().map(|found| found.code)
}

/// The region code of a department code: `"94"` for `"2A"`, `"2B"` and the old `"20"`, `"04"` for `"974"`.
///
/// `None` where there is no such department, and for the collectivities 975, 977, 978, 984, 986, 987, 988 and 989,
/// which belong to no region.
#[must_use]
pub fn region_of_departement(code: &str) -> Option<&'static str> {
    by_code(code)?.region.map(|region| region.0)
}

/// The region code of a commune (five characters) or of a department (two or three).
///
/// `None` as in [`departement_of_commune`] and [`region_of_departement`].
#[must_use]
pub fn region_of(code: &str) -> Option<&'static str> {
    match <&[u8; 5]>::try_from(code.as_bytes()) {
        Ok(code) => commune(code).ok()?.region.map(|region| region.0),
        Err(_) => region_of_departement(code),
    }
}

/// The name of a department or collectivity.
#[must_use]
pub fn departement_name(code: &str) -> Option<&'static str> {
    by_code(code).map(|found| found.name)
}

/// The name of a region by its code. Region codes look like department codes (`"75"` is Nouvelle-Aquitaine): the two
/// are never guessed from each other.
#[must_use]
pub fn region_name(code: &str) -> Option<&'static str> {
    departements().filter_map(|found| found.region).find(|region| region.0 == code).map(|region| region.1)
}

/// The commune that a municipal district belongs to: Paris 75101–75120, Lyon 69381–69389, Marseille 13201–13216.
/// `None` for every other code.
#[must_use]
pub fn commune_of_district(code: &str) -> Option<&'static str> {
    let bytes: &[u8; 5] = code.as_bytes().try_into().ok()?;
    digits(bytes).ok()?;
    match bytes.iter().fold(0, |number, byte| number * 10 + u32::from(byte - b'0')) {
        75_101..=75_120 => Some("75056"),
        69_381..=69_389 => Some("69123"),
        13_201..=13_216 => Some("13055"),
        _ => None,
    }
}

/// All department codes that a commune can be in today, in ascending order; the old `"20"` is not among them.
pub fn departement_codes() -> impl Iterator<Item = &'static str> {
    // The table file is sorted.
    DEPARTEMENTS.lines().skip(1).filter_map(|line| line.split(',').next()).filter(|code| *code != "20")
}

fn departements() -> impl Iterator<Item = &'static Departement> {
    let Table { mainland, corsica, overseas } = &*TABLE;
    mainland.iter().chain(corsica).chain(overseas).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_halves_of_corsica_and_the_old_whole_lie_in_region_94() {
        assert_eq!(departement_of_commune("2A004"), Some("2A"));
        assert_eq!(departement_of_commune("2B033"), Some("2B"));
        assert_eq!(departement_of_commune("20004"), Some("20"));
        for code in ["2A", "2B", "20", "2A004", "2B033", "20004"] {
            assert_eq!(region_of(code), Some("94"), "{code}");
        }
    }

    #[test]
    fn overseas_departments_have_three_characters_and_their_own_regions() {
        for (commune, departement, region) in [
            ("97105", "971", "01"),
            ("97209", "972", "02"),
            ("97302", "973", "03"),
            ("97411", "974", "04"),
            ("97611", "976", "06"),
        ] {
            assert_eq!(departement_of_commune(commune), Some(departement));
            assert_eq!(region_of(commune), Some(region));
            assert_eq!(region_of_departement(departement), Some(region));
        }
        assert_eq!(region_of_departement("97"), None);
    }

    #[test]
    fn collectivities_are_known_and_belong_to_no_region() {
        for code in ["975", "977", "978", "986", "987", "988"] {
            assert!(departement_name(code).is_some(), "{code}");
            assert_eq!(departement_of_commune(&format!("{code}01")), Some(code));
            assert_eq!(region_of_departement(code), None);
        }
    }

    #[test]
    fn districts_lie_in_the_department_and_the_commune_of_their_city() {
        for (district, departement, commune) in
            [("75101", "75", "75056"), ("75120", "75", "75056"), ("69389", "69", "69123"), ("13216", "13", "13055")]
        {
            assert_eq!(departement_of_commune(district), Some(departement));
            assert_eq!(commune_of_district(district), Some(commune));
        }
        for code in ["75121", "69390", "13217", "75056", "7510", "7510é"] {
            assert_eq!(commune_of_district(code), None, "{code}");
        }
    }

    #[test]
    fn an_associated_commune_lies_where_it_moved_to_and_not_where_its_code_was_given() {
        assert_eq!((departement_of_commune("02285"), region_of("02285")), (Some("59"), Some("32")));
        assert_eq!((departement_of_commune("79224"), region_of("79224")), (Some("49"), Some("52")));
        assert_eq!(departement_of_commune("79225"), Some("79"));
    }

    #[test]
    fn region_75_is_not_department_75() {
        assert_eq!(departement_name("75"), Some("Paris"));
        assert_eq!(region_of_departement("75"), Some("11"));
        assert_eq!(region_name("75"), Some("Nouvelle-Aquitaine"));
    }

    #[test]
    fn what_is_not_a_commune_has_no_department() {
        for code in [
            "", "7", "75", "7505", "750560", "7505A", "2C004", "2a004", "A2004", "00001", "96001", "99100", "97901",
            "7505é",
        ] {
            assert_eq!(departement_of_commune(code), None, "{code}");
        }
        assert_eq!(region_of_departement("1"), None);
        assert_eq!(region_of_departement("7505"), None);
        assert_eq!(check_commune("99100"), Err(IdentifierError::Department));
        assert_eq!(check_commune("2C004"), Err(IdentifierError::Character));
        assert_eq!(check_commune("7505"), Err(IdentifierError::Length));
    }

    #[test]
    fn an_iris_is_a_commune_and_four_digits() {
        assert_eq!(check_iris("2A0040101"), Ok(()));
        assert_eq!(check_iris("751010101"), Ok(()));
        assert_eq!(check_iris("2A004010"), Err(IdentifierError::Length));
        assert_eq!(check_iris("75101010A"), Err(IdentifierError::Character));
        assert_eq!(check_iris("000010101"), Err(IdentifierError::Department));
    }

    #[test]
    fn there_are_101_departments_and_8_collectivities_in_18_regions() {
        assert_eq!(departement_codes().count(), 109);
        assert_eq!(departement_codes().filter(|code| region_of_departement(code).is_some()).count(), 101);
        let mut regions: Vec<_> = departement_codes().filter_map(region_of_departement).collect();
        regions.sort_unstable();
        regions.dedup();
        assert_eq!(regions.len(), 18);
        assert!(departement_codes().is_sorted());
    }

    #[test]
    #[allow(clippy::print_stderr)]
    fn every_commune_of_the_official_list_lies_where_the_list_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/cog/communes.csv");
        let Ok(list) = std::fs::read_to_string(path) else {
            eprintln!("skipped: the list of communes is not there");
            return;
        };
        let mut seen = 0;
        for line in list.lines().skip(1) {
            // Names may hold commas inside quotes; the columns read here stand before and after them.
            let code = line.split(',').next().unwrap();
            let rest: Vec<_> = line.rsplit(',').take(4).collect();
            let (departement, region) = (rest[3], rest[2]);
            assert_eq!(departement_of_commune(code), Some(departement), "{code}");
            assert_eq!(region_of(code), Some(region).filter(|region| region.len() == 2), "{code}");
            seen += 1;
        }
        assert!(seen > 35_000);
    }
}
