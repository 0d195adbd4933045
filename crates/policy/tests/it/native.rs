//! Native policies: bindings, parameters, what is not known, and mistakes.

use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_model::Analysis;
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Settings};

fn judge(policies: &str, object: &str) -> Analysis {
    let mut pack = Pack::default();
    pack.read_checked("p.yaml", policies).unwrap();
    let judge = Judge::new(&pack, &Selection::default(), &Settings::default()).unwrap();
    let namespaces = Namespaces::default();
    let file: Arc<str> = "f.yaml".into();
    let mut analysis = Analysis::default();
    for (tree, document) in read(object.into(), &Limits::default()).zip(0..) {
        let origin = Origin { file: &file, document, namespaces: &namespaces };
        analysis.extend(judge.judge(tree.unwrap(), origin));
    }
    analysis
}

/// Findings as `check severity field: message`, then gaps.
fn told(analysis: &Analysis) -> Vec<String> {
    let findings = analysis.findings.iter().map(|finding| {
        format!("{} {} {}: {}", finding.check, finding.severity, finding.field, finding.message)
    });
    let gaps = analysis.coverage.gaps.iter().map(|gap| format!("{}: {}", gap.kind, gap.message));
    findings.chain(gaps).collect()
}

/// A policy for Deployments with a spec of its own, and a binding.
fn policy(rest: &str, binding: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: replicas}}
spec:
  matchConstraints:
    resourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}}]
{rest}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: bound}}
spec: {{policyName: replicas, {binding}}}
"
    )
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 7
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
";

#[test]
fn a_violation_has_the_servers_message_and_blames_what_was_read() {
    for (rest, binding, wanted) in [
        (
            "  validations: [{expression: object.spec.replicas <= 5}]",
            "validationActions: [Deny]",
            &["replicas high spec.replicas: failed expression: object.spec.replicas <= 5"][..],
        ),
        (
            "  validations: [{expression: object.spec.replicas <= 5, message: at most five}]",
            "validationActions: [Warn, Audit]",
            &["replicas medium spec.replicas: at most five"],
        ),
        (
            "  variables: [{name: most, expression: '5'}, {name: many, expression: object.spec.replicas}]
  validations:
  - expression: variables.many <= variables.most
    messageExpression: '\"at most \" + string(variables.most)'",
            "validationActions: [Audit]",
            &["replicas low spec.replicas: at most 5"],
        ),
        (
            "  matchConditions: [{name: web, expression: \"object.metadata.name != 'web'\"}]
  validations: [{expression: 'false'}]",
            "validationActions: [Deny]",
            &[],
        ),
        (
            "  validations: [{expression: object.spec.absent > 1}]",
            "validationActions: [Deny]",
            &[
                "replicas high spec.absent: expression 'object.spec.absent > 1' resulted in error: no such key: absent",
            ],
        ),
        (
            "  failurePolicy: Ignore
  validations: [{expression: object.spec.absent > 1}]",
            "validationActions: [Deny]",
            &[],
        ),
        (
            "  validations: [{expression: \"has(object.metadata.labels) && 'team' in object.metadata.labels\"}]",
            "validationActions: [Deny], matchResources: {objectSelector: {matchLabels: {app: api}}}",
            &[],
        ),
    ] {
        assert_eq!(told(&judge(&policy(rest, binding), DEPLOYMENT)), wanted, "{rest}");
    }
}

#[test]
fn what_a_file_does_not_tell_is_a_gap_where_it_decides() {
    let open = DEPLOYMENT.replace("namespace: shop, ", "");
    for (expression, object, wanted) in [
        ("request.userInfo.username == 'root'", DEPLOYMENT, "request.userInfo.username"),
        ("namespaceObject.metadata.labels.tier == 'a'", DEPLOYMENT, "namespaceObject.metadata.labels.tier"),
        ("object.metadata.namespace == 'shop'", &open, "object.metadata.namespace"),
    ] {
        let open = policy(
            &format!("  validations: [{{expression: \"{expression}\"}}]"),
            "validationActions: [Deny]",
        );
        let told = told(&judge(&open, object));
        assert_eq!(
            told,
            [format!("undecided-policy: replicas needs {wanted}, which this source does not tell")]
        );
        let settled = policy(
            &format!("  validations: [{{expression: \"{expression} || object.kind == 'Deployment'\"}}]"),
            "validationActions: [Deny]",
        );
        assert_eq!(self::told(&judge(&settled, object)), [""; 0], "{expression}");
    }
}

#[test]
fn parameters_are_found_beside_the_policy() {
    let rest = "  paramKind: {apiVersion: v1, kind: ConfigMap}
  validations:
  - expression: object.spec.replicas <= int(params.data.most)
    messageExpression: \"'at most ' + params.data.most\"";
    let parameters = "---
apiVersion: v1
kind: ConfigMap
metadata: {name: few, namespace: shop, labels: {for: replicas}}
data: {most: '3'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: some, namespace: shop, labels: {for: replicas}}
data: {most: '5'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other, namespace: other, labels: {for: replicas}}
data: {most: '1'}
";
    for (reference, wanted) in [
        ("{name: few, parameterNotFoundAction: Deny}", &["replicas high spec.replicas: at most 3"][..]),
        (
            "{selector: {matchLabels: {for: replicas}}, parameterNotFoundAction: Deny}",
            &["replicas high spec.replicas: at most 3; at most 5"],
        ),
        ("{name: none, parameterNotFoundAction: Allow}", &[]),
        (
            "{name: none, parameterNotFoundAction: Deny}",
            &[
                "replicas high : failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
            ],
        ),
        (
            "{name: other, namespace: other, parameterNotFoundAction: Deny}",
            &["replicas high spec.replicas: at most 1"],
        ),
    ] {
        let text = policy(rest, &format!("validationActions: [Deny], paramRef: {reference}")) + parameters;
        assert_eq!(told(&judge(&text, DEPLOYMENT)), wanted, "{reference}");
    }
}

#[test]
fn without_a_binding_it_is_judged_as_if_bound_to_everything() {
    let text =
        policy("  validations: [{expression: object.spec.replicas <= 5}]", "validationActions: [Deny]");
    let (text, _) = text.split_once("---").unwrap();
    assert_eq!(told(&judge(text, DEPLOYMENT)).len(), 1);
    let mut pack = Pack::default();
    pack.read_checked("p.yaml", text).unwrap();
    let judge = Judge::new(&pack, &Selection::default(), &Settings::default()).unwrap();
    let notes = judge.notes();
    assert!(notes.iter().any(|note| note.message.starts_with("replicas has no binding here")), "{notes:?}");
}

#[test]
fn mistakes_have_a_place_and_a_sentence() {
    let whole = |rest: &str| policy(rest, "validationActions: [Deny]");
    for (text, wanted) in [
        (
            whole("  validations: [{expression: objekt.spec.replicas > 1}]"),
            "p.yaml:7:30: replicas: in \"objekt.spec.replicas > 1\": undeclared reference to 'objekt'",
        ),
        (whole("  validation: []"), "p.yaml:7:3: spec.validation: no such field"),
        (whole("  variables: []"), "p.yaml:5:3: spec.validations: needs one, or one of auditAnnotations"),
        (
            whole("  validations: [{expression: params.a}]"),
            "p.yaml:7:30: replicas: in \"params.a\": undeclared reference to 'params'",
        ),
        (
            whole("  validations: [{expression: object.spec.paused}]"),
            "p.yaml:7:30: replicas: in \"object.spec.paused\": must evaluate to bool but got dyn",
        ),
        (
            whole("  validations: [{expression: request.name == 1}]"),
            "p.yaml:7:43: replicas: in \"request.name == 1\": found no matching overload for '_==_'",
        ),
        (
            whole("  validations: [{expression: 'true', messageExpression: size('a')}]"),
            "p.yaml:7:57: replicas: in \"size('a')\": must evaluate to string but got int",
        ),
        (
            policy("  validations: [{expression: 'true'}]", "validationActions: [Deny, Warn]"),
            "p.yaml:12:50: spec.validationActions: Deny and Warn exclude each other",
        ),
        (
            whole(
                "  variables: [{name: a, expression: variables.b}, {name: b, expression: variables.a}]\n  validations: [{expression: variables.a}]",
            ),
            "p.yaml:7:37: replicas: in \"variables.b\": variables has no b here: a variable may use those before it",
        ),
    ] {
        let told = Pack::default().read_checked("p.yaml", &text).unwrap_err().to_string();
        assert!(told.starts_with(wanted), "wanted {wanted}\nfound  {told}");
    }
}

#[test]
fn a_policy_that_does_not_fit_what_it_matches_is_found_itself() {
    let text = policy(
        "  variables: [{name: spec, expression: object.spec}]
  validations:
  - expression: variables.spec.replicas <= 5
  - expression: object.spec.replica <= 5",
        "validationActions: [Deny]",
    );
    let mut pack = Pack::default();
    pack.read_checked("p.yaml", &text).unwrap();
    let judge = Judge::new(&pack, &Selection::default(), &Settings::default()).unwrap();
    let told: Vec<_> = judge
        .findings_on_policies()
        .iter()
        .map(|finding| {
            (finding.at.as_ref().unwrap().line, finding.field.to_string(), finding.message.to_string())
        })
        .collect();
    let message = "does not fit apps/v1 Deployment: undefined field 'replica'";
    assert_eq!(told, [(10, "spec.validations[1].expression".to_owned(), message.to_owned())]);
}
