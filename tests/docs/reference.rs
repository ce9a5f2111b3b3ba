//! Pages of the reference, made of what the program says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use serde_json::{Map, Value};
use tamis::schema::Role;

use super::project;

/// A language of the reference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    En,
    Fr,
}

impl Lang {
    fn code(self) -> &'static str {
        self.of("en", "fr")
    }

    fn of<T>(self, english: T, french: T) -> T {
        if self == Self::En { english } else { french }
    }
}

/// What a generated page begins with.
const MADE: &str = "<!-- Made of the program: TAMIS_REWRITE_DOCS=1 cargo test --test docs -->\n\n";

/// Every generated page by its path in the project.
pub fn pages() -> BTreeMap<String, String> {
    let mut all = BTreeMap::from([("docs/src/reference/commands.md".to_owned(), MADE.to_owned() + &commands())]);
    for lang in [Lang::En, Lang::Fr] {
        let codes = codes(lang);
        let made = [
            ("roles", roles(lang)),
            ("findings", explained(lang, &codes, "finding", &FINDINGS) + &explained(lang, &codes, "remark", &REMARKS)),
            ("problems", explained(lang, &codes, "pipeline", &PROBLEMS)),
            ("exit-codes", explained(lang, &codes, "exit", &EXITS)),
            ("pipeline", pipeline(lang)),
        ];
        for (name, text) in made {
            all.insert(format!("docs/src/{}reference/{name}.md", lang.of("", "fr/")), MADE.to_owned() + &text);
        }
    }
    all
}

fn told(words: &[&str]) -> String {
    let done = super::tamis().args(words).output().unwrap();
    assert!(done.status.success(), "{words:?}");
    String::from_utf8(done.stdout).unwrap()
}

fn json(words: &[&str]) -> Value {
    serde_json::from_str(&told(words)).unwrap()
}

// --- Commands ---

/// The help of every command, without the options that all have.
fn commands() -> String {
    fn below(words: &[String], out: &mut String) {
        let mut line: Vec<&str> = words.iter().map(String::as_str).collect();
        line.push("--help");
        let help = told(&line);
        let inner = subcommands(&help);
        if inner.is_empty() {
            let common = help.find("      --format <FORMAT>").unwrap();
            let own: Vec<&str> =
                help[..common].trim_end().trim_end_matches("Options:").lines().map(str::trim_end).collect();
            let own = own.join("\n");
            let own = own.trim_end();
            let _ = write!(out, "## tamis {}\n\n```text\n{own}\n```\n\n", words.join(" "));
        }
        for name in inner {
            below(&[words, &[name]].concat(), out);
        }
    }
    let help = told(&["--help"]);
    let common = &help[help.find("Options:").unwrap()..help.find("Exit codes:").unwrap()];
    let mut out = format!(
        "# Commands\n\nEvery command with its arguments and options, as `--help` tells them. All commands have these besides:\n\n```text\n{}\n```\n\n",
        common.trim_end()
    );
    below(&[], &mut out);
    out.trim_end().to_owned() + "\n"
}

fn subcommands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next().map(str::to_owned));
    names.filter(|name| name != "help").collect()
}

// --- Roles ---

/// Every role: a new one does not compile until it stands here.
fn role_after(role: Option<Role>) -> Option<Role> {
    match role {
        None => Some(Role::DirectIdentifier),
        Some(Role::DirectIdentifier) => Some(Role::SubjectIdentifier),
        Some(Role::SubjectIdentifier) => Some(Role::QuasiIdentifier),
        Some(Role::QuasiIdentifier) => Some(Role::Sensitive),
        Some(Role::Sensitive) => Some(Role::Other),
        Some(Role::Other) => None,
    }
}

/// What a role is for, beside what the program says of it.
fn examples(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::DirectIdentifier => lang.of(
            "name, forename, address, telephone, e-mail, numbers of professionals, free text that may name people",
            "nom, prénom, adresse, téléphone, courriel, numéros de professionnels, texte libre qui peut nommer quelqu'un",
        ),
        Role::SubjectIdentifier => lang.of("NIR, INS, a patient's number", "NIR, INS, numéro de patient"),
        Role::QuasiIdentifier => {
            lang.of("sex, date of birth, commune, dates of care", "sexe, date de naissance, commune, dates de soins")
        }
        Role::Sensitive => lang.of("results, diagnoses, habits", "résultats, diagnostics, habitudes"),
        Role::Other => lang.of("number of the record, form of the questionnaire", "numéro de l'enregistrement, forme du questionnaire"),
    }
}

fn roles(lang: Lang) -> String {
    let words = fs::read_to_string(project().join(format!("src/words/{}.ftl", lang.code()))).unwrap();
    let mut out = lang.of(
        "# Roles\n\nEvery field of a schema has a role, `tamis:role`: what it means for privacy. `tamis schema infer` proposes roles, a person decides; a pipeline\nrefuses a schema in which one is missing.\n\n| role | what it says | may leave | for instance |\n|---|---|---|---|\n",
        "# Rôles\n\nChaque champ d'un schéma a un rôle, `tamis:role` : ce qu'il signifie pour la vie privée. `tamis schema infer` propose des rôles, une personne décide ; un\npipeline refuse un schéma où il en manque un.\n\n| rôle | ce qu'il dit | peut sortir | par exemple |\n|---|---|---|---|\n",
    ).to_owned();
    let mut role = role_after(None);
    while let Some(this) = role {
        let key = format!("role-{this} = ");
        let said = words.lines().find_map(|line| line.strip_prefix(&key)).expect("words for the role");
        let leaves = match this {
            Role::SubjectIdentifier => lang.of("never; a pseudonym in its place", "jamais ; à sa place un pseudonyme"),
            _ if this.never_leaves() => lang.of("never", "jamais"),
            Role::Sensitive => lang.of("if `[[keep]]` names it and says why", "si `[[keep]]` le nomme et dit pourquoi"),
            _ => lang.of("if `[[keep]]` names it", "si `[[keep]]` le nomme"),
        };
        let _ = writeln!(out, "| `{this}` | {said} | {leaves} | {} |", examples(this, lang));
        role = role_after(role);
    }
    out
}

// --- Codes ---

/// Heading and introduction of a kind of code, in English and French.
type Heads = [(&'static str, &'static str); 2];

const FINDINGS: Heads = [
    ("# Findings and remarks", "What `tamis validate` finds in files. `tamis explain CODE` tells the same."),
    (
        "# Constats et remarques",
        "Ce que `tamis validate` trouve dans des fichiers. `tamis explain CODE` le dit aussi. Les exemples sont en anglais, comme dans le programme.",
    ),
];

const REMARKS: Heads = [
    ("## Remarks about schemas", "What `tamis schema lint` says of a schema; places and names are examples."),
    ("## Remarques sur des schémas", "Ce que `tamis schema lint` dit d'un schéma ; places et noms sont des exemples."),
];

const PROBLEMS: Heads = [
    (
        "# Problems of a pipeline file",
        "What `tamis config check`, and every command that reads a pipeline, may say of it.",
    ),
    (
        "# Problèmes d'un fichier de pipeline",
        "Ce que `tamis config check`, et toute commande qui lit un pipeline, peut en dire. Les exemples sont en anglais, comme dans le programme.",
    ),
];

const EXITS: Heads = [
    ("# Exit codes", "What a command ends with, for scripts and services."),
    ("# Codes de sortie", "Ce par quoi une commande se termine, pour les scripts et les services."),
];

fn codes(lang: Lang) -> Vec<Map<String, Value>> {
    let Value::Array(all) = json(&["--format", "json", "--lang", lang.code(), "explain"])["codes"].take() else {
        panic!("no list of codes")
    };
    all.into_iter().map(|code| code.as_object().unwrap().clone()).collect()
}

fn explained(lang: Lang, codes: &[Map<String, Value>], kind: &str, heads: &Heads) -> String {
    let (head, intro) = lang.of(heads[0], heads[1]);
    let mut out = format!("{head}\n\n{intro}\n\n");
    for code in codes.iter().filter(|code| code["kind"] == kind) {
        let text = |key: &str| code[key].as_str().unwrap();
        let cause = sentence(text("cause"));
        let (why, fix) = (sentence(text("why")), sentence(text("fix")));
        let _ = write!(
            out,
            "### {}\n\n{cause} {why}\n\n→ {fix}\n\n```text\n{}\n```\n\n",
            text("code"),
            indented(text("example"))
        );
    }
    out.trim_end().to_owned() + "\n\n"
}

/// With a capital letter first, unless it is a command or a place.
fn sentence(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let text = escaped(text);
    let first = first.trim_end_matches([';', ',', '.']);
    if first == "tamis" || !first.chars().all(|c| c.is_alphabetic() || c == '\'') {
        return text;
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |letter| letter.to_uppercase().chain(letters).collect())
}

/// Words between angle brackets or `[[…]]` stay as they are.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace("[[", "\\[\\[")
}

/// Examples may begin with a command, which nobody types from here.
fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}").trim_end().to_owned()).collect();
    lines.join("\n")
}

// --- Keys of a pipeline ---

/// A place in the file at which a kind of section stands.
struct Place {
    path: String,
    heading: String,
}

fn pipeline(lang: Lang) -> String {
    let schema = json(&["--lang", lang.code(), "config", "schema"]);
    let meanings = meanings();
    let mut places: Vec<(String, Vec<Place>)> = Vec::new();
    for (name, section) in schema["properties"].as_object().unwrap() {
        visit(&schema, section, name, &mut places);
    }
    let shown: BTreeMap<&str, BTreeSet<&str>> = places
        .iter()
        .map(|(kind, _)| {
            let keys = schema["$defs"][kind]["properties"].as_object().unwrap();
            (kind.as_str(), keys.keys().map(String::as_str).collect())
        })
        .collect();
    let written =
        meanings.iter().map(|(kind, keys)| (kind.as_str(), keys.keys().map(String::as_str).collect())).collect();
    assert_eq!(shown, written, "docs/pipeline-keys.toml has the keys of the program");
    let defaults = defaults();
    let mut out = lang.of(
        "# Keys of a pipeline\n\nA pipeline is a TOML file. `[section]` stands once, `[[section]]` any number of times. An unknown key is refused. A default is what holds where the key is\nleft out; `tamis config show FILE` tells the values of a file, `tamis config schema` writes this as a JSON Schema for editors.\n\n",
        "# Clés d'un pipeline\n\nUn pipeline est un fichier TOML. `[section]` figure une fois, `[[section]]` autant de fois qu'il faut. Une clé inconnue est refusée. Une valeur par défaut vaut quand la clé\nmanque ; `tamis config show FICHIER` dit les valeurs d'un fichier, `tamis config schema` écrit ceci comme JSON Schema pour les éditeurs.\n\n",
    ).to_owned();
    for (kind, places) in &places {
        let headings: Vec<&str> = places.iter().map(|place| place.heading.as_str()).collect();
        let _ = write!(out, "## {}\n\n", headings.join(", "));
        if let Some(said) = schema["properties"][&places[0].path]["description"].as_str() {
            let _ = write!(out, "{said}\n\n");
        }
        out.push_str(lang.of(
            "| key | kind | meaning | default |\n|---|---|---|---|\n",
            "| clé | genre | sens | défaut |\n|---|---|---|---|\n",
        ));
        for (key, form) in schema["$defs"][kind]["properties"].as_object().unwrap() {
            let (english, french) = &meanings[kind][key];
            let of_place = places.iter().find_map(|place| defaults.get(&format!("{}.{key}", place.path)));
            let default = of_place.map_or(String::new(), |value| format!("`{value}`"));
            let meaning = lang.of(english, french).replace('|', "\\|");
            let _ = writeln!(out, "| `{key}` | {} | {meaning} | {default} |", kind_of(form, lang));
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

/// Finds the sections that hold keys, each after the one it stands in.
fn visit(schema: &Value, form: &Value, path: &str, places: &mut Vec<(String, Vec<Place>)>) {
    let many = form["type"] == "array";
    let Some((kind, path)) = section_of(form, path) else { return };
    let heading = if many { format!("`[[{path}]]`") } else { format!("`[{path}]`") };
    let place = Place { path: path.clone(), heading };
    if let Some((_, known)) = places.iter_mut().find(|(k, _)| *k == kind) {
        known.push(place);
        return;
    }
    places.push((kind.clone(), vec![place]));
    for (key, form) in schema["$defs"][&kind]["properties"].as_object().unwrap() {
        visit(schema, form, &format!("{path}.{key}"), places);
    }
}

/// The kind of section that a form is or holds, and its path.
fn section_of(form: &Value, path: &str) -> Option<(String, String)> {
    let named = |form: &Value| form["$ref"].as_str().map(|r| r.trim_start_matches("#/$defs/").to_owned());
    let one_of = |form: &Value| form["anyOf"].as_array().and_then(|forms| forms.iter().find_map(named));
    if let Some(kind) = named(form).or_else(|| named(&form["items"])).or_else(|| one_of(form)) {
        return Some((kind, path.to_owned()));
    }
    named(&form["additionalProperties"]).map(|kind| (kind, format!("{path}.COLUMN")))
}

fn kind_of(form: &Value, lang: Lang) -> String {
    if let Some(words) = form["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_str().unwrap())).collect();
        return words.join(" ");
    }
    if form.get("$ref").is_some() {
        return lang.of("section", "section").to_owned();
    }
    if let Some(forms) = form["anyOf"].as_array() {
        let all: Vec<String> = forms.iter().map(|form| kind_of(form, lang)).collect();
        return all.join(lang.of(" or ", " ou "));
    }
    match &form["type"] {
        Value::String(word) => match word.as_str() {
            "string" => lang.of("text", "texte").to_owned(),
            "integer" => lang.of("whole number", "nombre entier").to_owned(),
            "number" => lang.of("number", "nombre").to_owned(),
            "boolean" => lang.of("yes or no", "oui ou non").to_owned(),
            "array" if form["items"].get("$ref").is_some() => lang.of("sections", "sections").to_owned(),
            "array" => format!("{}: {}", lang.of("list", "liste"), kind_of(&form["items"], lang))
                .replace(": ", lang.of(" of ", " de ")),
            "object" => lang.of("table", "table").to_owned(),
            other => panic!("no word for {other}"),
        },
        // Whatever is written as a text, a number or a word; `true` is never meant.
        Value::Array(_) => lang.of("text or number", "texte ou nombre").to_owned(),
        _ => panic!("no kind: {form}"),
    }
}

/// What keys mean, by kind of section and key, in English and French.
fn meanings() -> BTreeMap<String, BTreeMap<String, (String, String)>> {
    let text = fs::read_to_string(project().join("docs/pipeline-keys.toml")).unwrap();
    toml::from_str(&text).expect("two texts for each key")
}

/// Defaults that do not depend on the file: those that all pipelines of the project have in common.
fn defaults() -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in fs::read_dir(project().join("pipelines")).unwrap().map(|entry| entry.unwrap().path()) {
        for value in json(&["--format", "json", "config", "show", file.to_str().unwrap()])["values"].as_array().unwrap()
        {
            if value["line"].is_null() {
                let key = value["key"].as_str().unwrap();
                let plain: String =
                    key.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
                found.entry(plain).or_default().insert(value["value"].to_string());
            }
        }
    }
    let single = found.into_iter().filter(|(_, values)| values.len() == 1);
    let plain = single.map(|(key, values)| (key, values.into_iter().next().unwrap()));
    plain.filter(|(key, _)| !key.starts_with("persons.columns")).collect()
}
