//! What a pipeline says, for programs: `tamis plan --format json`, and `plan.json` of a dossier.

use serde_json::{Value, json};

use super::{
    Aggregate, ColumnRef, Dataset, Delivery, Exclude, ExportFormat, Generalise, Kept, Levels, Linkage, Measure,
    MissingSubject, Persons, Perturb, Pipeline, Population, Recipient, Sample, SourceRelease, SubjectKind, UseUntil,
    Verifier, When,
};
use crate::keys::VerifierKey;
use crate::schema::Role;

/// The plan as JSON, in the words of the pipeline file.
#[must_use]
pub fn json(pipeline: &Pipeline) -> Value {
    let limits = &pipeline.limits;
    json!({
        "pipeline": {
            "name": pipeline.name,
            "legal_basis": pipeline.legal_basis,
            "purpose": pipeline.purpose,
            "policy": pipeline.policy,
            "path": pipeline.path.display().to_string(),
            "sha256": pipeline.digest,
        },
        "limits": { "reject_above": limits.reject_above.get(), "memory_bytes": limits.memory, "buckets": limits.buckets },
        "sources": pipeline.sources.iter().map(|s| json!({
            "name": s.name,
            "schema": s.schema.name,
            "schema_path": s.schema_path.display().to_string(),
            "files": s.files,
            "sheet": s.sheet,
            "resource": s.resource,
            "query": s.query.as_ref().map(|q| json!({ "sql": q.sql, "url_from": q.credential, "ca": q.ca })),
            "filter": s.filter,
            "release": s.release.as_ref().map(release),
        })).collect::<Value>(),
        "joins": pipeline.joins.iter().map(|j| {
            let (left, right) = (&pipeline.sources[j.left], &pipeline.sources[j.right]);
            json!({
                "left": left.name,
                "right": right.name,
                "on": {
                    "left": left.schema.fields[j.left_key].name,
                    "right": right.schema.fields[j.right_key].name,
                },
            })
        }).collect::<Value>(),
        "subject": {
            "column": pipeline.subject.column,
            "kind": match pipeline.subject.kind { SubjectKind::Nir => "nir", SubjectKind::Text => "text" },
            "missing": match pipeline.subject.missing { MissingSubject::Reject => "reject", MissingSubject::Alone => "alone" },
            "linkage": match pipeline.subject.linkage {
                Linkage::None => "none",
                Linkage::Release => "release",
                Linkage::Longitudinal => "longitudinal",
            },
        },
        "exclude": pipeline.excludes.iter().map(|e| exclude(pipeline, e)).collect::<Value>(),
        "datasets": pipeline.datasets.iter().map(|d| dataset(pipeline, d)).collect::<Value>(),
        "sample": pipeline.sample.as_ref().map(Sample::to_json),
        "persons": pipeline.persons.iter().map(|p| persons(pipeline, p)).collect::<Value>(),
        "aggregates": pipeline.aggregates.iter().map(|a| aggregate(pipeline, a)).collect::<Value>(),
        "export": {
            "to": pipeline.export.to.display().to_string(),
            "formats": pipeline.export.formats.iter().map(|f| format_word(*f)).collect::<Vec<_>>(),
        },
        "sender": pipeline.sender.as_ref().map(|s| s.key.as_str()),
        "recipients": pipeline.recipients.iter().map(recipient).collect::<Value>(),
        "ledger": pipeline.ledger.as_ref().map(|ledger| json!({
            "file": ledger.file.display().to_string(), "universe": ledger.universe,
        })),
        "destroy": {
            "when": match pipeline.destroy.when { When::Exported => "exported", When::Acknowledged => "acknowledged" },
            "sources_beneath": pipeline.destroy.sources_beneath.as_ref().map(|p| p.display().to_string()),
        },
    })
}

/// What is asked of a release that is read.
fn release(release: &SourceRelease) -> Value {
    json!({
        "from": release.from,
        "verifier": match &release.verifier {
            Verifier::Key(key) => key.as_str().to_owned(),
            Verifier::File(path) => path.display().to_string(),
        },
        "output": release.output,
        "purpose": release.purpose,
        "evidence": {
            "smallest": release.evidence.smallest,
            "linkable": release.evidence.linkable,
            "advantage": release.evidence.advantage,
        },
    })
}

fn recipient(recipient: &Recipient) -> Value {
    let (until, days) = match recipient.use_until {
        UseUntil::Date(date) => (Some(date.to_string()), None),
        UseUntil::Days(days) => (None, Some(days)),
    };
    json!({
        "name": recipient.name,
        "age": recipient.age,
        "key": recipient.key.as_ref().map(VerifierKey::as_str),
        "use_until": until,
        "use_for_days": days,
        "reinforced": recipient.reinforced,
        "deliver": recipient.deliver.as_ref().map(delivery),
    })
}

/// Where a sealed file is left, as pipeline files write it.
#[must_use]
pub fn delivery(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Folder(path) => path.display().to_string(),
        Delivery::Sftp(sftp) => format!("sftp://{}@{}:{}/{}", sftp.user, sftp.host, sftp.port, sftp.folder),
        Delivery::S3(s3) => format!("s3://{}/{} at {}", s3.bucket, s3.prefix, s3.endpoint),
    }
}

/// The word for a format in pipeline files.
#[must_use]
pub fn format_word(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "csv",
        ExportFormat::Parquet => "parquet",
    }
}

fn exclude(pipeline: &Pipeline, exclude: &Exclude) -> Value {
    match exclude {
        Exclude::Register { path, column, .. } => json!({ "register": path.display().to_string(), "column": column }),
        Exclude::When { source, sql } => json!({ "source": pipeline.sources[*source].name, "when": sql }),
    }
}

fn dataset(pipeline: &Pipeline, dataset: &Dataset) -> Value {
    let dropped = |role: Role| if role.never_leaves() { "identifier" } else { "not named by the pipeline" };
    json!({
        "name": name(pipeline, dataset),
        "subject": dataset.subject.map(|subject| column(pipeline, dataset, subject)),
        "derived": dataset.derived.iter().map(|d| json!({
            "name": d.name, "sql": d.sql, "type": d.logical.word(), "role": d.role.as_str(),
        })).collect::<Value>(),
        "kept": dataset.kept.iter().map(|k| kept(pipeline, dataset, k)).collect::<Value>(),
        "dropped": dataset.dropped.iter().map(|d| json!({
            "column": d.name, "role": d.role.as_str(), "reason": dropped(d.role),
        })).collect::<Value>(),
    })
}

fn kept(pipeline: &Pipeline, dataset: &Dataset, kept: &Kept) -> Value {
    let mut how = json!({ "to": kept.generalise.keyword() });
    match &kept.generalise {
        Generalise::Age { at } => how["at"] = json!(column(pipeline, dataset, *at)),
        Generalise::AgeBand { at, bounds } => {
            how["at"] = json!(column(pipeline, dataset, *at));
            how["bounds"] = json!(bounds);
        }
        Generalise::Band { bounds } => how["bounds"] = json!(bounds),
        Generalise::Clamp { bottom, top } => {
            how["bottom"] = json!(bottom);
            how["top"] = json!(top);
        }
        Generalise::Hierarchy { path, level, .. } => {
            how["file"] = json!(path.display().to_string());
            how["level"] = json!(level);
        }
        Generalise::Keep
        | Generalise::Year
        | Generalise::Quarter
        | Generalise::Month
        | Generalise::Departement
        | Generalise::Region => {}
    }
    json!({
        "column": kept.from_name,
        "as": kept.name,
        "generalise": how,
        "type": kept.logical.word(),
        "role": kept.role.as_str(),
        "why": kept.why,
    })
}

fn persons(pipeline: &Pipeline, output: &Persons) -> Value {
    let dataset = &pipeline.datasets[output.dataset];
    let names = |positions: &[usize]| positions.iter().map(|p| json!(dataset.kept[*p].name)).collect::<Value>();
    let mut protect = json!({ "k": output.k.get(), "quasi_identifiers": names(&output.quasi_identifiers) });
    if let Some(protection) = &output.protection {
        let coarser = protection.quasi.iter().filter(|quasi| quasi.levels != Levels::Same);
        protect["coarser"] = coarser.map(|quasi| json!(quasi.column)).collect();
        protect["sensitive"] = protection.sensitive.iter().map(|column| json!(column.column)).collect();
        protect["rules"] = json!(protection.rules.len());
        protect["suppress"] = json!(protection.suppress);
        protect["local"] = json!(protection.local.word());
        let changes = protection.changes.iter();
        let risk = &protection.risk;
        protect["risk"] = json!({ "fraction": risk.fraction, "suda": risk.suda, "group": risk.group });
        protect["changes"] =
            changes.map(|change| json!({ "columns": change.columns, "method": change.method.word() })).collect();
        protect["population"] = protection.population.as_ref().map_or(Value::Null, |population| match population {
            Population::Frame => json!("frame"),
            Population::File(path) => json!(path.display().to_string()),
        });
    }
    json!({
        "name": output.name,
        "source": name(pipeline, dataset),
        "columns": names(&output.columns),
        "protect": protect,
    })
}

fn aggregate(pipeline: &Pipeline, table: &Aggregate) -> Value {
    let dataset = &pipeline.datasets[table.dataset];
    let column = |position: usize| dataset.kept[position].name.as_str();
    let measure = |(name, measure): &(String, Measure)| match measure {
        Measure::Records => json!({ "as": name, "count": "records" }),
        Measure::Persons => json!({ "as": name, "count": "persons" }),
        Measure::Sum(p) => json!({ "as": name, "sum": column(*p) }),
        Measure::Mean(p) => json!({ "as": name, "mean": column(*p) }),
        Measure::Share { column: p, equals } => json!({ "as": name, "share": column(*p), "equals": equals }),
    };
    json!({
        "name": table.name,
        "source": name(pipeline, dataset),
        "by": table.by.iter().map(|p| column(*p)).collect::<Vec<_>>(),
        "margins": table.by.iter().zip(&table.margins).filter(|(_, m)| **m).map(|(p, _)| column(*p)).collect::<Vec<_>>(),
        "measure": table.measures.iter().map(measure).collect::<Value>(),
        "over": pipeline.over_word(table),
        "estimates": pipeline.sample.as_ref().filter(|sample| table.estimates(Some(sample))).map(|sample| sample.estimation()),
        "protect": table.perturb.is_none().then(|| json!({
            "threshold": table.threshold.get(),
            "rules": table.rules(),
            "concentration": table.concentration.words(),
            "holding": table.holding.map(column),
            "holdings": table.holdings,
        })),
        "perturb": table.perturb.as_ref().map(Perturb::to_json),
    })
}

/// The name of a column of a dataset.
#[must_use]
pub fn column(pipeline: &Pipeline, dataset: &Dataset, from: ColumnRef) -> String {
    match from {
        ColumnRef::Own(at) => pipeline.sources[dataset.source].schema.fields[at].name.clone(),
        ColumnRef::Derived(at) => dataset.derived[at].name.clone(),
        ColumnRef::Joined(at) => {
            let right = dataset.join.map(|j| &pipeline.sources[pipeline.joins[j].right]);
            right.map_or_else(String::new, |s| format!("{}.{}", s.name, s.schema.fields[at].name))
        }
    }
}

/// The name of a dataset.
#[must_use]
pub fn name<'a>(pipeline: &'a Pipeline, dataset: &Dataset) -> &'a str {
    &pipeline.sources[dataset.source].name
}
