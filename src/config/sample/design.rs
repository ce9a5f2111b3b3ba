//! Which design it is, and what it needs.

use std::ops::Range;

use crate::config::spanned::Spanned;

use super::super::form::Entry;
use super::super::model::{AllocationRule, Design, Power, SampleSize, UnequalMethod};
use super::super::problem::{Known, Problem};
use super::super::raw::RawSample;
use super::super::read::Reader;
use super::{count_or_rate, names, rate_of, rate_or_size, size_of};

/// Designs, and the keys that belong to each besides those of every design.
const DESIGNS: [(&str, &[&str]); 16] = [
    ("bernoulli", &["rate"]),
    ("stratified", &["rate", "size", "at_least", "allocation", "of", "power", "stratum"]),
    ("minimum", &["rate", "at_least"]),
    ("panel", &["rate", "size", "campaign", "rotation", "stratum"]),
    ("systematic", &["rate", "size", "order", "stratum"]),
    ("poisson", &["rate", "size", "proportional_to", "stratum"]),
    ("sequential-poisson", &["rate", "size", "proportional_to", "stratum"]),
    ("pareto", &["rate", "size", "proportional_to", "stratum"]),
    ("systematic-pps", &["rate", "size", "proportional_to", "order", "stratum"]),
    ("conditional-poisson", &["rate", "size", "proportional_to", "stratum"]),
    ("sampford", &["rate", "size", "proportional_to", "stratum"]),
    ("pivotal", &["rate", "size", "proportional_to", "stratum"]),
    ("cube", &["rate", "size", "proportional_to", "balance", "stratum"]),
    ("clusters", &["cluster", "clusters"]),
    ("two-stage", &["cluster", "clusters", "within"]),
    ("two-phase", &["rate", "size", "second"]),
];

/// The designs there are.
pub(in crate::config) fn designs() -> [&'static str; 16] {
    DESIGNS.map(|(design, _)| design)
}

/// Other words for designs that exist.
const ALSO: [(&str, &str); 6] = [
    ("simple", "Write \"stratified\" without strata: one stratum is a simple random sample."),
    ("srs", "Write \"stratified\" without strata: one stratum is a simple random sample."),
    ("pps", "Write \"pareto\", \"systematic-pps\", \"conditional-poisson\", \"sampford\" or \"pivotal\"."),
    ("balanced", "Write \"cube\"."),
    ("cluster", "Write \"clusters\"."),
    ("multistage", "Write \"two-stage\"."),
];

const QUOTA: &str = "Under quotas whoever collects chooses, so that nobody knows the chance of a person to be in the sample: \
                     there are no weights and no margin of error, and the law asks for a rule that can be checked. Write \
                     \"stratified\" with the same cells as strata, or \"cube\" with the quotas as balance.";

/// The design. `None` comes with a problem.
pub(super) fn design(reader: &mut Reader<'_>, entry: &Entry<RawSample>) -> Option<Design> {
    let why = "Write \"stratified\", or another design that `tamis config schema` lists, such as \"bernoulli\", \"pareto\" or \"cube\"";
    let written = reader.required_text(&entry.raw.design, entry, ("[sample]", "design"), why)?;
    let word = written.get_ref().as_str();
    if word == "quota" {
        reader.report(written.span(), Problem::Quota { why: QUOTA });
        return None;
    }
    if let Some((_, instead)) = ALSO.iter().find(|(other, _)| *other == word) {
        reader.report(written.span(), Problem::OtherWord { key: "design", word: word.to_owned(), instead });
        return None;
    }
    let Some((name, keys)) = DESIGNS.iter().find(|(name, _)| *name == word) else {
        let known = Known::new(word, DESIGNS.iter().map(|(name, _)| *name));
        reader.report(written.span(), Problem::UnknownWord { key: "design", word: word.to_owned(), known });
        return None;
    };
    strays(reader, &entry.raw, name, keys);
    let form = Form { entry, raw: &entry.raw };
    match *name {
        "bernoulli" => {
            let rate = form.rate(reader)?;
            form.no_strata(reader)?;
            Some(Design::Bernoulli { rate })
        }
        "stratified" => form.stratified(reader),
        "minimum" => {
            let rate = form.rate(reader);
            let why = "Write the fewest units of a stratum: at_least = 1000. A smaller stratum is taken whole.";
            let least = reader.required(&form.raw.at_least, entry, ("[sample]", "at_least"), why);
            Some(Design::Stratified { size: SampleSize::Rate(rate?), at_least: *least?.get_ref() })
        }
        "panel" => form.panel(reader),
        "systematic" => Some(Design::Systematic { size: form.size(reader)?, order: names(&form.raw.order) }),
        "poisson" => form.unequal(reader, UnequalMethod::Poisson),
        "sequential-poisson" => form.unequal(reader, UnequalMethod::SequentialPoisson),
        "pareto" => form.unequal(reader, UnequalMethod::Pareto),
        "systematic-pps" => form.unequal(reader, UnequalMethod::Systematic),
        "conditional-poisson" => form.unequal(reader, UnequalMethod::ConditionalPoisson),
        "sampford" => form.unequal(reader, UnequalMethod::Sampford),
        "pivotal" => form.unequal(reader, UnequalMethod::Pivotal),
        "cube" => form.balanced(reader),
        "clusters" => form.clusters(reader, false),
        "two-stage" => form.clusters(reader, true),
        _ => form.two_phase(reader),
    }
}

/// Keys that another design would understand are refused, so that no rule is silently left out.
fn strays(reader: &mut Reader<'_>, raw: &RawSample, design: &'static str, keys: &[&str]) {
    let span = |key: &'static str, at: Option<Range<usize>>| at.map(|at| (key, at));
    let written = [
        span("rate", raw.rate.as_ref().map(Spanned::span)),
        span("size", raw.size.as_ref().map(Spanned::span)),
        span("at_least", raw.at_least.as_ref().map(Spanned::span)),
        span("allocation", raw.allocation.as_ref().map(Spanned::span)),
        span("of", raw.of.as_ref().map(Spanned::span)),
        span("power", raw.power.as_ref().map(Spanned::span)),
        span("proportional_to", raw.proportional_to.as_ref().map(Spanned::span)),
        span("order", raw.order.as_ref().map(Spanned::span)),
        span("balance", raw.balance.as_ref().map(Spanned::span)),
        span("cluster", raw.cluster.as_ref().map(Spanned::span)),
        span("clusters", raw.clusters.as_ref().map(Spanned::span)),
        span("within", raw.within.as_ref().map(Spanned::span)),
        span("second", raw.second.as_ref().map(Spanned::span)),
        span("campaign", raw.campaign.as_ref().map(Spanned::span)),
        span("rotation", raw.rotation.as_ref().map(Spanned::span)),
        span("stratum", raw.stratum.as_ref().and_then(|l| l.get_ref().first()).map(Spanned::span)),
    ];
    for (key, at) in written.into_iter().flatten().filter(|(key, _)| !keys.contains(key)) {
        let why = "the key means nothing for this design.";
        reader.report(at, Problem::Conflict { key, other: design, why });
    }
}

struct Form<'a> {
    entry: &'a Entry<RawSample>,
    raw: &'a RawSample,
}

impl Form<'_> {
    fn rate(&self, reader: &mut Reader<'_>) -> Option<super::super::model::Rate> {
        let why = "Write the rate: rate = \"1/10\".";
        reader.required(&self.raw.rate, self.entry, ("[sample]", "rate"), why)?;
        rate_of(reader, &self.raw.rate, "rate")
    }

    fn size(&self, reader: &mut Reader<'_>) -> Option<SampleSize> {
        rate_or_size(reader, &self.raw.rate, &self.raw.size, ("[sample]", self.entry.span.clone()))
    }

    fn no_strata(&self, reader: &mut Reader<'_>) -> Option<()> {
        let Some(strata) = &self.raw.strata else { return Some(()) };
        let why = "a Bernoulli sample draws everyone alone with the same chance, whatever the stratum.";
        reader.report(strata.span(), Problem::Conflict { key: "strata", other: "bernoulli", why });
        None
    }

    fn stratified(&self, reader: &mut Reader<'_>) -> Option<Design> {
        let at_least = self.raw.at_least.as_ref().map_or(0, |n| *n.get_ref());
        if self.raw.allocation.is_none() {
            let of = self.raw.of.as_ref().map(Spanned::span);
            for span in [of, self.raw.power.as_ref().map(Spanned::span)].into_iter().flatten() {
                let why = "Write how the size is divided: allocation = \"neyman\".";
                reader.report(span, Problem::MissingKey { section: "[sample]", key: "allocation", why });
            }
            // Every stratum may have a size of its own.
            let all_named = self.raw.rate.is_none() && self.raw.size.is_none() && self.raw.stratum.is_some();
            let size = if all_named { SampleSize::Size(0) } else { self.size(reader)? };
            return Some(Design::Stratified { size, at_least });
        }
        let rule = self.allocation(reader);
        let why = "Write the size of the whole sample, which the allocation divides: size = 2000.";
        reader.required(&self.raw.size, self.entry, ("[sample]", "size"), why)?;
        if let Some(rate) = &self.raw.rate {
            let why = "an allocation divides a total size.";
            reader.report(rate.span(), Problem::Conflict { key: "rate", other: "allocation", why });
        }
        Some(Design::Allocated { size: size_of(reader, &self.raw.size)?, rule: rule?, at_least })
    }

    fn allocation(&self, reader: &mut Reader<'_>) -> Option<AllocationRule> {
        #[derive(Clone, Copy)]
        enum Word {
            Equal,
            Proportional,
            Neyman,
            Optimal,
            Power,
        }
        let words = [
            ("equal", Word::Equal),
            ("proportional", Word::Proportional),
            ("neyman", Word::Neyman),
            ("optimal", Word::Optimal),
            ("power", Word::Power),
        ];
        let word = reader.word(&self.raw.allocation, "allocation", Word::Proportional, &words);
        let of = self.raw.of.as_ref().map(|c| c.get_ref().clone());
        if let (Word::Equal | Word::Proportional, Some(of)) = (word, &self.raw.of) {
            let why = "the spread does not count for this allocation.";
            reader.report(of.span(), Problem::Conflict { key: "of", other: "allocation", why });
        }
        if let (false, Some(power)) = (matches!(word, Word::Power), &self.raw.power) {
            let why = "it belongs to allocation = \"power\".";
            reader.report(power.span(), Problem::Conflict { key: "power", other: "allocation", why });
        }
        Some(match word {
            Word::Equal => AllocationRule::Equal,
            Word::Proportional => AllocationRule::Proportional,
            Word::Neyman => AllocationRule::Neyman { of },
            Word::Optimal => AllocationRule::Optimal { of },
            Word::Power => AllocationRule::Power { power: self.power(reader)?, of },
        })
    }

    fn power(&self, reader: &mut Reader<'_>) -> Option<Power> {
        let why = "Write the power of the size: 0, \"1/4\", \"1/2\", \"3/4\" or 1. A smaller one favours small strata.";
        let value = reader.required(&self.raw.power, self.entry, ("[sample]", "power"), why)?;
        let power = match value.get_ref().to_string().trim() {
            "0" => Some(Power::Zero),
            "1/4" | "0.25" => Some(Power::Quarter),
            "1/2" | "0.5" => Some(Power::Half),
            "3/4" | "0.75" => Some(Power::ThreeQuarters),
            "1" => Some(Power::One),
            _ => None,
        };
        if power.is_none() {
            reader.report(value.span(), Problem::BadValue { key: "power", expected: why });
        }
        power
    }

    fn panel(&self, reader: &mut Reader<'_>) -> Option<Design> {
        let size = self.size(reader);
        let why = "Write the number of this campaign, counted from 0: campaign = 3.";
        let campaign = reader.required(&self.raw.campaign, self.entry, ("[sample]", "campaign"), why);
        let why = "Write by which part of all numbers each campaign is shifted: rotation = \"1/40\".";
        let rotation = reader.required(&self.raw.rotation, self.entry, ("[sample]", "rotation"), why);
        let rotation = rotation.and_then(|_| rate_of(reader, &self.raw.rotation, "rotation"));
        Some(Design::Panel { size: size?, campaign: *campaign?.get_ref(), rotation: rotation? })
    }

    fn proportional_to(&self, reader: &mut Reader<'_>) -> Option<String> {
        let why = "Name the released column with the size of a unit: proportional_to = \"effectif\".";
        let column =
            reader.required_text(&self.raw.proportional_to, self.entry, ("[sample]", "proportional_to"), why)?;
        Some(column.get_ref().clone())
    }

    fn unequal(&self, reader: &mut Reader<'_>, method: UnequalMethod) -> Option<Design> {
        let size = self.size(reader);
        let proportional_to = self.proportional_to(reader)?;
        Some(Design::Unequal { method, size: size?, proportional_to, order: names(&self.raw.order) })
    }

    fn balanced(&self, reader: &mut Reader<'_>) -> Option<Design> {
        let size = self.size(reader);
        let why = "Name the released columns whose totals are balanced: balance = [\"age\", \"sexe\"].";
        let balance = reader.required(&self.raw.balance, self.entry, ("[sample]", "balance"), why)?;
        if balance.get_ref().is_empty() {
            reader.report(balance.span(), Problem::BadValue { key: "balance", expected: why });
            return None;
        }
        let proportional_to = self.raw.proportional_to.as_ref().map(|c| c.get_ref().clone());
        Some(Design::Balanced { size: size?, balance: names(&self.raw.balance), proportional_to })
    }

    fn clusters(&self, reader: &mut Reader<'_>, stages: bool) -> Option<Design> {
        let why = "Name the released column that tells the cluster: cluster = \"etablissement\".";
        let cluster = reader.required_text(&self.raw.cluster, self.entry, ("[sample]", "cluster"), why);
        let why = "Write how many clusters are drawn in each stratum: clusters = 20, or a rate such as \"1/5\".";
        let clusters = reader.required(&self.raw.clusters, self.entry, ("[sample]", "clusters"), why);
        let clusters = clusters.and_then(|c| count_or_rate(reader, c, "clusters"));
        let within = if stages {
            let why = "Write how many units are drawn in each cluster: within = 10, or a rate such as \"1/4\".";
            let within = reader.required(&self.raw.within, self.entry, ("[sample]", "within"), why);
            Some(within.and_then(|w| count_or_rate(reader, w, "within"))?)
        } else {
            None
        };
        Some(Design::Clusters { cluster: cluster?.get_ref().clone(), clusters: clusters?, within })
    }

    fn two_phase(&self, reader: &mut Reader<'_>) -> Option<Design> {
        let first = self.size(reader);
        let why = "Write the second phase: second = { strata = [\"sexe\"], rate = \"1/4\" }.";
        let second = reader.required(&self.raw.second, self.entry, ("[sample]", "second"), why)?;
        let raw = second.get_ref();
        let size = rate_or_size(reader, &raw.rate, &raw.size, ("second", second.span()));
        Some(Design::TwoPhase { first: first?, second_strata: names(&raw.strata), second: size? })
    }
}
