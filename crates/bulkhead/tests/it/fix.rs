//! Changes that mend findings, on files.

use std::path::Path;

use bulkhead_document::{Limits, read};
use serde_json::Value;

use super::support::{findings, tree};

const WEB: &str = "\
# The shop's front door.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # as everybody calls it
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: true # for now
      containers:
        - name: web
          image: registry.example/web:1.2
          imagePullPolicy: IfNotPresent
          securityContext: {privileged: true}
---
# Nothing to do with it.
kind: other
";

#[test]
fn changes_are_shown_and_nothing_is_written() {
    let tree = tree(&[("web.yaml", WEB)]);
    let ran = tree.run(&["fix", ".", "--only", "host-network,privileged-container,image-not-always-pulled"]);
    assert_eq!(ran.status, 0, "{ran}");
    insta::assert_snapshot!(ran.stdout);
    assert_eq!(tree.read("web.yaml"), WEB);
}

#[test]
fn what_is_safe_is_written_and_the_rest_is_asked_for() {
    let tree = tree(&[("web.yaml", WEB)]);
    let only = ["--only", "host-network,privileged-container,image-not-always-pulled,no-memory-limit"];
    let ran = tree.run(&[&["fix", "web.yaml", "--write"], &only[..]].concat());
    assert!(
        ran.stdout
            .contains("1 mended safely, 2 by a change that may break something (--unsafe), 1 only by hand"),
        "{ran}"
    );
    assert_eq!(tree.read("web.yaml"), WEB.replace("IfNotPresent", "Always"));
    let ran = tree.run(&[&["fix", "web.yaml", "--write", "--unsafe"], &only[..]].concat());
    assert_eq!(ran.status, 0, "{ran}");
    let text = tree.read("web.yaml");
    assert!(!text.contains("hostNetwork") && !text.contains("privileged"), "{text}");
    assert!(
        text.starts_with("# The shop's front door.") && text.contains("# as everybody calls it"),
        "{text}"
    );
    assert!(text.ends_with("---\n# Nothing to do with it.\nkind: other\n"), "{text}");
    let (_, report) = tree.report(&[&["."], &only[..]].concat());
    assert_eq!(findings(&report).len(), 1, "no limit is invented: {report}");
}

#[test]
fn what_cannot_be_changed_safely_says_why() {
    let tree = tree(&[
        (
            "shared.yaml",
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec: &s\n    hostNetwork: true\n    containers: [{name: a, image: a}]\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: b}\n  spec: *s\n",
        ),
        ("broken.yaml", "apiVersion: v1\nkind: Pod\nspec: [\n"),
    ]);
    let ran = tree.run(&["fix", ".", "--only", "host-network", "--write", "--unsafe"]);
    assert!(ran.stdout.contains("not mended: shared.yaml:8: host-network: the value is shared"), "{ran}");
    let ran = tree.run(&["fix", "-", "--only", "host-network"]);
    assert!(ran.status == 2 && ran.stderr.contains("standard input has no file to change"), "{ran}");
    let ran = tree.run(&["fix", "no-such-folder"]);
    assert!(ran.status == 2 && ran.stdout.contains("gap[unreadable-file]"), "{ran}");
}

#[test]
fn a_kustomization_gets_a_patch_and_a_chart_a_hint() {
    const NAME: &str = "a_kustomization_gets_a_patch_and_a_chart_a_hint";
    if super::render::lacks(NAME, &["helm", "kustomize"]) {
        return;
    }
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: web, image: 'web:1'}]\n";
    let tree = tree(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", pod),
        ("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("chart/templates/web.yaml", pod),
    ]);
    let mut command = tree.command(&["fix", ".", "--only", "privilege-escalation"]);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let ran = super::support::ran(command);
    let patch = "patches:\n- target: {\"group\":\"\",\"kind\":\"Pod\",\"name\":\"web\",\"version\":\"v1\"}\n  patch: |-\n    - \
                 {\"op\":\"add\",\"path\":\"/spec/containers/0/securityContext\",\"value\":{\"allowPrivilegeEscalation\":false}}\n";
    assert!(ran.stdout.contains(patch), "{ran}");
    assert!(ran.stdout.contains("in the template or its values: set spec.containers.0.securityContext.allowPrivilegeEscalation to false"), "{ran}");
    // kustomize takes it.
    let lines: Vec<&str> = ran.stdout.lines().skip_while(|line| *line != "patches:").take(4).collect();
    tree.write("base/kustomization.yaml", format!("resources: [web.yaml]\n{}\n", lines.join("\n")));
    let report = super::render::report(tree.path(), &["base", "--only", "privilege-escalation"]);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(0), "{report}");
}

/// The peers' own fixes, where the check forces what they are: equal in meaning to ours.
#[test]
fn forced_fixes_are_those_of_the_corpus() {
    /// The folder, what stands between `failure` and `.yaml`, and the checks.
    const FORCED: [(&str, &str, &str); 9] = [
        ("hostIPCSet", "", "hostIPCSet"),
        ("hostNetworkSet", "", "hostNetworkSet"),
        ("hostPIDSet", "", "hostPIDSet"),
        ("hostPortSet", "", "hostPortSet"),
        ("dangerousCapabilities", "", "dangerousCapabilities"),
        ("insecureCapabilities", "", "insecureCapabilities"),
        // What is added is another check of ours.
        ("insecureCapabilities", ".add", "insecureCapabilities,dangerousCapabilities"),
        ("insecureCapabilities", ".drop-most", "insecureCapabilities"),
        ("pullPolicyNotAlways", ".deployment", "pullPolicyNotAlways"),
    ];
    /// Where there is nothing to mend for us, and why.
    const LISTED: [(&str, &str, &str); 3] = [
        ("runAsRootAllowed", "", "v1 has no kind Deployment: what no API server takes is a gap"),
        ("pullPolicyNotAlways", "", "an image without a tag is always pulled unless something else is said"),
        ("pullPolicyNotAlways", ".cron-job", "the same"),
    ];
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/manifests/polaris");
    if !corpus.is_dir() {
        eprintln!("skipped: forced_fixes_are_those_of_the_corpus: {} is missing", corpus.display());
        return;
    }
    let mut wrong = Vec::new();
    for (folder, which, checks) in FORCED {
        let file = |name: &str| {
            std::fs::read_to_string(corpus.join(folder).join(format!("{name}{which}.yaml"))).unwrap()
        };
        let tree = tree(&[("a.yaml", &file("failure"))]);
        let ran = tree.run(&["fix", "a.yaml", "--only", checks, "--write", "--unsafe"]);
        let (ours, theirs) = (meaning(&tree.read("a.yaml")), meaning(&file("mutated")));
        if ours != theirs {
            wrong.push(format!("{folder}{which}: {ours} is not {theirs}\n{ran}"));
        }
    }
    for (folder, which, reason) in LISTED {
        let text = std::fs::read_to_string(corpus.join(folder).join(format!("failure{which}.yaml"))).unwrap();
        let tree = tree(&[("a.yaml", &text)]);
        tree.run(&["fix", "a.yaml", "--only", folder, "--write", "--unsafe"]);
        if tree.read("a.yaml") != text {
            wrong.push(format!("{folder}{which} is mended now, though {reason}"));
        }
    }
    // Eight more of the corpus invent values: see the next test.
    let listed = LISTED.len() + 8;
    eprintln!(
        "polaris mutated: {} passed, {} failed, {listed} listed",
        FORCED.len() - wrong.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The other eight of the corpus make up a limit, a probe, a number of replicas or a policy object: a fix of ours never
/// does.
#[test]
fn values_are_not_invented() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/manifests/polaris");
    if !corpus.is_dir() {
        eprintln!("skipped: values_are_not_invented: {} is missing", corpus.display());
        return;
    }
    for check in [
        "cpuLimitsMissing",
        "memoryLimitsMissing",
        "memoryRequestsMissing",
        "cpuRequestsMissing",
        "readinessProbeMissing",
        "livenessProbeMissing",
        "deploymentMissingReplicas",
    ] {
        let text = std::fs::read_to_string(corpus.join(check).join("failure.yaml")).unwrap();
        let tree = tree(&[("a.yaml", &text)]);
        let ran = tree.run(&["fix", "a.yaml", "--only", check, "--write", "--unsafe"]);
        assert_eq!(tree.read("a.yaml"), text, "{ran}");
        assert!(ran.stdout.contains("only by hand"), "{ran}");
    }
}

/// The documents of a text, without what is empty.
fn meaning(text: &str) -> Value {
    let trees = read(text.into(), &Limits::default()).flatten();
    trees.map(|tree| without_empty(serde_json::to_value(tree.root()).unwrap())).collect()
}

fn without_empty(value: Value) -> Value {
    let is_empty = |value: &Value| {
        value.is_null()
            || value.as_object().is_some_and(serde_json::Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty)
    };
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, without_empty(value)));
            fields.filter(|(_, value)| !is_empty(value)).collect()
        }
        Value::Array(items) => items.into_iter().map(without_empty).collect(),
        value => value,
    }
}

/// Somebody decided to live with it: no change, and not "by hand" either.
#[test]
fn what_is_excepted_is_let_be() {
    let exception = "apiVersion: bulkhead.dev/v1alpha1\nkind: Exception\nmetadata: {name: on-the-node}\n\
                     spec: {checks: [host-network], names: [web], owner: me, reason: it must, until: fixable}\n";
    let tree = tree(&[("web.yaml", WEB), ("central/exception.yaml", exception)]);
    let arguments = [
        "fix",
        "web.yaml",
        "--only",
        "host-network,privileged-container",
        "--exceptions",
        "central",
        "--write",
        "--unsafe",
    ];
    let ran = tree.run(&arguments);
    assert!(ran.stdout.contains("1 let be by exception on-the-node"), "{ran}");
    let text = tree.read("web.yaml");
    assert!(text.contains("hostNetwork: true") && !text.contains("privileged"), "{text}");
}
