//! Verdicts: units, inheritance, unknowns, fingerprints.

use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_model::Analysis;
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Set, Settings};

fn judge_with(policies: &str, settings: &Settings, object: &str) -> Analysis {
    let mut pack = Pack::default();
    pack.read_checked("p.yaml", policies).unwrap();
    let selection = Selection { set: Set::All, ..Selection::default() };
    let judge = Judge::new(&pack, &selection, settings).unwrap();
    let namespaces = Namespaces::default();
    let file: Arc<str> = "f.yaml".into();
    let mut analysis = Analysis::default();
    for (tree, document) in read(object.into(), &Limits::default()).zip(0..) {
        let origin = Origin { file: &file, document, namespaces: &namespaces };
        analysis.extend(judge.judge(tree.unwrap(), origin));
    }
    analysis
}

fn fields(analysis: &Analysis) -> Vec<String> {
    analysis
        .findings
        .iter()
        .map(|finding| format!("{} {}", finding.check, finding.field))
        .collect()
}

fn policy(id: &str, rest: &str) -> String {
    format!("id: {id}\ntitle: T\nseverity: low\nset: all\nwhy: W\nfix: F\n{rest}")
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec:
  securityContext: {runAsUser: 0, windowsOptions: {hostProcess: true}}
  initContainers: [{name: i, image: x}]
  containers:
    - {name: c, image: x, securityContext: {runAsUser: 5}, ports: [{containerPort: 80, hostPort: 81}]}
    - {name: d, image: x, securityContext: {windowsOptions: {runAsUserName: u}}}
  ephemeralContainers: [{name: e, image: x}]
  volumes: [{name: v, hostPath: {path: /}}]
";

#[test]
fn every_container_is_walked_and_inheritance_blames_what_decides() {
    let text = policy(
        "uid",
        "for-each: container\nfind: [{at: effective.runAsUser, when: 'value == 0', message: 'm {containerType}'}]\n",
    );
    let analysis = judge_with(&text, &Settings::default(), POD);
    // Three containers inherit the same field: one finding.
    assert_eq!(fields(&analysis), ["uid spec.securityContext.runAsUser"]);
    let text =
        policy("image", "for-each: container\nfind: [{at: image, message: '{containerType} {self.name}'}]\n");
    let analysis = judge_with(&text, &Settings::default(), POD);
    let messages: Vec<_> = analysis.findings.iter().map(|finding| &*finding.message).collect();
    assert_eq!(
        messages,
        [
            "init container i init i",
            "container c main c",
            "container d main d",
            "ephemeral container e ephemeral e"
        ]
    );
}

#[test]
fn windows_options_are_inherited_field_by_field() {
    let text = policy(
        "process",
        "for-each: container\nwhen: has(effective.windowsOptions) && effective.windowsOptions.hostProcess\nfind: [{at: image, message: m}]\n",
    );
    let analysis = judge_with(&text, &Settings::default(), POD);
    assert_eq!(analysis.findings.len(), 4, "{:?}", fields(&analysis));
}

#[test]
fn absence_blames_the_nearest_parent() {
    let text = policy(
        "absent",
        "for-each: container\nfind: [{missing: effective.runAsGroup, message: m}, {missing: resources.limits.memory, message: m}]\n",
    );
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c\n    resources:\n      limits: {cpu: 1}\n";
    let analysis = judge_with(&text, &Settings::default(), pod);
    assert_eq!(
        fields(&analysis),
        [
            "absent spec.containers[0].securityContext.runAsGroup",
            "absent spec.containers[0].resources.limits.memory"
        ]
    );
    let lines: Vec<_> = analysis.findings.iter().map(|finding| finding.at.as_ref().unwrap().line).collect();
    assert_eq!(lines, [6, 8]);
}

#[test]
fn volumes_paths_and_keys() {
    let text = [
        policy("vol", "for-each: volume\nfind: [{at: hostPath.path, message: 'm {value}'}]\n"),
        policy(
            "rule",
            "for-each: rules[*]\nkinds: [rbac.authorization.k8s.io/Role]\nfind: [{at: 'verbs[*]', when: value == '*', message: m}]\n",
        ),
        policy(
            "label",
            "for-each: object\nkinds: [Role]\nfind: [{at: 'metadata.labels[*]', when: key.startsWith('x'), message: '{key}={value}'}]\n",
        ),
    ]
    .join("---\n");
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, labels: {xa/b: '1', y: '2'}}\nrules:\n- {apiGroups: [''], resources: [pods], verbs: [get]}\n- {apiGroups: [''], resources: [pods], verbs: [get, '*']}\n";
    let analysis = judge_with(&text, &Settings::default(), &format!("{POD}---\n{role}"));
    assert_eq!(
        fields(&analysis),
        ["vol spec.volumes[0].hostPath.path", "label metadata.labels['xa/b']", "rule rules[1].verbs[1]"]
    );
    assert_eq!(&*analysis.findings[1].message, "xa/b=1");
}

#[test]
fn what_is_unknown_is_a_gap_only_where_it_decides() {
    let text = policy(
        "ns",
        "for-each: pod\nfind: [{at: spec.hostNetwork, when: \"namespaceObject.metadata.name != 'kube-system'\", message: m}]\n",
    );
    let pod = |host: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  hostNetwork: {host}\n  containers: [{{name: c}}]\n"
        )
    };
    let analysis = judge_with(&text, &Settings::default(), &pod("true"));
    assert_eq!(analysis.findings.len(), 0);
    let gap = &analysis.coverage.gaps[0];
    assert_eq!((gap.kind.as_str(), &*gap.checks[0]), ("undecided-policy", "ns"));
    assert!(gap.message.contains("namespace"), "{}", gap.message);
    // false is what the API server drops: there is nothing to decide.
    assert!(judge_with(&text, &Settings::default(), &pod("false")).coverage.gaps.is_empty());
}

#[test]
fn an_error_is_a_gap_and_never_a_pass() {
    let text = policy("err", "for-each: container\nfind: [{at: name, when: self.nope == 1, message: m}]\n");
    let analysis = judge_with(&text, &Settings::default(), POD);
    assert_eq!(analysis.coverage.gaps.len(), 1, "{:?}", analysis.coverage.gaps);
    assert_eq!(analysis.coverage.gaps[0].kind.as_str(), "failed-policy");
}

#[test]
fn fingerprints_follow_names_rather_than_places() {
    let text = policy("port", "for-each: container\nfind: [{at: 'ports[*].hostPort', message: m}]\n");
    let pod = |containers: &str| {
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers: [{containers}]\n")
    };
    let (c, d) = ("{name: c, ports: [{containerPort: 1, hostPort: 1}]}", "{name: d}");
    let print =
        |object: &str, settings: &Settings| judge_with(&text, settings, object).findings[0].fingerprint;
    let settings = Settings::default();
    let first = print(&pod(&format!("{c}, {d}")), &settings);
    assert_eq!(first, print(&pod(&format!("{d}, {c}")), &settings));
    assert_ne!(first, print(&pod(&c.replace("{name: c", "{name: x")), &settings));
    let placed = Settings { default_namespace: Some("shop".into()), ..Settings::default() };
    let named = print(&pod(c), &placed);
    assert!(first != named && first.matches(named));
}

#[test]
fn parameters_are_set_by_configuration() {
    let text = policy(
        "allow",
        "for-each: container\nparameters: {names: {default: [c]}}\nfind: [{at: name, when: '!(value in parameters.names)', message: m}]\n",
    );
    assert_eq!(judge_with(&text, &Settings::default(), POD).findings.len(), 3);
    let mut settings = Settings::default();
    let names = serde_json::json!(["c", "d", "e", "i"]);
    settings.parameters.insert("allow".into(), [("names".to_owned(), names)].into());
    assert_eq!(judge_with(&text, &settings, POD).findings.len(), 0);
    settings
        .parameters
        .insert("allow".into(), [("nams".to_owned(), serde_json::json!([]))].into());
    let mut pack = Pack::default();
    pack.read_checked("p.yaml", &text).unwrap();
    let selection = Selection { set: Set::All, ..Selection::default() };
    let error = Judge::new(&pack, &selection, &settings).err().unwrap().to_string();
    assert!(error.contains("has no parameter \"nams\"; it has names"), "{error}");
}

#[test]
fn excerpts_cover_what_is_secret() {
    let text = policy("name", "for-each: container\nfind: [{at: 'env[*].name', message: m}]\n");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c\n    env: [{name: A, value: hunter2}]\n";
    let settings = Settings { excerpts: true, ..Settings::default() };
    let analysis = judge_with(&text, &settings, pod);
    let excerpt = analysis.findings[0].excerpt.as_ref().unwrap();
    assert_eq!(&*excerpt.text, "    env: [{name: A, value: •••••••}]");
    assert_eq!((excerpt.start, excerpt.length), (17, 1));
}

#[test]
fn text_that_kubernetes_drops_is_a_gap() {
    let text =
        policy("name", "for-each: object\nkinds: [ConfigMap]\nfind: [{at: metadata.name, message: m}]\n");
    let map = "  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\ndata: {b: c}\n";
    let analysis = judge_with(&text, &Settings::default(), map);
    assert_eq!(analysis.coverage.gaps.len(), 1, "{:?}", analysis.coverage.gaps);
    assert_eq!(analysis.coverage.gaps[0].kind.as_str(), "ignored-text");
    assert_eq!(analysis.coverage.gaps[0].place.line, Some(4));
}

#[test]
fn a_pod_of_a_deployment_is_the_deployments_problem() {
    let text = policy("port", "for-each: container\nfind: [{at: 'ports[*].hostPort', message: m}]\n");
    let spec = "{containers: [{name: c, ports: [{containerPort: 1, hostPort: 1}]}]}";
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web-5d4f8c7b9c-x2x7k, namespace: shop, labels: {{pod-template-hash: 5d4f8c7b9c}}, \
         ownerReferences: [{{kind: ReplicaSet, name: web-5d4f8c7b9c, controller: true}}]}}\nspec: {spec}\n"
    );
    let deployment = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {{template: {{spec: {spec}}}}}\n"
    );
    let settings = Settings::default();
    let print = |object: &str| judge_with(&text, &settings, object).findings[0].fingerprint;
    assert_eq!(print(&pod), print(&deployment));
}
