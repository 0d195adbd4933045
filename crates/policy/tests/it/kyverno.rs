//! Kyverno's policies: what becomes of verdicts, places, actions, gaps and exceptions.

use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_model::Analysis;
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Settings, Surroundings};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: true
      containers:
      - {name: a, image: nginx}
      - {name: b, image: 'redis:latest', ports: [{containerPort: 80, hostPort: 80}]}
";

fn judge(policies: &str, object: &str) -> Analysis {
    let mut pack = Pack::default();
    pack.read_checked("p.yaml", policies).unwrap();
    let mut judge = Judge::new(&pack, &Selection::default(), &Settings::default()).unwrap();
    let mut analysis = Analysis::default();
    analysis.coverage.gaps.extend(judge.know(Surroundings::default()));
    let namespaces = Namespaces::default();
    let file: Arc<str> = "f.yaml".into();
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

/// A policy for a kind, with what follows its match.
fn policy(kind: &str, rest: &str) -> String {
    format!(
        "apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {{name: p}}
spec:
  validationFailureAction: Enforce
  rules:
  - name: r
    match: {{any: [{{resources: {{kinds: [{kind}]}}}}]}}
    {rest}
"
    )
}

#[test]
fn a_violation_stands_where_it_is() {
    for (kind, rest, wanted) in [
        (
            "Pod",
            "validate: {message: A tag is needed., pattern: {spec: {containers: [{image: '*:*'}]}}}",
            &["p high spec.template.spec.containers[0].image: A tag is needed"][..],
        ),
        (
            "Deployment",
            "validate: {pattern: {metadata: {labels: {team: '?*'}}}}",
            &["p high metadata.labels.team: validation error: rule r failed at path /metadata/labels/team/"],
        ),
        (
            "Pod",
            "validate: {message: 'not {{ element.image }}', foreach: [{list: request.object.spec.containers, \
             deny: {conditions: {any: [{key: '{{ element.image }}', operator: Equals, value: '*:latest'}]}}}]}",
            &["p high spec.template.spec.containers[1].image: not redis:latest"],
        ),
        (
            "Deployment",
            "validate: {message: refused, deny: {conditions: {all: [{key: '{{ request.object.metadata.name }}', \
             operator: AnyIn, value: [web]}]}}}",
            &["p high metadata.name: refused"],
        ),
        (
            "Pod",
            "validate: {cel: {expressions: [{expression: '!object.spec.?hostNetwork.orValue(false)', message: net}]}}",
            &["p high spec.template.spec.hostNetwork: net"],
        ),
        (
            "Pod",
            "validate: {podSecurity: {level: baseline, exclude: [{controlName: Host Ports, images: ['redis*']}]}}",
            &["p high spec.template.spec.hostNetwork: shares its node's network"],
        ),
        ("Pod", "validate: {pattern: {spec: {'(hostNetwork)': false, containers: [{image: x}]}}}", &[]),
    ] {
        assert_eq!(told(&judge(&policy(kind, rest), DEPLOYMENT)), wanted, "{rest}");
    }
}

#[test]
fn what_is_not_known_or_not_done_is_a_gap() {
    let fails = "validate: {pattern: {metadata: {labels: {team: '?*'}}}}";
    let holds = "validate: {pattern: {metadata: {labels: {app: '?*'}}}}";
    let admins = "exclude: {any: [{clusterRoles: [cluster-admin]}]}";
    let asks =
        "undecided-policy: rule r of p needs who asks (subjects, roles), which this source does not tell";
    for (rest, wanted) in [
        (format!("{admins}\n    {fails}"), &[asks][..]),
        (format!("{admins}\n    {holds}"), &[]),
        (
            "context: [{name: c, configMap: {name: a, namespace: b}}]\n    validate: {deny: {conditions: {any: [{key: \
             '{{ c.data.a }}', operator: Equals, value: x}]}}}"
                .to_owned(),
            &["undecided-policy: rule r of p needs c (context.configMap), which this source does not tell"],
        ),
        (
            "validate: {deny: {conditions: {any: [{key: \"{{ sha1('a') }}\", operator: Equals, value: x}]}}}".to_owned(),
            &["failed-policy: rule r of p could not be decided: the function sha1 is not run here"],
        ),
        (
            "mutate: {patchStrategicMerge: {metadata: {labels: {a: b}}}}".to_owned(),
            &["failed-policy: rule r of p is not judged: mutate"],
        ),
        (
            "imageExtractors: {Deployment: [{path: /spec/image}]}
    validate: {message: m, deny: {conditions: {all: [{key: '{{ images.containers.a.tag }}', operator: Equals, value: x}]}}}"
                .to_owned(),
            &["failed-policy: rule r of p is not judged: validate with imageExtractors"],
        ),
        (
            "validate: {deny: {conditions: {any: [{key: '{{ request.object.spec.absent }}', operator: Equals, value: \
             x}]}}}"
                .to_owned(),
            &["failed-policy: rule r of p could not be decided: Unknown key \"absent\" in path"],
        ),
    ] {
        assert_eq!(told(&judge(&policy("Deployment", &rest), DEPLOYMENT)), wanted, "{rest}");
    }
}

#[test]
fn an_exception_lets_pass_and_an_action_follows_the_namespace() {
    let fails =
        policy("Deployment", "validate: {message: refused, pattern: {metadata: {labels: {team: '?*'}}}}");
    let exception = "
---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: e, namespace: shop}
spec:
  exceptions: [{policyName: p, ruleNames: [r]}]
  match: {any: [{resources: {kinds: [Deployment], names: [web]}}]}
";
    assert_eq!(told(&judge(&fails, DEPLOYMENT)), ["p high metadata.labels.team: refused"]);
    assert_eq!(told(&judge(&format!("{fails}{exception}"), DEPLOYMENT)), [""; 0]);
    let audited = fails.replace(
        "  rules:",
        "  validationFailureActionOverrides: [{action: Audit, namespaces: [sh*]}]\n  rules:",
    );
    assert_eq!(told(&judge(&audited, DEPLOYMENT)), ["p low metadata.labels.team: refused"]);
    let marked =
        fails.replace("{name: p}", "{name: p, annotations: {policies.kyverno.io/severity: critical}}");
    assert_eq!(told(&judge(&marked, DEPLOYMENT)), ["p critical metadata.labels.team: refused"]);
}

#[test]
fn mistakes_have_their_places() {
    for (rest, wanted) in [
        ("validate: {patern: {}}", "p.yaml:9:24: spec.rules[0].validate.patern: no such field"),
        (
            "validate: {podSecurity: {level: strict}}",
            "p.yaml:9:29: spec.rules[0].validate.podSecurity: level: \"strict\" is none of privileged, baseline, \
             restricted",
        ),
    ] {
        let error = Pack::default().read_checked("p.yaml", &policy("Pod", rest)).unwrap_err();
        assert_eq!(error.to_string(), wanted);
    }
}

/// A `ValidatingPolicy` for Pods.
fn validating(rest: &str) -> String {
    format!(
        "apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {{name: v}}
spec:
  matchConstraints:
    resourceRules: [{{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}}]
{rest}
"
    )
}

#[test]
fn policies_in_cel_are_judged_for_controllers_too() {
    let no_host =
        "  validations: [{expression: '!object.spec.?hostNetwork.orValue(false)', message: refused}]";
    let exception = "
---
apiVersion: policies.kyverno.io/v1
kind: PolicyException
metadata: {name: e, namespace: shop}
spec:
  policyRefs: [{name: v, kind: ValidatingPolicy}]
  matchConditions: [{name: web, expression: object.metadata.name == 'web'}]
";
    for (policy, wanted) in [
        (validating(no_host), &["v high spec.template.spec.hostNetwork: refused"][..]),
        (
            validating(&format!("  validationActions: [Audit]\n{no_host}")),
            &["v low spec.template.spec.hostNetwork: refused"],
        ),
        (validating(&format!("  autogen: {{podControllers: {{controllers: [jobs]}}}}\n{no_host}")), &[]),
        (validating(no_host) + exception, &[]),
        (
            validating(
                "  validations: [{expression: \"resource.Get('v1', 'configmaps', 'a', 'b') != null\"}]",
            ),
            &[
                "failed-policy: v is not judged: 7:31: v: in \"resource.Get('v1', 'configmaps', 'a', 'b') != null\": \
               undeclared reference to 'resource' (in container '')",
            ],
        ),
        (
            "apiVersion: policies.kyverno.io/v1alpha1\nkind: MutatingPolicy\nmetadata: {name: m}\nspec: {}\n"
                .to_owned(),
            &["failed-policy: m is not judged: MutatingPolicy"],
        ),
    ] {
        assert_eq!(told(&judge(&policy, DEPLOYMENT)), wanted, "{policy}");
    }
}
