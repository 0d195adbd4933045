//! Reports and the schemas that say what they hold.

use std::sync::Arc;

use bulkhead_model::{
    ControlResult, ControlState, Endpoint, Finding, IdentityKind, Namespace, StandardResult, Subject,
    Unjudged, Until, Why, Workload,
};
use bulkhead_report::Format;
use serde_json::Value;

use crate::sample::{Sample, clean, shop};

/// Every sort of subject and exception there is.
fn everything() -> Sample {
    let mut sample = shop();
    let model = sample.findings.iter().find(|finding| finding.excepted.is_some()).unwrap().clone();
    let workload = Workload { kind: "Deployment".into(), namespace: Namespace::Cluster, name: "a".into() };
    let mut excepted = model.excepted.as_deref().unwrap().clone();
    excepted.until = Some(Until::Fixable);
    let subjects = [
        Subject::Image {
            repository: "docker.io/library/nginx".into(),
            tag: None,
            digest: Some("sha256:00".into()),
            platform: Some("linux/amd64".into()),
        },
        Subject::Package {
            purl: "pkg:deb/debian/zlib1g@1.3".into(),
            repository: Some("docker.io/library/nginx".into()),
        },
        Subject::File { path: "etc/shadow".into() },
        Subject::Identity {
            kind: IdentityKind::ServiceAccount,
            namespace: Some("shop".into()),
            name: "cart".into(),
        },
        Subject::Flow {
            from: Endpoint::Addresses { first: "10.0.0.0".into(), last: "10.0.0.255".into() },
            to: Endpoint::Workload(workload.clone()),
            protocol: "TCP".into(),
            port: Some(443),
        },
    ];
    let control = |state| ControlResult {
        id: "5.1.1".into(),
        name: "Who is cluster-admin".into(),
        state,
        checks: vec!["cluster-admin-binding".into()],
        findings: u64::from(state == ControlState::Failed),
        excepted: 1,
        not_judged: vec![Unjudged {
            why: Why::Gap,
            checks: vec!["a".into()],
            message: "a gap touched a".into(),
        }],
        beyond: Some("what runs".into()),
    };
    sample.standards.push(StandardResult {
        id: "cis-kubernetes".into(),
        title: "CIS | <Benchmark>".into(),
        version: "1.12".into(),
        controls: [ControlState::Held, ControlState::Failed, ControlState::NotJudged].map(control).into(),
    });
    sample.findings.extend(subjects.map(|subject| Finding {
        subject: Arc::new(subject),
        workload: Some(Arc::new(workload.clone())),
        excepted: Some(Arc::new(excepted.clone())),
        ..model.clone()
    }));
    sample
}

/// The same schema without room for a field that it does not name.
fn strict(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(fields) => {
            for (_, field) in fields.iter_mut() {
                *field = strict(field.take());
            }
            if fields.contains_key("properties") {
                fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = strict(item.take())),
        _ => (),
    }
    schema
}

fn assert_valid(schema: &Value, report: &str) {
    let report: Value = serde_json::from_str(report).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = include_str!("../../../../docs/schemas/report.schema.json");
    let schema = strict(serde_json::from_str(schema).unwrap());
    for sample in [shop(), clean(), everything()] {
        assert_valid(&schema, &sample.render(Format::Json, sample.options()));
    }
}

#[test]
fn json_leads_back_to_findings() {
    let sample = everything();
    let report: Value = serde_json::from_str(&sample.render(Format::Json, sample.options())).unwrap();
    for (finding, written) in sample.findings.iter().zip(report["findings"].as_array().unwrap()) {
        let read: Finding = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(read.fingerprint, finding.fingerprint);
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(finding).unwrap());
    }
    assert_eq!(report["findings"].as_array().unwrap().len(), sample.findings.len());
    assert_eq!(report["coverage"]["looked_at"]["objects"], 11);
}

#[test]
fn sarif_is_as_its_schema_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/schemas");
    let Ok(schema) = std::fs::read_to_string(format!("{folder}/sarif-2.1.0.schema.json")) else {
        println!("skipped: sarif_is_as_its_schema_says: {folder} is missing");
        return;
    };
    let schema = serde_json::from_str(&schema).unwrap();
    for sample in [shop(), clean(), everything()] {
        assert_valid(&schema, &sample.render(Format::Sarif, sample.options()));
    }
}

#[test]
fn junit_is_xml_whose_counts_are_right() {
    for sample in [shop(), clean(), everything()] {
        let report = sample.render(Format::Junit, sample.options());
        let document = roxmltree::Document::parse(&report).unwrap();
        let mut cases = 0;
        for suite in document.descendants().filter(|node| node.has_tag_name("testsuite")) {
            let count = |name: &str| suite.descendants().filter(|node| node.has_tag_name(name)).count();
            for (attribute, element) in
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
            {
                assert_eq!(suite.attribute(attribute), Some(&*count(element).to_string()), "{attribute}");
            }
            cases += count("testcase");
        }
        // One more is the gate.
        let controls: usize = sample.standards.iter().map(|standard| standard.controls.len()).sum();
        assert_eq!(cases, sample.findings.len() + sample.coverage.gaps.len() + controls + 1);
    }
}

/// Every format tells every control.
#[test]
fn controls_are_in_every_format() {
    let sample = everything();
    for format in Format::ALL {
        let report = sample.render(*format, sample.options());
        let told = report.matches("5.1.1").count();
        assert!(told >= 3, "{format}: {told}");
        assert!(report.contains("a gap touched a"), "{format}");
    }
}
