//! `certificat_sante_enfant`: the certificates of the 8th day, the 9th and the 24th month.

use super::dataset::{Dataset, Event};
use super::date::Date;
use super::draw::{Draw, Purpose, mix, mix_below};
use super::names;
use super::person::{Outline, PERIOD, World, write_finess};
use super::places::{Commune, PLACES};
use super::row::Row;

/// Kinds of certificate: how many days after birth (the 9th month ends after 274, the 24th after 730), and how many
/// of 10,000 are written.
const KINDS: [(&str, i32, u64); 3] = [("CS8", 8, 9_600), ("CS9", 274, 8_400), ("CS24", 730, 7_300)];
const MOTHER_BORN: usize = 6;

pub(super) struct Certificates;

/// A child, and what stays the same from one certificate to the next.
pub(super) struct Child {
    outline: Outline,
    surname: String,
    forename: &'static str,
    address: String,
    home: &'static Commune,
    mother_born: Option<Date>,
    maternity: Option<u64>,
    rank: i64,
    pcs_mother: Option<u8>,
    pcs_father: Option<u8>,
    weeks: i64,
    /// How heavy and long among children of that age, in standard deviations.
    size: f64,
    apgar: i64,
    caesarean: bool,
    breastfed: bool,
    transferred: bool,
    anomaly: Option<&'static str>,
}

impl Dataset for Certificates {
    const NAME: &'static str = "certificat_sante_enfant";
    const FIELDS: &'static [&'static str] = &[
        "nom_enfant",
        "prenom_enfant",
        "adresse_detaillee",
        "nom_medecin",
        "nir_enfant",
        "date_naissance_enfant",
        "date_naissance_mere",
        "commune",
        "sexe",
        "finess_maternite",
        "rang_naissance",
        "pcs_mere",
        "pcs_pere",
        "age_gestationnel_sa",
        "poids_g",
        "taille_cm",
        "perimetre_cranien",
        "apgar_5",
        "cesarienne",
        "allaitement",
        "transfert",
        "anomalie_cim10",
        "vaccins",
        "type_certificat",
        "annee",
        "departement_emetteur",
    ];
    const PURPOSE: Purpose = Purpose::Certificate;
    type Subject = Child;

    fn subjects(&self, world: &World) -> u64 {
        world.children()
    }

    fn plan(&self, world: &World, index: u64, events: &mut Vec<Event>) -> Option<Child> {
        let outline = world.child(index)?;
        let before = events.len();
        for (kind, (_, days, share)) in (0u8..).zip(KINDS) {
            let chance = mix(world.seed ^ mix(index * 4 + u64::from(kind)).rotate_left(23));
            let late = if kind == 0 { 0 } else { mix_below(chance ^ 1, 60) as i32 };
            let day = outline.birth.date.days() + days + late;
            if mix_below(chance, 10_000) < share && day <= PERIOD.1.days() {
                events.push(Event { record: kind, kind, day });
            }
        }
        (events.len() > before).then(|| Child::new(outline, world.seed, index))
    }

    fn fill(&self, row: &mut Row, _: u64, child: &Child, event: Event, draw: &mut Draw) {
        row.text(&child.surname);
        row.text(child.forename);
        row.text(&child.address);
        row.optional(draw.chance(9_500).then(|| names::surname(draw)), |row, name| row.text(&name));
        // A number is seldom there on the 8th day.
        let known = draw.chance(if event.kind == 0 { 4_000 } else { 9_600 });
        row.optional(known.then_some(child.outline.nir), |row, nir| row.put(nir.as_bytes()).close());
        child.outline.birth.write(row);
        row.optional(child.mother_born, |row, date| row.put_date(date).close());
        row.code(child.home.code);
        row.code(child.outline.sexe);
        row.optional(child.maternity, |row, number| write_finess(row, child.home, number));
        row.int(child.rank);
        row.optional(child.pcs_mother, |row, group| row.int(group.into()));
        row.optional(child.pcs_father, |row, group| row.int(group.into()));
        health(row, child, event.kind, draw);
        row.optional(vaccines(event.kind, draw), Row::text);
        row.code(KINDS[usize::from(event.kind)].0);
        row.int(Date::of_days(event.day).year.into());
        row.code(child.home.departement);
    }

    fn break_rule(&self, row: &mut Row, _: &mut Draw) {
        // A mother born after her child
        row.replace(MOTHER_BORN, b"2098-05-04");
    }
}

impl Child {
    fn new(outline: Outline, seed: u64, index: u64) -> Self {
        let draw = &mut Draw::new(seed, Purpose::Child, index);
        let birth = outline.birth.date;
        let surname = names::surname(draw);
        let forename = names::forename(outline.woman, birth.year, draw);
        let home = PLACES.residence(outline.born_in(), draw);
        let address = names::address(home, draw);
        let age = (31.0 + 5.2 * draw.normal()).clamp(15.0, 47.0);
        let mother_born = Date::of_days(birth.days() - (age * 365.25) as i32 - draw.below(300) as i32);
        let groups = [(1, 1), (2, 5), (3, 20), (4, 26), (5, 27), (6, 14), (8, 7)];
        let early = draw.chance(450);
        let weeks = if early { 34.0 + 3.2 * draw.normal() } else { 39.4 + 1.1 * draw.normal() };
        let weeks = (weeks as i64).clamp(24, 42);
        let weak = weeks < 33;
        let anomaly =
            draw.weighted(&[("Q21.0", 30), ("Q53.1", 20), ("Q65.8", 18), ("Q66.8", 15), ("Q54.9", 9), ("Q90.9", 8)]);
        Self {
            surname,
            forename,
            address,
            home,
            mother_born: draw.chance(9_700).then_some(mother_born),
            maternity: draw.chance(9_800).then(|| draw.below(8)),
            rank: draw.weighted(&[(1, 42), (2, 35), (3, 15), (4, 5), (5, 2), (6, 1)]),
            pcs_mother: draw.chance(9_300).then(|| draw.weighted(&groups)),
            pcs_father: draw.chance(8_700).then(|| draw.weighted(&groups)),
            weeks,
            size: draw.normal(),
            apgar: if weak { draw.between(4, 9) } else { draw.weighted(&[(10, 88), (9, 8), (8, 2), (7, 1), (5, 1)]) },
            caesarean: draw.chance(if weak { 5_500 } else { 2_050 }),
            breastfed: draw.chance(6_700),
            transferred: draw.chance(if weak { 8_000 } else { 450 }),
            anomaly: draw.chance(270).then_some(anomaly),
            outline,
        }
    }
}

/// Weight, length and head by age and size; at birth by weeks of pregnancy too.
fn health(row: &mut Row, child: &Child, kind: u8, draw: &mut Draw) {
    let short = (child.weeks - 40) as f64;
    let boy = if child.outline.woman { -0.5 } else { 0.5 };
    let (weight, length, head) = match kind {
        0 => {
            let weight = 3_430.0 + short * 165.0 + 420.0 * child.size + 130.0 * boy;
            (
                weight.clamp(520.0, 5_600.0),
                50.3 + short * 0.95 + 1.6 * child.size,
                34.9 + short * 0.62 + 0.9 * child.size,
            )
        }
        1 => (8_850.0 + 830.0 * child.size + 550.0 * boy, 71.2 + 2.2 * child.size + 1.4 * boy, 45.1 + 1.1 * child.size),
        _ => (
            12_100.0 + 1_150.0 * child.size + 600.0 * boy,
            86.8 + 2.9 * child.size + 1.3 * boy,
            48.5 + 1.2 * child.size,
        ),
    };
    row.optional(draw.chance(9_800).then_some(child.weeks), Row::int);
    row.optional(draw.chance(9_800).then_some((weight / 10.0).round() as i64 * 10), Row::int);
    // Half centimetres
    row.optional(draw.chance(9_700).then_some((length * 2.0).round() as i64 * 5), Row::tenths);
    row.optional(draw.chance(9_500).then_some((head * 2.0).round() as i64 * 5), Row::tenths);
    row.optional(draw.chance(9_600).then_some(child.apgar), Row::int);
    row.boolean(child.caesarean);
    row.optional(draw.chance(9_600).then_some(child.breastfed), Row::boolean);
    row.optional(draw.chance(9_700).then_some(child.transferred), Row::boolean);
    row.optional(child.anomaly, Row::code);
}

/// By the French calendar; complete, with one missing, or not filled in.
fn vaccines(kind: u8, draw: &mut Draw) -> Option<&'static str> {
    match kind {
        0 => draw.weighted(&[(None, 960), (Some("BCG"), 40)]),
        1 => draw.weighted(&[
            (Some("COQ|DTP|HEPB|HIB|MENB|PNEUMO"), 62),
            (Some("COQ|DTP|HEPB|HIB|PNEUMO"), 20),
            (Some("BCG|COQ|DTP|HEPB|HIB|MENB|PNEUMO|ROTA"), 10),
            (None, 8),
        ]),
        _ => draw.weighted(&[
            (Some("COQ|DTP|HEPB|HIB|MENB|MENACWY|PNEUMO|ROR"), 55),
            (Some("COQ|DTP|HEPB|HIB|MENC|PNEUMO|ROR"), 28),
            (Some("COQ|DTP|HIB|PNEUMO"), 9),
            (None, 8),
        ]),
    }
}
