//! Other people's YAML, templates, charts and kustomizations: left out and counted, never a hundred gaps.

use crate::support::{CLEAN, FAULTY, findings, gaps, tree};

#[test]
fn a_repository_as_they_are() {
    let tree = tree(&[
        (".github/workflows/ci.yaml", "on: push\njobs: {test: {runs-on: ubuntu-latest}}\n"),
        ("docker-compose.yaml", "services: {web: {image: nginx}}\n"),
        ("openapi.yaml", "openapi: 3.1.0\ninfo: {title: x}\npaths: {}\n"),
        ("package.json", "{\"name\": \"shop\", \"private\": true}\n"),
        ("broken.yaml", "this: is: no: yaml\n"),
        ("k8s/app.yaml", FAULTY),
        ("k8s/ansible.yaml", "apiVersion: v1\nkind: Pod\n{% if x %}\nspec: {}\n{% endif %}\n"),
        ("k8s/env.yaml", "apiVersion: v1\nkind: Pod\nspec: {${SPEC}\n"),
        ("kubeconfig.yaml", "apiVersion: v1\nkind: Config\nclusters: []\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: shop\n"),
        ("chart/values.yaml", "replicas: 1\n"),
        ("chart/templates/a.yaml", "{{ if .Values.x }}\nkind: Pod\n{{ end }}\n"),
        ("chart/templates/b.yaml", FAULTY),
        ("chart/files/c.yaml", "apiVersion: v1\nkind: Pod\n{{ x }}\n"),
        ("overlay/kustomization.yaml", "resources: [app.yaml]\npatches: [{path: patch.yaml}]\n"),
        ("overlay/app.yaml", CLEAN),
        (
            "overlay/patch.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: clean}\nspec: {hostNetwork: true}\n",
        ),
        ("crd.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n"),
    ]);
    let (status, report) = tree.report(&[".", "--only", "host-network", "--no-render"]);
    assert_eq!(status, 0);
    assert_eq!(findings(&report), ["k8s/app.yaml:5 host-network spec.hostNetwork"]);
    assert_eq!(gaps(&report), Vec::<String>::new());
    insta::assert_json_snapshot!(report["coverage"]);
}

#[test]
fn a_chart_alone_cannot_be_judged() {
    let tree = tree(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: shop\n"),
        ("chart/templates/a.yaml", "{{ if .Values.x }}\nkind: Pod\n{{ end }}\n"),
    ]);
    insta::assert_snapshot!(tree.run(&["scan", "chart", "--no-render"]));
    let by_hand = tree.run(&["scan", "chart/templates/a.yaml"]);
    assert_eq!(by_hand.status, 2);
    assert!(by_hand.stderr.contains(
        "nothing could be judged in chart/templates/a.yaml: it holds templates of Helm charts (1)"
    ));
}

#[test]
fn what_git_ignores_is_left_out_unless_it_is_named() {
    let tree = tree(&[(".gitignore", "out/\n"), ("out/a.yaml", FAULTY), ("b.yaml", CLEAN)]);
    let (_, report) = tree.report(&[".", "--only", "host-network"]);
    assert_eq!(findings(&report).len(), 0);
    assert_eq!(report["coverage"]["skipped"]["ignored"], 1);
    for named in ["out", "out/a.yaml"] {
        let (_, report) = tree.report(&[named, "--only", "host-network"]);
        assert_eq!(findings(&report).len(), 1, "{named}");
    }
}

#[test]
fn a_path_that_holds_nothing() {
    let tree = tree(&[("a.yaml", FAULTY), ("empty/README.md", "none\n")]);
    let ran = tree.run(&["scan", "a.yaml", "empty", "no-such", "-o", "csv", "--only", "host-network"]);
    assert_eq!(ran.status, 2);
    assert_eq!(
        ran.stderr,
        "error: nothing could be judged in empty: it holds no YAML or JSON; nor in 1 more of the named paths\n"
    );
    // What could be judged was.
    assert!(ran.stdout.contains("host-network"), "{ran}");
    let alone = tree.run(&["scan", "no-such"]);
    assert!(alone.stderr.contains("no-such cannot be read: no such file or directory"), "{alone}");
}

#[test]
fn every_document_of_the_corpora_is_accounted_for() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let tree = tree(&[]);
    for folder in ["apps", "manifests", "psa"] {
        let path = root.join(folder);
        if !path.is_dir() {
            eprintln!(
                "skipped: every_document_of_the_corpora_is_accounted_for: {} is missing",
                path.display()
            );
            continue;
        }
        let (status, report) = tree.report(&[path.to_str().unwrap(), "--set", "all", "--no-render"]);
        assert!(status < 2, "{folder}: {status}");
        let coverage = &report["coverage"];
        let looked_at = |what: &str| coverage["looked_at"][what].as_u64().unwrap();
        let unaccounted: Vec<_> = gaps(&report)
            .into_iter()
            .filter(|gap| {
                !["unknown-kind", "undecodable-field", "undecided-policy"]
                    .iter()
                    .any(|kind| gap.starts_with(kind))
            })
            .collect();
        assert_eq!(unaccounted, Vec::<String>::new(), "{folder}");
        assert!(looked_at("objects") > 100, "{folder}");
        assert!(looked_at("workloads") > 20, "{folder}");
    }
}
