//! Policies in the forms that API servers run, from the command line.

use serde_json::Value;

use crate::support::tree;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

const POLICY: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: few-replicas.example.com
  annotations: {kubernetes.io/description: Too many replicas cost too much.}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    namespaceSelector: {matchLabels: {tier: small}}
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
  - expression: object.spec.replicas <= int(params.data.most)
    messageExpression: \"'at most ' + params.data.most + ' replicas'\"
";

const BINDING: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: small}
spec:
  policyName: few-replicas.example.com
  validationActions: [Deny]
  paramRef: {name: replicas, namespace: limits, parameterNotFoundAction: Deny}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: replicas, namespace: limits}
data: {most: '3'}
";

const APP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {tier: small}}
";

#[test]
fn a_policy_is_judged_by_what_lies_beside_it_and_in_the_tree() {
    let only = ["scan", "--policies", "vap.yaml", "--only", "few-replicas.example.com", "-o", "json", "app"];
    let tree = tree(&[("vap.yaml", POLICY), ("app/binding.yaml", BINDING), ("app/web.yaml", APP)]);
    let ran = tree.run(&only);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let report = json(&ran.stdout);
    let finding = &report["findings"][0];
    assert_eq!(finding["check"], "few-replicas.example.com");
    assert_eq!(finding["message"], "at most 3 replicas");
    assert_eq!(finding["field"], "spec.replicas");
    assert_eq!(finding["severity"], "high");
    assert_eq!(finding["at"]["line"], 5);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["coverage"]["gaps"], serde_json::json!([]));

    // In one file, too; and without the Namespace the policy's reach is not known.
    tree.write("vap.yaml", format!("{POLICY}---\n{BINDING}"));
    tree.write("app/web.yaml", APP.split("---").next().unwrap());
    std::fs::remove_file(tree.path().join("app/binding.yaml")).unwrap();
    let report = json(&tree.run(&only).stdout);
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(
        report["coverage"]["gaps"][0]["message"],
        "few-replicas.example.com needs namespaceObject.metadata.labels[\"tier\"], which this source does not \
         tell"
    );
}

#[test]
fn a_policy_without_a_binding_is_judged_and_noted() {
    let policy = POLICY
        .replace("  paramKind: {apiVersion: v1, kind: ConfigMap}\n", "")
        .replace("int(params.data.most)", "2")
        .replace("    messageExpression: \"'at most ' + params.data.most + ' replicas'\"\n", "")
        .replace("    namespaceSelector: {matchLabels: {tier: small}}\n", "");
    let tree = tree(&[("vap.yaml", &policy), ("web.yaml", APP)]);
    let ran = tree.run(&["scan", "--policies", "vap.yaml", "web.yaml", "-o", "json"]);
    let report = json(&ran.stdout);
    let is_ours = |finding: &&Value| finding["check"] == "few-replicas.example.com";
    let findings: Vec<_> = report["findings"].as_array().unwrap().iter().filter(is_ours).collect();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["message"], "failed expression: object.spec.replicas <= 2");
    let notes = report["coverage"]["notes"].to_string();
    assert!(notes.contains("few-replicas.example.com has no binding here"), "{notes}");
}

#[test]
fn permissions_are_not_in_files() {
    let policy = POLICY
        .replace("  paramKind: {apiVersion: v1, kind: ConfigMap}\n", "")
        .replace("    namespaceSelector: {matchLabels: {tier: small}}\n", "")
        .replace("    messageExpression: \"'at most ' + params.data.most + ' replicas'\"\n", "");
    let asking = |question: &str| policy.replace("object.spec.replicas <= int(params.data.most)", question);
    let question = "object.spec.replicas < 2 || authorizer.group('apps').resource('deployments')\
                    .namespace('shop').check('scale').allowed()";
    let tree = tree(&[("vap.yaml", &asking(question)), ("web.yaml", APP)]);
    let scan =
        ["scan", "--policies", "vap.yaml", "--only", "few-replicas.example.com", "web.yaml", "-o", "json"];
    let report = json(&tree.run(&scan).stdout);
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(
        report["coverage"]["gaps"][0]["message"],
        "few-replicas.example.com needs authorizer, which this source does not tell"
    );
    // What does not hang on it is decided.
    tree.write("vap.yaml", asking(&question.replace("< 2", "< 9")));
    assert_eq!(json(&tree.run(&scan).stdout)["coverage"]["gaps"], serde_json::json!([]));
    tree.write("vap.yaml", asking("authorizer.requestResource.check('get', 'list').allowed()"));
    let ran = tree.run(&scan);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("found no matching overload for 'check'"), "{}", ran.stderr);
}

#[test]
fn mistakes_in_a_policy_end_the_run() {
    let tree = tree(&[("vap.yaml", &POLICY.replace("object.spec", "objet.spec")), ("web.yaml", APP)]);
    let ran = tree.run(&["scan", "--policies", "vap.yaml", "web.yaml"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .contains("vap.yaml:13:17: few-replicas.example.com: in \"objet.spec.replicas <=")
            && ran.stderr.contains("undeclared reference to 'objet'"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_constraint_with_its_template_is_a_policy() {
    const TEMPLATE: &str = "\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8srequiredlabels}
spec:
  crd: {spec: {names: {kind: K8sRequiredLabels}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        validations:
        - expression: variables.params.labels.all(l, l in variables.anyObject.metadata.?labels.orValue({}))
          messageExpression: '\"needs \" + variables.params.labels.join(\", \")'
";
    const CONSTRAINT: &str = "\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sRequiredLabels
metadata: {name: owner}
spec:
  enforcementAction: warn
  match: {kinds: [{apiGroups: [apps], kinds: [Deployment]}]}
  parameters: {labels: [owner]}
";
    let tree = tree(&[("p/a.yaml", CONSTRAINT), ("p/b.yaml", TEMPLATE), ("web.yaml", APP)]);
    let arguments =
        ["scan", "--policies", "p", "--only", "k8srequiredlabels/owner", "web.yaml", "-o", "json"];
    let ran = tree.run(&arguments);
    let report = json(&ran.stdout);
    let finding = &report["findings"][0];
    assert_eq!(finding["message"], "needs owner", "{}", ran.stderr);
    assert_eq!(finding["severity"], "medium");
    assert_eq!(finding["field"], "metadata.labels");
    std::fs::remove_file(tree.path().join("p/b.yaml")).unwrap();
    tree.write("p/c.yaml", POLICY);
    let ran = tree.run(&arguments);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("whose ConstraintTemplate is missing"), "{}", ran.stderr);
}

#[test]
fn custom_resources_are_held_to_the_definition_beside_them() {
    const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {size: {type: integer}}
            x-kubernetes-validations:
            - {rule: self.size < 4, message: too large}
            - {rule: selv.size < 4}
";
    let gadget =
        "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: g, namespace: shop}\nspec: {size: 5}\n";
    let tree = tree(&[("app/a.yaml", gadget), ("crd.yaml", DEFINITION)]);
    let (status, report) = tree.report(&[".", "--set", "all"]);
    assert_eq!(status, 1);
    let is_ours = |finding: &&Value| {
        let check = finding["check"].as_str().unwrap();
        check == "custom-resource-refused" || check == "definition-rule-broken"
    };
    let findings: Vec<_> = report["findings"].as_array().unwrap().iter().filter(is_ours).collect();
    let told = |finding: &Value| {
        format!("{}:{} {}", finding["at"]["file"], finding["at"]["line"], finding["message"])
    };
    assert_eq!(told(findings[0]), "\"app/a.yaml\":4 \"too large\"");
    assert!(
        told(findings[1]).starts_with("\"crd.yaml\":21 \"undeclared reference to 'selv'"),
        "{findings:?}"
    );
}

/// A `MutatingAdmissionPolicy` that adds a label.
pub(crate) const MUTATING: &str = "apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingAdmissionPolicy\n\
    metadata: {name: add-label}\nspec:\n  failurePolicy: Fail\n  reinvocationPolicy: Never\n  \
    matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}\n  \
    mutations:\n  - patchType: ApplyConfiguration\n    applyConfiguration:\n      \
    expression: 'Object{metadata: Object.metadata{labels: {\"team\": object.metadata.name}}}'\n";

/// What a `MutatingAdmissionPolicy` changes is not judged: that is a gap, and the rest is judged.
#[test]
fn a_mutating_policy_is_a_gap() {
    let policies = format!(
        "{MUTATING}---\n\
                    apiVersion: bulkhead.dev/v1alpha1\nkind: Policy\nmetadata: {{name: no-team}}\nspec:\n  \
                    title: Pod has no team\n  severity: low\n  why: w\n  fix: f\n  for-each: pod\n  \
                    find: [{{missing: metadata.labels.team, message: has no team}}]\n"
    );
    let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'a:1'}]}\n";
    let tree = crate::support::tree(&[("policies.yaml", &policies), ("app/pod.yaml", pod)]);
    let (_, report) = tree.report(&["app", "--policies", "policies.yaml", "--only", "no-team"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    let gap = &report["coverage"]["gaps"][0];
    assert_eq!((&gap["kind"], &gap["place"]["file"]), (&"undecided-policy".into(), &"policies.yaml".into()));
    assert!(
        gap["message"]
            .as_str()
            .unwrap()
            .contains("MutatingAdmissionPolicy add-label was not applied")
    );
}

/// What policies change is shown in the file, which stays as it is; what the server would refuse is told.
#[test]
fn a_preview_shows_what_policies_change() {
    let pod = "# Kept.\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a # its name\nspec:\n  containers:\n  \
               - {name: a, image: 'a:1'}\n";
    let tree = crate::support::tree(&[("mutate.yaml", MUTATING), ("app/pod.yaml", pod)]);
    let shown = tree.run(&["policy", "preview", "app", "--policies", "mutate.yaml"]);
    let text = &shown.stdout;
    assert_eq!(shown.status, 0, "{text}");
    for wanted in [
        "# app/pod.yaml:2 Pod a changed by add-label",
        "+  labels:\n+    team: a\n",
        "note: mutate.yaml:1: add-label has no binding here",
        "1 object: 1 would be changed, 0 refused; nothing was written",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert_eq!(tree.read("app/pod.yaml"), pod);

    let refused = MUTATING.replace("labels: {\"team\": object.metadata.name}", "nothing: 1");
    let tree = crate::support::tree(&[("mutate.yaml", &refused), ("app/pod.yaml", pod)]);
    let shown = tree.run(&["policy", "preview", "app", "--policies", "mutate.yaml"]);
    let text = &shown.stdout;
    assert_eq!(shown.status, 1, "{text}");
    assert!(text.contains("refused by add-label: error applying patch"), "{text}");
    assert!(text.contains(".metadata.nothing: field not declared in schema"), "{text}");

    let wrong = MUTATING.replace("Object{metadata", "Objekt{metadata");
    let tree = crate::support::tree(&[("mutate.yaml", &wrong), ("app/pod.yaml", pod)]);
    let shown = tree.run(&["policy", "preview", "app", "--policies", "mutate.yaml"]);
    assert_eq!(shown.status, 2);
    let error = &shown.stderr;
    assert!(error.contains("undeclared reference to 'Objekt'"), "{error}");
}
