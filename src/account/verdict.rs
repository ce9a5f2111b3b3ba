//! What the run came to, and the gates that it went through.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::papers::Papers;
use super::shown::{Page, count, each, word};
use crate::words::{Part, Words};

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Released, and its working data destroyed.
    Released,
    /// Released, and waiting: for acknowledgements, or for an operator.
    Waiting,
    /// Released, but its end is not certified.
    NotClosed,
    /// Nothing was released; working data are destroyed.
    Nothing,
    /// Nothing was released, and what became of the working data is not certain.
    Uncertain,
}

impl Verdict {
    /// From the documents of a run.
    #[must_use]
    pub fn of(papers: &Papers) -> Self {
        let destroyed = papers.certificate["working_data_destroyed"].as_bool();
        match (papers.summary.is_null(), destroyed) {
            (false, Some(true)) => Self::Released,
            (false, _) if !papers.summary["waiting"].is_null() || papers.certificate.is_null() => Self::Waiting,
            (false, _) => Self::NotClosed,
            (true, Some(true)) => Self::Nothing,
            (true, _) => Self::Uncertain,
        }
    }

    /// In one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Waiting => "waiting",
            Self::NotClosed => "not-closed",
            Self::Nothing => "nothing",
            Self::Uncertain => "uncertain",
        }
    }

    /// Whether nothing is left to be done about it: what was released and its dossier are all that stands.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Released | Self::Nothing)
    }

    fn tone(self) -> &'static str {
        match self {
            Self::Released => "good",
            Self::Waiting => "warn",
            Self::NotClosed | Self::Nothing | Self::Uncertain => "bad",
        }
    }
}

/// Whether a gate was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// It was.
    Yes,
    /// It was not.
    No,
    /// Something is left to look at, though it stops nothing.
    Look,
    /// The run did not come to it, or the pipeline does not ask for it.
    NotAsked,
}

/// Something that has to hold before records leave, or after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Its name in messages: `run-gate-…`.
    pub name: &'static str,
    /// Whether it holds.
    pub passed: Passed,
    /// Figures for its message.
    figures: Vec<(&'static str, Option<u64>)>,
}

impl Gate {
    fn new(name: &'static str, passed: Passed, figures: &[(&'static str, u64)]) -> Self {
        Self { name, passed, figures: figures.iter().map(|(name, figure)| (*name, Some(*figure))).collect() }
    }

    /// What it found, in a sentence.
    #[must_use]
    pub fn told(&self, words: &Words) -> String {
        if self.passed == Passed::NotAsked {
            return words.say("run-not-asked");
        }
        let shown: Vec<(&str, String)> = self
            .figures
            .iter()
            .map(|(name, figure)| (*name, figure.map_or_else(|| "–".to_owned(), |figure| words.lang.number(figure))))
            .collect();
        let parts: Vec<(&str, Part<'_>)> = shown.iter().map(|(name, figure)| (*name, figure.into())).collect();
        words.tell(&format!("run-gate-{}-told", self.name), &parts)
    }

    /// For a program.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let passed = match self.passed {
            Passed::Yes => "yes",
            Passed::No => "no",
            Passed::Look => "look",
            Passed::NotAsked => "not asked",
        };
        let figures: serde_json::Map<String, Value> =
            self.figures.iter().map(|(name, figure)| ((*name).to_owned(), json!(figure))).collect();
        json!({ "gate": self.name, "passed": passed, "figures": figures })
    }
}

fn held(holds: bool) -> Passed {
    if holds { Passed::Yes } else { Passed::No }
}

/// The gates of a run, in the order in which records meet them.
#[must_use]
pub fn gates(papers: &Papers) -> Vec<Gate> {
    vec![
        input(papers),
        classes(papers),
        evidence(papers),
        tables(papers),
        scanned(papers),
        read_back(papers),
        destroyed(papers),
    ]
}

fn input(papers: &Papers) -> Gate {
    let sum = |key: &str| papers.sources().iter().map(|source| count(&source["records"][key])).sum::<u64>();
    let (read, rejected) = (sum("read"), sum("rejected"));
    let passed = match (papers.summary.is_null(), rejected) {
        (true, _) if papers.findings.is_null() => Passed::NotAsked,
        (true, _) => Passed::No,
        (false, 0) => Passed::Yes,
        (false, _) => Passed::Look,
    };
    let told: Option<u64> = papers.rejected().into_iter().sum();
    Gate { figures: vec![("read", Some(read)), ("rejected", told)], ..Gate::new("input", passed, &[]) }
}

/// Every output has classes of as many persons as it asks for.
fn classes(papers: &Papers) -> Gate {
    let asked = |name: &str| {
        let output = each(&papers.plan["persons"]).find(|output| word(&output["name"]) == name);
        output.map_or(0, |output| count(&output["protect"]["k"]))
    };
    let outputs: Vec<(u64, u64)> = each(&papers.summary["persons"])
        .filter_map(|output| {
            // A dossier without a plan still tells the threshold that risk was measured by.
            let measured = count(&output["protection"]["risk"]["after"]["threshold"]);
            Some((output["smallest_class"].as_u64()?, asked(word(&output["name"])).max(measured)))
        })
        .collect();
    let smallest = outputs.iter().map(|(smallest, _)| *smallest).min().unwrap_or(0);
    let k = outputs.iter().map(|(_, k)| *k).max().unwrap_or(0);
    let passed =
        if outputs.is_empty() { Passed::NotAsked } else { held(outputs.iter().all(|(smallest, k)| smallest >= k)) };
    Gate::new("classes", passed, &[("smallest", smallest), ("k", k)])
}

/// Thresholds of the evidence for singling out, linkability and inference.
fn evidence(papers: &Papers) -> Gate {
    let limited = |output: &&Value| {
        output["evidence"]["thresholds"].as_object().is_some_and(|limits| limits.values().any(|limit| !limit.is_null()))
    };
    let judged: Vec<&Value> = each(&papers.persons).filter(limited).collect();
    let failed: usize = judged.iter().map(|output| each(&output["evidence"]["failed"]).count()).sum();
    let passed = if judged.is_empty() { Passed::NotAsked } else { held(failed == 0) };
    Gate::new("evidence", passed, &[("outputs", judged.len() as u64), ("failed", failed as u64)])
}

fn tables(papers: &Papers) -> Gate {
    let cells: u64 = each(&papers.summary["tables"]).map(|table| count(&table["cells"])).sum();
    let known = count(&papers.summary["cells_unprotected"]);
    let passed = match (cells, known) {
        (0, _) => Passed::NotAsked,
        (_, 0) => Passed::Yes,
        _ => Passed::Look,
    };
    Gate::new("tables", passed, &[("cells", cells), ("known", known)])
}

fn scanned(papers: &Papers) -> Gate {
    let scan = if papers.scan.is_null() { &papers.summary["leak_scan"] } else { &papers.scan };
    let cells: u64 = each(&scan["columns"]).map(|column| count(&column["cells"])).sum();
    let passed = scan["leaks"].as_bool().map_or(Passed::NotAsked, |leaks| held(!leaks));
    Gate::new("scan", passed, &[("cells", cells)])
}

/// Files were read back before they had their names: a run without that has no summary.
fn read_back(papers: &Papers) -> Gate {
    let files = each(&papers.certificate["released"]).count().max(each(&papers.summary["sealed"]).count());
    let passed = if papers.summary.is_null() { Passed::NotAsked } else { Passed::Yes };
    Gate::new("read-back", passed, &[("files", files as u64)])
}

fn destroyed(papers: &Papers) -> Gate {
    let passed = papers.certificate["working_data_destroyed"].as_bool().map_or(Passed::NotAsked, held);
    Gate::new("destroyed", passed, &[("stores", count(&papers.summary["vault"]["stores"]))])
}

/// The head of the page.
pub(super) fn head(page: &Page<'_>) -> Markup {
    let verdict = Verdict::of(page.papers);
    let facts = [
        ("legal-basis", page.papers.fact("legal_basis", "/pipeline/legal_basis")),
        ("purpose", page.papers.fact("purpose", "/pipeline/purpose")),
        ("policy", page.papers.fact("policy", "/pipeline/policy")),
        ("run", page.papers.fact("run", "/run")),
        ("started", word(&page.papers.certificate["started"])),
        ("operator", word(&page.papers.certificate["operator"]["name"])),
    ];
    html! {
        p class=(format!("verdict {}", verdict.tone())) { (page.say(&format!("run-verdict-{}", verdict.word()))) }
        dl.facts {
            @for (key, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_empty()) {
                div { dt { (page.say(&format!("run-{key}"))) } dd { (fact) } }
            }
        }
        (gates_shown(page))
    }
}

fn gates_shown(page: &Page<'_>) -> Markup {
    html! {
        ul.gates {
            @for gate in gates(page.papers) {
                @let (mark, tone, state) = match gate.passed {
                    Passed::Yes => ("✓", "good", "run-passed"),
                    Passed::No => ("✗", "bad", "run-failed"),
                    Passed::Look => ("!", "warn", "run-look"),
                    Passed::NotAsked => ("–", "soft", "run-not-asked"),
                };
                li class=(tone) {
                    span.mark aria-hidden="true" { (mark) }
                    div {
                        strong { (page.say(&format!("run-gate-{}", gate.name))) }
                        " " span.hidden { (page.say(state)) }
                        p.soft { (gate.told(page.words)) }
                    }
                }
            }
        }
    }
}
