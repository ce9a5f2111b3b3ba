//! `depistage_organise`: breast (women, 50–74, every second year), colorectal (50–74, every second year) and cervix
//! (women, 25–65, every third year up to 29, then every fifth).

use super::dataset::{Dataset, Event};
use super::date::{Date, not_sunday};
use super::draw::{Draw, Permutation, Purpose, mix};
use super::person::{PERIOD, Person, World, record_ids, write_finess, write_key, write_rpps};
use super::row::Row;
use crate::identifiers::geo;

const BREAST: u8 = 0;
const COLORECTAL: u8 = 1;
const CERVIX: u8 = 2;
const PROGRAMMES: [&str; 3] = ["sein", "colorectal", "col"];
/// Columns that belong to one programme only, and the programme's place in [`Dataset::FIELDS`].
const FIT: usize = 14;
const ACR_1: usize = 16;
const PROGRAMME: usize = 25;
/// Threshold of positivity of the stool test, ng of haemoglobin per ml of buffer (arrêté du 19 mars 2018: 30 µg/g).
const FIT_THRESHOLD_TENTHS: i64 = 1_500;
/// More than this many records a person has in none of the files.
const MOST_RECORDS: u64 = 4;

pub(super) struct Screenings {
    ids: Permutation,
}

impl Screenings {
    pub(super) fn new(seed: u64) -> Self {
        Self { ids: record_ids(seed, Purpose::Screening) }
    }
}

/// The columns between the dates and the key that follow from the test, in the order of the layout.
#[derive(Default)]
struct Outcome {
    test: Option<i32>,
    colonoscopy: Option<i32>,
    result: Option<&'static str>,
    fit_tenths: Option<i64>,
    unreadable: Option<&'static str>,
    acr: [Option<&'static str>; 2],
    immediate_workup: Option<bool>,
    hpv: Option<&'static str>,
    cytology: Option<&'static str>,
    conclusion: Option<&'static str>,
    diagnosis: Option<&'static str>,
    stage: Option<&'static str>,
    ccam: Option<&'static str>,
    loinc: Option<&'static str>,
}

impl Dataset for Screenings {
    const NAME: &'static str = "depistage_organise";
    const FIELDS: &'static [&'static str] = &[
        "matricule_ins",
        "nom_naissance",
        "prenoms",
        "adresse_detaillee",
        "rpps_medecin_traitant",
        "numero_kit",
        "date_naissance",
        "sexe",
        "commune_residence",
        "code_iris",
        "date_invitation",
        "date_test",
        "date_coloscopie",
        "resultat",
        "valeur_fit_ng_ml",
        "motif_non_analysable",
        "acr_l1",
        "acr_l2",
        "bdi",
        "hpv",
        "cytologie",
        "coloscopie_conclusion",
        "diagnostic_cim10",
        "stade",
        "id_evenement",
        "programme",
        "campagne",
        "rang_invitation",
        "remise_kit",
        "exclusion",
        "finess_lecture",
        "code_ccam",
        "code_loinc",
        "region_crcdc",
    ];
    const PURPOSE: Purpose = Purpose::Screening;
    type Subject = Person;

    fn subjects(&self, world: &World) -> u64 {
        world.adults()
    }

    fn plan(&self, world: &World, index: u64, events: &mut Vec<Event>) -> Option<Person> {
        let outline = world.adult(index)?;
        let chance = mix(world.seed ^ mix(index).rotate_left(17));
        let before = events.len();
        let women = outline.woman && outline.sexe == "F";
        for year in PERIOD.0.year..=PERIOD.1.year {
            let birth = outline.birth.date;
            let age = year - birth.year;
            // Breast in years of the parity of the birth year, the stool test in the others
            let due = [
                (BREAST, women && age % 2 == 0, 50, 74),
                (COLORECTAL, age % 2 != 0, 50, 74),
                (CERVIX, women && if age < 30 { age % 3 == 1 } else { age % 5 == 0 }, 25, 65),
            ];
            for (kind, due, first_age, last_age) in due {
                let first = birth.birthday(first_age).max(Date::new(year, 1, 5).days());
                let last = (birth.birthday(last_age + 1) - 1).min(Date::new(year, 12, 20).days());
                if due && first <= last {
                    let day =
                        first + (mix(chance ^ events.len() as u64) % (1 + (last - first).unsigned_abs() as u64)) as i32;
                    events.push(Event { record: 0, kind, day });
                }
            }
        }
        thin(events, before, 1 + chance % MOST_RECORDS, chance);
        for (record, event) in (0u8..).zip(&mut events[before..]) {
            event.record = record;
        }
        (events.len() > before).then(|| Person::new(outline, world.seed, index))
    }

    fn fill(&self, row: &mut Row, index: u64, person: &Person, event: Event, draw: &mut Draw) {
        let exclusion = draw.weighted(&[("aucune", 905), ("temporaire", 35), ("definitive", 30), ("refus", 30)]);
        let outcome = outcome(person, event, exclusion == "aucune", draw);
        let kit = outcome.test.is_some() && (event.kind == COLORECTAL || (event.kind == CERVIX && draw.chance(1_000)));
        row.put(person.outline.nir.as_bytes()).close();
        row.text(&person.surname);
        row.text(&person.forenames);
        row.text(&person.address);
        row.optional(draw.chance(8_800).then_some(person.doctor), |row, number| write_rpps(row, person.home, number));
        row.optional(kit.then(|| draw.below(100_000_000)), |row, number| {
            row.put(b"K").put_padded(number, 8).close();
        });
        person.outline.birth.write(row);
        row.code(person.outline.sexe);
        row.code(person.home.code);
        row.optional(draw.chance(8_300).then_some(person), |row, person| person.write_iris(row));
        row.date(event.day);
        write_outcome(row, &outcome);
        write_key(row, b"DO-", &self.ids, index, event.record);
        row.code(PROGRAMMES[usize::from(event.kind)]);
        row.int(Date::of_days(event.day).year.into());
        row.int(draw.weighted(&[(1, 62), (2, 24), (3, 14)]));
        let handed = [("pharmacien", 46), ("medecin", 27), ("en_ligne", 15), ("courrier", 12)];
        row.optional(kit.then(|| if event.kind == CERVIX { "courrier" } else { draw.weighted(&handed) }), Row::code);
        row.code(exclusion);
        let read_at = draw.below(12);
        row.optional(outcome.test, |row, _| write_finess(row, person.home, 9_000 + read_at));
        row.optional(outcome.ccam, Row::code);
        row.optional(outcome.loinc, Row::code);
        row.optional(geo::region_of(person.home.code), Row::code);
    }

    fn break_rule(&self, row: &mut Row, _: &mut Draw) {
        // A reading of the breast programme in another one, or a stool test in that one
        match row.get(PROGRAMME) {
            b"sein" => row.replace(FIT, b"12.5"),
            _ => row.replace(ACR_1, b"2"),
        }
    }
}

/// Leaves at most `most` events behind `from`, in their order.
fn thin(events: &mut Vec<Event>, from: usize, most: u64, chance: u64) {
    let mut turn = chance;
    while events.len() - from > most as usize {
        turn = mix(turn);
        let out = from + (turn % (events.len() - from) as u64) as usize;
        events.remove(out);
    }
}

fn outcome(person: &Person, event: Event, included: bool, draw: &mut Draw) -> Outcome {
    let mut outcome = Outcome::default();
    let share = [4_700, 3_400, 5_900][usize::from(event.kind)];
    let test = not_sunday(event.day + draw.between(8, 190) as i32);
    if !included || !draw.chance(share) || test > PERIOD.1.days() {
        return outcome;
    }
    outcome.test = Some(test);
    let age = person.outline.birth.date.age_on(Date::of_days(test));
    match event.kind {
        BREAST => breast(&mut outcome, draw),
        COLORECTAL => colorectal(&mut outcome, person.outline.woman, age, test, draw),
        _ => cervix(&mut outcome, age, draw),
    }
    outcome
}

/// About 9 % called back at the first reading, 0.8 % cancers.
fn breast(outcome: &mut Outcome, draw: &mut Draw) {
    let first = draw.weighted(&[("1", 430), ("2", 485), ("0", 38), ("3", 30), ("4", 14), ("5", 3)]);
    let normal = |class: &str| class == "1" || class == "2";
    outcome.acr[0] = Some(first);
    if normal(first) {
        outcome.acr[1] = Some(draw.weighted(&[("1", 470), ("2", 505), ("0", 8), ("3", 11), ("4", 6)]));
    }
    let last = outcome.acr[1].unwrap_or(first);
    let positive = !normal(last);
    outcome.immediate_workup = Some(!normal(first) && draw.chance(8_500));
    outcome.result = Some(if positive { "pos" } else { "neg" });
    outcome.ccam = Some("QEQK004");
    let cancer = match last {
        "5" => 9_200,
        "4" => 3_000,
        "3" | "0" => 300,
        _ => 0,
    };
    if draw.chance(cancer) {
        outcome.diagnosis =
            Some(draw.weighted(&[("C50.4", 42), ("C50.9", 21), ("C50.2", 12), ("C50.8", 11), ("D05.1", 14)]));
        let invasive = draw.weighted(&[("I", 58), ("II", 30), ("III", 9), ("IV", 3)]);
        outcome.stage = Some(if outcome.diagnosis == Some("D05.1") { "0" } else { invasive });
    }
}

/// 3.3 % positive over all: more often men, more often the older. Colonoscopy only after a positive test.
fn colorectal(outcome: &mut Outcome, woman: bool, age: i32, test: i32, draw: &mut Draw) {
    outcome.loinc = Some("29771-3");
    if draw.chance(140) {
        outcome.result = Some("non_analysable");
        outcome.unreadable = Some(draw.weighted(&[
            ("delai_depasse", 40),
            ("date_absente", 25),
            ("identite_absente", 15),
            ("prelevement_insuffisant", 12),
            ("tube_endommage", 8),
        ]));
        return;
    }
    let share = if woman { 275 } else { 390 } + i64::from(age - 62) * 7;
    let positive = draw.chance(share.max(0).unsigned_abs());
    outcome.result = Some(if positive { "pos" } else { "neg" });
    // Long tails: most negatives lie near nought, most positives near the threshold.
    outcome.fit_tenths = Some(if positive {
        let (far, near) = (draw.below(30_000) + 1, draw.below(30_000) + 1);
        FIT_THRESHOLD_TENTHS + (far * near / 30_000) as i64
    } else {
        let far = draw.below(FIT_THRESHOLD_TENTHS.unsigned_abs()) + 1;
        let nearer = draw.below(far) + 1;
        draw.below(nearer) as i64
    });
    let colonoscopy = not_sunday(test + draw.between(14, 150) as i32);
    if !positive || !draw.chance(8_800) || colonoscopy > PERIOD.1.days() {
        return;
    }
    outcome.colonoscopy = Some(colonoscopy);
    outcome.ccam = Some(draw.weighted(&[("HHQE005", 6), ("HHQE002", 4)]));
    let conclusion = draw.weighted(&[("normale", 45), ("adenome", 47), ("cancer", 8)]);
    outcome.conclusion = Some(conclusion);
    match conclusion {
        "adenome" => outcome.diagnosis = Some(draw.weighted(&[("D12.6", 5), ("D12.5", 3), ("D12.2", 1), ("D12.8", 1)])),
        "cancer" => {
            outcome.diagnosis =
                Some(draw.weighted(&[("C18.7", 38), ("C20", 26), ("C18.2", 16), ("C18.0", 12), ("C18.9", 8)]));
            outcome.stage = Some(draw.weighted(&[("0", 8), ("I", 42), ("II", 22), ("III", 20), ("IV", 8)]));
        }
        _ => {}
    }
}

/// Cytology up to 29, from 30 on the virus first and cytology where it is found.
fn cervix(outcome: &mut Outcome, age: i32, draw: &mut Draw) {
    outcome.ccam = Some("JKHD001");
    outcome.loinc = Some(if age < 30 { "10524-7" } else { "21440-3" });
    if draw.chance(110) {
        outcome.result = Some("non_analysable");
        outcome.unreadable =
            Some(draw.weighted(&[("prelevement_insuffisant", 7), ("flacon_endommage", 2), ("date_absente", 1)]));
        return;
    }
    let virus =
        if age < 30 { None } else { Some(draw.weighted(&[("neg", 890), ("16", 20), ("18", 9), ("autre", 81)])) };
    outcome.hpv = virus;
    let cells: &[(&str, u32)] = match virus {
        None => &[("NILM", 945), ("ASC-US", 26), ("LSIL", 18), ("HSIL", 5), ("ASC-H", 4), ("AGC", 2)],
        Some("16" | "18") => {
            &[("NILM", 50), ("ASC-US", 14), ("LSIL", 14), ("HSIL", 13), ("ASC-H", 5), ("AGC", 2), ("AIS", 2)]
        }
        _ => &[("NILM", 68), ("ASC-US", 13), ("LSIL", 13), ("HSIL", 3), ("ASC-H", 2), ("AGC", 1)],
    };
    if virus != Some("neg") {
        outcome.cytology = Some(draw.weighted(cells));
    }
    let positive = virus.map_or(outcome.cytology != Some("NILM"), |found| found != "neg");
    outcome.result = Some(if positive { "pos" } else { "neg" });
    outcome.diagnosis = match outcome.cytology {
        Some("HSIL" | "ASC-H") if draw.chance(5_500) => {
            Some(draw.weighted(&[("N87.1", 40), ("D06.9", 54), ("C53.9", 6)]))
        }
        Some("AIS") => Some("D06.0"),
        Some("LSIL") if draw.chance(3_000) => Some("N87.0"),
        _ => None,
    };
    outcome.stage = match outcome.diagnosis {
        Some("D06.9" | "D06.0") => Some("0"),
        Some("C53.9") => Some(draw.weighted(&[("I", 72), ("II", 17), ("III", 8), ("IV", 3)])),
        _ => None,
    };
}

fn write_outcome(row: &mut Row, outcome: &Outcome) {
    row.optional(outcome.test, Row::date);
    row.optional(outcome.colonoscopy, Row::date);
    row.optional(outcome.result, Row::code);
    row.optional(outcome.fit_tenths, Row::tenths);
    row.optional(outcome.unreadable, Row::code);
    row.optional(outcome.acr[0], Row::code);
    row.optional(outcome.acr[1], Row::code);
    row.optional(outcome.immediate_workup, Row::boolean);
    row.optional(outcome.hpv, Row::code);
    row.optional(outcome.cytology, Row::code);
    row.optional(outcome.conclusion, Row::code);
    row.optional(outcome.diagnosis, Row::code);
    row.optional(outcome.stage, Row::code);
}
