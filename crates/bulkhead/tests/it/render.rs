//! Charts and kustomizations, rendered by the real programs where they are installed.

use std::path::Path;

use serde_json::Value;

use super::support::{ran, tree};

/// The chart's template has its fault on line 10.
const CHART: &[(&str, &str)] = &[
    (".git/HEAD", ""),
    ("charts/shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
    ("charts/shop/values.yaml", "image: web:1\nhostNetwork: false\n"),
    ("charts/shop/prod.yaml", "hostNetwork: true\n"),
    (
        "charts/shop/templates/web.yaml",
        "{{- /* The web server */}}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\n  \
         namespace: {{ .Release.Namespace }}\nspec:\n  containers:\n  - {name: web, image: {{ .Values.image }}}\n  \
         hostNetwork: {{ .Values.hostNetwork }}\n",
    ),
];

fn findings(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let text = |finding: &Value| {
        let subject = &finding["subject"];
        format!(
            "{}:{} {}/{}",
            finding["at"]["file"].as_str().unwrap(),
            finding["at"]["line"],
            subject["namespace"].as_str().unwrap_or("-"),
            subject["name"].as_str().unwrap()
        )
    };
    findings.iter().map(text).collect()
}

fn gaps(report: &Value) -> Vec<&str> {
    report["coverage"]["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| gap["kind"].as_str().unwrap())
        .collect()
}

/// A scan with the machine's own programs.
pub(crate) fn report(folder: &Path, arguments: &[&str]) -> Value {
    let mut all = vec!["scan", "-o", "json", "--as-of", "2026-11-30"];
    all.extend(arguments);
    let mut command = tree(&[]).command(&all);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(folder);
    let ran = ran(command);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"))
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn lacks(test: &str, programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing = programs
        .iter()
        .find(|name| !std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    if let Some(missing) = missing {
        println!("skipped: {test}: {missing} is missing");
    }
    missing.is_some()
}

#[test]
fn a_missing_program_is_a_gap_that_says_what_to_do() {
    let tree = tree(CHART);
    let ran = tree.run(&["scan", "charts"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stdout.contains(
            "gap[helm-missing]: the chart was not rendered, so its one template was not judged: install helm"
        ),
        "{ran}"
    );
    let gated = tree.run(&["scan", "charts", "--fail-on-gap=helm-missing"]);
    assert_ne!(gated.status, 0, "{gated}");
}

#[test]
fn a_chart_is_judged_with_the_values_of_the_settings() {
    if lacks("a_chart_is_judged_with_the_values_of_the_settings", &["helm"]) {
        return;
    }
    let tree = tree(CHART);
    let only = ["charts", "--only", "host-network"];
    let plain = report(tree.path(), &only);
    assert_eq!((findings(&plain), gaps(&plain)), (vec![], vec![]));
    tree.write(
        "bulkhead.yaml",
        "charts:\n- path: charts/shop\n  release: live\n  namespace: prod\n  values: [charts/shop/prod.yaml]\n",
    );
    let set = report(tree.path(), &only);
    assert_eq!(findings(&set), ["charts/shop/templates/web.yaml:10 prod/live-web"]);
    tree.write("bulkhead.yaml", "charts: [{release: live}]\n");
    let wrong = tree.run(&["scan", "charts"]);
    assert!(wrong.stderr.contains("bulkhead.yaml:1:10: charts: expected a mapping with a path"), "{wrong}");
}

#[test]
fn flux_and_argo_say_how_it_is_deployed() {
    if lacks("flux_and_argo_say_how_it_is_deployed", &["helm"]) {
        return;
    }
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: flux}\n\
         spec:\n  targetNamespace: live\n  releaseName: f\n  chart: {spec: {chart: ./charts/shop}}\n  \
         values: {hostNetwork: true}\n";
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n  generators:\n  - list: \
         {elements: [{ns: one, host: \"true\"}, {ns: two, host: \"true\"}]}\n  template:\n    metadata: {name: \"{{ns}}\"}\n    \
         spec:\n      destination: {namespace: \"{{ns}}\"}\n      source:\n        path: charts/shop\n        helm: {parameters: \
         [{name: hostNetwork, value: \"{{host}}\"}]}\n";
    for (file, wanted) in [(release, vec!["live/f-web"]), (set, vec!["one/one-web", "two/two-web"])] {
        let tree = tree(CHART);
        tree.write("deploy.yaml", file);
        let found = findings(&report(tree.path(), &[".", "--only", "host-network"]));
        let wanted: Vec<String> =
            wanted.iter().map(|name| format!("charts/shop/templates/web.yaml:10 {name}")).collect();
        assert_eq!(found, wanted);
    }
}

#[test]
fn a_base_is_judged_as_its_overlays_make_it() {
    if lacks("a_base_is_judged_as_its_overlays_make_it", &["kustomize"]) {
        return;
    }
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: web, image: 'web:1'}]\n  hostNetwork: true\n";
    let tree = tree(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", pod),
        ("one/kustomization.yaml", "resources: [../base]\nnamespace: one\n"),
        ("two/kustomization.yaml", "resources: [../base]\nnamespace: two\n"),
        ("three/kustomization.yaml", "resources: [../base]\nnamespace: two\ncommonLabels: {a: b}\n"),
    ]);
    let found = report(tree.path(), &[".", "--only", "host-network"]);
    assert_eq!(gaps(&found), Vec::<&str>::new());
    assert_eq!(findings(&found), ["base/web.yaml:6 one/web", "base/web.yaml:6 two/web"]);
}

#[test]
fn charts_and_kustomizations_of_the_corpora_are_rendered() {
    const NAME: &str = "charts_and_kustomizations_of_the_corpora_are_rendered";
    let apps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/apps");
    if !apps.is_dir() {
        println!("skipped: {NAME}: {} is missing", apps.display());
        return;
    }
    if lacks(NAME, &["helm", "kustomize"]) {
        return;
    }
    let report = report(&apps, &[".", "--set", "all"]);
    assert_eq!(
        gaps(&report)
            .iter()
            .filter(|kind| kind.contains("render") || kind.contains("remote"))
            .count(),
        0
    );
    assert_eq!(report["coverage"]["skipped"]["helm-template"], Value::Null);
    assert!(report["coverage"]["skipped"]["rendered"].as_u64().unwrap() > 50);
}
