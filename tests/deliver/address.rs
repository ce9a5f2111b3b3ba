use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;
use tamis::config::{Pipeline, Recipient};
use tamis::deliver::{DeliverError, address};
use tamis::keys::{SigningKey, generate_signing_key};
use tamis::seal::{Challenge, DESCRIPTOR, ManifestParts, ReleaseParts, Sealer, package_name};

use super::{common, names};

const RUN: &str = "20260301T120000.000Z";

/// A pipeline with two recipients, of whom the second fetches nothing, and what it takes to seal for it.
struct Desk {
    folder: tempfile::TempDir,
    signer: SigningKey,
    pipeline: Pipeline,
}

fn age_key() -> String {
    age::x25519::Identity::generate().to_public().to_string()
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = generate_signing_key("crcdc").unwrap();
        let signer = SigningKey::new(&secret, &public).unwrap();
        fs::create_dir(folder.path().join("drop")).unwrap();
        let schema = r#"{"name": "p", "fields": [
            {"name": "id", "type": "string", "tamis:role": "subject-identifier"},
            {"name": "resultat", "type": "string", "constraints": {"enum": ["neg", "pos"]}, "tamis:role": "other"}]}"#;
        fs::write(folder.path().join("p.json"), schema).unwrap();
        let toml = format!(
            "[pipeline]\nname = \"depistage\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"statistics\"\npolicy = \"1\"\n\
             [sender]\nkey = \"{}\"\n\
             [[recipient]]\nname = \"dgs\"\nage = \"{}\"\nuse_for = \"180 days\"\ndeliver = {{ to = \"drop\" }}\n\
             [[recipient]]\nname = \"spf\"\nage = \"{}\"\nuse_for = \"180 days\"\n\
             [[source]]\nname = \"p\"\nschema = \"p.json\"\nfiles = [\"p.csv\"]\n\
             [subject]\ncolumn = \"id\"\nkind = \"text\"\nlinkage = \"none\"\n\
             [[keep]]\ncolumn = \"resultat\"\n\
             [[aggregate]]\nname = \"t\"\nrecipient = \"dgs\"\nby = [\"resultat\"]\nmeasure = [{{ count = \"persons\" }}]\n\
             [export]\nto = \"out\"\n",
            public.as_str(),
            age_key(),
            age_key(),
        );
        let path = folder.path().join("pipeline.toml");
        fs::write(&path, toml).unwrap();
        let pipeline = Pipeline::read(&path).unwrap_or_else(|error| panic!("{:?}", error.errors()));
        Self { folder, signer, pipeline }
    }

    fn seal(&self, pipeline: &str, recipient: &Recipient, signer: &SigningKey) -> PathBuf {
        let name = package_name(pipeline, RUN, &recipient.name).unwrap();
        let challenge = Challenge::random().unwrap();
        let sealer = Sealer::create(self.folder.path(), &name, recipient).unwrap();
        let mut entry = sealer.entry(DESCRIPTOR).unwrap();
        let descriptor = json!({ "tamis:challenge": *challenge.to_hex(), "resources": [] });
        entry.write_all(descriptor.to_string().as_bytes()).unwrap();
        let parts = ManifestParts {
            release: ReleaseParts {
                run: RUN.into(),
                pipeline: pipeline.into(),
                pipeline_digest: self.pipeline.digest.clone(),
                made: "2026-03-01T12:00:00Z".parse().unwrap(),
                legal_basis: "CSP L1411-8".into(),
                purpose: "statistics".into(),
                policy: "1".into(),
            },
            sample: json!({}),
            protection: json!({}),
            scan: json!({}),
            pseudonyms: false,
            audit_checkpoint: "tamis\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n".into(),
            challenge,
        };
        sealer.finish(vec![entry.close().unwrap()], parts, signer).unwrap().read_back().unwrap();
        self.folder.path().join(name)
    }

    fn refused(&self, file: &Path) -> DeliverError {
        address(&self.pipeline, file).unwrap_err()
    }
}

#[test]
fn a_package_goes_to_the_recipient_it_is_sealed_to_and_its_place_is_said() {
    let desk = Desk::new();
    let file = desk.seal("depistage", &desk.pipeline.recipients[0], &desk.signer);
    assert_eq!(address(&desk.pipeline, &file).unwrap().recipient().name, "dgs");
    let run = |arguments: &[&str]| {
        let mut command = common::tamis();
        command.args(["deliver", "--pipeline"]).arg(&desk.pipeline.path).arg(&file).args(arguments).output().unwrap()
    };
    let output = run(&[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("dgs\n") && said.contains("read back and compared"), "{said}");
    assert_eq!(names(&desk.folder.path().join("drop")), [file.file_name().unwrap().to_str().unwrap()]);
    assert_eq!(
        fs::read(&file).unwrap(),
        fs::read(desk.folder.path().join("drop").join(file.file_name().unwrap())).unwrap()
    );

    let again: serde_json::Value = serde_json::from_slice(&run(&["--format", "json"]).stdout).unwrap();
    assert_eq!(again["delivered"][0]["already_there"], true);
    assert_eq!(again["delivered"][0]["recipient"], "dgs");
}

#[test]
fn a_package_for_somebody_the_pipeline_does_not_list_goes_to_nobody() {
    let desk = Desk::new();
    let known = &desk.pipeline.recipients[0];
    let stranger = Recipient { name: "assureur".into(), ..known.clone() };
    let other_key = Recipient { age: age_key(), ..known.clone() };
    for recipient in [stranger, other_key] {
        let file = desk.seal("depistage", &recipient, &desk.signer);
        assert!(matches!(desk.refused(&file), DeliverError::Unlisted { .. }), "{}", recipient.name);
        let output =
            common::tamis().args(["deliver", "--pipeline"]).arg(&desk.pipeline.path).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(4));
        assert!(names(&desk.folder.path().join("drop")).is_empty());
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn one_package_that_may_not_be_sent_stops_the_others_before_the_first_leaves() {
    let desk = Desk::new();
    let good = desk.seal("depistage", &desk.pipeline.recipients[0], &desk.signer);
    let bad = desk.seal("depistage", &desk.pipeline.recipients[1], &desk.signer);
    assert!(matches!(desk.refused(&bad), DeliverError::NoPlace { .. }));
    let mut command = common::tamis();
    let output = command.args(["deliver", "--pipeline"]).arg(&desk.pipeline.path).args([&good, &bad]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(names(&desk.folder.path().join("drop")).is_empty());
}

#[test]
fn a_package_of_another_sender_pipeline_or_name_or_that_was_changed_is_refused() {
    let desk = Desk::new();
    let to = &desk.pipeline.recipients[0];
    let (secret, public) = generate_signing_key("crcdc").unwrap();
    let forger = SigningKey::new(&secret, &public).unwrap();
    let forged = desk.seal("depistage", to, &forger);
    assert!(matches!(desk.refused(&forged), DeliverError::Seal(_)));
    fs::remove_file(forged).unwrap();

    let foreign = desk.seal("autre", to, &desk.signer);
    assert!(matches!(desk.refused(&foreign), DeliverError::OtherPipeline { .. }));

    let good = desk.seal("depistage", to, &desk.signer);
    let renamed = desk.folder.path().join(package_name("depistage", RUN, "spf").unwrap());
    fs::copy(&good, &renamed).unwrap();
    assert!(matches!(desk.refused(&renamed), DeliverError::OtherPipeline { .. }));

    let mut bytes = fs::read(&good).unwrap();
    bytes[700] ^= 1;
    fs::write(&good, bytes).unwrap();
    assert!(matches!(desk.refused(&good), DeliverError::Seal(_)));
}
