//! `consultation_prevention`: once in each age band, 18–25, 45–50, 60–65, 70–75.

use super::dataset::{Dataset, Event};
use super::date::{Date, not_sunday};
use super::draw::{Draw, Permutation, Purpose, mix, mix_below};
use super::person::{PERIOD, Person, World, record_ids, write_finess, write_key, write_rpps};
use super::row::Row;

/// First and last age of the bands (*Mon bilan prévention*).
pub(super) const BANDS: [(i32, i32); 4] = [(18, 25), (45, 50), (60, 65), (70, 75)];

pub(super) struct Consultations {
    ids: Permutation,
}

impl Consultations {
    pub(super) fn new(seed: u64) -> Self {
        Self { ids: record_ids(seed, Purpose::Consultation) }
    }
}

/// What was measured and asked, so that one answer can depend on another.
struct Findings {
    height_tenths: i64,
    weight_tenths: i64,
    systolic: i64,
    diastolic: i64,
    smoking: &'static str,
    audit_c: i64,
    activity: i64,
    phq2: i64,
    violence: bool,
}

impl Dataset for Consultations {
    const NAME: &'static str = "consultation_prevention";
    const FIELDS: &'static [&'static str] = &[
        "matricule_ins",
        "nom_naissance",
        "prenoms",
        "adresse_detaillee",
        "telephone",
        "courriel",
        "rpps_effecteur",
        "commentaire_libre",
        "date_naissance",
        "sexe",
        "commune_residence",
        "code_postal",
        "date_consultation",
        "pcs",
        "taille_cm",
        "poids_kg",
        "pas_mmhg",
        "pad_mmhg",
        "tabac",
        "audit_c",
        "activite_min_semaine",
        "score_phq2",
        "violences_reperees",
        "vaccins_a_jour",
        "depistages_a_jour",
        "id_enregistrement",
        "finess_structure",
        "profession",
        "autoquestionnaire",
        "orientation",
        "plan_remis",
        "opposition",
        "date_information",
    ];
    const PURPOSE: Purpose = Purpose::Consultation;
    type Subject = Person;

    fn subjects(&self, world: &World) -> u64 {
        world.adults()
    }

    fn plan(&self, world: &World, index: u64, events: &mut Vec<Event>) -> Option<Person> {
        let outline = world.adult(index)?;
        let birth = outline.birth.date;
        let before = events.len();
        // Six in ten go whenever they are invited, the others seldom.
        let willing = mix_below(mix(world.seed ^ mix(index)).rotate_left(41), 10) < 6;
        let share = if willing { 92 } else { 17 };
        for (band, (first_age, last_age)) in (0u8..).zip(BANDS) {
            let first = birth.birthday(first_age).max(PERIOD.0.days());
            let last = (birth.birthday(last_age + 1) - 1).min(PERIOD.1.days());
            let chance = mix(world.seed ^ mix(index * 4 + u64::from(band)).rotate_left(9));
            // In proportion to how much of the band lies within the period
            let open = u64::from((last - first).max(0).unsigned_abs()).min(2_000);
            if open == 0 || mix_below(chance, 2_000 * 100) >= open * share {
                continue;
            }
            let day = first + mix_below(chance ^ 1, u64::from((last - first).unsigned_abs())) as i32;
            let day = if not_sunday(day) > last { day } else { not_sunday(day) };
            events.push(Event { record: band, kind: band, day });
        }
        (events.len() > before).then(|| Person::new(outline, world.seed, index))
    }

    fn fill(&self, row: &mut Row, index: u64, person: &Person, event: Event, draw: &mut Draw) {
        let age = person.outline.birth.date.age_on(Date::of_days(event.day));
        let found = findings(person.outline.woman, age, draw);
        identity(row, person, event, draw);
        row.date(event.day);
        row.optional(pcs_at(person, age), |row, group| row.int(group.into()));
        health(row, &found, age, draw);
        write_key(row, b"CP-", &self.ids, index, event.record);
        circumstances(row, person, &found, event, draw);
    }

    fn break_rule(&self, row: &mut Row, _: &mut Draw) {
        // The lower pressure above the higher one
        row.replace(16, b"80");
        row.replace(17, b"120");
    }
}

/// Pensioners from 64 on, students up to 22, else the group of the person.
fn pcs_at(person: &Person, age: i32) -> Option<u8> {
    person.pcs.map(|group| match age {
        ..=22 if group != 6 => 8,
        64.. => 7,
        _ => group,
    })
}

fn identity(row: &mut Row, person: &Person, event: Event, draw: &mut Draw) {
    row.put(person.outline.nir.as_bytes()).close();
    row.text(&person.surname);
    row.text(&person.forenames);
    row.text(&person.address);
    row.optional(person.telephone.as_deref(), Row::text);
    row.optional(person.email.as_deref(), Row::text);
    write_rpps(row, person.home, draw.below(600));
    row.text(&comment(person, event, draw));
    person.outline.birth.write(row);
    row.code(person.outline.sexe);
    row.code(person.home.code);
    row.optional(draw.chance(9_900).then_some(person.home.postcode), Row::code);
}

/// Free text as it is: with names, telephone numbers, quotes, commas and line breaks in it.
fn comment(person: &Person, event: Event, draw: &mut Draw) -> String {
    let name = &person.surname;
    match draw.below(40) {
        0 => "RAS".to_owned(),
        1 => "Revoir le carnet de vaccination.\nRappel proposé en octobre.".to_owned(),
        2 => format!("{name} signale une fatigue, un sommeil court ; à revoir."),
        3 => "Dit : \"je fume moins, mais pas le week-end\".".to_owned(),
        4 => format!("Vu(e) avec sa sœur, {}.\r\n- bilan sanguin\r\n- contrôle de la tension", person.home.name),
        5 => match &person.telephone {
            Some(telephone) => format!("Rappeler au {telephone}, après 18 h ; demander \"{}\".", person.forenames),
            None => "Pas de téléphone, écrire.".to_owned(),
        },
        6 => format!("Né(e) {} ; prochain rendez-vous dans {} mois.", name, 1 + event.day.rem_euclid(12)),
        7 => "Souhaite arrêter le tabac, orienté vers Tabac info service (39 89)".to_owned(),
        _ => String::new(),
    }
}

/// Body mass grows with age, pressure with both, drinking with smoking, low mood with violence.
fn findings(woman: bool, age: i32, draw: &mut Draw) -> Findings {
    let years = f64::from(age - 18);
    let (mean, spread) = if woman { (163.2, 6.4) } else { (176.4, 7.0) };
    let height = (mean - 0.05 * years + spread * draw.normal()).clamp(138.0, 208.0);
    let z = draw.normal();
    // Skewed to the right, as body mass is
    let mass = (22.3 + 0.085 * years.min(45.0) + 3.6 * z + 0.9 * z * z).clamp(15.5, 55.0);
    let weight = mass * (height / 100.0) * (height / 100.0);
    let systolic = (106.0 + 0.42 * years + 0.85 * (mass - 23.0) + if woman { 0.0 } else { 5.0 } + 11.5 * draw.normal())
        .clamp(82.0, 215.0);
    let diastolic = (0.42 * systolic + 23.0 + 5.5 * draw.normal()).clamp(45.0, systolic - 18.0);
    let smoking = if age >= 60 {
        draw.weighted(&[("0", 48), ("1", 38), ("2", 14)])
    } else {
        draw.weighted(&[("0", 50), ("1", 22), ("2", 28)])
    };
    let thirst = 2.4 + if woman { -0.7 } else { 0.6 } + if smoking == "2" { 1.3 } else { 0.0 };
    let audit_c = (thirst + 2.1 * draw.normal()).clamp(0.0, 12.0);
    let activity = (185.0 - 0.9 * years - 4.0 * (mass - 23.0) + 110.0 * draw.normal()).clamp(0.0, 900.0);
    let violence = draw.chance(if woman { 620 } else { 230 });
    let mood = draw.weighted(&[(0, 46), (1, 22), (2, 19), (3, 7), (4, 3), (5, 2), (6, 1)]);
    Findings {
        // Half centimetres
        height_tenths: (height * 2.0).round() as i64 * 5,
        weight_tenths: (weight * 10.0).round() as i64,
        systolic: systolic.round() as i64,
        diastolic: diastolic.round() as i64,
        smoking,
        audit_c: audit_c.round() as i64,
        activity: (activity / 10.0).round() as i64 * 10,
        phq2: if violence { (mood + 2i64).min(6) } else { mood },
        violence,
    }
}

fn health(row: &mut Row, found: &Findings, age: i32, draw: &mut Draw) {
    let measured = draw.chance(9_800);
    row.optional(measured.then_some(found.height_tenths), Row::tenths);
    row.optional(measured.then_some(found.weight_tenths), Row::tenths);
    let pressure = draw.chance(9_700);
    row.optional(pressure.then_some(found.systolic), Row::int);
    row.optional(pressure.then_some(found.diastolic), Row::int);
    row.optional(draw.chance(9_900).then_some(found.smoking), Row::code);
    row.optional(draw.chance(9_500).then_some(found.audit_c), Row::int);
    row.optional(draw.chance(9_400).then_some(found.activity), Row::int);
    row.optional(draw.chance(9_500).then_some(found.phq2), Row::int);
    row.optional(draw.chance(9_000).then_some(found.violence), Row::boolean);
    let vaccinated = draw.chance(if age >= 60 { 5_800 } else { 6_900 });
    row.optional(draw.chance(9_600).then_some(vaccinated), Row::boolean);
    let screened = draw.chance(if age >= 45 { 5_600 } else { 7_400 });
    row.optional(draw.chance(9_300).then_some(screened), Row::boolean);
}

fn circumstances(row: &mut Row, person: &Person, found: &Findings, event: Event, draw: &mut Draw) {
    row.optional(draw.chance(9_700).then(|| draw.below(120)), |row, number| write_finess(row, person.home, number));
    let midwife = if person.outline.woman { 9 } else { 0 };
    row.code(draw.weighted(&[
        ("medecin", 52),
        ("infirmier", 22),
        ("pharmacien", 17),
        ("kine", 4),
        ("sage_femme", midwife),
    ]));
    row.boolean(draw.chance(7_200));
    let mass = found.weight_tenths * 100_000 / (found.height_tenths * found.height_tenths);
    row.code(match draw.below(10) {
        0 => "aucune",
        _ if found.phq2 >= 3 => "psy",
        _ if found.audit_c >= 8 => "addicto",
        _ if mass >= 350 => "specialiste",
        _ if found.systolic >= 140 => "mt",
        1 => "mt",
        _ => "aucune",
    });
    row.boolean(draw.chance(8_800));
    row.boolean(draw.chance(150));
    // Informed on the day, or when the appointment was made
    let before = if draw.chance(4_000) { 0 } else { draw.between(1, 42) };
    row.optional(draw.chance(9_850).then_some(event.day - before as i32), Row::date);
}
